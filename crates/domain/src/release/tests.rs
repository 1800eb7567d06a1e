//! Every way in which the end of an observation is doubtful, and that nothing unknown ever speaks for it.

use proptest::prelude::*;

use super::*;
use crate::dialog::engine::SkipReason;
use crate::dialog::tests::dialog;
use crate::observation::{OptionSet, OxygenSaturation};
use crate::reply::WarningSign;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn course(today: &str, onset: &str) -> Course {
    Course {
        today: day(today),
        began: Some(Began::Onset(day(onset))),
        place: PlaceOfStay::Home,
        thresholds: Thresholds::default(),
    }
}

fn celsius(tenths: u16) -> Slot {
    Slot::Answered(Value::Temperature(Temperature::from_tenths(tenths).expect("plausible")))
}

fn percent(percent: u8) -> Slot {
    Slot::Answered(Value::OxygenSaturation(OxygenSaturation::from_percent(percent).expect("plausible")))
}

const NO: Slot = Slot::Answered(Value::YesNo(YesNo::No));
const YES: Slot = Slot::Answered(Value::YesNo(YesNo::Yes));
const UNKNOWN: Slot = Slot::Answered(Value::YesNo(YesNo::Unknown));
const THREE_DAYS: Slot = Slot::Answered(Value::Choice(1));
const ONE_DAY: Slot = Slot::Answered(Value::Choice(2));

/// Everything answered as it must be, with a day of easing.
fn well(dialog: &Dialog) -> State {
    let slots = vec![
        celsius(364),
        percent(98),
        NO,
        Slot::Answered(Value::Options(OptionSet::NONE)),
        NO,
        NO,
        ONE_DAY,
        NO,
        Slot::Answered(Value::Nothing),
    ];
    State { slots, ..State::new(dialog) }
}

fn doubts(verdict: Verdict) -> String {
    match verdict {
        Verdict::Possible => String::new(),
        Verdict::Doubtful(doubts) => doubts.to_string(),
    }
}

#[test]
fn the_rule_of_a_day_is_the_latest_in_effect() {
    for (today, from) in [
        ("2021-12-31", None),
        ("2022-01-01", Some("2022-01-01")),
        ("2022-09-06", Some("2022-01-01")),
        ("2022-09-07", Some("2022-09-07")),
        ("2023-05-07", Some("2022-09-07")),
        ("2023-05-08", Some("2023-05-08")),
        ("2031-01-01", Some("2023-05-08")),
    ] {
        let mut rules = RULES;
        for _ in 0..2 {
            let found = rule_on(&rules, day(today)).map(|rule| rule.effective_from);
            assert_eq!(found, from.map(day), "{today}");
            rules.reverse();
        }
    }
}

#[test]
fn days_are_counted_by_the_rule_of_the_day_and_the_place() {
    let dialog = dialog("release");
    let home = PlaceOfStay::Home;
    for (today, onset, place, easing, wanted) in [
        // Until September 2022: ten days and 72 hours.
        ("2022-08-11", "2022-08-01", home, THREE_DAYS, ""),
        ("2022-08-10", "2022-08-01", home, THREE_DAYS, "days"),
        ("2022-08-11", "2022-08-01", home, ONE_DAY, "eased"),
        // From then on: seven days and 24 hours, but not in a hospital or a facility.
        ("2022-09-08", "2022-09-01", home, ONE_DAY, ""),
        ("2022-09-07", "2022-09-01", PlaceOfStay::Hotel, ONE_DAY, "days"),
        ("2022-09-08", "2022-09-01", PlaceOfStay::Hotel, ONE_DAY, ""),
        ("2022-09-08", "2022-09-01", PlaceOfStay::Facility, ONE_DAY, "days eased"),
        ("2022-09-11", "2022-09-01", PlaceOfStay::Hospital, THREE_DAYS, ""),
        // From May 2023 the law sets no period.
        ("2023-05-08", "2023-05-07", home, ONE_DAY, ""),
        ("2023-05-08", "2023-05-07", PlaceOfStay::Facility, ONE_DAY, ""),
        // Before 2022 there is no rule here.
        ("2021-12-31", "2021-12-01", home, THREE_DAYS, "rule fever eased"),
        // An onset after today is a mistake in the records.
        ("2022-10-01", "2022-10-09", home, THREE_DAYS, "days"),
    ] {
        let mut state = well(&dialog);
        state.slots[6] = easing;
        let course = Course { place, ..course(today, onset) };
        assert_eq!(doubts(judge(&dialog, &state, Some(&course))), wanted, "{today} since {onset}, {place:?}");
    }
}

#[test]
fn without_symptoms_the_days_count_from_the_specimen() {
    let dialog = dialog("release");
    for (today, wanted) in [("2022-09-15", ""), ("2022-09-14", "days")] {
        let course = Course { began: Some(Began::Specimen(day("2022-09-08"))), ..course(today, "2022-09-08") };
        assert_eq!(doubts(judge(&dialog, &well(&dialog), Some(&course))), wanted, "{today}");
    }
}

#[test]
fn what_is_not_known_is_doubtful() {
    let dialog = dialog("release");
    let state = well(&dialog);
    assert_eq!(doubts(judge(&dialog, &state, None)), "rule fever eased");
    let unknown = Course { began: None, ..course("2022-09-15", "2022-09-08") };
    assert_eq!(doubts(judge(&dialog, &state, Some(&unknown))), "beginning");
    let without_period = Course { began: None, ..course("2023-06-01", "2023-05-01") };
    assert_eq!(judge(&dialog, &state, Some(&without_period)), Verdict::Possible);
    let short = State { slots: Vec::new(), ..state };
    assert_eq!(doubts(judge(&dialog, &short, Some(&without_period))), "report fever eased answers");
}

#[test]
fn each_answer_that_does_not_speak_for_the_end_is_told() {
    let dialog = dialog("release");
    let course = course("2022-09-15", "2022-09-08");
    for (question, slot, wanted) in [
        (0, celsius(374), ""),
        (0, celsius(375), "fever"),
        (0, celsius(386), "report fever"),
        (0, Slot::Answered(Value::NotMeasured), "fever"),
        (1, percent(96), ""),
        (1, percent(95), "report"),
        (1, Slot::Answered(Value::NotMeasured), ""),
        (2, YES, "report answers"),
        (2, UNKNOWN, "report answers"),
        (3, Slot::Answered(Value::Options([1, 4].into_iter().collect())), ""),
        (3, Slot::Answered(Value::Options([7].into_iter().collect())), "report"),
        (3, Slot::Skipped(SkipReason::ByPatient), "report"),
        (4, YES, "report answers"),
        (5, YES, "answers"),
        (5, UNKNOWN, "answers"),
        (5, Slot::Open, "report answers"),
        (6, Slot::Answered(Value::Choice(3)), "eased"),
        (6, Slot::Answered(Value::Choice(4)), "eased"),
        (6, Slot::Answered(Value::Choice(9)), "report eased"),
        (6, Slot::Skipped(SkipReason::NotUnderstood), "report eased"),
        (7, YES, "answers"),
        (8, Slot::Open, ""),
        (8, Slot::Answered(Value::Text), ""),
    ] {
        let mut state = well(&dialog);
        state.slots[question] = slot.clone();
        assert_eq!(doubts(judge(&dialog, &state, Some(&course))), wanted, "question {question}: {slot:?}");
    }
    let mut warned = well(&dialog);
    warned.signs.insert(WarningSign::ChestPain);
    assert_eq!(doubts(judge(&dialog, &warned, Some(&course))), "report");
}

#[test]
fn a_dialog_without_such_questions_proposes_nothing() {
    let daily = dialog("daily");
    let state = State {
        slots: vec![
            celsius(364),
            percent(98),
            NO,
            Slot::Answered(Value::Options(OptionSet::NONE)),
            NO,
            Slot::Answered(Value::Nothing),
        ],
        ..State::new(&daily)
    };
    assert!(!daily.is_release());
    assert_eq!(doubts(judge(&daily, &state, Some(&course("2022-09-15", "2022-09-08")))), "answers");
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop::sample::select(vec![
        Slot::Open,
        Slot::Skipped(SkipReason::ByPatient),
        Slot::Skipped(SkipReason::NotUnderstood),
        Slot::Answered(Value::NotMeasured),
        Slot::Answered(Value::Number(3)),
        UNKNOWN,
        celsius(375),
    ])
}

proptest! {
    /// P9: whatever required answer is taken away or spoilt, what was possible is not any more.
    #[test]
    fn nothing_unknown_speaks_for_the_end(question in 0..8_usize, slot in any_slot()) {
        let dialog = dialog("release");
        let course = course("2022-09-15", "2022-09-08");
        prop_assert_eq!(judge(&dialog, &well(&dialog), Some(&course)), Verdict::Possible);
        let mut state = well(&dialog);
        let fits = question == 1 && slot == Slot::Answered(Value::NotMeasured);
        state.slots[question] = slot;
        prop_assert_eq!(judge(&dialog, &state, Some(&course)) == Verdict::Possible, fits);
    }
}
