//! `mimamori center …`: the arguments. What adding and changing mean is in [`crate::enrol`].

mod dialogs;

use anyhow::Context as _;
use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use domain::center::{Center, FurtherDialogs, Hours};
use domain::id::CenterId;
use domain::language::Language;
use domain::phone::PhoneNumber;
use domain::severity::Thresholds;
use store::Store;

pub use self::dialogs::{DialogArgs, Shelf, Wanted};
use crate::clock::EntropySource;
use crate::enrol::{self, Actor};

/// Commands for centers.
#[derive(Debug, Subcommand)]
pub enum CenterCommand {
    /// Add a health center: its name, its number and its times of day
    Add(AddCenter),
    /// Change which dialogs a health center uses, and its second check of the day
    ///
    /// What is not named stays as it is. The next round begins with it; one that is going on stays as it began.
    Set(SetCenter),
}

/// The arguments of `center add`. Times of day are in the center's time zone.
#[derive(Debug, Args)]
pub struct AddCenter {
    /// The name as it stands in texts, such as 江東区保健所
    #[arg(long, value_parser = center_name)]
    pub name: String,
    /// The IANA time zone, such as Asia/Tokyo
    #[arg(long, value_parser = time_zone)]
    pub time_zone: Tz,
    /// The number that texts are sent from and answered to, with its country code
    #[arg(long, value_parser = sender)]
    pub sender: PhoneNumber,
    /// When the first question goes out
    #[arg(long, value_parser = time_of_day, default_value = "07:00")]
    pub open: NaiveTime,
    /// When the unfinished are reminded, separated by commas; "none" for never
    #[arg(long, value_parser = times_of_day, default_value = "07:45,08:15")]
    pub remind: TimesOfDay,
    /// By when a report is on time
    #[arg(long, value_parser = time_of_day, default_value = "08:30")]
    pub deadline: NaiveTime,
    /// Until when somebody at the center reads what patients write
    #[arg(long, value_parser = time_of_day, default_value = "17:15")]
    pub attended_until: NaiveTime,
    /// From when on nothing is sent unasked
    #[arg(long, value_parser = time_of_day, default_value = "21:00")]
    pub quiet_from: NaiveTime,
    /// Until when nothing is sent unasked; the opening, unless given
    #[arg(long, value_parser = time_of_day)]
    pub quiet_until: Option<NaiveTime>,
    /// The number to call when nobody is at the center, as it is to stand in texts
    #[arg(long, value_parser = night_line)]
    pub night_line: Option<String>,
    /// What new contacts are written to in: ja, ja-easy, en, …
    #[arg(long, default_value = "ja")]
    pub language: Language,
    /// The name of the dialog that the center's rounds run
    #[arg(long, default_value = "daily")]
    pub dialog: String,
    /// The dialogs beside it.
    #[command(flatten)]
    pub dialogs: DialogArgs,
}

/// The arguments of `center set`.
#[derive(Debug, Args)]
pub struct SetCenter {
    /// The name of the center
    pub name: String,
    /// The name of the dialog that the center's mornings run
    #[arg(long)]
    pub dialog: Option<String>,
    /// The dialogs beside it.
    #[command(flatten)]
    pub dialogs: DialogArgs,
    /// End the second check of the day
    #[arg(long, conflicts_with_all = ["second_open", "second_remind", "second_deadline", "second_dialog"])]
    pub no_second: bool,
}

/// A list of times of day; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimesOfDay(pub Vec<NaiveTime>);

impl AddCenter {
    /// The center that the arguments describe, with the default thresholds, and with no dialogs but those that are
    /// named.
    ///
    /// # Errors
    /// When a second check is wanted of which times are missing.
    pub fn center(&self, id: CenterId) -> anyhow::Result<Center> {
        self.dialogs.apply(Center {
            id,
            name: self.name.clone(),
            time_zone: self.time_zone,
            sender: self.sender.clone(),
            hours: Hours {
                open: self.open,
                reminders: self.remind.0.clone(),
                deadline: self.deadline,
                attended_until: self.attended_until,
                quiet_from: self.quiet_from,
                // A center that opens at 06:30 has said that this is not too early.
                quiet_until: self.quiet_until.unwrap_or_else(|| self.open.min(Hours::default().quiet_until)),
            },
            night_line: self.night_line.clone(),
            language: self.language,
            dialog: self.dialog.clone(),
            further: FurtherDialogs::default(),
            second: None,
            thresholds: Thresholds::default(),
        })
    }

    /// Adds the center and commits.
    ///
    /// # Errors
    /// As [`enrol::add_center`], and when a dialog is not there or cannot serve its purpose.
    pub async fn run(
        &self,
        store: &Store,
        shelf: &Shelf,
        now: DateTime<Utc>,
        entropy: &dyn EntropySource,
    ) -> anyhow::Result<Center> {
        let center = self.center(CenterId::new(now, &entropy.id()))?;
        let center = shelf.fill_in(center, &self.dialogs);
        shelf.check(&center)?;
        let mut tx = store.begin().await?;
        enrol::add_center(&mut tx, &center, &Actor::command_line(), now).await?;
        tx.commit().await?;
        Ok(center)
    }
}

impl SetCenter {
    /// Changes the center and commits. `None` if nothing is to be changed.
    ///
    /// # Errors
    /// When there is no such center, a dialog is not there or cannot serve its purpose, the second check cannot be
    /// held, or the database fails.
    pub async fn run(&self, store: &Store, shelf: &Shelf, now: DateTime<Utc>) -> anyhow::Result<Option<Center>> {
        let Self { name, dialog, dialogs, no_second } = self;
        anyhow::ensure!(
            dialog.is_some() || *no_second || !dialogs.is_empty(),
            "say what is to be changed, such as --welcome NAME; see `mimamori center set --help`"
        );
        let mut tx = store.begin().await?;
        let before = tx.center_by_name(name.trim()).await?.context("there is no center of this name")?;
        let mut center = dialogs.apply(before.clone())?;
        if let Some(dialog) = dialog {
            center.dialog.clone_from(dialog);
        }
        if *no_second {
            center.second = None;
        }
        if center == before {
            return Ok(None);
        }
        shelf.check(&center)?;
        enrol::change_center(&mut tx, &before, &center, &Actor::command_line(), now).await?;
        tx.commit().await?;
        Ok(Some(center))
    }
}

fn center_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("the name must not be empty: it tells patients who writes".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("the name must be on one line".to_owned());
    }
    if name.chars().count() > 30 {
        return Err("the name must have at most 30 characters: it stands in texts of 70".to_owned());
    }
    Ok(name.to_owned())
}

fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "not an IANA time zone: write it such as Asia/Tokyo or Europe/Berlin".to_owned())
}

fn sender(text: &str) -> Result<PhoneNumber, String> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '(' | ')')).collect();
    PhoneNumber::from_e164(&digits)
        .map_err(|_| "not a phone number with its country code: write it such as +815012345678".to_owned())
}

fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M")
        .map_err(|_| "not a time of day: write hours and minutes, such as 07:00".to_owned())
}

fn times_of_day(text: &str) -> Result<TimesOfDay, String> {
    if matches!(text.trim(), "" | "none") {
        return Ok(TimesOfDay(Vec::new()));
    }
    text.split(',').map(time_of_day).collect::<Result<_, _>>().map(TimesOfDay)
}

fn night_line(text: &str) -> Result<String, String> {
    let number = text.trim();
    let fits = number.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '#' | '*'))
        && number.chars().any(|letter| letter.is_ascii_digit())
        && number.len() <= 20;
    if fits { Ok(number.to_owned()) } else { Err("not a number to call: write it such as 03-1234-5678".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(subcommand)]
        command: CenterCommand,
    }

    fn parse(arguments: &[&str]) -> Result<AddCenter, String> {
        let needed =
            ["program", "add", "--name", "江東区保健所", "--time-zone", "Asia/Tokyo", "--sender", "+81 50-1234-5678"];
        match Program::try_parse_from(needed.iter().chain(arguments)).map_err(|error| error.to_string())?.command {
            CenterCommand::Add(add) => Ok(add),
            CenterCommand::Set(_) => Err("not this one".to_owned()),
        }
    }

    #[test]
    fn the_arguments_of_the_design_make_a_center() {
        let add = parse(&["--open", "07:00", "--remind", "07:45,08:15", "--deadline", "08:30"]).expect("valid");
        let center = add.center(CenterId::new(DateTime::UNIX_EPOCH, &[0; 10])).expect("nothing is missing");
        assert_eq!(center.hours, Hours::default());
        assert_eq!(center.sender.as_e164(), "+815012345678");
        assert_eq!((center.dialog.as_str(), center.language), ("daily", Language::Ja));
        assert_eq!(
            parse(&[]).expect("valid").center(center.id).expect("the same"),
            center,
            "they are the defaults, too"
        );
    }

    #[test]
    fn an_early_opening_ends_the_quiet_hours() {
        let add = parse(&["--open", "6:30", "--remind", "none", "--night-line", "03-1234-5678"]).expect("valid");
        let center = add.center(CenterId::new(DateTime::UNIX_EPOCH, &[0; 10])).expect("nothing is missing");
        assert_eq!(center.hours.validate(), Ok(()));
        assert_eq!(center.hours.quiet_until, center.hours.open);
        assert_eq!(center.hours.reminders, []);
        assert_eq!(center.night_line.as_deref(), Some("03-1234-5678"));
    }

    /// The dialogs of this repository.
    fn shelf() -> Shelf {
        Shelf::at(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs"))
    }

    #[test]
    fn what_is_published_is_used_unless_something_else_is_said() {
        let add = |arguments: &[&str]| {
            let add = parse(arguments).expect("valid");
            let center = add.center(CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]))?;
            let center = shelf().fill_in(center, &add.dialogs);
            shelf().check(&center).map(|()| center)
        };
        let names = |center: &Center| center.dialogs().join(" ");
        assert_eq!(names(&add(&[]).expect("they are there")), "daily release short welcome");
        let without = add(&["--welcome", "none", "--short", "none", "--release", "none"]).expect("as wished");
        assert_eq!(names(&without), "daily");
        let twice = ["--second-open", "14:00", "--second-deadline", "15:30", "--second-remind", "14:45"];
        let center = add(&twice).expect("a second check");
        assert_eq!((names(&center).contains("twice-daily"), center.faults()), (true, vec![]));
        for (arguments, expected) in [
            (&["--welcome", "daily"][..], "the dialog `daily` asks nobody whether the number is right"),
            (&["--dialog", "welcome"], "the dialog `welcome` asks who answers"),
            (&["--dialog", "release"], "the dialog `release` decides about the end"),
            (&["--short", "daily"], "the dialog `daily` does not ask for everything in one text"),
            (&["--release", "weekly"], "there is no dialog `weekly` in"),
            (&["--second-open", "14:00"], "a second check needs both times"),
        ] {
            let error = add(arguments).expect_err("wrong").to_string();
            assert!(error.starts_with(expected), "{arguments:?}: {error}");
        }
    }

    #[tokio::test]
    async fn what_a_center_uses_is_changed_and_audited() {
        let folder = std::env::temp_dir().join(format!("mimamori-center-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let url = format!("sqlite:{}", folder.join("test.db").display());
        let store = Store::connect(&url, store::Options::default()).await.expect("a new database");
        let now: DateTime<Utc> = "2026-08-02T23:00:00Z".parse().expect("valid");
        let entropy = crate::clock::SeededEntropy::new(1);
        parse(&["--release", "none"]).expect("valid").run(&store, &shelf(), now, &entropy).await.expect("added");
        let set = async |arguments: &[&str]| {
            let program = ["program", "set", "江東区保健所"].iter().chain(arguments);
            let CenterCommand::Set(set) = Program::try_parse_from(program).expect("valid").command else {
                panic!("it is this one")
            };
            let set = set.run(&store, &shelf(), now).await;
            set.map(|center| center.map(|center| center.dialogs().join(" "))).map_err(|error| error.to_string())
        };
        assert!(set(&[]).await.expect_err("nothing is said").contains("say what is to be changed"));
        let second = ["--second-open", "14:00", "--second-deadline", "15:30", "--release", "release"];
        assert_eq!(set(&second).await, Ok(Some("daily release short twice-daily welcome".to_owned())));
        assert_eq!(set(&second).await, Ok(None), "it is so already");
        let early = set(&["--second-open", "08:00"]).await.expect_err("during the morning");
        assert!(early.contains("must open (08:00) at the morning's deadline (08:30) or later"), "{early}");
        let unfit = set(&["--second-dialog", "welcome"]).await.expect_err("no health question");
        assert!(unfit.contains("it can be a welcome and nothing else"), "{unfit}");
        assert_eq!(set(&["--no-second", "--short", "none"]).await, Ok(Some("daily release welcome".to_owned())));
        let report = store.read().await.expect("reads").verify_audit().await.expect("reads");
        assert_eq!((report.rows, report.first_bad), (3, None), "added, and changed twice");
        store.close().await;
        let _ = std::fs::remove_dir_all(folder);
    }

    #[test]
    fn a_wrong_argument_says_what_would_be_right() {
        for (arguments, expected) in [
            (["--open", "7 o'clock"], "such as 07:00"),
            (["--remind", "07:45;08:15"], "such as 07:00"),
            (["--time-zone", "JST"], "such as Asia/Tokyo"),
            (["--sender", "050-1234-5678"], "such as +815012345678"),
            (["--language", "jp"], "use one of ja, ja-easy"),
            (["--night-line", "call us"], "such as 03-1234-5678"),
            (["--name", "  "], "must not be empty"),
        ] {
            // The later of two equal options would be an error of its own, so each is tried alone.
            let mut program = vec!["program", "add"];
            for pair in [["--name", "a"], ["--time-zone", "Asia/Tokyo"], ["--sender", "+815012345678"]] {
                if pair[0] != arguments[0] {
                    program.extend(pair);
                }
            }
            program.extend(arguments);
            let error = Program::try_parse_from(program).expect_err("wrong").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
