//! What is wrong with something that staff entered, at the field where it stands. How it is shown is the shell's
//! business.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One fault in what staff entered: where, what, and what would be right. Carries no personal data (P15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field, as a path: `audience`, `content.texts.ja`, `audience.all[1].risk`.
    pub field: String,
    /// Which character of what stands in the field, counted from 1, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl FieldError {
    /// A fault of a field as a whole.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), character: None, message: message.into(), hint: None }
    }

    /// Says at which character it is, counted from 1.
    #[must_use]
    pub fn at(mut self, character: usize) -> Self {
        self.character = Some(character);
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for FieldError {
    /// `audience, character 5: unknown word …; did you mean …?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        if let Some(character) = self.character {
            write!(f, ", character {character}")?;
        }
        write!(f, ": {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for FieldError {}

/// Reads JSON in which every key is known, and names the field that is wrong. `field` is where the JSON itself stands;
/// empty when it is the whole of what was sent.
///
/// # Errors
/// The first fault, at its path.
pub(super) fn from_json<T: DeserializeOwned>(field: &str, json: &str) -> Result<T, FieldError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let place = match (field, path.as_str()) {
            (field, "." | "?") => field.to_owned(),
            ("", path) => path.to_owned(),
            (field, path) => format!("{field}.{path}"),
        };
        FieldError::new(place, error.into_inner().to_string())
    })?;
    deserializer.end().map_err(|error| FieldError::new(field, error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_field_its_place_and_what_would_be_right() {
        let fault = FieldError::new("audience", "unknown word `slient`").at(5).hint("did you mean `silent`?");
        assert_eq!(fault.to_string(), "audience, character 5: unknown word `slient`; did you mean `silent`?");
        assert_eq!(
            serde_json::to_string(&FieldError::new("name", "is empty")).expect("serialises"),
            r#"{"field":"name","message":"is empty"}"#
        );
    }

    #[test]
    fn json_that_does_not_end_is_a_fault_and_so_is_more_of_it() {
        for json in ["[1", "[1] [2]", ""] {
            let fault = from_json::<Vec<u8>>("list", json).expect_err(json);
            assert_eq!(fault.field, "list", "{fault}");
        }
        let fault = from_json::<Vec<u8>>("list", "[1, 300]").expect_err("too large");
        assert_eq!(fault.field, "list.[1]", "{fault}");
    }
}
