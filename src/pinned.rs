//! Which dialog a conversation runs: the one that it is pinned to, from the book or from the store; and with which one
//! a new conversation begins. For what purpose is [`domain::choice`]'s business.

use std::sync::Arc;

use domain::center::Center;
use domain::choice::{self, Purpose};
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

/// The dialog with which a conversation for this purpose begins. For a last day, or for one text, the ordinary morning
/// stands in where the center's dialog is not there: somebody has to be asked. For nothing else does another.
///
/// # Errors
/// When there is none; the readiness of the service and the log say so, too.
pub fn beginning(book: &DialogBook, center: &Center, purpose: Purpose) -> store::Result<Arc<Dialog>> {
    let named = |purpose| center.dialog_for(purpose).and_then(|name| book.current(name));
    let dialog = match purpose {
        Purpose::Morning | Purpose::Second => named(purpose),
        Purpose::Short | Purpose::Release => named(purpose).or_else(|| named(Purpose::Morning)),
        // What asks about health must not be sent to a number that may be anybody's, whatever it is called.
        Purpose::Welcome => named(purpose).filter(|dialog| choice::serves(dialog, purpose).is_ok()),
    };
    dialog.ok_or_else(|| missing(center, purpose))
}

/// What to say when a dialog that a center needs is not there.
#[must_use]
pub fn missing(center: &Center, purpose: Purpose) -> store::Error {
    let (column, what) = match purpose {
        Purpose::Morning => ("dialog", "no dialog of this name is loaded"),
        Purpose::Short => ("short_dialog", "no dialog of this name is loaded"),
        Purpose::Release => ("release_dialog", "no dialog of this name is loaded"),
        Purpose::Second => ("second_check", "no dialog of the name in it is loaded"),
        Purpose::Welcome => ("welcome_dialog", "no dialog of this name is loaded that can be a welcome"),
    };
    store::Error::inconsistent("centers", column, center.id, what)
}

/// The key of the question that is open in a conversation.
#[must_use]
pub fn open_question(dialog: &Dialog, state: &State) -> Option<String> {
    let Phase::Asking { question, .. } = state.phase else { return None };
    dialog.questions.get(usize::from(question)).map(|question| question.key.clone())
}
