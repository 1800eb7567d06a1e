//! The languages that patients are written to in, or read in. Not the language of the console.

use serde::{Deserialize, Serialize};

/// A language of texts, by its BCP 47 tag; `ja-easy` (easy Japanese) is our one exception to BCP 47.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Japanese.
    #[serde(rename = "ja")]
    Ja,
    /// Easy Japanese: short sentences, kana.
    #[serde(rename = "ja-easy")]
    JaEasy,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Chinese, simplified.
    #[serde(rename = "zh-Hans")]
    ZhHans,
    /// Chinese, traditional.
    #[serde(rename = "zh-Hant")]
    ZhHant,
    /// Korean.
    #[serde(rename = "ko")]
    Ko,
    /// Vietnamese.
    #[serde(rename = "vi")]
    Vi,
    /// Nepali.
    #[serde(rename = "ne")]
    Ne,
    /// Tagalog.
    #[serde(rename = "tl")]
    Tl,
    /// Hindi: read, not written (DESIGN: no texts are kept in it).
    #[serde(rename = "hi")]
    Hi,
}

impl Language {
    /// Every language, in the order in which staff are offered them.
    pub const ALL: [Self; 10] = [
        Self::Ja,
        Self::JaEasy,
        Self::En,
        Self::ZhHans,
        Self::ZhHant,
        Self::Ko,
        Self::Vi,
        Self::Ne,
        Self::Tl,
        Self::Hi,
    ];

    /// Those that texts are written in: all but the one that is only read (DESIGN.md, section 6).
    pub const WRITTEN: [Self; 9] =
        [Self::Ja, Self::JaEasy, Self::En, Self::ZhHans, Self::ZhHant, Self::Ko, Self::Vi, Self::Ne, Self::Tl];

    /// The tag, as in files, tables and the API.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::JaEasy => "ja-easy",
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::Ko => "ko",
            Self::Vi => "vi",
            Self::Ne => "ne",
            Self::Tl => "tl",
            Self::Hi => "hi",
        }
    }

    /// How many SMS segments one text may take at its longest echo (DESIGN.md, section 6).
    #[must_use]
    pub const fn segment_budget(self) -> u8 {
        match self {
            Self::Vi | Self::Ne | Self::Tl | Self::Hi => 2,
            _ => 1,
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}

/// A tag that names none of our languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language `{0}`: use one of ja, ja-easy, en, zh-Hans, zh-Hant, ko, vi, ne, tl, hi")]
pub struct UnknownLanguage(pub String);

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;

    /// Tags compare without regard to case, as BCP 47 asks.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| UnknownLanguage(text.to_owned()))
    }
}
