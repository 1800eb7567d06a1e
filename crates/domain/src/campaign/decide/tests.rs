use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::audience::{OneOf, RoundWord};
use super::super::candidate::InRound;
use super::super::content::Wording;
use super::super::schedule::Closing;
use super::super::tests::{World, at};
use super::*;
use crate::progress::Progress;
use crate::severity::Severity;

const QUESTION: &str = "8:30までにお願いします。今日の体温は";

fn texts() -> ReadyContent {
    let wording = Wording { text: "連絡をください。".to_owned(), segments: 1 };
    ReadyContent::Texts(BTreeMap::from([(Language::Ja, wording)]))
}

fn window() -> Window {
    Window { opens_at: at(0), closes_at: at(60), closed_by: Closing::Deadline }
}

fn terms<'a>(audience: &'a Audience, content: &'a ReadyContent) -> Terms<'a> {
    Terms { audience, content, window: window(), questions_until: None, least_gap: DEFAULT_GAP, segments_left: None }
}

fn in_round(progress: Progress) -> Option<InRound> {
    Some(InRound { progress, late: false, severity: Severity::Unknown })
}

fn not_finished() -> Audience {
    Audience::Round(OneOf::one(RoundWord::Finished)).negated()
}

/// `text`, `pending-question`, or the reason for a skip.
fn key(decision: &Decision<'_>) -> &'static str {
    match decision {
        Decision::Send(outgoing) => outgoing.what.key(),
        Decision::Skip(reason) => reason.key(),
    }
}

/// What somebody gets who is silent, with this changed, from a text and from a repetition.
#[track_caller]
fn check(change: impl Fn(&mut Candidate<'_>), text: &str, repetition: &str) {
    let world = World::default();
    let mut candidate = world.candidate();
    candidate.in_round = in_round(Progress::Silent);
    candidate.conversation = Conversation::Unanswered;
    change(&mut candidate);
    let audience = not_finished();
    for (content, expected) in [(texts(), text), (ReadyContent::PendingQuestion, repetition)] {
        let decision = decide(&terms(&audience, &content), &candidate, at(1), || Some(QUESTION.to_owned()));
        assert_eq!(key(&decision), expected, "{content:?}");
    }
}

#[test]
fn each_fact_leads_to_its_text_or_its_reason() {
    check(|_| {}, "text", "pending-question");
    check(|who| who.conversation = Conversation::NotOpen, "text", "nothing-pending");
    check(
        |who| {
            who.conversation = Conversation::HalfFinished;
            who.in_round = in_round(Progress::Answering);
        },
        "pending-question",
        "pending-question",
    );
    check(|who| who.in_round = in_round(Progress::Finished), "already-finished", "already-finished");
    check(|who| who.had_it = true, "already-had-it", "already-had-it");
    check(|who| who.observed = false, "not-under-observation", "not-under-observation");
    check(|who| who.hindrance = Some(Hindrance::WrongNumber), "wrong-number", "wrong-number");
    check(|who| who.hindrance = Some(Hindrance::OptedOut), "opted-out", "opted-out");
    check(|who| who.hindrance = Some(Hindrance::NotConfirmed), "not-confirmed", "not-confirmed");
    for (why, expected) in [
        (Some(Undeliverable::NotMobile), "landline"),
        (Some(Undeliverable::NoSuchNumber), "no-such-number"),
        (Some(Undeliverable::Blocked), "blocked"),
        (None, "blocked"),
    ] {
        check(|who| (who.hindrance, who.undeliverable) = (Some(Hindrance::Undeliverable), why), expected, expected);
    }
    let elsewhere = "conversation-in-progress-elsewhere";
    check(|who| who.other_is_asked = true, elsewhere, elsewhere);
    check(|who| who.phone_has_it = true, "same-phone", "same-phone");
    for (minutes, text, repetition) in [
        (1, "texted-recently", "texted-recently"),
        (-18, "texted-recently", "texted-recently"),
        (-19, "text", "pending-question"),
        // A clock that was set back.
        (500, "texted-recently", "texted-recently"),
    ] {
        check(|who| who.last_text_at = Some(at(minutes)), text, repetition);
    }
    check(|who| who.language = Language::Vi, "no-text-in-language", "pending-question");
}

#[test]
fn whoever_is_finished_gets_a_text_that_is_meant_for_them_and_no_question() {
    let world = World::default();
    let candidate = Candidate { in_round: in_round(Progress::Finished), ..world.candidate() };
    let everybody = Audience::Everybody;
    for (content, expected) in [(texts(), "text"), (ReadyContent::PendingQuestion, "already-finished")] {
        let decision = decide(&terms(&everybody, &content), &candidate, at(1), || None);
        assert_eq!(key(&decision), expected);
    }
}

#[test]
fn whoever_has_changed_since_the_planning_is_skipped_and_it_is_said_why() {
    let world = World::default();
    let (silent, content) = (Audience::Round(OneOf::one(RoundWord::Silent)), texts());
    for (progress, expected) in
        [(Progress::Silent, "text"), (Progress::Answering, "left-audience"), (Progress::Finished, "already-finished")]
    {
        let candidate = Candidate { in_round: in_round(progress), ..world.candidate() };
        assert_eq!(key(&decide(&terms(&silent, &content), &candidate, at(1), || None)), expected, "{progress:?}");
    }
}

#[test]
fn nothing_leaves_when_the_window_is_closed_and_it_is_said_what_closed_it() {
    let world = World::default();
    let (everybody, content) = (Audience::Everybody, texts());
    for (minutes, closed_by, expected) in [
        (59, Closing::Deadline, "text"),
        (60, Closing::Deadline, "after-deadline"),
        (60, Closing::QuietHours, "quiet-hours"),
        (600, Closing::QuietHours, "quiet-hours"),
    ] {
        let terms = Terms { window: Window { closed_by, ..window() }, ..terms(&everybody, &content) };
        assert_eq!(key(&decide(&terms, &world.candidate(), at(minutes), || None)), expected, "{minutes} {closed_by:?}");
    }
}

#[test]
fn no_question_is_asked_after_the_deadline_of_its_round() {
    let world = World::default();
    let (everybody, content) = (Audience::Everybody, texts());
    let terms = Terms { questions_until: Some(at(30)), ..terms(&everybody, &content) };
    let half = Candidate { conversation: Conversation::HalfFinished, ..world.candidate() };
    let ask = |minutes| key(&decide(&terms, &half, at(minutes), || Some(QUESTION.to_owned())));
    assert_eq!((ask(29), ask(30)), ("pending-question", "after-deadline"));
    assert_eq!(key(&decide(&terms, &world.candidate(), at(30), || None)), "text");
    assert_eq!((terms.closes_at(What::PendingQuestion), terms.closes_at(What::Text)), (at(30), at(60)));
    let late = Terms { questions_until: Some(at(90)), ..terms };
    assert_eq!(late.closes_at(What::PendingQuestion), at(60), "the campaign's own deadline comes first");
}

#[test]
fn a_budget_is_counted_in_segments_of_what_would_leave() {
    let world = World::default();
    let (everybody, content) = (Audience::Everybody, texts());
    let half = Candidate { conversation: Conversation::HalfFinished, ..world.candidate() };
    let long = "あ".repeat(71);
    for (left, text, question) in
        [(2, "text", "pending-question"), (1, "text", "over-budget"), (0, "over-budget", "over-budget")]
    {
        let terms = Terms { segments_left: Some(left), ..terms(&everybody, &content) };
        assert_eq!(key(&decide(&terms, &world.candidate(), at(1), || None)), text, "{left} left");
        let decision = decide(&terms, &half, at(1), || Some(long.clone()));
        assert_eq!(key(&decision), question, "{left} left");
    }
}

#[test]
fn what_leaves_is_the_text_of_the_language_or_the_question_as_it_is_written() {
    let world = World::default();
    let (everybody, content) = (Audience::Everybody, texts());
    let Decision::Send(text) = decide(&terms(&everybody, &content), &world.candidate(), at(1), || None) else {
        panic!("nothing hinders")
    };
    assert_eq!((text.what, &*text.text, text.segments), (What::Text, "連絡をください。", 1));
    let half = Candidate { conversation: Conversation::HalfFinished, language: Language::Vi, ..world.candidate() };
    let decide_half =
        |pending: Option<&str>| decide(&terms(&everybody, &content), &half, at(1), || pending.map(str::to_owned));
    let Decision::Send(question) = decide_half(Some(QUESTION)) else { panic!("nothing hinders") };
    assert_eq!((question.what, &*question.text), (What::PendingQuestion, QUESTION));
    assert_eq!(decide_half(None), Decision::Skip(SkipReason::NothingPending));
}

#[test]
fn slots_tell_campaigns_and_runs_apart() {
    let [first, second] = [1, 2].map(|byte| CampaignId::new(at(0), &[byte; 10]));
    let slots = [slot(first, 1), slot(first, 2), slot(second, 1), slot(first, 11)];
    let distinct: std::collections::HashSet<&String> = slots.iter().collect();
    assert_eq!(distinct.len(), slots.len());
    assert_eq!(slots[0], format!("campaign:{first}:1"));
}

fn any_candidate<'a>(world: &'a World) -> impl Strategy<Value = Candidate<'a>> {
    let base = world.candidate();
    let round = prop::option::of((prop::sample::select(Progress::ALL), any::<bool>()))
        .prop_map(|round| round.map(|(progress, late)| InRound { progress, late, severity: Severity::Unknown }));
    let conversation =
        prop::sample::select(vec![Conversation::NotOpen, Conversation::Unanswered, Conversation::HalfFinished]);
    let phone = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let contact = (
        prop::option::of(prop::sample::select(Hindrance::ALL)),
        prop::option::of(prop::sample::select(Undeliverable::ALL)),
        prop::option::of(-60i64..60),
        prop::sample::select(vec![Language::Ja, Language::Vi]),
    );
    (round, conversation, phone, contact).prop_map(move |(in_round, conversation, phone, contact)| Candidate {
        in_round,
        conversation,
        had_it: phone.0,
        observed: !phone.1,
        other_is_asked: phone.2,
        phone_has_it: phone.3,
        hindrance: contact.0,
        undeliverable: contact.1,
        last_text_at: contact.2.map(at),
        language: contact.3,
        ..base
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the facts: what leaves may leave.
    #[test]
    fn nothing_leaves_that_must_not(
        candidate in any_candidate(Box::leak(Box::default())), minutes in -10i64..90, repeats in any::<bool>(), left in prop::option::of(0u64..3), question in prop::option::of("[あ-ん]{0,80}"),
    ) {
        let audience = not_finished();
        let content = if repeats { ReadyContent::PendingQuestion } else { texts() };
        let terms = Terms { segments_left: left, ..terms(&audience, &content) };
        let now = at(minutes);
        let Decision::Send(outgoing) = decide(&terms, &candidate, now, || question.clone()) else { return Ok(()) };
        prop_assert!(candidate.hindrance.is_none() && candidate.observed && !candidate.had_it, "P12, P4");
        prop_assert!(now < terms.window.closes_at, "P7");
        prop_assert!(!candidate.is_finished() && audience.matches(&candidate));
        prop_assert!(!candidate.other_is_asked && !candidate.phone_has_it, "one text a phone");
        prop_assert!(candidate.last_text_at.is_none_or(|last| now - last >= terms.least_gap));
        prop_assert!(left.is_none_or(|left| u64::from(outgoing.segments) <= left) && outgoing.segments > 0);
        match outgoing.what {
            // A half-finished conversation is never interrupted.
            What::Text => prop_assert!(!repeats && candidate.conversation != Conversation::HalfFinished && candidate.language == Language::Ja),
            What::PendingQuestion => prop_assert!(candidate.conversation != Conversation::NotOpen && Some(outgoing.text.into_owned()) == question),
        }
    }
}
