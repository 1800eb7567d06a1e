//! How fast the core is: steps of the engine in memory and through JSON, with what they allocate; the reading of
//! replies by kind of question; the worst texts that the provider can deliver. Builds the core alone.
//!
//! `cargo bench -p domain --bench engine` measures for half a minute and prints. With `-- check` it also fails where
//! a bound is broken (see [`BOUNDS`]). A harness of statistics would be built anew for every `cargo test`, and would
//! change the features that everything else is built with; the best of three rounds is steady to a few percent.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::dialog::definition::{Dialog, QuestionKind, SourceFile};
use domain::dialog::engine::{Context, Effect, Input, Known, State, step};
use domain::dialog::load::load;
use domain::language::Language;
use domain::reply::{Ask, read};

/// Counts what is allocated, so that a bound on it can be checked to the unit.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator is unsafe by its signature; this one only counts and hands on")]
// SAFETY: every call is handed on to the system's allocator with the arguments that it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `check` insists on: the targets of the project. They leave room for a machine that is slow for a while;
/// allocations do not depend on the machine.
struct Bounds {
    steps_per_second: f64,
    steps_through_json_per_second: f64,
    allocations_per_step: f64,
    longest_read: Duration,
}

const BOUNDS: Bounds = Bounds {
    steps_per_second: 150_000.0,
    steps_through_json_per_second: 25_000.0,
    allocations_per_step: 20.0,
    longest_read: Duration::from_millis(1),
};

/// One thing that happens in a patient's morning.
#[derive(Clone, Copy)]
enum Event {
    Open,
    Text(&'static str),
    Remind,
    Close,
}

use Event::{Close, Open, Remind, Text};

/// One patient's morning.
struct Morning {
    language: Language,
    label: Option<&'static str>,
    late_from: usize,
    events: Vec<Event>,
}

fn morning(language: Language, events: &[Event]) -> Morning {
    let late_from = events.iter().position(|event| matches!(event, Close)).unwrap_or(events.len());
    Morning { language, label: None, late_from, events: events.to_vec() }
}

/// The mornings that are played, over and over: out of twenty patients, ten answer plainly, three in one line, four
/// in their own way, one is silent, one is in danger, one on a shared phone changes their mind.
fn mornings() -> Vec<Morning> {
    let plain = [Open, Text("36.5"), Text("97"), Text("2"), Text("0"), Text("2"), Text("なし"), Close];
    let wide = [Open, Text("３６．８"), Text("９８"), Text("２"), Text("１，３"), Text("２"), Text("なし"), Close];
    let one_line = [Open, Text("36.8 97 2 0"), Text("2"), Text("なし"), Close];
    let spoken = [
        Open,
        Text("36度8分です"),
        Text("測ってない"),
        Text("いいえ、昨日より楽です"),
        Text("せきと鼻水"),
        Text("ありません"),
        Text("薬がもうすぐなくなります"),
        Close,
    ];
    let unsure = [
        Open,
        Text("37.2から37.5"),
        Remind,
        Text("37.4"),
        Text("96か97"),
        Text("97"),
        Text("少し"),
        Remind,
        Text("2"),
        Text("せき"),
        Text("2"),
        Text("特にないです"),
        Close,
    ];
    let silent = [Open, Remind, Remind, Close, Text("37.1")];
    let danger = [Open, Text("38.9"), Text("91"), Text("1"), Text("4 7"), Text("胸が痛くて横になれない"), Close];
    let english =
        [Open, Text("36.9"), Text("no oximeter"), Text("no"), Text("cough and tired"), Text("2"), Text("none"), Close];
    let easy = [Open, Text("36.6ど です"), Text("98"), Text("いいえ"), Text("0"), Text("ない"), Text("なし"), Close];
    let shared = [
        Open,
        Text("36.8"),
        Text("もどる"),
        Text("37.8"),
        Text("97"),
        Text("ヘルプ"),
        Text("2"),
        Text("0"),
        Text("2"),
        Text("なし"),
        Text("電話ください"),
        Close,
    ];
    let mut all = Vec::new();
    for _ in 0..6 {
        all.push(morning(Language::Ja, &plain));
    }
    for _ in 0..4 {
        all.push(morning(Language::Ja, &wide));
    }
    for _ in 0..3 {
        all.push(morning(Language::Ja, &one_line));
    }
    all.push(morning(Language::Ja, &spoken));
    all.push(morning(Language::Ja, &unsure));
    all.push(morning(Language::Ja, &silent));
    all.push(morning(Language::Ja, &danger));
    all.push(morning(Language::En, &english));
    all.push(morning(Language::JaEasy, &easy));
    all.push(Morning { label: Some("A(80)"), ..morning(Language::Ja, &shared) });
    all
}

/// The dialog that is delivered, not one made for speed.
fn daily() -> Dialog {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialogs/daily");
    let files = std::fs::read_dir(folder).expect("dialogs/daily is there").filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?.to_owned();
        name.ends_with(".toml").then(|| SourceFile { name, text: std::fs::read_to_string(&path).unwrap_or_default() })
    });
    match load("daily", &files.collect::<Vec<_>>()) {
        Ok(dialog) => dialog,
        Err(faults) => panic!("dialogs/daily has errors:\n{faults}"),
    }
}

/// Plays every morning once, handing each step to `play`; gives back the number of steps.
fn play_all(
    dialog: &Dialog,
    mornings: &[Morning],
    mut play: impl FnMut(&State, Input<'_>, &Context<'_>) -> State,
) -> u64 {
    let mut steps = 0;
    for morning in mornings {
        let mut state = State::new(dialog);
        for (at, event) in morning.events.iter().enumerate() {
            let context = Context {
                language: morning.language,
                center: "江東区保健所",
                deadline: "8:30",
                night_line: Some("03-5550-0100"),
                attended: at % 4 != 0,
                late: at > morning.late_from,
                label: morning.label,
                known: Known::default(),
            };
            let input = match event {
                Open => Input::Open,
                Text(text) => Input::Text(text),
                Remind => Input::Remind { sequence: state.sequence },
                Close => Input::Close,
            };
            state = play(&state, input, &context);
            steps += 1;
        }
    }
    steps
}

fn in_memory(dialog: &Dialog, mornings: &[Morning]) -> u64 {
    play_all(dialog, mornings, |state, input, context| black_box(step(dialog, state, input, context)).state)
}

/// As the store has it: read the state from its bytes, step, write it to bytes again.
fn through_json(dialog: &Dialog, mornings: &[Morning]) -> u64 {
    let mut bytes = Vec::new();
    play_all(dialog, mornings, |state, input, context| {
        if bytes.is_empty() || state.sequence == 0 {
            bytes = serde_json::to_vec(state).expect("a state can be written");
        }
        let stored: State = serde_json::from_slice(black_box(&bytes)).expect("a state can be read");
        let next = black_box(step(dialog, &stored, input, context)).state;
        bytes = serde_json::to_vec(&next).expect("a state can be written");
        next
    })
}

/// A piece of work that has nothing to do with us, to compare machines by: reading one small JSON document.
fn yardstick() -> u64 {
    const DOCUMENT: &str = r#"{"id":"SM0001","from":"+819012345601","to":"+815012345600","segments":1,"price":null,
        "status":"delivered","at":["2026-11-22T07:00:00Z","2026-11-22T07:00:01.250Z"],"body":"36.8度。息苦しさは?"}"#;
    for _ in 0..100 {
        black_box(serde_json::from_str::<serde_json::Value>(black_box(DOCUMENT)).expect("JSON"));
    }
    100
}

/// Texts for each kind of question, as people type them.
fn replies<'a>(dialog: &'a Dialog) -> Vec<(&'static str, Ask<'a>, &'static [&'static str])> {
    let options = dialog
        .questions
        .iter()
        .find(|question| matches!(question.kind, QuestionKind::Options { .. }))
        .map_or(Ask::Nothing, domain::dialog::definition::Question::ask);
    vec![
        (
            "temperature",
            Ask::Temperature,
            &["36.5", "３６．８", "36度8分です", "測ってない", "平熱です", "37.2から37.5", "元気です"],
        ),
        ("oxygen", Ask::OxygenSaturation, &["97", "９８％", "機械がない", "96か97", "72", "36.8"]),
        (
            "yes-no",
            Ask::YesNo { topic: domain::reply::concept("breathless") },
            &["2", "いいえ、昨日より楽です", "はい", "少し", "苦しくない"],
        ),
        ("options", options, &["0", "１，３", "せきと鼻水", "1から3", "なし", "全部"]),
        ("text", Ask::Text, &["なし", "特にないです", "薬がもうすぐなくなります", "胸が痛い", "電話ください"]),
        ("nothing", Ask::Nothing, &["36.8 97 2 0", "ありがとう", "STOP", "人違いです"]),
    ]
}

/// The longest texts that the provider delivers, each of another sort.
fn long_texts() -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.chars().cycle().take(1_600).collect::<String>();
    vec![
        ("one digit", fill("3")),
        ("numbers", fill("37.5 ")),
        ("full-width numbers", fill("３７．５、")),
        ("kanji numbers", fill("三十七度二分")),
        ("ranges", fill("37から")),
        ("negations", fill("ない")),
        ("yes and no", fill("はいいいえ")),
        ("symptoms", fill("せきと鼻水と")),
        ("warning signs", fill("息が苦しくない")),
        ("almost warning signs", fill("胸が")),
        ("one kana", fill("あ")),
        ("half-width kana with marks", fill("ｶﾞ")),
        ("composed marks", fill("か\u{3099}")),
        ("families", fill("👨\u{200d}👩\u{200d}👧")),
        ("right-to-left marks", fill("\u{200f}")),
        ("expands under NFKC", fill("\u{fdfa}")),
        ("squared words", fill("㌖")),
        ("Japanese in Latin letters", fill("kinou yori kurushii desu ")),
        ("unknown Japanese in Latin letters", fill("ka to ha nu ")),
        ("names on lines", fill("山田\n")),
        ("dashes", fill("-")),
        ("spaces", fill(" ")),
        ("line ends", fill("\r\n")),
        ("words", fill("no cough and not tired ")),
        ("letters", fill("abcdefgh")),
    ]
}

/// How long the slowest of some calls took; the quickest of five each, since the machine does other things too.
fn longest_read(dialog: &Dialog) -> (Duration, String) {
    let mut worst = (Duration::ZERO, String::new());
    for (kind, ask, _) in replies(dialog) {
        for (sort, text) in long_texts() {
            let quickest = (0..5)
                .map(|_| {
                    let began = Instant::now();
                    black_box(read(&ask, Language::Ja, black_box(&text)));
                    began.elapsed()
                })
                .min()
                .unwrap_or_default();
            if quickest > worst.0 {
                worst = (quickest, format!("{sort}, read as {kind}"));
            }
        }
    }
    worst
}

/// Calls a second: the best of three rounds of a second each, since noise only ever slows down.
fn per_second(mut work: impl FnMut() -> u64) -> f64 {
    work();
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let began = Instant::now();
        let mut done = 0_u64;
        while began.elapsed() < Duration::from_secs(1) {
            done += work();
        }
        best = best.max(number(done) / began.elapsed().as_secs_f64());
    }
    best
}

#[expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^52")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Measures once, prints, and says which bounds are broken.
fn measure() -> std::io::Result<bool> {
    let dialog = daily();
    let mornings = mornings();
    let mut out = std::io::stdout().lock();

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let steps = in_memory(&dialog, &mornings);
    let allocations = number(ALLOCATIONS.load(Ordering::Relaxed) - before) / number(steps);
    let mut said = 0;
    play_all(&dialog, &mornings, |state, input, context| {
        let next = step(&dialog, state, input, context);
        said += next.effects.iter().filter(|effect| matches!(effect, Effect::Say { .. })).count();
        next.state
    });

    let yard = per_second(yardstick);
    let memory = per_second(|| in_memory(&dialog, &mornings));
    let json = per_second(|| through_json(&dialog, &mornings));
    let (longest, which) = longest_read(&dialog);

    let ratio = |rate: f64| rate / yard;
    writeln!(out, ">> {} mornings, {steps} steps, {said} texts said", mornings.len())?;
    writeln!(out, ">> yardstick (reading 240 bytes of JSON): {yard:.0} a second")?;
    writeln!(out, ">> steps in memory: {memory:.0} a second ({:.3} of the yardstick)", ratio(memory))?;
    writeln!(out, ">> steps through JSON: {json:.0} a second ({:.3} of the yardstick)", ratio(json))?;
    writeln!(out, ">> allocations: {allocations:.1} a step")?;
    for (kind, ask, texts) in replies(&dialog) {
        let rate = per_second(|| {
            for text in texts {
                black_box(read(&ask, Language::Ja, black_box(text)));
            }
            texts.len() as u64
        });
        writeln!(out, ">> reading {kind}: {rate:.0} a second ({:.3} of the yardstick)", ratio(rate))?;
    }
    writeln!(out, ">> slowest text of 1,600 characters: {:.2} ms ({which})", longest.as_secs_f64() * 1e3)?;

    let mut held = true;
    let mut bound = |holds: bool, text: String| {
        held &= holds;
        if holds { Ok(()) } else { writeln!(out, "bound broken: {text}") }
    };
    let Bounds { steps_per_second, steps_through_json_per_second, allocations_per_step, longest_read } = BOUNDS;
    bound(memory >= steps_per_second, format!("at least {steps_per_second} steps a second in memory"))?;
    bound(
        json >= steps_through_json_per_second,
        format!("at least {steps_through_json_per_second} steps a second through JSON"),
    )?;
    bound(allocations <= allocations_per_step, format!("at most {allocations_per_step} allocations a step"))?;
    bound(longest <= longest_read, format!("no text takes more than {} ms to read", longest_read.as_millis()))?;
    // Mornings in which nothing is said would be fast, and prove nothing.
    bound(said * 10 >= mornings.len() * 50, "at least five texts a morning".to_owned())?;
    Ok(held)
}

fn main() -> ExitCode {
    let insist = std::env::args().any(|argument| argument == "check");
    match measure() {
        Ok(held) if held || !insist => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
