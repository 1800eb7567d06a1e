//! Who asks, and which centers they may see. A handler that takes [`SignedIn`] or [`SignedInPart`] cannot be
//! reached by anybody who is not signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::center::Center;
use domain::id::CenterId;
use domain::staff::{Role, RoundAccess};
use store::{Staff, Tx};

use super::{ConsoleState, frame};
use crate::i18n::Lang;
use crate::web::error::Error;
use crate::web::session::{NOTE_EVERY, Token, expires_at};

/// Somebody who is signed in and opens a page. Nobody else gets past: they are led to the sign-in and back.
pub(super) struct SignedIn {
    pub(super) staff: Staff,
    /// The language that they read.
    pub(super) lang: Lang,
    /// Which sign-in it is; says nothing of the token.
    pub(super) token_sha256: [u8; 32],
}

/// Somebody who is signed in, and whose page or program asks by itself. Nobody else gets an answer. Such a request
/// keeps a sign-in alive only if it says that somebody used the page (`x-active: 1`): an open page on an empty
/// desk ends it.
pub(super) struct SignedInPart(pub(super) SignedIn);

impl FromRequestParts<ConsoleState> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &ConsoleState) -> Result<Self, Error> {
        let next = || Error::SignIn { next: Some(frame::here(&parts.uri)) };
        authenticate(parts, app, true).await?.ok_or_else(next)
    }
}

impl FromRequestParts<ConsoleState> for SignedInPart {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &ConsoleState) -> Result<Self, Error> {
        let used = parts.headers.get("x-active").is_some_and(|value| value == "1");
        authenticate(parts, app, used).await?.map(Self).ok_or(Error::SignIn { next: None })
    }
}

/// Who sent the request, if they are signed in; `used` says that a person did something.
async fn authenticate(parts: &Parts, app: &ConsoleState, used: bool) -> Result<Option<SignedIn>, Error> {
    let Some(token) = Token::of(&parts.headers, app.cookie_secure()) else { return Ok(None) };
    let (now, token_sha256) = (app.sign_in_clock.now(), token.sha256());
    let Some(session) = app.store.read().await?.session(&token_sha256, now).await? else { return Ok(None) };
    if used && now - session.last_seen_at >= NOTE_EVERY {
        let mut tx = app.store.begin().await?;
        tx.touch_session(&token_sha256, now, expires_at(session.created_at, now)).await?;
        tx.commit().await?;
    }
    let lang = frame::language(&parts.uri, &parts.headers, Some(&session.staff.language));
    Ok(Some(SignedIn { staff: session.staff, lang, token_sha256 }))
}

impl SignedIn {
    /// How much of a round they may see. A role that this program does not know may see nothing.
    pub(super) fn round_access(&self) -> RoundAccess {
        Role::from_key(&self.staff.role).map_or(RoundAccess::None, Role::round_access)
    }

    /// Stops who may see nothing of a round.
    pub(super) fn may_see_rounds(&self) -> Result<RoundAccess, Error> {
        match self.round_access() {
            RoundAccess::None => Err(Error::Forbidden),
            access => Ok(access),
        }
    }

    /// The centers that they may see: their own, or all.
    pub(super) async fn centers(&self, tx: &mut Tx) -> Result<Vec<Center>, Error> {
        match self.staff.center_id {
            Some(own) => Ok(tx.center(own).await?.into_iter().collect()),
            None => Ok(tx.centers().await?),
        }
    }

    /// The center that they ask for, or the first of those that they may see. One that they may not see is not
    /// there.
    pub(super) fn choose(&self, centers: &[Center], wanted: Option<CenterId>) -> Result<Center, Error> {
        match wanted {
            Some(wanted) => centers.iter().find(|center| center.id == wanted).cloned().ok_or(Error::NotFound),
            None => centers.first().cloned().ok_or(Error::NotFound),
        }
    }
}
