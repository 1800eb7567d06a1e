//! The use case "a text came": one turn, one transaction, many turns to a commit. Knows no HTTP.

use std::sync::Arc;

use domain::id::MessageId;
use domain::message::Body;
use domain::phone::PhoneNumber;

/// One text that came in, as the provider told it. Nothing is trusted but the signature over it.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The provider's identifier of the text: the same one has one effect (P2).
    pub provider_id: String,
    /// From which number, in E.164 form; `None` if the provider gave something else (a short code, a name).
    pub from: Option<PhoneNumber>,
    /// From whom, as the provider wrote it.
    pub from_raw: String,
    /// To which number.
    pub to: Option<PhoneNumber>,
    /// To whom, as the provider wrote it.
    pub to_raw: String,
    /// The words; empty for a text of pictures only.
    pub body: String,
    /// How many pictures or other media came with it.
    pub media: u32,
}

/// One text that goes back in the webhook's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText {
    /// Our identifier; its status callback carries it.
    pub id: MessageId,
    /// The words.
    pub body: Body,
}

/// Turns the texts that go back into the bytes of the webhook's answer. Given by the gateway's side, so that
/// this module does not know TwiML; the bytes are stored with the effect (P2).
pub type RenderReply = Arc<dyn Fn(&[ReplyText]) -> String + Send + Sync>;

/// The text was not taken: nothing of it is on disk, and the provider may send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text could not be stored just now")]
pub struct Unavailable;
