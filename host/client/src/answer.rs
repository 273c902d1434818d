//! What the server answers.
//!
//! Members that are not known are passed over, so that a newer server can be asked.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "they are the names of the document")]
pub struct User {
    pub id: String,
    pub email: String,
    pub display_name: String,
    pub tier: String,
}

/// What a login gives.
#[derive(Deserialize)]
pub(crate) struct Session {
    pub(crate) access_token: String,
}

/// What opens an artifact for a while.
#[derive(Deserialize)]
pub(crate) struct ArtifactToken {
    pub(crate) token: String,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The digest of its newest files; none before the first upload.
    pub image: Option<String>,
}

/// Files that were taken in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stored {
    /// The digest of all of them.
    pub image: String,
}

/// How far a preview is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are the names of the document")]
pub enum State {
    Queued,
    Building,
    Bundling,
    Uploading,
    Success,
    Failed,
    Canceled,
}

impl State {
    /// Whether nothing more comes.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled)
    }
}

/// A preview.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Job {
    /// Its id.
    pub job_id: String,
    /// Of which project.
    pub project_id: String,
    /// How far it is.
    pub state: State,
    /// From 0 to 1.
    pub progress: f64,
    /// The devices that it is for.
    pub devices: Vec<Device>,
    /// Why it failed, as the server says it.
    pub error: Option<Value>,
}

/// One device of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// As the request named it.
    pub device_id: String,
}

/// A refusal: the members of RFC 9457 that say something, and the request that was refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// A stable code; `hivesync explain CODE` has its page.
    pub code: String,
    /// In words.
    pub detail: String,
    /// More of it.
    pub error: ProblemDetails,
}

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ProblemDetails {
    /// By code: the member that is wrong, the tier that is needed and the like.
    #[serde(default)]
    pub details: Value,
    /// How the server calls the request, for whoever has to ask about it.
    pub request_id: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (request {})", self.code, self.detail, self.error.request_id)
    }
}
