//! How many workers there should be: a pure rule on how full the queues are.
//!
//! What it does not do: start or stop any. On one machine it is a report; in Kubernetes KEDA
//! scales on the same depth. Workers that clean up are never counted and never scaled.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use crate::api::Api;
use crate::handlers::admin::look;
use crate::vitals::{Vitals, WorkerStatus, worker_status};

/// What an operator set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scaling {
    /// Whether the report counts for anything.
    pub enabled: bool,
    /// Never fewer.
    pub min_workers: u32,
    /// Never more.
    pub max_workers: u32,
    /// Jobs that wait, from which on there is one more.
    pub scale_out_threshold: u64,
    /// Jobs that wait, up to which there is one less.
    pub scale_in_threshold: u64,
    /// How often it is looked at.
    pub poll_interval_seconds: u32,
}

/// What would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// One more worker.
    ScaleOut,
    /// One worker less.
    ScaleIn,
    /// As it is.
    Stay,
}

/// Workers that count, and jobs that wait.
pub(crate) fn load(vitals: &Vitals) -> (u32, u64) {
    let scales = |kind: &str| kind != "cleanup";
    let workers = vitals.workers.iter().filter(|worker| {
        scales(&worker.node.kind) && worker_status(worker, vitals.at) == WorkerStatus::Healthy
    });
    let waiting = vitals.queues.iter().map(|queue| queue.waiting).sum();
    (u32::try_from(workers.count()).unwrap_or(u32::MAX), waiting)
}

/// Says in the log what would be done, as long as it is switched on and `stop` is not true.
pub async fn report_advice(api: Arc<Api>, mut stop: watch::Receiver<bool>) {
    let scaling = &api.settings.scaling;
    let every = Duration::from_secs(scaling.poll_interval_seconds.into());
    if !scaling.enabled {
        return;
    }
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(every) => {}
        }
        let vitals = look(&api).await;
        let (workers, waiting) = load(&vitals);
        let advice = advise(scaling, workers, waiting);
        if vitals.database.is_ok() && advice != Advice::Stay {
            tracing::warn!(workers, queue.waiting = waiting, ?advice, "the number of workers should change");
        }
    }
}

/// What would be done with so many workers and so many jobs that wait.
pub fn advise(scaling: &Scaling, workers: u32, waiting: u64) -> Advice {
    if workers < scaling.min_workers {
        Advice::ScaleOut
    } else if workers > scaling.max_workers {
        Advice::ScaleIn
    } else if waiting >= scaling.scale_out_threshold && workers < scaling.max_workers {
        Advice::ScaleOut
    } else if waiting <= scaling.scale_in_threshold && workers > scaling.min_workers {
        Advice::ScaleIn
    } else {
        Advice::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_follow_the_jobs_that_wait_within_their_bounds() {
        let scaling = Scaling {
            enabled: true,
            min_workers: 1,
            max_workers: 4,
            scale_out_threshold: 20,
            scale_in_threshold: 5,
            poll_interval_seconds: 30,
        };
        for (workers, waiting, advice) in [
            (0, 0, Advice::ScaleOut),
            (1, 0, Advice::Stay),
            (1, 19, Advice::Stay),
            (1, 20, Advice::ScaleOut),
            (4, 1000, Advice::Stay),
            (5, 1000, Advice::ScaleIn),
            (2, 6, Advice::Stay),
            (2, 5, Advice::ScaleIn),
        ] {
            assert_eq!(advise(&scaling, workers, waiting), advice, "{workers} {waiting}");
        }
    }
}
