//! Versions of dialogs: kept whole, counted, and removed only when nobody refers to them.

use std::collections::BTreeSet;

use domain::dialog::definition::DialogHash;
use domain::dialog::engine::Phase;
use domain::id::ConversationId;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::conformance;
use super::world::{self, DIALOG, World, at, entropy};
use crate::{ConversationRecord, DialogVersion, Store, Tx};

conformance!(
    dialogs_are_kept_whole,
    versions_tell_by_how_many_conversations_they_are_used,
    the_version_of_the_latest_conversation_is_found,
    what_a_conversation_refers_to_is_never_removed,
    any_history_leaves_what_is_referred_to,
    a_version_that_is_about_to_be_used_stays,
);

fn version(number: u8) -> DialogHash {
    DialogHash([number; 32])
}

/// A conversation of another round with the patient of the world.
async fn converse(tx: &mut Tx, world: &World, days: u64, dialog: DialogHash, phase: Phase) -> ConversationRecord {
    let round = world::round(&world.center, days);
    assert!(tx.insert_round(&round, at(0)).await.expect("a round"));
    let minutes = i64::try_from(days).expect("few") * 24 * 60;
    let mut conversation = world::conversation(&round, &world.patient);
    conversation.id = ConversationId::new(at(minutes), &entropy());
    conversation.state.dialog = dialog;
    conversation.state.phase = phase;
    assert!(tx.insert_conversation(&conversation).await.expect("a conversation"));
    conversation
}

async fn prune(tx: &mut Tx) -> Vec<DialogHash> {
    let mut removed = Vec::new();
    for hash in tx.unused_dialogs().await.expect("reads") {
        if tx.remove_unused_dialog(&hash).await.expect("removes") {
            removed.push(hash);
        }
    }
    removed
}

async fn dialogs_are_kept_whole(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    tx.keep_dialog(&DIALOG, "daily", &world::source(), at(0)).await.expect("keeps");
    tx.keep_dialog(&DIALOG, "another", &[], at(1)).await.expect("is there already");
    let other = version(8);
    tx.keep_dialog(&other, "weekly", &[], at(2)).await.expect("keeps");
    let found = tx.dialog_source(&DIALOG).await.expect("reads");
    assert_eq!(found, Some(("daily".to_owned(), world::source())), "byte for byte");
    assert_eq!(tx.dialog_source(&version(9)).await.expect("reads"), None);
    assert_eq!(tx.dialog_hashes().await.expect("reads"), [DIALOG, other]);
}

async fn versions_tell_by_how_many_conversations_they_are_used(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    for (number, name, minutes) in [(1, "short", 5), (2, "daily", 9), (3, "daily", 8)] {
        tx.keep_dialog(&version(number), name, &[], at(minutes)).await.expect("keeps");
    }
    converse(&mut tx, &world, 1, version(2), Phase::Waiting).await;
    converse(&mut tx, &world, 2, version(2), Phase::Finished).await;
    converse(&mut tx, &world, 3, version(2), Phase::Closed { pending: Some(1) }).await;
    let expected = |hash, name: &str, minutes, conversations, running| DialogVersion {
        hash,
        name: name.to_owned(),
        kept_at: at(minutes),
        conversations,
        running,
    };
    assert_eq!(
        tx.dialog_versions().await.expect("reads"),
        [
            expected(DIALOG, "daily", -30, 1, 1),
            expected(version(3), "daily", 8, 0, 0),
            expected(version(2), "daily", 9, 3, 1),
            expected(version(1), "short", 5, 0, 0),
        ]
    );
}

async fn the_version_of_the_latest_conversation_is_found(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    tx.keep_dialog(&version(1), "daily", &[], at(5)).await.expect("keeps");
    tx.keep_dialog(&version(2), "short", &[], at(6)).await.expect("keeps");
    assert_eq!(tx.last_begun_dialog("daily").await.expect("reads"), Some(DIALOG), "kept last is not begun last");
    assert_eq!(tx.last_begun_dialog("short").await.expect("reads"), None);
    converse(&mut tx, &world, 1, version(1), Phase::Finished).await;
    assert_eq!(tx.last_begun_dialog("daily").await.expect("reads"), Some(version(1)));
    converse(&mut tx, &world, 2, version(2), Phase::Finished).await;
    // Back to the first one: by the conversations, not by when it was kept.
    converse(&mut tx, &world, 3, DIALOG, Phase::Finished).await;
    assert_eq!(tx.last_begun_dialog("daily").await.expect("reads"), Some(DIALOG));
    assert_eq!(tx.last_begun_dialog("short").await.expect("reads"), Some(version(2)));
}

async fn what_a_conversation_refers_to_is_never_removed(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    tx.keep_dialog(&version(1), "daily", &[], at(5)).await.expect("keeps");
    tx.keep_dialog(&version(2), "daily", &[], at(6)).await.expect("keeps");
    // Long over, and yet its check-in may be looked at and exported.
    let conversation = converse(&mut tx, &world, 1, version(1), Phase::Closed { pending: None }).await;
    assert_eq!(tx.unused_dialogs().await.expect("reads"), [version(2)]);
    for used in [DIALOG, version(1)] {
        assert!(!tx.remove_unused_dialog(&used).await.expect("is asked"), "it is referred to");
    }
    assert_eq!(prune(&mut tx).await, [version(2)]);
    assert!(!tx.remove_unused_dialog(&version(2)).await.expect("is asked"), "it is gone");
    assert_eq!(tx.conversation(conversation.id).await.expect("reads"), Some(conversation));
    // And it can be kept anew.
    tx.keep_dialog(&version(2), "daily", &[], at(7)).await.expect("keeps");
    assert_eq!(tx.dialog_hashes().await.expect("reads"), [DIALOG, version(1), version(2)]);
    tx.commit().await.expect("commits");
    // Whoever goes past the program is stopped by the database.
    let mut tx = store.begin().await.expect("begins");
    let error = super::raw(&mut tx, "DELETE FROM dialog_versions").await.expect_err("is refused");
    assert!(error.to_string().to_lowercase().contains("foreign key"), "{error}");
}

#[derive(Debug, Clone)]
enum Event {
    Keep(u8),
    Converse(u8),
    Prune,
}

async fn any_history_leaves_what_is_referred_to(store: Store) {
    let event = prop_oneof![(0..6_u8).prop_map(Event::Keep), (0..6_u8).prop_map(Event::Converse), Just(Event::Prune)];
    let mut runner = TestRunner::deterministic();
    for _ in 0..12 {
        let events = prop::collection::vec(event.clone(), 1..14).new_tree(&mut runner).expect("a history").current();
        let world = World::set_up(&store).await;
        let mut tx = store.begin().await.expect("begins");
        let mut kept = BTreeSet::from([DIALOG]);
        let mut used = BTreeSet::from([DIALOG]);
        for (days, event) in (1..).zip(&events) {
            match event {
                Event::Keep(number) => {
                    tx.keep_dialog(&version(*number), "daily", &[], at(0)).await.expect("keeps");
                    kept.insert(version(*number));
                }
                Event::Converse(number) => {
                    tx.keep_dialog(&version(*number), "daily", &[], at(0)).await.expect("keeps");
                    converse(&mut tx, &world, days, version(*number), Phase::Finished).await;
                    kept.insert(version(*number));
                    used.insert(version(*number));
                }
                Event::Prune => {
                    let removed: BTreeSet<DialogHash> = prune(&mut tx).await.into_iter().collect();
                    assert_eq!(removed, kept.difference(&used).copied().collect(), "{events:?}");
                    kept.clone_from(&used);
                }
            }
            let found: BTreeSet<DialogHash> = tx.dialog_hashes().await.expect("reads").into_iter().collect();
            assert_eq!(found, kept, "{events:?}");
        }
        tx.rollback().await.expect("undoes it");
    }
}

/// One instance begins a conversation while another tidies up.
async fn a_version_that_is_about_to_be_used_stays(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    tx.keep_dialog(&version(1), "daily", &[], at(5)).await.expect("keeps");
    tx.commit().await.expect("commits");
    let mut tx = store.begin().await.expect("begins");
    if !tx.is_postgres() {
        // SQLite has one writer: the two cannot be under way at once.
        return;
    }
    tx.keep_dialog(&version(1), "daily", &[], at(6)).await.expect("is there");
    let mut other = store.begin().await.expect("begins beside it");
    assert_eq!(other.unused_dialogs().await.expect("reads"), [version(1)], "as far as it can see");
    assert!(!other.remove_unused_dialog(&version(1)).await.expect("is passed over, not waited for"));
    other.commit().await.expect("commits");
    converse(&mut tx, &world, 1, version(1), Phase::Waiting).await;
    tx.commit().await.expect("commits");
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(prune(&mut tx).await, []);
}
