//! Enrolling: use cases "a center is added" and "a patient file is imported". Both run in the caller's unit of
//! work and commit nothing. What is changed later is in [`change`], how a file is read in [`mod@file`]; arguments and
//! printing are the command line's.

mod cell;
mod change;
pub mod file;
mod table;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Utc};
use domain::audit::AuditAction;
use domain::center::Center;
use domain::contact::Contact;
use domain::id::{CenterId, ContactId, PatientId, StaffId};
use domain::patient::{Patient, PatientStatus, next_letter};
use domain::phone::PhoneNumber;
use domain::schedule::local_date;
use serde::Serialize;
use store::{NewAudit, Tx};

pub use self::cell::Onset;
pub use self::change::{ChangeError, MovedEnd, change_center, observe_until, set_one_text};
use self::file::PhoneSource;
pub use self::file::{Enrolment, Finding, PatientFile};
pub use self::table::UnreadableFile;
use crate::clock::EntropySource;

/// Who does something, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The member of staff, if one is signed in.
    pub staff: Option<StaffId>,
    /// Otherwise what it is, such as `command line` or `demo`.
    pub text: String,
}

impl Actor {
    /// Somebody at the command line of the machine, who is not signed in.
    #[must_use]
    pub fn command_line() -> Self {
        Self { staff: None, text: "command line".to_owned() }
    }

    fn audit(&self, now: DateTime<Utc>, action: AuditAction, center: CenterId, subject: String) -> NewAudit {
        NewAudit {
            at: now,
            actor: self.staff,
            actor_text: self.text.clone(),
            action,
            center: Some(center),
            subject,
            detail: serde_json::Value::Null,
        }
    }
}

/// Why a center was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddCenterError {
    /// Names tell centers apart, for people and in commands.
    #[error("there is a center of this name already: choose another name")]
    NameTaken,
    /// Routing is by (To, From), so two centers cannot have one number.
    #[error("another center sends from this number already: every center needs a number of its own")]
    SenderTaken,
    /// What is wrong with its times of day or thresholds.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Adds a center.
///
/// # Errors
/// When its hours or thresholds cannot work, its name or number is taken, or the database fails.
pub async fn add_center(tx: &mut Tx, center: &Center, actor: &Actor, now: DateTime<Utc>) -> Result<(), AddCenterError> {
    let wrong = center.faults();
    if !wrong.is_empty() {
        return Err(AddCenterError::Invalid(wrong));
    }
    if tx.center_by_name(&center.name).await?.is_some() {
        return Err(AddCenterError::NameTaken);
    }
    if tx.center_by_sender(&center.sender).await?.is_some() {
        return Err(AddCenterError::SenderTaken);
    }
    tx.insert_center(center, now).await?;
    tx.append_audit(&actor.audit(now, AuditAction::AddCenter, center.id, center.id.to_string())).await?;
    Ok(())
}

/// How a patient file is to be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The numbers are not known to be the patients' yet: nothing is asked before they are confirmed. Otherwise
    /// the import asserts them.
    pub unconfirmed: bool,
    /// Enrol the rows without problems although there are others. Otherwise one problem keeps everything out.
    pub skip_bad_rows: bool,
    /// Look at everything and write nothing.
    pub dry_run: bool,
}

/// What became of a patient file. Carries no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Whether anything was written.
    pub outcome: ImportOutcome,
    /// How many rows speak of a patient.
    pub rows: usize,
    /// How many patients were enrolled, or would be.
    pub enrolled: usize,
    /// How many phones among theirs are new.
    pub new_contacts: usize,
    /// What keeps rows from being enrolled.
    pub problems: Vec<Finding>,
    /// What somebody should look at.
    pub notices: Vec<Finding>,
    /// Columns that nothing reads.
    pub unused_columns: Vec<String>,
}

/// Whether an import wrote anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportOutcome {
    /// The patients are enrolled once the unit of work is committed.
    Enrolled,
    /// Rows have problems, so nothing was written, or in a dry run would have been.
    Refused,
    /// Nothing was written, as wished.
    DryRun,
}

impl fmt::Display for ImportReport {
    /// For people: every problem and notice on a line, then what was done.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        for notice in &self.notices {
            writeln!(f, "notice: {notice}")?;
        }
        if !self.unused_columns.is_empty() {
            writeln!(f, "notice: unused columns: {}", self.unused_columns.join(", "))?;
        }
        let Self { rows, enrolled, new_contacts, .. } = self;
        match self.outcome {
            ImportOutcome::Enrolled => {
                write!(f, "enrolled {enrolled} of {rows} patients, on {new_contacts} new phones")
            }
            ImportOutcome::DryRun => {
                write!(
                    f,
                    "nothing written; {enrolled} of {rows} patients could be enrolled, on {new_contacts} new phones"
                )
            }
            ImportOutcome::Refused => {
                write!(f, "nobody enrolled: correct the problems above ({})", self.problems.len())?;
                if *enrolled > 0 {
                    write!(f, ", or enrol the {enrolled} other patients with --skip-bad-rows")?;
                }
                Ok(())
            }
        }
    }
}

/// A phone as it will be when the import is written.
struct PlannedContact {
    contact: Contact,
    /// Not in the store yet.
    is_new: bool,
    /// In the store, but not as it will be.
    is_changed: bool,
    /// Of all patients whom it answers for.
    letters: Vec<char>,
}

/// Enrols the patients of a file at a center. Patients on one number share a contact and are told apart by
/// letters in the order of the file. An existing contact keeps its language, since the patient may have chosen
/// it.
///
/// # Errors
/// When the database fails; [`store::Error::Conflict`] when somebody else enrolled one of them at this moment.
/// What is wrong with rows is in the report.
pub async fn import(
    tx: &mut Tx,
    center: &Center,
    file: PatientFile,
    options: ImportOptions,
    actor: &Actor,
    now: DateTime<Utc>,
    entropy: &dyn EntropySource,
) -> Result<ImportReport, store::Error> {
    let PatientFile { rows, enrolments, mut problems, mut notices, unused_columns } = file;
    let mut contacts: HashMap<PhoneNumber, PlannedContact> = HashMap::new();
    let mut patients = Vec::new();
    for enrolment in enrolments {
        let (row, language) = (enrolment.row, enrolment.language);
        match plan(tx, center, enrolment, options, now, entropy, &mut contacts).await? {
            Ok((patient, contact)) => {
                if !contact.is_new && language.is_some_and(|language| language != contact.contact.language) {
                    let text =
                        format!("is not changed: this phone is written to in {} already", contact.contact.language);
                    notices.push(Finding::new(row, "language", text));
                }
                if contact.contact.opted_out_at.is_some() {
                    notices.push(Finding::new(row, "phone", "wants no texts: staff must call instead"));
                }
                patients.push(patient);
            }
            Err(problem) => problems.push(problem),
        }
    }
    // A contact of nobody who is enrolled is left alone.
    let in_use: HashSet<ContactId> = patients.iter().map(|patient: &Patient| patient.contact_id).collect();
    contacts.retain(|_, planned| in_use.contains(&planned.contact.id));
    problems.sort_by_key(|problem| problem.row);
    notices.sort_by_key(|notice| notice.row);
    notices.dedup();
    let outcome = match problems.is_empty() || options.skip_bad_rows {
        // A dry run ends as the import would.
        false => ImportOutcome::Refused,
        true if options.dry_run => ImportOutcome::DryRun,
        true => ImportOutcome::Enrolled,
    };
    let new_contacts = contacts.values().filter(|planned| planned.is_new).count();
    if outcome == ImportOutcome::Enrolled {
        write(tx, center, &patients, contacts.into_values(), actor, now).await?;
    }
    Ok(ImportReport { outcome, rows, enrolled: patients.len(), new_contacts, problems, notices, unused_columns })
}

/// Reads a patient file for a center: [`file::read`] with the day in the center's calendar.
///
/// # Errors
/// When no row can be read at all.
pub fn read_file(bytes: &[u8], center: &Center, now: DateTime<Utc>) -> Result<PatientFile, UnreadableFile> {
    file::read(bytes, local_date(center.time_zone, now))
}

/// What one row becomes, or why it cannot be taken, given what is in the store and in the rows before it.
async fn plan<'a>(
    tx: &mut Tx,
    center: &Center,
    enrolment: Enrolment,
    options: ImportOptions,
    now: DateTime<Utc>,
    entropy: &dyn EntropySource,
    contacts: &'a mut HashMap<PhoneNumber, PlannedContact>,
) -> Result<Result<(Patient, &'a PlannedContact), Finding>, store::Error> {
    let row = enrolment.row;
    let problem = |column: &'static str, text: &str| Ok(Err(Finding::new(row, column, text)));
    if tx.patient_by_her_sys_id(center.id, &enrolment.her_sys_id).await?.is_some() {
        return problem("her_sys_id", "is enrolled at this center already: take the row out of the file");
    }
    let phone = match enrolment.phone {
        PhoneSource::Own(number) => number,
        PhoneSource::Family { her_sys_id, in_file } => {
            match (tx.patient_by_her_sys_id(center.id, &her_sys_id).await?, in_file) {
                // What is in the store has been in use; the file may be older.
                (Some(member), _) => match tx.contact(member.contact_id).await? {
                    Some(contact) => contact.phone,
                    None => return problem("family_of", "names a patient whose phone cannot be found"),
                },
                (None, Some(number)) => number,
                (None, None) => {
                    return problem(
                        "family_of",
                        "names nobody: no row of the file and no patient of the center has this HER-SYS ID",
                    );
                }
            }
        }
    };
    if phone == center.sender {
        return problem("phone", "is the number that the center itself sends from");
    }
    let planned = match contacts.entry(phone) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(vacant) => {
            let planned = match tx.lock_contact_by_phone(center.id, vacant.key()).await? {
                Some(contact) => {
                    let of_contact = tx.patients_of_contact(contact.id).await?;
                    let letters = of_contact.iter().map(|patient| patient.letter).collect();
                    PlannedContact { contact, is_new: false, is_changed: false, letters }
                }
                None => PlannedContact {
                    contact: Contact {
                        id: ContactId::new(now, &entropy.id()),
                        center_id: center.id,
                        phone: vacant.key().clone(),
                        language: enrolment.language.unwrap_or(center.language),
                        opted_out_at: None,
                        wrong_number_at: None,
                        confirmed_at: None,
                        undeliverable: None,
                        one_text: false,
                    },
                    is_new: true,
                    is_changed: false,
                    letters: Vec::new(),
                },
            };
            vacant.insert(planned)
        }
    };
    if planned.contact.wrong_number_at.is_some() {
        return problem("phone", "was said to be a wrong number by whoever answered there: ask the patient for theirs");
    }
    let Some(letter) = next_letter(&planned.letters) else {
        return problem("phone", "answers for 26 patients already: no more can be told apart on one phone");
    };
    planned.letters.push(letter);
    if !options.unconfirmed && planned.contact.confirmed_at.is_none() {
        planned.contact = planned.contact.clone().confirm(now);
        planned.is_changed = true;
    }
    if enrolment.one_text == Some(true) && !planned.contact.one_text {
        planned.contact.one_text = true;
        planned.is_changed = true;
    }
    let patient = Patient {
        id: PatientId::new(now, &entropy.id()),
        center_id: center.id,
        contact_id: planned.contact.id,
        her_sys_id: enrolment.her_sys_id,
        name: enrolment.name,
        kana: enrolment.kana,
        birth_date: enrolment.birth_date,
        risk_tier: enrolment.risk_tier,
        place: enrolment.place,
        lives_alone: enrolment.lives_alone,
        letter,
        observe_from: enrolment.observe_from,
        observe_until: enrolment.observe_until,
        onset: enrolment.onset.day(),
        specimen: enrolment.specimen,
        without_symptoms: enrolment.onset == Onset::NoSymptoms,
        status: PatientStatus::UnderObservation,
    };
    Ok(Ok((patient, planned)))
}

/// Writes what was planned.
async fn write(
    tx: &mut Tx,
    center: &Center,
    patients: &[Patient],
    contacts: impl Iterator<Item = PlannedContact>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), store::Error> {
    for planned in contacts {
        if planned.is_new {
            tx.insert_contact(&planned.contact, now).await?;
        } else if planned.is_changed {
            tx.update_contact(&planned.contact, now).await?;
        }
    }
    for patient in patients {
        tx.insert_patient(patient, now).await?;
        tx.append_audit(&actor.audit(now, AuditAction::EnrolPatient, center.id, patient.id.to_string())).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
