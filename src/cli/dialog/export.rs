//! `mimamori dialog export`: a dialog in a format of others. What that format cannot say goes to standard error.

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use domain::dialog::exchange::questionnaire;

use super::only_one;

/// The arguments of `dialog export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// A dialog's folder
    #[arg(default_value = "dialogs/daily")]
    pub path: PathBuf,
    /// What to write it as
    #[arg(long, value_enum, default_value_t = Format::Fhir)]
    pub format: Format,
    /// Where the Questionnaire will be found: its address becomes URL/Questionnaire/NAME. Without it, it has none
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

/// A format of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A FHIR R4 Questionnaire, as JSON
    Fhir,
}

impl ExportArgs {
    /// Writes the dialog to `out`, and what could not be said to `told`: a line each, as JSON if `json`.
    ///
    /// # Errors
    /// When the path does not hold one dialog or cannot be read, and when `out` or `told` cannot be written to.
    pub(super) fn run(self, json: bool, out: &mut dyn Write, told: &mut dyn Write) -> anyhow::Result<bool> {
        if let Some(base) = &self.base_url {
            let is_address = ["https://", "http://", "urn:"].iter().any(|scheme| base.starts_with(scheme));
            ensure!(
                is_address && !base.contains(char::is_whitespace),
                "--base-url {base}: expected an absolute address, such as https://example.org/fhir"
            );
        }
        let folder = only_one(&self.path)?;
        let dialog = match folder.load() {
            Ok(dialog) => dialog,
            Err(faults) => {
                writeln!(told, "{faults}\n\n{}: correct this first (mimamori dialog check)", folder.name)?;
                return Ok(false);
            }
        };
        let Format::Fhir = self.format;
        let (form, losses) = questionnaire::export(&dialog, self.base_url.as_deref());
        writeln!(out, "{}", serde_json::to_string_pretty(&form)?)?;
        out.flush()?;
        for loss in &losses {
            if json {
                writeln!(told, "{}", serde_json::to_string(loss)?)?;
            } else {
                writeln!(told, "not in the Questionnaire: {loss}")?;
            }
        }
        Ok(true)
    }
}
