//! `…/IncomingPhoneNumbers`: the numbers that the account owns, to be read only.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::error::ApiError;
use super::resource::{date, sid_of};
use crate::simulator::provider::Provider;
use crate::simulator::{API_VERSION, Number};

fn number_json(provider: &Provider, number: &Number) -> Value {
    let uri = format!("/{API_VERSION}/Accounts/{}/IncomingPhoneNumbers/{}.json", provider.account_sid, number.sid());
    json!({
        "account_sid": provider.account_sid,
        "address_requirements": "none",
        "address_sid": null,
        "api_version": API_VERSION,
        "beta": false,
        "bundle_sid": null,
        "capabilities": { "voice": false, "sms": true, "mms": false, "fax": false },
        "date_created": date(provider.now()),
        "date_updated": date(provider.now()),
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.e164,
        "identity_sid": null,
        "origin": "twilio",
        "phone_number": number.e164,
        "sid": number.sid(),
        "sms_application_sid": "",
        "sms_fallback_method": "POST",
        "sms_fallback_url": number.sms_fallback_url.as_deref().unwrap_or_default(),
        "sms_method": "POST",
        "sms_url": number.sms_url,
        "status": "in-use",
        "status_callback": "",
        "status_callback_method": "POST",
        "trunk_sid": null,
        "type": "mobile",
        "uri": uri,
        "voice_application_sid": "",
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": null,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": null,
    })
}

/// `GET …/IncomingPhoneNumbers.json`, all on one page; `PhoneNumber` asks for those that hold these digits.
pub(super) async fn list(State(provider): State<Arc<Provider>>, uri: Uri, RawQuery(raw): RawQuery) -> Json<Value> {
    let raw = raw.unwrap_or_default();
    let wanted = form_urlencoded::parse(raw.as_bytes()).find(|(name, _)| name == "PhoneNumber").map(|(_, value)| value);
    let owned = provider.state().numbers.clone();
    let shown: Vec<Value> = owned
        .iter()
        .filter(|number| wanted.as_deref().is_none_or(|wanted| number.e164.contains(wanted)))
        .map(|number| number_json(&provider, number))
        .collect();
    let here = uri.path();
    Json(json!({
        "start": 0, "end": shown.len().saturating_sub(1), "page": 0, "page_size": 50.max(shown.len()),
        "uri": here, "first_page_uri": here, "next_page_uri": null, "previous_page_uri": null,
        "incoming_phone_numbers": shown,
    }))
}

/// `GET …/IncomingPhoneNumbers/{sid}.json`.
pub(super) async fn fetch(
    State(provider): State<Arc<Provider>>,
    Path((_, file)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    let sid = sid_of(&file, &uri)?;
    let number = provider.state().numbers.iter().find(|number| number.sid() == sid).cloned();
    number.map(|number| Json(number_json(&provider, &number))).ok_or_else(|| ApiError::not_found(uri.path()))
}
