//! Dialogs: what is asked, in which order, in which words, and what a reply causes.
//!
//! [`definition`] is the compiled form and its hash; [`load`] (the strict loader) makes it from files and says
//! what is wrong with them ([`diagnostics`]); [`engine`] runs it; [`render`] writes the texts; [`transcript`]
//! replays `.chat` files. Nothing here reads a file, knows a phone number or sends anything.

mod check;
pub mod definition;
pub mod diagnostics;
mod document;
pub mod engine;
mod layers;
pub mod load;
mod questions;
pub mod render;
mod template;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
pub mod transcript;
