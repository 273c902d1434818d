//! Who may ask for posts, and how the forge is recognised.

use jiff::Timestamp;
use serde::Deserialize;

use super::{ConfigError, SecretText};

/// The keys of services and of the forge; empty where there is none.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentConfig {
    pub(crate) api_secret: SecretText,
    pub(crate) api_secret_previous: SecretText,
    rotated_at: String,
    /// Tokens that one service may have models asked and answer with in a day.
    pub(crate) tokens_a_day: u32,
    pub(crate) github_webhook_secret: SecretText,
}

impl ContentConfig {
    /// Since when another key has the place of the previous one.
    pub(crate) fn rotated_at(&self) -> Result<Option<Timestamp>, ConfigError> {
        if self.api_secret_previous.text().is_none() {
            return Ok(None);
        }
        let what = "not a time such as 2026-01-31T12:00:00Z, which a previous secret needs";
        let time =
            self.rotated_at.parse().map_err(|_| ConfigError::Value { key: "content.rotated_at", what });
        time.map(Some)
    }
}
