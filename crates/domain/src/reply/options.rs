//! One or several of a list of options, by number or in words; and plain numbers and identifiers.

use super::lexicon::{Course, Kind as SymptomKind};
use super::meaning::{DenialAnswer, Label, Meaning, Unit};
use super::message::{Message, is_nothing};
use super::normalise::Folded;
use super::statement::Polarity;
use super::tokens::{Kind, Number, Token, glued};
use super::{Concept, Doubt, OptionWord, Reading};
use crate::observation::{OptionSet, Value};

/// What a reply picks from a list.
#[derive(Debug, Default)]
struct Picks {
    /// By number.
    numbers: OptionSet,
    /// In words.
    words: OptionSet,
    /// Denied in words.
    denied: OptionSet,
    /// The number 0.
    zero: bool,
    /// Something named that is over.
    over: bool,
    /// Why the picks are not certain, if they are not.
    doubt: Option<Doubt>,
    /// A number that is no option.
    stray: bool,
    /// "Nothing else", or "nothing" behind "except".
    ends: bool,
    /// How it goes, in words.
    course: Option<Course>,
}

/// Reads any number of options; 0 is none of them.
pub(super) fn several(message: &Message, options: &[OptionWord]) -> Reading {
    let picks = picks(message, options);
    let mut chosen = picks.numbers;
    picks.words.iter().for_each(|code| chosen.insert(code));
    // "A cough, nothing else" and "nothing but a cough" name the cough.
    let else_nothing = message.has(|meaning| meaning == Meaning::Except)
        || !(message.denies(DenialAnswer::Nothing) || message.denies(DenialAnswer::NothingWrong));
    let nothing = message.denies_all() && !picks.ends && (chosen.is_empty() || !else_nothing);
    if picks.stray && chosen.is_empty() && !picks.zero {
        return Reading::Invalid(Doubt::Implausible);
    }
    let none_said = picks.zero || nothing;
    let contradiction = ((none_said || message.denies(DenialAnswer::No)) && !chosen.is_empty())
        || (!picks.numbers.is_empty() && picks.words.iter().any(|code| !picks.numbers.contains(code)))
        || picks.denied.iter().any(|code| chosen.contains(code))
        || (picks.over && picks.words.is_empty());
    let doubt = match picks.doubt {
        _ if contradiction => Some(Doubt::Several),
        // 37.5 is not option 5.
        None if picks.stray => Some(Doubt::Implausible),
        None => match picks.course {
            // 1 変わりなし is still 1; "none, same as before" is none or not.
            Some(Course::Same | Course::Worse) if chosen.is_empty() => Some(Doubt::Unclear),
            // 咳は楽になりました: there still, or gone.
            Some(Course::Better) if picks.numbers.is_empty() && !none_said => Some(Doubt::Unclear),
            _ => None,
        },
        doubt => doubt,
    };
    if let Some(doubt) = doubt {
        let candidate = (!contradiction && !chosen.is_empty()).then_some(Value::Options(chosen));
        return Reading::Ambiguous { candidate, doubt };
    }
    if !chosen.is_empty() || none_said || picks.ends {
        return Reading::Value(Value::Options(chosen));
    }
    let well =
        message.statements.standing().any(|statement| message.lexicon.traits(statement.concept).course.is_some());
    if message.denies(DenialAnswer::No) || well || !picks.denied.is_empty() {
        return Reading::Ambiguous { candidate: Some(Value::Options(OptionSet::NONE)), doubt: Doubt::Unclear };
    }
    Reading::Invalid(Doubt::Nothing)
}

/// Reads exactly one option.
pub(super) fn one(message: &Message, options: &[OptionWord]) -> Reading {
    let picks = picks(message, options);
    let mut chosen = picks.numbers;
    picks.words.iter().for_each(|code| chosen.insert(code));
    let single = if chosen.len() == 1 { chosen.iter().next().map(Value::Choice) } else { None };
    let course = picks.course.is_some();
    let zero = picks.zero || course || message.denies_all() || message.denies(DenialAnswer::No);
    match (single, chosen.len()) {
        (_, 2..) => Reading::Ambiguous { candidate: None, doubt: Doubt::Several },
        (Some(value), _) if picks.doubt.is_none() && !zero && picks.denied.is_empty() && !picks.over => {
            Reading::Value(value)
        }
        (candidate @ Some(_), _) => Reading::Ambiguous { candidate, doubt: picks.doubt.unwrap_or(Doubt::Unclear) },
        (None, _) if picks.stray || picks.zero => Reading::Invalid(Doubt::Implausible),
        (None, _) => Reading::Invalid(Doubt::Nothing),
    }
}

fn picks(message: &Message, options: &[OptionWord]) -> Picks {
    let mut picks = Picks::default();
    let doubt = |picks: &mut Picks, doubt: Doubt| {
        picks.doubt.get_or_insert(doubt);
    };
    let tokens = &message.tokens;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Number(number) => number_picks(message, at, number, options, &mut picks),
            Kind::Broken | Kind::Unknown => doubt(&mut picks, Doubt::Unclear),
            // "1 2 4, all of them" names them all once more.
            Kind::Word(Meaning::All) if gathers_numbers(message, at) => {}
            Kind::Word(
                Meaning::Maybe
                | Meaning::Unknown
                | Meaning::Or
                | Meaning::All
                | Meaning::Question
                | Meaning::NearCommand
                | Meaning::Complaint
                | Meaning::Command(_)
                | Meaning::Correction
                | Meaning::Wish
                | Meaning::NotTaken
                | Meaning::NotYet
                | Meaning::LongAgo
                | Meaning::Usual
                | Meaning::Acknowledge
                | Meaning::OnlyNot
                | Meaning::AndHalf,
            ) => doubt(&mut picks, Doubt::Unclear),
            // 咳以外なし is the cough alone.
            Kind::Word(Meaning::Except) => {
                let ends = denies_the_rest(message, at);
                picks.ends |= ends;
                if !ends {
                    doubt(&mut picks, Doubt::Unclear);
                }
            }
            // 夕べ吐きました counts; yesterday's cough may be over.
            Kind::Word(Meaning::Past) if !tells_an_event(message) => doubt(&mut picks, Doubt::Unclear),
            // "1, my wife coughs too", but not "my wife 1".
            Kind::Word(Meaning::Person) if !numbers_are_before(message, at) => doubt(&mut picks, Doubt::Unclear),
            Kind::Word(Meaning::Still) if message.statements.list.is_empty() && numbers(message) == 0 => {
                doubt(&mut picks, Doubt::Unclear);
            }
            Kind::Word(Meaning::Label(label)) if !matches!(label, Label::Temperature | Label::Clock) => {
                doubt(&mut picks, Doubt::Unclear);
            }
            Kind::Word(Meaning::Range) if beside_number(message, at) => doubt(&mut picks, Doubt::Vague),
            Kind::Word(Meaning::Vague) if beside_number(message, at) => doubt(&mut picks, Doubt::Vague),
            // "1 3 以上" ends the message; 3以上 is a bound.
            Kind::Word(Meaning::Unit(Unit::Bound)) if !glued(&message.folded, tokens, at) => {}
            Kind::Word(Meaning::Unit(unit)) if unit != Unit::Ordinal && unit != Unit::Point => {
                doubt(&mut picks, Doubt::Unclear);
            }
            Kind::Mark('-' | '~') if between_numbers(message, at) => doubt(&mut picks, Doubt::Vague),
            // 咳(-)鼻水(+)
            Kind::Mark('-' | '+')
                if at > 0
                    && matches!(tokens[at - 1].kind, Kind::Word(Meaning::Mention(_)))
                    && !names_behind_a_plus(&tokens[at..]) =>
            {
                doubt(&mut picks, Doubt::Unclear);
            }
            Kind::Mark('?') => doubt(&mut picks, Doubt::Unclear),
            _ => {}
        }
    }
    if message.statements.stray_denial {
        doubt(&mut picks, Doubt::Unclear);
    }
    // 食べられていません and the like: something is not, and it is not the symptoms.
    if message
        .statements
        .loose
        .iter()
        .any(|(at, answer)| matches!(answer, DenialAnswer::Nothing) && message.denies_a_remark(*at))
    {
        doubt(&mut picks, Doubt::Unclear);
    }
    // "Nothing" right behind the appetite or the taste may be said of it.
    if message
        .statements
        .loose
        .iter()
        .any(|(at, answer)| matches!(answer, DenialAnswer::Nothing) && is_behind_something_healthy(message, *at))
    {
        doubt(&mut picks, Doubt::Unclear);
    }
    if says_that_one_is_well(message) {
        doubt(&mut picks, Doubt::Unclear);
    }
    if let Some(over) = message.statements.loose_over {
        picks.over = true;
        // 嗓子疼，现在好了: what was named before is over, or not.
        if message.statements.standing().any(|said| said.token < over && said.polarity == Polarity::Said) {
            doubt(&mut picks, Doubt::Unclear);
        }
    }
    picks.ends |= message.statements.loose.iter().any(|(at, answer)| {
        *answer == DenialAnswer::NothingElse
            && tokens[..*at].iter().any(|token| names_an_option(message, token, options))
    });
    for statement in message.statements.standing() {
        let traits = message.lexicon.traits(statement.concept);
        let code = code_of(options, statement.concept);
        match (statement.polarity, code) {
            (Polarity::Said, Some(code)) => picks.words.insert(code),
            // "1,4 胸が痛い": the numbers say what is chosen, and the sign alarms whatever they say.
            (Polarity::Said, None)
                if (traits.sign.is_some() || traits.plain_breathlessness) && !picks.numbers.is_empty() => {}
            (Polarity::Said, None) if traits.sign.is_some() || traits.plain_breathlessness => {
                doubt(&mut picks, Doubt::Unclear);
            }
            (Polarity::Said, None) => match traits.kind {
                SymptomKind::Symptom => match code_of(options, message.lexicon.other_symptom) {
                    Some(code) => picks.words.insert(code),
                    None => doubt(&mut picks, Doubt::Unclear),
                },
                SymptomKind::Unclear => doubt(&mut picks, Doubt::Unclear),
                SymptomKind::Healthy => {}
                SymptomKind::Piece if traits.course.is_some() => picks.course = traits.course,
                SymptomKind::Piece if traits.part || traits.telling => {
                    doubt(&mut picks, Doubt::Unclear);
                }
                SymptomKind::Piece => {}
            },
            (Polarity::Denied, Some(code)) => picks.denied.insert(code),
            (Polarity::Denied, None) if traits.course.is_some() => doubt(&mut picks, Doubt::Unclear),
            (Polarity::Denied, None) => {}
            (Polarity::Over, _) => picks.over = true,
            (Polarity::Unsure, _) => doubt(&mut picks, Doubt::Unclear),
        }
    }
    // 咳も鼻水もない names what is not there; whether that is all is not said.
    if !picks.denied.is_empty()
        && picks.words.is_empty()
        && picks.numbers.is_empty()
        && !picks.zero
        && !message.denies_all()
    {
        doubt(&mut picks, Doubt::Unclear);
    }
    picks
}

/// "Cough + sore throat", but neither 咳(+) nor "cough -".
fn names_behind_a_plus(tokens: &[Token]) -> bool {
    tokens[0].kind == Kind::Mark('+')
        && matches!(
            tokens.get(1).map(|token| token.kind),
            Some(Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_)))
        )
}

/// Whether something that is a symptom when it is denied stands right in front of a token.
fn is_behind_something_healthy(message: &Message, at: usize) -> bool {
    let says = |kind: &Kind| *kind != Kind::Word(Meaning::Filler);
    let before = message.tokens[..at].iter().rev().map(|token| token.kind).find(says);
    matches!(
        before,
        Some(Kind::Word(Meaning::Mention(concept)))
            if message.lexicon.traits(concept).inverse.is_some()
    )
}

/// Whether "is well" stands right behind something named: のどは大丈夫 is no sore throat.
fn says_that_one_is_well(message: &Message) -> bool {
    let mut named: Option<usize> = None;
    // 목이 아프다가 지금은 괜찮아요: "now" may stand in between, and then "was" and a comma too.
    let (mut now, mut apart) = (false, false);
    for (at, token) in message.tokens.iter().enumerate() {
        match token.kind {
            Kind::Word(Meaning::Mention(concept) | Meaning::Predicate(concept)) => {
                let traits = message.lexicon.traits(concept);
                if matches!(traits.course, Some(Course::Fine | Course::Better)) && named.is_some() && (now || !apart) {
                    return true;
                }
                named = (traits.course.is_none() && traits.kind != SymptomKind::Healthy).then_some(at);
                (now, apart) = (false, false);
            }
            Kind::Word(Meaning::Filler) => {}
            Kind::Word(Meaning::Now) => (now, apart) = (true, true),
            Kind::Word(Meaning::Present | Meaning::Past) | Kind::Mark(',' | '、') => apart = true,
            _ => named = None,
        }
    }
    false
}

/// Whether "except" is followed by a denial, or by "is well", of the rest.
fn denies_the_rest(message: &Message, except: usize) -> bool {
    let denied = message.statements.loose.iter().any(|(at, _)| *at > except);
    let fine = message.statements.standing().any(|statement| {
        statement.token > except && message.lexicon.traits(statement.concept).course == Some(Course::Fine)
    });
    denied || fine
}

/// Whether what is told happens at a moment, as vomiting does, so that last night is today's answer.
fn tells_an_event(message: &Message) -> bool {
    let mut said = message.statements.standing().filter(|statement| statement.polarity == Polarity::Said).peekable();
    said.peek().is_some() && said.all(|statement| message.lexicon.traits(statement.concept).event)
}

/// Whether "all" stands right behind several numbers, or several digits run together, and in front of nothing.
fn gathers_numbers(message: &Message, all: usize) -> bool {
    let before = &message.tokens[..all];
    let passed = |token: &&Token| {
        matches!(token.kind, Kind::Word(Meaning::Filler | Meaning::Unit(Unit::Ordinal)) | Kind::Mark(',' | '、'))
    };
    let named = before.iter().rev().find(|token| !passed(token));
    let run = matches!(named.map(|token| token.kind), Some(Kind::Number(number)) if number.digits > 1);
    let behind_number = matches!(named.map(|token| token.kind), Some(Kind::Number(_)));
    let several = run || before.iter().filter(|token| matches!(token.kind, Kind::Number(_))).count() > 1;
    behind_number && several && message.tokens[all + 1..].iter().all(|token| is_nothing(token.kind))
}

/// Whether there are numbers, all of them before `at`, and none of them the person's own: "1 me, 6 my child".
fn numbers_are_before(message: &Message, at: usize) -> bool {
    let number = |token: &Token| matches!(token.kind, Kind::Number(_));
    let before = &message.tokens[..at];
    let Some(first) = before.iter().position(number) else { return false };
    let last = before.iter().rposition(number).unwrap_or(first);
    let filler = |token: &Token| token.kind == Kind::Word(Meaning::Filler);
    let shared_out = before[first..last].iter().any(filler) && before[last + 1..].iter().all(filler);
    !shared_out && !message.tokens[at..].iter().any(number)
}

fn numbers(message: &Message) -> usize {
    message.tokens.iter().filter(|token| matches!(token.kind, Kind::Number(_))).count()
}

fn names_an_option(message: &Message, token: &Token, options: &[OptionWord]) -> bool {
    match token.kind {
        Kind::Number(_) => true,
        Kind::Word(Meaning::Mention(concept) | Meaning::Predicate(concept)) => {
            code_of(options, concept).is_some() || message.lexicon.traits(concept).kind != SymptomKind::Piece
        }
        _ => false,
    }
}

fn code_of(options: &[OptionWord], concept: Concept) -> Option<u8> {
    options.iter().find(|option| option.concept == Some(concept)).map(|option| option.code)
}

fn beside_number(message: &Message, at: usize) -> bool {
    let number = |at: Option<usize>| {
        at.and_then(|at| message.tokens.get(at))
            .is_some_and(|token| matches!(token.kind, Kind::Number(_) | Kind::Word(Meaning::Unit(Unit::Ordinal))))
    };
    number(at.checked_sub(1)) || number(Some(at + 1))
}

fn between_numbers(message: &Message, at: usize) -> bool {
    let number = |at: Option<usize>| {
        at.and_then(|at| message.tokens.get(at)).is_some_and(|token| matches!(token.kind, Kind::Number(_)))
    };
    number(at.checked_sub(1)) && number(Some(at + 1))
}

fn number_picks(message: &Message, at: usize, number: Number, options: &[OptionWord], picks: &mut Picks) {
    let known = |code: u32| options.iter().find(|option| u32::from(option.code) == code).map(|option| option.code);
    let decimal = matches!(message.tokens.get(at + 1).map(|token| token.kind), Some(Kind::Mark('.' | '。')))
        && glued(&message.folded, &message.tokens, at + 1);
    let digits = message.folded.text[message.tokens[at].start..message.tokens[at].end].chars();
    match (number.digits, number.value) {
        // One circle may be the mark for "yes, I have some".
        (_, 0) if number.circle && message.words().count() > 1 => {
            picks.doubt.get_or_insert(Doubt::Unclear);
        }
        (0 | 1, 0) => picks.zero = true,
        (0 | 1, code) => match known(code) {
            Some(code) => picks.numbers.insert(code),
            None => picks.stray = true,
        },
        (2, code) if known(code).is_some() => picks.numbers.insert(known(code).unwrap_or_default()),
        // Looks like a temperature: 37.5, 37, 368.
        (2, 34..=42) if decimal => picks.stray = true,
        (2, 35..=39) | (3, 350..=399) => {
            picks.doubt.get_or_insert(Doubt::Implausible);
        }
        (2..=8, _) => {
            // Digits run together: 135. Ascending, or the same key twice; anything else is another number.
            let codes: Vec<Option<u8>> =
                digits.map(|digit| digit.to_digit(10).filter(|digit| *digit > 0).and_then(known)).collect();
            let ascending = codes.windows(2).all(|pair| pair[0] <= pair[1]);
            if codes.iter().all(Option::is_some) && ascending {
                codes.into_iter().flatten().for_each(|code| picks.numbers.insert(code));
                if codes_repeat(number.value) {
                    picks.doubt.get_or_insert(Doubt::Unclear);
                }
            } else {
                picks.doubt.get_or_insert(Doubt::Implausible);
            }
        }
        _ => {
            picks.doubt.get_or_insert(Doubt::Implausible);
        }
    }
}

/// 11 may be a double press.
fn codes_repeat(mut value: u32) -> bool {
    while value >= 10 {
        if value % 10 == (value / 10) % 10 {
            return true;
        }
        value /= 10;
    }
    false
}

/// Reads a whole number between two bounds.
pub(super) fn number(message: &Message, min: i32, max: i32) -> Reading {
    let mut found: Vec<u32> = Vec::new();
    let mut doubt = None;
    for (at, token) in message.tokens.iter().enumerate() {
        match token.kind {
            Kind::Number(number) => found.push(number.value),
            Kind::Broken | Kind::Unknown => doubt = Some(Doubt::Unclear),
            Kind::Mark('.' | ',') if between_numbers(message, at) => doubt = Some(Doubt::Implausible),
            Kind::Mark('-') if at == 0 || between_numbers(message, at) => doubt = Some(Doubt::Vague),
            Kind::Mark('~' | '<' | '>' | '?') => doubt = Some(Doubt::Vague),
            Kind::Word(meaning) if !is_number_talk(meaning) => doubt = Some(Doubt::Unclear),
            _ => {}
        }
    }
    found.dedup();
    let [value] = found[..] else {
        let doubt = if found.is_empty() { Doubt::Nothing } else { Doubt::Several };
        return if found.is_empty() { Reading::Invalid(doubt) } else { Reading::Ambiguous { candidate: None, doubt } };
    };
    match i32::try_from(value).ok().filter(|value| (min..=max).contains(value)) {
        None => Reading::Invalid(Doubt::Implausible),
        Some(value) => match doubt {
            None => Reading::Value(Value::Number(value)),
            Some(doubt) => Reading::Ambiguous { candidate: Some(Value::Number(value)), doubt },
        },
    }
}

fn is_number_talk(meaning: Meaning) -> bool {
    meaning.is_padding() || matches!(meaning, Meaning::Label(_) | Meaning::Unit(_))
}

/// Reads an identifier of digits: one run, or one run parted by hyphens or spaces.
pub(super) fn identifier(folded: &Folded, min_digits: u8, max_digits: u8) -> Reading {
    let text = &folded.text[..folded.body_end];
    let mut runs: Vec<String> = Vec::new();
    let mut joins = false;
    for c in text.chars() {
        match c {
            '0'..='9' => {
                match runs.last_mut() {
                    Some(run) if joins => run.push(c),
                    _ => runs.push(c.to_string()),
                }
                joins = true;
            }
            '〇' if joins => {
                if let Some(run) = runs.last_mut() {
                    run.push('0');
                }
            }
            '-' | ' ' if joins => {}
            _ => joins = false,
        }
    }
    let fits = |run: &String| (usize::from(min_digits)..=usize::from(max_digits)).contains(&run.len());
    let mut fitting = runs.iter().filter(|run| fits(run));
    let spoilt = text.chars().zip(text.chars().skip(1)).any(|(one, next)| {
        (one.is_ascii_digit() && next.is_ascii_alphabetic()) || (one.is_ascii_digit() && next == '.')
    });
    match (fitting.next(), runs.len()) {
        (None, 0) => Reading::Invalid(Doubt::Nothing),
        (None, _) => Reading::Invalid(Doubt::Implausible),
        (Some(run), 1) if !spoilt => Reading::Value(Value::Identifier(run.as_str().into())),
        (Some(run), 1) => {
            Reading::Ambiguous { candidate: Some(Value::Identifier(run.as_str().into())), doubt: Doubt::Unclear }
        }
        (Some(_), _) => Reading::Ambiguous { candidate: None, doubt: Doubt::Several },
    }
}
