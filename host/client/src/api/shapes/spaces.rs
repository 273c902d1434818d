// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `spaces`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageSpaceRunBrief {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<SpaceRunBrief>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A run that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunAsk {
    /// What is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RunAskPlan>,
    /// How large previews are from step 4 on; before it they are of 2K.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_post_step4: Option<RunAskQualityPostStep4>,
    /// Width to height, such as `16:9`; locked once it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<String>,
    /// What the user wants, in words.
    pub request: String,
}

/// What is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunAskPlan {
    #[serde(rename = "residential")]
    Residential,
    #[serde(rename = "other")]
    Other,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// How large previews are from step 4 on; before it they are of 2K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunAskQualityPostStep4 {
    #[serde(rename = "1K")]
    Of1K,
    #[serde(rename = "2K")]
    Of2K,
    #[serde(rename = "4K")]
    Of4K,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// Something that is kept of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceArtifactView {
    pub artifact_id: String,
    pub bytes: u64,
    pub digest: String,
    pub expires_at: String,
    /// `preview`, `original`, `json` or `metadata`.
    pub kind: String,
    pub metadata: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<u64>,
    pub url: String,
}

/// What was decided after a supervision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceDecisionView {
    pub attempt: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<String>,
    pub created_at: String,
    /// The person who decided; none where it was the supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// `proceed`, `retry` or `block`.
    pub decision: String,
    pub llm_audit: Value,
    /// What they said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub retry_budget_remaining: u64,
    pub rule_checks: Value,
    pub schema_validations: Value,
    pub step_id: u64,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceRunBrief {
    pub created_at: String,
    pub current_step: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    pub run_id: String,
    /// `open`, `blocked`, or `ended`.
    pub status: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceRunView {
    #[serde(flatten)]
    pub space_run_brief: SpaceRunBrief,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Milliseconds within which 95 of 100 services of a kind ended in the last day.
    pub p95_ms: std::collections::BTreeMap<String, u64>,
    pub payload_size_estimate: u64,
    pub plan: String,
    pub project_id: String,
    pub quality_post_step4: String,
    pub ratio: String,
    pub ratio_locked: bool,
    pub request: String,
    pub retries_left: u64,
    pub services: Vec<SpaceServiceView>,
}

/// A service of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceServiceView {
    pub attempts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_time_ms: Option<u64>,
    /// The artifact with its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_ref: Option<String>,
    /// `image_io`, `info_worker`, `comparison` or `supervisor`.
    pub service: String,
    /// `pending`, `running`, `completed`, `failed` or `blocked`.
    pub status: String,
    pub step_id: u64,
}

/// A picture that was uploaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceUploadView {
    pub bytes: u64,
    pub digest: String,
    pub upload_id: String,
}

/// A step that is to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartAsk {
    /// Uploads of this run, each once.
    pub upload_ids: Vec<String>,
}

/// What a person decides about a run that is blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnblockAsk {
    /// What follows.
    pub decision: UnblockAskDecision,
    /// Why, for whoever reads the decisions later.
    pub note: String,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnblockAskDecision {
    #[serde(rename = "proceed")]
    Proceed,
    #[serde(rename = "retry")]
    Retry,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}
