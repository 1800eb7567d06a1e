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
use crate::config::{self, Config};
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
    /// Dialogs at the desk: check, test, chat
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
            Command::Dialog(command) => command.run(&mut stdin().lock(), &mut stdout().lock()),
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
            Command::Center(command) => {
                with_store(config.as_deref(), async |store| center(command, &store, json).await)
            }
            Command::Patient(command) => {
                with_store(config.as_deref(), async |store| patient(command, &store, json).await)
            }
            Command::Staff(command) => with_store(config.as_deref(), async |store| command.run(&store, json).await),
            Command::Round(command) => with_store(config.as_deref(), async |store| command.run(&store, json).await),
            Command::Audit(command) => with_store(config.as_deref(), async |store| command.run(&store, json).await),
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}

fn start(part: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(part).map(|()| ExitCode::SUCCESS)
}

/// Opens the store beside a running service and closes it again.
fn with_store<F>(file: Option<&Path>, work: F) -> anyhow::Result<ExitCode>
where
    F: AsyncFnOnce(Store) -> anyhow::Result<ExitCode>,
{
    let config = Config::load_store_only(file, config::environment())?;
    runtime()?.block_on(async {
        let store = Store::connect(config.expose_secret(), store::Options::default()).await?;
        let code = work(store.clone()).await;
        store.close().await;
        code
    })
}

async fn center(command: center::CenterCommand, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
    let center::CenterCommand::Add(arguments) = command;
    let center = arguments.run(store, SystemClock.now(), &SystemEntropy).await?;
    if json {
        say_json(&serde_json::json!({"id": center.id, "name": center.name}))?;
    } else {
        say(&format!("added {}", center.name));
    }
    Ok(ExitCode::SUCCESS)
}

async fn patient(command: patient::PatientCommand, store: &Store, json: bool) -> anyhow::Result<ExitCode> {
    let patient::PatientCommand::Import(arguments) = command;
    let report = arguments.run(store, SystemClock.now(), &SystemEntropy).await?;
    if json {
        say_json(&report)?;
    } else {
        say(&report.to_string());
    }
    let refused = report.outcome == ImportOutcome::Refused;
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
