//! What every answer has in common, and what operation sees.

use super::*;
use crate::config::{LogConfig, LogFormat};
use crate::telemetry::tests::listen;

#[tokio::test]
async fn every_answer_protects_the_browser() {
    let web = Web::at_address("https://mimamori.example.jp", None).await;
    web.seed(rows()).await;
    let cookie = web.nurse().await;
    let events = format!("/events?center={}", center().id);
    for path in
        ["/", "/fragment", "/alerts", "/login", "/api/v1/round", "/nothing", "/healthz", events.as_str(), "/panics"]
    {
        let answer = web.response(Method::GET, path, "", &[("cookie", &cookie)]).await;
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("cache-control").contains("no-"), "{path}: {}", header("cache-control"));
        assert!(header("strict-transport-security").starts_with("max-age=31536000"), "{path}");
        assert_eq!(header("x-request-id").len(), 32, "{path}");
    }
    let plain = Web::new().await;
    assert_eq!(plain.get("/login", "").await.header("strict-transport-security"), "", "not without HTTPS");
}

#[tokio::test]
async fn files_may_be_kept_and_nothing_else_of_the_program_is_served() {
    let web = Web::new().await;
    let page = web.get("/login", "").await.text;
    let css = page.split("href=\"").find(|part| part.starts_with("/assets/console/console.css")).unwrap();
    let css = css.split('"').next().unwrap();
    let answer = web.get(css, "").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/css; charset=utf-8");
    assert!(answer.header(header::CACHE_CONTROL).contains("immutable"));
    // Every icon that the style sheet names is there.
    let icons: Vec<_> =
        answer.text.match_indices("url(\"").map(|(at, found)| &answer.text[at + found.len()..]).collect();
    assert!(icons.len() >= 10);
    for icon in icons {
        let path = format!("/assets/console/{}", icon.split('"').next().unwrap());
        let icon = web.get(&path, "").await;
        assert_eq!((icon.status, icon.header(header::CONTENT_TYPE)), (StatusCode::OK, "image/svg+xml"), "{path}");
        assert!(roxmltree::Document::parse(&icon.text).is_ok(), "{path}");
    }
    for path in
        ["/assets/console/../../Cargo.toml", "/assets/console/%2e%2e/%2e%2e/Cargo.toml", "/assets/console/x.css"]
    {
        assert_eq!(web.get(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let response = web.response(Method::GET, css, "", &[("accept-encoding", "gzip")]).await;
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
}

#[tokio::test]
async fn a_request_is_known_by_its_identifier() {
    let web = Web::new().await;
    let given = "0190b7c2-0000-7000-8000-0000000000aa";
    let answer = web.request(Method::GET, "/healthz", "", &[("x-request-id", given)]).await;
    assert_eq!(answer.header("x-request-id"), given.replace('-', ""));
    // What could say something about a person, or break a log line, is not taken over.
    for given in ["819012345601", "x\"y", "sato ichiro"] {
        let answer = web.request(Method::GET, "/healthz", "", &[("x-request-id", given)]).await;
        assert_ne!(answer.header("x-request-id"), given);
        assert_eq!(answer.header("x-request-id").len(), 32);
    }
}

#[tokio::test]
async fn a_request_is_one_line_in_the_log_and_says_nothing_of_anybody() {
    let (kept, listening) = listen(&LogConfig { format: LogFormat::Json, filter: "trace".to_owned() });
    let web = Web::with_morning().await;
    web.unknown_number_texts("+819012345688").await;
    let cookie = web.nurse().await;
    web.sign_in("nurse", "a-password-that-is-wrong").await;
    web.sign_in("a-password-as-login", "x").await;
    let path = format!("/rounds/{}/2026-11-23?q=+819012345677", center().id);
    for path in ["/", "/fragment", "/alerts", path.as_str(), "/sato-ichiro", "/panics"] {
        web.get(path, &cookie).await;
    }
    drop(listening);
    let log = kept.text();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["message"] == "answered")
        .collect();
    assert_eq!(lines.len(), 9, "{log}");
    let round = lines.iter().find(|line| line["http.route"] == "/rounds/{center}/{day}").unwrap();
    assert_eq!((round["http.method"].as_str(), round["http.status"].as_u64()), (Some("GET"), Some(200)));
    assert!(round["ms"].is_u64() && round["spans"][0]["request.id"].is_string(), "{round}");
    assert!(log.contains("\"http.route\":\"unmatched\""));
    let token = cookie.split('=').nth(1).unwrap();
    for secret in ["+8190", "佐藤", "サトウ", "sato-ichiro", "a-password", PASSWORD, token, "argon2id"] {
        assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
    }
    let counted = web.metrics.render();
    assert!(counted.contains(r#"route="/rounds/{center}/{day}",status="200"} 1"#), "{counted}");
    assert!(!counted.contains("sato-ichiro") && !counted.contains("2026-11-23"), "{counted}");
}

#[tokio::test]
async fn a_defect_shows_nothing_of_the_inside() {
    let web = Web::with_morning().await;
    let answer = web.get("/panics", "").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.text.contains("purpose"), "{}", answer.text);

    // A database that is gone: a page in words with the request's number, and no more.
    let cookie = web.nurse().await;
    web.store.close().await;
    let answer = web.get("/?lang=en", &cookie).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.text.contains("Wait a moment") && answer.text.contains(answer.header("x-request-id")),
        "{}",
        answer.text
    );
    assert!(!answer.text.to_lowercase().contains("sql"), "{}", answer.text);
    assert_eq!(answer.header(header::RETRY_AFTER), "2");
}

#[tokio::test]
async fn operation_sees_whether_it_runs_and_whether_it_works() {
    let web = Web::with_morning().await;
    assert_eq!(web.get("/healthz", "").await.text, "ok\n");
    let ready = web.get("/readyz", "").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, r#"{"ready":true,"checks":{"store":"ok"}}"#));
    let metrics = web.get("/metrics", "").await;
    assert!(metrics.header(header::CONTENT_TYPE).starts_with("application/openmetrics-text"));
    assert!(metrics.text.contains(r#"route="/healthz",status="200"} 1"#), "{}", metrics.text);

    web.store.close().await;
    let ready = web.get("/readyz", "").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.text, r#"{"ready":false,"checks":{"store":"failed"}}"#);
    assert_eq!(web.get("/healthz", "").await.status, StatusCode::OK, "the process is up all the same");
}
