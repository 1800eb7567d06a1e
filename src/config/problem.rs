//! How a mistake in the configuration is shown: what is wrong, where, and what would be right. Never a secret.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::KEYS;

/// Everything that is wrong with the configuration. `Display` is meant for people and has several lines.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
}

/// One mistake.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// What is wrong, naming the key and, unless secret, the value.
    pub(super) title: String,
    /// Where it stands.
    pub(super) place: Place,
    /// What would be right.
    pub(super) help: Option<String>,
    /// The value is not to be shown.
    pub(super) hide: bool,
}

/// Where a value stands.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file, at these bytes.
    File {
        /// The file.
        source: Arc<Source>,
        /// The bytes.
        span: Range<usize>,
    },
    /// In this environment variable, or in the file that it names.
    Variable(String),
    /// In a file as a whole, which could not be read.
    Path(String),
    /// It is missing.
    Nowhere,
}

/// A file that was read.
#[derive(PartialEq, Eq)]
pub(super) struct Source {
    /// Its name, as given.
    pub(super) name: String,
    /// Its content.
    pub(super) text: String,
}

impl ConfigError {
    /// How many mistakes there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an error without a mistake does not exist")]
    pub fn len(&self) -> usize {
        self.problems.len()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f, "\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File { source, span } => {
                let text = masked(&source.text, self.hide.then_some(span));
                let span = on_boundaries(&text, span);
                let mut group = Level::ERROR.primary_title(self.title.as_str()).element(
                    Snippet::source(text.as_str())
                        .path(source.name.as_str())
                        .annotation(AnnotationKind::Primary.span(span)),
                );
                if let Some(help) = &self.help {
                    group = group.element(Level::HELP.message(help.as_str()));
                }
                f.write_str(Renderer::plain().render(&[group]).trim_end())
            }
            Place::Variable(name) => self.fmt_plain(f, &format!("the environment variable {name}")),
            Place::Path(path) => self.fmt_plain(f, path),
            Place::Nowhere => self.fmt_plain(f, ""),
        }
    }
}

impl Problem {
    /// As the renderer of snippets would, for what has no snippet.
    fn fmt_plain(&self, f: &mut fmt::Formatter<'_>, place: &str) -> fmt::Result {
        write!(f, "error: {}", self.title)?;
        if !place.is_empty() {
            write!(f, "\n --> {place}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

/// The text with every secret's value, and the bytes of `hidden`, starred out. Bytes keep their places.
///
/// It works line by line rather than on parsed values, since it must also hold for a file that does not parse.
fn masked(text: &str, hidden: Option<&Range<usize>>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut star = |range: Range<usize>| {
        if let Some(bytes) = bytes.get_mut(range) {
            bytes.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b'*');
        }
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(value) = secret_value_at(line) {
            star(start + value..start + line.len());
        }
        start += line.len();
    }
    if let Some(hidden) = hidden {
        star(hidden.clone());
    }
    // Stars replace whole lines' ends or whole values, so no character was cut; if one was, lose it.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where on this line the value of a secret begins, if one does.
fn secret_value_at(line: &str) -> Option<usize> {
    let names = KEYS.iter().filter(|key| key.secret).filter_map(|key| key.path.rsplit('.').next());
    names
        .flat_map(|name| line.match_indices(name).map(move |(at, _)| (at, at + name.len())))
        .filter(|&(start, end)| {
            let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            !line[..start].ends_with(part_of_a_word) && !line[end..].starts_with(part_of_a_word)
        })
        .filter_map(|(_, end)| Some(end + line[end..].find('=')? + 1))
        .min()
}

/// The nearest range that does not cut a character and lies within the text.
fn on_boundaries(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    start..end
}
