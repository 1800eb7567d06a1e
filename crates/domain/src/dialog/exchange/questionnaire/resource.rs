//! What we write of the Questionnaire resource, as FHIR R4 names and orders it. Only written: what others wrote is read
//! with its places, elsewhere.

use serde::{Serialize, Serializer};

use super::url;

/// A FHIR R4 Questionnaire.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Questionnaire {
    pub(super) resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) meta: Meta,
    pub(super) language: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// Over everything else here: the same questions have the same version.
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) title: String,
    pub(super) status: &'static str,
    pub(super) subject_type: [&'static str; 1],
    pub(super) item: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Meta {
    pub(super) tag: [Coding; 1],
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension>,
    pub(super) link_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) code: Vec<Coding>,
    pub(super) text: String,
    #[serde(rename = "_text", skip_serializing_if = "Translations::is_empty")]
    pub(super) text_in: Translations,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enable_when: Vec<EnableWhen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repeats: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) answer_option: Vec<AnswerOption>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnableWhen {
    pub(super) question: String,
    pub(super) operator: &'static str,
    #[serde(flatten)]
    pub(super) answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) enum Answer {
    #[serde(rename = "answerBoolean")]
    Boolean(bool),
    #[serde(rename = "answerCoding")]
    Coding(Coding),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerOption {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension>,
    pub(super) value_coding: Coding,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Coding {
    pub(super) system: String,
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<String>,
    #[serde(rename = "_display", skip_serializing_if = "Translations::is_empty")]
    pub(super) display_in: Translations,
}

impl Coding {
    pub(super) fn new(system: impl Into<String>, code: impl Into<String>, display: impl Into<String>) -> Self {
        let display = Some(display.into());
        Self { system: system.into(), code: code.into(), display, display_in: Translations::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Extension {
    pub(super) url: &'static str,
    #[serde(flatten)]
    pub(super) value: Value,
}

impl Extension {
    pub(super) const fn new(url: &'static str, value: Value) -> Self {
        Self { url, value }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) enum Value {
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
    #[serde(rename = "valueInteger")]
    Integer(i32),
    #[serde(rename = "valueDecimal")]
    Decimal(f64),
    #[serde(rename = "valueString")]
    Text(String),
    #[serde(rename = "valueCode")]
    Code(&'static str),
    #[serde(rename = "valueCoding")]
    Coding(Coding),
    /// An extension of extensions.
    #[serde(rename = "extension")]
    Parts(Vec<Extension>),
}

/// What a text says in other languages: written beside it, as the extensions of a primitive value are.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Translations(pub(super) Vec<(&'static str, String)>);

impl Translations {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Translations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Element {
            extension: Vec<Extension>,
        }
        let translation = |(language, content): &(&'static str, String)| {
            let parts = vec![
                Extension::new("lang", Value::Code(language)),
                Extension::new("content", Value::Text(content.clone())),
            ];
            Extension::new(url::TRANSLATION, Value::Parts(parts))
        };
        Element { extension: self.0.iter().map(translation).collect() }.serialize(serializer)
    }
}
