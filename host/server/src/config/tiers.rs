//! What each tier allows, as the configuration says it: a number, or "unlimited" where the
//! tier may have no limit.

use hivesync_types::{TierLimits, Tiers};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTiers {
    guest: RawTier,
    free: RawTier,
    pro: RawTier,
    premium: RawTier,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTier {
    devices: Most,
    previews_an_hour: Most,
    previews_at_once: u32,
    delta_bytes: u64,
    bundle_bytes: u64,
    ai_file_bytes: u64,
    ai_output_tokens: u32,
    ai_tokens_a_day: u32,
    ai_at_once: u32,
    ai_docs_a_minute: u32,
    requests_a_minute: u32,
    maps_a_day: Most,
    map_versions: u32,
    map_diff: bool,
    deep_analysis: bool,
    gpu: bool,
    weight: u32,
    history: Most,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Most {
    Number(u32),
    Word(Word),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Unlimited,
}

impl From<RawTiers> for Tiers {
    fn from(raw: RawTiers) -> Self {
        let RawTiers { guest, free, pro, premium } = raw;
        Self { guest: guest.into(), free: free.into(), pro: pro.into(), premium: premium.into() }
    }
}

impl From<Most> for Option<u32> {
    fn from(most: Most) -> Self {
        match most {
            Most::Number(number) => Some(number),
            Most::Word(Word::Unlimited) => None,
        }
    }
}

impl From<RawTier> for TierLimits {
    fn from(raw: RawTier) -> Self {
        Self {
            devices: raw.devices.into(),
            previews_an_hour: raw.previews_an_hour.into(),
            previews_at_once: raw.previews_at_once,
            delta_bytes: raw.delta_bytes,
            bundle_bytes: raw.bundle_bytes,
            ai_file_bytes: raw.ai_file_bytes,
            ai_output_tokens: raw.ai_output_tokens,
            ai_tokens_a_day: raw.ai_tokens_a_day,
            ai_at_once: raw.ai_at_once,
            ai_docs_a_minute: raw.ai_docs_a_minute,
            requests_a_minute: raw.requests_a_minute,
            maps_a_day: raw.maps_a_day.into(),
            map_versions: raw.map_versions,
            map_diff: raw.map_diff,
            deep_analysis: raw.deep_analysis,
            gpu: raw.gpu,
            weight: raw.weight,
            history: raw.history.into(),
        }
    }
}
