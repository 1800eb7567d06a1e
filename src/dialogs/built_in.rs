//! The dialogs of this repository as they are in the program, for whoever has no folder of dialogs at hand.

use std::collections::BTreeMap;

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::diagnostics::Diagnostics;
use domain::dialog::load;
use rust_embed::RustEmbed;

use super::DialogBook;

#[derive(RustEmbed)]
#[folder = "dialogs"]
#[include = "*.toml"]
struct Embedded;

/// Every one of them, each the current one of its name.
///
/// # Errors
/// Their faults: none in a released program; in debug builds they are read from the checkout, which may be in the
/// middle of a change.
pub(crate) fn built_in() -> Result<DialogBook, Diagnostics> {
    let folders = embedded()?;
    let book = DialogBook::default();
    for name in folders.keys() {
        book.insert_current(load_one(&folders, name)?);
    }
    Ok(book)
}

/// The dialog `daily`.
///
/// # Errors
/// As [`built_in`].
pub(crate) fn daily() -> Result<Dialog, Diagnostics> {
    load_one(&embedded()?, "daily")
}

/// Their files, by name.
type Folders = BTreeMap<String, Vec<SourceFile>>;

fn embedded() -> Result<Folders, Diagnostics> {
    let mut folders = Folders::new();
    for path in Embedded::iter() {
        let Some((folder, name)) = path.split_once('/') else { continue };
        let Some(file) = Embedded::get(&path) else { continue };
        folders.entry(folder.to_owned()).or_default().push(SourceFile::from_bytes(name, &file.data)?);
    }
    for files in folders.values_mut() {
        files.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(folders)
}

fn load_one(folders: &Folders, name: &str) -> Result<Dialog, Diagnostics> {
    let mut files = folders.get(name).cloned().unwrap_or_default();
    // What it takes from a dialog beside it is part of it.
    if let Some(base) = load::texts_from(&files) {
        let beside = folders.get(&base).into_iter().flatten();
        files.extend(beside.map(|file| SourceFile { name: load::base_file(&base, &file.name), ..file.clone() }));
    }
    load::load(name, &files)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_dialogs_in_the_program_are_those_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs");
        let versions = |book: &DialogBook| -> Vec<_> {
            let mut all: Vec<_> = book.all_current().iter().map(|dialog| (dialog.name.clone(), dialog.hash)).collect();
            all.sort();
            all
        };
        let embedded = built_in().expect("they have no faults");
        assert_eq!(versions(&embedded), versions(&DialogBook::load(&folder).expect("they have none")));
        assert!(embedded.current("welcome").is_some());
        assert_eq!(embedded.current("daily").map(|dialog| dialog.hash), daily().ok().map(|dialog| dialog.hash));
    }
}
