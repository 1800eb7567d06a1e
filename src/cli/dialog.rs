//! `mimamori dialog …`: check dialogs, replay their transcripts, talk to one in the terminal, draw it.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use domain::dialog::definition::{Dialog, QuestionKind, SourceFile, Test};
use domain::dialog::engine::{self, Context, Effect, Input, Phase, State, TextKind};
use domain::dialog::transcript::{self, Mismatch};
use domain::language::Language;
use domain::severity::{self, Thresholds};
use domain::sms;
use serde_json::json;

use crate::dialogs::{self, DialogFolder};

/// What can be done with dialogs at the desk. PATH is a dialog's folder, or a folder of such folders.
#[derive(Debug, Clone, Subcommand)]
pub enum DialogCommand {
    /// Look for faults: unknown keys, missing translations, texts that are too long
    Check {
        /// A dialog's folder, or a folder of such folders
        #[arg(default_value = "dialogs")]
        path: PathBuf,
        /// One JSON object a fault, one a line
        #[arg(long)]
        json: bool,
    },
    /// Replay the transcripts (chats/*.chat) and show what goes another way
    Test {
        /// A dialog's folder, or a folder of such folders
        #[arg(default_value = "dialogs")]
        path: PathBuf,
        /// One JSON object a transcript, one a line
        #[arg(long, conflicts_with = "write")]
        json: bool,
        /// Write the transcripts anew as the conversations go now; look at the difference before you keep it
        #[arg(long)]
        write: bool,
    },
    /// Talk to a dialog in the terminal
    Chat {
        /// A dialog's folder
        #[arg(default_value = "dialogs/daily")]
        path: PathBuf,
        /// The language that the patient is written to in
        #[arg(long, default_value = "ja")]
        lang: Language,
        /// The label of a patient on a shared phone, such as A(80)
        #[arg(long)]
        label: Option<String>,
    },
    /// Draw a dialog as a Mermaid flow chart
    Graph {
        /// A dialog's folder
        #[arg(default_value = "dialogs/daily")]
        path: PathBuf,
    },
}

impl DialogCommand {
    /// Carries out the command. Exit code 1 when a dialog has faults or a transcript goes another way.
    ///
    /// # Errors
    /// When a path holds no dialog or cannot be read, and when `out` cannot be written to.
    pub fn run(self, input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
        let well = match self {
            Self::Check { path, json } => check(&path, json, out)?,
            Self::Test { path, json, write: false } => test(&path, json, out)?,
            Self::Test { path, write: true, .. } => rewrite(&path, out)?,
            Self::Chat { path, lang, label } => chat(&path, lang, label.as_deref(), input, out)?,
            Self::Graph { path } => graph(&path, out)?,
        };
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Checks every dialog at a path; returns whether there is no fault.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub fn check(path: &Path, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        match (folder.load(), json) {
            (Ok(dialog), true) => {
                let hash = dialog.hash.to_string();
                writeln!(out, "{}", json!({"dialog": dialog.name, "hash": hash, "questions": dialog.questions.len()}))?;
            }
            (Ok(dialog), false) => {
                let languages: Vec<&str> = dialog.languages.iter().map(|language| language.tag()).collect();
                let (name, count) = (&dialog.name, dialog.questions.len());
                writeln!(out, "{name}: {count} questions in {}, no fault ({})", languages.join(", "), dialog.hash)?;
            }
            (Err(faults), true) => {
                for fault in faults.iter() {
                    let mut line = json!(fault);
                    line["dialog"] = json!(folder.name);
                    writeln!(out, "{line}")?;
                }
                well = false;
            }
            (Err(faults), false) => {
                let count = faults.len();
                writeln!(out, "{faults}\n\n{}: {count} fault{}", folder.name, if count == 1 { "" } else { "s" })?;
                well = false;
            }
        }
    }
    Ok(well)
}

/// Loads a dialog, or says what is wrong with it.
fn load(folder: &DialogFolder, out: &mut dyn Write) -> anyhow::Result<Option<Dialog>> {
    match folder.load() {
        Ok(dialog) => Ok(Some(dialog)),
        Err(faults) => {
            writeln!(out, "{faults}\n\n{}: correct this first (mimamori dialog check)", folder.name)?;
            Ok(None)
        }
    }
}

/// Replays the transcripts of every dialog at a path; returns whether all went as written.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub fn test(path: &Path, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let Some(dialog) = load(&folder, out)? else {
            well = false;
            continue;
        };
        let mut failed = 0;
        for chat in &folder.chats {
            let result = transcript::replay(&dialog, chat);
            failed += usize::from(result.is_err());
            report(&folder, chat, result.as_ref().err(), json, out)?;
        }
        if !json {
            let count = folder.chats.len();
            writeln!(out, "{}: {count} transcripts, {failed} went another way", folder.name)?;
        }
        well &= failed == 0;
    }
    Ok(well)
}

fn report(
    folder: &DialogFolder,
    chat: &SourceFile,
    mismatch: Option<&Mismatch>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match mismatch {
        _ if json => {
            let line =
                json!({"dialog": folder.name, "chat": chat.name, "passed": mismatch.is_none(), "mismatch": mismatch});
            writeln!(out, "{line}")?;
        }
        Some(mismatch) => writeln!(out, "{mismatch}\n")?,
        None => {}
    }
    Ok(())
}

/// Writes the transcripts of every dialog at a path anew.
fn rewrite(path: &Path, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let Some(dialog) = load(&folder, out)? else {
            well = false;
            continue;
        };
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

const CHAT_HELP: &str = "Type as a patient would. An empty line is a picture without words. Besides:\n\
    /remind  a reminder    /deadline  the deadline    /night  nobody is at the center    /day  somebody is again\n\
    /state   what is known so far    /quit  the end\n";

/// Talks to a dialog: lines of `input` are texts that come in, and what is said and done is written to `out`.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub fn chat(
    path: &Path,
    language: Language,
    label: Option<&str>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<bool> {
    let folders = dialogs::folders(path)?;
    let [folder] = folders.as_slice() else {
        let names: Vec<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
        bail!("{}: choose one of the dialogs {}", path.display(), names.join(", "));
    };
    let Some(dialog) = load(folder, out)? else { return Ok(false) };
    let mut context = Context {
        language,
        center: "江東区保健所",
        deadline: "8:30",
        night_line: Some("03-1234-5678"),
        attended: true,
        late: false,
        label,
    };
    let mut state = State::new(&dialog);
    out.write_all(CHAT_HELP.as_bytes())?;
    take_step(&dialog, &mut state, Input::Open, &mut context, out)?;
    for line in input.lines() {
        let line = line?;
        match line.trim_end_matches('\r') {
            "/quit" => break,
            "/remind" => {
                let sequence = state.sequence;
                take_step(&dialog, &mut state, Input::Remind { sequence }, &mut context, out)?;
            }
            "/deadline" => {
                context.late = true;
                take_step(&dialog, &mut state, Input::Close, &mut context, out)?;
            }
            "/night" => context.attended = false,
            "/day" => context.attended = true,
            "/state" => {
                let assessment = severity::assess(&dialog, &state, &Thresholds::default());
                writeln!(out, "  severity {}, {}", assessment.severity.key(), assessment.completeness.key())?;
                writeln!(out, "  {}", serde_json::to_string(&state)?)?;
            }
            text => take_step(&dialog, &mut state, Input::Text(text), &mut context, out)?,
        }
    }
    Ok(true)
}

fn take_step(
    dialog: &Dialog,
    state: &mut State,
    input: Input<'_>,
    context: &mut Context<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let step = engine::step(dialog, state, input, context);
    *state = step.state;
    for effect in step.effects {
        match effect {
            Effect::Say { kind, text } => {
                let cost = sms::segments(&text);
                let mark = if kind == TextKind::Safety { "!>" } else { ">" };
                let (units, single) = (cost.units, cost.encoding.single());
                writeln!(
                    out,
                    "{mark} {text}\n  [{units}/{single} {}, {} segment]",
                    cost.encoding.name(),
                    cost.segments
                )?;
            }
            other => {
                if let Effect::SetLanguage(language) = other {
                    context.language = language;
                }
                writeln!(out, "  = {}", transcript::describe(dialog, &other))?;
            }
        }
    }
    if matches!(state.phase, Phase::Closed { .. }) && matches!(input, Input::Close) {
        writeln!(out, "  (the deadline has passed)")?;
    }
    out.flush()?;
    Ok(())
}

/// Draws a dialog as a Mermaid flow chart: one box a question, dotted where it depends on an earlier answer.
///
/// # Errors
/// When the path holds no dialog or cannot be read, and when `out` cannot be written to.
pub fn graph(path: &Path, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for folder in dialogs::folders(path)? {
        let Some(dialog) = load(&folder, out)? else {
            well = false;
            continue;
        };
        writeln!(out, "flowchart TD\n  start([{}])", dialog.name)?;
        let mut before = "start".to_owned();
        for question in &dialog.questions {
            let kind = kind_name(&question.kind);
            let optional = if question.required { "" } else { "<br/>not required" };
            writeln!(out, "  {key}[\"{key}<br/>{kind}{optional}\"]\n  {before} --> {key}", key = question.key)?;
            if let Some(condition) = &question.condition {
                let earlier = &dialog.questions[usize::from(condition.question)];
                let test = match condition.test {
                    Test::Yes => "yes".to_owned(),
                    Test::No => "no".to_owned(),
                    Test::Chosen(code) => format!("option {code}"),
                    Test::Measured => "measured".to_owned(),
                };
                writeln!(out, "  {} -. only if {test} .-> {}", earlier.key, question.key)?;
            }
            before.clone_from(&question.key);
        }
        writeln!(out, "  finished([finished])\n  {before} --> finished")?;
    }
    Ok(well)
}

const fn kind_name(kind: &QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Temperature => "temperature",
        QuestionKind::OxygenSaturation => "oxygen",
        QuestionKind::YesNo { .. } => "yes or no",
        QuestionKind::Choice(_) => "one of several",
        QuestionKind::Options(_) => "any of several",
        QuestionKind::Number { .. } => "number",
        QuestionKind::Text => "own words",
        QuestionKind::Identifier { .. } => "identifier",
    }
}
