//! Equal things that many callers ask for at one time, done as one.
//!
//! Whoever comes first waits for its turn to write, and does it for all who came meanwhile: a statement
//! for a hundred rows costs little more than one for one row, because each waits for the thread that
//! has the file. Nobody waits for company.
//!
//! What this does not do: decide what is written; or PostgreSQL, where connections write side by side.
//!
//! **Invariant:** everybody is answered, with what became of their own part, after it is on disk.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::database::{Database, Transaction, commit};
use crate::error::StorageError;

/// Those that are done as one, so that the first does not wait long for the last.
const MOST: usize = 256;

/// One part, and where its answer goes.
type Waiting<P> = (P, oneshot::Sender<Result<<P as Together>::Answer, StorageError>>);

/// Those who wait for the same statements.
#[derive(Debug)]
pub(crate) struct Crowd<P: Together>(Arc<Mutex<Vec<Waiting<P>>>>);

impl<P: Together> Default for Crowd<P> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// What is done together: for each part, in their order, what became of it.
pub(crate) trait Together: Clone + fmt::Debug + Send + Sync + Sized + 'static {
    type Answer: fmt::Debug + Send + 'static;

    fn write(
        parts: &[Self],
        transaction: &mut Transaction,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StorageError>> + Send;
}

impl<P: Together> Crowd<P> {
    /// Does it together with others; returns when it is on disk.
    pub(crate) async fn join(&self, db: &Database, part: P) -> Result<P::Answer, StorageError> {
        let (reply, answer) = oneshot::channel();
        let is_first = {
            let mut waiting = self.lock();
            waiting.push((part, reply));
            waiting.len() == 1
        };
        if is_first {
            // A task of its own: it is for others, too, and this caller may go away.
            tokio::spawn(serve(Self(Arc::clone(&self.0)), db.clone()));
        }
        answer.await.map_err(|_| StorageError::Closed)?
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a turn and does what waits then, until nobody does.
async fn serve<P: Together>(crowd: Crowd<P>, db: Database) {
    loop {
        let turn = db.begin().await;
        let (some, is_last) = {
            let mut waiting = crowd.lock();
            let count = waiting.len().min(MOST);
            let rest = waiting.split_off(count);
            // Whoever comes when nobody waits is the first again.
            let is_last = rest.is_empty();
            (std::mem::replace(&mut *waiting, rest), is_last)
        };
        answer(&db, turn, some).await;
        if is_last {
            return;
        }
    }
}

async fn answer<P: Together>(db: &Database, turn: Result<Transaction, StorageError>, some: Vec<Waiting<P>>) {
    let (parts, replies): (Vec<P>, Vec<_>) = some.into_iter().unzip();
    let done = match turn {
        Ok(transaction) => write(&parts, transaction).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                // A caller that is gone does not need its answer.
                let _ = reply.send(Ok(answer));
            }
        }
        // One of them may be at fault: alone, it harms itself only.
        Err(_) if parts.len() > 1 => {
            for (part, reply) in parts.into_iter().zip(replies) {
                let _ = reply.send(alone(db, part).await);
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

async fn write<P: Together>(
    parts: &[P],
    mut transaction: Transaction,
) -> Result<Vec<P::Answer>, StorageError> {
    let answers = P::write(parts, &mut transaction).await?;
    if answers.len() != parts.len() {
        return Err(StorageError::Nonsense("an answer to another number of questions"));
    }
    commit(transaction).await?;
    Ok(answers)
}

async fn alone<P: Together>(db: &Database, part: P) -> Result<P::Answer, StorageError> {
    let answers = write(&[part], db.begin().await?).await?;
    answers.into_iter().next().ok_or(StorageError::Nonsense("no answer to a question"))
}
