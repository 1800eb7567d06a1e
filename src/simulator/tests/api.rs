//! The REST API, as a client sees it: messages made, carried, fetched, listed, changed; requests refused.

use super::*;

#[tokio::test]
async fn a_message_is_made_carried_and_told_of() {
    let world = World::new().await;
    let callback = format!("{}/status?m=msg_1&x=%20a+b", world.service_url);
    let (status, made) = world
        .create(&[
            ("From", CENTER),
            ("To", PHONE),
            ("Body", "今日の体温を数字で返信してください。"),
            ("StatusCallback", &callback),
            ("ValidityPeriod", "3600"),
            ("SmartEncoded", "false"),
        ])
        .await;
    assert_eq!(status, 201, "{made}");
    let sid = made["sid"].as_str().expect("text");
    assert!(sid.len() == 34 && sid.starts_with("SM") && sid[2..].bytes().all(|byte| byte.is_ascii_hexdigit()), "{sid}");
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json");
    let expected = json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": "今日の体温を数字で返信してください。",
        "date_created": "Sat, 21 Nov 2026 22:00:00 +0000", "date_sent": null,
        "date_updated": "Sat, 21 Nov 2026 22:00:00 +0000", "direction": "outbound-api", "error_code": null,
        "error_message": null, "from": CENTER, "messaging_service_sid": null, "num_media": "0", "num_segments": "1",
        "price": null, "price_unit": "USD", "sid": sid, "status": "queued",
        "subresource_uris": { "media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json") },
        "to": PHONE, "uri": uri,
    });
    assert_eq!(made, expected);

    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    for got in world.service.got("/status") {
        assert_eq!(got.path, "/status?m=msg_1&x=%20a+b");
        assert_eq!(got.signature, signing::signature(TOKEN, &callback, &got.form));
        assert_eq!(got.field("MessageSid"), Some(sid));
        assert_eq!(got.field("SmsSid"), Some(sid));
        assert_eq!(got.field("SmsStatus"), got.field("MessageStatus"));
        assert_eq!((got.field("From"), got.field("To")), (Some(CENTER), Some(PHONE)));
        assert_eq!((got.field("AccountSid"), got.field("ApiVersion")), (Some(ACCOUNT), Some("2010-04-01")));
        assert_eq!(got.field("ErrorCode"), None);
        let done = (got.field("MessageStatus") == Some("delivered")).then_some("2611212200");
        assert_eq!(got.field("RawDlrDoneDate"), done);
    }
    let (status, fetched) = world.get(&format!("Messages/{sid}.json")).await;
    assert_eq!((status, fetched["status"].as_str()), (200, Some("delivered")));
    assert_eq!(fetched["date_sent"].as_str(), Some("Sat, 21 Nov 2026 22:00:00 +0000"));
    assert_eq!(fetched["price"].as_str(), Some("-0.00790"));
    assert_eq!(world.codes(), Vec::<u32>::new());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_twilios_words() {
    let world = World::with(|settings| {
        settings.messaging_service_sid = Some("MG00000000000000000000000000000001".to_owned());
    })
    .await;
    let long = "あ".repeat(1601);
    let (f, t, b) = (("From", CENTER), ("To", PHONE), ("Body", "a"));
    let cases: &[(&[(&str, &str)], u64)] = &[
        (&[], 21604),
        (&[f, b], 21604),
        (&[("To", ""), f, b], 21604),
        (&[t, b], 21603),
        (&[t, f], 21602),
        (&[t, f, ("Body", "")], 21602),
        (&[t, f, ("Body", &long)], 21617),
        (&[("To", "banana"), f, b], 21211),
        (&[("To", "090-1234-5601"), f, b], 21211),
        (&[("To", "+8190123"), f, b], 21211),
        (&[("To", "+81312345678"), f, b], 21614),
        (&[t, ("From", "!?"), b], 21212),
        (&[t, ("From", "+12025550150"), b], 21606),
        (&[t, ("From", "12345"), b], 21606),
        (&[("To", CENTER), f, b], 21614),
        (&[t, f, b, ("StatusCallback", "not a url")], 21609),
        (&[t, f, b, ("StatusCallback", "ftp://a.example/")], 21609),
        (&[t, f, b, ("MediaUrl", "picture.png")], 21620),
        (&[t, f, b, ("ValidityPeriod", "0")], 90007),
        (&[t, f, b, ("ValidityPeriod", "36001")], 90007),
        (&[t, f, b, ("ValidityPeriod", "soon")], 90007),
        (&[t, f, b, ("SmartEncoded", "maybe")], 20001),
        (&[t, b, ("MessagingServiceSid", "MG00000000000000000000000000000002")], 21701),
        (&[t, f, b, ("SendAt", "2026-11-22T00:00:00Z")], 35115),
        (&[t, f, b, ("ScheduleType", "fixed"), ("SendAt", "2026-11-22T00:00:00Z")], 35117),
        (&[t, ("From", "+15005550001"), b], 21212),
        (&[t, ("From", "+15005550007"), b], 21606),
        (&[t, ("From", "+15005550008"), b], 21611),
        (&[("To", "+15005550001"), f, b], 21211),
        (&[("To", "+15005550002"), f, b], 21612),
        (&[("To", "+15005550003"), f, b], 21408),
        (&[("To", "+15005550004"), f, b], 21610),
        (&[("To", "+15005550009"), f, b], 21614),
    ];
    for (fields, code) in cases {
        let (status, error) = world.create(fields).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(*code)), "{fields:.60?}: {error}");
        assert_eq!(error["status"], 400);
        assert_eq!(error["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(world.simulator.messages(&Filter::default()), []);
    let (status, _) = world.create(&[t, ("From", "+15005550006"), b]).await;
    assert_eq!(status, 201);
    // What is no form is as good as empty.
    let (status, error) = answer(world.request(Method::POST, "Messages.json").json(&json!({"To": PHONE}))).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21604)));
}

#[tokio::test]
async fn only_the_account_is_let_in() {
    let world = World::with(|settings| settings.api_keys = vec![("SK1".to_owned(), "secret".to_owned())]).await;
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", world.simulator.base_url());
    let cases = [
        (world.http.get(&url), 401, 20003),
        (world.http.get(&url).basic_auth(ACCOUNT, Some("wrong")), 401, 20003),
        (world.http.get(&url).basic_auth("AC2", Some(TOKEN)), 401, 20003),
        (world.http.get(&url).bearer_auth(TOKEN), 401, 20003),
        (world.http.get(url.replace(ACCOUNT, "AC2")).basic_auth(ACCOUNT, Some(TOKEN)), 404, 20404),
        (world.request(Method::GET, "Calls.json"), 404, 20404),
        (world.request(Method::GET, "Messages/SM1.json"), 404, 20404),
        (world.request(Method::GET, "Messages/SM1"), 404, 20404),
        (world.request(Method::PUT, "Messages.json"), 405, 20004),
    ];
    for (request, status, code) in cases {
        let (got, error) = answer(request).await;
        assert_eq!((got, error["code"].as_u64()), (status, Some(code)), "{error}");
    }
    let (status, _) = answer(world.http.get(&url).basic_auth("SK1", Some("secret"))).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_messaging_service_chooses_the_sender_later() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let callback = format!("{}/status", world.service_url);
    let (status, made) = world
        .create(&[("MessagingServiceSid", service_sid), ("To", PHONE), ("Body", "a"), ("StatusCallback", &callback)])
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        (&made["status"], &made["from"], &made["num_segments"]),
        (&json!("accepted"), &Value::Null, &json!("0"))
    );
    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["queued", "sending", "sent", "delivered"]);
    let last = world.service.got("/status").pop().expect("told");
    assert_eq!((last.field("MessagingServiceSid"), last.field("From")), (Some(service_sid), Some(CENTER)));
    let (_, fetched) = world.get(&format!("Messages/{}.json", made["sid"].as_str().expect("text"))).await;
    assert_eq!((&fetched["from"], &fetched["num_segments"]), (&json!(CENTER), &json!("1")));
}

#[tokio::test]
async fn a_scheduled_message_waits_for_the_clock_and_can_be_taken_back() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let at = |text| {
        [
            ("MessagingServiceSid", service_sid),
            ("To", PHONE),
            ("Body", "a"),
            ("ScheduleType", "fixed"),
            ("SendAt", text),
        ]
    };
    for wrong in ["2026-11-21T22:04:59Z", "2026-12-26T22:00:01Z", "tomorrow"] {
        let (status, error) = world.create(&at(wrong)).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(35114)), "{wrong}");
    }
    let (_, one) = world.create(&at("2026-11-22T08:00:00+09:00")).await;
    let (_, two) = world.create(&at("2026-11-21T23:00:00Z")).await;
    assert_eq!(one["status"], "scheduled");
    let path = |made: &Value| format!("Messages/{}.json", made["sid"].as_str().expect("text"));
    let (status, canceled) = answer(world.request(Method::POST, &path(&two)).form(&[("Status", "canceled")])).await;
    assert_eq!((status, &canceled["status"]), (200, &json!("canceled")));
    world.clock.set(time("2026-11-21T22:59:59Z"));
    world.simulator.idle().await;
    assert_eq!(world.get(&path(&one)).await.1["status"], "scheduled");
    world.clock.set(time("2026-11-21T23:00:00Z"));
    world.simulator.idle().await;
    assert_eq!(world.get(&path(&one)).await.1["status"], "delivered");
    assert_eq!(world.get(&path(&two)).await.1["status"], "canceled");
    let (status, error) = answer(world.request(Method::POST, &path(&one)).form(&[("Status", "canceled")])).await;
    assert_eq!((status, error["code"].as_u64()), (409, Some(30409)));
}

#[tokio::test]
async fn messages_are_redacted_and_deleted() {
    let world = World::new().await;
    let sid = world.send(PHONE, "secret").await;
    world.simulator.idle().await;
    let path = format!("Messages/{sid}.json");
    let (status, error) = answer(world.request(Method::POST, &path).form(&[("Body", "other")])).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(20001)));
    let (status, redacted) = answer(world.request(Method::POST, &path).form(&[("Body", "")])).await;
    assert_eq!((status, &redacted["body"], &redacted["status"]), (200, &json!(""), &json!("delivered")));
    assert_eq!(answer(world.request(Method::DELETE, &path)).await.0, 204);
    assert_eq!(world.get(&path).await.0, 404);
    assert_eq!(answer(world.request(Method::DELETE, &path)).await.0, 404);
}

#[tokio::test]
async fn lists_are_filtered_and_paged_without_shifting() {
    let world = World::new().await;
    for number in 0..5 {
        world.clock.set(time("2026-11-21T22:00:00Z") + TimeDelta::minutes(number));
        world.send(PHONE, &format!("to one {number}")).await;
    }
    world.send(OTHER, "to the other").await;
    world.simulator.text(PHONE, CENTER, "36.5").await.expect("texts");
    world.simulator.idle().await;
    let bodies = |page: &Value| -> Vec<String> {
        let list = page["messages"].as_array().expect("a list");
        list.iter().map(|message| message["body"].as_str().expect("text").to_owned()).collect()
    };
    let (_, all) = world.get("Messages.json").await;
    assert_eq!(bodies(&all), ["36.5", "to the other", "to one 4", "to one 3", "to one 2", "to one 1", "to one 0"]);
    assert_eq!(
        (&all["page"], &all["page_size"], &all["start"], &all["end"]),
        (&json!(0), &json!(50), &json!(0), &json!(6))
    );
    assert_eq!(all["next_page_uri"], Value::Null);

    let query = format!("Messages.json?To=%2B{}&From=%2B{}&PageSize=2", &PHONE[1..], &CENTER[1..]);
    let (_, first) = world.get(&query).await;
    assert_eq!(bodies(&first), ["to one 4", "to one 3"]);
    // A message that comes in between does not shift the pages.
    world.send(PHONE, "to one 5").await;
    let follow = async |page: &Value, which: &str| -> Value {
        let uri = page[which].as_str().expect("another page");
        let url = format!("{}{uri}", world.simulator.base_url());
        answer(world.http.get(url).basic_auth(ACCOUNT, Some(TOKEN))).await.1
    };
    let second = follow(&first, "next_page_uri").await;
    assert_eq!(bodies(&second), ["to one 2", "to one 1"]);
    let third = follow(&second, "next_page_uri").await;
    assert_eq!(bodies(&third), ["to one 0"]);
    assert_eq!((&third["next_page_uri"], &third["page"]), (&Value::Null, &json!(2)));
    assert_eq!(bodies(&follow(&third, "previous_page_uri").await), ["to one 2", "to one 1"]);
    assert_eq!(bodies(&follow(&third, "first_page_uri").await), ["to one 5", "to one 4"]);

    let on = async |condition: &str| bodies(&world.get(&format!("Messages.json?{condition}")).await.1).len();
    assert_eq!(on("DateSent=2026-11-21").await, 8);
    assert_eq!(on("DateSent=2026-11-22").await, 0);
    assert_eq!(on("DateSent%3E=2026-11-22").await, 0);
    assert_eq!(on("DateSent%3C=2026-11-20").await, 0);
    assert_eq!(on("DateSent%3E=2026-11-21T22:03:00Z").await, 5);
    assert_eq!(on("DateSent%3C=2026-11-21T22:01:00Z").await, 2);
    let (status, error) = world.get("Messages.json?DateSent=soon").await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(20001)));
}

#[tokio::test]
async fn the_accounts_numbers_are_listed() {
    let world = World::new().await;
    world.simulator.add_owned_number(Number::new("+815000000002", "http://127.0.0.1:1/x")).expect("right");
    let (status, all) = world.get("IncomingPhoneNumbers.json").await;
    assert_eq!(status, 200);
    let list = all["incoming_phone_numbers"].as_array().expect("a list");
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["phone_number"], CENTER);
    let path = format!("IncomingPhoneNumbers/{}.json", list[1]["sid"].as_str().expect("text"));
    assert_eq!(world.get(&path).await.1["phone_number"], "+815000000002");
    assert!(world.simulator.add_owned_number(Number::new("0312345678", "x")).is_err());
}

#[tokio::test]
async fn a_phone_that_is_off_is_not_reached() {
    let world = World::new().await;
    world.simulator.set_reachable(PHONE, false);
    let sid = world.send(PHONE, "a").await;
    world.simulator.idle().await;
    assert_eq!(world.service.told(), ["sending", "sent", "undelivered"]);
    assert_eq!(world.service.got("/status").pop().expect("told").field("ErrorCode"), Some("30003"));
    let (_, fetched) = world.get(&format!("Messages/{sid}.json")).await;
    assert_eq!((&fetched["status"], &fetched["error_code"]), (&json!("undelivered"), &json!(30003)));
    assert_eq!(fetched["error_message"], "Unreachable destination handset");
    world.simulator.set_reachable(PHONE, true);
    let sid = world.send(PHONE, "b").await;
    world.simulator.idle().await;
    assert_eq!(world.message(&sid).status, Status::Delivered);
}

#[tokio::test]
async fn an_outdated_message_is_not_sent() {
    let service_sid = "MG00000000000000000000000000000001";
    let world = World::with(|settings| settings.messaging_service_sid = Some(service_sid.to_owned())).await;
    let callback = format!("{}/status", world.service_url);
    let fields = [
        ("MessagingServiceSid", service_sid),
        ("To", PHONE),
        ("Body", "a"),
        ("ScheduleType", "fixed"),
        ("SendAt", "2026-11-21T23:00:00Z"),
        ("ValidityPeriod", "10"),
        ("StatusCallback", &callback),
    ];
    let (status, made) = world.create(&fields).await;
    assert_eq!(status, 201, "{made}");
    // The provider comes to it too late.
    world.clock.set(time("2026-11-21T23:00:11Z"));
    world.simulator.idle().await;
    let message = world.message(made["sid"].as_str().expect("text"));
    assert_eq!((message.status, message.error_code), (Status::Failed, Some(30036)));
    assert_eq!(world.service.told(), ["failed"]);
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let clock = Arc::new(ManualClock::new(time("2026-11-21T22:00:00Z")));
    let good = Settings::new("AC1", "t", clock, Arc::new(SeededEntropy::new(1)));
    let cases = [
        Settings { account_sid: String::new(), ..good.clone() },
        Settings { auth_token: String::new(), ..good.clone() },
        Settings { numbers: vec![Number::new("090", "http://a.example/")], ..good.clone() },
        Settings { numbers: vec![Number::new(CENTER, "x"), Number::new(CENTER, "y")], ..good.clone() },
    ];
    for settings in cases {
        assert!(start(settings, CancellationToken::new()).await.is_err());
    }
}
