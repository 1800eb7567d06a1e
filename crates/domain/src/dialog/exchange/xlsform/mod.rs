//! XLSForms, the spreadsheets in which health surveys are written, as dialogs. Cells come in as texts; the file that
//! they stand in is read elsewhere.

mod columns;
mod expression;
mod limits;
mod survey;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::draft::Draft;
use super::naming::Keys;
use super::{Imported, Loss, Wishes, stock};
use crate::language::Language;

use self::columns::{Column, Table};
use self::survey::Survey;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its rows from the first on, each cell as it is shown: `1`, never `1.0`.
    pub rows: Vec<Vec<String>>,
}

/// Makes a dialog of the sheets of a form; `file` is what the form is called in diagnostics.
///
/// # Errors
/// When it is no XLSForm, or one that breaks its own rules: every fault with its sheet, row and column.
pub fn import(file: &str, sheets: &[Sheet], wishes: &Wishes<'_>) -> Result<Imported, Diagnostics> {
    let sheet = |name: &str| sheets.iter().find(|sheet| sheet.name.trim().eq_ignore_ascii_case(name));
    let Some(survey) = sheet("survey") else {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        let fault = Diagnostic::of_file(file, "there is no sheet `survey`: this is no XLSForm");
        return Err(fault.hint(format!("its sheets are {}", names.join(", "))).into());
    };
    let mut faults = Diagnostics::default();
    let mut losses = Vec::new();
    let settings = sheet("settings").map(|sheet| Table::new(file, sheet));
    let default_language = settings.as_ref().and_then(|settings| settings.first(&Column::Plain("default_language")));
    for other in sheets
        .iter()
        .filter(|sheet| !["survey", "choices", "settings"].contains(&sheet.name.trim().to_ascii_lowercase().as_str()))
    {
        losses.push(Loss::new(format!("sheet {}", other.name), "this sheet is not read"));
    }
    let survey = Table::new(file, survey);
    let languages = languages(&survey, default_language.as_deref(), wishes.language, &mut losses, &mut faults);
    let lists = match sheet("choices") {
        Some(sheet) => survey::lists(&Table::new(file, sheet), &mut losses, &mut faults),
        None => HashMap::new(),
    };
    let base = wishes.language.or_else(|| default_language.as_deref().and_then(columns::language));
    let mut reader = Survey {
        base,
        lists,
        keys: Keys::default(),
        rows: HashMap::new(),
        asked: HashMap::new(),
        groups: Vec::new(),
        draft: Draft { languages, ..Draft::default() },
        losses,
        faults,
    };
    reader.read(&survey);
    reader.finish(file, wishes)
}

/// The languages of the form, its default one first.
fn languages(
    survey: &Table<'_>,
    default: Option<&str>,
    wished: Option<Language>,
    losses: &mut Vec<Loss>,
    faults: &mut Diagnostics,
) -> Vec<Language> {
    let mut found = Vec::new();
    let default_language = default.and_then(columns::language);
    for (index, column) in survey.columns() {
        let place = format!("sheet {}, row 1, column {}", survey.name(), survey.title(index));
        match column {
            Column::Label(None) => {
                match wished.or(default_language) {
                    Some(language) => found.push(language),
                    None => faults.push(survey.fault(0, index, "in which language are these labels?").hint(
                        "say it with --language, such as --language en, or name the column `label::English (en)`",
                    )),
                }
            }
            Column::Label(Some(name)) => {
                match columns::language(name).filter(|language| stock::of(*language).is_some()) {
                    Some(language) => found.push(language),
                    None => losses.push(Loss::new(place, format!("no texts are written in `{name}` here"))),
                }
            }
            _ => {}
        }
    }
    let mut unique = Vec::new();
    let first = wished.or(default_language).filter(|first| found.contains(first));
    for language in first.into_iter().chain(found) {
        if !unique.contains(&language) {
            unique.push(language);
        }
    }
    if unique.is_empty() && faults.is_empty() {
        faults.push(survey.fault(0, 0, "there is no column with labels in a language that is written here").hint(
            "name it `label::English (en)`; the languages are ja, ja-easy, en, zh-Hans, zh-Hant, ko, vi, ne and tl",
        ));
    }
    unique
}
