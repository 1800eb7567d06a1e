//! One text, folded, cut and understood as far as that does not depend on the question; and what it raises
//! whatever was asked: warning signs, changes of state, commands.

use std::cell::RefCell;

use super::explain;
use super::lexicon::{ENGLISH, JAPANESE, LEXICON, Lexicon, group_of};
use super::meaning::{DenialAnswer, Meaning, Reach};
use super::normalise::{Folded, fold_message, is_han, is_latin};
use super::number::settle;
use super::romaji::{kana, respell};
use super::spelling::repaired;
use super::statement::{Polarity, Statements, statements};
use super::tokens::{Kind, Token, tokenize};
use super::{Ask, Command, Concept, Flags, WarningSign};
use crate::language::Language;

/// A text on its way to a reader.
pub(super) struct Message {
    /// The words that it was read with.
    pub(super) lexicon: &'static Lexicon,
    /// The folded text.
    pub(super) folded: Folded,
    /// Its pieces, without the signature.
    pub(super) tokens: Vec<Token>,
    /// What it says, without the signature.
    pub(super) statements: Statements,
    /// What the signature says: searched for warning signs only.
    tail: Statements,
    /// The steps of the reading in words, if somebody wants to know them.
    notes: Option<RefCell<Vec<String>>>,
}

/// What a text is as a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steering {
    /// It is none.
    None,
    /// It is this command and nothing else.
    Command(Command),
    /// It looks like one, or like two.
    Doubtful,
}

impl Message {
    pub(super) fn new(language: Language, text: &str, explained: bool) -> Self {
        let notes = explained.then(|| RefCell::new(Vec::new()));
        let lexicon: &'static Lexicon = &LEXICON;
        let group = group_of(language);
        let mut folded = fold_message(text);
        let mut cut_up = tokenize(lexicon, group, &folded);
        if group == JAPANESE
            && let Some(respelled) = in_kana(lexicon, &folded, &cut_up)
        {
            note(notes.as_ref(), || {
                format!("Latin letters were read as kana, since no word list knows them: `{}`.", folded.text)
            });
            (folded, cut_up) = respelled;
        }
        if let Some(repaired) = repaired(lexicon, language, &folded, &cut_up) {
            folded = repaired;
            cut_up = tokenize(lexicon, group, &folded);
            note(notes.as_ref(), || format!("Slips in Latin letters were mended: `{}`.", folded.text));
        }
        if language == Language::Tl
            && let Some((plain, plainly)) = without_politeness(lexicon, &folded, &cut_up)
        {
            (folded, cut_up) = (plain, plainly);
            note(notes.as_ref(), || format!("Words of politeness were left out: `{}`.", folded.text));
        }
        let mut tokens = settle(&folded, &cut_up);
        let cut = tokens.partition_point(|token| token.start < folded.body_end);
        let tail = statements(lexicon, &folded.text, &tokens[cut..]);
        tokens.truncate(cut);
        set_names_aside(&folded, &mut tokens, notes.as_ref());
        set_the_thanked_aside(&mut tokens);
        // A correction in front of a value is a preface.
        // 体温写错了，是37.2: what is corrected may stand before it.
        let lead = tokens.iter().position(|token| {
            !is_nothing(token.kind) && !matches!(token.kind, Kind::Word(Meaning::Label(_) | Meaning::Device))
        });
        if let Some(lead) = lead
            && tokens[lead].kind == Kind::Word(Meaning::Correction)
            && tokens[lead + 1..].iter().any(|token| !is_nothing(token.kind))
        {
            tokens[lead].kind = Kind::Word(Meaning::Filler);
        }
        let statements = statements(lexicon, &folded.text, &tokens);
        let message = Self { lexicon, folded, tokens, statements, tail, notes };
        explain::understood(&message, group);
        message
    }

    /// Notes a step of the reading, if the steps are wanted.
    pub(super) fn note(&self, sentence: impl FnOnce() -> String) {
        note(self.notes.as_ref(), sentence);
    }

    /// Whether the steps of the reading are wanted.
    pub(super) const fn is_explained(&self) -> bool {
        self.notes.is_some()
    }

    /// The steps that were noted.
    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes.map(RefCell::into_inner).unwrap_or_default()
    }

    /// What a token says in the text.
    pub(super) fn text_of(&self, token: &Token) -> &str {
        &self.folded.text[token.start..token.end]
    }

    /// What the signature says.
    pub(super) const fn tail(&self) -> &Statements {
        &self.tail
    }

    /// Whether nothing is left of the text but marks and spaces.
    pub(super) fn is_blank(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token.kind, Kind::Mark(_)))
    }

    /// The pieces that say something.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, Kind)> {
        self.tokens.iter().enumerate().filter(|(_, token)| !is_nothing(token.kind)).map(|(at, token)| (at, token.kind))
    }

    /// Whether some word of the text has this meaning.
    pub(super) fn has(&self, wanted: impl Fn(Meaning) -> bool) -> bool {
        self.tokens.iter().any(|token| matches!(token.kind, Kind::Word(meaning) if wanted(meaning)))
    }

    /// Whether a mark occurs.
    pub(super) fn has_mark(&self, wanted: char) -> bool {
        self.tokens.iter().any(|token| token.kind == Kind::Mark(wanted))
    }

    /// Whether the text denies something in general in this way.
    pub(super) fn denies(&self, answer: DenialAnswer) -> bool {
        self.statements.loose.iter().any(|(_, loose)| *loose == answer)
    }

    /// Whether the text says that there is nothing, or nothing wrong.
    pub(super) fn denies_all(&self) -> bool {
        self.denies(DenialAnswer::Nothing)
            || self.denies(DenialAnswer::NothingWrong)
            || self.denies(DenialAnswer::NothingElse)
    }

    /// What the text raises besides its reading.
    pub(super) fn flags(&self, ask: &Ask<'_>) -> Flags {
        let asked_for_breath =
            matches!(ask, Ask::YesNo { topic: Some(topic) } if self.lexicon.traits(*topic).breathless);
        let mut flags = Flags::default();
        let all = [&self.statements, &self.tail];
        for (whole, statement) in all.into_iter().flat_map(|whole| whole.standing().map(move |said| (whole, said))) {
            if statement.polarity == Polarity::Denied || whole.is_history(statement) {
                continue;
            }
            let traits = self.lexicon.traits(statement.concept);
            if let Some(sign) = traits.sign {
                flags.signs.insert(sign);
            }
            if traits.plain_breathlessness
                && !asked_for_breath
                && matches!(statement.polarity, Polarity::Said | Polarity::Unsure)
            {
                flags.signs.insert(WarningSign::SuddenBreathlessness);
            }
        }
        for statement in self.statements.standing() {
            let Some(status) = self.lexicon.traits(statement.concept).status else { continue };
            if statement.polarity != Polarity::Said
                || self.statements.is_wished(statement)
                || self.statements.is_history(statement)
            {
                continue;
            }
            // "It is cured", as the answer to a question about one symptom, is about that symptom.
            let about_symptom = self.lexicon.key(statement.concept) == "recovered"
                && matches!(ask, Ask::YesNo { .. } | Ask::Options(_) | Ask::Choice(_));
            if !about_symptom {
                flags.status_change.get_or_insert(status);
            }
        }
        flags
    }

    /// The text as a command: commands are whole messages, give or take politeness.
    pub(super) fn steering(&self) -> Steering {
        let mut found: Option<Command> = None;
        let (mut near, mut complaint) = (false, false);
        let (mut names, mut denied) = (0, false);
        // もう一度測りました asks for nothing.
        if self.has(|meaning| meaning == Meaning::Measuring) {
            return Steering::None;
        }
        for (_, kind) in self.words() {
            match kind {
                Kind::Word(Meaning::Command(command)) => match found {
                    // "Who is this? You have the wrong number": the clearer one counts.
                    Some(Command::WhoAreYou) if matches!(command, Command::WrongNumber | Command::Help) => {
                        found = Some(command);
                    }
                    Some(Command::WrongNumber | Command::Help) if command == Command::WhoAreYou => {}
                    Some(other) if other != command => near = true,
                    _ => found = Some(command),
                },
                Kind::Word(Meaning::Correction) => match found {
                    Some(other) if other != Command::Back => near = true,
                    _ => found = Some(Command::Back),
                },
                Kind::Word(Meaning::NearCommand) => near = true,
                Kind::Word(Meaning::Complaint) => complaint = true,
                Kind::Unknown => names += 1,
                Kind::Word(Meaning::Denial(_)) => denied = true,
                _ => return Steering::None,
            }
        }
        // 田中ではありません、番号違いです: a name that is denied belongs to that command, and to no other.
        let names_somebody = denied && (1..=2).contains(&names) && found == Some(Command::WrongNumber);
        if (names > 0 || denied) && !names_somebody {
            return Steering::None;
        }
        match found {
            _ if near => Steering::Doubtful,
            other if complaint && other != Some(Command::Stop) => Steering::Doubtful,
            Some(command) => Steering::Command(command),
            None if self.is_question_mark() => Steering::Command(Command::Help),
            None => Steering::None,
        }
    }

    /// Whether a denial is said of something that no question asks about: 時間がない.
    pub(super) fn denies_a_remark(&self, denial: usize) -> bool {
        let backward = matches!(
            self.tokens[denial].kind,
            Kind::Word(Meaning::Denial(denial)) if denial.reach == Reach::Backward
        );
        backward && self.remark_before(denial).is_some()
    }

    /// How many particles stand between a token and a remark before it, if one is there.
    pub(super) fn remark_before(&self, at: usize) -> Option<usize> {
        let before = self.tokens[..at].iter().rev();
        let particles = before.clone().take_while(|token| token.kind == Kind::Word(Meaning::Filler)).count();
        let remark = before.map(|token| token.kind).nth(particles)?;
        matches!(remark, Kind::Aside | Kind::Word(Meaning::Remark | Meaning::Person | Meaning::Past | Meaning::LongAgo))
            .then_some(particles)
    }

    fn is_question_mark(&self) -> bool {
        self.has_mark('?') && self.tokens.iter().all(|token| matches!(token.kind, Kind::Mark('?' | '!' | '\n')))
    }

    /// The standing statements about a concept.
    pub(super) fn about(&self, concept: Concept) -> impl Iterator<Item = Polarity> {
        self.statements
            .standing()
            .filter(move |statement| statement.concept == concept)
            .map(|statement| statement.polarity)
    }
}

/// A name above or below the answer, on a line of its own or as 山田です, says nothing: two to five characters that no
/// word list knows.
fn set_names_aside(folded: &Folded, tokens: &mut [Token], notes: Option<&RefCell<Vec<String>>>) {
    let is_name = |token: &Token| {
        let text = &folded.text[token.start..token.end];
        token.kind == Kind::Unknown && text.chars().all(is_han) && (2..=5).contains(&text.chars().count())
    };
    let filler = |token: &Token| token.kind == Kind::Word(Meaning::Filler);
    let aside = |token: &mut Token| {
        note(notes, || format!("`{}` is set aside as a name.", &folded.text[token.start..token.end]));
        token.kind = Kind::Word(Meaning::Filler);
    };
    let ends_a_line = |token: Option<&Token>| token.is_none_or(|token| token.kind == Kind::Mark('\n'));
    let last = tokens.iter().rposition(|token| !matches!(token.kind, Kind::Mark('\n'))).unwrap_or(0);
    if last > 1 && is_name(&tokens[last]) && tokens[last - 1].kind == Kind::Mark('\n') {
        aside(&mut tokens[last]);
    }
    let Some(first) = tokens.first().filter(|first| is_name(first)) else { return };
    let fillers = tokens[1..].iter().take_while(|token| filler(token) && token.start > first.start).count();
    let behind = tokens.get(1 + fillers);
    let parted = ends_a_line(behind)
        || (fillers > 0
            && behind.is_some_and(|behind| {
                matches!(behind.kind, Kind::Mark('。' | '、' | '.' | ','))
                    || tokens[fillers].end < behind.start
                    || folded.gaps.binary_search(&u32::try_from(behind.start).unwrap_or(u32::MAX)).is_ok()
            }));
    let says_more = tokens[1 + fillers..].iter().any(|token| !matches!(token.kind, Kind::Mark(_)));
    if says_more && parted {
        aside(&mut tokens[0]);
    }
}

/// "36.9, thank you, nurse": whoever is thanked at the end of a text is not whom it is about.
fn set_the_thanked_aside(tokens: &mut [Token]) {
    let Some(last) = tokens.iter().rposition(|token| !is_nothing(token.kind)) else { return };
    let beside = tokens[..last].iter().rev().map(|token| token.kind).find(|kind| *kind != Kind::Word(Meaning::Filler));
    if tokens[last].kind == Kind::Word(Meaning::Person) && beside == Some(Kind::Word(Meaning::Courtesy)) {
        tokens[last].kind = Kind::Word(Meaning::Courtesy);
    }
}

fn note(notes: Option<&RefCell<Vec<String>>>, sentence: impl FnOnce() -> String) {
    if let Some(notes) = notes {
        notes.borrow_mut().push(sentence());
    }
}

/// A text in Tagalog without the words of politeness and the hyphens, which may stand anywhere in a phrase, if more of
/// it is understood so: hirap [po] huminga, paki[-]ulit.
fn without_politeness(lexicon: &Lexicon, folded: &Folded, tokens: &[Token]) -> Option<(Folded, Vec<Token>)> {
    const POLITE: [&str; 4] = ["po", "ho", "poh", "pow"];
    let body = &folded.text[..folded.body_end];
    let unsaid = |tokens: &[Token]| {
        let unknown = tokens.iter().filter(|token| token.kind == Kind::Unknown).count();
        (unknown, tokens.iter().filter(|token| !is_nothing(token.kind)).count())
    };
    let polite = body.split([' ', '\n']).any(|word| POLITE.contains(&word.trim_end_matches(|c| !is_latin(c))));
    if !polite && !body.contains('-') {
        return None;
    }
    let before = unsaid(tokens);
    let plain = |hyphen: &str| {
        let mut text = String::with_capacity(folded.text.len());
        for (at, c) in body.char_indices() {
            let between_letters = c == '-' && body[..at].ends_with(is_latin) && body[at + 1..].starts_with(is_latin);
            if between_letters { text.push_str(hyphen) } else { text.push(c) }
        }
        // "po," leaves its comma.
        let marks = |word: &str| word.trim_start_matches(is_latin).len();
        let is_polite = |word: &str| POLITE.contains(&&word[..word.len() - marks(word)]);
        let kept: Vec<&str> = text
            .split(' ')
            .map(|word| if is_polite(word) { &word[word.len() - marks(word)..] } else { word })
            .filter(|word| !word.is_empty())
            .collect();
        let plain = fold_message(&(kept.join(" ") + &folded.text[folded.body_end..]));
        let cut_up = tokenize(lexicon, group_of(Language::Tl), &plain);
        (unsaid(&cut_up), plain, cut_up)
    };
    let best = ["-", "", " "].map(plain).into_iter().min_by_key(|(unsaid, ..)| *unsaid)?;
    (best.0 < before && best.0.0 <= before.0).then_some((best.1, best.2))
}

/// Japanese in Latin letters, cut up as kana, if that leaves no more of the text unexplained than its letters did.
fn in_kana(lexicon: &Lexicon, folded: &Folded, tokens: &[Token]) -> Option<(Folded, Vec<Token>)> {
    let body = &folded.text[..folded.body_end];
    if !body.contains(is_latin) {
        return None;
    }
    // "kinou yori kurushii" is known word by word, and still is no English: in kana its phrases are found too.
    let unknown = |token: &Token| token.kind == Kind::Unknown;
    if !tokens.iter().any(unknown) && !body.split(|c| !is_latin(c)).any(|word| word.len() > 1 && kana(word).is_some()) {
        return None;
    }
    let english = tokenize(lexicon, ENGLISH, folded);
    let foreign = |at: usize| {
        let token = english.get(english.partition_point(|token| token.end <= at));
        token.is_some_and(|token| unknown(token) && token.start <= at)
    };
    let respelled = respell(body, foreign)? + &folded.text[folded.body_end..];
    let respelled = fold_message(&respelled);
    let cut_up = tokenize(lexicon, JAPANESE, &respelled);
    let left_over = |tokens: &[Token]| tokens.iter().filter(|token| unknown(token)).count();
    (left_over(&cut_up) <= left_over(tokens)).then_some((respelled, cut_up))
}

/// Marks, particles and politeness.
pub(super) fn is_nothing(kind: Kind) -> bool {
    match kind {
        Kind::Mark(_) => true,
        Kind::Word(meaning) => meaning.is_padding(),
        _ => false,
    }
}
