//! The queue in a database: one writer a process, many callers.
//!
//! Callers put commands into a channel. The writer takes what waits there, runs it in one
//! transaction, and answers when that is on disk: a thousand callers at one time share
//! one commit.
//!
//! **Invariant:** a command that was answered well is on disk; one that was not has
//! changed nothing.

mod batch;
mod bell;
mod calm;
mod command;
mod desk;
mod postgres;
mod remembered;
mod row;
mod rows;
mod sqlite;
mod steady;

use std::path::Path;

use hivesync_jobs::{
    Claimed, Enqueued, Event, Job, JobId, LaneKey, Moment, NewJob, Order, Rejected, Taken, Verdict,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::database::Database;
use crate::error::StorageError;
use crate::migrate::migrate;
use crate::shared_commit::Gate;
pub use bell::{Bell, Rings};
use command::{Answer, Command, Request};
pub use postgres::Clock;
pub use steady::Steady;

/// Commands that may wait for the writer; one more waits at its caller.
const CHANNEL: usize = 4096;
/// Commands of one transaction: enough to share the commit, few enough that the first
/// caller does not wait long for the last.
const BATCH: usize = 512;
/// Rows that the thread with the file may be ahead of who reads them: those of a batch.
const ROWS: usize = 1024;
/// How long a command waits for another process that has the database.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// What a heartbeat learns of each claim: whether it was withdrawn, or why it counts for nothing.
pub type Extended = Vec<(JobId, Result<bool, Rejected>)>;

/// The queue. Its writer ends when it is closed or dropped.
#[derive(Debug)]
pub struct JobStore {
    requests: mpsc::Sender<Request>,
    writer: JoinHandle<()>,
    bell: Bell,
}

impl JobStore {
    /// The queue of one machine, in this file. Makes it where it is missing, and brings its
    /// tables up to date. Times are those that callers bring.
    pub async fn open(path: &Path) -> Result<Self, StorageError> {
        let mut connection = connect(path).await?;
        migrate(&mut connection).await?;
        Ok(Self::sqlite(connection, (Gate::default(), None)))
    }

    /// The queue in the file of these tables: the two take turns to write. Its time is this clock's;
    /// times that callers bring are not looked at.
    pub async fn beside(path: &Path, tables: &Database, clock: Steady) -> Result<Self, StorageError> {
        let mut connection = connect(path).await?;
        let been = sqlite::been(&mut connection).await?;
        Ok(Self::sqlite(connection, (tables.gate(), Some(clock.from(been)))))
    }

    fn sqlite(connection: SqliteConnection, terms: (Gate, Option<Steady>)) -> Self {
        let (bell, (requests, waiting)) = (Bell::new(true), mpsc::channel(CHANNEL));
        let writer = tokio::spawn(sqlite::run(connection, terms, waiting, bell.clone()));
        Self { requests, writer, bell }
    }

    /// The queue of many machines, in the PostgreSQL at this address. Brings its tables up to
    /// date, while other processes that start wait.
    pub async fn postgres(url: &str, clock: Clock) -> Result<Self, StorageError> {
        let (bell, (requests, waiting)) = (Bell::new(false), mpsc::channel(CHANNEL));
        let writer = postgres::Writer::open(url, clock, bell.clone()).await?;
        Ok(Self { requests, writer: tokio::spawn(writer.run(waiting)), bell })
    }

    /// What rings when there may be work.
    pub const fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Takes a job in, once for each key.
    pub async fn enqueue(&self, job: NewJob, now: Moment) -> Result<Enqueued, StorageError> {
        match self.ask(Command::Enqueue(job, now)).await? {
            Answer::Enqueued(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Gives ready jobs to a worker.
    pub async fn claim(&self, order: Order, now: Moment) -> Result<Taken, StorageError> {
        match self.ask(Command::Claim(order, now)).await? {
            Answer::Taken(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Signs of life of a worker, for all it holds at once.
    pub async fn extend(&self, held: Vec<Claimed>, now: Moment) -> Result<Extended, StorageError> {
        match self.ask(Command::Extend(held, now)).await? {
            Answer::Extended(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// The word on a claim.
    pub async fn settle(
        &self,
        claim: Claimed,
        verdict: Verdict,
        now: Moment,
    ) -> Result<Result<(), Rejected>, StorageError> {
        match self.ask(Command::Settle(claim, verdict, now)).await? {
            Answer::Settled(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Withdraws a job. False when it is over already.
    pub async fn withdraw(&self, job: JobId) -> Result<Result<bool, Rejected>, StorageError> {
        match self.ask(Command::Withdraw(job)).await? {
            Answer::Withdrawn(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Takes jobs from workers that were not heard of.
    pub async fn sweep(&self, now: Moment) -> Result<Vec<Event>, StorageError> {
        match self.ask(Command::Sweep(now)).await? {
            Answer::Swept(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Whether nothing waits in any of the queues, by one look that costs far less than a claim. A job
    /// that came meanwhile is rung for.
    pub async fn rests(&self) -> Result<bool, StorageError> {
        match self.ask(Command::Rest).await? {
            Answer::Rests(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// How a job stands.
    pub async fn job(&self, job: JobId) -> Result<Option<Job>, StorageError> {
        match self.ask(Command::Look(job)).await? {
            Answer::Job(answer) => Ok(answer.map(|job| *job)),
            _ => Err(MISMATCH),
        }
    }

    /// How many jobs of a lane run now.
    pub async fn running(&self, lane: LaneKey) -> Result<u32, StorageError> {
        match self.ask(Command::Running(lane)).await? {
            Answer::Running(answer) => Ok(answer),
            _ => Err(MISMATCH),
        }
    }

    /// Waits until everything that was asked for is on disk, and closes the database.
    pub async fn close(self) {
        drop(self.requests);
        // A panic in there has been answered with `Closed` already.
        let _ = self.writer.await;
    }

    async fn ask(&self, command: Command) -> Result<Answer, StorageError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request { command, reply }).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }
}

const MISMATCH: StorageError = StorageError::Nonsense("an answer to another question");

async fn connect(path: &Path) -> Result<SqliteConnection, StorageError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        // An answer means that the job is on disk: FULL synchronises each commit.
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        // What is read comes in one go.
        .row_buffer_size(ROWS)
        .disable_statement_logging();
    options.connect().await.map_err(StorageError::database("opening"))
}
