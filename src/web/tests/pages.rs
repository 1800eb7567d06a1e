//! What stands on the pages, in both languages, and that it is live.

use std::time::Duration;

use tokio_stream::StreamExt;

use super::*;
use crate::round_status::tests::silent;

/// Parses a page as XML, which is stricter than HTML: an unclosed or wrongly nested element shows.
fn well_formed(what: &str, text: &str) {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let text = if text.starts_with("<!DOCTYPE") { text.to_owned() } else { format!("<div>{text}</div>") };
    if let Err(error) = roxmltree::Document::parse_with_options(&text, options) {
        panic!("{what}: {error}\n{text}");
    }
}

#[tokio::test]
async fn every_page_is_well_formed_in_both_languages_and_has_no_inline_script_or_style() {
    let web = Web::with_morning().await;
    web.unknown_number_texts("+819012345688").await;
    web.staff(Role::Manager, None).await;
    let mut cookie = web.signed_in("manager").await;
    let (id, other) = (center().id, other_center().id);
    let paths = [
        "/".to_owned(),
        "/fragment".to_owned(),
        format!("/?center={other}"),
        format!("/rounds/{id}/2026-11-23"),
        format!("/rounds/{id}/2026-11-23/fragment"),
        "/alerts".to_owned(),
        format!("/alerts?center={other}"),
        "/login".to_owned(),
        "/login?next=%2Falerts".to_owned(),
        "/login?notice=signed-out".to_owned(),
        "/nothing".to_owned(),
    ];
    for closed in [false, true] {
        if closed {
            web.close_round().await;
            cookie = web.signed_in("manager").await;
        }
        for path in &paths {
            for lang in ["ja", "en"] {
                let joint = if path.contains('?') { '&' } else { '?' };
                let answer = web.get(&format!("{path}{joint}lang={lang}"), &cookie).await;
                let what = format!("{path} in {lang}, {}", answer.status);
                well_formed(&what, &answer.text);
                assert!(!answer.text.contains("style=") && !answer.text.contains("<style"), "{what}");
                assert!(!answer.text.contains("<script>") && !answer.text.contains(" onclick"), "{what}");
                if !path.contains("fragment") {
                    assert!(answer.text.contains(&format!("<html lang=\"{lang}\">")), "{what}");
                    assert_eq!(answer.text.matches("<h1").count(), 1, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_other_round_of_the_day_and_what_the_last_day_says_are_shown() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    assert!(!web.get("/?lang=en", &cookie).await.text.contains("kind=second"), "there is none yet");
    let day = round(RoundState::Open).day;
    let second = domain::round::Round {
        id: domain::id::RoundId::new(at("07:10"), &[77; 10]),
        kind: domain::round::RoundKind::Second,
        plan: domain::round::RoundPlan { opens_at: at("07:10"), ..round(RoundState::Open).plan },
        ..round(RoundState::Open)
    };
    let proposal = Alert {
        id: AlertId::new(at("07:25"), &[78; 10]),
        center_id: Some(center().id),
        patient_id: Some(patient(1)),
        contact_id: None,
        round_id: Some(round(RoundState::Open).id),
        message_id: None,
        rule: AlertRule::Release,
        severity: Severity::Unknown,
        detail: "release-doubtful doubt-days".to_owned(),
        opened_at: at("07:25"),
        times: 1,
        latest_at: at("07:25"),
        state: AlertState::Open,
    };
    let mut tx = web.store.begin().await.unwrap();
    assert!(tx.insert_round(&second, at("06:00")).await.unwrap());
    tx.insert_alert(&proposal).await.unwrap();
    tx.commit().await.unwrap();

    let morning = web.get("/?lang=en", &cookie).await.text;
    let href = format!("/rounds/{}/{day}?kind=second", center().id);
    assert!(morning.contains(&href) && morning.contains("Second check"), "{morning}");
    assert!(morning.contains("the end is doubtful, too few days"), "{morning}");
    let alerts = web.get("/alerts?lang=en", &cookie).await.text;
    assert!(alerts.contains("End of the observation") && alerts.contains("too few days"), "{alerts}");
    for path in [href.clone(), "/?kind=second".to_owned()] {
        let page = web.get(&path, &cookie).await;
        well_formed(&path, &page.text);
        assert!(page.status.is_success() && page.text.contains("kind=second"), "it goes on showing that round: {path}");
    }
    let json = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    assert_eq!(json(&web.get("/api/v1/round", &cookie).await.text)["kind"], "second", "it opened last");
    assert_eq!(json(&web.get("/api/v1/round?kind=morning", &cookie).await.text)["kind"], "morning");
    assert_eq!(web.get(&format!("/rounds/{}/{day}?kind=welcome", center().id), &cookie).await.status, 404);
}

#[tokio::test]
async fn before_the_deadline_the_page_says_who_is_how_far() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    let japanese = web.get("/", &cookie).await.text;
    for words in [
        "江東区保健所",
        "2026年11月23日（月）",
        "受付中",
        "1時間0分",
        "危険 2、注意 1、無回答 2、回答済み 4",
        "受信停止の申し出",
        "「息苦しさ」の質問",
        "090-1234-5608",
    ] {
        assert!(japanese.contains(words), "{words}\n{japanese}");
    }
    assert!(!japanese.contains("電話する人"), "there is no chase list before the deadline");
    let english = web.get("/?lang=en", &cookie).await.text;
    for words in [
        "Mon 23 Nov 2026",
        "1 h 0 min",
        "Red 2, Orange 1, Silent 2, Finished 4",
        "opted out",
        "on: breathing",
        "high risk",
    ] {
        assert!(english.contains(words), "{words}\n{english}");
    }
}

#[tokio::test]
async fn after_the_deadline_the_chase_list_stands_first() {
    let web = Web::with_morning().await;
    web.close_round().await;
    let cookie = web.nurse().await;
    let page = web.get("/", &cookie).await.text;
    let chase = page.find("電話する人").unwrap();
    let everybody = page.find("観察対象者").unwrap();
    assert!(chase < everybody && page.contains("締切を過ぎました"), "{page}");
    let list = &page[chase..everybody];
    let places: Vec<_> =
        ["ナカムラ ヤエ", "スズキ ジロウ", "ワタナベ ナオコ"].map(|name| list.find(name).unwrap()).into();
    assert!(places.is_sorted(), "{list}");
    assert!(list.contains("高リスク・無回答") && list.contains("胸の痛み"), "{list}");
}

#[tokio::test]
async fn nobody_who_has_not_reported_is_green() {
    let web = Web::new().await;
    web.seed((1..=9).map(|number| silent(number, "山田", "ヤマダ")).collect()).await;
    let cookie = web.nurse().await;
    let page = web.get("/fragment", &cookie).await.text;
    assert!(!page.contains("badge s-green"), "{page}");
    assert_eq!(page.matches("badge s-unknown").count(), 9);
    assert!(page.contains("tile s-green zero"), "{page}");
}

#[tokio::test]
async fn a_name_is_text_and_never_markup() {
    let web = Web::new().await;
    let hostile = "<script>alert(1)</script>\" onmouseover=\"x' & <b>";
    web.seed(vec![silent(1, hostile, hostile)]).await;
    let cookie = web.nurse().await;
    for path in ["/", "/fragment"] {
        let page = web.get(path, &cookie).await.text;
        assert!(!page.contains("<script>alert") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
        well_formed(path, &page);
    }
}

#[tokio::test]
async fn an_address_cannot_put_markup_into_a_page() {
    let web = Web::with_morning().await;
    for path in ["/login?next=%22%3E%3Cscript%3E&x=%22%3E%3Cscript%3Ealert(1)", "/%22%3E%3Cscript%3E?y=%3Cb%3E"] {
        let page = web.get(path, "").await.text;
        assert!(!page.contains("<script>alert") && !page.contains("\"><script>"), "{page}");
        well_formed(path, &page);
    }
}

#[tokio::test]
async fn the_language_is_the_chosen_one_then_the_own_one_then_the_browsers() {
    let web = Web::with_morning().await;
    let lang = |answer: &Answer| answer.text.split("<html lang=\"").nth(1).unwrap()[..2].to_owned();
    let browser = web.request(Method::GET, "/login", "", &[("accept-language", "en-GB,en;q=0.9")]).await;
    assert_eq!(lang(&browser), "en");
    assert_eq!(lang(&web.get("/login", "").await), "ja");
    let chosen = web.get("/login?lang=en", "").await;
    assert_eq!(lang(&chosen), "en");
    let cookie = chosen.header(header::SET_COOKIE);
    assert!(cookie.starts_with("lang=en;") && cookie.contains("Max-Age="), "{cookie}");
    assert_eq!(lang(&web.get("/login", "lang=en").await), "en");

    let sid = web.nurse().await;
    let own = web.request(Method::GET, "/", "", &[("cookie", &sid), ("accept-language", "en")]).await;
    assert_eq!(lang(&own), "ja", "her own language is Japanese");
    assert_eq!(lang(&web.get("/", &format!("{sid}; lang=en")).await), "en");
    // Who has none of their own reads what the browser asks for.
    web.staff_reading(Role::Manager, None, "").await;
    let sid = web.signed_in("manager").await;
    for (accepted, expected) in [("en-US,en;q=0.9", "en"), ("ja", "ja"), ("fr", "ja")] {
        let answer = web.request(Method::GET, "/", "", &[("cookie", &sid), ("accept-language", accepted)]).await;
        assert_eq!(lang(&answer), expected, "{accepted}");
    }
    // The switch keeps the address.
    let page = web.get("/login?next=%2Falerts", "").await.text;
    assert!(page.contains("href=\"/login?next=%2Falerts&#38;lang=en\""), "{page}");
}

#[tokio::test]
async fn open_alerts_name_the_person_or_the_number() {
    let web = Web::with_morning().await;
    web.unknown_number_texts("+819012345688").await;
    let cookie = web.nurse().await;
    let page = web.get("/alerts", &cookie).await.text;
    let (first, second) = (page.find("田中 花子").unwrap(), page.find("登録のない番号からの連絡").unwrap());
    assert!(first < second, "red stands before unknown");
    assert!(page.contains("胸の痛み") && page.contains("090-1234-5688"), "{page}");
}

#[tokio::test]
async fn staff_of_all_centers_choose_one() {
    let web = Web::with_morning().await;
    web.staff(Role::Manager, None).await;
    let cookie = web.signed_in("manager").await;
    let page = web.get(&format!("/?center={}", other_center().id), &cookie).await.text;
    assert!(page.contains("<select id=\"center\"") && page.contains("まだ始まっていません"), "{page}");
    assert!(page.contains(&format!("value=\"{}\" selected", other_center().id)), "{page}");
    let own = web.nurse().await;
    assert!(!web.get("/", &own).await.text.contains("<select"), "a nurse of one center has nothing to choose");
}

/// Reads from a stream of events until the text is there.
async fn read_until(
    stream: &mut (impl StreamExt<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
    wanted: &str,
) {
    let mut text = String::new();
    while !text.contains(wanted) {
        let piece = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        let piece = piece.unwrap_or_else(|_| panic!("waited for {wanted:?} in vain, after {text:?}"));
        text.push_str(
            std::str::from_utf8(&piece.unwrap_or_else(|| panic!("ended before {wanted:?}")).unwrap()).unwrap(),
        );
    }
}

#[tokio::test]
async fn a_change_is_told_at_once_to_who_watches_that_center() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    let path = format!("/events?center={}", center().id);
    let response = web.response(Method::GET, &path, "", &[("cookie", &cookie)]).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert!(response.headers().get(header::CONTENT_ENCODING).is_none());
    let mut stream = response.into_body().into_data_stream();
    read_until(&mut stream, "event: hello").await;

    web.changes.announce(other_center().id);
    web.changes.announce(center().id);
    let first = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap().unwrap();
    // Without data a browser would throw the event away.
    assert_eq!(&first[..], b"event: change\ndata: change\n\n", "the other center's change is not told");

    // A browser that is too slow is told to read everything again.
    for _ in 0..300 {
        web.changes.announce(center().id);
    }
    read_until(&mut stream, "event: lagged").await;

    // A stop of the service ends the stream at once.
    web.shutdown.cancel();
    let rest = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), rest).await.expect("the stream ends");
}

#[tokio::test]
async fn a_demo_says_so_and_has_a_clock() {
    let links = DemoLinks {
        phones_url: "http://127.0.0.1:8081/phones".to_owned(),
        clock_url: "http://127.0.0.1:8082/clock".to_owned(),
    };
    let web = Web::at_address("http://127.0.0.1:8080", Some(links)).await;
    web.seed(rows()).await;
    let cookie = web.nurse().await;
    let page = web.get("/", &cookie).await;
    assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("connect-src 'self' http://127.0.0.1:8082;"));
    assert!(page.text.contains("href=\"http://127.0.0.1:8081/phones\""));
    let jumps: Vec<_> =
        page.text.match_indices("data-to=\"").map(|(at, found)| &page.text[at + found.len()..][..20]).collect();
    // 07:45, 08:15, 08:30 in Tokyo, and the next day's opening.
    assert_eq!(jumps, ["2026-11-22T22:45:00Z", "2026-11-22T23:15:00Z", "2026-11-22T23:30:00Z", "2026-11-23T22:00:00Z"]);
    well_formed("the demo", &page.text);
}

#[tokio::test]
async fn a_long_list_begins_with_the_most_urgent_and_leads_to_the_rest() {
    let web = Web::new().await;
    let rows = (0..450_u32).map(|number| {
        let mut row = silent(1, &format!("患者{number}"), "");
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        row.contact.id = domain::id::ContactId::new(at("06:00"), &[high, low, 0, 0, 0, 0, 0, 0, 0, 1]);
        row.contact.phone = PhoneNumber::from_e164(&format!("+81901234{number:04}")).unwrap();
        row.patient.id = PatientId::new(at("06:00"), &[high, low, 0, 0, 0, 0, 0, 0, 0, 1]);
        row.patient.contact_id = row.contact.id;
        row.patient.her_sys_id = format!("{number:08}");
        row.conversation = None;
        row
    });
    web.seed(rows.collect()).await;
    let cookie = web.nurse().await;
    let count = |text: &str| text.matches("data-row=").count();
    let page = web.get("/", &cookie).await.text;
    assert_eq!(count(&page), 400);
    let href = format!("/?center={}&#38;all=true", center().id);
    assert!(page.contains(&href) && page.contains("400 / 450人"), "it says that this is not everybody");
    let all = web.get(&href.replace("&#38;", "&"), &cookie).await.text;
    assert_eq!(count(&all), 450);
    // What keeps the page up to date shows as many as the page.
    for (page, expected) in [(page, 400), (all, 450)] {
        let fragment = page.split("data-fragment=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        assert_eq!(count(&web.get(&fragment, &cookie).await.text), expected, "{fragment}");
    }
}

#[tokio::test]
async fn who_is_on_the_chase_list_stays_on_it_when_they_are_released() {
    let web = Web::with_morning().await;
    web.close_round().await;
    let mut tx = web.store.begin().await.unwrap();
    let mut released = tx.patient(patient(7)).await.unwrap().unwrap();
    released.status = domain::patient::PatientStatus::Released;
    tx.update_patient(&released, at("08:31")).await.unwrap();
    tx.commit().await.unwrap();
    let cookie = web.nurse().await;
    let page = web.get("/", &cookie).await.text;
    let list = &page[page.find("電話する人").unwrap()..page.find("観察対象者").unwrap()];
    assert!(list.contains("ワタナベ ナオコ"), "{list}");
}

/// An alert that a text did not arrive.
async fn undelivered(web: &Web, number: u8, to: Option<&str>, detail: &str, times: u32) {
    let id = MessageId::new(at("07:26"), &[number; 10]);
    let mut tx = web.store.begin().await.unwrap();
    if let Some(to) = to {
        let text = NewOutbound {
            id,
            contact_id: None,
            patient_id: None,
            to: PhoneNumber::from_e164(to).unwrap(),
            kind: TextKind::Safety,
            slot: None,
            round_id: None,
            ..opening(number, &silent(number, "", ""))
        };
        assert!(tx.enqueue(&text, 1).await.unwrap());
    }
    let alert = Alert {
        id: AlertId::new(at("07:26"), &[number; 10]),
        center_id: Some(center().id),
        patient_id: None,
        contact_id: None,
        round_id: None,
        message_id: to.map(|_| id),
        rule: AlertRule::Undelivered,
        severity: Severity::Orange,
        detail: detail.to_owned(),
        opened_at: at("07:26"),
        state: AlertState::Open,
        times,
        latest_at: at("08:15"),
    };
    tx.insert_alert(&alert).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_text_that_did_not_reach_a_stranger_names_the_stranger() {
    let web = Web::with_morning().await;
    undelivered(&web, 77, Some("+819012345688"), "number", 1).await;
    let cookie = web.nurse().await;
    let page = web.get("/alerts", &cookie).await.text;
    assert!(page.contains("tel:+819012345688") && page.contains("届かない番号"), "{page}");
    assert!(!page.contains(center().sender.as_e164()), "the center's own number is nobody to call: {page}");
}

#[tokio::test]
async fn what_concerns_every_text_is_one_row_in_words() {
    let web = Web::with_morning().await;
    for (number, why) in (101..).zip(domain::message::SendFailure::ALL) {
        undelivered(&web, number, None, why.key(), u32::from(number)).await;
    }
    let cookie = web.nurse().await;
    let japanese = web.get("/alerts", &cookie).await.text;
    for words in ["この保健所からの送信", "1日の送信上限", "104通（最新 08:15）"] {
        assert!(japanese.contains(words), "{words}\n{japanese}");
    }
    let english = web.get("/alerts?lang=en", &cookie).await.text;
    for words in ["Texts of this center", "the day&#39;s allowance is used up", "104 texts, the latest at 08:15"] {
        assert!(english.contains(words), "{words}\n{english}");
    }
    for page in [japanese, english] {
        for key in ["daily-limit", "opted-out", "in-doubt", "too-late", ">number<", ">account<"] {
            assert!(!page.contains(key), "{key}\n{page}");
        }
    }
}

#[tokio::test]
async fn an_alert_from_a_shared_phone_names_everybody_on_it() {
    let web = Web::with_morning().await;
    let mut tx = web.store.begin().await.unwrap();
    let first = tx.patient(patient(3)).await.unwrap().unwrap();
    let second = domain::patient::Patient {
        id: PatientId::new(at("06:00"), &[33; 10]),
        her_sys_id: "00000033".to_owned(),
        name: "高橋 花".to_owned(),
        letter: 'B',
        ..first.clone()
    };
    tx.insert_patient(&second, at("06:00")).await.unwrap();
    let alert = Alert {
        id: AlertId::new(at("07:26"), &[33; 10]),
        center_id: Some(center().id),
        patient_id: None,
        contact_id: Some(first.contact_id),
        round_id: None,
        message_id: None,
        rule: AlertRule::OptedOut,
        severity: Severity::Orange,
        detail: String::new(),
        opened_at: at("07:26"),
        state: AlertState::Open,
        times: 1,
        latest_at: at("07:26"),
    };
    tx.insert_alert(&alert).await.unwrap();
    tx.commit().await.unwrap();
    let cookie = web.nurse().await;
    let page = web.get("/alerts", &cookie).await.text;
    assert!(page.contains("高橋 三郎、高橋 花") && !page.contains("登録のない番号"), "{page}");
}

#[tokio::test]
async fn a_round_without_anybody_has_no_praise() {
    let web = Web::new().await;
    web.seed(Vec::new()).await;
    let mut tx = web.store.begin().await.unwrap();
    let id = round(RoundState::Open).id;
    assert!(tx.set_round_state(id, RoundState::Open, RoundState::Missed, at("08:30")).await.unwrap());
    tx.commit().await.unwrap();
    let cookie = web.nurse().await;
    let page = web.get("/", &cookie).await.text;
    assert!(page.contains("開始できず") && !page.contains("全員から回答があり"), "{page}");
    assert!(page.contains("この日の観察対象者はいません"), "{page}");
    let page = web.get("/?lang=en", &cookie).await.text;
    assert!(!page.contains("Everybody reported"), "{page}");
}

#[tokio::test]
async fn what_reads_the_same_stands_once_in_a_row() {
    let web = Web::new().await;
    let mut rows = rows();
    rows.truncate(8);
    "reported signs-yes".clone_into(&mut rows[7].check_in.as_mut().unwrap().reasons);
    web.seed(rows).await;
    let cookie = web.nurse().await;
    for (lang, words) in [("ja", "緊急症状ありと回答"), ("en", "says yes to warning signs")] {
        let page = web.get(&format!("/?lang={lang}"), &cookie).await.text;
        assert_eq!(page.matches(words).count(), 1, "{page}");
    }
}
