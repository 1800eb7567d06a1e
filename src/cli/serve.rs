//! `mimamori serve`: the service.

use std::sync::Arc;

use anyhow::Context as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tracing::{error, info, warn};

use crate::app::{App, Parts};
use crate::clock::{EntropySource, SystemClock, SystemEntropy};
use crate::config::{BaseUrl, Config, GatewayKind};
use crate::publish::Occasion;
use crate::publish::watch::Watch;
use crate::simulator::{self, Number, Simulator, StopWords};

/// The account of a built-in simulator that is given none.
const SIMULATED_ACCOUNT: &str = "simulated-account";

/// Runs the service until it is asked to stop.
///
/// # Errors
/// When it cannot start: the database, the dialogs, the port, the configuration.
pub async fn run(mut config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}: see server.listen", config.server.listen))?;
    let parts = Parts::default();
    let lifecycle = parts.lifecycle.clone();
    let simulator = match config.gateway.kind {
        GatewayKind::Twilio => None,
        GatewayKind::Simulator => Some(start_simulator(&mut config, &lifecycle.stop).await?),
    };
    let app = App::new(config, parts).await?;
    if let Some(simulator) = &simulator {
        own_numbers(&app, simulator).await?;
    }
    app.start_workers().await?;
    keep_publishing(&app);
    let router = app.router()?;
    let stop = lifecycle.stop.clone();
    lifecycle.spawn("web", async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await {
            error!(%error, "the web server ended");
        }
    });
    info!(listen = %app.config.server.listen, public_url = app.config.server.public_url.as_str(), "serving");
    lifecycle.asked_to_stop().await;
    let limit = app.config.server.shutdown;
    let store = app.store.clone();
    drop(app);
    lifecycle.finish(limit).await;
    if let Some(simulator) = simulator {
        simulator.stopped().await;
    }
    store.close().await;
    Ok(())
}

/// The simulator is a provider on the other side of a socket; the Twilio gateway is pointed at it.
async fn start_simulator(config: &mut Config, stop: &tokio_util::sync::CancellationToken) -> anyhow::Result<Simulator> {
    let twilio = &mut config.gateway.twilio;
    let account = twilio.account_sid.get_or_insert_with(|| SIMULATED_ACCOUNT.to_owned()).clone();
    let token = twilio
        .auth_token
        .get_or_insert_with(|| {
            let mut bytes = [0; 16];
            SystemEntropy.fill(&mut bytes);
            SecretString::from(uuid::Builder::from_random_bytes(bytes).into_uuid().simple().to_string())
        })
        .clone();
    let settings = simulator::Settings {
        listen: config.simulator.listen,
        stop_words: StopWords::LeftToService,
        ..simulator::Settings::new(account, token.expose_secret(), Arc::new(SystemClock), Arc::new(SystemEntropy))
    };
    let simulator = simulator::start(settings, stop.clone()).await?;
    warn!(phones = simulator.phones_url(), "gateway.kind is \"simulator\": no text leaves this machine");
    config.gateway.twilio.base_url =
        BaseUrl::parse(&simulator.base_url()).map_err(|reason| anyhow::anyhow!("the simulator's address: {reason}"))?;
    Ok(simulator)
}

/// The simulated account owns every center's number.
async fn own_numbers(app: &App, simulator: &Simulator) -> anyhow::Result<()> {
    let url = app.config.server.public_url.join("/twilio/sms");
    for center in app.store.read().await?.centers().await? {
        simulator.add_owned_number(Number::new(center.sender.as_e164(), url.as_str()))?;
    }
    Ok(())
}

/// SIGHUP reads the dialogs anew, and so does a change of a file if that is wanted.
fn keep_publishing(app: &App) {
    use tokio::signal::unix::{SignalKind, signal};
    let publisher = Arc::clone(&app.publisher);
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        error!("SIGHUP cannot be listened to: the dialogs are read at the start only");
        return;
    };
    let mut watch = None;
    if app.config.dialogs.watch {
        match Watch::start(publisher.path()) {
            Ok(started) => watch = Some(started),
            Err(error) => error!(%error, "the dialogs cannot be watched: after a change send SIGHUP"),
        }
    }
    let stop = app.lifecycle.stop.clone();
    app.lifecycle.spawn("publish", async move {
        publisher.prune().await;
        loop {
            let changed = async {
                match &mut watch {
                    Some(watch) => watch.settled().await,
                    None => std::future::pending().await,
                }
            };
            let occasion = tokio::select! {
                () = stop.cancelled() => return,
                Some(()) = hangups.recv() => Occasion::Asked,
                () = changed => Occasion::Changed,
            };
            publisher.publish(occasion).await;
        }
    });
}
