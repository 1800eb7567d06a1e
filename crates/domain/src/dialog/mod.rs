//! Dialogs: what is asked, in which order, in which words, and what a reply causes.
//!
//! [`definition`] is the compiled form and its hash; [`load`] (the strict loader) makes it from files and says
//! what is wrong with them ([`diagnostics`]); [`engine`] runs it; [`render`] writes the texts, [`lengths`] how long
//! they can become, [`cost`] what a morning takes of them; [`transcript`] replays `.chat` files; [`diff`] says what
//! changes for a patient between two versions, in the words of [`outline`]; [`exchange`] carries dialogs to and from the
//! formats of others. Nothing here reads a file, knows a phone number or sends anything.

mod check;
pub mod cost;
pub mod definition;
pub mod diagnostics;
pub mod diff;
mod document;
pub mod engine;
pub mod exchange;
mod layers;
pub mod lengths;
pub mod load;
pub mod outline;
mod questions;
pub mod render;
pub(crate) mod template;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
pub mod transcript;
pub(crate) mod wording;
