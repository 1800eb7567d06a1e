//! What can happen, as data: random, readable, and small enough to be shrunk. What has to hold afterwards is
//! [`super::invariants`]' business.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::provider::Faults;

/// The phones of the model; the last one is nobody's.
pub(super) const PHONES: [&str; 6] =
    ["+819012345601", "+819012345602", "+819012345603", "+819012345604", "+819012345605", "+819012345699"];

/// The one that is nobody's.
pub(super) const STRANGER: usize = PHONES.len() - 1;

/// What people text: answers, half answers, commands, cries for help, and whatever else comes out of a phone.
pub(super) const TEXTS: &[&str] = &[
    "36.8",
    "３７．２",
    "38.9",
    "364",
    "37",
    "97",
    "酸素96",
    "92",
    "72",
    "はい",
    "いいえ",
    "1",
    "2",
    "0",
    "1,4",
    "7 8",
    "なし",
    "測れない",
    "36.8 97 2 0 2",
    "99999999",
    "人違い",
    "B 37.4",
    "36.8 97 2 0",
    "36.5 91 2 0 2 なし",
    "胸が痛い",
    "息が苦しくて動けない",
    "停止",
    "STOP",
    "再開",
    "START",
    "もどる",
    "BACK",
    "もう一度",
    "パス",
    "電話してください",
    "人違いです",
    "English",
    "HELP",
    "ありがとうございます",
    "入院しました",
    "母は亡くなりました",
    "",
    "\u{0}\u{1F}",
    "???",
    "<Message>&amp;</Message>",
    "'; DROP TABLE patients; --",
    "😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷😷",
];

/// Cries for help that nobody may miss.
pub(super) const SIGNS: &[&str] = &["胸が痛い", "息が苦しくて動けない"];

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// Time passes until the clocks at the center show this, with everything on the way.
    Until { hour: u32, minute: u32 },
    /// So many minutes pass.
    Pass { minutes: i64 },
    /// The machine's clock is set, forward or back.
    ClockSet { minutes: i64 },
    /// Somebody texts.
    Text { phone: usize, text: usize },
    /// Somebody answers the open questions, so many of them, sensibly.
    Answers { phone: usize, questions: usize },
    /// The provider delivers an earlier text again.
    Again { which: Index },
    /// The line to the provider is from now on as good as this.
    Line(Faults),
    /// The provider reports on one of our texts, in whatever order.
    Report { which: Index, state: usize, by_our_id: bool },
    /// The service is stopped and started.
    Restart,
    /// Somebody is enrolled, on a phone that may already be somebody's.
    Enrol { phone: usize, high_risk: bool, unconfirmed: bool },
}

/// Times of day around which things go wrong.
const TIMES: &[(u32, u32)] = &[
    (3, 59),
    (4, 1),
    (6, 30),
    (6, 59),
    (7, 0),
    (7, 1),
    (7, 20),
    (7, 44),
    (7, 45),
    (7, 50),
    (8, 14),
    (8, 15),
    (8, 20),
    (8, 29),
    (8, 30),
    (8, 31),
    (9, 0),
    (12, 0),
    (17, 30),
    (21, 30),
    (0, 30),
    (2, 30),
];

fn faults() -> impl Strategy<Value = Faults> {
    let flaky = (0_u8..40, 0_u8..30, 0_u8..30, 0_u8..60, 0_u8..60).prop_map(
        |(lost_answer, lost_request, refused, list_fails, lost_reply)| Faults {
            lost_answer,
            lost_request,
            refused,
            list_fails,
            lost_reply,
        },
    );
    let down = Just(Faults { refused: 100, list_fails: 100, ..Faults::default() });
    let silent = Just(Faults { lost_request: 100, list_fails: 100, lost_reply: 100, ..Faults::default() });
    prop_oneof![3 => Just(Faults::default()), 4 => flaky, 1 => down, 1 => silent]
}

/// One event.
pub(super) fn event() -> impl Strategy<Value = Event> {
    let phone = || 0..PHONES.len();
    prop_oneof![
        30 => proptest::sample::select(TIMES).prop_map(|(hour, minute)| Event::Until { hour, minute }),
        8 => (1_i64..60).prop_map(|minutes| Event::Pass { minutes }),
        2 => (60_i64..4_000).prop_map(|minutes| Event::Pass { minutes }),
        2 => (-300_i64..300).prop_map(|minutes| Event::ClockSet { minutes }),
        1 => (-3_000_i64..3_000).prop_map(|minutes| Event::ClockSet { minutes }),
        30 => (phone(), 0..TEXTS.len()).prop_map(|(phone, text)| Event::Text { phone, text }),
        16 => (0..STRANGER, 1_usize..8).prop_map(|(phone, questions)| Event::Answers { phone, questions }),
        6 => any::<Index>().prop_map(|which| Event::Again { which }),
        5 => faults().prop_map(Event::Line),
        10 => (any::<Index>(), 0_usize..8, any::<bool>())
            .prop_map(|(which, state, by_our_id)| Event::Report { which, state, by_our_id }),
        2 => Just(Event::Restart),
        4 => (0..STRANGER, any::<bool>(), proptest::bool::weighted(0.2))
            .prop_map(|(phone, high_risk, unconfirmed)| Event::Enrol { phone, high_risk, unconfirmed }),
    ]
}
