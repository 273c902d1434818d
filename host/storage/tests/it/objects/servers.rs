//! Two servers of buckets by different people: what holds for a bucket is tried on both.

use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use hivesync_storage::{AccessKey, BucketSettings, Objects};
use hivesync_testkit::{BUCKET, Garage, S3};
use zeroize::Zeroizing;

/// Of the form that Garage asks for; the other takes any.
const ID: &str = "GK0123456789abcdef01234567";
const SECRET: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";
const REGION: &str = "auto";

pub(super) enum Server {
    S3(S3),
    Garage(Garage),
}

impl Server {
    pub(super) fn s3() -> Self {
        Self::S3(S3::start(ID, SECRET).unwrap())
    }

    pub(super) fn garage() -> Self {
        Self::Garage(garage())
    }

    pub(super) fn settings(&self, retries: u32) -> BucketSettings {
        let endpoint = match self {
            Self::S3(s3) => s3.url(),
            Self::Garage(garage) => garage.url(),
        };
        settings(endpoint, retries)
    }

    pub(super) fn objects(&self) -> Objects {
        Objects::bucket(&self.settings(1))
    }

    /// How many bytes of objects its disk has, finished or not.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            // Beside the bucket lies what is not whole yet.
            Self::S3(s3) => below(s3.objects().parent().unwrap()),
            Self::Garage(garage) => below(&garage.objects()),
        }
    }

    pub(super) fn kill(&mut self) {
        match self {
            Self::S3(s3) => s3.kill().unwrap(),
            Self::Garage(garage) => garage.kill().unwrap(),
        }
    }

    pub(super) fn start_again(&mut self) {
        match self {
            Self::S3(s3) => s3.start_again().unwrap(),
            Self::Garage(garage) => garage.start_again().unwrap(),
        }
    }
}

pub(super) fn garage() -> Garage {
    Garage::start(ID, SECRET).unwrap()
}

pub(super) fn settings(endpoint: String, retries: u32) -> BucketSettings {
    BucketSettings {
        endpoint,
        region: REGION.to_owned(),
        name: BUCKET.to_owned(),
        key: AccessKey { id: ID.to_owned(), secret: Zeroizing::new(SECRET.to_owned()) },
        retries,
    }
}

/// The bucket as others see it, who may say what our code never would.
pub(super) fn client(endpoint: String) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new(ID, SECRET, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

fn below(folder: &Path) -> u64 {
    let (mut folders, mut bytes) = (vec![folder.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        // What is renamed meanwhile is counted another time.
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path: PathBuf = entry.path();
            match entry.metadata() {
                Ok(known) if known.is_dir() => folders.push(path),
                Ok(known) => bytes += known.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
