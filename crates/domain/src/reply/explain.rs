//! The steps of a reading in words, for staff: what the text was folded to, what each piece of it was taken for and
//! from which word list, what was said and denied. The readers add which rule decided. Nothing here decides anything.

use std::sync::LazyLock;

use lexicon::list::WordList;

use super::lexicon::{ENGLISH, GROUPS, LEXICON, embedded};
use super::meaning::{Meaning, heading};
use super::message::Message;
use super::statement::{Polarity, Statement};
use super::tokens::Kind;
use super::{Doubt, Reading, Reply};

/// The word lists as people wrote them. Only explanations need them, so they are read when the first one is asked for.
static LISTS: LazyLock<Vec<WordList>> = LazyLock::new(|| {
    // The build has read the same files: none is refused.
    lexicon::FILES.iter().zip(embedded::TEXTS).filter_map(|(file, text)| WordList::parse(file, text).ok()).collect()
});

/// Where a word with a meaning stands, as patients of a group are read: their own file first, then the English one.
fn place(word: &str, meaning: Meaning, group: usize) -> Option<(&'static str, String)> {
    let others = (0..GROUPS).filter(|file| *file != group && *file != ENGLISH);
    [group, ENGLISH].into_iter().chain(others).filter_map(|file| LISTS.get(file)).find_map(|list| {
        let means = |section: &str, key: &str| heading(section, key, |key| LEXICON.concept(key)) == Some(meaning);
        list.headings
            .iter()
            .filter(|heading| means(&heading.section, &heading.key))
            .find(|heading| heading.words.iter().any(|written| list.spells(written, word)))
            .map(|heading| (list.file.as_str(), format!("{}.{}", heading.section, heading.key)))
    })
}

/// Notes what was made of a text before any question was looked at.
pub(super) fn understood(message: &Message, group: usize) {
    if !message.is_explained() || message.folded.reaction {
        return;
    }
    let folded = &message.folded;
    message.note(|| format!("The text was folded to `{}`.", folded.text.replace('\n', " / ")));
    if folded.body_end < folded.text.len() {
        message.note(|| {
            format!(
                "`{}` is set aside as a signature: it is searched for warning signs only.",
                folded.text[folded.body_end..].trim().replace('\n', " / ")
            )
        });
    }
    for token in &message.tokens {
        let said = message.text_of(token);
        let span = format!("`{said}` ({}-{})", token.start, token.end);
        match token.kind {
            Kind::Mark(_) => {}
            Kind::Number(number) if number.digits == 0 => {
                message.note(|| format!("{span} is the number {} in words.", number.value));
            }
            Kind::Number(_) => message.note(|| format!("{span} is a number.")),
            Kind::Aside => {
                message.note(|| format!("{span} is set aside: a time, a date, a count, a dose or a telephone number."));
            }
            Kind::Broken => message.note(|| format!("{span} looks like a number and cannot be trusted as one.")),
            Kind::Unknown => message.note(|| format!("{span} is left over: no word list knows it.")),
            Kind::Word(meaning) => message.note(|| match place(said, meaning, group) {
                Some((file, heading)) => format!("{span} is `{heading}` of {file}."),
                None => format!("{span} is taken for {meaning:?}."),
            }),
        }
    }
    for statement in message.statements.standing() {
        message.note(|| sentence(message, statement));
    }
    for statement in message.tail().standing() {
        message.note(|| format!("In the signature: {}", sentence(message, statement)));
    }
    if message.statements.stray_denial {
        message.note(|| "Something is denied of which it is not clear what it is.".to_owned());
    }
    if message.statements.loose_over.is_some() {
        message.note(|| "Something is over, without a word of what.".to_owned());
    }
}

fn sentence(message: &Message, statement: &Statement) -> String {
    let how = match statement.polarity {
        Polarity::Said => "said",
        Polarity::Denied => "denied",
        Polarity::Over => "said to be over",
        Polarity::Unsure => "neither clearly said nor clearly denied",
    };
    format!("`{}` is {how}.", message.lexicon.key(statement.concept))
}

/// Notes the outcome.
pub(super) fn concluded(message: &Message, reply: &Reply) {
    for sign in reply.flags.signs.iter() {
        message.note(|| format!("Warning sign: `{}`.", sign.key()));
    }
    if let Some(change) = reply.flags.status_change {
        message.note(|| format!("Change of state: {change:?}."));
    }
    let why = match &reply.reading {
        Reading::Ambiguous { doubt, .. } | Reading::Invalid(doubt) => Some(*doubt),
        _ => None,
    };
    message.note(|| match why {
        Some(doubt) => format!("Asked again: {}.", reason(doubt)),
        None if reply.reading == Reading::Empty => "No answer: only what was raised counts.".to_owned(),
        None => format!("Taken as {}.", reply.reading),
    });
}

const fn reason(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Nothing => "nothing in the text answers the question",
        Doubt::Several => "there is more than one candidate, or a yes and a no",
        Doubt::Implausible => "a number of another kind or out of range",
        Doubt::Vague => "a range, a bound, a band or an estimate instead of a value",
        Doubt::Unclear => "words beside the answer whose bearing on it is not certain",
    }
}

#[cfg(test)]
mod tests {
    use lexicon::fold::fold_word;

    use super::super::{Ask, explain, read};
    use super::{GROUPS, LISTS};
    use crate::language::Language;

    #[test]
    fn the_steps_tell_where_each_word_stands_and_what_was_left_over() {
        let (reply, steps) = explain(&Ask::Temperature, Language::Ja, "7時30分 体温は３６．５度 ほげ");
        assert_eq!(reply.reading.to_string(), "36.5");
        let steps = steps.join("\n");
        for expected in [
            "folded to `7時30分体温は36.5度",
            "is set aside: a time",
            "is `measure.temperature` of ja.toml.",
            "is left over",
            "Taken as 36.5.",
        ] {
            assert!(steps.contains(expected), "{expected}\n{steps}");
        }
    }

    /// The places are looked for by the patterns as written, the words found in the automaton: both must agree.
    #[test]
    fn every_pattern_is_known_by_its_words() {
        assert_eq!(LISTS.len(), GROUPS);
        for list in LISTS.iter() {
            for heading in &list.headings {
                for written in &heading.words {
                    let pattern = list.pattern(written).expect("a pattern");
                    // The first, the last, and some in between.
                    let (step, mut at) = (pattern.count() / 4 + 1, 0);
                    pattern.spell_out(|word| {
                        at += 1;
                        if at % step == 1 % step || at == pattern.count() {
                            let folded = fold_word(word.trim_start_matches('='));
                            assert!(list.spells(written, &folded), "{}: {word} of {written}", list.file);
                        }
                    });
                }
            }
        }
    }

    #[test]
    fn the_explained_reading_is_the_reading() {
        for text in ["", "36.5", "37か38", "胸が痛い", "stop", "denwa onegai shimasu", "咳はない\n--\n山田"]
        {
            for ask in [Ask::Temperature, Ask::OxygenSaturation, Ask::YesNo { topic: None }, Ask::Text, Ask::Nothing] {
                assert_eq!(explain(&ask, Language::Ja, text).0, read(&ask, Language::Ja, text), "{text}");
            }
        }
    }

    #[test]
    fn what_was_raised_and_why_it_was_asked_again_is_told() {
        let (_, steps) = explain(&Ask::Temperature, Language::En, "about 37 and my chest hurts");
        let steps = steps.join("\n");
        assert!(steps.contains("Warning sign: `chest-pain`."), "{steps}");
        assert!(steps.contains("Asked again:"), "{steps}");
    }
}
