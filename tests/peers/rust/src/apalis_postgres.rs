//! apalis, on PostgreSQL.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage};
use futures::stream;

use crate::{Drain, Drained, TAKEN};

const QUEUE: &str = "noop";
/// How often it asks for work.
const POLL: Duration = Duration::from_millis(10);

async fn noop(_: usize) -> Result<(), BoxDynError> {
    Ok(())
}

pub(crate) async fn drain(url: &str, jobs: usize) -> Result<Drained> {
    let pool = PgPool::connect(url).await?;
    PostgresStorage::<()>::setup(&pool).await.map_err(|error| anyhow!("{error}"))?;
    let config = Config::default().queue(QUEUE).batch_size(TAKEN);
    let mut storage = PostgresStorage::<usize>::new(&pool).with_config(config);
    storage.push_stream(&mut stream::iter(0..jobs)).await.map_err(|error| anyhow!("{error}"))?;
    let worker = WorkerBuilder::new("drain")
        .backend(storage.poll_with_strategy(IntervalStrategy::new(POLL)))
        .parallelize(tokio::spawn)
        .build(noop);
    // Of the other sqlx: this one it shows nobody.
    let looking = sqlx::PgPool::connect(url).await?;
    let drain = Drain::begin("postgres")?;
    let left = || async {
        let sql = "SELECT COUNT(*) FROM apalis.jobs WHERE status <> 'Done'";
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&looking).await?;
        Ok(left == 0)
    };
    tokio::select! {
        ended = worker.run() => bail!("the worker ended by itself: {ended:?}"),
        over = drain.until(left) => over?,
    }
    drain.end()
}
