//! A reply without any number to a question for one: could not be measured, or nothing usable. What a number is worth
//! is told elsewhere.

use super::lexicon::Kind as SymptomKind;
use super::meaning::{DenialAnswer, Meaning};
use super::message::Message;
use super::statement::Polarity;
use super::tokens::Kind;
use super::{Command, Doubt, Reading};
use crate::observation::Value;

/// Whether two dashes stand together somewhere.
fn shows_dashes(message: &Message) -> bool {
    message.has(|_| true)
        && message.tokens.windows(2).any(|pair| pair.iter().all(|token| token.kind == Kind::Mark('-')))
}

/// A reply without any number: not measured, or nothing usable.
pub(super) fn without_number(message: &Message) -> Reading {
    let statements = &message.statements;
    let has = |wanted: fn(Meaning) -> bool| message.has(wanted);
    let contradiction = has(|meaning| {
        matches!(meaning, Meaning::Yes | Meaning::NearCommand | Meaning::Complaint | Meaning::Usual | Meaning::Maybe)
    });
    let not_taken = has(|meaning| meaning == Meaning::NotTaken);
    let device = has(|meaning| meaning == Meaning::Device);
    let nothing = message.denies(DenialAnswer::Nothing);
    let not_yet = has(|meaning| matches!(meaning, Meaning::NotYet | Meaning::Still));
    // Every word is about the measuring, none about something else.
    let only_that = message.words().all(|(_, kind)| {
        matches!(
            kind,
            Kind::Word(
                Meaning::Denial(_)
                    | Meaning::Device
                    | Meaning::NotYet
                    | Meaning::Still
                    | Meaning::NotTaken
                    | Meaning::Label(_)
                    | Meaning::Present
                    | Meaning::Remark
                    | Meaning::But
                    | Meaning::And
                    | Meaning::Person
                    | Meaning::Only
            )
        )
    });
    let denied_twice = statements.loose.len() > 1 && !device;
    if !contradiction && !statements.stray_denial && !denied_twice {
        let told = not_taken
            // "It shows ---": the display has no number.
            || (statements.list.is_empty() && shows_dashes(message))
            || (device && (nothing || not_yet))
            // "I do not know how to use the machine"
            || (device && has(|meaning| meaning == Meaning::Command(Command::Help)))
            || (only_that
                && (nothing || not_yet)
                && !has(|meaning| matches!(meaning, Meaning::Remark | Meaning::Person)));
        // A label denied alone, "no temperature", may be "no fever".
        let labelled_only = has(|meaning| matches!(meaning, Meaning::Label(_))) && !device && !not_taken;
        if told && !labelled_only {
            return Reading::Value(Value::NotMeasured);
        }
    }
    let says_something = message.statements.standing().next().is_some();
    // "May I stop the medicine yet?" holds a "not yet", and is about something else.
    let asks = has(|meaning| meaning == Meaning::Question) || message.has_mark('?');
    if asks && message.about(message.lexicon.medicine).next().is_some() {
        return Reading::Invalid(Doubt::Unclear);
    }
    // "The cough never stops" tells of a symptom: no measurement is meant by it.
    let tells = statements.list.first().is_some_and(|first| {
        let traits = message.lexicon.traits(first.concept);
        traits.kind == SymptomKind::Symptom && traits.label.is_none() && first.polarity == Polarity::Said
    });
    if tells && !not_taken && !device && has(|meaning| matches!(meaning, Meaning::Denial(_))) {
        return Reading::Invalid(Doubt::Unclear);
    }
    if has(|meaning| {
        matches!(
            meaning,
            Meaning::Denial(_)
                | Meaning::NearCommand
                | Meaning::Unknown
                | Meaning::Yes
                | Meaning::NotYet
                | Meaning::Still
                | Meaning::Device
                | Meaning::Usual
        )
    }) {
        return Reading::Ambiguous { candidate: None, doubt: Doubt::Unclear };
    }
    if says_something { Reading::Invalid(Doubt::Unclear) } else { Reading::Invalid(Doubt::Nothing) }
}
