//! Reads any text as a form of somebody else: as a FHIR Questionnaire, or, if it begins with `=== `, as the sheets of an
//! XLSForm. What must hold: no panic; errors that can be shown; and of a dialog that was made without a fault, what is
//! exported comes back as the same questions.
#![no_main]

use std::sync::LazyLock;

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::exchange::xlsform::{self, Sheet};
use domain::dialog::exchange::{Wishes, questionnaire};
use domain::dialog::load::load;
use domain::language::Language;
use domain::reply::concept;
use libfuzzer_sys::fuzz_target;

/// The dialog whose notices the new ones take.
static MODEL: LazyLock<Dialog> = LazyLock::new(|| {
    let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
    let languages = "languages = [\"en\", \"ja\"]\n";
    let main = include_str!("../../dialogs/daily/dialog.toml");
    let (head, rest) = main.split_once("languages = ").expect("the languages");
    let rest = rest.split_once('\n').expect("more lines").1;
    let files = [
        file("dialog.toml", &format!("{head}{languages}{rest}")),
        file("texts.en.toml", include_str!("../../dialogs/daily/texts.en.toml")),
        file("texts.ja.toml", include_str!("../../dialogs/daily/texts.ja.toml")),
    ];
    load("daily", &files).expect("the daily dialog")
});

/// Sheets stand one after the other, each under a line with `=== ` and its name; `|` stands between cells.
fn sheets(text: &str) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            sheets.push(Sheet { name: name.to_owned(), rows: Vec::new() });
        } else if let Some(sheet) = sheets.last_mut() {
            sheet.rows.push(line.split('|').map(ToOwned::to_owned).collect());
        }
    }
    sheets
}

// The readers' words are compiled before the first input: that takes seconds, and an input has five.
fuzz_target!(init: { concept("cough"); LazyLock::force(&MODEL); }, |data: &[u8]| {
    let text = String::from_utf8_lossy(data).into_owned();
    let file = |text: String| SourceFile { name: "form".to_owned(), text };
    for language in [None, Some(Language::En)] {
        let wishes = Wishes { model: &MODEL, language, texts_from: None };
        let found = if text.starts_with("=== ") {
            xlsform::import("form", &sheets(&text), &wishes)
        } else {
            questionnaire::import(&file(text.clone()), &wishes)
        };
        match found {
            Ok(imported) => {
                if let Ok(dialog) = load("fuzz", &imported.files) {
                    let form = |dialog: &Dialog| serde_json::to_string(&questionnaire::export(dialog, None).0);
                    let out = form(&dialog).expect("JSON");
                    let wishes = Wishes { language: None, ..wishes };
                    let again = questionnaire::import(&file(out.clone()), &wishes).expect("what we wrote ourselves");
                    if let Ok(back) = load("fuzz", &again.files) {
                        assert_eq!(form(&back).expect("JSON"), out, "another form came back");
                    }
                }
            }
            Err(faults) => {
                assert!(!faults.is_empty(), "refused without a reason");
                assert!(!faults.to_string().is_empty(), "a reason that cannot be shown");
            }
        }
    }
});
