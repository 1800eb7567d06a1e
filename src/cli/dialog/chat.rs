//! `mimamori dialog chat`: talk to a dialog in the terminal.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::ensure;
use chrono::NaiveDate;
use clap::Args;
use domain::dialog::definition::Dialog;
use domain::dialog::engine::{self, Context, Effect, Identities, Input, Known, Phase, State, TextKind};
use domain::dialog::transcript;
use domain::language::Language;
use domain::patient::PlaceOfStay;
use domain::release::{Began, Course};
use domain::severity::{self, Thresholds};
use domain::sms;
use serde_json::json;

use super::wrap::{padded, wrap};
use super::{load, only_one};

/// The arguments of `dialog chat`.
#[derive(Debug, Clone, Args)]
pub struct ChatArgs {
    /// A dialog's folder
    #[arg(default_value = "dialogs/daily")]
    pub path: PathBuf,
    /// The language that the patient is written to in
    #[arg(long, default_value = "ja")]
    pub lang: Language,
    /// The label of a patient on a shared phone, such as A(80)
    #[arg(long)]
    pub label: Option<String>,
    /// An identifier that is expected, such as 1234567890, for a dialog that asks for one; may be given several times
    #[arg(long, value_name = "DIGITS")]
    pub identity: Vec<String>,
    /// The day of the report, such as 2022-08-11, for a dialog about the end of the observation
    #[arg(long, value_name = "DAY", requires = "onset")]
    pub today: Option<NaiveDate>,
    /// The day on which the symptoms began
    #[arg(long, value_name = "DAY", requires = "today")]
    pub onset: Option<NaiveDate>,
    /// Show texts as on the screen of an old phone, so many full-width characters wide (10 to 12)
    #[arg(
        long,
        value_name = "CHARACTERS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "11",
        value_parser = clap::value_parser!(u8).range(10..=12)
    )]
    pub phone: Option<u8>,
}

const HELP: &str = "Type as a patient would. An empty line is a picture without words. Besides:\n\
    /remind  a reminder    /deadline  the deadline    /night  nobody is at the center    /day  somebody is again\n\
    /state   what is known so far    /quit  the end\n";

impl ChatArgs {
    /// Talks to a dialog: lines of `input` are texts that come in, and what is said and done is written to `out`; with
    /// `json` as a line of JSON each.
    ///
    /// # Errors
    /// When the path holds no dialog or cannot be read, when the dialog does not have the language, and when `out`
    /// cannot be written to.
    pub(super) fn run(self, json: bool, input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<bool> {
        let Some(dialog) = load(&only_one(&self.path)?, json, out)? else { return Ok(false) };
        let languages: Vec<&str> = dialog.languages.iter().map(|language| language.tag()).collect();
        ensure!(
            dialog.languages.contains(&self.lang),
            "the dialog `{}` has no texts in `{}`; it has {}",
            dialog.name,
            self.lang,
            languages.join(", ")
        );
        let identities: Vec<&str> = self.identity.iter().map(String::as_str).collect();
        let course = self.today.zip(self.onset).map(|(today, onset)| Course {
            today,
            began: Some(Began::Onset(onset)),
            place: PlaceOfStay::Home,
            thresholds: Thresholds::default(),
        });
        let context = Context {
            language: self.lang,
            center: "江東区保健所",
            deadline: "8:30",
            night_line: Some("03-1234-5678"),
            attended: true,
            late: false,
            label: self.label.as_deref(),
            known: Known { identities: Identities(&identities), course },
        };
        let state = State::new(&dialog);
        let mut chat = Chat { dialog: &dialog, state, context, phone: self.phone, json, out };
        if !json {
            chat.out.write_all(HELP.as_bytes())?;
        }
        chat.take(Input::Open)?;
        for line in input.lines() {
            if !chat.line(line?.trim_end_matches('\r'))? {
                break;
            }
        }
        Ok(true)
    }
}

/// A conversation that is under way.
struct Chat<'a> {
    dialog: &'a Dialog,
    state: State,
    context: Context<'a>,
    phone: Option<u8>,
    json: bool,
    out: &'a mut dyn Write,
}

impl Chat<'_> {
    /// Does what a line says; `false` at the end.
    fn line(&mut self, line: &str) -> anyhow::Result<bool> {
        match line {
            "/quit" => return Ok(false),
            "/remind" => self.take(Input::Remind { sequence: self.state.sequence })?,
            "/deadline" => {
                self.context.late = true;
                self.take(Input::Close)?;
            }
            "/night" => self.context.attended = false,
            "/day" => self.context.attended = true,
            "/state" => {
                let assessment = severity::assess(self.dialog, &self.state, &Thresholds::default());
                if self.json {
                    let (severity, completeness) = (assessment.severity.key(), assessment.completeness.key());
                    let line = json!({"state": self.state, "severity": severity, "completeness": completeness});
                    writeln!(self.out, "{line}")?;
                    return Ok(true);
                }
                writeln!(self.out, "  severity {}, {}", assessment.severity.key(), assessment.completeness.key())?;
                writeln!(self.out, "  {}", serde_json::to_string(&self.state)?)?;
            }
            text => self.take(Input::Text(text))?,
        }
        Ok(true)
    }

    fn take(&mut self, input: Input<'_>) -> anyhow::Result<()> {
        let step = engine::step(self.dialog, &self.state, input, &self.context);
        self.state = step.state;
        for effect in step.effects {
            match effect {
                Effect::Say { kind, text } => self.say(kind, &text)?,
                other => {
                    if let Effect::SetLanguage(language) = other {
                        self.context.language = language;
                    }
                    let effect = transcript::describe(self.dialog, &other);
                    if self.json {
                        writeln!(self.out, "{}", json!({"effect": effect}))?;
                    } else {
                        writeln!(self.out, "  = {effect}")?;
                    }
                }
            }
        }
        if matches!(self.state.phase, Phase::Closed { .. }) && matches!(input, Input::Close) {
            if self.json {
                writeln!(self.out, "{}", json!({"deadline": "passed"}))?;
            } else {
                writeln!(self.out, "  (the deadline has passed)")?;
            }
        }
        self.out.flush()?;
        Ok(())
    }

    fn say(&mut self, kind: TextKind, text: &str) -> anyhow::Result<()> {
        let cost = sms::segments(text);
        if self.json {
            let line = json!({
                "text": text,
                "safety": kind == TextKind::Safety,
                "encoding": cost.encoding.name(),
                "units": cost.units,
                "segments": cost.segments,
            });
            writeln!(self.out, "{line}")?;
            return Ok(());
        }
        let plural = if cost.segments == 1 { "" } else { "s" };
        let (units, single, encoding) = (cost.units, cost.encoding.single(), cost.encoding.name());
        let cost = format!("[{units}/{single} {encoding}, {} segment{plural}]", cost.segments);
        let Some(characters) = self.phone else {
            let mark = if kind == TextKind::Safety { "!>" } else { ">" };
            writeln!(self.out, "{mark} {text}\n  {cost}")?;
            return Ok(());
        };
        let columns = usize::from(characters) * 2;
        let edge = "─".repeat(columns);
        let mark = if kind == TextKind::Safety { " !" } else { "" };
        writeln!(self.out, "┌{edge}┐{mark}")?;
        for line in wrap(text, columns) {
            writeln!(self.out, "│{}│", padded(&line, columns))?;
        }
        writeln!(self.out, "└{edge}┘\n  {cost}")?;
        Ok(())
    }
}
