//! Which dialog for whom: by the patient, their contact, the center, the kind of the round and the day. And which
//! dialog can serve which purpose. How a dialog goes is the engine's business.

use chrono::NaiveDate;

use crate::center::Center;
use crate::contact::Contact;
use crate::dialog::definition::{Dialog, Opening, Proof};
use crate::keyed::keyed;
use crate::patient::Patient;
use crate::round::RoundKind;

keyed! {
    /// What a center uses a dialog for.
    Purpose {
        /// The mornings.
        Morning = "morning",
        /// The mornings of contacts that want one text.
        Short = "short",
        /// The last day of an observation.
        Release = "release",
        /// The second check of the day.
        Second = "second",
        /// The first texts to a new number.
        Welcome = "welcome",
    }
}

/// For what purpose somebody is asked in a round. On the last day it is the release, for whoever wants one text too:
/// what decides whether the observation ends cannot be asked in one text. What the center has no dialog for is an
/// ordinary morning.
#[must_use]
pub fn purpose(patient: &Patient, contact: &Contact, center: &Center, kind: RoundKind, day: NaiveDate) -> Purpose {
    match kind {
        RoundKind::Welcome => Purpose::Welcome,
        RoundKind::Second => Purpose::Second,
        RoundKind::Morning if patient.observe_until == day && center.further.release.is_some() => Purpose::Release,
        RoundKind::Morning if contact.one_text && center.further.short.is_some() => Purpose::Short,
        RoundKind::Morning => Purpose::Morning,
    }
}

/// Why a dialog cannot serve a purpose, as the end of a sentence that begins with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// A welcome has to find out whose number it is.
    #[error("asks nobody whether the number is right (`proves = \"number\"`), so it cannot be a welcome")]
    ProvesNothing,
    /// Before a number is confirmed nothing about health may be asked.
    #[error("asks more than who answers, so it cannot be a welcome: only questions with `proves` may stand there")]
    AsksMore,
    /// Only a number that is not confirmed is asked who answers.
    #[error("asks who answers (`proves`): it can be a welcome and nothing else")]
    Proves,
    /// What decides about the end is asked on the last day only.
    #[error("decides about the end of the observation (`release`): it can be for the last day and for nothing else")]
    Decides,
    /// Nothing would say whether the observation may end.
    #[error("has no answer that speaks for the end of the observation (`release`), so it cannot be for the last day")]
    DecidesNothing,
    /// Whoever pays for each text would be asked question by question.
    #[error("does not ask for everything in one text (`opening = \"report\"`), so it cannot be the short one")]
    AsksOneByOne,
}

/// Whether a dialog can serve a purpose.
///
/// # Errors
/// Why not.
pub fn serves(dialog: &Dialog, purpose: Purpose) -> Result<(), Unsuitable> {
    let proofs = || dialog.questions.iter().filter_map(|question| question.proof);
    if purpose == Purpose::Welcome {
        if !proofs().any(|proof| proof == Proof::Number) {
            return Err(Unsuitable::ProvesNothing);
        }
        return if proofs().count() == dialog.questions.len() { Ok(()) } else { Err(Unsuitable::AsksMore) };
    }
    if proofs().count() > 0 {
        return Err(Unsuitable::Proves);
    }
    match purpose {
        Purpose::Release if !dialog.is_release() => Err(Unsuitable::DecidesNothing),
        Purpose::Release | Purpose::Welcome => Ok(()),
        _ if dialog.is_release() => Err(Unsuitable::Decides),
        Purpose::Short if dialog.opening != Opening::Report => Err(Unsuitable::AsksOneByOne),
        Purpose::Morning | Purpose::Short | Purpose::Second => Ok(()),
    }
}

impl Center {
    /// The name of the dialog without which the center has no rounds of this kind.
    #[must_use]
    pub fn dialog_for_round(&self, kind: RoundKind) -> Option<&str> {
        self.dialog_for(match kind {
            RoundKind::Morning => Purpose::Morning,
            RoundKind::Second => Purpose::Second,
            RoundKind::Welcome => Purpose::Welcome,
        })
    }

    /// The name of the dialog that the center uses for a purpose; `None` if it has none.
    #[must_use]
    pub fn dialog_for(&self, purpose: Purpose) -> Option<&str> {
        match purpose {
            Purpose::Morning => Some(&self.dialog),
            Purpose::Short => self.further.short.as_deref(),
            Purpose::Release => self.further.release.as_deref(),
            Purpose::Second => self.second.as_ref().map(|second| second.dialog.as_str()),
            Purpose::Welcome => self.further.welcome.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use chrono::DateTime;

    use super::*;
    use crate::center::{FurtherDialogs, Hours, SecondCheck};
    use crate::dialog::definition::SourceFile;
    use crate::dialog::load;
    use crate::id::{CenterId, ContactId, PatientId};
    use crate::language::Language;
    use crate::patient::{PatientStatus, PlaceOfStay, RiskTier};
    use crate::phone::PhoneNumber;
    use crate::severity::Thresholds;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, of_month).expect("a date")
    }

    fn everything() -> (Patient, Contact, Center) {
        let center_id = CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]);
        let contact_id = ContactId::new(DateTime::UNIX_EPOCH, &[0; 10]);
        let phone = PhoneNumber::from_e164("+819012345601").expect("valid");
        let further = FurtherDialogs {
            welcome: Some("welcome".into()),
            short: Some("short".into()),
            release: Some("release".into()),
        };
        let second = SecondCheck {
            open: Hours::default().deadline,
            reminders: vec![],
            deadline: Hours::default().quiet_from,
            dialog: "twice-daily".into(),
        };
        let center = Center {
            id: center_id,
            name: "Test".into(),
            time_zone: chrono_tz::Asia::Tokyo,
            sender: phone.clone(),
            hours: Hours::default(),
            night_line: None,
            language: Language::Ja,
            dialog: "daily".into(),
            further,
            second: Some(second),
            thresholds: Thresholds::default(),
        };
        let contact = Contact {
            id: contact_id,
            center_id,
            phone,
            language: Language::Ja,
            opted_out_at: None,
            wrong_number_at: None,
            confirmed_at: None,
            undeliverable: None,
            one_text: false,
        };
        let patient = Patient {
            id: PatientId::new(DateTime::UNIX_EPOCH, &[0; 10]),
            center_id,
            contact_id,
            her_sys_id: "1234567".into(),
            name: String::new(),
            kana: String::new(),
            birth_date: None,
            risk_tier: RiskTier::Standard,
            place: PlaceOfStay::Home,
            lives_alone: None,
            letter: 'A',
            observe_from: day(1),
            observe_until: day(10),
            onset: None,
            specimen: None,
            without_symptoms: false,
            status: PatientStatus::UnderObservation,
        };
        (patient, contact, center)
    }

    #[test]
    fn each_is_asked_in_the_dialog_that_is_theirs() {
        let (patient, contact, center) = everything();
        let thrifty = Contact { one_text: true, ..contact.clone() };
        let plain = Center { further: FurtherDialogs::default(), second: None, ..center.clone() };
        for (contact, center, kind, of_month, expected) in [
            (&contact, &center, RoundKind::Morning, 9, Some("daily")),
            (&contact, &center, RoundKind::Morning, 10, Some("release")),
            (&thrifty, &center, RoundKind::Morning, 9, Some("short")),
            (&thrifty, &center, RoundKind::Morning, 10, Some("release")),
            (&thrifty, &center, RoundKind::Second, 10, Some("twice-daily")),
            (&thrifty, &center, RoundKind::Welcome, 10, Some("welcome")),
            (&thrifty, &plain, RoundKind::Morning, 9, Some("daily")),
            (&contact, &plain, RoundKind::Morning, 10, Some("daily")),
            (&contact, &plain, RoundKind::Second, 9, None),
            (&contact, &plain, RoundKind::Welcome, 9, None),
        ] {
            let purpose = purpose(&patient, contact, center, kind, day(of_month));
            assert_eq!(center.dialog_for(purpose), expected, "{kind:?} on the {of_month}th, {}", contact.one_text);
        }
        assert_eq!(center.dialogs(), ["daily", "release", "short", "twice-daily", "welcome"]);
    }

    #[test]
    fn who_is_in_which_round() {
        let (patient, _, _) = everything();
        let high = Patient { risk_tier: RiskTier::High, ..patient.clone() };
        let paused = Patient { status: PatientStatus::Paused, ..high.clone() };
        let first = day(1).pred_opt().expect("a date");
        for (patient, on, expected) in [
            (&patient, day(1), (true, false, true)),
            (&high, day(10), (true, true, true)),
            (&high, day(11), (false, false, false)),
            (&high, first, (false, false, true)),
            (&high, first.pred_opt().expect("a date"), (false, false, false)),
            (&paused, day(5), (false, false, false)),
        ] {
            let kinds = [RoundKind::Morning, RoundKind::Second, RoundKind::Welcome];
            assert_eq!(kinds.map(|kind| kind.includes(patient, on)), <[bool; 3]>::from(expected), "{on}");
        }
    }

    /// A dialog of this repository.
    fn dialog(name: &str) -> Dialog {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialogs");
        let read = |folder: &str, prefix: &str| -> Vec<SourceFile> {
            let files = fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
            files
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .map(|path| SourceFile {
                    name: format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy()),
                    text: fs::read_to_string(&path).expect("a text"),
                })
                .collect()
        };
        let mut files = read(name, "");
        if files.iter().any(|file| file.text.contains("texts-from = \"daily\"")) {
            files.extend(read("daily", "../daily/").into_iter().filter(|file| file.name.contains("texts.")));
        }
        load::load(name, &files).unwrap_or_else(|faults| panic!("{name}: {faults}"))
    }

    #[test]
    fn a_dialog_serves_what_it_was_made_for_and_nothing_that_it_cannot() {
        use Purpose::{Morning, Release, Second, Short, Welcome};
        for (name, fits) in [
            ("daily", &[Morning, Second][..]),
            ("short", &[Morning, Short, Second]),
            ("twice-daily", &[Morning, Second]),
            ("release", &[Release]),
            ("welcome", &[Welcome]),
        ] {
            let dialog = dialog(name);
            let found: Vec<Purpose> =
                Purpose::ALL.iter().copied().filter(|purpose| serves(&dialog, *purpose).is_ok()).collect();
            let mut expected = fits.to_vec();
            expected.sort();
            assert_eq!(found, expected, "{name}");
        }
        let why = |name: &str, purpose| serves(&dialog(name), purpose).expect_err("it does not").to_string();
        assert!(why("daily", Welcome).starts_with("asks nobody whether the number is right"));
        assert!(why("welcome", Morning).contains("it can be a welcome and nothing else"));
        assert!(why("release", Morning).contains("for the last day and for nothing else"));
        assert!(why("daily", Release).contains("no answer that speaks for the end"));
        assert!(why("daily", Short).contains("in one text"));
    }
}
