//! What happens to one patient of a campaign at one time: which text, or which reason why none. The same function
//! decides in the preview and, again, at the moment of sending.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::audience::Audience;
use super::candidate::{Candidate, Conversation};
use super::content::{ReadyContent, segments_of};
use super::schedule::Window;
use crate::contact::{Hindrance, Undeliverable};
use crate::id::CampaignId;
use crate::keyed::keyed;
use crate::language::Language;

keyed! {
    /// Why a patient of a campaign gets no text. Ordered: of several reasons, the first is the one that is given.
    SkipReason {
        /// This run's text has been made for them before (P4).
        AlreadyHadIt = "already-had-it",
        /// They are through with today's questions: there is nothing to remind them of.
        AlreadyFinished = "already-finished",
        /// The audience took them when the run was planned, and no longer does.
        LeftAudience = "left-audience",
        /// They are not under observation on this day.
        NotUnderObservation = "not-under-observation",
        /// The number is known to be somebody else's.
        WrongNumber = "wrong-number",
        /// The phone wants no texts.
        OptedOut = "opted-out",
        /// Not a mobile number.
        Landline = "landline",
        /// No such number.
        NoSuchNumber = "no-such-number",
        /// The provider or the carrier blocks texts to it.
        Blocked = "blocked",
        /// It is not known yet that the number is the patient's.
        NotConfirmed = "not-confirmed",
        /// On their shared phone another patient is being asked, and would be interrupted.
        ConversationElsewhere = "conversation-in-progress-elsewhere",
        /// Another patient on their shared phone has got the text: one a phone is enough.
        SamePhone = "same-phone",
        /// A text to their phone was made only minutes ago.
        TextedRecently = "texted-recently",
        /// There is no text in their language.
        NoTextInLanguage = "no-text-in-language",
        /// The pending question is to be repeated, and none is open.
        NothingPending = "nothing-pending",
        /// The quiet hours have begun (P7).
        QuietHours = "quiet-hours",
        /// The deadline of the run has passed (P7).
        AfterDeadline = "after-deadline",
        /// The budget of the campaign or the center is used up.
        OverBudget = "over-budget",
        /// The campaign was canceled before the text was handed to the provider.
        Canceled = "canceled",
    }
}

keyed! {
    /// What a patient of a campaign gets.
    What {
        /// The campaign's text.
        Text = "text",
        /// The question that is open in their own conversation, again, and once.
        PendingQuestion = "pending-question",
    }
}

/// What holds for every patient of a run.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Who is meant.
    pub audience: &'a Audience,
    /// What is said.
    pub content: &'a ReadyContent,
    /// When texts may leave.
    pub window: Window,
    /// The deadline of the round that is going on, if one is: no question is asked at it or later, save by a dialog
    /// that belongs to no round.
    pub questions_until: Option<DateTime<Utc>>,
    /// How long after the latest text to a phone this one may follow. See [`DEFAULT_GAP`].
    pub least_gap: TimeDelta,
    /// How many segments the budget has left; `None` without a budget. Whoever sends counts it down.
    pub segments_left: Option<u64>,
}

impl Terms<'_> {
    /// Before which instant a text must leave (P7): the deadline of its row in the outbox, and what the provider is
    /// told.
    #[must_use]
    pub fn closes_at(&self, what: What) -> DateTime<Utc> {
        match (what, self.questions_until) {
            (What::PendingQuestion, Some(deadline)) => deadline.min(self.window.closes_at),
            _ => self.window.closes_at,
        }
    }
}

/// How long after another text a campaign leaves a phone alone, where nothing else is configured.
pub const DEFAULT_GAP: TimeDelta = TimeDelta::minutes(20);

/// A text that is to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// What it is.
    pub what: What,
    /// In which language.
    pub language: Language,
    /// The words.
    pub text: Cow<'a, str>,
    /// What it takes.
    pub segments: u32,
}

/// What happens to one patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// This leaves.
    Send(Outgoing<'a>),
    /// Nothing leaves, and why.
    Skip(SkipReason),
}

/// Decides what one patient gets at `now`. `pending` writes the question that is open in their conversation, as a
/// reminder; it is called only if that is what they would get, and says nothing if the conversation has nothing to
/// repeat.
///
/// Whoever is no longer taken by the audience is skipped too: they were when the run was planned. For a patient who has
/// finished in the meantime that is said.
#[must_use]
pub fn decide<'a>(
    terms: &Terms<'a>,
    candidate: &Candidate<'_>,
    now: DateTime<Utc>,
    pending: impl FnOnce() -> Option<String>,
) -> Decision<'a> {
    match outgoing(terms, candidate, now, pending) {
        Ok(outgoing) => Decision::Send(outgoing),
        Err(reason) => Decision::Skip(reason),
    }
}

fn outgoing<'a>(
    terms: &Terms<'a>,
    candidate: &Candidate<'_>,
    now: DateTime<Utc>,
    pending: impl FnOnce() -> Option<String>,
) -> Result<Outgoing<'a>, SkipReason> {
    who(terms, candidate)?;
    let what = what(terms, candidate, now)?;
    let language = candidate.language;
    let wording = match what {
        What::Text => Some(terms.content.text(language).ok_or(SkipReason::NoTextInLanguage)?),
        What::PendingQuestion => None,
    };
    if now >= terms.window.closes_at {
        return Err(terms.window.closed_by.reason());
    }
    if now >= terms.closes_at(what) {
        return Err(SkipReason::AfterDeadline);
    }
    let (text, segments) = match wording {
        Some(wording) => (Cow::Borrowed(wording.text.as_str()), wording.segments),
        None => {
            let text = pending().ok_or(SkipReason::NothingPending)?;
            let segments = segments_of(&text);
            (Cow::Owned(text), segments)
        }
    };
    if terms.segments_left.is_some_and(|left| left < u64::from(segments)) {
        return Err(SkipReason::OverBudget);
    }
    Ok(Outgoing { what, language, text, segments })
}

/// Whether they are meant, and may be texted at all.
fn who(terms: &Terms<'_>, candidate: &Candidate<'_>) -> Result<(), SkipReason> {
    if candidate.had_it {
        return Err(SkipReason::AlreadyHadIt);
    }
    let repeats = *terms.content == ReadyContent::PendingQuestion;
    let is_meant = terms.audience.matches(candidate);
    if candidate.is_finished() && (repeats || !is_meant) {
        return Err(SkipReason::AlreadyFinished);
    }
    if !is_meant {
        return Err(SkipReason::LeftAudience);
    }
    if !candidate.observed {
        return Err(SkipReason::NotUnderObservation);
    }
    match (candidate.hindrance, candidate.undeliverable) {
        (None, _) => Ok(()),
        (Some(Hindrance::WrongNumber), _) => Err(SkipReason::WrongNumber),
        (Some(Hindrance::OptedOut), _) => Err(SkipReason::OptedOut),
        (Some(Hindrance::Undeliverable), Some(Undeliverable::NoSuchNumber)) => Err(SkipReason::NoSuchNumber),
        (Some(Hindrance::Undeliverable), Some(Undeliverable::NotMobile)) => Err(SkipReason::Landline),
        (Some(Hindrance::Undeliverable), Some(Undeliverable::Blocked) | None) => Err(SkipReason::Blocked),
        (Some(Hindrance::NotConfirmed), _) => Err(SkipReason::NotConfirmed),
    }
}

/// What they would get, by what is going on between them and the program.
fn what(terms: &Terms<'_>, candidate: &Candidate<'_>, now: DateTime<Utc>) -> Result<What, SkipReason> {
    if candidate.other_is_asked {
        return Err(SkipReason::ConversationElsewhere);
    }
    if candidate.phone_has_it {
        return Err(SkipReason::SamePhone);
    }
    // A text that seems to lie in the future is one of a clock that was set back: recent.
    if candidate.last_text_at.is_some_and(|last| now - last < terms.least_gap) {
        return Err(SkipReason::TextedRecently);
    }
    match (terms.content, candidate.conversation) {
        (_, Conversation::HalfFinished) | (ReadyContent::PendingQuestion, Conversation::Unanswered) => {
            Ok(What::PendingQuestion)
        }
        (ReadyContent::PendingQuestion, Conversation::NotOpen) => Err(SkipReason::NothingPending),
        (ReadyContent::Texts(_), Conversation::Unanswered | Conversation::NotOpen) => Ok(What::Text),
    }
}

/// The slot of a run's text in the outbox: with it, (run, patient) is unique whatever restarts, overlaps or second
/// instances do (P4). It names the run by itself, so the text is enqueued without a round: a run may cross an opening.
#[must_use]
pub fn slot(campaign: CampaignId, run: u32) -> String {
    format!("campaign:{campaign}:{run}")
}

#[cfg(test)]
mod tests;
