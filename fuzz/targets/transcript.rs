//! Replays any text as a transcript of the daily dialog. What must hold: no panic, whatever is typed and in whatever
//! order times come; and a transcript that was written anew goes exactly so, and stays as it is.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::load::load;
use domain::dialog::transcript::{replay, rewrite};
use libfuzzer_sys::fuzz_target;

static DAILY: LazyLock<Dialog> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialogs/daily");
    let files = std::fs::read_dir(&folder).expect("dialogs/daily").filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?.to_owned();
        let text = std::fs::read_to_string(&path).ok()?;
        name.ends_with(".toml").then_some(SourceFile { name, text })
    });
    load("daily", &files.collect::<Vec<_>>()).expect("dialogs/daily has no errors")
});

// The dialog, and with it the readers' words, before the first input: that takes seconds, and an input has five.
fuzz_target!(init: { LazyLock::force(&DAILY); }, |data: &[u8]| {
    let text = String::from_utf8_lossy(data).into_owned();
    let chat = SourceFile { name: "chats/fuzz.chat".to_owned(), text };
    let went = replay(&DAILY, &chat);
    match rewrite(&DAILY, &chat) {
        Ok(text) => {
            let rewritten = SourceFile { name: chat.name, text };
            if let Err(mismatch) = replay(&DAILY, &rewritten) {
                panic!("written anew, it goes another way: {mismatch:?}\n{}", rewritten.text);
            }
            assert_eq!(rewrite(&DAILY, &rewritten).ok().as_deref(), Some(rewritten.text.as_str()));
        }
        Err(_) => assert!(went.is_err(), "it goes, and yet cannot be written anew"),
    }
});
