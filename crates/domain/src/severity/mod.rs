//! How worrying a check-in is, and why. The thresholds are the center's, and have a version. Who is called first
//! is [`crate::chase_list`]'s business.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check_in::Completeness;
use crate::dialog::definition::{Dialog, OptionDefinition, OptionList, Question, QuestionKind};
use crate::dialog::engine::{SkipReason, Slot, State};
use crate::observation::{OxygenSaturation, Temperature, Value, YesNo};

/// How urgent it is. Ordered: a later variant is more urgent. `Unknown` is never shown as green (P9) and is
/// more urgent than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Every required answer is there, and none is worrying.
    Green,
    /// Something required is missing.
    Unknown,
    /// Call within two hours.
    Orange,
    /// Act now.
    Red,
}

impl Severity {
    /// The stable key, as in tables and the API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Unknown => "unknown",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }
}

/// The bounds at which a measured value is worrying; the center's, versioned, confirmed by a nurse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Grows with every change; stored with each classification.
    pub version: u32,
    /// Red at or below this oxygen saturation. Default 93 % (DOMAIN.md 1.8: moderate II).
    pub oxygen_red: OxygenSaturation,
    /// Orange at or below this oxygen saturation. Default 95 %.
    pub oxygen_orange: OxygenSaturation,
    /// Orange at or above this temperature. Default 38.5 °C (DOMAIN.md 1.1).
    pub temperature_orange: Temperature,
}

impl Default for Thresholds {
    /// Version 1: the bounds of DESIGN.md, section 7.
    fn default() -> Self {
        const {
            Self {
                version: 1,
                oxygen_red: OxygenSaturation::from_percent(93).expect("within 50 to 100"),
                oxygen_orange: OxygenSaturation::from_percent(95).expect("within 50 to 100"),
                temperature_orange: Temperature::from_tenths(385).expect("within 34.0 to 42.0"),
            }
        }
    }
}

/// What is wrong with a center's thresholds, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdsError {
    /// Versions count from 1, so that 0 can never stand for "classified by nothing".
    #[error("the version of the thresholds must be 1 or more")]
    NoVersion,
    /// Orange would never be reached.
    #[error("the orange bound for oxygen ({orange} %) must be higher than the red one ({red} %)")]
    OxygenOrder {
        /// The red bound.
        red: OxygenSaturation,
        /// The orange bound.
        orange: OxygenSaturation,
    },
    /// A value below 80 % must be confirmed anyway, so a bound there would never be reached.
    #[error("the red bound for oxygen ({0} %) must be 80 % or more: lower values are warning signs in any case")]
    OxygenRedTooLow(OxygenSaturation),
    /// Everybody would be orange.
    #[error("the orange bound for oxygen ({0} %) must be 98 % or less: above it, everybody would be orange")]
    OxygenOrangeTooHigh(OxygenSaturation),
    /// Outside of what can mean fever.
    #[error("the orange bound for the temperature ({0} °C) must be between 37.0 and 40.0 °C")]
    TemperatureOutOfRange(Temperature),
}

impl Thresholds {
    /// Whether these bounds can be worked with. Which ones are right is a nurse's decision.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<ThresholdsError>> {
        let Self { version, oxygen_red, oxygen_orange, temperature_orange } = *self;
        let mut errors = Vec::new();
        if version == 0 {
            errors.push(ThresholdsError::NoVersion);
        }
        if oxygen_orange <= oxygen_red {
            errors.push(ThresholdsError::OxygenOrder { red: oxygen_red, orange: oxygen_orange });
        }
        if !oxygen_red.is_plausible() {
            errors.push(ThresholdsError::OxygenRedTooLow(oxygen_red));
        }
        if oxygen_orange.percent() > 98 {
            errors.push(ThresholdsError::OxygenOrangeTooHigh(oxygen_orange));
        }
        if !(370..=400).contains(&temperature_orange.tenths()) {
            errors.push(ThresholdsError::TemperatureOutOfRange(temperature_orange));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Thresholds {
    /// How worrying this temperature is, if it is.
    #[must_use]
    pub fn temperature(&self, temperature: Temperature) -> Option<Severity> {
        (temperature >= self.temperature_orange).then_some(Severity::Orange)
    }

    /// How worrying this oxygen saturation is, if it is. A bound belongs to the worse side.
    #[must_use]
    pub fn oxygen(&self, oxygen: OxygenSaturation) -> Option<Severity> {
        if oxygen <= self.oxygen_red {
            Some(Severity::Red)
        } else if oxygen <= self.oxygen_orange {
            Some(Severity::Orange)
        } else {
            None
        }
    }
}

/// One reason for a severity, or something that staff should see beside it. The keys are stable:
///
/// | key | means |
/// |---|---|
/// | `chest-pain`, … | a warning sign ([`crate::reply::WarningSign::key`]) |
/// | `oxygen-red`, `temperature-orange`, … | the value of this question is beyond this bound |
/// | `breathing-yes` | a worrying yes to this question |
/// | `cannot-eat`, … | a worrying option was chosen |
/// | `missing:oxygen` | not answered yet |
/// | `skipped:oxygen` | the patient left it out |
/// | `not-understood:oxygen` | given up after two replies that could not be understood |
/// | `not-confirmed:her-sys-id` | given up: every identifier that was tried was another than the expected one |
/// | `not-asked:oxygen` | this dialog does not ask for it at all, so nothing is known of it (`temperature`, `oxygen`, `signs`) |
/// | `unknown:breathing` | the patient does not know, or the answer does not fit the question |
/// | `not-measured:oxygen` | answered: there is no measurement |
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// How urgent this alone would be. [`Severity::Green`] for what is only shown.
    pub severity: Severity,
    /// The stable key.
    pub key: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

/// How worrying a report is, how much of it is there, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The most urgent of the reasons' severities; [`Severity::Green`] only if everything that could worry was
    /// asked and answered.
    pub severity: Severity,
    /// How much is there.
    pub completeness: Completeness,
    /// The most urgent first, each once.
    pub reasons: Vec<Reason>,
}

impl Assessment {
    /// The keys of the reasons, separated by spaces, as tables keep them.
    #[must_use]
    pub fn reason_keys(&self) -> String {
        self.reasons.iter().map(|reason| reason.key.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Classifies a report by the rules of DESIGN.md, section 7.
///
/// Red and orange need one reason only, whatever else is missing. Green needs an answer to every applicable
/// question that is required or whose answer can worry, and nothing worrying among them; everything else is
/// unknown (P9). A dialog that asks for no temperature, no oxygen level or no warning signs is never green: what was
/// not asked is no healthy answer, though a report that answers all that was asked is complete. "Not measured" is an answer: it leaves a report complete, and stays visible as a reason. "I do
/// not know" to a worrying question is no healthy answer: the severity is unknown.
#[must_use]
pub fn assess(dialog: &Dialog, state: &State, thresholds: &Thresholds) -> Assessment {
    let mut reasons: Vec<Reason> =
        state.signs.iter().map(|sign| Reason { severity: Severity::Red, key: sign.key().to_owned() }).collect();
    let (mut any_answer, mut all_required) = (false, true);
    for (index, question) in dialog.questions.iter().enumerate() {
        // A state that is shorter than its dialog is damaged; what is not there was not answered.
        let slot = state.slots.get(index).unwrap_or(&Slot::Open);
        let missing = match slot {
            Slot::NotApplicable => continue,
            Slot::Answered(value) => {
                any_answer = true;
                reasons.extend(judge(question, value, thresholds));
                continue;
            }
            Slot::Open => "missing",
            Slot::Skipped(SkipReason::ByPatient) => "skipped",
            Slot::Skipped(SkipReason::NotUnderstood) => "not-understood",
            Slot::Skipped(SkipReason::NotConfirmed) => "not-confirmed",
        };
        all_required &= !question.required;
        if question.is_needed() {
            reasons.push(Reason { severity: Severity::Unknown, key: format!("{missing}:{}", question.key) });
        }
    }
    reasons.extend(not_asked(dialog));
    let completeness = match (any_answer, all_required) {
        (false, _) => Completeness::None,
        (true, false) => Completeness::Partial,
        (true, true) => Completeness::Complete,
    };
    // The most urgent first; equal ones stay in the order of asking.
    reasons.sort_by_key(|reason| Reverse(reason.severity));
    let mut seen = HashSet::new();
    reasons.retain(|reason| seen.insert(reason.key.clone()));
    let at_best = if completeness == Completeness::Complete { Severity::Green } else { Severity::Unknown };
    let severity = reasons.first().map_or(at_best, |reason| reason.severity.max(at_best));
    Assessment { severity, completeness, reasons }
}

/// What a dialog does not ask for, though nobody can be called healthy without it.
fn not_asked(dialog: &Dialog) -> impl Iterator<Item = Reason> {
    let asks = |wanted: fn(&Question) -> bool| dialog.questions.iter().any(wanted);
    [
        ("temperature", asks(|question| matches!(question.kind, QuestionKind::Temperature))),
        ("oxygen", asks(|question| matches!(question.kind, QuestionKind::OxygenSaturation))),
        ("signs", asks(Question::can_be_red)),
    ]
    .into_iter()
    .filter(|(_, is_asked)| !is_asked)
    .map(|(what, _)| Reason { severity: Severity::Unknown, key: format!("not-asked:{what}") })
}

impl Question {
    /// Whether a report without an answer to it cannot be called healthy: it is required, or some answer to it
    /// is worrying.
    fn is_needed(&self) -> bool {
        let can_worry = match &self.kind {
            QuestionKind::Temperature | QuestionKind::OxygenSaturation => true,
            QuestionKind::YesNo { yes, .. } => yes.is_some(),
            QuestionKind::Choice(options) | QuestionKind::Options(options) => {
                options.definitions.iter().any(|option| option.severity.is_some())
            }
            QuestionKind::Number { .. } | QuestionKind::Text | QuestionKind::Identifier { .. } => false,
        };
        self.required || can_worry
    }
}

/// What one answer gives reason for.
fn judge(question: &Question, value: &Value, thresholds: &Thresholds) -> Vec<Reason> {
    let key = &question.key;
    let beyond_bound = |severity: Severity| Reason { severity, key: format!("{key}-{}", severity.key()) };
    match (&question.kind, value) {
        (QuestionKind::Temperature, Value::Temperature(temperature)) => {
            thresholds.temperature(*temperature).map(beyond_bound).into_iter().collect()
        }
        (QuestionKind::OxygenSaturation, Value::OxygenSaturation(oxygen)) => {
            thresholds.oxygen(*oxygen).map(beyond_bound).into_iter().collect()
        }
        (QuestionKind::YesNo { yes: Some(severity), .. }, Value::YesNo(YesNo::Yes)) => {
            vec![Reason { severity: *severity, key: format!("{key}-yes") }]
        }
        (QuestionKind::YesNo { yes: Some(_), .. }, Value::YesNo(YesNo::Unknown)) => no_better_than_none(question),
        (QuestionKind::YesNo { .. }, Value::YesNo(_)) => Vec::new(),
        (QuestionKind::Choice(options), Value::Choice(code)) => judge_option(question, options, *code),
        (QuestionKind::Options(options), Value::Options(chosen)) => {
            chosen.iter().flat_map(|code| judge_option(question, options, code)).collect()
        }
        (
            QuestionKind::Temperature | QuestionKind::OxygenSaturation | QuestionKind::Number { .. },
            Value::NotMeasured,
        ) => vec![Reason { severity: Severity::Green, key: format!("not-measured:{key}") }],
        (QuestionKind::Number { .. }, Value::Number(_))
        | (QuestionKind::Text, Value::Text | Value::Nothing)
        | (QuestionKind::Identifier { .. }, Value::Identifier(_)) => Vec::new(),
        (QuestionKind::Identifier { .. }, Value::YesNo(YesNo::Yes)) if question.proof.is_some() => Vec::new(),
        // An answer that does not fit its question.
        _ => no_better_than_none(question),
    }
}

/// What one chosen option gives reason for.
fn judge_option(question: &Question, options: &OptionList, code: u8) -> Vec<Reason> {
    match options.definitions.iter().find(|option| option.code == code) {
        Some(OptionDefinition { severity: Some(severity), key, .. }) => {
            vec![Reason { severity: *severity, key: key.clone() }]
        }
        Some(_) => Vec::new(),
        None => no_better_than_none(question),
    }
}

/// An answer from which nothing follows for the patient's health leaves open what a missing one would (P9).
fn no_better_than_none(question: &Question) -> Vec<Reason> {
    let unknown = || Reason { severity: Severity::Unknown, key: format!("unknown:{}", question.key) };
    question.is_needed().then(unknown).into_iter().collect()
}

#[cfg(test)]
mod tests;
