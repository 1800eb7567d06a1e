//! Dialogs as they lie on the disk: folders, read but not yet understood. Nothing is kept here.

use std::fs;
use std::path::{Path, PathBuf};

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::diagnostics::{Diagnostic, Diagnostics};
use domain::dialog::load;

use super::DialogsError;

/// A dialog's folder, read but not yet understood.
#[derive(Debug, Clone)]
pub struct DialogFolder {
    /// The folder's own name, which is the dialog's.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// dialog.toml and the texts, sorted by name; then those of the dialog that it takes texts from.
    pub files: Vec<SourceFile>,
    /// The transcripts, sorted by name.
    pub chats: Vec<SourceFile>,
    /// Files of the dialog that cannot be read, or are not UTF-8.
    pub unreadable: Vec<Diagnostic>,
    /// The same of transcripts. They are no part of the dialog, so they hinder no publication.
    pub unreadable_chats: Vec<Diagnostic>,
}

impl DialogFolder {
    /// Reads every `.toml` file of a folder, those of the dialog beside it that it takes texts from, and every `.chat`
    /// file of its folder `chats`.
    ///
    /// # Errors
    /// When the folder is not there. A file or folder in it that cannot be read is in
    /// [`DialogFolder::unreadable`], so that it hinders no other dialog.
    pub fn read(path: &Path) -> Result<Self, DialogsError> {
        let full = fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
        let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let chats = path.join("chats");
        let (mut files, mut unreadable) = read_files(path, "toml", "");
        // What it takes from a dialog beside it is part of it.
        if let Some((base, beside)) = base_of(&full, &files) {
            let prefix = load::base_file(&base, "");
            let (taken, faults) = read_files(&beside, "toml", &prefix);
            // What it does not take is the other dialog's business.
            let concerns = |fault: &Diagnostic| !fault.file.starts_with(&prefix) || load::is_taken(&files, &fault.file);
            unreadable.extend(faults.into_iter().filter(concerns));
            files.extend(taken);
        }
        let (chats, unreadable_chats) =
            if chats.is_dir() { read_files(&chats, "chat", "chats/") } else { Default::default() };
        Ok(Self { name, path: path.to_owned(), files, chats, unreadable, unreadable_chats })
    }

    /// Makes the dialog.
    ///
    /// # Errors
    /// Everything that is wrong with its files.
    pub fn load(&self) -> Result<Dialog, Diagnostics> {
        match self.unreadable.as_slice() {
            [] => load::load(&self.name, &self.files),
            faults => Err(faults.iter().cloned().collect()),
        }
    }
}

/// The dialog that one takes texts from, by name and folder, if there is such a folder beside its own.
fn base_of(path: &Path, files: &[SourceFile]) -> Option<(String, PathBuf)> {
    let base = load::texts_from(files)?;
    let beside = path.parent()?.join(&base);
    beside.is_dir().then_some((base, beside))
}

/// The folders in which a file may change what is read at a path: itself, and where it is a dialog that takes texts
/// from one beside it, that one.
pub(crate) fn read_along(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    let definition = fs::read(path.join(load::DIALOG_FILE)).ok();
    if let Some(Ok(file)) = definition.map(|bytes| SourceFile::from_bytes(load::DIALOG_FILE, &bytes))
        && let Ok(full) = fs::canonicalize(path)
    {
        all.extend(base_of(&full, &[file]).map(|(_, beside)| beside));
    }
    all
}

/// The files of a folder with this extension, sorted by name, and what is wrong with those that cannot be read.
fn read_files(path: &Path, extension: &str, prefix: &str) -> (Vec<SourceFile>, Vec<Diagnostic>) {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    let unreadable_file = |name: &str, error: &dyn std::fmt::Display| {
        Diagnostic::of_file(name, format!("cannot be read: {error}")).hint("check who may read it")
    };
    let found = match fs::read_dir(path).and_then(sorted) {
        Ok(found) => found,
        Err(error) => {
            unreadable.push(unreadable_file(&path.display().to_string(), &error));
            Vec::new()
        }
    };
    for path in found {
        if !path.is_file() || path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        let own = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{prefix}{own}");
        let file = match fs::read(&path) {
            Ok(bytes) => SourceFile::from_bytes(&name, &bytes),
            Err(error) => Err(unreadable_file(&name, &error)),
        };
        match file {
            Ok(file) => files.push(file),
            Err(fault) => unreadable.push(fault),
        }
    }
    (files, unreadable)
}

fn unreadable(path: &Path, source: std::io::Error) -> DialogsError {
    DialogsError::Unreadable { path: path.to_owned(), source }
}

/// What lies in a folder, sorted by name; hidden files are left out.
pub(super) fn entries(path: &Path) -> Result<Vec<PathBuf>, DialogsError> {
    fs::read_dir(path).and_then(sorted).map_err(|source| unreadable(path, source))
}

fn sorted(read: fs::ReadDir) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

/// The dialog folders at a path: the path itself if it holds a dialog.toml, otherwise the folders in it that do.
///
/// # Errors
/// When the folder cannot be read, or when there is no dialog at all.
pub fn folders(path: &Path) -> Result<Vec<DialogFolder>, DialogsError> {
    if path.join(load::DIALOG_FILE).exists() {
        return Ok(vec![DialogFolder::read(path)?]);
    }
    let mut found = Vec::new();
    for entry in entries(path)? {
        // A folder with texts and no dialog.toml is a dialog with a fault, not something else; so is one that
        // cannot be looked into.
        let has_toml = |files: &Vec<PathBuf>| files.iter().any(|file| file.extension().is_some_and(|e| e == "toml"));
        let is_dialog = entry.is_dir() && entries(&entry).as_ref().map_or(true, has_toml);
        if is_dialog {
            found.push(DialogFolder::read(&entry)?);
        }
    }
    if found.is_empty() { Err(DialogsError::Empty(path.to_owned())) } else { Ok(found) }
}
