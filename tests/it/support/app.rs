//! The real service over a fresh database, a clock that stands still, and a provider in memory: what a test does
//! with it is written in verbs of the people who use it. Nothing here decides what the service does.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::alert::Alert;
use domain::center::{Center, FurtherDialogs, Hours, SecondCheck};
use domain::contact::Contact;
use domain::id::{CenterId, MessageId};
use domain::language::Language;
use domain::message::{Body, OutboundState};
use domain::patient::Patient;
use domain::phone::PhoneNumber;
use domain::round::{Round, RoundKind};
use domain::schedule;
use domain::severity::Thresholds;
use mimamori::app::{App, Parts};
use mimamori::clock::{Clock, EntropySource, ManualClock, SeededEntropy};
use mimamori::config::Config;
use mimamori::conversation::{Inbound, ReplyText, Unavailable};
use mimamori::dialogs::{DialogBook, DialogFolder};
use mimamori::enrol::{self, Actor, ImportOptions, ImportOutcome};
use mimamori::lifecycle::Lifecycle;
use mimamori::round_status::RoundStatus;
use store::{StatusReport, Store};

use super::provider::{MemoryProvider, Taken};

/// More than any text waits for its pace or any turn takes: two things that happen one after the other in life
/// never happen at the same microsecond here.
const MOMENT: TimeDelta = TimeDelta::seconds(1);

/// A service that does not come to rest within so many passes never will.
const MOST_PASSES: usize = 2_000;

/// Where a test's data are kept.
#[derive(Debug)]
pub(crate) enum Database {
    /// A file in a folder that is removed with the test.
    Sqlite { folder: PathBuf },
    /// A database of its own on the server.
    Postgres { server: String, name: String, url: String },
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A fresh SQLite file; in memory where the machine has such a folder, since it is fsynced at every commit.
    pub(crate) fn sqlite() -> Self {
        let shared = PathBuf::from("/dev/shm");
        let base = if shared.is_dir() { shared } else { std::env::temp_dir() };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = base.join(format!("mimamori-it-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
        Self::Sqlite { folder }
    }

    /// A fresh PostgreSQL database, if a server is known.
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
    #[expect(clippy::disallowed_macros, reason = "a skipped test says so")]
    pub(crate) async fn postgres(test: &str) -> Option<Self> {
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("MIMAMORI_REQUIRE_POSTGRES").is_err(),
                "MIMAMORI_REQUIRE_POSTGRES is set, but TEST_POSTGRES_URL is not: {test} cannot run"
            );
            eprintln!("skipped on PostgreSQL: {test} (set TEST_POSTGRES_URL to run it)");
            return None;
        };
        let name = format!("mimamori_it_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = store::testing::create_database(&server, &name).await.expect("a database can be made");
        Some(Self::Postgres { server, name, url })
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite { folder } => format!("sqlite:{}", folder.join("it.db").display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// Removes it.
    pub(crate) async fn remove(self) {
        match &self {
            Self::Sqlite { .. } => {}
            Self::Postgres { server, name, .. } => {
                store::testing::drop_database(server, name).await.expect("the database can be dropped");
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Sqlite { folder } = self {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The dialogs of this repository, loaded once.
pub(crate) fn dialogs() -> Arc<DialogBook> {
    static BOOK: OnceLock<Arc<DialogBook>> = OnceLock::new();
    let load = || {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dialogs");
        Arc::new(DialogBook::load(&folder).expect("our own dialogs have no faults"))
    };
    Arc::clone(BOOK.get_or_init(load))
}

/// Whom to enrol.
#[derive(Debug, Clone)]
pub(crate) struct NewPatient {
    pub(crate) her_sys_id: String,
    pub(crate) phone: String,
    pub(crate) language: &'static str,
    pub(crate) risk: &'static str,
    pub(crate) unconfirmed: bool,
    /// Whether the phone wants one text for everything.
    pub(crate) one_text: bool,
    /// On how many further days they are observed, today's included as 0.
    pub(crate) days: u64,
    /// When the symptoms began, as a cell of the file.
    pub(crate) onset: String,
}

impl NewPatient {
    /// A patient of standard risk, written to in Japanese, observed from yesterday for as long as the test lasts.
    pub(crate) fn on(phone: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            her_sys_id: format!("{}", 2_000_000 + number),
            phone: phone.to_owned(),
            language: "ja",
            risk: "standard",
            unconfirmed: false,
            one_text: false,
            days: 2_000,
            onset: String::new(),
        }
    }

    pub(crate) fn high_risk(self) -> Self {
        Self { risk: "high", ..self }
    }

    /// Somebody who is observed until so many days from now, and whose symptoms began on this day.
    pub(crate) fn until(self, days: u64, onset: &str) -> Self {
        Self { days, onset: onset.to_owned(), ..self }
    }

    pub(crate) fn unconfirmed(self) -> Self {
        Self { unconfirmed: true, ..self }
    }
}

/// What a test begins with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) database: Database,
    /// What the clocks at the center show.
    pub(crate) start: NaiveDateTime,
    pub(crate) zone: Tz,
    pub(crate) seed: u64,
    /// The dialog of the center's mornings.
    pub(crate) dialog: &'static str,
    /// The dialogs beside it.
    pub(crate) further: FurtherDialogs,
    /// Its second check.
    pub(crate) second: Option<SecondCheck>,
}

impl Setup {
    /// Five in the morning of an ordinary Monday in Tokyo.
    pub(crate) fn new(database: Database) -> Self {
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        let start = day.and_hms_opt(3, 30, 0).expect("a time");
        let further = FurtherDialogs::default();
        Self { database, start, zone: Tz::Asia__Tokyo, seed: 1, dialog: "daily", further, second: None }
    }

    /// A center that uses all dialogs of this repository, and checks high risk again at 14:00, until 15:30.
    pub(crate) fn with_everything(self) -> Self {
        let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day");
        let name = |name: &str| Some(name.to_owned());
        Self {
            further: FurtherDialogs { welcome: name("welcome"), short: name("short"), release: name("release") },
            second: Some(SecondCheck {
                open: time(14, 0),
                reminders: vec![time(14, 45)],
                deadline: time(15, 30),
                dialog: "twice-daily".to_owned(),
            }),
            ..self
        }
    }

    pub(crate) async fn build(self) -> TestApp {
        TestApp::start(self).await
    }
}

/// The service under test, and the world around it.
pub(crate) struct TestApp {
    app: Option<App>,
    database: Option<Database>,
    dialogs: Arc<DialogBook>,
    pub(crate) clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    pub(crate) provider: Arc<MemoryProvider>,
    pub(crate) center: Center,
    /// What happened, for people: shown when a test fails.
    lines: Vec<String>,
    told_of: usize,
    sids: u32,
    finished: bool,
}

/// The texts of a TwiML answer, with our identifiers.
pub(crate) fn texts_in(twiml: &str) -> Vec<ReplyText> {
    let document = roxmltree::Document::parse(twiml).expect("the answer is XML");
    let messages = document.root_element().children().filter(|node| node.has_tag_name("Message"));
    messages
        .map(|message| {
            let callback = message.attribute("statusCallback").expect("every text asks for status callbacks");
            let id = callback.rsplit(['=', '/']).next().and_then(|id| id.parse().ok());
            ReplyText {
                id: id.unwrap_or_else(|| panic!("no identifier in {callback}")),
                body: Body(message.text().unwrap_or_default().to_owned()),
            }
        })
        .collect()
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::from_e164(text).expect("a test's own number")
}

impl TestApp {
    async fn start(setup: Setup) -> Self {
        let Setup { database, start, zone, seed, dialog, further, second } = setup;
        let clock = Arc::new(ManualClock::new(schedule::instant_of(zone, start.date(), start.time())));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let provider = Arc::new(MemoryProvider::new(Arc::clone(&clock), seed.wrapping_add(1)));
        let center = Center {
            id: CenterId::new(clock.now(), &entropy.id()),
            name: "江東区保健所".to_owned(),
            time_zone: zone,
            sender: number("+12125550100"),
            hours: Hours::default(),
            night_line: None,
            language: Language::Ja,
            dialog: dialog.to_owned(),
            further,
            second,
            thresholds: Thresholds::default(),
        };
        let mut this = Self {
            app: None,
            database: Some(database),
            dialogs: dialogs(),
            clock,
            entropy,
            provider,
            center: center.clone(),
            lines: Vec::new(),
            told_of: 0,
            sids: 0,
            finished: false,
        };
        this.open().await;
        this.add_center(&center).await;
        this.settle().await;
        this
    }

    /// Opens the database, which may hold what an earlier run left.
    async fn open(&mut self) {
        let url = self.database.as_ref().map(Database::url).expect("a test has a database until it ends");
        let variables = [
            ("SERVER__LISTEN", "127.0.0.1:0"),
            ("SERVER__PUBLIC_URL", "https://mimamori.test"),
            ("STORE__URL", url.as_str()),
            ("GATEWAY__KIND", "twilio"),
            ("GATEWAY__SEGMENTS_PER_SECOND", "1000"),
            ("GATEWAY__TWILIO__ACCOUNT_SID", "AC00000000000000000000000000000001"),
            ("GATEWAY__TWILIO__AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
        ];
        let variables = variables.into_iter().map(|(key, value)| (format!("MIMAMORI__{key}"), value.to_owned()));
        let config = Config::load(None, variables).expect("the test's own configuration");
        let parts = Parts {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            sign_in_clock: None,
            entropy: Arc::clone(&self.entropy) as Arc<dyn EntropySource>,
            gateway: Some(Arc::clone(&self.provider) as Arc<_>),
            demo: None,
            lifecycle: Lifecycle::default(),
        };
        self.app = Some(App::with_dialogs(config, parts, Arc::clone(&self.dialogs)).await.expect("the service starts"));
    }

    /// Changes a file of the daily dialog: the service finds it so at its next start, and only so.
    pub(crate) fn edit_dialog(&mut self, file: &str, from: &str, to: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dialogs/daily");
        let mut folder = DialogFolder::read(&folder).expect("our own dialog can be read");
        let source = folder.files.iter_mut().find(|source| source.name == file).expect("the file is there");
        assert!(source.text.contains(from), "{file} has no {from}");
        source.text = source.text.replace(from, to);
        let book = DialogBook::default();
        book.insert_current(folder.load().expect("the edited dialog has no faults"));
        self.dialogs = Arc::new(book);
    }

    /// Ends the service and begins it again on the same database.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.lines.push("         -- restart".to_owned());
        self.open().await;
    }

    async fn stop(&mut self) {
        let Some(app) = self.app.take() else { return };
        let (store, lifecycle) = (app.store.clone(), app.lifecycle.clone());
        lifecycle.stop.cancel();
        drop(app);
        lifecycle.finish(std::time::Duration::from_secs(10)).await;
        store.close().await;
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("the service runs")
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app().store
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Today, in the center's calendar.
    pub(crate) fn today(&self) -> NaiveDate {
        schedule::local_date(self.center.time_zone, self.now())
    }

    // --- people ---

    /// Adds a center as staff would.
    pub(crate) async fn add_center(&mut self, center: &Center) {
        let mut tx = self.store().begin().await.expect("begins");
        enrol::add_center(&mut tx, center, &Actor::command_line(), self.now()).await.expect("the center is added");
        tx.commit().await.expect("commits");
    }

    /// Enrols a patient at the first center as staff would: through a file. Tells whether they were.
    pub(crate) async fn try_patient(&mut self, new: &NewPatient) -> bool {
        let now = self.now();
        let from = schedule::previous_date(self.center.time_zone, self.today());
        let until = self.today() + chrono::Days::new(new.days);
        let one_text = if new.one_text { "yes" } else { "" };
        let csv = format!(
            "her_sys_id,name,phone,language,risk_tier,observe_from,observe_until,onset,one_text\n\
             {},試験 太郎,{},{},{},{from},{until},{},{one_text}\n",
            new.her_sys_id, new.phone, new.language, new.risk, new.onset
        );
        let file = enrol::read_file(csv.as_bytes(), &self.center, now).expect("the file can be read");
        let options = ImportOptions { unconfirmed: new.unconfirmed, ..ImportOptions::default() };
        let mut tx = self.store().begin().await.expect("begins");
        let center = self.center.clone();
        let entropy: &dyn EntropySource = &*self.entropy;
        let report = enrol::import(&mut tx, &center, file, options, &Actor::command_line(), now, entropy)
            .await
            .expect("the store works");
        tx.commit().await.expect("commits");
        self.log(&format!("++ {} is enrolled on {}", new.her_sys_id, new.phone));
        report.outcome == ImportOutcome::Enrolled
    }

    /// The same, for a file without faults.
    pub(crate) async fn patient(&mut self, new: NewPatient) -> Patient {
        assert!(self.try_patient(&new).await, "the patient is enrolled");
        let mut read = self.store().read().await.expect("reads");
        let found = read.patient_by_her_sys_id(self.center.id, &new.her_sys_id).await.expect("reads");
        found.expect("whoever was enrolled is there")
    }

    /// What is known of a phone.
    pub(crate) async fn contact(&self, phone: &str) -> Contact {
        let mut read = self.store().read().await.expect("reads");
        let found = read.contact_by_phone(self.center.id, &number(phone)).await.expect("reads");
        found.expect("somebody is enrolled on this phone")
    }

    // --- texts ---

    /// A new identifier of the provider, for a text that comes in.
    pub(crate) fn new_sid(&mut self) -> String {
        self.sids += 1;
        format!("SMin{:028x}", self.sids)
    }

    /// Hands a text to the service as the webhook does: the bytes of the answer, nothing else happens.
    pub(crate) async fn deliver(&self, sid: &str, from: &str, body: &str) -> Result<String, Unavailable> {
        self.app().inbox.receive(inbound(sid, from, self.center.sender.as_e164(), body)).await
    }

    /// Somebody texts a moment later: what came back in the webhook's own answer. What else there is to do has
    /// been done then.
    pub(crate) async fn text_from(&mut self, from: &str, body: &str) -> Vec<String> {
        let sid = self.new_sid();
        let replies = self.text_with_sid(&sid, from, body).await;
        self.settle().await;
        replies
    }

    /// The same, and the relay is not called.
    pub(crate) async fn text_with_sid(&mut self, sid: &str, from: &str, body: &str) -> Vec<String> {
        self.clock.set(self.now() + MOMENT);
        self.log(&format!("{from} < {body}"));
        let bytes = self.deliver(sid, from, body).await.expect("the text is taken");
        self.take_answer(from, &bytes)
    }

    /// The provider gets the webhook's answer.
    pub(crate) fn take_answer(&mut self, to: &str, bytes: &str) -> Vec<String> {
        let replies = texts_in(bytes);
        let texts = replies.iter().map(|reply| reply.body.0.clone()).collect();
        if !self.provider.take_replies(&self.center.sender, &number(to), replies) {
            self.log("the webhook's answer gets lost");
        }
        self.log_taken();
        texts
    }

    /// The provider reports on a text.
    pub(crate) async fn report(&self, taken: &Taken, by_our_id: bool, state: OutboundState, code: Option<u32>) {
        let report = StatusReport {
            message_id: by_our_id.then_some(taken.id),
            provider_id: taken.provider_id.clone(),
            state,
            code,
            at: self.now(),
        };
        self.app().relay.report(&report, &[]).await.expect("the store works");
    }

    /// Everything that this phone got, in order.
    pub(crate) fn phone(&self, phone: &str) -> Vec<String> {
        let to = number(phone);
        self.provider.taken().into_iter().filter(|taken| taken.to == to).map(|taken| taken.body.0).collect()
    }

    /// The same, as whole records.
    pub(crate) fn taken_by(&self, phone: &str) -> Vec<Taken> {
        let to = number(phone);
        self.provider.taken().into_iter().filter(|taken| taken.to == to).collect()
    }

    // --- time ---

    /// Lets time pass, stopping wherever something is due.
    pub(crate) async fn advance(&mut self, by: TimeDelta) {
        self.advance_until(self.now() + by).await;
    }

    /// Goes on to the next time that the clocks at the center show this.
    pub(crate) async fn advance_to(&mut self, hour: u32, minute: u32) {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day");
        let zone = self.center.time_zone;
        let at = schedule::instant_of(zone, self.today(), time);
        let at = if at > self.now() {
            at
        } else {
            schedule::instant_of(zone, schedule::next_date(zone, self.today()), time)
        };
        self.advance_until(at).await;
    }

    /// Lets time pass until an instant.
    pub(crate) async fn advance_until(&mut self, to: DateTime<Utc>) {
        // Texts of which nobody knows are asked about every 20 seconds: here ever more rarely, to get on.
        let mut patience = TimeDelta::seconds(21);
        let mut again_at = self.settle().await;
        loop {
            let service = self.app().next_due().await.expect("the store works");
            let unknown = self.has_unknown().await.then(|| self.now() + patience);
            let Some(next) = [service, again_at, unknown].into_iter().flatten().min() else { break };
            let next = next.max(self.now() + MOMENT);
            if next > to {
                break;
            }
            if unknown == Some(next) {
                patience = patience * 2;
            }
            self.clock.set(next);
            again_at = self.settle().await;
        }
        self.clock.set(to);
        self.settle().await;
    }

    async fn has_unknown(&self) -> bool {
        let mut read = self.store().read().await.expect("reads");
        let unknown = read.unknown_due(self.now() + TimeDelta::days(3_650), 1).await.expect("reads");
        !unknown.is_empty()
    }

    /// Sets the clock, forward or back, without stopping on the way; then what is due is done.
    pub(crate) async fn jump_to(&mut self, at: DateTime<Utc>) {
        self.clock.set(at);
        self.log("the clock is set");
        self.settle().await;
    }

    /// Until nothing that is due is left. Gives when there is more.
    pub(crate) async fn settle(&mut self) -> Option<DateTime<Utc>> {
        for _ in 0..MOST_PASSES {
            let done = self.app().do_all_due().await.expect("the store works");
            if !done.busy {
                self.log_taken();
                return done.again_at;
            }
        }
        panic!("the service does not come to rest:\n{}", self.transcript());
    }

    // --- what is known ---

    /// The round that is going on, or was last.
    pub(crate) async fn round(&self) -> Round {
        self.latest_round().await.expect("there is a round")
    }

    /// The same, if the center has had one.
    pub(crate) async fn latest_round(&self) -> Option<Round> {
        let mut read = self.store().read().await.expect("reads");
        read.latest_round(self.center.id, RoundKind::Morning, self.now()).await.expect("reads")
    }

    /// The round of a day.
    pub(crate) async fn round_of(&self, day: NaiveDate) -> Option<Round> {
        let mut read = self.store().read().await.expect("reads");
        read.round_by_day(self.center.id, RoundKind::Morning, day).await.expect("reads")
    }

    /// The round of a kind of today.
    pub(crate) async fn round_of_kind(&self, kind: RoundKind) -> Option<Round> {
        let mut read = self.store().read().await.expect("reads");
        read.round_by_day(self.center.id, kind, self.today()).await.expect("reads")
    }

    /// What staff see of the round that is going on.
    pub(crate) async fn round_status(&self) -> RoundStatus {
        self.status_of(&self.round().await).await
    }

    /// What staff see of a round.
    pub(crate) async fn status_of(&self, round: &Round) -> RoundStatus {
        let mut read = self.store().read().await.expect("reads");
        let rows = read.round_rows(round.id).await.expect("reads");
        let chase = read.chase_list(round.id).await.expect("reads");
        RoundStatus::new(&self.center, round, rows, &chase, self.now())
    }

    /// Every alert that nobody has closed, as `rule severity`, in no order to rely on.
    pub(crate) async fn alerts(&self) -> Vec<Alert> {
        let mut read = self.store().read().await.expect("reads");
        read.open_alerts(self.center.id, 10_000).await.expect("reads")
    }

    /// The same, as sorted keys.
    pub(crate) async fn alert_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.alerts().await.iter().map(|alert| alert.rule.key().to_owned()).collect();
        keys.sort();
        keys
    }

    /// How far one of our texts is.
    pub(crate) async fn state_of(&self, id: MessageId) -> OutboundState {
        let mut read = self.store().read().await.expect("reads");
        read.outbound_state(id).await.expect("reads").expect("it is one of our texts")
    }

    /// How many texts to a number were ever made, whatever became of them.
    pub(crate) async fn made_for(&self, phone: &str) -> i64 {
        let number = PhoneNumber::from_e164(phone).expect("a test's own number");
        let mut read = self.store().read().await.expect("reads");
        read.count_outbound_to(self.center.id, &number, DateTime::UNIX_EPOCH).await.expect("reads")
    }

    /// How many texts are waiting, on their way, or in doubt.
    pub(crate) async fn unsettled(&self) -> Vec<(OutboundState, i64)> {
        let mut read = self.store().read().await.expect("reads");
        let counts = read.open_outbox_counts().await.expect("reads");
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    // --- for people ---

    pub(crate) fn log(&mut self, line: &str) {
        let local = self.now().with_timezone(&self.center.time_zone);
        self.lines.push(format!("{} {line}", local.format("%m-%d %H:%M:%S")));
    }

    fn log_taken(&mut self) {
        for taken in self.provider.taken_after(self.told_of) {
            self.told_of += 1;
            self.log(&format!("{} > {}", taken.to.as_e164(), taken.body.0));
        }
    }

    /// All that happened, as people would tell it.
    pub(crate) fn transcript(&self) -> String {
        self.lines.join("\n")
    }

    /// Ends the test: nothing may be left waiting or on its way. A reply that travelled in the webhook's answer and
    /// of which nobody has heard may be in doubt.
    pub(crate) async fn finish(self) {
        let unsettled = self.unsettled().await;
        let waiting: Vec<_> = unsettled.iter().filter(|(state, _)| *state != OutboundState::Unknown).collect();
        assert!(waiting.is_empty(), "the outbox still holds {waiting:?}:\n{}", self.transcript());
        self.finish_with_texts_left().await;
    }

    /// Gives a test up that has failed already, and tells what happened.
    pub(crate) fn abandon(mut self) -> String {
        self.finished = true;
        self.transcript()
    }

    /// Ends a test that leaves texts unsent on purpose.
    pub(crate) async fn finish_with_texts_left(mut self) {
        self.stop().await;
        self.finished = true;
        if let Some(database) = self.database.take() {
            database.remove().await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show();
        } else {
            assert!(self.finished, "a test ends with finish(), which looks at what is left in the outbox");
        }
    }
}

impl TestApp {
    #[expect(clippy::disallowed_macros, reason = "a failed test shows what happened")]
    fn show(&self) {
        eprintln!("what happened:\n{}", self.transcript());
    }
}

/// A text that comes in.
pub(crate) fn inbound(sid: &str, from: &str, to: &str, body: &str) -> Inbound {
    Inbound {
        provider_id: sid.to_owned(),
        from: PhoneNumber::from_e164(from).ok(),
        from_raw: from.to_owned(),
        to: PhoneNumber::from_e164(to).ok(),
        to_raw: to.to_owned(),
        body: body.to_owned(),
        media: 0,
    }
}
