//! (being written)

pub mod console;
pub mod webhook;
