//! Where tables and objects are, when they are not on this machine.

use hivesync_storage::{AccessKey, BucketSettings};
use serde::Deserialize;
use url::Url;

use super::{ConfigError, SecretText};

/// Tries of an upload after the first.
const RETRIES_MAX: u32 = 3;

/// PostgreSQL, or nothing for a file of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    url: SecretText,
    host: String,
    port: u16,
    name: String,
    user: String,
    password: SecretText,
}

impl DatabaseConfig {
    /// The address of the server with user and password; none for a file of this machine.
    pub(crate) fn address(&self) -> Result<Option<SecretText>, ConfigError> {
        if let Some(url) = self.url.text() {
            let is_good = url.starts_with("postgres://") || url.starts_with("postgresql://");
            let what = "not an address that begins with postgres://";
            return if is_good { Ok(Some(self.url.clone())) } else { wrong("database.url", what) };
        }
        if self.host.is_empty() {
            return Ok(None);
        }
        let parsed = Url::parse(&format!("postgres://{}:{}", self.host, self.port));
        let Ok(mut url) = parsed else { return wrong("database.host", "not a host") };
        url.set_path(&self.name);
        if url.set_username(&self.user).is_err() || url.set_password(self.password.text()).is_err() {
            return wrong("database.user", "not a name");
        }
        Ok(Some(SecretText(url.into())))
    }
}

/// Redis, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedisConfig {
    url: SecretText,
    host: String,
    port: u16,
    password: SecretText,
    processes: u32,
}

impl RedisConfig {
    /// Its address with its password; none where there is none.
    pub(crate) fn address(&self) -> Result<Option<SecretText>, ConfigError> {
        if let Some(text) = self.url.text() {
            let is_good = text.starts_with("redis://") && Url::parse(text).is_ok();
            let what = "not an address that begins with redis://";
            return if is_good { Ok(Some(self.url.clone())) } else { wrong("redis.url", what) };
        }
        if self.host.is_empty() {
            return Ok(None);
        }
        let parsed = Url::parse(&format!("redis://{}:{}", self.host, self.port));
        let Ok(mut url) = parsed else { return wrong("redis.host", "not a host") };
        if url.set_password(self.password.text()).is_err() {
            return wrong("redis.host", "not a host");
        }
        Ok(Some(SecretText(url.into())))
    }

    /// Who shares a limit.
    pub(crate) const fn processes(&self) -> u32 {
        self.processes
    }
}

/// A bucket, or nothing for a folder of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectsConfig {
    account_id: String,
    endpoint: String,
    region: String,
    bucket: String,
    access_key_id: String,
    secret_access_key: SecretText,
    upload_retries: u32,
}

impl ObjectsConfig {
    /// How the bucket is reached; none for a folder of this machine.
    pub(crate) fn bucket(&self) -> Result<Option<BucketSettings>, ConfigError> {
        if self.upload_retries > RETRIES_MAX {
            return wrong("objects.upload_retries", "not from 0 to 3");
        }
        let endpoint = match (self.endpoint.as_str(), self.account_id.as_str()) {
            ("", "") => return Ok(None),
            ("", account) => format!("https://{account}.r2.cloudflarestorage.com"),
            (endpoint, _) => endpoint.to_owned(),
        };
        let Some(secret) = self.secret_access_key.text().filter(|_| !self.access_key_id.is_empty()) else {
            return wrong("objects.secret_access_key", "missing, or the key's id is; the bucket needs both");
        };
        Ok(Some(BucketSettings {
            endpoint,
            region: self.region.clone(),
            name: self.bucket.clone(),
            key: AccessKey { id: self.access_key_id.clone(), secret: secret.to_owned().into() },
            retries: self.upload_retries,
        }))
    }
}

fn wrong<T>(key: &'static str, what: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::Value { key, what })
}
