//! Reads what the provider answered: created messages, lists, errors, `Retry-After`. Pure: bytes in, values out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::message::{Body, OutboundState};
use serde::Deserialize;

use super::errors;
use super::status::outbound_state;
use crate::gateway::{Listed, SendOutcome};

/// A number that some hosts write as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<u32> {
        match self {
            Self::Plain(number) => u32::try_from(*number).ok(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

#[derive(Deserialize)]
struct Created {
    sid: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    code: Option<Number>,
}

/// One message as the provider has it. Everything may be missing or null, as some of it is in some states.
#[derive(Deserialize)]
struct Resource {
    sid: Option<String>,
    to: Option<String>,
    from: Option<String>,
    messaging_service_sid: Option<String>,
    direction: Option<String>,
    body: Option<String>,
    status: Option<String>,
    error_code: Option<Number>,
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Resource>,
    next_page_uri: Option<String>,
}

/// What follows from the answer to "create a message".
///
/// `body` is `None` when the answer broke off: after a success nobody knows; after a refusal the reason is
/// missing but the refusal stands, and trying again brings the reason to light.
#[must_use]
pub fn created(status: u16, retry_after: Option<Duration>, body: Option<&[u8]>) -> SendOutcome {
    if (200..300).contains(&status) {
        return accepted(body.unwrap_or_default()).unwrap_or(SendOutcome::Unknown { code: None });
    }
    match body {
        None if (400..500).contains(&status) && status != 408 => SendOutcome::Retry { after: None, code: None },
        None => SendOutcome::Unknown { code: None },
        Some(body) => {
            let refused: Option<Refused> = serde_json::from_slice(body).ok();
            let code = refused.and_then(|refused| refused.code?.value());
            errors::after_refusal(status, code, retry_after)
        }
    }
}

/// The message that a success tells of; `None` if it tells of none.
///
/// A state that is not known does not undo the success: the provider has it.
fn accepted(body: &[u8]) -> Option<SendOutcome> {
    let created: Created = serde_json::from_slice(body).ok()?;
    let provider_id = created.sid.filter(|sid| !sid.is_empty())?;
    let state = created.status.as_deref().and_then(outbound_state).unwrap_or(OutboundState::Accepted);
    Some(SendOutcome::Accepted { provider_id, state })
}

/// Which of the messages in a list are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The sender's number.
    pub from: &'a str,
    /// The messaging service that chose the sender's number, if one does.
    pub messaging_service_sid: Option<&'a str>,
    /// The contact's number.
    pub to: &'a str,
    /// Created at or after this instant.
    pub since: DateTime<Utc>,
}

impl Wanted<'_> {
    /// Whether a message is one of these, so that nothing depends on how well the provider filters.
    fn includes(&self, resource: &Resource, created_at: DateTime<Utc>) -> bool {
        let outbound = resource.direction.as_deref().is_none_or(|direction| direction.starts_with("outbound"));
        let ours = resource.from.as_deref() == Some(self.from)
            || (self.messaging_service_sid.is_some()
                && resource.messaging_service_sid.as_deref() == self.messaging_service_sid);
        // The provider keeps whole seconds.
        let since = self.since.timestamp();
        outbound && ours && resource.to.as_deref() == Some(self.to) && created_at.timestamp() >= since
    }
}

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct ListedPage {
    /// The messages on it that are wanted.
    pub messages: Vec<Listed>,
    /// The query of the address of the next page, if there is one. Only the query: the credentials go with the
    /// next request, so where it goes is not for an answer to say.
    pub next_query: Option<String>,
}

/// Reads one page of a list; `None` if it cannot be read in full. A message that is skipped because its date is
/// unreadable would look like a message that is not there.
#[must_use]
pub fn listed(body: &[u8], wanted: Wanted<'_>) -> Option<ListedPage> {
    let page: Page = serde_json::from_slice(body).ok()?;
    let mut messages = Vec::new();
    for resource in page.messages {
        let created_at = DateTime::parse_from_rfc2822(resource.date_created.as_deref()?).ok()?.with_timezone(&Utc);
        let provider_id = resource.sid.clone().filter(|sid| !sid.is_empty())?;
        if wanted.includes(&resource, created_at) {
            messages.push(Listed {
                provider_id,
                body: Body(resource.body.unwrap_or_default()),
                state: resource.status.as_deref().and_then(outbound_state).unwrap_or(OutboundState::Accepted),
                code: resource.error_code.as_ref().and_then(Number::value),
                created_at,
            });
        }
    }
    let next_query = page
        .next_page_uri
        .and_then(|uri| uri.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default().to_owned()))
        .filter(|query| !query.is_empty());
    Some(ListedPage { messages, next_query })
}

/// The wait that a `Retry-After` header asks for: seconds, or a date, which is read against the answer's own
/// `Date`, so that the two clocks need not agree. `None` if it says neither.
#[must_use]
pub fn retry_after(header: &str, date: Option<&str>) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let until = DateTime::parse_from_rfc2822(header).ok()?;
    let from = DateTime::parse_from_rfc2822(date?.trim()).ok()?;
    (until - from).max(TimeDelta::zero()).to_std().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::Rejection;

    const FROM: &str = "+12125550100";
    const TO: &str = "+12125550101";

    fn unknown() -> SendOutcome {
        SendOutcome::Unknown { code: None }
    }

    #[test]
    fn a_success_gives_the_identifier_and_the_state() {
        let accepted = |state| SendOutcome::Accepted { provider_id: "SM1".into(), state };
        for (body, expected) in [
            (r#"{"sid":"SM1","status":"queued","error_code":null}"#, accepted(OutboundState::Accepted)),
            (r#"{"sid":"SM1","status":"sent"}"#, accepted(OutboundState::Sent)),
            (r#"{"sid":"SM1","status":"failed","error_code":30007}"#, accepted(OutboundState::Failed)),
            (r#"{"sid":"SM1","status":"astonished"}"#, accepted(OutboundState::Accepted)),
            (r#"{"sid":"SM1"}"#, accepted(OutboundState::Accepted)),
            (r#"{"sid":"","status":"queued"}"#, unknown()),
            (r#"{"sid":null}"#, unknown()),
            (r#"{"status":"queued"}"#, unknown()),
            (r#"{"sid":"SM1","status":"que"#, unknown()),
            ("<html>welcome</html>", unknown()),
            ("", unknown()),
        ] {
            assert_eq!(created(201, None, Some(body.as_bytes())), expected, "{body}");
        }
        assert_eq!(created(201, None, None), unknown());
    }

    #[test]
    fn a_refusal_is_read_by_its_code_written_either_way() {
        let opted_out = SendOutcome::Rejected { cause: Rejection::OptedOut, code: Some(21_610) };
        for (body, expected) in [
            (r#"{"code":21610,"message":"…","status":400}"#, opted_out.clone()),
            (r#"{"code":"21610"}"#, opted_out),
            (r#"{"code":null}"#, SendOutcome::Rejected { cause: Rejection::Defect, code: None }),
            (r#"{"code":-1}"#, SendOutcome::Rejected { cause: Rejection::Defect, code: None }),
            ("<html>", SendOutcome::Rejected { cause: Rejection::Defect, code: None }),
        ] {
            assert_eq!(created(400, None, Some(body.as_bytes())), expected, "{body}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_after_its_status() {
        let again = SendOutcome::Retry { after: None, code: None };
        for (status, expected) in
            [(200, unknown()), (400, again.clone()), (429, again), (408, unknown()), (500, unknown())]
        {
            assert_eq!(created(status, None, None), expected, "{status}");
        }
    }

    fn message(sid: &str, change: &serde_json::Value) -> serde_json::Value {
        let mut message = json!({
            "sid": sid, "to": TO, "from": FROM, "messaging_service_sid": null, "direction": "outbound-api",
            "body": "体温は?", "status": "delivered", "error_code": null,
            "date_created": "Fri, 22 Nov 2024 07:00:05 +0000", "date_sent": null,
        });
        for (name, value) in change.as_object().expect("an object") {
            message[name] = value.clone();
        }
        message
    }

    fn wanted(since: &str) -> Wanted<'_> {
        let since = since.parse().expect("a time");
        Wanted { from: FROM, messaging_service_sid: None, to: TO, since }
    }

    fn sids(messages: &[serde_json::Value], wanted: Wanted<'_>) -> Vec<String> {
        let page = json!({ "messages": messages, "next_page_uri": null }).to_string();
        let page = listed(page.as_bytes(), wanted).expect("readable");
        page.messages.into_iter().map(|message| message.provider_id).collect()
    }

    #[test]
    fn a_listed_message_is_read_in_full() {
        let page = json!({
            "messages": [message("SM1", &json!({ "status": "undelivered", "error_code": "30005" }))],
            "next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?PageSize=50&Page=1&PageToken=PASM1#x",
        });
        let page = listed(page.to_string().as_bytes(), wanted("2024-11-22T07:00:00Z")).expect("readable");
        assert_eq!(page.next_query.as_deref(), Some("PageSize=50&Page=1&PageToken=PASM1"));
        assert_eq!(
            page.messages,
            [Listed {
                provider_id: "SM1".into(),
                body: Body("体温は?".into()),
                state: OutboundState::Undelivered,
                code: Some(30_005),
                created_at: "2024-11-22T07:00:05Z".parse().expect("a time"),
            }]
        );
    }

    #[test]
    fn a_list_is_filtered_here_whatever_the_provider_filters() {
        let messages = [
            message("same", &json!({})),
            message("same-second", &json!({ "date_created": "Fri, 22 Nov 2024 16:00:05 +0900" })),
            message("reply", &json!({ "direction": "outbound-reply" })),
            message("no-direction", &json!({ "direction": null })),
            message("inbound", &json!({ "direction": "inbound", "from": TO, "to": FROM })),
            message("inbound-claiming", &json!({ "direction": "inbound" })),
            message("older", &json!({ "date_created": "Fri, 22 Nov 2024 07:00:04 +0000" })),
            message("to-another", &json!({ "to": "+12125550102" })),
            message("from-another", &json!({ "from": "+12125550103" })),
            message("of-a-service", &json!({ "from": null, "messaging_service_sid": "MG1" })),
        ];
        let by_number = wanted("2024-11-22T07:00:05.999999Z");
        assert_eq!(sids(&messages, by_number), ["same", "same-second", "reply", "no-direction"]);
        let by_service = Wanted { messaging_service_sid: Some("MG1"), ..by_number };
        assert_eq!(sids(&messages, by_service), ["same", "same-second", "reply", "no-direction", "of-a-service"]);
    }

    #[test]
    fn a_list_that_cannot_be_read_in_full_is_no_list() {
        for broken in [
            "".to_owned(),
            "{}".into(),
            "[]".into(),
            json!({ "messages": [message("SM1", &json!({ "date_created": null }))] }).to_string(),
            json!({ "messages": [message("SM1", &json!({ "date_created": "2024-11-22" }))] }).to_string(),
            json!({ "messages": [message("", &json!({}))] }).to_string(),
        ] {
            assert_eq!(listed(broken.as_bytes(), wanted("2024-11-22T07:00:00Z")), None, "{broken}");
        }
        let empty = listed(br#"{"messages":[]}"#, wanted("2024-11-22T07:00:00Z"));
        assert_eq!(empty, Some(ListedPage { messages: Vec::new(), next_query: None }));
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let date = Some("Fri, 22 Nov 2024 07:00:00 GMT");
        for (header, date, seconds) in [
            ("3", None, Some(3)),
            (" 0 ", None, Some(0)),
            ("99999999999999999999", None, Some(u64::MAX)),
            ("Fri, 22 Nov 2024 07:00:30 GMT", date, Some(30)),
            ("Fri, 22 Nov 2024 06:00:00 GMT", date, Some(0)),
            ("Fri, 22 Nov 2024 07:00:30 GMT", None, None),
            ("soon", date, None),
            ("-1", None, None),
            ("1.5", None, None),
            ("", None, None),
        ] {
            assert_eq!(retry_after(header, date), seconds.map(Duration::from_secs), "{header:?}");
        }
    }
}
