//! What a run made: blobs that pure runs returned, and artifacts joined from pieces.
//!
//! The broker is the authority here, because a runner is not believed: it checks the
//! names, the pieces, the count and the bytes again, whatever the runner checked.
//!
//! **Invariant:** a refused artifact leaves nothing behind.

use std::collections::BTreeSet;

use bytes::Bytes;
use hivesync_protocol::ArtifactReply;
use hivesync_protocol::wit::artifacts::WriteError;
use hivesync_protocol::wit::types::{Blob, Piece};
use hivesync_types::{Code, Digest, Limits};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::image::Image;
use crate::names::is_artifact_name;

/// One artifact: a rope, so that nothing is copied before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// A plain relative name: see [`is_artifact_name`].
    pub name: String,
    /// The bytes, in order.
    pub pieces: Vec<Bytes>,
}

impl Artifact {
    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().map(bytes_of).sum()
    }

    /// The bytes in one list.
    pub fn to_vec(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for piece in &self.pieces {
            hasher.update(piece);
        }
        Digest::from_bytes(hasher.finalize().into())
    }
}

fn bytes_of(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The blobs of one run, numbered in the order in which they were kept.
#[derive(Debug, Default)]
pub(crate) struct Blobs(Vec<Bytes>);

impl Blobs {
    /// Keeps the bytes and says under which number.
    pub(crate) fn keep(&mut self, bytes: Bytes) -> Result<Blob, Error> {
        let number = Blob::try_from(self.0.len()).map_err(|_| Error::Internal("too many blobs to number"))?;
        self.0.push(bytes);
        Ok(number)
    }

    fn get(&self, blob: Blob) -> Option<&Bytes> {
        self.0.get(usize::try_from(blob).ok()?)
    }
}

/// The artifacts of one run.
#[derive(Debug, Default)]
pub(crate) struct Artifacts {
    kept: Vec<Artifact>,
    names: BTreeSet<String>,
    bytes: u64,
}

impl Artifacts {
    /// Keeps one artifact, or says why not, in the order of `wit/artifacts.wit`. The
    /// error is a limit that ends the run.
    pub(crate) fn write(
        &mut self,
        name: String,
        pieces: Vec<Piece>,
        sources: (&Blobs, &Image),
        rules: (&Limits, &dyn Fn(&str) -> bool),
    ) -> Result<ArtifactReply, Error> {
        let (limits, is_granted) = rules;
        if !is_artifact_name(&name) || !is_granted(&name) {
            return Ok(Err(WriteError::BadName));
        }
        if self.is_taken(&name) {
            return Ok(Err(WriteError::Duplicate));
        }
        let text = pieces.iter().map(text_bytes).sum();
        check(Code::LimitTransfer, text, limits.transfer_bytes)?;
        let Some(pieces) = join(pieces, sources) else { return Ok(Err(WriteError::UnknownPiece)) };
        let count = u64::try_from(self.kept.len()).unwrap_or(u64::MAX).saturating_add(1);
        check(Code::LimitArtifacts, count, limits.artifacts)?;
        self.count(Artifact { name, pieces }, limits)
    }

    /// Keeps a file whose bytes are here already, or says why not.
    pub(crate) fn keep(
        &mut self,
        artifact: Artifact,
        limits: &Limits,
        is_granted: &dyn Fn(&str) -> bool,
    ) -> Result<ArtifactReply, Error> {
        if !is_artifact_name(&artifact.name) || !is_granted(&artifact.name) {
            return Ok(Err(WriteError::BadName));
        }
        if self.is_taken(&artifact.name) {
            return Ok(Err(WriteError::Duplicate));
        }
        self.count(artifact, limits)
    }

    /// Counts the artifact and keeps it.
    fn count(&mut self, artifact: Artifact, limits: &Limits) -> Result<ArtifactReply, Error> {
        let count = u64::try_from(self.kept.len()).unwrap_or(u64::MAX).saturating_add(1);
        check(Code::LimitArtifacts, count, limits.artifacts)?;
        let bytes = self.bytes.saturating_add(artifact.bytes());
        check(Code::LimitArtifactBytes, bytes, limits.artifact_bytes)?;
        self.bytes = bytes;
        self.names.insert(artifact.name.clone());
        self.kept.push(artifact);
        Ok(Ok(()))
    }

    /// The name is there, or a folder of that name, or a file where it needs a folder.
    fn is_taken(&self, name: &str) -> bool {
        let folder = format!("{name}/");
        let inside = self.names.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder));
        let above =
            name.match_indices('/').any(|(at, _)| name.get(..at).is_some_and(|up| self.names.contains(up)));
        inside || above || self.names.contains(name)
    }

    pub(crate) fn into_kept(self) -> Vec<Artifact> {
        self.kept
    }
}

fn text_bytes(piece: &Piece) -> u64 {
    match piece {
        Piece::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
        Piece::Blob(_) | Piece::File(_) => 0,
    }
}

fn join(pieces: Vec<Piece>, (blobs, image): (&Blobs, &Image)) -> Option<Vec<Bytes>> {
    pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(Bytes::from(text)),
            Piece::Blob(blob) => blobs.get(blob).cloned(),
            Piece::File(path) => image.file(&path),
        })
        .collect()
}

/// An error when `used` is more than `limit`.
pub(crate) fn check(code: Code, used: u64, limit: u64) -> Result<(), Error> {
    if used > limit { Err(Error::Limit { code, used, limit }) } else { Ok(()) }
}
