//! One inbound text and all that it causes: which patient it is about, what the engine makes of it, what is
//! said, stored and raised. Texts from numbers that are not confirmed are [`mod@welcome`]'s. Loading and writing are the
//! shell's business.

mod welcome;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::addressee;
use crate::alert::AlertRule;
use crate::center::Center;
use crate::contact::Contact;
use crate::dialog::definition::{Dialog, DialogHash, QuestionIndex};
use crate::dialog::engine::{self, Attention, Context, Effect, Input, Known, Phase, State, TextKind};
use crate::id::{ConversationId, PatientId, RoundId};
use crate::observation::Value;
use crate::patient::Patient;
use crate::release::Course;
use crate::reply::{StatusChange, WarningSigns};
use crate::round::Round;
use crate::schedule;
use crate::severity::{self, Assessment, Severity};

/// How many texts may go to one number within [`LOOP_WINDOW`] before the reply-loop guard stops answering.
/// A family of four that answers six questions each stays below it; two machines answering each other do not.
pub const LOOP_LIMIT: i64 = 40;

/// The time over which [`LOOP_LIMIT`] counts.
pub const LOOP_WINDOW: TimeDelta = TimeDelta::minutes(5);

/// A patient's conversation in a round, as far as it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Which conversation; `None` if it does not exist yet.
    pub id: Option<ConversationId>,
    /// About whom.
    pub patient: PatientId,
    /// Where it stands.
    pub state: State,
    /// When a question of it was last put to the contact, if ever.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// All that a turn has to know.
pub struct Situation<'a> {
    /// The center that was written to.
    pub center: &'a Center,
    /// Who wrote.
    pub contact: &'a Contact,
    /// The patients that this contact answers for and that are observed on the day of one of the two rounds, by
    /// letter.
    pub patients: &'a [Patient],
    /// The dialog in which a text is read that belongs to no conversation.
    pub dialog: &'a Arc<Dialog>,
    /// Every dialog that a talk below is pinned to.
    pub pinned: &'a [Arc<Dialog>],
    /// The rounds about somebody's health that are going on, the latest opening first, each with a talk for those of
    /// `patients` who are in it. Never one with nobody.
    pub rounds: Vec<(&'a Round, Vec<Talk>)>,
    /// The morning that opens within three hours, with a talk for each patient observed on its day.
    pub coming: Option<(&'a Round, Vec<Talk>)>,
    /// What is known of the contact's welcome.
    pub welcome: Welcome<'a>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// The welcome of a contact, as far as one can still be going on.
#[derive(Debug, Clone, Default)]
pub struct Welcome<'a> {
    /// The dialog of the center's welcomes, if it has one.
    pub dialog: Option<&'a Arc<Dialog>>,
    /// The latest conversation, if there was one, with its round. It may be some days old.
    pub latest: Option<(&'a Round, Talk)>,
    /// Which identifiers are right.
    pub identities: &'a [&'a str],
}

/// A text to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// What kind of text it is.
    pub kind: TextKind,
    /// The words.
    pub text: String,
    /// About whom; `None` if about nobody in particular.
    pub patient: Option<PatientId>,
    /// In which round's conversation; `None` if in none.
    pub round: Option<RoundId>,
}

/// Something for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Which rule raised it.
    pub rule: AlertRule,
    /// How urgent it is.
    pub severity: Severity,
    /// What exactly, as stable keys separated by spaces.
    pub detail: String,
    /// About whom, if known.
    pub patient: Option<PatientId>,
}

/// A conversation that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// In which round.
    pub round: RoundId,
    /// The conversation as it was found (its `state` is the old one).
    pub talk: Talk,
    /// Where it stands now.
    pub state: State,
    /// The answers to store, in order.
    pub answers: Vec<(QuestionIndex, Value)>,
    /// How worrying it is now.
    pub assessment: Assessment,
    /// Whether the text came after the deadline.
    pub late: bool,
    /// Whether the last open question was answered or skipped in this turn.
    pub finished: bool,
}

/// What a turn causes, all of it in one transaction.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Conversations that changed, at most one change each.
    pub changed: Vec<Changed>,
    /// What is said, in order; a safety text first.
    pub says: Vec<Say>,
    /// What staff must see.
    pub raised: Vec<Raised>,
    /// The contact as it is from now on, if it changed.
    pub contact: Option<Contact>,
    /// Which of the expected identifiers was typed, by its place in [`engine::Known::identities`].
    pub identity: Option<usize>,
    /// The round to which staff find what was raised: one about health, where the patient's row is.
    pub round: Option<RoundId>,
}

impl Outcome {
    /// What was said so far belongs to this conversation.
    fn say_in(&mut self, round: &Round, talk: &Talk) {
        for say in &mut self.says {
            (say.patient, say.round) = (Some(talk.patient), Some(round.id));
        }
    }
}

/// What the records say about a patient for a dialog about the end of the observation.
#[must_use]
pub fn course(center: &Center, round: &Round, patient: &Patient) -> Course {
    Course { today: round.day, began: patient.began(), place: patient.place, thresholds: center.thresholds }
}

impl Situation<'_> {
    fn dialog_of(&self, hash: &DialogHash) -> &Arc<Dialog> {
        self.pinned.iter().find(|dialog| dialog.hash == *hash).unwrap_or(self.dialog)
    }

    fn label(&self, patient: PatientId) -> Option<String> {
        if self.patients.len() < 2 {
            return None;
        }
        let today = schedule::local_date(self.center.time_zone, self.now);
        self.patients.iter().find(|one| one.id == patient).map(|one| one.label(today))
    }
}

/// Decides what one text causes.
#[must_use]
pub fn decide(situation: &Situation<'_>, text: &str) -> Outcome {
    let (named, text) = named(situation, text);
    let text = text.as_ref();
    let outcome = match welcome::takes(situation) {
        true => welcome::decide(situation, named, text),
        false => early_report(situation, named, text).unwrap_or_else(|| report(situation, named, text)),
    };
    let place = situation.rounds.first().or(situation.coming.as_ref()).map(|(round, _)| round.id);
    Outcome { round: outcome.round.or(place), ..outcome }
}

/// A text about somebody's health: it belongs to the latest round in which this contact has somebody, or in which the
/// one has a part whom it names.
fn report(situation: &Situation<'_>, named: Option<PatientId>, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let with_named = named.and_then(|patient| {
        situation.rounds.iter().find_map(|(round, talks)| {
            Some((*round, talks.as_slice(), talks.iter().position(|talk| talk.patient == patient)?))
        })
    });
    let latest = || {
        let (round, talks) = situation.rounds.first()?;
        Some((*round, talks.as_slice(), active_talk(talks, situation.now >= round.plan.deadline_at)?))
    };
    let Some((round, talks, active)) = with_named.or_else(latest) else {
        let deadline = situation.center.hours.deadline_text();
        let state = State::idle(situation.dialog);
        let context = context(situation, None, &deadline, true);
        let step = engine::step(situation.dialog, &state, Input::Text(text), &context);
        apply(situation, &mut outcome, None, step.effects);
        silence_if_unwanted(situation, &mut outcome);
        return outcome;
    };
    outcome.round = Some(round.id);
    let deadline = round.plan.deadline_text(situation.center.time_zone);
    let late = situation.now >= round.plan.deadline_at;
    let talk = &talks[active];
    let label = situation.label(talk.patient);
    let dialog = situation.dialog_of(&talk.state.dialog);
    // One is asked at a time: while somebody else is, what is said of this patient is taken, and nothing begins.
    let asked = |talk: &Talk| matches!(talk.state.phase, Phase::Asking { .. });
    let other_asked = talks.iter().enumerate().any(|(index, other)| index != active && asked(other));
    let context = about(situation, round, talk.patient, context(situation, label.as_deref(), &deadline, late));
    let step = read(situation, dialog, talk, text, other_asked, &context);
    let change = change(situation, dialog, talk, &step, round.id, late);
    let finished = change.finished;
    apply(situation, &mut outcome, Some(talk.patient), step.effects);
    outcome.say_in(round, talk);
    raise_red_value(situation, dialog, talk, &change, &mut outcome);
    if step.state != talk.state {
        outcome.changed.push(change);
    }
    let safety = outcome.says.iter().any(|say| say.kind == TextKind::Safety);
    // Whoever may not be asked is not asked here either: their conversation waits, and staff see that it does.
    let may_be_asked = outcome.contact.as_ref().unwrap_or(situation.contact).may_be_asked();
    if finished && !late && !safety && may_be_asked {
        open_next(situation, round, talks, Some(active), &mut outcome);
    }
    silence_if_unwanted(situation, &mut outcome);
    outcome
}

/// What the engine makes of a text. Before a conversation has begun, a text that answers begins it, as if question
/// 1 had been asked just before; any other is read as one that nobody asked for.
fn read(
    situation: &Situation<'_>,
    dialog: &Dialog,
    talk: &Talk,
    text: &str,
    other_asked: bool,
    context: &Context<'_>,
) -> engine::Step {
    let may_begin = !other_asked && !context.late && situation.contact.may_be_asked();
    if talk.state.phase == Phase::Waiting && may_begin {
        let begun = engine::step(dialog, &talk.state, Input::Open, context).state;
        let step = engine::step(dialog, &begun, Input::Text(text), context);
        if has_answer(&step) {
            return step;
        }
    }
    engine::step(dialog, &talk.state, Input::Text(text), context)
}

fn has_answer(step: &engine::Step) -> bool {
    step.effects.iter().any(|effect| matches!(effect, Effect::Answer { .. }))
}

/// On a shared phone, the next patient's turn comes as soon as one is done, in the same answer; on a new number the
/// first one's, as soon as it is confirmed.
fn open_next(situation: &Situation<'_>, round: &Round, talks: &[Talk], done: Option<usize>, outcome: &mut Outcome) {
    let Some(next) = talks
        .iter()
        .enumerate()
        .find_map(|(index, talk)| (Some(index) != done && talk.state.phase == Phase::Waiting).then_some(talk))
    else {
        return;
    };
    let dialog = situation.dialog_of(&next.state.dialog);
    let label = situation.label(next.patient);
    let deadline = round.plan.deadline_text(situation.center.time_zone);
    let mut context = about(situation, round, next.patient, context(situation, label.as_deref(), &deadline, false));
    context.language = outcome.contact.as_ref().unwrap_or(situation.contact).language;
    let step = engine::step(dialog, &next.state, Input::Open, &context);
    outcome.changed.push(change(situation, dialog, next, &step, round.id, false));
    for effect in step.effects {
        if let Effect::Say { text, .. } = effect {
            // It answers a text, so it is a reply and no scheduled opening.
            let (patient, round) = (Some(next.patient), Some(round.id));
            outcome.says.push(Say { kind: TextKind::Reply, text, patient, round });
        }
    }
}

/// A report that nobody asked for, shortly before the opening: taken for the coming round if the text really
/// holds answers; otherwise the text is treated as any other.
fn early_report(situation: &Situation<'_>, named: Option<PatientId>, text: &str) -> Option<Outcome> {
    let (round, talks) = situation.coming.as_ref()?;
    let is_going_on = |(round, talks): &(&Round, Vec<Talk>)| {
        situation.now < round.plan.deadline_at
            && talks.iter().any(|talk| matches!(talk.state.phase, Phase::Waiting | Phase::Asking { .. }))
    };
    if situation.rounds.iter().any(is_going_on) {
        // Somebody has been asked, or is about to be: it is no report that nobody asked for.
        return None;
    }
    let deadline = round.plan.deadline_text(situation.center.time_zone);
    let open = |talk: &&Talk| !matches!(talk.state.phase, Phase::Finished | Phase::Closed { .. });
    let talk = match named {
        Some(patient) => talks.iter().find(|talk| talk.patient == patient)?,
        None => talks.iter().find(open)?,
    };
    let other_asked =
        talks.iter().any(|other| other.patient != talk.patient && matches!(other.state.phase, Phase::Asking { .. }));
    let dialog = situation.dialog_of(&talk.state.dialog);
    let label = situation.label(talk.patient);
    let context = about(situation, round, talk.patient, context(situation, label.as_deref(), &deadline, false));
    let step = read(situation, dialog, talk, text, other_asked, &context);
    // A conversation that has begun early goes on as any other; a new one begins only with an answer.
    if !has_answer(&step) && talk.state.phase == Phase::Waiting {
        return None;
    }
    let mut outcome = Outcome { round: Some(round.id), ..Outcome::default() };
    let change = change(situation, dialog, talk, &step, round.id, false);
    apply(situation, &mut outcome, Some(talk.patient), step.effects);
    outcome.say_in(round, talk);
    raise_red_value(situation, dialog, talk, &change, &mut outcome);
    outcome.changed.push(change);
    silence_if_unwanted(situation, &mut outcome);
    Some(outcome)
}

/// Whom the text names, on a shared phone, and what it says of them.
fn named<'t>(situation: &Situation<'_>, text: &'t str) -> (Option<PatientId>, Cow<'t, str>) {
    if situation.patients.len() < 2 {
        return (None, Cow::Borrowed(text));
    }
    let letters: Vec<char> = situation.patients.iter().map(|patient| patient.letter).collect();
    let Some((letter, said)) = addressee::split(text, &letters) else { return (None, Cow::Borrowed(text)) };
    let patient = situation.patients.iter().find(|patient| patient.letter == letter).map(|patient| patient.id);
    (patient, Cow::Owned(said))
}

/// Whom the text is about, when it names nobody and one phone answers for several: who is being asked; before the deadline who has
/// not begun; who was being asked at the deadline; who finished last.
fn active_talk(talks: &[Talk], late: bool) -> Option<usize> {
    let first = |wanted: fn(&Phase) -> bool| talks.iter().position(|talk| wanted(&talk.state.phase));
    first(|phase| matches!(phase, Phase::Asking { .. }))
        .or_else(|| if late { None } else { first(|phase| matches!(phase, Phase::Waiting)) })
        .or_else(|| first(|phase| matches!(phase, Phase::Closed { pending: Some(_) })))
        .or_else(|| {
            let last = talks.iter().enumerate().max_by_key(|(_, talk)| talk.updated_at);
            last.map(|(index, _)| index)
        })
}

fn context<'a>(situation: &'a Situation<'_>, label: Option<&'a str>, deadline: &'a str, late: bool) -> Context<'a> {
    Context {
        language: situation.contact.language,
        center: &situation.center.name,
        deadline,
        night_line: situation.center.night_line.as_deref(),
        attended: schedule::is_attended(&situation.center.hours, situation.center.time_zone, situation.now),
        late,
        label,
        known: Known::default(),
    }
}

/// The context of a text about one patient.
fn about<'a>(situation: &Situation<'_>, round: &Round, patient: PatientId, context: Context<'a>) -> Context<'a> {
    let patient = situation.patients.iter().find(|one| one.id == patient);
    let course = patient.map(|patient| course(situation.center, round, patient));
    Context { known: Known { course, ..context.known }, ..context }
}

fn change(
    situation: &Situation<'_>,
    dialog: &Dialog,
    talk: &Talk,
    step: &engine::Step,
    round: RoundId,
    late: bool,
) -> Changed {
    let answers = step.effects.iter().filter_map(|effect| match effect {
        Effect::Answer { question, value } => Some((*question, value.clone())),
        _ => None,
    });
    Changed {
        round,
        talk: talk.clone(),
        state: step.state.clone(),
        answers: answers.collect(),
        assessment: severity::assess(dialog, &step.state, &situation.center.thresholds),
        late,
        finished: step.effects.contains(&Effect::Finished),
    }
}

/// A value that makes the report red raises an alert, once for each reason: the answers after it do not raise it
/// again. A warning sign has raised its own.
fn raise_red_value(situation: &Situation<'_>, dialog: &Dialog, talk: &Talk, change: &Changed, outcome: &mut Outcome) {
    let warned = outcome.raised.iter().any(|raised| raised.rule == AlertRule::WarningSign);
    if warned || change.answers.is_empty() || change.assessment.severity != Severity::Red {
        return;
    }
    let before = severity::assess(dialog, &talk.state, &situation.center.thresholds);
    if change
        .assessment
        .reasons
        .iter()
        .all(|reason| reason.severity != Severity::Red || before.reasons.contains(reason))
    {
        return;
    }
    outcome.raised.push(Raised {
        rule: AlertRule::RedValue,
        severity: Severity::Red,
        detail: change.assessment.reason_keys(),
        patient: Some(talk.patient),
    });
}

/// Turns the engine's effects into what is said, raised and changed.
fn apply(situation: &Situation<'_>, outcome: &mut Outcome, patient: Option<PatientId>, effects: Vec<Effect>) {
    // On a shared phone nobody can tell whom a text outside a conversation is about.
    let about = patient.or(match situation.patients {
        [only] => Some(only.id),
        _ => None,
    });
    for effect in effects {
        let contact = outcome.contact.as_ref().unwrap_or(situation.contact);
        match effect {
            Effect::Say { kind, text } => {
                outcome.says.push(Say { kind, text, patient: about, round: None });
            }
            Effect::Warn(signs) => raise(outcome, AlertRule::WarningSign, Severity::Red, sign_keys(signs), about),
            Effect::Attention(attention) => {
                if attention == Attention::IdentityNotConfirmed {
                    // Somebody said that the number is right and could not say who they are.
                    outcome.contact = Some(contact.clone().doubt());
                }
                let (rule, severity, detail) = attention_rule(attention);
                raise(outcome, rule, severity, detail, about);
            }
            Effect::OptOut => {
                let changed = contact.clone().opt_out(situation.now);
                outcome.contact = Some(changed);
                raise(outcome, AlertRule::OptedOut, Severity::Orange, String::new(), about);
            }
            Effect::OptIn => outcome.contact = Some(contact.clone().opt_in()),
            Effect::WrongNumber => {
                let changed = contact.clone().mark_wrong_number(situation.now);
                outcome.contact = Some(changed);
                raise(outcome, AlertRule::WrongNumber, Severity::Orange, String::new(), about);
            }
            Effect::SetLanguage(language) => {
                outcome.contact = Some(Contact { language, ..contact.clone() });
            }
            Effect::NumberConfirmed => outcome.contact = Some(contact.clone().confirm(situation.now)),
            Effect::IdentityConfirmed { which } => outcome.identity = Some(which),
            Effect::Answer { .. } | Effect::Skip { .. } | Effect::Finished => {}
        }
    }
}

fn raise(outcome: &mut Outcome, rule: AlertRule, severity: Severity, detail: String, patient: Option<PatientId>) {
    outcome.raised.push(Raised { rule, severity, detail, patient });
}

/// The keys of warning signs, separated by spaces.
#[must_use]
pub fn sign_keys(signs: WarningSigns) -> String {
    signs.iter().map(crate::reply::WarningSign::key).collect::<Vec<_>>().join(" ")
}

fn attention_rule(attention: Attention) -> (AlertRule, Severity, String) {
    match attention {
        Attention::Callback => (AlertRule::Callback, Severity::Orange, String::new()),
        Attention::StatusChange(change) => {
            let detail = match change {
                StatusChange::Hospitalized => "hospitalized",
                StatusChange::Moved => "moved",
                StatusChange::Died => "died",
                StatusChange::Recovered => "recovered",
            };
            (AlertRule::StatusChange, Severity::Orange, detail.to_owned())
        }
        Attention::Note => (AlertRule::Note, Severity::Unknown, String::new()),
        Attention::NotUnderstood => (AlertRule::NotUnderstood, Severity::Unknown, String::new()),
        Attention::UnclearLate => (AlertRule::UnclearLate, Severity::Unknown, String::new()),
        // Somebody has to phone: the patient was told so.
        Attention::NumberNotConfirmed => (AlertRule::NotConfirmed, Severity::Orange, "number-not-confirmed".to_owned()),
        Attention::IdentityNotConfirmed => {
            (AlertRule::NotConfirmed, Severity::Orange, "identity-not-confirmed".to_owned())
        }
        Attention::IdentityNotKnown => (AlertRule::NotConfirmed, Severity::Unknown, "identity-not-known".to_owned()),
        // How ill the patient is says their report.
        Attention::ReleasePossible => (AlertRule::Release, Severity::Unknown, "release-possible".to_owned()),
        Attention::ReleaseDoubtful(doubts) => {
            let doubts = doubts.keys().map(|key| format!(" doubt-{key}")).collect::<String>();
            (AlertRule::Release, Severity::Unknown, format!("release-doubtful{doubts}"))
        }
    }
}

/// P12: to whoever opted out, and to a wrong number, nothing is said but the safety text (P8) and, in the turn
/// in which they said so, the one confirmation. What they write is stored all the same, and staff see it (P3).
fn silence_if_unwanted(situation: &Situation<'_>, outcome: &mut Outcome) {
    let was_wrong = situation.contact.wrong_number_at.is_some();
    let is_out = outcome.contact.as_ref().unwrap_or(situation.contact).opted_out_at.is_some();
    let was_out = situation.contact.opted_out_at.is_some() && is_out;
    if was_wrong || was_out {
        outcome.says.retain(|say| say.kind == TextKind::Safety);
        if outcome.raised.is_empty() && outcome.changed.iter().all(|change| change.answers.is_empty()) {
            let about = match situation.patients {
                [only] => Some(only.id),
                _ => None,
            };
            raise(outcome, AlertRule::Note, Severity::Unknown, String::new(), about);
        }
    }
}
