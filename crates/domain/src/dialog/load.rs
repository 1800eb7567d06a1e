//! From files to a dialog: strict, and with all that is wrong told at once. Reads no folder; it is given the files.

use sha2::{Digest, Sha256};

use super::check;
use super::definition::{Dialog, DialogHash, SourceFile};
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::document::{self, Placed};
use super::layers::Layers;
use super::questions::{self, Lexicon};
use super::render::{Texts, Uses};
use super::texts;
use crate::language::Language;
use crate::reply;

/// The file with the questions.
pub const DIALOG_FILE: &str = "dialog.toml";

/// The dialog beside this one from which it takes texts, if it does and the name can be read. Its files have to be
/// given to [`load`] too, each as [`base_file`] names it; its chats do not.
#[must_use]
pub fn texts_from(files: &[SourceFile]) -> Option<String> {
    let main = files.iter().find(|file| file.name == DIALOG_FILE)?;
    // Its faults are told when it is loaded.
    let mut faults = Diagnostics::default();
    let name = document::parse(main, &mut faults).text("texts-from", &mut faults)?;
    questions::is_key(&name.value).then_some(name.value)
}

/// Whether a file of the dialog that texts are taken from, by its name as [`base_file`] gives it, is part of this
/// dialog: texts in one of its languages are.
#[must_use]
pub fn is_taken(files: &[SourceFile], name: &str) -> bool {
    let Some((base, main)) = texts_from(files).zip(files.iter().find(|file| file.name == DIALOG_FILE)) else {
        return false;
    };
    // Its faults are told when it is loaded.
    let mut faults = Diagnostics::default();
    let languages = questions::languages(&mut document::parse(main, &mut faults), &mut faults);
    languages.iter().any(|placed| base_file(&base, &texts_file(placed.value)) == name)
}

/// What a file of the dialog `base` is called among the files of a dialog that takes texts from it.
#[must_use]
pub fn base_file(base: &str, name: &str) -> String {
    format!("../{base}/{name}")
}

/// Makes a dialog from the files of its folder, and from those of the dialog that it takes texts from
/// ([`texts_from`]). Chats may be among them; they are not part of the dialog.
///
/// # Errors
/// Everything that is wrong with the files, each with its place and, where that can be said, what would be right.
pub fn load(name: &str, files: &[SourceFile]) -> Result<Dialog, Diagnostics> {
    load_with(name, files, reply::concept)
}

pub(super) fn load_with(name: &str, files: &[SourceFile], lexicon: Lexicon) -> Result<Dialog, Diagnostics> {
    let mut faults = Diagnostics::default();
    let base = texts_from(files);
    let mut source = own_files(files, base.as_deref(), &mut faults);
    let Some(main) = source.iter().find(|file| file.name == DIALOG_FILE) else {
        faults.push(Diagnostic::of_file(DIALOG_FILE, "the file is missing"));
        return Err(faults);
    };
    let questions = questions::read(document::parse(main, &mut faults), lexicon, &mut faults);
    if let Some(base) = &questions.texts_from {
        check_base(name, main, base, &questions.languages, &source, &mut faults);
    }
    // Texts for questions that could not be read would only be reported twice over.
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    let uses = Uses::of(questions.opening, &questions.questions);
    let mut languages = Vec::new();
    let mut places = Vec::new();
    for placed in &questions.languages {
        let wanted = texts_file(placed.value);
        let Some(file) = source.iter().find(|file| file.name == wanted) else {
            faults.push(Diagnostic::new(main, placed.span.clone(), format!("the file {wanted} is missing")));
            continue;
        };
        let before = faults.len();
        let own = document::parse(file, &mut faults);
        let below = base.as_deref().and_then(|base| {
            let below = base_file(base, &wanted);
            source.iter().find(|file| file.name == below)
        });
        let below = below.map(|file| document::parse(file, &mut faults));
        let layers = Layers::new(own, below);
        let (texts, place) = texts::read(layers, placed.value, &questions.questions, uses, &mut faults);
        if faults.len() == before {
            check::language(&questions.questions, uses, &texts, &place, &mut faults);
        }
        languages.push(texts);
        places.push((placed.value, place));
    }
    if let Some(((first, first_places), others)) = places.split_first() {
        for (_, other) in others {
            check::agreement((*first, first_places), other, &mut faults);
        }
    }
    let is_taken = |file: &SourceFile| {
        questions.languages.iter().any(|placed| {
            let wanted = texts_file(placed.value);
            file.name == wanted || base.as_deref().is_some_and(|base| file.name == base_file(base, &wanted))
        })
    };
    for file in source.iter().filter(|file| file.name != DIALOG_FILE && !file.name.starts_with("../")) {
        if !is_taken(file) {
            let message = format!("the language of {} is not among `languages` in {DIALOG_FILE}", file.name);
            faults.push(Diagnostic::of_file(&file.name, message));
        }
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    drop(places);
    // What was not taken is not part of the dialog: a change there makes no new version of this one.
    let own: Vec<bool> = source.iter().map(|file| file.name == DIALOG_FILE || is_taken(file)).collect();
    let mut own = own.into_iter();
    source.retain(|_| own.next().unwrap_or_default());
    Ok(Dialog {
        name: name.to_owned(),
        hash: hash(&source),
        opening: questions.opening,
        questions: questions.questions,
        languages: questions.languages.into_iter().map(|placed| placed.value).collect(),
        texts: Texts { languages },
        source,
    })
}

/// Whether the dialog that texts are taken from is there, and has them itself.
fn check_base(
    name: &str,
    main: &SourceFile,
    base: &Placed<String>,
    languages: &[Placed<Language>],
    source: &[SourceFile],
    faults: &mut Diagnostics,
) {
    let mut fault = |message: String, hint: String| {
        faults.push(Diagnostic::new(main, base.span.clone(), message).hint(hint));
    };
    let base = &base.value;
    if base == name {
        return fault(
            "a dialog cannot take its texts from itself".to_owned(),
            "name another one, or leave `texts-from` out".to_owned(),
        );
    }
    let folder = base_file(base, "");
    if !source.iter().any(|file| file.name.starts_with(&folder)) {
        return fault(
            format!("there is no dialog `{base}` beside this one to take texts from"),
            format!("its folder would be {folder}, with a {DIALOG_FILE} and its texts"),
        );
    }
    let has_texts = |placed: &Placed<Language>| {
        let wanted = base_file(base, &texts_file(placed.value));
        source.iter().any(|file| file.name == wanted)
    };
    if !languages.iter().any(has_texts) {
        return fault(
            format!("`{base}` has texts in none of these languages, so nothing can be taken from it"),
            "leave `texts-from` out, or take the texts from another dialog".to_owned(),
        );
    }
    // A dialog that is loaded again from what it keeps comes without it: then it was looked at long ago.
    let definition = source.iter().find(|file| file.name == base_file(base, DIALOG_FILE));
    let next = definition.and_then(|file| texts_from(&[SourceFile { name: DIALOG_FILE.to_owned(), ..file.clone() }]));
    match next {
        Some(next) if next == name => fault(
            format!("`{base}` takes its texts from `{name}` in turn: a circle"),
            "one of the two must have all of its texts itself".to_owned(),
        ),
        Some(next) => fault(
            format!("`{base}` itself takes texts from `{next}`"),
            format!("take them from a dialog that has all of its texts itself, such as `{next}`"),
        ),
        None => {}
    }
}

fn texts_file(language: Language) -> String {
    format!("texts.{language}.toml")
}

/// The files that may make the dialog, sorted by name, with line ends made equal.
fn own_files(files: &[SourceFile], base: Option<&str>, faults: &mut Diagnostics) -> Vec<SourceFile> {
    let mut own: Vec<SourceFile> = Vec::new();
    let folder = base.map(|base| base_file(base, ""));
    for file in files {
        let of_base = folder.as_deref().and_then(|folder| file.name.strip_prefix(folder));
        let name = of_base.unwrap_or(&file.name);
        if name.starts_with("chats/") {
            continue;
        }
        let is_texts = Language::ALL.into_iter().any(|language| texts_file(language) == name);
        if name != DIALOG_FILE && !is_texts {
            if of_base.is_some() {
                // That is the other dialog's fault, and told there.
                continue;
            }
            let fault = Diagnostic::of_file(&file.name, "a file that is no part of a dialog");
            let names: Vec<String> =
                Language::ALL.map(texts_file).into_iter().chain([DIALOG_FILE.to_owned()]).collect();
            if file.name.starts_with("../") {
                faults.push(fault.hint("a dialog that takes texts from another says so with `texts-from`"));
                continue;
            }
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
