//! The configuration of `serve`: the compiled-in defaults, which are the manual, then a
//! file, then the environment.
//!
//! **Invariant:** a key that nobody reads is refused, wherever it stands.

mod billing;
mod places;
mod tiers;
mod upkeep;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use billing::BillingConfig;
use hivesync_http::Scaling;
use hivesync_types::Tiers;
use hivesync_worker::CleanupSettings;
use ipnet::IpNet;
pub(crate) use places::{DatabaseConfig, ObjectsConfig, RedisConfig};
use serde::Deserialize;
use toml::{Table, Value};
use upkeep::{RawAdmin, RawAutoscaler, RawCleanup};

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
    ("REDIS_URL", "redis", "url"),
    ("REDIS_HOST", "redis", "host"),
    ("REDIS_PORT", "redis", "port"),
    ("REDIS_PASSWORD", "redis", "password"),
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
    /// How long an address may take to answer; none where addresses are not asked.
    pub(crate) reachability: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    server: RawServer,
    database: DatabaseConfig,
    redis: RedisConfig,
    objects: ObjectsConfig,
    accounts: RawAccounts,
    previews: RawPreviews,
    cleanup: RawCleanup,
    autoscaler: RawAutoscaler,
    admin: RawAdmin,
    workers: RawWorkers,
    tiers: tiers::RawTiers,
    billing: BillingConfig,
    reachability: RawReachability,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawServer {
    listen: IpAddr,
    port: u16,
    base_url: String,
    connections: u32,
    grace_seconds: u32,
    trusted_proxies: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccounts {
    jwt_secret: SecretText,
    refresh_days: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreviews {
    token_secret: SecretText,
    token_secret_previous: SecretText,
    token_ttl_seconds: u32,
    max_timeout_ms: u32,
    bundle_ttl_hours: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReachability {
    enabled: bool,
    deadline_ms: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkers {
    concurrency: u32,
    callback_url: String,
    callback_secret: SecretText,
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

impl TryFrom<RawConfig> for Config {
    type Error = ConfigError;

    fn try_from(raw: RawConfig) -> Result<Self, ConfigError> {
        let RawConfig {
            server,
            database,
            redis,
            objects,
            accounts,
            previews,
            cleanup,
            autoscaler,
            admin,
            workers,
            tiers,
            billing,
            reachability,
        } = raw;
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let in_bounds = |key, number: u32, bounds: std::ops::RangeInclusive<u32>, what| {
            if bounds.contains(&number) { Ok(number) } else { Err(ConfigError::Value { key, what }) }
        };
        let seconds = |number: u32, each: u64| Duration::from_secs(u64::from(number) * each);
        let connections =
            in_bounds("server.connections", server.connections, 1..=65_536, "not from 1 to 65536")?;
        let ttl = in_bounds(
            "previews.token_ttl_seconds",
            previews.token_ttl_seconds,
            1..=300,
            "not from 1 to 300",
        )?;
        let deadline =
            in_bounds("previews.max_timeout_ms", previews.max_timeout_ms, 1..=15_000, "not from 1 to 15000")?;
        let kept = in_bounds(
            "previews.bundle_ttl_hours",
            previews.bundle_ttl_hours,
            1..=8760,
            "not from 1 to 8760",
        )?;
        let days = in_bounds("accounts.refresh_days", accounts.refresh_days, 1..=365, "not from 1 to 365")?;
        let concurrency = in_bounds("workers.concurrency", workers.concurrency, 0..=64, "not from 0 to 64")?;
        let patience = in_bounds(
            "reachability.deadline_ms",
            reachability.deadline_ms,
            2000..=5000,
            "not from 2000 to 5000",
        )?;
        objects.bucket()?;
        redis.address()?;
        database.address()?;
        Ok(Self {
            database,
            redis,
            objects,
            listen: server.listen,
            port: server.port,
            base_url: url("server.base_url", server.base_url)?,
            connections: size(connections),
            grace: seconds(server.grace_seconds, 1),
            trusted_proxies: proxies(&server.trusted_proxies)?,
            tiers: tiers.into(),
            jwt_secret: accounts.jwt_secret,
            refresh_ttl: seconds(days, 24 * 3600),
            token_secret: previews.token_secret,
            token_secret_previous: previews.token_secret_previous,
            token_ttl: seconds(ttl, 1),
            step_deadline: Duration::from_millis(deadline.into()),
            bundle_ttl: seconds(kept, 3600),
            cleanup: cleanup.checked(seconds(kept, 3600))?,
            scaling: autoscaler.checked()?,
            admin_token: admin.token,
            worker_concurrency: size(concurrency),
            callback_url: url("workers.callback_url", workers.callback_url)?,
            callback_secret: workers.callback_secret,
            billing,
            reachability: reachability.enabled.then(|| Duration::from_millis(patience.into())),
        })
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

/// Addresses and networks, with commas between them.
fn proxies(text: &str) -> Result<Vec<IpNet>, ConfigError> {
    let one = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(one).collect::<Option<_>>().ok_or(ConfigError::Value {
        key: "server.trusted_proxies",
        what: "not a list of addresses or networks, such as 10.0.0.0/8",
    })
}

/// An address of the web, or none.
fn url(key: &'static str, text: String) -> Result<Option<String>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) {
        return Ok(Some(text.trim_end_matches('/').to_owned()));
    }
    Err(ConfigError::Value { key, what: "not an address that begins with http:// or https://" })
}

#[cfg(test)]
mod tests;
