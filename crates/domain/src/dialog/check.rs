//! What a dialog must keep to beyond its grammar: each text within its segments at its longest, and languages that
//! agree. Characters and words that may not stand in a text are [`super::wording`]'s business.

use super::definition::{Question, QuestionKind};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::engine::{Context, Known};
use super::lengths::{self, TextLength, Which};
use super::render::{
    Body, CENTER_SEPTETS, CENTER_UNITS, DEADLINE_UNITS, LABEL_UNITS, LanguageTexts, Lead, NIGHT_LINE_UNITS, Notice,
    Uses, Writer,
};
use super::template::Placeholder;
use super::texts::{PlacedText, Places, inside};
use super::wording;
use crate::language::Language;
use crate::observation::{OptionSet, OxygenSaturation, Temperature, Value, YesNo};
use crate::sms;

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

/// What may stand in no text: characters that cost dearly or that old phones do not show, and private words.
fn characters(language: Language, places: &Places<'_>, faults: &mut Diagnostics) {
    for PlacedText { name, found, .. } in &places.all {
        for objection in wording::objections(language, name, &found.text.value) {
            let fault = Diagnostic::new(found.file, inside(found.file, &found.text, &objection.at), objection.message);
            faults.push(match objection.hint {
                // The file is TOML.
                Some(wording::Hint::Write("\"")) => fault.hint("write \" (as \\\" inside quotation marks)"),
                Some(hint) => fault.hint(hint.to_string()),
                None => fault,
            });
        }
    }
}
