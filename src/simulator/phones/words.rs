//! The words of the phones page, in Japanese and English. The page's own; no patient's text is here.

use serde::Deserialize;

/// The languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Language {
    /// What a browser prefers, by its `Accept-Language`: the first of the two with the highest weight.
    pub(super) fn preferred(accept_language: &str) -> Self {
        let mut best = (Self::En, 0.0);
        for entry in accept_language.split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
            let language = match tag.split('-').next() {
                Some("ja") => Self::Ja,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The BCP 47 tag.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The page's words.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Ja => &JA,
            Self::En => &EN,
        }
    }
}

/// Everything that the page says; a field missing in one language does not compile.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) explanation: &'static str,
    pub(super) choose: &'static str,
    pub(super) search: &'static str,
    pub(super) nothing_found: &'static str,
    pub(super) new_phone: &'static str,
    pub(super) new_phone_hint: &'static str,
    pub(super) add: &'static str,
    pub(super) clock: &'static str,
    pub(super) time_now: &'static str,
    pub(super) moving: &'static str,
    /// Before the time of a mark of the clock that is tomorrow's.
    pub(super) next_day: &'static str,
    pub(super) alerts: &'static str,
    pub(super) no_alerts: &'static str,
    pub(super) pick_one: &'static str,
    pub(super) write: &'static str,
    pub(super) send: &'static str,
    pub(super) put_away: &'static str,
    pub(super) answers_itself: &'static str,
    pub(super) no_messages: &'static str,
    /// After the number of a text's segments: of one, and of more.
    pub(super) segment: &'static str,
    pub(super) segments: &'static str,
    pub(super) offline: &'static str,
    pub(super) failed: &'static str,
    pub(super) other_language: &'static str,
    pub(super) texts_to: &'static str,
    pub(super) message_log: &'static str,
    /// What each status is called: (as the provider writes it, in words).
    pub(super) statuses: [(&'static str, &'static str); 10],
}

const JA: Words = Words {
    title: "電話",
    explanation: "ここはシミュレーターです。本当の電話には届きません。電話を選び、届いたメッセージを読んで、返信してください。",
    choose: "電話を選ぶ",
    search: "名前か番号でさがす",
    nothing_found: "見つかりません",
    new_phone: "ほかの番号の電話を足す",
    new_phone_hint: "+819012345699",
    add: "足す",
    clock: "時計",
    time_now: "今の時刻",
    moving: "時計を進めています…",
    next_day: "次の日",
    alerts: "通信会社の警告",
    no_alerts: "警告はありません",
    pick_one: "左の一覧から電話を選んでください。",
    write: "返信",
    send: "送信",
    put_away: "しまう",
    answers_itself: "自動で答える",
    no_messages: "まだメッセージはありません",
    segment: "通",
    segments: "通",
    offline: "シミュレーターとつながっていません。つなぎ直しています…",
    failed: "送れませんでした",
    other_language: "English",
    texts_to: "宛先",
    message_log: "メッセージ",
    statuses: [
        ("scheduled", "予約"),
        ("accepted", "受付"),
        ("queued", "送信待ち"),
        ("sending", "送信中"),
        ("sent", "送信済み"),
        ("delivered", "配信済み"),
        ("undelivered", "届かず"),
        ("failed", "失敗"),
        ("canceled", "取り消し"),
        ("received", "送信済み"),
    ],
};

const EN: Words = Words {
    title: "Phones",
    explanation: "This is a simulator: nothing here reaches a real phone. Choose a phone, read what came, and text back.",
    choose: "Choose phones",
    search: "Find by name or number",
    nothing_found: "Nothing found",
    new_phone: "Add a phone with another number",
    new_phone_hint: "+819012345699",
    add: "Add",
    clock: "Clock",
    time_now: "Time now",
    moving: "Moving the clock…",
    next_day: "Next day",
    alerts: "The provider's warnings",
    no_alerts: "No warnings",
    pick_one: "Choose a phone from the list.",
    write: "Reply",
    send: "Send",
    put_away: "Put away",
    answers_itself: "Answers by itself",
    no_messages: "No messages yet",
    segment: " segment",
    segments: " segments",
    offline: "Not connected to the simulator. Trying again…",
    failed: "Not sent",
    other_language: "日本語",
    texts_to: "To",
    message_log: "Messages",
    statuses: [
        ("scheduled", "scheduled"),
        ("accepted", "accepted"),
        ("queued", "queued"),
        ("sending", "sending"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("undelivered", "not delivered"),
        ("failed", "failed"),
        ("canceled", "canceled"),
        ("received", "sent"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_decides_the_language() {
        let cases = [
            ("", Language::En),
            ("ja", Language::Ja),
            ("ja-JP,ja;q=0.9,en;q=0.8", Language::Ja),
            ("en-US,en;q=0.9,ja;q=0.8", Language::En),
            ("de,fr;q=0.9,ja;q=0.2", Language::Ja),
            ("en;q=0.1,ja;q=0.2", Language::Ja),
            ("ja;q=oops", Language::En),
        ];
        for (header, expected) in cases {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
    }
}
