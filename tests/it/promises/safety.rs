//! P8 to P11: cries for help, silence that is never green, corrections, and the dialog that a morning began with.

use chrono::TimeDelta;
use domain::chase_list::ChaseReason;
use domain::check_in::Completeness;
use domain::progress::Progress;
use domain::severity::Severity;

use super::{OTHER, PHONE, STRANGER, WELL, answer_all, faulty_center, red_alerts};
use crate::support::app::{NewPatient, Setup, inbound};

super::promises!(
    p8_a_cry_for_help_is_answered_whoever_sends_it,
    p8_a_cry_for_help_needs_no_dialog_of_its_own_and_no_number,
    p9_silence_is_never_green,
    p9_a_late_thank_you_takes_nothing_back,
    p9_leaving_questions_out_is_never_green,
    p10_a_corrected_answer_stays_readable,
    p11_a_running_conversation_stays_on_its_dialog,
    very_low_oxygen_is_confirmed_and_then_better,
    a_red_value_raises_one_alert,
);

async fn p8_a_cry_for_help_is_answered_whoever_sends_it(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "停止").await;
    app.text_from(OTHER, "人違いです").await;
    app.advance_to(23, 0).await;
    for phone in [PHONE, OTHER, STRANGER, STRANGER] {
        let reds = red_alerts(&app).await;
        let replies = app.text_from(phone, "胸が痛い").await;
        assert!(replies.first().is_some_and(|text| text.contains("119")), "{phone} {replies:?}");
        assert_eq!(red_alerts(&app).await, reds + 1, "{phone}");
    }
    app.finish().await;
}

async fn p8_a_cry_for_help_needs_no_dialog_of_its_own_and_no_number(setup: Setup) {
    let mut app = setup.build().await;
    let faulty = faulty_center(&app);
    app.add_center(&faulty).await;
    for (sid, from, center) in [("SM1", PHONE, &faulty), ("SM2", "119119", &app.center), ("SM3", "ABC", &app.center)] {
        let text = inbound(sid, from, center.sender.as_e164(), "息ができない");
        let answer = app.app().inbox.receive(text).await.expect("it is taken");
        assert!(answer.contains("119"), "{from}: {answer}");
        let seen = app.store().read().await.expect("reads").open_alerts(center.id, 10).await.expect("reads");
        assert!(seen.iter().any(|alert| alert.severity == Severity::Red), "{from}: staff see it");
    }
    app.finish().await;
}

async fn p9_silence_is_never_green(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.patient(NewPatient::on("+819012345603").unconfirmed()).await;
    app.patient(NewPatient::on("+819012345604")).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, "+819012345604", &WELL[..4]).await;
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.counts.unknown), (0, 4));
    let reasons: Vec<_> = status.chase_list.iter().map(|line| line.reason).collect();
    assert_eq!(
        reasons,
        [ChaseReason::SilentHighRisk, ChaseReason::Silent, ChaseReason::Partial, ChaseReason::NeverAsked]
    );
    app.finish().await;
}

async fn p9_a_late_thank_you_takes_nothing_back(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &WELL).await;
    app.advance_to(9, 0).await;
    app.text_from(PHONE, "ありがとうございます").await;
    let status = app.round_status().await;
    assert_eq!((status.counts.finished, status.counts.late), (1, 0), "{}", app.transcript());
    let mut read = app.store().read().await.expect("reads");
    let rows = read.round_rows(app.round().await.id).await.expect("reads");
    let check_in = rows.iter().find_map(|row| row.check_in.clone()).expect("there");
    assert!(check_in.is_reassuring() && check_in.finished_at.is_some());
    drop(read);
    // A report that comes late is complete all the same, and marked.
    app.text_from(OTHER, "36.8 97 2 0 2").await;
    let status = app.round_status().await;
    let late = status.patients.iter().find(|line| line.phone == OTHER).expect("there");
    assert!(late.late, "{}", app.transcript());
    app.finish().await;
}

async fn p9_leaving_questions_out_is_never_green(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &["36.8", "パス", "2", "0", "2", "なし"]).await;
    let status = app.round_status().await;
    assert_eq!(status.patients[0].progress, Progress::Finished);
    assert_eq!((status.counts.green, status.counts.unknown), (0, 1));
    app.advance_to(9, 0).await;
    assert_eq!(app.round_status().await.chase_list.len(), 1, "somebody has to call");
    app.finish().await;
}

async fn p10_a_corrected_answer_stays_readable(setup: Setup) {
    let mut app = setup.build().await;
    let patient = app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &["38.9", "もどる", "36.9"]).await;
    let round = app.round().await;
    let mut read = app.store().read().await.expect("reads");
    let conversation = read.conversations_of_contact(round.id, patient.contact_id).await.expect("reads").remove(0);
    let answers = read.answers_of_conversation(conversation.id).await.expect("reads");
    let raw: Vec<_> = answers.iter().map(|answer| (answer.question_key.as_str(), answer.raw.0.as_str())).collect();
    assert_eq!(raw, [("temperature", "38.9"), ("temperature", "36.9")]);
    drop(read);
    app.finish().await;
}

async fn p11_a_running_conversation_stays_on_its_dialog(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "36.8").await;
    // From now on the program has only the edited dialog; the old one is in the store.
    app.edit_dialog("texts.ja.toml", "体温を数字で", "お熱を数字で");
    app.restart().await;
    answer_all(&mut app, PHONE, &WELL[1..]).await;
    assert_eq!(app.round_status().await.counts.green, 1, "{}", app.transcript());
    app.advance_to(7, 46).await;
    assert!(app.phone(OTHER)[1].contains("体温を"), "the reminder is in the words of the opening");
    app.advance(TimeDelta::days(1)).await;
    assert!(app.phone(OTHER).iter().any(|text| text.contains("お熱を")), "the next round runs the new one");
    app.finish().await;
}

async fn very_low_oxygen_is_confirmed_and_then_better(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "36.8").await;
    let low = app.text_from(PHONE, "72").await;
    assert_eq!(low.len(), 2, "{low:?}");
    assert!(low[0].contains("119") && low[1].contains("72"), "{low:?}");
    assert_eq!(app.alert_keys().await, ["warning-sign"]);
    answer_all(&mut app, PHONE, &WELL[1..]).await;
    assert_eq!(app.alert_keys().await, ["warning-sign"], "no second alert");
    let round = app.round().await;
    let mut read = app.store().read().await.expect("reads");
    let row = read.round_rows(round.id).await.expect("reads").remove(0);
    drop(read);
    let check_in = row.check_in.expect("there");
    assert_eq!((check_in.completeness, check_in.severity), (Completeness::Complete, Severity::Green));
    assert_eq!(app.round_status().await.counts.red, 1, "red for staff, until they close the alert");
    app.finish().await;
}

async fn a_red_value_raises_one_alert(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &["36.8", "91", "2", "0", "2", "なし"]).await;
    assert_eq!(app.alert_keys().await, ["red-value"]);
    app.finish().await;
}
