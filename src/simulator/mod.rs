//! The simulator: a Twilio-compatible provider on a socket of its own, written from Twilio's documents. It takes
//! messages over HTTP, carries them to phones on a page, signs its webhooks, reports delivery, and misbehaves when
//! told to. It shares no types, signing or statuses with our gateway, so that a mistake cannot agree with itself.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, EntropySource};

mod api;
mod connection;
mod delivery;
pub mod faults;
pub mod message;
mod numbers;
pub mod persona;
mod phones;
mod provider;
mod segments;
mod signing;
#[cfg(test)]
mod tests;
mod twiml;
mod webhook;

use connection::{Cut, CuttableListener};
pub use faults::{Faults, Strike};
use message::Book;
pub use message::{Direction, Filter, Message, Snapshot, Status};
pub use persona::{Persona, Style, Tongue};
pub use phones::book::Title;
pub use provider::Alert;
use provider::{Provider, State};
pub use webhook::{TextError, Texted};

/// The version of the API, as it stands in every address.
const API_VERSION: &str = "2010-04-01";

/// How often, in real time, it is looked whether somebody is about to type.
const PERSONA_POLL: Duration = Duration::from_millis(100);

/// A number that the account owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The number, in E.164 form.
    pub e164: String,
    /// What is called when a phone texts it: exactly this address is signed, without what follows `#`.
    pub sms_url: String,
    /// What is called when that fails.
    pub sms_fallback_url: Option<String>,
}

impl Number {
    /// A number whose texts go to this address.
    #[must_use]
    pub fn new(e164: impl Into<String>, sms_url: impl Into<String>) -> Self {
        Self { e164: e164.into(), sms_url: sms_url.into(), sms_fallback_url: None }
    }

    /// The provider's identifier of the number: its digits are unique already.
    fn sid(&self) -> String {
        format!("PN{:0>32}", self.e164.trim_start_matches('+'))
    }
}

/// What becomes of STOP and START.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StopWords {
    /// The provider blocks whoever texts a stop word (code 21610), confirms it itself, and passes the text on: what
    /// an account has unless it asks for something else.
    #[default]
    Filtered,
    /// The provider leaves them to the service, as it does for accounts that redact their messages.
    LeftToService,
}

/// How a simulator is to be.
#[derive(Clone)]
pub struct Settings {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The account's name in every address; any text.
    pub account_sid: String,
    /// The account's secret: for the API, and for signing.
    pub auth_token: String,
    /// Further (key, secret) pairs for the API.
    pub api_keys: Vec<(String, String)>,
    /// A messaging service whose senders are all the numbers; opt-outs are then for all of them together.
    pub messaging_service_sid: Option<String>,
    /// The account's numbers.
    pub numbers: Vec<Number>,
    /// Where changes of a message's status are told if the message itself names no address.
    pub status_url: Option<String>,
    /// What becomes of STOP and START.
    pub stop_words: StopWords,
    /// The page's clock control: an address on the same origin, answered by `extra`.
    pub clock_url: Option<String>,
    /// The zone in which the phones show the time.
    pub time_zone: chrono_tz::Tz,
    /// What an earlier run remembered; that run's phones and messages are there again.
    pub resume: Option<Snapshot>,
    /// Routes of the caller's, served beside the simulator's own and none of them.
    pub extra: Option<Router>,
    /// The time: of messages, and of when somebody is about to type.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers come from.
    pub entropy: Arc<dyn EntropySource>,
}

impl Settings {
    /// A simulator on a free loopback port, with an account and no numbers yet.
    #[must_use]
    pub fn new(
        account_sid: impl Into<String>,
        auth_token: impl Into<String>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn EntropySource>,
    ) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            account_sid: account_sid.into(),
            auth_token: auth_token.into(),
            api_keys: Vec::new(),
            messaging_service_sid: None,
            numbers: Vec::new(),
            status_url: None,
            stop_words: StopWords::default(),
            clock_url: None,
            time_zone: chrono_tz::Tz::UTC,
            resume: None,
            extra: None,
            clock,
            entropy,
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.account_sid.is_empty(), "the simulator needs an account SID; any text will do");
        anyhow::ensure!(!self.auth_token.is_empty(), "the simulator needs an auth token; any text will do");
        let mut seen = HashSet::new();
        for number in &self.numbers {
            check_number(number)?;
            anyhow::ensure!(seen.insert(&number.e164), "the simulator is given the same number twice");
        }
        Ok(())
    }
}

fn check_number(number: &Number) -> anyhow::Result<()> {
    anyhow::ensure!(
        numbers::is_e164(&number.e164),
        "the simulator is given a number that is not in E.164 form, such as +815000000001"
    );
    Ok(())
}

/// Starts a simulator; it runs until `shutdown`.
///
/// # Errors
/// When a setting is wrong or the address cannot be listened on; the text says which.
pub async fn start(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<Simulator> {
    settings.check()?;
    // reqwest takes the process's TLS; whoever came first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = || {
        reqwest::Client::builder()
            .connect_timeout(webhook::CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
    };
    // A machine may have no certificates: then it calls http:// addresses only, which is all that a demo needs.
    let http = client()
        .build()
        .or_else(|_| client().tls_certs_only(std::iter::empty()).build())
        .context("the simulator's HTTP client")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("the simulator cannot listen on {}", settings.listen))?;
    let address = listener.local_addr().context("the simulator's address")?;
    let mut state = State { numbers: settings.numbers, ..State::default() };
    let mut resume = settings.resume.unwrap_or_default();
    state.phones.resume(std::mem::take(&mut resume.phones));
    state.book = Book::resume(resume);
    let known: Vec<String> =
        state.book.newest_first(&Filter::default()).map(|message| message.phone().to_owned()).collect();
    for phone in known.iter().rev() {
        state.phones.id_of(phone);
    }
    let provider = Arc::new(Provider {
        account_sid: settings.account_sid,
        auth_token: settings.auth_token,
        api_keys: settings.api_keys,
        service_sid: settings.messaging_service_sid,
        stop_words: settings.stop_words,
        status_url: settings.status_url,
        base_url: format!("http://{address}"),
        clock_url: settings.clock_url,
        time_zone: settings.time_zone,
        clock: settings.clock,
        entropy: settings.entropy,
        http,
        tracker: TaskTracker::new(),
        shutdown: shutdown.clone(),
        poke: Notify::new(),
        news: broadcast::channel(1024).0,
        busy: watch::channel(0).0,
        state: Mutex::new(state),
    });
    let own = api::router(&provider).merge(phones::router()).with_state(Arc::clone(&provider));
    let app = match settings.extra {
        Some(extra) => own.merge(extra),
        None => own,
    };
    let app = app.into_make_service_with_connect_info::<Cut>();
    let stop = shutdown.clone();
    provider.tracker.spawn(async move {
        let server = axum::serve(CuttableListener(listener), app);
        if let Err(error) = server.with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(%error, "the simulator's server ended");
        }
    });
    // What an earlier run had taken is still to be delivered.
    let unmoved = provider.state().book.unmoved();
    for sid in unmoved {
        delivery::begin(&provider, &sid);
    }
    let typist = Arc::clone(&provider);
    provider.tracker.spawn(async move {
        loop {
            tokio::select! {
                () = typist.shutdown.cancelled() => return,
                () = typist.poke.notified() => {}
                () = tokio::time::sleep(PERSONA_POLL) => {}
            }
            do_due(&typist);
        }
    });
    Ok(Simulator(provider))
}

/// Does what has fallen due by the clock: scheduled messages leave, and whoever is about to type does.
fn do_due(provider: &Arc<Provider>) {
    // Held while work moves from one count to the next, so that nobody sees the simulator idle in between.
    let _busy = provider.busy();
    delivery::begin_due(provider);
    let now = provider.now();
    let due = provider.state().phones.take_due(now);
    for (number, pending) in due {
        let owner = Arc::clone(provider);
        provider.spawn(async move {
            if let Err(error) = webhook::text(&owner, &number, &pending.to, &pending.words, 0).await {
                tracing::warn!(%error, "a scripted patient could not text");
            }
        });
    }
}

/// A running simulator. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Provider>);

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("base_url", &self.0.base_url).finish_non_exhaustive()
    }
}

impl Simulator {
    /// The address that stands for `https://api.twilio.com`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.0.base_url.clone()
    }

    /// The page of phones.
    #[must_use]
    pub fn phones_url(&self) -> String {
        format!("{}/", self.0.base_url)
    }

    /// Where faults are shown (GET) and set (POST).
    #[must_use]
    pub fn faults_url(&self) -> String {
        format!("{}/faults", self.0.base_url)
    }

    /// Sets what goes wrong from now on; what is not set goes right.
    pub fn set_faults(&self, faults: Faults) {
        self.0.state().faults.set(faults);
    }

    /// A phone texts one of the numbers; returns when the service's answer has been followed.
    ///
    /// # Errors
    /// When the text cannot leave the phone. A service that fails is no error: then there is an alert.
    pub async fn text(&self, from: &str, to: &str, body: &str) -> Result<Texted, TextError> {
        webhook::text(&self.0, from, to, body, 0).await
    }

    /// A phone sends this many pictures, with or without words.
    ///
    /// # Errors
    /// As for [`text`](Self::text).
    pub async fn text_media(&self, from: &str, to: &str, body: &str, media: u32) -> Result<Texted, TextError> {
        webhook::text(&self.0, from, to, body, media).await
    }

    /// Delivers a phone's text to the service once more, under the same identifier.
    ///
    /// # Errors
    /// When no phone sent it.
    pub async fn redeliver(&self, sid: &str) -> Result<Texted, TextError> {
        webhook::redeliver(&self.0, sid).await
    }

    /// The wanted messages, oldest first.
    #[must_use]
    pub fn messages(&self, filter: &Filter) -> Vec<Message> {
        let mut found: Vec<Message> = self.0.state().book.newest_first(filter).cloned().collect();
        found.reverse();
        found
    }

    /// What the provider noted as problems, oldest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.0.state().alerts.clone()
    }

    /// Adds a number to the account, or replaces its addresses.
    ///
    /// # Errors
    /// When it is not in E.164 form.
    pub fn add_owned_number(&self, number: Number) -> anyhow::Result<()> {
        check_number(&number)?;
        let mut state = self.0.state();
        match state.numbers.iter_mut().find(|owned| owned.e164 == number.e164) {
            Some(owned) => *owned = number,
            None => state.numbers.push(number),
        }
        Ok(())
    }

    /// Puts a phone on the page's list, under a title that means something to whoever looks.
    pub fn add_phone(&self, number: &str, title: Title) {
        let card = {
            let mut state = self.0.state();
            state.phones.set_title(number, title);
            let id = state.phones.id_of(number);
            state.phones.cards().into_iter().find(|card| card.id == id)
        };
        if let Some(card) = card {
            self.0.tell(&phones::book::News::Phone(card));
        }
    }

    /// What a later run needs to go on from here.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.0.state();
        let mut snapshot = state.book.snapshot();
        snapshot.phones = state.phones.kept();
        snapshot
    }

    /// Puts phones into the hands of scripted patients, who answer by themselves from now on, save those that a person
    /// has taken over. Whoever has a text on
    /// the screen that nobody has answered yet sees it now.
    pub fn set_personas(&self, personas: HashMap<String, Persona>) {
        let now = self.0.now();
        let mut state = self.0.state();
        let state = &mut *state;
        for (number, persona) in personas {
            state.phones.set_persona(&number, persona);
            let last = state.book.of_phone(&number).next_back();
            if let Some(open) = last.filter(|message| message.status == Status::Delivered) {
                state.phones.receive(&number, open.from.as_deref().unwrap_or_default(), &open.body, now);
            }
        }
    }

    /// Whether a phone can be reached; what is sent to one that cannot is not delivered (code 30003).
    pub fn set_reachable(&self, number: &str, reachable: bool) {
        let mut state = self.0.state();
        if reachable {
            state.unreachable.remove(number);
        } else {
            state.unreachable.insert(number.to_owned());
        }
    }

    /// When, by the clock, a scripted patient next types.
    #[must_use]
    pub fn next_persona_due(&self) -> Option<DateTime<Utc>> {
        self.0.state().phones.next_due()
    }

    /// Does at once what has fallen due by the clock. To be called when the clock was moved.
    pub fn poke(&self) {
        do_due(&self.0);
    }

    /// Resolves when nothing is under way: no delivery, no callback, no webhook, nobody typing. Who types only at a
    /// later time by the clock does not count.
    pub async fn idle(&self) {
        let mut busy = self.0.busy.subscribe();
        loop {
            self.poke();
            // The sender lives in this very simulator, so that waiting cannot fail.
            let _ = busy.wait_for(|count| *count == 0).await;
            let due = self.next_persona_due().is_some_and(|due| due <= self.0.now());
            if !due && *busy.borrow() == 0 {
                return;
            }
        }
    }

    /// Waits until all of it has ended, once the shutdown that it was started with is called for.
    pub async fn stopped(&self) {
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }
}
