//! The page of a round: today's, or a day's; whole, or the part that is fetched again when something changed; and
//! the same as JSON. What is shown is [`RoundStatus`]; here it gets its words.

use askama::Template;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use domain::audit::AuditAction;
use domain::center::Center;
use domain::chase_list::ChaseReason;
use domain::id::CenterId;
use domain::language::Language;
use domain::patient::RiskTier;
use domain::progress::Progress;
use domain::round::{Round, RoundKind, RoundState};
use domain::severity::Severity;
use serde::Deserialize;
use store::Tx;

use super::frame::{self, Frame, Place};
use super::signed_in::{SignedIn, SignedInPart};
use super::{ConsoleState, QuestionNames, ViewKind};
use crate::i18n::{Lang, Msg};
use crate::round_status::{PatientLine, RoundStatus};
use crate::web::error::Error;

#[derive(Deserialize)]
pub(super) struct Asked {
    center: Option<CenterId>,
    day: Option<NaiveDate>,
    /// What for: the morning, unless something else is asked for.
    kind: Option<RoundKind>,
    /// Show every row, however many.
    #[serde(default)]
    all: bool,
}

/// So many rows are shown at first: the most urgent ones. A page of ten thousand would be slow to update, and
/// nobody reads it.
const ROWS: usize = 400;

#[derive(Template)]
#[template(path = "console/round.html")]
struct Page {
    frame: Frame,
    view: View,
    fragment_href: String,
    events_href: String,
    previous: Option<String>,
    next: Option<String>,
    /// The other rounds of the day.
    others: Vec<Other>,
}

/// A way to another round of the same day.
struct Other {
    href: String,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "console/round_fragment.html")]
struct Fragment {
    frame: Frame,
    view: View,
}

#[derive(Template)]
#[template(path = "console/no_round.html")]
struct NoRound {
    frame: Frame,
    center: String,
    opens: String,
    events_href: String,
}

/// Which round is asked for.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// The one of this kind that opened last.
    Latest(RoundKind),
    /// The one about health that opened last.
    LatestOfAny,
    /// The one of this day.
    Day(NaiveDate, RoundKind),
}

impl Which {
    /// What an address says of the kind: nothing of a morning.
    const fn kind_in_address(self) -> &'static str {
        match self {
            Self::Latest(RoundKind::Second) | Self::Day(_, RoundKind::Second) => "&kind=second",
            Self::Latest(RoundKind::Welcome) | Self::Day(_, RoundKind::Welcome) => "&kind=welcome",
            Self::Latest(RoundKind::Morning) | Self::Day(_, RoundKind::Morning) | Self::LatestOfAny => "",
        }
    }
}

/// What was found.
struct Found {
    centers: Vec<Center>,
    center: Center,
    round: Option<(Round, RoundStatus)>,
}

pub(super) async fn today(
    State(app): State<ConsoleState>,
    signed_in: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Result<Response, Error> {
    let Query(asked) = asked.map_err(|_| Error::NotFound)?;
    page(&app, &signed_in, asked.center, Which::Latest(asked.kind.unwrap_or(RoundKind::Morning)), asked.all, &uri).await
}

pub(super) async fn of_day(
    State(app): State<ConsoleState>,
    signed_in: SignedIn,
    path: Result<Path<(CenterId, NaiveDate)>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Result<Response, Error> {
    let Path((center, day)) = path.map_err(|_| Error::NotFound)?;
    let Query(asked) = asked.map_err(|_| Error::NotFound)?;
    page(&app, &signed_in, Some(center), Which::Day(day, asked.kind.unwrap_or(RoundKind::Morning)), asked.all, &uri)
        .await
}

pub(super) async fn today_fragment(
    State(app): State<ConsoleState>,
    SignedInPart(signed_in): SignedInPart,
    asked: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Result<Html<String>, Error> {
    let Query(asked) = asked.map_err(|_| Error::NotFound)?;
    fragment(&app, &signed_in, asked.center, Which::Latest(asked.kind.unwrap_or(RoundKind::Morning)), asked.all, &uri)
        .await
}

pub(super) async fn of_day_fragment(
    State(app): State<ConsoleState>,
    SignedInPart(signed_in): SignedInPart,
    path: Result<Path<(CenterId, NaiveDate)>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Result<Html<String>, Error> {
    let Path((center, day)) = path.map_err(|_| Error::NotFound)?;
    let Query(asked) = asked.map_err(|_| Error::NotFound)?;
    fragment(&app, &signed_in, Some(center), Which::Day(day, asked.kind.unwrap_or(RoundKind::Morning)), asked.all, &uri)
        .await
}

/// `GET /api/v1/round?center=&day=&kind=`: the same view as JSON; without `day` and `kind`, the round about health that
/// opened last.
pub(super) async fn json(
    State(app): State<ConsoleState>,
    SignedInPart(signed_in): SignedInPart,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<RoundStatus>, Error> {
    let Query(asked) = asked.map_err(|_| Error::Invalid)?;
    let which = match (asked.day, asked.kind) {
        (Some(day), kind) => Which::Day(day, kind.unwrap_or(RoundKind::Morning)),
        (None, Some(kind)) => Which::Latest(kind),
        (None, None) => Which::LatestOfAny,
    };
    let found = look(&app, &signed_in, asked.center, which, ViewKind::Opened).await?;
    found.round.map(|(_, status)| Json(status)).ok_or(Error::NotFound)
}

async fn page(
    app: &ConsoleState,
    signed_in: &SignedIn,
    center: Option<CenterId>,
    which: Which,
    all: bool,
    uri: &Uri,
) -> Result<Response, Error> {
    let Found { centers, center, round } = look(app, signed_in, center, which, ViewKind::Opened).await?;
    let events_href = format!("/events?center={}", center.id);
    let Some((round, status)) = round else {
        let frame = Frame::inside(app, signed_in, uri, Place::Today, &centers, &center, None);
        let opens = center.hours.open.format("%H:%M").to_string();
        let page = NoRound { frame, center: center.name, opens, events_href };
        return Ok(frame::html(&page)?.into_response());
    };
    let kind = which.kind_in_address();
    let (place, fragment_href) = match which {
        Which::Latest(_) | Which::LatestOfAny => {
            (Place::Today, format!("/fragment?center={}&all={all}{kind}", center.id))
        }
        Which::Day(day, _) => (Place::Elsewhere, format!("/rounds/{}/{day}/fragment?all={all}{kind}", center.id)),
    };
    let mut tx = app.store.read().await?;
    let previous = neighbour(&mut tx, &center, round.day.pred_opt()).await?;
    let next = neighbour(&mut tx, &center, round.day.succ_opt()).await?;
    let mut others = Vec::new();
    for other in RoundKind::ALL.iter().copied().filter(|other| *other != round.kind && other.is_about_health()) {
        if tx.round_by_day(center.id, other, round.day).await?.is_some_and(|other| other.plan.opens_at <= status.as_of)
        {
            let kind = Which::Day(round.day, other).kind_in_address().replacen('&', "?", 1);
            let href = format!("/rounds/{}/{}{kind}", center.id, round.day);
            others.push(Other { href, word: signed_in.lang.t(Msg::RoundKind(other)) });
        }
    }
    drop(tx);
    let frame = Frame::inside(app, signed_in, uri, place, &centers, &center, Some(&round.plan));
    let view = View::new(&status, signed_in.lang, &app.questions).cut_unless(all, which, center.id);
    Ok(frame::html(&Page { frame, view, fragment_href, events_href, previous, next, others })?.into_response())
}

/// The address of the round of a neighbouring day, if there was one.
async fn neighbour(tx: &mut Tx, center: &Center, day: Option<NaiveDate>) -> Result<Option<String>, Error> {
    let Some(day) = day else { return Ok(None) };
    let round = tx.round_by_day(center.id, RoundKind::Morning, day).await?;
    Ok(round.map(|round| format!("/rounds/{}/{}", center.id, round.day)))
}

async fn fragment(
    app: &ConsoleState,
    signed_in: &SignedIn,
    center: Option<CenterId>,
    which: Which,
    all: bool,
    uri: &Uri,
) -> Result<Html<String>, Error> {
    let Found { centers, center, round } = look(app, signed_in, center, which, ViewKind::Refresh).await?;
    let (round, status) = round.ok_or(Error::NotFound)?;
    let frame = Frame::inside(app, signed_in, uri, Place::Today, &centers, &center, Some(&round.plan));
    let view = View::new(&status, signed_in.lang, &app.questions).cut_unless(all, which, center.id);
    frame::html(&Fragment { frame, view })
}

/// Reads a round, as far as this person may see it, and records that they saw it.
async fn look(
    app: &ConsoleState,
    signed_in: &SignedIn,
    center: Option<CenterId>,
    which: Which,
    kind: ViewKind,
) -> Result<Found, Error> {
    let access = signed_in.may_see_rounds()?;
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let centers = signed_in.centers(&mut tx).await?;
    let center = signed_in.choose(&centers, center)?;
    let round = match which {
        Which::Latest(kind) => tx.latest_round(center.id, kind, now).await?,
        Which::LatestOfAny => {
            let morning = tx.latest_round(center.id, RoundKind::Morning, now).await?;
            let second = tx.latest_round(center.id, RoundKind::Second, now).await?;
            second.into_iter().chain(morning).max_by_key(|round| round.plan.opens_at)
        }
        Which::Day(day, kind) => Some(tx.round_by_day(center.id, kind, day).await?.ok_or(Error::NotFound)?),
    };
    let Some(round) = round else { return Ok(Found { centers, center, round: None }) };
    let rows = tx.round_rows(round.id).await?;
    let chase = tx.chase_list(round.id).await?;
    drop(tx);
    app.record_view(signed_in, AuditAction::ViewRound, Some(center.id), round.id.to_string(), kind).await?;
    let status = RoundStatus::new(&center, &round, rows, &chase, now).seen_with(access);
    Ok(Found { centers, center, round: Some((round, status)) })
}

/// A round in words.
struct View {
    title: String,
    summary: String,
    center: String,
    day: String,
    state_key: &'static str,
    state: &'static str,
    opens: String,
    reminders: String,
    deadline: String,
    before_deadline: bool,
    closed: bool,
    deadline_at: String,
    now: String,
    as_of: String,
    left: String,
    total: String,
    severities: Vec<Tile>,
    progress: Vec<Tile>,
    chase: Vec<ChaseRow>,
    rows: Vec<PlainRow>,
    /// Where everybody is shown, if not here.
    all_href: Option<String>,
}

/// A number with an icon and a word.
struct Tile {
    key: &'static str,
    word: &'static str,
    count: usize,
}

/// A row of the table of everybody. Named as the chase list's, so that they share the templates of their cells.
struct PlainRow {
    row: Row,
}

struct ChaseRow {
    rank: u32,
    reason: &'static str,
    reason_key: &'static str,
    reason_icon: &'static str,
    detail: String,
    row: Row,
}

struct Row {
    id: String,
    /// Changes when anything that is shown changes.
    stamp: String,
    severity_key: &'static str,
    severity: &'static str,
    reasons: String,
    name: String,
    kana: String,
    risk: Option<&'static str>,
    lives_alone: bool,
    language: Option<String>,
    progress_key: &'static str,
    progress: &'static str,
    note: String,
    late: bool,
    changed: Option<Moment>,
    delivery: Option<Delivery>,
    alerts: usize,
    phone: String,
    phone_shown: String,
}

struct Delivery {
    key: &'static str,
    word: &'static str,
}

/// An instant for machines and for people.
pub(super) struct Moment {
    pub(super) iso: String,
    pub(super) shown: String,
}

impl Moment {
    pub(super) fn new(at: DateTime<Utc>, zone: Tz, lang: Lang) -> Self {
        Self { iso: iso(at), shown: lang.time(at, zone) }
    }

    /// As [`Moment::new`], with the day, unless it is today.
    pub(super) fn with_day(at: DateTime<Utc>, today: NaiveDate, zone: Tz, lang: Lang) -> Self {
        let day = at.with_timezone(&zone).date_naive();
        let time = lang.time(at, zone);
        let shown = if day == today { time } else { format!("{} {time}", lang.day(day)) };
        Self { iso: iso(at), shown }
    }
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl View {
    fn new(status: &RoundStatus, lang: Lang, questions: &QuestionNames) -> Self {
        let zone = status.center.time_zone;
        let counts = &status.counts;
        let severities = [Severity::Red, Severity::Orange, Severity::Unknown, Severity::Green].map(|severity| Tile {
            key: severity.key(),
            word: lang.t(Msg::Severity(severity)),
            count: counts.of_severity(severity),
        });
        // What cannot be at this time of the morning is not shown, unless it is all the same.
        let closed = matches!(status.state, RoundState::Closed | RoundState::Missed);
        let impossible = |progress| match progress {
            Progress::Partial | Progress::NeverAsked => !closed,
            Progress::Waiting | Progress::Answering => closed,
            Progress::Silent | Progress::Finished => false,
        };
        let order = [
            Progress::Finished,
            Progress::Answering,
            Progress::Partial,
            Progress::Silent,
            Progress::Waiting,
            Progress::NeverAsked,
        ];
        let progress = order
            .into_iter()
            .filter(|progress| !impossible(*progress) || counts.of(*progress) > 0)
            .map(|progress| Tile {
                key: progress.key(),
                word: lang.t(Msg::Progress(progress)),
                count: counts.of(progress),
            })
            .collect();
        let summary = [
            (lang.t(Msg::Severity(Severity::Red)), counts.red),
            (lang.t(Msg::Severity(Severity::Orange)), counts.orange),
            (lang.t(Msg::Progress(Progress::Silent)), counts.silent),
            (lang.t(Msg::Progress(Progress::Finished)), counts.finished),
        ]
        .map(|(word, count)| format!("{word} {count}"))
        .join(lang.joint());
        // The number of red ones leads the title: it is all that a tab in the background shows.
        let red = if counts.red > 0 { format!("({}) ", counts.red) } else { String::new() };
        let times: Vec<_> = status.reminders_at.iter().map(|at| lang.time(*at, zone)).collect();
        Self {
            title: format!("{red}{} {}", status.center.name, lang.day(status.day)),
            summary,
            center: status.center.name.clone(),
            day: match status.kind {
                RoundKind::Morning => lang.day(status.day),
                kind => format!("{} {}", lang.day(status.day), lang.t(Msg::RoundKind(kind))),
            },
            state_key: status.state.key(),
            state: lang.t(Msg::Round(status.state)),
            opens: lang.time(status.opens_at, zone),
            reminders: if times.is_empty() { lang.t(Msg::Nothing).to_owned() } else { times.join(" ") },
            deadline: lang.time(status.deadline_at, zone),
            before_deadline: status.is_before_deadline() && !closed,
            closed,
            deadline_at: iso(status.deadline_at),
            now: iso(status.as_of),
            as_of: lang.time(status.as_of, zone),
            left: lang.span(status.deadline_at - status.as_of),
            total: lang.people(counts.patients),
            severities: severities.into(),
            progress,
            chase: status
                .chase_list
                .iter()
                .map(|line| ChaseRow {
                    rank: line.rank,
                    reason: lang.t(Msg::Chase(line.reason)),
                    reason_key: chase_colour(line.reason),
                    reason_icon: chase_icon(line.reason),
                    detail: words(&line.detail, lang, questions),
                    row: Row::new(&line.patient, lang, zone, questions),
                })
                .collect(),
            rows: status.patients.iter().map(|line| PlainRow { row: Row::new(line, lang, zone, questions) }).collect(),
            all_href: None,
        }
    }

    /// Leaves the least urgent rows of a long list out, unless all are asked for.
    fn cut_unless(mut self, all: bool, which: Which, center: CenterId) -> Self {
        if !all && self.rows.len() > ROWS {
            self.rows.truncate(ROWS);
            self.all_href = Some(match which {
                Which::Latest(_) | Which::LatestOfAny => {
                    format!("/?center={center}&all=true{}", which.kind_in_address())
                }
                Which::Day(day, _) => format!("/rounds/{center}/{day}?all=true{}", which.kind_in_address()),
            });
        }
        self
    }
}

impl Row {
    fn new(line: &PatientLine, lang: Lang, zone: Tz, questions: &QuestionNames) -> Self {
        let note = match (line.hindrance, &line.question) {
            (Some(reason), _) => lang.t(Msg::Hindrance(reason)).to_owned(),
            (None, Some(question)) => lang.on_question(&questions(question, lang)),
            (None, None) => String::new(),
        };
        let release = lang.list(line.release.iter().map(|key| lang.key(key)));
        let note = [note, release].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(lang.joint());
        let delivery = line.delivery.map(|state| Delivery { key: state.key(), word: lang.t(Msg::Delivery(state)) });
        Self {
            id: line.patient_id.to_string(),
            stamp: format!(
                "{} {} {} {} {} {}",
                line.severity.key(),
                line.progress.key(),
                line.question.as_deref().unwrap_or("-"),
                line.delivery.map_or("-", domain::message::OutboundState::key),
                line.open_alerts,
                line.release.join(" ")
            ),
            severity_key: line.severity.key(),
            severity: lang.t(Msg::Severity(line.severity)),
            reasons: words(&line.reasons, lang, questions),
            name: line.name.clone(),
            kana: if line.kana == line.name { String::new() } else { line.kana.clone() },
            risk: (line.risk_tier == RiskTier::High).then(|| lang.t(Msg::RiskTier(line.risk_tier))),
            lives_alone: line.lives_alone == Some(true),
            language: (line.language != Language::Ja)
                .then(|| lang.key(&format!("language-{}", line.language)).into_owned()),
            progress_key: line.progress.key(),
            progress: lang.t(Msg::Progress(line.progress)),
            note,
            late: line.late,
            changed: line.changed_at.map(|at| Moment::new(at, zone, lang)),
            delivery,
            alerts: line.open_alerts,
            phone: line.phone.clone(),
            phone_shown: phone_shown(&line.phone),
        }
    }
}

/// Keys in words: a question as its dialog names it, anything else as the console does.
fn words(keys: &[String], lang: Lang, questions: &QuestionNames) -> String {
    lang.list(keys.iter().map(|key| lang.key_with(key, |question| questions(question, lang))))
}

/// The colour of a reason to call. Nobody who has not reported is green (P9).
const fn chase_colour(reason: ChaseReason) -> &'static str {
    match reason {
        ChaseReason::Red => "red",
        ChaseReason::Orange => "orange",
        ChaseReason::SilentHighRisk | ChaseReason::Silent | ChaseReason::Partial | ChaseReason::NeverAsked => "unknown",
    }
}

const fn chase_icon(reason: ChaseReason) -> &'static str {
    match reason {
        ChaseReason::Red => "red",
        ChaseReason::Orange => "orange",
        ChaseReason::SilentHighRisk | ChaseReason::Silent => "silent",
        ChaseReason::Partial => "partial",
        ChaseReason::NeverAsked => "never-asked",
    }
}

/// A number as people in Japan write it: `090-1234-5601`; other countries' as it is.
pub(super) fn phone_shown(e164: &str) -> String {
    match e164.strip_prefix("+81") {
        Some(rest) if rest.len() == 10 && rest.is_ascii() => {
            format!("0{}-{}-{}", &rest[..2], &rest[2..6], &rest[6..])
        }
        _ => e164.to_owned(),
    }
}
