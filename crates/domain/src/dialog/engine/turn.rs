//! One step in the making: the state that is being changed, what follows from it, and how texts are said.

use super::super::definition::{Dialog, Opening, Question, QuestionIndex, QuestionKind, Test};
use super::super::render::{Body, LanguageTexts, Lead, Notice, Writer};
use super::{Attention, Context, Effect, Phase, SkipReason, Slot, State, Step, TextKind};
use crate::language::Language;
use crate::observation::{Value, YesNo};
use crate::release::{self, Verdict};
use crate::reply::{WarningSign, WarningSigns};
use crate::severity::Severity;

/// The answers of one turn, in order. Mostly there is one, so one takes no memory of its own.
#[derive(Default)]
pub(super) struct Taken {
    one: Option<(QuestionIndex, Value)>,
    all: Vec<(QuestionIndex, Value)>,
}

impl Taken {
    fn push(&mut self, question: QuestionIndex, value: Value) {
        match self.one.take() {
            Some(first) => self.all.extend([first, (question, value)]),
            None if self.all.is_empty() => self.one = Some((question, value)),
            None => self.all.push((question, value)),
        }
    }

    pub(super) fn as_slice(&self) -> &[(QuestionIndex, Value)] {
        if self.all.is_empty() { self.one.as_slice() } else { &self.all }
    }
}

pub(super) struct Turn<'a> {
    pub(super) dialog: &'a Dialog,
    pub(super) context: &'a Context<'a>,
    pub(super) state: State,
    effects: Vec<Effect>,
    texts: Option<&'a LanguageTexts>,
    /// Whether this turn's reply is a safety text: nothing else is said after it.
    pub(super) safety: bool,
    /// Whether staff already see this text for some reason.
    pub(super) noted: bool,
    /// What was answered in this turn, to be echoed.
    pub(super) taken: Taken,
}

impl<'a> Turn<'a> {
    pub(super) fn new(dialog: &'a Dialog, state: &State, context: &'a Context<'a>) -> Self {
        let mut state = state.clone();
        state.slots.resize(dialog.questions.len(), Slot::Open);
        let fits = |question: QuestionIndex| usize::from(question) < dialog.questions.len();
        match state.phase {
            Phase::Asking { question, .. } if !fits(question) => state.phase = Phase::Finished,
            // What proves something is never asked back: it would be said.
            Phase::Asking { question, failures, candidate: Some(_) }
                if dialog.questions[usize::from(question)].proof.is_some() =>
            {
                state.phase = Phase::Asking { question, failures, candidate: None };
            }
            Phase::Closed { pending: Some(question) } if !fits(question) => {
                state.phase = Phase::Closed { pending: None };
            }
            _ => {}
        }
        let texts = dialog.texts.of(dialog, context.language);
        let effects = Vec::with_capacity(4);
        Self { dialog, context, state, effects, texts, safety: false, noted: false, taken: Taken::default() }
    }

    /// The step, with the sequence number grown if anything changed.
    pub(super) fn end(mut self, before: &State) -> Step {
        if self.dialog.is_release() {
            self.judge_release(before);
        }
        if self.state != *before {
            self.state.sequence = before.sequence.saturating_add(1);
        }
        Step { state: self.state, effects: self.effects }
    }

    pub(super) fn question(&self, index: QuestionIndex) -> &'a Question {
        &self.dialog.questions[usize::from(index)]
    }

    pub(super) fn slot(&self, index: QuestionIndex) -> &Slot {
        &self.state.slots[usize::from(index)]
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// From now on in this language.
    pub(super) fn switch_to(&mut self, language: Language) {
        self.texts = self.dialog.texts.of(self.dialog, language);
    }

    /// The first question that still has to be asked.
    pub(super) fn first_open(&self) -> Option<QuestionIndex> {
        let index = self.state.slots.iter().position(|slot| *slot == Slot::Open)?;
        QuestionIndex::try_from(index).ok()
    }

    // --- saying ---

    /// Says something, unless a safety text was said: that stands alone.
    pub(super) fn say(&mut self, kind: TextKind, leads: &[Lead<'_>], body: Body<'_>) {
        if !self.safety {
            self.say_always(kind, leads, body);
        }
    }

    pub(super) fn say_always(&mut self, kind: TextKind, leads: &[Lead<'_>], body: Body<'_>) {
        if let Some(texts) = self.texts {
            let text = Writer { texts, context: self.context }.write(leads, body);
            self.effects.push(Effect::Say { kind, text });
        }
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.say(TextKind::Reply, &[Lead::None], Body::Notice(notice));
    }

    /// Says one thing while staff are there, another while nobody is.
    pub(super) fn notice_by_hours(&mut self, attended: Notice, unattended: Notice) {
        self.notice(if self.context.attended { attended } else { unattended });
    }

    /// Puts the open question to the patient, or keeps it for later if a safety text was said.
    pub(super) fn put(&mut self, kind: TextKind, leads: &[Lead<'_>]) {
        let Phase::Asking { question, candidate, .. } = &self.state.phase else { return };
        let (question, candidate) = (*question, candidate.clone());
        if self.state.reporting {
            return self.say(kind, leads, Body::Notice(Notice::Report));
        }
        self.state.held = self.safety && candidate.is_none();
        match &candidate {
            Some(value) => self.say(kind, leads, Body::Confirm(question, value)),
            None => self.say(kind, leads, Body::Ask(question)),
        }
    }

    /// Says the answers of this turn back, and then `body`: all of them, or the last, or none, as there is room.
    pub(super) fn echo(&mut self, body: Body<'_>) {
        let taken = std::mem::take(&mut self.taken);
        let all = taken.as_slice();
        let last = &all[all.len().saturating_sub(1)..];
        self.say(TextKind::Reply, &[Lead::Echo(all), Lead::Echo(last), Lead::None], body);
        self.taken = taken;
    }

    // --- warning and noting ---

    /// Warning signs: an alert, and the safety text as the reply.
    pub(super) fn warn(&mut self, signs: WarningSigns) {
        if signs.is_empty() {
            return;
        }
        self.noted = true;
        self.state.signs = self.state.signs.union(signs);
        let known = self.effects.iter_mut().find_map(|effect| match effect {
            Effect::Warn(known) => Some(known),
            _ => None,
        });
        match known {
            Some(known) => *known = known.union(signs),
            None => self.effects.push(Effect::Warn(signs)),
        }
        if !self.safety {
            let notice = if self.context.attended { Notice::Safety } else { Notice::SafetyUnattended };
            self.say_always(TextKind::Safety, &[Lead::None], Body::Notice(notice));
            self.safety = true;
        }
    }

    /// Staff must see this text.
    pub(super) fn attention(&mut self, attention: Attention) {
        self.noted = true;
        self.effects.push(Effect::Attention(attention));
    }

    // --- answers ---

    /// Stores an answer, and what follows from its being what it is.
    pub(super) fn record(&mut self, question: QuestionIndex, value: Value) {
        self.effects.push(Effect::Answer { question, value: value.clone() });
        let red = |severity: Option<Severity>| severity == Some(Severity::Red);
        let mut signs = WarningSigns::NONE;
        match (&self.question(question).kind, &value) {
            (QuestionKind::YesNo { yes, .. }, Value::YesNo(YesNo::Yes)) if red(*yes) => {
                signs.insert(WarningSign::Reported);
            }
            (QuestionKind::Choice(options) | QuestionKind::Options(options), answer) => {
                let chosen = |code: u8| match answer {
                    Value::Choice(choice) => *choice == code,
                    Value::Options(set) => set.contains(code),
                    _ => false,
                };
                if options.definitions.iter().any(|option| red(option.severity) && chosen(option.code)) {
                    signs.insert(WarningSign::Reported);
                }
            }
            (_, Value::OxygenSaturation(oxygen)) if oxygen.is_plausible() => {
                self.state.signs.remove(WarningSign::VeryLowOxygen);
            }
            (_, Value::OxygenSaturation(_)) => signs.insert(WarningSign::VeryLowOxygen),
            (QuestionKind::Text, Value::Text) if !self.noted => self.attention(Attention::Note),
            _ => {}
        }
        self.state.slots[usize::from(question)] = Slot::Answered(value.clone());
        self.taken.push(question, value);
        self.settle_conditions();
        self.warn(signs);
    }

    /// Leaves a question out. One that was answered before and opened again keeps its answer.
    pub(super) fn skip(&mut self, question: QuestionIndex, reason: SkipReason) {
        if matches!(self.slot(question), Slot::Open | Slot::Skipped(_)) {
            self.state.slots[usize::from(question)] = Slot::Skipped(reason);
            self.effects.push(Effect::Skip { question, reason });
            self.settle_conditions();
        }
    }

    /// Marks what no longer has to be asked, and what has to be after all.
    fn settle_conditions(&mut self) {
        for index in 0..self.dialog.questions.len() {
            let Some(condition) = &self.dialog.questions[index].condition else { continue };
            let holds = match self.slot(condition.question) {
                Slot::Open => continue,
                Slot::Answered(value) => condition.test.holds(value),
                Slot::NotApplicable | Slot::Skipped(_) => false,
            };
            let slot = &mut self.state.slots[index];
            match slot {
                Slot::Open if !holds => *slot = Slot::NotApplicable,
                Slot::NotApplicable if holds => *slot = Slot::Open,
                _ => {}
            }
        }
    }

    /// Notes that every question is answered or skipped, the first time that it is so.
    pub(super) fn note_finished(&mut self) {
        if !self.state.finished && self.first_open().is_none() {
            self.state.finished = true;
            self.effects.push(Effect::Finished);
        }
    }

    /// Opens the next question, or ends the questions. Says nothing.
    /// Returns whether there is a next one.
    pub(super) fn move_on(&mut self) -> bool {
        self.state.held = false;
        self.state.reporting = false;
        match self.first_open() {
            Some(question) => {
                self.state.phase = Phase::Asking { question, failures: 0, candidate: None };
                true
            }
            None => {
                self.state.phase = Phase::Finished;
                false
            }
        }
    }

    // --- the end of the observation ---

    /// Tells staff whether the observation may end: when the last required question is answered or left out, and
    /// again whenever an answer or a warning sign afterwards makes a difference.
    fn judge_release(&mut self, before: &State) {
        let judge = |state: &State| {
            let mut slots = self.dialog.questions.iter().zip(&state.slots);
            let is_over = slots.all(|(question, slot)| *slot != Slot::Open || !question.required);
            is_over.then(|| release::judge(self.dialog, state, self.context.known.course.as_ref()))
        };
        let verdict = judge(&self.state);
        let known = if before.slots.len() == self.state.slots.len() { judge(before) } else { None };
        match verdict {
            Some(verdict) if Some(verdict) != known => self.attention(match verdict {
                Verdict::Possible => Attention::ReleasePossible,
                Verdict::Doubtful(doubts) => Attention::ReleaseDoubtful(doubts),
            }),
            _ => {}
        }
    }

    // --- scheduled ---

    pub(super) fn open(&mut self) {
        if self.state.phase != Phase::Waiting || self.context.late {
            return;
        }
        let is_new = self.state.slots.iter().all(|slot| matches!(slot, Slot::Open | Slot::NotApplicable));
        if self.move_on() {
            if is_new && self.dialog.opening != Opening::Question {
                self.say(TextKind::Opening, &[Lead::None], Body::Notice(Notice::Introduction));
            }
            self.state.reporting = is_new && self.dialog.opening == Opening::Report;
            let leads = [Lead::Notice(Notice::Opening), Lead::Notice(Notice::Reminder), Lead::None];
            // The introduction has said who asks, and the request for a report says by when to answer.
            let leads = if self.state.reporting { &[Lead::None][..] } else { &leads };
            self.put(TextKind::Opening, leads);
        } else {
            self.note_finished();
        }
    }

    pub(super) fn remind(&mut self) {
        if !self.context.late {
            self.put(TextKind::Reminder, &[Lead::Notice(Notice::Reminder), Lead::None]);
        }
    }

    pub(super) fn close(&mut self) {
        let pending = match self.state.phase {
            Phase::Waiting => {
                self.state.held = true;
                self.first_open()
            }
            Phase::Asking { question, .. } => {
                self.state.held |= self.state.reporting;
                Some(question)
            }
            Phase::Finished => None,
            Phase::Closed { pending } => pending,
        };
        self.state.reporting = false;
        self.state.phase = Phase::Closed { pending };
    }
}

impl Test {
    /// Whether an answer is as the condition wants it.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Yes, Value::YesNo(YesNo::Yes)) | (Self::No, Value::YesNo(YesNo::No)) => true,
            (Self::Chosen(code), Value::Choice(chosen)) => code == chosen,
            (Self::Chosen(code), Value::Options(chosen)) => chosen.contains(*code),
            (Self::Measured, Value::Temperature(_) | Value::OxygenSaturation(_) | Value::Number(_)) => true,
            _ => false,
        }
    }
}
