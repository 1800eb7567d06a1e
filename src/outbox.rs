//! The relay: claims texts from the outbox, hands them to the gateway, settles what became of them, and finds
//! out about those of which nobody knows (P5). No network call happens inside a transaction.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::AlertRule;
use domain::dialog::engine::TextKind;
use domain::id::{CenterId, ContactId, MessageId, PatientId, RoundId};
use domain::message::{NewOutbound, OutboundState, SendFailure};
use domain::phone::PhoneNumber;
use domain::retry::{self, TokenBucket};
use domain::severity::Severity;
use store::{CancelScope, ClaimedOutbound, MatchedReport, Reported, Settlement, StatusReport, Store, UnknownOutbound};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::changes::Changes;
use crate::clock::{Clock, EntropySource};
use crate::escalation::{Escalation, Matter};
use crate::gateway::twilio::errors::{Decision, after_delivery_report};
use crate::gateway::{Outgoing, Rejection, SendOutcome, SmsGateway};
use crate::metrics::Metrics;

/// How many texts are on their way to the provider at the same time.
const CONCURRENT: usize = 16;

/// After this time without a status callback the provider is asked about an `unknown` text.
const ASK_AFTER: TimeDelta = TimeDelta::seconds(20);

/// An `unknown` reply that the provider does not list after this time is sent again; it goes out at least once.
const RESEND_REPLY_AFTER: TimeDelta = TimeDelta::seconds(120);

/// An `unknown` safety text is sent again already after this time (P5).
const RESEND_SAFETY_AFTER: TimeDelta = TimeDelta::seconds(60);

/// How far the provider's clock may differ from ours when its list is searched.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Drains the outbox.
pub struct Relay {
    store: Store,
    gateway: Arc<dyn SmsGateway>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn EntropySource>,
    changes: Changes,
    metrics: Metrics,
    wake: Arc<Notify>,
    settings: Settings,
    /// One bucket a sender: providers pace by number.
    buckets: Mutex<HashMap<PhoneNumber, TokenBucket>>,
    /// Held during a pass: whoever calls second waits, and finds what is left.
    passing: Mutex<()>,
}

/// What the relay is told.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many segments a second one sender may send.
    pub segments_per_second: NonZeroU32,
    /// How long a claimed text belongs to the claimer; longer than the gateway's time-out.
    pub lease: TimeDelta,
}

/// Which text something is about: what an alert has to say of it.
struct About {
    message_id: MessageId,
    center_id: CenterId,
    contact_id: Option<ContactId>,
    patient_id: Option<PatientId>,
    round_id: Option<RoundId>,
    kind: TextKind,
}

macro_rules! about {
    ($($of:ty => $id:ident,)*) => {$(
        impl From<&$of> for About {
            fn from(text: &$of) -> Self {
                Self {
                    message_id: text.$id,
                    center_id: text.center_id,
                    contact_id: text.contact_id,
                    patient_id: text.patient_id,
                    round_id: text.round_id,
                    kind: text.kind,
                }
            }
        }
    )*};
}

about! {
    ClaimedOutbound => id,
    NewOutbound => id,
    MatchedReport => message_id,
}

/// What one pass over the outbox found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pass {
    /// How many texts were handed over or otherwise settled.
    pub settled: usize,
    /// When there is more to do, if anything waits for its time or for the sender's pace.
    pub again_at: Option<DateTime<Utc>>,
}

impl Relay {
    /// A relay; it does nothing until it is called.
    #[expect(clippy::too_many_arguments, reason = "the composition root hands over the parts one by one")]
    #[must_use]
    pub fn new(
        store: Store,
        gateway: Arc<dyn SmsGateway>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn EntropySource>,
        changes: Changes,
        metrics: Metrics,
        wake: Arc<Notify>,
        settings: Settings,
    ) -> Self {
        let (buckets, passing) = (Mutex::default(), Mutex::default());
        Self { store, gateway, clock, entropy, changes, metrics, wake, settings, buckets, passing }
    }

    /// Rung when the outbox has something new.
    #[must_use]
    pub fn wake(&self) -> &Notify {
        &self.wake
    }

    /// One pass: withdraws what is too late, gives up leases that ran out, sends what is due and paced, and
    /// asks about what is unknown.
    ///
    /// # Errors
    /// When the store fails. What was claimed then becomes `unknown` when its lease runs out, never sent twice.
    pub async fn pass(&self) -> store::Result<Pass> {
        let _one_at_a_time = self.passing.lock().await;
        let mut pass = Pass::default();
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let expired = tx.expire_due(now).await?;
        let lost = tx.recover_expired_leases(now).await?;
        tx.commit().await?;
        if expired > 0 {
            warn!(texts = expired, "texts were withdrawn: their deadline passed before they could leave");
        }
        if !lost.is_empty() {
            warn!(texts = lost.len(), "nobody knows whether texts left before a crash; the provider will be asked");
        }
        pass.settled += usize::try_from(expired).unwrap_or(0) + lost.len();
        pass.settled += self.send_due(&mut pass.again_at).await?;
        pass.settled += self.reconcile().await?;
        if pass.again_at.is_none() {
            let mut read = self.store.read().await?;
            pass.again_at = read.next_outbox_due(self.clock.now()).await?;
        }
        Ok(pass)
    }

    /// Claims and sends in batches until nothing more may leave now.
    async fn send_due(&self, again_at: &mut Option<DateTime<Utc>>) -> store::Result<usize> {
        let mut settled = 0;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let claimed = tx.claim_due(now, now + self.settings.lease, CONCURRENT).await?;
            let mut leaving = Vec::with_capacity(claimed.len());
            for text in claimed {
                match self.pace(&text, now).await {
                    Ok(()) => leaving.push(text),
                    Err(at) => {
                        // Never written to the provider, so it simply waits again.
                        tx.settle(text.id, Settlement::Postponed { not_before: at }, now).await?;
                        *again_at = Some(again_at.map_or(at, |known| known.min(at)));
                    }
                }
            }
            tx.commit().await?;
            if leaving.is_empty() {
                return Ok(settled);
            }
            settled += leaving.len();
            self.send_all(leaving).await?;
        }
    }

    async fn pace(&self, text: &ClaimedOutbound, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        if text.kind == TextKind::Safety {
            // A safety text never waits for the pace; the provider queues it if it must.
            return Ok(());
        }
        let rate = self.settings.segments_per_second;
        let mut buckets = self.buckets.lock().await;
        let bucket = buckets.entry(text.from.clone()).or_insert_with(|| TokenBucket::new(rate, rate, now));
        bucket.take(now, text.segments.max(1))
    }

    async fn send_all(&self, texts: Vec<ClaimedOutbound>) -> store::Result<()> {
        let mut sending = JoinSet::new();
        let mut failed = None;
        for text in texts {
            let gateway = Arc::clone(&self.gateway);
            let now = self.clock.now();
            let seconds = (text.deadline_at - now).num_seconds().min(36_000);
            if seconds < 1 {
                // The provider counts in whole seconds: it could still deliver this one after its deadline (P7).
                let mut tx = self.store.begin().await?;
                tx.settle(text.id, Settlement::Expired, now).await?;
                tx.commit().await?;
                continue;
            }
            let outgoing = Outgoing {
                id: text.id,
                from: text.from.clone(),
                to: text.to.clone(),
                body: text.body.clone(),
                validity_seconds: u32::try_from(seconds).unwrap_or(1),
            };
            sending.spawn(async move {
                let outcome = gateway.send(&outgoing).await;
                (text, outcome)
            });
        }
        while let Some(done) = sending.join_next().await {
            match done {
                // The others are on their way all the same, and have to be settled.
                Ok((text, outcome)) => failed = self.settle(&text, outcome).await.err().or(failed),
                // The lease runs out and the text becomes unknown: nothing is sent twice.
                Err(error) => error!(%error, "a send ended without an outcome"),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn settle(&self, text: &ClaimedOutbound, outcome: SendOutcome) -> store::Result<()> {
        let now = self.clock.now();
        self.metrics.outbound_text(text.kind, outcome.key());
        let mut tx = self.store.begin().await?;
        let settlement = match &outcome {
            SendOutcome::Accepted { provider_id, state } => {
                Settlement::Accepted { provider_id: provider_id.clone(), state: *state }
            }
            SendOutcome::Unknown { code } => Settlement::Unknown { code: *code },
            SendOutcome::Retry { after, code } => {
                let mut jitter = [0; 4];
                self.entropy.fill(&mut jitter);
                let jitter = u32::from_le_bytes(jitter);
                match retry::next_attempt(text.attempts, *after, now, text.deadline_at, jitter) {
                    _ if is_unwanted(&mut tx, text.contact_id, text.kind, text.created_at).await? => {
                        Settlement::Canceled
                    }
                    Some(not_before) => Settlement::Retry { not_before, code: *code },
                    None => Settlement::Expired,
                }
            }
            SendOutcome::Rejected { code, .. } => Settlement::Failed { code: *code },
        };
        let state = match &settlement {
            Settlement::Accepted { state, .. } => state.key(),
            Settlement::Unknown { .. } => "unknown",
            Settlement::Retry { .. } | Settlement::Postponed { .. } | Settlement::Resend => "queued",
            Settlement::Failed { .. } => "failed",
            Settlement::Expired => "expired",
            Settlement::Canceled => "canceled",
        };
        tx.settle(text.id, settlement, now).await?;
        if let SendOutcome::Rejected { cause, code } = outcome {
            self.conclude(&mut tx, &text.into(), cause, code, now).await?;
        }
        tx.commit().await?;
        info!(message.id = %text.id, kind = text.kind.key(), state, "a text was handed to the provider");
        self.changes.announce(text.center_id);
        Ok(())
    }

    /// What a refusal says about the number or about us; staff see it.
    async fn conclude(
        &self,
        tx: &mut store::Tx,
        text: &About,
        cause: Rejection,
        code: Option<u32>,
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        let contact = match text.contact_id {
            Some(id) => tx.lock_contact(id).await?,
            None => None,
        };
        match (cause, contact) {
            (Rejection::Number(why), Some(contact)) => {
                tx.cancel_queued(CancelScope::ContactScheduled(contact.id), now).await?;
                tx.update_contact(&contact.mark_undeliverable(why), now).await?;
            }
            (Rejection::OptedOut, Some(contact)) if contact.opted_out_at.is_none() => {
                tx.cancel_queued(CancelScope::Contact(contact.id), now).await?;
                tx.update_contact(&contact.opt_out(now), now).await?;
            }
            (Rejection::Account, _) => {
                error!(code, "the provider refuses the account or its configuration: texts cannot leave");
            }
            (Rejection::DailyLimit, _) => {
                error!(code, "the provider's allowance for the day is used up: texts cannot leave");
            }
            (Rejection::Defect, _) => {
                error!(code, "the provider refused a request of ours as wrong: this is a defect");
            }
            (Rejection::Number(_) | Rejection::OptedOut | Rejection::Filtered, _) => {}
        }
        self.not_arrived(tx, text, failure(cause), now).await
    }

    /// Notes why a text did not arrive, and tells staff: once a day for each cause and whom it is about. A safety
    /// text that did not arrive is as urgent as what it was about, and each one is told.
    async fn not_arrived(
        &self,
        tx: &mut store::Tx,
        text: &About,
        why: SendFailure,
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        tx.note_failure(text.message_id, why).await?;
        let escalation = Escalation { entropy: &*self.entropy, metrics: &self.metrics, now };
        let matter = Matter {
            center_id: Some(text.center_id),
            patient_id: text.patient_id,
            contact_id: text.contact_id,
            round_id: text.round_id,
            message_id: Some(text.message_id),
            rule: AlertRule::Undelivered,
            severity: Severity::Orange,
            detail: why.key().to_owned(),
        };
        if text.kind == TextKind::Safety {
            escalation.raise(tx, Matter { severity: Severity::Red, ..matter.clone() }).await?;
            if !why.is_of_sender() {
                return Ok(());
            }
        }
        let Some(center) = tx.center(text.center_id).await? else {
            return Err(store::Error::inconsistent("outbox", "center_id", text.message_id, "no such center"));
        };
        // Whom the chase list names anyway: who was asked, and whether it is known.
        let many = why == SendFailure::InDoubt && text.kind.is_scheduled();
        if why.is_of_sender() || many {
            let matter = Matter { patient_id: None, contact_id: None, message_id: None, ..matter };
            return escalation.raise_once_a_day(tx, &center, matter, &[why.key()]).await;
        }
        let whom = match (text.patient_id, text.contact_id) {
            (Some(patient), _) => patient.to_string(),
            (None, Some(contact)) => contact.to_string(),
            (None, None) => tx.message(text.message_id).await?.map(|message| message.to).unwrap_or_default(),
        };
        escalation.raise_once_a_day(tx, &center, matter, &[why.key(), &whom]).await
    }

    /// P5: asks the provider about texts of which nobody knows whether it has them.
    async fn reconcile(&self) -> store::Result<usize> {
        let now = self.clock.now();
        let mut read = self.store.read().await?;
        let unknown = read.unknown_due(now - ASK_AFTER, CONCURRENT).await?;
        drop(read);
        let mut settled = 0;
        for text in unknown {
            settled += usize::from(self.reconcile_one(&text).await?);
        }
        Ok(settled)
    }

    async fn reconcile_one(&self, text: &UnknownOutbound) -> store::Result<bool> {
        let since = text.outbound.created_at - CLOCK_SKEW;
        let listed = self.gateway.list(&text.outbound.from, &text.outbound.to, since).await;
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let found = match listed {
            Ok(listed) => {
                let same: Vec<_> = listed.into_iter().filter(|one| one.body == text.outbound.body).collect();
                let ids: Vec<String> = same.iter().map(|one| one.provider_id.clone()).collect();
                let known = tx.provider_ids_known(&ids).await?;
                // The oldest that is not already another text of ours: texts leave in order.
                same.into_iter().rev().find(|one| !known.contains(&one.provider_id))
            }
            Err(error) => {
                warn!(%error, message.id = %text.outbound.id, "the provider could not be asked about a text");
                tx.touch_unknown(text.outbound.id, now).await?;
                tx.commit().await?;
                return Ok(false);
            }
        };
        let age = now - text.outbound.created_at;
        let settled = match found {
            Some(one) => {
                let state = OutboundState::Accepted.advance(one.state);
                tx.settle(text.outbound.id, Settlement::Accepted { provider_id: one.provider_id, state }, now).await?;
                self.undelivered(&mut tx, &(&text.outbound).into(), state, one.code, now).await?;
                true
            }
            None => self.not_listed(&mut tx, text, age, now).await?,
        };
        tx.commit().await?;
        if settled {
            self.changes.announce(text.outbound.center_id);
        }
        Ok(settled)
    }

    /// A listing cannot prove absence: a scheduled text is never sent again; a reply is, a safety text sooner.
    async fn not_listed(
        &self,
        tx: &mut store::Tx,
        text: &UnknownOutbound,
        age: TimeDelta,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        let id = text.outbound.id;
        let resend_after = match text.outbound.kind {
            TextKind::Safety => RESEND_SAFETY_AFTER,
            TextKind::Reply => RESEND_REPLY_AFTER,
            TextKind::Opening | TextKind::Reminder => {
                if now >= text.outbound.deadline_at {
                    // Its time is over; staff are told once that nobody knows.
                    tx.give_up_unknown(id, now).await?;
                    self.not_arrived(tx, &(&text.outbound).into(), SendFailure::InDoubt, now).await?;
                    return Ok(true);
                }
                tx.touch_unknown(id, now).await?;
                return Ok(false);
            }
        };
        if age < resend_after {
            tx.touch_unknown(id, now).await?;
            return Ok(false);
        }
        if now >= text.outbound.deadline_at {
            tx.give_up_unknown(id, now).await?;
            self.not_arrived(tx, &(&text.outbound).into(), SendFailure::InDoubt, now).await?;
            return Ok(true);
        }
        if is_unwanted(tx, text.outbound.contact_id, text.outbound.kind, text.outbound.created_at).await? {
            tx.give_up_unknown(id, now).await?;
            return Ok(true);
        }
        if let Some((conversation, sequence)) = text.outbound.conversation
            && text.outbound.kind == TextKind::Reply
            && tx.conversation(conversation).await?.is_some_and(|record| record.state.sequence > sequence)
        {
            // The patient has written since: the text has been overtaken, so it did arrive or is not wanted.
            tx.give_up_unknown(id, now).await?;
            return Ok(true);
        }
        tx.settle(id, Settlement::Resend, now).await?;
        warn!(message.id = %id, "a reply is sent again: the provider does not know it");
        Ok(true)
    }

    /// Keeps a status callback whose state is not known here.
    ///
    /// # Errors
    /// When the store fails; the provider may report again.
    pub async fn keep_unreadable(
        &self,
        provider_id: &str,
        params: &[(String, String)],
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        let mut tx = self.store.begin().await?;
        tx.keep_unmatched_callback(provider_id, params, now).await?;
        tx.commit().await?;
        self.metrics.unmatched_status();
        Ok(())
    }

    /// Takes a status callback in: `params` is all that came, kept if it is about none of our texts.
    ///
    /// # Errors
    /// When the store fails; the provider may report again.
    pub async fn report(&self, report: &StatusReport, params: &[(String, String)]) -> store::Result<()> {
        let now = report.at;
        let mut tx = self.store.begin().await?;
        let matched = match tx.report_status(report).await? {
            Reported::Matched(matched) => matched,
            Reported::Unmatched => {
                drop(tx);
                return self.keep_unreadable(&report.provider_id, params, now).await;
            }
        };
        if matched.is_news() {
            self.undelivered(&mut tx, &(&matched).into(), matched.state, report.code, now).await?;
        }
        tx.commit().await?;
        self.changes.announce(matched.center_id);
        Ok(())
    }

    /// What the provider tells of a text that did not arrive, if it is so: staff see it.
    async fn undelivered(
        &self,
        tx: &mut store::Tx,
        text: &About,
        state: OutboundState,
        code: Option<u32>,
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        if !matches!(state, OutboundState::Failed | OutboundState::Undelivered) {
            return Ok(());
        }
        match code.and_then(after_delivery_report) {
            Some(Decision::Rejected(cause)) => self.conclude(tx, text, cause, code, now).await,
            Some(Decision::TooLate) => self.not_arrived(tx, text, SendFailure::TooLate, now).await,
            _ => self.not_arrived(tx, text, SendFailure::Carrier, now).await,
        }
    }

    /// Passes until `stop` is cancelled: when rung, when something is due, and every second whatever happens.
    pub async fn run(self: Arc<Self>, stop: tokio_util::sync::CancellationToken) {
        let mut failures: u32 = 0;
        while !stop.is_cancelled() {
            let wait = match self.pass().await {
                Ok(pass) => {
                    failures = 0;
                    let until = pass.again_at.map(|at| (at - self.clock.now()).to_std().unwrap_or_default());
                    until.unwrap_or(Duration::from_secs(1)).min(Duration::from_secs(1))
                }
                Err(error) => {
                    failures += 1;
                    error!(%error, failures, "the outbox could not be read or written; trying again");
                    Duration::from_secs(u64::from(failures.min(10)))
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified(), if failures == 0 => {}
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
            }
        }
    }

    /// The identifiers of texts that are on their way; empty when the relay is idle.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn in_flight(&self) -> store::Result<Vec<MessageId>> {
        self.store.read().await?.sending().await
    }
}

/// What a refusal means for the one text.
const fn failure(cause: Rejection) -> SendFailure {
    match cause {
        Rejection::Number(_) => SendFailure::Number,
        Rejection::OptedOut => SendFailure::OptedOut,
        Rejection::Account => SendFailure::Account,
        Rejection::DailyLimit => SendFailure::DailyLimit,
        Rejection::Filtered => SendFailure::Filtered,
        Rejection::Defect => SendFailure::Defect,
    }
}

/// Whether a contact has opted out, or turned out to be a wrong number, since a text to it was made (P12). The
/// confirmation of that, made at the same moment, is wanted; a safety text always is (P8).
async fn is_unwanted(
    tx: &mut store::Tx,
    contact: Option<ContactId>,
    kind: TextKind,
    created_at: DateTime<Utc>,
) -> store::Result<bool> {
    let Some(contact) = contact.filter(|_| kind != TextKind::Safety) else { return Ok(false) };
    let Some(contact) = tx.lock_contact(contact).await? else { return Ok(false) };
    let since = [contact.opted_out_at, contact.wrong_number_at];
    Ok(since.into_iter().flatten().any(|since| created_at < since))
}
