//! The HTTP client: hands over one text, and lists what the provider has. Decides what is certain (P5); never tries
//! again by itself, and knows neither the store nor when to send.
//!
//! What proves that the provider does not have a text: a refusal (`errors.rs`), or a connection that was never
//! made. reqwest's `is_connect` is true only for hyper-util's error of that name, which stands for resolving the
//! name, connecting and the TLS handshake; a request is handed to a connection only after that. hyper-util itself
//! moves a request to another connection when a pooled one turns out to be closed, but only if hyper gives the
//! request back unwritten; that is HTTP/1's rule, so HTTP/2 is off. Everything else, the total time-out included,
//! may have happened after the first byte was written, and is unknown.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::phone::PhoneNumber;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::{self, Wanted};
use super::callback_url;
use crate::gateway::futures::BoxFuture;
use crate::gateway::{ListError, Listed, Outgoing, SendOutcome, SmsGateway};

/// How to prove who we are.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The account's own token.
    AuthToken(SecretString),
    /// An API key, which can be withdrawn alone.
    ApiKey {
        /// The key's identifier.
        sid: String,
        /// Its secret.
        secret: SecretString,
    },
}

/// From whom texts come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// From the center's own number.
    CenterNumber,
    /// From a number that the messaging service with this identifier chooses.
    MessagingService(String),
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, TLS included. When it passes, the text was certainly not handed over.
    pub connect: Duration,
    /// For everything, from the start to the last byte of the answer. When it passes, the text is unknown. Longer
    /// than `connect`.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

/// What the client needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The host that speaks Twilio's dialect, up to the path that comes before `/2010-04-01`:
    /// `https://api.twilio.com`, or `https://SPACE.signalwire.com/api/laml`.
    pub base_url: String,
    /// The account, in whatever shape the host gives it.
    pub account_sid: String,
    /// How to prove who we are.
    pub credentials: Credentials,
    /// From whom texts come.
    pub sender: Sender,
    /// Our own public address for status callbacks, without the identifier of a message.
    pub status_url: String,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// The settings cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not an address of a host.
    #[error("the base address is no http:// or https:// address without a query: expected https://api.twilio.com")]
    BaseUrl,
    /// The address for status callbacks is none.
    #[error("the address for status callbacks is no http:// or https:// address: expected https://…/twilio/status")]
    StatusUrl,
    /// Something is empty that must not be.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// A time-out of the connection could never be told from one of the answer.
    #[error("the connect time-out must be shorter than the total time-out, and neither may be zero")]
    Timeouts,
    /// The client could not be made, as on a machine without certificates.
    #[error("no HTTPS client could be made; are the system's CA certificates installed?")]
    Client(#[source] reqwest::Error),
}

/// The longest answer that is read for one message, and for one page of a list.
const MESSAGE_LIMIT: usize = 64 * 1024;
const PAGE_LIMIT: usize = 4 * 1024 * 1024;

/// How many messages a page of a list has, and how many pages are read. A contact has some ten texts a day, so one
/// page is the rule.
const PAGE_SIZE: &str = "100";
const PAGES: usize = 10;

/// The provider tries for at least a second and at most ten hours.
const VALIDITY_SECONDS: (u32, u32) = (1, 36_000);

/// The gateway to Twilio, or to a host that speaks its dialect.
pub struct Twilio {
    http: reqwest::Client,
    /// `…/2010-04-01/Accounts/{sid}/Messages.json`.
    messages: Url,
    user: String,
    password: SecretString,
    sender: Sender,
    status_url: String,
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("host", &self.messages.host_str()).finish_non_exhaustive()
    }
}

impl Twilio {
    /// A client with connections of its own.
    ///
    /// Makes ring the process's TLS provider if there is none yet.
    ///
    /// # Errors
    /// [`SettingsError`] says which setting is wrong and what would be right.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { base_url, account_sid, credentials, sender, status_url, timeouts } = settings;
        let (user, password) = match credentials {
            Credentials::AuthToken(token) => (account_sid.clone(), token),
            Credentials::ApiKey { sid, secret } => (sid, secret),
        };
        for (what, text) in [
            ("the account", account_sid.as_str()),
            ("the identifier of the API key", user.as_str()),
            ("the auth token or API key secret", password.expose_secret()),
        ] {
            if text.is_empty() {
                return Err(SettingsError::Empty(what));
            }
        }
        if matches!(&sender, Sender::MessagingService(sid) if sid.is_empty()) {
            return Err(SettingsError::Empty("the messaging service"));
        }
        if timeouts.connect.is_zero() || timeouts.connect >= timeouts.total {
            return Err(SettingsError::Timeouts);
        }
        if web_address(&status_url).is_none() {
            return Err(SettingsError::StatusUrl);
        }
        let messages = messages_address(&base_url, &account_sid).ok_or(SettingsError::BaseUrl)?;
        let http = http_client(messages.scheme() == "https", timeouts).map_err(SettingsError::Client)?;
        Ok(Self { http, messages, user, password, sender, status_url })
    }

    async fn create(&self, text: &Outgoing) -> SendOutcome {
        let validity = text.validity_seconds.clamp(VALIDITY_SECONDS.0, VALIDITY_SECONDS.1).to_string();
        let callback = callback_url(&self.status_url, text.id);
        let sender = match &self.sender {
            Sender::CenterNumber => ("From", text.from.as_e164()),
            Sender::MessagingService(sid) => ("MessagingServiceSid", sid.as_str()),
        };
        let form = [
            ("To", text.to.as_e164()),
            sender,
            ("Body", text.body.0.as_str()),
            ("StatusCallback", callback.as_str()),
            ("ValidityPeriod", validity.as_str()),
            // Otherwise it may replace Japanese punctuation by ASCII, which changes the text and saves nothing.
            ("SmartEncoded", "false"),
        ];
        let request = self
            .http
            .post(self.messages.clone())
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .form(&form);
        match request.send().await {
            Err(error) => {
                let never_connected = error.is_connect();
                let cause = cause(error);
                tracing::warn!(message.id = %text.id, never_connected, cause, "A text was not answered by the provider");
                if never_connected {
                    SendOutcome::Retry { after: None, code: None }
                } else {
                    SendOutcome::Unknown { code: None }
                }
            }
            Ok(response) => {
                let status = response.status().as_u16();
                let retry_after = wanted_wait(response.headers());
                let body = whole_body(response, MESSAGE_LIMIT).await;
                answer::created(status, retry_after, body.as_deref().ok())
            }
        }
    }

    /// Not filtered by `DateSent`: a text that still waits at the provider, for hours behind a slow sender, has not
    /// been sent and might be left out. The pair of numbers has few texts, so the dates are compared here.
    async fn read_list(
        &self,
        from: &PhoneNumber,
        to: &PhoneNumber,
        since: DateTime<Utc>,
    ) -> Result<Vec<Listed>, ListError> {
        let messaging_service_sid = match &self.sender {
            Sender::CenterNumber => None,
            Sender::MessagingService(sid) => Some(sid.as_str()),
        };
        let wanted = Wanted { from: from.as_e164(), messaging_service_sid, to: to.as_e164(), since };
        let mut address = self.messages.clone();
        {
            let mut query = address.query_pairs_mut();
            query.append_pair("To", wanted.to);
            // With a messaging service the number that it chose is not known here.
            if messaging_service_sid.is_none() {
                query.append_pair("From", wanted.from);
            }
            query.append_pair("PageSize", PAGE_SIZE);
        }
        let mut messages = Vec::new();
        for _ in 0..PAGES {
            let page = self.read_page(address.clone(), wanted).await?;
            messages.extend(page.messages);
            let Some(query) = page.next_query.filter(|query| address.query() != Some(query)) else { break };
            address.set_query(Some(&query));
        }
        // A message that came in while the pages were read moves the others to the next page.
        messages
            .sort_by(|a: &Listed, b| b.created_at.cmp(&a.created_at).then_with(|| b.provider_id.cmp(&a.provider_id)));
        messages.dedup_by(|a, b| a.provider_id == b.provider_id);
        Ok(messages)
    }

    async fn read_page(&self, address: Url, wanted: Wanted<'_>) -> Result<answer::ListedPage, ListError> {
        let request = self.http.get(address).basic_auth(&self.user, Some(self.password.expose_secret()));
        let response = request.send().await.map_err(|error| ListError(cause(error)))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(ListError(format!("it answered with HTTP status {status}")));
        }
        let body = whole_body(response, PAGE_LIMIT).await.map_err(ListError)?;
        answer::listed(&body, wanted).ok_or_else(|| ListError("its list could not be read".into()))
    }
}

impl SmsGateway for Twilio {
    fn send<'a>(&'a self, text: &'a Outgoing) -> BoxFuture<'a, SendOutcome> {
        Box::pin(self.create(text))
    }

    fn list<'a>(
        &'a self,
        from: &'a PhoneNumber,
        to: &'a PhoneNumber,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ListError>> {
        Box::pin(self.read_list(from, to, since))
    }
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn messages_address(base_url: &str, account_sid: &str) -> Option<Url> {
    let mut url = web_address(base_url)?;
    // User and password in the address would take the place of the credentials.
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !bare {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().extend(["2010-04-01", "Accounts", account_sid, "Messages.json"]);
    Some(url)
}

fn http_client(https: bool, timeouts: Timeouts) -> Result<reqwest::Client, reqwest::Error> {
    // An error means that somebody else has set one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .http1_only()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("mimamori/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        // Shorter than servers keep an idle connection, so that few are found closed.
        .pool_idle_timeout(Duration::from_secs(20));
    // Without HTTPS no certificates are needed, and a machine may have none: the demo must start there too.
    let builder = if https { builder } else { builder.tls_certs_only(std::iter::empty()) };
    builder.build()
}

/// The wait that the headers ask for.
fn wanted_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    answer::retry_after(text(RETRY_AFTER)?, text(DATE))
}

/// The whole body.
///
/// # Errors
/// Why it is not whole: it broke off, took too long, or is longer than `limit`.
async fn whole_body(mut response: Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(cause)? {
        if body.len() + chunk.len() > limit {
            return Err(format!("its answer is longer than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong, down to the system's own words, without the address: that of a list holds phone numbers (P15).
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        source = inner.source();
    }
    words
}
