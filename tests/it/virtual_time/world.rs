//! Carries events out on the whole service, and checks what each of them has to show at once: a redelivery the same
//! bytes, a cry for help the safety text, a text an answer. What has to hold at any time is in
//! [`super::invariants`].

use anyhow::{Context as _, ensure};
use chrono::{Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use domain::alert::{Alert, AlertRule};
use domain::message::OutboundState;
use domain::severity::Severity;

use super::event::{Event, PHONES, SIGNS, STRANGER, TEXTS};
use super::invariants::Seen;
use crate::support::app::{Database, NewPatient, Setup, TestApp, texts_in};
use crate::support::provider::Faults;

/// What a provider may say of a text, with an error code.
const REPORTS: &[(OutboundState, Option<u32>)] = &[
    (OutboundState::Accepted, None),
    (OutboundState::Sent, None),
    (OutboundState::Delivered, None),
    (OutboundState::Delivered, None),
    (OutboundState::Undelivered, Some(30_003)),
    (OutboundState::Undelivered, Some(30_006)),
    (OutboundState::Failed, Some(30_008)),
    (OutboundState::Failed, None),
];

/// A text that came in, with the answer that it was given.
struct Delivered {
    sid: String,
    from: &'static str,
    body: String,
    bytes: String,
}

/// The service, the people, and what was seen so far.
pub(super) struct World {
    pub(super) app: TestApp,
    pub(super) seen: Seen,
    delivered: Vec<Delivered>,
}

impl World {
    /// Half past three in the morning; three phones answer for four patients.
    pub(super) async fn new(zone: Tz, from: NaiveDate) -> Self {
        let start = from.and_hms_opt(3, 30, 0).expect("a time of day");
        let setup = Setup { start, zone, ..Setup::new(Database::sqlite()) };
        // Half of the centers welcome new numbers, check high risk again, and ask otherwise on the last day.
        let everything = from.num_days_from_ce() % 2 == 0;
        let setup = if everything { setup.with_everything() } else { setup };
        let mut app = setup.build().await;
        let mut seen = Seen::default();
        // Yesterday's round is over already, with nobody in it.
        seen.check(&app, 0).await.expect("nothing has happened yet");
        app.patient(NewPatient::on(PHONES[0])).await;
        app.patient(NewPatient::on(PHONES[1])).await;
        app.patient(NewPatient { language: "en", ..NewPatient::on(PHONES[1]).high_risk() }).await;
        app.patient(NewPatient::on(PHONES[2]).high_risk()).await;
        if everything {
            // On a phone that nobody has confirmed, and on their last day, and the day after that.
            app.patient(NewPatient::on(PHONES[3]).unconfirmed().high_risk()).await;
            app.patient(NewPatient::on(PHONES[4]).until(1, "none")).await;
        }
        app.settle().await;
        Self { app, seen, delivered: Vec::new() }
    }

    /// Carries an event out.
    pub(super) async fn happen(&mut self, event: &Event) -> anyhow::Result<()> {
        match *event {
            Event::Until { hour, minute } => self.app.advance_to(hour, minute).await,
            Event::Pass { minutes } => self.app.advance(TimeDelta::minutes(minutes)).await,
            Event::ClockSet { minutes } => {
                let at = self.app.now() + TimeDelta::minutes(minutes);
                self.app.jump_to(at).await;
            }
            Event::Text { phone, text } => self.text(phone, TEXTS[text]).await?,
            Event::Answers { phone, questions } => {
                for _ in 0..questions {
                    let Some(answer) = self.sensible_answer(phone).await else { break };
                    self.text(phone, &answer).await?;
                }
            }
            Event::Again { which } => {
                if !self.delivered.is_empty() {
                    let which = which.index(self.delivered.len());
                    self.again(which).await?;
                }
            }
            Event::Line(faults) => {
                self.app.log(&format!("the line: {faults:?}"));
                self.app.provider.set_faults(faults);
            }
            Event::Report { which, state, by_our_id } => {
                let taken = self.app.provider.taken();
                if !taken.is_empty() {
                    let taken = &taken[which.index(taken.len())];
                    let (state, code) = REPORTS[state];
                    self.app.log(&format!("{} is reported {} {code:?}", taken.provider_id, state.key()));
                    self.app.report(taken, by_our_id, state, code).await;
                    self.app.settle().await;
                }
            }
            Event::Restart => {
                self.app.restart().await;
                self.app.settle().await;
            }
            Event::Enrol { phone, high_risk, unconfirmed } => {
                let new = NewPatient::on(PHONES[phone]);
                let new = if high_risk { new.high_risk() } else { new };
                let new = if unconfirmed { new.unconfirmed() } else { new };
                self.app.try_patient(&new).await;
                self.app.settle().await;
            }
        }
        Ok(())
    }

    /// What somebody who feels well answers to the open question.
    async fn sensible_answer(&self, phone: usize) -> Option<String> {
        let going_on = {
            let mut read = self.app.store().read().await.expect("reads");
            read.rounds_going_on(self.app.center.id, self.app.now()).await.expect("reads")
        };
        for round in going_on {
            let status = self.app.status_of(&round).await;
            let asked = status.patients.iter().filter(|line| line.phone == PHONES[phone]);
            let Some((patient, question)) =
                asked.filter_map(|line| Some((line.patient_id, line.question.as_deref()?))).next()
            else {
                continue;
            };
            return Some(match question {
                "temperature" => "36.8".to_owned(),
                "oxygen" => "97".to_owned(),
                "symptoms" => "0".to_owned(),
                "note" => "なし".to_owned(),
                "number" | "easing" => "1".to_owned(),
                "her-sys-id" => {
                    let mut read = self.app.store().read().await.expect("reads");
                    read.patient(patient).await.expect("reads").expect("there").her_sys_id
                }
                _ => "2".to_owned(),
            });
        }
        None
    }

    async fn text(&mut self, phone: usize, body: &str) -> anyhow::Result<()> {
        let from = PHONES[phone];
        let wanted = match phone {
            STRANGER => true,
            _ => !self.app.provider.taken().is_empty() && self.is_wanted(from).await,
        };
        let alerts = self.app.alerts().await;
        let sid = self.app.new_sid();
        self.app.clock.set(self.app.now() + TimeDelta::seconds(1));
        self.app.log(&format!("{from} < {}", body.escape_debug()));
        // How many wait says less: a reply takes the place of a reminder that it makes needless.
        let before = self.app.made_for(from).await;
        let bytes = self.app.deliver(&sid, from, body).await.context("a text was refused")?;
        let queued = self.app.made_for(from).await != before;
        let replies = texts_in(&bytes);
        self.app.take_answer(from, &bytes);
        let after = self.app.alerts().await;
        let new: Vec<_> = after.iter().filter(|alert| !alerts.contains(alert)).collect();
        if SIGNS.contains(&body) {
            ensure!(replies.first().is_some_and(|reply| reply.body.0.contains("119")), "P8: no safety text at once");
            let warned = |alert: &&Alert| {
                alert.severity == Severity::Red
                    && matches!(alert.rule, AlertRule::WarningSign | AlertRule::UnknownNumber)
            };
            ensure!(new.iter().any(warned), "P8: no red alert: {new:?}");
        }
        let answered = !replies.is_empty() || queued;
        ensure!(answered || !wanted || self.told_of_a_loop(from).await, "P3: a text was not answered");
        // Who wants no texts is answered with silence: then what they write is an answer that is kept, or staff
        // see it.
        ensure!(
            answered || !new.is_empty() || self.answers_of_last_text(from).await || self.told_of_a_loop(from).await,
            "P3: a text was dropped in silence"
        );
        self.delivered.push(Delivered { sid, from, body: body.to_owned(), bytes });
        self.app.settle().await;
        Ok(())
    }

    async fn is_wanted(&self, phone: &str) -> bool {
        match self.contact(phone).await {
            Some(contact) => contact.opted_out_at.is_none() && contact.wrong_number_at.is_none(),
            // Nobody's number: the first text of a day is answered, the others are not.
            None => false,
        }
    }

    pub(super) async fn contact(&self, phone: &str) -> Option<domain::contact::Contact> {
        let number = domain::phone::PhoneNumber::from_e164(phone).expect("a test's own number");
        let mut read = self.app.store().read().await.expect("reads");
        read.contact_by_phone(self.app.center.id, &number).await.expect("reads")
    }

    /// Whether the reply-loop guard has spoken up about this phone lately.
    async fn told_of_a_loop(&self, phone: &str) -> bool {
        let Some(contact) = self.contact(phone).await else { return true };
        let alerts = self.app.alerts().await;
        alerts.iter().any(|alert| alert.rule == AlertRule::ReplyLoop && alert.contact_id == Some(contact.id))
    }

    /// Whether the newest text from this phone has left an answer.
    async fn answers_of_last_text(&self, phone: &str) -> bool {
        let Some(contact) = self.contact(phone).await else { return false };
        let mut read = self.app.store().read().await.expect("reads");
        let messages = read.messages_of_contact(contact.id, 50).await.expect("reads");
        let Some(last) = messages.iter().find(|message| message.inbound) else { return false };
        for round in self.seen.rounds() {
            for conversation in read.conversations_of_contact(round, contact.id).await.expect("reads") {
                let answers = read.answers_of_conversation(conversation.id).await.expect("reads");
                if answers.iter().any(|answer| answer.message_id == Some(last.id)) {
                    return true;
                }
            }
        }
        false
    }

    /// The provider delivers a text again, some of the time with other words: the identifier decides (P2).
    async fn again(&mut self, which: usize) -> anyhow::Result<()> {
        let Delivered { sid, from, body, bytes } = &self.delivered[which];
        let (sid, from, body, bytes) = (sid.clone(), *from, body.clone(), bytes.clone());
        self.app.log(&format!("{from} < {} (again)", body.escape_debug()));
        let before = (self.app.alerts().await.len(), self.app.unsettled().await, self.seen.counts(&self.app).await?);
        let again = self.app.deliver(&sid, from, &body).await.context("a redelivered text was refused")?;
        ensure!(again == bytes, "P2: a redelivery got other bytes:\n{again}\ninstead of\n{bytes}");
        let after = (self.app.alerts().await.len(), self.app.unsettled().await, self.seen.counts(&self.app).await?);
        ensure!(before == after, "P2: a redelivery had an effect: {before:?} became {after:?}");
        Ok(())
    }

    /// Lives through all of it, and another morning with a good line: everything has to come to an end.
    pub(super) async fn live(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let mut latest = self.app.now();
        for (index, event) in events.iter().enumerate() {
            let what = || format!("after event {} of {} ({event:?})", index + 1, events.len());
            self.happen(event).await.with_context(what)?;
            self.seen.check(&self.app, index + 1).await.with_context(what)?;
            latest = latest.max(self.app.now());
        }
        self.app.provider.set_faults(Faults::default());
        // What was made while the clock was ahead waits until it is there again.
        self.app.advance_until(latest.max(self.app.now())).await;
        self.app.advance_to(9, 0).await;
        self.app.advance(TimeDelta::hours(6)).await;
        self.seen.check(&self.app, events.len() + 1).await.context("at the end")?;
        self.seen.check_the_end(&self.app).await.context("at the end")
    }
}
