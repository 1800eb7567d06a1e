//! JSON with places: objects of which every property is taken or told, with the place of each fault. Knows nothing
//! of FHIR.

use std::collections::HashSet;
use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions};

use super::super::definition::SourceFile;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::document::Placed;

/// JSON as RFC 8259 has it, and nothing more lenient.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses a file whose content must be one object.
pub(super) fn parse(file: &SourceFile) -> Result<ast::Object<'_>, Diagnostics> {
    let parsed = jsonc_parser::parse_to_ast(&file.text, &CollectOptions::default(), &STRICT);
    let value = parsed.map_err(|error| {
        let range = error.range();
        Diagnostic::new(file, range.start..range.end, format!("this is no JSON: {}", error.kind()))
            .hint("a FHIR resource is one JSON object: { \"resourceType\": \"Questionnaire\", … }")
    })?;
    let value = value.value;
    let mut faults = Diagnostics::default();
    if let Some(value) = &value {
        duplicates(file, value, &mut faults);
    }
    match value.map(|value| (value.range(), value)) {
        Some((_, ast::Value::Object(object))) if faults.is_empty() => Ok(object),
        Some((range, other)) if faults.is_empty() => {
            let message = format!("expected an object in braces, not {}", kind(&other));
            Err(Diagnostic::new(file, range.start..range.end, message).into())
        }
        None => Err(Diagnostic::of_file(&file.name, "the file is empty")
            .hint("expected a FHIR Questionnaire as JSON")
            .into()),
        Some(_) => Err(faults),
    }
}

/// A property that stands twice in an object: one of the two would win, and nobody would know which.
fn duplicates(file: &SourceFile, value: &ast::Value<'_>, faults: &mut Diagnostics) {
    match value {
        ast::Value::Object(object) => {
            let mut seen = HashSet::new();
            for property in &object.properties {
                if !seen.insert(property.name.as_str()) {
                    let message = format!("`{}` stands twice in this object", shown(property.name.as_str()));
                    faults.push(Diagnostic::new(file, range_of_name(property), message));
                }
                duplicates(file, &property.value, faults);
            }
        }
        ast::Value::Array(array) => array.elements.iter().for_each(|element| duplicates(file, element, faults)),
        _ => {}
    }
}

fn range_of_name(property: &ast::ObjectProp<'_>) -> Range<usize> {
    let range = property.name.range();
    range.start..range.end
}

const fn kind(value: &ast::Value<'_>) -> &'static str {
    match value {
        ast::Value::StringLit(_) => "a text",
        ast::Value::NumberLit(_) => "a number",
        ast::Value::BooleanLit(_) => "true or false",
        ast::Value::Object(_) => "an object",
        ast::Value::Array(_) => "a list",
        ast::Value::NullKeyword(_) => "null",
    }
}

/// A word of a file, fit to stand in a message: without control characters, and not endless.
pub(super) fn shown(word: &str) -> String {
    let mut out: String = word.chars().filter(|each| !each.is_control()).take(60).collect();
    if word.chars().count() > 60 {
        out.push('…');
    }
    out
}

/// An object whose properties are taken one by one.
#[derive(Debug)]
pub(super) struct Fields<'v, 'f> {
    file: &'f SourceFile,
    properties: Vec<Option<&'v ast::ObjectProp<'f>>>,
    /// Where the object stands.
    pub(super) span: Range<usize>,
}

impl<'v, 'f> Fields<'v, 'f> {
    pub(super) fn new(file: &'f SourceFile, object: &'v ast::Object<'f>) -> Self {
        let range = object.range();
        Self { file, properties: object.properties.iter().map(Some).collect(), span: range.start..range.end }
    }

    /// The file that it stands in.
    pub(super) const fn file(&self) -> &'f SourceFile {
        self.file
    }

    /// The line of a place, counted from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.file.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        self.properties.iter().position(|property| property.is_some_and(|property| wanted(property.name.as_str())))
    }

    /// Takes a property.
    pub(super) fn take(&mut self, name: &str) -> Option<&'v ast::ObjectProp<'f>> {
        let at = self.find(|known| known == name)?;
        self.properties[at].take()
    }

    /// Takes the one property whose name begins so, such as `value` for `valueInteger`: what follows, and the value.
    pub(super) fn take_choice(&mut self, prefix: &str) -> Option<(String, &'v ast::Value<'f>, Range<usize>)> {
        let at = self.find(|known| {
            known.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
        })?;
        let property = self.properties[at].take()?;
        let kind = property.name.as_str().strip_prefix(prefix).unwrap_or_default().to_owned();
        Some((kind, &property.value, range_of_name(property)))
    }

    /// What is left, by name and place.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Range<usize>)> {
        self.properties.into_iter().flatten().map(|property| (shown(property.name.as_str()), range_of_name(property)))
    }

    /// A fault at a value.
    pub(super) fn fault(&self, value: &ast::Value<'_>, message: impl Into<String>) -> Diagnostic {
        let range = value.range();
        Diagnostic::new(self.file, range.start..range.end, message)
    }

    fn wrong<T>(&self, name: &str, wanted: &str, value: &ast::Value<'_>, faults: &mut Diagnostics) -> Option<T> {
        faults.push(self.fault(value, format!("`{name}` must be {wanted}, not {}", kind(value))));
        None
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str, faults: &mut Diagnostics) -> Option<Placed<String>> {
        let value = &self.take(name)?.value;
        match value {
            ast::Value::StringLit(text) => {
                Some(Placed { value: text.value.to_string(), span: text.range.start..text.range.end })
            }
            other => self.wrong(name, "a text", other, faults),
        }
    }

    /// Takes true or false.
    pub(super) fn flag(&mut self, name: &str, faults: &mut Diagnostics) -> Option<bool> {
        let value = &self.take(name)?.value;
        match value {
            ast::Value::BooleanLit(flag) => Some(flag.value),
            other => self.wrong(name, "true or false", other, faults),
        }
    }

    /// Takes a whole number.
    pub(super) fn whole(&mut self, name: &str, faults: &mut Diagnostics) -> Option<i64> {
        let value = &self.take(name)?.value;
        match value {
            ast::Value::NumberLit(number) if number.value.parse::<i64>().is_ok() => number.value.parse().ok(),
            other => self.wrong(name, "a whole number", other, faults),
        }
    }

    /// Takes an object.
    pub(super) fn object(&mut self, name: &str, faults: &mut Diagnostics) -> Option<Self> {
        let value = &self.take(name)?.value;
        match value {
            ast::Value::Object(object) => Some(Self::new(self.file, object)),
            other => self.wrong(name, "an object", other, faults),
        }
    }

    /// Takes a list of objects. `null`, which FHIR allows beside primitive values, is passed over.
    pub(super) fn objects(&mut self, name: &str, faults: &mut Diagnostics) -> Vec<Self> {
        let Some(property) = self.take(name) else { return Vec::new() };
        let ast::Value::Array(array) = &property.value else {
            self.wrong::<()>(name, "a list of objects", &property.value, faults);
            return Vec::new();
        };
        let mut found = Vec::new();
        for element in &array.elements {
            match element {
                ast::Value::Object(object) => found.push(Self::new(self.file, object)),
                ast::Value::NullKeyword(_) => {}
                other => {
                    self.wrong::<()>(name, "a list of objects", other, faults);
                }
            }
        }
        found
    }
}
