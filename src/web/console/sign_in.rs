//! Signing in and out.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use domain::audit::AuditAction;
use serde::Deserialize;
use store::NewAudit;

use super::frame::{self, Frame, Place};
use super::{ConsoleState, entry};
use crate::i18n::{Lang, Msg};
use crate::web::error::Error;
use crate::web::session::{LONGEST_PASSWORD, Token, expires_at, own_path, removal_cookie, wait_before_sign_in};

#[derive(Template)]
#[template(path = "console/login.html")]
struct Page {
    frame: Frame,
    notice: Option<&'static str>,
    error: Option<String>,
    login: String,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
    notice: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// The longest login that is looked up, in bytes.
const LONGEST_LOGIN: usize = 100;

pub(super) async fn page(Query(asked): Query<Asked>, uri: Uri, headers: HeaderMap) -> Result<Response, Error> {
    let lang = frame::language(&uri, &headers, None);
    let notice = match asked.notice.as_deref() {
        Some("signed-out") => Some(lang.t(Msg::SignedOut)),
        _ if !asked.next.is_empty() && own_path(&asked.next) != "/" => Some(lang.t(Msg::SessionEnded)),
        _ => None,
    };
    let next = own_path(&asked.next).to_owned();
    let page = Page { frame: Frame::outside(lang, frame::here(&uri)), notice, error: None, login: String::new(), next };
    Ok(frame::html(&page)?.into_response())
}

/// The sign-in page again, with what was wrong.
fn again(lang: Lang, sent: SignIn, status: StatusCode, error: String) -> Result<Response, Error> {
    let next = own_path(&sent.next).to_owned();
    let mut here = "/login".to_owned();
    if next != "/" {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        here = format!("/login?next={next}");
    }
    let frame = Frame::outside(lang, here);
    let page = Page { frame, notice: None, error: Some(error), login: sent.login, next };
    Ok((status, frame::html(&page)?).into_response())
}

pub(super) async fn sign_in(
    State(app): State<ConsoleState>,
    uri: Uri,
    headers: HeaderMap,
    sent: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Error> {
    let Form(mut sent) = sent.map_err(|_| Error::Invalid)?;
    sent.login = sent.login.trim().to_owned();
    let lang = frame::language(&uri, &headers, None);
    if sent.login.len() > LONGEST_LOGIN || sent.password.len() > LONGEST_PASSWORD {
        sent.login.clear();
        return again(lang, sent, StatusCode::FORBIDDEN, lang.t(Msg::SignInFailed).to_owned());
    }

    let mut tx = app.store.read().await?;
    if let Some(wait) = wait_before_sign_in(&mut tx, &sent.login, app.sign_in_clock.now()).await? {
        let minutes = wait.num_minutes().max(1);
        let error = format!("{} {}", lang.t(Msg::TooManyFailures), lang.wait_minutes(minutes));
        let mut response = again(lang, sent, StatusCode::TOO_MANY_REQUESTS, error)?;
        response.headers_mut().insert(header::RETRY_AFTER, TimeDelta::minutes(minutes).num_seconds().into());
        return Ok(response);
    }
    let staff = tx.staff_by_login(&sent.login).await?;
    drop(tx);

    let hash = staff.as_ref().map(|staff| staff.password_hash.clone());
    let password = std::mem::take(&mut sent.password);
    let fits = app.passwords.check(password, hash).await.map_err(Error::Internal)?;

    // When it was, for the trail; and from when on it counts.
    let (at, now) = (app.clock.now(), app.sign_in_clock.now());
    let mut tx = app.store.begin().await?;
    let Some(staff) = staff.as_ref().filter(|_| fits) else {
        tx.record_sign_in_failure(&sent.login, now).await?;
        tx.append_audit(&NewAudit {
            at,
            actor: None,
            // What was typed is not kept: people type their password into the wrong field.
            actor_text: "sign-in".to_owned(),
            action: AuditAction::SignInRefused,
            center: staff.as_ref().and_then(|staff| staff.center_id),
            subject: staff.as_ref().map_or_else(|| "unknown login".to_owned(), |staff| staff.id.to_string()),
            detail: serde_json::Value::Object(serde_json::Map::new()),
        })
        .await?;
        tx.commit().await?;
        return again(lang, sent, StatusCode::FORBIDDEN, lang.t(Msg::SignInFailed).to_owned());
    };
    tx.clear_sign_in_failures(&sent.login).await?;
    // A new sign-in has a new token; the one that the browser had before ends here.
    if let Some(old) = Token::of(&headers, app.cookie_secure()) {
        tx.delete_session(&old.sha256()).await?;
    }
    let token = Token::new(app.entropy.as_ref());
    tx.insert_session(&token.sha256(), staff.id, now, expires_at(now, now)).await?;
    tx.append_audit(&entry(at, staff, AuditAction::SignIn, staff.center_id, staff.id.to_string())).await?;
    tx.commit().await?;

    let cookie = token.cookie(app.cookie_secure()).to_string();
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(own_path(&sent.next))).into_response())
}

pub(super) async fn sign_out(State(app): State<ConsoleState>, headers: HeaderMap) -> Result<Response, Error> {
    if let Some(token) = Token::of(&headers, app.cookie_secure()) {
        let (at, token) = (app.clock.now(), token.sha256());
        let mut tx = app.store.begin().await?;
        if let Some(session) = tx.session(&token, app.sign_in_clock.now()).await? {
            let staff = session.staff;
            tx.append_audit(&entry(at, &staff, AuditAction::SignOut, staff.center_id, staff.id.to_string())).await?;
        }
        tx.delete_session(&token).await?;
        tx.commit().await?;
    }
    let cookie = removal_cookie(app.cookie_secure()).to_string();
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login?notice=signed-out")).into_response())
}
