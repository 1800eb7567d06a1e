//! Folding a text to one spelling: width, case, kana, marks, invisible characters, pictograms, quoted
//! originals. Nothing here knows words; the same folding is applied to the lexicon, so that both sides agree.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

/// A folded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// Lower case, hiragana, ASCII digits; `\n` for line breaks, at most one space between two words and none
    /// between two characters of scripts that need none.
    pub(super) text: String,
    /// Where such a needless space stood: ascending byte offsets of the character behind it.
    pub(super) gaps: Vec<u32>,
    /// Latin letters that were written with marks: ascending byte offsets, and the letter as it was, in lower case.
    pub(super) marks: Vec<(u32, char)>,
    /// Where the person's own message ends; behind it is a signature, which is searched for warning signs only.
    pub(super) body_end: usize,
    /// The text is a phone's report that somebody reacted to a message: its words are ours, not the person's.
    pub(super) reaction: bool,
}

/// Folds a whole text message.
pub(super) fn fold_message(raw: &str) -> Folded {
    if is_reaction(raw.trim_matches(|c| char::is_whitespace(c) || is_unseen(c))) {
        return Folded { reaction: true, ..Folded::default() };
    }
    let mut folder = Folder::default();
    let mut body_end = None;
    for line in raw.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        let trimmed = line.trim_matches(|c: char| c.is_whitespace() || is_unseen(c));
        if trimmed.starts_with(['>', '＞']) {
            continue;
        }
        if begins_original(trimmed) {
            break;
        }
        if body_end.is_none() && !folder.out.text.is_empty() && (is_signature_mark(trimmed) || is_sent_from(trimmed)) {
            body_end = Some(folder.out.text.len());
        }
        folder.line_break();
        folder.push_str(line);
    }
    let mut folded = folder.out;
    folded.body_end = body_end.unwrap_or(folded.text.len());
    folded
}

/// Folds one word of the lexicon.
pub(super) fn fold_word(raw: &str) -> String {
    fold_marked_word(raw).0
}

/// Folds one word of the lexicon, and tells its marks apart: đúng is `dung` with two marks.
pub(super) fn fold_marked_word(raw: &str) -> (String, Vec<(u32, char)>) {
    let mut folder = Folder::default();
    folder.push_str(raw);
    (folder.out.text, folder.out.marks)
}

/// Line that parts the message from a signature.
fn is_signature_mark(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else { return false };
    matches!(first, '-' | '－' | '―' | 'ー' | '─' | '━' | '_' | '=' | '＝' | '*' | '＊')
        && line.chars().count() >= 2
        && chars.all(|c| c == first)
}

/// Line that a phone or a mail program puts under what its owner wrote: "Sent from my Galaxy", iPhoneから送信.
fn is_sent_from(line: &str) -> bool {
    const BEGIN: [&str; 17] = [
        "sent from ",
        "sent via ",
        "get outlook for",
        "get bluemail for",
        "enviado desde ",
        "gửi từ ",
        "發自我的",
        "发自我的",
        "ipadala mula sa",
        "ipinadala mula sa",
        "được gửi từ ",
        "đã gửi từ ",
        "傳送自",
        "传送自",
        "發送自",
        "发送自",
        "來自我的",
    ];
    const END: [&str; 15] = [
        "から送信",
        "から送信されました",
        "から送信しました",
        "より送信",
        "から送信。",
        "에서 보냄",
        "에서 전송",
        "から返信",
        "のメールです",
        "에서 보냈습니다",
        "에서 발송",
        "से भेजा गया",
        "बाट पठाइएको",
        "傳送",
        "发送",
    ];
    // As far as the longest of them, in small letters of half width.
    let line_begins: String = line.chars().take(24).nfkc().flat_map(char::to_lowercase).collect();
    BEGIN.iter().any(|begin| line_begins.starts_with(begin))
        || END.iter().any(|end| line.ends_with(end) && line.len() > end.len())
}

/// Line behind which a mail program has put the message that is being answered.
fn begins_original(line: &str) -> bool {
    const MARKS: [&str; 7] = [
        "-----Original Message",
        "----- Original",
        "-----元のメッセージ",
        "----- 元のメッセージ",
        "差出人:",
        "差出人：",
        "From: ",
    ];
    MARKS.iter().any(|mark| line.starts_with(mark))
        || (line.starts_with("On ") && (line.ends_with("wrote:") || line.ends_with("wrote：")))
}

/// Whether the text is what phones send when somebody "likes" a message: the quoted text with a verb.
fn is_reaction(text: &str) -> bool {
    const OPENING: [char; 6] = ['「', '『', '“', '"', '”', '«'];
    const CLOSING: [char; 6] = ['」', '』', '”', '"', '“', '»'];
    const BEHIND: [&str; 13] = [
        "しました",
        "を強調",
        "に疑問",
        "ハート",
        "いいね",
        "リアクション",
        "点赞",
        "點贊",
        "表示",
        "강조",
        "좋아",
        "반응",
        "reacted",
    ];
    const BEFORE: [&str; 12] = [
        "Liked ",
        "Loved ",
        "Disliked ",
        "Laughed at ",
        "Emphasized ",
        "Emphasised ",
        "Questioned ",
        "Reacted ",
        "Removed a ",
        "Đã thích ",
        "Đã yêu thích ",
        "Nagustuhan ",
    ];
    if BEFORE.iter().any(|verb| text.starts_with(verb)) && text.contains(OPENING) {
        return true;
    }
    let Some(rest) = text.strip_prefix(OPENING) else { return false };
    let Some(at) = rest.rfind(CLOSING) else { return false };
    // The reaction itself may be quoted too: 「…」に「いいね」しました.
    let first = rest.find(CLOSING).unwrap_or(at);
    let behind = &rest[first..];
    behind.chars().count() > 1 && BEHIND.iter().any(|verb| behind.contains(verb)) && !behind.contains('\n')
}

/// Whether words of this script are written without spaces, so that a space says little.
pub(super) fn needs_no_space(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{309f}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '々' | '〇' | '×' | '\u{f900}'..='\u{faff}')
}

/// Whether the character is a Chinese one.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Whether the character is a hiragana (katakana are folded to it).
pub(super) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}')
}

/// Whether the character is a letter or a vowel sign of Devanagari, which writes words apart.
pub(super) const fn is_devanagari(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{963}' | '\u{971}'..='\u{97f}')
}

/// Whether the character hangs on the one before it: a vowel sign, a nasal, or the mark that takes the vowel away.
pub(super) const fn is_devanagari_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{93c}' | '\u{93e}'..='\u{94f}' | '\u{955}'..='\u{957}' | '\u{962}' | '\u{963}')
}

/// The mark that takes the vowel away and ties a consonant to the next one.
pub(super) const VIRAMA: char = '\u{94d}';

/// Whether the character is a letter of the Latin script (after folding: ASCII).
pub(super) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// Whether the character stands for a digit or a power of ten in kanji.
pub(super) fn is_kanji_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '零' | '〇')
}

/// The vowel with which a kana ends, as a kana: what a long-vowel mark behind it stands for.
pub(super) fn vowel_of(kana: char) -> Option<char> {
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

#[derive(Default)]
struct Folder {
    out: Folded,
    /// A space was seen and not yet written.
    space: bool,
    /// The last character that was written.
    last: Option<char>,
}

impl Folder {
    fn line_break(&mut self) {
        self.space = false;
        if self.last.is_some_and(|last| last != '\n') {
            self.put('\n');
        }
    }

    fn push_str(&mut self, raw: &str) {
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
                    self.out.gaps.push(u32::try_from(self.out.text.len()).unwrap_or(u32::MAX));
                }
                Some(_) => self.out.text.push(' '),
            }
        }
        self.out.text.push(c);
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
            c if c.is_control() => self.space = true,
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
        let at = self.out.text.len() - base.len_utf8();
        self.out.marks.push((u32::try_from(at).unwrap_or(u32::MAX), marked));
    }

    /// The long-vowel mark, or what is typed for it.
    fn long_mark(&mut self, mark: char) {
        match self.last {
            // うーん hesitates, where うん agrees and ううん denies.
            Some('う') if !self.space && !self.out.text.chars().rev().nth(1).is_some_and(is_kana) => {
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
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Pictograms, old phones' private ones and the mark that gateways put for those among them.
const fn is_pictogram(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '〓' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a character around a text says nothing.
const fn is_unseen(c: char) -> bool {
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
