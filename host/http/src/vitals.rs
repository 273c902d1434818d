//! How a fleet is: what it needs, how full its queues are, and how its workers are.
//!
//! Looked at by `/health/deep`, `/metrics`, the admin's answers and `hivesync health` alike, so
//! that they never disagree.

use std::time::Duration;

use hivesync_jobs::Moment;
use hivesync_storage::sql::queues::{self, QueueDepth};
use hivesync_storage::sql::workers::{self, KnownWorker};
use hivesync_storage::{Database, Fleet, Objects, SILENT_AFTER, StorageError};
use serde::Serialize;

/// Workers that were silent for longer are not shown.
const SHOWN: Duration = Duration::from_secs(24 * 3600);
/// Failures are counted for so long.
const WINDOW: Duration = Duration::from_secs(300);
/// Fewer jobs than this say nothing about a worker.
const JOBS_MIN: u64 = 10;
/// A job that is ready and waits for longer says that there are too few workers.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What something comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and not as it should.
    Degraded,
    /// It does not work.
    Failed,
}

/// How a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerStatus {
    /// It gives signs of life.
    Healthy,
    /// It does, and more than half of its jobs fail.
    Unhealthy,
    /// It gave none for two minutes and did not say that it leaves.
    Unresponsive,
    /// It left by itself.
    Stopped,
}

/// Why something is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `database`, `redis`, `objects`, `queues` or `workers`.
    pub part: &'static str,
    /// What it comes to.
    pub status: Status,
    /// One sentence; no address and no secret stands in it.
    pub message: String,
}

/// Everything that was looked at.
#[derive(Debug)]
pub struct Vitals {
    /// Whether the tables answer.
    pub database: Result<(), StorageError>,
    /// Whether Redis does, where there is one.
    pub redis: Option<Result<(), StorageError>>,
    /// Whether the object store does.
    pub objects: Result<(), StorageError>,
    /// The queues.
    pub queues: Vec<QueueDepth>,
    /// The workers of the last day, newest first.
    pub workers: Vec<KnownWorker>,
    /// When.
    pub at: Moment,
}

/// How a worker is at a moment.
pub fn worker_status(worker: &KnownWorker, now: Moment) -> WorkerStatus {
    let jobs = worker.done.saturating_add(worker.failed);
    if worker.stopped_at.is_some() {
        WorkerStatus::Stopped
    } else if worker.last_seen_at.after(SILENT_AFTER) < now {
        WorkerStatus::Unresponsive
    } else if jobs >= JOBS_MIN && worker.failed.saturating_mul(2) > jobs {
        WorkerStatus::Unhealthy
    } else {
        WorkerStatus::Healthy
    }
}

/// Whether a healthy worker of this kind serves this queue.
pub(crate) async fn is_served(
    db: &Database,
    (kind, queue): (&str, &str),
    now: Moment,
) -> Result<bool, StorageError> {
    let seen = workers::seen_since(db, now.before(SILENT_AFTER), now.before(WINDOW)).await?;
    let serves = |worker: &KnownWorker| {
        let is_its_queue = worker.node.queues.split(',').any(|name| name == queue);
        worker.node.kind == kind && is_its_queue && worker_status(worker, now) == WorkerStatus::Healthy
    };
    Ok(seen.iter().any(serves))
}

impl Vitals {
    /// Looks at all of it. What does not answer is part of the answer.
    pub async fn look(db: &Database, fleet: Option<&Fleet>, objects: &Objects, now: Moment) -> Self {
        let redis = async {
            match fleet {
                Some(fleet) => Some(fleet.check().await),
                None => None,
            }
        };
        let tables = async {
            db.ping().await?;
            let queues = queues::depths(db).await?;
            Ok((queues, workers::seen_since(db, now.before(SHOWN), now.before(WINDOW)).await?))
        };
        let (tables, redis, objects) = tokio::join!(tables, redis, objects.check());
        let (database, (queues, workers)) = match tables {
            Ok(found) => (Ok(()), found),
            Err(error) => (Err(error), (Vec::new(), Vec::new())),
        };
        Self { database, redis, objects, queues, workers, at: now }
    }

    /// Workers that are there, by their status.
    pub fn count(&self, status: WorkerStatus) -> usize {
        self.workers.iter().filter(|worker| worker_status(worker, self.at) == status).count()
    }

    /// What is not as it should be.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |part, status, message: String| findings.push(Finding { part, status, message });
        if self.database.is_err() {
            find("database", Status::Failed, "The database does not answer.".to_owned());
        }
        if self.objects.is_err() {
            find("objects", Status::Failed, "The object store does not answer.".to_owned());
        }
        if let Some(Err(_)) = self.redis {
            let message = "Redis does not answer: jobs begin later, limits are counted by each process.";
            find("redis", Status::Degraded, message.to_owned());
        }
        for queue in &self.queues {
            let waits = queue.oldest.map_or(Duration::ZERO, |oldest| self.at.since(oldest));
            if waits > WAIT_MAX {
                let (name, seconds) = (&queue.queue, waits.as_secs());
                let message = format!("A job of {name} waits for {seconds} s; {} wait.", queue.waiting);
                find("queues", Status::Degraded, message);
            }
        }
        if self.database.is_ok() && self.count(WorkerStatus::Healthy) == 0 {
            find("workers", Status::Degraded, "No healthy worker is there.".to_owned());
        }
        for (status, what) in [
            (WorkerStatus::Unhealthy, "fail more than half of their jobs"),
            (WorkerStatus::Unresponsive, "were not heard of for two minutes"),
        ] {
            let count = self.count(status);
            if count > 0 {
                find("workers", Status::Degraded, format!("{count} workers {what}."));
            }
        }
        findings
    }

    /// The worst of it.
    pub fn status(&self) -> Status {
        self.findings().iter().map(|finding| finding.status).max().unwrap_or(Status::Ok)
    }
}

#[cfg(test)]
mod tests {
    use hivesync_storage::sql::workers::WorkerNode;

    use super::*;

    const NOW: Moment = Moment(10_000_000);

    fn worker(seen_ms_ago: u64, done: u64, failed: u64) -> KnownWorker {
        KnownWorker {
            node: WorkerNode {
                id: "01JDJ0000000000000000000AA".to_owned(),
                name: "here".to_owned(),
                kind: "cpu".to_owned(),
                queues: "preview_build".to_owned(),
                concurrency: 2,
                version: "0".to_owned(),
                started_at: Moment(0),
            },
            last_seen_at: Moment(NOW.0 - seen_ms_ago),
            stopped_at: None,
            beat: None,
            done,
            failed,
        }
    }

    fn well() -> Vitals {
        Vitals {
            database: Ok(()),
            redis: Some(Ok(())),
            objects: Ok(()),
            queues: Vec::new(),
            workers: vec![worker(0, 0, 0)],
            at: NOW,
        }
    }

    #[test]
    fn a_worker_is_unresponsive_after_two_minutes_and_unhealthy_when_most_of_ten_jobs_fail() {
        let status = |worker: &KnownWorker| worker_status(worker, NOW);
        assert_eq!(status(&worker(120_000, 0, 0)), WorkerStatus::Healthy);
        assert_eq!(status(&worker(120_001, 0, 0)), WorkerStatus::Unresponsive);
        assert_eq!(status(&worker(0, 0, 9)), WorkerStatus::Healthy);
        assert_eq!(status(&worker(0, 5, 5)), WorkerStatus::Healthy);
        assert_eq!(status(&worker(0, 4, 6)), WorkerStatus::Unhealthy);
        let left = KnownWorker { stopped_at: Some(NOW), ..worker(500_000, 0, 0) };
        assert_eq!(status(&left), WorkerStatus::Stopped);
    }

    #[test]
    fn the_worst_finding_is_what_it_comes_to() {
        assert_eq!(well().status(), Status::Ok);
        let gone = || Err(StorageError::Closed);
        assert_eq!(Vitals { redis: Some(gone()), ..well() }.status(), Status::Degraded);
        assert_eq!(Vitals { redis: None, ..well() }.status(), Status::Ok);
        assert_eq!(Vitals { objects: gone(), ..well() }.status(), Status::Failed);
        assert_eq!(Vitals { database: gone(), redis: Some(gone()), ..well() }.status(), Status::Failed);
        assert_eq!(Vitals { workers: Vec::new(), ..well() }.status(), Status::Degraded);
        let silent = vec![worker(0, 0, 0), worker(200_000, 0, 0)];
        assert_eq!(Vitals { workers: silent, ..well() }.status(), Status::Degraded);
        let queue = |oldest| {
            vec![QueueDepth { queue: "q".to_owned(), waiting: 1, running: 0, oldest: Some(Moment(oldest)) }]
        };
        assert_eq!(Vitals { queues: queue(NOW.0 - 60_000), ..well() }.status(), Status::Ok);
        assert_eq!(Vitals { queues: queue(NOW.0 - 60_001), ..well() }.status(), Status::Degraded);
    }
}
