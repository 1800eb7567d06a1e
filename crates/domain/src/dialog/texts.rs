//! Reading texts.LANGUAGE.toml: what the dialog says. Each text is compiled, and its place is kept for the checks
//! that come after. Whether a text is too long is [`super::check`]'s business.

use std::ops::Range;

use super::definition::{Question, QuestionKind, SourceFile};
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::document::{Placed, Section};
use super::render::{EchoTexts, LanguageTexts, Notice, QuestionTexts};
use super::template::{Placeholder, Reason, Template};
use crate::language::Language;

/// Where the texts of one language stand.
#[derive(Debug)]
pub(super) struct Places<'f> {
    pub(super) file: &'f SourceFile,
    /// By notice.
    pub(super) notices: Vec<Range<usize>>,
    /// By question.
    pub(super) questions: Vec<QuestionPlaces>,
    /// Every text.
    pub(super) all: Vec<PlacedText>,
}

/// A text and where it stands.
#[derive(Debug)]
pub(super) struct PlacedText {
    /// Such as `temperature.ask`.
    pub(super) name: String,
    /// What it says, escapes undone.
    pub(super) text: Placed<String>,
    /// What stands in it: to compare languages.
    pub(super) placeholders: Vec<Placeholder>,
}

/// Where the texts of one question stand.
#[derive(Debug, Default)]
pub(super) struct QuestionPlaces {
    pub(super) ask: Range<usize>,
    pub(super) ask_again: Range<usize>,
    pub(super) confirm: Range<usize>,
    pub(super) echo: Range<usize>,
}

/// The echoes that a kind of question has.
const fn echoes(kind: &QuestionKind) -> &'static [&'static str] {
    match kind {
        QuestionKind::Temperature | QuestionKind::OxygenSaturation | QuestionKind::Number { .. } => {
            &["value", "not-measured"]
        }
        QuestionKind::YesNo { .. } => &["yes", "no", "unknown"],
        QuestionKind::Choice(_) | QuestionKind::Identifier { .. } => &["value"],
        QuestionKind::Options(_) => &["value", "many", "none"],
        QuestionKind::Text => &["text", "none"],
    }
}

/// Whether a doubtful answer can be asked back. A yes or no cannot: "No? 1 yes 2 no" is read both ways.
const fn is_confirmed(kind: &QuestionKind) -> bool {
    !matches!(kind, QuestionKind::YesNo { .. } | QuestionKind::Text)
}

struct Reader<'f, 'd> {
    file: &'f SourceFile,
    faults: &'d mut Diagnostics,
    all: Vec<PlacedText>,
}

/// Reads one texts file.
pub(super) fn read<'f>(
    mut section: Section<'f>,
    language: Language,
    questions: &[Question],
    faults: &mut Diagnostics,
) -> (LanguageTexts, Places<'f>) {
    let file = section.file();
    let mut reader = Reader { file, faults, all: Vec::new() };
    let mut texts = LanguageTexts { language, gsm: false, notices: Vec::new(), questions: Vec::new() };
    let mut places = Places { file, notices: Vec::new(), questions: Vec::new(), all: Vec::new() };
    for question in questions {
        let table = section.table(&question.key, reader.faults);
        let (text, place) = match table {
            Some(table) => reader.question(table, question),
            None => {
                let message = format!("the texts of the question `{}` are missing", question.key);
                reader
                    .faults
                    .push(Diagnostic::of_file(&file.name, message).hint(format!("add a table [{}]", question.key)));
                Default::default()
            }
        };
        texts.questions.push(text);
        places.questions.push(place);
    }
    let notices = section.table("notices", reader.faults);
    if notices.is_none() {
        reader.faults.push(Diagnostic::of_file(&file.name, "the table [notices] is missing"));
    }
    if let Some(mut table) = notices {
        for notice in Notice::ALL {
            let placed = table.needed_text(notice.key(), reader.faults);
            let name = format!("notices.{}", notice.key());
            let template =
                placed.as_ref().map(|placed| reader.template(&name, placed, notice.placeholders(), notice.needs()));
            texts.notices.push(template.flatten().unwrap_or_default());
            places.notices.push(placed.map_or(0..0, |placed| placed.span));
        }
        table.finish([], reader.faults);
    }
    section.finish(questions.iter().map(|question| question.key.as_str()).chain(["notices"]), reader.faults);
    places.all = reader.all;
    let gsm = texts.templates().all(Template::is_gsm);
    texts.gsm = gsm;
    (texts, places)
}

impl Reader<'_, '_> {
    fn question(&mut self, mut table: Section<'_>, question: &Question) -> (QuestionTexts, QuestionPlaces) {
        let mut texts = QuestionTexts::default();
        let mut places = QuestionPlaces::default();
        let key = &question.key;
        let asks = &[Placeholder::Deadline][..];
        if let Some(ask) = table.needed_text("ask", self.faults) {
            texts.ask = self.template(&format!("{key}.ask"), &ask, asks, &[]).unwrap_or_default();
            places.ask = ask.span;
        }
        if let Some(ask) = table.needed_text("ask-again", self.faults) {
            texts.ask_again = self.template(&format!("{key}.ask-again"), &ask, asks, &[]).unwrap_or_default();
            places.ask_again = ask.span;
        }
        if is_confirmed(&question.kind)
            && let Some(confirm) = table.needed_text("confirm", self.faults)
        {
            let value = &[Placeholder::Value][..];
            texts.confirm = self.template(&format!("{key}.confirm"), &confirm, value, value);
            places.confirm = confirm.span;
        }
        match table.table("echo", self.faults) {
            Some(echo) => {
                places.echo = echo.span.clone();
                texts.echo = self.echo(echo, question);
            }
            None => {
                let wanted = echoes(&question.kind).join(" = \"…\", ");
                let message = format!("`{key}.echo` is missing: how an answer is repeated before the next question");
                self.faults.push(
                    Diagnostic::new(self.file, table.span.clone(), message)
                        .hint(format!("add echo = {{ {wanted} = \"…\" }}")),
                );
            }
        }
        table.finish(["echo"], self.faults);
        (texts, places)
    }

    fn echo(&mut self, mut table: Section<'_>, question: &Question) -> EchoTexts {
        let mut echo = EchoTexts::default();
        for which in echoes(&question.kind) {
            let Some(placed) = table.needed_text(which, self.faults) else { continue };
            let needs: &[Placeholder] = match *which {
                "value" => &[Placeholder::Value],
                "many" => &[Placeholder::Count],
                _ => &[],
            };
            let template = self.template(&format!("{}.echo.{which}", question.key), &placed, needs, needs);
            let slot = match *which {
                "value" => &mut echo.value,
                "many" => &mut echo.many,
                "none" => &mut echo.none,
                "yes" => &mut echo.yes,
                "no" => &mut echo.no,
                "unknown" => &mut echo.unknown,
                "not-measured" => &mut echo.not_measured,
                _ => &mut echo.text,
            };
            *slot = template;
        }
        table.finish([], self.faults);
        echo
    }

    /// Compiles one text; `may` stand in it, and all of `needs` must.
    fn template(
        &mut self,
        name: &str,
        placed: &Placed<String>,
        may: &[Placeholder],
        needs: &[Placeholder],
    ) -> Option<Template> {
        let words = |placeholders: &[Placeholder]| {
            let words: Vec<String> = placeholders.iter().map(|each| format!("{{{}}}", each.word())).collect();
            words.join(", ")
        };
        if placed.value.trim().is_empty() {
            self.faults.push(Diagnostic::new(self.file, placed.span.clone(), format!("`{name}` is empty")));
            return None;
        }
        let template = match Template::parse(&placed.value) {
            Ok(template) => template,
            Err(faults) => {
                for fault in faults {
                    let span = inside(self.file, placed, &fault.at);
                    self.faults.push(match fault.reason {
                        Reason::Brace => Diagnostic::new(self.file, span, "a brace without its partner")
                            .hint("braces only stand around a placeholder, such as {value}"),
                        Reason::Unknown(word) => {
                            let found = did_you_mean(&word, may.iter().map(|each| each.word()));
                            let diagnostic =
                                Diagnostic::new(self.file, span, format!("unknown placeholder {{{word}}}"));
                            match found {
                                Some(meant) => diagnostic.hint(format!("did you mean {{{meant}}}?")),
                                None if may.is_empty() => diagnostic.hint("no placeholder may stand here"),
                                None => diagnostic.hint(format!("possible here: {}", words(may))),
                            }
                        }
                    });
                }
                return None;
            }
        };
        let found = template.placeholders();
        for placeholder in found.iter().filter(|each| !may.contains(each)) {
            let word = format!("{{{}}}", placeholder.word());
            let at = placed.value.find(&word).unwrap_or(0);
            let span = inside(self.file, placed, &(at..at + word.len()));
            let diagnostic = Diagnostic::new(self.file, span, format!("{word} stands for nothing in `{name}`"));
            self.faults.push(match may {
                [] => diagnostic.hint("no placeholder may stand here"),
                _ => diagnostic.hint(format!("possible here: {}", words(may))),
            });
        }
        for placeholder in needs.iter().filter(|each| !found.contains(each)) {
            let message = format!("`{name}` must contain {{{}}}", placeholder.word());
            self.faults.push(Diagnostic::new(self.file, placed.span.clone(), message));
        }
        self.all.push(PlacedText { name: name.to_owned(), text: placed.clone(), placeholders: found });
        Some(template)
    }
}

/// The place in the file of a part of a text: exact where the text stands in the file as it is read, the whole
/// text where it is written with escapes.
pub(super) fn inside(file: &SourceFile, placed: &Placed<String>, at: &Range<usize>) -> Range<usize> {
    let raw = file.text.get(placed.span.clone()).unwrap_or_default();
    match raw.find(&placed.value) {
        Some(offset) => placed.span.start + offset + at.start..placed.span.start + offset + at.end,
        None => placed.span.clone(),
    }
}

impl LanguageTexts {
    /// Every text.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let questions = self.questions.iter().flat_map(|texts| {
            let EchoTexts { value, many, none, yes, no, unknown, not_measured, text } = &texts.echo;
            [&texts.ask, &texts.ask_again]
                .into_iter()
                .chain([&texts.confirm, value, many, none, yes, no, unknown, not_measured, text].into_iter().flatten())
        });
        self.notices.iter().chain(questions)
    }
}
