//! Tests of the loader, of the dialog `daily` and of its transcripts, over the files in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::definition::{Dialog, SourceFile};
use super::load::{base_file, load, texts_from};
use super::transcript::{replay, rewrite};

/// Every dialog of this repository.
pub(super) const DIALOGS: [&str; 5] = ["daily", "release", "short", "twice-daily", "welcome"];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialogs").join(name)
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

/// The files of a dialog, and those of the one that it takes texts from.
pub(super) fn files(name: &str) -> Vec<SourceFile> {
    let mut files = read(&path(name), "", "toml");
    if let Some(base) = texts_from(&files) {
        files.extend(read(&path(&base), &base_file(&base, ""), "toml"));
    }
    files
}

pub(super) fn daily_files() -> Vec<SourceFile> {
    files("daily")
}

pub(crate) fn dialog(name: &str) -> Dialog {
    load(name, &files(name)).unwrap_or_else(|faults| panic!("dialogs/{name} has faults:\n{faults}"))
}

pub(super) fn daily() -> Dialog {
    dialog("daily")
}

#[test]
fn the_daily_dialog_has_no_fault() {
    let dialog = daily();
    assert_eq!(dialog.questions.len(), 6);
}

fn daily_once() -> &'static Dialog {
    static DAILY: LazyLock<Dialog> = LazyLock::new(daily);
    &DAILY
}

pub(super) fn chats() -> Vec<SourceFile> {
    read(&path("daily").join("chats"), "chats/", "chat")
}

#[test]
fn every_transcript_of_every_dialog_goes_as_written() {
    let mut failures = Vec::new();
    for name in DIALOGS {
        let dialog = dialog(name);
        let chats = read(&path(name).join("chats"), "chats/", "chat");
        assert!(chats.len() >= 8, "{name}: {} transcripts", chats.len());
        let failed = chats.iter().filter_map(|chat| replay(&dialog, chat).err());
        failures.extend(failed.map(|mismatch| format!("dialogs/{name}/{mismatch}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_folder_is_a_dialog_that_is_tested() {
    let mut folders: Vec<String> = fs::read_dir(path(""))
        .expect("the folder is in the repository")
        .map(|entry| entry.expect("it can be listed"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, DIALOGS);
}

/// What is done to a dialog, and what must be said about it.
struct Fault {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
    hint: &'static str,
}

const fn fault(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
    hint: &'static str,
) -> Fault {
    Fault { file, from, to, says, hint }
}

const DIALOG: &str = "dialog.toml";
const JA: &str = "texts.ja.toml";
const EN: &str = "texts.en.toml";

const FAULTS: &[Fault] = &[
    fault(DIALOG, "kind = \"oxygen\"", "kind = \"oxgyen\"", "unknown kind `oxgyen`", "did you mean `oxygen`?"),
    fault(DIALOG, "required = false", "requird = false", "unknown key `requird`", "did you mean `required`?"),
    fault(DIALOG, "required = false", "required = 0", "`required` must be true or false, not a whole number", ""),
    fault(DIALOG, "yes = \"orange\"", "yes = \"green\"", "`green` is no alert", "use \"red\""),
    fault(
        DIALOG,
        "alert = \"orange\" },\n  { number = 9",
        "alert = \"purple\" },\n  { number = 9",
        "`purple` is no alert",
        "",
    ),
    fault(DIALOG, "about = \"breathless\"", "about = \"breathles\"", "knows no words for `breathles`", ""),
    fault(DIALOG, "key = \"fatigue\"", "key = \"tired out\"", "`tired out` cannot be a key", "runny-nose"),
    fault(DIALOG, "{ number = 2,", "{ number = 1,", "number 1 is already the option `cough`", ""),
    fault(DIALOG, "{ number = 2,", "{ number = 64,", "64 cannot be an option's number", "use 1 to 63"),
    fault(
        DIALOG,
        "key = \"runny-nose\"",
        "key = \"sniffle\", words = \"cough\"",
        "`cough` and `sniffle` read alike",
        "one word",
    ),
    fault(DIALOG, "key = \"runny-nose\"", "key = \"cough\"", "a second option with the key `cough`", ""),
    fault(DIALOG, "key = \"oxygen\"", "key = \"temperature\"", "a second question with the key `temperature`", ""),
    fault(DIALOG, "key = \"oxygen\"", "key = \"notices\"", "no key for a question", ""),
    fault(DIALOG, "required = false", "only-if = \"breathing is yes\"", "is no condition", "breathing = yes"),
    fault(
        DIALOG,
        "required = false",
        "only-if = \"breathin = yes\"",
        "no earlier question `breathin`",
        "did you mean `breathing`?",
    ),
    fault(DIALOG, "required = false", "only-if = \"note = yes\"", "no earlier question `note`", "looks back"),
    fault(DIALOG, "required = false", "only-if = \"breathing = often\"", "`breathing` is never `often`", "yes, no"),
    fault(
        DIALOG,
        "required = false",
        "only-if = \"symptoms = coughing\"",
        "`symptoms` is never `coughing`",
        "cough, runny-nose",
    ),
    fault(DIALOG, "\"en\",", "\"en\", \"hi\",", "Hindi is read, not written", ""),
    fault(DIALOG, "\"en\",", "\"en\", \"en\",", "`en` is listed twice", ""),
    fault(DIALOG, ", \"en\",", ",", "the language of texts.en.toml is not among `languages`", ""),
    fault(DIALOG, "\"en\",", "\"en-\",", "unknown language `en-`", ""),
    fault(JA, "{value}度ですか", "{valeu}度ですか", "unknown placeholder {valeu}", "did you mean {value}?"),
    fault(JA, "{value}度ですか", "{deadline}度ですか", "{deadline} stands for nothing in `temperature.confirm`", ""),
    fault(JA, "{value}度ですか", "度ですか", "`temperature.confirm` must contain {value}", ""),
    fault(JA, "{value}度ですか", "{value度ですか", "a brace without its partner", ""),
    fault(JA, "ask = \"今日の", "aks = \"今日の", "unknown key `aks`", "did you mean `ask`?"),
    fault(JA, "ask = \"今日の", "aks = \"今日の", "`ask` is missing here", ""),
    fault(JA, "[oxygen]", "[oxigen]", "the texts of the question `oxygen` are missing", "add a table [oxygen]"),
    fault(JA, "[oxygen]", "[oxigen]", "unknown key `oxigen`", "did you mean `oxygen`?"),
    fault(JA, ", unknown = \"不明。\"", "", "`unknown` is missing here", ""),
    fault(JA, "picture = \"写真は不可。\"\n", "", "`picture` is missing here", ""),
    fault(JA, "help = \"{center}の公式です", "help = \"公式です", "`notices.help` must contain {center}", ""),
    fault(JA, "今日の体温を", "今日の朝の体温を必ず測って体温を", "`temperature.ask` is too long", "shorten it"),
    fault(JA, "no = \"いいえ。\"", "no = \"苦しくはない。\"", "`symptoms.ask` is too long", "苦しくはない"),
    fault(JA, "写真は読めません。", "写真📷は読めません。", "U+1F4F7 in `notices.picture-only` is a pictogram", ""),
    fault(JA, "再開しました。", "コロナの質問を再開しました。", "says `コロナ`", "locked phone"),
    fault(
        JA,
        "corrected = \"直しました。ありがとうございました。\"",
        "corrected = \"  \"",
        "`notices.corrected` is empty",
        "",
    ),
    fault(JA, "center = \"保健所\"", "center = \"あなたの町の保健所のこと\"", "at most 10", ""),
    fault(EN, "Today's questions are over. I", "Today’s questions are over. I", "U+2019) is not in GSM-7", ""),
    fault(
        EN,
        "corrected = \"Corrected.",
        "corrected = \"By {deadline} corrected.",
        "has {deadline} here, and in `ja` it has not",
        "",
    ),
    fault(
        EN,
        "early = \"Received. I will ask the rest later. Please answer by {deadline}.",
        "early = \"Received.",
        "has {deadline} in `ja`, and not here",
        "",
    ),
];

#[test]
fn every_fault_is_told_with_its_place_and_what_would_be_right() {
    for Fault { file, from, to, says, hint } in FAULTS {
        let mut files = daily_files();
        let changed = files.iter_mut().find(|each| each.name == *file).expect("the file is there");
        assert!(changed.text.contains(from), "{file} has no {from:?}");
        changed.text = changed.text.replacen(from, to, 1);
        let Err(faults) = load("daily", &files) else { panic!("{says}: nothing was said") };
        let found = faults.iter().find(|fault| fault.message.contains(says));
        let found = found.unwrap_or_else(|| panic!("not said: {says}\n{faults}"));
        let in_hint = found.hint.as_deref().unwrap_or_default().contains(hint);
        assert!(in_hint, "{says}: the hint is {:?}, not {hint}", found.hint);
        let at = faults.to_string();
        assert!(at.contains(&format!("{}:{}", found.file, found.line)), "{at}");
    }
}

const WELCOME_FAULTS: &[Fault] = &[
    fault(
        DIALOG,
        "opening = \"introduction\"",
        "opening = \"intro\"",
        "`intro` is no way to begin",
        "\"introduction\"",
    ),
    fault(DIALOG, "texts-from = \"daily\"", "texts-from = \"../daily\"", "cannot be the name of a dialog", "folder"),
    fault(DIALOG, "texts-from = \"daily\"", "texts-from = \"weekly\"", "no dialog `weekly` beside", "../weekly/"),
    fault(DIALOG, "texts-from = \"daily\"", "texts-from = \"welcome\"", "its texts from itself", "another one"),
    fault(DIALOG, "texts-from = \"daily\"", "", "no part of a dialog", "says so with `texts-from`"),
    fault(DIALOG, "proves = \"number\"", "proves = \"name\"", "cannot prove `name`", "for yes or no"),
    fault(DIALOG, "proves = \"number\"", "proves = \"identity\"", "cannot prove `identity`", "for an identifier"),
    fault(
        DIALOG,
        "proves = \"number\"",
        "proves = \"number\"\nyes = \"red\"",
        "cannot prove `number`",
        "without an alert",
    ),
    fault(DIALOG, "proves = \"number\"", "proves = \"number\"\ntries = 2", "has `tries`", ""),
    fault(DIALOG, "proves = \"number\"", "proves = \"number\"\nrequired = false", "always asked", ""),
    fault(DIALOG, "proves = \"number\"", "", "the question `number` comes before one that proves", "who is written to"),
    fault(DIALOG, "tries = 3", "tries = 0", "`tries` is 0; it must be from 1 to 5", "guessed"),
    fault(DIALOG, "tries = 3", "tries = 300", "`tries` is 300; it must be from 1 to 5", "guessed"),
    fault(
        DIALOG,
        "[[question]]\nkey = \"her-sys-id\"",
        "[[question]]\nkey = \"again\"\nkind = \"yes-no\"\nproves = \"number\"\n[[question]]\nkey = \"her-sys-id\"",
        "the question `number` proves the same",
        "",
    ),
    fault(
        JA,
        "introduction = ",
        "introducton = ",
        "`introduction` is missing here",
        "not in ../daily/texts.ja.toml either",
    ),
    fault(JA, "introduction = \"{center}です", "introduction = \"保健所です", "must contain {center}", ""),
    fault(
        JA,
        "not-matching = \"番号が",
        "not-matching = \"お送りいただいた番号は、控えの番号と",
        "`her-sys-id.ask` is too long",
        "shorten",
    ),
    fault(JA, "unknown = \"わかりました。", "confirm = \"わかりました。", "unknown key `confirm`", ""),
    fault(JA, "ない時は「なし」\"\nask-again", "HER-SYS\"\nask-again", "says `her-sys`", "locked phone"),
    fault("../daily/texts.ja.toml", "safety = \"すぐ", "safety = \"{value}すぐ", "{value} stands for nothing", ""),
    fault("../daily/texts.ja.toml", "picture = \"写真は不可。\"\n", "", "`picture` is missing here", "not in ../daily"),
    fault("../daily/texts.ja.toml", "picture = \"", "picture = ", "", ""),
    fault(
        "../daily/dialog.toml",
        "languages",
        "texts-from = \"short\"\nlanguages",
        "itself takes texts from `short`",
        "such as `short`",
    ),
    fault(
        "../daily/dialog.toml",
        "languages",
        "texts-from = \"welcome\"\nlanguages",
        "in turn: a circle",
        "one of the two",
    ),
];

const RELEASE_FAULTS: &[Fault] = &[
    fault(DIALOG, "release = \"no-fever\"", "release = \"no\"", "`no` says nothing about the end", "\"no-fever\""),
    fault(DIALOG, "release = \"eased\"", "release = \"yes\"", "`yes` says nothing about the end", "\"eased\""),
    fault(
        DIALOG,
        "kind = \"oxygen\"",
        "kind = \"oxygen\"\nrelease = \"no\"",
        "`no` says nothing",
        "only a temperature",
    ),
    fault(
        DIALOG,
        "eased-hours = 24",
        "eased-hours = 0",
        "`eased-hours` is 0; it must be from 1 to 720",
        "leave it out",
    ),
    fault(JA, "[medicine]", "[medicin]", "the texts of the question `medicine` are missing", "add a table [medicine]"),
];

#[test]
fn faults_of_what_dialogs_may_do_more_are_told_too() {
    for (name, faults) in [("welcome", WELCOME_FAULTS), ("release", RELEASE_FAULTS)] {
        for Fault { file, from, to, says, hint } in faults {
            let mut files = files(name);
            let changed = files.iter_mut().find(|each| each.name == *file).expect("the file is there");
            assert!(changed.text.contains(from), "{file} has no {from:?}");
            changed.text = changed.text.replacen(from, to, 1);
            let Err(faults) = load(name, &files) else { panic!("{says}: nothing was said") };
            let found = faults.iter().find(|fault| fault.message.contains(says));
            let found = found.unwrap_or_else(|| panic!("not said: {says}\n{faults}"));
            let in_hint = found.hint.as_deref().unwrap_or_default().contains(hint);
            assert!(in_hint, "{says}: the hint is {:?}, not {hint}", found.hint);
        }
    }
}

#[test]
fn without_any_easing_nothing_can_be_asked_about_it() {
    let mut files = files("release");
    let main = files.iter_mut().find(|file| file.name == DIALOG).expect("it is there");
    main.text = main.text.replace(", eased-hours = 72", "").replace(", eased-hours = 24", "");
    let faults = load("release", &files).expect_err("no hours").to_string();
    assert!(faults.contains("no option says for how long"), "{faults}");
}

#[test]
fn a_text_that_is_taken_over_is_blamed_where_it_really_stands() {
    let mut files = files("twice-daily");
    let base = files.iter_mut().find(|file| file.name == "../daily/texts.ja.toml").expect("it is there");
    base.text = base.text.replacen(
        "echo = { value = \"{value}度。\"",
        "echo = { value = \"お知らせいただいた体温は{value}度と承りました。お大事に。\"",
        1,
    );
    let Err(faults) = load("twice-daily", &files) else { panic!("too long an echo") };
    let names: Vec<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
    // The echo stands before questions of both files: each is blamed where it stands.
    assert!(names.contains(&"texts.ja.toml") && names.contains(&"../daily/texts.ja.toml"), "{faults}");
    let signs = faults.iter().find(|fault| fault.message.contains("`signs.ask` is too long")).expect("the longest");
    let line = files.iter().find(|file| file.name == signs.file).and_then(|file| file.text.lines().nth(signs.line - 1));
    assert!(line.is_some_and(|line| line.starts_with("ask = \"確認です。")), "{line:?}");
}

#[test]
fn what_was_taken_over_is_part_of_the_dialog_and_nothing_else_is() {
    let plain = dialog("welcome");
    let names: Vec<&str> = plain.source.iter().map(|file| file.name.as_str()).collect();
    for name in ["dialog.toml", "texts.ja.toml", "../daily/texts.ja.toml", "../daily/texts.en.toml"] {
        assert!(names.contains(&name), "{name} is not kept: {names:?}");
    }
    let hash = |change: &dyn Fn(&mut Vec<SourceFile>)| {
        let mut files = files("welcome");
        change(&mut files);
        load("welcome", &files).expect("no fault").hash
    };
    let append = |files: &mut Vec<SourceFile>, name: &str| {
        let file = files.iter_mut().find(|file| file.name == name).expect("it is there");
        file.text.push_str("# a comment\n");
    };
    assert_ne!(plain.hash, hash(&|files| append(files, "../daily/texts.ja.toml")));
    assert_eq!(plain.hash, hash(&|files| append(files, "../daily/dialog.toml")));
    assert_eq!(
        plain.hash,
        hash(&|files| files.push(SourceFile { name: "../daily/texts.hi.toml".into(), text: "x".into() }))
    );
    assert_eq!(
        plain.hash,
        hash(&|files| files.push(SourceFile { name: "../daily/notes.txt".into(), text: "x".into() }))
    );
}

#[test]
fn every_dialog_can_be_made_again_from_what_it_keeps() {
    for name in DIALOGS {
        let dialog = dialog(name);
        let kept = serde_json::to_string(&dialog.source).expect("files are text");
        let files: Vec<SourceFile> = serde_json::from_str(&kept).expect("it is what was written");
        let again = load(name, &files).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert_eq!((again.hash, &again.source), (dialog.hash, &dialog.source), "{name}");
        let replayed =
            read(&path(name).join("chats"), "chats/", "chat").iter().all(|chat| replay(&again, chat).is_ok());
        assert!(replayed, "{name}");
    }
}

#[test]
fn a_dialog_without_texts_in_the_same_languages_gives_none() {
    let mut files = files("short");
    files.retain(|file| !file.name.starts_with("../daily/texts."));
    let Err(faults) = load("short", &files) else { panic!("nothing is there to take") };
    assert!(faults.to_string().contains("`daily` has texts in none of these languages"), "{faults}");
}

#[test]
fn files_of_another_dialog_are_refused_where_nothing_is_taken_from_it() {
    let mut files = daily_files();
    files.push(SourceFile { name: base_file("welcome", "texts.ja.toml"), text: String::new() });
    assert!(load("daily", &files).expect_err("a file too many").to_string().contains("no part of a dialog"));
}

#[test]
fn files_that_are_no_part_of_a_dialog_are_refused() {
    let extra = |name: &str| {
        let mut files = daily_files();
        files.push(SourceFile { name: name.to_owned(), text: String::new() });
        load("daily", &files).expect_err("a file too many").to_string()
    };
    assert!(extra("text.ja.toml").contains("did you mean texts.ja.toml?"));
    assert!(extra("texts.hi.toml").contains("not among `languages`"));
    assert!(extra("notes.toml").contains("a dialog is dialog.toml"));
    assert!(load("daily", &[]).expect_err("nothing").to_string().contains("dialog.toml"));
    let empty = [SourceFile { name: "dialog.toml".into(), text: String::new() }];
    let faults = load("daily", &empty).expect_err("nothing is in it").to_string();
    assert!(faults.contains("there is no question") && faults.contains("`languages` is missing"), "{faults}");
}

#[test]
fn a_language_without_its_file_is_refused() {
    let mut files = daily_files();
    files.retain(|file| file.name != EN);
    let faults = load("daily", &files).expect_err("a file too few").to_string();
    assert!(faults.contains("the file texts.en.toml is missing"), "{faults}");
}

#[test]
fn a_dialog_without_a_required_question_is_refused() {
    let mut files = daily_files();
    let dialog = files.iter_mut().find(|file| file.name == DIALOG).expect("it is there");
    dialog.text = dialog.text.replace("kind = ", "required = false\nkind = ").replacen(
        "required = false\nkind = \"text\"\n",
        "kind = \"text\"\n",
        1,
    );
    let faults = load("daily", &files).expect_err("nothing is required").to_string();
    assert!(faults.contains("no question is required"), "{faults}");
}

#[test]
fn more_than_32_questions_are_refused() {
    let letters = ('a'..='z').flat_map(|a| ('a'..='b').map(move |b| format!("{a}{b}")));
    let questions: String =
        letters.take(33).map(|key| format!("[[question]]\nkey = \"{key}\"\nkind = \"text\"\n")).collect();
    let text = format!("languages = [\"ja\"]\n{questions}");
    let faults = load("many", &[SourceFile { name: DIALOG.into(), text }]).expect_err("too many");
    assert!(faults.iter().any(|fault| fault.message.contains("33 questions; at most 32")), "{faults}");
}

#[test]
fn the_hash_is_of_what_is_said_and_asked_and_of_nothing_else() {
    let hash = |change: &dyn Fn(&mut Vec<SourceFile>)| {
        let mut files = daily_files();
        change(&mut files);
        load("daily", &files).expect("no fault").hash
    };
    let plain = hash(&|_| {});
    assert_eq!(plain, hash(&|files| files.reverse()));
    assert_eq!(plain, hash(&|files| files.iter_mut().for_each(|file| file.text = file.text.replace('\n', "\r\n"))));
    assert_eq!(plain, hash(&|files| files.push(SourceFile { name: "chats/x.chat".into(), text: "x".into() })));
    assert_ne!(plain, hash(&|files| files[0].text.push_str("# a comment\n")));
    assert_eq!(plain.to_string().parse(), Ok(plain));
}

#[test]
fn a_transcript_that_goes_another_way_is_shown_line_by_line() {
    let dialog = daily();
    let chat = |text: &str| SourceFile { name: "chats/x.chat".into(), text: text.into() };
    let mismatch = replay(&dialog, &chat("07:00 ! open\n07:00 > やあ\n")).expect_err("another text");
    let shown = mismatch.to_string();
    for part in ["chats/x.chat:1", "- 07:00 > やあ", "+ 07:00 > 江東区保健所です。"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    for (text, says) in [
        ("languag: ja\n", "did you mean `language`?"),
        ("language: xx\n", "unknown language"),
        ("deadline: late\n", "a time such as 8:30"),
        ("today: tomorrow\n", "a day such as 2022-08-11"),
        ("place: beach\n", "a place of stay"),
        ("07:00 ! opne\n", "`opne` is nothing that happens"),
        ("07:00 ! open\nhello\n", "this is no line of a transcript"),
        ("07:00 ! open\n06:00 < x\n", "earlier than the line before"),
        ("07:00 > x\n", "nothing has happened yet"),
        ("07:00 < \\x\n", "after \\ stands"),
        ("07:00 ~ x\n", "after the time stands"),
    ] {
        let shown = replay(&dialog, &chat(text)).expect_err(text).to_string();
        assert!(shown.contains(says), "{says} is missing in\n{shown}");
    }
}

#[test]
fn a_transcript_written_anew_holds_and_keeps_its_comments() {
    let dialog = daily();
    let text = "# why\nlabel: A(80)\n\n07:00 ! open\n07:01 > old\n07:02 < 36.8\n# between\n= severity green\n";
    let written = rewrite(&dialog, &SourceFile { name: "chats/x.chat".into(), text: text.into() }).expect("it reads");
    let file = SourceFile { name: "chats/x.chat".into(), text: written };
    assert_eq!(replay(&dialog, &file), Ok(()));
    for part in ["# why\n", "# between\n", "= severity unknown", "07:00 > A(80) 江東区保健所です。"] {
        assert!(file.text.contains(part), "{part} is missing in\n{}", file.text);
    }
    assert!(!file.text.contains("old"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is in the files: a dialog or faults, never a panic; and every fault can be shown.
    #[test]
    fn spoilt_files_are_refused_calmly(
        spoils in prop::collection::vec((0..4_usize, any::<prop::sample::Index>(), 0..40_usize, ".{0,8}|[\\[\\]{}=\"\n#]{1,3}"), 1..4),
    ) {
        let mut files = daily_files();
        for (file, at, length, insert) in spoils {
            let text = &mut files[file].text;
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            if starts.is_empty() {
                continue;
            }
            let from = starts[at.index(starts.len())];
            let to = starts.iter().copied().find(|to| *to >= from + length).unwrap_or(text.len());
            text.replace_range(from..to, &insert);
        }
        if let Err(faults) = load("daily", &files) {
            prop_assert!(!faults.is_empty() && !faults.to_string().is_empty());
            prop_assert!(faults.iter().all(|fault| fault.line >= 1 && fault.column >= 1));
        }
    }

    #[test]
    fn any_bytes_are_a_file_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        match SourceFile::from_bytes(DIALOG, &bytes) {
            Ok(file) => prop_assert!(load("x", &[file]).is_err()),
            Err(fault) => prop_assert!(!fault.to_string().is_empty()),
        }
    }

    #[test]
    fn any_transcript_is_played_or_refused(text in "(([a-z]{1,8}: .{0,8}|[0-9]{2}:[0-9]{2} [<>!=~] .{0,8}|= .{0,8})\n){0,12}") {
        let file = SourceFile { name: "chats/x.chat".into(), text };
        let dialog = daily_once();
        if let Err(mismatch) = replay(dialog, &file) {
            prop_assert!(!mismatch.to_string().is_empty());
        }
        if let Ok(written) = rewrite(dialog, &file) {
            let again = SourceFile { name: file.name, text: written };
            prop_assert_eq!(replay(dialog, &again), Ok(()));
        }
    }
}
