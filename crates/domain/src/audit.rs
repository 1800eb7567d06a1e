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
        /// Changed which dialogs a center uses, or its second check.
        ChangeCenter = "change-center",
        /// Added a member of staff.
        AddStaff = "add-staff",
        /// Enrolled a patient.
        EnrolPatient = "enrol-patient",
        /// Moved the last day of a patient's observation.
        ChangeObservation = "change-observation",
        /// Changed how a contact is written to.
        ChangeContact = "change-contact",
    }
}
