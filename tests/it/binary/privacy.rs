//! Secrets and personal data appear in no log, metric or error text (P15): a morning with marked people, and with
//! everything that makes a program talkative, and then a search for the marks.

use serde_json::json;

use super::demo::{Demo, Row};
use super::webhook::new_sid;
use crate::support::program::{Folder, command, run};

/// What must not be found anywhere. Each is given to the program in the place that its name says.
const NAME: &str = "印田 秘子";
const HER_SYS_ID: &str = "87654321";
const PHONE: &str = "+819012345677";
const OTHER_PHONE: &str = "+819012345678";
const STRANGER: &str = "+819012345679";
const NOTE: &str = "むらさきのネコが窓から見ている";
const TEMPERATURE: &str = "37.46";
const ODD: &str = "QZXJ-odd-words";

/// The marks as they could be found: whole, or the telling part of them.
fn marks(demo: &Demo) -> Vec<String> {
    let mut marks: Vec<String> =
        [NAME, "秘子", HER_SYS_ID, NOTE, "むらさき", TEMPERATURE, ODD].map(str::to_owned).into();
    for phone in [PHONE, OTHER_PHONE, STRANGER] {
        marks.extend([phone.to_owned(), phone[3..].to_owned(), format!("0{}", &phone[3..])]);
        marks.push(phone.replace('+', "%2B"));
    }
    marks.push(demo.told("auth_token").to_owned());
    marks
}

fn search(place: &str, text: &str, marks: &[String]) {
    for mark in marks {
        // A page offers itself in the other language, at the address that it was asked for.
        let mut lines = text.lines().filter(|line| !line.contains("hreflang="));
        let found = lines.find(|line| line.contains(mark.as_str()));
        assert!(found.is_none(), "{place} shows {mark}: {}", found.unwrap_or_default());
    }
}

async fn a_morning_of_marked_people(filter: &str) {
    let folder = Folder::new("privacy");
    let demo = Demo::start(&folder.path().join("data"), &["--manual", "--log", filter]).await;
    let web = demo.webhooks.clone();
    let day = demo.today().await;
    demo.import(
        &folder,
        day,
        &[
            Row { her_sys_id: HER_SYS_ID, name: NAME, phone: PHONE, ..Row::default() },
            Row { her_sys_id: "81234500", name: "試験 隣", phone: OTHER_PHONE, ..Row::default() },
        ],
    )
    .await;
    // The provider does everything wrong that a provider can, so that the program has to talk about it.
    let faults = |faults: serde_json::Value| web.http.post(demo.told("faults")).json(&faults).send();
    faults(json!({ "drop_after": { "numbers": [PHONE] }, "refuse": { "code": 21211, "numbers": [OTHER_PHONE] } }))
        .await
        .unwrap();
    demo.at(day, "07:00").await;
    faults(json!({ "server_error": true, "lose_callbacks": true })).await.unwrap();
    let mut answers = Vec::new();
    for (from, said) in [
        (PHONE, ODD),
        (PHONE, TEMPERATURE),
        (PHONE, "97"),
        (PHONE, "2"),
        (PHONE, "0"),
        (PHONE, "2"),
        (PHONE, NOTE),
        (PHONE, "胸が痛い"),
        (OTHER_PHONE, NOTE),
        (STRANGER, NOTE),
        (STRANGER, "息ができない"),
    ] {
        let sid = new_sid();
        let first = web.deliver(&sid, from, said).await;
        assert_eq!(first.status, 200);
        assert_eq!(web.deliver(&sid, from, said).await, first);
    }
    demo.at(day, "07:45").await;
    faults(json!({ "outage": true })).await.unwrap();
    demo.at(day, "08:30").await;
    demo.at(day, "08:40").await;
    web.deliver(&new_sid(), PHONE, NOTE).await;

    // Errors of every kind, with the marks in whatever was sent.
    let marked = web.text_form(&new_sid(), PHONE, NOTE, 0);
    let url = web.sms_url();
    for (content_type, signature, body) in [
        ("text/plain", None, NOTE.to_owned()),
        ("application/x-www-form-urlencoded", None, format!("From={PHONE}&Body={NOTE}%zz")),
        ("application/x-www-form-urlencoded", Some(ODD), format!("From={PHONE}&Body={ODD}")),
        ("application/x-www-form-urlencoded", Some("x"), ODD.repeat(10_000)),
    ] {
        answers.push(web.post_raw(&url, content_type, signature, body.into_bytes()).await.body);
    }
    let without_sid: Vec<_> = marked.iter().filter(|(name, _)| name != "MessageSid").cloned().collect();
    answers.push(web.post(&url, &without_sid).await.body);
    let status = format!("{}/twilio/status?m={ODD}", web.public_url);
    answers.push(web.post(&status, &marked).await.body);
    for path in [
        format!("/{ODD}"),
        format!("/rounds/{HER_SYS_ID}/{ODD}"),
        format!("/api/v1/{ODD}?phone=%2B{}", &PHONE[1..]),
        format!("/api/v1/round?center={ODD}"),
        format!("/?q={ODD}"),
    ] {
        answers.push(demo.get(&path, "").await.1.into_bytes());
    }
    let cookie = demo.sign_in().await;
    for path in [format!("/rounds/{HER_SYS_ID}/{ODD}"), format!("/api/v1/round?center={ODD}&day={ODD}")] {
        let (code, body) = demo.get(&path, &cookie).await;
        assert!((400..500).contains(&code), "{path}: {code}");
        answers.push(body.into_bytes());
    }
    let metrics = demo.get("/metrics", "").await.1;
    let ready = demo.get("/readyz", "").await.1;

    // A second import of the same people: refused row by row, and the rows are not quoted.
    let path = folder.path().join("patients.csv");
    let mut again = demo.beside(&["patient", "import", "--center", demo.told("center")]);
    again.arg(path);
    let refused = run(again).await;
    assert_eq!(refused.status.code(), Some(1));

    let marks = marks(&demo);
    let password = demo.password().to_owned();
    let (ended, log) = demo.program.stop().await;
    assert!(ended.success(), "{ended}");
    assert!(log.contains("a text was taken in"), "the log was really written: {log}");
    search("the log", &log, &marks);
    search("the log", &log, &[password, cookie]);
    search("/metrics", &metrics, &marks);
    search("/readyz", &ready, &marks);
    for answer in answers {
        search("an answer", &String::from_utf8_lossy(&answer), &marks);
    }
    search("the import", &String::from_utf8_lossy(&refused.stdout), &marks[..6]);
    search("the import", &String::from_utf8_lossy(&refused.stderr), &marks[..6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_operation_names_nobody() {
    a_morning_of_marked_people("info").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_those_who_look_for_a_fault_names_nobody_either() {
    a_morning_of_marked_people("debug").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_fail_do_not_quote_what_they_read() {
    let folder = Folder::new("privacy-commands");
    let store = format!("sqlite:{}", folder.path().join("mimamori.db").display());
    let file = folder.write(
        "patients.csv",
        &format!("her_sys_id,name,phone,observe_from,observe_until\nX{HER_SYS_ID},{NAME},{PHONE}9,{ODD},{ODD}\n"),
    );
    let mut add =
        command(&["center", "add", "--name", "試験保健所", "--time-zone", "UTC", "--sender", "+819012345600"]);
    add.env("MIMAMORI__STORE__URL", &store);
    assert!(run(add).await.status.success());
    let mut import = command(&["patient", "import", "--center", "試験保健所"]);
    import.arg(file).env("MIMAMORI__STORE__URL", &store);
    let output = run(import).await;
    assert_eq!(output.status.code(), Some(1));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(said.contains("her_sys_id") && said.contains("phone"), "the columns are named: {said}");
    search("the import", &said, &[NAME, HER_SYS_ID, &PHONE[3..], ODD].map(str::to_owned));
}
