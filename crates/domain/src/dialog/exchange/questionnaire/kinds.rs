//! What each item of a Questionnaire is here: its kind, its options, and its text with the options behind it.

use std::collections::HashSet;
use std::ops::Range;

use super::super::super::questions::is_key;
use super::super::draft::{self, DraftKind, DraftOption, InLanguages};
use super::super::json::shown;
use super::super::labels::{labels, with_options};
use super::super::naming::Keys;
use super::super::stock;
use super::element::Coding;
use super::options::{Choices, Choosable};
use super::read::Reader;
use super::{OXYGEN_CODES, TEMPERATURE_CODES, url};

/// A whole number without bounds of its own is asked for from 0 to this.
const LARGEST_NUMBER: i32 = 9999;

/// What the extensions and elements of an item say of the answer.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) unit: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) min_length: Option<i64>,
    pub(super) max_length: Option<i64>,
    /// Why the item is not asked at all.
    pub(super) left_out: Option<&'static str>,
}

impl Reader<'_> {
    /// What a question is here; `None` if it cannot be asked, which is told.
    pub(super) fn kind(
        &mut self,
        kind: &str,
        codes: &[Coding],
        limits: &Limits,
        repeats: bool,
        found: Choices,
        place: (&Range<usize>, &str),
    ) -> Option<(DraftKind, Vec<Choosable>)> {
        let (span, id) = (place.0, Some(place.1));
        let is = |wanted: &[&str]| {
            codes.iter().any(|code| code.system == url::LOINC && wanted.contains(&code.code.as_str()))
        };
        let unit = limits.unit.as_deref();
        let is_oxygen = is(&OXYGEN_CODES);
        let is_temperature = is(&TEMPERATURE_CODES) || unit == Some("Cel");
        let used =
            |code: &&Coding| code.system == url::ABOUT || (code.system == url::LOINC && (is_oxygen || is_temperature));
        for code in codes.iter().filter(|code| !used(code)) {
            self.lose(span, id, format!("the code {} of {}", shown(&code.code), shown(&code.system)));
        }
        let is_measured = matches!(kind, "decimal" | "integer" | "quantity");
        if is_measured && unit == Some("[degF]") {
            self.lose(span, id, "it asks for degrees Fahrenheit, and here temperatures are in °C: asked as own words");
            return Some((DraftKind::Text, Vec::new()));
        }
        if is_measured && is_oxygen {
            self.other_range(limits, (50.0, 100.0), "50 to 100 %", place);
            return Some((DraftKind::Oxygen, Vec::new()));
        }
        if is_measured && is_temperature {
            self.other_range(limits, (34.0, 42.0), "34.0 to 42.0 °C", place);
            return Some((DraftKind::Temperature, Vec::new()));
        }
        if repeats && !matches!(kind, "choice" | "open-choice" | "coding") {
            self.lose(span, id, "several answers may be given to it; here it is one");
        }
        Some(match kind {
            "boolean" => (DraftKind::YesNo(None), Vec::new()),
            "integer" => (self.number(limits, place), Vec::new()),
            "decimal" | "quantity" => {
                let what = "a number with a point and no known code (LOINC 8310-5 is a body temperature): asked as own words, \
                            which nothing judges";
                self.lose(span, id, what);
                (DraftKind::Text, Vec::new())
            }
            "string" | "text" => (self.words(limits, place), Vec::new()),
            "date" | "dateTime" | "time" | "url" => {
                self.lose(span, id, format!("its type `{kind}` is asked as own words, which nothing checks"));
                (DraftKind::Text, Vec::new())
            }
            "choice" | "open-choice" | "coding" => {
                if kind == "open-choice" {
                    self.lose(span, id, "own words beside the options are not taken: only the options are");
                }
                return self.choice(found, repeats, place);
            }
            other => {
                self.lose(span, id, format!("left out: a text message cannot bring what its type `{other}` asks for"));
                return None;
            }
        })
    }

    fn other_range(&mut self, limits: &Limits, own: (f64, f64), words: &str, place: (&Range<usize>, &str)) {
        let (min, max) = (limits.min.unwrap_or(own.0), limits.max.unwrap_or(own.1));
        if (min, max) != own {
            self.lose(place.0, Some(place.1), format!("its range is {min} to {max}; here it is always {words}"));
        }
    }

    fn number(&mut self, limits: &Limits, place: (&Range<usize>, &str)) -> DraftKind {
        let wanted = (limits.min.map(f64::ceil).and_then(whole), limits.max.map(f64::floor).and_then(whole));
        let min = i32::try_from(wanted.0.unwrap_or(0)).unwrap_or(0).max(0);
        let max = i32::try_from(wanted.1.unwrap_or(i64::from(LARGEST_NUMBER))).unwrap_or(LARGEST_NUMBER);
        let max = if max < min { LARGEST_NUMBER.max(min) } else { max };
        if wanted != (Some(i64::from(min)), Some(i64::from(max))) {
            let what =
                format!("its bounds (minValue, maxValue) are missing or cannot be kept: here they are {min} to {max}");
            self.lose(place.0, Some(place.1), what);
        }
        DraftKind::Number(min, max)
    }

    fn words(&mut self, limits: &Limits, place: (&Range<usize>, &str)) -> DraftKind {
        let digits = limits.regex.as_deref().and_then(digits);
        if let Some((min, max)) = digits {
            return DraftKind::Identifier(min, max);
        }
        if limits.regex.is_some() || limits.min_length.is_some() || limits.max_length.is_some() {
            self.lose(
                place.0,
                Some(place.1),
                "the pattern or length that its answer must have: own words are taken as they are",
            );
        }
        DraftKind::Text
    }

    fn choice(
        &mut self,
        found: Choices,
        repeats: bool,
        place: (&Range<usize>, &str),
    ) -> Option<(DraftKind, Vec<Choosable>)> {
        let (span, id) = (place.0, Some(place.1));
        let Choices { mut options, missing, told } = found;
        for what in told {
            self.lose(span, id, what);
        }
        if let Some(set) = missing {
            self.lose(
                span,
                id,
                format!("left out: its options are in the value set {}, which is not in the file", shown(&set)),
            );
            return None;
        }
        let yes_no: Vec<char> = options.iter().filter_map(Choosable::yes_no).collect();
        let is_yes_no = yes_no.len() == options.len() && yes_no.contains(&'Y') && yes_no.contains(&'N');
        if !repeats && is_yes_no && options.len() <= 3 {
            return Some((DraftKind::YesNo(None), options));
        }
        if repeats {
            // "None of these" is 0 here, and never listed.
            let zero = options.iter().position(|option| option.number == Some(0));
            let none = zero.or_else(|| options.iter().position(|option| !self.ours && option.is_none_of_these()));
            if let Some(none) = none {
                let mut none = options.remove(none);
                none.number = Some(0);
                options.insert(0, none);
            }
        }
        let real = options.iter().filter(|option| option.number != Some(0)).count();
        if real == 0 || real > 63 {
            self.lose(span, id, format!("left out: it has {real} options, and 1 to 63 can be asked for"));
            return None;
        }
        for option in options.iter().filter(|option| option.exclusive && option.number != Some(0)) {
            let what = format!("that the option {} excludes the others", shown(&option.code));
            self.lose(span, id, what);
        }
        let mut used = HashSet::new();
        let numbered = options
            .iter()
            .filter(|option| option.number != Some(0))
            .all(|option| option.number.is_some_and(|number| (1..=63).contains(&number) && used.insert(number)));
        if !numbered {
            let mut next = 1..;
            for option in options.iter_mut().filter(|option| option.number != Some(0)) {
                option.number = next.next();
            }
        }
        let mut keys = Keys::default();
        for option in options.iter_mut().filter(|option| option.number != Some(0)) {
            let english = option.display.as_deref().unwrap_or_default();
            let wanted = if self.ours { [option.code.as_str(), english] } else { [english, option.code.as_str()] };
            // A code that is a word already is what others know it by.
            let wanted = if is_key(&option.code) { [option.code.as_str(), english] } else { wanted };
            option.key = keys.give(&wanted, "option");
        }
        let list = options.iter().filter_map(|option| {
            let number = option.number.filter(|number| *number != 0)?;
            Some(DraftOption { number, key: option.key.clone() })
        });
        let list = list.collect();
        Some((if repeats { DraftKind::Options(list) } else { DraftKind::Choice(list) }, options))
    }

    /// The texts with the options behind them, where they are not in them already.
    pub(super) fn with_options(
        &mut self,
        texts: InLanguages,
        kind: &DraftKind,
        options: &[Choosable],
        place: (&Range<usize>, &str),
    ) -> InLanguages {
        if self.ours {
            return texts;
        }
        let mut out = InLanguages::new();
        for (language, text) in texts {
            let Some(stock) = stock::of(language) else { continue };
            let words = |option: &Choosable| -> Option<String> {
                let raw = match option.display_in.iter().find(|(other, _)| *other == language) {
                    Some((_, display)) => Some(display.clone()),
                    None if self.base == Some(language) => option.display.clone().or_else(|| Some(option.code.clone())),
                    None => None,
                };
                raw.map(|raw| draft::text(&raw, language, false).0).filter(|text| !text.is_empty())
            };
            let listed: Option<Vec<(u8, String)>> = match kind {
                DraftKind::YesNo(_) => Some(vec![(1, stock.yes.clone()), (2, stock.no.clone())]),
                DraftKind::Choice(_) | DraftKind::Options(_) => {
                    let zero =
                        matches!(kind, DraftKind::Options(_)) && options.iter().all(|option| option.number != Some(0));
                    let zero = zero.then(|| Some((0, stock.none.clone())));
                    let all = options.iter().map(|option| Some((option.number?, words(option)?)));
                    zero.into_iter().chain(all).collect()
                }
                _ => Some(Vec::new()),
            };
            let Some(listed) = listed else {
                let what =
                    format!("its options have no words in `{language}`, so its text in this language is missing too");
                self.lose(place.0, Some(place.1), what);
                continue;
            };
            let numbers: Vec<u8> = listed.iter().map(|(number, _)| *number).filter(|number| *number != 0).collect();
            let text = if numbers.is_empty() || labels(&text, &numbers).is_some() {
                text
            } else {
                with_options(&text, &stock.between, listed.iter().map(|(number, label)| (*number, label.as_str())))
            };
            out.insert(language, text);
        }
        out
    }
}

/// A number without a fraction.
pub(super) fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "out of bounds it is cut, and then refused by whoever asks")]
    let cut = number as i64;
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(cut)
}

/// How many digits a pattern asks for: `[0-9]{6,8}`, `\d{7}`, with or without `^` and `$`.
pub(in super::super) fn digits(pattern: &str) -> Option<(u8, u8)> {
    let pattern = pattern.trim().trim_start_matches('^').trim_end_matches('$');
    let counts = ["[0-9]{", "\\d{"].into_iter().find_map(|start| pattern.strip_prefix(start))?.strip_suffix('}')?;
    let (min, max) = counts.split_once(',').unwrap_or((counts, counts));
    let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
    (1 <= min && min <= max && max <= 20).then_some((min, max))
}
