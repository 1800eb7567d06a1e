//! What can be recorded of staff's views and changes (P14). The chain of hashes is the store's.

use crate::keyed::keyed;

keyed! {
    /// What somebody did.
    AuditAction {
        /// Signed in.
        SignIn = "sign-in",
        /// Tried to sign in and was refused.
        SignInRefused = "sign-in-refused",
        /// Signed out.
        SignOut = "sign-out",
        /// Looked at a round with its patients.
        ViewRound = "view-round",
        /// Looked at the list of alerts.
        ViewAlerts = "view-alerts",
        /// Added a center.
        AddCenter = "add-center",
        /// Added a member of staff.
        AddStaff = "add-staff",
        /// Enrolled a patient.
        EnrolPatient = "enrol-patient",
    }
}
