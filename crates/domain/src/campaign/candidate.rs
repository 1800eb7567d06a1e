//! One patient as the rules of campaigns see them: plain values, put together by whoever loads them. What follows
//! from them is [`super::audience`]'s and [`super::decide`]'s business.

use chrono::{DateTime, NaiveDate, Utc};

use crate::contact::{Contact, Hindrance, Undeliverable};
use crate::id::{ContactId, PatientId};
use crate::language::Language;
use crate::patient::{Patient, PlaceOfStay, RiskTier};
use crate::progress::Progress;
use crate::round::RoundState;
use crate::severity::Severity;
use crate::standing::Standing;

/// Everything about one patient, the phone that answers for them and their conversation that the rules of campaigns
/// need. Small enough to be copied; nothing in it can name a person but the HER-SYS ID, which `Debug` leaves out.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Who.
    pub patient_id: PatientId,
    /// The phone that answers for them.
    pub contact_id: ContactId,
    /// The number of the national register. Compared with lists of IDs, and never shown.
    pub her_sys_id: &'a str,
    /// How closely they are watched.
    pub risk_tier: RiskTier,
    /// Where they stay.
    pub place: PlaceOfStay,
    /// What their phone is written to in.
    pub language: Language,
    /// Whether they are under observation on this day ([`Patient::is_observed_on`]).
    pub observed: bool,
    /// Which day of their observation it is: 1 on the first. `None` before it.
    pub day: Option<u16>,
    /// The login of whoever owns the call to them; `None`: nobody.
    pub owner: Option<&'a str>,
    /// What staff have tagged them with.
    pub tags: &'a [String],
    /// How they stand in the round that is going on; `None` when they have no part in one, or there is none.
    pub in_round: Option<InRound>,
    /// For how many observation days in a row, this one included, they were asked and nothing came. 0 when something
    /// came on this day. `None`: not known, such as when nobody asked them, or it was not counted.
    pub silent_days: Option<u16>,
    /// The weightiest thing that hinders texts to their phone.
    pub hindrance: Option<Hindrance>,
    /// Why nothing can be delivered, where that is what hinders.
    pub undeliverable: Option<Undeliverable>,
    /// How their own conversation stands.
    pub conversation: Conversation,
    /// On a shared phone: whether another patient's question is open there.
    pub other_is_asked: bool,
    /// On a shared phone: whether this run's text has been made for another patient on it.
    pub phone_has_it: bool,
    /// Whether this run's text has been made for them, whatever became of it (P4).
    pub had_it: bool,
    /// When the latest text to their phone was made, of whatever kind, unless it provably never left.
    pub last_text_at: Option<DateTime<Utc>>,
}

/// How a patient stands in the round that is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InRound {
    /// How far they are.
    pub progress: Progress,
    /// Whether an answer came after the deadline.
    pub late: bool,
    /// How urgent it is.
    pub severity: Severity,
}

impl InRound {
    /// As the numbers, the table of everybody and the chase list have it.
    #[must_use]
    pub fn of(standing: &Standing<'_>, round: RoundState) -> Self {
        Self {
            progress: standing.progress(round),
            late: standing.check_in.is_some_and(|check_in| check_in.late),
            severity: standing.severity(round),
        }
    }
}

/// How a patient's own conversation stands, as far as it matters to a text from outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversation {
    /// No question is open: not begun, finished or closed.
    NotOpen,
    /// A question is open, and nothing has been answered yet.
    Unanswered,
    /// A question is open, and something has been answered. Such a conversation is never interrupted.
    HalfFinished,
}

impl<'a> Candidate<'a> {
    /// What the records of a patient and their phone say on `day` of the center's calendar. The rest is as of somebody
    /// with whom nothing is going on: no round, no conversation, no text, nobody's call.
    #[must_use]
    pub fn new(patient: &'a Patient, contact: &Contact, day: NaiveDate) -> Self {
        Self {
            patient_id: patient.id,
            contact_id: contact.id,
            her_sys_id: &patient.her_sys_id,
            risk_tier: patient.risk_tier,
            place: patient.place,
            language: contact.language,
            observed: patient.is_observed_on(day),
            day: observation_day(patient.observe_from, day),
            owner: None,
            tags: &[],
            in_round: None,
            silent_days: None,
            hindrance: contact.hindrances().next(),
            undeliverable: contact.undeliverable,
            conversation: Conversation::NotOpen,
            other_is_asked: false,
            phone_has_it: false,
            had_it: false,
            last_text_at: None,
        }
    }

    /// Whether they are known to be through with today's questions.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.in_round.is_some_and(|round| round.progress == Progress::Finished)
    }
}

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("patient_id", &self.patient_id).finish_non_exhaustive()
    }
}

/// Which day of an observation from `from` on `day` is: 1 on the first; `None` before it. Days beyond 65535 count as
/// that.
#[must_use]
pub fn observation_day(from: NaiveDate, day: NaiveDate) -> Option<u16> {
    let before = day.signed_duration_since(from).num_days();
    u64::try_from(before).ok().map(|days| u16::try_from(days + 1).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{World, at};
    use super::*;

    #[test]
    fn the_first_day_is_day_one() {
        let day = |text: &str| text.parse::<NaiveDate>().expect(text);
        for (today, expected) in
            [("2026-08-01", None), ("2026-08-02", Some(1)), ("2026-08-11", Some(10)), ("9999-12-31", Some(u16::MAX))]
        {
            assert_eq!(observation_day(day("2026-08-02"), day(today)), expected, "{today}");
        }
    }

    #[test]
    fn the_records_say_who_is_observed_and_what_hinders() {
        let world = World::default();
        let candidate = world.candidate();
        assert_eq!((candidate.day, candidate.observed, candidate.hindrance), (Some(3), true, None));
        let out = World { contact: world.contact.clone().opt_out(at(0)).mark_wrong_number(at(1)), ..world.clone() };
        assert_eq!(out.candidate().hindrance, Some(Hindrance::WrongNumber), "the weightiest");
        let landline =
            World { contact: world.contact.clone().mark_undeliverable(Undeliverable::NotMobile), ..world.clone() };
        assert_eq!(landline.candidate().undeliverable, Some(Undeliverable::NotMobile));
    }

    #[test]
    fn debug_shows_no_register_number() {
        let world = World::default();
        let shown = format!("{:?}", world.candidate());
        assert!(!shown.contains(&world.patient.her_sys_id) && shown.contains("pat_"), "{shown}");
    }
}
