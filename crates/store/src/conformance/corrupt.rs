//! Stored values that this program did not write: reported with table, column and row, never a panic, never shown.

use std::future::Future;
use std::pin::Pin;

use domain::alert::AlertRule;
use domain::dialog::engine::TextKind;
use domain::id::TimerId;
use domain::round::TimerKind;
use domain::severity::Severity;

use super::conformance;
use super::world::{self, DIALOG, World, at, entropy};
use crate::{Error, NewStaff, Result, Store, Tx};

conformance!(what_cannot_be_read_is_reported);

type Reading<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;
type Read = for<'a> fn(&'a mut Tx, &'a World) -> Reading<'a>;

macro_rules! read {
    (|$tx:ident, $world:ident| $call:expr) => {{
        fn read<'a>($tx: &'a mut Tx, $world: &'a World) -> Reading<'a> {
            let _ = $world;
            Box::pin(async move { $call.await.map(drop) })
        }
        read as Read
    }};
}

async fn what_cannot_be_read_is_reported(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    tx.save_check_in(&world::check_in(&world.round, &world.patient), at(5)).await.expect("saves");
    tx.insert_alert(&world.alert(AlertRule::Note, Severity::Red, 5)).await.expect("inserts");
    tx.enqueue(&world.text(TextKind::Reply, 5), 1).await.expect("enqueues");
    let timer = TimerId::new(at(0), &entropy());
    tx.insert_timer(timer, world.round.id, TimerKind::Open, at(0)).await.expect("inserts");
    let chased = domain::chase_list::ChaseEntry {
        patient_id: world.patient.id,
        rank: 1,
        reason: domain::chase_list::ChaseReason::Red,
        detail: String::new(),
    };
    tx.freeze_chase_list(world.round.id, &[chased]).await.expect("freezes");
    let staff = NewStaff {
        id: domain::id::StaffId::new(at(0), &entropy()),
        login: "nurse".to_owned(),
        name: "試験".to_owned(),
        role: "nurse".to_owned(),
        center_id: Some(world.center.id),
        language: "ja".to_owned(),
        password_hash: String::new(),
    };
    tx.insert_staff(&staff, at(0)).await.expect("inserts");
    tx.commit().await.expect("commits");

    let center = read!(|tx, world| tx.center(world.center.id));
    let contact = read!(|tx, world| tx.contact(world.contact.id));
    let patient = read!(|tx, world| tx.patient(world.patient.id));
    let round = read!(|tx, world| tx.round(world.round.id));
    let conversation = read!(|tx, world| tx.conversation(world.conversation.id));
    let check_in = read!(|tx, world| tx.check_in(world.round.id, world.patient.id));
    let alerts = read!(|tx, world| tx.alerts_of_round(world.round.id));
    let claim = read!(|tx, world| tx.claim_due(at(6), at(7), 9));
    let timers = read!(|tx, world| tx.claim_due_timers(at(6), at(7), 9));
    let chase_list = read!(|tx, world| tx.chase_list(world.round.id));
    let rows = read!(|tx, world| tx.round_rows(world.round.id));
    let dialog = read!(|tx, world| tx.dialog_source(&DIALOG));
    let by_login = read!(|tx, world| tx.staff_by_login("nurse"));

    let cases: &[(&str, &'static str, &str, Read)] = &[
        ("centers", "time_zone", "'Mars/Olympus'", center),
        ("centers", "sender", "'090-SECRET'", center),
        ("centers", "hours", "'{\"open\": \"SECRET\"}'", center),
        ("centers", "language", "'SECRET'", center),
        ("contacts", "phone", "'SECRET'", contact),
        ("contacts", "undeliverable", "'SECRET'", contact),
        ("contacts", "phone", "'SECRET'", rows),
        ("patients", "risk_tier", "'SECRET'", patient),
        ("patients", "place", "'SECRET'", patient),
        ("patients", "letter", "'SECRET'", patient),
        ("patients", "status", "'SECRET'", patient),
        ("patients", "letter", "''", rows),
        ("rounds", "state", "'SECRET'", round),
        ("rounds", "reminders_at", "'[\"SECRET\"]'", round),
        ("conversations", "state", "'{\"dialog\": \"SECRET\"}'", conversation),
        ("conversations", "sequence", "77", conversation),
        ("conversations", "sequence", "-1", conversation),
        ("check_ins", "completeness", "'SECRET'", check_in),
        ("check_ins", "severity", "'SECRET'", check_in),
        ("check_ins", "thresholds_version", "-5", check_in),
        ("check_ins", "reporter", "'SECRET'", rows),
        ("alerts", "rule", "'SECRET'", alerts),
        ("alerts", "severity", "'SECRET'", alerts),
        ("alerts", "state", "'SECRET'", alerts),
        ("outbox", "kind", "'SECRET'", claim),
        ("outbox", "to_number", "'SECRET'", claim),
        ("timers", "kind", "'SECRET'", timers),
        ("chase_entries", "reason", "'SECRET'", chase_list),
        ("chase_entries", "rank", "-1", chase_list),
        ("dialog_versions", "source", "'[{\"SECRET\": 1}]'", dialog),
        ("staff", "id", "'SECRET'", by_login),
    ];
    for (table, column, value, reading) in cases {
        let mut tx = store.begin().await.expect("begins");
        super::raw(&mut tx, &format!("UPDATE {table} SET {column} = {value}")).await.expect(column);
        let error = reading(&mut tx, &world).await.expect_err(column);
        let text = error.to_string();
        match error {
            Error::Corrupt { table: found, column: in_column, id, source } => {
                assert_eq!((found, in_column), (*table, *column), "{text}");
                assert!(*column == "id" || id.contains('_') || id.len() == 64, "{text}");
                assert!(!source.to_string().contains("SECRET"), "{text}");
            }
            other => panic!("{table}.{column}: {other}"),
        }
        // What cannot be read spoils nothing else.
        tx.centers()
            .await
            .map(drop)
            .or_else(|error| if *table == "centers" { Ok(()) } else { Err(error) })
            .expect("goes on");
    }
}
