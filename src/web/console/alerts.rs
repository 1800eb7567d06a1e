//! The alerts that nobody has closed, to read. Taking and closing them comes with the chase list.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDate;
use domain::alert::{Alert, AlertRule};
use domain::audit::AuditAction;
use domain::center::Center;
use domain::id::CenterId;
use domain::phone::PhoneNumber;
use domain::round::RoundKind;
use domain::staff::RoundAccess;
use serde::Deserialize;

use super::frame::{self, Frame, Place};
use super::round::{Moment, phone_shown};
use super::signed_in::{SignedIn, SignedInPart};
use super::{ConsoleState, ViewKind};
use crate::i18n::{Lang, Msg};
use crate::web::error::Error;

/// So many are shown; more than that is no list that anybody works through.
const LIMIT: usize = 200;

#[derive(Deserialize)]
pub(super) struct Asked {
    center: Option<CenterId>,
}

#[derive(Template)]
#[template(path = "console/alerts.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    more: bool,
    fragment_href: String,
    events_href: String,
}

#[derive(Template)]
#[template(path = "console/alerts_fragment.html")]
struct Fragment {
    frame: Frame,
    rows: Vec<Row>,
    more: bool,
}

struct Row {
    id: String,
    severity_key: &'static str,
    severity: &'static str,
    rule: &'static str,
    detail: String,
    /// How often it has happened: when that grows, the row is new to whoever watches.
    times: u32,
    /// How many texts it is about, if that is to be said.
    count: Option<String>,
    person: Option<String>,
    /// What stands where there is no person.
    nobody: &'static str,
    phone: Option<Phone>,
    raised: Moment,
}

/// Where it came from. A provider may give a name or a short code, which cannot be called.
struct Phone {
    e164: Option<String>,
    shown: String,
}

pub(super) async fn page(
    State(app): State<ConsoleState>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
    uri: Uri,
) -> Result<Response, Error> {
    let (frame, rows, more) = look(&app, &signed_in, &asked, &uri, ViewKind::Opened).await?;
    let center = frame.center.map(|center| center.to_string()).unwrap_or_default();
    let page = Page {
        frame,
        rows,
        more,
        fragment_href: format!("/alerts/fragment?center={center}"),
        events_href: format!("/events?center={center}"),
    };
    Ok(frame::html(&page)?.into_response())
}

pub(super) async fn fragment(
    State(app): State<ConsoleState>,
    SignedInPart(signed_in): SignedInPart,
    Query(asked): Query<Asked>,
    uri: Uri,
) -> Result<Html<String>, Error> {
    let (frame, rows, more) = look(&app, &signed_in, &asked, &uri, ViewKind::Refresh).await?;
    frame::html(&Fragment { frame, rows, more })
}

async fn look(
    app: &ConsoleState,
    signed_in: &SignedIn,
    asked: &Asked,
    uri: &Uri,
    kind: ViewKind,
) -> Result<(Frame, Vec<Row>, bool), Error> {
    let access = signed_in.may_see_rounds()?;
    let mut tx = app.store.read().await?;
    let centers = signed_in.centers(&mut tx).await?;
    let center = signed_in.choose(&centers, asked.center)?;
    let mut alerts = tx.open_alerts(center.id, LIMIT + 1).await?;
    let more = alerts.len() > LIMIT;
    alerts.truncate(LIMIT);

    // Several alerts are often about one person: each is looked up once.
    let (mut people, mut phones, mut families) = (HashMap::new(), HashMap::new(), HashMap::new());
    for alert in &alerts {
        if let Some(id) = alert.patient_id
            && !people.contains_key(&id)
            && let Some(patient) = tx.patient(id).await?
        {
            people.insert(id, patient.name);
        }
        if let Some(id) = alert.contact_id
            && !phones.contains_key(&id)
            && let Some(contact) = tx.contact(id).await?
        {
            phones.insert(id, contact.phone.as_e164().to_owned());
        }
        // Nobody can tell whom a text from a shared phone is about: all of them may be.
        if let (None, Some(id)) = (alert.patient_id, alert.contact_id)
            && !families.contains_key(&id)
        {
            let names: Vec<_> = tx.patients_of_contact(id).await?.into_iter().map(|patient| patient.name).collect();
            families.insert(id, names.join(signed_in.lang.joint()));
        }
    }
    // A number that is nobody's has no contact; it stands with the text, from it or to it.
    let mut strangers = HashMap::new();
    for alert in alerts.iter().filter(|alert| alert.contact_id.is_none()) {
        if let Some(id) = alert.message_id
            && let Some(message) = tx.message(id).await?
        {
            strangers.insert(id, if message.inbound { message.from } else { message.to });
        }
    }
    let plan = tx.latest_round(center.id, RoundKind::Morning, app.clock.now()).await?.map(|round| round.plan);
    drop(tx);
    app.record_view(signed_in, AuditAction::ViewAlerts, Some(center.id), center.id.to_string(), kind).await?;

    let today = app.clock.now().with_timezone(&center.time_zone).date_naive();
    let rows = alerts
        .iter()
        .map(|alert| {
            let phone = alert.contact_id.and_then(|id| phones.get(&id));
            let phone = phone.or_else(|| alert.message_id.and_then(|id| strangers.get(&id))).cloned();
            let person = alert.patient_id.and_then(|id| people.get(&id));
            let person = person.or_else(|| alert.contact_id.and_then(|id| families.get(&id))).cloned();
            row(alert, &center, signed_in.lang, access, person, phone, today)
        })
        .collect();
    let frame = Frame::inside(app, signed_in, uri, Place::Alerts, &centers, &center, plan.as_ref());
    Ok((frame, rows, more))
}

fn row(
    alert: &Alert,
    center: &Center,
    lang: Lang,
    access: RoundAccess,
    person: Option<String>,
    phone: Option<String>,
    today: NaiveDate,
) -> Row {
    // What happens to the texts of the center as a whole is about no single one.
    let whole = alert.rule == AlertRule::Undelivered && alert.contact_id.is_none() && alert.message_id.is_none();
    let latest = lang.time(alert.latest_at, center.time_zone);
    Row {
        id: alert.id.to_string(),
        severity_key: alert.severity.key(),
        severity: lang.t(Msg::Severity(alert.severity)),
        rule: lang.t(Msg::AlertRule(alert.rule)),
        // What exactly: an answer, or part of one.
        detail: if access == RoundAccess::Full { lang.keys(&alert.detail) } else { String::new() },
        times: alert.times,
        count: (whole || alert.times > 1).then(|| lang.texts(alert.times, &latest)),
        person: person.filter(|name| !name.is_empty()),
        nobody: lang.t(if whole { Msg::WholeCenter } else { Msg::UnknownContact }),
        phone: phone.map(|text| Phone {
            shown: phone_shown(&text),
            e164: PhoneNumber::from_e164(&text).is_ok().then_some(text),
        }),
        raised: Moment::with_day(alert.opened_at, today, center.time_zone, lang),
    }
}
