//! Texts from phones, as the service sees them: signed, retried, answered; stop words.

use super::*;

#[tokio::test]
async fn a_phones_text_reaches_the_service_signed_and_the_reply_reaches_the_phone() {
    let world = World::new().await;
    world.service.answers(
        "/sms",
        [Reply::twiml(
            "<Message statusCallback=\"/status?m=1&amp;k=r\">36.5℃ですね。</Message><Message>次です。</Message>",
        )],
    );
    let texted = world.simulator.text(PHONE, CENTER, " ３６．５ \n").await.expect("texts");
    assert_eq!((texted.status, texted.replies.len()), (Some(200), 2));
    assert!(texted.answer.starts_with("<Response>"), "{}", texted.answer);
    let got = world.service.got("/sms").remove(0);
    assert_eq!(got.path, "/sms?center=1");
    assert_eq!(got.signature, signing::signature(TOKEN, &format!("{}/sms?center=1", world.service_url), &got.form));
    assert_eq!(got.field("Body"), Some(" ３６．５ \n"));
    for (name, value) in [
        ("From", PHONE),
        ("To", CENTER),
        ("AccountSid", ACCOUNT),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("ApiVersion", "2010-04-01"),
        ("SmsStatus", "received"),
        ("FromCountry", "JP"),
        ("FromCity", ""),
        ("MessageSid", &texted.sid),
        ("SmsSid", &texted.sid),
        ("SmsMessageSid", &texted.sid),
    ] {
        assert_eq!(got.field(name), Some(value), "{name}");
    }
    world.simulator.idle().await;
    assert_eq!(world.bodies(&outbound()), ["36.5℃ですね。", "次です。"]);
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    let told = world.service.got("/status").remove(0);
    assert_eq!((told.path.as_str(), told.field("MessageSid")), ("/status?m=1&k=r", Some(texted.replies[0].as_str())));
    let (_, reply) = world.get(&format!("Messages/{}.json", texted.replies[0])).await;
    assert_eq!(
        (&reply["direction"], &reply["from"], &reply["to"]),
        (&json!("outbound-reply"), &json!(CENTER), &json!(PHONE))
    );
    let (_, inbound) = world.get(&format!("Messages/{}.json", texted.sid)).await;
    assert_eq!((&inbound["direction"], &inbound["status"]), (&json!("inbound"), &json!("received")));
}

#[tokio::test]
async fn a_redelivery_carries_the_same_identifier() {
    let world = World::new().await;
    let first = world.simulator.text(PHONE, CENTER, "36.5").await.expect("texts");
    let again = world.simulator.redeliver(&first.sid).await.expect("known");
    assert_eq!(first, again);
    let got = world.service.got("/sms");
    assert_eq!((got.len(), &got[0].form), (2, &got[1].form));
    assert_eq!(world.simulator.redeliver("SM0").await, Err(TextError::NoSuchText));
}

#[tokio::test]
async fn texts_that_cannot_leave_the_phone() {
    let world = World::new().await;
    assert_eq!(world.simulator.text("090", CENTER, "a").await, Err(TextError::From));
    assert_eq!(world.simulator.text(PHONE, OTHER, "a").await, Err(TextError::To));
    assert_eq!(world.simulator.text(PHONE, CENTER, &"a".repeat(1601)).await, Err(TextError::TooLong));
    assert!(world.simulator.text_media(PHONE, CENTER, "", 2).await.is_ok());
    let got = world.service.got("/sms").remove(0);
    assert_eq!((got.field("NumMedia"), got.field("Body")), (Some("2"), Some("")));
    assert!(got.field("MediaUrl1").is_some() && got.field("MessageSid").is_some_and(|sid| sid.starts_with("MM")));
}

#[tokio::test]
async fn a_service_that_answers_wrongly_is_noted() {
    let cases = [
        (Reply { status: 200, content_type: "application/json", body: "{}".to_owned() }, 12300),
        (Reply { status: 200, content_type: "text/xml", body: "<Response>".to_owned() }, 12100),
        (Reply { status: 200, content_type: "text/xml", body: "<Answer/>".to_owned() }, 12102),
        (Reply::twiml("<Redirect>/other</Redirect>"), 12200),
        (Reply::twiml("<Message to=\"+81312345678\">a</Message>"), 21614),
        (Reply::twiml("<Message from=\"+12025550150\">a</Message>"), 21606),
        (Reply::status(500), 11200),
        (Reply::status(403), 11200),
        (Reply::status(302), 11200),
    ];
    for (reply, code) in cases {
        let world = World::new().await;
        world.service.answers("/sms", [reply.clone()]);
        let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
        assert_eq!(texted.status, Some(reply.status), "{reply:?}");
        assert_eq!((world.codes(), texted.replies), (vec![code], Vec::new()), "{reply:?}");
        // By default a provider does not call again because of an answer.
        assert_eq!(world.service.got("/sms").len(), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn the_address_may_ask_for_more_attempts() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::status(503), Reply::status(503), Reply::twiml("<Message>at last</Message>")]);
    let url = format!("{}/sms#rc=3&rp=5xx", world.service_url);
    world.simulator.add_owned_number(Number::new(CENTER, url)).expect("right");
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((texted.status, texted.replies.len()), (Some(200), 1));
    let got = world.service.got("/sms");
    assert_eq!(got.len(), 3);
    assert!(!got[0].token.is_empty() && got.iter().all(|one| one.token == got[0].token));
    assert!(got.iter().all(|one| one.path == "/sms"), "what follows # does not travel");
    assert_eq!(got[0].signature, signing::signature(TOKEN, &format!("{}/sms", world.service_url), &got[0].form));
}

#[tokio::test]
async fn a_dead_service_is_noted_and_its_fallback_asked() {
    let world = World::new().await;
    // A port that was free a moment ago: nobody listens.
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let mut number = Number::new(CENTER, format!("http://{dead}/sms"));
    world.simulator.add_owned_number(number.clone()).expect("right");
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((texted.status, world.codes()), (None, vec![11205]));
    number.sms_fallback_url = Some(format!("{}/fallback", world.service_url));
    world.simulator.add_owned_number(number).expect("right");
    world.service.answers("/fallback", [Reply::twiml("<Message>from the fallback</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "b").await.expect("texts");
    assert_eq!(texted.replies.len(), 1);
    let got = world.service.got("/fallback").remove(0);
    assert_eq!((got.field("ErrorCode"), got.field("Body")), (Some("11205"), Some("b")));
    assert!(got.field("ErrorUrl").is_some_and(|url| url.ends_with("/sms")));
}

#[tokio::test]
async fn an_action_leads_on() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message action=\"/next\">one</Message><Message>never</Message>")]);
    world.service.answers("/next", [Reply::twiml("<Message>two</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    world.simulator.idle().await;
    assert_eq!(world.bodies(&outbound()), ["one", "two"]);
    let calls = world.service.got("/next");
    // The first is the action itself; the others tell of the message's way, since no other address was given.
    let statuses: Vec<_> = calls.iter().filter_map(|got| got.field("MessageStatus")).collect();
    assert!(statuses.contains(&"queued") && statuses.contains(&"delivered"), "{statuses:?}");
    assert!(calls.iter().all(|got| got.field("MessageSid") == Some(&texted.replies[0])));
}

#[tokio::test]
async fn stop_blocks_until_start() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message>the service's own words</Message>")]);
    let stopped = world.simulator.text(PHONE, CENTER, " stop ").await.expect("texts");
    assert_eq!((stopped.replies, world.codes()), (Vec::new(), vec![21610]));
    assert_eq!(world.service.got("/sms").len(), 1, "the service hears of it all the same");
    let (status, error) = world.create(&[("From", CENTER), ("To", PHONE), ("Body", "a")]).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21610)));
    let (status, _) = world.create(&[("From", CENTER), ("To", OTHER), ("Body", "a")]).await;
    assert_eq!(status, 201, "only this phone has opted out");
    world.simulator.text(PHONE, CENTER, "stop that please").await.expect("texts");
    assert_eq!(world.codes(), [21610, 21610]);
    let started = world.simulator.text(PHONE, CENTER, "START").await.expect("texts");
    assert_eq!(started.replies.len(), 1);
    world.send(PHONE, "again").await;
    world.simulator.idle().await;
    let seen = world.bodies(&Filter { to: Some(PHONE.to_owned()), ..Filter::default() });
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen[0].contains("START") && seen[1].contains("STOP"), "{seen:?}");
    // YES opts in, but to whoever is in already it is a word like any other.
    world.simulator.text(PHONE, CENTER, "YES").await.expect("texts");
    assert_eq!(world.bodies(&Filter { to: Some(PHONE.to_owned()), ..Filter::default() }).len(), 5);
}

#[tokio::test]
async fn stop_words_can_be_left_to_the_service() {
    let world = World::with(|settings| settings.stop_words = StopWords::LeftToService).await;
    world.service.answers("/sms", [Reply::twiml("<Message>the service's own words</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "STOP").await.expect("texts");
    assert_eq!(texted.replies.len(), 1);
    world.send(PHONE, "a").await;
}
