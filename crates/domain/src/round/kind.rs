//! The kinds of rounds: what each is for, when it is and who is in it. Which dialog somebody is asked in is
//! [`crate::choice`]'s business.

use chrono::{NaiveDate, TimeDelta};

use super::RoundPlan;
use crate::center::Center;
use crate::keyed::keyed;
use crate::patient::{Patient, PatientStatus, RiskTier};
use crate::schedule::instant_of;

keyed! {
    /// What a round is for. A center has at most one round of each kind on a day.
    RoundKind {
        /// The report of the day, by everybody under observation.
        Morning = "morning",
        /// The second check of the day, by patients of high risk.
        Second = "second",
        /// The first texts to numbers that are not known to be the patients' yet: nothing about health.
        Welcome = "welcome",
    }
}

/// How long before the quiet hours a welcome ends: whoever answers late shall not be texted in bed.
const BEFORE_QUIET: TimeDelta = TimeDelta::hours(1);

/// How long before the end of the day's welcome somebody who has not answered is reminded.
const REMINDED_BEFORE_END: TimeDelta = TimeDelta::hours(3);

impl RoundKind {
    /// The kinds that ask about somebody's health, and so have check-ins and a chase list.
    #[must_use]
    pub const fn is_about_health(self) -> bool {
        matches!(self, Self::Morning | Self::Second)
    }

    /// Whether a patient belongs to the round of a day. Of a phone that several share, a welcome asks for all of them
    /// together; and it may come on the day before the observation begins, so that the first morning finds the number
    /// confirmed.
    #[must_use]
    pub fn includes(self, patient: &Patient, day: NaiveDate) -> bool {
        match self {
            Self::Morning => patient.is_observed_on(day),
            Self::Second => patient.is_observed_on(day) && patient.risk_tier == RiskTier::High,
            Self::Welcome => {
                patient.status == PatientStatus::UnderObservation
                    && patient.observe_from <= welcomed_until(day)
                    && day <= patient.observe_until
            }
        }
    }

    /// The instants of a center's round of this kind on a day; `None` if the center has none.
    ///
    /// All of them end when the next morning opens. The second check ascends as a morning does. A welcome is open from
    /// the opening of the morning, from which on somebody at the center can be asked whether it is genuine, to an hour
    /// before the quiet hours, but at least as long as the morning; its one reminder is three hours before its end, or
    /// in the middle if it is shorter than six hours.
    #[must_use]
    pub fn plan(self, center: &Center, day: NaiveDate) -> Option<RoundPlan> {
        let (hours, zone) = (&center.hours, center.time_zone);
        let morning = RoundPlan::new(hours, zone, day);
        match self {
            Self::Morning => Some(morning),
            Self::Second => {
                let second = RoundPlan::new(&center.second.as_ref()?.hours(hours), zone, day);
                // Only where clocks skip or repeat hours can it reach the next morning.
                let ends_at = morning.ends_at;
                if second.opens_at < morning.deadline_at || ends_at <= second.deadline_at {
                    return None;
                }
                let quiet_from = second.quiet_from.clamp(second.deadline_at, ends_at);
                Some(RoundPlan { ends_at, quiet_from, ..second })
            }
            Self::Welcome => {
                center.further.welcome.as_ref()?;
                let opens_at = morning.opens_at;
                let quiet_from = instant_of(zone, day, hours.quiet_from).clamp(morning.deadline_at, morning.ends_at);
                let deadline_at = (quiet_from - BEFORE_QUIET).max(morning.deadline_at);
                let middle = opens_at + (deadline_at - opens_at) / 2;
                let reminders_at = vec![(deadline_at - REMINDED_BEFORE_END).max(middle)];
                Some(RoundPlan { opens_at, reminders_at, deadline_at, ends_at: morning.ends_at, quiet_from })
            }
        }
    }
}

/// The last first day of observation of those who are welcomed on a day: the next one.
#[must_use]
pub fn welcomed_until(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}
