//! Mimamori: daily health observation by plain text message.
//!
//! Reading order: `domain` (the core) and `store` are crates of their own. Here, in the shell: [`clock`],
//! [`config`], [`telemetry`]; [`gateway`] (texts out) and [`simulator`] (a provider to try it on);
//! [`enrol`] (who is watched over), [`conversation`] (a text came), [`scheduler`] (a time came), [`outbox`] (texts leave); [`web`]; [`app`]
//! puts it together, [`lifecycle`] starts and stops it, [`demo`] shows it, [`cli`] is how people call it.

pub mod app;
pub mod changes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod conversation;
pub mod demo;
pub mod dialogs;
pub mod enrol;
mod escalation;
pub mod gateway;
pub mod i18n;
pub mod lifecycle;
pub mod metrics;
pub mod outbox;
pub mod pinned;
pub mod publish;
pub mod round_status;
pub mod scheduler;
pub mod simulator;
pub mod telemetry;
pub mod web;
