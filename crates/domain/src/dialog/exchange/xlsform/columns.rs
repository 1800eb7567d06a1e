//! A sheet as a table: columns by their titles, cells by row and column, and where each stands.

use super::super::super::diagnostics::Diagnostic;
use super::super::language_of;
use super::Sheet;
use crate::language::Language;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column<'a> {
    /// Labels, with the language that the title names.
    Label(Option<&'a str>),
    Hint(Option<&'a str>),
    ConstraintMessage(Option<&'a str>),
    /// Any other column, by its title in small letters as XLSForm writes it.
    Plain(&'a str),
}

/// A sheet with its titles understood.
#[derive(Debug)]
pub(super) struct Table<'s> {
    file: String,
    sheet: &'s Sheet,
    /// By column: the title in small letters without its language, and the language as it is written.
    titles: Vec<(String, Option<String>)>,
}

impl<'s> Table<'s> {
    pub(super) fn new(file: &str, sheet: &'s Sheet) -> Self {
        let titles = sheet.rows.first().map(Vec::as_slice).unwrap_or_default();
        let titles = titles.iter().map(|title| {
            let (title, language) = match title.split_once("::").or_else(|| title.split_once(':')) {
                Some((title, language)) => (title, Some(language.trim().to_owned())),
                None => (title.as_str(), None),
            };
            let title = title.trim().to_ascii_lowercase().replace(' ', "_");
            let title = match title.as_str() {
                "relevance" => "relevant".to_owned(),
                "readonly" => "read_only".to_owned(),
                "list" => "list_name".to_owned(),
                "value" if sheet.name.eq_ignore_ascii_case("choices") => "name".to_owned(),
                _ => title,
            };
            (title, language)
        });
        Self { file: file.to_owned(), sheet, titles: titles.collect() }
    }

    pub(super) fn name(&self) -> &str {
        &self.sheet.name
    }

    /// A column's title, as it is written.
    pub(super) fn title(&self, column: usize) -> &str {
        self.sheet.rows.first().and_then(|row| row.get(column)).map_or("", String::as_str)
    }

    /// Every column that has a title.
    pub(super) fn columns(&self) -> impl Iterator<Item = (usize, Column<'_>)> {
        self.titles.iter().enumerate().filter(|(_, (title, _))| !title.is_empty()).map(|(index, (title, language))| {
            let language = language.as_deref();
            let column = match title.as_str() {
                "label" => Column::Label(language),
                "hint" => Column::Hint(language),
                "constraint_message" => Column::ConstraintMessage(language),
                other => Column::Plain(other),
            };
            (index, column)
        })
    }

    /// The place of a column.
    pub(super) fn column(&self, wanted: &Column<'_>) -> Option<usize> {
        self.columns().find(|(_, column)| column == wanted).map(|(index, _)| index)
    }

    /// How many rows there are, the titles included.
    pub(super) const fn len(&self) -> usize {
        self.sheet.rows.len()
    }

    /// A cell, trimmed; empty where there is none.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        self.sheet.rows.get(row).and_then(|row| row.get(column)).map_or("", |cell| cell.trim())
    }

    /// The cell of a column, by its title.
    pub(super) fn get(&self, row: usize, title: &'static str) -> &str {
        self.column(&Column::Plain(title)).map_or("", |column| self.cell(row, column))
    }

    /// The first row below the titles that has something in this column.
    pub(super) fn first(&self, column: &Column<'_>) -> Option<String> {
        let column = self.column(column)?;
        let cell = self.cell(1, column);
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    /// `survey, row 5, relevant`.
    pub(super) fn place(&self, row: usize, column: Option<usize>) -> String {
        let row = format!("{}, row {}", self.sheet.name, row + 1);
        match column {
            Some(column) => format!("{row}, {}", self.title(column)),
            None => row,
        }
    }

    /// A fault at a cell: the line is the row, as the spreadsheet counts, and the column that of the sheet.
    pub(super) fn fault(&self, row: usize, column: usize, message: impl Into<String>) -> Diagnostic {
        let file = format!("{}, sheet {}", self.file, self.sheet.name);
        let mut fault = Diagnostic::of_file(&file, message);
        (fault.line, fault.column) = (row + 1, column + 1);
        fault
    }

    /// A fault at the cell of a column, by its title; at the row if there is no such column.
    pub(super) fn fault_at(&self, row: usize, title: &'static str, message: impl Into<String>) -> Diagnostic {
        self.fault(row, self.column(&Column::Plain(title)).unwrap_or(0), message)
    }
}

/// The language that a title names: by the tag in brackets, or by the language's name.
pub(super) fn language(name: &str) -> Option<Language> {
    let tag = name.rsplit_once('(').and_then(|(_, tag)| tag.split_once(')')).map(|(tag, _)| tag);
    let names = || {
        Some(match name.trim().to_lowercase().as_str() {
            "english" => Language::En,
            "japanese" | "日本語" => Language::Ja,
            "easy japanese" | "やさしい日本語" => Language::JaEasy,
            "simplified chinese" | "chinese" | "简体中文" | "中文" => Language::ZhHans,
            "traditional chinese" | "繁體中文" => Language::ZhHant,
            "korean" | "한국어" => Language::Ko,
            "vietnamese" | "tiếng việt" => Language::Vi,
            "nepali" | "नेपाली" => Language::Ne,
            "tagalog" | "filipino" => Language::Tl,
            _ => return None,
        })
    };
    tag.and_then(language_of).or_else(|| language_of(name)).or_else(names)
}
