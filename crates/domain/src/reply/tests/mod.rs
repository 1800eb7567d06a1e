//! What is read from replies: the tables in `tests/data/replies/`, every plain value in every way of writing it,
//! and what must hold for any text at all.

mod generated;
mod properties;
mod tables;

use super::*;

/// The options of the daily question for symptoms.
pub(super) fn daily_options() -> Vec<OptionWord> {
    ["cough", "runny-nose", "sore-throat", "fatigue", "nausea", "diarrhoea", "cannot-eat", "no-urine", "other-symptom"]
        .into_iter()
        .zip(1..)
        .map(|(key, code)| OptionWord { code, concept: Some(concept(key).expect("a concept of the lexicon")) })
        .collect()
}

/// Reads a text as the answer to a kind of question, as the reply tables name them.
pub(super) fn reply_to(kind: &str, language: Language, text: &str) -> Reply {
    let options = daily_options();
    let ask = match kind {
        // The tables look for commands while the question for the temperature is open.
        "temperature" | "keyword" => Ask::Temperature,
        "spo2" => Ask::OxygenSaturation,
        "yesno" => Ask::YesNo { topic: concept("breathless") },
        "signs" => Ask::YesNo { topic: concept("warning-signs") },
        "multi" => Ask::Options(&options),
        "choice" => Ask::Choice(&options),
        "free_text" => Ask::Text,
        "number" => Ask::Number { min: 0, max: 120 },
        "identifier" => Ask::Identifier { min_digits: 6, max_digits: 8 },
        "nothing" => Ask::Nothing,
        other => panic!("no such kind of question: {other}"),
    };
    read(&ask, language, text)
}

/// The same in the words of the reply tables: `37.5`, `KEYWORD:STOP;FLAG:EMERGENCY`.
pub(super) fn said(kind: &str, language: Language, text: &str) -> String {
    let reply = reply_to(kind, language, text);
    let mut said = match reply.reading {
        Reading::Invalid(_) if kind == "keyword" => "NOT_KEYWORD".to_owned(),
        // A question was open, and got no answer: only a search for commands says so by saying nothing.
        Reading::Empty if !matches!(kind, "keyword" | "nothing") => "INVALID".to_owned(),
        reading => reading.to_string(),
    };
    for (flag, raised) in
        [("FLAG:EMERGENCY", !reply.flags.signs.is_empty()), ("FLAG:STATUS_CHANGE", reply.flags.status_change.is_some())]
    {
        if raised {
            if !said.is_empty() {
                said.push(';');
            }
            said.push_str(flag);
        }
    }
    said
}

fn check(kind: &str, language: Language, rows: &[(&str, &str)]) {
    for (text, reading) in rows {
        assert_eq!(said(kind, language, text), *reading, "{kind} {language:?} {text:?}");
    }
}

#[test]
fn what_the_prompts_ask_for_is_read_in_every_language() {
    for language in Language::ALL {
        check("temperature", language, &[("36.8", "36.8"), ("なし", "NOT_MEASURED"), ("NONE", "NOT_MEASURED")]);
        check("spo2", language, &[("97", "97"), ("なし", "NOT_MEASURED"), ("NONE", "NOT_MEASURED")]);
        check("yesno", language, &[("1", "YES"), ("2", "NO"), ("yes", "YES")]);
        check("multi", language, &[("0", "0"), ("1 3", "1,3"), ("9", "9")]);
        check("choice", language, &[("2", "2"), ("1 2", "AMBIGUOUS"), ("0", "INVALID")]);
        check("free_text", language, &[("なし", "NONE"), ("NONE", "NONE"), ("薬が足りません", "TEXT")]);
        check(
            "number",
            language,
            &[("80", "80"), ("0", "0"), ("121", "INVALID"), ("80.5", "AMBIGUOUS"), ("なし", "INVALID")],
        );
        check("identifier", language, &[("1234567", "1234567"), ("12345", "INVALID"), ("123-4567", "1234567")]);
        check(
            "temperature",
            language,
            &[("STOP", "KEYWORD:STOP"), ("もどる", "KEYWORD:BACK"), ("HELP", "KEYWORD:HELP")],
        );
    }
}

#[test]
fn the_question_for_warning_signs_is_answered_by_any_of_them() {
    check(
        "signs",
        Language::Ja,
        &[
            ("1", "YES"),
            ("2", "NO"),
            ("ある", "YES"),
            ("ないです", "NO"),
            ("胸が痛い", "YES;FLAG:EMERGENCY"),
            ("唇が紫です", "YES;FLAG:EMERGENCY"),
            ("急に息苦しくなりました", "YES;FLAG:EMERGENCY"),
            ("どれもありません", "NO"),
            ("胸は痛くない", "NO"),
        ],
    );
    check("signs", Language::En, &[("chest pain", "YES;FLAG:EMERGENCY"), ("none of them", "NO")]);
}

#[test]
fn a_warning_sign_is_named_by_its_key() {
    let rows = [
        ("顔色が悪い", WarningSign::BadComplexion),
        ("唇が紫", WarningSign::PurpleLips),
        ("様子がおかしい", WarningSign::ActsStrangely),
        ("息が荒い", WarningSign::FastBreathing),
        ("急に息苦しい", WarningSign::SuddenBreathlessness),
        ("少し動くと息苦しい", WarningSign::BreathlessOnMoving),
        ("胸が痛い", WarningSign::ChestPain),
        ("横になれない", WarningSign::CannotLieDown),
        ("肩で息をしている", WarningSign::ShoulderBreathing),
        ("突然ゼーゼーし始めた", WarningSign::SuddenWheezing),
        ("ぼんやりしている", WarningSign::Dazed),
        ("意識がもうろう", WarningSign::Clouded),
        ("脈がとぶ", WarningSign::IrregularPulse),
        ("息ができない", WarningSign::CannotBreathe),
        ("救急車を呼んで", WarningSign::CryForRescue),
    ];
    for (text, sign) in rows {
        let signs = reply_to("free_text", Language::Ja, text).flags.signs;
        assert!(signs.contains(sign), "{text}: {:?}", signs.iter().collect::<Vec<_>>());
    }
    assert!(reply_to("spo2", Language::Ja, "72").flags.signs.contains(WarningSign::VeryLowOxygen));
}

#[test]
fn the_phones_report_of_a_reaction_repeats_our_words_and_says_nothing() {
    let text = "「急な息苦しさ、胸の痛み、唇が紫はありますか」に「いいね」しました";
    assert_eq!(said("signs", Language::Ja, text), "INVALID");
}

#[test]
fn a_confirmed_candidate_can_be_named() {
    let reply = reply_to("temperature", Language::Ja, "364");
    let Reading::Ambiguous { candidate: Some(Value::Temperature(value)), .. } = reply.reading else {
        panic!("{:?}", reply.reading);
    };
    assert_eq!(value.to_string(), "36.4");
    let reply = reply_to("multi", Language::Ja, "1 3?");
    let Reading::Ambiguous { candidate: Some(Value::Options(options)), .. } = reply.reading else {
        panic!("{:?}", reply.reading);
    };
    assert_eq!(options.to_string(), "1,3");
}

/// The tables ask about the breath; `release` asks about medicine.
#[test]
fn a_question_for_medicine_takes_what_is_said_of_taking_it() {
    for (text, expected) in [
        ("飲んでいません", "NO"),
        ("飲んでません", "NO"),
        ("のんでいない", "NO"),
        ("薬は飲んでいません", "NO"),
        ("飲みました", "YES"),
        ("薬を飲んでいます", "YES"),
        ("飲んでいますか", "AMBIGUOUS"),
        ("服用していません", "NO"),
        ("飲みませんでした", "NO"),
        // Words of being well answer nothing here, and take nothing from a no.
        ("元気です", "AMBIGUOUS"),
        ("大丈夫です", "AMBIGUOUS"),
        ("治りました", "AMBIGUOUS"),
        ("昨日と同じです", "AMBIGUOUS"),
        ("はい、大丈夫です", "AMBIGUOUS"),
        ("いいえ、大丈夫です", "NO"),
        ("I'm fine", "AMBIGUOUS"),
        ("much better", "AMBIGUOUS"),
        ("no, I'm fine", "NO"),
    ] {
        let read = read(&Ask::YesNo { topic: concept("medicine") }, Language::Ja, text);
        assert_eq!(read.reading.to_string(), expected, "{text}");
    }
}
