//! The simulator over real loopback sockets: a client of its API, a service behind its webhook, phones in between.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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

mod api;
mod inbound;
mod misbehaviour;
mod page;

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
