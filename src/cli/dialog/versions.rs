//! `mimamori dialog versions`: what the service keeps, so that running conversations and old reports stay readable.

use std::io::Write;

use chrono::SecondsFormat;
use serde_json::json;
use store::{DialogVersion, Store};

use super::table::{self, Side};

/// Prints every version that is kept.
///
/// # Errors
/// When the database fails, and when `out` cannot be written to.
pub(super) async fn run(store: &Store, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let versions = store.read().await?.dialog_versions().await?;
    let since = |version: &DialogVersion| version.kept_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    if json {
        for version in &versions {
            let line = json!({
                "dialog": version.name,
                "hash": version.hash.to_string(),
                "since": since(version),
                "conversations": version.conversations,
                "running": version.running,
            });
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    if versions.is_empty() {
        writeln!(out, "no version is kept yet: the first conversation keeps the one that it begins with")?;
        return Ok(());
    }
    let head = [
        ("dialog", Side::Left),
        ("version", Side::Left),
        ("since", Side::Left),
        ("conversations", Side::Right),
        ("running", Side::Right),
    ];
    let rows = versions.iter().map(|version| {
        [
            version.name.clone(),
            short(&version.hash.to_string()).to_owned(),
            since(version),
            version.conversations.to_string(),
            version.running.to_string(),
        ]
    });
    table::write(out, head, rows)?;
    Ok(())
}

/// The beginning of a hash: enough to name a version.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
