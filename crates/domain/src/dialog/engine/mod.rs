//! The dialog engine: one state, one input, and what follows. Pure; everything it knows comes in.

mod answer;
mod command;
mod proof;
mod report;
#[cfg(test)]
mod tests;
mod text;
mod turn;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::definition::{Dialog, DialogHash, QuestionIndex};
use crate::language::Language;
use crate::observation::Value;
use crate::release::{Course, Doubts};
use crate::reply::{StatusChange, WarningSigns};

/// Where a conversation stands. Small, serialisable, pinned to its dialog by the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The dialog that it started with, and stays on (P11).
    pub dialog: DialogHash,
    /// Grows by one with every step that changes anything: what was planned for an older number is stale.
    pub sequence: u32,
    /// What is going on.
    pub phase: Phase,
    /// One slot a question, in the dialog's order.
    pub slots: Vec<Slot>,
    /// Every warning sign that was seen, in any text of the day. Cleared by staff only, never by the program.
    /// The exception is [`crate::reply::WarningSign::VeryLowOxygen`], which a confirmed better value clears.
    pub signs: WarningSigns,
    /// The open or pending question has not been put to the patient yet: a safety text took its place, or the
    /// deadline came first. A bare `1` is then no answer to it.
    #[serde(default)]
    pub held: bool,
    /// Whether [`Effect::Finished`] has been given: it is given once.
    #[serde(default)]
    pub finished: bool,
    /// Whether all answers were asked for in one text, and none has come yet. The open question has then not been
    /// put by itself.
    #[serde(default)]
    pub reporting: bool,
    /// How many identifiers have been compared with the expected ones. It never goes back.
    #[serde(default)]
    pub tries: u8,
}

/// What is going on in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not begun: the round has not opened, or on a shared phone somebody else is being asked.
    Waiting,
    /// A question is open.
    Asking {
        /// Which one.
        question: QuestionIndex,
        /// How many replies to it could not be used so far.
        failures: u8,
        /// A candidate that the patient was asked to confirm with 1 or 2.
        candidate: Option<Value>,
    },
    /// Every question is answered or skipped. Until the deadline, answers can be corrected.
    Finished,
    /// The deadline has passed, or the conversation was ended. Nothing is asked any more.
    Closed {
        /// The question that was open at the deadline: a late answer to it is still taken.
        pending: Option<QuestionIndex>,
    },
}

/// What is known about one question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// Not answered yet.
    #[default]
    Open,
    /// Its condition does not hold.
    NotApplicable,
    /// Answered.
    Answered(Value),
    /// Left out; staff see it. Never counts as a healthy answer (P9).
    Skipped(SkipReason),
}

/// Why a question was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// The patient asked to.
    ByPatient,
    /// Two replies could not be understood.
    NotUnderstood,
    /// Every try was another identifier than the expected one.
    NotConfirmed,
}

/// What happens to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// The round opened, or on a shared phone this patient's turn came: ask the first open question.
    Open,
    /// A text came. It may be empty (a media-only message).
    Text(&'a str),
    /// A reminder is due: repeat the pending question. Ignored if `sequence` is not the state's (stale), and
    /// if no question is open.
    Remind {
        /// The sequence number that the reminder was planned for.
        sequence: u32,
    },
    /// The deadline.
    Close,
}

/// What the engine has to know beyond the dialog, the state and the input.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the contact is written to in.
    pub language: Language,
    /// The center's name, as in texts: `江東区保健所`.
    pub center: &'a str,
    /// The deadline as it is written in texts: `8:30`.
    pub deadline: &'a str,
    /// The number of the night line as it is written in texts, if the center has one.
    pub night_line: Option<&'a str>,
    /// Whether somebody at the center reads texts now. When not, an answer to anything that waits for staff
    /// says so, and names 119 and the night line.
    pub attended: bool,
    /// Whether the deadline of this conversation's round has passed.
    pub late: bool,
    /// How the patient is told apart on a shared phone, such as `A(80)`; `None` on a phone of one's own.
    /// Never a name (P13).
    pub label: Option<&'a str>,
    /// What the records say. Most dialogs need nothing of it.
    pub known: Known<'a>,
}

/// What the records say about the patients of a phone: compared with answers, never said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Which identifiers are expected, for a dialog that asks for one.
    pub identities: Identities<'a>,
    /// How the illness of this patient has gone, for a dialog about the end of the observation. Without it, nothing
    /// speaks for the end.
    pub course: Option<Course>,
}

/// Expected identifiers, of digits only: those of all patients that share the phone.
#[derive(Clone, Copy, Default)]
pub struct Identities<'a>(pub &'a [&'a str]);

impl fmt::Debug for Identities<'_> {
    /// How many there are, and not which (P15).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

/// What follows from a step, in order. The shell carries it out in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say this to the contact.
    Say {
        /// What kind of text it is: decides priority, deadline and what may replace it.
        kind: TextKind,
        /// The text, ready to send.
        text: String,
    },
    /// Store this answer; an older answer to the same question is superseded, not lost (P10).
    Answer {
        /// The question.
        question: QuestionIndex,
        /// The answer.
        value: Value,
    },
    /// The question was left out.
    Skip {
        /// The question.
        question: QuestionIndex,
        /// Why.
        reason: SkipReason,
    },
    /// Warning signs were seen: a red alert, in the same transaction (P8). The safety text is among the
    /// `Say`s, and the first of them.
    Warn(WarningSigns),
    /// Staff must see this text.
    Attention(Attention),
    /// No more texts to this contact (P12).
    OptOut,
    /// Texts again.
    OptIn,
    /// Nothing more to this number (P12).
    WrongNumber,
    /// Write in this language from now on.
    SetLanguage(Language),
    /// The number is the patient's, or the family's: health questions may go there from now on.
    NumberConfirmed,
    /// The identifier that was typed is an expected one.
    IdentityConfirmed {
        /// Which one, by its place in [`Known::identities`].
        which: usize,
    },
    /// Every question is now answered or skipped.
    Finished,
}

/// Why staff must see a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// The patient asks for a telephone call.
    Callback,
    /// In hospital, moved, died, recovered.
    StatusChange(StatusChange),
    /// Something was written that fits no question: a note, a question, a complaint.
    Note,
    /// A question was given up after two replies that could not be understood.
    NotUnderstood,
    /// A late reply that could not be understood.
    UnclearLate,
    /// It was not said clearly that the number is the patient's. Nothing more is asked; staff have to phone.
    NumberNotConfirmed,
    /// No try was the expected identifier, or none could be read. Nothing more is asked; staff have to phone.
    IdentityNotConfirmed,
    /// The patient does not have the identifier at hand, or leaves it out.
    IdentityNotKnown,
    /// By the answers and the rules of the day the observation may end. Staff decide.
    ReleasePossible,
    /// Something speaks against the end of the observation, or is not known. Staff decide.
    ReleaseDoubtful(Doubts),
}

/// What kind of text something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// Says to call 119. Goes before everything else.
    Safety,
    /// Asks the first question of the day, unasked for.
    Opening,
    /// Answers a text: the next question, a question again, a thank-you, a confirmation.
    Reply,
    /// Repeats the pending question, unasked for.
    Reminder,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the conversation stands now.
    pub state: State,
    /// What follows, in order.
    pub effects: Vec<Effect>,
}

impl State {
    /// A conversation that has not begun.
    #[must_use]
    pub fn new(dialog: &Dialog) -> Self {
        Self {
            dialog: dialog.hash,
            sequence: 0,
            phase: Phase::Waiting,
            slots: vec![Slot::Open; dialog.questions.len()],
            signs: WarningSigns::NONE,
            held: false,
            finished: false,
            reporting: false,
            tries: 0,
        }
    }

    /// A stand-in for a contact with whom no conversation is going on: commands, warning signs and notes are
    /// taken, nothing is asked.
    #[must_use]
    pub fn idle(dialog: &Dialog) -> Self {
        Self { phase: Phase::Closed { pending: None }, ..Self::new(dialog) }
    }
}

/// Takes one step. Total: any text, in any state, leads to a state and effects, and never to a panic.
/// A text always leads to at least one `Say`.
///
/// A state of another dialog is the caller's mistake; it is made to fit rather than read out of bounds.
#[must_use]
pub fn step(dialog: &Dialog, state: &State, input: Input<'_>, context: &Context<'_>) -> Step {
    let mut turn = turn::Turn::new(dialog, state, context);
    match input {
        Input::Open => turn.open(),
        Input::Text(text) => turn.text(text),
        Input::Remind { sequence } if sequence == state.sequence => turn.remind(),
        Input::Remind { .. } => {}
        Input::Close => turn.close(),
    }
    turn.end(state)
}
