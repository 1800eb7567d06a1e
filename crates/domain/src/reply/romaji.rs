//! Japanese in Latin letters, turned into kana so that one word list serves both. Knows the spellings that people
//! type (shi and si, chi and ti, sha and sya); does not know words.

use super::normalise::is_latin;

/// The kana for a word of Latin letters in lower case, if it can be read as Japanese from end to end.
pub(super) fn kana(word: &str) -> Option<String> {
    // Particles are written as they sound.
    match word {
        "wa" => return Some("は".to_owned()),
        "o" => return Some("を".to_owned()),
        "e" => return Some("へ".to_owned()),
        _ => {}
    }
    let letters = word.as_bytes();
    let mut kana = String::with_capacity(word.len() * 2);
    let mut at = 0;
    while at < letters.len() {
        let rest = &letters[at..];
        let next = rest.get(1).copied();
        match (rest[0], next) {
            // A doubled consonant, and the t of matcha.
            (b'k' | b's' | b't' | b'p' | b'c' | b'h' | b'b' | b'd' | b'g', Some(same)) if same == rest[0] => {
                kana.push('つ');
                at += 1;
            }
            (b't', Some(b'c')) => {
                kana.push('つ');
                at += 1;
            }
            (b'n', Some(b'n')) if !matches!(rest.get(2), Some(b'a' | b'i' | b'u' | b'e' | b'o' | b'y')) => {
                kana.push('ん');
                at += 2;
            }
            (b'n', None | Some(b'b'..=b'd' | b'f'..=b'h' | b'j'..=b'n' | b'p'..=b't' | b'v'..=b'x' | b'z')) => {
                kana.push('ん');
                at += 1;
            }
            (b'm', Some(b'b' | b'p' | b'm')) => {
                kana.push('ん');
                at += 1;
            }
            _ => {
                let (syllable, used) = syllable(rest)?;
                kana.push_str(syllable);
                at += used;
            }
        }
    }
    Some(kana)
}

/// The syllable at the start, and how many letters it takes. Small kana are written large, as folding does.
fn syllable(letters: &[u8]) -> Option<(&'static str, usize)> {
    for (length, table) in [(3, &THREE[..]), (2, &TWO[..]), (1, &ONE[..])] {
        if let Some(start) = letters.get(..length)
            && let Some((_, kana)) = table.iter().find(|(latin, _)| latin.as_bytes() == start)
        {
            return Some((kana, length));
        }
    }
    None
}

const ONE: [(&str, &str); 5] = [("a", "あ"), ("i", "い"), ("u", "う"), ("e", "え"), ("o", "お")];

#[rustfmt::skip]
const TWO: [(&str, &str); 72] = [
    ("ka", "か"), ("ki", "き"), ("ku", "く"), ("ke", "け"), ("ko", "こ"),
    ("sa", "さ"), ("si", "し"), ("su", "す"), ("se", "せ"), ("so", "そ"),
    ("ta", "た"), ("ti", "ち"), ("tu", "つ"), ("te", "て"), ("to", "と"),
    ("na", "な"), ("ni", "に"), ("nu", "ぬ"), ("ne", "ね"), ("no", "の"),
    ("ha", "は"), ("hi", "ひ"), ("hu", "ふ"), ("fu", "ふ"), ("he", "へ"), ("ho", "ほ"),
    ("ma", "ま"), ("mi", "み"), ("mu", "む"), ("me", "め"), ("mo", "も"),
    ("ya", "や"), ("yu", "ゆ"), ("yo", "よ"),
    ("ra", "ら"), ("ri", "り"), ("ru", "る"), ("re", "れ"), ("ro", "ろ"),
    ("wa", "わ"), ("wo", "を"),
    ("ga", "が"), ("gi", "ぎ"), ("gu", "ぐ"), ("ge", "げ"), ("go", "ご"),
    ("za", "ざ"), ("zi", "じ"), ("zu", "ず"), ("ze", "ぜ"), ("zo", "ぞ"),
    ("da", "だ"), ("di", "ぢ"), ("du", "づ"), ("de", "で"), ("do", "ど"),
    ("ba", "ば"), ("bi", "び"), ("bu", "ぶ"), ("be", "べ"), ("bo", "ぼ"),
    ("pa", "ぱ"), ("pi", "ぴ"), ("pu", "ぷ"), ("pe", "ぺ"), ("po", "ぽ"),
    ("ji", "じ"), ("ja", "じや"), ("ju", "じゆ"), ("jo", "じよ"), ("fa", "ふあ"), ("fi", "ふい"),
];

#[rustfmt::skip]
const THREE: [(&str, &str); 50] = [
    ("shi", "し"), ("chi", "ち"), ("tsu", "つ"), ("jyu", "じゆ"), ("jya", "じや"), ("jyo", "じよ"),
    ("kya", "きや"), ("kyu", "きゆ"), ("kyo", "きよ"), ("sha", "しや"), ("shu", "しゆ"), ("sho", "しよ"),
    ("sya", "しや"), ("syu", "しゆ"), ("syo", "しよ"), ("cha", "ちや"), ("chu", "ちゆ"), ("cho", "ちよ"),
    ("tya", "ちや"), ("tyu", "ちゆ"), ("tyo", "ちよ"), ("nya", "にや"), ("nyu", "にゆ"), ("nyo", "によ"),
    ("hya", "ひや"), ("hyu", "ひゆ"), ("hyo", "ひよ"), ("mya", "みや"), ("myu", "みゆ"), ("myo", "みよ"),
    ("rya", "りや"), ("ryu", "りゆ"), ("ryo", "りよ"), ("gya", "ぎや"), ("gyu", "ぎゆ"), ("gyo", "ぎよ"),
    ("zya", "じや"), ("zyu", "じゆ"), ("zyo", "じよ"), ("bya", "びや"), ("byu", "びゆ"), ("byo", "びよ"),
    ("pya", "ぴや"), ("pyu", "ぴゆ"), ("pyo", "ぴよ"), ("she", "しえ"), ("che", "ちえ"), ("dya", "ぢや"),
    ("dyu", "ぢゆ"), ("dyo", "ぢよ"),
];

/// A folded text with its Japanese in Latin letters as kana: each run of words that can all be read so, if `foreign`
/// holds for one of them, as it does for words that are no English. `None` if nothing changes.
pub(super) fn respell(text: &str, foreign: impl Fn(usize) -> bool) -> Option<String> {
    let mut respelled = String::with_capacity(text.len() * 2);
    // The words of the current run, and up to where the text has been written.
    let mut run: Vec<(usize, usize, String)> = Vec::new();
    let mut done = 0;
    let mut finish = |run: &mut Vec<(usize, usize, String)>| {
        if run.iter().any(|(start, _, _)| foreign(*start)) {
            for (start, end, kana) in run.iter() {
                respelled.push_str(&text[done..*start]);
                respelled.push_str(kana);
                done = *end;
            }
        }
        run.clear();
    };
    for (start, end) in latin_words(text) {
        let apart = run.last().is_some_and(|(_, before, _)| text[*before..start].chars().any(|c| c != ' '));
        let kana = kana(&text[start..end]);
        if apart || kana.is_none() {
            finish(&mut run);
        }
        run.extend(kana.map(|kana| (start, end, kana)));
    }
    finish(&mut run);
    if done == 0 {
        return None;
    }
    respelled.push_str(&text[done..]);
    Some(respelled)
}

/// The runs of Latin letters of a text, as byte ranges.
fn latin_words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_latin)?;
        let end = text[start..].find(|c| !is_latin(c)).map_or(text.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        for (latin, expected) in [
            ("denwa", "でんわ"),
            ("onegai", "おねがい"),
            ("shimasu", "します"),
            ("simasu", "します"),
            ("kyuujuu", "きゆうじゆう"),
            ("kyuuzyuu", "きゆうじゆう"),
            ("motte", "もつて"),
            ("konnichiwa", "こんにちわ"),
            ("sannananen", "さんななねん"),
            ("matcha", "まつちや"),
            ("shimpai", "しんぱい"),
            ("onna", "おんな"),
            ("wa", "は"),
        ] {
            assert_eq!(kana(latin).as_deref(), Some(expected), "{latin}");
        }
        for other in ["thermometer", "fever", "xyz", "help", "cough"] {
            assert_eq!(kana(other), None, "{other}");
        }
    }

    #[test]
    fn english_beside_it_stays() {
        assert_eq!(respell("fever 37.5 to itai", |at| at >= 11).as_deref(), Some("fever 37.5 と いたい"));
        assert_eq!(respell("kyuu juu go", |_| true).as_deref(), Some("きゆう じゆう ご"));
        assert_eq!(respell("37.5", |_| true), None);
    }
}
