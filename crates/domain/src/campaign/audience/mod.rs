//! The audience of a campaign: a filter over what staff think in. How it is typed and read back is [`expression`]'s
//! business, who of the audience gets a text [`super::decide`]'s.

pub mod expression;
mod ids;
#[cfg(test)]
mod tests;
mod values;

use serde::{Deserialize, Serialize};

pub use ids::IdList;
pub use values::{Name, OneOf, Span};

use super::candidate::Candidate;
use super::field_error::{self, FieldError};
use crate::keyed::keyed;
use crate::language::Language;
use crate::patient::{PlaceOfStay, RiskTier};
use crate::progress::Progress;
use crate::severity::Severity;

/// How deep filters may be nested: more cannot be read by a person.
pub const DEEPEST: usize = 16;

keyed! {
    /// How far somebody is in the round, in the words of [`Progress`], and `finished-late`.
    RoundWord {
        /// Not asked yet; the deadline is to come.
        Waiting = "waiting",
        /// Asked, and not one answer.
        Silent = "silent",
        /// Has begun to answer; the deadline is to come.
        Answering = "answering",
        /// Had begun to answer when the deadline came.
        Partial = "partial",
        /// Through with all questions, on time or late.
        Finished = "finished",
        /// Through with all questions, with an answer after the deadline.
        FinishedLate = "finished-late",
        /// Was not asked, and will not be in this round.
        NeverAsked = "never-asked",
    }
}

/// A filter over patients.
///
/// **What is not known** (P9): a filter takes those of whom it is *known*, and `not` takes everybody else, those of
/// whom it is not known among them. So `finished` takes whoever is known to be through, `not finished` also whoever
/// has no part in the round; `silent-days 2+` takes nobody whose days were not counted. Severity has a value of its own
/// for what is not known, `unknown`, and whoever has no part in the round has that one: `severity green` is never a
/// guess. Nobody falls between a filter and its negation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody at the center. Who is not under observation is still skipped, with that reason.
    Everybody,
    /// How far they are in the round that is going on.
    Round(OneOf<RoundWord>),
    /// How urgent it is.
    Severity(OneOf<Severity>),
    /// How closely they are watched.
    Risk(OneOf<RiskTier>),
    /// What they are written to in.
    Language(OneOf<Language>),
    /// Where they stay.
    Place(OneOf<PlaceOfStay>),
    /// Who owns the call to them, by login; `None`: nobody.
    Owner(OneOf<Option<Name>>),
    /// What staff have tagged them with.
    Tag(OneOf<Name>),
    /// Which day of their observation it is; the first is 1.
    Day(Span),
    /// For how many days in a row they have been silent, this one included.
    SilentDays(Span),
    /// Who is on a list, by HER-SYS ID.
    Id(IdList),
    /// Whoever all of these take.
    All(Vec<Self>),
    /// Whoever at least one of these takes.
    Any(Vec<Self>),
    /// Whoever this does not take.
    Not(Box<Self>),
}

keyed! {
    /// An audience that staff choose with one click.
    Preset {
        /// Everybody who is not known to be through with today's questions.
        NotFinishedToday = "not-finished-today",
        /// Silent today and on the day before, or longer.
        SilentTwoDays = "silent-two-days",
        /// High risk, asked today, and not one answer.
        HighRiskSilent = "high-risk-silent",
    }
}

impl Preset {
    /// What it stands for.
    #[must_use]
    pub fn audience(self) -> Audience {
        match self {
            Self::NotFinishedToday => Audience::Round(OneOf::one(RoundWord::Finished)).negated(),
            Self::SilentTwoDays => Audience::SilentDays(Span::from(2)),
            Self::HighRiskSilent => Audience::All(vec![
                Audience::Round(OneOf::one(RoundWord::Silent)),
                Audience::Risk(OneOf::one(RiskTier::High)),
            ]),
        }
    }
}

impl RoundWord {
    fn holds(self, candidate: &Candidate<'_>) -> bool {
        let Some(round) = candidate.in_round else { return false };
        match self {
            Self::Waiting => round.progress == Progress::Waiting,
            Self::Silent => round.progress == Progress::Silent,
            Self::Answering => round.progress == Progress::Answering,
            Self::Partial => round.progress == Progress::Partial,
            Self::Finished => round.progress == Progress::Finished,
            Self::FinishedLate => round.progress == Progress::Finished && round.late,
            Self::NeverAsked => round.progress == Progress::NeverAsked,
        }
    }
}

impl Audience {
    /// Whether the filter takes this patient. Nothing but the filter is looked at: who is taken and still gets no
    /// text is [`super::decide::decide`]'s business.
    #[must_use]
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Round(words) => words.iter().any(|word| word.holds(candidate)),
            Self::Severity(wanted) => {
                wanted.contains(&candidate.in_round.map_or(Severity::Unknown, |round| round.severity))
            }
            Self::Risk(wanted) => wanted.contains(&candidate.risk_tier),
            Self::Language(wanted) => wanted.contains(&candidate.language),
            Self::Place(wanted) => wanted.contains(&candidate.place),
            Self::Owner(wanted) => wanted.iter().any(|login| login.as_deref() == candidate.owner),
            Self::Tag(wanted) => wanted.iter().any(|tag| candidate.tags.iter().any(|one| one == tag.as_str())),
            Self::Day(span) => candidate.day.is_some_and(|day| span.contains(day)),
            Self::SilentDays(span) => candidate.silent_days.is_some_and(|days| span.contains(days)),
            Self::Id(list) => list.position(candidate.her_sys_id).is_some(),
            Self::All(parts) => parts.iter().all(|part| part.matches(candidate)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(candidate)),
            Self::Not(part) => !part.matches(candidate),
        }
    }

    /// Everybody else.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Reads a filter as it is stored and sent by programs.
    ///
    /// # Errors
    /// The first fault, at its path.
    pub fn from_json(json: &str) -> Result<Self, FieldError> {
        let audience: Self = field_error::from_json("audience", json)?;
        audience.check()?;
        Ok(audience)
    }

    /// Whether it can be worked with, and read by people. What is typed always can.
    ///
    /// # Errors
    /// When `all` or `any` of nothing is asked for, or filters are nested too deeply.
    pub fn check(&self) -> Result<(), FieldError> {
        let mut level = vec![self];
        for _ in 0..DEEPEST {
            for filter in &level {
                if let Self::All(parts) | Self::Any(parts) = filter
                    && parts.is_empty()
                {
                    return Err(FieldError::new("audience", "`all` and `any` need at least one filter in them")
                        .hint("for everybody, write `everybody`"));
                }
            }
            level = level.iter().flat_map(|filter| filter.parts()).collect();
            if level.is_empty() {
                return Ok(());
            }
        }
        Err(FieldError::new("audience", format!("filters are nested more than {DEEPEST} deep")))
    }

    /// The filters directly inside this one.
    fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part.as_ref()),
            _ => &[],
        }
    }

    /// Every list of IDs in it, to tell which of them nobody at the center has.
    #[must_use]
    pub fn id_lists(&self) -> Vec<&IdList> {
        match self {
            Self::Id(list) => vec![list],
            other => other.parts().iter().flat_map(Self::id_lists).collect(),
        }
    }
}
