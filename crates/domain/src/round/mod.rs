//! A round: one center's observation day, from one opening to the next, and the moments at which something is
//! due in it. What kinds there are is in [`kind`]; which instant a time of day means is [`crate::schedule`]'s business.

pub mod kind;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::center::{Center, Hours};
use crate::dialog::engine::TextKind;
use crate::id::{CenterId, RoundId};
use crate::keyed::keyed;
use crate::schedule::{has_date, instant_of, local_date, next_date, previous_date};

pub use self::kind::RoundKind;

/// One center's observation day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Its identifier.
    pub id: RoundId,
    /// Whose round it is.
    pub center_id: CenterId,
    /// What it is for.
    pub kind: RoundKind,
    /// The observation day in the center's calendar. Unique by (center, day, kind).
    pub day: NaiveDate,
    /// The moments, fixed when the round is planned.
    pub plan: RoundPlan,
    /// How far it is.
    pub state: RoundState,
}

/// The instants of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundPlan {
    /// When question 1 goes out.
    pub opens_at: DateTime<Utc>,
    /// When the unfinished are reminded, ascending.
    pub reminders_at: Vec<DateTime<Utc>>,
    /// By when a report is on time.
    pub deadline_at: DateTime<Utc>,
    /// The next opening: what comes later belongs to the next round.
    pub ends_at: DateTime<Utc>,
    /// No scheduled text leaves from this instant on, until the round ends.
    pub quiet_from: DateTime<Utc>,
}

keyed! {
    /// How far a round is.
    RoundState {
        /// Not opened yet.
        Planned = "planned",
        /// Opened; the deadline is to come.
        Open = "open",
        /// The deadline has passed and the chase list is frozen.
        Closed = "closed",
        /// The deadline passed before it could open: nobody was asked.
        Missed = "missed",
    }
}

/// What is due at a moment of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerKind {
    /// Ask everybody.
    Open,
    /// Remind the unfinished; counted from 1.
    Reminder(u8),
    /// Freeze the chase list.
    Deadline,
}

impl std::fmt::Display for TimerKind {
    /// `open`, `reminder-1`, `deadline`: the key in tables.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Reminder(number) => write!(f, "reminder-{number}"),
            Self::Deadline => f.write_str("deadline"),
        }
    }
}

impl std::str::FromStr for TimerKind {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        match key {
            "open" => Ok(Self::Open),
            "deadline" => Ok(Self::Deadline),
            _ => key.strip_prefix("reminder-").and_then(|number| number.parse().ok()).map(Self::Reminder).ok_or(()),
        }
    }
}

/// A report that nobody asked for counts for the coming round if it comes this shortly before its opening
/// (DESIGN.md, section 7).
pub const EARLY_REPORT: TimeDelta = TimeDelta::hours(3);

/// How long a reply is worth sending. After that the patient has long gone on, and staff have seen the text.
pub const REPLY_LIFETIME: TimeDelta = TimeDelta::hours(4);

impl RoundPlan {
    /// The instants of the round of `day`, ascending: `opens_at` < `reminders_at` < `deadline_at` <=
    /// `quiet_from` <= `ends_at`, `deadline_at` < `ends_at`, for any [valid](Hours::validate) hours and on any day. It ends when the next
    /// one opens, so that rounds neither overlap nor leave gaps.
    ///
    /// Where clocks skip some of the times, reminders that would coincide with the opening, the deadline or
    /// each other are left out. Where they skip the whole time from opening to deadline, people keep the time
    /// they have to answer: reminders and deadline follow the opening at their usual distance. A day that the
    /// zone's calendar does not have is never planned by [`rounds_to_plan`]; asked for all the same, it has the
    /// plan of the next day.
    #[must_use]
    pub fn new(hours: &Hours, zone: Tz, day: NaiveDate) -> Self {
        let day = if has_date(zone, day) { day } else { next_date(zone, day) };
        let opens_at = instant_of(zone, day, hours.open);
        let ends_at = instant_of(zone, next_date(zone, day), hours.open);
        let all_skipped = instant_of(zone, day, hours.deadline) == opens_at;
        let due_at = |time: NaiveTime| {
            if all_skipped { opens_at + (time - hours.open) } else { instant_of(zone, day, time) }
        };
        // Only where clocks skip a late deadline can it reach the next opening.
        let deadline_at = due_at(hours.deadline).min(ends_at - TimeDelta::minutes(1));
        let mut reminders_at: Vec<_> = hours
            .reminders
            .iter()
            .map(|reminder| due_at(*reminder))
            .filter(|reminder| opens_at < *reminder && *reminder < deadline_at)
            .collect();
        reminders_at.sort_unstable();
        reminders_at.dedup();
        // A deadline that was put off may reach into the quiet hours; they begin after it then.
        let quiet_from = instant_of(zone, day, hours.quiet_from).clamp(deadline_at, ends_at);
        Self { opens_at, reminders_at, deadline_at, ends_at, quiet_from }
    }

    /// When this timer is due; `None` for a reminder that the round does not have.
    #[must_use]
    pub fn due_at(&self, kind: TimerKind) -> Option<DateTime<Utc>> {
        match kind {
            TimerKind::Open => Some(self.opens_at),
            TimerKind::Reminder(number) => {
                usize::from(number).checked_sub(1).and_then(|index| self.reminders_at.get(index)).copied()
            }
            TimerKind::Deadline => Some(self.deadline_at),
        }
    }

    /// Every timer of the round with the instant at which it is due, ascending.
    pub fn timers(&self) -> impl Iterator<Item = (TimerKind, DateTime<Utc>)> {
        let reminders = (1..=u8::MAX).map(TimerKind::Reminder).zip(self.reminders_at.iter().copied());
        std::iter::once((TimerKind::Open, self.opens_at))
            .chain(reminders)
            .chain(std::iter::once((TimerKind::Deadline, self.deadline_at)))
    }

    /// The deadline as it is written in texts: `8:30`.
    #[must_use]
    pub fn deadline_text(&self, zone: Tz) -> String {
        self.deadline_at.with_timezone(&zone).format("%-H:%M").to_string()
    }

    /// Whether `instant` lies between this opening and the next.
    #[must_use]
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.opens_at <= instant && instant < self.ends_at
    }

    /// Whether a report at `instant` that nobody asked for counts for the round after this one: it lies within
    /// the three hours before that round's opening.
    #[must_use]
    pub fn belongs_to_next(&self, instant: DateTime<Utc>) -> bool {
        self.ends_at - EARLY_REPORT <= instant && instant < self.ends_at
    }
}

/// The observation day of `instant`: the day of the latest opening.
#[must_use]
pub fn day_for(center: &Center, instant: DateTime<Utc>) -> NaiveDate {
    // Where a repeated hour crosses midnight, tomorrow's opening may already have been.
    let mut day = local_date(center.time_zone, instant) + Days::new(1);
    while !has_date(center.time_zone, day) || instant < instant_of(center.time_zone, day, center.hours.open) {
        day = previous_date(center.time_zone, day);
    }
    day
}

/// The observation day of a report at `instant` that nobody asked for: the coming one within three hours
/// before its opening, otherwise the current one.
#[must_use]
pub fn day_for_unasked(center: &Center, instant: DateTime<Utc>) -> NaiveDate {
    let day = day_for(center, instant);
    if RoundPlan::new(&center.hours, center.time_zone, day).belongs_to_next(instant) {
        next_date(center.time_zone, day)
    } else {
        day
    }
}

/// The days whose rounds of a kind have to be there now: of the current and the next one those that the center holds.
/// `first` is the day of the center's first round of this kind, if it has one.
///
/// A center begins with a round that it can still hold: one whose deadline was over before the center was added would
/// stand there as missed, with everybody on its chase list. For the other kinds that holds at any time, since they can
/// be switched on and off.
#[must_use]
pub fn rounds_to_plan(
    center: &Center,
    kind: RoundKind,
    now: DateTime<Utc>,
    first: Option<NaiveDate>,
) -> Vec<(NaiveDate, RoundPlan)> {
    let current = day_for(center, now);
    let has_begun = |day: NaiveDate| kind == RoundKind::Morning && first.is_some_and(|first| first <= day);
    [current, next_date(center.time_zone, current)]
        .into_iter()
        .filter_map(|day| Some((day, kind.plan(center, day)?)))
        .filter(|(day, plan)| {
            has_begun(*day) || ((kind != RoundKind::Morning || first.is_none()) && now < plan.deadline_at)
        })
        .collect()
}

/// What to do with a timer that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerAction {
    /// What it is for: ask, remind, freeze the chase list.
    Run,
    /// Nothing; the timer is done.
    Skip(SkippedTimer),
    /// The deadline passed before the round could open: it becomes [`RoundState::Missed`]. Its chase list is
    /// frozen all the same, with everybody on it who has not reported unasked (P9).
    MissRound,
}

keyed! {
    /// Why a timer had nothing to do.
    SkippedTimer {
        /// What it is for has been done already, by another instance or before a restart.
        Done = "done",
        /// The round is over: nothing asks a question after the deadline.
        Over = "over",
        /// The round has only just opened, late, or not at all: who was not asked cannot be reminded.
        NotAsked = "not-asked",
        /// A later reminder is due too; overdue reminders collapse into one.
        Superseded = "superseded",
    }
}

/// What to do with the timer `kind` that is due at `now`, when `other_due` are the timers of the same round that
/// are due with it (DESIGN.md, section 7: overdue reminders collapse into the latest; a missed opening is made
/// up until the deadline; a missed deadline is always made up). `state` is the round's state now, after the
/// timers before this one were dealt with.
#[must_use]
pub fn due_action(
    kind: TimerKind,
    plan: &RoundPlan,
    state: RoundState,
    now: DateTime<Utc>,
    other_due: &[TimerKind],
) -> TimerAction {
    let over = now >= plan.deadline_at;
    match (kind, state) {
        (TimerKind::Open | TimerKind::Deadline, RoundState::Planned) if over => TimerAction::MissRound,
        (TimerKind::Open, RoundState::Planned) | (TimerKind::Deadline, RoundState::Open) => TimerAction::Run,
        // A deadline without an opening, before its time: nothing was asked, nothing can be closed.
        (TimerKind::Deadline, RoundState::Planned) => TimerAction::Skip(SkippedTimer::NotAsked),
        (TimerKind::Open, _) | (TimerKind::Deadline, RoundState::Closed | RoundState::Missed) => {
            TimerAction::Skip(SkippedTimer::Done)
        }
        (TimerKind::Reminder(_), RoundState::Closed | RoundState::Missed) => TimerAction::Skip(SkippedTimer::Over),
        (TimerKind::Reminder(_), _) if over => TimerAction::Skip(SkippedTimer::Over),
        (TimerKind::Reminder(_), RoundState::Planned) => TimerAction::Skip(SkippedTimer::NotAsked),
        (TimerKind::Reminder(_), RoundState::Open) if other_due.contains(&TimerKind::Open) => {
            TimerAction::Skip(SkippedTimer::NotAsked)
        }
        (TimerKind::Reminder(number), RoundState::Open) => {
            let superseded =
                other_due.iter().any(|other| matches!(other, TimerKind::Reminder(later) if *later > number));
            if superseded { TimerAction::Skip(SkippedTimer::Superseded) } else { TimerAction::Run }
        }
    }
}

/// Until when a text may leave (P7). The instant itself is too late.
///
/// A scheduled text, and a reply that asks a question of a round (`plan` is that round's), must leave before
/// the round's deadline and before the quiet hours. A reply that asks nothing (`plan` is `None`) or that comes
/// after the deadline is worth sending for four hours, a safety text too. A scheduled text without a round is
/// never worth sending.
#[must_use]
pub fn sending_deadline(kind: TextKind, plan: Option<&RoundPlan>, now: DateTime<Utc>) -> DateTime<Utc> {
    let of_round = plan.map(|plan| plan.deadline_at.min(plan.quiet_from));
    match kind {
        TextKind::Safety => now + REPLY_LIFETIME,
        TextKind::Opening | TextKind::Reminder => of_round.unwrap_or(now),
        TextKind::Reply => match of_round {
            Some(deadline) if now < deadline => deadline.min(now + REPLY_LIFETIME),
            _ => now + REPLY_LIFETIME,
        },
    }
}

#[cfg(test)]
mod tests;
