//! The audit trail: who saw and changed what, in a chain of hashes, so that tampering shows (P14).
//!
//! Each row's hash is SHA-256 over the hash before it and the row itself, every field with its length in front, so
//! that no two different rows are the same bytes. Whoever can write the database can make a whole new chain: to
//! notice that, keep the head ([`AuditReport::head`]) somewhere else from time to time.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::audit::AuditAction;
use domain::id::{CenterId, StaffId};
use sha2::{Digest as _, Sha256};

use crate::error::Result;
use crate::settle::hexadecimal;
use crate::sql::{Columns, Fields, Record, Sql, keepable, run, statements, text};
use crate::tx::Tx;

statements! {
    HEAD = Sql::both("SELECT id, number, hash FROM audit_head WHERE id = 1");
    LOCK_HEAD = Sql::pair(
        "SELECT id, number, hash FROM audit_head WHERE id = 1",
        "SELECT id, number, hash FROM audit_head WHERE id = 1 FOR UPDATE");
    APPEND = Sql::both(
        "INSERT INTO audit_log (number, at, actor, actor_text, action, center_id, subject, detail, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    SET_HEAD = Sql::both("UPDATE audit_head SET number = $1, hash = $2 WHERE id = 1");
    PAGE = Sql::both(
        "SELECT number, at, actor, actor_text, action, center_id, subject, detail, hash FROM audit_log
         WHERE number > $1 ORDER BY number LIMIT 500");
}

/// Something to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAudit {
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it, if a member of staff.
    pub actor: Option<StaffId>,
    /// Who it was, if not: `command line`.
    pub actor_text: String,
    /// What was done.
    pub action: AuditAction,
    /// At which center.
    pub center: Option<CenterId>,
    /// The identifier of what was seen or changed.
    pub subject: String,
    /// More, if there is more to say.
    pub detail: serde_json::Value,
}

/// What a look at the whole trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// How many rows are in order, from the first on.
    pub rows: i64,
    /// The hash of the last row that is in order; 64 zeros for an empty trail.
    pub head: String,
    /// The number of the first row that was changed, removed, added or moved, if one was.
    pub first_bad: Option<i64>,
}

/// Where the chain begins.
const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

struct Head {
    number: i64,
    hash: String,
}

impl Record for Head {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "audit_head", "hash");
        Ok(Self { number: fields.get("number")?, hash: fields.get("hash")? })
    }
}

/// A row as it is stored. An action is any text here, so that a trail with a newer program's actions can be checked.
struct Row {
    number: i64,
    at: DateTime<Utc>,
    actor: Option<String>,
    actor_text: String,
    action: String,
    center_id: Option<String>,
    subject: String,
    detail: String,
    hash: String,
}

impl Record for Row {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "audit_log", "hash");
        Ok(Self {
            number: fields.get("number")?,
            at: fields.get("at")?,
            actor: fields.get("actor")?,
            actor_text: fields.get("actor_text")?,
            action: fields.get("action")?,
            center_id: fields.get("center_id")?,
            subject: fields.get("subject")?,
            detail: fields.get("detail")?,
            hash: fields.get("hash")?,
        })
    }
}

impl Row {
    /// The hash that this row must have after a row with the hash `before`.
    fn expected_hash(&self, before: &str) -> String {
        let number = self.number.to_string();
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut hash = Sha256::new();
        hash.update(before);
        for field in [
            Some(number.as_str()),
            Some(at.as_str()),
            self.actor.as_deref(),
            Some(self.actor_text.as_str()),
            Some(self.action.as_str()),
            self.center_id.as_deref(),
            Some(self.subject.as_str()),
            Some(self.detail.as_str()),
        ] {
            match field {
                None => hash.update("-"),
                Some(text) => {
                    hash.update(format!("{}:", text.len()));
                    hash.update(text);
                }
            }
        }
        hexadecimal(&hash.finalize())
    }
}

impl Tx {
    /// Records something. Rows are numbered without gaps: whoever records at the same time waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_audit(&mut self, new: &NewAudit) -> Result<()> {
        let head: Head = run!(self, LOCK_HEAD, [] => one)?;
        let mut row = Row {
            number: head.number + 1,
            at: new.at,
            actor: text(new.actor),
            actor_text: keepable(&new.actor_text).into_owned(),
            action: new.action.key().to_owned(),
            center_id: text(new.center),
            subject: keepable(&new.subject).into_owned(),
            detail: keepable(&new.detail.to_string()).into_owned(),
            hash: String::new(),
        };
        row.hash = row.expected_hash(&head.hash);
        run!(self, APPEND, [
            row.number,
            row.at,
            row.actor.as_deref(),
            row.actor_text.as_str(),
            row.action.as_str(),
            row.center_id.as_deref(),
            row.subject.as_str(),
            row.detail.as_str(),
            row.hash.as_str(),
        ] => execute)?;
        run!(self, SET_HEAD, [row.number, row.hash.as_str()] => execute)?;
        Ok(())
    }

    /// Looks at the whole trail, in a unit of work that should be [`Store::read`](crate::Store::read)'s, so that it
    /// holds up nobody.
    ///
    /// # Errors
    /// When the database fails, or a row cannot even be read.
    pub async fn verify_audit(&mut self) -> Result<AuditReport> {
        let head: Head = run!(self, HEAD, [] => one)?;
        let mut report = AuditReport { rows: 0, head: START.to_owned(), first_bad: None };
        // From before the first number, so that a row with number 0 is noticed too.
        let mut after = i64::MIN;
        loop {
            let page: Vec<Row> = run!(self, PAGE, [after] => all)?;
            if page.is_empty() {
                break;
            }
            for row in page {
                if row.number != report.rows + 1 || row.hash != row.expected_hash(&report.head) {
                    report.first_bad = Some(report.rows + 1);
                    return Ok(report);
                }
                report.rows = row.number;
                report.head = row.hash;
                after = row.number;
            }
        }
        if head.number != report.rows || head.hash != report.head {
            // The end was cut off, or rows were added behind the head's back.
            report.first_bad = Some(report.rows.min(head.number) + 1);
        }
        Ok(report)
    }
}
