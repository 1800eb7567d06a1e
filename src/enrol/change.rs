//! What staff change after enrolling: which dialogs a center uses, the last day of an observation, how a phone is
//! written to. Each change is in the audit trail. Runs in the caller's unit of work and commits nothing.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::audit::AuditAction;
use domain::center::Center;
use domain::contact::Contact;
use domain::id::PatientId;
use domain::language::Language;
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
    /// The language is read, not written.
    #[error("no texts are written in {0}: use one of {known}", known = Language::WRITTEN.map(Language::tag).join(", "))]
    NotWritten(Language),
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

/// How a phone is to be written to, as far as staff change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContactWish {
    /// Everything is asked in one text, since each costs the patient.
    pub one_text: Option<bool>,
    /// In which language.
    pub language: Option<Language>,
}

/// How a phone is written to from the next text on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WrittenTo {
    /// Whether anything of it is new.
    pub changed: bool,
    /// Whether everything is asked in one text.
    pub one_text: bool,
    /// In which language.
    pub language: Language,
    /// How many patients the phone answers for: it holds for all of them.
    pub patients: usize,
}

impl fmt::Display for WrittenTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.changed {
            f.write_str("nothing to change, it is so already: ")?;
        }
        let questions = if self.one_text { "everything in one text" } else { "question by question" };
        write!(f, "the phone is written to in {} and asked {questions}", self.language)?;
        if self.changed {
            f.write_str("; the language holds from the next text on, the rest from the next morning on")?;
        }
        match self.patients {
            0 | 1 => Ok(()),
            patients => write!(f, "; that holds for all {patients} patients of this phone"),
        }
    }
}

/// Changes how a patient's phone is written to, for everybody on it. Nothing is sent because of it: a conversation that
/// is going on goes on where it is, in the new language.
///
/// # Errors
/// When the language is one that we do not write, or the database fails.
pub async fn set_contact(
    tx: &mut Tx,
    patient: &Patient,
    wish: ContactWish,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<WrittenTo, ChangeError> {
    let contact = tx.lock_contact(patient.contact_id).await?.ok_or(ChangeError::Gone)?;
    let wanted = Contact {
        one_text: wish.one_text.unwrap_or(contact.one_text),
        language: wish.language.unwrap_or(contact.language),
        ..contact.clone()
    };
    if !Language::WRITTEN.contains(&wanted.language) {
        return Err(ChangeError::NotWritten(wanted.language));
    }
    let changed = wanted != contact;
    if changed {
        tx.update_contact(&wanted, now).await?;
        let detail = json!({
            "before": { "one_text": contact.one_text, "language": contact.language },
            "after": { "one_text": wanted.one_text, "language": wanted.language },
        });
        let audit = actor.audit(now, AuditAction::ChangeContact, patient.center_id, wanted.id.to_string());
        tx.append_audit(&NewAudit { detail, ..audit }).await?;
    }
    let patients = tx.patients_of_contact(wanted.id).await?.len();
    Ok(WrittenTo { changed, one_text: wanted.one_text, language: wanted.language, patients })
}
