//! The queue of many machines, in PostgreSQL.
//!
//! Each process has one connection that writes, and shares its transactions among its
//! callers. A transaction holds one lock of the whole queue: so caps are exact and lanes are
//! served in their order, whoever asks. It reads, decides and writes in a dozen statements
//! however many commands it carries, so the lock is short.
//!
//! A command whose commit was lost on its way may have happened: a caller that asks again
//! learns it, from the key of its request or from the fence of its claim.

mod read;
mod rows;
mod write;

use std::time::{Duration, Instant};

use hivesync_jobs::{LEASE, Moment};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::BATCH;
use super::batch;
use super::bell::Bell;
use super::calm::{self, Calm};
use super::command::{Answer, Command, Request};
use super::desk::Desk;
use super::remembered::Remembered;
use super::rows::Rows as _;
use crate::error::StorageError;
use crate::sql::ended_jobs;

/// How long a connection may take to come about, and a transaction to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// The server gives up a little sooner than we do, and looks whether we are still there.
/// Every statement of ours is a number of look-ups in an index, whatever the statistics of a
/// table say that was empty a moment ago; and none is worth compiling.
const SERVER_SETTINGS: [(&str, &str); 9] = [
    ("statement_timeout", "8s"),
    ("idle_in_transaction_session_timeout", "8s"),
    ("client_connection_check_interval", "1s"),
    ("application_name", "hivesync"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];
/// How long a listener waits before it tries again.
const LISTEN_AGAIN: Duration = Duration::from_millis(250);
/// What is rung in the database.
const CHANNEL: &str = "hivesync_jobs";
/// Whoever listens hears of it when it is done.
const RING_AND_COMMIT: &str = "NOTIFY hivesync_jobs; COMMIT";

/// Takes the lock of the queue and says what time it is there, once the lock is held.
const BEGIN: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(5217463350);
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now;";

/// Whose time decides about leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The database's, which all machines share; times that callers bring are not looked at.
    Database,
    /// The callers', who are a test.
    Callers,
}

/// Why a transaction is not known to have happened.
enum Failure {
    /// It was rolled back.
    Refused(StorageError),
    /// The connection is lost; what it committed last, nobody knows.
    Lost(StorageError),
}

/// The one task of this process that writes.
#[derive(Debug)]
pub(super) struct Writer {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    clock: Clock,
    bell: Bell,
    remembered: Remembered,
    /// Until when no lease can end, whoever takes one meanwhile.
    no_end_before: Option<Instant>,
}

impl Writer {
    pub(super) async fn open(url: &str, clock: Clock, bell: Bell) -> Result<Self, StorageError> {
        let options: PgConnectOptions = url.parse().map_err(StorageError::database("reading its address"))?;
        let options = options.options(SERVER_SETTINGS).disable_statement_logging();
        let mut connection = connect(&options).await?;
        crate::migrate::migrate_postgres(&mut connection).await?;
        ended_jobs::prepare_on(&mut connection).await?;
        let (connection, remembered) = (Some(connection), Remembered::default());
        Ok(Self { options, connection, clock, bell, remembered, no_end_before: None })
    }

    /// Until every caller is gone.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Request>) {
        let listener = tokio::spawn(listen(self.options.clone(), self.bell.clone()));
        let mut requests = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut requests, BATCH).await > 0 {
            self.look_for(&mut requests).await;
            if requests.is_empty() {
                continue;
            }
            let mut done = self.commit(&requests).await;
            if matches!(done, Err(Failure::Refused(_))) && self.remembered.forget() {
                // What was remembered may be at fault.
                done = self.commit(&requests).await;
            }
            match done {
                Ok(answers) => {
                    for (request, answer) in requests.drain(..).zip(answers) {
                        // A caller that is gone does not need its answer.
                        let _ = request.reply.send(Ok(answer));
                    }
                }
                // One of them is at fault: alone, it harms itself only.
                Err(Failure::Refused(_)) if requests.len() > 1 => self.one_by_one(&mut requests).await,
                Err(Failure::Refused(error) | Failure::Lost(error)) => {
                    tracing::warn!(%error, commands = requests.len(), "the queue's database failed");
                    for request in requests.drain(..) {
                        let _ = request.reply.send(Err(error.clone()));
                    }
                }
            }
        }
        listener.abort();
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database could not be closed");
        }
    }

    /// Answers what a look can answer; where looking fails, all is done as if nobody had.
    async fn look_for(&mut self, requests: &mut Vec<Request>) {
        if self.clock == Clock::Callers || !calm::is_asked(requests) {
            return;
        }
        if self.no_end_before.is_some_and(|moment| Instant::now() < moment) {
            calm::answer(requests, |command| {
                matches!(command, Command::Sweep(_)).then(|| Answer::Swept(Vec::new()))
            });
        }
        if calm::is_asked(requests)
            && let Some((calm, now)) = self.look().await
        {
            calm.answer(requests, Some(now));
        }
    }

    /// What there is to do, and when that is by the database's clock.
    async fn look(&mut self) -> Option<(Calm, Moment)> {
        let (mut connection, asked) = (self.connection.take()?, Instant::now());
        let looked = timeout(PATIENCE, read::calm(&mut connection)).await;
        match looked.unwrap_or_else(|_| Err(too_late())) {
            Ok((calm, now)) => {
                self.connection = Some(connection);
                let first = calm.lease_ends.map_or(u64::MAX, |end| end.0.saturating_sub(now.0));
                // A lease of a moment later ends later than one of this moment would.
                self.no_end_before = asked.checked_add(LEASE.min(Duration::from_millis(first)));
                Some((calm, now))
            }
            Err(error) => {
                tracing::info!(%error, "the queue's database gave no answer to a look");
                None
            }
        }
    }

    async fn one_by_one(&mut self, requests: &mut Vec<Request>) {
        for request in requests.drain(..) {
            let answer = match self.commit(std::slice::from_ref(&request)).await {
                Ok(mut answers) => answers.pop().ok_or(StorageError::Closed),
                Err(Failure::Refused(error) | Failure::Lost(error)) => Err(error),
            };
            let _ = request.reply.send(answer);
        }
    }

    /// One transaction: all of them, or none.
    async fn commit(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        let (mut connection, now) = self.begin().await.map_err(Failure::Lost)?;
        let clock = (self.clock == Clock::Database).then_some(now);
        let done = timeout(PATIENCE, transact(&mut connection, &self.remembered, requests, clock)).await;
        match done.unwrap_or_else(|_| Err(Failure::Lost(too_late()))) {
            Ok((answers, desk)) => {
                self.connection = Some(connection);
                self.remembered.keep(desk);
                self.bell.ring_for(&answers);
                Ok(answers)
            }
            Err(Failure::Refused(error)) => match timeout(PATIENCE, connection.execute("ROLLBACK")).await {
                Ok(Ok(_)) => {
                    self.connection = Some(connection);
                    Err(Failure::Refused(error))
                }
                _ => Err(Failure::Lost(error)),
            },
            // Whatever it does yet, we do not hear of it; the server ends what was not committed.
            Err(lost) => {
                self.remembered.forget();
                Err(lost)
            }
        }
    }

    /// Begins, and says when. A connection that died while nobody used it is replaced:
    /// nothing has been asked of it.
    async fn begin(&mut self) -> Result<(PgConnection, Moment), StorageError> {
        if let Some(mut connection) = self.connection.take() {
            match begin(&mut connection).await {
                Ok(now) => return Ok((connection, now)),
                Err(error) => tracing::info!(%error, "the connection to the queue's database is made anew"),
            }
        }
        let mut connection = connect(&self.options).await?;
        let now = begin(&mut connection).await?;
        Ok((connection, now))
    }
}

/// Nothing came back.
fn too_late() -> StorageError {
    StorageError::Database { what: "waiting for it", detail: "no answer in time".to_owned() }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StorageError> {
    let connected = timeout(PATIENCE, options.connect()).await.map_err(|_| too_late())?;
    connected.map_err(StorageError::database("connecting"))
}

async fn begin(connection: &mut PgConnection) -> Result<Moment, StorageError> {
    // Prepared statements come one at a time; these three do not change, and go together.
    let begun = timeout(PATIENCE, sqlx::raw_sql(BEGIN).fetch_all(connection)).await;
    let begun = begun.map_err(|_| too_late())?.map_err(StorageError::database("beginning"))?;
    let now: Option<i64> = begun.last().and_then(|row| row.try_get("now").ok());
    let now = now.and_then(|now| u64::try_from(now).ok()).map(Moment);
    now.ok_or(StorageError::Nonsense("a database without a clock"))
}

async fn transact(
    connection: &mut PgConnection,
    remembered: &Remembered,
    requests: &[Request],
    clock: Option<Moment>,
) -> Result<(Vec<Answer>, Desk), Failure> {
    let (answers, mut desk) =
        batch::run(connection, remembered, requests, clock).await.map_err(Failure::Refused)?;
    connection.write(&mut desk).await.map_err(Failure::Refused)?;
    let takes_in = requests.iter().any(|request| matches!(request.command, Command::Enqueue(..)));
    // What becomes of a commit that is not answered, only the server knows.
    let committed = connection.execute(if takes_in { RING_AND_COMMIT } else { "COMMIT" }).await;
    committed.map_err(|error| Failure::Lost(StorageError::database("committing")(error)))?;
    Ok((answers, desk))
}

/// Rings our bell when another process has rung the database's.
async fn listen(options: PgConnectOptions, bell: Bell) {
    let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_lazy_with(options);
    loop {
        if let Err(error) = hear(&pool, &bell).await {
            tracing::debug!(%error, "nobody can ring through the database for now");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn hear(pool: &sqlx::PgPool, bell: &Bell) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    let _ear = bell.listen();
    // Whatever was rung while nobody listened.
    bell.ring_from_elsewhere();
    loop {
        // None when the connection was lost and is there again: rings may have been lost with it.
        listener.try_recv().await?;
        bell.ring_from_elsewhere();
    }
}
