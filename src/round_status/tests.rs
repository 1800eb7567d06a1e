//! The view of a round, and a made-up round that other tests look at too.

use chrono::TimeDelta;
use domain::check_in::{CheckIn, Completeness};
use domain::contact::Contact;
use domain::dialog::definition::DialogHash;
use domain::id::{CheckInId, ContactId, ConversationId, RoundId};
use domain::patient::{Patient, PatientStatus, PlaceOfStay};
use domain::phone::PhoneNumber;
use domain::round::RoundPlan;
use store::ConversationRow;

use super::*;
use crate::i18n::Lang;

/// An instant on 23 November 2026 in Tokyo.
pub(crate) fn at(time: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("2026-11-23T{time}:00+09:00")).unwrap().to_utc()
}

/// A center in Tokyo with the default hours.
pub(crate) fn center() -> Center {
    let time = |text: &str| text.parse().unwrap();
    Center {
        id: CenterId::new(at("06:00"), &[1; 10]),
        name: "江東区保健所".to_owned(),
        time_zone: chrono_tz::Asia::Tokyo,
        sender: PhoneNumber::from_e164("+815012345600").unwrap(),
        hours: domain::center::Hours {
            open: time("07:00:00"),
            reminders: vec![time("07:45:00"), time("08:15:00")],
            deadline: time("08:30:00"),
            attended_until: time("17:15:00"),
            quiet_from: time("21:00:00"),
            quiet_until: time("07:00:00"),
        },
        night_line: None,
        language: Language::Ja,
        dialog: "daily".to_owned(),
        further: domain::center::FurtherDialogs::default(),
        second: None,
        thresholds: domain::severity::Thresholds {
            version: 1,
            oxygen_red: domain::observation::OxygenSaturation::from_percent(93).unwrap(),
            oxygen_orange: domain::observation::OxygenSaturation::from_percent(95).unwrap(),
            temperature_orange: domain::observation::Temperature::from_tenths(385).unwrap(),
        },
    }
}

/// The round of 23 November 2026.
pub(crate) fn round(state: RoundState) -> Round {
    Round {
        id: RoundId::new(at("06:00"), &[2; 10]),
        center_id: center().id,
        kind: RoundKind::Morning,
        day: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
        plan: RoundPlan {
            opens_at: at("07:00"),
            reminders_at: vec![at("07:45"), at("08:15")],
            deadline_at: at("08:30"),
            ends_at: at("07:00") + TimeDelta::days(1),
            quiet_from: at("21:00"),
        },
        state,
    }
}

/// A patient with a phone, asked at seven, who has not answered.
pub(crate) fn silent(number: u8, name: &str, kana: &str) -> RoundRow {
    let contact = Contact {
        id: ContactId::new(at("06:00"), &[number; 10]),
        center_id: center().id,
        phone: PhoneNumber::from_e164(&format!("+8190123456{number:02}")).unwrap(),
        language: Language::Ja,
        opted_out_at: None,
        wrong_number_at: None,
        confirmed_at: Some(at("06:00")),
        undeliverable: None,
        one_text: false,
    };
    RoundRow {
        patient: Patient {
            id: PatientId::new(at("06:00"), &[number; 10]),
            center_id: center().id,
            contact_id: contact.id,
            her_sys_id: format!("{number:08}"),
            name: name.to_owned(),
            kana: kana.to_owned(),
            birth_date: None,
            risk_tier: RiskTier::Standard,
            place: PlaceOfStay::Home,
            lives_alone: None,
            letter: 'A',
            observe_from: round(RoundState::Open).day,
            observe_until: round(RoundState::Open).day,
            onset: None,
            specimen: None,
            without_symptoms: false,
            status: PatientStatus::UnderObservation,
        },
        contact,
        conversation: Some(ConversationRow {
            id: ConversationId::new(at("07:00"), &[number; 10]),
            status: "asking".to_owned(),
            question_key: Some("temperature".to_owned()),
            asked_at: Some(at("07:00")),
            dialog: DialogHash([0; 32]),
            updated_at: at("07:00"),
        }),
        check_in: None,
        texts: Vec::new(),
        release: None,
        open_alerts: 0,
        alert_severity: None,
        alert_detail: String::new(),
        last_outbound: Some(OutboundState::Delivered),
    }
}

fn check_in(row: &RoundRow, completeness: Completeness, severity: Severity) -> CheckIn {
    CheckIn {
        id: CheckInId::new(at("07:05"), &[9; 10]),
        round_id: round(RoundState::Open).id,
        patient_id: row.patient.id,
        completeness,
        late: false,
        reporter: Reporter::Text,
        severity,
        thresholds_version: 1,
        reasons: String::new(),
        started_at: Some(at("07:05")),
        finished_at: None,
    }
}

fn answering(mut row: RoundRow, severity: Severity) -> RoundRow {
    row.check_in = Some(check_in(&row, Completeness::Partial, severity));
    row.conversation.as_mut().unwrap().question_key = Some("breathing".to_owned());
    row
}

fn finished(mut row: RoundRow, severity: Severity, reasons: &str) -> RoundRow {
    let mut report = check_in(&row, Completeness::Complete, severity);
    report.finished_at = Some(at("07:10"));
    reasons.clone_into(&mut report.reasons);
    row.check_in = Some(report);
    row.conversation.as_mut().unwrap().question_key = None;
    row
}

/// A morning with somebody in every state.
pub(crate) fn rows() -> Vec<RoundRow> {
    let mut high = silent(2, "鈴木 次郎", "スズキ ジロウ");
    high.patient.risk_tier = RiskTier::High;
    let mut never = silent(7, "渡辺 直子", "ワタナベ ナオコ");
    (never.conversation, never.last_outbound) = (None, None);
    never.contact.opted_out_at = Some(at("06:30"));
    let mut helped = answering(silent(4, "田中 花子", "タナカ ハナコ"), Severity::Unknown);
    (helped.open_alerts, helped.alert_severity) = (1, Some(Severity::Red));
    vec![
        finished(silent(1, "佐藤 一郎", "サトウ イチロウ"), Severity::Green, ""),
        high,
        silent(3, "高橋 三郎", "タカハシ サブロウ"),
        helped,
        answering(silent(5, "伊藤 五郎", "イトウ ゴロウ"), Severity::Green),
        finished(silent(6, "山本 六子", "ヤマモト ムツコ"), Severity::Orange, "temperature"),
        never,
        finished(silent(8, "中村 八重", "ナカムラ ヤエ"), Severity::Red, "oxygen chest-pain"),
        finished(silent(9, "小林 九", "コバヤシ キュウ"), Severity::Unknown, ""),
    ]
}

/// The chase list of that morning, not in the order of its ranks.
pub(crate) fn chase() -> Vec<ChaseEntry> {
    let entry = |rank, number: u8, reason, detail: &str| ChaseEntry {
        patient_id: PatientId::new(at("06:00"), &[number; 10]),
        rank,
        reason,
        detail: detail.to_owned(),
    };
    vec![
        entry(2, 2, ChaseReason::SilentHighRisk, ""),
        entry(1, 8, ChaseReason::Red, "oxygen chest-pain"),
        entry(3, 7, ChaseReason::NeverAsked, "opted-out"),
    ]
}

fn morning(state: RoundState, as_of: DateTime<Utc>) -> RoundStatus {
    let chase = if state == RoundState::Closed { chase() } else { Vec::new() };
    RoundStatus::new(&center(), &round(state), rows(), &chase, as_of)
}

fn order(status: &RoundStatus) -> Vec<(&str, Progress, Severity)> {
    status.patients.iter().map(|line| (line.kana.as_str(), line.progress, line.severity)).collect()
}

#[test]
fn the_most_urgent_stand_first_and_nobody_unfinished_is_green() {
    let status = morning(RoundState::Open, at("07:30"));
    assert_eq!(
        order(&status),
        [
            ("タナカ ハナコ", Progress::Answering, Severity::Red),
            ("ナカムラ ヤエ", Progress::Finished, Severity::Red),
            ("スズキ ジロウ", Progress::Silent, Severity::Unknown),
            ("ヤマモト ムツコ", Progress::Finished, Severity::Orange),
            ("タカハシ サブロウ", Progress::Silent, Severity::Unknown),
            ("イトウ ゴロウ", Progress::Answering, Severity::Unknown),
            ("コバヤシ キュウ", Progress::Finished, Severity::Unknown),
            ("ワタナベ ナオコ", Progress::Waiting, Severity::Unknown),
            ("サトウ イチロウ", Progress::Finished, Severity::Green),
        ]
    );
    let counts = status.counts;
    assert_eq!((counts.patients, counts.finished, counts.answering, counts.silent, counts.waiting), (9, 4, 2, 2, 1));
    assert_eq!((counts.red, counts.orange, counts.unknown, counts.green, counts.open_alerts), (2, 1, 5, 1, 1));
}

#[test]
fn every_patient_counts_once_in_each_group() {
    for state in RoundState::ALL {
        let counts = morning(*state, at("09:00")).counts;
        let progress: usize = Progress::ALL.iter().map(|progress| counts.of(*progress)).sum();
        assert_eq!(progress, counts.patients);
        assert_eq!(counts.red + counts.orange + counts.unknown + counts.green, counts.patients);
    }
}

#[test]
fn after_the_deadline_the_chase_list_is_by_rank() {
    let status = morning(RoundState::Closed, at("08:31"));
    let ranks: Vec<_> = status.chase_list.iter().map(|line| (line.rank, line.patient.kana.as_str())).collect();
    assert_eq!(ranks, [(1, "ナカムラ ヤエ"), (2, "スズキ ジロウ"), (3, "ワタナベ ナオコ")]);
    assert_eq!(status.counts.partial, 2);
    assert_eq!(status.counts.never_asked, 1);
    assert!(!status.is_before_deadline());
}

#[test]
fn a_clerk_sees_no_answer_and_an_analyst_nobody() {
    let full = serde_json::to_string(&morning(RoundState::Closed, at("08:31"))).unwrap();
    assert!(full.contains("chest-pain"));
    let clerk = morning(RoundState::Closed, at("08:31")).seen_with(RoundAccess::WithoutAnswers);
    let clerk = serde_json::to_string(&clerk).unwrap();
    assert!(!clerk.contains("chest-pain") && clerk.contains("ナカムラ ヤエ"));
    let nobody = serde_json::to_string(&morning(RoundState::Closed, at("08:31")).seen_with(RoundAccess::None)).unwrap();
    assert!(!nobody.contains("ナカムラ ヤエ"));
}

#[test]
fn the_table_lines_up_in_both_languages() {
    insta::assert_snapshot!("round_table_ja", morning(RoundState::Closed, at("08:31")).render_table(Lang::Ja));
    insta::assert_snapshot!("round_table_en", morning(RoundState::Open, at("07:30")).render_table(Lang::En));
}

#[test]
fn a_name_cannot_command_the_terminal() {
    let row = vec![silent(1, "\u{1b}[2Jevil\n", "")];
    let status = RoundStatus::new(&center(), &round(RoundState::Open), row, &[], at("07:30"));
    let table = status.render_table(Lang::En);
    assert!(!table.contains('\u{1b}') && table.contains("evil"), "{table}");
}

#[test]
fn debug_output_names_nobody() {
    let shown = format!("{:?}", morning(RoundState::Closed, at("08:31")));
    assert!(!shown.contains("ナカムラ") && !shown.contains("+8190"), "{shown}");
}
