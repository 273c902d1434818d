//! What a post is asked for with, and everything that is checked before it is queued.

use hivesync_jobs::Moment;
use hivesync_storage::sql::content_items::{ItemFilter, ItemPage, SortBy, SortOrder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::item::{ClipPlatform, ContentCategory, ProcessingStatus, moment, word};
use super::webhook::repository;
use crate::problem::Problem;

/// Clips of a page when nothing is said, and at most.
const LIMIT: u64 = 20;
const LIMIT_MAX: u64 = 100;
/// Pages that are counted.
const PAGE_MAX: u64 = 100_000;
/// The longest time that a post is about: a quarter of a year.
const RANGE_MS_MAX: u64 = 92 * 24 * 3_600_000;
/// Characters of an idempotency key.
const KEY_CHARS_MAX: usize = 128;
/// Seconds that no clip has.
const DURATION_MAX: f64 = 1_000_000.0;

/// A post that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateAsk {
    #[serde(default = "first_page")]
    #[schema(minimum = 1, default = 1)]
    pub(super) page: u64,
    #[serde(default = "usual_limit")]
    #[schema(minimum = 1, maximum = 100, default = 20)]
    pub(super) limit: u64,
    #[serde(default)]
    sort_by: SortKey,
    #[serde(default)]
    sort_order: SortDirection,
    pub(super) date_range: DateRange,
    #[serde(default)]
    filters: Filters,
    #[serde(default)]
    content_type: ContentType,
    /// Owner and name, such as `owner/name`.
    pub(super) repository: Option<String>,
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(skip_serializing)]
    pub(super) idempotency_key: Option<String>,
}

/// The clips of this time, without its end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DateRange {
    /// RFC 3339.
    start: String,
    /// RFC 3339.
    end: String,
}

/// Which of the clips.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filters {
    min_views: Option<u64>,
    /// Seconds.
    min_duration: Option<f64>,
    /// Seconds.
    max_duration: Option<f64>,
    categories: Option<Vec<ContentCategory>>,
    /// The least `content_score`, 0 to 1.
    min_confidence: Option<f64>,
    platform: Option<ClipPlatform>,
    processing_status: Option<ProcessingStatus>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortKey {
    #[default]
    CreatedAt,
    ViewCount,
    ContentScore,
    Duration,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SortDirection {
    Asc,
    #[default]
    Desc,
}

/// What kind of post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentType {
    #[default]
    DailyRecap,
    WeeklySummary,
    TopicFocus,
}

/// Whether the answer waits for the post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// It does, for a while.
    Sync,
    /// It does not.
    #[default]
    Async,
}

/// What is asked for, checked.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) range: (Moment, Moment),
    pub(super) filter: ItemFilter,
    pub(super) page: ItemPage,
    /// In lower case.
    pub(super) repository: Option<String>,
}

impl GenerateAsk {
    /// Checks every part.
    pub(super) fn check(&self) -> Result<Wanted, Problem> {
        if !(1..=PAGE_MAX).contains(&self.page) {
            return Err(Problem::field("page", format!("page is from 1 to {PAGE_MAX}.")));
        }
        if !(1..=LIMIT_MAX).contains(&self.limit) {
            return Err(Problem::field("limit", format!("limit is from 1 to {LIMIT_MAX}.")));
        }
        let is_key = |key: &str| {
            (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if self.idempotency_key.as_deref().is_some_and(|key| !is_key(key)) {
            let message = format!("idempotency_key has 1 to {KEY_CHARS_MAX} visible characters of ASCII.");
            return Err(Problem::field("idempotency_key", message));
        }
        let start = moment("date_range.start", &self.date_range.start)?;
        let end = moment("date_range.end", &self.date_range.end)?;
        if end <= start || end.0.saturating_sub(start.0) > RANGE_MS_MAX {
            return Err(Problem::field("date_range", "date_range ends after it begins, within 92 days."));
        }
        let repository = match &self.repository {
            None => None,
            Some(name) => Some(
                repository(name)
                    .ok_or_else(|| Problem::field("repository", "repository is such as owner/name."))?,
            ),
        };
        let page = ItemPage {
            sort_by: match self.sort_by {
                SortKey::CreatedAt => SortBy::CreatedAt,
                SortKey::ViewCount => SortBy::ViewCount,
                SortKey::ContentScore => SortBy::ContentScore,
                SortKey::Duration => SortBy::Duration,
            },
            order: match self.sort_order {
                SortDirection::Asc => SortOrder::Ascending,
                SortDirection::Desc => SortOrder::Descending,
            },
            offset: (self.page - 1) * self.limit,
            count: self.limit,
        };
        Ok(Wanted { range: (start, end), filter: self.filters.check(start, end)?, page, repository })
    }
}

impl Filters {
    fn check(&self, from: Moment, until: Moment) -> Result<ItemFilter, Problem> {
        let bounded = |field: &str, value: Option<f64>, usual: f64, most: f64| match value {
            Some(value) if !(0.0..=most).contains(&value) => {
                Err(Problem::field(field, format!("{field} is from 0 to {most}.")))
            }
            value => Ok(value.unwrap_or(usual)),
        };
        let min_views = self.min_views.unwrap_or(0);
        if i64::try_from(min_views).is_err() {
            return Err(Problem::field("filters.min_views", "Nothing was seen so often."));
        }
        let mut categories =
            self.categories.iter().flatten().map(word).collect::<Result<Vec<String>, Problem>>()?;
        categories.sort();
        categories.dedup();
        Ok(ItemFilter {
            from,
            until,
            min_views,
            min_duration: bounded("filters.min_duration", self.min_duration, 0.0, DURATION_MAX)?,
            max_duration: bounded("filters.max_duration", self.max_duration, DURATION_MAX, DURATION_MAX)?,
            min_confidence: bounded("filters.min_confidence", self.min_confidence, 0.0, 1.0)?,
            categories,
            platform: self.platform.map(word).transpose()?,
            processing_status: self.processing_status.map(word).transpose()?,
        })
    }
}

const fn first_page() -> u64 {
    1
}

const fn usual_limit() -> u64 {
    LIMIT
}
