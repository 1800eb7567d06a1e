//! Tests of the commands, over copies of the daily dialog.

use PathBuf;
use std::fs;

use domain::language::Language;
use serde_json::Value;

use super::*;
use crate::dialogs::tests::{Copy, own_dialogs};

fn run_with(command: DialogCommand, json: bool, input: &str) -> (ExitCode, String) {
    let mut out = Vec::new();
    let call = Call { json, ..Call::default() };
    let code = command.run(call, &mut input.as_bytes(), &mut out).expect("it runs");
    (code, String::from_utf8(out).expect("it writes text"))
}

fn run(command: DialogCommand) -> (ExitCode, String) {
    run_with(command, false, "")
}

fn run_json(command: DialogCommand) -> (ExitCode, Vec<Value>) {
    let (code, said) = run_with(command, true, "");
    (code, said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

fn fails(command: DialogCommand) -> String {
    let error = command.run(Call::default(), &mut "".as_bytes(), &mut Vec::new()).expect_err("it fails");
    format!("{error:#}")
}

fn check(path: PathBuf) -> DialogCommand {
    DialogCommand::Check { path, texts: false }
}

fn daily() -> PathBuf {
    own_dialogs().join("daily")
}

fn graph(path: PathBuf, format: graph::Format) -> DialogCommand {
    DialogCommand::Graph(graph::GraphArgs { path, format })
}

fn cost(path: PathBuf) -> cost::CostArgs {
    cost::CostArgs {
        path,
        lang: vec![],
        prices: None,
        price: None,
        reply_price: None,
        currency: None,
        center: "江東区保健所".into(),
        label: None,
    }
}

fn chat_with(path: PathBuf) -> chat::ChatArgs {
    chat::ChatArgs { path, lang: Language::Ja, label: None, identity: vec![], today: None, onset: None, phone: None }
}

#[test]
fn the_own_dialogs_have_no_fault_and_go_as_written() {
    let (code, said) = run(check(own_dialogs()));
    assert_eq!((code, said.contains("daily: 6 questions in ja, ja-easy, en")), (ExitCode::SUCCESS, true), "{said}");
    let (code, said) = run(DialogCommand::Test { path: own_dialogs(), write: false });
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
}

#[test]
fn faults_are_shown_to_people_and_to_programs() {
    let copy = Copy::new("check");
    copy.change("texts.en.toml", "{value} C?", "{valu} C?");
    let (code, said) = run(check(copy.0.clone()));
    assert_eq!(code, ExitCode::FAILURE);
    let line = "confirm = \"Is your temperature {valu} C? 1 yes 2 no\"";
    for part in ["help: did you mean {value}?", "daily: 1 fault\n", "daily/texts.en.toml:8:", line, "^^^^^^"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    let (code, faults) = run_json(check(copy.0.clone()));
    assert_eq!(code, ExitCode::FAILURE);
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!(fault["dialog"], "daily");
    assert_eq!(fault["file"], "texts.en.toml");
    assert_eq!(fault["hint"], "did you mean {value}?");
    assert!(fault["line"].as_u64() > Some(1) && fault["column"].as_u64() > Some(1));
    let (code, said) = run(DialogCommand::Test { path: copy.0.clone(), write: false });
    assert_eq!((code, said.contains("correct this first")), (ExitCode::FAILURE, true));
}

#[test]
fn a_fault_in_a_text_that_is_taken_is_shown_where_it_stands() {
    let copy = Copy::new("check-taken").with("short");
    copy.change(
        "texts.en.toml",
        "confirm = \"Is your temperature {value} C?",
        "confirm = \"Is your temperature {valu} C?",
    );
    let short = copy.0.join("short");
    let (code, said) = run(check(short.clone()));
    assert_eq!(code, ExitCode::FAILURE);
    let place = copy.0.join("daily/texts.en.toml").display().to_string();
    for part in [place.as_str(), "help: did you mean {value}?", "short: 1 fault\n"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    let (_, faults) = run_json(check(short));
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((&fault["dialog"], &fault["file"]), (&"short".into(), &"../daily/texts.en.toml".into()));
}

/// What somebody did to the files, and what must be said at which place: file, line, message, cure.
type Spoilt = (&'static str, fn(&Copy), &'static str, &'static str, &'static str);

fn write(copy: &Copy, file: &str, bytes: impl AsRef<[u8]>) {
    fs::write(copy.0.join("daily").join(file), bytes).expect("it can be written");
}

fn prepend(copy: &Copy, file: &str, bytes: &[u8]) {
    let old = fs::read(copy.0.join("daily").join(file)).expect("it is there");
    write(copy, file, [bytes, &old].concat());
}

#[test]
fn bad_input_is_named_at_its_place_with_the_cure() {
    let cases: &[Spoilt] = &[
        (
            "a quotation mark is missing",
            |copy| copy.change("dialog.toml", "key = \"oxygen\"", "key = \"oxygen"),
            "dialog.toml",
            "key = \"oxygen",
            "",
        ),
        (
            "a bracket is missing",
            |copy| copy.change("texts.ja.toml", "[oxygen]", "[oxygen"),
            "texts.ja.toml",
            "[oxygen",
            "",
        ),
        (
            "a wrong type",
            |copy| copy.change("dialog.toml", "required = false", "required = \"no\""),
            "dialog.toml",
            "`required` must be true or false, not text in quotation marks",
            "",
        ),
        (
            "a text that is a number",
            |copy| copy.change("texts.en.toml", "picture = \"I read no pictures. \"", "picture = 5"),
            "texts.en.toml",
            "`picture` must be text in quotation marks, not a whole number",
            "",
        ),
        (
            "a duplicate key",
            |copy| copy.change("dialog.toml", "key = \"oxygen\"", "key = \"oxygen\"\nkey = \"pulse\""),
            "dialog.toml",
            "duplicate key",
            "",
        ),
        (
            "a duplicate table",
            |copy| copy.change("texts.ja.toml", "[breathing]", "[oxygen]"),
            "texts.ja.toml",
            "duplicate key",
            "",
        ),
        (
            "a byte order mark",
            |copy| prepend(copy, "texts.ja.toml", b"\xef\xbb\xbf"),
            "texts.ja.toml",
            "begins with a byte order mark",
            "UTF-8 without a byte order mark",
        ),
        (
            "CP932",
            |copy| write(copy, "texts.ja.toml", b"[temperature]\nask = \"\x91\xcc\x89\xb7\"\n"),
            "texts.ja.toml",
            "it looks like Shift JIS (CP932)",
            "UTF-8",
        ),
        (
            "UTF-16",
            |copy| write(copy, "texts.ja.toml", b"\xff\xfe[\0t\0]\0"),
            "texts.ja.toml",
            "the file is UTF-16",
            "UTF-8",
        ),
        (
            "a language that is missing",
            |copy| fs::remove_file(copy.0.join("daily/texts.en.toml")).expect("it was there"),
            "dialog.toml",
            "the file texts.en.toml is missing",
            "",
        ),
        (
            "an emoji in a plain text",
            |copy| copy.change("texts.en.toml", "Skipped. ", "Skipped 👍. "),
            "texts.en.toml",
            "`👍` (U+1F44D) is not in GSM-7",
            "plain letters",
        ),
        (
            "a curly quote in a plain text",
            |copy| copy.change("texts.en.toml", "7 can't eat", "7 can’t eat"),
            "texts.en.toml",
            "`’` (U+2019) is not in GSM-7: one character turns the whole text to UCS-2",
            "write '",
        ),
        (
            "the same, written as an escape",
            |copy| copy.change("texts.en.toml", "7 can't eat", "7 can\\u2019t eat"),
            "texts.en.toml",
            "`’` (U+2019) is not in GSM-7",
            "write '",
        ),
        (
            "a space that only looks like one",
            |copy| copy.change("texts.en.toml", "Corrected. Thank", "Corrected.\u{a0}Thank"),
            "texts.en.toml",
            "(U+00A0) is not in GSM-7",
            "a plain space",
        ),
        (
            "a control character, written as an escape",
            |copy| copy.change("texts.ja.toml", "飛ばします。", "飛ばします。\\u0007"),
            "texts.ja.toml",
            "U+0007 in `notices.skipped` is a control character",
            "",
        ),
        (
            "a transcript that is none",
            |copy| write(copy, "chats/x.chat", "hello\n"),
            "chats/x.chat",
            "this is no line of a transcript",
            "language: ja",
        ),
        (
            "a transcript in CP932",
            |copy| write(copy, "chats/x.chat", b"07:00 < \x91\xcc\x89\xb7\n"),
            "chats/x.chat",
            "CP932",
            "UTF-8",
        ),
    ];
    for (number, (what, spoil, file, says, cure)) in cases.iter().enumerate() {
        let copy = Copy::new(&format!("bad-{number}"));
        spoil(&copy);
        let (code, faults) = run_json(check(copy.0.clone()));
        assert_eq!(code, ExitCode::FAILURE, "{what}");
        let (_, said) = run(check(copy.0.clone()));
        let found = faults.iter().find(|fault| fault["file"] == *file).unwrap_or_else(|| panic!("{what}:\n{said}"));
        let spoken = format!("{} {}", found["message"], said);
        assert!(spoken.contains(says), "{what}: {says} is missing in\n{said}");
        assert!(said.contains(cure), "{what}: the cure {cure} is missing in\n{said}");
        assert!(said.contains(&format!("daily/{file}:{}", found["line"])), "{what}: the place is missing in\n{said}");
    }
}

#[test]
fn the_room_that_is_left_is_shown_for_each_language() {
    let (_, said) = run(check(daily()));
    let dialog = DialogFolder::read(&daily()).expect("it is there").load().expect("no fault");
    for language in &dialog.languages {
        let row = said.lines().find(|line| line.split_whitespace().next() == Some(language.tag()));
        let row = row.unwrap_or_else(|| panic!("no row for {language} in\n{said}"));
        let budget = language.segment_budget();
        assert!(row.contains(&format!("{budget}/{budget}")) || row.contains(&format!("1/{budget}")), "{row}");
    }
    let (_, every) = run(DialogCommand::Check { path: daily(), texts: true });
    assert!(every.lines().count() > dialog.languages.len() * 30, "{every}");
    let (_, lines) = run_json(check(daily()));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["languages"].as_array().map(Vec::len), Some(dialog.languages.len()));
    let ja = &line["languages"][0];
    let texts = ja["texts"].as_array().expect("a list");
    for text in texts {
        let number = |key: &str| text[key].as_u64().expect("a number");
        assert_eq!(number("room"), number("most") - number("units"), "{text}");
        assert!(number("segments") <= number("budget"), "{text}");
        assert!(ja["tightest"]["room"].as_u64() <= text["room"].as_u64(), "{text}");
    }
    // A text grows by its room and no more.
    let tightest = ja["tightest"]["name"].as_str().expect("a name");
    let spacious = texts.iter().find(|text| text["name"] == "notices.corrected").expect("it is there");
    assert_ne!(tightest, "notices.corrected");
    for (more, code) in [(0, ExitCode::SUCCESS), (1, ExitCode::FAILURE)] {
        let copy = Copy::new(&format!("room-{more}"));
        let room = usize::try_from(spacious["room"].as_u64().expect("a number")).expect("small");
        let grown = format!("corrected = \"{}", "あ".repeat(room + more));
        copy.change("texts.ja.toml", "corrected = \"", &grown);
        assert_eq!(run(check(copy.0.clone())).0, code, "{more} more than the room");
    }
}

#[test]
fn a_changed_text_shows_in_the_transcripts_until_they_are_written_anew() {
    let copy = Copy::new("test");
    copy.change(
        "texts.ja.toml",
        "きのうより息が苦しいですか。1はい 2いいえ",
        "昨日より息が苦しいですか。1はい 2いいえ",
    );
    let test = |write| DialogCommand::Test { path: copy.0.clone(), write };
    let (code, said) = run(test(false));
    assert_eq!(code, ExitCode::FAILURE);
    assert!(said.contains("- 07:04 > 97%。きのうより") && said.contains("+ 07:04 > 97%。昨日より"), "{said}");
    let (_, lines) = run_json(test(false));
    assert!(lines.iter().any(|line| line["passed"] == false));
    assert_eq!(run(test(true)).0, ExitCode::SUCCESS);
    assert_eq!(run(test(false)).0, ExitCode::SUCCESS);
    // One that cannot be read has not gone well.
    write(&copy, "chats/x.chat", b"\x91\xcc");
    let (code, said) = run(test(false));
    assert_eq!((code, said.contains("1 went another way")), (ExitCode::FAILURE, true), "{said}");
}

fn chat(input: &str, phone: Option<u8>) -> String {
    let arguments = chat::ChatArgs { label: Some("A(80)".into()), phone, ..chat_with(daily()) };
    run_with(DialogCommand::Chat(arguments), false, input).1
}

#[test]
fn a_chat_can_be_typed_or_piped() {
    let said = chat("36.8\r\n/remind\n/state\n/night\n/deadline\n97\n/quit\n1\n", None);
    for part in [
        "> A(80) 江東区保健所です。",
        "= answer temperature 36.8",
        "> A(80) 8:30までにお願いします。",
        "severity unknown, partial",
        "(the deadline has passed)",
        "遅れた報告",
        "夜間は03-1234-5678",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    assert!(said.contains("/70 UCS-2, 1 segment]"), "{said}");
    assert!(!said.contains("breathing"), "nothing is read after /quit");
}

#[test]
fn a_chat_knows_the_identifiers_and_the_days_that_it_is_told() {
    let talk = |arguments: chat::ChatArgs, input: &str| {
        let (code, said) = run_with(DialogCommand::Chat(arguments), false, input);
        assert_eq!(code, ExitCode::SUCCESS, "{said}");
        said
    };
    let welcome = || chat_with(own_dialogs().join("welcome"));
    let known = chat::ChatArgs { identity: vec!["7654321".into(), "123456".into()], ..welcome() };
    let said = talk(known, "はい\n123456\n");
    assert!(said.contains("= number-confirmed") && said.contains("= identity-confirmed 2"), "{said}");
    let said = talk(welcome(), "はい\n123456\n");
    assert!(said.contains("= number-confirmed") && !said.contains("identity-confirmed"), "{said}");
    let day = |text: &str| Some(text.parse().expect("a day"));
    let release = || chat_with(own_dialogs().join("release"));
    let last_day = chat::ChatArgs { today: day("2022-09-15"), onset: day("2022-09-08"), ..release() };
    let chat = own_dialogs().join("release/chats/ja-may-end.chat");
    let chat = fs::read_to_string(chat).expect("it is there");
    let replies: String =
        chat.lines().filter_map(|line| line.split_once(" < ")).map(|(_, reply)| format!("{reply}\n")).collect();
    assert!(talk(last_day, &replies).contains("= staff release-possible"));
    assert!(talk(release(), &replies).contains("= staff release-doubtful"), "what is not known is doubtful");
}

#[test]
fn a_chat_can_look_like_an_old_phone() {
    use unicode_width::UnicodeWidthStr as _;
    for characters in 10..=12 {
        let said = chat("胸が痛い\n", Some(characters));
        let screens: Vec<&str> = said.lines().filter(|line| line.starts_with('│')).collect();
        assert!(screens.len() > 6, "{said}");
        for line in screens {
            assert_eq!(line.width(), usize::from(characters) * 2 + 2, "{line}");
        }
        assert!(said.contains("┐ !\n"), "a safety text is marked: {said}");
        assert!(said.contains("/70 UCS-2, 1 segment]"), "{said}");
    }
}

#[test]
fn a_language_that_is_missing_is_an_error_and_no_other_language() {
    let copy = Copy::new("lang");
    fs::remove_file(copy.0.join("daily/texts.en.toml")).expect("it was there");
    let definition = copy.0.join("daily/dialog.toml");
    let text = fs::read_to_string(&definition).expect("it is there");
    fs::write(&definition, text.replace(", \"en\"", "").replace("\"en\", ", "")).expect("it can be written");
    let path = copy.0.join("daily");
    let arguments = chat::ChatArgs { lang: Language::En, ..chat_with(path.clone()) };
    assert!(fails(DialogCommand::Chat(arguments)).contains("has no texts in `en`; it has ja"));
    let arguments = cost::CostArgs { lang: vec![Language::En], ..cost(path) };
    assert!(fails(DialogCommand::Cost(arguments)).contains("has no texts in `en`"));
}

#[test]
fn a_morning_has_a_price_for_each_side() {
    let line = |arguments: cost::CostArgs, kind: &str| {
        let (code, lines) = run_json(DialogCommand::Cost(arguments));
        assert_eq!(code, ExitCode::SUCCESS);
        let found = lines.into_iter().find(|line| line["morning"] == kind && line["language"] == "ja");
        found.expect("a line of this kind")
    };
    let known = line(cost(daily()), "plain");
    assert_eq!((&known["prices"], &known["currency"]), (&"japan".into(), &"JPY".into()));
    assert_eq!((&known["center_pays"], known["patient_pays"].as_f64()), (&Value::Null, Some(19.8)));
    assert_eq!(line(cost(daily()), "one-line")["patient_pays"].as_f64(), Some(6.6));
    let price = |text: &str| Some(text.parse().expect("a price"));
    let given = || cost::CostArgs { price: price("3.3"), currency: Some("JPY".into()), ..cost(daily()) };
    let plain = line(given(), "plain");
    assert_eq!((plain["center_pays"].as_f64(), plain["patient_pays"].as_f64()), (Some(23.1), Some(19.8)));
    assert_eq!(line(given(), "two-reminders")["center_pays"].as_f64(), Some(29.7));
    let other = cost::CostArgs { reply_price: price("10"), ..given() };
    assert_eq!(line(other, "plain")["patient_pays"].as_f64(), Some(60.0));
    let (_, table) = run(DialogCommand::Cost(given()));
    assert!(table.contains("prices of `given` in JPY") && table.contains("23.10"), "{table}");
    let (_, table) = run(DialogCommand::Cost(cost(daily())));
    assert!(table.contains("not known"), "what is not known is no price of 0: {table}");
}

#[test]
fn prices_come_from_a_file_and_wrong_ones_are_named() {
    let copy = Copy::new("prices");
    let prices = |text: &str| {
        let path = copy.0.join("prices.toml");
        fs::write(&path, text).expect("it can be written");
        DialogCommand::Cost(cost::CostArgs { prices: Some(path), ..cost(daily()) })
    };
    let two = "[a]\ncurrency = \"JPY\"\nsend = 8\nreceive = 1.5\nreply = 3.3\n[b]\ncurrency = \"USD\"\nsend = 0.0832\n";
    let (_, lines) = run_json(prices(two));
    let plain = |name: &str| {
        let found = lines.iter().find(|line| line["prices"] == name && line["morning"] == "plain");
        found.expect("a line").clone()
    };
    assert_eq!(plain("a")["center_pays"].as_f64(), Some(7.0 * 8.0 + 6.0 * 1.5));
    assert_eq!((plain("b")["center_pays"].as_f64(), &plain("b")["patient_pays"]), (Some(0.5824), &Value::Null));
    for (text, says) in [
        ("[a]\ncurrency = \"JPY\"\nsent = 8\n", "sent"),
        ("[a]\ncurrency = \"JPY\"\nsend = -1\n", "0 or more"),
        ("[a]\nsend = 1\n", "currency"),
        ("", "there is no price table"),
        ("[a", "prices.toml"),
    ] {
        let error = fails(prices(text));
        assert!(error.contains(says), "{says} is missing in {error}");
    }
    assert!("x".parse::<cost::Price>().is_err() && "-1".parse::<cost::Price>().is_err());
}

fn compare(old: &Path, new: &Path, json: bool) -> (Result<bool, String>, String) {
    let arguments = diff::DiffArgs { old: old.display().to_string(), new: new.display().to_string(), steps: false };
    let mut out = Vec::new();
    let same = arguments.compare(Call { json, ..Call::default() }, &mut out).map_err(|error| format!("{error:#}"));
    (same, String::from_utf8(out).expect("it writes text"))
}

#[test]
fn two_versions_are_compared_for_the_patient() {
    let copy = Copy::new("diff");
    let new = copy.0.join("daily");
    let (same, said) = compare(&daily(), &new, false);
    assert_eq!((same, said.contains("they are the same")), (Ok(true), true), "{said}");
    copy.change("dialog.toml", "# so are", "# and so are");
    let (same, said) = compare(&daily(), &new, false);
    assert_eq!((same, said.contains("only comments")), (Ok(true), true), "{said}");
    copy.change("texts.ja.toml", "きのうより息が苦しいですか。", "昨日より息が苦しいですか。");
    copy.change("dialog.toml", "yes = \"orange\"", "yes = \"red\"");
    let (same, said) = compare(&daily(), &new, false);
    assert_eq!(same, Ok(false));
    for part in [
        "~ breathing: alert: orange → red",
        "Texts in ja\n  breathing.ask: ",
        "- [きのう]より息が苦しいですか。",
        "+ [昨日]より息が苦しいですか。",
        "go another way",
        " more step",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    let (same, said) = compare(&daily(), &new, true);
    let line: Value = serde_json::from_str(&said).expect("one line of JSON");
    assert_eq!((same, &line["questions"][0]["what"]), (Ok(false), &"alert".into()));
    assert_ne!(line["old"]["hash"], line["new"]["hash"]);
}

#[test]
fn what_cannot_be_compared_is_an_error_and_not_a_difference() {
    let copy = Copy::new("diff-bad");
    copy.change("dialog.toml", "kind = \"oxygen\"", "kind = \"oxigen\"");
    let error = compare(&daily(), &copy.0.join("daily"), false).0.expect_err("faults");
    assert!(error.contains("unknown kind `oxigen`"), "{error}");
    let error = compare(&daily(), Path::new("no/such"), false).0.expect_err("nothing there");
    assert!(error.contains("there is no such folder"), "{error}");
    let arguments = diff::DiffArgs { old: "no/such".into(), new: "no/such".into(), steps: false };
    let code = DialogCommand::Diff(arguments).run(Call::default(), &mut "".as_bytes(), &mut Vec::new());
    assert_eq!(code.expect("a code"), ExitCode::from(2));
}

#[test]
fn a_dialog_is_drawn_for_markdown() {
    let (code, drawn) = run(graph(daily(), graph::Format::Mermaid));
    assert_eq!(code, ExitCode::SUCCESS);
    for part in [
        "flowchart TD\n",
        "start --> q-temperature\n",
        "q-temperature --> q-oxygen\n",
        "<b>note</b> (text, not required)",
        "7 cannot-eat ▲ orange",
        "]:::red\n",
        "q-note --> finished\n",
        "今日の体温を",
    ] {
        assert!(drawn.contains(part), "{part} is missing in\n{drawn}");
    }
}

#[test]
fn a_picture_is_valid_xml_with_all_questions_and_conditions() {
    let copy = Copy::new("svg");
    copy.change("texts.ja.toml", "今日の体温を数字で返信", "<b>&\\\"体温]]>を返信");
    copy.change("dialog.toml", "required = false", "required = false\nonly-if = \"symptoms = other\"");
    let (code, drawn) = run(graph(copy.0.join("daily"), graph::Format::Svg));
    assert_eq!(code, ExitCode::SUCCESS, "{drawn}");
    let picture = roxmltree::Document::parse(&drawn).expect("valid XML");
    let root = picture.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    let texts: Vec<&str> =
        picture.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
    for part in [
        "temperature",
        "oxygen",
        "options",
        "7 cannot-eat ▲ orange",
        "yes ▲ red",
        "only if symptoms = other",
        "otherwise",
        "finished",
    ] {
        assert!(texts.contains(&part), "{part} is missing in {texts:?}");
    }
    assert!(texts.iter().any(|text| text.contains("<b>&\"体温]]>を返信")), "{texts:?}");
    // Every box lies inside the picture, and none on another.
    let number = |node: &roxmltree::Node<'_, '_>, name: &str| {
        node.attribute(name).expect("a number").parse::<f64>().expect("a number")
    };
    let (width, height) = (number(&root, "width"), number(&root, "height"));
    let mut below = 0.0;
    let mut boxes: Vec<(f64, f64)> = Vec::new();
    for node in picture.descendants().filter(|node| node.has_tag_name("rect")) {
        let (top, tall) = (number(&node, "y"), number(&node, "height"));
        assert!(number(&node, "x") + number(&node, "width") <= width && top + tall <= height);
        boxes.push((top, tall));
    }
    boxes.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (top, tall) in boxes {
        assert!(top >= below, "{drawn}");
        below = top + tall;
    }
    let several = fails(graph(
        {
            copy.again("weekly");
            copy.0.clone()
        },
        graph::Format::Svg,
    ));
    assert!(several.contains("choose one of the dialogs daily, weekly"), "{several}");
}

#[test]
fn chats_and_drawings_are_printed_for_programs_too() {
    let (code, said) = run_with(DialogCommand::Chat(chat_with(daily())), true, "36.8\n/state\n胸が痛い\n/deadline\n");
    assert_eq!(code, ExitCode::SUCCESS);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(lines[0]["text"].as_str().expect("the first question").contains("江東区保健所です。"), "{said}");
    assert_eq!(
        (&lines[0]["encoding"], &lines[0]["segments"], &lines[0]["safety"]),
        (&"UCS-2".into(), &1.into(), &false.into())
    );
    assert!(lines.iter().any(|line| line["effect"] == "answer temperature 36.8"), "{said}");
    assert!(lines.iter().any(|line| line["severity"] == "unknown" && line["state"].is_object()), "{said}");
    assert!(lines.iter().any(|line| line["safety"] == true), "{said}");
    assert!(lines.iter().any(|line| line["deadline"] == "passed"), "{said}");
    let (code, lines) = run_json(graph(own_dialogs(), graph::Format::Mermaid));
    assert_eq!((code, lines.len()), (ExitCode::SUCCESS, 5));
    let drawn = &lines[0];
    assert_eq!((&drawn["dialog"], &drawn["format"]), (&"daily".into(), &"mermaid".into()));
    assert!(drawn["drawing"].as_str().expect("a drawing").starts_with("flowchart TD\n"));
    assert_eq!(
        drawn["questions"][3]["options"][6],
        serde_json::json!({"number": 7, "key": "cannot-eat", "alert": "orange"})
    );
    assert_eq!((&drawn["questions"][4]["alert"], &drawn["questions"][5]["required"]), (&"red".into(), &false.into()));
    // Faults are JSON as well.
    let copy = Copy::new("json-faults");
    copy.change("dialog.toml", "kind = \"oxygen\"", "kind = \"oxigen\"");
    for command in
        [graph(copy.0.join("daily"), graph::Format::Svg), DialogCommand::Chat(chat_with(copy.0.join("daily")))]
    {
        let (code, lines) = run_json(command);
        assert_eq!((code, &lines[0]["faults"][0]["hint"]), (ExitCode::FAILURE, &"did you mean `oxygen`?".into()));
    }
}
