//! `mimamori dialog diff`: shows what changes for the patient between two versions. What changes is the core's
//! business.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use domain::dialog::cost::{Morning, mornings};
use domain::dialog::definition::{Dialog, DialogHash, SourceFile};
use domain::dialog::diff::{
    ConversationChange, DialogDiff, LanguageChange, OpeningChange, QuestionChange, StepChange, TextChange, Wording,
    diff,
};
use domain::dialog::engine::{Context, Known};
use domain::dialog::load;
use domain::language::Language;
use serde::Serialize;
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use super::{Call, only_one, versions};

/// The arguments of `dialog diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// The older version: a dialog's folder, or the first 4 or more digits of a version that the service keeps
    pub old: String,
    /// The newer version: likewise
    pub new: String,
    /// Show every step that goes another way, not only the first of each transcript
    #[arg(long)]
    pub steps: bool,
}

/// One of the two versions.
struct Version {
    dialog: Dialog,
    chats: Vec<SourceFile>,
}

/// The price of a morning that changes: in segments, since prices are the carriers'.
#[derive(Debug, Serialize)]
struct MorningChange {
    language: Language,
    old: Morning,
    new: Morning,
}

impl DiffArgs {
    /// Compares, and gives the exit code: 0 nothing changes, 1 something does, 2 they cannot be compared.
    pub(super) fn run(self, call: Call<'_>, out: &mut dyn Write) -> ExitCode {
        match self.compare(call, out) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                crate::cli::complain(&error);
                ExitCode::from(2)
            }
        }
    }

    /// Compares; whether nothing changes.
    pub(super) fn compare(&self, call: Call<'_>, out: &mut dyn Write) -> anyhow::Result<bool> {
        let (old, new) = (version(&self.old, call)?, version(&self.new, call)?);
        let found = diff(&old.dialog, &new.dialog, &old.chats, &new.chats);
        let costs = costs(&old.dialog, &new.dialog);
        if call.json {
            let mut line = json!(found);
            line["old"] = json!({"dialog": old.dialog.name, "hash": old.dialog.hash.to_string()});
            line["new"] = json!({"dialog": new.dialog.name, "hash": new.dialog.hash.to_string()});
            line["mornings"] = json!(costs);
            writeln!(out, "{line}")?;
        } else {
            show(&old, &new, &found, &costs, out)?;
            show_conversations(&old, &new, &found.conversations, self.steps, out)?;
        }
        Ok(found.is_empty())
    }
}

/// The version that is meant by a folder or by the beginning of a hash.
fn version(what: &str, call: Call<'_>) -> anyhow::Result<Version> {
    let path = Path::new(what);
    if path.exists() {
        let folder = only_one(path)?;
        let dialog = folder.load().map_err(|faults| {
            anyhow::anyhow!("{what} has faults; correct them first (mimamori dialog check)\n\n{faults}")
        })?;
        return Ok(Version { dialog, chats: folder.chats });
    }
    let is_hash = what.len() >= 4 && what.len() <= 64 && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(is_hash, "{what}: there is no such folder, and it is no version (4 or more hexadecimal digits)");
    let wanted = what.to_ascii_lowercase();
    let (name, files) = crate::cli::with_store(&crate::cli::desk(call.config)?, false, async |store| {
        let mut tx = store.read().await?;
        let kept = tx.dialog_hashes().await?;
        let found: Vec<DialogHash> = kept.into_iter().filter(|hash| hash.to_string().starts_with(&wanted)).collect();
        let [hash] = found.as_slice() else {
            match found.len() {
                0 => bail!("{what}: no such version is kept; see `mimamori dialog versions`"),
                many => bail!("{what}: {many} versions begin so; give more digits"),
            }
        };
        tx.dialog_source(hash).await?.with_context(|| format!("{what}: the version was removed just now"))
    })?;
    let dialog = load::load(&name, &files).map_err(|faults| anyhow::anyhow!("{what} has faults\n\n{faults}"))?;
    Ok(Version { dialog, chats: Vec::new() })
}

/// The mornings of both that take another number of texts or segments.
fn costs(old: &Dialog, new: &Dialog) -> Vec<MorningChange> {
    let context = |language| Context {
        language,
        center: "江東区保健所",
        deadline: "8:30",
        night_line: None,
        attended: true,
        late: false,
        label: None,
        known: Known::default(),
    };
    let mut changes = Vec::new();
    for language in new.languages.iter().copied().filter(|language| old.languages.contains(language)) {
        // A dialog whose plain answers do not lead to the end has no morning to compare; `dialog cost` says why.
        let (Ok(before), Ok(after)) = (mornings(old, &context(language)), mornings(new, &context(language))) else {
            continue;
        };
        let differ = before.into_iter().zip(after).filter(|(old, new)| old != new);
        changes.extend(differ.map(|(old, new)| MorningChange { language, old, new }));
    }
    changes
}

fn show(
    old: &Version,
    new: &Version,
    found: &DialogDiff,
    costs: &[MorningChange],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (before, after) = (old.dialog.hash.to_string(), new.dialog.hash.to_string());
    let (before, after) = (versions::short(&before), versions::short(&after));
    writeln!(out, "{} {before} → {} {after}", old.dialog.name, new.dialog.name)?;
    if found.is_empty() {
        let why = if before == after { "they are the same" } else { "only comments or the writing differ" };
        writeln!(out, "nothing changes for the patient: {why}")?;
        return Ok(());
    }
    for change in &found.languages {
        match change {
            LanguageChange::Added { language } => writeln!(out, "+ language {language}")?,
            LanguageChange::Removed { language } => writeln!(out, "- language {language}")?,
            LanguageChange::First { old, new } => writeln!(out, "~ first language {old} → {new}")?,
        }
    }
    if let Some(OpeningChange { old, new }) = found.opening {
        writeln!(out, "~ opening: {old} → {new}")?;
    }
    if !found.questions.is_empty() {
        writeln!(out, "\nQuestions")?;
    }
    for change in &found.questions {
        show_question(change, out)?;
    }
    let mut language = None;
    for change in &found.texts {
        if language != Some(change.language) {
            writeln!(out, "\nTexts in {}", change.language)?;
            language = Some(change.language);
        }
        show_text(change, out)?;
    }
    if !costs.is_empty() {
        writeln!(out, "\nA morning")?;
    }
    for MorningChange { language, old, new } in costs {
        writeln!(
            out,
            "  {language} {}: {} → {} texts, {} → {} segments sent; {} → {} replies, {} → {} segments",
            new.kind.key(),
            old.sent.texts,
            new.sent.texts,
            old.sent.segments,
            new.sent.segments,
            old.replies.texts,
            new.replies.texts,
            old.replies.segments,
            new.replies.segments,
        )?;
    }
    Ok(())
}

fn show_question(change: &QuestionChange, out: &mut dyn Write) -> std::io::Result<()> {
    match change {
        QuestionChange::Added { key, place, kind } => writeln!(out, "  + {key} ({kind}), asked as number {place}"),
        QuestionChange::Removed { key, place } => writeln!(out, "  - {key}, which was number {place}"),
        QuestionChange::Moved { key, old, new } => writeln!(out, "  ~ {key}: moves from number {old} to {new}"),
        QuestionChange::Changed { key, what, old, new } => {
            let word = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
            writeln!(out, "  ~ {key}: {what}: {} → {}", word(old), word(new))
        }
    }
}

fn show_text(change: &TextChange, out: &mut dyn Write) -> std::io::Result<()> {
    let longest = |wording: &Option<Wording>| wording.as_ref().and_then(|wording| wording.longest.clone());
    let cost = match (longest(&change.old), longest(&change.new)) {
        (Some(old), Some(new)) => format!(
            ": {} → {} units of {}, {} → {} segment{}, at its longest",
            old.units,
            new.units,
            new.most,
            old.segments,
            new.segments,
            if new.segments == 1 { "" } else { "s" }
        ),
        _ => String::new(),
    };
    writeln!(out, "  {}{cost}", change.name)?;
    let text = |wording: &Option<Wording>| wording.as_ref().map(|wording| wording.text.clone());
    let (old, new) = (text(&change.old), text(&change.new));
    let (shown_old, shown_new) = marked(old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
    if old.is_some() {
        writeln!(out, "    - {shown_old}")?;
    }
    if new.is_some() {
        writeln!(out, "    + {shown_new}")?;
    }
    Ok(())
}

/// Both texts, with the words that differ in brackets. A line end is shown as a sign.
fn marked(old: &str, new: &str) -> (String, String) {
    if old.is_empty() || new.is_empty() {
        return (old.replace('\n', "⏎"), new.replace('\n', "⏎"));
    }
    let words = TextDiff::from_unicode_words(old, new);
    let side = |other: ChangeTag| {
        let mut out = String::new();
        let mut inside = false;
        for change in words.iter_all_changes().filter(|change| change.tag() != other) {
            let differs = change.tag() != ChangeTag::Equal;
            if differs != inside {
                out.push(if differs { '[' } else { ']' });
                inside = differs;
            }
            out.push_str(&change.value().replace('\n', "⏎"));
        }
        if inside {
            out.push(']');
        }
        out
    };
    (side(ChangeTag::Insert), side(ChangeTag::Delete))
}

fn show_conversations(
    old: &Version,
    new: &Version,
    changes: &[ConversationChange],
    every_step: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let only_old = old.chats.iter().filter(|chat| !new.chats.contains(chat)).count();
    let all = only_old + new.chats.len();
    let another = changes.iter().filter(|change| change.goes_another_way).count();
    let unreadable = changes.iter().filter(|change| change.fault.is_some()).count();
    let words = changes.len() - another - unreadable;
    writeln!(out, "\nConversations: of {all} transcripts {another} go another way, {words} only say it otherwise")?;
    for change in changes.iter().filter(|change| change.fault.is_some() || change.goes_another_way) {
        let of = if change.of == "both" { String::new() } else { format!(" (of the {} version)", change.of) };
        writeln!(out, "  {}{of}", change.chat)?;
        if let Some(fault) = &change.fault {
            writeln!(out, "    cannot be read: line {}: {}", fault.line, fault.message)?;
        }
        // What follows the first is often its consequence.
        let other: Vec<&StepChange> = change.steps.iter().filter(|step| step.goes_another_way()).collect();
        let shown = if every_step { other.len() } else { other.len().min(1) };
        for step in &other[..shown] {
            show_step(step, out)?;
        }
        match other.len() - shown {
            0 => {}
            1 => writeln!(out, "    and 1 more step")?,
            more => writeln!(out, "    and {more} more steps")?,
        }
    }
    Ok(())
}

fn show_step(step: &StepChange, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "    {}: {}", step.new.line, step.new.input)?;
    let lines = |played: &domain::dialog::transcript::PlayedStep| -> Vec<String> {
        let texts = played.texts.iter().map(|text| format!("> {text}"));
        texts.chain(played.effects.iter().map(|effect| format!("= {effect}"))).collect()
    };
    let (before, after) = (lines(&step.old), lines(&step.new));
    for line in before.iter().filter(|line| !after.contains(line)) {
        writeln!(out, "      - {line}")?;
    }
    for line in after.iter().filter(|line| !before.contains(line)) {
        writeln!(out, "      + {line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_differ_are_marked_in_both() {
        for (old, new, marks) in [
            ("今日の体温を。", "今日の熱を。", ("今日の[体温]を。", "今日の[熱]を。")),
            ("Is it harder?", "Is it much harder?", ("Is it harder?", "Is it [much ]harder?")),
            ("a\nb", "a\nc", ("a⏎[b]", "a⏎[c]")),
            ("", "neu", ("", "neu")),
        ] {
            let (left, right) = marked(old, new);
            assert_eq!((left.as_str(), right.as_str()), marks);
        }
    }
}
