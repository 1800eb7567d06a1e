//! (being written)

pub mod dialog;
pub mod segments;
