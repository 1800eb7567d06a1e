//! Where a value comes from: the built-in file, a file, the environment; the later one wins, key by key. What
//! a key means is not known here.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{ConfigError, Place, Problem, Source};
use super::{KEYS, Key, VARIABLE_PREFIX};

/// Collects values from all places, hands them out by key, and remembers every mistake.
pub(super) struct Reader {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
}

/// A value as it was given.
struct Given {
    raw: Raw,
    place: Place,
    /// The value is the name of a file that holds the secret.
    names_a_file: bool,
    /// From which layer: only a clash within one layer is a mistake.
    layer: usize,
}

/// A value before it is understood.
enum Raw {
    /// Text: quoted in a file, or any environment variable.
    Text(String),
    /// A number or a truth value in a file, as written there.
    Bare(String),
    /// Something that no key takes: a list, a table, a date.
    Other(&'static str),
}

impl Raw {
    /// How it is shown in a message.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => format!("\"{}\"", text.escape_debug()),
            Self::Bare(text) => text.clone(),
            Self::Other(what) => (*what).to_owned(),
        }
    }
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self { given: BTreeMap::new(), problems: Vec::new() }
    }

    /// Adds a file's text over what is there.
    pub(super) fn add_text(&mut self, name: &str, text: &str) {
        let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
        let (table, errors) = DeTable::parse_recoverable(text);
        let broken = !errors.is_empty();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            self.problems.push(Problem {
                title: format!("this is not TOML: {}", error.message().trim()),
                place: Place::File { source: Arc::clone(&source), span },
                help: None,
                hide: false,
            });
        }
        // What could be read of a broken file is not to be judged: the next mistake may be the first one's echo.
        if !broken {
            let layer = self.next_layer();
            self.add_table("", table.get_ref(), &source, layer);
        }
    }

    /// Adds a file over what is there.
    pub(super) fn add_file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => self.add_text(&name, text.strip_prefix('\u{feff}').unwrap_or(&text)),
            Err(error) => self.problems.push(Problem {
                title: format!("the configuration file cannot be read: {error}"),
                place: Place::Path(name),
                help: Some("check the path given with --config, and who may read the file".to_owned()),
                hide: false,
            }),
        }
    }

    /// Adds the variables that are ours over what is there.
    pub(super) fn add_variables(&mut self, env: impl Iterator<Item = (String, String)>) {
        let layer = self.next_layer();
        // Sorted, so that mistakes come in the same order each time.
        let ours: BTreeMap<String, String> = env.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect();
        for (name, value) in ours {
            let path = name[VARIABLE_PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
            let upper = name == name.to_ascii_uppercase();
            match known(&path).filter(|_| upper) {
                Some((key, names_a_file)) => {
                    self.add(key, Given { raw: Raw::Text(value), place: Place::Variable(name), names_a_file, layer });
                }
                None => {
                    let help = nearest(&path).map(|path| format!("did you mean {}?", variable(path)));
                    self.problems.push(Problem {
                        title: format!("there is no configuration key for {name}"),
                        place: Place::Variable(name),
                        help,
                        hide: false,
                    });
                }
            }
        }
    }

    /// Larger than the layer of anything given so far.
    fn next_layer(&self) -> usize {
        self.given.values().map(|given| given.layer + 1).max().unwrap_or(0)
    }

    fn add_table(&mut self, prefix: &str, table: &DeTable<'_>, source: &Arc<Source>, layer: usize) {
        for (name, value) in table {
            let path =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let is_section =
                KEYS.iter().any(|key| key.path.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.')));
            match (value.get_ref(), known(&path)) {
                (DeValue::Table(inner), None) if is_section => self.add_table(&path, inner, source, layer),
                (_, Some((key, names_a_file))) => {
                    let place = Place::File { source: Arc::clone(source), span: value.span() };
                    self.add(key, Given { raw: raw(value), place, names_a_file, layer });
                }
                (DeValue::Table(_), None) => {
                    self.unknown(&format!("there is no section `{path}`"), &path, name.span(), source);
                }
                (_, None) if is_section => self.unknown(
                    &format!("`{path}` is a section, not a key: write [{path}] and its keys below it"),
                    "",
                    name.span(),
                    source,
                ),
                (_, None) => self.unknown(&format!("there is no key `{path}`"), &path, name.span(), source),
            }
        }
    }

    fn unknown(&mut self, title: &str, path: &str, span: Range<usize>, source: &Arc<Source>) {
        self.problems.push(Problem {
            title: title.to_owned(),
            place: Place::File { source: Arc::clone(source), span },
            help: nearest(path).map(|path| format!("did you mean `{path}`?")),
            hide: false,
        });
    }

    fn add(&mut self, key: &'static Key, given: Given) {
        if let Some(earlier) = self.given.get(key.path)
            && earlier.layer == given.layer
        {
            let (value, file) = match &given.place {
                Place::Variable(_) => (variable(key.path), variable(&format!("{}_file", key.path))),
                _ => (format!("`{}`", key.path), format!("`{}_file`", key.path)),
            };
            self.problems.push(Problem {
                title: format!("{value} and {file} are both set"),
                place: given.place,
                help: Some("keep one of them".to_owned()),
                hide: true,
            });
            return;
        }
        self.given.insert(key.path, given);
    }

    pub(super) fn is_given(&self, path: &str) -> bool {
        self.given.contains_key(path)
    }

    pub(super) fn has_no_problems(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn into_error(self) -> ConfigError {
        ConfigError { problems: self.problems }
    }

    /// A mistake that is seen at this key.
    pub(super) fn problem(&mut self, path: &'static str, title: String, help: String) {
        let place = self.given.get(path).map_or(Place::Nowhere, |given| given.place.clone());
        self.problems.push(Problem { title, place, help: Some(help), hide: is_secret(path) });
    }

    /// A key that is needed is not there.
    pub(super) fn missing(&mut self, path: &'static str, why: &str) {
        let name = path.rsplit('.').next().unwrap_or(path);
        let section = path.strip_suffix(name).unwrap_or_default().trim_end_matches('.');
        let mut help = format!("set {name} in section [{section}] of the configuration file, or {}", variable(path));
        if is_secret(path) {
            help = format!("set {}, or {}_FILE to the name of a file that holds it", variable(path), variable(path));
        }
        self.problem(path, format!("`{path}` is missing: {why}"), help);
    }

    /// Passes on what is there; if it is not, and nothing has been said about it yet, says so.
    pub(super) fn required<T>(&mut self, path: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.is_given(path) {
            self.missing(path, "it is needed");
        }
        value
    }

    /// A text, if the key is given, as `check` understands it; `check` says what would be right.
    pub(super) fn optional<T>(
        &mut self,
        path: &'static str,
        check: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let given = self.given.get(path)?;
        let expected = match &given.raw {
            Raw::Text(text) => match check(text.trim()) {
                Ok(value) => return Some(value),
                Err(expected) => expected.to_owned(),
            },
            Raw::Bare(_) | Raw::Other(_) => "a text in quotation marks".to_owned(),
        };
        self.wrong(path, &expected);
        None
    }

    /// A text that must be there.
    pub(super) fn checked<T>(
        &mut self,
        path: &'static str,
        check: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let value = self.optional(path, check);
        self.required(path, value)
    }

    /// A text that must be there and not be empty.
    pub(super) fn text(&mut self, path: &'static str, expected: &'static str) -> Option<String> {
        self.checked(path, |text| if text.is_empty() { Err(expected) } else { Ok(text.to_owned()) })
    }

    /// A text that must be there and that a type of its own reads.
    pub(super) fn parsed<T: FromStr>(&mut self, path: &'static str, expected: &'static str) -> Option<T> {
        self.checked(path, |text| text.parse().map_err(|_| expected))
    }

    /// One of several words, which must be there.
    pub(super) fn choice<T: Copy>(&mut self, path: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let given = self.given.get(path);
        let chosen = given.and_then(|given| match &given.raw {
            Raw::Text(text) => choices.iter().find(|(word, _)| *word == text.trim()).map(|(_, value)| *value),
            Raw::Bare(_) | Raw::Other(_) => None,
        });
        if chosen.is_none() && given.is_some() {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.wrong(path, &words.join(" or "));
        }
        self.required(path, chosen)
    }

    /// A whole number within bounds, which must be there.
    pub(super) fn integer(&mut self, path: &'static str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let from_file = self.given.get(path).is_some_and(|given| matches!(given.place, Place::File { .. }));
        let number = self.given.get(path).and_then(|given| match &given.raw {
            Raw::Text(text) if !from_file => text.trim().parse().ok(),
            Raw::Bare(text) => text.replace('_', "").parse().ok(),
            _ => None,
        });
        let fits = number.filter(|number| bounds.contains(number));
        if fits.is_none() && self.is_given(path) {
            self.wrong(path, &format!("a whole number from {} to {}", bounds.start(), bounds.end()));
        }
        self.required(path, fits)
    }

    /// Yes or no, which must be there.
    pub(super) fn flag(&mut self, path: &'static str) -> Option<bool> {
        let from_file = self.given.get(path).is_some_and(|given| matches!(given.place, Place::File { .. }));
        let flag = self.given.get(path).and_then(|given| match &given.raw {
            Raw::Text(text) if !from_file => text.trim().parse().ok(),
            Raw::Bare(text) => text.parse().ok(),
            _ => None,
        });
        if flag.is_none() && self.is_given(path) {
            self.wrong(path, if from_file { "true or false, without quotation marks" } else { "true or false" });
        }
        self.required(path, flag)
    }

    /// A number of seconds within bounds, which must be there.
    pub(super) fn seconds(&mut self, path: &'static str, bounds: RangeInclusive<u64>) -> Option<Duration> {
        self.integer(path, bounds).map(Duration::from_secs)
    }

    /// A secret, if given, by itself or in a file; `check` says what would be right.
    pub(super) fn secret(
        &mut self,
        path: &'static str,
        check: impl FnOnce(&str) -> Result<(), &'static str>,
    ) -> Option<SecretString> {
        let given = self.given.get(path)?;
        let Raw::Text(text) = &given.raw else {
            self.wrong(path, "a text in quotation marks");
            return None;
        };
        let content = if given.names_a_file {
            match std::fs::read_to_string(text) {
                // Editors and `echo` end a file with a line end that is no part of the secret.
                Ok(content) => content.trim_end_matches(['\r', '\n']).to_owned(),
                Err(error) => {
                    let title = format!("the file for `{path}`, {text}, cannot be read: {error}");
                    let help = "check the path, and who may read the file".to_owned();
                    self.problems.push(Problem { title, place: given.place.clone(), help: Some(help), hide: false });
                    return None;
                }
            }
        } else {
            text.clone()
        };
        match check(&content) {
            Ok(()) => Some(content.into()),
            Err(expected) => {
                self.wrong(path, expected);
                None
            }
        }
    }

    /// The value of this key is not what it should be.
    fn wrong(&mut self, path: &'static str, expected: &str) {
        let Some(given) = self.given.get(path) else { return };
        // An address with a password in it is no declared secret, and yet not to be shown.
        let hide = is_secret(path) || matches!(&given.raw, Raw::Text(text) if text.contains('@'));
        let title = match (given.names_a_file, hide) {
            (true, _) => format!("the file for `{path}` does not hold what it should"),
            (false, true) => format!("`{path}` has a wrong value"),
            (false, false) => format!("`{path}` cannot be {}", given.raw.shown()),
        };
        let place = given.place.clone();
        self.problems.push(Problem { title, place, help: Some(format!("expected {expected}")), hide });
    }
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => Raw::Bare(number.to_string()),
        DeValue::Float(number) => Raw::Bare(number.to_string()),
        DeValue::Boolean(truth) => Raw::Bare(truth.to_string()),
        DeValue::Datetime(_) => Raw::Other("a date or time"),
        DeValue::Array(_) => Raw::Other("a list"),
        DeValue::Table(_) => Raw::Other("a section"),
    }
}

fn is_secret(path: &str) -> bool {
    KEYS.iter().any(|key| key.path == path && key.secret)
}

/// The key with this path, and whether the path is that of the file that holds it.
fn known(path: &str) -> Option<(&'static Key, bool)> {
    let find = |path: &str| KEYS.iter().find(|key| key.path == path);
    let in_file = || find(path.strip_suffix("_file")?).filter(|key| key.secret).map(|key| (key, true));
    find(path).map(|key| (key, false)).or_else(in_file)
}

/// The key that was probably meant.
fn nearest(path: &str) -> Option<&'static str> {
    // Only secrets have a file of their own; for any other key the key itself was meant.
    let path = path.strip_suffix("_file").unwrap_or(path);
    let leaf = path.rsplit('.').next().unwrap_or(path);
    KEYS.iter()
        .map(|key| {
            // The right name in the wrong section is as near as one slip of the finger.
            let same_leaf = key.path.rsplit('.').next() == Some(leaf);
            let distance = strsim::damerau_levenshtein(path, key.path);
            (if same_leaf { distance.min(1) } else { distance }, key.path)
        })
        .min()
        .filter(|&(distance, _)| !path.is_empty() && distance <= 1 + path.len() / 5)
        .map(|(_, path)| path)
}

/// The environment variable of a key.
fn variable(path: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}
