//! What an imported dialog says beside the questions that it brings along, in each language that texts are written
//! in. The words are in `stock.toml`; which of them a question needs is [`super::draft`]'s business.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::language::Language;

/// The words of one language.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Stock {
    /// Before the first question of the day, as short as it can be.
    pub(super) opening: String,
    /// Between an option's number and its words.
    pub(super) between: String,
    /// Before a question that is asked again.
    pub(super) again: String,
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) unknown: String,
    /// "None of these".
    pub(super) none: String,
    pub(super) temperature: Measured,
    pub(super) oxygen: Measured,
    pub(super) number: Measured,
    pub(super) identifier: Chosen,
    pub(super) choice: Chosen,
    pub(super) options: Options,
    pub(super) answer: Answer,
    pub(super) note: Note,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Measured {
    pub(super) confirm: String,
    pub(super) value: String,
    pub(super) not_measured: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    pub(super) confirm: String,
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    pub(super) confirm: String,
    pub(super) value: String,
    pub(super) many: String,
    pub(super) none: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) unknown: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) none: String,
}

static STOCK: LazyLock<BTreeMap<Language, Stock>> = LazyLock::new(|| {
    toml::from_str(include_str!("stock.toml")).expect("the words in the program are checked by its tests")
});

/// The words of a language; `None` for one that no texts are written in.
pub(super) fn of(language: Language) -> Option<&'static Stock> {
    STOCK.get(&language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_that_is_written_has_its_words() {
        for language in Language::ALL.into_iter().filter(|language| *language != Language::Hi) {
            assert!(of(language).is_some(), "{language}");
        }
        assert!(of(Language::Hi).is_none());
    }
}
