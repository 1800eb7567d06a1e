//! Identifiers: a prefix that says what is identified, and a time-ordered UUID (version 7).
//!
//! They are made from `(now, entropy)`, so that a test can repeat them. No identifier says anything about a
//! person; HER-SYS IDs and phone numbers are data, never keys.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Ten bytes of randomness, drawn by the shell.
pub type Entropy = [u8; 10];

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an identifier that begins with `{expected}_`, such as {expected}_0190b7c2…")]
pub struct IdError {
    expected: &'static str,
}

fn time_ordered(now: DateTime<Utc>, entropy: &Entropy) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, entropy).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every identifier of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, ordered by `now` and made unique by `entropy`.
            #[must_use]
            pub fn new(now: DateTime<Utc>, entropy: &Entropy) -> Self {
                Self(time_ordered(now, entropy))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or(IdError { expected: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A public health center, the tenant.
    CenterId = "cen";
    /// A phone number and what is known about it, at one center.
    ContactId = "con";
    /// A person under observation at one center.
    PatientId = "pat";
    /// One center's observation day.
    RoundId = "rnd";
    /// One run of a dialog with one contact about one patient.
    ConversationId = "cnv";
    /// One text, in or out.
    MessageId = "msg";
    /// One stored answer to one question.
    AnswerId = "ans";
    /// One patient's report for one observation day.
    CheckInId = "chk";
    /// Something that staff must act on.
    AlertId = "alr";
    /// A due moment of a round.
    TimerId = "tim";
    /// A member of staff.
    StaffId = "stf";
    /// A message that staff send to many patients.
    CampaignId = "cam";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_time_ordered_and_say_what_they_identify() {
        let early = DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time");
        let late = DateTime::from_timestamp(1_700_000_001, 0).expect("a valid time");
        let first = PatientId::new(early, &[255; 10]);
        let second = PatientId::new(late, &[0; 10]);
        assert!(first < second && first.to_string() < second.to_string());
        assert_eq!(first.to_string().parse::<PatientId>(), Ok(first));
        assert!(first.to_string().parse::<ContactId>().is_err());
    }
}
