//! A message: one text in or out, and what became of it. The state machine of outgoing texts; no HTTP.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::dialog::engine::TextKind;
use crate::id::{CenterId, ContactId, ConversationId, MessageId, PatientId, RoundId};
use crate::keyed::keyed;
use crate::phone::PhoneNumber;

keyed! {
    /// Where an outgoing text stands. Reports of the provider only move it forward ([`OutboundState::advance`]).
    OutboundState {
        /// Waits in the outbox.
        Queued = "queued",
        /// Claimed by the relay: a request may be on its way.
        Sending = "sending",
        /// The provider may or may not have it (P5).
        Unknown = "unknown",
        /// The provider has it.
        Accepted = "accepted",
        /// The provider has handed it to the carrier.
        Sent = "sent",
        /// The phone has it.
        Delivered = "delivered",
        /// The carrier could not deliver it.
        Undelivered = "undelivered",
        /// The provider refused it, or it was given up.
        Failed = "failed",
        /// Its deadline passed before it left (P7).
        Expired = "expired",
        /// Withdrawn before it left: superseded by a newer text, or the contact opted out.
        Canceled = "canceled",
    }
}

impl OutboundState {
    /// How far along a state is; a report moves a message only to a higher rank.
    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Sent => 4,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Expired | Self::Canceled => 5,
        }
    }

    /// The state after a report, in whatever order reports arrive: the further one of the two; of two final
    /// states the first one stays, save that "delivered" is believed over any failure.
    #[must_use]
    pub const fn advance(self, reported: Self) -> Self {
        if reported.rank() > self.rank() || (matches!(reported, Self::Delivered) && self.rank() == 5) {
            reported
        } else {
            self
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.rank() == 5
    }

    /// Whether a younger text to the same contact has to wait for it (P6).
    #[must_use]
    pub const fn holds_back_younger(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

/// An outgoing text to be stored in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutbound {
    /// Our own opaque identifier.
    pub id: MessageId,
    /// Whose text it is.
    pub center_id: CenterId,
    /// To whom; `None` for an unknown number.
    pub contact_id: Option<ContactId>,
    /// About whom, if about one patient.
    pub patient_id: Option<PatientId>,
    /// In which conversation, and at which of its sequence numbers.
    pub conversation: Option<(ConversationId, u32)>,
    /// In which round, if in one.
    pub round_id: Option<RoundId>,
    /// From which number.
    pub from: PhoneNumber,
    /// To which number.
    pub to: PhoneNumber,
    /// The text.
    pub body: Body,
    /// What kind of text it is.
    pub kind: TextKind,
    /// Makes a scheduled text unique: `(round, patient, slot)` (P4). `open`, `reminder-1` …; `None` for replies.
    pub slot: Option<String>,
    /// Not after this instant (P7).
    pub deadline_at: DateTime<Utc>,
    /// `Queued`, or `Unknown` for a reply that travels in the webhook's answer.
    pub state: OutboundState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The words of a text. `Debug` shows the length only (P15).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(pub String);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl TextKind {
    /// Whether it goes out unasked: at most once, and never in quiet hours (P4, P7). Others are replies.
    #[must_use]
    pub const fn is_scheduled(self) -> bool {
        matches!(self, Self::Opening | Self::Reminder)
    }

    /// Which texts leave first: a lower number goes before a higher.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::Safety => 0,
            Self::Reply => 1,
            Self::Reminder => 2,
            Self::Opening => 3,
        }
    }

    /// The stable key, as in tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Opening => "opening",
            Self::Reply => "reply",
            Self::Reminder => "reminder",
        }
    }

    /// The kind with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Safety, Self::Opening, Self::Reply, Self::Reminder].into_iter().find(|kind| kind.key() == key)
    }
}
