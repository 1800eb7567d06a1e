//! Chase lists, as frozen at the deadline. How they are ranked is `domain`'s business.

use domain::chase_list::{ChaseEntry, ChaseReason};
use domain::id::RoundId;

use crate::error::Result;
use crate::sql::{Columns, Fields, Record, Sql, run, statements};
use crate::tx::Tx;

statements! {
    INSERT = Sql::both(
        "INSERT INTO chase_entries (round_id, patient_id, rank, reason, detail) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING");
    OF_ROUND = Sql::both(
        "SELECT round_id, patient_id, rank, reason, detail FROM chase_entries WHERE round_id = $1 ORDER BY rank");
}

impl Record for ChaseEntry {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "chase_entries", "patient_id");
        Ok(Self {
            patient_id: fields.id("patient_id")?,
            rank: fields.number("rank")?,
            reason: fields.keyed("reason", ChaseReason::from_key)?,
            detail: fields.get("detail")?,
        })
    }
}

impl Tx {
    /// Freezes the chase list of a round, and says how many entries were written. Freezing again changes nothing:
    /// a patient or a rank that is there stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn freeze_chase_list(&mut self, round: RoundId, entries: &[ChaseEntry]) -> Result<u64> {
        let round = round.to_string();
        let mut written = 0;
        for entry in entries {
            written += run!(self, INSERT, [
                round.as_str(),
                entry.patient_id.to_string(),
                i64::from(entry.rank),
                entry.reason.key(),
                entry.detail.as_str(),
            ] => execute)?;
        }
        Ok(written)
    }

    /// The chase list of a round, by rank; empty before its deadline.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chase_list(&mut self, round: RoundId) -> Result<Vec<ChaseEntry>> {
        run!(self, OF_ROUND, [round.to_string()] => all)
    }
}
