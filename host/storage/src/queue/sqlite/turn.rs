//! A turn to write to the file.
//!
//! Every statement is a turn of the thread that has the file, which costs more than most statements do. So
//! the transaction begins with the first statement that reads, whatever that is, and ends with the last one
//! that writes.

use std::collections::BTreeSet;

use hivesync_jobs::{JobId, Moment};
use serde::Serialize;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Executor as _, SqliteConnection};

use super::{read, write};
use crate::database::list;
use crate::error::StorageError;
use crate::queue::desk::Desk;
use crate::queue::rows::{Places, Rows, Wanted};

/// Nobody else writes from here on.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// A transaction that begins when something is asked of it.
pub(super) struct Turn<'a> {
    db: &'a mut SqliteConnection,
    is_open: bool,
}

/// Statements that go to the file together, one after the other.
#[derive(Default)]
pub(super) struct Script {
    sql: String,
    arguments: SqliteArguments,
}

impl Script {
    /// One more, which takes one list.
    pub(super) fn list(&mut self, statement: &str, rows: &impl Serialize) -> Result<(), StorageError> {
        self.bind(list(rows)?)?;
        self.add(statement);
        Ok(())
    }

    /// One more; what it takes is bound in its order.
    pub(super) fn add(&mut self, statement: &str) {
        self.sql.push_str(statement);
        self.sql.push(';');
    }

    /// What the next `?` stands for.
    pub(super) fn bind<'q, T>(&mut self, value: T) -> Result<(), StorageError>
    where
        T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + 'q,
    {
        let added = self.arguments.add(value);
        added.map_err(|_| StorageError::Nonsense("a value that no statement takes"))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }
}

impl<'a> Turn<'a> {
    pub(super) const fn new(db: &'a mut SqliteConnection) -> Self {
        Self { db, is_open: false }
    }

    /// All rows that it finds.
    pub(super) async fn read(
        &mut self,
        script: Script,
        what: &'static str,
    ) -> Result<Vec<SqliteRow>, StorageError> {
        let is_open = std::mem::replace(&mut self.is_open, true);
        let sql = if is_open { script.sql } else { format!("{BEGIN};{}", script.sql) };
        let found = sqlx::query_with(sqlx::AssertSqlSafe(sql), script.arguments);
        found.fetch_all(&mut *self.db).await.map_err(StorageError::database(what))
    }

    /// How many rows it changes, all its statements together; where each of them changes some.
    pub(super) async fn write(&mut self, script: Script, what: &'static str) -> Result<u64, StorageError> {
        if !std::mem::replace(&mut self.is_open, true) {
            // Not together: a statement that changes nothing is counted as what was changed before it.
            self.db.execute(BEGIN).await.map_err(StorageError::database("beginning"))?;
        }
        let written = sqlx::query_with(sqlx::AssertSqlSafe(script.sql), script.arguments);
        let written = written.execute(&mut *self.db).await.map_err(StorageError::database(what))?;
        Ok(written.rows_affected())
    }

    /// Writes what still lies changed on the desk, and commits.
    pub(super) async fn commit(mut self, desk: &mut Desk) -> Result<(), StorageError> {
        let mut last = write::all(&mut self, desk).await?;
        if !self.is_open && last.is_empty() {
            return Ok(());
        }
        last.add("COMMIT");
        self.write(last, "committing").await?;
        desk.is_written();
        Ok(())
    }
}

impl Rows for Turn<'_> {
    async fn jobs(&mut self, desk: &mut Desk, ids: &BTreeSet<JobId>) -> Result<(), StorageError> {
        read::jobs(self, desk, ids).await
    }

    async fn over(&mut self, desk: &mut Desk, ids: &BTreeSet<JobId>) -> Result<(), StorageError> {
        read::over(self, desk, ids).await
    }

    async fn late(&mut self, desk: &mut Desk, now: Moment) -> Result<Vec<JobId>, StorageError> {
        read::late(self, desk, now).await
    }

    async fn places(&mut self, desk: &mut Desk, places: &Places<'_>) -> Result<(), StorageError> {
        read::places(self, desk, places).await
    }

    async fn due(
        &mut self,
        desk: &mut Desk,
        wanted: Wanted<'_>,
        count: usize,
    ) -> Result<Vec<JobId>, StorageError> {
        read::due(self, desk, wanted, count).await
    }

    async fn write(&mut self, desk: &mut Desk) -> Result<(), StorageError> {
        let last = write::all(self, desk).await?;
        if !last.is_empty() {
            Turn::write(self, last, "keeping what changed").await?;
        }
        desk.is_written();
        Ok(())
    }
}
