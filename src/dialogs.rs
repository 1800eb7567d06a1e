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
