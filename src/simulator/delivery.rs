//! A message's way to the phone: taken, moved forward status by status, each change told to the service. Knows
//! neither how a message was asked for nor how a phone shows it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::faults::Kind;
use super::message::{Direction, Message, Status};
use super::provider::{Provider, State};
use super::segments::{segments, smart_encoded};
use super::webhook;

/// The longest that a message may wait to be sent, and the default: ten hours.
pub(super) const MAX_VALIDITY_SECONDS: i64 = 36_000;

/// A message to be taken, already found to be right.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) reply: bool,
    /// The sender; none if a messaging service chooses it.
    pub(super) from: Option<String>,
    pub(super) to: String,
    pub(super) body: String,
    pub(super) media: u32,
    pub(super) service_sid: Option<String>,
    pub(super) status_callback: Option<String>,
    pub(super) smart_encoded: bool,
    pub(super) validity_seconds: Option<i64>,
    pub(super) send_at: Option<DateTime<Utc>>,
}

/// One call that tells the service of one change.
#[derive(Debug)]
struct Callback {
    url: String,
    form: Vec<(String, String)>,
    phone: String,
    sid: String,
}

/// Takes a message: from here on the provider has it. It does not move yet.
pub(super) fn take(provider: &Provider, draft: Draft) -> Message {
    let now = provider.now();
    let body = if draft.smart_encoded { smart_encoded(&draft.body) } else { draft.body };
    let status = if draft.send_at.is_some() {
        Status::Scheduled
    } else if draft.service_sid.is_some() {
        Status::Accepted
    } else {
        Status::Queued
    };
    let validity = draft.validity_seconds.unwrap_or(MAX_VALIDITY_SECONDS);
    let message = Message {
        sid: provider.new_sid(if draft.media > 0 { "MM" } else { "SM" }),
        direction: if draft.reply { Direction::OutboundReply } else { Direction::OutboundApi },
        from: draft.from,
        to: draft.to,
        segments: segments(&body),
        body,
        status,
        error_code: None,
        service_sid: draft.service_sid,
        media: draft.media,
        created_at: now,
        sent_at: None,
        updated_at: now,
        status_callback: draft.status_callback.or_else(|| provider.status_url.clone()),
        valid_until: Some(draft.send_at.unwrap_or(now) + TimeDelta::seconds(validity)),
        send_at: draft.send_at,
        history: vec![status],
    };
    provider.state().book.add(message.clone());
    provider.tell_message(&message.sid);
    message
}

/// Sets a message on its way; its callbacks follow besides.
pub(super) fn begin(provider: &Arc<Provider>, sid: &str) {
    let delay = provider.state().faults.faults().delivery_delay_ms;
    let (owner, sid) = (Arc::clone(provider), sid.to_owned());
    if delay == 0 {
        // Moved here and now, so that two messages reach a phone in the order in which they were taken.
        let callbacks = move_on(&owner, &sid);
        provider.spawn(async move { tell(&owner, callbacks).await });
    } else {
        provider.spawn(async move {
            owner.hold_back(delay).await;
            let callbacks = move_on(&owner, &sid);
            tell(&owner, callbacks).await;
        });
    }
}

/// Does all of it, and returns when the last callback is answered.
pub(super) async fn carry_out(provider: &Arc<Provider>, sid: &str) {
    let delay = provider.state().faults.faults().delivery_delay_ms;
    provider.hold_back(delay).await;
    let callbacks = move_on(provider, sid);
    tell(provider, callbacks).await;
}

/// Takes a scheduled message back; whether that was still possible.
pub(super) fn cancel(provider: &Arc<Provider>, sid: &str) -> bool {
    let now = provider.now();
    let callbacks = {
        let mut state = provider.state();
        let scheduled = state.book.get(sid).is_some_and(|message| message.status == Status::Scheduled);
        if !scheduled || !state.book.advance(sid, Status::Canceled, now) {
            return false;
        }
        Callbacks { list: callback(provider, &state, sid).into_iter().collect(), reorder: false }
    };
    provider.tell_message(sid);
    let owner = Arc::clone(provider);
    provider.spawn(async move { tell(&owner, callbacks).await });
    true
}

/// Sets the scheduled messages on their way whose time has come.
pub(super) fn begin_due(provider: &Arc<Provider>) {
    let now = provider.now();
    let due = provider.state().book.due(now);
    for sid in due {
        begin(provider, &sid);
    }
}

struct Callbacks {
    list: Vec<Callback>,
    reorder: bool,
}

/// Moves a message through all its statuses to the last one.
fn move_on(provider: &Provider, sid: &str) -> Callbacks {
    let now = provider.now();
    let mut state = provider.state();
    let Some(message) = state.book.get(sid).cloned() else {
        // Deleted meanwhile.
        return Callbacks { list: Vec::new(), reorder: false };
    };
    let phone = message.to.clone();
    let error = if message.valid_until.is_some_and(|until| now > until) {
        Some((Status::Failed, 30036))
    } else if state.unreachable.contains(&phone) {
        Some((Status::Undelivered, 30003))
    } else {
        let strike = state.faults.strikes(Kind::Undelivered, &phone);
        strike.map(|strike| (Status::Undelivered, strike.code.unwrap_or(30003)))
    };
    let mut steps = vec![Status::Queued, Status::Sending, Status::Sent];
    match error {
        Some((Status::Failed, _)) => steps = vec![Status::Failed],
        Some((last, _)) => steps.push(last),
        None => steps.push(Status::Delivered),
    }
    let mut list = Vec::new();
    for next in steps {
        if !state.book.advance(sid, next, now) {
            // It starts further on, or was taken back.
            continue;
        }
        let pool = state.numbers.first().map(|number| number.e164.clone());
        if let Some(message) = state.book.get_mut(sid) {
            if message.from.is_none() {
                message.from = pool;
            }
            if let Some((_, code)) = error.filter(|(last, _)| *last == next) {
                message.error_code = Some(code);
            }
        }
        list.extend(callback(provider, &state, sid));
    }
    let reorder = list.len() > 1 && state.faults.strikes(Kind::ReorderCallbacks, &phone).is_some();
    let delivered = state.book.get(sid).filter(|message| message.status == Status::Delivered).cloned();
    if let Some(message) = &delivered {
        let sender = message.from.clone().unwrap_or_default();
        state.phones.receive(&phone, &sender, &message.body, now);
    }
    drop(state);
    provider.tell_message(sid);
    if delivered.is_some() {
        provider.poke.notify_one();
    }
    Callbacks { list, reorder }
}

/// The callback for the status that a message has just reached.
fn callback(provider: &Provider, state: &State, sid: &str) -> Option<Callback> {
    let message = state.book.get(sid)?;
    let url = message.status_callback.clone()?;
    let mut fields = vec![
        ("AccountSid", provider.account_sid.clone()),
        ("ApiVersion", super::API_VERSION.to_owned()),
        ("From", message.from.clone().unwrap_or_default()),
        ("MessageSid", message.sid.clone()),
        ("MessageStatus", message.status.as_str().to_owned()),
        ("SmsSid", message.sid.clone()),
        ("SmsStatus", message.status.as_str().to_owned()),
        ("To", message.to.clone()),
    ];
    if let Some(service) = &message.service_sid {
        fields.push(("MessagingServiceSid", service.clone()));
    }
    if let Some(code) = message.error_code {
        fields.push(("ErrorCode", code.to_string()));
    }
    if matches!(message.status, Status::Delivered | Status::Undelivered) {
        fields.push(("RawDlrDoneDate", message.updated_at.format("%y%m%d%H%M").to_string()));
    }
    let form = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(Callback { url, form, phone: message.to.clone(), sid: message.sid.clone() })
}

/// Tells the service, one change after the other.
async fn tell(provider: &Arc<Provider>, mut callbacks: Callbacks) {
    if callbacks.reorder {
        callbacks.list.reverse();
    }
    for callback in callbacks.list {
        let (lost, copies, delay) = {
            let mut state = provider.state();
            let lost = state.faults.strikes(Kind::LoseCallbacks, &callback.phone).is_some();
            let twice = state.faults.strikes(Kind::DuplicateCallbacks, &callback.phone).is_some();
            (lost, if twice { 2 } else { 1 }, state.faults.faults().callback_delay_ms)
        };
        provider.hold_back(delay).await;
        if lost {
            continue;
        }
        for _ in 0..copies {
            match webhook::call(provider, &callback.url, &callback.form).await {
                Ok(answer) if (200..300).contains(&answer.status) => {}
                Ok(answer) => {
                    let explanation =
                        format!("the status callback was answered with {}; it should be 2xx", answer.status);
                    provider.alert(11200, explanation, Some(&callback.sid));
                }
                Err(error) => {
                    provider.alert(error.code(), format!("the status callback: {error}"), Some(&callback.sid));
                }
            }
        }
    }
}
