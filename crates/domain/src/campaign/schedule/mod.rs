//! When a campaign runs: now, at a time, or again and again; and until when its texts may leave. Which instant a time
//! of day means is [`crate::schedule`]'s business, the reading of cron expressions [`super::cron`]'s.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::cron::Cron;
use super::decide::SkipReason;
use super::field_error::{self, FieldError};
use crate::center::Hours;
use crate::schedule::{instant_of, is_quiet, local_date, next_quiet_change};

/// When a campaign runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When it begins.
    pub start: Start,
    /// When each of its runs is over, whoever has not got the text yet.
    pub deadline: Deadline,
    /// For one that repeats: no run begins at this instant or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// When a campaign begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// When it is released.
    Now,
    /// At this instant.
    At(DateTime<Utc>),
    /// Again and again, by the center's clocks; never in its quiet hours.
    Cron(Cron),
}

/// When a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deadline {
    /// At this instant. Only for a campaign that runs once.
    At(DateTime<Utc>),
    /// So many minutes after it began: 1 to 1440.
    Minutes(u16),
    /// When the center's clocks show this time next after it began.
    Time(NaiveTime),
}

/// What ends the time in which texts may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// The deadline of the run.
    Deadline,
    /// The quiet hours.
    QuietHours,
}

impl Closing {
    /// Why somebody gets no text after it.
    #[must_use]
    pub const fn reason(self) -> SkipReason {
        match self {
            Self::Deadline => SkipReason::AfterDeadline,
            Self::QuietHours => SkipReason::QuietHours,
        }
    }
}

/// When the texts of one run may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// From this instant on.
    pub opens_at: DateTime<Utc>,
    /// Before this instant (P7): the deadline or the quiet hours, whichever comes first. Not before `opens_at`.
    pub closes_at: DateTime<Utc>,
    /// Which of the two it is.
    pub closed_by: Closing,
}

impl Window {
    /// The time between a start and a deadline that is not quiet. One that begins in quiet hours has no length.
    #[must_use]
    pub fn new(opens_at: DateTime<Utc>, deadline: DateTime<Utc>, hours: &Hours, zone: Tz) -> Self {
        let quiet_at =
            if is_quiet(hours, zone, opens_at) { Some(opens_at) } else { next_quiet_change(hours, zone, opens_at) };
        match quiet_at {
            Some(quiet_at) if quiet_at < deadline => {
                Self { opens_at, closes_at: quiet_at, closed_by: Closing::QuietHours }
            }
            _ => Self { opens_at, closes_at: deadline.max(opens_at), closed_by: Closing::Deadline },
        }
    }
}

/// The runs that come next: one, or for a campaign that repeats up to [`SHOWN_RUNS`]; never none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// When the texts of each run may leave, ascending.
    pub runs: Vec<Window>,
}

/// How many of the coming runs staff are shown.
pub const SHOWN_RUNS: usize = 5;
/// How close together two runs of one campaign may begin.
pub const SHORTEST_INTERVAL: TimeDelta = TimeDelta::minutes(15);
/// How long a run may last: one that lasts longer would meet its audience on another day.
pub const LONGEST_RUN: TimeDelta = TimeDelta::hours(24);
/// How far in the past "at" a time may lie: staff choose the minute that it is.
const PAST_TOLERANCE: TimeDelta = TimeDelta::minutes(1);
/// How many times of a cron expression are tried before it is said to fall into the quiet hours for good. Daylight
/// saving moves what is quiet, so more than a year of days.
const TRIED_TIMES: usize = 1_500;

/// Since when nothing of a schedule has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The campaign was released at this instant, and no run has begun. One with [`Start::Now`] begins then.
    Released(DateTime<Utc>),
    /// The last run began, or should have begun and was missed: the instant that the schedule gave for it.
    Began(DateTime<Utc>),
}

/// What to do with a campaign's schedule at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing before this instant.
    NotBefore(DateTime<Utc>),
    /// This run begins now, be it late: overdue runs collapse into the latest.
    Run(Window),
    /// The run of this instant was overdue until its deadline passed: it is left out, and the schedule goes on after it.
    Missed(DateTime<Utc>),
    /// It does not run any more.
    Over,
}

impl Schedule {
    /// Reads what is stored and sent by programs.
    ///
    /// # Errors
    /// The first fault, at its path.
    pub fn from_json(json: &str) -> Result<Self, FieldError> {
        field_error::from_json("schedule", json)
    }

    /// Whether it runs more than once.
    #[must_use]
    pub const fn repeats(&self) -> bool {
        matches!(self.start, Start::Cron(_))
    }

    /// Checks it at `now` and says when it runs.
    ///
    /// # Errors
    /// Everything that is wrong, each at its field.
    pub fn plan(&self, now: DateTime<Utc>, hours: &Hours, zone: Tz) -> Result<Plan, Vec<FieldError>> {
        let mut faults = self.faults(now);
        let clock = Clock { hours, zone };
        let starts: Vec<DateTime<Utc>> = match &self.start {
            Start::Now => vec![now],
            Start::At(at) => vec![(*at).max(now)],
            Start::Cron(_) => self.starts(clock, now).take(SHOWN_RUNS).collect(),
        };
        match (&self.start, starts.first()) {
            (Start::Cron(cron), None) => faults.push(self.no_run(cron, clock, now)),
            (Start::Now | Start::At(_), Some(start)) if faults.is_empty() && clock.is_quiet(*start) => {
                let message = format!(
                    "{} lies in the quiet hours ({} to {})",
                    clock.shown(*start),
                    hours.quiet_from.format("%H:%M"),
                    hours.quiet_until.format("%H:%M")
                );
                let end = next_quiet_change(hours, zone, *start);
                let hint = end.map(|end| format!("the earliest time is {}", clock.shown(end)));
                let fault = FieldError::new("schedule.start", message);
                faults.push(match hint {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                });
            }
            _ => {}
        }
        if let Some(pair) = starts.windows(2).find(|pair| pair[1] - pair[0] < SHORTEST_INTERVAL) {
            let message = format!(
                "the runs at {} and {} are less than {} minutes apart",
                clock.shown(pair[0]),
                clock.shown(pair[1]),
                SHORTEST_INTERVAL.num_minutes()
            );
            faults.push(FieldError::new("schedule.start.cron", message).hint("nobody wants to be written to so often"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut runs: Vec<Window> = Vec::new();
        for start in starts {
            match self.deadline_of(start, clock) {
                deadline if deadline <= start => faults.push(
                    FieldError::new(
                        "schedule.deadline",
                        format!(
                            "the deadline ({}) is not after the start ({})",
                            clock.shown(deadline),
                            clock.shown(start)
                        ),
                    )
                    .hint("choose a later one"),
                ),
                deadline if deadline - start > LONGEST_RUN => faults.push(
                    FieldError::new(
                        "schedule.deadline",
                        format!("the deadline ({}) is more than a day after the start", clock.shown(deadline)),
                    )
                    .hint("a run lasts at most 24 hours; for more days, let the campaign repeat"),
                ),
                _ => runs.push(self.window(start, clock)),
            }
        }
        if faults.is_empty() { Ok(Plan { runs }) } else { Err(faults) }
    }

    /// What is wrong with the parts of it, whatever they come to.
    fn faults(&self, now: DateTime<Utc>) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let past = |field: &str, what: &str| {
            FieldError::new(field, format!("{what} lies in the past")).hint("choose a later time")
        };
        if let Start::At(at) = self.start
            && at + PAST_TOLERANCE <= now
        {
            faults.push(past("schedule.start.at", "the start"));
        }
        match self.deadline {
            Deadline::At(_) if self.repeats() => faults.push(
                FieldError::new("schedule.deadline", "a campaign that repeats needs a deadline for each run")
                    .hint("give it in minutes after the start, or as a time of day"),
            ),
            Deadline::At(at) if at <= now => faults.push(past("schedule.deadline", "the deadline")),
            Deadline::Minutes(minutes) if minutes == 0 || TimeDelta::minutes(minutes.into()) > LONGEST_RUN => {
                faults.push(FieldError::new("schedule.deadline", "a run lasts from 1 to 1440 minutes"));
            }
            _ => {}
        }
        match self.until {
            Some(_) if !self.repeats() => faults.push(
                FieldError::new("schedule.until", "only a campaign that repeats has an end").hint("leave it out"),
            ),
            Some(until) if until <= now => faults.push(past("schedule.until", "the end")),
            _ => {}
        }
        faults
    }

    /// The starts after `after`, none of them in quiet hours; endless only if the expression is.
    fn starts(&self, clock: Clock<'_>, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let cron = match &self.start {
            Start::Cron(cron) => Some(cron),
            Start::Now | Start::At(_) => None,
        };
        let until = self.until;
        cron.into_iter()
            .flat_map(move |cron| cron.instants(clock.zone, after).take(TRIED_TIMES))
            .take_while(move |start| until.is_none_or(|until| *start < until))
            .filter(move |start| !clock.is_quiet(*start))
    }

    /// Why a cron expression has no run to come.
    fn no_run(&self, cron: &Cron, clock: Clock<'_>, now: DateTime<Utc>) -> FieldError {
        let endless = Self { until: None, ..self.clone() };
        match endless.starts(clock, now).next() {
            Some(first) => {
                let message = format!("the campaign would end before its first run ({})", clock.shown(first));
                FieldError::new("schedule.until", message).hint("choose a later end")
            }
            None => {
                let message = format!(
                    "`{cron}` comes only in the quiet hours ({} to {})",
                    clock.hours.quiet_from.format("%H:%M"),
                    clock.hours.quiet_until.format("%H:%M")
                );
                FieldError::new("schedule.start.cron", message).hint("choose other hours")
            }
        }
    }

    fn deadline_of(&self, start: DateTime<Utc>, clock: Clock<'_>) -> DateTime<Utc> {
        match self.deadline {
            Deadline::At(at) => at,
            Deadline::Minutes(minutes) => start + TimeDelta::minutes(minutes.into()),
            Deadline::Time(time) => {
                let today = local_date(clock.zone, start);
                (0..)
                    .map(|days| instant_of(clock.zone, today + Days::new(days), time))
                    .find(|deadline| *deadline > start)
                    .unwrap_or(start)
            }
        }
    }

    /// The window of the run that begins at `start`. A run is over when the next one begins.
    fn window(&self, start: DateTime<Utc>, clock: Clock<'_>) -> Window {
        let deadline = self.deadline_of(start, clock);
        let next = self.starts(clock, start).next();
        Window::new(start, next.map_or(deadline, |next| deadline.min(next)), clock.hours, clock.zone)
    }

    /// What to do at `now` (DESIGN.md, section 7: what is overdue collapses into the latest, and is made up for until
    /// its deadline).
    #[must_use]
    pub fn due(&self, since: Since, now: DateTime<Utc>, hours: &Hours, zone: Tz) -> Due {
        let clock = Clock { hours, zone };
        let start = match (&self.start, since) {
            (Start::Now | Start::At(_), Since::Began(_)) => return Due::Over,
            (Start::Now, Since::Released(at)) => at,
            (Start::At(at), Since::Released(_)) => *at,
            (Start::Cron(_), Since::Released(after) | Since::Began(after)) => {
                // The latest of those that are due; what is not due yet comes after it.
                let mut latest = None;
                let mut starts = self.starts(clock, after);
                let next = starts.by_ref().find(|start| {
                    let is_due = *start <= now;
                    if is_due {
                        latest = Some(*start);
                    }
                    !is_due
                });
                match (latest, next) {
                    (Some(latest), _) => latest,
                    (None, Some(next)) => return Due::NotBefore(next),
                    (None, None) => return Due::Over,
                }
            }
        };
        if now < start {
            return Due::NotBefore(start);
        }
        let window = self.window(start, clock);
        if now < window.closes_at { Due::Run(window) } else { Due::Missed(start) }
    }
}

/// A center's hours and clocks.
#[derive(Debug, Clone, Copy)]
struct Clock<'a> {
    hours: &'a Hours,
    zone: Tz,
}

impl Clock<'_> {
    fn is_quiet(self, instant: DateTime<Utc>) -> bool {
        is_quiet(self.hours, self.zone, instant)
    }

    /// An instant as the center's clocks show it.
    fn shown(self, instant: DateTime<Utc>) -> String {
        instant.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }
}

#[cfg(test)]
mod tests;
