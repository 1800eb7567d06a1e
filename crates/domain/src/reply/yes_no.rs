//! Yes, no, or not known: every word of the reply must point the same way.

use super::lexicon::{Course, Kind as SymptomKind};
use super::meaning::{DenialAnswer, Meaning, Unit};
use super::message::Message;
use super::statement::{Polarity, Statement};
use super::tokens::{Kind, Token};
use super::{Concept, Doubt, Reading};
use crate::observation::{Value, YesNo};

/// What the words of a reply speak for.
#[derive(Debug, Default)]
struct Votes {
    yes: bool,
    no: bool,
    unknown: bool,
    /// Something that makes any answer uncertain.
    doubt: bool,
    /// Something was said that is no answer to this question.
    beside: bool,
    /// "Maybe", "now and then": a doubt, unless it goes before "I do not know".
    maybe: bool,
    /// All is as it was.
    same: bool,
    /// All is as it was at the time that was asked about, or as usual: 昨日と同じ.
    as_before: bool,
    /// All is well or better, and "a little better" is better.
    well: bool,
}

/// Reads the answer to a yes/no question about `topic`.
pub(super) fn read(message: &Message, topic: Option<Concept>) -> Reading {
    let mut votes = Votes::default();
    for (at, kind) in message.words() {
        vote(message, topic, at, kind, &mut votes);
    }
    let explicit_yes = votes.yes;
    let breathless = says(message, topic, &mut votes);
    for (at, answer) in &message.statements.loose {
        match answer {
            // 時間がない answers nothing.
            _ if message.denies_a_remark(*at) => votes.doubt = true,
            // "No problem" answers how one is, not whether a medicine was taken.
            DenialAnswer::NothingWrong if topic.is_some() && asked_for(message, topic) == Asked::Else => {
                votes.doubt = true;
            }
            DenialAnswer::No | DenialAnswer::Nothing | DenialAnswer::NothingWrong => votes.no = true,
            DenialAnswer::NothingElse => votes.no |= !votes.yes,
            DenialAnswer::Grammar => votes.doubt = true,
        }
    }
    if message.statements.stray_denial || message.has_mark('?') {
        votes.doubt = true;
    }
    // 治りました, to a question for a symptom.
    if message.statements.loose_over.is_some() {
        match asked_for(message, topic) {
            Asked::Symptom => votes.no = true,
            Asked::Signs => votes.doubt = true,
            Asked::Else => (votes.beside, votes.well) = (true, true),
        }
    }
    // "Yes, I am fine" may mean that nothing speaks against it.
    if votes.well && votes.yes && asked_for(message, topic) == Asked::Else {
        votes.doubt = true;
    }
    // The breath is asked about by comparing it: "same as yesterday" is no harder than yesterday. Of
    // something else, 昨日と同じ咳, it answers nothing.
    let compared = topic.is_some_and(|topic| message.lexicon.traits(topic).breathless);
    votes.no |= votes.as_before && compared && !votes.yes && !votes.beside;
    // And so is "the same", as long as nothing else is said.
    votes.no |= votes.same && compared && !(votes.yes || votes.unknown || votes.doubt || votes.beside);
    // "Maybe, I do not know" is: I do not know.
    votes.doubt |= votes.maybe && (!votes.unknown || votes.beside);
    // "No, same as yesterday"; 変わらず苦しい is neither.
    if (votes.same || votes.as_before) && (votes.yes || !votes.no) {
        votes.doubt = true;
    }
    // はい/いいえ is our own prompt; "1ー2" is anything.
    if breathless && !votes.no && !votes.unknown {
        return answer(YesNo::Yes);
    }
    let little = is_weakened(message, topic);
    match (votes.yes, votes.no, votes.unknown) {
        (true, true, _) | (true, _, true) | (_, true, true) => ambiguous(None, Doubt::Several),
        (true, false, false) if votes.doubt => ambiguous(Some(YesNo::Yes), Doubt::Unclear),
        (false, true, false)
            if votes.doubt || (little && !explicit_yes && !votes.well && !message_is_denied_topic(message, topic)) =>
        {
            ambiguous(Some(YesNo::No), Doubt::Unclear)
        }
        (true, false, false) => answer(YesNo::Yes),
        (false, true, false) => answer(YesNo::No),
        (false, false, true) if votes.doubt || votes.beside => ambiguous(Some(YesNo::Unknown), Doubt::Unclear),
        (false, false, true) => answer(YesNo::Unknown),
        (false, false, false) if votes.doubt || votes.beside || little => ambiguous(None, Doubt::Unclear),
        (false, false, false) => Reading::Invalid(Doubt::Nothing),
    }
}

fn answer(answer: YesNo) -> Reading {
    Reading::Value(Value::YesNo(answer))
}

fn ambiguous(candidate: Option<YesNo>, doubt: Doubt) -> Reading {
    Reading::Ambiguous { candidate: candidate.map(Value::YesNo), doubt }
}

/// Whether "a little" is said of the answer, and not of something else: "no, just a little cough".
fn is_weakened(message: &Message, topic: Option<Concept>) -> bool {
    let little = |(_, token): &(usize, &Token)| token.kind == Kind::Word(Meaning::Little);
    message.tokens.iter().enumerate().filter(little).any(|(at, _)| {
        let says = |next: &Token| !matches!(next.kind, Kind::Word(Meaning::Filler));
        let named = message.tokens[at + 1..].iter().position(says).map(|behind| at + 1 + behind);
        let of_another = named.is_some_and(|named| {
            message.statements.near(named, named).any(|statement| {
                Some(statement.concept) != topic
                    && message.lexicon.traits(statement.concept).kind == SymptomKind::Symptom
                    && !answers(message, topic, statement.concept)
            })
        });
        !of_another
    })
}

/// "A little" weakens a bare no, but not "not even a little short of breath".
fn message_is_denied_topic(message: &Message, topic: Option<Concept>) -> bool {
    topic.is_some_and(|topic| message.about(topic).any(|polarity| polarity == Polarity::Denied))
}

/// What single words speak for; statements are looked at apart.
fn vote(message: &Message, topic: Option<Concept>, at: usize, kind: Kind, votes: &mut Votes) {
    match kind {
        Kind::Word(Meaning::Yes) => votes.yes = true,
        Kind::Word(Meaning::Unknown) => votes.unknown = true,
        Kind::Number(number) if number.digits <= 1 && !number.circle => match number.value {
            1 => votes.yes = true,
            2 => votes.no = true,
            _ => votes.doubt = true,
        },
        // A circle is a yes; among other numbers it would be a zero.
        Kind::Number(number) if number.circle && number.digits == 1 => votes.yes = true,
        Kind::Number(_) | Kind::Broken | Kind::Unknown => votes.doubt = true,
        Kind::Word(Meaning::Maybe) => votes.maybe = true,
        Kind::Word(
            Meaning::Sometimes
            | Meaning::Still
            | Meaning::Or
            | Meaning::Question
            | Meaning::Acknowledge
            | Meaning::Vague
            | Meaning::Past
            | Meaning::DayTime
            | Meaning::LongAgo
            | Meaning::Usual
            | Meaning::Except
            | Meaning::NearCommand
            | Meaning::Complaint
            | Meaning::Command(_)
            | Meaning::Correction
            | Meaning::NotTaken
            | Meaning::NotYet
            | Meaning::Range
            | Meaning::Wish
            | Meaning::OnlyNot,
        ) => votes.doubt = true,
        // "There is" agrees, unless it is said of something that was not asked.
        Kind::Word(Meaning::Present) => {
            // 用事がある, but not 昨日からある.
            let of_a_remark = message.remark_before(at).is_some_and(|particles| particles > 0);
            votes.yes |= !of_a_remark && !is_said_of_another(message, topic, at);
            votes.beside |= of_a_remark;
        }
        Kind::Word(Meaning::Device | Meaning::Label(_)) => votes.doubt = true,
        Kind::Word(Meaning::Gesture) => votes.beside = true,
        // 母は苦しそうです, but not "no, my wife helps".
        Kind::Word(Meaning::Person) if !votes.doubt && speaks_for_another(message, topic, at) => votes.doubt = true,
        Kind::Word(Meaning::Persist) => votes.beside = true,
        Kind::Word(Meaning::Unit(unit)) if unit != Unit::Ordinal => votes.doubt = true,
        _ => {}
    }
}

/// Whether a statement that is not about the topic stands beside a "there is", before or behind it.
fn is_said_of_another(message: &Message, topic: Option<Concept>, at: usize) -> bool {
    let mut others = message.statements.near(at.saturating_sub(3), at + 3).peekable();
    others.peek().is_some()
        && others.all(|statement| Some(statement.concept) != topic && !answers(message, topic, statement.concept))
}

/// Whether a concept answers a question about the topic.
fn answers(message: &Message, topic: Option<Concept>, concept: Concept) -> bool {
    let Some(topic) = topic else { return false };
    let (asked, said) = (message.lexicon.traits(topic), message.lexicon.traits(concept));
    concept == topic
        || (asked.breathless && said.breathless)
        || message.lexicon.combination(topic, topic) == Some(concept)
        || (topic == message.lexicon.warning_signs && (said.sign.is_some() || said.plain_breathlessness))
}

/// What a question asks for, as far as words of being well may answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A symptom, or the breath: "better" is a no.
    Symptom,
    /// The warning signs: "I am fine" is a no; "better" leaves open what there was.
    Signs,
    /// Anything else, such as a medicine or whether something speaks against it: "I am fine" answers nothing.
    Else,
}

fn asked_for(message: &Message, topic: Option<Concept>) -> Asked {
    let Some(topic) = topic else { return Asked::Else };
    let traits = message.lexicon.traits(topic);
    if traits.breathless || matches!(traits.kind, SymptomKind::Symptom | SymptomKind::Unclear) {
        Asked::Symptom
    } else if topic == message.lexicon.warning_signs || traits.sign.is_some() {
        Asked::Signs
    } else {
        Asked::Else
    }
}

/// Whether what is said behind a person at `at` may be said of them: nothing has answered before.
fn speaks_for_another(message: &Message, topic: Option<Concept>, at: usize) -> bool {
    let answered = message.tokens[..at]
        .iter()
        .any(|token| matches!(token.kind, Kind::Word(Meaning::Yes | Meaning::Denial(_)) | Kind::Number(_)));
    let said = message.statements.standing().any(|statement| {
        let course = message.lexicon.traits(statement.concept).course;
        statement.token > at && (answers(message, topic, statement.concept) || course.is_some())
    });
    !answered && (said || message.tokens[at..].iter().any(|token| token.kind == Kind::Word(Meaning::Yes)))
}

/// Whether "better" stands right behind a thing that is named.
fn is_said_to_be_better(message: &Message, named: &Statement) -> bool {
    !named.finite
        && message.statements.near(named.token + 1, named.token + 3).any(|statement| {
            message.lexicon.traits(statement.concept).course == Some(Course::Better)
                && statement.polarity == Polarity::Said
                && statement.sentence == named.sentence
        })
}

/// Whether "worse" is said right beside another symptom than the topic.
fn is_of_another_symptom(message: &Message, topic: Option<Concept>, worse: &Statement) -> bool {
    message.statements.near(worse.token.saturating_sub(3), worse.token + 1).any(|statement| {
        statement.token != worse.token
            && statement.sentence == worse.sentence
            && message.lexicon.traits(statement.concept).kind != SymptomKind::Piece
            && !answers(message, topic, statement.concept)
    })
}

/// Counts what the statements say of the topic. Returns whether a sign of breathlessness was named, which is
/// a yes however it is worded.
fn says(message: &Message, topic: Option<Concept>, votes: &mut Votes) -> bool {
    let asked = asked_for(message, topic);
    let asks_symptom = asked == Asked::Symptom;
    let mut breathless_sign = false;
    for statement in message.statements.standing() {
        let traits = message.lexicon.traits(statement.concept);
        if answers(message, topic, statement.concept) {
            match statement.polarity {
                // 息苦しさは減りました
                Polarity::Said if is_said_to_be_better(message, statement) => votes.no = true,
                Polarity::Said => {
                    votes.yes = true;
                    breathless_sign |= traits.sign.is_some();
                }
                Polarity::Denied | Polarity::Over => votes.no = true,
                Polarity::Unsure => votes.doubt = true,
            }
            continue;
        }
        match (traits.course, statement.polarity) {
            (Some(Course::Fine | Course::Better), Polarity::Said) if asks_symptom => {
                votes.no = true;
                votes.well = true;
            }
            (Some(Course::Fine), Polarity::Said) if asked == Asked::Signs => {
                votes.no = true;
                votes.well = true;
            }
            // "No, I am fine" is a no, "I am fine" answers nothing.
            (Some(Course::Fine | Course::Better), Polarity::Said) if asked == Asked::Else => {
                votes.beside = true;
                votes.well = true;
            }
            // 咳は悪化 is no answer to a question for the breath.
            (Some(Course::Worse), _) if is_of_another_symptom(message, topic, statement) => votes.beside = true,
            (Some(Course::Worse), Polarity::Said) if asks_symptom => votes.yes = true,
            (Some(Course::Worse), Polarity::Denied) if asks_symptom => votes.no = true,
            (Some(Course::Same), Polarity::Said) if message.lexicon.key(statement.concept) == "as-before" => {
                votes.as_before = true;
            }
            (Some(Course::Same), Polarity::Said) => votes.same = true,
            (Some(_), _) => votes.doubt = true,
            (None, Polarity::Unsure) => votes.doubt = true,
            (None, _) => votes.beside = true,
        }
    }
    breathless_sign
}
