//! TOML with places: a table of which every key must be taken or is reported, with the place of each fault.
//! All faults of a file are found in one go. Knows nothing of dialogs.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::definition::SourceFile;
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};

/// A value and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A parsed value; numbers keep to what dialogs need.
#[derive(Debug)]
enum Item {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Placed<Item>>),
    Table(BTreeMap<String, Entry>),
    /// A date, a float: nothing that a dialog uses.
    Other(&'static str),
}

impl Item {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text in quotation marks",
            Self::Number(_) => "a whole number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

#[derive(Debug)]
struct Entry {
    key: Range<usize>,
    item: Placed<Item>,
}

/// A table whose entries are taken one by one. [`Section::finish`] reports what nobody took.
#[derive(Debug)]
pub(super) struct Section<'f> {
    file: &'f SourceFile,
    entries: BTreeMap<String, Entry>,
    /// Where the table stands: its header or its braces.
    pub(super) span: Range<usize>,
    /// The keys that were asked for, for the hint to a misspelled one.
    known: Vec<&'static str>,
}

/// Parses a file; faults of its syntax are added to `faults`, and what could be read is returned all the same.
pub(super) fn parse<'f>(file: &'f SourceFile, faults: &mut Diagnostics) -> Section<'f> {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors {
        let span = error.span().unwrap_or(file.text.len()..file.text.len());
        faults.push(Diagnostic::new(file, span, error.message()));
    }
    Section::new(file, convert_table(table.get_ref()), 0..0)
}

fn convert_table(table: &DeTable<'_>) -> BTreeMap<String, Entry> {
    table
        .iter()
        .map(|(key, value)| {
            let item = Placed { value: convert(value.get_ref()), span: value.span() };
            (key.get_ref().to_string(), Entry { key: key.span(), item })
        })
        .collect()
}

fn convert(value: &DeValue<'_>) -> Item {
    match value {
        DeValue::String(text) => Item::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Item::Other("a number that is too large"), Item::Number),
        DeValue::Boolean(flag) => Item::Flag(*flag),
        DeValue::Array(items) => {
            Item::List(items.iter().map(|item| Placed { value: convert(item.get_ref()), span: item.span() }).collect())
        }
        DeValue::Table(table) => Item::Table(convert_table(table)),
        DeValue::Float(_) => Item::Other("a number with a point"),
        DeValue::Datetime(_) => Item::Other("a date or time"),
    }
}

impl<'f> Section<'f> {
    const fn new(file: &'f SourceFile, entries: BTreeMap<String, Entry>, span: Range<usize>) -> Self {
        Self { file, entries, span, known: Vec::new() }
    }

    /// A table without entries, for one that is not there.
    pub(super) const fn empty(file: &'f SourceFile) -> Self {
        Self::new(file, BTreeMap::new(), 0..0)
    }

    /// Whether it has an entry of this key that nobody took yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Counts a key as asked for, though it was taken from elsewhere.
    pub(super) fn know(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// The file that it stands in.
    pub(super) const fn file(&self) -> &'f SourceFile {
        self.file
    }

    fn take(&mut self, key: &'static str) -> Option<Placed<Item>> {
        self.known.push(key);
        self.entries.remove(key).map(|entry| entry.item)
    }

    fn wrong<T>(&self, item: &Placed<Item>, key: &str, wanted: &str, faults: &mut Diagnostics) -> Option<T> {
        let message = format!("`{key}` must be {wanted}, not {}", item.value.kind());
        faults.push(Diagnostic::new(self.file, item.span.clone(), message));
        None
    }

    /// Takes a text.
    pub(super) fn text(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Placed<String>> {
        let item = self.take(key)?;
        match item.value {
            Item::Text(value) => Some(Placed { value, span: item.span }),
            _ => self.wrong(&item, key, "text in quotation marks", faults),
        }
    }

    /// Takes a text that must be there.
    pub(super) fn needed_text(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Placed<String>> {
        if !self.entries.contains_key(key) {
            self.known.push(key);
            self.missing(key, faults);
            return None;
        }
        self.text(key, faults)
    }

    /// Takes a whole number.
    pub(super) fn number(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Placed<i64>> {
        let item = self.take(key)?;
        match item.value {
            Item::Number(value) => Some(Placed { value, span: item.span }),
            _ => self.wrong(&item, key, "a whole number", faults),
        }
    }

    /// Takes true or false.
    pub(super) fn flag(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Placed<bool>> {
        let item = self.take(key)?;
        match item.value {
            Item::Flag(value) => Some(Placed { value, span: item.span }),
            _ => self.wrong(&item, key, "true or false", faults),
        }
    }

    /// Takes a list of texts.
    pub(super) fn texts(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Vec<Placed<String>>> {
        let item = self.take(key)?;
        let Item::List(items) = item.value else {
            return self.wrong(&item, key, "a list of texts", faults);
        };
        let mut texts = Vec::new();
        for item in items {
            match item.value {
                Item::Text(value) => texts.push(Placed { value, span: item.span }),
                _ => {
                    self.wrong::<()>(&item, key, "a list of texts", faults);
                }
            }
        }
        Some(texts)
    }

    /// Takes a list of tables, with the place of the whole; written as `[[key]]` or in braces.
    pub(super) fn tables(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Placed<Vec<Section<'f>>>> {
        let item = self.take(key)?;
        let span = item.span.clone();
        let Item::List(items) = item.value else {
            return self.wrong(&item, key, "a list of tables", faults);
        };
        let mut tables = Vec::new();
        for item in items {
            match item.value {
                Item::Table(entries) => tables.push(Section::new(self.file, entries, item.span)),
                _ => {
                    self.wrong::<()>(&item, key, "a list of tables", faults);
                }
            }
        }
        Some(Placed { value: tables, span })
    }

    /// Takes a table whose key is only known at run time, such as a question's.
    pub(super) fn table(&mut self, key: &str, faults: &mut Diagnostics) -> Option<Section<'f>> {
        let entry = self.entries.remove(key)?;
        match entry.item.value {
            Item::Table(entries) => Some(Section::new(self.file, entries, entry.key)),
            _ => self.wrong(&entry.item, key, "a table", faults),
        }
    }

    /// Reports that a key is missing.
    pub(super) fn missing(&self, key: &str, faults: &mut Diagnostics) {
        faults.push(Diagnostic::new(self.file, self.span.clone(), format!("`{key}` is missing here")));
    }

    /// Reports every entry that nobody took. `more` are keys that would have been right beside those asked for.
    pub(super) fn finish<'k>(self, more: impl IntoIterator<Item = &'k str>, faults: &mut Diagnostics) {
        if self.entries.is_empty() {
            return;
        }
        let mut known: Vec<&str> = self.known.clone();
        known.extend(more);
        known.sort_unstable();
        known.dedup();
        for (key, entry) in &self.entries {
            let fault = Diagnostic::new(self.file, entry.key.clone(), format!("unknown key `{key}`"));
            faults.push(match did_you_mean(key, known.iter().copied()) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None if known.is_empty() => fault,
                None => fault.hint(format!("possible here: {}", known.join(", "))),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_file_is_found_in_one_go() {
        let file = SourceFile {
            name: "dialog.toml".into(),
            text: "languages = \"ja\"\nrequird = 1\nx = \nflag = 3\n[[question]]\nkey = 7\n".into(),
        };
        let mut faults = Diagnostics::default();
        let mut section = parse(&file, &mut faults);
        assert_eq!(section.texts("languages", &mut faults), None);
        assert_eq!(section.flag("required", &mut faults), None);
        assert_eq!(section.flag("flag", &mut faults), None);
        let mut questions = section.tables("question", &mut faults).expect("a list").value;
        assert_eq!(questions[0].text("key", &mut faults), None);
        assert_eq!(questions[0].needed_text("kind", &mut faults), None);
        section.finish([], &mut faults);
        let found: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
        for line in [1, 2, 3, 4, 6] {
            assert!(found.iter().any(|(at, _)| *at == line), "nothing about line {line}: {found:?}");
        }
        assert!(faults.iter().any(|fault| fault.hint.as_deref() == Some("did you mean `required`?")));
    }
}
