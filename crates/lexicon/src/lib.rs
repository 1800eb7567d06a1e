//! The words of patients: read from the lists that people edit, spelled out, folded, checked and compiled into tables
//! that readers look up in.
//!
//! `domain` uses this crate twice. Its build script compiles the lists ([`list`], [`pattern`], [`compile`]) and embeds
//! what comes out ([`embed`]); its readers fold texts as the words were folded ([`fold`], [`script`]) and walk the
//! [`automaton`] in place. What a heading means to a reader, and what becomes of a text, is not known here.

pub mod automaton;
pub mod compile;
pub mod embed;
pub mod fold;
pub mod list;
pub mod pattern;
pub mod script;

/// How many groups of languages there are: languages that share a file share a group.
pub const GROUPS: usize = 8;

/// The file of each group.
pub const FILES: [&str; GROUPS] =
    ["ja.toml", "en.toml", "zh.toml", "ko.toml", "vi.toml", "ne.toml", "tl.toml", "hi.toml"];

/// The group of those who are read in Japanese first.
pub const JAPANESE: usize = 0;

/// The group whose words everybody is read with.
pub const ENGLISH: usize = 1;
