//! What comes of texts in the order in which people send them: whole mornings, shared phones, early texts.

use chrono::TimeDelta;
use domain::contact::Undeliverable;
use domain::round::RoundState;
use domain::severity::Severity;
use mimamori::gateway::Rejection;

use super::{PHONE, WELL, answer_all};
use crate::support::app::{NewPatient, Setup};
use crate::support::provider::Fate;

super::promises!(
    a_whole_morning,
    a_shared_phone_is_asked_in_turn,
    a_text_that_names_a_patient_is_about_that_patient,
    a_number_that_cannot_be_texted_is_asked_again_after_it_wrote,
    an_early_report_counts_for_the_coming_round,
    a_text_before_the_first_tick_begins_the_conversation,
);

async fn a_whole_morning(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.phone(PHONE).len(), 1, "the opening");
    answer_all(&mut app, PHONE, &WELL).await;
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 7, "no reminder to whoever is through:\n{}", app.transcript());
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.counts.finished), (1, 1));
    assert_eq!((status.state, status.chase_list.len()), (RoundState::Closed, 0));
    app.finish().await;
}

async fn a_shared_phone_is_asked_in_turn(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.phone(PHONE).len(), 1, "one is asked at a time");
    answer_all(&mut app, PHONE, &WELL[..5]).await;
    let both = app.text_from(PHONE, "なし").await;
    assert_eq!(both.len(), 2, "the end of one and the beginning of the next: {both:?}");
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.counts.silent, status.counts.waiting), (1, 1, 1));
    app.advance_to(7, 46).await;
    let reminded = app.phone(PHONE);
    assert_eq!(reminded.len(), 9, "one reminder, for the one whose turn it is:\n{}", app.transcript());
    answer_all(&mut app, PHONE, &WELL).await;
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    assert_eq!((status.counts.green, status.chase_list.len()), (2, 1));
    app.finish().await;
}

async fn a_text_that_names_a_patient_is_about_that_patient(setup: Setup) {
    let mut app = setup.build().await;
    for _ in 0..3 {
        app.patient(NewPatient::on(PHONE)).await;
    }
    app.advance_to(7, 1).await;
    let taken = app.text_from(PHONE, "Ｃ　３８．６").await;
    assert!(taken[0].starts_with('C') && taken[0].contains("38.6"), "{taken:?}");
    let warned = app.text_from(PHONE, "B息が苦しくて横になれない").await;
    assert!(warned[0].starts_with('B') && warned[0].contains("119"), "{warned:?}");
    let next = app.text_from(PHONE, "A 36.8").await;
    assert!(next[0].starts_with('A') && next[0].contains("36.8"), "the one who is asked goes on: {next:?}");
    let round = app.round().await;
    let rows = app.store().read().await.expect("reads").round_rows(round.id).await.expect("reads");
    let severity = |letter: char| {
        let row = rows.iter().find(|row| row.patient.letter == letter).expect("a row each");
        row.check_in.as_ref().map(|check_in| check_in.severity)
    };
    let expected = [Some(Severity::Unknown), Some(Severity::Red), Some(Severity::Orange)];
    assert_eq!(['A', 'B', 'C'].map(severity), expected, "the sign is B's and the fever C's:\n{}", app.transcript());
    app.finish().await;
}

async fn a_number_that_cannot_be_texted_is_asked_again_after_it_wrote(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.provider.tell([Fate::Rejected(Rejection::Number(Undeliverable::NotMobile))]);
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE), [""; 0], "a landline is not reminded");
    assert_eq!(app.alert_keys().await, ["undelivered"]);
    app.text_from(PHONE, "電話してください").await;
    assert_eq!(app.contact(PHONE).await.undeliverable, None, "who writes can be written to");
    app.advance_to(7, 1).await;
    assert_eq!(app.phone(PHONE).len(), 2);
    app.finish().await;
}

async fn an_early_report_counts_for_the_coming_round(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(5, 30).await;
    app.text_from(PHONE, "36.8 97 2 0 2").await;
    app.text_from(PHONE, "なし").await;
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    assert_eq!((status.day, status.counts.green), (app.today(), 1), "{}", app.transcript());
    assert_eq!(app.phone(PHONE).len(), 2, "nothing is asked again:\n{}", app.transcript());
    app.finish().await;
}

async fn a_text_before_the_first_tick_begins_the_conversation(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(6, 59).await;
    // The service was away at the opening; the text comes before its first tick.
    app.clock.set(app.now() + TimeDelta::minutes(20));
    let sid = app.new_sid();
    let replies = app.text_with_sid(&sid, PHONE, "36.8").await;
    assert_eq!(replies.len(), 1);
    app.settle().await;
    assert_eq!(app.phone(PHONE).len(), 1, "no opening after that");
    answer_all(&mut app, PHONE, &WELL[1..]).await;
    assert_eq!(app.round_status().await.counts.green, 1, "{}", app.transcript());
    app.finish().await;
}
