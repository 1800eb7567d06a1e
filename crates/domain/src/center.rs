//! The center: the tenant, its hours and its numbers.

use chrono::NaiveTime;
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
    /// The name of the dialog that its rounds run.
    pub dialog: String,
    /// When a measured value is worrying.
    pub thresholds: Thresholds,
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
