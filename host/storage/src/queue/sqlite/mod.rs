//! The queue of one machine, in a file: one task writes.
//!
//! What waits when a commit ends is the next one: nobody waits for company, and the more callers
//! there are, the more of them share the disk's time.

use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::sync::mpsc;

use super::BATCH;
use super::batch;
use super::bell::Bell;
use super::calm::{self, Calm};
use super::command::{Answer, Request};
use super::remembered::Remembered;
use super::steady::Steady;
use crate::error::StorageError;
use crate::shared_commit::Gate;

mod json;
mod read;
mod rows;
mod write;

pub(super) use read::been;

/// Until every caller is gone. Without a clock, times are those that callers bring.
pub(super) async fn run(
    mut connection: SqliteConnection,
    terms: (Gate, Option<Steady>),
    mut waiting: mpsc::Receiver<Request>,
    bell: Bell,
) {
    let mut batch = Vec::with_capacity(BATCH);
    // As it is until the next transaction: nobody else writes to the queue of this file.
    let mut calm = None;
    let mut remembered = Remembered::default();
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        if calm::is_asked(&batch)
            && let Some(calm) = look(&mut connection, &mut calm).await
        {
            calm.answer(&mut batch, terms.1.as_ref().map(Steady::now));
        }
        if batch.is_empty() {
            continue;
        }
        calm = None;
        let mut done = commit(&mut connection, &terms, &mut remembered, &batch).await;
        if done.is_err() && remembered.forget() {
            // What was remembered may be at fault.
            done = commit(&mut connection, &terms, &mut remembered, &batch).await;
        }
        match done {
            Ok(answers) => {
                bell.ring_for(&answers);
                for (request, answer) in batch.drain(..).zip(answers) {
                    // A caller that is gone does not need its answer.
                    let _ = request.reply.send(Ok(answer));
                }
            }
            // One of them is at fault: alone, it harms itself only.
            Err(_) if batch.len() > 1 => {
                for request in batch.drain(..) {
                    let one = std::slice::from_ref(&request);
                    let alone = commit(&mut connection, &terms, &mut remembered, one).await;
                    if let Ok(answers) = &alone {
                        bell.ring_for(answers);
                    }
                    let answer = alone.and_then(|mut answers| answers.pop().ok_or(StorageError::Closed));
                    let _ = request.reply.send(answer);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a command of the queue failed");
                for request in batch.drain(..) {
                    let _ = request.reply.send(Err(error.clone()));
                }
            }
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database could not be closed");
    }
}

/// What there is to do, from what is known or by looking; nothing where that failed.
async fn look(connection: &mut SqliteConnection, known: &mut Option<Calm>) -> Option<Calm> {
    if known.is_none() {
        *known = read::calm(connection)
            .await
            .inspect_err(|error| tracing::warn!(%error, "the queue could not be looked at"))
            .ok();
    }
    *known
}

/// One transaction: all of them, or none.
async fn commit(
    connection: &mut SqliteConnection,
    (gate, clock): &(Gate, Option<Steady>),
    remembered: &mut Remembered,
    requests: &[Request],
) -> Result<Vec<Answer>, StorageError> {
    let _turn = gate.lock().await;
    connection.execute("BEGIN IMMEDIATE").await.map_err(StorageError::database("beginning"))?;
    let now = clock.as_ref().map(Steady::now);
    let (answers, desk) = match batch::run(connection, remembered, requests, now).await {
        Ok(done) => done,
        Err(error) => return Err(undo(connection, error).await),
    };
    match connection.execute("COMMIT").await {
        Ok(_) => {
            remembered.keep(desk);
            Ok(answers)
        }
        Err(error) => Err(undo(connection, StorageError::database("committing")(error)).await),
    }
}

async fn undo(connection: &mut SqliteConnection, error: StorageError) -> StorageError {
    if let Err(failed) = connection.execute("ROLLBACK").await {
        // A disk that failed may have ended the transaction by itself.
        tracing::debug!(error = %failed, "there was nothing to roll back");
    }
    error
}
