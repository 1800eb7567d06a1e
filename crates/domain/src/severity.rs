//! How worrying a check-in is, and why. The thresholds are the center's, and have a version.

use serde::{Deserialize, Serialize};

use crate::observation::{OxygenSaturation, Temperature};

/// How urgent it is. Ordered: a later variant is more urgent. `Unknown` is never shown as green (P9) and is
/// more urgent than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Every required answer is there, and none is worrying.
    Green,
    /// Something required is missing.
    Unknown,
    /// Call within two hours.
    Orange,
    /// Act now.
    Red,
}

impl Severity {
    /// The stable key, as in tables and the API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Unknown => "unknown",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }
}

/// The bounds at which a measured value is worrying; the center's, versioned, confirmed by a nurse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Grows with every change; stored with each classification.
    pub version: u32,
    /// Red at or below this oxygen saturation. Default 93 % (DOMAIN.md 1.8: moderate II).
    pub oxygen_red: OxygenSaturation,
    /// Orange at or below this oxygen saturation. Default 95 %.
    pub oxygen_orange: OxygenSaturation,
    /// Orange at or above this temperature. Default 38.5 °C (DOMAIN.md 1.1).
    pub temperature_orange: Temperature,
}
