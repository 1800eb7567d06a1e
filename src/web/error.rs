//! What went wrong with a request, by what the client may learn of it. The console shows it as a page, the API
//! as problem+json (RFC 9457); neither says what happened inside. That stands in the log, once, from here.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is not theirs: the two look the same.
    #[error("not found")]
    NotFound,
    /// Their role does not include it.
    #[error("not allowed for this role")]
    Forbidden,
    /// Nobody is signed in. A page leads to the sign-in, and back to this address of ours.
    #[error("not signed in")]
    SignIn {
        /// Where to go on afterwards; `None` for what is no page.
        next: Option<String>,
    },
    /// The request cannot be read.
    #[error("the request cannot be read")]
    Invalid,
    /// The database is busy or full; it may work in a moment.
    #[error("not possible just now: {0}")]
    Busy(#[source] store::Error),
    /// A defect, or something broken.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::SignIn { next: Some(_) } => StatusCode::SEE_OTHER,
            Self::SignIn { next: None } => StatusCode::UNAUTHORIZED,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        if error.is_transient() { Self::Busy(error) } else { Self::Internal(error.into()) }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for Error {
    /// The bare status; the layers of the console and the API put words around it.
    fn into_response(self) -> Response {
        let status = self.status();
        match self {
            Self::Internal(error) => tracing::error!(error = format!("{error:#}"), "a request failed"),
            Self::Busy(error) => tracing::warn!(error = %error, "a request has to be repeated"),
            Self::SignIn { next: Some(next) } => {
                let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                return (status, [(header::LOCATION, format!("/login?next={next}"))]).into_response();
            }
            Self::NotFound | Self::Forbidden | Self::SignIn { next: None } | Self::Invalid => {}
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return (status, [(header::RETRY_AFTER, "2")]).into_response();
        }
        status.into_response()
    }
}

/// The answer of the API to a failure (RFC 9457), with nothing but the status in it.
#[must_use]
pub fn problem(status: StatusCode) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = serde_json::json!({ "type": "about:blank", "title": title, "status": status.as_u16() });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
