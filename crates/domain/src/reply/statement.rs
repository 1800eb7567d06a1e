//! What a text says of symptoms and states: each thing named, and whether it is said, denied or over. Parts are
//! put together (chest and pain) by the rules of the lexicon.

use super::Concept;
use super::lexicon::{Kind as Sort, Lexicon};
use super::meaning::{Denial, DenialAnswer, Meaning, Reach};
use super::normalise::{is_han, is_kana, is_latin};
use super::tokens::{Kind, Token};

/// Whether something named is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    /// It is.
    Said,
    /// It is not.
    Denied,
    /// It was.
    Over,
    /// Denied twice, or perhaps.
    Unsure,
}

/// One thing that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    /// What.
    pub(super) concept: Concept,
    /// Whether it is there.
    pub(super) polarity: Polarity,
    /// The index of the token that names it; of the last one, if several do.
    pub(super) token: usize,
    /// In which sentence.
    pub(super) sentence: u32,
    /// Ends a statement: 痛い, not 痛み.
    pub(super) finite: bool,
    /// Has gone into another statement, as chest and pain go into chest pain.
    pub(super) absorbed: bool,
}

/// All that a text says.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// What is named, in order, put-together ones behind their parts.
    pub(super) list: Vec<Statement>,
    /// Denials that deny nothing in particular: (token, what they answer).
    pub(super) loose: Vec<(usize, DenialAnswer)>,
    /// "It is over" without saying what: the token that says so last.
    pub(super) loose_over: Option<usize>,
    /// Something other than a statement is denied, such as a value or an unknown word.
    pub(super) stray_denial: bool,
    /// A sentence holds a wish, a question of advice or a supposition: (sentence).
    wishes: Vec<u32>,
    /// A sentence tells what another person had long ago: (sentence).
    histories: Vec<u32>,
}

impl Statements {
    /// Those that stand for themselves.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Statement> {
        self.list.iter().filter(|statement| !statement.absorbed)
    }

    /// Whether a statement's sentence tells what another person had long ago: 祖父は以前、心臓の病気でした.
    pub(super) fn is_history(&self, statement: &Statement) -> bool {
        self.histories.contains(&statement.sentence)
    }

    /// Those that stand for themselves among the tokens `from` to `to`, both included. Statements are in the order of
    /// their tokens, so this does not depend on the length of the text.
    pub(super) fn near(&self, from: usize, to: usize) -> impl Iterator<Item = &Statement> {
        let first = self.list.partition_point(|statement| statement.token < from);
        self.list[first..]
            .iter()
            .take_while(move |statement| statement.token <= to)
            .filter(|statement| !statement.absorbed)
    }

    /// Whether a statement's sentence tells of a wish or a supposition.
    pub(super) fn is_wished(&self, statement: &Statement) -> bool {
        self.wishes.contains(&statement.sentence)
    }
}

/// How many statements apart two parts of one whole may be.
const WINDOW: usize = 4;

/// Reads all statements of a text.
pub(super) fn statements(lexicon: &Lexicon, text: &str, tokens: &[Token]) -> Statements {
    let mut found = Statements::default();
    // Which statement a token is, if it is one.
    let mut named: Vec<Option<usize>> = vec![None; tokens.len()];
    let mut sentence = 0;
    // Of the current sentence: whether it names another person, a time long gone, and a nearer time.
    let (mut person, mut long_ago, mut lately) = (false, false, false);
    // Of the current sentence: whether it has named a machine, and nobody; and where it begins.
    let mut machine = false;
    let mut begin = tokens.first().map_or(0, |token| token.start);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Word(Meaning::Device) => machine = !person,
            Kind::Word(Meaning::Person) => (person, machine) = (true, false),
            Kind::Word(Meaning::LongAgo) => long_ago = true,
            Kind::Word(Meaning::Now | Meaning::Past | Meaning::Persist) => lately = true,
            _ => {}
        }
        let (concept, finite) = match token.kind {
            // A machine that does not react is no unconscious patient.
            Kind::Word(Meaning::Mention(concept)) if machine && concept == lexicon.response => continue,
            Kind::Word(Meaning::Mention(concept)) => (concept, false),
            Kind::Word(Meaning::Predicate(concept)) => (concept, true),
            Kind::Mark(mark @ ('。' | '.' | '!' | '?' | ';' | '\n')) => {
                if mark == '?' {
                    found.wishes.push(sentence);
                }
                if std::mem::take(&mut person) & std::mem::take(&mut long_ago) & !std::mem::take(&mut lately)
                    && may_be_past(&text[begin..token.start])
                {
                    found.histories.push(sentence);
                }
                machine = false;
                begin = token.end;
                sentence += 1;
                continue;
            }
            Kind::Word(Meaning::But) => {
                (person, long_ago, lately) = (false, false, false);
                begin = token.end;
                sentence += 1;
                continue;
            }
            Kind::Word(Meaning::Wish | Meaning::Question) => {
                found.wishes.push(sentence);
                continue;
            }
            _ => continue,
        };
        named[at] = Some(found.list.len());
        found.list.push(Statement { concept, polarity: Polarity::Said, token: at, sentence, finite, absorbed: false });
    }
    let end = tokens.last().map_or(begin, |token| token.end);
    if person && long_ago && !lately && may_be_past(&text[begin..end]) {
        found.histories.push(sentence);
    }
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Word(Meaning::Denial(denial)) => deny(lexicon, &mut found, text, tokens, &named, at, denial),
            // 咳はすっかり治りました tells of the cough, not of the patient.
            Kind::Word(Meaning::Mention(concept)) if is_recovery_of_a_symptom(lexicon, tokens, at, concept) => {
                if reach_back(lexicon, &mut found, tokens, &named, at, Polarity::Over)
                    && let Some(index) = named[at]
                {
                    found.list[index].absorbed = true;
                }
            }
            Kind::Word(Meaning::Gone) => {
                let of_something = reach_back(lexicon, &mut found, tokens, &named, at, Polarity::Over);
                if !of_something {
                    found.loose_over = Some(at);
                }
            }
            _ => {}
        }
    }
    combine(lexicon, &mut found);
    invert(lexicon, &mut found);
    combine(lexicon, &mut found);
    found
}

/// Whether a sentence may tell of the past. In Japanese its end says so: 父は昔、心臓の病気でした, but 父は昔から心臓が悪く
/// 胸が痛いです. Of other languages nothing is said here.
fn may_be_past(sentence: &str) -> bool {
    const BEHIND: [&str; 12] = [
        "ことがあります",
        "ことがある",
        "そうです",
        "のです",
        "んです",
        "です",
        "そう",
        "けど",
        "ので",
        "よ",
        "ね",
        "が",
    ];
    if !sentence.contains(is_kana) {
        return true;
    }
    let mut end = sentence.trim_end_matches(|c: char| !is_kana(c) && !is_han(c));
    while let Some(rest) = BEHIND.iter().find_map(|word| end.strip_suffix(word)) {
        end = rest;
    }
    end.ends_with('た') || end.ends_with("死んだ")
}

/// Whether "recovered" is said of a symptom that stands right before it.
fn is_recovery_of_a_symptom(lexicon: &Lexicon, tokens: &[Token], at: usize, concept: Concept) -> bool {
    if lexicon.traits(concept).status.is_none() || lexicon.key(concept) != "recovered" {
        return false;
    }
    let said = |kind: &Kind| !matches!(kind, Kind::Word(Meaning::Filler | Meaning::Now));
    match tokens[..at].iter().rev().map(|token| token.kind).find(said) {
        Some(Kind::Word(Meaning::Mention(before))) => {
            let traits = lexicon.traits(before);
            matches!(traits.kind, Sort::Symptom | Sort::Unclear) || traits.breathless || traits.sign.is_some()
        }
        _ => false,
    }
}

fn deny(
    lexicon: &Lexicon,
    found: &mut Statements,
    text: &str,
    tokens: &[Token],
    named: &[Option<usize>],
    at: usize,
    denial: Denial,
) {
    let attached = match denial.reach {
        Reach::None => false,
        Reach::Backward => reach_back(lexicon, found, tokens, named, at, Polarity::Denied),
        // "Chest pain: no" is read backwards, as long as nothing follows.
        Reach::Forward => {
            reach_forward(found, text, tokens, named, at, denial.answer)
                || (at > 0
                    && only_fillers_behind(tokens, at)
                    && reach_back(lexicon, found, tokens, named, at, Polarity::Denied))
        }
    };
    if attached {
        return;
    }
    let beside = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(|token| token.kind);
    let neighbour = match denial.reach {
        Reach::None => None,
        // 時間がない is about the time, whatever that is.
        Reach::Backward => beside((0..at).rev().find(|before| tokens[*before].kind != Kind::Word(Meaning::Filler))),
        Reach::Forward => beside(Some(at + 1)),
    };
    let denies_other = matches!(
        neighbour,
        Some(
            Kind::Unknown
                | Kind::Number(_)
                | Kind::Word(Meaning::Yes | Meaning::Present | Meaning::Unit(_) | Meaning::Wish | Meaning::NotTaken)
        )
    );
    // 0なし is our own prompt; 36.5 異常なし denies no number.
    let denies_other = denies_other
        && !matches!(denial.answer, DenialAnswer::NothingWrong | DenialAnswer::NothingElse)
        && !matches!(neighbour, Some(Kind::Number(number)) if number.value == 0);
    // なくない, about nothing in particular.
    let denies_other = denies_other
        || matches!(neighbour, Some(Kind::Word(Meaning::Denial(other))) if other.reach == Reach::Backward && denial.reach == Reach::Backward);
    if denies_other || denial.answer == DenialAnswer::Grammar {
        found.stray_denial = true;
    }
    found.loose.push((at, denial.answer));
}

fn only_fillers_behind(tokens: &[Token], at: usize) -> bool {
    tokens[at + 1..].iter().take(4).all(|token| {
        matches!(token.kind, Kind::Word(Meaning::Filler | Meaning::Now | Meaning::Courtesy) | Kind::Mark(_))
    })
}

/// Marks what stands before a denial. Nouns in a row are denied together; a finished statement before them
/// is not: 胸が痛くて、熱はない denies the fever only.
fn reach_back(
    lexicon: &Lexicon,
    found: &mut Statements,
    tokens: &[Token],
    named: &[Option<usize>],
    at: usize,
    as_what: Polarity,
) -> bool {
    let mut reached = false;
    let mut comma = false;
    let mut duration = false;
    // Directly behind another denial: 苦しくなくはない.
    for before in (0..at).rev() {
        match tokens[before].kind {
            // 小便12小时没有: how long there has been none.
            Kind::Aside | Kind::Word(Meaning::Remark) if !reached => duration = true,
            Kind::Word(
                Meaning::Filler
                | Meaning::Now
                | Meaning::And
                | Meaning::Or
                | Meaning::Little
                | Meaning::Still
                | Meaning::All,
            )
            | Kind::Mark(':' | '-') => {}
            // 鼻水だけない; but 咳だけで熱はない.
            Kind::Word(Meaning::Only) if !reached => {}
            Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_)) => {
                let Some(statement) = named[before].map(|index| &mut found.list[index]) else { break };
                // "Cough for two days, no": it is the urine, or the appetite, that there has been none of.
                if duration && lexicon.traits(statement.concept).kind != Sort::Healthy {
                    break;
                }
                // 除了咳嗽都没有 denies all but the cough.
                if is_excepted(tokens, before) {
                    break;
                }
                // 変わりなく苦しくありません denies the second only.
                let course = lexicon.traits(statement.concept).course.is_some();
                if reached && (statement.finite || statement.polarity != Polarity::Said || course) {
                    break;
                }
                statement.polarity = match (statement.polarity, comma) {
                    (Polarity::Said, false) => as_what,
                    _ => Polarity::Unsure,
                };
                reached = true;
            }
            // 胸痛・息切れなし: a dot between two words makes one list of them.
            Kind::Mark('・' | '/') if reached => {}
            Kind::Mark('、' | ',') if reached => comma = true,
            Kind::Word(Meaning::Denial(_)) if !reached => {
                // Said twice: neither yes nor no.
                let mut denied = found
                    .list
                    .iter_mut()
                    .rev()
                    .skip_while(|statement| statement.token > before)
                    .take_while(|statement| matches!(statement.polarity, Polarity::Denied | Polarity::Unsure))
                    .peekable();
                if denied.peek().is_none() {
                    break;
                }
                denied.for_each(|statement| statement.polarity = Polarity::Unsure);
                return true;
            }
            _ => break,
        }
    }
    reached
}

/// Whether "except" stands in front of something named, and belongs to it: "except a cough", but not "咳以外 鼻水".
fn is_excepted(tokens: &[Token], named: usize) -> bool {
    let mut before = tokens[..named].iter().rev().map(|token| token.kind);
    let says = |kind: &Kind| !matches!(kind, Kind::Word(Meaning::Filler | Meaning::Little));
    before.find(says) == Some(Kind::Word(Meaning::Except))
        && !matches!(before.find(says), Some(Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_)) | Kind::Number(_)))
}

/// Marks what follows a denial, up to the end of the phrase; "no cough, fever or chest pain" is one phrase. A plain
/// no denies things, and no sentence: "no my chest hurts" hurts. Nor does it reach into another script: "no 胸が痛い"
/// are two.
fn reach_forward(
    found: &mut Statements,
    text: &str,
    tokens: &[Token],
    named: &[Option<usize>],
    at: usize,
    answer: DenialAnswer,
) -> bool {
    let latin = |token: &Token| text[token.start..].starts_with(is_latin);
    let own_script = latin(&tokens[at]);
    let mut reached = false;
    let mut held: Vec<usize> = Vec::new();
    // What has been denied since the last comma, "and" or "or".
    let mut phrase: Vec<usize> = Vec::new();
    let mut comma = false;
    for (behind, token) in tokens.iter().enumerate().skip(at + 1) {
        match token.kind {
            Kind::Word(Meaning::And) => phrase.clear(),
            // "No cough, a little tired": what is weakened behind a comma is there.
            Kind::Word(Meaning::Little) if comma => break,
            Kind::Word(
                Meaning::Filler | Meaning::Now | Meaning::Little | Meaning::Still | Meaning::All | Meaning::Person,
            ) => {}
            Kind::Word(Meaning::Or) => {
                phrase.clear();
                for index in held.drain(..) {
                    found.list[index].polarity = Polarity::Denied;
                }
                comma = false;
            }
            Kind::Mark(',' | '、' | '/') if reached => {
                phrase.clear();
                comma = true;
            }
            Kind::Word(Meaning::Mention(_) | Meaning::Predicate(_)) => {
                let Some(index) = named[behind] else { break };
                if latin(token) != own_script || (comma && is_what_is_left(tokens, behind)) {
                    break;
                }
                if answer == DenialAnswer::No && found.list[index].finite {
                    for said in phrase.drain(..) {
                        found.list[said].polarity = Polarity::Said;
                        held.retain(|held| *held != said);
                    }
                    return found.list.iter().any(|statement| {
                        statement.token > at && statement.token < behind && statement.polarity != Polarity::Said
                    });
                }
                phrase.push(index);
                if comma {
                    held.push(index);
                } else if reached
                    && found.list[index].finite
                    && behind > at + 1
                    && !matches!(tokens[behind - 1].kind, Kind::Word(Meaning::Mention(_)))
                {
                    found.list[index].polarity = Polarity::Denied;
                } else {
                    let statement = &mut found.list[index];
                    statement.polarity =
                        if statement.polarity == Polarity::Said { Polarity::Denied } else { Polarity::Unsure };
                }
                reached = true;
            }
            _ => break,
        }
    }
    // A list without an "or": it is not certain how far the no goes.
    for index in held {
        if found.list[index].polarity == Polarity::Said {
            found.list[index].polarity = Polarity::Unsure;
        }
    }
    reached
}

/// Whether "only", or "goes on", stands behind something named: "no more cough, fever only".
fn is_what_is_left(tokens: &[Token], named: usize) -> bool {
    let says = |kind: &Kind| *kind != Kind::Word(Meaning::Filler);
    matches!(
        tokens[named + 1..].iter().map(|token| token.kind).find(says),
        Some(Kind::Word(Meaning::Only | Meaning::Persist))
    )
}

/// Puts parts together, in any order, within one sentence.
fn combine(lexicon: &Lexicon, found: &mut Statements) {
    let old = std::mem::take(&mut found.list);
    let mut absorbed: Vec<bool> = old.iter().map(|statement| statement.absorbed).collect();
    // Each statement with its place in the old list; what is made stands behind its parts and has none.
    let mut next: Vec<(Statement, Option<usize>)> = Vec::with_capacity(old.len() + 4);
    for (index, statement) in old.iter().enumerate() {
        next.push((*statement, Some(index)));
        let first = index.saturating_sub(WINDOW);
        for (before, other) in old.iter().enumerate().take(index).skip(first) {
            if other.sentence != statement.sentence || (other.absorbed && statement.absorbed) {
                continue;
            }
            let Some(concept) = lexicon.combination(other.concept, statement.concept) else { continue };
            // A finished statement in between has taken the part to itself.
            if old[before + 1..index].iter().any(|between| between.finite) {
                continue;
            }
            // 頭が痛い、胸は…: the part behind is another matter if the pain already has its part.
            let taken = other.finite
                && lexicon.traits(statement.concept).part
                && old[before.saturating_sub(WINDOW)..before].iter().any(|part| {
                    part.sentence == other.sentence && lexicon.combination(part.concept, other.concept).is_some()
                });
            if taken {
                continue;
            }
            // 体がだるい is no more than だるい: the part goes into what is said of it.
            if concept == statement.concept {
                absorbed[before] |= !statement.absorbed && other.polarity == Polarity::Said;
                continue;
            }
            let known = |known: &Statement| known.concept == concept && known.token == statement.token;
            if old[first..].iter().take(2 * WINDOW).any(known) {
                continue;
            }
            absorbed[before] = true;
            absorbed[index] = true;
            let polarity = both(other.polarity, statement.polarity);
            next.push((Statement { concept, polarity, absorbed: false, ..*statement }, None));
        }
    }
    found.list = next
        .into_iter()
        .map(|(statement, original)| match original {
            Some(index) => Statement { absorbed: absorbed[index], ..statement },
            None => statement,
        })
        .collect();
}

/// No urine, no appetite: the denied thing is the symptom.
fn invert(lexicon: &Lexicon, found: &mut Statements) {
    for statement in &mut found.list {
        if statement.absorbed {
            continue;
        }
        if let Some(inverse) = lexicon.traits(statement.concept).inverse {
            match statement.polarity {
                Polarity::Denied => {
                    statement.concept = inverse;
                    statement.polarity = Polarity::Said;
                }
                Polarity::Said => {}
                Polarity::Over | Polarity::Unsure => {
                    statement.concept = inverse;
                    statement.polarity = Polarity::Unsure;
                }
            }
        }
    }
}

/// The polarity of a whole from that of its parts.
fn both(one: Polarity, other: Polarity) -> Polarity {
    for decisive in [Polarity::Denied, Polarity::Unsure, Polarity::Over] {
        if one == decisive || other == decisive {
            return decisive;
        }
    }
    Polarity::Said
}
