//! docs/dialogs.md, carried out: every command that it shows is run, in order, in a folder as a newcomer has it, and
//! ends as the page says. A block that begins with `sh fails` ends with exit code 1.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a copy of the dialogs; removed when dropped.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("mimamori-desk-{}", std::process::id()));
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs"), &root.join("dialogs"));
        Self(root)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &into);
        } else {
            fs::copy(&path, &into).unwrap();
        }
    }
}

/// The blocks of shell commands of a page, and whether each must fail.
fn blocks(page: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut open = None;
    for line in page.lines() {
        match (open, line) {
            (None, "```sh") => open = Some(false),
            (None, "```sh fails") => open = Some(true),
            (Some(_), "```") => open = None,
            (Some(fails), line) => match found.last_mut().filter(|(block, _)| !block.ends_with("\n\n")) {
                Some((block, _)) => {
                    block.push_str(line);
                    block.push('\n');
                }
                None => found.push((format!("{line}\n"), fails)),
            },
            (None, _) => {
                // A block that is over is marked by an empty line at its end.
                if let Some((block, _)) = found.last_mut().filter(|(block, _)| !block.ends_with("\n\n")) {
                    block.push('\n');
                }
            }
        }
    }
    found
}

#[test]
fn every_command_of_the_guide_for_staff_goes_as_it_says() {
    let desk = Desk::new();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dialogs.md")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_mimamori")).parent().unwrap().to_owned();
    let path =
        std::env::join_paths([program].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
    let blocks = blocks(&page);
    assert!(blocks.len() >= 12, "{} blocks", blocks.len());
    assert_eq!(blocks.iter().filter(|(_, fails)| *fails).count(), 3);
    let mut said = String::new();
    for (block, fails) in blocks {
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &block]).current_dir(&desk.0).env("PATH", path.as_ref().unwrap());
        let done = shell.output().unwrap();
        let out = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(i32::from(fails)), "{block}\n{out}");
        said.push_str(&out);
    }
    // What the page promises to be seen.
    for part in [
        "Call 119 now.",
        "no fault",
        "`’` (U+2019) is not in GSM-7",
        "write '",
        "Is [breathing] harder",
        "go another way",
        "written: patient.html",
        "nothing here raises an alert until you write",
        "not in the Questionnaire: signs: yes raises an alert (red)",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    for file in ["daily.svg", "patient.html", "family.html", "daily.json", "dialogs/daily-again/dialog.toml"] {
        assert!(fs::metadata(desk.0.join(file)).unwrap().len() > 100, "{file}");
    }
    let texts = fs::read_to_string(desk.0.join("dialogs/daily/texts.en.toml")).unwrap();
    assert!(texts.contains("Is breathing harder than yesterday?"), "the page's own change was made");
}
