//! Every version of every dialog that a conversation was started with, whole (P11).

use chrono::{DateTime, Utc};
use domain::dialog::definition::{DialogHash, SourceFile};
use sqlx::types::Json;

use crate::error::Result;
use crate::sql::{Columns, Fields, Record, Sql, run, statements};
use crate::tx::Tx;

statements! {
    KEEP = Sql::both(
        "INSERT INTO dialog_versions (hash, name, source, kept_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    SOURCE = Sql::both("SELECT hash, name, source FROM dialog_versions WHERE hash = $1");
    HASHES = Sql::both("SELECT hash FROM dialog_versions ORDER BY kept_at, hash");
}

struct Source(String, Vec<SourceFile>);

impl Record for Source {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "dialog_versions", "hash");
        Ok(Self(fields.get("name")?, fields.json("source")?))
    }
}

struct Hash(DialogHash);

impl Record for Hash {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Fields::of(row, "dialog_versions", "hash").parse("hash", "not a dialog's hash").map(Self)
    }
}

impl Tx {
    /// Keeps a version of a dialog. Does nothing if it is there: the hash is of the content.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_dialog(
        &mut self,
        hash: &DialogHash,
        name: &str,
        source: &[SourceFile],
        now: DateTime<Utc>,
    ) -> Result<()> {
        run!(self, KEEP, [hash.to_string(), name, Json(source), now] => execute)?;
        Ok(())
    }

    /// The name and the files of a version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dialog_source(&mut self, hash: &DialogHash) -> Result<Option<(String, Vec<SourceFile>)>> {
        let found: Option<Source> = run!(self, SOURCE, [hash.to_string()] => optional)?;
        Ok(found.map(|Source(name, files)| (name, files)))
    }

    /// Every version that is kept, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dialog_hashes(&mut self) -> Result<Vec<DialogHash>> {
        let found: Vec<Hash> = run!(self, HASHES, [] => all)?;
        Ok(found.into_iter().map(|Hash(hash)| hash).collect())
    }
}
