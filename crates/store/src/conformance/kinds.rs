//! Rounds of every kind side by side, who is in which, and which dialogs a center uses for them.

use chrono::TimeDelta;
use domain::center::FurtherDialogs;
use domain::contact::{Contact, Undeliverable};
use domain::dialog::engine::Phase;
use domain::id::TimerId;
use domain::patient::{Patient, PatientStatus, RiskTier};
use domain::release::Began;
use domain::round::{Round, RoundKind, RoundState, TimerKind};

use super::conformance;
use super::world::{self, World, at, day, entropy};
use crate::{ConversationRecord, Store};

conformance!(
    a_day_has_one_round_of_each_kind,
    planned_rounds_are_taken_back_unless_somebody_has_begun,
    high_risk_has_a_second_check,
    whoever_is_not_confirmed_is_welcomed_on_three_days,
    the_dialogs_of_a_center_change,
);

/// A round of the world's day that opens so many minutes later.
fn round(world: &World, kind: RoundKind, minutes: i64) -> Round {
    let mut round = Round { kind, ..world::round(&world.center, 0) };
    round.plan.opens_at = at(minutes);
    round
}

async fn a_day_has_one_round_of_each_kind(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let second = round(&world, RoundKind::Second, 7 * 60);
    let welcome = round(&world, RoundKind::Welcome, 0);
    for (round, added) in [(&second, true), (&welcome, true), (&Round { id: world.round.id, ..second.clone() }, false)]
    {
        assert_eq!(tx.insert_round(round, at(0)).await.expect("inserts"), added);
    }
    let center = world.center.id;
    for (kind, expected) in
        [(RoundKind::Morning, &world.round), (RoundKind::Second, &second), (RoundKind::Welcome, &welcome)]
    {
        assert_eq!(tx.round_by_day(center, kind, day(0)).await.expect("reads").as_ref(), Some(expected));
        assert_eq!(tx.latest_round(center, kind, at(24 * 60)).await.expect("reads").as_ref(), Some(expected));
        assert_eq!(tx.first_round(center, kind).await.expect("reads").as_ref(), Some(expected));
    }
    assert_eq!(tx.latest_round(center, RoundKind::Second, at(7 * 60 - 1)).await.expect("reads"), None);
    for (minutes, expected) in
        [(-1, &[][..]), (0, &[&world.round, &welcome]), (7 * 60, &[&second, &world.round, &welcome]), (24 * 60, &[])]
    {
        let found = tx.rounds_going_on(center, at(minutes)).await.expect("reads");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "after {minutes} minutes");
    }
}

async fn planned_rounds_are_taken_back_unless_somebody_has_begun(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let second = round(&world, RoundKind::Second, 7 * 60);
    assert!(tx.insert_round(&second, at(0)).await.expect("inserts"));
    let timer = TimerId::new(at(0), &entropy());
    assert!(tx.insert_timer(timer, second.id, TimerKind::Open, at(7 * 60)).await.expect("inserts"));
    let center = world.center.id;
    assert_eq!(tx.drop_planned_rounds(center, RoundKind::Morning).await.expect("drops"), 0, "it has a conversation");
    assert_eq!(tx.drop_planned_rounds(center, RoundKind::Welcome).await.expect("drops"), 0, "there is none");
    assert_eq!(tx.drop_planned_rounds(center, RoundKind::Second).await.expect("drops"), 1);
    assert_eq!(tx.round(second.id).await.expect("reads"), None);
    assert_eq!(tx.next_timer_due().await.expect("reads"), None, "and nothing is due in it");
    assert!(tx.insert_round(&second, at(1)).await.expect("inserts anew"));
    assert!(tx.set_round_state(second.id, RoundState::Planned, RoundState::Open, at(2)).await.expect("opens"));
    assert_eq!(tx.drop_planned_rounds(center, RoundKind::Second).await.expect("drops"), 0, "it has opened");
}

async fn high_risk_has_a_second_check(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let high = Patient { risk_tier: RiskTier::High, ..world::patient(&world.contact, 'B') };
    let until_yesterday = Patient { observe_until: day(0), ..Patient { letter: 'C', ..high.clone() } };
    let other = world::patient(&world.contact, 'C');
    let over = Patient { id: other.id, her_sys_id: other.her_sys_id, observe_from: day(0), ..until_yesterday };
    for patient in [&high, &over] {
        tx.insert_patient(patient, at(0)).await.expect("inserts");
    }
    let second = Round { day: day(1), ..round(&world, RoundKind::Second, 7 * 60) };
    let welcome = Round { day: day(1), ..round(&world, RoundKind::Welcome, 0) };
    for round in [&second, &welcome] {
        assert!(tx.insert_round(round, at(0)).await.expect("inserts"));
    }
    let found = tx.patients_without_conversation(&second, 9).await.expect("reads");
    assert_eq!(found.iter().map(|(patient, _)| patient.id).collect::<Vec<_>>(), [high.id]);
    let rows = tx.round_rows(second.id).await.expect("reads");
    assert_eq!(rows.iter().map(|row| row.patient.id).collect::<Vec<_>>(), [high.id], "nobody of standard risk");
    assert_eq!(tx.round_rows(welcome.id).await.expect("reads"), [], "a welcome has only whom it asks");
}

async fn whoever_is_not_confirmed_is_welcomed_on_three_days(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let new = Contact { confirmed_at: None, one_text: true, ..world::contact(&world.center) };
    let now = Some(at(0));
    let others = [
        Contact { confirmed_at: now, ..world::contact(&world.center) },
        Contact { confirmed_at: None, opted_out_at: now, ..world::contact(&world.center) },
        Contact { confirmed_at: None, wrong_number_at: now, ..world::contact(&world.center) },
        Contact { confirmed_at: None, undeliverable: Some(Undeliverable::NotMobile), ..world::contact(&world.center) },
    ];
    for contact in others.iter().chain([&new]) {
        tx.insert_contact(contact, at(0)).await.expect("inserts");
        let begins = Patient { observe_from: day(1), observe_until: day(8), ..world::patient(contact, 'A') };
        tx.insert_patient(&begins, at(0)).await.expect("inserts");
    }
    let childless = Contact { confirmed_at: None, ..world::contact(&world.center) };
    tx.insert_contact(&childless, at(0)).await.expect("inserts");
    let paused = Patient { status: PatientStatus::Paused, ..world::patient(&childless, 'A') };
    tx.insert_patient(&paused, at(0)).await.expect("inserts");
    let patient = tx.patients_of_contact(new.id).await.expect("reads").remove(0);
    assert_eq!((patient.began(), patient.without_symptoms), (None, false));
    let known = Patient { specimen: Some(day(0)), without_symptoms: true, ..patient.clone() };
    tx.update_patient(&known, at(1)).await.expect("updates");
    let began = tx.patient(patient.id).await.expect("reads").expect("there").began();
    assert_eq!(began, Some(Began::Specimen(day(0))));

    assert_eq!(tx.latest_welcome(new.id).await.expect("reads"), None);
    let mut before = None;
    for days in 0..4 {
        let on = i64::try_from(days).expect("few");
        let mut welcome = Round { kind: RoundKind::Welcome, ..world::round(&world.center, days) };
        welcome.plan.opens_at = at(0) + TimeDelta::days(on);
        assert!(tx.insert_round(&welcome, at(0)).await.expect("inserts"));
        let due = tx.contacts_to_welcome(&welcome, 3, 9).await.expect("reads");
        if on == 3 {
            assert_eq!(due, [], "three days are enough");
            let more = tx.contacts_to_welcome(&welcome, 4, 9).await.expect("reads");
            assert_eq!(more, std::slice::from_ref(&new));
            // Whoever has ended it is not asked again, on whatever day.
            let last: ConversationRecord = before.take().expect("the third day's");
            let mut ended = last.clone();
            ended.state.sequence += 1;
            ended.state.phase = Phase::Closed { pending: None };
            assert!(tx.save_conversation(&ended, last.state.sequence).await.expect("saves"));
            assert_eq!(tx.contacts_to_welcome(&welcome, 4, 9).await.expect("reads"), []);
            break;
        }
        assert_eq!(due, std::slice::from_ref(&new), "on day {days}");
        let mut conversation = world::conversation(&welcome, &patient);
        conversation.state.phase = Phase::Closed { pending: Some(0) };
        assert!(tx.insert_conversation(&conversation).await.expect("inserts"));
        assert_eq!(tx.contacts_to_welcome(&welcome, 3, 9).await.expect("reads"), [], "once a day");
        assert_eq!(tx.latest_welcome(new.id).await.expect("reads"), Some(conversation.clone()));
        assert_eq!(tx.count_welcomes(new.id).await.expect("reads"), on + 1);
        before = Some(conversation);
    }
    let early = Round { day: day(0).pred_opt().expect("a day"), ..round(&world, RoundKind::Welcome, -2 * 24 * 60) };
    assert_eq!(tx.contacts_to_welcome(&early, 9, 9).await.expect("reads"), [], "not two days before");
}

async fn the_dialogs_of_a_center_change(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.center(world.center.id).await.expect("reads").as_ref(), Some(&world.center));
    let mut center = world.center.clone();
    center.dialog = "weekly".to_owned();
    center.further =
        FurtherDialogs { short: Some("short".to_owned()), release: Some("last".to_owned()), welcome: None };
    center.second = None;
    assert!(tx.update_center_dialogs(&center, at(1)).await.expect("updates"));
    assert_eq!(tx.center(center.id).await.expect("reads").as_ref(), Some(&center));
    center.second.clone_from(&world.center.second);
    assert!(tx.update_center_dialogs(&center, at(2)).await.expect("updates"));
    assert_eq!(tx.center(center.id).await.expect("reads"), Some(center));
    assert!(!tx.update_center_dialogs(&world::center(), at(3)).await.expect("there is none"));
}
