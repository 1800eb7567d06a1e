//! Check-ins: one patient's report for one observation day.

use chrono::{DateTime, Utc};

use crate::id::{CheckInId, PatientId, RoundId};
use crate::keyed::keyed;
use crate::severity::Severity;

keyed! {
    /// How much of a report is there.
    Completeness {
        /// No answer at all.
        None = "none",
        /// Some required answer is missing.
        Partial = "partial",
        /// Every required answer is there.
        Complete = "complete",
    }
}

keyed! {
    /// Who reported.
    Reporter {
        /// The patient, or family on the same phone, by text.
        Text = "text",
        /// Staff, after a phone call.
        Staff = "staff",
    }
}

/// One patient's report for one observation day. It grows while the conversation runs; the answers behind it
/// are append-only (P10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// Its identifier.
    pub id: CheckInId,
    /// In which round. Unique by (round, patient).
    pub round_id: RoundId,
    /// Whose report.
    pub patient_id: PatientId,
    /// How much is there.
    pub completeness: Completeness,
    /// Whether the last answer came after the deadline.
    pub late: bool,
    /// Who reported.
    pub reporter: Reporter,
    /// How worrying it is, by the thresholds of this version.
    pub severity: Severity,
    /// Which version of the thresholds classified it.
    pub thresholds_version: u32,
    /// Why, as stable keys separated by spaces.
    pub reasons: String,
    /// When the first answer came.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last open question was answered or skipped.
    pub finished_at: Option<DateTime<Utc>>,
}
