use proptest::prelude::*;

use super::*;
use crate::campaign::candidate::InRound;
use crate::campaign::tests::World;

fn read(text: &str) -> Audience {
    text.parse().unwrap_or_else(|fault: FieldError| panic!("{text}: {fault}"))
}

/// Whether the audience takes somebody of whom this is true.
fn takes(audience: &str, change: impl Fn(&mut Candidate<'_>)) -> bool {
    let world = World::default();
    let mut candidate = world.candidate();
    change(&mut candidate);
    read(audience).matches(&candidate)
}

fn so_far(progress: Progress) -> Option<InRound> {
    Some(InRound { progress, late: false, severity: Severity::Unknown })
}

#[test]
fn each_word_takes_those_of_whom_it_is_true() {
    let tags = ["call again".to_owned(), "船".to_owned()];
    for (audience, expected) in [
        ("everybody", true),
        ("silent", true),
        ("round silent, partial", true),
        ("waiting or answering or partial or finished or finished-late or never-asked", false),
        ("severity orange", true),
        ("severity green, unknown, red", false),
        ("risk high", true),
        ("risk low, standard", false),
        ("language vi", true),
        ("language ja", false),
        ("place home", true),
        ("place hotel, facility, hospital", false),
        ("owner sato", true),
        ("owner nobody", false),
        ("tag 船", true),
        ("tag \"call again\", x", true),
        ("tag call", false),
        ("day 3", true),
        ("day 1-2", false),
        ("day 4+", false),
        ("day 2-4", true),
        ("silent-days 2+", true),
        ("silent-days 3+", false),
        ("id 1234567, 7654321", true),
        ("id 123456", false),
        ("not silent", false),
        ("silent and risk high", true),
        ("silent and risk low", false),
        ("risk low or silent", true),
        ("silent and not (day 1 or day 3)", false),
        ("silent-two-days", true),
        ("high-risk-silent", true),
        ("not-finished-today", true),
    ] {
        let taken = takes(audience, |candidate| {
            candidate.in_round = Some(InRound { progress: Progress::Silent, late: false, severity: Severity::Orange });
            candidate.risk_tier = RiskTier::High;
            candidate.language = Language::Vi;
            candidate.owner = Some("sato");
            candidate.silent_days = Some(2);
            candidate.tags = Box::leak(Box::new(tags.clone()));
        });
        assert_eq!(taken, expected, "{audience}");
    }
}

#[test]
fn finished_is_on_time_or_late() {
    for (late, audience, expected) in [
        (false, "finished", true),
        (true, "finished", true),
        (false, "finished-late", false),
        (true, "finished-late", true),
        (true, "finished and not finished-late", false),
    ] {
        let in_round = Some(InRound { late, ..so_far(Progress::Finished).expect("in the round") });
        assert_eq!(takes(audience, |candidate| candidate.in_round = in_round), expected, "{audience}, late: {late}");
    }
}

#[test]
fn what_is_not_known_is_taken_by_no_filter_and_by_every_negation() {
    let nothing_known = |candidate: &mut Candidate<'_>| {
        (candidate.in_round, candidate.silent_days, candidate.day, candidate.owner) = (None, None, None, None);
    };
    for filter in ["silent", "finished", "never-asked", "silent-days 0+", "day 0+", "owner sato", "severity green"] {
        assert!(!takes(filter, nothing_known), "{filter}");
        assert!(takes(&format!("not {filter}"), nothing_known), "not {filter}");
    }
    assert!(takes("severity unknown", nothing_known), "what is not known about urgency is a value of its own");
    assert!(takes("owner nobody", nothing_known));
    assert!(takes("not-finished-today", nothing_known), "not known to be finished");
}

#[test]
fn typing_is_forgiven_where_it_cannot_be_misread() {
    for (typed, printed) in [
        ("  Silent  AND risk HIGH ", "silent and risk high"),
        ("ｓｉｌｅｎｔ　ａｎｄ　（ｒｉｓｋ　ｈｉｇｈ、ｌｏｗ）", "silent and risk high, low"),
        ("in-progress", "answering"),
        ("round in-progress,silent", "round answering, silent"),
        ("(((silent)))", "silent"),
        ("silent or silent", "silent or silent"),
        ("risk high, high", "risk high"),
        ("language JA-EASY, zh-hans", "language ja-easy, zh-Hans"),
        ("tag “and”, plain", "tag \"and\", plain"),
        ("owner nobody, \"nobody\", Sato", "owner nobody, \"nobody\", Sato"),
        ("day ３-５", "day 3-5"),
        ("day 5-5", "day 5"),
        ("not not silent", "not not silent"),
        ("(silent and risk high) or day 9+", "(silent and risk high) or day 9+"),
        ("not-finished-today", "not finished"),
        ("silent-two-days", "silent-days 2+"),
        ("high-risk-silent", "silent and risk high"),
    ] {
        assert_eq!(read(typed).to_string(), printed, "{typed}");
    }
}

#[test]
fn each_slip_is_told_with_its_place_and_what_would_be_right() {
    for (typed, expected) in [
        ("", "audience, character 1: the audience is empty; for everybody, write `everybody`"),
        ("slient", "audience, character 1: `slient` is no filter; did you mean `silent`?"),
        ("silent and hihg", "audience, character 12: `hihg` is no filter; begin with one of round, severity"),
        ("silent and high", "audience, character 12: `high` is no filter; did you mean `risk high`?"),
        ("silent risk high", "audience, character 8: `and` or `or` is missing before this; join filters"),
        ("silent, partial", "audience, character 7: a comma stands only between values of one filter"),
        ("risk", "audience, character 5: a value of `risk` is missing here; such as `risk high`"),
        ("risk high,", "audience, character 11: a value of `risk` is missing here"),
        ("risk and silent", "audience, character 6: a value of `risk` is missing here"),
        ("risk hihg", "audience, character 6: `hihg` is no value of `risk`; did you mean `high`?"),
        ("risk purple", "audience, character 6: `purple` is no value of `risk`; possible here: high, standard, low"),
        ("language xx", "audience, character 10: `xx` is no value of `language`; possible here: ja, ja-easy"),
        ("day x", "audience, character 5: `x` is no number of days; write 5, 5-7"),
        ("day 7-5", "audience, character 5: from 7 to 5 is nothing: turn them round"),
        ("day", "audience, character 4: a number of days is missing here"),
        ("day 99999", "audience, character 5: `99999` is no number of days"),
        ("silent and", "audience, character 11: a filter is missing here"),
        ("and silent", "audience, character 1: `and` is no filter"),
        ("(silent", "audience, character 1: this parenthesis is not closed"),
        ("silent)", "audience, character 7: this parenthesis was never opened"),
        ("(silent day 3)", "audience, character 9: `and` or `or` is missing before this"),
        ("()", "audience, character 2: a filter is missing here"),
        ("tag \"x", "audience, character 5: the quotation mark is not closed"),
        (
            "\"x\"",
            "audience, character 1: a filter is missing before what is in quotation marks; for a tag, write `tag \"x\"`",
        ),
        ("tag \" \"", "audience, character 5: the name is empty"),
        ("id 123", "audience, character 4: entry 1 is no HER-SYS ID, which has 6 to 8 digits"),
        ("id 123456, 123456", "audience, character 4: entry 2 repeats entry 1"),
        ("a and b or c", "audience, character 1: `a` is no filter"),
        (
            "silent and partial or waiting",
            "audience, character 20: `and` and `or` side by side are read both ways; put",
        ),
        ("silent or partial and waiting", "audience, character 19: `and` and `or` side by side"),
    ] {
        let fault = typed.parse::<Audience>().expect_err(typed).to_string();
        assert!(fault.starts_with(expected), "{typed}: {fault}");
    }
    let deep = format!("{}silent{}", "(".repeat(40), ")".repeat(40));
    assert!(deep.parse::<Audience>().expect_err("too deep").message.contains("16 deep"));
    assert!("not ".repeat(100_000).parse::<Audience>().is_err(), "and nothing overflows");
}

#[test]
fn json_is_strict_and_names_the_field() {
    let audience = Audience::from_json(r#"{"all":[{"round":["silent"]},{"risk":["high","low"]},{"owner":[null]}]}"#);
    assert_eq!(audience.expect("reads").to_string(), "silent and risk high, low and owner nobody");
    for (json, field, message) in [
        (r#"{"all":[{"round":["silent"]},{"risk":["hihg"]}]}"#, "audience.all[1].risk[0]", "unknown variant `hihg`"),
        (r#"{"risk":["high"],"place":["home"]}"#, "audience", ""),
        (r#"{"risks":["high"]}"#, "audience", "unknown variant `risks`"),
        (r#"{"risk":[]}"#, "audience.risk", "the list is empty"),
        (r#"{"day":{"from":3,"until":4}}"#, "audience.day.until", "unknown field `until`"),
        (r#"{"day":{"from":3,"to":1}}"#, "audience.day", "from 3 to 1 is nothing"),
        (r#"{"id":["123456","1"]}"#, "audience.id", "entry 2 is no HER-SYS ID"),
        (r#"{"tag":[""]}"#, "audience.tag[0]", "the name is empty"),
        (r#"{"any":[]}"#, "audience", "need at least one filter"),
        (r#""nobody""#, "audience", "unknown variant"),
        ("", "audience", "EOF"),
    ] {
        let fault = Audience::from_json(json).expect_err(json);
        assert!(fault.field == field && fault.message.contains(message), "{json}: {fault}");
    }
    let deep = format!("{}\"everybody\"{}", r#"{"not":"#.repeat(20), "}".repeat(20));
    assert!(Audience::from_json(&deep).expect_err("too deep").message.contains("16 deep"));
    let bottomless = format!("{}\"everybody\"{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
    assert!(Audience::from_json(&bottomless).is_err(), "and nothing overflows");
}

#[test]
fn the_lists_of_an_audience_are_found_wherever_they_are() {
    let audience = read("silent or (risk high and not (id 123456, 234567)) or id 345678");
    let sizes: Vec<usize> = audience.id_lists().iter().map(|list| list.len()).collect();
    assert_eq!(sizes, [2, 1]);
}

fn any_name() -> impl Strategy<Value = Name> {
    let text = prop_oneof!["[a-z]{1,5}", "[ -~]{1,8}", "\\PC{1,8}", Just("and".to_owned()), Just("Nobody".to_owned())];
    text.prop_filter_map("a name", |text| Name::try_from(text).ok())
}

fn values<T: Clone + PartialEq + std::fmt::Debug + 'static>(
    one: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = OneOf<T>> {
    prop::collection::vec(one, 1..4).prop_map(|values| OneOf::new(values).expect("not empty"))
}

fn any_span() -> impl Strategy<Value = Span> {
    (any::<u16>(), any::<Option<u16>>()).prop_map(|(from, to)| match to {
        None => Span::from(from),
        Some(to) => Span::new(from.min(to), from.max(to)).expect("in order"),
    })
}

/// Any audience that people can read: lists of filters have two or more.
fn any_audience() -> impl Strategy<Value = Audience> {
    let ids = prop::collection::btree_set("[0-9]{6,8}", 1..5).prop_shuffle_list();
    let leaf = prop_oneof![
        Just(Audience::Everybody),
        values(prop::sample::select(RoundWord::ALL)).prop_map(Audience::Round),
        values(prop::sample::select(vec![Severity::Red, Severity::Orange, Severity::Green, Severity::Unknown]))
            .prop_map(Audience::Severity),
        values(prop::sample::select(RiskTier::ALL)).prop_map(Audience::Risk),
        values(prop::sample::select(Language::ALL.to_vec())).prop_map(Audience::Language),
        values(prop::sample::select(PlaceOfStay::ALL)).prop_map(Audience::Place),
        values(prop::option::of(any_name())).prop_map(Audience::Owner),
        values(any_name()).prop_map(Audience::Tag),
        any_span().prop_map(Audience::Day),
        any_span().prop_map(Audience::SilentDays),
        ids.prop_map(|ids| Audience::Id(IdList::new(ids).expect("IDs"))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(Audience::All),
            several.prop_map(Audience::Any),
            inner.prop_map(Audience::negated),
        ]
    })
}

/// A set as a list in any order.
trait ShuffledList {
    fn prop_shuffle_list(self) -> impl Strategy<Value = Vec<String>>;
}

impl<S: Strategy<Value = std::collections::BTreeSet<String>>> ShuffledList for S {
    fn prop_shuffle_list(self) -> impl Strategy<Value = Vec<String>> {
        self.prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_printed_reads_as_the_same(audience in any_audience()) {
        let printed = audience.to_string();
        let again = printed.parse::<Audience>();
        prop_assert_eq!(again.as_ref(), Ok(&audience), "{}", printed);
    }

    #[test]
    fn what_is_stored_reads_as_the_same(audience in any_audience()) {
        let json = serde_json::to_string(&audience).expect("serialises");
        prop_assert_eq!(Audience::from_json(&json), Ok(audience), "{}", json);
    }

    #[test]
    fn whatever_is_typed_is_read_or_told_where_it_is_wrong(typed in "([a-z\" (),0-9+-]|and |or |not |silent |risk |high |day |\\PC){0,24}") {
        match typed.parse::<Audience>() {
            Ok(audience) => prop_assert_eq!(audience.to_string().parse::<Audience>(), Ok(audience)),
            Err(fault) => {
                let at = fault.character.expect("a place");
                prop_assert!(at >= 1 && at <= typed.chars().count() + 1, "{}: {}", typed, fault);
            }
        }
    }

    #[test]
    fn nobody_falls_between_a_filter_and_its_negation(audience in any_audience(), days in any::<Option<u16>>(), day in any::<Option<u16>>()) {
        let world = World::default();
        let candidate = Candidate { silent_days: days, day, ..world.candidate() };
        prop_assert_ne!(audience.matches(&candidate), audience.clone().negated().matches(&candidate));
    }
}
