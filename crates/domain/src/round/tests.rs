use proptest::prelude::*;

use super::*;
use crate::center::SecondCheck;
use crate::schedule::is_quiet;
use crate::severity::Thresholds;

fn zone(name: &str) -> Tz {
    name.parse().expect(name)
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").expect(text)
}

fn hours(open: &str, reminders: &[&str], deadline: &str) -> Hours {
    let open = time(open);
    Hours {
        open,
        reminders: reminders.iter().map(|text| time(text)).collect(),
        deadline: time(deadline),
        quiet_until: open.min(time("07:00")),
        attended_until: time("23:58"),
        quiet_from: time("23:59"),
    }
}

fn center(zone_name: &str, hours: Hours) -> Center {
    Center {
        id: CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]),
        name: "Test".into(),
        time_zone: zone(zone_name),
        sender: crate::phone::PhoneNumber::from_e164("+12125550100").expect("valid"),
        hours,
        night_line: None,
        language: crate::language::Language::Ja,
        dialog: "daily".into(),
        further: crate::center::FurtherDialogs { welcome: Some("welcome".into()), ..Default::default() },
        second: None,
        thresholds: Thresholds::default(),
    }
}

fn tokyo() -> Center {
    center("Asia/Tokyo", Hours::default())
}

fn plan() -> RoundPlan {
    RoundPlan::new(&Hours::default(), zone("Asia/Tokyo"), date("2026-08-02"))
}

/// The days of the mornings that have to be there.
fn days_to_plan(center: &Center, now: DateTime<Utc>, first: Option<NaiveDate>) -> Vec<NaiveDate> {
    rounds_to_plan(center, RoundKind::Morning, now, first).into_iter().map(|(day, _)| day).collect()
}

/// What must hold for every plan.
fn assert_ascending(plan: &RoundPlan, context: &str) {
    let due: Vec<_> = plan.timers().map(|(_, at)| at).collect();
    assert!(due.windows(2).all(|pair| pair[0] < pair[1]), "{context}: {plan:?}");
    assert!(plan.deadline_at < plan.ends_at, "{context}: {plan:?}");
    assert!(plan.deadline_at <= plan.quiet_from && plan.quiet_from <= plan.ends_at, "{context}: {plan:?}");
    for (kind, at) in plan.timers() {
        assert_eq!(plan.due_at(kind), Some(at), "{context}");
    }
}

#[test]
fn an_ordinary_morning() {
    assert_eq!(
        plan(),
        RoundPlan {
            opens_at: utc("2026-08-01T22:00:00Z"),
            reminders_at: vec![utc("2026-08-01T22:45:00Z"), utc("2026-08-01T23:15:00Z")],
            deadline_at: utc("2026-08-01T23:30:00Z"),
            ends_at: utc("2026-08-02T22:00:00Z"),
            quiet_from: utc("2026-08-02T12:00:00Z"),
        }
    );
    assert_ascending(&plan(), "Tokyo");
    assert_eq!(plan().due_at(TimerKind::Reminder(0)), None);
    assert_eq!(plan().due_at(TimerKind::Reminder(3)), None);
}

/// Each line: zone, day, hours, and the plan: opening, reminders, deadline, end.
#[test]
fn rounds_on_the_days_when_clocks_change() {
    for (zone_name, day, hours, opens, reminders, deadline, ends) in [
        // The night before an ordinary morning is an hour shorter, or longer; the morning is as always.
        (
            "America/New_York",
            "2026-03-07",
            Hours::default(),
            "2026-03-07T12:00:00Z",
            vec!["2026-03-07T12:45:00Z", "2026-03-07T13:15:00Z"],
            "2026-03-07T13:30:00Z",
            "2026-03-08T11:00:00Z",
        ),
        (
            "America/New_York",
            "2026-03-08",
            Hours::default(),
            "2026-03-08T11:00:00Z",
            vec!["2026-03-08T11:45:00Z", "2026-03-08T12:15:00Z"],
            "2026-03-08T12:30:00Z",
            "2026-03-09T11:00:00Z",
        ),
        (
            "America/New_York",
            "2026-10-31",
            Hours::default(),
            "2026-10-31T11:00:00Z",
            vec!["2026-10-31T11:45:00Z", "2026-10-31T12:15:00Z"],
            "2026-10-31T12:30:00Z",
            "2026-11-01T12:00:00Z",
        ),
        // The opening is skipped: first instant after the gap. The reminder in the gap coincides with it.
        (
            "America/New_York",
            "2026-03-08",
            hours("02:00", &["02:30", "03:15"], "03:30"),
            "2026-03-08T07:00:00Z",
            vec!["2026-03-08T07:15:00Z"],
            "2026-03-08T07:30:00Z",
            "2026-03-09T06:00:00Z",
        ),
        // Two reminders in the gap are one, and it is no reminder if it coincides with the deadline.
        (
            "America/New_York",
            "2026-03-08",
            hours("01:30", &["02:10", "02:20"], "03:10"),
            "2026-03-08T06:30:00Z",
            vec!["2026-03-08T07:00:00Z"],
            "2026-03-08T07:10:00Z",
            "2026-03-09T05:30:00Z",
        ),
        (
            "America/New_York",
            "2026-03-08",
            hours("01:30", &["02:10"], "02:50"),
            "2026-03-08T06:30:00Z",
            vec![],
            "2026-03-08T07:00:00Z",
            "2026-03-09T05:30:00Z",
        ),
        // Everything is skipped: people keep their time.
        (
            "America/New_York",
            "2026-03-08",
            hours("02:05", &["02:15", "02:30"], "02:55"),
            "2026-03-08T07:00:00Z",
            vec!["2026-03-08T07:10:00Z", "2026-03-08T07:25:00Z"],
            "2026-03-08T07:50:00Z",
            "2026-03-09T06:05:00Z",
        ),
        // A repeated hour: the first 01:30, and 02:15 after the second.
        (
            "America/New_York",
            "2026-11-01",
            hours("01:30", &["01:45"], "02:15"),
            "2026-11-01T05:30:00Z",
            vec!["2026-11-01T05:45:00Z"],
            "2026-11-01T07:15:00Z",
            "2026-11-02T06:30:00Z",
        ),
        // A gap at midnight, and of half an hour.
        (
            "America/Santiago",
            "2026-09-06",
            hours("00:00", &["00:30"], "01:30"),
            "2026-09-06T04:00:00Z",
            vec![],
            "2026-09-06T04:30:00Z",
            "2026-09-07T03:00:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-04",
            hours("02:15", &["02:40"], "03:00"),
            "2026-10-03T15:30:00Z",
            vec!["2026-10-03T15:40:00Z"],
            "2026-10-03T16:00:00Z",
            "2026-10-04T15:15:00Z",
        ),
        // The day before the one that Samoa skipped ends when the day after it opens.
        (
            "Pacific/Apia",
            "2011-12-29",
            Hours::default(),
            "2011-12-29T17:00:00Z",
            vec!["2011-12-29T17:45:00Z", "2011-12-29T18:15:00Z"],
            "2011-12-29T18:30:00Z",
            "2011-12-30T17:00:00Z",
        ),
        (
            "Pacific/Apia",
            "2011-12-30",
            Hours::default(),
            "2011-12-30T17:00:00Z",
            vec!["2011-12-30T17:45:00Z", "2011-12-30T18:15:00Z"],
            "2011-12-30T18:30:00Z",
            "2011-12-31T17:00:00Z",
        ),
    ] {
        let plan = RoundPlan::new(&hours, zone(zone_name), date(day));
        let context = format!("{zone_name} {day}");
        assert_ascending(&plan, &context);
        assert_eq!(plan.opens_at, utc(opens), "{context}: opening");
        assert_eq!(plan.reminders_at, reminders.into_iter().map(utc).collect::<Vec<_>>(), "{context}: reminders");
        assert_eq!(plan.deadline_at, utc(deadline), "{context}: deadline");
        assert_eq!(plan.ends_at, utc(ends), "{context}: end");
    }
}

#[test]
fn a_deadline_that_is_skipped_up_to_the_next_opening_stays_before_it() {
    // In Nuuk, 23:00 to 24:00 of 28 March 2026 does not exist.
    let hours = hours("00:00", &[], "23:30");
    let plan = RoundPlan::new(&hours, zone("America/Nuuk"), date("2026-03-28"));
    assert_eq!(plan.ends_at, utc("2026-03-29T01:00:00Z"));
    assert_eq!(plan.deadline_at, utc("2026-03-29T00:59:00Z"));
    assert_ascending(&plan, "Nuuk");
}

const ZONES: [&str; 12] = [
    "Asia/Tokyo",
    "America/New_York",
    "Europe/Berlin",
    "Europe/London",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "America/Santiago",
    "America/Nuuk",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

/// 400 days from `first` in one zone: plans ascend, each ends when the next opens, the opening is at the
/// configured time of day except in a gap, nothing scheduled is in quiet hours, and every instant belongs to the
/// round that contains it.
fn check_days(zone_name: &str, hours: &Hours, first: NaiveDate) {
    let second = SecondCheck {
        open: hours.deadline + (hours.quiet_from - hours.deadline) / 4,
        reminders: vec![hours.deadline + (hours.quiet_from - hours.deadline) / 2],
        deadline: hours.deadline + (hours.quiet_from - hours.deadline) * 3 / 4,
        dialog: "twice-daily".into(),
    };
    let has_time = hours.quiet_from - hours.deadline > TimeDelta::hours(1);
    let center = Center { second: has_time.then_some(second), ..center(zone_name, hours.clone()) };
    let zone = center.time_zone;
    let mut day = first;
    for _ in 0..400 {
        let plan = RoundPlan::new(hours, zone, day);
        let context = format!("{zone_name} {day} {hours:?}");
        assert_ascending(&plan, &context);
        let next_day = next_date(zone, day);
        assert_eq!(plan.ends_at, RoundPlan::new(hours, zone, next_day).opens_at, "{context}: no gap, no overlap");

        let shown = plan.opens_at.with_timezone(&zone).naive_local();
        let just_before = (plan.opens_at - TimeDelta::seconds(1)).with_timezone(&zone).naive_local();
        let wanted = day.and_time(hours.open);
        assert!(shown == wanted || (just_before < wanted && wanted < shown), "{context}: opens at {shown}");

        // Where clocks skip the whole round, what was put off may reach into quiet hours that follow at once.
        let put_off = plan.deadline_at != instant_of(zone, day, hours.deadline);
        for (kind, at) in plan.timers() {
            if kind != TimerKind::Deadline && !put_off {
                assert!(!is_quiet(hours, zone, at), "{context}: {kind} in quiet hours");
            }
        }
        // The other kinds fit in beside it.
        for kind in [RoundKind::Second, RoundKind::Welcome] {
            let Some(other) = kind.plan(&center, day) else {
                assert!(
                    kind == RoundKind::Second && (center.second.is_none() || put_off),
                    "{context}: no {}",
                    kind.key()
                );
                continue;
            };
            assert_ascending(&other, &context);
            assert_eq!(other.ends_at, plan.ends_at, "{context}: {}", kind.key());
            let earliest = if kind == RoundKind::Second { plan.deadline_at } else { plan.opens_at };
            assert!(earliest <= other.opens_at, "{context}: {}", kind.key());
            for (timer, at) in other.timers() {
                assert!(put_off || timer == TimerKind::Deadline || !is_quiet(hours, zone, at), "{context}: {timer}");
            }
        }
        let last = plan.ends_at - TimeDelta::microseconds(1);
        let middle = plan.opens_at + (plan.ends_at - plan.opens_at) / 2;
        for instant in [plan.opens_at, plan.deadline_at, middle, plan.quiet_from.min(last), last] {
            assert_eq!(day_for(&center, instant), day, "{context}: {instant}");
        }
        assert_eq!(days_to_plan(&center, middle, Some(day)), [day, next_day], "{context}");
        assert_eq!(day_for_unasked(&center, last), next_day, "{context}");
        day = next_day;
    }
}

#[test]
fn four_hundred_days_in_twelve_zones() {
    for zone_name in ZONES {
        check_days(zone_name, &Hours::default(), date("2025-12-15"));
        check_days(zone_name, &hours("00:00", &["00:20"], "02:15"), date("2025-12-15"));
    }
    check_days("Pacific/Apia", &Hours::default(), date("2011-06-01"));
}

fn any_hours() -> impl Strategy<Value = Hours> {
    (proptest::collection::btree_set(0i64..24 * 60 - 1, 3..8), 0i64..24 * 60, any::<prop::sample::Index>()).prop_map(
        |(times, quiet_until, attended)| {
            let at = |minute: i64| NaiveTime::MIN + TimeDelta::minutes(minute);
            let times: Vec<i64> = times.into_iter().collect();
            let (open, quiet_from) = (times[0], times[times.len() - 1]);
            Hours {
                open: at(open),
                reminders: times[1..times.len() - 2].iter().copied().map(at).collect(),
                deadline: at(times[times.len() - 2]),
                attended_until: at(times[1 + attended.index(times.len() - 1)]),
                quiet_from: at(quiet_from),
                quiet_until: at(quiet_until.min(open)),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_valid_hours_make_rounds_for_four_hundred_days(
        hours in any_hours(),
        zone_name in proptest::sample::select(ZONES.to_vec()),
        start in 0u64..365,
    ) {
        prop_assert_eq!(hours.validate(), Ok(()));
        check_days(zone_name, &hours, date("2010-06-01") + Days::new(start));
    }
}

#[test]
fn the_observation_day_changes_at_the_opening_not_at_midnight() {
    for (at, asked, unasked) in [
        ("2026-08-01T21:59:59.999999Z", "2026-08-01", "2026-08-02"), // 06:59 on the 2nd
        ("2026-08-01T19:00:00Z", "2026-08-01", "2026-08-02"),        // 04:00: three hours before
        ("2026-08-01T18:59:59Z", "2026-08-01", "2026-08-01"),        // 03:59
        ("2026-08-01T22:00:00Z", "2026-08-02", "2026-08-02"),        // 07:00
        ("2026-08-02T15:30:00Z", "2026-08-02", "2026-08-02"),        // 00:30 on the 3rd
    ] {
        assert_eq!(day_for(&tokyo(), utc(at)), date(asked), "{at}");
        assert_eq!(day_for_unasked(&tokyo(), utc(at)), date(unasked), "{at}");
    }
}

#[test]
fn the_current_round_and_the_next_are_planned_unless_they_exist() {
    let now = utc("2026-08-01T21:00:00Z");
    let (first, second) = (date("2026-08-01"), date("2026-08-02"));
    assert_eq!(days_to_plan(&tokyo(), now, Some(first)), [first, second]);
    assert_eq!(days_to_plan(&tokyo(), now, Some(date("2026-07-01"))), [first, second]);
    assert_eq!(days_to_plan(&tokyo(), now, Some(second)), [second]);
}

#[test]
fn a_new_center_begins_with_a_round_that_it_can_still_hold() {
    let (today, tomorrow) = (date("2026-08-01"), date("2026-08-02"));
    // Added at 08:29 and at 08:30 of Tokyo: the deadline is over in the second case.
    assert_eq!(days_to_plan(&tokyo(), utc("2026-07-31T23:29:00Z"), None), [today, tomorrow]);
    assert_eq!(days_to_plan(&tokyo(), utc("2026-07-31T23:30:00Z"), None), [tomorrow]);
}

#[test]
fn a_welcome_is_open_all_day_and_a_second_check_in_the_afternoon() {
    let second = SecondCheck {
        open: time("14:00"),
        reminders: vec![time("14:45")],
        deadline: time("15:30"),
        dialog: "twice-daily".into(),
    };
    let center = Center { second: Some(second), ..tokyo() };
    let day = date("2026-08-01");
    let shown = |kind: RoundKind, center: &Center| -> Option<Vec<String>> {
        let plan = kind.plan(center, day)?;
        let at = |at: DateTime<Utc>| at.with_timezone(&center.time_zone).format("%d %H:%M").to_string();
        let times = [plan.opens_at].into_iter().chain(plan.reminders_at).chain([plan.deadline_at, plan.quiet_from]);
        Some(times.chain([plan.ends_at]).map(at).collect())
    };
    let of = |times: [&str; 5]| Some(times.map(str::to_owned).to_vec());
    assert_eq!(shown(RoundKind::Welcome, &center), of(["01 07:00", "01 17:00", "01 20:00", "01 21:00", "02 07:00"]));
    assert_eq!(shown(RoundKind::Second, &center), of(["01 14:00", "01 14:45", "01 15:30", "01 21:00", "02 07:00"]));
    let plain = Center { further: Default::default(), second: None, ..center.clone() };
    assert_eq!((shown(RoundKind::Welcome, &plain), shown(RoundKind::Second, &plain)), (None, None));
    // A center whose day is short welcomes as long as the morning lasts.
    let quiet_from = time("09:00");
    let short = Center { hours: Hours { quiet_from, attended_until: quiet_from, ..Hours::default() }, ..plain };
    let short = Center { further: center.further, ..short };
    assert_eq!(shown(RoundKind::Welcome, &short), of(["01 07:00", "01 07:45", "01 08:30", "01 09:00", "02 07:00"]));
}

#[test]
fn further_rounds_begin_when_they_are_switched_on_and_are_never_planned_for_a_time_that_is_over() {
    let center = tokyo();
    let (today, tomorrow) = (date("2026-08-01"), date("2026-08-02"));
    for (now, first, expected) in [
        ("2026-08-01T06:00:00Z", None, vec![today, tomorrow]),
        ("2026-08-01T11:00:00Z", None, vec![tomorrow]),
        // Switched off for a while, and on again in the evening: today's is not made up.
        ("2026-08-01T11:00:00Z", Some(date("2026-07-01")), vec![tomorrow]),
    ] {
        let planned = rounds_to_plan(&center, RoundKind::Welcome, utc(now), first);
        assert_eq!(planned.into_iter().map(|(day, _)| day).collect::<Vec<_>>(), expected, "{now}");
    }
    assert_eq!(rounds_to_plan(&center, RoundKind::Second, utc("2026-08-01T06:00:00Z"), None), []);
}

/// Each line: timer, state, the time in Tokyo, what else is due, and what to do.
#[test]
fn overdue_timers_are_made_up_or_given_up() {
    use RoundState::{Closed, Missed, Open, Planned};
    use SkippedTimer::{Done, NotAsked, Over, Superseded};
    use TimerAction::{MissRound, Run, Skip};
    let (open, deadline) = (TimerKind::Open, TimerKind::Deadline);
    let reminder = TimerKind::Reminder;
    for (kind, state, at, others, expected) in [
        (open, Planned, "07:00", vec![], Run),
        (open, Planned, "07:20", vec![], Run),
        (open, Planned, "08:29", vec![reminder(1), reminder(2)], Run),
        (open, Planned, "08:30", vec![reminder(1), reminder(2), deadline], MissRound),
        (open, Planned, "21:00", vec![reminder(1), reminder(2), deadline], MissRound),
        (open, Open, "07:01", vec![], Skip(Done)),
        (open, Closed, "09:00", vec![], Skip(Done)),
        (open, Missed, "09:00", vec![], Skip(Done)),
        (reminder(1), Open, "07:45", vec![], Run),
        (reminder(1), Open, "08:10", vec![], Run),
        (reminder(1), Open, "08:20", vec![reminder(2)], Skip(Superseded)),
        (reminder(2), Open, "08:20", vec![reminder(1)], Run),
        (reminder(2), Open, "08:30", vec![reminder(1), deadline], Skip(Over)),
        (reminder(1), Open, "08:00", vec![open], Skip(NotAsked)),
        (reminder(2), Open, "08:20", vec![open, reminder(1)], Skip(NotAsked)),
        (reminder(1), Planned, "07:45", vec![], Skip(NotAsked)),
        (reminder(1), Closed, "08:31", vec![], Skip(Over)),
        (reminder(1), Missed, "08:31", vec![], Skip(Over)),
        (deadline, Open, "08:30", vec![], Run),
        (deadline, Open, "23:00", vec![reminder(1), reminder(2)], Run),
        (deadline, Planned, "08:30", vec![], MissRound),
        (deadline, Closed, "08:31", vec![], Skip(Done)),
        (deadline, Missed, "08:31", vec![open], Skip(Done)),
    ] {
        let now = instant_of(zone("Asia/Tokyo"), date("2026-08-02"), time(at));
        assert_eq!(due_action(kind, &plan(), state, now, &others), expected, "{kind} {state:?} {at} {others:?}");
    }
    // Days later, and after the next opening, the deadline is made up all the same.
    let later = utc("2026-08-09T00:00:00Z");
    assert_eq!(due_action(deadline, &plan(), Open, later, &[]), Run);
    assert_eq!(due_action(open, &plan(), Planned, later, &[deadline]), MissRound);
}

proptest! {
    /// However late a scheduler wakes and however often, a round runs its opening at most once and before the
    /// deadline, at most one reminder a wake-up, and its end exactly once.
    #[test]
    fn a_round_ends_exactly_once_whatever_was_missed(mut wakes in proptest::collection::vec(0i64..5 * 60, 0..6)) {
        wakes.sort_unstable();
        wakes.push(24 * 60);
        let plan = plan();
        let mut waiting: Vec<TimerKind> = plan.timers().map(|(kind, _)| kind).collect();
        let (mut state, mut openings, mut endings) = (RoundState::Planned, 0, 0);
        for wake in wakes {
            let now = plan.opens_at + TimeDelta::minutes(wake);
            let (due, rest): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|kind| plan.due_at(*kind).is_some_and(|at| at <= now));
            waiting = rest;
            let mut reminders = 0;
            for kind in &due {
                let others: Vec<_> = due.iter().copied().filter(|other| other != kind).collect();
                match (due_action(*kind, &plan, state, now, &others), kind) {
                    (TimerAction::Run, TimerKind::Open) => {
                        prop_assert!(now < plan.deadline_at);
                        openings += 1;
                        state = RoundState::Open;
                    }
                    (TimerAction::Run, TimerKind::Reminder(_)) => {
                        prop_assert!(now < plan.deadline_at && openings == 1);
                        reminders += 1;
                    }
                    (TimerAction::Run, TimerKind::Deadline) => {
                        endings += 1;
                        state = RoundState::Closed;
                    }
                    (TimerAction::MissRound, _) => {
                        prop_assert_eq!(openings, 0);
                        endings += 1;
                        state = RoundState::Missed;
                    }
                    (TimerAction::Skip(_), _) => {}
                }
            }
            prop_assert!(reminders <= 1);
        }
        prop_assert!(waiting.is_empty() && openings <= 1);
        prop_assert_eq!(endings, 1);
    }
}

#[test]
fn nothing_leaves_after_its_deadline_or_into_quiet_hours() {
    let plan = plan();
    let at = |minutes: i64| plan.opens_at + TimeDelta::minutes(minutes);
    let deadline = plan.deadline_at;
    for (kind, plan_given, now, expected) in [
        (TextKind::Opening, true, at(0), deadline),
        (TextKind::Reminder, true, at(75), deadline),
        (TextKind::Opening, true, at(100), deadline),
        (TextKind::Opening, false, at(0), at(0)),
        (TextKind::Reply, true, at(10), deadline),
        (TextKind::Reply, true, at(-180), at(60)),
        (TextKind::Reply, true, at(90), at(330)),
        (TextKind::Reply, false, at(10), at(250)),
        (TextKind::Safety, true, at(10), at(250)),
        (TextKind::Safety, false, at(900), at(1140)),
    ] {
        let given = sending_deadline(kind, plan_given.then_some(&plan), now);
        assert_eq!(given, expected, "{kind:?} {plan_given} {now}");
    }
    let early_quiet = RoundPlan { quiet_from: at(60), ..plan.clone() };
    assert_eq!(sending_deadline(TextKind::Reminder, Some(&early_quiet), at(45)), at(60));
}

#[test]
fn timer_keys_survive_a_round_trip() {
    for (kind, _) in plan().timers() {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    for wrong in ["", "reminder", "reminder-", "reminder-x", "reminder-256", "OPEN"] {
        assert_eq!(wrong.parse::<TimerKind>(), Err(()), "{wrong}");
    }
}
