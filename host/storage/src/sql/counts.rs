//! `counts`: what the processes of a fleet counted, each adding what is new.

use super::{count, number, text};
use crate::database::{Database, commit};
use crate::error::StorageError;

/// Runs in a sandbox.
pub const SANDBOX_RUNS: &str = "sandbox_runs";
/// Guest instructions of them.
pub const SANDBOX_FUEL: &str = "sandbox_fuel";
/// Instances that were made for them.
pub const SANDBOX_INSTANCES: &str = "sandbox_instances";
/// Microseconds of processor time that making them took.
pub const SANDBOX_INSTANTIATE_US: &str = "sandbox_instantiate_us";
/// Runs that a limit ended; the label is its code.
pub const SANDBOX_LIMITS: &str = "sandbox_limits";
/// What a policy did not allow; the label is the code.
pub const SANDBOX_DENIALS: &str = "sandbox_denials";
/// Rounds of the cleanup; the label says of which kind.
pub const CLEANUP_ROUNDS: &str = "cleanup_rounds";
/// What they removed; the label says what.
pub const CLEANUP_REMOVED: &str = "cleanup_removed";

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What was counted.
    pub name: String,
    /// Which of its kind; empty where there is one only.
    pub label: String,
    /// How often.
    pub value: u64,
}

impl Count {
    /// One with a label, which may be empty.
    pub fn new(name: &str, label: &str, value: u64) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), value }
    }
}

/// Adds to what is there, all of it or nothing.
pub async fn add(db: &Database, counts: &[Count]) -> Result<(), StorageError> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut transaction = db.begin().await?;
    // In one order, so that two processes never wait for each other.
    let mut counts: Vec<&Count> = counts.iter().collect();
    counts.sort_unstable_by_key(|count| (&count.name, &count.label));
    for count in counts {
        sqlx::query(
            "INSERT INTO counts (name, label, value) VALUES ($1, $2, $3)
             ON CONFLICT (name, label) DO UPDATE SET value = counts.value + excluded.value",
        )
        .bind(&count.name)
        .bind(&count.label)
        .bind(number(count.value, "a count")?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("counting"))?;
    }
    commit(transaction).await
}

/// All of them, by name and label.
pub async fn all(db: &Database) -> Result<Vec<Count>, StorageError> {
    let rows = sqlx::query("SELECT name, label, value FROM counts ORDER BY name, label")
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("reading counts"))?;
    rows.iter()
        .map(|row| {
            Ok(Count { name: text(row, "name")?, label: text(row, "label")?, value: count(row, "value")? })
        })
        .collect()
}
