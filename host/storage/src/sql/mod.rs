//! The tables, a file each. Functions are named by what they mean; a change of state is
//! guarded in its WHERE.

pub mod accounts;
pub mod ai_docs;
pub mod api_keys;
pub mod attachments;
pub mod audit;
pub mod billing;
pub mod content_items;
pub mod content_jobs;
pub mod counts;
pub mod ended_jobs;
pub mod eventflow;
pub mod idempotency;
pub mod maps;
pub mod model_asks;
pub mod nonces;
pub mod notifications;
pub mod open;
pub mod pipeline_inputs;
pub mod pipeline_jobs;
pub mod pipeline_runs;
pub mod previews;
pub mod projects;
pub mod queues;
pub mod repository_events;
pub mod sessions;
pub mod slice;
pub mod step_runs;
pub mod tasks;
pub mod teams;
pub mod turn;
pub mod webhooks;
pub mod workers;

use hivesync_jobs::Moment;
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::StorageError;

/// No ULID is greater, in the order of bytes and in that of any language.
const LAST_ID: &str = "ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
const NONSENSE: StorageError = StorageError::Nonsense("a row that nobody of us wrote");

/// A time as the tables count it: in milliseconds since 1970, and nothing was earlier.
pub fn moment_of(time: Timestamp) -> Moment {
    Moment(u64::try_from(time.as_millisecond()).unwrap_or_default())
}

/// What the tables have counted, as a time. What lies beyond all times is the last of them.
pub fn time_of(moment: Moment) -> Timestamp {
    let millis = i64::try_from(moment.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

fn text(row: &AnyRow, column: &str) -> Result<String, StorageError> {
    row.try_get(column).map_err(StorageError::database("reading a row"))
}

fn maybe_text(row: &AnyRow, column: &str) -> Result<Option<String>, StorageError> {
    row.try_get(column).map_err(StorageError::database("reading a row"))
}

fn integer(row: &AnyRow, column: &str) -> Result<i64, StorageError> {
    row.try_get(column).map_err(StorageError::database("reading a row"))
}

fn count(row: &AnyRow, column: &str) -> Result<u64, StorageError> {
    u64::try_from(integer(row, column)?).map_err(|_| NONSENSE)
}

fn small(row: &AnyRow, column: &str) -> Result<u32, StorageError> {
    u32::try_from(integer(row, column)?).map_err(|_| NONSENSE)
}

fn real(row: &AnyRow, column: &str) -> Result<f64, StorageError> {
    row.try_get(column).map_err(StorageError::database("reading a row"))
}

fn maybe_real(row: &AnyRow, column: &str) -> Result<Option<f64>, StorageError> {
    row.try_get(column).map_err(StorageError::database("reading a row"))
}

fn maybe_count(row: &AnyRow, column: &str) -> Result<Option<u64>, StorageError> {
    let value: Option<i64> = row.try_get(column).map_err(StorageError::database("reading a row"))?;
    value.map(|value| u64::try_from(value).map_err(|_| NONSENSE)).transpose()
}

fn is_set(row: &AnyRow, column: &str) -> Result<bool, StorageError> {
    Ok(integer(row, column)? != 0)
}

fn time(row: &AnyRow, column: &str) -> Result<Moment, StorageError> {
    count(row, column).map(Moment)
}

fn maybe_time(row: &AnyRow, column: &str) -> Result<Option<Moment>, StorageError> {
    let value: Option<i64> = row.try_get(column).map_err(StorageError::database("reading a row"))?;
    value.map(|value| u64::try_from(value).map(Moment).map_err(|_| NONSENSE)).transpose()
}

fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T, StorageError> {
    text(row, column)?.parse().map_err(|_| NONSENSE)
}

fn moment(moment: Moment) -> Result<i64, StorageError> {
    number(moment.0, "a time")
}

fn number(value: u64, what: &'static str) -> Result<i64, StorageError> {
    i64::try_from(value).map_err(|_| StorageError::TooLarge(what))
}
