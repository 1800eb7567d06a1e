//! What a dialog must keep to beyond its grammar: each text within its segments at its longest, characters that
//! old phones show, languages that agree, and nothing about the patient (P13).

use super::definition::{Proof, Question, QuestionIndex, QuestionKind};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::document::Placed;
use super::engine::{Context, Known};
use super::layers::Place;
use super::render::{
    Body, CENTER_SEPTETS, CENTER_UNITS, DEADLINE_UNITS, LABEL_UNITS, LanguageTexts, Lead, NIGHT_LINE_UNITS, Notice,
    Uses, Writer,
};
use super::template::Placeholder;
use super::texts::{Places, inside};
use crate::language::Language;
use crate::observation::{OptionSet, OxygenSaturation, Temperature, Value, YesNo};
use crate::sms::{self, Encoding};

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
    let longest = Longest::new(texts.gsm);
    let context = longest.context(texts.language);
    let check = Check { questions, uses, texts, places, writer: Writer { texts, context: &context } };
    check.notices(faults);
    for index in 0..questions.len() {
        check.question(index, faults);
    }
}

/// Compares a language with the first one.
pub(super) fn agreement(first: (Language, &Places<'_>), other: &Places<'_>, faults: &mut Diagnostics) {
    for (name, place, placeholders) in &other.all {
        let Some((_, _, wanted)) = first.1.all.iter().find(|(other, _, _)| other == name) else { continue };
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
        faults.push(place.fault(what));
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

struct Check<'a> {
    questions: &'a [Question],
    uses: Uses,
    texts: &'a LanguageTexts,
    places: &'a Places<'a>,
    writer: Writer<'a>,
}

impl Check<'_> {
    fn notices(&self, faults: &mut Diagnostics) {
        let used = Notice::ALL.iter().zip(&self.places.notices).filter(|(notice, _)| notice.is_used(self.uses));
        for (notice, place) in used {
            let name = format!("notices.{}", notice.key());
            match notice {
                Notice::Night => {}
                Notice::Center => {
                    let text = self.writer.write(&[Lead::None], Body::Notice(*notice));
                    let units = sms::measure(&text).1 - LABEL_UNITS - 1;
                    let most = if self.texts.gsm { CENTER_SEPTETS } else { CENTER_UNITS };
                    if units > most {
                        let message = format!("`{name}` takes {units} units; it stands for a name of at most {most}");
                        faults.push(place.fault(message));
                    }
                }
                notice => self.budget(&name, place, &[(Lead::None, Body::Notice(*notice))], faults),
            }
        }
    }

    fn question(&self, index: usize, faults: &mut Diagnostics) {
        let Ok(number) = QuestionIndex::try_from(index) else { return };
        let key = &self.questions[index].key;
        let place = &self.places.questions[index];
        // Whatever may have to stand before the question. What else can is left out where it does not fit.
        let echoes: Vec<[(QuestionIndex, Value); 1]> = (0..number)
            .zip(self.questions)
            .flat_map(|(earlier, question)| longest_answers(question).into_iter().map(move |value| [(earlier, value)]))
            .collect();
        let ask = Body::Ask(number);
        let mut leads = vec![(Lead::Notice(Notice::Skipped), ask), (Lead::Notice(Notice::Picture), ask)];
        leads.extend(echoes.iter().map(|echo| (Lead::Echo(echo), ask)));
        if index == 0 {
            leads.push((Lead::Notice(Notice::Opening), ask));
            leads.push((Lead::Notice(Notice::Reminder), ask));
        }
        if let Some(proof) = self.questions[index].proof {
            leads.push((Lead::Notice(Notice::TooEarly), ask));
            if matches!(proof, Proof::Identity { .. }) {
                leads.push((Lead::Notice(Notice::NotMatching), ask));
            }
        }
        self.budget(&format!("{key}.ask"), &place.ask, &leads, faults);
        self.budget(&format!("{key}.ask-again"), &place.ask_again, &[(Lead::None, Body::AskAgain(number))], faults);
        if self.texts.questions[index].confirm.is_some() {
            let answers = longest_answers(&self.questions[index]);
            let all: Vec<_> = answers.iter().map(|value| (Lead::None, Body::Confirm(number, value))).collect();
            self.budget(&format!("{key}.confirm"), &place.confirm, &all, faults);
        }
        for value in longest_answers(&self.questions[index]) {
            let text = self.writer.write(&[Lead::Echo(&[(number, value)])], Body::Notice(Notice::Night));
            if !self.writer.fits(&text) {
                faults.push(place.echo.fault(format!("`{key}.echo` is too long")));
            }
        }
    }

    /// Reports the text at its longest if it takes more segments than its language allows.
    fn budget(&self, name: &str, place: &Place<'_>, all: &[(Lead<'_>, Body<'_>)], faults: &mut Diagnostics) {
        let longest =
            all.iter().map(|(lead, body)| self.writer.write(&[*lead], *body)).max_by_key(|text| sms::measure(text).1);
        let Some(text) = longest.filter(|text| !self.writer.fits(text)) else { return };
        let cost = sms::segments(&text);
        let budget = usize::from(self.texts.language.segment_budget());
        let most = match (cost.encoding, budget) {
            (encoding, 1) => encoding.single(),
            (Encoding::Gsm7, more) => more * 153,
            (Encoding::Ucs2, more) => more * 67,
        };
        let message = format!(
            "`{name}` is too long: at its longest {} units ({}), {} segments; {budget} allowed in `{}`",
            cost.units,
            cost.encoding.name(),
            cost.segments,
            self.texts.language,
        );
        let over = cost.units.saturating_sub(most).max(1);
        faults.push(
            place
                .fault(message)
                .hint(format!("shorten it, or what stands before it, by {over}; its longest form is: {text}")),
        );
    }
}

/// Whether a language is written in letters that GSM-7 has, so that one character outside it costs dearly.
const fn is_latin(language: Language) -> bool {
    matches!(language, Language::En | Language::Tl)
}

fn characters(language: Language, places: &Places<'_>, faults: &mut Diagnostics) {
    for (name, Place { file, span }, _) in &places.all {
        let raw = file.text.get(span.clone()).unwrap_or_default();
        for (at, character) in raw.char_indices() {
            let here = span.start + at..span.start + at + character.len_utf8();
            let code = u32::from(character);
            let fault = if (is_latin(language)) && sms::gsm_septets(character).is_none() {
                let plain = match character {
                    '‘' | '’' | '`' => "; write '",
                    '“' | '”' => "; write \"",
                    '–' | '—' => "; write -",
                    '…' => "; write ...",
                    _ => "",
                };
                format!("`{character}` (U+{code:04X}) is not in GSM-7: one text then holds 70 units, not 160{plain}")
            } else if code > 0xffff || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{fe0f}' | '\u{200d}') {
                format!("U+{code:04X} in `{name}` is a pictogram: old phones show a box, or nothing")
            } else if character.is_control() && !matches!(character, '\n' | '\r') {
                format!("U+{code:04X} in `{name}` is a control character")
            } else {
                continue;
            };
            faults.push(Diagnostic::new(file, here, fault));
        }
        let lower = raw.to_lowercase();
        for word in PRIVATE_WORDS.iter().filter(|word| lower.contains(**word)) {
            let placed = Placed { value: raw.to_owned(), span: span.clone() };
            let at = raw.to_lowercase().find(word).filter(|at| raw.is_char_boundary(*at)).unwrap_or(0);
            let here = inside(file, &placed, &(at..(at + word.len()).min(raw.len())));
            faults.push(
                Diagnostic::new(file, here, format!("`{name}` says `{word}`"))
                    .hint("a text may lie open on a locked phone: no name, disease or register number in it"),
            );
        }
    }
}
