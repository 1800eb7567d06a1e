//! A database of an older version of the program is brought up to date, and everything in it is kept.

use domain::dialog::definition::DialogHash;
use domain::round::RoundKind;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use super::{on_postgres_url, raw, raw_text};
use crate::migrate::{Embedded, POSTGRES, SQLITE};
use crate::{Options, Store};

/// What a center had before rounds had kinds. `{no}` is a false, `{instant}` a time.
const BEFORE: &str = "
INSERT INTO centers VALUES ('cen_0190a0a0000070008000000000000001', 'Old', 'Asia/Tokyo', '+12125550100',
    '{\"open\":\"07:00:00\",\"reminders\":[],\"deadline\":\"08:30:00\",\"attended_until\":\"17:15:00\",\"quiet_from\":\"21:00:00\",\"quiet_until\":\"07:00:00\"}',
    NULL, 'ja', 'daily', 1, {instant}, {instant});
INSERT INTO threshold_versions VALUES ('cen_0190a0a0000070008000000000000001', 1, '{thresholds}', {instant}, NULL);
INSERT INTO contacts VALUES ('con_0190a0a0000070008000000000000002', 'cen_0190a0a0000070008000000000000001',
    '+819012345601', 'ja', NULL, NULL, NULL, NULL, {instant}, {instant});
INSERT INTO patients VALUES ('pat_0190a0a0000070008000000000000003', 'cen_0190a0a0000070008000000000000001',
    'con_0190a0a0000070008000000000000002', '1234567', 'x', '', NULL, 'high', 'home', NULL, 'A', '2026-02-01',
    '2026-02-09', 'under-observation', {instant}, {instant});
INSERT INTO dialog_versions VALUES ('{hash}', 'daily', '[]', {instant});
INSERT INTO rounds VALUES ('rnd_0190a0a0000070008000000000000004', 'cen_0190a0a0000070008000000000000001',
    '2026-02-01', {instant}, '[]', {instant}, {instant}, {instant}, 'closed', {instant}, {instant});
INSERT INTO timers VALUES ('tim_0190a0a0000070008000000000000005', 'rnd_0190a0a0000070008000000000000004',
    'open', {instant}, NULL, {instant}, 'asked 1');
INSERT INTO conversations VALUES ('cnv_0190a0a0000070008000000000000006',
    'rnd_0190a0a0000070008000000000000004', 'cen_0190a0a0000070008000000000000001',
    'con_0190a0a0000070008000000000000002', 'pat_0190a0a0000070008000000000000003', '{hash}', '{}', 1,
    'closed', NULL, NULL, {instant});
INSERT INTO chase_entries VALUES ('rnd_0190a0a0000070008000000000000004',
    'pat_0190a0a0000070008000000000000003', 1, 'silent', '');
";

fn before(instant: &str) -> String {
    let thresholds = serde_json::to_string(&super::world::thresholds(1)).expect("serialises");
    BEFORE
        .replace("{instant}", instant)
        .replace("{hash}", &DialogHash([7; 32]).to_string())
        .replace("{thresholds}", &thresholds)
}

/// What has to be there afterwards.
async fn check(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let [center] = &tx.centers().await.expect("reads")[..] else { panic!("one center") };
    assert_eq!((center.dialog.as_str(), &center.further, &center.second), ("daily", &Default::default(), &None));
    let first = tx.first_round(center.id, RoundKind::Morning).await.expect("reads").expect("its round");
    let rows = tx.round_rows(first.id).await.expect("reads");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].contact.one_text, rows[0].patient.onset, rows[0].patient.without_symptoms),
        (false, None, false)
    );
    assert_eq!(tx.chase_list(first.id).await.expect("reads").len(), 1);
    assert_eq!(tx.timers_of_round(first.id).await.expect("reads").len(), 1);
    // What refers to a round still has to refer to one that is there, and the day takes no second morning.
    let error = raw(&mut tx, "DELETE FROM rounds").await.expect_err("timers refer to it").to_string();
    assert!(error.to_lowercase().contains("foreign key"), "{error}");
    drop(tx);
    let mut tx = store.begin().await.expect("begins");
    assert!(
        !tx.insert_round(
            &domain::round::Round { id: domain::id::RoundId::new(first.plan.opens_at, &[5; 10]), ..first.clone() },
            first.plan.opens_at
        )
        .await
        .expect("works")
    );
    let second = domain::round::Round {
        id: domain::id::RoundId::new(first.plan.opens_at, &[6; 10]),
        kind: RoundKind::Second,
        ..first
    };
    assert!(tx.insert_round(&second, second.plan.opens_at).await.expect("works"));
    assert_eq!(raw_text(&mut tx, "SELECT CAST(COUNT(*) AS TEXT) FROM rounds").await, "2");
}

#[tokio::test]
async fn a_sqlite_file_of_before_is_kept_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(true);
    let mut link = SqliteConnection::connect_with(&options).await.expect("connects");
    let older = Migrator::new(Embedded(&SQLITE.0[..2])).await.expect("two of them");
    older.run_direct(None, &mut link, false).await.expect("migrates");
    link.execute(AssertSqlSafe(before("'2026-01-31T22:00:00.000000+00:00'"))).await.expect("inserts");
    link.close().await.expect("closes");
    let url = format!("sqlite:{}", path.display());
    for _ in 0..2 {
        let store = Store::connect(&url, Options::default()).await.expect("is brought up to date");
        let mut tx = store.begin().await.expect("begins");
        assert_eq!(raw_text(&mut tx, "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, "1");
        drop(tx);
        check(store.clone()).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_postgres_database_of_before_is_kept_whole() {
    on_postgres_url("a_postgres_database_of_before_is_kept_whole", |url| async move {
        let mut link = PgConnection::connect(&url).await.expect("connects");
        let older = Migrator::new(Embedded(&POSTGRES.0[..2])).await.expect("two of them");
        older.run_direct(None, &mut link, false).await.expect("migrates");
        link.execute(AssertSqlSafe(before("'2026-01-31T22:00:00Z'"))).await.expect("inserts");
        link.close().await.expect("closes");
        let store = Store::connect(&url, Options::default()).await.expect("is brought up to date");
        check(store.clone()).await;
        store.close().await;
    })
    .await;
}
