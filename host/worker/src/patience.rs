//! Waiting for the object store while it is away.
//!
//! What was built lies in the folder of its job meanwhile, and the job stays with its worker: nothing
//! is built twice for a store that was down, and no try is spent on it. As many jobs wait as the
//! worker does at one time.

use std::time::Duration;

use hivesync_storage::{Object, ObjectKey, Objects, StorageError, Stored, Upload};
use tokio::time::Instant;

/// How long at most; then another worker may have more luck.
pub(crate) const AWAY_MAX: Duration = Duration::from_secs(600);
/// How long to wait before the second try; twice as long before each further one, up to the last.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(3);

/// Stores an object.
pub(crate) async fn put(objects: &Objects, upload: &Upload) -> Result<Stored, StorageError> {
    wait_for(|| objects.put(upload.clone())).await
}

/// Opens an object.
pub(crate) async fn read(objects: &Objects, key: &ObjectKey) -> Result<Option<Object>, StorageError> {
    wait_for(|| objects.read(key)).await
}

async fn wait_for<T, F>(ask: impl Fn() -> F) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>>,
{
    let begun = Instant::now();
    let mut pauses = Pauses::default();
    loop {
        match ask().await {
            Err(error) if error.is_away() && begun.elapsed() < AWAY_MAX => {
                tracing::warn!(%error, "a job waits for the object store");
            }
            answer => return answer,
        }
        pauses.next().await;
    }
}

/// The waits between tries.
#[derive(Debug)]
pub(crate) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Pauses {
    pub(crate) async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = self.0.saturating_mul(2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Fails with `error` twice, and says how often it was asked.
    async fn asked(error: StorageError) -> (bool, u32) {
        let count = Cell::new(0);
        let answer = wait_for(|| {
            count.set(count.get() + 1);
            let answer = if count.get() < 3 { Err(error.clone()) } else { Ok(()) };
            async { answer }
        });
        (answer.await.is_ok(), count.get())
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_waited_for_and_one_that_refuses_is_not() {
        let detail = "nobody is there".to_owned();
        let away = StorageError::ObjectsAway { what: "storing", detail: detail.clone() };
        assert_eq!(asked(away).await, (true, 3));
        assert_eq!(asked(StorageError::Objects { what: "storing", detail }).await, (false, 1));
    }
}
