//! The desk's rows, in PostgreSQL.

use std::collections::BTreeSet;

use hivesync_jobs::{JobId, LaneKey, Moment};
use sqlx::PgConnection;

use super::{read, write};
use crate::error::StorageError;
use crate::queue::desk::{Desk, KeyName};
use crate::queue::rows::{Rows, Wanted};

impl Rows for PgConnection {
    async fn jobs(&mut self, desk: &mut Desk, ids: &BTreeSet<JobId>) -> Result<(), StorageError> {
        read::jobs(self, desk, ids).await
    }

    async fn late(&mut self, desk: &mut Desk, now: Moment) -> Result<Vec<JobId>, StorageError> {
        read::late(self, desk, now).await
    }

    async fn lanes(&mut self, desk: &mut Desk, keys: &BTreeSet<LaneKey>) -> Result<(), StorageError> {
        read::lanes(self, desk, keys).await
    }

    async fn clocks(&mut self, desk: &mut Desk, queues: &BTreeSet<&str>) -> Result<(), StorageError> {
        read::clocks(self, desk, queues).await
    }

    async fn keys(&mut self, desk: &mut Desk, names: &BTreeSet<KeyName>) -> Result<(), StorageError> {
        read::keys(self, desk, names).await
    }

    async fn due(
        &mut self,
        desk: &mut Desk,
        wanted: Wanted<'_>,
        count: usize,
    ) -> Result<Vec<JobId>, StorageError> {
        read::due(self, desk, wanted, count).await
    }

    async fn write(&mut self, desk: &mut Desk) -> Result<(), StorageError> {
        write::all(self, desk).await
    }
}
