//! The center: the tenant, its hours and its numbers.

use chrono::{NaiveTime, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::id::CenterId;
use crate::language::Language;
use crate::phone::PhoneNumber;
use crate::severity::Thresholds;

/// A public health center (保健所).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Center {
    /// Its identifier.
    pub id: CenterId,
    /// As it stands in texts: `江東区保健所`. Unique.
    pub name: String,
    /// Its IANA time zone; every time of day below is in it.
    pub time_zone: Tz,
    /// The number that texts come from and are answered to. Unique: routing is by (To, From).
    pub sender: PhoneNumber,
    /// Its times of day.
    pub hours: Hours,
    /// The number to call when nobody is at the center, as written in texts.
    pub night_line: Option<String>,
    /// What a new contact is written to in, unless something else is known.
    pub language: Language,
    /// The name of the dialog that its mornings run.
    pub dialog: String,
    /// The dialogs beside it.
    pub further: FurtherDialogs,
    /// The second check of the day, if the center has one.
    pub second: Option<SecondCheck>,
    /// When a measured value is worrying.
    pub thresholds: Thresholds,
}

/// The dialogs that a center uses beside that of its mornings, by name. Without one, nothing of the kind happens: no
/// number is welcomed, the last day is a day as any other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FurtherDialogs {
    /// The first texts to a number that is not known to be the patient's.
    pub welcome: Option<String>,
    /// The morning of contacts that want one text.
    pub short: Option<String>,
    /// The last day of an observation.
    pub release: Option<String>,
}

/// The second check of the day: for patients of high risk, after the morning's deadline. Times of day are in the
/// center's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondCheck {
    /// When its first question goes out.
    pub open: NaiveTime,
    /// When the unfinished are reminded; ascending, between opening and deadline.
    pub reminders: Vec<NaiveTime>,
    /// By when a report is on time.
    pub deadline: NaiveTime,
    /// The name of the dialog.
    pub dialog: String,
}

impl SecondCheck {
    /// Its times of day, with the rest of the center's.
    #[must_use]
    pub fn hours(&self, morning: &Hours) -> Hours {
        Hours { open: self.open, reminders: self.reminders.clone(), deadline: self.deadline, ..morning.clone() }
    }

    /// Whether its times make a round beside those of the morning.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self, morning: &Hours) -> Result<(), Vec<HoursError>> {
        let wrong = self.hours(morning).validate().err().unwrap_or_default();
        let mut errors: Vec<HoursError> = wrong.into_iter().map(|error| HoursError::Second(Box::new(error))).collect();
        if self.open < morning.deadline {
            errors.push(HoursError::SecondInMorning { open: self.open, deadline: morning.deadline });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Center {
    /// The names of all dialogs that the center uses, each once.
    #[must_use]
    pub fn dialogs(&self) -> Vec<&str> {
        let FurtherDialogs { welcome, short, release } = &self.further;
        let mut names = vec![self.dialog.as_str()];
        names.extend([welcome, short, release].into_iter().flatten().map(String::as_str));
        names.extend(self.second.as_ref().map(|second| second.dialog.as_str()));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Everything that is wrong with the center's times of day and thresholds, in words.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let hours = self.hours.validate().err().unwrap_or_default();
        let second = self.second.as_ref().and_then(|second| second.validate(&self.hours).err()).unwrap_or_default();
        let thresholds = self.thresholds.validate().err().unwrap_or_default();
        let hours = hours.iter().chain(&second).map(ToString::to_string);
        hours.chain(thresholds.iter().map(ToString::to_string)).collect()
    }
}

/// A center's times of day, in its own time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When the round opens and question 1 goes out. Default 07:00.
    pub open: NaiveTime,
    /// When the unfinished are reminded; ascending, between opening and deadline. Default 07:45 and 08:15.
    pub reminders: Vec<NaiveTime>,
    /// By when a report is on time; after the last reminder. Default 08:30.
    pub deadline: NaiveTime,
    /// Until when somebody reads texts that wait for staff (from the opening on). Default 17:15.
    pub attended_until: NaiveTime,
    /// No scheduled text leaves from this time on … Default 21:00.
    pub quiet_from: NaiveTime,
    /// … until this time. Not after the opening. Default 07:00.
    pub quiet_until: NaiveTime,
}

/// How many reminders a round may have: more would drive people away, and their number has to fit a key.
pub const MOST_REMINDERS: usize = 8;

impl Default for Hours {
    /// Koto Ward's morning (DESIGN.md, section 3).
    fn default() -> Self {
        Self {
            open: at(7, 0),
            reminders: vec![at(7, 45), at(8, 15)],
            deadline: at(8, 30),
            attended_until: at(17, 15),
            quiet_from: at(21, 0),
            quiet_until: at(7, 0),
        }
    }
}

const fn at(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("an hour below 24 and a minute below 60")
}

/// What is wrong with a center's times of day, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Texts name times by hour and minute, so that is all a time may have.
    #[error("{which}: {time} is not a whole minute; write it as hours and minutes, such as 07:45")]
    NotWholeMinute {
        /// Which time of day.
        which: &'static str,
        /// What it is.
        time: NaiveTime,
    },
    /// Nobody would have time to answer.
    #[error("the deadline ({}) must be later than the opening ({})", hm(deadline), hm(open))]
    DeadlineNotAfterOpening {
        /// The deadline.
        deadline: NaiveTime,
        /// The opening.
        open: NaiveTime,
    },
    /// A reminder before anything was asked, or after the end.
    #[error(
        "reminder {number} ({}) must be later than the opening ({}) and earlier than the deadline ({})",
        hm(reminder),
        hm(open),
        hm(deadline)
    )]
    ReminderOutsideRound {
        /// Which one, counted from 1.
        number: usize,
        /// When it is.
        reminder: NaiveTime,
        /// The opening.
        open: NaiveTime,
        /// The deadline.
        deadline: NaiveTime,
    },
    /// The reminders are not in order, or one is there twice.
    #[error("reminder {number} ({}) must be later than the one before it ({})", hm(reminder), hm(previous))]
    RemindersNotAscending {
        /// Which one, counted from 1.
        number: usize,
        /// When it is.
        reminder: NaiveTime,
        /// The one before it.
        previous: NaiveTime,
    },
    /// More reminders than [`MOST_REMINDERS`].
    #[error("{count} reminders are too many: at most {MOST_REMINDERS} can be sent in one round")]
    TooManyReminders {
        /// How many there are.
        count: usize,
    },
    /// The opening would fall into quiet hours, and nothing could be sent.
    #[error("the quiet hours must end ({}) at the opening ({}) or earlier", hm(quiet_until), hm(open))]
    QuietAtOpening {
        /// The end of the quiet hours.
        quiet_until: NaiveTime,
        /// The opening.
        open: NaiveTime,
    },
    /// Part of the round would fall into quiet hours.
    #[error("the quiet hours must begin ({}) after the deadline ({}), on the same day", hm(quiet_from), hm(deadline))]
    QuietBeforeDeadline {
        /// The beginning of the quiet hours.
        quiet_from: NaiveTime,
        /// The deadline.
        deadline: NaiveTime,
    },
    /// Something about the second check.
    #[error("second check: {0}")]
    Second(Box<HoursError>),
    /// Two rounds at once would ask one person two questions.
    #[error("the second check must open ({}) at the morning's deadline ({}) or later", hm(open), hm(deadline))]
    SecondInMorning {
        /// The opening of the second check.
        open: NaiveTime,
        /// The morning's deadline.
        deadline: NaiveTime,
    },
    /// Somebody reads texts from the opening on, so they cannot stop before it.
    #[error(
        "texts must be attended to until a time ({}) after the opening ({}), on the same day",
        hm(attended_until),
        hm(open)
    )]
    NeverAttended {
        /// The end of the attended hours.
        attended_until: NaiveTime,
        /// The opening.
        open: NaiveTime,
    },
}

/// Hours and minutes, as people enter them.
fn hm(time: &NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

impl Hours {
    /// Whether these times make a round: opening, reminders, deadline, quiet hours in this order within one
    /// day, quiet hours over midnight until the opening at the latest.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), Vec<HoursError>> {
        let Self { open, ref reminders, deadline, attended_until, quiet_from, quiet_until } = *self;
        let mut errors = Vec::new();
        let named = [
            ("opening", open),
            ("deadline", deadline),
            ("end of the attended hours", attended_until),
            ("beginning of the quiet hours", quiet_from),
            ("end of the quiet hours", quiet_until),
        ];
        for (which, time) in named.into_iter().chain(reminders.iter().map(|reminder| ("reminder", *reminder))) {
            if time.second() != 0 || time.nanosecond() != 0 {
                errors.push(HoursError::NotWholeMinute { which, time });
            }
        }
        if deadline <= open {
            errors.push(HoursError::DeadlineNotAfterOpening { deadline, open });
        }
        if reminders.len() > MOST_REMINDERS {
            errors.push(HoursError::TooManyReminders { count: reminders.len() });
        }
        for (index, &reminder) in reminders.iter().enumerate() {
            let number = index + 1;
            if reminder <= open || reminder >= deadline {
                errors.push(HoursError::ReminderOutsideRound { number, reminder, open, deadline });
            }
            if let Some(&previous) = index.checked_sub(1).and_then(|before| reminders.get(before))
                && reminder <= previous
            {
                errors.push(HoursError::RemindersNotAscending { number, reminder, previous });
            }
        }
        if quiet_until > open {
            errors.push(HoursError::QuietAtOpening { quiet_until, open });
        }
        if quiet_from <= deadline {
            errors.push(HoursError::QuietBeforeDeadline { quiet_from, deadline });
        }
        if attended_until <= open {
            errors.push(HoursError::NeverAttended { attended_until, open });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The deadline as it is written in texts: `8:30`.
    #[must_use]
    pub fn deadline_text(&self) -> String {
        self.deadline.format("%-H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(hours: &Hours) -> Vec<String> {
        hours.validate().err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_hours_are_those_of_the_design_and_valid() {
        let hours = Hours::default();
        assert_eq!(hours.validate(), Ok(()));
        assert_eq!(hours.deadline_text(), "8:30");
        assert_eq!(Hours { deadline: at(11, 5), ..hours }.deadline_text(), "11:05");
    }

    #[test]
    fn reminders_may_be_missing_and_the_quiet_hours_may_end_at_midnight() {
        let hours = Hours { reminders: Vec::new(), quiet_until: at(0, 0), ..Hours::default() };
        assert_eq!(hours.validate(), Ok(()));
    }

    #[test]
    fn each_wrong_time_is_named_with_what_would_be_right() {
        let right = Hours::default;
        for (hours, expected) in [
            (
                Hours { deadline: at(7, 0), reminders: vec![], ..right() },
                "the deadline (07:00) must be later than the opening (07:00)",
            ),
            (
                Hours { reminders: vec![at(7, 0)], ..right() },
                "reminder 1 (07:00) must be later than the opening (07:00) and earlier than the deadline (08:30)",
            ),
            (
                Hours { reminders: vec![at(7, 45), at(8, 30)], ..right() },
                "reminder 2 (08:30) must be later than the opening (07:00) and earlier than the deadline (08:30)",
            ),
            (
                Hours { reminders: vec![at(8, 15), at(7, 45)], ..right() },
                "reminder 2 (07:45) must be later than the one before it (08:15)",
            ),
            (
                Hours { reminders: vec![at(8, 15), at(8, 15)], ..right() },
                "reminder 2 (08:15) must be later than the one before it (08:15)",
            ),
            (
                Hours { reminders: (1..=9).map(|minute| at(8, minute)).collect(), ..right() },
                "9 reminders are too many: at most 8 can be sent in one round",
            ),
            (
                Hours { quiet_until: at(7, 1), ..right() },
                "the quiet hours must end (07:01) at the opening (07:00) or earlier",
            ),
            (
                Hours { quiet_from: at(8, 30), ..right() },
                "the quiet hours must begin (08:30) after the deadline (08:30), on the same day",
            ),
            (
                Hours { attended_until: at(7, 0), ..right() },
                "texts must be attended to until a time (07:00) after the opening (07:00), on the same day",
            ),
            (
                Hours { open: NaiveTime::from_hms_opt(7, 0, 30).expect("valid"), ..right() },
                "opening: 07:00:30 is not a whole minute; write it as hours and minutes, such as 07:45",
            ),
        ] {
            assert_eq!(messages(&hours), [expected]);
        }
    }

    fn second() -> SecondCheck {
        SecondCheck { open: at(14, 0), reminders: vec![at(14, 45)], deadline: at(15, 30), dialog: "twice-daily".into() }
    }

    #[test]
    fn a_second_check_is_as_a_morning_and_after_it() {
        let morning = Hours::default();
        let wrong = |second: &SecondCheck| -> Vec<String> {
            second.validate(&morning).err().unwrap_or_default().iter().map(ToString::to_string).collect()
        };
        assert_eq!(wrong(&second()), [""; 0]);
        assert_eq!(wrong(&SecondCheck { open: at(8, 30), ..second() }), [""; 0], "it may follow at once");
        for (check, expected) in [
            (
                SecondCheck { open: at(8, 0), ..second() },
                "the second check must open (08:00) at the morning's deadline (08:30) or later",
            ),
            (
                SecondCheck { deadline: at(14, 0), reminders: vec![], ..second() },
                "second check: the deadline (14:00) must be later than the opening (14:00)",
            ),
            (
                SecondCheck { deadline: at(22, 0), ..second() },
                "second check: the quiet hours must begin (21:00) after the deadline (22:00), on the same day",
            ),
            (
                SecondCheck { open: at(18, 0), reminders: vec![], deadline: at(19, 0), ..second() },
                "second check: texts must be attended to until a time (17:15) after the opening (18:00), on the same day",
            ),
        ] {
            assert_eq!(wrong(&check), [expected]);
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let hours = Hours { deadline: at(6, 0), quiet_from: at(5, 0), attended_until: at(4, 0), ..Hours::default() };
        assert_eq!(messages(&hours).len(), 5, "{:?}", messages(&hours));
    }
}
