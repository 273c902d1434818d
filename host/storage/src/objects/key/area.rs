//! Parts of the object store, as listings and lifecycle rules know them.

use std::fmt;

use hivesync_jobs::JobId;

use super::ServerId;

/// What a listing or a lifecycle rule is about. A prefix ends with a slash, so that no id is
/// a prefix of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Bundles and their metadata.
    Previews,
    /// Those of one preview.
    Preview(JobId),
    /// Documentation that a model wrote.
    AiDocs,
    /// Influence maps.
    Maps,
    /// Logs of workers.
    WorkerLogs,
    /// Events of previews.
    PreviewLogs,
    /// Those of one preview.
    PreviewLog(JobId),
    /// What people attached to tasks.
    Attachments,
    /// Transcripts and contexts of clips.
    ContentItems,
    /// Posts.
    Posts,
    /// Pictures of spaces, and what was seen in them.
    Spaces,
}

impl Area {
    /// Every area as a whole.
    pub const WHOLE: [Self; 9] = [
        Self::Previews,
        Self::AiDocs,
        Self::Maps,
        Self::WorkerLogs,
        Self::PreviewLogs,
        Self::Attachments,
        Self::ContentItems,
        Self::Posts,
        Self::Spaces,
    ];
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Previews => f.write_str("previews/"),
            Self::Preview(job) => write!(f, "previews/{}/", ServerId(job.0)),
            Self::AiDocs => f.write_str("ai-docs/"),
            Self::Maps => f.write_str("maps/"),
            Self::WorkerLogs => f.write_str("logs/workers/"),
            Self::PreviewLogs => f.write_str("logs/preview/"),
            Self::PreviewLog(job) => write!(f, "logs/preview/{}/", ServerId(job.0)),
            Self::Attachments => f.write_str("tasks/attachments/"),
            Self::ContentItems => f.write_str("content/items/"),
            Self::Posts => f.write_str("content/posts/"),
            Self::Spaces => f.write_str("spaces/"),
        }
    }
}
