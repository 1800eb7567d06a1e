//! The dialog `daily` as it is in the program, for whoever has no folder of dialogs at hand.

use domain::dialog::definition::{Dialog, SourceFile};
use domain::dialog::diagnostics::Diagnostics;
use domain::dialog::load;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "dialogs/daily"]
#[include = "*.toml"]
struct Embedded;

/// The dialog `daily`.
///
/// # Errors
/// Its faults: none in a released program; in debug builds it is read from the checkout, which may be in the middle
/// of a change.
pub(crate) fn daily() -> Result<Dialog, Diagnostics> {
    let mut files = Vec::new();
    for name in Embedded::iter() {
        let Some(file) = Embedded::get(&name) else { continue };
        files.push(SourceFile::from_bytes(&name, &file.data)?);
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    load::load("daily", &files)
}
