//! Words with alternatives, as people write them in the lists: `苦し{い,く}`, and `測れ{:neg}` for all endings of a set.
//! Spells them out, and tells whether one of them stands for a given word without spelling all of them out.

use std::collections::BTreeMap;

use crate::fold::Folding;

/// Endings that many words of a list share, by the name of the set.
pub type Endings = BTreeMap<String, Vec<String>>;

/// A word with alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// One of each piece, in order, makes a word. What has no alternatives is a piece with one.
    pieces: Vec<Vec<&'a str>>,
}

/// Why something is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It names endings that are not listed.
    #[error("names the endings `{0}`, which there are not")]
    UnknownEndings(String),
    /// A brace has no partner.
    #[error("has a brace without its partner")]
    LoneBrace,
}

impl<'a> Pattern<'a> {
    /// Takes a pattern apart.
    ///
    /// # Errors
    /// When it names a set of endings that there is not, or its braces do not match.
    pub fn parse(pattern: &'a str, endings: &'a Endings) -> Result<Self, PatternError> {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some((before, behind)) = rest.split_once('{') {
            let (choices, after) = behind.split_once('}').ok_or(PatternError::LoneBrace)?;
            if before.contains('}') || choices.contains('{') {
                return Err(PatternError::LoneBrace);
            }
            pieces.push(vec![before]);
            let mut alternatives = Vec::new();
            for choice in choices.split(',') {
                match choice.strip_prefix(':') {
                    None => alternatives.push(choice),
                    Some(set) => {
                        let set = endings.get(set).ok_or_else(|| PatternError::UnknownEndings(set.to_owned()))?;
                        alternatives.extend(set.iter().map(String::as_str));
                    }
                }
            }
            pieces.push(alternatives);
            rest = after;
        }
        if rest.contains('}') {
            return Err(PatternError::LoneBrace);
        }
        pieces.push(vec![rest]);
        Ok(Self { pieces })
    }

    /// For how many words the pattern stands, those that are written alike counted each.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pieces.iter().fold(1, |count, piece| count.saturating_mul(piece.len()))
    }

    /// Hands every word that the pattern stands for to `each`.
    pub fn spell_out(&self, mut each: impl FnMut(&str)) {
        fn grow(word: &mut String, pieces: &[Vec<&str>], each: &mut impl FnMut(&str)) {
            let Some((piece, others)) = pieces.split_first() else { return each(word) };
            let length = word.len();
            for part in piece {
                word.push_str(part);
                grow(word, others, each);
                word.truncate(length);
            }
        }
        grow(&mut String::new(), &self.pieces, &mut each);
    }

    /// Whether the pattern stands for a word that folds to `folded`. Ways that begin otherwise are not followed.
    #[must_use]
    pub fn spells(&self, folded: &str) -> bool {
        fn search(begun: &str, pieces: &[Vec<&str>], folded: &str) -> bool {
            let mut folding = Folding::default();
            folding.push_str(begun);
            let Some((piece, others)) = pieces.split_first() else { return folding.text == folded };
            may_become(&folding.text, folded)
                && piece.iter().any(|part| search(&format!("{begun}{part}"), others, folded))
        }
        search("", &self.pieces, folded)
    }
}

/// Whether a folded word may still become another one when something is put behind it: a mark that is put behind may
/// change the last letter, and a vowel sign in front of it too.
fn may_become(begun: &str, whole: &str) -> bool {
    const MAY_CHANGE: usize = 2;
    let sure = begun.char_indices().rev().nth(MAY_CHANGE - 1).map_or(0, |(at, _)| at);
    whole.starts_with(&begun[..sure])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold_word;

    fn endings() -> Endings {
        BTreeMap::from([("neg".to_owned(), vec!["ない".to_owned(), "ません".to_owned()])])
    }

    fn spelled(pattern: &str) -> Result<Vec<String>, PatternError> {
        let endings = endings();
        let mut found = Vec::new();
        let pattern = Pattern::parse(pattern, &endings)?;
        pattern.spell_out(|word| found.push(word.to_owned()));
        assert_eq!(found.len(), pattern.count());
        Ok(found)
    }

    #[test]
    fn braces_are_spelled_out() {
        assert_eq!(spelled("苦し{い,く}").expect("no sets"), ["苦しい", "苦しく"]);
        assert_eq!(spelled("{a,}b{c,d}").expect("no sets"), ["abc", "abd", "bc", "bd"]);
        assert_eq!(spelled("はい").expect("no sets"), ["はい"]);
        assert_eq!(spelled("出{:neg,る}").expect("a known set"), ["出ない", "出ません", "出る"]);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(spelled("出{:pos}"), Err(PatternError::UnknownEndings("pos".to_owned())));
        for lone in ["出{い", "出}い", "出}い{う}", "出{い{う}}", "{い}}"] {
            assert_eq!(spelled(lone), Err(PatternError::LoneBrace), "{lone}");
        }
    }

    #[test]
    fn a_pattern_is_known_by_each_of_its_words_and_by_no_other() {
        let endings = endings();
        // Where pieces meet, marks and long vowels change what stood before.
        for pattern in
            ["{ハ,ガ}{ー,ッ}{,と}{:neg}", "दर्द{ी,ू, है,्य}{,ं}", "đ{ú,u}ng{ k,}hông", "{it,I}{’,'}s{ no,}", "か{\u{3099},}"]
        {
            let pattern = Pattern::parse(pattern, &endings).expect("a pattern");
            pattern.spell_out(|word| {
                let folded = fold_word(word);
                assert!(pattern.spells(&folded), "{word}");
                assert!(!pattern.spells(&format!("{folded}x")), "{word}");
                assert!(!pattern.spells(&format!("x{folded}")), "{word}");
            });
        }
    }
}
