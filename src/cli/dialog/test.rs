//! `mimamori dialog test`: replays transcripts, and writes them anew.

use std::io::Write;
use std::path::Path;

use domain::dialog::definition::SourceFile;
use domain::dialog::transcript::{self, Mismatch};
use serde_json::json;

use super::load;
use crate::dialogs::{self, DialogFolder};

/// Replays the transcripts of every dialog at a path; returns whether all went as written.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub(super) fn test(path: &Path, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let Some(dialog) = load(&folder, json, out)? else {
            well = false;
            continue;
        };
        let unreadable =
            folder.unreadable_chats.iter().map(|fault| (fault.file.clone(), Mismatch::Format(fault.clone())));
        let played = folder.chats.iter().map(|chat| (chat, transcript::replay(&dialog, chat)));
        let mut failed = 0;
        for (name, mismatch) in unreadable {
            failed += 1;
            report(&folder, &name, Some(&mismatch), json, out)?;
        }
        for (SourceFile { name, .. }, result) in played {
            failed += usize::from(result.is_err());
            report(&folder, name, result.as_ref().err(), json, out)?;
        }
        if !json {
            let count = folder.chats.len() + folder.unreadable_chats.len();
            writeln!(out, "{}: {count} transcripts, {failed} went another way", folder.name)?;
        }
        well &= failed == 0;
    }
    Ok(well)
}

fn report(
    folder: &DialogFolder,
    chat: &str,
    mismatch: Option<&Mismatch>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match mismatch {
        _ if json => {
            let line = json!({"dialog": folder.name, "chat": chat, "passed": mismatch.is_none(), "mismatch": mismatch});
            writeln!(out, "{line}")?;
        }
        Some(mismatch) => writeln!(out, "{mismatch}\n")?,
        None => {}
    }
    Ok(())
}

/// Writes the transcripts of every dialog at a path anew.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when a transcript or `out` cannot be written to.
pub(super) fn rewrite(path: &Path, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let Some(dialog) = load(&folder, false, out)? else {
            well = false;
            continue;
        };
        for fault in &folder.unreadable_chats {
            writeln!(out, "{fault}\n")?;
            well = false;
        }
        for chat in &folder.chats {
            match transcript::rewrite(&dialog, chat) {
                Ok(text) if text == chat.text => {}
                Ok(text) => {
                    std::fs::write(folder.path.join(&chat.name), text)?;
                    writeln!(out, "{}: written anew", chat.name)?;
                }
                Err(fault) => {
                    writeln!(out, "{fault}\n")?;
                    well = false;
                }
            }
        }
    }
    Ok(well)
}
