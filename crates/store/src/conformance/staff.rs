//! Staff, sessions and refused sign-ins.

use chrono::TimeDelta;
use domain::id::StaffId;

use super::conformance;
use super::world::{World, at, entropy};
use crate::{Error, NewStaff, Store};

conformance!(
    staff_are_added_and_found,
    a_session_lasts_until_it_expires,
    sessions_end_when_signed_out_and_are_forgotten,
    refused_sign_ins_are_counted_and_cleared,
);

fn staff(login: &str) -> NewStaff {
    NewStaff {
        id: StaffId::new(at(0), &entropy()),
        login: login.to_owned(),
        name: "試験 看護師".to_owned(),
        role: "nurse".to_owned(),
        center_id: None,
        language: "ja".to_owned(),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
    }
}

async fn staff_are_added_and_found(store: Store) {
    let world = World::set_up(&store).await;
    let mut tx = store.begin().await.expect("begins");
    let nurse = NewStaff { center_id: Some(world.center.id), ..staff("nurse") };
    tx.insert_staff(&nurse, at(0)).await.expect("inserts");
    assert_eq!(tx.staff(nurse.id).await.expect("reads"), Some(nurse.clone()));
    assert_eq!(tx.staff_by_login("nurse").await.expect("reads"), Some(nurse.clone()));
    assert_eq!(tx.staff_by_login("Nurse").await.expect("reads"), None);
    assert_eq!(tx.staff(StaffId::new(at(0), &entropy())).await.expect("reads"), None);
    assert!(matches!(tx.insert_staff(&staff("nurse"), at(0)).await, Err(Error::Conflict)));
    tx.insert_staff(&staff("admin"), at(0)).await.expect("the unit of work goes on");
    assert!(!format!("{nurse:?}").contains("argon2id"));
}

async fn a_session_lasts_until_it_expires(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let nurse = staff("nurse");
    tx.insert_staff(&nurse, at(0)).await.expect("inserts");
    let token = [3; 32];
    tx.insert_session(&token, nurse.id, at(0), at(10)).await.expect("signs in");
    let session = tx.session(&token, at(10) - TimeDelta::microseconds(1)).await.expect("reads").expect("lasts");
    assert_eq!((session.staff, session.created_at), (nurse, at(0)));
    assert_eq!((session.last_seen_at, session.expires_at), (at(0), at(10)));
    assert_eq!(tx.session(&token, at(10)).await.expect("reads"), None);
    assert!(tx.touch_session(&token, at(5), at(15)).await.expect("is seen"));
    let session = tx.session(&token, at(10)).await.expect("reads").expect("lasts longer");
    assert_eq!((session.last_seen_at, session.expires_at), (at(5), at(15)));
    assert_eq!(tx.session(&[4; 32], at(5)).await.expect("reads"), None);
    assert!(!tx.touch_session(&[4; 32], at(5), at(15)).await.expect("is nobody's"));
}

async fn sessions_end_when_signed_out_and_are_forgotten(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    let nurse = staff("nurse");
    tx.insert_staff(&nurse, at(0)).await.expect("inserts");
    for token in [[1; 32], [2; 32]] {
        tx.insert_session(&token, nurse.id, at(0), at(10)).await.expect("signs in");
    }
    assert!(tx.delete_session(&[1; 32]).await.expect("signs out"));
    assert!(!tx.delete_session(&[1; 32]).await.expect("is signed out"));
    assert_eq!(tx.session(&[1; 32], at(1)).await.expect("reads"), None);
    assert!(tx.session(&[2; 32], at(1)).await.expect("reads").is_some());
    // Signing in forgets what has expired.
    tx.insert_session(&[5; 32], nurse.id, at(10), at(20)).await.expect("signs in");
    let kept = super::raw_text(&mut tx, "SELECT CAST(COUNT(*) AS TEXT) FROM sessions").await;
    assert_eq!(kept, "1");
}

async fn refused_sign_ins_are_counted_and_cleared(store: Store) {
    let mut tx = store.begin().await.expect("begins");
    for minutes in [1, 2, 3] {
        tx.record_sign_in_failure("nurse", at(minutes)).await.expect("records");
    }
    tx.record_sign_in_failure("my-password\0", at(3)).await.expect("whatever was typed");
    assert_eq!(tx.sign_in_failures_since("nurse", at(2)).await.expect("counts"), 2);
    assert_eq!(tx.sign_in_failures_since("my-password\0", at(0)).await.expect("counts"), 1);
    let typed = super::raw_text(&mut tx, "SELECT MAX(login_sha256) FROM sign_in_failures").await;
    assert_eq!(typed.len(), 64, "only a hash of what was typed is kept");
    tx.clear_sign_in_failures("nurse").await.expect("clears");
    assert_eq!(tx.sign_in_failures_since("nurse", at(0)).await.expect("counts"), 0);
    assert_eq!(tx.sign_in_failures_since("my-password\0", at(0)).await.expect("counts"), 1);
    // A day later nothing of it is left.
    tx.record_sign_in_failure("nurse", at(24 * 60 + 4)).await.expect("records");
    let kept = super::raw_text(&mut tx, "SELECT CAST(COUNT(*) AS TEXT) FROM sign_in_failures").await;
    assert_eq!(kept, "1");
}
