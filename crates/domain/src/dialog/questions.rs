//! Reading dialog.toml: the questions, their order, what counts as an answer and what is worrying. Every fault is
//! reported with its place. What the dialog says is in other files.

use std::ops::Range;

use super::definition::{
    Condition, Opening, OptionDefinition, OptionList, Proof, Question, QuestionIndex, QuestionKind, ReleaseTest, Test,
};
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::document::{Placed, Section};
use crate::language::Language;
use crate::reply::{Concept, OptionWord};
use crate::severity::Severity;

/// More questions than this are not answered by anybody, and a state keeps to one byte an index.
const MAX_QUESTIONS: usize = 32;
/// The most digits that an identifier may have, so that its confirmation fits.
const MAX_IDENTIFIER_DIGITS: i64 = 20;

/// How many identifiers may be tried where nothing is said about it, and at most.
const TRIES: u8 = 3;
const MAX_TRIES: i64 = 5;
/// More hours than this say nothing more about whether symptoms have eased.
const MAX_EASED_HOURS: i64 = 720;

const KINDS: [&str; 8] = ["temperature", "oxygen", "yes-no", "choice", "options", "number", "text", "identifier"];

/// How a word of a dialog file becomes a thing that replies can name. Given, so that tests need no lexicon.
pub(super) type Lexicon = fn(&str) -> Option<Concept>;

/// What dialog.toml says.
#[derive(Debug, Default)]
pub(super) struct Questions {
    pub(super) languages: Vec<Placed<Language>>,
    /// The dialog that texts are taken from.
    pub(super) texts_from: Option<Placed<String>>,
    pub(super) opening: Opening,
    pub(super) questions: Vec<Question>,
}

/// Reads the whole of dialog.toml.
pub(super) fn read(mut file: Section<'_>, lexicon: Lexicon, faults: &mut Diagnostics) -> Questions {
    let languages = languages(&mut file, faults);
    let texts_from = texts_from(&mut file, faults);
    let opening = file.text("opening", faults).and_then(|word| opening(&file, &word, faults)).unwrap_or_default();
    let mut questions: Vec<Question> = Vec::new();
    match file.tables("question", faults) {
        Some(sections) if !sections.value.is_empty() => {
            if sections.value.len() > MAX_QUESTIONS {
                let message = format!("{} questions; at most {MAX_QUESTIONS} are possible", sections.value.len());
                faults.push(Diagnostic::new(file.file(), sections.value[MAX_QUESTIONS].span.clone(), message));
            }
            for section in sections.value.into_iter().take(MAX_QUESTIONS) {
                if let Some(question) = question(section, &questions, lexicon, faults) {
                    questions.push(question);
                }
            }
        }
        _ => faults.push(
            Diagnostic::of_file(&file.file().name, "there is no question")
                .hint("begin each question with a line [[question]]"),
        ),
    }
    if !questions.is_empty() && questions.iter().all(|question| !question.required) {
        let message = "no question is required: a check-in without any answer would count as complete";
        faults.push(Diagnostic::of_file(&file.file().name, message));
    }
    file.finish([], faults);
    Questions { languages, texts_from, opening, questions }
}

/// The name of a dialog beside this one.
fn texts_from(file: &mut Section<'_>, faults: &mut Diagnostics) -> Option<Placed<String>> {
    let name = file.text("texts-from", faults)?;
    if is_key(&name.value) {
        return Some(name);
    }
    let message = format!("`{}` cannot be the name of a dialog", name.value);
    faults.push(
        Diagnostic::new(file.file(), name.span, message)
            .hint("name the folder of a dialog that lies beside this one, such as \"daily\""),
    );
    None
}

fn opening(file: &Section<'_>, word: &Placed<String>, faults: &mut Diagnostics) -> Option<Opening> {
    match word.value.as_str() {
        "question" => Some(Opening::Question),
        "introduction" => Some(Opening::Introduction),
        "report" => Some(Opening::Report),
        other => {
            let message = format!("`{other}` is no way to begin");
            faults.push(Diagnostic::new(file.file(), word.span.clone(), message).hint(
                "use \"question\" (the first question), \"introduction\" (a text of its own, then the first question) \
                 or \"report\" (a text of its own, then all answers are asked for in one text)",
            ));
            None
        }
    }
}

pub(super) fn languages(file: &mut Section<'_>, faults: &mut Diagnostics) -> Vec<Placed<Language>> {
    let Some(tags) = file.texts("languages", faults) else {
        faults.push(
            Diagnostic::of_file(&file.file().name, "`languages` is missing")
                .hint("for example: languages = [\"ja\", \"en\"]; the first one is used when a contact's is missing"),
        );
        return Vec::new();
    };
    let mut languages: Vec<Placed<Language>> = Vec::new();
    for tag in tags {
        match tag.value.parse::<Language>() {
            Ok(Language::Hi) => faults.push(Diagnostic::new(
                file.file(),
                tag.span,
                "Hindi is read, not written: no texts are kept in it",
            )),
            Ok(value) if languages.iter().any(|known| known.value == value) => {
                faults.push(Diagnostic::new(file.file(), tag.span, format!("`{value}` is listed twice")));
            }
            Ok(value) => languages.push(Placed { value, span: tag.span }),
            Err(error) => faults.push(Diagnostic::new(file.file(), tag.span, error.to_string())),
        }
    }
    languages
}

fn question(
    mut section: Section<'_>,
    earlier: &[Question],
    lexicon: Lexicon,
    faults: &mut Diagnostics,
) -> Option<Question> {
    let key = section.needed_text("key", faults);
    if let Some(key) = &key {
        check_key(&section, key, faults);
        if earlier.iter().any(|question| question.key == key.value) {
            let message = format!("a second question with the key `{}`", key.value);
            faults.push(Diagnostic::new(section.file(), key.span.clone(), message));
        }
        if key.value == "notices" {
            let message = "`notices` is the table of the other texts, and no key for a question";
            faults.push(Diagnostic::new(section.file(), key.span.clone(), message));
        }
    }
    let required = section.flag("required", faults).is_none_or(|flag| flag.value);
    let condition =
        section.text("only-if", faults).and_then(|condition| read_condition(&section, &condition, earlier, faults));
    let kind = section.needed_text("kind", faults);
    let kind = kind.and_then(|kind| read_kind(&mut section, &kind, lexicon, faults));
    let place = section.span.clone();
    let mut proof = None;
    let mut release = None;
    if let Some(kind) = &kind {
        proof = read_proof(&mut section, kind, faults);
        release = read_release(&mut section, kind, faults);
        check_proof(&section, &place, proof, earlier, faults);
        if proof.is_some() && (!required || condition.is_some()) {
            let message = "a question that proves something is always asked: no `required` or `only-if` here";
            faults.push(Diagnostic::new(section.file(), place, message));
        }
        section.finish([], faults);
    }
    Some(Question { key: key?.value, kind: kind?, required, condition, proof, release })
}

/// Reads what the answer proves, and how often it may be tried.
fn read_proof(section: &mut Section<'_>, kind: &QuestionKind, faults: &mut Diagnostics) -> Option<Proof> {
    let proves = section.text("proves", faults);
    let tries = section.number("tries", faults);
    let file = section.file();
    let proof = proves.and_then(|proves| match (proves.value.as_str(), kind) {
        ("number", QuestionKind::YesNo { yes: None, .. }) => Some(Proof::Number),
        ("identity", QuestionKind::Identifier { .. }) => Some(Proof::Identity { tries: TRIES }),
        (other, _) => {
            let message = format!("this question cannot prove `{other}`");
            faults.push(Diagnostic::new(file, proves.span, message).hint(
                "a question for yes or no without an alert proves \"number\", one for an identifier \"identity\"",
            ));
            None
        }
    });
    let Some(tries) = tries else { return proof };
    match (proof, u8::try_from(tries.value)) {
        (Some(Proof::Identity { .. }), Ok(number)) if (1..=MAX_TRIES).contains(&tries.value) => {
            return Some(Proof::Identity { tries: number });
        }
        (Some(Proof::Identity { .. }), _) => {
            let message = format!("`tries` is {}; it must be from 1 to {MAX_TRIES}", tries.value);
            faults
                .push(Diagnostic::new(file, tries.span, message).hint("with many tries, an identifier can be guessed"));
        }
        _ => {
            let message = "only a question with proves = \"identity\" has `tries`";
            faults.push(Diagnostic::new(file, tries.span, message));
        }
    }
    proof
}

/// What proves something comes first: the number, then the identity, then the rest.
fn check_proof(
    section: &Section<'_>,
    place: &Range<usize>,
    proof: Option<Proof>,
    earlier: &[Question],
    faults: &mut Diagnostics,
) {
    let Some(proof) = proof else { return };
    let mut fault = |message: String| {
        faults.push(
            Diagnostic::new(section.file(), place.clone(), message)
                .hint("nothing about anybody's health is asked before it is known who is written to"),
        );
    };
    if let Some(before) = earlier.iter().find(|question| question.proof.is_none()) {
        fault(format!("the question `{}` comes before one that proves something", before.key));
    }
    for question in earlier {
        match (question.proof, proof) {
            (Some(Proof::Number), Proof::Number) | (Some(Proof::Identity { .. }), Proof::Identity { .. }) => {
                fault(format!("the question `{}` proves the same", question.key));
            }
            (Some(Proof::Identity { .. }), Proof::Number) => {
                fault(format!("the question `{}` asks for an identifier before the number is known", question.key));
            }
            _ => {}
        }
    }
}

/// Reads what the answer must be to speak for the end of the observation.
fn read_release(section: &mut Section<'_>, kind: &QuestionKind, faults: &mut Diagnostics) -> Option<ReleaseTest> {
    let word = section.text("release", faults)?;
    let (test, possible) = match (kind, word.value.as_str()) {
        (QuestionKind::YesNo { .. }, "yes") => (Some(ReleaseTest::Yes), ""),
        (QuestionKind::YesNo { .. }, "no") => (Some(ReleaseTest::No), ""),
        (QuestionKind::Temperature, "no-fever") => (Some(ReleaseTest::NoFever), ""),
        (QuestionKind::Choice(options), "eased") => {
            if options.definitions.iter().all(|option| option.eased_hours.is_none()) {
                let message = "no option says for how long the symptoms have been easing";
                faults.push(
                    Diagnostic::new(section.file(), word.span.clone(), message)
                        .hint("give at least one option `eased-hours`, such as eased-hours = 24"),
                );
            }
            (Some(ReleaseTest::Eased), "")
        }
        (QuestionKind::YesNo { .. }, _) => (None, "use \"yes\" or \"no\""),
        (QuestionKind::Temperature, _) => (None, "use \"no-fever\""),
        (QuestionKind::Choice(_), _) => (None, "use \"eased\""),
        _ => (None, "only a temperature, a yes or no and a choice can say it"),
    };
    if test.is_none() {
        let message = format!("`{}` says nothing about the end of the observation here", word.value);
        faults.push(Diagnostic::new(section.file(), word.span, message).hint(possible));
    }
    test
}

/// Words in small letters, with hyphens between.
pub(super) fn is_key(key: &str) -> bool {
    key.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn check_key(section: &Section<'_>, key: &Placed<String>, faults: &mut Diagnostics) {
    if !is_key(&key.value) {
        faults.push(
            Diagnostic::new(section.file(), key.span.clone(), format!("`{}` cannot be a key", key.value))
                .hint("a key is a word in small letters, with hyphens if needed, such as `runny-nose`"),
        );
    }
}

fn read_kind(
    section: &mut Section<'_>,
    kind: &Placed<String>,
    lexicon: Lexicon,
    faults: &mut Diagnostics,
) -> Option<QuestionKind> {
    Some(match kind.value.as_str() {
        "temperature" => QuestionKind::Temperature,
        "oxygen" => QuestionKind::OxygenSaturation,
        "yes-no" => {
            let topic = section.text("about", faults).and_then(|word| concept(section, &word, lexicon, faults));
            let yes = section.text("yes", faults).and_then(|word| severity(section, &word, faults));
            QuestionKind::YesNo { topic, yes }
        }
        "choice" => QuestionKind::Choice(options(section, lexicon, faults)?),
        "options" => QuestionKind::Options(options(section, lexicon, faults)?),
        "number" => {
            let (min, max) = bounds(section, "min", "max", 0, i64::from(i32::MAX), faults)?;
            QuestionKind::Number { min: i32::try_from(min).ok()?, max: i32::try_from(max).ok()? }
        }
        "text" => QuestionKind::Text,
        "identifier" => {
            let (min, max) = bounds(section, "min-digits", "max-digits", 1, MAX_IDENTIFIER_DIGITS, faults)?;
            QuestionKind::Identifier { min_digits: u8::try_from(min).ok()?, max_digits: u8::try_from(max).ok()? }
        }
        other => {
            let fault = Diagnostic::new(section.file(), kind.span.clone(), format!("unknown kind `{other}`"));
            faults.push(match did_you_mean(other, KINDS) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None => fault.hint(format!("use one of {}", KINDS.join(", "))),
            });
            return None;
        }
    })
}

/// Two numbers that must be there, in order and between two limits.
fn bounds(
    section: &mut Section<'_>,
    low: &'static str,
    high: &'static str,
    least: i64,
    most: i64,
    faults: &mut Diagnostics,
) -> Option<(i64, i64)> {
    let before = faults.len();
    let min = section.number(low, faults);
    let max = section.number(high, faults);
    for (key, number) in [(low, &min), (high, &max)] {
        match number {
            None if faults.len() == before => section.missing(key, faults),
            Some(number) if !(least..=most).contains(&number.value) => {
                let message = format!("`{key}` is {}; it must be from {least} to {most}", number.value);
                faults.push(Diagnostic::new(section.file(), number.span.clone(), message));
            }
            _ => {}
        }
    }
    let (min, max) = (min?, max?);
    if min.value > max.value {
        let message = format!("`{low}` is {}, more than `{high}`, which is {}", min.value, max.value);
        faults.push(Diagnostic::new(section.file(), min.span, message));
    }
    (faults.len() == before).then_some((min.value, max.value))
}

fn severity(section: &Section<'_>, word: &Placed<String>, faults: &mut Diagnostics) -> Option<Severity> {
    match word.value.as_str() {
        "orange" => Some(Severity::Orange),
        "red" => Some(Severity::Red),
        other => {
            let message = format!("`{other}` is no alert");
            faults.push(
                Diagnostic::new(section.file(), word.span.clone(), message)
                    .hint("use \"red\" (act now) or \"orange\" (call within two hours), or leave it out"),
            );
            None
        }
    }
}

fn concept(
    section: &Section<'_>,
    word: &Placed<String>,
    lexicon: Lexicon,
    faults: &mut Diagnostics,
) -> Option<Concept> {
    let found = lexicon(&word.value);
    if found.is_none() {
        let message = format!("the reader of replies knows no words for `{}`", word.value);
        faults.push(
            Diagnostic::new(section.file(), word.span.clone(), message).hint(
                "take a key of the lexicon, such as `cough`; an option that is only a number has words = \"none\"",
            ),
        );
    }
    found
}

fn options(section: &mut Section<'_>, lexicon: Lexicon, faults: &mut Diagnostics) -> Option<OptionList> {
    let Some(sections) = section.tables("options", faults) else {
        section.missing("options", faults);
        return None;
    };
    if sections.value.is_empty() {
        faults.push(Diagnostic::new(section.file(), sections.span, "there is no option"));
        return None;
    }
    let mut list = OptionList { words: Vec::new(), definitions: Vec::new() };
    for mut option in sections.value {
        let number = option.number("number", faults);
        if number.is_none() {
            option.missing("number", faults);
        }
        let key = option.needed_text("key", faults);
        let words = option.text("words", faults);
        let alert = option.text("alert", faults).and_then(|word| severity(&option, &word, faults));
        let eased = option.number("eased-hours", faults);
        let (file, span) = (option.file(), option.span.clone());
        let code = number.and_then(|number| match u8::try_from(number.value) {
            Ok(code @ 1..=63) => Some(code),
            _ => {
                let message = format!("{} cannot be an option's number", number.value);
                faults.push(
                    Diagnostic::new(file, number.span, message).hint("use 1 to 63; 0 always means \"none of these\""),
                );
                None
            }
        });
        let eased_hours = eased.and_then(|hours| match u16::try_from(hours.value) {
            Ok(number) if (1..=MAX_EASED_HOURS).contains(&hours.value) => Some(number),
            _ => {
                let message = format!("`eased-hours` is {}; it must be from 1 to {MAX_EASED_HOURS}", hours.value);
                faults.push(
                    Diagnostic::new(file, hours.span, message)
                        .hint("leave it out where the symptoms have not eased, or have only just"),
                );
                None
            }
        });
        let Some(key) = key else { continue };
        check_key(&option, &key, faults);
        let concept = match &words {
            Some(words) if words.value == "none" => None,
            Some(words) => concept(&option, words, lexicon, faults),
            None => concept(&option, &key, lexicon, faults),
        };
        option.finish([], faults);
        let Some(code) = code else { continue };
        if let Some(other) = list.definitions.iter().find(|other| other.code == code) {
            let message = format!("number {code} is already the option `{}`", other.key);
            faults.push(Diagnostic::new(file, span.clone(), message));
        }
        if list.definitions.iter().any(|other| other.key == key.value) {
            let message = format!("a second option with the key `{}`", key.value);
            faults.push(Diagnostic::new(file, key.span.clone(), message));
        } else if let Some(index) = list.words.iter().position(|other| concept.is_some() && other.concept == concept) {
            let message = format!("the options `{}` and `{}` read alike", list.definitions[index].key, key.value);
            faults.push(Diagnostic::new(file, span.clone(), message).hint("one word can mean only one of the options"));
        }
        list.words.push(OptionWord { code, concept });
        list.definitions.push(OptionDefinition { code, key: key.value, severity: alert, eased_hours });
    }
    Some(list)
}

/// Reads `breathing = yes`.
fn read_condition(
    section: &Section<'_>,
    condition: &Placed<String>,
    earlier: &[Question],
    faults: &mut Diagnostics,
) -> Option<Condition> {
    let mut fault = |message: String, hint: String| {
        faults.push(Diagnostic::new(section.file(), Range::clone(&condition.span), message).hint(hint));
        None
    };
    let Some((key, wanted)) = condition.value.split_once('=') else {
        return fault(
            format!("`{}` is no condition", condition.value),
            "for example: only-if = \"breathing = yes\"".to_owned(),
        );
    };
    let (key, wanted) = (key.trim(), wanted.trim());
    let Some(index) = earlier.iter().position(|question| question.key == key) else {
        let known: Vec<&str> = earlier.iter().map(|question| question.key.as_str()).collect();
        let hint = match did_you_mean(key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "the first question is always asked".to_owned(),
            None => format!("a condition looks back; the earlier questions are {}", known.join(", ")),
        };
        return fault(format!("there is no earlier question `{key}`, so this one could never be asked"), hint);
    };
    let question = &earlier[index];
    let (test, possible) = match &question.kind {
        QuestionKind::YesNo { .. } => match wanted {
            "yes" => (Some(Test::Yes), String::new()),
            "no" => (Some(Test::No), String::new()),
            _ => (None, "yes, no".to_owned()),
        },
        QuestionKind::Choice(options) | QuestionKind::Options(options) => {
            let chosen = options.definitions.iter().find(|option| option.key == wanted);
            let keys: Vec<&str> = options.definitions.iter().map(|option| option.key.as_str()).collect();
            (chosen.map(|option| Test::Chosen(option.code)), keys.join(", "))
        }
        QuestionKind::Temperature | QuestionKind::OxygenSaturation | QuestionKind::Number { .. } => {
            ((wanted == "measured").then_some(Test::Measured), "measured".to_owned())
        }
        QuestionKind::Text | QuestionKind::Identifier { .. } => (None, String::new()),
    };
    match test {
        Some(test) => Some(Condition { question: QuestionIndex::try_from(index).ok()?, test }),
        None if possible.is_empty() => fault(
            format!("`{key}` is answered in the patient's own words, so nothing can depend on it"),
            "let it depend on a question of another kind".to_owned(),
        ),
        None => fault(
            format!("`{key}` is never `{wanted}`, so this question could never be asked"),
            format!("possible here: {possible}"),
        ),
    }
}
