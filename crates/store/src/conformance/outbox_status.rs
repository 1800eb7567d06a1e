//! What becomes of a text: every settlement in every state, and reports in every order.

use domain::dialog::engine::TextKind;
use domain::id::MessageId;
use domain::message::{NewOutbound, OutboundState};

use super::conformance;
use super::world::{World, at, entropy};
use crate::{Reported, Settlement, StatusReport, Store, Tx};

conformance!(
    every_settlement_in_every_state,
    reports_and_settlement_in_any_order,
    reports_only_move_forward,
    a_report_finds_its_text,
    a_report_for_two_texts_stops_nobody,
    redelivered_reports_add_nothing,
    what_is_settled_twice,
    reports_about_nothing_are_kept_and_counted,
    history_is_not_changed,
);

fn accepted(state: OutboundState) -> Settlement {
    Settlement::Accepted { provider_id: "SM1".to_owned(), state }
}

fn report(id: Option<MessageId>, provider_id: &str, state: OutboundState) -> StatusReport {
    let code = matches!(state, OutboundState::Undelivered | OutboundState::Failed).then_some(30003);
    StatusReport { message_id: id, provider_id: provider_id.to_owned(), state, code, at: at(8) }
}

/// A text that has come to a state.
async fn text_in(tx: &mut Tx, world: &World, state: OutboundState) -> MessageId {
    let new = NewOutbound { state: OutboundState::Queued, ..world.text(TextKind::Reply, 0) };
    tx.enqueue(&new, 1).await.expect("enqueues");
    super::raw(tx, &format!("UPDATE outbox SET state = '{}' WHERE message_id = '{}'", state.key(), new.id))
        .await
        .expect("sets the state");
    new.id
}

async fn every_settlement_in_every_state(store: Store) {
    use OutboundState as S;
    let world = World::set_up(&store).await;
    let retry = || Settlement::Retry { not_before: at(9), code: Some(20429) };
    for before in OutboundState::ALL.iter().copied() {
        let in_doubt = matches!(before, S::Sending | S::Unknown);
        let unless_further = |state: OutboundState| before.advance(state);
        for (settlement, expected) in [
            (accepted(S::Accepted), unless_further(S::Accepted)),
            (accepted(S::Queued), unless_further(S::Accepted)),
            (accepted(S::Sent), unless_further(S::Sent)),
            (accepted(S::Delivered), unless_further(S::Delivered)),
            (retry(), if in_doubt { S::Queued } else { before }),
            (Settlement::Postponed { not_before: at(9) }, if before == S::Sending { S::Queued } else { before }),
            (Settlement::Unknown { code: None }, unless_further(S::Unknown)),
            (Settlement::Failed { code: Some(21211) }, unless_further(S::Failed)),
            (Settlement::Expired, unless_further(S::Expired)),
            (Settlement::Canceled, unless_further(S::Canceled)),
            (Settlement::Resend, if before == S::Unknown { S::Queued } else { before }),
        ] {
            let mut tx = store.begin().await.expect("begins");
            let id = text_in(&mut tx, &world, before).await;
            let label = format!("{before:?} {settlement:?}");
            assert_eq!(tx.settle(id, settlement, at(7)).await.expect("settles"), Some(expected), "{label}");
            assert_eq!(tx.outbound_state(id).await.expect("reads"), Some(expected), "{label}");
        }
    }
    let mut tx = store.begin().await.expect("begins");
    let absent = MessageId::new(at(0), &entropy());
    assert_eq!(tx.settle(absent, retry(), at(7)).await.expect("settles nothing"), None);
    assert_eq!(tx.outbound_state(absent).await.expect("reads"), None);
}

async fn reports_and_settlement_in_any_order(store: Store) {
    let world = World::set_up(&store).await;
    let steps = ["settle", "sent", "delivered"];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut tx = store.begin().await.expect("begins");
        let new = world.text(TextKind::Reply, 0);
        tx.enqueue(&new, 1).await.expect("enqueues");
        tx.claim_due(at(0), at(1), 1).await.expect("claims");
        for step in order.map(|index| steps[index]) {
            match OutboundState::from_key(step) {
                None => drop(tx.settle(new.id, accepted(OutboundState::Accepted), at(1)).await.expect("settles")),
                // The callback's address carries our identifier, also before the provider's is known.
                Some(state) => {
                    let reported = tx.report_status(&report(Some(new.id), "SM1", state)).await.expect("reports");
                    assert!(matches!(reported, Reported::Matched(_)), "{order:?}");
                }
            }
        }
        assert_eq!(tx.outbound_state(new.id).await.expect("reads"), Some(OutboundState::Delivered), "{order:?}");
        assert!(tx.provider_ids_known(&["SM1".to_owned()]).await.expect("reads").contains("SM1"), "{order:?}");
        assert_eq!(tx.recover_expired_leases(at(99)).await.expect("recovers"), [], "{order:?}: no lease is left");
        // Every step that was learned is in the history, also the one that came late.
        assert_eq!(tx.message_history(new.id).await.expect("reads").len(), 1 + 3, "{order:?}");
    }
}

async fn reports_only_move_forward(store: Store) {
    let world = World::set_up(&store).await;
    for before in OutboundState::ALL.iter().copied() {
        for state in OutboundState::ALL.iter().copied() {
            let mut tx = store.begin().await.expect("begins");
            let id = text_in(&mut tx, &world, before).await;
            let Reported::Matched(matched) = tx.report_status(&report(Some(id), "SM1", state)).await.expect("reports")
            else {
                panic!("{before:?} {state:?}: is ours")
            };
            let expected = before.advance(state);
            assert_eq!((matched.before, matched.state), (before, expected), "{before:?} {state:?}");
            assert_eq!(matched.is_news(), before != expected);
            assert_eq!(tx.outbound_state(id).await.expect("reads"), Some(expected), "{before:?} {state:?}");
        }
    }
}

async fn a_report_finds_its_text(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let new = world.text(TextKind::Reply, 0);
    tx.enqueue(&new, 1).await.expect("enqueues");
    tx.claim_due(at(0), at(1), 1).await.expect("claims");
    let unknown = report(None, "SM1", OutboundState::Sent);
    assert_eq!(tx.report_status(&unknown).await.expect("reports"), Reported::Unmatched, "not linked yet");
    tx.settle(new.id, accepted(OutboundState::Accepted), at(1)).await.expect("settles");
    let Reported::Matched(matched) = tx.report_status(&unknown).await.expect("reports") else { panic!("is linked") };
    assert_eq!((matched.message_id, matched.center_id), (new.id, new.center_id));
    assert_eq!((matched.contact_id, matched.patient_id), (new.contact_id, new.patient_id));
    assert_eq!((matched.round_id, matched.conversation_id), (new.round_id, new.conversation.map(|(id, _)| id)));
    assert_eq!((matched.kind, matched.state), (TextKind::Reply, OutboundState::Sent));
    // An identifier of ours that is nobody's: the provider's counts.
    let stranger = Some(MessageId::new(at(0), &entropy()));
    let found = tx.report_status(&report(stranger, "SM1", OutboundState::Undelivered)).await.expect("reports");
    assert!(matches!(found, Reported::Matched(matched) if matched.message_id == new.id));
    let history = tx.message_history(new.id).await.expect("reads");
    assert_eq!(history.last().and_then(|event| event.error_code.as_deref()), Some("30003"));
    let lost = tx.report_status(&report(stranger, "SM9", OutboundState::Sent)).await.expect("reports");
    assert_eq!(lost, Reported::Unmatched);
}

async fn a_report_for_two_texts_stops_nobody(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let first = text_in(&mut tx, &world, OutboundState::Sending).await;
    let second = text_in(&mut tx, &world, OutboundState::Sending).await;
    for id in [first, second] {
        tx.settle(id, accepted(OutboundState::Accepted), at(1)).await.expect("the identifier stays with the first");
        tx.report_status(&report(Some(id), "SM1", OutboundState::Sent)).await.expect("reports");
        assert_eq!(tx.outbound_state(id).await.expect("reads"), Some(OutboundState::Sent));
    }
    let found = tx.report_status(&report(None, "SM1", OutboundState::Delivered)).await.expect("reports");
    assert!(matches!(found, Reported::Matched(matched) if matched.message_id == first));
}

async fn redelivered_reports_add_nothing(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let id = text_in(&mut tx, &world, OutboundState::Accepted).await;
    for _ in 0..3 {
        for state in [OutboundState::Delivered, OutboundState::Sent, OutboundState::Undelivered] {
            tx.report_status(&report(Some(id), "SM1", state)).await.expect("reports");
        }
    }
    let steps: Vec<_> =
        tx.message_history(id).await.expect("reads").into_iter().map(|event| event.state.key()).collect();
    assert_eq!(steps, ["queued", "delivered", "sent", "undelivered"], "each is in the history, once");
    assert_eq!(tx.outbound_state(id).await.expect("reads"), Some(OutboundState::Delivered));
}

async fn what_is_settled_twice(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let new = world.text(TextKind::Safety, 0);
    tx.enqueue(&new, 1).await.expect("enqueues");
    tx.claim_due(at(0), at(1), 1).await.expect("claims");
    tx.settle(new.id, Settlement::Unknown { code: None }, at(1)).await.expect("settles");
    assert_eq!(tx.settle(new.id, Settlement::Resend, at(2)).await.expect("settles"), Some(OutboundState::Queued));
    let again = tx.claim_due(at(2), at(3), 1).await.expect("claims");
    assert_eq!((again[0].id, again[0].attempts), (new.id, 2));
    tx.settle(new.id, Settlement::Accepted { provider_id: "SM2".to_owned(), state: OutboundState::Accepted }, at(2))
        .await
        .expect("settles");
    // The first request had arrived after all: both identifiers lead to the text.
    tx.report_status(&report(Some(new.id), "SM1", OutboundState::Delivered)).await.expect("reports");
    assert_eq!(tx.outbound_state(new.id).await.expect("reads"), Some(OutboundState::Delivered));
}

async fn reports_about_nothing_are_kept_and_counted(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.unmatched_callbacks().await.expect("counts"), 0);
    let params =
        |status: &str| vec![("MessageStatus".to_owned(), status.to_owned()), ("X\0".to_owned(), "\0".to_owned())];
    for (minutes, status) in [(1, "sent"), (2, "sent"), (3, "delivered")] {
        tx.keep_unmatched_callback("SM9", &params(status), at(minutes)).await.expect("keeps");
    }
    assert_eq!(tx.unmatched_callbacks().await.expect("counts"), 3);
    let rows = super::raw_text(&mut tx, "SELECT CAST(COUNT(*) AS TEXT) FROM callbacks_unmatched").await;
    assert_eq!(rows, "2", "the same one again is counted, not kept twice");
}

async fn history_is_not_changed(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    tx.enqueue(&world.text(TextKind::Reply, 0), 1).await.expect("enqueues");
    tx.commit().await.expect("commits");
    for table in ["messages", "message_events"] {
        let column = if table == "messages" { "body" } else { "source" };
        for change in [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")] {
            let mut tx = store.begin().await.expect("begins");
            let error = super::raw(&mut tx, &change).await.expect_err("is refused");
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }
}
