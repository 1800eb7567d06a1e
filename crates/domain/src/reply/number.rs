//! Numbers that answer nothing, put out of the way: clock times, dates, counts, telephone numbers; numbers in
//! several words, put together; and numbers that are not to be trusted. What a number answers is the readers'.

use super::lexicon::LEXICON;
use super::meaning::{Label, Meaning, Unit};
use super::normalise::{Folded, is_latin};
use super::tokens::{Kind, Number, Token, compose, glued};

/// Rewrites the tokens of a text.
pub(super) fn settle(folded: &Folded, tokens: &[Token]) -> Vec<Token> {
    let tokens = join_words(folded, tokens);
    let mut settled: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let (kind, used) = match tokens[at].kind {
            // 3日前 is another time; 3日前から, "since", is a count.
            Kind::Number(_) if unit_at(&tokens, at + 1) == Some(Unit::Ago) => (Kind::Word(Meaning::Past), 2),
            Kind::Number(number) if is_dose(folded, &tokens, at, number) || is_clock(folded, &tokens, at, number) => {
                (Kind::Aside, 1)
            }
            Kind::Number(number) => aside(folded, &tokens, at, number)
                .map_or_else(|| (trusted(folded, &tokens, at, number), 1), |used| (Kind::Aside, used)),
            Kind::Mark('+') if telephone(folded, &tokens, at + 1).is_some() => {
                (Kind::Aside, 1 + telephone(folded, &tokens, at + 1).unwrap_or(0))
            }
            kind => (kind, 1),
        };
        settled.push(Token { kind, start: tokens[at].start, end: tokens[at + used - 1].end });
        at += used;
    }
    settled
}

fn number_at(tokens: &[Token], at: usize) -> Option<Number> {
    match tokens.get(at)?.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

fn unit_at(tokens: &[Token], at: usize) -> Option<Unit> {
    match tokens.get(at)?.kind {
        Kind::Word(Meaning::Unit(unit)) => Some(unit),
        _ => None,
    }
}

fn mark_at(tokens: &[Token], at: usize) -> Option<char> {
    match tokens.get(at)?.kind {
        Kind::Mark(mark) => Some(mark),
        _ => None,
    }
}

/// Puts numbers in words together: "ninety" "eight" is 98, "chín" "mươi" "tám" too; other words stay alone.
fn join_words(folded: &Folded, tokens: &[Token]) -> Vec<Token> {
    let value = |token: &Token| match token.kind {
        Kind::Word(Meaning::Number(value)) => Some(u32::from(value)),
        _ => None,
    };
    let mut joined = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let Some(first) = value(&tokens[at]) else {
            joined.push(tokens[at]);
            at += 1;
            continue;
        };
        let hyphen =
            |at: usize| mark_at(tokens, at) == Some('-') && glued(folded, tokens, at) && glued(folded, tokens, at + 1);
        let second_at = if hyphen(at + 1) { at + 2 } else { at + 1 };
        let second = tokens.get(second_at).and_then(value);
        let third = tokens.get(second_at + 1).and_then(value);
        let (total, used) = match (first, second, third) {
            (1..=9, Some(10), Some(third @ 1..=9)) => (compose([first, 10, third].into_iter()), second_at + 2 - at),
            (1..=9, Some(power @ (10 | 100)), _) => (compose([first, power].into_iter()), second_at + 1 - at),
            (20 | 30 | 40 | 50 | 60 | 70 | 80 | 90, Some(second @ 1..=9), _) => {
                (Some(first + second), second_at + 1 - at)
            }
            (10, Some(second @ 1..=9), _) => (Some(10 + second), second_at + 1 - at),
            _ => (None, 1),
        };
        let (value, used) = total.map_or((first, 1), |total| (total, used));
        joined.push(Token {
            kind: Kind::Number(Number { value, digits: 0, zero_led: false, circle: false }),
            start: tokens[at].start,
            end: tokens[at + used - 1].end,
        });
        at += used;
    }
    joined
}

/// Whether the number at `at` has decimals behind it, or is the decimals of one before it.
fn has_decimals(folded: &Folded, tokens: &[Token], at: usize) -> bool {
    let joined = |mark: usize| {
        matches!(mark_at(tokens, mark), Some('.' | ',' | '・' | '。' | '、'))
            && glued(folded, tokens, mark)
            && glued(folded, tokens, mark + 1)
    };
    (joined(at + 1) && number_at(tokens, at + 2).is_some())
        || (at >= 2 && joined(at - 1) && number_at(tokens, at - 2).is_some())
}

/// カロナール500 names a strength, "2 paracetamol" a count: what stands beside a medicine and is no reading.
fn is_dose(folded: &Folded, tokens: &[Token], at: usize, number: Number) -> bool {
    let medicine = |at: usize| match tokens.get(at)?.kind {
        Kind::Word(Meaning::Mention(concept)) => (concept == LEXICON.medicine).then_some(()),
        _ => None,
    };
    if has_decimals(folded, tokens, at) {
        return false;
    }
    let strength = number.value > 100 && at > 0 && medicine(at - 1).is_some();
    // "Took 2 paracetamol"; in "1 薬を飲みました" the 1 is an answer.
    let word = tokens[..at].iter().rev().map(|token| token.kind).find(|kind| *kind != Kind::Word(Meaning::Filler));
    let behind_a_word = matches!(word, Some(Kind::Word(Meaning::Remark | Meaning::And)));
    let count = behind_a_word && (1..=9).contains(&number.value) && number.digits <= 1 && medicine(at + 1).is_some();
    strength || count
}

/// "At 7": a word says that the number is a time of the clock.
fn is_clock(folded: &Folded, tokens: &[Token], at: usize, number: Number) -> bool {
    number.value <= 24
        && at > 0
        && matches!(tokens[at - 1].kind, Kind::Word(Meaning::Label(Label::Clock)))
        && !(matches!(mark_at(tokens, at + 1), Some(':' | '.')) && glued(folded, tokens, at + 2))
        && !matches!(unit_at(tokens, at + 1), Some(Unit::HalfDay | Unit::Hour))
}

/// How many tokens from `at` on are a time, a date, a count or a telephone number, if they are one.
fn aside(folded: &Folded, tokens: &[Token], at: usize, number: Number) -> Option<usize> {
    if let Some(used) = telephone(folded, tokens, at) {
        return Some(used);
    }
    let tight = |at: usize| glued(folded, tokens, at);
    if is_full_date(folded, tokens, at) {
        return Some(5);
    }
    // 7:30, 7:30:15, 7:30 am
    if number.value < 25 && mark_at(tokens, at + 1) == Some(':') && tight(at + 1) && tight(at + 2) {
        let minutes = number_at(tokens, at + 2).filter(|minutes| minutes.digits == 2 && minutes.value < 60);
        if minutes.is_some() {
            let mut used = 3;
            if mark_at(tokens, at + 3) == Some(':') && number_at(tokens, at + 4).is_some() {
                used = 5;
            }
            if unit_at(tokens, at + used) == Some(Unit::HalfDay) {
                used += 1;
            }
            return Some(used);
        }
    }
    // 7.30 am
    if number.value < 25
        && matches!(mark_at(tokens, at + 1), Some('.'))
        && number_at(tokens, at + 2).is_some()
        && unit_at(tokens, at + 3) == Some(Unit::HalfDay)
    {
        return Some(4);
    }
    // 36.5円 is one number, of something.
    let decimal = at >= 2
        && matches!(mark_at(tokens, at - 1), Some('.' | ',' | '・'))
        && tight(at)
        && tight(at - 1)
        && number_at(tokens, at - 2).is_some_and(|whole| whole.value >= 20);
    if decimal {
        return None;
    }
    let mut used = 2;
    match unit_at(tokens, at + 1)? {
        Unit::HalfDay | Unit::Count | Unit::Day => {
            if unit_at(tokens, at + used) == Some(Unit::Count) {
                used += 1;
            }
            Some(used)
        }
        Unit::Hour if number.value < 25 => {
            if number_at(tokens, at + 2).is_some_and(|minutes| minutes.value < 60)
                && matches!(unit_at(tokens, at + 3), Some(Unit::Minute | Unit::Tenth))
            {
                used = 4;
            } else if unit_at(tokens, at + 2) == Some(Unit::Half)
                || (number_at(tokens, at + 2).is_some_and(|minutes| minutes.digits == 2 && minutes.value < 60)
                    && tight(at + 2)
                    && mark_at(tokens, at + 3) != Some('.'))
            {
                used = 3;
            }
            if unit_at(tokens, at + used) == Some(Unit::HalfDay) {
                used += 1;
            }
            Some(used)
        }
        // 七点 36.5: a clock time where the point would be.
        Unit::Point
            if number.value < 25
                && number_at(tokens, at + 2).is_some_and(|next| (34..=42).contains(&next.value))
                && (matches!(mark_at(tokens, at + 3), Some('.' | '°'))
                    || matches!(unit_at(tokens, at + 3), Some(Unit::Degree | Unit::Point))) =>
        {
            Some(2)
        }
        // 12点吃了退烧药: no decimals follow.
        Unit::Point
            if (1..25).contains(&number.value)
                && !number.zero_led
                && tight(at + 1)
                && matches!(tokens.get(at + 2).map(|token| token.kind), Some(Kind::Word(_)))
                && mark_at(tokens, at.wrapping_sub(1)) != Some('-') =>
        {
            Some(2)
        }
        // 36도 5분: behind degrees it is tenths, as in Japanese.
        Unit::Minute if number.value <= 9 && at > 0 && unit_at(tokens, at - 1) == Some(Unit::Degree) => None,
        // 30分 with no degree before it is a time.
        Unit::Minute => Some(2),
        Unit::Tenth if number.value >= 10 => Some(2),
        Unit::Month if (1..=12).contains(&number.value) => {
            if number_at(tokens, at + 2).is_some_and(|day| (1..=31).contains(&day.value))
                && unit_at(tokens, at + 3) == Some(Unit::Day)
            {
                used = 4;
            }
            Some(used)
        }
        Unit::Year => {
            let mut used = 2;
            if number_at(tokens, at + 2).is_some() && unit_at(tokens, at + 3) == Some(Unit::Month) {
                used = 4;
                if number_at(tokens, at + 4).is_some() && unit_at(tokens, at + 5) == Some(Unit::Day) {
                    used = 6;
                }
            }
            Some(used)
        }
        _ => None,
    }
}

/// 2080/5/12, 2024-05-12, 12.5.2024: a date with its year.
fn is_full_date(folded: &Folded, tokens: &[Token], at: usize) -> bool {
    let mark = mark_at(tokens, at + 1).filter(|mark| matches!(mark, '/' | '-' | '.'));
    if mark.is_none() || mark_at(tokens, at + 3) != mark || !(at + 1..=at + 4).all(|at| glued(folded, tokens, at)) {
        return false;
    }
    let part = |at: usize| number_at(tokens, at).map_or(0, |part| part.value);
    let is_year =
        |at: usize| number_at(tokens, at).is_some_and(|year| year.digits == 4) && (1900..2200).contains(&part(at));
    // The Nepali calendar has months of 32 days.
    let is_day = |at: usize| (1..=32).contains(&part(at));
    let within = |month: usize, day: usize| (1..=12).contains(&part(month)) && is_day(day);
    (is_year(at) && within(at + 2, at + 4)) || (is_year(at + 4) && (within(at + 2, at) || within(at, at + 2)))
}

/// 090-1234-5678, 09012345678, (with the + before it) 81-90-1234-5678.
fn telephone(folded: &Folded, tokens: &[Token], at: usize) -> Option<usize> {
    let first = number_at(tokens, at)?;
    let plus = at > 0 && mark_at(tokens, at - 1) == Some('+') && glued(folded, tokens, at);
    if (first.zero_led && (10..=11).contains(&first.digits)) || (plus && first.digits >= 10) {
        return Some(1);
    }
    if !(plus || first.zero_led) {
        return None;
    }
    let (mut used, mut digits) = (1, first.digits);
    while mark_at(tokens, at + used) == Some('-')
        && glued(folded, tokens, at + used)
        && glued(folded, tokens, at + used + 1)
    {
        let Some(part) = number_at(tokens, at + used + 1) else { break };
        digits = digits.saturating_add(part.digits);
        used += 2;
    }
    (used >= 5 && digits >= 9).then_some(used)
}

/// A number grown together with letters that nobody knows is not to be trusted: 37.O, 3O.5, 37円, g8.
fn trusted(folded: &Folded, tokens: &[Token], at: usize, number: Number) -> Kind {
    let unknown = |at: usize| matches!(tokens.get(at).map(|token| token.kind), Some(Kind::Unknown));
    let behind = unknown(at + 1) && glued(folded, tokens, at + 1);
    let latin_before =
        at > 0 && unknown(at - 1) && glued(folded, tokens, at) && folded.text[..tokens[at].start].ends_with(is_latin);
    // 37.O: a letter where the decimals should be.
    let behind_point = matches!(mark_at(tokens, at + 1), Some('.' | ',' | '・'))
        && unknown(at + 2)
        && glued(folded, tokens, at + 1)
        && glued(folded, tokens, at + 2)
        && folded.text[tokens[at + 2].start..].starts_with(is_latin);
    // A kanji numeral inside an unknown word is part of that word: 一般, 二日酔い.
    let kanji =
        number.digits > 0 && !folded.text[tokens[at].start..].starts_with(|c: char| c.is_ascii_digit() || c == '〇');
    let kanji_before = kanji && at > 0 && unknown(at - 1) && glued(folded, tokens, at);
    if kanji && (behind || kanji_before) {
        return Kind::Unknown;
    }
    if behind || latin_before || behind_point { Kind::Broken } else { Kind::Number(number) }
}
