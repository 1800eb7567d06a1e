//! P1 to P4: nothing is lost, nothing has two effects, nobody waits for another, nothing scheduled goes out twice.

use chrono::TimeDelta;
use domain::alert::AlertRule;
use domain::chase_list::ChaseReason;
use domain::dialog::definition::DialogHash;
use domain::round::RoundState;
use tokio::task::JoinSet;

use super::{OTHER, PHONE, WELL, answer_all, faulty_center};
use crate::support::app::{NewPatient, Setup, TestApp, inbound, texts_in};

super::promises!(
    p1_what_was_answered_is_there_after_a_restart,
    p2_fifty_copies_of_one_text_have_one_effect,
    p3_a_failed_turn_fails_alone,
    p3_two_machines_do_not_talk_for_ever,
    p4_nothing_scheduled_goes_out_twice,
    p4_an_opening_of_two_texts_goes_out_whole_and_once,
    p4_a_missed_opening_is_made_up_until_the_deadline,
    p4_overdue_reminders_collapse_into_one,
    p4_a_faulty_center_keeps_nobody_else_waiting,
);

async fn p1_what_was_answered_is_there_after_a_restart(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    let sid = app.new_sid();
    let bytes = app.deliver(&sid, PHONE, "36.8").await.expect("taken");
    app.restart().await;
    assert_eq!(app.deliver(&sid, PHONE, "36.8").await, Ok(bytes.clone()), "the stored bytes");
    app.take_answer(PHONE, &bytes);
    answer_all(&mut app, PHONE, &WELL[1..]).await;
    assert_eq!(app.round_status().await.counts.green, 1);
    app.finish().await;
}

async fn p2_fifty_copies_of_one_text_have_one_effect(setup: Setup) {
    let mut app = setup.build().await;
    let patient = app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    let mut copies = JoinSet::new();
    for _ in 0..50 {
        let inbox = app.app().inbox.clone();
        let text = inbound("SMcopies", PHONE, app.center.sender.as_e164(), "36.8");
        copies.spawn(async move { inbox.receive(text).await });
    }
    let mut answers: Vec<String> = copies.join_all().await.into_iter().map(|one| one.expect("taken")).collect();
    answers.dedup();
    let [bytes] = answers.as_slice() else { panic!("{} different answers", answers.len()) };
    assert_eq!(texts_in(bytes).len(), 1);
    let round = app.round().await;
    let mut read = app.store().read().await.expect("reads");
    let conversations = read.conversations_of_contact(round.id, patient.contact_id).await.expect("reads");
    let stored = read.answers_of_conversation(conversations[0].id).await.expect("reads");
    assert_eq!(stored.len(), 1, "one answer");
    let messages = read.messages_of_contact(patient.contact_id, 100).await.expect("reads");
    assert_eq!(messages.iter().filter(|message| message.inbound).count(), 1, "one text in");
    drop(read);
    // Other words under the same identifier change nothing either.
    assert_eq!(app.deliver("SMcopies", PHONE, "胸が痛い").await.as_ref(), Ok(bytes));
    app.restart().await;
    assert_eq!(app.deliver("SMcopies", PHONE, "36.8").await.as_ref(), Ok(bytes));
    assert_eq!(app.alert_keys().await, [""; 0]);
    app.finish().await;
}

/// Writes a conversation as no program does.
async fn overwrite(app: &TestApp, record: &store::ConversationRecord) {
    let mut tx = app.store().begin().await.expect("begins");
    assert!(tx.save_conversation(record, record.state.sequence).await.expect("writes"));
    tx.commit().await.expect("commits");
}

async fn p3_a_failed_turn_fails_alone(setup: Setup) {
    let mut app = setup.build().await;
    for number in 0..20 {
        app.patient(NewPatient::on(&format!("+8190123456{number:02}"))).await;
    }
    app.advance_to(7, 1).await;
    let (round, contact) = (app.round().await, app.contact("+819012345607").await);
    let mut read = app.store().read().await.expect("reads");
    let mut found = read.conversations_of_contact(round.id, contact.id).await.expect("reads");
    drop(read);
    let whole = found.pop().expect("a conversation");
    let mut broken = whole.clone();
    broken.state.dialog = DialogHash([7; 32]);
    overwrite(&app, &broken).await;
    // They are all there before the committer runs, so they share a batch.
    let mut texts = JoinSet::new();
    for number in 0..20 {
        let inbox = app.app().inbox.clone();
        let to = app.center.sender.as_e164();
        let text = inbound(&format!("SMbatch{number}"), &format!("+8190123456{number:02}"), to, "36.8");
        texts.spawn(async move { (number, inbox.receive(text).await) });
    }
    for (number, answer) in texts.join_all().await {
        assert_eq!(answer.is_err(), number == 7, "text {number}");
    }
    // Nothing of the failed turn is on disk: sent again when the fault is mended, it is taken.
    overwrite(&app, &whole).await;
    assert!(app.deliver("SMbatch7", "+819012345607", "36.8").await.is_ok());
    assert_eq!(app.round_status().await.counts.answering, 20);
    app.finish().await;
}

async fn p3_two_machines_do_not_talk_for_ever(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(9, 30).await;
    let mut answered = 0;
    for _ in 0..80 {
        answered += app.text_from(PHONE, "HELP").await.len();
    }
    assert!(answered <= 41, "{answered} answers");
    let loops = app.alerts().await.into_iter().filter(|alert| alert.rule == AlertRule::ReplyLoop).count();
    assert_eq!(loops, 1, "staff are told once");
    let help = app.text_from(PHONE, "胸が痛い").await;
    assert!(help.first().is_some_and(|text| text.contains("119")), "a cry for help is answered all the same");
    app.advance(TimeDelta::minutes(10)).await;
    assert_eq!(app.text_from(PHONE, "HELP").await.len(), 1, "it is over");
    app.finish().await;
}

async fn p4_nothing_scheduled_goes_out_twice(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 0).await;
    app.restart().await;
    app.settle().await;
    let at = app.now();
    app.jump_to(at - TimeDelta::minutes(30)).await;
    assert_eq!(app.phone(PHONE).len(), 1, "not again before the opening");
    app.advance_to(7, 45).await;
    app.restart().await;
    app.settle().await;
    app.jump_to(at).await;
    app.advance_to(8, 16).await;
    app.restart().await;
    app.advance_to(9, 0).await;
    assert_eq!(app.phone(PHONE).len(), 3, "one opening and two reminders:\n{}", app.transcript());
    app.finish().await;
}

/// A question that is lost because the text before it took its place would leave the patient with nothing to answer.
async fn p4_an_opening_of_two_texts_goes_out_whole_and_once(setup: Setup) {
    let mut app = Setup { dialog: "short", ..setup }.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.patient(NewPatient::on(OTHER)).await;
    app.advance_to(7, 1).await;
    let opening = app.phone(PHONE);
    let [explains, asks] = opening.as_slice() else { panic!("two texts: {opening:?}") };
    assert!(explains.contains("江東区保健所") && asks.contains("体温"), "{opening:?}");
    app.restart().await;
    app.jump_to(app.now() - TimeDelta::minutes(30)).await;
    app.advance_to(7, 5).await;
    assert_eq!(app.phone(PHONE).len(), 2, "{}", app.transcript());
    answer_all(&mut app, PHONE, &["36.8 97 2 2 0"]).await;
    app.advance_to(7, 50).await;
    // Whoever has not answered is asked again; whoever is through is not.
    assert_eq!(app.phone(PHONE).len(), 3, "{}", app.transcript());
    assert!(app.phone(OTHER).len() > 2, "{}", app.transcript());
    assert_eq!(app.round_status().await.counts.green, 1);
    app.finish().await;
}

async fn p4_a_missed_opening_is_made_up_until_the_deadline(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    assert_eq!(app.latest_round().await, None, "the center is new: it has missed nothing");
    let opening = app.round_of(app.today()).await.expect("planned").plan.opens_at;
    app.jump_to(opening + TimeDelta::minutes(20)).await;
    assert_eq!(app.phone(PHONE).len(), 1, "at 07:20 it is made up");
    app.jump_to(opening + TimeDelta::hours(26)).await;
    assert_eq!(app.phone(PHONE).len(), 1, "at 09:00 it is not");
    let status = app.round_status().await;
    assert_eq!(status.state, RoundState::Missed);
    let [line] = status.chase_list.as_slice() else { panic!("{:?}", status.chase_list) };
    assert_eq!((line.reason, line.detail.first().map(String::as_str)), (ChaseReason::NeverAsked, Some("round-missed")));
    app.finish().await;
}

async fn p4_overdue_reminders_collapse_into_one(setup: Setup) {
    let mut app = setup.build().await;
    app.patient(NewPatient::on(PHONE)).await;
    app.advance_to(7, 1).await;
    let later = app.now() + TimeDelta::minutes(79);
    app.jump_to(later).await;
    assert_eq!(app.phone(PHONE).len(), 2, "one reminder at 08:20:\n{}", app.transcript());
    // And after a late opening there is none at once.
    let tomorrow = later + TimeDelta::days(1);
    app.jump_to(tomorrow).await;
    assert_eq!(app.phone(PHONE).len(), 3, "the opening alone:\n{}", app.transcript());
    app.finish().await;
}

async fn p4_a_faulty_center_keeps_nobody_else_waiting(setup: Setup) {
    let mut app = setup.build().await;
    let faulty = faulty_center(&app);
    app.add_center(&faulty).await;
    let mut other = NewPatient::on(PHONE);
    other.risk = "high";
    app.patient(other).await;
    // Somebody at the faulty center, so that there is something to fail.
    let center = std::mem::replace(&mut app.center, faulty.clone());
    app.patient(NewPatient::on(OTHER)).await;
    app.center = center;
    app.app().scheduler.tick().await.expect("planning works");
    let opens_at = app.round_of(app.today()).await.expect("planned").plan.opens_at;
    app.clock.set(opens_at);
    assert!(app.app().scheduler.tick().await.is_err(), "the fault is told");
    app.app().relay.pass().await.expect("the store works");
    assert_eq!((app.phone(PHONE).len(), app.phone(OTHER).len()), (1, 0));
    app.finish().await;
}
