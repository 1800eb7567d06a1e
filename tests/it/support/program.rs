//! Runs the real program as a child process: its output line by line, its log, signals, its end. Knows nothing of
//! what the program says. Nothing here waits for a time to pass; it waits for something to happen, up to a limit.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

/// The longest that anything may take on a slow machine with others on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Lines for whoever reads the test's output, such as why something was skipped.
#[expect(clippy::disallowed_macros, reason = "what a test leaves out must show in its output")]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// A folder of its own for one test; it goes when the test ends well, and stays to be looked at when it does not.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mimamori-it-{}-{number}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("a file in a temporary folder");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A loopback port that nobody has, below those that the system gives to outgoing connections: it must still be
/// free when the program starts again.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let spread = u16::try_from(std::process::id() % 9_000).expect("below 9,000");
        let port = 20_000 + (spread + step * 7) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The program with these arguments, and with none of our own configuration around it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimamori"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    clean(&mut command);
    command
}

/// Takes the configuration of whoever runs the tests away from a child.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MIMAMORI_") {
            command.env_remove(name);
        }
    }
}

/// Runs a command to its end.
pub(crate) async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().expect("the program can be started"))
        .await
        .expect("running a command does not panic")
}

/// Runs a command that must go well, and gives what it printed.
pub(crate) async fn succeed(command: Command) -> String {
    let output = run(command).await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// How much has been logged, and whether there will be more.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Told {
    length: usize,
    ended: bool,
}

/// A running child. Killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    log: Arc<Mutex<String>>,
    told: watch::Receiver<Told>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let (said, lines) = mpsc::unbounded_channel();
        let out = child.stdout.take().expect("it is piped");
        read_lines(out, move |line| {
            let _ = said.send(line);
        });
        let (tell, told) = watch::channel(Told::default());
        let log = Arc::new(Mutex::new(String::new()));
        let err = child.stderr.take().expect("it is piped");
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            each_line(err, |line| {
                let length = {
                    let mut log = kept.lock().expect("nobody panics with it");
                    let _ = writeln!(log, "{line}");
                    log.len()
                };
                // Not under the log's lock: whoever waits takes the two in the other order.
                tell.send_modify(|told| told.length = length);
            });
            tell.send_modify(|told| told.ended = true);
        });
        Self { child, lines, log, told }
    }

    /// The next line of its standard output.
    pub(crate) async fn line(&mut self) -> String {
        match tokio::time::timeout(PATIENCE, self.lines.recv()).await {
            Ok(Some(line)) => line,
            Ok(None) => panic!("the program ended without a line; its log:\n{}", self.log()),
            Err(_) => panic!("no line in time; the log:\n{}", self.log()),
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("nobody panics with it").clone()
    }

    /// Waits until something is logged, after the first `from` bytes.
    pub(crate) async fn logged(&self, from: usize, what: &str) {
        let mut told = self.told.clone();
        let found = told.wait_for(|told| {
            let log = self.log.lock().expect("nobody panics with it");
            log.get(from..).is_some_and(|log| log.contains(what)) || told.ended
        });
        let in_time = tokio::time::timeout(PATIENCE, found).await.is_ok();
        let log = self.log();
        assert!(in_time && log.get(from..).is_some_and(|log| log.contains(what)), "not logged: {what}\n{log}");
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("`kill` can be started").success(), "the program is not there any more");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself; how, and what it logged.
    pub(crate) async fn exit(mut self) -> (ExitStatus, String) {
        let mut told = self.told.clone();
        let ended = tokio::time::timeout(PATIENCE, told.wait_for(|told| told.ended)).await.is_ok();
        assert!(ended, "the program did not end in time; its log:\n{}", self.log());
        // Its standard error is closed, so this takes no time.
        let status = self.child.wait().expect("it is our child");
        (status, self.log())
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) -> (ExitStatus, String) {
        self.signal("TERM");
        self.exit().await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.char_indices().rev().nth(20_000).map_or(0, |(at, _)| at);
            note(&format!("--- the end of the program's log:\n{}", &log[from..]));
        }
    }
}

fn each_line(from: impl Read, mut then: impl FnMut(String)) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    // Bytes, not text: whatever the program prints is taken.
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        then(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
}

fn read_lines(from: impl Read + Send + 'static, then: impl FnMut(String) + Send + 'static) {
    std::thread::spawn(move || each_line(from, then));
}
