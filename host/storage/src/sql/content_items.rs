//! `content_items`: clips that posts are made from. Transcripts and contexts are objects.
//!
//! **Invariant:** one item a name of its sender's, and what is not said of it again stays.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::{count, maybe_count, maybe_real, maybe_text, moment, number, real, text, time};
use crate::database::{Database, Transaction, commit};
use crate::error::StorageError;

/// The fields of an item that lists are filtered and sorted by, and all of them as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFields {
    /// When the clip was made.
    pub clip_created_at: Moment,
    /// How often it was seen.
    pub clip_view_count: u64,
    /// Seconds.
    pub clip_duration: f64,
    /// How good it is, 0 to 1, where somebody said so.
    pub content_score: Option<f64>,
    /// Where it was made.
    pub platform: String,
    /// How far it is.
    pub processing_status: String,
    /// What it is about.
    pub content_category: String,
    /// JSON: everything that its sender said of it.
    pub document: String,
}

/// What is kept in objects of an item; none stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemObjects {
    /// What those objects are called: a ULID of their own.
    pub name: String,
    /// Bytes and words of its transcript.
    pub transcript: Option<(u64, u64)>,
    /// Bytes of what is known of the repository.
    pub github_context: Option<u64>,
}

/// An item.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentItem {
    /// Ours.
    pub id: String,
    /// The sender's.
    pub content_item_id: String,
    /// What is said of it.
    pub fields: ItemFields,
    /// What the object of its transcript is called, where there is one.
    pub transcript_object: String,
    /// What the object of the context is called, where there is one.
    pub github_context_object: String,
    /// Bytes of the transcript, where there is one.
    pub transcript_size_bytes: Option<u64>,
    /// Words of it.
    pub transcript_words: u64,
    /// Bytes of the context, where there is one.
    pub github_context_size_bytes: Option<u64>,
    /// When it came first.
    pub stored_at: Moment,
    /// When something was said of it last.
    pub updated_at: Moment,
}

/// Items that are kept together, or not at all. Dropped, nothing has changed.
#[derive(Debug)]
pub struct Intake {
    transaction: Transaction,
}

/// An item whose row is held.
#[derive(Debug)]
pub struct Taken {
    /// Ours.
    pub id: String,
    /// JSON: what was said of it before; none for a new one.
    pub document: Option<String>,
}

impl Intake {
    /// Begins one.
    pub async fn begin(db: &Database) -> Result<Self, StorageError> {
        Ok(Self { transaction: db.begin().await? })
    }

    /// Takes the row of an item, or makes one under `id` without anything in it; what is said of it
    /// follows with [`Intake::fill`]. Others wait meanwhile: whoever takes many takes them in the
    /// order of their names, so that no two wait for each other.
    pub async fn take(
        &mut self,
        id: &str,
        content_item_id: &str,
        now: Moment,
    ) -> Result<Taken, StorageError> {
        let row = sqlx::query(
            "INSERT INTO content_items (id, content_item_id, clip_created_at, clip_view_count, clip_duration,
           platform, processing_status, content_category, document, transcript_words, stored_at, updated_at)
         VALUES ($1, $2, 0, 0, 0.0, 'unknown', 'pending', 'other', '', 0, $3, $3)
         ON CONFLICT (content_item_id) DO UPDATE SET updated_at = excluded.updated_at
         RETURNING id, document",
        )
        .bind(id)
        .bind(content_item_id)
        .bind(moment(now)?)
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(StorageError::database("taking an item"))?;
        let document = Some(text(&row, "document")?).filter(|document| !document.is_empty());
        Ok(Taken { id: text(&row, "id")?, document })
    }

    /// Says what an item is now.
    pub async fn fill(
        &mut self,
        taken: &Taken,
        fields: &ItemFields,
        objects: &ItemObjects,
    ) -> Result<(), StorageError> {
        let (bytes, words) = objects.transcript.map_or((-1, -1), |(bytes, words)| {
            (i64::try_from(bytes).unwrap_or(i64::MAX), i64::try_from(words).unwrap_or(i64::MAX))
        });
        let context = objects.github_context.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        sqlx::query(
            "UPDATE content_items
             SET clip_created_at = $2, clip_view_count = $3, clip_duration = $4,
               content_score = CASE WHEN $5 < 0.0 THEN NULL ELSE $5 END,
               platform = $6, processing_status = $7, content_category = $8, document = $9,
               transcript_size_bytes = CASE WHEN $10 < 0 THEN transcript_size_bytes ELSE $10 END,
               transcript_words = CASE WHEN $11 < 0 THEN transcript_words ELSE $11 END,
               github_context_size_bytes = CASE WHEN $12 < 0 THEN github_context_size_bytes ELSE $12 END,
               transcript_object = CASE WHEN $10 < 0 THEN transcript_object ELSE $13 END,
               github_context_object = CASE WHEN $12 < 0 THEN github_context_object ELSE $13 END
             WHERE id = $1",
        )
        .bind(&taken.id)
        .bind(moment(fields.clip_created_at)?)
        .bind(number(fields.clip_view_count, "a number of views")?)
        .bind(fields.clip_duration)
        // PostgreSQL keeps the types of the first time for the statement, and none has another.
        .bind(fields.content_score.unwrap_or(-1.0))
        .bind(&fields.platform)
        .bind(&fields.processing_status)
        .bind(&fields.content_category)
        .bind(&fields.document)
        .bind(bytes)
        .bind(words)
        .bind(context)
        .bind(&objects.name)
        .execute(&mut *self.transaction)
        .await
        .map_err(StorageError::database("keeping an item"))
        .map(drop)
    }

    /// Keeps all of them.
    pub async fn commit(self) -> Result<(), StorageError> {
        commit(self.transaction).await
    }
}

/// Which items are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFilter {
    /// Made then or later.
    pub from: Moment,
    /// Made before then.
    pub until: Moment,
    /// Seen so often at least.
    pub min_views: u64,
    /// Seconds at least.
    pub min_duration: f64,
    /// Seconds at most.
    pub max_duration: f64,
    /// At least so good; what nobody judged counts as nothing.
    pub min_confidence: f64,
    /// One of these; any where there is none.
    pub categories: Vec<String>,
    /// Made there.
    pub platform: Option<String>,
    /// So far.
    pub processing_status: Option<String>,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// When the clip was made.
    CreatedAt,
    /// How often it was seen.
    ViewCount,
    /// How good it is.
    ContentScore,
    /// How long it is.
    Duration,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub struct ItemPage {
    /// By what.
    pub sort_by: SortBy,
    /// Which way.
    pub order: SortOrder,
    /// Items that are left out at the beginning.
    pub offset: u64,
    /// Items at most.
    pub count: u64,
}

const CONDITIONS: &str = "clip_created_at >= $1 AND clip_created_at < $2 AND clip_view_count >= $3
   AND clip_duration >= $4 AND clip_duration <= $5 AND COALESCE(content_score, 0.0) >= $6
   AND ($7 = '' OR platform = $7) AND ($8 = '' OR processing_status = $8)";

impl ItemFilter {
    /// The conditions, whose parameters go up to eight and one for each category.
    fn conditions(&self) -> String {
        if self.categories.is_empty() {
            return CONDITIONS.to_owned();
        }
        let places: Vec<String> =
            (9..).take(self.categories.len()).map(|place| format!("${place}")).collect();
        format!("{CONDITIONS} AND content_category IN ({})", places.join(", "))
    }

    fn bind<'q>(&'q self, sql: String) -> Result<Query<'q>, StorageError> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(moment(self.from)?)
            .bind(moment(self.until)?)
            .bind(number(self.min_views, "a number of views")?)
            .bind(self.min_duration)
            .bind(self.max_duration)
            .bind(self.min_confidence)
            .bind(self.platform.as_deref().unwrap_or_default())
            .bind(self.processing_status.as_deref().unwrap_or_default());
        for category in &self.categories {
            query = query.bind(category.as_str());
        }
        Ok(query)
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

/// How many items are meant.
pub async fn how_many(db: &Database, filter: &ItemFilter) -> Result<u64, StorageError> {
    let sql = format!("SELECT COUNT(*) AS items FROM content_items WHERE {}", filter.conditions());
    let row = filter.bind(sql)?.fetch_one(&db.pool).await;
    count(&row.map_err(StorageError::database("counting items"))?, "items")
}

/// The items that are meant, a part of them.
pub async fn list(
    db: &Database,
    filter: &ItemFilter,
    page: ItemPage,
) -> Result<Vec<ContentItem>, StorageError> {
    let column = match page.sort_by {
        SortBy::CreatedAt => "clip_created_at",
        SortBy::ViewCount => "clip_view_count",
        SortBy::ContentScore => "COALESCE(content_score, 0.0)",
        SortBy::Duration => "clip_duration",
    };
    let order = match page.order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    };
    let sql = format!(
        "SELECT * FROM content_items WHERE {} ORDER BY {column} {order}, id {order} LIMIT {} OFFSET {}",
        filter.conditions(),
        page.count,
        number(page.offset, "an offset")?,
    );
    let rows = filter.bind(sql)?.fetch_all(&db.pool).await;
    rows.map_err(StorageError::database("looking for items"))?.iter().map(item).collect()
}

/// What is kept in an object of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is said in the clip.
    Transcript,
    /// What is known of the repository.
    GithubContext,
}

/// Whether a row tells of the object of this name.
pub async fn keeps(db: &Database, part: Part, name: &str) -> Result<bool, StorageError> {
    let sql = match part {
        Part::Transcript => {
            "SELECT 1 AS kept FROM content_items
             WHERE transcript_object = $1 OR (id = $1 AND transcript_object IS NULL) LIMIT 1"
        }
        Part::GithubContext => {
            "SELECT 1 AS kept FROM content_items
             WHERE github_context_object = $1 OR (id = $1 AND github_context_object IS NULL) LIMIT 1"
        }
    };
    let row = sqlx::query(sql)
        .bind(name)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for an item"))?;
    Ok(row.is_some())
}

fn item(row: &AnyRow) -> Result<ContentItem, StorageError> {
    let id = text(row, "id")?;
    Ok(ContentItem {
        transcript_object: maybe_text(row, "transcript_object")?.unwrap_or_else(|| id.clone()),
        github_context_object: maybe_text(row, "github_context_object")?.unwrap_or_else(|| id.clone()),
        id,
        content_item_id: text(row, "content_item_id")?,
        fields: ItemFields {
            clip_created_at: time(row, "clip_created_at")?,
            clip_view_count: count(row, "clip_view_count")?,
            clip_duration: real(row, "clip_duration")?,
            content_score: maybe_real(row, "content_score")?,
            platform: text(row, "platform")?,
            processing_status: text(row, "processing_status")?,
            content_category: text(row, "content_category")?,
            document: text(row, "document")?,
        },
        transcript_size_bytes: maybe_count(row, "transcript_size_bytes")?,
        transcript_words: count(row, "transcript_words")?,
        github_context_size_bytes: maybe_count(row, "github_context_size_bytes")?,
        stored_at: time(row, "stored_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
