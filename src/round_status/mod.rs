//! What staff see of a round: one view for the page, the API and `mimamori round status`, so that they cannot
//! drift. Built from what the store has; how it looks is [`table`]'s and the page's business.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::center::Center;
use domain::chase_list::{ChaseEntry, ChaseReason};
use domain::check_in::Reporter;
use domain::contact::Hindrance;
use domain::id::{CenterId, PatientId};
use domain::language::Language;
use domain::message::OutboundState;
use domain::patient::RiskTier;
use domain::progress::Progress;
use domain::round::{Round, RoundKind, RoundState};
use domain::severity::Severity;
use domain::staff::RoundAccess;
use domain::standing::Standing;
use serde::Serialize;
use store::RoundRow;

mod table;
#[cfg(test)]
pub(crate) mod tests;

/// A round as staff see it at one instant. Serialised, it is the answer of `GET /api/v1/round` and of
/// `mimamori round status --json`.
#[derive(Debug, Clone, Serialize)]
pub struct RoundStatus {
    /// Whose round it is.
    pub center: CenterHead,
    /// The observation day in the center's calendar.
    pub day: NaiveDate,
    /// What the round is for.
    pub kind: RoundKind,
    /// How far the round is.
    pub state: RoundState,
    /// When question 1 goes or went out.
    pub opens_at: DateTime<Utc>,
    /// When the unfinished are reminded.
    pub reminders_at: Vec<DateTime<Utc>>,
    /// By when a report is on time.
    pub deadline_at: DateTime<Utc>,
    /// The next opening.
    pub ends_at: DateTime<Utc>,
    /// The instant that all of this was true.
    pub as_of: DateTime<Utc>,
    /// How many are how far, and how urgent.
    pub counts: Counts,
    /// Whom to call, as frozen at the deadline; empty before it.
    pub chase_list: Vec<ChaseLine>,
    /// Everybody under observation on that day, the most urgent first.
    pub patients: Vec<PatientLine>,
}

/// What has to be known of a center beside its round.
#[derive(Debug, Clone, Serialize)]
pub struct CenterHead {
    /// Its identifier.
    pub id: CenterId,
    /// Its name.
    pub name: String,
    /// In which its times of day are shown.
    pub time_zone: Tz,
}

/// How many patients are how far, and how urgent. Each patient counts once in the first group and once in the
/// second; nobody who has not reported counts as green (P9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Everybody under observation.
    pub patients: usize,
    /// Through with all questions.
    pub finished: usize,
    /// Answering now.
    pub answering: usize,
    /// Begun, and not finished at the deadline.
    pub partial: usize,
    /// Asked, and not one answer.
    pub silent: usize,
    /// Not asked yet.
    pub waiting: usize,
    /// Not asked, and not to be asked in this round.
    pub never_asked: usize,
    /// Act now.
    pub red: usize,
    /// Call within two hours.
    pub orange: usize,
    /// Something required is missing.
    pub unknown: usize,
    /// Reported, and nothing worrying.
    pub green: usize,
    /// Answered after the deadline.
    pub late: usize,
    /// Alerts that nobody has closed.
    pub open_alerts: usize,
}

/// One patient of a round. `Debug` shows the identifier only.
#[derive(Clone, Serialize)]
pub struct PatientLine {
    /// Who.
    pub patient_id: PatientId,
    /// The name.
    pub name: String,
    /// The name in kana.
    pub kana: String,
    /// The number to call.
    pub phone: String,
    /// The language to speak.
    pub language: Language,
    /// How closely they are watched.
    pub risk_tier: RiskTier,
    /// Whether nobody is with them.
    pub lives_alone: Option<bool>,
    /// How far they are.
    pub progress: Progress,
    /// The question that waits for their answer, by its key.
    pub question: Option<String>,
    /// How urgent it is: by the report or by an open alert about their health, whichever is more urgent. Never green
    /// before the report is finished (P9).
    pub severity: Severity,
    /// Why, as stable keys; empty if nothing is worrying. These are answers: not everybody may see them.
    pub reasons: Vec<String>,
    /// Whether they answered after the deadline.
    pub late: bool,
    /// Who reported; `None` before the first answer.
    pub reporter: Option<Reporter>,
    /// When something last happened.
    pub changed_at: Option<DateTime<Utc>>,
    /// What became of the newest text to them.
    pub delivery: Option<OutboundState>,
    /// Why no question goes to their phone, if none may.
    pub hindrance: Option<Hindrance>,
    /// On their last day, whether the observation may end, or why that is doubtful, as stable keys; empty if nothing
    /// was proposed, or if staff have dealt with it. Drawn from answers: not everybody may see them.
    pub release: Vec<String>,
    /// How many alerts about them are open.
    pub open_alerts: usize,
}

impl std::fmt::Debug for PatientLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatientLine").field("patient_id", &self.patient_id).finish_non_exhaustive()
    }
}

/// One line of the chase list. The rank and the reason are as frozen; the rest is as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct ChaseLine {
    /// 1 is called first.
    pub rank: u32,
    /// Why.
    pub reason: ChaseReason,
    /// More exactly, as stable keys. These are answers: not everybody may see them.
    pub detail: Vec<String>,
    /// Whom to call.
    #[serde(flatten)]
    pub patient: PatientLine,
}

impl RoundStatus {
    /// Builds the view.
    #[expect(clippy::needless_pass_by_value, reason = "whoever has read the rows for it needs them no longer")]
    #[must_use]
    pub fn new(
        center: &Center,
        round: &Round,
        rows: Vec<RoundRow>,
        chase: &[ChaseEntry],
        as_of: DateTime<Utc>,
    ) -> Self {
        let standings = store::standings(&rows, round.state);
        let mut patients: Vec<PatientLine> =
            rows.iter().zip(&standings).map(|(row, standing)| PatientLine::new(round.state, row, standing)).collect();
        patients.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut counts = Counts::default();
        for line in &patients {
            counts.add(line);
        }
        let by_id: HashMap<PatientId, &PatientLine> = patients.iter().map(|line| (line.patient_id, line)).collect();
        let mut chase_list: Vec<ChaseLine> = chase
            .iter()
            .filter_map(|entry| {
                // Who is on the list has a row, whatever has become of them since.
                let patient = PatientLine::clone(by_id.get(&entry.patient_id)?);
                Some(ChaseLine { rank: entry.rank, reason: entry.reason, detail: split(&entry.detail), patient })
            })
            .collect();
        chase_list.sort_by_key(|line| line.rank);
        Self {
            center: CenterHead { id: center.id, name: center.name.clone(), time_zone: center.time_zone },
            day: round.day,
            kind: round.kind,
            state: round.state,
            opens_at: round.plan.opens_at,
            reminders_at: round.plan.reminders_at.clone(),
            deadline_at: round.plan.deadline_at,
            ends_at: round.plan.ends_at,
            as_of,
            counts,
            chase_list,
            patients,
        }
    }

    /// The view as somebody with this access may see it.
    #[must_use]
    pub fn seen_with(mut self, access: RoundAccess) -> Self {
        match access {
            RoundAccess::Full => {}
            RoundAccess::WithoutAnswers => {
                self.chase_list.iter_mut().for_each(|line| {
                    line.detail.clear();
                    line.patient.hide_answers();
                });
                self.patients.iter_mut().for_each(PatientLine::hide_answers);
            }
            RoundAccess::None => {
                self.chase_list.clear();
                self.patients.clear();
            }
        }
        self
    }

    /// Whether reports still count as on time.
    #[must_use]
    pub fn is_before_deadline(&self) -> bool {
        self.as_of < self.deadline_at
    }
}

impl PatientLine {
    fn new(round: RoundState, row: &RoundRow, standing: &Standing<'_>) -> Self {
        let RoundRow { patient, contact, conversation, check_in, open_alerts, last_outbound, .. } = row;
        let question = conversation.as_ref().and_then(|conversation| conversation.question_key.clone());
        let updated_at = conversation.as_ref().map(|conversation| conversation.updated_at);
        let progress = standing.progress(round);
        let is_asked = matches!(progress, Progress::Silent | Progress::Answering | Progress::Partial);
        let check_in_at = check_in.as_ref().and_then(|check_in| check_in.finished_at.or(check_in.started_at));
        let reporter =
            check_in.as_ref().filter(|check_in| check_in.started_at.is_some()).map(|check_in| check_in.reporter);
        Self {
            patient_id: patient.id,
            name: patient.name.clone(),
            kana: patient.kana.clone(),
            phone: contact.phone.as_e164().to_owned(),
            language: contact.language,
            risk_tier: patient.risk_tier,
            lives_alone: patient.lives_alone,
            progress,
            question: question.filter(|_| is_asked),
            severity: standing.severity(round),
            reasons: standing.reasons().map(str::to_owned).collect(),
            late: check_in.as_ref().is_some_and(|check_in| check_in.late),
            reporter,
            // A conversation that waits has not done anything yet.
            changed_at: updated_at.filter(|_| progress != Progress::Waiting).max(check_in_at),
            delivery: *last_outbound,
            hindrance: contact.hindrances().next(),
            release: row.release.as_deref().map(split).unwrap_or_default(),
            open_alerts: *open_alerts as usize,
        }
    }

    fn hide_answers(&mut self) {
        self.reasons.clear();
        self.release.clear();
    }

    /// The order of rows: the same as the chase list's, for everybody and at any time of the morning.
    fn order(&self) -> (u8, RiskTier, &str, PatientId) {
        let urgency = match (self.severity, self.progress, self.risk_tier) {
            (Severity::Red, ..) => 0,
            (_, Progress::Silent, RiskTier::High) => 1,
            (Severity::Orange, ..) => 2,
            (_, Progress::Silent, _) => 3,
            (_, Progress::Partial | Progress::Answering, _) => 4,
            (Severity::Unknown, Progress::Finished, _) => 5,
            (_, Progress::NeverAsked, _) => 6,
            (_, Progress::Waiting, _) => 7,
            (Severity::Green, Progress::Finished, _) => 8,
        };
        (urgency, self.risk_tier, &self.kana, self.patient_id)
    }
}

impl Counts {
    fn add(&mut self, line: &PatientLine) {
        self.patients += 1;
        *match line.progress {
            Progress::Waiting => &mut self.waiting,
            Progress::Silent => &mut self.silent,
            Progress::Answering => &mut self.answering,
            Progress::Partial => &mut self.partial,
            Progress::Finished => &mut self.finished,
            Progress::NeverAsked => &mut self.never_asked,
        } += 1;
        *match line.severity {
            Severity::Red => &mut self.red,
            Severity::Orange => &mut self.orange,
            Severity::Unknown => &mut self.unknown,
            Severity::Green => &mut self.green,
        } += 1;
        self.late += usize::from(line.late);
        self.open_alerts += line.open_alerts;
    }

    /// How many are this far.
    #[must_use]
    pub const fn of(&self, progress: Progress) -> usize {
        match progress {
            Progress::Waiting => self.waiting,
            Progress::Silent => self.silent,
            Progress::Answering => self.answering,
            Progress::Partial => self.partial,
            Progress::Finished => self.finished,
            Progress::NeverAsked => self.never_asked,
        }
    }

    /// How many are this urgent.
    #[must_use]
    pub const fn of_severity(&self, severity: Severity) -> usize {
        match severity {
            Severity::Red => self.red,
            Severity::Orange => self.orange,
            Severity::Unknown => self.unknown,
            Severity::Green => self.green,
        }
    }
}

fn split(keys: &str) -> Vec<String> {
    keys.split_whitespace().map(str::to_owned).collect()
}
