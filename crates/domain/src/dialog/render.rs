//! Writing the texts of a dialog: placeholders, echoes, labels, and what is left out when a text would become
//! too long. What the texts say is in the dialog's files; when each is sent is [`super::engine`]'s business.

use std::fmt::Write;

use super::definition::{Dialog, Opening, Proof, Question, QuestionIndex};
use super::engine::Context;
use super::template::{Piece, Placeholder, Template};
use crate::keyed::keyed;
use crate::language::Language;
use crate::observation::{OptionSet, Value, YesNo};
use crate::sms;

/// How long a center's name may be in texts, in UTF-16 units (Japanese characters), where a text is not GSM-7.
/// A longer name is replaced by the notice `center`, so that no text outgrows its segments.
pub const CENTER_UNITS: usize = 10;
/// How long a center's name may be in texts that are GSM-7, in septets. A longer one, and one that is not
/// GSM-7, is replaced by the notice `center`.
pub const CENTER_SEPTETS: usize = 24;
/// How long the number of the night line may be, in characters, such as `03-1234-5678`.
pub const NIGHT_LINE_UNITS: usize = 13;
/// How long a label on a shared phone may be, in units, such as `A(102)`; a space follows it.
pub const LABEL_UNITS: usize = 6;
/// How long a deadline may be, in units, such as `12:30`.
pub const DEADLINE_UNITS: usize = 5;
/// Up to how many chosen options are echoed by their numbers; more are echoed by how many they are.
pub const ECHOED_OPTIONS: usize = 3;

keyed! {
    /// A text that is no question's: by its key in the table `notices` of a texts file.
    Notice {
        /// How the center is called where its own name cannot be written.
        Center = "center",
        /// Names the night line, where `{night}` stands.
        Night = "night",
        /// A text of its own before the first one that asks, where the dialog begins with one.
        Introduction = "introduction",
        /// Asks for all answers in one text, where the dialog begins so.
        Report = "report",
        /// Before the first question of the day: who asks, and by when to answer.
        Opening = "opening",
        /// Before a question that is repeated unasked for.
        Reminder = "reminder",
        /// Before a question that proves something: what was written about the patient's health was received.
        TooEarly = "too-early",
        /// Before the question for the identifier, again: it is not the one that is expected.
        NotMatching = "not-matching",
        /// It could not be proven who is written to: staff will phone. The end.
        NotConfirmed = "not-confirmed",
        /// The same while nobody is at the center.
        NotConfirmedUnattended = "not-confirmed-unattended",
        /// Before a question: pictures cannot be read.
        Picture = "picture",
        /// Before the next question, after one that was left out.
        Skipped = "skipped",
        /// Before the next question, after one that was given up.
        NotUnderstood = "not-understood",
        /// Before the open question: texts are sent again.
        Started = "started",
        /// Before a question that is opened again.
        Back = "back",
        /// Before the open question: there is none before it.
        BackNotPossible = "back-not-possible",
        /// Before the open question: this language from now on.
        LanguageChanged = "language-changed",
        /// The language is not one that the dialog is written in.
        LanguageMissing = "language-missing",
        /// Call 119.
        Safety = "safety",
        /// Call 119; nobody is at the center.
        SafetyUnattended = "safety-unattended",
        /// The day's questions are answered, and how to correct.
        Finished = "finished",
        /// The day's questions are answered; nobody reads the note now.
        FinishedUnattended = "finished-unattended",
        /// An answer was corrected.
        Corrected = "corrected",
        /// A report that nobody asked for yet was taken; the rest is asked later.
        Early = "early",
        /// A late answer was taken.
        ThanksLate = "thanks-late",
        /// A late answer was taken; nobody is at the center.
        ThanksLateUnattended = "thanks-late-unattended",
        /// A late text that could not be understood was put before staff.
        UnclearLate = "unclear-late",
        /// A late text that could not be understood waits for staff; nobody is at the center.
        UnclearLateUnattended = "unclear-late-unattended",
        /// Something was put before staff.
        NoteReceived = "note-received",
        /// Something waits for staff; nobody is at the center.
        NoteReceivedUnattended = "note-received-unattended",
        /// A change of state was put before staff.
        StatusNoted = "status-noted",
        /// A change of state waits for staff; nobody is at the center.
        StatusNotedUnattended = "status-noted-unattended",
        /// Somebody will call.
        Callback = "callback",
        /// Somebody will call when the center is open.
        CallbackUnattended = "callback-unattended",
        /// Who we are, whether it is genuine, by when to answer, which words steer.
        Help = "help",
        /// No more texts; the observation goes on by telephone.
        Stopped = "stopped",
        /// Texts again, and no question is open.
        StartedIdle = "started-idle",
        /// Nothing more to this number.
        WrongNumber = "wrong-number",
        /// A command for the open question, and none is open.
        NothingOpen = "nothing-open",
        /// The same after the deadline.
        Closed = "closed",
        /// A picture without words, and no question is open.
        PictureOnly = "picture-only",
        /// To a number that is nobody's here: a polite word, and nothing about anybody.
        UnknownNumber = "unknown-number",
    }
}

/// What of a dialog decides which notices it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uses {
    opening: Opening,
    proof: bool,
    identity: bool,
}

impl Uses {
    pub(super) fn of(opening: Opening, questions: &[Question]) -> Self {
        Self {
            opening,
            proof: questions.iter().any(|question| question.proof.is_some()),
            identity: questions.iter().any(|question| matches!(question.proof, Some(Proof::Identity { .. }))),
        }
    }
}

impl Dialog {
    /// What decides which notices it says.
    pub(super) fn uses(&self) -> Uses {
        Uses::of(self.opening, &self.questions)
    }
}

impl Notice {
    /// Whether a dialog of this sort says it.
    pub(super) fn is_used(self, uses: Uses) -> bool {
        match self {
            Self::Introduction => uses.opening != Opening::Question,
            Self::Report => uses.opening == Opening::Report,
            Self::TooEarly | Self::NotConfirmed | Self::NotConfirmedUnattended => uses.proof,
            Self::NotMatching => uses.identity,
            _ => true,
        }
    }

    /// What may stand in it.
    pub(super) const fn placeholders(self) -> &'static [Placeholder] {
        use Placeholder::{Center, Deadline, Night, NightLine};
        match self {
            Self::Center => &[],
            Self::Night => &[NightLine],
            _ => &[Center, Deadline, Night],
        }
    }

    /// What must stand in it. Whoever is asked for the first time is told who asks; whoever reports, by when.
    pub(super) fn needs(self, uses: Uses) -> &'static [Placeholder] {
        use Placeholder::{Center, Deadline, Night, NightLine};
        match self {
            Self::Night => &[NightLine],
            Self::Introduction => &[Center],
            Self::Report => &[Deadline],
            Self::Opening if uses.proof => &[],
            Self::Help if uses.proof => &[Center],
            Self::Opening | Self::Help => &[Center, Deadline],
            Self::NotConfirmedUnattended => &[Night],
            Self::SafetyUnattended
            | Self::FinishedUnattended
            | Self::ThanksLateUnattended
            | Self::UnclearLateUnattended
            | Self::NoteReceivedUnattended
            | Self::StatusNotedUnattended
            | Self::CallbackUnattended => &[Night],
            _ => &[],
        }
    }

    /// Whether it is about the phone, not about one of the patients on it: it carries no label.
    const fn is_for_the_phone(self) -> bool {
        matches!(
            self,
            Self::Help
                | Self::Stopped
                | Self::StartedIdle
                | Self::WrongNumber
                | Self::LanguageMissing
                | Self::PictureOnly
                | Self::UnknownNumber
        )
    }
}

/// The texts of a dialog in all its languages.
#[derive(Debug, Default)]
pub struct Texts {
    pub(super) languages: Vec<LanguageTexts>,
}

/// The texts of a dialog in one language.
#[derive(Debug)]
pub(super) struct LanguageTexts {
    pub(super) language: Language,
    /// Whether all of them can be sent in GSM-7, and so must stay in it.
    pub(super) gsm: bool,
    /// By [`Notice`], in its order.
    pub(super) notices: Vec<Template>,
    /// By question.
    pub(super) questions: Vec<QuestionTexts>,
}

/// What is said about one question.
#[derive(Debug, Default)]
pub(super) struct QuestionTexts {
    pub(super) ask: Template,
    pub(super) ask_again: Template,
    pub(super) confirm: Option<Template>,
    pub(super) echo: EchoTexts,
}

/// How an answer is echoed before the next question. Which of them a question has follows from its kind.
#[derive(Debug, Default)]
pub(super) struct EchoTexts {
    pub(super) value: Option<Template>,
    pub(super) many: Option<Template>,
    pub(super) none: Option<Template>,
    pub(super) yes: Option<Template>,
    pub(super) no: Option<Template>,
    pub(super) unknown: Option<Template>,
    pub(super) not_measured: Option<Template>,
    pub(super) text: Option<Template>,
}

impl EchoTexts {
    fn of(&self, value: &Value) -> Option<&Template> {
        match value {
            Value::Options(set) if set.is_empty() => self.none.as_ref(),
            Value::Options(set) if set.len() > ECHOED_OPTIONS => self.many.as_ref(),
            Value::YesNo(YesNo::Yes) => self.yes.as_ref(),
            Value::YesNo(YesNo::No) => self.no.as_ref(),
            Value::YesNo(YesNo::Unknown) => self.unknown.as_ref(),
            Value::Text => self.text.as_ref(),
            Value::Nothing => self.none.as_ref(),
            Value::NotMeasured => self.not_measured.as_ref(),
            Value::Temperature(_)
            | Value::OxygenSaturation(_)
            | Value::Choice(_)
            | Value::Options(_)
            | Value::Number(_)
            | Value::Identifier(_) => self.value.as_ref(),
        }
    }
}

impl Dialog {
    /// A text that is no question's, for one contact. Everything that a conversation says comes from the engine;
    /// this is for what is said where there is none, such as [`Notice::UnknownNumber`].
    #[must_use]
    pub fn notice(&self, notice: Notice, context: &Context<'_>) -> String {
        self.texts
            .of(self, context.language)
            .map_or_else(String::new, |texts| Writer { texts, context }.write(&[Lead::None], Body::Notice(notice)))
    }
}

impl Texts {
    pub(super) fn of(&self, dialog: &Dialog, language: Language) -> Option<&LanguageTexts> {
        let language = dialog.language_or_first(language);
        self.languages.iter().find(|texts| texts.language == language)
    }
}

/// What a text mainly says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    Ask(QuestionIndex),
    AskAgain(QuestionIndex),
    Confirm(QuestionIndex, &'a Value),
    Notice(Notice),
}

/// What stands before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lead<'a> {
    None,
    Notice(Notice),
    /// The echoes of these answers.
    Echo(&'a [(QuestionIndex, Value)]),
}

/// Writes texts in one language for one contact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) texts: &'a LanguageTexts,
    pub(super) context: &'a Context<'a>,
}

impl Writer<'_> {
    /// The text with the first of `leads` with which it keeps to its segments; with the last in any case.
    pub(super) fn write(self, leads: &[Lead<'_>], body: Body<'_>) -> String {
        let mut text = String::with_capacity(256);
        for (index, lead) in leads.iter().enumerate() {
            text.clear();
            self.compose(*lead, body, &mut text);
            if index + 1 == leads.len() || self.fits(&text) {
                break;
            }
        }
        text
    }

    /// Whether a text keeps to the segments that its language may take.
    pub(super) fn fits(self, text: &str) -> bool {
        match self.texts.language.segment_budget() {
            1 => {
                let (encoding, units) = sms::measure(text);
                units <= encoding.single()
            }
            budget => sms::segments(text).segments <= usize::from(budget),
        }
    }

    fn compose(self, lead: Lead<'_>, body: Body<'_>, out: &mut String) {
        let for_the_phone = matches!(body, Body::Notice(notice) if notice.is_for_the_phone());
        if let (Some(label), false) = (self.context.label, for_the_phone) {
            out.push_str(label);
            out.push(' ');
        }
        match lead {
            Lead::None => {}
            Lead::Notice(notice) => self.notice(notice, out),
            Lead::Echo(answers) => self.echoes(answers, out),
        }
        match body {
            Body::Ask(question) => self.question(question, |texts| Some(&texts.ask), None, out),
            Body::AskAgain(question) => self.question(question, |texts| Some(&texts.ask_again), None, out),
            Body::Confirm(question, value) => {
                self.question(question, |texts| texts.confirm.as_ref(), Some(value), out);
            }
            Body::Notice(notice) => self.notice(notice, out),
        }
    }

    fn echoes(self, answers: &[(QuestionIndex, Value)], out: &mut String) {
        for (question, value) in answers {
            self.question(*question, |texts| texts.echo.of(value), Some(value), out);
        }
    }

    fn question(
        self,
        question: QuestionIndex,
        which: impl Fn(&QuestionTexts) -> Option<&Template>,
        value: Option<&Value>,
        out: &mut String,
    ) {
        if let Some(template) = self.texts.questions.get(usize::from(question)).and_then(which) {
            self.fill(template, value, out);
        }
    }

    fn notice(self, notice: Notice, out: &mut String) {
        if let Some(template) = self.texts.notices.get(notice as usize) {
            self.fill(template, None, out);
        }
    }

    fn fill(self, template: &Template, value: Option<&Value>, out: &mut String) {
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Placeholder(Placeholder::Center) if self.center_fits() => out.push_str(self.context.center),
                Piece::Placeholder(Placeholder::Center) => self.notice(Notice::Center, out),
                Piece::Placeholder(Placeholder::Deadline) => out.push_str(self.context.deadline),
                Piece::Placeholder(Placeholder::Night) => {
                    if self.context.night_line.is_some() {
                        self.notice(Notice::Night, out);
                    }
                }
                Piece::Placeholder(Placeholder::NightLine) => {
                    out.push_str(self.context.night_line.unwrap_or_default());
                }
                Piece::Placeholder(Placeholder::Value) => {
                    if let Some(value) = value {
                        write_value(value, out);
                    }
                }
                Piece::Placeholder(Placeholder::Count) => {
                    if let Some(Value::Options(set)) = value {
                        // Writing to a `String` cannot fail.
                        let _ = write!(out, "{}", OptionSet::len(*set));
                    }
                }
            }
        }
    }

    /// Whether the center's name can be written without making a text longer than was checked.
    fn center_fits(self) -> bool {
        let name = self.context.center;
        match sms::measure(name) {
            (sms::Encoding::Gsm7, septets) if self.texts.gsm => septets <= CENTER_SEPTETS,
            _ if self.texts.gsm => false,
            _ => name.encode_utf16().count() <= CENTER_UNITS,
        }
    }
}

/// A value as it stands in texts: digits only; words belong to the texts.
fn write_value(value: &Value, out: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = match value {
        Value::Temperature(value) => write!(out, "{value}"),
        Value::OxygenSaturation(value) => write!(out, "{value}"),
        Value::Choice(code) => write!(out, "{code}"),
        Value::Options(set) => write!(out, "{set}"),
        Value::Number(number) => write!(out, "{number}"),
        Value::Identifier(digits) => write!(out, "{digits}"),
        Value::YesNo(_) | Value::Text | Value::Nothing | Value::NotMeasured => Ok(()),
    };
}
