//! Which dialogs a center uses, as arguments: by name, with defaults from what is published, and refused where a dialog
//! cannot serve its purpose. What can serve which is [`domain::choice`]'s rule.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::NaiveTime;
use clap::Args;
use domain::center::{Center, SecondCheck};
use domain::choice::{self, Purpose};
use domain::dialog::definition::Dialog;

use super::{TimesOfDay, time_of_day, times_of_day};
use crate::dialogs::{self, DialogFolder};

/// The name of a dialog, or `none` for no dialog at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(pub Option<String>);

impl FromStr for Wanted {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        Ok(Self((name != "none").then(|| name.to_owned())))
    }
}

/// The arguments that say which dialogs a center uses beside that of its mornings.
#[derive(Debug, Clone, Default, Args)]
pub struct DialogArgs {
    /// The dialog of the first texts to a number that is not confirmed, or "none"; "welcome" if it is published
    #[arg(long)]
    pub welcome: Option<Wanted>,
    /// The dialog of contacts that want one text for all questions, or "none"; "short" if it is published
    #[arg(long)]
    pub short: Option<Wanted>,
    /// The dialog of the last day of an observation, or "none"; "release" if it is published
    #[arg(long)]
    pub release: Option<Wanted>,
    /// Ask patients of high risk a second time on each day: when the first question goes out, such as 14:00
    #[arg(long, value_parser = time_of_day)]
    pub second_open: Option<NaiveTime>,
    /// When the unfinished are reminded in the second check, separated by commas; "none" for never
    #[arg(long, value_parser = times_of_day)]
    pub second_remind: Option<TimesOfDay>,
    /// By when a report of the second check is on time
    #[arg(long, value_parser = time_of_day)]
    pub second_deadline: Option<NaiveTime>,
    /// The dialog of the second check; "twice-daily" unless given
    #[arg(long)]
    pub second_dialog: Option<String>,
}

impl DialogArgs {
    /// Whether nothing was said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { welcome, short, release, second_open, second_remind, second_deadline, second_dialog } = self;
        welcome.is_none()
            && short.is_none()
            && release.is_none()
            && second_open.is_none()
            && second_remind.is_none()
            && second_deadline.is_none()
            && second_dialog.is_none()
    }

    /// The center with what was said; what was not said stays.
    ///
    /// # Errors
    /// When a second check is wanted of which times are missing.
    pub fn apply(&self, mut center: Center) -> anyhow::Result<Center> {
        let set = |place: &mut Option<String>, wanted: &Option<Wanted>| {
            if let Some(Wanted(name)) = wanted {
                place.clone_from(name);
            }
        };
        set(&mut center.further.welcome, &self.welcome);
        set(&mut center.further.short, &self.short);
        set(&mut center.further.release, &self.release);
        let is_about_second = self.second_open.is_some()
            || self.second_remind.is_some()
            || self.second_deadline.is_some()
            || self.second_dialog.is_some();
        if is_about_second {
            let (open, deadline) = match (&center.second, self.second_open, self.second_deadline) {
                (_, Some(open), Some(deadline)) => (open, deadline),
                (Some(known), open, deadline) => (open.unwrap_or(known.open), deadline.unwrap_or(known.deadline)),
                (None, ..) => anyhow::bail!(
                    "a second check needs both times: --second-open and --second-deadline, such as 14:00 and 15:30"
                ),
            };
            let known = center.second.take();
            let reminders = self.second_remind.as_ref().map(|times| times.0.clone());
            center.second = Some(SecondCheck {
                open,
                deadline,
                reminders: reminders
                    .or_else(|| known.as_ref().map(|known| known.reminders.clone()))
                    .unwrap_or_default(),
                dialog: self
                    .second_dialog
                    .clone()
                    .or_else(|| known.map(|known| known.dialog))
                    .unwrap_or_else(|| "twice-daily".to_owned()),
            });
        }
        Ok(center)
    }
}

/// The dialogs on the disk, from which a center chooses.
#[derive(Debug, Clone)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// The folder of dialogs, or of one.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A dialog by its name.
    fn find(&self, name: &str) -> anyhow::Result<Dialog> {
        let folders = dialogs::folders(&self.0)?;
        let folder: Option<&DialogFolder> = folders.iter().find(|folder| folder.name == name);
        let Some(folder) = folder else {
            let mut names: Vec<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
            names.sort_unstable();
            anyhow::bail!("there is no dialog `{name}` in {}: there is {}", self.0.display(), names.join(", "));
        };
        folder.load().map_err(|faults| anyhow::anyhow!("the dialog `{name}` has faults:\n\n{faults}"))
    }

    /// The center with the dialogs of the usual names for what was not said, as far as they are there and can serve.
    #[must_use]
    pub fn fill_in(&self, mut center: Center, said: &DialogArgs) -> Center {
        let usual = |name: &str, purpose| {
            let serves = |dialog: &Dialog| choice::serves(dialog, purpose).is_ok();
            self.find(name).is_ok_and(|dialog| serves(&dialog)).then(|| name.to_owned())
        };
        if said.welcome.is_none() {
            center.further.welcome = usual("welcome", Purpose::Welcome);
        }
        if said.short.is_none() {
            center.further.short = usual("short", Purpose::Short);
        }
        if said.release.is_none() {
            center.further.release = usual("release", Purpose::Release);
        }
        center
    }

    /// Looks at every dialog that a center uses.
    ///
    /// # Errors
    /// When one is not there, has faults, or cannot serve its purpose.
    pub fn check(&self, center: &Center) -> anyhow::Result<()> {
        for purpose in Purpose::ALL.iter().copied() {
            let Some(name) = center.dialog_for(purpose) else { continue };
            if let Err(why) = choice::serves(&self.find(name)?, purpose) {
                anyhow::bail!("the dialog `{name}` {why}");
            }
        }
        Ok(())
    }
}
