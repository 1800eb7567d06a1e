//! A dialog that is being made from somebody else's form, and the files that it becomes. What the form was is not
//! known here.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use super::super::definition::SourceFile;
use super::super::load::DIALOG_FILE;
use super::super::render::{CENTER_SEPTETS, CENTER_UNITS, DEADLINE_UNITS, LABEL_UNITS};
use super::super::template::Placeholder;
use super::super::wording::{is_latin, plain};
use super::stock::{self, Stock};
use super::{Loss, Wishes};
use crate::language::Language;
use crate::reply;
use crate::sms;

/// A text in the languages that have it.
pub(super) type InLanguages = BTreeMap<Language, String>;

/// A dialog as far as a form told it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The first one is the dialog's first.
    pub(super) languages: Vec<Language>,
    /// What is said before the first question.
    pub(super) introduction: InLanguages,
    /// In the order of asking.
    pub(super) questions: Vec<DraftQuestion>,
}

/// A question.
#[derive(Debug)]
pub(super) struct DraftQuestion {
    pub(super) key: String,
    pub(super) kind: DraftKind,
    pub(super) required: bool,
    /// The key of an earlier question, and the answer that it must have, as a condition names it.
    pub(super) condition: Option<(String, String)>,
    /// The question itself, with its options if it has some.
    pub(super) ask: InLanguages,
    /// The question as it is asked again, if the form has words for that.
    pub(super) again: InLanguages,
}

/// What a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DraftKind {
    Temperature,
    Oxygen,
    /// With the concept that it is about.
    YesNo(Option<String>),
    Choice(Vec<DraftOption>),
    Options(Vec<DraftOption>),
    Number(i32, i32),
    Text,
    Identifier(u8, u8),
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DraftOption {
    pub(super) number: u8,
    pub(super) key: String,
}

/// A text of somebody else, fit to be one of ours, and what was changed in it. With `ours` it is one already: then
/// its placeholders stay.
pub(super) fn text(raw: &str, language: Language, ours: bool) -> (String, Vec<String>) {
    let mut changes = Vec::new();
    let mut out = raw.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
    if ours {
        // What we wrote ourselves is as it must be, a space at its end included.
        return (raw.to_owned(), changes);
    }
    let known = |word: &str| Placeholder::ALL.iter().any(|placeholder| placeholder.word() == word);
    if out.contains(['{', '}']) {
        // {center} and {deadline} may well be meant; whatever else stands in braces is another program's.
        let asks = |word: &str| known(word) && matches!(word, "center" | "deadline");
        let mut rest = out.as_str();
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            kept.push_str(&before.replace('}', ")"));
            match after.split_once('}') {
                Some((word, after)) if asks(word) => {
                    let _ = write!(kept, "{{{word}}}");
                    rest = after;
                }
                _ => {
                    kept.push('(');
                    rest = after;
                }
            }
        }
        kept.push_str(&rest.replace('}', ")"));
        if kept != out {
            changes.push("braces stand for values to be filled in, and became brackets".to_owned());
            out = kept;
        }
    }
    if is_latin(language) {
        let changed: Vec<char> = out.chars().filter(|letter| plain(*letter).is_some()).collect();
        if !changed.is_empty() {
            out = out.chars().map(|letter| plain(letter).map_or_else(|| letter.to_string(), str::to_owned)).collect();
            let mut shown: Vec<String> = changed.iter().map(|letter| format!("`{letter}`")).collect();
            shown.dedup();
            changes.push(format!("{} became plain: a text in plain letters holds 160 units, not 70", shown.join(", ")));
        }
    }
    (out, changes)
}

impl Draft {
    /// Of several conditions that must all hold, the one from which the others follow; `Err` says that there is none.
    pub(super) fn one_of(&self, all: &[(String, String)]) -> Result<Option<(String, String)>, String> {
        let depends = |key: &str| {
            self.questions.iter().find(|question| question.key == key).and_then(|question| question.condition.as_ref())
        };
        let implies = |one: &(String, String)| {
            all.iter().filter(|other| *other != one).all(|other| depends(&one.0) == Some(other))
        };
        match all.iter().find(|one| implies(one)) {
            None if all.is_empty() => Ok(None),
            Some(one) => Ok(Some(one.clone())),
            None => {
                let words: Vec<String> = all.iter().map(|(key, answer)| format!("{key} = {answer}")).collect();
                Err(format!("it depends on several answers ({}): it is asked always", words.join(", ")))
            }
        }
    }

    /// Sees to it that some question is required: a check-in without any answer must not count as complete.
    pub(super) fn require_something(&mut self, losses: &mut Vec<Loss>) {
        if !self.questions.is_empty() && self.questions.iter().all(|question| !question.required) {
            self.questions.iter_mut().for_each(|question| question.required = true);
            losses.push(Loss::new(
                "the form",
                "no question was required; all are now, since a report without any answer would count as complete: set \
                 required = false where an answer may be missing",
            ));
        }
    }

    /// What an imported dialog never does by itself, and somebody has to decide.
    pub(super) fn say_what_is_left(&self, losses: &mut Vec<Loss>) {
        let kinds = || self.questions.iter().map(|question| &question.kind);
        if kinds().any(|kind| matches!(kind, DraftKind::YesNo(_) | DraftKind::Choice(_) | DraftKind::Options(_))) {
            losses.push(Loss::new(
                "the form",
                "it does not say which answers are worrying: nothing here raises an alert until you write yes = \"red\" \
                 or \"orange\" at a question, or alert = at an option",
            ));
        }
        let has = |wanted: &DraftKind| kinds().any(|kind| kind == wanted);
        if !has(&DraftKind::Temperature) || !has(&DraftKind::Oxygen) {
            losses.push(Loss::new(
                "the form",
                "it does not ask for both a body temperature and an oxygen level: no report will be green, since what \
                 was not asked is no healthy answer",
            ));
        }
    }

    /// The files.
    pub(super) fn files(&self, wishes: &Wishes<'_>) -> Vec<SourceFile> {
        let definition = SourceFile { name: DIALOG_FILE.to_owned(), text: self.definition(wishes) };
        let texts = self.languages.iter().filter_map(|language| {
            let stock = stock::of(*language)?;
            let name = format!("texts.{language}.toml");
            Some(SourceFile { name, text: self.texts(*language, stock, wishes) })
        });
        std::iter::once(definition).chain(texts).collect()
    }

    fn definition(&self, wishes: &Wishes<'_>) -> String {
        let mut out = String::from(
            "# Imported. Before it is used: say which answers are worrying (yes = \"red\", alert = \"orange\"), read each \
             text aloud,\n# then run `mimamori dialog check` and `mimamori dialog chat`.\n\n",
        );
        let tags: Vec<String> = self.languages.iter().map(|language| quoted(language.tag())).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "languages = [{}]", tags.join(", "));
        if let Some(base) = wishes.texts_from {
            let _ = writeln!(out, "texts-from = {}", quoted(base));
        }
        if !self.introduction.is_empty() {
            out.push_str("opening = \"introduction\"\n");
        }
        for question in &self.questions {
            let _ = writeln!(
                out,
                "\n[[question]]\nkey = {}\nkind = {}",
                quoted(&question.key),
                quoted(question.kind.word())
            );
            match &question.kind {
                DraftKind::YesNo(Some(about)) => {
                    let _ = writeln!(out, "about = {}", quoted(about));
                }
                DraftKind::Choice(options) | DraftKind::Options(options) => write_options(options, &mut out),
                DraftKind::Number(min, max) => {
                    let _ = writeln!(out, "min = {min}\nmax = {max}");
                }
                DraftKind::Identifier(min, max) => {
                    let _ = writeln!(out, "min-digits = {min}\nmax-digits = {max}");
                }
                _ => {}
            }
            if !question.required {
                out.push_str("required = false\n");
            }
            if let Some((key, answer)) = &question.condition {
                let _ = writeln!(out, "only-if = {}", quoted(&format!("{key} = {answer}")));
            }
        }
        out
    }

    fn texts(&self, language: Language, stock: &Stock, wishes: &Wishes<'_>) -> String {
        let mut out = String::new();
        for question in &self.questions {
            let _ = writeln!(out, "[{}]", question.key);
            if let Some(ask) = question.ask.get(&language) {
                let own = question.again.get(&language).cloned();
                let again = [own, Some(format!("{}{ask}", stock.again))].into_iter().flatten();
                let again = again.into_iter().find(|again| fits(again, language));
                let again = again.unwrap_or_else(|| ask.clone());
                let _ = writeln!(out, "ask = {}\nask-again = {}", quoted(ask), quoted(&again));
            }
            let (confirm, echo) = question.kind.stock(stock);
            if let Some(confirm) = confirm {
                let _ = writeln!(out, "confirm = {}", quoted(confirm));
            }
            let echo: Vec<String> = echo.into_iter().map(|(key, text)| format!("{key} = {}", quoted(text))).collect();
            let _ = writeln!(out, "echo = {{ {} }}\n", echo.join(", "));
        }
        let notices = wishes.model.texts_by_name(language);
        let introduction = self.introduction.get(&language);
        let opening = notices.iter().find(|(name, _)| name == "notices.opening").map_or("", |(_, text)| text);
        let first = self.questions.first().and_then(|question| question.ask.get(&language));
        let is_short = first.is_some_and(|first| !fits(&longest(&format!("{opening}{first}"), language), language));
        if wishes.texts_from.is_some() && introduction.is_none() && !is_short {
            return out;
        }
        out.push_str("[notices]\n");
        if let Some(introduction) = introduction {
            let _ = writeln!(out, "introduction = {}", quoted(introduction));
        }
        if is_short {
            let _ = writeln!(out, "opening = {}", quoted(&stock.opening));
        }
        if wishes.texts_from.is_none() {
            for (name, text) in notices {
                // Those that only some dialogs say are not in a dialog that neither proves anything nor reports.
                let plain = ["introduction", "report", "too-early", "not-matching"];
                let notice = name.strip_prefix("notices.");
                let is_left_out = |notice: &str| {
                    plain.contains(&notice) || notice.starts_with("not-confirmed") || (is_short && notice == "opening")
                };
                let notice = notice.filter(|notice| !is_left_out(notice));
                if let Some(notice) = notice {
                    let _ = writeln!(out, "{notice} = {}", quoted(&text));
                }
            }
        }
        out
    }
}

fn write_options(options: &[DraftOption], out: &mut String) {
    out.push_str("options = [\n");
    let mut known = HashSet::new();
    for DraftOption { number, key } in options {
        // Without words of its own, or with those of another option, only the number can be meant.
        let has_words = reply::concept(key).is_some_and(|concept| known.insert(concept));
        let words = if has_words { "" } else { ", words = \"none\"" };
        let _ = writeln!(out, "  {{ number = {number}, key = {}{words} }},", quoted(key));
    }
    out.push_str("]\n");
}

impl DraftKind {
    const fn word(&self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Oxygen => "oxygen",
            Self::YesNo(_) => "yes-no",
            Self::Choice(_) => "choice",
            Self::Options(_) => "options",
            Self::Number(..) => "number",
            Self::Text => "text",
            Self::Identifier(..) => "identifier",
        }
    }

    /// How it is asked back, and echoed.
    fn stock<'s>(&self, stock: &'s Stock) -> (Option<&'s str>, Vec<(&'static str, &'s str)>) {
        let measured = |words: &'s stock::Measured| {
            let echo = vec![("value", words.value.as_str()), ("not-measured", words.not_measured.as_str())];
            (Some(words.confirm.as_str()), echo)
        };
        let chosen = |words: &'s stock::Chosen| (Some(words.confirm.as_str()), vec![("value", words.value.as_str())]);
        match self {
            Self::Temperature => measured(&stock.temperature),
            Self::Oxygen => measured(&stock.oxygen),
            Self::Number(..) => measured(&stock.number),
            Self::Choice(_) => chosen(&stock.choice),
            Self::Identifier(..) => chosen(&stock.identifier),
            Self::Options(_) => {
                let words = &stock.options;
                (Some(&words.confirm), vec![("value", &words.value), ("many", &words.many), ("none", &words.none)])
            }
            Self::YesNo(_) => {
                let words = &stock.answer;
                (None, vec![("yes", &words.yes), ("no", &words.no), ("unknown", &words.unknown)])
            }
            Self::Text => (None, vec![("text", &stock.note.text), ("none", &stock.note.none)]),
        }
    }
}

/// A text with the longest name of a center and the longest deadline.
fn longest(text: &str, language: Language) -> String {
    let center = if is_latin(language) { "C".repeat(CENTER_SEPTETS) } else { "所".repeat(CENTER_UNITS) };
    text.replace("{center}", &center).replace("{deadline}", &"0".repeat(DEADLINE_UNITS))
}

/// Whether a text keeps to its segments, with a label before it.
fn fits(text: &str, language: Language) -> bool {
    let text = format!("{} {text}", "A".repeat(LABEL_UNITS));
    sms::segments(&text).segments <= usize::from(language.segment_budget())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_made_fit() {
        let check = |raw: &str, language: Language, expected: &str, changes: usize| {
            let (text, found) = text(raw, language, false);
            assert_eq!((text.as_str(), found.len()), (expected, changes), "{raw}: {found:?}");
        };
        check("  How are you?\r\n", Language::En, "How are you?", 0);
        check("Can’t you eat — really?", Language::En, "Can't you eat - really?", 1);
        check("Can’t you eat", Language::Vi, "Can’t you eat", 0);
        check("Hello ${name}, by {deadline}", Language::En, "Hello $(name), by {deadline}", 1);
        check("a } b { c", Language::Ja, "a ) b ( c", 1);
        check("{{x}}", Language::Ja, "((x))", 1);
        assert_eq!(text("{value} ’ ", Language::En, true), ("{value} ’ ".to_owned(), vec![]));
    }

    #[test]
    fn any_text_can_stand_in_a_file() {
        for text in ["a\"b", "a'b", "a\\b", "a\nb", "'''\"\"\"", "\u{7f}\u{0}", "体温", ""] {
            let file = format!("x = {}\n", quoted(text));
            let table: toml::Table = toml::from_str(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(table["x"].as_str(), Some(text));
        }
    }
}
