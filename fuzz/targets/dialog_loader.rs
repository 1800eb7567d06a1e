//! Loads any files as a dialog's folder. What must hold: no panic; errors that can be shown; and a dialog that was
//! taken has a hash that does not depend on line ends, can be made again from what it keeps, and can be run to its
//! end by anybody.
#![no_main]

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::engine::{Context, Effect, Input, Known, Phase, State, step};
use domain::dialog::load::load;
use domain::reply::concept;
use libfuzzer_sys::fuzz_target;

// Files stand one after the other, each under a line with `--- ` and its name.
// The readers' words are compiled before the first input: that takes seconds, and an input has five.
fuzz_target!(init: { concept("cough"); }, |data: &[u8]| {
    let mut files: Vec<SourceFile> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"--- ") {
            let name = String::from_utf8_lossy(name).trim().to_owned();
            files.push(SourceFile { name, text: String::new() });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(&String::from_utf8_lossy(line));
        }
    }
    if files.len() > 12 {
        return;
    }
    match load("fuzz", &files) {
        Ok(dialog) => {
            let windows: Vec<SourceFile> = files
                .iter()
                .map(|file| SourceFile {
                    name: file.name.clone(),
                    text: file.text.replace("\r\n", "\n").replace('\n', "\r\n"),
                })
                .collect();
            let again = load("fuzz", &windows).expect("the same files with other line ends");
            assert_eq!(again.hash, dialog.hash, "line ends changed the hash");
            let kept = load("fuzz", &dialog.source).expect("what the dialog itself keeps");
            assert_eq!(kept.hash, dialog.hash, "what is kept is another dialog");
            run(&dialog);
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            assert!(!faults.to_string().is_empty(), "a reason that cannot be shown");
        }
    }
});

/// Answers every question with something that it may not understand: two failures each, and it must be over.
fn run(dialog: &Dialog) {
    for language in &dialog.languages {
        let context = Context {
            language: *language,
            center: "江東区保健所",
            deadline: "8:30",
            night_line: Some("03-5550-0100"),
            attended: true,
            late: false,
            label: None,
            known: Known::default(),
        };
        for reply in ["", "0", "1", "36.6", "98", "なし", "BACK BACK"] {
            let mut state = step(dialog, &State::new(dialog), Input::Open, &context).state;
            let mut turns = 0;
            while let Phase::Asking { .. } = state.phase {
                let next = step(dialog, &state, Input::Text(reply), &context);
                let said = next.effects.iter().any(|effect| matches!(effect, Effect::Say { .. }));
                assert!(said, "{reply:?} was not answered");
                state = next.state;
                turns += 1;
                assert!(turns <= 3 * dialog.questions.len(), "{reply:?} does not come to an end");
            }
        }
    }
}
