//! Somebody's FHIR R4 Questionnaire as a dialog, and what of it a text message cannot do. A file that is no valid
//! Questionnaire is refused with each fault at its place.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::super::definition::SourceFile;
use super::super::super::diagnostics::{Diagnostic, Diagnostics, did_you_mean};
use super::super::super::questions::is_key;
use super::super::draft::{self, Draft, DraftKind, DraftOption, DraftQuestion, InLanguages};
use super::super::json::{self, Fields, shown};
use super::super::labels::{labels, with_options};
use super::super::naming::Keys;
use super::super::{Imported, Loss, Wishes, language_of, stock};
use super::element::{Coding, Extension, ExtensionValue, coding, extensions};
use super::options::{Choices, Choosable, choices, value_sets};
use super::{OXYGEN_CODES, TEMPERATURE_CODES, TEXTS_AS_SENT, url};
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
/// A whole number without bounds of its own is asked for from 0 to this.
const LARGEST_NUMBER: i32 = 9999;

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
struct Asked {
    key: String,
    kind: DraftKind,
    options: Vec<Choosable>,
}

struct Reader<'f> {
    file: &'f SourceFile,
    /// Whether the texts are complete text messages, as we write them.
    ours: bool,
    /// The language of texts that say none.
    base: Option<Language>,
    /// In the order in which they appear.
    languages: Vec<Language>,
    /// Tags of languages that we do not write.
    foreign: HashSet<String>,
    keys: Keys,
    link_ids: HashMap<String, usize>,
    asked: HashMap<String, Asked>,
    value_sets: HashMap<String, Vec<Choosable>>,
    draft: Draft,
    losses: Vec<Loss>,
    faults: Diagnostics,
}

/// What the extensions and elements of an item say of the answer.
#[derive(Debug, Default)]
struct Limits {
    min: Option<f64>,
    max: Option<f64>,
    unit: Option<String>,
    regex: Option<String>,
    min_length: Option<i64>,
    max_length: Option<i64>,
    /// Why the item is not asked at all.
    left_out: Option<&'static str>,
}

impl<'f> Reader<'f> {
    fn place(&self, span: &Range<usize>, item: Option<&str>) -> String {
        let line = self.file.text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1;
        match item {
            Some(item) => format!("line {line}, item {}", shown(item)),
            None => format!("line {line}"),
        }
    }

    fn lose(&mut self, span: &Range<usize>, item: Option<&str>, what: impl Into<String>) {
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

    /// What a question is here; `None` if it cannot be asked, which is told.
    fn kind(
        &mut self,
        kind: &str,
        codes: &[Coding],
        limits: &Limits,
        repeats: bool,
        found: Choices,
        place: (&Range<usize>, &str),
    ) -> Option<(DraftKind, Vec<Choosable>)> {
        let (span, id) = (place.0, Some(place.1));
        let is = |wanted: &[&str]| {
            codes.iter().any(|code| code.system == url::LOINC && wanted.contains(&code.code.as_str()))
        };
        let unit = limits.unit.as_deref();
        let is_oxygen = is(&OXYGEN_CODES);
        let is_temperature = is(&TEMPERATURE_CODES) || unit == Some("Cel");
        let used =
            |code: &&Coding| code.system == url::ABOUT || (code.system == url::LOINC && (is_oxygen || is_temperature));
        for code in codes.iter().filter(|code| !used(code)) {
            self.lose(span, id, format!("the code {} of {}", shown(&code.code), shown(&code.system)));
        }
        let is_measured = matches!(kind, "decimal" | "integer" | "quantity");
        if is_measured && unit == Some("[degF]") {
            self.lose(span, id, "it asks for degrees Fahrenheit, and here temperatures are in °C: asked as own words");
            return Some((DraftKind::Text, Vec::new()));
        }
        if is_measured && is_oxygen {
            self.other_range(limits, (50.0, 100.0), "50 to 100 %", place);
            return Some((DraftKind::Oxygen, Vec::new()));
        }
        if is_measured && is_temperature {
            self.other_range(limits, (34.0, 42.0), "34.0 to 42.0 °C", place);
            return Some((DraftKind::Temperature, Vec::new()));
        }
        if repeats && !matches!(kind, "choice" | "open-choice" | "coding") {
            self.lose(span, id, "several answers may be given to it; here it is one");
        }
        Some(match kind {
            "boolean" => (DraftKind::YesNo(None), Vec::new()),
            "integer" => (self.number(limits, place), Vec::new()),
            "decimal" | "quantity" => {
                let what = "a number with a point and no known code (LOINC 8310-5 is a body temperature): asked as own words, \
                            which nothing judges";
                self.lose(span, id, what);
                (DraftKind::Text, Vec::new())
            }
            "string" | "text" => (self.words(limits, place), Vec::new()),
            "date" | "dateTime" | "time" | "url" => {
                self.lose(span, id, format!("its type `{kind}` is asked as own words, which nothing checks"));
                (DraftKind::Text, Vec::new())
            }
            "choice" | "open-choice" | "coding" => {
                if kind == "open-choice" {
                    self.lose(span, id, "own words beside the options are not taken: only the options are");
                }
                return self.choice(found, repeats, place);
            }
            other => {
                self.lose(span, id, format!("left out: a text message cannot bring what its type `{other}` asks for"));
                return None;
            }
        })
    }

    fn other_range(&mut self, limits: &Limits, own: (f64, f64), words: &str, place: (&Range<usize>, &str)) {
        let (min, max) = (limits.min.unwrap_or(own.0), limits.max.unwrap_or(own.1));
        if (min, max) != own {
            self.lose(place.0, Some(place.1), format!("its range is {min} to {max}; here it is always {words}"));
        }
    }

    fn number(&mut self, limits: &Limits, place: (&Range<usize>, &str)) -> DraftKind {
        let wanted = (limits.min.map(f64::ceil).and_then(whole), limits.max.map(f64::floor).and_then(whole));
        let min = i32::try_from(wanted.0.unwrap_or(0)).unwrap_or(0).max(0);
        let max = i32::try_from(wanted.1.unwrap_or(i64::from(LARGEST_NUMBER))).unwrap_or(LARGEST_NUMBER);
        let max = if max < min { LARGEST_NUMBER.max(min) } else { max };
        if wanted != (Some(i64::from(min)), Some(i64::from(max))) {
            let what =
                format!("its bounds (minValue, maxValue) are missing or cannot be kept: here they are {min} to {max}");
            self.lose(place.0, Some(place.1), what);
        }
        DraftKind::Number(min, max)
    }

    fn words(&mut self, limits: &Limits, place: (&Range<usize>, &str)) -> DraftKind {
        let digits = limits.regex.as_deref().and_then(digits);
        if let Some((min, max)) = digits {
            return DraftKind::Identifier(min, max);
        }
        if limits.regex.is_some() || limits.min_length.is_some() || limits.max_length.is_some() {
            self.lose(
                place.0,
                Some(place.1),
                "the pattern or length that its answer must have: own words are taken as they are",
            );
        }
        DraftKind::Text
    }

    fn choice(
        &mut self,
        found: Choices,
        repeats: bool,
        place: (&Range<usize>, &str),
    ) -> Option<(DraftKind, Vec<Choosable>)> {
        let (span, id) = (place.0, Some(place.1));
        let Choices { mut options, missing, told } = found;
        for what in told {
            self.lose(span, id, what);
        }
        if let Some(set) = missing {
            self.lose(
                span,
                id,
                format!("left out: its options are in the value set {}, which is not in the file", shown(&set)),
            );
            return None;
        }
        let yes_no: Vec<char> = options.iter().filter_map(Choosable::yes_no).collect();
        let is_yes_no = yes_no.len() == options.len() && yes_no.contains(&'Y') && yes_no.contains(&'N');
        if !repeats && is_yes_no && options.len() <= 3 {
            return Some((DraftKind::YesNo(None), options));
        }
        if repeats {
            // "None of these" is 0 here, and never listed.
            let zero = options.iter().position(|option| option.number == Some(0));
            let none = zero.or_else(|| options.iter().position(|option| !self.ours && option.is_none_of_these()));
            if let Some(none) = none {
                let mut none = options.remove(none);
                none.number = Some(0);
                options.insert(0, none);
            }
        }
        let real = options.iter().filter(|option| option.number != Some(0)).count();
        if real == 0 || real > 63 {
            self.lose(span, id, format!("left out: it has {real} options, and 1 to 63 can be asked for"));
            return None;
        }
        for option in options.iter().filter(|option| option.exclusive && option.number != Some(0)) {
            let what = format!("that the option {} excludes the others", shown(&option.code));
            self.lose(span, id, what);
        }
        let mut used = HashSet::new();
        let numbered = options
            .iter()
            .filter(|option| option.number != Some(0))
            .all(|option| option.number.is_some_and(|number| (1..=63).contains(&number) && used.insert(number)));
        if !numbered {
            let mut next = 1..;
            for option in options.iter_mut().filter(|option| option.number != Some(0)) {
                option.number = next.next();
            }
        }
        let mut keys = Keys::default();
        for option in options.iter_mut().filter(|option| option.number != Some(0)) {
            let english = option.display.as_deref().unwrap_or_default();
            let wanted = if self.ours { [option.code.as_str(), english] } else { [english, option.code.as_str()] };
            // A code that is a word already is what others know it by.
            let wanted = if is_key(&option.code) { [option.code.as_str(), english] } else { wanted };
            option.key = keys.give(&wanted, "option");
        }
        let list = options.iter().filter_map(|option| {
            let number = option.number.filter(|number| *number != 0)?;
            Some(DraftOption { number, key: option.key.clone() })
        });
        let list = list.collect();
        Some((if repeats { DraftKind::Options(list) } else { DraftKind::Choice(list) }, options))
    }

    /// The texts with the options behind them, where they are not in them already.
    fn with_options(
        &mut self,
        texts: InLanguages,
        kind: &DraftKind,
        options: &[Choosable],
        place: (&Range<usize>, &str),
    ) -> InLanguages {
        if self.ours {
            return texts;
        }
        let mut out = InLanguages::new();
        for (language, text) in texts {
            let Some(stock) = stock::of(language) else { continue };
            let words = |option: &Choosable| -> Option<String> {
                let raw = match option.display_in.iter().find(|(other, _)| *other == language) {
                    Some((_, display)) => Some(display.clone()),
                    None if self.base == Some(language) => option.display.clone().or_else(|| Some(option.code.clone())),
                    None => None,
                };
                raw.map(|raw| draft::text(&raw, language, false).0).filter(|text| !text.is_empty())
            };
            let listed: Option<Vec<(u8, String)>> = match kind {
                DraftKind::YesNo(_) => Some(vec![(1, stock.yes.clone()), (2, stock.no.clone())]),
                DraftKind::Choice(_) | DraftKind::Options(_) => {
                    let zero =
                        matches!(kind, DraftKind::Options(_)) && options.iter().all(|option| option.number != Some(0));
                    let zero = zero.then(|| Some((0, stock.none.clone())));
                    let all = options.iter().map(|option| Some((option.number?, words(option)?)));
                    zero.into_iter().chain(all).collect()
                }
                _ => Some(Vec::new()),
            };
            let Some(listed) = listed else {
                let what =
                    format!("its options have no words in `{language}`, so its text in this language is missing too");
                self.lose(place.0, Some(place.1), what);
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

/// A number without a fraction.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "out of bounds it is cut, and then refused by whoever asks")]
    let cut = number as i64;
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(cut)
}

/// How many digits a pattern asks for: `[0-9]{6,8}`, `\d{7}`, with or without `^` and `$`.
pub(in super::super) fn digits(pattern: &str) -> Option<(u8, u8)> {
    let pattern = pattern.trim().trim_start_matches('^').trim_end_matches('$');
    let counts = ["[0-9]{", "\\d{"].into_iter().find_map(|start| pattern.strip_prefix(start))?.strip_suffix('}')?;
    let (min, max) = counts.split_once(',').unwrap_or((counts, counts));
    let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
    (1 <= min && min <= max && max <= 20).then_some((min, max))
}
