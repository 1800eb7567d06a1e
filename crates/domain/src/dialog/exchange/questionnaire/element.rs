//! The small parts of a Questionnaire, read: codings and extensions.

use std::ops::Range;

use jsonc_parser::ast;

use super::super::super::diagnostics::Diagnostics;
use super::super::json::{Fields, shown};
use super::url;

/// A code of a system. What is missing is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Coding {
    pub(super) system: String,
    pub(super) code: String,
    pub(super) display: Option<String>,
    /// By the tags of their languages.
    pub(super) display_in: Vec<(String, String)>,
    /// The label that is listed in front of it.
    pub(super) prefix: Option<String>,
}

/// Reads a coding.
pub(super) fn coding(fields: &mut Fields<'_, '_>, faults: &mut Diagnostics) -> Coding {
    let mut text = |fields: &mut Fields<'_, '_>, name: &str| fields.text(name, faults).map(|text| text.value);
    let system = text(fields, "system").unwrap_or_default();
    let code = text(fields, "code").unwrap_or_default();
    let display = text(fields, "display");
    let beside = fields.object("_display", faults);
    let beside = beside.map(|mut beside| extensions(&mut beside, faults)).unwrap_or_default();
    let display_in = beside.iter().filter_map(Extension::translation).collect();
    let prefix = extensions(fields, faults).into_iter().find(|extension| extension.url == url::OPTION_PREFIX);
    let prefix = prefix.and_then(|prefix| match prefix.value {
        ExtensionValue::Text(text) => Some(text),
        _ => None,
    });
    Coding { system, code, display, display_in, prefix }
}

/// An extension and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extension {
    pub(super) url: String,
    pub(super) value: ExtensionValue,
    pub(super) span: Range<usize>,
}

/// The values of extensions and conditions, as far as they are understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ExtensionValue {
    Text(String),
    Number(f64),
    Flag(bool),
    Coding(Coding),
    /// Extensions of the extension.
    Parts(Vec<Extension>),
    Other,
}

impl ExtensionValue {
    /// The value of a property such as `valueInteger` or `answerCoding`, by the end of its name.
    pub(super) fn of(fields: &Fields<'_, '_>, kind: &str, value: &ast::Value<'_>, faults: &mut Diagnostics) -> Self {
        match (kind, value) {
            ("Coding", ast::Value::Object(object)) => {
                Self::Coding(coding(&mut Fields::new(fields.file(), object), faults))
            }
            (_, ast::Value::StringLit(text)) => Self::Text(text.value.to_string()),
            (_, ast::Value::NumberLit(number)) => number.value.parse().map_or(Self::Other, Self::Number),
            (_, ast::Value::BooleanLit(flag)) => Self::Flag(flag.value),
            _ => Self::Other,
        }
    }
}

impl Extension {
    /// The language and the text, if this is a translation.
    pub(super) fn translation(&self) -> Option<(String, String)> {
        let ExtensionValue::Parts(parts) = &self.value else { return None };
        let part = |name: &str| {
            parts.iter().find_map(|part| match &part.value {
                ExtensionValue::Text(text) if part.url == name => Some(text.clone()),
                _ => None,
            })
        };
        (self.url == url::TRANSLATION).then(|| Some((part("lang")?, part("content")?))).flatten()
    }

    /// That it is not known here.
    pub(super) fn unknown(&self) -> String {
        let name = self.url.rsplit('/').next().unwrap_or_default();
        format!("the extension {} cannot be carried over ({})", shown(name), shown(&self.url))
    }
}

/// Reads the extensions of an element.
pub(super) fn extensions(fields: &mut Fields<'_, '_>, faults: &mut Diagnostics) -> Vec<Extension> {
    let mut found = Vec::new();
    for mut extension in fields.objects("extension", faults) {
        let span = extension.span.clone();
        let url = extension.text("url", faults).map(|url| url.value).unwrap_or_default();
        let parts = extensions(&mut extension, faults);
        let value = match extension.take_choice("value") {
            Some((kind, value, _)) => ExtensionValue::of(&extension, &kind, value, faults),
            None if parts.is_empty() => ExtensionValue::Other,
            None => ExtensionValue::Parts(parts),
        };
        found.push(Extension { url, value, span });
    }
    found
}
