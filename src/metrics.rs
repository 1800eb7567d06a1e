//! What is counted and measured, in the text format of Prometheus. No globals: whoever counts is given the
//! [`Metrics`]. Labels are fixed words; nothing about a person is ever one (P15).

use std::sync::Arc;
use std::time::Duration;

use domain::alert::AlertRule;
use domain::dialog::engine::TextKind;
use domain::message::OutboundState;
use domain::severity::Severity;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Everything that is counted and measured. Cheap to clone; the clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    inbound: Family<Outcome, Counter>,
    outbound: Family<KindAndOutcome, Counter>,
    refusals: Family<Reason, Counter>,
    turn_seconds: Histogram,
    batch_size: Histogram,
    outbox: Family<State, Gauge>,
    alerts: Family<RuleAndSeverity, Counter>,
    unmatched: Counter,
    dialogs_refused: Gauge,
    requests: Family<Request, Counter>,
    request_seconds: Histogram,
}

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindAndOutcome {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleAndSeverity {
    rule: &'static str,
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        // Replies are promised within 50 ms at the 99th percentile; the buckets are close around it.
        let seconds = || Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
        let mut metrics = Self {
            registry: Arc::default(),
            inbound: Family::default(),
            outbound: Family::default(),
            refusals: Family::default(),
            turn_seconds: seconds(),
            batch_size: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            outbox: Family::default(),
            alerts: Family::default(),
            unmatched: Counter::default(),
            dialogs_refused: Gauge::default(),
            requests: Family::default(),
            request_seconds: seconds(),
        };
        let mut registry = Registry::with_prefix("mimamori");
        registry.register("inbound_texts", "Texts that came in, by what became of them", metrics.inbound.clone());
        registry.register(
            "outbound_texts",
            "Attempts to hand a text to the provider, by kind of text and outcome",
            metrics.outbound.clone(),
        );
        registry.register(
            "webhook_refusals",
            "Requests to the webhooks that were refused, by reason",
            metrics.refusals.clone(),
        );
        registry.register_with_unit(
            "turn_duration",
            "From the arrival of a text to its answer, the commit included",
            Unit::Seconds,
            metrics.turn_seconds.clone(),
        );
        registry.register("batch_size", "Texts that were committed together", metrics.batch_size.clone());
        registry.register(
            "outbox_texts",
            "Texts that are not settled, by state: queued, sending, unknown",
            metrics.outbox.clone(),
        );
        registry.register(
            "dialogs_refused",
            "Dialogs that had faults when they were last read; an older version is in use",
            metrics.dialogs_refused.clone(),
        );
        registry.register("alerts", "Alerts raised, by rule and severity", metrics.alerts.clone());
        registry.register(
            "unmatched_status_callbacks",
            "Status callbacks that fit no text of ours",
            metrics.unmatched.clone(),
        );
        registry.register("http_requests", "HTTP requests, by method, route and status", metrics.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "From an HTTP request to the beginning of its answer",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        metrics.registry = Arc::new(registry);
        metrics
    }
}

impl Metrics {
    /// A text came in, and this became of it: a fixed word such as `answered`, `duplicate`, `unknown-number`.
    pub fn inbound_text(&self, outcome: &'static str) {
        self.inbound.get_or_create(&Outcome { outcome }).inc();
    }

    /// A text was handed to the provider: a fixed word such as `accepted`, `retry`, `rejected`, `unknown`.
    pub fn outbound_text(&self, kind: TextKind, outcome: &'static str) {
        self.outbound.get_or_create(&KindAndOutcome { kind: kind.key(), outcome }).inc();
    }

    /// A request to a webhook was refused: a fixed word such as `signature`, `account`, `body`.
    pub fn webhook_refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&Reason { reason }).inc();
    }

    /// A turn took this long, from the arrival of the text to the answer.
    pub fn turn_took(&self, duration: Duration) {
        self.turn_seconds.observe(duration.as_secs_f64());
    }

    /// So many texts were committed together.
    pub fn batch_committed(&self, texts: usize) {
        // More texts in a batch than 2^32 do not fit in memory.
        self.batch_size.observe(f64::from(u32::try_from(texts).unwrap_or(u32::MAX)));
    }

    /// What is in the outbox now: how many texts are in each state that is not settled, empty states included.
    pub fn outbox_holds(&self, counts: &[(OutboundState, i64)]) {
        for (state, count) in counts {
            self.outbox.get_or_create(&State { state: state.key() }).set(*count);
        }
    }

    /// An alert was raised.
    pub fn alert_raised(&self, rule: AlertRule, severity: Severity) {
        self.alerts.get_or_create(&RuleAndSeverity { rule: rule.key(), severity: severity.key() }).inc();
    }

    /// A status callback came that fits no text of ours.
    pub fn unmatched_status(&self) {
        self.unmatched.inc();
    }

    /// So many dialogs were refused when they were last read.
    pub fn dialogs_refused(&self, count: usize) {
        self.dialogs_refused.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A request was answered. `route` is the pattern that it matched (`/rounds/{center}/{day}`), never the
    /// address as it was sent: that may say something about a person, and there would be no end of them.
    pub fn http_request(&self, method: &axum::http::Method, route: &str, status: u16, duration: Duration) {
        let method = match method.as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "OPTIONS" => "OPTIONS",
            // A client may invent methods without end.
            _ => "other",
        };
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.request_seconds.observe(duration.as_secs_f64());
    }

    /// Everything, in the text format of OpenMetrics ([`CONTENT_TYPE`]).
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a String cannot fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_counted_is_shown() {
        let metrics = Metrics::default();
        let counting = metrics.clone();
        counting.inbound_text("answered");
        counting.inbound_text("answered");
        counting.outbound_text(TextKind::Opening, "unknown");
        counting.webhook_refused("signature");
        counting.turn_took(Duration::from_millis(3));
        counting.batch_committed(7);
        counting.outbox_holds(&[(OutboundState::Queued, 5), (OutboundState::Sending, 0)]);
        counting.alert_raised(AlertRule::WarningSign, Severity::Red);
        counting.unmatched_status();
        counting.dialogs_refused(2);
        counting.http_request(&axum::http::Method::GET, "/healthz", 200, Duration::from_millis(1));
        let invented = axum::http::Method::from_bytes(b"BREW").unwrap();
        counting.http_request(&invented, "unmatched", 405, Duration::from_millis(1));
        let text = metrics.render();
        for line in [
            r#"mimamori_inbound_texts_total{outcome="answered"} 2"#,
            r#"mimamori_outbound_texts_total{kind="opening",outcome="unknown"} 1"#,
            r#"mimamori_webhook_refusals_total{reason="signature"} 1"#,
            r#"mimamori_turn_duration_seconds_bucket{le="0.005"} 1"#,
            r#"mimamori_batch_size_bucket{le="8.0"} 1"#,
            r#"mimamori_outbox_texts{state="queued"} 5"#,
            r#"mimamori_outbox_texts{state="sending"} 0"#,
            r#"mimamori_alerts_total{rule="warning-sign",severity="red"} 1"#,
            "mimamori_unmatched_status_callbacks_total 1",
            "mimamori_dialogs_refused 2",
            r#"mimamori_http_requests_total{method="GET",route="/healthz",status="200"} 1"#,
            r#"mimamori_http_requests_total{method="other",route="unmatched",status="405"} 1"#,
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_state_that_empties_goes_back_to_zero() {
        let metrics = Metrics::default();
        metrics.outbox_holds(&[(OutboundState::Queued, 5)]);
        metrics.outbox_holds(&[(OutboundState::Queued, 0)]);
        assert!(metrics.render().contains(r#"mimamori_outbox_texts{state="queued"} 0"#));
    }
}
