//! Transcripts: conversations in `.chat` files that must go exactly so, and what differs when they do not.
//!
//! ```text
//! # A comment. Empty lines count for nothing.
//! language: ja              what the contact is written to in (default ja)
//! center: 江東区保健所         as in texts (default 江東区保健所)
//! deadline: 8:30            from then on everything is late (default 8:30)
//! night-line: 03-1234-5678  or `none` (default 03-1234-5678)
//! attended: 07:00-17:15     when somebody reads texts (default 07:00-17:15)
//! label: A(80)              on a shared phone (default: a phone of one's own)
//! state: idle               no conversation is going on (default: one that has not begun)
//! identities: 123456 7654321   the identifiers that are expected (default: none)
//! today: 2022-08-11         the day, for rules about the end of the observation
//! onset: 2022-08-01         when the symptoms began; or `specimen: …` without symptoms, when it was taken
//! place: home               where the patient stays (default home)
//!
//! 07:00 ! open              the round opens
//! 07:00 > 江東区保健所です。…   what is said
//! 07:03 < 36.8              what came in; nothing after `<` is a text of pictures only
//!       = answer temperature 36.8
//! 07:03 > 36.8度。酸素の値(…
//! 07:45 ! remind            a reminder is due; `remind stale`: one that was planned for an older state
//! 08:30 ! deadline          the deadline
//!       = severity unknown  how worrying the report is at this point
//! ```
//!
//! Every text (`>`) and every effect (`=`) that a step has must be there, in order. Effects are `answer QUESTION
//! VALUE`, `skip QUESTION REASON`, `alert SIGN…`, `staff WHY`, `opt-out`, `opt-in`, `wrong-number`, `language TAG`
//! `number-confirmed`, `identity-confirmed WHICH` (counted from 1) and `finished`. Three more `=` lines may be added after any step, and are checked: `severity`, `completeness`
//! and `open` (the open question's key, `report` or `none`). In texts `\n` is a line end, `\\` a backslash and `\u{200f}`
//! the character with that number. Hours may go on after 24 for what happens after midnight.

use std::fmt::{self, Write};

use chrono::NaiveDate;
use serde::Serialize;

use super::definition::{Dialog, Question, QuestionIndex, QuestionKind, SourceFile};
use super::diagnostics::{Diagnostic, did_you_mean};
use super::engine::{self, Attention, Context, Effect, Identities, Input, Known, Phase, SkipReason, State};
use crate::language::Language;
use crate::observation::{Value, YesNo};
use crate::patient::PlaceOfStay;
use crate::release::{Began, Course};
use crate::reply::StatusChange;
use crate::severity::{self, Thresholds};

/// Why a transcript does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mismatch {
    /// The file cannot be read as a transcript.
    Format(Diagnostic),
    /// A step went another way.
    Step {
        /// The file.
        file: String,
        /// The line of the input.
        line: usize,
        /// The input, as it stands in the file.
        input: String,
        /// What the file says that follows.
        expected: Vec<String>,
        /// What follows.
        actual: Vec<String>,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(diagnostic) => diagnostic.fmt(f),
            Self::Step { file, line, input, expected, actual } => {
                writeln!(f, "{file}:{line}: the conversation went another way (- expected, + what happened)")?;
                write!(f, "  {input}")?;
                let same = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
                let ends = expected[same..].iter().rev().zip(actual[same..].iter().rev());
                let after = ends.take_while(|(a, b)| a == b).count();
                for line in &expected[..same] {
                    write!(f, "\n  {line}")?;
                }
                for line in &expected[same..expected.len() - after] {
                    write!(f, "\n- {line}")?;
                }
                for line in &actual[same..actual.len() - after] {
                    write!(f, "\n+ {line}")?;
                }
                for line in &expected[expected.len() - after..] {
                    write!(f, "\n  {line}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Mismatch {}

/// Replays a transcript.
///
/// # Errors
/// The first step that goes another way than the file says, or the first line that cannot be read.
pub fn replay(dialog: &Dialog, file: &SourceFile) -> Result<(), Mismatch> {
    let chat = Chat::parse(file).map_err(Mismatch::Format)?;
    let mut player = Player::new(dialog, &chat);
    for (index, step) in chat.steps.iter().enumerate() {
        let mut actual = player.play(step);
        let expected = &chat.expected[index];
        for line in expected {
            actual.extend(player.evaluate(line));
        }
        // Effects first, then what is only looked at, so that both sides are in one order.
        let (looked_at, effects): (Vec<&String>, Vec<&String>) = expected.iter().partition(|line| is_looked_at(line));
        let expected: Vec<String> = effects.into_iter().chain(looked_at).cloned().collect();
        if expected != actual {
            let (file, line, input) = (file.name.clone(), step.line, step.raw.clone());
            return Err(Mismatch::Step { file, line, input, expected, actual });
        }
    }
    Ok(())
}

/// The transcript as it goes with this dialog: inputs, comments and header as they are, the rest written anew.
///
/// # Errors
/// The first line that cannot be read.
pub fn rewrite(dialog: &Dialog, file: &SourceFile) -> Result<String, Diagnostic> {
    let chat = Chat::parse(file)?;
    let mut player = Player::new(dialog, &chat);
    let mut out = String::new();
    for (number, raw) in (1..).zip(file.text.lines()) {
        match chat.steps.iter().position(|step| step.line == number) {
            Some(index) => {
                let mut lines = player.play(&chat.steps[index]);
                for line in &chat.expected[index] {
                    lines.extend(player.evaluate(line));
                }
                for line in [raw.trim_end().to_owned()].into_iter().chain(lines) {
                    // Writing to a `String` cannot fail.
                    let _ = writeln!(out, "{line}");
                }
            }
            None if chat.expectation_lines.contains(&number) => {}
            None => {
                let _ = writeln!(out, "{}", raw.trim_end());
            }
        }
    }
    Ok(out)
}

/// What follows from one step of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlayedStep {
    /// The line of the input.
    pub line: usize,
    /// The input, as it stands in the file.
    pub input: String,
    /// What is said, in order.
    pub texts: Vec<String>,
    /// What is done, and how the report stands then: the lines after `=`.
    pub effects: Vec<String>,
}

/// Plays the inputs of a transcript, whatever the file says that follows.
///
/// # Errors
/// The first line that cannot be read.
pub fn play(dialog: &Dialog, file: &SourceFile) -> Result<Vec<PlayedStep>, Diagnostic> {
    let chat = Chat::parse(file)?;
    let mut player = Player::new(dialog, &chat);
    let played = chat.steps.iter().map(|step| {
        let mut played = PlayedStep { line: step.line, input: step.raw.clone(), texts: vec![], effects: vec![] };
        let stands = ["= severity ", "= completeness ", "= open "];
        for line in player.play(step) {
            match line.trim_start().strip_prefix("= ") {
                Some(effect) => played.effects.push(effect.to_owned()),
                None => played.texts.extend(line.split_once(" > ").map(|(_, text)| text.to_owned())),
            }
        }
        let stands = stands.iter().filter_map(|what| player.evaluate(what));
        played.effects.extend(stands.map(|line| line.trim_start().trim_start_matches("= ").to_owned()));
        played
    });
    Ok(played.collect())
}

/// Whether a file is a transcript: what [`replay`] can be asked about.
///
/// # Errors
/// The first line that cannot be read.
pub fn check(file: &SourceFile) -> Result<(), Diagnostic> {
    Chat::parse(file).map(drop)
}

/// A minute of the observation day, counted from its midnight.
type Minute = u32;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Open,
    Text(String),
    Remind { stale: bool },
    Deadline,
}

#[derive(Debug)]
struct PlannedStep {
    line: usize,
    raw: String,
    time: Minute,
    event: Event,
}

/// A transcript, read.
#[derive(Debug)]
struct Chat {
    language: Language,
    center: String,
    deadline: String,
    deadline_minute: Minute,
    night_line: Option<String>,
    attended: (Minute, Minute),
    label: Option<String>,
    idle: bool,
    identities: Vec<String>,
    today: Option<NaiveDate>,
    began: Option<Began>,
    place: PlaceOfStay,
    steps: Vec<PlannedStep>,
    /// What the file says that follows each step, one canonical line each.
    expected: Vec<Vec<String>>,
    expectation_lines: Vec<usize>,
}

const HEADER: [&str; 12] = [
    "language",
    "center",
    "deadline",
    "night-line",
    "attended",
    "label",
    "state",
    "identities",
    "today",
    "onset",
    "specimen",
    "place",
];

impl Chat {
    fn parse(file: &SourceFile) -> Result<Self, Diagnostic> {
        let mut chat = Self {
            language: Language::Ja,
            center: "江東区保健所".to_owned(),
            deadline: "8:30".to_owned(),
            deadline_minute: 8 * 60 + 30,
            night_line: Some("03-1234-5678".to_owned()),
            attended: (7 * 60, 17 * 60 + 15),
            label: None,
            idle: false,
            identities: Vec::new(),
            today: None,
            began: None,
            place: PlaceOfStay::Home,
            steps: Vec::new(),
            expected: Vec::new(),
            expectation_lines: Vec::new(),
        };
        let mut at = 0;
        for (number, raw) in (1..).zip(file.text.split('\n')) {
            let span = at..at + raw.len();
            at = span.end + 1;
            let line = raw.trim();
            let fault = |message: String| Diagnostic::new(file, span.clone(), message);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(effect) = line.strip_prefix('=') {
                let Some(expected) = chat.expected.last_mut() else {
                    return Err(fault("nothing has happened yet that this could follow from".to_owned()));
                };
                expected.push(format!("      = {}", effect.split_whitespace().collect::<Vec<_>>().join(" ")));
                chat.expectation_lines.push(number);
                continue;
            }
            let timed = line.split_once(char::is_whitespace).and_then(|(time, rest)| Some((minute(time)?, rest)));
            let Some((time, rest)) = timed else {
                if !chat.steps.is_empty() {
                    return Err(fault("this is no line of a transcript".to_owned())
                        .hint("a line begins with a time and one of < > !, or with =, or with # for a comment"));
                }
                chat.header(line).map_err(|(message, hint)| {
                    let diagnostic = fault(message);
                    if hint.is_empty() { diagnostic } else { diagnostic.hint(hint) }
                })?;
                continue;
            };
            let rest = rest.trim_start();
            let content = rest.get(1..).unwrap_or_default().trim();
            let event = match rest.chars().next() {
                Some('>') => {
                    let Some(expected) = chat.expected.last_mut() else {
                        return Err(fault("nothing has happened yet that this could answer".to_owned()));
                    };
                    expected.push(format!("{} > {content}", clock(time)));
                    chat.expectation_lines.push(number);
                    continue;
                }
                Some('<') => Event::Text(unescape(content).map_err(fault)?),
                Some('!') => match content.split_whitespace().collect::<Vec<_>>()[..] {
                    ["open"] => Event::Open,
                    ["remind"] => Event::Remind { stale: false },
                    ["remind", "stale"] => Event::Remind { stale: true },
                    ["deadline"] => Event::Deadline,
                    _ => {
                        return Err(fault(format!("`{content}` is nothing that happens"))
                            .hint("use open, remind, remind stale or deadline"));
                    }
                },
                _ => {
                    return Err(fault("after the time stands < (came in), > (was said) or ! (happened)".to_owned()));
                }
            };
            if chat.steps.last().is_some_and(|before| before.time > time) {
                return Err(fault("this is earlier than the line before".to_owned())
                    .hint("hours go on after 24: half past one at night is 25:30"));
            }
            chat.steps.push(PlannedStep { line: number, raw: line.to_owned(), time, event });
            chat.expected.push(Vec::new());
        }
        Ok(chat)
    }

    /// Takes a line of the header, or says what is wrong with it and what would be right.
    fn header(&mut self, line: &str) -> Result<(), (String, String)> {
        let Some((key, value)) = line.split_once(':') else {
            return Err((
                "this is no line of a transcript".to_owned(),
                format!("a transcript begins with lines such as `language: ja`; possible: {}", HEADER.join(", ")),
            ));
        };
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            // An empty label would put a space before every text, and that line could never be read again.
            return Err((format!("`{key}` has no value"), "leave the line out for the default".to_owned()));
        }
        let wrong = |wanted: &str| Err((format!("`{value}` is not {wanted}"), String::new()));
        match key {
            "language" => match value.parse() {
                Ok(language) => self.language = language,
                Err(error) => return Err((format!("{error}"), String::new())),
            },
            "center" => value.clone_into(&mut self.center),
            "deadline" => match minute(value) {
                Some(time) => {
                    value.clone_into(&mut self.deadline);
                    self.deadline_minute = time;
                }
                None => return wrong("a time such as 8:30"),
            },
            "night-line" => self.night_line = (value != "none").then(|| value.to_owned()),
            "attended" => {
                match value.split_once('-').map(|(from, until)| (minute(from.trim()), minute(until.trim()))) {
                    Some((Some(from), Some(until))) => self.attended = (from, until),
                    _ => return wrong("a span of time such as 07:00-17:15"),
                }
            }
            "label" => self.label = Some(value.to_owned()),
            "state" if value == "idle" => self.idle = true,
            "state" => return wrong("`idle`"),
            "identities" => self.identities = value.split_whitespace().map(str::to_owned).collect(),
            "today" | "onset" | "specimen" => {
                let Ok(day) = value.parse::<NaiveDate>() else { return wrong("a day such as 2022-08-11") };
                match key {
                    "today" => self.today = Some(day),
                    "onset" => self.began = Some(Began::Onset(day)),
                    _ => self.began = Some(Began::Specimen(day)),
                }
            }
            "place" => match PlaceOfStay::from_key(value) {
                Some(place) => self.place = place,
                None => return wrong("a place of stay: home, hotel, facility or hospital"),
            },
            _ => {
                let hint = match did_you_mean(key, HEADER) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("possible here: {}", HEADER.join(", ")),
                };
                return Err((format!("unknown key `{key}`"), hint));
            }
        }
        Ok(())
    }
}

/// Runs the steps of a transcript one after the other.
struct Player<'a> {
    dialog: &'a Dialog,
    chat: &'a Chat,
    state: State,
    language: Language,
}

impl<'a> Player<'a> {
    fn new(dialog: &'a Dialog, chat: &'a Chat) -> Self {
        let state = if chat.idle { State::idle(dialog) } else { State::new(dialog) };
        Self { dialog, chat, state, language: chat.language }
    }

    /// Takes a step and says in canonical lines what followed.
    fn play(&mut self, step: &PlannedStep) -> Vec<String> {
        let identities: Vec<&str> = self.chat.identities.iter().map(String::as_str).collect();
        let course = self.chat.today.map(|today| Course {
            today,
            began: self.chat.began,
            place: self.chat.place,
            thresholds: Thresholds::default(),
        });
        let of_day = step.time % (24 * 60);
        let context = Context {
            language: self.language,
            center: &self.chat.center,
            deadline: &self.chat.deadline,
            night_line: self.chat.night_line.as_deref(),
            attended: (self.chat.attended.0..self.chat.attended.1).contains(&of_day),
            late: step.time >= self.chat.deadline_minute,
            label: self.chat.label.as_deref(),
            known: Known { identities: Identities(&identities), course },
        };
        let input = match &step.event {
            Event::Open => Input::Open,
            Event::Text(text) => Input::Text(text),
            Event::Remind { stale } => Input::Remind { sequence: self.state.sequence.wrapping_sub(u32::from(*stale)) },
            Event::Deadline => Input::Close,
        };
        let result = engine::step(self.dialog, &self.state, input, &context);
        self.state = result.state;
        let mut lines = Vec::new();
        for effect in result.effects {
            if let Effect::SetLanguage(language) = effect {
                self.language = language;
            }
            lines.push(match effect {
                Effect::Say { text, .. } => format!("{} > {}", clock(step.time), escape(text.trim_end())),
                other => format!("      = {}", describe(self.dialog, &other)),
            });
        }
        lines
    }

    /// The canonical line for something that is only looked at, as it stands now.
    fn evaluate(&self, expected: &str) -> Option<String> {
        if !is_looked_at(expected) {
            return None;
        }
        let what = expected.trim_start().strip_prefix("= ")?.split(' ').next()?;
        let assessment = severity::assess(self.dialog, &self.state, &Thresholds::default());
        let value = match what {
            "severity" => assessment.severity.key(),
            "completeness" => assessment.completeness.key(),
            _ => match self.state.phase {
                Phase::Asking { .. } if self.state.reporting => "report",
                Phase::Asking { question, .. } | Phase::Closed { pending: Some(question) } => {
                    key(self.dialog, question)
                }
                _ => "none",
            },
        };
        Some(format!("      = {what} {value}"))
    }
}

fn is_looked_at(line: &str) -> bool {
    let words = line.trim_start();
    ["= severity ", "= completeness ", "= open "].iter().any(|start| words.starts_with(start))
}

fn key(dialog: &Dialog, question: QuestionIndex) -> &str {
    dialog.questions.get(usize::from(question)).map_or("?", |question| question.key.as_str())
}

/// An effect in one line.
#[must_use]
pub fn describe(dialog: &Dialog, effect: &Effect) -> String {
    match effect {
        Effect::Say { text, .. } => format!("say {}", escape(text)),
        Effect::Answer { question, value } => {
            let value = dialog.questions.get(usize::from(*question)).map(|question| in_words(question, value));
            format!("answer {} {}", key(dialog, *question), value.unwrap_or_default())
        }
        Effect::Skip { question, reason } => {
            let reason = match reason {
                SkipReason::ByPatient => "by-patient",
                SkipReason::NotUnderstood => "not-understood",
                SkipReason::NotConfirmed => "not-confirmed",
            };
            format!("skip {} {reason}", key(dialog, *question))
        }
        Effect::Warn(signs) => {
            let keys: Vec<&str> = signs.iter().map(crate::reply::WarningSign::key).collect();
            format!("alert {}", keys.join(" "))
        }
        Effect::Attention(attention) => {
            let why = match attention {
                Attention::Callback => "callback",
                Attention::StatusChange(StatusChange::Hospitalized) => "hospitalized",
                Attention::StatusChange(StatusChange::Moved) => "moved",
                Attention::StatusChange(StatusChange::Died) => "died",
                Attention::StatusChange(StatusChange::Recovered) => "recovered",
                Attention::Note => "note",
                Attention::NotUnderstood => "not-understood",
                Attention::UnclearLate => "unclear-late",
                Attention::NumberNotConfirmed => "number-not-confirmed",
                Attention::IdentityNotConfirmed => "identity-not-confirmed",
                Attention::IdentityNotKnown => "identity-not-known",
                Attention::ReleasePossible => "release-possible",
                Attention::ReleaseDoubtful(doubts) => return format!("staff release-doubtful {doubts}"),
            };
            format!("staff {why}")
        }
        Effect::OptOut => "opt-out".to_owned(),
        Effect::OptIn => "opt-in".to_owned(),
        Effect::WrongNumber => "wrong-number".to_owned(),
        Effect::SetLanguage(language) => format!("language {language}"),
        Effect::NumberConfirmed => "number-confirmed".to_owned(),
        Effect::IdentityConfirmed { which } => format!("identity-confirmed {}", which + 1),
        Effect::Finished => "finished".to_owned(),
    }
}

/// A value as people read it: options by their keys.
fn in_words(question: &Question, value: &Value) -> String {
    let option = |code: u8| match &question.kind {
        QuestionKind::Choice(options) | QuestionKind::Options(options) => options
            .definitions
            .iter()
            .find(|option| option.code == code)
            .map_or_else(|| code.to_string(), |option| option.key.clone()),
        _ => code.to_string(),
    };
    match value {
        Value::Temperature(value) => value.to_string(),
        Value::OxygenSaturation(value) => value.to_string(),
        Value::YesNo(YesNo::Yes) => "yes".to_owned(),
        Value::YesNo(YesNo::No) => "no".to_owned(),
        Value::YesNo(YesNo::Unknown) => "unknown".to_owned(),
        Value::Choice(code) => option(*code),
        Value::Options(set) if set.is_empty() => "none".to_owned(),
        Value::Options(set) => set.iter().map(option).collect::<Vec<_>>().join(" "),
        Value::Number(number) => number.to_string(),
        Value::Identifier(digits) => digits.to_string(),
        Value::Text => "text".to_owned(),
        Value::Nothing => "nothing".to_owned(),
        Value::NotMeasured => "not-measured".to_owned(),
    }
}

/// `7:03` and `07:03` alike; hours to 35, for the night after the round's day.
fn minute(text: &str) -> Option<Minute> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        let plain = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<Minute>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
    (hours <= 35 && minutes < 60).then_some(hours * 60 + minutes)
}

fn clock(time: Minute) -> String {
    format!("{:02}:{:02}", time / 60, time % 60)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other if other.is_control() => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let wrong = || "after \\ stands n, \\ or a character's number, such as \\u{200f}".to_owned();
        if let Some(after) = rest.strip_prefix('n') {
            out.push('\n');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            out.push('\\');
            rest = after;
        } else {
            let (number, after) = rest.strip_prefix("u{").and_then(|rest| rest.split_once('}')).ok_or_else(wrong)?;
            let number = u32::from_str_radix(number, 16).map_err(|_| wrong())?;
            out.push(char::from_u32(number).ok_or_else(wrong)?);
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}
