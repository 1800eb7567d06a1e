//! Which instant a time of day means in a time zone, and which hours are quiet or attended. What happens at
//! those instants is [`crate::round`]'s business.
//!
//! The rule for daylight saving is DESIGN.md, section 7: a time in the gap means the first instant after the
//! gap; a time that comes twice means the first. It holds for every kind of jump in the time zone database: by
//! an hour, by half an hour (Lord Howe), at midnight (Santiago), over a whole day (Samoa, 30 December 2011).

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::center::Hours;

/// No local time was ever further from UTC than this, so the instant of a local time lies within it.
const FURTHEST_FROM_UTC: TimeDelta = TimeDelta::hours(16);

/// The instant at which the clocks of `zone` show `time` on `date`: the first instant after the gap if they
/// skip it, the first of two if they show it twice.
///
/// A later time of the same zone never means an earlier instant; two times in one gap mean the same one.
#[must_use]
pub fn instant_of(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let shown = date.and_time(time);
    zone.from_local_datetime(&shown)
        .earliest()
        .map_or_else(|| first_after_gap(zone, shown), |instant| instant.with_timezone(&Utc))
}

/// The first instant at which the clocks of `zone` show a later time than `skipped`, which they never show.
fn first_after_gap(zone: Tz, skipped: NaiveDateTime) -> DateTime<Utc> {
    let as_utc = skipped.and_utc();
    let is_after =
        |second: i64| DateTime::from_timestamp(second, 0).is_none_or(|instant| local(zone, instant) > skipped);
    // Clocks jump at whole seconds. Before the interval they show an earlier time, after it a later one, and
    // nowhere in it the skipped one, so halving it ends at the jump.
    let mut before = (as_utc - FURTHEST_FROM_UTC).timestamp();
    let mut after = (as_utc + FURTHEST_FROM_UTC).timestamp() + 1;
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_after(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    DateTime::from_timestamp(after, 0).unwrap_or(as_utc)
}

/// What the clocks of `zone` show at `instant`.
fn local(zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&zone).naive_local()
}

/// The date in the calendar of `zone` at `instant`.
#[must_use]
pub fn local_date(zone: Tz, instant: DateTime<Utc>) -> NaiveDate {
    local(zone, instant).date()
}

/// Whether the calendar of `zone` has this date. Samoa had no 30 December 2011.
#[must_use]
pub fn has_date(zone: Tz, date: NaiveDate) -> bool {
    local_date(zone, instant_of(zone, date, NaiveTime::MIN)) == date
}

/// The next date in the calendar of `zone`.
#[must_use]
pub fn next_date(zone: Tz, date: NaiveDate) -> NaiveDate {
    let next = date + Days::new(1);
    if has_date(zone, next) { next } else { next + Days::new(1) }
}

/// The previous date in the calendar of `zone`.
#[must_use]
pub fn previous_date(zone: Tz, date: NaiveDate) -> NaiveDate {
    let previous = date - Days::new(1);
    if has_date(zone, previous) { previous } else { previous - Days::new(1) }
}

/// Whether no scheduled text may leave at `instant` (P7): from `quiet_from` to `quiet_until`, over midnight
/// too. Equal times mean that it is never quiet.
#[must_use]
pub fn is_quiet(hours: &Hours, zone: Tz, instant: DateTime<Utc>) -> bool {
    lies_within(zone, instant, hours.quiet_from, hours.quiet_until)
}

/// When the quiet hours begin next, after `instant`; when they end, if `instant` lies in them. `None` when it is
/// never quiet.
#[must_use]
pub fn next_quiet_change(hours: &Hours, zone: Tz, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if hours.quiet_from == hours.quiet_until {
        return None;
    }
    let wanted = if is_quiet(hours, zone, instant) { hours.quiet_until } else { hours.quiet_from };
    let today = local_date(zone, instant);
    let tomorrow = next_date(zone, today);
    // Where clocks skip the whole quiet time of a day, it neither begins nor ends on it.
    [previous_date(zone, today), today, tomorrow, next_date(zone, tomorrow)]
        .into_iter()
        .map(|day| instant_of(zone, day, wanted))
        .find(|change| *change > instant && is_quiet(hours, zone, *change) != is_quiet(hours, zone, instant))
}

/// Whether somebody at the center reads texts that wait for staff: from the opening to `attended_until`.
#[must_use]
pub fn is_attended(hours: &Hours, zone: Tz, instant: DateTime<Utc>) -> bool {
    lies_within(zone, instant, hours.open, hours.attended_until)
}

/// Whether `instant` lies in the daily interval, its beginning included and its end not. An end before the
/// beginning is on the next day. Instants are compared, not what the clocks show, so that an interval that ends
/// in a repeated hour does not begin again in it.
fn lies_within(zone: Tz, instant: DateTime<Utc>, from: NaiveTime, until: NaiveTime) -> bool {
    let today = local_date(zone, instant);
    // Where a repeated hour crosses midnight, an interval may have begun on what is tomorrow again.
    [previous_date(zone, today), today, next_date(zone, today)].into_iter().any(|day| {
        let end_day = if until < from { next_date(zone, day) } else { day };
        instant_of(zone, day, from) <= instant && instant < instant_of(zone, end_day, until)
    })
}

#[cfg(test)]
mod tests;
