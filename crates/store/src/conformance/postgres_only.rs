//! What only PostgreSQL has: a server that may be read-only, restart, or hold a lock for long.

use std::time::Duration;

use sqlx::Executor as _;
use tokio::task::JoinSet;

use super::world::{self, World, at};
use super::{on_postgres_url, raw, raw_text};
use crate::connect::Pools;
use crate::{Error, Options, Store};

async fn connected(url: &str) -> Store {
    let options = Options { patience: Duration::from_millis(200), ..Options::default() };
    Store::connect(url, options).await.expect("connects")
}

#[tokio::test]
async fn many_instances_can_start_at_once() {
    on_postgres_url("many_instances_can_start_at_once", |url| async move {
        let mut instances = JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            instances.spawn(async move {
                let store =
                    Store::connect(&url, Options::default()).await.expect("each waits for the one that migrates");
                store.ping().await.expect("answers");
                store.close().await;
            });
        }
        instances.join_all().await;
    })
    .await;
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_whatever_the_server_is_tuned_for() {
    on_postgres_url("a_commit_waits_for_the_disk", |url| async move {
        let store = connected(&url).await;
        let mut tx = store.begin().await.expect("begins");
        raw(
            &mut tx,
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END$$",
        )
        .await
        .expect("tunes for speed");
        tx.commit().await.expect("commits");
        store.close().await;
        let store = connected(&url).await;
        let mut tx = store.begin().await.expect("begins");
        assert_eq!(raw_text(&mut tx, "SELECT current_setting('synchronous_commit')").await, "on");
        assert_eq!(raw_text(&mut tx, "SELECT current_setting('lock_timeout')").await, "200ms");
        drop(tx);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_is_held_for_long_makes_it_busy() {
    on_postgres_url("a_lock_that_is_held_for_long_makes_it_busy", |url| async move {
        let store = connected(&url).await;
        let world = World::set_up(&store).await;
        let mut holder = store.begin().await.expect("begins");
        holder.lock_contact(world.contact.id).await.expect("locks");
        let mut waiter = store.begin().await.expect("begins");
        waiter.savepoint().await.expect("a savepoint");
        let error = waiter.lock_contact(world.contact.id).await.expect_err("is held");
        assert!(matches!(&error, Error::Busy(failure) if failure.code().as_deref() == Some("55P03")), "{error}");
        assert!(error.is_transient());
        // Whoever only refers to the contact does not wait.
        waiter.rollback_to_savepoint().await.expect("usable again");
        waiter.insert_patient(&world::patient(&world.contact, 'B'), at(0)).await.expect("inserts");
        waiter.commit().await.expect("commits");
        drop(holder);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_deadlock_makes_one_of_the_two_busy() {
    on_postgres_url("a_deadlock_makes_one_of_the_two_busy", |url| async move {
        let store = Store::connect(&url, Options::default()).await.expect("connects");
        let (first, second) = (World::set_up(&store).await, World::set_up(&store).await);
        let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let mut tasks = JoinSet::new();
        for (one, other) in [(first.contact.id, second.contact.id), (second.contact.id, first.contact.id)] {
            let (store, barrier) = (store.clone(), barrier.clone());
            tasks.spawn(async move {
                let mut tx = store.begin().await.expect("begins");
                tx.lock_contact(one).await.expect("locks");
                barrier.wait().await;
                tx.lock_contact(other).await.map(drop)
            });
        }
        let outcomes = tasks.join_all().await;
        let busy = |outcome: &Result<(), Error>| matches!(outcome, Err(Error::Busy(_)));
        assert_eq!(outcomes.iter().filter(|outcome| busy(outcome)).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_read_only_server_is_reported_and_passes() {
    on_postgres_url("a_read_only_server_is_reported_and_passes", |url| async move {
        let store = connected(&url).await;
        let Pools::Postgres(pool) = &store.pools else { panic!("is PostgreSQL") };
        let mut tx = store.begin().await.expect("begins");
        raw(&mut tx, "SET TRANSACTION READ ONLY").await.expect("sets");
        let error = tx.insert_center(&world::center(), at(0)).await.expect_err("is read-only");
        assert!(matches!(&error, Error::Full(failure) if failure.code().as_deref() == Some("25006")), "{error}");
        drop(tx);
        let mut tx = store.begin().await.expect("begins");
        tx.insert_center(&world::center(), at(0)).await.expect("writes again");
        tx.commit().await.expect("commits, without a restart");
        pool.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_is_reported_and_replaced() {
    on_postgres_url("a_lost_connection_is_reported_and_replaced", |url| async move {
        let store = connected(&url).await;
        let other = connected(&url).await;
        let mut tx = store.begin().await.expect("begins");
        let center = world::center();
        tx.insert_center(&center, at(0)).await.expect("inserts");
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let Pools::Postgres(pool) = &other.pools else { panic!("is PostgreSQL") };
        pool.execute(kill).await.expect("as if the server had restarted");
        let error = tx.centers().await.expect_err("the connection is gone");
        assert!(matches!(error, Error::Unavailable(_)) && error.is_transient(), "{error}");
        tx.commit().await.expect_err("nothing is committed");
        let mut tx = store.begin().await.expect("a new connection");
        assert_eq!(tx.center(center.id).await.expect("reads"), None);
        drop(tx);
        store.close().await;
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn errors_carry_no_values() {
    on_postgres_url("errors_carry_no_values", |url| async move {
        let store = connected(&url).await;
        let world = World::set_up(&store).await;
        for statement in [
            format!("INSERT INTO contacts SELECT * FROM contacts WHERE phone = '{}'", world.contact.phone.as_e164()),
            "SELECT CAST('SECRET' AS BIGINT)".to_owned(),
            "SELECT CAST('{\"a\": SECRET}' AS JSONB)".to_owned(),
            "SELECT CAST('SECRET' AS TIMESTAMPTZ)".to_owned(),
            "UPDATE contacts SET center_id = 'SECRET'".to_owned(),
            "UPDATE contacts SET phone = NULL".to_owned(),
        ] {
            let mut tx = store.begin().await.expect("begins");
            let error = Error::from(raw(&mut tx, &statement).await.expect_err("is refused"));
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("SECRET") && !shown.contains(world.contact.phone.as_e164()), "{shown}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let options = Options { patience: Duration::from_millis(300), ..Options::default() };
    let error = Store::connect("postgres://u:SECRET@127.0.0.1:1/x", options).await.expect_err("nobody is there");
    assert!(matches!(error, Error::Unavailable(_)) && error.to_string().contains("refused"), "{error}");
    assert!(!format!("{error} {error:?}").contains("SECRET"));
}
