//! What a text costs: GSM-7 or UCS-2, units and segments. Counts as Twilio bills, grapheme clusters included.

use unicode_segmentation::UnicodeSegmentation;

/// How a text is encoded on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 03.38 default alphabet with its extension table: 160 units, or 153 a segment.
    Gsm7,
    /// UTF-16 code units: 70, or 67 a segment.
    Ucs2,
}

impl Encoding {
    /// The name as in output and in Twilio's documents: `GSM-7` or `UCS-2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// How many units one text holds that is not cut into segments.
    #[must_use]
    pub const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many units one segment of a longer text holds.
    #[must_use]
    pub const fn part(self) -> usize {
        (SEGMENT_BITS - HEADER_BITS) / self.bits()
    }

    /// How many bits one unit takes.
    const fn bits(self) -> usize {
        match self {
            Self::Gsm7 => 7,
            Self::Ucs2 => 16,
        }
    }
}

/// The cost of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The encoding that the whole text needs.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// Segments; 0 for the empty text.
    pub segments: usize,
}

/// 140 octets: what one short message holds.
const SEGMENT_BITS: usize = 140 * 8;
/// The user data header that says which part of a long text a segment is.
const HEADER_BITS: usize = 6 * 8;

/// The septets that a character takes in GSM-7: 1 in the default alphabet, 2 in its extension table; `None` for
/// a character that is in neither, and so turns the whole text to UCS-2.
#[must_use]
pub const fn gsm_septets(character: char) -> Option<usize> {
    match character {
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        '\n' | '\r' | ' '..='_' | 'a'..='z' => Some(1),
        '¡' | '£' | '¤' | '¥' | '§' | '¿' | 'Ä' | 'Å' | 'Æ' | 'Ç' | 'É' | 'Ñ' | 'Ö' | 'Ø' | 'Ü' | 'ß' | 'à' | 'ä'
        | 'å' | 'æ' | 'è' | 'é' | 'ì' | 'ñ' | 'ò' | 'ö' | 'ø' | 'ù' | 'ü' | 'Γ' | 'Δ' | 'Θ' | 'Λ' | 'Ξ' | 'Π' | 'Σ'
        | 'Φ' | 'Ψ' | 'Ω' => Some(1),
        _ => None,
    }
}

/// Whether every character of the text is in GSM-7.
#[must_use]
pub fn is_gsm(text: &str) -> bool {
    text.chars().all(|character| gsm_septets(character).is_some())
}

/// The encoding that a text needs, and its units in it. Cheap: no grapheme clusters are looked for.
#[must_use]
pub fn measure(text: &str) -> (Encoding, usize) {
    let mut septets = 0;
    for character in text.chars() {
        match gsm_septets(character) {
            Some(count) => septets += count,
            None => return (Encoding::Ucs2, text.chars().map(char::len_utf16).sum()),
        }
    }
    (Encoding::Gsm7, septets)
}

/// What a text costs, counted as Twilio's own calculator counts: an extension pair, a surrogate pair or a
/// grapheme cluster is never cut in two, so a text of many emoji costs more than its units say.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let (encoding, units) = measure(text);
    let segments = match units {
        0 => 0,
        units if units <= encoding.single() => 1,
        _ => count_parts(encoding, text),
    };
    Segments { encoding, units, segments }
}

/// Fills part after part. A text that turns out to need a second part gives back what the header displaces from
/// the first; that is the only moment at which a part may be filled beyond its end, by a cluster of more than
/// 67 units, and it is counted so since it is billed so.
fn count_parts(encoding: Encoding, text: &str) -> usize {
    let mut first = Vec::new();
    let mut filled = 0;
    let mut parts = 1;
    for bits in clusters(encoding, text) {
        if filled + bits > SEGMENT_BITS {
            parts += 1;
            let displaced = if parts == 2 { displace(&mut first, filled) } else { 0 };
            filled = HEADER_BITS + displaced;
        }
        filled += bits;
        if parts == 1 {
            first.push(bits);
        }
    }
    parts
}

/// Takes clusters off the end of the first part until the header fits, and says how many bits they were.
fn displace(first: &mut Vec<usize>, filled: usize) -> usize {
    let mut displaced = 0;
    while filled - displaced + HEADER_BITS > SEGMENT_BITS {
        match first.pop() {
            Some(bits) => displaced += bits,
            None => break,
        }
    }
    displaced
}

/// The sizes in bits of what must stay together.
fn clusters(encoding: Encoding, text: &str) -> impl Iterator<Item = usize> {
    text.graphemes(true).flat_map(move |cluster| {
        // A line end is two characters on the air. And the calculator's clusters are those of Unicode before
        // 15.1: a conjunct of Indic consonants was not yet one.
        let mut starts: Vec<usize> = cluster
            .char_indices()
            .filter(|(at, character)| *at > 0 && (*character == '\n' || is_indic_consonant(*character)))
            .map(|(at, _)| at)
            .collect();
        starts.push(cluster.len());
        let mut from = 0;
        starts.into_iter().map(move |to| {
            let part = &cluster[from..to];
            from = to;
            let units: usize = match encoding {
                Encoding::Gsm7 => part.chars().filter_map(gsm_septets).sum(),
                Encoding::Ucs2 => part.chars().map(char::len_utf16).sum(),
            };
            units * encoding.bits()
        })
    })
}

/// Whether Unicode 15.1 joins the character to a consonant before it (`Indic_Conjunct_Break=Consonant`).
const fn is_indic_consonant(character: char) -> bool {
    matches!(character,
        '\u{915}'..='\u{939}' | '\u{958}'..='\u{95f}' | '\u{978}'..='\u{97f}'
        | '\u{995}'..='\u{9b9}' | '\u{9dc}'..='\u{9df}' | '\u{9f0}'..='\u{9f1}'
        | '\u{a95}'..='\u{ab9}' | '\u{af9}' | '\u{b15}'..='\u{b39}' | '\u{b5c}'..='\u{b5f}' | '\u{b71}'
        | '\u{c15}'..='\u{c39}' | '\u{c58}'..='\u{c5a}' | '\u{d15}'..='\u{d3a}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, encoding: Encoding, units: usize, segments: usize) {
        assert_eq!(super::segments(text), Segments { encoding, units, segments }, "{text:?}");
    }

    #[test]
    fn limits_of_both_encodings() {
        check("", Encoding::Gsm7, 0, 0);
        check(&"a".repeat(160), Encoding::Gsm7, 160, 1);
        check(&"a".repeat(161), Encoding::Gsm7, 161, 2);
        check(&"a".repeat(306), Encoding::Gsm7, 306, 2);
        check(&"a".repeat(307), Encoding::Gsm7, 307, 3);
        check(&"あ".repeat(70), Encoding::Ucs2, 70, 1);
        check(&"あ".repeat(71), Encoding::Ucs2, 71, 2);
        check(&"あ".repeat(134), Encoding::Ucs2, 134, 2);
        check(&"あ".repeat(135), Encoding::Ucs2, 135, 3);
    }

    #[test]
    fn one_character_outside_the_alphabet_turns_the_whole_text() {
        for outside in ["ç", "`", "\u{1b}", "\t", "’", "ｱ", "Ａ", "\0"] {
            check(&format!("abc{outside}"), Encoding::Ucs2, 4, 1);
        }
        check("Ç€{}[]~^|\\\u{c}", Encoding::Gsm7, 21, 1);
        check("a\r\nb", Encoding::Gsm7, 4, 1);
    }

    #[test]
    fn what_belongs_together_is_not_cut() {
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(10)), Encoding::Gsm7, 164, 2);
        // 152 + the pair does not fit 153: 152, then 2 + 151 = 153, then one more.
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), Encoding::Gsm7, 306, 3);
        check(&"❤\u{fe0f}".repeat(67), Encoding::Ucs2, 134, 3);
        check(&"🇯🇵".repeat(33), Encoding::Ucs2, 132, 3);
        check(&"🍎".repeat(35), Encoding::Ucs2, 70, 1);
        check(&"🍎".repeat(67), Encoding::Ucs2, 134, 3);
        check(&"か\u{3099}".repeat(67), Encoding::Ucs2, 134, 3);
    }

    proptest! {
        #[test]
        fn the_count_lies_between_its_bounds(text in any::<String>()) {
            let cost = segments(&text);
            let units: usize = match cost.encoding {
                Encoding::Gsm7 => text.chars().filter_map(gsm_septets).sum(),
                Encoding::Ucs2 => text.encode_utf16().count(),
            };
            prop_assert_eq!(cost.units, units);
            prop_assert_eq!(cost.encoding == Encoding::Gsm7, is_gsm(&text));
            let part = if cost.encoding == Encoding::Gsm7 { 153 } else { 67 };
            if units <= cost.encoding.single() {
                prop_assert_eq!(cost.segments, usize::from(units > 0));
            } else {
                prop_assert!(cost.segments >= units.div_ceil(part));
            }
        }

        #[test]
        fn a_longer_text_never_costs_less(text in "[a-z€あ🍎]{0,400}", more in "[a-z€あ🍎]{0,10}") {
            let shorter = segments(&text);
            let longer = segments(&format!("{text}{more}"));
            prop_assert!(longer.segments >= shorter.segments);
        }

        #[test]
        fn plain_text_costs_its_units(count in 1_usize..2_000) {
            let gsm = segments(&"x".repeat(count));
            prop_assert_eq!(gsm.segments, if count <= 160 { 1 } else { count.div_ceil(153) });
            let ucs = segments(&"字".repeat(count));
            prop_assert_eq!(ucs.segments, if count <= 70 { 1 } else { count.div_ceil(67) });
        }
    }
}
