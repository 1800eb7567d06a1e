//! Tests: every example, command and sign of the guides is what the readers make of it, and the pages hold what they
//! must, in each language and for each dialog.

use domain::addressee;
use domain::observation::{Value, YesNo};
use domain::reply::{self, Ask, Reading, StatusChange};

use super::*;
use crate::dialogs::DialogFolder;
use crate::dialogs::tests::own_dialogs;

const LANGUAGES: [Language; 9] = [
    Language::Ja,
    Language::JaEasy,
    Language::En,
    Language::ZhHans,
    Language::ZhHant,
    Language::Ko,
    Language::Vi,
    Language::Ne,
    Language::Tl,
];

fn arguments(dialog: &str, language: Language, reader: Reader) -> GuideArgs {
    GuideArgs {
        path: own_dialogs().join(dialog),
        language,
        reader,
        out: None,
        center: None,
        number: None,
        telephone: None,
        night_line: None,
        opening: "7:00".into(),
        deadline: "8:30".into(),
    }
}

fn dialog(name: &str) -> Dialog {
    DialogFolder::read(&own_dialogs().join(name)).expect("it is there").load().expect("no fault")
}

fn page(arguments: &GuideArgs) -> String {
    let name = arguments.path.file_name().expect("a name").to_string_lossy().into_owned();
    arguments.page(&dialog(&name)).unwrap_or_else(|error| panic!("{name} in {}: {error:#}", arguments.language))
}

/// How a reply is read, and whether anything is raised.
fn reading(ask: &Ask<'_>, language: Language, text: &str) -> Reading {
    let reply = reply::read(ask, language, text);
    assert!(reply.flags.signs.is_empty() && reply.flags.status_change.is_none(), "{text} in {language}");
    reply.reading
}

#[test]
fn every_example_is_read_as_the_page_says() {
    for name in ["daily", "release", "short", "twice-daily", "welcome"] {
        let dialog = dialog(name);
        for language in dialog.languages.clone() {
            let words = words::of(language).expect("words");
            for question in &dialog.questions {
                let ask = question.ask();
                for answer in answers(&dialog, question, language, &words) {
                    assert!(!answer.examples.is_empty(), "{name}.{} in {language}", question.key);
                    for example in &answer.examples {
                        let place = || format!("{name}.{} in {language}: {example}", question.key);
                        let Reading::Value(value) = reading(&ask, language, example) else {
                            panic!("{}: {:?}", place(), reading(&ask, language, example))
                        };
                        let to = answer.to.as_str();
                        let expected = match value {
                            Value::NotMeasured => to == words.not_measured,
                            Value::YesNo(YesNo::Yes) => to == words.yes,
                            Value::YesNo(YesNo::No) => to == words.no,
                            Value::YesNo(YesNo::Unknown) => to == words.unknown,
                            Value::Options(set) if set.is_empty() => to == words.none,
                            Value::Options(set) => to.starts_with(&words.several) && set.len() == 2,
                            Value::Choice(_) => to == words.one,
                            Value::Nothing => to == words.nothing,
                            Value::Text => to == words.words,
                            Value::Number(_) | Value::Identifier(_) => to == words.digits,
                            Value::Temperature(_) | Value::OxygenSaturation(_) => to.is_empty(),
                        };
                        assert!(expected, "{}: read as {value:?}, shown for `{to}`", place());
                    }
                }
            }
        }
    }
}

#[test]
fn every_command_steers() {
    use reply::Command;
    for language in LANGUAGES {
        let words = words::of(language).expect("words");
        let expected = [
            Command::Back,
            Command::Repeat,
            Command::Skip,
            Command::Callback,
            Command::Help,
            Command::WrongNumber,
            Command::Stop,
            Command::Start,
        ];
        for (command, expected) in words.command.all().into_iter().zip(expected) {
            for ask in [Ask::Temperature, Ask::YesNo { topic: None }, Ask::Text, Ask::Nothing] {
                let found = reading(&ask, language, &command.word);
                assert_eq!(found, Reading::Command(expected), "{} in {language}", command.word);
            }
        }
    }
}

#[test]
fn every_sign_is_noticed_at_any_question() {
    for language in LANGUAGES {
        let words = words::of(language).expect("words");
        assert_eq!(words.sign.len(), SIGNS.len(), "{language}");
        for sign in SIGNS {
            let word = words.sign.get(sign.key()).unwrap_or_else(|| panic!("{} in {language}", sign.key()));
            for ask in [Ask::Temperature, Ask::YesNo { topic: None }, Ask::Text, Ask::Nothing] {
                let signs = reply::read(&ask, language, word).flags.signs;
                assert!(signs.contains(sign), "{word} in {language} is no {}", sign.key());
            }
        }
    }
}

#[test]
fn what_the_family_may_send_is_understood() {
    for language in LANGUAGES {
        let words = words::of(language).expect("words");
        let reply = reply::read(&Ask::Text, language, &words.examples.status);
        assert_eq!(reply.flags.status_change, Some(StatusChange::Hospitalized), "{language}");
        for note in &words.examples.note {
            assert_eq!(reading(&Ask::Text, language, note), Reading::Value(Value::Text), "{note} in {language}");
        }
    }
    assert_eq!(addressee::split(LABELLED, &['A', 'B']), Some(('B', "36.5".to_owned())));
}

#[test]
fn a_page_holds_the_texts_as_they_are_sent() {
    for language in LANGUAGES {
        for (reader, name) in [(Reader::Patient, "daily"), (Reader::Family, "daily"), (Reader::Patient, "short")] {
            let html = page(&arguments(name, language, reader));
            let dialog = dialog(name);
            let escaped = |text: &str| text.replace('&', "&#38;").replace('\'', "&#39;").replace('"', "&#34;");
            for (text, said) in dialog.texts_by_name(language) {
                if text.ends_with(".ask") && !said.contains('{') {
                    assert!(html.contains(&escaped(&said)), "{text} is missing in {language}:\n{html}");
                }
            }
            let safety = dialog.texts_by_name(language).into_iter().find(|(name, _)| name == "notices.safety");
            assert!(html.contains(&escaped(&safety.expect("a safety text").1)), "{language}");
            for part in ["7:00", "8:30", "3.3", "119"] {
                assert!(html.contains(part), "{part} is missing in {language} ({name})");
            }
            for left in ["{opening}", "{deadline}", "{count}", "{least}", "{label", "{status}", "{price}", "{center}"] {
                assert!(!html.contains(left), "{left} is left in {language}");
            }
            assert_eq!(html.contains('★'), reader == Reader::Family);
            assert_eq!(html.contains("A(80)"), reader == Reader::Family);
            // It is printed, mailed, opened offline: nothing may come from elsewhere.
            for foreign in ["<script", "http", "src=", "<link", "url(", "@import"] {
                assert!(!html.contains(foreign), "{foreign} in {language}");
            }
            roxmltree::Document::parse(&html.replace("<!DOCTYPE html>", ""))
                .unwrap_or_else(|error| panic!("{language}: {error}"));
        }
    }
}

#[test]
fn one_text_for_everything_is_shown_where_the_dialog_takes_one() {
    assert!(page(&arguments("daily", Language::En, Reader::Patient)).contains("36.5 97 2 0 2"));
    assert!(page(&arguments("short", Language::En, Reader::Patient)).contains("36.5 97 2 2 0"));
    assert!(!page(&arguments("welcome", Language::En, Reader::Patient)).contains("36.5 97"));
}

#[test]
fn names_and_numbers_stand_where_they_are_given_and_blanks_where_not() {
    let blank = page(&arguments("daily", Language::Ja, Reader::Patient));
    assert_eq!(blank.matches("class=\"blank\"").count(), 4);
    let filled = GuideArgs {
        center: Some("江東区<保健所>".into()),
        number: Some("050-5550-0100".into()),
        telephone: Some("03-5550-0100".into()),
        night_line: Some("03-5550-0101".into()),
        deadline: "9:15".into(),
        ..arguments("daily", Language::Ja, Reader::Patient)
    };
    let html = page(&filled);
    assert_eq!(html.matches("class=\"blank\"").count(), 0);
    for part in ["江東区&#60;保健所&#62;", "050-5550-0100", "03-5550-0101", "9:15までに"] {
        assert!(html.contains(part), "{part} is missing in\n{html}");
    }
    assert!(!html.contains("8:30"));
}

#[test]
fn a_language_that_the_dialog_does_not_have_is_an_error() {
    let error = arguments("daily", Language::Hi, Reader::Patient).page(&dialog("daily")).expect_err("no Hindi");
    assert!(error.to_string().contains("has no texts in `hi`; it has ja"), "{error}");
    assert!(words::of(Language::Hi).is_err());
}
