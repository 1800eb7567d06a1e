//! The command line: one file a command. Arguments in, use cases called, results printed.

pub mod center;
pub mod dialog;
pub mod patient;
pub mod segments;
pub mod sign;
//! (being written)

pub mod simulator;
