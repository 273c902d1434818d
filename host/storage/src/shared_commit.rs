//! Writing to a file: one connection, and one commit for all who write at the same time.
//!
//! SQLite lets one connection write, and one that comes in vain asks again after a nap. Here writers
//! stand in a line instead. Each gets a savepoint of a transaction that is open, or runs one statement
//! in it, which is all or nothing by itself; whoever has ended goes to the back of the line, and commits
//! when their turn comes again, unless somebody has done it for them. So the disk is waited for once for
//! all who came meanwhile, and nobody waits for company.
//!
//! What this does not do: PostgreSQL, where connections write side by side.
//!
//! **Invariant:** who was told that it is kept finds it on disk; a savepoint that failed or was given up
//! has changed nothing, a statement all or nothing, and neither takes anybody beside it along unless the
//! disk itself failed.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use sqlx::any::{AnyArguments, AnyConnectOptions, AnyQueryResult};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, ConnectOptions as _, Connection as _, Executor as _};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
use tokio::task::JoinHandle;

use crate::error::StorageError;

/// Savepoints and statements of one commit: whoever was first does not wait long for the last.
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
    /// What was given up and is to be undone.
    torn: Option<Torn>,
}

/// What somebody leaves behind who goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Torn {
    /// A savepoint.
    Savepoint,
    /// A statement that was done or not.
    Statement,
}

/// A transaction that is not committed yet.
#[derive(Debug)]
struct Open {
    outcome: Outcome,
    /// Savepoints and statements that have ended well.
    ended: u32,
    _gate: OwnedMutexGuard<()>,
}

/// What became of a transaction, for all who wait for it.
type Outcome = Arc<OnceLock<Result<(), StorageError>>>;

impl Line {
    /// A line with a connection of its own.
    pub(crate) async fn open(options: &AnyConnectOptions) -> Result<Self, StorageError> {
        let connection = options.connect().await.map_err(StorageError::database("opening"))?;
        let front = Front { connection, open: None, torn: None };
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

    /// Waits for its turn and runs one statement; returns when what it did is on disk.
    pub(crate) async fn run(
        &self,
        statement: Query<'_, Any, AnyArguments>,
        what: &'static str,
    ) -> Result<AnyQueryResult, StorageError> {
        let mut place = Place::take(self.clone()).await?;
        if !place.front.is_open() {
            // A task of its own, as for a savepoint.
            place = ended(tokio::spawn(place.open())).await??;
        }
        place.leaves = Some(Torn::Statement);
        let done = statement.execute(&mut place.front.connection).await;
        // One that failed has changed nothing; whoever is next sees to what is open.
        let done = done.map_err(StorageError::database(what))?;
        ended(tokio::spawn(place.end())).await??;
        Ok(done)
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

    const fn is_open(&self) -> bool {
        self.open.is_some() && self.torn.is_none()
    }

    async fn open(&mut self, gate: &Gate) -> Result<(), StorageError> {
        self.mend().await;
        if self.open.is_none() {
            let gate = Arc::clone(gate).lock_owned().await;
            self.run("BEGIN IMMEDIATE", "beginning").await?;
            self.open = Some(Open { outcome: Outcome::default(), ended: 0, _gate: gate });
        }
        Ok(())
    }

    async fn begin(&mut self, gate: &Gate) -> Result<(), StorageError> {
        self.open(gate).await?;
        let begun = self.run("SAVEPOINT step", "beginning").await;
        if let Err(error) = &begun {
            self.fail(error).await;
        }
        begun
    }

    async fn release(&mut self) -> Result<(), StorageError> {
        let released = self.run("RELEASE step", "committing").await;
        if let Err(error) = &released {
            self.fail(error).await;
        }
        released
    }

    /// Somebody has ended well. Says how to learn what became of the transaction.
    async fn count(&mut self) -> Result<Outcome, StorageError> {
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

    /// Undoes what was given up.
    async fn mend(&mut self) {
        let undone = match self.torn.take() {
            None => return,
            Some(Torn::Savepoint) => self.run("ROLLBACK TO step; RELEASE step", "undoing").await,
            Some(Torn::Statement) => Ok(()),
        };
        match undone {
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

/// The front of the line, while somebody has it.
#[derive(Debug)]
struct Place {
    front: OwnedMappedMutexGuard<Option<Front>, Front>,
    line: Line,
    /// What it leaves behind if it is dropped now.
    leaves: Option<Torn>,
}

impl Place {
    /// Waits for it.
    async fn take(line: Line) -> Result<Self, StorageError> {
        let front = Arc::clone(&line.front).lock_owned().await;
        let front = OwnedMutexGuard::try_map(front, Option::as_mut).map_err(|_| StorageError::Closed)?;
        Ok(Self { front, line, leaves: None })
    }

    async fn open(mut self) -> Result<Self, StorageError> {
        let gate = self.line.gate();
        self.front.open(&gate).await?;
        // Who asked may be gone: then nobody's turn would come again to end it.
        self.leaves = Some(Torn::Statement);
        Ok(self)
    }

    /// Returns when what was done is on disk.
    async fn end(mut self) -> Result<(), StorageError> {
        self.leaves = None;
        let outcome = self.front.count().await?;
        let line = self.line.clone();
        drop(self);
        line.settle(&outcome).await;
        outcome.get().cloned().unwrap_or(Err(StorageError::Closed))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.leaves.is_none() {
            return;
        }
        self.front.torn = self.leaves;
        // Whoever is next undoes it; this is for when nobody comes. Without a runtime there is nobody to
        // wait, and the file undoes it when it is opened again.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.line.clone().mend());
        }
    }
}

/// A transaction inside the open one. Undone when it is dropped.
#[derive(Debug)]
pub(crate) struct Savepoint(Place);

impl Savepoint {
    async fn begin(line: Line) -> Result<Self, StorageError> {
        let mut place = Place::take(line).await?;
        let gate = place.line.gate();
        place.front.begin(&gate).await?;
        place.leaves = Some(Torn::Savepoint);
        Ok(Self(place))
    }

    /// Keeps what it did; returns when that is on disk.
    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        // A task of its own: the commit is others' too.
        ended(tokio::spawn(self.end())).await?
    }

    async fn end(mut self) -> Result<(), StorageError> {
        self.0.leaves = None;
        self.0.front.release().await?;
        self.0.end().await
    }
}

impl Deref for Savepoint {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.0.front.connection
    }
}

impl DerefMut for Savepoint {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0.front.connection
    }
}

async fn ended<T>(task: JoinHandle<T>) -> Result<T, StorageError> {
    task.await.map_err(|_| StorageError::Closed)
}
