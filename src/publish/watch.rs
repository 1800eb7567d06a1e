//! Noticing that somebody changed a file of the dialogs, and that they are done with it. What follows is not known
//! here.
//!
//! The crate's own debouncer is not used: it drops the kind of an event, so that on Linux our own reading of a file
//! (an event as well) would make us read it again, without end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tracing::error;

use crate::dialogs::read_along;

/// How long nothing may have changed in the whole folder before it is read: editors save in several steps, and
/// copying a folder takes a while.
pub const QUIET: Duration = Duration::from_secs(1);

/// Watches a folder with all that is in it, and what is read along with it.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    path: PathBuf,
    watched: Vec<PathBuf>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the folder is not there, or the system has no more watches to give.
    pub fn start(path: &Path) -> notify::Result<Self> {
        // One is enough: it says that something changed since the last look.
        let (tell, changes) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, concerns_dialogs) {
                // Full means that it is told already; closed, that nobody wants to know any more.
                let _ = tell.try_send(());
            }
        })?;
        let watched = read_along(path);
        watch_all(&mut watcher, &watched)?;
        Ok(Self { watcher, path: path.to_owned(), watched, changes })
    }

    /// Waits until something has changed, and then until nothing has for [`QUIET`].
    ///
    /// Given up half-way, it forgets the change: whoever does so reads the folder anyway.
    pub async fn settled(&mut self) {
        settled(&mut self.changes, || tokio::time::sleep(QUIET)).await;
        // The folder may have been replaced as a whole, and what is watched is then the old one.
        for path in std::mem::replace(&mut self.watched, read_along(&self.path)) {
            let _ = self.watcher.unwatch(&path);
        }
        if let Err(error) = watch_all(&mut self.watcher, &self.watched) {
            error!(%error, "the dialogs are not watched any more: after a change send SIGHUP, or start again");
        }
    }
}

fn watch_all(watcher: &mut RecommendedWatcher, paths: &[PathBuf]) -> notify::Result<()> {
    paths.iter().try_for_each(|path| watcher.watch(path, RecursiveMode::Recursive))
}

async fn settled<F: Future<Output = ()>>(changes: &mut mpsc::Receiver<()>, quiet: impl Fn() -> F) {
    if changes.recv().await.is_none() {
        // The watcher is gone, and nothing will ever change again.
        return std::future::pending().await;
    }
    loop {
        tokio::select! {
            biased;
            Some(()) = changes.recv() => {}
            () = quiet() => return,
        }
    }
}

/// Whether dialogs may read differently after this.
fn concerns_dialogs(event: &Event) -> bool {
    let written = match event.kind {
        // Reading is no change, and we read ourselves.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    };
    // A folder may have come or gone; anything else that is no TOML (transcripts, an editor's own files) is no part
    // of a dialog. The system may also say that it lost count.
    let of_a_dialog = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !hidden && path.extension().is_none_or(|extension| extension == "toml")
    };
    event.need_rescan() || (written && event.paths.iter().any(of_a_dialog))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use notify::event::{CreateKind, DataChange, Flag, ModifyKind};
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn what_changes_a_dialog_is_told_from_the_rest() {
        let write = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let read = EventKind::Access(AccessKind::Open(AccessMode::Read));
        for (kind, path, concerns) in [
            (write, "dialogs/daily/texts.ja.toml", true),
            (closed, "dialogs/daily/dialog.toml", true),
            (EventKind::Create(CreateKind::Folder), "dialogs/short", true),
            (read, "dialogs/daily/texts.ja.toml", false),
            (EventKind::Access(AccessKind::Any), "dialogs/daily", false),
            (write, "dialogs/daily/.texts.ja.toml.swp", false),
            (write, "dialogs/daily/texts.ja.toml~", false),
            (write, "dialogs/daily/chats/ja.chat", false),
        ] {
            assert_eq!(concerns_dialogs(&Event::new(kind).add_path(path.into())), concerns, "{kind:?} {path}");
        }
        assert!(concerns_dialogs(&Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    }

    #[tokio::test]
    async fn a_save_in_many_steps_is_one_change() {
        let (tell, mut changes) = mpsc::channel(1);
        let (ends, waits): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel::<()>()).unzip();
        let waits = Arc::new(Mutex::new(waits.into_iter()));
        let begun = Arc::new(tokio::sync::Notify::new());
        let quiet = {
            let (waits, begun) = (Arc::clone(&waits), Arc::clone(&begun));
            move || {
                let wait = waits.lock().expect("nobody panics").next().expect("three waits are enough");
                begun.notify_one();
                async move {
                    let _ = wait.await;
                }
            }
        };
        let done = Arc::new(Mutex::new(false));
        let finished = Arc::clone(&done);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            settled(&mut changes, quiet).await;
            *finished.lock().expect("nobody panics") = true;
        });
        let mut ends = ends.into_iter();
        for _ in 0..3 {
            // Two more steps of the save come while it waits for quiet: it waits anew each time.
            tell.send(()).await.expect("it listens");
            begun.notified().await;
            assert!(!*done.lock().expect("nobody panics"));
        }
        // The first two waits are over long ago, and nobody looks at them any more.
        drop((ends.next(), ends.next()));
        assert!(ends.next().expect("the third").send(()).is_ok(), "the third is the one that is waited for");
        tasks.join_next().await.expect("one task").expect("it ends");
        assert!(*done.lock().expect("nobody panics"));
    }
}
