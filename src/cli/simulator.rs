//! `mimamori simulator`: the simulator alone, for trying a service or a client library against it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::clock::{SystemClock, SystemEntropy};
use crate::simulator::{self, Faults, Number, Settings, StopWords};

/// Runs the built-in provider alone.
#[derive(Debug, Args)]
pub struct SimulatorArgs {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The account SID; any text.
    #[arg(long, default_value = "AC00000000000000000000000000000001")]
    account: String,
    /// The auth token, for the API and for signing; any text.
    #[arg(long, default_value = "simulator-token")]
    token: String,
    /// A number of the account, in E.164 form; may be given several times.
    #[arg(long = "number", default_value = "+815000000001")]
    numbers: Vec<String>,
    /// The service's address for texts that phones send.
    #[arg(long)]
    sms_url: String,
    /// Where changes of a message's status are told if the message names no address.
    #[arg(long)]
    status_url: Option<String>,
    /// A messaging service with all the numbers.
    #[arg(long)]
    messaging_service: Option<String>,
    /// Leave STOP and START to the service.
    #[arg(long)]
    leave_stop_words: bool,
    /// The time zone in which the phones show the time.
    #[arg(long, default_value = "Asia/Tokyo")]
    time_zone: chrono_tz::Tz,
    /// A JSON file of faults to begin with.
    #[arg(long)]
    faults: Option<PathBuf>,
}

/// Runs the simulator until it is interrupted. Prints one JSON line when it is ready: `base_url`, `phones`,
/// `faults`, `account_sid`, `auth_token`, `numbers`.
///
/// # Errors
/// When an argument is wrong, the faults cannot be read, or the address cannot be listened on.
pub async fn run(args: SimulatorArgs) -> anyhow::Result<()> {
    let faults = match &args.faults {
        None => Faults::default(),
        Some(path) => {
            let text =
                tokio::fs::read_to_string(path).await.with_context(|| format!("{} cannot be read", path.display()))?;
            serde_json::from_str(&text)
                .with_context(|| format!("{} holds no faults that can be set", path.display()))?
        }
    };
    let mut settings = Settings::new(args.account, args.token, Arc::new(SystemClock), Arc::new(SystemEntropy));
    settings.listen = args.listen;
    settings.numbers = args.numbers.iter().map(|number| Number::new(number, &args.sms_url)).collect();
    settings.status_url = args.status_url;
    settings.messaging_service_sid = args.messaging_service;
    settings.time_zone = args.time_zone;
    if args.leave_stop_words {
        settings.stop_words = StopWords::LeftToService;
    }
    let (account, token) = (settings.account_sid.clone(), settings.auth_token.clone());

    let shutdown = CancellationToken::new();
    let running = simulator::start(settings, shutdown.clone()).await?;
    running.set_faults(faults);
    let ready = json!({
        "base_url": running.base_url(),
        "phones": running.phones_url(),
        "faults": running.faults_url(),
        "account_sid": account,
        "auth_token": token,
        "numbers": args.numbers,
    });
    writeln!(std::io::stdout(), "{ready}").context("standard output")?;
    interrupted().await?;
    shutdown.cancel();
    running.stopped().await;
    Ok(())
}

/// Resolves when somebody wants the program to stop.
async fn interrupted() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupt = tokio::signal::ctrl_c() => interrupt.context("listening for an interrupt"),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.context("listening for an interrupt")
}
