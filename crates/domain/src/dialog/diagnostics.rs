//! What is wrong with the files of a dialog: where, what, and what would be right. For people as text with the
//! line shown, for programs as fields.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::definition::SourceFile;

/// One fault in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, by its name inside the dialog's folder.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be said.
    pub hint: Option<String>,
    /// What to show of the file, if there is something to show.
    #[serde(skip)]
    excerpt: Option<Box<Excerpt>>,
}

/// The line or lines of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// The place inside the text, in bytes.
    span: Range<usize>,
}

impl Diagnostic {
    /// A fault at a place of a file. A span beyond the end, or inside a character, is moved to a sensible place.
    #[must_use]
    pub fn new(file: &SourceFile, span: Range<usize>, message: impl Into<String>) -> Self {
        let text = file.text.as_str();
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        Self {
            file: file.name.clone(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            message: message.into(),
            hint: None,
            excerpt: (line_start < line_end).then(|| {
                let text = text[line_start..line_end].to_owned();
                Box::new(Excerpt { text, span: start - line_start..end - line_start })
            }),
        }
    }

    /// A fault of a file as a whole, or of one that is missing.
    #[must_use]
    pub fn of_file(name: &str, message: impl Into<String>) -> Self {
        Self { file: name.to_owned(), line: 1, column: 1, message: message.into(), hint: None, excerpt: None }
    }

    /// The same fault, with the file named by its place among other folders: `../daily/texts.ja.toml` in
    /// `dialogs/short` is `dialogs/daily/texts.ja.toml`.
    #[must_use]
    pub fn in_folder(&self, folder: &str) -> Self {
        let folder = folder.trim_end_matches('/');
        // A folder that cannot be read is named already.
        if Path::new(&self.file).starts_with(folder) {
            return self.clone();
        }
        let (mut folder, mut file) = (Path::new(folder), self.file.as_str());
        while let (Some(rest), Some(_), Some(above)) = (file.strip_prefix("../"), folder.file_name(), folder.parent()) {
            (folder, file) = (above, rest);
        }
        Self { file: folder.join(file).display().to_string(), ..self.clone() }
    }

    /// Says what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl fmt::Display for Diagnostic {
    /// With the line shown, as compilers do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut group = Group::with_title(Level::ERROR.primary_title(self.message.as_str()));
        group = match &self.excerpt {
            None => group.element(Origin::path(self.file.as_str()).line(self.line)),
            Some(excerpt) => group.element(
                Snippet::source(excerpt.text.as_str())
                    .path(self.file.as_str())
                    .line_start(self.line)
                    .annotation(AnnotationKind::Primary.span(excerpt.span.clone())),
            ),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// All faults that were found: never empty as an error. Displayed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a fault.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many faults there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The faults, in the order of files and places.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Puts them into the order of files and places.
    pub(super) fn sort(&mut self) {
        self.0.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl SourceFile {
    /// Takes a file as it lies on the disk. Byte 0 to the end must be UTF-8 without a byte order mark.
    ///
    /// # Errors
    /// The place of the first byte that is not UTF-8, with a guess at what the file is instead.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let hint = "save the file as UTF-8 without a byte order mark";
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Diagnostic::of_file(name, "the file is UTF-16, not UTF-8").hint(hint));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => match text.chars().next() {
                Some('\u{feff}') => Err(Diagnostic::of_file(name, "the file begins with a byte order mark").hint(hint)),
                _ => Ok(Self { name: name.to_owned(), text: text.to_owned() }),
            },
            Err(error) => {
                // What comes before the fault is UTF-8, so it can be shown and counted in.
                let readable = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
                let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
                let at = readable.len();
                let shown = Self { name: name.to_owned(), text: readable + "\u{fffd}" };
                let shift_jis = matches!(byte, 0x81..=0x9f | 0xe0..=0xfc) || matches!(byte, 0xa1..=0xdf);
                let what = if shift_jis { "; it looks like Shift JIS (CP932)" } else { "" };
                let message = format!("byte 0x{byte:02x} is not UTF-8{what}");
                Err(Diagnostic::new(&shown, at..at + 3, message).hint(hint))
            }
        }
    }
}

/// The candidate that `word` may be a slip of: at most a third of its letters away.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour (optimal string
/// alignment) to make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_line_its_place_and_what_would_be_right() {
        let file = SourceFile { name: "texts.ja.toml".into(), text: "[温度]\nask = \"体温を{valeu}\"\n".into() };
        let at = file.text.find("{valeu}").expect("it is there");
        let fault = Diagnostic::new(&file, at..at + 7, "unknown placeholder `{valeu}`").hint("did you mean `{value}`?");
        assert_eq!((fault.line, fault.column), (2, 11));
        let shown = fault.to_string();
        for part in ["error: unknown placeholder `{valeu}`", "texts.ja.toml:2:11", "^^^^^^^", "help: did you mean"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn a_file_of_another_dialog_is_named_where_it_lies() {
        let named = |file: &str, folder: &str| Diagnostic::of_file(file, "x").in_folder(folder).file;
        for (file, folder, place) in [
            ("texts.ja.toml", "dialogs/short/", "dialogs/short/texts.ja.toml"),
            ("../daily/texts.ja.toml", "dialogs/short", "dialogs/daily/texts.ja.toml"),
            ("../daily/texts.ja.toml", "short", "daily/texts.ja.toml"),
            ("../daily/texts.ja.toml", "/short", "/daily/texts.ja.toml"),
            ("../daily/texts.ja.toml", ".", "./../daily/texts.ja.toml"),
            ("/srv/dialogs/short/chats", "/srv/dialogs/short", "/srv/dialogs/short/chats"),
        ] {
            assert_eq!(named(file, folder), place, "{file} in {folder}");
        }
    }

    #[test]
    fn a_file_that_is_not_utf8_is_named_with_the_place() {
        let cp932 = b"ask = 1\nx = \"\x91\xcc\x89\xb7\"";
        let fault = SourceFile::from_bytes("texts.ja.toml", cp932).expect_err("CP932");
        assert_eq!((fault.line, fault.column), (2, 6));
        assert!(fault.message.contains("0x91") && fault.message.contains("CP932"), "{}", fault.message);
        let marked = SourceFile::from_bytes("dialog.toml", b"\xef\xbb\xbfx = 1").expect_err("a mark");
        assert!(marked.message.contains("byte order mark"));
        let utf16 = SourceFile::from_bytes("dialog.toml", b"\xff\xfex\0").expect_err("UTF-16");
        assert!(utf16.message.contains("UTF-16"));
        assert!(SourceFile::from_bytes("dialog.toml", "体温".as_bytes()).is_ok());
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let words = ["temperature", "oxygen", "yes-no", "text"];
        assert_eq!(did_you_mean("temprature", words), Some("temperature"));
        assert_eq!(did_you_mean("oxgyen", words), Some("oxygen"));
        assert_eq!(did_you_mean("pulse", words), None);
    }

    #[test]
    fn any_span_is_shown_somewhere() {
        let file = SourceFile { name: "a".into(), text: "あ\nい".into() };
        for start in 0..10 {
            for end in 0..10 {
                let _ = Diagnostic::new(&file, start..end, "x").to_string();
            }
        }
    }
}
