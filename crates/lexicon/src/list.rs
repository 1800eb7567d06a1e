//! One file of words, as a person edits it: headings (`[section]` and key) with words under them, and the endings that
//! they share. Which headings there are is fixed here; what they mean to a reader is not known.

use crate::pattern::{Endings, Pattern, PatternError};

/// The section that lists endings instead of words.
const ENDINGS: &str = "endings";

/// In front of a word: it counts only where the text has the same marks (`=đúng`).
pub(crate) const EXACT: char = '=';

/// The sections of a list, and the keys that each may have. The keys of `concept` and `predicate` are the concepts of
/// `rules.toml`, those of `number` are 0 to 100.
pub const HEADINGS: [(&str, &[&str]); 9] = [
    ("answer", &["yes", "unknown", "maybe", "sometimes", "gesture", "little"]),
    (
        "denial",
        &[
            "no",
            "no-before",
            "no-after",
            "none",
            "none-before",
            "none-after",
            "nothing-wrong",
            "nothing-wrong-before",
            "nothing-wrong-after",
            "nothing-else",
            "nothing-else-before",
            "nothing-else-after",
            "not-before",
            "not-after",
        ],
    ),
    ("state", &["present", "persist", "gone"]),
    ("measure", &["temperature", "oxygen", "pulse", "other", "clock", "device", "not-taken", "not-yet", "still"]),
    (
        UNIT,
        &[
            "degree",
            "tenth",
            "half",
            "fahrenheit",
            "percent",
            "beats",
            "hour",
            "minute",
            "half-day",
            "day",
            "month",
            "year",
            "count",
            "ordinal",
            "point",
            "ago",
            "bound",
        ],
    ),
    (
        "grammar",
        &[
            "filler",
            "and",
            "or",
            "but",
            "and-half",
            "only",
            "only-not",
            "except",
            "all",
            "courtesy",
            "acknowledge",
            "vague",
            "range",
            "now",
            "past",
            "day-time",
            "long-ago",
            "usual",
            "person",
            "question",
            "measuring",
            "remark",
            "wish",
        ],
    ),
    (
        COMMAND,
        &[
            "stop",
            "start",
            "help",
            "back",
            "repeat",
            "skip",
            "callback",
            "wrong-number",
            "who",
            "correction",
            "near",
            COMPLAINT,
        ],
    ),
    ("language", &["ja", "ja-easy", "en", "zh-Hans", "zh-Hant", "ko", "vi", "ne", "tl", "hi"]),
    (ENDINGS, &[]),
];

/// Words that count only directly behind a number.
pub(crate) const UNIT: &str = "unit";
/// Words that steer the conversation.
pub(crate) const COMMAND: &str = "command";
/// The one key of [`COMMAND`] that is no command by itself.
pub(crate) const COMPLAINT: &str = "complaint";
/// Words that name a concept.
pub(crate) const CONCEPT: &str = "concept";
/// Words that name a concept and end the statement.
pub(crate) const PREDICATE: &str = "predicate";
/// Numbers in words.
pub(crate) const NUMBER: &str = "number";

/// A list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    /// The name of its file, for messages.
    pub file: String,
    /// What is listed, ordered by section and key.
    pub headings: Vec<Heading>,
    endings: Endings,
}

/// The words under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Such as `concept`.
    pub section: String,
    /// Such as `cough`.
    pub key: String,
    /// As written, with braces and marks.
    pub words: Vec<String>,
}

impl WordList {
    /// Reads a file of words. Whether the headings are known is for [`compile`](crate::compile) to say.
    ///
    /// # Errors
    /// One sentence for each mistake, with the name of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<String>> {
        let table: toml::Table = text.parse().map_err(|error| vec![format!("{file}: {error}")])?;
        let mut list = Self { file: file.to_owned(), headings: Vec::new(), endings: Endings::new() };
        let mut mistakes = Vec::new();
        for (section, keys) in &table {
            let Some(keys) = keys.as_table() else {
                mistakes.push(format!("{file}: `{section}` stands outside of a [section]"));
                continue;
            };
            for (key, words) in keys {
                let words = words.as_array().and_then(|words| {
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
                });
                match words {
                    None => mistakes.push(format!("{file}: {section}.{key} is no list of strings")),
                    Some(words) if section == ENDINGS => drop(list.endings.insert(key.clone(), words)),
                    Some(words) => list.headings.push(Heading { section: section.clone(), key: key.clone(), words }),
                }
            }
        }
        if mistakes.is_empty() { Ok(list) } else { Err(mistakes) }
    }

    /// Takes a word of the list apart.
    ///
    /// # Errors
    /// When it is no pattern.
    pub fn pattern<'a>(&'a self, written: &'a str) -> Result<Pattern<'a>, PatternError> {
        Pattern::parse(written, &self.endings)
    }

    /// Whether a word as written in the list stands for one that folds to `folded`, with marks or without.
    #[must_use]
    pub fn spells(&self, written: &str, folded: &str) -> bool {
        let Ok(pattern) = self.pattern(written) else { return false };
        pattern.spells(folded) || (written.contains(EXACT) && pattern.spells(&format!("{EXACT}{folded}")))
    }
}

/// What can be named, as `rules.toml` lists it under `concepts`.
///
/// # Errors
/// When the file cannot be read so.
pub fn concepts(rules: &str) -> Result<Vec<String>, String> {
    let table: toml::Table = rules.parse().map_err(|error| format!("rules.toml: {error}"))?;
    let list = table.get("concepts").and_then(toml::Value::as_array);
    let strings = list.and_then(|list| list.iter().map(|key| key.as_str().map(str::to_owned)).collect());
    strings.ok_or_else(|| "rules.toml: `concepts` is no list of strings".to_owned())
}

/// Whether there is such a heading, where `concepts` are the things that can be named.
pub(crate) fn is_heading(section: &str, key: &str, concepts: &[String]) -> bool {
    match section {
        CONCEPT | PREDICATE => concepts.iter().any(|known| known == key),
        NUMBER => key.parse().is_ok_and(|number: u8| number <= 100 && number.to_string() == key),
        _ => HEADINGS.iter().any(|(known, keys)| *known == section && keys.contains(&key)),
    }
}
