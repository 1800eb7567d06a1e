//! `mimamori staff …`.

use std::io::{BufRead, IsTerminal, stdin};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::audit::AuditAction;
use domain::id::StaffId;
use domain::staff::Role;
use serde_json::json;
use store::{NewAudit, NewStaff, Store};

use crate::clock::{Clock, EntropySource, SystemClock, SystemEntropy};
use crate::web::session;

/// What can be done with staff.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Add a member of staff. The password is read from standard input, or made and printed
    Add(AddStaff),
}

/// The arguments of `staff add`.
#[derive(Debug, Args)]
pub struct AddStaff {
    /// What is typed to sign in
    #[arg(long)]
    login: String,
    /// The name, as others see it; the login if it is not given
    #[arg(long)]
    name: Option<String>,
    /// What they may do
    #[arg(long, value_parser = role, default_value = "nurse")]
    role: Role,
    /// The one center that they work for; every center if it is not given
    #[arg(long)]
    center: Option<String>,
    /// The console's language for them
    #[arg(long, value_parser = ["ja", "en"], default_value = "ja")]
    language: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

impl StaffCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// When the login is taken, the password too weak, the center unknown, or the database fails.
    pub async fn run(self, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
        let Self::Add(arguments) = self;
        let login = arguments.login.trim().to_owned();
        anyhow::ensure!(!login.is_empty(), "the login must not be empty");
        let (password, made) = password(arguments.password_stdin)?;
        session::check_password(&login, &password).context("the password cannot be used")?;
        let now = SystemClock.now();
        let mut tx = store.begin().await?;
        let center = match &arguments.center {
            None => None,
            Some(name) => {
                let center = tx.center_by_name(name.trim()).await?;
                Some(center.context("there is no center of this name: add it first with `mimamori center add`")?.id)
            }
        };
        let staff = NewStaff {
            id: StaffId::new(now, &SystemEntropy.id()),
            name: arguments.name.unwrap_or_else(|| login.clone()),
            login,
            role: arguments.role.key().to_owned(),
            center_id: center,
            language: arguments.language,
            password_hash: session::hash_password(&password, &SystemEntropy),
        };
        match tx.insert_staff(&staff, now).await {
            Err(store::Error::Conflict) => anyhow::bail!("this login is taken: choose another"),
            other => other?,
        }
        tx.append_audit(&NewAudit {
            at: now,
            actor: None,
            actor_text: "command line".to_owned(),
            action: AuditAction::AddStaff,
            center,
            subject: staff.id.to_string(),
            detail: json!({"role": staff.role}),
        })
        .await?;
        tx.commit().await?;
        let shown = made.then_some(password);
        if json {
            super::say_json(&json!({"id": staff.id, "login": staff.login, "password": shown}))?;
        } else {
            super::say(&format!("added {} ({})", staff.login, staff.role));
            if let Some(password) = shown {
                super::say(&format!("password: {password}   (shown this once)"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The password, and whether it was made here.
fn password(from_stdin: bool) -> anyhow::Result<(String, bool)> {
    if from_stdin {
        anyhow::ensure!(!stdin().is_terminal(), "give the password through a pipe: it would show on the screen");
        let mut line = String::new();
        stdin().lock().read_line(&mut line).context("standard input")?;
        return Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false));
    }
    let mut bytes = [0; 15];
    SystemEntropy.fill(&mut bytes);
    // Letters and digits that are not mistaken for each other on paper.
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    Ok((letters.collect(), true))
}

fn role(key: &str) -> Result<Role, String> {
    let keys: Vec<_> = Role::ALL.iter().map(|role| role.key()).collect();
    Role::from_key(key).ok_or_else(|| format!("a role is one of {}", keys.join(", ")))
}
