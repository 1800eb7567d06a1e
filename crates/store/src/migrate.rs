//! The schema: migrations from migrations/sqlite and migrations/postgres, embedded. Applied files never change.

use std::future::Future;
use std::pin::Pin;

use sqlx::migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use sqlx::{Connection as _, Executor as _, PgPool, SqlSafeStr as _, SqlitePool};

use crate::error::{Error, Result};

/// The migrations of one database, in order: file name without `.sql`, and content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Embedded(pub(crate) &'static [(&'static str, &'static str)]);

macro_rules! embedded {
    ($folder:literal: $($name:literal),* $(,)?) => {
        Embedded(&[$(($name, include_str!(concat!("../../../migrations/", $folder, "/", $name, ".sql")))),*])
    };
}

/// For SQLite.
pub(crate) const SQLITE: Embedded = embedded!("sqlite": "0001_first_morning", "0002_what_did_not_arrive");
/// For PostgreSQL.
pub(crate) const POSTGRES: Embedded = embedded!("postgres": "0001_first_morning", "0002_what_did_not_arrive");

type Resolved = Result<Vec<Migration>, Box<dyn std::error::Error + Send + Sync>>;

impl MigrationSource<'static> for Embedded {
    fn resolve(self) -> Pin<Box<dyn Future<Output = Resolved> + Send>> {
        Box::pin(async move {
            self.0
                .iter()
                .map(|(name, sql)| {
                    let (version, description) = name.split_once('_').ok_or("a migration is named NUMBER_WORDS")?;
                    let description = description.replace('_', " ").into();
                    let sql = (*sql).into_sql_str();
                    Ok(Migration::new(version.parse()?, description, MigrationType::Simple, sql, false))
                })
                .collect()
        })
    }
}

/// Brings a SQLite file up to date: in one transaction that excludes every other process from the start.
pub(crate) async fn sqlite(writer: &SqlitePool) -> Result<()> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    // Not `run`: the compiler cannot see that its future may move between threads.
    Migrator::new(SQLITE).await.map_err(in_words)?.run_direct(None, &mut *tx, false).await.map_err(in_words)?;
    tx.commit().await?;
    Ok(())
}

/// Brings a PostgreSQL database up to date: under an advisory lock, so that instances that start together wait.
pub(crate) async fn postgres(pool: &PgPool) -> Result<()> {
    // On a connection of its own, since waiting for another instance's migration may take longer than any lock.
    let mut link = pool.acquire().await?.detach();
    link.execute("SET lock_timeout = 0").await?;
    Migrator::new(POSTGRES).await.map_err(in_words)?.run_direct(None, &mut link, false).await.map_err(in_words)?;
    link.close().await?;
    Ok(())
}

/// What the operator can do about it.
fn in_words(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Error::from(error),
        MigrateError::VersionMissing(version) => Error::Migration(format!(
            "it has migration {version}, which this program does not know: the database was used by a newer \
             version. Start that version, or restore a backup"
        )),
        MigrateError::VersionMismatch(version) => Error::Migration(format!(
            "migration {version} is not the one that this database was made with: use a released version of \
             mimamori, or another database"
        )),
        other => Error::Migration(other.to_string()),
    }
}
