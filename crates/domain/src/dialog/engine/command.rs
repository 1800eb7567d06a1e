//! What words that steer do, in every phase.

use super::super::definition::QuestionIndex;
use super::super::render::{Body, Lead, Notice};
use super::turn::Turn;
use super::{Attention, Effect, Phase, SkipReason, Slot, TextKind};
use crate::language::Language;
use crate::reply::Command;

impl Turn<'_> {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Stop => {
                self.push(Effect::OptOut);
                self.notice(Notice::Stopped);
            }
            Command::Start => {
                self.push(Effect::OptIn);
                self.again(Notice::Started, Notice::StartedIdle);
            }
            Command::Help => self.notice(Notice::Help),
            Command::Back => self.back(),
            Command::Repeat => match self.is_asking() {
                true => self.put(TextKind::Reply, &[Lead::None]),
                false => self.nothing_open(),
            },
            Command::Skip => self.skip_command(),
            Command::Callback => {
                self.attention(Attention::Callback);
                self.notice_by_hours(Notice::Callback, Notice::CallbackUnattended);
            }
            Command::WhoAreYou if self.is_number_to_be_proven() => self.who_are_you(),
            Command::WrongNumber | Command::WhoAreYou => {
                self.push(Effect::WrongNumber);
                self.notice(Notice::WrongNumber);
            }
            Command::Language(language) => self.language(language),
        }
    }

    /// Whether a question is open that may still be asked.
    fn is_asking(&self) -> bool {
        matches!(self.state.phase, Phase::Asking { .. }) && !self.context.late
    }

    /// Puts the open question again, with a word before it; or only says that none is open.
    fn again(&mut self, lead: Notice, alone: Notice) {
        match self.is_asking() {
            true => self.put(TextKind::Reply, &[Lead::Notice(lead), Lead::None]),
            false => self.notice(alone),
        }
    }

    fn nothing_open(&mut self) {
        let over = self.context.late || matches!(self.state.phase, Phase::Closed { .. });
        self.notice(if over { Notice::Closed } else { Notice::NothingOpen });
    }

    fn language(&mut self, language: Language) {
        if self.dialog.languages.contains(&language) {
            self.push(Effect::SetLanguage(language));
            self.switch_to(language);
            self.again(Notice::LanguageChanged, Notice::LanguageChanged);
        } else {
            // Staff can find somebody who speaks it.
            self.attention(Attention::Note);
            self.notice(Notice::LanguageMissing);
        }
    }

    fn back(&mut self) {
        let before = match self.state.phase {
            _ if self.context.late => None,
            Phase::Asking { question, .. } => Some(question),
            Phase::Finished => QuestionIndex::try_from(self.dialog.questions.len()).ok(),
            Phase::Waiting | Phase::Closed { .. } => None,
        };
        let Some(before) = before else { return self.nothing_open() };
        let earlier = (0..before)
            .rev()
            .find(|index| matches!(self.slot(*index), Slot::Answered(_) | Slot::Skipped(_)))
            .filter(|index| !self.is_settled(*index));
        match earlier {
            Some(question) => {
                self.state.phase = Phase::Asking { question, failures: 0, candidate: None };
                self.put(TextKind::Reply, &[Lead::Notice(Notice::Back), Lead::None]);
            }
            None => self.again(Notice::BackNotPossible, Notice::NothingOpen),
        }
    }

    fn skip_command(&mut self) {
        let Phase::Asking { question, .. } = self.state.phase else { return self.nothing_open() };
        if self.context.late {
            return self.nothing_open();
        }
        if self.state.held {
            // It was never seen, so it cannot be meant.
            return self.put(TextKind::Reply, &[Lead::None]);
        }
        if self.state.reporting {
            // What is left out is the one text for all, not the first question.
            self.state.reporting = false;
            return self.put(TextKind::Reply, &[Lead::None]);
        }
        if let Some(proof) = self.question(question).proof {
            return self.skip_proof(question, proof);
        }
        self.skip(question, SkipReason::ByPatient);
        self.next_after_skip(&[Lead::Notice(Notice::Skipped), Lead::None]);
    }

    /// Goes on after a question that was left out.
    pub(super) fn next_after_skip(&mut self, leads: &[Lead<'_>]) {
        if self.move_on() {
            self.put(TextKind::Reply, leads);
        } else {
            let again = self.state.finished;
            self.note_finished();
            let notice = if again { Notice::Corrected } else { Notice::Finished };
            let leads = if again { &[Lead::None] } else { leads };
            self.say(TextKind::Reply, leads, Body::Notice(notice));
        }
    }
}
