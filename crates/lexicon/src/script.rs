//! What a character is, as far as cutting and spelling need it: which script it belongs to, and what it does there.
//! Knows no words.

/// Whether words of this script are written without spaces, so that a space says little.
#[must_use]
#[inline]
pub fn needs_no_space(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{309f}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '々' | '〇' | '×' | '\u{f900}'..='\u{faff}')
}

/// Whether the character is a Chinese one.
#[must_use]
#[inline]
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Whether the character is a hiragana (katakana are folded to it).
#[must_use]
#[inline]
pub fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}')
}

/// Whether the character is a letter or a vowel sign of Devanagari, which writes words apart.
#[must_use]
#[inline]
pub const fn is_devanagari(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{963}' | '\u{971}'..='\u{97f}')
}

/// Whether the character hangs on the one before it: a vowel sign, a nasal, or the mark that takes the vowel away.
#[must_use]
#[inline]
pub const fn is_devanagari_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{93c}' | '\u{93e}'..='\u{94f}' | '\u{955}'..='\u{957}' | '\u{962}' | '\u{963}')
}

/// The mark that takes the vowel away and ties a consonant to the next one.
pub const VIRAMA: char = '\u{94d}';

/// Whether the character is a letter of the Latin script (after folding: ASCII).
#[must_use]
#[inline]
pub fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// Whether the character stands for a digit or a power of ten in kanji.
#[must_use]
#[inline]
pub fn is_kanji_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '零' | '〇')
}

/// The vowel with which a kana ends, as a kana: what a long-vowel mark behind it stands for.
#[must_use]
#[inline]
pub fn vowel_of(kana: char) -> Option<char> {
    Some(match kana {
        'あ' | 'か' | 'さ' | 'た' | 'な' | 'は' | 'ま' | 'や' | 'ら' | 'わ' | 'が' | 'ざ' | 'だ' | 'ば' | 'ぱ' => {
            'あ'
        }
        'い' | 'き' | 'し' | 'ち' | 'に' | 'ひ' | 'み' | 'り' | 'ぎ' | 'じ' | 'ぢ' | 'び' | 'ぴ' => 'い',
        'う' | 'く' | 'す' | 'つ' | 'ぬ' | 'ふ' | 'む' | 'ゆ' | 'る' | 'ぐ' | 'ず' | 'づ' | 'ぶ' | 'ぷ' => {
            'う'
        }
        'え' | 'け' | 'せ' | 'て' | 'ね' | 'へ' | 'め' | 'れ' | 'げ' | 'ぜ' | 'で' | 'べ' | 'ぺ' => 'え',
        // Long o is written with う: どーして is どうして.
        'お' | 'こ' | 'そ' | 'と' | 'の' | 'ほ' | 'も' | 'よ' | 'ろ' | 'を' | 'ご' | 'ぞ' | 'ど' | 'ぼ' | 'ぽ' => {
            'う'
        }
        _ => return None,
    })
}

/// Whether the character is a Korean syllable.
#[must_use]
#[inline]
pub const fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}
