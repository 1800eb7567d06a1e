//! Slips of the thumb in Latin letters that the lexicon cannot list: drawn-out letters (yesss), and the keys of the
//! Vietnamese Telex keyboard when it is off (khoong for không). Only words that nobody knows are touched, and only if
//! what they may have been meant for is known.

use super::lexicon::{Lexicon, group_of};
use super::normalise::{Folded, is_latin};
use super::tokens::{Kind, Token};
use crate::language::Language;

/// The text with its slips mended; `None` if there are none.
pub(super) fn repaired(lexicon: &Lexicon, language: Language, folded: &Folded, tokens: &[Token]) -> Option<Folded> {
    let group = group_of(language);
    let mut out: Option<Folded> = None;
    // How far the old text has been copied, and what has been cut out of it: (place in the old text, bytes).
    let mut copied = 0;
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Unknown) {
        let word = &folded.text[token.start..token.end];
        if !word.chars().all(is_latin) {
            continue;
        }
        let known = |candidate: &String| candidate.len() > 1 && lexicon.is_spelling(group, candidate);
        let mended = [shortened(word, 2), shortened(word, 1)]
            .into_iter()
            .find(known)
            // The keys of tones may not make an English command of anything: stopx.
            .or_else(|| {
                let own = |candidate: &String| candidate.len() > 1 && lexicon.is_own_spelling(group, candidate);
                (language == Language::Vi).then(|| without_telex(word)).filter(own)
            });
        let Some(mended) = mended.filter(|mended| mended != word) else { continue };
        let out = out.get_or_insert_with(Folded::default);
        out.text.push_str(&folded.text[copied..token.start]);
        out.text.push_str(&mended);
        copied = token.end;
        cuts.push((token.end, word.len() - mended.len()));
    }
    let mut out = out?;
    out.text.push_str(&folded.text[copied..]);
    // Places behind a cut move to the front; marks within a mended word go with it.
    let moved =
        |at: usize| at - cuts.iter().take_while(|(place, _)| *place <= at).map(|(_, bytes)| bytes).sum::<usize>();
    let moved_short = |at: u32| u32::try_from(moved(at as usize)).unwrap_or(u32::MAX);
    out.gaps = folded.gaps.iter().map(|at| moved_short(*at)).collect();
    let untouched = |at: u32| {
        let inside = |token: &&Token| (token.start..token.end).contains(&(at as usize)) && token.kind == Kind::Unknown;
        !tokens.iter().any(|token| inside(&token))
    };
    out.marks =
        folded.marks.iter().filter(|(at, _)| untouched(*at)).map(|(at, marked)| (moved_short(*at), *marked)).collect();
    out.body_end = moved(folded.body_end);
    Some(out)
}

/// No letter more often than `most` times in a row.
fn shortened(word: &str, most: usize) -> String {
    let mut out = String::with_capacity(word.len());
    let mut run = 0;
    for c in word.chars() {
        run = if out.ends_with(c) { run + 1 } else { 1 };
        if run <= most {
            out.push(c);
        }
    }
    out
}

/// A word as the Telex keyboard would have written it, without its marks: aa, ee, oo, dd are one letter, w hangs on
/// a, o or u, and s, f, r, x, j behind the vowel are tones.
fn without_telex(word: &str) -> String {
    const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];
    let mut out = String::with_capacity(word.len());
    let mut tone = false;
    for c in word.chars() {
        let vowel_before = out.contains(VOWELS);
        match c {
            'a' | 'e' | 'o' | 'd' if out.ends_with(c) => {}
            'w' if out.ends_with(['a', 'o', 'u']) => {}
            // "ra" begins with a consonant; only one tone.
            's' | 'f' | 'r' | 'x' | 'j' if vowel_before && !tone => tone = true,
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_out_letters_are_cut_short() {
        assert_eq!(shortened("yesss", 2), "yess");
        assert_eq!(shortened("yesss", 1), "yes");
        assert_eq!(shortened("ooo", 2), "oo");
        assert_eq!(shortened("oo", 2), "oo");
    }

    #[test]
    fn telex_keys_are_undone() {
        for (typed, meant) in [
            ("khoong", "khong"),
            ("cos", "co"),
            ("vaang", "vang"),
            ("ddau", "dau"),
            ("thowr", "tho"),
            ("nhieetj", "nhiet"),
        ] {
            assert_eq!(without_telex(typed), meant, "{typed}");
        }
    }
}
