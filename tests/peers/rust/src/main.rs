//! Drains no-op jobs with one of the queues below, and says what it took as JSON.
//!
//! ```text
//! hivesync-peers awa|apalis-postgres|apalis-redis URL JOBS
//! ```
//!
//! The server is somebody else's to start and its database is empty. Each queue is used as its own
//! manual says, with batches as large as its settings let them be told.

mod apalis_postgres;
mod apalis_redis;
mod awa;
mod processor;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use processor::Processor;

/// How many jobs are taken at one time.
const TAKEN: usize = 500;
/// How often somebody looks whether all are done.
const LOOK: Duration = Duration::from_millis(10);
/// When a drain that does not end is given up.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, url, jobs] = args.as_slice() else {
        bail!("usage: hivesync-peers awa|apalis-postgres|apalis-redis URL JOBS");
    };
    let jobs: usize = jobs.parse().context("JOBS is a number")?;
    let drained = match name.as_str() {
        "awa" => awa::drain(url, jobs).await?,
        "apalis-postgres" => apalis_postgres::drain(url, jobs).await?,
        "apalis-redis" => apalis_redis::drain(url, jobs).await?,
        other => bail!("{other} is none of them"),
    };
    println!(r#"{{"jobs":{jobs},"seconds":{},"cpu":{}}}"#, drained.seconds, drained.cpu);
    Ok(())
}

/// What a drain took: of the clock, and of the processors with the server's part.
struct Drained {
    seconds: f64,
    cpu: f64,
}

/// A drain that has begun.
struct Drain {
    begun: Instant,
    before: Processor,
    server: &'static str,
}

impl Drain {
    fn begin(server: &'static str) -> Result<Self> {
        Ok(Self { begun: Instant::now(), before: Processor::read(server)?, server })
    }

    /// Waits until `is_over`, which asks the server.
    async fn until<F: Future<Output = Result<bool>>>(&self, is_over: impl Fn() -> F) -> Result<()> {
        let mut looks = tokio::time::interval(LOOK);
        while !is_over().await? {
            if self.begun.elapsed() > PATIENCE {
                bail!("the drain does not end");
            }
            looks.tick().await;
        }
        Ok(())
    }

    fn end(self) -> Result<Drained> {
        let seconds = self.begun.elapsed().as_secs_f64();
        Ok(Drained { seconds, cpu: Processor::read(self.server)?.since(self.before) })
    }
}
