//! Errors in the API's own shape: an HTTP status, a code, a sentence, and where to read more.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// Twilio's code.
    pub(super) code: u32,
    /// A sentence for people.
    pub(super) message: String,
}

impl ApiError {
    /// The request is wrong.
    pub(super) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// Whoever asks is not the account.
    pub(super) fn unauthenticated() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: 20003, message: "Authenticate".to_owned() }
    }

    /// There is no such resource.
    pub(super) fn not_found(path: &str) -> Self {
        let message = format!("The requested resource {path} was not found");
        Self { status: StatusCode::NOT_FOUND, code: 20404, message }
    }

    /// The resource cannot be changed just now.
    pub(super) fn conflict(code: u32, message: &str) -> Self {
        Self { status: StatusCode::CONFLICT, code, message: message.to_owned() }
    }

    /// Nothing works.
    pub(super) fn unavailable() -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: 20503, message: "Service unavailable".to_owned() }
    }

    /// Something broke.
    pub(super) fn internal() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, code: 20500, message: "An internal server error has occurred".to_owned() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}
