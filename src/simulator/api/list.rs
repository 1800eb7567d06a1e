//! `GET …/Messages.json`: filters, and pages that do not shift when new messages come in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::Uri;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::error::ApiError;
use super::resource;
use crate::simulator::message::Filter;
use crate::simulator::provider::Provider;

/// How many a page holds, if nobody says.
const PAGE_SIZE: usize = 50;
/// How many it holds at most.
const MAX_PAGE_SIZE: usize = 1000;

/// What a listing asks for.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    filter: Filter,
    size: usize,
    page: usize,
    token: Option<Token>,
    /// The parameters other than the page's, as they came: the addresses of other pages carry them on.
    carried: Vec<(String, String)>,
}

/// Where a page lies: next to a message, so that new ones do not shift it.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// What is older than this message.
    After(String),
    /// What is newer.
    Before(String),
}

/// Lists messages, newest first.
pub(super) async fn list(
    State(provider): State<Arc<Provider>>,
    uri: Uri,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::read(raw.as_deref().unwrap_or_default())?;
    let state = provider.state();
    let all: Vec<_> = state.book.newest_first(&query.filter).collect();
    let place = |sid: &str| all.iter().position(|message| message.sid == sid).ok_or_else(|| bad("PageToken"));
    let start = match &query.token {
        None => query.page.saturating_mul(query.size).min(all.len()),
        Some(Token::After(sid)) => place(sid)? + 1,
        Some(Token::Before(sid)) => place(sid)?.saturating_sub(query.size),
    };
    let end = all.len().min(start + query.size);
    let shown = &all[start..end];
    let address = |page: usize, token: Option<String>| {
        let mut query_string = form_urlencoded::Serializer::new(String::new());
        query_string.extend_pairs(&query.carried).append_pair("PageSize", &query.size.to_string());
        query_string.append_pair("Page", &page.to_string());
        if let Some(token) = token {
            query_string.append_pair("PageToken", &token);
        }
        format!("{}?{}", uri.path(), query_string.finish())
    };
    let next =
        shown.last().filter(|_| end < all.len()).map(|last| address(query.page + 1, Some(format!("PA{}", last.sid))));
    let previous = shown
        .first()
        .filter(|_| start > 0)
        .map(|first| address(query.page.saturating_sub(1), Some(format!("PB{}", first.sid))));
    let first_index = query.page.saturating_mul(query.size);
    Ok(Json(json!({
        "messages": shown.iter().map(|message| resource::json(&provider, message, false)).collect::<Vec<_>>(),
        "page": query.page,
        "page_size": query.size,
        "start": first_index,
        "end": (first_index + shown.len()).saturating_sub(1),
        "uri": format!("{}{}", uri.path(), raw.map_or(String::new(), |raw| format!("?{raw}"))),
        "first_page_uri": address(0, None),
        "next_page_uri": next,
        "previous_page_uri": previous,
    })))
}

fn bad(parameter: &str) -> ApiError {
    ApiError::bad(20001, format!("Parameter '{parameter}' is not valid."))
}

impl Query {
    fn read(raw: &str) -> Result<Self, ApiError> {
        let mut query = Self { filter: Filter::default(), size: PAGE_SIZE, page: 0, token: None, carried: Vec::new() };
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            match &*name {
                "PageSize" => {
                    let size = value.parse().ok().filter(|size| *size >= 1).ok_or_else(|| bad("PageSize"))?;
                    query.size = MAX_PAGE_SIZE.min(size);
                    continue;
                }
                "Page" => {
                    query.page = value.parse().map_err(|_| bad("Page"))?;
                    continue;
                }
                "PageToken" => {
                    query.token = Some(match value.split_at_checked(2) {
                        Some(("PA", sid)) => Token::After(sid.to_owned()),
                        Some(("PB", sid)) => Token::Before(sid.to_owned()),
                        _ => return Err(bad("PageToken")),
                    });
                    continue;
                }
                _ if value.is_empty() => {}
                "To" => query.filter.to = Some(value.to_string()),
                "From" => query.filter.from = Some(value.to_string()),
                "DateSent" => {
                    let sent = Span::read(&value).ok_or_else(|| bad("DateSent"))?;
                    query.filter.sent_from = Some(sent.from);
                    query.filter.sent_before = Some(sent.until);
                }
                // "DateSent>=…" arrives as the name "DateSent>": on and after; likewise "DateSent<": on and before.
                "DateSent>" => query.filter.sent_from = Some(Span::read(&value).ok_or_else(|| bad("DateSent>"))?.from),
                "DateSent<" => {
                    query.filter.sent_before = Some(Span::read(&value).ok_or_else(|| bad("DateSent<"))?.until);
                }
                _ => {}
            }
            query.carried.push((name.into_owned(), value.into_owned()));
        }
        Ok(query)
    }
}

/// The stretch of time that a written date means: a whole day, or a second.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Span {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            let from = day.and_hms_opt(0, 0, 0)?.and_utc();
            return Some(Self { from, until: from + TimeDelta::days(1) });
        }
        let from = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_rfc2822(text))
            .map(|at| at.to_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|at| at.and_utc()))
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc()))
            .ok()?;
        Some(Self { from, until: from + TimeDelta::seconds(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn dates_may_be_written_in_several_ways() {
        let day = Span::read("2026-11-22").expect("a day");
        assert_eq!((day.from, day.until), (utc("2026-11-22T00:00:00Z"), utc("2026-11-23T00:00:00Z")));
        for text in [
            "2026-11-21T22:00:05Z",
            "2026-11-22T07:00:05+09:00",
            "2026-11-21 22:00:05.000",
            "Sat, 21 Nov 2026 22:00:05 +0000",
        ] {
            let span = Span::read(text).expect(text);
            assert_eq!(span.from, utc("2026-11-21T22:00:05Z"), "{text}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "22/11/2026"] {
            assert_eq!(Span::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_comparison_is_part_of_the_name() {
        let query =
            Query::read("To=%2B819012345601&DateSent%3E=2026-11-22&DateSent%3C=2026-11-23&PageSize=2").expect("right");
        assert_eq!(query.filter.to.as_deref(), Some("+819012345601"));
        assert_eq!(query.filter.sent_from, Some(utc("2026-11-22T00:00:00Z")));
        assert_eq!(query.filter.sent_before, Some(utc("2026-11-24T00:00:00Z")));
        assert_eq!(query.size, 2);
        for wrong in ["PageSize=0", "PageSize=x", "Page=-1", "PageToken=xx", "DateSent=soon"] {
            assert!(Query::read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Query::read("PageSize=5000").map(|query| query.size), Ok(1000));
    }
}
