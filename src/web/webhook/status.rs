//! `POST /twilio/status`: what became of a text of ours. Whether it changes anything is decided elsewhere.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::admit::{Admitted, admit};
use super::form::parse_form;
use super::{Endpoint, Refusal, StatusCallback, WebhookOutcome, WebhookState, conclude, storable, unavailable};
use crate::gateway::twilio::MESSAGE_PARAMETER;
use crate::gateway::twilio::status::outbound_state;

/// Takes a report. A state that is not known is kept and counted like any other.
pub(super) async fn report(State(state): State<Arc<WebhookState>>, request: Request) -> Response {
    let read = admit(&state, request).await.and_then(|admitted| status_callback(&admitted));
    let (outcome, response) = match read {
        Err(refusal) => (WebhookOutcome::Refused(refusal), refusal.into_response()),
        Ok(callback) => {
            let taken = if callback.state.is_some() { WebhookOutcome::Taken } else { WebhookOutcome::UnknownStatus };
            match (state.report)(callback).await {
                Ok(()) => (taken, StatusCode::NO_CONTENT.into_response()),
                Err(_) => (WebhookOutcome::Unavailable, unavailable()),
            }
        }
    };
    conclude(&state, Endpoint::Status, outcome);
    response
}

/// The report that a form and the query of its address tell of.
fn status_callback(admitted: &Admitted) -> Result<StatusCallback, Refusal> {
    let Admitted { form, query } = admitted;
    let provider_id = form.identity("MessageSid").ok_or(Refusal::Field("MessageSid"))?.to_owned();
    // The older name comes along with the newer; some hosts send only one of them.
    let status = form.text("MessageStatus").filter(|status| !status.is_empty()).or_else(|| form.text("SmsStatus"));
    let raw_status = status.map(storable).unwrap_or_default();
    let message_id = parse_form(query.as_bytes())
        .unwrap_or_default()
        .into_iter()
        .find(|(name, _)| name == MESSAGE_PARAMETER)
        .and_then(|(_, id)| id.parse().ok());
    Ok(StatusCallback {
        message_id,
        provider_id,
        state: outbound_state(&raw_status),
        raw_status,
        // 0 stands for "no error" at some hosts.
        error_code: form.text("ErrorCode").and_then(|code| code.trim().parse().ok()).filter(|code| *code != 0),
        params: form
            .as_text()
            .into_iter()
            .map(|(name, value)| (storable(name.into()), storable(value.into())))
            .collect(),
    })
}
