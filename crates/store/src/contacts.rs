//! Contacts. The row of a contact is the lock under which its turns happen one after the other.

use chrono::{DateTime, Utc};
use domain::contact::{Contact, Undeliverable};
use domain::id::{CenterId, ContactId};
use domain::phone::PhoneNumber;
use domain::round::Round;
use domain::round::kind::welcomed_until;

use crate::error::{Error, Result};
use crate::sql::{Columns, Fields, Record, Sql, count, run, statements};
use crate::tx::Tx;

macro_rules! contact {
    ($rest:literal) => {
        concat!(
            "SELECT id, center_id, phone, language, opted_out_at, wrong_number_at, confirmed_at, undeliverable, one_text
             FROM contacts ",
            $rest
        )
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO contacts (id, center_id, phone, language, opted_out_at, wrong_number_at, confirmed_at,
                               undeliverable, created_at, updated_at, one_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) ON CONFLICT DO NOTHING");
    UPDATE = Sql::both(
        "UPDATE contacts SET phone = $2, language = $3, opted_out_at = $4, wrong_number_at = $5, confirmed_at = $6,
                             undeliverable = $7, updated_at = $8, one_text = $9
         WHERE id = $1");
    // Whoever was asked on enough days, or has ended a welcome in whatever way, is not asked again.
    TO_WELCOME = Sql::both(contact!(
        "WHERE center_id = $1 AND confirmed_at IS NULL
           AND opted_out_at IS NULL AND wrong_number_at IS NULL AND undeliverable IS NULL
           AND EXISTS (SELECT 1 FROM patients p WHERE p.contact_id = contacts.id AND p.status = 'under-observation'
                          AND p.observe_from <= $4 AND p.observe_until >= $3)
           AND NOT EXISTS (SELECT 1 FROM conversations v JOIN rounds r ON r.id = v.round_id
                           WHERE v.contact_id = contacts.id AND r.kind = 'welcome'
                             AND (v.round_id = $2 OR v.status IN ('finished', 'ended')))
           AND (SELECT COUNT(*) FROM conversations v JOIN rounds r ON r.id = v.round_id
                WHERE v.contact_id = contacts.id AND r.kind = 'welcome') < $5
         ORDER BY id LIMIT $6"));
    BY_ID = Sql::both(contact!("WHERE id = $1"));
    BY_PHONE = Sql::both(contact!("WHERE center_id = $1 AND phone = $2"));
    // NO KEY: rows that refer to the contact may be added meanwhile by whoever does not need the lock.
    LOCK = Sql::pair(contact!("WHERE id = $1"), contact!("WHERE id = $1 FOR NO KEY UPDATE"));
    LOCK_BY_PHONE = Sql::pair(
        contact!("WHERE center_id = $1 AND phone = $2"),
        contact!("WHERE center_id = $1 AND phone = $2 FOR NO KEY UPDATE"));
}

const fn undeliverable_key(why: Undeliverable) -> &'static str {
    match why {
        Undeliverable::NoSuchNumber => "no-such-number",
        Undeliverable::NotMobile => "not-mobile",
        Undeliverable::Blocked => "blocked",
    }
}

fn undeliverable_from_key(key: &str) -> Option<Undeliverable> {
    [Undeliverable::NoSuchNumber, Undeliverable::NotMobile, Undeliverable::Blocked]
        .into_iter()
        .find(|why| undeliverable_key(*why) == key)
}

impl Record for Contact {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        contact_from(&Fields::of(row, "contacts", "id"))
    }
}

/// Reads a contact, from its own row or from a join.
pub(crate) fn contact_from<R: Columns>(fields: &Fields<'_, R>) -> Result<Contact> {
    Ok(Contact {
        id: fields.id("id")?,
        center_id: fields.id("center_id")?,
        phone: fields.phone("phone")?,
        language: fields.parse("language", "an unknown language")?,
        opted_out_at: fields.get("opted_out_at")?,
        wrong_number_at: fields.get("wrong_number_at")?,
        confirmed_at: fields.get("confirmed_at")?,
        undeliverable: fields.keyed_optional("undeliverable", undeliverable_from_key)?,
        one_text: fields.get("one_text")?,
    })
}

impl Tx {
    /// Adds a contact.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the center has this number already.
    pub async fn insert_contact(&mut self, contact: &Contact, now: DateTime<Utc>) -> Result<()> {
        let added = run!(self, INSERT, [
            contact.id.to_string(),
            contact.center_id.to_string(),
            contact.phone.as_e164(),
            contact.language.tag(),
            contact.opted_out_at,
            contact.wrong_number_at,
            contact.confirmed_at,
            contact.undeliverable.map(undeliverable_key),
            now,
            contact.one_text,
        ] => execute)?;
        if added == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// The contact with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact(&mut self, id: ContactId) -> Result<Option<Contact>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The contact with this number at a center, without locking it: for looking.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact_by_phone(&mut self, center: CenterId, phone: &PhoneNumber) -> Result<Option<Contact>> {
        run!(self, BY_PHONE, [center.to_string(), phone.as_e164()] => optional)
    }

    /// The contact with this number at a center, held until the unit of work ends: whoever else asks for it with a
    /// lock waits.
    ///
    /// # Errors
    /// [`Error::Busy`] when the others do not let go of it in time.
    pub async fn lock_contact_by_phone(&mut self, center: CenterId, phone: &PhoneNumber) -> Result<Option<Contact>> {
        run!(self, LOCK_BY_PHONE, [center.to_string(), phone.as_e164()] => optional)
    }

    /// The contact with this identifier, held until the unit of work ends.
    ///
    /// # Errors
    /// [`Error::Busy`] when the others do not let go of it in time.
    pub async fn lock_contact(&mut self, id: ContactId) -> Result<Option<Contact>> {
        run!(self, LOCK, [id.to_string()] => optional)
    }

    /// Writes what is known about a contact. `false` if there is no such contact.
    ///
    /// # Errors
    /// When the database fails; [`Error::Conflict`] when another contact of the center has the new number.
    pub async fn update_contact(&mut self, contact: &Contact, now: DateTime<Utc>) -> Result<bool> {
        let changed = run!(self, UPDATE, [
            contact.id.to_string(),
            contact.phone.as_e164(),
            contact.language.tag(),
            contact.opted_out_at,
            contact.wrong_number_at,
            contact.confirmed_at,
            contact.undeliverable.map(undeliverable_key),
            now,
            contact.one_text,
        ] => execute)?;
        Ok(changed > 0)
    }

    /// The contacts that a welcome round has to ask and has not begun to: not confirmed, to be texted, of somebody who
    /// is observed on its day or from the next one on, asked on fewer than `most_days` days so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contacts_to_welcome(&mut self, round: &Round, most_days: i64, limit: usize) -> Result<Vec<Contact>> {
        run!(self, TO_WELCOME, [
            round.center_id.to_string(),
            round.id.to_string(),
            round.day,
            welcomed_until(round.day),
            most_days,
            count(limit),
        ] => all)
    }
}
