//! Somebody's FHIR R4 Questionnaire as a dialog, and what of it a text message cannot do. A file that is no valid
//! Questionnaire is refused with each fault at its place.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::super::definition::SourceFile;
use super::super::super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::super::super::questions::is_key;
use super::super::draft::{self, Draft, DraftKind, DraftQuestion, InLanguages};
use super::super::json::{self, Fields, shown};
use super::super::naming::Keys;
use super::super::{Imported, Loss, Wishes, language_of, stock};
use super::element::{Coding, Extension, ExtensionValue, coding, extensions};
use super::kinds::{Limits, whole};
use super::options::{Choosable, choices, value_sets};
use super::{TEXTS_AS_SENT, url};
use crate::language::Language;

/// The item types of R4.
const TYPES: [&str; 16] = [
    "group",
    "display",
    "boolean",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "text",
    "url",
    "choice",
    "open-choice",
    "attachment",
    "reference",
    "quantity",
];

/// Makes a dialog of a Questionnaire.
///
/// # Errors
/// When the file is no JSON, no Questionnaire, or one that breaks the rules of R4: every fault with its place.
pub fn import(file: &SourceFile, wishes: &Wishes<'_>) -> Result<Imported, Diagnostics> {
    let object = json::parse(file)?;
    let mut root = Fields::new(file, &object);
    let mut faults = Diagnostics::default();
    match root.text("resourceType", &mut faults) {
        Some(kind) if kind.value == "Questionnaire" => {}
        Some(kind) => {
            let message = format!("this is a {}, not a Questionnaire", shown(&kind.value));
            return Err(Diagnostic::new(file, kind.span, message).into());
        }
        None if faults.is_empty() => {
            return Err(Diagnostic::of_file(&file.name, "`resourceType` is missing: this is no FHIR resource")
                .hint("expected { \"resourceType\": \"Questionnaire\", … }")
                .into());
        }
        None => return Err(faults),
    }
    let mut reader = Reader {
        file,
        ours: false,
        base: None,
        languages: Vec::new(),
        foreign: HashSet::new(),
        keys: Keys::default(),
        link_ids: HashMap::new(),
        asked: HashMap::new(),
        value_sets: HashMap::new(),
        draft: Draft::default(),
        losses: Vec::new(),
        faults,
    };
    reader.head(&mut root, wishes);
    let items = root.objects("item", &mut reader.faults);
    for (name, span) in root.rest() {
        let place = reader.place(&span, None);
        reader.losses.push(Loss::new(place, format!("`{name}` of the questionnaire itself has no place in a dialog")));
    }
    reader.items(items, &Inherited::default());
    reader.finish(wishes)
}

/// What an item takes over from the group that it stands in.
#[derive(Debug, Clone, Default)]
struct Inherited {
    conditions: Vec<(String, String)>,
}

/// A question that is asked: for the conditions of later ones.
#[derive(Debug)]
pub(super) struct Asked {
    key: String,
    kind: DraftKind,
    options: Vec<Choosable>,
}

pub(super) struct Reader<'f> {
    pub(super) file: &'f SourceFile,
    /// Whether the texts are complete text messages, as we write them.
    pub(super) ours: bool,
    /// The language of texts that say none.
    pub(super) base: Option<Language>,
    /// In the order in which they appear.
    pub(super) languages: Vec<Language>,
    /// Tags of languages that we do not write.
    pub(super) foreign: HashSet<String>,
    pub(super) keys: Keys,
    pub(super) link_ids: HashMap<String, usize>,
    pub(super) asked: HashMap<String, Asked>,
    pub(super) value_sets: HashMap<String, Vec<Choosable>>,
    pub(super) draft: Draft,
    pub(super) losses: Vec<Loss>,
    pub(super) faults: Diagnostics,
}

impl<'f> Reader<'f> {
    fn place(&self, span: &Range<usize>, item: Option<&str>) -> String {
        let line = self.file.text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1;
        match item {
            Some(item) => format!("line {line}, item {}", shown(item)),
            None => format!("line {line}"),
        }
    }

    pub(super) fn lose(&mut self, span: &Range<usize>, item: Option<&str>, what: impl Into<String>) {
        let place = self.place(span, item);
        self.losses.push(Loss::new(place, what));
    }

    /// What stands before the items.
    fn head(&mut self, root: &mut Fields<'_, 'f>, wishes: &Wishes<'_>) {
        if let Some(mut meta) = root.object("meta", &mut self.faults) {
            for mut tag in meta.objects("tag", &mut self.faults) {
                let tag = coding(&mut tag, &mut self.faults);
                self.ours |= tag.system == url::TAG && tag.code == TEXTS_AS_SENT;
            }
        }
        if let Some(property) = root.take("modifierExtension") {
            self.faults.push(
                root.fault(
                    &property.value,
                    "a modifier changes the meaning of the whole questionnaire, and is not known here",
                )
                .hint("without knowing it, nothing may be taken from the questionnaire"),
            );
        }
        let language = root.text("language", &mut self.faults);
        self.base = match (wishes.language, &language) {
            (Some(language), _) => Some(language),
            (None, Some(tag)) => language_of(&tag.value).filter(|language| stock::of(*language).is_some()),
            (None, None) => {
                self.faults.push(
                    Diagnostic::of_file(&self.file.name, "`language` is missing: in which language are the texts?")
                        .hint("say it with --language, such as --language en"),
                );
                None
            }
        };
        if let (None, Some(tag)) = (self.base, language) {
            self.foreign(&tag.value, &tag.span);
        }
        self.languages.extend(self.base);
        for set in root.objects("contained", &mut self.faults) {
            value_sets(set, &mut self.value_sets, &mut self.faults);
        }
        if let Some(status) = root.text("status", &mut self.faults).filter(|status| status.value == "retired") {
            self.lose(&status.span, None, "the questionnaire is retired: its authors use it no more");
        }
        // Names and dates of the resource; the dialog's name is its folder's.
        for name in ["id", "url", "version", "name", "title", "_title", "subjectType", "text", "date", "experimental"] {
            root.take(name);
        }
    }

    fn foreign(&mut self, tag: &str, span: &Range<usize>) {
        if self.foreign.insert(tag.to_owned()) {
            let what = format!("texts in `{}`: no texts are written in this language here", shown(tag));
            self.lose(span, None, what);
        }
    }

    /// A text in its languages, made fit.
    fn texts(
        &mut self,
        base: Option<String>,
        beside: Option<Fields<'_, 'f>>,
        place: (&Range<usize>, &str),
    ) -> InLanguages {
        let mut raw: Vec<(Language, String)> = self.base.zip(base).into_iter().collect();
        for extension in beside.map(|mut beside| extensions(&mut beside, &mut self.faults)).unwrap_or_default() {
            match extension.translation() {
                Some((tag, content)) => match language_of(&tag).filter(|language| stock::of(*language).is_some()) {
                    Some(language) => raw.push((language, content)),
                    None => self.foreign(&tag, &extension.span),
                },
                None => self.lose(&extension.span, Some(place.1), extension.unknown()),
            }
        }
        let mut texts = InLanguages::new();
        for (language, text) in raw {
            if !self.languages.contains(&language) {
                self.languages.push(language);
            }
            let (text, changes) = draft::text(&text, language, self.ours);
            for change in changes {
                self.lose(place.0, Some(place.1), format!("in `{language}`: {change}"));
            }
            if !text.is_empty() {
                texts.entry(language).or_insert(text);
            }
        }
        texts
    }

    fn items(&mut self, items: Vec<Fields<'_, 'f>>, inherited: &Inherited) {
        for item in items {
            self.item(item, inherited);
        }
    }

    fn item(&mut self, mut item: Fields<'_, 'f>, inherited: &Inherited) {
        let span = item.span.clone();
        let start = span.start..span.start + 1;
        let before = self.faults.len();
        let id = item.text("linkId", &mut self.faults);
        let kind = item.text("type", &mut self.faults);
        if before == self.faults.len() {
            for (name, there) in [("linkId", id.is_some()), ("type", kind.is_some())] {
                if !there {
                    self.faults.push(Diagnostic::new(
                        self.file,
                        start.clone(),
                        format!("`{name}` is missing in this item"),
                    ));
                }
            }
        }
        let (Some(id), Some(kind)) = (id, kind) else { return };
        let line = item.line(id.span.start);
        if let Some(first) = self.link_ids.insert(id.value.clone(), line) {
            let message = format!("the linkId `{}` is already that of the item in line {first}", shown(&id.value));
            self.faults.push(Diagnostic::new(self.file, id.span.clone(), message));
        }
        // `coding` and `question` are R5's.
        let known = TYPES.contains(&kind.value.as_str()) || matches!(kind.value.as_str(), "coding" | "question");
        if !known {
            let fault = Diagnostic::new(self.file, kind.span, format!("unknown item type `{}`", shown(&kind.value)));
            self.faults.push(match did_you_mean(&kind.value, TYPES) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None => fault.hint(format!("the types of R4 are {}", TYPES.join(", "))),
            });
            return;
        }
        let (id, kind) = (id.value, kind.value);
        let name = Some(id.as_str());
        let text = item.text("text", &mut self.faults).map(|text| text.value);
        let beside = item.object("_text", &mut self.faults);
        let children = item.objects("item", &mut self.faults);
        let conditions = self.conditions(&mut item, &id, inherited);
        let mut limits = self.limits(&mut item, &id);
        if let Some(property) = item.take("modifierExtension") {
            let range = property.range;
            self.lose(&(range.start..range.end), name, "a modifier that is not known here");
            limits.left_out = Some("a modifier changes its meaning");
        }
        match kind.as_str() {
            "group" => {
                if let Some(text) = text {
                    self.lose(&span, name, format!("the group's heading is not said: {}", shown(&text)));
                }
                if item.flag("repeats", &mut self.faults) == Some(true) {
                    self.lose(
                        &span,
                        name,
                        "the group may be answered several times; here its questions are asked once",
                    );
                }
                item.take("required");
                self.rest(item, &id);
                if let Some(reason) = limits.left_out {
                    self.lose(&span, name, format!("the group is left out with all of its questions: {reason}"));
                } else {
                    self.items(children, &Inherited { conditions });
                }
                return;
            }
            "display" => {
                let texts = self.texts(text, beside, (&start, &id));
                self.rest(item, &id);
                self.display(texts, &span, &id);
            }
            _ => {
                let texts = self.texts(text, beside, (&start, &id));
                self.question(item, Raw { id: &id, kind: &kind, texts, conditions: &conditions, limits, start });
            }
        }
        // Items below a question are asked after it.
        if !children.is_empty() {
            self.lose(&span, name, "the items below it are asked after it, on the same level");
        }
        self.items(children, &Inherited { conditions });
    }

    fn rest(&mut self, item: Fields<'_, 'f>, id: &str) {
        for (name, span) in item.rest().filter(|(name, _)| name != "id" && !name.starts_with('_')) {
            self.lose(&span, Some(id), format!("`{name}` cannot be carried over"));
        }
    }

    fn display(&mut self, texts: InLanguages, span: &Range<usize>, id: &str) {
        if !self.draft.questions.is_empty() {
            let text = self.languages.iter().find_map(|language| texts.get(language)).cloned().unwrap_or_default();
            let what = format!("a text that asks nothing can only stand before the first question: {}", shown(&text));
            return self.lose(span, Some(id), what);
        }
        for (language, text) in texts {
            let introduction = self.draft.introduction.entry(language).or_default();
            if introduction.is_empty() && !self.ours && !text.contains("{center}") {
                introduction.push_str("{center}: ");
            } else if !introduction.is_empty() {
                introduction.push(' ');
            }
            introduction.push_str(&text);
        }
    }

    /// What the item says of its answers beside its type.
    fn limits(&mut self, item: &mut Fields<'_, 'f>, id: &str) -> Limits {
        let mut limits = Limits { max_length: item.whole("maxLength", &mut self.faults), ..Limits::default() };
        for Extension { url: address, value, span } in extensions(item, &mut self.faults) {
            match (address.as_str(), value) {
                (url::MIN_VALUE, ExtensionValue::Number(number)) => limits.min = Some(number),
                (url::MAX_VALUE, ExtensionValue::Number(number)) => limits.max = Some(number),
                (url::UNIT, ExtensionValue::Coding(unit)) => limits.unit = Some(unit.code),
                (url::REGEX, ExtensionValue::Text(regex)) => limits.regex = Some(regex),
                (url::MIN_LENGTH, ExtensionValue::Number(number)) => limits.min_length = whole(number),
                // Whole numbers and tenths of a degree are all that is read.
                (url::MAX_DECIMAL_PLACES, ExtensionValue::Number(_)) => {}
                (url::HIDDEN, ExtensionValue::Flag(hidden)) => {
                    if hidden {
                        limits.left_out = Some("it is hidden");
                    }
                }
                (url::CALCULATED, _) => limits.left_out = Some("it is calculated, not asked"),
                (_, value) => {
                    let unknown = Extension { url: address, value, span: span.clone() }.unknown();
                    self.lose(&span, Some(id), unknown);
                }
            }
        }
        limits
    }

    fn question(&mut self, mut item: Fields<'_, 'f>, raw: Raw<'_>) {
        let Raw { id, kind, texts, conditions, mut limits, start } = raw;
        let name = Some(id);
        let codes: Vec<Coding> =
            item.objects("code", &mut self.faults).iter_mut().map(|code| coding(code, &mut self.faults)).collect();
        let required = item.flag("required", &mut self.faults).unwrap_or_default();
        let repeats = item.flag("repeats", &mut self.faults).unwrap_or_default();
        if item.flag("readOnly", &mut self.faults) == Some(true) {
            limits.left_out = Some("it is only shown, not asked");
        }
        let found = choices(&mut item, &self.value_sets, &mut self.faults);
        self.rest(item, id);
        if let Some(reason) = limits.left_out {
            return self.lose(&start, name, format!("left out: {reason}"));
        }
        let Some((kind, options)) = self.kind(kind, &codes, &limits, repeats, found, (&start, id)) else { return };
        let about = codes.iter().find(|code| code.system == url::ABOUT).map(|code| code.code.clone());
        let kind = match kind {
            DraftKind::YesNo(_) => DraftKind::YesNo(about),
            other => other,
        };
        let texts = self.with_options(texts, &kind, &options, (&start, id));
        if texts.is_empty() {
            return self.lose(&start, name, "left out: it has no text, so nothing can be asked");
        }
        let english = texts.get(&Language::En).map_or("", String::as_str);
        let wanted = match kind {
            DraftKind::Temperature if !is_key(id) => ["temperature", ""],
            DraftKind::Oxygen if !is_key(id) => ["oxygen", ""],
            _ => [id, english],
        };
        let key = self.keys.give(&wanted, "question");
        if key != id {
            self.lose(&start, name, format!("its key here is `{key}`: a key is a word in small letters"));
        }
        let condition = match self.draft.one_of(conditions) {
            Ok(condition) => condition,
            Err(what) => {
                self.lose(&start, name, what);
                None
            }
        };
        self.asked.insert(id.to_owned(), Asked { key: key.clone(), kind: kind.clone(), options });
        self.draft.questions.push(DraftQuestion {
            key,
            kind,
            required,
            condition,
            ask: texts,
            again: InLanguages::new(),
        });
    }

    /// On what an item depends: its own conditions, and those of its groups.
    fn conditions(&mut self, item: &mut Fields<'_, 'f>, id: &str, inherited: &Inherited) -> Vec<(String, String)> {
        let behavior = item.text("enableBehavior", &mut self.faults);
        let mut own = Vec::new();
        let mut all_known = true;
        let conditions = item.objects("enableWhen", &mut self.faults);
        let several = conditions.len() > 1;
        for mut condition in conditions {
            let span = condition.span.clone();
            let question = condition.text("question", &mut self.faults);
            let operator = condition.text("operator", &mut self.faults);
            let answer = condition.take_choice("answer");
            match (question, operator, answer) {
                (Some(question), Some(operator), Some((kind, value, _))) => {
                    let value = ExtensionValue::of(&condition, &kind, value, &mut self.faults);
                    match self.condition(&question.value, &operator.value, &value) {
                        Ok(found) => {
                            if !own.contains(&found) {
                                own.push(found);
                            }
                        }
                        Err(reason) => {
                            all_known = false;
                            self.lose(
                                &span,
                                Some(id),
                                format!("the condition on {}: {reason}", shown(&question.value)),
                            );
                        }
                    }
                }
                _ => self.faults.push(
                    Diagnostic::new(self.file, span, "a condition needs `question`, `operator` and an answer")
                        .hint("for example { \"question\": \"cough\", \"operator\": \"=\", \"answerBoolean\": true }"),
                ),
            }
        }
        let any = several && behavior.is_some_and(|behavior| behavior.value == "any");
        if any && (own.len() > 1 || !all_known) {
            let span = item.span.clone();
            self.lose(&span, Some(id), "it is asked if any of several conditions holds; here it is asked always");
            own.clear();
        }
        for condition in &inherited.conditions {
            if !own.contains(condition) {
                own.insert(0, condition.clone());
            }
        }
        own
    }

    /// One condition in our words, or why it cannot be said.
    fn condition(&self, question: &str, operator: &str, value: &ExtensionValue) -> Result<(String, String), String> {
        let Some(asked) = self.asked.get(question) else {
            return Err("there is no earlier question of this linkId that is asked, so it is asked always".to_owned());
        };
        let key = || asked.key.clone();
        let never = |what: &str| Err(format!("{what}, so it is asked always"));
        match (&asked.kind, operator, value) {
            (DraftKind::YesNo(_), "=", ExtensionValue::Flag(flag)) => {
                Ok((key(), if *flag { "yes" } else { "no" }.to_owned()))
            }
            (DraftKind::YesNo(_), "=", ExtensionValue::Coding(coding)) => match Choosable::of(coding).yes_no() {
                Some('Y') => Ok((key(), "yes".to_owned())),
                Some('N') => Ok((key(), "no".to_owned())),
                _ => never("a condition can ask for yes or no only"),
            },
            (DraftKind::Choice(_) | DraftKind::Options(_), "=", value) => {
                let code = match value {
                    ExtensionValue::Coding(coding) => Choosable::of(coding).code,
                    ExtensionValue::Text(text) => text.clone(),
                    ExtensionValue::Number(number) => number.to_string(),
                    _ => return never("the answer is none of its options"),
                };
                let option = asked.options.iter().find(|option| option.code == code && option.number != Some(0));
                match option {
                    Some(option) => Ok((key(), option.key.clone())),
                    None => never("the answer is none of its options"),
                }
            }
            (
                DraftKind::Temperature | DraftKind::Oxygen | DraftKind::Number(..),
                "exists",
                ExtensionValue::Flag(true),
            ) => Ok((key(), "measured".to_owned())),
            (_, "=" | "exists", _) => never("this answer cannot be asked about in a condition"),
            (_, operator, _) => never(&format!("`{}` cannot be said in a condition", shown(operator))),
        }
    }

    fn finish(mut self, wishes: &Wishes<'_>) -> Result<Imported, Diagnostics> {
        if self.faults.is_empty() && self.draft.questions.is_empty() {
            let mut fault =
                Diagnostic::of_file(&self.file.name, "there is no question here that a text message can ask");
            if let Some(loss) = self.losses.first() {
                fault = fault.hint(loss.to_string());
            }
            self.faults.push(fault);
        }
        if !self.faults.is_empty() {
            self.faults.sort();
            return Err(self.faults);
        }
        self.draft.languages = self.languages;
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

/// An item that asks for something, taken apart.
struct Raw<'a> {
    id: &'a str,
    kind: &'a str,
    texts: InLanguages,
    conditions: &'a [(String, String)],
    limits: Limits,
    start: Range<usize>,
}
