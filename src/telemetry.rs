//! The log: one line an event, to standard error, as JSON for machines or as text for people. What is worth a
//! line is decided where it happens; personal data and secrets never are (P15).

use std::io::IsTerminal;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::{LogConfig, LogFormat};

/// The log was set up before: a program has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log is already set up")]
pub struct AlreadySetUp;

/// Sets up the log of the whole program. Called once, by the command line.
///
/// # Errors
/// When it was set up before.
pub fn set_up(config: &LogConfig) -> Result<(), AlreadySetUp> {
    let colour = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(config, colour, std::io::stderr)).map_err(|_| AlreadySetUp)
}

/// What writes the log: apart from [`set_up`], so that a test can listen to what its own thread says.
///
/// The filter of `config` was checked when the configuration was read; should it be wrong all the same, what
/// can be read of it counts.
pub fn subscriber<W>(config: &LogConfig, colour: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(&config.filter);
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_ours_or_harmless));
    match config.format {
        // The fields of the surrounding spans, the request's identifier above all, stand in `spans`.
        LogFormat::Json => Box::new(registry.with(
            tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(writer),
        )),
        LogFormat::Text => {
            Box::new(registry.with(tracing_subscriber::fmt::layer().with_ansi(colour).with_writer(writer)))
        }
    }
}

/// Whether a line may be written at all, whatever the filter asks for: from libraries, nothing that is finer than
/// `info`, since they then show addresses and bodies, which say something about people (P15).
fn is_ours_or_harmless(metadata: &Metadata<'_>) -> bool {
    let module = metadata.target().split("::").next().unwrap_or_default();
    matches!(module, "mimamori" | "domain" | "store") || *metadata.level() <= Level::INFO
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        /// What was logged so far.
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// Listens to this thread until the guard goes.
    pub(crate) fn listen(config: &LogConfig) -> (Kept, tracing::subscriber::DefaultGuard) {
        static EVERYTHING: std::sync::Once = std::sync::Once::new();
        // While some test listens to its own thread, others pass the same lines with nobody listening, and
        // `tracing` remembers that for all. One that is interested in everything, everywhere, prevents it.
        EVERYTHING.call_once(|| {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        });
        let kept = Kept::default();
        let guard = tracing::subscriber::set_default(subscriber(config, false, kept.clone()));
        (kept, guard)
    }

    fn logged(format: LogFormat, filter: &str) -> String {
        let config = LogConfig { format, filter: filter.to_owned() };
        let (kept, _listening) = listen(&config);
        let span = tracing::info_span!("request", request.id = "r1");
        span.in_scope(|| {
            tracing::info!(round.id = "rnd_1", patients = 3, "the round opened");
            tracing::debug!("too much");
            tracing::debug!(target: "hyper::proto", uri = "/sato-ichiro", "a library talks");
            tracing::trace!(target: "tower_http::csrf::service", uri = "/sato-ichiro", "refused");
            tracing::warn!(target: "hyper::server", "a library warns");
        });
        kept.text()
    }

    #[test]
    fn json_is_one_object_a_line_with_the_request() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(line["message"], "the round opened");
        assert_eq!(line["patients"], 3);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["spans"][0]["request.id"], "r1");
    }

    #[test]
    fn text_is_for_people_and_the_filter_holds() {
        let text = logged(LogFormat::Text, "info");
        assert!(text.contains("the round opened") && text.contains("rnd_1") && !text.contains("too much"), "{text}");
        assert!(logged(LogFormat::Text, "debug").contains("too much"));
        assert_eq!(logged(LogFormat::Text, "error"), "");
    }

    #[test]
    fn libraries_tell_no_addresses_however_much_is_asked_for() {
        let text = logged(LogFormat::Text, "trace");
        assert!(text.contains("too much") && text.contains("a library warns"), "{text}");
        assert!(!text.contains("sato-ichiro"), "{text}");
    }
}
