//! What a morning takes of texts and segments, both ways. Prices are somebody else's business: they are the
//! carriers', and change.

use serde::Serialize;

use super::definition::{Dialog, Question, QuestionKind};
use super::engine::{self, Context, Effect, Identities, Input, Known, Phase, State};
use crate::sms;

/// Texts in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// How many texts.
    pub texts: usize,
    /// How many segments they take together.
    pub segments: usize,
}

impl Tally {
    fn add(&mut self, text: &str) {
        self.texts += 1;
        // An empty text is carried, and paid for, all the same.
        self.segments += sms::segments(text).segments.max(1);
    }
}

/// A way in which a morning can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MorningKind {
    /// Every question is answered by itself, plainly, and nothing is wrong.
    Plain,
    /// The same, with two reminders on the way.
    TwoReminders,
    /// As much as can be in one text, such as `36.5 97 2 0`, and the rest by itself.
    OneLine,
}

impl MorningKind {
    /// Every kind, the plain one first.
    pub const ALL: [Self; 3] = [Self::Plain, Self::TwoReminders, Self::OneLine];

    /// The stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::TwoReminders => "two-reminders",
            Self::OneLine => "one-line",
        }
    }
}

/// A morning from the opening to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Morning {
    /// How it goes.
    pub kind: MorningKind,
    /// What the center sends.
    pub sent: Tally,
    /// What the patient sends.
    pub replies: Tally,
}

/// The plain answers do not lead to the end: the question at which they stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no plain answer to `{question}` was understood, so that no full morning can be counted")]
pub struct Stuck {
    /// The question's key.
    pub question: String,
}

/// Counts the mornings of a dialog, for a contact with this context. No question is asked that only depends on a
/// worrying answer.
///
/// # Errors
/// When the plain answers do not lead to the end.
pub fn mornings(dialog: &Dialog, context: &Context<'_>) -> Result<Vec<Morning>, Stuck> {
    expecting(dialog, context, |context| {
        MorningKind::ALL.into_iter().map(|kind| morning(dialog, context, kind)).collect()
    })
}

/// Does something for a center that expects what a patient types who has the right identifier at hand.
fn expecting<T>(dialog: &Dialog, context: &Context<'_>, what: impl FnOnce(&Context<'_>) -> T) -> T {
    let expected: Vec<String> =
        dialog.questions.iter().filter(|question| question.proof.is_some()).flat_map(plain_answers).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    what(&Context { known: Known { identities: Identities(&expected), ..context.known }, ..*context })
}

/// The shortest text that answers as many questions at once as one text can, such as `36.5 97 2 0`, on a morning on
/// which all is well. `None` if no text answers two.
///
/// # Errors
/// When the plain answers do not lead to the end.
pub fn one_line(dialog: &Dialog, context: &Context<'_>) -> Result<Option<String>, Stuck> {
    expecting(dialog, context, |context| {
        let run = Run::begin(dialog, context);
        let mut plain = run.clone();
        plain.finish()?;
        Ok(run.best_report(&plain.answers).map(|(text, _)| text))
    })
}

fn morning(dialog: &Dialog, context: &Context<'_>, kind: MorningKind) -> Result<Morning, Stuck> {
    let mut run = Run::begin(dialog, context);
    match kind {
        MorningKind::Plain => {}
        MorningKind::TwoReminders => {
            run.remind();
            run.answer()?;
            run.remind();
        }
        MorningKind::OneLine => {
            // The answers of a plain morning are those that a report has to give.
            let mut plain = run.clone();
            plain.finish()?;
            run.report(&plain.answers);
        }
    }
    run.finish()?;
    Ok(Morning { kind, sent: run.sent, replies: run.replies })
}

/// A morning that is under way.
#[derive(Clone)]
struct Run<'a> {
    dialog: &'a Dialog,
    context: &'a Context<'a>,
    state: State,
    sent: Tally,
    replies: Tally,
    /// What was answered to which question, one by one; nothing after one in the patient's own words.
    answers: Vec<String>,
    /// Whether a question in the patient's own words was among them.
    in_words: bool,
}

impl<'a> Run<'a> {
    /// A morning that has just opened.
    fn begin(dialog: &'a Dialog, context: &'a Context<'a>) -> Self {
        let (sent, replies) = (Tally::default(), Tally::default());
        let state = State::new(dialog);
        let mut run = Self { dialog, context, state, sent, replies, answers: Vec::new(), in_words: false };
        run.take(Input::Open);
        run
    }

    /// Answers every question that is still asked.
    fn finish(&mut self) -> Result<(), Stuck> {
        while matches!(self.state.phase, Phase::Asking { .. }) {
            self.answer()?;
        }
        Ok(())
    }

    /// Takes a step and says how many questions it answered.
    fn take(&mut self, input: Input<'_>) -> usize {
        if let Input::Text(text) = input {
            self.replies.add(text);
        }
        let step = engine::step(self.dialog, &self.state, input, self.context);
        self.state = step.state;
        let mut answered = 0;
        for effect in &step.effects {
            match effect {
                Effect::Say { text, .. } => self.sent.add(text),
                Effect::Answer { .. } => answered += 1,
                _ => {}
            }
        }
        answered
    }

    fn remind(&mut self) {
        self.take(Input::Remind { sequence: self.state.sequence });
    }

    fn open_question(&self) -> Option<&'a Question> {
        let Phase::Asking { question, .. } = self.state.phase else { return None };
        self.dialog.questions.get(usize::from(question))
    }

    /// Answers the open question, with whichever plain answer is taken.
    fn answer(&mut self) -> Result<(), Stuck> {
        let Some(question) = self.open_question() else { return Ok(()) };
        for answer in plain_answers(question) {
            let mut tried = self.clone();
            if tried.take(Input::Text(&answer)) == 1 && !tried.state.held {
                tried.in_words |= matches!(question.kind, QuestionKind::Text);
                if !tried.in_words {
                    tried.answers.push(answer);
                }
                *self = tried;
                return Ok(());
            }
        }
        Err(Stuck { question: question.key.clone() })
    }

    /// Answers as many questions as one text can. Nothing if the dialog takes no report.
    fn report(&mut self, parts: &[String]) {
        if let Some((_, run)) = self.best_report(parts) {
            *self = run;
        }
    }

    /// The shortest text that answers the most, and where it leads to.
    fn best_report(&self, parts: &[String]) -> Option<(String, Self)> {
        let best = (2..=parts.len())
            .filter_map(|count| {
                let mut tried = self.clone();
                let text = parts[..count].join(" ");
                let answered = tried.take(Input::Text(&text));
                (answered >= 2).then_some((answered, text, tried))
            })
            // The first of the best: the shortest text.
            .rev()
            .max_by_key(|(answered, ..)| *answered);
        best.map(|(_, text, run)| (text, run))
    }
}

/// Answers that mean that all is well, as most people would type them: digits where they do. The first that is
/// understood counts.
fn plain_answers(question: &Question) -> Vec<String> {
    let unworrying = question.kind.options().iter().find(|option| option.severity.is_none());
    let code = |code: u8| code.to_string();
    match &question.kind {
        QuestionKind::Temperature => vec!["36.5".to_owned()],
        QuestionKind::OxygenSaturation => vec!["97".to_owned()],
        // 1 is yes, 2 is no; if no is the worrying half, nothing in a dialog says so.
        QuestionKind::YesNo { yes: None, .. } => vec!["1".to_owned(), "yes".to_owned()],
        QuestionKind::YesNo { .. } => vec!["2".to_owned(), "no".to_owned()],
        QuestionKind::Choice(options) => {
            let first = unworrying.or(options.definitions.first());
            first.map(|option| code(option.code)).into_iter().collect()
        }
        QuestionKind::Options(_) => {
            ["0".to_owned()].into_iter().chain(unworrying.map(|option| code(option.code))).collect()
        }
        QuestionKind::Number { min, max } => vec![(*min).max(0).min(*max).to_string()],
        QuestionKind::Text => ["なし", "none", "0"].map(ToOwned::to_owned).to_vec(),
        QuestionKind::Identifier { min_digits, .. } => {
            vec!["1234567890".chars().cycle().take(usize::from(*min_digits)).collect()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::SourceFile;
    use super::super::load::load;
    use super::super::tests::{DIALOGS, daily, daily_files, dialog};
    use super::*;
    use crate::language::Language;

    fn context(language: Language) -> Context<'static> {
        Context {
            language,
            center: "江東区保健所",
            deadline: "8:30",
            night_line: None,
            attended: true,
            late: false,
            label: None,
            known: Known::default(),
        }
    }

    #[test]
    fn one_text_can_answer_a_whole_report() {
        let context = context(Language::Ja);
        assert_eq!(one_line(&daily(), &context), Ok(Some("36.5 97 2 0 2".to_owned())));
        assert_eq!(one_line(&dialog("short"), &context), Ok(Some("36.5 97 2 2 0".to_owned())));
        assert_eq!(one_line(&dialog("welcome"), &context), Ok(None));
    }

    #[test]
    fn a_plain_morning_is_a_text_a_question_and_one_at_the_end() {
        let dialog = daily();
        for language in dialog.languages.clone() {
            let mornings = mornings(&dialog, &context(language)).expect("it goes to the end");
            let [plain, reminded, one_line] = mornings.as_slice() else { panic!("three kinds") };
            let budget = usize::from(language.segment_budget());
            // Six questions: the opening asks the first one, and the last answer is thanked for.
            assert_eq!((plain.sent.texts, plain.replies), (7, Tally { texts: 6, segments: 6 }), "{language}");
            assert!(plain.sent.segments <= 7 * budget, "{language}");
            assert_eq!((reminded.sent.texts, reminded.replies), (9, plain.replies), "{language}");
            // All but the note, which is in words.
            assert_eq!((one_line.sent.texts, one_line.replies.texts), (3, 2), "{language}");
        }
    }

    #[test]
    fn a_morning_of_every_dialog_can_be_counted() {
        for name in DIALOGS {
            let dialog = dialog(name);
            for language in dialog.languages.clone() {
                let mornings = mornings(&dialog, &context(language));
                mornings.unwrap_or_else(|stuck| panic!("{name} in {language}: {stuck}"));
            }
        }
        let short = mornings(&dialog("short"), &context(Language::Ja)).expect("it goes to the end");
        let texts: Vec<(usize, usize)> =
            short.iter().map(|morning| (morning.sent.texts, morning.replies.texts)).collect();
        // An introduction and a request; then question by question, or all in one text.
        assert_eq!((texts[0], texts[2]), ((7, 5), (3, 1)));
        let welcome = mornings(&dialog("welcome"), &context(Language::Ja)).expect("it goes to the end");
        // An introduction, two questions and the end.
        assert_eq!((welcome[0].sent.texts, welcome[0].replies.texts), (4, 2));
    }

    #[test]
    fn a_report_answers_what_a_plain_morning_asks() {
        let mut files = daily_files();
        let dialog = files.iter_mut().find(|file| file.name == "dialog.toml").expect("it is there");
        dialog.text =
            dialog.text.replacen("kind = \"oxygen\"", "kind = \"oxygen\"\nonly-if = \"temperature = measured\"", 1);
        dialog.text = dialog.text.replacen("required = false", "required = false\nonly-if = \"breathing = yes\"", 1);
        let dialog = load("daily", &files).unwrap_or_else(|faults| panic!("{faults}"));
        let mornings = mornings(&dialog, &context(Language::Ja)).expect("it goes to the end");
        let replies: Vec<usize> = mornings.iter().map(|morning| morning.replies.texts).collect();
        assert_eq!(replies[..2], [5, 5], "the oxygen level is asked for, the note is not");
        assert!(replies[2] < 5, "{replies:?}");
    }

    #[test]
    fn every_kind_of_question_has_a_plain_answer() {
        let text = |key: &str, more: &str| format!("[{key}]\nask = \"{key}?\"\nask-again = \"{key}?\"\n{more}\n");
        let value = "confirm = \"{value}?\"\necho = { value = \"{value}.\" }";
        let measured = "confirm = \"{value}?\"\necho = { value = \"{value}.\", not-measured = \"-.\" }";
        let yes_no = "echo = { yes = \"y.\", no = \"n.\", unknown = \"u.\" }";
        let en = daily_files().into_iter().find(|file| file.name == "texts.en.toml").expect("it is there").text;
        let notices = en[en.find("[notices]").expect("it is there")..].to_owned();
        let files = [
            SourceFile {
                name: "dialog.toml".into(),
                text: "languages = [\"en\"]\n\
                    [[question]]\nkey = \"id\"\nkind = \"identifier\"\nmin-digits = 6\nmax-digits = 8\n\
                    [[question]]\nkey = \"better\"\nkind = \"yes-no\"\n\
                    [[question]]\nkey = \"days\"\nkind = \"number\"\nmin = 1\nmax = 9\n\
                    [[question]]\nkey = \"why\"\nkind = \"text\"\nonly-if = \"better = no\"\n\
                    [[question]]\nkey = \"food\"\nkind = \"choice\"\noptions = [\
                        { number = 1, key = \"cannot-eat\", alert = \"orange\" }, { number = 2, key = \"eats\", words = \"none\" }]\n"
                    .into(),
            },
            SourceFile {
                name: "texts.en.toml".into(),
                text: [
                    text("id", value),
                    text("better", yes_no),
                    text("days", measured),
                    text("why", "echo = { text = \"t.\", none = \"n.\" }"),
                    text("food", value),
                    notices,
                ]
                .concat(),
            },
        ];
        let dialog = load("all", &files).unwrap_or_else(|faults| panic!("{faults}"));
        let mornings = mornings(&dialog, &context(Language::En)).expect("it goes to the end");
        assert_eq!(mornings[0].replies.texts, 4, "what depends on a worrying answer is not asked");
    }
}
