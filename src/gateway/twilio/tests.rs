//! Tests of the client against servers on sockets: what is sent, and what is concluded from what comes back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::contact::Undeliverable;
use domain::id::MessageId;
use domain::message::{Body, OutboundState};
use domain::phone::PhoneNumber;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::gateway::{Listed, Outgoing, Rejection, SendOutcome, SmsGateway as _};

const FROM: &str = "+12125550100";
const TO: &str = "+12125550101";
/// An address where nobody listens: the port of a service that nobody runs any more.
const NOBODY: &str = "http://127.0.0.1:1";
const WORDS: &str = "体温は? 例 36.8 & +1=2%";

fn settings(base_url: &str) -> Settings {
    Settings {
        base_url: base_url.to_owned(),
        account_sid: "AC0001".into(),
        credentials: Credentials::AuthToken("s3cret-token".into()),
        sender: Sender::CenterNumber,
        status_url: "https://bot.example/twilio/status".into(),
        timeouts: Timeouts { connect: Duration::from_millis(500), total: Duration::from_secs(5) },
    }
}

fn client(base_url: &str) -> Twilio {
    Twilio::new(settings(base_url)).expect("settings that work")
}

/// A client that gives up soon, for servers that never answer.
fn impatient(base_url: &str) -> Twilio {
    let timeouts = Timeouts { connect: Duration::from_millis(200), total: Duration::from_millis(400) };
    Twilio::new(Settings { timeouts, ..settings(base_url) }).expect("settings that work")
}

fn phone(number: &str) -> PhoneNumber {
    PhoneNumber::from_e164(number).expect("a number")
}

fn outgoing() -> Outgoing {
    Outgoing {
        id: MessageId::new(DateTime::UNIX_EPOCH, &[7; 10]),
        from: phone(FROM),
        to: phone(TO),
        body: Body(WORDS.into()),
        validity_seconds: 3_600,
    }
}

const RETRY: SendOutcome = SendOutcome::Retry { after: None, code: None };
const UNKNOWN: SendOutcome = SendOutcome::Unknown { code: None };

fn accepted() -> SendOutcome {
    SendOutcome::Accepted { provider_id: "SM0001".into(), state: OutboundState::Accepted }
}

fn since(time: &str) -> DateTime<Utc> {
    time.parse().expect("a time")
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.expect("requests are recorded")
}

fn fields(request: &Request) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
    fields.sort();
    fields
}

// What is sent.

#[tokio::test]
async fn a_text_is_sent_with_exactly_these_fields() {
    let id = outgoing().id;
    let callback = format!("https://bot.example/twilio/status?m={id}");
    let by_service = Sender::MessagingService("MG0001".into());
    let by_key = Credentials::ApiKey { sid: "SK0001".into(), secret: SecretString::from("k3y") };
    for (change, prefix, path, authorization, sender, validity) in [
        (
            settings(""),
            "",
            "/2010-04-01/Accounts/AC0001/Messages.json",
            "Basic QUMwMDAxOnMzY3JldC10b2tlbg==",
            ("From", FROM),
            (3_600, "3600"),
        ),
        (
            Settings { sender: by_service, credentials: by_key, ..settings("") },
            "/",
            "/2010-04-01/Accounts/AC0001/Messages.json",
            "Basic U0swMDAxOmszeQ==",
            ("MessagingServiceSid", "MG0001"),
            (0, "1"),
        ),
        (
            Settings { account_sid: "b5/4c 7e".into(), ..settings("") },
            "/api/laml/",
            "/api/laml/2010-04-01/Accounts/b5%2F4c%207e/Messages.json",
            "Basic YjUvNGMgN2U6czNjcmV0LXRva2Vu",
            ("From", FROM),
            (99_999, "36000"),
        ),
    ] {
        let server = MockServer::start().await;
        let created = ResponseTemplate::new(201).set_body_json(json!({ "sid": "SM0001", "status": "queued" }));
        Mock::given(method("POST")).respond_with(created).mount(&server).await;
        let gateway = Twilio::new(Settings { base_url: server.uri() + prefix, ..change }).expect("settings that work");
        let text = Outgoing { validity_seconds: validity.0, ..outgoing() };
        assert_eq!(gateway.send(&text).await, accepted());

        let requests = requests(&server).await;
        assert_eq!(requests.len(), 1);
        let request = &requests[0];
        assert_eq!((request.url.path(), request.url.query()), (path, None));
        assert_eq!(request.headers["authorization"], authorization);
        assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
        let mut expected = [
            ("Body", WORDS),
            ("SmartEncoded", "false"),
            ("StatusCallback", callback.as_str()),
            ("To", TO),
            ("ValidityPeriod", validity.1),
            sender,
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        expected.sort();
        assert_eq!(fields(request), expected);
    }
}

// What is concluded from an answer.

#[tokio::test]
async fn an_answer_decides_what_became_of_the_text() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let error = |status: u16, code: u32| {
        ResponseTemplate::new(status).set_body_json(json!({ "code": code, "message": "…", "status": status }))
    };
    for (answer, expected) in [
        (ResponseTemplate::new(201).set_body_json(json!({ "sid": "SM0001", "status": "accepted" })), accepted()),
        (ResponseTemplate::new(200).set_body_json(json!({ "sid": "SM0001", "status": "queued" })), accepted()),
        (ResponseTemplate::new(201).set_body_string("<html>"), UNKNOWN),
        (ResponseTemplate::new(204), UNKNOWN),
        (ResponseTemplate::new(201).set_body_string(format!("{{\"sid\":\"{}\"}}", "x".repeat(70_000))), UNKNOWN),
        (
            error(429, 20_429).insert_header("Retry-After", "7"),
            SendOutcome::Retry { after: seconds(7), code: Some(20_429) },
        ),
        (
            error(429, 20_429)
                .insert_header("Retry-After", "Fri, 22 Nov 2024 07:00:30 GMT")
                .insert_header("Date", "Fri, 22 Nov 2024 07:00:00 GMT"),
            SendOutcome::Retry { after: seconds(30), code: Some(20_429) },
        ),
        (
            ResponseTemplate::new(429).insert_header("Retry-After", "86400"),
            SendOutcome::Retry { after: seconds(600), code: None },
        ),
        (error(429, 63_038), SendOutcome::Rejected { cause: Rejection::DailyLimit, code: Some(63_038) }),
        (error(400, 21_610), SendOutcome::Rejected { cause: Rejection::OptedOut, code: Some(21_610) }),
        (
            error(400, 21_211),
            SendOutcome::Rejected { cause: Rejection::Number(Undeliverable::NoSuchNumber), code: Some(21_211) },
        ),
        (error(401, 20_003), SendOutcome::Rejected { cause: Rejection::Account, code: Some(20_003) }),
        (error(400, 12_345), SendOutcome::Rejected { cause: Rejection::Defect, code: Some(12_345) }),
        (error(500, 20_500), SendOutcome::Unknown { code: Some(20_500) }),
        (error(503, 20_503).insert_header("Retry-After", "1"), SendOutcome::Unknown { code: Some(20_503) }),
        (ResponseTemplate::new(502).set_body_string("bad gateway"), UNKNOWN),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        assert_eq!(client(&server.uri()).send(&outgoing()).await, expected);
        assert_eq!(requests(&server).await.len(), 1, "{expected:?}: nothing is tried twice");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    for (status, expected) in [
        (307, SendOutcome::Rejected { cause: Rejection::Account, code: None }),
        (308, SendOutcome::Rejected { cause: Rejection::Account, code: None }),
        (302, UNKNOWN),
        (303, UNKNOWN),
    ] {
        let server = MockServer::start().await;
        let elsewhere = ResponseTemplate::new(status).insert_header("Location", format!("{}/elsewhere", server.uri()));
        Mock::given(path("/2010-04-01/Accounts/AC0001/Messages.json")).respond_with(elsewhere).mount(&server).await;
        let gateway = client(&server.uri());
        assert_eq!(gateway.send(&outgoing()).await, expected, "{status}");
        assert!(gateway.list(&phone(FROM), &phone(TO), DateTime::UNIX_EPOCH).await.is_err());
        assert_eq!(requests(&server).await.len(), 2, "{status}");
    }
}

// What is concluded when there is no answer. These servers speak plain sockets, so that they can break anywhere.

/// What a server does with a connection, after it has read as much of the request as it wants.
#[derive(Clone)]
enum Act {
    /// Reads this many bytes, then closes.
    CloseAfter(usize),
    /// Reads the whole request, writes these bytes, then closes.
    AnswerAndClose(Vec<u8>),
    /// Reads the whole request and never says a word.
    Silence,
    /// Answers the first request in full and keeps the connection; reads the second and closes.
    BreakTheSecond,
    /// Answers every request on a connection.
    Serve,
}

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// How many requests were read to their end.
    requests: Arc<AtomicUsize>,
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into()
}

fn success() -> Vec<u8> {
    answer("201 Created", r#"{"sid":"SM0001","status":"queued"}"#)
}

/// Reads one request to its end; `None` when the connection ends first.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        (stream.read(&mut byte).ok()? > 0).then(|| request.push(byte[0]))?;
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().expect("a length"))];
    stream.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}

impl Server {
    fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&server.connections), Arc::clone(&server.requests));
        // Ends with the test's process: it waits for a connection that does not come.
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                connections.fetch_add(1, Ordering::SeqCst);
                let read = |stream: &mut TcpStream| {
                    let request = read_request(stream);
                    requests.fetch_add(usize::from(request.is_some()), Ordering::SeqCst);
                    request
                };
                // What a client no longer wants to read is no concern of the server.
                match &act {
                    Act::CloseAfter(bytes) => {
                        let _ = stream.read_exact(&mut vec![0; *bytes]);
                    }
                    Act::AnswerAndClose(bytes) => {
                        read(&mut stream);
                        let _ = stream.write_all(bytes);
                    }
                    Act::Silence => {
                        read(&mut stream);
                        held.push(stream);
                    }
                    Act::BreakTheSecond => {
                        read(&mut stream);
                        let _ = stream.write_all(&success());
                        read(&mut stream);
                    }
                    Act::Serve => {
                        while read(&mut stream).is_some() {
                            let _ = stream.write_all(&success());
                        }
                    }
                }
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn without_a_connection_the_text_may_be_sent_again() {
    assert_eq!(client(NOBODY).send(&outgoing()).await, RETRY, "nobody listens");
    assert_eq!(client("http://no-such-host.invalid").send(&outgoing()).await, RETRY, "no such name");
    assert_eq!(impatient("https://no-such-host.invalid").send(&outgoing()).await, RETRY, "no such name");

    // A TLS handshake that fails or never ends: nothing of the text has been written yet.
    let plain = Server::start(Act::AnswerAndClose(success()));
    assert_eq!(client(&plain.url().replace("http:", "https:")).send(&outgoing()).await, RETRY, "speaks no TLS");
    let silent = Server::start(Act::Silence);
    assert_eq!(impatient(&silent.url().replace("http:", "https:")).send(&outgoing()).await, RETRY, "says nothing");
    assert_eq!((plain.requests(), silent.requests()), (0, 0));
}

#[tokio::test]
async fn once_there_is_a_connection_nobody_knows_how_much_was_read() {
    for bytes in [0, 1, 10, 100, 300] {
        let server = Server::start(Act::CloseAfter(bytes));
        assert_eq!(client(&server.url()).send(&outgoing()).await, UNKNOWN, "closed after {bytes} bytes");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "and it was not tried again");
    }
    let silent = Server::start(Act::Silence);
    assert_eq!(impatient(&silent.url()).send(&outgoing()).await, UNKNOWN, "the total time-out");
    assert_eq!((silent.requests(), silent.connections.load(Ordering::SeqCst)), (1, 1));
    for garbage in ["", "SSH-2.0-x\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n"] {
        let server = Server::start(Act::AnswerAndClose(garbage.into()));
        assert_eq!(client(&server.url()).send(&outgoing()).await, UNKNOWN, "{garbage:?}");
        assert_eq!(server.requests(), 1, "{garbage:?}");
    }
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_never_taken_for_more_than_it_is() {
    let head_of = |whole: &[u8]| whole.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    let refusal = answer("400 Bad Request", r#"{"code":21610,"message":"opted out"}"#);
    let opted_out = SendOutcome::Rejected { cause: Rejection::OptedOut, code: Some(21_610) };
    for (whole, in_full, cut_in_body) in [(success(), accepted(), UNKNOWN), (refusal, opted_out, RETRY)] {
        for cut in 0..=whole.len() {
            let server = Server::start(Act::AnswerAndClose(whole[..cut].to_vec()));
            let outcome = client(&server.url()).send(&outgoing()).await;
            let expected = match cut {
                cut if cut == whole.len() => &in_full,
                cut if cut >= head_of(&whole) => &cut_in_body,
                _ => &UNKNOWN,
            };
            assert_eq!(&outcome, expected, "cut after {cut} bytes");
            assert_eq!(server.requests(), 1, "cut after {cut} bytes");
        }
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(Act::Serve);
    let gateway = client(&server.url());
    for _ in 0..5 {
        assert_eq!(gateway.send(&outgoing()).await, accepted());
    }
    assert_eq!((server.requests(), server.connections.load(Ordering::SeqCst)), (5, 1));
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_text_leaves_it_unknown() {
    let server = Server::start(Act::BreakTheSecond);
    let gateway = client(&server.url());
    assert_eq!(gateway.send(&outgoing()).await, accepted());
    assert_eq!(gateway.send(&outgoing()).await, UNKNOWN);
    assert_eq!(server.requests(), 2, "the second was read once, and not written again elsewhere");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_never_doubles_a_text() {
    // The server says "keep" and closes: whether the client notices before it writes is a race.
    let server = Server::start(Act::AnswerAndClose(success()));
    let gateway = client(&server.url());
    for _ in 0..50 {
        let before = server.requests();
        let outcome = gateway.send(&outgoing()).await;
        let read = server.requests() - before;
        match outcome {
            SendOutcome::Accepted { .. } => assert_eq!(read, 1),
            SendOutcome::Unknown { .. } => assert!(read <= 1),
            other => panic!("{other:?} with {read} requests read"),
        }
    }
}

// What the provider has.

fn listed_message(sid: &str, change: &Value) -> Value {
    let mut message = json!({
        "sid": sid, "to": TO, "from": FROM, "direction": "outbound-api", "body": WORDS, "status": "sent",
        "error_code": null, "date_created": "Fri, 22 Nov 2024 07:00:05 +0000", "date_sent": null,
    });
    for (name, value) in change.as_object().expect("an object") {
        message[name] = value.clone();
    }
    message
}

fn page(messages: &[Value], next: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "messages": messages, "next_page_uri": next, "page": 0 }))
}

fn ids(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|message| message.provider_id.as_str()).collect()
}

#[tokio::test]
async fn a_list_is_read_over_all_its_pages_and_newest_first() {
    let server = MockServer::start().await;
    let first = [
        listed_message("SM1", &json!({ "date_created": "Fri, 22 Nov 2024 07:00:01 +0000" })),
        listed_message("SM3", &json!({ "date_created": "Fri, 22 Nov 2024 07:00:03 +0000", "status": "queued" })),
    ];
    let second = [
        listed_message("SM3", &json!({ "date_created": "Fri, 22 Nov 2024 07:00:03 +0000", "status": "queued" })),
        listed_message("SM2", &json!({ "date_created": "Fri, 22 Nov 2024 07:00:02 +0000" })),
        listed_message("SM0", &json!({ "date_created": "Fri, 22 Nov 2024 06:59:59 +0000" })),
    ];
    // Wherever the answer points, the credentials go nowhere but to the configured host.
    let next = json!("https://evil.example/steal?PageSize=100&Page=1&PageToken=PASM3&To=%2B12125550101");
    Mock::given(wiremock::matchers::query_param("Page", "1"))
        .respond_with(page(&second, &Value::Null))
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(page(&first, &next)).mount(&server).await;

    let listed = client(&(server.uri() + "/api/laml"))
        .list(&phone(FROM), &phone(TO), since("2024-11-22T07:00:00Z"))
        .await
        .expect("a list");
    assert_eq!(ids(&listed), ["SM3", "SM2", "SM1"]);
    assert_eq!(listed[0].state, OutboundState::Accepted);
    assert_eq!(listed[0].body, Body(WORDS.into()));

    let requests = requests(&server).await;
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!(request.method.as_str(), "GET");
        assert_eq!(request.url.path(), "/api/laml/2010-04-01/Accounts/AC0001/Messages.json");
        assert_eq!(request.headers["authorization"], "Basic QUMwMDAxOnMzY3JldC10b2tlbg==");
    }
    let mut query: Vec<(String, String)> = requests[0].url.query_pairs().into_owned().collect();
    query.sort();
    let expected = [("From", FROM), ("PageSize", "100"), ("To", TO)];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn with_a_messaging_service_the_sender_is_not_asked_for() {
    let server = MockServer::start().await;
    let messages = [
        listed_message("SM1", &json!({ "from": "+12125550109", "messaging_service_sid": "MG0001" })),
        listed_message("SM2", &json!({ "from": "+12125550109", "messaging_service_sid": "MG0002" })),
    ];
    Mock::given(any()).respond_with(page(&messages, &Value::Null)).mount(&server).await;
    let sender = Sender::MessagingService("MG0001".into());
    let gateway = Twilio::new(Settings { sender, ..settings(&server.uri()) }).expect("settings that work");
    let listed = gateway.list(&phone(FROM), &phone(TO), DateTime::UNIX_EPOCH).await.expect("a list");
    assert_eq!(ids(&listed), ["SM1"]);
    assert!(requests(&server).await[0].url.query_pairs().all(|(name, _)| name != "From"));
}

#[tokio::test]
async fn a_list_without_an_end_is_left_after_some_pages() {
    let server = MockServer::start().await;
    let endless = |request: &Request| {
        let page_number = request
            .url
            .query_pairs()
            .find(|(name, _)| name == "Page")
            .map_or(0, |(_, page)| page.parse::<u32>().expect("a number"));
        let next = json!(format!("/2010-04-01/Accounts/AC0001/Messages.json?Page={}", page_number + 1));
        page(&[listed_message(&format!("SM{page_number:04}"), &json!({}))], &next)
    };
    Mock::given(any()).respond_with(endless).mount(&server).await;
    let listed = client(&server.uri()).list(&phone(FROM), &phone(TO), DateTime::UNIX_EPOCH).await.expect("a list");
    assert_eq!((listed.len(), requests(&server).await.len()), (10, 10));

    let server = MockServer::start().await;
    let same = json!("/x?To=%2B12125550101&From=%2B12125550100&PageSize=100");
    Mock::given(any()).respond_with(page(&[listed_message("SM1", &json!({}))], &same)).mount(&server).await;
    let listed = client(&server.uri()).list(&phone(FROM), &phone(TO), DateTime::UNIX_EPOCH).await.expect("a list");
    assert_eq!((ids(&listed), requests(&server).await.len()), (vec!["SM1"], 1));
}

#[tokio::test]
async fn a_list_that_fails_says_why_and_names_nobody() {
    let silent = Server::start(Act::Silence);
    let broken = Server::start(Act::AnswerAndClose(answer("200 OK", r#"{"messages":[]}"#)[..60].to_vec()));
    let mut failures =
        vec![(client(NOBODY), "refused"), (impatient(&silent.url()), "timed out"), (client(&broken.url()), "error")];
    let mut servers = Vec::new();
    for (answer, reason) in [
        (ResponseTemplate::new(500), "500"),
        (ResponseTemplate::new(401), "401"),
        (ResponseTemplate::new(200).set_body_string("<html>"), "could not be read"),
        (ResponseTemplate::new(200).set_body_string(" ".repeat(5 * 1024 * 1024)), "longer than"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        failures.push((client(&server.uri()), reason));
        servers.push(server);
    }
    for (gateway, reason) in failures {
        let error = gateway.list(&phone(FROM), &phone(TO), DateTime::UNIX_EPOCH).await.expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
        for personal in ["5550100", "5550101", "s3cret", "/2010-04-01"] {
            assert!(!error.contains(personal), "{personal} in {error}");
        }
    }
}

// The settings.

#[test]
fn settings_that_cannot_work_are_refused() {
    let change = |change: fn(&mut Settings)| {
        let mut settings = settings("https://api.twilio.com");
        change(&mut settings);
        Twilio::new(settings).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(change(|_| {}), Ok(()));
    for (what, result) in [
        ("base address", change(|settings| settings.base_url = "api.twilio.com".into())),
        ("base address", change(|settings| settings.base_url = "ftp://api.twilio.com".into())),
        ("base address", change(|settings| settings.base_url = "https://api.twilio.com?x=1".into())),
        ("base address", change(|settings| settings.base_url = "https://user:pass@api.twilio.com".into())),
        ("base address", change(|settings| settings.base_url = "https://api.twilio.com#x".into())),
        ("base address", change(|settings| settings.base_url = String::new())),
        ("status callbacks", change(|settings| settings.status_url = "/twilio/status".into())),
        ("the account", change(|settings| settings.account_sid = String::new())),
        ("auth token", change(|settings| settings.credentials = Credentials::AuthToken("".into()))),
        (
            "API key",
            change(|settings| {
                settings.credentials = Credentials::ApiKey { sid: String::new(), secret: SecretString::from("k3y") };
            }),
        ),
        ("messaging service", change(|settings| settings.sender = Sender::MessagingService(String::new()))),
        ("time-out", change(|settings| settings.timeouts.connect = settings.timeouts.total)),
        ("time-out", change(|settings| settings.timeouts.connect = Duration::ZERO)),
    ] {
        let error = result.expect_err(what);
        assert!(error.contains(what), "{what}: {error}");
        assert!(!error.contains("s3cret") && !error.contains("pass@"), "{error}");
    }
}

#[test]
fn secrets_do_not_show() {
    let settings = settings("https://api.twilio.com");
    assert!(!format!("{settings:?}").contains("s3cret"));
    assert!(!format!("{:?}", Twilio::new(settings).expect("settings that work")).contains("s3cret"));
}
