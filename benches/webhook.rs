//! How fast the running service answers texts: the real binary in a process of its own, on SQLite with full
//! durability, over loopback, with signatures, with two thousand patients in the middle of their morning.
//!
//! `cargo bench --bench webhook` first posts 100 texts a second for 30 seconds, each at its appointed time whether
//! or not the one before was answered, and takes the latency from the appointed time; then posts the rest as fast as
//! 64 connections go. It fails where p99 is not below 50 ms. With `-- quick` everything is shorter and only shows
//! that the measurement works (CI runs that, on the debug build, with a generous bound).
//!
//! Each text is another one, and is the answer to the question that its patient is on: duplicates would be answered
//! from the inbox, and prove nothing.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const ACCOUNT: &str = "AC00000000000000000000000000000bec";
const TOKEN: &str = "a-token-for-measuring";
const SENDER: &str = "+12015550100";
const CENTER: &str = "Bench";

/// Area codes of the made-up numbers: a hundred numbers each are set aside for such use. The first is the center's.
const AREAS: [u16; 21] =
    [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229];

/// One morning, question by question.
const ANSWERS: [&str; 6] = ["36.6", "９８", "2", "1,3", "2", "なし"];

/// How long and how hard.
struct Plan {
    /// How many of the area codes are used, a hundred patients each.
    areas: usize,
    rate: u32,
    seconds: u32,
    connections: usize,
    /// The bound on p99 at `rate`.
    bound: Duration,
}

const FULL: Plan = Plan { areas: 20, rate: 100, seconds: 30, connections: 64, bound: Duration::from_millis(50) };
/// For a debug build on a machine that does other things too.
const QUICK: Plan = Plan { areas: 2, rate: 25, seconds: 8, connections: 16, bound: Duration::from_secs(1) };

/// The service under measurement; killed when dropped.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Drop for Service {
    fn drop(&mut self) {
        // Nothing depends on its end: the folder is thrown away.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// The program with the settings of this measurement.
fn program(folder: &Path, listen: SocketAddr, simulator: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimamori"));
    command
        .current_dir(folder)
        .env("MIMAMORI__STORE__URL", format!("sqlite:{}", folder.join("bench.db").display()))
        .env("MIMAMORI__SERVER__LISTEN", listen.to_string())
        .env("MIMAMORI__SERVER__PUBLIC_URL", format!("http://{listen}"))
        .env("MIMAMORI__GATEWAY__KIND", "simulator")
        .env("MIMAMORI__GATEWAY__SEGMENTS_PER_SECOND", "1000")
        .env("MIMAMORI__GATEWAY__TWILIO__ACCOUNT_SID", ACCOUNT)
        .env("MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN", TOKEN)
        .env("MIMAMORI__SIMULATOR__LISTEN", simulator.to_string())
        .env("MIMAMORI__DIALOGS__PATH", concat!(env!("CARGO_MANIFEST_DIR"), "/dialogs"))
        .env("MIMAMORI__LOG__FILTER", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// A zone in which it is about ten in the morning now, so that the round can be opened whenever this runs.
fn morning_zone() -> String {
    // There is no zone thirteen hours behind: then the one that is as far ahead, tomorrow.
    let ahead = match 10 - i64::from(now().hour()) {
        -13 => 11,
        ahead => ahead,
    };
    // The signs of these names are the wrong way round, by POSIX.
    match ahead {
        0 => "Etc/GMT".to_owned(),
        east @ 1.. => format!("Etc/GMT-{east}"),
        west => format!("Etc/GMT+{}", -west),
    }
}

#[expect(clippy::disallowed_methods, reason = "the service under measurement runs by the real clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn number_of(patient: usize) -> String {
    format!("+1{}5550{}", AREAS[patient / 100 + 1], 100 + patient % 100)
}

/// Enrols everybody and starts the service.
fn start(plan: &Plan, folder: &Path) -> anyhow::Result<Service> {
    let (listen, simulator) = (free_address()?, free_address()?);
    let run = |arguments: &[&str]| -> anyhow::Result<()> {
        let status = program(folder, listen, simulator).args(arguments).status()?;
        ensure!(status.success(), "`mimamori {}` failed", arguments.join(" "));
        Ok(())
    };
    let zone = morning_zone();
    let center = ["center", "add", "--name", CENTER, "--time-zone", &zone, "--sender", SENDER];
    run(&[&center[..], &["--open", "07:00", "--remind", "none", "--deadline", "13:00"]].concat())?;

    let today = |days: i64| (now().date_naive() + TimeDelta::days(days)).to_string();
    let mut csv = String::from("her_sys_id,name,phone,language,observe_from,observe_until\n");
    for patient in 0..plan.areas * 100 {
        let (id, phone) = (10_000_000 + patient, number_of(patient));
        csv.push_str(&format!("{id},Patient {patient},{phone},ja,{},{}\n", today(-3), today(3)));
    }
    let file = folder.join("patients.csv");
    std::fs::write(&file, csv)?;
    run(&["patient", "import", &file.to_string_lossy(), "--center", CENTER])?;

    let process = program(folder, listen, simulator).arg("serve").spawn()?;
    Ok(Service { process, address: listen })
}

/// A connection that stays open, with just enough HTTP for one request after the other. A full client would use as
/// much of the machine as what is measured.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and reads the whole answer; gives back the status and the body.
    async fn send(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the connection was closed");
        };
        let head = std::str::from_utf8(&self.buffer[..head_end])?.to_ascii_lowercase();
        let status = head.get(9..12).context("an answer without a status")?.parse()?;
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .context("an answer without a length")?
            .trim()
            .parse()?;
        while self.buffer.len() < head_end + length {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the connection was closed");
        }
        Ok((status, self.buffer[head_end..head_end + length].to_vec()))
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<String> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
        let (status, body) = self.send(request.as_bytes()).await?;
        ensure!(status == 200, "{path} answered {status}");
        Ok(String::from_utf8(body)?)
    }
}

/// A signed text as the provider posts it, ready to be written to a socket.
fn request(address: SocketAddr, patient: usize, round: usize) -> Vec<u8> {
    let from = number_of(patient);
    let sid = format!("SM{:032x}", patient * 100 + round);
    // By name, as the signature wants them.
    let fields = [
        ("AccountSid", ACCOUNT),
        ("Body", ANSWERS[round % ANSWERS.len()]),
        ("From", &from),
        ("MessageSid", &sid),
        ("NumMedia", "0"),
        ("To", SENDER),
    ];
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(format!("http://{address}/twilio/sms").as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!(
        "POST /twilio/sms HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         x-twilio-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The value of a metric without labels, or the sum over all labels; 0 if it is not there yet.
fn metric(page: &str, name: &str) -> f64 {
    page.lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

/// Waits until the opening has left to everybody: a reply to somebody whose question is still on its way would go
/// another way than most do.
async fn until_asked(service: &mut Service, patients: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut poll = tokio::time::interval(Duration::from_millis(200));
    loop {
        poll.tick().await;
        if let Some(status) = service.process.try_wait()? {
            bail!("the service ended by itself: {status}");
        }
        if let Ok(mut connection) = Connection::open(service.address).await {
            let page = connection.get("/metrics").await?;
            let open: f64 = ["queued", "sending", "unknown"]
                .iter()
                .map(|state| metric(&page, &format!("mimamori_outbox_texts{{state=\"{state}\"}}")))
                .sum();
            let sent = metric(&page, "mimamori_outbound_texts_total");
            // The gauges are a few seconds old at times; the counter is not.
            if open == 0.0 && sent >= number(patients) {
                return Ok(());
            }
        }
        if began.elapsed() > Duration::from_secs(180) {
            bail!("after three minutes the opening is still not out");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}

/// The value below which this share of the sorted times lies.
fn percentile(sorted: &[Duration], share: usize) -> Duration {
    sorted.get((sorted.len() * share / 1000).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Posts each request at its appointed time; gives back how long after that time each was answered.
async fn steadily(address: SocketAddr, rate: u32, requests: Vec<Vec<u8>>) -> anyhow::Result<Vec<Duration>> {
    let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
    let mut tasks = JoinSet::new();
    let began = tokio::time::Instant::now();
    for (at, request) in (0_u32..).zip(requests) {
        let due = began + Duration::from_secs(1) * at / rate;
        tokio::time::sleep_until(due).await;
        let idle = Arc::clone(&idle);
        tasks.spawn(async move {
            let free = idle.lock().await.pop();
            let mut connection = match free {
                Some(connection) => connection,
                None => Connection::open(address).await?,
            };
            let (status, body) = connection.send(&request).await?;
            let took = due.elapsed();
            idle.lock().await.push(connection);
            ensure!(status == 200, "a text was answered with {status}");
            ensure!(body.windows(9).any(|window| window == b"<Message "), "a text was answered without a reply");
            Ok(took)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.push(done??);
    }
    times.sort_unstable();
    Ok(times)
}

/// Posts everything as fast as the connections go, each its own patients in order; gives back the time.
async fn at_once(address: SocketAddr, shares: Vec<Vec<Vec<u8>>>) -> anyhow::Result<Duration> {
    let mut connections = Vec::new();
    for _ in &shares {
        connections.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (mut connection, share) in connections.into_iter().zip(shares) {
        tasks.spawn(async move {
            for request in share {
                let (status, _) = connection.send(&request).await?;
                ensure!(status == 200, "a text was answered with {status}");
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(began.elapsed())
}

async fn measure(plan: &Plan) -> anyhow::Result<bool> {
    let folder = std::env::temp_dir().join(format!("mimamori-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut service = start(plan, &folder)?;
    let address = service.address;
    let patients = plan.areas * 100;
    until_asked(&mut service, patients).await?;

    // Question by question over all patients, so that nobody texts twice at a time.
    let mut requests: Vec<(usize, Vec<u8>)> = (0..ANSWERS.len())
        .flat_map(|round| (0..patients).map(move |patient| (patient, round)))
        .map(|(patient, round)| (patient, request(address, patient, round)))
        .collect();
    let steady = usize::try_from(plan.rate * plan.seconds)?;
    ensure!(steady < requests.len(), "more texts are planned than there are answers");
    let rest = requests.split_off(steady);
    let mut shares = vec![Vec::new(); plan.connections];
    let flood = rest.len();
    for (patient, request) in rest {
        shares[patient % plan.connections].push(request);
    }

    let mut page = Connection::open(address).await?;
    let batches = |page: &str| (metric(page, "mimamori_batch_size_count"), metric(page, "mimamori_batch_size_sum"));
    let before = batches(&page.get("/metrics").await?);
    let times = steadily(address, plan.rate, requests.into_iter().map(|(_, request)| request).collect()).await?;
    let between = batches(&page.get("/metrics").await?);
    let took = at_once(address, shares).await?;
    let after = batches(&page.get("/metrics").await?);
    drop(service);
    std::fs::remove_dir_all(&folder)?;

    let mut out = std::io::stdout().lock();
    let (p50, p99, worst) =
        (percentile(&times, 500), percentile(&times, 990), times.last().copied().unwrap_or_default());
    writeln!(
        out,
        ">> {} texts at {} a second: p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms; {} commits",
        times.len(),
        plan.rate,
        milliseconds(p50),
        milliseconds(p99),
        milliseconds(worst),
        between.0 - before.0,
    )?;
    writeln!(
        out,
        ">> {flood} texts as fast as {} connections go: {:.0} a second; {} commits, {:.1} texts each",
        plan.connections,
        number(flood) / took.as_secs_f64(),
        after.0 - between.0,
        (after.1 - between.1) / (after.0 - between.0).max(1.0),
    )?;
    let held = p99 < plan.bound;
    if !held {
        writeln!(out, "bound broken: p99 below {} ms", plan.bound.as_millis())?;
    }
    Ok(held)
}

fn main() -> ExitCode {
    let plan = if std::env::args().any(|argument| argument == "quick") { QUICK } else { FULL };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(measure(&plan))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
