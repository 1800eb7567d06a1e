//! What a person meant by a text: one typed reader per kind of question, and one for commands, warning signs
//! and changes of state that looks at every text first. Knows nothing of conversations or of what to do next.
//!
//! The rule of every reader: **reject rather than guess**. Normalise, recognise, then check that nothing
//! meaningful is left over; an unconsumed number, two candidates, a negation that does not fit or another
//! kind of number means "ask again".

use std::fmt;

mod explain;
mod lexicon;
mod meaning;
mod measure;
mod message;
mod normalise;
mod not_measured;
mod number;
mod options;
mod romaji;
mod spelling;
mod statement;
mod tokens;
mod yes_no;

#[cfg(test)]
mod tests;

use self::meaning::{DenialAnswer, Meaning};
use self::message::{Message, Steering};
use crate::language::Language;
use crate::observation::{Value, YesNo};

/// A thing that words can name (a symptom, a topic), by its place in the lexicon. Its key, such as
/// `runny-nose`, is what dialog files and tables use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Concept(pub(crate) u16);

/// One option of a choice: its number, and what it names in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionWord {
    /// The number that the patient types, 1 to 63. 0 means "none" and is never listed.
    pub code: u8,
    /// What words mean this option; `None` if it can only be chosen by number.
    pub concept: Option<Concept>,
}

/// What was asked, as far as reading the reply needs it.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Body temperature in °C.
    Temperature,
    /// Oxygen saturation in %.
    OxygenSaturation,
    /// Yes or no, 1 or 2. `topic` is what is asked about, so that "I am short of breath" can be a yes.
    YesNo {
        /// What is asked about.
        topic: Option<Concept>,
    },
    /// Exactly one of several options, by number or word.
    Choice(&'a [OptionWord]),
    /// Any number of several options, by numbers or words; 0 is none.
    Options(&'a [OptionWord]),
    /// A whole number between two bounds, inclusive.
    Number {
        /// The lowest number taken.
        min: i32,
        /// The highest number taken.
        max: i32,
    },
    /// Anything else to say.
    Text,
    /// An identifier of digits, such as a HER-SYS ID.
    Identifier {
        /// The smallest number of digits.
        min_digits: u8,
        /// The largest number of digits.
        max_digits: u8,
    },
    /// No question is open: only commands, warning signs and changes of state are looked for.
    Nothing,
}

/// Why a reply was not taken as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// Nothing usable was found.
    Nothing,
    /// More than one candidate, or a yes and a no.
    Several,
    /// A number of another kind, or out of range.
    Implausible,
    /// A range, a bound or a band instead of a value.
    Vague,
    /// Words whose meaning for this question is not certain.
    Unclear,
}

/// A word that steers the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// How does this work, is it genuine?
    Help,
    /// Open the previous question again.
    Back,
    /// Say the question again.
    Repeat,
    /// Leave this question out.
    Skip,
    /// Please telephone.
    Callback,
    /// The person at this number is not the patient.
    WrongNumber,
    /// Who is this? Of somebody who was never told it is a fair question; of anybody else it says what
    /// [`Self::WrongNumber`] says, and it is shown as that.
    WhoAreYou,
    /// Write to me in this language.
    Language(Language),
}

/// A warning sign: the 13 of the ministry's notice of 27 April 2020 (DOMAIN.md 1.2), and what else must
/// bring help at once. The keys are stable: they stand in tables and exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum WarningSign {
    /// 1: the face is clearly of a bad colour.
    BadComplexion,
    /// 2: the lips are purple.
    PurpleLips,
    /// 3: unlike usual, behaves strangely.
    ActsStrangely,
    /// 4: breathes fast and hard.
    FastBreathing,
    /// 5: suddenly short of breath.
    SuddenBreathlessness,
    /// 6: short of breath on small movements.
    BreathlessOnMoving,
    /// 7: chest pain.
    ChestPain,
    /// 8: cannot lie down, can breathe only sitting up.
    CannotLieDown,
    /// 9: breathes with the shoulders.
    ShoulderBreathing,
    /// 10: suddenly wheezes.
    SuddenWheezing,
    /// 11: dazed, reacts weakly.
    Dazed,
    /// 12: clouded consciousness, does not answer.
    Clouded,
    /// 13: the pulse skips or is irregular.
    IrregularPulse,
    /// Cannot breathe, or is suffocating.
    CannotBreathe,
    /// A cry for rescue, or for an ambulance.
    CryForRescue,
    /// An oxygen value of 50 to 79 %, not yet cleared.
    VeryLowOxygen,
    /// A yes to the question for warning signs.
    Reported,
}

impl WarningSign {
    /// Every sign.
    pub const ALL: [Self; 17] = [
        Self::BadComplexion,
        Self::PurpleLips,
        Self::ActsStrangely,
        Self::FastBreathing,
        Self::SuddenBreathlessness,
        Self::BreathlessOnMoving,
        Self::ChestPain,
        Self::CannotLieDown,
        Self::ShoulderBreathing,
        Self::SuddenWheezing,
        Self::Dazed,
        Self::Clouded,
        Self::IrregularPulse,
        Self::CannotBreathe,
        Self::CryForRescue,
        Self::VeryLowOxygen,
        Self::Reported,
    ];

    /// The stable key, as in tables and exports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::BadComplexion => "bad-complexion",
            Self::PurpleLips => "purple-lips",
            Self::ActsStrangely => "acts-strangely",
            Self::FastBreathing => "fast-breathing",
            Self::SuddenBreathlessness => "sudden-breathlessness",
            Self::BreathlessOnMoving => "breathless-on-moving",
            Self::ChestPain => "chest-pain",
            Self::CannotLieDown => "cannot-lie-down",
            Self::ShoulderBreathing => "shoulder-breathing",
            Self::SuddenWheezing => "sudden-wheezing",
            Self::Dazed => "dazed",
            Self::Clouded => "clouded",
            Self::IrregularPulse => "irregular-pulse",
            Self::CannotBreathe => "cannot-breathe",
            Self::CryForRescue => "cry-for-rescue",
            Self::VeryLowOxygen => "very-low-oxygen",
            Self::Reported => "reported",
        }
    }
}

/// A set of warning signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct WarningSigns(u32);

impl WarningSigns {
    /// No sign.
    pub const NONE: Self = Self(0);

    /// Adds a sign.
    pub const fn insert(&mut self, sign: WarningSign) {
        self.0 |= 1 << sign as u8;
    }

    /// Takes a sign out.
    pub const fn remove(&mut self, sign: WarningSign) {
        self.0 &= !(1 << sign as u8);
    }

    /// Whether the sign is in the set.
    #[must_use]
    pub const fn contains(self, sign: WarningSign) -> bool {
        self.0 & (1 << sign as u8) != 0
    }

    /// Whether there is no sign at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The signs, in the order of the notice.
    pub fn iter(self) -> impl Iterator<Item = WarningSign> {
        WarningSign::ALL.into_iter().filter(move |sign| self.contains(*sign))
    }
}

/// What a text says about the patient's whereabouts or state, for staff to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusChange {
    /// In hospital, or on the way there.
    Hospitalized,
    /// Staying somewhere else.
    Moved,
    /// Died.
    Died,
    /// Said to be recovered or released.
    Recovered,
}

/// What a text raises besides its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Warning signs, not negated, that the text speaks of.
    pub signs: WarningSigns,
    /// A change of state.
    pub status_change: Option<StatusChange>,
}

/// What the program made of one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Only flags were found, or no question was open and no command was given.
    Empty,
    /// A value that fits the question.
    Value(Value),
    /// A candidate exists, but must be confirmed or asked again.
    Ambiguous {
        /// What may be meant, if there is exactly one candidate that can be named back to the patient.
        candidate: Option<Value>,
        /// Why it was not taken.
        doubt: Doubt,
    },
    /// Nothing usable.
    Invalid(Doubt),
    /// A command.
    Command(Command),
}

/// A reading and its flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer, as far as one was found.
    pub reading: Reading,
    /// What else the text raises. Flags count whatever the reading is.
    pub flags: Flags,
}

impl fmt::Display for Reading {
    /// The vocabulary of the reply table: `37.5`, `YES`, `1,3`, `NOT_MEASURED`, `KEYWORD:STOP`, empty for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Value(value) => match value {
                Value::Temperature(value) => value.fmt(f),
                Value::OxygenSaturation(value) => value.fmt(f),
                Value::YesNo(YesNo::Yes) => f.write_str("YES"),
                Value::YesNo(YesNo::No) => f.write_str("NO"),
                Value::YesNo(YesNo::Unknown) => f.write_str("UNKNOWN"),
                Value::Choice(code) => code.fmt(f),
                Value::Options(set) => set.fmt(f),
                Value::Number(number) => number.fmt(f),
                Value::Identifier(digits) => f.write_str(digits),
                Value::Text => f.write_str("TEXT"),
                Value::Nothing => f.write_str("NONE"),
                Value::NotMeasured => f.write_str("NOT_MEASURED"),
            },
            Self::Ambiguous { .. } => f.write_str("AMBIGUOUS"),
            Self::Invalid(_) => f.write_str("INVALID"),
            Self::Command(command) => match command {
                Command::Stop => f.write_str("KEYWORD:STOP"),
                Command::Start => f.write_str("KEYWORD:START"),
                Command::Help => f.write_str("KEYWORD:HELP"),
                Command::Back => f.write_str("KEYWORD:BACK"),
                Command::Repeat => f.write_str("KEYWORD:REPEAT"),
                Command::Skip => f.write_str("KEYWORD:SKIP"),
                Command::Callback => f.write_str("KEYWORD:CALLBACK"),
                Command::WrongNumber | Command::WhoAreYou => f.write_str("KEYWORD:WRONG_NUMBER"),
                Command::Language(language) => write!(f, "KEYWORD:LANG:{language}"),
            },
        }
    }
}

/// The concept with this key in the lexicon, such as `cough`, if there is one. `lexicon/README.md` lists them.
#[must_use]
pub fn concept(key: &str) -> Option<Concept> {
    lexicon::LEXICON.concept(key)
}

/// Reads one text as the reply to `ask` by somebody whose registered language is `language`. Digits and
/// English are understood in every language. Never panics, whatever the text.
#[must_use]
pub fn read(ask: &Ask<'_>, language: Language, text: &str) -> Reply {
    read_message(ask, &Message::new(language, text, false))
}

/// Reads a text as [`read`] does, and tells the steps that led to the reading: one short English sentence each, for
/// staff. The sentences hold the patient's words: they are for whoever may see the text itself.
#[must_use]
pub fn explain(ask: &Ask<'_>, language: Language, text: &str) -> (Reply, Vec<String>) {
    let message = Message::new(language, text, true);
    let reply = read_message(ask, &message);
    explain::concluded(&message, &reply);
    (reply, message.into_notes())
}

fn read_message(ask: &Ask<'_>, message: &Message) -> Reply {
    let mut flags = message.flags(ask);
    if message.folded.reaction {
        message.note(|| "The text is a phone's report of a reaction: its words are ours.".to_owned());
        return Reply { reading: Reading::Invalid(Doubt::Nothing), flags };
    }
    let reading = match message.steering() {
        Steering::Command(command) => {
            message.note(|| "Every word belongs to one command.".to_owned());
            Reading::Command(command)
        }
        Steering::Doubtful if !matches!(ask, Ask::Text) => {
            message.note(|| "The text looks like a command, but not surely enough to carry it out.".to_owned());
            Reading::Ambiguous { candidate: None, doubt: Doubt::Unclear }
        }
        _ => answer(ask, message, &mut flags),
    };
    // A cry for help is no failed answer.
    let only_flags =
        matches!(reading, Reading::Invalid(_)) && (!flags.signs.is_empty() || flags.status_change.is_some());
    Reply { reading: if only_flags { Reading::Empty } else { reading }, flags }
}

fn answer(ask: &Ask<'_>, message: &Message, flags: &mut Flags) -> Reading {
    if message.is_blank() && !matches!(ask, Ask::YesNo { .. }) {
        return Reading::Invalid(Doubt::Nothing);
    }
    match *ask {
        Ask::Temperature => measure::temperature(message),
        Ask::OxygenSaturation => {
            let (reading, signs) = measure::oxygen(message);
            flags.signs = flags.signs.union(signs);
            reading
        }
        Ask::YesNo { topic } => yes_no::read(message, topic),
        Ask::Choice(choices) => options::one(message, choices),
        Ask::Options(choices) => options::several(message, choices),
        Ask::Number { min, max } => options::number(message, min, max),
        Ask::Text => free_text(message),
        Ask::Identifier { min_digits, max_digits } => options::identifier(&message.folded, min_digits, max_digits),
        Ask::Nothing => Reading::Empty,
    }
}

/// "Nothing to add", or something for staff to read.
fn free_text(message: &Message) -> Reading {
    let nothing = message.denies_all() || message.denies(DenialAnswer::No);
    let zero = message.words().any(|(_, kind)| matches!(kind, tokens::Kind::Number(number) if number.value == 0));
    let mut well = false;
    let plain = message.words().all(|(at, kind)| match kind {
        tokens::Kind::Word(Meaning::Denial(_)) => true,
        tokens::Kind::Number(number) => number.value == 0 && number.digits <= 1,
        tokens::Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_)) => {
            let said = message.statements.list.iter().find(|statement| statement.token == at);
            let course = said.and_then(|said| message.lexicon.traits(said.concept).course);
            let fine = matches!(course, Some(lexicon::Course::Fine))
                && said.is_some_and(|said| said.polarity == statement::Polarity::Said);
            well |= fine;
            fine
        }
        _ => false,
    });
    // 네, 없습니다: yes, there is nothing.
    let agrees = message.denies_all()
        && message.words().all(|(_, kind)| matches!(kind, tokens::Kind::Word(Meaning::Yes | Meaning::Denial(_))))
        && message.words().next().is_some_and(|(_, kind)| kind == tokens::Kind::Word(Meaning::Yes))
        && message.words().filter(|(_, kind)| matches!(kind, tokens::Kind::Word(Meaning::Denial(_)))).count() == 1;
    if agrees && !message.has_mark('?') {
        return Reading::Value(Value::Nothing);
    }
    if plain && (nothing || well || zero) && !message.statements.stray_denial && !message.has_mark('?') {
        Reading::Value(Value::Nothing)
    } else {
        Reading::Value(Value::Text)
    }
}
