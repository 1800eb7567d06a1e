//! Starting and stopping: signals, the order of a stop, and the rule that if one part dies the program does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// What every long-running part is given.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Cancelled when no new work may be taken.
    pub stop: CancellationToken,
    /// Everything that runs; a stop waits for it.
    pub tasks: TaskTracker,
}

impl Lifecycle {
    /// Runs a part until it ends by itself. When it ends before a stop was asked for, everything stops: half a
    /// service is worse than none, and whoever runs it will start it again.
    pub fn spawn(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        let inner = self.tasks.spawn(part);
        self.tasks.spawn(async move {
            let ended = inner.await;
            if !stop.is_cancelled() {
                tracing::error!(
                    part = name,
                    panicked = ended.is_err(),
                    "a part of the service ended: stopping the rest"
                );
                stop.cancel();
            }
        });
    }

    /// Waits until somebody asks for a stop: SIGTERM, SIGINT, or a part that died.
    pub async fn asked_to_stop(&self) {
        tokio::select! {
            () = terminate() => info!("asked to stop: taking no new work, finishing what there is"),
            () = self.stop.cancelled() => {}
        }
        self.stop.cancel();
    }

    /// Waits for everything to finish, for at most `limit`. What was accepted is on disk in any case; what was
    /// on its way to the provider and could not be settled is `unknown` at the next start.
    pub async fn finish(self, limit: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            warn!(seconds = limit.as_secs(), "some work did not finish in time and was abandoned");
        } else {
            info!("stopped");
        }
    }
}

async fn terminate() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            tokio::select! {
                _ = interrupt => {}
                _ = signal.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
