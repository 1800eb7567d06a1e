//! Reports of what became of a text: what is read of them, and what they may leave out.

use axum::http::StatusCode;
use chrono::DateTime;
use domain::id::MessageId;
use domain::message::OutboundState;

use super::super::*;
use super::{Bench, STATUS, callback, encode, signed, with, without};

#[tokio::test]
async fn a_report_is_handed_on_in_full() {
    let bench = Bench::new();
    let id = MessageId::new(DateTime::UNIX_EPOCH, &[7; 10]);
    let fields = with(with(callback("undelivered"), "ErrorCode", "30005"), "RawDlrDoneDate", "2411220701");
    let answer = bench.call(signed(&format!("{STATUS}?m={id}"), &fields)).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
    let expected = StatusCallback {
        message_id: Some(id),
        provider_id: "SM0002".into(),
        state: Some(OutboundState::Undelivered),
        raw_status: "undelivered".into(),
        error_code: Some(30_005),
        params: fields,
    };
    assert_eq!(bench.reports(), [expected]);
    assert_eq!(bench.outcomes(), [(Endpoint::Status, "taken")]);
}

#[tokio::test]
async fn a_state_that_is_not_known_is_kept_and_counted() {
    let bench = Bench::new();
    for (status, kept) in [("astonished", "astonished"), ("", ""), ("received", "received"), ("a\0b", "a\u{FFFD}b")] {
        let answer = bench.call(signed(STATUS, &callback(status))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{status:?}");
        let report = bench.reports().pop().expect("was handed on");
        assert_eq!((report.state, report.raw_status.as_str()), (None, kept));
        assert!(report.params.contains(&("MessageStatus".into(), kept.into())));
        assert_eq!(bench.outcomes(), [(Endpoint::Status, "unknown_status")]);
    }
}

#[tokio::test]
async fn what_a_report_may_leave_out() {
    let bench = Bench::new();
    let id = MessageId::new(DateTime::UNIX_EPOCH, &[7; 10]);
    let other = MessageId::new(DateTime::UNIX_EPOCH, &[8; 10]);
    for (query, message_id) in [
        (String::new(), None),
        ("?".into(), None),
        ("?m=".into(), None),
        ("?m=msg_nonsense".into(), None),
        (format!("?m=cnv_{}", &id.to_string()[4..]), None),
        ("?m=%zz".into(), None),
        (format!("?a=1&m={id}&m={other}"), Some(id)),
        (format!("?M={id}"), None),
    ] {
        let answer = bench.call(signed(&format!("{STATUS}{query}"), &callback("sent"))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{query}");
        assert_eq!(bench.reports().pop().expect("was handed on").message_id, message_id, "{query}");
    }
    for (fields, state, code) in [
        (without(&mut callback("sent"), "MessageStatus"), Some(OutboundState::Sent), None),
        (with(callback("sent"), "MessageStatus", ""), Some(OutboundState::Sent), None),
        (with(callback("sent"), "MessageStatus", "failed"), Some(OutboundState::Failed), None),
        (with(callback("failed"), "ErrorCode", " 30007 "), Some(OutboundState::Failed), Some(30_007)),
        (with(callback("failed"), "ErrorCode", "0"), Some(OutboundState::Failed), None),
        (with(callback("failed"), "ErrorCode", ""), Some(OutboundState::Failed), None),
        (with(callback("failed"), "ErrorCode", "99999999999"), Some(OutboundState::Failed), None),
    ] {
        assert_eq!(bench.call(signed(STATUS, &fields)).await.status, StatusCode::NO_CONTENT);
        let report = bench.reports().pop().expect("was handed on");
        assert_eq!((report.state, report.error_code), (state, code), "{}", encode(&fields));
    }
    bench.outcomes();
    let nameless = without(&mut callback("sent"), "MessageSid");
    bench.refused("no MessageSid", signed(STATUS, &nameless), StatusCode::BAD_REQUEST, "field").await;
}

#[test]
fn a_report_shows_no_number_when_it_is_printed() {
    let report = StatusCallback {
        message_id: None,
        provider_id: "SM0002".into(),
        state: None,
        raw_status: "sent".into(),
        error_code: None,
        params: callback("sent"),
    };
    let shown = format!("{report:?}");
    assert!(shown.contains("SM0002") && !shown.contains("5601") && !shown.contains("5550100"), "{shown}");
}
