//! The options of an item: from the item itself, or from a value set in the same file.

use std::collections::HashMap;

use super::super::super::diagnostics::Diagnostics;
use super::super::json::Fields;
use super::super::language_of;
use super::element::{Coding, ExtensionValue, coding, extensions};
use super::url;
use crate::language::Language;

/// An option that may be chosen.
#[derive(Debug, Clone, Default)]
pub(super) struct Choosable {
    pub(super) system: String,
    /// The code, or the text or number where the option has none.
    pub(super) code: String,
    pub(super) display: Option<String>,
    pub(super) display_in: Vec<(Language, String)>,
    /// The number that is typed; 0 is "none of these".
    pub(super) number: Option<u8>,
    /// Whether it excludes the others.
    pub(super) exclusive: bool,
    /// Its key here, once it has one.
    pub(super) key: String,
}

/// What an item says about its options.
#[derive(Debug, Default)]
pub(super) struct Choices {
    pub(super) options: Vec<Choosable>,
    /// The value set in which they are, if it is not in the file.
    pub(super) missing: Option<String>,
    /// What of them cannot be carried over.
    pub(super) told: Vec<&'static str>,
}

const SNOMED: &str = "http://snomed.info/sct";

impl Choosable {
    pub(super) fn of(coding: &Coding) -> Self {
        let number = coding.prefix.as_deref().and_then(number);
        let display_in = coding.display_in.iter().filter_map(|(tag, text)| Some((language_of(tag)?, text.clone())));
        Self {
            system: coding.system.clone(),
            // Some write only what is shown; then that is what it is known by.
            code: if coding.code.is_empty() { coding.display.clone().unwrap_or_default() } else { coding.code.clone() },
            display: coding.display.clone(),
            display_in: display_in.collect(),
            number,
            ..Self::default()
        }
    }

    /// Y, N or U for a code that says yes, no or unknown in the systems in which that is usually coded.
    pub(super) fn yes_no(&self) -> Option<char> {
        let is_table =
            self.system == url::YES_NO || self.system.ends_with("/v2-0136") || self.system.ends_with("/v2/0136");
        Some(match self.code.as_str() {
            "Y" if is_table => 'Y',
            "N" if is_table => 'N',
            "UNK" | "ASKU" | "NI" if is_table => 'U',
            "373066001" if self.system == SNOMED => 'Y',
            "373067005" if self.system == SNOMED => 'N',
            "261665006" if self.system == SNOMED => 'U',
            "LA33-6" if self.system == url::LOINC => 'Y',
            "LA32-8" if self.system == url::LOINC => 'N',
            "LA4489-6" | "LA12688-0" if self.system == url::LOINC => 'U',
            _ => return None,
        })
    }

    /// Whether it means that none of the others is chosen.
    pub(super) fn is_none_of_these(&self) -> bool {
        let named = |word: &str| {
            let word = word.trim().to_ascii_lowercase();
            word == "none" || word.starts_with("none of ")
        };
        named(&self.code) || self.display.as_deref().is_some_and(named)
    }
}

/// The number in a prefix such as `1`, `1.` or `(1)`.
fn number(prefix: &str) -> Option<u8> {
    prefix.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().ok()
}

/// Reads the options of an item.
pub(super) fn choices(
    item: &mut Fields<'_, '_>,
    sets: &HashMap<String, Vec<Choosable>>,
    faults: &mut Diagnostics,
) -> Choices {
    let mut found = Choices::default();
    for mut answer in item.objects("answerOption", faults) {
        let own = extensions(&mut answer, faults);
        if answer.flag("initialSelected", faults) == Some(true) {
            found.told.push("that an option is chosen before anybody answered");
        }
        let Some((kind, value, _)) = answer.take_choice("value") else { continue };
        let mut option = match ExtensionValue::of(&answer, &kind, value, faults) {
            ExtensionValue::Coding(coding) => Choosable::of(&coding),
            ExtensionValue::Text(text) => Choosable { display: Some(text.clone()), code: text, ..Choosable::default() },
            ExtensionValue::Number(number) => {
                Choosable { code: number.to_string(), display: Some(number.to_string()), ..Choosable::default() }
            }
            _ => {
                found.told.push("an option that is neither a code nor a text nor a number");
                continue;
            }
        };
        for extension in own {
            match (extension.url.as_str(), extension.value) {
                (url::OPTION_PREFIX, ExtensionValue::Text(prefix)) => option.number = number(&prefix),
                (url::OPTION_EXCLUSIVE, ExtensionValue::Flag(exclusive)) => option.exclusive = exclusive,
                _ => found.told.push("an extension of an option"),
            }
        }
        found.options.push(option);
    }
    if let Some(set) = item.text("answerValueSet", faults)
        && found.options.is_empty()
    {
        match set.value.strip_prefix('#').and_then(|id| sets.get(id)) {
            Some(options) => found.options.clone_from(options),
            None => found.missing = Some(set.value),
        }
    }
    found.told.dedup();
    found
}

/// Reads a contained resource, if it is a value set that lists its codes.
pub(super) fn value_sets(
    mut set: Fields<'_, '_>,
    sets: &mut HashMap<String, Vec<Choosable>>,
    faults: &mut Diagnostics,
) {
    let kind = set.text("resourceType", faults);
    let id = set.text("id", faults);
    let (Some(kind), Some(id)) = (kind, id) else { return };
    if kind.value != "ValueSet" {
        return;
    }
    let mut options = Vec::new();
    if let Some(mut expansion) = set.object("expansion", faults) {
        for mut concept in expansion.objects("contains", faults) {
            options.push(Choosable::of(&coding(&mut concept, faults)));
        }
    }
    if options.is_empty()
        && let Some(mut compose) = set.object("compose", faults)
    {
        for mut include in compose.objects("include", faults) {
            let system = include.text("system", faults).map(|system| system.value).unwrap_or_default();
            for mut concept in include.objects("concept", faults) {
                let mut own = coding(&mut concept, faults);
                own.system.clone_from(&system);
                for mut designation in concept.objects("designation", faults) {
                    let tag = designation.text("language", faults);
                    let value = designation.text("value", faults);
                    own.display_in.extend(tag.zip(value).map(|(tag, value)| (tag.value, value.value)));
                }
                options.push(Choosable::of(&own));
            }
        }
    }
    if !options.is_empty() {
        sets.insert(id.value, options);
    }
}
