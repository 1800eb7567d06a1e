//! What is read from replies, by classes: the tables in `tests/data/replies/`, and what must hold for any text.

use super::*;

/// The options of the daily question for symptoms.
fn daily_options() -> Vec<OptionWord> {
    [
        "cough",
        "runny-nose",
        "sore-throat",
        "fatigue",
        "nausea",
        "diarrhoea",
        "cannot-eat",
        "no-urine",
        "other-symptom",
    ]
    .into_iter()
    .zip(1..)
    .map(|(key, code)| OptionWord { code, concept: Some(concept(key).expect("a concept of the lexicon")) })
    .collect()
}

/// Reads a text as the answer to a kind of question, as the reply tables name them, and says it in their words.
fn said(kind: &str, language: Language, text: &str) -> (String, bool, bool) {
    let options = daily_options();
    let ask = match kind {
        "temperature" | "keyword" => Ask::Temperature,
        "spo2" => Ask::OxygenSaturation,
        "yesno" => Ask::YesNo { topic: concept("breathless") },
        "multi" => Ask::Options(&options),
        "choice" => Ask::Choice(&options),
        "free_text" => Ask::Text,
        other => panic!("no such kind: {other}"),
    };
    let reply = read(&ask, language, text);
    let reading = match (kind, &reply.reading) {
        ("keyword", Reading::Invalid(_) | Reading::Empty) if reply.flags == Flags::default() => "NOT_KEYWORD".to_owned(),
        (_, reading) => reading.to_string(),
    };
    (reading, !reply.flags.signs.is_empty(), reply.flags.status_change.is_some())
}

#[test]
fn plain_replies_are_read() {
    for (kind, text, reading) in [
        ("temperature", "36.8", "36.8"),
        ("temperature", "なし", "NOT_MEASURED"),
        ("spo2", "97", "97"),
        ("spo2", "なし", "NOT_MEASURED"),
        ("yesno", "1", "YES"),
        ("yesno", "2", "NO"),
        ("multi", "0", "0"),
        ("multi", "1 3", "1,3"),
        ("free_text", "なし", "NONE"),
        ("free_text", "薬が足りません", "TEXT"),
        ("temperature", "STOP", "KEYWORD:STOP"),
        ("temperature", "もどる", "KEYWORD:BACK"),
        ("temperature", "help", "KEYWORD:HELP"),
        ("temperature", "ヘルプ", "KEYWORD:HELP"),
    ] {
        for language in Language::ALL {
            assert_eq!(said(kind, language, text).0, reading, "{kind} {language:?} {text}");
        }
    }
}
