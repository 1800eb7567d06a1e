//! The contract of the store: every test here runs on a fresh SQLite file and on a fresh PostgreSQL database.
//!
//! PostgreSQL is found by `TEST_POSTGRES_URL`, the address of a database from which others may be created, such as
//! `postgres://postgres@127.0.0.1:5432/postgres`. Without it the PostgreSQL half is skipped, with a printed line;
//! `MIMAMORI_REQUIRE_POSTGRES=1` makes that a failure.

use std::future::Future;
use std::io::Write as _;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::task::JoinSet;

use crate::sql::Sql;
use crate::tx::{self, Link};
use crate::{Options, Store, Tx};

mod audit;
mod corrupt;
mod dialogs;
mod kinds;
mod older;
mod outbox;
mod outbox_status;
mod people;
mod postgres_only;
mod rounds;
mod schema;
mod sqlite_only;
mod staff;
mod texts;
mod unit_of_work;
mod world;

/// Instantiates each `async fn name(store: Store)` for both databases.
macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { $crate::conformance::on_sqlite(super::$name).await; })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { $crate::conformance::on_postgres(stringify!($name), super::$name).await; })*
        }
    };
}
use conformance;

/// Every statement of the store, by module.
const STATEMENTS: &[(&str, &[(&str, Sql)])] = &[
    ("alerts", crate::alerts::ALL),
    ("audit", crate::audit::ALL),
    ("centers", crate::centers::ALL),
    ("chase", crate::chase::ALL),
    ("check_ins", crate::check_ins::ALL),
    ("contacts", crate::contacts::ALL),
    ("conversations", crate::conversations::ALL),
    ("dialogs", crate::dialogs::ALL),
    ("inbox", crate::inbox::ALL),
    ("outbox", crate::outbox::ALL),
    ("patients", crate::patients::ALL),
    ("round_view", crate::round_view::ALL),
    ("rounds", crate::rounds::ALL),
    ("settle", crate::settle::ALL),
    ("staff", crate::staff::ALL),
    ("tx", &[("SAVEPOINT", tx::SAVEPOINT), ("ROLLBACK_TO", tx::ROLLBACK_TO), ("RELEASE", tx::RELEASE)]),
];

/// Runs a test on a fresh SQLite file.
async fn on_sqlite<F: Future<Output = ()> + Send + 'static>(test: fn(Store) -> F) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "test.db").await;
    test(store.clone()).await;
    store.close().await;
}

/// Opens a SQLite file in a folder.
async fn sqlite_in(folder: &tempfile::TempDir, name: &str) -> Store {
    let url = format!("sqlite:{}", folder.path().join(name).display());
    Store::connect(&url, Options::default()).await.expect("a SQLite file is made and migrated")
}

/// Runs a test on a fresh PostgreSQL database, and drops it, also when the test failed.
async fn on_postgres<F: Future<Output = ()> + Send + 'static>(name: &'static str, test: fn(Store) -> F) {
    on_postgres_url(name, move |url| async move {
        let store = Store::connect(&url, Options::default()).await.expect("a PostgreSQL database is migrated");
        test(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// The same, by the address of the empty database.
async fn on_postgres_url<F: Future<Output = ()> + Send + 'static>(name: &'static str, test: impl FnOnce(String) -> F) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = postgres_server(name) else { return };
    let database = format!("mimamori_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server).await.expect("TEST_POSTGRES_URL answers");
    let create = format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'");
    admin.execute(AssertSqlSafe(create)).await.expect("a database can be made");
    let (base, _) = server.rsplit_once('/').expect("TEST_POSTGRES_URL names a database");
    // As a task, so that the database is dropped before a failure goes on.
    let mut task = JoinSet::new();
    task.spawn(test(format!("{base}/{database}")));
    let outcome = task.join_next().await.expect("there is one task");
    let drop = format!("DROP DATABASE {database} WITH (FORCE)");
    admin.execute(AssertSqlSafe(drop)).await.expect("the database can be dropped");
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

/// Where PostgreSQL is, or a printed line that says that it was skipped.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
fn postgres_server(name: &str) -> Option<String> {
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        return Some(url);
    }
    assert!(
        std::env::var("MIMAMORI_REQUIRE_POSTGRES").is_err(),
        "MIMAMORI_REQUIRE_POSTGRES is set, but TEST_POSTGRES_URL is not: {name} cannot run"
    );
    // Once, and past the capture of the output of tests that pass.
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let line = "the store's tests on PostgreSQL are skipped: set TEST_POSTGRES_URL to run them";
        writeln!(std::io::stderr(), "{line}").expect("standard error can be written to");
    });
    None
}

/// Runs a statement of the test's own: what no method of the store does, such as tampering.
async fn raw(tx: &mut Tx, sql: &str) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &mut tx.link {
        Link::Sqlite(link) => (&mut **link).execute(sql).await.map(drop),
        Link::Postgres(link) => (&mut **link).execute(sql).await.map(drop),
    }
}

/// The same, committed.
async fn raw_committed(store: &Store, sql: &str) {
    let mut tx = store.begin().await.expect("begins");
    raw(&mut tx, sql).await.expect("the test's own statement is right");
    tx.commit().await.expect("commits");
}

/// A single text that a statement of the test's own gives.
async fn raw_text(tx: &mut Tx, sql: &str) -> String {
    let sql = AssertSqlSafe(sql.to_owned());
    match &mut tx.link {
        Link::Sqlite(link) => sqlx::query_scalar(sql).fetch_one(&mut **link).await,
        Link::Postgres(link) => sqlx::query_scalar(sql).fetch_one(&mut **link).await,
    }
    .expect("the test's own statement is right")
}
