//! `mimamori dialog …`: check dialogs, replay their transcripts, talk to one in the terminal, draw it.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use domain::dialog::definition::{Dialog, QuestionKind, SourceFile, Test};
use domain::dialog::engine::{self, Context, Effect, Input, Known, Phase, State, TextKind};
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
        known: Known::default(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::tests::{Copy, own_dialogs};

    fn run(command: DialogCommand, input: &str) -> (ExitCode, String) {
        let mut out = Vec::new();
        let code = command.run(&mut input.as_bytes(), &mut out).expect("it runs");
        (code, String::from_utf8(out).expect("it writes text"))
    }

    #[test]
    fn the_own_dialogs_have_no_fault_and_go_as_written() {
        let (code, said) = run(DialogCommand::Check { path: own_dialogs(), json: false }, "");
        assert_eq!((code, said.contains("daily: 6 questions in ja, ja-easy, en, no fault")), (ExitCode::SUCCESS, true));
        let (code, said) = run(DialogCommand::Test { path: own_dialogs(), json: false, write: false }, "");
        assert_eq!(code, ExitCode::SUCCESS, "{said}");
        let (code, said) = run(DialogCommand::Graph { path: own_dialogs() }, "");
        assert_eq!((code, said.contains("temperature --> oxygen")), (ExitCode::SUCCESS, true));
    }

    #[test]
    fn faults_are_shown_to_people_and_to_programs() {
        let copy = Copy::new("check");
        copy.change("texts.en.toml", "{value} C?", "{valu} C?");
        let (code, said) = run(DialogCommand::Check { path: copy.0.clone(), json: false }, "");
        assert_eq!(code, ExitCode::FAILURE);
        assert!(said.contains("help: did you mean {value}?") && said.contains("daily: 1 fault\n"), "{said}");
        let (code, said) = run(DialogCommand::Check { path: copy.0.clone(), json: true }, "");
        assert_eq!(code, ExitCode::FAILURE);
        let fault: serde_json::Value = serde_json::from_str(said.trim()).expect("one line of JSON");
        assert_eq!(fault["dialog"], "daily");
        assert_eq!(fault["file"], "texts.en.toml");
        assert_eq!(fault["hint"], "did you mean {value}?");
        assert!(fault["line"].as_u64() > Some(1) && fault["column"].as_u64() > Some(1));
        let (code, said) = run(DialogCommand::Test { path: copy.0.clone(), json: false, write: false }, "");
        assert_eq!((code, said.contains("correct this first")), (ExitCode::FAILURE, true));
    }

    #[test]
    fn a_changed_text_shows_in_the_transcripts_until_they_are_written_anew() {
        let copy = Copy::new("test");
        copy.change(
            "texts.ja.toml",
            "きのうより息が苦しいですか。1はい 2いいえ",
            "昨日より息が苦しいですか。1はい 2いいえ",
        );
        let test = |write, json| run(DialogCommand::Test { path: copy.0.clone(), json, write }, "");
        let (code, said) = test(false, false);
        assert_eq!(code, ExitCode::FAILURE);
        assert!(said.contains("- 07:04 > 97%。きのうより") && said.contains("+ 07:04 > 97%。昨日より"), "{said}");
        let (_, said) = test(false, true);
        let failed = said.lines().filter(|line| line.contains("\"passed\":false")).count();
        assert!(failed > 0 && said.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        assert_eq!(test(true, false).0, ExitCode::SUCCESS);
        assert_eq!(test(false, false).0, ExitCode::SUCCESS);
    }

    #[test]
    fn a_chat_can_be_typed_or_piped() {
        let chat = |input| {
            let path = own_dialogs().join("daily");
            run(DialogCommand::Chat { path, lang: Language::Ja, label: Some("A(80)".into()) }, input).1
        };
        let said = chat("36.8\r\n/remind\n/state\n/night\n/deadline\n97\n/quit\n1\n");
        for part in [
            "> A(80) 江東区保健所です。",
            "= answer temperature 36.8",
            "> A(80) 8:30までにお願いします。",
            "severity unknown, partial",
            "(the deadline has passed)",
            "遅れた報告",
            "夜間は03-1234-5678",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(said.contains("/70 UCS-2, 1 segment]"), "{said}");
        assert!(!said.contains("breathing"), "nothing is read after /quit");
    }
}
