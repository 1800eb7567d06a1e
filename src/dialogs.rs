//! The dialogs that the service has: read from folders, kept by hash for the conversations that started with
//! them (P11), and the current one by name. What a dialog is, is the core's business.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use domain::dialog::definition::{Dialog, DialogHash, SourceFile};
use domain::dialog::diagnostics::{Diagnostic, Diagnostics};
use domain::dialog::load;

/// Why dialogs cannot be had from a folder.
#[derive(Debug, thiserror::Error)]
pub enum DialogsError {
    /// A file or folder cannot be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder holds no dialog.
    #[error("{}: there is no dialog here: a dialog is a folder with a file dialog.toml in it", .0.display())]
    Empty(PathBuf),
    /// A dialog has faults.
    #[error("the dialog `{name}` has {} fault(s):\n\n{faults}", faults.len())]
    Faulty {
        /// The dialog.
        name: String,
        /// All its faults.
        faults: Diagnostics,
    },
}

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
    /// Files that are not UTF-8.
    pub unreadable: Vec<Diagnostic>,
}

impl DialogFolder {
    /// Reads every `.toml` file of a folder, and every `.chat` file of its folder `chats`.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read. A file that is not UTF-8 is in [`DialogFolder::unreadable`].
    pub fn read(path: &Path) -> Result<Self, DialogsError> {
        let full = fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
        let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut folder = Self { name, path: path.to_owned(), files: vec![], chats: vec![], unreadable: vec![] };
        folder.files = folder.read_files(path, "toml", "")?;
        // What it takes from a dialog beside it is part of it.
        if let Some(base) = load::texts_from(&folder.files)
            && let Some(beside) = full.parent().map(|parent| parent.join(&base)).filter(|beside| beside.is_dir())
        {
            let taken = folder.read_files(&beside, "toml", &load::base_file(&base, ""))?;
            folder.files.extend(taken);
        }
        let chats = path.join("chats");
        if chats.is_dir() {
            folder.chats = folder.read_files(&chats, "chat", "chats/")?;
        }
        Ok(folder)
    }

    fn read_files(&mut self, path: &Path, extension: &str, prefix: &str) -> Result<Vec<SourceFile>, DialogsError> {
        let mut files = Vec::new();
        for path in entries(path)? {
            if !path.is_file() || path.extension().is_none_or(|found| found != extension) {
                continue;
            }
            let own = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let bytes = fs::read(&path).map_err(|source| unreadable(&path, source))?;
            match SourceFile::from_bytes(&format!("{prefix}{own}"), &bytes) {
                Ok(file) => files.push(file),
                Err(fault) => self.unreadable.push(fault),
            }
        }
        Ok(files)
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

fn unreadable(path: &Path, source: std::io::Error) -> DialogsError {
    DialogsError::Unreadable { path: path.to_owned(), source }
}

/// What lies in a folder, sorted by name; hidden files are left out.
fn entries(path: &Path) -> Result<Vec<PathBuf>, DialogsError> {
    let read = fs::read_dir(path).map_err(|source| unreadable(path, source))?;
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry.map_err(|source| unreadable(path, source))?;
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
/// When something cannot be read, or when there is no dialog at all.
pub fn folders(path: &Path) -> Result<Vec<DialogFolder>, DialogsError> {
    if path.join(load::DIALOG_FILE).exists() {
        return Ok(vec![DialogFolder::read(path)?]);
    }
    let mut found = Vec::new();
    for entry in entries(path)? {
        // A folder with texts and no dialog.toml is a dialog with a fault, not something else.
        let is_dialog =
            entry.is_dir() && entries(&entry)?.iter().any(|file| file.extension().is_some_and(|e| e == "toml"));
        if is_dialog {
            found.push(DialogFolder::read(&entry)?);
        }
    }
    if found.is_empty() { Err(DialogsError::Empty(path.to_owned())) } else { Ok(found) }
}

/// All dialogs at a path.
///
/// # Errors
/// When something cannot be read, when there is none, and for the first dialog with faults: all of its faults.
pub fn load_folder(path: &Path) -> Result<Vec<Dialog>, DialogsError> {
    folders(path)?
        .into_iter()
        .map(|folder| folder.load().map_err(|faults| DialogsError::Faulty { name: folder.name, faults }))
        .collect()
}

#[derive(Debug, Default)]
struct Shelf {
    by_hash: HashMap<DialogHash, Arc<Dialog>>,
    current: HashMap<String, DialogHash>,
}

/// Every dialog that is in use. Shared; grows, and never forgets one while the service runs.
#[derive(Debug, Default)]
pub struct DialogBook(RwLock<Shelf>);

impl DialogBook {
    /// Reads all dialogs at a path, each the current one of its name.
    ///
    /// # Errors
    /// As [`load_folder`]: with a faulty dialog nothing is taken.
    pub fn load(path: &Path) -> Result<Self, DialogsError> {
        let book = Self::default();
        book.reload(path)?;
        Ok(book)
    }

    /// Reads the dialogs at a path again: changed ones become current, those in use stay (P11).
    ///
    /// # Errors
    /// As [`load_folder`]; then everything stays as it was.
    pub fn reload(&self, path: &Path) -> Result<(), DialogsError> {
        for dialog in load_folder(path)? {
            self.insert_current(dialog);
        }
        Ok(())
    }

    /// The dialog with this hash, if it is here. If not, the store has what it was made from.
    #[must_use]
    pub fn get(&self, hash: &DialogHash) -> Option<Arc<Dialog>> {
        self.read(|shelf| shelf.by_hash.get(hash).cloned())
    }

    /// The dialog that new conversations of this name start with.
    #[must_use]
    pub fn current(&self, name: &str) -> Option<Arc<Dialog>> {
        self.read(|shelf| shelf.current.get(name).and_then(|hash| shelf.by_hash.get(hash)).cloned())
    }

    /// Every dialog that is the current one of its name, in no order.
    #[must_use]
    pub fn all_current(&self) -> Vec<Arc<Dialog>> {
        self.read(|shelf| shelf.current.values().filter_map(|hash| shelf.by_hash.get(hash)).cloned().collect())
    }

    /// Keeps a dialog for the conversations that run on it, without making it the current one.
    pub fn insert(&self, dialog: Dialog) -> Arc<Dialog> {
        self.write(|shelf| Arc::clone(shelf.by_hash.entry(dialog.hash).or_insert_with(|| Arc::new(dialog))))
    }

    /// Keeps a dialog and makes it the current one of its name.
    pub fn insert_current(&self, dialog: Dialog) -> Arc<Dialog> {
        let (name, hash) = (dialog.name.clone(), dialog.hash);
        let dialog = self.insert(dialog);
        self.write(|shelf| shelf.current.insert(name, hash));
        dialog
    }

    fn read<T>(&self, what: impl FnOnce(&Shelf) -> T) -> T {
        what(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, what: impl FnOnce(&mut Shelf) -> T) -> T {
        what(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The dialogs of this repository.
    pub(crate) fn own_dialogs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs")
    }

    /// A copy of the daily dialog that a test may spoil; removed when dropped.
    pub(crate) struct Copy(pub(crate) PathBuf);

    impl Copy {
        pub(crate) fn new(test: &str) -> Self {
            let root = std::env::temp_dir().join(format!("mimamori-{test}-{}", std::process::id()));
            let own = own_dialogs().join("daily");
            fs::create_dir_all(root.join("daily/chats")).expect("a temporary folder");
            for part in ["", "chats"] {
                for file in entries(&own.join(part)).expect("our own folder").iter().filter(|file| file.is_file()) {
                    let name = file.file_name().expect("it has a name");
                    fs::copy(file, root.join("daily").join(part).join(name)).expect("a copy");
                }
            }
            Self(root)
        }

        pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
            let path = self.0.join("daily").join(file);
            let text = fs::read_to_string(&path).expect("it is there");
            assert!(text.contains(from), "{file} has no {from}");
            fs::write(path, text.replacen(from, to, 1)).expect("it can be written");
        }
    }

    impl Drop for Copy {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_dialog_is_found_by_its_own_folder_and_by_the_one_above() {
        let all: &[&str] = &["daily", "release", "short", "twice-daily", "welcome"];
        for (path, expected) in [
            (own_dialogs(), all),
            (own_dialogs().join("daily"), &["daily"]),
            (own_dialogs().join("welcome"), &["welcome"]),
            (own_dialogs().join("daily/../short/."), &["short"]),
        ] {
            let names: Vec<String> = load_folder(&path).expect("no fault").into_iter().map(|each| each.name).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn a_place_without_dialogs_is_named() {
        let nowhere = load_folder(Path::new("no/such/folder")).expect_err("nothing is there");
        assert!(nowhere.to_string().contains("no/such/folder"), "{nowhere}");
        let empty = load_folder(&own_dialogs().join("daily/chats")).expect_err("no dialog is there");
        assert!(empty.to_string().contains("there is no dialog here"), "{empty}");
    }

    #[test]
    fn a_changed_dialog_becomes_current_and_the_old_one_stays() {
        let copy = Copy::new("book");
        let book = DialogBook::load(&copy.0).expect("no fault");
        let old = book.current("daily").expect("it was loaded");
        copy.change("texts.ja.toml", "直しました。", "直りました。");
        book.reload(&copy.0).expect("no fault");
        let new = book.current("daily").expect("it was loaded");
        assert_ne!(old.hash, new.hash);
        assert!(book.get(&old.hash).is_some() && book.get(&new.hash).is_some());
        assert_eq!(book.all_current().len(), 1);
        assert!(book.current("weekly").is_none());
    }

    #[test]
    fn a_faulty_dialog_changes_nothing() {
        let copy = Copy::new("faulty");
        let book = DialogBook::load(&copy.0).expect("no fault");
        let old = book.current("daily").expect("it was loaded").hash;
        copy.change("dialog.toml", "kind = \"oxygen\"", "kind = \"oxigen\"");
        let error = book.reload(&copy.0).expect_err("a fault");
        assert!(error.to_string().contains("unknown kind `oxigen`"), "{error}");
        assert_eq!(book.current("daily").map(|dialog| dialog.hash), Some(old));
        fs::write(copy.0.join("daily/texts.ja.toml"), b"x = \"\x91\xcc\"").expect("it can be written");
        let error = book.reload(&copy.0).expect_err("not UTF-8");
        assert!(error.to_string().contains("CP932"), "{error}");
    }
}
