//! Objects whose time is over, and those that no row points to.

use hivesync_jobs::Moment;
use hivesync_storage::sql::content_items::Part;
use hivesync_storage::sql::{ai_docs, content_items, maps, moment_of, pipeline_runs, previews};
use hivesync_storage::{Area, Listed, ObjectKey, ServerId, StorageError};

use super::Cleanup;

/// Artifacts or objects that are looked at in one go.
const AT_ONCE: u32 = 500;
const LISTED: usize = 500;

impl Cleanup {
    /// Removes artifacts whose time is over: the objects first, so that no object is ever without
    /// a row. A download that began in time may end.
    pub(super) async fn expired(&self) -> Result<u64, StorageError> {
        let before = self.before(self.settings.grace);
        let mut removed = 0;
        loop {
            let expired = previews::expired(&self.db, before, AT_ONCE).await?;
            let count = u64::try_from(expired.len()).unwrap_or_default();
            if self.settings.is_dry_run {
                return Ok(count);
            }
            for (job_id, artifact) in expired {
                for name in [&artifact.bundle_key, &artifact.metadata_key] {
                    if let Ok(key) = name.parse() {
                        self.objects.remove(&key).await?;
                    }
                }
                previews::forget_artifact(&self.db, &job_id, &artifact.device_id).await?;
                tracing::debug!(job.id = %job_id, "an artifact that has ended was removed");
            }
            removed += count;
            if count < u64::from(AT_ONCE) {
                return Ok(removed);
            }
        }
    }

    /// Removes what was stored and no row was written for, or what outlived its row.
    pub(super) async fn orphans(&self) -> Result<u64, StorageError> {
        let before = self.before(self.settings.grace);
        let mut removed = 0;
        for area in [Area::Previews, Area::Maps, Area::AiDocs, Area::ContentItems, Area::Spaces] {
            removed += self.look_through(area, Doom::Orphan(before)).await?;
        }
        Ok(removed)
    }

    /// Removes logs that are older than logs are kept.
    pub(super) async fn old_logs(&self, area: Area) -> Result<u64, StorageError> {
        self.look_through(area, Doom::Old(self.before(self.settings.log_retention))).await
    }

    /// Removes the objects of an area that have met their end, and counts them.
    async fn look_through(&self, area: Area, doom: Doom) -> Result<u64, StorageError> {
        let (mut removed, mut after) = (0, None);
        loop {
            let listing = self.objects.list(&area, after.as_deref(), LISTED).await?;
            for listed in &listing.objects {
                if self.is_over(listed, doom).await? {
                    if !self.settings.is_dry_run {
                        self.objects.remove(&listed.key).await?;
                    }
                    removed += 1;
                }
            }
            match listing.next {
                Some(next) => after = Some(next),
                None => return Ok(removed),
            }
        }
    }

    async fn is_over(&self, listed: &Listed, doom: Doom) -> Result<bool, StorageError> {
        let Doom::Orphan(before) = doom else {
            return Ok(matches!(doom, Doom::Old(before) if moment_of(listed.stored_at) < before));
        };
        if moment_of(listed.stored_at) >= before {
            return Ok(false);
        }
        let (db, key) = (&self.db, listed.key);
        let is_kept = match key {
            ObjectKey::Bundle { job, .. } | ObjectKey::Metadata { job, .. } => {
                previews::keeps(db, &ServerId(job.0).to_string(), &key.to_string()).await?
            }
            ObjectKey::Map { version, .. } => maps::keeps(db, &version.to_string()).await?,
            ObjectKey::AiDocs { job } | ObjectKey::AiDocsRecord { job } => {
                ai_docs::keeps(db, &ServerId(job.0).to_string()).await?
            }
            ObjectKey::Transcript { item } => {
                content_items::keeps(db, Part::Transcript, &item.to_string()).await?
            }
            ObjectKey::RepositoryContext { item } => {
                content_items::keeps(db, Part::GithubContext, &item.to_string()).await?
            }
            ObjectKey::SpaceOriginal { .. }
            | ObjectKey::SpacePreview { .. }
            | ObjectKey::SpaceResult { .. } => pipeline_runs::keeps(db, &key.to_string()).await?,
            _ => true,
        };
        Ok(!is_kept)
    }
}

/// What an object is removed for.
#[derive(Debug, Clone, Copy)]
enum Doom {
    /// Stored before then, and no row points to it.
    Orphan(Moment),
    /// Stored before then.
    Old(Moment),
}
