//! The use case "a time came": plans rounds, opens them, reminds, and closes them at the deadline. The rounds that
//! welcome new numbers are [`mod@welcome`]'s.
//!
//! The database knows what is due; whoever calls [`Scheduler::tick`] only rings a bell. A restart, a second
//! instance or a clock that jumps therefore changes nothing. Sends nothing itself: texts go to the outbox.

mod welcome;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::center::Center;
use domain::chase_list;
use domain::choice;
use domain::contact::Contact;
use domain::dialog::definition::Dialog;
use domain::dialog::engine::{self, Context, Effect, Input, Known, Phase, State, TextKind};
use domain::id::{ConversationId, MessageId, RoundId, TimerId};
use domain::message::{Body, NewOutbound, OutboundState};
use domain::patient::Patient;
use domain::round::{self, Round, RoundKind, RoundState, TimerAction, TimerKind};
use domain::schedule;
use domain::turn;
use store::{ConversationRecord, Store, Timer, Tx};
use tokio::sync::{Mutex, Notify};
use tracing::{info, warn};

use crate::changes::Changes;
use crate::clock::{Clock, EntropySource};
use crate::dialogs::DialogBook;
use crate::metrics::Metrics;
use crate::pinned;

/// How many patients are asked, reminded or closed in one transaction, so that texts that come in meanwhile do
/// not wait long for theirs.
const PAGE: usize = 200;

/// How many due moments are taken at once: more than all rounds of a country have in a day, so that what is
/// overdue together in one round is seen together.
const TIMERS: usize = 8192;

/// How long a due moment is worked on before another instance may take it over.
const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Does what is due.
#[derive(Clone)]
pub struct Scheduler {
    /// Where everything is kept.
    pub store: Store,
    /// The dialogs.
    pub dialogs: Arc<DialogBook>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers.
    pub entropy: Arc<dyn EntropySource>,
    /// Told when a round changed.
    pub changes: Changes,
    /// Counts what happens.
    pub metrics: Metrics,
    /// Rung when a text was put into the outbox.
    pub relay: Arc<Notify>,
    /// Held during a tick: whoever calls second waits, and finds that nothing is left to do.
    pub ticking: Arc<Mutex<()>>,
}

impl Scheduler {
    /// Does all that is due now. Answers whether there was anything to do.
    ///
    /// # Errors
    /// When the store fails; what was committed stays, the rest is still due.
    pub async fn tick(&self) -> store::Result<bool> {
        let _one_at_a_time = self.ticking.lock().await;
        let mut busy = self.plan().await?;
        let mut failed = None;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let due = tx.claim_due_timers(now, now + LEASE, TIMERS).await?;
            tx.commit().await?;
            if due.is_empty() {
                break;
            }
            for timer in &due {
                let others: Vec<TimerKind> = due
                    .iter()
                    .filter(|other| other.round_id == timer.round_id && other.kind != timer.kind)
                    .map(|other| other.kind)
                    .collect();
                match self.run(timer, &others).await {
                    Ok(()) => {}
                    Err(error) if error.is_transient() => return Err(error),
                    // One center's fault must not keep the others waiting; its own moment stays due.
                    Err(error) => {
                        warn!(%error, round.id = %timer.round_id, timer = %timer.kind, "a moment of a round failed");
                        failed = Some(error);
                    }
                }
            }
            busy = true;
        }
        match self.ask_newcomers().await {
            Ok(asked) => busy |= asked,
            Err(error) => failed = failed.or(Some(error)),
        }
        failed.map_or(Ok(busy), Err)
    }

    /// When something is due next, if anything is planned.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next_due(&self) -> store::Result<Option<DateTime<Utc>>> {
        self.store.read().await?.next_timer_due().await
    }

    /// Every center has the rounds that are going on, and the next ones, in the table.
    async fn plan(&self) -> store::Result<bool> {
        let now = self.clock.now();
        let mut missing = Vec::new();
        let mut read = self.store.read().await?;
        for center in read.centers().await? {
            for kind in RoundKind::ALL.iter().copied() {
                if center.dialog_for_round(kind).is_none() {
                    continue;
                }
                let first = read.first_round(center.id, kind).await?.map(|round| round.day);
                for (day, plan) in round::rounds_to_plan(&center, kind, now, first) {
                    if read.round_by_day(center.id, kind, day).await?.is_none() {
                        missing.push((center.id, kind, day, plan));
                    }
                }
            }
        }
        drop(read);
        if missing.is_empty() {
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        for (center_id, kind, day, plan) in missing {
            let id = RoundId::new(now, &self.entropy.id());
            let round = Round { id, center_id, kind, day, plan, state: RoundState::Planned };
            if !tx.insert_round(&round, now).await? {
                continue;
            }
            for (kind, at) in round.plan.timers() {
                tx.insert_timer(TimerId::new(now, &self.entropy.id()), round.id, kind, at).await?;
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// `others` are the moments of the same round that are due with this one.
    async fn run(&self, timer: &Timer, others: &[TimerKind]) -> store::Result<()> {
        let now = self.clock.now();
        let mut read = self.store.read().await?;
        let Some(round) = read.round(timer.round_id).await? else {
            return Err(store::Error::inconsistent("timers", "round_id", timer.id, "no such round"));
        };
        let Some(center) = read.center(round.center_id).await? else {
            return Err(store::Error::inconsistent("rounds", "center_id", round.id, "no such center"));
        };
        drop(read);
        let outcome = match round::due_action(timer.kind, &round.plan, round.state, now, others) {
            TimerAction::Skip(reason) => reason.key().to_owned(),
            TimerAction::MissRound if !round.kind.is_about_health() => {
                // Nobody was to be asked how they are, so nobody is missing: tomorrow is another day.
                self.set_state(round.id, round.state, RoundState::Missed, now).await?;
                "missed".to_owned()
            }
            TimerAction::MissRound => {
                let listed = self.close(&center, &round, RoundState::Missed).await?;
                if listed > 0 {
                    warn!(round.id = %round.id, listed, "a round was not opened before its deadline; nobody was asked");
                }
                format!("missed, listed {listed}")
            }
            TimerAction::Run => match (timer.kind, round.kind.is_about_health()) {
                (TimerKind::Open, _) => format!("asked {}", self.open(&center, &round).await?),
                (TimerKind::Reminder(number), _) => format!("reminded {}", self.remind(&center, &round, number).await?),
                (TimerKind::Deadline, true) => {
                    format!("listed {}", self.close(&center, &round, RoundState::Closed).await?)
                }
                (TimerKind::Deadline, false) => format!("ended {}", self.end_welcome(&center, &round).await?),
            },
        };
        let mut tx = self.store.begin().await?;
        tx.finish_timer(timer.id, &outcome, self.clock.now()).await?;
        tx.commit().await?;
        info!(round.id = %round.id, timer = %timer.kind, outcome, "a moment of a round was dealt with");
        self.changes.announce(center.id);
        Ok(())
    }

    async fn set_state(
        &self,
        round: RoundId,
        from: RoundState,
        to: RoundState,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        let mut tx = self.store.begin().await?;
        let changed = tx.set_round_state(round, from, to, now).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn open(&self, center: &Center, round: &Round) -> store::Result<usize> {
        self.set_state(round.id, RoundState::Planned, RoundState::Open, self.clock.now()).await?;
        self.ask(center, round).await
    }

    /// Whoever was enrolled since the opening is asked too, until the deadline.
    async fn ask_newcomers(&self) -> store::Result<bool> {
        let now = self.clock.now();
        let mut open = Vec::new();
        let mut read = self.store.read().await?;
        for round in read.rounds_in_state(RoundState::Open).await? {
            // Not before the opening either, should the clock have been set back: that may be in quiet hours.
            if round.plan.opens_at <= now
                && now < round.plan.deadline_at
                && let Some(center) = read.center(round.center_id).await?
                // What was switched off since goes on with whom it has.
                && center.dialog_for_round(round.kind).is_some()
                && welcome::has_newcomers(&mut read, &round).await?
            {
                open.push((center, round));
            }
        }
        drop(read);
        let (mut any, mut failed) = (false, None);
        for (center, round) in &open {
            match self.ask(center, round).await {
                Ok(asked) => {
                    any |= asked > 0;
                    self.changes.announce(center.id);
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(any), Err)
    }

    /// Begins a conversation for every patient who has none in this round, page by page. Who may not be texted
    /// gets one all the same, so that staff see them waiting; it is just not begun.
    async fn ask(&self, center: &Center, round: &Round) -> store::Result<usize> {
        if !round.kind.is_about_health() {
            return self.welcome(center, round).await;
        }
        let mut asked = 0;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let page = tx.patients_without_conversation(round, PAGE).await?;
            if page.is_empty() {
                return Ok(asked);
            }
            let mut kept: Vec<Arc<Dialog>> = Vec::new();
            for (patient, contact) in &page {
                let purpose = choice::purpose(patient, contact, center, round.kind, round.day);
                let dialog = pinned::beginning(&self.dialogs, center, purpose)?;
                if kept.iter().all(|known| known.hash != dialog.hash) {
                    tx.keep_dialog(&dialog.hash, &dialog.name, &dialog.source, now).await?;
                    kept.push(Arc::clone(&dialog));
                }
                asked += usize::from(self.begin(&mut tx, center, round, &dialog, patient, contact, now).await?);
            }
            tx.commit().await?;
            self.relay.notify_one();
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a different fact about one patient's morning")]
    async fn begin(
        &self,
        tx: &mut Tx,
        center: &Center,
        round: &Round,
        dialog: &Dialog,
        patient: &Patient,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        // The page may be older than a text that has just come in from the same phone.
        let locked = tx.lock_contact(contact.id).await?;
        let contact = locked.as_ref().unwrap_or(contact);
        let family = tx.patients_of_contact(contact.id).await?;
        let observed = family.iter().filter(|one| one.is_observed_on(round.day)).count();
        let others = tx.conversations_of_contact(round.id, contact.id).await?;
        // On a shared phone one is asked at a time; the next one's turn comes when the first is done.
        let busy = others.iter().any(|other| matches!(other.state.phase, Phase::Asking { .. }));
        let may_ask = !busy
            && contact.may_be_asked()
            && now < round.plan.quiet_from
            && !welcome::is_going_on(tx, contact, now).await?;
        let mut record = ConversationRecord {
            id: ConversationId::new(now, &self.entropy.id()),
            round_id: round.id,
            center_id: center.id,
            contact_id: contact.id,
            patient_id: patient.id,
            state: State::new(dialog),
            question_key: None,
            asked_at: None,
            updated_at: now,
        };
        let mut texts = Vec::new();
        if may_ask {
            let label = (observed > 1).then(|| patient.label(round.day));
            let deadline = round.plan.deadline_text(center.time_zone);
            let known = Known { course: Some(turn::course(center, round, patient)), ..Known::default() };
            let context = Context { known, ..context(center, contact, &deadline, label.as_deref(), now) };
            let step = engine::step(dialog, &record.state, Input::Open, &context);
            record.question_key = pinned::open_question(dialog, &step.state);
            record.state = step.state;
            record.asked_at = Some(now);
            texts = says(step.effects);
        }
        if !tx.insert_conversation(&record).await? {
            return Ok(false);
        }
        for (place, text) in texts.into_iter().enumerate() {
            let slot = slot_of("open", place);
            self.enqueue(tx, center, round, contact, &record, TextKind::Opening, &slot, text, now).await?;
        }
        Ok(may_ask)
    }

    /// Repeats the pending question to every contact that is not finished; on a shared phone where nobody is
    /// being asked, the next patient's turn comes.
    async fn remind(&self, center: &Center, round: &Round, number: u8) -> store::Result<usize> {
        let slot = TimerKind::Reminder(number).to_string();
        let mut after = None;
        let mut reminded = 0;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let page = tx.unfinished_conversations(round.id, PAGE, after).await?;
            let Some(last) = page.last() else { return Ok(reminded) };
            after = Some(last.id);
            for record in &page {
                reminded += usize::from(self.remind_one(&mut tx, center, round, record.id, &slot, now).await?);
            }
            tx.commit().await?;
            self.relay.notify_one();
        }
    }

    async fn remind_one(
        &self,
        tx: &mut Tx,
        center: &Center,
        round: &Round,
        conversation: ConversationId,
        slot: &str,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        // Read again under the contact's lock: the page may be older than a text that has just come in.
        let Some(contact_id) = tx.conversation(conversation).await?.map(|record| record.contact_id) else {
            return Ok(false);
        };
        let Some(contact) = tx.lock_contact(contact_id).await? else { return Ok(false) };
        let family = tx.conversations_of_contact(round.id, contact_id).await?;
        let Some(record) = family.iter().find(|one| one.id == conversation) else { return Ok(false) };
        let may_be_asked = match round.kind.is_about_health() {
            true => contact.may_be_asked() && !welcome::is_going_on(tx, &contact, now).await?,
            false => welcome::may_be_reminded(&contact, record, now),
        };
        if !may_be_asked || tx.is_slot_taken(round.id, record.patient_id, slot).await? {
            // The second: this moment was interrupted, and is gone through again.
            return Ok(false);
        }
        let somebody_asked = family.iter().any(|one| matches!(one.state.phase, Phase::Asking { .. }));
        let first_waiting = family.iter().find(|one| one.state.phase == Phase::Waiting).map(|one| one.id);
        let (input, kind) = match &record.state.phase {
            Phase::Asking { .. } => (Input::Remind { sequence: record.state.sequence }, TextKind::Reminder),
            Phase::Waiting if !somebody_asked && first_waiting == Some(record.id) => (Input::Open, TextKind::Reminder),
            _ => return Ok(false),
        };
        let dialog = pinned::dialog(&self.dialogs, tx, &record.state.dialog).await?;
        let deadline = round.plan.deadline_text(center.time_zone);
        let patient = tx.patient(record.patient_id).await?;
        let label = match (family.len(), &patient) {
            (2.., Some(patient)) => Some(patient.label(round.day)),
            _ => None,
        };
        let course = patient.map(|patient| turn::course(center, round, &patient));
        let context = Context {
            known: Known { course, ..Known::default() },
            ..context(center, &contact, &deadline, label.as_deref(), now)
        };
        let step = engine::step(&dialog, &record.state, input, &context);
        let saved = ConversationRecord {
            question_key: pinned::open_question(&dialog, &step.state),
            state: step.state,
            asked_at: record.asked_at.or(Some(now)),
            updated_at: now,
            ..record.clone()
        };
        if saved.state != record.state && !tx.save_conversation(&saved, record.state.sequence).await? {
            return Ok(false);
        }
        // An opening that has not left yet says the same: the reminder takes its place.
        tx.cancel_queued(store::CancelScope::ConversationScheduled(record.id), now).await?;
        let texts = says(step.effects);
        let any = !texts.is_empty();
        for (place, text) in texts.into_iter().enumerate() {
            self.enqueue(tx, center, round, &contact, &saved, kind, &slot_of(slot, place), text, now).await?;
        }
        Ok(any)
    }

    /// The deadline: nothing is asked any more, and the chase list is frozen.
    async fn close(&self, center: &Center, round: &Round, to: RoundState) -> store::Result<usize> {
        let mut after = None;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let page = tx.unfinished_conversations(round.id, PAGE, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for record in &page {
                let Some(contact) = tx.lock_contact(record.contact_id).await? else { continue };
                let Some(record) = tx.conversation(record.id).await? else { continue };
                let dialog = pinned::dialog(&self.dialogs, &mut tx, &record.state.dialog).await?;
                let deadline = round.plan.deadline_text(center.time_zone);
                let step = engine::step(
                    &dialog,
                    &record.state,
                    Input::Close,
                    &context(center, &contact, &deadline, None, now),
                );
                let sequence = record.state.sequence;
                let closed = ConversationRecord { state: step.state, question_key: None, updated_at: now, ..record };
                tx.save_conversation(&closed, sequence).await?;
                tx.cancel_queued(store::CancelScope::ConversationScheduled(closed.id), now).await?;
            }
            tx.commit().await?;
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let rows = tx.round_rows(round.id).await?;
        let entries = chase_list::build(&store::standings(&rows, to));
        tx.freeze_chase_list(round.id, &entries).await?;
        tx.set_round_state(round.id, round.state, to, now).await?;
        tx.commit().await?;
        Ok(entries.len())
    }

    #[expect(clippy::too_many_arguments, reason = "each is a different fact about one text")]
    async fn enqueue(
        &self,
        tx: &mut Tx,
        center: &Center,
        round: &Round,
        contact: &Contact,
        record: &ConversationRecord,
        kind: TextKind,
        slot: &str,
        text: String,
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        let segments = domain::sms::segments(&text).segments;
        let outbound = NewOutbound {
            id: MessageId::new(now, &self.entropy.id()),
            center_id: center.id,
            contact_id: Some(contact.id),
            patient_id: Some(record.patient_id),
            conversation: Some((record.id, record.state.sequence)),
            round_id: Some(round.id),
            from: center.sender.clone(),
            to: contact.phone.clone(),
            body: Body(text),
            kind,
            slot: Some(slot.to_owned()),
            deadline_at: round::sending_deadline(kind, Some(&round.plan), now),
            state: OutboundState::Queued,
            created_at: now,
        };
        if !tx.enqueue(&outbound, u32::try_from(segments).unwrap_or(u32::MAX)).await? {
            // P4: it has gone out for this round, patient and kind before.
            info!(round.id = %round.id, slot, "a scheduled text was there already and is not sent again");
        }
        Ok(())
    }
}

fn context<'a>(
    center: &'a Center,
    contact: &Contact,
    deadline: &'a str,
    label: Option<&'a str>,
    now: DateTime<Utc>,
) -> Context<'a> {
    Context {
        language: contact.language,
        center: &center.name,
        deadline,
        night_line: center.night_line.as_deref(),
        attended: schedule::is_attended(&center.hours, center.time_zone, now),
        late: false,
        label,
        known: Known::default(),
    }
}

/// The slot of one of the texts that go out at the same moment (P4): the first has the moment's own, by which one sees
/// that the moment has been gone through.
fn slot_of(moment: &str, place: usize) -> String {
    match place {
        0 => moment.to_owned(),
        further => format!("{moment}-text-{}", further + 1),
    }
}

fn says(effects: Vec<Effect>) -> Vec<String> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Say { text, .. } => Some(text),
            _ => None,
        })
        .collect()
}
