//! Lines of a certain width: where a text may be broken is Unicode's rule (UAX #14), how wide its characters are
//! too (UAX #11).

use unicode_linebreak::linebreaks;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Breaks a text into lines of at most `columns` places, of which a full-width character takes two. A word that is
/// longer than a line is broken anywhere. At least two columns.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut from = 0;
        for (to, _) in linebreaks(paragraph) {
            let piece = &paragraph[from..to];
            from = to;
            // A space at the end of a line needs no place.
            if line.width() + piece.trim_end().width() > columns && !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            for character in piece.chars() {
                if line.width() + character.width().unwrap_or(0) > columns && !character.is_whitespace() {
                    lines.push(line.trim_end().to_owned());
                    line.clear();
                }
                line.push(character);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The text with spaces behind it, up to this width.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn japanese_is_broken_anywhere_and_english_between_words() {
        assert_eq!(
            wrap("今日の体温を数字で返信してください。例 36.5", 12),
            ["今日の体温を", "数字で返信し", "てください。", "例 36.5"]
        );
        // No line begins with a mark that belongs to what is before it.
        assert_eq!(wrap("一二三四五六。七", 12), ["一二三四五", "六。七"]);
        assert_eq!(wrap("Is it harder to breathe?", 12), ["Is it harder", "to breathe?"]);
        assert_eq!(wrap("abcdefghijklmnop", 12), ["abcdefghijkl", "mnop"]);
        assert_eq!(wrap("a\n\nb", 12), ["a", "", "b"]);
        assert_eq!(wrap("", 12), Vec::<String>::new());
        assert_eq!(padded("体温", 6), "体温  ");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "[ -~ぁ-ん一-龠é🍎\n]{0,80}", columns in 2..30_usize) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| line.width() <= columns), "{:?}", lines);
            let letters = |text: &str| text.chars().filter(|each| !each.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
