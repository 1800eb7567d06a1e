//! (being written)

pub mod sign;
