//! The demo's made-up people: one center, its patients from the CSV beside this file, and who types how.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::center::{Center, Hours};
use domain::id::{CenterId, StaffId};
use domain::language::Language;
use domain::phone::PhoneNumber;
use domain::schedule;
use domain::severity::Thresholds;
use store::NewStaff;

use super::{LOGIN, ZONE};
use crate::app::App;
use crate::enrol::{self, Actor, ImportOptions, ImportOutcome};
use crate::simulator::{Persona, Simulator, Style};
use crate::web::session;

/// The center's name.
pub(super) const CENTER: &str = "見本区保健所";

/// The center's number: made up, like everything here.
pub(super) const SENDER: &str = "+819012345600";

/// The patients: the columns of an import, and one more that says how they type.
const PATIENTS: &str = include_str!("patients.csv");

/// How long the made-up patients are observed.
const OBSERVED_DAYS: u64 = 13;

/// Ten to seven on the next morning: there is time to look around before the questions go out.
pub(super) fn first_morning(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = schedule::local_date(ZONE, now);
    let at = NaiveTime::from_hms_opt(6, 50, 0).unwrap_or_default();
    let morning = schedule::instant_of(ZONE, today, at);
    if morning > now { morning } else { schedule::instant_of(ZONE, schedule::next_date(ZONE, today), at) }
}

/// Adds the center, a nurse and the patients, unless a first start has done so.
pub(super) async fn enrol_once(app: &App, password: &str) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if tx.center_by_name(CENTER).await?.is_some() {
        return Ok(());
    }
    let center = Center {
        id: CenterId::new(now, &app.entropy.id()),
        name: CENTER.to_owned(),
        time_zone: ZONE,
        sender: PhoneNumber::from_e164(SENDER)?,
        hours: Hours::default(),
        night_line: Some("03-0000-0119".to_owned()),
        language: Language::Ja,
        dialog: "daily".to_owned(),
        thresholds: Thresholds::default(),
    };
    let actor = Actor { staff: None, text: "demo".to_owned() };
    enrol::add_center(&mut tx, &center, &actor, now).await?;
    let today = schedule::local_date(ZONE, now);
    for unconfirmed in [false, true] {
        let file = enrol::read_file(patient_file(today, unconfirmed)?.as_bytes(), &center, now)?;
        let options = ImportOptions { unconfirmed, skip_bad_rows: false, dry_run: false };
        let report = enrol::import(&mut tx, &center, file, options, &actor, now, app.entropy.as_ref()).await?;
        anyhow::ensure!(report.outcome == ImportOutcome::Enrolled, "the demo's own patients: {report}");
    }
    let entropy = Arc::clone(&app.entropy);
    let secret = password.to_owned();
    let password_hash = tokio::task::spawn_blocking(move || session::hash_password(&secret, entropy.as_ref())).await?;
    tx.insert_staff(
        &NewStaff {
            id: StaffId::new(now, &app.entropy.id()),
            login: LOGIN.to_owned(),
            name: "見本 看護師".to_owned(),
            role: "nurse".to_owned(),
            center_id: None,
            language: "ja".to_owned(),
            password_hash,
        },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// The rows as an import file, with today's observation period. Those whose number is not confirmed come apart.
fn patient_file(today: NaiveDate, unconfirmed: bool) -> anyhow::Result<String> {
    let until = today + Days::new(OBSERVED_DAYS);
    let mut rows = csv::Reader::from_reader(PATIENTS.as_bytes());
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head = rows.headers()?.clone();
    let persona = head.iter().position(|column| column == "persona").context("a column `persona`")?;
    head.push_field("observe_from");
    head.push_field("observe_until");
    out.write_record(&head)?;
    for row in rows.records() {
        let mut row = row?;
        if (row.get(persona) == Some("unconfirmed")) != unconfirmed {
            continue;
        }
        row.push_field(&today.to_string());
        row.push_field(&until.to_string());
        out.write_record(&row)?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

/// Puts a phone on the page for every number, and lets its owner answer by themselves.
pub(super) fn give_out_phones(simulator: &Simulator, answering: bool) {
    let mut personas = HashMap::new();
    let mut rows = csv::Reader::from_reader(PATIENTS.as_bytes());
    let column = |head: &csv::StringRecord, name: &str| head.iter().position(|column| column == name);
    let Ok(head) = rows.headers().cloned() else { return };
    for row in rows.records().flatten() {
        let field = |name: &str| column(&head, name).and_then(|index| row.get(index)).unwrap_or_default();
        let Ok(phone) = PhoneNumber::parse_mobile(field("phone")) else { continue };
        // An opaque title: phones do not know names either.
        simulator.add_phone(phone.as_e164(), title(field("persona"), field("language")));
        if let Some(persona) = persona(field("persona"), field("language")) {
            personas.insert(phone.as_e164().to_owned(), persona);
        }
    }
    if answering {
        simulator.set_personas(personas);
    }
}

/// What stands above a phone on the page: how its owner types, in the page's two languages.
fn title(manner: &str, language: &str) -> &'static str {
    match (manner, language) {
        ("tidy", "en") => "英語 / English",
        ("speech", "en") => "英語の話し言葉 / spoken English",
        ("full-width", _) => "全角 / full-width",
        ("speech", _) => "話し言葉 / as spoken",
        ("one-line", _) => "一行で / all in one",
        ("slow", _) => "ゆっくり / slow",
        ("fumbling", _) => "打ち間違い / fumbling",
        ("silent", _) => "返信なし / silent",
        ("fever", _) => "高熱 / high fever",
        ("warning-sign", _) => "危険な症状 / warning sign",
        ("low-oxygen", _) => "酸素が低い / low oxygen",
        ("very-low-oxygen", _) => "酸素がとても低い / very low oxygen",
        ("opts-out", _) => "停止を希望 / opts out",
        ("wrong-number", _) => "番号違い / wrong number",
        ("easy", _) => "やさしい日本語 / easy Japanese",
        ("unconfirmed", _) => "番号未確認 / not confirmed",
        _ => "普通 / tidy",
    }
}

/// How somebody types; `None` for who never does.
fn persona(manner: &str, language: &str) -> Option<Persona> {
    let mut persona = match (manner, language) {
        ("tidy", "en") => Persona::new(Style::English),
        ("full-width", _) => Persona::new(Style::FullWidth),
        ("speech", _) => Persona::new(Style::Speech),
        ("one-line", _) => Persona::new(Style::OneLine),
        ("slow", _) => Persona::new(Style::Slow),
        ("fumbling", _) => Persona::new(Style::MisunderstandsOnce),
        ("warning-sign", _) => Persona::new(Style::WarningSign),
        ("low-oxygen" | "very-low-oxygen", _) => Persona::new(Style::LowOxygen),
        ("opts-out", _) => Persona::new(Style::OptsOut),
        ("wrong-number", _) => Persona::new(Style::WrongNumber),
        ("easy", _) => Persona::new(Style::EasyJapanese),
        ("silent" | "unconfirmed", _) => return None,
        _ => Persona::new(Style::Tidy),
    };
    match manner {
        "fever" => persona.temperature_tenths = 389,
        "low-oxygen" => persona.spo2 = 94,
        "very-low-oxygen" => persona.spo2 = 72,
        _ => {}
    }
    if persona.pace < TimeDelta::minutes(5) {
        // Not everybody is awake at seven.
        persona.pace += TimeDelta::seconds(i64::from(persona.temperature_tenths % 7) * 20);
    }
    Some(persona)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_morning_is_ten_to_seven_and_to_come() {
        let noon = DateTime::from_timestamp(1_790_000_000, 0).expect("a valid time");
        let morning = first_morning(noon);
        assert!(morning > noon && morning - noon <= TimeDelta::days(1));
        assert_eq!(morning.with_timezone(&ZONE).time().to_string(), "06:50:00");
    }

    #[test]
    fn there_are_some_forty_patients_and_one_number_that_is_not_confirmed() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a valid day");
        assert!(patient_file(today, false).expect("a file").lines().count() > 40);
        assert_eq!(patient_file(today, true).expect("a file").lines().count(), 2);
    }
}
