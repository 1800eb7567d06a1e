//! P5 to P7: texts in doubt, the order of texts, and the time after which they are worth nothing.

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use domain::contact::Undeliverable;
use domain::message::OutboundState;

use super::{PHONE, day};
use crate::support::app::{NewPatient, Setup};
use crate::support::provider::{Fate, Faults};

super::promises!(
    p5_a_reply_in_doubt_is_found_at_the_provider,
    p5_a_lost_reply_is_sent_again,
    p5_a_lost_safety_text_is_sent_again_after_a_minute,
    p5_a_scheduled_text_in_doubt_is_never_sent_again,
    p5_a_relay_that_died_leaves_doubt_and_no_second_text,
    p5_what_the_list_says_of_a_failure_reaches_staff,
    p6_a_reply_waits_for_an_older_text,
    p7_nothing_leaves_after_its_deadline,
    p7_no_text_leaves_in_its_last_second,
    p7_an_opening_is_on_time_when_clocks_change,
);

async fn p5_a_reply_in_doubt_is_found_at_the_provider(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "36.8").await;
    let reply = app.taken_by(PHONE).pop().expect("the reply");
    assert_eq!(app.state_of(reply.id).await, OutboundState::Unknown, "nobody has called back");
    app.advance(TimeDelta::minutes(10)).await;
    assert_eq!(app.state_of(reply.id).await, OutboundState::Delivered, "the list has it");
    assert_eq!((app.phone(PHONE).len(), app.provider.attempts(reply.id)), (2, 0), "and it is not sent again");
    app.finish().await;
}

async fn p5_a_lost_reply_is_sent_again(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.provider.set_faults(Faults { lost_reply: 100, ..Faults::default() });
    let [reply] = &app.text_from(PHONE, "36.8").await[..] else { panic!("one reply") };
    let reply = reply.clone();
    app.advance(TimeDelta::seconds(100)).await;
    assert_eq!(app.phone(PHONE).len(), 1, "not yet: the list may lag");
    app.advance(TimeDelta::minutes(5)).await;
    assert_eq!(app.phone(PHONE)[1..], [reply], "sent again, once");
    app.finish().await;
}

async fn p5_a_lost_safety_text_is_sent_again_after_a_minute(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.provider.set_faults(Faults { lost_reply: 100, ..Faults::default() });
    app.text_from(PHONE, "胸が痛い").await;
    app.advance(TimeDelta::seconds(110)).await;
    let texts = app.phone(PHONE);
    assert_eq!(texts.len(), 2, "{}", app.transcript());
    assert!(texts[1].contains("119"));
    app.finish().await;
}

async fn p5_a_scheduled_text_in_doubt_is_never_sent_again(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.provider.tell([Fate::LostRequest]);
    app.advance_to(7, 44).await;
    assert_eq!(app.phone(PHONE).len(), 0, "it may be there, so it is not sent again");
    app.provider.tell([Fate::LostAnswer]);
    app.advance_to(8, 14).await;
    assert_eq!(app.phone(PHONE).len(), 1, "the reminder was taken, and found");
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 2);
    assert_eq!(app.alert_keys().await, ["undelivered"], "of the one that nobody found, staff are told once");
    app.finish().await;
}

async fn p5_a_relay_that_died_leaves_doubt_and_no_second_text(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(6, 59).await;
    let opens_at = app.round_of(app.today()).await.expect("planned").plan.opens_at;
    app.clock.set(opens_at);
    app.app().scheduler.tick().await.expect("the store works");
    app.provider.hold();
    {
        let provider = Arc::clone(&app.provider);
        let relay = Arc::clone(&app.app().relay);
        tokio::select! {
            _ = relay.pass() => panic!("the send is held"),
            () = provider.held() => {}
        }
        // The pass is dropped here, in the middle of the send.
    }
    app.provider.release();
    app.restart().await;
    assert_eq!(app.unsettled().await, [(OutboundState::Sending, 1)]);
    app.advance(TimeDelta::minutes(30)).await;
    assert_eq!(app.unsettled().await, [(OutboundState::Unknown, 1)], "the lease ran out: nobody knows");
    assert_eq!(app.phone(PHONE).len(), 0);
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 2, "the reminders only:\n{}", app.transcript());
    app.finish().await;
}

async fn p5_what_the_list_says_of_a_failure_reaches_staff(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    app.text_from(PHONE, "36.8").await;
    let reply = app.taken_by(PHONE).pop().expect("the reply");
    app.provider.set_state(&reply.provider_id, OutboundState::Undelivered, Some(30_006));
    app.advance(TimeDelta::minutes(5)).await;
    assert_eq!(app.state_of(reply.id).await, OutboundState::Undelivered);
    assert_eq!(app.alert_keys().await, ["undelivered"]);
    assert_eq!(app.contact(PHONE).await.undeliverable, Some(Undeliverable::NotMobile));
    app.finish().await;
}

async fn p6_a_reply_waits_for_an_older_text(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 44).await;
    let round = app.round().await;
    app.clock.set(round.plan.reminders_at[0]);
    app.app().scheduler.tick().await.expect("the store works");
    app.provider.hold();
    let provider = Arc::clone(&app.provider);
    let relay = Arc::clone(&app.app().relay);
    let meanwhile = async {
        provider.held().await;
        let first = app.text_with_sid("SMmeanwhile1", PHONE, "36.8").await;
        let second = app.text_with_sid("SMmeanwhile2", PHONE, "97").await;
        let help = app.text_with_sid("SMmeanwhile3", PHONE, "胸が痛い").await;
        provider.release();
        (first, second, help)
    };
    let (passed, (first, second, help)) = tokio::join!(relay.pass(), meanwhile);
    passed.expect("the store works");
    assert_eq!((first.len(), second.len()), (0, 0), "they would overtake the reminder");
    assert_eq!(help.len(), 1, "a safety text waits for nobody");
    app.settle().await;
    let texts = app.phone(PHONE);
    assert_eq!(texts.len(), 5, "{}", app.transcript());
    assert!(texts[1].contains("119"), "{}", app.transcript());
    assert!(texts[2].contains("8:30"), "then the reminder: {}", app.transcript());
    assert!(texts[3].contains("36.8") && texts[4].contains("97"), "then the replies: {}", app.transcript());
    app.finish().await;
}

async fn p7_nothing_leaves_after_its_deadline(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.provider.set_faults(Faults { refused: 100, list_fails: 100, ..Faults::default() });
    app.advance_to(8, 31).await;
    app.provider.set_faults(Faults::default());
    app.advance_to(12, 0).await;
    assert_eq!(app.phone(PHONE), [""; 0], "what could not leave in time does not leave");
    assert_eq!(app.unsettled().await, []);
    app.finish().await;
}

async fn p7_no_text_leaves_in_its_last_second(setup: Setup) {
    let mut app = setup.build().await;
    app.provider.set_faults(Faults { refused: 100, ..Faults::default() });
    app.advance_to(8, 14).await;
    app.provider.set_faults(Faults::default());
    let deadline = app.round().await.plan.deadline_at;
    app.clock.set(deadline - TimeDelta::milliseconds(900));
    app.patient(NewPatient::on(PHONE)).await;
    app.settle().await;
    assert_eq!(app.phone(PHONE), [""; 0], "the provider counts in whole seconds");
    app.jump_to(deadline + TimeDelta::days(1) - TimeDelta::milliseconds(1_500)).await;
    let taken = app.taken_by(PHONE).pop().expect("a second is enough");
    assert_eq!(taken.validity_seconds, Some(1));
    app.finish().await;
}

async fn p7_an_opening_is_on_time_when_clocks_change(setup: Setup) {
    let start = day(2026, 3, 7).and_hms_opt(3, 0, 0).expect("a time");
    let mut app = Setup { zone: Tz::America__New_York, start, ..setup }.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance(TimeDelta::days(2)).await;
    let openings: Vec<String> = app
        .taken_by(PHONE)
        .iter()
        .filter(|taken| taken.validity_seconds == Some(90 * 60))
        .map(|taken| taken.at.to_rfc3339())
        .collect();
    assert_eq!(openings, ["2026-03-07T12:00:00+00:00", "2026-03-08T11:00:00+00:00"], "07:00 on both days");
    app.finish().await;
}
