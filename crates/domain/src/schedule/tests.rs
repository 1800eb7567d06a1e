use chrono::Datelike;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Tz {
    name.parse().expect(name)
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").expect(text)
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

/// Each line: zone, local date, local time, the instant that it means.
const TRANSITIONS: &str = "
Asia/Tokyo          2026-03-08 07:00 2026-03-07T22:00:00Z
America/New_York    2026-03-08 01:59 2026-03-08T06:59:00Z
America/New_York    2026-03-08 02:00 2026-03-08T07:00:00Z
America/New_York    2026-03-08 02:30 2026-03-08T07:00:00Z
America/New_York    2026-03-08 02:59 2026-03-08T07:00:00Z
America/New_York    2026-03-08 03:00 2026-03-08T07:00:00Z
America/New_York    2026-03-08 03:01 2026-03-08T07:01:00Z
America/New_York    2026-03-08 07:00 2026-03-08T11:00:00Z
America/New_York    2026-11-01 00:59 2026-11-01T04:59:00Z
America/New_York    2026-11-01 01:00 2026-11-01T05:00:00Z
America/New_York    2026-11-01 01:30 2026-11-01T05:30:00Z
America/New_York    2026-11-01 02:00 2026-11-01T07:00:00Z
America/New_York    2026-11-01 07:00 2026-11-01T12:00:00Z
Europe/Berlin       2026-03-29 02:30 2026-03-29T01:00:00Z
Europe/Berlin       2026-03-29 03:00 2026-03-29T01:00:00Z
Europe/Berlin       2026-10-25 02:30 2026-10-25T00:30:00Z
Europe/Berlin       2026-10-25 03:00 2026-10-25T02:00:00Z
Europe/London       2026-03-29 01:15 2026-03-29T01:00:00Z
Europe/London       2026-10-25 01:15 2026-10-25T00:15:00Z
Australia/Lord_Howe 2026-10-04 01:59 2026-10-03T15:29:00Z
Australia/Lord_Howe 2026-10-04 02:10 2026-10-03T15:30:00Z
Australia/Lord_Howe 2026-10-04 02:30 2026-10-03T15:30:00Z
Australia/Lord_Howe 2026-04-05 01:29 2026-04-04T14:29:00Z
Australia/Lord_Howe 2026-04-05 01:45 2026-04-04T14:45:00Z
Australia/Lord_Howe 2026-04-05 02:00 2026-04-04T15:30:00Z
Australia/Sydney    2026-10-04 02:30 2026-10-03T16:00:00Z
Australia/Sydney    2026-04-05 02:30 2026-04-04T15:30:00Z
America/Santiago    2026-09-06 00:00 2026-09-06T04:00:00Z
America/Santiago    2026-09-06 00:30 2026-09-06T04:00:00Z
America/Santiago    2026-09-06 01:00 2026-09-06T04:00:00Z
America/Santiago    2026-09-06 07:00 2026-09-06T10:00:00Z
America/Santiago    2026-04-04 22:59 2026-04-05T01:59:00Z
America/Santiago    2026-04-04 23:30 2026-04-05T02:30:00Z
America/Santiago    2026-04-05 00:00 2026-04-05T04:00:00Z
Asia/Beirut         2026-03-29 00:00 2026-03-28T22:00:00Z
Africa/Cairo        2026-04-24 00:30 2026-04-23T22:00:00Z
Africa/Cairo        2026-10-29 23:30 2026-10-29T20:30:00Z
Africa/Cairo        2026-10-30 00:00 2026-10-29T22:00:00Z
Asia/Beirut         2026-10-24 23:30 2026-10-24T20:30:00Z
Asia/Beirut         2026-10-25 00:00 2026-10-24T22:00:00Z
America/Nuuk        2026-03-28 23:30 2026-03-29T01:00:00Z
America/Nuuk        2026-10-24 23:30 2026-10-25T00:30:00Z
America/Nuuk        2026-10-25 00:00 2026-10-25T02:00:00Z
Africa/Casablanca   2026-02-15 02:30 2026-02-15T01:30:00Z
Africa/Casablanca   2026-03-22 02:30 2026-03-22T02:00:00Z
Pacific/Apia        2011-12-29 23:59 2011-12-30T09:59:00Z
Pacific/Apia        2011-12-30 00:00 2011-12-30T10:00:00Z
Pacific/Apia        2011-12-30 07:00 2011-12-30T10:00:00Z
Pacific/Apia        2011-12-30 23:59 2011-12-30T10:00:00Z
Pacific/Apia        2011-12-31 00:00 2011-12-30T10:00:00Z
Pacific/Apia        2011-12-31 07:00 2011-12-30T17:00:00Z
Pacific/Kiritimati  1994-12-31 12:00 1994-12-31T10:00:00Z
Antarctica/Troll    2026-03-29 02:00 2026-03-29T01:00:00Z
";

#[test]
fn a_time_in_a_gap_is_the_first_instant_after_it_and_a_repeated_time_is_the_first() {
    for line in TRANSITIONS.lines().filter(|line| !line.is_empty()) {
        let [name, day, at, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        assert_eq!(instant_of(zone(name), date(day), time(at)), utc(expected), "{line}");
    }
}

#[test]
fn a_date_that_the_calendar_skips_is_known_and_stepped_over() {
    let apia = zone("Pacific/Apia");
    assert!(!has_date(apia, date("2011-12-30")));
    assert_eq!(next_date(apia, date("2011-12-29")), date("2011-12-31"));
    assert_eq!(previous_date(apia, date("2011-12-31")), date("2011-12-29"));
    assert_eq!(local_date(apia, utc("2011-12-30T09:59:59Z")), date("2011-12-29"));
    assert_eq!(local_date(apia, utc("2011-12-30T10:00:00Z")), date("2011-12-31"));
    // A day that begins at 01:00 is a day all the same.
    assert!(has_date(zone("America/Santiago"), date("2026-09-06")));
}

#[test]
fn quiet_hours_run_over_midnight() {
    let hours = Hours::default();
    let tokyo = zone("Asia/Tokyo");
    for (at, quiet) in [
        ("2026-08-01T11:59:59Z", false), // 20:59:59
        ("2026-08-01T12:00:00Z", true),  // 21:00
        ("2026-08-01T15:00:00Z", true),  // midnight
        ("2026-08-01T21:59:59Z", true),  // 06:59:59
        ("2026-08-01T22:00:00Z", false), // 07:00
    ] {
        assert_eq!(is_quiet(&hours, tokyo, utc(at)), quiet, "{at}");
    }
}

#[test]
fn quiet_hours_within_one_day_and_of_no_length() {
    let tokyo = zone("Asia/Tokyo");
    let noon = Hours { quiet_from: time("12:00"), quiet_until: time("13:00"), ..Hours::default() };
    assert!(is_quiet(&noon, tokyo, utc("2026-08-01T03:00:00Z")));
    assert!(!is_quiet(&noon, tokyo, utc("2026-08-01T04:00:00Z")));
    assert!(!is_quiet(&noon, tokyo, utc("2026-08-01T12:00:00Z")));
    let never = Hours { quiet_from: time("12:00"), quiet_until: time("12:00"), ..Hours::default() };
    assert!((0..24).all(|hour| !is_quiet(&never, tokyo, utc("2026-08-01T00:00:00Z") + TimeDelta::hours(hour))));
}

#[test]
fn quiet_hours_that_end_in_a_repeated_hour_do_not_begin_again() {
    let hours = Hours { quiet_until: time("01:30"), ..Hours::default() };
    let new_york = zone("America/New_York");
    assert!(is_quiet(&hours, new_york, utc("2026-11-01T05:29:59Z")), "before the first 01:30");
    assert!(!is_quiet(&hours, new_york, utc("2026-11-01T05:30:00Z")), "the first 01:30");
    assert!(!is_quiet(&hours, new_york, utc("2026-11-01T06:10:00Z")), "the second 01:10");
}

#[test]
fn a_repeated_hour_across_midnight_keeps_what_has_begun() {
    // In Santiago, the clocks show 23:00 to 24:00 of 4 April twice.
    let hours = Hours { quiet_from: time("23:30"), ..Hours::default() };
    let santiago = zone("America/Santiago");
    assert!(!is_quiet(&hours, santiago, utc("2026-04-05T02:29:00Z")), "the first 23:29");
    assert!(is_quiet(&hours, santiago, utc("2026-04-05T02:30:00Z")), "the first 23:30");
    assert!(is_quiet(&hours, santiago, utc("2026-04-05T03:10:00Z")), "the second 23:10");
}

#[test]
fn somebody_reads_texts_from_the_opening_on() {
    let hours = Hours::default();
    let tokyo = zone("Asia/Tokyo");
    for (at, attended) in [
        ("2026-08-01T21:59:59Z", false), // 06:59:59
        ("2026-08-01T22:00:00Z", true),  // 07:00
        ("2026-08-02T08:14:59Z", true),  // 17:14:59
        ("2026-08-02T08:15:00Z", false), // 17:15
    ] {
        assert_eq!(is_attended(&hours, tokyo, utc(at)), attended, "{at}");
    }
}

fn any_zone() -> impl Strategy<Value = Tz> {
    proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

fn any_date() -> impl Strategy<Value = NaiveDate> {
    (1975..2060, 1u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or_else(|| NaiveDate::from_yo_opt(year, 365).expect("day 365 exists"))
    })
}

fn any_time() -> impl Strategy<Value = NaiveTime> {
    (0u32..24, 0u32..60).prop_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).expect("in range"))
}

/// Days on which the offset of the zone changes, among the candidates of the year.
fn change_days(zone: Tz, year: i32) -> Vec<NaiveDate> {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let offset = |at: DateTime<Utc>| local(zone, at) - at.naive_utc();
    NaiveDate::from_ymd_opt(year, 1, 1)
        .expect("valid")
        .iter_days()
        .take_while(|day| day.year() == year)
        .filter(|day| offset(midnight(*day)) != offset(midnight(*day + Days::new(1))))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// In any zone of the database: what is shown at the instant is the time asked for, or it was skipped and
    /// the instant is the first one after the gap; and nothing earlier shows the same.
    #[test]
    fn an_instant_shows_its_time_or_ends_a_gap(zone in any_zone(), day in any_date(), at in any_time()) {
        let shown = day.and_time(at);
        let instant = instant_of(zone, day, at);
        let just_before = instant - TimeDelta::seconds(1);
        if local(zone, instant) == shown {
            for minutes in (15..=26 * 60).step_by(15) {
                prop_assert_ne!(local(zone, instant - TimeDelta::minutes(minutes)), shown);
            }
        } else {
            prop_assert!(local(zone, instant) > shown && local(zone, just_before) < shown);
        }
    }

    /// The next change of what is quiet is one, and there is none before it.
    #[test]
    fn the_next_change_of_what_is_quiet_is_the_first(zone in any_zone(), day in any_date(), at in any_time(), quiet in (0u32..24, 0u32..24)) {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("in range");
        let hours = Hours { quiet_from: time(quiet.0), quiet_until: time(quiet.1), ..Hours::default() };
        let instant = instant_of(zone, day, at);
        let now = is_quiet(&hours, zone, instant);
        match next_quiet_change(&hours, zone, instant) {
            None => prop_assert_eq!(quiet.0, quiet.1),
            Some(change) => {
                prop_assert!(change > instant && is_quiet(&hours, zone, change) != now);
                let minutes = (change - instant).num_minutes();
                for minute in (0..minutes).step_by(15).chain([minutes - 1]) {
                    prop_assert!(minute < 0 || is_quiet(&hours, zone, instant + TimeDelta::minutes(minute)) == now);
                }
            }
        }
    }

    /// A later time of the calendar never means an earlier instant, on the days of change least of all.
    #[test]
    fn later_times_mean_later_instants(zone in any_zone(), year in 1975i32..2060, pick in any::<usize>(), times in any_time()) {
        let changes = change_days(zone, year);
        let day = if changes.is_empty() {
            NaiveDate::from_ymd_opt(year, 6, 1).expect("valid")
        } else {
            changes[pick % changes.len()]
        };
        let mut previous = instant_of(zone, day - Days::new(1), times);
        for day in [day, day + Days::new(1)] {
            for quarter in 0..96 {
                let at = NaiveTime::MIN + TimeDelta::minutes(15 * quarter);
                let instant = instant_of(zone, day, at);
                prop_assert!(previous <= instant, "{} {} {}", zone, day, at);
                previous = instant;
            }
        }
    }
}
