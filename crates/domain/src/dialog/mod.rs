//! Dialogs: what is asked, in which order, in which words, and what a reply causes.
//!
//! [`definition`] is the compiled form and its hash; `load` (the strict loader) makes it from files and says
//! what is wrong with them; [`engine`] runs it; `render` writes the texts; `transcript` replays `.chat` files.
//! Nothing here reads a file, knows a phone number or sends anything.

pub mod definition;
pub mod engine;
pub mod render;
