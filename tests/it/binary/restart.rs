//! Stops and starts in the middle of a morning: nothing is lost, nothing is said twice.

use super::demo::{Demo, Row, line};
use crate::support::program::{Folder, command, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_a_morning_changes_nothing_for_the_patients() {
    let folder = Folder::new("restart");
    let data = folder.path().join("data");
    let demo = Demo::start(&data, &["--manual"]).await;
    let day = demo.today().await;
    let [begun, silent, done] = ["+819012345650", "+819012345651", "+819012345652"];
    demo.import(
        &folder,
        day,
        &[
            Row { her_sys_id: "83000001", name: "試験 途中", phone: begun, ..Row::default() },
            Row { her_sys_id: "83000002", name: "試験 無言", phone: silent, ..Row::default() },
            Row { her_sys_id: "83000003", name: "試験 終了", phone: done, ..Row::default() },
        ],
    )
    .await;
    demo.at(day, "07:00").await;
    // By phones of the simulator, which remembers them over the stop as a provider would.
    assert!(demo.type_on_phone(begun, "36.5").await.contains("36.5度。"));
    assert!(demo.type_on_phone(begun, "97").await.contains("97%。"));
    assert!(demo.type_on_phone(done, "36.8 97 2 0").await.contains("確認です。"));
    assert!(demo.type_on_phone(done, "2").await.contains("ほかに"));
    assert!(demo.type_on_phone(done, "なし").await.contains("今日は終わりです。"));
    let before = demo.status().await;
    let (now, login) = (demo.now().await, demo.sign_in().await);
    let counts = [demo.received(begun).await.len(), demo.received(silent).await.len(), demo.received(done).await.len()];

    // A second service on the same file is refused, and says why and what to do.
    let mut second = command(&["serve"]);
    second
        .env("MIMAMORI__STORE__URL", demo.told("store"))
        .env("MIMAMORI__GATEWAY__KIND", "simulator")
        .env("MIMAMORI__SERVER__LISTEN", "127.0.0.1:0")
        .env("MIMAMORI__SIMULATOR__LISTEN", "127.0.0.1:0");
    let refused = run(second).await;
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("another mimamori runs on this database"), "{complaint}");
    assert!(complaint.contains("store.url"), "{complaint}");

    let (ended, log) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(!log.contains("abandoned"), "everything finished within the limit: {log}");

    let demo = Demo::start(&data, &["--manual"]).await;
    assert!(demo.now().await >= now, "the clock goes on from where it was");
    assert!(demo.now().await < now + chrono::TimeDelta::minutes(30), "and not from anywhere else");
    let after = demo.status().await;
    for key in ["day", "state", "counts", "patients"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    // Whoever was signed in still is.
    assert_eq!(demo.get("/api/v1/round", &login).await.0, 200);
    demo.settle().await;
    let again = [demo.received(begun).await.len(), demo.received(silent).await.len(), demo.received(done).await.len()];
    assert_eq!(again, counts, "no question goes out again");

    assert!(demo.type_on_phone(begun, "2").await.contains("いいえ。症状を番号で全部。"), "the third question was open");
    demo.at(day, "07:45").await;
    // The longest question fills its text: there is no room to say once more until when.
    assert!(demo.received(begun).await.pop().unwrap().starts_with("症状を番号で全部。"));
    assert_eq!(demo.received(begun).await.len(), counts[0] + 2);
    assert!(demo.received(silent).await.pop().unwrap().contains("今日の体温"));
    assert_eq!(demo.received(done).await.len(), counts[2], "who is done is not reminded");
    demo.at(day, "08:30").await;
    let status = demo.status().await;
    assert_eq!(line(&status, "試験 途中")["progress"], "partial");
    assert_eq!(line(&status, "試験 無言")["progress"], "silent");
    assert_eq!(line(&status, "試験 終了")["severity"], "green");

    let (ended, log) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_goes_on_or_starts_over_as_it_is_told() {
    let folder = Folder::new("fresh");
    let data = folder.path().join("data");
    let demo = Demo::start(&data, &["--manual"]).await;
    let day = demo.today().await;
    let token = demo.told("auth_token").to_owned();
    demo.at(day, "07:00").await;
    // At once, as when the power fails: whatever a clean stop would have written down is not there.
    let mut killed = demo.program;
    killed.kill();

    let demo = Demo::start(&data, &["--manual"]).await;
    assert_eq!(demo.told("auth_token"), token);
    let status = demo.status().await;
    assert_eq!((&status["day"], &status["state"]), (&day.to_string().into(), &"open".into()));
    let (ended, log) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");

    let demo = Demo::start(&data, &["--manual", "--fresh"]).await;
    assert_ne!(demo.told("auth_token"), token, "nothing of the first demo is left");
    let shown = run(demo.beside(&["round", "status", "--json"])).await;
    if shown.status.success() {
        // The round of the day before may be shown, as one that nobody could open; today's has not begun.
        let status: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(status["state"], "missed", "{status:#}");
        assert_ne!(status["day"], day.to_string(), "{status:#}");
    } else {
        let complaint = String::from_utf8_lossy(&shown.stderr).into_owned();
        assert!(complaint.contains("nothing has opened yet"), "{complaint}");
    }
    assert!(demo.received("+819012345601").await.is_empty(), "the provider has forgotten, too");

    // A file that no demo wrote is not guessed at.
    let (ended, _) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0));
    std::fs::write(data.join("demo.json"), "{").unwrap();
    let mut broken = command(&["demo", "--json", "--port", "0", "--data"]);
    broken.arg(&data);
    let refused = run(broken).await;
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && complaint.contains("--fresh"), "{complaint}");
}

/// A newcomer's machine has Rust and a C compiler, and perhaps nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_needs_no_certificates() {
    let folder = Folder::new("certificates");
    let mut demo = command(&["demo", "--json", "--port", "0", "--manual", "--data"]);
    demo.arg(folder.path().join("data"));
    demo.env("SSL_CERT_FILE", folder.path().join("none.pem")).env("SSL_CERT_DIR", folder.path().join("none"));
    let demo = Demo::started(demo).await;
    let day = demo.today().await;
    demo.at(day, "07:00").await;
    assert!(demo.type_on_phone("+819012345601", "36.5").await.contains("36.5度。"));
    let (ended, log) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
}
