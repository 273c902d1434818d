// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `operator`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The newest of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEvents {
    pub events: Vec<AuditView>,
}

/// Something that was done or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditView {
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub id: String,
    pub request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A queue: depth, and what was done in the last five minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueView {
    pub jobs_5m: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_wait_seconds: Option<f64>,
    pub queue: String,
    pub running: u64,
    pub waiting: u64,
}

/// Queues that were ever used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queues {
    pub queues: Vec<QueueView>,
}

/// What the autoscaler would do, and of what it thinks so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalingView {
    pub advice: serde_json::Map<String, Value>,
    pub settings: serde_json::Map<String, Value>,
    pub waiting: u64,
    pub workers: u64,
}

/// A worker and its last sign of life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerView {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_jobs: Option<u64>,
    pub concurrency: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_load: Option<f64>,
    pub failure_rate: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_load: Option<f64>,
    pub id: String,
    pub jobs_5m: u64,
    pub kind: String,
    pub last_heartbeat_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_depth: Option<u64>,
    pub queues: Vec<String>,
    pub started_at: String,
    pub status: String,
    pub version: String,
}

/// Workers, also those that are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workers {
    pub workers: Vec<WorkerView>,
}
