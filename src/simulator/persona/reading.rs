//! What a person who reads a text sees that it asks for: by its words, in any of the languages of the texts. Knows
//! nothing of answers.

/// What a text asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether what was understood is right.
    Confirm,
    Temperature,
    Oxygen,
    Breath,
    Symptoms,
    Emergency,
    AnythingElse,
    /// Everything in one text.
    Report,
    /// Whether the number is the right one.
    Number,
    /// The identifier that the center gave.
    Identifier,
    /// Whether a medicine against fever was taken.
    Medicine,
    /// Since when the symptoms are easing.
    Easing,
    /// What speaks against going back to one's life.
    Objection,
}

/// The words by which a reader knows each question, all in small letters: a line a language, in the order Japanese,
/// easy Japanese, English, Chinese, Korean, Vietnamese, Nepali, Tagalog. They stand in what is asked, and neither in
/// what is echoed nor in what asks nothing.
const KEYWORDS: [(Question, &[&str]); 13] = [
    (Question::Report, &["1通で", "きけん しょうじょう", "in one text"]),
    (
        Question::Number,
        &["連絡を受けた方", "れんらくが あった", "contact you or your family", "contacted you or your family"],
    ),
    (
        Question::Identifier,
        &[
            "桁の番号を",
            "桁の数字だけ",
            "けたの ばんごうを",
            "けたの すうじだけ",
            "number of 6 to 8 digits",
            "6 to 8 digits only",
        ],
    ),
    (Question::Medicine, &["熱を下げる薬", "ねつの くすり", "medicine against fever"]),
    (Question::Easing, &["軽くなりましたか", "よくなりましたか", "symptoms easing"]),
    (Question::Objection, &["戻るのに", "もどります。こまる", "もどるとき こまる", "going back to your usual life"]),
    (
        Question::Emergency,
        &["唇が紫", "くちびる", "blue lips", "嘴唇发紫", "嘴唇發紫", "입술", "môi tím", "ओठ निलो", "nangangasul"],
    ),
    (
        Question::Confirm,
        &[
            "度ですか",
            "%ですか",
            "だけですか",
            "よろしいですか",
            "たいおんは ",
            "さんそは ",
            "ばんごうは ",
            "is your temperature ",
            "is your oxygen level ",
            "reply yes, or",
            "体温是",
            "血氧值是",
            "编号只有",
            "體溫是",
            "編號只有",
            "체온이 ",
            "산소포화도가 ",
            "번뿐인가요",
            "nhiệt độ cơ thể là",
            "nồng độ oxy là",
            "chỉ có triệu chứng",
            "°c हो",
            "% हो",
            "मात्र हो",
            "po ba ang temperatura",
            "po ba ang oxygen",
            "po ba ang nararamdaman",
        ],
    ),
    (
        Question::AnythingElse,
        &[
            "伝えたいことがあれば",
            "伝えたいことを",
            "いいたいことは あり",
            "いいたいことを",
            "anything else",
            "what you want to tell us",
            "想告诉我们",
            "想告訴我們",
            "더 전할 말씀",
            "말씀을 글로",
            "còn điều gì",
            "viết điều muốn báo",
            "अरू केही भन्नु",
            "भन्नु परेको",
            "may iba pa po",
            "ang gusto ninyong sabihin",
        ],
    ),
    (Question::Symptoms, &["1せき", "1 せき", "1 cough", "1咳嗽", "1기침", "1 ho ", "1 खोकी", "1 ubo"]),
    (
        Question::Oxygen,
        &[
            "酸素の値",
            "さんそ",
            "your oxygen level (",
            "your oxygen level as",
            "血氧值（",
            "读懂血氧值",
            "判讀血氧值",
            "산소포화도(",
            "산소포화도를",
            "nồng độ oxy (",
            "nhắn nồng độ oxy",
            "अक्सिजन (",
            "अक्सिजन अंकमा",
            "ang oxygen level",
        ],
    ),
    (
        Question::Temperature,
        &[
            "体温を",
            "たいおん",
            "body temperature",
            "your temperature as",
            "今天的体温",
            "读懂体温",
            "今天的體溫",
            "判讀體溫",
            "오늘 체온을",
            "체온을 읽지",
            "nhiệt độ cơ thể hôm nay",
            "nhắn nhiệt độ",
            "शरीरको तापक्रम",
            "तापक्रम अंकमा",
            "ang temperatura",
        ],
    ),
    (
        Question::Breath,
        &[
            "より息が",
            "より いきが",
            "harder to breathe",
            "呼吸比昨天",
            "어제보다 숨",
            "khó thở hơn",
            "हिजोभन्दा",
            "huminga ngayon kaysa",
        ],
    ),
];

/// What a text asks for; nothing if it only thanks, or says what to do.
pub(super) fn asked(text: &str) -> Option<Question> {
    let text = text.to_lowercase();
    let last_place = |words: &[&str]| words.iter().filter_map(|word| text.rfind(word)).max();
    let places = KEYWORDS.iter().filter_map(|(question, words)| Some((last_place(words)?, *question)));
    // The list of warning signs names what other questions are about, and so does what is to be confirmed: they are
    // known by what none of the others says; one text for everything names all of them. Of the rest, what is named last is asked; before it stands an echo.
    let of = |wanted: Question| places.clone().find(|(_, question)| *question == wanted);
    of(Question::Report)
        .or_else(|| of(Question::Emergency))
        .or_else(|| of(Question::Confirm))
        .or_else(|| places.clone().max_by_key(|(place, _)| *place))
        .map(|(_, question)| question)
}
