//! The outbox: texts to be sent, in order, once, in time. What the provider says of them is in `settle`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::dialog::engine::TextKind;
use domain::id::{CenterId, ContactId, ConversationId, MessageId, PatientId, RoundId};
use domain::message::{Body, NewOutbound, OutboundState};
use domain::phone::PhoneNumber;
use sqlx::types::Json;

use crate::error::Result;
use crate::settle::EventSource;
use crate::sql::{Columns, Fields, Flag, Instant, Key, Record, Sql, count, keepable, run, statements, text};
use crate::tx::Tx;

/// No older text between the same two numbers is on its way (P6). One whose deadline has passed will never leave,
/// and holds nobody back.
macro_rules! nothing_older {
    () => {
        "NOT EXISTS (SELECT 1 FROM outbox older
                     WHERE older.from_number = o.from_number AND older.to_number = o.to_number
                       AND older.state IN ('queued', 'sending')
                       AND (older.state = 'sending' OR older.deadline_at > $1)
                       AND (older.position < o.position
                            OR (older.position = o.position AND older.message_id < o.message_id)))"
    };
}

macro_rules! claimable {
    () => {
        concat!("o.state = 'queued' AND o.not_before <= $1 AND o.deadline_at > $1 AND ", nothing_older!())
    };
}

statements! {
    // The slot first: whoever does not get it must not append the text.
    INSERT = Sql::both(
        "INSERT INTO outbox (message_id, center_id, contact_id, patient_id, round_id, conversation_id, sequence,
                             from_number, to_number, kind, priority, position, state, slot, slot_key, not_before,
                             deadline_at, attempts, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                 (SELECT CASE WHEN MAX(position) >= $12 THEN MAX(position) + 1 ELSE $12 END FROM outbox
                  WHERE from_number = $8 AND to_number = $9 AND state IN ('queued', 'sending')),
                 $13, $14, $15, $16, $17, 0, $16, $16)
         ON CONFLICT (slot_key) DO NOTHING");
    INSERT_MESSAGE = Sql::both(
        "INSERT INTO messages (id, direction, center_id, contact_id, patient_id, conversation_id, round_id,
                               from_number, to_number, body, media, kind, segments, created_at)
         VALUES ($1, 'out', $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12)");
    // What waits before an urgent text becomes as urgent.
    LEND_PRIORITY = Sql::both(
        "UPDATE outbox SET priority = $3
         WHERE from_number = $1 AND to_number = $2 AND state = 'queued' AND priority > $3");
    HAS_OPEN = Sql::both(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE contact_id = $1 AND state IN ('queued', 'sending')) AS yes");
    HAS_OPEN_BETWEEN = Sql::both(
        "SELECT EXISTS (SELECT 1 FROM outbox
                        WHERE from_number = $1 AND to_number = $2 AND state IN ('queued', 'sending')) AS yes");
    HAS_SLOT = Sql::both("SELECT EXISTS (SELECT 1 FROM outbox WHERE slot_key = $1) AS yes");
    // A warning is never withdrawn (P8).
    CANCEL_CONTACT = Sql::both(
        "UPDATE outbox SET state = 'canceled', updated_at = $2
         WHERE contact_id = $1 AND state = 'queued' AND kind <> 'safety' RETURNING message_id AS id");
    CANCEL_CONTACT_SCHEDULED = Sql::both(
        "UPDATE outbox SET state = 'canceled', updated_at = $2
         WHERE contact_id = $1 AND state = 'queued' AND kind IN ('opening', 'reminder') RETURNING message_id AS id");
    CANCEL_CONVERSATION = Sql::both(
        "UPDATE outbox SET state = 'canceled', updated_at = $2
         WHERE contact_id = (SELECT contact_id FROM conversations WHERE id = $1) AND conversation_id = $1
           AND state = 'queued' AND kind <> 'safety' RETURNING message_id AS id");
    CANCEL_CONVERSATION_SCHEDULED = Sql::both(
        "UPDATE outbox SET state = 'canceled', updated_at = $2
         WHERE contact_id = (SELECT contact_id FROM conversations WHERE id = $1) AND conversation_id = $1
           AND state = 'queued' AND kind IN ('opening', 'reminder') RETURNING message_id AS id");
    CANCEL_ROUND_SCHEDULED = Sql::both(
        "UPDATE outbox SET state = 'canceled', updated_at = $2
         WHERE round_id = $1 AND state = 'queued' AND kind IN ('opening', 'reminder') RETURNING message_id AS id");
    CLAIM = Sql::pair(
        concat!(
            "UPDATE outbox
             SET state = 'sending', lease_until = $2, attempts = attempts + 1, updated_at = $1,
                 first_attempt_at = COALESCE(first_attempt_at, $1)
             WHERE message_id IN (SELECT o.message_id FROM outbox o WHERE ", claimable!(), "
                                  ORDER BY o.priority, o.position, o.message_id LIMIT $3)
             RETURNING message_id, center_id, contact_id, patient_id, conversation_id, sequence, round_id,
                       from_number, to_number, kind, priority, position, deadline_at, attempts, created_at,
                       (SELECT body FROM messages WHERE id = message_id) AS body,
                       (SELECT segments FROM messages WHERE id = message_id) AS segments"),
        concat!(
            "WITH due AS MATERIALIZED (
                 SELECT o.message_id AS due_id FROM outbox o WHERE ", claimable!(), "
                 ORDER BY o.priority, o.position, o.message_id LIMIT $3 FOR UPDATE OF o SKIP LOCKED)
             UPDATE outbox
             SET state = 'sending', lease_until = $2, attempts = attempts + 1, updated_at = $1,
                 first_attempt_at = COALESCE(first_attempt_at, $1)
             FROM due WHERE message_id = due_id
             RETURNING message_id, center_id, contact_id, patient_id, conversation_id, sequence, round_id,
                       from_number, to_number, kind, priority, position, deadline_at, attempts, created_at,
                       (SELECT body FROM messages WHERE id = message_id) AS body,
                       (SELECT segments FROM messages WHERE id = message_id) AS segments"));
    EXPIRE = Sql::both(
        "UPDATE outbox SET state = 'expired', updated_at = $1
         WHERE state = 'queued' AND deadline_at <= $1 RETURNING message_id AS id");
    RECOVER = Sql::both(
        "UPDATE outbox SET state = 'unknown', lease_until = NULL, updated_at = $1
         WHERE state = 'sending' AND lease_until <= $1 RETURNING message_id AS id");
    UNKNOWN_DUE = Sql::both(
        "SELECT o.message_id, o.center_id, o.contact_id, o.patient_id, o.conversation_id, o.sequence, o.round_id,
                o.from_number, o.to_number, m.body, o.kind, o.slot, o.deadline_at, o.state, o.created_at,
                o.provider_id, o.attempts, o.first_attempt_at, o.error_code, o.updated_at
         FROM outbox o JOIN messages m ON m.id = o.message_id
         WHERE o.state = 'unknown' AND o.given_up_at IS NULL AND o.updated_at < $1
         ORDER BY o.updated_at, o.message_id LIMIT $2");
    GIVE_UP_UNKNOWN = Sql::both(
        "UPDATE outbox SET given_up_at = $2, updated_at = $2 WHERE message_id = $1 AND state = 'unknown'");
    SENDING = Sql::both("SELECT message_id AS id FROM outbox WHERE state = 'sending'");
    TOUCH_UNKNOWN = Sql::both("UPDATE outbox SET updated_at = $2 WHERE message_id = $1 AND state = 'unknown'");
    KNOWN_PROVIDER_IDS = Sql::pair(
        "SELECT provider_id AS id FROM outbox WHERE provider_id IN (SELECT value FROM json_each($1))",
        "SELECT provider_id AS id FROM outbox
         WHERE provider_id IN (SELECT jsonb_array_elements_text($1))");
    NEXT_CLAIMABLE = Sql::both(concat!(
        "SELECT MIN(o.not_before) AS at FROM outbox o
         WHERE o.state = 'queued' AND o.deadline_at > $1 AND ", nothing_older!()));
    NEXT_DEADLINE = Sql::both("SELECT MIN(deadline_at) AS at FROM outbox WHERE state = 'queued'");
    NEXT_LEASE = Sql::both("SELECT MIN(lease_until) AS at FROM outbox WHERE state = 'sending'");
    COUNTS = Sql::both("SELECT state, COUNT(*) AS n FROM outbox GROUP BY state");
    OPEN_COUNTS = Sql::both(
        "SELECT 'queued' AS state, (SELECT COUNT(*) FROM outbox WHERE state = 'queued') AS n
         UNION ALL SELECT 'sending', (SELECT COUNT(*) FROM outbox WHERE state = 'sending')
         UNION ALL SELECT 'unknown',
                          (SELECT COUNT(*) FROM outbox WHERE state = 'unknown' AND given_up_at IS NULL)");
    IS_BUSY = Sql::both(concat!(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sending')
             OR EXISTS (SELECT 1 FROM outbox WHERE state = 'queued' AND deadline_at <= $1)
             OR EXISTS (SELECT 1 FROM outbox o WHERE ", claimable!(), ") AS yes"));
}

/// A text that the caller may now hand to the provider, until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedOutbound {
    /// Our identifier.
    pub id: MessageId,
    /// Whose text it is.
    pub center_id: CenterId,
    /// To whom; `None` for an unknown number.
    pub contact_id: Option<ContactId>,
    /// About whom.
    pub patient_id: Option<PatientId>,
    /// In which conversation, and at which of its sequence numbers.
    pub conversation: Option<(ConversationId, u32)>,
    /// In which round.
    pub round_id: Option<RoundId>,
    /// From which number.
    pub from: PhoneNumber,
    /// To which number.
    pub to: PhoneNumber,
    /// The words.
    pub body: Body,
    /// What they cost.
    pub segments: u32,
    /// What kind of text it is.
    pub kind: TextKind,
    /// Not at or after this instant (P7).
    pub deadline_at: DateTime<Utc>,
    /// Which attempt this is, from 1.
    pub attempts: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A claimed text with what it is sorted by, since the order of returned rows is not promised.
struct Sortable {
    claimed: ClaimedOutbound,
    priority: i64,
    position: i64,
}

impl Record for Sortable {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "outbox", "message_id");
        let claimed = ClaimedOutbound {
            id: fields.id("message_id")?,
            center_id: fields.id("center_id")?,
            contact_id: fields.id_optional("contact_id")?,
            patient_id: fields.id_optional("patient_id")?,
            conversation: conversation(&fields)?,
            round_id: fields.id_optional("round_id")?,
            from: fields.phone("from_number")?,
            to: fields.phone("to_number")?,
            body: Body(fields.get("body")?),
            segments: fields.number("segments")?,
            kind: fields.keyed("kind", TextKind::from_key)?,
            deadline_at: fields.get("deadline_at")?,
            attempts: fields.number("attempts")?,
            created_at: fields.get("created_at")?,
        };
        Ok(Self { claimed, priority: fields.get("priority")?, position: fields.get("position")? })
    }
}

fn conversation<R: Columns>(fields: &Fields<'_, R>) -> Result<Option<(ConversationId, u32)>> {
    let id = fields.id_optional("conversation_id")?;
    let sequence = fields.number_optional("sequence")?;
    Ok(id.zip(sequence))
}

/// A text of which nobody knows whether the provider has it (P5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownOutbound {
    /// The text as it was stored.
    pub outbound: NewOutbound,
    /// The provider's identifier, if it is known.
    pub provider_id: Option<String>,
    /// How often it was handed over; 0 for one that travelled in a webhook's answer.
    pub attempts: u32,
    /// When it was first handed over.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// The provider's error code of the last attempt, if it gave one.
    pub error_code: Option<String>,
    /// When it was last looked at.
    pub updated_at: DateTime<Utc>,
}

impl Record for UnknownOutbound {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "outbox", "message_id");
        Ok(Self {
            outbound: NewOutbound {
                id: fields.id("message_id")?,
                center_id: fields.id("center_id")?,
                contact_id: fields.id_optional("contact_id")?,
                patient_id: fields.id_optional("patient_id")?,
                conversation: conversation(&fields)?,
                round_id: fields.id_optional("round_id")?,
                from: fields.phone("from_number")?,
                to: fields.phone("to_number")?,
                body: Body(fields.get("body")?),
                kind: fields.keyed("kind", TextKind::from_key)?,
                slot: fields.get("slot")?,
                deadline_at: fields.get("deadline_at")?,
                state: fields.keyed("state", OutboundState::from_key)?,
                created_at: fields.get("created_at")?,
            },
            provider_id: fields.get("provider_id")?,
            attempts: fields.number("attempts")?,
            first_attempt_at: fields.get("first_attempt_at")?,
            error_code: fields.get("error_code")?,
            updated_at: fields.get("updated_at")?,
        })
    }
}

struct StateCount(OutboundState, i64);

impl Record for StateCount {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "outbox", "state");
        Ok(Self(fields.keyed("state", OutboundState::from_key)?, fields.get("n")?))
    }
}

/// Which waiting texts are withdrawn. Safety texts never are, and one that is being sent cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelScope {
    /// Everything to a contact: it opted out, or the number is wrong.
    Contact(ContactId),
    /// Openings and reminders to a contact.
    ContactScheduled(ContactId),
    /// Everything of a conversation.
    Conversation(ConversationId),
    /// Openings and reminders of a conversation: a newer text took their place.
    ConversationScheduled(ConversationId),
    /// Openings and reminders of a round: its deadline passed.
    RoundScheduled(RoundId),
}

/// What makes a scheduled text unique.
fn slot_key(round: Option<RoundId>, patient: Option<PatientId>, slot: &str) -> String {
    let part = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
    format!("{}|{}|{slot}", part(text(round)), part(text(patient)))
}

impl Tx {
    /// Puts a text into the outbox, and appends it to the messages. `false` if its slot is taken: the round has sent
    /// this patient this text before (P4), and nothing is changed.
    ///
    /// Texts to one number leave in the order in which they are enqueued here. Where instances work side by side,
    /// that order is only one if whoever enqueues holds the contact ([`lock_contact`](Self::lock_contact)).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&mut self, new: &NewOutbound, segments: u32) -> Result<bool> {
        let slot_key = new.slot.as_deref().map(|slot| slot_key(new.round_id, new.patient_id, slot));
        let (conversation, sequence) = new.conversation.unzip();
        let won = run!(self, INSERT, [
            new.id.to_string(),
            new.center_id.to_string(),
            text(new.contact_id),
            text(new.patient_id),
            text(new.round_id),
            text(conversation),
            sequence.map(i64::from),
            new.from.as_e164(),
            new.to.as_e164(),
            new.kind.key(),
            i64::from(new.kind.priority()),
            new.created_at.timestamp_micros(),
            new.state.key(),
            new.slot.as_deref(),
            slot_key.as_deref(),
            new.created_at,
            new.deadline_at,
        ] => execute)?;
        if won == 0 {
            return Ok(false);
        }
        run!(self, INSERT_MESSAGE, [
            new.id.to_string(),
            new.center_id.to_string(),
            text(new.contact_id),
            text(new.patient_id),
            text(conversation),
            text(new.round_id),
            new.from.as_e164(),
            new.to.as_e164(),
            keepable(&new.body.0),
            new.kind.key(),
            i64::from(segments),
            new.created_at,
        ] => execute)?;
        if new.state == OutboundState::Queued && new.kind.priority() < TextKind::Opening.priority() {
            let priority = i64::from(new.kind.priority());
            run!(self, LEND_PRIORITY, [new.from.as_e164(), new.to.as_e164(), priority] => execute)?;
        }
        self.append_event(new.id, new.state, None, EventSource::Enqueue, new.created_at).await?;
        Ok(true)
    }

    /// Whether a scheduled text was made for this round, patient and slot, whatever became of it (P4).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_slot_taken(&mut self, round: RoundId, patient: PatientId, slot: &str) -> Result<bool> {
        let key = slot_key(Some(round), Some(patient), slot);
        let Flag(yes) = run!(self, HAS_SLOT, [key.as_str()] => one)?;
        Ok(yes)
    }

    /// Whether a text to this contact is waiting or being sent: a reply in the webhook's own answer would overtake
    /// it (P6).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_open_outbound(&mut self, contact: ContactId) -> Result<bool> {
        let Flag(yes) = run!(self, HAS_OPEN, [contact.to_string()] => one)?;
        Ok(yes)
    }

    /// The same by the two numbers, for one that is no contact's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_open_outbound_between(&mut self, from: &PhoneNumber, to: &PhoneNumber) -> Result<bool> {
        let Flag(yes) = run!(self, HAS_OPEN_BETWEEN, [from.as_e164(), to.as_e164()] => one)?;
        Ok(yes)
    }

    /// Withdraws waiting texts, and says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_queued(&mut self, scope: CancelScope, now: DateTime<Utc>) -> Result<u64> {
        let (sql, id) = match scope {
            CancelScope::Contact(id) => (CANCEL_CONTACT, id.to_string()),
            CancelScope::ContactScheduled(id) => (CANCEL_CONTACT_SCHEDULED, id.to_string()),
            CancelScope::Conversation(id) => (CANCEL_CONVERSATION, id.to_string()),
            CancelScope::ConversationScheduled(id) => (CANCEL_CONVERSATION_SCHEDULED, id.to_string()),
            CancelScope::RoundScheduled(id) => (CANCEL_ROUND_SCHEDULED, id.to_string()),
        };
        let canceled: Vec<Key> = run!(self, sql, [id.as_str(), now] => all)?;
        self.append_events(&canceled, OutboundState::Canceled, EventSource::Cancel, now).await?;
        Ok(canceled.len() as u64)
    }

    /// Takes texts that may leave now and holds them until `lease_until`: due, before their deadline, and with no
    /// older one between the same two numbers waiting or being sent (P6). The most urgent first, then the oldest.
    /// Whoever comes at the same time gets others. It is no step of a text's history yet: it may be
    /// [`Postponed`](crate::Settlement::Postponed).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_due(
        &mut self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<ClaimedOutbound>> {
        let mut claimed: Vec<Sortable> = run!(self, CLAIM, [now, lease_until, count(limit)] => all)?;
        claimed.sort_by_key(|row| (row.priority, row.position, row.claimed.id));
        Ok(claimed.into_iter().map(|row| row.claimed).collect())
    }

    /// Gives up what waits beyond its deadline (P7), and says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expire_due(&mut self, now: DateTime<Utc>) -> Result<u64> {
        let expired: Vec<Key> = run!(self, EXPIRE, [now] => all)?;
        self.append_events(&expired, OutboundState::Expired, EventSource::Expiry, now).await?;
        Ok(expired.len() as u64)
    }

    /// Finds texts whose sender never came back: nobody knows whether they left (P5).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recover_expired_leases(&mut self, now: DateTime<Utc>) -> Result<Vec<MessageId>> {
        let recovered: Vec<Key> = run!(self, RECOVER, [now] => all)?;
        self.append_events(&recovered, OutboundState::Unknown, EventSource::Lease, now).await?;
        let mut ids = Vec::with_capacity(recovered.len());
        for Key(id) in recovered {
            let what = crate::error::Unreadable::new("not an identifier of this kind");
            ids.push(id.parse().map_err(|_| crate::Error::corrupt("outbox", "message_id", &id, what))?);
        }
        ids.sort();
        Ok(ids)
    }

    /// Texts in the state `unknown` that nobody has looked at since `before`, the longest ago first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unknown_due(&mut self, before: DateTime<Utc>, limit: usize) -> Result<Vec<UnknownOutbound>> {
        run!(self, UNKNOWN_DUE, [before, count(limit)] => all)
    }

    /// Notes that a text in the state `unknown` was looked at. `false` if it is not in that state any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch_unknown(&mut self, id: MessageId, now: DateTime<Utc>) -> Result<bool> {
        Ok(run!(self, TOUCH_UNKNOWN, [id.to_string(), now] => execute)? > 0)
    }

    /// Nobody will ask the provider about this text any more: it stays `unknown`, and a report may still move it on.
    /// `false` if it is not `unknown`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up_unknown(&mut self, id: MessageId, now: DateTime<Utc>) -> Result<bool> {
        Ok(run!(self, GIVE_UP_UNKNOWN, [id.to_string(), now] => execute)? > 0)
    }

    /// The texts that are on their way to the provider just now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sending(&mut self) -> Result<Vec<MessageId>> {
        let rows: Vec<Key> = run!(self, SENDING, [] => all)?;
        let what = || crate::error::Unreadable::new("not an identifier of this kind");
        let parse = |Key(id): Key| id.parse().map_err(|_| crate::Error::corrupt("outbox", "message_id", &id, what()));
        let mut ids = rows.into_iter().map(parse).collect::<Result<Vec<MessageId>>>()?;
        ids.sort();
        Ok(ids)
    }

    /// Which of the provider's identifiers belong to texts of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn provider_ids_known(&mut self, provider_ids: &[String]) -> Result<HashSet<String>> {
        let ids: Vec<_> = provider_ids.iter().map(|id| keepable(id)).collect();
        let known: Vec<Key> = run!(self, KNOWN_PROVIDER_IDS, [Json(&ids)] => all)?;
        Ok(known.into_iter().map(|Key(id)| id).collect())
    }

    /// When the relay has something to do next: a text may leave, a deadline passes, a lease runs out. In the past
    /// if it has now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_outbox_due(&mut self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let Instant(claimable) = run!(self, NEXT_CLAIMABLE, [now] => one)?;
        let Instant(deadline) = run!(self, NEXT_DEADLINE, [] => one)?;
        let Instant(lease) = run!(self, NEXT_LEASE, [] => one)?;
        Ok([claimable, deadline, lease].into_iter().flatten().min())
    }

    /// How many texts are in each state, ever. Reads the whole table; for metrics there is
    /// [`open_outbox_counts`](Self::open_outbox_counts).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_counts(&mut self) -> Result<Vec<(OutboundState, i64)>> {
        let mut counts: Vec<StateCount> = run!(self, COUNTS, [] => all)?;
        counts.sort_by_key(|StateCount(state, _)| *state);
        Ok(counts.into_iter().map(|StateCount(state, n)| (state, n)).collect())
    }

    /// How many texts are queued, sending and unknown now, without those that were given up; each state is there,
    /// be it with 0. Reads only these.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_outbox_counts(&mut self) -> Result<Vec<(OutboundState, i64)>> {
        let counts: Vec<StateCount> = run!(self, OPEN_COUNTS, [] => all)?;
        Ok(counts.into_iter().map(|StateCount(state, n)| (state, n)).collect())
    }

    /// Whether the relay has nothing to do at this instant: nothing may leave, nothing is being sent, nothing waits
    /// beyond its deadline.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_outbox_is_idle(&mut self, now: DateTime<Utc>) -> Result<bool> {
        let Flag(busy) = run!(self, IS_BUSY, [now] => one)?;
        Ok(!busy)
    }
}
