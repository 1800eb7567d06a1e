//! What a turn has to know: the rounds that are going on, the conversations of the phone, its welcome. What follows is
//! decided in [`domain::turn`] and written by the parent module.

use std::sync::Arc;

use domain::center::Center;
use domain::choice::{self, Purpose};
use domain::contact::Contact;
use domain::dialog::definition::Dialog;
use domain::dialog::engine::State;
use domain::patient::Patient;
use domain::round::{self, Round, RoundKind};
use domain::schedule;
use domain::turn::{self, Situation, Talk, Welcome};
use domain::welcome;
use store::ConversationRecord;

use super::{Inbound, Writer};
use crate::pinned;

/// What is known while a turn is being decided.
struct Known<'a> {
    center: &'a Center,
    contact: &'a Contact,
    /// Every dialog that is needed; the first is the center's own.
    pinned: Vec<Arc<Dialog>>,
}

impl Writer<'_> {
    pub(super) async fn known(&mut self, center: &Center, contact: &Contact, inbound: &Inbound) -> store::Result<()> {
        let reached = contact.undeliverable.map(|_| contact.clone().mark_reachable());
        if let Some(reached) = &reached {
            // Who writes from a number can be written to there.
            self.tx.update_contact(reached, self.now).await?;
        }
        let contact = reached.as_ref().unwrap_or(contact);
        let dialog = self.current_dialog(center)?;
        let mut known = Known { center, contact, pinned: vec![Arc::clone(&dialog)] };
        let everybody = self.tx.patients_of_contact(contact.id).await?;
        let mut rounds = self.tx.rounds_going_on(center.id, self.now).await?;
        rounds.retain(|round| round.kind.is_about_health());
        let coming = self.coming_round(center).await?;
        let days: Vec<_> = rounds.iter().chain(&coming).map(|round| round.day).collect();
        let mut patients = everybody.clone();
        if !days.is_empty() {
            patients.retain(|patient| days.iter().any(|day| patient.is_observed_on(*day)));
        }
        let mut current = Vec::with_capacity(rounds.len());
        for round in &rounds {
            let talks = self.talks(&mut known, round, &patients).await?;
            if !talks.is_empty() {
                current.push((round, talks));
            }
        }
        let coming = match &coming {
            Some(round) => Some((round, self.talks(&mut known, round, &patients).await?)),
            None => None,
        };
        let welcome = self.latest_welcome(&mut known).await?;
        let welcome_dialog = pinned::beginning(&self.parts.dialogs, center, Purpose::Welcome).ok();
        let today = schedule::local_date(center.time_zone, self.now);
        let identities = welcome::identities(&everybody, today);
        let all_rounds: Vec<&Round> = rounds
            .iter()
            .chain(coming.as_ref().map(|(round, _)| *round))
            .chain(welcome.as_ref().map(|(round, _)| round))
            .collect();
        let situation = Situation {
            center,
            contact,
            patients: &patients,
            dialog: &dialog,
            pinned: &known.pinned,
            rounds: current,
            coming,
            welcome: Welcome {
                dialog: welcome_dialog.as_ref(),
                latest: welcome.as_ref().map(|(round, talk)| (round, talk.clone())),
                identities: &identities,
            },
            now: self.now,
        };
        let mut outcome = turn::decide(&situation, &inbound.body);
        self.guard_against_loops(center, contact, &mut outcome).await?;
        self.write(center, contact, &all_rounds, &known.pinned, outcome, inbound).await
    }

    /// The round that opens soon enough for an early report to count for it.
    async fn coming_round(&mut self, center: &Center) -> store::Result<Option<Round>> {
        let day = round::day_for_unasked(center, self.now);
        if day == round::day_for(center, self.now) {
            return Ok(None);
        }
        self.tx.round_by_day(center.id, RoundKind::Morning, day).await
    }

    /// The center's dialog. Where it is missing, any other reads a cry for help as well: a text must not be turned
    /// away because a folder is (P8). `/readyz` and the log say that it is.
    pub(super) fn current_dialog(&self, center: &Center) -> store::Result<Arc<Dialog>> {
        let dialogs = &self.parts.dialogs;
        let dialog = dialogs.current(&center.dialog).or_else(|| dialogs.any());
        dialog.ok_or_else(|| pinned::missing(center, Purpose::Morning))
    }

    /// A talk for each patient who is in the round: what the store has, or a fresh one. Dialogs that they are pinned to
    /// are loaded.
    async fn talks(&mut self, known: &mut Known<'_>, round: &Round, patients: &[Patient]) -> store::Result<Vec<Talk>> {
        let stored = self.tx.conversations_of_contact(round.id, known.contact.id).await?;
        let mut talks = Vec::with_capacity(patients.len());
        for patient in patients {
            let record = stored.iter().find(|record| record.patient_id == patient.id);
            // Whose risk or period was changed since has begun, and may go on.
            if record.is_none() && !round.kind.includes(patient, round.day) || !patient.is_observed_on(round.day) {
                continue;
            }
            let talk = match record {
                Some(record) => self.talk(known, record).await?,
                None => {
                    let purpose = choice::purpose(patient, known.contact, known.center, round.kind, round.day);
                    // A text must not be turned away because a folder is missing (P8).
                    let dialog = pinned::beginning(&self.parts.dialogs, known.center, purpose)
                        .unwrap_or_else(|_| Arc::clone(&known.pinned[0]));
                    let state = State::new(&dialog);
                    if known.pinned.iter().all(|pinned| pinned.hash != dialog.hash) {
                        known.pinned.push(dialog);
                    }
                    Talk { id: None, patient: patient.id, state, asked_at: None, updated_at: None }
                }
            };
            talks.push(talk);
        }
        Ok(talks)
    }

    async fn talk(&mut self, known: &mut Known<'_>, record: &ConversationRecord) -> store::Result<Talk> {
        if known.pinned.iter().all(|pinned| pinned.hash != record.state.dialog) {
            known.pinned.push(pinned::dialog(&self.parts.dialogs, self.tx, &record.state.dialog).await?);
        }
        Ok(Talk {
            id: Some(record.id),
            patient: record.patient_id,
            state: record.state.clone(),
            asked_at: record.asked_at,
            updated_at: Some(record.updated_at),
        })
    }

    /// The contact's welcome, if one can still be going on.
    async fn latest_welcome(&mut self, known: &mut Known<'_>) -> store::Result<Option<(Round, Talk)>> {
        if !welcome::may_be_going_on(known.contact, self.now) {
            return Ok(None);
        }
        let Some(record) = self.tx.latest_welcome(known.contact.id).await? else { return Ok(None) };
        let Some(round) = self.tx.round(record.round_id).await? else { return Ok(None) };
        Ok(Some((round, self.talk(known, &record).await?)))
    }
}
