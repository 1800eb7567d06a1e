//! The demo: everything on this machine with nothing set up. A made-up center with made-up patients, the
//! simulated provider with its page of phones, and a clock that can be moved. Nothing on the pages is staged:
//! every state comes about by texts that travel through the simulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::app::{App, Parts};
use crate::clock::{Clock, EntropySource, MovedClock, SystemClock, SystemEntropy};
use crate::config::Config;
use crate::dialogs::{self, DialogBook};
use crate::simulator::message::Snapshot;
use crate::simulator::{self, Number, Simulator, StopWords};
use crate::web::console::DemoLinks;

mod clock_control;
mod population;

pub use clock_control::ClockControl;

/// The zone of the made-up center.
const ZONE: Tz = Tz::Asia__Tokyo;

/// The account at the simulated provider. Not in Twilio's form, on purpose.
const ACCOUNT: &str = "demo-account";

/// The path of the clock, on the phones' page and on the console alike.
const CLOCK_PATH: &str = "/demo/clock";

/// The login of the made-up nurse.
const LOGIN: &str = "nurse";

/// What somebody may want of the demo.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where its files are kept.
    pub data: PathBuf,
    /// The console's port; the phones take the next one. 0 takes any two free ones.
    pub port: u16,
    /// Start over.
    pub fresh: bool,
    /// No phone answers by itself.
    pub manual: bool,
}

/// What the demo tells when it is ready: addresses and secrets of a made-up world on this machine.
#[derive(Debug, Serialize)]
pub struct Ready {
    /// The staff console.
    pub console: String,
    /// The page of phones.
    pub phones: String,
    /// Where the provider delivers texts.
    pub webhook: String,
    /// Where the provider reports what became of ours.
    pub status_webhook: String,
    /// The API.
    pub api: String,
    /// What signatures are made over.
    pub public_url: String,
    /// The simulated provider's API, as Twilio's `https://api.twilio.com`.
    pub simulator: String,
    /// `GET` shows the time, `POST {"to": RFC 3339}` moves it forward and answers when all that it made due is done.
    pub clock: String,
    /// `POST` sets the simulator's misbehaviour.
    pub faults: String,
    /// The account at the simulated provider.
    pub account_sid: String,
    /// Its token.
    pub auth_token: String,
    /// The center's number.
    pub sender: String,
    /// The database, for commands beside the demo: `MIMAMORI__STORE__URL`.
    pub store: String,
    /// The center's name.
    pub center: String,
    /// How to sign in.
    pub login: Login,
}

/// How to sign in.
#[derive(Debug, Serialize)]
pub struct Login {
    /// The login name.
    pub user: &'static str,
    /// The password.
    pub password: String,
}

/// What a second start must know of the first.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    auth_token: String,
    password: String,
    now: DateTime<Utc>,
    /// What the simulated provider remembers: a real one would not forget when we stop.
    provider: Snapshot,
}

impl Kept {
    fn path(data: &Path) -> PathBuf {
        data.join("demo.json")
    }

    fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(data);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is not what a demo wrote; start over with --fresh", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn write(&self, data: &Path) -> anyhow::Result<()> {
        let path = Self::path(data);
        let text = serde_json::to_vec_pretty(self)?;
        // Beside it and then renamed: a stop in the middle leaves the old one.
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Runs the demo until it is stopped. `ready` is called once, when everything answers.
///
/// # Errors
/// When a file, a port or the database cannot be used.
pub async fn run(options: DemoOptions, ready: impl FnOnce(&Ready)) -> anyhow::Result<()> {
    let data = &options.data;
    std::fs::create_dir_all(data).with_context(|| format!("cannot make the folder {}", data.display()))?;
    let database = data.join("mimamori.db");
    if options.fresh {
        start_over(data, &database)?;
    }
    let entropy: Arc<dyn EntropySource> = Arc::new(SystemEntropy);
    let mut kept = match Kept::read(data)? {
        Some(kept) => kept,
        None => Kept {
            auth_token: secret(entropy.as_ref()),
            password: secret(entropy.as_ref()),
            now: population::first_morning(SystemClock.now()),
            provider: Snapshot::default(),
        },
    };
    kept.write(data)?;
    let clock = Arc::new(MovedClock::starting_at(kept.now));

    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)))
        .await
        .with_context(|| format!("port {} is in use; choose another with --port, or 0 for any", options.port))?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let control: Arc<OnceLock<ClockControl>> = Arc::default();
    let clock_routes = clock_control::router(CLOCK_PATH, Arc::clone(&control));

    let store_url = format!("sqlite:{}", database.display());
    let lifecycle = crate::lifecycle::Lifecycle::default();
    let simulator = simulator::start(
        simulator::Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, if options.port == 0 { 0 } else { options.port + 1 })),
            numbers: vec![Number::new(population::SENDER, format!("{public_url}/twilio/sms"))],
            // The demo's center answers STOP itself, as an account that redacts health data must.
            stop_words: StopWords::LeftToService,
            clock_url: Some(CLOCK_PATH.to_owned()),
            time_zone: ZONE,
            extra: Some(clock_routes.clone()),
            resume: Some(kept.provider.clone()),
            ..simulator::Settings::new(ACCOUNT, &kept.auth_token, Arc::clone(&clock) as _, Arc::clone(&entropy))
        },
        lifecycle.stop.clone(),
    )
    .await?;

    let config = configuration(&public_url, &store_url, &simulator.base_url(), &kept.auth_token)?;
    let links = DemoLinks { phones_url: simulator.phones_url(), clock_url: CLOCK_PATH.to_owned() };
    let parts = Parts {
        clock: Arc::clone(&clock) as _,
        sign_in_clock: Some(Arc::new(SystemClock)),
        entropy: Arc::clone(&entropy),
        gateway: None,
        demo: Some(links),
        lifecycle: lifecycle.clone(),
    };
    let app = App::with_dialogs(config, parts, Arc::new(dialogs()?)).await?;
    population::enrol_once(&app, &kept.password).await?;
    population::give_out_phones(&simulator, !options.manual);
    app.start_workers().await?;
    let _ = control.set(ClockControl::new(app.clone(), simulator.clone(), Arc::clone(&clock), ZONE));

    let router: Router = app.router()?.merge(clock_routes);
    let stop = lifecycle.stop.clone();
    lifecycle.spawn("web", async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(%error, "the web server ended");
        }
    });
    ready(&Ready {
        console: format!("{public_url}/"),
        phones: simulator.phones_url(),
        webhook: format!("{public_url}/twilio/sms"),
        status_webhook: format!("{public_url}/twilio/status"),
        api: format!("{public_url}/api/v1"),
        simulator: simulator.base_url(),
        clock: format!("{public_url}{CLOCK_PATH}"),
        faults: simulator.faults_url(),
        public_url,
        account_sid: ACCOUNT.to_owned(),
        auth_token: kept.auth_token.clone(),
        sender: population::SENDER.to_owned(),
        store: store_url,
        center: population::CENTER.to_owned(),
        login: Login { user: LOGIN, password: kept.password.clone() },
    });

    let keeper = keep_up(&clock, &simulator, &mut kept, data);
    tokio::select! {
        () = lifecycle.asked_to_stop() => {}
        () = keeper => {}
    }
    let limit = app.config.server.shutdown;
    drop(app);
    lifecycle.finish(limit).await;
    simulator.stopped().await;
    kept.now = clock.now();
    kept.provider = simulator.snapshot();
    kept.write(data)
}

/// Writes down the time, and what the provider remembers, every now and then, so that a second start goes on where
/// this one stopped, however it did.
async fn keep_up(clock: &MovedClock, simulator: &Simulator, kept: &mut Kept, data: &Path) {
    let mut every = tokio::time::interval(std::time::Duration::from_secs(2));
    loop {
        every.tick().await;
        kept.now = clock.now();
        kept.provider = simulator.snapshot();
        if let Err(error) = kept.write(data) {
            tracing::warn!(%error, "the demo's time could not be written down");
        }
    }
}

fn start_over(data: &Path, database: &Path) -> anyhow::Result<()> {
    let mut files = vec![Kept::path(data)];
    for ending in ["", "-wal", "-shm", ".lock"] {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        files.push(name.into());
    }
    for file in files {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn secret(entropy: &dyn EntropySource) -> String {
    let mut bytes = [0; 12];
    entropy.fill(&mut bytes);
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn configuration(public_url: &str, store: &str, provider: &str, token: &str) -> anyhow::Result<Config> {
    let variables = [
        ("SERVER__LISTEN", public_url.trim_start_matches("http://")),
        ("SERVER__PUBLIC_URL", public_url),
        ("SERVER__SHUTDOWN_SECONDS", "5"),
        ("STORE__URL", store),
        ("GATEWAY__KIND", "twilio"),
        ("GATEWAY__SEGMENTS_PER_SECOND", "200"),
        ("GATEWAY__TWILIO__BASE_URL", provider),
        ("GATEWAY__TWILIO__ACCOUNT_SID", ACCOUNT),
        ("GATEWAY__TWILIO__AUTH_TOKEN", token),
    ];
    let variables = variables.into_iter().map(|(key, value)| (format!("MIMAMORI__{key}"), value.to_owned()));
    Config::load(None, variables).context("the demo's own configuration")
}

/// The dialogs of the folder, so that a change shows at the next start of a checkout; without one, those that are in
/// the program: a demo needs no folder beside it.
fn dialogs() -> anyhow::Result<DialogBook> {
    let folder = Path::new("dialogs");
    if folder.join("daily/dialog.toml").is_file() {
        return Ok(DialogBook::load(folder)?);
    }
    dialogs::built_in().map_err(|faults| anyhow::anyhow!("{faults}"))
}
