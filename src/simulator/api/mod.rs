//! The REST API as Twilio documents it (version 2010-04-01): the routes, who may call them, and what stands before
//! each of them. What the resources look like is next door.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::API_VERSION;
use super::provider::Provider;

mod create;
mod error;
mod list;
mod numbers;
mod resource;

use error::ApiError;

/// The largest form that is read, in bytes: 1,600 characters and all that may go with them, percent-encoded.
const MAX_FORM: usize = 256 * 1024;

/// The API's routes.
pub(super) fn router(provider: &Arc<Provider>) -> Router<Arc<Provider>> {
    let under = |resource: &str| format!("/{API_VERSION}/Accounts/{{account}}/{resource}");
    Router::new()
        .route(&under("Messages.json"), get(list::list).post(create::create))
        .route(&under("Messages/{file}"), get(resource::fetch).post(resource::update).delete(resource::delete))
        .route(&under("Messages/{file}/Media.json"), get(resource::media))
        .route(&under("IncomingPhoneNumbers.json"), get(numbers::list))
        .route(&under("IncomingPhoneNumbers/{file}"), get(numbers::fetch))
        .method_not_allowed_fallback(not_allowed)
        .route(&under("{*rest}"), any(not_found))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn_with_state(Arc::clone(provider), admit))
}

/// Lets a request through that comes from the account, while there is no outage.
async fn admit(
    State(provider): State<Arc<Provider>>,
    Path(parts): Path<HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Response {
    if provider.state().faults.faults().outage {
        return ApiError::unavailable().into_response();
    }
    if !is_known(&provider, request.headers()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Twilio API\"")];
        return (challenge, ApiError::unauthenticated()).into_response();
    }
    if parts.get("account") != Some(&provider.account_sid) {
        return ApiError::not_found(request.uri().path()).into_response();
    }
    next.run(request).await
}

/// Whether the request carries the account's token or one of its API keys.
fn is_known(provider: &Provider, headers: &HeaderMap) -> bool {
    let credentials = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok());
    let Some((user, password)) = credentials.as_deref().and_then(|decoded| decoded.split_once(':')) else {
        return false;
    };
    let account = (user, password) == (&provider.account_sid, &provider.auth_token);
    account || provider.api_keys.iter().any(|(sid, secret)| (user, password) == (sid, secret))
}

async fn not_found(request: Request) -> ApiError {
    ApiError::not_found(request.uri().path())
}

async fn not_allowed() -> ApiError {
    ApiError { status: StatusCode::METHOD_NOT_ALLOWED, code: 20004, message: "Method not allowed".to_owned() }
}

/// A posted form: the values of each name, in order.
pub(super) struct Form(HashMap<String, Vec<String>>);

impl Form {
    /// Reads the form; a body of another content type is as good as an empty form, as at Twilio.
    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().starts_with("application/x-www-form-urlencoded"));
        let mut form: HashMap<String, Vec<String>> = HashMap::new();
        if is_form {
            for (name, value) in form_urlencoded::parse(body) {
                form.entry(name.into_owned()).or_default().push(value.into_owned());
            }
        }
        Self(form)
    }

    /// The first value of a name, if it is there and not empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every value of a name.
    fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
