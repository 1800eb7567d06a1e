//! The phones: which there are, who holds them, and what somebody is about to type. Knows no HTTP.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::simulator::message::{Direction, Message};
use crate::simulator::persona::{Persona, answer};
use crate::simulator::provider::Alert;

/// After this much silence a new morning has begun for whoever holds a phone.
const MORNING: TimeDelta = TimeDelta::hours(3);

/// One phone.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Phone {
    id: u32,
    pub(in crate::simulator) number: String,
    title: Option<Title>,
    persona: Option<Persona>,
    answering: bool,
    /// A person has taken it: who holds it by script keeps still, in a later run too.
    taken: bool,
    pending: Option<Pending>,
    last_heard: Option<DateTime<Utc>>,
}

/// What somebody is about to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Pending {
    pub(in crate::simulator) due: DateTime<Utc>,
    pub(in crate::simulator) to: String,
    pub(in crate::simulator) words: String,
}

/// All phones.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Phones {
    list: Vec<Phone>,
    by_number: HashMap<String, u32>,
}

impl Phones {
    /// The phone with this number; a new one if there is none yet.
    pub(in crate::simulator) fn id_of(&mut self, number: &str) -> u32 {
        if let Some(id) = self.by_number.get(number) {
            return *id;
        }
        let id = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.by_number.insert(number.to_owned(), id);
        self.list.push(Phone {
            id,
            number: number.to_owned(),
            title: None,
            persona: None,
            answering: false,
            taken: false,
            pending: None,
            last_heard: None,
        });
        id
    }

    fn of_number(&mut self, number: &str) -> Option<&mut Phone> {
        let id = self.id_of(number);
        self.list.get_mut(id as usize)
    }

    /// The phone with this id.
    pub(in crate::simulator) fn get(&self, id: u32) -> Option<&Phone> {
        self.list.get(id as usize)
    }

    /// Every phone.
    pub(in crate::simulator) fn cards(&self) -> Vec<PhoneCard> {
        self.list.iter().map(Phone::card).collect()
    }

    /// Goes on from an earlier run: the phones that it had, each under the id that it had.
    pub(in crate::simulator) fn resume(&mut self, kept: Vec<KeptPhone>) {
        for KeptPhone { number, taken } in kept {
            if let Some(phone) = self.of_number(&number) {
                phone.taken = taken;
            }
        }
    }

    /// What a later run needs to go on.
    pub(in crate::simulator) fn kept(&self) -> Vec<KeptPhone> {
        self.list.iter().map(|phone| KeptPhone { number: phone.number.clone(), taken: phone.taken }).collect()
    }

    /// Gives a phone a name on the page.
    pub(in crate::simulator) fn set_title(&mut self, number: &str, title: Title) {
        if let Some(phone) = self.of_number(number) {
            phone.title = Some(title);
        }
    }

    /// Puts a phone into somebody's hands; they answer by themselves from now on, unless a person has taken it.
    pub(in crate::simulator) fn set_persona(&mut self, number: &str, persona: Persona) {
        if let Some(phone) = self.of_number(number) {
            phone.persona = Some(persona);
            phone.answering = !phone.taken;
        }
    }

    /// Switches answering by itself on or off; `None` if there is no such phone, or nobody to answer.
    pub(in crate::simulator) fn set_answering(&mut self, id: u32, answering: bool) -> Option<PhoneCard> {
        let phone = self.list.get_mut(id as usize)?;
        phone.persona.as_ref()?;
        phone.answering = answering;
        phone.taken = !answering;
        if !answering {
            phone.pending = None;
        }
        Some(phone.card())
    }

    /// A text has reached a phone: whoever holds it may be about to answer.
    pub(in crate::simulator) fn receive(&mut self, number: &str, sender: &str, text: &str, now: DateTime<Utc>) {
        let Some(phone) = self.of_number(number) else { return };
        let new_morning = phone.last_heard.is_none_or(|last| now - last > MORNING);
        phone.last_heard = Some(now);
        let Some(persona) = phone.persona.as_mut().filter(|_| phone.answering) else { return };
        if new_morning {
            persona.said = 0;
        }
        let Some((delay, words)) = answer(persona, text) else { return };
        // Whoever is already on the way to answering does not begin anew; they answer what they see by then.
        let due = phone.pending.as_ref().map_or(now + delay, |pending| pending.due);
        phone.pending = Some(Pending { due, to: sender.to_owned(), words });
    }

    /// When somebody next types.
    pub(in crate::simulator) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.list.iter().filter_map(|phone| phone.pending.as_ref()).map(|pending| pending.due).min()
    }

    /// Takes what is to be typed by now: (number, answer), in the order in which it falls due.
    pub(in crate::simulator) fn take_due(&mut self, now: DateTime<Utc>) -> Vec<(String, Pending)> {
        let mut due = Vec::new();
        for phone in &mut self.list {
            if let Some(pending) = phone.pending.take_if(|pending| pending.due <= now) {
                if let Some(persona) = &mut phone.persona {
                    persona.said += 1;
                }
                due.push((phone.number.clone(), pending));
            }
        }
        due.sort_by_key(|(_, pending)| pending.due);
        due
    }
}

impl Phone {
    fn card(&self) -> PhoneCard {
        PhoneCard {
            id: self.id,
            number: self.number.clone(),
            title: self.title.clone(),
            has_persona: self.persona.is_some(),
            answering: self.answering,
        }
    }
}

/// What a phone is called on the page, in the page's languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Title {
    ja: String,
    en: String,
}

impl Title {
    /// A name that means something to whoever looks: in Japanese, and in English.
    #[must_use]
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }
}

/// A phone, as a later run needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct KeptPhone {
    number: String,
    taken: bool,
}

/// A phone, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::simulator) struct PhoneCard {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) number: String,
    pub(in crate::simulator) title: Option<Title>,
    pub(in crate::simulator) has_persona: bool,
    pub(in crate::simulator) answering: bool,
}

/// A text, as a phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::simulator) struct Bubble {
    sid: String,
    /// Whether the phone sent it.
    mine: bool,
    /// The other end: the number that it came from or went to.
    other: String,
    body: String,
    status: &'static str,
    segments: u32,
    error: Option<u32>,
    /// The day and time in the simulator's zone.
    day: String,
    time: String,
}

impl Bubble {
    /// How a phone shows this message.
    pub(in crate::simulator) fn of(message: &Message, zone: Tz) -> Self {
        let mine = message.direction == Direction::Inbound;
        let other = if mine { message.to.clone() } else { message.from.clone().unwrap_or_default() };
        let at = message.created_at.with_timezone(&zone);
        Self {
            sid: message.sid.clone(),
            mine,
            other,
            body: message.body.clone(),
            status: message.status.as_str(),
            segments: message.segments,
            error: message.error_code,
            day: at.format("%Y-%m-%d").to_string(),
            time: at.format("%H:%M").to_string(),
        }
    }
}

/// What the page is told while it is open.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(in crate::simulator) enum News {
    /// A text is new or has changed.
    Message { phone: u32, message: Bubble },
    /// A phone is new or has changed.
    Phone(PhoneCard),
    /// The provider noted a problem.
    Alert(Alert),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::persona::Style;

    const PHONE: &str = "+819012345601";
    const CENTER: &str = "+815000000001";

    fn at(minute: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_298_400 + i64::from(minute) * 60, 0).expect("a time")
    }

    #[test]
    fn a_reminder_does_not_make_a_slow_person_slower() {
        let mut phones = Phones::default();
        phones.set_persona(PHONE, Persona::new(Style::Slow));
        phones.receive(PHONE, CENTER, "体温を返信してください。", at(0));
        let due = phones.next_due().expect("about to answer");
        phones.receive(PHONE, CENTER, "まだです。体温を返信してください。", at(45));
        assert_eq!(phones.next_due(), Some(due));
        // Thanks in between change nothing either.
        phones.receive(PHONE, CENTER, "ありがとうございました。", at(46));
        assert_eq!(phones.next_due(), Some(due));
        assert!(phones.take_due(at(45)).is_empty());
        let typed = phones.take_due(due);
        assert_eq!(typed.len(), 1);
        assert_eq!((typed[0].0.as_str(), typed[0].1.words.as_str()), (PHONE, "36.6"));
        assert_eq!(phones.next_due(), None);
    }

    #[test]
    fn a_new_morning_begins_after_a_long_silence() {
        let mut phones = Phones::default();
        phones.set_persona(PHONE, Persona::new(Style::MisunderstandsOnce));
        let ask = |phones: &mut Phones, minute: u32| -> String {
            phones.receive(PHONE, CENTER, "体温を返信してください。", at(minute));
            phones.take_due(at(minute + 5)).remove(0).1.words
        };
        assert_eq!(ask(&mut phones, 0), "おはようございます");
        assert_eq!(ask(&mut phones, 10), "36.6");
        assert_eq!(ask(&mut phones, 20), "36.6");
        assert_eq!(ask(&mut phones, 24 * 60), "おはようございます");
    }

    #[test]
    fn who_is_switched_off_says_nothing() {
        let mut phones = Phones::default();
        phones.set_persona(PHONE, Persona::new(Style::Tidy));
        phones.receive(PHONE, CENTER, "体温を返信してください。", at(0));
        let id = phones.id_of(PHONE);
        assert!(phones.set_answering(id, false).is_some());
        assert_eq!(phones.next_due(), None);
        phones.receive(PHONE, CENTER, "体温を返信してください。", at(1));
        assert_eq!(phones.next_due(), None);
        let other = phones.id_of("+819012345602");
        assert_eq!(phones.set_answering(other, true), None);
    }
}
