//! Which dialog a conversation runs: the one that it is pinned to, from the book or from the store.

use std::sync::Arc;

use domain::center::Center;
use domain::dialog::definition::{Dialog, DialogHash};
use domain::dialog::engine::{Phase, State};
use domain::dialog::load;
use store::Tx;

use crate::dialogs::DialogBook;

/// The dialog that a conversation is pinned to (P11): known already, or from the store, where the content of
/// every dialog is kept that was ever started.
///
/// # Errors
/// When the store fails, or has not kept it.
pub async fn dialog(book: &DialogBook, tx: &mut Tx, hash: &DialogHash) -> store::Result<Arc<Dialog>> {
    if let Some(dialog) = book.get(hash) {
        return Ok(dialog);
    }
    let lost = || store::Error::inconsistent("dialog_versions", "source", hash, "the dialog was not kept");
    let (name, files) = tx.dialog_source(hash).await?.ok_or_else(lost)?;
    let dialog = load::load(&name, &files)
        .map_err(|_| store::Error::inconsistent("dialog_versions", "source", hash, "the dialog has errors"))?;
    Ok(book.insert(dialog))
}

/// The version of a dialog that the latest conversation began with, from the store; it is the current one from now
/// on. `None` if no conversation ever began with it, or if this program finds faults in it.
///
/// # Errors
/// When the store fails.
pub async fn last_begun(book: &DialogBook, tx: &mut Tx, name: &str) -> store::Result<Option<Arc<Dialog>>> {
    let Some(hash) = tx.last_begun_dialog(name).await? else { return Ok(None) };
    let Some((name, files)) = tx.dialog_source(&hash).await? else { return Ok(None) };
    Ok(load::load(&name, &files).ok().map(|dialog| book.insert_current(dialog)))
}

/// What to say when a center's dialog is not there.
#[must_use]
pub fn missing(center: &Center) -> store::Error {
    store::Error::inconsistent("centers", "dialog", center.id, "no dialog of this name is loaded")
}

/// The key of the question that is open in a conversation.
#[must_use]
pub fn open_question(dialog: &Dialog, state: &State) -> Option<String> {
    let Phase::Asking { question, .. } = state.phase else { return None };
    dialog.questions.get(usize::from(question)).map(|question| question.key.clone())
}
