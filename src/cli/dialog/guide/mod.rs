//! `mimamori dialog guide`: a page to print for the patient, or for the family, made from the dialog's own texts, so
//! that it cannot drift from what is said. What stands around these texts is in [`words`].

mod words;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use askama::Template;
use clap::{Args, ValueEnum};
use domain::dialog::cost::{MorningKind, mornings, one_line};
use domain::dialog::definition::{Dialog, Opening, Question, QuestionKind};
use domain::dialog::engine::{Context, Known};
use domain::dialog::render::Notice;
use domain::language::Language;
use serde_json::json;

use super::{load, only_one};
use words::{SIGNS, Words, is_seen_by_others};

/// The arguments of `dialog guide`.
#[derive(Debug, Clone, Args)]
pub struct GuideArgs {
    /// A dialog's folder
    #[arg(default_value = "dialogs/daily")]
    pub path: PathBuf,
    /// The language of the page
    #[arg(long, value_name = "TAG", default_value = "ja")]
    pub language: Language,
    /// For whom the page is
    #[arg(long = "for", value_enum, default_value_t = Reader::Patient)]
    pub reader: Reader,
    /// Where to write it; to standard output if not given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The center's name; without it there is a line to write it on, as for the three numbers
    #[arg(long)]
    pub center: Option<String>,
    /// The number that the texts come from
    #[arg(long)]
    pub number: Option<String>,
    /// The center's telephone
    #[arg(long)]
    pub telephone: Option<String>,
    /// The number of the night line
    #[arg(long)]
    pub night_line: Option<String>,
    /// When the first question goes out
    #[arg(long, value_name = "TIME", default_value = "7:00")]
    pub opening: String,
    /// By when to answer
    #[arg(long, value_name = "TIME", default_value = "8:30")]
    pub deadline: String,
}

/// For whom a guide is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// The patient
    Patient,
    /// Those who look after the patient, and answer for them
    Family,
}

impl GuideArgs {
    /// Makes the page.
    ///
    /// # Errors
    /// When the path does not hold one dialog or cannot be read, when the dialog does not have the language, when plain
    /// answers do not lead to its end, and when the page cannot be written.
    pub(super) fn run(self, as_json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
        let Some(dialog) = load(&only_one(&self.path)?, as_json, out)? else { return Ok(false) };
        let html = self.page(&dialog)?;
        if let Some(file) = &self.out {
            fs::write(file, &html).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        let written = self.out.as_ref().map(|file| file.display().to_string());
        let reader = self.reader.to_possible_value().map(|value| value.get_name().to_owned());
        match written {
            _ if as_json => {
                let html = self.out.is_none().then_some(html);
                let line = json!({"dialog": dialog.name, "language": self.language, "for": reader, "file": written, "html": html});
                writeln!(out, "{line}")?;
            }
            Some(file) => writeln!(out, "written: {file}")?,
            None => out.write_all(html.as_bytes())?,
        }
        Ok(true)
    }

    fn page(&self, dialog: &Dialog) -> anyhow::Result<String> {
        let tags: Vec<&str> = dialog.languages.iter().map(|language| language.tag()).collect();
        ensure!(
            dialog.languages.contains(&self.language),
            "the dialog `{}` has no texts in `{}`; it has {}",
            dialog.name,
            self.language,
            tags.join(", ")
        );
        let words = words::of(self.language)?;
        let texts = dialog.texts_by_name(self.language);
        let text = |name: &str| texts.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str());
        // Where the name is not known, the texts say "health center", as they do for a name that is too long.
        let center = self.center.as_deref().unwrap_or_else(|| text("notices.center"));
        let context = Context {
            language: self.language,
            center,
            deadline: &self.deadline,
            night_line: self.night_line.as_deref(),
            attended: true,
            late: false,
            label: None,
            known: Known::default(),
        };
        let counted = mornings(dialog, &context)?;
        let replies =
            |kind| counted.iter().find(|morning| morning.kind == kind).map_or(0, |morning| morning.replies.texts);
        let line = one_line(dialog, &context)?;
        let filler = Filler {
            opening: &self.opening,
            deadline: &self.deadline,
            count: replies(MorningKind::Plain),
            least: replies(MorningKind::OneLine),
            price: super::cost::price_of_a_reply()?,
            status: &words.examples.status,
        };
        let mut rows = Vec::new();
        if dialog.opening != Opening::Question {
            rows.push(Row { text: dialog.notice(Notice::Introduction, &context), answers: Vec::new() });
        }
        if dialog.opening == Opening::Report {
            let answers = line.iter().map(|line| Answer { to: String::new(), examples: vec![line.clone()] }).collect();
            rows.push(Row { text: dialog.notice(Notice::Report, &context), answers });
        }
        for question in &dialog.questions {
            let ask = text(&format!("{}.ask", question.key)).replace("{deadline}", &self.deadline);
            rows.push(Row { text: ask, answers: answers(dialog, question, self.language, &words) });
        }
        let is_family = self.reader == Reader::Family;
        let signs = SIGNS.into_iter().filter(|sign| is_family || !is_seen_by_others(*sign)).filter_map(|sign| {
            let word = words.sign.get(sign.key())?;
            Some(Sign { word, is_seen_by_others: is_family && is_seen_by_others(sign) })
        });
        let page = Page {
            language: html_language(self.language),
            type_size: type_size(self.language),
            is_family,
            fill: &filler,
            fields: [
                (words.center.as_str(), self.center.as_deref()),
                (words.number.as_str(), self.number.as_deref()),
                (words.telephone.as_str(), self.telephone.as_deref()),
                (words.night_line.as_str(), self.night_line.as_deref()),
            ],
            rows,
            line: line.filter(|_| dialog.opening != Opening::Report),
            signs: signs.collect(),
            safety: dialog.notice(Notice::Safety, &context),
            words: &words,
        };
        Ok(page.render()?)
    }
}

/// What browsers take for a language: `ja-easy` is our own word.
const fn html_language(language: Language) -> &'static str {
    match language {
        Language::JaEasy => "ja",
        other => other.tag(),
    }
}

/// How large the type is, in points: as large as `daily` lets it be on one page of A4. Some languages take more room to
/// say the same.
const fn type_size(language: Language) -> &'static str {
    match language {
        Language::Tl => "10.2",
        Language::En | Language::Vi => "10.8",
        _ => "11",
    }
}

/// A text that comes, and how it may be answered.
struct Row {
    text: String,
    answers: Vec<Answer>,
}

/// Examples of one answer.
struct Answer {
    /// What is answered with them; empty if that needs no words.
    to: String,
    examples: Vec<String>,
}

impl Answer {
    fn new(to: &str, examples: &[String]) -> Self {
        Self { to: to.to_owned(), examples: examples.to_vec() }
    }
}

struct Sign<'a> {
    word: &'a str,
    is_seen_by_others: bool,
}

/// How a question may be answered.
fn answers(dialog: &Dialog, question: &Question, language: Language, words: &Words) -> Vec<Answer> {
    let examples = &words.examples;
    let not_measured = || Answer::new(&words.not_measured, &examples.not_measured);
    match &question.kind {
        QuestionKind::Temperature => vec![Answer::new("", &examples.temperature), not_measured()],
        QuestionKind::OxygenSaturation => vec![Answer::new("", &examples.oxygen), not_measured()],
        QuestionKind::YesNo { .. } => vec![
            Answer::new(&words.yes, &examples.yes),
            Answer::new(&words.no, &examples.no),
            Answer::new(&words.unknown, &examples.unknown),
        ],
        QuestionKind::Choice(options) => {
            let first = options.definitions.first().map(|option| option.code.to_string());
            vec![Answer { to: words.one.clone(), examples: first.into_iter().collect() }]
        }
        QuestionKind::Options(options) => {
            // Two that do not stand side by side show that any may be chosen.
            let chosen: Vec<usize> = if options.definitions.len() > 2 { vec![0, 2] } else { vec![0] };
            let numbers: Vec<String> = chosen.iter().map(|at| options.definitions[*at].code.to_string()).collect();
            let labels = dialog.option_labels(question, language).unwrap_or_default();
            let labels: Vec<&str> = chosen.iter().filter_map(|at| labels.get(*at)).map(String::as_str).collect();
            let to = match labels.as_slice() {
                [] => words.several.clone(),
                labels => format!("{} ({})", words.several, labels.join(" + ")),
            };
            vec![Answer { to, examples: vec![numbers.join(" ")] }, Answer::new(&words.none, &examples.none)]
        }
        QuestionKind::Number { min, max } => {
            vec![
                Answer { to: words.digits.clone(), examples: vec![(min + (max - min) / 2).to_string()] },
                not_measured(),
            ]
        }
        QuestionKind::Text => {
            vec![Answer::new(&words.words, &examples.note), Answer::new(&words.nothing, &examples.nothing)]
        }
        QuestionKind::Identifier { min_digits, .. } => {
            let digits = "1234567890".chars().cycle().take(usize::from(*min_digits)).collect();
            vec![Answer { to: words.digits.clone(), examples: vec![digits] }]
        }
    }
}

/// A label on a shared phone, and a text that begins with another patient's letter.
const LABEL: &str = "A(80)";
const LABELLED: &str = "B 36.5";

/// What stands for the placeholders of the guides' own sentences.
struct Filler<'a> {
    opening: &'a str,
    deadline: &'a str,
    count: usize,
    least: usize,
    price: String,
    status: &'a str,
}

impl Filler<'_> {
    fn fill(&self, sentence: &str) -> String {
        sentence
            .replace("{opening}", self.opening)
            .replace("{deadline}", self.deadline)
            .replace("{count}", &self.count.to_string())
            .replace("{least}", &self.least.to_string())
            .replace("{price}", &self.price)
            .replace("{labelled}", LABELLED)
            .replace("{label}", LABEL)
            .replace("{status}", self.status)
    }
}

#[derive(Template)]
#[template(path = "dialog/guide.html")]
struct Page<'a> {
    language: &'a str,
    type_size: &'a str,
    is_family: bool,
    fill: &'a Filler<'a>,
    /// What is written by hand where it is not given.
    fields: [(&'a str, Option<&'a str>); 4],
    rows: Vec<Row>,
    /// A text that answers everything, if one can.
    line: Option<String>,
    signs: Vec<Sign<'a>>,
    safety: String,
    words: &'a Words,
}
