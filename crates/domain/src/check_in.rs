//! Check-ins: one patient's report for one observation day.

use chrono::{DateTime, Utc};

use crate::id::{CheckInId, PatientId, RoundId};
use crate::keyed::keyed;
use crate::severity::{Assessment, Severity, Thresholds};

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

/// What has become of a report through one step of its conversation, or through staff.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The identifier, if the check-in is new.
    pub id: CheckInId,
    /// In which round.
    pub round_id: RoundId,
    /// Whose report.
    pub patient_id: PatientId,
    /// Who gave the newest answer.
    pub reporter: Reporter,
    /// How worrying the report is now.
    pub assessment: &'a Assessment,
    /// What it was assessed by.
    pub thresholds: &'a Thresholds,
    /// Whether an answer came just now, and the deadline had passed. The closing itself brings no answer.
    pub late: bool,
    /// Whether no question is open now.
    pub finished: bool,
    /// The time of the step.
    pub now: DateTime<Utc>,
}

impl CheckIn {
    /// The check-in after a step. Identifier and beginning stay; it is late from the first late answer on; it
    /// is finished when the last open question was answered or skipped, and again when a question was reopened
    /// in between.
    #[must_use]
    pub fn update(previous: Option<&Self>, progress: &Progress<'_>) -> Self {
        let &Progress { id, round_id, patient_id, reporter, assessment, thresholds, late, finished, now } = progress;
        let answered = assessment.completeness != Completeness::None;
        let started_at = previous.and_then(|check_in| check_in.started_at).or(answered.then_some(now));
        let finished_at = finished.then(|| previous.and_then(|check_in| check_in.finished_at).unwrap_or(now));
        Self {
            id: previous.map_or(id, |check_in| check_in.id),
            round_id,
            patient_id,
            completeness: assessment.completeness,
            late: late || previous.is_some_and(|check_in| check_in.late),
            reporter,
            severity: assessment.severity,
            thresholds_version: thresholds.version,
            reasons: assessment.reason_keys(),
            started_at,
            finished_at,
        }
    }

    /// Whether everything required is there and nothing worrying: nobody has to call.
    #[must_use]
    pub fn is_reassuring(&self) -> bool {
        self.completeness == Completeness::Complete && self.severity == Severity::Green
    }

    /// Whether the patient has reported anything, if only that they leave the questions out.
    #[must_use]
    pub fn has_report(&self) -> bool {
        self.completeness != Completeness::None || self.finished_at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::severity::Reason;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_785_600_000 + minute * 60, 0).expect("valid")
    }

    fn assessment(completeness: Completeness, severity: Severity, keys: &[&str]) -> Assessment {
        let reasons = keys.iter().map(|key| Reason { severity, key: (*key).to_owned() }).collect();
        Assessment { severity, completeness, reasons }
    }

    fn update(previous: Option<&CheckIn>, assessment: &Assessment, late: bool, finished: bool, minute: i64) -> CheckIn {
        CheckIn::update(
            previous,
            &Progress {
                id: CheckInId::new(at(minute), &[7; 10]),
                round_id: RoundId::new(at(0), &[1; 10]),
                patient_id: PatientId::new(at(0), &[2; 10]),
                reporter: Reporter::Text,
                assessment,
                thresholds: &Thresholds { version: 3, ..Thresholds::default() },
                late,
                finished,
                now: at(minute),
            },
        )
    }

    #[test]
    fn a_report_grows_from_nothing_to_finished() {
        let nothing = assessment(Completeness::None, Severity::Unknown, &["missing:temperature", "missing:oxygen"]);
        let asked = update(None, &nothing, false, false, 0);
        assert_eq!((asked.started_at, asked.finished_at, asked.has_report()), (None, None, false));
        assert_eq!(asked.reasons, "missing:temperature missing:oxygen");
        assert_eq!(asked.thresholds_version, 3);

        let half = assessment(Completeness::Partial, Severity::Unknown, &["missing:oxygen"]);
        let begun = update(Some(&asked), &half, false, false, 5);
        assert_eq!((begun.id, begun.started_at, begun.finished_at), (asked.id, Some(at(5)), None));
        assert!(begun.has_report() && !begun.is_reassuring());

        let all = assessment(Completeness::Complete, Severity::Green, &[]);
        let done = update(Some(&begun), &all, false, true, 9);
        assert_eq!((done.id, done.started_at, done.finished_at), (asked.id, Some(at(5)), Some(at(9))));
        assert!(done.is_reassuring() && !done.late);
    }

    #[test]
    fn a_correction_keeps_the_end_and_a_reopened_question_moves_it() {
        let all = assessment(Completeness::Complete, Severity::Green, &[]);
        let done = update(None, &all, false, true, 9);
        assert_eq!(update(Some(&done), &all, false, true, 12).finished_at, Some(at(9)));
        let reopened = update(Some(&done), &all, false, false, 12);
        assert_eq!(reopened.finished_at, None);
        assert_eq!(update(Some(&reopened), &all, false, true, 15).finished_at, Some(at(15)));
    }

    #[test]
    fn late_once_is_late_and_the_closing_makes_nothing_late() {
        let half = assessment(Completeness::Partial, Severity::Unknown, &["missing:oxygen"]);
        let on_time = update(None, &half, false, false, 80);
        let closed = update(Some(&on_time), &half, false, false, 90);
        assert!(!closed.late);
        let all = assessment(Completeness::Complete, Severity::Orange, &["breathing-yes"]);
        let late = update(Some(&closed), &all, true, true, 95);
        assert!(late.late && !late.is_reassuring());
        assert!(update(Some(&late), &all, false, true, 99).late);
    }

    #[test]
    fn leaving_every_question_out_is_a_report_but_no_reassuring_one() {
        let skipped = assessment(Completeness::None, Severity::Unknown, &["skipped:temperature"]);
        let check_in = update(None, &skipped, false, true, 3);
        assert!(check_in.has_report() && !check_in.is_reassuring());
        assert_eq!((check_in.started_at, check_in.finished_at), (None, Some(at(3))));
    }
}
