//! Options inside a text: `1 cough 2 runny nose` taken apart, and put together.

use std::ops::Range;

use super::super::definition::{Dialog, Question};
use crate::language::Language;

impl Dialog {
    /// What the options of a question are called in its text, in the order of the options: what stands behind their
    /// numbers. `None` if the text does not list them all, and for a question without options.
    #[must_use]
    pub fn option_labels(&self, question: &Question, language: Language) -> Option<Vec<String>> {
        let numbers: Vec<u8> = question.kind.options().iter().map(|option| option.code).collect();
        let name = format!("{}.ask", question.key);
        let (_, text) = self.texts_by_name(language).into_iter().find(|(known, _)| *known == name)?;
        labels(&text, &numbers)
    }
}

/// What stands behind each of the numbers in a text, if they stand there in this order: the words of the options. A
/// number that belongs to another (the 12 in `8 no urine for 12h 9 other`) is passed over.
pub(super) fn labels(text: &str, numbers: &[u8]) -> Option<Vec<String>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut all = numerals(text).into_iter();
    for number in numbers {
        found.push(all.find(|(value, _)| *value == u32::from(*number)).map(|(_, place)| place)?);
    }
    let ends = found.iter().skip(1).map(|next| next.start).chain([text.len()]);
    let words: Vec<String> =
        found.iter().zip(ends).map(|(at, end)| trimmed(text.get(at.end..end)?)).collect::<Option<_>>()?;
    let (last, others) = words.split_last()?;
    // Behind the last option the sentence may go on.
    let last = last.split(['。', '！', '!', '？', '?', '\n']).next().unwrap_or_default();
    let last = last.split_once(". ").map_or(last, |(label, _)| label).trim().trim_end_matches('.');
    (!last.is_empty()).then(|| others.iter().cloned().chain([last.to_owned()]).collect())
}

/// The numbers in a text, with their places; full-width digits count.
fn numerals(text: &str) -> Vec<(u32, Range<usize>)> {
    let mut found: Vec<(u32, Range<usize>)> = Vec::new();
    for (at, letter) in text.char_indices() {
        let digit = match letter {
            '０'..='９' => u32::from(letter) - u32::from('０'),
            _ => match letter.to_digit(10) {
                Some(digit) => digit,
                None => continue,
            },
        };
        match found.last_mut().filter(|(_, place)| place.end == at) {
            Some((value, place)) => {
                *value = value.saturating_mul(10).saturating_add(digit);
                place.end += letter.len_utf8();
            }
            None => found.push((digit, at..at + letter.len_utf8())),
        }
    }
    found
}

/// Without what separates a number from its words, and these from the next number.
fn trimmed(text: &str) -> Option<String> {
    let separators = |letter: char| letter.is_whitespace() || ".:：,、，;；/／・-=".contains(letter);
    let text = text.trim_matches(separators).trim_start_matches(['）', ')', '．']).trim_start();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A text with its options behind it, each with its number.
pub(super) fn with_options<'l>(text: &str, between: &str, options: impl IntoIterator<Item = (u8, &'l str)>) -> String {
    let mut out = text.to_owned();
    for (number, label) in options {
        out.push_str(&format!(" {number}{between}{label}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, numbers: &[u8], expected: Option<&[&str]>) {
        let found = labels(text, numbers);
        let expected = expected.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn options_are_found_behind_their_numbers() {
        check("症状を番号で全部。0なし 1せき 2鼻水 3のど痛", &[1, 2, 3], Some(&["せき", "鼻水", "のど痛"]));
        check("All: 0 none 8 no urine for 12h 9 other. Thank you.", &[8, 9], Some(&["no urine for 12h", "other"]));
        check("1) yes, 2) no", &[1, 2], Some(&["yes", "no"]));
        check("１はい　２いいえ", &[1, 2], Some(&["はい", "いいえ"]));
        check("軽く? 1三日以上前から(症状なしも1) 2まだ", &[1, 2], Some(&["三日以上前から(症状なしも1)", "まだ"]));
        check("Fever in the last 12 hours?", &[1, 2], None);
        check("1 2", &[1, 2], None);
        check("no number", &[1], None);
        check("99999999999 x", &[1], None);
    }

    #[test]
    fn what_is_put_together_can_be_taken_apart() {
        let text = with_options("Which?", " ", [(1, "cough"), (2, "fever")]);
        assert_eq!(text, "Which? 1 cough 2 fever");
        check(&text, &[1, 2], Some(&["cough", "fever"]));
    }
}
