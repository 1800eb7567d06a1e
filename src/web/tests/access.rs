//! Who may see what, and that it is recorded (P14).

use super::*;

#[tokio::test]
async fn a_role_sees_what_it_may_and_no_more() {
    let web = Web::with_morning().await;
    let round = format!("/rounds/{}/2026-11-23", center().id);
    let paths = ["/", "/fragment", round.as_str(), "/alerts", "/alerts/fragment", "/api/v1/round"];
    for (role, may) in [
        (Role::Manager, true),
        (Role::Nurse, true),
        (Role::Clerk, true),
        (Role::Administrator, false),
        (Role::Contractor, false),
        (Role::Analyst, false),
    ] {
        web.staff(role, None).await;
        let cookie = web.signed_in(role.key()).await;
        for path in paths {
            let answer = web.get(path, &cookie).await;
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{} {path}", role.key());
            assert_eq!(answer.text.contains("+8190"), may, "{} {path}", role.key());
            // The reasons are answers.
            if role == Role::Clerk {
                assert!(!answer.text.contains("胸の痛み") && !answer.text.contains("chest-pain"), "{path}");
            }
        }
        let path = format!("/events?center={}", center().id);
        let events = web.response(Method::GET, &path, "", &[("cookie", &cookie)]).await;
        assert_eq!(events.status().is_success(), may, "{} /events", role.key());
    }
}

#[tokio::test]
async fn a_role_that_is_not_known_sees_nothing() {
    let web = Web::with_morning().await;
    let mut staff = {
        let id = web.staff(Role::Nurse, None).await;
        web.store.read().await.unwrap().staff(id).await.unwrap().unwrap()
    };
    staff.id = StaffId::new(at("06:00"), &[77; 10]);
    staff.login = "future".to_owned();
    staff.role = "astrologer".to_owned();
    let mut tx = web.store.begin().await.unwrap();
    tx.insert_staff(&staff, at("06:00")).await.unwrap();
    tx.commit().await.unwrap();
    let cookie = web.signed_in("future").await;
    assert_eq!(web.get("/", &cookie).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_center_is_not_there() {
    let web = Web::with_morning().await;
    web.staff(Role::Nurse, Some(other_center().id)).await;
    let cookie = web.signed_in("nurse").await;
    let id = center().id;
    for path in [
        format!("/?center={id}"),
        format!("/fragment?center={id}"),
        format!("/rounds/{id}/2026-11-23"),
        format!("/rounds/{id}/2026-11-23/fragment"),
        format!("/alerts?center={id}"),
        format!("/alerts/fragment?center={id}"),
        format!("/events?center={id}"),
        format!("/api/v1/round?center={id}"),
        // Nothing tells another center's round from one that does not exist.
        format!("/rounds/{id}/1999-01-01"),
        "/rounds/cen_0190b7c2000070008000000000000000/2026-11-23".to_owned(),
        "/rounds/x/y".to_owned(),
        "/?center=x".to_owned(),
    ] {
        let answer = web.get(&path, &cookie).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text.contains("+8190"), "{path}");
    }
    let own = web.get("/", &cookie).await;
    assert!(own.text.contains("墨田区保健所") && own.text.contains("まだ始まっていません"), "{}", own.text);
    assert!(!own.text.contains("江東区保健所"));
    assert_eq!(web.audited().await, 1, "only the sign-in: nothing of anybody was seen");
}

#[tokio::test]
async fn every_view_is_recorded_and_a_page_that_stays_open_once() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    let mut expected = 1;
    for path in ["/", "/", "/alerts", "/api/v1/round"] {
        assert_eq!(web.get(path, &cookie).await.status, StatusCode::OK);
        expected += 1;
        assert_eq!(web.audited().await, expected, "{path}");
    }
    for minutes in [0, 5, 14] {
        web.clock.set(minutes_later(minutes));
        assert_eq!(web.get("/fragment", &cookie).await.status, StatusCode::OK);
        assert_eq!(web.audited().await, expected, "after {minutes} minutes");
    }
    web.clock.set(minutes_later(15));
    assert_eq!(web.get("/fragment", &cookie).await.status, StatusCode::OK);
    assert_eq!(web.audited().await, expected + 1);
}

#[tokio::test]
async fn a_fragment_that_is_asked_for_without_its_page_is_a_view() {
    let web = Web::with_morning().await;
    let cookie = web.nurse().await;
    assert_eq!(web.get("/fragment", &cookie).await.status, StatusCode::OK);
    assert_eq!(web.audited().await, 2);
}

#[tokio::test]
async fn the_api_answers_as_the_page_and_refuses_as_a_program_expects() {
    let web = Web::with_morning().await;
    let nobody = web.get("/api/v1/round", "").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.header(header::CONTENT_TYPE), "application/problem+json");
    let problem: serde_json::Value = serde_json::from_str(&nobody.text).unwrap();
    assert_eq!(problem["status"], 401);

    let cookie = web.nurse().await;
    let answer = web.get("/api/v1/round?day=2026-11-23", &cookie).await;
    let round: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(round["counts"]["patients"], 9);
    assert_eq!(round["counts"]["never-asked"], 0);
    assert_eq!(round["patients"][0]["severity"], "red");
    assert_eq!(round["state"], "open");
    for path in ["/api/v1/round?day=tomorrow", "/api/v1/round?center=x"] {
        let answer = web.get(path, &cookie).await;
        assert_eq!(
            (answer.status, answer.header(header::CONTENT_TYPE)),
            (StatusCode::BAD_REQUEST, "application/problem+json")
        );
    }
    assert_eq!(web.get("/api/v1/round?day=1999-01-01", &cookie).await.status, StatusCode::NOT_FOUND);
    assert_eq!(web.get("/api/v1/nothing", &cookie).await.status, StatusCode::NOT_FOUND);
}
