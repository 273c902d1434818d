//! The desk's rows, in PostgreSQL.

use std::collections::BTreeSet;

use hivesync_jobs::{JobId, Moment};
use sqlx::PgConnection;

use super::{read, write};
use crate::error::StorageError;
use crate::queue::desk::Desk;
use crate::queue::rows::{Places, Rows, Wanted};

impl Rows for PgConnection {
    async fn jobs(&mut self, desk: &mut Desk, ids: &BTreeSet<JobId>) -> Result<(), StorageError> {
        read::jobs(self, desk, ids).await
    }

    async fn over(&mut self, desk: &mut Desk, ids: &BTreeSet<JobId>) -> Result<(), StorageError> {
        read::over(self, desk, ids).await
    }

    async fn late(&mut self, desk: &mut Desk, now: Moment) -> Result<Vec<JobId>, StorageError> {
        read::late(self, desk, now).await
    }

    async fn places(&mut self, desk: &mut Desk, places: &Places<'_>) -> Result<(), StorageError> {
        read::lanes(self, desk, &places.lanes).await?;
        read::clocks(self, desk, &places.queues).await?;
        read::keys(self, desk, &places.keys).await
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
