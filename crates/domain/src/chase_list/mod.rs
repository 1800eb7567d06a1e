//! The chase list: at the deadline, who is silent or worrying, ranked by urgency, with the reason for the rank.

use std::collections::HashSet;

use crate::check_in::CheckIn;
use crate::contact::Contact;
use crate::id::PatientId;
use crate::keyed::keyed;
use crate::patient::{Patient, RiskTier};
use crate::severity::Severity;

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

keyed! {
    /// Whether a patient was asked in a round.
    Asked {
        /// Question 1 went out to their phone.
        Yes = "asked",
        /// On a shared phone, somebody else was being asked, and their turn did not come.
        WaitingTurn = "waiting-turn",
        /// No conversation was begun: the contact says why, or they were enrolled too late.
        No = "not-asked",
        /// The round never opened, so nobody was asked.
        RoundMissed = "round-missed",
    }
}

/// One patient who is observed in the round, with everything that decides about their place on the list.
#[derive(Debug, Clone, Copy)]
pub struct ChaseInput<'a> {
    /// Who.
    pub patient: &'a Patient,
    /// The phone that answers for them.
    pub contact: &'a Contact,
    /// Whether they were asked.
    pub asked: Asked,
    /// Their report, if there is one.
    pub check_in: Option<&'a CheckIn>,
}

/// Ranks those whom somebody has to call. Everybody without a complete and reassuring report is on the list,
/// once, whatever hindered the report (P9); nobody else is.
///
/// The reasons come in the order of [`ChaseReason`]. Within one: the higher risk tier first, then those who live
/// alone (nobody sees what they cannot; DOMAIN.md, 1.2), then the older. What is not known counts as the more
/// dangerous: not known to live with somebody is before that, and an unknown age before a known one.
///
/// A patient whose phone was asked, but whose turn on it did not come, counts as silent: nobody has heard of
/// them, and the phone that should answer for them is silent or slow.
#[must_use]
pub fn build(inputs: &[ChaseInput<'_>]) -> Vec<ChaseEntry> {
    let mut listed: Vec<(ChaseReason, &ChaseInput<'_>)> =
        inputs.iter().filter_map(|input| Some((reason(input)?, input))).collect();
    listed.sort_by_key(|(reason, input)| {
        let patient = input.patient;
        let company = match patient.lives_alone {
            Some(true) => 0,
            None => 1,
            Some(false) => 2,
        };
        // `None` is before any date.
        (*reason, patient.risk_tier, company, patient.birth_date, patient.id)
    });
    // Should somebody be there twice, the more urgent entry stays.
    let mut seen = HashSet::new();
    listed.retain(|(_, input)| seen.insert(input.patient.id));
    (1..)
        .zip(listed)
        .map(|(rank, (reason, input))| ChaseEntry {
            patient_id: input.patient.id,
            rank,
            reason,
            detail: detail(reason, input),
        })
        .collect()
}

/// Why somebody has to call, if so.
fn reason(input: &ChaseInput<'_>) -> Option<ChaseReason> {
    let severity = input.check_in.map(|check_in| check_in.severity);
    match (severity, input.check_in) {
        (Some(Severity::Red), _) => Some(ChaseReason::Red),
        (Some(Severity::Orange), _) => Some(ChaseReason::Orange),
        (_, Some(check_in)) if check_in.is_reassuring() => None,
        // Complete, but with an answer that says nothing about health, is no better than half a report.
        (_, Some(check_in)) if check_in.has_report() => Some(ChaseReason::Partial),
        _ => Some(match (input.asked, input.patient.risk_tier) {
            (Asked::No | Asked::RoundMissed, _) => ChaseReason::NeverAsked,
            (Asked::Yes | Asked::WaitingTurn, RiskTier::High) => ChaseReason::SilentHighRisk,
            (Asked::Yes | Asked::WaitingTurn, RiskTier::Standard | RiskTier::Low) => ChaseReason::Silent,
        }),
    }
}

/// What the caller should know beside the reason: what was reported or is missing, and what hinders texts.
fn detail(reason: ChaseReason, input: &ChaseInput<'_>) -> String {
    let mut keys: Vec<&str> = Vec::new();
    let reported = !matches!(reason, ChaseReason::SilentHighRisk | ChaseReason::Silent | ChaseReason::NeverAsked);
    if let Some(check_in) = input.check_in.filter(|_| reported) {
        keys.extend(check_in.reasons.split_whitespace());
    }
    match input.asked {
        Asked::WaitingTurn if !reported => keys.push(Asked::WaitingTurn.key()),
        Asked::RoundMissed if !reported => keys.push(Asked::RoundMissed.key()),
        _ => {}
    }
    let hindrances: Vec<_> = input.contact.hindrances().collect();
    if reason == ChaseReason::NeverAsked && input.asked == Asked::No && hindrances.is_empty() {
        keys.push("enrolled-late");
    }
    for hindrance in hindrances {
        keys.push(hindrance.key());
    }
    if input.patient.lives_alone == Some(true) {
        keys.push("lives-alone");
    }
    keys.join(" ")
}

#[cfg(test)]
mod tests;
