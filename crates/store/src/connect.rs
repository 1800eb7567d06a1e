//! Opening a database: from an address to pools of connections that are set up as the promises need them.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool, SqlitePool};

use crate::error::{Error, Result};
use crate::migrate;
use crate::tx::{Link, Tx};

/// How the store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether this is *the* service of a SQLite file: a second one is refused. Commands that do one thing beside a
    /// running service say `false`. PostgreSQL takes as many as come.
    pub exclusive: bool,
    /// Whether a missing SQLite file is made. Commands that look at what is there say `false`: a mistyped path would
    /// otherwise look like an empty database.
    pub create: bool,
    /// How long to wait for a lock or a connection before [`Error::Busy`].
    pub patience: Duration,
    /// How many connections at most: to PostgreSQL, or for reading a SQLite file.
    pub connections: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { exclusive: false, create: true, patience: Duration::from_secs(5), connections: 8 }
    }
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pools: Pools,
    /// Held as long as any clone lives; the system lets go of it when the process ends, however it ends.
    _lock: Option<Arc<File>>,
}

/// The connections to the one database or to the other.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    Sqlite {
        /// One connection: SQLite has one writer, and waiting here is fair, waiting in SQLite is not.
        writer: SqlitePool,
        /// Connections that cannot write.
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// So many statements are kept prepared on each connection: more than there are.
const PREPARED: usize = 256;

impl Store {
    /// Opens the database at `url` (`sqlite:PATH` or `postgres://…`), makes a missing SQLite file, and brings the
    /// schema up to date.
    ///
    /// # Errors
    /// [`Error::Address`] when the address is none of the two; [`Error::InUse`] when another service runs on the
    /// file; [`Error::Migration`] when the schema is not one of this program; the others as always.
    pub async fn connect(url: &str, options: Options) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Self::sqlite(path.strip_prefix("//").unwrap_or(path), options).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url, &options).await;
        }
        Err(Error::Address("this is no address of a database that can be used"))
    }

    async fn sqlite(path: &str, options: Options) -> Result<Self> {
        if path.is_empty() || path.starts_with(':') {
            return Err(Error::Address("a file is needed: a database in memory would forget everything"));
        }
        if path.contains('?') {
            return Err(Error::Address("a SQLite address takes no parameters"));
        }
        let path = Path::new(path);
        let lock = if options.exclusive { Some(Arc::new(lock(path)?)) } else { None };
        let file = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(options.create)
            .journal_mode(SqliteJournalMode::Wal)
            // An answer of 2xx means that the text is on disk (P1): every commit waits for the disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.patience)
            .statement_cache_capacity(PREPARED);
        let pool = || {
            SqlitePoolOptions::new()
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .acquire_timeout(options.patience)
                // When SQLite has rolled back by itself (a full disk), the driver still counts a transaction as open
                // and could never begin another on this connection: it is replaced.
                .after_release(|link, _| Box::pin(async move { Ok(!link.is_in_transaction()) }))
        };
        let writer = pool().max_connections(1).connect_with(file.clone()).await?;
        migrate::sqlite(&writer).await?;
        let readers = file.pragma("query_only", "ON");
        let readers = pool().max_connections(options.connections.max(1)).connect_with(readers).await?;
        Ok(Self { pools: Pools::Sqlite { writer, readers }, _lock: lock })
    }

    async fn postgres(url: &str, options: &Options) -> Result<Self> {
        let server = PgConnectOptions::from_str(url)
            .map_err(|_| Error::Address("this is no valid address of a PostgreSQL database"))?
            .application_name("mimamori")
            .statement_cache_capacity(PREPARED);
        let patience = options.patience.as_millis();
        let session = format!(
            // P1 on a server that was tuned for speed: a commit waits for the disk.
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
             SELECT set_config('lock_timeout', '{patience}ms', false)"
        );
        let session: Arc<str> = session.into();
        // The pool tries again until its patience ends, and then says only that; one attempt says what is wrong.
        match tokio::time::timeout(options.patience, PgConnection::connect_with(&server)).await {
            Ok(link) => link?.close().await?,
            Err(_) => return Err(Error::from(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
        }
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(options.patience)
            .after_connect(move |link, _| {
                let session = Arc::clone(&session);
                Box::pin(async move { link.execute(sqlx::AssertSqlSafe(session)).await.map(drop) })
            })
            .connect_with(server)
            .await?;
        check_server(&pool).await?;
        migrate::postgres(&pool).await?;
        Ok(Self { pools: Pools::Postgres(pool), _lock: None })
    }

    /// Begins a unit of work that may write. In SQLite it is the only one at a time.
    ///
    /// # Errors
    /// [`Error::Busy`] when the others do not finish in time.
    pub async fn begin(&self) -> Result<Tx> {
        let link = match &self.pools {
            Pools::Sqlite { writer, .. } => Link::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Link::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(link))
    }

    /// Begins a unit of work that only reads, and sees the database as it is at its first statement. It holds up
    /// nobody.
    ///
    /// # Errors
    /// [`Error::Busy`] when no connection becomes free in time.
    pub async fn read(&self) -> Result<Tx> {
        let link = match &self.pools {
            Pools::Sqlite { readers, .. } => Link::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => {
                Link::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        Ok(Tx::new(link))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => readers.execute("SELECT COUNT(*) FROM centers").await.map(drop)?,
            Pools::Postgres(pool) => pool.execute("SELECT COUNT(*) FROM centers").await.map(drop)?,
        }
        Ok(())
    }

    /// Waits until every unit of work has ended, and closes the connections. A SQLite file is then complete without
    /// its `-wal` file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Takes the lock that says "a service runs on this file".
fn lock(database: &Path) -> Result<File> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |error| Error::from(sqlx::Error::Io(error));
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Refuses a server that cannot do what is needed, and says what it would have to be.
async fn check_server(pool: &PgPool) -> Result<()> {
    let (version, encoding, fsync): (String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num'), current_setting('server_encoding'), current_setting('fsync')",
    )
    .fetch_one(pool)
    .await?;
    if version.parse().unwrap_or(0) < 140_000 {
        return Err(Error::Address("this PostgreSQL server is too old: version 14 or newer is needed"));
    }
    if encoding != "UTF8" {
        return Err(Error::Address("this PostgreSQL database cannot hold every text: make one with the encoding UTF8"));
    }
    if fsync != "on" {
        tracing::warn!("the PostgreSQL server runs with fsync = {fsync}: a power failure would lose messages");
    }
    Ok(())
}
