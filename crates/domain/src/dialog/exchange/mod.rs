//! Dialogs in the formats of others: FHIR R4 Questionnaires ([`questionnaire`]), both ways, and XLSForms
//! ([`xlsform`]), in. Whatever one format says and the other cannot is listed, never dropped in silence. Files and
//! spreadsheets are read elsewhere; here are only their contents.

use std::fmt;

use serde::Serialize;

use super::definition::{Dialog, SourceFile};
use crate::language::Language;

mod draft;
mod json;
mod labels;
mod naming;
pub mod questionnaire;
mod stock;
pub mod xlsform;

/// Something that the one format says and the other cannot, or can only otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Where it stands: `line 12, item temperature`; `survey, row 5, relevant`; `breathing`.
    pub place: String,
    /// What it is, and what became of it.
    pub what: String,
}

impl Loss {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A dialog made from a form that somebody else wrote. Whether it has faults of its own, such as texts that are too
/// long, [`super::load`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// dialog.toml and the texts.
    pub files: Vec<SourceFile>,
    /// What could not be carried over, in the order of the form.
    pub losses: Vec<Loss>,
}

/// What an importer needs beside the form.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// The dialog whose notices are taken: what is said beside the questions, such as the reminder or `call 119`.
    pub model: &'a Dialog,
    /// The language of texts that do not say theirs.
    pub language: Option<Language>,
    /// Take the notices from the dialog of this name that lies beside the new one (`texts-from`), and do not copy them.
    pub texts_from: Option<&'a str>,
}

/// The tag of BCP 47 for a language. `ja-easy` is our own word, and becomes a private-use tag.
const fn bcp47(language: Language) -> &'static str {
    match language {
        Language::JaEasy => "ja-x-easy",
        other => other.tag(),
    }
}

/// The language that a tag names: regions are left out, `fil` is Tagalog, and Chinese without a script is written as
/// its region writes it.
fn language_of(tag: &str) -> Option<Language> {
    let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
    if let Ok(language) = tag.parse::<Language>() {
        return Some(language);
    }
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let has = |wanted: &str| rest.contains(&wanted);
    match primary {
        "ja" if has("easy") => Some(Language::JaEasy),
        "fil" => Some(Language::Tl),
        "zh" if has("hant") || (!has("hans") && (has("tw") || has("hk") || has("mo"))) => Some(Language::ZhHant),
        "zh" => Some(Language::ZhHans),
        other => other.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_others_name_our_languages() {
        for (tag, language) in [
            ("ja-x-easy", Some(Language::JaEasy)),
            ("ja-JP", Some(Language::Ja)),
            ("EN_us", Some(Language::En)),
            ("fil-PH", Some(Language::Tl)),
            ("zh", Some(Language::ZhHans)),
            ("zh-TW", Some(Language::ZhHant)),
            ("zh-Hans-HK", Some(Language::ZhHans)),
            ("zh-hant", Some(Language::ZhHant)),
            ("fr", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(language_of(tag), language, "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(language_of(bcp47(language)), Some(language));
        }
    }
}
