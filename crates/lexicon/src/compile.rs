//! From lists to tables: spells every word out, folds it, finds what contradicts itself, and numbers what is left. All
//! mistakes are told at once: whoever edits a list wants to see them together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::automaton::Automaton;
use crate::fold::{fold_marked_word, fold_word};
use crate::list::{COMMAND, COMPLAINT, CONCEPT, EXACT, NUMBER, PREDICATE, UNIT, WordList, is_heading};
use crate::script::{is_han, is_hangul, is_kana};
use crate::{ENGLISH, GROUPS};

/// A word in Latin letters of another language than the patient's counts from this length on: shorter ones
/// clash (vi `ho` coughs, ne `ho` agrees).
const FOREIGN_LATIN_MIN: usize = 5;

/// For how many words one pattern may stand. Alternatives multiply, and more than this is a slip of the hand.
const PATTERN_MAX: usize = 50_000;

/// A heading by its place in [`Compiled::headings`], counted from 1; 0 is none.
pub type HeadingNumber = u16;

/// For each group of languages, the heading under which its patients know a word.
pub type Senses = [HeadingNumber; GROUPS];

/// All that is said of a word.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// What it means by itself.
    pub senses: Senses,
    /// What it means directly behind a number.
    pub units: Senses,
    /// What it means when it is written with certain marks.
    pub marked: Vec<Marked>,
}

/// What a word means to the patients of one group when it is written in one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marked {
    /// The group.
    pub group: usize,
    /// With just these marks, at these offsets.
    pub marks: Vec<(u32, char)>,
    /// What it means then.
    pub heading: HeadingNumber,
}

/// Lists of words, ready to be looked up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The headings of all lists: (section, key).
    pub headings: Vec<(String, String)>,
    /// What is said of words; many words share one entry.
    pub entries: Vec<Entry>,
    /// Every word, with the number of its entry.
    pub words: Automaton,
    /// The single words in Latin letters, with the groups that list them as bits: what a slip of the keyboard may have
    /// been meant for. Nothing that steers the conversation is among them.
    pub spellings: Automaton,
    /// The parts of numbers in scripts that run them together, with their values.
    pub number_words: Automaton,
    /// Units of tenths, by which a short number before them is told from a particle: にぶ.
    pub tenths: Vec<String>,
    /// Units of degrees of one character, behind which the tenths may be spelled out: 度.
    pub degrees: Vec<char>,
    /// How many words there are.
    pub count: usize,
}

/// What the lists have said of words so far.
#[derive(Default)]
struct Gathered {
    headings: Vec<(String, String)>,
    words: BTreeMap<String, Entry>,
    spellings: BTreeMap<String, u64>,
    /// What steers the conversation, and may not be made of anything else.
    steering: BTreeSet<String>,
    number_words: BTreeMap<String, u64>,
    tenths: BTreeSet<String>,
    degrees: BTreeSet<char>,
    mistakes: Vec<String>,
}

/// Compiles the lists of all groups, in the order of [`FILES`](crate::FILES); `concepts` are what they may name.
///
/// # Errors
/// One sentence for each mistake: which file, which heading, which word.
pub fn compile(lists: &[WordList; GROUPS], concepts: &[String]) -> Result<Compiled, Vec<String>> {
    let mut gathered = Gathered::default();
    for (group, list) in lists.iter().enumerate() {
        for heading in &list.headings {
            let (section, key) = (heading.section.as_str(), heading.key.as_str());
            let place = format!("{}: {section}.{key}", list.file);
            if !is_heading(section, key, concepts) {
                gathered.mistakes.push(format!("{place} is a heading that no reader knows"));
                continue;
            }
            let number = gathered.number_of(section, key);
            for written in &heading.words {
                match list.pattern(written) {
                    Err(error) => gathered.mistakes.push(format!("{place}: `{written}` {error}")),
                    Ok(pattern) if pattern.count() > PATTERN_MAX => gathered.mistakes.push(format!(
                        "{place}: `{written}` stands for {} words: split it up, {PATTERN_MAX} are the most",
                        pattern.count()
                    )),
                    Ok(pattern) => pattern.spell_out(|word| gathered.add(group, number, &place, word)),
                }
            }
        }
    }
    gathered.finish()
}

impl Gathered {
    fn number_of(&mut self, section: &str, key: &str) -> HeadingNumber {
        let known = self.headings.iter().position(|(one, other)| one == section && other == key);
        let at = known.unwrap_or_else(|| {
            self.headings.push((section.to_owned(), key.to_owned()));
            self.headings.len() - 1
        });
        HeadingNumber::try_from(at + 1).unwrap_or(HeadingNumber::MAX)
    }

    fn heading(&self, number: HeadingNumber) -> (&str, &str) {
        let (section, key) = &self.headings[usize::from(number) - 1];
        (section, key)
    }

    /// Takes one word in.
    fn add(&mut self, group: usize, number: HeadingNumber, place: &str, word: &str) {
        if let Some(marked) = word.strip_prefix(EXACT) {
            return self.add_marked(group, number, place, marked);
        }
        let folded = fold_word(word);
        if folded.is_empty() {
            return self.mistakes.push(format!("{place}: of `{word}` nothing is left when it is folded"));
        }
        let (section, key) = &self.headings[usize::from(number) - 1];
        if section == COMMAND && key != COMPLAINT {
            self.steering.insert(folded.clone());
        }
        for part in folded.split(' ').filter(|part| part.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            match self.spellings.get_mut(part) {
                Some(groups) => *groups |= 1 << group,
                None => drop(self.spellings.insert(part.to_owned(), 1 << group)),
            }
        }
        // Parts of numbers that run together are recognised as a whole number only.
        if section == NUMBER && folded.chars().all(|c| is_kana(c) || is_hangul(c)) {
            let value = key.parse().unwrap_or(0);
            self.number_words.entry(folded).or_insert(value);
            return;
        }
        if section == UNIT && key == "tenth" {
            self.tenths.insert(folded.clone());
        }
        let mut characters = folded.chars();
        if let (Some(c), None) = (characters.next(), characters.next())
            && section == UNIT
            && key == "degree"
            && !c.is_ascii()
        {
            self.degrees.insert(c);
        }

        let entry = self.words.entry(folded).or_default();
        let slot = if section == UNIT { &mut entry.units[group] } else { &mut entry.senses[group] };
        let before = *slot;
        if before == 0 {
            *slot = number;
        } else if before != number {
            let (other_section, other_key) = &self.headings[usize::from(before) - 1];
            // What ends a statement in one place and names the same thing in another does both.
            match (other_section.as_str(), section.as_str()) {
                (CONCEPT, PREDICATE) if key == other_key => *slot = number,
                (PREDICATE, CONCEPT) if key == other_key => {}
                _ => self
                    .mistakes
                    .push(format!("{place}: `{word}` stands under {other_section}.{other_key} of this file too")),
            }
        }
    }

    /// Takes a word in that counts only with its marks.
    fn add_marked(&mut self, group: usize, heading: HeadingNumber, place: &str, word: &str) {
        let (folded, marks) = fold_marked_word(word);
        if marks.is_empty() {
            return self.mistakes.push(format!("{place}: `{EXACT}{word}` has no marks"));
        }
        let entry = self.words.entry(folded).or_default();
        let alike = entry.marked.iter().find(|other| other.group == group && other.marks == marks);
        match alike.map(|other| other.heading) {
            None => entry.marked.push(Marked { group, marks, heading }),
            Some(other) if other == heading => {}
            Some(other) => {
                let (section, key) = self.heading(other);
                let mistake = format!("{place}: `{EXACT}{word}` stands under {section}.{key} of this file too");
                self.mistakes.push(mistake);
            }
        }
    }

    fn finish(mut self) -> Result<Compiled, Vec<String>> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        // Nothing is mended into a command.
        self.spellings.retain(|word, _| !self.steering.contains(word));
        let count = self.words.len();
        let mut numbers: HashMap<Entry, u64> = HashMap::new();
        let mut entries = Vec::new();
        let mut words = Vec::with_capacity(count);
        for (word, own) in self.words {
            let abroad = is_clear_abroad(&word);
            let senses = shared(&own.senses, abroad);
            // 夜 counts nights in Chinese; to somebody with a meaning of their own for the word it does not.
            let borrowed = shared(&own.units, abroad);
            let units = std::array::from_fn(|group| match own.units[group] {
                0 if own.senses[group] == 0 => borrowed[group],
                unit => unit,
            });
            let entry = Entry { senses, units, marked: own.marked };
            let number = *numbers.entry(entry).or_insert_with_key(|entry| {
                entries.push(entry.clone());
                entries.len() as u64 - 1
            });
            words.push((word, number));
        }
        let automaton = |words: Vec<(String, u64)>| Automaton::build(&words).map_err(|mistake| vec![mistake]);
        Ok(Compiled {
            headings: self.headings,
            entries,
            words: automaton(words)?,
            spellings: automaton(self.spellings.into_iter().collect())?,
            number_words: automaton(self.number_words.into_iter().collect())?,
            tenths: self.tenths.into_iter().collect(),
            degrees: self.degrees.into_iter().collect(),
            count,
        })
    }
}

/// Whether a word means nothing else in another language: short words in Latin letters and single Chinese
/// characters do.
fn is_clear_abroad(word: &str) -> bool {
    if word.is_ascii() {
        word.len() >= FOREIGN_LATIN_MIN
    } else {
        word.chars().count() > 1 || !word.chars().all(is_han)
    }
}

/// Fills the senses of other languages in: one's own first, then English, then whoever has one.
fn shared(own: &Senses, abroad: bool) -> Senses {
    let anyone = if abroad { own.iter().copied().find(|sense| *sense != 0).unwrap_or(0) } else { 0 };
    std::array::from_fn(|group| [own[group], own[ENGLISH], anyone].into_iter().find(|sense| *sense != 0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JAPANESE;

    /// Compiles lists of which only some say something, by group.
    fn compiled(texts: &[(usize, &str)]) -> Result<Compiled, Vec<String>> {
        let lists = crate::FILES.map(|file| {
            let at = crate::FILES.iter().position(|other| *other == file);
            let text = texts.iter().find(|(group, _)| Some(*group) == at).map_or("", |(_, text)| *text);
            WordList::parse(file, text).expect("a list")
        });
        compile(&lists, &["cough".to_owned(), "nausea".to_owned()])
    }

    fn senses(compiled: &Compiled, word: &str) -> [String; GROUPS] {
        let entry = &compiled.entries[compiled.words.get(word).expect("a word") as usize];
        entry.senses.map(|number| match number {
            0 => String::new(),
            number => compiled.headings[usize::from(number) - 1].1.clone(),
        })
    }

    const VIETNAMESE: usize = 4;
    const NEPALI: usize = 5;

    #[test]
    fn a_word_means_to_each_group_what_its_own_list_says_then_the_english_one_then_any_other() {
        let compiled = compiled(&[
            (ENGLISH, "[concept]\ncough = [\"Kong\"]\n[answer]\nyes = [\"ho\"]"),
            (VIETNAMESE, "[concept]\nnausea = [\"kong\", \"ho\", \"buồn nôn\"]"),
        ])
        .expect("no mistakes");
        assert_eq!(senses(&compiled, "kong")[VIETNAMESE], "nausea");
        assert_eq!(senses(&compiled, "kong")[NEPALI], "cough");
        assert_eq!(senses(&compiled, "buon non")[NEPALI], "nausea");
        assert_eq!(compiled.count, 3);
    }

    #[test]
    fn short_words_in_latin_letters_and_single_chinese_characters_stay_at_home() {
        let compiled =
            compiled(&[(VIETNAMESE, "[concept]\nnausea = [\"non\"]"), (2, "[concept]\ncough = [\"咳\", \"咳嗽\"]")])
                .expect("no mistakes");
        assert_eq!(senses(&compiled, "non")[NEPALI], "");
        assert_eq!(senses(&compiled, "咳")[JAPANESE], "");
        assert_eq!(senses(&compiled, "咳嗽")[JAPANESE], "cough");
    }

    #[test]
    fn all_mistakes_are_told_at_once_with_their_places() {
        let mistakes = compiled(&[
            (JAPANESE, "[concept]\ncough = [\"せき\", \"咳{:en}\"]\nfever = [\"熱\"]\nnausea = [\"セキ\", \"咳{\"]"),
            (VIETNAMESE, "[answer]\nyes = [\"=co\", \"=đúng\"]\nmaybe = [\"=đúng\", \"（）\"]"),
            (ENGLISH, "[number]\n07 = [\"seven\"]\n101 = [\"many\"]\n[grammer]\nfiller = [\"um\"]"),
        ])
        .expect_err("mistakes");
        let told = mistakes.join("\n");
        for place in [
            "ja.toml: concept.cough: `咳{:en}` names the endings `en`",
            "ja.toml: concept.fever is a heading that no reader knows",
            "ja.toml: concept.nausea: `セキ` stands under concept.cough of this file too",
            "ja.toml: concept.nausea: `咳{` has a brace",
            "en.toml: number.07 is a heading",
            "en.toml: number.101 is a heading",
            "en.toml: grammer.filler is a heading",
            "vi.toml: answer.yes: `=co` has no marks",
            "vi.toml: answer.yes: `=đúng` stands under answer.maybe of this file too",
            "vi.toml: answer.maybe: of `（）` nothing is left",
        ] {
            assert!(told.contains(place), "{place}\n{told}");
        }
        assert_eq!(mistakes.len(), 10, "{told}");
    }

    #[test]
    fn alternatives_that_multiply_beyond_reason_are_a_mistake() {
        let many = "{あ,い,う,え,お,か,き,く,け,こ}".repeat(6);
        let mistakes = compiled(&[(JAPANESE, &format!("[concept]\ncough = [\"{many}\"]"))]).expect_err("too many");
        assert!(mistakes[0].contains("stands for 1000000 words"), "{mistakes:?}");
    }

    #[test]
    fn a_name_that_ends_a_statement_elsewhere_does_both() {
        for (one, other) in [("concept", "predicate"), ("predicate", "concept")] {
            let list = format!("[{one}]\ncough = [\"せき\"]\n[{other}]\ncough = [\"せき\"]");
            let compiled = compiled(&[(JAPANESE, &list)]).expect("no mistakes");
            let entry = &compiled.entries[compiled.words.get("せき").expect("a word") as usize];
            assert_eq!(compiled.headings[usize::from(entry.senses[JAPANESE]) - 1].0, "predicate");
        }
    }

    #[test]
    fn slips_are_mended_into_single_words_but_into_no_command() {
        let compiled = compiled(&[
            (ENGLISH, "[command]\nstop = [\"stop\"]\ncomplaint = [\"too many texts\"]\n[concept]\ncough = [\"stop coughing\"]"),
            (VIETNAMESE, "[answer]\nyes = [\"many\"]"),
        ])
        .expect("no mistakes");
        let groups = |word| compiled.spellings.get(word);
        assert_eq!(groups("stop"), None);
        assert_eq!(groups("coughing"), Some(1 << ENGLISH));
        assert_eq!(groups("many"), Some(1 << ENGLISH | 1 << VIETNAMESE));
    }

    #[test]
    fn numbers_that_run_together_are_kept_apart_from_words() {
        let compiled = compiled(&[(
            JAPANESE,
            "[number]\n7 = [\"なな\", \"七つ\"]\n[unit]\ntenth = [\"ぶ\"]\ndegree = [\"度\", \"ど です\"]",
        )])
        .expect("no mistakes");
        assert_eq!(compiled.number_words.get("なな"), Some(7));
        assert_eq!(compiled.words.get("なな"), None);
        assert_eq!(senses(&compiled, "七つ")[JAPANESE], "7");
        assert_eq!((compiled.tenths, compiled.degrees), (vec!["ぶ".to_owned()], vec!['度']));
    }
}
