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
    tls: SslMode,
    ca_file: String,
}

/// PostgreSQL's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SslMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
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
        url.query_pairs_mut().append_pair("sslmode", self.tls.as_str());
        if !self.ca_file.is_empty() {
            url.query_pairs_mut().append_pair("sslrootcert", &self.ca_file);
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
    tls: bool,
    ca_file: String,
    processes: u32,
}

impl RedisConfig {
    /// Its address with its password; none where there is none.
    pub(crate) fn address(&self) -> Result<Option<SecretText>, ConfigError> {
        if let Some(text) = self.url.text() {
            let is_known = ["redis://", "rediss://"].iter().any(|start| text.starts_with(start));
            // A fragment would ask the client to believe anybody.
            let is_good = is_known && Url::parse(text).is_ok_and(|url| url.fragment().is_none());
            let what = "not an address that begins with redis:// or rediss://";
            return if is_good { Ok(Some(self.url.clone())) } else { wrong("redis.url", what) };
        }
        if self.host.is_empty() {
            return Ok(None);
        }
        let scheme = if self.tls { "rediss" } else { "redis" };
        let parsed = Url::parse(&format!("{scheme}://{}:{}", self.host, self.port));
        let Ok(mut url) = parsed else { return wrong("redis.host", "not a host") };
        if url.set_password(self.password.text()).is_err() {
            return wrong("redis.host", "not a host");
        }
        Ok(Some(SecretText(url.into())))
    }

    /// Certificates to believe; none for those of this machine.
    pub(crate) fn ca(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        if self.ca_file.is_empty() {
            return Ok(None);
        }
        match std::fs::read(&self.ca_file) {
            Ok(pem) => Ok(Some(pem)),
            Err(_) => wrong("redis.ca_file", "not a file that can be read"),
        }
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
