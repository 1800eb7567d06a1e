//! Every fault that the simulator can be told to have, as its client and the service meet it.

use super::*;

#[tokio::test]
async fn refusals_take_nothing() {
    let refused = Some(Strike { code: Some(21611), ..Strike::default() });
    let daily = Some(Strike { code: Some(63038), ..Strike::default() });
    let busy = Some(Strike { retry_after_seconds: Some(7), ..Strike::default() });
    let cases = [
        (Faults { refuse: refused, ..Faults::default() }, 400, 21611),
        (Faults { refuse: daily, ..Faults::default() }, 429, 63038),
        (Faults { too_many_requests: busy, ..Faults::default() }, 429, 20429),
        (Faults { server_error: Strike::always(), ..Faults::default() }, 500, 20500),
        (Faults { outage: true, ..Faults::default() }, 503, 20503),
    ];
    let world = World::new().await;
    for (faults, status, code) in cases {
        world.simulator.set_faults(faults.clone());
        let request =
            world.request(Method::POST, "Messages.json").form(&[("From", CENTER), ("To", PHONE), ("Body", "a")]);
        let response = request.send().await.expect("an answer");
        let retry_after =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(retry_after.as_deref(), faults.too_many_requests.as_ref().map(|_| "7"));
        assert_eq!(response.status().as_u16(), status);
        let error: Value = serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(error["code"].as_u64(), Some(code));
    }
    assert_eq!(world.get("Messages.json").await.0, 503, "an outage refuses everything");
    world.simulator.set_faults(Faults::default());
    assert_eq!(world.simulator.messages(&Filter::default()), []);
    // A counted fault ends by itself.
    world.simulator.set_faults(Faults { server_error: Strike::times(1), ..Faults::default() });
    let fields = [("From", CENTER), ("To", PHONE), ("Body", "a")];
    assert_eq!((world.create(&fields).await.0, world.create(&fields).await.0), (500, 201));
}

#[tokio::test]
async fn connections_break_before_and_after_the_message_is_taken() {
    let world = World::new().await;
    let fields = [("From", CENTER), ("To", PHONE), ("Body", "a")];
    world.simulator.set_faults(Faults { drop_before: Strike::always(), ..Faults::default() });
    let error = world.request(Method::POST, "Messages.json").form(&fields).send().await.expect_err("cut");
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    assert_eq!(world.simulator.messages(&Filter::default()), []);

    world.simulator.set_faults(Faults { drop_after: Strike::always(), ..Faults::default() });
    world.request(Method::POST, "Messages.json").form(&fields).send().await.expect_err("cut");
    world.simulator.idle().await;
    assert_eq!(world.simulator.messages(&Filter::default()).len(), 1);

    world.simulator.set_faults(Faults { hang_after: Strike::always(), ..Faults::default() });
    let hanging = TaskTracker::new().spawn(world.request(Method::POST, "Messages.json").form(&fields).send());
    world.until_there_are(2).await;
    assert!(!hanging.is_finished(), "no answer comes");
    hanging.abort();

    world.simulator.set_faults(Faults { server_error_after: Strike::always(), ..Faults::default() });
    assert_eq!(world.create(&fields).await.0, 500);
    assert_eq!(world.simulator.messages(&Filter::default()).len(), 3);
    world.simulator.idle().await;
}

#[tokio::test]
async fn callbacks_are_lost_doubled_and_reordered() {
    let doubled = ["sending", "sending", "sent", "sent", "delivered", "delivered"];
    let cases: [(Faults, &[&str]); 4] = [
        (Faults { lose_callbacks: Strike::always(), ..Faults::default() }, &[]),
        (Faults { duplicate_callbacks: Strike::always(), ..Faults::default() }, &doubled),
        (Faults { reorder_callbacks: Strike::always(), ..Faults::default() }, &["delivered", "sent", "sending"]),
        (Faults { lose_callbacks: Strike::times(2), ..Faults::default() }, &["delivered"]),
    ];
    for (faults, expected) in cases {
        let world = World::new().await;
        world.simulator.set_faults(faults.clone());
        let sid = world.send(PHONE, "a").await;
        world.simulator.idle().await;
        assert_eq!(world.service.told(), expected, "{faults:?}");
        assert_eq!(world.message(&sid).status, Status::Delivered, "{faults:?}");
    }
}

#[tokio::test]
async fn callbacks_may_come_before_the_answer() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { callbacks_first: true, callback_delay_ms: 1, ..Faults::default() });
    let sid = world.send(PHONE, "a").await;
    // Nothing to wait for: all was told before the answer came.
    assert_eq!(world.service.told(), ["sending", "sent", "delivered"]);
    assert_eq!(world.message(&sid).history, [Status::Queued, Status::Sending, Status::Sent, Status::Delivered]);
}

#[tokio::test]
async fn a_callback_that_fails_is_noted() {
    let world = World::new().await;
    world.service.answers("/status", [Reply::status(404)]);
    world.send(PHONE, "a").await;
    world.simulator.idle().await;
    assert_eq!(world.codes(), [11200, 11200, 11200]);
}

#[tokio::test]
async fn a_doubled_webhook_has_its_reply_sent_once() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { duplicate_webhooks: Strike::always(), ..Faults::default() });
    world.service.answers("/sms", [Reply::twiml("<Message>one</Message>")]);
    let texted = world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    assert_eq!((world.service.got("/sms").len(), texted.replies.len()), (2, 1));
    assert_eq!(world.codes(), Vec::<u32>::new());
    world.service.answers("/sms", [Reply::twiml("<Message>one</Message>"), Reply::twiml("<Message>two</Message>")]);
    world.simulator.text(PHONE, CENTER, "b").await.expect("texts");
    assert_eq!(world.codes(), [11200], "a second answer that differs is noted");
}

#[tokio::test]
async fn endless_replies_are_cut_off_when_asked_for() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { reply_limit: Some(15), ..Faults::default() });
    world.service.answers("/sms", [Reply::twiml("<Message>again</Message>")]);
    for _ in 0..17 {
        world.simulator.text(PHONE, CENTER, "a").await.expect("texts");
    }
    assert_eq!(world.codes(), [14107, 14107]);
    world.clock.set(time("2026-11-21T22:01:00Z"));
    assert_eq!(world.simulator.text(PHONE, CENTER, "a").await.expect("texts").replies.len(), 1);
}

#[tokio::test]
async fn a_message_may_lie_at_the_provider_for_a_while() {
    let world = World::new().await;
    world.simulator.set_faults(Faults { delivery_delay_ms: 600_000, ..Faults::default() });
    let slow = world.send(PHONE, "a").await;
    world.simulator.set_faults(Faults::default());
    let quick = world.send(PHONE, "b").await;
    assert_eq!((world.message(&slow).status, world.message(&quick).status), (Status::Queued, Status::Delivered));
}

#[tokio::test]
async fn faults_are_shown_and_set_over_http() {
    let world = World::new().await;
    let url = world.simulator.faults_url();
    let set = |body: &str| answer(world.http.post(&url).body(body.to_owned()));
    let (status, shown) =
        set(r#"{"seed": 5, "drop_after": 0.5, "refuse": {"code": 21610, "numbers": ["+819012345601"]}}"#).await;
    assert_eq!((status, &shown["drop_after"]["share"], &shown["refuse"]["code"]), (200, &json!(0.5), &json!(21610)));
    assert_eq!(answer(world.http.get(&url)).await, (200, shown));
    let (status, error) = set(r#"{"drop": true}"#).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().is_some_and(|text| text.contains("`drop_after`")), "{error}");
    assert_eq!(set("{}").await.1["refuse"], Value::Null);
}

#[tokio::test]
async fn a_stop_waits_for_nothing_that_never_ends() {
    let world = World::new().await;
    world.simulator.set_faults(Faults {
        hang_after: Strike::always(),
        callback_delay_ms: 600_000,
        ..Faults::default()
    });
    let hanging = world.request(Method::POST, "Messages.json").form(&[("From", CENTER), ("To", PHONE), ("Body", "a")]);
    let tasks = TaskTracker::new();
    let gave_up = tasks.spawn(hanging.send());
    world.until_there_are(1).await;
    world.shutdown.cancel();
    world.simulator.stopped().await;
    assert!(gave_up.await.expect("ran").is_err());
}
