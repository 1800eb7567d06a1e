//! Questions that prove something before anybody is asked how they are: that the number is the right one, and who
//! answers. What is typed as an identifier is compared and forgotten: it stands in no state, effect or text.

use std::sync::LazyLock;

use super::super::definition::{Proof, Question, QuestionIndex};
use super::super::render::{Body, Lead, Notice};
use super::turn::Turn;
use super::{Attention, Effect, Phase, SkipReason, Slot, TextKind};
use crate::observation::{OptionSet, Value, YesNo};
use crate::reply::{self, Ask, OptionWord, Reading, Reply, WarningSign};

/// So many replies that prove nothing end the conversation. Somebody who tells how they are instead is not cut short
/// at once, and not asked for ever.
const MAX_FAILURES: u8 = 3;

const YES: Value = Value::YesNo(YesNo::Yes);
const NO: Value = Value::YesNo(YesNo::No);
const UNKNOWN: Value = Value::YesNo(YesNo::Unknown);

/// Every symptom that words can name; the last one stands for all that have no number of their own.
static SYMPTOMS: LazyLock<Vec<OptionWord>> = LazyLock::new(|| {
    let keys = [
        "cough",
        "runny-nose",
        "sore-throat",
        "fatigue",
        "nausea",
        "diarrhoea",
        "cannot-eat",
        "no-urine",
        "other-symptom",
    ];
    (1..).zip(keys).map(|(code, key)| OptionWord { code, concept: reply::concept(key) }).collect()
});

impl Turn<'_> {
    /// A reply to a question that proves something, in time or late.
    pub(super) fn prove(&mut self, question: QuestionIndex, proof: Proof, text: &str, reply: Reply) {
        match (proof, reply.reading) {
            (Proof::Number, Reading::Value(Value::YesNo(answer))) => self.number(question, answer),
            (Proof::Identity { tries }, Reading::Value(Value::Identifier(digits))) => {
                self.identity(question, tries, &digits);
            }
            (Proof::Identity { .. }, _) if self.says_not_known(text) => {
                self.record(question, UNKNOWN);
                self.attention(Attention::IdentityNotKnown);
                self.go_on();
            }
            _ => self.unproven(question, proof, text),
        }
    }

    fn number(&mut self, question: QuestionIndex, answer: YesNo) {
        match answer {
            YesNo::Yes => {
                let known = *self.slot(question) == Slot::Answered(YES);
                self.record(question, YES);
                if !known {
                    self.push(Effect::NumberConfirmed);
                }
                self.go_on();
            }
            YesNo::No => {
                self.record(question, NO);
                self.state.phase = Phase::Closed { pending: None };
                self.push(Effect::WrongNumber);
                self.notice(Notice::WrongNumber);
            }
            YesNo::Unknown => {
                self.record(question, UNKNOWN);
                self.not_proven(Attention::NumberNotConfirmed);
            }
        }
    }

    /// An identifier: the one place where it is compared, and each comparison counts.
    fn identity(&mut self, question: QuestionIndex, tries: u8, digits: &str) {
        if self.state.tries >= tries {
            // No dialog leads here: the last try ends the conversation. A state may be strange all the same.
            return self.not_proven(Attention::IdentityNotConfirmed);
        }
        self.state.tries += 1;
        if let Some(which) = self.context.known.identities.0.iter().position(|expected| *expected == digits) {
            self.record(question, YES);
            self.push(Effect::IdentityConfirmed { which });
            return self.go_on();
        }
        if self.state.tries >= tries {
            self.skip(question, SkipReason::NotConfirmed);
            return self.not_proven(Attention::IdentityNotConfirmed);
        }
        if self.is_late() {
            return self.unclear_late();
        }
        self.state.phase = Phase::Asking { question, failures: 0, candidate: None };
        self.put(TextKind::Reply, &[Lead::Notice(Notice::NotMatching), Lead::None]);
    }

    /// Whether nobody has said yet that this is the right number.
    pub(super) fn is_number_to_be_proven(&self) -> bool {
        let unproven = |(question, slot): (&Question, &Slot)| {
            matches!(question.proof, Some(Proof::Number)) && !matches!(slot, Slot::Answered(_))
        };
        self.dialog.questions.iter().zip(&self.state.slots).any(unproven)
    }

    /// "Who is this?", from a number that nobody has confirmed: a wary patient asks that, too. It is told, and counts as
    /// a reply that proves nothing, so that nobody is told for ever.
    pub(super) fn who_are_you(&mut self) {
        let asked = match self.state.phase {
            Phase::Asking { question, .. } if !self.is_late() => {
                self.question(question).proof.map(|proof| (question, proof))
            }
            _ => None,
        };
        if asked.is_none_or(|(question, proof)| self.may_fail_again(question, proof)) {
            self.notice(Notice::Help);
        }
    }

    fn go_on(&mut self) {
        if self.is_late() { self.end_late() } else { self.next_after_answer() }
    }

    /// The end: a person takes over.
    pub(super) fn not_proven(&mut self, why: Attention) {
        self.attention(why);
        self.note_finished();
        self.state.phase = Phase::Closed { pending: None };
        self.notice_by_hours(Notice::NotConfirmed, Notice::NotConfirmedUnattended);
    }

    /// A reply that is no answer to the question. What it says about the patient's health is not lost.
    fn unproven(&mut self, question: QuestionIndex, proof: Proof, text: &str) {
        // What was a cry for help, or news, is no failed answer.
        if self.safety {
            return;
        }
        if self.noted {
            return self.notice_by_hours(Notice::StatusNoted, Notice::StatusNotedUnattended);
        }
        if self.is_low_oxygen(text) {
            // There is no question here at which it could be confirmed.
            return self.warn_of_low_oxygen();
        }
        if self.is_late() {
            return self.unclear_late();
        }
        if self.is_about_health(text) {
            self.attention(Attention::Note);
            match self.may_fail_again(question, proof) {
                true if self.context.attended => {
                    self.put(TextKind::Reply, &[Lead::Notice(Notice::TooEarly), Lead::None]);
                }
                true => self.notice(Notice::NoteReceivedUnattended),
                false => {}
            }
            return;
        }
        if self.may_fail_again(question, proof) {
            self.say(TextKind::Reply, &[Lead::None], Body::AskAgain(question));
        }
    }

    /// Counts a reply that could not be used. At the limit the conversation ends, and a person takes over.
    pub(super) fn may_fail_again(&mut self, question: QuestionIndex, proof: Proof) -> bool {
        let Phase::Asking { failures, .. } = &mut self.state.phase else { return false };
        *failures = failures.saturating_add(1);
        if *failures < MAX_FAILURES {
            return true;
        }
        self.skip(question, SkipReason::NotUnderstood);
        self.not_proven(match proof {
            Proof::Number => Attention::NumberNotConfirmed,
            Proof::Identity { .. } => Attention::IdentityNotConfirmed,
        });
        false
    }

    /// The patient leaves a question out that proves something.
    pub(super) fn skip_proof(&mut self, question: QuestionIndex, proof: Proof) {
        self.skip(question, SkipReason::ByPatient);
        match proof {
            Proof::Number => self.not_proven(Attention::NumberNotConfirmed),
            Proof::Identity { .. } => {
                self.attention(Attention::IdentityNotKnown);
                self.next_after_skip(&[Lead::Notice(Notice::Skipped), Lead::None]);
            }
        }
    }

    /// Whether this question may be opened again: an identity that is proven stays so, and offers no more tries.
    pub(super) fn is_settled(&self, question: QuestionIndex) -> bool {
        matches!(self.question(question).proof, Some(Proof::Identity { .. }))
            && *self.slot(question) == Slot::Answered(YES)
    }

    /// Whether it is not proven yet who is written to: until then no answer about anybody's health is taken.
    pub(super) fn is_to_be_proven(&self) -> bool {
        let open = |(question, slot): (&Question, &Slot)| question.proof.is_some() && *slot == Slot::Open;
        self.dialog.questions.iter().zip(&self.state.slots).any(open)
    }

    fn read_as(&self, ask: &Ask<'_>, text: &str) -> Reply {
        reply::read(ask, self.context.language, text)
    }

    /// "I do not know", "none", "not at hand": an answer, and no guess.
    fn says_not_known(&self, text: &str) -> bool {
        if text.contains(char::is_numeric) {
            return false;
        }
        let words = self.read_as(&Ask::YesNo { topic: None }, text).reading;
        let unknown = matches!(
            words,
            Reading::Value(Value::YesNo(YesNo::No | YesNo::Unknown))
                | Reading::Ambiguous { candidate: Some(Value::YesNo(YesNo::No | YesNo::Unknown)), .. }
        );
        unknown || self.read_as(&Ask::Temperature, text).reading == Reading::Value(Value::NotMeasured)
    }

    /// Whether a text gives a temperature, an oxygen level or a symptom, alone or among others.
    fn is_about_health(&self, text: &str) -> bool {
        let says = |text: &str| {
            matches!(
                self.read_as(&Ask::Temperature, text).reading,
                Reading::Value(Value::Temperature(_)) | Reading::Ambiguous { candidate: Some(_), .. }
            ) || matches!(
                self.read_as(&Ask::OxygenSaturation, text).reading,
                Reading::Value(Value::OxygenSaturation(_)) | Reading::Ambiguous { candidate: Some(_), .. }
            )
        };
        let symptoms = || match self.read_as(&Ask::Options(&SYMPTOMS), text).reading {
            Reading::Value(Value::Options(set)) | Reading::Ambiguous { candidate: Some(Value::Options(set)), .. } => {
                set != OptionSet::NONE && !text.contains(char::is_numeric)
            }
            _ => false,
        };
        says(text) || text.split_whitespace().any(says) || symptoms()
    }

    /// An oxygen level of 50 to 79 that names itself.
    fn is_low_oxygen(&self, text: &str) -> bool {
        let is_labelled = text.chars().any(|character| character.is_alphabetic() || matches!(character, '%' | '％'));
        is_labelled && self.read_as(&Ask::OxygenSaturation, text).flags.signs.contains(WarningSign::VeryLowOxygen)
    }
}
