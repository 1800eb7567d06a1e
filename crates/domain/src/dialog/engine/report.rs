//! Reports that answer several questions in one text, such as `36.8 97 2 0`. All of it is taken or nothing, and
//! only if it can be read in exactly one way.

use super::super::definition::{Dialog, Question, QuestionIndex, QuestionKind};
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

struct Line<'a> {
    dialog: &'a Dialog,
    state: &'a State,
    language: Language,
    scope: Scope,
    parts: Vec<&'a str>,
    /// What options of several parts are put together with: words of one part may belong together, so a report in
    /// words has a space there.
    glue: &'static str,
}

/// Reads a text of at least two parts as a report; `None` if it is none, or could mean two things.
pub(super) fn read(dialog: &Dialog, state: &State, language: Language, scope: Scope, text: &str) -> Option<Report> {
    // Cheap, and keeps most texts away from what follows.
    let (first, parts) = parts(text)?;
    if !first.contains(char::is_numeric) {
        return None;
    }
    Line { dialog, state, language, scope, parts, glue: "," }.only_way()
}

/// Reads a text of at least two parts as the reply to a request for all answers in one text: all of it if it can be
/// read in one way, otherwise the answers at its beginning that are certain, each in one part. A question that asks
/// for warning signs is answered by a report of everything only, so that no number that is in the place of another
/// ever answers it.
pub(super) fn read_in_one(
    dialog: &Dialog,
    state: &State,
    language: Language,
    scope: Scope,
    text: &str,
) -> Option<Report> {
    let (_, parts) = parts(text)?;
    if !parts.iter().any(|part| part.contains(char::is_numeric)) {
        return None;
    }
    let line = Line { dialog, state, language, scope, parts, glue: " " };
    let report = line.only_way().unwrap_or_else(|| line.beginning());
    let report = if line.is_whole(&report) { report } else { report.without_warning_signs(dialog) };
    (report != Report::default()).then_some(report)
}

/// The first part and all parts, at least two.
fn parts(text: &str) -> Option<(&str, Vec<&str>)> {
    let separator = |character: char| character.is_whitespace() || matches!(character, ',' | '、' | '，');
    let mut parts = text.split(separator).filter(|part| !part.is_empty());
    let (first, second) = (parts.next()?, parts.next()?);
    let parts: Vec<&str> = [first, second].into_iter().chain(parts).take(MAX_PARTS + 1).collect();
    (parts.len() <= MAX_PARTS).then_some((first, parts))
}

impl Report {
    /// The answers before the first question for warning signs.
    fn without_warning_signs(mut self, dialog: &Dialog) -> Self {
        let red = |index: QuestionIndex| dialog.questions.get(usize::from(index)).is_some_and(Question::can_be_red);
        if let Some(at) = self.answers.iter().position(|(question, _)| red(*question)) {
            self.answers.truncate(at);
        }
        self
    }
}

impl Line<'_> {
    /// The report, if it can be read in exactly one way.
    fn only_way(&self) -> Option<Report> {
        let mut found = None;
        let ways = self.assign(0, self.start(), &mut Report::default(), &mut found);
        found.filter(|_| ways == 1)
    }

    fn start(&self) -> usize {
        match self.scope {
            Scope::From(question) => usize::from(question),
            Scope::All | Scope::Done => 0,
        }
    }

    /// The answers at the beginning of the text, up to the first part that answers nothing, and without an answer that
    /// this part could be as well.
    fn beginning(&self) -> Report {
        let mut report = Report::default();
        let mut next = self.start();
        for part in &self.parts {
            let Some(question) = (next..self.dialog.questions.len()).find(|index| self.is_asked(*index, &report))
            else {
                break;
            };
            // How many parts belong to several options cannot be told by one part.
            let is_single = !matches!(self.dialog.questions[question].kind, QuestionKind::Options(_));
            let Ok(index) = QuestionIndex::try_from(question) else { break };
            match self.value(question, part).filter(|_| is_single) {
                Some((value, true)) => report.answers.push((index, value)),
                Some((value, false)) => {
                    report.low_oxygen = Some((index, value));
                    break;
                }
                None => {
                    let last = report.answers.last().map(|(question, _)| usize::from(*question));
                    if last.is_some_and(|last| self.value(last, part).is_some()) {
                        report.answers.pop();
                    }
                    break;
                }
            }
            next = question + 1;
        }
        report
    }

    /// Whether a report answers every question that it could and that has to be answered.
    fn is_whole(&self, report: &Report) -> bool {
        report.low_oxygen.is_none()
            && (self.start()..self.dialog.questions.len()).all(|index| {
                let answered = report.answers.iter().any(|(question, _)| usize::from(*question) == index);
                answered || !self.dialog.questions[index].required || !self.is_asked(index, report)
            })
    }

    /// In how many ways the parts from `part` on answer the questions from `question` on; counting ends at two.
    /// The first way found is kept.
    fn assign(&self, part: usize, question: usize, report: &mut Report, found: &mut Option<Report>) -> usize {
        if part == self.parts.len() {
            found.get_or_insert_with(|| report.clone());
            return 1;
        }
        let Some(question) = (question..self.dialog.questions.len()).find(|index| self.is_asked(*index, report)) else {
            return 0;
        };
        let Ok(index) = QuestionIndex::try_from(question) else { return 0 };
        let kind = &self.dialog.questions[question].kind;
        let longest = if matches!(kind, QuestionKind::Options(_)) { self.parts.len() - part } else { 1 };
        let mut ways = 0;
        for count in 1..=longest {
            let value = match count {
                1 => self.value(question, self.parts[part]),
                _ => self.value(question, &self.parts[part..part + count].join(self.glue)),
            };
            match value {
                Some((value, true)) => {
                    report.answers.push((index, value));
                    ways += self.assign(part + count, question + 1, report, found);
                    report.answers.pop();
                }
                Some((value, false)) => {
                    report.low_oxygen = Some((index, value));
                    ways += self.assign(part + count, question + 1, report, found);
                    report.low_oxygen = None;
                }
                None => {}
            }
            if ways > 1 {
                break;
            }
        }
        ways
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
    let line = Line { dialog, state, language, scope, parts: Vec::new(), glue: "," };
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
