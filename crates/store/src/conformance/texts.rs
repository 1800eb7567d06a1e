//! Texts that came in: each once (P2), kept word for word.

use chrono::TimeDelta;
use domain::dialog::engine::TextKind;
use domain::id::MessageId;
use domain::message::Body;
use tokio::task::JoinSet;

use super::conformance;
use super::world::{World, at, entropy};
use crate::{NewInbound, Store, StoredReply};

conformance!(
    a_text_is_admitted_once,
    concurrent_copies_have_one_effect,
    a_copy_in_a_turn_that_failed_is_admitted_again,
    texts_are_kept_word_for_word,
    texts_are_counted_by_number_and_time,
    a_text_from_nobody_to_nobody_is_kept,
);

async fn a_text_is_admitted_once(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let inbound = world.inbound("SM1", "36.5", 1);
    assert_eq!(tx.stored_reply("SM1").await.expect("reads"), None);
    assert!(!tx.store_reply("SM1", "<Response/>").await.expect("was never admitted"));
    assert!(tx.admit("SM1", inbound.id, at(1)).await.expect("admits"));
    assert_eq!(tx.stored_reply("SM1").await.expect("reads"), Some(StoredReply { reply: None }));
    let copy = MessageId::new(at(2), &entropy());
    assert!(!tx.admit("SM1", copy, at(2)).await.expect("was admitted"));
    assert!(tx.admit("sm1", copy, at(2)).await.expect("another identifier"));
    let reply = "<?xml version=\"1.0\"?><Response><Message>ありがとう &amp; 🙂</Message></Response>\n";
    assert!(tx.store_reply("SM1", reply).await.expect("stores"));
    assert!(!tx.store_reply("SM1", "another").await.expect("has one"));
    tx.commit().await.expect("commits");
    let mut tx = store.read().await.expect("reads");
    let found = tx.stored_reply("SM1").await.expect("reads");
    assert_eq!(found, Some(StoredReply { reply: Some(reply.to_owned()) }), "byte for byte");
}

async fn concurrent_copies_have_one_effect(store: Store) {
    let world = World::set_up(&store).await;
    let mut copies = JoinSet::new();
    for number in 0..8 {
        let (store, world) = (store.clone(), world.clone());
        copies.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            let inbound = world.inbound("SM1", "36.5", 1);
            if tx.admit("SM1", inbound.id, at(1)).await.expect("admits or waits") {
                tx.insert_inbound(&inbound).await.expect("inserts");
                tx.store_reply("SM1", &format!("reply {number}")).await.expect("stores");
            }
            let stored = tx.stored_reply("SM1").await.expect("reads").expect("is there").reply;
            tx.commit().await.expect("commits");
            stored.expect("whoever was not admitted sees the reply")
        });
    }
    let replies = copies.join_all().await;
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    let mut tx = store.read().await.expect("reads");
    assert_eq!(tx.messages_of_contact(world.contact.id, 9).await.expect("reads").len(), 1);
}

async fn a_copy_in_a_turn_that_failed_is_admitted_again(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    for _ in 0..2 {
        tx.savepoint().await.expect("a savepoint");
        assert!(tx.admit("SM1", MessageId::new(at(0), &entropy()), at(1)).await.expect("admits"));
        tx.rollback_to_savepoint().await.expect("rolls back");
    }
}

async fn texts_are_kept_word_for_word(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let long = "体".repeat(1600);
    let bodies = ["", "36.5", "３６．５度\r\n", "🤒👨‍👩‍👧", "\u{202e}abc\u{200f}", "'; DROP TABLE patients; --", &long];
    for (index, body) in bodies.iter().enumerate() {
        let inbound = NewInbound { media: 3, ..world.inbound(&format!("SM{index}"), body, 1) };
        tx.insert_inbound(&inbound).await.expect("inserts");
        let found = tx.message(inbound.id).await.expect("reads").expect("is there");
        assert_eq!(found.body, inbound.body);
        assert_eq!((found.inbound, found.media, found.kind, found.segments), (true, 3, None, None));
        assert_eq!((found.from, found.to, found.created_at), (inbound.from, inbound.to, inbound.at));
        assert_eq!((found.center_id, found.contact_id), (inbound.center_id, inbound.contact_id));
        assert_eq!((found.patient_id, found.round_id), (inbound.patient_id, inbound.round_id));
        assert_eq!(found.conversation_id, inbound.conversation_id);
    }
    let inbound = world.inbound("SM\0", "a\0b", 1);
    assert!(tx.admit(&inbound.provider_id, inbound.id, at(1)).await.expect("admits"));
    tx.insert_inbound(&inbound).await.expect("inserts");
    let found = tx.message(inbound.id).await.expect("reads").expect("is there");
    assert_eq!(found.body, Body("a\u{2400}b".to_owned()), "U+0000 is kept as its symbol");
    assert!(tx.stored_reply("SM\0").await.expect("reads").is_some());
    assert_eq!(tx.message(MessageId::new(at(0), &entropy())).await.expect("reads"), None);
}

async fn texts_are_counted_by_number_and_time(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let (from, to) = (world.contact.phone.as_e164().to_owned(), world.center.sender.as_e164().to_owned());
    for minutes in [1, 2, 3] {
        tx.insert_inbound(&world.inbound(&format!("SM{minutes}"), "", minutes)).await.expect("inserts");
        tx.enqueue(&world.text(TextKind::Reply, minutes), 1).await.expect("enqueues");
    }
    for (since, expected) in [(at(0), 3), (at(2), 2), (at(3), 1), (at(3) + TimeDelta::microseconds(1), 0)] {
        assert_eq!(tx.count_inbound_from(&from, &to, since).await.expect("counts"), expected);
        let outbound = tx.count_outbound_to(world.center.id, &world.contact.phone, since).await.expect("counts");
        assert_eq!(outbound, expected);
    }
    assert_eq!(tx.count_inbound_from(&to, &from, at(0)).await.expect("counts"), 0, "the other way");
    let texts = tx.messages_of_contact(world.contact.id, 4).await.expect("reads");
    assert_eq!(texts.len(), 4);
    assert!(texts.is_sorted_by_key(|text| std::cmp::Reverse(text.created_at)), "the newest first");
}

async fn a_text_from_nobody_to_nobody_is_kept(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let inbound = NewInbound {
        center_id: None,
        contact_id: None,
        patient_id: None,
        conversation_id: None,
        round_id: None,
        from: "AU 18".to_owned(),
        to: "12345".to_owned(),
        ..world.inbound("SM1", "?", 1)
    };
    tx.insert_inbound(&inbound).await.expect("inserts");
    let found = tx.message(inbound.id).await.expect("reads").expect("is there");
    assert_eq!((found.from.as_str(), found.center_id, found.contact_id), ("AU 18", None, None));
    let shown = format!("{inbound:?} {found:?}");
    assert!(!shown.contains("AU 18") && !shown.contains('?'), "{shown}");
}
