//! apalis, on Redis. With about 8,000 jobs waiting it stops for good, so it gets fewer.

use anyhow::{Result, anyhow, bail};
use apalis::prelude::*;
use apalis_redis::{Config, RedisStorage};
use futures::stream;

use crate::{Drain, Drained, TAKEN};

async fn noop(_: usize) -> Result<(), BoxDynError> {
    Ok(())
}

pub(crate) async fn drain(url: &str, jobs: usize) -> Result<Drained> {
    let connection = apalis_redis::connect(url).await?;
    let config = Config::default().queue("noop").batch_size(TAKEN);
    let done = config.done_jobs_set();
    let mut storage = RedisStorage::<usize>::new(connection.clone()).with_config(config);
    storage.push_stream(&mut stream::iter(0..jobs)).await.map_err(|error| anyhow!("{error}"))?;
    let worker = WorkerBuilder::new("drain").backend(storage).parallelize(tokio::spawn).build(noop);
    let drain = Drain::begin("redis-server")?;
    let over = || async {
        let done: usize = redis::cmd("SCARD").arg(&done).query_async(&mut connection.clone()).await?;
        Ok(done >= jobs)
    };
    tokio::select! {
        ended = worker.run() => bail!("the worker ended by itself: {ended:?}"),
        over = drain.until(over) => over?,
    }
    drain.end()
}
