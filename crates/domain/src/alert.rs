//! Alerts: what staff must act on, and why. Who takes one is the console's business.

use chrono::{DateTime, NaiveDate, Utc};

use crate::id::{AlertId, CenterId, ContactId, MessageId, PatientId, RoundId};
use crate::keyed::keyed;
use crate::severity::Severity;

keyed! {
    /// Which rule raised an alert.
    AlertRule {
        /// A warning sign, in a text or as the answer to the question for them.
        WarningSign = "warning-sign",
        /// An answer that is red by a threshold.
        RedValue = "red-value",
        /// The patient asks for a telephone call.
        Callback = "callback",
        /// The patient is in hospital, moved, died or recovered, as a text says.
        StatusChange = "status-change",
        /// A note for staff, or a text that fits no question.
        Note = "note",
        /// A question was given up after two replies that could not be understood.
        NotUnderstood = "not-understood",
        /// A late reply that could not be understood.
        UnclearLate = "unclear-late",
        /// The contact wants no more texts; the observation duty goes on (P12).
        OptedOut = "opted-out",
        /// It is not known whether a new number is the patient's, or who answers there.
        NotConfirmed = "not-confirmed",
        /// The last day's answers: whether the observation may end, or why that is doubtful. Staff decide.
        Release = "release",
        /// The number is somebody else's (P12).
        WrongNumber = "wrong-number",
        /// A text from a number that is nobody's.
        UnknownNumber = "unknown-number",
        /// A correctly signed text to a number that is no center's. For the operator.
        UnknownSender = "unknown-sender",
        /// A text could not be delivered, or it is not known whether it was.
        Undelivered = "undelivered",
        /// Too many replies to one number in a short time: the reply-loop guard has stopped them.
        ReplyLoop = "reply-loop",
    }
}

impl AlertRule {
    /// Whether it speaks of the patient's health, and so decides how urgent the patient is. The others say what
    /// else staff have to do: they are as urgent as they are, and the patient is as ill as their report says
    /// (DESIGN.md, section 7).
    #[must_use]
    pub const fn is_about_health(self) -> bool {
        matches!(self, Self::WarningSign | Self::RedValue)
    }
}

/// What makes several occurrences on one day of the center's calendar one alert, which counts them: a rule, and
/// what it is about (a number, a patient, a cause).
#[must_use]
pub fn once_a_day(center: CenterId, rule: AlertRule, day: NaiveDate, about: &[&str]) -> String {
    format!("{center}|{}|{day}|{}", rule.key(), about.join("|"))
}

keyed! {
    /// How far staff are with an alert.
    AlertState {
        /// Nobody has taken it.
        Open = "open",
        /// Somebody is on it.
        Taken = "taken",
        /// Done, with an outcome.
        Closed = "closed",
    }
}

/// An alert, as raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its identifier.
    pub id: AlertId,
    /// Whose alert it is; `None` is the operator's (a text to a number that is no center's).
    pub center_id: Option<CenterId>,
    /// About whom, if known.
    pub patient_id: Option<PatientId>,
    /// From which contact, if known.
    pub contact_id: Option<ContactId>,
    /// In which round, if in one.
    pub round_id: Option<RoundId>,
    /// The text that raised it, if one did.
    pub message_id: Option<MessageId>,
    /// Which rule raised it.
    pub rule: AlertRule,
    /// How urgent it is.
    pub severity: Severity,
    /// What exactly, as stable keys separated by spaces: the warning signs, the change of state.
    pub detail: String,
    /// When it was raised.
    pub opened_at: DateTime<Utc>,
    /// How often it has happened: 1, unless it is one that counts ([`once_a_day`]).
    pub times: u32,
    /// When it last happened; `opened_at`, unless it is one that counts.
    pub latest_at: DateTime<Utc>,
    /// How far staff are.
    pub state: AlertState,
}
