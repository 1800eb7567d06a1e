//! Answers, append-only, and the check-ins that sum them up.

use chrono::{DateTime, Utc};
use domain::check_in::{CheckIn, Completeness, Reporter};
use domain::id::{AnswerId, ConversationId, MessageId, PatientId, RoundId};
use domain::message::Body;
use domain::observation::Value;
use domain::severity::Severity;
use sqlx::types::Json;

use crate::error::Result;
use crate::sql::{Columns, Fields, Record, Sql, keepable, run, statements, text};
use crate::tx::Tx;

macro_rules! check_in {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, round_id, patient_id, completeness, late, reporter, severity, thresholds_version, reasons,
                    started_at, finished_at
             FROM check_ins ",
            $rest
        ))
    };
}

statements! {
    INSERT_ANSWER = Sql::both(
        "INSERT INTO answers (id, conversation_id, round_id, patient_id, number, question_key, value, raw, message_id,
                              reporter, at)
         VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(number), 0) + 1 FROM answers WHERE conversation_id = $2),
                 $5, $6, $7, $8, $9, $10)");
    ANSWERS = Sql::both(
        "SELECT id, conversation_id, round_id, patient_id, question_key, value, raw, message_id, reporter, at
         FROM answers WHERE conversation_id = $1 ORDER BY number");
    // The identifier stays what it was at first.
    SAVE = Sql::both(
        "INSERT INTO check_ins (id, round_id, patient_id, completeness, late, reporter, severity, thresholds_version,
                                reasons, started_at, finished_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (round_id, patient_id) DO UPDATE
         SET completeness = excluded.completeness, late = excluded.late, reporter = excluded.reporter,
             severity = excluded.severity, thresholds_version = excluded.thresholds_version,
             reasons = excluded.reasons, started_at = excluded.started_at, finished_at = excluded.finished_at,
             updated_at = excluded.updated_at");
    ONE = check_in!("WHERE round_id = $1 AND patient_id = $2");
    OF_ROUND = check_in!("WHERE round_id = $1 ORDER BY patient_id");
}

/// An answer to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// Its identifier.
    pub id: AnswerId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// In which round.
    pub round_id: RoundId,
    /// About whom.
    pub patient_id: PatientId,
    /// To which question.
    pub question_key: String,
    /// What was understood.
    pub value: Value,
    /// What was written, word for word.
    pub raw: Body,
    /// The text that it came in; `None` when staff reported it.
    pub message_id: Option<MessageId>,
    /// Who reported it.
    pub reporter: Reporter,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// An answer as it is stored.
pub type AnswerRecord = NewAnswer;

impl std::fmt::Debug for NewAnswer {
    /// Shows neither the answer nor the words (P15).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAnswer")
            .field("id", &self.id)
            .field("conversation_id", &self.conversation_id)
            .field("question_key", &self.question_key)
            .finish_non_exhaustive()
    }
}

impl Record for NewAnswer {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "answers", "id");
        Ok(Self {
            id: fields.id("id")?,
            conversation_id: fields.id("conversation_id")?,
            round_id: fields.id("round_id")?,
            patient_id: fields.id("patient_id")?,
            question_key: fields.get("question_key")?,
            value: fields.json("value")?,
            raw: Body(fields.get("raw")?),
            message_id: fields.id_optional("message_id")?,
            reporter: fields.keyed("reporter", Reporter::from_key)?,
            at: fields.get("at")?,
        })
    }
}

/// The severity with this key.
pub(crate) fn severity_from_key(key: &str) -> Option<Severity> {
    [Severity::Green, Severity::Unknown, Severity::Orange, Severity::Red]
        .into_iter()
        .find(|severity| severity.key() == key)
}

impl Record for CheckIn {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        check_in_from(&Fields::of(row, "check_ins", "id"))
    }
}

/// Reads a check-in, from its own row or from a join.
pub(crate) fn check_in_from<R: Columns>(fields: &Fields<'_, R>) -> Result<CheckIn> {
    Ok(CheckIn {
        id: fields.id("id")?,
        round_id: fields.id("round_id")?,
        patient_id: fields.id("patient_id")?,
        completeness: fields.keyed("completeness", Completeness::from_key)?,
        late: fields.get("late")?,
        reporter: fields.keyed("reporter", Reporter::from_key)?,
        severity: fields.keyed("severity", severity_from_key)?,
        thresholds_version: fields.number("thresholds_version")?,
        reasons: fields.get("reasons")?,
        started_at: fields.get("started_at")?,
        finished_at: fields.get("finished_at")?,
    })
}

impl Tx {
    /// Appends an answer. An older one to the same question is superseded by it, and stays (P10).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_answer(&mut self, answer: &NewAnswer) -> Result<()> {
        run!(self, INSERT_ANSWER, [
            answer.id.to_string(),
            answer.conversation_id.to_string(),
            answer.round_id.to_string(),
            answer.patient_id.to_string(),
            answer.question_key.as_str(),
            Json(&answer.value),
            keepable(&answer.raw.0),
            text(answer.message_id),
            answer.reporter.key(),
            answer.at,
        ] => execute)?;
        Ok(())
    }

    /// Every answer of a conversation, superseded ones too, in the order in which they were stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answers_of_conversation(&mut self, id: ConversationId) -> Result<Vec<AnswerRecord>> {
        run!(self, ANSWERS, [id.to_string()] => all)
    }

    /// Writes a check-in as it stands now. The identifier of the first one for (round, patient) stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_check_in(&mut self, check_in: &CheckIn, now: DateTime<Utc>) -> Result<()> {
        run!(self, SAVE, [
            check_in.id.to_string(),
            check_in.round_id.to_string(),
            check_in.patient_id.to_string(),
            check_in.completeness.key(),
            check_in.late,
            check_in.reporter.key(),
            check_in.severity.key(),
            i64::from(check_in.thresholds_version),
            check_in.reasons.as_str(),
            check_in.started_at,
            check_in.finished_at,
            now,
        ] => execute)?;
        Ok(())
    }

    /// A patient's check-in in a round.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_in(&mut self, round: RoundId, patient: PatientId) -> Result<Option<CheckIn>> {
        run!(self, ONE, [round.to_string(), patient.to_string()] => optional)
    }

    /// Every check-in of a round. Who has none has reported nothing (P9).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_ins(&mut self, round: RoundId) -> Result<Vec<CheckIn>> {
        run!(self, OF_ROUND, [round.to_string()] => all)
    }
}
