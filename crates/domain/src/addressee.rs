//! Whom a text from a shared phone names: `B 37.0`, `B(80)息が苦しい`, as our own texts name the patients. What the
//! rest of the text says is the reader's business, what follows from it the turn's.

use unicode_normalization::UnicodeNormalization;

/// What people put between the label and what they say.
const SEPARATORS: [char; 10] = [':', '.', ',', '-', '=', ')', '、', '。', '・', '」'];

/// What follows a name in Japanese before what is said of it, the longer ones first.
const PARTICLES: [&str; 7] = ["さんは", "さんの", "さん", "様", "は", "が", "の"];

/// Capital letters that are words by themselves (`A fever`, `I feel`, Spanish and Tagalog `y`, `o`, `e`): before a
/// Latin word they name nobody.
const WORDS: [char; 5] = ['A', 'E', 'I', 'O', 'Y'];

/// Splits a text that begins with the letter of a patient into the letter and what is said. `None` if it names none
/// of `letters`, if nothing follows, or if the letter may as well be part of a word.
#[must_use]
pub fn split(text: &str, letters: &[char]) -> Option<(char, String)> {
    let folded: String = text.trim_start_matches(is_ignored).nfkc().collect();
    let mut characters = folded.chars();
    let letter = characters.next()?.to_ascii_uppercase();
    if !letters.contains(&letter) {
        return None;
    }
    let after_letter = characters.as_str();
    let after_age = without_age(after_letter);
    let rest = after_age.unwrap_or(after_letter);
    let said = rest.trim_start_matches(is_ignored);
    let next = said.chars().next()?;
    let marked = after_age.is_some() || SEPARATORS.contains(&next);
    let said = said.trim_start_matches(|c: char| is_ignored(c) || SEPARATORS.contains(&c));
    let particle = PARTICLES.iter().find_map(|particle| said.strip_prefix(particle));
    let said = particle.map_or(said, |after| after.trim_start_matches(|c: char| is_ignored(c) || c == '、'));
    let first = said.chars().next()?;
    let apart = rest.starts_with(is_ignored);
    let names = match first {
        _ if marked => true,
        _ if !first.is_ascii_alphabetic() => first.is_alphanumeric(),
        _ => apart && !WORDS.contains(&letter),
    };
    names.then(|| (letter, said.to_owned()))
}

fn is_ignored(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}' | '「')
}

/// What follows an age in brackets, as our labels have it: `(80)`.
fn without_age(text: &str) -> Option<&str> {
    let (age, rest) = text.trim_start().strip_prefix('(')?.split_once(')')?;
    let age = age.trim();
    (!age.is_empty() && age.len() <= 3 && age.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<(char, &str)>) {
        let found = split(text, &['A', 'B', 'C']);
        assert_eq!(found.as_ref().map(|(letter, said)| (*letter, said.as_str())), expected, "{text}");
    }

    #[test]
    fn a_label_in_front_names_a_patient() {
        check("B 37.0", Some(('B', "37.0")));
        check("b37.0", Some(('B', "37.0")));
        check("Ｂ　３７．０", Some(('B', "37.0")));
        check("B息が苦しい", Some(('B', "息が苦しい")));
        check("B(82) 36.8 97 2 0", Some(('B', "36.8 97 2 0")));
        check("Ｃ（７）：いいえ", Some(('C', "いいえ")));
        check("Aは37.0", Some(('A', "37.0")));
        check("Bさん、胸が痛い", Some(('B', "胸が痛い")));
        check("A: fine", Some(('A', "fine")));
        check("B chest pain", Some(('B', "chest pain")));
        check("「B」37.0", Some(('B', "37.0")));
        check("A 97", Some(('A', "97")));
    }

    #[test]
    fn a_word_is_no_label() {
        for text in
            ["A fever of 38", "a little", "BACK", "back", "call me", "C", "B ", "B(82)", "D 37.0", "37.0 B", "", "  "]
        {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_a_panic_and_loses_nothing_behind_the_label(text in "\\PC{0,40}", said in "[0-9]{2}[.][0-9]") {
            let _ = split(&text, &['A', 'B']);
            prop_assert_eq!(split(&format!("B {said}"), &['A', 'B']), Some(('B', said)));
        }
    }
}
