//! `mimamori dialog import`: a form that somebody else wrote, as a new dialog. All or nothing: the folder is there with
//! all of its files, or not at all; one that is there already is left alone.

#[cfg(test)]
mod tests;
mod workbook;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use domain::dialog::definition::SourceFile;
use domain::dialog::diagnostics::Diagnostics;
use domain::dialog::exchange::{Imported, Wishes, questionnaire, xlsform};
use domain::language::Language;
use serde_json::json;

use crate::dialogs::{self, DialogFolder};

/// The arguments of `dialog import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// A FHIR R4 Questionnaire as JSON, or an XLSForm as an .xlsx workbook; which of them it is shows in the file
    pub file: PathBuf,
    /// The new dialog's folder, such as dialogs/clinic; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// The language of texts that do not say theirs
    #[arg(long, value_name = "TAG")]
    pub language: Option<Language>,
    /// Take the notices (reminder, thanks, call 119) from the dialog of this name beside the new one; without this they
    /// are copied from the built-in `daily`
    #[arg(long, value_name = "DIALOG")]
    pub texts_from: Option<String>,
}

/// A form that is larger than this is no form.
const LARGEST_FILE: u64 = 4 << 20;

impl ImportArgs {
    /// Makes the dialog, tells what could not be carried over, and checks it. `false` if the form was refused, or if
    /// the new dialog has faults that somebody must mend.
    ///
    /// # Errors
    /// When the file cannot be read, when the folder is there already or cannot be made, and when `out` cannot be
    /// written to.
    pub(super) fn run(self, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
        let folder = &self.out;
        // Before any work: nothing is worse than a list of faults at whose end it says that all was in vain.
        ensure!(
            fs::symlink_metadata(folder).is_err(),
            "{} is there already, and nothing in it was changed: choose another name, or move it away",
            folder.display()
        );
        let size = fs::metadata(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?.len();
        ensure!(size <= LARGEST_FILE, "{} has {size} bytes; a form has at most {LARGEST_FILE}", self.file.display());
        let bytes = fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let model = dialogs::daily().map_err(|faults| anyhow::anyhow!("{faults}"))?;
        let wishes = Wishes { model: &model, language: self.language, texts_from: self.texts_from.as_deref() };
        let name = self.file.display().to_string();
        let imported = match read(&name, &bytes, &wishes) {
            Ok(imported) => imported,
            Err(faults) => {
                if json {
                    writeln!(out, "{}", json!({"folder": null, "files": [], "losses": [], "faults": faults}))?;
                } else {
                    let count = faults.len();
                    let plural = if count == 1 { "" } else { "s" };
                    writeln!(out, "{faults}\n\n{name}: {count} fault{plural}; nothing was imported")?;
                }
                return Ok(false);
            }
        };
        write_all(folder, &imported.files)?;
        let checked = DialogFolder::read(folder)?.load().map(|dialog| dialog.questions.len());
        tell(folder, &imported, &checked, json, out)?;
        Ok(checked.is_ok())
    }
}

/// Reads a form of whichever kind it is.
fn read(name: &str, bytes: &[u8], wishes: &Wishes<'_>) -> Result<Imported, Diagnostics> {
    if workbook::is_workbook(bytes) {
        return xlsform::import(name, &workbook::sheets(name, bytes)?, wishes);
    }
    questionnaire::import(&SourceFile::from_bytes(name, bytes)?, wishes)
}

/// Writes the files into a folder beside the new one and renames that, so that there is never half a dialog.
fn write_all(folder: &Path, files: &[SourceFile]) -> anyhow::Result<()> {
    let name = folder.file_name().with_context(|| format!("{} names no folder", folder.display()))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        bail!("there is no folder {} to put the dialog into", parent.display());
    }
    // A leading point keeps it from being taken for a dialog.
    let beside = parent.join(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = (|| {
        fs::create_dir(&beside)?;
        for file in files {
            fs::write(beside.join(&file.name), &file.text)?;
        }
        fs::rename(&beside, folder)
    })();
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_dir_all(&beside);
    }
    written.with_context(|| format!("{} cannot be written", folder.display()))
}

fn tell(
    folder: &Path,
    imported: &Imported,
    checked: &Result<usize, Diagnostics>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let files: Vec<&str> = imported.files.iter().map(|file| file.name.as_str()).collect();
    let none = Diagnostics::default();
    let faults = checked.as_ref().err().unwrap_or(&none);
    let shown = folder.display().to_string();
    if json {
        let line = json!({"folder": shown, "files": files, "losses": imported.losses, "faults": faults});
        writeln!(out, "{line}")?;
        return Ok(());
    }
    for loss in &imported.losses {
        writeln!(out, "{loss}")?;
    }
    if !imported.losses.is_empty() {
        writeln!(out)?;
    }
    match checked {
        Ok(questions) => {
            writeln!(out, "{shown}: {questions} questions, no fault; written: {}", files.join(", "))?;
        }
        Err(faults) => {
            for fault in faults.iter() {
                writeln!(out, "{}\n", fault.in_folder(&shown))?;
            }
            let count = faults.len();
            let plural = if count == 1 { "" } else { "s" };
            writeln!(out, "{shown}: written, with {count} fault{plural} to mend: {}", files.join(", "))?;
        }
    }
    Ok(())
}
