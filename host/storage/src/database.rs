//! The ordinary tables, in SQLite or PostgreSQL, by one text of SQL.
//!
//! What this does not do: the queue, which has a writer of its own.
//!
//! **Invariant:** a transaction begins with a statement that writes, so that none of them
//! waits for another that waits for it.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use serde::Serialize;
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyQueryResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Connection as _};

use crate::crowd::Crowd;
use crate::error::StorageError;
use crate::migrate::{migrate, migrate_postgres};
use crate::shared_commit::{Gate, Line, Savepoint};
use crate::sql::content_jobs::Accept;
use crate::sql::idempotency::Call;
use crate::sql::nonces::Admission;
use crate::sql::previews::Ask;

/// Connections that read a file; one more writes.
const FILE_CONNECTIONS: u32 = 3;
/// Connections of one process to a server, which all processes share.
const SERVER_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pool of connections to the tables.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: AnyPool,
    /// Those who write to a file.
    line: Option<Line>,
    /// Other processes may have it too.
    pub(crate) is_shared: bool,
    /// Those who write the same to a file.
    pub(crate) crowds: Arc<Crowds>,
}

/// What is written so often that it is worth doing together.
#[derive(Debug, Default)]
pub(crate) struct Crowds {
    pub(crate) admissions: Crowd<Admission>,
    pub(crate) posts: Crowd<Accept>,
    pub(crate) calls: Crowd<Call>,
    pub(crate) previews: Crowd<Ask>,
}

impl Database {
    /// Opens the database in this file, makes it where it is missing, and brings its tables
    /// up to date. The caller sees to it that one process does so at a time.
    pub async fn open_file(path: &Path) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(StorageError::database("opening"))?;
        migrate(&mut connection).await?;
        connection.close().await.map_err(StorageError::database("closing"))?;
        install_drivers();
        let options = AnyConnectOptions::from_url(&options.to_url_lossy());
        let options = options.map_err(StorageError::database("opening"))?.disable_statement_logging();
        let line = Line::open(&options).await?;
        Ok(Self { line: Some(line), ..pool(options, FILE_CONNECTIONS, false).await? })
    }

    /// Opens the tables in the PostgreSQL at this address, and brings them up to date while
    /// other processes that start wait.
    pub async fn open_postgres(url: &str) -> Result<Self, StorageError> {
        let reading = StorageError::database("reading its address");
        let options: PgConnectOptions = url.parse().map_err(reading)?;
        let options = options.disable_statement_logging();
        let mut connection = options.connect().await.map_err(StorageError::database("opening"))?;
        migrate_postgres(&mut connection).await?;
        connection.close().await.map_err(StorageError::database("closing"))?;
        let options = url.parse().map_err(StorageError::database("reading its address"))?;
        pool(options, SERVER_CONNECTIONS, true).await
    }

    /// Looks at the tables in this file, which must be there, and brings nothing up to date.
    pub async fn look_at_file(path: &Path) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE);
        let options = AnyConnectOptions::from_url(&options.to_url_lossy());
        pool(options.map_err(StorageError::database("opening"))?, 1, false).await
    }

    /// The same in the PostgreSQL at this address.
    pub async fn look_at_postgres(url: &str) -> Result<Self, StorageError> {
        let options = url.parse().map_err(StorageError::database("reading its address"))?;
        pool(options, 1, true).await
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1")
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StorageError::database("asking for a sign of life"))
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        if let Some(line) = &self.line {
            line.close().await;
        }
        self.pool.close().await;
    }

    /// What another connection of this process takes to write to the same file.
    pub(crate) fn gate(&self) -> Gate {
        self.line.as_ref().map(Line::gate).unwrap_or_default()
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, StorageError> {
        match &self.line {
            Some(line) => Ok(Transaction::Shared(line.begin().await?)),
            None => {
                let own = self.pool.begin().await;
                Ok(Transaction::Own(own.map_err(StorageError::database("beginning"))?))
            }
        }
    }
}

/// A transaction. Undone when it is dropped.
#[derive(Debug)]
pub(crate) enum Transaction {
    /// In a file: committed together with those of others.
    Shared(Savepoint),
    /// On a connection of its own.
    Own(sqlx::Transaction<'static, Any>),
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match self {
            Self::Shared(savepoint) => savepoint,
            Self::Own(own) => own,
        }
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match self {
            Self::Shared(savepoint) => savepoint,
            Self::Own(own) => own,
        }
    }
}

/// A list as SQLite reads it: one JSON array, with `json_each`. A statement waits for the thread that has
/// the file, so one for many rows costs what one for one row costs.
pub(crate) fn list(rows: &impl Serialize) -> Result<String, StorageError> {
    serde_json::to_string(rows).map_err(|_| StorageError::Nonsense("a list that is no JSON"))
}

/// One statement that writes, as a transaction.
pub(crate) trait Statement {
    /// Runs it; returns when what it did is on disk.
    async fn write(self, db: &Database, what: &'static str) -> Result<AnyQueryResult, StorageError>;
}

impl Statement for Query<'_, Any, AnyArguments> {
    async fn write(self, db: &Database, what: &'static str) -> Result<AnyQueryResult, StorageError> {
        match &db.line {
            Some(line) => line.run(self, what).await,
            // By itself it is one there.
            None => self.execute(&db.pool).await.map_err(StorageError::database(what)),
        }
    }
}

async fn pool(
    options: AnyConnectOptions,
    connections: u32,
    is_shared: bool,
) -> Result<Database, StorageError> {
    install_drivers();
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // A connection to a file does not break by itself, and to ask it costs a turn of its thread.
        .test_before_acquire(is_shared)
        .connect_with(options.disable_statement_logging())
        .await
        .map_err(StorageError::database("opening"))?;
    Ok(Database { pool, line: None, is_shared, crowds: Arc::default() })
}

pub(crate) async fn commit(transaction: Transaction) -> Result<(), StorageError> {
    match transaction {
        Transaction::Shared(savepoint) => savepoint.commit().await,
        Transaction::Own(own) => own.commit().await.map_err(StorageError::database("committing")),
    }
}

fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}
