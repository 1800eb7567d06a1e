//! The composition root: everything is put together here, once, from the configuration and a few parts that a
//! demo or a test replaces. Nothing is decided here.

use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use store::{StatusReport, Store};
use tokio::sync::Notify;
use tracing::{error, warn};

use crate::changes::Changes;
use crate::clock::{Clock, EntropySource, SystemClock, SystemEntropy};
use crate::config::Config;
use crate::conversation::{self, Inbox, Unavailable};
use crate::dialogs::DialogBook;
use crate::gateway::SmsGateway;
use crate::gateway::twilio::signature::Verifier;
use crate::gateway::twilio::{self, Twilio};
use crate::i18n::Lang;
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::outbox::{self, Relay};
use crate::publish::Publisher;
use crate::scheduler::Scheduler;
use crate::web;
use crate::web::webhook::{StatusCallback, WebhookEvent, WebhookOutcome, WebhookState};

/// The path of the status webhook; its address is told to the provider with every text.
pub const STATUS_PATH: &str = "/twilio/status";

/// What [`App::do_all_due`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Whether there was anything to do.
    pub busy: bool,
    /// When the outbox has more, if something waits there.
    pub again_at: Option<DateTime<Utc>>,
}

/// What a demo or a test replaces.
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What sign-ins are timed by, if it is another one: where the clock is moved by hours, nobody shall be
    /// signed out by that.
    pub sign_in_clock: Option<Arc<dyn Clock>>,
    /// Randomness.
    pub entropy: Arc<dyn EntropySource>,
    /// Whoever carries texts; `None` is the Twilio-compatible provider of the configuration.
    pub gateway: Option<Arc<dyn SmsGateway>>,
    /// Links that the console shows when this is a demo.
    pub demo: Option<web::console::DemoLinks>,
    /// What a stop is asked of and waits for; a demo shares it with the simulator.
    pub lifecycle: Lifecycle,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            sign_in_clock: None,
            entropy: Arc::new(SystemEntropy),
            gateway: None,
            demo: None,
            lifecycle: Lifecycle::default(),
        }
    }
}

/// The service, put together. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Where everything is kept.
    pub store: Store,
    /// The dialogs.
    pub dialogs: Arc<DialogBook>,
    /// Reads the dialogs from the disk.
    pub publisher: Arc<Publisher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn EntropySource>,
    /// The configuration.
    pub config: Arc<Config>,
    /// Tells open pages that something changed.
    pub changes: Changes,
    /// Counts.
    pub metrics: Metrics,
    /// Takes texts in.
    pub inbox: Inbox,
    /// Sends texts.
    pub relay: Arc<Relay>,
    /// Does what is due.
    pub scheduler: Scheduler,
    /// Starts and stops the parts.
    pub lifecycle: Lifecycle,
    sign_in_clock: Arc<dyn Clock>,
    demo: Option<web::console::DemoLinks>,
}

impl App {
    /// Opens the store, reads the dialogs and puts everything together. Nothing runs yet.
    ///
    /// # Errors
    /// When the store cannot be opened, a dialog has errors and nothing can stand in for it, or the configuration
    /// lacks something.
    pub async fn new(config: Config, parts: Parts) -> anyhow::Result<Self> {
        let app = Self::with_dialogs(config, parts, Arc::default()).await?;
        app.publisher.start().await?;
        Ok(app)
    }

    /// As [`App::new`], with dialogs that are already loaded.
    ///
    /// # Errors
    /// When the store cannot be opened or the configuration lacks something.
    pub async fn with_dialogs(config: Config, parts: Parts, dialogs: Arc<DialogBook>) -> anyhow::Result<Self> {
        let store = Store::connect(
            config.store.url.expose_secret(),
            store::Options { exclusive: true, ..store::Options::default() },
        )
        .await
        .context("the database could not be opened: see store.url")?;
        let changes = Changes::default();
        let metrics = Metrics::default();
        let wake = Arc::new(Notify::new());
        let lifecycle = parts.lifecycle;
        let status_url = config.server.public_url.join(STATUS_PATH);
        let gateway = match parts.gateway {
            Some(gateway) => gateway,
            None => Arc::new(Twilio::new(twilio_settings(&config, &status_url)?)?),
        };
        let render_url = status_url.clone();
        let inbox = Inbox::start(
            conversation::Parts {
                store: store.clone(),
                dialogs: Arc::clone(&dialogs),
                clock: Arc::clone(&parts.clock),
                entropy: Arc::clone(&parts.entropy),
                render: Arc::new(move |texts| twilio::twiml::response(texts, &render_url)),
                changes: changes.clone(),
                relay: Arc::clone(&wake),
                metrics: metrics.clone(),
            },
            &lifecycle,
        );
        let relay = Arc::new(Relay::new(
            store.clone(),
            gateway,
            Arc::clone(&parts.clock),
            Arc::clone(&parts.entropy),
            changes.clone(),
            metrics.clone(),
            Arc::clone(&wake),
            outbox::Settings {
                segments_per_second: NonZeroU32::new(config.gateway.segments_per_second)
                    .context("gateway.segments_per_second must be 1 or more")?,
                lease: TimeDelta::from_std(config.gateway.lease)?,
            },
        ));
        let scheduler = Scheduler {
            store: store.clone(),
            dialogs: Arc::clone(&dialogs),
            clock: Arc::clone(&parts.clock),
            entropy: Arc::clone(&parts.entropy),
            changes: changes.clone(),
            metrics: metrics.clone(),
            relay: wake,
            ticking: Arc::default(),
        };
        let publisher =
            Publisher::new(Arc::clone(&dialogs), config.dialogs.path.clone(), store.clone(), metrics.clone());
        Ok(Self {
            store,
            dialogs,
            publisher: Arc::new(publisher),
            sign_in_clock: parts.sign_in_clock.unwrap_or_else(|| Arc::clone(&parts.clock)),
            clock: parts.clock,
            entropy: parts.entropy,
            config: Arc::new(config),
            changes,
            metrics,
            inbox,
            relay,
            scheduler,
            lifecycle,
            demo: parts.demo,
        })
    }

    /// Everything that is served over HTTP.
    ///
    /// # Errors
    /// When the public address cannot be used to check signatures.
    pub fn router(&self) -> anyhow::Result<Router> {
        let health = web::health::Health {
            probes: vec![
                ("store", web::health::store_probe(self.store.clone())),
                ("inbox", self.inbox_probe()),
                ("dialogs", self.dialogs_probe()),
            ],
            notes: vec![("refused_dialogs", {
                let publisher = Arc::clone(&self.publisher);
                Arc::new(move || publisher.refused())
            })],
            metrics: self.metrics.clone(),
        };
        let console = web::console::router(web::console::ConsoleState::new(web::console::ConsoleParts {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            sign_in_clock: Arc::clone(&self.sign_in_clock),
            entropy: Arc::clone(&self.entropy),
            changes: self.changes.clone(),
            shutdown: self.lifecycle.stop.clone(),
            questions: question_names(),
            public_url: self.config.server.public_url.clone(),
            demo_links: self.demo.clone(),
        }));
        let router = web::webhook::router(self.webhook()?).merge(web::health::router(health)).merge(console);
        let shared = web::Shared {
            metrics: self.metrics.clone(),
            entropy: Arc::clone(&self.entropy),
            https: self.config.server.public_url.is_https(),
        };
        Ok(web::with_shared_layers(router, shared))
    }

    /// Whether texts can be stored: a full disk and a locked file still answer questions.
    fn inbox_probe(&self) -> web::health::Probe {
        let inbox = self.inbox.clone();
        Arc::new(move || {
            let storing = inbox.is_storing();
            Box::pin(async move { storing })
        })
    }

    /// Whether every center's dialog is there.
    fn dialogs_probe(&self) -> web::health::Probe {
        let (store, dialogs) = (self.store.clone(), Arc::clone(&self.dialogs));
        Arc::new(move || {
            let (store, dialogs) = (store.clone(), Arc::clone(&dialogs));
            Box::pin(async move {
                let centers = async { store.read().await?.centers().await }.await;
                match centers {
                    Ok(centers) => {
                        let mut needed = centers
                            .iter()
                            .flat_map(|center| center.dialogs().into_iter().map(move |dialog| (center, dialog)));
                        let missing = needed.find(|(_, dialog)| dialogs.current(dialog).is_none());
                        if let Some((center, dialog)) = missing {
                            warn!(center.id = %center.id, dialog, "not ready: a center's dialog is not there");
                        }
                        missing.is_none()
                    }
                    // The other probe says so.
                    Err(_) => true,
                }
            })
        })
    }

    fn webhook(&self) -> anyhow::Result<WebhookState> {
        let twilio = &self.config.gateway.twilio;
        let tokens = [&twilio.auth_token, &twilio.auth_token_previous].into_iter().flatten().cloned();
        let verifier = Verifier::new(self.config.server.public_url.as_str(), tokens)?;
        let (inbox, relay) = (self.inbox.clone(), Arc::clone(&self.relay));
        let clock = Arc::clone(&self.clock);
        let observed = self.metrics.clone();
        Ok(WebhookState {
            verifier,
            account_sids: twilio.account_sid.iter().cloned().collect(),
            receive: Arc::new(move |inbound| {
                let inbox = inbox.clone();
                Box::pin(async move { inbox.receive(inbound).await })
            }),
            report: Arc::new(move |callback: StatusCallback| {
                let (relay, now) = (Arc::clone(&relay), clock.now());
                Box::pin(async move {
                    let kept = match callback.state {
                        Some(state) => {
                            let report = StatusReport {
                                message_id: callback.message_id,
                                provider_id: callback.provider_id,
                                state,
                                code: callback.error_code,
                                at: now,
                            };
                            relay.report(&report, &callback.params).await
                        }
                        None => relay.keep_unreadable(&callback.provider_id, &callback.params, now).await,
                    };
                    kept.map_err(|error| {
                        error!(%error, "a status callback could not be stored; the provider may report again");
                        Unavailable
                    })
                })
            }),
            observe: Arc::new(move |event: WebhookEvent| {
                if let WebhookOutcome::Refused(refusal) = event.outcome {
                    observed.webhook_refused(refusal.key());
                }
            }),
        })
    }

    /// Starts the relay, the scheduler and its bell.
    ///
    /// # Errors
    /// When the ticker cannot be set up.
    pub async fn start_workers(&self) -> anyhow::Result<()> {
        let bell = Arc::new(Notify::new());
        start_ticker(&bell, &self.lifecycle).await?;
        let stop = self.lifecycle.stop.clone();
        self.lifecycle.spawn("relay", Arc::clone(&self.relay).run(stop.clone()));
        let scheduler = self.scheduler.clone();
        self.lifecycle.spawn("scheduler", async move {
            // The bell is rung by the wall clock, the interval by the monotonic one: whichever stalls, the
            // other still comes.
            let mut watchdog = tokio::time::interval(std::time::Duration::from_secs(1));
            watchdog.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = bell.notified() => {}
                    _ = watchdog.tick() => {}
                }
                if let Err(error) = scheduler.tick().await {
                    error!(%error, "what is due could not be done; it stays due");
                }
            }
        });
        let metrics = self.metrics.clone();
        let store = self.store.clone();
        let stop = self.lifecycle.stop.clone();
        self.lifecycle.spawn("gauges", async move {
            let mut every = tokio::time::interval(std::time::Duration::from_secs(5));
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = every.tick() => {}
                }
                match outbox_counts(&store).await {
                    Ok(counts) => metrics.outbox_holds(&counts),
                    Err(error) => warn!(%error, "the outbox could not be counted"),
                }
            }
        });
        Ok(())
    }

    /// Does all that is due now: for the demo's clock and for tests.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn do_all_due(&self) -> store::Result<Done> {
        let ticked = self.scheduler.tick().await?;
        let pass = self.relay.pass().await?;
        Ok(Done { busy: ticked || pass.settled > 0, again_at: pass.again_at })
    }

    /// When something is due next.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next_due(&self) -> store::Result<Option<DateTime<Utc>>> {
        self.scheduler.next_due().await
    }
}

async fn outbox_counts(store: &Store) -> store::Result<Vec<(domain::message::OutboundState, i64)>> {
    store.read().await?.open_outbox_counts().await
}

/// tokio-cron-scheduler is the ticker, not the truth: one UTC job that rings the bell, nothing else.
async fn start_ticker(bell: &Arc<Notify>, lifecycle: &Lifecycle) -> anyhow::Result<()> {
    use tokio_cron_scheduler::{Job, JobScheduler};
    let mut ticker = JobScheduler::new().await?;
    let bell = Arc::clone(bell);
    ticker.add(Job::new("* * * * * *", move |_, _| bell.notify_one())?).await?;
    ticker.start().await?;
    let stop = lifecycle.stop.clone();
    lifecycle.spawn("ticker", async move {
        stop.cancelled().await;
        if let Err(error) = ticker.shutdown().await {
            warn!(%error, "the ticker did not stop cleanly");
        }
    });
    Ok(())
}

fn twilio_settings(config: &Config, status_url: &str) -> anyhow::Result<twilio::Settings> {
    let twilio = &config.gateway.twilio;
    let account_sid = twilio.account_sid.clone().context("gateway.twilio.account_sid is missing")?;
    let credentials = match (&twilio.api_key, &twilio.auth_token) {
        (Some(key), _) => twilio::Credentials::ApiKey { sid: key.sid.clone(), secret: key.secret.clone() },
        (None, Some(token)) => twilio::Credentials::AuthToken(token.clone()),
        (None, None) => anyhow::bail!("gateway.twilio.auth_token is missing"),
    };
    let sender = match &twilio.messaging_service_sid {
        Some(service) => twilio::Sender::MessagingService(service.clone()),
        None => twilio::Sender::CenterNumber,
    };
    Ok(twilio::Settings {
        base_url: twilio.base_url.as_str().to_owned(),
        account_sid,
        credentials,
        sender,
        status_url: status_url.to_owned(),
        timeouts: twilio::Timeouts { connect: twilio.connect_timeout, total: twilio.timeout },
    })
}

/// The console's names for questions. Dialogs have no titles of their own yet: the questions of `daily` are
/// named here, any other by its key.
fn question_names() -> web::console::QuestionNames {
    Arc::new(|key, lang| {
        let (ja, en) = match key {
            "temperature" => ("体温", "Temperature"),
            "oxygen" => ("酸素", "Oxygen"),
            "breathing" => ("息苦しさ", "Breathing"),
            "symptoms" => ("症状", "Symptoms"),
            "signs" => ("緊急の症状", "Warning signs"),
            "note" => ("伝えたいこと", "Note"),
            "medicine" => ("解熱剤", "Fever medicine"),
            "easing" => ("軽快", "Easing"),
            "objection" => ("戻る不安", "Objection"),
            "number" => ("番号の確認", "Whose number"),
            "her-sys-id" => ("HER-SYS ID", "HER-SYS ID"),
            other => (other, other),
        };
        match lang {
            Lang::Ja => ja.to_owned(),
            Lang::En => en.to_owned(),
        }
    })
}
