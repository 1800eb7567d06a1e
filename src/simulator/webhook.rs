//! Calling the service: signed forms to its addresses, with the provider's time-outs and retries; and a phone's
//! text on its way in, up to following the answer. Signs, but verifies nothing.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use reqwest::Url;

use super::delivery::{self, Draft};
use super::faults::Kind;
use super::message::{Direction, Message, Status};
use super::numbers::{Line, country, is_e164, line};
use super::provider::Provider;
use super::segments::segments;
use super::signing::{signature, without_fragment};
use super::twiml::{self, Verb};
use super::{API_VERSION, StopWords};

/// How long connecting may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one answer may take, and all attempts together.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often an answer's `action` may ask for more.
const MAX_HOPS: usize = 10;

/// Whole texts that opt a phone out, in any case.
const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
/// Whole texts that opt it in again.
const START: [&str; 3] = ["START", "YES", "UNSTOP"];

/// What the service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallError {
    BadAddress,
    NotConnected,
    TimedOut,
    Broken,
}

impl CallError {
    /// Twilio's code for it.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::BadAddress => 11100,
            Self::NotConnected => 11205,
            Self::TimedOut | Self::Broken => 11200,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAddress => "the address is not an absolute http or https URL",
            Self::NotConnected => "no connection to the service",
            Self::TimedOut => "the service took longer than it may (15 seconds unless overridden)",
            Self::Broken => "the connection broke before the answer was complete",
        })
    }
}

/// What the address says after `#` about retries and time-outs ("connection overrides").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Overrides {
    retries: u32,
    on_connect: bool,
    on_read: bool,
    on_4xx: bool,
    on_5xx: bool,
    read: Duration,
    total: Duration,
}

impl Overrides {
    /// The defaults are one retry, and only when no connection came about. What cannot be read is passed over, as
    /// is `ct`: connecting always has five seconds here.
    fn of(url: &str) -> Self {
        let mut overrides = Self {
            retries: 1,
            on_connect: true,
            on_read: false,
            on_4xx: false,
            on_5xx: false,
            read: TIMEOUT,
            total: TIMEOUT,
        };
        let millis =
            |value: &str| value.parse().ok().filter(|ms| (100..=15_000).contains(ms)).map(Duration::from_millis);
        for (name, value) in
            url.split_once('#').map_or("", |(_, fragment)| fragment).split('&').filter_map(|pair| pair.split_once('='))
        {
            match name {
                "rc" => overrides.retries = value.parse().ok().filter(|count| *count <= 5).unwrap_or(overrides.retries),
                "rp" => {
                    let has = |policy: &str| value.split(',').any(|one| one == policy || one == "all");
                    overrides.on_connect = has("ct");
                    overrides.on_read = has("rt");
                    overrides.on_4xx = has("4xx");
                    overrides.on_5xx = has("5xx");
                }
                "rt" => overrides.read = millis(value).unwrap_or(overrides.read),
                "tt" => overrides.total = millis(value).unwrap_or(overrides.total),
                _ => {}
            }
        }
        overrides
    }

    fn retries_after(&self, outcome: &Result<Answer, CallError>) -> bool {
        match outcome {
            Ok(answer) => match answer.status {
                400..500 => self.on_4xx,
                500.. => self.on_5xx,
                _ => false,
            },
            Err(CallError::NotConnected) => self.on_connect,
            Err(CallError::TimedOut | CallError::Broken) => self.on_read,
            Err(CallError::BadAddress) => false,
        }
    }
}

/// Posts a signed form to the service.
pub(super) async fn call(provider: &Provider, url: &str, form: &[(String, String)]) -> Result<Answer, CallError> {
    let address = Url::parse(without_fragment(url)).map_err(|_| CallError::BadAddress)?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(CallError::BadAddress);
    }
    let overrides = Overrides::of(url);
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut token = [0; 16];
    provider.entropy.fill(&mut token);
    let token = uuid::Builder::from_random_bytes(token).into_uuid().to_string();
    let signature = signature(&provider.auth_token, url, form);
    let started = Instant::now();
    let mut attempt = 0;
    loop {
        let left = overrides.total.saturating_sub(started.elapsed());
        let request = provider
            .http
            .post(address.clone())
            .timeout(overrides.read.min(left))
            .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("Accept", "*/*")
            .header("User-Agent", "TwilioProxy/1.1")
            .header("X-Twilio-Signature", &signature)
            .header("I-Twilio-Idempotency-Token", &token)
            .body(body.clone());
        let outcome = fetch(request).await;
        if attempt >= overrides.retries || !overrides.retries_after(&outcome) || started.elapsed() >= overrides.total {
            return outcome;
        }
        attempt += 1;
    }
}

async fn fetch(request: reqwest::RequestBuilder) -> Result<Answer, CallError> {
    let sort = |error: reqwest::Error| {
        if error.is_connect() {
            CallError::NotConnected
        } else if error.is_timeout() {
            CallError::TimedOut
        } else {
            CallError::Broken
        }
    };
    let mut response = request.send().await.map_err(sort)?;
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(sort)? {
        body.extend_from_slice(&chunk);
        if body.len() > twiml::MAX_BYTES {
            break;
        }
    }
    Ok(Answer { status, content_type, body })
}

/// A text that a phone sent, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texted {
    /// The provider's identifier of the phone's text.
    pub sid: String,
    /// The HTTP status of the webhook's answer; `None` if there was none.
    pub status: Option<u16>,
    /// The answer as it came, TwiML if all is well.
    pub answer: String,
    /// The messages that the answer brought about, in order.
    pub replies: Vec<String>,
}

/// The phone's text could not be sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The phone's number is no number.
    #[error("the phone's number is not in E.164 form, such as +819012345601")]
    From,
    /// Nobody here has the number that was texted.
    #[error("the number that was texted is none of this provider's; IncomingPhoneNumbers lists them")]
    To,
    /// The text is too long for any phone.
    #[error("a text has at most 1600 characters")]
    TooLong,
    /// There is no such text to send again.
    #[error("no phone sent a text with this identifier")]
    NoSuchText,
}

/// A phone sends a text to one of the provider's numbers; returns when the answer has been followed.
pub(super) async fn text(
    provider: &Arc<Provider>,
    from: &str,
    to: &str,
    body: &str,
    media: u32,
) -> Result<Texted, TextError> {
    let _busy = provider.busy();
    let message = take(provider, from, to, body, media)?;
    Ok(pass_on(provider, &message).await)
}

/// The provider delivers a text to the service once more, under the same identifier.
pub(super) async fn redeliver(provider: &Arc<Provider>, sid: &str) -> Result<Texted, TextError> {
    let _busy = provider.busy();
    let message = provider.state().book.get(sid).filter(|message| message.direction == Direction::Inbound).cloned();
    Ok(pass_on(provider, &message.ok_or(TextError::NoSuchText)?).await)
}

/// Takes a phone's text into the book.
pub(super) fn take(provider: &Provider, from: &str, to: &str, body: &str, media: u32) -> Result<Message, TextError> {
    if !is_e164(from) {
        return Err(TextError::From);
    }
    if body.chars().count() > 1600 {
        return Err(TextError::TooLong);
    }
    let sid = provider.new_sid(if media > 0 { "MM" } else { "SM" });
    let now = provider.now();
    let mut state = provider.state();
    if !state.numbers.iter().any(|number| number.e164 == to) {
        return Err(TextError::To);
    }
    let message = Message {
        sid,
        direction: Direction::Inbound,
        from: Some(from.to_owned()),
        to: to.to_owned(),
        body: body.to_owned(),
        status: Status::Received,
        error_code: None,
        service_sid: provider.service_sid.clone(),
        media,
        segments: segments(body),
        created_at: now,
        sent_at: Some(now),
        updated_at: now,
        status_callback: None,
        send_at: None,
        valid_until: None,
        history: vec![Status::Received],
    };
    state.book.add(message.clone());
    drop(state);
    provider.tell_message(&message.sid);
    Ok(message)
}

/// Hands a phone's text to the service and follows the answer.
pub(super) async fn pass_on(provider: &Arc<Provider>, message: &Message) -> Texted {
    let phone = message.phone();
    filter_stop_words(provider, message);
    let number = provider.state().numbers.iter().find(|number| number.e164 == message.to).cloned();
    let mut texted = Texted { sid: message.sid.clone(), status: None, answer: String::new(), replies: Vec::new() };
    let Some(number) = number else { return texted };
    let form = inbound_form(provider, message);
    let mut outcome = call(provider, &number.sms_url, &form).await;
    if provider.state().faults.strikes(Kind::DuplicateWebhooks, phone).is_some() {
        let again = call(provider, &number.sms_url, &form).await;
        if let (Ok(first), Ok(second)) = (&outcome, &again)
            && first != second
        {
            provider.alert(11200, "the service answered the same text differently the second time", Some(&message.sid));
        }
        outcome = again;
    }
    let mut url = number.sms_url.clone();
    if let Some((code, explanation)) = failure(&outcome) {
        provider.alert(code, format!("the webhook: {explanation}"), Some(&message.sid));
        if let Some(fallback) = number.sms_fallback_url {
            let mut form = form;
            form.push(("ErrorCode".to_owned(), code.to_string()));
            form.push(("ErrorUrl".to_owned(), without_fragment(&number.sms_url).to_owned()));
            outcome = call(provider, &fallback, &form).await;
            if let Some((code, explanation)) = failure(&outcome) {
                provider.alert(code, format!("the fallback webhook: {explanation}"), Some(&message.sid));
            }
            url = fallback;
        }
    }
    if let Ok(answer) = outcome {
        texted.status = Some(answer.status);
        texted.answer = String::from_utf8_lossy(&answer.body).into_owned();
        if (200..300).contains(&answer.status) {
            texted.replies = follow(provider, message, url, answer).await;
        }
    }
    texted
}

fn failure(outcome: &Result<Answer, CallError>) -> Option<(u32, String)> {
    match outcome {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) if (300..400).contains(&answer.status) => Some((
            11200,
            format!("answered with {}; a redirect would turn the POST into a GET and is not followed", answer.status),
        )),
        Ok(answer) => Some((11200, format!("answered with {}; it should be 2xx", answer.status))),
        Err(error) => Some((error.code(), error.to_string())),
    }
}

fn inbound_form(provider: &Provider, message: &Message) -> Vec<(String, String)> {
    let from = message.phone();
    let mut fields: Vec<(&str, String)> = vec![
        ("ToCountry", country(&message.to).to_owned()),
        ("ToState", String::new()),
        ("SmsMessageSid", message.sid.clone()),
        ("NumMedia", message.media.to_string()),
        ("ToCity", String::new()),
        ("FromZip", String::new()),
        ("SmsSid", message.sid.clone()),
        ("FromState", String::new()),
        ("SmsStatus", "received".to_owned()),
        ("FromCity", String::new()),
        ("Body", message.body.clone()),
        ("FromCountry", country(from).to_owned()),
        ("To", message.to.clone()),
        ("ToZip", String::new()),
        ("NumSegments", message.segments.to_string()),
        ("MessageSid", message.sid.clone()),
        ("AccountSid", provider.account_sid.clone()),
        ("From", from.to_owned()),
        ("ApiVersion", API_VERSION.to_owned()),
    ];
    if let Some(service) = &message.service_sid {
        fields.push(("MessagingServiceSid", service.clone()));
    }
    let mut form: Vec<(String, String)> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for index in 0..message.media {
        let url = format!(
            "{}/{API_VERSION}/Accounts/{}/Messages/{}/Media/{index}",
            provider.base_url, provider.account_sid, message.sid
        );
        form.push((format!("MediaUrl{index}"), url));
        form.push((format!("MediaContentType{index}"), "image/jpeg".to_owned()));
    }
    form
}

/// The provider's own handling of opt-out words. The text goes to the service all the same.
fn filter_stop_words(provider: &Arc<Provider>, message: &Message) {
    if provider.stop_words == StopWords::LeftToService {
        return;
    }
    let word = message.body.trim().to_ascii_uppercase();
    let (out, notice) = if STOP.contains(&word.as_str()) {
        (true, "You are unsubscribed and will get no more messages from this number. Reply START to get them again.")
    } else if START.contains(&word.as_str()) {
        (false, "You are subscribed again and will get messages from this number. Reply STOP to end them.")
    } else {
        return;
    };
    let scope = provider.opt_out_scope(&message.to).to_owned();
    let changed = provider.state().book.set_opted_out(&scope, message.phone(), out);
    if changed {
        let draft = Draft {
            reply: true,
            from: Some(message.to.clone()),
            to: message.phone().to_owned(),
            body: notice.to_owned(),
            ..Draft::default()
        };
        let sid = delivery::take(provider, draft).sid;
        // The provider's own notice is none of the service's messages: no status callback tells of it.
        if let Some(notice) = provider.state().book.get_mut(&sid) {
            notice.status_callback = None;
        }
        delivery::begin(provider, &sid);
    }
}

/// Does what an answer says; the identifiers of what it sent.
async fn follow(provider: &Arc<Provider>, inbound: &Message, mut url: String, mut answer: Answer) -> Vec<String> {
    let mut sent = Vec::new();
    for _ in 0..MAX_HOPS {
        let script = twiml::read(answer.content_type.as_deref(), &answer.body);
        for problem in &script.problems {
            provider.alert(problem.code, problem.explanation.clone(), Some(&inbound.sid));
        }
        let mut next = None;
        for verb in script.verbs {
            let action = verb.action.clone();
            let status = match send_reply(provider, inbound, &url, verb) {
                Ok(sid) => {
                    sent.push(sid.clone());
                    Some(sid)
                }
                Err((code, explanation)) => {
                    provider.alert(code, explanation, Some(&inbound.sid));
                    None
                }
            };
            if let Some(action) = action {
                next = Some((absolute(&url, &action), status));
            }
        }
        let Some((action, sid)) = next else { return sent };
        let mut form = inbound_form(provider, inbound);
        form.retain(|(name, _)| !matches!(name.as_str(), "MessageSid" | "SmsSid" | "SmsMessageSid" | "SmsStatus"));
        form.push(("MessageStatus".to_owned(), if sid.is_some() { "queued" } else { "failed" }.to_owned()));
        form.extend(sid.map(|sid| ("MessageSid".to_owned(), sid)));
        let outcome = call(provider, &action, &form).await;
        if let Some((code, explanation)) = failure(&outcome) {
            provider.alert(code, format!("the action address: {explanation}"), Some(&inbound.sid));
            return sent;
        }
        let Ok(more) = outcome else { return sent };
        (url, answer) = (action, more);
    }
    provider.alert(12200, format!("actions led on more than {MAX_HOPS} times"), Some(&inbound.sid));
    sent
}

/// Sends one reply, if it may be sent.
fn send_reply(provider: &Arc<Provider>, inbound: &Message, url: &str, verb: Verb) -> Result<String, (u32, String)> {
    let phone = verb.to.unwrap_or_else(|| inbound.phone().to_owned());
    let sender = verb.from.unwrap_or_else(|| inbound.to.clone());
    let refuse = |code: u32, explanation: &str| Err((code, format!("a reply was not sent: {explanation}")));
    if !is_e164(&phone) || line(&phone) == Line::Nonexistent {
        return refuse(21211, "it goes to something that is no number");
    }
    if line(&phone) == Line::Landline {
        return refuse(21614, "it goes to a number that takes no texts");
    }
    {
        let now = provider.now();
        let mut state = provider.state();
        if !state.numbers.iter().any(|number| number.e164 == sender) {
            return refuse(21606, "it comes from a number that is none of the account's");
        }
        if state.book.has_opted_out(provider.opt_out_scope(&sender), &phone) {
            return refuse(21610, "the phone has opted out");
        }
        if let Some(limit) = state.faults.faults().reply_limit {
            let (last, row) = state.replies.entry((sender.clone(), phone.clone())).or_insert((now, 0));
            *row = if now - *last < TimeDelta::seconds(30) { *row + 1 } else { 1 };
            *last = now;
            if *row > limit {
                return refuse(14107, "too many replies between these two numbers in a short time");
            }
        }
    }
    let callback = verb.status_callback.or(verb.action).map(|callback| absolute(url, &callback));
    let draft = Draft {
        reply: true,
        from: Some(sender),
        to: phone,
        body: verb.body,
        media: verb.media,
        status_callback: callback,
        ..Draft::default()
    };
    let message = delivery::take(provider, draft);
    delivery::begin(provider, &message.sid);
    Ok(message.sid)
}

/// An address in an answer, seen from where the answer came from.
fn absolute(base: &str, address: &str) -> String {
    if address.starts_with("http://") || address.starts_with("https://") {
        return address.to_owned();
    }
    let joined = Url::parse(without_fragment(base)).and_then(|base| base.join(address));
    joined.map_or_else(|_| address.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides() {
        let default = Overrides::of("https://a.example/sms");
        assert_eq!((default.retries, default.on_connect, default.on_5xx), (1, true, false));
        let all = Overrides::of("https://a.example/sms#rc=3&rp=all&rt=500&tt=9000");
        assert_eq!((all.retries, all.on_connect, all.on_4xx, all.on_5xx, all.on_read), (3, true, true, true, true));
        assert_eq!((all.read, all.total), (Duration::from_millis(500), Duration::from_secs(9)));
        let some = Overrides::of("https://a.example/sms#rc=2&rp=5xx,rt&e=tokyo");
        assert_eq!(
            (some.retries, some.on_connect, some.on_4xx, some.on_5xx, some.on_read),
            (2, false, false, true, true)
        );
        // What is out of range is passed over.
        assert_eq!(Overrides::of("https://a.example/sms#rc=9&rt=99&tt=15001"), default);
    }

    #[test]
    fn addresses_in_answers_may_be_relative() {
        let base = "https://a.example/twilio/sms?center=1#rc=2";
        assert_eq!(absolute(base, "/twilio/status?m=1"), "https://a.example/twilio/status?m=1");
        assert_eq!(absolute(base, "status"), "https://a.example/twilio/status");
        assert_eq!(absolute(base, "http://b.example/x"), "http://b.example/x");
    }
}
