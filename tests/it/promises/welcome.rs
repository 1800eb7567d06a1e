//! P12, P13 and "a contact has a confirmed_at": how a new number becomes one that is asked, and that no path leads to a
//! health question before.

use chrono::TimeDelta;
use domain::alert::AlertRule;
use domain::progress::Progress;
use domain::round::RoundKind;
use domain::severity::Severity;

use super::{OTHER, PHONE, WELL, answer_all, red_alerts};
use crate::support::app::{NewPatient, Setup, TestApp};

super::promises!(
    a_new_number_is_welcomed_and_the_morning_begins_at_once,
    no_path_leads_to_a_health_question_before_the_number_is_confirmed,
    nobody_answers_for_three_days,
    three_wrong_identifiers_end_it,
    whoever_does_not_know_the_identifier_is_asked_all_the_same,
    a_wrong_number_is_one_here_too,
    any_identifier_of_the_family_is_right,
    whoever_comes_in_the_afternoon_is_welcomed_at_once,
    an_identifier_that_is_never_given_is_put_before_staff,
    a_cry_for_help_in_a_welcome_makes_the_patient_red,
    a_center_without_a_welcome_promises_nothing,
);

/// What only a question about health says.
const HEALTH: [&str; 8] =
    ["体温", "酸素", "症状を", "唇が紫", "temperature", "oxygen level", "harder to breathe", "8:30まで"];

fn health_questions(texts: &[String]) -> Vec<&String> {
    texts.iter().filter(|text| HEALTH.iter().any(|word| text.contains(word))).collect()
}

/// Every alert about a number that is not confirmed, as severity and detail.
async fn not_confirmed(app: &TestApp) -> Vec<(Severity, String)> {
    let alerts = app.alerts().await.into_iter().filter(|alert| alert.rule == AlertRule::NotConfirmed);
    alerts.map(|alert| (alert.severity, alert.detail)).collect()
}

async fn a_new_number_is_welcomed_and_the_morning_begins_at_once(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    let patient = app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(6, 59).await;
    assert_eq!(app.phone(PHONE), [""; 0], "not in quiet hours");
    app.advance_to(7, 1).await;
    let texts = app.phone(PHONE);
    assert_eq!((texts.len(), health_questions(&texts).len()), (2, 0), "{}", app.transcript());
    let status = app.round_status().await;
    assert_eq!(status.patients[0].progress, Progress::Waiting, "nobody has asked how they are");

    let [asks_id] = &app.text_from(PHONE, "1").await[..] else { panic!("one reply:\n{}", app.transcript()) };
    assert!(health_questions(std::slice::from_ref(asks_id)).is_empty(), "first who answers: {asks_id}");
    assert!(app.contact(PHONE).await.confirmed_at.is_some());
    // A reminder of the morning does not come in between.
    app.advance_to(7, 46).await;
    assert_eq!(app.phone(PHONE).len(), 3, "{}", app.transcript());
    let replies = app.text_from(PHONE, &patient.her_sys_id).await;
    assert_eq!(replies.len(), 2, "the end of the one and the beginning of the other: {replies:?}");
    assert!(replies[1].contains("体温") && replies[1].contains("8:30"), "{}", replies[1]);
    assert!(app.phone(PHONE).iter().all(|text| !text.contains(&patient.her_sys_id)), "P13");
    answer_all(&mut app, PHONE, &WELL).await;
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.counts.finished), (1, 1), "{}", app.transcript());
    assert_eq!(not_confirmed(&app).await, []);
    app.advance(TimeDelta::days(2)).await;
    let (welcomes, texts) = (app.round_of_kind(RoundKind::Welcome).await.expect("planned"), app.phone(PHONE));
    assert_eq!(app.status_of(&welcomes).await.patients.len(), 0, "and never again:\n{}", texts.join("\n"));
    app.finish().await;
}

async fn no_path_leads_to_a_health_question_before_the_number_is_confirmed(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    // One phone for two, one of high risk, one that wants one text, and one on its last day.
    app.patient(NewPatient::on(PHONE).unconfirmed().high_risk()).await;
    app.patient(NewPatient { one_text: true, ..NewPatient::on(PHONE).unconfirmed() }).await;
    app.patient(NewPatient::on(OTHER).unconfirmed().high_risk().until(0, "none")).await;
    let early = ["36.8", "36.8 97 2 0", "B 37.2", "もどる", "もう一度", "パス", "English", "日本語", "再開", "HELP"];
    for phone in [PHONE, OTHER] {
        app.advance_to(4, 30).await;
        for text in early {
            assert_eq!(app.text_from(phone, text).await.len(), 1, "{text} is answered");
        }
        app.advance(TimeDelta::days(1)).await;
    }
    // They were welcomed meanwhile, and their texts have not confirmed anything.
    for hour in [7, 8, 12, 14, 15, 18, 21] {
        app.advance_to(hour, 50).await;
        for phone in [PHONE, OTHER] {
            app.text_from(phone, if hour % 2 == 0 { "もう一度" } else { "English" }).await;
            app.text_from(phone, "もどる").await;
        }
    }
    app.advance_to(4, 0).await;
    assert_eq!(app.text_from(OTHER, "36.8 97 2 0 2").await.len(), 1);
    app.advance(TimeDelta::days(3)).await;
    for phone in [PHONE, OTHER] {
        let texts = app.phone(phone);
        assert_eq!(health_questions(&texts), [""; 0], "{}", app.transcript());
        assert!(texts.len() > 10, "everything was answered");
        assert_eq!(app.contact(phone).await.confirmed_at, None);
    }
    // Nobody counts as asked, and everybody is on the list.
    let status = app.round_status().await;
    assert_eq!(status.counts.green, 0);
    for line in &status.chase_list {
        assert!(line.detail.contains(&"not-confirmed".to_owned()), "{:?}", line.detail);
    }
    app.finish().await;
}

async fn nobody_answers_for_three_days(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    for day in 1..=3_usize {
        app.advance_to(16, 59).await;
        assert_eq!(app.phone(PHONE).len(), 3 * day - 1, "{}", app.transcript());
        app.advance_to(20, 30).await;
        assert_eq!(app.phone(PHONE).len(), 3 * day, "reminded once:\n{}", app.transcript());
        let expected: &[_] = if day < 3 { &[] } else { &[(Severity::Orange, "welcome-unanswered".to_owned())] };
        assert_eq!(not_confirmed(&app).await, expected, "after day {day}");
    }
    let row = &app.round_status().await.patients[0];
    assert_eq!(row.open_alerts, 1, "staff find it at the patient");
    app.advance(TimeDelta::days(3)).await;
    assert_eq!(app.phone(PHONE).len(), 9, "staff phone now:\n{}", app.transcript());
    assert_eq!(not_confirmed(&app).await.len(), 1);
    // Whoever answers in the end is heard.
    app.text_from(PHONE, "1").await;
    assert!(app.contact(PHONE).await.confirmed_at.is_some(), "{}", app.transcript());
    app.advance(TimeDelta::days(1)).await;
    assert!(!health_questions(&app.phone(PHONE)).is_empty(), "{}", app.transcript());
    app.finish().await;
}

async fn three_wrong_identifiers_end_it(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "1").await;
    for wrong in ["9999991", "9999992", "9999993"] {
        assert!(app.contact(PHONE).await.confirmed_at.is_some());
        assert_eq!(app.text_from(PHONE, wrong).await.len(), 1);
    }
    assert_eq!(app.contact(PHONE).await.confirmed_at, None, "nobody knows who answers there");
    assert_eq!(not_confirmed(&app).await, [(Severity::Orange, "identity-not-confirmed".to_owned())]);
    let before = app.phone(PHONE).len();
    app.text_from(PHONE, "36.8 97 2 0 2").await;
    app.advance(TimeDelta::days(2)).await;
    let texts = app.phone(PHONE);
    assert_eq!(health_questions(&texts), [""; 0], "{}", app.transcript());
    assert_eq!(texts.len(), before + 1, "it is staff's, and nobody is welcomed again:\n{}", app.transcript());
    app.finish().await;
}

async fn whoever_does_not_know_the_identifier_is_asked_all_the_same(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "1").await;
    let replies = app.text_from(PHONE, "手元にありません").await;
    assert_eq!((replies.len(), health_questions(&replies).len()), (2, 1), "{replies:?}");
    assert!(app.contact(PHONE).await.confirmed_at.is_some());
    assert_eq!(not_confirmed(&app).await, [(Severity::Unknown, "identity-not-known".to_owned())]);
    app.advance_to(9, 0).await;
    app.finish().await;
}

async fn a_wrong_number_is_one_here_too(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.text_from(PHONE, "2").await.len(), 1, "the one confirmation");
    assert!(app.contact(PHONE).await.wrong_number_at.is_some());
    assert_eq!(app.text_from(PHONE, "1").await.len(), 0);
    app.advance(TimeDelta::days(3)).await;
    assert_eq!(app.phone(PHONE).len(), 3, "{}", app.transcript());
    assert!(app.alert_keys().await.contains(&"wrong-number".to_owned()));
    app.finish().await;
}

async fn any_identifier_of_the_family_is_right(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    let second = app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.phone(PHONE).len(), 2, "one welcome for both:\n{}", app.transcript());
    app.text_from(PHONE, "はい").await;
    let replies = app.text_from(PHONE, &second.her_sys_id).await;
    assert!(replies.last().is_some_and(|text| text.starts_with('A') && text.contains("体温")), "{replies:?}");
    answer_all(&mut app, PHONE, &WELL).await;
    assert!(app.phone(PHONE).last().is_some_and(|text| text.starts_with('B')), "{}", app.transcript());
    answer_all(&mut app, PHONE, &WELL).await;
    assert_eq!(app.round_status().await.counts.green, 2, "{}", app.transcript());
    app.finish().await;
}

async fn whoever_comes_in_the_afternoon_is_welcomed_at_once(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.advance_to(15, 0).await;
    let patient = app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.settle().await;
    assert_eq!(app.phone(PHONE).len(), 2, "{}", app.transcript());
    app.advance_to(16, 30).await;
    let late = app.patient(NewPatient::on(OTHER).unconfirmed()).await;
    app.advance_to(17, 30).await;
    assert_eq!((app.phone(PHONE).len(), app.phone(OTHER).len()), (3, 2), "not a moment after the question");
    for (phone, patient) in [(PHONE, &patient), (OTHER, &late)] {
        app.text_from(phone, "1").await;
        assert_eq!(app.text_from(phone, &patient.her_sys_id).await.len(), 1, "the morning is over");
    }
    let before = app.phone(PHONE).len();
    app.advance_to(6, 59).await;
    assert_eq!(app.phone(PHONE).len(), before, "{}", app.transcript());
    app.advance_to(7, 1).await;
    let texts = app.phone(PHONE);
    assert_eq!((texts.len(), health_questions(&texts).len()), (before + 1, 1), "{}", app.transcript());
    app.finish().await;
}

async fn an_identifier_that_is_never_given_is_put_before_staff(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    let patient = app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "1").await;
    app.advance_to(20, 1).await;
    assert_eq!(health_questions(&app.phone(PHONE)), [""; 0], "one question at a time:\n{}", app.transcript());
    assert_eq!(not_confirmed(&app).await, [(Severity::Unknown, "identity-not-known".to_owned())]);
    // It may still come, and the number is the right one in any case.
    app.text_from(PHONE, &patient.her_sys_id).await;
    app.advance_to(7, 1).await;
    assert_eq!(health_questions(&app.phone(PHONE)).len(), 1, "{}", app.transcript());
    assert_eq!(not_confirmed(&app).await.len(), 1);
    app.finish().await;
}

async fn a_cry_for_help_in_a_welcome_makes_the_patient_red(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    let replies = app.text_from(PHONE, "胸が痛い").await;
    assert!(replies.len() == 1 && replies[0].contains("119"), "{replies:?}");
    assert_eq!(red_alerts(&app).await, 1);
    assert_eq!(app.round_status().await.patients[0].severity, Severity::Red);
    app.advance_to(9, 0).await;
    assert_eq!(app.round_status().await.chase_list[0].patient.severity, Severity::Red);
    app.finish().await;
}

async fn a_center_without_a_welcome_promises_nothing(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(6, 0).await;
    let replies = app.text_from(PHONE, "36.8 97 2 0").await;
    assert!(replies.len() == 1 && !replies[0].contains("7:00") && health_questions(&replies).is_empty(), "{replies:?}");
    assert_eq!(app.alert_keys().await, ["note"], "staff have it");
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(app.phone(PHONE).len(), 1, "{}", app.transcript());
    app.finish().await;
}
