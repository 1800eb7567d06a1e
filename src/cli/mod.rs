//! (being written)

pub mod simulator;
