//! What changes for the patient between two versions of a dialog: questions, texts, languages, and how the
//! conversations go that are written down in transcripts. How it is shown is the command line's business.

use serde::Serialize;

use super::definition::{Dialog, Question, QuestionKind, SourceFile};
use super::diagnostics::Diagnostic;
use super::lengths::TextLength;
use super::transcript::{self, PlayedStep};
use crate::language::Language;
use crate::severity::Severity;

/// Everything that changes. Comments, and the way in which a file is written, do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialogDiff {
    /// Languages that come or go, or become the first one.
    pub languages: Vec<LanguageChange>,
    /// Another way in which a conversation begins.
    pub opening: Option<OpeningChange>,
    /// Questions, in the order of the new version; those that go at the end.
    pub questions: Vec<QuestionChange>,
    /// Texts of the languages that both versions have.
    pub texts: Vec<TextChange>,
    /// Transcripts that go differently.
    pub conversations: Vec<ConversationChange>,
}

impl DialogDiff {
    /// Whether a patient would notice nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.languages.is_empty()
            && self.opening.is_none()
            && self.questions.is_empty()
            && self.texts.is_empty()
            && self.conversations.is_empty()
    }
}

/// A change of the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum LanguageChange {
    /// It can be written in from now on.
    Added {
        /// Which one.
        language: Language,
    },
    /// Whoever has it is written to in the first language from now on.
    Removed {
        /// Which one.
        language: Language,
    },
    /// Whoever has none of the languages is written to in another one.
    First {
        /// Before.
        old: Language,
        /// From now on.
        new: Language,
    },
}

/// Another way in which a conversation begins, in the words of dialog.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OpeningChange {
    /// Before.
    pub old: &'static str,
    /// From now on.
    pub new: &'static str,
}

/// A change of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum QuestionChange {
    /// It is asked from now on.
    Added {
        /// Its key.
        key: String,
        /// Its place, counted from 1.
        place: usize,
        /// What it takes.
        kind: String,
    },
    /// It is not asked any more.
    Removed {
        /// Its key.
        key: String,
        /// The place it had, counted from 1.
        place: usize,
    },
    /// It is asked at another point, seen from the questions around it.
    Moved {
        /// Its key.
        key: String,
        /// The place it had, counted from 1.
        old: usize,
        /// Its place from now on.
        new: usize,
    },
    /// It is another question under the same key.
    Changed {
        /// Its key.
        key: String,
        /// What of it: `kind`, `required`, `only-if`, `proves`, `release`, `about`, `alert`, `option cough`,
        /// `alert of cough`, `eased-hours of better`.
        what: String,
        /// Before; `None` if there was nothing.
        old: Option<String>,
        /// From now on; `None` if there is nothing.
        new: Option<String>,
    },
}

/// A change of a text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextChange {
    /// The language.
    pub language: Language,
    /// The text's name: `temperature.ask`.
    pub name: String,
    /// Before; `None` if there was none.
    pub old: Option<Wording>,
    /// From now on; `None` if there is none.
    pub new: Option<Wording>,
}

/// A text and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// As it is written in its file.
    pub text: String,
    /// Its longest form; `None` for what is a part of other texts.
    pub longest: Option<TextLength>,
}

/// A transcript that goes differently with the new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConversationChange {
    /// The transcript.
    pub chat: String,
    /// Whose file it is: `old`, `new`, or `both` when they have the same.
    pub of: &'static str,
    /// Whether anything is done differently: an answer, an alert, a question. Otherwise only words are.
    pub goes_another_way: bool,
    /// The steps that differ.
    pub steps: Vec<StepChange>,
    /// Why it cannot be compared, if it cannot be read.
    pub fault: Option<Diagnostic>,
}

/// A step of a transcript that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepChange {
    /// What happens before and with the new version.
    pub old: PlayedStep,
    /// With the new version.
    pub new: PlayedStep,
}

impl StepChange {
    /// Whether something is done differently, not only said.
    #[must_use]
    pub fn goes_another_way(&self) -> bool {
        self.old.effects != self.new.effects || self.old.texts.len() != self.new.texts.len()
    }
}

/// Compares two versions, and replays the transcripts of both on both.
#[must_use]
pub fn diff(old: &Dialog, new: &Dialog, old_chats: &[SourceFile], new_chats: &[SourceFile]) -> DialogDiff {
    DialogDiff {
        languages: languages(old, new),
        opening: (old.opening != new.opening)
            .then(|| OpeningChange { old: old.opening.word(), new: new.opening.word() }),
        questions: questions(old, new),
        texts: texts(old, new),
        conversations: conversations(old, new, old_chats, new_chats),
    }
}

fn languages(old: &Dialog, new: &Dialog) -> Vec<LanguageChange> {
    let added = new.languages.iter().filter(|language| !old.languages.contains(language));
    let removed = old.languages.iter().filter(|language| !new.languages.contains(language));
    let mut changes: Vec<LanguageChange> =
        added.map(|language| LanguageChange::Added { language: *language }).collect();
    changes.extend(removed.map(|language| LanguageChange::Removed { language: *language }));
    if let (Some(old), Some(new)) = (old.languages.first(), new.languages.first())
        && old != new
    {
        changes.push(LanguageChange::First { old: *old, new: *new });
    }
    changes
}

fn questions(old: &Dialog, new: &Dialog) -> Vec<QuestionChange> {
    let mut changes = Vec::new();
    let moved = moved(old, new);
    for (place, question) in (1..).zip(&new.questions) {
        let key = question.key.clone();
        let before = (1..).zip(&old.questions).find(|(_, before)| before.key == key);
        let Some((old_place, before)) = before else {
            changes.push(QuestionChange::Added { key, place, kind: question.kind_in_words() });
            continue;
        };
        if moved.contains(&key) {
            changes.push(QuestionChange::Moved { key: key.clone(), old: old_place, new: place });
        }
        let (before, after) = (traits(old, before), traits(new, question));
        let mut changed = |what: &str, old: Option<&String>, new: Option<&String>| {
            let (what, old, new) = (what.to_owned(), old.cloned(), new.cloned());
            changes.push(QuestionChange::Changed { key: key.clone(), what, old, new });
        };
        let value = |traits: &[(String, String)], name: &str| {
            traits.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        for (name, new) in &after {
            let old = value(&before, name);
            if old.as_ref() != Some(new) {
                changed(name, old.as_ref(), Some(new));
            }
        }
        for (name, old) in before.iter().filter(|(name, _)| value(&after, name).is_none()) {
            changed(name, Some(old), None);
        }
    }
    for (place, question) in (1..).zip(&old.questions) {
        if new.question(&question.key).is_none() {
            changes.push(QuestionChange::Removed { key: question.key.clone(), place });
        }
    }
    changes
}

/// What makes a question, by name, in words.
fn traits(dialog: &Dialog, question: &Question) -> Vec<(String, String)> {
    let mut traits = vec![("kind".to_owned(), question.kind_in_words())];
    traits.push(("required".to_owned(), question.required.to_string()));
    if let Some(condition) = &question.condition {
        traits.push(("only-if".to_owned(), dialog.condition_in_words(condition)));
    }
    traits.extend(question.proof.map(|proof| ("proves".to_owned(), proof.in_words())));
    traits.extend(question.release.map(|test| ("release".to_owned(), test.word().to_owned())));
    let alert = |severity: Option<Severity>| severity.map(|severity| severity.key().to_owned());
    if let QuestionKind::YesNo { topic, yes } = &question.kind {
        traits.extend(topic.map(|topic| ("about".to_owned(), format!("{topic:?}"))));
        traits.extend(alert(*yes).map(|alert| ("alert".to_owned(), alert)));
    }
    if let QuestionKind::Choice(options) | QuestionKind::Options(options) = &question.kind {
        for (option, words) in options.definitions.iter().zip(&options.words) {
            traits.push((format!("option {}", option.key), format!("number {}", option.code)));
            traits.extend(words.concept.map(|words| (format!("words of {}", option.key), format!("{words:?}"))));
            traits.extend(alert(option.severity).map(|alert| (format!("alert of {}", option.key), alert)));
            let hours = option.eased_hours.map(|hours| hours.to_string());
            traits.extend(hours.map(|hours| (format!("eased-hours of {}", option.key), hours)));
        }
    }
    traits
}

/// The keys of both versions that are not in a longest row of keys that stand in the same order in both.
fn moved(old: &Dialog, new: &Dialog) -> Vec<String> {
    let places: Vec<(usize, &String)> = new
        .questions
        .iter()
        .filter_map(|question| {
            let place = old.questions.iter().position(|before| before.key == question.key)?;
            Some((place, &question.key))
        })
        .collect();
    // The longest ascending row that ends at each: how long it is, and what comes before.
    let mut rows: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, (place, _)) in places.iter().enumerate() {
        let before = (0..index).filter(|other| places[*other].0 < *place).max_by_key(|other| rows[*other].0);
        rows.push((before.map_or(1, |before| rows[before].0 + 1), before));
    }
    let mut stays = vec![false; places.len()];
    // The first of the longest, so that what was put in front counts as moved, not all that it passed.
    let mut at = (0..rows.len()).rev().max_by_key(|index| rows[*index].0);
    while let Some(index) = at {
        stays[index] = true;
        at = rows[index].1;
    }
    places.into_iter().zip(stays).filter(|(_, stays)| !stays).map(|((_, key), _)| key.clone()).collect()
}

fn texts(old: &Dialog, new: &Dialog) -> Vec<TextChange> {
    let mut changes = Vec::new();
    for language in new.languages.iter().copied().filter(|language| old.languages.contains(language)) {
        let (before, after) = (wordings(old, language), wordings(new, language));
        let same = |a: &Wording, b: &Wording| a.text == b.text;
        for (name, wording) in &after {
            let was = before.iter().find(|(other, _)| other == name).map(|(_, wording)| wording);
            if was.is_none_or(|was| !same(was, wording)) {
                let (old, new) = (was.cloned(), Some(wording.clone()));
                changes.push(TextChange { language, name: name.clone(), old, new });
            }
        }
        for (name, wording) in before {
            if !after.iter().any(|(other, _)| *other == name) {
                changes.push(TextChange { language, name, old: Some(wording), new: None });
            }
        }
    }
    changes
}

fn wordings(dialog: &Dialog, language: Language) -> Vec<(String, Wording)> {
    let lengths = dialog.lengths().into_iter().find(|lengths| lengths.language == language);
    let mut longest = lengths.map(|lengths| lengths.texts).unwrap_or_default();
    dialog
        .texts_by_name(language)
        .into_iter()
        .map(|(name, text)| {
            let at = longest.iter().position(|length| length.name == name);
            (name, Wording { text, longest: at.map(|at| longest.swap_remove(at)) })
        })
        .collect()
}

fn conversations(
    old: &Dialog,
    new: &Dialog,
    old_chats: &[SourceFile],
    new_chats: &[SourceFile],
) -> Vec<ConversationChange> {
    let same = |chat: &&SourceFile, others: &[SourceFile]| others.contains(chat);
    let only_old = old_chats.iter().filter(|chat| !same(chat, new_chats)).map(|chat| (chat, "old"));
    let from_new = new_chats.iter().map(|chat| (chat, if same(&chat, old_chats) { "both" } else { "new" }));
    only_old.chain(from_new).filter_map(|(chat, of)| conversation(old, new, chat, of)).collect()
}

fn conversation(old: &Dialog, new: &Dialog, chat: &SourceFile, of: &'static str) -> Option<ConversationChange> {
    let change = |steps: Vec<StepChange>, fault| ConversationChange {
        chat: chat.name.clone(),
        of,
        goes_another_way: steps.iter().any(StepChange::goes_another_way),
        steps,
        fault,
    };
    // Reading depends on the file alone, so that both fail or none.
    let (before, after) = match (transcript::play(old, chat), transcript::play(new, chat)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(fault), _) | (_, Err(fault)) => return Some(change(Vec::new(), Some(fault))),
    };
    let differ = before.into_iter().zip(after).filter(|(old, new)| old != new);
    let steps: Vec<StepChange> = differ.map(|(old, new)| StepChange { old, new }).collect();
    (!steps.is_empty()).then(|| change(steps, None))
}

#[cfg(test)]
mod tests {
    use super::super::load::load;
    use super::super::tests::{chats, daily, daily_files, dialog, files};
    use super::*;

    /// The daily dialog with parts of its files replaced.
    fn changed(changes: &[(&str, &str, &str)]) -> Dialog {
        let mut files = daily_files();
        for (file, from, to) in changes {
            let file = files.iter_mut().find(|each| each.name == *file).expect("the file is there");
            assert!(file.text.contains(from), "{} has no {from:?}", file.name);
            file.text = file.text.replacen(from, to, 1);
        }
        load("daily", &files).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn against_daily(changes: &[(&str, &str, &str)]) -> DialogDiff {
        let chats = chats();
        diff(&daily(), &changed(changes), &chats, &chats)
    }

    #[test]
    fn comments_change_nothing_for_a_patient() {
        let new = changed(&[("dialog.toml", "# so are", "# and so are")]);
        let old = daily();
        assert_ne!(old.hash, new.hash);
        assert!(diff(&old, &new, &chats(), &chats()).is_empty());
    }

    #[test]
    fn a_new_wording_shows_with_its_cost_and_where_it_is_said() {
        let found = against_daily(&[("texts.ja.toml", "きのうより息が苦しいですか。", "昨日より息が苦しいですか。")]);
        let [text] = found.texts.as_slice() else { panic!("{:?}", found.texts) };
        assert_eq!((text.language, text.name.as_str()), (Language::Ja, "breathing.ask"));
        let units = |wording: &Option<Wording>| {
            wording.as_ref().and_then(|wording| wording.longest.as_ref()).map(|longest| longest.units)
        };
        assert_eq!(units(&text.old), units(&text.new).map(|units| units + 1));
        assert!(found.questions.is_empty() && found.languages.is_empty());
        assert!(!found.conversations.is_empty());
        assert!(found.conversations.iter().all(|change| !change.goes_another_way && change.of == "both"));
    }

    #[test]
    fn a_question_that_changes_is_told_by_what_of_it_changes() {
        let found = against_daily(&[
            ("dialog.toml", "yes = \"orange\"", "yes = \"red\""),
            ("dialog.toml", "{ number = 2, key = \"runny-nose\" }", "{ number = 5, key = \"runny-nose\" }"),
            ("dialog.toml", "{ number = 5, key = \"nausea\" },", ""),
            ("dialog.toml", "\"cannot-eat\", alert = \"orange\"", "\"cannot-eat\""),
            ("dialog.toml", "required = false", "required = false\nonly-if = \"symptoms = other\""),
        ]);
        let all: Vec<String> = found.questions.iter().map(|change| format!("{change:?}")).collect();
        for part in [
            "key: \"breathing\", what: \"alert\", old: Some(\"orange\"), new: Some(\"red\")",
            "what: \"option runny-nose\", old: Some(\"number 2\"), new: Some(\"number 5\")",
            "what: \"option nausea\", old: Some(\"number 5\"), new: None",
            "what: \"alert of cannot-eat\", old: Some(\"orange\"), new: None",
            "key: \"note\", what: \"only-if\", old: None, new: Some(\"symptoms = other\")",
        ] {
            assert!(all.iter().any(|change| change.contains(part)), "{part} is missing in {all:#?}");
        }
        let another: Vec<&str> = found
            .conversations
            .iter()
            .filter(|change| change.goes_another_way)
            .map(|change| change.chat.as_str())
            .collect();
        assert!(another.contains(&"chats/ja-whole-morning.chat"), "{another:?}");
    }

    #[test]
    fn what_a_question_proves_and_how_a_conversation_begins_is_told() {
        let changed = |name: &str, changes: &[(&str, &str)]| {
            let mut files = files(name);
            for (from, to) in changes {
                let file = files.iter_mut().find(|file| file.name == "dialog.toml").expect("it is there");
                assert!(file.text.contains(from), "{name} has no {from:?}");
                file.text = file.text.replacen(from, to, 1);
            }
            if !files[0].text.contains("opening = \"report\"") {
                let own = files.iter_mut().filter(|file| file.name.starts_with("texts."));
                own.for_each(|file| file.text = file.text.replace("\nreport = ", "\n# "));
            }
            let new = load(name, &files).unwrap_or_else(|faults| panic!("{faults}"));
            diff(&dialog(name), &new, &[], &[])
        };
        let found = changed("welcome", &[("tries = 3", "tries = 2")]);
        let [QuestionChange::Changed { what, old: Some(old), new: Some(new), .. }] = found.questions.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (what.as_str(), old.as_str(), new.as_str()),
            ("proves", "identity in 3 tries", "identity in 2 tries")
        );
        let found = changed("short", &[("opening = \"report\"", "opening = \"introduction\"")]);
        assert_eq!(found.opening, Some(OpeningChange { old: "report", new: "introduction" }));
        let gone: Vec<(&str, bool)> =
            found.texts.iter().map(|change| (change.name.as_str(), change.new.is_none())).collect();
        assert_eq!(
            gone,
            vec![("notices.report", true); dialog("short").languages.len()],
            "a notice that is not said any more, in each language"
        );
        let found = changed("release", &[("eased-hours = 24", "eased-hours = 25")]);
        assert!(
            matches!(found.questions.as_slice(), [QuestionChange::Changed { what, .. }] if what.starts_with("eased-hours of "))
        );
    }

    #[test]
    fn an_alert_alone_changes_how_a_report_stands() {
        let found =
            against_daily(&[("dialog.toml", "\"cannot-eat\", alert = \"orange\"", "\"cannot-eat\", alert = \"red\"")]);
        assert_eq!(found.questions.len(), 1);
        assert!(found.texts.is_empty());
    }

    #[test]
    fn questions_that_come_go_and_move_are_told_apart() {
        let (old, mut new) = (daily(), daily());
        let note = new.questions.pop().expect("there are six");
        new.questions.insert(0, note);
        assert_eq!(questions(&old, &new), [QuestionChange::Moved { key: "note".into(), old: 6, new: 1 }]);
        let mut new = daily();
        let gone = new.questions.remove(1);
        new.questions.swap(0, 1);
        let keys: Vec<QuestionChange> = questions(&old, &new);
        assert!(keys.contains(&QuestionChange::Removed { key: gone.key.clone(), place: 2 }), "{keys:?}");
        let back = questions(&new, &old);
        let added = QuestionChange::Added { key: gone.key, place: 2, kind: "oxygen".into() };
        assert!(back.contains(&added), "{back:?}");
        let moves = |changes: &[QuestionChange]| {
            changes.iter().filter(|change| matches!(change, QuestionChange::Moved { .. })).count()
        };
        assert_eq!((moves(&keys), moves(&back)), (1, 1));
    }

    #[test]
    fn languages_that_come_and_go_are_not_told_text_by_text() {
        let files: Vec<SourceFile> = daily_files().into_iter().filter(|file| file.name != "texts.ja.toml").collect();
        let mut less = files.clone();
        let all = daily();
        let rest: Vec<String> =
            all.languages.iter().filter(|each| **each != Language::Ja).map(|each| format!("\"{each}\"")).collect();
        let text = &mut less.iter_mut().find(|file| file.name == "dialog.toml").expect("it is there").text;
        let from = text.find("languages = [").expect("it is there");
        let to = from + text[from..].find(']').expect("it ends") + 1;
        text.replace_range(from..to, &format!("languages = [{}]", rest.join(", ")));
        let less = load("daily", &less).unwrap_or_else(|faults| panic!("{faults}"));
        let found = diff(&all, &less, &[], &[]);
        let first = less.languages[0];
        assert_eq!(
            found.languages,
            [
                LanguageChange::Removed { language: Language::Ja },
                LanguageChange::First { old: Language::Ja, new: first }
            ]
        );
        assert!(found.texts.is_empty() && found.questions.is_empty());
        let found = diff(&less, &all, &[], &[]);
        assert_eq!(found.languages[0], LanguageChange::Added { language: Language::Ja });
    }

    #[test]
    fn transcripts_of_both_are_played_on_both() {
        let chat = |name: &str, text: &str| SourceFile { name: format!("chats/{name}.chat"), text: text.into() };
        let old = daily();
        let new = changed(&[("texts.ja.toml", "今日の体温を", "体温を")]);
        let open = "07:00 ! open\n";
        let found = diff(
            &old,
            &new,
            &[chat("same", open), chat("gone", open), chat("changed", open)],
            &[chat("same", open), chat("changed", "label: A(80)\n07:00 ! open\n"), chat("broken", "hello\n")],
        );
        let of: Vec<(&str, &str, bool)> = found
            .conversations
            .iter()
            .map(|change| (change.chat.as_str(), change.of, change.fault.is_some()))
            .collect();
        assert_eq!(
            of,
            [
                ("chats/gone.chat", "old", false),
                ("chats/changed.chat", "old", false),
                ("chats/same.chat", "both", false),
                ("chats/changed.chat", "new", false),
                ("chats/broken.chat", "new", true),
            ]
        );
    }
}
