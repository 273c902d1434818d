//! Rules by which a bucket removes old objects itself.
//!
//! The database decides when an object ends and the cleanup removes it; a bucket acts within
//! about a day, and catches what both lost sight of.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
};

use super::Area;
use super::bucket::{Bucket, failed, refused};
use crate::error::StorageError;

/// What the ids of our rules begin with; the others are somebody else's.
const OURS: &str = "hivesync ";
/// A bucket takes no more.
const RULES_MAX: usize = 1000;

/// When objects of an area are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// Of which.
    pub area: Area,
    /// Days after they were stored.
    pub days: u16,
}

impl Bucket {
    /// Puts our rules in place of those that were ours before. Does nothing where they are.
    pub(super) async fn apply_expiry(&self, rules: &[Expiry]) -> Result<(), StorageError> {
        let known = self.rules().await?;
        let is_ours = |rule: &&LifecycleRule| rule.id().is_some_and(|id| id.starts_with(OURS));
        let wanted = rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let ours = known.iter().filter(is_ours);
        if ours.map(meaning).eq(wanted.iter().map(meaning)) {
            return Ok(());
        }
        let mut all: Vec<LifecycleRule> = known.iter().filter(|rule| !is_ours(rule)).cloned().collect();
        all.extend(wanted);
        if all.len() > RULES_MAX {
            return Err(StorageError::TooLarge("the number of lifecycle rules"));
        }
        if all.is_empty() {
            let sent = self.client.delete_bucket_lifecycle().bucket(&self.name).send().await;
            return sent.map(|_| ()).map_err(|error| refused("removing lifecycle rules", &error));
        }
        let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(all)).build();
        let configuration = configuration.map_err(|error| failed("writing lifecycle rules", &error))?;
        let put = self.client.put_bucket_lifecycle_configuration().bucket(&self.name);
        let sent = put.lifecycle_configuration(configuration).send().await;
        sent.map(|_| ()).map_err(|error| refused("setting lifecycle rules", &error))
    }

    async fn rules(&self) -> Result<Vec<LifecycleRule>, StorageError> {
        let sent = self.client.get_bucket_lifecycle_configuration().bucket(&self.name).send().await;
        match sent {
            Ok(found) => Ok(found.rules.unwrap_or_default()),
            // A bucket without rules answers that there is no configuration.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => {
                Ok(Vec::new())
            }
            Err(error) => Err(refused("reading lifecycle rules", &error)),
        }
    }
}

fn rule(expiry: &Expiry) -> Result<LifecycleRule, StorageError> {
    let prefix = expiry.area.to_string();
    let built = LifecycleRule::builder()
        .id(format!("{OURS}{prefix}"))
        .status(ExpirationStatus::Enabled)
        .expiration(LifecycleExpiration::builder().days(i32::from(expiry.days.max(1))).build())
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
        .build();
    built.map_err(|error| failed("writing a lifecycle rule", &error))
}

/// What of a rule is ours to say: servers add words of their own.
fn meaning(rule: &LifecycleRule) -> (Option<&str>, Option<&str>, Option<i32>, bool) {
    let prefix = rule.filter().and_then(LifecycleRuleFilter::prefix);
    let days = rule.expiration().and_then(LifecycleExpiration::days);
    (rule.id(), prefix, days, *rule.status() == ExpirationStatus::Enabled)
}
