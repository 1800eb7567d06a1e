//! Centers, contacts, patients, alerts and the round at a glance.

use std::collections::BTreeSet;

use domain::alert::{Alert, AlertRule, AlertState, once_a_day};
use domain::asked::{Asked, TextFate};
use domain::contact::{Contact, Undeliverable};
use domain::dialog::engine::TextKind;
use domain::id::{CenterId, ContactId, PatientId, StaffId};
use domain::language::Language;
use domain::message::{OutboundState, SendFailure};
use domain::patient::{Patient, PatientStatus, PlaceOfStay, RiskTier};
use domain::round::RoundState;
use domain::severity::Severity;

use super::conformance;
use super::world::{self, DIALOG, World, at, day, entropy};
use crate::{ConversationRow, Error, RoundRow, Settlement, Store};

conformance!(
    centers_are_stored_and_found,
    names_and_senders_are_unique,
    thresholds_have_versions,
    contacts_are_stored_and_changed,
    patients_are_stored_and_changed,
    every_kind_of_patient_is_stored,
    who_is_asked_on_a_day,
    alerts_are_found_by_urgency,
    what_happens_again_is_counted,
    what_became_of_the_texts_of_a_round,
    a_round_at_a_glance,
);

async fn centers_are_stored_and_found(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let mut center = world::center();
    tx.insert_center(&center, at(0)).await.expect("inserts");
    let without = domain::center::Center { night_line: None, language: Language::ZhHant, ..world::center() };
    tx.insert_center(&without, at(0)).await.expect("inserts");
    assert_eq!(tx.center(without.id).await.expect("reads"), Some(without.clone()));
    assert_eq!(tx.center_by_name(&center.name).await.expect("reads"), Some(center.clone()));
    assert_eq!(tx.center_by_sender(&center.sender).await.expect("reads"), Some(center.clone()));
    let found: BTreeSet<String> = tx.centers().await.expect("reads").into_iter().map(|found| found.name).collect();
    assert_eq!(found, BTreeSet::from([center.name.clone(), without.name]));
    center.id = CenterId::new(at(0), &entropy());
    assert_eq!(tx.center(center.id).await.expect("reads"), None);
    assert_eq!(tx.center_by_name("nowhere").await.expect("reads"), None);
    assert_eq!(tx.center_by_sender(&world::phone()).await.expect("reads"), None);
}

async fn names_and_senders_are_unique(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let first = world::center();
    tx.insert_center(&first, at(0)).await.expect("inserts");
    let same_name = domain::center::Center { name: first.name.clone(), ..world::center() };
    let same_sender = domain::center::Center { sender: first.sender.clone(), ..world::center() };
    for clash in [same_name, same_sender] {
        let error = tx.insert_center(&clash, at(0)).await.expect_err("is taken");
        assert!(matches!(error, Error::Conflict), "{error}");
    }
    // A clash is a value, not a failure: the unit of work goes on.
    tx.insert_center(&world::center(), at(0)).await.expect("inserts");
    tx.commit().await.expect("commits");
    assert_eq!(store.read().await.expect("reads").centers().await.expect("reads").len(), 2);
}

async fn thresholds_have_versions(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let center = world::center();
    tx.insert_center(&center, at(0)).await.expect("inserts");
    let nurse = Some(StaffId::new(at(0), &entropy()));
    tx.set_thresholds(center.id, &world::thresholds(2), nurse, at(1)).await.expect("the next version");
    for stale in [1, 2, 4] {
        let error = tx.set_thresholds(center.id, &world::thresholds(stale), nurse, at(2)).await.expect_err("stale");
        assert!(matches!(error, Error::Conflict), "{error}");
    }
    let current = tx.center(center.id).await.expect("reads").expect("is there");
    assert_eq!(current.thresholds.version, 2);
    let kept = super::raw_text(&mut tx, "SELECT CAST(COUNT(*) AS TEXT) FROM threshold_versions").await;
    assert_eq!(kept, "2", "the older version stays");
}

async fn contacts_are_stored_and_changed(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let mut contact = world.contact.clone();
    assert_eq!(tx.contact(contact.id).await.expect("reads"), Some(contact.clone()));
    for (index, undeliverable) in
        [None, Some(Undeliverable::NoSuchNumber), Some(Undeliverable::NotMobile), Some(Undeliverable::Blocked)]
            .into_iter()
            .enumerate()
    {
        let minutes = i64::try_from(index).expect("few");
        contact = Contact {
            language: Language::ALL[index],
            opted_out_at: Some(at(minutes)),
            wrong_number_at: (index > 1).then(|| at(minutes)),
            confirmed_at: None,
            undeliverable,
            ..contact
        };
        assert!(tx.update_contact(&contact, at(minutes)).await.expect("updates"));
        assert_eq!(tx.lock_contact(contact.id).await.expect("locks"), Some(contact.clone()));
        let found = tx.contact_by_phone(world.center.id, &contact.phone).await.expect("reads");
        assert_eq!(found, Some(contact.clone()));
        let found = tx.lock_contact_by_phone(world.center.id, &contact.phone).await.expect("locks");
        assert_eq!(found, Some(contact.clone()));
    }
    let nobody = Contact { id: ContactId::new(at(0), &entropy()), ..world::contact(&world.center) };
    assert!(!tx.update_contact(&nobody, at(0)).await.expect("updates nothing"));
    assert_eq!(tx.lock_contact(nobody.id).await.expect("locks nothing"), None);
    assert_eq!(tx.lock_contact_by_phone(world.center.id, &nobody.phone).await.expect("locks nothing"), None);
    let twice = Contact { phone: contact.phone.clone(), ..nobody };
    assert!(matches!(tx.insert_contact(&twice, at(0)).await, Err(Error::Conflict)));
    // The same number at another center is another contact.
    let other = world::center();
    tx.insert_center(&other, at(0)).await.expect("inserts");
    tx.insert_contact(&Contact { center_id: other.id, ..twice }, at(0)).await.expect("inserts");
}

async fn patients_are_stored_and_changed(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let patient = Patient {
        name: "李 \0小龍".to_owned(),
        birth_date: None,
        lives_alone: None,
        status: PatientStatus::Hospitalized,
        place: PlaceOfStay::Hospital,
        risk_tier: RiskTier::High,
        observe_until: day(20),
        onset: Some(day(2)),
        specimen: Some(day(3)),
        without_symptoms: true,
        ..world.patient.clone()
    };
    assert!(tx.update_patient(&patient, at(9)).await.expect("updates"));
    let found = tx.patient(patient.id).await.expect("reads").expect("is there");
    assert_eq!(found.name, "李 \u{2400}小龍", "PostgreSQL cannot keep U+0000, so neither does SQLite");
    assert_eq!(Patient { name: patient.name.clone(), ..found }, patient);
    let found = tx.patient_by_her_sys_id(world.center.id, &patient.her_sys_id).await.expect("reads");
    assert_eq!(found.map(|found| found.id), Some(patient.id));
    let nobody = Patient { id: PatientId::new(at(0), &entropy()), ..world::patient(&world.contact, 'B') };
    assert!(!tx.update_patient(&nobody, at(0)).await.expect("updates nothing"));
    assert_eq!(tx.patient(nobody.id).await.expect("reads"), None);
    assert_eq!(tx.patient_by_her_sys_id(world.center.id, &nobody.her_sys_id).await.expect("reads"), None);
    let same_number = Patient { her_sys_id: patient.her_sys_id.clone(), ..nobody.clone() };
    let same_letter = Patient { letter: 'A', ..nobody.clone() };
    for clash in [same_number, same_letter] {
        assert!(matches!(tx.insert_patient(&clash, at(0)).await, Err(Error::Conflict)));
    }
    tx.insert_patient(&world::patient(&world.contact, 'C'), at(0)).await.expect("inserts");
    tx.insert_patient(&nobody, at(0)).await.expect("inserts");
    let letters: String = tx
        .patients_of_contact(world.contact.id)
        .await
        .expect("reads")
        .into_iter()
        .map(|patient| patient.letter)
        .collect();
    assert_eq!(letters, "ABC");
}

async fn every_kind_of_patient_is_stored(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    for (index, status) in PatientStatus::ALL.iter().enumerate() {
        let place = PlaceOfStay::ALL[index % PlaceOfStay::ALL.len()];
        let risk_tier = RiskTier::ALL[index % RiskTier::ALL.len()];
        let letter = char::from_u32('B' as u32 + u32::try_from(index).expect("few")).expect("a letter");
        let lives_alone = [None, Some(false), Some(true)][index % 3];
        let patient =
            Patient { status: *status, place, risk_tier, lives_alone, ..world::patient(&world.contact, letter) };
        tx.insert_patient(&patient, at(0)).await.expect("inserts");
        assert_eq!(tx.patient(patient.id).await.expect("reads"), Some(patient));
    }
}

async fn who_is_asked_on_a_day(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let contact = world::contact(&world.center);
    tx.insert_contact(&contact, at(0)).await.expect("inserts");
    let standard = world::patient(&contact, 'A');
    let low = Patient { risk_tier: RiskTier::Low, ..world::patient(&contact, 'B') };
    let high = Patient { risk_tier: RiskTier::High, ..world::patient(&contact, 'C') };
    let not_yet = Patient { observe_from: day(1), ..world::patient(&contact, 'D') };
    let not_any_more = Patient { observe_from: day(0), observe_until: day(0), ..world::patient(&contact, 'E') };
    let paused = Patient { status: PatientStatus::Paused, ..world::patient(&contact, 'F') };
    for patient in [&low, &standard, &high, &not_yet, &not_any_more, &paused] {
        tx.insert_patient(patient, at(0)).await.expect("inserts");
    }
    let observed: BTreeSet<PatientId> = tx
        .patients_observed_on(world.center.id, day(1))
        .await
        .expect("reads")
        .into_iter()
        .map(|patient| patient.id)
        .collect();
    assert_eq!(observed, BTreeSet::from([world.patient.id, low.id, standard.id, high.id, not_yet.id]));
    // The patient of the set-up has a conversation in this round already.
    let found = tx.patients_without_conversation(&world.round, 99).await.expect("reads");
    let ids: Vec<PatientId> = found.iter().map(|(patient, _)| patient.id).collect();
    assert_eq!(ids, [high.id, standard.id, not_any_more.id, low.id], "the highest risk first, then by letter");
    assert!(found.iter().all(|(_, found)| *found == contact));
    let found = tx.patients_without_conversation(&world.round, 2).await.expect("reads");
    assert_eq!(found.len(), 2);
}

async fn alerts_are_found_by_urgency(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let mut alerts = Vec::new();
    for (index, rule) in AlertRule::ALL.iter().enumerate() {
        let severity = [Severity::Orange, Severity::Red, Severity::Unknown, Severity::Green][index % 4];
        let minutes = 30 - i64::try_from(index).expect("few");
        let mut alert = world.alert(*rule, severity, minutes);
        alert.state = AlertState::ALL[index % 3];
        tx.insert_alert(&alert).await.expect("inserts");
        alerts.push(alert);
    }
    let mut operators = world.alert(AlertRule::UnknownSender, Severity::Unknown, 1);
    (operators.center_id, operators.patient_id, operators.contact_id, operators.round_id) = (None, None, None, None);
    tx.insert_alert(&operators).await.expect("inserts");
    alerts.sort_by_key(|alert| alert.opened_at);
    assert_eq!(tx.alerts_of_round(world.round.id).await.expect("reads"), alerts);
    alerts.retain(|alert| alert.state != AlertState::Closed);
    alerts.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), alert.opened_at));
    assert_eq!(tx.open_alerts(world.center.id, 99).await.expect("reads"), alerts);
    assert_eq!(tx.open_alerts(world.center.id, 1).await.expect("reads"), alerts[..1]);
    assert_eq!(tx.operator_alerts(9).await.expect("reads"), [operators]);
    let (center, contact) = (world.center.id, world.contact.id);
    let raised = alerts.iter().find(|alert| alert.rule == AlertRule::WarningSign).expect("is open").opened_at;
    for (rule, since, expected) in [
        (AlertRule::WarningSign, raised, true),
        (AlertRule::WarningSign, raised + chrono::TimeDelta::microseconds(1), false),
    ] {
        assert_eq!(tx.alert_raised_since(center, contact, rule, since).await.expect("reads"), expected);
    }
}

async fn what_happens_again_is_counted(store: Store) {
    let world = World::set_up(&store).await;
    let day = world.round.day;
    let key = |day, about| once_a_day(world.center.id, AlertRule::UnknownNumber, day, &[about]);
    let mut tx = store.begin().await.expect("begins");
    let first = world.alert(AlertRule::UnknownNumber, Severity::Unknown, 1);
    assert!(tx.count_alert(&first, &key(day, "+819012345699")).await.expect("raises"));
    for minute in [2, 3] {
        let again = world.alert(AlertRule::UnknownNumber, Severity::Unknown, minute);
        assert!(!tx.count_alert(&again, &key(day, "+819012345699")).await.expect("counts"));
    }
    let other = world.alert(AlertRule::UnknownNumber, Severity::Unknown, 4);
    assert!(tx.count_alert(&other, &key(day, "+819012345698")).await.expect("raises"), "another number");
    let mut tomorrow = world.alert(AlertRule::UnknownNumber, Severity::Unknown, 5);
    tomorrow.state = AlertState::Closed;
    let next = key(day.succ_opt().expect("a day"), "+819012345699");
    assert!(tx.count_alert(&tomorrow, &next).await.expect("raises"), "another day");
    // Alerts without a key never count each other.
    let single = world.alert(AlertRule::UnknownNumber, Severity::Unknown, 6);
    tx.insert_alert(&single).await.expect("inserts");
    let counted = Alert { times: 3, latest_at: at(3), ..first };
    let open = tx.open_alerts(world.center.id, 9).await.expect("reads");
    assert_eq!(open, [counted.clone(), other.clone(), single.clone()]);
    // What was closed and happens again is seen again.
    let again = world.alert(AlertRule::UnknownNumber, Severity::Unknown, 7);
    assert!(!tx.count_alert(&again, &next).await.expect("counts"));
    let reopened = Alert { times: 2, latest_at: at(7), state: AlertState::Open, ..tomorrow };
    let open = tx.open_alerts(world.center.id, 9).await.expect("reads");
    assert_eq!(open, [counted, other, reopened, single]);
}

async fn what_became_of_the_texts_of_a_round(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let mut ids = Vec::new();
    for (minute, kind) in [(1, TextKind::Opening), (2, TextKind::Reminder), (3, TextKind::Safety)] {
        let text = world.text(kind, minute);
        tx.enqueue(&text, 1).await.expect("enqueues");
        ids.push(text.id);
    }
    tx.settle(ids[0], Settlement::Failed { code: Some(63_038) }, at(4)).await.expect("settles");
    assert!(tx.note_failure(ids[0], SendFailure::DailyLimit).await.expect("notes"));
    assert!(
        !tx.note_failure(domain::id::MessageId::new(at(9), &[9; 10]), SendFailure::Number).await.expect("no such text")
    );
    let fate = |state, failure| TextFate { state, failure };
    let rows = tx.round_rows(world.round.id).await.expect("reads");
    let row = rows.iter().find(|row| row.patient.id == world.patient.id).expect("there");
    assert_eq!(
        row.texts,
        [fate(OutboundState::Failed, Some(SendFailure::DailyLimit)), fate(OutboundState::Queued, None)],
        "a safety text asks nothing"
    );
    let asked = |rows: &[RoundRow]| -> Vec<Asked> {
        crate::standings(rows, RoundState::Closed).iter().map(|standing| standing.asking.asked).collect()
    };
    assert_eq!(asked(&rows), [Asked::Pending]);
    tx.settle(ids[1], Settlement::Expired, at(5)).await.expect("settles");
    let sibling = world::patient(&world.contact, 'B');
    tx.insert_patient(&sibling, at(5)).await.expect("inserts");
    let rows = tx.round_rows(world.round.id).await.expect("reads");
    assert_eq!(asked(&rows), [Asked::NotSent, Asked::NotSent], "nothing has reached the phone that they share");
}

async fn a_round_at_a_glance(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let silent = Patient { risk_tier: RiskTier::High, ..world::patient(&world.contact, 'B') };
    let paused = Patient { status: PatientStatus::Paused, ..world::patient(&world.contact, 'C') };
    for patient in [&silent, &paused] {
        tx.insert_patient(patient, at(0)).await.expect("inserts");
    }
    let check_in = world::check_in(&world.round, &world.patient);
    tx.save_check_in(&check_in, at(5)).await.expect("saves");
    for (rule, severity, state) in [
        (AlertRule::RedValue, Severity::Orange, AlertState::Open),
        (AlertRule::WarningSign, Severity::Unknown, AlertState::Taken),
        (AlertRule::WarningSign, Severity::Red, AlertState::Closed),
        // Not about health: it counts, and makes nobody more urgent.
        (AlertRule::OptedOut, Severity::Red, AlertState::Open),
    ] {
        let mut alert = world.alert(rule, severity, 5);
        alert.state = state;
        tx.insert_alert(&alert).await.expect("inserts");
    }
    // An alert of another round does not count here.
    let mut older = world.alert(AlertRule::Note, Severity::Red, 5);
    older.round_id = None;
    tx.insert_alert(&older).await.expect("inserts");
    let rows = tx.round_rows(world.round.id).await.expect("reads");
    assert_eq!(rows.iter().map(|row| row.patient.clone()).collect::<Vec<_>>(), [silent.clone(), world.patient.clone()]);
    let [first, second] = &rows[..] else { panic!("two rows") };
    assert_eq!((&first.conversation, &first.check_in, first.open_alerts), (&None, &None, 0));
    assert_eq!((first.alert_severity, first.last_outbound), (None, None), "nothing was sent yet");
    assert_eq!(second.contact, world.contact);
    let conversation = ConversationRow {
        id: world.conversation.id,
        status: "asking".to_owned(),
        question_key: Some("temperature".to_owned()),
        asked_at: Some(at(0)),
        updated_at: at(0),
        dialog: DIALOG,
    };
    assert_eq!(second.conversation, Some(conversation));
    assert_eq!(second.check_in, Some(check_in));
    assert_eq!((second.open_alerts, second.alert_severity), (3, Some(Severity::Orange)), "a closed one does not count");
    assert_eq!(second.alert_detail, "chest-pain chest-pain");
    // Paused later on: who has a conversation stays on the page.
    let away = Patient { status: PatientStatus::Paused, ..world.patient.clone() };
    tx.update_patient(&away, at(9)).await.expect("updates");
    // Two texts of one instant: the newest is the one that was made last.
    for state in [OutboundState::Queued, OutboundState::Unknown] {
        let mut text = world.text(TextKind::Reply, 6);
        text.state = state;
        tx.enqueue(&text, 1).await.expect("enqueues");
    }
    let rows = tx.round_rows(world.round.id).await.expect("reads");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.last_outbound == Some(OutboundState::Unknown)));
}
