//! What stands in a filter: values of which one must hold, spans of numbers, names. Each can only be made right.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

/// Values of which one must hold: at least one, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOf<T>(Vec<T>);

impl<T: PartialEq> OneOf<T> {
    /// One value.
    #[must_use]
    pub fn one(value: T) -> Self {
        Self(vec![value])
    }

    /// These values, each once, in their order; `None` when there is none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut kept = Vec::new();
        for value in values {
            if !kept.contains(&value) {
                kept.push(value);
            }
        }
        (!kept.is_empty()).then_some(Self(kept))
    }
}

impl<T> Deref for OneOf<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + PartialEq> Deserialize<'de> for OneOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::deserialize(deserializer)?;
        Self::new(values).ok_or_else(|| serde::de::Error::custom("the list is empty: name at least one value"))
    }
}

/// Whole numbers from one to another, both included, or from one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SpanFields")]
pub struct Span {
    from: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpanFields {
    from: u16,
    to: Option<u16>,
}

impl TryFrom<SpanFields> for Span {
    type Error = String;

    fn try_from(SpanFields { from, to }: SpanFields) -> Result<Self, String> {
        match to {
            None => Ok(Self::from(from)),
            Some(to) => Self::new(from, to).ok_or_else(|| format!("from {from} to {to} is nothing: turn them round")),
        }
    }
}

impl Span {
    /// From one number to another, both included; `None` when the second is lower.
    #[must_use]
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from <= to).then_some(Self { from, to: Some(to) })
    }

    /// Whether it lies in the span.
    #[must_use]
    pub fn contains(self, number: u16) -> bool {
        self.from <= number && self.to.is_none_or(|to| number <= to)
    }
}

impl From<u16> for Span {
    /// This number or more.
    fn from(from: u16) -> Self {
        Self { from, to: None }
    }
}

impl std::fmt::Display for Span {
    /// `5`, `5-7` or `5+`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to {
            Some(to) if to == self.from => write!(f, "{to}"),
            Some(to) => write!(f, "{}-{to}", self.from),
            None => write!(f, "{}+", self.from),
        }
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no number of days; write 5, 5-7 (both included) or 5+ (five or more)");
        let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
        if let Some(from) = text.strip_suffix('+') {
            return Ok(Self::from(number(from)?));
        }
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Self::try_from(SpanFields { from: number(from)?, to: Some(number(to)?) })
    }
}

/// How long a tag or a login may be, in characters.
const LONGEST_NAME: usize = 64;

/// A tag or a login: 1 to 64 characters, none of them for control, no blank at its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err("the name is empty".to_owned());
        }
        if trimmed.chars().count() > LONGEST_NAME || trimmed.chars().any(char::is_control) {
            return Err(format!("a tag or a login has at most {LONGEST_NAME} characters, on one line"));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

impl Name {
    /// As it was entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
