//! Names of others as keys of ours: words in small letters with hyphens, each once.

use std::collections::HashSet;

use super::super::questions::is_key;

/// Keys that were given out.
#[derive(Debug, Default)]
pub(super) struct Keys(HashSet<String>);

/// Where a key that is made from a sentence ends: longer ones are no words any more.
const LONGEST: usize = 40;

impl Keys {
    /// A key that nobody has yet, made from the first of `wanted` that has letters in it; from `otherwise`, which is a
    /// key, if none has.
    pub(super) fn give(&mut self, wanted: &[&str], otherwise: &str) -> String {
        let word = wanted.iter().find_map(|word| slug(word)).unwrap_or_else(|| otherwise.to_owned());
        // The name of the table with all other texts.
        let first = if word == "notices" { "notices-a".to_owned() } else { word.clone() };
        let key = std::iter::once(first).chain((1..).map(|number| format!("{word}-{}", letters(number))));
        let key = key.into_iter().find(|key| !self.0.contains(key)).unwrap_or_default();
        self.0.insert(key.clone());
        key
    }
}

/// A word as a key: `None` if nothing is left of it.
pub(super) fn slug(word: &str) -> Option<String> {
    if is_key(word) {
        return Some(word.to_owned());
    }
    let mut out = String::new();
    let mut small_before = false;
    for letter in word.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' => {
                // bodyTemperature is body-temperature.
                if letter.is_ascii_uppercase() && small_before {
                    out.push('-');
                }
                out.push(letter.to_ascii_lowercase());
                small_before = letter.is_ascii_lowercase();
            }
            // can't is cant.
            '\'' | '’' => {}
            _ => {
                if !out.is_empty() && !out.ends_with('-') {
                    out.push('-');
                }
                small_before = false;
            }
        }
    }
    let cut = match out.get(..LONGEST) {
        Some(head) => head.rsplit_once('-').map_or(head, |(words, _)| words),
        None => &out,
    };
    let cut = cut.trim_matches('-');
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// 1 is `b`, since the first of a name goes without: `b`, …, `z`, `ba`, ….
fn letters(mut number: usize) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or_default()));
        number /= 26;
        if number == 0 {
            break;
        }
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_become_words() {
        for (name, key) in [
            ("temperature", Some("temperature")),
            ("bodyTemperature", Some("body-temperature")),
            ("q1_cough", Some("q-cough")),
            ("  Can't eat! ", Some("cant-eat")),
            ("体温", None),
            ("1.2", None),
            ("SpO2", Some("sp-o")),
            ("A very long name that goes on and on and on for ever", Some("a-very-long-name-that-goes-on-and-on")),
        ] {
            assert_eq!(slug(name).as_deref(), key, "{name}");
            assert!(key.is_none_or(is_key));
        }
    }

    #[test]
    fn each_key_is_given_once() {
        let mut keys = Keys::default();
        let mut given = HashSet::new();
        for number in 0..1000 {
            let key = keys.give(&[&format!("q{number}")], "question");
            assert!(is_key(&key) && given.insert(key.clone()), "{key}");
        }
        assert_eq!(keys.give(&["体温", "!"], "question"), "question");
        assert_ne!(keys.give(&["notices"], "question"), "notices");
    }
}
