//! The audit trail: complete, in order, and every kind of tampering shows (P14).

use domain::audit::AuditAction;
use domain::id::StaffId;
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{World, at, entropy};
use super::{conformance, raw_committed};
use crate::{AuditReport, NewAudit, Store};

conformance!(
    an_untouched_trail_is_in_order,
    a_trail_longer_than_a_page_is_in_order,
    concurrent_records_leave_no_gap,
    what_is_rolled_back_leaves_no_gap,
    tampering_shows,
    the_trail_is_not_changed_by_accident,
);

fn record(world: &World, subject: &str) -> NewAudit {
    NewAudit {
        at: at(1) + chrono::TimeDelta::microseconds(1),
        actor: Some(StaffId::new(at(0), &entropy())),
        actor_text: String::new(),
        action: AuditAction::ViewRound,
        center: Some(world.center.id),
        subject: subject.to_owned(),
        detail: json!({"zeta": "試験\0", "alpha": [1, 2.5, null], "rows": 40}),
    }
}

async fn trail(store: &Store, rows: usize) -> World {
    let world = World::set_up(store).await;
    let mut tx = store.begin().await.expect("begins");
    for index in 0..rows {
        let mut new = record(&world, &format!("rnd_{index}"));
        if index % 2 == 1 {
            (new.actor, new.center, new.actor_text) = (None, None, "command line".to_owned());
        }
        tx.append_audit(&new).await.expect("appends");
    }
    tx.commit().await.expect("commits");
    world
}

async fn verify(store: &Store) -> AuditReport {
    store.read().await.expect("reads").verify_audit().await.expect("verifies")
}

async fn an_untouched_trail_is_in_order(store: Store) {
    let report = verify(&store).await;
    assert_eq!((report.rows, report.head, report.first_bad), (0, "0".repeat(64), None), "an empty one is too");
    trail(&store, 5).await;
    let report = verify(&store).await;
    assert_eq!((report.rows, report.first_bad), (5, None));
    assert_eq!(report.head.len(), 64);
}

async fn a_trail_longer_than_a_page_is_in_order(store: Store) {
    trail(&store, 501).await;
    let report = verify(&store).await;
    assert_eq!((report.rows, report.first_bad), (501, None));
}

async fn concurrent_records_leave_no_gap(store: Store) {
    let world = World::set_up(&store).await;
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let (store, world) = (store.clone(), world.clone());
        writers.spawn(async move {
            for index in 0..5 {
                let mut tx = store.begin().await.expect("begins");
                tx.append_audit(&record(&world, &index.to_string())).await.expect("appends");
                tx.commit().await.expect("commits");
            }
        });
    }
    writers.join_all().await;
    let report = verify(&store).await;
    assert_eq!((report.rows, report.first_bad), (20, None));
}

async fn what_is_rolled_back_leaves_no_gap(store: Store) {
    let world = trail(&store, 2).await;
    let mut tx = store.begin().await.expect("begins");
    tx.append_audit(&record(&world, "never")).await.expect("appends");
    drop(tx);
    let mut tx = store.begin().await.expect("begins");
    tx.append_audit(&record(&world, "kept")).await.expect("appends");
    tx.commit().await.expect("commits");
    let report = verify(&store).await;
    assert_eq!((report.rows, report.first_bad), (3, None));
}

async fn tampering_shows(store: Store) {
    trail(&store, 6).await;
    let is_postgres = store.begin().await.expect("begins").is_postgres();
    // What somebody does who may change the database itself: the triggers are the first to go.
    let disarm = if is_postgres {
        "ALTER TABLE audit_log DISABLE TRIGGER ALL"
    } else {
        "DROP TRIGGER audit_log_is_not_changed; DROP TRIGGER audit_log_is_not_deleted"
    };
    raw_committed(&store, disarm).await;
    let clean = verify(&store).await;
    assert_eq!((clean.rows, clean.first_bad), (6, None));
    for (tampering, first_bad) in [
        ("UPDATE audit_log SET subject = 'rnd_x' WHERE number = 3", 3),
        ("UPDATE audit_log SET actor = NULL WHERE number = 1", 1),
        ("UPDATE audit_log SET actor = '' WHERE number = 2", 2),
        ("UPDATE audit_log SET actor_text = 'command', action = 'line' || action WHERE number = 2", 2),
        ("UPDATE audit_log SET action = 'add-staff' WHERE number = 4", 4),
        ("UPDATE audit_log SET detail = '{}' WHERE number = 5", 5),
        ("UPDATE audit_log SET center_id = 'cen_x' WHERE number = 5", 5),
        ("UPDATE audit_log SET at = '2026-01-01T00:00:00+00:00' WHERE number = 6", 6),
        ("UPDATE audit_log SET hash = 'x' WHERE number = 2", 2),
        ("DELETE FROM audit_log WHERE number = 1", 1),
        ("DELETE FROM audit_log WHERE number = 4", 4),
        ("DELETE FROM audit_log WHERE number = 6", 6),
        ("DELETE FROM audit_log WHERE number > 3", 4),
        ("DELETE FROM audit_log", 1),
        // The rows that follow move up into the gap.
        ("DELETE FROM audit_log WHERE number = 2; UPDATE audit_log SET number = number - 1 WHERE number > 2", 2),
        // Two rows change places.
        (
            "UPDATE audit_log SET number = 99 WHERE number = 3; UPDATE audit_log SET number = 3 WHERE number = 4;
             UPDATE audit_log SET number = 4 WHERE number = 99",
            3,
        ),
        (
            "INSERT INTO audit_log (number, at, actor_text, action, subject, detail, hash)
             SELECT 7, at, actor_text, action, subject, detail, hash FROM audit_log WHERE number = 6",
            7,
        ),
        (
            "INSERT INTO audit_log (number, at, actor_text, action, subject, detail, hash)
             SELECT 0, at, actor_text, action, subject, detail, hash FROM audit_log WHERE number = 6",
            1,
        ),
        ("UPDATE audit_head SET number = 5, hash = (SELECT hash FROM audit_log WHERE number = 5)", 6),
        ("UPDATE audit_head SET number = 7", 7),
        ("UPDATE audit_head SET hash = 'x'", 7),
    ] {
        let mut tx = store.begin().await.expect("begins");
        super::raw(&mut tx, tampering).await.expect(tampering);
        let report = tx.verify_audit().await.expect("verifies");
        assert_eq!(report.first_bad, Some(first_bad), "{tampering}");
        assert!(report.rows < 7);
    }
    assert_eq!(verify(&store).await, clean);
}

async fn the_trail_is_not_changed_by_accident(store: Store) {
    trail(&store, 1).await;
    for change in ["UPDATE audit_log SET subject = 'x'", "DELETE FROM audit_log"] {
        let mut tx = store.begin().await.expect("begins");
        let error = super::raw(&mut tx, change).await.expect_err("is refused");
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}
