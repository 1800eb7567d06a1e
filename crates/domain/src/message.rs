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
    /// How far along a state is. No two states share a rank, so that [`OutboundState::advance`] has one answer
    /// for every order of arrival. Among the states that end a message the better founded wins: what we decided
    /// ourselves (expired, canceled) yields to what the provider says (failed), that to what the carrier says
    /// (undelivered), and a receipt of the phone (delivered) is believed over all.
    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Sent => 4,
            Self::Expired => 5,
            Self::Canceled => 6,
            Self::Failed => 7,
            Self::Undelivered => 8,
            Self::Delivered => 9,
        }
    }

    /// The state after a report: the further one of the two.
    ///
    /// The states form a chain and this is its maximum: a report never moves a message backwards, a repeated
    /// one changes nothing, and any order of the same reports ends in the same state. Providers promise neither
    /// order nor single delivery of their callbacks.
    ///
    /// It is for reports only. The outbox's own steps back (a claimed text that was provably not handed over
    /// waits again) are no reports and do not come through here.
    #[must_use]
    pub const fn advance(self, reported: Self) -> Self {
        if reported.rank() > self.rank() { reported } else { self }
    }

    /// Whether the message is over: no attempt follows. A better founded report may still name its end anew
    /// (a receipt of the phone after "failed").
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.rank() >= Self::Expired.rank()
    }

    /// Whether a younger text to the same contact has to wait for it (P6).
    #[must_use]
    pub const fn holds_back_younger(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

keyed! {
    /// Why a text did not arrive, as far as anybody knows.
    SendFailure {
        /// The number does not exist, or cannot be texted.
        Number = "number",
        /// The contact has opted out at the provider.
        OptedOut = "opted-out",
        /// The provider refuses the account: its credentials, its money, its permissions, its sender.
        Account = "account",
        /// The provider's allowance for the day is used up.
        DailyLimit = "daily-limit",
        /// The provider or the carrier filtered it.
        Filtered = "filtered",
        /// The provider called our request wrong.
        Defect = "defect",
        /// The carrier could not deliver it.
        Carrier = "carrier",
        /// Its time was over before it could leave.
        TooLate = "too-late",
        /// Nobody knows whether it left (P5).
        InDoubt = "in-doubt",
    }
}

impl SendFailure {
    /// Whether it says something of the center's sender as a whole, and nothing of the one number: the next text
    /// to anybody will fare the same, and it is the operator who has to act.
    #[must_use]
    pub const fn is_of_sender(self) -> bool {
        matches!(self, Self::Account | Self::DailyLimit | Self::Defect)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> impl Strategy<Value = OutboundState> {
        proptest::sample::select(OutboundState::ALL)
    }

    fn after(reports: &[OutboundState]) -> OutboundState {
        reports.iter().fold(OutboundState::Queued, |state, report| state.advance(*report))
    }

    #[test]
    fn the_states_form_one_chain() {
        for (index, left) in OutboundState::ALL.iter().enumerate() {
            for right in &OutboundState::ALL[index + 1..] {
                assert_ne!(left.rank(), right.rank(), "{left:?} and {right:?} would depend on the order of arrival");
            }
        }
    }

    #[test]
    fn a_life_as_providers_report_it() {
        use OutboundState::{
            Accepted, Canceled, Delivered, Expired, Failed, Queued, Sending, Sent, Undelivered, Unknown,
        };
        for (from, reported, to) in [
            (Queued, Sending, Sending),
            (Sending, Unknown, Unknown),
            (Unknown, Accepted, Accepted),
            (Accepted, Sent, Sent),
            (Sent, Delivered, Delivered),
            (Sent, Undelivered, Undelivered),
            (Accepted, Failed, Failed),
            (Accepted, Canceled, Canceled),
            (Delivered, Sent, Delivered),
            (Delivered, Failed, Delivered),
            (Failed, Delivered, Delivered),
            (Expired, Delivered, Delivered),
            (Undelivered, Accepted, Undelivered),
            (Sent, Unknown, Sent),
        ] {
            assert_eq!(from.advance(reported), to, "{from:?} told of {reported:?}");
        }
    }

    #[test]
    fn what_is_over_and_what_holds_back() {
        let over: Vec<&str> =
            OutboundState::ALL.iter().filter(|state| state.is_final()).map(|state| state.key()).collect();
        assert_eq!(over, ["delivered", "undelivered", "failed", "expired", "canceled"]);
        assert!(OutboundState::ALL.iter().all(|state| !(state.is_final() && state.holds_back_younger())));
    }

    #[test]
    fn debug_shows_no_words() {
        assert_eq!(format!("{:?}", Body("37.8".into())), "Body(4 bytes)");
    }

    proptest! {
        #[test]
        fn any_order_of_the_same_reports_ends_the_same(
            (reports, shuffled) in proptest::collection::vec(state(), 0..8)
                .prop_flat_map(|reports| (Just(reports.clone()), Just(reports).prop_shuffle())),
        ) {
            prop_assert_eq!(after(&reports), after(&shuffled));
        }

        #[test]
        fn a_repeated_report_changes_nothing(reports in proptest::collection::vec(state(), 1..8), again in any::<prop::sample::Index>()) {
            let mut doubled = reports.clone();
            doubled.push(*again.get(&reports));
            prop_assert_eq!(after(&reports), after(&doubled));
        }

        #[test]
        fn a_report_moves_only_forward_and_what_is_over_stays_over(from in state(), reported in state()) {
            let to = from.advance(reported);
            prop_assert!(to == from || (to == reported && to.rank() > from.rank()));
            prop_assert!(!from.is_final() || to.is_final());
        }
    }
}
