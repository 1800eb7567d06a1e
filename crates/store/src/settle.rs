//! What became of outgoing texts: what the relay learned, what the provider reported, in whatever order.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use domain::dialog::engine::TextKind;
use domain::id::{CenterId, ContactId, ConversationId, MessageId, PatientId, RoundId};
use domain::message::{OutboundState, SendFailure};
use sha2::{Digest as _, Sha256};
use sqlx::types::Json;

use crate::error::Result;
use crate::sql::{Columns, Fields, Flag, Key, Number, Record, Sql, keepable, run, statements};
use crate::tx::Tx;

macro_rules! standing {
    ($rest:literal) => {
        concat!(
            "SELECT message_id, center_id, contact_id, patient_id, round_id, conversation_id, kind, state, provider_id
             FROM outbox ",
            $rest
        )
    };
}

statements! {
    STANDING = Sql::both(standing!("WHERE message_id = $1"));
    LOCK = Sql::pair(standing!("WHERE message_id = $1"), standing!("WHERE message_id = $1 FOR NO KEY UPDATE"));
    LOCK_BY_PROVIDER_ID = Sql::pair(
        standing!("WHERE provider_id = $1"), standing!("WHERE provider_id = $1 FOR NO KEY UPDATE"));
    MOVE = Sql::both(
        "UPDATE outbox SET state = $2, error_code = COALESCE($3, error_code), lease_until = NULL, updated_at = $4
         WHERE message_id = $1");
    REQUEUE = Sql::both(
        "UPDATE outbox SET state = 'queued', error_code = COALESCE($3, error_code), not_before = $2,
                           lease_until = NULL, given_up_at = NULL, updated_at = $4
         WHERE message_id = $1");
    POSTPONE = Sql::both(
        "UPDATE outbox SET state = 'queued', not_before = $2, lease_until = NULL, updated_at = $3,
                           attempts = attempts - 1,
                           first_attempt_at = CASE WHEN attempts > 1 THEN first_attempt_at END
         WHERE message_id = $1");
    // A provider that gives one identifier to two texts must not stop us.
    LINK = Sql::both(
        "UPDATE outbox SET provider_id = $2
         WHERE message_id = $1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE provider_id = $2)");
    NOTE_FAILURE = Sql::both("UPDATE outbox SET failure = $2 WHERE message_id = $1");
    APPEND_EVENT = Sql::both(
        "INSERT INTO message_events (message_id, number, at, state, error_code, source)
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM message_events WHERE message_id = $1), $2, $3, $4, $5)");
    APPEND_EVENTS = Sql::pair(
        "INSERT INTO message_events (message_id, number, at, state, source)
         SELECT ids.value,
                (SELECT COALESCE(MAX(number), 0) + 1 FROM message_events WHERE message_id = ids.value), $2, $3, $4
         FROM json_each($1) AS ids",
        "INSERT INTO message_events (message_id, number, at, state, source)
         SELECT ids.value,
                (SELECT COALESCE(MAX(number), 0) + 1 FROM message_events WHERE message_id = ids.value), $2, $3, $4
         FROM jsonb_array_elements_text($1) AS ids (value)");
    HAS_EVENT = Sql::both(
        "SELECT EXISTS (SELECT 1 FROM message_events
                        WHERE message_id = $1 AND state = $2 AND COALESCE(error_code, '') = $3 AND source = 'callback')
                AS yes");
    EVENTS = Sql::both(
        "SELECT message_id, at, state, error_code, source FROM message_events WHERE message_id = $1 ORDER BY number");
    KEEP_UNMATCHED = Sql::both(
        "INSERT INTO callbacks_unmatched (id, provider_id, params, at, last_at, times) VALUES ($1, $2, $3, $4, $4, 1)
         ON CONFLICT (id) DO UPDATE
         SET times = callbacks_unmatched.times + 1, last_at = excluded.last_at");
    COUNT_UNMATCHED = Sql::both("SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) AS n FROM callbacks_unmatched");
}

/// What the relay learned of a text that it had claimed, or that was `unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The provider has it.
    Accepted {
        /// The provider's identifier.
        provider_id: String,
        /// How far it is, as the provider says: `Accepted`, or further.
        state: OutboundState,
    },
    /// The provider certainly does not have it: it may be tried again.
    Retry {
        /// Not before this instant.
        not_before: DateTime<Utc>,
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
    /// It was claimed, but may not leave yet for the pace of its sender: it waits again, and this was no attempt.
    Postponed {
        /// Not before this instant.
        not_before: DateTime<Utc>,
    },
    /// Nobody can say whether the provider has it (P5).
    Unknown {
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
    /// The provider refused it, or it is given up.
    Failed {
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
    /// Its deadline passed before it left (P7).
    Expired,
    /// The provider certainly does not have it, and it is not wanted any more: the contact opted out meanwhile.
    Canceled,
    /// It was `unknown`, the provider does not have it, and it is sent again at once. Only for replies (P5).
    Resend,
}

/// What the provider reported of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// Our identifier, from the callback's address, if it was there.
    pub message_id: Option<MessageId>,
    /// The provider's identifier.
    pub provider_id: String,
    /// How far it is.
    pub state: OutboundState,
    /// The provider's error code, if it gave one.
    pub code: Option<u32>,
    /// When the report came.
    pub at: DateTime<Utc>,
}

/// What a report did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// It is about this text of ours.
    Matched(MatchedReport),
    /// It is about none of ours.
    Unmatched,
}

/// The text that a report is about, and how far it was and is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedReport {
    /// Our identifier.
    pub message_id: MessageId,
    /// Whose text it is.
    pub center_id: CenterId,
    /// To whom.
    pub contact_id: Option<ContactId>,
    /// About whom.
    pub patient_id: Option<PatientId>,
    /// In which round.
    pub round_id: Option<RoundId>,
    /// In which conversation.
    pub conversation_id: Option<ConversationId>,
    /// What kind of text it is.
    pub kind: TextKind,
    /// How far it was before.
    pub before: OutboundState,
    /// How far it is now: never back from `before`.
    pub state: OutboundState,
}

impl MatchedReport {
    /// Whether the report moved the text on.
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.before != self.state
    }
}

/// Where a text stands.
struct Standing {
    report: MatchedReport,
    provider_id: Option<String>,
}

impl Record for Standing {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "outbox", "message_id");
        let state = fields.keyed("state", OutboundState::from_key)?;
        let report = MatchedReport {
            message_id: fields.id("message_id")?,
            center_id: fields.id("center_id")?,
            contact_id: fields.id_optional("contact_id")?,
            patient_id: fields.id_optional("patient_id")?,
            round_id: fields.id_optional("round_id")?,
            conversation_id: fields.id_optional("conversation_id")?,
            kind: fields.keyed("kind", TextKind::from_key)?,
            before: state,
            state,
        };
        Ok(Self { report, provider_id: fields.get("provider_id")? })
    }
}

/// Who caused a step in the history of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventSource {
    Enqueue,
    Relay,
    Callback,
    Expiry,
    Lease,
    Cancel,
}

impl EventSource {
    const fn key(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::Relay => "relay",
            Self::Callback => "callback",
            Self::Expiry => "expiry",
            Self::Lease => "lease",
            Self::Cancel => "cancel",
        }
    }
}

/// One step in the history of an outgoing text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What was learned, even where the text was further already.
    pub state: OutboundState,
    /// The provider's error code, if it gave one.
    pub error_code: Option<String>,
    /// From where: `enqueue`, `relay`, `callback`, `expiry`, `lease`, `cancel`.
    pub source: String,
}

impl Record for MessageEvent {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "message_events", "message_id");
        Ok(Self {
            at: fields.get("at")?,
            state: fields.keyed("state", OutboundState::from_key)?,
            error_code: fields.get("error_code")?,
            source: fields.get("source")?,
        })
    }
}

impl Tx {
    /// Writes what the relay learned of a text, and says how far it is now; `None` if there is no such text. What
    /// the provider has reported meanwhile stays: a state only moves forward, save back into the queue by
    /// [`Settlement::Retry`] and [`Settlement::Resend`], as long as nothing says that the provider has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle(
        &mut self,
        id: MessageId,
        settlement: Settlement,
        now: DateTime<Utc>,
    ) -> Result<Option<OutboundState>> {
        let Some(standing): Option<Standing> = run!(self, LOCK, [id.to_string()] => optional)? else {
            return Ok(None);
        };
        let before = standing.report.state;
        let in_doubt = matches!(before, OutboundState::Sending | OutboundState::Unknown);
        let (learned, code) = match settlement {
            Settlement::Accepted { provider_id, state } => {
                self.link_provider_id(&standing, &provider_id).await?;
                // Whatever the provider calls the first state, it has the text.
                (OutboundState::Accepted.advance(state), None)
            }
            Settlement::Retry { not_before, code } if in_doubt => {
                return self.requeue(id, not_before, code, now).await.map(Some);
            }
            Settlement::Resend if before == OutboundState::Unknown => {
                return self.requeue(id, now, None, now).await.map(Some);
            }
            Settlement::Postponed { not_before } if before == OutboundState::Sending => {
                run!(self, POSTPONE, [id.to_string(), not_before, now] => execute)?;
                return Ok(Some(OutboundState::Queued));
            }
            // The provider has reported it meanwhile, or it was settled before: there is nothing to try again.
            Settlement::Retry { .. } | Settlement::Resend | Settlement::Postponed { .. } => return Ok(Some(before)),
            Settlement::Unknown { code } => (OutboundState::Unknown, code),
            Settlement::Failed { code } => (OutboundState::Failed, code),
            Settlement::Expired => (OutboundState::Expired, None),
            Settlement::Canceled => (OutboundState::Canceled, None),
        };
        let state = before.advance(learned);
        self.append_event(id, learned, code, EventSource::Relay, now).await?;
        if state != before {
            self.move_to(id, state, code, now).await?;
        }
        Ok(Some(state))
    }

    async fn requeue(
        &mut self,
        id: MessageId,
        not_before: DateTime<Utc>,
        code: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<OutboundState> {
        let error_code = code.map(|code| code.to_string());
        run!(self, REQUEUE, [id.to_string(), not_before, error_code.as_deref(), now] => execute)?;
        self.append_event(id, OutboundState::Queued, code, EventSource::Relay, now).await?;
        Ok(OutboundState::Queued)
    }

    /// Writes what the provider reported of a text: found by our identifier, otherwise by the provider's. Reports
    /// may come in any order, twice, and before the relay has settled the text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn report_status(&mut self, report: &StatusReport) -> Result<Reported> {
        let mut found: Option<Standing> = None;
        if let Some(id) = report.message_id {
            found = run!(self, LOCK, [id.to_string()] => optional)?;
        }
        if found.is_none() {
            found = run!(self, LOCK_BY_PROVIDER_ID, [keepable(&report.provider_id)] => optional)?;
        }
        let Some(standing) = found else { return Ok(Reported::Unmatched) };
        self.link_provider_id(&standing, &report.provider_id).await?;
        let mut matched = standing.report;
        matched.state = matched.before.advance(report.state);
        let code = report.code.map(|code| code.to_string()).unwrap_or_default();
        // Redelivered reports would grow the history without end.
        let Flag(told_before) = run!(self, HAS_EVENT, [
            matched.message_id.to_string(), report.state.key(), code
        ] => one)?;
        if matched.is_news() || !told_before {
            self.append_event(matched.message_id, report.state, report.code, EventSource::Callback, report.at).await?;
        }
        if matched.is_news() {
            self.move_to(matched.message_id, matched.state, report.code, report.at).await?;
        }
        Ok(Reported::Matched(matched))
    }

    async fn move_to(
        &mut self,
        id: MessageId,
        state: OutboundState,
        code: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let code = code.map(|code| code.to_string());
        run!(self, MOVE, [id.to_string(), state.key(), code, now] => execute)?;
        Ok(())
    }

    async fn link_provider_id(&mut self, standing: &Standing, provider_id: &str) -> Result<()> {
        if standing.provider_id.as_deref() != Some(provider_id) {
            run!(self, LINK, [standing.report.message_id.to_string(), keepable(provider_id)] => execute)?;
        }
        Ok(())
    }

    pub(crate) async fn append_event(
        &mut self,
        id: MessageId,
        state: OutboundState,
        code: Option<u32>,
        source: EventSource,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let code = code.map(|code| code.to_string());
        run!(self, APPEND_EVENT, [id.to_string(), at, state.key(), code, source.key()] => execute)?;
        Ok(())
    }

    /// The same step for many texts at once.
    pub(crate) async fn append_events(
        &mut self,
        ids: &[Key],
        state: OutboundState,
        source: EventSource,
        at: DateTime<Utc>,
    ) -> Result<()> {
        if !ids.is_empty() {
            let ids: Vec<&str> = ids.iter().map(|Key(id)| id.as_str()).collect();
            run!(self, APPEND_EVENTS, [Json(&ids), at, state.key(), source.key()] => execute)?;
        }
        Ok(())
    }

    /// The history of an outgoing text, in the order in which it was learned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn message_history(&mut self, id: MessageId) -> Result<Vec<MessageEvent>> {
        run!(self, EVENTS, [id.to_string()] => all)
    }

    /// Notes why an outgoing text did not arrive. `false` if there is no such text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_failure(&mut self, id: MessageId, why: SendFailure) -> Result<bool> {
        Ok(run!(self, NOTE_FAILURE, [id.to_string(), why.key()] => execute)? > 0)
    }

    /// Where an outgoing text stands; `None` if there is no such text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_state(&mut self, id: MessageId) -> Result<Option<OutboundState>> {
        let standing: Option<Standing> = run!(self, STANDING, [id.to_string()] => optional)?;
        Ok(standing.map(|standing| standing.report.state))
    }

    /// Keeps a status callback that matches no text of ours. The same one again is counted, not kept twice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_unmatched_callback(
        &mut self,
        provider_id: &str,
        params: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let params: Vec<(_, _)> = params.iter().map(|(name, value)| (keepable(name), keepable(value))).collect();
        let mut hash = Sha256::new();
        for text in std::iter::once(provider_id).chain(params.iter().flat_map(|(name, value)| [&**name, &**value])) {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        let id = hexadecimal(&hash.finalize());
        run!(self, KEEP_UNMATCHED, [id, keepable(provider_id), Json(&params), now] => execute)?;
        Ok(())
    }

    /// How many status callbacks matched no text of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unmatched_callbacks(&mut self) -> Result<i64> {
        let Number(n) = run!(self, COUNT_UNMATCHED, [] => one)?;
        Ok(n)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
