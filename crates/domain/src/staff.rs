//! What members of staff may see. Who they are, and how they prove it, is the shell's business.

use crate::keyed::keyed;

keyed! {
    /// What somebody does at a center, and with it what they may see (P14).
    Role {
        /// Runs the installation; sees no patient.
        Administrator = "administrator",
        /// Leads the observation at a center.
        Manager = "manager",
        /// Watches over the patients.
        Nurse = "nurse",
        /// Looks after enrolment and calls; sees no clinical answer.
        Clerk = "clerk",
        /// A follow-up doctor from outside: only the patients that are handed over, until a date.
        Contractor = "contractor",
        /// Sees statistics that identify nobody.
        Analyst = "analyst",
    }
}

/// How much of a round somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundAccess {
    /// Everything.
    Full,
    /// Who has reported and how urgent it is; not why, since the reasons are answers.
    WithoutAnswers,
    /// Nothing.
    None,
}

impl Role {
    /// How much of a round this role may see.
    #[must_use]
    pub const fn round_access(self) -> RoundAccess {
        match self {
            Self::Manager | Self::Nurse => RoundAccess::Full,
            Self::Clerk => RoundAccess::WithoutAnswers,
            // Nobody can be handed over to a contractor yet, and the round page identifies people.
            Self::Administrator | Self::Contractor | Self::Analyst => RoundAccess::None,
        }
    }
}
