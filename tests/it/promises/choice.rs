//! Who is asked in which dialog, and what staff see of it: the second check of the day, the last day, one text for all.

use chrono::TimeDelta;
use domain::alert::AlertRule;
use domain::chase_list::ChaseReason;
use domain::progress::Progress;
use domain::round::{Round, RoundKind, RoundState};
use domain::severity::Severity;
use mimamori::enrol::{self, Actor};

use super::{OTHER, PHONE, WELL, answer_all};
use crate::support::app::{NewPatient, Setup, TestApp};

super::promises!(
    only_high_risk_is_checked_a_second_time,
    a_text_belongs_to_the_latest_round_in_which_somebody_is,
    on_a_shared_phone_a_name_says_which_round_is_meant,
    a_red_value_in_the_afternoon_is_in_its_own_round,
    a_second_check_that_is_switched_off_asks_nobody_new,
    whoever_wants_one_text_is_asked_in_one,
    the_last_day_ends_with_a_proposal_and_staff_decide,
    the_end_is_doubtful_without_the_facts,
);

async fn second(app: &TestApp) -> Round {
    app.round_of_kind(RoundKind::Second).await.expect("it is planned")
}

async fn only_high_risk_is_checked_a_second_time(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.patient(NewPatient::on(OTHER)).await;
    let unconfirmed = "+819012345603";
    app.patient(NewPatient::on(unconfirmed).high_risk().unconfirmed()).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &WELL).await;
    answer_all(&mut app, OTHER, &WELL).await;
    let (before, other) = (app.phone(PHONE).len(), app.phone(OTHER).len());
    app.advance_to(14, 1).await;
    let texts = app.phone(PHONE);
    assert_eq!(texts.len(), before + 1, "{}", app.transcript());
    assert!(texts.last().is_some_and(|text| text.contains("15:30")), "{texts:?}");
    app.advance_to(15, 31).await;
    assert_eq!(app.phone(OTHER).len(), other, "{}", app.transcript());
    assert_eq!(app.phone(PHONE).len(), before + 2, "asked and reminded");
    // A list of its own, of those who are in it; the morning's stays.
    let status = app.status_of(&second(&app).await).await;
    assert_eq!((status.kind, status.state, status.counts.patients), (RoundKind::Second, RoundState::Closed, 2));
    let reasons: Vec<_> = status.chase_list.iter().map(|line| (line.reason, line.detail.join(" "))).collect();
    assert_eq!(
        reasons,
        [(ChaseReason::SilentHighRisk, String::new()), (ChaseReason::NeverAsked, "not-confirmed".to_owned())]
    );
    let morning = app.round_status().await;
    assert_eq!((morning.kind, morning.counts.patients, morning.counts.green), (RoundKind::Morning, 3, 2));
    // Too late, and still for the afternoon.
    app.text_from(PHONE, "36.9").await;
    let status = app.status_of(&second(&app).await).await;
    assert!(status.patients.iter().any(|line| line.late), "{}", app.transcript());
    assert_eq!(app.round_status().await.counts.late, 0);
    app.advance(TimeDelta::days(1)).await;
    app.finish().await;
}

async fn a_text_belongs_to_the_latest_round_in_which_somebody_is(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(14, 1).await;
    // Neither has answered in the morning.
    answer_all(&mut app, PHONE, &["36.6", "98", "2", "2"]).await;
    app.text_from(OTHER, "36.8").await;
    let afternoon = app.status_of(&second(&app).await).await;
    assert_eq!(afternoon.counts.green, 1, "{}", app.transcript());
    assert_eq!(afternoon.patients[0].progress, Progress::Finished);
    let morning = app.round_status().await;
    assert_eq!(
        (morning.counts.late, morning.counts.partial, morning.counts.silent),
        (1, 1, 1),
        "each where it belongs"
    );
    app.advance_to(16, 0).await;
    assert_eq!(app.status_of(&second(&app).await).await.chase_list.len(), 0);
    // The next morning is another day for both.
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &WELL).await;
    assert_eq!(app.round_status().await.counts.green, 1, "{}", app.transcript());
    app.finish().await;
}

async fn on_a_shared_phone_a_name_says_which_round_is_meant(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    let standard = app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(14, 1).await;
    assert!(app.phone(PHONE).last().is_some_and(|text| text.starts_with('A')), "{}", app.transcript());
    app.text_from(PHONE, "B 36.9").await;
    let late = |status: &mimamori::round_status::RoundStatus| -> Vec<_> {
        status.patients.iter().filter(|line| line.late).map(|line| line.patient_id).collect()
    };
    assert_eq!(late(&app.round_status().await), [standard.id], "{}", app.transcript());
    answer_all(&mut app, PHONE, &["36.6", "98", "2", "2"]).await;
    assert_eq!(app.status_of(&second(&app).await).await.counts.green, 1);
    app.advance_to(16, 0).await;
    app.finish().await;
}

async fn a_red_value_in_the_afternoon_is_in_its_own_round(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &WELL).await;
    app.advance_to(14, 1).await;
    answer_all(&mut app, PHONE, &["36.6", "91", "2", "2"]).await;
    let afternoon = app.status_of(&second(&app).await).await;
    assert_eq!((afternoon.counts.red, afternoon.patients[0].open_alerts), (1, 1), "{}", app.transcript());
    let morning = app.round_status().await;
    assert_eq!((morning.counts.red, morning.counts.green, morning.patients[0].open_alerts), (0, 1, 0));
    app.advance_to(16, 0).await;
    assert_eq!(app.status_of(&second(&app).await).await.chase_list[0].reason, ChaseReason::Red);
    app.finish().await;
}

async fn a_second_check_that_is_switched_off_asks_nobody_new(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    app.patient(NewPatient::on(PHONE).high_risk()).await;
    app.advance_to(9, 0).await;
    let change = async |app: &mut TestApp, second| {
        let before = app.center.clone();
        app.center.second = second;
        let mut tx = app.store().begin().await.expect("begins");
        let changed = enrol::change_center(&mut tx, &before, &app.center, &Actor::command_line(), app.now()).await;
        changed.expect("it is valid");
        tx.commit().await.expect("commits");
        app.settle().await;
    };
    let known = app.center.second.clone();
    change(&mut app, None).await;
    let before = app.phone(PHONE).len();
    app.advance_to(14, 30).await;
    assert_eq!(app.phone(PHONE).len(), before, "{}", app.transcript());
    assert_eq!(app.round_of_kind(RoundKind::Second).await, None, "what was planned is taken back");
    // On again, in time for today.
    change(&mut app, known).await;
    assert_eq!(app.phone(PHONE).len(), before + 1, "{}", app.transcript());
    change(&mut app, None).await;
    app.patient(NewPatient::on(OTHER).high_risk()).await;
    app.advance_to(16, 0).await;
    assert_eq!(app.phone(OTHER).len(), 0, "{}", app.transcript());
    assert_eq!(second(&app).await.state, RoundState::Closed, "who was asked is on its list");
    let mut read = app.store().read().await.expect("reads");
    let audit = read.verify_audit().await.expect("reads");
    assert_eq!((audit.rows, audit.first_bad), (6, None), "a center, two patients, three changes");
    drop(read);
    app.finish().await;
}

async fn whoever_wants_one_text_is_asked_in_one(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    let thrifty = app.patient(NewPatient { one_text: true, ..NewPatient::on(PHONE) }).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(7, 1).await;
    assert_eq!((app.phone(PHONE).len(), app.phone(OTHER).len()), (2, 1), "{}", app.transcript());
    assert_eq!(app.text_from(PHONE, "36.8 97 2 2 0").await.len(), 1);
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.counts.finished), (1, 1), "{}", app.transcript());
    // Staff take it back: the next morning is as everybody's.
    let mut tx = app.store().begin().await.expect("begins");
    let changed = enrol::set_one_text(&mut tx, &thrifty, false, &Actor::command_line(), app.now()).await;
    assert!(changed.expect("the store works"));
    tx.commit().await.expect("commits");
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(app.phone(PHONE).len(), 2 + 1 + 1, "{}", app.transcript());
    app.finish().await;
}

async fn the_last_day_ends_with_a_proposal_and_staff_decide(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    let patient = app.patient(NewPatient::on(PHONE).until(1, "2026-11-15")).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &WELL).await;
    assert_eq!(app.alerts().await, [], "an ordinary day");
    app.advance(TimeDelta::days(1)).await;
    answer_all(&mut app, PHONE, &["36.5", "97", "2", "0", "2", "2", "1", "2", "なし"]).await;
    let [proposal] = &app.alerts().await[..] else { panic!("one item: {:?}", app.alert_keys().await) };
    assert_eq!((proposal.rule, proposal.severity), (AlertRule::Release, Severity::Unknown));
    assert_eq!(proposal.detail, "release-possible");
    let status = app.round_status().await;
    let line = &status.patients[0];
    assert_eq!((line.severity, line.release.join(" ")), (Severity::Green, "release-possible".to_owned()));
    app.advance_to(9, 0).await;
    assert_eq!(app.round_status().await.chase_list.len(), 0, "a proposal makes nobody worrying");
    let before = app.phone(PHONE).len();
    // Staff find it too early, and say why.
    let mut tx = app.store().begin().await.expect("begins");
    let until = app.today() + TimeDelta::days(1);
    let moved = enrol::observe_until(&mut tx, patient.id, until, "still weak", &Actor::command_line(), app.now()).await;
    assert!(!moved.expect("the store works").is_over);
    tx.commit().await.expect("commits");
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(app.phone(PHONE).len(), before + 3, "asked and reminded twice:\n{}", app.transcript());
    app.advance(TimeDelta::days(2)).await;
    assert_eq!(app.phone(PHONE).len(), before + 3, "and that was the last day");
    app.finish().await;
}

async fn the_end_is_doubtful_without_the_facts(setup: Setup) {
    let mut app = setup.with_everything().build().await;
    // In September 2022 days have to have passed since the beginning, which is not known here.
    app.patient(NewPatient::on(PHONE).until(0, "")).await;
    app.patient(NewPatient::on(OTHER).until(0, "none")).await;
    app.advance_to(7, 1).await;
    answer_all(&mut app, PHONE, &["38.0", "97", "2", "0", "2", "1", "4", "2", "なし"]).await;
    let alerts = app.alerts().await;
    let proposal = alerts.iter().find(|alert| alert.rule == AlertRule::Release).expect("there is one");
    assert_eq!(proposal.detail, "release-doubtful doubt-fever doubt-eased doubt-answers", "{}", app.transcript());
    let status = app.round_status().await;
    let line = status.patients.iter().find(|line| line.phone == PHONE).expect("there");
    assert_eq!((line.severity, line.release.len()), (Severity::Green, 4));
    let table = status.render_table(mimamori::i18n::Lang::En);
    assert!(table.contains("the end is doubtful, fever, or no temperature"), "{table}");
    let told = app.phone(PHONE).iter().any(|text| text.contains("終了") || text.contains("解除"));
    assert!(!told, "staff decide, and tell the patient:\n{}", app.transcript());
    // Whoever does not finish has no proposal, and is on the list as on any day.
    app.advance_to(9, 0).await;
    assert_eq!(app.round_status().await.chase_list.len(), 1);
    app.finish().await;
}
