//! A dialog as a FHIR R4 Questionnaire, and what of it a Questionnaire cannot say.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::super::super::definition::{Condition, Dialog, Opening, OptionList, Question, QuestionKind, Test};
use super::super::super::load::DIALOG_FILE;
use super::super::labels::labels;
use super::super::{Loss, bcp47, stock};
use super::resource::{
    Answer, AnswerOption, Coding, EnableWhen, Extension, Item, Meta, Questionnaire, Translations, Value,
};
use super::{TEXTS_AS_SENT, url};
use crate::language::Language;
use crate::observation::Temperature;
use crate::severity::Severity;

/// The code of "none of these" among the options of a question.
pub(super) const NONE: &str = "none";
/// The first item of a dialog that begins with a text of its own.
pub(super) const INTRODUCTION: &str = "introduction";
/// The lowest oxygen value that is read at all; below 80 it is asked back, and warned of.
const LOWEST_OXYGEN: i32 = 50;

/// Writes a dialog as a Questionnaire. `base` is the address under which it can be found, such as
/// `https://example.org/fhir`; without it the Questionnaire has no canonical address.
#[must_use]
pub fn export(dialog: &Dialog, base: Option<&str>) -> (Questionnaire, Vec<Loss>) {
    let texts: Vec<(Language, Vec<(String, String)>)> =
        dialog.languages.iter().map(|language| (*language, dialog.texts_by_name(*language))).collect();
    let source = source(dialog);
    let writer = Writer { dialog, texts: &texts, source: &source };
    let mut item: Vec<Item> = writer.introduction().into_iter().collect();
    item.extend(dialog.questions.iter().map(|question| writer.item(question)));
    let mut questionnaire = Questionnaire {
        resource_type: "Questionnaire",
        id: is_id(&dialog.name).then(|| dialog.name.clone()),
        meta: Meta { tag: [Coding::new(url::TAG, TEXTS_AS_SENT, "Item texts are complete text messages")] },
        language: dialog.languages.first().map_or("und", |first| bcp47(*first)),
        url: base.map(|base| format!("{}/Questionnaire/{}", base.trim_end_matches('/'), dialog.name)),
        version: String::new(),
        name: computable(&dialog.name),
        title: dialog.name.clone(),
        status: "draft",
        subject_type: ["Patient"],
        item,
    };
    questionnaire.version = version(&questionnaire);
    (questionnaire, writer.losses())
}

/// dialog.toml as it was written: which words it takes from the lexicon is not in the compiled dialog.
fn source(dialog: &Dialog) -> toml::Table {
    let main = dialog.source.iter().find(|file| file.name == DIALOG_FILE);
    main.and_then(|file| toml::from_str(&file.text).ok()).unwrap_or_default()
}

/// What FHIR takes for an id.
fn is_id(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

/// A name for programs: `twice-daily` is `TwiceDaily`. `None` if it would not begin with a letter.
fn computable(name: &str) -> Option<String> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let out: String =
        words.filter_map(|word| Some(format!("{}{}", word.get(..1)?.to_ascii_uppercase(), word.get(1..)?))).collect();
    (out.starts_with(|first: char| first.is_ascii_uppercase()) && out.len() <= 255).then_some(out)
}

/// The first digits of the SHA-256 over the questions and their texts.
fn version(questionnaire: &Questionnaire) -> String {
    let content = serde_json::to_vec(&questionnaire.item).unwrap_or_default();
    Sha256::digest(&content).iter().take(8).fold(String::new(), |mut out, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

struct Writer<'a> {
    dialog: &'a Dialog,
    /// By language, in the dialog's order: every text with its name.
    texts: &'a [(Language, Vec<(String, String)>)],
    source: &'a toml::Table,
}

impl Writer<'_> {
    /// A text in the first language, and in the others.
    fn text(&self, name: &str) -> (String, Translations) {
        let mut all = self.texts.iter().map(|(language, texts)| {
            let text = texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
            (bcp47(*language), text.unwrap_or_default())
        });
        let first = all.next().map(|(_, text)| text).unwrap_or_default();
        (first, Translations(all.collect()))
    }

    fn introduction(&self) -> Option<Item> {
        if self.dialog.opening == Opening::Question {
            return None;
        }
        let (text, text_in) = self.text("notices.introduction");
        Some(Item { link_id: self.introduction_id(), text, text_in, kind: "display", ..Item::default() })
    }

    /// A name that no question has.
    fn introduction_id(&self) -> String {
        let taken = self.dialog.question(INTRODUCTION).is_some();
        if taken { "_introduction".to_owned() } else { INTRODUCTION.to_owned() }
    }

    fn item(&self, question: &Question) -> Item {
        let (text, text_in) = self.text(&format!("{}.ask", question.key));
        let condition = question.condition.iter().map(|condition| self.enable_when(condition));
        let item = Item {
            link_id: question.key.clone(),
            text,
            text_in,
            enable_when: condition.collect(),
            required: Some(question.required),
            ..Item::default()
        };
        match &question.kind {
            QuestionKind::Temperature => Item {
                kind: "decimal",
                code: vec![Coding::new(url::LOINC, "8310-5", "Body temperature")],
                extension: vec![
                    unit("Cel", "°C"),
                    Extension::new(url::MIN_VALUE, Value::Decimal(degrees(Temperature::MIN))),
                    Extension::new(url::MAX_VALUE, Value::Decimal(degrees(Temperature::MAX))),
                    Extension::new(url::MAX_DECIMAL_PLACES, Value::Integer(1)),
                ],
                ..item
            },
            QuestionKind::OxygenSaturation => Item {
                kind: "integer",
                code: vec![
                    Coding::new(url::LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
                    Coding::new(url::LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
                ],
                extension: [unit("%", "%")].into_iter().chain(range(LOWEST_OXYGEN, 100)).collect(),
                ..item
            },
            QuestionKind::YesNo { .. } => {
                let about = self.word_of(&question.key, "about");
                let about = about.map(|about| Coding { display: None, ..Coding::new(url::ABOUT, about, "") });
                let answers = [("Y", "Yes"), ("N", "No"), ("UNK", "Unknown")].map(|(code, display)| {
                    let words = |language: Language| {
                        let stock = stock::of(language)?;
                        Some(match code {
                            "Y" => &stock.yes,
                            "N" => &stock.no,
                            _ => &stock.unknown,
                        })
                    };
                    let display_in = self.dialog.languages.iter().filter(|language| **language != Language::En);
                    let display_in =
                        display_in.filter_map(|language| Some((bcp47(*language), words(*language)?.clone())));
                    let coding = Coding::new(url::YES_NO, code, display);
                    let display_in = Translations(display_in.collect());
                    AnswerOption { extension: Vec::new(), value_coding: Coding { display_in, ..coding } }
                });
                Item {
                    kind: "choice",
                    code: about.into_iter().collect(),
                    repeats: Some(false),
                    answer_option: answers.to_vec(),
                    ..item
                }
            }
            QuestionKind::Choice(options) => {
                let answer_option = self.options(question, options);
                Item { kind: "choice", repeats: Some(false), answer_option, ..item }
            }
            QuestionKind::Options(options) => {
                let mut answer_option = self.options(question, options);
                let exclusive = Extension::new(url::OPTION_EXCLUSIVE, Value::Boolean(true));
                answer_option.push(AnswerOption {
                    extension: vec![prefix(0), exclusive],
                    value_coding: Coding::new(system(question), none_code(options), "None of these"),
                });
                Item { kind: "choice", repeats: Some(true), answer_option, ..item }
            }
            QuestionKind::Number { min, max } => {
                Item { kind: "integer", extension: range(*min, *max).to_vec(), ..item }
            }
            QuestionKind::Text => Item { kind: "text", ..item },
            QuestionKind::Identifier { min_digits, max_digits } => Item {
                kind: "string",
                extension: vec![
                    Extension::new(url::REGEX, Value::Text(format!("[0-9]{{{min_digits},{max_digits}}}"))),
                    Extension::new(url::MIN_LENGTH, Value::Integer(i32::from(*min_digits))),
                ],
                max_length: Some(*max_digits),
                ..item
            },
        }
    }

    /// The options of a question; their words are those that stand behind their numbers in its text.
    fn options(&self, question: &Question, options: &OptionList) -> Vec<AnswerOption> {
        let numbers: Vec<u8> = options.definitions.iter().map(|option| option.code).collect();
        let ask = format!("{}.ask", question.key);
        let mut words = self.texts.iter().map(|(language, texts)| {
            let text = texts.iter().find(|(name, _)| *name == ask).map_or("", |(_, text)| text);
            (bcp47(*language), labels(text, &numbers))
        });
        let first = words.next().and_then(|(_, labels)| labels);
        let others: Vec<_> = words.collect();
        let option = |(index, option): (usize, &super::super::super::definition::OptionDefinition)| {
            let label = first.as_ref().and_then(|labels| labels.get(index)).unwrap_or(&option.key);
            let others =
                others.iter().filter_map(|(language, labels)| Some((*language, labels.as_ref()?.get(index)?.clone())));
            let coding = Coding::new(system(question), &option.key, label);
            AnswerOption {
                extension: vec![prefix(option.code)],
                value_coding: Coding { display_in: Translations(others.collect()), ..coding },
            }
        };
        options.definitions.iter().enumerate().map(option).collect()
    }

    fn enable_when(&self, condition: &Condition) -> EnableWhen {
        let earlier = self.dialog.questions.get(usize::from(condition.question));
        let coding =
            |system: &str, code: &str| Answer::Coding(Coding { display: None, ..Coding::new(system, code, "") });
        let (operator, answer) = match (condition.test.clone(), earlier) {
            (Test::Yes, _) => ("=", coding(url::YES_NO, "Y")),
            (Test::No, _) => ("=", coding(url::YES_NO, "N")),
            (Test::Chosen(number), Some(question)) => {
                let chosen = question.kind.options().iter().find(|option| option.code == number);
                ("=", coding(&system(question), chosen.map_or("", |option| &option.key)))
            }
            (Test::Chosen(_) | Test::Measured, _) => ("exists", Answer::Boolean(true)),
        };
        EnableWhen { question: earlier.map(|question| question.key.clone()).unwrap_or_default(), operator, answer }
    }

    /// What dialog.toml says at a question.
    fn question(&self, key: &str) -> Option<&toml::Table> {
        let questions = self.source.get("question")?.as_array()?.iter().filter_map(toml::Value::as_table);
        questions.into_iter().find(|question| question.get("key").and_then(toml::Value::as_str) == Some(key))
    }

    fn word_of(&self, key: &str, name: &str) -> Option<String> {
        self.question(key)?.get(name)?.as_str().map(ToOwned::to_owned)
    }

    /// What a Questionnaire cannot say.
    fn losses(&self) -> Vec<Loss> {
        let dialog = self.dialog;
        let mut losses = Vec::new();
        for what in [
            "\"not measured\" and \"I do not know\" are answers to every measurement; in a form the question is left empty",
            "how a reply is read, asked back and asked for again, at most twice (ask-again, confirm, echo)",
            "the commands that may be sent at any time, such as BACK, CALL ME and STOP, and what is answered to them",
            "that every text is searched for warning signs, and that the very next text says to call 119",
            "reminders, the deadline, what is said out of hours, and all other notices",
            "that a text keeps to its segments, and that a label tells patients on a shared phone apart",
        ] {
            losses.push(Loss::new("the dialog", what));
        }
        match dialog.opening {
            Opening::Question => {}
            Opening::Introduction => losses.push(Loss::new(
                INTRODUCTION,
                "it is a text of its own before the first question; a form shows it above the questions",
            )),
            Opening::Report => losses.push(Loss::new(
                "notices.report",
                "that all answers may be given in one text, and the text that asks for it",
            )),
        }
        for question in &dialog.questions {
            self.losses_of(question, &mut losses);
        }
        for (language, texts) in self.texts {
            for (name, text) in texts.iter().filter(|(name, text)| is_carried(name) && text.contains('{')) {
                let what = format!("placeholders stand as they are, and are filled in by us alone: {text}");
                losses.push(Loss::new(format!("{name} ({language})"), what));
            }
        }
        losses
    }

    fn losses_of(&self, question: &Question, losses: &mut Vec<Loss>) {
        let mut lose = |what: String| losses.push(Loss::new(&question.key, what));
        let alert = |severity: Severity| format!("raises an alert ({})", severity.key());
        match &question.kind {
            QuestionKind::OxygenSaturation => {
                lose("a value of 50 to 79 is asked back, and warned of at once".to_owned());
            }
            QuestionKind::YesNo { yes: Some(severity), .. } => lose(format!("yes {}", alert(*severity))),
            QuestionKind::Text => {
                lose("\"nothing to add\" is an answer; in a form the question is left empty".to_owned());
            }
            _ => {}
        }
        for option in question.kind.options() {
            if let Some(severity) = option.severity {
                lose(format!("the option {} {}", option.key, alert(severity)));
            }
            if let Some(hours) = option.eased_hours {
                lose(format!("the option {} says that the symptoms have eased for {hours} hours", option.key));
            }
        }
        for (key, words) in self.words_of_options(&question.key) {
            lose(match words.as_str() {
                "none" => format!("the option {key} is chosen by its number only"),
                _ => format!("the option {key} may be named in the words of `{words}`"),
            });
        }
        if let Some(proof) = question.proof {
            lose(format!("the answer proves the {}", proof.in_words()));
        }
        if let Some(test) = question.release {
            lose(format!("`{}` speaks for the end of the observation", test.word()));
        }
    }

    /// The options that say which words name them.
    fn words_of_options(&self, key: &str) -> Vec<(String, String)> {
        let options = self.question(key).and_then(|question| question.get("options")?.as_array());
        let words = |option: &toml::Value| {
            Some((option.get("key")?.as_str()?.to_owned(), option.get("words")?.as_str()?.to_owned()))
        };
        options.into_iter().flatten().filter_map(words).collect()
    }
}

/// Whether a text of this name stands in the Questionnaire.
fn is_carried(name: &str) -> bool {
    name == "notices.introduction" || (name.ends_with(".ask") && !name.starts_with("notices."))
}

fn degrees(temperature: Temperature) -> f64 {
    f64::from(temperature.tenths()) / 10.0
}

fn unit(code: &str, display: &str) -> Extension {
    Extension::new(url::UNIT, Value::Coding(Coding::new(url::UCUM, code, display)))
}

fn range(min: i32, max: i32) -> [Extension; 2] {
    [Extension::new(url::MIN_VALUE, Value::Integer(min)), Extension::new(url::MAX_VALUE, Value::Integer(max))]
}

fn prefix(number: u8) -> Extension {
    Extension::new(url::OPTION_PREFIX, Value::Text(number.to_string()))
}

fn system(question: &Question) -> String {
    format!("{}{}", url::OPTIONS, question.key)
}

/// A code for "none of these" that none of the options has.
fn none_code(options: &OptionList) -> &'static str {
    let taken = options.definitions.iter().any(|option| option.key == NONE);
    if taken { "none-of-these" } else { NONE }
}
