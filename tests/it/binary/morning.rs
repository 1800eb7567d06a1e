//! Whole mornings, from the import to the chase list and to the next day.

use serde_json::{Value, json};
use store::{Options, Store};

use super::demo::{Demo, Row, chased, line};
use crate::support::program::{Folder, succeed};

const OPENING: &str = "見本区保健所です。8:30までに回答を。今日の体温を数字で返信してください。";
const ASK_OXYGEN: &str = "酸素の値(SpO2)を数字で返信してください。";
const REMINDER: &str = "8:30までにお願いします。";
const SAFETY: &str = "すぐ119番に電話してください。";
const FINISHED: &str = "ありがとうございました。今日は終わりです。";

/// In the order in which staff call.
const REASONS: [&str; 6] = ["red", "silent-high-risk", "orange", "silent", "partial", "never-asked"];

fn phone(last: usize) -> String {
    format!("+8190123456{last}")
}

/// Ranks count from 1, and reasons come in the order of urgency.
fn check_order(status: &Value) {
    let list = status["chase_list"].as_array().expect("a chase list");
    let place = |entry: &Value| {
        let reason = entry["reason"].as_str().expect("a reason");
        REASONS.iter().position(|known| *known == reason).unwrap_or_else(|| panic!("an unknown reason: {reason}"))
    };
    for (index, entry) in list.iter().enumerate() {
        assert_eq!(entry["rank"].as_u64(), Some(index as u64 + 1));
    }
    assert!(list.windows(2).all(|pair| place(&pair[0]) <= place(&pair[1])), "{list:#?}");
}

/// Asserts what the status says of one patient, key by key.
fn check_line(status: &Value, name: &str, expected: &[(&str, Value)]) {
    let line = line(status, name);
    for (key, value) in expected {
        assert_eq!(&line[key], value, "{key} of {name}: {line:#}");
    }
}

fn check_chased(status: &Value, name: &str, reason: &str) {
    let entry = chased(status, name).unwrap_or_else(|| panic!("{name} is on the chase list"));
    assert_eq!(entry["reason"], reason, "{name}: {entry:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_morning_of_many_patients_from_import_to_chase_list() {
    let folder = Folder::new("morning");
    let demo = Demo::start(&folder.path().join("data"), &["--manual"]).await;
    let web = demo.webhooks.clone();
    let day = demo.today().await;
    let numbers: [String; 15] = std::array::from_fn(|index| phone(50 + index));
    let [
        tidy,
        one_line,
        wide,
        silent,
        slow,
        sick,
        fever,
        out,
        wrong,
        mother,
        english,
        late_comer,
        fumbling,
        sign,
        nobody,
    ] = numbers.each_ref().map(String::as_str);
    let base = Row::default();
    demo.import(
        &folder,
        day,
        &[
            Row { her_sys_id: "81000001", name: "試験 きちん", phone: tidy, ..base },
            Row { her_sys_id: "81000002", name: "試験 一行", phone: one_line, ..base },
            Row { her_sys_id: "81000003", name: "試験 全角", phone: wide, ..base },
            Row {
                her_sys_id: "81000004",
                name: "試験 無言",
                phone: silent,
                risk_tier: "high",
                lives_alone: "yes",
                ..base
            },
            Row { her_sys_id: "81000005", name: "試験 遅い", phone: slow, ..base },
            Row { her_sys_id: "81000006", name: "試験 胸痛", phone: sick, ..base },
            Row { her_sys_id: "81000007", name: "試験 発熱", phone: fever, ..base },
            Row { her_sys_id: "81000008", name: "試験 停止", phone: out, ..base },
            Row { her_sys_id: "81000009", name: "試験 人違い", phone: wrong, ..base },
            Row { her_sys_id: "81000010", name: "試験 母", phone: mother, ..base },
            Row { her_sys_id: "81000011", name: "試験 娘", family_of: "81000010", ..base },
            Row { her_sys_id: "81000012", name: "Test English", phone: english, language: "en", ..base },
            Row { her_sys_id: "81000014", name: "試験 不明瞭", phone: fumbling, ..base },
            Row { her_sys_id: "81000015", name: "試験 低酸素", phone: sign, ..base },
        ],
    )
    .await;

    // 07:00: question 1, once to each phone. A shared phone is asked about one patient.
    demo.at(day, "07:00").await;
    for number in [tidy, one_line, wide, silent, slow, sick, fever, out, wrong, fumbling, sign] {
        let received = demo.received(number).await;
        assert!(matches!(&received[..], [one] if one.starts_with(OPENING)), "{number}: {received:?}");
    }
    let received = demo.received(mother).await;
    assert!(matches!(&received[..], [one] if one.starts_with('A') && one.contains(OPENING)), "{received:?}");
    let received = demo.received(english).await;
    assert!(matches!(&received[..], [one] if one.contains("body temperature")), "{received:?}");

    // Question by question, each answer said back.
    for (said, expected) in [
        ("36.5", "36.5度。"),
        ("97", "97%。"),
        ("2", "いいえ。症状を番号で全部。"),
        ("0", "症状なし。"),
        ("2", "ない。"),
        ("なし", FINISHED),
    ] {
        web.expect(tidy, said, expected).await;
    }
    // Everything in one text, and half of it in the provider's own hands.
    web.expect(one_line, "36.8 97 2 0", "36.8度。97%。いいえ。症状なし。確認です。").await;
    web.expect(one_line, "ない", "ほかに伝えたいこと").await;
    web.expect(one_line, "特にありません", FINISHED).await;
    for (said, expected) in [
        ("３６．５", "36.5度。"),
        ("９７", "97%。"),
        ("２", "いいえ。"),
        ("０", "症状なし。"),
        ("２", "ない。"),
        ("なし", FINISHED),
    ] {
        let read = demo.type_on_phone(wide, said).await;
        assert!(read.contains(expected), "to {said:?}: {read:?}");
    }
    for (said, expected) in [
        ("36.8", "36.8 C. "),
        ("97", "97%. "),
        ("no", "No. "),
        ("1,4", "Got 1,4. "),
        ("2", "No. "),
        ("NONE", "Thank you"),
    ] {
        web.expect(english, said, expected).await;
    }
    web.expect(slow, "36.6", ASK_OXYGEN).await;
    for (said, expected) in
        [("38.9", "38.9度。"), ("97", "97%。"), ("2", "いいえ。"), ("0", "症状"), ("2", "ない。"), ("なし", FINISHED)]
    {
        web.expect(fever, said, expected).await;
    }

    // A warning sign: the very reply says to call 119, and staff have it at once.
    web.expect(sick, "胸が痛い", SAFETY).await;
    let status = demo.status().await;
    check_line(&status, "試験 胸痛", &[("severity", "red".into()), ("open_alerts", 1.into())]);
    web.expect(sign, "36.7", ASK_OXYGEN).await;
    web.expect(sign, "88", SAFETY_OR_ECHO).await;

    // Two failures: the question is left out and flagged, and the rest goes on.
    web.expect(fumbling, "いつもどおり", "読み取れませんでした").await;
    web.expect(fumbling, "ふつう", "次へ進みます。酸素の値").await;

    // Out, wrong: one confirmation each, then silence, and staff see both.
    web.expect(out, "停止", "停止しました。").await;
    assert_eq!(web.text(out, "36.5").await, [""; 0], "nothing is said to whoever opted out");
    web.expect(wrong, "人違いです", "この番号にはもう送りません。").await;
    assert_eq!(web.text(wrong, "しつこい").await, [""; 0], "nothing is said to a wrong number");
    web.expect(wrong, "助けて", SAFETY).await;

    // A number that is nobody's: answered once a day, and always when it is about life.
    web.expect(nobody, "こんにちは", "この番号は登録されていません。").await;
    assert_eq!(web.text(nobody, "もしもし").await, [""; 0], "once a day");
    web.expect(nobody, "息ができない", SAFETY).await;

    // A family's phone: one after the other, each named by a letter, never by name (P13).
    for (said, expected) in
        [("36.4", "36.4度。"), ("98", "98%。"), ("2", "いいえ。"), ("0", "症状なし。"), ("2", "ない。")]
    {
        web.expect(mother, said, expected).await;
    }
    let both = web.text(mother, "なし").await;
    assert!(
        matches!(&both[..], [done, next] if done.starts_with('A') && done.contains(FINISHED)
        && next.starts_with('B') && next.contains("体温")),
        "{both:?}"
    );
    web.expect(mother, "36.9", "B").await;

    // 07:45: only those who are not finished, with the question that waits, never from the start.
    demo.at(day, "07:45").await;
    for number in [tidy, one_line, english, fever, out, wrong] {
        assert_eq!(demo.received(number).await.len(), 1, "no reminder to {number}");
    }
    let last = demo.received(slow).await.pop().unwrap();
    assert!(last.starts_with(REMINDER) && last.contains(ASK_OXYGEN), "{last}");
    let last = demo.received(silent).await.pop().unwrap();
    assert!(last.starts_with(REMINDER) && last.contains("今日の体温"), "{last}");
    let reminders = demo.received(mother).await;
    assert!(matches!(&reminders[..], [_, one] if one.starts_with('B') && one.contains(ASK_OXYGEN)), "{reminders:?}");
    assert_eq!(demo.received(wide).await.iter().filter(|text| text.contains(REMINDER)).count(), 0);

    // Somebody who is enrolled now is asked now.
    let comer = Row { her_sys_id: "81000013", name: "試験 新入り", phone: late_comer, ..base };
    demo.import(&folder, day, &[comer]).await;
    demo.settle().await;
    let received = demo.received(late_comer).await;
    assert!(matches!(&received[..], [one] if one.starts_with(OPENING)), "{received:?}");
    web.expect(late_comer, "36.2 98 2 0", "確認です。").await;
    web.expect(late_comer, "2", "ほかに").await;
    web.expect(late_comer, "なし", FINISHED).await;

    demo.at(day, "08:15").await;
    assert_eq!(demo.received(silent).await.len(), 3, "the opening and two reminders");
    let before = demo.status().await;
    assert_eq!((before["state"].as_str(), before["chase_list"].as_array().map(Vec::len)), (Some("open"), Some(0)));

    // 08:30: the list is frozen, with rank and reason.
    demo.at(day, "08:30").await;
    let status = demo.status().await;
    assert_eq!(status["state"], "closed");
    check_order(&status);
    for (name, reason) in [
        ("試験 胸痛", "red"),
        ("試験 低酸素", "red"),
        // Whoever has the phone of this patient cried for help: somebody must call, whoever it is.
        ("試験 人違い", "red"),
        ("試験 無言", "silent-high-risk"),
        ("試験 発熱", "orange"),
        // What they write after opting out is not answered, and taken all the same.
        ("試験 停止", "partial"),
        ("試験 遅い", "partial"),
        ("試験 娘", "partial"),
        ("試験 不明瞭", "silent"),
    ] {
        check_chased(&status, name, reason);
    }
    for name in ["試験 きちん", "試験 一行", "試験 全角", "試験 母", "Test English", "試験 新入り"]
    {
        assert!(chased(&status, name).is_none(), "{name} has reported and is well");
        check_line(
            &status,
            name,
            &[("progress", "finished".into()), ("severity", "green".into()), ("late", false.into())],
        );
    }
    check_line(&status, "試験 停止", &[("progress", "partial".into()), ("open_alerts", 1.into())]);
    let opted_out = chased(&status, "試験 停止").unwrap()["detail"].to_string();
    assert!(opted_out.contains("opted-out"), "whoever calls knows why no text helps: {opted_out}");
    check_line(&status, "試験 遅い", &[("progress", "partial".into()), ("severity", "unknown".into())]);

    // The page's data are the same, and nobody gets them without signing in.
    assert_eq!(demo.get("/api/v1/round", "").await.0, 401);
    let cookie = demo.sign_in().await;
    let (code, body) = demo.get("/api/v1/round", &cookie).await;
    assert_eq!(code, 200, "{body}");
    let seen: Value = serde_json::from_str(&body).expect("JSON");
    for key in ["state", "day", "counts", "chase_list"] {
        assert_eq!(seen[key], status[key], "{key}");
    }
    let (code, page) = demo.get("/", &cookie).await;
    assert!(code == 200 && page.contains("試験 胸痛"), "{code}");

    // A late answer is taken, thanked and marked; nothing is asked any more; the list stays as it was.
    demo.at(day, "08:40").await;
    let sent_before = demo.received(slow).await.len();
    web.expect(slow, "97", "8:30を過ぎたので、遅れた報告として受け付けました。").await;
    web.expect(silent, "36.9 97 2 0", "遅れた報告として受け付けました。").await;
    web.expect(silent, "あのね", "職員が確認します。").await;
    let after = demo.status().await;
    for name in ["試験 遅い", "試験 無言"] {
        check_line(&after, name, &[("late", true.into())]);
        assert_eq!(chased(&after, name).unwrap()["rank"], chased(&status, name).unwrap()["rank"], "frozen");
    }
    check_chased(&after, "試験 無言", "silent-high-risk");
    assert_eq!(demo.received(slow).await.len(), sent_before, "nothing is sent of its own accord");

    // Out of hours: read, and told that nobody reads now.
    demo.at(day, "20:00").await;
    let told = web.text(tidy, "薬のことで聞きたい").await;
    assert!(
        told[0].contains("誰も読んでいません") && told[0].contains("119番") && told[0].contains("03-0000-0119"),
        "{told:?}"
    );
    web.expect(tidy, "助けて", SAFETY).await;

    // The next day begins anew for everybody who may be texted.
    let next = day.succ_opt().unwrap();
    let count = demo.received(silent).await.len();
    demo.at(next, "07:00").await;
    assert_eq!(demo.received(silent).await.len(), count + 1);
    assert!(demo.received(slow).await.pop().unwrap().starts_with(OPENING));
    for number in [out, wrong] {
        assert_eq!(demo.received(number).await.len(), 1, "nothing more to {number}");
    }
    let status = demo.status().await;
    assert_eq!((&status["day"], &status["state"]), (&Value::from(next.to_string()), &Value::from("open")));
    web.expect(slow, "36.6", ASK_OXYGEN).await;
    web.expect(nobody, "こんにちは", "この番号は登録されていません。").await;

    let (ended, log) = demo.program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
    assert!(!log.contains("\"ERROR\""), "{log}");
}

/// 88 % is low and plausible, so it is taken and its alert raised; the sign comes with the classification.
const SAFETY_OR_ECHO: &str = "88%";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_made_up_people_have_their_morning_by_the_clock_alone() {
    let folder = Folder::new("population");
    let data = folder.path().join("data");
    let demo = Demo::start(&data, &[]).await;
    let day = demo.today().await;
    for time in ["07:00", "07:45", "08:15"] {
        demo.at(day, time).await;
        let status = demo.status().await;
        assert_eq!(status["state"], "open", "at {time}");
        let waiting = status["patients"].as_array().unwrap().iter().filter(|line| line["progress"] == "waiting");
        // The numbers that are not confirmed, and who waits for a turn on a shared phone, are not asked yet.
        assert!(waiting.count() <= 4, "at {time}: {:#}", status["counts"]);
    }
    demo.at(day, "08:30").await;
    let status = demo.status().await;
    check_order(&status);
    let count = |key: &str| status["counts"][key].as_u64().unwrap_or_else(|| panic!("no count {key}"));
    let patients = count("patients");
    assert!(patients > 40, "{patients}");
    for key in ["finished", "silent", "never-asked", "red", "orange", "green", "unknown", "open-alerts"] {
        assert!(count(key) > 0, "somebody is {key}: {:#}", status["counts"]);
    }
    assert!(count("finished") * 2 > patients, "most have answered: {:#}", status["counts"]);
    let progress = ["finished", "answering", "partial", "silent", "waiting", "never-asked"];
    assert_eq!(progress.iter().map(|key| count(key)).sum::<u64>(), patients);
    let reasons: Vec<&str> =
        status["chase_list"].as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap()).collect();
    for reason in ["red", "silent-high-risk", "orange", "silent", "never-asked"] {
        assert!(reasons.contains(&reason), "{reason} is among {reasons:?}");
    }

    // Whose number was confirmed in the morning, whose last day it is, and who answers all in one text.
    for name in ["須藤 恵", "上野 隆", "関 茂"] {
        let line = line(&status, name);
        assert_eq!((&line["progress"], &line["severity"]), (&json!("finished"), &json!("green")), "{line:#}");
    }
    assert_eq!(line(&status, "上野 隆")["release"], json!(["release-possible"]));
    assert_eq!(chased(&status, "仁科 守").expect("nobody has confirmed that number")["reason"], "never-asked");

    // In the afternoon high risk is asked again, and answers.
    demo.at(day, "15:30").await;
    let second = |arguments: &'static [&str]| {
        let command = demo.beside(&[&["round", "status", "--json"], arguments].concat());
        async move { serde_json::from_str::<Value>(&succeed(command).await).expect("JSON") }
    };
    let afternoon = second(&["--kind", "second"]).await;
    assert_eq!((&afternoon["kind"], &afternoon["state"]), (&json!("second"), &json!("closed")));
    let lines = afternoon["patients"].as_array().expect("patients");
    assert!(lines.len() > 5 && lines.iter().all(|line| line["risk_tier"] == "high"), "{afternoon:#}");
    assert_eq!(line(&afternoon, "須藤 恵")["progress"], "finished");
    assert_eq!(second(&[]).await["kind"], "second", "the latest");
    assert_eq!(second(&["--kind", "morning"]).await["kind"], "morning");
    assert_eq!(line(&second(&["--kind", "welcome"]).await, "須藤 恵")["hindrance"], json!(null));

    // Nothing is left over: everything that was to be sent has its end.
    let store = Store::connect(demo.told("store"), Options::default()).await.expect("the database");
    let open = store.read().await.unwrap().open_outbox_counts().await.unwrap();
    assert!(open.iter().all(|(_, count)| *count == 0), "{open:?}");
    store.close().await;
    let (ended, log) = demo.program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
    assert!(!log.contains("\"ERROR\""), "{log}");
}
