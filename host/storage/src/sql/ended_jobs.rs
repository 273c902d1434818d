//! `ended_jobs`: what has left the queue, for late words about it and for the names of its requests.
//!
//! In PostgreSQL each day has a partition, which is dropped whole: nothing that the queue did has to be
//! vacuumed. A file has one table.
//!
//! **Invariant:** a job that ends finds its place, whether or not its day's partition was made in time.

use hivesync_jobs::Moment;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::{integer, moment, text};
use crate::database::{Database, commit};
use crate::error::StorageError;

/// What a day's partition is called, before the number of its day since 1970.
const DAY: &str = "ended_jobs_d";
/// Where those are whose day has none.
const REST: &str = "ended_jobs_rest";
const DAY_MILLIS: u64 = 24 * 3_600_000;

/// Makes the partitions of today and the next two days, by the database's clock. Who cannot have the table
/// at once leaves it: there are days for another try, and rows of a day that has none go with the rest.
const PREPARE: &str = "
    DO $$
    DECLARE
      today BIGINT := floor(extract(epoch FROM clock_timestamp()) / 86400);
    BEGIN
      PERFORM set_config('lock_timeout', '500ms', true);
      FOR day IN today .. today + 2 LOOP
        CONTINUE WHEN to_regclass('ended_jobs_d' || day) IS NOT NULL;
        BEGIN
          EXECUTE format('CREATE TABLE ended_jobs_d%s PARTITION OF ended_jobs FOR VALUES FROM (%s) TO (%s)',
            day, day * 86400000::bigint, (day + 1) * 86400000::bigint);
        EXCEPTION WHEN check_violation OR lock_not_available OR duplicate_table OR unique_violation THEN
          RAISE DEBUG 'no partition for day %', day;
        END;
      END LOOP;
    END $$";

/// Makes room for what ends in the next days. Nothing to do in a file.
pub async fn prepare(db: &Database) -> Result<(), StorageError> {
    if !db.is_shared {
        return Ok(());
    }
    let prepared = db.pool.execute(PREPARE).await;
    prepared.map(drop).map_err(StorageError::database("making room for jobs that end"))
}

/// The same on a connection of the queue.
pub(crate) async fn prepare_on(connection: &mut PgConnection) -> Result<(), StorageError> {
    let prepared = connection.execute(PREPARE).await;
    prepared.map(drop).map_err(StorageError::database("making room for jobs that end"))
}

/// Forgets jobs that ended before this moment with the names of their requests, so many rows at one time;
/// of PostgreSQL whole days alone. Says how many jobs.
pub async fn forget(db: &Database, before: Moment, at_once: u32) -> Result<u64, StorageError> {
    if !db.is_shared {
        return forget_rows(db, before, at_once).await;
    }
    let mut forgotten = 0;
    for name in partitions(db).await? {
        let day: Option<u64> = name.strip_prefix(DAY).and_then(|day| day.parse().ok());
        match day {
            Some(day) if day.saturating_add(1).saturating_mul(DAY_MILLIS) <= before.0 => {
                forget_names(db, &name, before, at_once).await?;
                forgotten += drop_day(db, &name).await?;
            }
            Some(_) => {}
            None if name == REST => {
                forget_names(db, &name, before, at_once).await?;
                forgotten += forget_rest(db, before).await?;
            }
            None => tracing::warn!(name, "a table among those of jobs that are over is not ours"),
        }
    }
    Ok(forgotten)
}

async fn partitions(db: &Database) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(
        "SELECT CAST(relname AS TEXT) AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = 'ended_jobs'::regclass ORDER BY 1",
    )
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for jobs that are over"))?;
    rows.iter().map(|row| text(row, "name")).collect()
}

/// The names of requests for jobs in this table.
async fn forget_names(db: &Database, table: &str, before: Moment, at_once: u32) -> Result<(), StorageError> {
    let sql = format!(
        "DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
           SELECT known.ctid FROM idempotency_keys AS known JOIN {table} AS over ON over.id = known.job
           WHERE over.ended_at < $1 LIMIT $2))"
    );
    loop {
        let forgotten = sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(moment(before)?)
            .bind(i64::from(at_once))
            .execute(&db.pool)
            .await
            .map_err(StorageError::database("forgetting the names of requests"))?;
        if forgotten.rows_affected() < u64::from(at_once) {
            return Ok(());
        }
    }
}

async fn drop_day(db: &Database, table: &str) -> Result<u64, StorageError> {
    let failed = || StorageError::database("dropping a day of jobs that are over");
    let mut transaction = db.begin().await?;
    // Whoever waits for the whole table has everybody else wait as well.
    transaction.execute("SET LOCAL lock_timeout = '500ms'").await.map_err(failed())?;
    let count = format!("SELECT COUNT(*) AS jobs FROM {table}");
    let row = sqlx::query(AssertSqlSafe(count)).fetch_one(&mut *transaction).await.map_err(failed())?;
    transaction.execute(AssertSqlSafe(format!("DROP TABLE {table}"))).await.map_err(failed())?;
    commit(transaction).await?;
    Ok(u64::try_from(integer(&row, "jobs")?).unwrap_or_default())
}

async fn forget_rest(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM ended_jobs_rest WHERE ended_at < $1")
        .bind(moment(before)?)
        .execute(&db.pool)
        .await
        .map_err(StorageError::database("forgetting jobs that are over"))?;
    Ok(forgotten.rows_affected())
}

async fn forget_rows(db: &Database, before: Moment, at_once: u32) -> Result<u64, StorageError> {
    const NAMES: &str = "
        DELETE FROM idempotency_keys WHERE job IN (
          SELECT id FROM ended_jobs WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2)";
    const JOBS: &str = "
        DELETE FROM ended_jobs WHERE id IN (
          SELECT id FROM ended_jobs WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2)";
    let mut forgotten = 0;
    loop {
        let mut transaction = db.begin().await?;
        let mut some = 0;
        for statement in [NAMES, JOBS] {
            let gone = sqlx::query(statement)
                .bind(moment(before)?)
                .bind(i64::from(at_once))
                .execute(&mut *transaction)
                .await
                .map_err(StorageError::database("forgetting jobs that are over"))?;
            some = gone.rows_affected();
        }
        commit(transaction).await?;
        forgotten += some;
        if some < u64::from(at_once) {
            return Ok(forgotten);
        }
    }
}
