//! P12 to P14: who may be texted, what no text says, and what is written down of it; numbers that nobody knows.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::alert::AlertRule;

use super::{OTHER, PHONE, STRANGER, red_alerts};
use crate::support::app::{NewPatient, Setup};
use crate::support::provider::{Fate, Faults};

super::promises!(
    p12_nothing_follows_an_opt_out,
    p12_no_second_attempt_follows_an_opt_out,
    p12_a_lost_reply_is_not_sent_again_after_an_opt_out,
    p12_a_wrong_number_gets_nothing_more,
    p13_no_name_leaves,
    p14_every_enrolment_is_in_the_audit_trail,
    nobody_is_asked_before_the_number_is_confirmed,
    an_unknown_number_is_answered_once_a_day,
);

async fn p12_nothing_follows_an_opt_out(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.text_from(PHONE, "停止").await.len(), 1, "one confirmation");
    assert_eq!(app.text_from(PHONE, "停止").await.len(), 0, "and no more");
    assert_eq!(app.text_from(PHONE, "36.8 97 2 0 2").await.len(), 0);
    app.advance(TimeDelta::days(2)).await;
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 2, "{}", app.transcript());
    assert!(app.alert_keys().await.contains(&"opted-out".to_owned()), "the observation goes on: staff are told");
    assert_eq!(app.round_status().await.chase_list.len(), 1, "and they see who was not asked");
    // And back.
    assert_eq!(app.text_from(PHONE, "再開").await.len(), 1);
    app.advance(TimeDelta::days(1)).await;
    assert!(app.phone(PHONE).len() > 3, "{}", app.transcript());
    app.finish().await;
}

async fn p12_no_second_attempt_follows_an_opt_out(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(6, 59).await;
    let opens_at = app.round_of(app.today()).await.expect("planned").plan.opens_at;
    app.clock.set(opens_at);
    app.app().scheduler.tick().await.expect("the store works");
    app.provider.hold();
    app.provider.tell([Fate::Refused]);
    let (provider, relay) = (Arc::clone(&app.provider), Arc::clone(&app.app().relay));
    let meanwhile = async {
        provider.held().await;
        app.text_with_sid("SMstop", PHONE, "停止").await;
        provider.release();
    };
    let (passed, ()) = tokio::join!(relay.pass(), meanwhile);
    passed.expect("the store works");
    app.advance(TimeDelta::hours(3)).await;
    let texts = app.phone(PHONE);
    assert_eq!(texts.len(), 1, "the confirmation, which had to wait, and no opening:\n{}", app.transcript());
    app.finish().await;
}

async fn p12_a_lost_reply_is_not_sent_again_after_an_opt_out(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.provider.set_faults(Faults { lost_reply: 100, ..Faults::default() });
    app.text_from(PHONE, "36.8").await;
    app.provider.set_faults(Faults::default());
    app.text_from(PHONE, "停止").await;
    app.advance(TimeDelta::hours(1)).await;
    assert_eq!(app.phone(PHONE).len(), 2, "the opening and the confirmation:\n{}", app.transcript());
    app.finish().await;
}

async fn p12_a_wrong_number_gets_nothing_more(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "人違いです").await;
    let texts = app.phone(PHONE).len();
    for text in ["36.8", "再開", "HELP", "もしもし"] {
        assert_eq!(app.text_from(PHONE, text).await.len(), 0, "{text}");
    }
    app.advance(TimeDelta::days(2)).await;
    assert_eq!(app.phone(PHONE).len(), texts, "{}", app.transcript());
    assert!(app.alert_keys().await.contains(&"wrong-number".to_owned()));
    app.finish().await;
}

async fn p13_no_name_leaves(setup: Setup) {
    let mut app = setup.build().await;
    let patient = app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    for text in ["36.8", "試験 太郎です", "97", "2", "1,4", "2", "コロナの薬はありますか", "HELP"] {
        app.text_from(PHONE, text).await;
    }
    app.advance(TimeDelta::days(1)).await;
    for text in app.phone(PHONE) {
        for secret in ["試験", "太郎", "コロナ", "COVID", patient.her_sys_id.as_str()] {
            assert!(!text.contains(secret), "{secret} left in: {text}");
        }
    }
    app.finish().await;
}

async fn p14_every_enrolment_is_in_the_audit_trail(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    let mut read = app.store().read().await.expect("reads");
    let report = read.verify_audit().await.expect("reads");
    assert_eq!((report.rows, report.first_bad), (3, None), "the center and two patients");
    drop(read);
    app.finish().await;
}

async fn nobody_is_asked_before_the_number_is_confirmed(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE).unconfirmed()).await;
    app.advance_to(7, 1).await;
    assert_eq!(app.phone(PHONE), [""; 0]);
    let [reply] = &app.text_from(PHONE, "36.8").await[..] else { panic!("it is answered") };
    assert!(!reply.contains("酸素"), "no health question: {reply}");
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 1, "{}", app.transcript());
    app.finish().await;
}

async fn an_unknown_number_is_answered_once_a_day(setup: Setup) {
    let mut app = setup.build().await;
    app.advance_to(10, 0).await;
    assert_eq!(app.text_from(STRANGER, "もしもし").await.len(), 1);
    assert_eq!(app.text_from(STRANGER, "もしもし").await.len(), 0);
    for _ in 0..18 {
        app.text_from(STRANGER, "もしもし").await;
    }
    let [item] = &app.alerts().await[..] else { panic!("one item for staff: {:?}", app.alert_keys().await) };
    assert_eq!((item.rule, item.times, item.latest_at), (AlertRule::UnknownNumber, 20, app.now()));
    // A cry for help is no part of it (P8).
    assert_eq!(app.text_from(STRANGER, "胸が痛い").await.len(), 1);
    assert_eq!((red_alerts(&app).await, app.alerts().await.len()), (1, 2));
    app.text_from("+819012345698", "もしもし").await;
    assert_eq!(app.alerts().await.len(), 3, "another number is another item");
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(app.text_from(STRANGER, "もしもし").await.len(), 1);
    assert_eq!(app.alerts().await.len(), 4, "another day is another item");
    app.finish().await;
}
