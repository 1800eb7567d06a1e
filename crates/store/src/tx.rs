//! The unit of work: everything that one step reads and writes, committed together or not at all.

use sqlx::{Executor as _, Postgres, Sqlite, Transaction};

use crate::error::{Error, Result};
use crate::sql::Sql;

/// A unit of work. Dropping it rolls back.
///
/// When the database refuses a statement, nothing more can be done in the unit of work but to drop it, or to
/// [`rollback_to_savepoint`](Self::rollback_to_savepoint): PostgreSQL is like that, and SQLite is made to be, since
/// it may have rolled everything back by itself (on a full disk), and what follows would not be part of anything.
#[derive(Debug)]
pub struct Tx {
    pub(crate) link: Link,
    failed: bool,
}

/// The transaction of the one database or of the other.
#[derive(Debug)]
pub(crate) enum Link {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

// One name for all: a turn never contains another.
pub(crate) const SAVEPOINT: Sql = Sql::both("SAVEPOINT turn");
pub(crate) const ROLLBACK_TO: Sql = Sql::both("ROLLBACK TO SAVEPOINT turn");
pub(crate) const RELEASE: Sql = Sql::both("RELEASE SAVEPOINT turn");

impl Tx {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link, failed: false }
    }

    /// Makes everything durable, at once. After an error it is not known to be so, and must be taken as not done.
    ///
    /// # Errors
    /// When the database could not commit, or an earlier statement failed and was not rolled back.
    pub async fn commit(self) -> Result<()> {
        self.is_usable()?;
        match self.link {
            Link::Sqlite(link) => link.commit().await?,
            Link::Postgres(link) => link.commit().await?,
        }
        Ok(())
    }

    /// Undoes everything, and waits until that is done.
    ///
    /// # Errors
    /// When the connection is lost; then the database undoes it by itself.
    pub async fn rollback(self) -> Result<()> {
        match self.link {
            Link::Sqlite(link) => link.rollback().await?,
            Link::Postgres(link) => link.rollback().await?,
        }
        Ok(())
    }

    /// Begins a part that can be undone alone: one turn of a batch. Only one is open at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn savepoint(&mut self) -> Result<()> {
        self.is_usable()?;
        let done = self.plain(SAVEPOINT).await;
        self.noted(done)
    }

    /// Undoes what was done since [`savepoint`](Self::savepoint) and closes it; after a failed statement too. What
    /// was done before stays, and the unit of work goes on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the whole unit of work is lost, since SQLite has rolled it back by itself (on a
    /// full disk) or the connection is gone. Then it can only be dropped, and every part of it has failed.
    pub async fn rollback_to_savepoint(&mut self) -> Result<()> {
        // Until both have succeeded, nothing else may run.
        self.failed = true;
        self.plain(ROLLBACK_TO).await.map_err(Error::lost)?;
        self.plain(RELEASE).await.map_err(Error::lost)?;
        self.failed = false;
        Ok(())
    }

    /// Keeps what was done since [`savepoint`](Self::savepoint) and closes it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_savepoint(&mut self) -> Result<()> {
        self.is_usable()?;
        let done = self.plain(RELEASE).await;
        self.noted(done)
    }

    /// Runs a statement without preparing it: in a failed transaction PostgreSQL prepares nothing.
    async fn plain(&mut self, sql: Sql) -> Result<(), sqlx::Error> {
        match &mut self.link {
            Link::Sqlite(link) => (&mut **link).execute(sql.sqlite).await.map(drop),
            Link::Postgres(link) => (&mut **link).execute(sql.postgres).await.map(drop),
        }
    }

    /// Refuses work after a failure.
    pub(crate) fn is_usable(&self) -> Result<()> {
        if self.failed {
            let reason = "an earlier statement of this unit of work failed: roll back first";
            return Err(Error::from(sqlx::Error::Protocol(reason.to_owned())));
        }
        Ok(())
    }

    /// Remembers whether a statement failed.
    pub(crate) fn noted<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T> {
        outcome.map_err(|error| {
            self.failed = true;
            Error::from(error)
        })
    }

    /// For PostgreSQL the row stays locked until the end; SQLite has one writer anyhow.
    #[cfg(test)]
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.link, Link::Postgres(_))
    }
}
