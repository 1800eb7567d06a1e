//! A provider in memory, behind the gateway's seam: for tests that run years in seconds. It can fail in every
//! way that the seam knows, by a seed. The simulator is the one on a socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use domain::id::MessageId;
use domain::message::{Body, OutboundState};
use domain::phone::PhoneNumber;
use mimamori::clock::{Clock, EntropySource, ManualClock, SeededEntropy};
use mimamori::gateway::futures::BoxFuture;
use mimamori::gateway::{ListError, Listed, Outgoing, SendOutcome, SmsGateway};

/// One text that the provider took.
#[derive(Debug, Clone)]
pub struct Taken {
    pub id: MessageId,
    pub provider_id: String,
    pub from: PhoneNumber,
    pub to: PhoneNumber,
    pub body: Body,
    pub at: DateTime<Utc>,
    pub validity_seconds: u32,
}

/// How often, of 100, something goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The provider takes the text, and we do not hear of it.
    pub lost_answer: u8,
    /// The provider never gets the text, and we cannot know.
    pub lost_request: u8,
    /// The provider certainly did not take it.
    pub refused: u8,
    /// The provider cannot be asked.
    pub list_fails: u8,
}

/// The provider.
pub struct MemoryProvider {
    clock: Arc<ManualClock>,
    entropy: SeededEntropy,
    taken: Mutex<Vec<Taken>>,
    faults: Mutex<Faults>,
    attempts: Mutex<HashMap<MessageId, u32>>,
}

impl MemoryProvider {
    pub fn new(clock: Arc<ManualClock>, seed: u64) -> Self {
        Self {
            clock,
            entropy: SeededEntropy::new(seed),
            taken: Mutex::default(),
            faults: Mutex::default(),
            attempts: Mutex::default(),
        }
    }

    pub fn set_faults(&self, faults: Faults) {
        *self.faults.lock().unwrap() = faults;
    }

    /// Every text that was taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    fn chance(&self) -> u8 {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        byte[0] % 100
    }

    fn take(&self, text: &Outgoing) -> String {
        let mut taken = self.taken.lock().unwrap();
        let provider_id = format!("SM{:032x}", taken.len() + 1);
        taken.push(Taken {
            id: text.id,
            provider_id: provider_id.clone(),
            from: text.from.clone(),
            to: text.to.clone(),
            body: text.body.clone(),
            at: self.clock.now(),
            validity_seconds: text.validity_seconds,
        });
        provider_id
    }
}

impl SmsGateway for MemoryProvider {
    fn send<'a>(&'a self, text: &'a Outgoing) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            *self.attempts.lock().unwrap().entry(text.id).or_default() += 1;
            let faults = *self.faults.lock().unwrap();
            let chance = self.chance();
            if chance < faults.lost_answer {
                self.take(text);
                return SendOutcome::Unknown { code: None };
            }
            if chance < faults.lost_answer + faults.lost_request {
                return SendOutcome::Unknown { code: None };
            }
            if chance < faults.lost_answer + faults.lost_request + faults.refused {
                return SendOutcome::Retry { after: None, code: Some(20_429) };
            }
            SendOutcome::Accepted { provider_id: self.take(text), state: OutboundState::Accepted }
        })
    }

    fn list<'a>(
        &'a self,
        from: &'a PhoneNumber,
        to: &'a PhoneNumber,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ListError>> {
        Box::pin(async move {
            if self.chance() < self.faults.lock().unwrap().list_fails {
                return Err(ListError("the line is cut".into()));
            }
            let taken = self.taken.lock().unwrap();
            let same = taken.iter().rev().filter(|one| one.from == *from && one.to == *to && one.at >= since);
            Ok(same
                .map(|one| Listed {
                    provider_id: one.provider_id.clone(),
                    body: one.body.clone(),
                    state: OutboundState::Delivered,
                    code: None,
                    created_at: one.at,
                })
                .collect())
        })
    }
}
