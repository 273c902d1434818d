// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `content`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Nothing is said of which.
pub type CleanupAsk = serde_json::Map<String, Value>;

/// Where a clip was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClipPlatform {
    #[serde(rename = "twitch")]
    Twitch,
    #[serde(rename = "youtube")]
    Youtube,
    #[serde(rename = "unknown")]
    Unknown,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// What a clip is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentCategory {
    #[serde(rename = "development")]
    Development,
    #[serde(rename = "gaming")]
    Gaming,
    #[serde(rename = "tutorial")]
    Tutorial,
    #[serde(rename = "review")]
    Review,
    #[serde(rename = "other")]
    Other,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_file_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcaster_name: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_created_at: Option<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_embed_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_thumbnail_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_view_count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_category: Option<ContentCategory>,
    pub content_item_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_ready_at: Option<String>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ItemError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_context_size_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_context_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ClipPlatform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_status: Option<ProcessingStatus>,
    /// `1.0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    pub stored_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_size_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_url: Option<String>,
    pub updated_at: String,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentJobView {
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
    pub expires_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub job_id: String,
    pub job_status: String,
    pub progress: Progress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    pub status_url: String,
}

/// What kind of post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentType {
    #[serde(rename = "daily_recap")]
    DailyRecap,
    #[serde(rename = "weekly_summary")]
    WeeklySummary,
    #[serde(rename = "topic_focus")]
    TopicFocus,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// The clips of this time, without its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateRange {
    /// RFC 3339.
    pub end: String,
    /// RFC 3339.
    pub start: String,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryHeard {
    /// Events that were not known.
    pub events: u64,
    pub result: DeliveryOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryOutcome {
    #[serde(rename = "taken")]
    Taken,
    #[serde(rename = "known")]
    Known,
    #[serde(rename = "ignored")]
    Ignored,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// Which of the clips.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Filters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<ContentCategory>>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<f64>,
    /// The least `content_score`, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_views: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ClipPlatform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_status: Option<ProcessingStatus>,
}

/// A post that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateAsk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    pub date_range: DateRange,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// Owner and name, such as `owner/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<SortKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<SortDirection>,
}

/// What came of a request, as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The clips of the page; none of a job that is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_items: Option<Vec<ContentItem>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_score: Option<f64>,
    pub date_range: DateRange,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
    pub expires_at: String,
    pub job_id: String,
    pub job_status: String,
    pub pagination: Pagination,
    pub status_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_title: Option<String>,
    pub summary: Summary,
}

/// A clip that something is said of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemAsk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_file_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcaster_name: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_created_at: Option<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_embed_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_thumbnail_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_view_count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_category: Option<ContentCategory>,
    /// The sender's name for it.
    pub content_item_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_ready_at: Option<String>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ItemError>,
    /// What is known of the repository at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_context: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_context_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ClipPlatform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_status: Option<ProcessingStatus>,
    /// `1.0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    /// What is said in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_url: Option<String>,
}

/// What went wrong with a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemError {
    pub code: String,
    pub message: String,
    /// RFC 3339.
    pub occurred_at: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemKept {
    pub content_item_id: String,
    pub result: ItemResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemResult {
    #[serde(rename = "created")]
    Created,
    #[serde(rename = "updated")]
    Updated,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// Clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemsAsk {
    pub items: Vec<ItemAsk>,
}

/// What became of the clips, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemsKept {
    pub items: Vec<ItemKept>,
}

/// What went wrong with a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobError {
    pub code: String,
    pub message: String,
}

/// What came of a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// The branch that the patch is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The clips of the post with their scores and events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clips: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_score: Option<f64>,
    /// Where its patch can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_url: Option<String>,
    /// The file that it adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where the post can be read for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_url: Option<String>,
    /// Why none was, where one is configured and would not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request_error: Option<Value>,
    /// Where a pull request was opened, where a forge is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request_url: Option<String>,
    /// Where the record of its run can be, from which it is made again without a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_title: Option<String>,
    /// The marks of the post, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Value>,
}

/// How many jobs there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobStats {
    /// From the request to the end, of those that are over; none where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_milliseconds: Option<u64>,
    pub completed: u64,
    pub failed: u64,
    pub processing: u64,
    pub queued: u64,
    pub total: u64,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobsRemoved {
    pub removed: u64,
}

/// Whether the answer waits for the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    #[serde(rename = "sync")]
    Sync,
    #[serde(rename = "async")]
    Async,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageContentJobView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<ContentJobView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pagination {
    pub current_page: u64,
    pub has_next: bool,
    pub has_prev: bool,
    pub per_page: u64,
    pub total_items: u64,
    pub total_pages: u64,
}

/// How far a clip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessingStatus {
    #[serde(rename = "pending")]
    Pending,
    #[serde(rename = "queued")]
    Queued,
    #[serde(rename = "audio_ready")]
    AudioReady,
    #[serde(rename = "transcribed")]
    Transcribed,
    #[serde(rename = "enhanced")]
    Enhanced,
    #[serde(rename = "ready_for_content")]
    ReadyForContent,
    #[serde(rename = "failed")]
    Failed,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub current: u64,
    pub step: String,
    pub total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortDirection {
    #[serde(rename = "asc")]
    Asc,
    #[serde(rename = "desc")]
    Desc,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "view_count")]
    ViewCount,
    #[serde(rename = "content_score")]
    ContentScore,
    #[serde(rename = "duration")]
    Duration,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub total_clips: u64,
    pub total_commits: u64,
    pub total_issues: u64,
    pub total_prs: u64,
}
