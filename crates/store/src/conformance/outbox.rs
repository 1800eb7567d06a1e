//! The outbox: once (P4), in order (P6), in time (P7), the urgent first, to one relay only.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::dialog::engine::TextKind;
use domain::id::MessageId;
use domain::message::{NewOutbound, OutboundState};
use tokio::task::JoinSet;

use super::conformance;
use super::world::{self, World, at, entropy};
use crate::{CancelScope, Settlement, Store, Tx};

conformance!(
    a_slot_is_won_once,
    a_slot_is_won_once_by_concurrent_writers,
    a_claimed_text_is_whole,
    texts_to_one_number_leave_in_order,
    texts_of_one_instant_leave_in_the_order_of_making,
    a_clock_that_goes_back_changes_no_order,
    an_expired_text_holds_nobody_back,
    the_urgent_leave_first,
    an_urgent_text_lends_its_priority,
    nothing_leaves_early_or_late,
    concurrent_relays_get_different_texts,
    concurrent_relays_keep_the_order,
    a_lease_that_ran_out_is_unknown,
    unknown_texts_are_looked_at_in_turn,
    what_was_given_up_is_not_looked_at_again,
    what_is_postponed_was_no_attempt,
    what_is_being_sent_is_known,
    waiting_texts_can_be_withdrawn,
    the_relay_knows_when_it_is_needed,
    texts_are_counted,
    open_texts_are_seen,
);

async fn claim(tx: &mut Tx, minutes: i64) -> Vec<MessageId> {
    let claimed = tx.claim_due(at(minutes), at(minutes + 1), 99).await.expect("claims");
    claimed.into_iter().map(|text| text.id).collect()
}

async fn enqueue_all(tx: &mut Tx, texts: &[NewOutbound]) -> Vec<MessageId> {
    for text in texts {
        assert!(tx.enqueue(text, 1).await.expect("enqueues"));
    }
    texts.iter().map(|text| text.id).collect()
}

fn accepted(provider_id: &str) -> Settlement {
    Settlement::Accepted { provider_id: provider_id.to_owned(), state: OutboundState::Accepted }
}

async fn a_slot_is_won_once(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let opening = |slot: &str| NewOutbound { slot: Some(slot.to_owned()), ..world.text(TextKind::Opening, 0) };
    let first = opening("open");
    assert!(tx.enqueue(&first, 1).await.expect("wins"));
    let second = opening("open");
    assert!(!tx.enqueue(&second, 1).await.expect("is taken"));
    assert_eq!(tx.message(second.id).await.expect("reads"), None, "nothing of it is appended");
    assert!(tx.enqueue(&opening("reminder-1"), 1).await.expect("another slot"));
    let other = world::patient(&world.contact, 'B');
    tx.insert_patient(&other, at(0)).await.expect("inserts");
    let for_other = NewOutbound { patient_id: Some(other.id), ..opening("open") };
    assert!(tx.enqueue(&for_other, 1).await.expect("another patient"));
    for _ in 0..2 {
        assert!(tx.enqueue(&world.text(TextKind::Reply, 0), 1).await.expect("replies have no slot"));
    }
    // Whatever became of it, the slot stays taken.
    tx.cancel_queued(CancelScope::RoundScheduled(world.round.id), at(1)).await.expect("cancels");
    assert!(!tx.enqueue(&opening("open"), 1).await.expect("is taken"));
    for (slot, taken) in [("open", true), ("reminder-1", true), ("reminder-2", false)] {
        let found = tx.is_slot_taken(world.round.id, world.patient.id, slot).await.expect("reads");
        assert_eq!(found, taken, "{slot}");
    }
    tx.commit().await.expect("commits: what was refused left no trace");
}

async fn a_slot_is_won_once_by_concurrent_writers(store: Store) {
    let world = World::set_up(&store).await;
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let (store, world) = (store.clone(), world.clone());
        writers.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            let opening = NewOutbound { slot: Some("open".to_owned()), ..world.text(TextKind::Opening, 0) };
            let won = tx.enqueue(&opening, 1).await.expect("enqueues");
            tx.commit().await.expect("commits");
            won
        });
    }
    let won = writers.join_all().await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
}

async fn a_claimed_text_is_whole(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let text = world.text(TextKind::Reply, 0);
    tx.enqueue(&text, 2).await.expect("enqueues");
    let claimed = tx.claim_due(at(1), at(2), 9).await.expect("claims").remove(0);
    assert_eq!(
        (claimed.id, claimed.center_id, claimed.contact_id, claimed.conversation, claimed.round_id),
        (text.id, text.center_id, text.contact_id, text.conversation, text.round_id)
    );
    assert_eq!((&claimed.from, &claimed.to, &claimed.body), (&text.from, &text.to, &text.body));
    assert_eq!((claimed.kind, claimed.deadline_at, claimed.attempts), (text.kind, text.deadline_at, 1));
    assert_eq!(claimed.created_at, text.created_at);
    let message = tx.message(text.id).await.expect("reads").expect("is appended");
    assert_eq!((message.inbound, message.kind, message.segments), (false, Some(TextKind::Reply), Some(2)));
    let to_nobody = world.text_to(&world::phone(), TextKind::Reply, 0);
    tx.enqueue(&to_nobody, 1).await.expect("enqueues");
    let claimed = tx.claim_due(at(1), at(2), 9).await.expect("claims").remove(0);
    assert_eq!((claimed.id, claimed.contact_id, claimed.conversation), (to_nobody.id, None, None));
}

async fn texts_to_one_number_leave_in_order(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let ids = enqueue_all(&mut tx, &[0, 1, 2].map(|minutes| world.text(TextKind::Reply, minutes))).await;
    let elsewhere = enqueue_all(&mut tx, &[world.text_to(&world::phone(), TextKind::Reply, 3)]).await;
    assert_eq!(claim(&mut tx, 5).await, [ids[0], elsewhere[0]], "another number does not wait");
    assert_eq!(claim(&mut tx, 5).await, [], "the first one is being sent");
    let again = Settlement::Retry { not_before: at(6), code: Some(20429) };
    assert_eq!(tx.settle(ids[0], again, at(5)).await.expect("settles"), Some(OutboundState::Queued));
    assert_eq!(claim(&mut tx, 5).await, [], "the first one waits, so the others wait");
    assert_eq!(claim(&mut tx, 6).await, ids[..1]);
    tx.settle(ids[0], accepted("SM1"), at(6)).await.expect("settles");
    assert_eq!(claim(&mut tx, 6).await, ids[1..2]);
    // Nobody knows whether it left: the next one may.
    tx.settle(ids[1], Settlement::Unknown { code: None }, at(6)).await.expect("settles");
    assert_eq!(claim(&mut tx, 6).await, ids[2..]);
}

async fn texts_of_one_instant_leave_in_the_order_of_making(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    // Identifiers of one millisecond are in no order; these go down.
    let mut texts: Vec<_> = (0..6).map(|_| world.text(TextKind::Reply, 0)).collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.id));
    let ids = enqueue_all(&mut tx, &texts).await;
    let mut left = Vec::new();
    for minutes in 0..6 {
        let claimed = claim(&mut tx, minutes).await;
        assert_eq!(claimed.len(), 1);
        tx.settle(claimed[0], Settlement::Failed { code: None }, at(minutes)).await.expect("settles");
        left.extend(claimed);
    }
    assert_eq!(left, ids);
}

async fn a_clock_that_goes_back_changes_no_order(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let ids = enqueue_all(&mut tx, &[20, 10, 0].map(|minutes| world.text(TextKind::Reply, minutes))).await;
    for id in ids {
        assert_eq!(claim(&mut tx, 30).await, [id]);
        tx.settle(id, Settlement::Failed { code: None }, at(30)).await.expect("settles");
    }
}

async fn an_expired_text_holds_nobody_back(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let old = NewOutbound { deadline_at: at(10), ..world.text(TextKind::Reminder, 0) };
    let young = world.text(TextKind::Reply, 1);
    let ids = enqueue_all(&mut tx, &[old, young]).await;
    assert_eq!(claim(&mut tx, 10).await, ids[1..], "also before somebody has noted that the older one expired");
    assert_eq!(tx.expire_due(at(10)).await.expect("expires"), 1);
    assert_eq!(tx.expire_due(at(10)).await.expect("expires"), 0);
    assert_eq!(tx.outbound_state(ids[0]).await.expect("reads"), Some(OutboundState::Expired));
    let just_before = at(90) - TimeDelta::microseconds(1);
    assert_eq!(tx.expire_due(just_before).await.expect("expires"), 0);
}

async fn the_urgent_leave_first(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let kinds = [TextKind::Opening, TextKind::Reminder, TextKind::Reply, TextKind::Safety];
    let texts: Vec<_> =
        (0..8).map(|index: usize| world.text_to(&world::phone(), kinds[index % 4], index as i64 / 4)).collect();
    let ids = enqueue_all(&mut tx, &texts).await;
    let expected = [3, 7, 2, 6, 1, 5, 0, 4].map(|index| ids[index]);
    let first: Vec<_> = tx.claim_due(at(9), at(10), 3).await.expect("claims");
    assert_eq!(first.iter().map(|text| text.id).collect::<Vec<_>>(), expected[..3]);
    assert_eq!(claim(&mut tx, 9).await, expected[3..]);
}

async fn an_urgent_text_lends_its_priority(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let many: Vec<_> = (0..5).map(|_| world.text_to(&world::phone(), TextKind::Opening, 0)).collect();
    enqueue_all(&mut tx, &many).await;
    let ids = enqueue_all(&mut tx, &[world.text(TextKind::Opening, 1), world.text(TextKind::Safety, 2)]).await;
    let claimed = tx.claim_due(at(3), at(4), 1).await.expect("claims");
    assert_eq!(claimed[0].id, ids[0], "the opening before the safety text goes before all others");
    assert_eq!(claimed[0].kind, TextKind::Opening);
    tx.settle(ids[0], accepted("SM1"), at(3)).await.expect("settles");
    assert_eq!(tx.claim_due(at(3), at(4), 1).await.expect("claims")[0].id, ids[1]);
}

async fn nothing_leaves_early_or_late(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let ids = enqueue_all(&mut tx, &[world.text(TextKind::Reply, 5)]).await;
    assert_eq!(claim(&mut tx, 4).await, []);
    assert_eq!(claim(&mut tx, 90).await, [], "its deadline is the first instant at which it may not leave");
    assert_eq!(claim(&mut tx, 5).await, ids);
}

async fn concurrent_relays_get_different_texts(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let texts: Vec<_> = (0..60).map(|_| world.text_to(&world::phone(), TextKind::Opening, 0)).collect();
    let ids: BTreeSet<_> = enqueue_all(&mut tx, &texts).await.into_iter().collect();
    tx.commit().await.expect("commits");
    let mut relays = JoinSet::new();
    for _ in 0..3 {
        let store = store.clone();
        relays.spawn(async move {
            let mut got = Vec::new();
            loop {
                let mut tx = store.begin().await.expect("begins");
                let claimed = tx.claim_due(at(1), at(2), 7).await.expect("claims");
                tx.commit().await.expect("commits");
                if claimed.is_empty() {
                    return got;
                }
                assert!(claimed.len() <= 7);
                got.extend(claimed.into_iter().map(|text| text.id));
            }
        });
    }
    let got: Vec<_> = relays.join_all().await.into_iter().flatten().collect();
    // A relay that found every free row locked may have stopped early; nobody gets a row twice all the same.
    let mut tx = store.begin().await.expect("begins");
    let rest = claim(&mut tx, 1).await;
    let distinct: BTreeSet<_> = got.iter().chain(&rest).copied().collect();
    assert_eq!(got.len() + rest.len(), 60, "no text twice");
    assert_eq!(distinct, ids, "every text once");
}

async fn concurrent_relays_keep_the_order(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let texts: Vec<_> = (0..12).map(|minutes| world.text(TextKind::Reply, minutes)).collect();
    let ids = enqueue_all(&mut tx, &texts).await;
    tx.commit().await.expect("commits");
    let left = std::sync::Arc::new(tokio::sync::Mutex::new(Vec::new()));
    let mut relays = JoinSet::new();
    for _ in 0..3 {
        let (store, left) = (store.clone(), left.clone());
        relays.spawn(async move {
            while left.lock().await.len() < 12 {
                let mut tx = store.begin().await.expect("begins");
                let claimed = tx.claim_due(at(20), at(21), 5).await.expect("claims");
                tx.commit().await.expect("commits");
                assert!(claimed.len() <= 1, "one at a time to one number");
                for text in claimed {
                    // As if it were sent here.
                    left.lock().await.push(text.id);
                    let mut tx = store.begin().await.expect("begins");
                    tx.settle(text.id, accepted(&text.id.to_string()), at(20)).await.expect("settles");
                    tx.commit().await.expect("commits");
                }
            }
        });
    }
    relays.join_all().await;
    assert_eq!(*left.lock().await, ids);
}

async fn a_lease_that_ran_out_is_unknown(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let texts: Vec<_> = (0..3).map(|_| world.text_to(&world::phone(), TextKind::Reply, 0)).collect();
    let mut ids = enqueue_all(&mut tx, &texts).await;
    claim(&mut tx, 0).await;
    let just_before = at(1) - TimeDelta::microseconds(1);
    assert_eq!(tx.recover_expired_leases(just_before).await.expect("recovers"), []);
    tx.settle(ids[2], accepted("SM3"), at(0)).await.expect("settles");
    ids.pop();
    ids.sort();
    assert_eq!(tx.recover_expired_leases(at(1)).await.expect("recovers"), ids);
    assert_eq!(tx.recover_expired_leases(at(1)).await.expect("recovers"), []);
    assert_eq!(claim(&mut tx, 2).await, [], "it is not sent again by itself (P5)");
    // The relay comes back after all.
    assert_eq!(tx.settle(ids[0], accepted("SM1"), at(2)).await.expect("settles"), Some(OutboundState::Accepted));
    let history = tx.message_history(ids[0]).await.expect("reads");
    let steps: Vec<_> = history.iter().map(|event| (event.state.key(), event.source.as_str())).collect();
    assert_eq!(steps, [("queued", "enqueue"), ("unknown", "lease"), ("accepted", "relay")]);
}

async fn unknown_texts_are_looked_at_in_turn(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    // A reply in the webhook's own answer, and one that the relay lost.
    let in_answer = NewOutbound { state: OutboundState::Unknown, ..world.text(TextKind::Safety, 0) };
    let lost = NewOutbound { slot: Some("open".to_owned()), ..world.text(TextKind::Opening, 1) };
    let ids = enqueue_all(&mut tx, &[in_answer.clone(), lost.clone()]).await;
    assert_eq!(claim(&mut tx, 2).await, ids[1..], "what the answer carries is not sent by the relay");
    tx.settle(ids[1], Settlement::Unknown { code: Some(500) }, at(3)).await.expect("settles");
    assert_eq!(tx.unknown_due(at(0), 9).await.expect("reads"), []);
    let found = tx.unknown_due(at(4), 9).await.expect("reads");
    assert_eq!(found[0].outbound, in_answer, "the longest ago first");
    assert_eq!((found[0].attempts, found[0].first_attempt_at, &found[0].provider_id), (0, None, &None));
    assert_eq!(found[1].outbound, NewOutbound { state: OutboundState::Unknown, ..lost });
    assert_eq!((found[1].attempts, found[1].first_attempt_at), (1, Some(at(2))));
    assert_eq!((found[1].error_code.as_deref(), found[1].updated_at), (Some("500"), at(3)));
    assert_eq!(tx.unknown_due(at(4), 1).await.expect("reads").len(), 1);
    assert!(tx.touch_unknown(ids[0], at(5)).await.expect("notes"));
    let found = tx.unknown_due(at(6), 9).await.expect("reads");
    assert_eq!(found.iter().map(|text| text.outbound.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    tx.settle(ids[0], accepted("SM1"), at(6)).await.expect("settles");
    assert!(!tx.touch_unknown(ids[0], at(7)).await.expect("is known now"));
    let asked = ["SM1", "SM2", "S\0M"].map(str::to_owned);
    let known = tx.provider_ids_known(&asked).await.expect("reads");
    assert_eq!(known.into_iter().collect::<Vec<_>>(), ["SM1"]);
    assert!(tx.provider_ids_known(&[]).await.expect("reads").is_empty());
}

async fn what_was_given_up_is_not_looked_at_again(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let texts: Vec<_> = (0..2)
        .map(|minutes| NewOutbound { state: OutboundState::Unknown, ..world.text(TextKind::Reply, minutes) })
        .collect();
    let ids = enqueue_all(&mut tx, &texts).await;
    assert!(tx.give_up_unknown(ids[0], at(5)).await.expect("gives up"));
    let looked_at = tx.unknown_due(at(9), 9).await.expect("reads");
    assert_eq!(looked_at.iter().map(|text| text.outbound.id).collect::<Vec<_>>(), ids[1..]);
    assert_eq!(tx.outbound_state(ids[0]).await.expect("reads"), Some(OutboundState::Unknown), "it stays unknown");
    let (_, open) = tx.open_outbox_counts().await.expect("reads")[2];
    assert_eq!(open, 1);
    // A report may still come.
    let state = tx.settle(ids[0], accepted("SM1"), at(6)).await.expect("settles");
    assert_eq!(state, Some(OutboundState::Accepted));
    assert!(!tx.give_up_unknown(ids[0], at(7)).await.expect("is known now"));
    // What is sent again is looked at again.
    tx.give_up_unknown(ids[1], at(7)).await.expect("gives up");
    tx.settle(ids[1], Settlement::Resend, at(8)).await.expect("settles");
    assert_eq!(claim(&mut tx, 8).await, ids[1..]);
    tx.settle(ids[1], Settlement::Unknown { code: None }, at(8)).await.expect("settles");
    assert_eq!(tx.unknown_due(at(9), 9).await.expect("reads").len(), 1);
}

async fn what_is_postponed_was_no_attempt(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let ids = enqueue_all(&mut tx, &[world.text(TextKind::Opening, 0)]).await;
    for minutes in 0..3 {
        assert_eq!(claim(&mut tx, minutes).await, ids);
        let later = Settlement::Postponed { not_before: at(minutes + 1) };
        let state = tx.settle(ids[0], later, at(minutes)).await.expect("settles");
        assert_eq!(state, Some(OutboundState::Queued));
        assert_eq!(claim(&mut tx, minutes).await, [], "not before its time");
    }
    let claimed = tx.claim_due(at(3), at(4), 1).await.expect("claims");
    assert_eq!(claimed[0].attempts, 1);
    assert_eq!(tx.message_history(ids[0]).await.expect("reads").len(), 1, "nothing has happened to it");
    // Its lease ran out meanwhile: what is unknown cannot be postponed.
    tx.recover_expired_leases(at(4)).await.expect("recovers");
    let late = Settlement::Postponed { not_before: at(9) };
    assert_eq!(tx.settle(ids[0], late, at(5)).await.expect("settles"), Some(OutboundState::Unknown));
    assert_eq!(tx.unknown_due(at(9), 9).await.expect("reads")[0].first_attempt_at, Some(at(3)));
}

async fn what_is_being_sent_is_known(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let texts: Vec<_> = (0..3).map(|_| world.text_to(&world::phone(), TextKind::Reply, 0)).collect();
    let mut ids = enqueue_all(&mut tx, &texts).await;
    assert_eq!(tx.sending().await.expect("reads"), []);
    claim(&mut tx, 0).await;
    tx.settle(ids.remove(1), accepted("SM1"), at(0)).await.expect("settles");
    ids.sort();
    assert_eq!(tx.sending().await.expect("reads"), ids);
}

async fn waiting_texts_can_be_withdrawn(store: Store) {
    let world = World::set_up(&store).await;
    let (contact, conversation, round) = (world.contact.id, world.conversation.id, world.round.id);
    for (scope, withdrawn) in [
        (CancelScope::Contact(contact), vec![TextKind::Opening, TextKind::Reminder, TextKind::Reply]),
        (CancelScope::ContactScheduled(contact), vec![TextKind::Opening, TextKind::Reminder]),
        (CancelScope::Conversation(conversation), vec![TextKind::Opening, TextKind::Reminder, TextKind::Reply]),
        (CancelScope::ConversationScheduled(conversation), vec![TextKind::Opening, TextKind::Reminder]),
        (CancelScope::RoundScheduled(round), vec![TextKind::Opening, TextKind::Reminder]),
    ] {
        let mut tx = store.begin().await.expect("begins");
        let mut texts: Vec<_> = [TextKind::Opening, TextKind::Reminder, TextKind::Reply, TextKind::Safety]
            .map(|kind| world.text(kind, 1))
            .to_vec();
        // One that is being sent, and one of somebody else, stay whatever is withdrawn.
        texts.insert(0, world.text(TextKind::Opening, 0));
        texts.push(NewOutbound { round_id: None, ..world.text_to(&world::phone(), TextKind::Opening, 1) });
        let ids = enqueue_all(&mut tx, &texts).await;
        let sending = tx.claim_due(at(0), at(1), 1).await.expect("claims");
        assert_eq!(sending[0].id, ids[0]);
        let canceled = tx.cancel_queued(scope, at(2)).await.expect("cancels");
        assert_eq!(canceled, withdrawn.len() as u64, "{scope:?}");
        assert_eq!(tx.cancel_queued(scope, at(2)).await.expect("cancels"), 0, "{scope:?}");
        for (index, (text, id)) in texts.iter().zip(&ids).enumerate() {
            let expected = match index {
                0 => OutboundState::Sending,
                5 => OutboundState::Queued,
                _ if withdrawn.contains(&text.kind) => OutboundState::Canceled,
                _ => OutboundState::Queued,
            };
            let state = tx.outbound_state(*id).await.expect("reads");
            assert_eq!(state, Some(expected), "{scope:?} {:?}", text.kind);
        }
        // Withdrawn is final: it never leaves.
        let state = tx.settle(ids[0], Settlement::Expired, at(2)).await.expect("settles");
        assert_eq!(state, Some(OutboundState::Expired));
        let left = claim(&mut tx, 3).await;
        assert!(left.iter().all(|id| ids.contains(id)) && !left.is_empty());
        drop(tx);
    }
    let mut tx = store.begin().await.expect("begins");
    let nobody = CancelScope::Contact(domain::id::ContactId::new(at(0), &entropy()));
    assert_eq!(tx.cancel_queued(nobody, at(0)).await.expect("cancels"), 0);
}

async fn the_relay_knows_when_it_is_needed(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.next_outbox_due(at(0)).await.expect("reads"), None);
    assert!(tx.open_outbox_is_idle(at(0)).await.expect("reads"));
    let ids = enqueue_all(&mut tx, &[world.text(TextKind::Reply, 5), world.text(TextKind::Reply, 6)]).await;
    assert!(tx.open_outbox_is_idle(at(4)).await.expect("reads"), "nothing may leave yet");
    assert_eq!(tx.next_outbox_due(at(4)).await.expect("reads"), Some(at(5)));
    assert!(!tx.open_outbox_is_idle(at(5)).await.expect("reads"));
    claim(&mut tx, 5).await;
    assert!(!tx.open_outbox_is_idle(at(5)).await.expect("reads"), "one is being sent");
    assert_eq!(tx.next_outbox_due(at(5)).await.expect("reads"), Some(at(6)), "the lease; the younger one waits for it");
    let again = Settlement::Retry { not_before: at(20), code: None };
    tx.settle(ids[0], again, at(6)).await.expect("settles");
    assert_eq!(tx.next_outbox_due(at(7)).await.expect("reads"), Some(at(20)), "both wait for the older one");
    assert!(tx.open_outbox_is_idle(at(7)).await.expect("reads"));
    assert_eq!(tx.next_outbox_due(at(95)).await.expect("reads"), Some(at(90)), "deadlines have passed");
    assert!(!tx.open_outbox_is_idle(at(95)).await.expect("reads"));
    tx.expire_due(at(95)).await.expect("expires");
    assert_eq!(tx.next_outbox_due(at(95)).await.expect("reads"), None);
    assert!(tx.open_outbox_is_idle(at(95)).await.expect("reads"));
}

async fn texts_are_counted(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let zero = |state| (state, 0);
    let open = [OutboundState::Queued, OutboundState::Sending, OutboundState::Unknown];
    assert_eq!(tx.open_outbox_counts().await.expect("reads"), open.map(zero));
    assert_eq!(tx.outbox_counts().await.expect("reads"), []);
    let texts: Vec<_> = (0..3).map(|_| world.text_to(&world::phone(), TextKind::Reply, 0)).collect();
    let ids = enqueue_all(&mut tx, &texts).await;
    tx.claim_due(at(0), at(1), 2).await.expect("claims");
    tx.settle(ids[0], accepted("SM1"), at(1)).await.expect("settles");
    let counts = tx.outbox_counts().await.expect("reads").into_iter().collect::<BTreeSet<_>>();
    let state = tx.outbound_state(ids[0]).await.expect("reads").expect("is there");
    assert_eq!(counts.iter().map(|(_, n)| n).sum::<i64>(), 3);
    assert!(counts.contains(&(state, 1)));
    let open: i64 = tx.open_outbox_counts().await.expect("reads").into_iter().map(|(_, n)| n).sum();
    assert_eq!(open, 2);
}

async fn open_texts_are_seen(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let (contact, from, to) = (world.contact.id, world.center.sender.clone(), world.contact.phone.clone());
    assert!(!tx.has_open_outbound(contact).await.expect("reads"));
    let in_answer = NewOutbound { state: OutboundState::Unknown, ..world.text(TextKind::Reply, 0) };
    enqueue_all(&mut tx, &[in_answer]).await;
    assert!(!tx.has_open_outbound(contact).await.expect("reads"), "what is unknown holds nobody back");
    let ids = enqueue_all(&mut tx, &[world.text(TextKind::Reply, 0)]).await;
    for _ in 0..2 {
        assert!(tx.has_open_outbound(contact).await.expect("reads"));
        assert!(tx.has_open_outbound_between(&from, &to).await.expect("reads"));
        assert!(!tx.has_open_outbound_between(&to, &from).await.expect("reads"));
        claim(&mut tx, 0).await;
    }
    tx.settle(ids[0], accepted("SM1"), at(1)).await.expect("settles");
    assert!(!tx.has_open_outbound(contact).await.expect("reads"));
    assert!(!tx.has_open_outbound_between(&from, &to).await.expect("reads"));
}
