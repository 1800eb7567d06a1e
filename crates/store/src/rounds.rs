//! Rounds and their timers: what is due, and who is working on it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::id::{CenterId, RoundId, TimerId};
use domain::round::{Round, RoundKind, RoundPlan, RoundState, TimerKind};
use sqlx::types::Json;

use crate::error::Result;
use crate::sql::{Columns, Fields, Instant, Record, Sql, count, run, statements};
use crate::tx::Tx;

macro_rules! round {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, center_id, day, opens_at, reminders_at, deadline_at, ends_at, quiet_from, state, kind
             FROM rounds ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO rounds (id, center_id, day, opens_at, reminders_at, deadline_at, ends_at, quiet_from, state,
                             created_at, updated_at, kind)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) ON CONFLICT DO NOTHING");
    BY_ID = round!("WHERE id = $1");
    BY_DAY = round!("WHERE center_id = $1 AND day = $2 AND kind = $3");
    FIRST = round!("WHERE center_id = $1 AND kind = $2 ORDER BY day LIMIT 1");
    LATEST = round!("WHERE center_id = $1 AND kind = $2 AND opens_at <= $3 ORDER BY opens_at DESC LIMIT 1");
    // The lower bound is for the index: no round lasts that long.
    GOING_ON = round!(
        "WHERE center_id = $1 AND opens_at <= $2 AND opens_at > $3 AND ends_at > $2 ORDER BY opens_at DESC, kind");
    DROP_PLANNED_TIMERS = Sql::both(
        "DELETE FROM timers WHERE round_id IN (
             SELECT id FROM rounds WHERE center_id = $1 AND kind = $2 AND state = 'planned'
                AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.round_id = rounds.id))");
    DROP_PLANNED = Sql::both(
        "DELETE FROM rounds WHERE center_id = $1 AND kind = $2 AND state = 'planned'
            AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.round_id = rounds.id)");
    IN_STATE = round!("WHERE state = $1 ORDER BY opens_at, id");
    SET_STATE = Sql::both("UPDATE rounds SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2");
    INSERT_TIMER = Sql::both(
        "INSERT INTO timers (id, round_id, kind, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    CLAIM_TIMERS = Sql::pair(
        "UPDATE timers SET lease_until = $2
         WHERE id IN (SELECT id FROM timers
                      WHERE done_at IS NULL AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
                      ORDER BY due_at, id LIMIT $3)
         RETURNING id, round_id, kind, due_at",
        "WITH due AS MATERIALIZED (
             SELECT id AS due_id FROM timers
             WHERE done_at IS NULL AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
             ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE timers SET lease_until = $2 FROM due WHERE id = due_id
         RETURNING id, round_id, kind, due_at");
    FINISH_TIMER = Sql::both(
        "UPDATE timers SET done_at = $3, outcome = $2, lease_until = NULL WHERE id = $1 AND done_at IS NULL");
    NEXT_TIMER = Sql::both("SELECT MIN(due_at) AS at FROM timers WHERE done_at IS NULL");
    TIMERS_OF_ROUND = Sql::both("SELECT id, round_id, kind, due_at FROM timers WHERE round_id = $1");
}

impl Record for Round {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "rounds", "id");
        Ok(Self {
            id: fields.id("id")?,
            center_id: fields.id("center_id")?,
            day: fields.get("day")?,
            plan: RoundPlan {
                opens_at: fields.get("opens_at")?,
                reminders_at: fields.json("reminders_at")?,
                deadline_at: fields.get("deadline_at")?,
                ends_at: fields.get("ends_at")?,
                quiet_from: fields.get("quiet_from")?,
            },
            state: fields.keyed("state", RoundState::from_key)?,
            kind: fields.keyed("kind", RoundKind::from_key)?,
        })
    }
}

/// Something that is due in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// Its identifier.
    pub id: TimerId,
    /// In which round.
    pub round_id: RoundId,
    /// What is due.
    pub kind: TimerKind,
    /// When it is due.
    pub due_at: DateTime<Utc>,
}

impl Record for Timer {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "timers", "id");
        Ok(Self {
            id: fields.id("id")?,
            round_id: fields.id("round_id")?,
            kind: fields.parse("kind", "an unknown kind of timer")?,
            due_at: fields.get("due_at")?,
        })
    }
}

impl Tx {
    /// Adds a round. `false` if the center has one of this kind on that day already: then nothing is changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_round(&mut self, round: &Round, now: DateTime<Utc>) -> Result<bool> {
        let added = run!(self, INSERT, [
            round.id.to_string(),
            round.center_id.to_string(),
            round.day,
            round.plan.opens_at,
            Json(&round.plan.reminders_at),
            round.plan.deadline_at,
            round.plan.ends_at,
            round.plan.quiet_from,
            round.state.key(),
            now,
            round.kind.key(),
        ] => execute)?;
        Ok(added > 0)
    }

    /// The round with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round(&mut self, id: RoundId) -> Result<Option<Round>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The round of a center of one kind on a day of its calendar.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round_by_day(&mut self, center: CenterId, kind: RoundKind, day: NaiveDate) -> Result<Option<Round>> {
        run!(self, BY_DAY, [center.to_string(), day, kind.key()] => optional)
    }

    /// A center's first round of a kind, if it has had one or has one planned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_round(&mut self, center: CenterId, kind: RoundKind) -> Result<Option<Round>> {
        run!(self, FIRST, [center.to_string(), kind.key()] => optional)
    }

    /// The round of a kind that opened, or was to open, last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_round(
        &mut self,
        center: CenterId,
        kind: RoundKind,
        now: DateTime<Utc>,
    ) -> Result<Option<Round>> {
        run!(self, LATEST, [center.to_string(), kind.key(), now] => optional)
    }

    /// Every round of a center that opened, or was to open, and has not ended yet: the latest opening first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rounds_going_on(&mut self, center: CenterId, now: DateTime<Utc>) -> Result<Vec<Round>> {
        run!(self, GOING_ON, [center.to_string(), now, now - TimeDelta::days(4)] => all)
    }

    /// Takes the rounds of a kind back that are planned and have not begun, so that they can be planned anew. Gives
    /// how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_planned_rounds(&mut self, center: CenterId, kind: RoundKind) -> Result<u64> {
        run!(self, DROP_PLANNED_TIMERS, [center.to_string(), kind.key()] => execute)?;
        run!(self, DROP_PLANNED, [center.to_string(), kind.key()] => execute)
    }

    /// Every round that is this far, the earliest opening first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rounds_in_state(&mut self, state: RoundState) -> Result<Vec<Round>> {
        run!(self, IN_STATE, [state.key()] => all)
    }

    /// Moves a round on. `false` if it is not in the state `from`: somebody else was faster.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_round_state(
        &mut self,
        id: RoundId,
        from: RoundState,
        to: RoundState,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        Ok(run!(self, SET_STATE, [id.to_string(), from.key(), to.key(), now] => execute)? > 0)
    }

    /// Sets a timer. `false` if the round has one of this kind already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_timer(
        &mut self,
        id: TimerId,
        round: RoundId,
        kind: TimerKind,
        due_at: DateTime<Utc>,
    ) -> Result<bool> {
        let added = run!(self, INSERT_TIMER, [
            id.to_string(), round.to_string(), kind.to_string(), due_at
        ] => execute)?;
        Ok(added > 0)
    }

    /// Takes timers that are due, the earliest first, and holds them until `lease_until`: nobody else gets them
    /// before, unless they are finished, which ends it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_due_timers(
        &mut self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Timer>> {
        let mut claimed: Vec<Timer> = run!(self, CLAIM_TIMERS, [now, lease_until, count(limit)] => all)?;
        claimed.sort_by_key(|timer| (timer.due_at, timer.id));
        Ok(claimed)
    }

    /// Finishes a timer, for good. `false` if it was finished already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_timer(&mut self, id: TimerId, outcome: &str, now: DateTime<Utc>) -> Result<bool> {
        Ok(run!(self, FINISH_TIMER, [id.to_string(), outcome, now] => execute)? > 0)
    }

    /// When the earliest unfinished timer is, or was, due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_timer_due(&mut self) -> Result<Option<DateTime<Utc>>> {
        let Instant(at) = run!(self, NEXT_TIMER, [] => one)?;
        Ok(at)
    }

    /// Every timer of a round, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn timers_of_round(&mut self, round: RoundId) -> Result<Vec<Timer>> {
        let mut timers: Vec<Timer> = run!(self, TIMERS_OF_ROUND, [round.to_string()] => all)?;
        timers.sort_by_key(|timer| (timer.due_at, timer.kind));
        Ok(timers)
    }
}
