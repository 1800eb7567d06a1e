//! Rounds, timers, conversations, answers, check-ins and chase lists.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::chase_list::{ChaseEntry, ChaseReason};
use domain::check_in::{CheckIn, Completeness, Reporter};
use domain::dialog::engine::{Phase, SkipReason, Slot, State};
use domain::id::{AnswerId, CenterId, ConversationId, TimerId};
use domain::message::Body;
use domain::observation::{OptionSet, OxygenSaturation, Temperature, Value, YesNo};
use domain::reply::WarningSigns;
use domain::round::{RoundKind, RoundState, TimerKind};
use domain::severity::Severity;
use tokio::task::JoinSet;

use super::conformance;
use super::world::{self, World, at, day, entropy};
use crate::{ConversationRecord, NewAnswer, Store};

conformance!(
    a_day_has_one_round,
    the_latest_round_is_the_one_that_opened_last,
    a_round_moves_on_once,
    timers_are_claimed_when_due,
    timers_are_claimed_once,
    a_timer_whose_lease_ran_out_is_free_again,
    conversations_are_stored_in_every_phase,
    a_stale_save_changes_nothing,
    unfinished_conversations_come_page_by_page,
    answers_are_appended,
    a_check_in_grows,
    a_chase_list_is_frozen_once,
);

async fn a_day_has_one_round(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let center = world::center();
    tx.insert_center(&center, at(0)).await.expect("inserts");
    let round = world::round(&center, 0);
    assert!(tx.insert_round(&round, at(0)).await.expect("inserts"));
    assert!(!tx.insert_round(&world::round(&center, 0), at(0)).await.expect("there is one"));
    assert!(tx.insert_round(&world::round(&center, 1), at(0)).await.expect("another day"));
    assert_eq!(tx.round(round.id).await.expect("reads"), Some(round.clone()));
    let (morning, second) = (RoundKind::Morning, RoundKind::Second);
    assert_eq!(tx.round_by_day(center.id, morning, day(0)).await.expect("reads"), Some(round));
    assert_eq!(tx.round_by_day(center.id, morning, day(7)).await.expect("reads"), None);
    assert_eq!(tx.round_by_day(center.id, second, day(0)).await.expect("reads"), None);
    assert_eq!(tx.first_round(center.id, morning).await.expect("reads").map(|first| first.day), Some(day(0)));
    assert_eq!(tx.first_round(center.id, second).await.expect("reads"), None);
    assert_eq!(tx.first_round(CenterId::new(at(0), &entropy()), morning).await.expect("reads"), None);
}

async fn the_latest_round_is_the_one_that_opened_last(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let center = world::center();
    tx.insert_center(&center, at(0)).await.expect("inserts");
    for days in [1, 0] {
        tx.insert_round(&world::round(&center, days), at(0)).await.expect("inserts");
    }
    let before = at(0) - TimeDelta::microseconds(1);
    for (now, expected) in
        [(before, None), (at(0), Some(day(0))), (at(24 * 60 - 1), Some(day(0))), (at(24 * 60), Some(day(1)))]
    {
        let found = tx.latest_round(center.id, RoundKind::Morning, now).await.expect("reads");
        assert_eq!(found.map(|round| round.day), expected, "{now}");
    }
}

async fn a_round_moves_on_once(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let center = world::center();
    tx.insert_center(&center, at(0)).await.expect("inserts");
    let round = world::round(&center, 0);
    tx.insert_round(&round, at(0)).await.expect("inserts");
    let steps = [(RoundState::Planned, RoundState::Open), (RoundState::Open, RoundState::Closed)];
    for (from, to) in steps {
        assert!(tx.set_round_state(round.id, from, to, at(1)).await.expect("moves"));
        assert!(!tx.set_round_state(round.id, from, to, at(1)).await.expect("has moved"));
        let found = tx.rounds_in_state(to).await.expect("reads");
        assert_eq!(found.iter().map(|round| (round.id, round.state)).collect::<Vec<_>>(), [(round.id, to)]);
        assert_eq!(tx.rounds_in_state(from).await.expect("reads"), []);
    }
    let missed = world::round(&center, 1);
    tx.insert_round(&missed, at(0)).await.expect("inserts");
    assert!(tx.set_round_state(missed.id, RoundState::Planned, RoundState::Missed, at(1)).await.expect("moves"));
}

/// A round with its four timers, 0, 45, 75 and 90 minutes after the opening.
async fn with_timers(store: &Store) -> World {
    let world = World::set_up(store).await;
    let mut tx = store.begin().await.expect("begins");
    let kinds =
        [(TimerKind::Deadline, 90), (TimerKind::Reminder(2), 75), (TimerKind::Reminder(1), 45), (TimerKind::Open, 0)];
    for (kind, minutes) in kinds {
        let id = TimerId::new(at(0), &entropy());
        assert!(tx.insert_timer(id, world.round.id, kind, at(minutes)).await.expect("inserts"));
        let again = TimerId::new(at(0), &entropy());
        assert!(!tx.insert_timer(again, world.round.id, kind, at(minutes + 1)).await.expect("there is one"));
    }
    tx.commit().await.expect("commits");
    world
}

async fn timers_are_claimed_when_due(store: Store) {
    let world = with_timers(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let all = tx.timers_of_round(world.round.id).await.expect("reads");
    let kinds: Vec<_> = all.iter().map(|timer| timer.kind).collect();
    assert_eq!(kinds, [TimerKind::Open, TimerKind::Reminder(1), TimerKind::Reminder(2), TimerKind::Deadline]);
    assert_eq!(tx.next_timer_due().await.expect("reads"), Some(at(0)));
    assert_eq!(tx.claim_due_timers(at(-1), at(1), 9).await.expect("claims"), []);
    let claimed = tx.claim_due_timers(at(80), at(81), 2).await.expect("claims");
    assert_eq!(claimed, all[..2], "the earliest first");
    for timer in &claimed {
        assert!(tx.finish_timer(timer.id, "done", at(80)).await.expect("finishes"));
        assert!(!tx.finish_timer(timer.id, "again", at(80)).await.expect("is finished"));
    }
    assert_eq!(tx.next_timer_due().await.expect("reads"), Some(at(75)));
    assert_eq!(tx.claim_due_timers(at(80), at(81), 9).await.expect("claims"), all[2..3]);
    assert_eq!(tx.claim_due_timers(at(80), at(81), 9).await.expect("claims"), [], "it is held");
    for timer in &all[2..] {
        tx.finish_timer(timer.id, "done", at(90)).await.expect("finishes");
    }
    assert_eq!(tx.next_timer_due().await.expect("reads"), None);
}

async fn timers_are_claimed_once(store: Store) {
    with_timers(&store).await;
    let mut claimers = JoinSet::new();
    for _ in 0..3 {
        let store = store.clone();
        claimers.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            let claimed = tx.claim_due_timers(at(99), at(100), 2).await.expect("claims");
            tx.commit().await.expect("commits");
            claimed.into_iter().map(|timer| timer.id).collect::<Vec<_>>()
        });
    }
    let claimed: Vec<TimerId> = claimers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<TimerId> = claimed.iter().copied().collect();
    assert_eq!(claimed.len(), distinct.len(), "no timer twice");
    let mut tx = store.begin().await.expect("begins");
    let rest = tx.claim_due_timers(at(99), at(100), 9).await.expect("claims").len();
    assert_eq!(claimed.len() + rest, 4, "every timer once");
}

async fn a_timer_whose_lease_ran_out_is_free_again(store: Store) {
    with_timers(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let first = tx.claim_due_timers(at(0), at(2), 9).await.expect("claims");
    assert_eq!(first.len(), 1);
    let just_before = at(2) - TimeDelta::microseconds(1);
    assert_eq!(tx.claim_due_timers(just_before, at(4), 9).await.expect("claims"), []);
    assert_eq!(tx.claim_due_timers(at(2), at(4), 9).await.expect("claims"), first);
}

async fn conversations_are_stored_in_every_phase(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let phases = [
        Phase::Waiting,
        Phase::Asking { question: 2, failures: 1, candidate: Some(Value::Number(72)) },
        Phase::Finished,
        Phase::Closed { pending: Some(1) },
        Phase::Closed { pending: None },
    ];
    let slots = vec![
        Slot::Answered(Value::Temperature(Temperature::from_tenths(368).expect("valid"))),
        Slot::Answered(Value::Options([1, 63].into_iter().collect::<OptionSet>())),
        Slot::Answered(Value::Identifier("0012345".into())),
        Slot::Skipped(SkipReason::NotUnderstood),
        Slot::NotApplicable,
        Slot::Open,
    ];
    let mut conversation = world.conversation.clone();
    for (index, phase) in phases.into_iter().enumerate() {
        let sequence = conversation.state.sequence;
        let asked_at = matches!(phase, Phase::Asking { .. }).then(|| at(3));
        conversation = ConversationRecord {
            state: State { sequence: sequence + 1, phase, slots: slots.clone(), ..conversation.state },
            question_key: asked_at.map(|_| "signs".to_owned()),
            asked_at,
            updated_at: at(i64::try_from(index).expect("few")),
            ..conversation
        };
        conversation.state.signs = WarningSigns::NONE;
        assert!(tx.save_conversation(&conversation, sequence).await.expect("saves"));
        let found = tx.conversation(conversation.id).await.expect("reads");
        assert_eq!(found, Some(conversation.clone()));
    }
    let absent = ConversationId::new(at(0), &entropy());
    assert_eq!(tx.conversation(absent).await.expect("reads"), None);
    // By the letter, whatever the order of beginning.
    let contact = world.contact.id;
    for letter in ['D', 'B', 'C'] {
        let patient = world::patient(&world.contact, letter);
        tx.insert_patient(&patient, at(0)).await.expect("inserts");
        let another = world::conversation(&world.round, &patient);
        assert!(tx.insert_conversation(&another).await.expect("inserts"));
        let twice = world::conversation(&world.round, &patient);
        assert!(!tx.insert_conversation(&twice).await.expect("there is one"));
    }
    let found = tx.conversations_of_contact(world.round.id, contact).await.expect("reads");
    let mut letters = String::new();
    for conversation in found {
        letters.push(tx.patient(conversation.patient_id).await.expect("reads").expect("is there").letter);
    }
    assert_eq!(letters, "ABCD");
}

async fn a_stale_save_changes_nothing(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let mut faster = world.conversation.clone();
    faster.state.sequence = 2;
    assert!(tx.save_conversation(&faster, 1).await.expect("saves"));
    let mut slower = world.conversation.clone();
    (slower.state.sequence, slower.state.phase) = (2, Phase::Finished);
    assert!(!tx.save_conversation(&slower, 1).await.expect("is stale"));
    assert_eq!(tx.conversation(world.conversation.id).await.expect("reads"), Some(faster));
}

async fn unfinished_conversations_come_page_by_page(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let phases = [
        Phase::Waiting,
        Phase::Finished,
        Phase::Asking { question: 0, failures: 0, candidate: None },
        Phase::Closed { pending: None },
        Phase::Waiting,
    ];
    for (phase, letter) in phases.into_iter().zip('B'..) {
        let patient = world::patient(&world.contact, letter);
        tx.insert_patient(&patient, at(0)).await.expect("inserts");
        let mut conversation = world::conversation(&world.round, &patient);
        conversation.state.phase = phase;
        tx.insert_conversation(&conversation).await.expect("inserts");
    }
    let (mut pages, mut seen, mut after) = (0, BTreeSet::new(), None);
    loop {
        let page = tx.unfinished_conversations(world.round.id, 3, after).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        pages += 1;
        for conversation in page {
            assert!(matches!(conversation.state.phase, Phase::Waiting | Phase::Asking { .. }));
            assert!(seen.insert(conversation.id), "none twice");
        }
    }
    assert_eq!((pages, seen.len()), (2, 4));
}

fn answer(world: &World, value: Value, raw: &str) -> NewAnswer {
    NewAnswer {
        id: AnswerId::new(at(3), &entropy()),
        conversation_id: world.conversation.id,
        round_id: world.round.id,
        patient_id: world.patient.id,
        question_key: "temperature".to_owned(),
        value,
        raw: Body(raw.to_owned()),
        message_id: None,
        reporter: Reporter::Staff,
        at: at(3),
    }
}

async fn answers_are_appended(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let values = [
        Value::Temperature(Temperature::from_tenths(385).expect("valid")),
        Value::OxygenSaturation(OxygenSaturation::from_percent(97).expect("valid")),
        Value::YesNo(YesNo::Unknown),
        Value::Choice(3),
        Value::Options(OptionSet::NONE),
        Value::Number(-3),
        Value::Identifier("0012345".into()),
        Value::Text,
        Value::Nothing,
        Value::NotMeasured,
    ];
    let mut expected = Vec::new();
    // All in one instant, as a report in one line is: the order is that of storing.
    for (index, value) in values.into_iter().enumerate() {
        let mut answer = answer(&world, value, "３８.５ 🤒");
        if index == 0 {
            let inbound = world.inbound("SM1", "３８.５ 🤒", 3);
            tx.insert_inbound(&inbound).await.expect("inserts");
            (answer.message_id, answer.reporter) = (Some(inbound.id), Reporter::Text);
        }
        tx.insert_answer(&answer).await.expect("appends");
        expected.push(answer);
    }
    let found = tx.answers_of_conversation(world.conversation.id).await.expect("reads");
    assert_eq!(found, expected);
    tx.commit().await.expect("commits");
    for change in ["UPDATE answers SET raw = 'x'", "DELETE FROM answers"] {
        let mut tx = store.begin().await.expect("begins");
        let error = super::raw(&mut tx, change).await.expect_err("is refused");
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

async fn a_check_in_grows(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let (round, patient) = (world.round.id, world.patient.id);
    assert_eq!(tx.check_in(round, patient).await.expect("reads"), None);
    let first = world::check_in(&world.round, &world.patient);
    tx.save_check_in(&first, at(5)).await.expect("saves");
    assert_eq!(tx.check_in(round, patient).await.expect("reads"), Some(first.clone()));
    let mut last = first.clone();
    for (completeness, severity) in [
        (Completeness::None, Severity::Unknown),
        (Completeness::Partial, Severity::Orange),
        (Completeness::Complete, Severity::Red),
        (Completeness::Complete, Severity::Green),
    ] {
        last = CheckIn {
            completeness,
            severity,
            late: true,
            reporter: Reporter::Staff,
            thresholds_version: 2,
            reasons: "oxygen temperature".to_owned(),
            finished_at: Some(at(100)),
            ..world::check_in(&world.round, &world.patient)
        };
        assert_ne!(last.id, first.id);
        tx.save_check_in(&last, at(100)).await.expect("saves");
        last.id = first.id;
        assert_eq!(tx.check_in(round, patient).await.expect("reads"), Some(last.clone()), "the first one's identifier");
    }
    assert_eq!(tx.check_ins(round).await.expect("reads"), [last]);
}

async fn a_chase_list_is_frozen_once(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let mut entries = Vec::new();
    for ((reason, letter), rank) in ChaseReason::ALL.iter().zip('B'..).zip(1..) {
        let patient = world::patient(&world.contact, letter);
        tx.insert_patient(&patient, at(0)).await.expect("inserts");
        entries.push(ChaseEntry { patient_id: patient.id, rank, reason: *reason, detail: "not-confirmed".to_owned() });
    }
    let mut shuffled = entries.clone();
    shuffled.reverse();
    let many = entries.len() as u64;
    assert_eq!(tx.chase_list(world.round.id).await.expect("reads"), []);
    assert_eq!(tx.freeze_chase_list(world.round.id, &shuffled).await.expect("freezes"), many);
    assert_eq!(tx.chase_list(world.round.id).await.expect("reads"), entries);
    shuffled.iter_mut().for_each(|entry| entry.detail = "changed".to_owned());
    assert_eq!(tx.freeze_chase_list(world.round.id, &shuffled).await.expect("is frozen"), 0);
    assert_eq!(tx.chase_list(world.round.id).await.expect("reads"), entries);
}
