//! What the provider can tell from a number's digits alone: its form, its country, whether it takes texts.

/// Whether the text is a number in E.164 form: a plus, no leading zero, 7 to 15 digits.
pub(super) fn is_e164(number: &str) -> bool {
    let Some(digits) = number.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text can be a sender that is not a number: a short code, or up to 11 letters and digits.
pub(super) fn is_sender_name(sender: &str) -> bool {
    let short_code = (3..=8).contains(&sender.len()) && sender.bytes().all(|byte| byte.is_ascii_digit());
    let name = (1..=11).contains(&sender.len())
        && sender.bytes().any(|byte| byte.is_ascii_alphabetic())
        && sender.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" &+_-".contains(&byte));
    short_code || name
}

/// What sort of line a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// It takes texts.
    Mobile,
    /// It exists but takes none.
    Landline,
    /// The country has no such number.
    Nonexistent,
}

/// What the digits say, for Japan; every other number counts as one that takes texts, since elsewhere fixed and
/// mobile numbers cannot be told apart by their digits.
pub(super) fn line(number: &str) -> Line {
    let Some(national) = number.strip_prefix("+81") else { return Line::Mobile };
    let mobile = ["60", "70", "80", "90"].iter().any(|prefix| national.starts_with(prefix));
    match (mobile, national.len()) {
        (true, 10) => Line::Mobile,
        (false, 9 | 10) if !national.starts_with('0') => Line::Landline,
        _ => Line::Nonexistent,
    }
}

/// The ISO code of the number's country where it is one that this provider knows; else empty.
pub(super) fn country(number: &str) -> &'static str {
    if number.starts_with("+81") {
        "JP"
    } else if number.starts_with("+1") {
        "US"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for good in ["+15005550001", "+819012345601", "+1234567"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in
            ["", "+", "15005550001", "+05005550001", "+123456", "+1234567890123456", "+1500555000a", "090-1234-5601"]
        {
            assert!(!is_e164(bad), "{bad}");
        }
        for good in ["12345", "Koto HC", "A"] {
            assert!(is_sender_name(good), "{good}");
        }
        for bad in ["", "12", "123456789", "Koto Health Center", "保健所"] {
            assert!(!is_sender_name(bad), "{bad}");
        }
    }

    #[test]
    fn lines() {
        let cases = [
            ("+819012345601", Line::Mobile),
            ("+816012345601", Line::Mobile),
            ("+81312345678", Line::Landline),
            ("+81120123456", Line::Landline),
            ("+815012345678", Line::Landline),
            ("+8190123456", Line::Nonexistent),
            ("+81901234567890", Line::Nonexistent),
            ("+8109012345678", Line::Nonexistent),
            ("+12025550123", Line::Mobile),
        ];
        for (number, expected) in cases {
            assert_eq!(line(number), expected, "{number}");
        }
    }
}
