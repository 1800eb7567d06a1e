//! A reply to the open question: taken, confirmed, asked again or given up.

use super::super::definition::{QuestionIndex, QuestionKind};
use super::super::render::{Body, Lead, Notice};
use super::super::texts::is_confirmed;
use super::turn::Turn;
use super::{Attention, Phase, SkipReason, TextKind};
use crate::observation::{Value, YesNo};
use crate::reply::{self, Ask, Doubt, Reading, Reply, WarningSign, WarningSigns};

/// So many replies that cannot be used end a question.
const MAX_FAILURES: u8 = 2;

impl Turn<'_> {
    /// A reply to a question that was put.
    pub(super) fn answer(&mut self, question: QuestionIndex, failures: u8, reply: Reply) {
        match reply.reading {
            Reading::Value(value) => {
                self.record(question, value);
                self.next_after_answer();
            }
            Reading::Ambiguous { candidate: Some(value @ Value::OxygenSaturation(oxygen)), .. }
                if !oxygen.is_plausible() =>
            {
                self.confirm_low_oxygen(question, failures, value);
            }
            // What was a cry for help, or news, is no failed answer.
            _ if self.safety => {}
            _ if self.noted => self.notice_by_hours(Notice::StatusNoted, Notice::StatusNotedUnattended),
            Reading::Ambiguous { candidate: Some(value), .. } if self.is_confirmed(question) => {
                if self.count_failure(question, failures, Some(value)) {
                    self.put(TextKind::Reply, &[Lead::None]);
                }
            }
            Reading::Ambiguous { .. } | Reading::Invalid(_) | Reading::Empty | Reading::Command(_) => {
                if self.count_failure(question, failures, None) {
                    self.say(TextKind::Reply, &[Lead::None], Body::AskAgain(question));
                }
            }
        }
    }

    /// A reply to "36.4?": yes, no, or another value.
    pub(super) fn answer_to_confirmation(
        &mut self,
        question: QuestionIndex,
        failures: u8,
        candidate: &Value,
        text: &str,
        reply: Reply,
    ) {
        // The same value again is a yes, unless it stands among others: part of a text is never taken.
        let same = matches!(
            &reply.reading,
            Reading::Ambiguous { candidate: Some(again), doubt } if again == candidate && *doubt != Doubt::Several
        );
        match self.yes_or_no(question, text) {
            _ if same => self.confirmed(question, candidate.clone()),
            Some(YesNo::Yes) => self.confirmed(question, candidate.clone()),
            // Not understood rightly, which is no failure of the patient's.
            Some(_) if self.is_late() => self.unclear_confirmation(question),
            Some(_) => {
                self.state.phase = Phase::Asking { question, failures, candidate: None };
                self.say(TextKind::Reply, &[Lead::None], Body::AskAgain(question));
            }
            None => match reply.reading {
                Reading::Value(value) => self.confirmed(question, value),
                _ if self.is_late() => self.unclear_confirmation(question),
                // A second very low value that is not the first: staff already have the alert.
                Reading::Ambiguous { candidate: Some(Value::OxygenSaturation(oxygen)), .. }
                    if !oxygen.is_plausible() =>
                {
                    self.count_failure(question, MAX_FAILURES, None);
                }
                reading => self.answer(question, failures, Reply { reading, flags: reply.flags }),
            },
        }
    }

    fn confirmed(&mut self, question: QuestionIndex, value: Value) {
        self.record(question, value);
        if self.is_late() { self.end_late() } else { self.next_after_answer() }
    }

    fn unclear_confirmation(&mut self, question: QuestionIndex) {
        self.state.phase = Phase::Closed { pending: Some(question) };
        if !self.noted {
            self.attention(Attention::UnclearLate);
        }
        self.notice_by_hours(Notice::UnclearLate, Notice::UnclearLateUnattended);
    }

    /// How a confirmation was answered. Where a bare 1 or 2 could itself be the value, only words count.
    fn yes_or_no(&self, question: QuestionIndex, text: &str) -> Option<YesNo> {
        let numbers_are_answers = match &self.question(question).kind {
            QuestionKind::Choice(_) | QuestionKind::Options(_) => true,
            QuestionKind::Number { min, .. } => *min <= 2,
            QuestionKind::Identifier { min_digits, .. } => *min_digits <= 1,
            _ => false,
        };
        if numbers_are_answers && text.contains(char::is_numeric) {
            return None;
        }
        match reply::read(&Ask::YesNo { topic: None }, self.context.language, text).reading {
            Reading::Value(Value::YesNo(answer @ (YesNo::Yes | YesNo::No))) => Some(answer),
            _ => None,
        }
    }

    /// Whether a doubtful answer to this question is asked back. A yes or no never is.
    fn is_confirmed(&self, question: QuestionIndex) -> bool {
        is_confirmed(self.question(question))
    }

    /// An oxygen value that nobody should have: warned of at once, neither taken nor thrown away. It is the one
    /// thing that is asked after a safety text.
    pub(super) fn confirm_low_oxygen(&mut self, question: QuestionIndex, failures: u8, value: Value) {
        self.warn_of_low_oxygen();
        let text = Body::Confirm(question, &value);
        self.say_always(TextKind::Reply, &[Lead::None], text);
        self.state.held = false;
        self.state.phase = Phase::Asking { question, failures: failures.max(1), candidate: Some(value) };
    }

    pub(super) fn warn_of_low_oxygen(&mut self) {
        let mut sign = WarningSigns::NONE;
        sign.insert(WarningSign::VeryLowOxygen);
        self.warn(sign);
    }

    /// Counts a reply that could not be used. At the limit the question is given up, staff are told, and the
    /// next one is put; otherwise it stays open, with the candidate if there is one. Returns whether it does.
    pub(super) fn count_failure(&mut self, question: QuestionIndex, failures: u8, candidate: Option<Value>) -> bool {
        let failures = failures.saturating_add(1);
        if failures < MAX_FAILURES {
            self.state.phase = Phase::Asking { question, failures, candidate };
            return true;
        }
        self.skip(question, SkipReason::NotUnderstood);
        self.attention(Attention::NotUnderstood);
        self.next_after_skip(&[Lead::Notice(Notice::NotUnderstood), Lead::Notice(Notice::Skipped), Lead::None]);
        false
    }

    /// Goes on after an answer.
    pub(super) fn next_after_answer(&mut self) {
        if self.move_on() {
            let taken = std::mem::take(&mut self.taken);
            let all = taken.as_slice();
            let last = &all[all.len().saturating_sub(1)..];
            self.put(TextKind::Reply, &[Lead::Echo(all), Lead::Echo(last)]);
            self.taken = taken;
            return;
        }
        let again = self.state.finished;
        self.note_finished();
        // Something in the answers waits for staff.
        let waits = self.taken.as_slice().iter().any(|(question, value)| match value {
            Value::Text => true,
            Value::YesNo(YesNo::Unknown) => self.question(*question).proof.is_some(),
            _ => false,
        });
        self.echo(Body::Notice(match (again, waits && !self.context.attended) {
            (_, true) => Notice::FinishedUnattended,
            (true, false) => Notice::Corrected,
            (false, false) => Notice::Finished,
        }));
    }
}
