//! What staff are shown: the numbers, the table and the chase list of a round, and who was never asked.

use chrono::TimeDelta;
use domain::alert::AlertRule;
use domain::chase_list::ChaseReason;
use domain::contact::Undeliverable;
use domain::message::OutboundState;
use domain::progress::Progress;
use domain::severity::Severity;
use mimamori::gateway::Rejection;

use super::{OTHER, PHONE, answer_all, red_alerts};
use crate::support::app::{NewPatient, Setup, TestApp};
use crate::support::provider::Fate;

super::promises!(
    whoever_got_no_text_was_never_asked,
    whoever_may_have_got_a_text_is_silent_and_that_is_said,
    a_provider_that_sends_nothing_is_one_alert,
    what_fails_at_one_number_is_about_that_one,
    whoever_wrote_of_a_warning_sign_is_not_silent,
    the_numbers_the_table_and_the_list_say_the_same,
);

/// Two patients on phones of their own, the first of high risk, and two on one phone.
async fn four_patients(app: &mut TestApp) {
    const SHARED: &str = "+819012345603";
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.patient(NewPatient::on(SHARED)).await;
    app.patient(NewPatient::on(SHARED)).await;
}

async fn whoever_got_no_text_was_never_asked(setup: Setup) {
    let mut app = setup.build().await;
    four_patients(&mut app).await;
    app.provider.tell([Fate::Rejected(Rejection::DailyLimit); 9]);
    app.advance_to(8, 29).await;
    let counts = app.round_status().await.counts;
    assert_eq!((counts.waiting, counts.silent, counts.unknown), (4, 0, 4), "nobody has been asked yet");
    app.advance_to(9, 0).await;
    assert_eq!(app.provider.taken().len(), 0, "{}", app.transcript());
    let status = app.round_status().await;
    assert_eq!((status.counts.never_asked, status.counts.silent, status.counts.unknown), (4, 0, 4));
    assert_eq!(status.chase_list.len(), 4);
    for line in &status.chase_list {
        assert_eq!((line.reason, line.patient.progress), (ChaseReason::NeverAsked, Progress::NeverAsked));
        assert_eq!(line.detail, ["not-sent:daily-limit"], "the one whose turn never came, too");
    }
    // A day on which texts leave again is an ordinary one.
    app.advance(TimeDelta::days(1)).await;
    let status = app.round_status().await;
    assert_eq!((status.counts.never_asked, status.counts.silent), (0, 4), "{}", app.transcript());
    app.finish().await;
}

async fn whoever_may_have_got_a_text_is_silent_and_that_is_said(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.patient(NewPatient::on(OTHER)).await;
    // The first phone's opening may have arrived; nothing else has.
    app.provider.tell([Fate::LostRequest]);
    app.provider.tell([Fate::Rejected(Rejection::Account); 5]);
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    let lines: Vec<_> = status
        .chase_list
        .iter()
        .map(|line| (line.patient.phone.as_str(), line.reason, line.patient.progress, line.detail.join(" ")))
        .collect();
    assert_eq!(
        lines,
        [
            (PHONE, ChaseReason::SilentHighRisk, Progress::Silent, "in-doubt".to_owned()),
            (OTHER, ChaseReason::NeverAsked, Progress::NeverAsked, "not-sent:account".to_owned()),
        ],
        "{}",
        app.transcript()
    );
    app.finish().await;
}

async fn a_provider_that_sends_nothing_is_one_alert(setup: Setup) {
    let mut app = setup.build().await;
    four_patients(&mut app).await;
    app.provider.tell([Fate::Rejected(Rejection::DailyLimit); 9]);
    app.advance_to(9, 0).await;
    let [alert] = &app.alerts().await[..] else { panic!("one alert: {:?}", app.alert_keys().await) };
    assert_eq!((alert.rule, alert.severity, alert.times), (AlertRule::Undelivered, Severity::Orange, 9));
    assert_eq!((alert.detail.as_str(), alert.patient_id, alert.contact_id), ("daily-limit", None, None));
    // Another cause is another matter, and so is another day.
    app.provider.tell([Fate::Rejected(Rejection::Account); 3]);
    app.advance_to(7, 30).await;
    app.provider.tell([Fate::Rejected(Rejection::DailyLimit); 3]);
    app.advance_to(8, 0).await;
    let mut alerts: Vec<_> = app.alerts().await.into_iter().map(|alert| (alert.detail, alert.times)).collect();
    alerts.sort();
    let expected = [("account", 3), ("daily-limit", 3), ("daily-limit", 9)].map(|(key, times)| (key.to_owned(), times));
    assert_eq!(alerts, expected);
    app.finish().await;
}

async fn what_fails_at_one_number_is_about_that_one(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.provider.tell([Fate::Rejected(Rejection::Number(Undeliverable::NotMobile)); 2]);
    app.advance_to(7, 1).await;
    let alerts = app.alerts().await;
    assert_eq!(alerts.len(), 2, "one for each");
    assert!(alerts.iter().all(|alert| alert.patient_id.is_some() && alert.times == 1 && alert.detail == "number"));
    // What the carrier says of each text to one phone is one matter.
    app.advance_to(7, 30).await;
    app.advance(TimeDelta::days(1)).await;
    for phone in [PHONE, OTHER] {
        app.text_from(phone, "電話してください").await;
        let texts = app.taken_by(phone);
        for text in &texts {
            app.report(text, true, OutboundState::Undelivered, Some(30_003)).await;
        }
        let alerts = app.alerts().await;
        let told: Vec<_> = alerts.iter().filter(|alert| alert.detail == "carrier").collect();
        assert_eq!(told.iter().map(|alert| alert.times as usize).sum::<usize>(), texts.len() * told.len());
    }
    // A safety text that did not arrive is never counted away.
    for _ in 0..2 {
        app.text_from(PHONE, "胸が痛い").await;
        let safety = app.taken_by(PHONE).pop().expect("taken");
        let reds = red_alerts(&app).await;
        app.report(&safety, true, OutboundState::Undelivered, Some(30_003)).await;
        assert_eq!(red_alerts(&app).await, reds + 1);
    }
    app.finish().await;
}

async fn whoever_wrote_of_a_warning_sign_is_not_silent(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "胸が痛い").await;
    let status = app.round_status().await;
    assert_eq!((status.patients[0].severity, status.patients[0].progress), (Severity::Red, Progress::Answering));
    assert_eq!((status.counts.silent, status.counts.answering), (0, 1));
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    assert_eq!((status.counts.silent, status.counts.partial), (0, 1));
    assert_eq!(status.chase_list[0].reason, ChaseReason::Red);
    app.finish().await;
}

async fn the_numbers_the_table_and_the_list_say_the_same(setup: Setup) {
    let mut app = setup.build().await;
    four_patients(&mut app).await;
    let low = "+819012345604";
    app.patient(NewPatient::on(low)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "停止").await;
    app.text_from(OTHER, "人違いです").await;
    // Taken back by a later value, and not cleared by staff.
    answer_all(&mut app, low, &["36.8", "72", "97", "2", "0", "2", "なし"]).await;
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    let counts = status.counts;
    // Whoever cannot be texted any more is as ill as is known: nobody knows (DESIGN.md, 7). That they are staff's now
    // is an alert of its own (P12), and the row says why.
    assert_eq!((counts.red, counts.orange, counts.unknown, counts.green), (1, 0, 4, 0), "{}", app.transcript());
    assert_eq!((counts.silent, counts.finished, counts.never_asked), (4, 1, 0));
    let mut lines: Vec<_> =
        status.chase_list.iter().map(|line| (line.reason, line.patient.severity, line.detail.join(" "))).collect();
    // The two on one phone are equally urgent.
    lines[3..].sort();
    let line = |reason, severity, detail: &str| (reason, severity, detail.to_owned());
    assert_eq!(
        lines,
        [
            line(ChaseReason::Red, Severity::Red, "very-low-oxygen"),
            line(ChaseReason::SilentHighRisk, Severity::Unknown, "opted-out"),
            line(ChaseReason::Silent, Severity::Unknown, "wrong-number not-confirmed"),
            line(ChaseReason::Silent, Severity::Unknown, ""),
            line(ChaseReason::Silent, Severity::Unknown, "waiting-turn"),
        ]
    );
    let table: Vec<_> = status.patients.iter().map(|line| line.patient_id).collect();
    assert_eq!(table[0], status.chase_list[0].patient.patient_id);
    app.finish().await;
}
