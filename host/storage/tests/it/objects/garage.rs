//! A bucket whose server keeps lifecycle rules and acts on them, and knows no conditions.

use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter,
};
use hivesync_jobs::{Moment, WorkerId};
use hivesync_storage::{Area, Expiry, ObjectKey, Objects, ServerId, Stored, Upload, Write};
use hivesync_testkit::{BUCKET, Clock, Garage};

use super::rules::{bytes, metadata, once};
use super::servers::{client, garage, settings};

const DAY_SECONDS: i64 = 24 * 3600;
const PATIENCE: Duration = Duration::from_secs(60);

fn objects(garage: &Garage) -> Objects {
    Objects::bucket(&settings(garage.url(), 1))
}

fn expiry(area: Area, days: u16) -> Expiry {
    Expiry { area, days }
}

/// What the bucket says that its rules are, to somebody who knows nothing of ours.
async fn rules(client: &Client) -> Vec<LifecycleRule> {
    let sent = client.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await;
    match sent {
        Ok(found) => found.rules.unwrap_or_default(),
        Err(error) => {
            assert_eq!(error.raw_response().unwrap().status().as_u16(), 404, "{error:?}");
            Vec::new()
        }
    }
}

fn ours(area: Area, days: i32) -> LifecycleRule {
    LifecycleRule::builder()
        .id(format!("hivesync {area}"))
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(area.to_string()).build())
        .expiration(LifecycleExpiration::builder().days(days).build())
        .build()
        .unwrap()
}

/// Rules of every kind that this server knows.
fn theirs() -> [LifecycleRule; 3] {
    let new_year = DateTime::from_str("2040-01-01T00:00:00Z", DateTimeFormat::DateTime).unwrap();
    let large = LifecycleRuleAndOperator::builder().prefix("other/").object_size_greater_than(1_000_000);
    let uploads = AbortIncompleteMultipartUpload::builder().days_after_initiation(7).build();
    let rule = LifecycleRule::builder;
    [
        rule()
            .id("large ones of the owner")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().and(large.build()).build())
            .expiration(LifecycleExpiration::builder().days(3).build()),
        rule()
            .id("uploads of the owner")
            .status(ExpirationStatus::Enabled)
            .abort_incomplete_multipart_upload(uploads),
        // In an area of ours, and still the owner's.
        rule()
            .id("previews of the owner")
            .status(ExpirationStatus::Disabled)
            .filter(LifecycleRuleFilter::builder().prefix("previews/").build())
            .expiration(LifecycleExpiration::builder().date(new_year).build()),
    ]
    .map(|rule| rule.build().unwrap())
}

/// How often the rules of the bucket were set, by anybody.
fn times_set(garage: &Garage) -> usize {
    let is_set = |line: &&str| line.contains(&format!("PUT /{BUCKET}/?lifecycle"));
    garage.log().unwrap().lines().filter(is_set).count()
}

#[tokio::test]
async fn our_rules_are_read_back_as_they_were_meant_and_are_set_once() {
    let garage = garage();
    let (objects, client) = (objects(&garage), client(garage.url()));
    objects.apply_expiry(&[]).await.unwrap();
    assert_eq!((rules(&client).await, times_set(&garage)), (Vec::new(), 0));
    let wanted = [expiry(Area::Previews, 3), expiry(Area::WorkerLogs, 9), expiry(Area::PreviewLogs, 9)];
    objects.apply_expiry(&wanted).await.unwrap();
    let [previews, worker_logs, preview_logs] =
        [ours(Area::Previews, 3), ours(Area::WorkerLogs, 9), ours(Area::PreviewLogs, 9)];
    assert_eq!(rules(&client).await, [previews.clone(), worker_logs, preview_logs]);
    objects.apply_expiry(&wanted).await.unwrap();
    assert_eq!(times_set(&garage), 1);
    // A day more, and an area less.
    objects.apply_expiry(&[expiry(Area::Previews, 3), expiry(Area::WorkerLogs, 10)]).await.unwrap();
    assert_eq!(rules(&client).await, [previews, ours(Area::WorkerLogs, 10)]);
    objects.apply_expiry(&[]).await.unwrap();
    assert_eq!((rules(&client).await, times_set(&garage)), (Vec::new(), 2));
}

#[tokio::test]
async fn rules_of_the_owner_stay_as_they_are() {
    let garage = garage();
    let (objects, client) = (objects(&garage), client(garage.url()));
    let theirs = theirs();
    let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(theirs.to_vec()));
    let put = client.put_bucket_lifecycle_configuration().bucket(BUCKET);
    put.lifecycle_configuration(configuration.build().unwrap()).send().await.unwrap();
    assert_eq!(rules(&client).await, theirs);
    objects.apply_expiry(&[expiry(Area::Previews, 3)]).await.unwrap();
    objects.apply_expiry(&[expiry(Area::Previews, 3)]).await.unwrap();
    assert_eq!(rules(&client).await, [&theirs[..], &[ours(Area::Previews, 3)]].concat());
    assert_eq!(times_set(&garage), 2, "by the owner, and by us");
    objects.apply_expiry(&[]).await.unwrap();
    assert_eq!(rules(&client).await, theirs);
}

#[tokio::test]
async fn the_bucket_itself_removes_what_is_older_than_its_rule_says() {
    let mut garage = garage();
    let objects = objects(&garage);
    let log = ObjectKey::WorkerLog { worker: WorkerId(1), at: Moment(1) };
    let map = ObjectKey::Map { project: ServerId(1), version: ServerId(2) };
    for key in [metadata(1), log, map] {
        objects.put(once(key, b"{}")).await.unwrap();
    }
    objects.apply_expiry(&[expiry(Area::Previews, 1), expiry(Area::WorkerLogs, 7)]).await.unwrap();
    garage.kill().unwrap();
    garage.start_again_at(&Clock::start(3 * DAY_SECONDS).unwrap()).unwrap();
    let begun = Instant::now();
    while !garage.log().unwrap().contains("objects expired: 1,") {
        assert!(begun.elapsed() < PATIENCE, "{}", garage.log().unwrap());
        tokio::task::yield_now().await;
    }
    // Nobody's requests are as old as that clock would have them.
    garage.kill().unwrap();
    garage.start_again().unwrap();
    assert_eq!(bytes(&objects, &metadata(1)).await, None);
    assert_eq!(bytes(&objects, &log).await.unwrap(), b"{}", "its rule leaves it four more days");
    assert_eq!(bytes(&objects, &map).await.unwrap(), b"{}", "there is no rule for it");
}

/// Nothing of ours is lost by that: what is stored once is called by its digest, or by an id that
/// was made for it. The condition is a second guard, and a store that should have it must know it.
#[tokio::test]
async fn where_the_condition_is_not_known_an_object_is_written_over() {
    let garage = garage();
    let objects = objects(&garage);
    let key = metadata(1);
    assert_eq!(objects.put(once(key, b"first")).await.unwrap(), Stored::New);
    assert_eq!(objects.put(once(key, b"other")).await.unwrap(), Stored::New);
    assert_eq!(bytes(&objects, &key).await.unwrap(), b"other");
    let replaced = Upload { write: Write::Replace, ..once(key, b"third") };
    assert_eq!(objects.put(replaced).await.unwrap(), Stored::New);
    assert_eq!(bytes(&objects, &key).await.unwrap(), b"third");
}
