//! Rounds that welcome new numbers: one conversation a phone, nothing about health. Whom it asks, and how often, is
//! [`domain::welcome`]'s rule.

use chrono::{DateTime, Utc};
use domain::center::Center;
use domain::choice::Purpose;
use domain::contact::Contact;
use domain::dialog::definition::Dialog;
use domain::dialog::engine::{self, Input, Phase, State, TextKind};
use domain::id::ConversationId;
use domain::round::{Round, RoundKind, RoundState};
use domain::welcome;
use store::{ConversationRecord, Tx};

use super::{PAGE, Scheduler, context, says, slot_of};
use crate::escalation::{Escalation, Matter};
use crate::pinned;

/// Whether an open round has somebody to ask whom it has not begun to ask.
pub(super) async fn has_newcomers(read: &mut Tx, round: &Round) -> store::Result<bool> {
    Ok(match round.kind.is_about_health() {
        true => !read.patients_without_conversation(round, 1).await?.is_empty(),
        false => !read.contacts_to_welcome(round, welcome::MOST_DAYS, 1).await?.is_empty(),
    })
}

/// Whether a contact is being asked in a welcome: two questions at once would be one too many.
pub(super) async fn is_going_on(tx: &mut Tx, contact: &Contact, now: DateTime<Utc>) -> store::Result<bool> {
    if !welcome::may_be_going_on(contact, now) {
        return Ok(false);
    }
    let latest = tx.latest_welcome(contact.id).await?;
    Ok(latest.is_some_and(|record| matches!(record.state.phase, Phase::Asking { .. })))
}

/// Whether somebody who has not answered a welcome is reminded: not whoever was asked a moment ago.
pub(super) fn may_be_reminded(contact: &Contact, record: &ConversationRecord, now: DateTime<Utc>) -> bool {
    contact.may_be_texted() && record.asked_at.is_none_or(|asked| asked + welcome::REMINDED_AFTER <= now)
}

impl Scheduler {
    /// Asks every new number that has not been asked today, page by page.
    pub(super) async fn welcome(&self, center: &Center, round: &Round) -> store::Result<usize> {
        let mut asked = 0;
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let page = tx.contacts_to_welcome(round, welcome::MOST_DAYS, PAGE).await?;
            if page.is_empty() || now >= round.plan.quiet_from {
                return Ok(asked);
            }
            let dialog = pinned::beginning(&self.dialogs, center, Purpose::Welcome)?;
            tx.keep_dialog(&dialog.hash, &dialog.name, &dialog.source, now).await?;
            let before = asked;
            for contact in &page {
                asked += usize::from(self.welcome_one(&mut tx, center, round, &dialog, contact, now).await?);
            }
            tx.commit().await?;
            self.relay.notify_one();
            if asked == before {
                // Whoever cannot be asked would be found again and again.
                return Ok(asked);
            }
        }
    }

    async fn welcome_one(
        &self,
        tx: &mut Tx,
        center: &Center,
        round: &Round,
        dialog: &Dialog,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        // The page may be older than a text that has just come in.
        let Some(contact) = tx.lock_contact(contact.id).await? else { return Ok(false) };
        let family = tx.patients_of_contact(contact.id).await?;
        // A conversation is about somebody; the first stands for all of them here.
        let Some(patient) = family.iter().find(|patient| RoundKind::Welcome.includes(patient, round.day)) else {
            return Ok(false);
        };
        if !welcome::may_be_welcomed(&contact) {
            return Ok(false);
        }
        let deadline = round.plan.deadline_text(center.time_zone);
        let context = context(center, &contact, &deadline, None, now);
        let step = engine::step(dialog, &State::new(dialog), Input::Open, &context);
        let record = ConversationRecord {
            id: ConversationId::new(now, &self.entropy.id()),
            round_id: round.id,
            center_id: center.id,
            contact_id: contact.id,
            patient_id: patient.id,
            question_key: pinned::open_question(dialog, &step.state),
            state: step.state,
            asked_at: Some(now),
            updated_at: now,
        };
        if !tx.insert_conversation(&record).await? {
            return Ok(false);
        }
        for (place, text) in says(step.effects).into_iter().enumerate() {
            let slot = slot_of("open", place);
            self.enqueue(tx, center, round, &contact, &record, TextKind::Opening, &slot, text, now).await?;
        }
        Ok(true)
    }

    /// The day's welcome is over: nothing is asked any more, and what has come to nothing is staff's. Gives how many
    /// were left without an answer.
    pub(super) async fn end_welcome(&self, center: &Center, round: &Round) -> store::Result<usize> {
        let (mut after, mut left) = (None, 0);
        loop {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let page = tx.unfinished_conversations(round.id, PAGE, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for record in &page {
                left += usize::from(self.end_one(&mut tx, center, round, record.id, now).await?);
            }
            tx.commit().await?;
        }
        self.set_state(round.id, round.state, RoundState::Closed, self.clock.now()).await?;
        Ok(left)
    }

    async fn end_one(
        &self,
        tx: &mut Tx,
        center: &Center,
        round: &Round,
        conversation: ConversationId,
        now: DateTime<Utc>,
    ) -> store::Result<bool> {
        let Some(contact_id) = tx.conversation(conversation).await?.map(|record| record.contact_id) else {
            return Ok(false);
        };
        let Some(contact) = tx.lock_contact(contact_id).await? else { return Ok(false) };
        let Some(record) = tx.conversation(conversation).await? else { return Ok(false) };
        let dialog = pinned::dialog(&self.dialogs, tx, &record.state.dialog).await?;
        let deadline = round.plan.deadline_text(center.time_zone);
        let context = context(center, &contact, &deadline, None, now);
        let step = engine::step(&dialog, &record.state, Input::Close, &context);
        let sequence = record.state.sequence;
        let ended = ConversationRecord { state: step.state, question_key: None, updated_at: now, ..record };
        if !tx.save_conversation(&ended, sequence).await? {
            return Ok(false);
        }
        tx.cancel_queued(store::CancelScope::ConversationScheduled(ended.id), now).await?;
        let days = tx.count_welcomes(contact.id).await?;
        let Some((rule, severity, detail)) = welcome::left_open(&contact, &ended.state, days) else { return Ok(true) };
        // Where staff look for the patient: in the morning of the day.
        let morning = tx.round_by_day(center.id, RoundKind::Morning, round.day).await?;
        let matter = Matter {
            center_id: Some(center.id),
            patient_id: Some(ended.patient_id),
            contact_id: Some(contact.id),
            round_id: morning.map(|morning| morning.id),
            message_id: None,
            rule,
            severity,
            detail: detail.to_owned(),
        };
        Escalation { entropy: &*self.entropy, metrics: &self.metrics, now }.raise(tx, matter).await?;
        Ok(true)
    }
}
