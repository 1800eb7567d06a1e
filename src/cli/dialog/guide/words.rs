//! The words of the guides that are no dialog's: headings, sentences, examples of answers, commands and warning signs,
//! in each language that texts are written in. They are data beside this file; what a missing one would be is an error
//! of the program, which its tests find.

use std::collections::BTreeMap;

use domain::language::Language;
use domain::reply::WarningSign;
use serde::Deserialize;

/// The words of one language.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) title_family: String,
    pub(super) lead: String,
    pub(super) lead_family: String,
    /// What a public health center is called.
    pub(super) center: String,
    /// Which number the texts come from.
    pub(super) number: String,
    pub(super) telephone: String,
    pub(super) night_line: String,
    /// The heading over the questions, and those of their columns.
    pub(super) asked: String,
    pub(super) text: String,
    pub(super) answer: String,
    pub(super) or: String,
    // What an example answers.
    pub(super) not_measured: String,
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) unknown: String,
    pub(super) none: String,
    pub(super) several: String,
    pub(super) one: String,
    pub(super) digits: String,
    pub(super) nothing: String,
    pub(super) words: String,
    pub(super) once: String,
    pub(super) commands: String,
    pub(super) signs: String,
    pub(super) signs_reply: String,
    pub(super) signs_others: String,
    pub(super) times: String,
    pub(super) about_times: Vec<String>,
    pub(super) genuine: String,
    pub(super) about_genuine: Vec<String>,
    pub(super) cost: String,
    pub(super) about_cost: String,
    pub(super) cost_once: String,
    pub(super) family: String,
    pub(super) about_family: Vec<String>,
    pub(super) examples: Examples,
    pub(super) command: Commands,
    /// By the stable keys of the signs.
    pub(super) sign: BTreeMap<String, String>,
}

/// Answers as people type them. Tests run each through the reader.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Examples {
    pub(super) temperature: Vec<String>,
    pub(super) oxygen: Vec<String>,
    pub(super) not_measured: Vec<String>,
    pub(super) yes: Vec<String>,
    pub(super) no: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) none: Vec<String>,
    pub(super) nothing: Vec<String>,
    pub(super) note: Vec<String>,
    /// That somebody is in hospital.
    pub(super) status: String,
}

/// What can be sent at any time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Commands {
    pub(super) back: Command,
    pub(super) repeat: Command,
    pub(super) skip: Command,
    pub(super) callback: Command,
    pub(super) help: Command,
    pub(super) stop: Command,
    pub(super) start: Command,
    pub(super) wrong_number: Command,
}

/// A command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    pub(super) word: String,
    pub(super) means: String,
}

impl Commands {
    /// In the order in which they are shown.
    pub(super) const fn all(&self) -> [&Command; 8] {
        [&self.back, &self.repeat, &self.skip, &self.callback, &self.help, &self.wrong_number, &self.stop, &self.start]
    }
}

/// The 13 signs of the notice, in its order.
pub(super) const SIGNS: [WarningSign; 13] = [
    WarningSign::BadComplexion,
    WarningSign::PurpleLips,
    WarningSign::ActsStrangely,
    WarningSign::FastBreathing,
    WarningSign::SuddenBreathlessness,
    WarningSign::BreathlessOnMoving,
    WarningSign::ChestPain,
    WarningSign::CannotLieDown,
    WarningSign::ShoulderBreathing,
    WarningSign::SuddenWheezing,
    WarningSign::Dazed,
    WarningSign::Clouded,
    WarningSign::IrregularPulse,
];

/// Whether only somebody else can see a sign (DOMAIN.md 1.2).
pub(super) const fn is_seen_by_others(sign: WarningSign) -> bool {
    matches!(sign, WarningSign::BadComplexion | WarningSign::ActsStrangely | WarningSign::Dazed | WarningSign::Clouded)
}

/// The words of a language.
///
/// # Errors
/// For a language without words, and for words that cannot be read: both are faults of the program.
pub(super) fn of(language: Language) -> anyhow::Result<Words> {
    let text = match language {
        Language::Ja => include_str!("words/ja.toml"),
        Language::JaEasy => include_str!("words/ja-easy.toml"),
        Language::En => include_str!("words/en.toml"),
        Language::ZhHans => include_str!("words/zh-Hans.toml"),
        Language::ZhHant => include_str!("words/zh-Hant.toml"),
        Language::Ko => include_str!("words/ko.toml"),
        Language::Vi => include_str!("words/vi.toml"),
        Language::Ne => include_str!("words/ne.toml"),
        Language::Tl => include_str!("words/tl.toml"),
        Language::Hi => anyhow::bail!("there is no guide in `{language}`: no texts are written in it"),
    };
    Ok(toml::from_str(text)?)
}
