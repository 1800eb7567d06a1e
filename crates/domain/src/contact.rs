//! A contact: a phone number and what is known about it at one center.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{CenterId, ContactId};
use crate::language::Language;
use crate::phone::PhoneNumber;

/// A phone number and what is known about it. It answers for one or more patients. Unique by (center, phone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its identifier.
    pub id: ContactId,
    /// Whose contact it is.
    pub center_id: CenterId,
    /// The number.
    pub phone: PhoneNumber,
    /// What it is written to in.
    pub language: Language,
    /// Since when it wants no texts (P12).
    pub opted_out_at: Option<DateTime<Utc>>,
    /// Since when it is known to be somebody else's: nothing at all goes there (P12).
    pub wrong_number_at: Option<DateTime<Utc>>,
    /// Since when the number is known to be the patient's. No health question goes out before it.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Why the provider says that nothing can be delivered, if it does.
    pub undeliverable: Option<Undeliverable>,
}

/// Why a number cannot be reached by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undeliverable {
    /// No such number.
    NoSuchNumber,
    /// A landline, or otherwise not a mobile number.
    NotMobile,
    /// The provider or the carrier blocks texts to it.
    Blocked,
}

impl Contact {
    /// Whether texts may go to this number at all. Safety texts and the one confirmation of an opt-out are
    /// replies and not asked here.
    #[must_use]
    pub const fn may_be_texted(&self) -> bool {
        self.opted_out_at.is_none() && self.wrong_number_at.is_none() && self.undeliverable.is_none()
    }
}
