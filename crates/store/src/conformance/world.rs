//! Made-up centers, contacts and patients for the tests.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::alert::{Alert, AlertRule, AlertState};
use domain::center::{Center, FurtherDialogs, Hours, SecondCheck};
use domain::check_in::{CheckIn, Completeness, Reporter};
use domain::contact::Contact;
use domain::dialog::definition::{DialogHash, SourceFile};
use domain::dialog::engine::{Phase, Slot, State, TextKind};
use domain::id::{AlertId, CenterId, CheckInId, ContactId, ConversationId, Entropy, MessageId, PatientId, RoundId};
use domain::language::Language;
use domain::message::{Body, NewOutbound, OutboundState};
use domain::observation::{OxygenSaturation, Temperature};
use domain::patient::{Patient, PatientStatus, PlaceOfStay, RiskTier};
use domain::phone::PhoneNumber;
use domain::reply::WarningSigns;
use domain::round::{Round, RoundKind, RoundPlan, RoundState};
use domain::severity::{Severity, Thresholds};

use crate::{ConversationRecord, NewInbound, Store, Tx};

/// The dialog of every conversation here.
pub(super) const DIALOG: DialogHash = DialogHash([7; 32]);

/// 07:00 in Japan on 2026-02-01, and so many minutes later.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    let opening = DateTime::from_timestamp(1_769_896_800, 0).expect("a valid time");
    opening + TimeDelta::minutes(minutes)
}

/// The day of [`at`], and so many days later.
pub(super) fn day(days: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 2, 1).expect("a valid day") + Days::new(days)
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What makes an identifier unique. Not in the order of making: a mixed counter.
pub(super) fn entropy() -> Entropy {
    let mut bytes = Entropy::default();
    let mixed = next().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    bytes
}

/// A number that North America keeps for fiction, another one every time.
pub(super) fn phone() -> PhoneNumber {
    let number = next();
    let (area, last) = (200 + (number / 100) % 700, number % 100);
    PhoneNumber::from_e164(&format!("+1{area}55501{last:02}")).expect("the form is right")
}

fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a valid time of day")
}

pub(super) fn center() -> Center {
    let number = next();
    Center {
        id: CenterId::new(at(0), &entropy()),
        name: format!("江東区保健所 {number}"),
        time_zone: "Asia/Tokyo".parse().expect("an IANA time zone"),
        sender: phone(),
        hours: Hours {
            open: time(7, 0),
            reminders: vec![time(7, 45), time(8, 15)],
            deadline: time(8, 30),
            attended_until: time(17, 15),
            quiet_from: time(21, 0),
            quiet_until: time(7, 0),
        },
        night_line: Some("03-0000-0000".to_owned()),
        language: Language::Ja,
        dialog: "daily".to_owned(),
        further: FurtherDialogs { welcome: Some("welcome".to_owned()), ..FurtherDialogs::default() },
        second: Some(SecondCheck {
            open: time(14, 0),
            reminders: vec![time(14, 45)],
            deadline: time(15, 30),
            dialog: "twice-daily".to_owned(),
        }),
        thresholds: thresholds(1),
    }
}

pub(super) fn thresholds(version: u32) -> Thresholds {
    Thresholds {
        version,
        oxygen_red: OxygenSaturation::from_percent(93).expect("valid"),
        oxygen_orange: OxygenSaturation::from_percent(95).expect("valid"),
        temperature_orange: Temperature::from_tenths(385).expect("valid"),
    }
}

pub(super) fn contact(center: &Center) -> Contact {
    Contact {
        id: ContactId::new(at(0), &entropy()),
        center_id: center.id,
        phone: phone(),
        language: Language::JaEasy,
        opted_out_at: None,
        wrong_number_at: None,
        confirmed_at: Some(at(-1440)),
        undeliverable: None,
        one_text: false,
    }
}

pub(super) fn patient(contact: &Contact, letter: char) -> Patient {
    let number = next();
    Patient {
        id: PatientId::new(at(0), &entropy()),
        center_id: contact.center_id,
        contact_id: contact.id,
        her_sys_id: format!("{number:07}"),
        name: format!("試験 花子{number}"),
        kana: "シケン ハナコ".to_owned(),
        birth_date: NaiveDate::from_ymd_opt(1945, 8, 3),
        risk_tier: RiskTier::Standard,
        place: PlaceOfStay::Home,
        lives_alone: Some(true),
        letter,
        observe_from: day(0),
        observe_until: day(9),
        onset: None,
        specimen: None,
        without_symptoms: false,
        status: PatientStatus::UnderObservation,
    }
}

pub(super) fn round(center: &Center, days: u64) -> Round {
    let opens_at = at(0) + TimeDelta::days(i64::try_from(days).expect("few"));
    Round {
        id: RoundId::new(at(0), &entropy()),
        center_id: center.id,
        kind: RoundKind::Morning,
        day: day(days),
        plan: RoundPlan {
            opens_at,
            reminders_at: vec![opens_at + TimeDelta::minutes(45), opens_at + TimeDelta::minutes(75)],
            deadline_at: opens_at + TimeDelta::minutes(90),
            ends_at: opens_at + TimeDelta::days(1),
            quiet_from: opens_at + TimeDelta::hours(14),
        },
        state: RoundState::Planned,
    }
}

pub(super) fn state(sequence: u32) -> State {
    State {
        dialog: DIALOG,
        sequence,
        phase: Phase::Asking { question: 0, failures: 0, candidate: None },
        slots: vec![Slot::Open; 3],
        signs: WarningSigns::NONE,
        held: false,
        finished: false,
        reporting: false,
        tries: 0,
    }
}

pub(super) fn conversation(round: &Round, patient: &Patient) -> ConversationRecord {
    ConversationRecord {
        id: ConversationId::new(at(0), &entropy()),
        round_id: round.id,
        center_id: patient.center_id,
        contact_id: patient.contact_id,
        patient_id: patient.id,
        state: state(1),
        question_key: Some("temperature".to_owned()),
        asked_at: Some(at(0)),
        updated_at: at(0),
    }
}

pub(super) fn check_in(round: &Round, patient: &Patient) -> CheckIn {
    CheckIn {
        id: CheckInId::new(at(5), &entropy()),
        round_id: round.id,
        patient_id: patient.id,
        completeness: Completeness::Partial,
        late: false,
        reporter: Reporter::Text,
        severity: Severity::Unknown,
        thresholds_version: 1,
        reasons: String::new(),
        started_at: Some(at(5)),
        finished_at: None,
    }
}

/// One center with one contact, one patient, a round and a conversation, all stored.
#[derive(Clone)]
pub(super) struct World {
    pub(super) center: Center,
    pub(super) contact: Contact,
    pub(super) patient: Patient,
    pub(super) round: Round,
    pub(super) conversation: ConversationRecord,
}

impl World {
    pub(super) async fn set_up(store: &Store) -> Self {
        let mut tx = store.begin().await.expect("begins");
        let center = center();
        tx.insert_center(&center, at(-60)).await.expect("a center");
        let world = Self::at_center(&mut tx, center).await;
        tx.commit().await.expect("commits");
        world
    }

    async fn at_center(tx: &mut Tx, center: Center) -> Self {
        let contact = contact(&center);
        tx.insert_contact(&contact, at(-50)).await.expect("a contact");
        let patient = patient(&contact, 'A');
        tx.insert_patient(&patient, at(-40)).await.expect("a patient");
        let round = round(&center, 0);
        assert!(tx.insert_round(&round, at(-30)).await.expect("a round"));
        tx.keep_dialog(&DIALOG, "daily", &source(), at(-30)).await.expect("a dialog");
        let conversation = conversation(&round, &patient);
        assert!(tx.insert_conversation(&conversation).await.expect("a conversation"));
        Self { center, contact, patient, round, conversation }
    }

    /// A text to the contact, made so many minutes after the opening.
    pub(super) fn text(&self, kind: TextKind, minutes: i64) -> NewOutbound {
        NewOutbound {
            id: MessageId::new(at(minutes), &entropy()),
            center_id: self.center.id,
            contact_id: Some(self.contact.id),
            patient_id: Some(self.patient.id),
            conversation: Some((self.conversation.id, 1)),
            round_id: Some(self.round.id),
            from: self.center.sender.clone(),
            to: self.contact.phone.clone(),
            body: Body("体温は何度ですか".to_owned()),
            kind,
            slot: None,
            deadline_at: at(90),
            state: OutboundState::Queued,
            created_at: at(minutes),
        }
    }

    /// A text to another number.
    pub(super) fn text_to(&self, to: &PhoneNumber, kind: TextKind, minutes: i64) -> NewOutbound {
        NewOutbound {
            contact_id: None,
            patient_id: None,
            conversation: None,
            to: to.clone(),
            ..self.text(kind, minutes)
        }
    }

    /// A text from the contact.
    pub(super) fn inbound(&self, provider_id: &str, body: &str, minutes: i64) -> NewInbound {
        NewInbound {
            id: MessageId::new(at(minutes), &entropy()),
            provider_id: provider_id.to_owned(),
            center_id: Some(self.center.id),
            contact_id: Some(self.contact.id),
            patient_id: Some(self.patient.id),
            conversation_id: Some(self.conversation.id),
            round_id: Some(self.round.id),
            from: self.contact.phone.as_e164().to_owned(),
            to: self.center.sender.as_e164().to_owned(),
            body: Body(body.to_owned()),
            media: 0,
            at: at(minutes),
        }
    }

    pub(super) fn alert(&self, rule: AlertRule, severity: Severity, minutes: i64) -> Alert {
        Alert {
            id: AlertId::new(at(minutes), &entropy()),
            center_id: Some(self.center.id),
            patient_id: Some(self.patient.id),
            contact_id: Some(self.contact.id),
            round_id: Some(self.round.id),
            message_id: None,
            rule,
            severity,
            detail: "chest-pain".to_owned(),
            opened_at: at(minutes),
            state: AlertState::Open,
            times: 1,
            latest_at: at(minutes),
        }
    }
}

/// The files of [`DIALOG`].
pub(super) fn source() -> Vec<SourceFile> {
    vec![
        SourceFile { name: "dialog.toml".to_owned(), text: "name = \"daily\"\n".to_owned() },
        SourceFile {
            name: "texts.ja.toml".to_owned(), text: "temperature = \"体温は何度ですか\"\r\n".to_owned()
        },
    ]
}
