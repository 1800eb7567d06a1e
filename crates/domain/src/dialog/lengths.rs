//! How long each text can become, and how much room it has left within its segments. Whether too long is a fault,
//! and where, is [`super::check`]'s business.

use serde::Serialize;

use super::check::{Longest, longest_answers};
use super::definition::{Dialog, Proof, Question, QuestionIndex};
use super::render::{Body, LanguageTexts, Lead, Notice, Uses, Writer};
use crate::language::Language;
use crate::observation::Value;
use crate::sms::{self, Encoding};

/// A text at its longest: with the longest echo, center's name, night line and label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextLength {
    /// Its name, as in the texts file: `temperature.ask`, `notices.help`.
    pub name: String,
    /// The longest form itself.
    pub text: String,
    /// `GSM-7` or `UCS-2`.
    pub encoding: &'static str,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// How many of them its segments can hold.
    pub most: usize,
    /// What it takes.
    pub segments: usize,
    /// What it may take.
    pub budget: usize,
}

impl TextLength {
    fn new(name: String, text: String, language: Language) -> Self {
        let cost = sms::segments(&text);
        let budget = usize::from(language.segment_budget());
        let most = match (cost.encoding, budget) {
            (encoding, 1) => encoding.single(),
            (Encoding::Gsm7, more) => more * 153,
            (Encoding::Ucs2, more) => more * 67,
        };
        let (encoding, units, segments) = (cost.encoding.name(), cost.units, cost.segments);
        Self { name, text, encoding, units, most, segments, budget }
    }

    /// Whether it keeps to its segments.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.segments <= self.budget
    }

    /// How many more units it may take; 0 when it is full, or too long.
    #[must_use]
    pub const fn room(&self) -> usize {
        if self.fits() { self.most.saturating_sub(self.units) } else { 0 }
    }
}

/// The texts of a language, each at its longest, in the order of asking, notices last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LanguageLengths {
    /// The language.
    pub language: Language,
    /// Its texts. Echoes are counted in the questions before which they stand, `night` where it is named.
    pub texts: Vec<TextLength>,
}

impl LanguageLengths {
    /// The text that has the least room left.
    #[must_use]
    pub fn tightest(&self) -> Option<&TextLength> {
        self.texts.iter().min_by_key(|text| (text.fits(), text.room()))
    }
}

impl Dialog {
    /// How long the texts of each language can become.
    #[must_use]
    pub fn lengths(&self) -> Vec<LanguageLengths> {
        let uses = self.uses();
        let of = |texts: &LanguageTexts| LanguageLengths {
            language: texts.language,
            texts: measure(&self.questions, uses, texts).into_iter().map(|(_, text)| text).collect(),
        };
        self.texts.languages.iter().map(of).collect()
    }
}

/// Which text of a language something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Ask(usize),
    AskAgain(usize),
    Confirm(usize),
    Notice(usize),
}

/// Every text of a language at its longest: those that the dialog says.
pub(super) fn measure(questions: &[Question], uses: Uses, texts: &LanguageTexts) -> Vec<(Which, TextLength)> {
    let longest = Longest::new(texts.gsm);
    let context = longest.context(texts.language);
    let writer = Writer { texts, context: &context };
    let mut found = Vec::new();
    let mut add = |which, name: String, all: &[(Lead<'_>, Body<'_>)]| {
        let longest = all.iter().map(|(lead, body)| writer.write(&[*lead], *body));
        // Not by units alone: a text that one character has turned to UCS-2 is the longer one.
        let longest = longest.map(|text| TextLength::new(name.clone(), text, texts.language));
        found.extend(longest.max_by_key(|text| (text.segments, text.units)).map(|text| (which, text)));
    };
    for (index, question) in questions.iter().enumerate() {
        let Ok(number) = QuestionIndex::try_from(index) else { continue };
        let key = &question.key;
        // Whatever may have to stand before the question. What else can is left out where it does not fit.
        let echoes: Vec<[(QuestionIndex, Value); 1]> = (0..number)
            .zip(questions)
            .flat_map(|(earlier, question)| longest_answers(question).into_iter().map(move |value| [(earlier, value)]))
            .collect();
        let ask = Body::Ask(number);
        let mut leads = vec![(Lead::Notice(Notice::Skipped), ask), (Lead::Notice(Notice::Picture), ask)];
        leads.extend(echoes.iter().map(|echo| (Lead::Echo(echo), ask)));
        if index == 0 {
            leads.push((Lead::Notice(Notice::Opening), ask));
            leads.push((Lead::Notice(Notice::Reminder), ask));
        }
        if let Some(proof) = question.proof {
            leads.push((Lead::Notice(Notice::TooEarly), ask));
            if matches!(proof, Proof::Identity { .. }) {
                leads.push((Lead::Notice(Notice::NotMatching), ask));
            }
        }
        add(Which::Ask(index), format!("{key}.ask"), &leads);
        add(Which::AskAgain(index), format!("{key}.ask-again"), &[(Lead::None, Body::AskAgain(number))]);
        if texts.questions.get(index).is_some_and(|texts| texts.confirm.is_some()) {
            let answers = longest_answers(question);
            let all: Vec<_> = answers.iter().map(|value| (Lead::None, Body::Confirm(number, value))).collect();
            add(Which::Confirm(index), format!("{key}.confirm"), &all);
        }
    }
    for (index, notice) in Notice::ALL.iter().enumerate() {
        // Both are parts of other texts.
        let is_part = matches!(notice, Notice::Night | Notice::Center);
        if !is_part && notice.is_used(uses) {
            let name = format!("notices.{}", notice.key());
            add(Which::Notice(index), name, &[(Lead::None, Body::Notice(*notice))]);
        }
    }
    found
}
