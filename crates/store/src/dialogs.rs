//! Every version of every dialog that a conversation was started with, whole (P11), for as long as there is one.
//!
//! A conversation is all that refers to a version: a check-in and an export lead to it through the conversation of
//! their round and patient. The foreign key makes the database refuse to remove what is referred to, whoever asks.

use chrono::{DateTime, Utc};
use domain::dialog::definition::{DialogHash, SourceFile};
use sqlx::types::Json;

use crate::error::Result;
use crate::sql::{Columns, Fields, Key, Record, Sql, run, statements};
use crate::tx::Tx;

statements! {
    /// Holds the version, if it is there, against being removed before the conversation that needs it is committed.
    HOLD = Sql::pair(
        "SELECT hash AS id FROM dialog_versions WHERE hash = $1",
        "SELECT hash AS id FROM dialog_versions WHERE hash = $1 FOR KEY SHARE");
    KEEP = Sql::both(
        "INSERT INTO dialog_versions (hash, name, source, kept_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    SOURCE = Sql::both("SELECT hash, name, source FROM dialog_versions WHERE hash = $1");
    HASHES = Sql::both("SELECT hash FROM dialog_versions ORDER BY kept_at, hash");
    VERSIONS = Sql::both(
        "SELECT d.hash, d.name, d.kept_at, COUNT(v.id) AS conversations,
                COUNT(CASE WHEN v.status IN ('waiting', 'asking') THEN v.id END) AS running
         FROM dialog_versions d LEFT JOIN conversations v ON v.dialog_hash = d.hash
         GROUP BY d.hash, d.name, d.kept_at ORDER BY d.name, d.kept_at, d.hash");
    // Identifiers are ordered by the time at which they were made.
    LAST_BEGUN = Sql::both(
        "SELECT d.hash FROM conversations v JOIN dialog_versions d ON d.hash = v.dialog_hash
         WHERE d.name = $1 ORDER BY v.id DESC LIMIT 1");
    UNUSED = Sql::both(
        "SELECT hash FROM dialog_versions
         WHERE hash NOT IN (SELECT dialog_hash FROM conversations) ORDER BY kept_at, hash");
    /// Whoever begins a conversation holds the version; it is then used, and passed over.
    LOCK_UNUSED = Sql::pair(
        "SELECT hash AS id FROM dialog_versions WHERE hash = $1",
        "SELECT hash AS id FROM dialog_versions WHERE hash = $1 FOR UPDATE SKIP LOCKED");
    REMOVE_UNUSED = Sql::both(
        "DELETE FROM dialog_versions WHERE hash = $1
         AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.dialog_hash = $1)");
}

/// A version of a dialog that is kept, without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogVersion {
    /// Of its content.
    pub hash: DialogHash,
    /// The dialog's name.
    pub name: String,
    /// Since when it is kept: when the first conversation began with it.
    pub kept_at: DateTime<Utc>,
    /// How many conversations refer to it.
    pub conversations: u64,
    /// How many of them are not over.
    pub running: u64,
}

impl Record for DialogVersion {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "dialog_versions", "hash");
        Ok(Self {
            hash: fields.parse("hash", "not a dialog's hash")?,
            name: fields.get("name")?,
            kept_at: fields.get("kept_at")?,
            conversations: fields.number("conversations")?,
            running: fields.number("running")?,
        })
    }
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
    /// Keeps a version of a dialog, and sees to it that it stays until this unit of work ends. Writes nothing if it
    /// is there: the hash is of the content.
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
        let hash = hash.to_string();
        // In PostgreSQL another instance may remove it between the two; then it is written after all. Nobody
        // removes it twice before the next publication, so that the loop has an end.
        loop {
            let held: Option<Key> = run!(self, HOLD, [hash.as_str()] => optional)?;
            if held.is_some() || run!(self, KEEP, [hash.as_str(), name, Json(source), now] => execute)? > 0 {
                return Ok(());
            }
        }
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

    /// Every version that is kept, with how many conversations refer to it; by name, the oldest first. Reads all
    /// conversations: for people, not for every text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dialog_versions(&mut self) -> Result<Vec<DialogVersion>> {
        run!(self, VERSIONS, [] => all)
    }

    /// The version of a dialog that the latest conversation began with, if one ever did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_begun_dialog(&mut self, name: &str) -> Result<Option<DialogHash>> {
        let found: Option<Hash> = run!(self, LAST_BEGUN, [name] => optional)?;
        Ok(found.map(|Hash(hash)| hash))
    }

    /// The versions that no conversation refers to, the oldest first. They may be in use the moment after: only
    /// [`remove_unused_dialog`](Self::remove_unused_dialog) knows. Reads all conversations.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unused_dialogs(&mut self) -> Result<Vec<DialogHash>> {
        let found: Vec<Hash> = run!(self, UNUSED, [] => all)?;
        Ok(found.into_iter().map(|Hash(hash)| hash).collect())
    }

    /// Removes a version if no conversation refers to it, and nobody is about to begin one with it; whether it was
    /// removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_unused_dialog(&mut self, hash: &DialogHash) -> Result<bool> {
        let hash = hash.to_string();
        let locked: Option<Key> = run!(self, LOCK_UNUSED, [hash.as_str()] => optional)?;
        Ok(locked.is_some() && run!(self, REMOVE_UNUSED, [hash.as_str()] => execute)? > 0)
    }
}
