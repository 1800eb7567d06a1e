//! The words, as the build compiled them: an automaton over the surfaces of all languages, a table of senses per
//! language, and the rules that put concepts together. The data are the files in `lexicon/`, the compiler is the crate
//! `lexicon`; nothing here names a word.

use std::sync::LazyLock;

use lexicon::automaton::Automaton;
use lexicon::compile::HeadingNumber;
pub(super) use lexicon::{ENGLISH, GROUPS, JAPANESE};

#[cfg(test)]
use super::WarningSigns;
use super::meaning::{Label, Meaning, heading, status_of};
use super::{Concept, StatusChange, WarningSign};
use crate::language::Language;

/// What the build script made of the word lists.
pub(super) mod embedded {
    include!(concat!(env!("OUT_DIR"), "/lexicon.rs"));
}

const RULES: &str = include_str!("../../lexicon/rules.toml");

/// The lexicon. The build has found the mistakes in the word lists; only one in the rules could still come up here,
/// and a test finds those.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| match Lexicon::load() {
    Ok(lexicon) => lexicon,
    Err(mistake) => panic!("the embedded lexicon has a mistake: {mistake}"),
});

/// What a surface means to the patients of each group.
type Senses = [Option<Meaning>; GROUPS];

/// (lower concept, higher concept, what they make).
type Combination = (u16, u16, u16);

/// The traits of each concept, and which two concepts together make a third.
type Rules = (Vec<Traits>, Vec<Combination>);

/// What the lexicon says of a text's matches.
pub(super) struct Lexicon {
    /// Every surface, with the number of its entry.
    words: Automaton,
    /// The single words of Latin surfaces, with the groups that list them as bits: what a slip of the keyboard may have
    /// been meant for.
    spellings: Automaton,
    /// Morphemes of numbers in scripts that run them together, with their values.
    number_words: Automaton,
    /// Per entry and group: what it means, if this group's patients are read so.
    senses: Vec<Senses>,
    /// The same for what it means directly behind a number.
    units: Vec<Senses>,
    /// Per number of a heading: what stands under it.
    meanings: Vec<Option<Meaning>>,
    /// What stands for a symptom that a list of options does not name.
    pub(super) other_symptom: Concept,
    /// The topic of the question for warning signs.
    pub(super) warning_signs: Concept,
    /// What stands beside a number that is a dose.
    pub(super) medicine: Concept,
    /// The reaction of somebody, or of a machine.
    pub(super) response: Concept,
    concepts: Vec<String>,
    traits: Vec<Traits>,
    /// Sorted.
    combinations: Vec<Combination>,
}

/// What the rules say of one concept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// A part of the body, which a predicate behind it is said of.
    pub(super) part: bool,
    /// What kind of number it announces, as well as naming a complaint: 熱 38.2, 脈 80.
    pub(super) label: Option<Label>,
    /// Too much to be passed over when it goes into nothing: a pain without a place.
    pub(super) telling: bool,
    /// What it means for the list of symptoms.
    pub(super) kind: Kind,
    /// Happens at a moment, rather than being there for a time: vomiting.
    pub(super) event: bool,
    /// The concept that is meant when this one is denied: no urine, no appetite.
    pub(super) inverse: Option<Concept>,
    /// The warning sign that it is.
    pub(super) sign: Option<WarningSign>,
    /// Breathlessness without more: a sign unless it was asked about.
    pub(super) plain_breathlessness: bool,
    /// A form of breathlessness, so that it answers a question about that.
    pub(super) breathless: bool,
    /// Says that the patient is well, better, the same or worse.
    pub(super) course: Option<Course>,
    /// The change of state that it is.
    pub(super) status: Option<StatusChange>,
}

/// What a concept is for a list of symptoms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not a symptom by itself: a part of the body, an adverb.
    #[default]
    Piece,
    /// A symptom. It is the "other" option where it has none of its own.
    Symptom,
    /// A symptom near to several options: ask.
    Unclear,
    /// A healthy sign; says nothing in a list of symptoms.
    Healthy,
}

/// How the patient is, as a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Well.
    Fine,
    /// Better than before.
    Better,
    /// As before.
    Same,
    /// Worse than before.
    Worse,
}

/// The group of lexicon files in which a language is read.
pub(super) const fn group_of(language: Language) -> usize {
    match language {
        Language::Ja | Language::JaEasy => JAPANESE,
        Language::En => ENGLISH,
        Language::ZhHans | Language::ZhHant => 2,
        Language::Ko => 3,
        Language::Vi => 4,
        Language::Ne => 5,
        Language::Tl => 6,
        Language::Hi => 7,
    }
}

impl Lexicon {
    /// The surfaces that a text begins with, shortest first: how many bytes each takes, and its entry.
    pub(super) fn surfaces<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.words.prefixes(text).map(|(length, entry)| (length, entry as usize))
    }

    /// What the surfaces of an entry mean to patients of a group.
    pub(super) fn sense(&self, entry: usize, group: usize) -> Option<Meaning> {
        self.senses[entry][group]
    }

    /// What a surface of an entry means to patients of a group when it is written with these marks, at offsets from
    /// its beginning.
    pub(super) fn marked_sense(
        &self,
        entry: usize,
        group: usize,
        marks: &(impl Iterator<Item = (u32, char)> + Clone),
    ) -> Option<Meaning> {
        let first = embedded::MARKED.partition_point(|(of, ..)| *of < entry);
        let of_entry = embedded::MARKED[first..].iter().take_while(|(of, ..)| *of == entry);
        let mut fitting =
            of_entry.filter(|(_, of, written, _)| *of == group && written.iter().copied().eq(marks.clone()));
        fitting.next().and_then(|(.., heading)| self.meanings[usize::from(*heading)])
    }

    /// Whether a word in Latin letters occurs, alone or within a phrase, among the words of a group or the English
    /// ones.
    pub(super) fn is_spelling(&self, group: usize, word: &str) -> bool {
        self.spellings.get(word).is_some_and(|groups| groups & (1 << group | 1 << ENGLISH) != 0)
    }

    /// Whether a group's own list has a word, and the English one has not.
    pub(super) fn is_own_spelling(&self, group: usize, word: &str) -> bool {
        self.spellings.get(word).is_some_and(|groups| groups & 1 << group != 0 && groups & 1 << ENGLISH == 0)
    }

    /// What the surfaces of an entry mean directly behind a number.
    pub(super) fn unit(&self, entry: usize, group: usize) -> Option<Meaning> {
        self.units[entry][group]
    }

    /// The key of a concept.
    pub(super) fn key(&self, concept: Concept) -> &str {
        self.concepts.get(usize::from(concept.0)).map_or("", String::as_str)
    }

    /// The concept with this key.
    pub(super) fn concept(&self, key: &str) -> Option<Concept> {
        self.concepts.iter().position(|known| known == key).and_then(|at| u16::try_from(at).ok()).map(Concept)
    }

    /// What the rules say of a concept.
    pub(super) fn traits(&self, concept: Concept) -> Traits {
        self.traits.get(usize::from(concept.0)).copied().unwrap_or_default()
    }

    /// The number word at the start of a text: how long it is, and its value.
    pub(super) fn number_word(&self, text: &str) -> Option<(usize, u32)> {
        self.number_words.prefixes(text).last()
    }

    /// Whether a character alone is a unit of degrees, behind which the tenths may be spelled out: 度.
    pub(super) fn is_degree(&self, c: char) -> bool {
        embedded::DEGREES.contains(&c)
    }

    /// Whether a text begins with a unit of tenths, by which a short number before it is told from a particle: にぶ.
    pub(super) fn begins_with_tenths(&self, text: &str) -> bool {
        embedded::TENTHS.iter().any(|tenth| text.starts_with(tenth))
    }

    /// What two concepts make together: chest and pain.
    pub(super) fn combination(&self, one: Concept, other: Concept) -> Option<Concept> {
        let pair = (one.0.min(other.0), one.0.max(other.0));
        self.combinations
            .binary_search_by_key(&pair, |rule| (rule.0, rule.1))
            .ok()
            .map(|at| Concept(self.combinations[at].2))
    }

    fn load() -> Result<Self, String> {
        let rules: toml::Table = RULES.parse().map_err(|error| format!("rules.toml: {error}"))?;
        let concepts = strings(&rules, "concepts")?;
        let index = |key: &str| {
            concepts.iter().position(|known| known == key).and_then(|at| u16::try_from(at).ok()).map(Concept)
        };
        let known = |key: &str| index(key).ok_or_else(|| format!("rules.toml: no concept `{key}`"));
        let mut meanings = Vec::with_capacity(embedded::HEADINGS.len() + 1);
        meanings.push(None);
        for (section, key) in embedded::HEADINGS {
            let meaning = heading(section, key, index).ok_or_else(|| format!("no reader knows `{section}.{key}`"))?;
            meanings.push(Some(meaning));
        }
        let senses = |numbers: &[HeadingNumber; GROUPS]| numbers.map(|number| meanings[usize::from(number)]);
        let (traits, combinations) = read_rules(&rules, &concepts)?;
        Ok(Self {
            words: Automaton::from_bytes(embedded::WORDS),
            spellings: Automaton::from_bytes(embedded::SPELLINGS),
            number_words: Automaton::from_bytes(embedded::NUMBER_WORDS),
            senses: embedded::ENTRIES.iter().map(|[own, _]| senses(own)).collect(),
            units: embedded::ENTRIES.iter().map(|[_, behind_number]| senses(behind_number)).collect(),
            other_symptom: known("other-symptom")?,
            warning_signs: known("warning-signs")?,
            medicine: known("medicine")?,
            response: known("response")?,
            meanings,
            concepts,
            traits,
            combinations,
        })
    }
}

/// The list of strings under a key of the rules.
fn strings(table: &toml::Table, key: &str) -> Result<Vec<String>, String> {
    let list =
        table.get(key).and_then(toml::Value::as_array).ok_or_else(|| format!("rules.toml: `{key}` is not a list"))?;
    list.iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("rules.toml: `{key}` holds a non-string")))
        .collect()
}

fn read_rules(rules: &toml::Table, concepts: &[String]) -> Result<Rules, String> {
    let index = |key: &str| {
        concepts.iter().position(|known| known == key).ok_or_else(|| format!("rules.toml: no concept `{key}`"))
    };
    let number = |key: &str| index(key).map(|at| u16::try_from(at).unwrap_or(u16::MAX));
    let mut traits = vec![Traits::default(); concepts.len()];
    for (list, set) in [
        ("parts", (|entry| entry.part = true) as fn(&mut Traits)),
        ("symptoms", |entry| entry.kind = Kind::Symptom),
        ("unclear", |entry| entry.kind = Kind::Unclear),
        ("healthy", |entry| entry.kind = Kind::Healthy),
        ("telling", |entry| entry.telling = true),
        ("events", |entry| entry.event = true),
        ("breathless", |entry| entry.breathless = true),
        ("plain-breathlessness", |entry| entry.plain_breathlessness = true),
    ] {
        for key in strings(rules, list)? {
            set(&mut traits[index(&key)?]);
        }
    }
    for (key, course) in [
        ("fine", Course::Fine),
        ("better", Course::Better),
        ("same", Course::Same),
        ("as-before", Course::Same),
        ("worse", Course::Worse),
    ] {
        traits[index(key)?].course = Some(course);
    }
    for (at, key) in concepts.iter().enumerate() {
        traits[at].status = status_of(key);
        traits[at].sign = WarningSign::ALL.into_iter().find(|sign| sign.key() == key);
    }
    let section = |name: &str| {
        rules.get(name).and_then(toml::Value::as_table).ok_or_else(|| format!("rules.toml: no section [{name}]"))
    };
    for (key, kind) in section("label")? {
        traits[index(key)?].label = match kind.as_str() {
            Some("temperature") => Some(Label::Temperature),
            Some("pulse") => Some(Label::Pulse),
            _ => return Err(format!("rules.toml: label.{key} is neither `temperature` nor `pulse`")),
        };
    }
    let inverts = section("inverts")?;
    for (key, inverse) in inverts {
        let inverse = inverse.as_str().ok_or_else(|| format!("rules.toml: inverts.{key} is not a string"))?;
        traits[index(key)?].inverse = Some(Concept(number(inverse)?));
    }
    let combine = section("combine")?;
    let mut combinations = Vec::new();
    for (made, _) in combine {
        for pair in strings(combine, made)? {
            let (one, other) = pair.split_once('+').ok_or_else(|| format!("rules.toml: `{pair}` is no pair"))?;
            let (one, other) = (number(one)?, number(other)?);
            combinations.push((one.min(other), one.max(other), number(made)?));
        }
    }
    combinations.sort_unstable();
    if let Some(twice) = combinations.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
        return Err(format!(
            "rules.toml: {} and {} are combined twice",
            concepts[usize::from(twice[0].0)],
            concepts[usize::from(twice[0].1)]
        ));
    }
    Ok((traits, combinations))
}

/// The signs that the lexicon can see in words; the others come about in other ways.
#[cfg(test)]
fn signs_in_words() -> WarningSigns {
    let mut signs = WarningSigns::NONE;
    for entry in &LEXICON.traits {
        if let Some(sign) = entry.sign {
            signs.insert(sign);
        }
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_without_mistakes_and_every_heading_has_a_reader() {
        Lexicon::load().map(|_| ()).expect("the embedded lexicon");
        for (section, keys) in lexicon::list::HEADINGS {
            for key in keys {
                assert!(heading(section, key, |_| None).is_some(), "{section}.{key}");
            }
        }
    }

    /// What the words cost is shared parts, and endings that are the same under different headings are shared by none.
    /// Whoever multiplies alternatives sees it here: in bytes of the program, not in seconds of its start.
    #[test]
    fn the_words_cost_no_more_than_this() {
        let size = LEXICON.words.size();
        assert!(size.states <= 170_000, "{size:?}");
        assert!(size.bytes <= 1_100_000, "{size:?}");
        assert!(size.states >= 80_000, "the bounds are of no use any more: {size:?}");
        assert!(embedded::ENTRIES.len() <= 1_500, "{} entries", embedded::ENTRIES.len());
    }

    #[test]
    fn every_sign_that_can_be_told_in_words_has_words() {
        let seen = signs_in_words();
        for sign in WarningSign::ALL {
            let in_words = !matches!(sign, WarningSign::VeryLowOxygen | WarningSign::Reported);
            assert_eq!(seen.contains(sign), in_words, "{}", sign.key());
        }
    }
}
