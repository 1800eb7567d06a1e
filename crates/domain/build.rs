//! Compiles the word lists in `lexicon/` for `src/reply/lexicon.rs` to embed, so that no start of the program has to. A
//! mistake in a list fails the build, with all others like it.

use std::path::PathBuf;
use std::process::ExitCode;

use lexicon::list::{WordList, concepts};

fn main() -> ExitCode {
    match compile() {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistakes) => {
            for mistake in mistakes.iter().flat_map(|mistake| mistake.lines()) {
                tell_cargo("error", mistake);
            }
            ExitCode::FAILURE
        }
    }
}

fn compile() -> Result<(), Vec<String>> {
    let folder = place("CARGO_MANIFEST_DIR")?.join("lexicon");
    let read = |file: &str| {
        let path = folder.join(file);
        tell_cargo("rerun-if-changed", &path.display().to_string());
        std::fs::read_to_string(&path).map_err(|error| vec![format!("{}: {error}", path.display())])
    };
    tell_cargo("rerun-if-changed", "build.rs");
    let concepts = concepts(&read("rules.toml")?).map_err(|mistake| vec![mistake])?;
    let mut lists = Vec::new();
    let mut mistakes = Vec::new();
    for file in lexicon::FILES {
        match WordList::parse(file, &read(file)?) {
            Ok(list) => lists.push(list),
            Err(more) => mistakes.extend(more),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let lists = <[WordList; lexicon::GROUPS]>::try_from(lists).map_err(|_| vec!["a list is missing".to_owned()])?;
    let compiled = lexicon::compile::compile(&lists, &concepts)?;

    let out = place("OUT_DIR")?;
    for (name, contents) in lexicon::embed::files(&compiled, &folder) {
        let path = out.join(name);
        std::fs::write(&path, contents).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    }
    Ok(())
}

/// A folder that cargo names.
fn place(variable: &str) -> Result<PathBuf, Vec<String>> {
    std::env::var_os(variable).map(PathBuf::from).ok_or_else(|| vec![format!("{variable} is not set")])
}

/// A line to cargo.
#[expect(clippy::disallowed_macros, reason = "a build script speaks to cargo by printing")]
fn tell_cargo(what: &str, value: &str) {
    println!("cargo::{what}={value}");
}
