//! What all parts of the provider share: its settings, its state, the count of what is under way, and the news
//! for whoever watches. Speaks no HTTP itself.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::FaultBox;
use super::message::Book;
use super::phones::book::{News, Phones};
use super::{Number, StopWords};
use crate::clock::{Clock, EntropySource};

/// How many alerts are kept; the oldest go first.
const ALERTS: usize = 500;

/// Something that the provider would show in its debugger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Alert {
    /// When, by the provider's clock.
    pub at: DateTime<Utc>,
    /// Twilio's error code.
    pub code: u32,
    /// What was wrong and what would be right. Holds neither numbers nor words of a text.
    pub explanation: String,
    /// The message that it is about, if it is about one.
    pub sid: Option<String>,
}

/// Everything that changes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) book: Book,
    pub(super) numbers: Vec<Number>,
    pub(super) phones: Phones,
    pub(super) faults: FaultBox,
    /// Phones that are off or do not exist: what is sent to them is not delivered.
    pub(super) unreachable: HashSet<String>,
    pub(super) alerts: Vec<Alert>,
    /// For each (sender, phone): when the last reply in a webhook answer left, and how many left in a row.
    pub(super) replies: HashMap<(String, String), (DateTime<Utc>, u32)>,
}

/// The provider.
pub(super) struct Provider {
    pub(super) account_sid: String,
    pub(super) auth_token: String,
    pub(super) api_keys: Vec<(String, String)>,
    pub(super) service_sid: Option<String>,
    pub(super) stop_words: StopWords,
    pub(super) status_url: Option<String>,
    pub(super) base_url: String,
    pub(super) clock_url: Option<String>,
    pub(super) time_zone: chrono_tz::Tz,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn EntropySource>,
    pub(super) http: reqwest::Client,
    pub(super) tracker: TaskTracker,
    pub(super) shutdown: CancellationToken,
    pub(super) poke: Notify,
    pub(super) news: broadcast::Sender<Arc<str>>,
    pub(super) busy: watch::Sender<usize>,
    pub(super) state: Mutex<State>,
}

/// Counts one piece of work as under way until it is dropped.
pub(super) struct Busy(Arc<Provider>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.send_modify(|count| *count -= 1);
    }
}

impl Provider {
    /// The state, for a moment: never held over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new identifier: the prefix and 32 hexadecimal digits.
    pub(super) fn new_sid(&self, prefix: &str) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        bytes.iter().fold(prefix.to_owned(), |mut sid, byte| {
            let _ = write!(sid, "{byte:02x}");
            sid
        })
    }

    /// Counts one piece of work as under way.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.send_modify(|count| *count += 1);
        Busy(Arc::clone(self))
    }

    /// Does something besides; a stop ends it where it is.
    pub(super) fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let busy = self.busy();
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            let _busy = busy;
            shutdown.run_until_cancelled(work).await;
        });
    }

    /// Waits in real time, as a slow network does.
    pub(super) async fn hold_back(&self, milliseconds: u64) {
        if milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }

    /// Tells whoever watches the phones.
    pub(super) fn tell(&self, news: &News) {
        if self.news.receiver_count() > 0
            && let Ok(json) = serde_json::to_string(news)
        {
            // The last watcher may just have left.
            let _ = self.news.send(Arc::from(json));
        }
    }

    /// Records something that the operator of the service should know.
    pub(super) fn alert(&self, code: u32, explanation: impl Into<String>, sid: Option<&str>) {
        let alert = Alert { at: self.now(), code, explanation: explanation.into(), sid: sid.map(str::to_owned) };
        tracing::warn!(code, explanation = %alert.explanation, "the simulator noted a problem");
        let mut state = self.state();
        if state.alerts.len() >= ALERTS {
            state.alerts.remove(0);
        }
        state.alerts.push(alert.clone());
        drop(state);
        self.tell(&News::Alert(alert));
    }

    /// Tells the pages that a message is new or has changed.
    pub(super) fn tell_message(&self, sid: &str) {
        if self.news.receiver_count() == 0 {
            return;
        }
        let news = {
            let mut state = self.state();
            let state = &mut *state;
            let Some(message) = state.book.get(sid) else { return };
            let phone = state.phones.id_of(message.phone());
            News::Message { phone, message: super::phones::book::Bubble::of(message, self.time_zone) }
        };
        self.tell(&news);
    }

    /// What an opt-out applies to: the messaging service if there is one, else the sender alone.
    pub(super) fn opt_out_scope<'a>(&'a self, sender: &'a str) -> &'a str {
        self.service_sid.as_deref().unwrap_or(sender)
    }
}
