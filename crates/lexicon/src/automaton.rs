//! A minimal automaton over many words that share nearly everything, laid out flat so that following a letter is one
//! look at a table. Knows bytes and numbers, not what they mean.
//!
//! The `fst` crate finds the shared parts. Its own form is smaller still, but is decoded anew at every letter; what is
//! laid out here is walked several times as fast, from every place of every text.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use fst::raw::{CompiledAddr, Fst};

/// Words, each with a number, in a form that can be written to a file and walked in place.
///
/// A state is a place in the table. From state `s`, the letter `b` leads over place `s ^ b`, which holds `b` in its low
/// eight bits and the next state above them, or something else if there is no such way. No two states have the same
/// place, so that the letter alone tells whose way it is. The way of the letter 0, which no word holds, tells the
/// number of the word that ends in a state, plus one. The first state is 0, which nothing leads to.
#[derive(Clone, PartialEq, Eq)]
pub struct Automaton {
    /// Little-endian numbers of four bytes.
    table: Cow<'static, [u8]>,
}

/// How large an automaton is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// States.
    pub states: usize,
    /// Ways from one state to another.
    pub ways: usize,
    /// Bytes of the table.
    pub bytes: usize,
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automaton({} bytes)", self.table.len())
    }
}

/// A state while the table is made: the ways out of it, and the number of the word that ends in it.
#[derive(PartialEq, Eq, Hash)]
struct State {
    ways: Vec<(u8, usize)>,
    number: Option<u64>,
}

/// The highest number of a word, and the highest place of a state.
const MAX: usize = (1 << 24) - 2;

impl Automaton {
    /// An automaton that [`bytes`](Self::bytes) gave out.
    #[must_use]
    pub const fn from_bytes(table: &'static [u8]) -> Self {
        Self { table: Cow::Borrowed(table) }
    }

    /// The table, to be written to a file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.table
    }

    /// Makes an automaton of words with their numbers.
    ///
    /// # Errors
    /// When the words are not sorted, one holds a NUL, or there is more than the table can hold.
    pub fn build<W: AsRef<str>>(words: &[(W, u64)]) -> Result<Self, String> {
        for (word, number) in words {
            let word = word.as_ref();
            if word.contains('\0') || usize::try_from(*number).is_ok_and(|number| number > MAX) {
                return Err(format!("`{}` cannot be written down", word.escape_default()));
            }
        }
        let shared = fst::Map::from_iter(words.iter().map(|(word, number)| (word.as_ref(), *number)))
            .map_err(|error| error.to_string())?;
        Ok(Self { table: Cow::Owned(lay_out(&states(shared.as_fst()))?) })
    }

    /// The number of a word.
    #[must_use]
    #[inline]
    pub fn get(&self, word: &str) -> Option<u32> {
        self.prefixes(word).last().filter(|(length, _)| *length == word.len()).map(|(_, number)| number)
    }

    /// The words that a text begins with, shortest first: how many bytes each takes, and its number.
    #[inline]
    pub fn prefixes<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, u32)> + 'a {
        let mut letters = text.as_bytes().iter().zip(1..);
        let mut state = 0;
        std::iter::from_fn(move || {
            loop {
                let (letter, length) = letters.next()?;
                state = self.next(state, *letter)?;
                if let Some(number) = self.number(state) {
                    return Some((length, number));
                }
            }
        })
    }

    #[inline]
    fn place(&self, place: usize) -> Option<u32> {
        self.table.get(4 * place..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    #[inline]
    fn next(&self, state: usize, letter: u8) -> Option<usize> {
        let way = self.place(state ^ usize::from(letter))?;
        let next = (way >> 8) as usize;
        (way.to_le_bytes()[0] == letter && letter != 0 && next != 0).then_some(next)
    }

    #[inline]
    fn number(&self, state: usize) -> Option<u32> {
        let way = self.place(state)?;
        (way.to_le_bytes()[0] == 0).then_some(way >> 8)?.checked_sub(1)
    }

    /// How large it is: for tests, since it is counted by walking all of it.
    #[must_use]
    pub fn size(&self) -> Size {
        let mut seen = HashSet::from([0]);
        let mut open = vec![0];
        let mut ways = 0;
        while let Some(state) = open.pop() {
            for next in (1..=u8::MAX).filter_map(|letter| self.next(state, letter)) {
                ways += 1;
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        Size { states: seen.len(), ways, bytes: self.table.len() }
    }
}

/// The states of an automaton whose words have their numbers at the end, each behind those that it leads to, the first
/// state last. `fst` collects a number along the way, so one of its nodes becomes a state for each sum that may have
/// been collected so far; and it forgets nodes that it has not met for long. What is alike after all becomes one here.
fn states(fst: &Fst<Vec<u8>>) -> Vec<State> {
    fn state(fst: &Fst<Vec<u8>>, node: (CompiledAddr, u64), known: &mut Known) -> usize {
        if let Some(state) = known.nodes.get(&node) {
            return *state;
        }
        let (address, sum) = node;
        let node_of = fst.node(address);
        let ways =
            node_of.transitions().map(|way| (way.inp, state(fst, (way.addr, sum + way.out.value()), known))).collect();
        let own = State { ways, number: node_of.is_final().then(|| sum + node_of.final_output().value()) };
        let next = known.states.len();
        let number = *known.states.entry(own).or_insert(next);
        known.nodes.insert(node, number);
        number
    }
    let mut known = Known::default();
    state(fst, (fst.root().addr(), 0), &mut known);
    let mut states: Vec<(State, usize)> = known.states.into_iter().collect();
    states.sort_unstable_by_key(|(_, number)| *number);
    states.into_iter().map(|(state, _)| state).collect()
}

/// What has become of the nodes so far, and which states there are.
#[derive(Default)]
struct Known {
    nodes: HashMap<(CompiledAddr, u64), usize>,
    states: HashMap<State, usize>,
}

/// Finds a place for each state where its ways fit between those of the others: those with the most ways first, since
/// they are the hardest to place.
fn lay_out(states: &[State]) -> Result<Vec<u8>, String> {
    // Looking further would make the table a little smaller, and take long.
    const LOOK: usize = 256;
    let mut table: Vec<u32> = Vec::new();
    // Which ways are free, in order and each for itself; where each state is, and which places are taken as a state.
    let mut free = BTreeSet::new();
    let mut is_free: Vec<bool> = Vec::new();
    let mut places = vec![0; states.len()];
    let mut is_state: Vec<bool> = Vec::new();
    let first_state = states.len() - 1;
    let mut order: Vec<usize> = (0..first_state).collect();
    order.sort_by_key(|at| std::cmp::Reverse(letters(&states[*at]).count()));
    for at in std::iter::once(first_state).chain(order) {
        let first = usize::from(letters(&states[at]).next().unwrap_or(0));
        let fits = |place: &usize| {
            !is_state[*place] && letters(&states[at]).all(|letter| is_free[*place ^ usize::from(letter)])
        };
        let found = free.iter().rev().take(LOOK).map(|way| way ^ first).find(fits);
        let place = found.unwrap_or_else(|| {
            let begin = table.len();
            table.resize(begin + 256, 0);
            is_state.resize(begin + 256, false);
            is_free.resize(begin + 256, true);
            free.extend(begin..begin + 256);
            begin
        });
        if place > MAX {
            return Err(format!("{} states are more than the table can hold", states.len()));
        }
        is_state[place] = true;
        places[at] = place;
        for way in letters(&states[at]).map(|letter| place ^ usize::from(letter)) {
            free.remove(&way);
            is_free[way] = false;
        }
    }
    let entry = |letter: u8, above: usize| u32::try_from(above).map(|above| above << 8 | u32::from(letter));
    for (state, place) in states.iter().zip(&places) {
        let ways = state.ways.iter().map(|(letter, next)| (*letter, places[*next]));
        let number = state.number.and_then(|number| usize::try_from(number).ok()).map(|number| (0, number + 1));
        for (letter, above) in ways.chain(number) {
            table[place ^ usize::from(letter)] = entry(letter, above).map_err(|error| error.to_string())?;
        }
    }
    Ok(table.into_iter().flat_map(u32::to_le_bytes).collect())
}

/// The letters over which a state is left, 0 for the end of a word.
fn letters(state: &State) -> impl Iterator<Item = u8> + '_ {
    state.number.iter().map(|_| 0).chain(state.ways.iter().map(|(letter, _)| *letter))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn automaton(words: &BTreeMap<String, u64>) -> Automaton {
        let words: Vec<(&str, u64)> = words.iter().map(|(word, number)| (word.as_str(), *number)).collect();
        Automaton::build(&words).expect("an automaton")
    }

    fn words() -> impl Strategy<Value = BTreeMap<String, u64>> {
        // Few letters and few numbers, so that much is shared; and anything at all, so that blocks fill up.
        prop_oneof![
            proptest::collection::btree_map("[abかが]{1,6}", 0..4_u64, 0..200),
            proptest::collection::btree_map("[^\0]{1,4}", 0..70_000_u64, 0..400),
        ]
    }

    proptest! {
        #[test]
        fn every_word_is_found_with_its_number_and_no_other(words in words(), others in proptest::collection::vec(".{0,5}|[abかが]{0,7}", 50)) {
            let automaton = automaton(&words);
            for (word, number) in &words {
                prop_assert_eq!(automaton.get(word).map(u64::from), Some(*number), "{}", word);
            }
            for other in &others {
                prop_assert_eq!(automaton.get(other).map(u64::from), words.get(other.as_str()).copied(), "{}", other);
            }
        }

        #[test]
        fn the_words_that_a_text_begins_with_are_told_shortest_first(words in words(), text in "[abかが\0x]{0,12}") {
            let automaton = automaton(&words);
            let found: Vec<(usize, u64)> =
                automaton.prefixes(&text).map(|(length, number)| (length, u64::from(number))).collect();
            let expected: Vec<(usize, u64)> = (1..=text.len())
                .filter(|length| text.is_char_boundary(*length))
                .filter_map(|length| words.get(&text[..length]).map(|number| (length, *number)))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_words_share_is_kept_once() {
        let spelled = |stems: &[(&str, u64)]| {
            let words =
                stems.iter().flat_map(|(stem, number)| ["ing", "ed"].map(|end| (format!("{stem}{end}"), *number)));
            automaton(&words.collect()).size()
        };
        let one = spelled(&[("a", 7)]);
        assert_eq!(one.states, 6);
        assert_eq!(spelled(&[("a", 7), ("b", 7), ("c", 7)]).states, one.states);
        // The end of a word tells its number, so that other numbers need other ends.
        assert_eq!(spelled(&[("a", 7), ("b", 7), ("c", 8)]).states, 2 * one.states - 1);
    }

    #[test]
    fn what_cannot_be_written_down_is_refused() {
        assert!(Automaton::build(&[("b", 0), ("a", 0)]).is_err());
        assert!(Automaton::build(&[("a\0b", 0)]).is_err());
        assert!(Automaton::build(&[("a", 1 << 24)]).is_err());
        assert_eq!(Automaton::build::<&str>(&[]).map(|none| none.get("")), Ok(None));
    }

    #[test]
    fn a_table_that_is_cut_short_finds_less_and_breaks_nothing() {
        let whole = automaton(&BTreeMap::from([("かぜ".to_owned(), 3)]));
        let table: &'static [u8] = Box::leak(whole.bytes()[..64].to_vec().into_boxed_slice());
        assert_eq!(Automaton::from_bytes(table).get("かぜ"), None);
        assert_eq!(Automaton::from_bytes(&[]).get("かぜ"), None);
    }
}
