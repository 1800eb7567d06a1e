//! A patient: a person under observation at one center.

use crate::id::{CenterId, ContactId, PatientId};
use crate::keyed::keyed;
use crate::release::Began;
use chrono::NaiveDate;

/// A person under observation. `Debug` shows the identifier only.
#[derive(Clone, PartialEq, Eq)]
pub struct Patient {
    /// The identifier; the HER-SYS ID is data, not a key.
    pub id: PatientId,
    /// The center that watches over them.
    pub center_id: CenterId,
    /// The phone that answers for them.
    pub contact_id: ContactId,
    /// The number of the national register, 6 to 8 digits. Unique within a center.
    pub her_sys_id: String,
    /// The name, for staff only; never in a text (P13).
    pub name: String,
    /// The name in kana, for staff to search and sort by.
    pub kana: String,
    /// The day of birth, if known.
    pub birth_date: Option<NaiveDate>,
    /// How closely they are watched.
    pub risk_tier: RiskTier,
    /// Where they stay.
    pub place: PlaceOfStay,
    /// Whether nobody is with them who could see what they cannot (DOMAIN.md 1.2). `None`: not known.
    pub lives_alone: Option<bool>,
    /// `A`, `B`, … in the order of enrolment: tells patients on one phone apart without naming them.
    pub letter: char,
    /// The first day of observation, in the center's calendar.
    pub observe_from: NaiveDate,
    /// The last day of observation.
    pub observe_until: NaiveDate,
    /// The day on which the symptoms began, if known.
    pub onset: Option<NaiveDate>,
    /// The day on which the specimen was taken, if known.
    pub specimen: Option<NaiveDate>,
    /// Whether they are known to have no symptoms. That no onset is known does not say so (P9).
    pub without_symptoms: bool,
    /// Whether they are being watched over.
    pub status: PatientStatus,
}

impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patient").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Patient {
    /// Whether they are asked on this day of the center's calendar.
    #[must_use]
    pub fn is_observed_on(&self, day: NaiveDate) -> bool {
        self.status == PatientStatus::UnderObservation && self.observe_from <= day && day <= self.observe_until
    }

    /// From which day the days of the illness are counted, if that is known.
    #[must_use]
    pub fn began(&self) -> Option<Began> {
        let specimen = || self.specimen.filter(|_| self.without_symptoms).map(Began::Specimen);
        self.onset.map(Began::Onset).or_else(specimen)
    }

    /// How they are told apart in texts on a shared phone: `A(80)`, or `A` when the age is not known.
    #[must_use]
    pub fn label(&self, today: NaiveDate) -> String {
        match self.birth_date.and_then(|birth| today.years_since(birth)) {
            Some(age) => format!("{}({age})", self.letter),
            None => self.letter.to_string(),
        }
    }
}

/// The letter of the next patient on a phone whose patients have the letters `existing`: the one after the
/// last, so that a letter does not pass from one person to another while there are new ones; after `Z` the first
/// free one. `None` when all 26 are taken.
#[must_use]
pub fn next_letter(existing: &[char]) -> Option<char> {
    let last = existing.iter().copied().filter(char::is_ascii_uppercase).max();
    let after_last = last.map_or('A', |last| char::from(last as u8 + 1));
    if after_last.is_ascii_uppercase() {
        return Some(after_last);
    }
    ('A'..='Z').find(|letter| !existing.contains(letter))
}

keyed! {
    /// How closely a patient is watched. Ordered: the highest risk first.
    RiskTier {
        /// Asked first, chased first.
        High = "high",
        /// As most are.
        Standard = "standard",
        /// Asked last.
        Low = "low",
    }
}

keyed! {
    /// Where a patient stays.
    PlaceOfStay {
        /// At home.
        Home = "home",
        /// In a hotel for recuperation.
        Hotel = "hotel",
        /// In a care facility.
        Facility = "facility",
        /// In a hospital.
        Hospital = "hospital",
    }
}

keyed! {
    /// Whether a patient is being watched over.
    PatientStatus {
        /// Asked every day within the observation period.
        UnderObservation = "under-observation",
        /// Staff have paused the questions.
        Paused = "paused",
        /// In hospital: watched over there.
        Hospitalized = "hospitalized",
        /// Released from observation.
        Released = "released",
        /// Died.
        Died = "died",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_follow_the_order_of_enrolment() {
        for (existing, expected) in [
            ("", Some('A')),
            ("A", Some('B')),
            ("BA", Some('C')),
            ("AC", Some('D')),
            ("C", Some('D')),
            ("AZ", Some('B')),
            ("ABCDEFGHIJKLMNOPQRSTUVWXZ", Some('Y')),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", None),
        ] {
            assert_eq!(next_letter(&existing.chars().collect::<Vec<_>>()), expected, "{existing}");
        }
    }
}
