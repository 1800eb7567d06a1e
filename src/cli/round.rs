//! `mimamori round …`.

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Subcommand;
use domain::id::CenterId;
use domain::round::{Round, RoundKind, RoundState};
use store::{Store, Tx};

use crate::clock::{Clock, SystemClock};
use crate::i18n::Lang;
use crate::round_status::RoundStatus;

/// What can be asked about rounds.
#[derive(Debug, Subcommand)]
pub enum RoundCommand {
    /// Who is finished, on which question, silent, red; and the chase list
    Status {
        /// The center; needed if there are several
        #[arg(long)]
        center: Option<String>,
        /// The day of the round's opening, such as 2026-11-22; the latest round that has opened if not given
        #[arg(long)]
        day: Option<NaiveDate>,
        /// Which round of the day: the morning, the second check, or the welcome of new numbers. Not given: the
        /// morning of --day, or of the latest rounds about health the one that opened last
        #[arg(long, value_parser = ["morning", "second", "welcome"])]
        kind: Option<String>,
        /// The language of the table
        #[arg(long, value_parser = ["ja", "en"], default_value = "ja")]
        language: String,
    },
}

impl RoundCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// When there is no such center or round, or the database fails.
    pub async fn run(self, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
        let Self::Status { center, day, kind, language } = self;
        let kind = kind.as_deref().and_then(RoundKind::from_key);
        let mut tx = store.read().await?;
        let center = match center {
            Some(name) => tx.center_by_name(name.trim()).await?.context("there is no center of this name")?,
            None => {
                let mut centers = tx.centers().await?;
                anyhow::ensure!(centers.len() <= 1, "there are several centers: name one with --center");
                centers.pop().context("there is no center yet: add one with `mimamori center add`")?
            }
        };
        let round = match day {
            Some(day) => tx.round_by_day(center.id, kind.unwrap_or(RoundKind::Morning), day).await?,
            None => newest(&mut tx, center.id, kind).await?,
        };
        let round = round.context("there is no such round: nothing has opened yet")?;
        let rows = tx.round_rows(round.id).await?;
        let chase = tx.chase_list(round.id).await?;
        let status = RoundStatus::new(&center, &round, rows, &chase, SystemClock.now());
        if json {
            super::say_json(&status)?;
        } else {
            super::say(&status.render_table(if language == "en" { Lang::En } else { Lang::Ja }));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The latest round that has opened: of a kind, or of those about health. Not by this machine's clock: a demo beside us may be ahead of it.
async fn newest(tx: &mut Tx, center: CenterId, kind: Option<RoundKind>) -> store::Result<Option<Round>> {
    let mut rounds = Vec::new();
    for state in [RoundState::Open, RoundState::Closed, RoundState::Missed] {
        rounds.extend(tx.rounds_in_state(state).await?);
    }
    let is_asked_for = |round: &Round| match kind {
        Some(kind) => round.kind == kind,
        None => round.kind.is_about_health(),
    };
    rounds.retain(|round| round.center_id == center && is_asked_for(round));
    Ok(rounds.into_iter().max_by_key(|round| round.plan.opens_at))
}
