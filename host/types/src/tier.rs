//! What a user's tier allows.
//!
//! The numbers here are the defaults; an operator may change them. Nothing here counts
//! anything: whoever does asks what it may count up to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a user pays for. A guest looks at what others show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Looks only.
    Guest,
    /// Pays nothing.
    Free,
    /// Pays.
    Pro,
    /// Pays most.
    Premium,
}

/// One tier's limits; none where there is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierLimits {
    /// Virtual devices of one job.
    pub devices: Option<u32>,
    /// Previews that may be asked for in an hour.
    pub previews_an_hour: Option<u32>,
    /// Previews that may run at one time.
    pub previews_at_once: u32,
    /// Bytes of a delta.
    pub delta_bytes: u64,
    /// Bytes of a bundle.
    pub bundle_bytes: u64,
    /// Bytes of a file that a model reads.
    pub ai_file_bytes: u64,
    /// Tokens that a model may answer with.
    pub ai_output_tokens: u32,
    /// Tokens that models may be asked and answer with in a day.
    pub ai_tokens_a_day: u32,
    /// AI jobs that may run at one time.
    pub ai_at_once: u32,
    /// AI documents that may be asked for in a minute.
    pub ai_docs_a_minute: u32,
    /// Requests in a minute.
    pub requests_a_minute: u32,
    /// Maps of one project in a day.
    pub maps_a_day: Option<u32>,
    /// Versions of a map that are kept.
    pub map_versions: u32,
    /// Maps may be compared.
    pub map_diff: bool,
    /// Changes may be followed deeply, and selectors muted.
    pub deep_analysis: bool,
    /// A worker with a GPU, if one is healthy.
    pub gpu: bool,
    /// Share of the workers while others wait too.
    pub weight: u32,
    /// Previews of a project's history that are shown.
    pub history: Option<u32>,
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

impl Tier {
    /// Every tier, the lowest first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Free, Self::Pro, Self::Premium];

    /// The name used in JSON, tokens and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Premium => "premium",
        }
    }

    /// The next tier, where there is one to recommend.
    pub const fn above(self) -> Option<Self> {
        match self {
            Self::Guest => Some(Self::Free),
            Self::Free => Some(Self::Pro),
            Self::Pro => Some(Self::Premium),
            Self::Premium => None,
        }
    }

    /// What the tier allows when nothing else is configured.
    pub const fn limits(self) -> TierLimits {
        let free = TierLimits {
            devices: Some(2),
            previews_an_hour: Some(5),
            previews_at_once: 1,
            delta_bytes: 2 * MIB,
            bundle_bytes: 50 * MIB,
            ai_file_bytes: 50 * KIB,
            ai_output_tokens: 1000,
            ai_tokens_a_day: 100_000,
            ai_at_once: 1,
            ai_docs_a_minute: 1,
            requests_a_minute: 30,
            maps_a_day: Some(1),
            map_versions: 1,
            map_diff: false,
            deep_analysis: false,
            gpu: false,
            weight: 1,
            history: Some(3),
        };
        match self {
            Self::Guest => TierLimits {
                devices: Some(0),
                previews_an_hour: Some(0),
                previews_at_once: 0,
                delta_bytes: 0,
                ai_file_bytes: 0,
                ai_output_tokens: 0,
                ai_tokens_a_day: 0,
                ai_at_once: 0,
                ai_docs_a_minute: 0,
                maps_a_day: Some(0),
                map_versions: 0,
                history: Some(0),
                ..free
            },
            Self::Free => free,
            Self::Pro => TierLimits {
                devices: Some(5),
                previews_an_hour: Some(20),
                previews_at_once: 2,
                delta_bytes: 10 * MIB,
                ai_file_bytes: 200 * KIB,
                ai_output_tokens: 4000,
                ai_tokens_a_day: 500_000,
                ai_at_once: 2,
                ai_docs_a_minute: 3,
                requests_a_minute: 60,
                maps_a_day: Some(20),
                map_versions: 10,
                map_diff: true,
                weight: 4,
                history: Some(10),
                ..free
            },
            Self::Premium => TierLimits {
                devices: None,
                previews_an_hour: None,
                previews_at_once: 5,
                delta_bytes: 50 * MIB,
                ai_file_bytes: MIB,
                ai_output_tokens: 12_000,
                ai_tokens_a_day: 2_000_000,
                ai_at_once: 5,
                ai_docs_a_minute: 10,
                requests_a_minute: 300,
                maps_a_day: None,
                map_versions: 20,
                map_diff: true,
                deep_analysis: true,
                gpu: true,
                weight: 8,
                history: None,
                ..free
            },
        }
    }
}

/// The limits of every tier, as an operator set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiers {
    /// Of those who look.
    pub guest: TierLimits,
    /// Of those who pay nothing.
    pub free: TierLimits,
    /// Of those who pay.
    pub pro: TierLimits,
    /// Of those who pay most.
    pub premium: TierLimits,
}

impl Tiers {
    /// What this tier allows.
    pub const fn of(&self, tier: Tier) -> TierLimits {
        match tier {
            Tier::Guest => self.guest,
            Tier::Free => self.free,
            Tier::Pro => self.pro,
            Tier::Premium => self.premium,
        }
    }
}

impl Default for Tiers {
    fn default() -> Self {
        let [guest, free, pro, premium] = Tier::ALL.map(Tier::limits);
        Self { guest, free, pro, premium }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tier is guest, free, pro or premium")]
pub struct ParseTierError;

impl FromStr for Tier {
    type Err = ParseTierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or(ParseTierError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row a limit, in the order Guest, Free, Pro, Premium; none is "unlimited".
    #[test]
    fn the_limits_are_those_of_the_table() {
        let rows = |read: fn(TierLimits) -> Option<u64>| Tier::ALL.map(|tier| read(tier.limits()));
        let some = |row: [u64; 4]| row.map(Some);
        assert_eq!(rows(|l| l.devices.map(u64::from)), [Some(0), Some(2), Some(5), None]);
        assert_eq!(rows(|l| l.previews_an_hour.map(u64::from)), [Some(0), Some(5), Some(20), None]);
        assert_eq!(rows(|l| Some(l.previews_at_once.into())), some([0, 1, 2, 5]));
        assert_eq!(rows(|l| Some(l.delta_bytes)), some([0, 2_097_152, 10_485_760, 52_428_800]));
        assert_eq!(rows(|l| Some(l.bundle_bytes)), some([52_428_800; 4]));
        assert_eq!(rows(|l| Some(l.ai_file_bytes)), some([0, 51_200, 204_800, 1_048_576]));
        assert_eq!(rows(|l| Some(l.ai_output_tokens.into())), some([0, 1000, 4000, 12_000]));
        assert_eq!(rows(|l| Some(l.ai_tokens_a_day.into())), some([0, 100_000, 500_000, 2_000_000]));
        assert_eq!(rows(|l| Some(l.ai_at_once.into())), some([0, 1, 2, 5]));
        assert_eq!(rows(|l| Some(l.ai_docs_a_minute.into())), some([0, 1, 3, 10]));
        assert_eq!(rows(|l| Some(l.requests_a_minute.into())), some([30, 30, 60, 300]));
        assert_eq!(rows(|l| l.maps_a_day.map(u64::from)), [Some(0), Some(1), Some(20), None]);
        assert_eq!(rows(|l| Some(l.map_versions.into())), some([0, 1, 10, 20]));
        assert_eq!(rows(|l| Some(l.map_diff.into())), some([0, 0, 1, 1]));
        assert_eq!(rows(|l| Some(l.deep_analysis.into())), some([0, 0, 0, 1]));
        assert_eq!(rows(|l| Some(l.gpu.into())), some([0, 0, 0, 1]));
        assert_eq!(rows(|l| l.history.map(u64::from)), [Some(0), Some(3), Some(10), None]);
        let weights = Tier::ALL.map(|tier| tier.limits().weight);
        assert_eq!(weights[1..], [1, 4, 8]);
    }

    #[test]
    fn a_tier_reads_back_as_it_is_written() {
        for tier in Tier::ALL {
            assert_eq!(tier.as_str().parse(), Ok(tier));
        }
        assert_eq!("gold".parse::<Tier>(), Err(ParseTierError));
    }
}
