//! Twilio, or any host that speaks its dialect: texts out over HTTP, TwiML back, signatures, statuses, errors.
//!
//! [`client`] sends and lists; [`answer`] reads what came back; [`errors`] is the one table of error codes;
//! [`status`] reads states; [`twiml`] writes the answer to a webhook; [`signature`] proves that a webhook is
//! genuine. Nothing here knows the store, a handler, or the simulator, which must not share a line with it.

pub mod answer;
pub mod client;
pub mod errors;
pub mod signature;
pub mod status;
pub mod twiml;

#[cfg(test)]
mod tests;

use domain::id::MessageId;

pub use client::{Credentials, Sender, Settings, SettingsError, Timeouts, Twilio};

/// The name of the query parameter by which a status callback tells whose state it reports.
pub const MESSAGE_PARAMETER: &str = "m";

/// The address for the status callbacks of one text: `status_url` with our opaque identifier in the query.
///
/// A query that is there already is kept, and so is a fragment, which Twilio reads as connection settings
/// (`#rc=3`) and neither sends nor signs.
#[must_use]
pub fn callback_url(status_url: &str, id: MessageId) -> String {
    let (address, fragment) = match status_url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (status_url, None),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{address}{joint}{MESSAGE_PARAMETER}={id}{fragment}")
}

#[cfg(test)]
mod callback_url_tests {
    use super::*;

    #[test]
    fn the_identifier_goes_into_the_query() {
        let id = MessageId::new(chrono::DateTime::UNIX_EPOCH, &[7; 10]);
        for (status_url, expected) in [
            ("https://bot.example/twilio/status", format!("https://bot.example/twilio/status?m={id}")),
            ("https://bot.example/s?a=1", format!("https://bot.example/s?a=1&m={id}")),
            ("https://bot.example/s?a=1&", format!("https://bot.example/s?a=1&m={id}")),
            ("https://bot.example/s?", format!("https://bot.example/s?m={id}")),
            ("https://bot.example/s#rc=3&rp=5xx", format!("https://bot.example/s?m={id}#rc=3&rp=5xx")),
            ("https://bot.example/s?a=1#rc=3", format!("https://bot.example/s?a=1&m={id}#rc=3")),
        ] {
            assert_eq!(callback_url(status_url, id), expected);
        }
    }
}
