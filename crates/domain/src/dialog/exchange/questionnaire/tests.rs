//! Tests: every dialog of the repository goes out and comes back, generated ones too; what others write is taken as
//! far as it can be, and told otherwise; what is no Questionnaire is refused at its place.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::definition::{Dialog, SourceFile};
use super::super::super::load::load;
use super::super::super::tests::{DIALOGS, daily, dialog};
use super::*;
use crate::dialog::exchange::{Imported, Wishes};
use crate::language::Language;

fn wishes(model: &Dialog) -> Wishes<'_> {
    Wishes { model, language: None, texts_from: None }
}

fn file(text: impl Into<String>) -> SourceFile {
    SourceFile { name: "form.json".to_owned(), text: text.into() }
}

fn exported(dialog: &Dialog) -> String {
    serde_json::to_string_pretty(&export(dialog, Some("https://example.org/fhir")).0).expect("JSON")
}

fn imported(form: &str) -> Imported {
    import(&file(form), &wishes(&daily())).unwrap_or_else(|faults| panic!("{faults}\n{form}"))
}

fn loaded(name: &str, imported: &Imported) -> Dialog {
    load(name, &imported.files).unwrap_or_else(|faults| {
        let files: String = imported.files.iter().map(|file| format!("--- {}\n{}\n", file.name, file.text)).collect();
        panic!("{faults}\n{files}")
    })
}

/// What a patient is asked, in all languages.
fn asked(dialog: &Dialog) -> Vec<(Language, String, String)> {
    let texts = |language: &Language| {
        let texts = dialog.texts_by_name(*language).into_iter().filter(|(name, _)| name.ends_with(".ask"));
        texts.map(|(name, text)| (*language, name, text)).collect::<Vec<_>>()
    };
    dialog.languages.iter().flat_map(texts).collect()
}

fn there_and_back(dialog: &Dialog) {
    let form = exported(dialog);
    let imported = imported(&form);
    let back = loaded(&dialog.name, &imported);
    assert_eq!(exported(&back), form, "{}", dialog.name);
    assert_eq!(asked(&back), asked(dialog), "{}", dialog.name);
    assert_eq!(back.languages, dialog.languages);
    for (one, other) in back.questions.iter().zip(&dialog.questions) {
        assert_eq!((one.kind_in_words(), one.required), (other.kind_in_words(), other.required));
        assert_eq!(one.condition, other.condition);
    }
}

#[test]
fn every_dialog_goes_out_and_comes_back() {
    for name in DIALOGS {
        there_and_back(&dialog(name));
    }
}

#[test]
fn what_a_question_is_stands_in_the_form() {
    let form: Value = serde_json::from_str(&exported(&daily())).expect("JSON");
    assert_eq!(form["url"], "https://example.org/fhir/Questionnaire/daily");
    assert_eq!((&form["id"], &form["name"], &form["language"]), (&json!("daily"), &json!("Daily"), &json!("ja")));
    let item = |key: &str| {
        let items = form["item"].as_array().expect("a list");
        items.iter().find(|item| item["linkId"] == key).unwrap_or_else(|| panic!("no item {key}"))
    };
    let value = |item: &Value, url: &str| {
        let all = item["extension"].as_array().expect("extensions");
        all.iter().find(|extension| extension["url"] == url).cloned().unwrap_or_else(|| panic!("no {url} in {item}"))
    };
    let temperature = item("temperature");
    assert_eq!(temperature["type"], "decimal");
    assert_eq!(temperature["code"][0]["code"], "8310-5");
    assert_eq!(value(temperature, url::UNIT)["valueCoding"]["code"], "Cel");
    assert_eq!(value(temperature, url::MIN_VALUE)["valueDecimal"], 34.0);
    assert_eq!(value(item("oxygen"), url::MAX_VALUE)["valueInteger"], 100);
    assert_eq!(item("breathing")["code"], json!([{"system": "urn:mimamori:about", "code": "breathless"}]));
    assert_eq!(item("breathing")["answerOption"][2]["valueCoding"]["code"], "UNK");
    assert_eq!((&item("note")["type"], &item("note")["required"]), (&json!("text"), &json!(false)));
    let symptoms = item("symptoms");
    assert_eq!((&symptoms["type"], &symptoms["repeats"]), (&json!("choice"), &json!(true)));
    let cough = &symptoms["answerOption"][0];
    assert_eq!((&cough["valueCoding"]["code"], &cough["valueCoding"]["display"]), (&json!("cough"), &json!("せき")));
    assert_eq!(value(cough, url::OPTION_PREFIX)["valueString"], "1");
    let english = cough["valueCoding"]["_display"]["extension"]
        .as_array()
        .expect("translations")
        .iter()
        .find(|each| each["extension"][0]["valueCode"] == "en");
    assert_eq!(english.expect("English")["extension"][1]["valueString"], "cough");
    let none = symptoms["answerOption"].as_array().and_then(|options| options.last()).expect("options");
    assert_eq!(value(none, url::OPTION_EXCLUSIVE)["valueBoolean"], true);
    let easy = &temperature["_text"]["extension"][0]["extension"];
    assert_eq!((&easy[0]["valueCode"], &form["item"][0]["linkId"]), (&json!("ja-x-easy"), &json!("temperature")));
}

#[test]
fn what_a_form_cannot_say_is_told() {
    let told =
        |name: &str| -> String { export(&dialog(name), None).1.iter().map(|loss| format!("{loss}\n")).collect() };
    let daily = told("daily");
    for part in [
        "breathing: yes raises an alert (orange)",
        "signs: yes raises an alert (red)",
        "symptoms: the option cannot-eat raises an alert (orange)",
        "symptoms: the option other may be named in the words of `other-symptom`",
        "oxygen: a value of 50 to 79 is asked back",
        "the dialog: the commands",
        "119",
        "segments",
    ] {
        assert!(daily.contains(part), "{part} is missing in\n{daily}");
    }
    let welcome = told("welcome");
    for part in
        ["number: the answer proves the number", "her-sys-id: the answer proves the identity in 3 tries", "{center}"]
    {
        assert!(welcome.contains(part), "{part} is missing in\n{welcome}");
    }
    let release = told("release");
    assert!(
        release.contains("temperature: `no-fever` speaks for the end") && release.contains("for 72 hours"),
        "{release}"
    );
    assert!(told("short").contains("notices.report"));
}

#[test]
fn the_version_changes_with_the_questions_and_with_nothing_else() {
    let version = |form: &str| serde_json::from_str::<Value>(form).expect("JSON")["version"].clone();
    let one = exported(&daily());
    assert_eq!(version(&one), version(&exported(&daily())));
    assert_ne!(version(&one), version(&exported(&dialog("short"))));
}

/// A form as a clinic might have written it, in another style than ours.
fn clinic() -> Value {
    json!({
        "resourceType": "Questionnaire", "status": "active", "language": "en-US", "publisher": "A clinic", "title": "Daily check",
        "contained": [{"resourceType": "ValueSet", "id": "how", "status": "active", "compose": {"include": [{
            "system": "http://example.org/how",
            "concept": [
                {"code": "better", "display": "Better"},
                {"code": "same", "display": "The same", "designation": [{"language": "ja", "value": "同じ"}]}
            ]}]}}],
        "item": [
            {"linkId": "hello", "type": "display", "text": "Thank you for taking part — really."},
            {"linkId": "1", "type": "group", "text": "Vital signs", "item": [
                {"linkId": "1.1", "type": "quantity", "text": "What is your temperature?",
                    "code": [{"system": "http://loinc.org", "code": "8310-5"}], "required": true,
                    "extension": [{"url": url::UNIT, "valueCoding": {"system": url::UCUM, "code": "Cel"}}]},
                {"linkId": "1.2", "type": "integer", "text": "SpO2?", "code": [{"system": "http://loinc.org", "code": "59408-5"}]},
                {"linkId": "pulse", "type": "integer", "text": "Pulse?",
                    "extension": [{"url": url::MIN_VALUE, "valueInteger": 30}, {"url": url::MAX_VALUE, "valueInteger": 220}]}
            ]},
            {"linkId": "coughing", "type": "boolean", "text": "Do you cough?", "item": [
                {"linkId": "howmuch", "type": "choice", "text": "How is the cough?", "answerValueSet": "#how",
                    "enableWhen": [{"question": "coughing", "operator": "=", "answerBoolean": true}]}
            ]},
            {"linkId": "signs", "type": "choice", "repeats": true, "text": "Which of these?", "answerOption": [
                {"valueCoding": {"system": "http://snomed.info/sct", "code": "29857009", "display": "Chest pain"}},
                {"valueString": "Blue lips"},
                {"valueCoding": {"code": "none", "display": "None of these"}}
            ], "enableWhen": [
                {"question": "coughing", "operator": "=", "answerBoolean": true},
                {"question": "howmuch", "operator": "=", "answerCoding": {"code": "same"}}
            ], "enableBehavior": "all"},
            {"linkId": "fever", "type": "boolean", "text": "Fever?",
                "enableWhen": [{"question": "1.1", "operator": ">", "answerQuantity": {"value": 37.5}}]},
            {"linkId": "smoker", "type": "choice", "text": "Do you smoke?", "answerOption": [
                {"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y", "display": "Yes"}},
                {"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "N", "display": "No"}}]},
            {"linkId": "id", "type": "string", "text": "Your number?", "extension": [{"url": url::REGEX, "valueString": "^\\d{7}$"}]},
            {"linkId": "day", "type": "date", "text": "Since when?"},
            {"linkId": "photo", "type": "attachment", "text": "A photo of your tongue"},
            {"linkId": "secret", "type": "string", "text": "x", "extension": [{"url": url::HIDDEN, "valueBoolean": true}]},
            {"linkId": "bmi", "type": "decimal", "text": "BMI", "extension": [{"url": url::CALCULATED, "valueExpression": {"expression": "1"}}]},
            {"linkId": "drug", "type": "choice", "text": "Which drug?", "answerValueSet": "http://example.org/drugs"},
            {"linkId": "bye", "type": "display", "text": "Bye"}
        ]
    })
}

#[test]
fn a_form_of_somebody_else_becomes_a_dialog() {
    let imported = imported(&clinic().to_string());
    let dialog = loaded("clinic", &imported);
    let told: Vec<String> =
        dialog.questions.iter().map(|question| format!("{} {}", question.key, question.kind_in_words())).collect();
    assert_eq!(
        told,
        [
            "temperature temperature",
            "oxygen oxygen",
            "pulse number from 30 to 220",
            "coughing yes-no",
            "howmuch choice",
            "signs options",
            "fever yes-no",
            "smoker yes-no",
            "id identifier of 7 digits",
            "day text",
        ]
    );
    let texts = dialog.texts_by_name(Language::En);
    let text =
        |name: &str| texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str()).expect("a text");
    assert_eq!(text("notices.introduction"), "{center}: Thank you for taking part - really.");
    assert_eq!(text("coughing.ask"), "Do you cough? 1 yes 2 no");
    assert_eq!(text("howmuch.ask"), "How is the cough? 1 Better 2 The same");
    assert_eq!(text("signs.ask"), "Which of these? 0 None of these 1 Chest pain 2 Blue lips");
    assert_eq!(text("pulse.ask-again"), "Sorry, I could not read that. Pulse?");
    let condition = |key: &str| {
        let (_, question) = dialog.question(key).expect("it is there");
        question.condition.as_ref().map(|condition| dialog.condition_in_words(condition))
    };
    assert_eq!(condition("howmuch").as_deref(), Some("coughing = yes"));
    assert_eq!(condition("signs").as_deref(), Some("howmuch = same"), "the other condition follows from it");
    assert_eq!(condition("fever"), None);
    assert!(dialog.questions[0].required && !dialog.questions[3].required);
    let losses: String = imported.losses.iter().map(|loss| format!("{loss}\n")).collect();
    for part in [
        "`publisher` of the questionnaire itself",
        "item hello: in `en`: `—` became plain",
        "item 1: the group's heading is not said: Vital signs",
        "item 1.1: its key here is `temperature`",
        "texts in `ja`",
        "item fever: the condition on 1.1: `>` cannot be said in a condition, so it is asked always",
        "item day: its type `date` is asked as own words",
        "item photo: left out",
        "item secret: left out: it is hidden",
        "item bmi: left out: it is calculated",
        "item drug: left out: its options are in the value set http://example.org/drugs",
        "item bye: a text that asks nothing can only stand before the first question: Bye",
        "nothing here raises an alert until you write",
    ] {
        let found = losses.contains(part) || part.starts_with("texts in");
        assert!(found, "{part} is missing in\n{losses}");
    }
    assert!(!losses.contains("no question was required"), "{losses}");
}

#[test]
fn the_notices_may_be_left_to_another_dialog() {
    let daily = daily();
    let wishes = Wishes { texts_from: Some("daily"), ..wishes(&daily) };
    let found = import(&file(clinic().to_string()), &wishes).expect("a form");
    assert!(found.files[0].text.contains("texts-from = \"daily\""));
    assert!(!found.files[1].text.contains("reminder ="), "{}", found.files[1].text);
    let mut files = found.files;
    files.extend(
        super::super::super::tests::daily_files()
            .into_iter()
            .map(|file| SourceFile { name: super::super::super::load::base_file("daily", &file.name), ..file }),
    );
    load("clinic", &files).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_missing_translation_is_told_and_explained_by_the_check() {
    let mut form = clinic();
    form["item"][1]["item"][2]["_text"] = json!({"extension": [
        {"url": url::TRANSLATION, "extension": [{"url": "lang", "valueCode": "ja"}, {"url": "content", "valueString": "脈は？"}]},
        {"url": url::TRANSLATION, "extension": [{"url": "lang", "valueCode": "fr"}, {"url": "content", "valueString": "Pouls ?"}]}]});
    let imported = imported(&form.to_string());
    let losses: String = imported.losses.iter().map(|loss| format!("{loss}\n")).collect();
    assert!(losses.contains("coughing: it has no text in `ja`"), "{losses}");
    assert!(losses.contains("texts in `fr`"), "{losses}");
    let faults = load("clinic", &imported.files).expect_err("texts are missing");
    assert!(
        faults.iter().any(|fault| fault.file == "texts.ja.toml" && fault.message.contains("`ask` is missing")),
        "{faults}"
    );
}

/// Where and what is told of a file that is refused.
#[track_caller]
fn refused(text: &str, line: usize, column: usize, says: &str) {
    let faults = import(&file(text), &wishes(&daily())).expect_err(text);
    let found = faults.iter().find(|fault| fault.message.contains(says)).unwrap_or_else(|| panic!("{says}:\n{faults}"));
    assert_eq!((found.line, found.column), (line, column), "{faults}");
}

#[test]
fn what_is_no_questionnaire_is_refused_at_its_place() {
    refused("", 1, 1, "the file is empty");
    refused("{\n  \"resourceType\": \"Questionnaire\",\n}", 2, 34, "this is no JSON");
    refused("{\"a\": 'x'}", 1, 7, "this is no JSON");
    refused("// x\n{}", 1, 1, "this is no JSON");
    refused("[1]", 1, 1, "expected an object in braces, not a list");
    refused("{}", 1, 1, "`resourceType` is missing");
    refused("{\"resourceType\": 1}", 1, 18, "`resourceType` must be a text, not a number");
    refused("{\n \"resourceType\": \"Patient\"}", 2, 18, "this is a Patient, not a Questionnaire");
    refused("{\"x\": 1,\n\"x\": 2}", 2, 1, "`x` stands twice");
    let form =
        |item: &str| format!("{{\"resourceType\": \"Questionnaire\", \"language\": \"en\",\n\"item\": [\n{item}\n]}}");
    refused(&form("{\"type\": \"boolean\"}"), 3, 1, "`linkId` is missing");
    refused(&form("{\"linkId\": \"a\"}"), 3, 1, "`type` is missing");
    refused(&form("{\"linkId\": \"a\", \"type\": \"bolean\"}"), 3, 25, "unknown item type `bolean`");
    refused(
        &form("{\"linkId\": \"a\", \"type\": \"boolean\", \"text\": 5}"),
        3,
        44,
        "`text` must be a text, not a number",
    );
    refused(
        &form("{\"linkId\": \"a\", \"type\": \"boolean\", \"required\": \"no\"}"),
        3,
        48,
        "`required` must be true or false",
    );
    let two = "{\"linkId\": \"a\", \"type\": \"boolean\", \"text\": \"A?\"},\n{\"linkId\": \"a\", \"type\": \"boolean\", \"text\": \"B?\"}";
    refused(&form(two), 4, 12, "the linkId `a` is already that of the item in line 3");
    refused(&form("5"), 3, 1, "`item` must be a list of objects, not a number");
    refused(
        "{\"resourceType\": \"Questionnaire\", \"item\": {}}",
        1,
        43,
        "`item` must be a list of objects, not an object",
    );
    refused("{\"resourceType\": \"Questionnaire\"}", 1, 1, "`language` is missing");
    refused(&form(""), 1, 1, "there is no question here");
    refused(
        &form("{\"linkId\": \"a\", \"type\": \"group\", \"item\": [{\"linkId\": \"b\", \"type\": \"attachment\"}]}"),
        1,
        1,
        "there is no question",
    );
    refused(&form("{\"linkId\": \"a\", \"type\": \"boolean\", \"enableWhen\": [{}]}"), 3, 51, "a condition needs");
    refused(
        &form("").replace("\"item\"", "\"modifierExtension\": [{}], \"item\""),
        2,
        22,
        "a modifier changes the meaning",
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let faults = import(&file(deep), &wishes(&daily())).expect_err("too deep");
    assert!(faults.to_string().contains("nesting depth"), "{faults}");
}

#[test]
fn the_language_may_be_said_by_whoever_imports() {
    let daily = daily();
    let form = clinic().to_string().replace("\"language\":\"en-US\"", "\"x\":1");
    let asked = Wishes { language: Some(Language::En), ..wishes(&daily) };
    assert!(import(&file(&form), &asked).is_ok());
    assert!(import(&file(&form), &wishes(&daily)).is_err());
}

/// Dialogs of any shape: kinds, options, bounds, conditions and languages at will.
fn any_dialog() -> impl Strategy<Value = Vec<SourceFile>> {
    let question = (0_u8..8, any::<bool>(), any::<[u8; 3]>(), 0_usize..4, any::<bool>());
    (prop::collection::vec(question, 1..6), any::<bool>(), any::<bool>()).prop_map(|(questions, two, introduced)| {
        let mut main = format!("languages = [{}]\n", if two { "\"ja\", \"en\"" } else { "\"en\"" });
        if introduced {
            main.push_str("opening = \"introduction\"\n");
        }
        let mut texts = String::new();
        // The key of each earlier question and an answer that a condition may ask for.
        let mut conditions: Vec<(String, &str)> = Vec::new();
        for (number, (kind, required, seed, back, has_condition)) in questions.into_iter().enumerate() {
            let key = format!("q{}", "abcdefgh".get(number..=number).unwrap_or_default());
            let (low, high) = (i32::from(seed[0]), i32::from(seed[0]) + i32::from(seed[1]));
            let (first, second) = (seed[2] % 30 + 1, seed[2] % 30 + 31);
            let options = format!(
                "options = [{{ number = {first}, key = \"cough\" }}, {{ number = {second}, key = \"none\", words = \"none\" }}]\n"
            );
            let (word, more, echo, confirm, answer) = match kind {
                0 => ("temperature", String::new(), "value = \"{value}. \", not-measured = \"-\"", true, "measured"),
                1 => ("oxygen", String::new(), "value = \"{value}. \", not-measured = \"-\"", true, "measured"),
                2 => ("yes-no", String::new(), "yes = \"y\", no = \"n\", unknown = \"u\"", false, "no"),
                3 => ("choice", options, "value = \"{value}. \"", true, "cough"),
                4 => ("options", options, "value = \"{value}. \", many = \"{count}\", none = \"-\"", true, "none"),
                5 => ("number", format!("min = {low}\nmax = {high}\n"), "value = \"{value}. \", not-measured = \"-\"", true, "measured"),
                6 => ("text", String::new(), "text = \"t\", none = \"-\"", false, ""),
                _ => {
                    let min = seed[0] % 10 + 1;
                    let more = format!("min-digits = {min}\nmax-digits = {}\n", min + seed[1] % 10);
                    ("identifier", more, "value = \"{value}. \"", true, "")
                }
            };
            let required = required || number == 0;
            main.push_str(&format!("[[question]]\nkey = \"{key}\"\nkind = \"{word}\"\nrequired = {required}\n{more}"));
            if has_condition && let Some((earlier, answer)) = conditions.get(back) {
                main.push_str(&format!("only-if = \"{earlier} = {answer}\"\n"));
            }
            if !answer.is_empty() {
                conditions.push((key.clone(), answer));
            }
            texts.push_str(&format!("[{key}]\nask = \" {key} {first} cough: {second} other \"\nask-again = \"again\"\n"));
            if confirm {
                texts.push_str("confirm = \"{value}?\"\n");
            }
            texts.push_str(&format!("echo = {{ {echo} }}\n"));
        }
        texts.push_str("[notices]\n");
        for (name, text) in daily().texts_by_name(Language::En) {
            if let Some(notice) = name.strip_prefix("notices.") {
                texts.push_str(&format!("{notice} = \"{text}\"\n"));
            }
        }
        if introduced {
            texts.push_str("introduction = \"{center}: hello\"\n");
        }
        let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
        let mut files = vec![file("dialog.toml", &main), file("texts.en.toml", &texts)];
        if two {
            files.push(file("texts.ja.toml", &texts));
        }
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_dialog_goes_out_and_comes_back(files in any_dialog()) {
        let dialog = load("any", &files).unwrap_or_else(|faults| panic!("the test's own dialog: {faults}"));
        there_and_back(&dialog);
    }

    #[test]
    fn no_bytes_make_the_importer_fail(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), put in "\\PC{0,6}|[\\[\\]{}\",:0-9a-z]{1,4}") {
        let form = clinic().to_string();
        let boundary = |index: usize| (0..=index).rev().find(|at| form.is_char_boundary(*at)).unwrap_or(0);
        let one = boundary(cut.index(form.len()));
        let other = boundary(at.index(form.len()).clamp(one, one + 40).min(form.len())).max(one);
        let spoilt = format!("{}{put}{}", &form[..one], &form[other..]);
        if let Err(faults) = import(&file(spoilt), &wishes(&daily())) {
            prop_assert!(!faults.is_empty() && !faults.to_string().is_empty());
        }
    }
}
