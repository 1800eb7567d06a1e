//! What segments cost: exact sums of a price table's prices. Which tables there are is the shell's business.

use std::fmt;

use serde::{Serialize, Serializer};

use super::field_error::FieldError;

/// Prices are given with up to four digits after the point.
const PARTS: u64 = 10_000;

/// What one segment costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentPrice {
    currency: String,
    /// In ten-thousandths of the currency.
    parts: u64,
}

/// A sum of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// The currency, by its ISO 4217 code: `JPY`.
    pub currency: String,
    /// How much, in ten-thousandths of the currency; written as a decimal number in a string.
    #[serde(rename = "amount", serialize_with = "write_decimal")]
    pub parts: u64,
}

impl SegmentPrice {
    /// A price as it stands in a table: `3.3` of `JPY`.
    ///
    /// # Errors
    /// When it is no number from 0 to a million, or the currency is not three capital letters.
    pub fn new(currency: &str, price: f64) -> Result<Self, FieldError> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(FieldError::new("price.currency", "a currency is three capital letters, such as JPY"));
        }
        if !(0.0..=1_000_000.0).contains(&price) {
            return Err(FieldError::new("price.send", "a price is a number from 0 to 1000000"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^10")]
        let parts = (price * 10_000.0).round() as u64;
        Ok(Self { currency: currency.to_owned(), parts })
    }

    /// What so many segments cost.
    #[must_use]
    pub fn of(&self, segments: u64) -> Amount {
        Amount { currency: self.currency.clone(), parts: self.parts.saturating_mul(segments) }
    }
}

fn decimal(parts: u64) -> String {
    let (whole, rest) = (parts / PARTS, parts % PARTS);
    let digits = format!("{rest:04}");
    match digits.trim_end_matches('0') {
        "" => whole.to_string(),
        digits => format!("{whole}.{digits}"),
    }
}

fn write_decimal<S: Serializer>(parts: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&decimal(*parts))
}

impl fmt::Display for Amount {
    /// `JPY 1320`, `USD 0.0079`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, decimal(self.parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        for (price, segments, expected) in [
            (3.3, 400, "JPY 1320"),
            (3.3, 1, "JPY 3.3"),
            (0.0079, 3, "JPY 0.0237"),
            (0.1, 3, "JPY 0.3"),
            (3.3, 1_000_003, "JPY 3300009.9"),
            (0.0, 7, "JPY 0"),
        ] {
            assert_eq!(SegmentPrice::new("JPY", price).expect("a price").of(segments).to_string(), expected);
        }
        let json = serde_json::to_string(&SegmentPrice::new("JPY", 3.3).expect("a price").of(2)).expect("serialises");
        assert_eq!(json, r#"{"currency":"JPY","amount":"6.6"}"#);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (currency, price) in [("JPY", -1.0), ("JPY", f64::NAN), ("JPY", f64::INFINITY), ("yen", 1.0), ("円", 1.0)]
        {
            assert!(SegmentPrice::new(currency, price).is_err(), "{currency} {price}");
        }
    }
}
