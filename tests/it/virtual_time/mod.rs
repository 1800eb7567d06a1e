//! Years in seconds: random events happen to the whole service, over the zones with the strangest clocks, and
//! after every one of them everything that is promised has to hold.
//!
//! `MIMAMORI_VIRTUAL_DAYS` is how many days to live through in each zone: a few by default, 400 for a long run.
//! `MIMAMORI_VIRTUAL_SEED` chooses other lives than the usual ones. A failure prints the shortest list of events
//! that leads to it, and what the phones saw.

mod event;
mod invariants;
mod world;

use std::cell::Cell;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use event::{Event, event};
use world::World;

/// Year, month and day.
type Ymd = (i32, u32, u32);

/// A zone, and days just after which its clocks do something unusual.
const ZONES: &[(Tz, &[Ymd])] = &[
    (Tz::Asia__Tokyo, &[(2026, 11, 22), (2028, 2, 27), (2026, 12, 30)]),
    (Tz::America__New_York, &[(2026, 3, 6), (2026, 10, 30)]),
    (Tz::Europe__Berlin, &[(2027, 3, 26), (2026, 10, 23)]),
    // By half an hour.
    (Tz::Australia__Lord_Howe, &[(2027, 4, 2), (2026, 10, 2)]),
    // At midnight: a day begins at one, another has midnight twice.
    (Tz::America__Santiago, &[(2027, 4, 1), (2026, 9, 4)]),
    // Without 30 December 2011.
    (Tz::Pacific__Apia, &[(2011, 12, 28), (2011, 9, 22)]),
    // Off for Ramadan.
    (Tz::Africa__Casablanca, &[(2027, 2, 5), (2027, 3, 12)]),
];

/// How many days a life lasts, about.
const DAYS_IN_A_LIFE: u32 = 7;

/// One life: from which day on, and what happens.
#[derive(Debug, Clone)]
struct Life {
    from: NaiveDate,
    events: Vec<Event>,
}

fn life(days: &'static [Ymd]) -> impl Strategy<Value = Life> {
    let from = (proptest::sample::select(days), 0_u64..3, prop_oneof![3 => Just(0_u64), 1 => 0_u64..360]);
    let events = proptest::collection::vec(event(), 20..60);
    (from, events).prop_map(|(((year, month, day), before, later), events)| {
        let day = NaiveDate::from_ymd_opt(year, month, day).expect("a date of the list above");
        Life { from: day - Days::new(before) + Days::new(later), events }
    })
}

#[expect(clippy::disallowed_methods, reason = "the length of the run is told by the environment")]
fn number(variable: &str, default: u32) -> u32 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} has to be a number, not {text}")),
        Err(_) => default,
    }
}

/// Lives through `days` in a zone.
fn live_through(zone: Tz, days: &'static [Ymd], seed: u32) {
    let wanted = number("MIMAMORI_VIRTUAL_DAYS", DAYS_IN_A_LIFE);
    let cases = wanted.div_ceil(DAYS_IN_A_LIFE);
    let seed = number("MIMAMORI_VIRTUAL_SEED", 0).wrapping_mul(1_000).wrapping_add(seed);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, max_shrink_time: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let number = Cell::new(0);
    let outcome = runner.run(&life(days), |life| {
        number.set(number.get() + 1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(live(zone, &life)).map_err(|reason| TestCaseError::fail(reason.to_string()))
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, life)) => {
            let events: Vec<String> = life.events.iter().map(|event| format!("  {event:?}")).collect();
            panic!("in {zone}, from {} (life {}):\n{}\n{reason}", life.from, number.get(), events.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

async fn live(zone: Tz, life: &Life) -> anyhow::Result<()> {
    let mut world = World::new(zone, life.from).await;
    match world.live(&life.events).await {
        Ok(()) => {
            world.app.finish().await;
            Ok(())
        }
        Err(error) => anyhow::bail!("{error:#}\n{}", world.app.abandon()),
    }
}

macro_rules! in_zones {
    ($($name:ident = $index:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            let (zone, days) = ZONES[$index];
            live_through(zone, days, $index);
        }
    )*};
}

in_zones! {
    the_promises_hold_in_tokyo = 0,
    the_promises_hold_in_new_york = 1,
    the_promises_hold_in_berlin = 2,
    the_promises_hold_on_lord_howe_island = 3,
    the_promises_hold_in_santiago = 4,
    the_promises_hold_in_apia = 5,
    the_promises_hold_in_casablanca = 6,
}
