//! A dialog in the words of its own files: kinds, conditions, alerts, options, texts with their placeholders. For
//! those who compare dialogs or draw them; the engine needs none of it.

use super::definition::{
    Condition, Dialog, Opening, OptionDefinition, Proof, Question, QuestionKind, ReleaseTest, Test,
};
use super::render::{EchoTexts, LanguageTexts, Notice, Uses};
use super::template::{Piece, Template};
use crate::language::Language;
use crate::severity::Severity;

impl QuestionKind {
    /// The kind, as in dialog.toml: `yes-no`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::OxygenSaturation => "oxygen",
            Self::YesNo { .. } => "yes-no",
            Self::Choice(_) => "choice",
            Self::Options(_) => "options",
            Self::Number { .. } => "number",
            Self::Text => "text",
            Self::Identifier { .. } => "identifier",
        }
    }

    /// The options that it offers.
    #[must_use]
    pub fn options(&self) -> &[OptionDefinition] {
        match self {
            Self::Choice(options) | Self::Options(options) => &options.definitions,
            _ => &[],
        }
    }

    /// The worst alert that an answer can raise in itself. Bounds of measured values are the center's.
    #[must_use]
    pub fn worst_alert(&self) -> Option<Severity> {
        match self {
            Self::YesNo { yes, .. } => *yes,
            _ => self.options().iter().filter_map(|option| option.severity).max(),
        }
    }
}

impl Opening {
    /// As in dialog.toml: `introduction`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Introduction => "introduction",
            Self::Report => "report",
        }
    }
}

impl Proof {
    /// What is proven, and how often that may be tried: `identity in 3 tries`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Number => "number".to_owned(),
            Self::Identity { tries: 1 } => "identity in 1 try".to_owned(),
            Self::Identity { tries } => format!("identity in {tries} tries"),
        }
    }
}

impl ReleaseTest {
    /// As in dialog.toml: `no-fever`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NoFever => "no-fever",
            Self::Eased => "eased",
        }
    }
}

impl Question {
    /// What it takes, in one line: the kind and its bounds.
    #[must_use]
    pub fn kind_in_words(&self) -> String {
        let word = self.kind.word();
        match &self.kind {
            QuestionKind::Number { min, max } => format!("{word} from {min} to {max}"),
            QuestionKind::Identifier { min_digits, max_digits } if min_digits == max_digits => {
                format!("{word} of {min_digits} digits")
            }
            QuestionKind::Identifier { min_digits, max_digits } => {
                format!("{word} of {min_digits} to {max_digits} digits")
            }
            _ => word.to_owned(),
        }
    }
}

impl Dialog {
    /// A condition, as in dialog.toml: `breathing = yes`.
    #[must_use]
    pub fn condition_in_words(&self, condition: &Condition) -> String {
        let question = self.questions.get(usize::from(condition.question));
        let key = question.map_or("?", |question| question.key.as_str());
        match condition.test {
            Test::Yes => format!("{key} = yes"),
            Test::No => format!("{key} = no"),
            Test::Measured => format!("{key} = measured"),
            Test::Chosen(code) => {
                let options = question.map_or(&[][..], |question| question.kind.options());
                match options.iter().find(|option| option.code == code) {
                    Some(option) => format!("{key} = {}", option.key),
                    None => format!("{key} = {code}"),
                }
            }
        }
    }

    /// Every text of a language with its name, as written in its file: `temperature.ask`, `breathing.echo.yes`,
    /// `notices.help`. In the order of asking, notices last; nothing for a language that the dialog does not have.
    #[must_use]
    pub fn texts_by_name(&self, language: Language) -> Vec<(String, String)> {
        let Some(texts) = self.texts.languages.iter().find(|texts| texts.language == language) else {
            return Vec::new();
        };
        named(&self.questions, self.uses(), texts).into_iter().map(|(name, text)| (name, written(text))).collect()
    }
}

fn named<'t>(questions: &[Question], uses: Uses, texts: &'t LanguageTexts) -> Vec<(String, &'t Template)> {
    let mut named = Vec::new();
    for (question, texts) in questions.iter().zip(&texts.questions) {
        let key = &question.key;
        let EchoTexts { value, many, none, yes, no, unknown, not_measured, text } = &texts.echo;
        named.push((format!("{key}.ask"), &texts.ask));
        named.push((format!("{key}.ask-again"), &texts.ask_again));
        named.extend(texts.confirm.as_ref().map(|text| (format!("{key}.confirm"), text)));
        let echoes = [
            ("value", value),
            ("not-measured", not_measured),
            ("many", many),
            ("yes", yes),
            ("no", no),
            ("unknown", unknown),
            ("text", text),
            ("none", none),
        ];
        for (which, echo) in echoes {
            named.extend(echo.as_ref().map(|text| (format!("{key}.echo.{which}"), text)));
        }
    }
    let notices = Notice::ALL.iter().zip(&texts.notices).filter(|(notice, _)| notice.is_used(uses));
    named.extend(notices.map(|(notice, text)| (format!("notices.{}", notice.key()), text)));
    named
}

/// A text as it stands in its file.
fn written(template: &Template) -> String {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.to_string(),
            Piece::Placeholder(placeholder) => format!("{{{}}}", placeholder.word()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{daily, daily_files};
    use super::*;

    #[test]
    fn texts_come_as_they_were_written() {
        let dialog = daily();
        for language in [Language::Ja, Language::En] {
            let name = format!("texts.{language}.toml");
            let file = daily_files().into_iter().find(|file| file.name == name).expect("it is there").text;
            let texts = dialog.texts_by_name(language);
            assert!(texts.len() > 50, "{}", texts.len());
            for (name, text) in &texts {
                assert!(file.contains(&format!("\"{text}\"")), "{name}: {text}");
            }
        }
        assert_eq!(dialog.texts_by_name(Language::Hi), []);
    }

    #[test]
    fn questions_and_conditions_are_told_in_the_words_of_the_file() {
        let mut dialog = daily();
        let conditions = [
            (2, Test::Yes, "breathing = yes"),
            (3, Test::Chosen(2), "symptoms = runny-nose"),
            (1, Test::Measured, "oxygen = measured"),
        ];
        for (question, test, words) in conditions {
            assert_eq!(dialog.condition_in_words(&Condition { question, test }), words);
        }
        assert_eq!(dialog.questions[4].kind.worst_alert(), Some(Severity::Red));
        assert_eq!(dialog.questions[3].kind.worst_alert(), Some(Severity::Orange));
        assert_eq!(dialog.questions[0].kind.worst_alert(), None);
        dialog.questions[0].kind = QuestionKind::Identifier { min_digits: 6, max_digits: 8 };
        assert_eq!(dialog.questions[0].kind_in_words(), "identifier of 6 to 8 digits");
    }
}
