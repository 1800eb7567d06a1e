//! The command line: one file a command. Arguments in, use cases called, results printed. Exit codes: 0 it went
//! well, 1 it did not, 2 the arguments were wrong.

use std::io::{Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;
use serde::Serialize;
use store::Store;

use crate::clock::{Clock, SystemClock, SystemEntropy};
use crate::config::{self, Config, Desk};
use crate::enrol::ImportOutcome;
use crate::telemetry;

pub mod audit;
pub mod center;
pub mod demo;
pub mod dialog;
pub mod patient;
pub mod round;
pub mod segments;
pub mod serve;
pub mod sign;
pub mod simulator;
pub mod staff;
pub mod understand;

/// Daily health observation by plain text message, for people without a smartphone.
#[derive(Debug, Parser)]
#[command(name = "mimamori", version, propagate_version = true)]
pub struct Program {
    /// The configuration; a file that differs from the built-in one. Variables MIMAMORI__SECTION__KEY override it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything on this machine with nothing set up: a made-up center, its patients, their phones
    Demo(demo::DemoArgs),
    /// Run the service
    Serve,
    /// Centers
    #[command(subcommand)]
    Center(center::CenterCommand),
    /// Patients
    #[command(subcommand)]
    Patient(patient::PatientCommand),
    /// Staff
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// The observation day
    #[command(subcommand)]
    Round(round::RoundCommand),
    /// Dialogs at the desk: check, test, chat, graph, diff, cost; and which versions are kept
    #[command(subcommand)]
    Dialog(dialog::DialogCommand),
    /// JSON lines {"kind","lang","text"} in, {"reading","flags"} out: what the program makes of replies
    Understand(understand::UnderstandArgs),
    /// JSON lines {"text"} in, {"encoding","units","segments"} out: what texts cost
    Segments,
    /// The audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// A simulated provider alone
    #[command(hide = true)]
    Simulator(simulator::SimulatorArgs),
    /// Sign webhooks as the provider does; for tests
    #[command(hide = true)]
    Sign,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    // Whoever came first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let program = Program::parse();
    match program.run() {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// To standard error, with the causes.
fn complain(error: &anyhow::Error) {
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "mimamori: {error:#}");
}

/// To standard output; whoever closes it early (`| head`) wants no more.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value)?);
    Ok(())
}

impl Program {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Self { config, json, command } = self;
        match command {
            Command::Dialog(command) => {
                let call = dialog::Call { config: config.as_deref(), json };
                command.run(call, &mut stdin().lock(), &mut stdout().lock())
            }
            Command::Understand(arguments) => {
                understand::run(arguments, stdin().lock(), stdout().lock()).map(|()| ExitCode::SUCCESS)
            }
            Command::Segments => segments::run(stdin().lock(), stdout().lock()).map(|()| ExitCode::SUCCESS),
            Command::Sign => sign::run(stdin().lock(), stdout().lock()).map(|()| ExitCode::SUCCESS),
            Command::Demo(arguments) => start(demo::run(arguments, json)),
            Command::Simulator(arguments) => start(simulator::run(arguments)),
            Command::Serve => {
                let config = Config::load(config.as_deref(), config::environment())?;
                telemetry::set_up(&config.log)?;
                start(serve::run(config))
            }
            Command::Center(center::CenterCommand::Add(arguments)) => {
                // The first center is where a database begins.
                let desk = desk(config.as_deref())?;
                let shelf = center::Shelf::at(&desk.dialogs.path);
                with_store(&desk, true, async |store| add_center(arguments, &store, &shelf, json).await)
            }
            Command::Center(center::CenterCommand::Set(arguments)) => {
                let desk = desk(config.as_deref())?;
                let shelf = center::Shelf::at(&desk.dialogs.path);
                with_store(&desk, false, async |store| set_center(arguments, &store, &shelf, json).await)
            }
            Command::Staff(command) => {
                with_store(&desk(config.as_deref())?, true, async |store| command.run(&store, json).await)
            }
            Command::Patient(command) => {
                with_store(&desk(config.as_deref())?, false, async |store| patient(command, &store, json).await)
            }
            Command::Round(command) => {
                with_store(&desk(config.as_deref())?, false, async |store| command.run(&store, json).await)
            }
            Command::Audit(command) => {
                with_store(&desk(config.as_deref())?, false, async |store| command.run(&store, json).await)
            }
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}

fn start(part: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(part).map(|()| ExitCode::SUCCESS)
}

fn desk(file: Option<&Path>) -> anyhow::Result<Desk> {
    Ok(Config::load_desk(file, config::environment())?)
}

/// Opens the store beside a running service and closes it again. `create` says whether a missing file is made.
fn with_store<T, F>(desk: &Desk, create: bool, work: F) -> anyhow::Result<T>
where
    F: AsyncFnOnce(Store) -> anyhow::Result<T>,
{
    let url = desk.store.url.expose_secret();
    if let Some(path) = url.strip_prefix("sqlite:").map(|path| Path::new(path.strip_prefix("//").unwrap_or(path))) {
        anyhow::ensure!(
            create || path.exists(),
            "there is no database at {}: see store.url in config.toml, or begin with `mimamori center add`",
            path.display()
        );
    }
    runtime()?.block_on(async {
        let store = Store::connect(url, store::Options { create, ..store::Options::default() }).await?;
        let outcome = work(store.clone()).await;
        store.close().await;
        outcome
    })
}

async fn add_center(
    arguments: center::AddCenter,
    store: &Store,
    shelf: &center::Shelf,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let center = arguments.run(store, shelf, SystemClock.now(), &SystemEntropy).await?;
    if json {
        say_json(&serde_json::json!({"id": center.id, "name": center.name, "dialogs": center.dialogs()}))?;
    } else {
        say(&format!("added {}; its dialogs are {}", center.name, center.dialogs().join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}

async fn set_center(
    arguments: center::SetCenter,
    store: &Store,
    shelf: &center::Shelf,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let changed = arguments.run(store, shelf, SystemClock.now()).await?;
    match changed {
        _ if json => say_json(&serde_json::json!({
            "changed": changed.is_some(),
            "dialogs": changed.as_ref().map(domain::center::Center::dialogs),
        }))?,
        Some(center) => say(&format!("changed {}; its dialogs are {}", center.name, center.dialogs().join(", "))),
        None => say("nothing to change: it is so already"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn patient(command: patient::PatientCommand, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
    let arguments = match command {
        patient::PatientCommand::Import(arguments) => arguments,
        patient::PatientCommand::Observe(arguments) => {
            let moved = arguments.run(store, SystemClock.now()).await?;
            if json {
                say_json(&moved)?;
            } else {
                say(&moved.to_string());
            }
            return Ok(ExitCode::SUCCESS);
        }
        patient::PatientCommand::Set(arguments) => {
            let changed = arguments.run(store, SystemClock.now()).await?;
            if json {
                say_json(&serde_json::json!({ "changed": changed }))?;
            } else {
                say(if changed { "changed" } else { "nothing to change: it is so already" });
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    let report = arguments.run(store, SystemClock.now(), &SystemEntropy).await?;
    if json {
        say_json(&report)?;
    } else {
        say(&report.to_string());
    }
    let refused = report.outcome == ImportOutcome::Refused;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
