//! What a newcomer sees of the demo: everybody answers in their own language and is understood, the pages speak the
//! browser's language, and a second start has the same phones in the same places.

use serde_json::Value;

use super::demo::{Demo, http};
use crate::support::program::Folder;

/// What stands on a page, for a browser that prefers this language.
async fn page(url: &str, cookie: &str, language: &str) -> String {
    let request = http().get(url).header("Accept-Language", language).header("Cookie", cookie);
    request.send().await.expect("an answer").text().await.expect("a page")
}

/// (id, number, whether it answers by itself) of every phone.
async fn phones(demo: &Demo) -> Vec<(u64, String, bool)> {
    let url = format!("{}phones", demo.told("phones"));
    let list: Value = http().get(url).send().await.expect("an answer").json().await.expect("JSON");
    let phone = |card: &Value| {
        let number = card["number"].as_str().expect("a number").to_owned();
        (card["id"].as_u64().expect("an id"), number, card["answering"].as_bool().expect("whether it answers"))
    };
    list["phones"].as_array().expect("phones").iter().map(phone).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sees_nine_languages_understood_and_the_same_phones_after_a_second_start() {
    let folder = Folder::new("showcase");
    let data = folder.path().join("data");
    let demo = Demo::start(&data, &[]).await;
    let day = demo.today().await;
    let before = phones(&demo).await;
    assert!(before.len() >= 40, "{before:?}");
    // Somebody takes a phone that would answer by itself; the others have their morning.
    demo.type_on_phone(&before[1].1, "こんにちは").await;
    demo.at(day, "07:30").await;

    let status = demo.status().await;
    let lines = status["patients"].as_array().expect("patients");
    for language in ["ja", "ja-easy", "en", "zh-Hans", "zh-Hant", "ko", "vi", "ne", "tl"] {
        let finished = lines.iter().filter(|line| line["language"] == language && line["progress"] == "finished");
        assert!(finished.count() > 0, "somebody has finished in {language}: {status}");
    }
    let cookie = demo.sign_in().await;
    let alerts = page(&format!("{}/alerts", demo.told("public_url")), &cookie, "en").await;
    assert!(alerts.contains("<html lang=\"en\">") && alerts.contains("Warning sign"), "{alerts}");
    assert!(!alerts.contains("not understood"), "nobody of the demo is misunderstood twice: {alerts}");
    for (language, expected) in [("en-US,en;q=0.9", "<html lang=\"en\">"), ("ja", "<html lang=\"ja\">")] {
        for url in [demo.told("console"), demo.told("phones")] {
            let html = page(url, &cookie, language).await;
            assert!(html.contains(expected), "{url} for {language}:\n{html}");
        }
    }

    let before = phones(&demo).await;
    assert!(!before[1].2, "a person has taken it");
    let (ended, log) = demo.program.stop().await;
    assert_eq!(ended.code(), Some(0), "{log}");
    let demo = Demo::start(&data, &[]).await;
    assert_eq!(phones(&demo).await, before);
}
