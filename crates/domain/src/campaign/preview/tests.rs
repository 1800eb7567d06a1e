use std::time::Instant;

use super::super::audience::{Audience, IdList};
use super::super::candidate::Conversation;
use super::super::content::{ReadyContent, Wording};
use super::super::decide::DEFAULT_GAP;
use super::super::tests::{World, at};
use super::*;
use crate::contact::Hindrance;

fn texts(languages: &[Language]) -> ReadyContent {
    let wording = |language: &Language| Wording {
        text: format!("{language}です。"),
        segments: u32::from(language.segment_budget()),
    };
    ReadyContent::Texts(languages.iter().map(|language| (*language, wording(language))).collect())
}

fn terms<'a>(audience: &'a Audience, content: &'a ReadyContent) -> Terms<'a> {
    let window = Window { opens_at: at(0), closes_at: at(30), closed_by: Closing::Deadline };
    Terms { audience, content, window, questions_until: None, least_gap: DEFAULT_GAP, segments_left: None }
}

fn expected() -> Expected {
    let pace = Pace { per_second: NonZeroU32::new(2).expect("not 0"), burst: NonZeroU32::new(1).expect("not 0") };
    let price = SegmentPrice::new("JPY", 3.3).expect("a price");
    Expected { pace, price: Some(price), approval_above: Some(100) }
}

/// A patient with a phone of their own, by number.
fn candidate(world: &World, number: u32) -> Candidate<'_> {
    let mut entropy = [9; 10];
    entropy[..4].copy_from_slice(&number.to_be_bytes());
    let (patient_id, contact_id) = (PatientId::new(at(0), &entropy), ContactId::new(at(0), &entropy));
    Candidate { patient_id, contact_id, ..world.candidate() }
}

#[test]
fn everybody_is_counted_once_with_their_text_or_their_reason() {
    let world = World::default();
    let audience: Audience = "language ja, vi, ko".parse().expect("an audience");
    let content = texts(&[Language::Ja, Language::Vi]);
    let mut preview = Preview::new(terms(&audience, &content), expected());
    for number in 0..20 {
        let mut one = candidate(&world, number);
        match number {
            0..5 => {}
            5..9 => one.language = Language::Vi,
            9..11 => one.language = Language::Ko,
            11..14 => one.hindrance = Some(Hindrance::OptedOut),
            14 => one.conversation = Conversation::HalfFinished,
            15 => one.conversation = Conversation::HalfFinished,
            // Not in the audience.
            _ => one.language = Language::En,
        }
        preview.add(&one, || (number == 14).then(|| "体温は".to_owned()));
    }
    let summary = preview.finish();
    assert_eq!((summary.audience, summary.recipients, summary.segments), (16, 10, 5 + 4 * 2 + 1));
    assert_eq!(
        summary.skipped.into_iter().collect::<Vec<_>>(),
        [(SkipReason::OptedOut, 3), (SkipReason::NoTextInLanguage, 2), (SkipReason::NothingPending, 1)]
    );
    assert_eq!(summary.by_what.into_iter().collect::<Vec<_>>(), [(What::Text, 9), (What::PendingQuestion, 1)]);
    let count =
        |audience, recipients, segments, without_text| LanguageCount { audience, recipients, segments, without_text };
    assert_eq!(
        summary.by_language.into_iter().collect::<Vec<_>>(),
        [(Language::Ja, count(10, 6, 6, 0)), (Language::Ko, count(2, 0, 0, 2)), (Language::Vi, count(4, 4, 8, 0))]
    );
    assert_eq!(summary.cost.expect("a price").to_string(), "JPY 46.2");
    assert!(!summary.needs_approval);
}

#[test]
fn the_time_is_that_of_the_senders_pace() {
    let world = World::default();
    let content = texts(&[Language::Ja]);
    let run = |count: u32, minutes: i64| {
        let mut terms = terms(&Audience::Everybody, &content);
        terms.window.closes_at = at(minutes);
        let mut preview = Preview::new(terms, expected());
        (0..count).for_each(|number| preview.add(&candidate(&world, number), || None));
        preview.finish()
    };
    // One at once, then two a second.
    for (count, seconds) in [(0, 0), (1, 0), (2, 1), (3, 1), (121, 60), (122, 61)] {
        let summary = run(count, 30);
        assert_eq!((summary.seconds(), summary.too_late, summary.ends_in_time()), (seconds, 0, true), "{count}");
    }
    // The 121st would leave exactly when the window closes, and that is too late (P7).
    let summary = run(130, 1);
    assert_eq!((summary.recipients, summary.too_late, summary.ends_in_time()), (130, 10, false));
    assert!(summary.needs_approval, "more than 100");
    assert_eq!(summary.faults(), []);
    let warnings: Vec<String> = summary.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "schedule.deadline: 10 of 130 texts would not leave before the deadline passes; begin earlier, or choose a smaller audience"
        ]
    );
    let nothing = run(5, 0).faults()[0].to_string();
    assert_eq!(nothing, "audience: nobody in this audience would get a text: after-deadline 5");
}

#[test]
fn a_question_that_its_rounds_deadline_overtakes_is_too_late() {
    let world = World::default();
    let content = ReadyContent::PendingQuestion;
    let terms = Terms { questions_until: Some(at(1)), ..terms(&Audience::Everybody, &content) };
    let mut preview = Preview::new(terms, expected());
    for number in 0..130 {
        let asked = Candidate { conversation: Conversation::Unanswered, ..candidate(&world, number) };
        preview.add(&asked, || Some("体温は".to_owned()));
    }
    let summary = preview.finish();
    assert_eq!((summary.recipients, summary.too_late), (130, 10));
}

#[test]
fn one_text_a_phone_is_enough() {
    let world = World::default();
    let content = texts(&[Language::Ja]);
    let mut preview = Preview::new(terms(&Audience::Everybody, &content), expected());
    let phones = [1, 1, 1, 2, 3, 3];
    for (number, phone) in (0..).zip(phones) {
        let own = candidate(&world, number);
        // The first of the family is out of reach for another reason, and does not use up the phone's text.
        let observed = number != 0;
        preview.add(&Candidate { contact_id: candidate(&world, phone).contact_id, observed, ..own }, || None);
    }
    let summary = preview.finish();
    assert_eq!(summary.recipients, 3);
    assert_eq!(summary.skipped.get(&SkipReason::SamePhone), Some(&2));
    assert_eq!(summary.skipped.get(&SkipReason::NotUnderObservation), Some(&1));
}

#[test]
fn the_samples_are_as_different_as_can_be_and_always_the_same() {
    let world = World::default();
    let content = texts(&[Language::Ja, Language::Vi, Language::En]);
    let run = |kinds: &[(Language, Conversation)]| {
        let mut preview = Preview::new(terms(&Audience::Everybody, &content), expected());
        for (number, (language, conversation)) in (0..).zip(kinds) {
            let one = Candidate { language: *language, conversation: *conversation, ..candidate(&world, number) };
            preview.add(&one, || Some("体温は".to_owned()));
        }
        let samples = preview.finish().samples;
        samples.into_iter().map(|sample| (sample.language, sample.what)).collect::<Vec<_>>()
    };
    let (not_open, half) = (Conversation::NotOpen, Conversation::HalfFinished);
    let (ja, vi, en) = (Language::Ja, Language::Vi, Language::En);
    let (text, question) = (What::Text, What::PendingQuestion);
    assert_eq!(run(&[]), []);
    assert_eq!(run(&[(ja, not_open); 9]), [(ja, text); 3]);
    assert_eq!(run(&[(ja, not_open), (ja, not_open), (ja, half)]), [(ja, text), (ja, question), (ja, text)]);
    let mut many = vec![(ja, not_open); 400];
    many.extend([(vi, half), (en, not_open), (ja, half), (vi, not_open)]);
    assert_eq!(run(&many), [(ja, text), (vi, question), (en, text)], "a sort and a language each");
    assert_eq!(run(&many), run(&many));
}

#[test]
fn a_budget_stops_what_comes_after_it() {
    let world = World::default();
    let content = texts(&[Language::Ja]);
    let terms = Terms { segments_left: Some(7), ..terms(&Audience::Everybody, &content) };
    let mut preview = Preview::new(terms, expected());
    (0..10).for_each(|number| preview.add(&candidate(&world, number), || None));
    let summary = preview.finish();
    assert_eq!((summary.recipients, summary.segments), (7, 7));
    assert_eq!(summary.skipped.get(&SkipReason::OverBudget), Some(&3));
    assert_eq!(summary.warnings()[0].to_string(), "content: the budget ends before 3 of the texts");
}

#[test]
fn an_audience_of_nobody_and_ids_of_nobody_are_told() {
    let world = World::default();
    let content = texts(&[Language::Ja]);
    let told = |audience: &Audience, change: fn(&mut Candidate<'_>)| {
        let mut preview = Preview::new(terms(audience, &content), expected());
        let mut one = candidate(&world, 0);
        change(&mut one);
        preview.add(&one, || None);
        preview.finish().faults().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let read = |text: &str| text.parse::<Audience>().unwrap_or_else(|fault| panic!("{text}: {fault}"));
    assert_eq!(told(&Audience::Everybody, |_| {}), [] as [&str; 0]);
    assert_eq!(told(&read("risk high"), |_| {}), ["audience: nobody is in this audience; choose a wider one"]);
    assert_eq!(
        told(&Audience::Everybody, |one| one.observed = false),
        ["audience: nobody in this audience would get a text: not-under-observation 1"]
    );
    assert_eq!(
        told(&read("id 234567, 1234567"), |_| {}),
        ["audience.id: nobody at the center has the ID of entry 1; correct them, or leave them out"]
    );
    let list = IdList::new((100_000..100_020).map(|id| id.to_string()).chain(["1234567".to_owned()])).expect("a list");
    // Known all the same: what else the audience asks for does not matter.
    let audience = Audience::All(vec![Audience::Id(list), read("risk high")]);
    let faults = told(&audience, |_| {});
    assert_eq!(
        faults[0],
        "audience.id: 20 IDs are nobody's at the center: entries 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …; correct them, or leave them out"
    );
}

#[test]
fn a_hundred_thousand_patients_are_counted_at_once_and_leave_nothing_behind() {
    let world = World::default();
    let content = texts(&[Language::Ja, Language::Vi, Language::En]);
    let audience: Audience = "(silent-days 2+ or day 1-5) and not risk low".parse().expect("an audience");
    let mut terms = terms(&audience, &content);
    terms.window.closes_at = at(60 * 24);
    let mut preview = Preview::new(terms, expected());
    let began = Instant::now();
    for number in 0..100_000 {
        let language = [Language::Ja, Language::Vi, Language::En, Language::Ko][number as usize % 4];
        let conversation = if number % 5 == 0 { Conversation::HalfFinished } else { Conversation::NotOpen };
        preview.add(&Candidate { language, conversation, ..candidate(&world, number) }, || Some("体温は".to_owned()));
    }
    let took = began.elapsed();
    let kept: usize = preview.samples.values().map(Vec::len).sum();
    assert!(kept <= Language::ALL.len() * What::ALL.len() * SAMPLES, "{kept} samples kept");
    let summary = preview.finish();
    assert_eq!(summary.audience, summary.recipients + summary.skipped.values().sum::<u64>());
    assert_eq!(summary.audience, 100_000);
    // The benchmark says how long it takes (a small part of this); here, that it does not grow with what was counted.
    assert!(took.as_secs() < 10, "{took:?}");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What the preview says is what sending does: the same function, asked again at the moment of each text.
        #[test]
        fn the_preview_says_what_sending_does(kinds in prop::collection::vec((0u32..20, 0u8..5, 0u8..3, any::<bool>()), 0..60)) {
            let world = World::default();
            let content = texts(&[Language::Ja, Language::Vi]);
            let audience: Audience = "language ja, ko, en".parse().expect("an audience");
            let mut family: Vec<_> = kinds;
            family.sort_by_key(|(phone, ..)| *phone);
            let everybody: Vec<Candidate<'_>> = (0..).zip(&family).map(|(number, (phone, language, conversation, out))| Candidate {
                contact_id: candidate(&world, *phone).contact_id,
                language: [Language::Ja, Language::Vi, Language::Ko, Language::En, Language::Ne][usize::from(*language)],
                conversation: [Conversation::NotOpen, Conversation::Unanswered, Conversation::HalfFinished][usize::from(*conversation)],
                hindrance: out.then_some(Hindrance::OptedOut),
                ..candidate(&world, number)
            }).collect();
            let question = || Some("体温は".to_owned());
            let terms = terms(&audience, &content);
            let mut preview = Preview::new(terms, expected());
            everybody.iter().for_each(|one| preview.add(one, question));
            let summary = preview.finish();
            let mut sent = 0;
            let mut skipped: BTreeMap<SkipReason, u64> = BTreeMap::new();
            let mut texted = Vec::new();
            for one in everybody.iter().filter(|one| audience.matches(one)) {
                let one = Candidate { phone_has_it: texted.contains(&one.contact_id), ..*one };
                match decide(&terms, &one, at(5), question) {
                    Decision::Send(_) => {
                        sent += 1;
                        texted.push(one.contact_id);
                    }
                    Decision::Skip(reason) => *skipped.entry(reason).or_default() += 1,
                }
            }
            prop_assert_eq!((summary.recipients, summary.skipped), (sent, skipped));
            let by_language: u64 = summary.by_language.values().map(|count| count.recipients).sum();
            prop_assert_eq!((by_language, summary.by_what.values().sum::<u64>()), (sent, sent));
        }
    }
}
