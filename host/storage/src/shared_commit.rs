//! Writing to a file: one connection, and one commit for all who write at the same time.
//!
//! SQLite lets one connection write, and one that comes in vain asks again after a nap. Here writers
//! stand in a line instead. Each gets a savepoint of a transaction that is open; whoever has ended goes
//! to the back of the line, and commits when their turn comes again, unless somebody has done it for
//! them. So the disk is waited for once for all who came meanwhile, and nobody waits for company.
//!
//! What this does not do: PostgreSQL, where connections write side by side.
//!
//! **Invariant:** who was told that it is kept finds it on disk; a savepoint that failed or was given up
//! has changed nothing, and takes nobody beside it along unless the disk itself failed.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Executor as _};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
use tokio::task::JoinHandle;

use crate::error::StorageError;

/// Savepoints of one commit: whoever was first does not wait long for the last.
const SAVEPOINTS: u32 = 64;

/// Whose turn it is to write to a file: those of this line, or another connection of this process.
pub(crate) type Gate = Arc<Mutex<()>>;

/// The line of those who write to one file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    gate: Gate,
    /// None once it is closed.
    front: Arc<Mutex<Option<Front>>>,
}

/// What the one at the front has.
#[derive(Debug)]
struct Front {
    connection: AnyConnection,
    open: Option<Open>,
    /// A savepoint was given up and is to be undone.
    is_torn: bool,
}

/// A transaction that is not committed yet.
#[derive(Debug)]
struct Open {
    outcome: Outcome,
    /// Savepoints that have ended well.
    ended: u32,
    _gate: OwnedMutexGuard<()>,
}

/// What became of a transaction, for all who wait for it.
type Outcome = Arc<OnceLock<Result<(), StorageError>>>;

impl Line {
    /// A line with a connection of its own.
    pub(crate) async fn open(options: &AnyConnectOptions) -> Result<Self, StorageError> {
        let connection = options.connect().await.map_err(StorageError::database("opening"))?;
        let front = Front { connection, open: None, is_torn: false };
        Ok(Self { gate: Gate::default(), front: Arc::new(Mutex::new(Some(front))) })
    }

    /// What another connection of this process takes to write.
    pub(crate) fn gate(&self) -> Gate {
        Arc::clone(&self.gate)
    }

    /// Waits for its turn, and begins.
    pub(crate) async fn begin(&self) -> Result<Savepoint, StorageError> {
        // A task of its own: a caller that goes away leaves no statement half sent.
        ended(tokio::spawn(Savepoint::begin(self.clone()))).await?
    }

    /// Waits for those in the line and closes the connection.
    pub(crate) async fn close(&self) {
        if let Some(mut front) = self.front.lock().await.take() {
            front.mend().await;
            front.commit().await;
            if let Err(error) = front.connection.close().await {
                tracing::warn!(%error, "the database could not be closed");
            }
        }
    }

    /// Commits what has this outcome, unless somebody has.
    async fn settle(&self, outcome: &Outcome) {
        if let Some(front) = self.front.lock().await.as_mut()
            && outcome.get().is_none()
        {
            front.mend().await;
            front.commit().await;
        }
    }

    async fn mend(self) {
        if let Some(front) = self.front.lock().await.as_mut() {
            front.mend().await;
        }
    }
}

impl Front {
    async fn run(&mut self, statement: &'static str, what: &'static str) -> Result<(), StorageError> {
        self.connection.execute(statement).await.map(drop).map_err(StorageError::database(what))
    }

    async fn begin(&mut self, gate: &Gate) -> Result<(), StorageError> {
        self.mend().await;
        if self.open.is_none() {
            let gate = Arc::clone(gate).lock_owned().await;
            self.run("BEGIN IMMEDIATE", "beginning").await?;
            self.open = Some(Open { outcome: Outcome::default(), ended: 0, _gate: gate });
        }
        let begun = self.run("SAVEPOINT step", "beginning").await;
        if let Err(error) = &begun {
            self.fail(error).await;
        }
        begun
    }

    /// Ends a savepoint. Says how to learn what became of its transaction.
    async fn release(&mut self) -> Result<Outcome, StorageError> {
        if let Err(error) = self.run("RELEASE step", "committing").await {
            self.fail(&error).await;
            return Err(error);
        }
        let open = self.open.as_mut().ok_or(StorageError::Nonsense("a savepoint of nothing"))?;
        open.ended = open.ended.saturating_add(1);
        let outcome = Arc::clone(&open.outcome);
        if open.ended >= SAVEPOINTS {
            self.commit().await;
        }
        Ok(outcome)
    }

    async fn commit(&mut self) {
        if self.open.is_none() {
            return;
        }
        match self.run("COMMIT", "committing").await {
            Ok(()) => self.end(Ok(())),
            Err(error) => self.fail(&error).await,
        }
    }

    /// Undoes a savepoint that was given up.
    async fn mend(&mut self) {
        if !std::mem::take(&mut self.is_torn) {
            return;
        }
        match self.run("ROLLBACK TO step; RELEASE step", "undoing").await {
            Ok(()) if self.open.as_ref().is_some_and(|open| open.ended > 0) => {}
            // Nobody's turn would come again to end it.
            Ok(()) => self.fail(&StorageError::Closed).await,
            // A disk that failed may have ended the transaction by itself, and the others' with it.
            Err(error) => self.fail(&error).await,
        }
    }

    async fn fail(&mut self, error: &StorageError) {
        if let Err(failed) = self.run("ROLLBACK", "undoing").await {
            tracing::debug!(error = %failed, "there was nothing to roll back");
        }
        self.end(Err(error.clone()));
    }

    fn end(&mut self, result: Result<(), StorageError>) {
        if let Some(open) = self.open.take() {
            // Set once: an outcome belongs to one transaction, which is gone now.
            let _ = open.outcome.set(result);
        }
    }
}

/// A transaction inside the open one. Undone when it is dropped.
#[derive(Debug)]
pub(crate) struct Savepoint {
    front: OwnedMappedMutexGuard<Option<Front>, Front>,
    line: Line,
    is_over: bool,
}

impl Savepoint {
    async fn begin(line: Line) -> Result<Self, StorageError> {
        let front = Arc::clone(&line.front).lock_owned().await;
        let front = OwnedMutexGuard::try_map(front, Option::as_mut).map_err(|_| StorageError::Closed)?;
        let mut savepoint = Self { front, line, is_over: true };
        let gate = savepoint.line.gate();
        savepoint.front.begin(&gate).await?;
        savepoint.is_over = false;
        Ok(savepoint)
    }

    /// Keeps what it did; returns when that is on disk.
    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        // A task of its own: the commit is others' too.
        ended(tokio::spawn(self.end())).await?
    }

    async fn end(mut self) -> Result<(), StorageError> {
        self.is_over = true;
        let outcome = self.front.release().await?;
        let line = self.line.clone();
        drop(self);
        line.settle(&outcome).await;
        outcome.get().cloned().unwrap_or(Err(StorageError::Closed))
    }
}

impl Deref for Savepoint {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.front.connection
    }
}

impl DerefMut for Savepoint {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.front.connection
    }
}

impl Drop for Savepoint {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.front.is_torn = true;
        // Whoever is next undoes it; this is for when nobody comes. Without a runtime there is nobody to
        // wait, and the file undoes it when it is opened again.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.line.clone().mend());
        }
    }
}

async fn ended<T>(task: JoinHandle<T>) -> Result<T, StorageError> {
    task.await.map_err(|_| StorageError::Closed)
}
