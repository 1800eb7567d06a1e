//! `POST …/Messages.json`: is the request right, does a fault strike, and the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;

use super::error::ApiError;
use super::{Form, resource};
use crate::simulator::connection::Cut;
use crate::simulator::delivery::{self, Draft, MAX_VALIDITY_SECONDS};
use crate::simulator::faults::{Kind, Strike};
use crate::simulator::numbers::{Line, is_e164, is_sender_name, line};
use crate::simulator::provider::Provider;

/// The longest text, in characters.
const MAX_BODY: usize = 1600;
/// The most media in one message.
const MAX_MEDIA: usize = 10;
/// How long a request hangs at most that is never to be answered.
const HANG: Duration = Duration::from_secs(120);

/// Twilio's numbers for testing senders: a message from one of them meets this error, or none.
const MAGIC_FROM: [(&str, Option<u32>); 4] = [
    ("+15005550001", Some(21212)),
    ("+15005550006", None),
    ("+15005550007", Some(21606)),
    ("+15005550008", Some(21611)),
];

/// Twilio's numbers for testing receivers.
const MAGIC_TO: [(&str, u32); 5] = [
    ("+15005550001", 21211),
    ("+15005550002", 21612),
    ("+15005550003", 21408),
    ("+15005550004", 21610),
    ("+15005550009", 21614),
];

/// Takes one message.
pub(super) async fn create(
    State(provider): State<Arc<Provider>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&headers, &body);
    let to = form.get("To").unwrap_or_default().to_owned();
    let strikes = |kind: Kind| provider.state().faults.strikes(kind, &to);
    if strikes(Kind::DropBefore).is_some() {
        return cut_off(&cut);
    }
    if let Some(strike) = strikes(Kind::TooManyRequests) {
        return too_many(&strike);
    }
    if strikes(Kind::ServerError).is_some() {
        return ApiError::internal().into_response();
    }
    let draft = match read(&provider, &form) {
        Ok(draft) => draft,
        Err(error) => return error.into_response(),
    };
    if let Some(strike) = strikes(Kind::Refuse) {
        return refuse(&strike);
    }
    let message = delivery::take(&provider, draft);
    let answer = resource::json(&provider, &message, true);
    // What is to happen to the answer is drawn now, before another request's turn can come in between.
    let drop_after = strikes(Kind::DropAfter).is_some();
    let hang_after = strikes(Kind::HangAfter).is_some();
    let server_error = strikes(Kind::ServerErrorAfter).is_some();
    let (delay, callbacks_first) = {
        let state = provider.state();
        (state.faults.faults().answer_delay_ms, state.faults.faults().callbacks_first)
    };
    if message.send_at.is_none() {
        if callbacks_first {
            delivery::carry_out(&provider, &message.sid).await;
        } else {
            delivery::begin(&provider, &message.sid);
        }
    }
    if drop_after {
        return cut_off(&cut);
    }
    if hang_after {
        // Ends when the client gives up (this future is dropped), when the provider stops, or in the end anyway.
        let _ = tokio::time::timeout(HANG, provider.shutdown.cancelled()).await;
        return cut_off(&cut);
    }
    provider.hold_back(delay).await;
    if server_error {
        return ApiError::internal().into_response();
    }
    (StatusCode::CREATED, Json(answer)).into_response()
}

fn cut_off(cut: &Cut) -> Response {
    cut.cut();
    // Never arrives.
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn too_many(strike: &Strike) -> Response {
    let error = ApiError {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: strike.code.unwrap_or(20429),
        message: "Too Many Requests".to_owned(),
    };
    let mut response = error.into_response();
    if let Some(seconds) = strike.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn refuse(strike: &Strike) -> Response {
    let code = strike.code.unwrap_or(21612);
    let usual = if code == 63038 { 429 } else { 400 };
    let status = StatusCode::from_u16(strike.status.unwrap_or(usual)).unwrap_or(StatusCode::BAD_REQUEST);
    ApiError { status, code, message: describe(code, "").to_owned() }.into_response()
}

/// Reads what is wanted; the first thing that is wrong with it is the answer.
fn read(provider: &Provider, form: &Form) -> Result<Draft, ApiError> {
    let to = form.get("To").ok_or_else(|| ApiError::bad(21604, "A 'To' phone number is required."))?;
    let service = form.get("MessagingServiceSid");
    let from = form.get("From");
    if from.is_none() && service.is_none() {
        return Err(ApiError::bad(21603, "A 'From' or 'MessagingServiceSid' parameter is required to send a message."));
    }
    let body = form.get("Body").unwrap_or_default();
    let media = form.all("MediaUrl");
    if body.is_empty() && media.is_empty() {
        return Err(ApiError::bad(21602, "Message body is required."));
    }
    if body.chars().count() > MAX_BODY {
        return Err(ApiError::bad(21617, "The concatenated message body exceeds the 1600 character limit."));
    }
    if media.len() > MAX_MEDIA || media.iter().any(|url| !is_web_address(url)) {
        return Err(ApiError::bad(21620, "Invalid media URL(s): at most ten http or https addresses."));
    }
    check_receiver(to)?;
    let sender = check_sender(provider, from, service, to)?;
    let status_callback = form.get("StatusCallback");
    if status_callback.is_some_and(|url| !is_web_address(url)) {
        return Err(ApiError::bad(21609, "The 'StatusCallback' URL is not a valid URL."));
    }
    let validity_seconds = match form.get("ValidityPeriod").map(str::parse::<i64>) {
        None => None,
        Some(Ok(seconds)) if (1..=MAX_VALIDITY_SECONDS).contains(&seconds) => Some(seconds),
        Some(_) => return Err(ApiError::bad(90007, "'ValidityPeriod' must be a whole number from 1 to 36000.")),
    };
    let smart_encoded = match form.get("SmartEncoded") {
        None | Some("false" | "False") => false,
        Some("true" | "True") => true,
        Some(_) => return Err(ApiError::bad(20001, "'SmartEncoded' must be true or false.")),
    };
    let send_at = scheduled(provider, form, service)?;
    if provider.state().book.has_opted_out(provider.opt_out_scope(sender.unwrap_or_default()), to) {
        return Err(ApiError::bad(21610, describe(21610, to)));
    }
    Ok(Draft {
        reply: false,
        from: from.map(str::to_owned),
        to: to.to_owned(),
        body: body.to_owned(),
        media: u32::try_from(media.len()).unwrap_or(u32::MAX),
        service_sid: service.map(str::to_owned),
        status_callback: status_callback.map(str::to_owned),
        smart_encoded,
        validity_seconds,
        send_at,
    })
}

fn check_receiver(to: &str) -> Result<(), ApiError> {
    if let Some((_, code)) = MAGIC_TO.iter().find(|(number, _)| *number == to) {
        return Err(ApiError::bad(*code, describe(*code, to)));
    }
    if !is_e164(to) {
        return Err(ApiError::bad(21211, describe(21211, to)));
    }
    match line(to) {
        Line::Mobile => Ok(()),
        Line::Landline => Err(ApiError::bad(21614, describe(21614, to))),
        Line::Nonexistent => Err(ApiError::bad(21211, describe(21211, to))),
    }
}

/// The sender's number; none if the messaging service is to choose.
fn check_sender<'a>(
    provider: &Provider,
    from: Option<&'a str>,
    service: Option<&str>,
    to: &str,
) -> Result<Option<&'a str>, ApiError> {
    if service.is_some() && service != provider.service_sid.as_deref() {
        return Err(ApiError::bad(21701, "The Messaging Service does not exist."));
    }
    let Some(from) = from else {
        let empty = provider.state().numbers.is_empty();
        return if empty { Err(ApiError::bad(21703, "The Messaging Service has no senders.")) } else { Ok(None) };
    };
    if let Some((_, code)) = MAGIC_FROM.iter().find(|(number, _)| *number == from) {
        return code.map_or(Ok(Some(from)), |code| Err(ApiError::bad(code, describe(code, from))));
    }
    if !is_e164(from) && !is_sender_name(from) {
        return Err(ApiError::bad(21212, describe(21212, from)));
    }
    if from == to {
        return Err(ApiError::bad(21266, "'To' and 'From' number cannot be the same."));
    }
    if !provider.state().numbers.iter().any(|number| number.e164 == from) {
        return Err(ApiError::bad(21606, describe(21606, from)));
    }
    Ok(Some(from))
}

/// When a message is to be sent, if not at once.
fn scheduled(provider: &Provider, form: &Form, service: Option<&str>) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Some(kind) = form.get("ScheduleType") else {
        return match form.get("SendAt") {
            None => Ok(None),
            Some(_) => Err(ApiError::bad(35115, "'ScheduleType' must be 'fixed' when 'SendAt' is given.")),
        };
    };
    if kind != "fixed" {
        return Err(ApiError::bad(35115, "'ScheduleType' must be 'fixed'."));
    }
    if service.is_none() {
        return Err(ApiError::bad(35117, "A 'MessagingServiceSid' is required to schedule a message."));
    }
    let wrong = || ApiError::bad(35114, "'SendAt' must be an ISO 8601 time from 5 minutes to 35 days ahead.");
    let at = form.get("SendAt").and_then(|at| DateTime::parse_from_rfc3339(at).ok()).ok_or_else(wrong)?.to_utc();
    let ahead = at - provider.now();
    if ahead < TimeDelta::minutes(5) || ahead > TimeDelta::days(35) {
        return Err(wrong());
    }
    Ok(Some(at))
}

fn is_web_address(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The sentence that goes with a code, about a number where it is about one.
fn describe(code: u32, number: &str) -> String {
    match code {
        21211 => format!("The 'To' number {number} is not a valid phone number."),
        21212 => format!("The 'From' number {number} is not a valid phone number, short code or sender ID."),
        21408 => format!("Permission to send an SMS has not been enabled for the region of the 'To' number {number}."),
        21606 => format!("The 'From' number {number} is not a message-capable number of this account."),
        21610 => "The person you try to message has opted out of messages from this sender.".to_owned(),
        21611 => "This 'From' number has more messages queued than it can send in time.".to_owned(),
        21612 => format!("The 'To' number {number} is not reachable from this sender."),
        21614 => format!("The 'To' number {number} is not a mobile number."),
        63038 => "The account has used up its messages for the day.".to_owned(),
        other => format!("The message was refused with error {other}."),
    }
}
