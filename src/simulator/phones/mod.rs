//! The page of phones: read and type texts as on a feature phone, several side by side, updated live. Sees the
//! provider only; knows nothing of the service behind the webhook.

use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::faults::Faults;
use super::numbers::is_e164;
use super::provider::Provider;
use super::webhook::{self, TextError};

pub(super) mod book;
mod words;

use book::{Bubble, News};
use words::{Language, Words};

/// Nothing but this origin's own files runs or is loaded.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How many of a phone's texts the page shows.
const SHOWN: usize = 200;

/// The page's own files.
#[derive(RustEmbed)]
#[folder = "assets/phones/"]
struct Files;

/// The page, what it asks for, and the address that sets faults.
pub(super) fn router() -> Router<Arc<Provider>> {
    let fixed = |name: &'static str, value: &'static str| {
        let name = header::HeaderName::from_static(name);
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(page))
        .route("/assets/phones/{file}", get(file))
        .route("/phones", get(phones).post(add_phone))
        .route("/phones/{id}", get(phone))
        .route("/phones/{id}/texts", post(send_text))
        .route("/phones/{id}/answering", post(set_answering))
        .route("/alerts", get(alerts))
        .route("/events", get(events))
        .route("/faults", get(faults).post(set_faults))
        .layer(DefaultBodyLimit::max(64 * 1024))
        // A page of another origin must not text, nor set faults.
        .layer(CsrfLayer::new())
        .layer(fixed("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(fixed("x-content-type-options", "nosniff"))
        .layer(fixed("referrer-policy", "no-referrer"))
        .layer(fixed("cache-control", "no-store"))
}

#[derive(Template)]
#[template(path = "phones/page.html")]
struct Page {
    language: Language,
    other: Language,
    words: &'static Words,
    clock_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    lang: Option<String>,
}

async fn page(State(provider): State<Arc<Provider>>, Query(query): Query<PageQuery>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = match query.lang.as_deref() {
        Some("ja") => Language::Ja,
        Some("en") => Language::En,
        _ => Language::preferred(accepted),
    };
    let other = if language == Language::Ja { Language::En } else { Language::Ja };
    let page = Page { language, other, words: language.words(), clock_url: provider.clock_url.clone() };
    match page.render() {
        Ok(html) => ([(header::CONTENT_LANGUAGE, language.tag())], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the phones page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn file(Path(name): Path<String>) -> Response {
    let content_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    // Only names that are listed: nothing that leads elsewhere when files are read from the disk.
    match Files::iter().find(|known| *known == name).and_then(|known| Files::get(&known)) {
        Some(file) => ([(header::CONTENT_TYPE, content_type)], file.data.into_owned()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn phones(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let state = provider.state();
    let senders: Vec<&str> = state.numbers.iter().map(|number| number.e164.as_str()).collect();
    Json(json!({ "phones": state.phones.cards(), "senders": senders }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    number: String,
}

async fn add_phone(State(provider): State<Arc<Provider>>, Json(new): Json<NewPhone>) -> Response {
    let number = new.number.trim();
    if !is_e164(number) {
        return wrong(&TextError::From.to_string());
    }
    let card = {
        let mut state = provider.state();
        let id = state.phones.id_of(number);
        state.phones.cards().into_iter().find(|card| card.id == id)
    };
    let Some(card) = card else { return StatusCode::NOT_FOUND.into_response() };
    provider.tell(&News::Phone(card.clone()));
    (StatusCode::CREATED, Json(card)).into_response()
}

async fn phone(State(provider): State<Arc<Provider>>, Path(id): Path<u32>) -> Response {
    let state = provider.state();
    let Some(phone) = state.phones.get(id) else { return StatusCode::NOT_FOUND.into_response() };
    let mut shown: Vec<Bubble> = state
        .book
        .of_phone(&phone.number)
        .rev()
        .take(SHOWN)
        .map(|message| Bubble::of(message, provider.time_zone))
        .collect();
    shown.reverse();
    Json(json!({ "id": id, "messages": shown })).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewText {
    body: String,
    /// To which number; to the one that texted last if absent, else to the provider's first.
    to: Option<String>,
}

/// Somebody types on a phone. Answers as soon as the text has left; the reply comes as news.
async fn send_text(State(provider): State<Arc<Provider>>, Path(id): Path<u32>, Json(text): Json<NewText>) -> Response {
    let (number, to, card) = {
        let mut state = provider.state();
        let Some(number) = state.phones.get(id).map(|phone| phone.number.clone()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let last = state.book.of_phone(&number).next_back().map(|message| {
            if message.phone() == message.to { message.from.clone().unwrap_or_default() } else { message.to.clone() }
        });
        let first = state.numbers.first().map(|number| number.e164.clone());
        let to = text.to.filter(|to| !to.is_empty()).or(last).or(first).unwrap_or_default();
        // A person has taken the phone.
        (number, to, state.phones.set_answering(id, false))
    };
    if let Some(card) = card {
        provider.tell(&News::Phone(card));
    }
    match webhook::take(&provider, &number, &to, &text.body, 0) {
        Ok(message) => {
            let answer = Json(json!({ "sid": message.sid }));
            let owner = Arc::clone(&provider);
            provider.spawn(async move {
                webhook::pass_on(&owner, &message).await;
            });
            (StatusCode::ACCEPTED, answer).into_response()
        }
        Err(error) => wrong(&error.to_string()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    answering: bool,
}

async fn set_answering(
    State(provider): State<Arc<Provider>>,
    Path(id): Path<u32>,
    Json(wanted): Json<Answering>,
) -> Response {
    let card = provider.state().phones.set_answering(id, wanted.answering);
    let Some(card) = card else { return StatusCode::NOT_FOUND.into_response() };
    provider.tell(&News::Phone(card.clone()));
    Json(card).into_response()
}

async fn alerts(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({ "alerts": provider.state().alerts }))
}

/// What happens, as it happens. A watcher that falls behind is told to read everything again; one that is
/// watching when the provider stops is let go.
async fn events(State(provider): State<Arc<Provider>>) -> Response {
    let mut news = provider.news.subscribe();
    let shutdown = provider.shutdown.clone();
    let (sender, receiver) = mpsc::channel::<Result<Event, std::convert::Infallible>>(64);
    provider.tracker.spawn(async move {
        loop {
            let event = tokio::select! {
                () = shutdown.cancelled() => return,
                () = sender.closed() => return,
                next = news.recv() => match next {
                    Ok(json) => Event::default().data(&*json),
                    Err(RecvError::Lagged(_)) => Event::default().data("{\"kind\":\"reload\"}"),
                    Err(RecvError::Closed) => return,
                },
            };
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
        }
    });
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default()).into_response()
}

async fn faults(State(provider): State<Arc<Provider>>) -> Json<Faults> {
    Json(provider.state().faults.faults().clone())
}

/// Sets the faults; what is not named is switched off. Read by hand, so that the answer says which key is wrong
/// whatever the content type.
async fn set_faults(State(provider): State<Arc<Provider>>, body: String) -> Response {
    match serde_json::from_str::<Faults>(&body) {
        Ok(wanted) => {
            provider.state().faults.set(wanted.clone());
            Json(wanted).into_response()
        }
        Err(error) => wrong(&format!("the faults are not right: {error}")),
    }
}

fn wrong(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": message }))).into_response()
}
