// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `ai`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file that is documented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AiDocJobView {
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub job_id: String,
    /// `summary`, `comments`, `rename` or `full`.
    pub kind: String,
    pub path: String,
    /// None for a file of no project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// Where the record of its run can be read for a while: with the same file the run is made again from it, without a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_url: Option<String>,
    /// `summary`, `points`, `suggestions`, `left_out`, `diff` and `snippet`, once it is done; a list does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    pub result_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// `queued`, `running`, `success` or `failed`.
    pub state: String,
}

/// Documentation of a file that a model wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AiDocView {
    pub bytes: u64,
    pub created_at: String,
    pub digest: String,
    pub job_id: String,
    pub kind: String,
    pub path: String,
    pub result_url: String,
    pub user_id: String,
}

/// A file with lines that want comments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommentAsk {
    pub path: String,
    /// The project that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    pub range: LineRange,
    pub text: String,
}

/// Lines, the first and the last, both from 1 on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineRange {
    pub end: u64,
    pub start: u64,
}

/// A file whose names want better ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamesAsk {
    pub path: String,
    /// The project that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
    pub text: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageAiDocJobView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<AiDocJobView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageAiDocView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<AiDocView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// What is wanted of a file of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectAsk {
    pub kind: ProjectAskKind,
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
    /// The file's text; that of the newest image of the project, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProjectAskKind {
    #[serde(rename = "summary")]
    Summary,
    #[serde(rename = "comments")]
    Comments,
    #[serde(rename = "rename")]
    Rename,
    #[serde(rename = "full")]
    Full,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A file to be told about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryAsk {
    pub path: String,
    /// The project that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    pub text: String,
}
