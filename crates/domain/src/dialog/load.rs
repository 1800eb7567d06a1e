//! From files to a dialog: strict, and with all that is wrong told at once. Reads no folder; it is given the files.

use sha2::{Digest, Sha256};

use super::check;
use super::definition::{Dialog, DialogHash, SourceFile};
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::document;
use super::questions::{self, Lexicon};
use super::render::Texts;
use super::texts;
use crate::language::Language;
use crate::reply;

/// The file with the questions.
pub const DIALOG_FILE: &str = "dialog.toml";

/// Makes a dialog from the files of its folder. Chats may be among them; they are not part of the dialog.
///
/// # Errors
/// Everything that is wrong with the files, each with its place and, where that can be said, what would be right.
pub fn load(name: &str, files: &[SourceFile]) -> Result<Dialog, Diagnostics> {
    load_with(name, files, reply::concept)
}

pub(super) fn load_with(name: &str, files: &[SourceFile], lexicon: Lexicon) -> Result<Dialog, Diagnostics> {
    let mut faults = Diagnostics::default();
    let source = own_files(files, &mut faults);
    let Some(main) = source.iter().find(|file| file.name == DIALOG_FILE) else {
        faults.push(Diagnostic::of_file(DIALOG_FILE, "the file is missing"));
        return Err(faults);
    };
    let questions = questions::read(document::parse(main, &mut faults), lexicon, &mut faults);
    // Texts for questions that could not be read would only be reported twice over.
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    let mut languages = Vec::new();
    let mut places = Vec::new();
    for placed in &questions.languages {
        let wanted = texts_file(placed.value);
        let Some(file) = source.iter().find(|file| file.name == wanted) else {
            faults.push(Diagnostic::new(main, placed.span.clone(), format!("the file {wanted} is missing")));
            continue;
        };
        let before = faults.len();
        let section = document::parse(file, &mut faults);
        let (texts, place) = texts::read(section, placed.value, &questions.questions, &mut faults);
        if faults.len() == before {
            check::language(&questions.questions, &texts, &place, &mut faults);
        }
        languages.push(texts);
        places.push((placed.value, place));
    }
    if let Some(((first, first_places), others)) = places.split_first() {
        for (_, other) in others {
            check::agreement((*first, first_places), other, &mut faults);
        }
    }
    for file in source.iter().filter(|file| file.name != DIALOG_FILE) {
        if !questions.languages.iter().any(|placed| texts_file(placed.value) == file.name) {
            let message = format!("the language of {} is not among `languages` in {DIALOG_FILE}", file.name);
            faults.push(Diagnostic::of_file(&file.name, message));
        }
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    Ok(Dialog {
        name: name.to_owned(),
        hash: hash(&source),
        questions: questions.questions,
        languages: questions.languages.into_iter().map(|placed| placed.value).collect(),
        texts: Texts { languages },
        source,
    })
}

fn texts_file(language: Language) -> String {
    format!("texts.{language}.toml")
}

/// The files that make the dialog, sorted by name, with line ends made equal.
fn own_files(files: &[SourceFile], faults: &mut Diagnostics) -> Vec<SourceFile> {
    let mut own: Vec<SourceFile> = Vec::new();
    for file in files {
        if file.name.starts_with("chats/") {
            continue;
        }
        let is_texts = Language::ALL.into_iter().any(|language| texts_file(language) == file.name);
        if file.name != DIALOG_FILE && !is_texts {
            let fault = Diagnostic::of_file(&file.name, "a file that is no part of a dialog");
            let names: Vec<String> =
                Language::ALL.map(texts_file).into_iter().chain([DIALOG_FILE.to_owned()]).collect();
            faults.push(match did_you_mean(&file.name, names.iter().map(String::as_str)) {
                Some(meant) => fault.hint(format!("did you mean {meant}?")),
                None => fault.hint(format!("a dialog is {DIALOG_FILE}, texts.LANGUAGE.toml and chats/*.chat")),
            });
            continue;
        }
        if own.iter().any(|other| other.name == file.name) {
            faults.push(Diagnostic::of_file(&file.name, "the file is given twice"));
            continue;
        }
        own.push(SourceFile { name: file.name.clone(), text: file.text.replace("\r\n", "\n").replace('\r', "\n") });
    }
    own.sort_by(|a, b| a.name.cmp(&b.name));
    own
}

/// Over names and contents; lengths keep one from running into the other.
fn hash(source: &[SourceFile]) -> DialogHash {
    let mut digest = Sha256::new();
    for file in source {
        for part in [&file.name, &file.text] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
    }
    DialogHash(digest.finalize().into())
}
