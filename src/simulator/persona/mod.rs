//! Scripted patients: what someone of a certain manner would type back, going by nothing but the text on the
//! screen, and how long they take. Pure: knows neither clock nor phone.

use chrono::TimeDelta;

/// How somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain digits, at once.
    Tidy,
    /// Full-width digits, as a Japanese phone types them.
    FullWidth,
    /// As one says it: 36度8分.
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
    /// Writes English, in sentences.
    English,
    /// Writes easy Japanese, with spaces.
    EasyJapanese,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 13] = [
        Self::Tidy,
        Self::FullWidth,
        Self::Speech,
        Self::OneLine,
        Self::Slow,
        Self::MisunderstandsOnce,
        Self::Silent,
        Self::WarningSign,
        Self::LowOxygen,
        Self::OptsOut,
        Self::WrongNumber,
        Self::English,
        Self::EasyJapanese,
    ];
}

/// Somebody with a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// How they type.
    pub style: Style,
    /// Their temperature, in tenths of a degree Celsius.
    pub temperature_tenths: u16,
    /// Their oxygen, in percent.
    pub spo2: u8,
    /// How long they take for each answer, more or less.
    pub pace: TimeDelta,
    /// How many answers they have given this morning; whoever holds the phone counts.
    pub said: u32,
}

impl Persona {
    /// Somebody of this manner, with the values that go with it.
    #[must_use]
    pub fn new(style: Style) -> Self {
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
        Self { style, temperature_tenths, spo2, pace, said: 0 }
    }
}

/// What a text asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Whether this is the right person, or may be asked at all.
    Consent,
    /// Whether what was understood is right.
    Confirm,
    Temperature,
    Oxygen,
    Breath,
    Symptoms,
    Emergency,
    AnythingElse,
}

/// The words by which a reader knows each question. What stands first wins within one sentence.
const KEYWORDS: [(Question, &[&str]); 8] = [
    (
        Question::Emergency,
        &["今すぐ確認", "いますぐ", "今すぐ", "唇", "くちびる", "right now", "chest pain", "blue lips"],
    ),
    (
        Question::Confirm,
        &[
            "よろしいですか",
            "合っていますか",
            "あっていますか",
            "正しいですか",
            "いいですか",
            "is that right",
            "correct?",
            "did you mean",
        ],
    ),
    (Question::AnythingElse, &["伝えたい", "つたえたい", "ほかに", "anything else"]),
    (Question::Symptoms, &["症状", "しょうじょう", "せき", "symptom", "all that apply", "cough"]),
    (Question::Oxygen, &["酸素", "さんそ", "spo2", "oxygen"]),
    (Question::Temperature, &["体温", "たいおん", "熱は", "temperature"]),
    (Question::Breath, &["息", "いき が", "いきが", "breath"]),
    (Question::Consent, &["ご本人", "本人", "ほんにん", "届いて", "始めて", "is this", "may we"]),
];

/// The words by which a reader sees that an answer is wanted.
const ASKING: [&str; 16] = [
    "ですか",
    "ますか",
    "返信",
    "へんしん",
    "ください",
    "数字",
    "番号",
    "教えて",
    "おしえて",
    "?",
    "？",
    "reply",
    "what is",
    "send",
    "answer",
    "number",
];

/// What this person types back, and after how long; nothing if nothing is asked, or they do not care to.
#[must_use]
pub fn answer(persona: &Persona, text: &str) -> Option<(TimeDelta, String)> {
    let question = asked(text)?;
    let words = match persona.style {
        Style::Silent => return None,
        Style::OptsOut => "STOP".to_owned(),
        Style::WrongNumber => "番号違いです".to_owned(),
        Style::MisunderstandsOnce if persona.said == 0 && question != Question::Consent => {
            "おはようございます".to_owned()
        }
        Style::OneLine if question == Question::Temperature => {
            format!("{} {} 2 0", degrees(persona.temperature_tenths, false), persona.spo2)
        }
        Style::WarningSign => with_warning_sign(persona, question),
        Style::FullWidth => full_width(&tidy(persona, question)),
        Style::Speech => speech(persona, question),
        Style::English => english(persona, question),
        Style::EasyJapanese => easy_japanese(persona, question),
        Style::Tidy | Style::Slow | Style::MisunderstandsOnce | Style::OneLine | Style::LowOxygen => {
            tidy(persona, question)
        }
    };
    // Nobody takes equally long twice; the text decides, so that a run can be repeated.
    let spread: u32 = text.chars().map(u32::from).fold(0, |sum, unit| (sum * 31 + unit) % 1_000_003) % 25;
    Some((persona.pace + TimeDelta::seconds(spread.into()), words))
}

/// What the text asks for, going by its last sentence that both asks and names something. Sentences that only
/// repeat what was understood ask for nothing.
fn asked(text: &str) -> Option<Question> {
    let lower = text.to_lowercase();
    let sentences = sentences(&lower);
    sentences.iter().rev().find_map(|sentence| {
        // Advice to call an ambulance names warning signs too, but wants no answer.
        if sentence.contains("119") || !ASKING.iter().any(|word| sentence.contains(word)) {
            return None;
        }
        // A gate names many things; it is known by what none of the others name. Of the rest, what is named last
        // is what is asked; what comes before is an echo.
        let of = |wanted: Question| KEYWORDS.iter().filter(move |(question, _)| *question == wanted);
        let last_place = |words: &[&str]| words.iter().filter_map(|word| sentence.rfind(word)).max();
        for first in [Question::Emergency, Question::Confirm] {
            if of(first).any(|(_, words)| last_place(words).is_some()) {
                return Some(first);
            }
        }
        KEYWORDS
            .iter()
            .filter_map(|(question, words)| Some((last_place(words)?, *question)))
            .max_by_key(|(place, _)| *place)
            .map(|(_, question)| question)
    })
}

/// Cuts a text where a reader would pause; a point within a number is no pause.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if let Some(sentence) = sentences.last_mut() {
            sentence.push(character);
        }
        let ends = match character {
            '。' | '！' | '!' | '？' | '?' | '\n' => true,
            '.' => characters.peek().is_none_or(|next| next.is_whitespace()),
            _ => false,
        };
        if ends {
            sentences.push(String::new());
        }
    }
    // "What is your oxygen? Reply with a number." asks across two sentences; the question mark alone already asks.
    // "今すぐ確認です。…はありますか。" does too: a short opening belongs to what follows.
    let mut joined: Vec<String> = Vec::new();
    for sentence in sentences.into_iter().filter(|sentence| !sentence.trim().is_empty()) {
        match joined.last_mut() {
            Some(opening)
                if opening.contains("今すぐ") || opening.contains("いますぐ") || opening.contains("right now") =>
            {
                opening.push_str(&sentence);
            }
            _ => joined.push(sentence),
        }
    }
    joined
}

fn degrees(tenths: u16, spoken: bool) -> String {
    if spoken { format!("{}度{}分", tenths / 10, tenths % 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

fn tidy(persona: &Persona, question: Question) -> String {
    match question {
        Question::Consent | Question::Confirm => "はい".to_owned(),
        Question::Temperature => degrees(persona.temperature_tenths, false),
        Question::Oxygen => persona.spo2.to_string(),
        Question::Breath | Question::Emergency => "2".to_owned(),
        Question::Symptoms => "0".to_owned(),
        Question::AnythingElse => "なし".to_owned(),
    }
}

fn with_warning_sign(persona: &Persona, question: Question) -> String {
    match question {
        Question::Breath => "はい、急に息が苦しくて横になれません".to_owned(),
        Question::Emergency => "1".to_owned(),
        Question::Symptoms => "1,4".to_owned(),
        other => tidy(persona, other),
    }
}

fn speech(persona: &Persona, question: Question) -> String {
    match question {
        Question::Consent | Question::Confirm => "はい、そうです".to_owned(),
        Question::Temperature => degrees(persona.temperature_tenths, true),
        Question::Oxygen => format!("{}です", persona.spo2),
        Question::Breath => "いいえ".to_owned(),
        Question::Symptoms => "1せき".to_owned(),
        Question::Emergency => "ないです".to_owned(),
        Question::AnythingElse => "特にないです".to_owned(),
    }
}

fn english(persona: &Persona, question: Question) -> String {
    match question {
        Question::Consent | Question::Confirm => "Yes".to_owned(),
        Question::Temperature => format!("It is {} today", degrees(persona.temperature_tenths, false)),
        Question::Oxygen => format!("{}%", persona.spo2),
        Question::Breath | Question::Emergency => "No".to_owned(),
        Question::Symptoms => "0".to_owned(),
        Question::AnythingElse => "Nothing, thank you".to_owned(),
    }
}

fn easy_japanese(persona: &Persona, question: Question) -> String {
    match question {
        Question::Consent | Question::Confirm => "はい".to_owned(),
        Question::Temperature => format!("{} です", degrees(persona.temperature_tenths, false)),
        Question::Oxygen => format!("{} です", persona.spo2),
        Question::Breath => "いいえ".to_owned(),
        Question::Symptoms => "0".to_owned(),
        Question::Emergency => "ない".to_owned(),
        Question::AnythingElse => "なし".to_owned(),
    }
}

/// ASCII as a Japanese phone types it in its wide mode.
fn full_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(style: Style, text: &str) -> Option<String> {
        answer(&Persona { said: 1, ..Persona::new(style) }, text).map(|(_, words)| words)
    }

    const TEMPERATURE: &str = "江東区保健所です。今日の体温を数字で返信してください。例 36.5 測れない時は「なし」";
    const OXYGEN: &str = "体温36.8。酸素の値(SpO2)を数字で返信してください。例 97 機械がない時は「なし」";
    const BREATH: &str = "酸素97。きのうより息が苦しいですか。1はい 2いいえ";
    const SYMPTOMS: &str = "息2。ある症状の番号を全部返信。0なし 1せき 2鼻水 3のど痛 4だるさ 5吐き気 6下痢 7食べられない 8半日尿なし 9その他";
    const EMERGENCY: &str =
        "今すぐ確認です。急な息苦しさ、胸の痛み、唇が紫、横になれない、ぼんやりのどれかはありますか。1ある 2ない";
    const ELSE: &str = "ほかに伝えたいことがあれば書いて返信。なければ「なし」";

    #[test]
    fn every_question_of_the_day_is_understood() {
        let cases = [
            (TEMPERATURE, Question::Temperature),
            (OXYGEN, Question::Oxygen),
            (BREATH, Question::Breath),
            (SYMPTOMS, Question::Symptoms),
            (EMERGENCY, Question::Emergency),
            (ELSE, Question::AnythingElse),
            (
                "まだ終わっていません。8:30までにお願いします。今日の体温を数字で返信してください。",
                Question::Temperature,
            ),
            ("体温は36.8度でよろしいですか。1はい 2いいえ", Question::Confirm),
            ("きょう の たいおん は なんど ですか。すうじ を おくって ください。", Question::Temperature),
            ("さんそ の かず を すうじ で おくって ください。れい 97", Question::Oxygen),
            ("きのう より いき が くるしい ですか。1 はい 2 いいえ", Question::Breath),
            ("This is Koto Health Center. What is your temperature today? Example 36.5", Question::Temperature),
            ("36.8 C. Your oxygen (SpO2)? Reply with a number, e.g. 97.", Question::Oxygen),
            ("Is it harder to breathe than yesterday? 1 Yes 2 No", Question::Breath),
            ("Reply with the numbers of all your symptoms. 0 none 1 cough", Question::Symptoms),
            ("Right now: sudden trouble breathing, chest pain, blue lips? 1 Yes 2 No", Question::Emergency),
            ("Anything else to tell us? If not, reply NONE.", Question::AnythingElse),
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
            "ありがとうございました。今日の回答は終わりです。",
            "すぐ119番に電話してください。この番号では救急車を呼べません。保健所からも電話します。",
            "息が苦しいときは、すぐ119番に電話してください。",
            "Thank you. Temperature 36.8, SpO2 97, no symptoms. Take care.",
            "You are unsubscribed and will get no more messages from this number. Reply START to get them again.",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
    }

    #[test]
    fn everybody_types_in_their_own_manner() {
        let cases = [
            (Style::Tidy, TEMPERATURE, "36.6"),
            (Style::Tidy, SYMPTOMS, "0"),
            (Style::FullWidth, TEMPERATURE, "３６．６"),
            (Style::FullWidth, OXYGEN, "９８"),
            (Style::Speech, TEMPERATURE, "37度1分"),
            (Style::OneLine, TEMPERATURE, "36.6 98 2 0"),
            (Style::OneLine, EMERGENCY, "2"),
            (Style::LowOxygen, OXYGEN, "92"),
            (Style::WarningSign, EMERGENCY, "1"),
            (Style::OptsOut, TEMPERATURE, "STOP"),
            (Style::WrongNumber, TEMPERATURE, "番号違いです"),
            (Style::English, BREATH, "No"),
            (Style::EasyJapanese, OXYGEN, "98 です"),
        ];
        for (style, text, expected) in cases {
            assert_eq!(says(style, text).as_deref(), Some(expected), "{style:?}");
        }
        assert_eq!(says(Style::Silent, TEMPERATURE), None);
        assert!(says(Style::WarningSign, BREATH).is_some_and(|words| words.contains("息が苦しく")));
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
