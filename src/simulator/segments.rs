//! How many segments a text is billed as: GSM 03.38 and UCS-2, counted by the provider's own rules. A counter of
//! the provider's own, so that it can disagree with the service's.

/// The basic alphabet of GSM 03.38, one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension, two septets each (an escape and the character).
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The number of segments, at least one. Neither an escaped character nor a surrogate pair is torn apart.
pub(super) fn segments(body: &str) -> u32 {
    match body.chars().map(septets).collect::<Option<Vec<usize>>>() {
        Some(units) => count(&units, 160, 153),
        None => count(&body.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// The septets of one character; `None` when the alphabet does not have it.
fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn count(units: &[usize], alone: usize, joined: usize) -> u32 {
    if units.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut segments, mut used) = (1, 0);
    for unit in units {
        if used + unit > joined {
            segments += 1;
            used = 0;
        }
        used += unit;
    }
    segments
}

/// What `SmartEncoded=true` makes of a text: look-alikes from the GSM alphabet in place of typographic marks and
/// full-width forms. As at Twilio, it does so even where the rest of the text needs UCS-2 anyway.
pub(super) fn smart_encoded(body: &str) -> String {
    body.chars()
        .map(|character| match character {
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{2039}' | '\u{203a}' | '\u{b4}'
            | '`' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => '-',
            '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
            '\u{2022}' | '\u{2219}' | '\u{b7}' => '.',
            '\u{2044}' => '/',
            '\u{2217}' => '*',
            '\u{2223}' => '|',
            '\u{3001}' => ',',
            '\u{3002}' => '.',
            // Full-width ASCII lies at a fixed distance from ASCII.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
            other => other,
        })
        .collect::<String>()
        .replace('\u{2026}', "...")
        .replace(['\u{200b}', '\u{2060}', '\u{feff}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let cases = [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // 153 holds 76 escaped pairs and one septet to spare, which no pair may straddle.
            ("€".repeat(152), 2),
            ("€".repeat(153), 3),
            ("\r\n".repeat(80), 1),
            ("\r\n".repeat(81), 2),
            ("Ç".repeat(160), 1),
            ("ç".repeat(71), 2),
            ("`".repeat(71), 2),
            ("あ".repeat(70), 1),
            ("あ".repeat(71), 2),
            ("あ".repeat(134), 2),
            ("あ".repeat(135), 3),
            ("😀".repeat(35), 1),
            // 67 holds 33 pairs.
            ("😀".repeat(66), 2),
            ("😀".repeat(67), 3),
            (format!("{}あ", "a".repeat(69)), 1),
            (format!("{}あ", "a".repeat(70)), 2),
            ("ｱ".repeat(71), 2),
            ("\u{1b}".repeat(71), 2),
        ];
        for (body, expected) in cases {
            assert_eq!(segments(&body), expected, "{} characters of {:?}", body.chars().count(), body.chars().next());
        }
    }

    #[test]
    fn smart_encoding_is_unconditional() {
        assert_eq!(smart_encoded("“It’s” – well…"), "\"It's\" - well...");
        assert_eq!(smart_encoded("こんにちは。元気？（１２）"), "こんにちは.元気?(12)");
    }
}
