//! For operation: is the process up (`/healthz`), can it do its work (`/readyz`), what has it done (`/metrics`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::gateway::futures::BoxFuture;
use crate::metrics::{CONTENT_TYPE, Metrics};

/// Something that must work for the service to do its work.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Something to know that does not hinder the work: words, none when there is nothing to tell.
pub type Note = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// How long a probe may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `/readyz` and `/metrics` look at.
#[derive(Clone)]
pub struct Health {
    /// By name, such as `store`. The names are shown to anybody who asks; why one fails stands in the log.
    pub probes: Vec<(&'static str, Probe)>,
    /// By name, such as `refused_dialogs`. Shown to anybody who asks, while there is something to tell.
    pub notes: Vec<(&'static str, Note)>,
    /// What is counted.
    pub metrics: Metrics,
}

/// A probe that asks the database.
#[must_use]
pub fn store_probe(store: store::Store) -> Probe {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            let answer = store.ping().await;
            if let Err(error) = &answer {
                tracing::warn!(error = %error, "not ready: the database");
            }
            answer.is_ok()
        })
    })
}

/// The answer of `/readyz`.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    checks: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<&'static str, Vec<String>>,
}

/// The routes.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let mut checks = BTreeMap::new();
    for (name, probe) in &health.probes {
        let outcome = match tokio::time::timeout(PATIENCE, probe()).await {
            Ok(true) => "ok",
            Ok(false) => "failed",
            Err(_) => "timed out",
        };
        checks.insert(*name, outcome);
    }
    let ready = checks.values().all(|outcome| *outcome == "ok");
    let notes =
        health.notes.iter().map(|(name, note)| (*name, note())).filter(|(_, words)| !words.is_empty()).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks, notes }))
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], health.metrics.render())
}
