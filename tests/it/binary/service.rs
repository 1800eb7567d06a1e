//! A running `mimamori serve` in real time, with a provider in the test's own process: the provider outlives the
//! service, however that ends, and knows what it was given.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, TimeDelta, Timelike as _, Utc};
use mimamori::clock::{Clock as _, SystemClock, SystemEntropy};
use mimamori::simulator::{self, Filter, Number, Simulator, StopWords};
use store::{Options, Store};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::demo::http;
use super::webhook::Webhooks;
use crate::support::program::{Folder, PATIENCE, Program, command, free_port, succeed};

pub(super) const CENTER: &str = "試験保健所";
const ACCOUNT: &str = "test-account";
const TOKEN: &str = "an-auth-token-of-a-test";
pub(super) const TOKEN_BEFORE: &str = "the-token-before-that-one";
const SENDER: &str = "+819012345600";

/// The time. Tests at the outside live in real time.
pub(super) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// A center whose morning is now: in a zone where it is between eleven and twelve, so that no day ends meanwhile.
pub(super) struct Morning {
    zone: String,
    opens_at: DateTime<Utc>,
    local_offset: i64,
}

impl Morning {
    pub(super) fn now() -> Self {
        let now = now();
        let offset = 11 - i64::from(now.hour());
        // In these names the sign is the other way round: Etc/GMT-9 is nine hours ahead.
        let zone = format!("Etc/GMT{:+}", -offset).replace("+0", "");
        let opens_at = now.with_second(0).and_then(|at| at.with_nanosecond(0)).expect("a full minute");
        Self { zone, opens_at, local_offset: offset }
    }

    /// A time of day at the center, so many minutes after the opening.
    fn at(&self, minutes: i64) -> String {
        let local = self.opens_at + TimeDelta::hours(self.local_offset) + TimeDelta::minutes(minutes);
        local.format("%H:%M").to_string()
    }

    fn today(&self) -> chrono::NaiveDate {
        (self.opens_at + TimeDelta::hours(self.local_offset)).date_naive()
    }
}

/// A service and all that belongs to it. The program can be ended and started again on the same port.
pub(super) struct Service {
    pub(super) folder: Folder,
    pub(super) simulator: Simulator,
    pub(super) webhooks: Webhooks,
    pub(super) morning: Morning,
    pub(super) store_url: String,
    listen: SocketAddr,
    dialogs: PathBuf,
    settings: Vec<(&'static str, String)>,
    _provider: DropGuard,
}

impl Service {
    /// A center whose morning is now, a provider, and no running program yet. `reminders` are minutes after the
    /// opening.
    pub(super) async fn prepare(name: &str, reminders: &[i64]) -> Self {
        let folder = Folder::new(name);
        let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let public_url = format!("http://{listen}");
        let stop = CancellationToken::new();
        let settings = simulator::Settings {
            numbers: vec![Number::new(SENDER, format!("{public_url}/twilio/sms"))],
            stop_words: StopWords::LeftToService,
            ..simulator::Settings::new(ACCOUNT, TOKEN, Arc::new(SystemClock), Arc::new(SystemEntropy))
        };
        let simulator = simulator::start(settings, stop.clone()).await.expect("the simulator starts");
        let webhooks = Webhooks {
            http: http(),
            public_url,
            account: ACCOUNT.to_owned(),
            token: TOKEN.to_owned(),
            center: SENDER.to_owned(),
        };
        let store_url = format!("sqlite:{}", folder.path().join("mimamori.db").display());
        let morning = Morning::now();
        let service = Self {
            folder,
            simulator,
            webhooks,
            morning,
            store_url,
            listen,
            dialogs: PathBuf::from("dialogs"),
            settings: Vec::new(),
            _provider: stop.drop_guard(),
        };
        let remind: Vec<String> = reminders.iter().map(|minutes| service.morning.at(*minutes)).collect();
        let remind = if remind.is_empty() { "none".to_owned() } else { remind.join(",") };
        let (zone, open, deadline) = (&service.morning.zone, service.morning.at(0), service.morning.at(45));
        let mut add = service.beside(&["center", "add", "--name", CENTER, "--sender", SENDER]);
        add.args(["--time-zone", zone, "--open", &open, "--remind", &remind, "--deadline", &deadline]);
        succeed(add).await;
        service
    }

    /// One more setting for the program, such as `LOG__FILTER`.
    pub(super) fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.settings.push((key, value.into()));
    }

    /// Gives the service a copy of the dialogs that the test may spoil.
    pub(super) fn own_dialogs(&mut self) -> PathBuf {
        let (from, to) =
            (PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dialogs"), self.folder.path().join("dialogs"));
        copy(&from, &to);
        self.dialogs.clone_from(&to);
        to
    }

    /// A command of the program on the same database.
    pub(super) fn beside(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("MIMAMORI__STORE__URL", &self.store_url);
        command
    }

    /// `mimamori serve` with all its settings.
    pub(super) fn serve(&self) -> Command {
        let mut command = self.beside(&["serve"]);
        self.configure(&mut command);
        command
    }

    /// Tells a command all the settings.
    pub(super) fn configure(&self, command: &mut Command) {
        let settings = [
            ("STORE__URL", self.store_url.clone()),
            ("SERVER__LISTEN", self.listen.to_string()),
            ("SERVER__PUBLIC_URL", self.webhooks.public_url.clone()),
            ("GATEWAY__KIND", "twilio".to_owned()),
            ("GATEWAY__TWILIO__BASE_URL", self.simulator.base_url()),
            ("GATEWAY__TWILIO__ACCOUNT_SID", ACCOUNT.to_owned()),
            ("GATEWAY__TWILIO__AUTH_TOKEN", TOKEN.to_owned()),
            ("GATEWAY__TWILIO__AUTH_TOKEN_PREVIOUS", TOKEN_BEFORE.to_owned()),
            ("GATEWAY__TWILIO__CONNECT_TIMEOUT_SECONDS", "1".to_owned()),
            ("GATEWAY__TWILIO__TIMEOUT_SECONDS", "4".to_owned()),
            ("GATEWAY__LEASE_SECONDS", "10".to_owned()),
            ("DIALOGS__PATH", self.dialogs.display().to_string()),
        ];
        for (key, value) in settings.iter().chain(&self.settings) {
            command.env(format!("MIMAMORI__{key}"), value);
        }
    }

    /// Starts the program; comes back when it serves.
    pub(super) async fn start(&self) -> Program {
        let program = Program::start(self.serve());
        program.logged(0, "\"serving\"").await;
        program
    }

    /// Enrols one patient for each of these phones, as `試験 0`, `試験 1`, …, from `first` on.
    pub(super) async fn enrol(&self, first: usize, phones: &[String]) {
        let day = self.morning.today();
        let until = day + Days::new(5);
        let mut file = String::from("her_sys_id,name,phone,observe_from,observe_until\n");
        for (index, phone) in phones.iter().enumerate() {
            let number = first + index;
            file.push_str(&format!("{},試験 {number},{phone},{day},{until}\n", 84_000_000 + number));
        }
        let path = self.folder.write(&format!("patients-{first}.csv"), &file);
        let mut import = self.beside(&["patient", "import", "--center", CENTER]);
        import.arg(path);
        succeed(import).await;
    }

    /// Waits until question 1 has reached each of these phones and the service knows it, so that nothing older is on
    /// its way to them.
    pub(super) async fn everybody_asked(&self, phones: &[String]) {
        let store = Store::connect(&self.store_url, Options::default()).await.expect("the database");
        let mut left = phones.to_vec();
        let asked = async {
            loop {
                left.retain(|phone| {
                    let filter = Filter { to: Some(phone.clone()), ..Filter::default() };
                    !self.simulator.messages(&filter).iter().any(|message| message.status.is_final())
                });
                let open = store.read().await.unwrap().open_outbox_counts().await.unwrap();
                if left.is_empty() && open.iter().all(|(_, count)| *count == 0) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("question 1 goes out");
        store.close().await;
    }

    /// What one of our own numbers in `/metrics` stands at; 0 if it is not there yet.
    pub(super) async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        line.and_then(|line| line.rsplit(' ').next()).map_or(0.0, |value| value.parse().expect("a number"))
    }

    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.webhooks.public_url);
        let response = self.webhooks.http.get(url).send().await.expect("the service answers");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
