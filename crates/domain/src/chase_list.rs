//! The chase list: at the deadline, who is silent or worrying, ranked by urgency, with the reason for the rank.

use crate::id::PatientId;
use crate::keyed::keyed;

keyed! {
    /// Why a patient is on the chase list. Ordered: the most urgent first (DESIGN.md, section 3).
    ChaseReason {
        /// The report is red.
        Red = "red",
        /// High risk, and no report at all.
        SilentHighRisk = "silent-high-risk",
        /// The report is orange.
        Orange = "orange",
        /// No report at all.
        Silent = "silent",
        /// Begun, not finished.
        Partial = "partial",
        /// Was never asked: enrolled too late, opted out, number not confirmed or not reachable.
        NeverAsked = "never-asked",
    }
}

/// One line of a chase list, as frozen at the deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChaseEntry {
    /// Whom to call.
    pub patient_id: PatientId,
    /// 1 is called first.
    pub rank: u32,
    /// Why.
    pub reason: ChaseReason,
    /// More exactly, as stable keys separated by spaces, such as `chest-pain` or `not-confirmed`.
    pub detail: String,
}
