//! Whose turn it is to do what one process of a fleet does for all.
//!
//! In PostgreSQL a turn is an advisory lock of a connection, so it ends with its process and no
//! clock has a say. A file has one process anyway.

use sqlx::{AnyConnection, Row as _};

use crate::database::Database;
use crate::error::StorageError;

/// Locks of ours, apart from those of others in the same database.
const SPACE: i32 = 0x4853;

/// The turn of this process, until it is dropped or its connection is lost.
#[derive(Debug)]
pub struct Turn(Option<AnyConnection>);

impl Turn {
    /// Takes it, unless another process has it.
    pub async fn take(db: &Database, name: &str) -> Result<Option<Self>, StorageError> {
        if !db.is_shared {
            return Ok(Some(Self(None)));
        }
        let failed = StorageError::database;
        let connection = db.pool.acquire().await.map_err(failed("asking whose turn it is"))?;
        // Of its own from now on: the lock is the connection's.
        let mut connection = connection.detach();
        let row =
            sqlx::query("SELECT CASE WHEN pg_try_advisory_lock($1, hashtext($2)) THEN 1 ELSE 0 END AS mine")
                .bind(SPACE)
                .bind(name)
                .fetch_one(&mut connection)
                .await
                .map_err(failed("asking whose turn it is"))?;
        let mine: i32 = row.try_get("mine").map_err(failed("asking whose turn it is"))?;
        Ok((mine == 1).then_some(Self(Some(connection))))
    }

    /// Whether it is still this process's.
    pub async fn is_held(&mut self) -> Result<(), StorageError> {
        match &mut self.0 {
            None => Ok(()),
            Some(connection) => sqlx::query("SELECT 1")
                .execute(connection)
                .await
                .map(drop)
                .map_err(StorageError::database("asking whether it is still our turn")),
        }
    }
}
