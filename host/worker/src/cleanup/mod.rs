//! What removes things whose time is over: artifacts and rows for the whole fleet, by one process
//! at a time, and the folders of this machine, by each machine for itself.
//!
//! What it does not do: decide when something ends; the tables say so. A bucket's own rules catch
//! what this lost sight of.
//!
//! **Invariant:** nothing of a job that is not over is removed, nothing younger than the grace,
//! and nothing outside of the data folder; a dry run removes nothing at all.

mod folders;
mod objects;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::Moment;
use hivesync_storage::sql::turn::Turn;
use hivesync_storage::sql::{
    counts, ended_jobs, idempotency, model_asks, moment_of, nonces, previews, repository_events, sessions,
    step_runs, webhooks, workers,
};
use hivesync_storage::{Area, Database, Expiry, Objects, StorageError, forget_posts, forget_spaces};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::counts::of_round;

/// How often what is likely to have ended is removed.
const LIGHT: Duration = Duration::from_secs(600);
/// How often everything is looked through.
const DEEP: Duration = Duration::from_secs(6 * 3600);
/// How often posts are.
const POSTS: Duration = Duration::from_secs(12 * 3600);
/// How long what happened in repositories is kept: a post is about a quarter of a year at most, and
/// may be asked for as long after it.
const EVENTS_KEPT: Duration = Duration::from_secs(2 * 92 * 24 * 3600);
/// How long questions and answers are kept: a job is over within a day, and a reply is a user's.
const ASKS_KEPT: Duration = Duration::from_secs(2 * 24 * 3600);
/// Questions that are forgotten in one go.
const ASKS_AT_ONCE: u32 = 10_000;
/// How long a job that has left the queue is known there: far longer than a worker is late with its word,
/// and than a request can come again under its name.
const ENDED_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
const ENDED_AT_ONCE: u32 = 5_000;
/// Posts that are removed in one go.
const POSTS_AT_ONCE: u32 = 500;
/// Runs of spaces that are ended in one go.
const SPACES_AT_ONCE: u32 = 100;
/// How often a process looks whether the one that cleans up is gone.
const LOOK: Duration = Duration::from_secs(30);
/// Days that a bucket keeps what nobody removed: far beyond what the tables say, because a rule
/// looks at the age of an object alone.
const NET_DAYS: u64 = 2;

/// What an operator set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanupSettings {
    /// How long folders of jobs may lie on this machine.
    pub tmp_ttl: Duration,
    /// How long logs, events and signs of life are kept.
    pub log_retention: Duration,
    /// How long artifacts are kept.
    pub artifact_ttl: Duration,
    /// How long pictures of a run of spaces are kept that nothing is done with.
    pub space_ttl: Duration,
    /// How long something is left alone after its end.
    pub grace: Duration,
    /// Say what would be removed, and remove nothing.
    pub is_dry_run: bool,
}

/// For whom something cleans up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For this machine: folders alone.
    Machine,
    /// For all, whenever it is this process's turn.
    Fleet,
}

/// What cleans up.
pub struct Cleanup {
    /// The tables.
    pub db: Database,
    /// The object store.
    pub objects: Objects,
    /// The data folder of this machine.
    pub data: PathBuf,
    /// What an operator set.
    pub settings: CleanupSettings,
    /// The time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// What a round removed, or would have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Artifacts whose time was over.
    pub artifacts: u64,
    /// Objects that no row points to.
    pub orphans: u64,
    /// Logs and events.
    pub logs: u64,
    /// Rows that nobody asks for any more.
    pub rows: u64,
    /// Folders and files of this machine.
    pub folders: u64,
}

impl Removed {
    const fn is_nothing(&self) -> bool {
        self.artifacts == 0 && self.orphans == 0 && self.logs == 0 && self.rows == 0 && self.folders == 0
    }
}

/// Cleans up until `stop` becomes true.
pub async fn clean(cleanup: Cleanup, scope: Scope, mut stop: watch::Receiver<bool>) {
    let mut turn: Option<Turn> = None;
    let (mut local_at, mut light_at, mut deep_at) = (Instant::now(), Instant::now(), Instant::now());
    let mut posts_at = Instant::now();
    loop {
        let now = Instant::now();
        if now >= local_at {
            local_at = now + LIGHT;
            let removed = Removed { folders: cleanup.folders().await, ..Removed::default() };
            cleanup.tell("folders", Ok(removed)).await;
        }
        if scope == Scope::Fleet && now >= light_at && cleanup.has_turn(&mut turn).await {
            light_at = now + LIGHT;
            cleanup.tell("light", cleanup.light().await).await;
            if now >= deep_at {
                deep_at = now + DEEP;
                cleanup.net().await;
                cleanup.tell("deep", cleanup.deep().await).await;
            }
            if now >= posts_at {
                posts_at = now + POSTS;
                cleanup.tell("posts", cleanup.posts().await).await;
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

impl Cleanup {
    /// What ends all the time: artifacts, sessions, requests that were remembered.
    pub async fn light(&self) -> Result<Removed, StorageError> {
        let mut removed = Removed { artifacts: self.expired().await?, ..Removed::default() };
        if !self.settings.is_dry_run {
            removed.rows += sessions::sweep(&self.db, self.now()).await?;
            removed.rows += nonces::forget(&self.db, self.now()).await?;
            removed.rows += idempotency::forget(&self.db, self.now()).await?;
            ended_jobs::prepare(&self.db).await?;
        }
        Ok(removed)
    }

    /// Everything: objects that no row points to, logs, events and signs of life that are old.
    pub async fn deep(&self) -> Result<Removed, StorageError> {
        let mut removed = Removed { orphans: self.orphans().await?, ..Removed::default() };
        removed.logs += self.old_logs(Area::WorkerLogs).await?;
        removed.logs += self.old_logs(Area::PreviewLogs).await?;
        let before = self.before(self.settings.log_retention);
        if !self.settings.is_dry_run {
            removed.logs += previews::forget_events(&self.db, before).await?;
            removed.rows += workers::forget(&self.db, before).await?;
            removed.rows += ended_jobs::forget(&self.db, self.before(ENDED_KEPT), ENDED_AT_ONCE).await?;
            removed.rows += step_runs::forget_before(&self.db, before).await?;
            removed.rows += webhooks::forget(&self.db, before).await?;
            removed.rows += repository_events::forget_before(&self.db, self.before(EVENTS_KEPT)).await?;
            removed.rows += model_asks::forget_before(&self.db, self.before(ASKS_KEPT), ASKS_AT_ONCE).await?;
            let over = (self.before(self.settings.space_ttl), self.now());
            removed.rows += forget_spaces(&self.db, &self.objects, over, SPACES_AT_ONCE).await?;
        }
        Ok(removed)
    }

    /// Posts whose time is over, with their jobs.
    pub async fn posts(&self) -> Result<Removed, StorageError> {
        if self.settings.is_dry_run {
            return Ok(Removed::default());
        }
        let rows = forget_posts(&self.db, &self.objects, self.now(), POSTS_AT_ONCE).await?;
        Ok(Removed { rows, ..Removed::default() })
    }

    /// The bucket's own rules: they act within a day or so, long after this should have.
    async fn net(&self) {
        let days = |time: Duration| {
            let days = time.as_secs().div_ceil(24 * 3600).saturating_add(NET_DAYS);
            u16::try_from(days).unwrap_or(u16::MAX)
        };
        let logs = days(self.settings.log_retention);
        let rules = [
            Expiry { area: Area::Previews, days: days(self.settings.artifact_ttl) },
            Expiry { area: Area::WorkerLogs, days: logs },
            Expiry { area: Area::PreviewLogs, days: logs },
            Expiry { area: Area::Posts, days: days(Duration::from_secs(24 * 3600)) },
        ];
        if self.settings.is_dry_run {
            return;
        }
        if let Err(error) = self.objects.apply_expiry(&rules).await {
            tracing::warn!(%error, "the bucket takes no rules; what is lost sight of stays there");
        }
    }

    /// Whether this process is the one that cleans up.
    async fn has_turn(&self, turn: &mut Option<Turn>) -> bool {
        if let Some(mine) = turn {
            match mine.is_held().await {
                Ok(()) => return true,
                Err(error) => tracing::info!(%error, "the turn to clean up was lost"),
            }
        }
        *turn = match Turn::take(&self.db, "cleanup").await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "whose turn it is to clean up is not known");
                None
            }
        };
        turn.is_some()
    }

    /// Says in the log what was removed, and counts it.
    async fn tell(&self, round: &'static str, removed: Result<Removed, StorageError>) {
        if let (Ok(removed), false) = (&removed, self.settings.is_dry_run)
            && let Err(error) = counts::add(&self.db, &of_round(round, *removed)).await
        {
            tracing::warn!(%error, cleanup.round = round, "what was removed was not counted");
        }
        match removed {
            Ok(removed) if removed.is_nothing() => {}
            Ok(removed) => tracing::info!(
                cleanup.round = round,
                cleanup.dry_run = self.settings.is_dry_run,
                cleanup.artifacts = removed.artifacts,
                cleanup.orphans = removed.orphans,
                cleanup.logs = removed.logs,
                cleanup.rows = removed.rows,
                cleanup.folders = removed.folders,
                "what has ended was removed"
            ),
            Err(error) => {
                tracing::warn!(%error, cleanup.round = round, "what has ended could not be removed")
            }
        }
    }

    fn now(&self) -> Moment {
        moment_of((self.clock)())
    }

    fn before(&self, time: Duration) -> Moment {
        self.now().before(time)
    }
}
