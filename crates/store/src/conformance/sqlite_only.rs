//! What only SQLite has: one file, one writer, pragmas, a lock, a disk that fills up.

use std::fs;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::dialog::engine::TextKind;
use proptest::prelude::{ProptestConfig, Strategy, any};
use proptest::test_runner::TestRunner;
use sqlx::Executor as _;

use super::world::{self, World, at};
use super::{raw, raw_text, sqlite_in};
use crate::connect::Pools;
use crate::tx::Link;
use crate::{Error, Options, Store, Tx};

fn url(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("test.db").display())
}

async fn pragma(tx: &mut Tx, name: &str) -> String {
    raw_text(tx, &format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}")).await
}

#[tokio::test]
async fn every_connection_is_set_up_for_the_promises() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let mut writer = store.begin().await.expect("begins");
    let mut first = store.read().await.expect("reads");
    let mut second = store.read().await.expect("another connection");
    for (tx, writes) in [(&mut writer, true), (&mut first, false), (&mut second, false)] {
        assert_eq!(pragma(tx, "journal_mode").await, "wal");
        assert_eq!(pragma(tx, "synchronous").await, "2", "FULL");
        assert_eq!(pragma(tx, "foreign_keys").await, "1");
        let query_only = raw_text(tx, "SELECT CAST(query_only AS TEXT) FROM pragma_query_only").await;
        assert_eq!(query_only, if writes { "0" } else { "1" });
        assert_eq!(raw_text(tx, "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout").await, "5000");
    }
    // In force, not only set.
    let error = raw(&mut writer, "INSERT INTO audit_head VALUES (1, 'a', 'b')").await.expect_err("is strict");
    assert!(error.to_string().contains("cannot store TEXT value in INTEGER column"), "{error}");
    drop(writer);
    let mut writer = store.begin().await.expect("begins");
    let stranger = world::contact(&world::center());
    writer.insert_contact(&stranger, at(0)).await.expect_err("there is no such center");
}

#[tokio::test]
async fn there_is_one_writer_at_a_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Making the tables may take longer than anybody is to wait here.
    sqlite_in(&folder, "test.db").await.close().await;
    let options = Options { patience: Duration::from_millis(500), ..Options::default() };
    let store = Store::connect(&url(&folder), options).await.expect("connects");
    let writer = store.begin().await.expect("begins");
    let error = store.begin().await.expect_err("one at a time");
    assert!(matches!(error, Error::Busy(_)), "{error}");
    store.read().await.expect("reading goes on").centers().await.expect("reads");
    drop(writer);
    store.begin().await.expect("it is free again");
}

#[tokio::test]
async fn another_process_that_writes_makes_it_busy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options { patience: Duration::from_millis(50), ..Options::default() };
    let store = Store::connect(&url(&folder), options.clone()).await.expect("connects");
    let other = Store::connect(&url(&folder), options).await.expect("a command beside it");
    let writing = other.begin().await.expect("begins");
    let error = store.begin().await.expect_err("the file is locked");
    assert!(matches!(error, Error::Busy(_)) && error.is_transient(), "{error}");
    writing.commit().await.expect("commits");
    store.begin().await.expect("it is free again").insert_center(&world::center(), at(0)).await.expect("writes");
}

#[tokio::test]
async fn a_second_service_is_refused_and_a_command_is_not() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exclusive = Options { exclusive: true, ..Options::default() };
    let service = Store::connect(&url(&folder), exclusive.clone()).await.expect("connects");
    let error = Store::connect(&url(&folder), exclusive.clone()).await.expect_err("a second service");
    assert!(matches!(&error, Error::InUse { path } if path.ends_with("test.db.lock")), "{error}");
    assert!(error.to_string().contains("test.db.lock") && !error.is_transient(), "{error}");
    let command = Store::connect(&url(&folder), Options::default()).await.expect("a command beside it");
    command.ping().await.expect("answers");
    let clone = service.clone();
    drop(service);
    Store::connect(&url(&folder), exclusive.clone()).await.expect_err("a clone holds the lock");
    drop(clone);
    Store::connect(&url(&folder), exclusive).await.expect("the lock ends with the service");
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let world = World::set_up(&store).await;
    store.close().await;
    assert!(!folder.path().join("test.db-wal").exists(), "a closed file is complete");
    let store = sqlite_in(&folder, "test.db").await;
    let found = store.read().await.expect("reads").patient(world.patient.id).await.expect("reads");
    assert_eq!(found, Some(world.patient));
}

#[tokio::test]
async fn many_can_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sqlite_in(&folder, "warm-up.db").await;
    let mut openings = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = url(&folder);
        // That they wait is the point, not for how long on a busy machine.
        let options = Options { patience: Duration::from_secs(60), ..Options::default() };
        openings.spawn(async move { Store::connect(&url, options).await.map(drop) });
    }
    for opened in openings.join_all().await {
        opened.expect("each waits for the one that migrates");
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_and_passes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let pages = raw_text(&mut tx, "SELECT CAST(page_count + 2 AS TEXT) FROM pragma_page_count").await;
    drop(tx);
    // The limit belongs to the connection, and so do its errors: like those of a full disk, code 13.
    let limit = |pages: String| {
        let Pools::Sqlite { writer, .. } = store.pools.clone() else { panic!("is SQLite") };
        async move {
            let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            writer.execute(limit).await.expect("sets the limit");
        }
    };
    limit(pages.clone()).await;
    let fill = async |tx: &mut Tx| {
        for number in 0..200 {
            tx.insert_inbound(&world.inbound(&format!("SM{number}"), &"体".repeat(500), 1)).await?;
        }
        Ok::<(), Error>(())
    };
    let mut tx = store.begin().await.expect("begins");
    tx.savepoint().await.expect("a savepoint");
    let error = fill(&mut tx).await.expect_err("the disk is full");
    assert!(matches!(&error, Error::Full(failure) if failure.code().as_deref() == Some("13")), "{error}");
    assert!(error.is_transient());
    // SQLite has rolled back the whole batch by itself: every turn of it has failed, not only this one.
    let error = tx.rollback_to_savepoint().await.expect_err("there is no savepoint any more");
    assert!(error.is_transient(), "{error}");
    tx.centers().await.expect_err("nothing more runs, be it outside any transaction");
    tx.commit().await.expect_err("nothing is committed");
    // The connection was replaced, and with it went the limit.
    limit(pages).await;
    let mut tx = store.begin().await.expect("begins");
    fill(&mut tx).await.expect_err("the disk is full");
    tx.commit().await.expect_err("nothing is committed after a failure");
    store.read().await.expect("reads").centers().await.expect("reading goes on");
    limit("1000000".to_owned()).await;
    let mut tx = store.begin().await.expect("begins");
    fill(&mut tx).await.expect("there is room again");
    tx.commit().await.expect("commits, without a restart");
}

#[tokio::test]
async fn a_rollback_of_the_database_itself_costs_one_connection_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let world = World::set_up(&store).await;
    for _ in 0..3 {
        let mut tx = store.begin().await.expect("the writer is replaced");
        tx.enqueue(&world.text(TextKind::Reply, 0), 1).await.expect("enqueues");
        tx.savepoint().await.expect("a savepoint");
        // What SQLite does by itself after some failures of the disk; the driver does not learn of it.
        raw(&mut tx, "ROLLBACK").await.expect("rolls back");
        tx.rollback_to_savepoint().await.expect_err("there is nothing to roll back to");
        tx.centers().await.expect_err("nothing more runs, be it outside any transaction");
        tx.commit().await.expect_err("nothing is committed");
    }
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.outbox_counts().await.expect("reads"), []);
    tx.enqueue(&world.text(TextKind::Reply, 0), 1).await.expect("enqueues");
    tx.commit().await.expect("commits, without a restart");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    // As for an administrator everything is writable, the connection is made read-only instead of the file.
    let Pools::Sqlite { writer, .. } = &store.pools else { panic!("is SQLite") };
    writer.execute("PRAGMA query_only = ON").await.expect("sets");
    let error = store.begin().await.expect_err("is read-only");
    assert!(matches!(&error, Error::Full(failure) if failure.code().as_deref() == Some("8")), "{error}");
    writer.execute("PRAGMA query_only = OFF").await.expect("sets");
    let mut tx = store.begin().await.expect("begins");
    tx.insert_center(&world::center(), at(0)).await.expect("writes again");
    tx.commit().await.expect("commits, without a restart");
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for address in ["", "sqlite:", "sqlite::memory:", "sqlite:x.db?mode=ro", "mysql://x", "postgres", "mimamori.db"] {
        let error = Store::connect(address, Options::default()).await.expect_err(address);
        assert!(matches!(error, Error::Address(_)), "{address}: {error}");
        assert!(error.to_string().contains("sqlite:mimamori.db"), "{error}");
    }
    let error = Store::connect("postgres://u:SECRET@host:port/x", Options::default()).await.expect_err("no port");
    assert!(matches!(error, Error::Address(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("SECRET"));
    let nowhere = format!("sqlite:{}/no/such/folder/test.db", folder.path().display());
    for exclusive in [true, false] {
        let options = Options { exclusive, ..Options::default() };
        let error = Store::connect(&nowhere, options).await.expect_err("there is no such folder");
        assert!(matches!(error, Error::Unavailable(_)), "{error}");
    }
    let missing = format!("sqlite:{}", folder.path().join("missing.db").display());
    let options = Options { create: false, ..Options::default() };
    let error = Store::connect(&missing, options).await.expect_err("there is no such file");
    assert!(matches!(error, Error::Unavailable(_)), "{error}");
    assert!(!folder.path().join("missing.db").exists(), "nothing is made");
    fs::write(folder.path().join("other.db"), "this is no database, but long enough to be looked at".repeat(20))
        .expect("writes");
    let other = format!("sqlite:{}", folder.path().join("other.db").display());
    let error = Store::connect(&other, Options::default()).await.expect_err("is no database");
    assert!(matches!(error, Error::Database(_)) && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_schema_of_another_program_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (change, words) in [
        ("UPDATE _sqlx_migrations SET checksum = x'00'", "migration 1 is not the one"),
        ("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 2", "newer version"),
    ] {
        let store = sqlite_in(&folder, "test.db").await;
        super::raw_committed(&store, change).await;
        store.close().await;
        let error = Store::connect(&url(&folder), Options::default()).await.expect_err(words);
        assert!(matches!(error, Error::Migration(_)) && error.to_string().contains(words), "{error}");
        fs::remove_file(folder.path().join("test.db")).expect("removes");
    }
}

#[tokio::test]
async fn statements_stay_prepared() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let world = World::set_up(&store).await;
    let mut cached = Vec::new();
    for _ in 0..3 {
        let mut tx = store.begin().await.expect("begins");
        tx.lock_contact_by_phone(world.center.id, &world.contact.phone).await.expect("locks");
        tx.enqueue(&world.text(TextKind::Reply, 0), 1).await.expect("enqueues");
        let Link::Sqlite(link) = &tx.link else { panic!("is SQLite") };
        cached.push(sqlx::Connection::cached_statements_size(&**link));
        tx.commit().await.expect("commits");
    }
    assert!(cached[0] >= 5, "{cached:?}");
    assert!(cached.iter().all(|size| *size == cached[0]), "the same turn prepares nothing new: {cached:?}");
}

/// How SQLite finds the rows of a statement.
async fn plan(tx: &mut Tx, sql: &'static str) -> Vec<String> {
    let Link::Sqlite(link) = &mut tx.link else { panic!("is SQLite") };
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(&mut **link).await.expect("SQLite explains");
    steps.into_iter().map(|(_, _, _, step)| step).collect()
}

#[tokio::test]
async fn what_runs_often_reads_no_whole_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    let mut tx = store.begin().await.expect("begins");
    // Only when asked for by a person, or over tables that stay small.
    let rare = [
        ("centers", "ALL_CENTERS"),
        ("dialogs", "HASHES"),
        ("dialogs", "VERSIONS"),
        ("dialogs", "LAST_BEGUN"),
        ("dialogs", "UNUSED"),
        ("dialogs", "REMOVE_UNUSED"),
        ("outbox", "COUNTS"),
        // When a center's second check is changed: whatever might refer to the round is looked through.
        ("rounds", "DROP_PLANNED"),
        ("settle", "COUNT_UNMATCHED"),
    ];
    // Indices that hold only what is open, and what is no table.
    let small = [
        "outbox_claim",
        "outbox_deadline",
        "outbox_leases",
        "outbox_unknown",
        "outbox_pair",
        "outbox_open_by_contact",
        "timers_due",
        "CONSTANT ROW",
        "VIRTUAL TABLE",
    ];
    let mut looked_at = 0;
    for (module, statements) in super::STATEMENTS {
        for (name, sql) in *statements {
            if *module == "tx" || rare.contains(&(module, name)) {
                continue;
            }
            for step in plan(&mut tx, sql.sqlite).await {
                let whole_table = step.starts_with("SCAN") && !small.iter().any(|word| step.contains(word));
                assert!(!whole_table, "{module}::{name}: {step}");
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 70, "{looked_at}");
    let claim = plan(&mut tx, crate::outbox::CLAIM.sqlite).await.join("; ");
    assert!(claim.contains("outbox_claim") && claim.contains("outbox_pair"), "{claim}");
    assert!(!claim.contains("TEMP B-TREE"), "the index gives the order: {claim}");
}

/// The order of instants as SQLite compares them, which is the order of texts.
#[test]
fn the_order_of_stored_times_is_the_order_of_time() {
    // From year 1 to 9999, with every number of digits that a second can have after the point.
    let micros = (-62_135_596_800_000_000_i64..253_402_300_799_999_999).prop_flat_map(|micros| {
        (proptest::sample::select(vec![1, 1000, 1_000_000]), any::<bool>()).prop_map(move |(step, near)| {
            let rounded = micros - micros.rem_euclid(step);
            (rounded, if near { rounded + 1 } else { micros })
        })
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = runtime.block_on(sqlite_in(&folder, "test.db"));
    let Pools::Sqlite { readers, .. } = &store.pools else { panic!("is SQLite") };
    let instant = |micros| DateTime::<Utc>::from_timestamp_micros(micros).expect("in range");
    TestRunner::new(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })
        .run(&micros, |(first, second)| {
            let (first, second) = (instant(first), instant(second));
            let (earlier, same, back): (bool, bool, DateTime<Utc>) = runtime
                .block_on(sqlx::query_as("SELECT $1 < $2, $1 = $2, $1").bind(first).bind(second).fetch_one(readers))
                .expect("SQLite compares");
            proptest::prop_assert_eq!(earlier, first < second);
            proptest::prop_assert_eq!(same, first == second);
            proptest::prop_assert_eq!(back, first);
            Ok(())
        })
        .expect("the property holds");
}
