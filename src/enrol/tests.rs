use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use domain::center::Hours;
use domain::language::Language;
use domain::severity::Thresholds;
use store::Store;

use super::*;
use crate::clock::SeededEntropy;

/// A store in a folder of its own, which goes with it.
struct World {
    folder: PathBuf,
    store: Store,
    center: Center,
    entropy: SeededEntropy,
    now: DateTime<Utc>,
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left behind in the temporary folder does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const HEADER: &str = "her_sys_id,name,phone,language,observe_from,observe_until,family_of\n";

impl World {
    async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("mimamori-enrol-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let url = format!("sqlite:{}", folder.join("test.db").display());
        let store = Store::connect(&url, store::Options::default()).await.expect("a new database");
        let now = "2026-08-02T23:00:00Z".parse().expect("valid");
        let world =
            Self {
                folder, store, center: center("江東区保健所", "+12125550100"), entropy: SeededEntropy::new(1), now
            };
        world.add(&world.center).await.expect("the first center");
        world
    }

    async fn add(&self, center: &Center) -> Result<(), AddCenterError> {
        let mut tx = self.store.begin().await?;
        add_center(&mut tx, center, &Actor::command_line(), self.now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn import(&self, rows: &str, options: ImportOptions) -> ImportReport {
        let file = read_file(format!("{HEADER}{rows}").as_bytes(), &self.center, self.now).expect("readable");
        let mut tx = self.store.begin().await.expect("begin");
        let actor = Actor::command_line();
        let report =
            import(&mut tx, &self.center, file, options, &actor, self.now, &self.entropy).await.expect("stored");
        tx.commit().await.expect("committed");
        report
    }

    /// Everybody at the center as `HER-SYS ID, letter, phone, language, confirmed`, by HER-SYS ID.
    async fn people(&self, ids: &[&str]) -> Vec<String> {
        let mut tx = self.store.read().await.expect("read");
        let mut lines = Vec::new();
        for id in ids {
            let Some(patient) = tx.patient_by_her_sys_id(self.center.id, id).await.expect("read") else { continue };
            let contact = tx.contact(patient.contact_id).await.expect("read").expect("every patient has one");
            let confirmed = if contact.confirmed_at.is_some() { "confirmed" } else { "unconfirmed" };
            let phone = contact.phone.as_e164();
            lines.push(format!(
                "{id} {} {} {} {confirmed}",
                patient.letter,
                &phone[phone.len() - 2..],
                contact.language
            ));
        }
        lines
    }

    async fn change_contact(&self, phone: &str, change: impl FnOnce(Contact) -> Contact) {
        let mut tx = self.store.begin().await.expect("begin");
        let number = PhoneNumber::from_e164(phone).expect("valid");
        let contact = tx.lock_contact_by_phone(self.center.id, &number).await.expect("read").expect("known");
        tx.update_contact(&change(contact), self.now).await.expect("stored");
        tx.commit().await.expect("committed");
    }

    async fn audited(&self) -> i64 {
        let report = self.store.read().await.expect("read").verify_audit().await.expect("read");
        assert_eq!(report.first_bad, None);
        report.rows
    }
}

fn center(name: &str, sender: &str) -> Center {
    let sender = PhoneNumber::from_e164(sender).expect("valid");
    Center {
        id: CenterId::new(DateTime::UNIX_EPOCH + TimeDelta::seconds(name.len() as i64), &[0; 10]),
        name: name.into(),
        time_zone: chrono_tz::Asia::Tokyo,
        sender,
        hours: Hours::default(),
        night_line: None,
        language: Language::Ja,
        dialog: "daily".into(),
        further: Default::default(),
        second: None,
        thresholds: Thresholds::default(),
    }
}

fn row(her_sys_id: &str, phone: &str, family_of: &str) -> String {
    format!("{her_sys_id},試験 太郎,{phone},,2026-08-01,2026-08-10,{family_of}\n")
}

fn problems(report: &ImportReport) -> Vec<String> {
    report.problems.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_center_is_added_once_and_audited() {
    let world = World::new().await;
    assert_eq!(world.audited().await, 1);
    let same_name = center("江東区保健所", "+12125550101");
    assert!(matches!(world.add(&same_name).await, Err(AddCenterError::NameTaken)));
    let same_number = center("Other", "+12125550100");
    assert!(matches!(world.add(&same_number).await, Err(AddCenterError::SenderTaken)));
    let mut wrong = center("Wrong hours", "+12125550102");
    wrong.hours.deadline = wrong.hours.open;
    wrong.thresholds.version = 0;
    let error = world.add(&wrong).await.expect_err("hours that cannot work").to_string();
    assert!(error.contains("the deadline (07:00)") && error.contains("the version"), "{error}");
    assert_eq!(world.audited().await, 1, "what was refused left no trace");
    world.add(&center("Other", "+12125550101")).await.expect("another name and number");
    assert_eq!(world.audited().await, 2);
}

#[tokio::test]
async fn a_family_on_one_phone_gets_letters_in_the_order_of_the_file() {
    let world = World::new().await;
    let rows = [
        row("1000001", "", "1000002"),
        row("1000002", "090-1234-5601", ""),
        row("1000003", "090-1234-5602", ""),
        row("1000004", "+81 90 1234 5601", ""),
    ];
    let report = world.import(&rows.concat(), ImportOptions::default()).await;
    assert_eq!(problems(&report), [""; 0]);
    assert_eq!((report.outcome, report.rows, report.enrolled, report.new_contacts), (ImportOutcome::Enrolled, 4, 4, 2));
    assert_eq!(report.to_string(), "enrolled 4 of 4 patients, on 2 new phones");
    let ids = ["1000001", "1000002", "1000003", "1000004"];
    assert_eq!(
        world.people(&ids).await,
        [
            "1000001 A 01 ja confirmed",
            "1000002 B 01 ja confirmed",
            "1000003 A 02 ja confirmed",
            "1000004 C 01 ja confirmed"
        ]
    );
    assert_eq!(world.audited().await, 5, "the center and four patients");

    // A day later a child of the family is enrolled.
    let later = world.import(&row("1000005", "", "1000001"), ImportOptions::default()).await;
    assert_eq!((later.enrolled, later.new_contacts), (1, 0));
    assert_eq!(world.people(&["1000005"]).await, ["1000005 D 01 ja confirmed"]);
}

#[tokio::test]
async fn one_problem_keeps_everybody_out_unless_bad_rows_are_skipped() {
    let world = World::new().await;
    let rows = [row("1000001", "090-1234-5601", ""), row("1000002", "03-1234-5678", ""), row("1000003", "", "7654321")]
        .concat();
    let refused = world.import(&rows, ImportOptions::default()).await;
    assert_eq!(
        problems(&refused),
        [
            "row 3, phone cannot receive texts: only mobile numbers can (in Japan 060, 070, 080, 090)",
            "row 4, family_of names nobody: no row of the file and no patient of the center has this HER-SYS ID",
        ]
    );
    assert_eq!(refused.outcome, ImportOutcome::Refused);
    assert_eq!(
        refused.to_string().lines().last(),
        Some("nobody enrolled: correct the problems above (2), or enrol the 1 other patients with --skip-bad-rows")
    );
    let ids = ["1000001", "1000002", "1000003"];
    assert_eq!(world.people(&ids).await, [""; 0]);
    assert_eq!(world.audited().await, 1);

    let skip = ImportOptions { skip_bad_rows: true, ..ImportOptions::default() };
    let dry = world.import(&rows, ImportOptions { dry_run: true, ..ImportOptions::default() }).await;
    assert_eq!((dry.outcome, dry.enrolled), (ImportOutcome::Refused, 1), "a dry run ends as the import would");
    let dry = world.import(&rows, ImportOptions { dry_run: true, ..skip }).await;
    assert_eq!((dry.outcome, dry.enrolled), (ImportOutcome::DryRun, 1));
    assert_eq!(world.people(&ids).await, [""; 0]);

    let skipped = world.import(&rows, skip).await;
    assert_eq!((skipped.outcome, skipped.enrolled), (ImportOutcome::Enrolled, 1));
    assert_eq!(world.people(&ids).await, ["1000001 A 01 ja confirmed"]);
}

#[tokio::test]
async fn what_is_in_the_store_decides() {
    let world = World::new().await;
    let first =
        [row("1000001", "090-1234-5601", ""), row("1000002", "090-1234-5602", ""), row("1000003", "090-1234-5603", "")];
    world.import(&first.concat(), ImportOptions::default()).await;
    world.change_contact("+819012345602", |contact| contact.mark_wrong_number(world.now)).await;
    world
        .change_contact("+819012345603", |contact| Contact { language: Language::En, ..contact.opt_out(world.now) })
        .await;

    let rows = [
        row("1000001", "090-1234-5609", ""),
        row("1000004", "090-1234-5602", ""),
        row("1000005", "", "1000002"),
        row("1000006", "+1 212 555 0100", ""),
        "1000007,A,09012345603,ko,2026-08-01,2026-08-10,\n".to_owned(),
        // The row it refers to is refused, but the patient is known, with another phone.
        row("1000008", "", "1000001"),
    ];
    let report = world.import(&rows.concat(), ImportOptions { skip_bad_rows: true, ..ImportOptions::default() }).await;
    assert_eq!(
        problems(&report),
        [
            "row 2, her_sys_id is enrolled at this center already: take the row out of the file",
            "row 3, phone was said to be a wrong number by whoever answered there: ask the patient for theirs",
            "row 4, phone was said to be a wrong number by whoever answered there: ask the patient for theirs",
            "row 5, phone is the number that the center itself sends from",
        ]
    );
    let notices: Vec<_> = report.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "row 6, language is not changed: this phone is written to in en already",
            "row 6, phone wants no texts: staff must call instead",
        ]
    );
    assert_eq!((report.enrolled, report.new_contacts), (2, 0));
    assert_eq!(
        world.people(&["1000004", "1000005", "1000006", "1000007", "1000008"]).await,
        ["1000007 B 03 en confirmed", "1000008 B 01 ja confirmed"]
    );
}

#[tokio::test]
async fn numbers_are_confirmed_by_the_import_unless_it_says_otherwise() {
    let world = World::new().await;
    let unconfirmed = ImportOptions { unconfirmed: true, ..ImportOptions::default() };
    world.import(&row("1000001", "090-1234-5601", ""), unconfirmed).await;
    assert_eq!(world.people(&["1000001"]).await, ["1000001 A 01 ja unconfirmed"]);
    world.import(&row("1000002", "090-1234-5601", ""), ImportOptions::default()).await;
    assert_eq!(world.people(&["1000001"]).await, ["1000001 A 01 ja confirmed"]);
    world.import(&row("1000003", "090-1234-5601", ""), unconfirmed).await;
    assert_eq!(world.people(&["1000003"]).await, ["1000003 C 01 ja confirmed"], "it takes nothing back");
}

#[tokio::test]
async fn a_phone_answers_for_26_patients_at_most() {
    let world = World::new().await;
    let rows: String = (0..27).map(|number| row(&format!("{}", 1_000_000 + number), "090-1234-5601", "")).collect();
    let report = world.import(&rows, ImportOptions { skip_bad_rows: true, ..ImportOptions::default() }).await;
    assert_eq!(report.enrolled, 26);
    assert_eq!(
        problems(&report),
        ["row 28, phone answers for 26 patients already: no more can be told apart on one phone"]
    );
}
