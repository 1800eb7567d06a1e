//! How a patient stands in a round: how far they are and how urgent it is. The one rule from which the numbers, the
//! table of everybody and the chase list are made, so that they cannot say different things.

use crate::asked::Asking;
use crate::check_in::CheckIn;
use crate::contact::Contact;
use crate::patient::Patient;
use crate::progress::{Progress, ProgressFacts};
use crate::round::RoundState;
use crate::severity::Severity;

/// One patient who is observed in a round, with everything that decides about them.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Who.
    pub patient: &'a Patient,
    /// The phone that answers for them.
    pub contact: &'a Contact,
    /// Whether they were asked.
    pub asking: Asking,
    /// Their report, if there is one.
    pub check_in: Option<&'a CheckIn>,
    /// How urgent the open alerts of this round about their health are, if there are any
    /// ([`crate::alert::AlertRule::is_about_health`]).
    pub alert: Option<Severity>,
    /// What exactly these alerts are about, as stable keys separated by spaces.
    pub alert_detail: &'a str,
}

impl Standing<'_> {
    /// How far they are.
    #[must_use]
    pub fn progress(&self, round: RoundState) -> Progress {
        Progress::of(ProgressFacts {
            round,
            asked: self.asking.asked,
            completeness: self.check_in.map(|check_in| check_in.completeness),
            worrying: self.check_in.is_some_and(|check_in| check_in.severity > Severity::Unknown),
            finished: self.check_in.and_then(|check_in| check_in.finished_at),
        })
    }

    /// How urgent it is: by the report or by an open alert about their health, whichever is more urgent. Green is
    /// earned by a report that is finished and has everything required, and by nothing else (P9).
    #[must_use]
    pub fn severity(&self, round: RoundState) -> Severity {
        let reported = match self.check_in {
            Some(check_in) if check_in.is_reassuring() && self.progress(round) == Progress::Finished => Severity::Green,
            Some(check_in) => check_in.severity.max(Severity::Unknown),
            None => Severity::Unknown,
        };
        self.alert.map_or(reported, |alert| alert.max(reported))
    }

    /// Why it is so urgent, or what is missing, as stable keys, each once: what was reported, then what else the
    /// alerts are about.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        let reported = self.check_in.map_or("", |check_in| check_in.reasons.as_str());
        let known = |key: &str| reported.split_whitespace().any(|one| one == key);
        let mut told: Vec<&str> = self.alert_detail.split_whitespace().filter(|key| !known(key)).collect();
        told.dedup();
        // What was missing when an alert was raised may have come since; the report knows what still is.
        told.retain(|key| !key.starts_with("missing:"));
        reported.split_whitespace().chain(told)
    }
}
