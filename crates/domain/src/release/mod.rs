//! Whether the observation of a patient may end: the rules of each era as dated data, and what the answers of the last
//! day say about them. It proposes; staff decide (DOMAIN: release criteria by era). Who is asked, and when, is not
//! decided here.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::dialog::definition::{Dialog, Question, QuestionKind, ReleaseTest};
use crate::dialog::engine::{Slot, State};
use crate::observation::{Temperature, Value, YesNo};
use crate::patient::PlaceOfStay;
use crate::severity::{self, Severity, Thresholds};

/// What has to have passed before the observation may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The last day, counted from the day that the rule begins with, which is day 0. `None` where the law sets no
    /// period: then only the answers count, and the center's own last day.
    pub days: Option<u16>,
    /// For how many hours the symptoms must have been easing: no fever without medicine for it, breath improving.
    pub eased_hours: u16,
}

/// The rules of one era.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// From which day on they hold, until the next ones do.
    pub effective_from: NaiveDate,
    /// With symptoms, at home or in a hotel. Day 0 is the onset.
    pub with_symptoms: Term,
    /// With symptoms, in a hospital or a care facility. Day 0 is the onset.
    pub in_care: Term,
    /// Without symptoms. Day 0 is when the specimen was taken.
    pub without_symptoms: Term,
    /// From this temperature on it is fever.
    pub fever: Temperature,
}

/// The rules since 2022. What held in 2020 and 2021 (two weeks, two negative tests) cannot be told from answers: for a
/// day before them there is no rule, and so nothing is ever possible.
pub const RULES: [Rule; 3] = {
    const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
    }
    const FEVER: Temperature = Temperature::from_tenths(375).expect("within 34.0 to 42.0");
    const LONG: Term = Term { days: Some(10), eased_hours: 72 };
    const NO_SYMPTOMS: Term = Term { days: Some(7), eased_hours: 0 };
    [
        Rule {
            effective_from: day(2022, 1, 1),
            with_symptoms: LONG,
            in_care: LONG,
            without_symptoms: NO_SYMPTOMS,
            fever: FEVER,
        },
        Rule {
            effective_from: day(2022, 9, 7),
            with_symptoms: Term { days: Some(7), eased_hours: 24 },
            in_care: LONG,
            without_symptoms: NO_SYMPTOMS,
            fever: FEVER,
        },
        // Class 5: no period by law.
        Rule {
            effective_from: day(2023, 5, 8),
            with_symptoms: Term { days: None, eased_hours: 24 },
            in_care: Term { days: None, eased_hours: 24 },
            without_symptoms: Term { days: None, eased_hours: 0 },
            fever: FEVER,
        },
    ]
};

/// The rule that holds on a day: the latest that is in effect.
#[must_use]
pub fn rule_on(rules: &[Rule], day: NaiveDate) -> Option<&Rule> {
    rules.iter().filter(|rule| rule.effective_from <= day).max_by_key(|rule| rule.effective_from)
}

/// From which day the days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// The symptoms began on this day.
    Onset(NaiveDate),
    /// Without symptoms; the specimen was taken on this day.
    Specimen(NaiveDate),
}

/// What the records say about one patient on the day of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// The observation day of the report.
    pub today: NaiveDate,
    /// The beginning, if it is known.
    pub began: Option<Began>,
    /// Where the patient stays.
    pub place: PlaceOfStay,
    /// From which values on a report is worrying; the center's.
    pub thresholds: Thresholds,
}

/// Something that speaks against the end of the observation, or is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Doubt {
    /// There is no rule for the day, or nothing is known about the patient's course.
    Rule,
    /// It is not known when it began.
    Beginning,
    /// Too few days have passed.
    Days,
    /// An answer is missing, unknown or worrying.
    Report,
    /// Fever, or no temperature.
    Fever,
    /// The symptoms have not been easing for long enough, or it is not known.
    Eased,
    /// An answer is not the one that speaks for the end: medicine was taken, something speaks against it.
    Answers,
}

impl Doubt {
    const ALL: [Self; 7] =
        [Self::Rule, Self::Beginning, Self::Days, Self::Report, Self::Fever, Self::Eased, Self::Answers];

    const fn key(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Beginning => "beginning",
            Self::Days => "days",
            Self::Report => "report",
            Self::Fever => "fever",
            Self::Eased => "eased",
            Self::Answers => "answers",
        }
    }
}

/// Why the end of an observation is doubtful: never empty. Written as stable keys separated by spaces:
///
/// | key | means |
/// |---|---|
/// | `rule` | no rule holds on this day, or nothing is known of the patient's course |
/// | `beginning` | it is not known from which day to count |
/// | `days` | too few days have passed |
/// | `report` | an answer is missing, unknown or worrying |
/// | `fever` | fever, or no temperature |
/// | `eased` | the symptoms have not been easing for long enough, or it is not known |
/// | `answers` | another answer does not speak for it: fever medicine was taken, something speaks against it |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Doubts(u8);

impl Doubts {
    /// The stable keys.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        Doubt::ALL.into_iter().filter(move |doubt| self.0 & (1 << *doubt as u8) != 0).map(Doubt::key)
    }

    const fn insert(&mut self, doubt: Doubt) {
        self.0 |= 1 << doubt as u8;
    }
}

impl fmt::Display for Doubts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(key)?;
        }
        Ok(())
    }
}

/// What a report says about the end of the observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that is asked for is there.
    Possible,
    /// Something is not, or is not known (P9).
    Doubtful(Doubts),
}

/// Judges a report by [`RULES`].
#[must_use]
pub fn judge(dialog: &Dialog, state: &State, course: Option<&Course>) -> Verdict {
    judge_by(&RULES, dialog, state, course)
}

/// Judges a report. Possible only if everything is known and speaks for it: the report is green by the center's
/// thresholds, every question with a say in it ([`ReleaseTest`]) is answered as it must be, and enough days have passed.
#[must_use]
pub fn judge_by(rules: &[Rule], dialog: &Dialog, state: &State, course: Option<&Course>) -> Verdict {
    let mut doubts = Doubts(0);
    let rule = course.and_then(|course| rule_on(rules, course.today));
    let thresholds = course.map_or_else(Thresholds::default, |course| course.thresholds);
    if severity::assess(dialog, state, &thresholds).severity != Severity::Green {
        doubts.insert(Doubt::Report);
    }
    let term = match (course, rule) {
        (Some(course), Some(rule)) => {
            let term = course.term(rule);
            if let Some(doubt) = course.doubt_of_days(term) {
                doubts.insert(doubt);
            }
            Some((term, rule))
        }
        _ => {
            doubts.insert(Doubt::Rule);
            None
        }
    };
    let mut is_any = false;
    for (index, question) in dialog.questions.iter().enumerate() {
        let Some(test) = question.release else { continue };
        let slot = state.slots.get(index).unwrap_or(&Slot::Open);
        if *slot == Slot::NotApplicable {
            continue;
        }
        is_any = true;
        if let Some(doubt) = doubt_of_answer(question, test, slot, term) {
            doubts.insert(doubt);
        }
    }
    if !is_any {
        // No answer speaks for it, so nothing does.
        doubts.insert(Doubt::Answers);
    }
    if doubts == Doubts(0) { Verdict::Possible } else { Verdict::Doubtful(doubts) }
}

impl Course {
    const fn term(&self, rule: &Rule) -> Term {
        match (self.began, self.place) {
            (Some(Began::Specimen(_)), _) => rule.without_symptoms,
            (_, PlaceOfStay::Facility | PlaceOfStay::Hospital) => rule.in_care,
            (_, PlaceOfStay::Home | PlaceOfStay::Hotel) => rule.with_symptoms,
        }
    }

    fn doubt_of_days(&self, term: Term) -> Option<Doubt> {
        let days = term.days?;
        match self.began {
            None => Some(Doubt::Beginning),
            Some(Began::Onset(day) | Began::Specimen(day)) => {
                ((self.today - day).num_days() < i64::from(days)).then_some(Doubt::Days)
            }
        }
    }
}

/// Why an answer does not speak for the end, if it does not.
fn doubt_of_answer(question: &Question, test: ReleaseTest, slot: &Slot, term: Option<(Term, &Rule)>) -> Option<Doubt> {
    let value = match slot {
        Slot::Answered(value) => Some(value),
        _ => None,
    };
    match test {
        ReleaseTest::Yes => (value != Some(&Value::YesNo(YesNo::Yes))).then_some(Doubt::Answers),
        ReleaseTest::No => (value != Some(&Value::YesNo(YesNo::No))).then_some(Doubt::Answers),
        ReleaseTest::NoFever => match (value, term) {
            (Some(Value::Temperature(temperature)), Some((_, rule))) if *temperature < rule.fever => None,
            _ => Some(Doubt::Fever),
        },
        ReleaseTest::Eased => {
            let hours = match (&question.kind, value) {
                (QuestionKind::Choice(options), Some(Value::Choice(code))) => {
                    options.definitions.iter().find(|option| option.code == *code).and_then(|option| option.eased_hours)
                }
                _ => None,
            };
            let wanted = term.map(|(term, _)| term.eased_hours);
            let is_enough = matches!((hours, wanted), (Some(hours), Some(wanted)) if hours >= wanted);
            (!is_enough).then_some(Doubt::Eased)
        }
    }
}

#[cfg(test)]
mod tests;
