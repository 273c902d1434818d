// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `previews`.

#![allow(missing_docs, reason = "they are the names of the document")]

use super::Tier;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where an artifact is for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactLinks {
    pub bytes: u64,
    pub device_id: String,
    pub digest: String,
    pub expires_in: u64,
    pub metadata_url: String,
    pub url: String,
}

/// A token for an artifact.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactToken {
    pub artifact_url: String,
    pub expires_at: String,
    pub token: String,
}

impl std::fmt::Debug for ArtifactToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("ArtifactToken").finish_non_exhaustive()
    }
}

/// What a device fetches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactView {
    pub bytes: u64,
    pub digest: String,
}

/// A token for a build.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildToken {
    pub expires_at: String,
    pub token: String,
}

impl std::fmt::Debug for BuildToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("BuildToken").finish_non_exhaustive()
    }
}

/// What a device is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceContext {
    pub brand: String,
    /// What its user calls it.
    pub device_id: String,
    pub dpr: f64,
    pub height: u64,
    pub model: String,
    pub orientation: Orientation,
    pub os_version: String,
    pub platform: Platform,
    pub safe_area: SafeArea,
    pub width: u64,
    pub zoom_mode: ZoomMode,
}

/// One device of a preview, with its artifact once there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceView {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_context: Option<DeviceContext>,
    pub device_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensor_flags: Option<SensorFlags>,
}

/// One thing that somebody did. Places are parts of the screen, from 0 to 1.
pub type Did = Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    #[serde(rename = "left")]
    Left,
    #[serde(rename = "right")]
    Right,
    #[serde(rename = "forward")]
    Forward,
    #[serde(rename = "back")]
    Back,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// Events, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventList {
    pub events: Vec<EventView>,
    pub next_after: u64,
    pub progress: f64,
    pub state: String,
}

/// An event of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    pub at: String,
    pub data: Value,
    pub kind: String,
    pub seq: u64,
}

/// What somebody did, for one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    pub events: Vec<Did>,
}

/// The same, where the path does not say which job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowOfJob {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    pub events: Vec<Did>,
    pub job_id: String,
}

/// A preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    pub created_at: String,
    pub devices: Vec<DeviceView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    pub eventflow_enabled: bool,
    pub events_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub image: String,
    pub job_id: String,
    pub platform: Platform,
    pub progress: f64,
    pub project_id: String,
    pub stage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    pub state: String,
    pub status_url: String,
    pub tier: Tier,
    pub timeout: bool,
}

/// How many events were new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub accepted: u64,
    pub dropped: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Orientation {
    #[serde(rename = "portrait")]
    Portrait,
    #[serde(rename = "landscape")]
    Landscape,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageJobView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<JobView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// What a preview is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    #[serde(rename = "ios")]
    Ios,
    #[serde(rename = "ipad")]
    Ipad,
    #[serde(rename = "android")]
    Android,
    #[serde(rename = "web")]
    Web,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A preview that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewAsk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventflow_enabled: Option<bool>,
    /// A branch, a tag or a commit of the project's repository on this server, in place of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// The digest of an image of the project; the newest one, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minify: Option<bool>,
    pub platform: Platform,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SafeArea {
    pub bottom: u64,
    pub left: u64,
    pub right: u64,
    pub top: u64,
}

/// What a device may measure. Nothing, when nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SensorFlags {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerometer: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gps: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gyroscope: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microphone: Option<bool>,
}

/// An action that a preview was kept from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suppressed {
    pub action: String,
    pub job_id: String,
}

/// The same, where a token of version 1 says of what and what for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenAsk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventflow_enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minify: Option<bool>,
    pub token: String,
}

impl std::fmt::Debug for TokenAsk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("TokenAsk").finish_non_exhaustive()
    }
}

/// What a build token is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenRequest {
    pub platform: Platform,
    /// An image's digest, or a ref of the project's repository; the newest image, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoomMode {
    #[serde(rename = "standard")]
    Standard,
    #[serde(rename = "zoomed")]
    Zoomed,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}
