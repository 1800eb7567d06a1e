//! What a dialog must keep to beyond its grammar: each text within its segments at its longest, characters that
//! old phones show, languages that agree, and nothing about the patient (P13).

use super::definition::{Question, QuestionKind};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::engine::{Context, Known};
use super::layers::Found;
use super::lengths::{self, TextLength, Which};
use super::render::{
    Body, CENTER_SEPTETS, CENTER_UNITS, DEADLINE_UNITS, LABEL_UNITS, LanguageTexts, Lead, NIGHT_LINE_UNITS, Notice,
    Uses, Writer,
};
use super::template::Placeholder;
use super::texts::{PlacedText, Places, inside};
use crate::language::Language;
use crate::observation::{OptionSet, OxygenSaturation, Temperature, Value, YesNo};
use crate::sms;

/// Words that say what somebody has, or which register they stand in: never in a text (P13).
const PRIVATE_WORDS: [&str; 10] =
    ["covid", "corona", "コロナ", "ころな", "感染", "陽性", "her-sys", "hersys", "新冠", "코로나"];

/// Checks one language.
pub(super) fn language(
    questions: &[Question],
    uses: Uses,
    texts: &LanguageTexts,
    places: &Places<'_>,
    faults: &mut Diagnostics,
) {
    characters(texts.language, places, faults);
    budgets(questions, uses, texts, places, faults);
    parts(questions, texts, places, faults);
}

/// Compares a language with the first one.
pub(super) fn agreement(first: (Language, &Places<'_>), other: &Places<'_>, faults: &mut Diagnostics) {
    for PlacedText { name, found, placeholders } in &other.all {
        let Some(wanted) = first.1.all.iter().find(|other| other.name == *name) else { continue };
        let wanted = &wanted.placeholders;
        // The night line is a matter of taste of each text; the notices that need it say so themselves.
        let differs = |a: &[Placeholder], b: &[Placeholder]| {
            a.iter().filter(|each| !b.contains(each)).map(|each| format!("{{{}}}", each.word())).collect::<Vec<_>>()
        };
        let (missing, more) = (differs(wanted, placeholders), differs(placeholders, wanted));
        if missing.is_empty() && more.is_empty() {
            continue;
        }
        let what = if missing.is_empty() {
            format!("`{name}` has {} here, and in `{}` it has not", more.join(", "), first.0)
        } else {
            format!("`{name}` has {} in `{}`, and not here", missing.join(", "), first.0)
        };
        faults.push(found.place().fault(what));
    }
}

/// The longest that everything can be which is filled into texts.
pub(super) struct Longest {
    center: String,
    deadline: String,
    night_line: String,
    label: String,
}

impl Longest {
    pub(super) fn new(gsm: bool) -> Self {
        let center = if gsm { "C".repeat(CENTER_SEPTETS) } else { "所".repeat(CENTER_UNITS) };
        Self {
            center,
            deadline: "0".repeat(DEADLINE_UNITS),
            night_line: "0".repeat(NIGHT_LINE_UNITS),
            label: "A".repeat(LABEL_UNITS),
        }
    }

    pub(super) fn context(&self, language: Language) -> Context<'_> {
        Context {
            language,
            center: &self.center,
            deadline: &self.deadline,
            night_line: Some(&self.night_line),
            attended: true,
            late: false,
            label: Some(&self.label),
            known: Known::default(),
        }
    }
}

/// Answers among which is the longest echo and the longest confirmation of a question.
pub(super) fn longest_answers(question: &Question) -> Vec<Value> {
    match &question.kind {
        QuestionKind::Identifier { .. } if question.proof.is_some() => {
            [YesNo::Yes, YesNo::Unknown].map(Value::YesNo).to_vec()
        }
        QuestionKind::Temperature => vec![Value::Temperature(Temperature::MAX), Value::NotMeasured],
        QuestionKind::OxygenSaturation => {
            let full = OxygenSaturation::from_percent(100).map(Value::OxygenSaturation);
            full.into_iter().chain([Value::NotMeasured]).collect()
        }
        QuestionKind::YesNo { .. } => [YesNo::Yes, YesNo::No, YesNo::Unknown].map(Value::YesNo).to_vec(),
        QuestionKind::Choice(options) => options.definitions.iter().map(|option| Value::Choice(option.code)).collect(),
        QuestionKind::Options(options) => {
            let mut codes: Vec<u8> = options.definitions.iter().map(|option| option.code).collect();
            codes.sort_unstable_by(|a, b| b.cmp(a));
            let few: OptionSet = codes.iter().copied().take(super::render::ECHOED_OPTIONS).collect();
            [OptionSet::NONE, few, codes.into_iter().collect()].map(Value::Options).to_vec()
        }
        QuestionKind::Number { min, max } => vec![Value::Number(*min), Value::Number(*max), Value::NotMeasured],
        QuestionKind::Text => vec![Value::Text, Value::Nothing],
        QuestionKind::Identifier { max_digits, .. } => {
            vec![Value::Identifier("0".repeat(usize::from(*max_digits)).into())]
        }
    }
}

/// What the longest forms must keep to.
fn budgets(questions: &[Question], uses: Uses, texts: &LanguageTexts, places: &Places<'_>, faults: &mut Diagnostics) {
    for (which, length) in lengths::measure(questions, uses, texts) {
        if length.fits() {
            continue;
        }
        let place = match which {
            Which::Ask(index) => places.questions.get(index).map(|place| &place.ask),
            Which::AskAgain(index) => places.questions.get(index).map(|place| &place.ask_again),
            Which::Confirm(index) => places.questions.get(index).map(|place| &place.confirm),
            Which::Notice(index) => places.notices.get(index),
        };
        let Some(place) = place else { continue };
        let TextLength { name, text, encoding, units, most, segments, budget } = length;
        let message = format!(
            "`{name}` is too long: at its longest {units} units ({encoding}), {segments} segments; {budget} allowed in `{}`",
            texts.language,
        );
        let over = units.saturating_sub(most).max(1);
        faults.push(
            place
                .fault(message)
                .hint(format!("shorten it, or what stands before it, by {over}; its longest form is: {text}")),
        );
    }
}

/// What stands in other texts: the center's replacement, and the echoes.
fn parts(questions: &[Question], texts: &LanguageTexts, places: &Places<'_>, faults: &mut Diagnostics) {
    let longest = Longest::new(texts.gsm);
    let context = longest.context(texts.language);
    let writer = Writer { texts, context: &context };
    let text = writer.write(&[Lead::None], Body::Notice(Notice::Center));
    let units = sms::measure(&text).1 - LABEL_UNITS - 1;
    let most = if texts.gsm { CENTER_SEPTETS } else { CENTER_UNITS };
    if let Some(place) = places.notices.get(Notice::Center as usize).filter(|_| units > most) {
        let message = format!("`notices.center` takes {units} units; it stands for a name of at most {most}");
        faults.push(place.fault(message));
    }
    for ((number, question), place) in (0..).zip(questions).zip(&places.questions) {
        let too_long = longest_answers(question).into_iter().any(|value| {
            let text = writer.write(&[Lead::Echo(&[(number, value)])], Body::Notice(Notice::Night));
            !writer.fits(&text)
        });
        if too_long {
            faults.push(place.echo.fault(format!("`{}.echo` is too long", question.key)));
        }
    }
}

/// Whether a language is written in letters that GSM-7 has, so that one character outside it costs dearly.
pub(super) const fn is_latin(language: Language) -> bool {
    matches!(language, Language::En | Language::Tl)
}

fn characters(language: Language, places: &Places<'_>, faults: &mut Diagnostics) {
    for PlacedText { name, found: Found { file, text }, .. } in &places.all {
        for (at, character) in text.value.char_indices() {
            let here = inside(file, text, &(at..at + character.len_utf8()));
            let code = u32::from(character);
            let fault = if is_latin(language) && sms::gsm_septets(character).is_none() {
                let message = format!(
                    "`{character}` (U+{code:04X}) is not in GSM-7: one character turns the whole text to UCS-2, and it \
                     then holds 70 units, not 160"
                );
                let fault = Diagnostic::new(file, here, message);
                match plain(character) {
                    Some("\"") => fault.hint("write \" (as \\\" inside quotation marks)"),
                    Some(" ") => fault.hint("write a plain space"),
                    Some(plain) => fault.hint(format!("write {plain}")),
                    None => fault.hint("leave it out, or say it in plain letters"),
                }
            } else if code > 0xffff || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{fe0f}' | '\u{200d}') {
                let message = format!("U+{code:04X} in `{name}` is a pictogram: old phones show a box, or nothing");
                Diagnostic::new(file, here, message)
            } else if character.is_control() && !matches!(character, '\n' | '\r') {
                Diagnostic::new(file, here, format!("U+{code:04X} in `{name}` is a control character"))
            } else {
                continue;
            };
            faults.push(fault);
        }
        // Letter by letter, so that a place in the one is a place in the other.
        let lower: String = text.value.chars().map(|each| each.to_lowercase().next().unwrap_or(each)).collect();
        for word in PRIVATE_WORDS {
            let Some(at) = lower.find(word) else { continue };
            let characters = lower[..at].chars().count();
            let from = text.value.char_indices().nth(characters).map_or(0, |(at, _)| at);
            let to = from + text.value[from..].chars().take(word.chars().count()).map(char::len_utf8).sum::<usize>();
            faults.push(
                Diagnostic::new(file, inside(file, text, &(from..to)), format!("`{name}` says `{word}`"))
                    .hint("a text may lie open on a locked phone: no name, disease or register number in it"),
            );
        }
    }
}

/// What to write in GSM-7 in place of a character that word processors put in by themselves.
pub(super) const fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '`' | '´' | '′' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '–' | '—' | '‐' | '‑' | '−' | '•' | '·' => "-",
        '…' => "...",
        '\u{a0}' | '\u{3000}' | '\u{202f}' | '\u{2009}' => " ",
        '°' => "degrees",
        'ç' => "c",
        _ => return None,
    })
}
