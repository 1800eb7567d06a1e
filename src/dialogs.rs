<<<<<<< HEAD
//! The dialogs that the service knows: those in the folder, and older versions that conversations are pinned to.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use domain::center::Center;
use domain::dialog::definition::{Dialog, DialogHash, SourceFile};
use domain::dialog::engine::{Phase, State};
use domain::dialog::load;
use store::Tx;

/// The dialogs, by name (what new conversations start with) and by hash (what running ones stay on, P11).
#[derive(Debug, Default)]
pub struct DialogBook {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_hash: HashMap<DialogHash, Arc<Dialog>>,
    current: HashMap<String, Arc<Dialog>>,
}

impl DialogBook {
    /// Reads every dialog of a folder, a folder each.
    ///
    /// # Errors
    /// When the folder cannot be read, or any dialog has errors: all of them are in the message.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let book = Self::default();
        for dialog in load_folder(path)? {
            book.publish(dialog);
        }
        Ok(book)
    }

    /// From now on, new conversations start with this one.
    pub fn publish(&self, dialog: Dialog) -> Arc<Dialog> {
        let dialog = self.insert(dialog);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.current.insert(dialog.name.clone(), Arc::clone(&dialog));
        dialog
    }

    /// Remembers a dialog without making it the current one.
    pub fn insert(&self, dialog: Dialog) -> Arc<Dialog> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.by_hash.entry(dialog.hash).or_insert_with(|| Arc::new(dialog)))
    }

    /// The dialog with this hash, if it is known here.
    #[must_use]
    pub fn get(&self, hash: &DialogHash) -> Option<Arc<Dialog>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).by_hash.get(hash).cloned()
    }

    /// The dialog with this name that new conversations start with.
    #[must_use]
    pub fn current(&self, name: &str) -> Option<Arc<Dialog>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).current.get(name).cloned()
    }

    /// The current dialogs, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Dialog>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = known.current.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }
}

/// Reads the files of one dialog's folder, chats included.
///
/// # Errors
/// When the folder or a file cannot be read, or a file is not UTF-8.
pub fn read_folder(folder: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for (folder, prefix) in [(folder.to_path_buf(), ""), (folder.join("chats"), "chats/")] {
        if prefix == "chats/" && !folder.is_dir() {
            continue;
        }
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let wanted = if prefix.is_empty() { name.ends_with(".toml") } else { name.ends_with(".chat") };
            if wanted && path.is_file() {
                let bytes =
                    std::fs::read(&path).with_context(|| format!("the file {} cannot be read", path.display()))?;
                files.push(
                    SourceFile::from_bytes(&format!("{prefix}{name}"), &bytes)
                        .map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))?,
                );
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Loads every dialog of a folder of dialogs.
///
/// # Errors
/// When something cannot be read, or any dialog has errors: all of them are in the message.
pub fn load_folder(path: &Path) -> anyhow::Result<Vec<Dialog>> {
    let entries = std::fs::read_dir(path)
        .with_context(|| format!("the folder of dialogs {} cannot be read: see dialogs.path", path.display()))?;
    let mut folders: Vec<_> = entries.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("dialog.toml").is_file());
    folders.sort();
    let (mut dialogs, mut faults) = (Vec::new(), Vec::new());
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        match load::load(&name, &read_folder(&folder)?) {
            Ok(dialog) => dialogs.push(dialog),
            Err(diagnostics) => faults.push(diagnostics.to_string()),
        }
    }
    anyhow::ensure!(faults.is_empty(), "dialogs with errors:\n{}", faults.join("\n"));
    anyhow::ensure!(!dialogs.is_empty(), "no dialog in {}: a folder with a dialog.toml is needed", path.display());
    Ok(dialogs)
}

/// The dialog that a conversation is pinned to (P11): known already, or from the store, where the content of
/// every dialog is kept that was ever started.
///
/// # Errors
/// When the store fails, or has not kept it.
pub async fn pinned(book: &DialogBook, tx: &mut Tx, hash: &DialogHash) -> store::Result<Arc<Dialog>> {
    if let Some(dialog) = book.get(hash) {
        return Ok(dialog);
    }
    let lost = || store::Error::inconsistent("dialog_versions", "source", hash, "the dialog was not kept");
    let (name, files) = tx.dialog_source(hash).await?.ok_or_else(lost)?;
    let dialog = load::load(&name, &files)
        .map_err(|_| store::Error::inconsistent("dialog_versions", "source", hash, "the dialog has errors"))?;
    Ok(book.insert(dialog))
}

/// What to say when a center's dialog is not there.
#[must_use]
pub fn missing(center: &Center) -> store::Error {
    store::Error::inconsistent("centers", "dialog", center.id, "no dialog of this name is loaded")
}

/// The key of the question that is open in a conversation.
#[must_use]
pub fn open_question(dialog: &Dialog, state: &State) -> Option<String> {
    let Phase::Asking { question, .. } = state.phase else { return None };
    dialog.questions.get(usize::from(question)).map(|question| question.key.clone())
}
=======
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
    /// dialog.toml and the texts, sorted by name.
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
>>>>>>> dialog
