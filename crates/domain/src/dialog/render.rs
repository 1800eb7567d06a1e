//! Writing the texts of a dialog: placeholders, echoes, labels.

/// The texts of a dialog in all its languages.
#[derive(Debug, Default)]
pub struct Texts {}
