//! What a post is about, as the host tells it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a post is made from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The clips of the time.
    pub clips: Vec<Clip>,
    /// What happened in the repository.
    #[serde(default)]
    pub events: Vec<Event>,
    /// The day of the post, such as `2026-03-01`.
    pub date: String,
    /// What kind of post, in a word.
    pub content_type: String,
}

/// A moment, in RFC 3339 where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct When(pub Timestamp);

impl When {
    /// Seconds between two moments, whichever is the earlier one.
    pub(crate) fn seconds_to(self, other: Self) -> u64 {
        self.0.as_second().abs_diff(other.0.as_second())
    }
}

/// One clip.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// The id of its item.
    pub content_item_id: String,
    /// As its maker wrote it.
    pub clip_title: String,
    /// Where it can be seen.
    #[serde(default)]
    pub clip_url: Option<String>,
    /// Seconds.
    #[serde(default)]
    pub clip_duration: f64,
    /// How often it was seen.
    #[serde(default)]
    pub clip_view_count: u64,
    /// When it was made.
    pub clip_created_at: When,
    /// Words of its transcript.
    #[serde(default)]
    pub transcript_words: u64,
    /// What is said in it, in short.
    #[serde(default)]
    pub transcript_summary: Option<String>,
    /// What is known of the repository at that time, in short.
    #[serde(default)]
    pub github_summary: Option<String>,
    /// How good its content is, 0 to 1, where somebody said so.
    #[serde(default)]
    pub content_score: Option<f64>,
    /// Words that it goes by.
    #[serde(default)]
    pub content_tags: Vec<String>,
    /// What it is about.
    #[serde(default)]
    pub content_category: Category,
}

/// What a clip is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Software is made.
    Development,
    /// A game is played.
    Gaming,
    /// Somebody is shown how to do something.
    Tutorial,
    /// Something is judged.
    Review,
    /// Anything else.
    #[default]
    Other,
}

/// Something that happened in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// No other event has it.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// As its maker wrote it.
    pub title: String,
    /// Where it can be seen.
    #[serde(default)]
    pub url: Option<String>,
    /// When.
    pub occurred_at: When,
}

/// What happens in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A pull request was opened, merged or closed.
    PullRequest,
    /// A commit was pushed.
    Commit,
    /// An issue was opened or closed.
    Issue,
}
