//! What a campaign would do: counted over its candidates one by one, so that memory does not grow with the audience.
//! What happens to each is [`super::decide`]'s business, how a list of them is loaded the store's.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::audience::IdList;
use super::candidate::Candidate;
use super::decide::{Decision, Outgoing, SkipReason, Terms, What, decide};
use super::field_error::FieldError;
use super::price::{Amount, SegmentPrice};
use super::schedule::{Closing, Window};
use crate::id::{ContactId, PatientId};
use crate::language::Language;
use crate::message::Body;
use crate::retry::TokenBucket;

/// How fast the sender's texts may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Segments a second.
    pub per_second: NonZeroU32,
    /// Segments at once after a pause.
    pub burst: NonZeroU32,
}

/// What a preview has to know beside the terms of the run.
#[derive(Debug, Clone)]
pub struct Expected {
    /// How fast the sender's texts may leave, if nothing else is sent at the same time.
    pub pace: Pace,
    /// What a segment costs the center; `None`: not known.
    pub price: Option<SegmentPrice>,
    /// A second person approves what goes to more patients than this; `None`: never.
    pub approval_above: Option<u64>,
}

/// How many samples staff are shown.
pub const SAMPLES: usize = 3;

/// A preview that is being counted. Feed it with every patient of the center, in the order in which they would be sent
/// to; patients on one phone one right after the other, as they are when sorted by the highest risk on the phone, by
/// phone, and by letter.
#[derive(Debug)]
pub struct Preview<'a> {
    terms: Terms<'a>,
    expected: Expected,
    bucket: TokenBucket,
    /// When the latest text would leave.
    clock: DateTime<Utc>,
    /// The phone that the latest text was for.
    latest_phone: Option<ContactId>,
    counted: Counted,
    /// Of each sort of text, the first ones: at most [`SAMPLES`] each.
    samples: BTreeMap<(What, Language), Vec<Sample>>,
    /// The audience's lists of IDs, and which of each somebody has.
    known_ids: Vec<(&'a IdList, Vec<bool>)>,
}

/// What has been counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counted {
    audience: u64,
    recipients: u64,
    segments: u64,
    skipped: BTreeMap<SkipReason, u64>,
    by_what: BTreeMap<What, u64>,
    by_language: BTreeMap<Language, LanguageCount>,
    too_late: u64,
}

/// What is counted of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LanguageCount {
    /// How many of the audience read it.
    pub audience: u64,
    /// How many of them get a text.
    pub recipients: u64,
    /// How many segments these texts take.
    pub segments: u64,
    /// How many are skipped since there is no text in it.
    pub without_text: u64,
}

/// How a text would read for one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Whose phone would get it.
    pub patient_id: PatientId,
    /// What it is.
    pub what: What,
    /// In which language.
    pub language: Language,
    /// The words.
    pub text: Body,
    /// What it takes.
    pub segments: u32,
}

/// What a campaign would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many patients the audience takes: those who get a text and those who are skipped.
    pub audience: u64,
    /// How many get a text.
    pub recipients: u64,
    /// How many do not, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// How many get which sort of text.
    pub by_what: BTreeMap<What, u64>,
    /// What is sent in each language of the audience.
    pub by_language: BTreeMap<Language, LanguageCount>,
    /// How many segments the texts take.
    pub segments: u64,
    /// What they cost; `None`: not known.
    pub cost: Option<Amount>,
    /// When the texts may leave.
    pub window: Window,
    /// When the last of them would leave at the sender's pace; the start if there is none.
    pub ends_at: DateTime<Utc>,
    /// How many of the recipients would not get theirs any more, since the window closes first. They are counted as
    /// recipients here, and would be skipped with that reason.
    pub too_late: u64,
    /// How it reads, for up to [`SAMPLES`] recipients: as different ones as there are.
    pub samples: Vec<Sample>,
    /// Whether a second person has to approve it.
    pub needs_approval: bool,
    /// Which entries of the audience's lists of IDs nobody at the center has: list by list, counted from 1.
    pub unknown_ids: Vec<Vec<usize>>,
}

impl<'a> Preview<'a> {
    /// Nothing counted yet. Texts leave from the beginning of the terms' window on.
    #[must_use]
    pub fn new(terms: Terms<'a>, expected: Expected) -> Self {
        let begins = terms.window.opens_at;
        let Pace { per_second, burst } = expected.pace;
        Self {
            bucket: TokenBucket::new(per_second, burst, begins),
            clock: begins,
            latest_phone: None,
            counted: Counted::default(),
            samples: BTreeMap::new(),
            known_ids: terms.audience.id_lists().into_iter().map(|list| (list, vec![false; list.len()])).collect(),
            terms,
            expected,
        }
    }

    /// Counts one patient of the center, whether or not the audience takes them. `pending` writes the question that is
    /// open in their conversation ([`decide`]).
    pub fn add(&mut self, candidate: &Candidate<'_>, pending: impl FnOnce() -> Option<String>) {
        for (list, known) in &mut self.known_ids {
            if let Some(known) = list.position(candidate.her_sys_id).and_then(|place| known.get_mut(place)) {
                *known = true;
            }
        }
        if !self.terms.audience.matches(candidate) {
            return;
        }
        self.counted.audience += 1;
        let language = self.counted.by_language.entry(candidate.language).or_default();
        language.audience += 1;
        let phone_has_it = candidate.phone_has_it || self.latest_phone == Some(candidate.contact_id);
        let candidate = Candidate { phone_has_it, ..*candidate };
        // Decided as of the beginning: what is too late by then is told apart from what hinders anyway.
        match decide(&self.terms, &candidate, self.terms.window.opens_at, pending) {
            Decision::Skip(reason) => {
                language.without_text += u64::from(reason == SkipReason::NoTextInLanguage);
                *self.counted.skipped.entry(reason).or_default() += 1;
            }
            Decision::Send(outgoing) => {
                language.recipients += 1;
                language.segments += u64::from(outgoing.segments);
                self.send(&candidate, outgoing);
            }
        }
    }

    fn send(&mut self, candidate: &Candidate<'_>, outgoing: Outgoing<'_>) {
        let Outgoing { what, language, text, segments } = outgoing;
        self.latest_phone = Some(candidate.contact_id);
        self.counted.recipients += 1;
        self.counted.segments += u64::from(segments);
        *self.counted.by_what.entry(what).or_default() += 1;
        if let Some(left) = &mut self.terms.segments_left {
            *left = left.saturating_sub(segments.into());
        }
        while let Err(free_at) = self.bucket.take(self.clock, segments) {
            self.clock = free_at;
        }
        self.counted.too_late += u64::from(self.clock >= self.terms.closes_at(what));
        let kept = self.samples.entry((what, language)).or_default();
        if kept.len() < SAMPLES {
            let text = Body(text.into_owned());
            kept.push(Sample { patient_id: candidate.patient_id, what, language, text, segments });
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn finish(self) -> Summary {
        let Counted { audience, recipients, segments, skipped, by_what, by_language, too_late } = self.counted;
        let unknown = |(_, known): &(&IdList, Vec<bool>)| {
            (1..).zip(known).filter(|(_, known)| !**known).map(|(place, _)| place).collect::<Vec<usize>>()
        };
        Summary {
            audience,
            recipients,
            skipped,
            by_what,
            by_language,
            segments,
            cost: self.expected.price.map(|price| price.of(segments)),
            window: self.terms.window,
            ends_at: self.clock,
            too_late,
            samples: choose(self.samples),
            needs_approval: self.expected.approval_above.is_some_and(|most| recipients > most),
            unknown_ids: self.known_ids.iter().map(unknown).collect(),
        }
    }
}

/// Up to [`SAMPLES`] of what was kept: first of sorts and languages that are not there yet.
fn choose(kept: BTreeMap<(What, Language), Vec<Sample>>) -> Vec<Sample> {
    let mut left: Vec<Sample> = kept.into_values().flatten().collect();
    let mut chosen: Vec<Sample> = Vec::new();
    while chosen.len() < SAMPLES && !left.is_empty() {
        // What it adds: a sort that is not there, a language that is not there; of equals the first.
        let adds = |sample: &Sample| {
            let is_new = |same: fn(&Sample, &Sample) -> bool| !chosen.iter().any(|one| same(one, sample));
            (is_new(|a, b| a.what == b.what), is_new(|a, b| a.language == b.language))
        };
        let best = (0..left.len()).rev().max_by_key(|place| adds(&left[*place])).unwrap_or(0);
        let sample = left.remove(best);
        chosen.push(sample);
    }
    chosen
}

impl Summary {
    /// How long it takes, in whole seconds, begun ones included.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        let millis = (self.ends_at - self.window.opens_at).num_milliseconds();
        u64::try_from(millis).unwrap_or(0).div_ceil(1_000)
    }

    /// Whether the last text leaves before the window closes.
    #[must_use]
    pub const fn ends_in_time(&self) -> bool {
        self.too_late == 0
    }

    /// Why nothing may be sent: an audience of nobody, or that gets nothing, or a list with IDs that nobody has.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for places in self.unknown_ids.iter().filter(|places| !places.is_empty()) {
            const SHOWN: usize = 10;
            let shown: Vec<String> = places.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = if places.len() > SHOWN { ", …" } else { "" };
            let message = match places.len() {
                1 => format!("nobody at the center has the ID of entry {}", shown[0]),
                count => format!("{count} IDs are nobody's at the center: entries {}{more}", shown.join(", ")),
            };
            faults.push(FieldError::new("audience.id", message).hint("correct them, or leave them out"));
        }
        if self.audience == 0 {
            faults.push(FieldError::new("audience", "nobody is in this audience").hint("choose a wider one"));
        } else if self.recipients == 0 {
            let reasons: Vec<String> =
                self.skipped.iter().map(|(reason, count)| format!("{} {count}", reason.key())).collect();
            let message = format!("nobody in this audience would get a text: {}", reasons.join(", "));
            faults.push(FieldError::new("audience", message));
        }
        faults
    }

    /// What staff should know before they send it, and may send it all the same.
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        let mut warnings = Vec::new();
        if self.too_late > 0 {
            let (field, what) = match self.window.closed_by {
                Closing::Deadline => ("schedule.deadline", "the deadline passes"),
                Closing::QuietHours => ("schedule.start", "the quiet hours begin"),
            };
            let message = format!("{} of {} texts would not leave before {what}", self.too_late, self.recipients);
            warnings.push(FieldError::new(field, message).hint("begin earlier, or choose a smaller audience"));
        }
        if let Some(count) = self.skipped.get(&SkipReason::OverBudget) {
            warnings.push(FieldError::new("content", format!("the budget ends before {count} of the texts")));
        }
        warnings
    }

    /// How many of the audience read each language that nothing is written in: for
    /// [`super::content::ReadyContent::missing`].
    #[must_use]
    pub fn without_text(&self) -> BTreeMap<Language, u64> {
        self.by_language.iter().map(|(language, count)| (*language, count.without_text)).collect()
    }
}

#[cfg(test)]
mod tests;
