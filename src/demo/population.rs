//! The demo's made-up people: one center, its patients from the CSV beside this file, and who types how.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::center::{Center, FurtherDialogs, Hours, SecondCheck};
use domain::id::{CenterId, StaffId};
use domain::language::Language;
use domain::phone::PhoneNumber;
use domain::schedule;
use domain::severity::Thresholds;
use store::NewStaff;

use super::{LOGIN, ZONE};
use crate::app::App;
use crate::enrol::{self, Actor, ImportOptions, ImportOutcome};
use crate::simulator::{Persona, Simulator, Style, Title, Tongue};
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

/// High risk is asked again in the afternoon.
fn second_check() -> SecondCheck {
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    SecondCheck { open: at(14, 0), reminders: vec![at(14, 45)], deadline: at(15, 30), dialog: "twice-daily".to_owned() }
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
        further: FurtherDialogs {
            welcome: Some("welcome".to_owned()),
            short: Some("short".to_owned()),
            release: Some("release".to_owned()),
        },
        second: Some(second_check()),
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
            // None of their own: the browser decides.
            language: String::new(),
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
    let mut rows = csv::Reader::from_reader(PATIENTS.as_bytes());
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head = rows.headers()?.clone();
    let column = |name: &str| head.iter().position(|column| column == name).with_context(|| format!("a column {name}"));
    let (confirmed, last_day, onset) = (column("confirmed")?, column("last_day")?, column("onset")?);
    head.push_field("observe_from");
    head.push_field("observe_until");
    out.write_record(&head)?;
    for row in rows.records() {
        let mut row = row?;
        if (row.get(confirmed) == Some("no")) != unconfirmed {
            continue;
        }
        let days = if row.get(last_day) == Some("yes") { 0 } else { OBSERVED_DAYS };
        // Written as the number of days that they have been ill.
        let began = row.get(onset).and_then(|days| days.parse().ok()).map(|days| (today - Days::new(days)).to_string());
        row =
            row.iter().enumerate().map(|(at, cell)| began.as_deref().filter(|_| at == onset).unwrap_or(cell)).collect();
        row.push_field(&today.to_string());
        row.push_field(&(today + Days::new(days)).to_string());
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
        let situation = match (field("confirmed"), field("last_day"), field("one_text")) {
            ("no", ..) => Situation::New,
            (_, "yes", _) => Situation::LastDay,
            (_, _, "yes") => Situation::OneText,
            _ => Situation::Usual,
        };
        simulator.add_phone(phone.as_e164(), title(field("persona"), situation, field("language")));
        if let Some(persona) = persona(field("persona"), field("language")) {
            // Whoever holds the phone has their own number of the register at hand.
            let identifier = field("her_sys_id").parse().unwrap_or_default();
            personas.insert(phone.as_e164().to_owned(), Persona { identifier, ..persona });
        }
    }
    if answering {
        simulator.set_personas(personas);
    }
}

/// What is special about how somebody is asked.
#[derive(Clone, Copy)]
enum Situation {
    Usual,
    /// Their number is not confirmed: they are welcomed first.
    New,
    /// It is the last day of their observation.
    LastDay,
    /// They are asked for everything in one text.
    OneText,
}

/// What stands above a phone on the page: how its owner types and in which language, in the page's two languages.
fn title(manner: &str, situation: Situation, language: &str) -> Title {
    let (ja, en) = match manner {
        "silent" if matches!(situation, Situation::New) => ("番号未確認・返信なし", "not confirmed, silent"),
        "tidy" if matches!(situation, Situation::New) => ("番号未確認", "not confirmed"),
        "tidy" if matches!(situation, Situation::LastDay) => ("最終日", "last day"),
        "tidy" if matches!(situation, Situation::OneText) => ("一通で回答", "asked in one text"),
        "own-digits" if language == "ne" => ("ネパール数字", "Nepali digits"),
        "own-digits" => ("全角", "full-width"),
        "speech" => ("話し言葉", "as spoken"),
        "one-line" => ("一行で", "all in one"),
        "slow" => ("ゆっくり", "slow"),
        "fumbling" => ("打ち間違い", "fumbling"),
        "silent" => ("返信なし", "silent"),
        "fever" => ("高熱", "high fever"),
        "warning-sign" => ("危険な症状", "warning sign"),
        "low-oxygen" => ("酸素が低い", "low oxygen"),
        "very-low-oxygen" => ("酸素がとても低い", "very low oxygen"),
        "opts-out" => ("停止を希望", "opts out"),
        "wrong-number" => ("番号違い", "wrong number"),
        _ => ("普通", "tidy"),
    };
    let (ja_language, en_language) = match language {
        "ja-easy" => ("やさしい日本語", "Easy Japanese"),
        "en" => ("英語", "English"),
        "zh-Hans" => ("中国語（簡体）", "Simplified Chinese"),
        "zh-Hant" => ("中国語（繁体）", "Traditional Chinese"),
        "ko" => ("韓国語", "Korean"),
        "vi" => ("ベトナム語", "Vietnamese"),
        "ne" => ("ネパール語", "Nepali"),
        "tl" => ("タガログ語", "Tagalog"),
        // Most type Japanese: only who reads English has to be told.
        _ => return Title::new(ja, format!("Japanese, {en}")),
    };
    Title::new(format!("{ja_language}・{ja}"), format!("{en_language}, {en}"))
}

/// How somebody types; `None` for who never does.
fn persona(manner: &str, language: &str) -> Option<Persona> {
    let style = match manner {
        "own-digits" => Style::OwnDigits,
        "speech" => Style::Speech,
        "one-line" => Style::OneLine,
        "slow" => Style::Slow,
        "fumbling" => Style::MisunderstandsOnce,
        "warning-sign" => Style::WarningSign,
        "low-oxygen" | "very-low-oxygen" => Style::LowOxygen,
        "opts-out" => Style::OptsOut,
        "wrong-number" => Style::WrongNumber,
        "silent" => return None,
        _ => Style::Tidy,
    };
    let mut persona = Persona::speaking(Tongue::from_tag(language).unwrap_or(Tongue::Ja), style);
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
    use domain::dialog::definition::Dialog;
    use domain::dialog::engine::{self, Context, Effect, Input, Known, State};
    use domain::dialog::render::Notice;
    use domain::observation::{OxygenSaturation, Temperature, Value, YesNo};

    use super::*;

    #[test]
    fn the_first_morning_is_ten_to_seven_and_to_come() {
        let noon = DateTime::from_timestamp(1_790_000_000, 0).expect("a valid time");
        let morning = first_morning(noon);
        assert!(morning > noon && morning - noon <= TimeDelta::days(1));
        assert_eq!(morning.with_timezone(&ZONE).time().to_string(), "06:50:00");
    }

    #[test]
    fn there_are_some_forty_patients_and_two_numbers_that_are_not_confirmed() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a valid day");
        assert!(patient_file(today, false).expect("a file").lines().count() > 40);
        assert_eq!(patient_file(today, true).expect("a file").lines().count(), 3);
        let everybody = enrol::file::read(patient_file(today, false).expect("a file").as_bytes(), today);
        let everybody = everybody.expect("it can be read");
        assert_eq!((everybody.problems, everybody.notices), (vec![], vec![]));
        let last: Vec<_> = everybody.enrolments.iter().filter(|one| one.observe_until == today).collect();
        assert_eq!((last.len(), last[0].onset.day()), (1, Some(today - Days::new(9))));
        assert_eq!(everybody.enrolments.iter().filter(|one| one.one_text == Some(true)).count(), 1);
    }

    /// (name, language, persona column) of every patient.
    fn everybody() -> Vec<(String, String, String)> {
        let mut rows = csv::Reader::from_reader(PATIENTS.as_bytes());
        let head = rows.headers().expect("a head").clone();
        let at = |name: &str| head.iter().position(|column| column == name).expect("a column");
        let (name, language, persona) = (at("name"), at("language"), at("persona"));
        rows.records()
            .map(|row| row.expect("a row"))
            .map(|row| (row[name].to_owned(), row[language].to_owned(), row[persona].to_owned()))
            .collect()
    }

    /// A morning of one persona with the real dialog: what was said on both sides, and what came of it.
    fn morning(dialog: &Dialog, language: Language, mut persona: Persona) -> (Vec<String>, State, Vec<Effect>) {
        let context = Context {
            language,
            center: CENTER,
            deadline: "8:30",
            night_line: Some("03-0000-0119"),
            attended: true,
            late: false,
            label: None,
            known: Known::default(),
        };
        let (mut said, mut effects) = (Vec::new(), Vec::new());
        let mut step = engine::step(dialog, &State::new(dialog), Input::Open, &context);
        loop {
            let text = step.effects.iter().rev().find_map(|effect| match effect {
                Effect::Say { text, .. } => Some(text.clone()),
                _ => None,
            });
            effects.append(&mut step.effects);
            let Some(text) = text else { break };
            said.push(format!("> {text}"));
            let Some((_, words)) = crate::simulator::persona::answer(&persona, &text) else { break };
            said.push(format!("< {words}"));
            persona.said += 1;
            assert!(said.len() < 40, "no end: {said:#?}");
            step = engine::step(dialog, &step.state, Input::Text(&words), &context);
        }
        (said, step.state, effects)
    }

    fn daily() -> Arc<Dialog> {
        super::super::dialogs().expect("the dialogs").current("daily").expect("the daily dialog")
    }

    #[test]
    fn every_language_of_the_daily_dialog_is_shown_and_spoken() {
        let dialog = daily();
        let everybody = everybody();
        for language in &dialog.languages {
            let tag = language.tag();
            let speaks = everybody.iter().any(|(_, of, manner)| of == tag && persona(manner, of).is_some());
            assert!(speaks, "somebody in the demo answers in {tag}");
            assert!(Tongue::from_tag(tag).is_some(), "{tag}");
        }
        assert_eq!(Tongue::ALL.len(), dialog.languages.len());
    }

    #[test]
    fn whoever_answers_in_their_own_language_is_understood() {
        let dialog = daily();
        for tongue in Tongue::ALL {
            let language: Language = tongue.tag().parse().expect("a language");
            let written = dialog.languages.contains(&language);
            assert!(written, "{tongue:?}");
            for style in Style::ALL {
                let persona = Persona::speaking(tongue, style);
                let (said, state, effects) = morning(&dialog, language, persona);
                let what = format!("{tongue:?} {style:?} {said:#?} {effects:#?}");
                let again = said.iter().filter(|line| line.starts_with('<')).count();
                let answers: Vec<&Value> = effects
                    .iter()
                    .filter_map(|effect| match effect {
                        Effect::Answer { value, .. } => Some(value),
                        _ => None,
                    })
                    .collect();
                let has = |wanted: &Effect| effects.contains(wanted);
                match style {
                    Style::Silent => assert_eq!((said.len(), answers.len()), (1, 0), "{what}"),
                    Style::OptsOut => assert!(has(&Effect::OptOut), "{what}"),
                    Style::WrongNumber => assert!(has(&Effect::WrongNumber), "{what}"),
                    Style::WarningSign => {
                        assert!(effects.iter().any(|effect| matches!(effect, Effect::Warn(_))), "{what}");
                        assert!(said.last().is_some_and(|text| text.contains("119")), "{what}");
                    }
                    _ => {
                        assert!(state.finished && has(&Effect::Finished), "{what}");
                        let temperature = Temperature::from_tenths(persona.temperature_tenths).expect("plausible");
                        let oxygen = OxygenSaturation::from_percent(persona.spo2).expect("plausible");
                        assert!(answers.contains(&&Value::Temperature(temperature)), "{what}");
                        assert!(answers.contains(&&Value::OxygenSaturation(oxygen)), "{what}");
                        assert_eq!(answers.last(), Some(&&Value::Nothing), "{what}");
                        assert_eq!(
                            answers.iter().filter(|value| ***value == Value::YesNo(YesNo::No)).count(),
                            2,
                            "{what}"
                        );
                        // Six questions; one text answers four of them; one greeting is no answer.
                        let expected = match style {
                            Style::OneLine => 3,
                            Style::MisunderstandsOnce => 7,
                            _ => 6,
                        };
                        assert_eq!(again, expected, "{what}");
                        let bad = |effect: &Effect| matches!(effect, Effect::Skip { .. } | Effect::Attention(_));
                        assert!(!effects.iter().any(bad), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_demos_patients_have_the_morning_that_their_titles_promise() {
        let dialog = daily();
        for (name, language, manner) in everybody() {
            let Some(persona) = persona(&manner, &language) else { continue };
            let language: Language = language.parse().expect("a language");
            let (said, state, effects) = morning(&dialog, language, persona);
            let warned = effects.iter().any(|effect| matches!(effect, Effect::Warn(_)));
            let alarming = ["warning-sign", "very-low-oxygen"].contains(&manner.as_str());
            assert_eq!(warned, alarming, "{name} {said:#?}");
            // Nothing is asked after the text that says to call 119.
            let leaves = alarming || ["opts-out", "wrong-number"].contains(&manner.as_str());
            assert_eq!(state.finished, !leaves, "{name} {said:#?}");
        }
    }

    #[test]
    fn whoever_is_asked_in_another_dialog_answers_there_too() {
        let dialogs = super::super::dialogs().expect("the dialogs");
        for (name, replies) in [("welcome", 1), ("release", 9), ("short", 1), ("twice-daily", 4)] {
            let dialog = dialogs.current(name).unwrap_or_else(|| panic!("the dialog {name} is in the program"));
            for style in [Style::Tidy, Style::Speech] {
                // Without the records of the center, as here, no identifier is right: "not at hand" is.
                let (said, state, effects) = morning(&dialog, Language::Ja, Persona::new(style));
                let answers = said.iter().filter(|line| line.starts_with('<')).count();
                let expected = if name == "welcome" { replies + 1 } else { replies };
                assert_eq!((answers, state.finished), (expected, true), "{name} {style:?} {said:#?}");
                assert!(!effects.iter().any(|effect| matches!(effect, Effect::Skip { .. })), "{said:#?}");
            }
        }
        let persona = Persona { identifier: 70_010_001, ..Persona::new(Style::Tidy) };
        let asks = "確認のため、保健所がお伝えした6から8桁の番号を返信してください。ない時は「なし」";
        let (_, words) = crate::simulator::persona::answer(&persona, asks).expect("they answer");
        assert_eq!(words, "70010001");
    }

    #[test]
    fn notices_that_ask_nothing_get_no_answer() {
        let dialog = daily();
        for tongue in Tongue::ALL {
            let language: Language = tongue.tag().parse().expect("a language");
            let context = Context {
                language,
                center: CENTER,
                deadline: "8:30",
                night_line: Some("03-0000-0119"),
                attended: true,
                late: false,
                label: None,
                known: Known::default(),
            };
            for notice in Notice::ALL.iter().copied() {
                let text = dialog.notice(notice, &context);
                let answered = crate::simulator::persona::answer(&Persona::speaking(tongue, Style::Tidy), &text);
                assert_eq!(answered, None, "{tongue:?} {notice:?}: {text}");
            }
        }
    }
}
