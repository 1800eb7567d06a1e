//! Whether a patient was asked in a round, by what became of the texts to them. Derived from what is stored, never
//! stored; what follows from it is [`crate::standing`]'s business.

use crate::keyed::keyed;
use crate::message::{OutboundState, SendFailure};
use crate::round::RoundState;

keyed! {
    /// Whether a patient was asked in a round.
    Asked {
        /// A question went out to their phone.
        Yes = "asked",
        /// Nobody knows whether a question has left; it may have (P5).
        InDoubt = "in-doubt",
        /// Questions have left, and none arrived, as far as the carrier knows.
        NotDelivered = "not-delivered",
        /// A question waits in the outbox.
        Pending = "pending",
        /// On a shared phone, somebody else was being asked, and their turn did not come.
        WaitingTurn = "waiting-turn",
        /// Questions were made, and provably none of them has left.
        NotSent = "not-sent",
        /// No conversation was begun: the contact says why, or they were enrolled too late.
        No = "not-asked",
        /// The round never opened, so nobody was asked.
        RoundMissed = "round-missed",
    }
}

impl Asked {
    /// Whether a question is, or may be, on their phone.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Yes | Self::InDoubt | Self::NotDelivered)
    }

    /// Whether somebody who has not answered by the deadline counts as silent; otherwise they were never asked.
    ///
    /// What is not known counts as asked, since silence is the more dangerous of the two. So does a turn that did
    /// not come: nobody has heard of them, and the phone that should answer for them is silent or slow.
    #[must_use]
    pub const fn counts_as_asked(self) -> bool {
        !matches!(self, Self::NotSent | Self::No | Self::RoundMissed)
    }
}

/// What became of one text, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextFate {
    /// How far it is.
    pub state: OutboundState,
    /// Why it did not arrive, if it did not and that is known.
    pub failure: Option<SendFailure>,
}

/// What was done to ask one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Whether their conversation was begun.
    pub begun: bool,
    /// Every text of that conversation that may hold a question, the oldest first.
    pub texts: &'a [TextFate],
}

/// Whether a patient was asked, and if the texts did not arrive, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Whether they were asked.
    pub asked: Asked,
    /// Why nothing left or arrived; `None` if something did, or if the cause is not known.
    pub why: Option<SendFailure>,
}

impl Asking {
    /// Whether a patient was asked. `family` are the others who share their phone: what became of the texts to
    /// one of them says what the phone has got.
    #[must_use]
    pub fn of<'a>(round: RoundState, own: Attempt<'a>, family: impl IntoIterator<Item = Attempt<'a>>) -> Self {
        if let Some(own) = reached(own) {
            return own;
        }
        if round == RoundState::Missed {
            return Self { asked: Asked::RoundMissed, why: None };
        }
        let others: Vec<Self> = family.into_iter().filter_map(reached).collect();
        if others.iter().any(|other| other.asked.counts_as_asked()) {
            return Self { asked: Asked::WaitingTurn, why: None };
        }
        others.first().copied().unwrap_or(Self { asked: Asked::No, why: None })
    }
}

/// What the texts to one patient have come to; `None` if nobody began to ask. The best of them counts: one question
/// that arrived is a question.
fn reached(attempt: Attempt<'_>) -> Option<Asking> {
    if !attempt.begun {
        return None;
    }
    let newest = |wanted: &[OutboundState]| attempt.texts.iter().rev().find(|text| wanted.contains(&text.state));
    let asking = |asked, why| Some(Asking { asked, why });
    let any = |wanted: &[OutboundState]| newest(wanted).is_some();
    // Without a text the question went in an answer that belongs to somebody else's conversation.
    if attempt.texts.is_empty() || any(&[OutboundState::Accepted, OutboundState::Sent, OutboundState::Delivered]) {
        return asking(Asked::Yes, None);
    }
    if any(&[OutboundState::Sending, OutboundState::Unknown]) {
        return asking(Asked::InDoubt, None);
    }
    if let Some(text) = newest(&[OutboundState::Undelivered]) {
        return asking(Asked::NotDelivered, text.failure);
    }
    if any(&[OutboundState::Queued]) {
        return asking(Asked::Pending, None);
    }
    match newest(&[OutboundState::Failed]) {
        Some(text) => asking(Asked::NotSent, text.failure),
        // Expired, or withdrawn at the deadline.
        None => asking(Asked::NotSent, Some(SendFailure::TooLate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(states: &[OutboundState]) -> Vec<TextFate> {
        let failure = |state| (state == OutboundState::Failed).then_some(SendFailure::DailyLimit);
        states.iter().map(|state| TextFate { state: *state, failure: failure(*state) }).collect()
    }

    #[test]
    fn who_was_asked_follows_from_what_became_of_the_texts() {
        use OutboundState::{
            Accepted, Canceled, Delivered, Expired, Failed, Queued, Sending, Sent, Undelivered, Unknown,
        };
        let limit = Some(SendFailure::DailyLimit);
        let late = Some(SendFailure::TooLate);
        for (states, asked, why) in [
            (&[][..], Asked::Yes, None),
            (&[Accepted], Asked::Yes, None),
            (&[Failed, Sent], Asked::Yes, None),
            (&[Delivered, Failed, Canceled], Asked::Yes, None),
            (&[Undelivered, Unknown], Asked::InDoubt, None),
            (&[Sending], Asked::InDoubt, None),
            (&[Failed, Unknown, Expired], Asked::InDoubt, None),
            (&[Undelivered, Failed], Asked::NotDelivered, None),
            (&[Failed, Queued], Asked::Pending, None),
            (&[Failed, Failed, Failed], Asked::NotSent, limit),
            (&[Failed, Canceled], Asked::NotSent, limit),
            (&[Expired], Asked::NotSent, late),
            (&[Canceled, Expired], Asked::NotSent, late),
        ] {
            let own = texts(states);
            let asking = Asking::of(RoundState::Closed, Attempt { begun: true, texts: &own }, []);
            assert_eq!(asking, Asking { asked, why }, "{states:?}");
            // The same texts to somebody on the same phone, whose turn comes first.
            let waiting = Attempt { begun: false, texts: &[] };
            let second = Asking::of(RoundState::Closed, waiting, [Attempt { begun: true, texts: &own }]).asked;
            let expected = if asked == Asked::NotSent { Asked::NotSent } else { Asked::WaitingTurn };
            assert_eq!(second, expected, "{states:?}");
        }
    }

    #[test]
    fn nobody_is_asked_without_a_beginning() {
        let nothing = Attempt { begun: false, texts: &[] };
        for (round, asked) in [(RoundState::Closed, Asked::No), (RoundState::Missed, Asked::RoundMissed)] {
            assert_eq!(Asking::of(round, nothing, [nothing]), Asking { asked, why: None });
        }
    }
}
