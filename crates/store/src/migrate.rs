//! The schema: migrations from migrations/sqlite and migrations/postgres, embedded. Applied files never change.

use std::future::Future;
use std::pin::Pin;

use sqlx::migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use sqlx::{Connection as _, Executor as _, PgPool, Row as _, SqlSafeStr as _, SqliteConnection, SqlitePool};

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
pub(crate) const SQLITE: Embedded =
    embedded!("sqlite": "0001_first_morning", "0002_what_did_not_arrive", "0003_whom_to_ask_what");
/// For PostgreSQL.
pub(crate) const POSTGRES: Embedded =
    embedded!("postgres": "0001_first_morning", "0002_what_did_not_arrive", "0003_whom_to_ask_what");

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
///
/// A table that is made anew (SQLite changes no constraint of one that is there) has rows that others refer to, so
/// foreign keys are not enforced meanwhile; that can be said outside of a transaction only. The rows that refer to
/// it are checked before the commit.
pub(crate) async fn sqlite(writer: &SqlitePool) -> Result<()> {
    let mut link = writer.acquire().await?;
    link.execute("PRAGMA foreign_keys = OFF").await?;
    let migrated = sqlite_in_one(&mut link).await;
    link.execute("PRAGMA foreign_keys = ON").await?;
    migrated
}

async fn sqlite_in_one(link: &mut SqliteConnection) -> Result<()> {
    let mut tx = link.begin_with("BEGIN IMMEDIATE").await?;
    let before = schema_version(&mut tx).await?;
    // Not `run`: the compiler cannot see that its future may move between threads.
    Migrator::new(SQLITE).await.map_err(in_words)?.run_direct(None, &mut *tx, false).await.map_err(in_words)?;
    if before != schema_version(&mut tx).await? && tx.fetch_optional("PRAGMA foreign_key_check").await?.is_some() {
        let what = "rows are left that refer to nothing: restore a backup, and report this as a defect";
        return Err(Error::Migration(what.to_owned()));
    }
    tx.commit().await?;
    Ok(())
}

/// A number that grows with every change of the schema.
async fn schema_version(link: &mut SqliteConnection) -> Result<i64> {
    Ok(link.fetch_one("PRAGMA schema_version").await?.try_get(0)?)
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
