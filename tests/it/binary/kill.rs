//! `kill -9` in a loop, at random instants, under traffic. The provider lives in this process and survives, so what
//! it has is the truth: afterwards every text that was taken has its one effect, every scheduled text left at most
//! once, and what nobody could know was found out.
//!
//! `MIMAMORI_KILLS` says how many kills (10 unless given), `MIMAMORI_SEED` which instants.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use domain::dialog::engine::{Phase, TextKind};
use domain::message::OutboundState;
use domain::phone::PhoneNumber;
use domain::round::RoundKind;
use mimamori::simulator::faults::Faults;
use mimamori::simulator::{Direction, Filter, Simulator, Strike, Texted};
use store::{MessageRecord, Options, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::service::{CENTER, Service, now};
use crate::support::program::{PATIENCE, Program, note, succeed};

/// What everybody answers, what that answers, and what they read next.
const SCRIPT: [(&str, &str, &str); 6] = [
    ("temperature", "36.5", "36.5度。"),
    ("oxygen", "97", "97%。"),
    ("breathing", "2", "いいえ。"),
    ("symptoms", "0", "症状なし。"),
    ("signs", "2", "ない。"),
    ("note", "なし", "今日は終わりです。"),
];

/// How long a patient waits for the next question before they go on as if it had come.
const IMPATIENCE: Duration = Duration::from_secs(4);

/// A number from the environment, or another.
#[expect(clippy::disallowed_methods, reason = "CI asks for more kills than a run at the desk")]
fn wanted(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// SplitMix64: the same instants for the same seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// The numbers that North America keeps for fiction.
fn phones(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("+1{}55501{:02}", 201 + index / 100, index % 100)).collect()
}

/// One person with a phone.
struct Patient {
    phone: String,
    simulator: Simulator,
    /// Whether the service is up, as far as anybody can tell.
    up: watch::Receiver<bool>,
    dice: Dice,
}

/// What a patient has lived through.
#[derive(Debug, Default)]
struct Lived {
    /// Deliveries that were not answered.
    unanswered: usize,
    /// Deliveries that were answered with 503.
    refused: usize,
    /// Texts that were delivered once more although they had been answered.
    repeated: usize,
    /// Questions that were not waited for any longer.
    impatient: usize,
}

impl Patient {
    async fn morning(mut self, center: &str) -> Lived {
        let mut lived = Lived::default();
        for (_, said, expected) in SCRIPT {
            let mut texted = self.simulator.text(&self.phone, center, said).await.expect("the phone can text");
            while texted.status != Some(200) {
                match texted.status {
                    None => lived.unanswered += 1,
                    Some(503) => lived.refused += 1,
                    Some(_) => panic!("{texted:?}"),
                }
                // The provider tries again, as its webhook address asks it to, when there is somebody.
                let _ = self.up.wait_for(|up| *up).await;
                texted = self.simulator.redeliver(&texted.sid).await.expect("it was sent");
            }
            if self.dice.roll(5) == 0 {
                lived.repeated += 1;
                self.once_more(&texted).await;
            }
            if tokio::time::timeout(IMPATIENCE, self.read(expected)).await.is_err() {
                lived.impatient += 1;
            }
        }
        lived
    }

    /// The same text again: answered with the same bytes, if at all.
    async fn once_more(&self, first: &Texted) {
        let again = self.simulator.redeliver(&first.sid).await.expect("it was sent");
        assert!(again.status != Some(200) || again.answer == first.answer, "{first:?}\n{again:?}");
    }

    async fn read(&self, expected: &str) {
        while !received(&self.simulator, &self.phone).iter().any(|(_, body)| body.contains(expected)) {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

/// What the provider has for a phone, in the order in which it took it.
fn received(simulator: &Simulator, phone: &str) -> Vec<(Direction, String)> {
    let filter = Filter { to: Some(phone.to_owned()), ..Filter::default() };
    simulator.messages(&filter).into_iter().map(|message| (message.direction, message.body)).collect()
}

/// What the database has of one patient.
struct Stored {
    texts: Vec<(MessageRecord, Option<OutboundState>)>,
    answers: Vec<(String, String)>,
    phase: Phase,
}

async fn stored(store: &Store, phone: &str) -> Option<Stored> {
    let mut tx = store.read().await.expect("the database can be read");
    let center = tx.center_by_name(CENTER).await.unwrap().expect("the center");
    let number = PhoneNumber::from_e164(phone).unwrap();
    let contact = tx.contact_by_phone(center.id, &number).await.unwrap()?;
    let round = tx.latest_round(center.id, RoundKind::Morning, now()).await.unwrap()?;
    let conversation = tx.conversations_of_contact(round.id, contact.id).await.unwrap().pop()?;
    let mut texts = Vec::new();
    for text in tx.messages_of_contact(contact.id, 10_000).await.unwrap().into_iter().rev() {
        let state = if text.inbound { None } else { tx.outbound_state(text.id).await.unwrap() };
        texts.push((text, state));
    }
    let answers = tx.answers_of_conversation(conversation.id).await.unwrap();
    let answers = answers.into_iter().map(|answer| (answer.question_key, answer.raw.0)).collect();
    Some(Stored { texts, answers, phase: conversation.state.phase })
}

/// Whether the provider has a text in this state.
fn is_there(state: Option<OutboundState>) -> bool {
    use OutboundState::{Accepted, Delivered, Sent, Undelivered};
    matches!(state, Some(Accepted | Sent | Delivered | Undelivered))
}

fn is_scheduled(text: &MessageRecord) -> bool {
    matches!(text.kind, Some(TextKind::Opening | TextKind::Reminder))
}

/// What does not agree between the database and the provider yet; empty when all is settled.
fn unsettled(stored: &Stored, at_provider: &[(Direction, String)]) -> Vec<String> {
    let mut open = Vec::new();
    let outgoing = || stored.texts.iter().filter(|(text, _)| !text.inbound);
    for (text, state) in outgoing() {
        if matches!(state, Some(OutboundState::Queued | OutboundState::Sending)) {
            open.push(format!("{:?} is {state:?}", text.kind));
        }
    }
    // A scheduled text is at the provider exactly as often as the database says: never twice, and never unknown
    // although it is there.
    let mut bodies: HashMap<&str, (usize, usize)> = HashMap::new();
    for (text, state) in outgoing().filter(|(text, _)| is_scheduled(text)) {
        bodies.entry(&text.body.0).or_default().0 += usize::from(is_there(*state));
    }
    for (direction, body) in at_provider {
        if let Some(counts) = bodies.get_mut(body.as_str()).filter(|_| *direction == Direction::OutboundApi) {
            counts.1 += 1;
        }
    }
    for (body, (known, there)) in bodies {
        if known != there {
            open.push(format!("known {known} times, at the provider {there} times: {body}"));
        }
    }
    open
}

/// Lives and dies so many times; gives the last life.
async fn kill_again_and_again(
    service: &Service,
    kills: u64,
    everybody: &[String],
    up: &watch::Sender<bool>,
    dice: &mut Dice,
) -> Program {
    let groups: Vec<&[String]> = everybody.chunks(everybody.len().div_ceil(5)).collect();
    for kill in 0..kills {
        // New patients come in at any time, so that questions go out at any time.
        let group = usize::try_from(kill * groups.len() as u64 / kills).unwrap();
        if kill * groups.len() as u64 % kills < groups.len() as u64 {
            service.enrol(group * groups[0].len(), groups[group]).await;
        }
        let mut program = Program::start(service.serve());
        if dice.roll(6) > 0 {
            program.logged(0, "\"serving\"").await;
            up.send_replace(true);
        }
        // The instant is the point here: nothing is waited for.
        tokio::time::sleep(Duration::from_millis(dice.roll(900))).await;
        up.send_replace(false);
        program.kill();
        let log = program.log();
        assert!(!log.contains("panicked"), "{log}");
        if let Some(error) = log.lines().find(|line| line.contains("\"ERROR\"")) {
            note(&format!("kill {kill}: {error}"));
        }
    }
    let program = service.start().await;
    up.send_replace(true);
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_doubled_however_often_it_dies() {
    let kills = wanted("MIMAMORI_KILLS", 10).max(5);
    let seed = wanted("MIMAMORI_SEED", 2_020);
    let mut dice = Dice(seed);
    let mut service = Service::prepare("kill", &[1, 2, 3, 4, 5]).await;
    service.set("GATEWAY__SEGMENTS_PER_SECOND", "25");
    let share = |share| Some(Strike { share, ..Strike::default() });
    service.simulator.set_faults(Faults {
        seed,
        lose_callbacks: share(0.1),
        duplicate_callbacks: share(0.1),
        reorder_callbacks: share(0.1),
        duplicate_webhooks: share(0.1),
        drop_after: share(0.05),
        ..Faults::default()
    });
    let everybody = phones(15 + 3 * usize::try_from(kills).unwrap());
    let (tell, up) = watch::channel(false);

    // Everybody begins somewhere in the time of the kills, once they are being asked.
    let store = Store::connect(&service.store_url, Options::default()).await.expect("the database");
    let mut patients = JoinSet::new();
    for phone in &everybody {
        let patient = Patient {
            phone: phone.clone(),
            simulator: service.simulator.clone(),
            up: up.clone(),
            dice: Dice(dice.roll(u64::MAX)),
        };
        let (store, center) = (store.clone(), service.webhooks.center.clone());
        let later = Duration::from_millis(dice.roll(300 * kills));
        patients.spawn(async move {
            tokio::time::sleep(later).await;
            let asked = async {
                while !stored(&store, &patient.phone).await.is_some_and(|it| matches!(it.phase, Phase::Asking { .. })) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            // How long that takes hangs on the kills; whoever waits for all patients has a limit.
            asked.await;
            patient.morning(&center).await
        });
    }
    let program = kill_again_and_again(&service, kills, &everybody, &tell, &mut dice).await;
    let mut lived = Lived::default();
    let limit = PATIENCE + Duration::from_secs(kills);
    let rest = async {
        while let Some(one) = patients.join_next().await {
            let Lived { unanswered, refused, repeated, impatient } = one.expect("nobody's morning fails");
            lived.unanswered += unanswered;
            lived.refused += refused;
            lived.repeated += repeated;
            lived.impatient += impatient;
        }
    };
    tokio::time::timeout(limit, rest).await.expect("everybody gets through the questions");
    note(&format!("{kills} kills, seed {seed}, {} patients: {lived:?}", everybody.len()));
    assert!(lived.unanswered > 0, "the kills hit the traffic");

    // Leases run out, the provider is asked, what may be sent again is: then all agrees.
    let left: Mutex<Vec<String>> = Mutex::default();
    let agree = async {
        loop {
            let mut open = Vec::new();
            for phone in &everybody {
                let at_provider = received(&service.simulator, phone);
                let stored = stored(&store, phone).await.expect("everybody is enrolled and asked");
                open.extend(unsettled(&stored, &at_provider).into_iter().map(|what| format!("{phone}: {what}")));
                if !at_provider.iter().any(|(_, body)| body.contains(SCRIPT[5].2)) {
                    open.push(format!("{phone}: the last reply has not arrived"));
                }
            }
            if open.is_empty() {
                return;
            }
            *left.lock().unwrap() = open;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    // A reply that the provider does not list is sent again after two minutes.
    let settled = tokio::time::timeout(Duration::from_secs(240), agree).await;
    assert!(settled.is_ok(), "not settled: {:#?}\n{}", left.lock().unwrap(), program.log());

    let mut overtaken = 0;
    for phone in &everybody {
        let stored = stored(&store, phone).await.unwrap();
        let at_provider = received(&service.simulator, phone);
        // Each text that was taken (all of them, in the end) has its one effect.
        let inbound: Vec<&str> =
            stored.texts.iter().filter(|(text, _)| text.inbound).map(|(text, _)| text.body.0.as_str()).collect();
        assert_eq!(inbound, SCRIPT.map(|(_, said, _)| said), "{phone}");
        let answers: Vec<(&str, &str)> = stored.answers.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
        assert_eq!(answers, SCRIPT.map(|(key, said, _)| (key, said)), "{phone}");
        assert_eq!(stored.phase, Phase::Finished, "{phone}");

        // Each reply has arrived, unless its patient went on without it.
        let place = |expected: &str| at_provider.iter().position(|(_, body)| body.contains(expected));
        let places: Vec<usize> = SCRIPT.iter().filter_map(|(_, _, expected)| place(expected)).collect();
        overtaken += SCRIPT.len() - places.len();
        // In order, and the opening, if it left, before all of them (P6).
        assert!(places.is_sorted(), "{phone}: {at_provider:#?}");
        let opening = at_provider.iter().position(|(_, body)| body.contains(CENTER));
        assert!(opening.is_none_or(|opening| places.iter().all(|place| opening < *place)), "{phone}: {at_provider:#?}");
    }
    assert!(overtaken <= lived.impatient, "{overtaken} replies are missing, {} were not waited for", lived.impatient);

    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.sending().await.unwrap(), [], "nothing is left on its way");
    drop(tx);
    store.close().await;
    let verified = succeed(service.beside(&["audit", "verify"])).await;
    assert!(!verified.is_empty());
    let (ended, log) = program.stop().await;
    assert!(ended.success() && !log.contains("panicked"), "{ended}\n{log}");
}
