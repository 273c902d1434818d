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
use super::desk::Desk;
use super::remembered::Remembered;
use super::steady::Steady;
use crate::error::StorageError;
use crate::shared_commit::Gate;
use turn::Turn;

mod json;
mod read;
mod turn;
mod write;

pub(super) use read::been;

/// Until every caller is gone. Without a clock, times are those that callers bring.
pub(super) async fn run(
    mut connection: SqliteConnection,
    (gate, clock): (Gate, Option<Steady>),
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
            calm.answer(&mut batch, clock.as_ref().map(Steady::now));
        }
        if batch.is_empty() {
            continue;
        }
        calm = None;
        let turn = gate.lock().await;
        // Whoever came while it waited for its turn does not wait for the next one.
        while batch.len() < BATCH
            && let Ok(request) = waiting.try_recv()
        {
            batch.push(request);
        }
        let clock = clock.as_ref();
        let mut done = commit(&mut connection, clock, &mut remembered, &batch).await;
        if done.is_err() && remembered.forget() {
            // What was remembered may be at fault.
            done = commit(&mut connection, clock, &mut remembered, &batch).await;
        }
        match done {
            Ok(answers) => {
                drop(turn);
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
                    let alone = commit(&mut connection, clock, &mut remembered, one).await;
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

/// One transaction: all of them, or none. The file is this connection's turn.
async fn commit(
    connection: &mut SqliteConnection,
    clock: Option<&Steady>,
    remembered: &mut Remembered,
    requests: &[Request],
) -> Result<Vec<Answer>, StorageError> {
    match transact(Turn::new(connection), clock, remembered, requests).await {
        Ok((answers, desk)) => {
            remembered.keep(desk);
            Ok(answers)
        }
        Err(error) => Err(undo(connection, error).await),
    }
}

async fn transact(
    mut turn: Turn<'_>,
    clock: Option<&Steady>,
    remembered: &Remembered,
    requests: &[Request],
) -> Result<(Vec<Answer>, Desk), StorageError> {
    let (answers, mut desk) = batch::run(&mut turn, remembered, requests, clock.map(Steady::now)).await?;
    turn.commit(&mut desk).await?;
    Ok((answers, desk))
}

async fn undo(connection: &mut SqliteConnection, error: StorageError) -> StorageError {
    if let Err(failed) = connection.execute("ROLLBACK").await {
        // A disk that failed may have ended the transaction by itself.
        tracing::debug!(error = %failed, "there was nothing to roll back");
    }
    error
}
