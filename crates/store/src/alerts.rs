//! Alerts: what staff must act on, as raised. Who takes them is the console's business.

use chrono::{DateTime, Utc};
use domain::alert::{Alert, AlertRule, AlertState};
use domain::id::{CenterId, ContactId, RoundId};

use crate::check_ins::severity_from_key;
use crate::error::Result;
use crate::sql::{Columns, Fields, Flag, Key, Record, Sql, count, keepable, run, statements, text};
use crate::tx::Tx;

macro_rules! alert {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, center_id, patient_id, contact_id, round_id, message_id, rule, severity, detail, opened_at,
                    state, times, COALESCE(latest_at, opened_at) AS latest_at
             FROM alerts ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO alerts (id, center_id, patient_id, contact_id, round_id, message_id, rule, severity, detail,
                             opened_at, state, times, latest_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
    // What staff have closed and what happens again has to be seen again.
    COUNT = Sql::both(
        "INSERT INTO alerts (id, center_id, patient_id, contact_id, round_id, message_id, rule, severity, detail,
                             opened_at, state, times, latest_at, once_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (once_key) DO UPDATE
         SET times = alerts.times + excluded.times, latest_at = excluded.latest_at,
             state = CASE WHEN alerts.state = 'closed' THEN 'open' ELSE alerts.state END
         RETURNING id");
    OF_ROUND = alert!("WHERE round_id = $1 ORDER BY opened_at, id");
    OPEN = alert!(
        "WHERE center_id = $1 AND state <> 'closed'
         ORDER BY CASE severity WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END,
                  opened_at, id
         LIMIT $2");
    OPERATORS = alert!("WHERE center_id IS NULL AND state <> 'closed' ORDER BY opened_at, id LIMIT $1");
    RAISED = Sql::both(
        "SELECT EXISTS (SELECT 1 FROM alerts WHERE center_id = $1 AND contact_id = $2 AND rule = $3
                                               AND opened_at >= $4) AS yes");
}

impl Record for Alert {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "alerts", "id");
        Ok(Self {
            id: fields.id("id")?,
            center_id: fields.id_optional("center_id")?,
            patient_id: fields.id_optional("patient_id")?,
            contact_id: fields.id_optional("contact_id")?,
            round_id: fields.id_optional("round_id")?,
            message_id: fields.id_optional("message_id")?,
            rule: fields.keyed("rule", AlertRule::from_key)?,
            severity: fields.keyed("severity", severity_from_key)?,
            detail: fields.get("detail")?,
            opened_at: fields.get("opened_at")?,
            state: fields.keyed("state", AlertState::from_key)?,
            times: fields.number("times")?,
            latest_at: fields.get("latest_at")?,
        })
    }
}

impl Tx {
    /// Raises an alert.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_alert(&mut self, alert: &Alert) -> Result<()> {
        run!(self, INSERT, [
            alert.id.to_string(),
            text(alert.center_id),
            text(alert.patient_id),
            text(alert.contact_id),
            text(alert.round_id),
            text(alert.message_id),
            alert.rule.key(),
            alert.severity.key(),
            keepable(&alert.detail),
            alert.opened_at,
            alert.state.key(),
            i64::from(alert.times),
            alert.latest_at,
        ] => execute)?;
        Ok(())
    }

    /// Raises an alert, or counts what it is about into the one that has the same key
    /// ([`once_a_day`](domain::alert::once_a_day)): its times add up, its last time moves on, and if staff had closed
    /// it, it is open again. Whether it is a new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_alert(&mut self, alert: &Alert, once_key: &str) -> Result<bool> {
        let Key(id) = run!(self, COUNT, [
            alert.id.to_string(),
            text(alert.center_id),
            text(alert.patient_id),
            text(alert.contact_id),
            text(alert.round_id),
            text(alert.message_id),
            alert.rule.key(),
            alert.severity.key(),
            keepable(&alert.detail),
            alert.opened_at,
            alert.state.key(),
            i64::from(alert.times),
            alert.latest_at,
            keepable(once_key),
        ] => one)?;
        Ok(id == alert.id.to_string())
    }

    /// Every alert of a round, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alerts_of_round(&mut self, round: RoundId) -> Result<Vec<Alert>> {
        run!(self, OF_ROUND, [round.to_string()] => all)
    }

    /// A center's alerts that are not closed, the most urgent first, then the oldest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_alerts(&mut self, center: CenterId, limit: usize) -> Result<Vec<Alert>> {
        run!(self, OPEN, [center.to_string(), count(limit)] => all)
    }

    /// The alerts that are no center's and not closed, the oldest first: the operator's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operator_alerts(&mut self, limit: usize) -> Result<Vec<Alert>> {
        run!(self, OPERATORS, [count(limit)] => all)
    }

    /// Whether a rule has raised an alert about a contact since an instant, so that it need not do so again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_raised_since(
        &mut self,
        center: CenterId,
        contact: ContactId,
        rule: AlertRule,
        since: DateTime<Utc>,
    ) -> Result<bool> {
        let Flag(yes) = run!(self, RAISED, [center.to_string(), contact.to_string(), rule.key(), since] => one)?;
        Ok(yes)
    }
}
