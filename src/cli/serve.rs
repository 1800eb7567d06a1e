//! `mimamori serve`: the service.

use std::sync::Arc;

use anyhow::Context as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tracing::{error, info, warn};

use crate::app::{App, Parts};
use crate::clock::{EntropySource, SystemClock, SystemEntropy};
use crate::config::{BaseUrl, Config, GatewayKind};
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
    reload_on_hangup(&app);
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

/// SIGHUP reads the dialogs anew. Those with errors are refused with the list, and the old ones stay.
fn reload_on_hangup(app: &App) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    let (dialogs, path) = (Arc::clone(&app.dialogs), app.config.dialogs.path.clone());
    let stop = app.lifecycle.stop.clone();
    app.lifecycle.spawn("reload", async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(()) = hangups.recv() => {}
            }
            match dialogs.reload(&path) {
                Ok(()) => info!("the dialogs were read anew; new conversations start with them"),
                Err(error) => error!(%error, "the dialogs have errors: the ones in use stay"),
            }
        }
    });
}
