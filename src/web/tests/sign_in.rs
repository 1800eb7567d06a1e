//! Signing in and out, and how long a sign-in lasts.

use super::*;

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let web = Web::with_morning().await;
    let path = format!("/rounds/{}/2026-11-23", center().id);
    let answer = web.get(&path, "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let login = answer.header(header::LOCATION).to_owned();
    assert_eq!(login, format!("/login?next=%2Frounds%2F{}%2F2026-11-23", center().id));
    let page = web.get(&login, "").await;
    assert!(page.text.contains(&format!("name=\"next\" value=\"{path}\"")), "{}", page.text);

    web.staff(Role::Nurse, None).await;
    let form = format!("login=nurse&password=correct+horse+battery&next={}", path.replace('/', "%2F"));
    let answer = web.post("/login", &form, &[]).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, path.as_str()));
}

#[tokio::test]
async fn a_nurse_signs_in_looks_and_signs_out() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    let page = web.get("/", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("ナカムラ ヤエ") && page.text.contains("nurse さん"), "{}", page.text);
    // Sign-in and view.
    assert_eq!(web.audited().await, 2);

    let out = web.post("/logout", "", &[("cookie", &cookie)]).await;
    assert_eq!(out.header(header::LOCATION), "/login?notice=signed-out");
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"), "{:?}", out.headers);
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::SEE_OTHER, "the token is worth nothing any more");
    assert_eq!(web.audited().await, 3);
    assert!(web.get("/login?notice=signed-out", "").await.text.contains("ログアウトしました"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_look_the_same() {
    let web = Web::with_morning().await;
    web.staff(Role::Nurse, None).await;
    let wrong = web.sign_in("nurse", "not the password at all").await;
    let unknown = web.sign_in("nobody", "not the password at all").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    assert!(wrong.text.contains("ログインIDまたはパスワードが違います"));
    assert_eq!(wrong.text, unknown.text.replace("value=\"nobody\"", "value=\"nurse\""));
    assert!(!wrong.text.contains("not the password"), "a password is never sent back");
    assert_eq!(web.audited().await, 2);
}

#[tokio::test]
async fn who_guesses_waits_and_the_wait_ends() {
    let web = Web::with_morning().await;
    web.staff(Role::Nurse, None).await;
    web.staff(Role::Manager, None).await;
    for _ in 0..5 {
        assert_eq!(web.sign_in("nurse", "not the password at all").await.status, StatusCode::FORBIDDEN);
    }
    let refused = web.sign_in("nurse", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header(header::RETRY_AFTER), "60");
    assert!(refused.text.contains("1分ほど待って"), "{}", refused.text);
    assert_eq!(web.sign_in("manager", PASSWORD).await.status, StatusCode::SEE_OTHER, "others are not held up");

    web.sign_in_clock.set(minutes_later(2));
    assert_eq!(web.sign_in("nurse", PASSWORD).await.status, StatusCode::SEE_OTHER);
    // And success forgets the failures.
    for _ in 0..4 {
        assert_eq!(web.sign_in("nurse", "x").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(web.sign_in("nurse", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_goes_on_guessing_waits_longer() {
    let web = Web::with_morning().await;
    web.staff(Role::Nurse, None).await;
    for minute in 0..3 {
        web.sign_in_clock.set(minutes_later(minute * 2));
        for _ in 0..5 {
            web.sign_in("nurse", "not the password at all").await;
        }
    }
    web.sign_in_clock.set(minutes_later(6));
    let refused = web.sign_in("nurse", PASSWORD).await;
    assert_eq!((refused.status, refused.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "900"));
    web.sign_in_clock.set(minutes_later(20));
    assert_eq!(web.sign_in("nurse", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_sign_in_ends_on_an_empty_desk() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    // The page keeps asking by itself; that is no use by a person.
    for minutes in [10, 20, 29] {
        web.sign_in_clock.set(minutes_later(minutes));
        assert_eq!(web.get("/fragment", &cookie).await.status, StatusCode::OK);
    }
    web.sign_in_clock.set(minutes_later(30));
    assert_eq!(web.get("/fragment", &cookie).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn moving_the_center_s_clock_signs_nobody_out() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    web.clock.set(minutes_later(26 * 60));
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::OK);
    web.sign_in_clock.set(minutes_later(30));
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn use_keeps_a_sign_in_alive_but_not_beyond_half_a_day() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    for minutes in (20..=12 * 60 - 20).step_by(20) {
        web.sign_in_clock.set(minutes_later(minutes));
        let headers = [("cookie", cookie.as_str()), ("x-active", "1")];
        let answer = web.request(Method::GET, "/fragment", "", &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "after {minutes} minutes");
    }
    web.sign_in_clock.set(minutes_later(12 * 60));
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_again_ends_the_sign_in_before() {
    let web = Web::with_morning().await;
    let first = web.nurse().await;
    let form = "login=nurse&password=correct+horse+battery";
    let answer = web.post("/login", form, &[("cookie", &first)]).await;
    let second = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(web.get("/", &first).await.status, StatusCode::SEE_OTHER);
    assert_eq!(web.get("/", &second).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_site_can_do_nothing_in_somebodys_name() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("host", "127.0.0.1:8080")],
        &[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")],
    ] {
        let mut all = vec![("cookie", cookie.as_str())];
        all.extend_from_slice(headers);
        let answer = web.post("/logout", "", &all).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text.contains("別のサイト"), "{}", answer.text);
    }
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::OK);
    // Behind a proxy that changes the host's name, the public address still counts.
    let own = [("cookie", cookie.as_str()), ("origin", "http://127.0.0.1:8080"), ("host", "console.internal")];
    assert_eq!(web.post("/logout", "", &own).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_form_is_refused_in_words() {
    let web = Web::with_morning().await;
    let answer = web.request(Method::POST, "/login", "{}", &[("content-type", "application/json")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("<html lang=\"ja\">"), "{}", answer.text);
    let long = format!("login=nurse&password={}", "a".repeat(5000));
    assert_eq!(web.post("/login", &long, &[]).await.status, StatusCode::FORBIDDEN);
    let huge = format!("login=nurse&password={}", "a".repeat(300_000));
    let answer = web.post("/login", &huge, &[]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}
