//! What came in: each text once (P2), with the reply that it was given; and the log of all texts, in and out.

use chrono::{DateTime, Utc};
use domain::dialog::engine::TextKind;
use domain::id::{CenterId, ContactId, ConversationId, MessageId, PatientId, RoundId};
use domain::message::Body;
use domain::phone::PhoneNumber;

use crate::error::Result;
use crate::sql::{Columns, Fields, Number, Record, Sql, count, keepable, run, statements, text};
use crate::tx::Tx;

macro_rules! message {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, direction, center_id, contact_id, patient_id, conversation_id, round_id, from_number,
                    to_number, body, media, kind, segments, created_at
             FROM messages ",
            $rest
        ))
    };
}

statements! {
    ADMIT = Sql::both(
        "INSERT INTO inbox (provider_id, message_id, received_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
    REPLY = Sql::both("SELECT provider_id, reply FROM inbox WHERE provider_id = $1");
    STORE_REPLY = Sql::both("UPDATE inbox SET reply = $2 WHERE provider_id = $1 AND reply IS NULL");
    INSERT = Sql::both(
        "INSERT INTO messages (id, direction, center_id, contact_id, patient_id, conversation_id, round_id,
                               provider_id, from_number, to_number, body, media, created_at)
         VALUES ($1, 'in', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    COUNT_OUT = Sql::both(
        "SELECT COUNT(*) AS n FROM messages
         WHERE direction = 'out' AND center_id = $1 AND to_number = $2 AND created_at >= $3");
    COUNT_IN = Sql::both(
        "SELECT COUNT(*) AS n FROM messages
         WHERE direction = 'in' AND from_number = $1 AND to_number = $2 AND created_at >= $3");
    BY_ID = message!("WHERE id = $1");
    OF_CONTACT = message!("WHERE contact_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
}

/// A text that came in, to be stored. Numbers are as the provider wrote them: not all are phone numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct NewInbound {
    /// Our identifier.
    pub id: MessageId,
    /// The provider's.
    pub provider_id: String,
    /// Whose number it came to; `None` if it is no center's.
    pub center_id: Option<CenterId>,
    /// From which contact, if it is one.
    pub contact_id: Option<ContactId>,
    /// About whom, if that is known.
    pub patient_id: Option<PatientId>,
    /// In which conversation, if in one.
    pub conversation_id: Option<ConversationId>,
    /// In which round, if in one.
    pub round_id: Option<RoundId>,
    /// From which number.
    pub from: String,
    /// To which number.
    pub to: String,
    /// The words.
    pub body: Body,
    /// How many pictures came with it.
    pub media: u32,
    /// When it came.
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for NewInbound {
    /// Shows no number and no words (P15).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInbound").field("id", &self.id).field("body", &self.body).finish_non_exhaustive()
    }
}

/// The reply that a text was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// The bytes of the webhook's answer; `None` while there are none, which is so only inside the unit of work
    /// that admitted the text.
    pub reply: Option<String>,
}

impl Record for StoredReply {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        Ok(Self { reply: Fields::of(row, "inbox", "provider_id").get("reply")? })
    }
}

/// A text, in or out, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its identifier.
    pub id: MessageId,
    /// Whether it came in.
    pub inbound: bool,
    /// At which center.
    pub center_id: Option<CenterId>,
    /// From or to which contact.
    pub contact_id: Option<ContactId>,
    /// About whom.
    pub patient_id: Option<PatientId>,
    /// In which conversation.
    pub conversation_id: Option<ConversationId>,
    /// In which round.
    pub round_id: Option<RoundId>,
    /// From which number.
    pub from: String,
    /// To which number.
    pub to: String,
    /// The words.
    pub body: Body,
    /// How many pictures came with it.
    pub media: u32,
    /// What kind of text an outgoing one is.
    pub kind: Option<TextKind>,
    /// What an outgoing one costs.
    pub segments: Option<u32>,
    /// When it was made, or came.
    pub created_at: DateTime<Utc>,
}

impl std::fmt::Debug for MessageRecord {
    /// Shows no number and no words (P15).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageRecord")
            .field("id", &self.id)
            .field("inbound", &self.inbound)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl Record for MessageRecord {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "messages", "id");
        let inbound = |key: &str| match key {
            "in" => Some(true),
            "out" => Some(false),
            _ => None,
        };
        Ok(Self {
            id: fields.id("id")?,
            inbound: fields.keyed("direction", inbound)?,
            center_id: fields.id_optional("center_id")?,
            contact_id: fields.id_optional("contact_id")?,
            patient_id: fields.id_optional("patient_id")?,
            conversation_id: fields.id_optional("conversation_id")?,
            round_id: fields.id_optional("round_id")?,
            from: fields.get("from_number")?,
            to: fields.get("to_number")?,
            body: Body(fields.get("body")?),
            media: fields.number("media")?,
            kind: fields.keyed_optional("kind", TextKind::from_key)?,
            segments: fields.number_optional("segments")?,
            created_at: fields.get("created_at")?,
        })
    }
}

impl Tx {
    /// Takes a text in, by the provider's identifier. `false` if it was taken before: then it has its effect, and
    /// [`stored_reply`](Self::stored_reply) its reply. Where two take the same one at once, one of them waits until
    /// the other has committed, and gets `false`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn admit(&mut self, provider_id: &str, message_id: MessageId, now: DateTime<Utc>) -> Result<bool> {
        let admitted = run!(self, ADMIT, [keepable(provider_id), message_id.to_string(), now] => execute)?;
        Ok(admitted > 0)
    }

    /// The reply that a text was given; `None` if the text was never taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_reply(&mut self, provider_id: &str) -> Result<Option<StoredReply>> {
        run!(self, REPLY, [keepable(provider_id)] => optional)
    }

    /// Keeps the reply that a text is given, once: every redelivery gets the same (P2). `false` if the text was
    /// never taken or has a reply.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_reply(&mut self, provider_id: &str, reply: &str) -> Result<bool> {
        Ok(run!(self, STORE_REPLY, [keepable(provider_id), keepable(reply)] => execute)? > 0)
    }

    /// Appends a text that came in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_inbound(&mut self, inbound: &NewInbound) -> Result<()> {
        run!(self, INSERT, [
            inbound.id.to_string(),
            text(inbound.center_id),
            text(inbound.contact_id),
            text(inbound.patient_id),
            text(inbound.conversation_id),
            text(inbound.round_id),
            keepable(&inbound.provider_id),
            keepable(&inbound.from),
            keepable(&inbound.to),
            keepable(&inbound.body.0),
            i64::from(inbound.media),
            inbound.at,
        ] => execute)?;
        Ok(())
    }

    /// How many texts to a number a center has made since an instant, whatever became of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_outbound_to(&mut self, center: CenterId, to: &PhoneNumber, since: DateTime<Utc>) -> Result<i64> {
        let Number(n) = run!(self, COUNT_OUT, [center.to_string(), to.as_e164(), since] => one)?;
        Ok(n)
    }

    /// How many texts came from one number to another since an instant, the one being handled included once it is
    /// stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_inbound_from(&mut self, from: &str, to: &str, since: DateTime<Utc>) -> Result<i64> {
        let Number(n) = run!(self, COUNT_IN, [keepable(from), keepable(to), since] => one)?;
        Ok(n)
    }

    /// A text, in or out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn message(&mut self, id: MessageId) -> Result<Option<MessageRecord>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The texts from and to a contact, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_of_contact(&mut self, contact: ContactId, limit: usize) -> Result<Vec<MessageRecord>> {
        run!(self, OF_CONTACT, [contact.to_string(), count(limit)] => all)
    }
}
