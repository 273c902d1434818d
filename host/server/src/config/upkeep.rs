//! What is removed when, how many workers there should be, and who the operator is.

use std::time::Duration;

use hivesync_http::Scaling;
use hivesync_worker::CleanupSettings;
use serde::Deserialize;

use super::{ConfigError, SecretText};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCleanup {
    tmp_ttl_minutes: u32,
    log_retention_days: u32,
    space_run_ttl_days: u32,
    grace_minutes: u32,
    dry_run: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAutoscaler {
    enabled: bool,
    min_workers: u32,
    max_workers: u32,
    scale_out_threshold: u32,
    scale_in_threshold: u32,
    poll_interval_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdmin {
    pub(super) token: SecretText,
}

impl RawCleanup {
    pub(super) fn checked(&self, artifact_ttl: Duration) -> Result<CleanupSettings, ConfigError> {
        let minutes = |number: u32| Duration::from_secs(u64::from(number) * 60);
        for (key, time) in [
            ("cleanup.tmp_ttl_minutes", self.tmp_ttl_minutes),
            ("cleanup.log_retention_days", self.log_retention_days),
            ("cleanup.space_run_ttl_days", self.space_run_ttl_days),
        ] {
            if time == 0 {
                let what = "0: what is used right now would be removed";
                return Err(ConfigError::Value { key, what });
            }
        }
        Ok(CleanupSettings {
            tmp_ttl: minutes(self.tmp_ttl_minutes),
            log_retention: minutes(self.log_retention_days) * (24 * 60),
            artifact_ttl,
            space_ttl: minutes(self.space_run_ttl_days) * (24 * 60),
            grace: minutes(self.grace_minutes),
            is_dry_run: self.dry_run,
        })
    }
}

impl RawAutoscaler {
    pub(super) fn checked(&self) -> Result<Scaling, ConfigError> {
        let wrong = |key, what| Err(ConfigError::Value { key, what });
        if self.min_workers > self.max_workers {
            return wrong("autoscaler.min_workers", "more than max_workers");
        }
        if self.scale_in_threshold >= self.scale_out_threshold {
            return wrong("autoscaler.scale_in_threshold", "not less than scale_out_threshold");
        }
        if self.poll_interval_seconds == 0 {
            return wrong("autoscaler.poll_interval_seconds", "0");
        }
        Ok(Scaling {
            enabled: self.enabled,
            min_workers: self.min_workers,
            max_workers: self.max_workers,
            scale_out_threshold: self.scale_out_threshold.into(),
            scale_in_threshold: self.scale_in_threshold.into(),
            poll_interval_seconds: self.poll_interval_seconds,
        })
    }
}
