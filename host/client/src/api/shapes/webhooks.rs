// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `webhooks`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};

/// What an address was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryView {
    pub attempts: u64,
    pub created_at: String,
    /// Why there was none, or why the message is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The event's name; `ping` for a test.
    pub event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// `webhook-id`, the same at each attempt.
    pub id: String,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    pub state: MessageState,
    /// The status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageState {
    #[serde(rename = "pending")]
    Pending,
    #[serde(rename = "delivered")]
    Delivered,
    #[serde(rename = "dead")]
    Dead,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// An address that is to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewWebhook {
    pub events: Vec<WebhookEvent>,
    /// Where: over https alone, and at no address of a private network.
    pub url: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageDeliveryView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<DeliveryView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageWebhookView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<WebhookView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A test that is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PingView {
    /// Its `webhook-id`.
    pub id: String,
}

/// What an address is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WebhookEvent {
    #[serde(rename = "preview.finished")]
    PreviewFinished,
    #[serde(rename = "preview.failed")]
    PreviewFailed,
    #[serde(rename = "preview.canceled")]
    PreviewCanceled,
    #[serde(rename = "map.ready")]
    MapReady,
    #[serde(rename = "map.failed")]
    MapFailed,
    #[serde(rename = "docs.ready")]
    DocsReady,
    #[serde(rename = "docs.failed")]
    DocsFailed,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// An address as its project's owner sees it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookView {
    pub created_at: String,
    /// Since when nothing is sent there, because nothing arrived; a test that arrives ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    pub events: Vec<WebhookEvent>,
    pub id: String,
    /// What messages are signed with: once, in the answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub url: String,
}

impl std::fmt::Debug for WebhookView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("WebhookView").finish_non_exhaustive()
    }
}
