//! The queue: the program that measures it belongs to `host/storage`, which knows its own
//! parts; here its figures meet the goals, beside those of other queues on the same servers.

mod peers;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use hivesync_testkit::{Durability, Postgres, Redis};

use super::figures::Goal::{AtLeast, AtMost};
use super::figures::{Figures, Line};
use super::row::Row;
use crate::command;
use crate::house::House;
use crate::test;
use peers::{Drain, Peers};

/// Jobs of a drain, and workers that are killed, unless somebody asks for more.
const JOBS: usize = 20_000;
const KILLS: usize = 200;

/// The lines behind the first one, which has peers; `{kills}` workers are killed.
const LINES: [Line; 21] = [
    (
        "fair: us of CPU a job",
        "the same with weighted fairness and exact caps: CPU a job",
        "us",
        AtMost(50.0),
    ),
    (
        "fair: jobs a second",
        "the same with weighted fairness and exact caps: rate",
        "jobs/s",
        AtLeast(12_000.0),
    ),
    (
        "noisy: last start of a small tenant, % of the drain",
        "noisy neighbour 90/10: last start of a small tenant",
        "% of the drain",
        AtMost(5.0),
    ),
    (
        "noisy: more at one time than a cap",
        "noisy neighbour 90/10: starts beyond a cap",
        "starts",
        AtMost(0.0),
    ),
    ("embedded: enqueues a second", "embedded, fully durable: enqueues", "jobs/s", AtLeast(25_000.0)),
    ("embedded: P99 of an enqueue, ms", "embedded, fully durable: P99 of an enqueue", "ms", AtMost(10.0)),
    ("embedded: drained a second", "embedded, fully durable: drain", "jobs/s", AtLeast(25_000.0)),
    ("idle PostgreSQL: p50, ms", "idle, enqueue to start, PostgreSQL: p50", "ms", AtMost(1.0)),
    ("idle PostgreSQL: P99, ms", "idle, enqueue to start, PostgreSQL: P99", "ms", AtMost(5.0)),
    ("idle embedded: p50, ms", "idle, enqueue to start, embedded: p50", "ms", AtMost(0.3)),
    ("idle embedded: P99, ms", "idle, enqueue to start, embedded: P99", "ms", AtMost(1.0)),
    ("kill: slowest re-run, s", "kill -9 x {kills}: slowest re-run", "s", AtMost(11.0)),
    ("kill: lost", "kill -9 x {kills}: lost", "jobs", AtMost(0.0)),
    ("kill: accepted twice", "kill -9 x {kills}: accepted twice", "jobs", AtMost(0.0)),
    (
        "kill: runs of a poison job off its tries",
        "kill -9 x {kills}: runs of a poison job off max_attempts",
        "runs",
        AtMost(0.0),
    ),
    ("flush: lost", "Redis flushed at 2,000 jobs/s: lost", "jobs", AtMost(0.0)),
    ("flush: P99 of a pick-up, ms", "Redis flushed at 2,000 jobs/s: P99 of a pick-up", "ms", AtMost(1000.0)),
    ("flush: replays accepted", "Redis flushed at 2,000 jobs/s: replays accepted", "requests", AtMost(0.0)),
    ("held: % of the clean rate", "long transaction held open: rate", "% of the clean one", AtLeast(90.0)),
    ("simulation: seeds that fail", "simulation: seeds that fail", "of 10000", AtMost(0.0)),
    ("simulation: s", "simulation: 10,000 seeds", "s", AtMost(300.0)),
];

/// The lines; a figure that could not be taken stays unmeasured.
pub(crate) fn rows(house: &House, runs: Option<usize>) -> Result<Vec<Row>> {
    // The drains are as long as ever.
    let (jobs, kills) = (JOBS, runs.unwrap_or(KILLS));
    let (postgres, redis) = (Postgres::start(Durability::Full)?, Redis::start()?);
    let mut figures = Figures::default();
    figures.part("our own queue", |figures| own(house, (&postgres, &redis), (jobs, kills), figures));
    figures.part("the simulation", |figures| simulation(house, figures));
    let peers = Peers::measure(house, (&postgres, &redis), jobs);
    let mut rows = drain_rows(&figures, &peers);
    rows.extend(figures.rows(&LINES, &[("{kills}", kills.to_string())]));
    Ok(rows)
}

/// What the program in `host/storage` measures. What it said before it failed counts all the same.
fn own(
    house: &House,
    (postgres, redis): (&Postgres, &Redis),
    (jobs, kills): (usize, usize),
    figures: &mut Figures,
) -> Result<()> {
    let folder = house.target("bench/jobs");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let address = postgres.url("");
    let ours = Command::new(test::house_example(house, "bench-jobs")?)
        .args([address.trim_end_matches('/'), &redis.url()])
        .arg(&folder)
        .args([jobs.to_string(), kills.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the program that measures")?;
    figures.read(&String::from_utf8_lossy(&ours.stdout));
    if !ours.status.success() {
        bail!("it ended with {}", ours.status);
    }
    Ok(())
}

/// The first line, once for each queue it is compared with.
fn drain_rows(figures: &Figures, peers: &Peers) -> Vec<Row> {
    let line = "drain of no-op jobs, PostgreSQL";
    let (cpu, rate) = (figures.get("drain: us of CPU a job"), figures.get("drain: jobs a second"));
    let mut rows = Vec::new();
    for (name, drain) in [
        ("graphile-worker", &peers.graphile),
        ("BullMQ", &peers.bullmq),
        ("awa", &peers.awa),
        ("apalis-postgres", &peers.apalis_postgres),
        ("apalis-redis", &peers.apalis_redis),
    ] {
        let row = Row::at_most(format!("{line}: CPU a job beside {name}"), cpu, "us", 30.0);
        rows.push(row.beside(name, drain.as_ref().map(Drain::micros)));
    }
    // Nothing is promised against apalis: faster than it will do.
    for (name, drain, times) in [
        ("graphile-worker", &peers.graphile, 1.2),
        ("BullMQ", &peers.bullmq, 2.0),
        ("awa", &peers.awa, 3.0),
        ("apalis-postgres", &peers.apalis_postgres, 1.0),
        ("apalis-redis", &peers.apalis_redis, 1.0),
    ] {
        let row = format!("{line}: rate against {name}");
        rows.push(Row::more_than(row, rate, "jobs/s", name, drain.as_ref().map(Drain::rate), times));
    }
    rows
}

/// The shipped rules under injected faults, as the tests run them.
fn simulation(house: &House, figures: &mut Figures) -> Result<()> {
    let tests = || {
        let mut tests = command::cargo();
        tests.current_dir(house.root("")).args(["test", "--quiet", "--locked", "--package", "hivesync-jobs"]);
        tests.args(["--test", "simulation"]);
        tests
    };
    let built = tests().arg("--no-run").output().context("cannot start cargo")?;
    if !built.status.success() {
        bail!("it does not build: {}", String::from_utf8_lossy(&built.stderr));
    }
    let begun = Instant::now();
    let ran = tests().output().context("cannot start cargo")?;
    figures.keep("simulation: s", super::seconds(begun.elapsed()));
    // It ends with the first seed that fails, and says which.
    if !ran.status.success() {
        eprintln!("bench: {}", String::from_utf8_lossy(&ran.stdout));
    }
    figures.keep("simulation: seeds that fail", if ran.status.success() { 0.0 } else { 1.0 });
    Ok(())
}
