//! `mimamori dialog check`: every fault at its place, and what room the texts have left.

use std::io::Write;
use std::path::Path;

use domain::dialog::definition::Dialog;
use domain::dialog::diagnostics::Diagnostic;
use domain::dialog::lengths::{LanguageLengths, TextLength};
use domain::dialog::transcript;
use serde_json::json;

use super::table::{self, Side};
use crate::dialogs::{self, DialogFolder};

/// Checks every dialog at a path; returns whether there is no fault.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub(super) fn check(path: &Path, texts: bool, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let (dialog, faults) = look_at(&folder);
        well &= faults.is_empty();
        if json {
            for fault in &faults {
                let mut line = json!(fault);
                line["dialog"] = json!(folder.name);
                writeln!(out, "{line}")?;
            }
            if let Some(dialog) = &dialog {
                writeln!(out, "{}", in_json(dialog))?;
            }
            continue;
        }
        for fault in &faults {
            writeln!(out, "{}\n", fault.in_folder(&folder.path.display().to_string()))?;
        }
        let count = faults.len();
        match dialog {
            Some(dialog) if faults.is_empty() => {
                let languages: Vec<&str> = dialog.languages.iter().map(|language| language.tag()).collect();
                let (name, count) = (&dialog.name, dialog.questions.len());
                writeln!(out, "{name}: {count} questions in {}, no fault ({})", languages.join(", "), dialog.hash)?;
                show_room(&dialog, texts, out)?;
            }
            _ => writeln!(out, "{}: {count} fault{}", folder.name, if count == 1 { "" } else { "s" })?,
        }
    }
    Ok(well)
}

/// The dialog, if it has no fault, and all faults: those of its transcripts too, which hinder no publication.
fn look_at(folder: &DialogFolder) -> (Option<Dialog>, Vec<Diagnostic>) {
    let (dialog, mut faults) = match folder.load() {
        Ok(dialog) => (Some(dialog), Vec::new()),
        Err(faults) => (None, faults.iter().cloned().collect()),
    };
    faults.extend(folder.unreadable_chats.iter().cloned());
    faults.extend(folder.chats.iter().filter_map(|chat| transcript::check(chat).err()));
    (dialog, faults)
}

fn in_json(dialog: &Dialog) -> serde_json::Value {
    let language = |lengths: &LanguageLengths| {
        let text = |text: &TextLength| {
            let mut line = json!(text);
            line["room"] = json!(text.room());
            line
        };
        json!({
            "language": lengths.language,
            "tightest": lengths.tightest().map(text),
            "texts": lengths.texts.iter().map(text).collect::<Vec<_>>(),
        })
    };
    json!({
        "dialog": dialog.name,
        "hash": dialog.hash.to_string(),
        "questions": dialog.questions.len(),
        "languages": dialog.lengths().iter().map(language).collect::<Vec<_>>(),
    })
}

/// For whoever translates: how much longer a text may become.
fn show_room(dialog: &Dialog, every_text: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let lengths = dialog.lengths();
    let row = |lengths: &LanguageLengths, text: &TextLength| {
        [
            lengths.language.tag().to_owned(),
            text.name.clone(),
            format!("{}/{}", text.segments, text.budget),
            format!("{}/{}", text.units, text.most),
            text.encoding.to_owned(),
            text.room().to_string(),
        ]
    };
    let rows = lengths.iter().flat_map(|lengths| {
        let mut shown: Vec<&TextLength> = lengths.texts.iter().collect();
        if !every_text {
            shown = lengths.tightest().into_iter().collect();
        }
        shown.into_iter().map(|text| row(lengths, text)).collect::<Vec<_>>()
    });
    let title = if every_text { "text at its longest" } else { "tightest text at its longest" };
    let head = [
        ("language", Side::Left),
        (title, Side::Left),
        ("segments", Side::Right),
        ("units", Side::Right),
        ("encoding", Side::Left),
        ("room", Side::Right),
    ];
    table::write(out, head, rows)?;
    Ok(())
}
