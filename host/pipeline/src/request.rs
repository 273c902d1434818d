//! What a build is asked for with.

use std::path::PathBuf;
use std::time::Duration;

use hivesync_types::{Digest, Platform};

use crate::identity::Identity;
use crate::restore::RestoreOptions;

/// One preview to build.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The project.
    pub project: Source,
    /// What for.
    pub platform: Platform,
    /// For development.
    pub dev: bool,
    /// Shrink the code.
    pub minify: bool,
    /// The entry file; none to follow the project.
    pub entry: Option<String>,
    /// Where the bundle goes.
    pub out: PathBuf,
    /// Time and id.
    pub identity: Identity,
    /// The project's id; none to derive one from its name.
    pub project_id: Option<String>,
    /// The device it is for.
    pub device_id: String,
    /// The version of the preview token that asked; 0 for none.
    pub token_version: u32,
    /// Missing packages.
    pub restore: RestoreOptions,
    /// A deadline of the step below the policy's.
    pub step_deadline: Option<Duration>,
}

/// Where a project comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The folder with its `package.json`.
    Folder(PathBuf),
    /// What changed since an image that was built here.
    Delta(Delta),
}

impl From<PathBuf> for Source {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

/// Changes to a project image that was built here before.
///
/// The result is the image that the changed project would have been packed into, byte for
/// byte. Packages are those of the base, unless they were restored here and the changes
/// touch the manifest or the lock file: then they are restored anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The image, as [`Metadata::input_digest`](crate::Metadata) names it.
    pub base: Digest,
    /// Made in this order.
    pub changes: Vec<Change>,
}

/// One change. Paths stand as in the project's tree (the workspace's where the app is a member
/// of one), `/` between segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The file has this content now, whether it was there or not.
    Write {
        /// Which.
        path: String,
        /// All of it.
        content: Vec<u8>,
    },
    /// The file is gone.
    Remove {
        /// Which.
        path: String,
    },
}

impl Change {
    /// What it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::Write { path, .. } | Self::Remove { path } => path,
        }
    }
}
