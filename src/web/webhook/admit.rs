//! Lets a webhook in: reads it, and proves that it is the provider's and for us. Knows no route.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use tokio_stream::StreamExt as _;

use super::form::Form;
use super::{Refusal, WebhookState};
use crate::gateway::twilio::signature::{Algorithm, SETTINGS_HEADER, SIGNATURE_HEADER};

/// The largest body that is read. A text of 1,600 characters, each of four bytes and each byte escaped, is 19 KB;
/// the rest is for the addresses of pictures and for fields to come.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// How much of a larger body is still taken in, and thrown away: a client that is cut off while it writes may
/// never see the answer.
const DRAIN_LIMIT: usize = 4 * 1024 * 1024;

/// How long a body may take. The provider itself gives up after 15 seconds.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A webhook of the provider, for one of our accounts.
pub(super) struct Admitted {
    /// What it says.
    pub(super) form: Form,
    /// The query of its address, as it came; covered by the signature.
    pub(super) query: String,
}

/// Reads a request and checks it, in the order that the module `webhook` lists.
pub(super) async fn admit(state: &WebhookState, request: Request) -> Result<Admitted, Refusal> {
    let (parts, body) = request.into_parts();
    let path_and_query = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
    let body = read_within(BODY_TIME, body).await?;

    if !is_form(&parts.headers) {
        return Err(Refusal::NotAForm);
    }
    let form = Form::parse(&body).map_err(|_| Refusal::Malformed)?;
    if !is_genuine(state, &parts.headers, path_and_query, &form) {
        return Err(Refusal::Signature);
    }
    let account = form.identity("AccountSid").ok_or(Refusal::Account)?;
    if !state.account_sids.iter().any(|ours| ours == account) {
        return Err(Refusal::Account);
    }
    Ok(Admitted { form, query: parts.uri.query().unwrap_or_default().to_owned() })
}

/// Reads a body, if it comes in time.
pub(super) async fn read_within(time: Duration, body: Body) -> Result<Vec<u8>, Refusal> {
    tokio::time::timeout(time, read(body)).await.unwrap_or(Err(Refusal::Incomplete))
}

/// Reads a body. Counts what comes and trusts no declared length.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => {
                length += chunk.len();
                if length <= BODY_LIMIT {
                    kept.extend_from_slice(&chunk);
                } else if length > DRAIN_LIMIT {
                    break;
                }
            }
            Err(_) if length > BODY_LIMIT => break,
            Err(_) => return Err(Refusal::Incomplete),
        }
    }
    if length > BODY_LIMIT { Err(Refusal::TooLarge) } else { Ok(kept) }
}

/// The only value of a header; `None` if it is missing, given twice or not plain text.
fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

fn is_form(headers: &HeaderMap) -> bool {
    let essence = header_text(headers, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Whether the signature is over this form at this address.
///
/// It is checked over the bytes that came. The provider signs text, and text that is not UTF-8 on the way may have
/// been signed in its mended form, so that is tried too: it is also what is read afterwards, so nobody gains by it.
fn is_genuine(state: &WebhookState, headers: &HeaderMap, path_and_query: &str, form: &Form) -> bool {
    let Some(signature) = header_text(headers, SIGNATURE_HEADER) else { return false };
    let settings = if headers.contains_key(SETTINGS_HEADER) {
        // Given twice, or not plain text: not to be read, so not to be passed over either.
        let Some(settings) = header_text(headers, SETTINGS_HEADER) else { return false };
        Some(settings)
    } else {
        None
    };
    let Some(algorithm) = Algorithm::from_settings(settings) else { return false };
    state.verifier.verify(algorithm, path_and_query, &form.fields, signature)
        || (!form.is_text() && state.verifier.verify(algorithm, path_and_query, &form.as_text(), signature))
}
