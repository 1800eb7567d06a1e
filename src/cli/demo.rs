//! `mimamori demo`.

use std::path::PathBuf;

use clap::Args;

use crate::config::{LogConfig, LogFormat};
use crate::demo::{self, DemoOptions, Ready};
use crate::telemetry;

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the demo keeps its files
    #[arg(long, default_value = "mimamori-demo")]
    data: PathBuf,
    /// The console's port; the phones take the next one. 0 takes any two free ones
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(..=65_534))]
    port: u16,
    /// Start over: forget the day so far
    #[arg(long)]
    fresh: bool,
    /// No phone answers by itself
    #[arg(long)]
    manual: bool,
    /// What is logged, to standard error
    #[arg(long, default_value = "warn")]
    log: String,
}

/// Runs the demo until it is stopped.
///
/// # Errors
/// When a file, a port or the database cannot be used.
pub async fn run(arguments: DemoArgs, json: bool) -> anyhow::Result<()> {
    let DemoArgs { data, port, fresh, manual, log } = arguments;
    let format = if json { LogFormat::Json } else { LogFormat::Text };
    telemetry::set_up(&LogConfig { format, filter: log })?;
    demo::run(DemoOptions { data, port, fresh, manual }, |ready| announce(ready, json)).await
}

fn announce(ready: &Ready, json: bool) {
    if json {
        // The line is made of texts only and cannot fail to be written as JSON.
        let _ = super::say_json(ready);
        return;
    }
    let Ready { console, phones, login, .. } = ready;
    super::say(&format!(
        "mimamori demo: a made-up center, nothing leaves this machine

  phones   {phones}    press 07:00 there, and the questions go out
  console  {console}    sign in as {} with {}

Ctrl-C stops it; the next start goes on from here, --fresh starts over.",
        login.user, login.password
    ));
}
