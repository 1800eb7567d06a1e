//! `POST /twilio/sms`: a text came in. The answer carries the reply.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::phone::PhoneNumber;

use super::admit::admit;
use super::form::Form;
use super::{Endpoint, Refusal, WebhookOutcome, WebhookState, conclude, storable, unavailable};
use crate::conversation::Inbound;
use crate::gateway::twilio::twiml;

/// Takes a text and answers with the stored reply.
pub(super) async fn receive(State(state): State<Arc<WebhookState>>, request: Request) -> Response {
    let read = admit(&state, request).await.and_then(|admitted| inbound(&admitted.form));
    let (outcome, response) = match read {
        Err(refusal) => (WebhookOutcome::Refused(refusal), refusal.into_response()),
        Ok(inbound) => match (state.receive)(inbound).await {
            Ok(reply) => {
                let xml = HeaderValue::from_static(twiml::CONTENT_TYPE);
                (WebhookOutcome::Taken, ([(header::CONTENT_TYPE, xml)], reply).into_response())
            }
            Err(_) => (WebhookOutcome::Unavailable, unavailable()),
        },
    };
    conclude(&state, Endpoint::Inbound, outcome);
    response
}

/// The text that a form tells of.
///
/// What names the text and its two ends has to be clear; its words need not be: a text without words is one of
/// pictures, and words that are partly unreadable may still hold a cry for help. They are mended, and taken.
fn inbound(form: &Form) -> Result<Inbound, Refusal> {
    let needed = |name: &'static str| form.identity(name).map(str::to_owned).ok_or(Refusal::Field(name));
    let provider_id = needed("MessageSid")?;
    let from_raw = needed("From")?;
    let to_raw = needed("To")?;
    Ok(Inbound {
        provider_id,
        from: PhoneNumber::from_e164(&from_raw).ok(),
        from_raw,
        to: PhoneNumber::from_e164(&to_raw).ok(),
        to_raw,
        body: form.text("Body").map(storable).unwrap_or_default(),
        media: form.text("NumMedia").and_then(|media| media.trim().parse().ok()).unwrap_or(0),
    })
}
