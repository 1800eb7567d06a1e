//! A patient file, row by row: who is to be enrolled, and everything that is wrong, all at once. What is already
//! in the store is not known here.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{Months, NaiveDate, TimeDelta};
use domain::language::Language;
use domain::patient::{PlaceOfStay, RiskTier};
use domain::phone::PhoneNumber;
use serde::Serialize;

use super::cell::{self, Onset, Reason};
use super::table::{self, Row, UnreadableFile};

/// The columns that are read. The first row of the file names them, in any order.
pub const COLUMNS: [&str; 15] = [
    "her_sys_id",
    "name",
    "kana",
    "birth_date",
    "phone",
    "language",
    "risk_tier",
    "place",
    "lives_alone",
    "observe_from",
    "observe_until",
    "family_of",
    "onset",
    "specimen",
    "one_text",
];

/// The columns without which nobody can be enrolled. `phone` may be empty in a row that has `family_of`.
const NEEDED: [&str; 5] = ["her_sys_id", "name", "phone", "observe_from", "observe_until"];

/// An observation longer than this is more often a wrong year than meant.
const LONG_OBSERVATION: TimeDelta = TimeDelta::days(60);

/// What was found in one cell: where, and what would be right. Never what is there (P15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The row, as a spreadsheet counts: the header is row 1.
    pub row: usize,
    /// The column's name; `None` if it is about the whole row.
    pub column: Option<&'static str>,
    /// A sentence that goes on after the row and the column's name.
    pub text: String,
}

impl Finding {
    /// About one cell.
    pub(super) fn new(row: usize, column: &'static str, text: impl Into<String>) -> Self {
        Self { row, column: Some(column), text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column, text } = self;
        match column {
            Some(column) => write!(f, "row {row}, {column} {text}"),
            None => write!(f, "row {row} {text}"),
        }
    }
}

/// The phone that answers for a patient.
#[derive(Clone, PartialEq, Eq)]
pub enum PhoneSource {
    /// Their row has it.
    Own(PhoneNumber),
    /// It is that of a family member, who may be enrolled already.
    Family {
        /// The HER-SYS ID of the family member.
        her_sys_id: String,
        /// The number of the family member's row, if they have one in this file.
        in_file: Option<PhoneNumber>,
    },
}

/// One patient to be enrolled. `Debug` shows the row only.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The row, as a spreadsheet counts.
    pub row: usize,
    /// The number of the national register.
    pub her_sys_id: String,
    /// The name.
    pub name: String,
    /// The name in kana; may be empty.
    pub kana: String,
    /// The day of birth, if known.
    pub birth_date: Option<NaiveDate>,
    /// The phone that answers for them.
    pub phone: PhoneSource,
    /// What they are written to in; `None` leaves it to the center.
    pub language: Option<Language>,
    /// How closely they are watched.
    pub risk_tier: RiskTier,
    /// Where they stay.
    pub place: PlaceOfStay,
    /// Whether they live alone, if known.
    pub lives_alone: Option<bool>,
    /// The first day of observation.
    pub observe_from: NaiveDate,
    /// The last day of observation.
    pub observe_until: NaiveDate,
    /// When the symptoms began, if known.
    pub onset: Onset,
    /// When the specimen was taken, if known.
    pub specimen: Option<NaiveDate>,
    /// Whether the phone wants one text for all questions; `None` leaves it as it is.
    pub one_text: Option<bool>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment").field("row", &self.row).finish_non_exhaustive()
    }
}

/// What a patient file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatientFile {
    /// How many rows speak of a patient, right or wrong.
    pub rows: usize,
    /// The rows without a problem, in the file's order.
    pub enrolments: Vec<Enrolment>,
    /// What keeps rows from being enrolled, in the file's order.
    pub problems: Vec<Finding>,
    /// What somebody should look at, though it keeps nobody from being enrolled.
    pub notices: Vec<Finding>,
    /// Columns that the file has and that nothing reads.
    pub unused_columns: Vec<String>,
}

/// Reads a patient file as it was saved. `today` is the day in the center's calendar.
///
/// # Errors
/// When no row can be read at all. What is wrong with single rows is in [`PatientFile::problems`].
pub fn read(bytes: &[u8], today: NaiveDate) -> Result<PatientFile, UnreadableFile> {
    let table = table::read(bytes)?;
    let (columns, unused_columns) = columns(&table.header)?;
    let mut file = PatientFile { rows: table.rows.len(), unused_columns, ..PatientFile::default() };
    let drafts: Vec<Draft> =
        table.rows.iter().map(|row| read_row(&Cells { row, columns: &columns }, today, &mut file)).collect();
    for row in table.rows.iter().filter(|row| row.cells.iter().skip(table.header.len()).any(|cell| !cell.is_empty())) {
        let text = "has more cells than there are columns: put cells with a comma in quotation marks".to_owned();
        file.problems.push(Finding { row: row.number, column: None, text });
    }
    file.refuse_double_ids(&drafts);
    file.enrolments = file.with_phones(&drafts);
    file.warn_of_two_languages();
    file.problems.sort_by_key(|problem| problem.row);
    file.notices.sort_by_key(|notice| notice.row);
    Ok(file)
}

/// Where each known column is, and which columns are none of ours.
fn columns(header: &[String]) -> Result<(HashMap<&'static str, usize>, Vec<String>), UnreadableFile> {
    let mut columns = HashMap::new();
    let mut unused = Vec::new();
    for (index, title) in header.iter().enumerate() {
        let plain = cell::plain(title).to_lowercase().replace([' ', '-'], "_");
        match COLUMNS.into_iter().find(|column| *column == plain) {
            Some(column) if columns.insert(column, index).is_some() => {
                return Err(UnreadableFile::ColumnTwice(column.to_owned()));
            }
            Some(_) => {}
            None if title.is_empty() => {}
            None => unused.push(title.clone()),
        }
    }
    let missing: Vec<_> = NEEDED.into_iter().filter(|column| !columns.contains_key(column)).collect();
    if missing.is_empty() { Ok((columns, unused)) } else { Err(UnreadableFile::MissingColumns(missing)) }
}

/// One row with the names of its columns. A spreadsheet may leave out empty cells at the end.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a HashMap<&'static str, usize>,
}

impl Cells<'_> {
    fn get(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|index| self.row.cells.get(*index)).map_or("", String::as_str)
    }
}

/// A row before it is known whose phone it uses. `enrolment` is `None` if the row has problems.
struct Draft {
    row: usize,
    her_sys_id: Option<String>,
    phone: Option<PhoneNumber>,
    family_of: Option<String>,
    enrolment: Option<Enrolment>,
}

fn read_row(cells: &Cells<'_>, today: NaiveDate, file: &mut PatientFile) -> Draft {
    let row = cells.row.number;
    let problems_before = file.problems.len();
    let her_sys_id = file.take(cells, "her_sys_id", cell::her_sys_id);
    let name = file.take(cells, "name", cell::name);
    let kana = file.take(cells, "kana", cell::kana);
    let birth_date = file.take(cells, "birth_date", cell::date).flatten();
    let phone = file.take(cells, "phone", cell::phone);
    let language = file.take(cells, "language", cell::language).flatten();
    let risk_tier = file.take(cells, "risk_tier", cell::risk_tier).flatten();
    let place = file.take(cells, "place", cell::place).flatten();
    let lives_alone = file.take(cells, "lives_alone", cell::lives_alone).flatten();
    let observe_from = file.take(cells, "observe_from", cell::date);
    let observe_until = file.take(cells, "observe_until", cell::date);
    let onset = file.take(cells, "onset", cell::onset).unwrap_or_default();
    let specimen = file.take(cells, "specimen", cell::date).flatten();
    let one_text = file.take(cells, "one_text", cell::one_text).flatten();
    let family_of = match cells.get("family_of") {
        "" => None,
        _ => file.take(cells, "family_of", cell::her_sys_id),
    };

    for (column, date) in [("birth_date", birth_date), ("onset", onset.day()), ("specimen", specimen)] {
        if date.is_some_and(|date| date > today) {
            file.problem(row, column, "is in the future");
        }
    }
    match (onset, specimen) {
        (Onset::NoSymptoms, None) => {
            file.notice(row, "specimen", "is empty: without symptoms the days are counted from it");
        }
        (Onset::Unknown, Some(_)) => {
            let text = "is empty, so no days are counted: give the day, or write none if there are no symptoms";
            file.notice(row, "onset", text);
        }
        _ => {}
    }
    if birth_date.and_then(|birth| birth.checked_add_months(Months::new(12 * 130))).is_some_and(|limit| limit < today) {
        file.problem(row, "birth_date", "is more than 130 years ago: check the year");
    }
    for (column, date) in [("observe_from", observe_from), ("observe_until", observe_until)] {
        if date == Some(None) {
            file.problem(row, column, "is empty: the first and the last day of observation must be known");
        }
    }
    let (observe_from, observe_until) = (observe_from.flatten(), observe_until.flatten());
    if let (Some(from), Some(until)) = (observe_from, observe_until) {
        if until < from {
            file.problem(row, "observe_until", "is before observe_from: exchange them, or check the year");
        } else if until - from > LONG_OBSERVATION {
            file.notice(row, "observe_until", "is more than 60 days after observe_from: check the year");
        } else if until < today {
            file.notice(row, "observe_until", "is in the past: this patient will not be asked");
        }
    }
    if phone == Some(None) && family_of.is_none() && cells.get("family_of").is_empty() {
        file.problem(row, "phone", "is empty: give the number, or in family_of the HER-SYS ID of whose phone it is");
    }
    if family_of.is_some() && family_of == her_sys_id {
        file.problem(row, "family_of", "is the patient's own HER-SYS ID: it must be that of the family member");
    }
    if matches!(phone, Some(Some(_))) && family_of.is_some() {
        file.notice(row, "family_of", "is not used, since the row has a phone number of its own");
    }

    let phone = phone.flatten();
    let enrolment = match (her_sys_id.clone(), name, kana, observe_from, observe_until) {
        (Some(her_sys_id), Some(name), Some(kana), Some(observe_from), Some(observe_until))
            if file.problems.len() == problems_before =>
        {
            let source = match (&phone, &family_of) {
                (Some(number), _) => Some(PhoneSource::Own(number.clone())),
                (None, Some(member)) => Some(PhoneSource::Family { her_sys_id: member.clone(), in_file: None }),
                (None, None) => None,
            };
            source.map(|phone| Enrolment {
                row,
                her_sys_id,
                name,
                kana,
                birth_date,
                phone,
                language,
                risk_tier: risk_tier.unwrap_or(RiskTier::Standard),
                place: place.unwrap_or(PlaceOfStay::Home),
                lives_alone,
                observe_from,
                observe_until,
                onset,
                specimen,
                one_text,
            })
        }
        _ => None,
    };
    Draft { row, her_sys_id, phone, family_of, enrolment }
}

impl PatientFile {
    fn problem(&mut self, row: usize, column: &'static str, text: impl Into<String>) {
        self.problems.push(Finding::new(row, column, text));
    }

    fn notice(&mut self, row: usize, column: &'static str, text: impl Into<String>) {
        self.notices.push(Finding::new(row, column, text));
    }

    /// Reads one cell; what is wrong with it becomes a problem.
    fn take<T>(
        &mut self,
        cells: &Cells<'_>,
        column: &'static str,
        read: impl Fn(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        read(cells.get(column)).map_err(|reason| self.problem(cells.row.number, column, reason)).ok()
    }

    /// Of rows with the same HER-SYS ID nobody knows which is right, so none is taken.
    fn refuse_double_ids(&mut self, drafts: &[Draft]) {
        let mut rows_of: HashMap<&str, Vec<usize>> = HashMap::new();
        for draft in drafts {
            if let Some(her_sys_id) = &draft.her_sys_id {
                rows_of.entry(her_sys_id).or_default().push(draft.row);
            }
        }
        for rows in rows_of.into_values().filter(|rows| rows.len() > 1) {
            let listed = rows.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            for row in rows {
                self.problem(row, "her_sys_id", format!("is the same in rows {listed}: every patient has one row"));
            }
        }
    }

    /// The rows that can be enrolled, each with its phone. A row that uses the phone of a row with a problem has
    /// one itself.
    fn with_phones(&mut self, drafts: &[Draft]) -> Vec<Enrolment> {
        let by_id: HashMap<&str, &Draft> =
            drafts.iter().filter_map(|draft| Some((draft.her_sys_id.as_deref()?, draft))).collect();
        let refused: HashSet<usize> = self.problems.iter().map(|problem| problem.row).collect();
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for draft in drafts {
            let Some(mut enrolment) = draft.enrolment.clone().filter(|_| !refused.contains(&draft.row)) else {
                continue;
            };
            if draft.phone.is_none() {
                match phone_of_family(draft, &by_id, &refused) {
                    Ok(source) => enrolment.phone = source,
                    Err(text) => {
                        problems.push(Finding::new(draft.row, "family_of", text));
                        continue;
                    }
                }
            }
            found.push(enrolment);
        }
        self.problems.extend(problems);
        found
    }

    /// One phone is written to in one language; a second one would be ignored.
    fn warn_of_two_languages(&mut self) {
        let mut first: HashMap<PhoneNumber, (usize, Language)> = HashMap::new();
        let mut notices = Vec::new();
        for enrolment in &self.enrolments {
            let (Some(number), Some(language)) = (enrolment.phone.in_file(), enrolment.language) else { continue };
            let (row, kept) = *first.entry(number.clone()).or_insert((enrolment.row, language));
            if kept != language {
                notices.push((
                    enrolment.row,
                    format!("is not that of row {row}, which has the same phone: {kept} is used"),
                ));
            }
        }
        for (row, text) in notices {
            self.notice(row, "language", text);
        }
    }
}

impl PhoneSource {
    /// The number, as far as the file has it.
    fn in_file(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Own(number) => Some(number),
            Self::Family { in_file, .. } => in_file.as_ref(),
        }
    }
}

/// Follows `family_of` from row to row until there is a number, or somebody who is not in the file.
fn phone_of_family(
    draft: &Draft,
    by_id: &HashMap<&str, &Draft>,
    refused: &HashSet<usize>,
) -> Result<PhoneSource, String> {
    let mut seen = vec![draft.row];
    let mut current = draft;
    loop {
        let Some(member) = &current.family_of else {
            return Err(format!("leads to row {}, which has no phone number", current.row));
        };
        let Some(next) = by_id.get(member.as_str()) else {
            return Ok(PhoneSource::Family { her_sys_id: member.clone(), in_file: None });
        };
        if seen.contains(&next.row) {
            return Err("leads in a circle: one row of the family must have a phone number".to_owned());
        }
        if refused.contains(&next.row) {
            return Err(format!("leads to row {}, which has a problem itself", next.row));
        }
        if let Some(number) = &next.phone {
            return Ok(PhoneSource::Family { her_sys_id: member.clone(), in_file: Some(number.clone()) });
        }
        seen.push(next.row);
        current = next;
    }
}

#[cfg(test)]
mod tests;
