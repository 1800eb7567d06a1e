//! Phone numbers in E.164 form. They mask themselves wherever they might be printed.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Serialize};

/// A phone number in E.164 form: `+`, then 7 to 15 digits, the first not 0.
///
/// `Debug` and `Display` show the last two digits only, so that a log line cannot leak a number; whoever
/// really needs it says so with [`PhoneNumber::as_e164`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Box<str>);

/// Why a text is no usable phone number. Carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Not the shape of a phone number, or no such number in its numbering plan.
    #[error("not a phone number: write it with the country code, such as +81 90…, or in the form used in Japan")]
    Invalid,
    /// A valid number that cannot be texted: landline, toll-free, pager.
    #[error("this number cannot receive texts: only mobile numbers can (in Japan 060, 070, 080, 090)")]
    NotMobile,
}

impl PhoneNumber {
    /// Takes a number that is already in E.164 form, as providers send it, without looking at numbering plans.
    ///
    /// # Errors
    /// [`PhoneError::Invalid`] when the text is not `+` and 7 to 15 digits.
    pub fn from_e164(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::Invalid)?;
        let fits = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(text.into())) } else { Err(PhoneError::Invalid) }
    }

    /// Reads a number as people write it (full-width digits, dashes, national form) and checks that it can be
    /// texted. The national form of Japan is accepted; other countries' numbers need their country code.
    ///
    /// Outside Japan a fixed-or-mobile number counts as mobile (DESIGN.md, section 7).
    ///
    /// # Errors
    /// [`PhoneError::Invalid`] for what is no number, [`PhoneError::NotMobile`] for one that cannot be texted.
    pub fn parse_mobile(text: &str) -> Result<Self, PhoneError> {
        let number = PHONE_NUMBER_UTIL.parse(text, Some(Region::JP)).map_err(|_| PhoneError::Invalid)?;
        let e164 = Self::from_e164(&number.format_as(PhoneNumberFormat::E164))?;
        // The numbers that North America keeps for fiction are the ones that tests and demos use.
        let fiction = e164.0.len() == 12 && e164.0.starts_with("+1") && e164.0[5..].starts_with("55501");
        if fiction {
            return Ok(e164);
        }
        if !number.is_valid() {
            return Err(PhoneError::Invalid);
        }
        match number.get_type() {
            PhoneNumberType::Mobile => Ok(e164),
            PhoneNumberType::FixedLineOrMobile if !e164.0.starts_with("+81") => Ok(e164),
            _ => Err(PhoneError::NotMobile),
        }
    }

    /// The number in full. For providers, stores and staff; never for logs.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+…{}", &self.0[self.0.len() - 2..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::from_e164(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_numbers_are_read_as_people_write_them() {
        for text in ["090-1234-5601", "０９０－１２３４－５６０１", "+81 90 1234 5601", "09012345601"] {
            let number = PhoneNumber::parse_mobile(text).expect(text);
            assert_eq!(number.as_e164(), "+819012345601", "{text}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_texted_are_refused() {
        for text in ["03-1234-5678", "0120-123-456", "050-1234-5678"] {
            assert_eq!(PhoneNumber::parse_mobile(text), Err(PhoneError::NotMobile), "{text}");
        }
        for text in ["119", "", "abc", "090-1234", "090-0123-4567"] {
            assert!(matches!(PhoneNumber::parse_mobile(text), Err(PhoneError::Invalid)), "{text}");
        }
    }

    #[test]
    fn the_fictional_numbers_of_north_america_may_be_used() {
        assert!(PhoneNumber::parse_mobile("+1 212 555 0123").is_ok());
    }

    #[test]
    fn a_number_masks_itself() {
        let number = PhoneNumber::from_e164("+819012345601").expect("valid");
        assert_eq!(format!("{number} {number:?}"), "+…01 +…01");
    }
}
