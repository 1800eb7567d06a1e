//! When a text is tried again, and how fast texts may leave: pure arithmetic on times. Who tries is the relay.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The wait after the first failed attempt; each further one doubles it.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(2);
/// The longest wait that we choose by ourselves.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(5);
/// How far a wait may be moved to either side, in percent, so that texts that failed together do not come back
/// together.
const JITTER_PERCENT: i64 = 20;

/// When to try again, after `attempts` attempts (1 or more) of which the last has just failed at `now`.
///
/// The wait doubles from 2 seconds to 5 minutes, moved by up to 20 % to either side by `jitter` (any number,
/// evenly drawn: 0 is the shortest wait, [`u32::MAX`] the longest). `after` is what the provider asked for: it is
/// never shortened. `None` when that would be later than `deadline`: the text is given up (P7), and what it was
/// for is somebody's business again.
#[must_use]
pub fn next_attempt(
    attempts: u32,
    after: Option<Duration>,
    now: DateTime<Utc>,
    deadline: DateTime<Utc>,
    jitter: u32,
) -> Option<DateTime<Utc>> {
    // 2 s shifted by 8 is already beyond the longest wait, so the shift cannot overflow.
    let doublings = attempts.saturating_sub(1).min(8);
    let planned = (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT).num_milliseconds();
    let spread = planned * JITTER_PERCENT / 100;
    let moved = planned - spread + 2 * spread * i64::from(jitter) / i64::from(u32::MAX);
    let wait = match after {
        None => TimeDelta::milliseconds(moved),
        // A wish that does not fit a TimeDelta is longer than any deadline.
        Some(wish) => TimeDelta::from_std(wish).ok()?.max(TimeDelta::milliseconds(moved)),
    };
    now.checked_add_signed(wait).filter(|at| *at <= deadline)
}

/// How far a clock may step back before the bucket believes that it was set, and not that two readers of it were
/// a moment apart.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// The pace of one sender: `rate_per_second` segments a second, with up to `burst` at once after a pause.
///
/// Kept as one instant, the time at which everything taken so far will have been paid for, so that it costs
/// nothing to keep one for every sender.
///
/// Safe against clocks that jump: forward, it gives one burst and no more; backward, it keeps the debt that it
/// had, so that nothing waits longer than before the jump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBucket {
    /// What one segment costs in time.
    per_segment: TimeDelta,
    /// How far ahead of now the account may be.
    allowance: TimeDelta,
    /// When all that was taken will have been paid for.
    paid_at: DateTime<Utc>,
    /// The latest time seen.
    seen_at: DateTime<Utc>,
}

impl TokenBucket {
    /// A full bucket. The pace is rounded down to whole microseconds a segment, never up.
    #[must_use]
    pub fn new(rate_per_second: NonZeroU32, burst: NonZeroU32, now: DateTime<Utc>) -> Self {
        let micros = 1_000_000_u32.div_ceil(rate_per_second.get());
        let per_segment = TimeDelta::microseconds(i64::from(micros));
        let allowance = TimeDelta::microseconds(i64::from(micros) * i64::from(burst.get()));
        Self { per_segment, allowance, paid_at: now, seen_at: now }
    }

    /// Takes `segments` (a text's whole size) if the pace allows it now.
    ///
    /// A text of more segments than the bucket holds is let through when the bucket is full, and paid for
    /// afterwards: it would otherwise never leave.
    ///
    /// # Errors
    /// The instant from which the same call will succeed, if nothing else is taken in between.
    pub fn take(&mut self, now: DateTime<Utc>, segments: u32) -> Result<(), DateTime<Utc>> {
        let now = self.settle(now);
        let cost = TimeDelta::microseconds(
            self.per_segment.num_microseconds().unwrap_or(i64::MAX).saturating_mul(i64::from(segments)),
        );
        let paid_at = self.paid_at.max(now);
        // `allowance - cost` is how much may still be owed; below zero for a text that is larger than the bucket.
        let free_at = paid_at - (self.allowance - cost).max(TimeDelta::zero());
        if free_at > now {
            return Err(free_at);
        }
        self.paid_at = paid_at + cost;
        Ok(())
    }

    /// Takes note of the time; gives the time to reckon with.
    fn settle(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let back = self.seen_at - now;
        if back > CLOCK_TOLERANCE {
            // The clock was set back: move the account with it. The debt stays what it was.
            self.paid_at -= back;
            self.seen_at = now;
        } else if back < TimeDelta::zero() {
            self.seen_at = now;
        }
        self.seen_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIDDLE: u32 = u32::MAX / 2;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_732_226_400_000_000 + micros).expect("in range")
    }

    fn number(value: u32) -> NonZeroU32 {
        NonZeroU32::new(value).expect("not zero")
    }

    fn full(rate: u32, burst: u32) -> TokenBucket {
        TokenBucket::new(number(rate), number(burst), at(0))
    }

    #[test]
    fn the_wait_doubles_and_has_an_end() {
        let far = at(0) + TimeDelta::days(1);
        for (attempts, seconds) in [(1, 2), (2, 4), (3, 8), (7, 128), (8, 256), (9, 300), (10, 300), (u32::MAX, 300)] {
            let next = next_attempt(attempts, None, at(0), far, MIDDLE).expect("before the deadline");
            let off = (next - at(0) - TimeDelta::seconds(seconds)).abs();
            assert!(off <= TimeDelta::milliseconds(1), "{attempts} attempts: {off} away from {seconds} s");
        }
    }

    #[test]
    fn jitter_moves_a_wait_by_a_fifth_at_most() {
        let far = at(0) + TimeDelta::days(1);
        for (jitter, millis) in [(0, 1_600), (u32::MAX, 2_400)] {
            assert_eq!(next_attempt(1, None, at(0), far, jitter), Some(at(0) + TimeDelta::milliseconds(millis)));
        }
    }

    #[test]
    fn what_the_provider_asks_for_is_never_shortened() {
        let far = at(0) + TimeDelta::days(1);
        let wish = Some(Duration::from_secs(600));
        assert_eq!(next_attempt(1, wish, at(0), far, 0), Some(at(0) + TimeDelta::seconds(600)));
        let short = Some(Duration::from_millis(1));
        assert_eq!(next_attempt(9, short, at(0), far, 0), Some(at(0) + TimeDelta::seconds(240)));
    }

    #[test]
    fn nothing_is_tried_after_the_deadline() {
        assert_eq!(next_attempt(1, None, at(0), at(2_400_000), u32::MAX), Some(at(2_400_000)));
        assert_eq!(next_attempt(1, None, at(0), at(2_399_999), u32::MAX), None);
        assert_eq!(next_attempt(1, Some(Duration::MAX), at(0), DateTime::<Utc>::MAX_UTC, 0), None);
        assert_eq!(next_attempt(1, None, at(0), at(-1), 0), None);
        assert_eq!(next_attempt(1, None, DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC, 0), None);
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = full(1, 3);
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0), 1), Ok(()));
        }
        assert_eq!(bucket.take(at(0), 1), Err(at(1_000_000)));
        assert_eq!(bucket.take(at(999_999), 1), Err(at(1_000_000)));
        assert_eq!(bucket.take(at(1_000_000), 1), Ok(()));
        assert_eq!(bucket.take(at(1_000_000), 2), Err(at(3_000_000)));
    }

    #[test]
    fn a_text_larger_than_the_bucket_leaves_when_it_is_full_and_is_paid_for_later() {
        let mut bucket = full(1, 2);
        assert_eq!(bucket.take(at(0), 5), Ok(()));
        assert_eq!(bucket.take(at(0), 1), Err(at(4_000_000)));
        assert_eq!(bucket.take(at(4_000_000), 1), Ok(()));
        assert_eq!(bucket.take(at(4_000_000), 5), Err(at(6_000_000)));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_wait_longer() {
        let mut bucket = full(1, 1);
        assert_eq!(bucket.take(at(0), 1), Ok(()));
        let hour_earlier = at(-3_600_000_000);
        assert_eq!(bucket.take(hour_earlier, 1), Err(hour_earlier + TimeDelta::seconds(1)));
        assert_eq!(bucket.take(hour_earlier + TimeDelta::seconds(1), 1), Ok(()));
    }

    #[test]
    fn readers_of_the_clock_that_are_a_moment_apart_gain_nothing() {
        let mut bucket = full(1, 1);
        assert_eq!(bucket.take(at(900_000), 1), Ok(()));
        for _ in 0..100 {
            assert!(bucket.take(at(100_000), 1).is_err());
            assert!(bucket.take(at(900_000), 1).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_next_attempt_is_later_than_now_and_not_after_the_deadline(
            attempts in any::<u32>(), after in proptest::option::of(0_u64..4_000), deadline in -10_i64..4_000, jitter in any::<u32>(),
        ) {
            let deadline = at(deadline * 1_000_000);
            let after = after.map(Duration::from_secs);
            if let Some(next) = next_attempt(attempts, after, at(0), deadline, jitter) {
                prop_assert!(next > at(0) && next <= deadline);
                prop_assert!(next - at(0) >= TimeDelta::milliseconds(1_600));
                prop_assert!(next - at(0) <= TimeDelta::seconds(360).max(TimeDelta::from_std(after.unwrap_or_default()).expect("short")));
            } else {
                prop_assert!(deadline < at(360_000_000).max(at(0) + TimeDelta::from_std(after.unwrap_or_default()).expect("short")));
            }
        }

        #[test]
        fn no_window_of_time_sees_more_than_the_burst_and_the_rate(
            rate in 1_u32..200, burst in 1_u32..20, steps in proptest::collection::vec((0_i64..2_000_000, 1_u32..4), 1..80),
        ) {
            let mut bucket = full(rate, burst);
            let mut now = 0;
            let mut taken: Vec<(i64, u32)> = Vec::new();
            for (step, segments) in steps {
                now += step;
                match bucket.take(at(now), segments) {
                    Ok(()) => taken.push((now, segments)),
                    Err(when) => {
                        prop_assert!(when > at(now));
                        prop_assert_eq!(bucket.clone().take(when, segments), Ok(()), "the promised instant holds");
                        prop_assert!(bucket.clone().take(when - TimeDelta::microseconds(1), segments).is_err(), "and it is the first");
                    }
                }
            }
            // A text larger than the bucket may leave once when it is full: at most 3 segments here.
            let room = i64::from(burst.max(3));
            for (index, (from, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for (to, segments) in &taken[index..] {
                    sum += i64::from(*segments);
                    prop_assert!((sum - room) * 1_000_000 <= (to - from) * i64::from(rate), "{sum} in {} µs", to - from);
                }
            }
        }

        #[test]
        fn no_jump_of_the_clock_makes_a_text_wait_longer_than_the_debt(
            rate in 1_u32..50, burst in 1_u32..10, jumps in proptest::collection::vec((-86_400_000_000_i64..86_400_000_000, 1_u32..6), 1..40),
        ) {
            let mut bucket = full(rate, burst);
            let debt = TimeDelta::microseconds(i64::from(burst + 6) * i64::from(1_000_000_u32.div_ceil(rate)));
            let mut now = 0;
            for (jump, segments) in jumps {
                now += jump;
                if let Err(when) = bucket.take(at(now), segments) {
                    prop_assert!(when - at(now) <= debt + CLOCK_TOLERANCE, "would wait {}", when - at(now));
                    prop_assert_eq!(bucket.take(when, segments), Ok(()));
                    now += (when - at(now)).num_microseconds().expect("short");
                }
            }
        }

        #[test]
        fn a_jump_forward_gives_one_burst_and_no_more(rate in 1_u32..50, burst in 1_u32..10, jump in 0_i64..86_400_000_000) {
            let mut bucket = full(rate, burst);
            while bucket.take(at(0), 1).is_ok() {}
            let given = (0..1_000).take_while(|_| bucket.take(at(jump), 1).is_ok()).count();
            prop_assert!(given <= burst as usize);
        }
    }
}
