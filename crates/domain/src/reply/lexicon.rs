//! The words, compiled once: one automaton over the surfaces of all languages, a table of senses per language,
//! and the rules that put concepts together. The data are the files in `lexicon/`; nothing here names a word.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

#[cfg(test)]
use super::WarningSigns;
use super::meaning::{Label, Meaning, Unit, heading, status_of};
use super::normalise::{fold_marked_word, fold_word, is_han, is_kana};
use super::{Command, Concept, StatusChange, WarningSign};
use crate::language::Language;

/// The lexicon files, by group: languages that share a file share a group.
pub(super) const FILES: [(&str, &str); GROUPS] = [
    ("ja.toml", include_str!("../../lexicon/ja.toml")),
    ("en.toml", include_str!("../../lexicon/en.toml")),
    ("zh.toml", include_str!("../../lexicon/zh.toml")),
    ("ko.toml", include_str!("../../lexicon/ko.toml")),
    ("vi.toml", include_str!("../../lexicon/vi.toml")),
    ("ne.toml", include_str!("../../lexicon/ne.toml")),
    ("tl.toml", include_str!("../../lexicon/tl.toml")),
    ("hi.toml", include_str!("../../lexicon/hi.toml")),
];
const RULES: &str = include_str!("../../lexicon/rules.toml");
const GROUPS: usize = 8;
/// The group of those who are read in Japanese first.
pub(super) const JAPANESE: usize = 0;
/// The group whose words everybody is read with.
pub(super) const ENGLISH: usize = 1;

/// A word in Latin letters of another language than the patient's counts from this length on: shorter ones
/// clash (vi `ho` coughs, ne `ho` agrees).
const FOREIGN_LATIN_MIN: usize = 5;

/// The compiled lexicon. Building it can only fail by a mistake in the embedded files, which a test finds.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| match Lexicon::build(&FILES, RULES) {
    Ok(lexicon) => lexicon,
    Err(mistake) => panic!("the embedded lexicon has a mistake: {mistake}"),
});

/// What a surface means to the patients of each group.
type Senses = [Option<Meaning>; GROUPS];

/// What a surface means to the patients of one group when it is written in one way.
#[derive(Debug, PartialEq, Eq)]
struct Marked {
    group: usize,
    /// With just these marks, at these offsets.
    marks: Vec<(u32, char)>,
    meaning: Meaning,
}

/// In front of a word of the lexicon: it counts only where the text has the same marks.
const EXACT: char = '=';

/// (lower concept, higher concept, what they make).
type Combination = (u16, u16, u16);

/// The traits of each concept, and which two concepts together make a third.
type Rules = (Vec<Traits>, Vec<Combination>);

/// What the lexicon says of a text's matches.
pub(super) struct Lexicon {
    /// Finds every surface at every place.
    pub(super) automaton: AhoCorasick,
    /// Per group and surface: what it means, if this group's patients are read so.
    senses: Vec<Senses>,
    /// The same for what it means directly behind a number.
    units: Vec<Senses>,
    /// Per surface, where there are any: the senses that hang on marks.
    marked: HashMap<usize, Vec<Marked>>,
    /// The single words of Latin surfaces, by group: what a slip of the keyboard may have been meant for.
    spellings: Vec<HashSet<String>>,
    /// Morphemes of numbers in scripts that run them together, by their first character, longest first: (surface,
    /// value).
    number_words: BTreeMap<char, Vec<(String, u8)>>,
    /// Units of tenths, by which a short number before them is told from a particle: にぶ.
    pub(super) tenth_words: Vec<String>,
    /// Units of degrees of one character, behind which the tenths may be spelled out: 度.
    degree_words: Vec<char>,
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
    /// What surface number `pattern` means to patients of a group.
    pub(super) fn sense(&self, pattern: usize, group: usize) -> Option<Meaning> {
        self.senses[pattern][group]
    }

    /// What surface number `pattern` means to patients of a group when it is written with these marks, at offsets from
    /// its beginning.
    pub(super) fn marked_sense(
        &self,
        pattern: usize,
        group: usize,
        marks: &(impl Iterator<Item = (u32, char)> + Clone),
    ) -> Option<Meaning> {
        let fits = |sense: &&Marked| sense.group == group && sense.marks.iter().copied().eq(marks.clone());
        self.marked.get(&pattern)?.iter().find(fits).map(|sense| sense.meaning)
    }

    /// Whether a word in Latin letters occurs, alone or within a phrase, among the words of a group or the English
    /// ones.
    pub(super) fn is_spelling(&self, group: usize, word: &str) -> bool {
        self.spellings[group].contains(word) || self.spellings[ENGLISH].contains(word)
    }

    /// Whether a group's own list has a word, and the English one has not.
    pub(super) fn is_own_spelling(&self, group: usize, word: &str) -> bool {
        self.spellings[group].contains(word) && !self.spellings[ENGLISH].contains(word)
    }

    /// What surface number `pattern` means directly behind a number.
    pub(super) fn unit(&self, pattern: usize, group: usize) -> Option<Meaning> {
        self.units[pattern][group]
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
    pub(super) fn number_word(&self, text: &str) -> Option<(usize, u8)> {
        let words = self.number_words.get(&text.chars().next()?)?;
        words.iter().find(|(word, _)| text.starts_with(word.as_str())).map(|(word, value)| (word.len(), *value))
    }

    /// Whether a character alone is a unit of degrees.
    pub(super) fn is_degree(&self, c: char) -> bool {
        self.degree_words.contains(&c)
    }

    /// What two concepts make together: chest and pain.
    pub(super) fn combination(&self, one: Concept, other: Concept) -> Option<Concept> {
        let pair = (one.0.min(other.0), one.0.max(other.0));
        self.combinations
            .binary_search_by_key(&pair, |rule| (rule.0, rule.1))
            .ok()
            .map(|at| Concept(self.combinations[at].2))
    }

    fn build(files: &[(&str, &str); GROUPS], rules: &str) -> Result<Self, String> {
        let rules: toml::Table = rules.parse().map_err(|error| format!("rules.toml: {error}"))?;
        let concepts = strings(&rules, "rules.toml", "concepts")?;
        let index = |key: &str| {
            concepts.iter().position(|known| known == key).and_then(|at| u16::try_from(at).ok()).map(Concept)
        };

        // What each surface means by itself, and directly behind a number.
        let mut words: BTreeMap<String, (Senses, Senses)> = BTreeMap::new();
        let mut number_words: BTreeMap<char, Vec<(String, u8)>> = BTreeMap::new();
        let (mut tenth_words, mut degree_words) = (Vec::new(), Vec::new());
        let mut exact: Vec<(String, Marked)> = Vec::new();
        let mut spellings: Vec<HashSet<String>> = vec![HashSet::new(); GROUPS];
        let mut steering: HashSet<String> = HashSet::new();
        // All clashes at once: whoever edits a word list wants to see them together.
        let mut clashes: Vec<String> = Vec::new();
        for (group, (name, text)) in files.iter().enumerate() {
            let table: toml::Table = text.parse().map_err(|error| format!("{name}: {error}"))?;
            let endings = endings(&table, name)?;
            for (section, keys) in table.iter().filter(|(section, _)| *section != ENDINGS) {
                let keys = keys.as_table().ok_or_else(|| format!("{name}: [{section}] is not a table"))?;
                for key in keys.keys() {
                    let meaning = heading(section, key, index)
                        .ok_or_else(|| format!("{name}: no reader knows `{section}.{key}`"))?;
                    let mut surfaces = Vec::new();
                    for word in strings(keys, name, key)? {
                        expand(&word, &endings, &mut surfaces).map_err(|set| {
                            format!("{name}: `{word}` names the endings `{set}`, which there are not")
                        })?;
                    }
                    for surface in surfaces {
                        if let Some(word) = surface.strip_prefix(EXACT) {
                            let (folded, marks) = fold_marked_word(word);
                            words.entry(folded.clone()).or_default();
                            if marks.is_empty() {
                                return Err(format!("{name}: `{surface}` in {section}.{key} has no marks"));
                            }
                            exact.push((folded, Marked { group, marks, meaning }));
                            continue;
                        }
                        let folded = fold_word(&surface);
                        if folded.is_empty() {
                            return Err(format!("{name}: `{surface}` in {section}.{key} folds to nothing"));
                        }
                        if matches!(meaning, Meaning::NearCommand | Meaning::Correction)
                            || matches!(meaning, Meaning::Command(command) if !matches!(command, Command::Language(_)))
                        {
                            steering.insert(folded.clone());
                        }
                        for word in folded.split(' ').filter(|word| word.bytes().all(|b| b.is_ascii_alphabetic())) {
                            if !spellings[group].contains(word) {
                                spellings[group].insert(word.to_owned());
                            }
                        }
                        // Morphemes of numbers that run together are recognised as a whole number only.
                        if let Meaning::Number(value) = meaning
                            && folded.chars().all(|c| is_kana(c) || is_hangul(c))
                            && let Some(first) = folded.chars().next()
                        {
                            number_words.entry(first).or_default().push((folded, value));
                            continue;
                        }
                        if meaning == Meaning::Unit(Unit::Tenth) {
                            tenth_words.push(folded.clone());
                        }
                        let mut characters = folded.chars();
                        if let (Meaning::Unit(Unit::Degree), Some(c), None) =
                            (meaning, characters.next(), characters.next())
                            && !c.is_ascii()
                        {
                            degree_words.push(c);
                        }
                        let (senses, units) = words.entry(folded).or_default();
                        let slot =
                            if matches!(meaning, Meaning::Unit(_)) { &mut units[group] } else { &mut senses[group] };
                        match slot {
                            // What ends a statement in one list and names the same thing in another does both.
                            Some(Meaning::Mention(one)) if meaning == Meaning::Predicate(*one) => *slot = Some(meaning),
                            Some(Meaning::Predicate(one)) if meaning == Meaning::Mention(*one) => {}
                            Some(other) if *other != meaning => {
                                clashes.push(format!("{name}: `{surface}` ({section}.{key}) is {other:?} already"));
                            }
                            _ => *slot = Some(meaning),
                        }
                    }
                }
            }
        }
        if !clashes.is_empty() {
            return Err(clashes.join("\n"));
        }
        for words in number_words.values_mut() {
            words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }

        // Nothing is mended into a command.
        for words in &mut spellings {
            words.retain(|word| !steering.contains(word));
        }

        let mut marked: HashMap<usize, Vec<Marked>> = HashMap::new();
        let places: HashMap<&str, usize> = words.keys().zip(0..).map(|(word, at)| (word.as_str(), at)).collect();
        for (folded, sense) in exact {
            let senses = marked.entry(places[folded.as_str()]).or_default();
            let alike = |other: &&Marked| (other.group, &other.marks) == (sense.group, &sense.marks);
            if senses.iter().find(alike).is_some_and(|other| other.meaning != sense.meaning) {
                return Err(format!("{}: `{folded}` with the same marks has two meanings", files[sense.group].0));
            }
            senses.push(sense);
        }

        let mut senses = Vec::with_capacity(words.len());
        let mut units = Vec::with_capacity(words.len());
        for (surface, (own, own_units)) in &words {
            let abroad = is_clear_abroad(surface);
            senses.push(shared(own, abroad));
            // 夜 counts nights in Chinese; to somebody with a meaning of their own for the word it does not.
            let borrowed = shared(own_units, abroad);
            units.push(std::array::from_fn(|group| {
                own_units[group].or(borrowed[group].filter(|_| own[group].is_none()))
            }));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words.keys())
            .map_err(|error| error.to_string())?;

        let (traits, combinations) = read_rules(&rules, &concepts)?;
        let known = |key: &str| index(key).ok_or_else(|| format!("rules.toml: no concept `{key}`"));
        let (other_symptom, warning_signs) = (known("other-symptom")?, known("warning-signs")?);
        let (medicine, response) = (known("medicine")?, known("response")?);
        Ok(Self {
            automaton,
            senses,
            units,
            marked,
            spellings,
            number_words,
            tenth_words,
            degree_words,
            other_symptom,
            warning_signs,
            medicine,
            response,
            concepts,
            traits,
            combinations,
        })
    }
}

/// Whether a word means nothing else in another language: short words in Latin letters and single Chinese
/// characters do.
fn is_clear_abroad(surface: &str) -> bool {
    if surface.is_ascii() {
        surface.len() >= FOREIGN_LATIN_MIN
    } else {
        surface.chars().count() > 1 || !surface.chars().all(is_han)
    }
}

/// Fills the senses of other languages in: one's own first, then English, then whoever has one.
fn shared(own: &Senses, abroad: bool) -> Senses {
    let anyone = if abroad { own.iter().flatten().next().copied() } else { None };
    std::array::from_fn(|group| own[group].or(own[ENGLISH]).or(anyone))
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// The list of strings under a key.
pub(super) fn strings(table: &toml::Table, file: &str, key: &str) -> Result<Vec<String>, String> {
    let list =
        table.get(key).and_then(toml::Value::as_array).ok_or_else(|| format!("{file}: `{key}` is not a list"))?;
    list.iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("{file}: `{key}` holds a non-string")))
        .collect()
}

/// The heading under which a file lists endings that many words share.
pub(super) const ENDINGS: &str = "endings";

/// The sets of endings of a file, by name.
pub(super) fn endings(table: &toml::Table, file: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let Some(section) = table.get(ENDINGS) else { return Ok(BTreeMap::new()) };
    let section = section.as_table().ok_or_else(|| format!("{file}: [{ENDINGS}] is not a table"))?;
    section.keys().map(|name| Ok((name.clone(), strings(section, file, name)?))).collect()
}

/// Spells `苦し{い,く}` out: every combination of the alternatives in braces. `{:neg}` stands for all endings of
/// the set `neg`.
///
/// # Errors
/// The name of a set that is not listed.
pub(super) fn expand<'a>(
    pattern: &'a str,
    endings: &BTreeMap<String, Vec<String>>,
    found: &mut Vec<String>,
) -> Result<(), &'a str> {
    let mut stems = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, choices, after)) = rest
        .split_once('{')
        .and_then(|(before, rest)| rest.split_once('}').map(|(choices, after)| (before, choices, after)))
    {
        let mut grown = Vec::new();
        for choice in choices.split(',') {
            let plain = [choice.to_owned()];
            let alternatives = match choice.strip_prefix(':') {
                None => &plain[..],
                Some(set) => endings.get(set).ok_or(set)?,
            };
            for stem in &stems {
                grown.extend(alternatives.iter().map(|ending| format!("{stem}{before}{ending}")));
            }
        }
        stems = grown;
        rest = after;
    }
    found.extend(stems.into_iter().map(|stem| stem + rest));
    Ok(())
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
        for key in strings(rules, "rules.toml", list)? {
            set(&mut traits[index(&key)?]);
        }
    }
    for (key, course) in
        [("fine", Course::Fine), ("better", Course::Better), ("same", Course::Same), ("worse", Course::Worse)]
    {
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
        for pair in strings(combine, "rules.toml", made)? {
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
    fn the_embedded_files_are_without_mistakes() {
        Lexicon::build(&FILES, RULES).map(|_| ()).expect("the embedded lexicon");
    }

    #[test]
    fn every_sign_that_can_be_told_in_words_has_words() {
        let seen = signs_in_words();
        for sign in WarningSign::ALL {
            let in_words = !matches!(sign, WarningSign::VeryLowOxygen | WarningSign::Reported);
            assert_eq!(seen.contains(sign), in_words, "{}", sign.key());
        }
    }

    #[test]
    fn braces_are_spelled_out() {
        let endings = BTreeMap::from([("neg".to_owned(), vec!["ない".to_owned(), "ません".to_owned()])]);
        let spelled = |pattern| {
            let mut found = Vec::new();
            expand(pattern, &endings, &mut found).map(|()| found)
        };
        assert_eq!(spelled("苦し{い,く}").expect("no sets"), ["苦しい", "苦しく"]);
        assert_eq!(spelled("{a,}b{c,d}").expect("no sets"), ["abc", "bc", "abd", "bd"]);
        assert_eq!(spelled("はい").expect("no sets"), ["はい"]);
        assert_eq!(spelled("出{:neg,る}").expect("a known set"), ["出ない", "出ません", "出る"]);
        assert_eq!(spelled("出{:pos}"), Err("pos"));
    }
}
