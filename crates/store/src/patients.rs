//! Patients: who is watched over, on which phone, from when until when.

use chrono::{DateTime, NaiveDate, Utc};
use domain::contact::Contact;
use domain::id::{CenterId, ContactId, PatientId};
use domain::patient::{Patient, PatientStatus, PlaceOfStay, RiskTier};
use domain::round::Round;

use crate::contacts::contact_from;
use crate::error::{Error, Result, Unreadable};
use crate::sql::{Columns, Fields, Record, Sql, count, keepable, run, statements};
use crate::tx::Tx;

macro_rules! patient {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, center_id, contact_id, her_sys_id, name, kana, birth_date, risk_tier, place, lives_alone,
                    letter, observe_from, observe_until, status, onset, specimen, without_symptoms
             FROM patients ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO patients (id, center_id, contact_id, her_sys_id, name, kana, birth_date, risk_tier, place,
                               lives_alone, letter, observe_from, observe_until, status, created_at, updated_at, onset,
                               specimen, without_symptoms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17, $18)
         ON CONFLICT DO NOTHING");
    UPDATE = Sql::both(
        "UPDATE patients SET contact_id = $2, her_sys_id = $3, name = $4, kana = $5, birth_date = $6, risk_tier = $7,
                             place = $8, lives_alone = $9, letter = $10, observe_from = $11, observe_until = $12,
                             status = $13, updated_at = $14, onset = $15, specimen = $16, without_symptoms = $17
         WHERE id = $1");
    BY_ID = patient!("WHERE id = $1");
    BY_HER_SYS_ID = patient!("WHERE center_id = $1 AND her_sys_id = $2");
    OF_CONTACT = patient!("WHERE contact_id = $1 ORDER BY letter");
    OBSERVED_ON = patient!(
        "WHERE center_id = $1 AND observe_from <= $2 AND observe_until >= $2 AND status = 'under-observation'
         ORDER BY id");
    WITHOUT_CONVERSATION = Sql::both(
        "SELECT p.id, p.center_id, p.contact_id, p.her_sys_id, p.name, p.kana, p.birth_date, p.risk_tier, p.place,
                p.lives_alone, p.letter, p.observe_from, p.observe_until, p.status, p.onset, p.specimen,
                p.without_symptoms,
                c.id AS c_id, c.center_id AS c_center_id, c.phone AS c_phone, c.language AS c_language,
                c.opted_out_at AS c_opted_out_at, c.wrong_number_at AS c_wrong_number_at,
                c.confirmed_at AS c_confirmed_at, c.undeliverable AS c_undeliverable,
                c.one_text AS c_one_text
         FROM patients p JOIN contacts c ON c.id = p.contact_id
         WHERE p.center_id = $1 AND p.observe_from <= $3 AND p.observe_until >= $3
           AND p.status = 'under-observation' AND ($5 <> 'second' OR p.risk_tier = 'high')
           AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.round_id = $2 AND v.patient_id = p.id)
         ORDER BY CASE p.risk_tier WHEN 'high' THEN 0 WHEN 'standard' THEN 1 ELSE 2 END, p.contact_id, p.letter
         LIMIT $4");
}

impl Record for Patient {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        patient_from(&Fields::of(row, "patients", "id"))
    }
}

/// Reads a patient, from their own row or from a join.
pub(crate) fn patient_from<R: Columns>(fields: &Fields<'_, R>) -> Result<Patient> {
    let letter: String = fields.get("letter")?;
    let mut letters = letter.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return Err(fields.corrupt("letter", Unreadable::new("not one letter")));
    };
    Ok(Patient {
        id: fields.id("id")?,
        center_id: fields.id("center_id")?,
        contact_id: fields.id("contact_id")?,
        her_sys_id: fields.get("her_sys_id")?,
        name: fields.get("name")?,
        kana: fields.get("kana")?,
        birth_date: fields.get("birth_date")?,
        risk_tier: fields.keyed("risk_tier", RiskTier::from_key)?,
        place: fields.keyed("place", PlaceOfStay::from_key)?,
        lives_alone: fields.get("lives_alone")?,
        letter,
        observe_from: fields.get("observe_from")?,
        observe_until: fields.get("observe_until")?,
        onset: fields.get("onset")?,
        specimen: fields.get("specimen")?,
        without_symptoms: fields.get("without_symptoms")?,
        status: fields.keyed("status", PatientStatus::from_key)?,
    })
}

struct WithContact(Patient, Contact);

impl Record for WithContact {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let patient = patient_from(&Fields::of(row, "patients", "id"))?;
        let contact = contact_from(&Fields::joined(row, "contacts", "id", "c_"))?;
        Ok(Self(patient, contact))
    }
}

impl Tx {
    /// Enrols a patient.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the center has the HER-SYS ID already, or the contact the letter.
    pub async fn insert_patient(&mut self, patient: &Patient, now: DateTime<Utc>) -> Result<()> {
        let added = run!(self, INSERT, [
            patient.id.to_string(),
            patient.center_id.to_string(),
            patient.contact_id.to_string(),
            keepable(&patient.her_sys_id),
            keepable(&patient.name),
            keepable(&patient.kana),
            patient.birth_date,
            patient.risk_tier.key(),
            patient.place.key(),
            patient.lives_alone,
            patient.letter.to_string(),
            patient.observe_from,
            patient.observe_until,
            patient.status.key(),
            now,
            patient.onset,
            patient.specimen,
            patient.without_symptoms,
        ] => execute)?;
        if added == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// Writes what is known about a patient. `false` if there is no such patient.
    ///
    /// # Errors
    /// When the database fails; [`Error::Conflict`] when the new HER-SYS ID or letter is taken.
    pub async fn update_patient(&mut self, patient: &Patient, now: DateTime<Utc>) -> Result<bool> {
        let changed = run!(self, UPDATE, [
            patient.id.to_string(),
            patient.contact_id.to_string(),
            keepable(&patient.her_sys_id),
            keepable(&patient.name),
            keepable(&patient.kana),
            patient.birth_date,
            patient.risk_tier.key(),
            patient.place.key(),
            patient.lives_alone,
            patient.letter.to_string(),
            patient.observe_from,
            patient.observe_until,
            patient.status.key(),
            now,
            patient.onset,
            patient.specimen,
            patient.without_symptoms,
        ] => execute)?;
        Ok(changed > 0)
    }

    /// The patient with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn patient(&mut self, id: PatientId) -> Result<Option<Patient>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The patient with this number of the national register, at one center.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn patient_by_her_sys_id(&mut self, center: CenterId, her_sys_id: &str) -> Result<Option<Patient>> {
        run!(self, BY_HER_SYS_ID, [center.to_string(), keepable(her_sys_id)] => optional)
    }

    /// Everybody whom a contact answers for, by letter; also those who are not watched over any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn patients_of_contact(&mut self, contact: ContactId) -> Result<Vec<Patient>> {
        run!(self, OF_CONTACT, [contact.to_string()] => all)
    }

    /// Everybody who is asked on this day of the center's calendar.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn patients_observed_on(&mut self, center: CenterId, day: NaiveDate) -> Result<Vec<Patient>> {
        run!(self, OBSERVED_ON, [center.to_string(), day] => all)
    }

    /// Who is asked in a round about health and has no conversation in it yet: the highest risk first, then phone by
    /// phone, by letter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn patients_without_conversation(
        &mut self,
        round: &Round,
        limit: usize,
    ) -> Result<Vec<(Patient, Contact)>> {
        let found: Vec<WithContact> = run!(self, WITHOUT_CONVERSATION, [
            round.center_id.to_string(), round.id.to_string(), round.day, count(limit), round.kind.key()
        ] => all)?;
        Ok(found.into_iter().map(|WithContact(patient, contact)| (patient, contact)).collect())
    }
}
