//! awa, on PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use awa::model::insert::params_with;
use awa::{Client, InsertOpts, JobArgs, JobResult, QueueConfig, insert_many_copy_from_pool, migrations};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::{Drain, Drained, TAKEN};

const QUEUE: &str = "noop";
/// Workers at one time, as in its own measurement of throughput.
const WORKERS: u32 = 256;
const CONNECTIONS: u32 = 40;
/// How long it may take to end.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize, JobArgs)]
struct Noop {
    number: usize,
}

pub(crate) async fn drain(url: &str, jobs: usize) -> Result<Drained> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    migrations::run(&pool).await?;
    let done = Arc::new(AtomicUsize::new(0));
    // A new database decides for its newest engine when a client first starts.
    let first = client(&pool, &done)?;
    first.start().await?;
    first.shutdown(GRACE).await;
    let all: Vec<_> = (0..jobs)
        .map(|number| {
            params_with(&Noop { number }, InsertOpts { queue: QUEUE.into(), ..InsertOpts::default() })
        })
        .collect::<Result<_, _>>()?;
    for some in all.chunks(1000) {
        insert_many_copy_from_pool(&pool, some).await?;
    }
    let client = client(&pool, &done)?;
    let drain = Drain::begin("postgres")?;
    client.start().await?;
    drain.until(|| async { Ok(done.load(Ordering::Relaxed) >= jobs) }).await?;
    // Done is what the database knows of.
    client.shutdown(GRACE).await;
    drain.end()
}

fn client(pool: &PgPool, done: &Arc<AtomicUsize>) -> Result<Client> {
    let done = Arc::clone(done);
    let config = QueueConfig {
        max_workers: WORKERS,
        claim_batch_size: TAKEN,
        poll_interval: Duration::from_millis(10),
        ..QueueConfig::default()
    };
    let builder = Client::builder(pool.clone()).queue(QUEUE, config);
    let builder = builder.register::<Noop, _, _>(move |_, _| {
        done.fetch_add(1, Ordering::Relaxed);
        async { Ok(JobResult::Completed) }
    });
    Ok(builder.build()?)
}
