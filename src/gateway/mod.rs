//! Our side of whoever carries texts: the seam that the relay sends through. Knows nothing of the store.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::id::MessageId;
use domain::message::{Body, OutboundState};
use domain::phone::PhoneNumber;

pub mod twilio;

/// One text to hand to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Our opaque identifier; travels in the status callback's address, never in the text.
    pub id: MessageId,
    /// The center's number.
    pub from: PhoneNumber,
    /// The contact's number.
    pub to: PhoneNumber,
    /// The words.
    pub body: Body,
    /// How long the provider may try to deliver it, in seconds, 1 to 36,000 (P7).
    pub validity_seconds: u32,
}

/// What became of an attempt to hand over a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider has it.
    Accepted {
        /// The provider's identifier.
        provider_id: String,
        /// What the provider said its state is: `Accepted`, or already further.
        state: OutboundState,
    },
    /// The provider certainly does not have it, and it may be tried again.
    Retry {
        /// Not before this much time has passed, if the provider said so.
        after: Option<Duration>,
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
    /// The provider certainly does not have it, and trying again is no use.
    Rejected {
        /// What to conclude.
        cause: Rejection,
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
    /// Nobody can say whether the provider has it (P5): a time-out, a broken connection, a 5xx.
    Unknown {
        /// The provider's error code, if it gave one.
        code: Option<u32>,
    },
}

impl SendOutcome {
    /// The stable key, as in metrics.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Why a text was refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The number does not exist or cannot be texted: mark the contact.
    Number(domain::contact::Undeliverable),
    /// The contact has opted out at the provider.
    OptedOut,
    /// The account, its money, its permissions or its configuration: the operator must act, the sender stops.
    Account,
    /// The day's allowance is used up: staff are told, and it is not tried again today.
    DailyLimit,
    /// The carrier filtered it.
    Filtered,
    /// The request was wrong: a defect of ours.
    Defect,
}

/// A message that the provider lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The provider's identifier.
    pub provider_id: String,
    /// The words, as the provider has them.
    pub body: Body,
    /// How far it is.
    pub state: OutboundState,
    /// The provider's error code, if it has one.
    pub code: Option<u32>,
    /// When the provider made it, to the second.
    pub created_at: DateTime<Utc>,
}

/// The provider could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the provider could not be asked: {0}")]
pub struct ListError(pub String);

/// Whoever carries texts.
pub trait SmsGateway: Send + Sync + 'static {
    /// Hands over one text. Never tries again by itself.
    fn send<'a>(&'a self, text: &'a Outgoing) -> futures::BoxFuture<'a, SendOutcome>;

    /// What the provider has for this pair of numbers since an instant, outbound only, newest first.
    ///
    /// # Errors
    /// When the provider could not be asked; then nothing is known.
    fn list<'a>(
        &'a self,
        from: &'a PhoneNumber,
        to: &'a PhoneNumber,
        since: DateTime<Utc>,
    ) -> futures::BoxFuture<'a, Result<Vec<Listed>, ListError>>;
}

/// Boxed futures, so that the trait can be used behind a pointer.
pub mod futures {
    /// A boxed future.
    pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
}
