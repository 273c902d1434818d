//! The queue's figures, for `cargo xtask bench jobs`.
//!
//! ```text
//! cargo run -p hivesync-storage --example bench-jobs -- POSTGRES_URL REDIS_URL FOLDER JOBS KILLS [PART]
//! ```
//!
//! With a part's name, that part alone. A part that fails, or that does not end, takes none of the
//! others along; the program then ends with a failure.
//! The servers are somebody else's to start, so that others can be measured on the same ones;
//! each figure is taken in a database of its own there. Standard output has one figure a line,
//! a name, a tab and a number; standard error says what is being done.

mod crash;
mod flush;
mod idle;
mod load;
mod processor;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use hivesync_jobs::LaneTerms;
use hivesync_storage::{Clock, JobStore};
use sqlx::{Connection as _, PgConnection};

use load::{Lane, Tenants, drain, fill};
use processor::Processor;

/// Callers at one time where the table does not say how many.
const CALLERS: usize = 512;
/// Callers of the file database, of which each waits for its answer.
const FILE_CALLERS: usize = 64;

/// How long one part may take.
const PATIENCE: Duration = Duration::from_secs(150);

/// What can be measured alone.
const PARTS: [&str; 7] = ["drain", "noisy", "held", "embedded", "idle", "flush", "kill"];

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, url, worker, count] = args.as_slice()
        && word == crash::HOLD
    {
        return crash::hold(url, worker.parse()?, count.parse()?).await;
    }
    let [postgres, redis, folder, jobs, kills, part @ ..] = args.as_slice() else {
        anyhow::bail!("usage: bench POSTGRES_URL REDIS_URL FOLDER JOBS KILLS [PART]");
    };
    let bench = Bench {
        postgres: postgres.clone(),
        redis: redis.clone(),
        folder: PathBuf::from(folder),
        jobs: jobs.parse().context("JOBS is a number")?,
    };
    let kills = kills.parse().context("KILLS is a number")?;
    let mut failed = Vec::new();
    for name in PARTS.into_iter().filter(|name| part.iter().all(|part| part == name)) {
        let done = tokio::time::timeout(PATIENCE, bench.part(name, kills)).await;
        if let Err(error) = done.unwrap_or_else(|_| Err(anyhow::anyhow!("it does not end"))) {
            eprintln!("bench: {name} could not be measured: {error:#}");
            failed.push(name);
        }
    }
    anyhow::ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

/// Where things are measured, and how large.
struct Bench {
    postgres: String,
    redis: String,
    folder: PathBuf,
    jobs: u64,
}

/// One figure.
fn say(name: &str, value: f64) {
    eprintln!("bench: {name} {value:.3}");
    println!("{name}\t{value}");
}

impl Bench {
    async fn part(&self, name: &str, kills: u64) -> Result<()> {
        match name {
            "drain" => self.drains().await,
            "noisy" => self.neighbours().await,
            "held" => self.held().await,
            "embedded" => self.embedded().await,
            "idle" => idle::measure(self).await,
            "flush" => flush::measure(self).await,
            _ => crash::measure(self, kills).await,
        }
    }

    /// A new database on the server.
    async fn database(&self, name: &str) -> Result<String> {
        let mut admin = PgConnection::connect(&format!("{}/postgres", self.postgres)).await?;
        for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await?;
        }
        Ok(format!("{}/{name}", self.postgres))
    }

    /// The server's first process.
    async fn server(&self) -> Result<u32> {
        let mut connection = PgConnection::connect(&format!("{}/postgres", self.postgres)).await?;
        let backend = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        Processor::server_of(backend).context("the server does not run on this machine")
    }

    async fn open(&self, name: &str) -> Result<Arc<JobStore>> {
        let url = self.database(name).await?;
        Ok(Arc::new(JobStore::postgres(&url, Clock::Database).await?))
    }

    /// No-op jobs: of one tenant without a bound, then of fifty with weights and caps.
    async fn drains(&self) -> Result<()> {
        eprintln!("bench: {} jobs of one tenant", self.jobs);
        let server = Some(self.server().await?);
        let store = self.open("drain").await?;
        fill(&store, self.jobs, CALLERS, Tenants::one()).await?;
        let before = Processor::read(server)?;
        let drained = drain(&store, self.jobs, Tenants::one()).await?;
        let spent = before.since()?;
        say("drain: jobs a second", drained.rate(self.jobs));
        say("drain: us of CPU a job", spent / real(self.jobs) * 1e6);
        drop(store);

        eprintln!("bench: {} jobs of fifty tenants", self.jobs);
        let store = self.open("fair").await?;
        let tenants = Tenants { of: |number| Lane { tenant: number % 50, terms: terms(number % 50) } };
        fill(&store, self.jobs, CALLERS, tenants).await?;
        let before = Processor::read(server)?;
        let drained = drain(&store, self.jobs, tenants).await?;
        let spent = before.since()?;
        say("fair: jobs a second", drained.rate(self.jobs));
        say("fair: us of CPU a job", spent / real(self.jobs) * 1e6);
        Ok(())
    }

    /// One tenant with nine of ten jobs, which came first, and 49 who share the rest.
    async fn neighbours(&self) -> Result<()> {
        eprintln!("bench: a noisy neighbour");
        let store = self.open("noisy").await?;
        let jobs = self.jobs.min(20_000);
        let of = |number: u64| {
            // The small ones come last.
            let tenant = if number % 10 == 9 { 1 + number / 10 % 49 } else { 0 };
            Lane { tenant, terms: LaneTerms { weight: 1, cap: 40 } }
        };
        let tenants = Tenants { of };
        fill(&store, jobs, CALLERS, tenants).await?;
        let drained = drain(&store, jobs, tenants).await?;
        let small =
            drained.started.iter().rposition(|(tenant, _)| *tenant != 0).context("nobody is small")?;
        // A small tenant alone needs what its own jobs take; beyond that it waits for others.
        say("noisy: last start of a small tenant, % of the drain", drained.at(small)? * 100.0);
        say("noisy: more at one time than a cap", real(drained.beyond_caps));
        Ok(())
    }

    /// The same work while somebody keeps a snapshot of before.
    async fn held(&self) -> Result<()> {
        eprintln!("bench: a long transaction");
        let mut rates = BTreeMap::new();
        for is_held in [false, true] {
            let url = self.database("held").await?;
            let store = Arc::new(JobStore::postgres(&url, Clock::Database).await?);
            let mut holder = PgConnection::connect(&url).await?;
            let mut snapshot = holder.begin().await?;
            if is_held {
                sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    .execute(&mut *snapshot)
                    .await?;
                sqlx::query("SELECT count(*) FROM jobs").execute(&mut *snapshot).await?;
            }
            let begun = std::time::Instant::now();
            fill(&store, self.jobs, CALLERS, Tenants::one()).await?;
            drain(&store, self.jobs, Tenants::one()).await?;
            rates.insert(is_held, real(self.jobs) / begun.elapsed().as_secs_f64());
            snapshot.rollback().await?;
        }
        let (clean, held) = (rates.get(&false).context("no rate")?, rates.get(&true).context("no rate")?);
        say("held: % of the clean rate", held / clean * 100.0);
        Ok(())
    }

    /// The file database: every answer is on disk.
    async fn embedded(&self) -> Result<()> {
        eprintln!("bench: {} jobs in a file", self.jobs);
        let folder = tempfile::tempdir_in(&self.folder)?;
        let store = Arc::new(JobStore::open(&folder.path().join("queue.db")).await?);
        let filled = fill(&store, self.jobs, FILE_CALLERS, Tenants::one()).await?;
        say("embedded: enqueues a second", filled.rate(self.jobs));
        say("embedded: P99 of an enqueue, ms", filled.percentile(99) * 1e3);
        let before = Processor::read(None)?;
        let drained = drain(&store, self.jobs, Tenants::one()).await?;
        say("embedded: us of CPU a drained job", before.since()? / real(self.jobs) * 1e6);
        say("embedded: drained a second", drained.rate(self.jobs));
        Ok(())
    }
}

/// What tenants of three tiers are given.
fn terms(tenant: u64) -> LaneTerms {
    let weight = match tenant % 3 {
        0 => 8,
        1 => 4,
        _ => 1,
    };
    LaneTerms { weight, cap: 40 }
}

#[allow(clippy::as_conversions, clippy::cast_precision_loss)]
fn real(count: u64) -> f64 {
    count as f64
}
