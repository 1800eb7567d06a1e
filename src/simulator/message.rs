//! The provider's messages: what one is, which way its status may move, and the book that holds them all, in
//! memory. Knows nothing of HTTP.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::phones::book::KeptPhone;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// From a phone to the service.
    Inbound,
    /// To a phone, through the REST API.
    OutboundApi,
    /// To a phone, in the answer to a webhook.
    OutboundReply,
}

impl Direction {
    /// As the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundReply => "outbound-reply",
        }
    }
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// To be sent at a time to come.
    Scheduled,
    /// Taken by a messaging service, which has yet to choose a sender.
    Accepted,
    /// Waiting to be sent.
    Queued,
    /// On its way to the carrier.
    Sending,
    /// The carrier has it.
    Sent,
    /// The phone has it.
    Delivered,
    /// The carrier could not deliver it.
    Undelivered,
    /// It was never sent.
    Failed,
    /// Taken back before it was sent.
    Canceled,
    /// A phone's text, taken from the carrier.
    Received,
}

impl Status {
    /// As the API and the callbacks write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Received => "received",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled | Self::Received)
    }

    /// Whether a message in this status may move to `next`: forward only, out of no final status, and taken back
    /// only before it is on its way.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        let not_sent = matches!(self, Self::Scheduled | Self::Accepted | Self::Queued);
        match next {
            Self::Canceled => not_sent,
            Self::Failed => not_sent || self == Self::Sending,
            Self::Received => false,
            _ => !self.is_final() && next.rank() > self.rank(),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Accepted => 1,
            Self::Queued => 2,
            Self::Sending => 3,
            Self::Sent => 4,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled | Self::Received => 5,
        }
    }
}

/// One message, as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's identifier: `SM` (or `MM` with media) and 32 hexadecimal digits.
    pub sid: String,
    /// Which way it went.
    pub direction: Direction,
    /// Who sent it; `None` while a messaging service has not chosen yet.
    pub from: Option<String>,
    /// To whom.
    pub to: String,
    /// The words; empty once redacted.
    pub body: String,
    /// How far it is.
    pub status: Status,
    /// Why it was not delivered, by the provider's code.
    pub error_code: Option<u32>,
    /// The messaging service that it was handed to.
    pub service_sid: Option<String>,
    /// How many pictures and the like came with it.
    pub media: u32,
    /// Billed segments.
    pub segments: u32,
    /// When the provider took it.
    pub created_at: DateTime<Utc>,
    /// When it left for the carrier; for a phone's text, when the webhook was called.
    pub sent_at: Option<DateTime<Utc>>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// Where changes of its status are told.
    pub status_callback: Option<String>,
    /// When it is to be sent, if not at once.
    pub send_at: Option<DateTime<Utc>>,
    /// Until when the provider may try to send it.
    pub valid_until: Option<DateTime<Utc>>,
    /// Every status it has had, oldest first.
    pub history: Vec<Status>,
}

impl Message {
    /// The number of the phone: not the service's side.
    #[must_use]
    pub fn phone(&self) -> &str {
        match self.direction {
            Direction::Inbound => self.from.as_deref().unwrap_or_default(),
            Direction::OutboundApi | Direction::OutboundReply => &self.to,
        }
    }
}

/// Which messages are wanted. Empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// To this number.
    pub to: Option<String>,
    /// From this number.
    pub from: Option<String>,
    /// Only those that went this way.
    pub direction: Option<Direction>,
    /// Sent at this instant or later.
    pub sent_from: Option<DateTime<Utc>>,
    /// Sent before this instant.
    pub sent_before: Option<DateTime<Utc>>,
}

impl Filter {
    fn takes(&self, message: &Message) -> bool {
        let sent_ok = match message.sent_at {
            Some(sent) => {
                self.sent_from.is_none_or(|from| sent >= from) && self.sent_before.is_none_or(|end| sent < end)
            }
            // What was never sent has no date to be found by.
            None => self.sent_from.is_none() && self.sent_before.is_none(),
        };
        sent_ok
            && self.to.as_deref().is_none_or(|to| message.to == to)
            && self.from.as_deref().is_none_or(|from| message.from.as_deref() == Some(from))
            && self.direction.is_none_or(|direction| message.direction == direction)
    }
}

/// What a provider remembers from one run to the next: its messages, who has opted out, and the phones on its page.
/// To be kept as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    messages: Vec<Message>,
    opted_out: Vec<(String, String)>,
    /// In the order of their ids, so that each keeps its own.
    #[serde(default)]
    pub(super) phones: Vec<KeptPhone>,
}

/// All messages, and who has opted out of what.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// In the order in which they were taken; a deleted one leaves a gap.
    messages: Vec<Option<Message>>,
    by_sid: HashMap<String, usize>,
    by_phone: HashMap<String, Vec<usize>>,
    /// Those that wait for a time; looked through often, so that it holds no others for long.
    scheduled: Vec<usize>,
    /// (sender or messaging service, phone).
    opted_out: HashSet<(String, String)>,
}

impl Book {
    /// Goes on from an earlier run.
    pub(super) fn resume(snapshot: Snapshot) -> Self {
        let mut book = Self { opted_out: snapshot.opted_out.into_iter().collect(), ..Self::default() };
        for message in snapshot.messages {
            book.add(message);
        }
        book
    }

    /// What a later run needs to go on; the phones are somebody else's to add.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut opted_out: Vec<_> = self.opted_out.iter().cloned().collect();
        opted_out.sort_unstable();
        let messages = self.messages.iter().flatten().cloned().collect();
        Snapshot { messages, opted_out, phones: Vec::new() }
    }

    /// Takes a new message.
    pub(super) fn add(&mut self, message: Message) {
        let place = self.messages.len();
        self.by_sid.insert(message.sid.clone(), place);
        self.by_phone.entry(message.phone().to_owned()).or_default().push(place);
        if message.status == Status::Scheduled {
            self.scheduled.push(place);
        }
        self.messages.push(Some(message));
    }

    /// The message with this identifier.
    pub(super) fn get(&self, sid: &str) -> Option<&Message> {
        self.messages.get(*self.by_sid.get(sid)?)?.as_ref()
    }

    /// The message with this identifier, to be changed.
    pub(super) fn get_mut(&mut self, sid: &str) -> Option<&mut Message> {
        self.messages.get_mut(*self.by_sid.get(sid)?)?.as_mut()
    }

    /// Forgets a message.
    pub(super) fn delete(&mut self, sid: &str) {
        if let Some(place) = self.by_sid.remove(sid)
            && let Some(slot) = self.messages.get_mut(place)
        {
            *slot = None;
        }
    }

    /// Moves a message forward, if its status may move there; whether it did.
    pub(super) fn advance(&mut self, sid: &str, next: Status, now: DateTime<Utc>) -> bool {
        let Some(message) = self.get_mut(sid) else { return false };
        if !message.status.may_become(next) {
            return false;
        }
        message.status = next;
        message.history.push(next);
        message.updated_at = now;
        if next == Status::Sent {
            message.sent_at = Some(now);
        }
        true
    }

    /// The wanted messages, newest first.
    pub(super) fn newest_first<'a>(&'a self, filter: &'a Filter) -> Box<dyn Iterator<Item = &'a Message> + 'a> {
        // Outbound messages lie under their receiver, inbound ones under their sender: with both ends known, only
        // those two short lists are looked through.
        let found: Box<dyn Iterator<Item = &'a Message>> = match (&filter.to, &filter.from) {
            (Some(to), Some(from)) => {
                let mut places: Vec<usize> =
                    [to, from].into_iter().filter_map(|number| self.by_phone.get(number)).flatten().copied().collect();
                places.sort_unstable_by(|a, b| b.cmp(a));
                places.dedup();
                Box::new(places.into_iter().filter_map(|place| self.messages.get(place)?.as_ref()))
            }
            _ => Box::new(self.messages.iter().rev().flatten()),
        };
        Box::new(found.filter(|message| filter.takes(message)))
    }

    /// What a phone has sent and been sent, oldest first.
    pub(super) fn of_phone(&self, number: &str) -> impl DoubleEndedIterator<Item = &Message> {
        self.by_phone.get(number).into_iter().flatten().filter_map(|place| self.messages.get(*place)?.as_ref())
    }

    /// The scheduled messages that are due.
    pub(super) fn due(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let messages = &self.messages;
        let waiting =
            |place: &usize| messages.get(*place)?.as_ref().filter(|message| message.status == Status::Scheduled);
        self.scheduled.retain(|place| waiting(place).is_some());
        let due =
            self.scheduled.iter().filter_map(waiting).filter(|message| message.send_at.is_some_and(|at| at <= now));
        due.map(|message| message.sid.clone()).collect()
    }

    /// The messages that were taken but have got nowhere yet.
    pub(super) fn unmoved(&self) -> Vec<String> {
        let unmoved = |message: &&Message| matches!(message.status, Status::Accepted | Status::Queued);
        self.messages.iter().flatten().filter(unmoved).map(|message| message.sid.clone()).collect()
    }

    /// Whether this phone has opted out of this sender (or messaging service).
    pub(super) fn has_opted_out(&self, sender: &str, phone: &str) -> bool {
        self.opted_out.contains(&(sender.to_owned(), phone.to_owned()))
    }

    /// Opts a phone out or back in; whether that changed anything.
    pub(super) fn set_opted_out(&mut self, sender: &str, phone: &str, out: bool) -> bool {
        let pair = (sender.to_owned(), phone.to_owned());
        if out { self.opted_out.insert(pair) } else { self.opted_out.remove(&pair) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Status; 10] = [
        Status::Scheduled,
        Status::Accepted,
        Status::Queued,
        Status::Sending,
        Status::Sent,
        Status::Delivered,
        Status::Undelivered,
        Status::Failed,
        Status::Canceled,
        Status::Received,
    ];

    #[test]
    fn statuses_only_move_forward() {
        for from in ALL {
            for to in ALL {
                if from.may_become(to) {
                    assert!(!from.is_final(), "{from:?} is final but may become {to:?}");
                    assert!(!to.may_become(from), "{from:?} and {to:?} may become each other");
                }
            }
            assert!(!from.may_become(from), "{from:?}");
        }
        assert!(Status::Queued.may_become(Status::Canceled));
        assert!(!Status::Sending.may_become(Status::Canceled));
        assert!(!Status::Sent.may_become(Status::Failed));
        assert!(Status::Sent.may_become(Status::Undelivered));
    }

    fn message(sid: &str, from: &str, to: &str, direction: Direction) -> Message {
        let at = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        Message {
            sid: sid.to_owned(),
            direction,
            from: Some(from.to_owned()),
            to: to.to_owned(),
            body: String::new(),
            status: Status::Queued,
            error_code: None,
            service_sid: None,
            media: 0,
            segments: 1,
            created_at: at,
            sent_at: None,
            updated_at: at,
            status_callback: None,
            send_at: None,
            valid_until: None,
            history: vec![Status::Queued],
        }
    }

    #[test]
    fn filters_find_by_either_end() {
        let (center, one, two) = ("+815000000001", "+819012345601", "+819012345602");
        let mut book = Book::default();
        book.add(message("SM1", center, one, Direction::OutboundApi));
        book.add(message("SM2", one, center, Direction::Inbound));
        book.add(message("SM3", center, two, Direction::OutboundApi));
        let sids =
            |filter: Filter| -> Vec<String> { book.newest_first(&filter).map(|found| found.sid.clone()).collect() };
        assert_eq!(sids(Filter::default()), ["SM3", "SM2", "SM1"]);
        assert_eq!(sids(Filter { to: Some(one.to_owned()), ..Filter::default() }), ["SM1"]);
        assert_eq!(sids(Filter { from: Some(center.to_owned()), ..Filter::default() }), ["SM3", "SM1"]);
        let pair = Filter { from: Some(center.to_owned()), to: Some(two.to_owned()), ..Filter::default() };
        assert_eq!(sids(pair), ["SM3"]);
        let back = Filter { from: Some(one.to_owned()), to: Some(center.to_owned()), ..Filter::default() };
        assert_eq!(sids(back), ["SM2"]);
        let inbound = Filter { direction: Some(Direction::Inbound), ..Filter::default() };
        assert_eq!(sids(inbound), ["SM2"]);
        let nobody = Filter { to: Some("+12025550199".to_owned()), from: Some(center.to_owned()), ..Filter::default() };
        assert_eq!(sids(nobody), Vec::<String>::new());
    }

    #[test]
    fn a_deleted_message_is_gone_from_every_list() {
        let (center, one) = ("+815000000001", "+819012345601");
        let mut book = Book::default();
        book.add(message("SM1", center, one, Direction::OutboundApi));
        book.delete("SM1");
        assert!(book.get("SM1").is_none());
        assert_eq!(book.of_phone(one).count(), 0);
        assert_eq!(book.newest_first(&Filter::default()).count(), 0);
    }
}
