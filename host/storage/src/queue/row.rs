//! A job as a row.

use hivesync_jobs::{Ending, Fence, Job, JobId, Lane, LaneKey, LaneTerms, Moment, State, WorkerId};
use hivesync_types::Code;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::error::StorageError;

/// The columns that follow from where a job stands, as they stand in the table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Columns {
    pub(super) state: &'static str,
    pub(super) run_at: Option<i64>,
    pub(super) worker: Option<Vec<u8>>,
    pub(super) leased_until: Option<i64>,
    pub(super) code: Option<&'static str>,
}

pub(super) fn columns(state: &State) -> Result<Columns, StorageError> {
    let none = Columns { state: "", run_at: None, worker: None, leased_until: None, code: None };
    Ok(match state {
        State::Waiting { run_at } => Columns { state: "waiting", run_at: Some(moment(*run_at)?), ..none },
        State::Leased { worker, until } => Columns {
            state: "leased",
            worker: Some(worker.0.to_be_bytes().to_vec()),
            leased_until: Some(moment(*until)?),
            ..none
        },
        State::Ended(Ending::Succeeded) => Columns { state: "succeeded", ..none },
        State::Ended(Ending::Canceled) => Columns { state: "canceled", ..none },
        State::Ended(Ending::Failed(code)) => Columns { state: "failed", code: Some(code.as_str()), ..none },
        State::Ended(Ending::Dead(code)) => Columns { state: "dead", code: Some(code.as_str()), ..none },
    })
}

/// All columns that change.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moved {
    pub(super) tries: i64,
    pub(super) fence: i64,
    pub(super) withdrawn: i64,
    pub(super) columns: Columns,
    /// It was remembered as leased, with this fence and this withdrawal, and not read.
    pub(super) is_guarded: bool,
    /// It leaves the queue.
    pub(super) is_over: bool,
}

impl Moved {
    pub(super) fn of(job: &Job, is_guarded: bool) -> Result<Self, StorageError> {
        Ok(Self {
            tries: i64::from(job.tries),
            fence: i64::from(job.fence.0),
            withdrawn: i64::from(job.withdrawn),
            columns: columns(&job.state)?,
            is_guarded,
            is_over: matches!(job.state, State::Ended(_)),
        })
    }
}

/// What became of jobs that were written, of which there are so many.
pub(super) fn all_stood(written: u64, jobs: usize) -> Result<(), StorageError> {
    if u64::try_from(jobs).is_ok_and(|jobs| jobs == written) {
        Ok(())
    } else {
        Err(StorageError::Nonsense("a job that somebody else has moved"))
    }
}

/// The number behind an id, so that blobs sort as numbers do.
pub(super) fn id(job: JobId) -> Vec<u8> {
    job.0.to_be_bytes().to_vec()
}

pub(super) fn moment(moment: Moment) -> Result<i64, StorageError> {
    number(moment.0, "a time")
}

pub(super) fn number(value: u64, what: &'static str) -> Result<i64, StorageError> {
    i64::try_from(value).map_err(|_| StorageError::TooLarge(what))
}

/// Reads a whole row of `jobs`, or of `ended_jobs`.
pub(super) fn job(row: &impl Fields) -> Result<Job, StorageError> {
    Ok(Job {
        id: JobId(wide(row, "id")?.ok_or(NONSENSE)?),
        lane: lane_key(row)?,
        tries_max: small(row, "tries_max")?,
        tries: small(row, "tries")?,
        fence: Fence(small(row, "fence")?),
        gpu_until: time(row, "gpu_until")?,
        withdrawn: count(row, "withdrawn")? != 0,
        state: state(row)?,
    })
}

fn state(row: &impl Fields) -> Result<State, StorageError> {
    let code = || {
        let text = row.text("code")?.ok_or(NONSENSE)?;
        Code::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(NONSENSE)
    };
    Ok(match row.text("state")?.ok_or(NONSENSE)?.as_str() {
        "waiting" => State::Waiting { run_at: time(row, "run_at")?.ok_or(NONSENSE)? },
        "leased" => State::Leased {
            worker: WorkerId(wide(row, "worker")?.ok_or(NONSENSE)?),
            until: time(row, "leased_until")?.ok_or(NONSENSE)?,
        },
        "succeeded" => State::Ended(Ending::Succeeded),
        "canceled" => State::Ended(Ending::Canceled),
        "failed" => State::Ended(Ending::Failed(code()?)),
        "dead" => State::Ended(Ending::Dead(code()?)),
        _ => return Err(NONSENSE),
    })
}

const NONSENSE: StorageError = StorageError::Nonsense("a row that nobody of us wrote");

/// The three kinds of columns that our tables have.
pub(super) trait Fields {
    fn text(&self, column: &str) -> Result<Option<String>, StorageError>;
    fn integer(&self, column: &str) -> Result<Option<i64>, StorageError>;
    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StorageError>;
}

macro_rules! fields {
    ($($row:ty),*) => {$(
        impl Fields for $row {
            fn text(&self, column: &str) -> Result<Option<String>, StorageError> {
                self.try_get(column).map_err(StorageError::database("reading a row"))
            }

            fn integer(&self, column: &str) -> Result<Option<i64>, StorageError> {
                self.try_get(column).map_err(StorageError::database("reading a row"))
            }

            fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StorageError> {
                self.try_get(column).map_err(StorageError::database("reading a row"))
            }
        }
    )*};
}

fields!(SqliteRow, PgRow);

pub(super) fn count(row: &impl Fields, column: &str) -> Result<u64, StorageError> {
    row.integer(column)?.and_then(|value| u64::try_from(value).ok()).ok_or(NONSENSE)
}

pub(super) fn small(row: &impl Fields, column: &str) -> Result<u32, StorageError> {
    u32::try_from(count(row, column)?).map_err(|_| NONSENSE)
}

pub(super) fn time(row: &impl Fields, column: &str) -> Result<Option<Moment>, StorageError> {
    let value = row.integer(column)?;
    value.map(|value| u64::try_from(value).map(Moment).map_err(|_| NONSENSE)).transpose()
}

pub(super) fn wide(row: &impl Fields, column: &str) -> Result<Option<u128>, StorageError> {
    let bytes = row.bytes(column)?;
    bytes.map(|bytes| bytes.try_into().map(u128::from_be_bytes).map_err(|_| NONSENSE)).transpose()
}

/// Reads a whole row of `lanes`, but for its key and its waiting jobs.
pub(super) fn lane(row: &impl Fields) -> Result<Lane, StorageError> {
    Ok(Lane {
        terms: LaneTerms { weight: small(row, "weight")?, cap: small(row, "cap")? },
        running: small(row, "running")?,
        virtual_time: count(row, "virtual_time")?,
    })
}

/// Whose lane or job it is.
pub(super) fn lane_key(row: &impl Fields) -> Result<LaneKey, StorageError> {
    Ok(LaneKey { queue: row.text("queue")?.ok_or(NONSENSE)?, tenant: count(row, "tenant")? })
}
