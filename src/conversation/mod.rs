//! The use case "a text came": one turn, one transaction, many turns to a commit. Knows no HTTP and no TwiML.
//!
//! Texts that arrive while a batch is being committed wait for the next one, in the order of arrival, so that
//! the cost of a synced commit is shared (group commit). Each turn has a savepoint of its own: one that fails
//! rolls back alone and is refused alone. What a turn has to know is loaded in [`known`]; texts
//! of people or to numbers that no center knows are [`unknown`]'s.

mod known;
mod unknown;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::alert::AlertRule;
use domain::center::Center;
use domain::check_in::{CheckIn, Progress, Reporter};
use domain::contact::Contact;
use domain::dialog::definition::{Dialog, Proof};
use domain::dialog::engine::{Phase, TextKind};
use domain::id::{AnswerId, CenterId, CheckInId, ContactId, ConversationId, MessageId, PatientId, RoundId};
use domain::message::{Body, NewOutbound, OutboundState};
use domain::phone::PhoneNumber;
use domain::round::{self, Round, RoundPlan};
use domain::severity::Severity;
use domain::turn::{self, Changed, Outcome, Raised, Say};
use store::{CancelScope, ConversationRecord, NewAnswer, NewInbound, Store, Tx};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::changes::Changes;
use crate::clock::{Clock, EntropySource};
use crate::dialogs::DialogBook;
use crate::escalation::{Escalation, Matter};
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::pinned;

/// The most turns that share one commit.
const BATCH: usize = 256;

/// How many texts may wait for a commit before callers have to wait for a place.
const QUEUE: usize = 4096;

/// How long, after a stop, requests under way may still bring texts.
const GRACE: std::time::Duration = std::time::Duration::from_millis(300);

/// One text that came in, as the provider told it. Nothing is trusted but the signature over it.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The provider's identifier of the text: the same one has one effect (P2).
    pub provider_id: String,
    /// From which number, in E.164 form; `None` if the provider gave something else (a short code, a name).
    pub from: Option<PhoneNumber>,
    /// From whom, as the provider wrote it.
    pub from_raw: String,
    /// To which number.
    pub to: Option<PhoneNumber>,
    /// To whom, as the provider wrote it.
    pub to_raw: String,
    /// The words; empty for a text of pictures only.
    pub body: String,
    /// How many pictures or other media came with it.
    pub media: u32,
}

/// One text that goes back in the webhook's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText {
    /// Our identifier; its status callback carries it.
    pub id: MessageId,
    /// The words.
    pub body: Body,
}

/// Turns the texts that go back into the bytes of the webhook's answer. Given by the gateway's side, so that
/// this module does not know TwiML; the bytes are stored with the effect (P2).
pub type RenderReply = Arc<dyn Fn(&[ReplyText]) -> String + Send + Sync>;

/// The text was not taken: nothing of it is on disk, and the provider may send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text could not be stored just now")]
pub struct Unavailable;

/// What the turns need.
#[derive(Clone)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The dialogs.
    pub dialogs: Arc<DialogBook>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers.
    pub entropy: Arc<dyn EntropySource>,
    /// Writes the webhook's answer.
    pub render: RenderReply,
    /// Told after each commit.
    pub changes: Changes,
    /// Rung when a text was put into the outbox.
    pub relay: Arc<Notify>,
    /// Counts what happens.
    pub metrics: Metrics,
}

struct Job {
    inbound: Inbound,
    done: oneshot::Sender<Result<String, Unavailable>>,
}

/// Takes texts in.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Job>,
    /// Since when no batch could be stored.
    failing: Failing,
}

/// When a batch last could not be stored, if none was stored since.
type Failing = Arc<std::sync::Mutex<Option<Instant>>>;

/// A failure longer ago than this says nothing about now: whoever sends no texts because of it would never learn
/// that it is over.
const FAILURE_COUNTS: std::time::Duration = std::time::Duration::from_secs(30);

impl Inbox {
    /// Starts the committer. After a stop it still takes what requests under way bring, and ends when nothing
    /// has come for [`GRACE`].
    #[must_use]
    pub fn start(parts: Parts, lifecycle: &Lifecycle) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let failing = Failing::default();
        lifecycle.spawn("committer", commit_batches(parts, jobs, Arc::clone(&failing), lifecycle.stop.clone()));
        Self { queue, failing }
    }

    /// Whether texts can be stored, as far as is known: `false` for a while after a batch that could not be.
    #[must_use]
    pub fn is_storing(&self) -> bool {
        let failing = self.failing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failing.is_none_or(|since| since.elapsed() > FAILURE_COUNTS)
    }

    /// Takes one text in and answers with the bytes to send back, when it is on disk with its effect (P1).
    ///
    /// # Errors
    /// [`Unavailable`] when it could not be stored; then nothing of it is.
    pub async fn receive(&self, inbound: Inbound) -> Result<String, Unavailable> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Job { inbound, done }).await.map_err(|_| Unavailable)?;
        answer.await.unwrap_or(Err(Unavailable))
    }
}

/// The next texts, as many as have come; 0 when there will be none.
async fn next_batch(jobs: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>, stop: &CancellationToken) -> usize {
    tokio::select! {
        biased;
        taken = jobs.recv_many(batch, BATCH) => return taken,
        () = stop.cancelled() => {}
    }
    tokio::time::timeout(GRACE, jobs.recv_many(batch, BATCH)).await.unwrap_or(0)
}

async fn commit_batches(parts: Parts, mut jobs: mpsc::Receiver<Job>, failing: Failing, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    while next_batch(&mut jobs, &mut batch, &stop).await > 0 {
        let started = parts.clock.now();
        let texts = batch.len();
        let (inbounds, waiting): (Vec<_>, Vec<_>) = batch.drain(..).map(|job| (job.inbound, job.done)).unzip();
        let results = commit_batch(&parts, &inbounds).await;
        let refused = results.iter().filter(|result| result.is_err()).count();
        let failed = (refused == texts).then(Instant::now);
        *failing.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = failed;
        for (done, result) in waiting.into_iter().zip(results) {
            // Whoever asked may be gone; the text is stored all the same.
            let _ = done.send(result);
        }
        let took = parts.clock.now() - started;
        parts.metrics.batch_committed(texts - refused);
        parts.metrics.turn_took(took.to_std().unwrap_or_default());
    }
}

/// Commits the turns of one batch together; the results are in the order of the texts.
async fn commit_batch(parts: &Parts, inbounds: &[Inbound]) -> Vec<Result<String, Unavailable>> {
    let mut tried = try_batch(parts, inbounds).await;
    if let Err(error @ store::Error::Busy(_)) = &tried {
        // Two who wait for each other's contacts: nothing was kept, and one of them is through by now.
        warn!(%error, texts = inbounds.len(), "a batch of texts met another one; once more");
        tried = try_batch(parts, inbounds).await;
    }
    match tried {
        Ok(turns) => {
            let mut relay = false;
            let mut centers: Vec<CenterId> = Vec::new();
            let replies = turns
                .into_iter()
                .map(|turn| {
                    let turn = turn.map_err(|error| {
                        error!(%error, "a turn failed and was rolled back; the provider may send the text again");
                        Unavailable
                    })?;
                    parts.metrics.inbound_text(turn.what);
                    info!(message.id = %turn.message_id, outcome = turn.what, texts = turn.texts, "a text was taken in");
                    relay |= turn.queued;
                    centers.extend(turn.center.filter(|center| !centers.contains(center)));
                    Ok(turn.reply)
                })
                .collect();
            if relay {
                parts.relay.notify_one();
            }
            for center in centers {
                parts.changes.announce(center);
            }
            replies
        }
        Err(error) => {
            error!(%error, texts = inbounds.len(), "a batch of texts could not be stored; the provider may send them again");
            inbounds.iter().map(|_| Err(Unavailable)).collect()
        }
    }
}

async fn try_batch(parts: &Parts, inbounds: &[Inbound]) -> store::Result<Vec<store::Result<Turn>>> {
    let mut tx = parts.store.begin().await?;
    let mut turns = Vec::with_capacity(inbounds.len());
    for inbound in inbounds {
        tx.savepoint().await?;
        let now = parts.clock.now();
        match take_in(&mut tx, parts, inbound, now).await {
            Ok(turn) => {
                tx.release_savepoint().await?;
                turns.push(Ok(turn));
            }
            // A full disk or a lost connection ends the whole batch; a turn's own fault only the turn.
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tx.rollback_to_savepoint().await?;
                turns.push(Err(error));
            }
        }
    }
    tx.commit().await?;
    Ok(turns)
}

/// What a turn has come to.
struct Turn {
    message_id: MessageId,
    /// The bytes of the answer.
    reply: String,
    /// Whether something waits in the outbox.
    queued: bool,
    /// How many texts are said.
    texts: usize,
    /// Whose pages have changed.
    center: Option<CenterId>,
    /// What kind of turn it was, for logs and metrics.
    what: &'static str,
}

async fn take_in(tx: &mut Tx, parts: &Parts, inbound: &Inbound, now: DateTime<Utc>) -> store::Result<Turn> {
    let message_id = MessageId::new(now, &parts.entropy.id());
    if !tx.admit(&inbound.provider_id, message_id, now).await? {
        let stored = tx.stored_reply(&inbound.provider_id).await?;
        let reply = stored.and_then(|stored| stored.reply).unwrap_or_else(|| (parts.render)(&[]));
        return Ok(Turn { message_id, reply, queued: false, texts: 0, center: None, what: "duplicate" });
    }
    let center = match &inbound.to {
        Some(to) => tx.center_by_sender(to).await?,
        None => None,
    };
    let contact = match (&center, &inbound.from) {
        (Some(center), Some(from)) => tx.lock_contact_by_phone(center.id, from).await?,
        _ => None,
    };
    tx.insert_inbound(&NewInbound {
        id: message_id,
        provider_id: inbound.provider_id.clone(),
        center_id: center.as_ref().map(|center| center.id),
        contact_id: contact.as_ref().map(|contact| contact.id),
        patient_id: None,
        conversation_id: None,
        round_id: None,
        from: inbound.from_raw.clone(),
        to: inbound.to_raw.clone(),
        body: Body(inbound.body.clone()),
        media: inbound.media,
        at: now,
    })
    .await?;
    let mut writer = Writer { tx, parts, now, message_id, said: Vec::new(), queued: false };
    let what = match (&center, &contact) {
        (Some(center), Some(contact)) => {
            writer.known(center, contact, inbound).await?;
            "answered"
        }
        (Some(center), None) => {
            writer.unknown_number(center, inbound).await?;
            "unknown-number"
        }
        (None, _) => {
            writer.unknown_sender(inbound).await?;
            "unknown-sender"
        }
    };
    let Writer { said, queued, .. } = writer;
    let texts = said.len();
    let reply = (parts.render)(&said);
    tx.store_reply(&inbound.provider_id, &reply).await?;
    Ok(Turn { message_id, reply, queued, texts, center: center.map(|center| center.id), what })
}

/// A conversation that a text of this turn belongs to.
struct Spoken {
    patient: PatientId,
    round: RoundId,
    conversation: (ConversationId, u32),
    /// The round's plan, if a question is open now.
    plan: Option<RoundPlan>,
}

fn escalation(parts: &Parts, now: DateTime<Utc>) -> Escalation<'_> {
    Escalation { entropy: &*parts.entropy, metrics: &parts.metrics, now }
}

/// Carries out what one turn causes.
struct Writer<'a> {
    tx: &'a mut Tx,
    parts: &'a Parts,
    now: DateTime<Utc>,
    message_id: MessageId,
    /// What goes back in the webhook's answer.
    said: Vec<ReplyText>,
    /// Whether something was put into the outbox instead.
    queued: bool,
}

impl Writer<'_> {
    /// Two machines that answer each other would go on for ever (the provider's error 14107).
    async fn guard_against_loops(
        &mut self,
        center: &Center,
        contact: &Contact,
        outcome: &mut Outcome,
    ) -> store::Result<()> {
        let sent = self.tx.count_outbound_to(center.id, &contact.phone, self.now - turn::LOOP_WINDOW).await?;
        if sent < turn::LOOP_LIMIT {
            return Ok(());
        }
        let before = outcome.says.len();
        outcome.says.retain(|say| say.kind == TextKind::Safety);
        if outcome.says.len() == before {
            return Ok(());
        }
        // Staff are told once while it lasts.
        let since = self.now - turn::LOOP_WINDOW;
        if !self.tx.alert_raised_since(center.id, contact.id, AlertRule::ReplyLoop, since).await? {
            outcome.raised.push(Raised {
                rule: AlertRule::ReplyLoop,
                severity: Severity::Orange,
                detail: String::new(),
                patient: None,
            });
        }
        Ok(())
    }

    async fn write(
        &mut self,
        center: &Center,
        contact: &Contact,
        rounds: &[&Round],
        dialogs: &[Arc<Dialog>],
        outcome: Outcome,
        inbound: &Inbound,
    ) -> store::Result<()> {
        if let Some(changed) = &outcome.contact {
            self.tx.update_contact(changed, self.now).await?;
            // Saying it twice must not withdraw the confirmation of the first time.
            if changed != contact && !changed.may_be_texted() {
                self.tx.cancel_queued(CancelScope::Contact(contact.id), self.now).await?;
            }
        }
        let mut conversations: Vec<Spoken> = Vec::new();
        for change in &outcome.changed {
            let Some(round) = rounds.iter().find(|round| round.id == change.round) else { continue };
            let dialog = dialogs.iter().find(|dialog| dialog.hash == change.state.dialog);
            let Some(dialog) = dialog else { continue };
            let id = self.save(center, contact, round, dialog, change, inbound).await?;
            conversations.push(Spoken {
                patient: change.talk.patient,
                round: round.id,
                conversation: (id, change.state.sequence),
                // A question is worth nothing after the round's deadline; a thank-you is.
                plan: matches!(change.state.phase, Phase::Asking { .. }).then(|| round.plan.clone()),
            });
        }
        for raised in outcome.raised {
            self.alert(Some(center.id), Some(contact.id), outcome.round, raised).await?;
        }
        let safety = outcome.says.iter().any(|say| say.kind == TextKind::Safety);
        // P6: a reply may not overtake an older text that is on its way. P8 comes first.
        let through_outbox = !safety && self.tx.has_open_outbound(contact.id).await?;
        for say in outcome.says {
            let is_about = |one: &&Spoken| Some(one.patient) == say.patient && Some(one.round) == say.round;
            let about = conversations.iter().find(is_about);
            let plan = about.and_then(|one| one.plan.as_ref());
            let deadline_at = round::sending_deadline(say.kind, plan, self.now);
            let (conversation, round_id) = (about.map(|one| one.conversation), about.map(|one| one.round));
            let to = contact.phone.clone();
            self.say(center, Some(contact.id), to, say, (conversation, round_id), deadline_at, through_outbox).await?;
        }
        Ok(())
    }

    async fn save(
        &mut self,
        center: &Center,
        contact: &Contact,
        round: &Round,
        dialog: &Dialog,
        change: &Changed,
        inbound: &Inbound,
    ) -> store::Result<ConversationId> {
        let asked = matches!(change.state.phase, Phase::Asking { .. });
        let id = change.talk.id.unwrap_or_else(|| ConversationId::new(self.now, &self.parts.entropy.id()));
        let record = ConversationRecord {
            id,
            round_id: round.id,
            center_id: center.id,
            contact_id: contact.id,
            patient_id: change.talk.patient,
            state: change.state.clone(),
            question_key: pinned::open_question(dialog, &change.state),
            asked_at: asked.then_some(self.now).or(change.talk.asked_at),
            updated_at: self.now,
        };
        let saved = if change.talk.id.is_some() {
            // An opening or a reminder that waits in the outbox has been overtaken by this text.
            self.tx.cancel_queued(CancelScope::ConversationScheduled(id), self.now).await?;
            self.tx.save_conversation(&record, change.talk.state.sequence).await?
        } else {
            self.tx.keep_dialog(&dialog.hash, &dialog.name, &dialog.source, self.now).await?;
            self.tx.insert_conversation(&record).await?
        };
        if !saved {
            // Somebody else moved it on between our read and our write: the turn is tried again by the provider.
            return Err(store::Error::Conflict);
        }
        for (question, value) in &change.answers {
            let Some(question) = dialog.questions.get(usize::from(*question)) else { continue };
            // What was typed to prove who answers is compared and forgotten; the text itself is kept as any other.
            let is_identity = matches!(question.proof, Some(Proof::Identity { .. }));
            let raw = Body(if is_identity { String::new() } else { inbound.body.clone() });
            self.tx
                .insert_answer(&NewAnswer {
                    id: AnswerId::new(self.now, &self.parts.entropy.id()),
                    conversation_id: id,
                    round_id: round.id,
                    patient_id: change.talk.patient,
                    question_key: question.key.clone(),
                    value: value.clone(),
                    raw,
                    message_id: Some(self.message_id),
                    reporter: Reporter::Text,
                    at: self.now,
                })
                .await?;
        }
        if !round.kind.is_about_health() {
            return Ok(id);
        }
        let previous = self.tx.check_in(round.id, change.talk.patient).await?;
        let check_in = CheckIn::update(
            previous.as_ref(),
            &Progress {
                id: CheckInId::new(self.now, &self.parts.entropy.id()),
                round_id: round.id,
                patient_id: change.talk.patient,
                reporter: Reporter::Text,
                assessment: &change.assessment,
                thresholds: &center.thresholds,
                late: change.late && !change.answers.is_empty(),
                // A text after the deadline closes the conversation; what was finished stays so.
                finished: change.state.finished
                    && matches!(change.state.phase, Phase::Finished | Phase::Closed { pending: None }),
                now: self.now,
            },
        );
        self.tx.save_check_in(&check_in, self.now).await?;
        Ok(id)
    }

    async fn alert(
        &mut self,
        center_id: Option<CenterId>,
        contact_id: Option<ContactId>,
        round_id: Option<RoundId>,
        raised: Raised,
    ) -> store::Result<()> {
        let matter = self.matter(center_id, contact_id, round_id, raised);
        escalation(self.parts, self.now).raise(self.tx, matter).await
    }

    fn matter(
        &self,
        center_id: Option<CenterId>,
        contact_id: Option<ContactId>,
        round_id: Option<RoundId>,
        raised: Raised,
    ) -> Matter {
        let Raised { rule, severity, detail, patient } = raised;
        let message_id = Some(self.message_id);
        Matter { center_id, patient_id: patient, contact_id, round_id, message_id, rule, severity, detail }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a different fact about one text")]
    async fn say(
        &mut self,
        center: &Center,
        contact_id: Option<ContactId>,
        to: PhoneNumber,
        say: Say,
        (conversation, round_id): (Option<(ConversationId, u32)>, Option<RoundId>),
        deadline_at: DateTime<Utc>,
        through_outbox: bool,
    ) -> store::Result<()> {
        let id = MessageId::new(self.now, &self.parts.entropy.id());
        let segments = domain::sms::segments(&say.text).segments;
        let outbound = NewOutbound {
            id,
            center_id: center.id,
            contact_id,
            patient_id: say.patient,
            conversation,
            round_id,
            from: center.sender.clone(),
            to,
            body: Body(say.text.clone()),
            kind: say.kind,
            slot: None,
            deadline_at,
            state: if through_outbox { OutboundState::Queued } else { OutboundState::Unknown },
            created_at: self.now,
        };
        self.tx.enqueue(&outbound, u32::try_from(segments).unwrap_or(u32::MAX)).await?;
        if through_outbox {
            self.queued = true;
        } else {
            self.said.push(ReplyText { id, body: Body(say.text) });
        }
        Ok(())
    }
}
