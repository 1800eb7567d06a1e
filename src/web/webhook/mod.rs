//! What the provider calls: `POST /twilio/sms` for texts that came in, `POST /twilio/status` for what became of ours.
//!
//! This module proves that a request is genuine and reads it; what it means is decided by whoever is given it. It
//! never answers with a 5xx for what a client sends: only for what could not be stored, so that it is sent again.
//!
//! The order of the checks, each of which ends the matter ([`admit`]):
//!
//! | check | answer |
//! |---|---|
//! | another method than POST | 405 |
//! | more than 64 KiB | 413 |
//! | not `application/x-www-form-urlencoded`, or not to be read as such | 400 |
//! | the signature, or its algorithm | 403, empty |
//! | the account | 403, empty |
//! | a field that is needed is missing, empty, contradictory or not UTF-8 | 400 |
//! | the text could not be stored | 503 with `Retry-After` |
//!
//! Before the signature nothing is said that depends on any secret or on any state of ours. The signed address is
//! the configured one followed by the path and query as they came, so the routes have to be merged into the
//! service's router and not nested, which would cut the path.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::id::MessageId;
use domain::message::OutboundState;

use crate::conversation::{Inbound, Unavailable};
use crate::gateway::futures::BoxFuture;
use crate::gateway::twilio::signature::Verifier;

mod admit;
mod form;
mod inbound;
mod status;

#[cfg(test)]
mod tests;

pub use form::{FormError, parse_form};

/// Takes an incoming text; gives the stored bytes of the answer, the same for every delivery of the same text (P2).
pub type Receive = Arc<dyn Fn(Inbound) -> BoxFuture<'static, Result<String, Unavailable>> + Send + Sync>;

/// Takes a report of what became of a text of ours.
pub type Report = Arc<dyn Fn(StatusCallback) -> BoxFuture<'static, Result<(), Unavailable>> + Send + Sync>;

/// Is told of every webhook that was answered, for counting.
pub type Observe = Arc<dyn Fn(WebhookEvent) + Send + Sync>;

/// What the webhooks need of the service.
#[derive(Clone)]
pub struct WebhookState {
    /// Proves that a request is the provider's.
    pub verifier: Verifier,
    /// The accounts whose webhooks are taken: ours, and any that it is split into.
    pub account_sids: Vec<String>,
    /// Where incoming texts go.
    pub receive: Receive,
    /// Where reports go.
    pub report: Report,
    /// Who counts.
    pub observe: Observe,
}

/// The two routes. To be merged, not nested.
pub fn router(state: WebhookState) -> Router {
    Router::new()
        .route("/twilio/sms", post(inbound::receive))
        .route("/twilio/status", post(status::report))
        .with_state(Arc::new(state))
}

/// A report of the provider of what became of a text of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusCallback {
    /// Which text, by our own identifier, which we put into the address of the callback. `None` if there is none
    /// there, or none that can be read.
    pub message_id: Option<MessageId>,
    /// Which text, by the provider's identifier.
    pub provider_id: String,
    /// What became of it; `None` for a state that is not known here.
    pub state: Option<OutboundState>,
    /// What became of it, in the provider's word; empty if it gave none.
    pub raw_status: String,
    /// The provider's error code, if it gave one.
    pub error_code: Option<u32>,
    /// Everything that came, for the record: fields that are not known today may matter later. Holds phone numbers.
    pub params: Vec<(String, String)>,
}

impl fmt::Debug for StatusCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusCallback")
            .field("message_id", &self.message_id)
            .field("provider_id", &self.provider_id)
            .field("raw_status", &self.raw_status)
            .field("error_code", &self.error_code)
            .field("params", &self.params.len())
            .finish_non_exhaustive()
    }
}

/// One webhook and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebhookEvent {
    /// Which of the two.
    pub endpoint: Endpoint,
    /// How it ended.
    pub outcome: WebhookOutcome,
}

/// Which webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A text came in.
    Inbound,
    /// What became of a text of ours.
    Status,
}

impl Endpoint {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Status => "status",
        }
    }
}

/// How a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookOutcome {
    /// It was taken.
    Taken,
    /// It was taken and kept, but names a state that is not known here.
    UnknownStatus,
    /// It was refused, and why.
    Refused(Refusal),
    /// It could not be stored; the provider may send it again.
    Unavailable,
}

impl WebhookOutcome {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::UnknownStatus => "unknown_status",
            Self::Refused(refusal) => refusal.key(),
            Self::Unavailable => "unavailable",
        }
    }
}

/// Why a webhook is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Larger than any text can be.
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    /// The connection broke, or took too long, before the body was whole.
    #[error("the body did not arrive in full, or in time")]
    Incomplete,
    /// Not a form. The provider can be set to send JSON, which is signed in another way.
    #[error("expected the content type application/x-www-form-urlencoded")]
    NotAForm,
    /// Not encoded as a form is.
    #[error("the form cannot be read: a % is not followed by two hexadecimal digits")]
    Malformed,
    /// Not the provider's, or not meant for this address.
    #[error("the signature is missing or does not fit")]
    Signature,
    /// The provider's, but for somebody else.
    #[error("the account is not ours")]
    Account,
    /// Without something that is needed to know what this is.
    #[error("the field {0} is missing, empty, given twice or not readable")]
    Field(&'static str),
}

impl Refusal {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::NotAForm => "not_a_form",
            Self::Malformed => "malformed",
            Self::Signature => "signature",
            Self::Account => "account",
            Self::Field(_) => "field",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Incomplete | Self::NotAForm | Self::Malformed | Self::Field(_) => StatusCode::BAD_REQUEST,
            Self::Signature | Self::Account => StatusCode::FORBIDDEN,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            // Whoever has no signature is told nothing.
            Self::Signature | Self::Account => self.status().into_response(),
            _ => (self.status(), self.to_string()).into_response(),
        }
    }
}

/// Counts how a webhook ended, and says so in the log if it was not taken. Names no field's content (P15).
fn conclude(state: &WebhookState, endpoint: Endpoint, outcome: WebhookOutcome) {
    (state.observe)(WebhookEvent { endpoint, outcome });
    match outcome {
        WebhookOutcome::Taken => {}
        WebhookOutcome::UnknownStatus => {
            tracing::info!(webhook = endpoint.key(), "A status callback names a state that is not known");
        }
        WebhookOutcome::Refused(Refusal::Signature) => tracing::warn!(
            webhook = endpoint.key(),
            "A webhook was refused: its signature does not fit server.public_url and the auth token"
        ),
        WebhookOutcome::Refused(refusal) => {
            tracing::warn!(webhook = endpoint.key(), reason = refusal.key(), "A webhook was refused: {refusal}");
        }
        WebhookOutcome::Unavailable => {
            tracing::error!(webhook = endpoint.key(), "A webhook could not be stored; its sender may try again");
        }
    }
}

/// The answer when nothing could be stored.
fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from_static("1"))]).into_response()
}

/// The text as it can be stored: U+0000 becomes U+FFFD, the replacement character, since PostgreSQL refuses NUL in
/// text and both databases shall keep the same. After the signature, which is over what was sent.
fn storable(text: Cow<'_, str>) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.into_owned() }
}
