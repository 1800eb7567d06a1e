//! Each promise of the design, with a test that tries to break it at the level of the whole service: over SQLite,
//! and over PostgreSQL where `TEST_POSTGRES_URL` says where one is.
//!
//! | promise | here | and elsewhere |
//! |---|---|---|
//! | P1 | what was answered is there after a restart | `binary`: `kill -9` at any instant |
//! | P2 | fifty copies at once, and after a restart | `binary`: redelivery over HTTP; `virtual_time` |
//! | P3 | a failed turn fails alone; the reply-loop guard tells staff | `virtual_time`; the engine's properties |
//! | P4 | restarts and a clock that is set back send nothing twice | `virtual_time`; the store's conformance |
//! | P5 | found, lost, never sent again; a relay that died | the Twilio gateway's tests of its outcomes |
//! | P6 | a reply waits for an older text | `virtual_time`; the store's conformance |
//! | P7 | a provider that is down; the last second | `virtual_time` |
//! | P8 | opted out, wrong number, nobody's number, at night | `virtual_time`; the readers' corpus |
//! | P9 | silence, skipped questions, a late thank-you | `virtual_time`; `domain` severity and chase list |
//! | P10 | a corrected answer stays readable | `virtual_time` |
//! | P11 | a dialog that is edited in the middle of a morning | |
//! | P12 | nothing follows an opt-out, not even a second attempt | `virtual_time` |
//! | P13 | no name in any text of a morning | the linter of dialogs |
//! | P14 | every enrolment is in an unbroken audit trail | the store's conformance: tampering; `web`: access |
//! | P15 | no number, name or word where errors are shown | `binary`: the log of a whole morning |

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use domain::alert::AlertRule;
use domain::center::Center;
use domain::chase_list::ChaseReason;
use domain::check_in::Completeness;
use domain::contact::Undeliverable;
use domain::dialog::definition::DialogHash;
use domain::id::CenterId;
use domain::message::OutboundState;
use domain::phone::PhoneNumber;
use domain::progress::Progress;
use domain::round::RoundState;
use domain::severity::Severity;
use mimamori::gateway::Rejection;
use tokio::task::JoinSet;

use crate::support::app::{Database, NewPatient, Setup, TestApp, inbound, texts_in};
use crate::support::provider::{Fate, Faults};

const PHONE: &str = "+819012345601";
const OTHER: &str = "+819012345602";
const STRANGER: &str = "+819012345699";

/// The answers of somebody who is well.
const WELL: [&str; 6] = ["36.8", "97", "2", "0", "2", "なし"];

/// Instantiates each test for both databases.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Setup::new(super::Database::sqlite())).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(database) = super::Database::postgres(stringify!($name)).await {
                    super::$name(super::Setup::new(database)).await;
                }
            })*
        }
    };
}

promises!(
    a_whole_morning,
    p1_what_was_answered_is_there_after_a_restart,
    p2_fifty_copies_of_one_text_have_one_effect,
    p3_a_failed_turn_fails_alone,
    p3_two_machines_do_not_talk_for_ever,
    p4_nothing_scheduled_goes_out_twice,
    p4_a_missed_opening_is_made_up_until_the_deadline,
    p4_overdue_reminders_collapse_into_one,
    p4_a_faulty_center_keeps_nobody_else_waiting,
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
    p8_a_cry_for_help_is_answered_whoever_sends_it,
    p8_a_cry_for_help_needs_no_dialog_of_its_own_and_no_number,
    p9_silence_is_never_green,
    p9_a_late_thank_you_takes_nothing_back,
    p9_leaving_questions_out_is_never_green,
    p10_a_corrected_answer_stays_readable,
    p11_a_running_conversation_stays_on_its_dialog,
    p12_nothing_follows_an_opt_out,
    p12_no_second_attempt_follows_an_opt_out,
    p12_a_lost_reply_is_not_sent_again_after_an_opt_out,
    p12_a_wrong_number_gets_nothing_more,
    p13_no_name_leaves,
    p14_every_enrolment_is_in_the_audit_trail,
    a_shared_phone_is_asked_in_turn,
    a_text_that_names_a_patient_is_about_that_patient,
    a_number_that_cannot_be_texted_is_asked_again_after_it_wrote,
    very_low_oxygen_is_confirmed_and_then_better,
    a_red_value_raises_one_alert,
    an_early_report_counts_for_the_coming_round,
    a_text_before_the_first_tick_begins_the_conversation,
    nobody_is_asked_before_the_number_is_confirmed,
    an_unknown_number_is_answered_once_a_day,
    whoever_got_no_text_was_never_asked,
    whoever_may_have_got_a_text_is_silent_and_that_is_said,
    a_provider_that_sends_nothing_is_one_alert,
    what_fails_at_one_number_is_about_that_one,
    whoever_wrote_of_a_warning_sign_is_not_silent,
    the_numbers_the_table_and_the_list_say_the_same,
);

async fn answer_all(app: &mut TestApp, phone: &str, answers: &[&str]) {
    for text in answers {
        let replies = app.text_from(phone, text).await;
        assert!(!replies.is_empty(), "{text} is answered at once");
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

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

/// A center whose dialog is not there: every turn and every round of it fails.
fn faulty_center(app: &TestApp) -> Center {
    Center {
        id: CenterId::new(app.now(), &[9; 10]),
        name: "別の保健所".to_owned(),
        sender: PhoneNumber::from_e164("+12125550111").expect("valid"),
        dialog: "not-there".to_owned(),
        ..app.center.clone()
    }
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

async fn red_alerts(app: &TestApp) -> usize {
    app.alerts().await.iter().filter(|alert| alert.severity == Severity::Red).count()
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
