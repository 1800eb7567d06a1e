//! Tests of importing and exporting over files, and of what is no form at all.

use std::process;

use proptest::prelude::*;
use serde_json::Value;

use super::super::export::{ExportArgs, Format};
use super::*;
use crate::dialogs::tests::own_dialogs;

/// An empty folder, removed when dropped.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mimamori-import-{test}-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("it can be written");
        path
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn import(file: &Path, out: &Path, json: bool) -> (Result<bool, String>, String) {
    let arguments = ImportArgs { file: file.to_owned(), out: out.to_owned(), language: None, texts_from: None };
    let mut said = Vec::new();
    let done = arguments.run(json, &mut said).map_err(|error| format!("{error:#}"));
    (done, String::from_utf8(said).expect("text"))
}

fn export(path: PathBuf, json: bool) -> (String, String) {
    let arguments = ExportArgs { path, format: Format::Fhir, base_url: None };
    let (mut out, mut told) = (Vec::new(), Vec::new());
    assert!(arguments.run(json, &mut out, &mut told).expect("it runs"));
    (String::from_utf8(out).expect("text"), String::from_utf8(told).expect("text"))
}

fn ward() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/forms/ward.xlsx")).expect("the form")
}

#[test]
fn a_dialog_goes_out_and_comes_back_as_files() {
    let place = Place::new("back");
    let (form, told) = export(own_dialogs().join("daily"), false);
    assert!(told.contains("not in the Questionnaire: signs: yes raises an alert (red)"), "{told}");
    let out = place.0.join("daily");
    let (done, said) = import(&place.file("daily.json", form.as_bytes()), &out, false);
    assert_eq!(done, Ok(true), "{said}");
    assert!(said.contains("6 questions, no fault"), "{said}");
    assert_eq!(export(out, false).0, form);
    let lines = export(own_dialogs().join("daily"), true).1;
    let losses: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(losses.len() > 10 && losses.iter().all(|loss| loss["place"].is_string() && loss["what"].is_string()));
}

#[test]
fn a_workbook_of_another_program_becomes_a_dialog() {
    let place = Place::new("ward");
    let out = place.0.join("ward");
    let (done, said) = import(&place.file("ward.xlsx", &ward()), &out, true);
    assert_eq!(done, Ok(true), "{said}");
    let line: Value = serde_json::from_str(&said).expect("one line of JSON");
    assert_eq!(line["files"], serde_json::json!(["dialog.toml", "texts.en.toml", "texts.ja.toml"]));
    assert_eq!(line["faults"], serde_json::json!([]));
    let losses = line["losses"].as_array().expect("a list");
    let lost = |place: &str, what: &str| {
        losses.iter().any(|loss| {
            loss["place"].as_str().expect("a text") == place && loss["what"].as_str().expect("a text").contains(what)
        })
    };
    assert!(lost("survey, row 15, relevant", "how large"), "{said}");
    assert!(lost("survey, row 17, type", "photo is left out"), "{said}");
    let dialog = DialogFolder::read(&out).expect("it is there").load().expect("no fault");
    let kinds: Vec<String> = dialog.questions.iter().map(domain::dialog::definition::Question::kind_in_words).collect();
    assert_eq!(
        kinds,
        [
            "temperature",
            "oxygen",
            "number from 30 to 220",
            "yes-no",
            "choice",
            "options",
            "number from 0 to 10",
            "identifier of 7 digits",
            "text",
            "text"
        ]
    );
}

#[test]
fn what_is_no_form_is_told_at_its_place_and_leaves_nothing_behind() {
    let ward = ward();
    let half = &ward[..ward.len() / 2];
    let cases: &[(&str, &[u8], &str, &str)] = &[
        ("nothing", b"", "the file is empty", ""),
        ("a byte order mark", b"\xef\xbb\xbf{}", "begins with a byte order mark", "UTF-8 without"),
        ("CP932", b"{\"resourceType\": \"\x91\xcc\x89\xb7\"}", "it looks like Shift JIS (CP932)", "UTF-8"),
        ("UTF-16", b"\xff\xfe{\0", "the file is UTF-16", "UTF-8"),
        ("broken JSON", b"{\"resourceType\": \"Questionnaire\",\n \"item\": [}", "this is no JSON", "one JSON object"),
        ("another resource", b"{\"resourceType\": \"Patient\"}", "this is a Patient, not a Questionnaire", ""),
        ("a text", b"hello", "this is no JSON", ""),
        ("half a workbook", half, "cannot be read as an Excel workbook", "save it again as .xlsx"),
        ("an archive that is none", b"PK\x03\x04rubbish", "cannot be read as an Excel workbook", ""),
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel before 2007", "save it as .xlsx"),
    ];
    for (what, bytes, says, cure) in cases {
        let place = Place::new("bad");
        let file = place.file("form", bytes);
        let (done, said) = import(&file, &place.0.join("new"), false);
        assert_eq!(done, Ok(false), "{what}: {said}");
        assert!(said.contains(says) && said.contains(cure) && said.contains("nothing was imported"), "{what}: {said}");
        assert!(said.contains(&format!("--> {}:", file.display())), "{what}: the place is missing in {said}");
        let (_, said) = import(&file, &place.0.join("new"), true);
        let line: Value = serde_json::from_str(&said).expect("one line of JSON");
        assert!(line["folder"].is_null() && line["faults"][0]["line"].as_u64() >= Some(1), "{said}");
        assert_eq!(place.names(), ["form"], "{what}");
    }
}

#[test]
fn a_cell_that_lies_far_out_is_refused_and_takes_no_memory() {
    let place = Place::new("far");
    let far = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/forms/far.xlsx")).expect("the form");
    let (done, said) = import(&place.file("far.xlsx", &far), &place.0.join("new"), false);
    assert_eq!(done, Ok(false), "{said}");
    assert!(said.contains("sheet survey:1048576") && said.contains("no cells that far out"), "{said}");
}

#[test]
fn nothing_that_is_there_is_touched() {
    let place = Place::new("there");
    let file = place.file("ward.xlsx", &ward());
    let out = place.0.join("ward");
    fs::create_dir(&out).expect("a folder");
    fs::write(out.join("dialog.toml"), "mine").expect("a file");
    let (done, _) = import(&file, &out, false);
    let error = done.expect_err("it is there");
    assert!(error.contains("is there already, and nothing in it was changed"), "{error}");
    assert_eq!(fs::read_to_string(out.join("dialog.toml")).expect("still there"), "mine");
    let (done, _) = import(&file, &place.0.join("no/such/ward"), false);
    assert!(done.expect_err("no folder").contains("there is no folder"), "{:?}", place.names());
    let (done, _) = import(&place.0.join("missing.xlsx"), &place.0.join("new"), false);
    assert!(done.expect_err("no file").contains("cannot be read"));
    let (done, _) = import(&place.0, &place.0.join("new"), false);
    assert!(done.is_err(), "a folder is no form");
    assert_eq!(place.names().len(), 2, "nothing half done is left: {:?}", place.names());
}

#[test]
fn faults_of_the_new_dialog_are_shown_and_it_stays_to_be_mended() {
    let place = Place::new("long");
    let long = "really ".repeat(40);
    let form = format!(
        "{{\"resourceType\": \"Questionnaire\", \"language\": \"en\", \"item\": [\
         {{\"linkId\": \"a\", \"type\": \"boolean\", \"text\": \"Are you {long}well? \u{1f642}\"}}]}}"
    );
    let (done, said) = import(&place.file("form.json", form.as_bytes()), &place.0.join("long"), false);
    assert_eq!(done, Ok(false), "{said}");
    for part in ["is not in GSM-7", "written, with", "to mend", "long/texts.en.toml:"] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert!(place.0.join("long/dialog.toml").is_file());
}

#[test]
fn an_address_must_be_one() {
    for (base, well) in [("https://example.org/fhir/", true), ("example.org", false), ("https://a b", false)] {
        let path = own_dialogs().join("twice-daily");
        let arguments = ExportArgs { path, format: Format::Fhir, base_url: Some(base.to_owned()) };
        let mut out = Vec::new();
        let done = arguments.run(false, &mut out, &mut Vec::new());
        assert_eq!(done.is_ok(), well, "{base}");
        if well {
            let form: Value = serde_json::from_slice(&out).expect("JSON");
            assert_eq!(form["url"], "https://example.org/fhir/Questionnaire/twice-daily");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_damage_to_a_workbook_makes_the_reader_fail(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = ward();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Err(faults) = workbook::sheets("x", &bytes) {
            prop_assert!(!faults.is_empty());
        }
    }
}
