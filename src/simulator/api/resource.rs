//! One message as a resource: how it is written, fetched, redacted, cancelled and deleted.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Form;
use super::error::ApiError;
use crate::simulator::API_VERSION;
use crate::simulator::delivery;
use crate::simulator::message::{Direction, Message, Status};
use crate::simulator::provider::Provider;

/// What one segment costs, in 1/100,000 of a dollar.
const SEGMENT_PRICE: u32 = 790;

/// A message in the API's own form: numbers as strings, dates by RFC 2822. In the answer to its creation by a
/// messaging service it has neither a sender nor segments yet.
pub(super) fn json(provider: &Provider, message: &Message, just_created: bool) -> Value {
    let uri = format!("/{API_VERSION}/Accounts/{}/Messages/{}", provider.account_sid, message.sid);
    let undecided = just_created && message.service_sid.is_some();
    // Billed once it has left.
    let price = message.sent_at.map(|_| {
        let cost = SEGMENT_PRICE * message.segments;
        format!("-{}.{:05}", cost / 100_000, cost % 100_000)
    });
    json!({
        "account_sid": provider.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": date(message.created_at),
        "date_sent": message.sent_at.map(date),
        "date_updated": date(message.updated_at),
        "direction": message.direction.as_str(),
        "error_code": message.error_code,
        "error_message": message.error_code.map(explain),
        "from": if undecided { None } else { message.from.as_deref() },
        "messaging_service_sid": message.service_sid,
        "num_media": message.media.to_string(),
        "num_segments": if undecided { "0".to_owned() } else { message.segments.to_string() },
        "price": price,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status.as_str(),
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.to,
        "uri": format!("{uri}.json"),
    })
}

/// A time as RFC 2822 writes it, to the second.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// What a delivery error means.
fn explain(code: u32) -> &'static str {
    match code {
        30003 => "Unreachable destination handset",
        30004 => "Message blocked",
        30005 => "Unknown destination handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        30036 => "Validity Period Expired",
        _ => "Unknown error",
    }
}

/// The identifier in `SMxxx.json`.
pub(super) fn sid_of<'a>(file: &'a str, uri: &Uri) -> Result<&'a str, ApiError> {
    file.strip_suffix(".json").ok_or_else(|| ApiError::not_found(uri.path()))
}

/// `GET …/Messages/{sid}.json`.
pub(super) async fn fetch(
    State(provider): State<Arc<Provider>>,
    Path((_, file)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    let sid = sid_of(&file, &uri)?;
    let message = provider.state().book.get(sid).cloned().ok_or_else(|| ApiError::not_found(uri.path()))?;
    Ok(Json(json(&provider, &message, false)))
}

/// `POST …/Messages/{sid}.json`: an empty `Body` redacts the words, `Status=canceled` takes a scheduled message
/// back.
pub(super) async fn update(
    State(provider): State<Arc<Provider>>,
    Path((_, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let sid = sid_of(&file, &uri)?;
    let form = Form::read(&headers, &body);
    let message = provider.state().book.get(sid).cloned().ok_or_else(|| ApiError::not_found(uri.path()))?;
    let status = form.get("Status");
    if status.is_some_and(|status| status != "canceled") {
        return Err(ApiError::bad(20001, "'Status' can only be set to 'canceled'."));
    }
    if status.is_some() && !delivery::cancel(&provider, sid) {
        return Err(ApiError::conflict(30409, "This message cannot be canceled: it is not scheduled."));
    }
    if let Some(body) = form.all("Body").first() {
        if !body.is_empty() {
            return Err(ApiError::bad(20001, "'Body' can only be set to the empty text, which redacts it."));
        }
        if !message.status.is_final() {
            return Err(ApiError::conflict(20009, "The message cannot be redacted before it is complete."));
        }
        let now = provider.now();
        if let Some(message) = provider.state().book.get_mut(sid) {
            message.body = String::new();
            message.updated_at = now;
        }
        provider.tell_message(sid);
    }
    let message = provider.state().book.get(sid).cloned().ok_or_else(|| ApiError::not_found(uri.path()))?;
    Ok(Json(json(&provider, &message, false)))
}

/// `DELETE …/Messages/{sid}.json`.
pub(super) async fn delete(
    State(provider): State<Arc<Provider>>,
    Path((_, file)): Path<(String, String)>,
    uri: Uri,
) -> Result<StatusCode, ApiError> {
    let sid = sid_of(&file, &uri)?;
    let mut state = provider.state();
    let message = state.book.get(sid).ok_or_else(|| ApiError::not_found(uri.path()))?;
    let outbound = message.direction != Direction::Inbound;
    if outbound && !message.status.is_final() && message.status != Status::Scheduled {
        return Err(ApiError::conflict(20009, "The message cannot be deleted before it is complete."));
    }
    state.book.delete(sid);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/Messages/{sid}/Media.json`: pictures are counted, but not kept.
pub(super) async fn media(
    State(provider): State<Arc<Provider>>,
    Path((_, sid)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    provider.state().book.get(&sid).ok_or_else(|| ApiError::not_found(uri.path()))?;
    let here = uri.path();
    Ok(Json(json!({
        "media_list": [], "start": 0, "end": 0, "page": 0, "page_size": 50,
        "uri": here, "first_page_uri": here, "next_page_uri": null, "previous_page_uri": null,
    })))
}
