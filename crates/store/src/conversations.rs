//! Conversations: where each one stands. How one goes on is the engine's business.

use chrono::{DateTime, Utc};
use domain::dialog::engine::{Phase, State};
use domain::id::{CenterId, ContactId, ConversationId, PatientId, RoundId};
use sqlx::types::Json;

use crate::error::{Result, Unreadable};
use crate::sql::{Columns, Fields, Number, Record, Sql, count, run, statements, text};
use crate::tx::Tx;

macro_rules! conversation {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT v.id, v.round_id, v.center_id, v.contact_id, v.patient_id, v.dialog_hash, v.state, v.sequence,
                    v.question_key, v.asked_at, v.updated_at
             FROM conversations v ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO conversations (id, round_id, center_id, contact_id, patient_id, dialog_hash, state, sequence,
                                    status, question_key, asked_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING");
    SAVE = Sql::both(
        "UPDATE conversations SET state = $3, sequence = $4, status = $5, question_key = $6, asked_at = $7,
                                  updated_at = $8
         WHERE id = $1 AND sequence = $2");
    BY_ID = conversation!("WHERE v.id = $1");
    OF_CONTACT = conversation!(
        "JOIN patients p ON p.id = v.patient_id WHERE v.round_id = $1 AND v.contact_id = $2 ORDER BY p.letter");
    LATEST_WELCOME = conversation!(
        "JOIN rounds r ON r.id = v.round_id WHERE v.contact_id = $1 AND r.kind = 'welcome'
         ORDER BY r.opens_at DESC, v.id DESC LIMIT 1");
    WELCOMES = Sql::both(
        "SELECT COUNT(*) AS n FROM conversations v JOIN rounds r ON r.id = v.round_id
         WHERE v.contact_id = $1 AND r.kind = 'welcome'");
    UNFINISHED = conversation!(
        "WHERE v.round_id = $1 AND v.status IN ('waiting', 'asking') AND v.id > $2 ORDER BY v.id LIMIT $3");
}

/// A conversation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRecord {
    /// Its identifier.
    pub id: ConversationId,
    /// In which round. Unique by (round, patient).
    pub round_id: RoundId,
    /// At which center.
    pub center_id: CenterId,
    /// With whom.
    pub contact_id: ContactId,
    /// About whom.
    pub patient_id: PatientId,
    /// Where it stands.
    pub state: State,
    /// The key of the question that is open, for staff: the state only has its index.
    pub question_key: Option<String>,
    /// When a question was last put to the contact, if ever: kept when none is open any more.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Record for ConversationRecord {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "conversations", "id");
        let state: State = fields.json("state")?;
        if state.sequence != fields.number::<u32>("sequence")? {
            return Err(fields.corrupt("sequence", Unreadable::new("not the sequence number of the state")));
        }
        if state.dialog != fields.parse("dialog_hash", "not a dialog's hash")? {
            return Err(fields.corrupt("dialog_hash", Unreadable::new("not the dialog of the state")));
        }
        Ok(Self {
            id: fields.id("id")?,
            round_id: fields.id("round_id")?,
            center_id: fields.id("center_id")?,
            contact_id: fields.id("contact_id")?,
            patient_id: fields.id("patient_id")?,
            state,
            question_key: fields.get("question_key")?,
            asked_at: fields.get("asked_at")?,
            updated_at: fields.get("updated_at")?,
        })
    }
}

/// The key of a phase, as in the column `status`.
const fn status_key(phase: &Phase) -> &'static str {
    match phase {
        Phase::Waiting => "waiting",
        Phase::Asking { .. } => "asking",
        Phase::Finished => "finished",
        Phase::Closed { pending: Some(_) } => "closed",
        Phase::Closed { pending: None } => "ended",
    }
}

impl Tx {
    /// Begins a conversation. `false` if there is one about this patient in this round already: then nothing is
    /// changed. Its dialog must be kept before ([`keep_dialog`](Self::keep_dialog)).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_conversation(&mut self, conversation: &ConversationRecord) -> Result<bool> {
        let added = run!(self, INSERT, [
            conversation.id.to_string(),
            conversation.round_id.to_string(),
            conversation.center_id.to_string(),
            conversation.contact_id.to_string(),
            conversation.patient_id.to_string(),
            conversation.state.dialog.to_string(),
            Json(&conversation.state),
            i64::from(conversation.state.sequence),
            status_key(&conversation.state.phase),
            conversation.question_key.as_deref(),
            conversation.asked_at,
            conversation.updated_at,
        ] => execute)?;
        Ok(added > 0)
    }

    /// The conversation with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conversation(&mut self, id: ConversationId) -> Result<Option<ConversationRecord>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The conversations with a contact in a round, by the letter of the patient.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conversations_of_contact(
        &mut self,
        round: RoundId,
        contact: ContactId,
    ) -> Result<Vec<ConversationRecord>> {
        run!(self, OF_CONTACT, [round.to_string(), contact.to_string()] => all)
    }

    /// Writes where a conversation stands now. `false` if it is not at `expected_sequence` any more: somebody else
    /// was faster, and what was decided has to be decided anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_conversation(
        &mut self,
        conversation: &ConversationRecord,
        expected_sequence: u32,
    ) -> Result<bool> {
        let changed = run!(self, SAVE, [
            conversation.id.to_string(),
            i64::from(expected_sequence),
            Json(&conversation.state),
            i64::from(conversation.state.sequence),
            status_key(&conversation.state.phase),
            conversation.question_key.as_deref(),
            conversation.asked_at,
            conversation.updated_at,
        ] => execute)?;
        Ok(changed > 0)
    }

    /// The conversations of a round that wait or in which a question is open, page by page: `after` is the last one
    /// of the page before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished_conversations(
        &mut self,
        round: RoundId,
        limit: usize,
        after: Option<ConversationId>,
    ) -> Result<Vec<ConversationRecord>> {
        let after = text(after).unwrap_or_default();
        run!(self, UNFINISHED, [round.to_string(), after, count(limit)] => all)
    }

    /// The latest welcome of a contact, if there was one, however long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_welcome(&mut self, contact: ContactId) -> Result<Option<ConversationRecord>> {
        run!(self, LATEST_WELCOME, [contact.to_string()] => optional)
    }

    /// On how many days a contact has been welcomed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_welcomes(&mut self, contact: ContactId) -> Result<i64> {
        let Number(days) = run!(self, WELCOMES, [contact.to_string()] => one)?;
        Ok(days)
    }
}
