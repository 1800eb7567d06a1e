use proptest::prelude::*;

use super::super::tests::at;
use super::*;

const TOKYO: Tz = chrono_tz::Asia::Tokyo;

fn schedule(json: &str) -> Schedule {
    Schedule::from_json(json).unwrap_or_else(|fault| panic!("{json}: {fault}"))
}

/// Start and end of each run in Tokyo's clocks, planned at 08:00 on 4 August 2026.
fn runs(json: &str) -> Vec<String> {
    let plan = schedule(json).plan(at(0), &Hours::default(), TOKYO);
    let plan = plan.unwrap_or_else(|faults| panic!("{json}: {faults:?}"));
    let shown = |instant: DateTime<Utc>| instant.with_timezone(&TOKYO).format("%d. %H:%M").to_string();
    plan.runs
        .iter()
        .map(|run| format!("{} - {} {:?}", shown(run.opens_at), shown(run.closes_at), run.closed_by))
        .collect()
}

#[test]
fn a_run_lasts_until_its_deadline_or_the_quiet_hours() {
    for (json, expected) in [
        (r#"{"start":"now","deadline":{"minutes":30}}"#, "04. 08:00 - 04. 08:30 Deadline"),
        (r#"{"start":"now","deadline":{"time":"08:30"}}"#, "04. 08:00 - 04. 08:30 Deadline"),
        (r#"{"start":"now","deadline":{"time":"08:00"}}"#, "04. 08:00 - 04. 21:00 QuietHours"),
        (r#"{"start":"now","deadline":{"at":"2026-08-04T00:15:00Z"}}"#, "04. 08:00 - 04. 09:15 Deadline"),
        (r#"{"start":{"at":"2026-08-04T11:00:00Z"},"deadline":{"minutes":180}}"#, "04. 20:00 - 04. 21:00 QuietHours"),
        (r#"{"start":{"at":"2026-08-03T22:59:30Z"},"deadline":{"minutes":5}}"#, "04. 08:00 - 04. 08:05 Deadline"),
        (r#"{"start":{"at":"2026-08-04T22:00:00Z"},"deadline":{"minutes":1440}}"#, "05. 07:00 - 05. 21:00 QuietHours"),
    ] {
        assert_eq!(runs(json), [expected], "{json}");
    }
}

#[test]
fn one_that_repeats_shows_its_next_five_runs() {
    assert_eq!(
        runs(r#"{"start":{"cron":"50 7 * * MON-FRI"},"deadline":{"time":"08:30"}}"#),
        [
            "05. 07:50 - 05. 08:30 Deadline",
            "06. 07:50 - 06. 08:30 Deadline",
            "07. 07:50 - 07. 08:30 Deadline",
            "10. 07:50 - 10. 08:30 Deadline",
            "11. 07:50 - 11. 08:30 Deadline",
        ]
    );
    // Not in the quiet hours; and one is over when the next begins.
    assert_eq!(
        runs(r#"{"start":{"cron":"0 */5 * * *"},"deadline":{"minutes":1000},"until":"2026-08-05T12:00:00Z"}"#),
        [
            "04. 10:00 - 04. 15:00 Deadline",
            "04. 15:00 - 04. 20:00 Deadline",
            "04. 20:00 - 04. 21:00 QuietHours",
            "05. 10:00 - 05. 15:00 Deadline",
            "05. 15:00 - 05. 20:00 Deadline",
        ]
    );
    assert_eq!(
        runs(r#"{"start":{"cron":"0 9 * * *"},"deadline":{"minutes":60},"until":"2026-08-05T00:00:00Z"}"#),
        ["04. 09:00 - 04. 10:00 Deadline"]
    );
}

#[test]
fn each_fault_is_told_at_its_field() {
    for (json, expected) in [
        (
            r#"{"start":{"at":"2026-08-03T22:59:00Z"},"deadline":{"minutes":5}}"#,
            "schedule.start.at: the start lies in the past",
        ),
        (
            r#"{"start":"now","deadline":{"at":"2026-08-03T23:00:00Z"}}"#,
            "schedule.deadline: the deadline lies in the past",
        ),
        (
            r#"{"start":{"at":"2026-08-04T01:00:00Z"},"deadline":{"at":"2026-08-04T00:30:00Z"}}"#,
            "schedule.deadline: the deadline (2026-08-04 09:30) is not after the start (2026-08-04 10:00)",
        ),
        (
            r#"{"start":"now","deadline":{"at":"2026-08-05T00:00:00Z"}}"#,
            "schedule.deadline: the deadline (2026-08-05 09:00) is more than a day after the start; a run lasts at most",
        ),
        (r#"{"start":"now","deadline":{"minutes":0}}"#, "schedule.deadline: a run lasts from 1 to 1440 minutes"),
        (r#"{"start":"now","deadline":{"minutes":1441}}"#, "schedule.deadline: a run lasts from 1 to 1440 minutes"),
        (
            r#"{"start":{"at":"2026-08-04T13:00:00Z"},"deadline":{"minutes":30}}"#,
            "schedule.start: 2026-08-04 22:00 lies in the quiet hours (21:00 to 07:00); the earliest time is 2026-08-05 07:00",
        ),
        (
            r#"{"start":{"cron":"0 7 * * *"},"deadline":{"at":"2026-08-05T00:00:00Z"}}"#,
            "schedule.deadline: a campaign that repeats needs a deadline for each run; give it in minutes",
        ),
        (
            r#"{"start":{"cron":"0 22,6 * * *"},"deadline":{"minutes":30}}"#,
            "schedule.start.cron: `0 22,6 * * *` comes only in the quiet hours (21:00 to 07:00)",
        ),
        (
            r#"{"start":{"cron":"0,10 9 * * *"},"deadline":{"minutes":30}}"#,
            "schedule.start.cron: the runs at 2026-08-04 09:00 and 2026-08-04 09:10 are less than 15 minutes apart",
        ),
        (
            r#"{"start":{"cron":"0 6,9 * * *"},"deadline":{"minutes":30},"until":"2026-08-04T00:00:00Z"}"#,
            "schedule.until: the campaign would end before its first run (2026-08-04 09:00); choose a later end",
        ),
        (
            r#"{"start":{"cron":"0 9 * * *"},"deadline":{"minutes":30},"until":"2026-08-03T00:00:00Z"}"#,
            "schedule.until: the end lies in the past",
        ),
        (
            r#"{"start":"now","deadline":{"minutes":30},"until":"2026-08-05T00:00:00Z"}"#,
            "schedule.until: only a campaign that repeats has an end",
        ),
    ] {
        let faults = schedule(json).plan(at(0), &Hours::default(), TOKYO).expect_err(json);
        assert!(faults[0].to_string().starts_with(expected), "{json}: {faults:?}");
    }
    let fault = Schedule::from_json(r#"{"start":{"cron":"0 7 31 2 *"},"deadline":{"minutes":30}}"#).expect_err("never");
    assert!(fault.field == "schedule.start.cron" && fault.message.contains("never comes"), "{fault}");
}

#[test]
fn what_is_overdue_is_made_up_for_until_its_deadline() {
    let hours = Hours::default();
    let due = |json: &str, since, minutes| schedule(json).due(since, at(minutes), &hours, TOKYO);
    let window = |from, to| Window { opens_at: at(from), closes_at: at(to), closed_by: Closing::Deadline };
    let now = r#"{"start":"now","deadline":{"minutes":30}}"#;
    assert_eq!(due(now, Since::Released(at(0)), 0), Due::Run(window(0, 30)));
    assert_eq!(due(now, Since::Released(at(0)), 29), Due::Run(window(0, 30)), "the deadline does not move");
    assert_eq!(due(now, Since::Released(at(0)), 30), Due::Missed(at(0)));
    assert_eq!(due(now, Since::Began(at(0)), 31), Due::Over);
    let later = r#"{"start":{"at":"2026-08-04T00:00:00Z"},"deadline":{"minutes":30}}"#;
    assert_eq!(due(later, Since::Released(at(0)), 59), Due::NotBefore(at(60)));
    assert_eq!(due(later, Since::Released(at(0)), 60), Due::Run(window(60, 90)));
    assert_eq!(due(later, Since::Began(at(60)), 61), Due::Over);
    let daily = r#"{"start":{"cron":"0 9 * * *"},"deadline":{"minutes":30},"until":"2026-08-07T00:00:00Z"}"#;
    let day = 24 * 60;
    assert_eq!(due(daily, Since::Released(at(0)), 0), Due::NotBefore(at(60)));
    assert_eq!(due(daily, Since::Released(at(0)), 89), Due::Run(window(60, 90)));
    assert_eq!(due(daily, Since::Began(at(60)), 89), Due::NotBefore(at(60 + day)), "not twice");
    assert_eq!(due(daily, Since::Released(at(0)), 90), Due::Missed(at(60)));
    // After two days of standing still: the latest counts.
    assert_eq!(due(daily, Since::Released(at(0)), 65 + 2 * day), Due::Run(window(60 + 2 * day, 90 + 2 * day)));
    assert_eq!(due(daily, Since::Began(at(60 + 2 * day)), 61 + 2 * day), Due::Over, "the fourth day is after the end");
}

#[test]
fn a_deadline_by_the_clock_keeps_to_the_days_of_change() {
    let berlin = chrono_tz::Europe::Berlin;
    let hours = Hours { quiet_from: NaiveTime::MIN, quiet_until: NaiveTime::MIN, ..Hours::default() };
    let utc = |text: &str| text.parse::<DateTime<Utc>>().expect(text);
    for (now, expected) in [
        // 02:30 is in the gap of 29 March: the first instant after it.
        ("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        // On 25 October it comes twice: the first; and after that the one of the next day.
        ("2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:40:00Z", "2026-10-26T01:30:00Z"),
    ] {
        let schedule = schedule(r#"{"start":"now","deadline":{"time":"02:30"}}"#);
        match schedule.plan(utc(now), &hours, berlin) {
            Ok(plan) => assert_eq!(plan.runs[0].closes_at, utc(expected), "{now}"),
            // A day of 25 hours is longer than a run may be.
            Err(faults) => assert!(faults[0].message.contains("more than a day"), "{now}: {faults:?}"),
        }
    }
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// P7, in any zone: a window lies before the deadline, and nowhere in it is it quiet.
    #[test]
    fn no_window_reaches_into_quiet_hours(
        zone in any_zone(), start in 1_500_000_000i64..1_900_000_000, minutes in 1i64..1_441, quiet in (0u32..24, 0u32..24),
    ) {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("valid");
        let hours = Hours { quiet_from: time(quiet.0), quiet_until: time(quiet.1), ..Hours::default() };
        let start = DateTime::from_timestamp(start / 60 * 60, 0).expect("valid");
        let deadline = start + TimeDelta::minutes(minutes);
        let window = Window::new(start, deadline, &hours, zone);
        prop_assert!(window.opens_at <= window.closes_at && window.closes_at <= deadline);
        let length = (window.closes_at - start).num_minutes();
        for step in (0..length).step_by(10).chain([length - 1]).filter(|step| *step >= 0) {
            prop_assert!(!is_quiet(&hours, zone, start + TimeDelta::minutes(step)));
        }
        let quiet_at_end = window.closes_at < deadline;
        prop_assert_eq!(quiet_at_end, window.closed_by == Closing::QuietHours);
        if quiet_at_end {
            prop_assert!(is_quiet(&hours, zone, window.closes_at), "not sooner than need be");
        }
    }

    /// Asked at any moments, each run begins once, in its window, and none that could still begin is left out.
    #[test]
    fn every_run_begins_once(steps in prop::collection::vec(1i64..600, 1..60)) {
        let hours = Hours::default();
        let schedule = schedule(r#"{"start":{"cron":"0 9,14 * * *"},"deadline":{"minutes":120}}"#);
        let mut since = Since::Released(at(0));
        let mut now = 0;
        let mut asked = vec![at(0)];
        let mut begun = Vec::new();
        for step in steps {
            now += step;
            asked.push(at(now));
            match schedule.due(since, at(now), &hours, TOKYO) {
                Due::Run(window) => {
                    prop_assert!(window.opens_at <= at(now) && at(now) < window.closes_at);
                    begun.push(window.opens_at);
                    since = Since::Began(window.opens_at);
                }
                Due::Missed(start) => since = Since::Began(start),
                Due::NotBefore(next) => prop_assert!(next > at(now)),
                Due::Over => prop_assert!(false, "it repeats for good"),
            }
        }
        let distinct: std::collections::BTreeSet<_> = begun.iter().collect();
        prop_assert_eq!(distinct.len(), begun.len());
        for day in 0..=now / 1_440 {
            for start in [at(60 + day * 1_440), at(360 + day * 1_440)] {
                let was_asked = asked.iter().any(|at| start <= *at && *at < start + TimeDelta::minutes(120));
                prop_assert_eq!(begun.contains(&start), was_asked, "{}", start);
            }
        }
    }
}
