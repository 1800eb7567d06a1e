//! Tests over real HTTP against the real binary: a morning of many patients, redelivery, restarts, `kill -9`, bad
//! input, privacy. The outside is the truth here: what the webhooks answer, what the simulated provider has, what
//! the commands print.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and says where")]

mod bad_input;
mod demo;
mod guides;
mod kill;
mod morning;
mod privacy;
mod publish;
mod redelivery;
mod restart;
mod service;
mod showcase;
mod webhook;
