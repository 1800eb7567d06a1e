//! The two schemas are one, every statement is right on both, and every method is tested.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sqlx::{Executor as _, SqlSafeStr as _};

use super::{STATEMENTS, conformance, on_postgres_url, raw_text, sqlite_in};
use crate::tx::Link;
use crate::{Options, Store, migrate};

conformance!(every_statement_is_prepared);

async fn every_statement_is_prepared(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    super::raw(&mut tx, "SAVEPOINT turn").await.expect("a savepoint");
    for (module, statements) in STATEMENTS {
        for (name, sql) in *statements {
            let prepared = match &mut tx.link {
                Link::Sqlite(link) => (&mut **link).prepare(sql.sqlite.into_sql_str()).await.map(drop),
                Link::Postgres(link) => (&mut **link).prepare(sql.postgres.into_sql_str()).await.map(drop),
            };
            if let Err(error) = prepared {
                panic!("{module}::{name}: {error}");
            }
        }
    }
}

/// The sources of this crate, without the tests.
fn sources() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    read_folder(&folder, "rs")
}

fn read_folder(folder: &Path, extension: &str) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("the file can be read"))
        })
        .collect()
}

#[test]
fn every_statement_is_listed_and_none_is_elsewhere() {
    let listed: BTreeSet<&str> = STATEMENTS.iter().map(|(module, _)| *module).collect();
    for (module, source) in sources() {
        if source.contains("\nstatements! {") {
            assert!(listed.contains(&*module), "add {module}::ALL to STATEMENTS");
        }
        // `tx` runs savepoints, `connect` and `migrate` run before there is a schema.
        if !["sql", "tx", "connect", "migrate"].contains(&&*module) {
            assert!(!source.contains("sqlx::query"), "{module} runs a statement that is in no list: use run!");
        }
    }
    let names: Vec<_> = STATEMENTS.iter().flat_map(|(_, statements)| statements.iter()).collect();
    assert!(names.len() > 90, "only {} statements: the lists are not complete", names.len());
}

#[test]
fn every_method_of_the_unit_of_work_is_called_here() {
    let tests: String =
        read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance"), "rs").into_values().collect();
    let mut methods = 0;
    // `testing` makes databases for the tests of others; it is no part of the unit of work.
    for (module, source) in sources().into_iter().filter(|(module, _)| module != "testing") {
        for part in source.split("pub async fn ").skip(1) {
            let name: String = part.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            methods += 1;
            let called = tests.contains(&format!(".{name}(")) || tests.contains(&format!("::{name}("));
            assert!(called, "{module}: {name} has no test");
        }
    }
    assert!(methods > 80, "only {methods} methods were found: the search is broken");
}

#[test]
fn both_folders_have_the_same_migrations_and_all_are_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    for (folder, embedded) in [("sqlite", migrate::SQLITE), ("postgres", migrate::POSTGRES)] {
        let files = read_folder(&root.join(folder), "sql");
        let embedded: BTreeMap<_, _> =
            embedded.0.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned())).collect();
        assert_eq!(files, embedded, "{folder}");
    }
    let names = |embedded: migrate::Embedded| embedded.0.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    assert_eq!(names(migrate::SQLITE), names(migrate::POSTGRES));
}

/// Tables, columns in order, which of them may be NULL, and indices.
async fn described(store: &Store) -> (String, String) {
    let mut tx = store.begin().await.expect("begins");
    let (columns, indices) = if tx.is_postgres() {
        (
            "SELECT string_agg(line, chr(10) ORDER BY line COLLATE \"C\") FROM (
                 SELECT table_name || ' ' || lpad(ordinal_position::text, 2) || ' ' || column_name || ' '
                        || CASE is_nullable WHEN 'NO' THEN 'required' ELSE '' END AS line
                 FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%') AS lines",
            "SELECT string_agg(line, chr(10) ORDER BY line COLLATE \"C\") FROM (
                 SELECT tablename || ' ' || indexname AS line FROM pg_indexes
                 WHERE schemaname = 'public' AND indexdef NOT LIKE '%UNIQUE%') AS lines",
        )
    } else {
        (
            "SELECT group_concat(line, char(10)) FROM (
                 SELECT t.name || ' ' || printf('%2d', c.cid + 1) || ' ' || c.name || ' '
                        || CASE c.\"notnull\" WHEN 1 THEN 'required' ELSE '' END AS line
                 FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY line)",
            "SELECT group_concat(line, char(10)) FROM (
                 SELECT tbl_name || ' ' || name AS line FROM sqlite_schema
                 WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE '%UNIQUE%' ORDER BY line)",
        )
    };
    (raw_text(&mut tx, columns).await, raw_text(&mut tx, indices).await)
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_columns_and_indices() {
    on_postgres_url("both_schemas_have_the_same_tables_columns_and_indices", |url| async move {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sqlite = sqlite_in(&folder, "schema.db").await;
        let postgres = Store::connect(&url, Options::default()).await.expect("connects");
        let (columns, indices) = described(&sqlite).await;
        let (same_columns, same_indices) = described(&postgres).await;
        assert!(columns.lines().count() > 150, "{columns}");
        assert_eq!(columns, same_columns);
        assert!(indices.lines().count() > 15, "{indices}");
        assert_eq!(indices, same_indices);
        postgres.close().await;
    })
    .await;
}

#[tokio::test]
async fn every_table_of_sqlite_is_strict() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite_in(&folder, "strict.db").await;
    let mut tx = store.begin().await.expect("begins");
    let lax = "SELECT COALESCE(group_concat(name), '') FROM pragma_table_list
               WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE '%sq%l%'";
    assert_eq!(raw_text(&mut tx, lax).await, "");
}
