//! What has become of a campaign's run: every patient of it in exactly one state. Which text belongs to whom is the
//! store's business.

use std::collections::BTreeMap;

use serde::Serialize;

use super::decide::SkipReason;
use crate::message::OutboundState;

/// What has become of one patient of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecipientState {
    /// Their turn has not come.
    Planned,
    /// The text waits in the outbox, or is just being handed over.
    Queued,
    /// The provider has it.
    Sent,
    /// The phone has it.
    Delivered,
    /// It did not arrive.
    Failed,
    /// Nobody knows whether it left (P5).
    Unknown,
    /// A text came from the phone after it.
    Replied,
    /// None leaves, for this reason.
    Skipped(SkipReason),
}

impl RecipientState {
    /// The stable key, as in tables and the API; the reason for a skip has its own.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Replied => "replied",
            Self::Skipped(_) => "skipped",
        }
    }
}

/// What is stored about one patient of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Why they were skipped, if they were.
    pub skipped: Option<SkipReason>,
    /// How far their text is, if there is one.
    pub text: Option<OutboundState>,
    /// Whether a text came from their phone after theirs was made.
    pub replied: bool,
}

impl Recipient {
    /// What has become of them. A reply proves that a text arrived that may have left, whatever the reports say. What
    /// was withdrawn or expired in the outbox has not left: that is being skipped, if late.
    #[must_use]
    pub const fn state(self) -> RecipientState {
        use OutboundState::{
            Accepted, Canceled, Delivered, Expired, Failed, Queued, Sending, Sent, Undelivered, Unknown,
        };
        match (self.text, self.skipped, self.replied) {
            (None, None, _) => RecipientState::Planned,
            (None | Some(Expired | Canceled), Some(reason), _) => RecipientState::Skipped(reason),
            (Some(Expired), None, _) => RecipientState::Skipped(SkipReason::AfterDeadline),
            (Some(Canceled), None, _) => RecipientState::Skipped(SkipReason::Canceled),
            (Some(Queued), ..) | (Some(Sending), _, false) => RecipientState::Queued,
            // The provider refused it: whatever came from the phone answers something else.
            (Some(Failed), ..) | (Some(Undelivered), _, false) => RecipientState::Failed,
            (Some(Sending | Unknown | Accepted | Sent | Delivered | Undelivered), _, true) => RecipientState::Replied,
            (Some(Unknown), _, false) => RecipientState::Unknown,
            (Some(Accepted | Sent), _, false) => RecipientState::Sent,
            (Some(Delivered), _, false) => RecipientState::Delivered,
        }
    }
}

/// How many patients of a run are where. The numbers add up to all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RunProgress {
    /// All patients of the run.
    pub total: u64,
    /// Whose turn has not come.
    pub planned: u64,
    /// Whose text waits in the outbox.
    pub queued: u64,
    /// Whose text the provider has.
    pub sent: u64,
    /// Whose phone has it.
    pub delivered: u64,
    /// Whose text did not arrive.
    pub failed: u64,
    /// Of whose text nobody knows (P5).
    pub unknown: u64,
    /// Who has written since.
    pub replied: u64,
    /// Who gets none, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

impl RunProgress {
    /// Counts one patient.
    pub fn add(&mut self, recipient: Recipient) {
        self.add_many(recipient.state(), 1);
    }

    /// Counts `count` patients of whom the same has become.
    pub fn add_many(&mut self, state: RecipientState, count: u64) {
        let place = match state {
            RecipientState::Planned => &mut self.planned,
            RecipientState::Queued => &mut self.queued,
            RecipientState::Sent => &mut self.sent,
            RecipientState::Delivered => &mut self.delivered,
            RecipientState::Failed => &mut self.failed,
            RecipientState::Unknown => &mut self.unknown,
            RecipientState::Replied => &mut self.replied,
            RecipientState::Skipped(reason) => self.skipped.entry(reason).or_default(),
        };
        *place += count;
        self.total += count;
    }

    /// For how many nothing more has to be done: neither planned nor queued.
    #[must_use]
    pub const fn handled(&self) -> u64 {
        self.total - self.planned - self.queued
    }

    /// Whether nothing more has to be done for anybody.
    #[must_use]
    pub const fn is_through(&self) -> bool {
        self.handled() == self.total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_become_of_a_text_is_one_state() {
        use OutboundState::{
            Accepted, Canceled, Delivered, Expired, Failed, Queued, Sending, Sent, Undelivered, Unknown,
        };
        let late = RecipientState::Skipped(SkipReason::AfterDeadline);
        let canceled = RecipientState::Skipped(SkipReason::Canceled);
        for (text, without_reply, with_reply) in [
            (None, RecipientState::Planned, RecipientState::Planned),
            (Some(Queued), RecipientState::Queued, RecipientState::Queued),
            (Some(Sending), RecipientState::Queued, RecipientState::Replied),
            (Some(Unknown), RecipientState::Unknown, RecipientState::Replied),
            (Some(Accepted), RecipientState::Sent, RecipientState::Replied),
            (Some(Sent), RecipientState::Sent, RecipientState::Replied),
            (Some(Delivered), RecipientState::Delivered, RecipientState::Replied),
            (Some(Undelivered), RecipientState::Failed, RecipientState::Replied),
            (Some(Failed), RecipientState::Failed, RecipientState::Failed),
            (Some(Expired), late, late),
            (Some(Canceled), canceled, canceled),
        ] {
            for (replied, expected) in [(false, without_reply), (true, with_reply)] {
                assert_eq!(
                    Recipient { skipped: None, text, replied }.state(),
                    expected,
                    "{text:?}, replied: {replied}"
                );
            }
        }
        let skipped = Some(SkipReason::OptedOut);
        for text in [None, Some(Expired), Some(Canceled)] {
            let state = Recipient { skipped, text, replied: false }.state();
            assert_eq!(state, RecipientState::Skipped(SkipReason::OptedOut), "the reason that was recorded: {text:?}");
        }
        assert_eq!(Recipient { skipped, text: Some(Sent), replied: false }.state(), RecipientState::Sent, "it left");
    }

    fn any_recipient() -> impl Strategy<Value = Recipient> {
        (
            prop::option::of(prop::sample::select(SkipReason::ALL)),
            prop::option::of(prop::sample::select(OutboundState::ALL)),
            any::<bool>(),
        )
            .prop_map(|(skipped, text, replied)| Recipient { skipped, text, replied })
    }

    proptest! {
        #[test]
        fn every_patient_is_counted_in_exactly_one_place(recipients in prop::collection::vec(any_recipient(), 0..60)) {
            let mut progress = RunProgress::default();
            recipients.iter().for_each(|one| progress.add(*one));
            let RunProgress { total, planned, queued, sent, delivered, failed, unknown, replied, ref skipped } = progress;
            let skipped: u64 = skipped.values().sum();
            prop_assert_eq!(total, recipients.len() as u64);
            prop_assert_eq!(planned + queued + sent + delivered + failed + unknown + replied + skipped, total);
            let open = recipients.iter().filter(|one| matches!(one.state().key(), "planned" | "queued")).count();
            prop_assert_eq!(progress.handled() + open as u64, total);
            prop_assert_eq!(progress.is_through(), open == 0);
        }

        #[test]
        fn a_report_never_takes_a_text_back_to_waiting(text in prop::sample::select(OutboundState::ALL), reported in prop::sample::select(OutboundState::ALL)) {
            let state = |text| Recipient { skipped: None, text: Some(text), replied: false }.state();
            if state(text) != RecipientState::Queued {
                prop_assert_ne!(state(text.advance(reported)), RecipientState::Queued);
            }
        }
    }
}
