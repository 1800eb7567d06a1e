//! Reports that answer several questions in one text, such as `36.8 97 2 0`. All of it is taken or nothing, and
//! only if it can be read in exactly one way; where a report was asked for, also a beginning that is certain.

use super::super::definition::{Dialog, Opening, QuestionIndex, QuestionKind};
use super::{Slot, State};
use crate::language::Language;
use crate::observation::Value;
use crate::reply::{self, Ask, Doubt, Reading, WarningSign};

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
    gap: Gap,
    /// Whether it is a word behind another word, with no more than a space between: then they may belong
    /// together, as in `no cough`.
    leans_on_word: bool,
}

/// What stands before a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Nothing, a line end, or a comma that is no decimal one.
    Wide,
    /// A space.
    Space,
    /// A comma between two digits, which may be a decimal comma.
    InnerComma,
}

/// Reads a text of at least two parts as a report; `None` if it is none, or could mean two things.
///
/// In a dialog that asks for all answers in one text, a question that asks for warning signs is answered by a report
/// of everything only, so that no number that is in the place of another ever answers it.
pub(super) fn read(dialog: &Dialog, state: &State, language: Language, scope: Scope, text: &str) -> Option<Report> {
    let mut line = Line { dialog, state, language, scope, parts: Vec::new() };
    // Cheap, and keeps most texts away from what follows.
    let begins_with_number = || text.split(is_separator).find(|part| !part.is_empty())?.find(char::is_numeric);
    if !line.is_asked_for() && begins_with_number().is_none() {
        return None;
    }
    line.only_way(text).and_then(|report| line.without_doubtful_signs(report))
}

/// Reads the answers at the beginning of a text that are certain, each in one part, for a dialog that asks for all
/// answers in one text. The rest is asked for.
pub(super) fn read_beginning(
    dialog: &Dialog,
    state: &State,
    language: Language,
    scope: Scope,
    text: &str,
) -> Option<Report> {
    let mut line = Line { dialog, state, language, scope, parts: Vec::new() };
    let report = line.beginning(text);
    line.without_doubtful_signs(report)
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

/// The ways to cut a text into pieces that may be a report: one or two, or none if it has too few or too many.
fn cuts(text: &str) -> Vec<Vec<Part<'_>>> {
    if !text.contains(char::is_numeric) {
        return Vec::new();
    }
    let mut cuts = vec![parts(text, false)];
    if has_inner_comma(text) {
        // `36,8 97 2 0`: in half the world the comma is the decimal point.
        cuts.push(parts(text, true));
    }
    cuts.retain(|parts| (2..=MAX_PARTS).contains(&parts.len()));
    cuts
}

/// The pieces of a text, cut at spaces, line ends and commas; with `decimal_commas`, not at a comma between two
/// digits. No more than are needed to see that there are too many.
fn parts(text: &str, decimal_commas: bool) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut start = None;
    let mut gap = Gap::Wide;
    for (at, character) in text.char_indices().chain([(text.len(), '\n')]) {
        let is_inner = is_inner_comma(text, at, character);
        if !is_separator(character) || (decimal_commas && is_inner) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            if parts.len() > MAX_PARTS {
                break;
            }
            let behind_word = parts.last().is_some_and(Part::is_word);
            let mut part = Part { text: &text[start..at], gap, leans_on_word: false };
            part.leans_on_word = part.is_word() && behind_word && gap == Gap::Space;
            parts.push(part);
            gap = Gap::Space;
        }
        if is_inner {
            gap = Gap::InnerComma;
        } else if is_comma(character) || character == '\n' {
            gap = Gap::Wide;
        }
    }
    parts
}

/// Whether these are so few parts that a word among them may belong to a number.
fn may_belong_to_number(parts: &[Part<'_>]) -> bool {
    parts.len() < MIN_PARTS_WITH_WORDS
        && parts.iter().any(Part::is_word)
        && parts.iter().any(|part| part.gap == Gap::Space)
}

impl Report {
    /// What two reports that begin alike have in common. A very low value that one of them has is not passed over.
    fn in_common(mut self, other: &Self) -> Self {
        let same = self.answers.iter().zip(&other.answers).take_while(|(one, other)| one == other).count();
        self.answers.truncate(same);
        self.low_oxygen = self.low_oxygen.or_else(|| other.low_oxygen.clone());
        self
    }
}

impl<'a> Line<'a> {
    /// Whether the dialog asks for all answers in one text: then a space between two words is no accident.
    fn is_asked_for(&self) -> bool {
        self.dialog.opening == Opening::Report
    }

    /// The report, if all of the text can be read in exactly one way.
    fn only_way(&mut self, text: &'a str) -> Option<Report> {
        let mut ways = Vec::new();
        for parts in cuts(text) {
            if may_belong_to_number(&parts) {
                continue;
            }
            self.parts = parts;
            let mut found = Vec::new();
            self.assign(0, self.start(), &mut Report::default(), &mut found);
            ways.extend(found);
        }
        ways.dedup();
        if ways.len() == 1 { ways.pop() } else { None }
    }

    fn start(&self) -> usize {
        match self.scope {
            Scope::From(question) => usize::from(question),
            Scope::All | Scope::Done => 0,
        }
    }

    /// The first question from `question` on that the report can answer.
    fn next(&self, question: usize, report: &Report) -> Option<(usize, QuestionIndex)> {
        let question = (question..self.dialog.questions.len()).find(|index| self.is_asked(*index, report))?;
        Some((question, QuestionIndex::try_from(question).ok()?))
    }

    /// Adds every way in which the parts from `part` on answer the questions from `question` on; stops at two.
    fn assign(&self, part: usize, question: usize, report: &mut Report, found: &mut Vec<Report>) {
        if part == self.parts.len() {
            found.push(report.clone());
            return;
        }
        let Some((question, index)) = self.next(question, report) else { return };
        let kind = &self.dialog.questions[question].kind;
        let longest = if matches!(kind, QuestionKind::Options(_)) { self.parts.len() - part } else { 1 };
        for count in 1..=longest {
            let value = match &self.parts[part..part + count] {
                [one] => self.value(question, one.text),
                several => self.value(question, &self.joined(several)),
            };
            match value {
                Some((value, _)) if self.belongs_together(question, part, count, &value) => {}
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

    /// Several parts as one answer. Where a report was asked for, words of one answer may belong together, so that
    /// they are read with a space between, as `sore throat`.
    fn joined(&self, parts: &[Part<'_>]) -> String {
        let texts: Vec<&str> = parts.iter().map(|part| part.text).collect();
        texts.join(if self.is_asked_for() { " " } else { "," })
    }

    /// Whether words that are to be answers of their own may be one thing said: "no cough" is one, "no none" is two.
    fn belongs_together(&self, question: usize, part: usize, count: usize, value: &Value) -> bool {
        let parts = &self.parts[part..part + count];
        if matches!(value, Value::Options(chosen) if chosen.is_empty()) {
            return false;
        }
        if !self.is_asked_for() {
            return parts.iter().any(|part| part.leans_on_word);
        }
        // Words in one answer are read together anyway. Words of two answers stand in the order that was asked for,
        // if with the one before it the second says the same, or plainly two things.
        if !parts.first().is_some_and(|part| part.leans_on_word) {
            return false;
        }
        let both = self.joined(&self.parts[part - 1..part + count]);
        match reply::read(&self.dialog.questions[question].ask(), self.language, &both).reading {
            Reading::Value(said) => said != *value,
            Reading::Ambiguous { doubt, .. } => doubt != Doubt::Several,
            _ => true,
        }
    }

    /// What the beginning of a text says for certain, however it is cut.
    fn beginning(&mut self, text: &'a str) -> Report {
        let mut found = Vec::new();
        for parts in cuts(text) {
            self.parts = parts;
            let report = self.beginning_of_parts();
            // A way to cut it that gives nothing is not how it was meant.
            if report != Report::default() {
                found.push(report);
            }
        }
        let mut found = found.into_iter();
        let first = found.next().unwrap_or_default();
        found.fold(first, |common, other| common.in_common(&other))
    }

    /// The answers up to the first part that answers nothing, and without the last one if this part may belong to it.
    fn beginning_of_parts(&self) -> Report {
        let mut report = Report::default();
        let mut question = self.start();
        let words_belong_to_numbers = may_belong_to_number(&self.parts);
        for (at, part) in self.parts.iter().enumerate() {
            let next = self.next(question, &report).filter(|(question, _)| {
                // How many parts belong to several options cannot be told by one part.
                let is_single = !matches!(self.dialog.questions[*question].kind, QuestionKind::Options(_));
                is_single && !(part.is_word() && words_belong_to_numbers)
            });
            match next.and_then(|(question, index)| Some((index, self.value(question, part.text)?))) {
                Some((index, (value, true))) => {
                    report.answers.push((index, value));
                    question = usize::from(index) + 1;
                }
                Some((index, (value, false))) => {
                    report.low_oxygen = Some((index, value));
                    return report;
                }
                None => {
                    let may_belong = report.answers.last().is_some_and(|(last, value)| {
                        let last = usize::from(*last);
                        let both = || self.value(last, &self.joined(&self.parts[at - 1..=at]));
                        let changes_it = words_belong_to_numbers && part.is_word() && part.gap == Gap::Space;
                        self.value(last, part.text).is_some()
                            || (changes_it && both().is_none_or(|(both, _)| both != *value))
                    });
                    if may_belong || part.leans_on_word || part.gap == Gap::InnerComma {
                        report.answers.pop();
                    }
                    return report;
                }
            }
        }
        report
    }

    /// A report without what it says of warning signs, unless it is whole or the dialog asks question by question;
    /// `None` if nothing is left.
    fn without_doubtful_signs(&self, mut report: Report) -> Option<Report> {
        if self.is_asked_for() && !self.is_whole(&report) {
            let red = |index: QuestionIndex| self.dialog.questions[usize::from(index)].can_be_red();
            if let Some(at) = report.answers.iter().position(|(question, _)| red(*question)) {
                report.answers.truncate(at);
            }
        }
        (report != Report::default()).then_some(report)
    }

    /// Whether a report answers every question that it could and that has to be answered.
    fn is_whole(&self, report: &Report) -> bool {
        report.low_oxygen.is_none()
            && (self.start()..self.dialog.questions.len()).all(|index| {
                let answered = report.answers.iter().any(|(question, _)| usize::from(*question) == index);
                answered || !self.dialog.questions[index].required || !self.is_asked(index, report)
            })
    }

    /// Whether the report can answer this question, given what it has answered so far.
    fn is_asked(&self, index: usize, report: &Report) -> bool {
        let slot = &self.state.slots[index];
        if self.dialog.questions[index].proof.is_some() {
            return false;
        }
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
