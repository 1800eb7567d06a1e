//! The unit of work: together or not at all, one after the other, and usable again after a failed part.

use domain::id::MessageId;
use tokio::task::JoinSet;

use super::world::{self, World, at, entropy};
use super::{conformance, raw};
use crate::{Error, Store};

conformance!(
    what_is_committed_is_there,
    what_is_dropped_or_rolled_back_is_not,
    a_failed_turn_rolls_back_alone,
    savepoints_can_follow_one_another,
    after_a_failure_nothing_is_committed,
    concurrent_writers_lose_no_update,
    the_lock_of_a_contact_orders_turns,
    a_reader_sees_one_moment_and_writes_nothing,
    the_database_answers,
);

async fn what_is_committed_is_there(store: Store) {
    let center = world::center();
    let mut tx = store.begin().await.expect("begins");
    tx.insert_center(&center, at(0)).await.expect("inserts");
    tx.commit().await.expect("commits");
    let mut tx = store.read().await.expect("reads");
    assert_eq!(tx.center(center.id).await.expect("reads"), Some(center));
}

async fn what_is_dropped_or_rolled_back_is_not(store: Store) {
    let center = world::center();
    for wait in [true, false] {
        let mut tx = store.begin().await.expect("begins");
        tx.insert_center(&center, at(0)).await.expect("inserts");
        if wait {
            tx.rollback().await.expect("rolls back");
        } else {
            drop(tx);
        }
        let mut tx = store.begin().await.expect("begins");
        assert_eq!(tx.center(center.id).await.expect("reads"), None);
    }
}

async fn a_failed_turn_rolls_back_alone(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    for (provider_id, fails) in [("SM1", false), ("SM2", true), ("SM3", false)] {
        tx.savepoint().await.expect("a savepoint");
        let inbound = world.inbound(provider_id, "36.5", 1);
        assert!(tx.admit(provider_id, inbound.id, at(1)).await.expect("admits"));
        tx.insert_inbound(&inbound).await.expect("inserts");
        if fails {
            // The same text twice: the database itself refuses it.
            let error = tx.insert_inbound(&inbound).await.expect_err("a duplicate key");
            assert!(matches!(error, Error::Conflict), "{error}");
            let error = tx.stored_reply("SM1").await.expect_err("nothing runs before the rollback");
            assert!(error.to_string().contains("roll back first"), "{error}");
            tx.rollback_to_savepoint().await.expect("usable again");
        } else {
            tx.store_reply(provider_id, "<Response/>").await.expect("stores");
            tx.release_savepoint().await.expect("releases");
        }
    }
    tx.commit().await.expect("commits");
    let mut tx = store.read().await.expect("reads");
    assert!(tx.stored_reply("SM1").await.expect("reads").is_some());
    assert_eq!(tx.stored_reply("SM2").await.expect("reads"), None);
    assert!(tx.stored_reply("SM3").await.expect("reads").is_some());
    assert_eq!(tx.messages_of_contact(world.contact.id, 9).await.expect("reads").len(), 2);
}

async fn savepoints_can_follow_one_another(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let centers: Vec<_> = (0..4).map(|_| world::center()).collect();
    for (index, center) in centers.iter().enumerate() {
        tx.savepoint().await.expect("a savepoint");
        tx.insert_center(center, at(0)).await.expect("inserts");
        if index % 2 == 0 {
            tx.rollback_to_savepoint().await.expect("rolls back");
        } else {
            tx.release_savepoint().await.expect("releases");
        }
    }
    tx.commit().await.expect("commits");
    let kept: Vec<_> = store.read().await.expect("reads").centers().await.expect("reads");
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&centers[1]) && kept.contains(&centers[3]));
}

async fn after_a_failure_nothing_is_committed(store: Store) {
    let world = World::set_up(&store).await;
    let inbound = world.inbound("SM1", "36.5", 1);
    let mut tx = store.begin().await.expect("begins");
    tx.insert_inbound(&inbound).await.expect("inserts");
    tx.insert_inbound(&inbound).await.expect_err("a duplicate key");
    // PostgreSQL would answer a COMMIT here as if all were well, and commit nothing.
    tx.commit().await.expect_err("says so");
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.message(inbound.id).await.expect("reads"), None);
    tx.commit().await.expect("the connection is as good as new");
}

async fn concurrent_writers_lose_no_update(store: Store) {
    let world = World::set_up(&store).await;
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let (store, world) = (store.clone(), world.clone());
        writers.spawn(async move {
            for _ in 0..15 {
                let mut tx = store.begin().await.expect("begins");
                tx.lock_contact(world.contact.id).await.expect("locks").expect("is there");
                let mut conversation = tx.conversation(world.conversation.id).await.expect("reads").expect("is there");
                let sequence = conversation.state.sequence;
                conversation.state.sequence += 1;
                assert!(tx.save_conversation(&conversation, sequence).await.expect("saves"));
                tx.commit().await.expect("commits");
            }
        });
    }
    writers.join_all().await;
    let mut tx = store.read().await.expect("reads");
    let conversation = tx.conversation(world.conversation.id).await.expect("reads").expect("is there");
    assert_eq!(conversation.state.sequence, 1 + 4 * 15);
}

async fn the_lock_of_a_contact_orders_turns(store: Store) {
    let world = World::set_up(&store).await;
    let mut first = store.begin().await.expect("begins");
    let phone = world.contact.phone.clone();
    let locked = first.lock_contact_by_phone(world.center.id, &phone).await.expect("locks").expect("is there");
    assert_eq!(locked, world.contact);
    let other = {
        let (store, world, phone) = (store.clone(), world.clone(), phone.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            tx.lock_contact_by_phone(world.center.id, &phone).await.expect("waits, then locks").expect("is there")
        });
        task
    };
    let changed = domain::contact::Contact { opted_out_at: Some(at(3)), ..locked };
    assert!(first.update_contact(&changed, at(3)).await.expect("updates"));
    first.commit().await.expect("commits");
    assert_eq!(other.join_all().await, [changed], "whoever waited sees what the first one did");
}

async fn a_reader_sees_one_moment_and_writes_nothing(store: Store) {
    let world = World::set_up(&store).await;
    let mut reader = store.read().await.expect("reads");
    assert_eq!(reader.message(MessageId::new(at(0), &entropy())).await.expect("reads"), None);
    let inbound = world.inbound("SM1", "36.5", 1);
    let mut writer = store.begin().await.expect("a reader holds up nobody");
    writer.insert_inbound(&inbound).await.expect("inserts");
    writer.commit().await.expect("commits");
    assert_eq!(reader.message(inbound.id).await.expect("reads"), None, "the moment of its first statement");
    assert!(store.read().await.expect("reads").message(inbound.id).await.expect("reads").is_some());
    let error = reader.insert_inbound(&world.inbound("SM2", "", 2)).await.expect_err("is refused");
    assert!(matches!(error, Error::Full(_)), "{error}");
    assert!(error.is_transient());
}

async fn the_database_answers(store: Store) {
    store.ping().await.expect("answers");
    let mut tx = store.begin().await.expect("begins");
    let is_postgres = tx.is_postgres();
    let version = if is_postgres { "SELECT version()" } else { "SELECT sqlite_version()" };
    assert_eq!(super::raw_text(&mut tx, version).await.starts_with("PostgreSQL"), is_postgres);
    let error = raw(&mut tx, "SELECT nonsense FROM nowhere").await.map_err(Error::from).expect_err("no such table");
    assert!(matches!(error, Error::Database(_)), "{error}");
    drop(tx);
    store.close().await;
    let error = store.ping().await.expect_err("is closed");
    assert!(matches!(error, Error::Unavailable(_)), "{error}");
}
