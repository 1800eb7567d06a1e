//! Compiled lists as files: Rust source with the small tables, and the automata beside it as bytes. A build script
//! writes them to its folder, and `include!` takes them in.

use std::fmt::Write as _;
use std::path::Path;

use crate::FILES;
use crate::compile::Compiled;

/// The files, by name: `lexicon.rs` and what it includes. `folder` is where the lists themselves are.
#[must_use]
pub fn files(compiled: &Compiled, folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("lexicon.rs", source(compiled, folder).into_bytes()),
        ("words.bin", compiled.words.bytes().to_vec()),
        ("spellings.bin", compiled.spellings.bytes().to_vec()),
        ("number_words.bin", compiled.number_words.bytes().to_vec()),
    ]
}

fn source(compiled: &Compiled, folder: &Path) -> String {
    let mut source =
        "/// Letters with marks, and where they stand.\npub(crate) type Marks = &'static [(u32, char)];\n".to_owned();
    let mut table = |name: &str, about: &str, item: &str, values: Vec<String>| {
        let length = values.len();
        // Writing to a string cannot fail.
        let _ = writeln!(source, "/// {about}\npub(crate) static {name}: [{item}; {length}] = [");
        for value in values {
            let _ = writeln!(source, "    {value},");
        }
        source.push_str("];\n");
    };
    let texts = FILES.iter().map(|file| format!("include_str!({:?})", folder.join(file))).collect();
    table("TEXTS", "The lists as people wrote them.", "&str", texts);
    let headings = compiled.headings.iter().map(|heading| format!("{heading:?}")).collect();
    table("HEADINGS", "Section and key, numbered from 1.", "(&str, &str)", headings);
    let entries = compiled.entries.iter().map(|entry| format!("[{:?}, {:?}]", entry.senses, entry.units)).collect();
    let senses = format!("[[u16; {}]; 2]", crate::GROUPS);
    table("ENTRIES", "By itself and behind a number, for each group the heading.", &senses, entries);
    let marked = compiled.entries.iter().enumerate().flat_map(|(at, entry)| {
        entry.marked.iter().map(move |sense| format!("({at}, {}, &{:?}, {})", sense.group, sense.marks, sense.heading))
    });
    let about = "Entry, group, marks, heading; ordered by entry.";
    table("MARKED", about, "(usize, usize, Marks, u16)", marked.collect());
    let tenths = compiled.tenths.iter().map(|word| format!("{word:?}")).collect();
    table("TENTHS", "Units of tenths.", "&str", tenths);
    let degrees = compiled.degrees.iter().map(|c| format!("{c:?}")).collect();
    table("DEGREES", "Units of degrees of one character.", "char", degrees);
    for (name, about, file) in [
        ("WORDS", "Surfaces with their entries.", "words.bin"),
        ("SPELLINGS", "Single words in Latin letters with their groups.", "spellings.bin"),
        ("NUMBER_WORDS", "Parts of numbers with their values.", "number_words.bin"),
    ] {
        let include = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))");
        let _ = writeln!(source, "/// {about}\npub(crate) static {name}: &[u8] = {include};");
    }
    source
}
