//! A text came: flags first, then commands, then the open question, then whatever else it may be.

use super::super::definition::{Opening, QuestionIndex, QuestionKind};
use super::super::render::{Body, Lead, Notice};
use super::report::{self, Report, Scope};
use super::turn::Turn;
use super::{Attention, Phase, TextKind};
use crate::observation::Value;
use crate::reply::{self, Ask, Flags, Reading, Reply, StatusChange};

impl Turn<'_> {
    pub(super) fn text(&mut self, text: &str) {
        // A possible warning sign may be confirmed after the deadline; everything else ends with it.
        if self.context.late && !matches!(self.state.phase, Phase::Asking { candidate: Some(_), .. }) {
            self.close();
        }
        if is_blank(text) {
            return self.blank();
        }
        let ask = match self.state.phase {
            Phase::Asking { question, .. } | Phase::Closed { pending: Some(question) } => self.question(question).ask(),
            Phase::Waiting | Phase::Finished | Phase::Closed { pending: None } => Ask::Nothing,
        };
        let reply = reply::read(&ask, self.context.language, text);
        self.flags(reply.flags);
        if let Reading::Command(command) = reply.reading {
            return self.command(command);
        }
        if reply.flags.status_change == Some(StatusChange::Died) {
            // Nobody is asked how they are after this. Staff have the text.
            self.state.phase = Phase::Closed { pending: None };
            return self.notice_by_hours(Notice::StatusNoted, Notice::StatusNotedUnattended);
        }
        if let Phase::Asking { question, .. } | Phase::Closed { pending: Some(question) } = self.state.phase
            && let Some(proof) = self.question(question).proof
            && !self.state.held
        {
            return self.prove(question, proof, text, reply);
        }
        match self.state.phase.clone() {
            Phase::Asking { question, failures, candidate: Some(candidate) } => {
                if self.is_numeric(question)
                    && let Some(report) = self.report(Scope::From(question), text)
                {
                    return if self.is_late() { self.take_late(report) } else { self.take(report) };
                }
                self.answer_to_confirmation(question, failures, &candidate, text, reply);
            }
            Phase::Asking { question, .. } if self.state.reporting => self.answer_in_one(question, text),
            Phase::Asking { question, .. } if self.state.held => self.before_question(question, text, reply),
            Phase::Asking { question, failures, candidate: None } => {
                if self.is_numeric(question)
                    && let Some(report) = self.report(Scope::From(question), text)
                {
                    return self.take(report);
                }
                if let Some(report) = self.whole_report(text) {
                    return self.take(report);
                }
                self.answer(question, failures, reply);
            }
            Phase::Waiting => self.volunteered(Scope::All, text),
            Phase::Finished => self.volunteered(Scope::All, text),
            Phase::Closed { pending } => self.late(pending, text, reply),
        }
    }

    fn flags(&mut self, flags: Flags) {
        self.warn(flags.signs);
        if let Some(change) = flags.status_change {
            self.attention(Attention::StatusChange(change));
        }
    }

    pub(super) fn is_numeric(&self, question: QuestionIndex) -> bool {
        matches!(
            self.question(question).kind,
            QuestionKind::Temperature | QuestionKind::OxygenSaturation | QuestionKind::Number { .. }
        )
    }

    fn report(&self, scope: Scope, text: &str) -> Option<Report> {
        let report = self.report_of_all(scope, text);
        if report.is_some() || self.dialog.opening != Opening::Report || self.is_to_be_proven() {
            return report;
        }
        report::read_beginning(self.dialog, &self.state, self.context.language, scope, text)
    }

    /// A report that takes every part of the text.
    fn report_of_all(&self, scope: Scope, text: &str) -> Option<Report> {
        if self.is_to_be_proven() {
            return None;
        }
        report::read(self.dialog, &self.state, self.context.language, scope, text)
    }

    /// One value that names itself.
    fn one_value(&self, scope: Scope, text: &str) -> Option<Report> {
        if self.is_to_be_proven() {
            return None;
        }
        report::volunteered(self.dialog, &self.state, self.context.language, scope, text)
    }

    /// A reply to the request for all answers in one text. What it does not give is asked question by question.
    fn answer_in_one(&mut self, question: QuestionIndex, text: &str) {
        let scope = Scope::From(question);
        if let Some(report) = self.report(scope, text).or_else(|| self.one_value(scope, text)) {
            return self.take(report);
        }
        // What was a cry for help, or news, is no failed answer.
        if self.safety {
            return;
        }
        if self.noted {
            return self.notice_by_hours(Notice::StatusNoted, Notice::StatusNotedUnattended);
        }
        self.state.reporting = false;
        self.say(TextKind::Reply, &[Lead::None], Body::AskAgain(question));
    }

    /// A report from the first question on, of so many answers that it can be nothing else: also where another
    /// question is open, so that a very low oxygen value in it is not passed over.
    fn whole_report(&self, text: &str) -> Option<Report> {
        self.report_of_all(Scope::All, text)
            .filter(|report| report.answers.len() + usize::from(report.low_oxygen.is_some()) >= report::UNMISTAKABLE)
    }

    /// A picture, or nothing at all.
    fn blank(&mut self) {
        match self.state.phase.clone() {
            Phase::Asking { question, .. } if self.is_late() => {
                self.state.phase = Phase::Closed { pending: Some(question) };
                self.unclear_late();
            }
            Phase::Asking { .. } if self.state.held => {
                self.put(TextKind::Reply, &[Lead::Notice(Notice::Picture), Lead::None]);
            }
            Phase::Asking { .. } if self.state.reporting => {
                self.state.reporting = false;
                self.put(TextKind::Reply, &[Lead::Notice(Notice::Picture), Lead::None]);
            }
            Phase::Asking { question, failures, candidate } => {
                let is_left = match self.question(question).proof {
                    Some(proof) => self.may_fail_again(question, proof),
                    None => self.count_failure(question, failures, candidate),
                };
                if is_left {
                    self.put(TextKind::Reply, &[Lead::Notice(Notice::Picture), Lead::None]);
                }
            }
            Phase::Closed { pending: Some(_) } => self.unclear_late(),
            Phase::Waiting | Phase::Finished | Phase::Closed { pending: None } => {
                self.attention(Attention::Note);
                self.notice(Notice::PictureOnly);
            }
        }
    }

    /// A text that came before its question was put: only what names itself is taken as an answer.
    fn before_question(&mut self, question: QuestionIndex, text: &str, reply: Reply) {
        if self.is_numeric(question)
            && let Some(report) = self.report(Scope::From(question), text)
        {
            return self.take(report);
        }
        if let Some(report) = self.whole_report(text) {
            return self.take(report);
        }
        match reply.reading {
            Reading::Value(value @ (Value::Temperature(_) | Value::OxygenSaturation(_))) => {
                self.take(Report { answers: vec![(question, value)], low_oxygen: None });
            }
            _ => {
                if !self.noted {
                    self.attention(Attention::Note);
                }
                let received = match self.context.attended {
                    true => Notice::NoteReceived,
                    false => Notice::NoteReceivedUnattended,
                };
                self.put(TextKind::Reply, &[Lead::Notice(received), Lead::None]);
            }
        }
    }

    /// Takes a report, and goes on from where it leaves the questions.
    pub(super) fn take(&mut self, report: Report) {
        let waiting = self.state.phase == Phase::Waiting;
        self.state.reporting = false;
        for (question, value) in report.answers {
            self.record(question, value);
        }
        if let Some((question, value)) = report.low_oxygen {
            return self.confirm_low_oxygen(question, 0, value);
        }
        if waiting && self.first_open().is_some() {
            return self.echo(Body::Notice(Notice::Early));
        }
        self.next_after_answer();
    }

    /// A text while nothing is asked: a report or a correction, or else something for staff.
    fn volunteered(&mut self, scope: Scope, text: &str) {
        match self.report(scope, text).or_else(|| self.one_value(scope, text)) {
            Some(report) => self.take(report),
            None => self.note(),
        }
    }

    /// A text that fits nothing is put before staff, if it is not already.
    fn note(&mut self) {
        let changed = self.noted && !self.safety;
        if !self.noted {
            self.attention(Attention::Note);
        }
        if changed {
            self.notice_by_hours(Notice::StatusNoted, Notice::StatusNotedUnattended);
        } else {
            self.notice_by_hours(Notice::NoteReceived, Notice::NoteReceivedUnattended);
        }
    }

    pub(super) fn unclear_late(&mut self) {
        self.attention(Attention::UnclearLate);
        self.notice_by_hours(Notice::UnclearLate, Notice::UnclearLateUnattended);
    }

    /// A text after the deadline: what answers is taken, and nothing is asked.
    fn late(&mut self, pending: Option<QuestionIndex>, text: &str, reply: Reply) {
        let scope = match pending {
            Some(question) if self.is_numeric(question) => Some(Scope::From(question)),
            Some(_) => None,
            None => Some(Scope::Done),
        };
        let report = scope.and_then(|scope| self.report(scope, text));
        // Where nothing is pending there may be no conversation at all, and nobody whose report it could be.
        if let Some(report) = report.or_else(|| pending.and_then(|_| self.whole_report(text))) {
            return self.take_late(report);
        }
        let answer = match (pending, reply.reading) {
            (Some(question), Reading::Value(value)) => {
                let names_itself = matches!(value, Value::Temperature(_) | Value::OxygenSaturation(_));
                (names_itself || !self.state.held)
                    .then(|| Report { answers: vec![(question, value)], low_oxygen: None })
            }
            (Some(question), Reading::Ambiguous { candidate: Some(value @ Value::OxygenSaturation(oxygen)), .. })
                if !oxygen.is_plausible() =>
            {
                Some(Report { answers: Vec::new(), low_oxygen: Some((question, value)) })
            }
            _ => None,
        };
        // Beside the pending question, an earlier value can be corrected.
        match answer.or_else(|| self.one_value(Scope::Done, text)) {
            Some(report) => self.take_late(report),
            None if self.safety => {}
            None if self.noted || pending.is_none() => self.note(),
            None => self.unclear_late(),
        }
    }

    fn take_late(&mut self, report: Report) {
        for (question, value) in report.answers {
            self.record(question, value);
        }
        match report.low_oxygen {
            Some((question, value)) => self.confirm_low_oxygen(question, 0, value),
            None => self.end_late(),
        }
    }

    /// Ends a turn after the deadline in which an answer was taken. What is pending next was never put.
    pub(super) fn end_late(&mut self) {
        self.note_finished();
        let pending = self.first_open();
        let same = matches!(self.state.phase, Phase::Closed { pending: before } if before == pending);
        self.state.held = pending.is_some() && (self.state.held || !same);
        self.state.phase = Phase::Closed { pending };
        let notice = if self.context.attended { Notice::ThanksLate } else { Notice::ThanksLateUnattended };
        self.echo(Body::Notice(notice));
    }

    /// Whether the conversation may still ask.
    pub(super) fn is_late(&self) -> bool {
        self.context.late || matches!(self.state.phase, Phase::Closed { .. })
    }
}

/// Nothing to read: a text of pictures only, spaces, invisible marks.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    })
}
