//! Tells whoever watches (open browser pages) that something changed. Lossy on purpose: a watcher that falls
//! behind reads the state again; nothing that matters depends on it.

use domain::id::CenterId;
use tokio::sync::broadcast;

/// Announces changes, and lets others listen.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<CenterId>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(256).0)
    }
}

impl Changes {
    /// Something that staff of this center see has changed.
    pub fn announce(&self, center: CenterId) {
        // Nobody listening is fine.
        let _ = self.0.send(center);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<CenterId> {
        self.0.subscribe()
    }
}
