//! What must hold for any text: nothing panics, values are what was written or nothing, a text that is written
//! another way is not read as another value, commands do not hide in sentences.

use proptest::prelude::*;

use super::tables::all_rows;
use super::{check, reply_to, said};
use crate::language::Language;
use crate::observation::Value;
use crate::reply::{Command, Reading, WarningSign};

const KINDS: [&str; 9] =
    ["temperature", "spo2", "yesno", "signs", "multi", "choice", "free_text", "number", "identifier"];

/// A digit as a character of full width.
fn wide(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).unwrap_or(c) } else { c })
        .collect()
}

/// A number up to 99 in kanji: 三十六.
fn kanji(number: u16) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let ten = match number / 10 {
        0 => String::new(),
        1 => "十".to_owned(),
        tens => format!("{}十", DIGITS[usize::from(tens)]),
    };
    if number == 0 { "〇".to_owned() } else { format!("{ten}{}", DIGITS[usize::from(number % 10)]) }
}

/// A number up to 99 in kana: さんじゅうろく.
fn kana(number: u16) -> String {
    const DIGITS: [&str; 10] = ["", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];
    let ten = match number / 10 {
        0 => String::new(),
        1 => "じゅう".to_owned(),
        tens => format!("{}じゅう", DIGITS[usize::from(tens)]),
    };
    format!("{ten}{}", DIGITS[usize::from(number % 10)])
}

#[test]
fn every_temperature_is_read_in_every_way_of_writing_it() {
    for tenths in 340..=420_u16 {
        let (whole, tenth) = (tenths / 10, tenths % 10);
        let value = format!("{whole}.{tenth}");
        let mut ways = vec![
            value.clone(),
            wide(&value),
            format!(" {value} "),
            format!("{value}度"),
            format!("{value}℃です。"),
            format!("体温は{value}です"),
            format!("体温：{value}"),
            format!("{whole},{tenth}"),
            format!("{whole}。{tenth}"),
            format!("{whole}・{tenth}"),
            format!("{whole}度{tenth}分"),
            format!("{whole}度{tenth}分でした。よろしくお願いします。"),
            wide(&format!("{whole}度{tenth}分")),
            format!("{whole}ど{tenth}ぶ"),
            format!("おはようございます {value}"),
            format!("7:30 {value}"),
            format!("7時30分 {value}度"),
            format!("8月12日 {value}"),
            format!("{value} 脈80 酸素97"),
            format!("{value}\n--\n山田花子 090-1234-5678"),
            format!("{value}\n> 体温を返信してください。例 36.5"),
            format!("My temperature is {value} C, thank you"),
        ];
        if tenth > 0 {
            ways.push(format!("{}度{}分", kanji(whole), kanji(tenth)));
            ways.push(format!("{}ど{}ぶ", kana(whole), kana(tenth)));
            ways.push(format!("{}てん{}", kana(whole), kana(tenth)));
        }
        for way in &ways {
            assert_eq!(said("temperature", Language::Ja, way), value, "{way:?}");
        }
    }
}

#[test]
fn no_temperature_out_of_range_is_taken() {
    for tenths in (0..340).chain(421..2000_u16) {
        let (whole, tenth) = (tenths / 10, tenths % 10);
        for way in [format!("{whole}.{tenth}"), wide(&format!("{whole}.{tenth}")), format!("体温{whole}.{tenth}度")]
        {
            let reply = reply_to("temperature", Language::Ja, &way);
            assert!(!matches!(reply.reading, Reading::Value(_)), "{way}: {:?}", reply.reading);
        }
    }
}

#[test]
fn every_oxygen_value_is_read_or_asked_again() {
    for percent in 0..=250_u16 {
        let mut ways = vec![
            percent.to_string(),
            wide(&percent.to_string()),
            format!("{percent}%"),
            format!("{percent}％です"),
            format!("SpO2 {percent}"),
            format!("酸素は{percent}です"),
            format!("{percent}パーセント"),
            format!("It's {percent} percent"),
        ];
        if (11..100).contains(&percent) {
            ways.push(kanji(percent));
            ways.push(kana(percent));
        }
        for way in &ways {
            let reply = reply_to("spo2", Language::Ja, way);
            let taken = matches!(reply.reading, Reading::Value(_));
            assert_eq!(taken, (80..=100).contains(&percent), "{way}: {:?}", reply.reading);
            if taken {
                assert_eq!(reply.reading.to_string(), percent.to_string(), "{way}");
            }
            assert_eq!(reply.flags.signs.contains(WarningSign::VeryLowOxygen), (50..80).contains(&percent), "{way}");
        }
    }
}

#[test]
fn a_pulse_is_no_oxygen_value() {
    for pulse in 40..=140 {
        for way in [format!("脈{pulse}"), format!("脈拍は{pulse}です"), format!("{pulse}bpm"), format!("pulse {pulse}")]
        {
            let reply = reply_to("spo2", Language::Ja, &way);
            assert!(!matches!(reply.reading, Reading::Value(_)), "{way}: {:?}", reply.reading);
        }
        let both = format!("酸素97 脈{pulse}");
        assert_eq!(said("spo2", Language::Ja, &both), "97", "{both}");
    }
}

#[test]
fn every_set_of_options_is_read_with_every_separator() {
    for bits in 1..512_u32 {
        let codes: Vec<String> =
            (1..=9).filter(|code| bits & (1 << (code - 1)) != 0).map(|code: u32| code.to_string()).collect();
        let expected = codes.join(",");
        for separator in [",", "、", " ", "　", "・", "と", "\n", "，", ", "] {
            let way = codes.join(separator);
            assert_eq!(said("multi", Language::Ja, &way), expected, "{way:?}");
            assert_eq!(said("multi", Language::Ja, &wide(&way)), expected, "{way:?} in full width");
        }
        check("multi", Language::En, &[(&codes.join(" and "), &expected)]);
        check("multi", Language::Ja, &[(&format!("{}です", codes.join("と")), &expected)]);
    }
}

/// Other ways of writing the same text.
fn rewritten(text: &str) -> Vec<String> {
    vec![
        wide(text),
        format!("{text}\u{200b}"),
        format!("\u{feff}{text}"),
        format!("\u{3000}{text} "),
        format!("{text}\n"),
        format!("\n{text}\r\n"),
        text.to_uppercase(),
        format!("{text}\u{e6f0}"),
        format!("{text}😊"),
    ]
}

#[test]
fn width_case_and_what_cannot_be_seen_make_no_difference() {
    for row in all_rows() {
        // A sigil at the start of a line or a mark that means something else when it is wide stays as it is.
        let text = row.text.as_str();
        if text.contains(['<', '>', '\'', '"', '-', '=', ';', '|', '/']) || text.trim().is_empty() {
            continue;
        }
        let plain = said(&row.kind, row.language, text);
        for way in rewritten(text) {
            assert_eq!(said(&row.kind, row.language, &way), plain, "{} {:?} {way:?}", row.kind, row.language);
        }
    }
}

#[test]
fn politeness_never_makes_another_value() {
    let polite = |text: &str| {
        vec![
            format!("{text}。"),
            format!("{text}です"),
            format!("{text}です。よろしくお願いします"),
            format!("おはようございます。{text}"),
            format!("{text}\nありがとうございます"),
            format!("Good morning, {text}"),
            format!("{text}, thank you"),
        ]
    };
    for row in all_rows() {
        let Reading::Value(value) = reply_to(&row.kind, row.language, &row.text).reading else { continue };
        for way in polite(&row.text) {
            match reply_to(&row.kind, row.language, &way).reading {
                // Thanks around nothing to add may be kept as a text.
                Reading::Value(Value::Text) if row.kind == "free_text" => {}
                Reading::Value(other) => assert_eq!(other, value, "{} {:?} {way:?}", row.kind, row.language),
                Reading::Ambiguous { .. } | Reading::Invalid(_) | Reading::Empty => {}
                Reading::Command(command) => panic!("{way:?} is read as {command:?}"),
            }
        }
    }
}

#[test]
fn stop_does_not_hide_in_other_texts() {
    let stops = ["STOP", "stop", "停止", "ストップ", "やめて", "もう送らないで", "unsubscribe", "配信停止"];
    let others = [
        "咳が",
        "薬を",
        "バス",
        "熱が",
        "my cough did not ",
        "the bus ",
        "心臓が",
        "non",
        "37.5 ",
        "1 ",
        "はい ",
        "胸が痛い ",
        "ノン",
        "電車が",
        "母が",
        "x",
    ];
    for stop in stops {
        for other in others {
            for text in [format!("{other}{stop}"), format!("{stop} {other}"), format!("{stop}{other}")] {
                for kind in KINDS {
                    for language in Language::ALL {
                        let reading = reply_to(kind, language, &text).reading;
                        assert_ne!(reading, Reading::Command(Command::Stop), "{kind} {language:?} {text:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_warning_sign_is_seen_beside_anything() {
    let signs = [
        "胸が痛いです",
        "息ができません",
        "唇が紫色です",
        "助けて",
        "意識がもうろうとしています",
        "I can't breathe",
        "chest pain",
    ];
    let beside = [
        "36.8",
        "97",
        "1",
        "0",
        "なし",
        "はい",
        "特にありません",
        "よろしくお願いします",
        "STOP",
        "no",
        "none",
        "薬を飲みました",
    ];
    for sign in signs {
        for other in beside {
            for text in [
                format!("{other}。{sign}"),
                format!("{sign}。{other}"),
                format!("{other}\n{sign}"),
                format!("{other} {sign}"),
            ] {
                // These two together deny it.
                if text == "no chest pain" {
                    continue;
                }
                for kind in KINDS {
                    let flags = reply_to(kind, Language::Ja, &text).flags;
                    assert!(!flags.signs.is_empty(), "{kind} {text:?}");
                }
            }
        }
    }
}

/// Pieces of which replies are made, so that random texts come near to what people write.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "36",
        ".",
        "5",
        "度",
        "分",
        "ない",
        "はい",
        "いいえ",
        "胸",
        "痛い",
        "息",
        "苦しく",
        "STOP",
        "もどる",
        "咳",
        "なし",
        "〇",
        "×",
        "ー",
        "。",
        "\n",
        ">",
        "--",
        " ",
        "　",
        "～",
        "から",
        "？",
        "98",
        "%",
        "脈",
        "no",
        "not",
        "yes",
        "chest",
        "pain",
        "は",
        "が",
        "も",
        "と",
        "、",
        "十",
        "三",
        "時",
        "日",
        "月",
        "+",
        "09012345678",
        "ﾟ",
        "ゞ",
        "👍",
        "\u{20e3}",
        "\u{301}",
        "हो",
        "không",
        "네",
        "没有",
        "急に",
        "おっ",
        "っ",
        "ーー",
        "'",
        "以上",
    ]);
    prop_oneof![4 => words.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_readers_panic(text in any::<String>()) {
        for kind in KINDS {
            for language in Language::ALL {
                reply_to(kind, language, &text);
            }
        }
    }

    #[test]
    fn no_medley_of_pieces_makes_the_readers_panic_or_is_read_out_of_range(pieces in prop::collection::vec(piece(), 0..24)) {
        let text: String = pieces.concat();
        for kind in KINDS {
            for language in [Language::Ja, Language::En, Language::Vi, Language::Hi] {
                if let Reading::Value(Value::Identifier(digits)) = reply_to(kind, language, &text).reading {
                    prop_assert!((6..=8).contains(&digits.len()));
                }
            }
        }
    }

    #[test]
    fn a_value_does_not_come_from_nowhere(pieces in prop::collection::vec(piece(), 0..12)) {
        let text: String = pieces.concat();
        if let Reading::Value(Value::Temperature(value)) = reply_to("temperature", Language::Ja, &text).reading {
            // Its digits are in the text, in figures or in kanji, unless they are counted in °F there: 98F.
            let fahrenheit = text.contains(['F', 'f', 'Ｆ', '℉']);
            let digit = |digit: u16| {
                let figure = char::from_digit(u32::from(digit), 10).expect("one digit");
                text.contains(figure) || text.contains(&kanji(digit)) || digit == 0 || text.contains(['半', '十'])
            };
            let figures = digit(value.tenths() / 10 % 10) && digit(value.tenths() % 10);
            prop_assert!(figures || fahrenheit, "{text:?} is {value}");
        }
    }
}
