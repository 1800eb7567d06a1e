//! `mimamori patient …`: the arguments. What importing and changing mean is in [`crate::enrol`].

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use domain::id::PatientId;
use domain::language::Language;
use domain::patient::Patient;
use store::{Store, Tx};

use crate::clock::EntropySource;
use crate::enrol::{self, Actor, ContactWish, ImportOptions, ImportOutcome, ImportReport};

/// Commands for patients.
#[derive(Debug, Subcommand)]
pub enum PatientCommand {
    /// Enrol the patients of a CSV file
    ///
    /// The first row names the columns, in any order: her_sys_id, name, kana, birth_date, phone, language,
    /// risk_tier, place, lives_alone, observe_from, observe_until, family_of, onset, specimen, one_text. her_sys_id,
    /// name, phone, observe_from and observe_until are needed. phone may be empty in rows whose family_of names the
    /// HER-SYS ID of a family member with a phone. onset is the day on which the symptoms began, or "none"; specimen
    /// the day on which the specimen was taken; one_text "yes" for a phone that pays for each text. The file may be
    /// UTF-8 or CP932, as Excel saves it.
    Import(ImportPatients),
    /// Move the last day of a patient's observation: extend it, or end it
    ///
    /// The program never does this itself; on the last day it says whether the answers speak for the end.
    Observe(ObservePatient),
    /// Change how a patient's phone is written to
    Set(SetPatient),
}

/// Which patient is meant.
#[derive(Debug, Args)]
pub struct WhichPatient {
    /// The HER-SYS ID of the patient, or the program's own identifier (pat_…)
    pub id: String,
    /// The center; needed if there are several and the HER-SYS ID is given
    #[arg(long)]
    pub center: Option<String>,
}

/// The arguments of `patient observe`.
#[derive(Debug, Args)]
pub struct ObservePatient {
    /// Which patient.
    #[command(flatten)]
    pub which: WhichPatient,
    /// The last day of observation, included, such as 2026-12-01; a day that is over ends it
    #[arg(long)]
    pub until: NaiveDate,
    /// Why; kept in the audit trail
    #[arg(long, value_parser = reason)]
    pub reason: String,
}

/// The arguments of `patient set`.
#[derive(Debug, Args)]
pub struct SetPatient {
    /// Which patient.
    #[command(flatten)]
    pub which: WhichPatient,
    /// Ask for everything in one text, since each costs the patient: for all patients of the same phone
    #[arg(long, value_parser = ["yes", "no"], required_unless_present = "language")]
    pub one_text: Option<String>,
    /// Write in this language from the next text on, such as ko or zh-Hant: for all patients of the same phone
    #[arg(long)]
    pub language: Option<Language>,
}

fn reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    if reason.is_empty() {
        return Err("say why: others have to understand the decision later".to_owned());
    }
    if reason.chars().count() > 500 || reason.chars().any(char::is_control) {
        return Err("write it on one line, in at most 500 characters".to_owned());
    }
    Ok(reason.to_owned())
}

impl WhichPatient {
    /// Finds them.
    async fn find(&self, tx: &mut Tx) -> anyhow::Result<Patient> {
        let unknown = "there is no patient with this identifier";
        if let Ok(id) = self.id.trim().parse::<PatientId>() {
            return tx.patient(id).await?.context(unknown);
        }
        let center = match &self.center {
            Some(name) => tx.center_by_name(name.trim()).await?.context("there is no center of this name")?,
            None => {
                let mut centers = tx.centers().await?;
                anyhow::ensure!(centers.len() <= 1, "there are several centers: name one with --center");
                centers.pop().context("there is no center yet: add one with `mimamori center add`")?
            }
        };
        tx.patient_by_her_sys_id(center.id, self.id.trim()).await?.context(unknown)
    }
}

impl ObservePatient {
    /// Moves the last day and commits.
    ///
    /// # Errors
    /// When there is no such patient, the day is before the first one, or the database fails.
    pub async fn run(&self, store: &Store, now: DateTime<Utc>) -> anyhow::Result<enrol::MovedEnd> {
        let mut tx = store.begin().await?;
        let patient = self.which.find(&mut tx).await?;
        let actor = Actor::command_line();
        let moved = enrol::observe_until(&mut tx, patient.id, self.until, &self.reason, &actor, now).await?;
        tx.commit().await?;
        Ok(moved)
    }
}

impl SetPatient {
    /// Changes the patient's contact and commits.
    ///
    /// # Errors
    /// When there is no such patient, no texts are written in the language, or the database fails.
    pub async fn run(&self, store: &Store, now: DateTime<Utc>) -> anyhow::Result<enrol::WrittenTo> {
        let mut tx = store.begin().await?;
        let patient = self.which.find(&mut tx).await?;
        let wish = ContactWish { one_text: self.one_text.as_ref().map(|said| said == "yes"), language: self.language };
        let written_to = enrol::set_contact(&mut tx, &patient, wish, &Actor::command_line(), now).await?;
        tx.commit().await?;
        Ok(written_to)
    }
}

/// The arguments of `patient import`.
#[derive(Debug, Args)]
pub struct ImportPatients {
    /// The CSV file
    pub file: PathBuf,
    /// The name of the center that watches over them
    #[arg(long)]
    pub center: String,
    /// The numbers are not known to be the patients' yet: ask nothing before they are confirmed
    #[arg(long)]
    pub unconfirmed: bool,
    /// Enrol the rows without problems, although others have some
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// Look for problems and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ImportPatients {
    /// Imports the file and commits, unless rows have problems.
    ///
    /// # Errors
    /// When the file cannot be read, there is no such center, or the database fails. What is wrong with single rows
    /// is in the report.
    pub async fn run(
        &self,
        store: &Store,
        now: DateTime<Utc>,
        entropy: &dyn EntropySource,
    ) -> anyhow::Result<ImportReport> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let mut tx = store.begin().await?;
        let Some(center) = tx.center_by_name(self.center.trim()).await? else {
            let centers = tx.centers().await?;
            let names: Vec<_> = centers.iter().map(|center| center.name.as_str()).collect();
            let known =
                if names.is_empty() { "none: add one with `mimamori center add`".to_owned() } else { names.join(", ") };
            anyhow::bail!("there is no center of this name; the centers are {known}");
        };
        let file = enrol::read_file(&bytes, &center, now).with_context(|| self.file.display().to_string())?;
        let Self { unconfirmed, skip_bad_rows, dry_run, .. } = *self;
        let options = ImportOptions { unconfirmed, skip_bad_rows, dry_run };
        let report = enrol::import(&mut tx, &center, file, options, &Actor::command_line(), now, entropy).await?;
        if report.outcome == ImportOutcome::Enrolled {
            tx.commit().await?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use domain::id::CenterId;

    use super::*;
    use crate::cli::center::AddCenter;
    use crate::clock::SeededEntropy;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(subcommand)]
        command: PatientCommand,
    }

    #[derive(Debug, Parser)]
    struct Add {
        #[command(flatten)]
        center: AddCenter,
    }

    fn arguments(arguments: &[&str]) -> ImportPatients {
        let command = Program::try_parse_from(["program", "import"].iter().chain(arguments)).expect("valid").command;
        let PatientCommand::Import(import) = command else { panic!("it is this one") };
        import
    }

    #[tokio::test]
    async fn a_file_is_imported_at_the_center_that_is_named() {
        let folder = std::env::temp_dir().join(format!("mimamori-import-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join("patients.csv");
        let path = path.to_str().expect("a plain path");
        let url = format!("sqlite:{}", folder.join("test.db").display());
        let store = Store::connect(&url, store::Options::default()).await.expect("a new database");
        let now: DateTime<Utc> = "2026-08-02T23:00:00Z".parse().expect("valid");
        let entropy = SeededEntropy::new(1);
        let import = arguments(&[path, "--center", "江東区保健所"]);

        let no_file = import.run(&store, now, &entropy).await.expect_err("no file yet").to_string();
        assert_eq!(no_file, format!("cannot read {path}"));
        std::fs::write(path, "her_sys_id,name,phone,observe_from,observe_until\n").expect("written");
        let no_center = import.run(&store, now, &entropy).await.expect_err("no center yet").to_string();
        assert!(no_center.ends_with("add one with `mimamori center add`"), "{no_center}");

        let add = ["add", "--name", "江東区保健所", "--time-zone", "Asia/Tokyo", "--sender", "+12125550100"];
        let add = Add::try_parse_from(add).expect("valid").center;
        let shelf = crate::cli::center::Shelf::at(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dialogs"));
        let center = add.run(&store, &shelf, now, &entropy).await.expect("added");
        assert_ne!(center.id, CenterId::new(now, &[0; 10]));
        let other = arguments(&[path, "--center", "江戸川区保健所"]);
        let unknown = other.run(&store, now, &entropy).await.expect_err("another center").to_string();
        assert_eq!(unknown, "there is no center of this name; the centers are 江東区保健所");

        std::fs::write(path, "name,phone\n").expect("written");
        let error = import.run(&store, now, &entropy).await.expect_err("columns are missing");
        assert!(format!("{error:#}").contains("missing: her_sys_id, observe_from"), "{error:#}");

        let row = "1234567,A,090-1234-5601,2026-08-01,2026-08-10";
        std::fs::write(path, format!("her_sys_id,name,phone,observe_from,observe_until\n{row}\n")).expect("written");
        let report = import.run(&store, now, &entropy).await.expect("imported");
        assert_eq!((report.outcome, report.enrolled), (ImportOutcome::Enrolled, 1));
        let again = import.run(&store, now, &entropy).await.expect("looked at");
        assert_eq!((again.outcome, again.enrolled, again.problems.len()), (ImportOutcome::Refused, 0, 1));

        // Staff decide about the end, and say why; and how the phone is written to.
        let run = async |arguments: &[&str]| match Program::try_parse_from(["program"].iter().chain(arguments))
            .map_err(|error| error.to_string())?
            .command
        {
            PatientCommand::Observe(observe) => {
                observe.run(&store, now).await.map(|moved| moved.to_string()).map_err(|error| error.to_string())
            }
            PatientCommand::Set(set) => {
                set.run(&store, now).await.map(|changed| changed.to_string()).map_err(|error| error.to_string())
            }
            PatientCommand::Import(_) => Err("not this one".to_owned()),
        };
        let moved = run(&["observe", "1234567", "--until", "2026-08-12", "--reason", "still coughing"]).await;
        assert_eq!(moved.as_deref(), Ok("observed until 2026-08-12 instead of 2026-08-10"));
        let ended = run(&["observe", "1234567", "--until", "2026-08-02", "--reason", "may end"]).await;
        assert_eq!(ended.as_deref(), Ok("observed until 2026-08-02 instead of 2026-08-12: the observation is over"));
        for (arguments, expected) in [
            (["observe", "1234567", "--until", "2026-07-31", "--reason", "x"], "before the first day of observation"),
            (["observe", "7654321", "--until", "2026-08-12", "--reason", "x"], "there is no patient"),
            (["observe", "1234567", "--until", "2026-08-12", "--reason", " "], "say why"),
        ] {
            let error = run(&arguments).await.expect_err("wrong");
            assert!(error.contains(expected), "{error}");
        }
        let then = "; the language holds from the next text on, the rest from the next morning on";
        let (one, each) = ("and asked everything in one text", "and asked question by question");
        for (option, value, expected) in [
            ("--one-text", "yes", format!("the phone is written to in ja {one}{then}")),
            ("--one-text", "yes", format!("nothing to change, it is so already: the phone is written to in ja {one}")),
            ("--one-text", "no", format!("the phone is written to in ja {each}{then}")),
            ("--language", "ja", format!("nothing to change, it is so already: the phone is written to in ja {each}")),
        ] {
            assert_eq!(run(&["set", "1234567", option, value]).await, Ok(expected));
        }
        let nothing = run(&["set", "1234567"]).await.expect_err("nothing is said");
        assert!(nothing.contains("--one-text"), "{nothing}");
        let report = store.read().await.expect("reads").verify_audit().await.expect("reads");
        assert_eq!((report.rows, report.first_bad), (6, None), "center, patient, two ends, two preferences");
        let _ = std::fs::remove_dir_all(folder);
    }
}
