//! What a campaign says: the pending question again, or one text in each language, checked like the texts of dialogs.
//! Who gets it is [`super::decide`]'s business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field_error::{self, FieldError};
use crate::center::Center;
use crate::dialog::diagnostics::did_you_mean;
use crate::dialog::template::{Piece, Placeholder, Reason, Template};
use crate::dialog::wording;
use crate::language::Language;
use crate::sms;

/// What a campaign says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The question that is open in each patient's own conversation, again.
    PendingQuestion,
    /// This, in the language of each phone. A conversation that is half finished is not interrupted: it gets its
    /// pending question instead.
    ///
    /// `{center}`, `{deadline}` (by when a report is on time) and `{night-line}` may stand in it, and nothing about
    /// anybody (P13).
    Texts(BTreeMap<Language, String>),
}

/// What may stand in the text of a campaign.
const PLACEHOLDERS: [Placeholder; 3] = [Placeholder::Center, Placeholder::Deadline, Placeholder::NightLine];

/// One text as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The words.
    pub text: String,
    /// What it takes.
    pub segments: u32,
}

/// What a campaign of one center says, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyContent {
    /// The question that is open in each conversation.
    PendingQuestion,
    /// The text in each language.
    Texts(BTreeMap<Language, Wording>),
}

/// How many segments a text takes; one that is empty is still carried.
#[must_use]
pub(super) fn segments_of(text: &str) -> u32 {
    u32::try_from(sms::segments(text).segments.max(1)).unwrap_or(u32::MAX)
}

impl Content {
    /// Reads what is stored and sent by programs.
    ///
    /// # Errors
    /// The first fault, at its path.
    pub fn from_json(json: &str) -> Result<Self, FieldError> {
        field_error::from_json("content", json)
    }

    /// Checks the texts and fills in what is the center's. Everything that may stand in a text is the same for all its
    /// patients, so what is measured here is exactly what leaves.
    ///
    /// # Errors
    /// Everything that is wrong, each at its field: no text, an empty one, a placeholder that does not exist or has
    /// nothing to stand for, a text over its segments, a character that costs dearly or is not shown, a private word.
    pub fn ready(&self, center: &Center) -> Result<ReadyContent, Vec<FieldError>> {
        let Self::Texts(texts) = self else { return Ok(ReadyContent::PendingQuestion) };
        let mut faults = Vec::new();
        if texts.is_empty() {
            faults
                .push(FieldError::new("content.texts", "there is no text").hint("write one in at least one language"));
        }
        let mut ready = BTreeMap::new();
        for (language, text) in texts {
            match wording_of(*language, text, center) {
                Ok(wording) => {
                    ready.insert(*language, wording);
                }
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() { Ok(ReadyContent::Texts(ready)) } else { Err(faults) }
    }
}

impl ReadyContent {
    /// The text in a language, if there is one. There is none when the pending question is repeated.
    #[must_use]
    pub fn text(&self, language: Language) -> Option<&Wording> {
        match self {
            Self::PendingQuestion => None,
            Self::Texts(texts) => texts.get(&language),
        }
    }

    /// Which of `readers` (how many patients read each language) nothing is written for, as faults at the fields that
    /// would hold it. Whether that hinders is for staff to say: these patients are skipped.
    #[must_use]
    pub fn missing(&self, readers: &BTreeMap<Language, u64>) -> Vec<FieldError> {
        let Self::Texts(texts) = self else { return Vec::new() };
        readers
            .iter()
            .filter(|(language, count)| **count > 0 && !texts.contains_key(language))
            .map(|(language, count)| {
                let patients = if *count == 1 { "1 patient reads" } else { &format!("{count} patients read") };
                FieldError::new(field(*language), format!("{patients} {language}, and there is no text in it"))
                    .hint("write one, or they are skipped")
            })
            .collect()
    }
}

fn field(language: Language) -> String {
    format!("content.texts.{language}")
}

/// The place of a byte in a text, in characters counted from 1.
fn character(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

fn wording_of(language: Language, text: &str, center: &Center) -> Result<Wording, Vec<FieldError>> {
    let fault = |message: String| FieldError::new(field(language), message);
    if text.trim().is_empty() {
        return Err(vec![fault("the text is empty".to_owned())]);
    }
    let template = Template::parse(text).map_err(|faults| {
        let told = |at: usize, reason: Reason| match reason {
            Reason::Brace => fault("a brace without its partner".to_owned())
                .at(character(text, at))
                .hint("braces only stand around a placeholder, such as {center}"),
            Reason::Unknown(word) => unknown_placeholder(language, &word).at(character(text, at)),
        };
        faults.into_iter().map(|one| told(one.at.start, one.reason)).collect::<Vec<_>>()
    })?;
    let mut faults = Vec::new();
    for placeholder in template.placeholders() {
        let place = || {
            let at = text.find(&format!("{{{}}}", placeholder.word())).unwrap_or(0);
            character(text, at)
        };
        if !PLACEHOLDERS.contains(&placeholder) {
            faults.push(unknown_placeholder(language, placeholder.word()).at(place()));
        } else if placeholder == Placeholder::NightLine && center.night_line.is_none() {
            faults.push(
                fault("{night-line} stands for nothing: the center has no night line".to_owned())
                    .at(place())
                    .hint("leave it out, or enter the center's night line"),
            );
        }
    }
    for objection in wording::objections(language, "the text", text) {
        let told = fault(objection.message).at(character(text, objection.at.start));
        faults.push(match objection.hint {
            Some(hint) => told.hint(hint.to_string()),
            None => told,
        });
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = fill(&template, center);
    let cost = sms::segments(&text);
    let budget = usize::from(language.segment_budget());
    if cost.segments > budget {
        let most = match budget {
            1 => cost.encoding.single(),
            budget => budget * cost.encoding.part(),
        };
        let message = format!(
            "the text is too long: with what is filled in it takes {} units ({}), {} segments; {budget} allowed in `{language}`",
            cost.units,
            cost.encoding.name(),
            cost.segments,
        );
        let over = cost.units.saturating_sub(most).max(1);
        return Err(vec![fault(message).hint(format!("shorten it by {over}"))]);
    }
    let segments = segments_of(&text);
    Ok(Wording { text, segments })
}

fn unknown_placeholder(language: Language, word: &str) -> FieldError {
    let all = PLACEHOLDERS.map(Placeholder::word);
    let hint = match did_you_mean(word, all) {
        Some(meant) => format!("did you mean {{{meant}}}?"),
        None => format!("possible here: {}", all.map(|word| format!("{{{word}}}")).join(", ")),
    };
    FieldError::new(field(language), format!("unknown placeholder {{{word}}}")).hint(hint)
}

fn fill(template: &Template, center: &Center) -> String {
    let deadline = center.hours.deadline_text();
    let mut text = String::new();
    for piece in &template.pieces {
        text.push_str(match piece {
            Piece::Literal(words) => words,
            Piece::Placeholder(Placeholder::Center) => &center.name,
            Piece::Placeholder(Placeholder::Deadline) => &deadline,
            Piece::Placeholder(Placeholder::NightLine) => center.night_line.as_deref().unwrap_or_default(),
            // Refused before.
            Piece::Placeholder(Placeholder::Night | Placeholder::Value | Placeholder::Count) => "",
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::center;
    use super::*;

    fn texts(texts: &[(Language, &str)]) -> Content {
        Content::Texts(texts.iter().map(|(language, text)| (*language, (*text).to_owned())).collect())
    }

    #[track_caller]
    fn check_faults(language: Language, text: &str, expected: &[&str]) {
        let faults = texts(&[(language, text)]).ready(&center()).expect_err(text);
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), expected.len(), "{text}: {faults:?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.starts_with(&format!("content.texts.{language}{expected}")), "{text}: {fault}");
        }
    }

    #[test]
    fn a_text_is_measured_with_what_is_the_centers() {
        let content = texts(&[
            (Language::Ja, "{center}です。{deadline}までに返信を。夜は{night-line}"),
            (Language::En, "Please answer by {deadline}."),
        ]);
        let ready = content.ready(&center()).expect("right");
        let wording = |language| ready.text(language).map(|wording| (wording.text.as_str(), wording.segments));
        assert_eq!(wording(Language::Ja), Some(("江東区保健所です。8:30までに返信を。夜は03-1234-5678", 1)));
        assert_eq!(wording(Language::En), Some(("Please answer by 8:30.", 1)));
        assert_eq!(wording(Language::Ko), None);
        assert_eq!(Content::PendingQuestion.ready(&center()), Ok(ReadyContent::PendingQuestion));
    }

    #[test]
    fn each_fault_is_told_at_its_field_and_place() {
        let long = "あ".repeat(71);
        for (language, text, expected) in [
            (Language::Ja, " \n", &[": the text is empty"][..]),
            (Language::Ja, "あ{cneter}", &[", character 2: unknown placeholder {cneter}; did you mean {center}?"]),
            (
                Language::Ja,
                "{name}さん{her-sys-id}",
                &[
                    ", character 1: unknown placeholder {name}; possible here: {center}, {deadline}, {night-line}",
                    ", character 9: unknown placeholder {her-sys-id}",
                ],
            ),
            (Language::Ja, "{value}度", &[", character 1: unknown placeholder {value}; possible here"]),
            (Language::Ja, "あ{ い", &[", character 2: a brace without its partner"]),
            (Language::En, "Thanks 👍", &[", character 8: `👍` (U+1F44D) is not in GSM-7"]),
            (Language::En, "don’t", &[", character 4: `’` (U+2019) is not in GSM-7"]),
            (Language::Ja, "お願い👍", &[", character 4: U+1F44D in `the text` is a pictogram"]),
            (Language::Ja, "コロナの方へ", &[", character 1: `the text` says `コロナ`; a text may lie open"]),
            (Language::Ja, "あ\u{7}", &[", character 2: U+0007 in `the text` is a control character"]),
            (
                Language::Ja,
                &long,
                &[
                    ": the text is too long: with what is filled in it takes 71 units (UCS-2), 2 segments; 1 allowed in `ja`; shorten it by 1",
                ],
            ),
        ] {
            check_faults(language, text, expected);
        }
        // Two segments are as much as Vietnamese may take, and it needs them.
        assert!(texts(&[(Language::Vi, &"ậ".repeat(134))]).ready(&center()).is_ok());
        check_faults(Language::Vi, &"ậ".repeat(135), &[": the text is too long"]);
        check_faults(
            Language::En,
            &"a{center}".repeat(11),
            &[": the text is too long: with what is filled in it takes 77"],
        );
    }

    #[test]
    fn a_center_without_a_night_line_cannot_name_it() {
        let center = Center { night_line: None, ..center() };
        let faults = texts(&[(Language::Ja, "夜は{night-line}")]).ready(&center).expect_err("nothing to name");
        assert_eq!(faults[0].character, Some(3));
        assert!(faults[0].message.contains("no night line"), "{}", faults[0]);
    }

    #[test]
    fn no_text_at_all_is_a_fault_and_every_fault_is_told() {
        let faults = texts(&[]).ready(&center()).expect_err("nothing");
        assert_eq!(faults[0].to_string(), "content.texts: there is no text; write one in at least one language");
        let faults = texts(&[(Language::Ja, ""), (Language::En, "{x}"), (Language::Ko, "네")]).ready(&center());
        let fields: Vec<String> = faults.expect_err("two").into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["content.texts.ja", "content.texts.en"]);
    }

    #[test]
    fn who_reads_what_nothing_is_written_in_is_told() {
        let ready = texts(&[(Language::Ja, "おはようございます")]).ready(&center()).expect("right");
        let readers = BTreeMap::from([(Language::Ja, 9), (Language::Vi, 12), (Language::Ne, 1), (Language::Ko, 0)]);
        let told: Vec<String> = ready.missing(&readers).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "content.texts.vi: 12 patients read vi, and there is no text in it; write one, or they are skipped",
                "content.texts.ne: 1 patient reads ne, and there is no text in it; write one, or they are skipped",
            ]
        );
        assert_eq!(ReadyContent::PendingQuestion.missing(&readers), []);
    }

    #[test]
    fn json_names_an_unknown_language() {
        let read = Content::from_json(r#"{"texts":{"ja":"はい","zh-Hans":"好"}}"#).expect("reads");
        assert_eq!(read, texts(&[(Language::Ja, "はい"), (Language::ZhHans, "好")]));
        assert_eq!(Content::from_json(r#""pending-question""#), Ok(Content::PendingQuestion));
        let fault = Content::from_json(r#"{"texts":{"ja":"はい","xx":"?"}}"#).expect_err("xx");
        assert!(fault.field.starts_with("content.texts") && fault.message.contains("`xx`"), "{fault}");
    }
}
