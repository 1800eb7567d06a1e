//! What every page has around its content: language, menu, who is signed in, the demo's bar.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Html;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{DateTime, Days, SecondsFormat, TimeZone, Utc};
use domain::center::Center;
use domain::id::CenterId;
use domain::round::RoundPlan;

use super::signed_in::SignedIn;
use super::{ConsoleState, assets};
use crate::i18n::{Lang, Msg};
use crate::web::error::Error;

/// Where in the menu a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    Alerts,
    Elsewhere,
}

/// What every page has around its content.
pub(super) struct Frame {
    pub(super) lang: Lang,
    /// The name of who is signed in.
    pub(super) staff: Option<String>,
    pub(super) place: Place,
    /// The centers to choose from.
    pub(super) centers: Vec<CenterChoice>,
    /// The chosen one.
    pub(super) center: Option<CenterId>,
    /// The page's own address, without the language.
    pub(super) here: String,
    pub(super) demo: Option<DemoBar>,
}

/// A center to choose.
pub(super) struct CenterChoice {
    pub(super) id: CenterId,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// What a demo shows on top of every page.
pub(super) struct DemoBar {
    pub(super) phones_url: String,
    pub(super) clock_url: String,
    pub(super) jumps: Vec<Jump>,
}

/// A moment that the demo's clock can be moved to.
pub(super) struct Jump {
    pub(super) to: String,
    pub(super) label: String,
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "console/error.html")]
pub(super) struct Failure {
    pub(super) frame: Frame,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) request: Option<String>,
}

impl Frame {
    /// The frame of a page for nobody in particular.
    pub(super) const fn outside(lang: Lang, here: String) -> Self {
        Self { lang, staff: None, place: Place::Elsewhere, centers: Vec::new(), center: None, here, demo: None }
    }

    /// The frame of a page for somebody who is signed in and looks at a center.
    pub(super) fn inside(
        app: &ConsoleState,
        signed_in: &SignedIn,
        uri: &Uri,
        place: Place,
        centers: &[Center],
        center: &Center,
        plan: Option<&RoundPlan>,
    ) -> Self {
        let demo = app.demo_links.as_ref().map(|links| DemoBar {
            phones_url: links.phones_url.clone(),
            clock_url: links.clock_url.clone(),
            jumps: jumps(center, plan, app.clock.now(), signed_in.lang),
        });
        Self {
            lang: signed_in.lang,
            staff: Some(signed_in.staff.name.clone()),
            place,
            centers: centers
                .iter()
                .map(|choice| CenterChoice { id: choice.id, name: choice.name.clone(), chosen: choice.id == center.id })
                .collect(),
            center: Some(center.id),
            here: here(uri),
            demo,
        }
    }

    pub(super) const fn t(&self, msg: Msg) -> &'static str {
        self.lang.t(msg)
    }

    pub(super) fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    pub(super) fn today_href(&self) -> String {
        self.with_center("/")
    }

    pub(super) fn alerts_href(&self) -> String {
        self.with_center("/alerts")
    }

    /// Where the choice of a center leads.
    pub(super) fn center_action(&self) -> &'static str {
        if self.place == Place::Alerts { "/alerts" } else { "/" }
    }

    fn with_center(&self, path: &str) -> String {
        match self.center {
            Some(center) if self.centers.len() > 1 => format!("{path}?center={center}"),
            _ => path.to_owned(),
        }
    }

    /// This page in the other language.
    pub(super) fn language_href(&self) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.here, self.lang.other().tag())
    }
}

/// Renders a page.
pub(super) fn html(page: &impl Template) -> Result<Html<String>, Error> {
    Ok(Html(page.render()?))
}

/// The address of a request without `lang`. It goes into a link, so it is made anew from what could be read.
pub(super) fn here(uri: &Uri) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "lang" {
            query.append_pair(&name, &value);
        }
    }
    // A page that was sent with POST is opened again with GET: the same path.
    let path = uri.path().trim_end_matches("/fragment");
    let path = if path.is_empty() || path.starts_with("//") { "/" } else { path };
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// The language that a request asks for with `?lang=`.
pub(super) fn chosen_language(uri: &Uri) -> Option<Lang> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(name, _)| name == "lang").and_then(|(_, value)| Lang::from_tag(&value))
}

/// The language to answer in: chosen with this request, chosen before, the member of staff's, the browser's.
pub(super) fn language(uri: &Uri, headers: &HeaderMap, staff: Option<&str>) -> Lang {
    let cookie = || CookieJar::from_headers(headers).get("lang").and_then(|cookie| Lang::from_tag(cookie.value()));
    let browser = || Lang::from_accept_language(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
    chosen_language(uri).or_else(cookie).or_else(|| staff.and_then(Lang::from_tag)).or_else(browser).unwrap_or_default()
}

/// The cookie that remembers a chosen language for a year.
pub(super) fn language_cookie(lang: Lang, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::build(("lang", lang.tag())).path("/").http_only(true).secure(secure).build();
    cookie.set_same_site(SameSite::Lax);
    // Written by hand: the cookie crate's durations belong to another time library.
    let mut text = cookie.to_string();
    text.push_str("; Max-Age=31536000");
    Cookie::parse(text).unwrap_or(cookie)
}

/// The policy for a demo whose clock is at another origin; `None` if the usual one will do.
pub(super) fn policy_for_clock(clock_url: &str) -> Option<HeaderValue> {
    let origin = reqwest::Url::parse(clock_url).ok()?.origin().ascii_serialization();
    let policy =
        crate::web::CONTENT_SECURITY_POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {origin}"));
    HeaderValue::from_str(&policy).ok()
}

/// The moments of a morning that are still to come, to move a demo's clock to: of the round, or if there is none
/// yet, of the next one.
fn jumps(center: &Center, plan: Option<&RoundPlan>, now: DateTime<Utc>, lang: Lang) -> Vec<Jump> {
    let today = now.with_timezone(&center.time_zone).date_naive();
    let next_openings = (0..=1).filter_map(|days| {
        let opening = today.checked_add_days(Days::new(days))?.and_time(center.hours.open);
        Some(center.time_zone.from_local_datetime(&opening).earliest()?.to_utc())
    });
    let planned = plan.into_iter().flat_map(|plan| {
        let reminders = plan.reminders_at.iter().copied();
        std::iter::once(plan.opens_at).chain(reminders).chain([plan.deadline_at, plan.ends_at])
    });
    let mut moments: Vec<DateTime<Utc>> = planned.chain(next_openings).filter(|moment| *moment > now).collect();
    moments.sort_unstable();
    moments.dedup();
    // What comes after the next opening is reached from there.
    let next_day = moments.iter().position(|moment| plan.is_none_or(|plan| *moment >= plan.ends_at));
    moments.truncate(next_day.map_or(moments.len(), |index| index + 1));
    moments
        .into_iter()
        .map(|moment| {
            let is_today = moment.with_timezone(&center.time_zone).date_naive() == today;
            let time = lang.time(moment, center.time_zone);
            let label = if is_today { time } else { format!("{} {time}", lang.t(Msg::NextDay)) };
            Jump { to: moment.to_rfc3339_opts(SecondsFormat::Secs, true), label }
        })
        .collect()
}
