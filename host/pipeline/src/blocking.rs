//! Work that blocks, and its withdrawal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::BuildError;

/// Runs `work` on a thread of its own. Its flag is set when the caller is dropped, so
/// that the work ends soon after.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> Result<T, BuildError> + Send + 'static,
) -> Result<T, BuildError> {
    struct CancelOnDrop(Arc<AtomicBool>);
    impl Drop for CancelOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let canceled = Arc::new(AtomicBool::new(false));
    let _guard = CancelOnDrop(Arc::clone(&canceled));
    tokio::task::spawn_blocking(move || work(&canceled)).await.map_err(|_| BuildError::TaskLost)?
}
