//! Properties of the engine that hold whatever is typed, in whatever order.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::dialog::definition::{Opening, SourceFile};
use crate::dialog::load::load;
use crate::dialog::tests::{daily, dialog};
use crate::dialog::transcript::describe;
use crate::observation::{OxygenSaturation, Temperature};
use crate::reply::{Command, Reading, WarningSign};
use crate::sms;

static DAILY: LazyLock<Dialog> = LazyLock::new(daily);
static WELCOME: LazyLock<Dialog> = LazyLock::new(|| dialog("welcome"));
static SHORT: LazyLock<Dialog> = LazyLock::new(|| dialog("short"));
static RELEASE: LazyLock<Dialog> = LazyLock::new(|| dialog("release"));

fn any_dialog() -> impl Strategy<Value = &'static Dialog> {
    prop::sample::select(vec![0, 0, 1, 1, 2, 3, 4]).prop_map(|which| match which {
        0 => &*DAILY,
        1 => &*EVERY_KIND,
        2 => &*WELCOME,
        3 => &*SHORT,
        _ => &*RELEASE,
    })
}

/// Every kind of question, and conditions.
static EVERY_KIND: LazyLock<Dialog> = LazyLock::new(|| {
    let mut files = crate::dialog::tests::daily_files();
    files.retain(|file| file.name == "dialog.toml" || file.name == "texts.en.toml");
    for file in &mut files {
        if file.name == "dialog.toml" {
            let line = file.text.lines().find(|line| line.starts_with("languages = ")).expect("it lists languages");
            file.text = file.text.replace(line, "languages = [\"en\"]");
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
const EXPECTED: [&str; 2] = ["48151623", "602214"];

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
    let introduced = input == Input::Open && dialog.opening != Opening::Question;
    prop_assert!(says.len() <= 1 + usize::from((warned && low) || introduced), "{says:?}");
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
    (phase, prop::collection::vec(slot, 0..12), any::<bool>(), any::<bool>(), any::<bool>(), any::<u8>()).prop_map(
        |(phase, slots, held, finished, reporting, tries)| State {
            dialog: DialogHash([0; 32]),
            sequence: 7,
            phase,
            slots,
            signs: WarningSigns::NONE,
            held,
            finished,
            reporting,
            tries,
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
        dialog in any_dialog(),
    ) {
        check_day(dialog, &around, &day, idle)?;
    }

    #[test]
    fn a_day_that_opens_keeps_every_rule(around in around(), texts in prop::collection::vec(text(), 0..30)) {
        let day: Vec<Happens> =
            std::iter::once(Happens::Open).chain(texts.into_iter().map(Happens::Text)).collect();
        for dialog in [&EVERY_KIND, &DAILY, &WELCOME, &SHORT, &RELEASE] {
            check_day(dialog, &around, &day, false)?;
        }
    }

    #[test]
    fn no_state_is_too_strange(
        around in around(),
        state in any_state(),
        happens in happens(),
        late in any::<bool>(),
        dialog in any_dialog(),
    ) {
        let input = match &happens {
            Happens::Open => Input::Open,
            Happens::Text(text) => Input::Text(text),
            Happens::Remind(_) => Input::Remind { sequence: state.sequence },
            Happens::Passes | Happens::Close => Input::Close,
        };
        let step = step(dialog, &state, input, &context(&around, around.language, late));
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

/// What somebody types who wants to find an identifier out, and how each of them looks as digits.
const GUESSES: [(&str, &str); 10] = [
    ("48151623", "48151623"),
    ("４８１５ー１６２３", "48151623"),
    ("番号は602214です", "602214"),
    ("48151624", "48151624"),
    ("4815 1625", "48151625"),
    ("602215", "602215"),
    ("602216 か", "602216"),
    ("11111111", "11111111"),
    ("48151623 48151624", "48151623"),
    ("48151623.", "48151623"),
];

fn guessing() -> impl Strategy<Value = Happens> {
    prop_oneof![
        8 => (0..GUESSES.len()).prop_map(|which| Happens::Text(GUESSES[which].0.to_owned())),
        2 => prop::sample::select(vec![
            "1", "はい", "もどる", "REPEAT", "飛ばす", "なし", "わからない", "STOP", "開始", "English", "日本語", "",
            "36.8", "胸が痛い", "むにゃ", "36.8 48151623", "1 48151623",
        ]).prop_map(|text| Happens::Text(text.to_owned())),
        1 => Just(Happens::Open),
        1 => any::<bool>().prop_map(Happens::Remind),
        1 => Just(Happens::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// No sequence of inputs gets more guesses than the dialog allows, and no identifier is ever said or kept,
    /// the right one or another.
    #[test]
    fn identifiers_are_tried_three_times_and_forgotten(
        around in around(),
        begins in prop::bool::weighted(0.8),
        day in prop::collection::vec(guessing(), 0..40),
    ) {
        let mut state = State::new(&WELCOME);
        let mut language = around.language;
        let (mut late, mut compared, mut confirmed) = (false, 0_u8, 0);
        let opening = if begins { vec![Happens::Open, Happens::Text("1".to_owned())] } else { Vec::new() };
        for happens in opening.iter().chain(&day) {
            let input = match happens {
                Happens::Open => Input::Open,
                Happens::Text(text) => Input::Text(text),
                Happens::Remind(stale) => Input::Remind { sequence: state.sequence.wrapping_sub(u32::from(*stale)) },
                Happens::Passes | Happens::Close => Input::Close,
            };
            late |= matches!(input, Input::Close);
            let context = context(&around, language, late);
            let step = step(&WELCOME, &state, input, &context);
            prop_assert!(step.state.tries >= compared && step.state.tries <= compared + 1 && step.state.tries <= 3);
            let confirms = step.effects.iter().filter(|effect| matches!(effect, Effect::IdentityConfirmed { .. })).count();
            // Every readable identifier counts that answers the question, above all a wrong one.
            let is_asked = matches!(state.phase, Phase::Asking { question: 1, .. }) && !state.held;
            if let Input::Text("48151624" | "4815 1625" | "602215" | "11111111" | "48151623") = input
                && is_asked
            {
                prop_assert_eq!(step.state.tries, compared + 1);
            }
            // Nothing is confirmed without a comparison that counts.
            prop_assert!(confirms <= usize::from(step.state.tries - compared));
            confirmed += confirms;
            compared = step.state.tries;
            let kept = State { dialog: DialogHash([0; 32]), ..step.state.clone() };
            let traces = [
                serde_json::to_string(&kept).expect("a state is plain data"),
                format!("{:?}", step.effects),
                format!("{context:?}"),
            ];
            for trace in &traces {
                for (_, digits) in GUESSES {
                    prop_assert!(!trace.contains(digits), "{digits} stands in {trace}");
                }
            }
            for effect in &step.effects {
                if let Effect::SetLanguage(to) = effect {
                    language = *to;
                }
            }
            state = step.state;
        }
        prop_assert!(confirmed <= 1);
    }

    /// No answer about anybody's health is taken before it is clear whose number it is.
    #[test]
    fn nothing_about_health_is_taken_from_a_number_that_is_not_confirmed(
        around in around(),
        texts in prop::collection::vec(text(), 0..20),
        late in any::<bool>(),
    ) {
        let mut state = step(&WELCOME, &State::new(&WELCOME), Input::Open, &context(&around, Language::Ja, false)).state;
        let mut is_confirmed = false;
        for text in &texts {
            let step = step(&WELCOME, &state, Input::Text(text), &context(&around, Language::Ja, late));
            is_confirmed |= step.effects.contains(&Effect::NumberConfirmed);
            let identity = step.effects.iter().any(|effect| matches!(effect, Effect::Answer { question: 1, .. }));
            prop_assert!(is_confirmed || !identity);
            // Whatever is typed, there is a word for it, and staff see what is no answer.
            prop_assert!(!says(&step).is_empty());
            state = step.state;
        }
    }

    /// The warning signs are answered by a whole report, by their own question, or not at all.
    #[test]
    fn a_part_of_a_report_never_answers_the_warning_signs(
        temperature in prop::sample::select(vec!["36.8", "なし", "x"]),
        parts in prop::collection::vec(prop::sample::select(vec!["97", "2", "1", "0", "せき", "はい", "x", "36.8", "なし"]), 1..6),
    ) {
        let around = Around { language: Language::Ja, center: "", night_line: None, label: None, attended: true };
        let context = context(&around, Language::Ja, false);
        let state = step(&SHORT, &State::new(&SHORT), Input::Open, &context).state;
        prop_assert!(state.reporting);
        let text = format!("{temperature} {}", parts.join(" "));
        let step = step(&SHORT, &state, Input::Text(&text), &context);
        let signs = SHORT.question("signs").expect("it asks for them").0;
        let answered = |question: u8| matches!(step.state.slots[usize::from(question)], Slot::Answered(_));
        if answered(signs) {
            prop_assert!((0..5).all(answered), "{text}: {:?}", step.state.slots);
        } else {
            prop_assert!(step.state.phase != Phase::Finished, "{text}");
        }
        prop_assert!(!step.state.reporting || step.state.slots.iter().all(|slot| *slot == Slot::Open));
    }
}

/// What the one text of `short` is taken as: answers, alerts, and the question that is open then.
fn in_one(language: Language, replies: &[&str]) -> String {
    let context = Context {
        language,
        center: "Koto",
        deadline: "8:30",
        night_line: None,
        attended: true,
        late: false,
        label: None,
        known: Known::default(),
    };
    let mut state = step(&SHORT, &State::new(&SHORT), Input::Open, &context).state;
    let mut said = Vec::new();
    for reply in replies {
        let step = step(&SHORT, &state, Input::Text(reply), &context);
        state = step.state;
        let effects =
            step.effects.iter().filter(|effect| matches!(effect, Effect::Answer { .. } | Effect::Warn { .. }));
        said = effects.map(|effect| describe(&SHORT, effect)).collect();
    }
    let open = match state.phase {
        Phase::Asking { question, .. } => SHORT.questions[usize::from(question)].key.as_str(),
        _ => "nothing",
    };
    said.iter().map(|what| what.trim_start_matches("answer ")).chain([open]).collect::<Vec<_>>().join(", ")
}

#[test]
fn one_text_for_all_is_cut_as_it_was_meant_or_not_at_all() {
    use Language::{En, Ja};
    let all = "temperature 36.8, oxygen 97, breathing no, signs no, ";
    let most = "temperature 36.8, oxygen 97, breathing no, signs";
    let wrong: Vec<String> = [
        // The comma as the decimal point, as a separator, and as both.
        (En, "36,8 97 2 2 0", format!("{all}symptoms none, nothing")),
        (En, "36,8, 97, 2, 2, 1", format!("{all}symptoms cough, nothing")),
        (En, "36.8,97,2,2,1,4", format!("{all}symptoms cough fatigue, nothing")),
        (En, "36,8 97 2", most.to_owned()),
        (En, "36,8 97 I do not know", "temperature 36.8, oxygen 97, breathing".to_owned()),
        (En, "36,97 and so on", "temperature 36.0, oxygen 97, breathing".to_owned()),
        (En, "36,97 2 and so on", "temperature 36.0, oxygen 97, breathing no, signs".to_owned()),
        // Words belong to the word or number beside them, unless they stand in the order that was asked for.
        (En, "36.8 97 2 2 sore throat", format!("{all}symptoms sore-throat, nothing")),
        (En, "36.8 97 2 no cough", most.to_owned()),
        (En, "36.8 97 2 no none", format!("{all}symptoms none, nothing")),
        (En, "36.8 97 no cough", "temperature 36.8, oxygen 97, breathing".to_owned()),
        (En, "36.8 97 no", "temperature 36.8, oxygen".to_owned()),
        (En, "36.8 no", "temperature".to_owned()),
        (Ja, "36.8 97 です", "temperature 36.8, oxygen 97, breathing".to_owned()),
        (En, "36.8, 97, no", most.to_owned()),
        (Ja, "36.8 97 2 ない せき だるさ", format!("{all}symptoms cough fatigue, nothing")),
        (Ja, "36.8 97 2 せき ない", most.to_owned()),
        // A very low value is not passed over, however it is cut.
        (En, "36,8 67 I do not know", "temperature 36.8, alert very-low-oxygen, oxygen".to_owned()),
    ]
    .into_iter()
    .map(|(language, reply, taken)| (reply, in_one(language, &[reply]), taken))
    .filter(|(_, found, taken)| found != taken)
    .map(|(reply, found, taken)| format!("`{reply}`: {found}; not {taken}"))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_whole_report_in_one_text_is_one_at_any_question() {
    let most = "36.8 97 2";
    let warned = in_one(Language::En, &[most, "2", "37.1 67 1 2 cough"]);
    assert_eq!(warned, "temperature 37.1, breathing yes, alert very-low-oxygen, oxygen");
    let whole = in_one(Language::En, &[most, "37.1 96 1 2 cough"]);
    assert_eq!(whole, "temperature 37.1, oxygen 96, breathing yes, signs no, symptoms cough, nothing");
    let beginning = in_one(Language::En, &[most, "2", "37.1 96 1 or so I think"]);
    assert_eq!(beginning, "symptoms", "what is not asked for is taken as a whole or not at all");
}

/// Whoever answers everything with the same text is through before long, and is answered each time.
#[test]
fn every_dialog_comes_to_an_end() {
    let around = Around { language: Language::Ja, center: "", night_line: None, label: None, attended: true };
    for dialog in [&DAILY, &EVERY_KIND, &WELCOME, &SHORT, &RELEASE] {
        for reply in ["", "0", "1", "2", "36.6", "98", "なし", "せき", "むにゃ", "48151624", "36.6 98"] {
            let context = context(&around, Language::Ja, false);
            let mut state = step(dialog, &State::new(dialog), Input::Open, &context).state;
            let mut turns = 0;
            while matches!(state.phase, Phase::Asking { .. }) {
                let next = step(dialog, &state, Input::Text(reply), &context);
                assert!(!says(&next).is_empty(), "{}: {reply:?} was not answered", dialog.name);
                state = next.state;
                turns += 1;
                assert!(turns <= 3 * dialog.questions.len(), "{}: {reply:?} does not come to an end", dialog.name);
            }
        }
    }
}

#[test]
fn a_state_from_before_is_read_and_goes_on() {
    let mut old = serde_json::to_value(State::new(&DAILY)).expect("a state is plain data");
    let fields = old.as_object_mut().expect("an object");
    for field in ["held", "finished", "reporting", "tries"] {
        assert!(fields.remove(field).is_some(), "{field}");
    }
    assert_eq!(serde_json::from_value::<State>(old).expect("it reads"), State::new(&DAILY));
}

#[test]
fn expected_identifiers_are_not_printed() {
    let known = Known { identities: Identities(&EXPECTED), course: None };
    assert_eq!(format!("{known:?}"), "Known { identities: Identities(2), course: None }");
}

#[test]
fn the_reader_knows_the_words_that_these_tests_type() {
    // Otherwise the properties above would be about less than they say.
    let reading = |text: &str| crate::reply::read(&crate::reply::Ask::Temperature, Language::Ja, text).reading;
    assert_eq!(reading("STOP"), Reading::Command(Command::Stop));
    assert_eq!(reading("もどる"), Reading::Command(Command::Back));
    assert_eq!(reading("36.8"), Reading::Value(Value::Temperature(Temperature::from_tenths(368).expect("plausible"))));
}
