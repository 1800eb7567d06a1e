use proptest::prelude::*;

use super::*;
use crate::dialog::definition::{DialogHash, Opening};
use crate::observation::OptionSet;
use crate::reply::{OptionWord, WarningSign, WarningSigns};

fn options(listed: &[(u8, &str, Option<Severity>)]) -> OptionList {
    OptionList {
        words: listed.iter().map(|(code, ..)| OptionWord { code: *code, concept: None }).collect(),
        definitions: listed
            .iter()
            .map(|(code, key, severity)| OptionDefinition {
                code: *code,
                key: (*key).to_owned(),
                severity: *severity,
                eased_hours: None,
            })
            .collect(),
    }
}

fn question(key: &str, required: bool, kind: QuestionKind) -> Question {
    Question { key: key.to_owned(), kind, required, condition: None, proof: None, release: None }
}

/// A morning's questions and, after the required ones, optional ones of the other kinds.
fn dialog() -> Dialog {
    let orange = Some(Severity::Orange);
    let yes_no = |yes| QuestionKind::YesNo { topic: None, yes };
    Dialog {
        name: "daily".into(),
        hash: DialogHash([0; 32]),
        opening: Opening::Question,
        questions: vec![
            question("temperature", true, QuestionKind::Temperature),
            question("oxygen", true, QuestionKind::OxygenSaturation),
            question("breathing", true, yes_no(orange)),
            question(
                "symptoms",
                true,
                QuestionKind::Options(options(&[
                    (1, "cough", None),
                    (7, "cannot-eat", orange),
                    (8, "no-urine", orange),
                ])),
            ),
            question("signs", true, yes_no(Some(Severity::Red))),
            question("note", false, QuestionKind::Text),
            question("mood", false, QuestionKind::Choice(options(&[(1, "better", None), (2, "worse", orange)]))),
            question("pulse", false, QuestionKind::Number { min: 30, max: 200 }),
            question("medicine", false, yes_no(None)),
            question("register", false, QuestionKind::Identifier { min_digits: 6, max_digits: 8 }),
        ],
        languages: Vec::new(),
        source: Vec::new(),
        texts: crate::dialog::render::Texts::default(),
    }
}

fn temperature(tenths: u16) -> Slot {
    Slot::Answered(Value::Temperature(Temperature::from_tenths(tenths).expect("plausible")))
}

fn oxygen(percent: u8) -> Slot {
    Slot::Answered(Value::OxygenSaturation(OxygenSaturation::from_percent(percent).expect("plausible")))
}

fn yes_no(answer: YesNo) -> Slot {
    Slot::Answered(Value::YesNo(answer))
}

fn symptoms(codes: &[u8]) -> Slot {
    Slot::Answered(Value::Options(codes.iter().copied().collect()))
}

/// Everything answered, nothing worrying.
fn healthy(dialog: &Dialog) -> State {
    State {
        slots: vec![
            temperature(365),
            oxygen(97),
            yes_no(YesNo::No),
            symptoms(&[1]),
            yes_no(YesNo::No),
            Slot::Answered(Value::Nothing),
            Slot::Answered(Value::Choice(1)),
            Slot::Answered(Value::Number(72)),
            yes_no(YesNo::Yes),
            Slot::Answered(Value::Identifier("1234567".into())),
        ],
        ..State::new(dialog)
    }
}

/// Puts these slots into a healthy report and says what comes out: `severity completeness: reasons`.
fn assessed(changes: &[(&str, Slot)], signs: &[WarningSign]) -> String {
    let dialog = dialog();
    let mut state = healthy(&dialog);
    for (key, slot) in changes {
        let (index, _) = dialog.question(key).expect(key);
        state.slots[usize::from(index)] = slot.clone();
    }
    for sign in signs {
        state.signs.insert(*sign);
    }
    let assessment = assess(&dialog, &state, &Thresholds::default());
    let reasons = assessment.reason_keys();
    format!("{} {}: {reasons}", assessment.severity.key(), assessment.completeness.key()).trim_end().to_owned()
}

#[test]
fn each_rule_of_the_design() {
    let skipped = Slot::Skipped(SkipReason::ByPatient);
    let given_up = Slot::Skipped(SkipReason::NotUnderstood);
    let not_measured = Slot::Answered(Value::NotMeasured);
    for (changes, signs, expected) in [
        (vec![], vec![], "green complete:"),
        // Bounds belong to the worse side.
        (vec![("oxygen", oxygen(96))], vec![], "green complete:"),
        (vec![("oxygen", oxygen(95))], vec![], "orange complete: oxygen-orange"),
        (vec![("oxygen", oxygen(94))], vec![], "orange complete: oxygen-orange"),
        (vec![("oxygen", oxygen(93))], vec![], "red complete: oxygen-red"),
        (vec![("oxygen", oxygen(66))], vec![], "red complete: oxygen-red"),
        (vec![("temperature", temperature(384))], vec![], "green complete:"),
        (vec![("temperature", temperature(385))], vec![], "orange complete: temperature-orange"),
        (vec![("breathing", yes_no(YesNo::Yes))], vec![], "orange complete: breathing-yes"),
        (vec![("signs", yes_no(YesNo::Yes))], vec![], "red complete: signs-yes"),
        (vec![("symptoms", symptoms(&[]))], vec![], "green complete:"),
        (vec![("symptoms", symptoms(&[1, 8, 7]))], vec![], "orange complete: cannot-eat no-urine"),
        (vec![("mood", Slot::Answered(Value::Choice(2)))], vec![], "orange complete: worse"),
        // The most urgent reason comes first, whatever the order of asking.
        (
            vec![("temperature", temperature(401)), ("oxygen", oxygen(90)), ("symptoms", skipped.clone())],
            vec![],
            "red partial: oxygen-red temperature-orange skipped:symptoms",
        ),
        // Warning signs are red whatever was answered, also when nothing was.
        (vec![], vec![WarningSign::ChestPain, WarningSign::PurpleLips], "red complete: purple-lips chest-pain"),
        (vec![], vec![WarningSign::VeryLowOxygen], "red complete: very-low-oxygen"),
        // What is missing is named and never green.
        (vec![("oxygen", Slot::Open)], vec![], "unknown partial: missing:oxygen"),
        (vec![("oxygen", skipped)], vec![], "unknown partial: skipped:oxygen"),
        (vec![("symptoms", given_up)], vec![], "unknown partial: not-understood:symptoms"),
        (
            vec![("temperature", temperature(390)), ("oxygen", Slot::Open)],
            vec![],
            "orange partial: temperature-orange missing:oxygen",
        ),
        // Not measured is an answer, and stays in sight.
        (vec![("oxygen", not_measured.clone())], vec![], "green complete: not-measured:oxygen"),
        (vec![("pulse", not_measured.clone())], vec![], "green complete: not-measured:pulse"),
        (vec![("breathing", not_measured)], vec![], "unknown complete: unknown:breathing"),
        // Not knowing is no healthy answer to a worrying question, and any answer to another one.
        (vec![("breathing", yes_no(YesNo::Unknown))], vec![], "unknown complete: unknown:breathing"),
        (vec![("signs", yes_no(YesNo::Unknown))], vec![], "unknown complete: unknown:signs"),
        (vec![("medicine", yes_no(YesNo::Unknown))], vec![], "green complete:"),
        // What cannot worry and is not required may be left out; what can worry may not.
        (
            vec![("note", Slot::Open), ("pulse", Slot::Open), ("medicine", Slot::Open), ("register", Slot::Open)],
            vec![],
            "green complete:",
        ),
        (vec![("mood", Slot::Open)], vec![], "unknown complete: missing:mood"),
        (vec![("mood", Slot::NotApplicable)], vec![], "green complete:"),
        // An answer that does not fit its question says nothing.
        (vec![("oxygen", temperature(365))], vec![], "unknown complete: unknown:oxygen"),
        (vec![("symptoms", symptoms(&[2]))], vec![], "unknown complete: unknown:symptoms"),
        (vec![("mood", Slot::Answered(Value::Choice(9)))], vec![], "unknown complete: unknown:mood"),
        (vec![("note", Slot::Answered(Value::Text))], vec![], "green complete:"),
    ] {
        assert_eq!(assessed(&changes, &signs), expected, "{changes:?}");
    }
}

#[test]
fn a_report_that_has_not_begun_is_unknown_and_a_cry_for_help_in_it_is_red() {
    let dialog = dialog();
    let mut state = State::new(&dialog);
    let nothing = assess(&dialog, &state, &Thresholds::default());
    assert_eq!((nothing.severity, nothing.completeness), (Severity::Unknown, Completeness::None));
    assert_eq!(
        nothing.reason_keys(),
        "missing:temperature missing:oxygen missing:breathing missing:symptoms missing:signs missing:mood"
    );
    state.signs.insert(WarningSign::CryForRescue);
    let cry = assess(&dialog, &state, &Thresholds::default());
    assert_eq!((cry.severity, cry.completeness), (Severity::Red, Completeness::None));
    assert_eq!(cry.reasons[0].key, "cry-for-rescue");
}

#[test]
fn nothing_asked_and_nothing_answered_is_unknown_all_the_same() {
    let dialog = Dialog { questions: vec![question("note", false, QuestionKind::Text)], ..dialog() };
    let assessment = assess(&dialog, &State::new(&dialog), &Thresholds::default());
    assert_eq!((assessment.severity, assessment.completeness), (Severity::Unknown, Completeness::None));
}

#[test]
fn a_damaged_state_is_missing_what_it_does_not_have() {
    let dialog = dialog();
    let mut state = healthy(&dialog);
    state.slots.truncate(2);
    let assessment = assess(&dialog, &state, &Thresholds::default());
    assert_eq!((assessment.severity, assessment.completeness), (Severity::Unknown, Completeness::Partial));
}

#[test]
fn the_thresholds_are_the_centers() {
    let dialog = dialog();
    let strict = Thresholds {
        version: 2,
        oxygen_red: OxygenSaturation::from_percent(95).expect("plausible"),
        oxygen_orange: OxygenSaturation::from_percent(97).expect("plausible"),
        temperature_orange: Temperature::from_tenths(375).expect("plausible"),
    };
    assert_eq!(strict.validate(), Ok(()));
    assert_eq!(assess(&dialog, &healthy(&dialog), &strict).reason_keys(), "oxygen-orange");
}

#[test]
fn thresholds_that_cannot_work_are_refused_with_reasons() {
    assert_eq!(Thresholds::default().validate(), Ok(()));
    let percent = |percent| OxygenSaturation::from_percent(percent).expect("plausible");
    let degrees = |tenths| Temperature::from_tenths(tenths).expect("plausible");
    let wrong = Thresholds {
        version: 0,
        oxygen_red: percent(79),
        oxygen_orange: percent(79),
        temperature_orange: degrees(369),
    };
    let errors: Vec<_> = wrong.validate().expect_err("wrong").iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "the version of the thresholds must be 1 or more",
            "the orange bound for oxygen (79 %) must be higher than the red one (79 %)",
            "the red bound for oxygen (79 %) must be 80 % or more: lower values are warning signs in any case",
            "the orange bound for the temperature (36.9 °C) must be between 37.0 and 40.0 °C",
        ]
    );
    let high = Thresholds { oxygen_orange: percent(99), temperature_orange: degrees(401), ..Thresholds::default() };
    assert_eq!(high.validate().expect_err("wrong").len(), 2);
}

/// Any value, fitting its question or not.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (340u16..=420).prop_map(|tenths| Value::Temperature(Temperature::from_tenths(tenths).expect("plausible"))),
        (50u8..=100)
            .prop_map(|percent| Value::OxygenSaturation(OxygenSaturation::from_percent(percent).expect("plausible"))),
        prop_oneof![Just(YesNo::Yes), Just(YesNo::No), Just(YesNo::Unknown)].prop_map(Value::YesNo),
        (0u8..10).prop_map(Value::Choice),
        proptest::collection::vec(0u8..12, 0..4)
            .prop_map(|codes| Value::Options(codes.into_iter().collect::<OptionSet>())),
        (0i32..300).prop_map(Value::Number),
        Just(Value::Text),
        Just(Value::Nothing),
        Just(Value::NotMeasured),
    ]
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop_oneof![
        1 => Just(Slot::Open),
        1 => Just(Slot::NotApplicable),
        6 => any_value().prop_map(Slot::Answered),
        1 => Just(Slot::Skipped(SkipReason::ByPatient)),
        1 => Just(Slot::Skipped(SkipReason::NotUnderstood)),
    ]
}

/// Healthy reports with a few slots changed at random, so that every severity is common.
fn any_state() -> impl Strategy<Value = State> {
    let changes = proptest::collection::vec((0usize..10, any_slot()), 0..5);
    let signs = proptest::option::weighted(0.2, proptest::sample::select(WarningSign::ALL.to_vec()));
    (changes, signs).prop_map(|(changes, sign)| {
        let mut state = healthy(&dialog());
        for (index, slot) in changes {
            state.slots[index] = slot;
        }
        state.signs = WarningSigns::NONE;
        if let Some(sign) = sign {
            state.signs.insert(sign);
        }
        state
    })
}

fn assess_default(state: &State) -> Assessment {
    assess(&dialog(), state, &Thresholds::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// P9: taking an answer away never makes a report green that was not, nor leaves one green that needs it.
    #[test]
    fn removing_an_answer_never_makes_it_greener(state in any_state(), index in 0usize..10, left in 0..3) {
        let before = assess_default(&state);
        let mut fewer = state;
        fewer.slots[index] = match left {
            0 => Slot::Open,
            1 => Slot::Skipped(SkipReason::ByPatient),
            _ => Slot::Skipped(SkipReason::NotUnderstood),
        };
        let after = assess_default(&fewer);
        prop_assert!(after.severity != Severity::Green || before.severity == Severity::Green, "{before:?} {after:?}");
        prop_assert!(after.completeness <= before.completeness);
        if dialog().questions[index].required {
            prop_assert_ne!(after.severity, Severity::Green);
            prop_assert_ne!(after.completeness, Completeness::Complete);
        }
    }

    #[test]
    fn a_warning_sign_is_always_red(state in any_state(), sign in proptest::sample::select(WarningSign::ALL.to_vec())) {
        let mut state = state;
        state.signs.insert(sign);
        let assessment = assess_default(&state);
        prop_assert_eq!(assessment.severity, Severity::Red);
        prop_assert!(assessment.reasons.iter().any(|reason| reason.key == sign.key()));
    }

    /// Green says that nothing is missing, unknown or worrying.
    #[test]
    fn green_means_that_nothing_is_open(state in any_state()) {
        let assessment = assess_default(&state);
        let dialog = dialog();
        let required_open = dialog.questions.iter().zip(&state.slots)
            .any(|(question, slot)| question.required && matches!(slot, Slot::Open | Slot::Skipped(_)));
        prop_assert!(!required_open || assessment.severity != Severity::Green);
        prop_assert_eq!(assessment.severity == Severity::Green,
            assessment.completeness == Completeness::Complete
                && assessment.reasons.iter().all(|reason| reason.severity == Severity::Green));
    }

    /// The first reason carries the severity, and no key is there twice or has a space in it.
    #[test]
    fn reasons_explain_the_severity(state in any_state()) {
        let assessment = assess_default(&state);
        let mut keys: Vec<_> = assessment.reasons.iter().map(|reason| &reason.key).collect();
        prop_assert!(keys.iter().all(|key| !key.is_empty() && !key.contains(char::is_whitespace)));
        if assessment.severity > Severity::Unknown {
            prop_assert_eq!(assessment.reasons[0].severity, assessment.severity);
        }
        keys.sort();
        let count = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), count);
    }
}

#[test]
fn what_a_dialog_does_not_ask_is_no_healthy_answer() {
    for (left_out, keys) in [(0, "not-asked:temperature"), (1, "not-asked:oxygen"), (4, "not-asked:signs")] {
        let mut dialog = dialog();
        let mut state = healthy(&dialog);
        dialog.questions.remove(left_out);
        state.slots.remove(left_out);
        let assessment = assess(&dialog, &state, &Thresholds::default());
        // All that was asked is answered, and still nobody knows.
        assert_eq!(
            (assessment.completeness, assessment.severity),
            (Completeness::Complete, Severity::Unknown),
            "{keys}"
        );
        assert_eq!(assessment.reason_keys(), keys);
    }
}

#[test]
fn the_afternoon_is_complete_with_its_own_questions_and_a_welcome_says_nothing_of_health() {
    let afternoon = crate::dialog::tests::dialog("twice-daily");
    let no = yes_no(YesNo::No);
    let state = State { slots: vec![temperature(368), oxygen(97), no.clone(), no], ..State::new(&afternoon) };
    let assessment = assess(&afternoon, &state, &Thresholds::default());
    assert_eq!((assessment.completeness, assessment.severity), (Completeness::Complete, Severity::Green));

    let welcome = crate::dialog::tests::dialog("welcome");
    let yes = yes_no(YesNo::Yes);
    let state = State { slots: vec![yes.clone(), yes.clone()], ..State::new(&welcome) };
    let assessment = assess(&welcome, &state, &Thresholds::default());
    assert_eq!((assessment.completeness, assessment.severity), (Completeness::Complete, Severity::Unknown));
    assert_eq!(assessment.reason_keys(), "not-asked:temperature not-asked:oxygen not-asked:signs");
    let state = State { slots: vec![yes, yes_no(YesNo::Unknown)], ..state };
    let reasons = assess(&welcome, &state, &Thresholds::default()).reason_keys();
    assert!(reasons.contains("unknown:her-sys-id"), "{reasons}");
}
