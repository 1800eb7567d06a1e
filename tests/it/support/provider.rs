//! A provider in memory, behind the gateway's seam: for tests that run years in seconds. It can fail in every
//! way that the seam knows, by a seed or as told, and hold a text while a test looks. The simulator is the one on
//! a socket.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use domain::id::MessageId;
use domain::message::{Body, OutboundState};
use domain::phone::PhoneNumber;
use mimamori::clock::{Clock, EntropySource, ManualClock, SeededEntropy};
use mimamori::conversation::ReplyText;
use mimamori::gateway::futures::BoxFuture;
use mimamori::gateway::{ListError, Listed, Outgoing, Rejection, SendOutcome, SmsGateway};
use tokio::sync::Notify;

/// One text that the provider took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// Our identifier.
    pub(crate) id: MessageId,
    /// The provider's.
    pub(crate) provider_id: String,
    pub(crate) from: PhoneNumber,
    pub(crate) to: PhoneNumber,
    pub(crate) body: Body,
    pub(crate) at: DateTime<Utc>,
    /// How long the provider may try; `None` for a text that travelled in a webhook's answer.
    pub(crate) validity_seconds: Option<u32>,
}

/// How often, of 100, something goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// The provider takes the text, and we do not hear of it.
    pub(crate) lost_answer: u8,
    /// The provider never gets the text, and we cannot know.
    pub(crate) lost_request: u8,
    /// The provider certainly did not take it.
    pub(crate) refused: u8,
    /// The provider cannot be asked.
    pub(crate) list_fails: u8,
    /// The webhook's answer gets lost on its way.
    pub(crate) lost_reply: u8,
}

/// What happens to one send, as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    /// Taken, and we do not hear of it.
    LostAnswer,
    /// Not taken, and we cannot know.
    LostRequest,
    /// Certainly not taken; may be tried again.
    Refused,
    /// Certainly not taken, for good.
    Rejected(Rejection),
}

/// A gate before which a send waits.
#[derive(Default)]
struct Gate {
    closed: bool,
    waiting: usize,
}

/// The provider.
pub(crate) struct MemoryProvider {
    clock: Arc<ManualClock>,
    entropy: SeededEntropy,
    taken: Mutex<Vec<Taken>>,
    faults: Mutex<Faults>,
    told: Mutex<VecDeque<Fate>>,
    attempts: Mutex<HashMap<MessageId, u32>>,
    /// How far the provider says that a text is, where it is not `Delivered`.
    states: Mutex<HashMap<String, (OutboundState, Option<u32>)>>,
    gate: Mutex<Gate>,
    moved: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryProvider {
    pub(crate) fn new(clock: Arc<ManualClock>, seed: u64) -> Self {
        Self {
            clock,
            entropy: SeededEntropy::new(seed),
            taken: Mutex::default(),
            faults: Mutex::default(),
            told: Mutex::default(),
            attempts: Mutex::default(),
            states: Mutex::default(),
            gate: Mutex::default(),
            moved: Notify::new(),
        }
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    /// What happens to the next sends, one each; afterwards the faults decide again.
    pub(crate) fn tell(&self, fates: impl IntoIterator<Item = Fate>) {
        lock(&self.told).extend(fates);
    }

    /// Every text that was taken, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        lock(&self.taken).clone()
    }

    /// The texts taken after the first `known`.
    pub(crate) fn taken_after(&self, known: usize) -> Vec<Taken> {
        lock(&self.taken).get(known..).unwrap_or_default().to_vec()
    }

    /// How often a text was handed over, whatever became of it.
    pub(crate) fn attempts(&self, id: MessageId) -> u32 {
        lock(&self.attempts).get(&id).copied().unwrap_or(0)
    }

    /// What the list says of a text from now on.
    pub(crate) fn set_state(&self, provider_id: &str, state: OutboundState, code: Option<u32>) {
        lock(&self.states).insert(provider_id.to_owned(), (state, code));
    }

    /// From now on every send waits before it is decided.
    pub(crate) fn hold(&self) {
        lock(&self.gate).closed = true;
    }

    /// Lets held sends go on.
    pub(crate) fn release(&self) {
        lock(&self.gate).closed = false;
        self.moved.notify_waiters();
    }

    /// Returns when a send waits at the gate.
    pub(crate) async fn held(&self) {
        loop {
            let moved = self.moved.notified();
            if lock(&self.gate).waiting > 0 {
                return;
            }
            moved.await;
        }
    }

    async fn pass_gate(&self) {
        let mut counted = false;
        loop {
            let moved = self.moved.notified();
            {
                let mut gate = lock(&self.gate);
                if !gate.closed {
                    gate.waiting -= usize::from(counted);
                    return;
                }
                gate.waiting += usize::from(!counted);
            }
            if !counted {
                counted = true;
                self.moved.notify_waiters();
                continue;
            }
            moved.await;
        }
    }

    /// Takes the texts of a webhook's answer; `false` if the answer got lost on its way.
    pub(crate) fn take_replies(&self, from: &PhoneNumber, to: &PhoneNumber, replies: Vec<ReplyText>) -> bool {
        if !replies.is_empty() && self.chance() < lock(&self.faults).lost_reply {
            return false;
        }
        for reply in replies {
            self.take(reply.id, from, to, reply.body, None);
        }
        true
    }

    fn chance(&self) -> u8 {
        let mut byte = [0; 8];
        self.entropy.fill(&mut byte);
        byte[0] % 100
    }

    fn fate(&self) -> Fate {
        if let Some(told) = lock(&self.told).pop_front() {
            return told;
        }
        let faults = *lock(&self.faults);
        let chance = self.chance();
        if chance < faults.lost_answer {
            Fate::LostAnswer
        } else if chance < faults.lost_answer + faults.lost_request {
            Fate::LostRequest
        } else if chance < faults.lost_answer + faults.lost_request + faults.refused {
            Fate::Refused
        } else {
            Fate::Accepted
        }
    }

    fn take(&self, id: MessageId, from: &PhoneNumber, to: &PhoneNumber, body: Body, validity: Option<u32>) -> String {
        let mut taken = lock(&self.taken);
        let provider_id = format!("SM{:032x}", taken.len() + 1);
        taken.push(Taken {
            id,
            provider_id: provider_id.clone(),
            from: from.clone(),
            to: to.clone(),
            body,
            at: self.clock.now(),
            validity_seconds: validity,
        });
        provider_id
    }

    fn take_sent(&self, text: &Outgoing) -> String {
        self.take(text.id, &text.from, &text.to, text.body.clone(), Some(text.validity_seconds))
    }
}

impl SmsGateway for MemoryProvider {
    fn send<'a>(&'a self, text: &'a Outgoing) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            *lock(&self.attempts).entry(text.id).or_default() += 1;
            self.pass_gate().await;
            match self.fate() {
                Fate::Accepted => {
                    SendOutcome::Accepted { provider_id: self.take_sent(text), state: OutboundState::Accepted }
                }
                Fate::LostAnswer => {
                    self.take_sent(text);
                    SendOutcome::Unknown { code: None }
                }
                Fate::LostRequest => SendOutcome::Unknown { code: None },
                Fate::Refused => SendOutcome::Retry { after: None, code: Some(20_429) },
                Fate::Rejected(cause) => SendOutcome::Rejected { cause, code: None },
            }
        })
    }

    fn list<'a>(
        &'a self,
        from: &'a PhoneNumber,
        to: &'a PhoneNumber,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ListError>> {
        Box::pin(async move {
            if self.chance() < lock(&self.faults).list_fails {
                return Err(ListError("the line is cut".into()));
            }
            let (taken, states) = (lock(&self.taken), lock(&self.states));
            let same = taken.iter().rev().filter(|one| one.from == *from && one.to == *to && one.at >= since);
            Ok(same
                .map(|one| {
                    let (state, code) =
                        states.get(&one.provider_id).copied().unwrap_or((OutboundState::Delivered, None));
                    Listed {
                        provider_id: one.provider_id.clone(),
                        body: one.body.clone(),
                        state,
                        code,
                        created_at: one.at,
                    }
                })
                .collect())
        })
    }
}
