//! The life of a campaign: its states, what leads from one to another, and who may do it. When it runs is
//! [`super::schedule`]'s business.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::StaffId;
use crate::keyed::keyed;
use crate::staff::Role;

keyed! {
    /// Where a campaign stands.
    CampaignState {
        /// Being written.
        Draft = "draft",
        /// Waits for a second person.
        AwaitingApproval = "awaiting-approval",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// A run is going on: texts leave.
        Running = "running",
        /// Stopped for now: nothing leaves.
        Paused = "paused",
        /// Every run is over.
        Finished = "finished",
        /// Called off: nothing leaves any more.
        Canceled = "canceled",
        /// Its time passed before it could run, or while it was paused.
        Expired = "expired",
    }
}

impl CampaignState {
    /// Whether texts may be handed to the provider. In no other state does any text of a campaign leave.
    #[must_use]
    pub const fn may_send(self) -> bool {
        matches!(self, Self::Running)
    }

    /// Whether nothing can be done with it any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Canceled | Self::Expired)
    }
}

keyed! {
    /// What can be done with a campaign.
    ActionKind {
        /// Change it. An approval is void with it.
        Edit = "edit",
        /// Release it.
        Submit = "submit",
        /// Approve it, as a second person.
        Approve = "approve",
        /// Give it back to be changed.
        SendBack = "send-back",
        /// Begin a run.
        Start = "start",
        /// Stop for now.
        Pause = "pause",
        /// Go on.
        Resume = "resume",
        /// Call it off.
        Cancel = "cancel",
        /// A run is over: its audience is through, or its time.
        EndRun = "end-run",
        /// No run can come any more.
        Expire = "expire",
    }
}

/// Something that is done with a campaign, with what decides where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Change it.
    Edit,
    /// Release it; by the preview, so many would get a text.
    Submit {
        /// How many ([`super::preview::Summary::recipients`]).
        recipients: u64,
    },
    /// Approve it, as a second person.
    Approve,
    /// Give it back to be changed.
    SendBack,
    /// Begin a run; as it is planned now, so many would get a text. An audience may have grown since the release.
    Start {
        /// How many.
        recipients: u64,
    },
    /// Stop for now.
    Pause,
    /// Go on.
    Resume,
    /// Call it off.
    Cancel,
    /// A run is over.
    EndRun {
        /// What comes after it.
        then: Then,
    },
    /// No run can come any more.
    Expire,
}

/// What comes after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Another one.
    Repeats,
    /// Nothing.
    Ends,
}

impl Action {
    /// What it is, without what decides where it leads.
    #[must_use]
    pub const fn kind(self) -> ActionKind {
        match self {
            Self::Edit => ActionKind::Edit,
            Self::Submit { .. } => ActionKind::Submit,
            Self::Approve => ActionKind::Approve,
            Self::SendBack => ActionKind::SendBack,
            Self::Start { .. } => ActionKind::Start,
            Self::Pause => ActionKind::Pause,
            Self::Resume => ActionKind::Resume,
            Self::Cancel => ActionKind::Cancel,
            Self::EndRun { .. } => ActionKind::EndRun,
            Self::Expire => ActionKind::Expire,
        }
    }
}

impl ActionKind {
    /// Whether it is for time to do, and not for a person.
    #[must_use]
    pub const fn is_times(self) -> bool {
        matches!(self, Self::Start | Self::EndRun | Self::Expire)
    }
}

/// Who does something with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A member of staff.
    Staff(StaffId, Role),
    /// The scheduler: a time came.
    Time,
}

impl Role {
    /// Whether this role may write, release and steer campaigns. Reminding people is part of looking after enrolment
    /// and calls.
    #[must_use]
    pub const fn may_steer_campaigns(self) -> bool {
        matches!(self, Self::Manager | Self::Nurse | Self::Clerk)
    }

    /// Whether this role may approve a campaign of somebody else.
    #[must_use]
    pub const fn may_approve_campaigns(self) -> bool {
        matches!(self, Self::Manager | Self::Nurse)
    }
}

/// Where each action leads: from, by, to. Where there are two ways, the campaign decides ([`Life::next`]). What is not
/// here is not possible.
pub const TRANSITIONS: &[(CampaignState, ActionKind, CampaignState)] = {
    use ActionKind::{Approve, Cancel, Edit, EndRun, Expire, Pause, Resume, SendBack, Start, Submit};
    use CampaignState::{AwaitingApproval, Canceled, Draft, Expired, Finished, Paused, Running, Scheduled};
    &[
        (Draft, Edit, Draft),
        (Draft, Submit, Scheduled),
        (Draft, Submit, AwaitingApproval),
        (Draft, Cancel, Canceled),
        (AwaitingApproval, Approve, Scheduled),
        (AwaitingApproval, SendBack, Draft),
        (AwaitingApproval, Edit, Draft),
        (AwaitingApproval, Cancel, Canceled),
        (AwaitingApproval, Expire, Expired),
        (Scheduled, Start, Running),
        // The audience has grown, and nobody has approved it.
        (Scheduled, Start, AwaitingApproval),
        (Scheduled, Edit, Draft),
        (Scheduled, Pause, Paused),
        (Scheduled, Cancel, Canceled),
        (Scheduled, Expire, Expired),
        (Running, EndRun, Finished),
        (Running, EndRun, Scheduled),
        (Running, Pause, Paused),
        (Running, Cancel, Canceled),
        // In the middle of a run, or between two.
        (Paused, Resume, Running),
        (Paused, Resume, Scheduled),
        (Paused, EndRun, Expired),
        (Paused, EndRun, Paused),
        (Paused, Cancel, Canceled),
        (Paused, Expire, Expired),
    ]
};

/// A campaign's place in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Where it stands.
    pub state: CampaignState,
    /// Who made it.
    pub creator: StaffId,
    /// Who changed or released it last.
    pub author: StaffId,
    /// Who approved it as it is, if somebody did.
    pub approval: Option<Approval>,
    /// The number of its latest run, counted from 1; 0 before the first. It never goes back, so that no two runs share
    /// a slot (P4).
    pub run: u32,
    /// Whether that run is not over yet.
    pub run_is_open: bool,
    /// When it came to stand there.
    pub since: DateTime<Utc>,
}

/// The word of a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: StaffId,
    /// When it was given.
    pub at: DateTime<Utc>,
}

/// Why something cannot be done with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeError {
    /// Not in this state.
    NotPossible {
        /// Where it stands.
        state: CampaignState,
        /// What was to be done.
        action: ActionKind,
    },
    /// Whoever wrote or released a campaign does not approve it.
    OwnCampaign,
    /// This role may not do it.
    Role {
        /// What was to be done.
        action: ActionKind,
        /// By whom.
        role: Role,
    },
    /// Only time does it.
    OnlyTime(ActionKind),
    /// Only a person does it.
    OnlyStaff(ActionKind),
}

impl fmt::Display for LifeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPossible { state, action } => {
                write!(f, "`{}` is not possible: the campaign is {}; ", action.key(), state.key())?;
                let by_staff = TRANSITIONS.iter().filter(|(from, by, _)| from == state && !by.is_times());
                let mut possible: Vec<&str> = by_staff.map(|(_, by, _)| by.key()).collect();
                possible.dedup();
                match possible.as_slice() {
                    [] => f.write_str("make a new one"),
                    possible => write!(f, "possible now: {}", possible.join(", ")),
                }
            }
            Self::OwnCampaign => {
                f.write_str("whoever made, changed or released a campaign cannot approve it: ask somebody else")
            }
            Self::Role { action, role } => {
                let may = |role: &&Role| match action {
                    ActionKind::Approve | ActionKind::SendBack => role.may_approve_campaigns(),
                    _ => role.may_steer_campaigns(),
                };
                let who: Vec<&str> = Role::ALL.iter().filter(may).map(|role| role.key()).collect();
                write!(
                    f,
                    "the role `{}` may not `{}` campaigns: ask one of {}",
                    role.key(),
                    action.key(),
                    who.join(", ")
                )
            }
            Self::OnlyTime(action) => write!(f, "`{}` happens by itself when its time comes", action.key()),
            Self::OnlyStaff(action) => write!(f, "`{}` needs a member of staff", action.key()),
        }
    }
}

impl std::error::Error for LifeError {}

impl Life {
    /// A new campaign.
    #[must_use]
    pub const fn new(creator: StaffId, now: DateTime<Utc>) -> Self {
        Self {
            state: CampaignState::Draft,
            creator,
            author: creator,
            approval: None,
            run: 0,
            run_is_open: false,
            since: now,
        }
    }

    /// The campaign after an action. A second person has to approve what goes to more than `approval_above` patients
    /// (`None`: nothing needs it): asked when it is released and again, with the audience of that time, when a run
    /// begins, so that no audience grows past it unseen.
    ///
    /// # Errors
    /// Why it cannot be done: the state, the role, one's own campaign.
    pub fn next(
        &self,
        action: Action,
        approval_above: Option<u64>,
        now: DateTime<Utc>,
        by: By,
    ) -> Result<Self, LifeError> {
        let kind = action.kind();
        self.permit(kind, by)?;
        let lacks_approval =
            |recipients: u64| self.approval.is_none() && approval_above.is_some_and(|most| recipients > most);
        let wanted = match action {
            Action::Edit | Action::SendBack => CampaignState::Draft,
            Action::Submit { recipients } | Action::Start { recipients } if lacks_approval(recipients) => {
                CampaignState::AwaitingApproval
            }
            Action::Submit { .. } | Action::Approve => CampaignState::Scheduled,
            Action::Start { .. } => CampaignState::Running,
            Action::Pause => CampaignState::Paused,
            Action::Resume if self.run_is_open => CampaignState::Running,
            Action::Resume => CampaignState::Scheduled,
            Action::Cancel => CampaignState::Canceled,
            Action::EndRun { then } => match (self.state, then) {
                (CampaignState::Paused, Then::Repeats) => CampaignState::Paused,
                (CampaignState::Paused, Then::Ends) => CampaignState::Expired,
                (_, Then::Repeats) => CampaignState::Scheduled,
                (_, Then::Ends) => CampaignState::Finished,
            },
            Action::Expire => CampaignState::Expired,
        };
        let is_possible = TRANSITIONS.contains(&(self.state, kind, wanted))
            // Between two runs there is none to end.
            && (kind != ActionKind::EndRun || self.run_is_open);
        if !is_possible {
            return Err(LifeError::NotPossible { state: self.state, action: kind });
        }
        let mut next = Self { state: wanted, since: now, ..self.clone() };
        if let (By::Staff(id, _), ActionKind::Edit | ActionKind::Submit) = (by, kind) {
            next.author = id;
        }
        match kind {
            ActionKind::Edit | ActionKind::SendBack => next.approval = None,
            ActionKind::Approve => {
                if let By::Staff(by, _) = by {
                    next.approval = Some(Approval { by, at: now });
                }
            }
            ActionKind::Start if wanted == CampaignState::Running => {
                next.run += 1;
                next.run_is_open = true;
            }
            ActionKind::EndRun | ActionKind::Cancel | ActionKind::Expire => next.run_is_open = false,
            _ => {}
        }
        Ok(next)
    }

    /// Whether `by` may do this with a campaign at all.
    fn permit(&self, action: ActionKind, by: By) -> Result<(), LifeError> {
        match (by, action) {
            (By::Time, action) if action.is_times() => Ok(()),
            (By::Time, action) => Err(LifeError::OnlyStaff(action)),
            (By::Staff(..), action) if action.is_times() => Err(LifeError::OnlyTime(action)),
            (By::Staff(id, role), ActionKind::Approve) if role.may_approve_campaigns() => {
                // What cannot be approved by anybody is told by the state.
                let is_own = id == self.creator || id == self.author;
                if is_own && self.state == CampaignState::AwaitingApproval {
                    Err(LifeError::OwnCampaign)
                } else {
                    Ok(())
                }
            }
            (By::Staff(_, role), ActionKind::SendBack) if role.may_approve_campaigns() => Ok(()),
            (By::Staff(_, role), action) => {
                let may = role.may_steer_campaigns() && !matches!(action, ActionKind::Approve | ActionKind::SendBack);
                if may { Ok(()) } else { Err(LifeError::Role { action, role }) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
