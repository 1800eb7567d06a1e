//! Properties of the engine that hold whatever is typed, in whatever order.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::dialog::definition::SourceFile;
use crate::dialog::load::load;
use crate::dialog::tests::daily;
use crate::observation::{OxygenSaturation, Temperature};
use crate::reply::{Command, Reading, WarningSign};
use crate::sms;

static DAILY: LazyLock<Dialog> = LazyLock::new(daily);

/// Every kind of question, and conditions.
static EVERY_KIND: LazyLock<Dialog> = LazyLock::new(|| {
    let mut files = crate::dialog::tests::daily_files();
    files.retain(|file| file.name == "dialog.toml" || file.name == "texts.en.toml");
    for file in &mut files {
        if file.name == "dialog.toml" {
            file.text = file.text.replace("languages = [\"ja\", \"ja-easy\", \"en\"]", "languages = [\"en\"]");
            file.text.push_str(concat!(
                "[[question]]\nkey = \"pulse\"\nkind = \"number\"\nmin = 1\nmax = 220\nonly-if = \"breathing = yes\"\n",
                "[[question]]\nkey = \"place\"\nkind = \"choice\"\nonly-if = \"symptoms = cough\"\n",
                "options = [{ number = 1, key = \"home\", words = \"none\" }, ",
                "{ number = 2, key = \"street\", words = \"none\", alert = \"red\" }]\n",
                "[[question]]\nkey = \"register\"\nkind = \"identifier\"\nmin-digits = 6\nmax-digits = 8\n",
                "only-if = \"pulse = measured\"\n",
            ));
        } else {
            let (before, notices) = file.text.split_once("[notices]").expect("it has notices");
            let more = concat!(
                "[pulse]\nask = \"Pulse?\"\nask-again = \"Pulse, please?\"\nconfirm = \"{value}?\"\n",
                "echo = { value = \"{value}. \", not-measured = \"No pulse. \" }\n",
                "[place]\nask = \"1 home 2 street\"\nask-again = \"1 or 2?\"\nconfirm = \"{value}?\"\n",
                "echo = { value = \"{value}. \" }\n",
                "[register]\nask = \"Number?\"\nask-again = \"Digits only?\"\nconfirm = \"{value}?\"\n",
                "echo = { value = \"{value}. \" }\n",
            );
            file.text = format!("{before}{more}[notices]{notices}");
        }
    }
    let files: Vec<SourceFile> = files;
    load("every-kind", &files).unwrap_or_else(|faults| panic!("{faults}"))
});

/// What the center expects. Nobody in these tests types it but where they say so.
const EXPECTED: [&str; 2] = ["48151623", "602214076"];

#[derive(Debug, Clone)]
enum Happens {
    Open,
    Text(String),
    Remind(bool),
    /// The deadline passes, and the program is slow to close the round.
    Passes,
    Close,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "36.8", "97", "2", "1", "0", "1,3", "なし", "はい", "いいえ", "no", "yes", "364", "66", "38.6度", "酸素 88%",
            "36.8 97 2 0", "36.8 66 2 0", "37.2、95、1、2 4", "97 2", "36.8 97 2 1 2", "なし 97 2 0", "体温37.9",
            "胸が痛い", "胸が痛い 36.8", "助けて", "chest pain", "NONE", "わからない", "", " ", "\u{200f}", "🍎",
            "もどる", "BACK", "SKIP", "飛ばす", "停止", "STOP", "START", "開始", "HELP", "ヘルプ", "REPEAT", "CALL ME",
            "電話ください", "人違いです", "WRONG NUMBER", "English", "日本語", "한국어", "入院しました", "母が亡くなりました",
            "ありがとうございます", "123456",
        ]).prop_map(str::to_owned),
        2 => "[0-9０-９., 、度％%]{0,12}",
        2 => any::<String>(),
        1 => "[あ-んア-ンa-z ]{0,400}",
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        1 => Just(Happens::Open),
        12 => text().prop_map(Happens::Text),
        1 => any::<bool>().prop_map(Happens::Remind),
        1 => Just(Happens::Passes),
        1 => Just(Happens::Close),
    ]
}

#[derive(Debug, Clone)]
struct Around {
    language: Language,
    center: &'static str,
    night_line: Option<&'static str>,
    label: Option<&'static str>,
    attended: bool,
}

fn around() -> impl Strategy<Value = Around> {
    (
        prop::sample::select(vec![Language::Ja, Language::JaEasy, Language::En, Language::Ko]),
        prop::sample::select(vec!["江東区保健所", "とても長い名前の特別区中央保健所", "Koto Health Center", ""]),
        prop::sample::select(vec![None, Some("03-1234-5678"), Some("0120-123-4567")]),
        prop::sample::select(vec![None, Some("A(80)"), Some("Z(102)")]),
        any::<bool>(),
    )
        .prop_map(|(language, center, night_line, label, attended)| Around {
            language,
            center,
            night_line,
            label,
            attended,
        })
}

fn context<'a>(around: &'a Around, language: Language, late: bool) -> Context<'a> {
    Context {
        language,
        center: around.center,
        deadline: "12:30",
        night_line: around.night_line,
        attended: around.attended,
        late,
        label: around.label,
        known: Known { identities: Identities(&EXPECTED), course: None },
    }
}

fn says(step: &Step) -> Vec<(TextKind, &str)> {
    step.effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Say { kind, text } => Some((*kind, text.as_str())),
            _ => None,
        })
        .collect()
}

/// What must hold of every step.
fn check_step(dialog: &Dialog, before: &State, input: Input<'_>, context: &Context<'_>) -> Result<Step, TestCaseError> {
    let step = step(dialog, before, input, context);
    prop_assert_eq!(&step, &super::step(dialog, before, input, context), "the same again");
    let kept = serde_json::to_string(&step.state).expect("a state is plain data");
    prop_assert_eq!(&serde_json::from_str::<State>(&kept).expect("it is what was written"), &step.state);

    let changed = State { sequence: 0, ..step.state.clone() } != State { sequence: 0, ..before.clone() };
    prop_assert_eq!(step.state.sequence, before.sequence + u32::from(changed));

    let says = says(&step);
    let mut budget = dialog.language_or_first(context.language).segment_budget();
    if step.effects.iter().any(|effect| matches!(effect, Effect::SetLanguage(_))) {
        budget = budget.max(1);
    }
    for (_, text) in &says {
        let cost = sms::segments(text);
        prop_assert!((1..=usize::from(budget)).contains(&cost.segments), "{cost:?}: {text}");
    }
    if matches!(input, Input::Text(_)) {
        prop_assert!(!says.is_empty(), "nothing was said");
    }
    let warned = step.effects.iter().any(|effect| matches!(effect, Effect::Warn(_)));
    prop_assert_eq!(warned, says.first().is_some_and(|(kind, _)| *kind == TextKind::Safety));
    // After a safety text only one thing is asked: whether a very low oxygen value was meant.
    let low = matches!(
        &step.state.phase,
        Phase::Asking { candidate: Some(Value::OxygenSaturation(oxygen)), .. } if !oxygen.is_plausible()
    );
    prop_assert!(says.len() <= 1 + usize::from(warned && low), "{says:?}");
    prop_assert!(says.iter().skip(1).all(|(kind, _)| *kind != TextKind::Safety));

    for sign in before.signs.iter() {
        prop_assert!(sign == WarningSign::VeryLowOxygen || step.state.signs.contains(sign), "{sign:?} went away");
    }
    for (index, (old, new)) in before.slots.iter().zip(&step.state.slots).enumerate() {
        let index = u8::try_from(index).expect("few questions");
        let answered = step.effects.iter().rev().find_map(|effect| match effect {
            Effect::Answer { question, value } if *question == index => Some(value),
            _ => None,
        });
        match new {
            Slot::Answered(value) if old != new => prop_assert_eq!(Some(value), answered),
            Slot::Skipped(reason) if old != new => {
                let wanted = Effect::Skip { question: index, reason: *reason };
                prop_assert!(step.effects.contains(&wanted), "{index} was left out without a word");
            }
            Slot::Open | Slot::NotApplicable => {
                prop_assert!(!matches!(old, Slot::Answered(_) | Slot::Skipped(_)), "an answer to {index} was lost");
            }
            _ => {}
        }
    }
    if context.late {
        let confirming = matches!(&step.state.phase, Phase::Asking { candidate: Some(_), .. });
        if matches!(input, Input::Text(_)) {
            prop_assert!(confirming || matches!(step.state.phase, Phase::Closed { .. }), "{:?}", step.state.phase);
        }
        prop_assert!(says.iter().all(|(kind, _)| !matches!(kind, TextKind::Opening | TextKind::Reminder)));
    }
    Ok(step)
}

fn check_day(dialog: &Dialog, around: &Around, day: &[Happens], idle: bool) -> Result<(), TestCaseError> {
    let mut state = if idle { State::idle(dialog) } else { State::new(dialog) };
    let mut language = around.language;
    let mut late = false;
    let mut finished = 0;
    for happens in day {
        let input = match happens {
            Happens::Passes => {
                late = true;
                continue;
            }
            Happens::Open => Input::Open,
            Happens::Text(text) => Input::Text(text),
            Happens::Remind(stale) => Input::Remind { sequence: state.sequence.wrapping_sub(u32::from(*stale)) },
            Happens::Close => Input::Close,
        };
        late |= matches!(happens, Happens::Close);
        let step = check_step(dialog, &state, input, &context(around, language, late))?;
        if matches!(happens, Happens::Remind(true) | Happens::Close) {
            prop_assert!(says(&step).is_empty());
        }
        for effect in &step.effects {
            match effect {
                Effect::SetLanguage(to) => language = *to,
                Effect::Finished => finished += 1,
                _ => {}
            }
        }
        prop_assert!(finished <= 1, "finished twice");
        if idle {
            prop_assert!(step.state.slots.iter().all(|slot| *slot == Slot::Open));
        }
        state = step.state;
    }
    Ok(())
}

fn any_state() -> impl Strategy<Value = State> {
    let candidate = prop::option::of(prop::sample::select(vec![
        Value::Temperature(Temperature::MAX),
        Value::OxygenSaturation(OxygenSaturation::from_percent(66).expect("possible")),
        Value::Text,
        Value::Choice(200),
    ]));
    let phase = prop_oneof![
        Just(Phase::Waiting),
        (0..12_u8, any::<u8>(), candidate).prop_map(|(question, failures, candidate)| Phase::Asking {
            question,
            failures,
            candidate
        }),
        Just(Phase::Finished),
        prop::option::of(0..12_u8).prop_map(|pending| Phase::Closed { pending }),
    ];
    let slot = prop::sample::select(vec![
        Slot::Open,
        Slot::NotApplicable,
        Slot::Answered(Value::NotMeasured),
        Slot::Answered(Value::Number(7)),
        Slot::Skipped(SkipReason::ByPatient),
    ]);
    (phase, prop::collection::vec(slot, 0..12), any::<bool>(), any::<bool>()).prop_map(
        |(phase, slots, held, finished)| State {
            dialog: DialogHash([0; 32]),
            sequence: 7,
            phase,
            slots,
            signs: WarningSigns::NONE,
            held,
            finished,
            reporting: false,
            tries: 0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_day_of_any_texts_keeps_every_rule(
        around in around(),
        day in prop::collection::vec(happens(), 0..40),
        idle in prop::bool::weighted(0.1),
        every_kind in any::<bool>(),
    ) {
        check_day(if every_kind { &EVERY_KIND } else { &DAILY }, &around, &day, idle)?;
    }

    #[test]
    fn a_day_that_opens_keeps_every_rule(around in around(), texts in prop::collection::vec(text(), 0..30)) {
        let day: Vec<Happens> =
            std::iter::once(Happens::Open).chain(texts.into_iter().map(Happens::Text)).collect();
        check_day(&EVERY_KIND, &around, &day, false)?;
        check_day(&DAILY, &around, &day, false)?;
    }

    #[test]
    fn no_state_is_too_strange(around in around(), state in any_state(), happens in happens(), late in any::<bool>()) {
        let input = match &happens {
            Happens::Open => Input::Open,
            Happens::Text(text) => Input::Text(text),
            Happens::Remind(_) => Input::Remind { sequence: state.sequence },
            Happens::Passes | Happens::Close => Input::Close,
        };
        let step = step(&DAILY, &state, input, &context(&around, around.language, late));
        prop_assert!(!matches!(input, Input::Text(_)) || !says(&step).is_empty());
    }

    #[test]
    fn stopping_says_one_thing_and_asks_nothing(
        around in around(),
        day in prop::collection::vec(happens(), 0..12),
    ) {
        let mut state = State::new(&DAILY);
        for happens in &day {
            let input = match happens {
                Happens::Open => Input::Open,
                Happens::Text(text) => Input::Text(text),
                Happens::Remind(_) => Input::Remind { sequence: state.sequence },
                Happens::Passes | Happens::Close => Input::Close,
            };
            state = step(&DAILY, &state, input, &context(&around, Language::Ja, false)).state;
        }
        let stopped = step(&DAILY, &state, Input::Text("STOP"), &context(&around, Language::Ja, false));
        prop_assert_eq!(&stopped.state, &state);
        prop_assert_eq!(says(&stopped).len(), 1);
        prop_assert!(stopped.effects.contains(&Effect::OptOut));
        prop_assert!(says(&stopped)[0].1.contains("停止しました"));
    }
}

#[test]
fn the_reader_knows_the_words_that_these_tests_type() {
    // Otherwise the properties above would be about less than they say.
    let reading = |text: &str| crate::reply::read(&crate::reply::Ask::Temperature, Language::Ja, text).reading;
    assert_eq!(reading("STOP"), Reading::Command(Command::Stop));
    assert_eq!(reading("もどる"), Reading::Command(Command::Back));
    assert_eq!(reading("36.8"), Reading::Value(Value::Temperature(Temperature::from_tenths(368).expect("plausible"))));
}
