//! Reports that answer several questions in one text, such as `36.8 97 2 0`. All of it is taken or nothing, and
//! only if it can be read in exactly one way.

use super::super::definition::{Dialog, QuestionIndex, QuestionKind};
use super::{Slot, State};
use crate::language::Language;
use crate::observation::Value;
use crate::reply::{self, Ask, Reading, WarningSign};

/// More parts than this are a story, not a report.
const MAX_PARTS: usize = 16;

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Report {
    /// The answers, in the order of the questions.
    pub(super) answers: Vec<(QuestionIndex, Value)>,
    /// An oxygen value of 50 to 79: not taken, to be confirmed.
    pub(super) low_oxygen: Option<(QuestionIndex, Value)>,
}

/// Which questions a report may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The open one, and the ones after it that are still to be asked.
    From(QuestionIndex),
    /// All that apply, from the first on.
    All,
    /// All that were answered or skipped, from the first on.
    Done,
}

/// Fewer parts than this are read as a report only if all of them hold numbers: in `97 no`, the word may as well
/// belong to the number.
const MIN_PARTS_WITH_WORDS: usize = 4;

/// A report of at least so many answers is one at any question: nothing else looks like it.
pub(super) const UNMISTAKABLE: usize = 3;

struct Line<'a> {
    dialog: &'a Dialog,
    state: &'a State,
    language: Language,
    scope: Scope,
    parts: Vec<Part<'a>>,
}

/// A piece of a report that may be an answer.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    /// Whether it is a word behind another word, with no more than a space between: then they may belong
    /// together, as in `no cough`.
    leans_on_word: bool,
}

/// Reads a text of at least two parts as a report; `None` if it is none, or could mean two things.
pub(super) fn read(dialog: &Dialog, state: &State, language: Language, scope: Scope, text: &str) -> Option<Report> {
    // Cheap, and keeps most texts away from what follows.
    if !text.split(is_separator).find(|part| !part.is_empty())?.contains(char::is_numeric) {
        return None;
    }
    let mut line = Line { dialog, state, language, scope, parts: Vec::new() };
    let mut found = Vec::new();
    line.read(parts(text, false), &mut found);
    if has_inner_comma(text) {
        // `36,8 97 2 0`: in half the world the comma is the decimal point.
        line.read(parts(text, true), &mut found);
        found.dedup();
    }
    if found.len() == 1 { found.pop() } else { None }
}

impl Part<'_> {
    fn is_word(&self) -> bool {
        !self.text.contains(char::is_numeric)
    }
}

const fn is_comma(character: char) -> bool {
    matches!(character, ',' | '、' | '，')
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || is_comma(character)
}

/// Whether a comma stands at this place between two digits.
fn is_inner_comma(text: &str, at: usize, character: char) -> bool {
    let is_digit = |found: Option<char>| found.is_some_and(char::is_numeric);
    is_comma(character) && is_digit(text[..at].chars().next_back()) && is_digit(text[at..].chars().nth(1))
}

fn has_inner_comma(text: &str) -> bool {
    text.char_indices().any(|(at, character)| is_inner_comma(text, at, character))
}

/// The pieces of a text, cut at spaces, line ends and commas; with `decimal_commas`, not at a comma between two
/// digits. `None` if they cannot be a report: too few, too many, or words that may belong to a number.
fn parts(text: &str, decimal_commas: bool) -> Option<Vec<Part<'_>>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let (mut words, mut cut_by_spaces) = (false, false);
    let mut start = None;
    // Whether the gap before the next part is more than a space.
    let mut wide = true;
    for (at, character) in text.char_indices().chain([(text.len(), '\n')]) {
        if !is_separator(character) || (decimal_commas && is_inner_comma(text, at, character)) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            let behind_word = parts.last().is_some_and(Part::is_word);
            let mut part = Part { text: &text[start..at], leans_on_word: false };
            part.leans_on_word = part.is_word() && behind_word && !wide;
            words |= part.is_word();
            cut_by_spaces |= !wide;
            parts.push(part);
            wide = false;
        }
        wide |= is_comma(character) || character == '\n';
    }
    let fewest = if words && cut_by_spaces { MIN_PARTS_WITH_WORDS } else { 2 };
    (fewest..=MAX_PARTS).contains(&parts.len()).then_some(parts)
}

impl<'a> Line<'a> {
    /// Adds what the parts can mean: nothing, one thing, or several, of which two are enough to know.
    fn read(&mut self, parts: Option<Vec<Part<'a>>>, found: &mut Vec<Report>) {
        let Some(parts) = parts else { return };
        self.parts = parts;
        let start = match self.scope {
            Scope::From(question) => usize::from(question),
            Scope::All | Scope::Done => 0,
        };
        self.assign(0, start, &mut Report::default(), found);
    }

    /// Adds every way in which the parts from `part` on answer the questions from `question` on; stops at two.
    fn assign(&self, part: usize, question: usize, report: &mut Report, found: &mut Vec<Report>) {
        if part == self.parts.len() {
            found.push(report.clone());
            return;
        }
        let Some(question) = (question..self.dialog.questions.len()).find(|index| self.is_asked(*index, report)) else {
            return;
        };
        let Ok(index) = QuestionIndex::try_from(question) else { return };
        let kind = &self.dialog.questions[question].kind;
        let longest = if matches!(kind, QuestionKind::Options(_)) { self.parts.len() - part } else { 1 };
        for count in 1..=longest {
            let parts = &self.parts[part..part + count];
            let value = match parts {
                [one] => self.value(question, one.text),
                several => self.value(question, &several.iter().map(|part| part.text).collect::<Vec<_>>().join(",")),
            };
            // "no cough" is one thing said, not two answers; "no none" is two.
            let belongs_together = parts.iter().any(|part| part.leans_on_word)
                && !matches!(&value, Some((Value::Options(chosen), _)) if chosen.is_empty());
            match value {
                _ if belongs_together => {}
                Some((value, true)) => {
                    report.answers.push((index, value));
                    self.assign(part + count, question + 1, report, found);
                    report.answers.pop();
                }
                Some((value, false)) => {
                    report.low_oxygen = Some((index, value));
                    self.assign(part + count, question + 1, report, found);
                    report.low_oxygen = None;
                }
                None => {}
            }
            if found.len() > 1 {
                return;
            }
        }
    }

    /// Whether the report can answer this question, given what it has answered so far.
    fn is_asked(&self, index: usize, report: &Report) -> bool {
        let slot = &self.state.slots[index];
        let in_scope = match self.scope {
            Scope::From(open) => index == usize::from(open) || matches!(slot, Slot::Open | Slot::NotApplicable),
            Scope::All => true,
            Scope::Done => matches!(slot, Slot::Answered(_) | Slot::Skipped(_)),
        };
        let Some(condition) = &self.dialog.questions[index].condition else { return in_scope };
        let answer = report.answers.iter().find(|(question, _)| *question == condition.question);
        let holds = match (answer, &self.state.slots[usize::from(condition.question)]) {
            (Some((_, value)), _) | (None, Slot::Answered(value)) => condition.test.holds(value),
            _ => false,
        };
        in_scope && holds
    }

    /// What a part says as the whole answer to a question, and whether it is taken as it stands.
    fn value(&self, question: usize, part: &str) -> Option<(Value, bool)> {
        let ask = self.dialog.questions[question].ask();
        let reply = reply::read(&ask, self.language, part);
        match reply.reading {
            // A part can be any words; as an answer in words it says nothing about how the rest is cut.
            Reading::Value(Value::Text) => None,
            Reading::Value(value) if reply.flags == reply::Flags::default() => Some((value, true)),
            Reading::Ambiguous { candidate: Some(value @ Value::OxygenSaturation(_)), .. }
                if matches!(ask, Ask::OxygenSaturation)
                    && reply.flags.signs.contains(WarningSign::VeryLowOxygen)
                    && reply.flags.signs.iter().count() == 1 =>
            {
                Some((value, false))
            }
            _ => None,
        }
    }
}

/// Reads a text that nobody asked for as one measured value that names itself: `36.8`, `酸素97`. A bare whole
/// number names nothing.
pub(super) fn volunteered(
    dialog: &Dialog,
    state: &State,
    language: Language,
    scope: Scope,
    text: &str,
) -> Option<Report> {
    let text = text.trim();
    let labelled = text.chars().any(|character| character.is_alphabetic() || matches!(character, '%' | '％'));
    let pointed = text.chars().any(|character| !character.is_numeric());
    if !pointed || !text.contains(char::is_numeric) {
        return None;
    }
    let line = Line { dialog, state, language, scope, parts: Vec::new() };
    let mut found = None;
    for (index, question) in dialog.questions.iter().enumerate() {
        let eligible = match question.kind {
            QuestionKind::Temperature => true,
            QuestionKind::OxygenSaturation => labelled,
            _ => false,
        };
        if !eligible || !line.is_asked(index, &Report::default()) {
            continue;
        }
        let index = QuestionIndex::try_from(index).ok()?;
        let report = match line.value(usize::from(index), text) {
            Some((value @ (Value::Temperature(_) | Value::OxygenSaturation(_)), true)) => {
                Report { answers: vec![(index, value)], low_oxygen: None }
            }
            Some((value, false)) => Report { answers: Vec::new(), low_oxygen: Some((index, value)) },
            _ => continue,
        };
        if found.replace(report).is_some() {
            return None;
        }
    }
    found
}
