//! Texts from numbers that are not known to be the patients', and what follows once they are: nothing here asks about
//! anybody's health before that, and nothing is promised that does not come.

use super::{Outcome, Situation, apply, change, context, open_next, silence_if_unwanted};
use crate::dialog::engine::{self, Context, Identities, Input, Known, Phase, State, TextKind};
use crate::id::PatientId;
use crate::round::RoundState;

/// Whether a text belongs to the welcome: always while the number is not confirmed; afterwards as long as the welcome
/// asks, or was the last to ask.
pub(super) fn takes(situation: &Situation<'_>) -> bool {
    if situation.contact.confirmed_at.is_none() {
        return true;
    }
    let Some((round, talk)) = &situation.welcome.latest else { return false };
    if situation.now >= round.plan.ends_at {
        return false;
    }
    match talk.state.phase {
        Phase::Asking { .. } => true,
        Phase::Closed { pending: Some(_) } if !talk.state.held => {
            situation.rounds.iter().flat_map(|(_, talks)| talks).all(|other| other.asked_at < talk.asked_at)
        }
        _ => false,
    }
}

/// What a text to the welcome causes. Without a conversation it is read all the same: a cry for help, a command, or
/// something for staff.
pub(super) fn decide(situation: &Situation<'_>, named: Option<PatientId>, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let welcome = &situation.welcome;
    let latest = welcome.latest.as_ref();
    let dialog = match latest {
        Some((_, talk)) => situation.dialog_of(&talk.state.dialog),
        None => welcome.dialog.unwrap_or(situation.dialog),
    };
    let zone = situation.center.time_zone;
    let deadline =
        latest.map_or_else(|| situation.center.hours.deadline_text(), |(round, _)| round.plan.deadline_text(zone));
    let late = latest.is_none_or(|(round, _)| situation.now >= round.plan.deadline_at);
    let state = latest.map_or_else(|| State::idle(dialog), |(_, talk)| talk.state.clone());
    let context = Context {
        known: Known { identities: Identities(welcome.identities), course: None },
        // The phone is asked, not one of its patients: no label.
        ..context(situation, None, &deadline, late)
    };
    let step = engine::step(dialog, &state, Input::Text(text), &context);
    let has_ended = step.state.phase == Phase::Finished && state.phase != Phase::Finished;
    if let Some((round, talk)) = latest
        && step.state != talk.state
    {
        outcome.changed.push(change(situation, dialog, talk, &step, round.id, late));
    }
    apply(situation, &mut outcome, named, step.effects);
    if let Some((round, talk)) = latest {
        outcome.say_in(round, talk);
    }
    let safety = outcome.says.iter().any(|say| say.kind == TextKind::Safety);
    let may_be_asked = outcome.contact.as_ref().unwrap_or(situation.contact).may_be_asked();
    if has_ended && !safety && may_be_asked {
        begin(situation, &mut outcome);
    }
    silence_if_unwanted(situation, &mut outcome);
    outcome
}

/// The number is confirmed in the middle of a round: its questions begin at once, in the same answer.
fn begin(situation: &Situation<'_>, outcome: &mut Outcome) {
    let open = situation.rounds.iter().find(|(round, _)| {
        let until = round.plan.deadline_at.min(round.plan.quiet_from);
        round.state == RoundState::Open && round.plan.opens_at <= situation.now && situation.now < until
    });
    if let Some((round, talks)) = open {
        open_next(situation, round, talks, None, outcome);
    }
}
