//! What may stand in no text to a patient, whoever writes it: characters that cost dearly or that old phones do not
//! show, and words that say something about a person (P13). How long a text may be is its owner's business.

use std::ops::Range;

use crate::language::Language;
use crate::sms;

/// Words that say what somebody has, or which register they stand in: never in a text (P13).
const PRIVATE_WORDS: [&str; 10] =
    ["covid", "corona", "コロナ", "ころな", "感染", "陽性", "her-sys", "hersys", "新冠", "코로나"];

/// What would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Other characters in place of these.
    Write(&'static str),
    /// In words.
    Words(&'static str),
}

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write(" ") => f.write_str("write a plain space"),
            Self::Write(plain) => write!(f, "write {plain}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

/// Something that may not stand in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Objection {
    /// Where, in bytes of the text.
    pub(crate) at: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right, if that can be said.
    pub(crate) hint: Option<Hint>,
}

/// Everything that may not stand in `text`, which people know as `name`.
pub(crate) fn objections(language: Language, name: &str, text: &str) -> Vec<Objection> {
    let mut found: Vec<Objection> = text
        .char_indices()
        .filter_map(|(at, character)| {
            let (message, hint) = objection(language, name, character)?;
            Some(Objection { at: at..at + character.len_utf8(), message, hint })
        })
        .collect();
    // Letter by letter, so that a place in the one is a place in the other.
    let lower: String = text.chars().map(|each| each.to_lowercase().next().unwrap_or(each)).collect();
    for word in PRIVATE_WORDS {
        let Some(at) = lower.find(word) else { continue };
        let characters = lower[..at].chars().count();
        let from = text.char_indices().nth(characters).map_or(0, |(at, _)| at);
        let to = from + text[from..].chars().take(word.chars().count()).map(char::len_utf8).sum::<usize>();
        found.push(Objection {
            at: from..to,
            message: format!("`{name}` says `{word}`"),
            hint: Some(Hint::Words("a text may lie open on a locked phone: no name, disease or register number in it")),
        });
    }
    found
}

/// What is wrong with a character, and what to write in its place.
fn objection(language: Language, name: &str, character: char) -> Option<(String, Option<Hint>)> {
    let code = u32::from(character);
    if is_latin(language) && sms::gsm_septets(character).is_none() {
        let message = format!(
            "`{character}` (U+{code:04X}) is not in GSM-7: one character turns the whole text to UCS-2, and it then \
             holds 70 units, not 160"
        );
        let hint = plain(character).map_or(Hint::Words("leave it out, or say it in plain letters"), Hint::Write);
        Some((message, Some(hint)))
    } else if code > 0xffff || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{fe0f}' | '\u{200d}') {
        Some((format!("U+{code:04X} in `{name}` is a pictogram: old phones show a box, or nothing"), None))
    } else if character.is_control() && !matches!(character, '\n' | '\r') {
        Some((format!("U+{code:04X} in `{name}` is a control character"), None))
    } else {
        None
    }
}

/// Whether a language is written in letters that GSM-7 has, so that one character outside it costs dearly.
pub(crate) const fn is_latin(language: Language) -> bool {
    matches!(language, Language::En | Language::Tl)
}

/// What to write in GSM-7 in place of a character that word processors put in by themselves.
pub(crate) const fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '`' | '´' | '′' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '–' | '—' | '‐' | '‑' | '−' => "-",
        '…' => "...",
        '\u{a0}' | '\u{3000}' | '\u{202f}' | '\u{2009}' => " ",
        '•' | '·' => "-",
        '°' => "degrees",
        'ç' => "c",
        _ => return None,
    })
}
