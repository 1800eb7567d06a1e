//! What is measured and answered: values with their units. How people type them is [`crate::reply`]'s business.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Body temperature in tenths of a degree Celsius (LOINC 8310-5, UCUM `Cel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(u16);

impl Temperature {
    /// The lowest value that is taken as plausible: 34.0 °C.
    pub const MIN: Self = Self(340);
    /// The highest value that is taken as plausible: 42.0 °C.
    pub const MAX: Self = Self(420);

    /// From tenths of a degree: `365` is 36.5 °C. `None` outside 34.0 to 42.0 °C.
    #[must_use]
    pub const fn from_tenths(tenths: u16) -> Option<Self> {
        if tenths >= Self::MIN.0 && tenths <= Self::MAX.0 { Some(Self(tenths)) } else { None }
    }

    /// In tenths of a degree.
    #[must_use]
    pub const fn tenths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Temperature {
    /// `36.5`, always with one decimal and no unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Oxygen saturation by pulse oximeter in whole percent (LOINC 59408-5, UCUM `%`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OxygenSaturation(u8);

impl OxygenSaturation {
    /// `None` above 100 or below 50 %: nobody types such a value about a living person. Whether a value below
    /// 80 is believed is not decided here: a device read upside down, or a pulse, looks just like it.
    #[must_use]
    pub const fn from_percent(percent: u8) -> Option<Self> {
        if percent >= 50 && percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// In percent.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// Whether the value is accepted when it is given once: 80 to 100 %. A lower one must be confirmed, and
    /// raises an alert at once (DOMAIN.md 1.8: a pulse of 52 to 76 was once read as an oxygen value).
    #[must_use]
    pub const fn is_plausible(self) -> bool {
        self.0 >= 80
    }
}

impl fmt::Display for OxygenSaturation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The answer to a yes/no question. Unknown is an answer, and never counts as no (P9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The patient does not know.
    Unknown,
}

/// A set of option codes, each 1 to 63. The empty set is the explicit answer "none of these".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub struct OptionSet(u64);

impl OptionSet {
    /// "None of these".
    pub const NONE: Self = Self(0);

    /// Adds a code. Codes outside 1 to 63 are not options and change nothing.
    pub const fn insert(&mut self, code: u8) {
        if code >= 1 && code < 64 {
            self.0 |= 1 << code;
        }
    }

    /// Whether the code is in the set.
    #[must_use]
    pub const fn contains(self, code: u8) -> bool {
        code >= 1 && code < 64 && self.0 & (1 << code) != 0
    }

    /// Whether this is the answer "none of these".
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many options are chosen.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The codes, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..64).filter(move |code| self.contains(*code))
    }
}

impl From<Vec<u8>> for OptionSet {
    fn from(codes: Vec<u8>) -> Self {
        codes.into_iter().collect()
    }
}

impl From<OptionSet> for Vec<u8> {
    fn from(set: OptionSet) -> Self {
        set.iter().collect()
    }
}

impl FromIterator<u8> for OptionSet {
    fn from_iter<I: IntoIterator<Item = u8>>(codes: I) -> Self {
        let mut set = Self::NONE;
        for code in codes {
            set.insert(code);
        }
        set
    }
}

impl fmt::Display for OptionSet {
    /// `1,3`; `0` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("0");
        }
        for (index, code) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            code.fmt(f)?;
        }
        Ok(())
    }
}

/// One answer to one question, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Body temperature.
    Temperature(Temperature),
    /// Oxygen saturation.
    OxygenSaturation(OxygenSaturation),
    /// Yes, no or unknown.
    YesNo(YesNo),
    /// The code of the one chosen option.
    Choice(u8),
    /// The codes of all chosen options; empty for "none".
    Options(OptionSet),
    /// A whole number, such as a pulse.
    Number(i32),
    /// An identifier, as normalised by its question.
    Identifier(Box<str>),
    /// Something for staff to read: the words are the raw text of the message.
    Text,
    /// "Nothing to add."
    Nothing,
    /// There is no measurement: no device, not done. A full answer, but never a healthy one (P9).
    NotMeasured,
}
