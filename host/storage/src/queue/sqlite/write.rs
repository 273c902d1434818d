//! What lies changed on the desk, written back: one statement a table, and one for all jobs that are
//! alike.

use serde::Serialize;

use super::json;
use super::turn::{Script, Turn};
use crate::database::list;
use crate::error::StorageError;
use crate::queue::desk::{Desk, Row};
use crate::queue::row::{self, Moved};

/// Writes jobs that were there before, and gives what writes the rest: what says nothing of whether it could.
pub(super) async fn all(turn: &mut Turn<'_>, desk: &Desk) -> Result<Script, StorageError> {
    moved_jobs(turn, desk).await?;
    let mut script = Script::default();
    keys(&mut script, desk)?;
    lanes(&mut script, desk)?;
    clocks(&mut script, desk)?;
    new_jobs(&mut script, desk)?;
    Ok(script)
}

fn keys(script: &mut Script, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::with_capacity(desk.new_keys.len());
    for name in &desk.new_keys {
        let Some((body, job)) = desk.keys.get(name) else { continue };
        rows.push((row::number(name.0, "a tenant")?, &name.1, hex::encode(body), json::id(*job)));
    }
    const KEEP: &str = "
        INSERT INTO idempotency_keys (tenant, name, body, job)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), unhex(value ->> 3) FROM json_each(?)";
    some(script, KEEP, &rows)
}

fn lanes(script: &mut Script, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for (key, lane) in desk.lanes.iter().filter(|(_, lane)| lane.row != Row::Unchanged) {
        rows.push((
            &key.queue,
            row::number(key.tenant, "a tenant")?,
            lane.lane.terms.weight,
            lane.lane.terms.cap,
            row::number(lane.waiting, "a lane")?,
            lane.lane.running,
            row::number(lane.lane.virtual_time, "a virtual time")?,
        ));
    }
    // Without WHERE, ON would be read as that of a join.
    const KEEP: &str = "
        INSERT INTO lanes (queue, tenant, weight, cap, waiting, running, virtual_time)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(?) WHERE true
        ON CONFLICT (queue, tenant) DO UPDATE SET
          weight = excluded.weight, cap = excluded.cap, waiting = excluded.waiting,
          running = excluded.running, virtual_time = excluded.virtual_time";
    some(script, KEEP, &rows)
}

fn clocks(script: &mut Script, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for name in &desk.moved_clocks {
        let Some(time) = desk.clocks.get(name) else { continue };
        rows.push((name, row::number(*time, "a virtual time")?));
    }
    const KEEP: &str = "
        INSERT INTO queues (name, virtual_time)
        SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
        ON CONFLICT (name) DO UPDATE SET virtual_time = excluded.virtual_time";
    some(script, KEEP, &rows)
}

fn new_jobs(script: &mut Script, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for (job, _) in desk.jobs.values().filter(|(_, row)| *row == Row::New) {
        rows.push((
            json::id(job.id),
            &job.lane.queue,
            row::number(job.lane.tenant, "a tenant")?,
            job.tries_max,
            job.gpu_until.map(row::moment).transpose()?,
            row::columns(&job.state)?.run_at,
        ));
    }
    const KEEP: &str = "
        INSERT INTO jobs (id, queue, tenant, tries_max, gpu_until, run_at, tries, fence, withdrawn, state)
        SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
          0, 0, 0, 'waiting' FROM json_each(?)";
    some(script, KEEP, &rows)
}

/// All jobs of these ids are alike now. A guarded one is written where it still stands as remembered: who
/// has a worker is leased, and to ask for that leads to no other index than that of the ids.
macro_rules! guard {
    () => {
        " AND worker IS NOT NULL AND fence = ?2 AND withdrawn = ?3"
    };
}

macro_rules! move_jobs {
    ($guard:expr) => {
        concat!(
            "UPDATE jobs SET tries = ?1, fence = ?2, withdrawn = ?3, state = ?4, run_at = ?5, worker = ?6,
               leased_until = ?7, code = ?8
             WHERE id IN (SELECT unhex(value) FROM json_each(?9))",
            $guard
        )
    };
}

/// What ends leaves the queue.
macro_rules! end_jobs {
    ($guard:expr) => {
        concat!(
            "INSERT INTO ended_jobs (id, queue, tenant, tries_max, gpu_until, tries, fence, withdrawn, state,
               code, ended_at)
             SELECT id, queue, tenant, tries_max, gpu_until, ?1, ?2, ?3, ?4, ?5, ?6 FROM jobs
             WHERE id IN (SELECT unhex(value) FROM json_each(?7))",
            $guard,
            "; DELETE FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?7))",
            $guard
        )
    };
}

async fn moved_jobs(turn: &mut Turn<'_>, desk: &Desk) -> Result<(), StorageError> {
    for (moved, ids) in desk.moved()? {
        let Moved { tries, fence, withdrawn, columns, is_guarded, is_over } = moved;
        let names: Vec<String> = ids.iter().map(|id| json::id(*id)).collect();
        let mut script = Script::default();
        script.bind(tries)?;
        script.bind(fence)?;
        script.bind(withdrawn)?;
        script.bind(columns.state)?;
        if is_over {
            script.bind(columns.code)?;
            script.bind(row::moment(desk.now)?)?;
        } else {
            script.bind(columns.run_at)?;
            script.bind(columns.worker)?;
            script.bind(columns.leased_until)?;
            script.bind(columns.code)?;
        }
        script.bind(list(&names)?)?;
        script.add(match (is_over, is_guarded) {
            (true, true) => end_jobs!(guard!()),
            (true, false) => end_jobs!(""),
            (false, true) => move_jobs!(guard!()),
            (false, false) => move_jobs!(""),
        });
        // One that ends is a row here and a row there.
        let rows = if is_over { ids.len().saturating_mul(2) } else { ids.len() };
        row::all_stood(turn.write(script, "keeping jobs").await?, rows)?;
    }
    Ok(())
}

/// A statement for these rows, if there are any.
fn some<T: Serialize>(script: &mut Script, statement: &str, rows: &[T]) -> Result<(), StorageError> {
    if rows.is_empty() { Ok(()) } else { script.list(statement, &rows) }
}
