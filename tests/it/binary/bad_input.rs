//! Whatever comes in gets a clear answer, nothing is lost, and what cannot be stored is refused with 503 until it
//! can: requests, texts, configurations, dialogs, databases.

use std::process::{Command, Stdio};

use super::service::{Service, TOKEN_BEFORE};
use super::webhook::{form, new_sid, signature};
use crate::support::program::{Folder, Program, clean, command, note, run};

const FORM: &str = "application/x-www-form-urlencoded";
const PHONE: &str = "+819012345650";

fn encoded(form: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_requests_are_told_so_and_never_cost_a_5xx() {
    let service = Service::prepare("requests", &[]).await;
    let program = service.start().await;
    let web = service.webhooks.clone();
    let url = web.sms_url();
    let good = web.text_form(&new_sid(), PHONE, "36.5", 0);
    let signed = |form: &[(String, String)]| Some(signature(&web.token, &url, form));
    let without = |name: &str| good.iter().filter(|(key, _)| key != name).cloned().collect::<Vec<_>>();
    let with = |name: &str, value: &str| {
        let mut form = without(name);
        form.push((name.to_owned(), value.to_owned()));
        form
    };
    let twice = {
        let mut form = good.clone();
        form.push(("From".to_owned(), "+819012345651".to_owned()));
        form
    };
    let large = with("Body", &"x".repeat(70 * 1024));
    let larger = with("Body", &"x".repeat(200 * 1024));
    // What it is, its content type, its signature, its body, and the status that it is answered with.
    type Case = (&'static str, &'static str, Option<String>, Vec<u8>, u16);
    let cases: Vec<Case> = vec![
        ("no form", "text/plain", signed(&good), encoded(&good), 400),
        ("JSON", "application/json", signed(&good), b"{\"Body\":\"36.5\"}".to_vec(), 400),
        ("a broken escape", FORM, signed(&good), b"Body=%zz&From=%2".to_vec(), 400),
        ("nothing", FORM, signed(&[]), Vec::new(), 403),
        ("too large", FORM, signed(&large), encoded(&large), 413),
        ("much too large", FORM, signed(&larger), encoded(&larger), 413),
        ("no signature", FORM, None, encoded(&good), 403),
        ("an empty signature", FORM, Some(String::new()), encoded(&good), 403),
        ("no Base64", FORM, Some("ééé…".to_owned()), encoded(&good), 403),
        ("another secret's", FORM, Some(signature("guess", &url, &good)), encoded(&good), 403),
        (
            "of another address",
            FORM,
            Some(signature(&web.token, "http://localhost/twilio/sms", &good)),
            encoded(&good),
            403,
        ),
        ("of another form", FORM, signed(&with("Body", "36.6")), encoded(&good), 403),
        (
            "somebody else's account",
            FORM,
            signed(&with("AccountSid", "ACother")),
            encoded(&with("AccountSid", "ACother")),
            403,
        ),
        ("no account", FORM, signed(&without("AccountSid")), encoded(&without("AccountSid")), 403),
        ("no identifier", FORM, signed(&without("MessageSid")), encoded(&without("MessageSid")), 400),
        ("an empty sender", FORM, signed(&with("From", "")), encoded(&with("From", "")), 400),
        ("two senders", FORM, signed(&twice), encoded(&twice), 400),
        ("the token before", FORM, Some(signature(TOKEN_BEFORE, &url, &good)), encoded(&good), 200),
    ];
    for (what, content_type, signature, body, expected) in cases {
        let answer = web.post_raw(&url, content_type, signature.as_deref(), body).await;
        assert_eq!(answer.status, expected, "{what}: {answer:?}");
        assert!(expected != 403 || answer.body.is_empty(), "whoever has no signature is told nothing: {answer:?}");
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(expected == 200 || !told.contains(PHONE), "{what}: {told}");
    }
    // What is larger than anything that any page takes may be cut off while it is still being written.
    let huge = encoded(&with("Body", &"x".repeat(8 * 1024 * 1024)));
    let request = web.http.post(&url).header("Content-Type", FORM).header("Connection", "close").body(huge);
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 413);
    }
    let (code, _) = service.get("/twilio/sms").await;
    assert_eq!(code, 405);
    // The query is part of what is signed.
    let with_query = format!("{url}?center=1");
    assert_eq!(web.post(&with_query, &with("MessageSid", &new_sid())).await.status, 200);

    // Status callbacks that fit nothing: taken, kept, counted.
    let status_url = format!("{}/twilio/status", web.public_url);
    let status = |sid: &str, status: &str| {
        form(&[("MessageSid", sid), ("MessageStatus", status), ("AccountSid", &web.account), ("To", PHONE)])
    };
    let before = service.metric("mimamori_unmatched_status_callbacks_total").await;
    let unknown = "msg_01890000-0000-7000-8000-000000000000";
    for (query, form) in [
        (String::new(), status(&new_sid(), "delivered")),
        (format!("?m={unknown}"), status(&new_sid(), "failed")),
        ("?m=nonsense&m=%00".to_owned(), status(&new_sid(), "delivered")),
        (String::new(), status(&new_sid(), "teleported")),
        (String::new(), status(&new_sid(), "")),
    ] {
        let answer = web.post(&format!("{status_url}{query}"), &form).await;
        assert!((200..300).contains(&answer.status), "{query}: {answer:?}");
    }
    assert!(service.metric("mimamori_unmatched_status_callbacks_total").await >= before + 4.0);
    assert_eq!(web.post(&status_url, &status("", "delivered")).await.status, 400);

    for (path, expected) in [("/healthz", 200), ("/readyz", 200), ("/nothing-here", 404), ("/api/v1/round", 401)] {
        assert_eq!(service.get(path).await.0, expected, "{path}");
    }
    let (ended, log) = program.stop().await;
    assert!(ended.success() && !log.contains("panicked"), "{ended}\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_texts_are_asked_again_or_read_and_never_dropped() {
    let service = Service::prepare("texts", &[]).await;
    let long_digits = "1".repeat(1_600);
    let long_words = "あ".repeat(1_600);
    let cases: Vec<(&str, &str)> = vec![
        ("nothing", ""),
        ("spaces", " \u{3000}\t\r\n"),
        ("the longest text", &long_words),
        ("the longest number", &long_digits),
        ("emoji only", "😀👍🏽👨‍👩‍👧‍👦"),
        ("marks of direction", "\u{202e}\u{200f}\u{2067}"),
        ("NUL", "\0"),
        ("control characters", "\u{1}\u{7f}\u{1b}[31m"),
        ("noncharacters", "\u{fffe}\u{ffff}\u{10ffff}"),
        ("markup", "<Response><Message>&amp;</Message></Response>]]>"),
        ("a statement", "'; DROP TABLE messages; --"),
        ("combining", "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"),
    ];
    let phones: Vec<String> = (0..cases.len() + 3).map(|index| format!("+81901234{:04}", 5_650 + index)).collect();
    service.enrol(0, &phones).await;
    let program = service.start().await;
    service.everybody_asked(&phones).await;
    let web = service.webhooks.clone();
    let one_segment = |what: &str, text: &str| {
        assert_eq!(domain::sms::segments(text).segments, 1, "{what}: {text}");
    };
    for ((what, body), phone) in cases.iter().zip(&phones) {
        let answer = web.deliver(&new_sid(), phone, body).await;
        let text = answer.text();
        assert!(text.contains("体温"), "{what}: the open question is asked again: {text}");
        one_segment(what, &text);
    }
    let [pictures, backwards, mended] = &phones[cases.len()..] else { panic!("three phones are left") };
    let form = web.text_form(&new_sid(), pictures, "", 3);
    let text = web.post(&web.sms_url(), &form).await.text();
    assert!(text.starts_with("写真は不可。") && text.contains("体温"), "{text}");
    // Marks of direction around a number do not hide it.
    let text = web.deliver(&new_sid(), backwards, "\u{200f}\u{2067}36.5\u{2069}").await.text();
    assert!(text.contains("36.5度。"), "{text}");
    // What is no UTF-8 is mended before it is read; the provider signs text.
    let sid = new_sid();
    let mended_form = web.text_form(&sid, mended, "36.5\u{fffd}", 0);
    let signed = signature(&web.token, &web.sms_url(), &mended_form);
    let body = String::from_utf8(encoded(&mended_form)).unwrap().replace("%EF%BF%BD", "%FF");
    let answer = web.post_raw(&web.sms_url(), FORM, Some(&signed), body.into_bytes()).await;
    assert_eq!((answer.status, answer.texts().len()), (200, 1), "{answer:?}");
    let (ended, log) = program.stop().await;
    assert!(ended.success() && !log.contains("panicked") && !log.contains("\"ERROR\""), "{ended}\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_is_refused_by_key_value_and_what_would_be_right() {
    let folder = Folder::new("config");
    let secret = "a-very-secret-token";
    // The file, the variables, and what the complaint must hold.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: &[Case] = &[
        ("[server]\nlistne = \"127.0.0.1:1\"\n", &[], &["server.listne", "server.listen"]),
        ("[sever]\nlisten = \"127.0.0.1:1\"\n", &[], &["sever"]),
        ("[server\n", &[], &["config.toml"]),
        ("[server]\nlisten = 8080\n", &[], &["server.listen", "8080", "quotation marks"]),
        ("", &[("SERVER__LISTN", "127.0.0.1:1")], &["MIMAMORI__SERVER__LISTN"]),
        ("", &[("SERVER__LISTEN", "everywhere")], &["server.listen", "everywhere", "such as 127.0.0.1:8080"]),
        ("", &[("GATEWAY__KIND", "pigeon")], &["gateway.kind", "pigeon", "simulator"]),
        ("", &[("GATEWAY__SEGMENTS_PER_SECOND", "0")], &["gateway.segments_per_second", "1"]),
        ("", &[("LOG__FORMAT", "xml")], &["log.format", "xml", "json"]),
        ("", &[("STORE__URL", "mysql://root:a-very-secret-token@db/x")], &["store.url", "sqlite:PATH"]),
        ("", &[("GATEWAY__KIND", "twilio")], &["gateway.twilio.account_sid", "gateway.twilio.auth_token"]),
        (
            "",
            &[("GATEWAY__TWILIO__AUTH_TOKEN", "a-very-secret-token"), ("GATEWAY__TWILIO__AUTH_TOKEN_FILE", "/x")],
            &["MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN_FILE", "keep one of them"],
        ),
        // All mistakes at once.
        ("[log]\nformat = \"xml\"\n", &[("SERVER__LISTEN", "nowhere")], &["log.format", "server.listen"]),
    ];
    for (number, (file, variables, expected)) in cases.iter().enumerate() {
        let path = folder.write("config.toml", file);
        let mut serve = command(&["serve", "--config"]);
        serve.arg(path).env("MIMAMORI__GATEWAY__KIND", "simulator");
        for (key, value) in *variables {
            serve.env(format!("MIMAMORI__{key}"), value);
        }
        let output = run(serve).await;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(1 | 2)), "case {number}: {} {complaint}", output.status);
        for part in *expected {
            assert!(complaint.contains(part), "case {number} should name {part}: {complaint}");
        }
        assert!(!complaint.contains(secret), "case {number}: a secret is never shown: {complaint}");
        assert!(!complaint.contains("panicked"), "case {number}: {complaint}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_at_the_desk_refuse_what_could_not_work() {
    let folder = Folder::new("desk");
    let database = folder.path().join("typo.db");
    let desk = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("MIMAMORI__STORE__URL", format!("sqlite:{}", database.display()));
        command
    };
    for arguments in [&["audit", "verify"][..], &["round", "status"]] {
        let output = run(desk(arguments)).await;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {complaint}");
        assert!(complaint.contains("typo.db") && complaint.contains("store.url"), "{complaint}");
        assert!(!database.exists(), "looking makes no database");
    }
    let add = ["center", "add", "--name", "Koto", "--time-zone", "Asia/Tokyo", "--sender", "+12125550100"];
    let output = run(desk(&[&add[..], &["--dialog", "nope"]].concat())).await;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("`nope`") && complaint.contains("daily"), "{complaint}");
    assert!(run(desk(&add)).await.status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialogs_with_errors_refuse_the_start_and_do_not_touch_a_running_service() {
    let mut service = Service::prepare("dialogs", &[]).await;
    let dialogs = service.own_dialogs();
    let (definition, texts) = (dialogs.join("daily/dialog.toml"), dialogs.join("daily/texts.en.toml"));
    let [good_definition, good_texts] = [&definition, &texts].map(|path| std::fs::read_to_string(path).unwrap());
    let spoil = || {
        std::fs::write(&definition, good_definition.replace("kind = \"oxygen\"", "kind = \"oxigen\"")).unwrap();
        std::fs::write(&texts, good_texts.replace("{value} C", "{temperature} C")).unwrap();
    };
    let mend = || {
        std::fs::write(&definition, &good_definition).unwrap();
        std::fs::write(&texts, &good_texts).unwrap();
    };
    spoil();
    let refused = run(service.serve()).await;
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("dialog.toml") && complaint.contains("oxigen"), "file and mistake: {complaint}");
    mend();

    let program = service.start().await;
    let unknown = "+819012345699";
    assert_eq!(service.webhooks.deliver(&new_sid(), unknown, "こんにちは").await.texts().len(), 1);
    spoil();
    let from = program.log().len();
    program.signal("HUP");
    program.logged(from, "the dialog has errors and is refused: the version in use stays").await;
    assert!(program.log()[from..].contains("oxigen"), "the list is in the log: {}", &program.log()[from..]);
    assert_eq!(service.webhooks.deliver(&new_sid(), "+819012345698", "こんにちは").await.texts().len(), 1);
    // An empty folder is a mistake as well, not a wish for no dialogs.
    mend();
    let aside = dialogs.with_extension("aside");
    std::fs::rename(&dialogs, &aside).unwrap();
    std::fs::create_dir(&dialogs).unwrap();
    let from = program.log().len();
    program.signal("HUP");
    program.logged(from, "the dialogs cannot be read: the ones in use stay").await;
    std::fs::remove_dir(&dialogs).unwrap();
    std::fs::rename(&aside, &dialogs).unwrap();
    let from = program.log().len();
    program.signal("HUP");
    program.logged(from, "the dialogs were read anew").await;
    assert_eq!(service.webhooks.deliver(&new_sid(), "+819012345697", "こんにちは").await.texts().len(), 1);
    let (ended, log) = program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
}

/// The text that is refused. Half-width digits could stand in the log as a time of day: `21:16:36.513`.
const REFUSED: &str = "３６．５";

/// What is the same whatever hinders the database: 503, a time to try again, an error in the log that names
/// nobody, and no trace of the text. Gives the identifier of the text, to be delivered again.
async fn refused_for_now(service: &Service, program: &Program, phone: &str) -> String {
    let (sid, from) = (new_sid(), program.log().len());
    let answer = service.webhooks.deliver(&sid, phone, REFUSED).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds: u32 = answer.retry_after.expect("a time to try again").parse().expect("in seconds");
    assert!((1..=60).contains(&seconds));
    assert!(answer.body.is_empty() || !String::from_utf8_lossy(&answer.body).contains(REFUSED));
    program.logged(from, "\"ERROR\"").await;
    let log = program.log();
    let log = &log[from..];
    assert!(log.contains("could not be stored"), "{log}");
    for mark in [phone, &phone[3..], REFUSED] {
        assert!(!log.contains(mark), "the log names {mark}: {log}");
    }
    assert_eq!(service.get("/readyz").await.0, 503, "it cannot do its work");
    sid
}

/// The text that was refused is taken when it comes again, without a restart.
async fn taken_again(service: &Service, sid: &str, phone: &str) {
    let mut last = None;
    let taken = async {
        loop {
            let answer = service.webhooks.deliver(sid, phone, REFUSED).await;
            if answer.status == 200 {
                return answer;
            }
            assert_eq!(answer.status, 503, "{answer:?}");
            last = Some(answer);
        }
    };
    let answer = tokio::time::timeout(crate::support::program::PATIENCE, taken).await;
    let answer = answer.unwrap_or_else(|_| panic!("no recovery; the last answer: {last:?}"));
    assert!(answer.text().contains("36.5度。"), "{answer:?}");
    assert_eq!(service.webhooks.deliver(sid, phone, REFUSED).await, answer);
    assert_eq!(service.get("/readyz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_process_holds_is_waited_for_and_then_refused() {
    if Command::new("python3").args(["-c", "import sqlite3"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    {
        let service = Service::prepare("locked", &[]).await;
        service.enrol(0, &[PHONE.to_owned()]).await;
        let program = service.start().await;
        service.everybody_asked(&[PHONE.to_owned()]).await;
        // Somebody's tool holds the file, as a careless backup would.
        let mut holder = Command::new("python3");
        holder.args(["-c", HOLD, service.store_url.trim_start_matches("sqlite:")]);
        let mut holder = Program::start(holder);
        assert_eq!(holder.line().await, "held");
        let sid = refused_for_now(&service, &program, PHONE).await;
        holder.kill();
        taken_again(&service, &sid, PHONE).await;
        let (ended, log) = program.stop().await;
        assert!(ended.success(), "{ended}\n{log}");
    } else {
        note("skipped: a locked database needs python3 with sqlite3, which stands in for another program");
    }
}

const HOLD: &str = "
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
db.execute('BEGIN EXCLUSIVE')
print('held', flush=True)
time.sleep(600)
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_is_refused_and_recovered_from() {
    if !Command::new("prlimit").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        note("skipped: a disk without room is played by `prlimit` of util-linux, which is not here");
        return;
    }
    let service = Service::prepare("full", &[]).await;
    service.enrol(0, &[PHONE.to_owned()]).await;
    // Files that may not grow are what a full disk looks like from inside, once the signal is out of the way.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" serve", env!("CARGO_BIN_EXE_mimamori")]);
    shell.current_dir(env!("CARGO_MANIFEST_DIR"));
    clean(&mut shell);
    service.configure(&mut shell);
    let program = Program::start(shell);
    program.logged(0, "\"serving\"").await;
    service.everybody_asked(&[PHONE.to_owned()]).await;
    let limit = |size: &str| {
        let status = Command::new("prlimit")
            .args(["--pid", &program.id().to_string(), &format!("--fsize={size}:unlimited")])
            .status();
        assert!(status.expect("it is there").success());
    };
    limit("0");
    let sid = refused_for_now(&service, &program, PHONE).await;
    assert_eq!(service.get("/healthz").await.0, 200, "the process lives");
    limit("unlimited");
    taken_again(&service, &sid, PHONE).await;
    let (ended, log) = program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
}
