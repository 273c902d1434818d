//! The configuration of `serve`: the compiled-in defaults, which are the manual, then a
//! file, then the environment.
//!
//! **Invariant:** a key that nobody reads is refused, wherever it stands.

mod billing;
mod content;
mod models;
mod places;
mod raw;
mod tiers;
mod upkeep;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use billing::BillingConfig;
pub(crate) use content::ContentConfig;
use hivesync_http::Scaling;
use hivesync_types::Tiers;
use hivesync_worker::CleanupSettings;
use ipnet::IpNet;
pub(crate) use models::ModelsConfig;
pub(crate) use places::{DatabaseConfig, ObjectsConfig, RedisConfig};
use raw::RawConfig;
use serde::Deserialize;
use toml::{Table, Value};

/// The manual.
const DEFAULTS: &str = include_str!("config/default.toml");

/// Environment variables and the keys they go over.
const ENVIRONMENT: &[(&str, &str, &str)] = &[
    ("HIVESYNC_LISTEN", "server", "listen"),
    ("PORT", "server", "port"),
    ("BASE_URL", "server", "base_url"),
    ("TRUSTED_PROXIES", "server", "trusted_proxies"),
    ("DATABASE_URL", "database", "url"),
    ("POSTGRES_HOST", "database", "host"),
    ("POSTGRES_PORT", "database", "port"),
    ("POSTGRES_DB", "database", "name"),
    ("POSTGRES_USER", "database", "user"),
    ("POSTGRES_PASSWORD", "database", "password"),
    ("POSTGRES_SSLMODE", "database", "tls"),
    ("POSTGRES_SSLROOTCERT", "database", "ca_file"),
    ("REDIS_URL", "redis", "url"),
    ("REDIS_HOST", "redis", "host"),
    ("REDIS_PORT", "redis", "port"),
    ("REDIS_PASSWORD", "redis", "password"),
    ("REDIS_TLS", "redis", "tls"),
    ("REDIS_CA_FILE", "redis", "ca_file"),
    // The names of R2 go over those of any other store.
    ("OBJECT_STORAGE_ENDPOINT", "objects", "endpoint"),
    ("OBJECT_STORAGE_REGION", "objects", "region"),
    ("OBJECT_STORAGE_BUCKET_NAME", "objects", "bucket"),
    ("OBJECT_STORAGE_ACCESS_KEY_ID", "objects", "access_key_id"),
    ("OBJECT_STORAGE_SECRET_ACCESS_KEY", "objects", "secret_access_key"),
    ("R2_ACCOUNT_ID", "objects", "account_id"),
    ("R2_ENDPOINT", "objects", "endpoint"),
    ("R2_BUCKET_NAME", "objects", "bucket"),
    ("R2_ACCESS_KEY_ID", "objects", "access_key_id"),
    ("R2_SECRET_ACCESS_KEY", "objects", "secret_access_key"),
    ("R2_UPLOAD_MAX_RETRIES", "objects", "upload_retries"),
    ("JWT_SECRET", "accounts", "jwt_secret"),
    ("PREVIEW_TOKEN_SECRET", "previews", "token_secret"),
    ("PREVIEW_TOKEN_SECRET_PREVIOUS", "previews", "token_secret_previous"),
    ("PREVIEW_TOKEN_TTL_SECONDS", "previews", "token_ttl_seconds"),
    ("PREVIEW_MAX_TIMEOUT_MS", "previews", "max_timeout_ms"),
    ("PREVIEW_BUNDLE_TTL_HOURS", "previews", "bundle_ttl_hours"),
    ("TMP_DIR_TTL_MINUTES", "cleanup", "tmp_ttl_minutes"),
    ("LOG_RETENTION_DAYS", "cleanup", "log_retention_days"),
    ("CLEANUP_SPACE_RUN_TTL_DAYS", "cleanup", "space_run_ttl_days"),
    ("CLEANUP_GRACE_MINUTES", "cleanup", "grace_minutes"),
    ("CLEANUP_DRY_RUN", "cleanup", "dry_run"),
    ("AUTOSCALER_ENABLED", "autoscaler", "enabled"),
    ("AUTOSCALER_MIN_WORKERS", "autoscaler", "min_workers"),
    ("AUTOSCALER_MAX_WORKERS", "autoscaler", "max_workers"),
    ("AUTOSCALER_SCALE_OUT_THRESHOLD", "autoscaler", "scale_out_threshold"),
    ("AUTOSCALER_SCALE_IN_THRESHOLD", "autoscaler", "scale_in_threshold"),
    ("AUTOSCALER_POLL_INTERVAL_SECONDS", "autoscaler", "poll_interval_seconds"),
    ("ADMIN_TOKEN", "admin", "token"),
    ("WORKER_CONCURRENCY", "workers", "concurrency"),
    ("WORKER_CALLBACK_URL", "workers", "callback_url"),
    ("WORKER_CALLBACK_SECRET", "workers", "callback_secret"),
    ("REACHABILITY_ENABLED", "reachability", "enabled"),
    ("CONTENT_API_SECRET", "content", "api_secret"),
    ("CONTENT_API_SECRET_PREVIOUS", "content", "api_secret_previous"),
    ("CONTENT_API_ROTATED_AT", "content", "rotated_at"),
    ("CONTENT_TOKENS_A_DAY", "content", "tokens_a_day"),
    ("GITHUB_WEBHOOK_SECRET", "content", "github_webhook_secret"),
    ("FORGE_URL", "content", "forge_url"),
    ("FORGE_TOKEN", "content", "forge_token"),
    ("LOCAL_AI_ENABLED", "models", "local_enabled"),
    ("LOCAL_AI_URL", "models", "local_url"),
    ("LOCAL_AI_MODEL", "models", "local_model"),
    ("LOCAL_AI_MODEL_PATH", "models", "local_model_path"),
    ("AI_PRIMARY", "models", "primary"),
    ("OPENAI_BASE_URL", "models", "url"),
    ("AI_MODEL", "models", "model"),
    ("OPENAI_API_KEY", "models", "key"),
    ("AI_FALLBACK_BASE_URL", "models", "fallback_url"),
    ("AI_FALLBACK_MODEL", "models", "fallback_model"),
    ("AI_FALLBACK_API_KEY", "models", "fallback_key"),
    ("AI_TIMEOUT_MS", "models", "timeout_ms"),
    ("AI_IDEMPOTENT", "models", "idempotent"),
    ("AI_TOKENS_A_DAY", "models", "tokens_a_day"),
    ("PIPELINES_DIR", "models", "pipelines"),
    ("LZ_WEBHOOK_SECRET", "billing", "webhook_secret"),
    ("LZ_STORE_ID", "billing", "store_id"),
    ("LZ_PRO_MONTHLY_VARIANT_ID", "billing", "pro_monthly"),
    ("LZ_PRO_YEARLY_VARIANT_ID", "billing", "pro_yearly"),
    ("LZ_PREMIUM_MONTHLY_VARIANT_ID", "billing", "premium_monthly"),
    ("LZ_PREMIUM_YEARLY_VARIANT_ID", "billing", "premium_yearly"),
];

const MISSING: &str = "missing; a worker by itself needs it";

/// What cannot be configured so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{path} cannot be read: {reason}")]
    Unreadable { path: PathBuf, reason: std::io::ErrorKind },
    #[error("{path}: {message}")]
    Malformed { path: PathBuf, message: String },
    #[error("{0} is not Unicode")]
    NotUnicode(&'static str),
    #[error("{key} is {what}")]
    Value { key: &'static str, what: &'static str },
}

/// A secret as it was configured; none when it is to be made.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct SecretText(String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl SecretText {
    /// The text; none where none is set.
    pub(crate) fn text(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }
}

/// What was configured, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) listen: IpAddr,
    pub(crate) port: u16,
    pub(crate) base_url: Option<String>,
    pub(crate) connections: usize,
    pub(crate) grace: Duration,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) tiers: Tiers,
    pub(crate) database: DatabaseConfig,
    pub(crate) redis: RedisConfig,
    pub(crate) objects: ObjectsConfig,
    pub(crate) jwt_secret: SecretText,
    pub(crate) refresh_ttl: Duration,
    pub(crate) token_secret: SecretText,
    pub(crate) token_secret_previous: SecretText,
    pub(crate) token_ttl: Duration,
    pub(crate) step_deadline: Duration,
    pub(crate) bundle_ttl: Duration,
    pub(crate) cleanup: CleanupSettings,
    pub(crate) scaling: Scaling,
    pub(crate) admin_token: SecretText,
    pub(crate) worker_concurrency: usize,
    pub(crate) callback_url: Option<String>,
    pub(crate) callback_secret: SecretText,
    pub(crate) billing: BillingConfig,
    pub(crate) content: ContentConfig,
    pub(crate) models: ModelsConfig,
    /// How long an address may take to answer; none where addresses are not asked.
    pub(crate) reachability: Option<Duration>,
}

impl Config {
    /// The defaults, under what the file says, under what the environment says.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let mut table = parse(Path::new("the compiled-in defaults"), DEFAULTS)?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), reason: error.kind() })?;
            lay_over(&mut table, parse(path, &text)?);
        }
        for (name, section, key) in ENVIRONMENT {
            let Some(value) = environment(name).filter(|value| !value.is_empty()) else { continue };
            let text = value.into_string().map_err(|_| ConfigError::NotUnicode(name))?;
            if let Some(Value::Table(section)) = table.get_mut(*section) {
                let wrong = |what| ConfigError::Value { key: name, what };
                let value = match section.get(*key) {
                    Some(Value::Integer(_)) => {
                        Value::Integer(text.parse().map_err(|_| wrong("not a whole number"))?)
                    }
                    Some(Value::Boolean(_)) => {
                        Value::Boolean(text.parse().map_err(|_| wrong("neither true nor false"))?)
                    }
                    _ => Value::String(text),
                };
                section.insert((*key).to_owned(), value);
            }
        }
        let path = file.unwrap_or(Path::new("the environment")).to_owned();
        let raw: RawConfig = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
            ConfigError::Malformed { path, message: error.message().to_owned() }
        })?;
        raw.try_into()
    }
}

impl Config {
    /// What answers for a fleet has to be told its secrets.
    pub(crate) fn check_node(&self) -> Result<(), ConfigError> {
        let secrets = [&self.jwt_secret, &self.token_secret, &self.callback_secret];
        if self.database.address()?.is_some() && secrets.iter().any(|secret| secret.text().is_none()) {
            let what = "missing, as token_secret or callback_secret may be: every node needs the same";
            return Err(ConfigError::Value { key: "accounts.jwt_secret", what });
        }
        Ok(())
    }

    /// What cleans up for a fleet has to be told where it is.
    pub(crate) fn check_cleaner(&self) -> Result<(), ConfigError> {
        let missing = |key| Err(ConfigError::Value { key, what: MISSING });
        if self.database.address()?.is_none() {
            return missing("database.url");
        }
        if self.objects.bucket()?.is_none() {
            return missing("objects.endpoint");
        }
        Ok(())
    }

    /// What works for a fleet has to be told where it is: it shares no folder with it. It needs no
    /// secret but the one of reports.
    pub(crate) fn check_worker(&self) -> Result<(), ConfigError> {
        self.check_cleaner()?;
        let missing = |key| Err(ConfigError::Value { key, what: MISSING });
        if self.callback_url.is_none() {
            return missing("workers.callback_url");
        }
        if self.callback_secret.text().is_none() {
            return missing("workers.callback_secret");
        }
        if self.worker_concurrency == 0 {
            return Err(ConfigError::Value {
                key: "workers.concurrency",
                what: "0; a worker by itself does one job or more",
            });
        }
        Ok(())
    }
}

fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    let malformed = |message: String| ConfigError::Malformed { path: path.to_owned(), message };
    text.parse().map_err(|error: toml::de::Error| malformed(error.message().to_owned()))
}

/// Puts the values of `over` in place of those below.
fn lay_over(below: &mut Table, over: Table) {
    for (key, value) in over {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => lay_over(below, over),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
