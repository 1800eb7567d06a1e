use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;

use super::*;
use crate::asked::Asking;
use crate::check_in::{CheckIn, Completeness, Reporter};
use crate::contact::{Contact, Undeliverable};
use crate::id::{CenterId, CheckInId, ContactId, RoundId};
use crate::language::Language;
use crate::patient::{Patient, PatientStatus, PlaceOfStay};
use crate::phone::PhoneNumber;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_785_600_000 + second, 0).expect("valid")
}

/// One line of a list under test, before it becomes a [`Standing`].
#[derive(Debug, Clone)]
struct Person {
    patient: Patient,
    contact: Contact,
    asking: Asking,
    check_in: Option<CheckIn>,
    alert: Option<(Severity, &'static str)>,
}

impl Person {
    /// Standard risk, asked, silent.
    fn new(number: u8) -> Self {
        let center_id = CenterId::new(at(0), &[0; 10]);
        let contact_id = ContactId::new(at(0), &[number; 10]);
        Self {
            patient: Patient {
                id: PatientId::new(at(0), &[number; 10]),
                center_id,
                contact_id,
                her_sys_id: format!("{:07}", 1_000_000 + u32::from(number)),
                name: String::new(),
                kana: String::new(),
                birth_date: NaiveDate::from_ymd_opt(1950, 1, 1),
                risk_tier: RiskTier::Standard,
                place: PlaceOfStay::Home,
                lives_alone: Some(false),
                letter: 'A',
                observe_from: NaiveDate::MIN,
                observe_until: NaiveDate::MAX,
                onset: None,
                specimen: None,
                without_symptoms: false,
                status: PatientStatus::UnderObservation,
            },
            contact: Contact {
                id: contact_id,
                center_id,
                phone: PhoneNumber::from_e164("+819012345601").expect("valid"),
                language: Language::Ja,
                opted_out_at: None,
                wrong_number_at: None,
                confirmed_at: Some(at(0)),
                undeliverable: None,
                one_text: false,
            },
            asking: Asking { asked: Asked::Yes, why: None },
            check_in: None,
            alert: None,
        }
    }

    fn reports(mut self, completeness: Completeness, severity: Severity, reasons: &str) -> Self {
        self.check_in = Some(CheckIn {
            id: CheckInId::new(at(0), &[0; 10]),
            round_id: RoundId::new(at(0), &[0; 10]),
            patient_id: self.patient.id,
            completeness,
            late: false,
            reporter: Reporter::Text,
            severity,
            thresholds_version: 1,
            reasons: reasons.to_owned(),
            started_at: (completeness != Completeness::None).then(|| at(1)),
            finished_at: (completeness == Completeness::Complete).then(|| at(2)),
        });
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn high(self) -> Self {
        self.with(|person| person.patient.risk_tier = RiskTier::High)
    }

    fn asked(self, asked: Asked) -> Self {
        self.with(|person| person.asking.asked = asked)
    }

    fn failed(self, asked: Asked, why: SendFailure) -> Self {
        self.with(|person| person.asking = Asking { asked, why: Some(why) })
    }

    fn alert(self, severity: Severity, detail: &'static str) -> Self {
        self.with(|person| person.alert = Some((severity, detail)))
    }

    fn contact(self, change: impl FnOnce(Contact) -> Contact) -> Self {
        Self { contact: change(self.contact.clone()), ..self }
    }
}

fn list(people: &[Person]) -> Vec<ChaseEntry> {
    let inputs: Vec<_> = people
        .iter()
        .map(|Person { patient, contact, asking, check_in, alert }| Standing {
            patient,
            contact,
            asking: *asking,
            check_in: check_in.as_ref(),
            alert: alert.map(|(severity, _)| severity),
            alert_detail: alert.map_or("", |(_, detail)| detail),
        })
        .collect();
    build(&inputs)
}

/// The list as text: the number of each person, the reason, the detail.
fn lines(people: &[Person]) -> Vec<String> {
    list(people)
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            assert_eq!(entry.rank as usize, index + 1);
            let number = people.iter().position(|person| person.patient.id == entry.patient_id).expect("of the input");
            format!("{number} {} {}", entry.reason.key(), entry.detail).trim_end().to_owned()
        })
        .collect()
}

#[test]
fn the_order_of_the_design() {
    use Completeness::{Complete, None, Partial};
    use Severity::{Green, Orange, Red, Unknown};
    let people = [
        Person::new(0).asked(Asked::No),
        Person::new(1).reports(Partial, Unknown, "missing:oxygen"),
        Person::new(2),
        Person::new(3).reports(Complete, Orange, "breathing-yes"),
        Person::new(4).high(),
        Person::new(5).reports(Partial, Red, "chest-pain missing:oxygen"),
        Person::new(6).reports(Complete, Green, ""),
        Person::new(7).reports(Complete, Unknown, "unknown:breathing"),
        Person::new(8).reports(None, Unknown, "missing:oxygen"),
        Person::new(9).reports(Complete, Green, "not-measured:oxygen"),
    ];
    assert_eq!(
        lines(&people),
        [
            "5 red chest-pain missing:oxygen",
            "4 silent-high-risk",
            "3 orange breathing-yes",
            "2 silent",
            "8 silent",
            "1 partial missing:oxygen",
            "7 partial unknown:breathing",
            "0 never-asked enrolled-late",
        ]
    );
}

#[test]
fn whoever_was_not_asked_is_listed_with_the_cause() {
    let no = |number| Person::new(number).asked(Asked::No);
    let people = [
        no(0).contact(|contact| Contact { confirmed_at: None, ..contact }),
        no(1).contact(|contact| contact.opt_out(at(0))),
        no(2).contact(|contact| contact.mark_wrong_number(at(0))),
        no(3).contact(|contact| contact.mark_undeliverable(Undeliverable::NotMobile)),
        no(4),
        Person::new(5).asked(Asked::RoundMissed),
        no(6).high().with(|person| person.patient.lives_alone = Some(true)),
    ];
    assert_eq!(
        lines(&people),
        [
            "6 never-asked enrolled-late lives-alone",
            "0 never-asked not-confirmed",
            "1 never-asked opted-out",
            "2 never-asked wrong-number not-confirmed",
            "3 never-asked undeliverable",
            "4 never-asked enrolled-late",
            "5 never-asked round-missed",
        ]
    );
}

#[test]
fn whoever_got_no_text_is_not_called_silent() {
    let failed = |number, asked, why| Person::new(number).high().failed(asked, why);
    let blocked = |contact: Contact| contact.mark_undeliverable(Undeliverable::Blocked);
    let people = [
        failed(0, Asked::NotSent, SendFailure::DailyLimit),
        failed(1, Asked::NotSent, SendFailure::TooLate),
        failed(2, Asked::NotSent, SendFailure::TooLate).contact(|contact| contact.opt_out(at(0))),
        failed(3, Asked::NotSent, SendFailure::Number).contact(blocked),
        Person::new(4).high().asked(Asked::NotSent),
        failed(5, Asked::NotDelivered, SendFailure::Carrier),
        Person::new(6).high().asked(Asked::InDoubt),
        Person::new(7).high().asked(Asked::Pending),
    ];
    assert_eq!(
        lines(&people),
        [
            "5 silent-high-risk not-delivered:carrier",
            "6 silent-high-risk in-doubt",
            "7 silent-high-risk",
            "0 never-asked not-sent:daily-limit",
            "1 never-asked not-sent:too-late",
            "2 never-asked opted-out",
            "3 never-asked undeliverable",
            "4 never-asked not-sent",
        ]
    );
}

#[test]
fn an_open_alert_about_health_decides_as_a_report_does() {
    let people = [
        Person::new(0).alert(Severity::Red, "chest-pain").contact(|contact| contact.opt_out(at(0))),
        // Taken back by a later value; staff have not cleared it.
        Person::new(1).reports(Completeness::Complete, Severity::Green, "").alert(Severity::Red, "very-low-oxygen"),
        Person::new(2)
            .reports(Completeness::Partial, Severity::Red, "chest-pain missing:oxygen")
            .alert(Severity::Red, "chest-pain missing:temperature"),
    ];
    assert_eq!(
        lines(&people),
        ["0 red chest-pain opted-out", "1 red very-low-oxygen", "2 red chest-pain missing:oxygen"]
    );
}

#[test]
fn whoever_stopped_texts_after_being_asked_is_silent_and_listed() {
    let people = [
        Person::new(0).contact(|contact| contact.opt_out(at(0))),
        Person::new(1).high().contact(|contact| contact.mark_undeliverable(Undeliverable::Blocked)),
        Person::new(2).asked(Asked::WaitingTurn),
        Person::new(3).high().asked(Asked::WaitingTurn),
        // A report and an opt-out: the report decides, and the opt-out is named.
        Person::new(4)
            .reports(Completeness::Partial, Severity::Unknown, "missing:oxygen")
            .contact(|contact| contact.opt_out(at(0))),
        Person::new(5).reports(Completeness::Complete, Severity::Green, "").contact(|contact| contact.opt_out(at(0))),
    ];
    assert_eq!(
        lines(&people),
        [
            "1 silent-high-risk undeliverable",
            "3 silent-high-risk waiting-turn",
            "0 silent opted-out",
            "2 silent waiting-turn",
            "4 partial missing:oxygen opted-out",
        ]
    );
}

#[test]
fn a_report_counts_whether_or_not_anybody_asked() {
    let people = [
        Person::new(0).asked(Asked::No).reports(Completeness::Complete, Severity::Green, ""),
        Person::new(1).asked(Asked::RoundMissed).reports(Completeness::None, Severity::Red, "cry-for-rescue"),
        Person::new(2)
            .asked(Asked::No)
            .reports(Completeness::Complete, Severity::Orange, "temperature-orange")
            .contact(|contact| Contact { confirmed_at: None, ..contact }),
    ];
    assert_eq!(lines(&people), ["1 red cry-for-rescue", "2 orange temperature-orange not-confirmed"]);
}

#[test]
fn leaving_every_question_out_is_partial_not_silent() {
    let person = Person::new(0)
        .high()
        .reports(Completeness::None, Severity::Unknown, "skipped:oxygen")
        .with(|person| person.check_in.as_mut().expect("reported").finished_at = Some(at(3)));
    assert_eq!(lines(&[person]), ["0 partial skipped:oxygen"]);
}

#[test]
fn within_a_reason_risk_then_company_then_age_decide() {
    let born = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let person = |number, tier, alone, birth| {
        Person::new(number).with(|person| {
            person.patient.risk_tier = tier;
            person.patient.lives_alone = alone;
            person.patient.birth_date = birth;
        })
    };
    let people = [
        person(0, RiskTier::Low, Some(true), born(1930)),
        person(1, RiskTier::Standard, Some(false), born(1930)),
        person(2, RiskTier::Standard, None, born(1980)),
        person(3, RiskTier::Standard, Some(true), born(1990)),
        person(4, RiskTier::Standard, Some(true), born(1940)),
        person(5, RiskTier::Standard, Some(true), None),
        person(6, RiskTier::Standard, Some(false), born(1930)),
    ];
    let order: Vec<_> = lines(&people).iter().map(|line| line[..1].to_owned()).collect();
    assert_eq!(order, ["5", "4", "3", "2", "1", "6", "0"]);
}

#[test]
fn the_same_patient_twice_is_listed_once_by_the_more_urgent_entry() {
    let twice = [Person::new(3), Person::new(3).reports(Completeness::Partial, Severity::Red, "dazed")];
    let listed = list(&twice);
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].rank, listed[0].reason), (1, ChaseReason::Red));
}

#[test]
fn nobody_to_call_is_an_empty_list() {
    assert_eq!(list(&[]), []);
    assert_eq!(list(&[Person::new(0).reports(Completeness::Complete, Severity::Green, "")]), []);
}

fn any_person() -> impl Strategy<Value = Person> {
    let report = proptest::option::of((
        proptest::sample::select(Completeness::ALL.to_vec()),
        proptest::sample::select(vec![Severity::Green, Severity::Unknown, Severity::Orange, Severity::Red]),
        any::<bool>(),
    ));
    (
        proptest::sample::select(RiskTier::ALL.to_vec()),
        proptest::option::of(any::<bool>()),
        proptest::option::of(1920i32..2020),
        proptest::sample::select(Asked::ALL.to_vec()),
        report,
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        (proptest::option::of(proptest::sample::select(SendFailure::ALL.to_vec())), proptest::bool::weighted(0.1)),
    )
        .prop_map(|(tier, alone, born, asked, report, (out, wrong, confirmed, dead), (why, alert))| {
            let mut person = Person::new(0).with(|person| person.asking = Asking { asked, why });
            person.alert = alert.then_some((Severity::Red, "chest-pain"));
            person.patient.risk_tier = tier;
            person.patient.lives_alone = alone;
            person.patient.birth_date = born.and_then(|year| NaiveDate::from_ymd_opt(year, 4, 1));
            person.contact.opted_out_at = out.then(|| at(0));
            person.contact.wrong_number_at = wrong.then(|| at(0));
            person.contact.confirmed_at = confirmed.then(|| at(0));
            person.contact.undeliverable = dead.then_some(Undeliverable::Blocked);
            if let Some((completeness, severity, finished)) = report {
                person = person.reports(completeness, severity, "some-reason");
                person.check_in.as_mut().expect("reported").finished_at = finished.then(|| at(3));
            }
            person
        })
}

fn any_people() -> impl Strategy<Value = Vec<Person>> {
    proptest::collection::vec(any_person(), 0..40).prop_map(|mut people| {
        for (number, person) in (0u8..).zip(&mut people) {
            person.patient.id = PatientId::new(at(0), &[number; 10]);
        }
        people
    })
}

proptest! {
    /// P9: the list holds exactly those without a complete and reassuring report, or with an alert, each once, ranked 1 to n, in
    /// the order of the reasons, whatever the order in which they came.
    #[test]
    fn nobody_is_forgotten_and_nobody_is_there_twice(people in any_people(), seed in any::<u64>()) {
        let entries = list(&people);
        for person in &people {
            let reassuring = person.check_in.as_ref().is_some_and(|check_in| {
                check_in.completeness == Completeness::Complete && check_in.severity == Severity::Green
            });
            let times = entries.iter().filter(|entry| entry.patient_id == person.patient.id).count();
            prop_assert_eq!(times, usize::from(!reassuring || person.alert.is_some()));
            let red = person.alert.is_some()
                || person.check_in.as_ref().is_some_and(|check_in| check_in.severity == Severity::Red);
            let as_red = entries.iter()
                .any(|entry| entry.patient_id == person.patient.id && entry.reason == ChaseReason::Red);
            prop_assert_eq!(red, as_red);
        }
        let ranks: Vec<_> = entries.iter().map(|entry| entry.rank as usize).collect();
        prop_assert_eq!(ranks, (1..=entries.len()).collect::<Vec<_>>());
        prop_assert!(entries.is_sorted_by_key(|entry| entry.reason), "no red after another reason");
        prop_assert!(entries.iter().all(|entry| entry.reason != ChaseReason::NeverAsked || !entry.detail.is_empty()));

        let mut shuffled = people.clone();
        shuffled.sort_by_key(|person| {
            person.patient.id.to_string().bytes().fold(seed, |hash, byte| hash.wrapping_mul(31).rotate_left(7) ^ u64::from(byte))
        });
        prop_assert_eq!(list(&shuffled), entries);
    }
}
