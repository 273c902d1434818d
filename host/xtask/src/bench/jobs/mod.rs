//! The queue: the program that measures it belongs to `host/storage`, which knows its own
//! parts; here its figures meet the goals, beside those of other queues on the same servers.

mod peers;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use hivesync_testkit::{Durability, Postgres, Redis};

use super::row::Row;
use crate::house::House;
use peers::{Drain, Peers};

/// Jobs of a drain, and workers that are killed, unless somebody asks for more.
const JOBS: usize = 20_000;
const KILLS: usize = 30;

/// What a figure is held to.
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}
use Goal::{AtLeast, AtMost};

/// Line, what of it, unit, goal: the name that the program prints stands first.
const LINES: [(&str, &str, &str, Goal); 21] = [
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
    ("kill: slowest re-run, s", "kill -9: slowest re-run", "s", AtMost(11.0)),
    ("kill: lost", "kill -9: lost", "jobs", AtMost(0.0)),
    ("kill: accepted twice", "kill -9: accepted twice", "jobs", AtMost(0.0)),
    (
        "kill: runs of a poison job off its tries",
        "kill -9: runs of a poison job off max_attempts",
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
    let folder = house.target("bench/jobs");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (postgres, redis) = (Postgres::start(Durability::Full)?, Redis::start()?);
    let address = postgres.url("");
    let ours = Command::new("cargo")
        .current_dir(house.root(""))
        .args(["run", "--quiet", "--locked", "--package", "hivesync-storage", "--example", "bench", "--"])
        .args([address.trim_end_matches('/'), &redis.url()])
        .arg(&folder)
        .args([jobs.to_string(), kills.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !ours.status.success() {
        // What was measured before it failed counts all the same.
        eprintln!("bench: our own figures ended with {}", ours.status);
    }
    let mut figures = super::figures(&String::from_utf8_lossy(&ours.stdout));
    if let Err(error) = simulation(house, &mut figures) {
        eprintln!("bench: the simulation could not be run: {error:#}");
    }
    let peers = Peers::measure(house, (&postgres, &redis), jobs);
    let mut rows = drain_rows(&figures, &peers);
    rows.extend(LINES.iter().map(|(name, row, unit, goal)| {
        let value = figures.get(*name).copied();
        match goal {
            AtMost(most) => Row::at_most(*row, value, unit, *most),
            AtLeast(least) => Row::at_least(*row, value, unit, *least),
        }
    }));
    Ok(rows)
}

/// The first line, once for each queue it is compared with.
fn drain_rows(figures: &BTreeMap<String, f64>, peers: &Peers) -> Vec<Row> {
    let line = "drain of no-op jobs, PostgreSQL";
    let cpu = figures.get("drain: us of CPU a job").copied();
    let rate = figures.get("drain: jobs a second").copied();
    let micros = |drain: &Drain| drain.cpu / drain.jobs * 1e6;
    let mut rows = vec![
        Row::at_most(format!("{line}: CPU a job"), cpu, "us", 30.0)
            .beside("graphile-worker", peers.graphile.as_ref().map(micros)),
    ];
    for (name, drain, times) in
        [("graphile-worker", &peers.graphile, 1.2), ("BullMQ", &peers.bullmq, 2.0), ("awa", &peers.awa, 3.0)]
    {
        let peer = drain.as_ref().map(|drain| drain.jobs / drain.seconds);
        let row = format!("{line}: against {name}");
        rows.push(Row::more_than(row, rate, "jobs/s", name, peer, times));
    }
    rows
}

/// The shipped rules under injected faults, as the tests run them.
fn simulation(house: &House, figures: &mut BTreeMap<String, f64>) -> Result<()> {
    let mut tests = Command::new("cargo");
    tests.current_dir(house.root("")).args(["test", "--quiet", "--locked", "--package", "hivesync-jobs"]);
    tests.args(["--test", "simulation"]);
    let built = tests.arg("--no-run").output().context("cannot start cargo")?;
    if !built.status.success() {
        bail!("it does not build: {}", String::from_utf8_lossy(&built.stderr));
    }
    eprintln!("bench: the simulation");
    let begun = Instant::now();
    let mut tests = Command::new("cargo");
    tests.current_dir(house.root("")).args(["test", "--quiet", "--locked", "--package", "hivesync-jobs"]);
    let ran = tests.args(["--test", "simulation"]).output().context("cannot start cargo")?;
    figures.insert("simulation: s".to_owned(), super::seconds(begun.elapsed()));
    // It ends with the first seed that fails, and says which.
    let failed = if ran.status.success() { 0.0 } else { 1.0 };
    figures.insert("simulation: seeds that fail".to_owned(), failed);
    Ok(())
}
