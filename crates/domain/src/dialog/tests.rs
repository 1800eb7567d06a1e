//! Tests of the loader, of the dialog `daily` and of its transcripts, over the files in the repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::definition::{Dialog, SourceFile};
use super::load::load;

pub(super) fn daily_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialogs/daily")
}

fn read(folder: &Path, prefix: &str, extension: &str) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = fs::read_dir(folder)
        .expect("the folder is in the repository")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let name = format!("{prefix}{}", path.file_name().expect("it has a name").to_string_lossy());
            SourceFile::from_bytes(&name, &fs::read(&path).expect("it can be read")).expect("it is UTF-8")
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

pub(super) fn daily_files() -> Vec<SourceFile> {
    read(&daily_path(), "", "toml")
}

pub(super) fn daily() -> Dialog {
    load("daily", &daily_files()).unwrap_or_else(|faults| panic!("dialogs/daily has faults:\n{faults}"))
}

#[test]
fn the_daily_dialog_has_no_fault() {
    let dialog = daily();
    assert_eq!(dialog.questions.len(), 6);
}
