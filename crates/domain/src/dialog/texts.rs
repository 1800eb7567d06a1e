//! Reading texts.LANGUAGE.toml: what the dialog says. Each text is compiled, and its place is kept for the checks
//! that come after. Whether a text is too long is [`super::check`]'s business.

use std::ops::Range;

use super::definition::{Question, QuestionKind, SourceFile};
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::document::Placed;
use super::layers::{Found, Layers, Place};
use super::render::{EchoTexts, LanguageTexts, Notice, QuestionTexts, Uses};
use super::template::{Placeholder, Reason, Template};
use crate::language::Language;

/// Where the texts of one language stand.
#[derive(Debug)]
pub(super) struct Places<'f> {
    /// By notice.
    pub(super) notices: Vec<Place<'f>>,
    /// By question.
    pub(super) questions: Vec<QuestionPlaces<'f>>,
    /// Every text.
    pub(super) all: Vec<PlacedText<'f>>,
}

/// A text and where it stands.
#[derive(Debug)]
pub(super) struct PlacedText<'f> {
    /// Such as `temperature.ask`.
    pub(super) name: String,
    /// What it says, escapes undone, and the file that it really stands in.
    pub(super) found: Found<'f>,
    /// What stands in it: to compare languages.
    pub(super) placeholders: Vec<Placeholder>,
}

/// Where the texts of one question stand.
#[derive(Debug)]
pub(super) struct QuestionPlaces<'f> {
    pub(super) ask: Place<'f>,
    pub(super) ask_again: Place<'f>,
    pub(super) confirm: Place<'f>,
    pub(super) echo: Place<'f>,
}

impl<'f> QuestionPlaces<'f> {
    fn whole(file: &'f SourceFile) -> Self {
        let [ask, ask_again, confirm, echo] = std::array::from_fn(|_| Place::whole(file));
        Self { ask, ask_again, confirm, echo }
    }
}

/// The echoes that a question has. An identifier that proves who somebody is is never said back.
const fn echoes(question: &Question) -> &'static [&'static str] {
    match &question.kind {
        QuestionKind::Identifier { .. } if question.proof.is_some() => &["yes", "unknown"],
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
pub(super) const fn is_confirmed(question: &Question) -> bool {
    question.proof.is_none() && !matches!(question.kind, QuestionKind::YesNo { .. } | QuestionKind::Text)
}

struct Reader<'f, 'd> {
    file: &'f SourceFile,
    faults: &'d mut Diagnostics,
    all: Vec<PlacedText<'f>>,
}

/// Reads one texts file, over that of the dialog that texts are taken from.
pub(super) fn read<'f>(
    mut file: Layers<'f>,
    language: Language,
    questions: &[Question],
    uses: Uses,
    faults: &mut Diagnostics,
) -> (LanguageTexts, Places<'f>) {
    let own = file.file();
    let mut reader = Reader { file: own, faults, all: Vec::new() };
    let mut texts = LanguageTexts { language, gsm: false, notices: Vec::new(), questions: Vec::new() };
    let mut places = Places { notices: Vec::new(), questions: Vec::new(), all: Vec::new() };
    for question in questions {
        let table = file.table(&question.key, reader.faults);
        let (text, place) = match table {
            Some(table) => reader.question(table, question),
            None => {
                let message = format!("the texts of the question `{}` are missing", question.key);
                reader
                    .faults
                    .push(Diagnostic::of_file(&own.name, message).hint(format!("add a table [{}]", question.key)));
                (QuestionTexts::default(), QuestionPlaces::whole(own))
            }
        };
        texts.questions.push(text);
        places.questions.push(place);
    }
    let notices = file.table("notices", reader.faults);
    if notices.is_none() {
        reader.faults.push(Diagnostic::of_file(&own.name, "the table [notices] is missing"));
    }
    if let Some(mut table) = notices {
        for notice in Notice::ALL {
            let is_used = notice.is_used(uses);
            let found = is_used.then(|| table.needed_text(notice.key(), reader.faults)).flatten();
            let name = format!("notices.{}", notice.key());
            let template =
                found.as_ref().map(|found| reader.template(&name, found, notice.placeholders(), notice.needs(uses)));
            texts.notices.push(template.flatten().unwrap_or_default());
            places.notices.push(found.map_or_else(|| Place::whole(own), |found| found.place()));
        }
        table.finish([], reader.faults);
    }
    file.finish(questions.iter().map(|question| question.key.as_str()).chain(["notices"]), reader.faults);
    places.all = reader.all;
    let gsm = texts.templates().all(Template::is_gsm);
    texts.gsm = gsm;
    (texts, places)
}

impl<'f> Reader<'f, '_> {
    fn question(&mut self, mut table: Layers<'f>, question: &Question) -> (QuestionTexts, QuestionPlaces<'f>) {
        let mut texts = QuestionTexts::default();
        let mut places = QuestionPlaces::whole(self.file);
        let key = &question.key;
        let asks = &[Placeholder::Deadline][..];
        if let Some(ask) = table.needed_text("ask", self.faults) {
            texts.ask = self.template(&format!("{key}.ask"), &ask, asks, &[]).unwrap_or_default();
            places.ask = ask.place();
        }
        if let Some(ask) = table.needed_text("ask-again", self.faults) {
            texts.ask_again = self.template(&format!("{key}.ask-again"), &ask, asks, &[]).unwrap_or_default();
            places.ask_again = ask.place();
        }
        if is_confirmed(question)
            && let Some(confirm) = table.needed_text("confirm", self.faults)
        {
            let value = &[Placeholder::Value][..];
            texts.confirm = self.template(&format!("{key}.confirm"), &confirm, value, value);
            places.confirm = confirm.place();
        }
        match table.table("echo", self.faults) {
            Some(echo) => {
                places.echo = echo.place();
                texts.echo = self.echo(echo, question);
            }
            None => {
                let wanted = echoes(question).join(" = \"…\", ");
                let message = format!("`{key}.echo` is missing: how an answer is repeated before the next question");
                self.faults.push(table.place().fault(message).hint(format!("add echo = {{ {wanted} = \"…\" }}")));
            }
        }
        table.finish(["echo"], self.faults);
        (texts, places)
    }

    fn echo(&mut self, mut table: Layers<'f>, question: &Question) -> EchoTexts {
        let mut echo = EchoTexts::default();
        for which in echoes(question) {
            let Some(found) = table.needed_text(which, self.faults) else { continue };
            let needs: &[Placeholder] = match *which {
                "value" => &[Placeholder::Value],
                "many" => &[Placeholder::Count],
                _ => &[],
            };
            let template = self.template(&format!("{}.echo.{which}", question.key), &found, needs, needs);
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
        found: &Found<'f>,
        may: &[Placeholder],
        needs: &[Placeholder],
    ) -> Option<Template> {
        let (file, placed, place) = (found.file, &found.text, found.place());
        let words = |placeholders: &[Placeholder]| {
            let words: Vec<String> = placeholders.iter().map(|each| format!("{{{}}}", each.word())).collect();
            words.join(", ")
        };
        if placed.value.trim().is_empty() {
            self.faults.push(place.fault(format!("`{name}` is empty")));
            return None;
        }
        let template = match Template::parse(&placed.value) {
            Ok(template) => template,
            Err(faults) => {
                for fault in faults {
                    let span = inside(file, placed, &fault.at);
                    self.faults.push(match fault.reason {
                        Reason::Brace => Diagnostic::new(file, span, "a brace without its partner")
                            .hint("braces only stand around a placeholder, such as {value}"),
                        Reason::Unknown(word) => {
                            let found = did_you_mean(&word, may.iter().map(|each| each.word()));
                            let diagnostic = Diagnostic::new(file, span, format!("unknown placeholder {{{word}}}"));
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
        let stands = template.placeholders();
        for placeholder in stands.iter().filter(|each| !may.contains(each)) {
            let word = format!("{{{}}}", placeholder.word());
            let at = placed.value.find(&word).unwrap_or(0);
            let span = inside(file, placed, &(at..at + word.len()));
            let diagnostic = Diagnostic::new(file, span, format!("{word} stands for nothing in `{name}`"));
            self.faults.push(match may {
                [] => diagnostic.hint("no placeholder may stand here"),
                _ => diagnostic.hint(format!("possible here: {}", words(may))),
            });
        }
        for placeholder in needs.iter().filter(|each| !stands.contains(each)) {
            self.faults.push(place.fault(format!("`{name}` must contain {{{}}}", placeholder.word())));
        }
        self.all.push(PlacedText { name: name.to_owned(), found: found.clone(), placeholders: stands });
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
