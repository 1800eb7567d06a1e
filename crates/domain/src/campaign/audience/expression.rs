//! Audiences as staff type them and read them back: `silent and risk high`. What a filter takes is
//! [`super::Audience::matches`]'s business.
//!
//! | written | takes |
//! |---|---|
//! | `everybody` | everybody |
//! | `waiting`, `silent`, `answering` (or `in-progress`), `partial`, `finished`, `finished-late`, `never-asked` | whoever is so far in the round; also `round silent, partial` |
//! | `severity red, orange` | one of these; also `green`, `unknown` |
//! | `risk high` | `high`, `standard`, `low` |
//! | `language vi, ne` | by language tag |
//! | `place home` | `home`, `hotel`, `facility`, `hospital` |
//! | `owner sato`, `owner nobody` | whose call somebody owns, by login |
//! | `tag "call again"` | by tag |
//! | `day 5`, `day 5-7`, `day 5+` | by the day of observation |
//! | `silent-days 2+` | by the days of silence in a row |
//! | `id 123456, 234567` | by HER-SYS ID |
//! | `not-finished-today`, `silent-two-days`, `high-risk-silent` | the presets |
//!
//! They are joined by `and`, `or` and `not` and by parentheses; `and` beside `or` needs parentheses, since people read
//! it both ways. Words may be typed in any case and width; what is in quotation marks is taken as it is.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::{Audience, DEEPEST, IdList, Name, OneOf, Preset, RoundWord, Span};
use crate::campaign::field_error::FieldError;
use crate::dialog::diagnostics::did_you_mean;
use crate::language::Language;
use crate::patient::{PlaceOfStay, RiskTier};
use crate::severity::Severity;

/// The words that a filter begins with, and an example of each.
const KEYS: [(&str, &str); 10] = [
    ("round", "round silent, partial"),
    ("severity", "severity red, orange"),
    ("risk", "risk high"),
    ("language", "language vi, ne"),
    ("place", "place home"),
    ("owner", "owner nobody"),
    ("tag", "tag \"call again\""),
    ("day", "day 5-7"),
    ("silent-days", "silent-days 2+"),
    ("id", "id 123456, 234567"),
];

/// The words that join filters.
const JOINING: [&str; 3] = ["and", "or", "not"];

/// Stands for no owner.
const NOBODY: &str = "nobody";
/// What people say for `answering`.
const IN_PROGRESS: &str = "in-progress";

const SEVERITIES: [Severity; 4] = [Severity::Red, Severity::Orange, Severity::Green, Severity::Unknown];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A word, in lower case and plain width.
    Word(String),
    /// What stood between quotation marks.
    Quoted(String),
    Open,
    Close,
    Comma,
}

/// A token and its first character, counted from 1.
#[derive(Debug)]
struct Placed {
    token: Token,
    at: usize,
    /// The word as it was typed, in plain width: logins and tags keep their case.
    typed: String,
}

fn fault(at: usize, message: impl Into<String>) -> FieldError {
    FieldError::new("audience", message).at(at)
}

/// Whether a character ends a word.
fn is_mark(character: char) -> bool {
    character.is_whitespace() || mark(character).is_some() || is_quote(character)
}

fn mark(character: char) -> Option<Token> {
    match character {
        '(' | '（' => Some(Token::Open),
        ')' | '）' => Some(Token::Close),
        ',' | '，' | '、' => Some(Token::Comma),
        _ => None,
    }
}

const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '＂')
}

fn tokens(text: &str) -> Result<Vec<Placed>, FieldError> {
    let mut found = Vec::new();
    let mut characters = (1..).zip(text.chars()).peekable();
    while let Some((at, character)) = characters.next() {
        let (token, typed) = if character.is_whitespace() {
            continue;
        } else if let Some(mark) = mark(character) {
            (mark, character.to_string())
        } else if is_quote(character) {
            let mut inside = String::new();
            loop {
                match characters.next() {
                    Some((_, '\\')) => inside.extend(characters.next().map(|(_, escaped)| escaped)),
                    Some((_, end)) if is_quote(end) => break,
                    Some((_, other)) => inside.push(other),
                    None => return Err(fault(at, "the quotation mark is not closed")),
                }
            }
            (Token::Quoted(inside.clone()), inside)
        } else {
            let mut word = character.to_string();
            while let Some((_, next)) = characters.next_if(|(_, next)| !is_mark(*next)) {
                word.push(next);
            }
            let typed: String = word.nfkc().collect();
            (Token::Word(typed.to_lowercase()), typed)
        };
        found.push(Placed { token, at, typed });
    }
    Ok(found)
}

struct Parser<'t> {
    tokens: &'t [Placed],
    /// One past the last character.
    end: usize,
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Option<&'t Placed> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.first().map(|placed| &placed.token)
    }

    fn here(&self) -> usize {
        self.tokens.first().map_or(self.end, |placed| placed.at)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        if is_it {
            self.next();
        }
        is_it
    }

    /// Filters joined by one word.
    fn joined(&mut self, depth: usize) -> Result<Audience, FieldError> {
        let first = self.negated(depth)?;
        let Some(joining) = JOINING[..2].iter().copied().find(|word| self.takes_word(word)) else { return Ok(first) };
        let mut parts = vec![first, self.negated(depth)?];
        while self.takes_word(joining) {
            parts.push(self.negated(depth)?);
        }
        let here = self.here();
        if JOINING[..2].iter().any(|word| self.takes_word(word)) {
            return Err(fault(here, "`and` and `or` side by side are read both ways")
                .hint("put parentheses around what belongs together: silent and (risk high or day 5+)"));
        }
        Ok(if joining == "and" { Audience::All(parts) } else { Audience::Any(parts) })
    }

    fn negated(&mut self, depth: usize) -> Result<Audience, FieldError> {
        if depth == 0 {
            return Err(fault(self.here(), format!("filters are nested more than {DEEPEST} deep")));
        }
        if self.takes_word("not") {
            return Ok(self.negated(depth - 1)?.negated());
        }
        if self.peek() == Some(&Token::Open) {
            let from = self.here();
            self.next();
            let inside = self.joined(depth - 1)?;
            return match self.next() {
                Some(Placed { token: Token::Close, .. }) => Ok(inside),
                Some(other) => Err(unexpected(other)),
                None => Err(fault(from, "this parenthesis is not closed")),
            };
        }
        self.filter()
    }

    fn filter(&mut self) -> Result<Audience, FieldError> {
        let end = self.end;
        let Some(Placed { token, at, .. }) = self.next() else {
            return Err(fault(end, "a filter is missing here").hint("such as `silent`, `risk high` or `day 5+`"));
        };
        let at = *at;
        let word = match token {
            Token::Word(word) => word.clone(),
            Token::Quoted(text) => {
                return Err(fault(at, "a filter is missing before what is in quotation marks")
                    .hint(format!("for a tag, write `tag {}`", quoted(text))));
            }
            Token::Open | Token::Close | Token::Comma => {
                return Err(fault(at, "a filter is missing here").hint("such as `silent`, `risk high` or `day 5+`"));
            }
        };
        if let Some(alone) = alone(&word) {
            return Ok(alone);
        }
        match word.as_str() {
            "round" => Ok(Audience::Round(self.keyed(&word, &round_words(), round_word)?)),
            "severity" => {
                let all = SEVERITIES.map(Severity::key);
                let of = |word: &str| SEVERITIES.into_iter().find(|one| one.key() == word);
                Ok(Audience::Severity(self.keyed(&word, &all, of)?))
            }
            "risk" => {
                let all: Vec<_> = RiskTier::ALL.iter().map(|one| one.key()).collect();
                Ok(Audience::Risk(self.keyed(&word, &all, RiskTier::from_key)?))
            }
            "place" => {
                let all: Vec<_> = PlaceOfStay::ALL.iter().map(|one| one.key()).collect();
                Ok(Audience::Place(self.keyed(&word, &all, PlaceOfStay::from_key)?))
            }
            "language" => {
                let all = Language::ALL.map(Language::tag);
                Ok(Audience::Language(self.keyed(&word, &all, |word| word.parse().ok())?))
            }
            "owner" => self
                .values(&word, |value| match &value.token {
                    Token::Word(word) if word == NOBODY => Ok(None),
                    _ => name(value).map(Some),
                })
                .map(Audience::Owner),
            "tag" => self.values(&word, name).map(Audience::Tag),
            "day" => self.span().map(Audience::Day),
            "silent-days" => self.span().map(Audience::SilentDays),
            "id" => {
                let at = self.here();
                let ids = self.list(&word)?.into_iter().map(|value| value.typed.clone()).collect::<Vec<_>>();
                IdList::new(ids).map(Audience::Id).map_err(|message| fault(at, message))
            }
            _ => Err(unknown(&word, at)),
        }
    }

    /// Values between commas.
    fn list(&mut self, key: &str) -> Result<Vec<&'t Placed>, FieldError> {
        let mut values = Vec::new();
        loop {
            let here = self.here();
            let value = match self.tokens.split_first() {
                Some((value, rest)) if is_value(value) => {
                    self.tokens = rest;
                    value
                }
                _ => {
                    let example = KEYS.iter().find(|(one, _)| *one == key).map_or("", |(_, example)| *example);
                    return Err(
                        fault(here, format!("a value of `{key}` is missing here")).hint(format!("such as `{example}`"))
                    );
                }
            };
            values.push(value);
            match self.tokens.split_first() {
                Some((comma, rest)) if comma.token == Token::Comma => self.tokens = rest,
                _ => return Ok(values),
            }
        }
    }

    fn values<T: PartialEq>(
        &mut self,
        key: &str,
        read: impl Fn(&Placed) -> Result<T, FieldError>,
    ) -> Result<OneOf<T>, FieldError> {
        let at = self.here();
        let values = self.list(key)?.into_iter().map(read).collect::<Result<Vec<T>, _>>()?;
        OneOf::new(values).ok_or_else(|| fault(at, format!("a value of `{key}` is missing here")))
    }

    /// Values of which there is a closed list.
    fn keyed<T: PartialEq>(
        &mut self,
        key: &str,
        all: &[&'static str],
        of: impl Fn(&str) -> Option<T>,
    ) -> Result<OneOf<T>, FieldError> {
        self.values(key, |value| {
            let word = value.typed.to_lowercase();
            of(&word).ok_or_else(|| {
                let hint = match did_you_mean(&word, all.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("possible here: {}", all.join(", ")),
                };
                fault(value.at, format!("`{}` is no value of `{key}`", value.typed)).hint(hint)
            })
        })
    }

    fn span(&mut self) -> Result<Span, FieldError> {
        let here = self.here();
        match self.next() {
            Some(value) if is_value(value) => value.typed.parse().map_err(|message: String| fault(here, message)),
            _ => Err(fault(here, "a number of days is missing here").hint("such as 5, 5-7 or 5+")),
        }
    }
}

/// Whether it can be a value: the words that join filters cannot, unless they are in quotation marks.
fn is_value(placed: &Placed) -> bool {
    match &placed.token {
        Token::Word(word) => !JOINING.contains(&word.as_str()),
        Token::Quoted(_) => true,
        Token::Open | Token::Close | Token::Comma => false,
    }
}

fn name(value: &Placed) -> Result<Name, FieldError> {
    Name::try_from(value.typed.clone()).map_err(|message| fault(value.at, message))
}

/// What a word means that needs no value after it.
fn alone(word: &str) -> Option<Audience> {
    if word == "everybody" {
        return Some(Audience::Everybody);
    }
    let round = round_word(word).map(|word| Audience::Round(OneOf::one(word)));
    round.or_else(|| Preset::from_key(word).map(Preset::audience))
}

fn round_word(word: &str) -> Option<RoundWord> {
    if word == IN_PROGRESS { Some(RoundWord::Answering) } else { RoundWord::from_key(word) }
}

fn round_words() -> Vec<&'static str> {
    RoundWord::ALL.iter().map(|word| word.key()).collect()
}

/// Why a word is no filter, and what it may have been meant to be.
fn unknown(word: &str, at: usize) -> FieldError {
    let fault = fault(at, format!("`{word}` is no filter"));
    let severities = SEVERITIES.map(Severity::key);
    let of_key = [
        ("risk", RiskTier::from_key(word).is_some()),
        ("severity", severities.contains(&word)),
        ("place", PlaceOfStay::from_key(word).is_some()),
        ("language", word.parse::<Language>().is_ok()),
        ("day", word.starts_with(|first: char| first.is_ascii_digit())),
        ("owner", word == NOBODY),
    ];
    if let Some((key, _)) = of_key.into_iter().find(|(_, holds)| *holds) {
        return fault.hint(format!("did you mean `{key} {word}`?"));
    }
    let presets = Preset::ALL.iter().map(|preset| preset.key());
    let known = KEYS.iter().map(|(key, _)| *key).chain(round_words()).chain(presets).chain(["everybody", IN_PROGRESS]);
    match did_you_mean(word, known) {
        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
        None => fault.hint(format!(
            "begin with one of {}, or with how far people are: {}",
            KEYS.map(|(key, _)| key).join(", "),
            round_words().join(", ")
        )),
    }
}

fn unexpected(placed: &Placed) -> FieldError {
    let fault = |message: &str| fault(placed.at, message);
    match &placed.token {
        Token::Close => fault("this parenthesis was never opened"),
        Token::Comma => fault("a comma stands only between values of one filter").hint("such as `risk high, standard`"),
        Token::Word(_) | Token::Quoted(_) | Token::Open => {
            fault("`and` or `or` is missing before this").hint("join filters: silent and risk high")
        }
    }
}

impl FromStr for Audience {
    type Err = FieldError;

    /// Reads what staff typed.
    fn from_str(text: &str) -> Result<Self, FieldError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, end: text.chars().count() + 1 };
        if tokens.is_empty() {
            return Err(fault(1, "the audience is empty").hint("for everybody, write `everybody`"));
        }
        let audience = parser.joined(DEEPEST)?;
        if let Some(more) = parser.next() {
            return Err(unexpected(more));
        }
        // Presets stand for filters of their own.
        audience.check()?;
        Ok(audience)
    }
}

impl fmt::Display for Audience {
    /// As staff read and type it. Reading it gives the same audience, except that a list of one filter is that filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("everybody"),
            Self::Round(words) => match &**words {
                [word] => f.write_str(word.key()),
                words => write_list(f, "round", words.iter().map(|word| word.key().to_owned())),
            },
            Self::Severity(values) => write_list(f, "severity", values.iter().map(|one| one.key().to_owned())),
            Self::Risk(values) => write_list(f, "risk", values.iter().map(|one| one.key().to_owned())),
            Self::Language(values) => write_list(f, "language", values.iter().map(ToString::to_string)),
            Self::Place(values) => write_list(f, "place", values.iter().map(|one| one.key().to_owned())),
            Self::Owner(logins) => {
                let written = |login: &Option<Name>| match login {
                    None => NOBODY.to_owned(),
                    Some(login) if login.as_str().to_lowercase() == NOBODY => quoted(login),
                    Some(login) => plain_or_quoted(login),
                };
                write_list(f, "owner", logins.iter().map(written))
            }
            Self::Tag(tags) => write_list(f, "tag", tags.iter().map(|tag| plain_or_quoted(tag))),
            Self::Day(span) => write!(f, "day {span}"),
            Self::SilentDays(span) => write!(f, "silent-days {span}"),
            Self::Id(list) => write_list(f, "id", list.iter().map(str::to_owned)),
            Self::All(parts) => write_joined(f, " and ", parts),
            Self::Any(parts) => write_joined(f, " or ", parts),
            Self::Not(part) => write!(f, "not {}", Inside(part)),
        }
    }
}

/// A filter among others: in parentheses where it is more than one.
struct Inside<'a>(&'a Audience);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Audience::All(parts) | Audience::Any(parts) => match parts.as_slice() {
                [only] => Inside(only).fmt(f),
                _ => write!(f, "({})", self.0),
            },
            other => other.fmt(f),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, joining: &str, parts: &[Audience]) -> fmt::Result {
    if let [only] = parts {
        return write!(f, "{only}");
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(joining)?;
        }
        write!(f, "{}", Inside(part))?;
    }
    Ok(())
}

fn write_list(f: &mut fmt::Formatter<'_>, key: &str, values: impl Iterator<Item = String>) -> fmt::Result {
    f.write_str(key)?;
    for (index, value) in values.enumerate() {
        f.write_str(if index == 0 { " " } else { ", " })?;
        f.write_str(&value)?;
    }
    Ok(())
}

/// A name as it can be typed: in quotation marks if it would be read as something else without.
fn plain_or_quoted(name: &str) -> String {
    let is_plain = !name.contains(|each: char| is_mark(each) || each == '\\')
        && !JOINING.contains(&name.to_lowercase().as_str())
        && name.nfkc().eq(name.chars());
    if is_plain { name.to_owned() } else { quoted(name) }
}

fn quoted(name: &str) -> String {
    let mut written = String::from('"');
    for character in name.chars() {
        if is_quote(character) || character == '\\' {
            written.push('\\');
        }
        written.push(character);
    }
    written.push('"');
    written
}
