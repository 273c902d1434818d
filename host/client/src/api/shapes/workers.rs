// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `workers`.

#![allow(missing_docs, reason = "they are the names of the document")]

use super::Platform;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a worker says when a job is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<Vec<Reported>>,
    /// The devices with their sensor flags, as the job has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ReportedError>,
    pub fence: u64,
    pub job_id: String,
    pub platform: Platform,
    pub status: Status,
}

/// One stored bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    pub bundle_key: String,
    pub bytes: u64,
    pub device_id: String,
    pub digest: String,
    pub metadata_key: String,
}

/// What went wrong, as the user will see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedError {
    pub code: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    #[serde(rename = "SUCCESS")]
    SUCCESS,
    #[serde(rename = "FAILED")]
    FAILED,
    #[serde(rename = "CANCELED")]
    CANCELED,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub state: String,
}
