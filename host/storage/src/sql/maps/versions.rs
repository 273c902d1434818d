//! `map_versions`: the maps of a project that are kept, and which answers beside them are.

use super::super::slice::Slice;
use super::super::{count, is_set, moment, number, text, time};
use crate::database::{Database, Transaction};
use crate::error::StorageError;
use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

/// Answers of a project to other questions that are kept: the newest.
const ANSWERS_MAX: i64 = 20;

/// A map that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapVersion {
    /// The job that made it, which names its object.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// The digest of the files that it is a map of.
    pub image: String,
    /// How far the cascade is followed.
    pub cia: String,
    /// SHA-256 of the map, in hex.
    pub digest: String,
    /// Bytes of the map.
    pub bytes: u64,
    /// How many nodes it has.
    pub nodes: u64,
    /// How many edges it has.
    pub edges: u64,
    /// A threshold was met.
    pub partial: bool,
    /// When it was made.
    pub created_at: Moment,
}

/// The versions of a project, the newest first.
pub async fn versions(
    db: &Database,
    project_id: &str,
    slice: &Slice,
) -> Result<Vec<MapVersion>, StorageError> {
    slice.of_project(db, ("map_versions", "looking for maps"), project_id, None, read).await
}

/// One version of a project.
pub async fn version(db: &Database, project_id: &str, id: &str) -> Result<Option<MapVersion>, StorageError> {
    let row = sqlx::query("SELECT * FROM map_versions WHERE project_id = $1 AND id = $2")
        .bind(project_id)
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a map"))?;
    row.as_ref().map(read).transpose()
}

/// The newest version of a project.
pub async fn latest(db: &Database, project_id: &str) -> Result<Option<MapVersion>, StorageError> {
    let row = sqlx::query("SELECT * FROM map_versions WHERE project_id = $1 ORDER BY id DESC LIMIT 1")
        .bind(project_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a map"))?;
    row.as_ref().map(read).transpose()
}

/// Whether the object of a job is one that somebody may ask for, or may be soon.
pub async fn keeps(db: &Database, id: &str) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 AS kept FROM map_jobs WHERE id = $1 AND (is_kept = 1 OR state IN ('queued', 'running'))",
    )
    .bind(id)
    .fetch_optional(&db.pool)
    .await
    .map_err(StorageError::database("looking for a map"))?;
    Ok(row.is_some())
}

pub(super) async fn keep(transaction: &mut Transaction, version: &MapVersion) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO map_versions (id, project_id, image, cia, digest, bytes, nodes, edges, partial, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&version.id)
    .bind(&version.project_id)
    .bind(&version.image)
    .bind(&version.cia)
    .bind(&version.digest)
    .bind(number(version.bytes, "a size")?)
    .bind(number(version.nodes, "a count")?)
    .bind(number(version.edges, "a count")?)
    .bind(i64::from(version.partial))
    .bind(moment(version.created_at)?)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(StorageError::database("keeping a map"))
}

/// Forgets all versions but the newest.
pub(super) async fn thin_out(
    transaction: &mut Transaction,
    project_id: &str,
    most: u32,
) -> Result<Vec<String>, StorageError> {
    let gone = older(
        transaction,
        "SELECT id FROM map_versions WHERE project_id = $1 AND id NOT IN
           (SELECT id FROM map_versions WHERE project_id = $1 ORDER BY id DESC LIMIT $2)",
        (project_id, i64::from(most)),
    )
    .await?;
    for id in &gone {
        sqlx::query("DELETE FROM map_versions WHERE id = $1")
            .bind(id)
            .execute(&mut **transaction)
            .await
            .map_err(StorageError::database("forgetting a map"))?;
    }
    forget(transaction, &gone).await?;
    Ok(gone)
}

/// Forgets all answers to other questions but the newest.
pub(super) async fn thin_out_answers(
    transaction: &mut Transaction,
    project_id: &str,
) -> Result<Vec<String>, StorageError> {
    let gone = older(
        transaction,
        "SELECT id FROM map_jobs WHERE project_id = $1 AND kind <> 'map' AND is_kept = 1 AND id NOT IN
           (SELECT id FROM map_jobs WHERE project_id = $1 AND kind <> 'map' AND is_kept = 1
            ORDER BY id DESC LIMIT $2)",
        (project_id, ANSWERS_MAX),
    )
    .await?;
    forget(transaction, &gone).await?;
    Ok(gone)
}

async fn older(
    transaction: &mut Transaction,
    sql: &'static str,
    (project_id, most): (&str, i64),
) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(sql)
        .bind(project_id)
        .bind(most)
        .fetch_all(&mut **transaction)
        .await
        .map_err(StorageError::database("looking for old maps"))?;
    rows.iter().map(|row| text(row, "id")).collect()
}

async fn forget(transaction: &mut Transaction, gone: &[String]) -> Result<(), StorageError> {
    for id in gone {
        sqlx::query("UPDATE map_jobs SET is_kept = 0 WHERE id = $1")
            .bind(id)
            .execute(&mut **transaction)
            .await
            .map_err(StorageError::database("forgetting a map"))?;
    }
    Ok(())
}

fn read(row: &AnyRow) -> Result<MapVersion, StorageError> {
    Ok(MapVersion {
        id: text(row, "id")?,
        project_id: text(row, "project_id")?,
        image: text(row, "image")?,
        cia: text(row, "cia")?,
        digest: text(row, "digest")?,
        bytes: count(row, "bytes")?,
        nodes: count(row, "nodes")?,
        edges: count(row, "edges")?,
        partial: is_set(row, "partial")?,
        created_at: time(row, "created_at")?,
    })
}
