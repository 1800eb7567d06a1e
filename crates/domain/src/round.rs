//! A round: one center's observation day, from one opening to the next, and the moments at which something is
//! due in it. Which instant a time of day means is [`crate::schedule`]'s business.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{CenterId, RoundId};
use crate::keyed::keyed;

/// One center's observation day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Its identifier.
    pub id: RoundId,
    /// Whose round it is.
    pub center_id: CenterId,
    /// The day of the opening in the center's calendar. Unique by (center, day).
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
