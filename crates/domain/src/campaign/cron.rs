//! Times that come again: five cron fields in a center's zone. What runs at them is [`super::schedule`]'s business.
//!
//! The crate `croner` reads the fields and finds the next local time; which instant a local time means is
//! [`crate::schedule::instant_of`]'s rule, as everywhere (DESIGN.md, section 7: in the gap the first instant after it,
//! of two the first). croner is therefore asked about the clock on the wall alone, in a calendar without daylight
//! saving: its own rules differ for patterns with a `*`, which it lets run in both of two equal hours.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

use super::field_error::FieldError;
use crate::schedule::{has_date, instant_of};

/// A cron expression of five fields: minute, hour, day of the month, month, day of the week. Where both days are given,
/// one of the two is enough, as ever in cron.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    /// Boxed: it is large, and most campaigns have none.
    pattern: Box<croner::Cron>,
}

/// The fields in their order: their names, and what may stand in them.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, or L for the last"),
    ("month", "1 to 12, or JAN to DEC"),
    ("day of the week", "0 to 7 (both are Sunday), or SUN to SAT"),
];

const EXAMPLE: &str = "such as `45 7 * * *` (every day at 7:45) or `0 9 * * MON-FRI`";

fn parse(text: &str) -> Option<croner::Cron> {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(text).ok()
}

impl FromStr for Cron {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let fault = |message: String| FieldError::new("schedule.start.cron", message);
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            let message =
                format!("a cron expression has 5 fields, minute to day of the week, and this has {}", fields.len());
            return Err(fault(message).hint(EXAMPLE));
        }
        let whole = fields.join(" ");
        for (index, field) in fields.iter().enumerate() {
            let alone: Vec<&str> = (0..FIELDS.len()).map(|place| if place == index { *field } else { "*" }).collect();
            // croner takes an empty part of a list for nothing at all.
            let has_gap = field.split(',').any(str::is_empty);
            if has_gap || field.starts_with('@') || parse(&alone.join(" ")).is_none() {
                let (name, range) = FIELDS[index];
                return Err(fault(format!("`{field}` is no {name}"))
                    .hint(format!("possible: {range}, lists (1,3), ranges (1-5) and steps (*/2); {EXAMPLE}")));
            }
        }
        let pattern = parse(&whole).ok_or_else(|| fault(format!("`{whole}` cannot be read")).hint(EXAMPLE))?;
        let cron = Self { text: whole, pattern: Box::new(pattern) };
        if cron.next_shown(DateTime::UNIX_EPOCH.naive_utc(), true).is_none() {
            return Err(fault(format!("`{}` never comes: no month has such a day", cron.text)).hint(EXAMPLE));
        }
        Ok(cron)
    }
}

impl TryFrom<String> for Cron {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|fault: FieldError| match fault.hint {
            Some(hint) => format!("{}; {hint}", fault.message),
            None => fault.message,
        })
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cron {
    /// The next time that a clock on the wall shows which matches, after `shown` or at it.
    fn next_shown(&self, shown: NaiveDateTime, at_it: bool) -> Option<NaiveDateTime> {
        self.pattern.find_next_occurrence(&shown.and_utc(), at_it).ok().map(|next| next.naive_utc())
    }

    /// The instants at which it comes after `after`, ascending, each once. Times on a day that the zone's calendar does
    /// not have are left out, as such a day has no round either.
    pub fn instants(&self, zone: Tz, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        // A later local time never means an earlier instant: what the clocks have shown lies behind.
        let local = after.with_timezone(&zone).naive_local();
        let mut at_it = true;
        let mut shown = local.with_second(0).and_then(|local| local.with_nanosecond(0)).unwrap_or(local);
        let mut latest = after;
        std::iter::from_fn(move || {
            loop {
                shown = self.next_shown(shown, at_it)?;
                at_it = false;
                let instant = instant_of(zone, shown.date(), shown.time());
                if instant > latest && has_date(zone, shown.date()) {
                    latest = instant;
                    return Some(instant);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days, NaiveDate, TimeDelta};
    use proptest::prelude::*;

    use super::*;

    fn cron(text: &str) -> Cron {
        text.parse().unwrap_or_else(|fault: FieldError| panic!("{text}: {fault}"))
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    #[test]
    fn the_next_times_are_those_of_the_centers_clocks() {
        for (text, zone, after, expected) in [
            ("45 7 * * *", "Asia/Tokyo", "2026-08-01T00:00:00Z", ["2026-08-01T22:45:00Z", "2026-08-02T22:45:00Z"]),
            ("45 7 * * *", "Asia/Tokyo", "2026-08-01T22:45:00Z", ["2026-08-02T22:45:00Z", "2026-08-03T22:45:00Z"]),
            ("45 7 * * *", "Asia/Tokyo", "2026-08-01T22:44:59Z", ["2026-08-01T22:45:00Z", "2026-08-02T22:45:00Z"]),
            // In the gap: the first instant after it. The day after, as usual.
            (
                "30 2 * * *",
                "America/New_York",
                "2026-03-08T00:00:00Z",
                ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
            ),
            (
                "*/20 2 * * *",
                "America/New_York",
                "2026-03-08T00:00:00Z",
                ["2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"],
            ),
            // Twice: the first, of patterns with a star too.
            (
                "30 1 * * *",
                "America/New_York",
                "2026-11-01T04:00:00Z",
                ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
            ),
            (
                "30 * * * *",
                "America/New_York",
                "2026-11-01T05:00:00Z",
                ["2026-11-01T05:30:00Z", "2026-11-01T07:30:00Z"],
            ),
            // A day that the calendar does not have.
            ("0 8 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", ["2011-12-29T18:00:00Z", "2011-12-30T18:00:00Z"]),
            ("0 9 29 2 *", "Asia/Tokyo", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            ("0 9 L * *", "Asia/Tokyo", "2026-08-01T00:00:00Z", ["2026-08-31T00:00:00Z", "2026-09-30T00:00:00Z"]),
            ("0 9 1 * MON", "Asia/Tokyo", "2026-08-01T12:00:00Z", ["2026-08-03T00:00:00Z", "2026-08-10T00:00:00Z"]),
        ] {
            let found: Vec<_> = cron(text).instants(zone.parse().expect(zone), utc(after)).take(2).collect();
            assert_eq!(found, expected.map(utc), "{text} in {zone}");
        }
    }

    #[test]
    fn what_cannot_be_read_names_its_field_and_what_would_be_right() {
        for (text, expected) in [
            ("", "a cron expression has 5 fields, minute to day of the week, and this has 0; such as `45 7 * * *`"),
            ("0 45 7 * * *", "a cron expression has 5 fields, minute to day of the week, and this has 6"),
            ("@daily", "a cron expression has 5 fields"),
            ("60 7 * * *", "`60` is no minute; possible: 0 to 59"),
            ("0 24 * * *", "`24` is no hour"),
            ("0 7 0 * *", "`0` is no day of the month"),
            ("0 7 * 13 *", "`13` is no month"),
            ("0 7 * * MONDAY", "`MONDAY` is no day of the week"),
            ("0 7 * * 8", "`8` is no day of the week"),
            ("0 9-7 * * *", "`9-7` is no hour"),
            ("*/0 7 * * *", "`*/0` is no minute"),
            ("1,,2 7 * * *", "`1,,2` is no minute"),
            (", 7 * * *", "`,` is no minute"),
            ("@daily 7 * * *", "`@daily` is no minute"),
            ("0 7 31 2 *", "`0 7 31 2 *` never comes: no month has such a day"),
            ("0 7 30,31 FEB *", "`0 7 30,31 FEB *` never comes"),
            ("x 7 * * *", "`x` is no minute"),
        ] {
            let fault = text.parse::<Cron>().expect_err(text).to_string();
            assert!(fault.starts_with(&format!("schedule.start.cron: {expected}")), "{text}: {fault}");
        }
    }

    #[test]
    fn it_is_stored_as_it_was_written() {
        let stored = serde_json::to_string(&cron("  45  7 * *  mon-fri ")).expect("serialises");
        assert_eq!(stored, r#""45 7 * * mon-fri""#);
        assert_eq!(serde_json::from_str::<Cron>(&stored).expect("reads"), cron("45 7 * * mon-fri"));
        assert!(
            serde_json::from_str::<Cron>(r#""0 7 31 2 *""#).expect_err("never").to_string().contains("never comes")
        );
    }

    /// A pattern as sets, matched without croner.
    #[derive(Debug, Clone)]
    struct Sets {
        minutes: Vec<u32>,
        hours: Vec<u32>,
        weekdays: Option<Vec<u32>>,
    }

    impl Sets {
        fn matches(&self, shown: NaiveDateTime) -> bool {
            let weekday = shown.weekday().num_days_from_sunday();
            self.minutes.contains(&shown.minute())
                && self.hours.contains(&shown.hour())
                && self.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
        }

        fn written(&self) -> String {
            let list = |numbers: &[u32]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let star = |numbers: &[u32], all: usize| if numbers.len() == all { "*".to_owned() } else { list(numbers) };
            let weekdays = self.weekdays.as_ref().map_or("*".to_owned(), |days| list(days));
            format!("{} {} * * {weekdays}", star(&self.minutes, 60), star(&self.hours, 24))
        }
    }

    fn some_of(most: u32) -> impl Strategy<Value = Vec<u32>> {
        prop_oneof![
            prop::collection::btree_set(0..most, 1..4).prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            Just((0..most).collect()),
        ]
    }

    fn any_sets() -> impl Strategy<Value = Sets> {
        (some_of(60), some_of(24), prop::option::of(some_of(7))).prop_map(|(minutes, hours, weekdays)| Sets {
            minutes,
            hours,
            weekdays,
        })
    }

    /// Every minute from `from` on at which something that matches is shown for the first time, or at which a gap ends
    /// in which something would have been shown.
    fn by_brute_force(sets: &Sets, zone: Tz, from: DateTime<Utc>, minutes: i64) -> Vec<DateTime<Utc>> {
        let shown = |instant: DateTime<Utc>| instant.with_timezone(&zone).naive_local();
        // Whatever was shown in the day before cannot be shown for the first time.
        let mut furthest = shown(from - TimeDelta::days(2));
        let mut found = Vec::new();
        for minute in -2 * 24 * 60..minutes {
            let instant = from + TimeDelta::minutes(minute);
            let now = shown(instant);
            let mut is_due = false;
            while furthest < now {
                furthest += TimeDelta::minutes(1);
                is_due |= sets.matches(furthest);
            }
            if is_due && minute > 0 {
                found.push(instant);
            }
        }
        found
    }

    const ZONES: [&str; 9] = [
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Cairo",
        "America/Nuuk",
        "Asia/Beirut",
        "Antarctica/Troll",
        "Asia/Tokyo",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn over_days_of_change_it_agrees_with_brute_force(
            sets in any_sets(), zone in prop::sample::select(&ZONES[..]), year in 2020i32..2030, pick in any::<prop::sample::Index>(), hours in 0i64..24,
        ) {
            let zone: Tz = zone.parse().expect("a zone");
            let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
            let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
            let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("valid");
            let changes: Vec<NaiveDate> = first.iter_days().take(365)
                .filter(|day| offset(midnight(*day)) != offset(midnight(*day + Days::new(1)))).collect();
            let day = if changes.is_empty() { first } else { *pick.get(&changes) };
            let from = midnight(day) - TimeDelta::hours(hours);
            let minutes = 3 * 24 * 60;
            let cron = cron(&sets.written());
            let found: Vec<_> = cron.instants(zone, from).take_while(|at| *at < from + TimeDelta::minutes(minutes)).collect();
            prop_assert_eq!(found, by_brute_force(&sets, zone, from, minutes), "{} in {} from {}", cron, zone, from);
        }
    }
}
