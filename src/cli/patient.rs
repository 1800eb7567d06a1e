//! `mimamori patient import`: its arguments. What importing means is in [`crate::enrol`].

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use store::Store;

use crate::clock::EntropySource;
use crate::enrol::{self, Actor, ImportOptions, ImportOutcome, ImportReport};

/// Commands for patients.
#[derive(Debug, Subcommand)]
pub enum PatientCommand {
    /// Enrol the patients of a CSV file
    ///
    /// The first row names the columns, in any order: her_sys_id, name, kana, birth_date, phone, language,
    /// risk_tier, place, lives_alone, observe_from, observe_until, family_of. her_sys_id, name, phone,
    /// observe_from and observe_until are needed. phone may be empty in rows whose family_of names the HER-SYS ID
    /// of a family member with a phone. The file may be UTF-8 or CP932, as Excel saves it.
    Import(ImportPatients),
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
        let PatientCommand::Import(import) =
            Program::try_parse_from(["program", "import"].iter().chain(arguments)).expect("valid").command;
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
        let center = add.run(&store, now, &entropy).await.expect("added");
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
        let _ = std::fs::remove_dir_all(folder);
    }
}
