//! The welcome of a new number: whom it asks, how often, and what staff have to see when it ends without an answer.
//! What is asked is the dialog's business, when is [`crate::round::kind`]'s.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::alert::AlertRule;
use crate::contact::Contact;
use crate::dialog::engine::{Phase, State};
use crate::patient::Patient;
use crate::round::RoundKind;
use crate::severity::Severity;

/// On so many days a number is asked, if nobody answers. Then staff phone.
pub const MOST_DAYS: i64 = 3;

/// Whoever was asked less than this ago is not reminded: they may be about to answer.
pub const REMINDED_AFTER: TimeDelta = TimeDelta::hours(1);

/// Within this time after the number was confirmed its welcome may still be going on.
pub const MAY_GO_ON: TimeDelta = TimeDelta::hours(26);

/// Whether a welcome may be sent to a contact at all: texts may go there, and it is not known yet whose it is.
#[must_use]
pub fn may_be_welcomed(contact: &Contact) -> bool {
    contact.may_be_texted() && contact.confirmed_at.is_none()
}

/// Whether the contact may be in a welcome now: it is not confirmed, or only just.
#[must_use]
pub fn may_be_going_on(contact: &Contact, now: DateTime<Utc>) -> bool {
    contact.confirmed_at.is_none_or(|confirmed| now < confirmed + MAY_GO_ON)
}

/// The identifiers of which any is right, those of all patients of a phone who are welcomed on a day.
#[must_use]
pub fn identities(patients: &[Patient], day: NaiveDate) -> Vec<&str> {
    patients
        .iter()
        .filter(|patient| RoundKind::Welcome.includes(patient, day))
        .map(|patient| patient.her_sys_id.as_str())
        .collect()
}

/// What staff have to see when a day's welcome ends with a question open: nothing, while another day follows.
/// `days` is on how many days the number has been asked, this one included.
#[must_use]
pub fn left_open(contact: &Contact, state: &State, days: i64) -> Option<(AlertRule, Severity, &'static str)> {
    if !matches!(state.phase, Phase::Closed { pending: Some(_) }) || !contact.may_be_texted() {
        // Whoever ended it otherwise is with staff already, and so is whoever cannot be texted.
        return None;
    }
    if contact.confirmed_at.is_some() {
        return Some((AlertRule::NotConfirmed, Severity::Unknown, "identity-not-known"));
    }
    (days >= MOST_DAYS).then_some((AlertRule::NotConfirmed, Severity::Orange, "welcome-unanswered"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialog::definition::DialogHash;
    use crate::id::{CenterId, ContactId};
    use crate::language::Language;
    use crate::phone::PhoneNumber;
    use crate::reply::WarningSigns;

    fn contact() -> Contact {
        Contact {
            id: ContactId::new(DateTime::UNIX_EPOCH, &[0; 10]),
            center_id: CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]),
            phone: PhoneNumber::from_e164("+819012345601").expect("valid"),
            language: Language::Ja,
            opted_out_at: None,
            wrong_number_at: None,
            confirmed_at: None,
            undeliverable: None,
            one_text: false,
        }
    }

    fn state(phase: Phase) -> State {
        State {
            dialog: DialogHash([0; 32]),
            sequence: 1,
            phase,
            slots: Vec::new(),
            signs: WarningSigns::NONE,
            held: false,
            finished: false,
            reporting: false,
            tries: 0,
        }
    }

    #[test]
    fn staff_take_over_after_the_third_day_and_only_if_nobody_has_yet() {
        let (open, ended) = (Phase::Closed { pending: Some(0) }, Phase::Closed { pending: None });
        let key = |contact: &Contact, phase: &Phase, days| {
            left_open(contact, &state(phase.clone()), days).map(|(_, severity, detail)| (severity, detail))
        };
        let new = contact();
        assert_eq!([1, 2].map(|days| key(&new, &open, days)), [None, None]);
        assert_eq!(key(&new, &open, 3), Some((Severity::Orange, "welcome-unanswered")));
        assert_eq!(key(&new, &ended, 3), None, "three wrong identifiers are with staff already");
        assert_eq!(key(&new.clone().opt_out(DateTime::UNIX_EPOCH), &open, 3), None);
        let confirmed = new.confirm(DateTime::UNIX_EPOCH);
        assert_eq!(key(&confirmed, &open, 1), Some((Severity::Unknown, "identity-not-known")));
        assert_eq!(key(&confirmed, &ended, 1), None);
    }

    #[test]
    fn only_numbers_that_nobody_knows_are_welcomed() {
        let (new, now) = (contact(), DateTime::UNIX_EPOCH);
        assert!(may_be_welcomed(&new) && may_be_going_on(&new, now));
        assert!(!may_be_welcomed(&new.clone().opt_out(now)) && !may_be_welcomed(&new.clone().mark_wrong_number(now)));
        let confirmed = new.confirm(now);
        assert!(!may_be_welcomed(&confirmed));
        assert!(may_be_going_on(&confirmed, now + TimeDelta::hours(13)));
        assert!(!may_be_going_on(&confirmed, now + TimeDelta::hours(26)));
    }
}
