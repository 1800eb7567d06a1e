//! Publishing dialogs to a running service: a change is taken whole or not at all, one dialog's fault is not
//! another's, running conversations stay where they are (P11), and a restart changes none of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::service::Service;
use super::webhook::new_sid;
use crate::support::program::{run, succeed};

const PHONE: &str = "+819012345651";

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// What a number that is nobody's is told: from the dialog that is current now. Another one each time.
async fn to_a_stranger(service: &Service, last: u32) -> String {
    service.webhooks.deliver(&new_sid(), &format!("+8190123456{last}"), "こんにちは").await.text()
}

async fn ready(service: &Service) -> Value {
    let (status, body) = service.get("/readyz").await;
    assert_eq!(status, 200, "a dialog that is refused hinders nobody: {body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_change_is_published_and_a_running_conversation_stays() {
    let mut service = Service::prepare("publish", &[]).await;
    service.set("DIALOGS__WATCH", "true");
    let dialogs = service.own_dialogs();
    let (texts, definition) = (dialogs.join("daily/texts.ja.toml"), dialogs.join("daily/dialog.toml"));
    service.enrol(0, &[PHONE.to_owned()]).await;
    let program = service.start().await;
    service.everybody_asked(&[PHONE.to_owned()]).await;
    let versions = async || {
        let said = succeed(service.beside(&["dialog", "versions", "--json"])).await;
        said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let kept = versions().await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (&kept[0]["dialog"], &kept[0]["conversations"], &kept[0]["running"]),
        (&"daily".into(), &1.into(), &1.into())
    );
    let table = succeed(service.beside(&["dialog", "versions"])).await;
    let hash = kept[0]["hash"].as_str().unwrap().to_owned();
    assert!(table.contains("conversations") && table.contains(&hash[..12]), "{table}");

    // Two files are saved, one after the other, and published once both are there.
    let before = to_a_stranger(&service, 60).await;
    let from = program.log().len();
    change(&texts, "unknown-number = \"", "unknown-number = \"新版。");
    change(&texts, "\n[oxygen]\nask = \"", "\n[oxygen]\nask = \"新: ");
    program.logged(from, "the dialog was published: the next conversations begin with it").await;
    assert_eq!(to_a_stranger(&service, 61).await, format!("新版。{before}"));
    let next = service.webhooks.deliver(&new_sid(), PHONE, "36.8").await.text();
    assert!(next.contains("酸素") && !next.contains('新'), "the running conversation stays on its version: {next}");
    assert_eq!(versions().await.len(), 1, "the new version is kept with the first conversation that begins with it");

    // What changed for the patient, between what runs and what lies in the folder.
    let folder = dialogs.join("daily");
    let compare = async |old: &str, new: &str| {
        let output = run(service.beside(&["dialog", "diff", old, new])).await;
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let folder = folder.to_str().unwrap();
    let (code, said) = compare(&hash[..8], folder).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("oxygen.ask") && said.contains("+ [新: ]"), "{said}");
    assert_eq!(compare(&hash[..8], &hash).await.0, Some(0));
    for (what, says) in [("0000", "no such version is kept"), ("nowhere", "there is no such folder")] {
        let (code, said) = compare(what, folder).await;
        assert_eq!((code, said.contains(says)), (Some(2), true), "{said}");
    }

    // A fault is refused whole and told in one event; another dialog is published all the same.
    let from = program.log().len();
    fs::create_dir_all(dialogs.join("weekly")).unwrap();
    for entry in fs::read_dir(dialogs.join("daily")).unwrap() {
        let file = entry.unwrap().path();
        if file.is_file() {
            fs::copy(&file, dialogs.join("weekly").join(file.file_name().unwrap())).unwrap();
        }
    }
    change(&dialogs.join("weekly/texts.ja.toml"), "新: ", "週: ");
    change(&texts, "unknown-number = \"新版。", "unknown-number = \"最新版。");
    change(&definition, "kind = \"oxygen\"", "kind = \"oxigen\"");
    program.logged(from, "the dialog has errors and is refused: the version in use stays").await;
    program.logged(from, "\"weekly\"").await;
    let log = program.log();
    let refusals: Vec<&str> = log[from..].lines().filter(|line| line.contains("is refused")).collect();
    let refusal: Value = serde_json::from_str(refusals.last().unwrap()).unwrap();
    for part in ["unknown kind `oxigen`", "dialog.toml:", "^^^^^^^^", "did you mean `oxygen`?"] {
        assert!(refusal.to_string().contains(part), "{part} is missing in {refusal}");
    }
    assert_eq!(to_a_stranger(&service, 62).await, format!("新版。{before}"), "nothing of it was taken");
    assert_eq!(ready(&service).await["notes"]["refused_dialogs"], serde_json::json!(["daily"]));
    assert_eq!(service.metric("mimamori_dialogs_refused").await.to_string(), "1");

    // A restart with the fault in the folder goes on with what the latest conversation began with.
    let (ended, log) = program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
    let program = service.start().await;
    let log = program.log();
    assert!(log.contains("the version that the latest conversation began with stays"), "{log}");
    let next = service.webhooks.deliver(&new_sid(), PHONE, "97").await.text();
    assert!(next.contains("97%。"), "{next}");
    assert_eq!(to_a_stranger(&service, 63).await, before);
    assert_eq!(ready(&service).await["notes"]["refused_dialogs"], serde_json::json!(["daily"]));
    // Somebody mends it.
    let from = program.log().len();
    change(&definition, "kind = \"oxigen\"", "kind = \"oxygen\"");
    program.logged(from, "the dialog was published: the next conversations begin with it").await;
    assert_eq!(to_a_stranger(&service, 64).await, format!("最新版。{before}"));
    assert_eq!(ready(&service).await.get("notes"), None);
    assert_eq!(service.metric("mimamori_dialogs_refused").await.to_string(), "0");
    // The whole folder is replaced, as a deployment does it, and goes on being watched.
    let aside = dialogs.with_extension("aside");
    let from = program.log().len();
    fs::rename(&dialogs, &aside).unwrap();
    fs::rename(&aside, &dialogs).unwrap();
    change(&texts, "unknown-number = \"最新版。", "unknown-number = \"再版。");
    program.signal("HUP");
    program.logged(from, "the dialogs were read anew").await;
    assert_eq!(to_a_stranger(&service, 65).await, format!("再版。{before}"));
    let (ended, log) = program.stop().await;
    assert!(ended.success() && !log.contains("panicked") && !log.contains(PHONE), "{ended}\n{log}");
}
