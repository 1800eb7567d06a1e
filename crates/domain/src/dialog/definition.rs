//! A dialog as the engine uses it, checked and compiled. How it is written in files is the loader's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::reply::{Ask, Concept, OptionWord};
use crate::severity::Severity;

/// SHA-256 over dialog.toml and the texts with line ends made equal, without the chats.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogHash(pub [u8; 32]);

impl fmt::Display for DialogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DialogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the 64 hexadecimal digits of a dialog's hash")]
pub struct HashError;

impl FromStr for DialogHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(HashError);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| HashError)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for DialogHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DialogHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One file of a dialog's folder, by its name inside the folder: `dialog.toml`, `texts.ja.toml`, `chats/x.chat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// The name inside the dialog's folder, with `/` between parts.
    pub name: String,
    /// The content, as read.
    pub text: String,
}

/// A question's place in its dialog.
pub type QuestionIndex = u8;

/// A dialog, checked and compiled. Cheap to share behind an `Arc`; never changed.
#[derive(Debug)]
pub struct Dialog {
    /// The folder's name, such as `daily`.
    pub name: String,
    /// Of its content: a conversation is pinned to it (P11).
    pub hash: DialogHash,
    /// How a conversation begins.
    pub opening: Opening,
    /// In the order of asking; at most 32.
    pub questions: Vec<Question>,
    /// The languages that it is written in. Every text exists in each.
    pub languages: Vec<Language>,
    /// What it was made from, so that it can be kept and loaded again: its own files, and those of the dialog
    /// that it takes texts from, by names such as `../daily/texts.ja.toml`.
    pub source: Vec<SourceFile>,
    /// The texts. Only `render` looks inside.
    pub texts: super::render::Texts,
}

impl Dialog {
    /// Whether its answers decide whether the observation may end.
    #[must_use]
    pub fn is_release(&self) -> bool {
        self.questions.iter().any(|question| question.release.is_some())
    }

    /// The question with this key.
    #[must_use]
    pub fn question(&self, key: &str) -> Option<(QuestionIndex, &Question)> {
        self.questions
            .iter()
            .enumerate()
            .find(|(_, question)| question.key == key)
            .and_then(|(index, question)| Some((QuestionIndex::try_from(index).ok()?, question)))
    }

    /// The language to write in: the wanted one if the dialog has it, otherwise its first.
    #[must_use]
    pub fn language_or_first(&self, wanted: Language) -> Language {
        if self.languages.contains(&wanted) { wanted } else { self.languages.first().copied().unwrap_or(wanted) }
    }
}

/// How a conversation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// With the first question.
    #[default]
    Question,
    /// With a text that asks nothing, and then the first question.
    Introduction,
    /// With a text that asks nothing, and then one that asks for all answers in one text. What is missing there,
    /// or doubtful, is asked question by question.
    Report,
}

/// What the answer to a question proves. Such a question is no part of a report on somebody's health, and comes
/// before all that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Yes: the number is the patient's, or the family's. No: a wrong number. Anything else ends the conversation.
    Number,
    /// The identifier is one of those that the center expects ([`super::engine::Known::identities`]). What was typed
    /// is in no answer: that is yes, or unknown for "I do not have it".
    Identity {
        /// How many identifiers may be tried in one conversation, the right one included.
        tries: u8,
    },
}

/// What an answer must be to speak for the end of the observation ([`crate::release`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseTest {
    /// Yes.
    Yes,
    /// No.
    No,
    /// A measured temperature below fever.
    NoFever,
    /// An option whose hours since the symptoms eased are enough.
    Eased,
}

/// One question.
#[derive(Debug)]
pub struct Question {
    /// A word, never a number or UUID: `temperature`, `oxygen`, `breathing`, `symptoms`, `signs`, `note`.
    pub key: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether a check-in without this answer is incomplete (P9). "Not measured" is an answer.
    pub required: bool,
    /// Asked only if this holds for the earlier answers.
    pub condition: Option<Condition>,
    /// What the answer proves, if anything.
    pub proof: Option<Proof>,
    /// What the answer must be to speak for the end of the observation, if it has a say in that.
    pub release: Option<ReleaseTest>,
}

/// What kind of answer a question takes, and which answers are worrying in themselves. The bounds for
/// temperature and oxygen are the center's thresholds ([`crate::severity::Thresholds`]), not the dialog's.
#[derive(Debug)]
pub enum QuestionKind {
    /// Body temperature.
    Temperature,
    /// Oxygen saturation.
    OxygenSaturation,
    /// Yes or no.
    YesNo {
        /// What is asked about, so that words can answer.
        topic: Option<Concept>,
        /// The severity of a yes, if it is worrying. `Red` means that a yes is a warning sign.
        yes: Option<Severity>,
    },
    /// One of several.
    Choice(OptionList),
    /// Any of several, or none.
    Options(OptionList),
    /// A whole number.
    Number {
        /// The lowest number taken.
        min: i32,
        /// The highest number taken.
        max: i32,
    },
    /// Free text.
    Text,
    /// An identifier of digits.
    Identifier {
        /// The smallest number of digits.
        min_digits: u8,
        /// The largest number of digits.
        max_digits: u8,
    },
}

/// The options of a question, twice: as the reader of replies needs them, and what they mean.
#[derive(Debug)]
pub struct OptionList {
    /// Number and words, in the order of `definitions`.
    pub words: Vec<OptionWord>,
    /// Key and severity.
    pub definitions: Vec<OptionDefinition>,
}

/// One option of a question.
#[derive(Debug)]
pub struct OptionDefinition {
    /// The number that the patient types.
    pub code: u8,
    /// The key in tables and exports, such as `cough`.
    pub key: String,
    /// The severity of choosing it, if it is worrying.
    pub severity: Option<Severity>,
    /// For how many hours at least the symptoms have been easing if it is chosen; `None` if they are not, or if it
    /// is about something else.
    pub eased_hours: Option<u16>,
}

/// A condition over an earlier answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The earlier question.
    pub question: QuestionIndex,
    /// What its answer must be.
    pub test: Test,
}

/// What an earlier answer must be for a later question to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Answered yes.
    Yes,
    /// Answered no.
    No,
    /// The option was chosen.
    Chosen(u8),
    /// A measured value was given.
    Measured,
}

impl Question {
    /// Whether some answer to it is a warning sign.
    #[must_use]
    pub fn can_be_red(&self) -> bool {
        match &self.kind {
            QuestionKind::YesNo { yes, .. } => *yes == Some(Severity::Red),
            QuestionKind::Choice(options) | QuestionKind::Options(options) => {
                options.definitions.iter().any(|option| option.severity == Some(Severity::Red))
            }
            _ => false,
        }
    }

    /// What [`crate::reply::read`] has to know of this question.
    #[must_use]
    pub fn ask(&self) -> Ask<'_> {
        match &self.kind {
            QuestionKind::Temperature => Ask::Temperature,
            QuestionKind::OxygenSaturation => Ask::OxygenSaturation,
            QuestionKind::YesNo { topic, .. } => Ask::YesNo { topic: *topic },
            QuestionKind::Choice(options) => Ask::Choice(&options.words),
            QuestionKind::Options(options) => Ask::Options(&options.words),
            QuestionKind::Number { min, max } => Ask::Number { min: *min, max: *max },
            QuestionKind::Text => Ask::Text,
            QuestionKind::Identifier { min_digits, max_digits } => {
                Ask::Identifier { min_digits: *min_digits, max_digits: *max_digits }
            }
        }
    }
}
