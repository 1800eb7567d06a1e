//! What staff see in the browser: server-rendered pages, live by server-sent events. Reads the store; decides
//! nothing about patients. Works without scripts, and with a keyboard or a screen reader.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use domain::audit::AuditAction;
use domain::id::CenterId;
use store::{NewAudit, Staff, Store};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::RequestId;
use super::error::{Error, problem};
use super::session::PasswordChecker;
use crate::changes::Changes;
use crate::clock::{Clock, EntropySource};
use crate::i18n::{Lang, Msg};

mod alerts;
mod assets;
mod events;
mod frame;
mod round;
mod sign_in;
mod signed_in;

use frame::Frame;

/// Names a dialog's question, by its key, in a language of the console.
pub type QuestionNames = Arc<dyn Fn(&str, Lang) -> String + Send + Sync>;

/// What the console is made of.
pub struct ConsoleParts {
    /// Where the data are.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What sign-ins are timed by: the demo moves the other clock by hours.
    pub sign_in_clock: Arc<dyn Clock>,
    /// Where tokens come from.
    pub entropy: Arc<dyn EntropySource>,
    /// Tells when something changed.
    pub changes: Changes,
    /// Ends the event streams, which would otherwise hold up a stop for as long as a browser is open.
    pub shutdown: CancellationToken,
    /// Names the questions.
    pub questions: QuestionNames,
    /// The address at which staff reach the console, such as `https://mimamori.example.jp`.
    pub public_url: crate::config::PublicUrl,
    /// Where the demo's other parts are, if this is a demo.
    pub demo_links: Option<DemoLinks>,
}

/// Where the demo's other parts are.
#[derive(Debug, Clone)]
pub struct DemoLinks {
    /// The page of phones.
    pub phones_url: String,
    /// Moves the clock: takes `POST {"to": RFC 3339}`. Best a path of this console: another origin would have
    /// to allow it (CORS).
    pub clock_url: String,
}

/// The console's state: its parts, and what it keeps beside them. Cheap to clone.
#[derive(Clone)]
pub struct ConsoleState {
    store: Store,
    clock: Arc<dyn Clock>,
    sign_in_clock: Arc<dyn Clock>,
    entropy: Arc<dyn EntropySource>,
    changes: Changes,
    shutdown: CancellationToken,
    questions: QuestionNames,
    public_url: crate::config::PublicUrl,
    demo_links: Option<DemoLinks>,
    passwords: PasswordChecker,
    views: ViewLog,
}

impl ConsoleState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: ConsoleParts) -> Self {
        let ConsoleParts { store, clock, sign_in_clock, entropy, changes, shutdown, questions, public_url, demo_links } =
            parts;
        let passwords = PasswordChecker::new(Arc::clone(&entropy));
        Self {
            store,
            clock,
            sign_in_clock,
            entropy,
            changes,
            shutdown,
            questions,
            public_url,
            demo_links,
            passwords,
            views: ViewLog::default(),
        }
    }

    /// Whether cookies go over HTTPS only.
    fn cookie_secure(&self) -> bool {
        self.public_url.is_https()
    }

    /// Records a view of personal data, durably, before it is shown (P14). A page that keeps itself up to date is
    /// one view; it is recorded again when it has been open for a while.
    async fn record_view(
        &self,
        signed_in: &signed_in::SignedIn,
        action: AuditAction,
        center: Option<CenterId>,
        subject: String,
        kind: ViewKind,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let key = (signed_in.token_sha256, subject.clone());
        if kind == ViewKind::Refresh && !self.views.is_due(&key, now) {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        tx.append_audit(&entry(now, &signed_in.staff, action, center, subject)).await?;
        tx.commit().await?;
        self.views.note(key, now);
        Ok(())
    }
}

/// Whether a page was opened, or brings itself up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ViewKind {
    Opened,
    Refresh,
}

/// Something that a member of staff did, for the audit trail.
fn entry(at: DateTime<Utc>, staff: &Staff, action: AuditAction, center: Option<CenterId>, subject: String) -> NewAudit {
    NewAudit {
        at,
        actor: Some(staff.id),
        actor_text: staff.login.clone(),
        action,
        center,
        subject,
        detail: serde_json::Value::Object(serde_json::Map::new()),
    }
}

/// Which views were recorded lately, so that a page that refreshes itself twice a second is not recorded each
/// time. Only spares writing: lost at a restart, it makes for one more record, never for one less.
#[derive(Clone, Default)]
struct ViewLog(Arc<Mutex<HashMap<ViewKey, DateTime<Utc>>>>);

/// Whose session saw what.
type ViewKey = ([u8; 32], String);

impl ViewLog {
    const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(15);

    fn is_due(&self, key: &ViewKey, now: DateTime<Utc>) -> bool {
        let views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back does not silence the trail either.
        views.get(key).is_none_or(|recorded| now - *recorded >= Self::AGAIN_AFTER || now < *recorded)
    }

    fn note(&self, key: ViewKey, now: DateTime<Utc>) {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        views.retain(|_, recorded| now - *recorded < Self::AGAIN_AFTER);
        views.insert(key, now);
    }
}

/// The console's routes, and `/api/v1/round`.
///
/// # Panics
/// Never: the public address was checked to be an origin.
pub fn router(app: ConsoleState) -> Router {
    // The browser says where a request comes from; what another site sends in somebody's name is refused. The
    // public address is named, since behind a proxy that changes `Host` nothing else would match it.
    let csrf = CsrfLayer::new()
        .add_trusted_origin(app.public_url.as_str())
        .expect("a public address is scheme and host, which is an origin");
    Router::new()
        .route("/", get(round::today))
        .route("/fragment", get(round::today_fragment))
        .route("/rounds/{center}/{day}", get(round::of_day))
        .route("/rounds/{center}/{day}/fragment", get(round::of_day_fragment))
        .route("/alerts", get(alerts::page))
        .route("/alerts/fragment", get(alerts::fragment))
        .route("/events", get(events::events))
        .route("/login", get(sign_in::page).post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/api/v1/round", get(round::json))
        .route("/assets/console/{*path}", get(assets::serve))
        // Whatever nobody serves: the console says so in words.
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(csrf)
        .layer(middleware::from_fn_with_state(app.clone(), in_words))
        .layer(CompressionLayer::new().gzip(true))
        .with_state(app)
}

/// Shows a failure as a page in the reader's language (or, to the API, as problem+json), and remembers a language
/// that was chosen with `?lang=`.
async fn in_words(State(app): State<ConsoleState>, request: Request, next: Next) -> Response {
    let chosen = frame::chosen_language(request.uri());
    let lang = frame::language(request.uri(), request.headers(), None);
    let id = request.extensions().get::<RequestId>().cloned();
    let is_api = request.uri().path().starts_with("/api/");
    let is_head = request.method() == Method::HEAD;
    let here = frame::here(request.uri());
    let mut response = next.run(request).await;

    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if (status.is_client_error() || status.is_server_error()) && !is_page && !is_head {
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        response = if is_api { problem(status) } else { failure_page(lang, here, &response, id.as_ref()) };
        if let Some(value) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
    }
    if let Some(lang) = chosen
        && let Ok(value) = HeaderValue::from_str(&frame::language_cookie(lang, app.cookie_secure()).to_string())
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    if let Some(policy) = app.demo_links.as_ref().and_then(|links| frame::policy_for_clock(&links.clock_url)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page that says what went wrong as far as the reader may know.
fn failure_page(lang: Lang, here: String, failure: &Response, id: Option<&RequestId>) -> Response {
    let status = failure.status();
    let (title, text) = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => (Msg::NotFoundTitle, Msg::NotFoundText),
        StatusCode::FORBIDDEN if failure.extensions().get::<ProtectionError>().is_some() => {
            (Msg::CrossSiteTitle, Msg::CrossSiteText)
        }
        StatusCode::FORBIDDEN => (Msg::ForbiddenTitle, Msg::ForbiddenText),
        StatusCode::PAYLOAD_TOO_LARGE => (Msg::TooLargeTitle, Msg::TooLargeText),
        StatusCode::UNAUTHORIZED => (Msg::SignIn, Msg::SessionEnded),
        StatusCode::SERVICE_UNAVAILABLE => (Msg::BusyTitle, Msg::BusyText),
        status if status.is_client_error() => (Msg::InvalidTitle, Msg::InvalidText),
        _ => (Msg::ErrorTitle, Msg::ErrorText),
    };
    let page = frame::Failure {
        frame: Frame::outside(lang, here),
        title: lang.t(title),
        text: lang.t(text),
        request: id.filter(|_| status.is_server_error()).map(|id| id.as_str().to_owned()),
    };
    match frame::html(&page) {
        Ok(page) => (status, page).into_response(),
        Err(error) => error.into_response(),
    }
}
