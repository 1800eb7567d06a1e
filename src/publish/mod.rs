//! Publishing: when the dialogs on the disk become the ones that conversations start with. At the start, on SIGHUP
//! and, if asked to, when a file changes ([`watch`]).
//!
//! Each dialog is taken whole or refused whole, and for itself: one that somebody is in the middle of writing does
//! not hold up the correction of another. What is refused leaves the version in use where it is, across a restart
//! too: then the one stands in that the latest conversation began with, from the store. A running conversation
//! stays on its version in any case (P11).

pub mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use domain::dialog::definition::Dialog;
use domain::dialog::diagnostics::Diagnostics;
use store::Store;
use tracing::{debug, error, info, warn};

use crate::dialogs::{DialogBook, DialogsError, Reading, Refused};
use crate::metrics::Metrics;
use crate::pinned;

/// Why the service cannot start with the dialogs that there are.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The folder, or dialogs in it for which nothing can stand in.
    #[error(transparent)]
    Dialogs(#[from] DialogsError),
    /// The store could not be asked.
    #[error("the store could not be asked for the dialogs in use")]
    Store(#[from] store::Error),
}

/// Why the dialogs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody asked for it (SIGHUP): everything is told.
    Asked,
    /// A file changed: only what is new is told.
    Changed,
}

/// Reads the dialogs of a folder into the book, and tells what became of them.
#[derive(Debug)]
pub struct Publisher {
    dialogs: Arc<DialogBook>,
    path: PathBuf,
    store: Store,
    metrics: Metrics,
    /// What was refused at the last reading, with every reason, by name.
    refused: Mutex<BTreeMap<String, Diagnostics>>,
}

impl Publisher {
    /// Publishes the dialogs at `path`. Nothing is read yet.
    #[must_use]
    pub const fn new(dialogs: Arc<DialogBook>, path: PathBuf, store: Store, metrics: Metrics) -> Self {
        Self { dialogs, path, store, metrics, refused: Mutex::new(BTreeMap::new()) }
    }

    /// The names of the dialogs that were refused at the last reading.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The folder of dialogs.
    #[must_use]
    pub const fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Publishes at the start of the service. A dialog with faults is replaced by the version that the latest
    /// conversation began with, and so is one that a center uses and that is not in the folder.
    ///
    /// # Errors
    /// When the folder cannot be read or holds no dialog; when a dialog that a center uses has faults and was never
    /// in use, or nothing else can be used either; when the store fails.
    pub async fn start(&self) -> Result<(), PublishError> {
        let reading = self.read().await?;
        self.remember(&reading.refused);
        let mut tx = self.store.read().await?;
        let mut wanted: Vec<String> = reading.refused.iter().map(|refused| refused.name.clone()).collect();
        let centers = tx.centers().await?;
        wanted.extend(centers.iter().flat_map(domain::center::Center::dialogs).map(str::to_owned));
        wanted.sort_unstable();
        wanted.dedup();
        for name in wanted.iter().filter(|name| self.dialogs.current(name).is_none()) {
            let faults = reading.refused.iter().find(|refused| refused.name == **name).map(|refused| &refused.faults);
            match pinned::last_begun(&self.dialogs, &mut tx, name).await? {
                Some(dialog) => stand_in(name, &dialog, faults),
                None => tell_refused_if_any(name, faults),
            }
        }
        let needed = |name: &String| centers.iter().any(|center| center.dialogs().contains(&name.as_str()));
        let without = |refused: &Refused| needed(&refused.name) && self.dialogs.current(&refused.name).is_none();
        if reading.refused.iter().any(without) || self.dialogs.all_current().is_empty() {
            return Err(DialogsError::Faulty(reading.refused).into());
        }
        for dialog in &reading.published {
            debug!(dialog = dialog.name, version = %dialog.hash, "the dialog was read");
        }
        Ok(())
    }

    /// Publishes while the service runs: what is whole and changed is current from now on, what has faults is told
    /// and changes nothing.
    pub async fn publish(&self, occasion: Occasion) {
        let reading = match self.read().await {
            Ok(reading) => reading,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                error!(%error, cause, "the dialogs cannot be read: the ones in use stay");
                return;
            }
        };
        for dialog in &reading.published {
            info!(
                dialog = dialog.name,
                version = %dialog.hash,
                "the dialog was published: the next conversations begin with it"
            );
        }
        let before = self.remember(&reading.refused);
        for Refused { name, faults } in &reading.refused {
            if occasion == Occasion::Asked || before.get(name) != Some(faults) {
                tell_refused(name, faults);
            }
        }
        for name in before.keys().filter(|name| reading.unchanged.contains(name)) {
            info!(dialog = name, "the dialog has no fault any more, and is the one in use");
        }
        for name in &reading.gone {
            warn!(dialog = name, "the dialog is not in its folder any more: the version in use stays");
        }
        let (published, refused) = (reading.published.len(), reading.refused.len());
        match occasion {
            Occasion::Asked => {
                info!(published, unchanged = reading.unchanged.len(), refused, "the dialogs were read anew");
            }
            Occasion::Changed => {
                debug!(published, unchanged = reading.unchanged.len(), refused, "the dialogs were read anew");
            }
        }
        if published > 0 {
            self.prune().await;
        }
    }

    /// Removes from the store the versions that no conversation refers to any more: after a publication and at the
    /// start, since that is when there can be one more to remove. Failing to is no harm; the next time does it.
    pub async fn prune(&self) {
        let pruned = async {
            let unused = self.store.read().await?.unused_dialogs().await?;
            let mut removed = 0_usize;
            if !unused.is_empty() {
                let mut tx = self.store.begin().await?;
                for hash in &unused {
                    removed += usize::from(tx.remove_unused_dialog(hash).await?);
                }
                tx.commit().await?;
            }
            Ok::<_, store::Error>(removed)
        };
        match pruned.await {
            Ok(0) => {}
            Ok(removed) => info!(removed, "versions of dialogs that no conversation refers to were removed"),
            Err(error) => warn!(%error, "versions of dialogs that nothing refers to could not be removed"),
        }
    }

    /// Reads the folder on a thread of its own: it may lie on a slow disk, and checking texts takes a while.
    async fn read(&self) -> Result<Reading, DialogsError> {
        let (dialogs, path) = (Arc::clone(&self.dialogs), self.path.clone());
        match tokio::task::spawn_blocking(move || dialogs.reload(&path)).await {
            Ok(reading) => reading,
            Err(error) => Err(DialogsError::Unreadable { path: self.path.clone(), source: error.into() }),
        }
    }

    /// Notes what is refused now, and gives what was before.
    fn remember(&self, refused: &[Refused]) -> BTreeMap<String, Diagnostics> {
        self.metrics.dialogs_refused(refused.len());
        let now = refused.iter().map(|refused| (refused.name.clone(), refused.faults.clone())).collect();
        std::mem::replace(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

/// One event with everything that is to be corrected. Texts of dialogs are for everybody: there is nothing personal
/// in them (P13).
fn tell_refused(name: &str, faults: &Diagnostics) {
    error!(
        dialog = name,
        faults = faults.len(),
        reasons = %faults,
        "the dialog has errors and is refused: the version in use stays"
    );
}

fn tell_refused_if_any(name: &str, faults: Option<&Diagnostics>) {
    if let Some(faults) = faults {
        tell_refused(name, faults);
    }
}

fn stand_in(name: &str, dialog: &Dialog, faults: Option<&Diagnostics>) {
    match faults {
        Some(faults) => error!(
            dialog = name,
            version = %dialog.hash,
            faults = faults.len(),
            reasons = %faults,
            "the dialog has errors and is refused: the version that the latest conversation began with stays"
        ),
        None => error!(
            dialog = name,
            version = %dialog.hash,
            "the dialog of a center is not in the folder: the version that the latest conversation began with stays"
        ),
    }
}
