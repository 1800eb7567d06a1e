//! Campaigns: a message that staff send to many patients. Values in, values out; what is loaded, stored and sent is the
//! shell's business.
//!
//! Read in this order: [`candidate`] (one patient, as the rules see them), [`audience`] (who is meant, as a filter
//! that staff type), [`content`] (what is said), [`schedule`] over [`cron`] (when), [`decide`] (what one patient gets,
//! or why nothing), [`preview`] (what all of them get, counted one by one, with its [`price`]), [`life`] (who may do
//! what with a campaign, and when texts may leave at all), [`progress`] (what has become of it). What is wrong with
//! something that staff entered is a [`FieldError`].
//!
//! How the shell uses it: [`Draft::check`] before anything is kept; a [`preview::Preview`] over the center's patients
//! to show and to know whether a second person is needed; [`life::Life::next`] for every step; when
//! [`schedule::Schedule::due`] says so, a run is planned with the patients that the audience takes; for each of them
//! [`decide::decide`] is asked again at the moment of sending, under the lock of their contact, and what it says is
//! either enqueued in the slot [`decide::slot`] or recorded as the reason for a skip.

pub mod audience;
pub mod candidate;
pub mod content;
pub mod cron;
pub mod decide;
mod field_error;
pub mod life;
pub mod preview;
pub mod price;
pub mod progress;
pub mod schedule;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use field_error::FieldError;

use crate::center::Center;
use crate::id::{CampaignId, CenterId};

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its identifier.
    pub id: CampaignId,
    /// Whose patients it is for; their center's number sends it.
    pub center_id: CenterId,
    /// What was entered.
    pub draft: Draft,
    /// Where it stands.
    pub life: life::Life,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What staff enter of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// How staff call it; never in a text.
    pub name: String,
    /// Who is meant.
    pub audience: audience::Audience,
    /// What is said.
    pub content: content::Content,
    /// When.
    pub schedule: schedule::Schedule,
}

/// A draft with which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedDraft {
    /// What it says, as it leaves.
    pub content: content::ReadyContent,
    /// When its texts may leave.
    pub plan: schedule::Plan,
}

/// How long the name of a campaign may be, in characters.
const LONGEST_NAME: usize = 80;

impl Draft {
    /// Reads what programs send: every key is known.
    ///
    /// # Errors
    /// The first fault, at its path.
    pub fn from_json(json: &str) -> Result<Self, FieldError> {
        let draft: Self = field_error::from_json("", json)?;
        draft.audience.check()?;
        Ok(draft)
    }

    /// Checks all of it for a center, at `now`. Who would get it is [`preview`]'s business.
    ///
    /// # Errors
    /// Everything that is wrong, each at its field.
    pub fn check(&self, center: &Center, now: DateTime<Utc>) -> Result<CheckedDraft, Vec<FieldError>> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push(FieldError::new("name", "the campaign has no name").hint("say what it is for"));
        } else if self.name.chars().count() > LONGEST_NAME || self.name.chars().any(char::is_control) {
            let message = format!("the name has at most {LONGEST_NAME} characters, on one line");
            faults.push(FieldError::new("name", message));
        }
        faults.extend(self.audience.check().err());
        let content = self.content.ready(center);
        let plan = self.schedule.plan(now, &center.hours, center.time_zone);
        match (content, plan) {
            (Ok(content), Ok(plan)) if faults.is_empty() => Ok(CheckedDraft { content, plan }),
            (content, plan) => {
                faults.extend(content.err().into_iter().chain(plan.err()).flatten());
                Err(faults)
            }
        }
    }
}
