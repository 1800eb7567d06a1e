//! The tables of replies with what they mean: a sample that was given, and our own. Scored as the sample's own
//! scorer does: INVALID and AMBIGUOUS count as the same re-ask, and a row may name other answers that are fine.

#![expect(clippy::disallowed_macros, reason = "the tables are shown with --nocapture, and when an assertion fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::said;
use crate::language::Language;

const SAMPLE: &str = include_str!("../../../../../tests/data/replies/replies.tsv");
const OWN: &str = include_str!("../../../../../tests/data/replies/own.tsv");
const OWN_IMAGINED: &str = include_str!("../../../../../tests/data/replies/own-imagined.tsv");
const OWN_WORLD: &str = include_str!("../../../../../tests/data/replies/own-world.tsv");

/// One row of a table.
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) language: Language,
    pub(super) text: String,
    /// The expected reading with its flags, and what else is fine.
    fine: Vec<String>,
}

/// A reading without its flags, and its flags.
pub(super) fn split(said: &str) -> (&str, Vec<&str>) {
    let (flags, values): (Vec<&str>, Vec<&str>) = said.split(';').partition(|part| part.starts_with("FLAG:"));
    (values.first().copied().unwrap_or_default(), flags)
}

pub(super) fn is_reask(reading: &str) -> bool {
    matches!(reading, "INVALID" | "AMBIGUOUS")
}

/// Whether the reading takes a value, rather than asking again or obeying a command.
pub(super) fn accepts(reading: &str) -> bool {
    !(is_reask(reading) || reading.is_empty() || reading.starts_with("KEYWORD") || reading == "NOT_KEYWORD")
}

impl Row {
    pub(super) fn allows(&self, said: &str) -> bool {
        let (reading, flags) = split(said);
        self.fine.iter().any(|fine| {
            let (fine, fine_flags) = split(fine);
            flags == fine_flags && (reading == fine || (is_reask(reading) && is_reask(fine)))
        })
    }

    pub(super) fn any_fine(&self, wanted: impl Fn(&str, &[&str]) -> bool) -> bool {
        self.fine.iter().any(|fine| {
            let (reading, flags) = split(fine);
            wanted(reading, &flags)
        })
    }
}

/// The rows of a table: `question_kind lang reply expected note`, `alt=A|B` in front of a note.
pub(super) fn rows(table: &str) -> Vec<Row> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [kind, language, reply, expected, note] = cells[..] else { panic!("five columns: {line}") };
            let also =
                note.strip_prefix("alt=").map(|note| note.split("; ").next().unwrap_or(note).trim_end_matches(';'));
            let also = also.into_iter().flat_map(|also| also.split('|'));
            Row {
                kind: kind.to_owned(),
                language: language.parse().unwrap_or_else(|_| panic!("a language: {line}")),
                text: unescape(reply),
                // Flags alone answer nothing: INVALID wherever a question is open.
                fine: std::iter::once(expected)
                    .chain(also)
                    .map(|fine| {
                        let no_answer = fine.starts_with("FLAG:") && kind != "keyword";
                        if no_answer { format!("INVALID;{fine}") } else { fine.to_owned() }
                    })
                    .collect(),
            }
        })
        .collect()
}

/// The rows of all our own tables.
fn own_rows() -> impl Iterator<Item = Row> {
    [OWN, OWN_IMAGINED, OWN_WORLD].into_iter().flat_map(rows)
}

pub(super) fn all_rows() -> Vec<Row> {
    rows(SAMPLE).into_iter().chain(own_rows()).collect()
}

fn unescape(cell: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut characters = cell.chars();
    let mut buffer = [0; 2];
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some('n')) => units.push(u16::from(b'\n')),
            ('\\', Some('t')) => units.push(u16::from(b'\t')),
            ('\\', Some('u')) => {
                let hex: String = characters.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&hex, 16).expect("four hexadecimal digits"));
            }
            ('\\', Some(other)) => units.extend_from_slice(other.encode_utf16(&mut buffer)),
            (c, _) => units.extend_from_slice(c.encode_utf16(&mut buffer)),
        }
    }
    String::from_utf16(&units).expect("whole characters")
}

/// What the scorer counts.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    rows: u32,
    strict: u32,
    lenient: u32,
    silent_wrong: u32,
    over_reask: u32,
    need_emergency: u32,
    missed_emergency: u32,
    false_emergency: u32,
    false_stop: u32,
}

impl Score {
    fn count(&mut self, row: &Row, said: &str) {
        let (reading, flags) = split(said);
        let emergency = |flags: &[&str]| flags.contains(&"FLAG:EMERGENCY");
        let need = !row.any_fine(|_, flags| !emergency(flags));
        self.rows += 1;
        self.strict += u32::from(row.fine.first().is_some_and(|first| first == said));
        self.lenient += u32::from(row.allows(said));
        self.silent_wrong += u32::from(accepts(reading) && !row.any_fine(|fine, _| fine == reading));
        self.over_reask += u32::from(is_reask(reading) && !row.any_fine(|fine, _| is_reask(fine)));
        self.need_emergency += u32::from(need);
        self.missed_emergency += u32::from(need && !emergency(&flags));
        self.false_emergency += u32::from(emergency(&flags) && !row.any_fine(|_, flags| emergency(flags)));
        self.false_stop += u32::from(reading == "KEYWORD:STOP" && !row.any_fine(|fine, _| fine == "KEYWORD:STOP"));
    }
}

/// Scores a table; also a line for each row that is not fine.
fn score(rows: &[Row]) -> (Score, String, String) {
    let mut kinds: BTreeMap<&str, Score> = BTreeMap::new();
    let mut all = Score::default();
    let mut wrong = String::new();
    for row in rows {
        let said = said(&row.kind, row.language, &row.text);
        kinds.entry(&row.kind).or_default().count(row, &said);
        all.count(row, &said);
        if !row.allows(&said) {
            let _ = writeln!(
                wrong,
                "{} {:?} {:?}: {said}, but {}",
                row.kind,
                row.language,
                row.text,
                row.fine.join(" or ")
            );
        }
    }
    let mut table =
        "kind\trows\tstrict\tlenient\tsilent wrong\tover re-ask\tneed emergency\tmissed\tfalse\tfalse stop\n"
            .to_owned();
    for (kind, score) in kinds.into_iter().chain([("ALL", all)]) {
        let _ = writeln!(
            table,
            "{kind}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            score.rows,
            score.strict,
            score.lenient,
            score.silent_wrong,
            score.over_reask,
            score.need_emergency,
            score.missed_emergency,
            score.false_emergency,
            score.false_stop
        );
    }
    (all, table, wrong)
}

#[test]
fn the_sample_is_read_as_safely_as_promised() {
    let rows = rows(SAMPLE);
    let (score, table, wrong) = score(&rows);
    // Shown with --nocapture, and when an assertion fails.
    println!("{table}\n{wrong}");
    assert_eq!(score.rows, 435);
    assert_eq!(score.missed_emergency, 0);
    assert_eq!(score.false_stop, 0);
    assert!(score.false_emergency <= 1);
    assert!(score.silent_wrong <= 1);
    assert!(score.lenient * 100 >= score.rows * 97, "{} of {}", score.lenient, score.rows);
    assert!(score.over_reask * 100 <= score.rows * 2, "{} of {}", score.over_reask, score.rows);
}

#[test]
fn our_own_tables_are_read_without_fault() {
    let rows: Vec<Row> = own_rows().collect();
    let (_, table, wrong) = score(&rows);
    println!("{table}");
    assert!(rows.len() >= 400, "{} rows", rows.len());
    assert_eq!(wrong, "");
}

#[test]
fn escapes_are_undone() {
    assert_eq!(unescape(r"a\n\t\\\u3000\ud83d\ude00"), "a\n\t\\\u{3000}😀");
}
