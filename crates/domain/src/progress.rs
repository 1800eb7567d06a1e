//! How far a patient is in a round, in the words that staff read. Derived from what is stored, never stored.

use chrono::{DateTime, Utc};

use crate::asked::Asked;
use crate::check_in::Completeness;
use crate::keyed::keyed;
use crate::round::RoundState;

keyed! {
    /// How far a patient is in a round.
    Progress {
        /// Not asked yet; the deadline is to come.
        Waiting = "waiting",
        /// Asked, and not one answer.
        Silent = "silent",
        /// Has begun to answer; the deadline is to come.
        Answering = "answering",
        /// Had begun to answer when the deadline came.
        Partial = "partial",
        /// Through with all questions, answered or skipped; at the deadline, with all that are required.
        Finished = "finished",
        /// Was not asked, and will not be in this round.
        NeverAsked = "never-asked",
    }
}

/// What [`Progress`] is derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressFacts {
    /// How far the round is.
    pub round: RoundState,
    /// Whether they were asked.
    pub asked: Asked,
    /// How much of the report is there; `None` without a report.
    pub completeness: Option<Completeness>,
    /// Whether they have told something worrying, be it before the first answer: a warning sign.
    pub worrying: bool,
    /// When the last open question was answered or skipped.
    pub finished: Option<DateTime<Utc>>,
}

impl Progress {
    /// How far a patient is. Who was asked and has not answered is silent, never "waiting" (P9).
    #[must_use]
    pub fn of(facts: ProgressFacts) -> Self {
        let over = is_over(facts.round);
        let complete = facts.completeness == Some(Completeness::Complete);
        let answered = complete || facts.completeness == Some(Completeness::Partial) || facts.worrying;
        if facts.finished.is_some() || (over && complete) {
            return Self::Finished;
        }
        match (answered, over) {
            (true, true) => Self::Partial,
            (true, false) => Self::Answering,
            (false, true) if facts.asked.counts_as_asked() => Self::Silent,
            (false, true) => Self::NeverAsked,
            (false, false) if facts.asked.is_under_way() => Self::Silent,
            (false, false) => Self::Waiting,
        }
    }
}

/// Whether nothing is asked in the round any more.
pub(crate) const fn is_over(round: RoundState) -> bool {
    matches!(round, RoundState::Closed | RoundState::Missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_follows_from_what_is_stored() {
        use Asked::{InDoubt, No, NotDelivered, NotSent, Pending, RoundMissed, WaitingTurn, Yes};
        let at = DateTime::from_timestamp(1_700_000_000, 0);
        let check = |round, asked, completeness, finished, expected| {
            let facts = ProgressFacts { round, asked, completeness, worrying: false, finished };
            assert_eq!(Progress::of(facts), expected, "{facts:?}");
        };
        for (asked, open, closed) in [
            (Yes, Progress::Silent, Progress::Silent),
            (InDoubt, Progress::Silent, Progress::Silent),
            (NotDelivered, Progress::Silent, Progress::Silent),
            (Pending, Progress::Waiting, Progress::Silent),
            (WaitingTurn, Progress::Waiting, Progress::Silent),
            (NotSent, Progress::Waiting, Progress::NeverAsked),
            (No, Progress::Waiting, Progress::NeverAsked),
            (RoundMissed, Progress::Waiting, Progress::NeverAsked),
        ] {
            check(RoundState::Open, asked, None, None, open);
            check(RoundState::Closed, asked, None, None, closed);
            check(RoundState::Missed, asked, Some(Completeness::None), None, closed);
            // A report is one, whether or not anybody asked.
            check(RoundState::Planned, asked, Some(Completeness::Partial), None, Progress::Answering);
            check(RoundState::Closed, asked, Some(Completeness::Partial), None, Progress::Partial);
            check(RoundState::Closed, asked, Some(Completeness::Complete), at, Progress::Finished);
        }
        check(RoundState::Planned, No, None, None, Progress::Waiting);
        check(RoundState::Open, Yes, Some(Completeness::Complete), None, Progress::Answering);
        // Everything required is there, and the deadline came before the last question.
        check(RoundState::Closed, Yes, Some(Completeness::Complete), None, Progress::Finished);
        // Every question was given up: through, with nothing to show for it.
        check(RoundState::Open, Yes, Some(Completeness::None), at, Progress::Finished);
    }

    #[test]
    fn whoever_tells_of_a_warning_sign_is_not_silent() {
        for (round, expected) in [(RoundState::Open, Progress::Answering), (RoundState::Closed, Progress::Partial)] {
            let completeness = Some(Completeness::None);
            let facts = ProgressFacts { round, asked: Asked::Yes, completeness, worrying: true, finished: None };
            assert_eq!(Progress::of(facts), expected);
        }
    }
}
