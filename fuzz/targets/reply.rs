//! Reads any text as the reply to any kind of question, in any language. What must hold for every one of them:
//! no panic, the same reading every time, and no value that the question does not allow (reject rather than guess).
#![no_main]

use domain::language::Language;
use domain::observation::{Temperature, Value};
use domain::reply::{self, Ask, OptionWord, Reading};
use libfuzzer_sys::fuzz_target;

/// The symptoms of the daily dialog, and an option that can only be chosen by number.
const SYMPTOMS: [&str; 9] =
    ["cough", "runny-nose", "sore-throat", "fatigue", "nausea", "diarrhoea", "cannot-eat", "no-urine", ""];

// The first two characters choose the question and the language, so that a seed is a text that one can read.
// The readers' words are compiled before the first input: that takes seconds, and an input has five.
fuzz_target!(init: { reply::concept("cough"); }, |data: &[u8]| {
    let [kind, language, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let language = Language::ALL[usize::from(*language) % Language::ALL.len()];
    let options: Vec<OptionWord> =
        (1..).zip(SYMPTOMS).map(|(code, key)| OptionWord { code, concept: reply::concept(key) }).collect();
    let ask = match kind % 10 {
        0 => Ask::Temperature,
        1 => Ask::OxygenSaturation,
        2 => Ask::YesNo { topic: reply::concept("breathless") },
        3 => Ask::YesNo { topic: None },
        4 => Ask::Choice(&options),
        5 => Ask::Options(&options),
        6 => Ask::Number { min: 0, max: 300 },
        7 => Ask::Text,
        8 => Ask::Identifier { min_digits: 6, max_digits: 12 },
        _ => Ask::Nothing,
    };

    let read = reply::read(&ask, language, &text);
    assert_eq!(read, reply::read(&ask, language, &text), "one text, two readings");
    let (value, certain) = match &read.reading {
        Reading::Value(value) => (value, true),
        Reading::Ambiguous { candidate: Some(value), .. } => (value, false),
        Reading::Empty => {
            assert!(
                matches!(ask, Ask::Nothing) || !read.flags.signs.is_empty() || read.flags.status_change.is_some(),
                "a reply to a question that was neither read nor refused"
            );
            return;
        }
        Reading::Ambiguous { candidate: None, .. } | Reading::Invalid(_) | Reading::Command(_) => return,
    };
    let fits = match (ask, value) {
        (Ask::Temperature, Value::Temperature(value)) => (Temperature::MIN..=Temperature::MAX).contains(value),
        // Below 80 may be a very ill patient or a slip: never taken without asking.
        (Ask::OxygenSaturation, Value::OxygenSaturation(value)) => {
            value.percent() <= 100 && (value.percent() >= 80 || !certain)
        }
        (Ask::Temperature | Ask::OxygenSaturation, Value::NotMeasured) | (Ask::YesNo { .. }, Value::YesNo(_)) => true,
        (Ask::Choice(_), Value::Choice(code)) => (1..=9).contains(code),
        (Ask::Options(_), Value::Options(set)) => set.iter().all(|code| (1..=9).contains(&code)),
        (Ask::Number { min, max }, Value::Number(number)) => (min..=max).contains(number),
        (Ask::Text, Value::Text | Value::Nothing) => true,
        (Ask::Identifier { .. }, Value::Identifier(digits)) => {
            (6..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    assert!(fits, "{ask:?} does not take {value:?}");
});
