//! Scripted patients: what someone of a certain manner would type back, going by nothing but the text on the
//! screen, and how long they take. Pure: knows neither clock nor phone.

use chrono::TimeDelta;

mod reading;
mod tongue;

use reading::{Question, asked};
pub use tongue::Tongue;

/// How somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain digits, at once.
    Tidy,
    /// The digits of their own script: full-width ones on a Japanese phone, Nepali ones.
    OwnDigits,
    /// As one says it in their language: 36度8分.
    Speech,
    /// Everything in one text at the first question.
    OneLine,
    /// Right, but only after most of an hour.
    Slow,
    /// The first answer misses the question; the next ones are right.
    MisunderstandsOnce,
    /// Reads and does not answer.
    Silent,
    /// Has a warning sign, and says so.
    WarningSign,
    /// Low oxygen.
    LowOxygen,
    /// Wants no more texts.
    OptsOut,
    /// Is not the patient.
    WrongNumber,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 11] = [
        Self::Tidy,
        Self::OwnDigits,
        Self::Speech,
        Self::OneLine,
        Self::Slow,
        Self::MisunderstandsOnce,
        Self::Silent,
        Self::WarningSign,
        Self::LowOxygen,
        Self::OptsOut,
        Self::WrongNumber,
    ];
}

/// Somebody with a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// How they type.
    pub style: Style,
    /// In which language.
    pub tongue: Tongue,
    /// Their temperature, in tenths of a degree Celsius.
    pub temperature_tenths: u16,
    /// Their oxygen, in percent.
    pub spo2: u8,
    /// How long they take for each answer, more or less.
    pub pace: TimeDelta,
    /// The identifier that the center gave them; 0 if they do not have it at hand.
    pub identifier: u32,
    /// How many answers they have given this morning; whoever holds the phone counts.
    pub said: u32,
}

impl Persona {
    /// Somebody of this manner who writes Japanese, with the values that go with it.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self::speaking(Tongue::Ja, style)
    }

    /// Somebody of this manner and language, with the values that go with the manner.
    #[must_use]
    pub fn speaking(tongue: Tongue, style: Style) -> Self {
        let (temperature_tenths, spo2) = match style {
            Style::WarningSign => (384, 96),
            Style::LowOxygen => (378, 92),
            Style::Speech => (371, 97),
            _ => (366, 98),
        };
        let pace = match style {
            Style::Slow => TimeDelta::minutes(52),
            Style::OneLine => TimeDelta::seconds(70),
            _ => TimeDelta::seconds(35),
        };
        Self { style, tongue, temperature_tenths, spo2, pace, identifier: 0, said: 0 }
    }
}

/// What this person types back, and after how long; nothing if nothing is asked, or they do not care to.
#[must_use]
pub fn answer(persona: &Persona, text: &str) -> Option<(TimeDelta, String)> {
    let question = asked(text)?;
    let sayings = persona.tongue.sayings();
    let words = match (persona.style, question) {
        (Style::Silent, _) => return None,
        (_, Question::Identifier) if persona.identifier > 0 => persona.identifier.to_string(),
        (_, Question::Report) if !matches!(persona.style, Style::OptsOut | Style::WrongNumber) => {
            format!("{} {} 2 2 0", degrees(persona.temperature_tenths), persona.spo2)
        }
        (Style::OptsOut, _) => "STOP".to_owned(),
        (Style::WrongNumber, _) => sayings.wrong_number.to_owned(),
        (Style::MisunderstandsOnce, _) if persona.said == 0 => sayings.hello.to_owned(),
        (Style::OneLine, Question::Temperature) => {
            format!("{} {} 2 0", degrees(persona.temperature_tenths), persona.spo2)
        }
        (Style::WarningSign, Question::Breath) => sayings.breathless.to_owned(),
        (Style::WarningSign, Question::Emergency) => "1".to_owned(),
        (Style::WarningSign, Question::Symptoms) => "1,4".to_owned(),
        (Style::Speech, _) => speech(persona, question),
        (Style::OwnDigits, _) => persona.tongue.own_digits(&tidy(persona, question)),
        _ => tidy(persona, question),
    };
    // Nobody takes equally long twice; the text decides, so that a run can be repeated.
    let spread: u32 = text.chars().map(u32::from).fold(0, |sum, unit| (sum * 31 + unit) % 1_000_003) % 25;
    Some((persona.pace + TimeDelta::seconds(spread.into()), words))
}

fn degrees(tenths: u16) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// As short as it goes.
fn tidy(persona: &Persona, question: Question) -> String {
    match question {
        Question::Confirm => persona.tongue.sayings().yes.to_owned(),
        Question::Temperature => degrees(persona.temperature_tenths),
        Question::Oxygen => persona.spo2.to_string(),
        Question::Breath | Question::Emergency | Question::Medicine | Question::Objection => "2".to_owned(),
        Question::Number | Question::Easing => "1".to_owned(),
        Question::Symptoms => "0".to_owned(),
        Question::Report => format!("{} {} 2 2 0", degrees(persona.temperature_tenths), persona.spo2),
        Question::AnythingElse | Question::Identifier => persona.tongue.sayings().none.to_owned(),
    }
}

/// As one says it.
fn speech(persona: &Persona, question: Question) -> String {
    let sayings = persona.tongue.sayings();
    match question {
        Question::Confirm => sayings.yes.to_owned(),
        Question::Temperature => sayings
            .temperature
            .replace("{d}", &(persona.temperature_tenths / 10).to_string())
            .replace("{t}", &(persona.temperature_tenths % 10).to_string()),
        Question::Oxygen => sayings.oxygen.replace("{o}", &persona.spo2.to_string()),
        Question::Breath => sayings.breath.to_owned(),
        Question::Symptoms => sayings.symptoms.to_owned(),
        Question::Emergency => sayings.signs.to_owned(),
        Question::AnythingElse => sayings.nothing.to_owned(),
        Question::Number => sayings.yes.to_owned(),
        Question::Report | Question::Identifier | Question::Medicine | Question::Easing | Question::Objection => {
            tidy(persona, question)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(tongue: Tongue, style: Style, text: &str) -> Option<String> {
        answer(&Persona { said: 1, ..Persona::speaking(tongue, style) }, text).map(|(_, words)| words)
    }

    const TEMPERATURE: &str =
        "江東区保健所です。8:30までに回答を。今日の体温を数字で返信してください。例 36.5 測れない時は「なし」";
    const OXYGEN: &str = "36.8度。酸素の値(SpO2)を数字で返信してください。例 97 機械がない時は「なし」";
    const BREATH: &str = "97%。きのうより息が苦しいですか。1はい 2いいえ";
    const SYMPTOMS: &str =
        "いいえ。症状を番号で全部。0なし 1せき 2鼻水 3のど痛 4だるさ 5吐き気 6下痢 7食べられない 8半日尿なし 9他";
    const EMERGENCY: &str =
        "症状なし。確認です。急な息苦しさ、胸の痛み、唇が紫、横になれない、ぼんやりのどれかはありますか。1ある 2ない";
    const ELSE: &str = "ない。ほかに伝えたいことがあれば書いて返信。なければ「なし」";

    #[test]
    fn a_reader_sees_what_is_asked_last_and_not_what_is_echoed() {
        let cases = [
            (TEMPERATURE, Question::Temperature),
            (OXYGEN, Question::Oxygen),
            (BREATH, Question::Breath),
            (SYMPTOMS, Question::Symptoms),
            (EMERGENCY, Question::Emergency),
            (ELSE, Question::AnythingElse),
            ("8:30までにお願いします。今日の体温を数字で返信してください。", Question::Temperature),
            ("体温は36.8度ですか。1はい 2いいえ", Question::Confirm),
            ("症状の番号は1,4だけですか。「はい」か正しい番号を返信してください。", Question::Confirm),
            ("A(80) 36.5 C. Please reply with your oxygen level (SpO2) as a number, e.g. 97.", Question::Oxygen),
            (
                "8:30までに1通で、体温 酸素 息(きのうより苦しい1 いいえ2) 危険 症状の順に。例 36.8 97 2 2 せき",
                Question::Report,
            ),
            ("健康の確認だけに使います。保健所から連絡を受けた方かご家族ですか。1はい 2人違い", Question::Number),
            ("確認のため、保健所がお伝えした6から8桁の番号を返信してください。ない時は「なし」", Question::Identifier),
            ("ない。この24時間に熱を下げる薬を飲みましたか。1はい 2いいえ", Question::Medicine),
            (
                "いいえ。症状は軽くなりましたか。1三日以上前から(症状なしも1) 2一日以上前から 3今日から 4まだ",
                Question::Easing,
            ),
            ("いつもの生活に戻るのに、困ることや心配なことはありますか。1ある 2ない", Question::Objection),
            ("97%。今朝より息が苦しいですか。1はい 2いいえ", Question::Breath),
            ("36.8도. 산소포화도(SpO2)를 보내 주세요(예 97). 측정기가 없으면 '없음'", Question::Oxygen),
        ];
        for (text, expected) in cases {
            assert_eq!(asked(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_asks_nothing_gets_no_answer() {
        for text in [
            "",
            "受け付けました。体温36.8、酸素97、症状なし。お大事にしてください。",
            "すぐ119番に電話してください。この番号では救急車を呼べません。保健所からも電話します。",
            "息が苦しいときは、すぐ119番に電話してください。",
            "Thank you. Temperature 36.8, SpO2 97, no symptoms. Take care.",
            "You are unsubscribed and will get no more messages from this number. Reply START to get them again.",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
    }

    #[test]
    fn everybody_types_in_their_own_manner_and_language() {
        let cases = [
            (Tongue::Ja, Style::Tidy, TEMPERATURE, "36.6"),
            (Tongue::Ja, Style::Tidy, SYMPTOMS, "0"),
            (Tongue::Ja, Style::OwnDigits, TEMPERATURE, "３６．６"),
            (Tongue::Ne, Style::OwnDigits, TEMPERATURE, "३६.६"),
            (Tongue::Ja, Style::OwnDigits, OXYGEN, "９８"),
            (Tongue::Ja, Style::Speech, TEMPERATURE, "37度1分"),
            (Tongue::En, Style::Speech, TEMPERATURE, "It's 37.1 today"),
            (Tongue::Vi, Style::Speech, TEMPERATURE, "37 do 1"),
            (Tongue::Ja, Style::OneLine, TEMPERATURE, "36.6 98 2 0"),
            (Tongue::Ja, Style::OneLine, EMERGENCY, "2"),
            (Tongue::Ja, Style::LowOxygen, OXYGEN, "92"),
            (Tongue::Ja, Style::WarningSign, EMERGENCY, "1"),
            (Tongue::Ja, Style::OptsOut, TEMPERATURE, "STOP"),
            (Tongue::Ja, Style::WrongNumber, TEMPERATURE, "番号違いです"),
            (Tongue::En, Style::Tidy, ELSE, "NONE"),
            (Tongue::JaEasy, Style::Speech, OXYGEN, "97 です"),
        ];
        for (tongue, style, text, expected) in cases {
            assert_eq!(says(tongue, style, text).as_deref(), Some(expected), "{tongue:?} {style:?}");
        }
        assert_eq!(says(Tongue::Ja, Style::Silent, TEMPERATURE), None);
        assert!(says(Tongue::Ja, Style::WarningSign, BREATH).is_some_and(|words| words.contains("息が苦しく")));
    }

    #[test]
    fn a_misunderstanding_happens_once() {
        let mut persona = Persona::new(Style::MisunderstandsOnce);
        assert_eq!(answer(&persona, TEMPERATURE).map(|(_, words)| words).as_deref(), Some("おはようございます"));
        persona.said = 1;
        assert_eq!(answer(&persona, TEMPERATURE).map(|(_, words)| words).as_deref(), Some("36.6"));
    }

    #[test]
    fn everybody_takes_their_time_and_always_the_same() {
        for style in Style::ALL {
            let persona = Persona::new(style);
            let first = answer(&persona, TEMPERATURE);
            assert_eq!(first, answer(&persona, TEMPERATURE), "{style:?}");
            if let Some((delay, _)) = first {
                assert!(delay >= TimeDelta::seconds(30), "{style:?}: {delay}");
            }
        }
        let slow = answer(&Persona::new(Style::Slow), TEMPERATURE).expect("answers");
        assert!(slow.0 > TimeDelta::minutes(45) && slow.0 < TimeDelta::minutes(75), "{}", slow.0);
    }
}
