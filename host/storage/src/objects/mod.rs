//! Artifacts, logs and attachments: whole objects under names of the server's own.
//!
//! Two places hold them: a folder of this machine, and a bucket. Both check the digest of what
//! they are given, show an object whole or not at all, and can promise never to write over one.
//!
//! What this module does not do: decide who may read an object, or when it ends; the database
//! knows both.
//!
//! **Invariant:** an object that was answered for is stored, with the bytes of its digest.

mod bucket;
mod directory;
mod key;
mod lifecycle;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use hivesync_access::{Refusal, Secret, check_link, sign_link};
use hivesync_types::Digest;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::error::StorageError;
use bucket::Bucket;
pub use bucket::{AccessKey, BucketSettings};
use directory::Directory;
pub use key::{Area, BundleVersion, DeviceKey, ObjectKey, ParseNameError, ServerId};
pub use lifecycle::Expiry;

/// The bytes of an object that is to be stored.
#[derive(Debug, Clone)]
pub enum Body {
    /// In memory.
    Bytes(Bytes),
    /// In a file of this machine, which stays as it is meanwhile.
    File(PathBuf),
}

/// What may happen to an object of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It stays. Equal bytes count as stored, other bytes are [`StorageError::Taken`].
    Once,
    /// It is replaced.
    Replace,
}

/// An object that is to be stored.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub key: ObjectKey,
    /// Its bytes.
    pub body: Body,
    /// What their digest must be.
    pub digest: Digest,
    /// What may happen to another of that name.
    pub write: Write,
}

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored now.
    New,
    /// It was stored before, with the same bytes.
    Already,
}

/// An object that can be read.
pub struct Object {
    /// How long it is.
    pub bytes: u64,
    /// Its bytes.
    pub body: Pin<Box<dyn AsyncRead + Send>>,
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Object {
    /// All of it, unless it is longer than `bytes_max`.
    pub async fn whole(self, bytes_max: u64) -> Result<Bytes, StorageError> {
        if self.bytes > bytes_max {
            return Err(StorageError::TooLarge("an object"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        let read = self.body.take(bytes_max).read_to_end(&mut bytes).await;
        read.map_err(|error| StorageError::objects("reading", &error))?;
        Ok(bytes.into())
    }
}

/// What is known of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectInfo {
    /// How long it is.
    pub bytes: u64,
    /// Of its bytes, as they stand there.
    pub digest: Digest,
}

/// One object of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub key: ObjectKey,
    /// How long it is.
    pub bytes: u64,
    /// When it was stored, by the clock of the place.
    pub stored_at: Timestamp,
}

/// A part of a listing, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects.
    pub objects: Vec<Listed>,
    /// What stands among them under names that this server does not write.
    pub foreign: Vec<String>,
    /// Where the next part begins; none at the end.
    pub next: Option<String>,
}

/// How a folder's links are made: by this server, which answers them too.
#[derive(Debug, Clone)]
pub struct Links {
    /// The address in front of an object's name, without a slash at its end.
    pub base_url: String,
    /// The first one signs; links of the others are good while they last.
    pub secrets: Vec<Secret>,
}

/// Where objects are.
#[derive(Debug, Clone)]
pub struct Objects(Place);

#[derive(Debug, Clone)]
enum Place {
    Directory { directory: Directory, links: Links },
    Bucket(Bucket),
}

impl Objects {
    /// Objects in a folder of this machine, which is made where it is missing. Processes of
    /// one machine may share it.
    pub async fn directory(path: &Path, links: Links) -> Result<Self, StorageError> {
        let directory = Directory::open(path.to_owned()).await?;
        Ok(Self(Place::Directory { directory, links }))
    }

    /// Objects in a bucket. Nothing is asked of it yet.
    pub fn bucket(settings: &BucketSettings) -> Self {
        Self(Place::Bucket(Bucket::new(settings)))
    }

    /// What the place is called in rows: the bucket, or that it is a folder.
    pub fn place(&self) -> &str {
        match &self.0 {
            Place::Directory { .. } => "directory",
            Place::Bucket(bucket) => &bucket.name,
        }
    }

    /// Whether the place can be reached now.
    pub async fn check(&self) -> Result<(), StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.check().await,
            Place::Bucket(bucket) => bucket.check().await,
        }
    }

    /// Lets the place remove objects by itself when they are old, as a net under the cleanup;
    /// a folder has none. Rules that others made stay.
    pub async fn apply_expiry(&self, rules: &[Expiry]) -> Result<(), StorageError> {
        match &self.0 {
            Place::Directory { .. } => Ok(()),
            Place::Bucket(bucket) => bucket.apply_expiry(rules).await,
        }
    }

    /// Stores an object.
    pub async fn put(&self, upload: Upload) -> Result<Stored, StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.put(upload).await,
            Place::Bucket(bucket) => bucket.put(upload).await,
        }
    }

    /// Opens an object. None when there is none of this name.
    pub async fn read(&self, key: &ObjectKey) -> Result<Option<Object>, StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.read(*key).await,
            Place::Bucket(bucket) => bucket.read(*key).await,
        }
    }

    /// What is stored under a name, from the bytes themselves. None when there is nothing.
    pub async fn describe(&self, key: &ObjectKey) -> Result<Option<ObjectInfo>, StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.describe(*key).await,
            Place::Bucket(bucket) => bucket.describe(*key).await,
        }
    }

    /// Removes an object; one that is not there is removed already.
    pub async fn remove(&self, key: &ObjectKey) -> Result<(), StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.remove(*key).await,
            Place::Bucket(bucket) => bucket.remove(*key).await,
        }
    }

    /// At most `count` objects of an area, after the name where the last part ended.
    pub async fn list(
        &self,
        area: &Area,
        after: Option<&str>,
        count: usize,
    ) -> Result<Listing, StorageError> {
        match &self.0 {
            Place::Directory { directory, .. } => directory.list(area, after, count).await,
            Place::Bucket(bucket) => bucket.list(area, after, count).await,
        }
    }

    /// An address at which anybody can read the object until `ttl` is over, five minutes at most.
    pub async fn link(&self, key: &ObjectKey, ttl: Duration, now: Timestamp) -> Result<String, StorageError> {
        match &self.0 {
            Place::Directory { links, .. } => {
                let secret = links.secrets.first().ok_or(StorageError::Nonsense("links without a secret"))?;
                let name = key.to_string();
                Ok(format!("{}/{name}?{}", links.base_url, sign_link(secret, &name, ttl, now)))
            }
            Place::Bucket(bucket) => bucket.link(*key, ttl, now).await,
        }
    }

    /// The object that somebody with this link may read, when links are answered by this server.
    pub fn admit(&self, name: &str, query: &str, now: Timestamp) -> Result<ObjectKey, Refusal> {
        match &self.0 {
            Place::Directory { links, .. } => {
                check_link(&links.secrets, name, query, now)?;
                name.parse().map_err(|_| Refusal::Link)
            }
            // The bucket answers its own.
            Place::Bucket(_) => Err(Refusal::Link),
        }
    }
}
