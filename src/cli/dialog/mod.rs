//! `mimamori dialog …`: what can be done with dialogs at the desk, one file a command. What a dialog is, costs or
//! changes, is the core's business; here it is read, asked for and shown.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use domain::dialog::definition::Dialog;

use crate::dialogs::{self, DialogFolder};

mod chat;
mod check;
mod cost;
mod diff;
mod export;
mod graph;
mod guide;
mod import;
mod table;
mod test;
#[cfg(test)]
mod tests;
mod versions;
mod wrap;

/// What can be done with dialogs at the desk. PATH is a dialog's folder, or a folder of such folders.
#[derive(Debug, Clone, Subcommand)]
pub enum DialogCommand {
    /// Look for faults: unknown keys, missing translations, texts that are too long. Shows what room is left
    Check {
        /// A dialog's folder, or a folder of such folders
        #[arg(default_value = "dialogs")]
        path: PathBuf,
        /// Show every text with the room that is left, not only the tightest of each language
        #[arg(long)]
        texts: bool,
    },
    /// Replay the transcripts (chats/*.chat) and show what goes another way
    Test {
        /// A dialog's folder, or a folder of such folders
        #[arg(default_value = "dialogs")]
        path: PathBuf,
        /// Write the transcripts anew as the conversations go now; look at the difference before you keep it
        #[arg(long)]
        write: bool,
    },
    /// Talk to a dialog in the terminal
    Chat(chat::ChatArgs),
    /// Draw a dialog
    Graph(graph::GraphArgs),
    /// What changes for the patient between two versions. Exit code 0: nothing, 1: something, 2: cannot be compared
    Diff(diff::DiffArgs),
    /// What a full morning takes of texts and segments, and what it costs, both ways
    Cost(cost::CostArgs),
    /// A page to print for the patient or the family, made from the dialog's own texts
    Guide(guide::GuideArgs),
    /// Write a dialog in a format of others: as a FHIR R4 Questionnaire. What that cannot say goes to standard error
    Export(export::ExportArgs),
    /// Make a new dialog of a FHIR R4 Questionnaire or an XLSForm, and tell what could not be carried over
    Import(import::ImportArgs),
    /// Which versions the service keeps, since when, and by how many conversations they are used
    Versions,
}

/// How the command line was called, beside the command.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// The configuration, for what the service keeps.
    pub config: Option<&'a Path>,
    /// Print for machines.
    pub json: bool,
}

impl DialogCommand {
    /// Carries out the command. Exit code 1 when a dialog has faults, a transcript goes another way or two versions
    /// differ.
    ///
    /// # Errors
    /// When a path holds no dialog or cannot be read, and when `out` cannot be written to.
    pub fn run(self, call: Call<'_>, input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
        let json = call.json;
        let well = match self {
            Self::Check { path, texts } => check::check(&path, texts, json, out)?,
            Self::Test { write: true, .. } if json => bail!("--write and --json do not go together"),
            Self::Test { path, write: true } => test::rewrite(&path, out)?,
            Self::Test { path, write: false } => test::test(&path, json, out)?,
            Self::Chat(arguments) => arguments.run(json, input, out)?,
            Self::Graph(arguments) => arguments.run(json, out)?,
            Self::Diff(arguments) => return Ok(arguments.run(call, out)),
            Self::Cost(arguments) => arguments.run(json, out)?,
            Self::Guide(arguments) => arguments.run(json, out)?,
            Self::Export(arguments) => arguments.run(json, out, &mut std::io::stderr().lock())?,
            Self::Import(arguments) => arguments.run(json, out)?,
            Self::Versions => {
                super::with_store(&super::desk(call.config)?, false, async |store| {
                    versions::run(&store, json, out).await
                })?;
                true
            }
        };
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Loads a dialog, or says what is wrong with it.
fn load(folder: &DialogFolder, json: bool, out: &mut dyn Write) -> anyhow::Result<Option<Dialog>> {
    match folder.load() {
        Ok(dialog) => Ok(Some(dialog)),
        Err(faults) if json => {
            writeln!(out, "{}", serde_json::json!({"dialog": folder.name, "faults": faults}))?;
            Ok(None)
        }
        Err(faults) => {
            writeln!(out, "{faults}\n\n{}: correct this first (mimamori dialog check)", folder.name)?;
            Ok(None)
        }
    }
}

/// The one dialog at a path.
fn only_one(path: &Path) -> anyhow::Result<DialogFolder> {
    let mut folders = dialogs::folders(path)?;
    if folders.len() > 1 {
        let names: Vec<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
        bail!("{}: choose one of the dialogs {}", path.display(), names.join(", "));
    }
    Ok(folders.remove(0))
}
