//! The simulator over real loopback sockets: a client of its API, a service behind its webhook, phones in between.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::clock::{ManualClock, SeededEntropy};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "the-token";
const CENTER: &str = "+815000000001";
const PHONE: &str = "+819012345601";
const OTHER: &str = "+819012345602";

/// One request that the service got.
#[derive(Debug, Clone)]
struct Got {
    path: String,
    signature: String,
    token: String,
    form: Vec<(String, String)>,
}

impl Got {
    fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// What the service answers next.
#[derive(Debug, Clone)]
struct Reply {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl Reply {
    fn twiml(inside: &str) -> Self {
        Self { status: 200, content_type: "text/xml", body: format!("<Response>{inside}</Response>") }
    }

    fn status(status: u16) -> Self {
        Self { status, content_type: "text/plain", body: String::new() }
    }
}

/// A service that writes down what it is told and answers as it was told to.
#[derive(Debug, Default)]
struct Service {
    got: Mutex<Vec<Got>>,
    replies: Mutex<HashMap<String, Vec<Reply>>>,
}

impl Service {
    fn got(&self, path: &str) -> Vec<Got> {
        self.got.lock().expect("held").iter().filter(|got| got.path.starts_with(path)).cloned().collect()
    }

    /// The statuses that were told of, in the order in which they were told.
    fn told(&self) -> Vec<String> {
        self.got("/status").iter().filter_map(|got| got.field("MessageStatus").map(str::to_owned)).collect()
    }

    /// Answers the next call of this path so; the last answer is given again and again.
    fn answers(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().expect("held").insert(path.to_owned(), replies.into_iter().collect());
    }
}

async fn serve(Shared(service): Shared<Arc<Service>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    service.got.lock().expect("held").push(Got {
        path: uri.to_string(),
        signature: header("x-twilio-signature"),
        token: header("i-twilio-idempotency-token"),
        form: form_urlencoded::parse(body.as_bytes()).into_owned().collect(),
    });
    let mut replies = service.replies.lock().expect("held");
    let reply = match replies.get_mut(uri.path()) {
        Some(list) if list.len() > 1 => list.remove(0),
        Some(list) if list.len() == 1 => list[0].clone(),
        _ => Reply::twiml(""),
    };
    let status = StatusCode::from_u16(reply.status).expect("a status");
    (status, [("content-type", reply.content_type)], reply.body).into_response()
}

/// A simulator, the service behind it, and a client of its API.
struct World {
    simulator: Simulator,
    service: Arc<Service>,
    service_url: String,
    clock: Arc<ManualClock>,
    http: reqwest::Client,
    shutdown: CancellationToken,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let shutdown = CancellationToken::new();
        let service = Arc::new(Service::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let service_url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().fallback(post(serve)).with_state(Arc::clone(&service));
        let stop = shutdown.clone();
        TaskTracker::new()
            .spawn(async move { axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await });
        let clock = Arc::new(ManualClock::new(time("2026-11-21T22:00:00Z")));
        let entropy = Arc::new(SeededEntropy::new(1));
        let mut settings = Settings::new(ACCOUNT, TOKEN, Arc::<ManualClock>::clone(&clock), entropy);
        settings.numbers = vec![Number::new(CENTER, format!("{service_url}/sms?center=1"))];
        settings.time_zone = chrono_tz::Asia::Tokyo;
        change(&mut settings);
        let simulator = start(settings, shutdown.clone()).await.expect("starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { simulator, service, service_url, clock, http, shutdown }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/{path}", self.simulator.base_url());
        self.http.request(method, url).basic_auth(ACCOUNT, Some(TOKEN))
    }

    async fn create(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        answer(self.request(Method::POST, "Messages.json").form(fields)).await
    }

    /// Sends one message to a phone; its status is told to the service.
    async fn send(&self, to: &str, body: &str) -> String {
        let callback = format!("{}/status?m=1", self.service_url);
        let (status, message) =
            self.create(&[("From", CENTER), ("To", to), ("Body", body), ("StatusCallback", &callback)]).await;
        assert_eq!(status, 201, "{message}");
        message["sid"].as_str().expect("an identifier").to_owned()
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    /// Waits for messages whose creation is never answered.
    async fn until_there_are(&self, count: usize) {
        while self.simulator.messages(&Filter::default()).len() < count {
            tokio::task::yield_now().await;
        }
    }

    fn codes(&self) -> Vec<u32> {
        self.simulator.alerts().iter().map(|alert| alert.code).collect()
    }

    fn bodies(&self, filter: &Filter) -> Vec<String> {
        self.simulator.messages(filter).into_iter().map(|message| message.body).collect()
    }

    fn message(&self, sid: &str) -> Message {
        let mut found = self.simulator.messages(&Filter::default());
        found.retain(|message| message.sid == sid);
        found.remove(0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn outbound() -> Filter {
    Filter { direction: Some(Direction::OutboundReply), ..Filter::default() }
}

#[tokio::test]
async fn a_message_is_made_carried_and_told_of() {
    let world = World::new().await;
    let callback = format!("{}/status?m=msg_1&x=%20a+b", world.service_url);
    let (status, made) = world
        .create(&[
            ("From", CENTER),
            ("To", PHONE),
            ("Body", "今日の体温を数字で返信してください。"),
            ("StatusCallback", &callback),
            ("ValidityPeriod", "3600"),
            ("SmartEncoded", "false"),
        ])
        .await;
    assert_eq!(status, 201, "{made}");
    let sid = made["sid"].as_str().expect("text");
    assert!(sid.len() == 34 && sid.starts_with("SM") && sid[2..].bytes().all(|byte| byte.is_ascii_hexdigit()), "{sid}");
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json");
    let expected = json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": "今日の体温を数字で返信してください。",
        "date_created": "Sat, 21 Nov 2026 22:00:00 +0000", "date_sent": null,
        "date_updated": "Sat, 21 Nov 2026 22:00:00 +0000", "direction": "outbound-api", "error_code": null,
        "error_message": null, "from": CENTER, "messaging_service_sid": null, "num_media": "0", "num_segments": "1",
        "price": null, "price_unit": "USD", "sid": sid, "status": "queued",
        "subresource_uris": { "media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json") },
        "to": PHONE, "uri": uri,
    });
    assert_eq!(made, expected);

    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    for got in world.service.got("/status") {
        assert_eq!(got.path, "/status?m=msg_1&x=%20a+b");
        assert_eq!(got.signature, signing::signature(TOKEN, &callback, &got.form));
        assert_eq!(got.field("MessageSid"), Some(sid));
        assert_eq!(got.field("SmsSid"), Some(sid));
        assert_eq!(got.field("SmsStatus"), got.field("MessageStatus"));
        assert_eq!((got.field("From"), got.field("To")), (Some(CENTER), Some(PHONE)));
        assert_eq!((got.field("AccountSid"), got.field("ApiVersion")), (Some(ACCOUNT), Some("2010-04-01")));
        assert_eq!(got.field("ErrorCode"), None);
        let done = (got.field("MessageStatus") == Some("delivered")).then_some("2611212200");
        assert_eq!(got.field("RawDlrDoneDate"), done);
    }
    let (status, fetched) = world.get(&format!("Messages/{sid}.json")).await;
    assert_eq!((status, fetched["status"].as_str()), (200, Some("delivered")));
    assert_eq!(fetched["date_sent"].as_str(), Some("Sat, 21 Nov 2026 22:00:00 +0000"));
    assert_eq!(fetched["price"].as_str(), Some("-0.00790"));
    assert_eq!(world.codes(), Vec::<u32>::new());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_twilios_words() {
    let world = World::with(|settings| {
        settings.messaging_service_sid = Some("MG00000000000000000000000000000001".to_owned());
    })
    .await;
    let long = "あ".repeat(1601);
    let (f, t, b) = (("From", CENTER), ("To", PHONE), ("Body", "a"));
    let cases: &[(&[(&str, &str)], u64)] = &[
        (&[], 21604),
        (&[f, b], 21604),
        (&[("To", ""), f, b], 21604),
        (&[t, b], 21603),
        (&[t, f], 21602),
        (&[t, f, ("Body", "")], 21602),
        (&[t, f, ("Body", &long)], 21617),
        (&[("To", "banana"), f, b], 21211),
        (&[("To", "090-1234-5601"), f, b], 21211),
        (&[("To", "+8190123"), f, b], 21211),
        (&[("To", "+81312345678"), f, b], 21614),
        (&[t, ("From", "!?"), b], 21212),
        (&[t, ("From", "+12025550150"), b], 21606),
        (&[t, ("From", "12345"), b], 21606),
        (&[("To", CENTER), f, b], 21614),
        (&[t, f, b, ("StatusCallback", "not a url")], 21609),
        (&[t, f, b, ("StatusCallback", "ftp://a.example/")], 21609),
        (&[t, f, b, ("MediaUrl", "picture.png")], 21620),
        (&[t, f, b, ("ValidityPeriod", "0")], 90007),
        (&[t, f, b, ("ValidityPeriod", "36001")], 90007),
        (&[t, f, b, ("ValidityPeriod", "soon")], 90007),
        (&[t, f, b, ("SmartEncoded", "maybe")], 20001),
        (&[t, b, ("MessagingServiceSid", "MG00000000000000000000000000000002")], 21701),
        (&[t, f, b, ("SendAt", "2026-11-22T00:00:00Z")], 35115),
        (&[t, f, b, ("ScheduleType", "fixed"), ("SendAt", "2026-11-22T00:00:00Z")], 35117),
        (&[t, ("From", "+15005550001"), b], 21212),
        (&[t, ("From", "+15005550007"), b], 21606),
        (&[t, ("From", "+15005550008"), b], 21611),
        (&[("To", "+15005550001"), f, b], 21211),
        (&[("To", "+15005550002"), f, b], 21612),
        (&[("To", "+15005550003"), f, b], 21408),
        (&[("To", "+15005550004"), f, b], 21610),
        (&[("To", "+15005550009"), f, b], 21614),
    ];
    for (fields, code) in cases {
        let (status, error) = world.create(fields).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(*code)), "{fields:.60?}: {error}");
        assert_eq!(error["status"], 400);
        assert_eq!(error["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(world.simulator.messages(&Filter::default()), []);
    let (status, _) = world.create(&[t, ("From", "+15005550006"), b]).await;
    assert_eq!(status, 201);
    // What is no form is as good as empty.
    let (status, error) = answer(world.request(Method::POST, "Messages.json").json(&json!({"To": PHONE}))).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21604)));
}

#[tokio::test]
async fn only_the_account_is_let_in() {
    let world = World::with(|settings| settings.api_keys = vec![("SK1".to_owned(), "secret".to_owned())]).await;
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", world.simulator.base_url());
    let cases = [
        (world.http.get(&url), 401, 20003),
        (world.http.get(&url).basic_auth(ACCOUNT, Some("wrong")), 401, 20003),
        (world.http.get(&url).basic_auth("AC2", Some(TOKEN)), 401, 20003),
        (world.http.get(&url).bearer_auth(TOKEN), 401, 20003),
        (world.http.get(url.replace(ACCOUNT, "AC2")).basic_auth(ACCOUNT, Some(TOKEN)), 404, 20404),
        (world.request(Method::GET, "Calls.json"), 404, 20404),
        (world.request(Method::GET, "Messages/SM1.json"), 404, 20404),
        (world.request(Method::GET, "Messages/SM1"), 404, 20404),
        (world.request(Method::PUT, "Messages.json"), 405, 20004),
    ];
    for (request, status, code) in cases {
        let (got, error) = answer(request).await;
        assert_eq!((got, error["code"].as_u64()), (status, Some(code)), "{error}");
    }
    let (status, _) = answer(world.http.get(&url).basic_auth("SK1", Some("secret"))).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_messaging_service_chooses_the_sender_later() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let callback = format!("{}/status", world.service_url);
    let (status, made) = world
        .create(&[("MessagingServiceSid", service_sid), ("To", PHONE), ("Body", "a"), ("StatusCallback", &callback)])
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        (&made["status"], &made["from"], &made["num_segments"]),
        (&json!("accepted"), &Value::Null, &json!("0"))
    );
    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["queued", "sending", "sent", "delivered"]);
    let last = world.service.got("/status").pop().expect("told");
    assert_eq!((last.field("MessagingServiceSid"), last.field("From")), (Some(service_sid), Some(CENTER)));
    let (_, fetched) = world.get(&format!("Messages/{}.json", made["sid"].as_str().expect("text"))).await;
    assert_eq!((&fetched["from"], &fetched["num_segments"]), (&json!(CENTER), &json!("1")));
}

#[tokio::test]
async fn a_scheduled_message_waits_for_the_clock_and_can_be_taken_back() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let at = |text| {
        [
            ("MessagingServiceSid", service_sid),
            ("To", PHONE),
            ("Body", "a"),
            ("ScheduleType", "fixed"),
            ("SendAt", text),
        ]
    };
    for wrong in ["2026-11-21T22:04:59Z", "2026-12-26T22:00:01Z", "tomorrow"] {
        let (status, error) = world.create(&at(wrong)).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(35114)), "{wrong}");
    }
    let (_, one) = world.create(&at("2026-11-22T08:00:00+09:00")).await;
    let (_, two) = world.create(&at("2026-11-21T23:00:00Z")).await;
    assert_eq!(one["status"], "scheduled");
    let path = |made: &Value| format!("Messages/{}.json", made["sid"].as_str().expect("text"));
    let (status, canceled) = answer(world.request(Method::POST, &path(&two)).form(&[("Status", "canceled")])).await;
    assert_eq!((status, &canceled["status"]), (200, &json!("canceled")));
    world.clock.set(time("2026-11-21T22:59:59Z"));
    world.simulator.idle().await;
    assert_eq!(world.get(&path(&one)).await.1["status"], "scheduled");
    world.clock.set(time("2026-11-21T23:00:00Z"));
    world.simulator.idle().await;
    assert_eq!(world.get(&path(&one)).await.1["status"], "delivered");
    assert_eq!(world.get(&path(&two)).await.1["status"], "canceled");
    let (status, error) = answer(world.request(Method::POST, &path(&one)).form(&[("Status", "canceled")])).await;
    assert_eq!((status, error["code"].as_u64()), (409, Some(30409)));
}

#[tokio::test]
async fn messages_are_redacted_and_deleted() {
    let world = World::new().await;
    let sid = world.send(PHONE, "secret").await;
    world.simulator.idle().await;
    let path = format!("Messages/{sid}.json");
    let (status, error) = answer(world.request(Method::POST, &path).form(&[("Body", "other")])).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(20001)));
    let (status, redacted) = answer(world.request(Method::POST, &path).form(&[("Body", "")])).await;
    assert_eq!((status, &redacted["body"], &redacted["status"]), (200, &json!(""), &json!("delivered")));
    assert_eq!(answer(world.request(Method::DELETE, &path)).await.0, 204);
    assert_eq!(world.get(&path).await.0, 404);
    assert_eq!(answer(world.request(Method::DELETE, &path)).await.0, 404);
}

#[tokio::test]
async fn lists_are_filtered_and_paged_without_shifting() {
    let world = World::new().await;
    for number in 0..5 {
        world.clock.set(time("2026-11-21T22:00:00Z") + TimeDelta::minutes(number));
        world.send(PHONE, &format!("to one {number}")).await;
    }
    world.send(OTHER, "to the other").await;
    world.simulator.text(PHONE, CENTER, "36.5").await.expect("texts");
    world.simulator.idle().await;
    let bodies = |page: &Value| -> Vec<String> {
        let list = page["messages"].as_array().expect("a list");
        list.iter().map(|message| message["body"].as_str().expect("text").to_owned()).collect()
    };
    let (_, all) = world.get("Messages.json").await;
    assert_eq!(bodies(&all), ["36.5", "to the other", "to one 4", "to one 3", "to one 2", "to one 1", "to one 0"]);
    assert_eq!(
        (&all["page"], &all["page_size"], &all["start"], &all["end"]),
        (&json!(0), &json!(50), &json!(0), &json!(6))
    );
    assert_eq!(all["next_page_uri"], Value::Null);

    let query = format!("Messages.json?To=%2B{}&From=%2B{}&PageSize=2", &PHONE[1..], &CENTER[1..]);
    let (_, first) = world.get(&query).await;
    assert_eq!(bodies(&first), ["to one 4", "to one 3"]);
    // A message that comes in between does not shift the pages.
    world.send(PHONE, "to one 5").await;
    let follow = async |page: &Value, which: &str| -> Value {
        let uri = page[which].as_str().expect("another page");
        let url = format!("{}{uri}", world.simulator.base_url());
        answer(world.http.get(url).basic_auth(ACCOUNT, Some(TOKEN))).await.1
    };
    let second = follow(&first, "next_page_uri").await;
    assert_eq!(bodies(&second), ["to one 2", "to one 1"]);
    let third = follow(&second, "next_page_uri").await;
    assert_eq!(bodies(&third), ["to one 0"]);
    assert_eq!((&third["next_page_uri"], &third["page"]), (&Value::Null, &json!(2)));
    assert_eq!(bodies(&follow(&third, "previous_page_uri").await), ["to one 2", "to one 1"]);
    assert_eq!(bodies(&follow(&third, "first_page_uri").await), ["to one 5", "to one 4"]);

    let on = async |condition: &str| bodies(&world.get(&format!("Messages.json?{condition}")).await.1).len();
    assert_eq!(on("DateSent=2026-11-21").await, 8);
    assert_eq!(on("DateSent=2026-11-22").await, 0);
    assert_eq!(on("DateSent%3E=2026-11-22").await, 0);
    assert_eq!(on("DateSent%3C=2026-11-20").await, 0);
    assert_eq!(on("DateSent%3E=2026-11-21T22:03:00Z").await, 5);
    assert_eq!(on("DateSent%3C=2026-11-21T22:01:00Z").await, 2);
    let (status, error) = world.get("Messages.json?DateSent=soon").await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(20001)));
}

#[tokio::test]
async fn the_accounts_numbers_are_listed() {
    let world = World::new().await;
    world.simulator.add_owned_number(Number::new("+815000000002", "http://127.0.0.1:1/x")).expect("right");
    let (status, all) = world.get("IncomingPhoneNumbers.json").await;
    assert_eq!(status, 200);
    let list = all["incoming_phone_numbers"].as_array().expect("a list");
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["phone_number"], CENTER);
    let path = format!("IncomingPhoneNumbers/{}.json", list[1]["sid"].as_str().expect("text"));
    assert_eq!(world.get(&path).await.1["phone_number"], "+815000000002");
    assert!(world.simulator.add_owned_number(Number::new("0312345678", "x")).is_err());
}

#[tokio::test]
async fn a_phones_text_reaches_the_service_signed_and_the_reply_reaches_the_phone() {
    let world = World::new().await;
    world.service.answers(
        "/sms",
        [Reply::twiml(
            "<Message statusCallback=\"/status?m=1&amp;k=r\">36.5℃ですね。</Message><Message>次です。</Message>",
        )],
    );
    let texted = world.simulator.text(PHONE, CENTER, " ３６．５ \n").await.expect("texts");
    assert_eq!((texted.status, texted.replies.len()), (Some(200), 2));
    assert!(texted.answer.starts_with("<Response>"), "{}", texted.answer);
    let got = world.service.got("/sms").remove(0);
    assert_eq!(got.path, "/sms?center=1");
    assert_eq!(got.signature, signing::signature(TOKEN, &format!("{}/sms?center=1", world.service_url), &got.form));
    assert_eq!(got.field("Body"), Some(" ３６．５ \n"));
    for (name, value) in [
        ("From", PHONE),
        ("To", CENTER),
        ("AccountSid", ACCOUNT),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("ApiVersion", "2010-04-01"),
        ("SmsStatus", "received"),
        ("FromCountry", "JP"),
        ("FromCity", ""),
        ("MessageSid", &texted.sid),
        ("SmsSid", &texted.sid),
        ("SmsMessageSid", &texted.sid),
    ] {
        assert_eq!(got.field(name), Some(value), "{name}");
    }
    world.simulator.idle().await;
    assert_eq!(world.bodies(&outbound()), ["36.5℃ですね。", "次です。"]);
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    let told = world.service.got("/status").remove(0);
    assert_eq!((told.path.as_str(), told.field("MessageSid")), ("/status?m=1&k=r", Some(texted.replies[0].as_str())));
    let (_, reply) = world.get(&format!("Messages/{}.json", texted.replies[0])).await;
    assert_eq!(
        (&reply["direction"], &reply["from"], &reply["to"]),
        (&json!("outbound-reply"), &json!(CENTER), &json!(PHONE))
    );
    let (_, inbound) = world.get(&format!("Messages/{}.json", texted.sid)).await;
    assert_eq!((&inbound["direction"], &inbound["status"]), (&json!("inbound"), &json!("received")));
}

#[tokio::test]
async fn a_redelivery_carries_the_same_identifier() {
    let world = World::new().await;
    let first = world.simulator.text(PHONE, CENTER, "36.5").await.expect("texts");
    let again = world.simulator.redeliver(&first.sid).await.expect("known");
    assert_eq!(first, again);
    let got = world.service.got("/sms");
    assert_eq!((got.len(), &got[0].form), (2, &got[1].form));
    assert_eq!(world.simulator.redeliver("SM0").await, Err(TextError::NoSuchText));
}

#[tokio::test]
async fn texts_that_cannot_leave_the_phone() {
    let world = World::new().await;
    assert_eq!(world.simulator.text("090", CENTER, "a").await, Err(TextError::From));
    assert_eq!(world.simulator.text(PHONE, OTHER, "a").await, Err(TextError::To));
    assert_eq!(world.simulator.text(PHONE, CENTER, &"a".repeat(1601)).await, Err(TextError::TooLong));
    assert!(world.simulator.text_media(PHONE, CENTER, "", 2).await.is_ok());
    let got = world.service.got("/sms").remove(0);
    assert_eq!((got.field("NumMedia"), got.field("Body")), (Some("2"), Some("")));
    assert!(got.field("MediaUrl1").is_some() && got.field("MessageSid").is_some_and(|sid| sid.starts_with("MM")));
}

#[tokio::test]
async fn a_service_that_answers_wrongly_is_noted() {
    let cases = [
        (Reply { status: 200, content_type: "application/json", body: "{}".to_owned() }, 12300),
        (Reply { status: 200, content_type: "text/xml", body: "<Response>".to_owned() }, 12100),
        (Reply { status: 200, content_type: "text/xml", body: "<Answer/>".to_owned() }, 12102),
        (Reply::twiml("<Redirect>/other</Redirect>"), 12200),
        (Reply::twiml("<Message to=\"+81312345678\">a</Message>"), 21614),
        (Reply::twiml("<Message from=\"+12025550150\">a</Message>"), 21606),
        (Reply::status(500), 11200),
        (Reply::status(403), 11200),
        (Reply::status(302), 11200),
    ];
    for (reply, code) in cases {
        let world = World::new().await;
        world.service.answers("/sms", [reply.clone()]);
        let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
        assert_eq!(texted.status, Some(reply.status), "{reply:?}");
        assert_eq!((world.codes(), texted.replies), (vec![code], Vec::new()), "{reply:?}");
        // By default a provider does not call again because of an answer.
        assert_eq!(world.service.got("/sms").len(), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn the_address_may_ask_for_more_attempts() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::status(503), Reply::status(503), Reply::twiml("<Message>at last</Message>")]);
    let url = format!("{}/sms#rc=3&rp=5xx", world.service_url);
    world.simulator.add_owned_number(Number::new(CENTER, url)).expect("right");
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((texted.status, texted.replies.len()), (Some(200), 1));
    let got = world.service.got("/sms");
    assert_eq!(got.len(), 3);
    assert!(!got[0].token.is_empty() && got.iter().all(|one| one.token == got[0].token));
    assert!(got.iter().all(|one| one.path == "/sms"), "what follows # does not travel");
    assert_eq!(got[0].signature, signing::signature(TOKEN, &format!("{}/sms", world.service_url), &got[0].form));
}

#[tokio::test]
async fn a_dead_service_is_noted_and_its_fallback_asked() {
    let world = World::new().await;
    // A port that was free a moment ago: nobody listens.
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let mut number = Number::new(CENTER, format!("http://{dead}/sms"));
    world.simulator.add_owned_number(number.clone()).expect("right");
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((texted.status, world.codes()), (None, vec![11205]));
    number.sms_fallback_url = Some(format!("{}/fallback", world.service_url));
    world.simulator.add_owned_number(number).expect("right");
    world.service.answers("/fallback", [Reply::twiml("<Message>from the fallback</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "b").await.expect("texts");
    assert_eq!(texted.replies.len(), 1);
    let got = world.service.got("/fallback").remove(0);
    assert_eq!((got.field("ErrorCode"), got.field("Body")), (Some("11205"), Some("b")));
    assert!(got.field("ErrorUrl").is_some_and(|url| url.ends_with("/sms")));
}

#[tokio::test]
async fn an_action_leads_on() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message action=\"/next\">one</Message><Message>never</Message>")]);
    world.service.answers("/next", [Reply::twiml("<Message>two</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    world.simulator.idle().await;
    assert_eq!(world.bodies(&outbound()), ["one", "two"]);
    let calls = world.service.got("/next");
    // The first is the action itself; the others tell of the message's way, since no other address was given.
    let statuses: Vec<_> = calls.iter().filter_map(|got| got.field("MessageStatus")).collect();
    assert!(statuses.contains(&"queued") && statuses.contains(&"delivered"), "{statuses:?}");
    assert!(calls.iter().all(|got| got.field("MessageSid") == Some(&texted.replies[0])));
}

#[tokio::test]
async fn stop_blocks_until_start() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message>the service's own words</Message>")]);
    let stopped = world.simulator.text(PHONE, CENTER, " stop ").await.expect("texts");
    assert_eq!((stopped.replies, world.codes()), (Vec::new(), vec![21610]));
    assert_eq!(world.service.got("/sms").len(), 1, "the service hears of it all the same");
    let (status, error) = world.create(&[("From", CENTER), ("To", PHONE), ("Body", "a")]).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21610)));
    let (status, _) = world.create(&[("From", CENTER), ("To", OTHER), ("Body", "a")]).await;
    assert_eq!(status, 201, "only this phone has opted out");
    world.simulator.text(PHONE, CENTER, "stop that please").await.expect("texts");
    assert_eq!(world.codes(), [21610, 21610]);
    let started = world.simulator.text(PHONE, CENTER, "START").await.expect("texts");
    assert_eq!(started.replies.len(), 1);
    world.send(PHONE, "again").await;
    world.simulator.idle().await;
    let seen = world.bodies(&Filter { to: Some(PHONE.to_owned()), ..Filter::default() });
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen[0].contains("START") && seen[1].contains("STOP"), "{seen:?}");
    // YES opts in, but to whoever is in already it is a word like any other.
    world.simulator.text(PHONE, CENTER, "YES").await.expect("texts");
    assert_eq!(world.bodies(&Filter { to: Some(PHONE.to_owned()), ..Filter::default() }).len(), 5);
}

#[tokio::test]
async fn stop_words_can_be_left_to_the_service() {
    let world = World::with(|settings| settings.stop_words = StopWords::LeftToService).await;
    world.service.answers("/sms", [Reply::twiml("<Message>the service's own words</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "STOP").await.expect("texts");
    assert_eq!(texted.replies.len(), 1);
    world.send(PHONE, "a").await;
}

#[tokio::test]
async fn a_phone_that_is_off_is_not_reached() {
    let world = World::new().await;
    world.simulator.set_reachable(PHONE, false);
    let sid = world.send(PHONE, "a").await;
    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["sending", "sent", "undelivered"]);
    assert_eq!(world.service.got("/status").pop().expect("told").field("ErrorCode"), Some("30003"));
    let (_, fetched) = world.get(&format!("Messages/{sid}.json")).await;
    assert_eq!((&fetched["status"], &fetched["error_code"]), (&json!("undelivered"), &json!(30003)));
    assert_eq!(fetched["error_message"], "Unreachable destination handset");
    world.simulator.set_reachable(PHONE, true);
    let sid = world.send(PHONE, "b").await;
    world.simulator.idle().await;
    assert_eq!(world.message(&sid).status, Status::Delivered);
}

#[tokio::test]
async fn refusals_take_nothing() {
    let refused = Some(Strike { code: Some(21611), ..Strike::default() });
    let daily = Some(Strike { code: Some(63038), ..Strike::default() });
    let busy = Some(Strike { retry_after_seconds: Some(7), ..Strike::default() });
    let cases = [
        (Faults { refuse: refused, ..Faults::default() }, 400, 21611),
        (Faults { refuse: daily, ..Faults::default() }, 429, 63038),
        (Faults { too_many_requests: busy, ..Faults::default() }, 429, 20429),
        (Faults { server_error: Strike::always(), ..Faults::default() }, 500, 20500),
        (Faults { outage: true, ..Faults::default() }, 503, 20503),
    ];
    let world = World::new().await;
    for (faults, status, code) in cases {
        world.simulator.set_faults(faults.clone());
        let request =
            world.request(Method::POST, "Messages.json").form(&[("From", CENTER), ("To", PHONE), ("Body", "a")]);
        let response = request.send().await.expect("an answer");
        let retry_after =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(retry_after.as_deref(), faults.too_many_requests.as_ref().map(|_| "7"));
        assert_eq!(response.status().as_u16(), status);
        let error: Value = serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(error["code"].as_u64(), Some(code));
    }
    assert_eq!(world.get("Messages.json").await.0, 503, "an outage refuses everything");
    world.simulator.set_faults(Faults::default());
    assert_eq!(world.simulator.messages(&Filter::default()), []);
    // A counted fault ends by itself.
    world.simulator.set_faults(Faults { server_error: Strike::times(1), ..Faults::default() });
    let fields = [("From", CENTER), ("To", PHONE), ("Body", "a")];
    assert_eq!((world.create(&fields).await.0, world.create(&fields).await.0), (500, 201));
}

#[tokio::test]
async fn connections_break_before_and_after_the_message_is_taken() {
    let world = World::new().await;
    let fields = [("From", CENTER), ("To", PHONE), ("Body", "a")];
    world.simulator.set_faults(Faults { drop_before: Strike::always(), ..Faults::default() });
    let error = world.request(Method::POST, "Messages.json").form(&fields).send().await.expect_err("cut");
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    assert_eq!(world.simulator.messages(&Filter::default()), []);

    world.simulator.set_faults(Faults { drop_after: Strike::always(), ..Faults::default() });
    world.request(Method::POST, "Messages.json").form(&fields).send().await.expect_err("cut");
    world.simulator.idle().await;
    assert_eq!(world.simulator.messages(&Filter::default()).len(), 1);

    world.simulator.set_faults(Faults { hang_after: Strike::always(), ..Faults::default() });
    let hanging = TaskTracker::new().spawn(world.request(Method::POST, "Messages.json").form(&fields).send());
    world.until_there_are(2).await;
    assert!(!hanging.is_finished(), "no answer comes");
    hanging.abort();

    world.simulator.set_faults(Faults { server_error_after: Strike::always(), ..Faults::default() });
    assert_eq!(world.create(&fields).await.0, 500);
    assert_eq!(world.simulator.messages(&Filter::default()).len(), 3);
    world.simulator.idle().await;
}

#[tokio::test]
async fn callbacks_are_lost_doubled_and_reordered() {
    let doubled = ["sending", "sending", "sent", "sent", "delivered", "delivered"];
    let cases: [(Faults, &[&str]); 4] = [
        (Faults { lose_callbacks: Strike::always(), ..Faults::default() }, &[]),
        (Faults { duplicate_callbacks: Strike::always(), ..Faults::default() }, &doubled),
        (Faults { reorder_callbacks: Strike::always(), ..Faults::default() }, &["delivered", "sent", "sending"]),
        (Faults { lose_callbacks: Strike::times(2), ..Faults::default() }, &["delivered"]),
    ];
    for (faults, expected) in cases {
        let world = World::new().await;
        world.simulator.set_faults(faults.clone());
        let sid = world.send(PHONE, "a").await;
        world.simulator.idle().await;
        assert_eq!(world.service.told(), expected, "{faults:?}");
        assert_eq!(world.message(&sid).status, Status::Delivered, "{faults:?}");
    }
}

#[tokio::test]
async fn callbacks_may_come_before_the_answer() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { callbacks_first: true, callback_delay_ms: 1, ..Faults::default() });
    let sid = world.send(PHONE, "a").await;
    // Nothing to wait for: all was told before the answer came.
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    assert_eq!(world.message(&sid).history, [Status::Queued, Status::Sending, Status::Sent, Status::Delivered]);
}

#[tokio::test]
async fn a_callback_that_fails_is_noted() {
    let world = World::new().await;
    world.service.answers("/status", [Reply::status(404)]);
    world.send(PHONE, "a").await;
    world.simulator.idle().await;
    assert_eq!(world.codes(), [11200, 11200, 11200]);
}

#[tokio::test]
async fn a_doubled_webhook_has_its_reply_sent_once() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { duplicate_webhooks: Strike::always(), ..Faults::default() });
    world.service.answers("/sms", [Reply::twiml("<Message>one</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((world.service.got("/sms").len(), texted.replies.len()), (2, 1));
    assert_eq!(world.codes(), Vec::<u32>::new());
    world.service.answers("/sms", [Reply::twiml("<Message>one</Message>"), Reply::twiml("<Message>two</Message>")]);
    world.simulator.text(PHONE, CENTER, "b").await.expect("texts");
    assert_eq!(world.codes(), [11200], "a second answer that differs is noted");
}

#[tokio::test]
async fn endless_replies_are_cut_off_when_asked_for() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { reply_limit: Some(15), ..Faults::default() });
    world.service.answers("/sms", [Reply::twiml("<Message>again</Message>")]);
    for _ in 0..17 {
        world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    }
    assert_eq!(world.codes(), [14107, 14107]);
    world.clock.set(time("2026-11-21T22:01:00Z"));
    assert_eq!(world.simulator.text(PHONE, CENTER, "a").await.expect("texts").replies.len(), 1);
}

#[tokio::test]
async fn an_outdated_message_is_not_sent() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let callback = format!("{}/status", world.service_url);
    let fields = [
        ("MessagingServiceSid", service_sid),
        ("To", PHONE),
        ("Body", "a"),
        ("ScheduleType", "fixed"),
        ("SendAt", "2026-11-21T23:00:00Z"),
        ("ValidityPeriod", "10"),
        ("StatusCallback", &callback),
    ];
    let (status, made) = world.create(&fields).await;
    assert_eq!(status, 201, "{made}");
    // The provider comes to it too late.
    world.clock.set(time("2026-11-21T23:00:11Z"));
    world.simulator.idle().await;
    let message = world.message(made["sid"].as_str().expect("text"));
    assert_eq!((message.status, message.error_code), (Status::Failed, Some(30036)));
    assert_eq!(world.service.told(), ["failed"]);
}

#[tokio::test]
async fn a_message_may_lie_at_the_provider_for_a_while() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { delivery_delay_ms: 600_000, ..Faults::default() });
    let slow = world.send(PHONE, "a").await;
    world.simulator.set_faults(Faults::default());
    let quick = world.send(PHONE, "b").await;
    assert_eq!((world.message(&slow).status, world.message(&quick).status), (Status::Queued, Status::Delivered));
}

#[tokio::test]
async fn faults_are_shown_and_set_over_http() {
    let world = World::new().await;
    let url = world.simulator.faults_url();
    let set = |body: &str| answer(world.http.post(&url).body(body.to_owned()));
    let (status, shown) =
        set(r#"{"seed": 5, "drop_after": 0.5, "refuse": {"code": 21610, "numbers": ["+819012345601"]}}"#).await;
    assert_eq!((status, &shown["drop_after"]["share"], &shown["refuse"]["code"]), (200, &json!(0.5), &json!(21610)));
    assert_eq!(answer(world.http.get(&url)).await, (200, shown));
    let (status, error) = set(r#"{"drop": true}"#).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().is_some_and(|text| text.contains("`drop_after`")), "{error}");
    assert_eq!(set("{}").await.1["refuse"], Value::Null);
}

#[tokio::test]
async fn scripted_patients_answer_by_the_clock() {
    let world = World::new().await;
    world.simulator.set_personas(HashMap::from([
        (PHONE.to_owned(), Persona::new(Style::Tidy)),
        (OTHER.to_owned(), Persona::new(Style::Silent)),
    ]));
    world.service.answers(
        "/sms",
        [
            Reply::twiml("<Message>36.6。酸素の値を数字で返信してください。</Message>"),
            Reply::twiml("<Message>ありがとうございました。</Message>"),
        ],
    );
    world.send(PHONE, "今日の体温を数字で返信してください。").await;
    world.send(OTHER, "今日の体温を数字で返信してください。").await;
    world.simulator.idle().await;
    assert_eq!(world.service.got("/sms").len(), 0, "nobody answers before their time");
    let mut said = 0;
    while let Some(due) = world.simulator.next_persona_due() {
        world.clock.set(due);
        world.simulator.idle().await;
        said += 1;
    }
    let texts: Vec<_> =
        world.service.got("/sms").iter().filter_map(|got| got.field("Body").map(str::to_owned)).collect();
    assert_eq!((said, texts), (2, vec!["36.6".to_owned(), "98".to_owned()]));
}

#[tokio::test]
async fn the_page_and_its_files() {
    let clock = Router::new().route("/clock", get(async || axum::Json(json!({"now": "2026-11-21T22:00:00Z"}))));
    let world = World::with(|settings| {
        settings.clock_url = Some("/clock".to_owned());
        settings.extra = Some(clock);
    })
    .await;
    let page = async |path: &str, language: &str| {
        let url = format!("{}{path}", world.simulator.base_url());
        let response = world.http.get(url).header("accept-language", language).send().await.expect("an answer");
        let policy = response.headers().get("content-security-policy").and_then(|value| value.to_str().ok());
        let policy = policy.unwrap_or_default().to_owned();
        (response.status().as_u16(), policy, response.text().await.expect("text"))
    };
    let (status, policy, japanese) = page("/", "ja").await;
    assert_eq!(status, 200);
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(japanese.contains("<html lang=\"ja\">") && japanese.contains("電話を選ぶ"));
    assert!(japanese.contains("data-clock-url=\"/clock\""));
    assert!(!japanese.contains("<style") && !japanese.contains(" style=") && !japanese.contains(" onclick"));
    let (_, _, english) = page("/?lang=en", "ja").await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("Choose phones"));
    for file in ["phones.js", "phones.css", "phone.svg"] {
        assert!(japanese.contains(&format!("/assets/phones/{file}")), "{file} is used");
        assert_eq!(page(&format!("/assets/phones/{file}"), "").await.0, 200, "{file}");
    }
    assert_eq!(page("/assets/phones/none.js", "").await.0, 404);
    assert_eq!(page("/assets/phones/..%2Fphones%2Fphones.js", "").await.0, 404);
    assert!(page("/clock", "").await.2.contains("2026-11-21"));
}

#[tokio::test]
async fn somebody_types_on_the_page() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message>まいど</Message>")]);
    world.simulator.add_phone(PHONE, "さくら（82）");
    world.simulator.set_personas(HashMap::from([(PHONE.to_owned(), Persona::new(Style::Tidy))]));
    let base = world.simulator.base_url();
    let mut events = world.http.get(format!("{base}/events")).send().await.expect("events");
    let (_, list) = answer(world.http.get(format!("{base}/phones"))).await;
    let card = json!({"id": 0, "number": PHONE, "title": "さくら（82）", "has_persona": true, "answering": true});
    assert_eq!(list, json!({"phones": [card], "senders": [CENTER]}));

    let texts = format!("{base}/phones/0/texts");
    let (status, sent) = answer(world.http.post(&texts).json(&json!({"body": "36.5"}))).await;
    assert_eq!(status, 202, "{sent}");
    world.simulator.idle().await;
    let (_, screen) = answer(world.http.get(format!("{base}/phones/0"))).await;
    let shown = screen["messages"].as_array().expect("a list");
    assert_eq!(shown.len(), 2);
    assert_eq!(
        (&shown[0]["body"], &shown[0]["mine"], &shown[0]["time"]),
        (&json!("36.5"), &json!(true), &json!("07:00"))
    );
    assert_eq!(
        (&shown[1]["body"], &shown[1]["status"], &shown[1]["segments"]),
        (&json!("まいど"), &json!("delivered"), &json!(1))
    );
    let (_, list) = answer(world.http.get(format!("{base}/phones"))).await;
    assert_eq!(list["phones"][0]["answering"], json!(false), "a person has taken the phone");

    let mut heard = String::new();
    while !heard.contains("まいど") {
        heard.push_str(&String::from_utf8_lossy(&events.chunk().await.expect("open").expect("more")));
    }
    assert!(heard.contains("\"kind\":\"phone\"") && heard.contains("\"kind\":\"message\""), "{heard}");

    let (status, _) =
        answer(world.http.post(format!("{base}/phones/0/answering")).json(&json!({"answering": true}))).await;
    assert_eq!(status, 200);
    for (path, body, expected) in [
        ("/phones/9/texts", json!({"body": "a"}), 404),
        ("/phones/0/texts", json!({"body": "a", "to": OTHER}), 400),
        ("/phones/0/texts", json!({"body": "a".repeat(1601)}), 400),
        ("/phones", json!({"number": "090"}), 400),
        ("/phones", json!({"number": OTHER}), 201),
        ("/phones/1/answering", json!({"answering": true}), 404),
    ] {
        let (status, error) = answer(world.http.post(format!("{base}{path}")).json(&body)).await;
        assert_eq!(status, expected, "{path}: {error}");
    }
    // Another site's page cannot text.
    let foreign =
        world.http.post(&texts).header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(answer(foreign.json(&json!({"body": "a"}))).await.0, 403);

    // Open events do not hold up a stop.
    world.shutdown.cancel();
    world.simulator.stopped().await;
}

#[tokio::test]
async fn a_stop_waits_for_nothing_that_never_ends() {
    let world = World::new().await;
    world.simulator.set_faults(Faults {
        hang_after: Strike::always(),
        callback_delay_ms: 600_000,
        ..Faults::default()
    });
    let hanging = world.request(Method::POST, "Messages.json").form(&[("From", CENTER), ("To", PHONE), ("Body", "a")]);
    let tasks = TaskTracker::new();
    let gave_up = tasks.spawn(hanging.send());
    world.until_there_are(1).await;
    world.shutdown.cancel();
    world.simulator.stopped().await;
    assert!(gave_up.await.expect("ran").is_err());
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let clock = Arc::new(ManualClock::new(time("2026-11-21T22:00:00Z")));
    let good = Settings::new("AC1", "t", clock, Arc::new(SeededEntropy::new(1)));
    let cases = [
        Settings { account_sid: String::new(), ..good.clone() },
        Settings { auth_token: String::new(), ..good.clone() },
        Settings { numbers: vec![Number::new("090", "http://a.example/")], ..good.clone() },
        Settings { numbers: vec![Number::new(CENTER, "x"), Number::new(CENTER, "y")], ..good.clone() },
    ];
    for settings in cases {
        assert!(start(settings, CancellationToken::new()).await.is_err());
    }
}
