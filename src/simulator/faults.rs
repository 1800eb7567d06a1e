//! Misbehaviour on demand: what the provider can be told to do wrong, and the draw that decides when it does.
//! Repeatable: the same seed and the same calls give the same faults. Does nothing wrong by itself.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::numbers::is_e164;

/// Everything that the provider can be told to do wrong. The default is to do nothing wrong. Setting it replaces
/// what was set before, and counts begin anew.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Decides the draws of every fault that has a share.
    pub seed: u64,
    /// How long an answer to "create a message" is held back once the message is taken, in milliseconds.
    pub answer_delay_ms: u64,
    /// How long a message lies at the provider before it moves at all, in milliseconds.
    pub delivery_delay_ms: u64,
    /// How long each status callback is held back, in milliseconds.
    pub callback_delay_ms: u64,
    /// Refuse every request to the API with 503 and code 20503; nothing is taken.
    pub outage: bool,
    /// Send all status callbacks of a message before its create request is answered.
    pub callbacks_first: bool,
    /// Drop replies in webhook answers (code 14107) after this many to one phone, each less than 30 seconds after
    /// the one before.
    pub reply_limit: Option<u32>,
    /// Refuse a message with this error `code` (and HTTP `status`, 400 if absent); nothing is taken.
    #[serde(deserialize_with = "strike")]
    pub refuse: Option<Strike>,
    /// Answer 429 with code 20429 (or `code`) and, if given, `retry_after_seconds`; nothing is taken.
    #[serde(deserialize_with = "strike")]
    pub too_many_requests: Option<Strike>,
    /// Answer 500 with code 20500; nothing is taken.
    #[serde(deserialize_with = "strike")]
    pub server_error: Option<Strike>,
    /// Answer 500 with code 20500 although the message is taken.
    #[serde(deserialize_with = "strike")]
    pub server_error_after: Option<Strike>,
    /// Cut the connection before the message is taken.
    #[serde(deserialize_with = "strike")]
    pub drop_before: Option<Strike>,
    /// Cut the connection after the message is taken.
    #[serde(deserialize_with = "strike")]
    pub drop_after: Option<Strike>,
    /// Take the message and never answer: the client runs into its own time-out.
    #[serde(deserialize_with = "strike")]
    pub hang_after: Option<Strike>,
    /// Take the message, and report it as undelivered with this error `code` (30003 if absent).
    #[serde(deserialize_with = "strike")]
    pub undelivered: Option<Strike>,
    /// Call the webhook for an inbound text once more, as after a lost answer: only the second answer counts.
    #[serde(deserialize_with = "strike")]
    pub duplicate_webhooks: Option<Strike>,
    /// Send a status callback twice.
    #[serde(deserialize_with = "strike")]
    pub duplicate_callbacks: Option<Strike>,
    /// Send a message's status callbacks in the wrong order.
    #[serde(deserialize_with = "strike")]
    pub reorder_callbacks: Option<Strike>,
    /// Do not send a status callback.
    #[serde(deserialize_with = "strike")]
    pub lose_callbacks: Option<Strike>,
}

/// When one fault strikes. In JSON: `true` (always), a share from 0 to 1, or an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strike {
    /// The share of the occasions, 0 to 1.
    pub share: f64,
    /// How many times at most; no limit if absent.
    pub count: Option<u64>,
    /// Only for these phones, in E.164 form; for all if empty.
    pub numbers: Vec<String>,
    /// The error code to give, for the faults that give one.
    pub code: Option<u32>,
    /// The HTTP status to give, for the faults that give one.
    pub status: Option<u16>,
    /// The value of `Retry-After`, for the fault that sends one.
    pub retry_after_seconds: Option<u64>,
}

impl Default for Strike {
    fn default() -> Self {
        Self { share: 1.0, count: None, numbers: Vec::new(), code: None, status: None, retry_after_seconds: None }
    }
}

impl Strike {
    /// Strikes every time.
    #[must_use]
    pub fn always() -> Option<Self> {
        Some(Self::default())
    }

    /// Strikes this many times, then no more.
    #[must_use]
    pub fn times(count: u64) -> Option<Self> {
        Some(Self { count: Some(count), ..Self::default() })
    }

    fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(format!("`share` is {}, but a share lies between 0 and 1", self.share));
        }
        if let Some(number) = self.numbers.iter().find(|number| !is_e164(number)) {
            return Err(format!("`numbers` holds {number:?}, which is not in E.164 form such as +819012345601"));
        }
        if let Some(status) = self.status.filter(|status| !(400..600).contains(status)) {
            return Err(format!("`status` is {status}, but an error's HTTP status lies between 400 and 599"));
        }
        Ok(())
    }
}

/// Reads the three ways of writing a strike; `false`, 0 and `null` switch it off.
fn strike<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Strike>, D::Error> {
    use serde::de::Error as _;
    use serde_json::Value;
    let strike = match Value::deserialize(deserializer)? {
        Value::Null | Value::Bool(false) => return Ok(None),
        Value::Bool(true) => Strike::default(),
        Value::Number(share) => Strike { share: share.as_f64().unwrap_or(f64::NAN), ..Strike::default() },
        object @ Value::Object(_) => serde_json::from_value(object).map_err(D::Error::custom)?,
        other => {
            return Err(D::Error::custom(format!(
                "expected true, false, a share from 0 to 1, or an object, not {other}"
            )));
        }
    };
    strike.check().map_err(D::Error::custom)?;
    Ok(Some(strike).filter(|strike| strike.share > 0.0))
}

/// Each kind of fault that strikes now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Refuse,
    TooManyRequests,
    ServerError,
    ServerErrorAfter,
    DropBefore,
    DropAfter,
    HangAfter,
    Undelivered,
    DuplicateWebhooks,
    DuplicateCallbacks,
    ReorderCallbacks,
    LoseCallbacks,
}

/// The faults that are set, and how often each has been considered and has struck.
#[derive(Debug, Default)]
pub(super) struct FaultBox {
    faults: Faults,
    considered: HashMap<Kind, u64>,
    struck: HashMap<Kind, u64>,
}

impl FaultBox {
    /// What is set.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Sets the faults anew; counts begin again.
    pub(super) fn set(&mut self, faults: Faults) {
        *self = Self { faults, ..Self::default() };
    }

    /// Whether this fault strikes now, for this phone; each call is one occasion.
    pub(super) fn strikes(&mut self, kind: Kind, number: &str) -> Option<Strike> {
        let faults = &self.faults;
        let strike = match kind {
            Kind::Refuse => &faults.refuse,
            Kind::TooManyRequests => &faults.too_many_requests,
            Kind::ServerError => &faults.server_error,
            Kind::ServerErrorAfter => &faults.server_error_after,
            Kind::DropBefore => &faults.drop_before,
            Kind::DropAfter => &faults.drop_after,
            Kind::HangAfter => &faults.hang_after,
            Kind::Undelivered => &faults.undelivered,
            Kind::DuplicateWebhooks => &faults.duplicate_webhooks,
            Kind::DuplicateCallbacks => &faults.duplicate_callbacks,
            Kind::ReorderCallbacks => &faults.reorder_callbacks,
            Kind::LoseCallbacks => &faults.lose_callbacks,
        };
        let strike = strike.as_ref()?;
        if !strike.numbers.is_empty() && !strike.numbers.iter().any(|listed| listed == number) {
            return None;
        }
        let struck = self.struck.entry(kind).or_default();
        if strike.count.is_some_and(|count| *struck >= count) {
            return None;
        }
        let occasion = self.considered.entry(kind).or_default();
        *occasion += 1;
        if draw(faults.seed, kind, *occasion) >= strike.share {
            return None;
        }
        *struck += 1;
        Some(strike.clone())
    }
}

/// A number from 0 up to 1 that depends on nothing but its arguments, so that faults of one kind do not disturb
/// the draws of another.
fn draw(seed: u64, kind: Kind, occasion: u64) -> f64 {
    let mut mixed =
        seed.wrapping_add((kind as u64 + 1) << 56).wrapping_add(occasion.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    mixed ^= mixed >> 33;
    // The upper 32 bits are plenty, and fit a double without loss.
    f64::from(u32::try_from(mixed >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Faults, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn three_ways_to_write_a_strike() {
        let faults = parse(
            r#"{"seed": 7, "drop_after": true, "lose_callbacks": 0.25, "drop_before": false, "hang_after": 0,
                "refuse": {"code": 21611, "count": 3, "numbers": ["+819012345601"]}}"#,
        )
        .expect("right");
        assert_eq!(faults.drop_after, Strike::always());
        assert_eq!(faults.lose_callbacks.map(|strike| strike.share), Some(0.25));
        assert_eq!((faults.drop_before, faults.hang_after), (None, None));
        let refuse = faults.refuse.expect("set");
        assert_eq!((refuse.code, refuse.count, refuse.share), (Some(21611), Some(3), 1.0));
        assert_eq!(parse("{}"), Ok(Faults::default()));
    }

    #[test]
    fn wrong_settings_say_what_would_be_right() {
        let cases = [
            (r#"{"drop_aftr": true}"#, "expected one of `seed`"),
            (r#"{"refuse": {"cod": 21610}}"#, "expected one of `share`, `count`"),
            (r#"{"refuse": 1.5}"#, "between 0 and 1"),
            (r#"{"refuse": "often"}"#, "expected true, false, a share"),
            (r#"{"refuse": {"numbers": ["090-1234-5601"]}}"#, "E.164"),
            (r#"{"refuse": {"status": 200}}"#, "between 400 and 599"),
        ];
        for (json, expected) in cases {
            let error = parse(json).expect_err(json);
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn what_is_shown_can_be_set_again() {
        let faults = Faults { seed: 3, refuse: Strike::times(2), outage: true, ..Faults::default() };
        let shown = serde_json::to_string(&faults).expect("serialises");
        assert_eq!(parse(&shown), Ok(faults));
    }

    #[test]
    fn counts_numbers_and_shares() {
        let one = "+819012345601";
        let mut faults = FaultBox::default();
        faults.set(Faults {
            seed: 1,
            refuse: Some(Strike { numbers: vec![one.to_owned()], count: Some(2), ..Strike::default() }),
            lose_callbacks: Some(Strike { share: 0.3, ..Strike::default() }),
            ..Faults::default()
        });
        assert!(faults.strikes(Kind::Refuse, "+819012345602").is_none());
        let struck = (0..5).filter(|_| faults.strikes(Kind::Refuse, one).is_some()).count();
        assert_eq!(struck, 2);
        let lost = (0..10_000).filter(|_| faults.strikes(Kind::LoseCallbacks, one).is_some()).count();
        assert!((2_800..3_200).contains(&lost), "{lost} of 10,000");
        assert!(faults.strikes(Kind::DropAfter, one).is_none());
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let run = |seed: u64| -> Vec<bool> {
            let mut faults = FaultBox::default();
            let half = Some(Strike { share: 0.5, ..Strike::default() });
            faults.set(Faults { seed, drop_after: half.clone(), refuse: half, ..Faults::default() });
            (0..64)
                .map(|_| {
                    // Another kind's draws in between change nothing.
                    if seed == 5 {
                        faults.strikes(Kind::Refuse, "+819012345601");
                    }
                    faults.strikes(Kind::DropAfter, "+819012345601").is_some()
                })
                .collect()
        };
        assert_eq!(run(4), run(4));
        assert_ne!(run(4), run(6));
        assert_eq!(run(5), run(5));
    }
}
