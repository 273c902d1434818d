//! Who may ask for posts, and how the forge is recognised.

use hivesync_worker::{Forge, ForgeToken};
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
    forge_url: String,
    forge_token: SecretText,
}

impl ContentConfig {
    /// Where posts are proposed; none where there is no token for it.
    pub(crate) fn forge(&self) -> Result<Option<Forge>, ConfigError> {
        let Some(token) = self.forge_token.text() else { return Ok(None) };
        let what = "not an address such as https://api.github.com";
        let forge = Forge::new(&self.forge_url, ForgeToken::from(token.to_owned()));
        forge.map(Some).map_err(|_| ConfigError::Value { key: "content.forge_url", what })
    }

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
