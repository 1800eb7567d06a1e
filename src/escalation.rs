//! The use case "staff have to see something": the one place where alerts are raised, whoever finds the matter.

use chrono::{DateTime, Utc};
use domain::alert::{self, Alert, AlertRule, AlertState};
use domain::center::Center;
use domain::id::{AlertId, CenterId, ContactId, MessageId, PatientId, RoundId};
use domain::schedule;
use domain::severity::Severity;
use store::Tx;
use tracing::warn;

use crate::clock::EntropySource;
use crate::metrics::Metrics;

/// What staff have to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matter {
    /// Whose it is; `None` is the operator's.
    pub(crate) center_id: Option<CenterId>,
    /// About whom, if known.
    pub(crate) patient_id: Option<PatientId>,
    /// From or to which contact, if known.
    pub(crate) contact_id: Option<ContactId>,
    /// In which round, if in one.
    pub(crate) round_id: Option<RoundId>,
    /// The text that it is about, if it is about one.
    pub(crate) message_id: Option<MessageId>,
    /// Which rule found it.
    pub(crate) rule: AlertRule,
    /// How urgent it is.
    pub(crate) severity: Severity,
    /// What exactly, as stable keys separated by spaces.
    pub(crate) detail: String,
}

/// Raises alerts, all at one instant.
#[derive(Clone, Copy)]
pub(crate) struct Escalation<'a> {
    pub(crate) entropy: &'a dyn EntropySource,
    pub(crate) metrics: &'a Metrics,
    pub(crate) now: DateTime<Utc>,
}

impl Escalation<'_> {
    /// Raises an alert.
    pub(crate) async fn raise(&self, tx: &mut Tx, matter: Matter) -> store::Result<()> {
        let alert = self.alert(matter);
        tx.insert_alert(&alert).await?;
        self.tell(&alert);
        Ok(())
    }

    /// Raises an alert, unless there is one of this day, by the center's calendar, about the same: then that one
    /// counts it. `about` are the parts of what makes two the same.
    pub(crate) async fn raise_once_a_day(
        &self,
        tx: &mut Tx,
        center: &Center,
        matter: Matter,
        about: &[&str],
    ) -> store::Result<()> {
        let day = schedule::local_date(center.time_zone, self.now);
        let key = alert::once_a_day(center.id, matter.rule, day, about);
        let alert = self.alert(matter);
        if tx.count_alert(&alert, &key).await? {
            self.tell(&alert);
        }
        Ok(())
    }

    fn alert(&self, matter: Matter) -> Alert {
        let Matter { center_id, patient_id, contact_id, round_id, message_id, rule, severity, detail } = matter;
        Alert {
            id: AlertId::new(self.now, &self.entropy.id()),
            center_id,
            patient_id,
            contact_id,
            round_id,
            message_id,
            rule,
            severity,
            detail,
            opened_at: self.now,
            state: AlertState::Open,
            times: 1,
            latest_at: self.now,
        }
    }

    fn tell(&self, alert: &Alert) {
        self.metrics.alert_raised(alert.rule, alert.severity);
        let message = alert.message_id.map(tracing::field::display);
        warn!(rule = alert.rule.key(), severity = alert.severity.key(), message.id = message, "an alert was raised");
    }
}
