//! `mimamori center add`: its arguments. What adding means is in [`crate::enrol`].

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use domain::center::{Center, Hours};
use domain::id::CenterId;
use domain::language::Language;
use domain::phone::PhoneNumber;
use domain::severity::Thresholds;
use store::Store;

use crate::clock::EntropySource;
use crate::enrol::{self, Actor, AddCenterError};

/// Commands for centers.
#[derive(Debug, Subcommand)]
pub enum CenterCommand {
    /// Add a health center: its name, its number and its times of day
    Add(AddCenter),
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
}

/// A list of times of day; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimesOfDay(pub Vec<NaiveTime>);

impl AddCenter {
    /// The center that the arguments describe, with the default thresholds.
    #[must_use]
    pub fn center(&self, id: CenterId) -> Center {
        Center {
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
            thresholds: Thresholds::default(),
        }
    }

    /// Adds the center and commits.
    ///
    /// # Errors
    /// As [`enrol::add_center`].
    pub async fn run(
        &self,
        store: &Store,
        now: DateTime<Utc>,
        entropy: &dyn EntropySource,
    ) -> Result<Center, AddCenterError> {
        let center = self.center(CenterId::new(now, &entropy.id()));
        let mut tx = store.begin().await?;
        enrol::add_center(&mut tx, &center, &Actor::command_line(), now).await?;
        tx.commit().await?;
        Ok(center)
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
        let CenterCommand::Add(add) =
            Program::try_parse_from(needed.iter().chain(arguments)).map_err(|error| error.to_string())?.command;
        Ok(add)
    }

    #[test]
    fn the_arguments_of_the_design_make_a_center() {
        let add = parse(&["--open", "07:00", "--remind", "07:45,08:15", "--deadline", "08:30"]).expect("valid");
        let center = add.center(CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]));
        assert_eq!(center.hours, Hours::default());
        assert_eq!(center.sender.as_e164(), "+815012345678");
        assert_eq!((center.dialog.as_str(), center.language), ("daily", Language::Ja));
        assert_eq!(parse(&[]).expect("valid").center(center.id), center, "they are the defaults, too");
    }

    #[test]
    fn an_early_opening_ends_the_quiet_hours() {
        let add = parse(&["--open", "6:30", "--remind", "none", "--night-line", "03-1234-5678"]).expect("valid");
        let center = add.center(CenterId::new(DateTime::UNIX_EPOCH, &[0; 10]));
        assert_eq!(center.hours.validate(), Ok(()));
        assert_eq!(center.hours.quiet_until, center.hours.open);
        assert_eq!(center.hours.reminders, []);
        assert_eq!(center.night_line.as_deref(), Some("03-1234-5678"));
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
