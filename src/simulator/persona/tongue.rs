//! How people put their answers in each language, as they type them on a phone. Knows no questions' wording.

/// A language that somebody answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Japanese.
    Ja,
    /// Easy Japanese, with spaces, by somebody who is learning it.
    JaEasy,
    /// English, in sentences.
    En,
    /// Chinese, in simplified characters.
    ZhHans,
    /// Chinese, in traditional characters.
    ZhHant,
    /// Korean.
    Ko,
    /// Vietnamese without its marks, as on a phone that has none.
    Vi,
    /// Nepali in Latin letters, as it is typed on old phones.
    Ne,
    /// Tagalog in quick spellings.
    Tl,
}

/// What somebody says of each thing. In `temperature`, `{d}` stands for the degrees, `{t}` for the tenths; in
/// `oxygen`, `{o}` for the percents.
#[derive(Debug)]
pub(super) struct Sayings {
    pub(super) yes: &'static str,
    pub(super) temperature: &'static str,
    pub(super) oxygen: &'static str,
    /// It is not harder to breathe.
    pub(super) breath: &'static str,
    /// A cough and nothing else.
    pub(super) symptoms: &'static str,
    /// None of the warning signs.
    pub(super) signs: &'static str,
    /// There is nothing else to say.
    pub(super) nothing: &'static str,
    /// The shortest way to say that there is nothing else.
    pub(super) none: &'static str,
    /// A greeting instead of an answer.
    pub(super) hello: &'static str,
    /// It has become suddenly hard to breathe.
    pub(super) breathless: &'static str,
    /// This is not the patient's number.
    pub(super) wrong_number: &'static str,
}

impl Tongue {
    /// Every language.
    pub const ALL: [Self; 9] =
        [Self::Ja, Self::JaEasy, Self::En, Self::ZhHans, Self::ZhHant, Self::Ko, Self::Vi, Self::Ne, Self::Tl];

    /// The language with this tag, as patients' languages are written in an import.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tongue| tongue.tag() == tag)
    }

    /// The tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::JaEasy => "ja-easy",
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::Ko => "ko",
            Self::Vi => "vi",
            Self::Ne => "ne",
            Self::Tl => "tl",
        }
    }

    pub(super) const fn sayings(self) -> &'static Sayings {
        match self {
            Self::Ja => &JA,
            Self::JaEasy => &JA_EASY,
            Self::En => &EN,
            Self::ZhHans => &ZH_HANS,
            Self::ZhHant => &ZH_HANT,
            Self::Ko => &KO,
            Self::Vi => &VI,
            Self::Ne => &NE,
            Self::Tl => &TL,
        }
    }

    /// The digits of the language's own script, as a phone types them: wide ones in East Asia, Nepali ones in Nepal.
    pub(super) fn own_digits(self, text: &str) -> String {
        let own = |character: char| match (self, character) {
            (Self::Ne, '0'..='9') => char::from_u32(u32::from(character) - u32::from('0') + u32::from('०')),
            (Self::Ja | Self::JaEasy | Self::ZhHans | Self::ZhHant | Self::Ko, '!'..='~') => {
                char::from_u32(u32::from(character) + 0xfee0)
            }
            _ => None,
        };
        text.chars().map(|character| own(character).unwrap_or(character)).collect()
    }
}

const JA: Sayings = Sayings {
    yes: "はい、そうです",
    temperature: "{d}度{t}分",
    oxygen: "{o}です",
    breath: "いいえ",
    symptoms: "1せき",
    signs: "ないです",
    nothing: "特にないです",
    none: "なし",
    hello: "おはようございます",
    breathless: "はい、急に息が苦しくて横になれません",
    wrong_number: "番号違いです",
};

const JA_EASY: Sayings = Sayings {
    yes: "はい",
    temperature: "{d}.{t} です",
    oxygen: "{o} です",
    breath: "いいえ",
    symptoms: "せき です",
    signs: "ない",
    nothing: "なし",
    none: "なし",
    hello: "おはよう ございます",
    breathless: "はい きゅうに くるしい です",
    wrong_number: "ひとちがい です",
};

const EN: Sayings = Sayings {
    yes: "Yes",
    temperature: "It's {d}.{t} today",
    oxygen: "{o}%",
    breath: "No",
    symptoms: "Just a cough",
    signs: "No",
    nothing: "Nothing, thank you",
    none: "NONE",
    hello: "Good morning",
    breathless: "Yes, suddenly I can hardly breathe",
    wrong_number: "Wrong number",
};

const ZH_HANS: Sayings = Sayings {
    yes: "是的",
    temperature: "{d}度{t}",
    oxygen: "{o}%",
    breath: "没有",
    symptoms: "咳嗽",
    signs: "都没有",
    nothing: "没有，谢谢",
    none: "没有",
    hello: "早上好",
    breathless: "突然呼吸困难",
    wrong_number: "打错了",
};

const ZH_HANT: Sayings = Sayings {
    yes: "對",
    temperature: "今天{d}.{t}度",
    oxygen: "血氧{o}",
    breath: "沒有",
    symptoms: "有咳嗽",
    signs: "都沒有",
    nothing: "沒有，謝謝",
    none: "沒有",
    hello: "早安",
    breathless: "突然呼吸困難",
    wrong_number: "打錯了",
};

const KO: Sayings = Sayings {
    yes: "네",
    temperature: "{d}.{t}도요",
    oxygen: "{o}이에요",
    breath: "아니요",
    symptoms: "기침이요",
    signs: "없어요",
    nothing: "없습니다",
    none: "없음",
    hello: "안녕하세요",
    breathless: "네 갑자기 숨이 차요",
    wrong_number: "번호 잘못됐어요",
};

const VI: Sayings = Sayings {
    yes: "phai",
    temperature: "{d} do {t}",
    oxygen: "{o}",
    breath: "ko",
    symptoms: "ho",
    signs: "khong co",
    nothing: "khong co gi, cam on",
    none: "khong co",
    hello: "xin chao",
    breathless: "co, dot ngot kho tho",
    wrong_number: "nham so roi",
};

const NE: Sayings = Sayings {
    yes: "ho",
    temperature: "{d}.{t} cha",
    oxygen: "{o} cha",
    breath: "chaina",
    symptoms: "khoki",
    signs: "chaina",
    nothing: "chaina dhanyabad",
    none: "छैन",
    hello: "namaste",
    breathless: "ekkasi sas ferna garo bhayo",
    wrong_number: "wrong number",
};

const TL: Sayings = Sayings {
    yes: "opo",
    temperature: "{d}.{t} po",
    oxygen: "{o} po",
    breath: "di naman po",
    symptoms: "ubo lang po",
    signs: "wla po",
    nothing: "wala na po, salamat",
    none: "wala",
    hello: "magandang umaga po",
    breathless: "opo, bigla po akong nahirapang huminga",
    wrong_number: "wrong number po",
};
