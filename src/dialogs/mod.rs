//! The dialogs that the service has: kept by hash for the conversations that started with them (P11), and the
//! current one by name. Reading them from folders is [`folder`]'s business, when that happens `publish`' and the
//! command line's; what a dialog is, is the core's.

mod built_in;
mod folder;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use domain::dialog::definition::{Dialog, DialogHash};
use domain::dialog::diagnostics::Diagnostics;

pub(crate) use built_in::{built_in, daily};
pub(crate) use folder::read_along;
pub use folder::{DialogFolder, folders};

/// Why dialogs cannot be had from a folder.
#[derive(Debug, thiserror::Error)]
pub enum DialogsError {
    /// The folder cannot be read.
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
    /// Dialogs have faults: at least one.
    #[error("{}", in_words(.0))]
    Faulty(Vec<Refused>),
}

/// A dialog that was refused, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Every reason.
    pub faults: Diagnostics,
}

fn in_words(refused: &[Refused]) -> String {
    let each = |Refused { name, faults }: &Refused| {
        let count = faults.len();
        format!("the dialog `{name}` has {count} fault{}:\n\n{faults}", if count == 1 { "" } else { "s" })
    };
    refused.iter().map(each).collect::<Vec<_>>().join("\n\n")
}

/// What became of the dialogs of a folder when they were read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Those that are new or changed, and current now.
    pub published: Vec<Arc<Dialog>>,
    /// The names of those that are as they were.
    pub unchanged: Vec<String>,
    /// Those with faults: nothing of them was taken, and what was current still is.
    pub refused: Vec<Refused>,
    /// The names of those that are current and not in the folder any more. They stay current.
    pub gone: Vec<String>,
}

#[derive(Debug, Default)]
struct Shelf {
    by_hash: HashMap<DialogHash, Arc<Dialog>>,
    current: BTreeMap<String, DialogHash>,
}

/// Every dialog that is in use. Shared; grows, and never forgets one while the service runs.
#[derive(Debug, Default)]
pub struct DialogBook(RwLock<Shelf>);

impl DialogBook {
    /// Reads all dialogs at a path, each the current one of its name.
    ///
    /// # Errors
    /// As [`folders`], and when any dialog has faults: with all faults of all of them.
    pub fn load(path: &Path) -> Result<Self, DialogsError> {
        let book = Self::default();
        match book.reload(path)?.refused {
            refused if refused.is_empty() => Ok(book),
            refused => Err(DialogsError::Faulty(refused)),
        }
    }

    /// Reads the dialogs at a path again, and takes each that is whole: a changed one becomes current, those in use
    /// stay (P11). One with faults is refused whole and hinders no other: a correction of one dialog must not wait
    /// for another that somebody is in the middle of writing.
    ///
    /// # Errors
    /// As [`folders`]; then everything stays as it was.
    pub fn reload(&self, path: &Path) -> Result<Reading, DialogsError> {
        let mut reading = Reading::default();
        let mut seen = Vec::new();
        for folder in folders(path)? {
            match folder.load() {
                Ok(dialog) if self.current(&folder.name).is_some_and(|current| current.hash == dialog.hash) => {
                    reading.unchanged.push(dialog.name);
                }
                Ok(dialog) => reading.published.push(self.insert_current(dialog)),
                Err(faults) => reading.refused.push(Refused { name: folder.name.clone(), faults }),
            }
            seen.push(folder.name);
        }
        reading.gone = self.read(|shelf| shelf.current.keys().filter(|name| !seen.contains(name)).cloned().collect());
        Ok(reading)
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

    /// Every dialog that is the current one of its name, by name.
    #[must_use]
    pub fn all_current(&self) -> Vec<Arc<Dialog>> {
        self.read(|shelf| shelf.current.values().filter_map(|hash| shelf.by_hash.get(hash)).cloned().collect())
    }

    /// Some dialog, always the same one while nothing is read anew.
    #[must_use]
    pub fn any(&self) -> Option<Arc<Dialog>> {
        self.all_current().into_iter().next()
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
    use std::fs;

    use super::folder::entries;
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

        /// A second dialog with the same content but for a comment: the hash is of the content.
        pub(crate) fn again(&self, name: &str) {
            fs::create_dir_all(self.0.join(name)).expect("a folder");
            for file in entries(&self.0.join("daily")).expect("it is there").iter().filter(|file| file.is_file()) {
                let text = fs::read_to_string(file).expect("our own") + "\n# " + name + "\n";
                let own = file.file_name().expect("it has a name");
                fs::write(self.0.join(name).join(own), text).expect("a copy");
            }
        }

        /// One of the dialogs that take texts from `daily`, without its transcripts.
        pub(crate) fn with(self, name: &str) -> Self {
            fs::create_dir_all(self.0.join(name)).expect("a folder");
            for file in entries(&own_dialogs().join(name)).expect("our own").iter().filter(|file| file.is_file()) {
                fs::copy(file, self.0.join(name).join(file.file_name().expect("it has a name"))).expect("a copy");
            }
            self
        }

        pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
            self.change_of("daily", file, from, to);
        }

        pub(crate) fn change_of(&self, dialog: &str, file: &str, from: &str, to: &str) {
            let path = self.0.join(dialog).join(file);
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
            let book = DialogBook::load(&path).expect("no fault");
            let names: Vec<String> = book.all_current().iter().map(|each| each.name.clone()).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn a_place_without_dialogs_is_named() {
        let nowhere = folders(Path::new("no/such/folder")).expect_err("nothing is there");
        assert!(nowhere.to_string().contains("no/such/folder"), "{nowhere}");
        let empty = folders(&own_dialogs().join("daily/chats")).expect_err("no dialog is there");
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
    fn a_faulty_dialog_is_refused_whole_and_hinders_no_other() {
        let copy = Copy::new("faulty");
        copy.again("weekly");
        let book = DialogBook::load(&copy.0).expect("no fault");
        let old = book.current("daily").expect("it was loaded").hash;
        assert_eq!(book.reload(&copy.0).expect("it can be read").unchanged, ["daily", "weekly"]);
        copy.change("dialog.toml", "kind = \"oxygen\"", "kind = \"oxigen\"");
        copy.change("texts.ja.toml", "直しました。", "直りました。");
        copy.change_of("weekly", "texts.ja.toml", "直しました。", "直りました。");
        let reading = book.reload(&copy.0).expect("it can be read");
        let refused: Vec<&str> = reading.refused.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(refused, ["daily"]);
        assert!(reading.refused[0].faults.to_string().contains("unknown kind `oxigen`"), "{:?}", reading.refused);
        assert_eq!(book.current("daily").map(|dialog| dialog.hash), Some(old), "nothing of it was taken");
        let published: Vec<&str> = reading.published.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(published, ["weekly"]);
        let error = DialogBook::load(&copy.0).expect_err("a fault").to_string();
        assert!(error.contains("the dialog `daily` has 1 fault:") && error.contains("dialog.toml:"), "{error}");
        fs::write(copy.0.join("daily/texts.ja.toml"), b"x = \"\x91\xcc\"").expect("it can be written");
        let refused = book.reload(&copy.0).expect("it can be read").refused;
        assert!(refused[0].faults.to_string().contains("CP932"), "{refused:?}");
    }

    #[test]
    fn what_a_dialog_takes_from_another_is_part_of_it() {
        let copy = Copy::new("taken").with("short").with("twice-daily");
        for dialog in ["short", "twice-daily"] {
            copy.change_of(dialog, "dialog.toml", " \"ko\",", "");
            fs::remove_file(copy.0.join(dialog).join("texts.ko.toml")).expect("it was there");
        }
        let book = DialogBook::load(&copy.0).expect("no fault");
        let published = || -> Vec<String> {
            let reading = book.reload(&copy.0).expect("it can be read");
            assert!(reading.refused.is_empty(), "{:?}", reading.refused);
            reading.published.iter().map(|each| each.name.clone()).collect()
        };
        copy.change("texts.en.toml", "number, e.g. 97", "number. E.g. 97");
        assert_eq!(published(), ["daily", "short", "twice-daily"], "a text that they take");
        copy.change("texts.ko.toml", "[notices]", "# 글\n[notices]");
        copy.change("dialog.toml", "# so are", "# and so are");
        assert_eq!(published(), ["daily"], "a language that they do not have, and what it asks itself");
        copy.change_of("short", "texts.en.toml", "[notices]", "# a note\n[notices]");
        assert_eq!(published(), ["short"], "its own text");
        let refused = || -> Vec<(String, Diagnostics)> {
            let reading = book.reload(&copy.0).expect("it can be read");
            reading.refused.into_iter().map(|each| (each.name, each.faults)).collect()
        };
        // `symptoms` is asked by `daily` and `short`, `oxygen` by all three.
        copy.change("texts.en.toml", "\n[symptoms]\nask = \"", "\n[symptoms]\nask = \"{what} ");
        let names =
            |refused: &[(String, Diagnostics)]| refused.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let found = refused();
        assert_eq!(names(&found), ["daily", "short"]);
        let place = |faults: &Diagnostics| faults.iter().map(|fault| (fault.file.clone(), fault.line)).next();
        let ((own, line), taken) = (place(&found[0].1).expect("a fault"), place(&found[1].1).expect("a fault"));
        assert_eq!((own.as_str(), taken), ("texts.en.toml", ("../daily/texts.en.toml".to_owned(), line)));
        copy.change("texts.en.toml", "{what} ", "");
        fs::write(copy.0.join("daily/texts.ko.toml"), b"x = \"\x91\xcc\"").expect("it can be written");
        assert_eq!(names(&refused()), ["daily"], "nothing of that file is taken");
        fs::write(copy.0.join("daily/texts.ja.toml"), b"x = \"\x91\xcc\"").expect("it can be written");
        let found = refused();
        assert_eq!(names(&found), ["daily", "short", "twice-daily"]);
        assert!(found[1].1.to_string().contains("../daily/texts.ja.toml"), "{}", found[1].1);
        assert_eq!(read_along(&copy.0), std::slice::from_ref(&copy.0));
        let [own, beside] = <[PathBuf; 2]>::try_from(read_along(&copy.0.join("short"))).expect("two folders");
        assert_eq!(own, copy.0.join("short"));
        assert_eq!(beside.file_name().and_then(|name| name.to_str()), Some("daily"));
    }

    #[test]
    fn a_dialog_that_is_gone_from_the_folder_stays_current() {
        let copy = Copy::new("gone");
        copy.again("weekly");
        let book = DialogBook::load(&copy.0).expect("no fault");
        fs::remove_dir_all(copy.0.join("daily")).expect("it was there");
        assert_eq!(book.reload(&copy.0).expect("it can be read").gone, ["daily"]);
        assert!(book.current("daily").is_some());
        fs::remove_dir_all(copy.0.join("weekly")).expect("it was there");
        assert!(matches!(book.reload(&copy.0), Err(DialogsError::Empty(_))));
        assert_eq!(book.all_current().len(), 2);
    }

    #[test]
    fn a_broken_transcript_is_no_fault_of_the_dialog() {
        let copy = Copy::new("chat");
        fs::write(copy.0.join("daily/chats/x.chat"), b"\x91\xcc").expect("it can be written");
        let folder = DialogFolder::read(&copy.0.join("daily")).expect("it can be read");
        assert!(folder.load().is_ok());
        assert_eq!(folder.unreadable_chats.len(), 1);
    }
}
