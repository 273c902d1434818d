//! One clip, as services say and see it: `ContentItem` 1.0.0.

use hivesync_jobs::Moment;
use hivesync_storage::sql::content_items::{ContentItem as KeptItem, ItemFields};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handlers::page::rfc3339;
use crate::problem::{Problem, internal};

/// The version of the form.
pub(super) const SCHEMA_VERSION: &str = "1.0.0";
/// Characters of a name of the sender's.
const NAME_CHARS_MAX: usize = 128;
/// Characters of a title.
const TITLE_CHARS_MAX: usize = 500;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 2048;
/// Characters of a summary.
const SUMMARY_CHARS_MAX: usize = 10_000;
/// Words that a clip goes by, and characters of each.
const TAGS_MAX: usize = 32;
const TAG_CHARS_MAX: usize = 64;
/// Seconds of a clip: a day.
const DURATION_MAX: f64 = 86_400.0;

/// What is said of a clip. What is left out stays as it was.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemDocument {
    /// `1.0.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_embed_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_thumbnail_url: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_view_count: Option<u64>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    clip_created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    broadcaster_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<ClipPlatform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_status: Option<ProcessingStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_file_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript_summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    github_context_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    github_summary: Option<String>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_category: Option<ContentCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enhanced_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_ready_at: Option<String>,
}

/// Where a clip was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClipPlatform {
    Twitch,
    Youtube,
    Unknown,
}

/// How far a clip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProcessingStatus {
    Pending,
    Queued,
    AudioReady,
    Transcribed,
    Enhanced,
    ReadyForContent,
    Failed,
}

/// What a clip is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ContentCategory {
    Development,
    Gaming,
    Tutorial,
    Review,
    Other,
}

/// What went wrong with a clip.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemError {
    code: String,
    message: String,
    /// RFC 3339.
    occurred_at: String,
}

/// A clip.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContentItem {
    content_item_id: String,
    #[serde(flatten)]
    document: ItemDocument,
    transcript_size_bytes: Option<u64>,
    github_context_size_bytes: Option<u64>,
    stored_at: String,
    updated_at: String,
}

impl ContentItem {
    /// A kept clip, with the addresses of its objects where it has some.
    pub(super) fn of(
        kept: &KeptItem,
        (transcript_url, github_context_url): (Option<String>, Option<String>),
    ) -> Result<Self, Problem> {
        let mut document: ItemDocument = serde_json::from_str(&kept.fields.document)
            .map_err(|error| internal("a kept clip makes no sense", &error))?;
        document.transcript_url = transcript_url.or(document.transcript_url);
        document.github_context_url = github_context_url.or(document.github_context_url);
        Ok(Self {
            content_item_id: kept.content_item_id.clone(),
            document,
            transcript_size_bytes: kept.transcript_size_bytes,
            github_context_size_bytes: kept.github_context_size_bytes,
            stored_at: rfc3339(kept.stored_at),
            updated_at: rfc3339(kept.updated_at),
        })
    }
}

/// Whether this can be a name of the sender's.
pub(super) fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

impl ItemDocument {
    /// What is kept of a clip now: whole, and within its bounds.
    pub(super) fn complete(mut self) -> Result<ItemFields, Problem> {
        if self.schema_version.get_or_insert_with(|| SCHEMA_VERSION.to_owned()) != SCHEMA_VERSION {
            return Err(Problem::field("schema_version", format!("schema_version is {SCHEMA_VERSION}.")));
        }
        self.check_texts()?;
        let clip_created_at = self.clip_created_at.as_deref();
        let clip_created_at = clip_created_at.ok_or_else(|| missing("clip_created_at"))?;
        let clip_created_at = moment("clip_created_at", clip_created_at)?;
        for (field, time) in
            [("enhanced_at", &self.enhanced_at), ("content_ready_at", &self.content_ready_at)]
        {
            time.as_deref().map_or(Ok(()), |time| moment(field, time).map(drop))?;
        }
        let clip_duration = *self.clip_duration.get_or_insert(0.0);
        if !(0.0..=DURATION_MAX).contains(&clip_duration) {
            return Err(Problem::field("clip_duration", "clip_duration is from 0 to 86400 seconds."));
        }
        if self.content_score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            return Err(Problem::field("content_score", "content_score is from 0 to 1."));
        }
        let clip_view_count = *self.clip_view_count.get_or_insert(0);
        if i64::try_from(clip_view_count).is_err() {
            return Err(Problem::field("clip_view_count", "Nothing was seen so often."));
        }
        let platform = word(*self.platform.get_or_insert(ClipPlatform::Unknown))?;
        let processing_status = word(*self.processing_status.get_or_insert(ProcessingStatus::Pending))?;
        let content_category = word(*self.content_category.get_or_insert(ContentCategory::Other))?;
        let content_score = self.content_score;
        let document = serde_json::to_string(&self)
            .map_err(|error| internal("a clip cannot be written as JSON", &error))?;
        Ok(ItemFields {
            clip_created_at,
            clip_view_count,
            clip_duration,
            content_score,
            platform,
            processing_status,
            content_category,
            document,
        })
    }

    fn check_texts(&self) -> Result<(), Problem> {
        for (field, text, max, is_needed) in [
            ("clip_id", &self.clip_id, NAME_CHARS_MAX, true),
            ("clip_title", &self.clip_title, TITLE_CHARS_MAX, true),
            ("broadcaster_name", &self.broadcaster_name, NAME_CHARS_MAX, false),
            ("creator_name", &self.creator_name, NAME_CHARS_MAX, false),
            ("transcript_summary", &self.transcript_summary, SUMMARY_CHARS_MAX, false),
            ("github_summary", &self.github_summary, SUMMARY_CHARS_MAX, false),
        ] {
            match text {
                None if is_needed => return Err(missing(field)),
                Some(text) if text.chars().count() > max || (is_needed && text.is_empty()) => {
                    return Err(Problem::field(field, format!("{field} has 1 to {max} characters.")));
                }
                _ => {}
            }
        }
        for (field, url) in [
            ("clip_url", &self.clip_url),
            ("clip_embed_url", &self.clip_embed_url),
            ("clip_thumbnail_url", &self.clip_thumbnail_url),
            ("audio_file_url", &self.audio_file_url),
            ("transcript_url", &self.transcript_url),
            ("github_context_url", &self.github_context_url),
        ] {
            if url.as_ref().is_some_and(|url| !is_address(url)) {
                let message = format!("{field} is an https address of at most {URL_BYTES_MAX} bytes.");
                return Err(Problem::field(field, message));
            }
        }
        let tags = self.content_tags.as_deref().unwrap_or_default();
        if tags.len() > TAGS_MAX || tags.iter().any(|tag| tag.chars().count() > TAG_CHARS_MAX) {
            let message = format!("content_tags has {TAGS_MAX} words of {TAG_CHARS_MAX} characters at most.");
            return Err(Problem::field("content_tags", message));
        }
        let Some(error) = &self.error else { return Ok(()) };
        if error.code.len() > NAME_CHARS_MAX || error.message.chars().count() > SUMMARY_CHARS_MAX {
            return Err(Problem::field("error", "error is longer than it may be."));
        }
        moment("error.occurred_at", &error.occurred_at).map(drop)
    }
}

fn is_address(url: &str) -> bool {
    url.len() <= URL_BYTES_MAX
        && url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

fn missing(field: &str) -> Problem {
    Problem::field(field, format!("{field} is missing."))
}

/// A time that somebody wrote.
pub(super) fn moment(field: &str, text: &str) -> Result<Moment, Problem> {
    let refused = || Problem::field(field, format!("{field} is a time such as 2026-01-31T12:00:00Z."));
    let time: Timestamp = text.parse().map_err(|_| refused())?;
    u64::try_from(time.as_millisecond()).map(Moment).map_err(|_| refused())
}

/// A word as rows and JSON have it.
pub(super) fn word(value: impl Serialize) -> Result<String, Problem> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(internal("a word is none", &other)),
        Err(error) => Err(internal("a word cannot be written", &error)),
    }
}
