//! Tests of the webhooks, in process: what comes in over HTTP, and what is answered. Reports of what became of texts
//! have theirs in [`reports`].

mod reports;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::phone::PhoneNumber;
use proptest::prelude::*;
use secrecy::SecretString;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;
use tracing_subscriber::fmt::MakeWriter;

use super::admit::{BODY_LIMIT, read_within};
use super::*;
use crate::gateway::twilio::signature::sign;

const PUBLIC: &str = "https://bot.example";
const TOKEN: &str = "current-token";
const PREVIOUS: &str = "previous-token";
const SMS: &str = "/twilio/sms";
const STATUS: &str = "/twilio/status";
const FORM: &str = "application/x-www-form-urlencoded";
const REPLY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>体温は?</Message></Response>";

type Pairs = Vec<(String, String)>;

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The fields that the provider sends with a text.
fn text(body: &str) -> Pairs {
    pairs(&[
        ("ToCountry", "JP"),
        ("SmsMessageSid", "SM0001"),
        ("NumMedia", "0"),
        ("FromCity", ""),
        ("SmsSid", "SM0001"),
        ("SmsStatus", "received"),
        ("Body", body),
        ("To", "+12125550100"),
        ("NumSegments", "1"),
        ("MessageSid", "SM0001"),
        ("AccountSid", "AC0001"),
        ("From", "+819012345601"),
        ("ApiVersion", "2010-04-01"),
    ])
}

fn callback(status: &str) -> Pairs {
    pairs(&[
        ("AccountSid", "AC0001"),
        ("From", "+12125550100"),
        ("MessageSid", "SM0002"),
        ("MessageStatus", status),
        ("SmsSid", "SM0002"),
        ("SmsStatus", status),
        ("To", "+819012345601"),
    ])
}

fn with(mut fields: Pairs, name: &str, value: &str) -> Pairs {
    without(&mut fields, name);
    fields.push((name.to_owned(), value.to_owned()));
    fields
}

fn without(fields: &mut Pairs, name: &str) -> Pairs {
    fields.retain(|(field, _)| field != name);
    fields.clone()
}

fn encode(fields: &Pairs) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A request as the provider sends it: signed with the current token for the public address.
fn signed(path: &str, fields: &Pairs) -> Request<Body> {
    signed_as(path, fields, &sign(TOKEN, &format!("{PUBLIC}{path}"), fields))
}

fn signed_as(path: &str, fields: &Pairs, signature: &str) -> Request<Body> {
    raw(path, Some(FORM), Some(signature), encode(fields))
}

fn raw(path: &str, content_type: Option<&str>, signature: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(path).header(header::HOST, "127.0.0.1:8080");
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(signature) = signature {
        request = request.header("X-Twilio-Signature", signature);
    }
    request.body(body.into()).expect("a request")
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The webhooks with a service behind them that only remembers.
struct Bench {
    router: Router,
    inbound: Arc<Mutex<Vec<Inbound>>>,
    reports: Arc<Mutex<Vec<StatusCallback>>>,
    events: Arc<Mutex<Vec<WebhookEvent>>>,
}

impl Bench {
    fn new() -> Self {
        Self::that_stores(true)
    }

    fn that_stores(stores: bool) -> Self {
        let inbound: Arc<Mutex<Vec<Inbound>>> = Arc::default();
        let reports: Arc<Mutex<Vec<StatusCallback>>> = Arc::default();
        let events: Arc<Mutex<Vec<WebhookEvent>>> = Arc::default();
        let keep = |kept: bool| if kept { Ok(()) } else { Err(Unavailable) };
        let state = WebhookState {
            verifier: Verifier::new(PUBLIC, [TOKEN, PREVIOUS].map(SecretString::from)).expect("a public address"),
            account_sids: vec!["AC0001".into(), "a-project-of-another-shape".into()],
            receive: {
                let inbound = Arc::clone(&inbound);
                Arc::new(move |text| {
                    inbound.lock().expect("not poisoned").push(text);
                    Box::pin(async move { keep(stores).map(|()| REPLY.to_owned()) })
                })
            },
            report: {
                let reports = Arc::clone(&reports);
                Arc::new(move |report| {
                    reports.lock().expect("not poisoned").push(report);
                    Box::pin(async move { keep(stores) })
                })
            },
            observe: {
                let events = Arc::clone(&events);
                Arc::new(move |event| events.lock().expect("not poisoned").push(event))
            },
        };
        Self { router: router(state), inbound, reports, events }
    }

    async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("a router cannot fail");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn inbound(&self) -> Vec<Inbound> {
        std::mem::take(&mut self.inbound.lock().expect("not poisoned"))
    }

    fn reports(&self) -> Vec<StatusCallback> {
        std::mem::take(&mut self.reports.lock().expect("not poisoned"))
    }

    /// How everything since the last time ended.
    fn outcomes(&self) -> Vec<(Endpoint, &'static str)> {
        let events = std::mem::take(&mut *self.events.lock().expect("not poisoned"));
        events.into_iter().map(|event| (event.endpoint, event.outcome.key())).collect()
    }

    /// A signed text that has to be taken; gives what was read.
    async fn taken(&self, fields: &Pairs) -> Inbound {
        let answer = self.call(signed(SMS, fields)).await;
        assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::OK, REPLY.as_bytes()), "{}", encode(fields));
        assert_eq!(self.outcomes(), [(Endpoint::Inbound, "taken")]);
        self.inbound().pop().expect("was handed on")
    }

    /// A request that has to be refused, without a trace.
    async fn refused(&self, what: &str, request: Request<Body>, status: StatusCode, reason: &str) {
        let answer = self.call(request).await;
        assert_eq!(answer.status, status, "{what}");
        if status == StatusCode::FORBIDDEN {
            assert!(answer.body.is_empty(), "{what}: a stranger is told nothing");
        }
        let outcomes: Vec<&str> = self.outcomes().into_iter().map(|(_, outcome)| outcome).collect();
        assert_eq!(outcomes, [reason], "{what}");
        assert!(self.inbound().is_empty() && self.reports().is_empty(), "{what}: nothing is handed on");
    }
}

#[tokio::test]
async fn a_text_is_handed_on_and_answered_with_the_stored_bytes() {
    let bench = Bench::new();
    let answer = bench.call(signed(SMS, &text("36.8"))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/xml; charset=utf-8");
    assert_eq!(answer.body, REPLY.as_bytes());
    let expected = Inbound {
        provider_id: "SM0001".into(),
        from: PhoneNumber::from_e164("+819012345601").ok(),
        from_raw: "+819012345601".into(),
        to: PhoneNumber::from_e164("+12125550100").ok(),
        to_raw: "+12125550100".into(),
        body: "36.8".into(),
        media: 0,
    };
    assert!(bench.inbound() == [expected]);
    assert_eq!(bench.outcomes(), [(Endpoint::Inbound, "taken")]);
}

#[tokio::test]
async fn whatever_people_type_arrives_as_they_typed_it() {
    let bench = Bench::new();
    let longest = "😷".repeat(1_600);
    for body in [
        "",
        " ",
        "  36.8  ",
        "体温は三十六度五分です。",
        "𠮷野家 👨‍👩‍👧‍👦 🇯🇵",
        "a&b=c+d%20e;f?g#h/i\\j\"k'l<m>n",
        "+81 90-1234-5601",
        "one\r\ntwo\nthree\rfour\ttabs",
        "\u{200f}\u{202e}36.8\u{200e}\u{feff}",
        "\u{1b}[31m\u{7}\u{7f}\u{85}",
        "e\u{301} か\u{3099}",
        "\u{FFFD}\u{FFFE}\u{10FFFF}",
        &longest,
    ] {
        assert!(bench.taken(&text(body)).await.body == body, "{body:?}");
    }
}

#[tokio::test]
async fn nul_is_replaced_after_the_signature_and_not_before() {
    let bench = Bench::new();
    assert!(bench.taken(&text("36\0.8\0")).await.body == "36\u{FFFD}.8\u{FFFD}");
    let bench = Bench::new();
    let mended = sign(TOKEN, &format!("{PUBLIC}{SMS}"), &text("36\u{FFFD}.8"));
    let request = signed_as(SMS, &text("36\0.8"), &mended);
    bench.refused("signed over the mended text", request, StatusCode::FORBIDDEN, "signature").await;
}

#[tokio::test]
async fn pictures_without_words_are_taken() {
    let bench = Bench::new();
    for (fields, media) in [
        (without(&mut with(text(""), "NumMedia", "2"), "Body"), 2),
        (with(text(""), "NumMedia", "1"), 1),
        (with(text(""), "NumMedia", "many"), 0),
        (without(&mut text(""), "NumMedia"), 0),
    ] {
        let inbound = bench.taken(&fields).await;
        assert!(inbound.body.is_empty());
        assert_eq!(inbound.media, media);
    }
}

#[tokio::test]
async fn a_sender_that_is_no_phone_number_is_kept_as_written() {
    let bench = Bench::new();
    for from in ["29292", "KotoWard", "whatsapp:+819012345601", "rcs:agent", "+266696687", " 819012345601", "保健所"]
    {
        let inbound = bench.taken(&with(text("hello"), "From", from)).await;
        assert_eq!(inbound.from_raw, from);
        assert_eq!(inbound.from.is_some(), from == "+266696687", "{from}");
    }
}

#[tokio::test]
async fn every_way_to_write_a_signed_form_is_accepted() {
    let bench = Bench::new();
    let mut shuffled = text("36.8");
    shuffled.reverse();
    let more = |extra: &[(&str, &str)]| [text("36.8"), pairs(extra)].concat();
    for (what, fields) in [
        ("another order", shuffled),
        ("names in mixed case", more(&[("body", "lower"), ("BODY", "upper"), ("bODy", "")])),
        ("unknown names", more(&[("", ""), ("新しい", "値"), ("a b", "c"), ("OptOutType", "STOP"), ("x[]", "1")])),
        ("equal pairs", more(&[("AddOns", "1"), ("AddOns", "1"), ("Body", "36.8"), ("From", "+819012345601")])),
        ("a name with several values", more(&[("MediaUrl", "z"), ("MediaUrl", ""), ("MediaUrl", "a")])),
        ("a second, other body", more(&[("Body", "37.8")])),
    ] {
        assert!(bench.taken(&fields).await.body == "36.8", "{what}");
    }
}

#[tokio::test]
async fn the_query_is_signed_as_it_came() {
    let bench = Bench::new();
    for query in ["?", "?a=1", "?a=%E3%81%82+b%20c&&=", "?Body=37.8&From=x", "?a=b?c=d", "?%zz", "?a=1&a=1"] {
        let path = format!("{SMS}{query}");
        let answer = bench.call(signed(&path, &text("36.8"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert!(bench.inbound()[0].body == "36.8", "{query}: the query is no field");
        bench.outcomes();
        let signature = sign(TOKEN, &format!("{PUBLIC}{SMS}"), &text("36.8"));
        let unsigned = signed_as(&path, &text("36.8"), &signature);
        bench.refused(query, unsigned, StatusCode::FORBIDDEN, "signature").await;
    }
}

#[tokio::test]
async fn the_default_port_and_the_previous_token_are_accepted() {
    let bench = Bench::new();
    for (token, url) in [
        (TOKEN, "https://bot.example:443/twilio/sms"),
        (PREVIOUS, "https://bot.example/twilio/sms"),
        (PREVIOUS, "https://bot.example:443/twilio/sms"),
    ] {
        let request = signed_as(SMS, &text("36.8"), &sign(token, url, &text("36.8")));
        assert_eq!(bench.call(request).await.status, StatusCode::OK, "{token} {url}");
    }
}

#[tokio::test]
async fn the_content_type_may_carry_a_charset() {
    let bench = Bench::new();
    let signature = sign(TOKEN, &format!("{PUBLIC}{SMS}"), &text("36.8"));
    for content_type in
        [FORM, "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLEncoded ;x"]
    {
        let request = raw(SMS, Some(content_type), Some(&signature), encode(&text("36.8")));
        assert_eq!(bench.call(request).await.status, StatusCode::OK, "{content_type}");
    }
}

#[tokio::test]
async fn what_is_not_signed_for_us_is_refused_without_a_word() {
    let bench = Bench::new();
    let fields = text("36.8");
    let right = sign(TOKEN, &format!("{PUBLIC}{SMS}"), &fields);
    let hex: String = right.bytes().map(|byte| format!("{byte:02x}")).collect();
    let for_url = |url: &str| sign(TOKEN, url, &fields);
    let lying = |signature: &str| {
        let mut request = signed_as(SMS, &fields, signature);
        for (name, value) in [
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "80"),
            ("forwarded", "host=evil.example;proto=http"),
            ("x-original-url", "http://evil.example/twilio/sms"),
        ] {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("evil.example"));
        request
    };
    let with_header = |name: &'static str, values: &[&str]| {
        let mut request = signed_as(SMS, &fields, &right);
        for value in values {
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        request
    };
    let changed = |fields: Pairs| signed_as(SMS, &fields, &right);
    let cases = [
        ("no signature", raw(SMS, Some(FORM), None, encode(&fields))),
        ("an empty signature", signed_as(SMS, &fields, "")),
        ("half a signature", signed_as(SMS, &fields, &right[..14])),
        ("hexadecimal", signed_as(SMS, &fields, &hex)),
        ("another token", signed_as(SMS, &fields, &sign("wrong", &format!("{PUBLIC}{SMS}"), &fields))),
        ("an empty token", signed_as(SMS, &fields, &sign("", &format!("{PUBLIC}{SMS}"), &fields))),
        ("a changed field", changed(text("36.9"))),
        ("an added field", changed(with(fields.clone(), "Extra", "1"))),
        ("an added empty field", changed(with(fields.clone(), "Extra", ""))),
        ("a removed field", changed(without(&mut fields.clone(), "NumMedia"))),
        ("a trimmed value", signed_as(SMS, &text("36.8 "), &right)),
        ("another path", signed_as(SMS, &fields, &for_url("https://bot.example/twilio/status"))),
        ("another host", lying(&for_url("https://evil.example/twilio/sms"))),
        ("another scheme", lying(&for_url("http://bot.example/twilio/sms"))),
        ("our own host header", lying(&for_url("http://127.0.0.1:8080/twilio/sms"))),
        ("another port", signed_as(SMS, &fields, &for_url("https://bot.example:8443/twilio/sms"))),
        ("two signatures", with_header("x-twilio-signature", &[&right])),
        ("a signature that is no text", signed_as(SMS, &fields, "署名")),
        ("an unknown algorithm", with_header("x-twilio-webhooks-signature-settings", &["key=k,algorithm=HMAC_SHA256"])),
        ("two settings", with_header("x-twilio-webhooks-signature-settings", &["algorithm=HMAC_SHA1", "key=k"])),
        ("settings that are no text", with_header("x-twilio-webhooks-signature-settings", &["é"])),
    ];
    for (what, request) in cases {
        bench.refused(what, request, StatusCode::FORBIDDEN, "signature").await;
    }
    // The headers alone do no harm.
    assert_eq!(bench.call(lying(&right)).await.status, StatusCode::OK);
    let named = with_header("x-twilio-webhooks-signature-settings", &["key=k,algorithm=HMAC_SHA1"]);
    assert_eq!(bench.call(named).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_account_has_to_be_ours() {
    let bench = Bench::new();
    let fields = text("36.8");
    assert_eq!(bench.taken(&with(fields.clone(), "AccountSid", "a-project-of-another-shape")).await.media, 0);
    for (what, fields) in [
        ("another account", with(fields.clone(), "AccountSid", "AC0002")),
        ("an empty account", with(fields.clone(), "AccountSid", "")),
        ("no account", without(&mut fields.clone(), "AccountSid")),
        ("two accounts", [fields.clone(), pairs(&[("AccountSid", "AC0002")])].concat()),
    ] {
        bench.refused(what, signed(SMS, &fields), StatusCode::FORBIDDEN, "account").await;
        bench.refused(what, signed(STATUS, &fields), StatusCode::FORBIDDEN, "account").await;
    }
}

#[tokio::test]
async fn a_text_without_its_ends_is_refused_with_the_name_of_the_field() {
    let bench = Bench::new();
    for field in ["MessageSid", "From", "To"] {
        for (what, fields) in [
            ("missing", without(&mut text("36.8"), field)),
            ("empty", with(text("36.8"), field, "")),
            ("contradictory", [text("36.8"), pairs(&[(field, "other")])].concat()),
            ("with a control character", with(text("36.8"), field, "a\0b")),
            ("endless", with(text("36.8"), field, &"9".repeat(300))),
            ("in another case", with(without(&mut text("36.8"), field), &field.to_lowercase(), "+12125550100")),
        ] {
            bench.refused(&format!("{field} {what}"), signed(SMS, &fields), StatusCode::BAD_REQUEST, "field").await;
        }
        let answer = bench.call(signed(SMS, &without(&mut text("36.8"), field))).await;
        assert!(String::from_utf8_lossy(&answer.body).contains(field));
        bench.outcomes();
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let bench = Bench::new();
    let fields = text("36.8");
    let signature = sign(TOKEN, &format!("{PUBLIC}{SMS}"), &fields);
    let none = Pairs::new();
    let json = r#"{"MessageSid":"SM0001","From":"+819012345601"}"#;
    let json_path = format!("{SMS}?bodySHA256=6fc5d7c1f4b1c1a2f0f4a0d9b8a7c6e5d4c3b2a1908f7e6d5c4b3a2918070605");
    let json_signature = sign(TOKEN, &format!("{PUBLIC}{json_path}"), &none);
    for (what, request) in [
        ("no content type", raw(SMS, None, Some(&signature), encode(&fields))),
        ("a form sent as JSON", raw(SMS, Some("application/json"), Some(&signature), encode(&fields))),
        ("JSON", raw(&json_path, Some("application/json"), Some(&json_signature), json)),
        ("multipart", raw(SMS, Some("multipart/form-data; boundary=x"), Some(&signature), "--x\r\n\r\n--x--")),
        ("plain text", raw(SMS, Some("text/plain"), Some(&signature), encode(&fields))),
        ("nearly a form", raw(SMS, Some("application/x-www-form-urlencoded-not"), Some(&signature), encode(&fields))),
        ("a type that is no text", raw(SMS, Some("é"), Some(&signature), encode(&fields))),
    ] {
        bench.refused(what, request, StatusCode::BAD_REQUEST, "not_a_form").await;
    }
    for body in ["%", "Body=%", "Body=%E4%BD%9", "Body=%u4F53", "%zz=1", "Body=100%"] {
        let request = raw(SMS, Some(FORM), Some(&signature), body);
        bench.refused(body, request, StatusCode::BAD_REQUEST, "malformed").await;
    }
    bench
        .refused("nothing at all", raw(SMS, Some(FORM), Some(&signature), ""), StatusCode::FORBIDDEN, "signature")
        .await;
    bench.refused("nothing, signed", signed(SMS, &none), StatusCode::FORBIDDEN, "account").await;
}

#[tokio::test]
async fn bytes_that_are_no_text_do_not_lose_a_text() {
    let bench = Bench::new();
    let url = format!("{PUBLIC}{SMS}");
    let mut bytes: Vec<(Vec<u8>, Vec<u8>)> =
        text("").into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
    bytes.retain(|(name, _)| name != b"Body");
    let form = format!("{}&Body=119%FFhelp%ED%A0%BD", encode(&without(&mut text(""), "Body")));
    bytes.push((b"Body".to_vec(), b"119\xFFhelp\xED\xA0\xBD".to_vec()));
    let mended: Pairs = parse_form(form.as_bytes()).expect("escapes are whole");
    for (what, signature) in
        [("over the bytes", sign(TOKEN, &url, &bytes)), ("over the mended text", sign(TOKEN, &url, &mended))]
    {
        let answer = bench.call(raw(SMS, Some(FORM), Some(&signature), form.clone())).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}");
        assert!(bench.inbound()[0].body.starts_with("119\u{FFFD}help\u{FFFD}"), "{what}");
    }
    bench.outcomes();
    for field in ["MessageSid", "From", "To"] {
        let mut broken = bytes.clone();
        let (_, value) = broken.iter_mut().find(|(name, _)| name == field.as_bytes()).expect("is there");
        value.push(0xFF);
        let form: Vec<String> = broken
            .iter()
            .map(|(name, value)| {
                let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
                format!("{}={}", escape(name), escape(value))
            })
            .collect();
        let request = raw(SMS, Some(FORM), Some(&sign(TOKEN, &url, &broken)), form.join("&"));
        bench.refused(field, request, StatusCode::BAD_REQUEST, "field").await;
    }
}

#[tokio::test]
async fn a_body_may_be_64_kib_and_not_a_byte_more() {
    let bench = Bench::new();
    let room = BODY_LIMIT - encode(&with(text("36.8"), "Padding", "")).len();
    let largest = with(text("36.8"), "Padding", &"x".repeat(room));
    assert_eq!(encode(&largest).len(), BODY_LIMIT);
    assert!(bench.taken(&largest).await.body == "36.8");
    for size in [room + 1, 2 * 1024 * 1024, 8 * 1024 * 1024] {
        let fields = with(text("36.8"), "Padding", &"x".repeat(size));
        bench.refused("whole", signed(SMS, &fields), StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
        let chunks: Vec<Result<Bytes, std::io::Error>> =
            encode(&fields).into_bytes().chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let streamed = raw(SMS, Some(FORM), None, Body::from_stream(tokio_stream::iter(chunks)));
        bench.refused("in pieces", streamed, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let bench = Bench::new();
    let broken = [Ok(Bytes::from_static(b"Body=36")), Err(std::io::Error::other("reset"))];
    let request = raw(SMS, Some(FORM), Some("x"), Body::from_stream(tokio_stream::iter(broken)));
    bench.refused("broken off", request, StatusCode::BAD_REQUEST, "incomplete").await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let start = tokio_stream::iter([Ok(Bytes::from_static(b"Body=36"))]);
    let endless = Body::from_stream(start.chain(tokio_stream::pending::<Result<Bytes, std::io::Error>>()));
    assert_eq!(read_within(Duration::from_millis(10), endless).await, Err(Refusal::Incomplete));
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let bench = Bench::new();
    for path in [SMS, STATUS] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let mut request = signed(path, &text("36.8"));
            *request.method_mut() = method.clone();
            let answer = bench.call(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.headers[header::ALLOW], "POST");
        }
    }
    assert!(bench.inbound().is_empty() && bench.outcomes().is_empty());
}

#[tokio::test]
async fn what_cannot_be_stored_is_to_be_sent_again() {
    let bench = Bench::that_stores(false);
    for (request, endpoint) in
        [(signed(SMS, &text("36.8")), Endpoint::Inbound), (signed(STATUS, &callback("sent")), Endpoint::Status)]
    {
        let answer = bench.call(request).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
        assert!(answer.body.is_empty());
        assert_eq!(bench.outcomes(), [(endpoint, "unavailable")]);
    }
}

/// A log that can be read afterwards.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_says_why_and_not_who() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let bench = Bench::new();
    let marked = text("marked-words");
    bench.call(signed(SMS, &marked)).await;
    bench.call(signed_as(SMS, &marked, "marked-signature")).await;
    bench.call(signed(SMS, &with(marked.clone(), "AccountSid", "marked-account"))).await;
    bench.call(signed(SMS, &without(&mut marked.clone(), "MessageSid"))).await;
    bench.call(raw(SMS, Some("application/marked"), None, encode(&marked))).await;
    bench.call(signed(STATUS, &callback("marked-status"))).await;
    Bench::that_stores(false).call(signed(SMS, &marked)).await;
    drop(guard);
    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    for personal in ["marked", "9012345601", "5550100", TOKEN] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
    for reason in ["signature", "account", "field", "not_a_form", "not known", "could not be stored"] {
        assert!(log.contains(reason), "no {reason} in {log}");
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

proptest! {
    #[test]
    fn nothing_that_a_stranger_sends_is_taken_or_breaks_anything(
        path in proptest::sample::select(vec![SMS, STATUS, "/twilio/sms?m=%", "/twilio/status?m=msg_"]),
        content_type in prop_oneof![Just(FORM.to_owned()), "[ -~]{0,40}"],
        signature in prop_oneof!["[ -~]{0,40}", "[A-Za-z0-9+/]{27}="],
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), "[a-cA-C%=&+]{0,60}".prop_map(String::into_bytes)],
    ) {
        let bench = Bench::new();
        let answer = run(bench.call(raw(path, Some(&content_type), Some(&signature), body)));
        prop_assert!(matches!(answer.status.as_u16(), 400 | 403), "{}", answer.status);
        prop_assert!(bench.inbound().is_empty() && bench.reports().is_empty());
        prop_assert_eq!(bench.outcomes().len(), 1);
    }

    #[test]
    fn whatever_is_signed_is_answered_without_a_5xx_and_its_words_are_kept(
        body in any::<String>(), name in any::<String>(), value in any::<String>(), query in "[!-~&&[^#]]{0,20}",
    ) {
        let bench = Bench::new();
        let reserved = ["MessageSid", "From", "To", "AccountSid", "Body"].contains(&name.as_str());
        prop_assume!(!reserved);
        let path = format!("{SMS}?{query}");
        prop_assume!(path.parse::<axum::http::Uri>().is_ok());
        let fields = [text(&body), vec![(name, value)]].concat();
        let answer = run(bench.call(signed(&path, &fields)));
        prop_assert_eq!(answer.status, StatusCode::OK);
        prop_assert_eq!(&bench.inbound()[0].body, &body.replace('\0', "\u{FFFD}"));
    }
}
