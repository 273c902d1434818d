// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `tasks`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};

/// An attachment, and where its bytes are for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttachmentLink {
    #[serde(flatten)]
    pub attachment_view: AttachmentView,
    pub expires_in: u64,
    pub url: String,
}

/// An attachment as the project's people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttachmentView {
    pub bytes: u64,
    pub created_at: String,
    pub digest: String,
    pub id: String,
    pub name: String,
    pub uploaded_by: String,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommentView {
    pub author: String,
    pub body: String,
    pub created_at: String,
    pub id: String,
}

/// Something that is to be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewComment {
    pub body: String,
}

/// A task that is to be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTask {
    /// The id of one of the project's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub title: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageAttachmentView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<AttachmentView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageCommentView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<CommentView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageTaskView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<TaskView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// What is to be changed of a task; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskChange {
    /// The id of one of the project's people; null for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskStatus {
    #[serde(rename = "open")]
    Open,
    #[serde(rename = "in_progress")]
    InProgress,
    #[serde(rename = "done")]
    Done,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A task as the project's people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskView {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    pub created_at: String,
    pub created_by: String,
    pub description: String,
    pub id: String,
    pub project_id: String,
    pub status: TaskStatus,
    pub title: String,
    pub updated_at: String,
}
