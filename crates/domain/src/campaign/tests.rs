//! The world of the tests of campaigns: a center, a patient and their phone; and drafts as a whole.

use chrono::NaiveDate;

use super::candidate::Candidate;
use super::*;
use crate::center::{FurtherDialogs, Hours};
use crate::contact::Contact;
use crate::id::{ContactId, PatientId};
use crate::language::Language;
use crate::patient::{Patient, PatientStatus, PlaceOfStay, RiskTier};
use crate::phone::PhoneNumber;
use crate::severity::Thresholds;

/// 08:00 on 4 August 2026 in Tokyo, and so many minutes later.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    "2026-08-03T23:00:00Z".parse::<DateTime<Utc>>().expect("valid") + chrono::TimeDelta::minutes(minutes)
}

pub(super) fn center() -> Center {
    Center {
        id: CenterId::new(at(0), &[1; 10]),
        name: "江東区保健所".to_owned(),
        time_zone: chrono_tz::Asia::Tokyo,
        sender: PhoneNumber::from_e164("+819012345600").expect("valid"),
        hours: Hours::default(),
        night_line: Some("03-1234-5678".to_owned()),
        language: Language::Ja,
        dialog: "daily".to_owned(),
        further: FurtherDialogs::default(),
        second: None,
        thresholds: Thresholds::default(),
    }
}

/// A patient on the third day of observation, with a phone of their own that may be texted.
#[derive(Clone)]
pub(super) struct World {
    pub(super) patient: Patient,
    pub(super) contact: Contact,
    pub(super) today: NaiveDate,
}

impl Default for World {
    fn default() -> Self {
        let day = |day| NaiveDate::from_ymd_opt(2026, 8, day).expect("valid");
        let contact = Contact {
            id: ContactId::new(at(0), &[2; 10]),
            center_id: center().id,
            phone: PhoneNumber::from_e164("+819012345601").expect("valid"),
            language: Language::Ja,
            opted_out_at: None,
            wrong_number_at: None,
            confirmed_at: Some(at(-9_000)),
            undeliverable: None,
            one_text: false,
        };
        let patient = Patient {
            id: PatientId::new(at(0), &[3; 10]),
            center_id: center().id,
            contact_id: contact.id,
            her_sys_id: "1234567".to_owned(),
            name: "山田花子".to_owned(),
            kana: "ヤマダハナコ".to_owned(),
            birth_date: None,
            risk_tier: RiskTier::Standard,
            place: PlaceOfStay::Home,
            lives_alone: None,
            letter: 'A',
            observe_from: day(2),
            observe_until: day(11),
            onset: None,
            specimen: None,
            without_symptoms: false,
            status: PatientStatus::UnderObservation,
        };
        Self { patient, contact, today: day(4) }
    }
}

impl World {
    pub(super) fn candidate(&self) -> Candidate<'_> {
        Candidate::new(&self.patient, &self.contact, self.today)
    }
}

const DRAFT: &str = r#"{
    "name": "Silent at eight",
    "audience": {"all": [{"round": ["silent"]}, {"risk": ["high"]}]},
    "content": {"texts": {"ja": "{deadline}までに返信を。", "en": "Please answer by {deadline}."}},
    "schedule": {"start": "now", "deadline": {"time": "08:30:00"}}
}"#;

#[test]
fn a_draft_is_read_and_checked_as_a_whole() {
    let draft = Draft::from_json(DRAFT).expect("reads");
    let checked = draft.check(&center(), at(0)).expect("nothing is wrong");
    assert_eq!(checked.content.text(Language::Ja).map(|wording| wording.text.as_str()), Some("8:30までに返信を。"));
    assert_eq!((checked.plan.runs[0].opens_at, checked.plan.runs[0].closes_at), (at(0), at(30)));
    let again = Draft::from_json(&serde_json::to_string(&draft).expect("serialises"));
    assert_eq!(again, Ok(draft));
}

#[test]
fn everything_wrong_with_a_draft_is_told_at_its_field() {
    let draft = Draft {
        name: " ".to_owned(),
        audience: audience::Audience::Any(Vec::new()),
        content: content::Content::Texts([(Language::Ja, "{who}".to_owned())].into()),
        schedule: schedule::Schedule::from_json(r#"{"start":{"at":"2026-08-03T22:00:00Z"},"deadline":{"minutes":0}}"#)
            .expect("reads"),
    };
    let faults = draft.check(&center(), at(0)).expect_err("much");
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["name", "audience", "content.texts.ja", "schedule.start.at", "schedule.deadline"]);
    let long = Draft { name: "x".repeat(81), ..Draft::from_json(DRAFT).expect("reads") };
    assert_eq!(long.check(&center(), at(0)).expect_err("long")[0].field, "name");
}

#[test]
fn json_of_a_draft_names_the_field_that_is_wrong() {
    for (from, to, field) in [
        ("\"risk\": [\"high\"]", "\"risk\": [\"hihg\"]", "audience.all[1].risk[0]"),
        ("\"name\"", "\"title\"", "title"),
        ("\"now\"", "{\"cron\": \"0 7 31 2 *\"}", "schedule.start.cron"),
        ("\"08:30:00\"", "\"half past eight\"", "schedule.deadline.time"),
        ("\"deadline\": {\"time\"", "\"dedline\": {\"time\"", "schedule.dedline"),
    ] {
        let json = DRAFT.replacen(from, to, 1);
        assert_ne!(json, DRAFT, "{from}");
        let fault = Draft::from_json(&json).expect_err(to);
        assert_eq!(fault.field, field, "{fault}");
    }
    let short = DRAFT.replacen("08:30:00", "08:30", 1);
    assert_eq!(Draft::from_json(&short), Draft::from_json(DRAFT), "hours and minutes are enough");
}
