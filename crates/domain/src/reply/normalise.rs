//! Folding a whole text message: what is the person's own of it (no quoted originals, no phone's report of a
//! reaction; signatures apart), in the one spelling that the crate `lexicon` gives words and texts alike.

use lexicon::fold::{Folding, is_unseen};
pub(super) use lexicon::script::{
    VIRAMA, is_devanagari, is_devanagari_sign, is_han, is_kana, is_kanji_numeral, is_latin, needs_no_space, vowel_of,
};
use unicode_normalization::UnicodeNormalization;

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
    let mut folding = Folding::default();
    let mut body_end = None;
    for line in raw.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        let trimmed = line.trim_matches(|c: char| c.is_whitespace() || is_unseen(c));
        if trimmed.starts_with(['>', '＞']) {
            continue;
        }
        if begins_original(trimmed) {
            break;
        }
        if body_end.is_none() && !folding.text.is_empty() && (is_signature_mark(trimmed) || is_sent_from(trimmed)) {
            body_end = Some(folding.text.len());
        }
        folding.line_break();
        folding.push_str(line);
    }
    let body_end = body_end.unwrap_or(folding.text.len());
    let Folding { text, gaps, marks, .. } = folding;
    Folded { text, gaps, marks, body_end, reaction: false }
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
