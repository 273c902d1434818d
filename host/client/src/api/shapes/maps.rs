// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `maps`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An address that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    pub checked_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub reachable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
}

/// Two versions to compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiffAsk {
    pub after: String,
    pub before: String,
}

/// What a user is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happened {
    #[serde(rename = "preview_finished")]
    PreviewFinished,
    #[serde(rename = "comment")]
    Comment,
    #[serde(rename = "assignment")]
    Assignment,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// What is known of an address: an answer, or that it was not asked now.
pub type Known = Value;

/// A map that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MapAsk {
    /// How far the cascade of style sheets is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cia: Option<MapAskCia>,
    /// A branch, a tag or a commit of the project's repository on this server, in place of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// The digest of an image of the project; the newest one, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// How far the cascade of style sheets is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapAskCia {
    #[serde(rename = "off")]
    Off,
    #[serde(rename = "basic")]
    Basic,
    #[serde(rename = "deep")]
    Deep,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A map, with what is known beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapBody {
    /// What people did in the newest previews of the project that record it, the most frequent first.
    pub eventflow: Vec<Happened>,
    pub map: Value,
    /// Of addresses that the map names: what was learned lately, or that nobody asked.
    pub reachability: std::collections::BTreeMap<String, Known>,
    pub version: MapVersionView,
}

/// Something that was asked about a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapJobView {
    /// Where the answer is, while it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_url: Option<String>,
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub job_id: String,
    pub kind: String,
    pub project_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    pub state: String,
    pub status_url: String,
    /// The version that it made; of a map alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A map that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapVersionView {
    pub bytes: u64,
    pub cia: String,
    pub created_at: String,
    pub digest: String,
    pub edges: u64,
    pub image: String,
    pub nodes: u64,
    /// A threshold was met; the map says which.
    pub partial: bool,
    pub version_id: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageMapVersionView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<MapVersionView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// What is to be switched off in thought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulateAsk {
    /// Selectors as they are written, ids of rules, or paths of style sheets.
    pub muted: Vec<String>,
    /// The version whose files are meant; the newest one, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unchecked {
    #[serde(rename = "unknown")]
    Unknown,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// One property of one element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyAsk {
    /// A selector, or the id of a node of the map; the first element that it names.
    pub element: String,
    /// A longhand, such as `margin-left`, or a custom property.
    pub property: String,
    /// The version whose files are meant; the newest one, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
