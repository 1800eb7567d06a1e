//! How a statement is written once and run on both databases, and how its rows become records. What the statements
//! say is each module's own business.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::error::{Error, Result, Unreadable};

/// A statement; most read the same in both dialects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// One text that both understand: `$n` for parameters, no JSON operators, no `now()`.
    pub(crate) const fn both(sql: &'static str) -> Self {
        Self { sqlite: sql, postgres: sql }
    }

    /// A pair, where the dialects differ.
    pub(crate) const fn pair(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }
}

/// Names the statements of a module, and lists them in `ALL`, so that a test prepares each one on both databases.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: $crate::sql::Sql = $sql;)*
        /// Every statement of this module, by name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, $crate::sql::Sql)] = &[$((stringify!($name), $name),)*];
    };
}

/// Runs a statement in a unit of work. Each arm is checked against its own driver; both yield the same type.
///
/// `execute` yields the number of rows touched, `optional` at most one record, `one` exactly one, `all` every
/// record. Which record is inferred from what the result is used for.
macro_rules! run {
    ($tx:expr, $sql:expr, [$($bind:expr),* $(,)?] => execute) => {{
        let tx: &mut $crate::tx::Tx = $tx;
        tx.is_usable()?;
        let done = match &mut tx.link {
            $crate::tx::Link::Sqlite(link) => sqlx::query($sql.sqlite)
                $(.bind($bind))*.execute(&mut **link).await.map(|done| done.rows_affected()),
            $crate::tx::Link::Postgres(link) => sqlx::query($sql.postgres)
                $(.bind($bind))*.execute(&mut **link).await.map(|done| done.rows_affected()),
        };
        tx.noted(done)
    }};
    ($tx:expr, $sql:expr, [$($bind:expr),* $(,)?] => optional) => {{
        let tx: &mut $crate::tx::Tx = $tx;
        tx.is_usable()?;
        let found = match &mut tx.link {
            $crate::tx::Link::Sqlite(link) => sqlx::query($sql.sqlite)
                $(.bind($bind))*.fetch_optional(&mut **link).await
                .map(|row| row.as_ref().map($crate::sql::Record::read).transpose()),
            $crate::tx::Link::Postgres(link) => sqlx::query($sql.postgres)
                $(.bind($bind))*.fetch_optional(&mut **link).await
                .map(|row| row.as_ref().map($crate::sql::Record::read).transpose()),
        };
        tx.noted(found).and_then(std::convert::identity)
    }};
    ($tx:expr, $sql:expr, [$($bind:expr),* $(,)?] => one) => {{
        let tx: &mut $crate::tx::Tx = $tx;
        tx.is_usable()?;
        let found = match &mut tx.link {
            $crate::tx::Link::Sqlite(link) => sqlx::query($sql.sqlite)
                $(.bind($bind))*.fetch_one(&mut **link).await.map(|row| $crate::sql::Record::read(&row)),
            $crate::tx::Link::Postgres(link) => sqlx::query($sql.postgres)
                $(.bind($bind))*.fetch_one(&mut **link).await.map(|row| $crate::sql::Record::read(&row)),
        };
        tx.noted(found).and_then(std::convert::identity)
    }};
    ($tx:expr, $sql:expr, [$($bind:expr),* $(,)?] => all) => {{
        let tx: &mut $crate::tx::Tx = $tx;
        tx.is_usable()?;
        let found = match &mut tx.link {
            $crate::tx::Link::Sqlite(link) => sqlx::query($sql.sqlite)
                $(.bind($bind))*.fetch_all(&mut **link).await
                .map(|rows| rows.iter().map($crate::sql::Record::read).collect::<$crate::error::Result<Vec<_>>>()),
            $crate::tx::Link::Postgres(link) => sqlx::query($sql.postgres)
                $(.bind($bind))*.fetch_all(&mut **link).await
                .map(|rows| rows.iter().map($crate::sql::Record::read).collect::<$crate::error::Result<Vec<_>>>()),
        };
        tx.noted(found).and_then(std::convert::identity)
    }};
}

pub(crate) use {run, statements};

/// A type that both databases can give back.
pub(crate) trait Stored:
    Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>
{
}

impl<T> Stored for T where T: Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres> {}

/// A row of either database.
pub(crate) trait Columns {
    /// The value in a column.
    fn column<T: Stored>(&self, name: &str) -> Result<T, sqlx::Error>;
}

impl Columns for SqliteRow {
    fn column<T: Stored>(&self, name: &str) -> Result<T, sqlx::Error> {
        self.try_get(name)
    }
}

impl Columns for PgRow {
    fn column<T: Stored>(&self, name: &str) -> Result<T, sqlx::Error> {
        self.try_get(name)
    }
}

/// What a row is read as.
pub(crate) trait Record: Sized {
    /// Reads the row. [`Error::Corrupt`] when a value is not what this program writes there.
    fn read<R: Columns>(row: &R) -> Result<Self>;
}

/// The columns of one table in a row, read with the knowledge of where they are from.
pub(crate) struct Fields<'r, R> {
    row: &'r R,
    table: &'static str,
    key: &'static str,
    prefix: &'static str,
}

impl<'r, R: Columns> Fields<'r, R> {
    /// Columns of `table`, whose key is in the column `key`.
    pub(crate) const fn of(row: &'r R, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key, prefix: "" }
    }

    /// The same, in a join that gives these columns a prefix: `contact_phone`.
    pub(crate) const fn joined(row: &'r R, table: &'static str, key: &'static str, prefix: &'static str) -> Self {
        Self { row, table, key, prefix }
    }

    fn name(&self, column: &'static str) -> Cow<'static, str> {
        if self.prefix.is_empty() { Cow::Borrowed(column) } else { Cow::Owned(format!("{}{column}", self.prefix)) }
    }

    /// The error for a column whose value is not right.
    pub(crate) fn corrupt(&self, column: &'static str, what: Unreadable) -> Error {
        let id = self.row.column::<String>(&self.name(self.key));
        Error::corrupt(self.table, column, id.unwrap_or_else(|_| "(key not readable)".to_owned()), what)
    }

    /// The value as the database has it.
    pub(crate) fn get<T: Stored>(&self, column: &'static str) -> Result<T> {
        self.row.column(&self.name(column)).map_err(|error| self.corrupt(column, Unreadable::of_column(&error)))
    }

    /// A value that is read from its text form. `what` says what should be there.
    pub(crate) fn parse<T: FromStr>(&self, column: &'static str, what: &'static str) -> Result<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|_| self.corrupt(column, Unreadable::new(what)))
    }

    /// The same, where there may be nothing.
    pub(crate) fn parse_optional<T: FromStr>(&self, column: &'static str, what: &'static str) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|_| self.corrupt(column, Unreadable::new(what)))).transpose()
    }

    /// An identifier.
    pub(crate) fn id<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.parse(column, "not an identifier of this kind")
    }

    /// An identifier that may be missing.
    pub(crate) fn id_optional<T: FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        self.parse_optional(column, "not an identifier of this kind")
    }

    /// An enumeration, by its key.
    pub(crate) fn keyed<T>(&self, column: &'static str, from_key: impl Fn(&str) -> Option<T>) -> Result<T> {
        let key: String = self.get(column)?;
        from_key(&key).ok_or_else(|| self.corrupt(column, Unreadable::new("an unknown key")))
    }

    /// An enumeration that may be missing.
    pub(crate) fn keyed_optional<T>(
        &self,
        column: &'static str,
        from_key: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let key: Option<String> = self.get(column)?;
        key.map(|key| from_key(&key).ok_or_else(|| self.corrupt(column, Unreadable::new("an unknown key")))).transpose()
    }

    /// A phone number.
    pub(crate) fn phone(&self, column: &'static str) -> Result<domain::phone::PhoneNumber> {
        let text: String = self.get(column)?;
        domain::phone::PhoneNumber::from_e164(&text)
            .map_err(|_| self.corrupt(column, Unreadable::new("not a phone number in E.164 form")))
    }

    /// A whole number of the size that the program uses.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_| self.corrupt(column, Unreadable::new("a number out of range")))
    }

    /// A whole number that may be missing.
    pub(crate) fn number_optional<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>> {
        let number: Option<i64> = self.get(column)?;
        let out_of_range = || self.corrupt(column, Unreadable::new("a number out of range"));
        number.map(|number| T::try_from(number).map_err(|_| out_of_range())).transpose()
    }

    /// A value that is kept as JSON.
    pub(crate) fn json<T: DeserializeOwned + 'static>(&self, column: &'static str) -> Result<T> {
        self.get::<Json<T>>(column).map(|Json(value)| value)
    }

    /// The same, where there may be nothing.
    pub(crate) fn json_optional<T: DeserializeOwned + 'static>(&self, column: &'static str) -> Result<Option<T>> {
        Ok(self.get::<Option<Json<T>>>(column)?.map(|Json(value)| value))
    }
}

/// A single whole number, in the column `n`.
pub(crate) struct Number(pub(crate) i64);

impl Record for Number {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Fields::of(row, "(count)", "n").get("n").map(Self)
    }
}

/// A single yes or no, in the column `yes`.
pub(crate) struct Flag(pub(crate) bool);

impl Record for Flag {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Fields::of(row, "(condition)", "yes").get("yes").map(Self)
    }
}

/// A single instant that may be missing, in the column `at`.
pub(crate) struct Instant(pub(crate) Option<DateTime<Utc>>);

impl Record for Instant {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Fields::of(row, "(instant)", "at").get("at").map(Self)
    }
}

/// A single key, in the column `id`.
pub(crate) struct Key(pub(crate) String);

impl Record for Key {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Fields::of(row, "(key)", "id").get("id").map(Self)
    }
}

/// Text as both databases can keep it: PostgreSQL refuses U+0000, which people's phones do send, so it is kept as
/// U+2400, its visible symbol, on both.
pub(crate) fn keepable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{2400}")) } else { Cow::Borrowed(text) }
}

/// A number of ours as the database counts.
pub(crate) fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The text form of an identifier that may be missing.
pub(crate) fn text(id: Option<impl fmt::Display>) -> Option<String> {
    id.map(|id| id.to_string())
}
