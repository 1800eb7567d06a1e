//! The range of an answer, and what is measured, going by its names.

use super::super::draft::{DraftKind, InLanguages};

/// A whole number without a range of its own is asked for from 0 to this.
const LARGEST_NUMBER: i32 = 9999;

/// What a constraint says.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) min: Option<(f64, bool)>,
    pub(super) max: Option<(f64, bool)>,
    pub(super) pattern: Option<String>,
    pub(super) is_given: bool,
}

impl Limits {
    /// Whether a number is a body temperature or an oxygen level, going by its names and its range.
    pub(super) fn measures(&self, name: &str, labels: &InLanguages) -> Option<DraftKind> {
        let words: Vec<String> = std::iter::once(name)
            .chain(labels.values().map(String::as_str))
            .flat_map(|text| {
                text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>()
            })
            .collect();
        let named = |all: &[&str]| words.iter().any(|word| all.contains(&word.as_str()));
        let contains = |all: &[&str]| labels.values().any(|label| all.iter().any(|word| label.contains(word)));
        let within = |low: f64, high: f64| {
            self.min.is_none_or(|(min, _)| (low..=high).contains(&min))
                && self.max.is_none_or(|(max, _)| (low..=high).contains(&max))
        };
        let warm = named(&["temperature", "temp", "taion"]) || contains(&["体温", "體溫", "체온", "たいおん"]);
        let oxygen = named(&["spo2", "sao2", "oxygen", "saturation"]) || contains(&["SpO2", "酸素", "血氧", "산소"]);
        match (warm, oxygen) {
            (true, false) if within(25.0, 45.0) => Some(DraftKind::Temperature),
            (false, true) if within(0.0, 100.0) => Some(DraftKind::Oxygen),
            _ => None,
        }
    }

    /// A whole number in its range, and whether that is the range of the form.
    pub(super) fn number(&self) -> (DraftKind, bool) {
        let (min, max) = (
            self.min.map(|(bound, included)| lowest(bound, included)),
            self.max.map(|(bound, included)| highest(bound, included)),
        );
        number(min, max)
    }
}

fn lowest(bound: f64, included: bool) -> f64 {
    if included || bound.fract() != 0.0 { bound.ceil() } else { bound + 1.0 }
}

fn highest(bound: f64, included: bool) -> f64 {
    if included || bound.fract() != 0.0 { bound.floor() } else { bound - 1.0 }
}

fn number(min: Option<f64>, max: Option<f64>) -> (DraftKind, bool) {
    let whole = |bound: Option<f64>| {
        let bound = bound.filter(|bound| (0.0..=f64::from(i32::MAX)).contains(bound))?;
        #[expect(clippy::cast_possible_truncation, reason = "it was just found to be within the bounds, and is whole")]
        let cut = bound as i32;
        Some(cut)
    };
    let (least, most) = (whole(min), whole(max));
    match (least, most) {
        (Some(least), Some(most)) if least <= most => (DraftKind::Number(least, most), true),
        (least, most) => {
            let least = least.unwrap_or(0);
            let most = most.filter(|most| least <= *most).unwrap_or(LARGEST_NUMBER.max(least));
            (DraftKind::Number(least, most), false)
        }
    }
}

/// `start=0 end=10 step=1`.
pub(super) fn parameters(cell: &str) -> (DraftKind, bool) {
    let value = |name: &str| {
        let pairs = cell.split(|letter: char| letter.is_whitespace() || ",;".contains(letter));
        pairs
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.parse::<f64>().ok())
    };
    let (min, max) = (value("start").unwrap_or(1.0), value("end").unwrap_or(10.0));
    let (kind, is_kept) = number(Some(min), Some(max));
    (kind, is_kept && value("step").is_none_or(|step| step == 1.0))
}
