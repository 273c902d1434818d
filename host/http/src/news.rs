//! Who waits for news of a job in this process. The events themselves stand in the tables;
//! whoever hears nothing looks there now and then, so that nothing depends on this.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, watch};

/// A bell a job, for as long as somebody listens.
#[derive(Debug, Default)]
pub struct News {
    bells: Mutex<HashMap<String, watch::Sender<u64>>>,
    over: AtomicBool,
    any: Notify,
}

impl News {
    /// Rings for everybody who waits for this job.
    pub fn ring(&self, job_id: &str) {
        self.any.notify_one();
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(job_id) {
            if bell.is_closed() {
                bells.remove(job_id);
            } else {
                bell.send_modify(|count| *count = count.wrapping_add(1));
            }
        }
    }

    /// Waits for news of any job since it was asked last. One listens.
    pub(crate) async fn any(&self) {
        self.any.notified().await;
    }

    /// There is no more news: streams end, and their readers go on elsewhere.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        let bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in bells.values() {
            bell.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Listens from now on.
    pub(crate) fn listen(&self, job_id: &str) -> watch::Receiver<u64> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|known, bell| known == job_id || !bell.is_closed());
        bells.entry(job_id.to_owned()).or_default().subscribe()
    }
}
