//! How far a patient is in a round, in the words that staff read. Derived from what is stored, never stored.

use chrono::{DateTime, Utc};

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
        /// Through with all questions, answered or skipped.
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
    /// When a question first went out or, if nothing else is known, that one did.
    pub asked: Option<DateTime<Utc>>,
    /// How much of the report is there; `None` without a report.
    pub completeness: Option<Completeness>,
    /// When the last open question was answered or skipped.
    pub finished: Option<DateTime<Utc>>,
}

impl Progress {
    /// How far a patient is. Who was asked and has not answered is silent, never "waiting" (P9).
    #[must_use]
    pub fn of(facts: ProgressFacts) -> Self {
        let over = matches!(facts.round, RoundState::Closed | RoundState::Missed);
        let answered = matches!(facts.completeness, Some(Completeness::Partial | Completeness::Complete));
        match (facts.finished, answered, facts.asked) {
            (Some(_), ..) => Self::Finished,
            (None, true, _) if over => Self::Partial,
            (None, true, _) => Self::Answering,
            (None, false, Some(_)) => Self::Silent,
            (None, false, None) if over => Self::NeverAsked,
            (None, false, None) => Self::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_follows_from_what_is_stored() {
        let at = DateTime::from_timestamp(1_700_000_000, 0);
        let check = |round, asked, completeness, finished, expected| {
            let facts = ProgressFacts { round, asked, completeness, finished };
            assert_eq!(Progress::of(facts), expected, "{facts:?}");
        };
        check(RoundState::Open, None, None, None, Progress::Waiting);
        check(RoundState::Planned, None, None, None, Progress::Waiting);
        check(RoundState::Closed, None, None, None, Progress::NeverAsked);
        check(RoundState::Missed, None, None, None, Progress::NeverAsked);
        check(RoundState::Open, at, None, None, Progress::Silent);
        check(RoundState::Closed, at, Some(Completeness::None), None, Progress::Silent);
        check(RoundState::Open, at, Some(Completeness::Partial), None, Progress::Answering);
        check(RoundState::Open, at, Some(Completeness::Complete), None, Progress::Answering);
        check(RoundState::Closed, at, Some(Completeness::Partial), None, Progress::Partial);
        check(RoundState::Closed, at, Some(Completeness::Complete), at, Progress::Finished);
        // Every question was given up: through, with nothing to show for it.
        check(RoundState::Open, at, Some(Completeness::None), at, Progress::Finished);
        // A report that nobody asked for.
        check(RoundState::Planned, None, Some(Completeness::Partial), None, Progress::Answering);
    }
}
