//! A corpus made from the tables: every base row written in other ways (width, marks, politeness, signatures, keypad
//! slips, other scripts, another language beside it), each with what may be made of it. What goes wrong is counted by
//! kind and language and compared with `tests/data/replies/counts.tsv`, so that no change makes it worse unseen.

#![expect(clippy::disallowed_macros, reason = "the counts are shown with --nocapture, and when an assertion fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::said;
use super::tables::{Row, accepts, all_rows, is_reask, split};
use crate::language::Language;

const COUNTS: &str = include_str!("../../../../../tests/data/replies/counts.tsv");
const HEADER: &str = "question_kind\tlang\tvariants\twrong_value\tmissed_sign\tfalse_sign\tfalse_stop\tneedless_reask";

/// One row of a table in four, chosen by its words so that it stays chosen, and the whole sample.
const ONE_IN: u64 = 4;

/// What went wrong, in the order of the columns.
type Counts = [u32; 6];

/// Another way of writing a reply.
struct Variant {
    text: String,
    /// Whether the change leaves room for doubt, so that asking again is right as well.
    doubtful: bool,
}

fn sure(text: String) -> Variant {
    Variant { text, doubtful: false }
}

fn doubtful(text: String) -> Variant {
    Variant { text, doubtful: true }
}

/// Words of politeness around a reply: before it, and behind it.
fn politeness(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Ja => ("おはようございます。", "。よろしくお願いします。"),
        Language::JaEasy => ("おはよう ございます ", " ありがとう ございます"),
        Language::En => ("Good morning, ", ", thank you"),
        Language::ZhHans => ("早上好，", "，谢谢"),
        Language::ZhHant => ("早安，", "，謝謝"),
        Language::Ko => ("안녕하세요 ", " 감사합니다"),
        Language::Vi => ("Xin chào, ", ", cảm ơn"),
        Language::Ne => ("नमस्ते, ", ", धन्यवाद"),
        Language::Tl => ("Magandang umaga po, ", ", salamat po"),
        Language::Hi => ("नमस्ते, ", ", धन्यवाद"),
    }
}

fn wide(text: &str) -> String {
    let wide = |c: char| if c.is_ascii_alphanumeric() || c == '.' { char::from_u32(c as u32 + 0xfee0) } else { None };
    text.chars().map(|c| wide(c).unwrap_or(c)).collect()
}

fn katakana(text: &str) -> String {
    let katakana = |c: char| if ('ぁ'..='ゖ').contains(&c) { char::from_u32(c as u32 + 0x60) } else { None };
    text.chars().map(|c| katakana(c).unwrap_or(c)).collect()
}

/// Digits of another script, as phones with its keyboard write them.
fn digits_from(text: &str, zero: char) -> String {
    text.chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|digit| char::from_u32(zero as u32 + digit))
                .filter(|_| c.is_ascii_digit())
                .unwrap_or(c)
        })
        .collect()
}

/// The places between two digits where a point stands, with something else in it.
fn points_as(text: &str, point: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut written = String::new();
    let mut changed = false;
    for (at, c) in characters.iter().enumerate() {
        let between =
            at > 0 && characters[at - 1].is_ascii_digit() && characters.get(at + 1).is_some_and(char::is_ascii_digit);
        if *c == '.' && between {
            written.push_str(point);
            changed = true;
        } else {
            written.push(*c);
        }
    }
    changed.then_some(written)
}

/// A plain value: digits, perhaps with one point.
fn is_plain_value(text: &str) -> bool {
    text.len() <= 4
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn variants(row: &Row) -> Vec<Variant> {
    let text = row.text.as_str();
    let (before, behind) = politeness(row.language);
    let latin = text.is_ascii();
    let mut ways = vec![
        sure(format!(" {text}\u{3000}")),
        sure(format!("{text}\u{200b}\u{feff}")),
        sure(format!("{text}\n")),
        sure(format!("{text}\u{e6f0}")),
        sure(format!("{text} 😊")),
        sure(format!("{text}\n--\n090-1234-5678")),
        sure(format!("{text}\n\niPhoneから送信")),
        sure(format!("{text}\n\nSent from my iPhone")),
        sure(format!("{text}\n> 37.2")),
        doubtful(format!("{before}{text}")),
        doubtful(format!("{text}{behind}")),
        doubtful(format!("{text}\n山田")),
        doubtful(format!("{text}!!")),
        doubtful(format!("Hello, {text}")),
        doubtful(format!("{text} thanks")),
    ];
    // A sigil may mean something else when it is wide.
    if !text.contains(['<', '>', '\'', '"', '-', '=', ';', '|', '/']) {
        ways.push(sure(wide(text)));
    }
    if latin && !text.contains(['F', 'C']) {
        ways.push(sure(text.to_uppercase()));
        ways.push(sure(text.to_lowercase()));
    }
    if matches!(row.language, Language::Ja | Language::JaEasy) {
        ways.push(doubtful(katakana(text)));
        ways.push(doubtful(format!("{text}です")));
        ways.push(doubtful(format!("{text}でした。")));
    }
    if matches!(row.language, Language::Ne | Language::Hi) {
        ways.push(sure(digits_from(text, '०')));
    }
    for (point, is_sure) in [("。", true), ("・", true), (",", true), ("．", true), ("..", false), ("-", false)] {
        if matches!(row.kind.as_str(), "temperature" | "keyword")
            && is_plain_value(text)
            && let Some(text) = points_as(text, point)
        {
            ways.push(Variant { text, doubtful: !is_sure });
        }
    }
    if is_plain_value(text) {
        let han = matches!(row.language, Language::Ja | Language::JaEasy | Language::ZhHans | Language::ZhHant);
        let units: &[&str] = match (row.kind.as_str(), han) {
            ("temperature", true) => &["度", "℃", " °C", "度です", " degrees"],
            ("temperature", false) => &["℃", " °C", "C", " degrees"],
            ("spo2", true) => &["%", "％です", " %", "パーセント", " percent"],
            ("spo2", false) => &["%", " %", "％", " percent"],
            _ => &[],
        };
        ways.extend(units.iter().map(|unit| sure(format!("{text}{unit}"))));
    }
    // Options in another order, parted in another way.
    if row.kind == "multi"
        && text.len() > 2
        && text.split(',').all(|code| code.len() == 1 && code.parse::<u8>().is_ok())
    {
        let codes: Vec<&str> = text.split(',').rev().collect();
        for separator in [",", "、", " ", "・", "と", "\n", " and "] {
            ways.push(sure(codes.join(separator)));
        }
    }
    ways
}

/// A number for a row that does not change as long as its words do not (FNV-1a).
fn number_of(row: &Row) -> u64 {
    let bytes = row.kind.bytes().chain(row.language.to_string().into_bytes()).chain(row.text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn judge(row: &Row, variant: &Variant, counts: &mut Counts) -> bool {
    let said = said(&row.kind, row.language, &variant.text);
    let (reading, flags) = split(&said);
    let emergency = |flags: &[&str]| flags.contains(&"FLAG:EMERGENCY");
    let found = [
        true,
        // "Thanks" around nothing to add may be kept as a text.
        accepts(reading) && reading != "TEXT" && !row.any_fine(|fine, _| fine == reading),
        !row.any_fine(|_, flags| !emergency(flags)) && !emergency(&flags),
        emergency(&flags) && !row.any_fine(|_, flags| emergency(flags)),
        reading == "KEYWORD:STOP" && !row.any_fine(|fine, _| fine == reading),
        is_reask(reading) && !variant.doubtful && !row.any_fine(|fine, _| is_reask(fine)),
    ];
    for (count, found) in counts.iter_mut().zip(found) {
        *count += u32::from(found);
    }
    found[1..].contains(&true)
}

fn parsed(table: &str) -> BTreeMap<(String, String), Counts> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [kind, language, numbers @ ..] = &cells[..] else { panic!("two columns and counts: {line}") };
            let mut counts = Counts::default();
            assert_eq!(numbers.len(), counts.len(), "{line}");
            for (count, number) in counts.iter_mut().zip(numbers) {
                *count = number.parse().unwrap_or_else(|_| panic!("a number: {line}"));
            }
            (((*kind).to_owned(), (*language).to_owned()), counts)
        })
        .collect()
}

#[test]
fn other_ways_of_writing_are_read_no_worse_than_before() {
    let mut counts: BTreeMap<(String, String), Counts> = BTreeMap::new();
    let mut wrong = String::new();
    let mut total = 0_u32;
    for (at, row) in all_rows().iter().enumerate() {
        // The sample stands first.
        if at >= 435 && !number_of(row).is_multiple_of(ONE_IN) {
            continue;
        }
        if row.text.trim().is_empty() || !row.allows(&said(&row.kind, row.language, &row.text)) {
            continue;
        }
        let counts = counts.entry((row.kind.clone(), row.language.to_string())).or_default();
        for variant in variants(row) {
            total += 1;
            if judge(row, &variant, counts) {
                let said = said(&row.kind, row.language, &variant.text);
                let _ = writeln!(wrong, "{}\t{}\t{:?}\t{said}", row.kind, row.language, variant.text);
            }
        }
    }
    assert!(total >= 10_000, "{total} variants");

    let before = parsed(COUNTS);
    let mut table = format!("{HEADER}\n");
    let (mut grown, mut shrunk) = (String::new(), false);
    for ((kind, language), now) in &counts {
        let numbers: Vec<String> = now.iter().map(u32::to_string).collect();
        let _ = writeln!(table, "{kind}\t{language}\t{}", numbers.join("\t"));
        let was = before.get(&(kind.clone(), language.clone())).copied().unwrap_or_default();
        for (column, (now, was)) in HEADER.split('\t').skip(2).zip(now.iter().zip(was)).skip(1) {
            if *now > was {
                let _ = writeln!(grown, "{kind} {language}: {column} was {was} and is {now}");
            }
            shrunk |= *now < was;
        }
    }
    if shrunk || !grown.is_empty() {
        println!("{wrong}");
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/replies/counts.tsv.new");
        match std::fs::write(&beside, &table) {
            Ok(()) => println!(
                "The counts are no longer those of tests/data/replies/counts.tsv. Where they are lower, keep them so:\n\
                 mv tests/data/replies/counts.tsv.new tests/data/replies/counts.tsv"
            ),
            Err(error) => println!("{} cannot be written: {error}\n{table}", beside.display()),
        }
    }
    assert!(grown.is_empty(), "replies are read worse than before:\n{grown}\n{wrong}");
}
