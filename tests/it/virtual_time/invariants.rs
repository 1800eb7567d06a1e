//! What has to hold after every event, whatever happened. Looks at what the store and the provider have, and
//! remembers what it has seen, since some promises are about what must never change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use domain::chase_list::ChaseEntry;
use domain::check_in::{CheckIn, Completeness};
use domain::dialog::engine::TextKind;
use domain::id::{ConversationId, MessageId, PatientId, RoundId};
use domain::message::OutboundState;
use domain::patient::RiskTier;
use domain::progress::Progress;
use domain::round::{REPLY_LIFETIME, Round, RoundKind, RoundState};
use domain::schedule;
use domain::severity::Severity;
use store::{MessageRecord, NewAnswer, RoundRow, Tx};

use super::event::PHONES;
use crate::support::app::TestApp;
use crate::support::provider::Taken;

/// The questions without which a report is not complete.
const REQUIRED: [&str; 5] = ["temperature", "oxygen", "breathing", "symptoms", "signs"];

/// The same of a second check.
const REQUIRED_AGAIN: [&str; 4] = ["temperature", "oxygen", "breathing", "signs"];

/// What only a question about health says, in the languages of the model.
const HEALTH: [&str; 7] = [
    "体温を",
    "酸素の値",
    "症状を番号",
    "息が苦しいですか",
    "body temperature",
    "your oxygen level",
    "harder to breathe",
];

/// A text of ours, as first seen.
#[derive(Debug, Clone)]
struct Made {
    /// After which event, and when: texts that were made later have a later one.
    order: (usize, DateTime<Utc>),
    message: MessageRecord,
}

/// What is remembered from event to event.
#[derive(Default)]
pub(super) struct Seen {
    made: HashMap<MessageId, Made>,
    /// How many of the provider's texts were looked at.
    taken: usize,
    /// The latest text that arrived at each phone, in the order in which they were made.
    arrived: BTreeMap<String, (usize, DateTime<Utc>)>,
    /// How often each arrived.
    arrivals: HashMap<MessageId, u32>,
    /// Openings and reminders that arrived, by round and patient.
    scheduled: HashMap<(RoundId, PatientId, TextKind), BTreeSet<MessageId>>,
    answers: HashMap<ConversationId, Vec<NewAnswer>>,
    frozen: HashMap<RoundId, Vec<ChaseEntry>>,
    /// Since when a phone wants no texts, and after which event that was.
    silent: HashMap<String, (DateTime<Utc>, usize)>,
    rounds: Vec<RoundId>,
}

impl Seen {
    /// Every round so far.
    pub(super) fn rounds(&self) -> Vec<RoundId> {
        self.rounds.clone()
    }

    /// How much there is of everything that only grows.
    pub(super) async fn counts(&self, app: &TestApp) -> anyhow::Result<(usize, usize)> {
        let mut read = app.store().read().await?;
        let mut messages = 0;
        for phone in PHONES {
            if let Some(contact) = contact(&mut read, app, phone).await? {
                messages += read.messages_of_contact(contact.id, 100_000).await?.len();
            }
        }
        let mut answers = 0;
        for conversation in self.answers.keys() {
            answers += read.answers_of_conversation(*conversation).await?.len();
        }
        Ok((messages, answers))
    }

    /// Checks everything.
    pub(super) async fn check(&mut self, app: &TestApp, event: usize) -> anyhow::Result<()> {
        let mut read = app.store().read().await?;
        self.note_what_was_made(&mut read, app, event).await?;
        let arrived = app.provider.taken_after(self.taken);
        self.taken += arrived.len();
        for taken in &arrived {
            self.check_arrival(&mut read, app, taken, event).await?;
        }
        let rounds = rounds(&mut read).await?;
        let days: BTreeSet<_> = rounds.iter().map(|round| (round.day, round.kind)).collect();
        ensure!(days.len() == rounds.len(), "a day was planned twice");
        self.rounds = rounds.iter().map(|round| round.id).collect();
        for round in &rounds {
            self.check_round(&mut read, app, round).await?;
        }
        if let Some(due) = read.next_timer_due().await? {
            ensure!(due > app.now(), "what was due at {due} has not been done at {}", app.now());
        }
        for phone in PHONES {
            let Some(contact) = contact(&mut read, app, phone).await? else { continue };
            let Some(since) = contact.wrong_number_at.or(contact.opted_out_at) else {
                self.silent.remove(phone);
                continue;
            };
            let known = self.silent.entry(phone.to_owned()).or_insert((since, event));
            if known.0 != since {
                *known = (since, event);
            }
        }
        Ok(())
    }

    async fn note_what_was_made(&mut self, read: &mut Tx, app: &TestApp, event: usize) -> anyhow::Result<()> {
        for phone in PHONES {
            let Some(contact) = contact(read, app, phone).await? else { continue };
            for message in read.messages_of_contact(contact.id, 400).await? {
                if !message.inbound && !self.made.contains_key(&message.id) {
                    let asks = HEALTH.iter().any(|word| message.body.0.contains(word));
                    ensure!(
                        !asks || contact.confirmed_at.is_some(),
                        "a number that is not confirmed was asked about health: {}",
                        message.body.0
                    );
                    let order = (event, message.created_at);
                    self.made.insert(message.id, Made { order, message });
                }
            }
        }
        Ok(())
    }

    /// A text has reached the provider.
    async fn check_arrival(&mut self, read: &mut Tx, app: &TestApp, taken: &Taken, event: usize) -> anyhow::Result<()> {
        let phone = taken.to.as_e164().to_owned();
        // Texts to numbers that are nobody's belong to no contact.
        let made = match self.made.get(&taken.id) {
            Some(made) => made.clone(),
            None => match read.message(taken.id).await? {
                Some(message) => Made { order: (event, message.created_at), message },
                None => anyhow::bail!("a text of which nothing is stored reached {phone}"),
            },
        };
        let Some(kind) = made.message.kind else { anyhow::bail!("a text out has no kind") };
        let what = || format!("the {} to {phone} made at {}", kind.key(), made.message.created_at);
        let arrivals = self.arrivals.entry(taken.id).or_default();
        *arrivals += 1;

        // P4
        if kind.is_scheduled() {
            ensure!(*arrivals == 1, "P4: {} reached the provider twice", what());
            let (Some(round_id), Some(patient)) = (made.message.round_id, made.message.patient_id) else {
                anyhow::bail!("{} belongs to no round or patient", what());
            };
            let Some(round) = read.round(round_id).await? else { anyhow::bail!("no such round") };
            let same = self.scheduled.entry((round_id, patient, kind)).or_default();
            same.insert(taken.id);
            let most = match (kind, round.kind) {
                // Who writes, and then the question.
                (TextKind::Opening, RoundKind::Welcome) => 2,
                (TextKind::Opening, _) => 1,
                _ => round.plan.reminders_at.len(),
            };
            ensure!(same.len() <= most, "P4: {} is one too many in its round", what());

            // P7
            let deadline = round.plan.deadline_at.min(round.plan.quiet_from);
            ensure!(taken.at < deadline, "P7: {} left at {}, its deadline was {deadline}", what(), taken.at);
            ensure!(
                !schedule::is_quiet(&app.center.hours, app.center.time_zone, taken.at),
                "P7: {} left in quiet hours, at {}",
                what(),
                taken.at
            );
            let validity = TimeDelta::seconds(taken.validity_seconds.map_or(0, i64::from));
            ensure!(taken.at + validity <= deadline, "P7: the provider may deliver {} after {deadline}", what());
        } else {
            let deadline = made.message.created_at + REPLY_LIFETIME;
            ensure!(taken.at < deadline, "P7: {} left at {}", what(), taken.at);
            let validity = TimeDelta::seconds(taken.validity_seconds.map_or(0, i64::from));
            ensure!(taken.at + validity <= deadline, "P7: the provider may deliver {} after {deadline}", what());
        }

        // P6. A safety text waits for nobody, and what was in doubt and is sent again comes when it comes.
        if kind != TextKind::Safety && !was_in_doubt(read, taken).await? {
            let latest = self.arrived.get(&phone).copied().unwrap_or(made.order);
            let history = read.message_history(taken.id).await?;
            ensure!(latest <= made.order, "P6: {} arrived after one that was made later: {history:?}", what());
            self.arrived.insert(phone.clone(), made.order);
        }

        // P12
        if let Some((since, opted_out_in)) = self.silent.get(&phone)
            && *opted_out_in < event
            && contact(read, app, &phone).await?.is_some_and(|contact| !may_be_written_to(&contact))
        {
            let confirmation = made.message.created_at == *since;
            ensure!(kind == TextKind::Safety || confirmation, "P12: {} arrived although it is not wanted", what());
        }
        Ok(())
    }

    async fn check_round(&mut self, read: &mut Tx, app: &TestApp, round: &Round) -> anyhow::Result<()> {
        let rows = read.round_rows(round.id).await?;
        let chase = read.chase_list(round.id).await?;

        // P10
        let mut answered: HashMap<PatientId, BTreeSet<String>> = HashMap::new();
        for row in &rows {
            let Some(conversation) = &row.conversation else { continue };
            let answers = read.answers_of_conversation(conversation.id).await?;
            let known = self.answers.entry(conversation.id).or_default();
            ensure!(answers.starts_with(known), "P10: an answer was changed or lost");
            answered.entry(row.patient.id).or_default().extend(answers.iter().map(|one| one.question_key.clone()));
            *known = answers;
        }

        if !round.kind.is_about_health() {
            ensure!(chase.is_empty(), "a welcome has a chase list");
            ensure!(rows.iter().all(|row| row.check_in.is_none()), "a welcome has a report on somebody's health");
            return Ok(());
        }
        let required = match round.kind {
            RoundKind::Second => &REQUIRED_AGAIN[..],
            _ => &REQUIRED,
        };
        ensure!(
            round.kind != RoundKind::Second || rows.iter().all(|row| row.patient.risk_tier == RiskTier::High),
            "somebody is in the second check of {} who should not be",
            round.day
        );

        // P9: green is only who has answered everything, by their own stored answers.
        for row in &rows {
            if let Some(check_in) = &row.check_in
                && (check_in.severity == Severity::Green || check_in.completeness == Completeness::Complete)
            {
                let answered = answered.get(&row.patient.id).cloned().unwrap_or_default();
                ensure!(
                    required.iter().all(|key| answered.contains(*key)),
                    "P9: {} on {} is complete or green with no more than {answered:?}",
                    row.patient.her_sys_id,
                    round.day
                );
            }
        }
        let status = app.status_of(round).await;
        for line in &status.patients {
            let complete =
                answered.get(&line.patient_id).is_some_and(|keys| required.iter().all(|key| keys.contains(*key)));
            ensure!(
                line.severity != Severity::Green || (complete && line.progress == Progress::Finished),
                "P9: a patient without a complete report is shown green on {}",
                round.day
            );
        }
        let counts = status.counts;
        let people = rows.iter().map(|row| row.patient.id).collect::<BTreeSet<_>>().len();
        ensure!(people == rows.len() && counts.patients == people, "P9: somebody is counted twice or not at all");
        ensure!(
            counts.red + counts.orange + counts.unknown + counts.green == people
                && counts.finished
                    + counts.answering
                    + counts.partial
                    + counts.silent
                    + counts.waiting
                    + counts.never_asked
                    == people,
            "P9: the counts do not add up: {counts:?}"
        );
        self.check_chase_list(round, &rows, chase)
    }

    fn check_chase_list(&mut self, round: &Round, rows: &[RoundRow], chase: Vec<ChaseEntry>) -> anyhow::Result<()> {
        if matches!(round.state, RoundState::Planned | RoundState::Open) {
            ensure!(chase.is_empty(), "there is a chase list before the deadline");
            return Ok(());
        }
        if let Some(frozen) = self.frozen.get(&round.id) {
            ensure!(*frozen == chase, "the chase list of {} has changed", round.day);
            return Ok(());
        }
        let listed: Vec<PatientId> = chase.iter().map(|entry| entry.patient_id).collect();
        let listed_once: BTreeSet<PatientId> = listed.iter().copied().collect();
        ensure!(listed.len() == listed_once.len(), "somebody is on the chase list of {} twice", round.day);
        let missing: BTreeSet<PatientId> = rows
            .iter()
            .filter(|row| {
                let alert = row.alert_severity.is_some_and(|severity| severity > Severity::Green);
                alert || !row.check_in.as_ref().is_some_and(CheckIn::is_reassuring)
            })
            .map(|row| row.patient.id)
            .collect();
        ensure!(
            listed_once == missing,
            "P9: the chase list of {} has {listed_once:?}, without a reassuring report or with an alert about their \
             health are {missing:?}",
            round.day
        );
        ensure!((1..).zip(&chase).all(|(rank, entry)| entry.rank == rank), "the ranks have gaps");
        self.frozen.insert(round.id, chase);
        Ok(())
    }

    /// After a day with a good line nothing is left in doubt.
    pub(super) async fn check_the_end(&self, app: &TestApp) -> anyhow::Result<()> {
        let mut read = app.store().read().await?;
        let doubtful = read.unknown_due(app.now() + TimeDelta::days(1), 10).await?;
        ensure!(doubtful.is_empty(), "nobody has found out about {doubtful:?}");
        for round in rounds(&mut read).await? {
            ensure!(
                round.plan.deadline_at > app.now() || matches!(round.state, RoundState::Closed | RoundState::Missed),
                "the round of {} was never closed",
                round.day
            );
        }
        Ok(())
    }
}

async fn rounds(read: &mut Tx) -> anyhow::Result<Vec<Round>> {
    let mut rounds = Vec::new();
    for state in [RoundState::Planned, RoundState::Open, RoundState::Closed, RoundState::Missed] {
        rounds.extend(read.rounds_in_state(state).await?);
    }
    Ok(rounds)
}

async fn contact(read: &mut Tx, app: &TestApp, phone: &str) -> anyhow::Result<Option<domain::contact::Contact>> {
    let number = domain::phone::PhoneNumber::from_e164(phone)?;
    Ok(read.contact_by_phone(app.center.id, &number).await?)
}

fn may_be_written_to(contact: &domain::contact::Contact) -> bool {
    contact.opted_out_at.is_none() && contact.wrong_number_at.is_none()
}

/// Whether nobody knew at some time whether the provider had this text, and it was sent after that.
async fn was_in_doubt(read: &mut Tx, taken: &Taken) -> anyhow::Result<bool> {
    let history = read.message_history(taken.id).await?;
    let doubt = history.iter().position(|step| step.state == OutboundState::Unknown);
    let again = |doubt: usize| history[doubt..].iter().any(|step| step.state == OutboundState::Queued);
    Ok(doubt.is_some_and(again) && taken.validity_seconds.is_some())
}
