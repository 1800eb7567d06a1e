//! Folding a text to one spelling: width, case, kana, marks, invisible characters, pictograms. Nothing here knows
//! words; the word lists and the replies are folded by the same code, so that both sides agree.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

use crate::script::{is_kana, is_kanji_numeral, is_latin, needs_no_space, vowel_of};

/// A text on its way to one spelling: lower case, hiragana, ASCII digits; at most one space between two words, and
/// none between two characters of scripts that need none. Parts are added one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folding {
    /// What was folded so far.
    pub text: String,
    /// Where a needless space stood: ascending byte offsets of the character behind it.
    pub gaps: Vec<u32>,
    /// Latin letters that were written with marks: ascending byte offsets, and the letter as it was, in lower case.
    pub marks: Vec<(u32, char)>,
    /// A space was seen and not yet written.
    space: bool,
    /// The last character that was written.
    last: Option<char>,
}

/// Folds one word of a list.
#[must_use]
pub fn fold_word(raw: &str) -> String {
    fold_marked_word(raw).0
}

/// Folds one word of a list, and tells its marks apart: đúng is `dung` with two marks.
#[must_use]
pub fn fold_marked_word(raw: &str) -> (String, Vec<(u32, char)>) {
    let mut folding = Folding::default();
    folding.push_str(raw);
    (folding.text, folding.marks)
}

impl Folding {
    /// Ends a line: `\n`, unless the text or the line is still empty.
    pub fn line_break(&mut self) {
        self.space = false;
        if self.last.is_some_and(|last| last != '\n') {
            self.put('\n');
        }
    }

    /// Adds a part of a text, without line breaks.
    pub fn push_str(&mut self, raw: &str) {
        if raw.is_ascii() {
            raw.chars().for_each(|c| self.fold(c));
        } else {
            for c in raw.chars().map(before_compatibility).nfkc() {
                self.fold(c);
            }
        }
    }

    /// Writes a character as it is.
    fn put(&mut self, c: char) {
        if self.space {
            self.space = false;
            match self.last {
                None | Some('\n') => {}
                Some(last) if needs_no_space(last) && needs_no_space(c) => {
                    self.gaps.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
                }
                Some(_) => self.text.push(' '),
            }
        }
        self.text.push(c);
        self.last = Some(c);
    }

    fn fold(&mut self, c: char) {
        match c {
            'a'..='z' | '0'..='9' => self.put(c),
            'A'..='Z' => self.put(c.to_ascii_lowercase()),
            ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => self.space = true,
            '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '\u{2032}' => {
                // don’t is read as dont; behind a digit it may stand for a point.
                match self.last {
                    Some(last) if is_latin(last) && !self.space => {}
                    Some(last) if last.is_ascii_digit() && !self.space => self.put('\''),
                    _ => self.space = true,
                }
            }
            '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' | '【' | '】' | '〈' | '〉' | '《' | '》'
            | '(' | ')' | '[' | ']' | '{' | '}' | '…' | '‥' | '〔' | '〕' => self.space = true,
            '\u{30a1}'..='\u{30f6}' => {
                let hiragana = char::from_u32(c as u32 - 0x60).unwrap_or(c);
                self.put(large_kana(hiragana));
            }
            '\u{3041}'..='\u{3096}' => self.put(large_kana(c)),
            'ー' => self.long_mark(c),
            '~' | '〜' | '∼' => match self.last {
                Some(last) if is_kana(last) => self.long_mark(c),
                _ => self.put('~'),
            },
            '\u{2010}'..='\u{2015}' | '−' | '\u{2043}' | '─' | '━' => match self.last {
                // A dash typed for the long-vowel mark.
                Some(last) if is_kana(last) && !self.space => self.long_mark(c),
                _ => self.put('-'),
            },
            '\u{309a}' => match self.last {
                // A half-width maru behind a digit is a degree sign.
                Some(last) if last.is_ascii_digit() => {
                    self.space = false;
                    self.put('°');
                }
                _ => {}
            },
            '\u{3099}' => {}
            '･' | '·' | '•' | '∙' | '‧' | '●' | '■' | '◆' | '★' | '☆' | '※' => self.put('・'),
            '○' | '◯' | '⭕' | '⚪' | '〇' => self.put('〇'),
            '×' | '✕' | '✖' | '❌' | '✗' | '✘' | '╳' | '⨯' | '☓' => self.put('×'),
            '।' => self.put('。'),
            '¿' | '¡' => {}
            '٫' => self.put('.'),
            '\u{2044}' => self.put('/'),
            // Nepali and Hindi: marks of nasalisation and long vowels are often left out or mixed up.
            '\u{901}' | '\u{902}' | '\u{93c}' => {}
            'ी' => self.put('ि'),
            'ू' => self.put('ु'),
            'ई' => self.put('इ'),
            'ऊ' => self.put('उ'),
            '♂' | '♀' | '\u{300}'..='\u{36f}' => {}
            c if is_invisible(c) => {}
            // Pictograms that say something are kept; the lexicon knows them.
            '🙅' | '🙆' | '👍' | '👎' | '👌' | '🆘' | '🚑' | '🙏' | '🙇' | '△' | '▲' | '◎' => {
                self.put(c);
            }
            '🆗' => "ok".chars().for_each(|c| self.put(c)),
            '\u{b}' | '\u{c}' => self.space = true,
            // What else no keyboard can type was put in on the way: a text in UTF-16 that was taken for bytes has a NUL
            // behind each letter.
            c if c.is_control() => {}
            c if is_pictogram(c) => self.space = true,
            c if c.is_ascii() => self.put(c),
            c => self.fold_letter(c),
        }
    }

    /// Letters with marks, and digits of other scripts.
    fn fold_letter(&mut self, c: char) {
        if let Some(digit) = foreign_digit(c) {
            self.put(digit);
            return;
        }
        match c {
            'đ' | 'Đ' => self.put_marked('d', 'đ'),
            'ı' => self.put('i'),
            'ø' | 'Ø' => self.put('o'),
            'ß' => "ss".chars().for_each(|c| self.put(c)),
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
                let mut base = c;
                let mut first = true;
                decompose_canonical(c, |part| {
                    if std::mem::take(&mut first) {
                        base = part;
                    }
                });
                self.put_marked(base.to_ascii_lowercase(), c.to_lowercase().next().unwrap_or(c));
            }
            c => self.put(c),
        }
    }

    /// Writes a letter without the marks that it had.
    fn put_marked(&mut self, base: char, marked: char) {
        self.put(base);
        let at = self.text.len() - base.len_utf8();
        self.marks.push((u32::try_from(at).unwrap_or(u32::MAX), marked));
    }

    /// The long-vowel mark, or what is typed for it.
    fn long_mark(&mut self, mark: char) {
        match self.last {
            // うーん hesitates, where うん agrees and ううん denies.
            Some('う') if !self.space && !self.text.chars().rev().nth(1).is_some_and(is_kana) => {
                self.put('ー');
            }
            Some('ー') => {}
            Some(last) if is_kana(last) && !self.space => {
                if let Some(vowel) = vowel_of(last) {
                    // すごーーーい is as long as すごーい.
                    if last != vowel {
                        self.put(vowel);
                    }
                }
            }
            Some(last) if needs_no_space(last) && !is_kanji_numeral(last) && !self.space => {}
            _ => self.put(if mark == '~' || mark == '〜' { '~' } else { '-' }),
        }
    }
}

/// People on keypads leave the small size out: ちよつと is ちょっと.
const fn large_kana(c: char) -> char {
    match c {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        c => c,
    }
}

/// Zero-width, direction, variation selectors, keycap, skin tones, tags.
#[inline]
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Pictograms, old phones' private ones and the mark that gateways put for those among them.
#[inline]
const fn is_pictogram(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '〓' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a character around a text says nothing.
#[must_use]
#[inline]
pub const fn is_unseen(c: char) -> bool {
    is_invisible(c) || is_pictogram(c)
}

/// What compatibility normalisation would garble, or does not know.
fn before_compatibility(c: char) -> char {
    match c {
        'º' | '˚' | '゜' | 'ᵒ' => '°',
        '…' | '‥' => ' ',
        '㌫' => '%',
        // Whole words in one character: known to nobody's list, and six times as long when they are spelled out.
        '\u{3300}'..='\u{3357}' | '㍿' => '\u{fffd}',
        // One character that stands for a sentence: 1,600 of them would be 28,800.
        '\u{fdf0}'..='\u{fdfc}' => '\u{fffd}',
        '⓪' | '⓿' | '🄋' => '0',
        '❶'..='❾' => shifted(c, '❶'),
        '➀'..='➈' => shifted(c, '➀'),
        '➊'..='➒' => shifted(c, '➊'),
        '⓵'..='⓽' => shifted(c, '⓵'),
        // Keypad pictograms of old phones, in the private-use area: docomo, then SoftBank.
        '\u{e6e2}'..='\u{e6ea}' => shifted(c, '\u{e6e2}'),
        '\u{e6eb}' | '\u{e225}' => '0',
        '\u{e21c}'..='\u{e224}' => shifted(c, '\u{e21c}'),
        '\u{e332}' => '〇',
        '\u{e333}' => '×',
        c => c,
    }
}

/// The digit 1 and up, counted from a first character.
fn shifted(c: char, one: char) -> char {
    char::from_digit(c as u32 - one as u32 + 1, 10).unwrap_or(c)
}

/// Decimal digits of other scripts, as ASCII.
fn foreign_digit(c: char) -> Option<char> {
    const ZEROS: [u32; 16] = [
        0x966, 0x660, 0x6f0, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
        0x17e0,
    ];
    let code = c as u32;
    let zero = ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}
