//! The configuration as it is written, and its check.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use super::upkeep::{RawAdmin, RawAutoscaler, RawCleanup};
use super::{
    BillingConfig, Config, ConfigError, ContentConfig, DatabaseConfig, ModelsConfig, ObjectsConfig,
    RedisConfig, SecretText, tiers,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
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
    content: ContentConfig,
    models: ModelsConfig,
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

impl RawServer {
    fn connections(&self) -> Result<u32, ConfigError> {
        in_bounds("server.connections", self.connections, 1..=65_536, "not from 1 to 65536")
    }
}

impl RawAccounts {
    fn refresh_days(&self) -> Result<u32, ConfigError> {
        in_bounds("accounts.refresh_days", self.refresh_days, 1..=365, "not from 1 to 365")
    }
}

impl RawPreviews {
    fn token_ttl_seconds(&self) -> Result<u32, ConfigError> {
        in_bounds("previews.token_ttl_seconds", self.token_ttl_seconds, 1..=300, "not from 1 to 300")
    }

    fn max_timeout_ms(&self) -> Result<u32, ConfigError> {
        in_bounds("previews.max_timeout_ms", self.max_timeout_ms, 1..=15_000, "not from 1 to 15000")
    }

    fn bundle_ttl_hours(&self) -> Result<u32, ConfigError> {
        in_bounds("previews.bundle_ttl_hours", self.bundle_ttl_hours, 1..=8760, "not from 1 to 8760")
    }
}

impl RawWorkers {
    fn concurrency(&self) -> Result<u32, ConfigError> {
        in_bounds("workers.concurrency", self.concurrency, 0..=64, "not from 0 to 64")
    }
}

impl RawReachability {
    /// How long an address may take to answer; none where addresses are not asked.
    fn patience(&self) -> Result<Option<Duration>, ConfigError> {
        let milliseconds =
            in_bounds("reachability.deadline_ms", self.deadline_ms, 2000..=5000, "not from 2000 to 5000")?;
        Ok(self.enabled.then(|| Duration::from_millis(milliseconds.into())))
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
            content,
            models,
            reachability,
        } = raw;
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let seconds = |number: u32, each: u64| Duration::from_secs(u64::from(number) * each);
        let kept = seconds(previews.bundle_ttl_hours()?, 3600);
        objects.bucket()?;
        content.rotated_at()?;
        redis.address()?;
        database.address()?;
        models.models()?;
        Ok(Self {
            database,
            redis,
            objects,
            listen: server.listen,
            port: server.port,
            connections: size(server.connections()?),
            base_url: url("server.base_url", server.base_url)?,
            grace: seconds(server.grace_seconds, 1),
            trusted_proxies: proxies(&server.trusted_proxies)?,
            tiers: tiers.into(),
            refresh_ttl: seconds(accounts.refresh_days()?, 24 * 3600),
            jwt_secret: accounts.jwt_secret,
            token_ttl: seconds(previews.token_ttl_seconds()?, 1),
            step_deadline: Duration::from_millis(previews.max_timeout_ms()?.into()),
            token_secret: previews.token_secret,
            token_secret_previous: previews.token_secret_previous,
            bundle_ttl: kept,
            cleanup: cleanup.checked(kept)?,
            scaling: autoscaler.checked()?,
            admin_token: admin.token,
            worker_concurrency: size(workers.concurrency()?),
            callback_url: url("workers.callback_url", workers.callback_url)?,
            callback_secret: workers.callback_secret,
            billing,
            content,
            models,
            reachability: reachability.patience()?,
        })
    }
}

fn in_bounds(
    key: &'static str,
    number: u32,
    bounds: RangeInclusive<u32>,
    what: &'static str,
) -> Result<u32, ConfigError> {
    if bounds.contains(&number) { Ok(number) } else { Err(ConfigError::Value { key, what }) }
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
