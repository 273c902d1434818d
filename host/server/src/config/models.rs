//! Which models answer the questions of pipelines.

use std::time::Duration;

use hivesync_models::{ApiKey, Endpoint, Models, Place, Provider};
use serde::Deserialize;

use super::{ConfigError, SecretText};

/// Milliseconds that one reply may take.
const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 1000..=300_000;
/// The one protocol that is spoken.
const OPENAI: &str = "openai";

/// The providers, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelsConfig {
    local_enabled: bool,
    local_url: String,
    local_model: String,
    local_model_path: String,
    primary: String,
    url: String,
    model: String,
    key: SecretText,
    fallback_url: String,
    fallback_model: String,
    fallback_key: SecretText,
    timeout_ms: u32,
    idempotent: bool,
    tokens_a_day: u32,
    /// Where definitions of pipelines stand, beside those of the program.
    pipelines: String,
}

impl ModelsConfig {
    /// Whoever is configured; nobody where nothing is.
    pub(crate) fn models(&self) -> Result<Models, ConfigError> {
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            return wrong("models.timeout_ms", "not from 1000 to 300000");
        }
        let mut providers = Vec::new();
        if self.local_enabled {
            providers.push(self.local()?);
        }
        match self.primary.as_str() {
            OPENAI => {
                let keys = ("models.url", "models.model");
                providers.extend(self.hosted(Place::Primary, keys, (&self.url, &self.model, &self.key))?);
            }
            "none" => {}
            _ => return wrong("models.primary", "neither openai, the protocol, nor none"),
        }
        if !self.fallback_url.is_empty() {
            let keys = ("models.fallback_url", "models.fallback_model");
            let fallback = (self.fallback_url.as_str(), self.fallback_model.as_str(), &self.fallback_key);
            providers.extend(self.hosted(Place::Fallback, keys, fallback)?);
        }
        Ok(Models::new(providers))
    }

    /// Tokens of a day of everybody together.
    pub(crate) fn tokens_a_day(&self) -> u64 {
        self.tokens_a_day.into()
    }

    /// The folder of definitions.
    pub(crate) fn pipelines(&self) -> Option<&std::path::Path> {
        (!self.pipelines.is_empty()).then(|| std::path::Path::new(&self.pipelines))
    }

    fn local(&self) -> Result<Provider, ConfigError> {
        if self.local_url.is_empty() {
            let what = if self.local_model_path.is_empty() {
                "missing; a local model is a server of this machine"
            } else {
                "missing: this program loads no weights; have a model server load local_model_path, \
                 and name the server's address here"
            };
            return wrong("models.local_url", what);
        }
        Ok(Provider {
            place: Place::Local,
            endpoint: endpoint("models.local_url", &self.local_url)?,
            model: self.local_model.clone(),
            key: None,
            patience: self.patience(),
            idempotent: false,
        })
    }

    /// None where nothing is set: the primary has an address in the manual and no key.
    fn hosted(
        &self,
        place: Place,
        keys: (&'static str, &'static str),
        (url, model, key): (&str, &str, &SecretText),
    ) -> Result<Option<Provider>, ConfigError> {
        if place == Place::Primary && key.text().is_none() && model.is_empty() {
            return Ok(None);
        }
        if model.is_empty() {
            return wrong(keys.1, "missing; a provider has many models");
        }
        Ok(Some(Provider {
            place,
            endpoint: endpoint(keys.0, url)?,
            model: model.to_owned(),
            key: key.text().map(|text| ApiKey::from(text.to_owned())),
            patience: self.patience(),
            idempotent: self.idempotent,
        }))
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.into())
    }
}

fn endpoint(key: &'static str, url: &str) -> Result<Endpoint, ConfigError> {
    Endpoint::new(url).or_else(|_| {
        wrong(
            key,
            "not an address such as https://api.example/v1, or http://127.0.0.1:8080/v1 for this machine",
        )
    })
}

fn wrong<T>(key: &'static str, what: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::Value { key, what })
}
