//! The sheets `survey` and `choices`, row by row.

use std::collections::{HashMap, HashSet};

use super::super::super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::super::super::questions::is_key;
use super::super::draft::{self, Draft, DraftKind, DraftOption, DraftQuestion, InLanguages};
use super::super::json::shown;
use super::super::labels::{labels, with_options};
use super::super::naming::Keys;
use super::super::questionnaire::digits;
use super::super::{Imported, Loss, Wishes, stock};
use super::columns::{self, Column, Table};
use super::expression::{self, Part};
use super::limits::{Limits, parameters};
use super::types::{TYPES, Type, kind};
use crate::language::Language;

/// A choice of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) labels: Vec<(Option<String>, String)>,
}

/// Reads the sheet `choices`: the lists, by name.
pub(super) fn lists(
    table: &Table<'_>,
    losses: &mut Vec<Loss>,
    faults: &mut Diagnostics,
) -> HashMap<String, Vec<Choice>> {
    let mut lists: HashMap<String, Vec<Choice>> = HashMap::new();
    for row in 1..table.len() {
        let (list, name) = (table.get(row, "list_name"), table.get(row, "name"));
        let is_blank = table.columns().all(|(column, _)| table.cell(row, column).is_empty());
        if is_blank {
            continue;
        }
        for (title, cell) in [("list_name", list), ("name", name)] {
            if cell.is_empty() {
                faults.push(table.fault_at(row, title, format!("`{title}` is missing in this row")));
            }
        }
        let mut choice = Choice { name: name.to_owned(), labels: Vec::new() };
        for (column, kind) in table.columns() {
            let cell = table.cell(row, column);
            match kind {
                Column::Label(language) => choice.labels.push((language.map(ToOwned::to_owned), cell.to_owned())),
                Column::Plain("list_name" | "name") => {}
                _ if cell.is_empty() => {}
                _ => losses.push(Loss::new(table.place(row, Some(column)), "this column of a choice is not read")),
            }
        }
        if list.is_empty() || name.is_empty() {
            continue;
        }
        let known = lists.entry(list.to_owned()).or_default();
        if known.iter().any(|other| other.name == name) {
            faults.push(table.fault_at(
                row,
                "name",
                format!("`{}` is twice in the list `{}`", shown(name), shown(list)),
            ));
        }
        known.push(choice);
    }
    lists
}

/// A question that is asked: for the conditions of later ones.
#[derive(Debug)]
pub(super) struct Asked {
    key: String,
    kind: DraftKind,
    /// The names of its choices, and what a condition calls them.
    answers: Vec<(String, String)>,
}

/// A group that is open.
#[derive(Debug, Default)]
pub(super) struct Group {
    row: usize,
    is_repeat: bool,
    conditions: Vec<(String, String)>,
}

pub(super) struct Survey {
    /// The language of columns that say none.
    pub(super) base: Option<Language>,
    pub(super) lists: HashMap<String, Vec<Choice>>,
    pub(super) keys: Keys,
    /// In which row each name stands.
    pub(super) rows: HashMap<String, usize>,
    pub(super) asked: HashMap<String, Asked>,
    pub(super) groups: Vec<Group>,
    pub(super) draft: Draft,
    pub(super) losses: Vec<Loss>,
    pub(super) faults: Diagnostics,
}

impl Survey {
    pub(super) fn read(&mut self, table: &Table<'_>) {
        if table.column(&Column::Plain("type")).is_none() {
            let fault = table.fault(0, 0, "the sheet has no column `type`: this is no XLSForm");
            self.faults.push(fault.hint("the first row names the columns: type, name, label, …"));
            return;
        }
        for row in 1..table.len() {
            let is_blank = table.columns().all(|(column, _)| table.cell(row, column).is_empty());
            if !is_blank {
                self.row(table, row);
            }
        }
        for group in std::mem::take(&mut self.groups) {
            self.faults.push(table.fault_at(group.row, "type", "this group is never ended"));
        }
    }

    fn lose(&mut self, table: &Table<'_>, row: usize, title: &'static str, what: impl Into<String>) {
        let place = table.place(row, table.column(&Column::Plain(title)));
        self.losses.push(Loss::new(place, what));
    }

    fn row(&mut self, table: &Table<'_>, row: usize) {
        let cell = table.get(row, "type");
        if cell.is_empty() {
            self.faults.push(table.fault_at(row, "type", "`type` is missing in this row"));
            return;
        }
        let Some(kind) = kind(cell) else {
            let fault = table.fault_at(row, "type", format!("unknown type `{}`", shown(cell)));
            let word = cell.split_whitespace().next().unwrap_or_default();
            self.faults.push(match did_you_mean(word, TYPES) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None => fault.hint(format!("the types that are read are {}", TYPES.join(", "))),
            });
            return;
        };
        if let Type::End { repeat } = kind {
            return match self.groups.pop() {
                Some(group) if group.is_repeat == repeat => {}
                Some(group) => {
                    let message = format!("this ends something else than what was begun in row {}", group.row + 1);
                    self.faults.push(table.fault_at(row, "type", message));
                }
                None => self.faults.push(table.fault_at(row, "type", "nothing was begun that this could end")),
            };
        }
        let name = table.get(row, "name");
        if name.is_empty() && !matches!(kind, Type::Text(_)) {
            self.faults.push(table.fault_at(row, "name", "`name` is missing in this row"));
        } else if let Some(first) = self.rows.insert(name.to_owned(), row).filter(|_| !name.is_empty()) {
            let message = format!("the name `{}` is already that of row {}", shown(name), first + 1);
            self.faults.push(table.fault_at(row, "name", message));
        }
        let inside_repeat = self.groups.iter().any(|group| group.is_repeat);
        match kind {
            Type::Begin { repeat } => {
                let conditions = if repeat { Vec::new() } else { self.conditions(table, row) };
                self.groups.push(Group { row, is_repeat: repeat, conditions });
                if repeat {
                    self.lose(
                        table,
                        row,
                        "type",
                        "left out with all of its questions: it may be answered several times",
                    );
                } else if let Some((column, text)) = self.label(table, row) {
                    let place = table.place(row, Some(column));
                    self.losses.push(Loss::new(place, format!("the group's heading is not said: {}", shown(&text))));
                }
                self.others(table, row, &["type", "name", "relevant"], false);
            }
            _ if inside_repeat => {}
            Type::LeftOut(reason) => self.lose(table, row, "type", format!("{} is left out: {reason}", shown(name))),
            Type::Text(word) => self.text(table, row, word),
            asked => self.question(table, row, &asked),
        }
    }

    /// The label of a row in any language.
    fn label(&self, table: &Table<'_>, row: usize) -> Option<(usize, String)> {
        let label = table
            .columns()
            .find(|(column, kind)| matches!(kind, Column::Label(_)) && !table.cell(row, *column).is_empty());
        label.map(|(column, _)| (column, table.cell(row, column).to_owned()))
    }

    fn language(&self, name: Option<&str>) -> Option<Language> {
        name.map_or(self.base, columns::language).filter(|language| self.draft.languages.contains(language))
    }

    /// The texts of a row in the columns of one kind, made fit.
    fn texts(&mut self, table: &Table<'_>, row: usize, of: impl Fn(Column<'_>) -> Option<Option<&str>>) -> InLanguages {
        let mut texts = InLanguages::new();
        for (column, kind) in table.columns() {
            let Some(name) = of(kind) else { continue };
            let Some(language) = self.language(name) else { continue };
            let (text, changes) = draft::text(table.cell(row, column), language, false);
            for change in changes {
                self.losses.push(Loss::new(table.place(row, Some(column)), change));
            }
            if !text.is_empty() {
                texts.entry(language).or_insert(text);
            }
        }
        texts
    }

    fn text(&mut self, table: &Table<'_>, row: usize, word: &str) {
        if !word.eq_ignore_ascii_case("note") {
            self.lose(table, row, "type", "that somebody ticks a text as read: it is only sent");
        }
        let texts = self.texts(table, row, of_label);
        if !self.draft.questions.is_empty() {
            let text =
                self.draft.languages.iter().find_map(|language| texts.get(language)).cloned().unwrap_or_default();
            let what = format!("a text that asks nothing can only stand before the first question: {}", shown(&text));
            return self.lose(table, row, "type", what);
        }
        if !table.get(row, "relevant").is_empty() {
            self.lose(table, row, "relevant", "a text before the first question is sent always");
        }
        for (language, text) in texts {
            let introduction = self.draft.introduction.entry(language).or_default();
            if introduction.is_empty() && !text.contains("{center}") {
                introduction.push_str("{center}: ");
            } else if !introduction.is_empty() {
                introduction.push(' ');
            }
            introduction.push_str(&text);
        }
        self.others(table, row, &["type", "name", "relevant"], false);
    }

    /// Tells of every cell of a row that nothing was made of.
    fn others(&mut self, table: &Table<'_>, row: usize, read: &[&str], is_asked: bool) {
        for (column, kind) in table.columns() {
            let cell = table.cell(row, column);
            let told = match kind {
                Column::Label(_) => false,
                Column::Hint(_) | Column::ConstraintMessage(_) => !is_asked,
                Column::Plain(title) => !read.contains(&title),
            };
            if told && !cell.is_empty() {
                let what = format!("cannot be carried over: {}", shown(cell));
                self.losses.push(Loss::new(table.place(row, Some(column)), what));
            }
        }
    }

    fn question(&mut self, table: &Table<'_>, row: usize, asked: &Type<'_>) {
        let name = table.get(row, "name").to_owned();
        let labels = self.texts(table, row, of_label);
        let hints = self.texts(table, row, of_hint);
        let messages = self.texts(table, row, of_message);
        let conditions = self.conditions(table, row);
        let limits = self.constraint(table, row);
        let required = self.required(table, row);
        self.others(table, row, &["type", "name", "relevant", "required", "constraint", "parameters"], true);
        if table.get(row, "read_only").eq_ignore_ascii_case("yes") || table.get(row, "read_only") == "true()" {
            return self.lose(table, row, "read_only", "left out: it is only shown, not asked");
        }
        let Some((kind, choices)) = self.kind(table, row, asked, &limits, &labels) else { return };
        let ask = self.with_choices(table, row, labels, &kind, &choices);
        if ask.is_empty() {
            return self.lose(table, row, "name", "left out: it has no label, so nothing can be asked");
        }
        let english = ask.get(&Language::En).map_or("", String::as_str);
        let wanted = match kind {
            DraftKind::Temperature if !is_key(&name) => ["temperature", ""],
            DraftKind::Oxygen if !is_key(&name) => ["oxygen", ""],
            _ => [name.as_str(), english],
        };
        let key = self.keys.give(&wanted, "question");
        if key != name {
            self.lose(table, row, "name", format!("its key here is `{key}`: a key is a word in small letters"));
        }
        let condition = match self.draft.one_of(&conditions) {
            Ok(condition) => condition,
            Err(what) => {
                self.lose(table, row, "relevant", what);
                None
            }
        };
        let answers = choices.iter().map(|choice| (choice.choice.name.clone(), choice.answer.clone())).collect();
        self.asked.insert(name, Asked { key: key.clone(), kind: kind.clone(), answers });
        // What is wrong with an answer is said before the question, how to answer behind it.
        let again = ask.iter().filter_map(|(language, ask)| {
            let message = messages.get(language).map(|message| format!("{message} {ask}"));
            let again = message.or_else(|| hints.get(language).map(|hint| format!("{ask} {hint}")))?;
            Some((*language, again))
        });
        let again = again.collect();
        self.draft.questions.push(DraftQuestion { key, kind, required, condition, ask, again });
    }

    fn required(&mut self, table: &Table<'_>, row: usize) -> bool {
        match table.get(row, "required").to_ascii_lowercase().as_str() {
            "yes" | "true" | "true()" | "1" => true,
            "" | "no" | "false" | "false()" | "0" => false,
            _ => {
                self.lose(table, row, "required", "whether it is required depends on other answers; here it is");
                true
            }
        }
    }

    /// On what a row depends, the groups around it included.
    fn conditions(&mut self, table: &Table<'_>, row: usize) -> Vec<(String, String)> {
        let mut conditions: Vec<(String, String)> =
            self.groups.iter().flat_map(|group| group.conditions.clone()).collect();
        let formula = table.get(row, "relevant");
        if !formula.is_empty() {
            let parts = expression::parse(formula)
                .and_then(|parts| parts.iter().map(|part| self.condition(part)).collect::<Result<Vec<_>, String>>());
            match parts {
                Ok(found) => conditions.extend(found),
                Err(reason) => {
                    let what = format!("{reason}; it is asked always. The formula is {}", shown(formula));
                    self.lose(table, row, "relevant", what);
                }
            }
        }
        let mut seen = HashSet::new();
        conditions.retain(|condition| seen.insert(condition.clone()));
        conditions
    }

    fn condition(&self, part: &Part) -> Result<(String, String), String> {
        let find = |question: &str| {
            self.asked
                .get(question)
                .ok_or_else(|| format!("there is no earlier question `{}` that is asked", shown(question)))
        };
        match part {
            Part::Is { question, value } => {
                let asked = find(question)?;
                let answer = asked.answers.iter().find(|(name, _)| name == value).map(|(_, answer)| answer.clone());
                match answer {
                    Some(answer) if !answer.is_empty() => Ok((asked.key.clone(), answer)),
                    _ => Err(format!("a condition cannot ask whether `{}` is `{}`", shown(question), shown(value))),
                }
            }
            Part::Answered { question } => {
                let asked = find(question)?;
                match asked.kind {
                    DraftKind::Temperature | DraftKind::Oxygen | DraftKind::Number(..) => {
                        Ok((asked.key.clone(), "measured".to_owned()))
                    }
                    _ => Err(format!("a condition cannot ask whether `{}` was answered", shown(question))),
                }
            }
            _ => Err("a condition must be about an earlier question".to_owned()),
        }
    }

    /// The range and the pattern of an answer.
    fn constraint(&mut self, table: &Table<'_>, row: usize) -> Limits {
        let mut limits = Limits::default();
        let formula = table.get(row, "constraint");
        if !formula.is_empty() {
            match expression::parse(formula) {
                Ok(parts) => {
                    limits.is_given = true;
                    for part in parts {
                        match part {
                            Part::Least { bound, included } => limits.min = Some((bound, included)),
                            Part::Most { bound, included } => limits.max = Some((bound, included)),
                            Part::Pattern(pattern) => limits.pattern = Some(pattern),
                            _ => self.lose(table, row, "constraint", "a comparison with other answers"),
                        }
                    }
                }
                Err(reason) => {
                    let what = format!("{reason}. The formula is {}", shown(formula));
                    self.lose(table, row, "constraint", what);
                }
            }
        }
        limits
    }

    fn kind(
        &mut self,
        table: &Table<'_>,
        row: usize,
        asked: &Type<'_>,
        limits: &Limits,
        labels: &InLanguages,
    ) -> Option<(DraftKind, Vec<Chosen>)> {
        let is_measured = matches!(asked, Type::Integer | Type::Decimal);
        if is_measured && let Some(kind) = limits.measures(table.get(row, "name"), labels) {
            let (what, own) = match kind {
                DraftKind::Temperature => ("a body temperature in °C", "34.0 to 42.0"),
                _ => ("an oxygen level in %", "50 to 100"),
            };
            let range = if limits.is_given { format!("; its range is here always {own}") } else { String::new() };
            self.lose(table, row, "type", format!("taken as {what}, going by its name and label: is it one?{range}"));
            return Some((kind, Vec::new()));
        }
        let kind = match asked {
            Type::One(list) | Type::Several(list) => {
                let Some(choices) = self.lists.get(*list).cloned() else {
                    let known: Vec<&str> = self.lists.keys().map(String::as_str).collect();
                    let fault =
                        table.fault_at(row, "type", format!("there is no list `{}` in the sheet choices", shown(list)));
                    self.faults.push(match did_you_mean(list, known) {
                        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                        None => fault,
                    });
                    return None;
                };
                if table.get(row, "type").ends_with("or_other") {
                    self.lose(table, row, "type", "own words beside the choices (or_other) are not taken");
                }
                return self.choice(table, row, &choices, matches!(asked, Type::Several(_)));
            }
            Type::Integer => limits.number(),
            Type::Range => parameters(table.get(row, "parameters")),
            Type::Decimal => {
                let what =
                    "a number with a point that is no body temperature: asked as own words, which nothing judges";
                self.lose(table, row, "type", what);
                return Some((DraftKind::Text, Vec::new()));
            }
            Type::Unread => {
                let what = format!("`{}` is asked as own words, which nothing checks", table.get(row, "type"));
                self.lose(table, row, "type", what);
                return Some((DraftKind::Text, Vec::new()));
            }
            _ => {
                let digits = limits.pattern.as_deref().and_then(digits);
                if digits.is_none() && limits.is_given {
                    self.lose(table, row, "constraint", "own words are taken as they are");
                }
                let kind = digits.map_or(DraftKind::Text, |(min, max)| DraftKind::Identifier(min, max));
                return Some((kind, Vec::new()));
            }
        };
        let (kind, is_kept) = kind;
        if !is_kept && let DraftKind::Number(min, max) = kind {
            let title = if matches!(asked, Type::Range) { "parameters" } else { "constraint" };
            self.lose(table, row, title, format!("its range is missing or cannot be kept: here it is {min} to {max}"));
        }
        Some((kind, Vec::new()))
    }

    fn choice(
        &mut self,
        table: &Table<'_>,
        row: usize,
        choices: &[Choice],
        several: bool,
    ) -> Option<(DraftKind, Vec<Chosen>)> {
        let chosen = |answer: &str, number: u8, choice: &Choice| Chosen {
            answer: answer.to_owned(),
            number,
            choice: choice.clone(),
        };
        let yes_no: Option<Vec<&str>> = choices.iter().map(Choice::yes_no).collect();
        if let (false, Some(words)) = (several, yes_no)
            && words.contains(&"yes")
            && words.contains(&"no")
            && words.len() <= 3
        {
            // That somebody does not know is an answer, and nothing that a condition can ask for.
            let answer = |word: &str| if word == "unknown" { String::new() } else { word.to_owned() };
            let all = choices.iter().zip(&words).map(|(choice, word)| chosen(&answer(word), 0, choice));
            return Some((DraftKind::YesNo(None), all.collect()));
        }
        let mut keys = Keys::default();
        let mut found = Vec::new();
        let mut list = Vec::new();
        let none = choices.iter().position(Choice::is_none).filter(|_| several);
        let real = choices.len() - usize::from(none.is_some());
        if real == 0 || real > 63 {
            self.lose(table, row, "type", format!("left out: it has {real} choices, and 1 to 63 can be asked for"));
            return None;
        }
        // Names that are the numbers themselves are what people are used to.
        let own: Option<Vec<u8>> = choices
            .iter()
            .enumerate()
            .filter(|(at, _)| Some(*at) != none)
            .map(|(_, choice)| choice.name.parse().ok())
            .collect();
        let own = own.filter(|own| own.iter().all(|number| (1..=63).contains(number)));
        let mut numbers = own.unwrap_or_else(|| (1..=63).collect()).into_iter();
        for (at, choice) in choices.iter().enumerate() {
            if Some(at) == none {
                found.insert(0, chosen("", 0, choice));
                continue;
            }
            let number = numbers.next().unwrap_or_default();
            let english = choice
                .labels
                .iter()
                .find(|(name, _)| name.as_deref().map_or(self.base, columns::language) == Some(Language::En));
            let english = english.map_or("", |(_, label)| label.as_str());
            let key = keys.give(&[&choice.name, english], "option");
            list.push(DraftOption { number, key: key.clone() });
            found.push(chosen(&key, number, choice));
        }
        Some((if several { DraftKind::Options(list) } else { DraftKind::Choice(list) }, found))
    }

    /// The labels with the choices behind them, where they are not in them already.
    fn with_choices(
        &mut self,
        table: &Table<'_>,
        row: usize,
        texts: InLanguages,
        kind: &DraftKind,
        choices: &[Chosen],
    ) -> InLanguages {
        let mut out = InLanguages::new();
        for (language, text) in texts {
            let Some(stock) = stock::of(language) else { continue };
            let words = |chosen: &Chosen| {
                let label = chosen.choice.labels.iter().find(|(name, label)| {
                    !label.is_empty() && name.as_deref().map_or(self.base, columns::language) == Some(language)
                });
                label.map(|(_, label)| draft::text(label, language, false).0)
            };
            let listed: Option<Vec<(u8, String)>> = match kind {
                DraftKind::YesNo(_) => Some(vec![(1, stock.yes.clone()), (2, stock.no.clone())]),
                DraftKind::Choice(_) | DraftKind::Options(_) => {
                    let has_none = choices.iter().any(|chosen| chosen.number == 0);
                    let zero =
                        (matches!(kind, DraftKind::Options(_)) && !has_none).then(|| Some((0, stock.none.clone())));
                    let all = choices.iter().map(|chosen| Some((chosen.number, words(chosen)?)));
                    zero.into_iter().chain(all).collect()
                }
                _ => Some(Vec::new()),
            };
            let Some(listed) = listed else {
                let what =
                    format!("its choices have no labels in `{language}`, so its text in this language is missing too");
                self.lose(table, row, "type", what);
                continue;
            };
            let numbers: Vec<u8> = listed.iter().map(|(number, _)| *number).filter(|number| *number != 0).collect();
            let text = if numbers.is_empty() || labels(&text, &numbers).is_some() {
                text
            } else {
                with_options(&text, &stock.between, listed.iter().map(|(number, label)| (*number, label.as_str())))
            };
            out.insert(language, text);
        }
        out
    }

    pub(super) fn finish(mut self, file: &str, wishes: &Wishes<'_>) -> Result<Imported, Diagnostics> {
        if self.faults.is_empty() && self.draft.questions.is_empty() {
            let mut fault = Diagnostic::of_file(file, "there is no question here that a text message can ask");
            if let Some(loss) = self.losses.first() {
                fault = fault.hint(loss.to_string());
            }
            self.faults.push(fault);
        }
        if !self.faults.is_empty() {
            self.faults.sort();
            return Err(self.faults);
        }
        for question in &self.draft.questions {
            for language in self.draft.languages.iter().filter(|language| !question.ask.contains_key(language)) {
                let what = format!("it has no text in `{language}`: write it before the dialog can be used");
                self.losses.push(Loss::new(&question.key, what));
            }
        }
        self.draft.require_something(&mut self.losses);
        self.draft.say_what_is_left(&mut self.losses);
        Ok(Imported { files: self.draft.files(wishes), losses: self.losses })
    }
}

const fn of_label(column: Column<'_>) -> Option<Option<&str>> {
    if let Column::Label(language) = column { Some(language) } else { None }
}

const fn of_hint(column: Column<'_>) -> Option<Option<&str>> {
    if let Column::Hint(language) = column { Some(language) } else { None }
}

const fn of_message(column: Column<'_>) -> Option<Option<&str>> {
    if let Column::ConstraintMessage(language) = column { Some(language) } else { None }
}

/// A choice, as it is asked for.
#[derive(Debug)]
struct Chosen {
    choice: Choice,
    /// What a condition calls it; empty if none can ask for it.
    answer: String,
    number: u8,
}

impl Choice {
    fn words(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.name)
            .chain(self.labels.iter().map(|(_, label)| label))
            .map(|word| word.trim().to_lowercase())
    }

    /// Whether it says yes, no, or that somebody does not know.
    fn yes_no(&self) -> Option<&'static str> {
        self.words().find_map(|word| match word.as_str() {
            "yes" | "y" => Some("yes"),
            "no" | "n" => Some("no"),
            "unknown" | "dk" | "dont_know" | "don_t_know" | "don't know" | "not_sure" | "not sure" | "unsure" => {
                Some("unknown")
            }
            _ => None,
        })
    }

    /// Whether it means that none of the others is chosen.
    fn is_none(&self) -> bool {
        self.words().any(|word| word == "none" || word.starts_with("none of ") || word == "none_of_these")
    }
}
