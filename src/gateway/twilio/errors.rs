//! The one table of the provider's error codes: what each means and what follows. Pure; knows no HTTP client.
//!
//! The same codes come at two moments: in the answer to our request (the text was refused, so the provider does not
//! have it) and later in a status callback (the provider had it and it went wrong). Some come at both.

use std::time::Duration;

use domain::contact::Undeliverable;

use crate::gateway::{Rejection, SendOutcome};

/// What follows from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The text did not go out; the same text may go out later, if it is still useful then.
    ///
    /// After a callback that is a new message: a scheduled text must not be doubled (P4), so that is for the
    /// replies and for staff to decide.
    Again {
        /// Not before this much time; `None` for our own plan of waits.
        after: Option<Duration>,
    },
    /// It will not go out, and trying again is no use.
    Rejected(Rejection),
    /// Nobody can say whether it went out (P5).
    Unknown,
    /// Its validity ended before it went out (P7).
    TooLate,
    /// Two machines answer each other: stop answering, tell staff.
    ReplyLoop,
    /// A part of an incoming text was lost: the patient has to be asked again.
    InboundLost,
}

/// When an error code can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In the answer to our request.
    Answer,
    /// In a status callback or a listing, or in the provider's notice about an answer to a webhook.
    Later,
    /// In both.
    Both,
}

/// One error code of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The provider's number.
    pub code: u32,
    /// What it says, in a few words, for the operator.
    pub meaning: &'static str,
    /// What follows.
    pub decision: Decision,
    /// When it can come.
    pub seen: Seen,
}

const fn row(code: u32, seen: Seen, decision: Decision, meaning: &'static str) -> ErrorCode {
    ErrorCode { code, meaning, decision, seen }
}

const fn again(seconds: u64) -> Decision {
    Decision::Again { after: Some(Duration::from_secs(seconds)) }
}

const fn number(why: Undeliverable) -> Decision {
    Decision::Rejected(Rejection::Number(why))
}

const ACCOUNT: Decision = Decision::Rejected(Rejection::Account);
const DEFECT: Decision = Decision::Rejected(Rejection::Defect);
const FILTERED: Decision = Decision::Rejected(Rejection::Filtered);
const NO_SUCH_NUMBER: Decision = number(Undeliverable::NoSuchNumber);
const NOT_MOBILE: Decision = number(Undeliverable::NotMobile);

const MINUTES: u64 = 60;
const HOURS: u64 = 60 * MINUTES;

/// Every code that is acted upon, in order of its number.
///
/// Sources: Twilio's error dictionary and its pages on rate limits and delivery; where they only say "later", the
/// times are ours.
pub const ERROR_CODES: &[ErrorCode] = &[
    row(14_107, Seen::Later, Decision::ReplyLoop, "more than 15 replies between two numbers within seconds"),
    row(20_003, Seen::Answer, ACCOUNT, "the credentials are wrong"),
    row(20_005, Seen::Answer, ACCOUNT, "the account is not active"),
    row(20_404, Seen::Answer, ACCOUNT, "no such account at this address"),
    row(20_429, Seen::Answer, Decision::Again { after: None }, "too many requests at once; never processed"),
    row(20_500, Seen::Answer, Decision::Unknown, "the provider failed"),
    row(20_503, Seen::Answer, Decision::Unknown, "the provider is not available"),
    row(21_211, Seen::Both, NO_SUCH_NUMBER, "the number is not valid"),
    row(21_217, Seen::Answer, NO_SUCH_NUMBER, "the number does not look valid"),
    row(21_408, Seen::Both, ACCOUNT, "the account may not text this country"),
    row(21_602, Seen::Answer, DEFECT, "the text is empty"),
    row(21_603, Seen::Answer, ACCOUNT, "no sender was given"),
    row(21_606, Seen::Answer, ACCOUNT, "the sender cannot text this number"),
    row(21_608, Seen::Answer, ACCOUNT, "a trial account may only text verified numbers"),
    row(21_609, Seen::Answer, DEFECT, "the address for status callbacks is not valid"),
    row(21_610, Seen::Both, Decision::Rejected(Rejection::OptedOut), "the contact has opted out at the provider"),
    row(21_611, Seen::Answer, again(10 * MINUTES), "more than ten hours of texts wait for this sender"),
    row(21_612, Seen::Both, ACCOUNT, "this sender cannot reach this number"),
    row(21_614, Seen::Both, NOT_MOBILE, "not a mobile number"),
    row(21_617, Seen::Answer, DEFECT, "the text is longer than 1,600 characters"),
    row(21_618, Seen::Answer, FILTERED, "the content is not allowed"),
    row(21_620, Seen::Answer, DEFECT, "the address of a picture is not valid"),
    row(21_635, Seen::Both, NOT_MOBILE, "a landline"),
    row(21_659, Seen::Answer, ACCOUNT, "the sender is not a number of the provider"),
    row(21_660, Seen::Answer, ACCOUNT, "the sender belongs to another account"),
    row(21_701, Seen::Answer, ACCOUNT, "no such messaging service"),
    row(21_702, Seen::Answer, ACCOUNT, "the messaging service cannot be used"),
    row(21_703, Seen::Answer, ACCOUNT, "the messaging service has no sender"),
    row(21_704, Seen::Answer, ACCOUNT, "the messaging service has no number to send from"),
    row(21_705, Seen::Answer, ACCOUNT, "the messaging service is not valid"),
    row(30_001, Seen::Later, again(10 * MINUTES), "the queue of the messaging service is full"),
    row(30_002, Seen::Later, ACCOUNT, "the account was suspended while the text waited"),
    row(30_003, Seen::Later, again(2 * HOURS), "the phone is off or out of reach"),
    row(30_004, Seen::Later, number(Undeliverable::Blocked), "the number is blocked for texts"),
    row(30_005, Seen::Later, NO_SUCH_NUMBER, "no such number at the carrier"),
    row(30_006, Seen::Later, NOT_MOBILE, "a landline, or a carrier that cannot be reached"),
    row(30_007, Seen::Later, FILTERED, "filtered by the carrier"),
    row(30_008, Seen::Later, again(2 * HOURS), "the carrier gives no reason"),
    row(30_009, Seen::Later, Decision::InboundLost, "a part of an incoming text was lost"),
    row(30_017, Seen::Later, again(2 * HOURS), "the carrier's network is congested"),
    row(30_034, Seen::Later, ACCOUNT, "the sender is not registered with the carriers (US)"),
    row(30_036, Seen::Later, Decision::TooLate, "its validity ended before it could be sent"),
    row(30_410, Seen::Later, Decision::Unknown, "the carrier did not answer; it may have been delivered"),
    row(30_450, Seen::Both, again(20 * MINUTES), "held back by the protection against pumping"),
    row(35_114, Seen::Answer, DEFECT, "the time to send is outside the allowed window"),
    row(35_115, Seen::Answer, DEFECT, "a time to send needs a kind of schedule"),
    row(35_117, Seen::Answer, DEFECT, "the time to send is not valid"),
    row(60_728, Seen::Both, again(10 * MINUTES), "the hour's allowance is used up"),
    row(63_017, Seen::Both, again(10), "more than the account's texts a second"),
    row(63_038, Seen::Both, Decision::Rejected(Rejection::DailyLimit), "the day's allowance is used up"),
    row(90_007, Seen::Answer, DEFECT, "the validity period is out of range"),
];

/// What is known about a code.
#[must_use]
pub fn lookup(code: u32) -> Option<&'static ErrorCode> {
    ERROR_CODES.binary_search_by_key(&code, |known| known.code).ok().map(|index| &ERROR_CODES[index])
}

/// The shortest and the longest wait that is taken over from the provider: a wish beyond these is more likely a
/// mistake, and the text's own deadline ends the matter anyway.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10 * MINUTES));

/// What follows from an answer that is not a success: `status` is the HTTP status, `code` the provider's code in
/// the body if there was one, `retry_after` what the provider asked us to wait.
///
/// The rule: only a refusal proves that the provider does not have the text, and a refusal is 429 or another 4xx.
/// Whatever the code in a 5xx says, the text may have been taken before something broke.
#[must_use]
pub fn after_refusal(status: u16, code: Option<u32>, retry_after: Option<Duration>) -> SendOutcome {
    let known = code.and_then(lookup).map(|known| known.decision);
    let wish = retry_after.map(|wish| wish.clamp(RETRY_AFTER.0, RETRY_AFTER.1));
    let rejected = |cause| SendOutcome::Rejected { cause, code };
    match (status, known) {
        (429, Some(Decision::Rejected(Rejection::DailyLimit))) => rejected(Rejection::DailyLimit),
        (429, Some(Decision::Again { after })) => SendOutcome::Retry { after: after.max(wish), code },
        (429, _) => SendOutcome::Retry { after: wish, code },
        // Too slow for a server that may have read enough all the same.
        (408, _) => SendOutcome::Unknown { code },
        (400..=499, Some(Decision::Again { after })) => SendOutcome::Retry { after: after.max(wish), code },
        (400..=499, Some(Decision::Rejected(cause))) => rejected(cause),
        (400..=499, Some(Decision::Unknown)) => SendOutcome::Unknown { code },
        // Decisions that belong to callbacks; here the request was refused for a reason that makes no sense.
        (400..=499, Some(Decision::TooLate | Decision::ReplyLoop | Decision::InboundLost)) => {
            rejected(Rejection::Defect)
        }
        // Credentials, money, permission, or an address that is not the provider's: whoever set it up must act.
        (401..=404 | 407, None) => rejected(Rejection::Account),
        (400..=499, None) => rejected(Rejection::Defect),
        // Sent elsewhere before anything was done; it is the configured address that is wrong.
        (301 | 307 | 308, _) => rejected(Rejection::Account),
        _ => SendOutcome::Unknown { code },
    }
}

/// What follows from the error code of a status callback or a listing; `None` for a code that is not known: then
/// the reported state is all that there is.
#[must_use]
pub fn after_delivery_report(code: u32) -> Option<Decision> {
    lookup(code).map(|known| known.decision)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One line for a decision, so that the expectations below can be read as a table.
    fn line(decision: Decision) -> String {
        match decision {
            Decision::Again { after: None } => "again".into(),
            Decision::Again { after: Some(after) } => format!("again in {} s", after.as_secs()),
            Decision::Rejected(cause) => format!("{cause:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_table_is_in_order_and_has_no_code_twice() {
        assert!(ERROR_CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        for known in ERROR_CODES {
            assert_eq!(lookup(known.code), Some(known));
            assert!(!known.meaning.is_empty());
        }
    }

    #[test]
    fn every_code_leads_to_what_the_provider_advises() {
        let groups: &[(&[u32], &str)] = &[
            (&[20_429], "again"),
            (&[63_017], "again in 10 s"),
            (&[21_611, 30_001, 60_728], "again in 600 s"),
            (&[30_450], "again in 1200 s"),
            (&[30_003, 30_008, 30_017], "again in 7200 s"),
            (&[20_500, 20_503, 30_410], "Unknown"),
            (&[63_038], "DailyLimit"),
            (&[21_610], "OptedOut"),
            (&[30_004], "Number(Blocked)"),
            (&[21_211, 21_217, 30_005], "Number(NoSuchNumber)"),
            (&[21_614, 21_635, 30_006], "Number(NotMobile)"),
            (&[21_618, 30_007], "Filtered"),
            (&[30_036], "TooLate"),
            (&[14_107], "ReplyLoop"),
            (&[30_009], "InboundLost"),
            (
                &[
                    20_003, 20_005, 20_404, 21_408, 21_603, 21_606, 21_608, 21_612, 21_659, 21_660, 21_701, 21_702,
                    21_703, 21_704, 21_705, 30_002, 30_034,
                ],
                "Account",
            ),
            (&[21_602, 21_609, 21_617, 21_620, 35_114, 35_115, 35_117, 90_007], "Defect"),
        ];
        let mut seen = Vec::new();
        for (codes, expected) in groups {
            for code in *codes {
                let decision = after_delivery_report(*code).unwrap_or_else(|| panic!("{code} is not in the table"));
                assert_eq!(line(decision), *expected, "{code}");
                seen.push(*code);
            }
        }
        seen.sort_unstable();
        let table: Vec<u32> = ERROR_CODES.iter().map(|known| known.code).collect();
        assert_eq!(seen, table, "a code without an expectation");
        assert_eq!(after_delivery_report(99_999), None);
    }

    #[test]
    fn an_answer_that_is_no_success() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let retry = |after: Option<Duration>, code| SendOutcome::Retry { after, code };
        let rejected = |cause, code| SendOutcome::Rejected { cause, code };
        for (status, code, retry_after, expected) in [
            (429, Some(20_429), None, retry(None, Some(20_429))),
            (429, Some(20_429), seconds(7), retry(seconds(7), Some(20_429))),
            (429, Some(20_429), seconds(0), retry(seconds(1), Some(20_429))),
            (429, None, seconds(86_400), retry(seconds(600), None)),
            (429, Some(63_038), seconds(1), rejected(Rejection::DailyLimit, Some(63_038))),
            (429, Some(21_611), seconds(1), retry(seconds(600), Some(21_611))),
            (429, Some(99_999), None, retry(None, Some(99_999))),
            (429, Some(21_610), None, retry(None, Some(21_610))),
            (400, Some(21_610), None, rejected(Rejection::OptedOut, Some(21_610))),
            (400, Some(21_614), None, rejected(Rejection::Number(Undeliverable::NotMobile), Some(21_614))),
            (400, Some(20_429), None, retry(None, Some(20_429))),
            (400, Some(20_500), None, SendOutcome::Unknown { code: Some(20_500) }),
            (400, Some(30_036), None, rejected(Rejection::Defect, Some(30_036))),
            (400, Some(99_999), None, rejected(Rejection::Defect, Some(99_999))),
            (400, None, None, rejected(Rejection::Defect, None)),
            (401, Some(20_003), None, rejected(Rejection::Account, Some(20_003))),
            (401, None, None, rejected(Rejection::Account, None)),
            (402, None, None, rejected(Rejection::Account, None)),
            (403, None, None, rejected(Rejection::Account, None)),
            (404, Some(20_404), None, rejected(Rejection::Account, Some(20_404))),
            (408, None, None, SendOutcome::Unknown { code: None }),
            (413, None, None, rejected(Rejection::Defect, None)),
            (500, Some(20_500), None, SendOutcome::Unknown { code: Some(20_500) }),
            (503, Some(20_503), seconds(5), SendOutcome::Unknown { code: Some(20_503) }),
            (503, Some(20_429), None, SendOutcome::Unknown { code: Some(20_429) }),
            (500, Some(21_610), None, SendOutcome::Unknown { code: Some(21_610) }),
            (504, None, None, SendOutcome::Unknown { code: None }),
            (301, None, None, rejected(Rejection::Account, None)),
            (302, None, None, SendOutcome::Unknown { code: None }),
            (303, None, None, SendOutcome::Unknown { code: None }),
            (308, None, None, rejected(Rejection::Account, None)),
            (304, None, None, SendOutcome::Unknown { code: None }),
        ] {
            assert_eq!(after_refusal(status, code, retry_after), expected, "{status} {code:?} {retry_after:?}");
        }
    }

    proptest! {
        #[test]
        fn only_a_refusal_is_tried_again(
            status in 300_u16..1_000, code in proptest::option::of(proptest::sample::select(ERROR_CODES)), wish in proptest::option::of(any::<u64>()),
        ) {
            let outcome = after_refusal(status, code.map(|known| known.code), wish.map(Duration::from_secs));
            match outcome {
                SendOutcome::Retry { after, .. } => {
                    prop_assert!((400..500).contains(&status));
                    prop_assert!(after.is_none_or(|after| after >= RETRY_AFTER.0 && after <= Duration::from_secs(2 * HOURS)));
                }
                SendOutcome::Rejected { .. } => prop_assert!(status < 500),
                SendOutcome::Unknown { .. } => {}
                SendOutcome::Accepted { .. } => prop_assert!(false, "nothing was accepted"),
            }
        }
    }
}
