//! Names of objects, made of ids that this server made and of nothing a user wrote.

mod area;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::{JobId, Moment, WorkerId};
use hivesync_types::Digest;
use ulid::Ulid;

pub use area::Area;

/// An id that this server made. Its text is a ULID in its one canonical spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub u128);

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Ulid(self.0), f)
    }
}

/// The text is not one that this server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a name that the server made")]
pub struct ParseNameError;

impl FromStr for ServerId {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let id = Ulid::from_string(text).map(|ulid| Self(ulid.0)).map_err(|_| ParseNameError)?;
        // Lower case and the letters that stand for digits would be second names of one object.
        if id.to_string() == text { Ok(id) } else { Err(ParseNameError) }
    }
}

/// The device that an artifact was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceKey {
    /// The job named no devices.
    Default,
    /// The row of the device, never the name that its user gave it.
    Row(ServerId),
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Row(id) => fmt::Display::fmt(id, f),
        }
    }
}

impl FromStr for DeviceKey {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        if text == "default" { Ok(Self::Default) } else { text.parse().map(Self::Row) }
    }
}

/// The first eight bytes of a bundle's digest: other bytes are another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleVersion([u8; 8]);

impl From<&Digest> for BundleVersion {
    fn from(digest: &Digest) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for BundleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for BundleVersion {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseNameError)?;
        if hex::encode(bytes) == text { Ok(Self(bytes)) } else { Err(ParseNameError) }
    }
}

/// The name of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKey {
    /// `previews/{job}/{device}/bundle-{version}.zip`
    Bundle {
        /// The preview.
        job: JobId,
        /// For which device.
        device: DeviceKey,
        /// Of which content.
        version: BundleVersion,
    },
    /// `previews/{job}/{device}/metadata.json`
    Metadata {
        /// The preview.
        job: JobId,
        /// For which device.
        device: DeviceKey,
    },
    /// `images/{digest}.zip`
    Image {
        /// Of the files in it, which is its name.
        digest: Digest,
    },
    /// `ai-docs/{job}.json`
    AiDocs {
        /// The job that wrote it.
        job: JobId,
    },
    /// `ai-docs/{job}.run.json`
    AiDocsRecord {
        /// The job whose run it is.
        job: JobId,
    },
    /// `maps/{project}/{version}.json`
    Map {
        /// Whose map.
        project: ServerId,
        /// Which of its versions.
        version: ServerId,
    },
    /// `content/items/{item}/transcript.txt`
    Transcript {
        /// The row of the item.
        item: ServerId,
    },
    /// `content/items/{item}/context.json`
    RepositoryContext {
        /// The row of the item.
        item: ServerId,
    },
    /// `content/posts/{job}.md`
    Post {
        /// The job that wrote it.
        job: JobId,
    },
    /// `content/posts/{job}.patch`
    PostPatch {
        /// The job that wrote it.
        job: JobId,
    },
    /// `content/posts/{job}.run.json`
    PostRecord {
        /// The job whose run it is.
        job: JobId,
    },
    /// `spaces/{run}/original-{artifact}`
    SpaceOriginal {
        /// The run that it was uploaded to.
        run: ServerId,
        /// The row of the artifact.
        artifact: ServerId,
    },
    /// `spaces/{run}/preview-{artifact}.jpg`
    SpacePreview {
        /// The run whose step made it.
        run: ServerId,
        /// The row of the artifact.
        artifact: ServerId,
    },
    /// `spaces/{run}/result-{artifact}.json`
    SpaceResult {
        /// The run whose step made it.
        run: ServerId,
        /// The row of the artifact.
        artifact: ServerId,
    },
    /// `logs/workers/{worker}/{timestamp}.json`
    WorkerLog {
        /// Whose log.
        worker: WorkerId,
        /// From when.
        at: Moment,
    },
    /// `logs/preview/{job}/events/{timestamp}-{seq}.json`
    PreviewEvents {
        /// The preview.
        job: JobId,
        /// From when.
        at: Moment,
        /// Tells events of one millisecond apart.
        seq: u32,
    },
    /// `tasks/attachments/{attachment}`
    Attachment {
        /// The row of the attachment.
        attachment: ServerId,
    },
}

impl ObjectKey {
    /// What a browser is told that it is.
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::Bundle { .. } | Self::Image { .. } => "application/zip",
            // Whatever it is, it is not shown.
            Self::Attachment { .. } | Self::SpaceOriginal { .. } => "application/octet-stream",
            Self::SpacePreview { .. } => "image/jpeg",
            Self::Transcript { .. } | Self::Post { .. } | Self::PostPatch { .. } => {
                "text/plain; charset=utf-8"
            }
            _ => "application/json",
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Bundle { job, device, version } => {
                write!(f, "previews/{}/{device}/bundle-{version}.zip", ServerId(job.0))
            }
            Self::Metadata { job, device } => {
                write!(f, "previews/{}/{device}/metadata.json", ServerId(job.0))
            }
            Self::Image { digest } => write!(f, "images/{}.zip", digest.to_hex()),
            Self::AiDocs { job } => write!(f, "ai-docs/{}.json", ServerId(job.0)),
            Self::AiDocsRecord { job } => write!(f, "ai-docs/{}.run.json", ServerId(job.0)),
            Self::Map { project, version } => write!(f, "maps/{project}/{version}.json"),
            Self::Transcript { item } => write!(f, "content/items/{item}/transcript.txt"),
            Self::RepositoryContext { item } => write!(f, "content/items/{item}/context.json"),
            Self::Post { job } => write!(f, "content/posts/{}.md", ServerId(job.0)),
            Self::PostPatch { job } => write!(f, "content/posts/{}.patch", ServerId(job.0)),
            Self::PostRecord { job } => write!(f, "content/posts/{}.run.json", ServerId(job.0)),
            Self::SpaceOriginal { run, artifact } => write!(f, "spaces/{run}/original-{artifact}"),
            Self::SpacePreview { run, artifact } => write!(f, "spaces/{run}/preview-{artifact}.jpg"),
            Self::SpaceResult { run, artifact } => write!(f, "spaces/{run}/result-{artifact}.json"),
            // Thirteen digits sort as numbers do until the year 2286.
            Self::WorkerLog { worker, at } => {
                write!(f, "logs/workers/{}/{:013}.json", ServerId(worker.0), at.0)
            }
            Self::PreviewEvents { job, at, seq } => {
                write!(f, "logs/preview/{}/events/{:013}-{seq:06}.json", ServerId(job.0), at.0)
            }
            Self::Attachment { attachment } => write!(f, "tasks/attachments/{attachment}"),
        }
    }
}

impl FromStr for ObjectKey {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let mut parts = text.split('/');
        let parts = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
        let key = match parts {
            [Some("previews"), Some(job), Some(device), Some(file), None, _] => artifact(job, device, file)?,
            [Some("images"), Some(file), None, ..] => Self::Image { digest: image(file)? },
            [Some("ai-docs"), Some(file), None, ..] => documentation(file)?,
            [Some("maps"), Some(project), Some(file), None, ..] => {
                Self::Map { project: project.parse()?, version: json(file)? }
            }
            [Some("content"), Some("items"), Some(item), Some(file), None, _] => {
                content(item.parse()?, file)?
            }
            [Some("content"), Some("posts"), Some(file), None, ..] => post(file)?,
            [Some("spaces"), Some(run), Some(file), None, ..] => space(run.parse()?, file)?,
            [Some("logs"), Some("workers"), Some(worker), Some(file), None, _] => Self::WorkerLog {
                worker: WorkerId(worker.parse::<ServerId>()?.0),
                at: Moment(number(file.strip_suffix(".json").ok_or(ParseNameError)?)?),
            },
            [Some("logs"), Some("preview"), Some(job), Some("events"), Some(file), None] => {
                events(job, file)?
            }
            [Some("tasks"), Some("attachments"), Some(id), None, ..] => {
                Self::Attachment { attachment: id.parse()? }
            }
            _ => return Err(ParseNameError),
        };
        // One object has one name.
        if key.to_string() == text { Ok(key) } else { Err(ParseNameError) }
    }
}

fn artifact(job: &str, device: &str, file: &str) -> Result<ObjectKey, ParseNameError> {
    let (job, device) = (JobId(job.parse::<ServerId>()?.0), device.parse()?);
    if file == "metadata.json" {
        return Ok(ObjectKey::Metadata { job, device });
    }
    let version = file.strip_prefix("bundle-").and_then(|rest| rest.strip_suffix(".zip"));
    Ok(ObjectKey::Bundle { job, device, version: version.ok_or(ParseNameError)?.parse()? })
}

fn content(item: ServerId, file: &str) -> Result<ObjectKey, ParseNameError> {
    match file {
        "transcript.txt" => Ok(ObjectKey::Transcript { item }),
        "context.json" => Ok(ObjectKey::RepositoryContext { item }),
        _ => Err(ParseNameError),
    }
}

fn documentation(file: &str) -> Result<ObjectKey, ParseNameError> {
    match file.strip_suffix(".run.json") {
        Some(job) => Ok(ObjectKey::AiDocsRecord { job: JobId(job.parse::<ServerId>()?.0) }),
        None => Ok(ObjectKey::AiDocs { job: JobId(json(file)?.0) }),
    }
}

fn post(file: &str) -> Result<ObjectKey, ParseNameError> {
    let (job, kind) = file.split_once('.').ok_or(ParseNameError)?;
    let job = JobId(job.parse::<ServerId>()?.0);
    match kind {
        "md" => Ok(ObjectKey::Post { job }),
        "patch" => Ok(ObjectKey::PostPatch { job }),
        "run.json" => Ok(ObjectKey::PostRecord { job }),
        _ => Err(ParseNameError),
    }
}

fn space(run: ServerId, file: &str) -> Result<ObjectKey, ParseNameError> {
    let (kind, rest) = file.split_once('-').ok_or(ParseNameError)?;
    let of = |ending: &str| rest.strip_suffix(ending).ok_or(ParseNameError)?.parse();
    match kind {
        "original" => Ok(ObjectKey::SpaceOriginal { run, artifact: of("")? }),
        "preview" => Ok(ObjectKey::SpacePreview { run, artifact: of(".jpg")? }),
        "result" => Ok(ObjectKey::SpaceResult { run, artifact: of(".json")? }),
        _ => Err(ParseNameError),
    }
}

fn image(file: &str) -> Result<Digest, ParseNameError> {
    let digits = file.strip_suffix(".zip").ok_or(ParseNameError)?;
    format!("sha256:{digits}").parse().map_err(|_| ParseNameError)
}

fn events(job: &str, file: &str) -> Result<ObjectKey, ParseNameError> {
    let numbers = file.strip_suffix(".json").and_then(|rest| rest.split_once('-'));
    let (at, seq) = numbers.ok_or(ParseNameError)?;
    let (job, at) = (JobId(job.parse::<ServerId>()?.0), Moment(number(at)?));
    Ok(ObjectKey::PreviewEvents { job, at, seq: seq.parse().map_err(|_| ParseNameError)? })
}

fn json(file: &str) -> Result<ServerId, ParseNameError> {
    file.strip_suffix(".json").ok_or(ParseNameError)?.parse()
}

fn number(text: &str) -> Result<u64, ParseNameError> {
    text.parse().map_err(|_| ParseNameError)
}

#[cfg(test)]
mod tests;
