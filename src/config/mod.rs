//! The configuration: what can be set, what each value may be, and which values go together. Where a value
//! comes from is [`layers`]' business, how a mistake is shown is [`problem`]'s. Knows no other module.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

mod layers;
mod problem;
#[cfg(test)]
mod tests;
mod url;

pub use problem::ConfigError;
pub use url::{BaseUrl, PublicUrl};

use layers::Reader;

/// The documented default, built in.
pub const DEFAULT: &str = include_str!("../../config.toml");

/// What every environment variable of ours begins with.
pub const VARIABLE_PREFIX: &str = "MIMAMORI__";

/// The whole configuration, checked. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// How the program is reached.
    pub server: ServerConfig,
    /// Where the data are.
    pub store: StoreConfig,
    /// Who carries the texts.
    pub gateway: GatewayConfig,
    /// The simulated provider; started only if [`GatewayKind::Simulator`] is chosen.
    pub simulator: SimulatorConfig,
    /// What is asked.
    pub dialogs: DialogsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// How the program is reached.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address from outside. Signatures are checked against it, never against a request's `Host`.
    pub public_url: PublicUrl,
    /// How long the work at hand may take to finish after a stop signal. 1 to 300 seconds.
    pub shutdown: Duration,
}

/// Where the data are.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`. A secret: it may hold a password.
    pub url: SecretString,
}

/// Who carries the texts.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Which gateway.
    pub kind: GatewayKind,
    /// How many segments a second may leave from one sender number. 1 to 1000.
    pub segments_per_second: u32,
    /// After this time a text that was being handed over counts as unknown (P5). 10 to 3600 seconds, and at
    /// least five more than [`TwilioConfig::connect_timeout`] and [`TwilioConfig::timeout`] together.
    pub lease: Duration,
    /// The provider's account; with the simulator, only the time-outs matter.
    pub twilio: TwilioConfig,
}

/// Which gateway carries the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayKind {
    /// Twilio, or a provider that speaks its HTTP API. The account and the token are then there.
    Twilio,
    /// The built-in simulator on this machine.
    Simulator,
}

/// The account at a provider that speaks Twilio's HTTP API.
#[derive(Debug, Clone)]
pub struct TwilioConfig {
    /// The provider's address.
    pub base_url: BaseUrl,
    /// The account. `Some` whenever the kind is [`GatewayKind::Twilio`].
    pub account_sid: Option<String>,
    /// The account's token. `Some` whenever the kind is [`GatewayKind::Twilio`].
    pub auth_token: Option<SecretString>,
    /// The other token while it is being changed.
    pub auth_token_previous: Option<SecretString>,
    /// An API key to send with in place of the token.
    pub api_key: Option<ApiKey>,
    /// Send through this messaging service in place of the center's own number.
    pub messaging_service_sid: Option<String>,
    /// How long to wait for a connection. 1 to 60 seconds.
    pub connect_timeout: Duration,
    /// How long to wait for the answer. 1 to 120 seconds.
    pub timeout: Duration,
}

/// An API key: an identifier and a secret.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its identifier.
    pub sid: String,
    /// Its secret.
    pub secret: SecretString,
}

/// The simulated provider.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Where it listens; a loopback address.
    pub listen: SocketAddr,
}

/// What commands at the desk work with.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Where the data are.
    pub store: StoreConfig,
    /// What is asked.
    pub dialogs: DialogsConfig,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct DialogsConfig {
    /// The folder of dialogs, a folder each.
    pub path: PathBuf,
    /// Whether a change in it is published by itself.
    pub watch: bool,
}

impl DialogsConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let path = reader.text("dialogs.path", "a folder, such as \"dialogs\"").map(PathBuf::from);
        let watch = reader.flag("dialogs.watch");
        Some(Self { path: path?, watch: watch? })
    }
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// For machines or for people.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// A key of the configuration.
struct Key {
    /// Its path, as in `server.listen`.
    path: &'static str,
    /// Whether its value is never shown, and may be given as the name of a file.
    secret: bool,
}

const fn open(path: &'static str) -> Key {
    Key { path, secret: false }
}

const fn secret(path: &'static str) -> Key {
    Key { path, secret: true }
}

/// Every key that there is.
const KEYS: &[Key] = &[
    open("server.listen"),
    open("server.public_url"),
    open("server.shutdown_seconds"),
    secret("store.url"),
    open("gateway.kind"),
    open("gateway.segments_per_second"),
    open("gateway.lease_seconds"),
    open("gateway.twilio.base_url"),
    open("gateway.twilio.account_sid"),
    secret("gateway.twilio.auth_token"),
    secret("gateway.twilio.auth_token_previous"),
    open("gateway.twilio.api_key_sid"),
    secret("gateway.twilio.api_key_secret"),
    open("gateway.twilio.messaging_service_sid"),
    open("gateway.twilio.connect_timeout_seconds"),
    open("gateway.twilio.timeout_seconds"),
    open("simulator.listen"),
    open("dialogs.path"),
    open("dialogs.watch"),
    open("log.format"),
    open("log.filter"),
];

/// By how much the lease must outlast the time-outs: writing the result takes a moment too.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// The variables of the environment that are ours. The only place that reads the environment.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    // Not `vars`: that panics at the first variable, of whatever program, that is not UTF-8.
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(VARIABLE_PREFIX).then(|| (name, value.to_string_lossy().into_owned()))
    })
}

impl Config {
    /// Reads the built-in default, then `file`, then the variables of `env` that begin with `MIMAMORI__`; the
    /// later one wins, key by key.
    ///
    /// # Errors
    /// Everything that is wrong, at once, each with its place and with what would be right.
    pub fn load(file: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new();
        reader.add_text("the built-in config.toml", DEFAULT);
        if let Some(path) = file {
            reader.add_file(path);
        }
        reader.add_variables(env);
        let config = Self::read(&mut reader);
        match config {
            Some(config) if reader.has_no_problems() => Ok(config),
            _ => Err(reader.into_error()),
        }
    }

    /// Reads only what commands need that work beside the service: they must not fail for want of a provider's token.
    ///
    /// # Errors
    /// What is wrong with it, or with the file.
    pub fn load_desk(file: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Desk, ConfigError> {
        let mut reader = Reader::new();
        reader.add_text("the built-in config.toml", DEFAULT);
        if let Some(path) = file {
            reader.add_file(path);
        }
        reader.add_variables(env);
        let (store, dialogs) = (StoreConfig::read(&mut reader), DialogsConfig::read(&mut reader));
        match (store, dialogs) {
            (Some(store), Some(dialogs)) if reader.has_no_problems() => Ok(Desk { store, dialogs }),
            _ => Err(reader.into_error()),
        }
    }

    /// Reads every key. `None` when one of them is missing or wrong; the reader then knows why.
    fn read(reader: &mut Reader) -> Option<Self> {
        // Every section is read before any is given up, so that all mistakes are told at once.
        let server = ServerConfig::read(reader);
        let store = StoreConfig::read(reader);
        let gateway = GatewayConfig::read(reader);
        let simulator = SimulatorConfig::read(reader);
        let dialogs = DialogsConfig::read(reader);
        let log = LogConfig::read(reader);
        let config = Self {
            server: server?,
            store: store?,
            gateway: gateway?,
            simulator: simulator?,
            dialogs: dialogs?,
            log: log?,
        };
        config.check_together(reader);
        Some(config)
    }

    /// Looks at values that are right by themselves and wrong together.
    fn check_together(&self, reader: &mut Reader) {
        let (server, simulator) = (self.server.listen, self.simulator.listen);
        let same_place = server.port() == simulator.port()
            && server.port() != 0
            && (server.ip() == simulator.ip() || server.ip().is_unspecified());
        if self.gateway.kind == GatewayKind::Simulator && same_place {
            reader.problem(
                "simulator.listen",
                "`simulator.listen` and `server.listen` are the same place".to_owned(),
                format!("give one of them another port, such as {}", simulator.port().wrapping_add(1).max(1024)),
            );
        }
        if self.gateway.kind == GatewayKind::Twilio && !self.server.public_url.is_https() {
            let provider = self.gateway.twilio.base_url.as_str();
            // A provider on this very machine (a test) can reach a loopback address; nobody else can.
            if !self.gateway.twilio.base_url.is_loopback() {
                reader.problem(
                    "server.public_url",
                    format!("`server.public_url` is this machine only, but {provider} must reach it"),
                    "give the https:// address that the provider's webhooks are set to".to_owned(),
                );
            }
        }
    }
}

impl ServerConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.parsed("server.listen", "an IP address and a port, such as 127.0.0.1:8080");
        let public_url = reader.checked("server.public_url", PublicUrl::parse);
        let shutdown = reader.seconds("server.shutdown_seconds", 1..=300);
        Some(Self { listen: listen?, public_url: public_url?, shutdown: shutdown? })
    }
}

impl StoreConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let url = reader.secret("store.url", |text| {
            let path = text.strip_prefix("sqlite:");
            let known = path.is_some() || text.starts_with("postgres://") || text.starts_with("postgresql://");
            match path {
                Some("" | ":memory:" | "//") => Err("a database in a file: sqlite:PATH, such as sqlite:mimamori.db"),
                _ if known => Ok(()),
                _ => Err("sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE"),
            }
        });
        Some(Self { url: reader.required("store.url", url)? })
    }
}

impl GatewayConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let kind =
            reader.choice("gateway.kind", &[("twilio", GatewayKind::Twilio), ("simulator", GatewayKind::Simulator)]);
        let segments_per_second = reader.integer("gateway.segments_per_second", 1..=1000);
        let lease = reader.seconds("gateway.lease_seconds", 10..=3600);
        let twilio = TwilioConfig::read(reader, kind);
        let (lease, twilio) = (lease?, twilio?);
        let least = twilio.connect_timeout + twilio.timeout + LEASE_MARGIN;
        if lease < least {
            reader.problem(
                "gateway.lease_seconds",
                format!("`gateway.lease_seconds` is {}, too short for the time-outs", lease.as_secs()),
                format!(
                    "with connect_timeout_seconds = {} and timeout_seconds = {} it must be {} or more",
                    twilio.connect_timeout.as_secs(),
                    twilio.timeout.as_secs(),
                    least.as_secs()
                ),
            );
        }
        Some(Self { kind: kind?, segments_per_second: u32::try_from(segments_per_second?).ok()?, lease, twilio })
    }
}

impl TwilioConfig {
    fn read(reader: &mut Reader, kind: Option<GatewayKind>) -> Option<Self> {
        let base_url = reader.checked("gateway.twilio.base_url", BaseUrl::parse);
        let account_sid = identifier(reader, "gateway.twilio.account_sid");
        let auth_token = token(reader, "gateway.twilio.auth_token");
        let auth_token_previous = token(reader, "gateway.twilio.auth_token_previous");
        let api_key_sid = identifier(reader, "gateway.twilio.api_key_sid");
        let api_key_secret = token(reader, "gateway.twilio.api_key_secret");
        let messaging_service_sid = identifier(reader, "gateway.twilio.messaging_service_sid");
        let connect_timeout = reader.seconds("gateway.twilio.connect_timeout_seconds", 1..=60);
        let timeout = reader.seconds("gateway.twilio.timeout_seconds", 1..=120);

        if kind == Some(GatewayKind::Twilio) {
            for key in ["gateway.twilio.account_sid", "gateway.twilio.auth_token"] {
                if !reader.is_given(key) {
                    reader.missing(key, "`gateway.kind` is \"twilio\", which needs it");
                }
            }
        }
        let api_key = match (api_key_sid, api_key_secret) {
            (Some(sid), Some(secret)) => Some(ApiKey { sid, secret }),
            (None, None) => None,
            // A wrong value of the other one has been told already.
            (Some(_), None) if reader.is_given("gateway.twilio.api_key_secret") => None,
            (None, Some(_)) if reader.is_given("gateway.twilio.api_key_sid") => None,
            (Some(_), None) => {
                reader.missing(
                    "gateway.twilio.api_key_secret",
                    "`gateway.twilio.api_key_sid` is set; give both or neither",
                );
                None
            }
            (None, Some(_)) => {
                reader.missing(
                    "gateway.twilio.api_key_sid",
                    "`gateway.twilio.api_key_secret` is set; give both or neither",
                );
                None
            }
        };
        Some(Self {
            base_url: base_url?,
            account_sid,
            auth_token,
            auth_token_previous,
            api_key,
            messaging_service_sid,
            connect_timeout: connect_timeout?,
            timeout: timeout?,
        })
    }
}

impl SimulatorConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.checked("simulator.listen", |text| {
            text.parse::<SocketAddr>()
                .ok()
                .filter(|address| address.ip().is_loopback())
                .ok_or("an address of this machine and a port, such as 127.0.0.1:8081")
        });
        Some(Self { listen: listen? })
    }
}

impl LogConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let format = reader.choice("log.format", &[("json", LogFormat::Json), ("text", LogFormat::Text)]);
        let filter = reader.checked("log.filter", |text| {
            let parsed = tracing_subscriber::EnvFilter::builder().parse(text);
            match parsed {
                Ok(_) if !text.trim().is_empty() => Ok(text.to_owned()),
                _ => Err("a level (error, warn, info, debug, trace), also by module: info,mimamori::outbox=debug"),
            }
        });
        Some(Self { format: format?, filter: filter? })
    }
}

/// An optional identifier of the provider: it goes into addresses, so it is letters, digits and dashes only.
fn identifier(reader: &mut Reader, path: &'static str) -> Option<String> {
    reader.optional(path, |text| {
        let fits = !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fits { Ok(text.to_owned()) } else { Err("an identifier as the provider shows it: letters, digits, - and _") }
    })
}

/// An optional secret of the provider.
fn token(reader: &mut Reader, path: &'static str) -> Option<SecretString> {
    reader.secret(path, |text| {
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(()) } else { Err("not empty, without spaces and line ends, as the provider shows it") }
    })
}
