//! Tests over forms written as tables in text: a line a row, `|` between cells.

use super::super::super::definition::Dialog;
use super::super::super::load::load;
use super::super::super::tests::daily;
use super::*;

fn sheet(name: &str, text: &str) -> Sheet {
    let row = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    Sheet {
        name: name.to_owned(),
        rows: text.lines().map(str::trim).filter(|line| !line.is_empty()).map(row).collect(),
    }
}

fn wishes(model: &Dialog) -> Wishes<'_> {
    Wishes { model, language: None, texts_from: None }
}

const SURVEY: &str = "
    type               | name     | label::English (en)           | label::日本語 (ja)         | hint::English (en)  | required | relevant                              | constraint             | constraint_message::English (en) | appearance
    note               | hello    | Daily check of the ward       | 区の健康確認です           |                     |          |                                       |                        |                                  |
    begin group        | vitals   | Vital signs                   | バイタル                   |                     |          |                                       |                        |                                  |
    decimal            | temp     | Body temperature today?       | 今日の体温は？             | In Celsius          | yes      |                                       | . >= 34 and . <= 42    |                                  |
    integer            | spo2     | Oxygen level (SpO2)?          | 酸素の値は？               |                     | yes      |                                       |                        |                                  |
    integer            | pulse    | Pulse a minute?               | 脈は？                     |                     |          |                                       | . > 29 and . < 221     | Between 30 and 220, please.      |
    end group          |          |                               |                            |                     |          |                                       |                        |                                  |
    select_one yn      | cough    | Do you cough?                 | せきは出ますか             |                     | yes      |                                       |                        |                                  | minimal
    select_one much    | how_much | How much?                     | どのくらい                 |                     |          | ${cough} = 'yes'                      |                        |                                  |
    select_multiple s  | signs    | Which of these?               | 当てはまるものは           |                     |          | ${cough}='yes' and selected(${how_much},'2') |                 |                                  |
    range              | pain     | Pain from 0 to 10?            | 痛みは0から10で？          |                     |          | ${pulse} > 100                        |                        |                                  |
    text               | id       | Your number?                  | 番号は？                   |                     |          |                                       | regex(., '^[0-9]{7}$') |                                  |
    date               | since    | Since when?                   | いつから                   |                     |          |                                       |                        |                                  |
    calculate          | sum      |                               |                            |                     |          |                                       |                        |                                  |
    image              | photo    | A photo                       | 写真                       |                     |          |                                       |                        |                                  |
    begin repeat       | family   | Family                        | 家族                       |                     |          |                                       |                        |                                  |
    text               | who      | Who?                          | だれ                       |                     |          |                                       |                        |                                  |
    end repeat         |          |                               |                            |                     |          |                                       |                        |                                  |
    acknowledge        | bye      | Thank you                     | ありがとう                 |                     |          |                                       |                        |                                  |
    ";
const CHOICES: &str = "
    list_name | name    | label::English (en) | label::日本語 (ja) | image
    yn        | yes     | Yes                 | はい               |
    yn        | no      | No                  | いいえ             |
    much      | 1       | A little            | 少し               |
    much      | 2       | A lot               | たくさん           |
    s         | none    | None of these       | なし               |
    s         | fever   | Fever               | 熱                 | f.png
    s         | vomit   | Vomiting            | 吐いた             |
    ";
const SETTINGS: &str = "
    form_title | form_id | default_language
    Daily      | daily   | English (en)
    ";

fn form() -> Vec<Sheet> {
    vec![sheet("survey", SURVEY), sheet("choices", CHOICES), sheet("settings", SETTINGS), sheet("notes", "x")]
}

#[test]
fn a_form_becomes_a_dialog() {
    let daily = daily();
    let imported = import("form.xlsx", &form(), &wishes(&daily)).unwrap_or_else(|faults| panic!("{faults}"));
    let dialog = load("ward", &imported.files).unwrap_or_else(|faults| panic!("{faults}"));
    let told: Vec<String> =
        dialog.questions.iter().map(|question| format!("{} {}", question.key, question.kind_in_words())).collect();
    assert_eq!(
        told,
        [
            "temp temperature",
            "oxygen oxygen",
            "pulse number from 30 to 220",
            "cough yes-no",
            "how-much choice",
            "signs options",
            "pain number from 1 to 10",
            "id identifier of 7 digits",
            "since text"
        ]
    );
    assert_eq!(dialog.languages, [Language::En, Language::Ja]);
    let condition = |key: &str| {
        let question = dialog.question(key).map(|(_, question)| question).expect("it is there");
        question.condition.as_ref().map(|condition| dialog.condition_in_words(condition))
    };
    assert_eq!(condition("how-much").as_deref(), Some("cough = yes"));
    assert_eq!(condition("signs").as_deref(), Some("how-much = a-lot"), "the other condition follows from it");
    assert_eq!(condition("pain"), None);
    let text = |language: Language, name: &str| {
        let texts = dialog.texts_by_name(language).into_iter();
        texts.filter(|(known, _)| known == name).map(|(_, text)| text).next().expect("a text")
    };
    assert_eq!(text(Language::En, "notices.introduction"), "{center}: Daily check of the ward");
    assert_eq!(text(Language::En, "cough.ask"), "Do you cough? 1 yes 2 no");
    assert_eq!(text(Language::Ja, "cough.ask"), "せきは出ますか 1はい 2いいえ");
    assert_eq!(text(Language::Ja, "signs.ask"), "当てはまるものは 0なし 1熱 2吐いた");
    assert_eq!(text(Language::En, "temp.ask-again"), "Body temperature today? In Celsius");
    assert_eq!(text(Language::En, "pulse.ask-again"), "Between 30 and 220, please. Pulse a minute?");
    assert!(dialog.questions[0].required && !dialog.questions[4].required);
    let losses: String = imported.losses.iter().map(|loss| format!("{loss}\n")).collect();
    for part in [
        "sheet notes: this sheet is not read",
        "survey, row 3, label::English (en): the group's heading is not said: Vital signs",
        "survey, row 4, type: taken as a body temperature in °C",
        "survey, row 5, name: its key here is `oxygen`",
        "survey, row 8, appearance: cannot be carried over: minimal",
        "survey, row 11, relevant: a condition on how large an answer is cannot be said here; it is asked always",
        "survey, row 13, type: `date` is asked as own words",
        "survey, row 14, type: sum is left out: it is calculated",
        "survey, row 15, type: photo is left out",
        "survey, row 16, type: left out with all of its questions",
        "survey, row 19, type: a text that asks nothing can only stand before the first question: Thank you",
        "choices, row 7, image: this column of a choice is not read",
        "nothing here raises an alert until you write",
    ] {
        assert!(losses.contains(part), "{part} is missing in\n{losses}");
    }
}

/// Where and what is told of a form that is refused.
#[track_caller]
fn refused(sheets: &[Sheet], place: (&str, usize, usize), says: &str) {
    let daily = daily();
    let faults = import("form.xlsx", sheets, &wishes(&daily)).expect_err(says);
    let found = faults.iter().find(|fault| fault.message.contains(says)).unwrap_or_else(|| panic!("{says}:\n{faults}"));
    assert_eq!((found.file.as_str(), found.line, found.column), place, "{faults}");
}

#[test]
fn what_is_no_form_is_refused_at_its_place() {
    let survey = "form.xlsx, sheet survey";
    refused(&[sheet("Sheet1", "a")], ("form.xlsx", 1, 1), "there is no sheet `survey`");
    refused(&[], ("form.xlsx", 1, 1), "there is no sheet `survey`");
    refused(&[sheet("survey", "")], (survey, 1, 1), "there is no column with labels");
    refused(&[sheet("survey", "name|label::en")], (survey, 1, 1), "no column `type`");
    refused(&[sheet("survey", "type|name|label\ntext|a|A?")], (survey, 1, 3), "in which language");
    refused(
        &[sheet("survey", "type|name|label::French (fr)\ntext|a|A?")],
        (survey, 1, 1),
        "there is no column with labels",
    );
    let with =
        |rows: &str| vec![sheet("survey", &format!("type|name|label::en|relevant\n{rows}")), sheet("choices", CHOICES)];
    refused(&with("txet|a|A?"), (survey, 2, 1), "unknown type `txet`");
    refused(&with("|a|A?"), (survey, 2, 1), "`type` is missing");
    refused(&with("text||A?"), (survey, 2, 2), "`name` is missing");
    refused(&with("text|a|A?\ntext|a|B?"), (survey, 3, 2), "the name `a` is already that of row 2");
    refused(&with("select_one yes_no|a|A?"), (survey, 2, 1), "there is no list `yes_no`");
    refused(&with("begin group|g|G"), (survey, 2, 1), "never ended");
    refused(&with("text|a|A?\nend group"), (survey, 3, 1), "nothing was begun");
    refused(
        &with("begin group|g\ntext|a|A?\nend repeat"),
        (survey, 4, 1),
        "ends something else than what was begun in row 2",
    );
    refused(&with("image|a|A?"), ("form.xlsx", 1, 1), "there is no question here");
    let twice = "list_name|name|label::en\nyn|yes|Y\nyn|yes|Z\n|no|N";
    let both = [sheet("survey", "type|name|label::en\ntext|a|A?"), sheet("choices", twice)];
    refused(&both, ("form.xlsx, sheet choices", 3, 2), "`yes` is twice in the list `yn`");
    refused(&both, ("form.xlsx, sheet choices", 4, 1), "`list_name` is missing");
}

#[test]
fn labels_without_a_language_are_in_the_one_that_is_said() {
    let daily = daily();
    let sheets = [sheet("survey", "type|name|label\ntext|a|A?")];
    let said = Wishes { language: Some(Language::En), ..wishes(&daily) };
    let imported = import("form.xlsx", &sheets, &said).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(imported.files[1].name, "texts.en.toml");
    assert!(imported.losses.iter().any(|loss| loss.what.contains("no question was required")));
    let sheets = [sheets[0].clone(), sheet("settings", "default_language\nJapanese")];
    let imported = import("form.xlsx", &sheets, &wishes(&daily)).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(imported.files[1].name, "texts.ja.toml");
}

#[test]
fn a_missing_translation_is_told() {
    let daily = daily();
    let sheets = [sheet("survey", "type|name|label::en|label::ja|label::fr\ntext|a|A?||A ?")];
    let imported = import("form.xlsx", &sheets, &wishes(&daily)).unwrap_or_else(|faults| panic!("{faults}"));
    let losses: String = imported.losses.iter().map(|loss| format!("{loss}\n")).collect();
    assert!(
        losses.contains("a: it has no text in `ja`") && losses.contains("no texts are written in `fr`"),
        "{losses}"
    );
    assert!(load("a", &imported.files).is_err());
}

#[test]
fn odd_rows_do_no_harm() {
    let daily = daily();
    let odd = Sheet { name: "survey".to_owned(), rows: vec![vec![], vec!["text".to_owned()]] };
    assert!(import("x", &[odd], &wishes(&daily)).is_err());
    let odd = Sheet { name: " Survey ".to_owned(), rows: vec![] };
    assert!(import("x", &[odd], &wishes(&daily)).is_err());
}
