//! A contact: a phone number and what is known about it at one center.

use chrono::{DateTime, Utc};

use crate::id::{CenterId, ContactId};
use crate::keyed::keyed;
use crate::language::Language;
use crate::phone::PhoneNumber;

/// A phone number and what is known about it. It answers for one or more patients. Unique by (center, phone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its identifier.
    pub id: ContactId,
    /// Whose contact it is.
    pub center_id: CenterId,
    /// The number.
    pub phone: PhoneNumber,
    /// What it is written to in.
    pub language: Language,
    /// Since when it wants no texts (P12).
    pub opted_out_at: Option<DateTime<Utc>>,
    /// Since when it is known to be somebody else's: nothing at all goes there (P12).
    pub wrong_number_at: Option<DateTime<Utc>>,
    /// Since when the number is known to be the patient's. No health question goes out before it.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Why the provider says that nothing can be delivered, if it does.
    pub undeliverable: Option<Undeliverable>,
    /// Whether one text in the morning is to ask for everything, since each text costs them.
    pub one_text: bool,
}

keyed! {
    /// Why a number cannot be reached by text.
    Undeliverable {
        /// No such number.
        NoSuchNumber = "no-such-number",
        /// A landline, or otherwise not a mobile number.
        NotMobile = "not-mobile",
        /// The provider or the carrier blocks texts to it.
        Blocked = "blocked",
    }
}

keyed! {
    /// Why no health question goes to a number.
    Hindrance {
        /// The number is somebody else's.
        WrongNumber = "wrong-number",
        /// The contact wants no texts.
        OptedOut = "opted-out",
        /// The provider says that nothing can be delivered.
        Undeliverable = "undeliverable",
        /// It is not known yet that the number is the patient's.
        NotConfirmed = "not-confirmed",
    }
}

impl Contact {
    /// Whether texts may go to this number at all. Safety texts and the one confirmation of an opt-out are
    /// replies and not asked here.
    #[must_use]
    pub const fn may_be_texted(&self) -> bool {
        self.opted_out_at.is_none() && self.wrong_number_at.is_none() && self.undeliverable.is_none()
    }

    /// Why no health question may go to this number, the weightiest first; nothing if it may.
    pub fn hindrances(&self) -> impl Iterator<Item = Hindrance> {
        [
            self.wrong_number_at.map(|_| Hindrance::WrongNumber),
            self.opted_out_at.map(|_| Hindrance::OptedOut),
            self.undeliverable.map(|_| Hindrance::Undeliverable),
            self.confirmed_at.is_none().then_some(Hindrance::NotConfirmed),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether a health question may go to this number: texts may, and it is known to be the patient's.
    #[must_use]
    pub fn may_be_asked(&self) -> bool {
        self.hindrances().next().is_none()
    }

    /// The contact wants no more texts. Asking twice does not move the time.
    #[must_use]
    pub fn opt_out(self, now: DateTime<Utc>) -> Self {
        Self { opted_out_at: self.opted_out_at.or(Some(now)), ..self }
    }

    /// The contact wants texts again. A wrong number stays one: whoever writes from it is not the patient.
    #[must_use]
    pub fn opt_in(self) -> Self {
        Self { opted_out_at: None, ..self }
    }

    /// The number is somebody else's: nothing more goes there, and it is the patient's no longer.
    #[must_use]
    pub fn mark_wrong_number(self, now: DateTime<Utc>) -> Self {
        Self { wrong_number_at: self.wrong_number_at.or(Some(now)), confirmed_at: None, ..self }
    }

    /// The number is known to be the patient's. A wrong number stays one until staff enter it anew: the word of
    /// an import or of a text does not outweigh the word of the person who answered there.
    #[must_use]
    pub fn confirm(self, now: DateTime<Utc>) -> Self {
        if self.wrong_number_at.is_some() {
            return self;
        }
        Self { confirmed_at: self.confirmed_at.or(Some(now)), ..self }
    }

    /// Whoever answers there could not say who they are: nobody knows any more that the number is the patient's.
    #[must_use]
    pub fn doubt(self) -> Self {
        Self { confirmed_at: None, ..self }
    }

    /// The provider says that nothing can be delivered.
    #[must_use]
    pub fn mark_undeliverable(self, why: Undeliverable) -> Self {
        Self { undeliverable: Some(why), ..self }
    }

    /// Something was delivered, or a text came from the number: it can be reached after all.
    #[must_use]
    pub fn mark_reachable(self) -> Self {
        Self { undeliverable: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_785_600_000 + second, 0).expect("valid")
    }

    fn contact() -> Contact {
        Contact {
            id: ContactId::new(at(0), &[1; 10]),
            center_id: CenterId::new(at(0), &[2; 10]),
            phone: PhoneNumber::from_e164("+819012345601").expect("valid"),
            language: Language::Ja,
            opted_out_at: None,
            wrong_number_at: None,
            confirmed_at: None,
            undeliverable: None,
            one_text: false,
        }
    }

    fn hindrances(contact: &Contact) -> Vec<Hindrance> {
        contact.hindrances().collect()
    }

    #[test]
    fn nothing_is_asked_before_the_number_is_confirmed() {
        let new = contact();
        assert!(new.may_be_texted() && !new.may_be_asked());
        assert_eq!(hindrances(&new), [Hindrance::NotConfirmed]);
        let confirmed = new.confirm(at(1));
        assert!(confirmed.may_be_asked());
        let again = confirmed.confirm(at(2));
        assert_eq!(again.confirmed_at, Some(at(1)));
        assert_eq!(hindrances(&again.doubt()), [Hindrance::NotConfirmed]);
    }

    #[test]
    fn opting_out_stops_texts_until_the_contact_opts_in() {
        let out = contact().confirm(at(0)).opt_out(at(1)).opt_out(at(2));
        assert_eq!(out.opted_out_at, Some(at(1)), "asking twice does not move the time");
        assert!(!out.may_be_texted());
        assert_eq!(hindrances(&out), [Hindrance::OptedOut]);
        assert!(out.opt_in().may_be_asked());
    }

    #[test]
    fn a_wrong_number_stays_one_whatever_is_texted_from_it() {
        let wrong = contact().confirm(at(0)).mark_wrong_number(at(1)).mark_wrong_number(at(2));
        assert_eq!((wrong.wrong_number_at, wrong.confirmed_at), (Some(at(1)), None));
        let after = wrong.opt_out(at(3)).opt_in().confirm(at(4)).mark_reachable();
        assert!(!after.may_be_texted());
        assert_eq!(hindrances(&after), [Hindrance::WrongNumber, Hindrance::NotConfirmed]);
    }

    #[test]
    fn what_cannot_be_delivered_is_not_sent_until_something_arrives() {
        let silent = contact().confirm(at(0)).mark_undeliverable(Undeliverable::NotMobile);
        assert_eq!(hindrances(&silent), [Hindrance::Undeliverable]);
        assert!(silent.mark_reachable().may_be_asked());
    }

    #[test]
    fn keys_are_stable() {
        let keys: Vec<_> = Hindrance::ALL.iter().map(|hindrance| hindrance.key()).collect();
        assert_eq!(keys, ["wrong-number", "opted-out", "undeliverable", "not-confirmed"]);
        assert_eq!(serde_json::to_string(&Undeliverable::NoSuchNumber).expect("serialises"), "\"no-such-number\"");
    }
}
