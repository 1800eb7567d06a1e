//! Reads `application/x-www-form-urlencoded` without losing a byte: the signature is over what was sent.
//!
//! Ready-made readers give text and mend what is no UTF-8, or pass over a broken escape; either would have the
//! signature fail, or pass, for something else than what is read afterwards.

use std::borrow::Cow;

/// The bytes are no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: a % must be followed by two hexadecimal digits")]
pub struct FormError {
    /// Where the broken escape begins.
    pub at: usize,
}

/// A form: names and values in the order in which they came, decoded, as bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The names and values of a form, in order, with what is no UTF-8 replaced by U+FFFD. Names may come more than
/// once; names and values may be empty.
///
/// # Errors
/// [`FormError`] says where an escape is broken.
pub fn parse_form(bytes: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    Form::parse(bytes).map(|form| form.as_text())
}

impl Form {
    /// Decodes a form.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut fields = Vec::new();
        let mut at = 0;
        for pair in bytes.split(|byte| *byte == b'&') {
            if !pair.is_empty() {
                let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                    Some(equals) => (&pair[..equals], &pair[equals + 1..]),
                    None => (pair, &[][..]),
                };
                let value_at = at + pair.len() - value.len();
                fields.push((decode(name, at)?, decode(value, value_at)?));
            }
            at += pair.len() + 1;
        }
        Ok(Self { fields })
    }

    /// The first value of a field, as text. A name that comes twice with different values is not something that
    /// the provider sends; the first is taken.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.fields.iter().find(|(field, _)| field == name.as_bytes()).map(|(_, value)| String::from_utf8_lossy(value))
    }

    /// The value of a field that says who or what this is about: there, not empty, of reasonable length, UTF-8
    /// without control characters, and not given twice with different values. `None` otherwise.
    ///
    /// The signature joins names and values without a mark between them, so that it alone does not prove which
    /// field was meant.
    pub(super) fn identity(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name.as_bytes()).map(|(_, value)| value);
        let value = values.next()?;
        if values.any(|other| other != value) {
            return None;
        }
        let text = std::str::from_utf8(value).ok()?;
        ((1..=255).contains(&text.len()) && !text.chars().any(char::is_control)).then_some(text)
    }

    /// Everything as text, what is no UTF-8 replaced.
    pub(super) fn as_text(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.fields.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    /// Whether everything is UTF-8.
    pub(super) fn is_text(&self) -> bool {
        let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
        self.fields.iter().all(|(name, value)| is_text(name) && is_text(value))
    }
}

/// Undoes the encoding of one name or value that begins at byte `start` of the form.
fn decode(encoded: &[u8], start: usize) -> Result<Vec<u8>, FormError> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while let Some(byte) = encoded.get(at) {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digit = |at: usize| encoded.get(at).and_then(|byte| char::from(*byte).to_digit(16));
                let value = digit(at + 1).zip(digit(at + 2)).map(|(high, low)| high * 16 + low);
                let value = value.and_then(|value| u8::try_from(value).ok()).ok_or(FormError { at: start + at })?;
                decoded.push(value);
                at += 2;
            }
            other => decoded.push(*other),
        }
        at += 1;
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(form: &str, expected: &[(&str, &str)]) {
        let fields = parse_form(form.as_bytes()).expect(form);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, expected, "{form}");
    }

    #[test]
    fn forms_are_read_as_they_were_written() {
        check("", &[]);
        check("&&", &[]);
        check("a=1&b=2", &[("a", "1"), ("b", "2")]);
        check("a=1&a=1&a=2", &[("a", "1"), ("a", "1"), ("a", "2")]);
        check("a&b=&=c&=", &[("a", ""), ("b", ""), ("", "c"), ("", "")]);
        check("a=b=c", &[("a", "b=c")]);
        check("From=%2B819012345601&Body=+a+%2B+", &[("From", "+819012345601"), ("Body", " a + ")]);
        check("Body=%E4%BD%93%e6%b8%a9%F0%9F%98%B7", &[("Body", "体温😷")]);
        check("Body=体温", &[("Body", "体温")]);
        check("a%26b%3D=%25%00%0d%0A", &[("a&b=", "%\0\r\n")]);
        check("a=1;b=2", &[("a", "1;b=2")]);
        check("Body=%FF", &[("Body", "\u{FFFD}")]);
    }

    #[test]
    fn a_broken_escape_is_found_where_it_is() {
        for (form, at) in
            [("%", 0), ("a=%", 2), ("a=1&b=%2", 6), ("a=1&%zz=1", 4), ("a=%é", 2), ("a=%+1", 2), ("a=%%31", 2)]
        {
            assert_eq!(parse_form(form.as_bytes()), Err(FormError { at }), "{form}");
        }
    }

    #[test]
    fn who_and_what_must_be_clear() {
        let long = format!("From={}", "9".repeat(256));
        for (form, expected) in [
            ("From=%2B1&x=2", Some("+1")),
            ("From=a&From=a", Some("a")),
            ("From=a&From=b", None),
            ("From=&From=a", None),
            ("From=", None),
            ("from=a", None),
            ("", None),
            ("From=%FF", None),
            ("From=a%00", None),
            ("From=a%0A", None),
            (long.as_str(), None),
            (&long[..260], Some(&long[5..260])),
        ] {
            assert_eq!(Form::parse(form.as_bytes()).expect(form).identity("From"), expected, "{form}");
        }
    }

    proptest! {
        #[test]
        fn what_a_form_writer_wrote_comes_back(fields in proptest::collection::vec((any::<String>(), any::<String>()), 0..8)) {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(parse_form(form.as_bytes()), Ok(fields));
        }

        #[test]
        fn it_reads_what_another_reader_reads(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'%'), Just(b'&'), Just(b'='), Just(b'a')], 0..60)) {
            // The other reader leaves a broken escape as it is.
            if let Ok(fields) = parse_form(&bytes) {
                let other: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
                prop_assert_eq!(fields, other);
            }
        }

        #[test]
        fn no_byte_is_lost(name in proptest::collection::vec(any::<u8>(), 1..20), value in proptest::collection::vec(any::<u8>(), 0..20)) {
            let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let form = Form::parse(format!("{}={}", escape(&name), escape(&value)).as_bytes()).expect("escaped");
            prop_assert_eq!(form.fields, vec![(name, value)]);
        }
    }
}
