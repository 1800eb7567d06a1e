//! What staff change after enrolling: which dialogs a center uses, the last day of an observation, how a phone is
//! written to. Each change is in the audit trail. Runs in the caller's unit of work and commits nothing.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::audit::AuditAction;
use domain::center::Center;
use domain::id::PatientId;
use domain::patient::Patient;
use domain::round::RoundKind;
use domain::schedule::local_date;
use serde::Serialize;
use serde_json::{Value, json};
use store::{NewAudit, Tx};

use super::Actor;

/// Why something was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What is wrong with the times of day of a center.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// The observation would end before it begins.
    #[error("{until} is before the first day of observation, {from}: give that day or a later one")]
    BeforeFirstDay {
        /// The day that was given.
        until: NaiveDate,
        /// The first day.
        from: NaiveDate,
    },
    /// It is gone.
    #[error("it is not there any more")]
    Gone,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Changes which dialogs a center uses, and its second check. What is planned and has not begun is planned anew; what
/// is going on stays as it began.
///
/// # Errors
/// When the times of the second check cannot work, or the database fails.
pub async fn change_center(
    tx: &mut Tx,
    before: &Center,
    center: &Center,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), ChangeError> {
    let wrong = center.faults();
    if !wrong.is_empty() {
        return Err(ChangeError::Invalid(wrong));
    }
    if !tx.update_center_dialogs(center, now).await? {
        return Err(ChangeError::Gone);
    }
    for kind in [RoundKind::Second, RoundKind::Welcome] {
        let day = local_date(center.time_zone, now);
        if kind.plan(before, day) != kind.plan(center, day) {
            tx.drop_planned_rounds(center.id, kind).await?;
        }
    }
    let detail = json!({ "before": chosen(before), "after": chosen(center) });
    let audit = actor.audit(now, AuditAction::ChangeCenter, center.id, center.id.to_string());
    tx.append_audit(&NewAudit { detail, ..audit }).await?;
    Ok(())
}

/// What of a center can be changed.
fn chosen(center: &Center) -> Value {
    json!({
        "dialog": center.dialog,
        "welcome": center.further.welcome,
        "short": center.further.short,
        "release": center.further.release,
        "second": center.second,
    })
}

/// What became of the last day of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MovedEnd {
    /// Whose.
    pub patient_id: PatientId,
    /// The last day until now.
    pub before: NaiveDate,
    /// The last day from now on.
    pub until: NaiveDate,
    /// Whether that day is over.
    pub is_over: bool,
}

impl fmt::Display for MovedEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, until, is_over, .. } = self;
        match before == until {
            true => write!(f, "observed until {until}, as before")?,
            false => write!(f, "observed until {until} instead of {before}")?,
        }
        if *is_over { f.write_str(": the observation is over") } else { Ok(()) }
    }
}

/// Moves the last day of a patient's observation. The reason is kept in the audit trail, also of a decision to leave it
/// where it is.
///
/// # Errors
/// When the day is before the first one, there is no such patient or the database fails.
pub async fn observe_until(
    tx: &mut Tx,
    patient: PatientId,
    until: NaiveDate,
    reason: &str,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<MovedEnd, ChangeError> {
    let patient = tx.patient(patient).await?.ok_or(ChangeError::Gone)?;
    let center = tx.center(patient.center_id).await?.ok_or(ChangeError::Gone)?;
    // Under the lock of the phone, so that no turn decides by a day that is being changed.
    tx.lock_contact(patient.contact_id).await?;
    let patient = tx.patient(patient.id).await?.ok_or(ChangeError::Gone)?;
    if until < patient.observe_from {
        return Err(ChangeError::BeforeFirstDay { until, from: patient.observe_from });
    }
    let before = patient.observe_until;
    let patient = Patient { observe_until: until, ..patient };
    tx.update_patient(&patient, now).await?;
    let detail = json!({ "before": before, "until": until, "reason": reason });
    let audit = actor.audit(now, AuditAction::ChangeObservation, center.id, patient.id.to_string());
    tx.append_audit(&NewAudit { detail, ..audit }).await?;
    let is_over = until < local_date(center.time_zone, now);
    Ok(MovedEnd { patient_id: patient.id, before, until, is_over })
}

/// Says whether a patient's phone wants one text for all questions, for everybody on it. Whether that was new.
///
/// # Errors
/// When the database fails.
pub async fn set_one_text(
    tx: &mut Tx,
    patient: &Patient,
    one_text: bool,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<bool, ChangeError> {
    let contact = tx.lock_contact(patient.contact_id).await?.ok_or(ChangeError::Gone)?;
    if contact.one_text == one_text {
        return Ok(false);
    }
    let changed = domain::contact::Contact { one_text, ..contact };
    tx.update_contact(&changed, now).await?;
    let detail = json!({ "one_text": one_text });
    let audit = actor.audit(now, AuditAction::ChangeContact, patient.center_id, changed.id.to_string());
    tx.append_audit(&NewAudit { detail, ..audit }).await?;
    Ok(true)
}
