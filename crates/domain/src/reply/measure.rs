//! Temperature and oxygen saturation: one number that fits, with nothing in the text that speaks against it.

use super::lexicon::Kind as SymptomKind;
use super::meaning::{DenialAnswer, Label, Meaning, Unit};
use super::message::{Message, is_nothing};
use super::normalise::is_latin;
use super::not_measured::without_number;
use super::tokens::{Kind, Number, glued};
use super::{Doubt, Reading, WarningSign, WarningSigns};
use crate::observation::{OxygenSaturation, Temperature, Value};

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Temperature,
    Oxygen,
}

/// What a number of the text is for the quantity in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// A value: tenths of a degree, or percent.
    Value {
        /// Tenths of °C, or percent.
        value: u16,
        /// Whether its form says what it is, by a unit, a label or a decimal.
        solid: bool,
    },
    /// What a value may have been meant by; must be confirmed.
    Hint(u16),
    /// A number of another kind, as its label or unit says.
    Other,
    /// A number of another kind, as its form says: 36.5 is no oxygen value. Counts if nothing else does.
    Foreign,
    /// A number that fits nothing here.
    Stray,
    /// Something that looks like a number and is none.
    Broken,
}

/// Reads a body temperature in °C.
pub(super) fn temperature(message: &Message) -> Reading {
    read(message, Quantity::Temperature).0
}

/// Reads an oxygen saturation in percent, and whether it raises [`WarningSign::VeryLowOxygen`].
pub(super) fn oxygen(message: &Message) -> (Reading, WarningSigns) {
    read(message, Quantity::Oxygen)
}

fn read(message: &Message, quantity: Quantity) -> (Reading, WarningSigns) {
    let none = WarningSigns::NONE;
    let finds = finds(message, quantity);
    let mut values: Vec<(usize, u16, bool)> = Vec::new();
    let (mut hint, mut hints, mut strays, mut foreign, mut broken) = (None, 0, 0, 0, false);
    for (at, found) in &finds {
        match *found {
            Found::Value { value, solid } => values.push((*at, value, solid)),
            Found::Hint(value) => {
                hint = Some(value);
                hints += 1;
            }
            Found::Stray => strays += 1,
            Found::Foreign => foreign += 1,
            Found::Broken => broken = true,
            Found::Other => {}
        }
    }
    // A labelled value wins over unlabelled ones: 98% 72. The same value twice is one.
    if quantity == Quantity::Oxygen && values.iter().filter(|(_, _, solid)| *solid).count() == 1 {
        values.retain(|(_, _, solid)| *solid);
        strays = 0;
    }
    // "I'm 68 and my temp is 37.9": what cannot be a temperature is none beside one that is named as such.
    if quantity == Quantity::Temperature
        && hints == 0
        && matches!(values[..], [(at, _, _)] if label_before(message, at) == Some(Label::Temperature))
    {
        strays = 0;
    }
    if values.is_empty() {
        strays += foreign;
    }
    let stray = strays > 0;
    values.dedup_by_key(|(_, value, _)| *value);
    let value = |value: u16| as_value(quantity, value);

    let [(at, only, solid)] = values[..] else {
        if values.len() > 1 {
            return (ambiguous(None, Doubt::Several), none);
        }
        if broken || hint.is_some() {
            let candidate = if broken || hints > 1 { None } else { hint.and_then(value) };
            return (ambiguous(candidate, Doubt::Implausible), none);
        }
        if stray {
            return (Reading::Invalid(Doubt::Implausible), none);
        }
        return (without_number(message), none);
    };
    let low = quantity == Quantity::Oxygen && only < 80;
    let mut signs = none;
    // Two unlabelled numbers are two questions, not an alarm; one alone is.
    if low && !stray {
        signs.insert(WarningSign::VeryLowOxygen);
    }
    let doubt = if broken || stray || hint.is_some() {
        Some(Doubt::Several)
    } else {
        doubts(message, quantity, at, only, solid)
    };
    // One value among a row of numbers: a report in one line, or anything.
    let candidate = if strays > 1 { None } else { value(only) };
    match (doubt, candidate) {
        (None, Some(value)) if !low => (Reading::Value(value), signs),
        (doubt, candidate) => (ambiguous(candidate, doubt.unwrap_or(Doubt::Implausible)), signs),
    }
}

fn ambiguous(candidate: Option<Value>, doubt: Doubt) -> Reading {
    Reading::Ambiguous { candidate, doubt }
}

fn as_value(quantity: Quantity, value: u16) -> Option<Value> {
    match quantity {
        Quantity::Temperature => Temperature::from_tenths(value).map(Value::Temperature),
        Quantity::Oxygen => {
            u8::try_from(value).ok().and_then(OxygenSaturation::from_percent).map(Value::OxygenSaturation)
        }
    }
}

/// What in the text speaks against the one value at token `at`.
fn doubts(message: &Message, quantity: Quantity, at: usize, value: u16, solid: bool) -> Option<Doubt> {
    let tokens = &message.tokens;
    let mut unknown_before = false;
    let mut unknown = false;
    // 35.1でした。低いですか？ asks about the value: what is asked in a later sentence does not touch it.
    let sentence_end = (at + 1..tokens.len()).find(|end| {
        matches!(tokens[*end].kind, Kind::Mark('。' | '.' | '!' | '\n'))
            && !matches!(tokens.get(*end + 1).map(|token| token.kind), None | Some(Kind::Number(_)))
    });
    let asked_later = |place: usize| solid && sentence_end.is_some_and(|end| end < place);
    for (place, kind) in message.words() {
        match kind {
            Kind::Word(Meaning::Question) if asked_later(place) => {}
            // "36.4, father does not answer": what another person has is told beside the value.
            Kind::Word(Meaning::Person) if solid && place > at && is_told_of_a_person(message, place) => {}
            Kind::Word(
                Meaning::Vague
                | Meaning::Range
                | Meaning::Maybe
                | Meaning::Sometimes
                | Meaning::Except
                | Meaning::Unknown,
            ) => return Some(Doubt::Vague),
            // "No chest pain or fever" leaves no choice between two values.
            Kind::Word(Meaning::Or) if !is_between_statements(message, place) => return Some(Doubt::Vague),
            Kind::Word(
                Meaning::Usual
                | Meaning::Person
                | Meaning::Question
                | Meaning::Correction
                | Meaning::NearCommand
                | Meaning::Complaint
                | Meaning::NotTaken
                | Meaning::NotYet
                | Meaning::Acknowledge
                | Meaning::Wish,
            ) => return Some(Doubt::Unclear),
            // 36.5 हजुर: behind the value it is politeness.
            Kind::Word(Meaning::Yes) if place > at && solid | is_last_word(message, place) => {}
            Kind::Word(Meaning::Yes) => return Some(Doubt::Unclear),
            // 37度ちょっと, but not 37度、ちょっと咳.
            Kind::Word(Meaning::Little) if weakens_a_number(message, place) => return Some(Doubt::Vague),
            // 95以上, but not "95 以上です", which ends the message.
            Kind::Word(Meaning::Unit(Unit::Bound)) if glued(&message.folded, tokens, place) => {
                return Some(Doubt::Vague);
            }
            Kind::Word(Meaning::Past | Meaning::DayTime | Meaning::LongAgo) if is_past(message, at, place) => {
                return Some(Doubt::Unclear);
            }
            Kind::Unknown => {
                unknown = true;
                unknown_before |= place < at;
            }
            _ => {}
        }
    }
    // 37度手前: an unknown word grown onto a reading may be a bound or another unit.
    let end = (at + 1..tokens.len()).find(|behind| {
        !matches!(
            tokens[*behind].kind,
            Kind::Word(Meaning::Unit(_)) | Kind::Number(_) | Kind::Mark('.' | ',' | '。' | '、' | '・' | '°')
        )
    });
    if end.is_some_and(|end| {
        tokens[end].kind == Kind::Unknown
            && glued(&message.folded, tokens, end)
            && !matches!(tokens[end - 1].kind, Kind::Mark(_))
    }) {
        return Some(Doubt::Unclear);
    }
    // "37 degrees xyz": a whole number may be half of something.
    let whole = match quantity {
        Quantity::Temperature => value.is_multiple_of(10) && !has_decimals(message, at),
        Quantity::Oxygen => false,
    };
    if whole && end.is_some_and(|end| tokens[end].kind == Kind::Unknown) {
        return Some(Doubt::Unclear);
    }
    // A denial right behind the number may be of the number.
    let behind = (at + 1..tokens.len()).find(|behind| {
        !matches!(
            tokens[*behind].kind,
            Kind::Word(Meaning::Unit(_) | Meaning::Filler) | Kind::Number(_) | Kind::Mark('.' | '。' | '°')
        )
    });
    let denied = message.statements.loose.iter().any(|(loose, answer)| {
        Some(*loose) == behind && !matches!(answer, DenialAnswer::NothingWrong | DenialAnswer::NothingElse)
    });
    let asked = tokens.iter().enumerate().any(|(at, token)| token.kind == Kind::Mark('?') && !asked_later(at));
    if message.statements.stray_denial || denied || asked {
        return Some(Doubt::Unclear);
    }
    if message.denies(DenialAnswer::No) {
        return Some(Doubt::Unclear);
    }
    // 38+
    if tokens[at..].iter().any(|token| token.kind == Kind::Mark('+')) {
        return Some(Doubt::Vague);
    }
    // 37~38; but 36.5도요~ only draws the last syllable.
    let drawn = |at: usize| {
        let behind = tokens.get(at + 1).map(|token| token.kind);
        let word = at > 0 && matches!(tokens[at - 1].kind, Kind::Word(word) if !matches!(word, Meaning::Unit(_)));
        let wave = at > 1 && tokens[at - 1].kind == Kind::Mark('~') && matches!(tokens[at - 2].kind, Kind::Word(_));
        (word || wave) && !matches!(behind, Some(Kind::Number(_) | Kind::Broken))
    };
    let waved = tokens.iter().enumerate().any(|(at, token)| token.kind == Kind::Mark('~') && !drawn(at));
    if waved || message.has_mark('<') || message.has_mark('>') {
        return Some(Doubt::Vague);
    }
    // Unknown words beside a bare number may be its unit or its name; beside a full reading they are a remark.
    let first = tokens.iter().position(|token| !is_nothing(token.kind));
    if unknown && !solid && (unknown_before || first != Some(at)) {
        return Some(Doubt::Unclear);
    }
    None
}

/// Whether what is named last in the text is a symptom, and it is said behind a person that it may be of. A person alone
/// behind a value may be whose value it is.
fn is_told_of_a_person(message: &Message, person: usize) -> bool {
    let behind = &message.tokens[person + 1..];
    let numbers = behind.iter().any(|token| matches!(token.kind, Kind::Number(_) | Kind::Broken));
    let told = message.statements.near(person + 1, message.tokens.len()).any(|statement| {
        let traits = message.lexicon.traits(statement.concept);
        traits.sign.is_some() || traits.breathless || traits.kind == SymptomKind::Symptom
    });
    told && !numbers
}

/// Whether nothing that says something follows a token.
fn is_last_word(message: &Message, place: usize) -> bool {
    message.tokens[place + 1..].iter().all(|token| is_nothing(token.kind))
}

/// Whether "a little" is said of a number: 37度ちょっと, but not 37度、ちょっと咳 or 37度 咳も少し.
fn weakens_a_number(message: &Message, little: usize) -> bool {
    let says = |kind: &Kind| !matches!(kind, Kind::Word(Meaning::Filler | Meaning::Only));
    let behind = message.tokens[little + 1..].iter().map(|token| token.kind).find(says);
    let before = message.tokens[..little].iter().rev().map(|token| token.kind).find(says);
    let of_statement = matches!(
        behind,
        Some(Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_) | Meaning::Persist | Meaning::Gone))
    );
    let of_number = match before {
        Some(Kind::Number(_) | Kind::Word(Meaning::Unit(_))) | None => true,
        // 93です。少し低いです is not about the number.
        Some(Kind::Mark('.' | '・' | ',')) if glued(&message.folded, &message.tokens, little) => true,
        Some(Kind::Mark(_)) => message.tokens[little + 1..]
            .iter()
            .all(|token| matches!(token.kind, Kind::Mark(_) | Kind::Word(Meaning::Courtesy))),
        _ => false,
    };
    !of_statement && (of_number || matches!(behind, Some(Kind::Number(_))))
}

/// Whether a word stands between two things that are named.
fn is_between_statements(message: &Message, at: usize) -> bool {
    let says = |kind: &Kind| !matches!(kind, Kind::Word(Meaning::Filler | Meaning::Little));
    let named = |kind: Option<Kind>| {
        matches!(kind, Some(Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_) | Meaning::Denial(_))))
    };
    named(message.tokens[at + 1..].iter().map(|token| token.kind).find(says))
        && named(message.tokens[..at].iter().rev().map(|token| token.kind).find(says))
}

/// Whether a word for another time governs the number: the nearest time word before it does, and one right
/// behind it.
fn is_past(message: &Message, number: usize, past: usize) -> bool {
    if past < number {
        return !message.tokens[past..number].iter().any(|token| token.kind == Kind::Word(Meaning::Now));
    }
    message.tokens[number + 1..past].iter().all(|token| {
        matches!(
            token.kind,
            Kind::Number(_)
                | Kind::Word(Meaning::Unit(_) | Meaning::Filler)
                | Kind::Mark('.' | ',' | '。' | '、' | '°')
        )
    })
}

/// Every number of the text, judged: (index of its first token, what it is).
fn finds(message: &Message, quantity: Quantity) -> Vec<(usize, Found)> {
    let mut finds = Vec::new();
    let mut at = 0;
    while at < message.tokens.len() {
        // 8/12 36.9: a date beside a reading.
        if is_date(message, at) && numbers(message) > 2 {
            at += 3;
            continue;
        }
        match message.tokens[at].kind {
            Kind::Number(_) if is_grown_onto_a_name(message, at) => {
                finds.push((at, Found::Broken));
                at += 1;
            }
            Kind::Number(number) => {
                let (found, used) = match quantity {
                    Quantity::Temperature => temperature_at(message, at, number),
                    Quantity::Oxygen => oxygen_at(message, at, number),
                };
                finds.push((at, found));
                let other = found == Found::Other && label_before(message, at) == Some(Label::Other);
                at += used;
                if other {
                    at = rest_of_a_pair(message, at, &mut finds);
                }
            }
            Kind::Broken => {
                finds.push((at, Found::Broken));
                at += 1;
            }
            _ => at += 1,
        }
    }
    finds
}

/// Whether a number is written together with a word in Latin letters that names something else than what is measured:
/// chest98F, cough37. Nobody knows what such a number counts.
fn is_grown_onto_a_name(message: &Message, at: usize) -> bool {
    let Some(Kind::Word(Meaning::Mention(concept) | Meaning::Predicate(concept))) =
        at.checked_sub(1).map(|before| message.tokens[before].kind)
    else {
        return false;
    };
    message.lexicon.traits(concept).label.is_none()
        && glued(&message.folded, &message.tokens, at)
        && message.folded.text[..message.tokens[at].start].ends_with(is_latin)
}

/// 140/90 behind "blood pressure" is of one kind, up to the second number; where a second one only follows, nobody
/// knows what it is. Returns the index behind the pair.
fn rest_of_a_pair(message: &Message, at: usize, finds: &mut Vec<(usize, Found)>) -> usize {
    let joined = match message.tokens.get(at).map(|token| token.kind) {
        Some(
            Kind::Mark('/' | '-' | '~' | '・' | ',' | '、' | '.')
            | Kind::Word(Meaning::Filler | Meaning::And | Meaning::Vague | Meaning::Past),
        ) => at + 1,
        _ => at,
    };
    if number_at(message, joined).is_none() || !matches!(unit_at(message, joined + 1), None | Some(Unit::Count)) {
        return at;
    }
    finds.push((joined, if joined == at { Found::Broken } else { Found::Other }));
    joined + 1
}

/// Whether decimals stand behind the number at `at`, in figures.
fn has_decimals(message: &Message, at: usize) -> bool {
    decimals(message, at).is_some()
        || (unit_at(message, at + 1) == Some(Unit::Degree) && number_at(message, at + 2).is_some())
}

fn is_date(message: &Message, at: usize) -> bool {
    let within = |at: usize, last: u32| number_at(message, at).is_some_and(|part| (1..=last).contains(&part.value));
    // 8/12, and 13/8 where the day comes first.
    message.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Mark('/'))
        && ((within(at, 12) && within(at + 2, 31)) || (within(at, 31) && within(at + 2, 12)))
}

fn numbers(message: &Message) -> usize {
    message.tokens.iter().filter(|token| matches!(token.kind, Kind::Number(_))).count()
}

/// The label in front of a token.
fn label_before(message: &Message, at: usize) -> Option<Label> {
    for token in message.tokens[..at].iter().rev().take(5) {
        match token.kind {
            Kind::Word(Meaning::Label(label)) => return Some(label),
            Kind::Word(Meaning::Mention(concept)) => return message.lexicon.traits(concept).label,
            Kind::Word(Meaning::Filler | Meaning::Now) | Kind::Mark(':' | '=' | '-' | '・' | '.') => {}
            Kind::Word(Meaning::Unit(Unit::Percent)) => {}
            _ => break,
        }
    }
    label_behind(message, at)
}

/// The label behind a whole number, if nothing follows it that it could announce: 36.7 temp, 98 oxygen.
fn label_behind(message: &Message, at: usize) -> Option<Label> {
    let kind = |at: usize| message.tokens.get(at).map(|token| token.kind);
    let Some(Kind::Word(Meaning::Label(label))) = kind(at + 1) else { return None };
    matches!(kind(at + 2), None | Some(Kind::Mark(',' | '、' | ';' | '\n'))).then_some(label)
}

fn number_at(message: &Message, at: usize) -> Option<Number> {
    match message.tokens.get(at)?.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

fn unit_at(message: &Message, at: usize) -> Option<Unit> {
    match message.tokens.get(at)?.kind {
        Kind::Word(Meaning::Unit(unit)) => Some(unit),
        Kind::Mark('°') => Some(Unit::Degree),
        _ => None,
    }
}

/// How two numbers are joined to a decimal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// 37.5, 37。5, 37,5, 37・5, 37 point 5
    Point,
    /// 37 5
    Space,
    /// 37-5, 37:5, 37/5, 37*5: perhaps a decimal point on a keypad without one.
    Doubtful,
}

/// The decimal part behind the number at `at`: how it is joined, its number, its index.
fn decimals(message: &Message, at: usize) -> Option<(Joint, Number, usize)> {
    let tokens = &message.tokens;
    let tight = |at: usize| glued(&message.folded, tokens, at);
    match tokens.get(at + 1)?.kind {
        Kind::Number(number) if !tight(at + 1) => Some((Joint::Space, number, at + 1)),
        Kind::Word(Meaning::Unit(Unit::Point)) => {
            number_at(message, at + 2).map(|number| (Joint::Point, number, at + 2))
        }
        Kind::Mark(mark @ ('.' | ',' | '。' | '・' | '、')) => {
            // 37..5 is one slip of the thumb; 37...5 is more than that.
            let second =
                if tokens.get(at + 2).map(|token| token.kind) == Some(Kind::Mark(mark)) { at + 3 } else { at + 2 };
            let number = number_at(message, second)?;
            let spaced = !tight(at + 1) || !tight(second);
            // "37, 5" is a list; "37. 5" is a slip.
            if spaced && mark != '.' {
                return None;
            }
            Some((Joint::Point, number, second))
        }
        Kind::Mark('-' | ':' | '/' | '*' | '\'' | '_') if tight(at + 1) && tight(at + 2) => {
            number_at(message, at + 2).map(|number| (Joint::Doubtful, number, at + 2))
        }
        _ => None,
    }
}

fn temperature_at(message: &Message, at: usize, number: Number) -> (Found, usize) {
    let label = label_before(message, at);
    let labelled = label == Some(Label::Temperature);
    let (mut found, used) = temperature_form(message, at, number, labelled);
    // साढे ३६: a half more.
    if at > 0 && message.tokens[at - 1].kind == Kind::Word(Meaning::AndHalf) {
        found = match found {
            Found::Value { value, .. } if value % 10 == 0 && value < 420 => {
                Found::Value { value: value + 5, solid: true }
            }
            _ => Found::Broken,
        };
    }
    let behind = unit_at(message, at + used);
    // "36.5 3回" counts nothing with the 36.5.
    let behind =
        behind.filter(|unit| *unit != Unit::Count || used == 1 || glued(&message.folded, &message.tokens, at + used));
    let other = matches!(label, Some(Label::Oxygen | Label::Pulse | Label::Other))
        || matches!(behind, Some(Unit::Percent | Unit::Beats | Unit::Count | Unit::Ordinal));
    if other {
        let unit = usize::from(matches!(behind, Some(Unit::Percent | Unit::Beats | Unit::Count | Unit::Ordinal)));
        return (Found::Other, used + unit);
    }
    (found, used)
}

fn temperature_form(message: &Message, at: usize, number: Number, labelled: bool) -> (Found, usize) {
    let whole = number.value;
    if number.zero_led {
        return (Found::Stray, 1);
    }
    // 37度5分, 37度5, 37度半, 37度
    if unit_at(message, at + 1) == Some(Unit::Degree) {
        let mut end = at + 2;
        // ° and C, 度 and C
        while matches!(unit_at(message, end), Some(Unit::Degree)) {
            end += 1;
        }
        if unit_at(message, end) == Some(Unit::Fahrenheit) {
            return (fahrenheit(u64::from(whole) * 10), end + 1 - at);
        }
        if unit_at(message, end) == Some(Unit::Half) {
            return (spoken(whole, 5), end + 1 - at);
        }
        let point = usize::from(matches!(
            message.tokens.get(end).map(|token| token.kind),
            Some(Kind::Mark('.') | Kind::Word(Meaning::And))
        ));
        if let Some(tenths) = number_at(message, end + point) {
            let behind = end + point + 1;
            let with_unit = unit_at(message, behind) == Some(Unit::Tenth);
            let near = with_unit
                || glued(&message.folded, &message.tokens, end + point)
                || !matches!(decimals(message, end + point), Some((Joint::Point, _, _)));
            if tenths.value <= 9 && tenths.digits <= 1 && near {
                let used = behind + usize::from(with_unit) - at;
                // 37度5分5厘
                if number_at(message, at + used).is_some_and(|_| glued(&message.folded, &message.tokens, at + used)) {
                    return (Found::Broken, used + 1);
                }
                return (spoken(whole, tenths.value), used);
            }
            if with_unit {
                return (Found::Broken, behind + 1 - at);
            }
            if glued(&message.folded, &message.tokens, end + point) {
                return (Found::Broken, behind - at);
            }
        }
        // 36ど8ふん: minutes grown onto degrees are tenths, or nobody knows what.
        if message.tokens.get(end).is_some_and(|token| token.kind == Kind::Aside)
            && glued(&message.folded, &message.tokens, end)
        {
            return (Found::Broken, end + 1 - at);
        }
        return (spoken(whole, 0), end - at);
    }
    if unit_at(message, at + 1) == Some(Unit::Fahrenheit) {
        return (fahrenheit(u64::from(whole) * 10), 2);
    }
    if unit_at(message, at + 1) == Some(Unit::Half) {
        return (spoken(whole, 5), 2);
    }
    // A point and no number behind it.
    if unit_at(message, at + 1) == Some(Unit::Point) && decimals(message, at).is_none() {
        return (Found::Broken, 2);
    }
    if let Some((joint, part, part_at)) = decimals(message, at) {
        let used = part_at + 1 - at;
        if joint == Joint::Space {
            let plain = (34..=41).contains(&whole)
                && number.digits == 2
                && part.digits == 1
                && !matches!(
                    unit_at(message, part_at + 1),
                    Some(Unit::Percent | Unit::Beats | Unit::Count | Unit::Ordinal)
                )
                && decimals(message, part_at).is_none()
                && others_are_absent(message, at, part_at);
            if plain {
                return (
                    Found::Value { value: tenths(whole, part.value), solid: true },
                    used + degree(message, at + used),
                );
            }
        } else {
            return (decimal(message, at, number, joint, part, part_at, labelled), used + degree(message, at + used));
        }
    }
    (bare(number, labelled), 1)
}

/// Whether the two tokens are the only numbers of the text.
fn others_are_absent(message: &Message, one: usize, other: usize) -> bool {
    message
        .tokens
        .iter()
        .enumerate()
        .all(|(at, token)| at == one || at == other || !matches!(token.kind, Kind::Number(_) | Kind::Broken))
}

/// How many units of temperature stand at `at`.
fn degree(message: &Message, at: usize) -> usize {
    (at..).take_while(|at| matches!(unit_at(message, *at), Some(Unit::Degree | Unit::Fahrenheit))).count()
}

/// A number with a decimal part.
fn decimal(
    message: &Message,
    at: usize,
    number: Number,
    joint: Joint,
    part: Number,
    part_at: usize,
    labelled: bool,
) -> Found {
    let whole = number.value;
    // A third part: 37.5.8.
    if matches!(decimals(message, part_at), Some((Joint::Point | Joint::Doubtful, _, _))) {
        return Found::Broken;
    }
    // One decimal, or a second one that is zero.
    let tenth = match (part.digits, part.value) {
        (0 | 1, value @ 0..=9) => Some(value),
        (2, value) if value % 10 == 0 => Some(value / 10),
        _ => None,
    };
    let fahrenheit_unit =
        (part_at + 1..).map_while(|at| unit_at(message, at)).take(3).any(|unit| unit == Unit::Fahrenheit);
    match (whole, tenth) {
        (_, Some(tenth)) if fahrenheit_unit => fahrenheit(u64::from(whole) * 10 + u64::from(tenth)),
        (34..=42, Some(tenth)) if whole < 42 || tenth == 0 => {
            let value = tenths(whole, tenth);
            match joint {
                // A comma may part two answers where two are possible; it may not here.
                Joint::Point | Joint::Space => Found::Value { value, solid: true },
                Joint::Doubtful => Found::Hint(value),
            }
        }
        (34..=42, None) => Found::Broken,
        // 30 left out: 6.5
        (4..=9, Some(tenth)) if labelled || at == 0 => Found::Hint(tenths(whole + 30, tenth)),
        (93..=107, Some(tenth))
            if matches!(fahrenheit(u64::from(whole) * 10 + u64::from(tenth)), Found::Value { .. }) =>
        {
            match fahrenheit(u64::from(whole) * 10 + u64::from(tenth)) {
                Found::Value { value, .. } => Found::Hint(value),
                other => other,
            }
        }
        _ => Found::Stray,
    }
}

/// A number without decimals, unit or anything.
fn bare(number: Number, labelled: bool) -> Found {
    let value = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    match (number.digits, number.value) {
        // 365: the point is on another page of the keypad.
        (3, whole @ 340..=420) => Found::Hint(value(whole)),
        (0 | 2, whole @ 34..=42) => Found::Value { value: value(whole * 10), solid: labelled },
        // 3650
        (4, whole @ 3400..=4200) => Found::Hint(value(whole / 10)),
        _ => Found::Stray,
    }
}

/// Degrees and tenths as they are spoken: the 30 may be left out.
fn spoken(whole: u32, tenth: u32) -> Found {
    match whole {
        34..=41 => Found::Value { value: tenths(whole, tenth), solid: true },
        42 if tenth == 0 => Found::Value { value: 420, solid: true },
        4..=9 => Found::Value { value: tenths(whole + 30, tenth), solid: true },
        340..=420 if tenth == 0 => Found::Hint(u16::try_from(whole).unwrap_or(u16::MAX)),
        _ => Found::Stray,
    }
}

fn tenths(whole: u32, tenth: u32) -> u16 {
    u16::try_from(whole.saturating_mul(10).saturating_add(tenth)).unwrap_or(u16::MAX)
}

/// Tenths of a degree Fahrenheit as tenths of a degree Celsius, rounded half up.
fn fahrenheit(tenths_f: u64) -> Found {
    let Some(above) = tenths_f.checked_sub(320) else { return Found::Stray };
    match u16::try_from((above * 10 + 9) / 18).ok().and_then(Temperature::from_tenths) {
        Some(value) => Found::Value { value: value.tenths(), solid: true },
        None => Found::Stray,
    }
}

fn oxygen_at(message: &Message, at: usize, number: Number) -> (Found, usize) {
    let label = label_before(message, at);
    if at > 0 && message.tokens[at - 1].kind == Kind::Word(Meaning::AndHalf) {
        return (Found::Broken, 1);
    }
    let mut used = 1;
    let mut broken_value = false;
    if let Some((joint @ (Joint::Point | Joint::Doubtful), part, part_at)) = decimals(message, at) {
        // 98.0 is 98; other decimals are no oxygen value. "98、72" and 98/72 are two numbers.
        let point = matches!(
            message.tokens[at + 1].kind,
            Kind::Mark('.' | '・' | '。') | Kind::Word(Meaning::Unit(Unit::Point))
        );
        let comma = matches!(message.tokens[at + 1].kind, Kind::Mark(',' | '、')) && part.digits == 1;
        if joint == Joint::Point && (point || comma) {
            used = part_at + 1 - at;
            broken_value =
                part.value != 0 || decimals(message, part_at).is_some_and(|(joint, _, _)| joint == Joint::Point);
        }
    }
    let percent = unit_at(message, at + used) == Some(Unit::Percent);
    match label {
        Some(Label::Pulse | Label::Other) if !percent => {
            return (Found::Other, used + usize::from(unit_at(message, at + used) == Some(Unit::Beats)));
        }
        Some(Label::Temperature) => return (Found::Other, used + degree(message, at + used)),
        _ => {}
    }
    match unit_at(message, at + used) {
        Some(Unit::Beats | Unit::Count | Unit::Ordinal) => return (Found::Other, used + 1),
        Some(Unit::Degree | Unit::Fahrenheit) => {
            // 36度5分, of which nothing may be left over.
            let (_, form) = temperature_form(message, at, number, false);
            return (Found::Other, form.max(used + 1));
        }
        _ => {}
    }
    used += usize::from(percent);
    let value = number.value;
    let solid = percent || label == Some(Label::Oxygen);
    if broken_value {
        // 36.5 beside a percentage is the temperature.
        if (34..=42).contains(&value) && decimals(message, at).is_some_and(|(_, part, _)| part.digits == 1) {
            return (Found::Foreign, used);
        }
        let tenth_of_fraction = value == 0;
        let near = (80..=100).contains(&value);
        return (if near || tenth_of_fraction { Found::Broken } else { Found::Stray }, used);
    }
    let found = match value {
        _ if number.zero_led => Found::Broken,
        50..=100 => Found::Value { value: u16::try_from(value).unwrap_or(u16::MAX), solid },
        // 9 8
        0..=9 if used == 1 && number_at(message, at + 1).is_some_and(|next| next.digits == 1) => Found::Broken,
        _ => Found::Stray,
    };
    (found, used)
}
