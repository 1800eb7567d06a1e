//! HTTP in: what every answer has in common (a request's identifier, one line in the log, headers that protect
//! the browser, a limit for bodies), and the parts: [`webhook`] for the provider, [`console`] for staff,
//! [`health`] for operation.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::clock::EntropySource;
use crate::metrics::Metrics;

pub mod console;
pub mod error;
pub mod health;
pub mod session;
pub mod webhook;

#[cfg(test)]
mod tests;

/// What the shared layers need.
#[derive(Clone)]
pub struct Shared {
    /// Where requests are counted.
    pub metrics: Metrics,
    /// Where identifiers come from.
    pub entropy: Arc<dyn EntropySource>,
    /// Whether browsers are told to come by HTTPS only, from now on: when the public address is `https`.
    pub https: bool,
}

/// What identifies a request: in its log lines, in its answer (`x-request-id`), on error pages. A proxy before
/// us may give it, as a UUID with or without dashes; anything else that a client sends is not taken over, since
/// it would stand in our log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// As written in the header: 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(headers: &HeaderMap, entropy: &dyn EntropySource) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let id = given.and_then(|text| Uuid::try_parse(text).ok()).unwrap_or_else(|| {
            let mut bytes = [0; 16];
            entropy.fill(&mut bytes);
            uuid::Builder::from_random_bytes(bytes).into_uuid()
        });
        Self(id.simple().to_string())
    }
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The largest body that is taken from anybody, in bytes: far more than a text or a form needs.
pub const BODY_LIMIT: usize = 256 * 1024;

/// What a page may do unless it says otherwise: nothing but its own files, no frame around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Puts around `router` what every answer has in common.
pub fn with_shared_layers(router: Router, shared: Shared) -> Router {
    router
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        // Outermost, so that it sees, times and marks whatever the others answer.
        .layer(middleware::from_fn_with_state(shared, around))
}

/// What a handler's panic becomes: the log says where, the client learns nothing.
fn after_panic(_panic: Box<dyn std::any::Any + Send>) -> Response {
    // The panic's message is not logged: it may quote what a client sent. The hook has printed its place.
    tracing::error!("a request's handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Identifies, times, counts and logs a request, and adds the headers that protect.
async fn around(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers(), shared.entropy.as_ref());
    let method = request.method().clone();
    // The pattern, never the address: an address may say something about a person (P15).
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(id.clone());

    let span = tracing::info_span!("request", request.id = id.as_str());
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status().as_u16(), begun.elapsed());
    shared.metrics.http_request(&method, &route, status, took);
    span.in_scope(|| {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(http.method = method.as_str(), http.route = route, http.status = status, ms, "answered");
    });
    protect(response.headers_mut(), shared.https);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// Adds the headers that protect, where the answer has not set them itself.
fn protect(headers: &mut HeaderMap, https: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    // What is personal is not to be kept anywhere; what may be kept says so itself.
    set(header::CACHE_CONTROL, "no-store");
    if https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
}
