//! The same text again (P2): the same bytes, and one effect, whoever sends it how often and when; and many texts at
//! once, each in its place.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::phone::PhoneNumber;
use domain::round::RoundKind;
use store::{Options, Store};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::demo::{Demo, Row, line};
use super::webhook::{Webhooks, new_sid, signature};
use crate::support::program::Folder;

/// A demo at seven, with `count` patients of the test's own.
async fn asked(folder: &Folder, count: usize) -> (Demo, NaiveDate, Vec<String>) {
    let demo = Demo::start(&folder.path().join("data"), &["--manual"]).await;
    let day = demo.today().await;
    let phones: Vec<String> = (0..count).map(|index| format!("+81901234{:04}", 5_650 + index)).collect();
    let names: Vec<(String, String)> =
        (0..count).map(|index| (format!("{}", 82_000_000 + index), format!("試験 {index}"))).collect();
    let rows: Vec<Row<'_>> = names
        .iter()
        .zip(&phones)
        .map(|((id, name), phone)| Row { her_sys_id: id, name, phone, ..Row::default() })
        .collect();
    demo.import(folder, day, &rows).await;
    demo.at(day, "07:00").await;
    (demo, day, phones)
}

/// What the database has of a phone: the words of every text that came in, the oldest first, and the answers as
/// (question, words).
async fn stored(demo: &Demo, day: NaiveDate, phone: &str) -> (Vec<String>, Vec<(String, String)>) {
    let store = Store::connect(demo.told("store"), Options::default()).await.expect("the database");
    let mut tx = store.read().await.unwrap();
    let center = tx.center_by_name(demo.told("center")).await.unwrap().expect("the center");
    let round = tx.round_by_day(center.id, RoundKind::Morning, day).await.unwrap().expect("the round");
    let number = PhoneNumber::from_e164(phone).unwrap();
    let contact = tx.contact_by_phone(center.id, &number).await.unwrap().expect("the contact");
    let mut texts = tx.messages_of_contact(contact.id, 1_000).await.unwrap();
    texts.reverse();
    let texts = texts.into_iter().filter(|text| text.inbound).map(|text| text.body.0).collect();
    let mut answers = Vec::new();
    for conversation in tx.conversations_of_contact(round.id, contact.id).await.unwrap() {
        for answer in tx.answers_of_conversation(conversation.id).await.unwrap() {
            answers.push((answer.question_key, answer.raw.0));
        }
    }
    drop(tx);
    store.close().await;
    (texts, answers)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, raw)| ((*key).to_owned(), (*raw).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_text_has_one_effect_and_one_answer_also_after_a_restart() {
    let folder = Folder::new("redelivery");
    let (demo, day, phones) = asked(&folder, 2).await;
    let (web, phone) = (demo.webhooks.clone(), phones[0].as_str());

    let (first, second) = (new_sid(), new_sid());
    let one = web.deliver(&first, phone, "36.5").await;
    assert!(one.text().contains("36.5度。"), "{one:?}");
    assert_eq!(web.deliver(&first, phone, "36.5").await, one);
    let two = web.deliver(&second, phone, "97").await;
    assert!(two.text().contains("97%。"), "{two:?}");
    // Late, after the conversation has gone on: as it was answered then.
    assert_eq!(web.deliver(&first, phone, "36.5").await, one);
    // The identifier decides, not the words: whoever sends other words under it changes nothing.
    assert_eq!(web.deliver(&first, phone, "41.9").await, one);
    assert_eq!(web.deliver(&second, phone, "97").await, two);
    // Through the simulator, which calls the webhook twice and takes the second answer.
    let faults = web.http.post(demo.told("faults")).json(&serde_json::json!({ "duplicate_webhooks": true }));
    assert!(faults.send().await.unwrap().status().is_success());
    let read = demo.type_on_phone(&phones[1], "36.9").await;
    assert!(read.contains("36.9度。"), "{read}");
    let alerts = web.http.get(format!("{}alerts", demo.told("phones"))).send().await.unwrap().text().await.unwrap();
    assert!(!alerts.contains("differently the second time"), "{alerts}");

    let expected = pairs(&[("temperature", "36.5"), ("oxygen", "97")]);
    assert_eq!(stored(&demo, day, phone).await, (vec!["36.5".into(), "97".into()], expected.clone()));
    assert_eq!(stored(&demo, day, &phones[1]).await.1, pairs(&[("temperature", "36.9")]));

    let (ended, log) = demo.program.stop().await;
    assert!(ended.success(), "{ended}\n{log}");
    let demo = Demo::start(&folder.path().join("data"), &["--manual"]).await;
    let web = demo.webhooks.clone();
    for (sid, answer) in [(&first, &one), (&second, &two), (&first, &one)] {
        assert_eq!(&web.deliver(sid, phone, "36.5").await, answer, "the same bytes after a restart");
    }
    assert_eq!(stored(&demo, day, phone).await, (vec!["36.5".into(), "97".into()], expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_copies_at_once_are_one_text() {
    let folder = Folder::new("copies");
    let (demo, day, phones) = asked(&folder, 2).await;
    let phone = phones[0].clone();
    for (said, expected) in [("36.5", "36.5度。"), ("97", "97%。"), ("2", "いいえ。")] {
        let sid = new_sid();
        let together = Arc::new(Barrier::new(51));
        let mut copies = JoinSet::new();
        for _ in 0..50 {
            let (web, sid, phone, together) =
                (demo.webhooks.clone(), sid.clone(), phone.clone(), Arc::clone(&together));
            copies.spawn(async move {
                together.wait().await;
                web.deliver(&sid, &phone, said).await
            });
        }
        // Somebody else texts in the middle of it, and is answered for themselves.
        let (web, other, go) = (demo.webhooks.clone(), phones[1].clone(), Arc::clone(&together));
        copies.spawn(async move {
            go.wait().await;
            web.deliver(&new_sid(), &other, said).await
        });
        let answers = copies.join_all().await;
        let mut bytes: Vec<&[u8]> = answers.iter().map(|answer| answer.body.as_slice()).collect();
        bytes.sort_unstable();
        bytes.dedup();
        assert_eq!(bytes.len(), 2, "one answer for the fifty, one for the other");
        for answer in &answers {
            assert!(answer.text().contains(expected), "{answer:?}");
        }
    }
    let expected = pairs(&[("temperature", "36.5"), ("oxygen", "97"), ("breathing", "2")]);
    for phone in &phones {
        let (texts, answers) = stored(&demo, day, phone).await;
        assert_eq!((texts.len(), answers), (3, expected.clone()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_change_places_on_the_way_are_asked_again_and_not_mixed_up() {
    let folder = Folder::new("order");
    let (demo, day, phones) = asked(&folder, 1).await;
    let (web, phone) = (demo.webhooks.clone(), phones[0].as_str());
    // 97 was meant for the second question. It is no temperature, and it names itself by its size alone, so the
    // first question stays open; what comes next answers it.
    let first = web.text(phone, "97").await;
    let second = web.text(phone, "36.5").await;
    let (texts, answers) = stored(&demo, day, phone).await;
    assert_eq!(texts, ["97", "36.5"], "{first:?} {second:?}");
    let temperatures: Vec<_> = answers.iter().filter(|(key, _)| key == "temperature").collect();
    assert_eq!(temperatures.len(), 1, "{answers:?}");
    assert_eq!(temperatures[0].1, "36.5", "97 is never taken for a temperature: {answers:?}");
    assert!(answers.iter().all(|(key, raw)| key != "oxygen" || raw == "97"), "{answers:?}");
    // Whatever is left is asked, and the morning goes on.
    web.text(phone, "96").await;
    let status = demo.status().await;
    assert_eq!(line(&status, "試験 0")["question"], "breathing");
}

/// Posts texts over one connection, one request after the other without waiting for answers; gives the answers.
fn pipeline(web: &Webhooks, phone: &str, bodies: &[&str]) -> Vec<String> {
    let address = web.public_url.trim_start_matches("http://").to_owned();
    let mut requests = String::new();
    for (index, body) in bodies.iter().enumerate() {
        let form = web.text_form(&new_sid(), phone, body, 0);
        let signature = signature(&web.token, &web.sms_url(), &form);
        let content: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
        let connection = if index + 1 == bodies.len() { "close" } else { "keep-alive" };
        requests.push_str(&format!(
            "POST /twilio/sms HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {signature}\r\n\
             Content-Length: {}\r\n\r\n{content}",
            content.len()
        ));
    }
    let mut stream = TcpStream::connect(&address).expect("the service listens");
    stream.write_all(requests.as_bytes()).expect("it reads");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("it answers");
    answers.split("<?xml").skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_phones_at_once_keep_the_order_of_each() {
    let folder = Folder::new("batch");
    let (demo, day, phones) = asked(&folder, 20).await;
    let together = Arc::new(std::sync::Barrier::new(phones.len()));
    let mut sending = JoinSet::new();
    for phone in &phones {
        let (web, phone, together) = (demo.webhooks.clone(), phone.clone(), Arc::clone(&together));
        sending.spawn_blocking(move || {
            together.wait();
            pipeline(&web, &phone, &["36.5", "97", "2", "0", "2", "なし"])
        });
    }
    for answers in sending.join_all().await {
        let expected = ["36.5度。", "97%。", "いいえ。", "症状なし。", "ない。", "今日は終わりです。"];
        assert_eq!(answers.len(), expected.len(), "{answers:?}");
        for (answer, expected) in answers.iter().zip(expected) {
            assert!(answer.contains(expected), "{answers:?}");
        }
    }
    let keys = ["temperature", "oxygen", "breathing", "symptoms", "signs", "note"];
    for phone in &phones {
        let (texts, answers) = stored(&demo, day, phone).await;
        assert_eq!(texts, ["36.5", "97", "2", "0", "2", "なし"]);
        assert_eq!(answers.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), keys);
    }
    let status = demo.status().await;
    assert_eq!(status["counts"]["green"].as_u64(), Some(phones.len() as u64), "{:#}", status["counts"]);
}
