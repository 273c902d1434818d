//! Objects in a bucket of S3 or of anything that speaks its language, such as R2.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hivesync_access::LINK_TTL_MAX;
use hivesync_types::Digest;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::{Area, Body, Listed, Listing, Object, ObjectInfo, ObjectKey, Stored, Upload, Write};
use crate::error::StorageError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one attempt may take, with 50 MB on their way.
const ATTEMPT: Duration = Duration::from_secs(60);
/// What a listing gives at one time.
const LISTED_MAX: usize = 1000;
const BUFFER_BYTES: usize = 128 * 1024;

/// Who we are to the bucket.
#[derive(Clone)]
pub struct AccessKey {
    /// The key's public name.
    pub id: String,
    /// What proves it.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).field("secret", &"***").finish()
    }
}

/// Which bucket, and how it is reached.
#[derive(Debug, Clone)]
pub struct BucketSettings {
    /// Its server's address, such as `https://ACCOUNT.r2.cloudflarestorage.com`.
    pub endpoint: String,
    /// The region that requests are signed for; `auto` for R2.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Who we are to it.
    pub key: AccessKey,
    /// How often a request that failed is sent again.
    pub retries: u32,
}

/// The bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Bucket {
    pub(super) fn new(settings: &BucketSettings) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let secret = settings.key.secret.as_str();
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(settings.region.clone()))
            .endpoint_url(&settings.endpoint)
            // Any certificate for the server will do, and any name for the bucket.
            .force_path_style(true)
            .credentials_provider(Credentials::new(&settings.key.id, secret, None, None, "settings"))
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(settings.retries.saturating_add(1)))
            .timeout_config(timeouts.build())
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
            // R2 refuses the checksums that the client would add by itself. Ours is always there.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Self { client: Client::from_conf(config), name: settings.name.clone() }
    }

    pub(super) async fn put(&self, upload: Upload) -> Result<Stored, StorageError> {
        let Upload { key, body, digest, write } = upload;
        let (body, found) = match body {
            Body::Bytes(bytes) => {
                let found = Digest::of(&bytes);
                (ByteStream::from(bytes), found)
            }
            Body::File(path) => {
                let mut file =
                    tokio::fs::File::open(&path).await.map_err(|error| failed("reading", &error))?;
                let found = digest_of(&mut file).await?;
                let body = ByteStream::from_path(&path).await;
                (body.map_err(|error| failed("reading", &error))?, found)
            }
        };
        // The bucket checks it again, for what happens on the way.
        if found != digest {
            return Err(StorageError::Checksum(key));
        }
        let sent = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(key.media_type())
            .checksum_sha256(STANDARD.encode(digest.as_bytes()))
            .set_if_none_match((write == Write::Once).then(|| "*".to_owned()))
            .body(body)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Stored::New),
            // An answer that was lost on its way back looks like this to its retry as well.
            Err(error) if matches!(status(&error), Some(409 | 412)) && write == Write::Once => {
                let there = self.describe(key).await?;
                let same = there.is_some_and(|there| there.digest == digest);
                if same { Ok(Stored::Already) } else { Err(StorageError::Taken(key)) }
            }
            Err(error) => Err(refused("storing", &error)),
        }
    }

    pub(super) async fn read(&self, key: ObjectKey) -> Result<Option<Object>, StorageError> {
        let sent = self.client.get_object().bucket(&self.name).key(key.to_string()).send().await;
        let found = match sent {
            Ok(found) => found,
            Err(error) if status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(refused("reading", &error)),
        };
        let bytes = length(found.content_length())?;
        Ok(Some(Object { bytes, body: Box::pin(found.body.into_async_read()) }))
    }

    pub(super) async fn describe(&self, key: ObjectKey) -> Result<Option<ObjectInfo>, StorageError> {
        let head = self.client.head_object().bucket(&self.name).key(key.to_string());
        let found = match head.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(found) => found,
            Err(error) if status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(refused("describing", &error)),
        };
        let bytes = length(found.content_length())?;
        let sum = found.checksum_sha256().and_then(|sum| STANDARD.decode(sum).ok());
        if let Some(sum) = sum.and_then(|sum| sum.try_into().ok()) {
            return Ok(Some(ObjectInfo { bytes, digest: Digest::from_bytes(sum) }));
        }
        // Stored by something else, or where checksums are not kept.
        let Some(mut object) = self.read(key).await? else { return Ok(None) };
        Ok(Some(ObjectInfo { bytes, digest: digest_of(&mut object.body).await? }))
    }

    pub(super) async fn remove(&self, key: ObjectKey) -> Result<(), StorageError> {
        let sent = self.client.delete_object().bucket(&self.name).key(key.to_string()).send().await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) => Err(refused("removing", &error)),
        }
    }

    pub(super) async fn list(
        &self,
        area: &Area,
        after: Option<&str>,
        count: usize,
    ) -> Result<Listing, StorageError> {
        let most = i32::try_from(count.min(LISTED_MAX)).unwrap_or(i32::MAX);
        let list = self.client.list_objects_v2().bucket(&self.name).prefix(area.to_string()).max_keys(most);
        let found = list.set_start_after(after.map(str::to_owned)).send().await;
        let found = found.map_err(|error| refused("listing", &error))?;
        let mut listing = Listing::default();
        let mut last = None;
        for object in found.contents() {
            let Some(name) = object.key() else { continue };
            last = Some(name.to_owned());
            let stored_at = object.last_modified().and_then(|time| Timestamp::from_second(time.secs()).ok());
            match (name.parse(), stored_at) {
                (Ok(key), Some(stored_at)) => {
                    listing.objects.push(Listed { key, bytes: length(object.size())?, stored_at });
                }
                _ => listing.foreign.push(name.to_owned()),
            }
        }
        listing.next = last.filter(|_| found.is_truncated() == Some(true));
        Ok(listing)
    }

    pub(super) async fn link(
        &self,
        key: ObjectKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<String, StorageError> {
        let until = PresigningConfig::builder().start_time(now.into()).expires_in(ttl.min(LINK_TTL_MAX));
        let until = until.build().map_err(|error| failed("signing", &error))?;
        // Nothing that a user made is shown by the bucket as a page of its own.
        let get = self.client.get_object().bucket(&self.name).key(key.to_string());
        let signed = get
            .response_content_disposition("attachment")
            .presigned(until)
            .await
            .map_err(|error| refused("signing", &error))?;
        Ok(signed.uri().to_owned())
    }

    pub(super) async fn check(&self) -> Result<(), StorageError> {
        let sent = self.client.head_bucket().bucket(&self.name).send().await;
        sent.map(|_| ()).map_err(|error| refused("looking for the bucket", &error))
    }
}

async fn digest_of(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> Result<Digest, StorageError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await.map_err(|error| failed("reading", &error))?;
        match buffer.get(..length).filter(|part| !part.is_empty()) {
            Some(part) => hasher.update(part),
            None => return Ok(Digest::from_bytes(hasher.finalize().into())),
        }
    }
}

fn length(bytes: Option<i64>) -> Result<u64, StorageError> {
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    bytes.ok_or(StorageError::Nonsense("an object without a length"))
}

pub(super) fn failed(what: &'static str, error: &dyn std::error::Error) -> StorageError {
    StorageError::objects(what, error)
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// What the bucket says; where it said nothing, what went wrong on the way.
pub(super) fn refused<E: ProvideErrorMetadata + std::error::Error + 'static>(
    what: &'static str,
    error: &SdkError<E>,
) -> StorageError {
    let detail = said(error);
    // A request that could not be made will not be made later either.
    let is_sent = !matches!(error, SdkError::ConstructionFailure(_));
    if is_sent && status(error).is_none_or(|status| status == 429 || status >= 500) {
        return StorageError::ObjectsAway { what, detail };
    }
    StorageError::Objects { what, detail }
}

fn said<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> String {
    if let Some(code) = error.code() {
        return format!("{code}: {}", error.message().unwrap_or_default());
    }
    let mut detail = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        detail = format!("{detail}: {error}");
        cause = error.source();
    }
    detail
}
