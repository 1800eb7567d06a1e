//! What can go wrong in the store, by what the caller can do about it. No text here carries personal data: not the
//! values of a failed statement, not what was found in a column that cannot be read.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use sqlx::postgres::PgDatabaseError;

/// The result of an operation of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation of the store did not succeed. "Not found" is no error but a value (`Option`, `bool`).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that must be unique is there already: a name, a number, a login. Nothing was changed, and the
    /// unit of work can go on, unless the error came from the database itself.
    #[error("there is one already: what must be unique is taken")]
    Conflict,
    /// The database is held by others just now. Try again.
    #[error("the database is busy: {0}")]
    Busy(Failure),
    /// Nothing can be written: the disk is full, or the file or the server is read-only. It may pass when somebody
    /// makes room.
    #[error("the database cannot be written: {0}")]
    Full(Failure),
    /// The database does not answer: not started, restarting, connection lost. It may pass.
    #[error("the database does not answer: {0}")]
    Unavailable(Failure),
    /// A stored value is not what this program writes there.
    #[error("table {table}, row {id}, column {column}: {source}")]
    Corrupt {
        /// In which table.
        table: &'static str,
        /// In which column.
        column: &'static str,
        /// In which row, by its key.
        id: String,
        /// What is wrong with it, without the value.
        source: Unreadable,
    },
    /// Another service runs on this file.
    #[error("another mimamori runs on this database: {} is locked. Stop it, or choose another store.url", .path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The address names no database that can be used.
    #[error("store.url: {0}; write sqlite:PATH, such as sqlite:mimamori.db, or postgres://USER@HOST/DATABASE")]
    Address(&'static str),
    /// The schema could not be brought up to date.
    #[error("the database's schema: {0}")]
    Migration(String),
    /// The database refused a statement: a defect of ours, or a broken database.
    #[error("the database failed: {0}")]
    Database(Failure),
}

impl Error {
    /// Whether the same operation may succeed later without anybody changing the program.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_) | Self::Unavailable(_))
    }

    /// A stored value that the caller finds to make no sense, such as a name of something that is not there.
    pub fn inconsistent(table: &'static str, column: &'static str, id: impl fmt::Display, what: &'static str) -> Self {
        Self::corrupt(table, column, id, Unreadable::new(what))
    }

    /// A unit of work that cannot be saved any more, whatever the database calls it.
    pub(crate) const fn lost(error: sqlx::Error) -> Self {
        Self::Unavailable(Failure(error))
    }

    /// A stored value that cannot be read.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, id: impl fmt::Display, what: Unreadable) -> Self {
        Self::Corrupt { table, column, id: id.to_string(), source: what }
    }
}

/// What is wrong with a stored value. Says nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(crate) Cow<'static, str>);

impl Unreadable {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self(Cow::Borrowed(what))
    }

    /// What a driver said about a column, without the value: its messages are built from types and positions,
    /// save those of serde, of which only the kind and the place are taken.
    pub(crate) fn of_column(error: &sqlx::Error) -> Self {
        let sqlx::Error::ColumnDecode { source, .. } = error else {
            return Self(Cow::Owned(error.to_string()));
        };
        match source.downcast_ref::<serde_json::Error>() {
            Some(json) => Self(Cow::Owned(format!(
                "not the JSON that belongs here ({:?} error at line {}, column {})",
                json.classify(),
                json.line(),
                json.column()
            ))),
            None => Self(Cow::Owned(source.to_string())),
        }
    }
}

/// What the driver reported, shown by code and by such words as carry no values.
pub struct Failure(sqlx::Error);

impl Failure {
    /// SQLite's extended result code or PostgreSQL's SQLSTATE.
    #[must_use]
    pub fn code(&self) -> Option<Cow<'_, str>> {
        self.0.as_database_error().and_then(sqlx::error::DatabaseError::code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_database_error() {
            None => write!(f, "{}", self.0),
            Some(error) => match error.try_downcast_ref::<PgDatabaseError>() {
                // SQLite's messages name tables and columns, never values.
                None => write!(f, "{error}"),
                // PostgreSQL puts rows and keys into the detail, which is not shown, and values into the messages of
                // class 22, data exceptions.
                Some(error) if error.code().starts_with("22") => {
                    write!(f, "data exception (SQLSTATE {})", error.code())
                }
                Some(error) => write!(f, "{} (SQLSTATE {})", error.message(), error.code()),
            },
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as Driver;
        let kind = match &error {
            Driver::PoolTimedOut => Self::Busy,
            Driver::Io(_) | Driver::Tls(_) | Driver::PoolClosed | Driver::WorkerCrashed | Driver::BeginFailed => {
                Self::Unavailable
            }
            Driver::Database(database) if database.is_unique_violation() => return Self::Conflict,
            Driver::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                Some(postgres) => by_sqlstate(postgres.code()),
                None => by_sqlite_code(database.code().and_then(|code| code.parse().ok()).unwrap_or(0)),
            },
            _ => Self::Database,
        };
        kind(Failure(error))
    }
}

/// Errors of SQLite by primary result code, <https://www.sqlite.org/rescode.html>.
fn by_sqlite_code(extended: i32) -> fn(Failure) -> Error {
    match extended & 0xff {
        5 | 6 => Error::Busy,                       // BUSY, LOCKED
        8 | 13 => Error::Full,                      // READONLY, FULL
        7 | 9 | 10 | 14 | 15 => Error::Unavailable, // NOMEM, INTERRUPT, IOERR, CANTOPEN, PROTOCOL
        _ => Error::Database,
    }
}

/// Errors of PostgreSQL by SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn by_sqlstate(code: &str) -> fn(Failure) -> Error {
    match code {
        // Serialization failure, deadlock, lock not available, canceled by a time-out, not enough memory or
        // connections.
        "40001" | "40P01" | "55P03" | "57014" | "53200" | "53300" => Error::Busy,
        // Disk full; a standby, or a server set to read-only.
        "53100" | "25006" => Error::Full,
        // Shutting down or starting; the connection broke.
        "57P01" | "57P02" | "57P03" | "57P05" => Error::Unavailable,
        _ if code.starts_with("08") || code.starts_with("58") => Error::Unavailable,
        _ => Error::Database,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_the_caller_can_do() {
        let kind = |make: fn(Failure) -> Error| make(Failure(sqlx::Error::RowNotFound));
        for (code, transient) in [(5, true), (261, true), (6, true), (8, true), (13, true), (10, true), (11, false)] {
            assert_eq!(kind(by_sqlite_code(code)).is_transient(), transient, "SQLite {code}");
        }
        assert!(matches!(kind(by_sqlite_code(517)), Error::Busy(_)), "an extended code counts by its primary code");
        for (code, transient) in
            [("40P01", true), ("55P03", true), ("53100", true), ("25006", true), ("08006", true), ("42601", false)]
        {
            assert_eq!(kind(by_sqlstate(code)).is_transient(), transient, "PostgreSQL {code}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where_but_not_what() {
        let json = serde_json::from_str::<u8>("\"+819012345601\"").expect_err("a text is no number");
        let error = sqlx::Error::ColumnDecode { index: "state".into(), source: Box::new(json) };
        let error = Error::corrupt("conversations", "state", "cnv_1", Unreadable::of_column(&error));
        let text = format!("{error} {error:?}");
        assert!(text.contains("table conversations, row cnv_1, column state"), "{text}");
        assert!(!text.contains("9012345601"), "{text}");
    }
}
