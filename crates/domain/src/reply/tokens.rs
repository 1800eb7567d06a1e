//! Cutting a folded text into words, numbers and marks: the cut that leaves the fewest characters unexplained,
//! and among those the one with the fewest words. Linear in the length of the text.

use super::lexicon::Lexicon;
use super::meaning::Meaning;
use super::normalise::{
    Folded, VIRAMA, is_devanagari, is_devanagari_sign, is_kana, is_kanji_numeral, is_latin, needs_no_space, vowel_of,
};

/// One piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Byte offset of its first byte in the folded text.
    pub(super) start: usize,
    /// Byte offset behind its last byte.
    pub(super) end: usize,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word of the lexicon.
    Word(Meaning),
    /// A number.
    Number(Number),
    /// A number that answers nothing: a clock time, a date, a count of days, a telephone number.
    Aside,
    /// Something like a number that cannot be trusted: 37.O, 37円.
    Broken,
    /// A mark, `\n` among them.
    Mark(char),
    /// Something that the lexicon does not know.
    Unknown,
}

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// Its value; `u32::MAX` if it is larger.
    pub(super) value: u32,
    /// How many digits were written; 0 for a number in words.
    pub(super) digits: u8,
    /// Whether it has a needless zero in front.
    pub(super) zero_led: bool,
    /// Whether it is written with nothing but circles, which may mean "yes" as well as zero.
    pub(super) circle: bool,
}

const WORD: u32 = 1000;
const KANJI_NUMBER: u32 = 1200;
/// さん behind a number and its unit is three, not the polite word behind a name.
const NUMBER_BEHIND_NUMBER: u32 = 900;
const ACROSS_SPACE: u32 = 100;
const LENGTHENING: u32 = 1500;
const MARK: u32 = 5000;
const UNKNOWN_CHARACTER: u32 = 10_000;
/// Of two cuts into as many words, the one with the longer longest word is better: its square counts, up to this.
const LONG_WORD: u32 = 90;

/// How the cheapest way to a place ends.
#[derive(Clone, Copy)]
struct Step {
    cost: u32,
    from: u32,
    /// `None` for spaces and drawn-out vowels.
    kind: Option<Kind>,
}

const UNREACHED: Step = Step { cost: u32::MAX, from: 0, kind: None };

/// Cuts a text, as read from patients of a group of languages.
pub(super) fn tokenize(lexicon: &Lexicon, group: usize, folded: &Folded) -> Vec<Token> {
    let text = folded.text.as_str();
    let bytes = text.as_bytes();
    // For each place the cheapest way to it, and the cheapest that ends in a word.
    let mut ways = vec![UNREACHED; 2 * (text.len() + 1)];
    let (steps, words) = ways.split_at_mut(text.len() + 1);
    steps[0].cost = 0;
    offer_words(lexicon, group, folded, 0, steps, words);
    let mut spelled = spelled_numbers(lexicon, text).into_iter().peekable();
    // Where the current run of digits or kanji numerals began.
    let mut run: Option<usize> = None;
    let mut previous: Option<char> = None;

    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let end = at + c.len_utf8();
        let next = characters.peek().map(|(_, next)| *next);
        let mut best = UNREACHED;
        let offer = |best: &mut Step, cost: u32, from: usize, kind: Option<Kind>| {
            let cost = steps[from].cost.saturating_add(cost);
            if cost < best.cost {
                *best = Step { cost, from: u32::try_from(from).unwrap_or(u32::MAX), kind };
            }
        };

        let numeral = c.is_ascii_digit() || is_kanji_numeral(c);
        if numeral {
            let begin = *run.get_or_insert(at);
            if !next.is_some_and(|next| next.is_ascii_digit() || is_kanji_numeral(next)) {
                for from in begin..end {
                    // A word may end within the run: spo2 of spo298, 今朝 of nothing.
                    let allowed = from == begin || matches!(steps[from].kind, Some(Kind::Word(_)));
                    if allowed
                        && text.is_char_boundary(from)
                        && let Some(number) = written_number(&text[from..end])
                    {
                        // spo298 is spo2 and 98.
                        let lettered = from > 0 && bytes[from - 1].is_ascii_alphabetic();
                        let cost =
                            if bytes[from].is_ascii_digit() { WORD + 100 * u32::from(lettered) } else { KANJI_NUMBER };
                        offer(&mut best, cost, from, Some(Kind::Number(number)));
                    }
                }
            }
        } else {
            run = None;
        }

        if words[end].cost < best.cost {
            best = words[end];
        }
        while let Some(Spelled { start, number, cost, .. }) = spelled.next_if(|spelled| spelled.end == end) {
            offer(&mut best, cost, start, Some(Kind::Number(number)));
        }

        if c == ' ' {
            offer(&mut best, 0, at, None);
        } else if c == '\n'
            || (c.is_ascii() && !c.is_ascii_alphanumeric())
            || matches!(c, '。' | '、' | '・' | '°' | '×')
        {
            offer(&mut best, MARK, at, Some(Kind::Mark(c)));
        } else {
            if is_kana(c)
                && lengthens(previous, c, next)
                && matches!(steps[at].kind, Some(Kind::Word(_)) | None)
                && at > 0
            {
                offer(&mut best, LENGTHENING, at, None);
            }
            if is_latin(c) {
                // Latin words are known whole or not at all.
                if !next.is_some_and(is_latin) {
                    let from = text[..at]
                        .rfind(|c: char| !is_latin(c))
                        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
                    offer(
                        &mut best,
                        UNKNOWN_CHARACTER + 1000 * u32::try_from(end - from).unwrap_or(0),
                        from,
                        Some(Kind::Unknown),
                    );
                }
            } else if is_devanagari(c) {
                // So are words in Devanagari, but for what is put on behind: छातीतिर is about the chest all the same.
                if !next.is_some_and(is_devanagari) {
                    let word = text[..at]
                        .rfind(|c: char| !is_devanagari(c))
                        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
                    let mut letters = 0;
                    for (inner, _) in text[word..end].char_indices().rev() {
                        letters += 1;
                        let from = word + inner;
                        if from == word {
                            offer(&mut best, UNKNOWN_CHARACTER + 1000 * letters, from, Some(Kind::Unknown));
                        } else if goes_on(text, from) && is_stem(steps, word, from) {
                            offer(&mut best, UNKNOWN_CHARACTER + 500 * letters, from, Some(Kind::Unknown));
                        }
                    }
                }
            } else if !c.is_ascii_digit() {
                offer(&mut best, UNKNOWN_CHARACTER, at, Some(Kind::Unknown));
            }
        }
        steps[end] = best;
        offer_words(lexicon, group, folded, end, steps, words);
        previous = Some(c);
    }

    // Where a text cannot be cut to the end (digits split by nothing), the rest is unknown.
    let mut end = text.len();
    while steps[end].cost == u32::MAX {
        end -= 1;
    }
    let mut tokens = Vec::new();
    if end < text.len() {
        tokens.push(Token { kind: Kind::Unknown, start: end, end: text.len() });
    }
    while end > 0 {
        let step = steps[end];
        let from = step.from as usize;
        if let Some(kind) = step.kind {
            tokens.push(Token { kind, start: from, end });
        }
        end = from;
    }
    tokens.reverse();
    merge_unknown(tokens)
}

/// Offers every word that begins at a place to the place where it ends. The ways to the beginning are known by now.
fn offer_words(lexicon: &Lexicon, group: usize, folded: &Folded, from: usize, steps: &[Step], words: &mut [Step]) {
    let text = folded.text.as_str();
    let before = steps[from];
    let is_letter = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_alphabetic);
    let within_word = from > 0 && is_letter(from - 1) && is_letter(from);
    if before.cost == u32::MAX || within_word {
        return;
    }
    let behind_number =
        || matches!(last_kind(steps, from), Some(Kind::Number(_) | Kind::Word(Meaning::Number(_) | Meaning::Unit(_))));
    for (length, entry) in lexicon.surfaces(&text[from..]) {
        let end = from + length;
        if !may_end(text, end) {
            continue;
        }
        // "96 hr 88": what a number follows at once is its label and not the unit of the one before.
        let sense = lexicon.sense(entry, group);
        let announces = matches!(sense, Some(Meaning::Label(_))) && is_before_number(&text[end..]);
        let meaning = marked_sense(lexicon, group, folded, entry, from..end)
            .or_else(|| lexicon.unit(entry, group).filter(|_| !announces && behind_number()))
            .or(sense)
            .filter(|meaning| matches!(meaning, Meaning::Number(_)) || !begins_decimals(text, from))
            .filter(|meaning| !goes_on(text, from) || may_go_on(before.kind, *meaning, &text[from..end]));
        let Some(meaning) = meaning else { continue };
        let crossed = crossed_gaps(&folded.gaps, from, end);
        let characters = u32::try_from(text[from..end].chars().count()).unwrap_or(u32::MAX);
        let bonus = characters.saturating_mul(characters).min(LONG_WORD);
        let cost = before.cost.saturating_add(WORD - bonus + ACROSS_SPACE * crossed);
        if cost < words[end].cost {
            let from = u32::try_from(from).unwrap_or(u32::MAX);
            words[end] = Step { cost, from, kind: Some(Kind::Word(meaning)) };
        }
    }
}

/// The last real token on the cheapest way to a place, looking through one space.
fn last_kind(steps: &[Step], at: usize) -> Option<Kind> {
    let step = steps[at];
    if step.kind.is_some() || at == 0 {
        return step.kind;
    }
    steps[step.from as usize].kind
}

/// The sense of a surface that hangs on the marks with which it is written.
fn marked_sense(
    lexicon: &Lexicon,
    group: usize,
    folded: &Folded,
    entry: usize,
    place: std::ops::Range<usize>,
) -> Option<Meaning> {
    if folded.marks.is_empty() {
        return None;
    }
    let first = folded.marks.partition_point(|(at, _)| (*at as usize) < place.start);
    let last = folded.marks.partition_point(|(at, _)| (*at as usize) < place.end);
    let from = u32::try_from(place.start).unwrap_or(u32::MAX);
    let marks = folded.marks[first..last].iter().map(|(at, marked)| (at - from, *marked));
    lexicon.marked_sense(entry, group, &marks)
}

/// Whether a numeral stands behind a spoken point, as in 38点一度: there it is no part of a word such as 一度, "once".
fn begins_decimals(text: &str, at: usize) -> bool {
    let mut before = text[..at].chars().rev();
    text[at..].starts_with(is_kanji_numeral)
        && before.next().is_some_and(|point| matches!(point, '点' | '點'))
        && before.next().is_some_and(|digit| digit.is_ascii_digit() || is_kanji_numeral(digit))
}

/// Whether a place lies within a word in Devanagari.
fn goes_on(text: &str, at: usize) -> bool {
    text[..at].ends_with(is_devanagari) && text[at..].starts_with(is_devanagari)
}

/// Whether a word in Devanagari may be written on to the word before it: घर·मा, दुखेको·छैन. Single letters and what
/// answers or steers alone are part of another word there.
fn may_go_on(before: Option<Kind>, meaning: Meaning, surface: &str) -> bool {
    matches!(before, Some(Kind::Word(_)))
        && surface.chars().nth(1).is_some()
        && !matches!(meaning, Meaning::Yes | Meaning::Command(_) | Meaning::Number(_) | Meaning::Unit(_))
}

/// Whether a known word that something unknown may be put on to reaches from the beginning of a word in Devanagari to
/// here.
fn is_stem(steps: &[Step], word: usize, end: usize) -> bool {
    const LETTER: usize = 3;
    let step = steps[end];
    step.cost != u32::MAX
        && step.from as usize <= word
        && end - word >= 3 * LETTER
        && matches!(
            step.kind,
            Some(Kind::Word(
                Meaning::Mention(_) | Meaning::Predicate(_) | Meaning::Person | Meaning::Label(_) | Meaning::Device
            ))
        )
}

/// Whether a word may end here: one in Latin letters not in front of another letter, and one in Devanagari not within a
/// syllable.
fn may_end(text: &str, end: usize) -> bool {
    let (before, behind) = text.split_at(end);
    if behind.starts_with(is_devanagari)
        && before.ends_with(is_devanagari)
        && (behind.starts_with(is_devanagari_sign) || before.ends_with(VIRAMA))
    {
        return false;
    }
    // A word that ends in a digit must not cut a number in two: covid19 of covid190.
    !before.ends_with(is_latin) || !behind.starts_with(is_latin)
}

/// Whether a number is the next thing in a text.
fn is_before_number(behind: &str) -> bool {
    behind.trim_start_matches([' ', ':', '=', '-']).starts_with(|c: char| c.is_ascii_digit())
}

fn crossed_gaps(gaps: &[u32], from: usize, end: usize) -> u32 {
    if gaps.is_empty() {
        return 0;
    }
    let first = gaps.partition_point(|gap| (*gap as usize) <= from);
    let last = gaps.partition_point(|gap| (*gap as usize) < end);
    u32::try_from(last.saturating_sub(first)).unwrap_or(0)
}

/// Whether a kana only draws the word before it out: はいい, いいええ, はいっ.
fn lengthens(previous: Option<char>, c: char, next: Option<char>) -> bool {
    let Some(previous) = previous.filter(|previous| is_kana(*previous)) else { return false };
    let ends = !next.is_some_and(|next| is_kana(next) && vowel_of(c) != vowel_of(next));
    match vowel_of(previous) {
        Some(vowel) => {
            c == vowel || (c == 'つ' && ends) || (c == 'お' && vowel == 'う') || (c == 'い' && vowel == 'え')
        }
        None => false,
    }
}

fn merge_unknown(tokens: Vec<Token>) -> Vec<Token> {
    let mut merged: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match merged.last_mut() {
            Some(last) if last.kind == Kind::Unknown && token.kind == Kind::Unknown && last.end == token.start => {
                last.end = token.end;
            }
            _ => merged.push(token),
        }
    }
    merged
}

/// A run of ASCII digits, circles and kanji numerals as one number.
fn written_number(run: &str) -> Option<Number> {
    let circle = run.chars().all(|c| c == '〇');
    if !run.contains(['十', '百']) {
        let mut value: u32 = 0;
        let mut digits: u8 = 0;
        for c in run.chars() {
            value = value.saturating_mul(10).saturating_add(numeral_value(c)?);
            digits = digits.saturating_add(1);
        }
        if digits > 9 {
            value = u32::MAX;
        }
        let zero_led = digits > 1 && run.starts_with(['0', '〇', '零']);
        return Some(Number { value, digits, zero_led, circle });
    }
    let mut morphemes = run.chars().map(|c| match c {
        '十' => Some(10),
        '百' => Some(100),
        c => numeral_value(c),
    });
    let value = compose(std::iter::from_fn(|| morphemes.next().map(|morpheme| morpheme.unwrap_or(u32::MAX))))?;
    Some(Number { value, digits: 0, zero_led: false, circle })
}

fn numeral_value(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => c as u32 - '0' as u32,
        '〇' | '零' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// Puts spoken morphemes together: 9 10 8 is 98, 3 10 is 30, 9 8 is 98 as digits; `None` if they do not fit.
pub(super) fn compose(morphemes: impl Iterator<Item = u32>) -> Option<u32> {
    let mut total: u32 = 0;
    // The digits since the last power of ten, and how many they are.
    let (mut open, mut count) = (0u32, 0u8);
    let mut power = u32::MAX;
    let mut spoken = false;
    for morpheme in morphemes {
        match morpheme {
            0..=9 => {
                open = open.checked_mul(10)?.checked_add(morpheme)?;
                count += 1;
                if count > 6 {
                    return None;
                }
            }
            // 아흔여덟, ninety and eight.
            20 | 30 | 40 | 50 | 60 | 70 | 80 | 90 if power > 10 && count == 0 => {
                total += morpheme;
                (power, spoken) = (10, true);
            }
            10 | 100 if morpheme < power && count <= 1 => {
                total += if count == 0 { morpheme } else { open * morpheme };
                (open, count, power, spoken) = (0, 0, morpheme, true);
            }
            _ => return None,
        }
    }
    if spoken && count > 1 { None } else { Some(total + open) }
}

/// A number in kana or hangul.
struct Spelled {
    start: usize,
    end: usize,
    number: Number,
    cost: u32,
}

/// Numbers spelled out in kana or hangul, where words run together, ordered by end.
fn spelled_numbers(lexicon: &Lexicon, text: &str) -> Vec<Spelled> {
    let mut found: Vec<Spelled> = Vec::new();
    if text.is_ascii() {
        return found;
    }
    let mut covered = 0;
    for (start, c) in text.char_indices() {
        if start < covered || !needs_no_space(c) {
            continue;
        }
        let mut morphemes = [0u32; 8];
        let mut ends = [start; 8];
        let (mut count, mut end, mut long) = (0, start, false);
        while let Some((length, value)) = lexicon.number_word(&text[end..]) {
            if count == morphemes.len() {
                break;
            }
            morphemes[count] = value;
            count += 1;
            long |= length > text[end..].chars().next().map_or(0, char::len_utf8);
            end += length;
            ends[count - 1] = end;
        }
        // 구십팔이요: what does not fit at the end is a particle.
        if count > 2 && compose(morphemes[..count].iter().copied()).is_none() {
            count -= 1;
            end = ends[count - 1];
        }
        // A single short syllable is a particle or part of a word, unless it is all there is.
        let whole = text[..start].trim().is_empty() && text[end..].trim().is_empty();
        // 三十六度ご: what stands right behind another number and its unit may be short.
        let behind_number = (covered > 0 && (1..=2).contains(&text[covered..start].chars().count()))
            || is_behind_digits_and_unit(lexicon, text, start);
        // 일번 삼번: number one, number three.
        let ordinal = count == 1 && is_ordinal(text, start, end);
        if count == 0
            || !(whole
                || behind_number
                || ordinal
                || (long && (count > 1 || is_bounded(text, start, end)))
                || count > 2)
        {
            continue;
        }
        if let Some(value) = compose(morphemes[..count].iter().copied()) {
            let number = Number { value, digits: 0, zero_led: false, circle: false };
            let behind = &text[end..];
            let sure = long
                || !behind.starts_with(is_kana)
                || behind.starts_with("です")
                || behind.starts_with("でした")
                || lexicon.begins_with_tenths(behind);
            let cost = if behind_number && sure { NUMBER_BEHIND_NUMBER } else { KANJI_NUMBER };
            found.push(Spelled { start, end, number, cost });
            covered = end;
        }
    }
    found
}

/// Whether a short Korean number word is that of an option: it begins a word, or follows another one, and 번 is behind.
fn is_ordinal(text: &str, start: usize, end: usize) -> bool {
    let before = &text[..start];
    text[end..].starts_with('번')
        && (["번", "번과", "번이랑", "번하고", "번,"].iter().any(|other| before.ends_with(other))
            || !before.ends_with(|c| matches!(c, '\u{ac00}'..='\u{d7a3}')))
}

/// Whether the text before ends in digits and a degree, as 38度 does: what follows is the tenths.
fn is_behind_digits_and_unit(lexicon: &Lexicon, text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    let unit = before.next();
    let digit = before.next().is_some_and(|c| c.is_ascii_digit());
    digit && unit.is_some_and(|unit| unit == '점' || lexicon.is_degree(unit))
}

/// Whether a lone number word stands by itself and not within another word.
fn is_bounded(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let behind = text[end..].chars().next();
    let outer = |c: Option<char>| c.is_none_or(|c| !is_kana(c) && !matches!(c, '\u{ac00}'..='\u{d7a3}'));
    outer(before) || outer(behind) || text[end..].starts_with("です") || text[end..].starts_with("ばん")
}

/// Whether a token follows the one before it without space or line break. Where there is no such token: no.
pub(super) fn glued(folded: &Folded, tokens: &[Token], index: usize) -> bool {
    let Some(token) = tokens.get(index) else { return false };
    index > 0
        && tokens[index - 1].end == token.start
        && folded.gaps.binary_search(&u32::try_from(token.start).unwrap_or(u32::MAX)).is_err()
}
