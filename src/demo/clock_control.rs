//! The demo's clock: shows the time, and moves it forward step by step, so that everything happens at its own
//! time on the way.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::center::{Hours, SecondCheck};
use domain::schedule;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::population::second_check;
use crate::app::App;
use crate::clock::{Clock, MovedClock};
use crate::simulator::Simulator;

/// A jump is refused beyond this: a slip of the keyboard must not run years.
const FARTHEST: TimeDelta = TimeDelta::days(31);

/// Who is asked to move the clock.
#[derive(Clone)]
pub struct ClockControl {
    app: App,
    simulator: Simulator,
    clock: Arc<MovedClock>,
    zone: Tz,
    /// One jump at a time.
    jumping: Arc<Mutex<()>>,
}

/// The time, and where it can be moved to with one press.
#[derive(Serialize)]
struct Face {
    now: DateTime<Utc>,
    local: String,
    marks: Vec<Mark>,
}

/// A moment of a morning. What is over today is not offered: who presses a time means this morning's.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Mark {
    /// The time of day.
    label: String,
    /// Whether it is the next day's; the page says so before the time.
    next_day: bool,
    to: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jump {
    to: DateTime<Utc>,
}

/// The routes of the clock at `path`. The control comes later than the routes: it needs everything to be there.
pub(super) fn router(path: &str, control: Arc<OnceLock<ClockControl>>) -> Router {
    Router::new().route(path, get(show).post(jump)).with_state(control)
}

/// What is still to come of this morning and of the second check, then the next opening.
fn marks(zone: Tz, hours: &Hours, second: Option<&SecondCheck>, now: DateTime<Utc>) -> Vec<Mark> {
    let today = schedule::local_date(zone, now);
    let tomorrow = schedule::next_date(zone, today);
    let mark = |day, next_day, time: NaiveTime| {
        let to = schedule::instant_of(zone, day, time);
        (to > now).then(|| Mark { label: time.format("%H:%M").to_string(), next_day, to })
    };
    let morning = std::iter::once(hours.open).chain(hours.reminders.iter().copied()).chain([hours.deadline]);
    let afternoon = second.into_iter().flat_map(|second| [second.open, second.deadline]);
    let mut marks: Vec<Mark> = morning.chain(afternoon).filter_map(|time| mark(today, false, time)).collect();
    marks.extend(mark(tomorrow, true, hours.open));
    marks
}

fn not_yet() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "the demo is still starting\n").into_response()
}

async fn show(State(control): State<Arc<OnceLock<ClockControl>>>) -> Response {
    match control.get() {
        Some(control) => Json(control.face()).into_response(),
        None => not_yet(),
    }
}

async fn jump(
    State(control): State<Arc<OnceLock<ClockControl>>>,
    body: Result<Json<Jump>, axum::extract::rejection::JsonRejection>,
) -> Response {
    let Some(control) = control.get() else { return not_yet() };
    let to = match body {
        Ok(Json(jump)) => jump.to,
        Err(error) => {
            let text = format!("expected {{\"to\": \"2026-11-23T07:00:00+09:00\"}}: {}\n", error.body_text());
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    };
    let now = control.clock.now();
    if to < now {
        let text = format!("the clock only moves forward; it is {now} now\n");
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    if to > now + FARTHEST {
        return (StatusCode::BAD_REQUEST, "at most 31 days at once\n").into_response();
    }
    match control.advance(to).await {
        Ok(()) => Json(control.face()).into_response(),
        Err(error) => {
            tracing::error!(%error, "the clock could not be moved all the way");
            (StatusCode::INTERNAL_SERVER_ERROR, "the clock could not be moved all the way; see the log\n")
                .into_response()
        }
    }
}

impl ClockControl {
    pub(super) fn new(app: App, simulator: Simulator, clock: Arc<MovedClock>, zone: Tz) -> Self {
        Self { app, simulator, clock, zone, jumping: Arc::default() }
    }

    fn face(&self) -> Face {
        let now = self.clock.now();
        let local = now.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string();
        Face { now, local, marks: marks(self.zone, &Hours::default(), Some(&second_check()), now) }
    }

    /// Moves the clock to `to`, stopping wherever something is due, and returns when all of it is done.
    async fn advance(&self, to: DateTime<Utc>) -> anyhow::Result<()> {
        let _one_at_a_time = self.jumping.lock().await;
        self.settle().await?;
        let mut reached = self.clock.now();
        while let Some(next) = self.next_due().await? {
            if next > to {
                break;
            }
            if next <= reached {
                // Due, and still not done: it waits for something else, such as the pace of the sender.
                break;
            }
            self.clock.move_to(next);
            reached = next;
            self.settle().await?;
        }
        self.clock.move_to(to);
        self.settle().await
    }

    async fn next_due(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let service = self.app.next_due().await?;
        Ok([service, self.simulator.next_persona_due()].into_iter().flatten().min())
    }

    /// Until nothing that is due is left anywhere: in the service, at the provider, on the phones.
    async fn settle(&self) -> anyhow::Result<()> {
        loop {
            self.simulator.poke();
            self.simulator.idle().await;
            let done = self.app.do_all_due().await?;
            self.simulator.idle().await;
            let typing = self.simulator.next_persona_due().is_some_and(|due| due <= self.clock.now());
            match done.again_at {
                // The pace of the sender is kept in the demo too; it is a matter of moments.
                Some(at) if at <= self.clock.now() + TimeDelta::seconds(5) => {
                    let wait = (at - self.clock.now()).to_std().unwrap_or_default();
                    tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
                }
                _ if !done.busy && !typing => return Ok(()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_day_is_this_mornings() {
        let zone = Tz::Asia__Tokyo;
        for (now, expected) in [
            ("06:50", &["07:00", "07:45", "08:15", "08:30", "14:00", "15:30", "+07:00"][..]),
            ("07:00", &["07:45", "08:15", "08:30", "14:00", "15:30", "+07:00"]),
            ("08:15", &["08:30", "14:00", "15:30", "+07:00"]),
            ("08:31", &["14:00", "15:30", "+07:00"]),
            ("14:00", &["15:30", "+07:00"]),
            ("23:59", &["+07:00"]),
            ("00:00", &["07:00", "07:45", "08:15", "08:30", "14:00", "15:30", "+07:00"]),
        ] {
            let now: DateTime<Utc> = format!("2026-11-23T{now}:00+09:00").parse().expect("a time");
            let marks = marks(zone, &Hours::default(), Some(&second_check()), now);
            let shown: Vec<String> =
                marks.iter().map(|mark| format!("{}{}", if mark.next_day { "+" } else { "" }, mark.label)).collect();
            assert_eq!(shown, expected, "at {now}");
            for mark in &marks {
                let local = mark.to.with_timezone(&zone);
                let day = if mark.next_day { "2026-11-24" } else { "2026-11-23" };
                assert_eq!(local.format("%Y-%m-%d %H:%M").to_string(), format!("{day} {}", mark.label));
            }
        }
    }
}
