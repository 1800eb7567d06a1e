//! The page of phones, and the scripted patients who hold them.

use super::*;

#[tokio::test]
async fn scripted_patients_answer_by_the_clock() {
    let world = World::new().await;
    world.simulator.set_personas(HashMap::from([
        (PHONE.to_owned(), Persona::new(Style::Tidy)),
        (OTHER.to_owned(), Persona::new(Style::Silent)),
    ]));
    world.service.answers(
        "/sms",
        [
            Reply::twiml("<Message>36.6。酸素の値を数字で返信してください。</Message>"),
            Reply::twiml("<Message>ありがとうございました。</Message>"),
        ],
    );
    world.send(PHONE, "今日の体温を数字で返信してください。").await;
    world.send(OTHER, "今日の体温を数字で返信してください。").await;
    world.simulator.idle().await;
    assert_eq!(world.service.got("/sms").len(), 0, "nobody answers before their time");
    let mut said = 0;
    while let Some(due) = world.simulator.next_persona_due() {
        world.clock.set(due);
        world.simulator.idle().await;
        said += 1;
    }
    let texts: Vec<_> =
        world.service.got("/sms").iter().filter_map(|got| got.field("Body").map(str::to_owned)).collect();
    assert_eq!((said, texts), (2, vec!["36.6".to_owned(), "98".to_owned()]));
}

#[tokio::test]
async fn a_later_run_goes_on_where_the_earlier_one_stopped() {
    let first = World::new().await;
    first.send(PHONE, "今日の体温を数字で返信してください。").await;
    first.simulator.text(OTHER, CENTER, "STOP").await.expect("texts");
    first.simulator.idle().await;
    first.simulator.set_faults(Faults { delivery_delay_ms: 600_000, ..Faults::default() });
    let open = first.send("+819012345603", "a").await;
    let kept = serde_json::to_string(&first.simulator.snapshot()).expect("serialises");
    let before = first.simulator.messages(&Filter::default());

    let second = World::with(|settings| {
        settings.resume = Some(serde_json::from_str(&kept).expect("reads"));
        settings.entropy = Arc::new(SeededEntropy::new(2));
    })
    .await;
    second.simulator.idle().await;
    let after = second.simulator.messages(&Filter::default());
    assert_eq!(after[..after.len() - 1], before[..before.len() - 1]);
    assert_eq!(second.message(&open).status, Status::Delivered, "what was taken is delivered by the later run");
    let (status, error) = second.create(&[("From", CENTER), ("To", OTHER), ("Body", "a")]).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21610)));
    let (_, list) = answer(second.http.get(format!("{}/phones", second.simulator.base_url()))).await;
    assert_eq!((&list["phones"][0]["number"], &list["phones"][1]["number"]), (&json!(PHONE), &json!(OTHER)));
    // The question on the screen still waits for its answer.
    second.simulator.set_personas(HashMap::from([(PHONE.to_owned(), Persona::new(Style::Tidy))]));
    second.clock.set(second.simulator.next_persona_due().expect("about to answer"));
    second.simulator.idle().await;
    assert_eq!(second.service.got("/sms").pop().expect("texted").field("Body"), Some("36.6"));
}

#[tokio::test]
async fn every_phone_keeps_its_place_and_id_in_a_later_run() {
    let list = async |world: &World| {
        let (status, list) = answer(world.http.get(format!("{}/phones", world.simulator.base_url()))).await;
        assert_eq!(status, 200);
        let cards = list["phones"].as_array().expect("phones").clone();
        let of = |card: &Value| {
            (card["id"].as_u64(), card["number"].as_str().map(str::to_owned), card["answering"].as_bool())
        };
        cards.iter().map(of).collect::<Vec<_>>()
    };
    let give_out = |simulator: &Simulator| {
        for (number, ja, en) in [(PHONE, "一", "one"), (OTHER, "二", "two"), ("+819012345603", "三", "three")] {
            simulator.add_phone(number, Title::new(ja, en));
        }
        let tidy = [PHONE, OTHER].map(|number| (number.to_owned(), Persona::new(Style::Tidy)));
        simulator.set_personas(HashMap::from(tidy));
    };
    let first = World::new().await;
    give_out(&first.simulator);
    // The last one texts first, one is added by hand, and one is taken over by a person.
    first.send("+819012345603", "a").await;
    first.send(OTHER, "a").await;
    let base = first.simulator.base_url();
    for (path, body) in
        [("/phones", json!({"number": "+819012345699"})), ("/phones/1/answering", json!({"answering": false}))]
    {
        let (status, text) = answer(first.http.post(format!("{base}{path}")).json(&body)).await;
        assert!(status < 300, "{path}: {text}");
    }
    let kept = serde_json::to_string(&first.simulator.snapshot()).expect("serialises");
    let before = list(&first).await;
    assert_eq!(before.len(), 4);

    let second = World::with(|settings| {
        settings.resume = Some(serde_json::from_str(&kept).expect("reads"));
        settings.entropy = Arc::new(SeededEntropy::new(2));
    })
    .await;
    give_out(&second.simulator);
    assert_eq!(list(&second).await, before);

    // What an older program kept says nothing of phones.
    let old: Snapshot = serde_json::from_value(json!({"messages": [], "opted_out": []})).expect("reads");
    assert_eq!(old, Snapshot::default());
}

#[tokio::test]
async fn the_page_and_its_files() {
    let clock = Router::new().route("/clock", get(async || axum::Json(json!({"now": "2026-11-21T22:00:00Z"}))));
    let world = World::with(|settings| {
        settings.clock_url = Some("/clock".to_owned());
        settings.extra = Some(clock);
    })
    .await;
    let page = async |path: &str, language: &str| {
        let url = format!("{}{path}", world.simulator.base_url());
        let response = world.http.get(url).header("accept-language", language).send().await.expect("an answer");
        let policy = response.headers().get("content-security-policy").and_then(|value| value.to_str().ok());
        let policy = policy.unwrap_or_default().to_owned();
        (response.status().as_u16(), policy, response.text().await.expect("text"))
    };
    let (status, policy, japanese) = page("/", "ja").await;
    assert_eq!(status, 200);
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(japanese.contains("<html lang=\"ja\">") && japanese.contains("電話を選ぶ"));
    assert!(japanese.contains("data-clock-url=\"/clock\" data-next-day=\"次の日\""));
    assert!(!japanese.contains("<style") && !japanese.contains(" style=") && !japanese.contains(" onclick"));
    let (_, _, english) = page("/?lang=en", "ja").await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("Choose phones"));
    assert!(english.contains("data-next-day=\"Next day\""));
    let japanese_letters = |text: &str| text.replace("日本語", "").chars().any(|letter| letter >= '\u{3040}');
    assert!(!japanese_letters(&english), "an English page speaks English:\n{english}");
    for file in ["phones.js", "phones.css", "phone.svg"] {
        assert!(japanese.contains(&format!("/assets/phones/{file}")), "{file} is used");
        assert_eq!(page(&format!("/assets/phones/{file}"), "").await.0, 200, "{file}");
    }
    assert_eq!(page("/assets/phones/none.js", "").await.0, 404);
    assert_eq!(page("/assets/phones/..%2Fphones%2Fphones.js", "").await.0, 404);
    assert!(page("/clock", "").await.2.contains("2026-11-21"));
}

#[tokio::test]
async fn somebody_types_on_the_page() {
    let world = World::new().await;
    world.service.answers("/sms", [Reply::twiml("<Message>まいど</Message>")]);
    world.simulator.add_phone(PHONE, Title::new("さくら（82）", "Sakura (82)"));
    world.simulator.set_personas(HashMap::from([(PHONE.to_owned(), Persona::new(Style::Tidy))]));
    let base = world.simulator.base_url();
    let mut events = world.http.get(format!("{base}/events")).send().await.expect("events");
    let (_, list) = answer(world.http.get(format!("{base}/phones"))).await;
    let title = json!({"ja": "さくら（82）", "en": "Sakura (82)"});
    let card = json!({"id": 0, "number": PHONE, "title": title, "has_persona": true, "answering": true});
    assert_eq!(list, json!({"phones": [card], "senders": [CENTER]}));

    let texts = format!("{base}/phones/0/texts");
    let (status, sent) = answer(world.http.post(&texts).json(&json!({"body": "36.5"}))).await;
    assert_eq!(status, 202, "{sent}");
    world.simulator.idle().await;
    let (_, screen) = answer(world.http.get(format!("{base}/phones/0"))).await;
    let shown = screen["messages"].as_array().expect("a list");
    assert_eq!(shown.len(), 2);
    assert_eq!(
        (&shown[0]["body"], &shown[0]["mine"], &shown[0]["time"]),
        (&json!("36.5"), &json!(true), &json!("07:00"))
    );
    assert_eq!(
        (&shown[1]["body"], &shown[1]["status"], &shown[1]["segments"]),
        (&json!("まいど"), &json!("delivered"), &json!(1))
    );
    let (_, list) = answer(world.http.get(format!("{base}/phones"))).await;
    assert_eq!(list["phones"][0]["answering"], json!(false), "a person has taken the phone");

    let mut heard = String::new();
    while !heard.contains("まいど") {
        heard.push_str(&String::from_utf8_lossy(&events.chunk().await.expect("open").expect("more")));
    }
    assert!(heard.contains("\"kind\":\"phone\"") && heard.contains("\"kind\":\"message\""), "{heard}");

    let (status, _) =
        answer(world.http.post(format!("{base}/phones/0/answering")).json(&json!({"answering": true}))).await;
    assert_eq!(status, 200);
    for (path, body, expected) in [
        ("/phones/9/texts", json!({"body": "a"}), 404),
        ("/phones/0/texts", json!({"body": "a", "to": OTHER}), 400),
        ("/phones/0/texts", json!({"body": "a".repeat(1601)}), 400),
        ("/phones", json!({"number": "090"}), 400),
        ("/phones", json!({"number": OTHER}), 201),
        ("/phones/1/answering", json!({"answering": true}), 404),
    ] {
        let (status, error) = answer(world.http.post(format!("{base}{path}")).json(&body)).await;
        assert_eq!(status, expected, "{path}: {error}");
    }
    // Another site's page cannot text.
    let foreign =
        world.http.post(&texts).header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(answer(foreign.json(&json!({"body": "a"}))).await.0, 403);

    // Open events do not hold up a stop.
    world.shutdown.cancel();
    world.simulator.stopped().await;
}
