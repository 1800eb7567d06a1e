//! A list of HER-SYS IDs, as staff paste it from a sheet. The IDs say who somebody is: they appear in no error and in
//! no `Debug` (P15), so that places in the list stand for them.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::super::field_error::FieldError;

/// HER-SYS IDs, each once, in the order in which they were given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct IdList {
    ids: Vec<Box<str>>,
    /// Places in `ids`, in the order of the IDs, for a quick search.
    sorted: Vec<u32>,
}

/// How many faults of one list are told; whoever has more has pasted the wrong column.
const MOST_FAULTS: usize = 10;
/// How many IDs a list may have: more than any center has patients.
const MOST_IDS: usize = 1_000_000;

/// Whether it has the shape of a HER-SYS ID: 6 to 8 digits.
fn is_id(text: &str) -> bool {
    (6..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl IdList {
    /// Makes a list of IDs.
    ///
    /// # Errors
    /// The first place, counted from 1, that is no ID or that repeats another.
    pub fn new(ids: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let ids: Vec<Box<str>> = ids.into_iter().map(String::into_boxed_str).collect();
        if ids.is_empty() {
            return Err("the list has no ID".to_owned());
        }
        if ids.len() > MOST_IDS {
            return Err(format!("the list has {} IDs; at most {MOST_IDS} can be given", ids.len()));
        }
        if let Some(place) = ids.iter().position(|id| !is_id(id)) {
            return Err(format!("entry {} is no HER-SYS ID, which has 6 to 8 digits", place + 1));
        }
        let mut sorted: Vec<u32> = (0..).take(ids.len()).collect();
        let id = |place: &u32| &ids[*place as usize];
        sorted.sort_by(|a, b| id(a).cmp(id(b)).then(a.cmp(b)));
        let twice = sorted.windows(2).filter(|pair| id(&pair[0]) == id(&pair[1])).min_by_key(|pair| pair[1]);
        match twice {
            Some(pair) => Err(format!("entry {} repeats entry {}", pair[1] + 1, pair[0] + 1)),
            None => Ok(Self { ids, sorted }),
        }
    }

    /// Reads what staff pasted: IDs between line ends, blanks, commas or semicolons, in digits of any width; a heading
    /// in the first line is passed over. Text that is not Unicode yet is the shell's business.
    ///
    /// # Errors
    /// Every fault with its line, up to ten of them.
    pub fn parse(text: &str) -> Result<Self, Vec<FieldError>> {
        let mut ids = Vec::new();
        let mut faults: Vec<FieldError> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let is_heading = number == 1 && !line.chars().any(char::is_numeric);
            let separates = |each: char| each.is_whitespace() || matches!(each, ',' | ';' | '、' | '，' | '"');
            for entry in line.split(separates).filter(|entry| !entry.is_empty() && !is_heading) {
                let id: String = entry.nfkc().collect();
                if !is_id(&id) {
                    let message = format!("line {number} has an entry that is no HER-SYS ID");
                    faults.push(FieldError::new("audience.id", message).hint("an ID has 6 to 8 digits"));
                } else if let Some(first) = seen.insert(id.clone(), number) {
                    let message = format!("line {number} repeats an ID of line {first}");
                    faults.push(FieldError::new("audience.id", message).hint("leave one of the two out"));
                } else {
                    ids.push(id);
                }
            }
        }
        if faults.len() > MOST_FAULTS {
            let more = faults.len() - MOST_FAULTS;
            faults.truncate(MOST_FAULTS);
            faults.push(FieldError::new("audience.id", format!("and {more} more faults of this sort")));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Self::new(ids).map_err(|fault| vec![FieldError::new("audience.id", fault)])
    }

    /// How many there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a list is never empty")]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The place of an ID in the list, counted from 0.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        let found = self.sorted.binary_search_by(|place| (*self.ids[*place as usize]).cmp(id)).ok()?;
        Some(self.sorted[found] as usize)
    }

    /// The IDs, in the order in which they were given. For staff and stores; never for logs.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(AsRef::as_ref)
    }
}

impl TryFrom<Vec<String>> for IdList {
    type Error = String;

    fn try_from(ids: Vec<String>) -> Result<Self, String> {
        Self::new(ids)
    }
}

impl From<IdList> for Vec<String> {
    fn from(list: IdList) -> Self {
        list.ids.into_iter().map(String::from).collect()
    }
}

impl fmt::Debug for IdList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdList({})", self.ids.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        IdList::parse(text).expect_err(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_pasted_column_is_read_in_whatever_width_and_with_whatever_between() {
        for text in [
            "123456\n2345678\n12345670\n",
            "\u{feff}HER-SYS ID\r\n123456\r\n2345678\r\n\r\n12345670",
            "１２３４５６、2345678　12345670",
            "\"123456\",\"2345678\";12345670",
        ] {
            let list = IdList::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
            assert_eq!(list.iter().collect::<Vec<_>>(), ["123456", "2345678", "12345670"], "{text}");
            assert_eq!(
                [list.position("123456"), list.position("12345670"), list.position("23456")],
                [Some(0), Some(2), None]
            );
        }
    }

    #[test]
    fn every_wrong_line_is_named_and_no_id_is_said() {
        let faults = messages("123456\n12345\n123456789\n234567\n123456\n山田");
        let expected = [
            "audience.id: line 2 has an entry that is no HER-SYS ID; an ID has 6 to 8 digits",
            "audience.id: line 3 has an entry that is no HER-SYS ID; an ID has 6 to 8 digits",
            "audience.id: line 5 repeats an ID of line 1; leave one of the two out",
            "audience.id: line 6 has an entry that is no HER-SYS ID; an ID has 6 to 8 digits",
        ];
        assert_eq!(faults, expected);
        assert_eq!(messages(""), ["audience.id: the list has no ID"]);
        assert_eq!(messages("heading only"), ["audience.id: the list has no ID"]);
        let wrong_column = messages(&"x1\n".repeat(400));
        assert_eq!(wrong_column.len(), MOST_FAULTS + 1);
        assert!(wrong_column[MOST_FAULTS].contains("and 390 more"), "{}", wrong_column[MOST_FAULTS]);
    }

    #[test]
    fn a_list_from_a_program_is_checked_too() {
        let read = |json: &str| serde_json::from_str::<IdList>(json).map_err(|error| error.to_string());
        assert_eq!(read(r#"["123456","2345678"]"#).expect("a list").len(), 2);
        for (json, expected) in [
            ("[]", "the list has no ID"),
            (r#"["123456","12345x"]"#, "entry 2 is no HER-SYS ID"),
            (r#"["234567","123456","234567","123456"]"#, "entry 3 repeats entry 1"),
        ] {
            let fault = read(json).expect_err(json);
            assert!(fault.starts_with(expected), "{fault}");
        }
    }

    #[test]
    fn debug_shows_no_id() {
        assert_eq!(format!("{:?}", IdList::parse("123456").expect("a list")), "IdList(1)");
    }
}
