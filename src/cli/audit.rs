//! `mimamori audit …`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use store::Store;

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove that no row was changed, removed, added or moved. Exit code 1 if one was
    Verify,
}

impl AuditCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(self, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
        let Self::Verify = self;
        let report = store.read().await?.verify_audit().await?;
        if json {
            super::say_json(&json!({"rows": report.rows, "head": report.head, "first_bad": report.first_bad}))?;
        } else {
            match report.first_bad {
                None => super::say(&format!("{} rows in order; the last has the hash {}", report.rows, report.head)),
                Some(number) => super::say(&format!(
                    "row {number} is not as it was written; the {} rows before it are in order",
                    report.rows
                )),
            }
        }
        Ok(if report.first_bad.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
