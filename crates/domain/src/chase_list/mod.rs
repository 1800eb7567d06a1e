//! The chase list: at the deadline, who is silent or worrying, ranked by urgency, with the reason for the rank.

use std::collections::HashSet;

use crate::asked::Asked;
use crate::id::PatientId;
use crate::keyed::keyed;
use crate::message::SendFailure;
use crate::patient::RiskTier;
use crate::progress::Progress;
use crate::round::RoundState;
use crate::severity::Severity;
use crate::standing::Standing;

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
        /// Was never asked: enrolled too late, opted out, number not confirmed or not reachable, or no text to
        /// them could leave.
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

/// Ranks those whom somebody has to call. Everybody without a complete and reassuring report is on the list,
/// once, whatever hindered the report (P9); nobody else is.
///
/// The reasons come in the order of [`ChaseReason`]. Within one: the higher risk tier first, then those who live
/// alone (nobody sees what they cannot; DOMAIN.md, 1.2), then the older. What is not known counts as the more
/// dangerous: not known to live with somebody is before that, and an unknown age before a known one.
///
/// Somebody whose report is reassuring is on it all the same while an alert about their health is open: a very low
/// oxygen value that a later one took back waits for staff to clear it.
#[must_use]
pub fn build(standings: &[Standing<'_>]) -> Vec<ChaseEntry> {
    let mut listed: Vec<(ChaseReason, &Standing<'_>)> =
        standings.iter().filter_map(|standing| Some((reason(standing)?, standing))).collect();
    listed.sort_by_key(|(reason, standing)| {
        let patient = standing.patient;
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
    listed.retain(|(_, standing)| seen.insert(standing.patient.id));
    (1..)
        .zip(listed)
        .map(|(rank, (reason, standing))| ChaseEntry {
            patient_id: standing.patient.id,
            rank,
            reason,
            detail: detail(reason, standing),
        })
        .collect()
}

/// Why somebody has to call, if so.
fn reason(standing: &Standing<'_>) -> Option<ChaseReason> {
    match standing.severity(RoundState::Closed) {
        Severity::Red => return Some(ChaseReason::Red),
        Severity::Orange => return Some(ChaseReason::Orange),
        Severity::Green => return None,
        Severity::Unknown => {}
    }
    Some(match (standing.progress(RoundState::Closed), standing.patient.risk_tier) {
        (Progress::Silent | Progress::Waiting, RiskTier::High) => ChaseReason::SilentHighRisk,
        (Progress::Silent | Progress::Waiting, _) => ChaseReason::Silent,
        (Progress::NeverAsked, _) => ChaseReason::NeverAsked,
        // Complete, but with an answer that says nothing about health, is no better than half a report.
        (Progress::Partial | Progress::Answering | Progress::Finished, _) => ChaseReason::Partial,
    })
}

/// What the caller should know beside the reason: what was reported or is missing, what became of the texts, and
/// what hinders them.
fn detail(reason: ChaseReason, standing: &Standing<'_>) -> String {
    let mut keys: Vec<String> = Vec::new();
    let reported = !matches!(reason, ChaseReason::SilentHighRisk | ChaseReason::Silent | ChaseReason::NeverAsked);
    if reported {
        keys.extend(standing.reasons().map(str::to_owned));
    }
    let hindrances: Vec<_> = standing.contact.hindrances().collect();
    let (asked, why) = (standing.asking.asked, standing.asking.why);
    match (asked, why) {
        _ if reported => {}
        (Asked::WaitingTurn | Asked::RoundMissed | Asked::InDoubt, _) => keys.push(asked.key().to_owned()),
        // What hinders texts says it better.
        (Asked::NotSent, Some(SendFailure::Number | SendFailure::OptedOut | SendFailure::TooLate))
            if !hindrances.is_empty() => {}
        (Asked::NotSent | Asked::NotDelivered, Some(why)) => keys.push(format!("{}:{}", asked.key(), why.key())),
        (Asked::NotSent | Asked::NotDelivered, None) => keys.push(asked.key().to_owned()),
        (Asked::No, _) if hindrances.is_empty() => keys.push("enrolled-late".to_owned()),
        (Asked::Yes | Asked::Pending | Asked::No, _) => {}
    }
    keys.extend(hindrances.iter().map(|hindrance| hindrance.key().to_owned()));
    if standing.patient.lives_alone == Some(true) {
        keys.push("lives-alone".to_owned());
    }
    keys.join(" ")
}

#[cfg(test)]
mod tests;
