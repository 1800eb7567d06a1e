//! What a word can mean to the readers, and under which headings the lexicon files list it.

use super::{Command, Concept, StatusChange};
use crate::language::Language;

/// What one word, or one fixed phrase, stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// はい.
    Yes,
    /// "I do not know."
    Unknown,
    /// Neither yes nor no: "maybe", 微妙.
    Maybe,
    /// Now and then: neither yes nor no; a symptom that is named is there all the same.
    Sometimes,
    /// A pictogram of approval, which agrees with whatever stands beside it and answers nothing alone.
    Gesture,
    /// "A little": weakens, and answers nothing alone.
    Little,
    /// Some kind of no.
    Denial(Denial),
    /// "There is": ある.
    Present,
    /// Says that what was named goes on: 出る, 続く, 止まらない.
    Persist,
    /// Says that what was named is over: 治った.
    Gone,
    /// Names something, as a noun or a stem.
    Mention(Concept),
    /// Says something and ends the statement: 痛い.
    Predicate(Concept),
    /// Says what kind of number comes next.
    Label(Label),
    /// A thermometer or an oximeter.
    Device,
    /// "Could not measure."
    NotTaken,
    /// "Not yet."
    NotYet,
    /// まだ: alone "not yet"; beside a value or a symptom "still".
    Still,
    /// Stands behind a number and says what it counts.
    Unit(Unit),
    /// A number in words.
    Number(u8),
    /// Says nothing: particles, politeness.
    Filler,
    /// "And".
    And,
    /// "Or".
    Or,
    /// Turns the statement: "but".
    But,
    /// Adds a half to the number behind it: साढे ३६ is 36.5.
    AndHalf,
    /// "Only".
    Only,
    /// しか: with a denial it means "only".
    OnlyNot,
    /// "Except".
    Except,
    /// "All".
    All,
    /// Thanks, greetings.
    Courtesy,
    /// "Understood."
    Acknowledge,
    /// Makes a number a bound, a band or an estimate.
    Vague,
    /// From, to.
    Range,
    /// Now, or this morning.
    Now,
    /// Another time than now: 昨日.
    Past,
    /// A time of the day that is not the morning: of a value it is another one; a symptom may be there then.
    DayTime,
    /// A time long gone: 以前. With another person it tells of an illness that is none of today's.
    LongAgo,
    /// What is usual, not what is.
    Usual,
    /// Somebody other than the patient, perhaps.
    Person,
    /// Makes a question of it.
    Question,
    /// Tells of measuring: says nothing about a value, and is no part of a command.
    Measuring,
    /// Known, and without weight for any question.
    Remark,
    /// A command, when it is the whole message.
    Command(Command),
    /// "Correction": a command alone, a preface before a value.
    Correction,
    /// Looks like a command; not sure enough to carry out.
    NearCommand,
    /// Is weary of the texts: a reason beside STOP, and not sure enough alone.
    Complaint,
    /// The change of state is wished, asked about or supposed, not told.
    Wish,
}

/// A no, what it answers, and which way it reaches for what it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denial {
    /// What it answers when it denies nothing in particular.
    pub(super) answer: DenialAnswer,
    /// Where it looks for what it denies.
    pub(super) reach: Reach,
}

/// What a denial answers standing alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DenialAnswer {
    /// No.
    No,
    /// None, nothing, there is not: also "no device" and "nothing to add".
    Nothing,
    /// Nothing wrong, nothing in particular: no symptoms, but no word of a measurement.
    NothingWrong,
    /// Nothing else: beside something named it says that this is all.
    NothingElse,
    /// Nothing: it is mere grammar.
    Grammar,
}

/// Where a denial looks for what it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nowhere.
    None,
    /// To what follows: no cough, 没有胸痛.
    Forward,
    /// To what stands before: 咳はない.
    Backward,
}

/// What kind of number a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Body temperature.
    Temperature,
    /// Oxygen saturation.
    Oxygen,
    /// Pulse.
    Pulse,
    /// Something that no question asks: weight, blood pressure.
    Other,
    /// A time of the clock: "at" 7.
    Clock,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Degrees, Celsius unless something else is said.
    Degree,
    /// Tenths of a degree: 分.
    Tenth,
    /// And a half.
    Half,
    /// Degrees Fahrenheit.
    Fahrenheit,
    /// Percent.
    Percent,
    /// Beats a minute.
    Beats,
    /// Hours of the clock.
    Hour,
    /// Minutes of the clock. 分 is a tenth behind degrees and a minute behind hours.
    Minute,
    /// am, pm.
    HalfDay,
    /// Day of the month.
    Day,
    /// Month of the year.
    Month,
    /// Year.
    Year,
    /// Anything that is counted: days, times, tablets.
    Count,
    /// "Number …": 番.
    Ordinal,
    /// "Days ago": what is counted is another time than now.
    Ago,
    /// "Or more", "or so": 以上, which says "that is all" when it is not grown onto a number.
    Bound,
    /// A decimal point in words.
    Point,
}

/// Finds the meaning of a heading of a lexicon file, `section.key`; concepts are looked up by `concept`.
pub(super) fn heading(section: &str, key: &str, concept: impl Fn(&str) -> Option<Concept>) -> Option<Meaning> {
    let denial = |answer| {
        let reach = match key.rsplit('-').next() {
            Some("before") => Reach::Forward,
            Some("after") => Reach::Backward,
            _ => Reach::None,
        };
        Meaning::Denial(Denial { answer, reach })
    };
    Some(match (section, key) {
        ("answer", "yes") => Meaning::Yes,
        ("answer", "unknown") => Meaning::Unknown,
        ("answer", "maybe") => Meaning::Maybe,
        ("answer", "sometimes") => Meaning::Sometimes,
        ("answer", "gesture") => Meaning::Gesture,
        ("answer", "little") => Meaning::Little,
        ("denial", "no" | "no-before" | "no-after") => denial(DenialAnswer::No),
        ("denial", "none" | "none-before" | "none-after") => denial(DenialAnswer::Nothing),
        ("denial", "nothing-wrong" | "nothing-wrong-before" | "nothing-wrong-after") => {
            denial(DenialAnswer::NothingWrong)
        }
        ("denial", "nothing-else" | "nothing-else-before" | "nothing-else-after") => denial(DenialAnswer::NothingElse),
        ("denial", "not-before" | "not-after") => denial(DenialAnswer::Grammar),
        ("state", "present") => Meaning::Present,
        ("state", "persist") => Meaning::Persist,
        ("state", "gone") => Meaning::Gone,
        ("concept", key) => Meaning::Mention(concept(key)?),
        ("predicate", key) => Meaning::Predicate(concept(key)?),
        ("measure", "temperature") => Meaning::Label(Label::Temperature),
        ("measure", "oxygen") => Meaning::Label(Label::Oxygen),
        ("measure", "pulse") => Meaning::Label(Label::Pulse),
        ("measure", "other") => Meaning::Label(Label::Other),
        ("measure", "clock") => Meaning::Label(Label::Clock),
        ("measure", "device") => Meaning::Device,
        ("measure", "not-taken") => Meaning::NotTaken,
        ("measure", "not-yet") => Meaning::NotYet,
        ("measure", "still") => Meaning::Still,
        ("unit", key) => Meaning::Unit(match key {
            "degree" => Unit::Degree,
            "tenth" => Unit::Tenth,
            "half" => Unit::Half,
            "fahrenheit" => Unit::Fahrenheit,
            "percent" => Unit::Percent,
            "beats" => Unit::Beats,
            "hour" => Unit::Hour,
            "minute" => Unit::Minute,
            "half-day" => Unit::HalfDay,
            "day" => Unit::Day,
            "month" => Unit::Month,
            "year" => Unit::Year,
            "count" => Unit::Count,
            "ordinal" => Unit::Ordinal,
            "point" => Unit::Point,
            "ago" => Unit::Ago,
            "bound" => Unit::Bound,
            _ => return None,
        }),
        ("number", key) => Meaning::Number(key.parse().ok().filter(|number| *number <= 100)?),
        ("grammar", key) => match key {
            "filler" => Meaning::Filler,
            "and" => Meaning::And,
            "or" => Meaning::Or,
            "but" => Meaning::But,
            "and-half" => Meaning::AndHalf,
            "only" => Meaning::Only,
            "only-not" => Meaning::OnlyNot,
            "except" => Meaning::Except,
            "all" => Meaning::All,
            "courtesy" => Meaning::Courtesy,
            "acknowledge" => Meaning::Acknowledge,
            "vague" => Meaning::Vague,
            "range" => Meaning::Range,
            "now" => Meaning::Now,
            "past" => Meaning::Past,
            "day-time" => Meaning::DayTime,
            "long-ago" => Meaning::LongAgo,
            "usual" => Meaning::Usual,
            "person" => Meaning::Person,
            "question" => Meaning::Question,
            "measuring" => Meaning::Measuring,
            "remark" => Meaning::Remark,
            "wish" => Meaning::Wish,
            _ => return None,
        },
        ("command", key) => match key {
            "stop" => Meaning::Command(Command::Stop),
            "start" => Meaning::Command(Command::Start),
            "help" => Meaning::Command(Command::Help),
            "back" => Meaning::Command(Command::Back),
            "repeat" => Meaning::Command(Command::Repeat),
            "skip" => Meaning::Command(Command::Skip),
            "callback" => Meaning::Command(Command::Callback),
            "wrong-number" => Meaning::Command(Command::WrongNumber),
            "who" => Meaning::Command(Command::WhoAreYou),
            "correction" => Meaning::Correction,
            "near" => Meaning::NearCommand,
            "complaint" => Meaning::Complaint,
            _ => return None,
        },
        ("language", tag) => Meaning::Command(Command::Language(tag.parse::<Language>().ok()?)),
        _ => return None,
    })
}

/// The change of state that a concept stands for.
pub(super) fn status_of(key: &str) -> Option<StatusChange> {
    Some(match key {
        "hospitalized" => StatusChange::Hospitalized,
        "moved" => StatusChange::Moved,
        "died" => StatusChange::Died,
        // "Cured" may be said of a symptom; discharged, tested negative or released is said of the patient.
        "recovered" | "released" => StatusChange::Recovered,
        _ => return None,
    })
}

impl Meaning {
    /// Whether the word says nothing of its own in any answer.
    pub(super) fn is_padding(self) -> bool {
        matches!(self, Self::Filler | Self::Measuring | Self::Now | Self::Courtesy | Self::Label(Label::Clock))
    }
}
