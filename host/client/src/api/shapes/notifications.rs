// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `notifications`.

#![allow(missing_docs, reason = "they are the names of the document")]

use super::Happened;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A notification as its user sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotificationView {
    pub created_at: String,
    pub data: Value,
    pub id: String,
    pub kind: Happened,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageNotificationView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<NotificationView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// How many were not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unread {
    pub unread: u64,
}
