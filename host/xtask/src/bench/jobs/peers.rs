//! Other queues, draining as many jobs that do nothing, on the same servers.

use std::process::Command;

use anyhow::{Context, Result, bail};
use hivesync_testkit::{Postgres, Redis};
use serde::Deserialize;

use crate::command;
use crate::house::House;
use crate::setup::Node;

const GRAPHILE: &str = "graphile-worker@0.18.0";
const BULLMQ: &str = "bullmq@6.7.0 ioredis@5";
/// Seconds that a peer may take in all; one that stands still is given up.
const PATIENCE: &str = "90";
/// Seconds that building them may take.
const BUILD_PATIENCE: &str = "270";
/// With 8,000 jobs that wait, apalis stops on Redis for good: its script returns no list that long.
const APALIS_REDIS_JOBS: usize = 7_000;

/// What a drain took: of the clock, and of the processors with the server's part.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Drain {
    jobs: f64,
    seconds: f64,
    cpu: f64,
}

impl Drain {
    /// Microseconds of the processors that a job took.
    pub(super) fn micros(&self) -> f64 {
        self.cpu / self.jobs * 1e6
    }

    /// Jobs a second.
    pub(super) fn rate(&self) -> f64 {
        self.jobs / self.seconds
    }
}

/// Each as far as it can be had here.
#[derive(Debug, Default)]
pub(super) struct Peers {
    pub(super) graphile: Option<Drain>,
    pub(super) bullmq: Option<Drain>,
    pub(super) awa: Option<Drain>,
    pub(super) apalis_postgres: Option<Drain>,
    pub(super) apalis_redis: Option<Drain>,
}

impl Peers {
    /// One after the other.
    pub(super) fn measure(house: &House, (postgres, redis): (&Postgres, &Redis), jobs: usize) -> Self {
        let database = |name: &str| {
            postgres.say(&format!("CREATE DATABASE {name}"))?;
            Ok::<_, anyhow::Error>(postgres.url(name))
        };
        // Each queue on Redis finds it empty.
        let emptied = || {
            redis.say("FLUSHALL")?;
            Ok::<_, anyhow::Error>(redis.url())
        };
        let graphile = database("graphile")
            .and_then(|url| node(house, ("graphile-worker", GRAPHILE), "graphile.mjs", &url, jobs));
        let bullmq = emptied().and_then(|url| node(house, ("bullmq", BULLMQ), "bullmq.mjs", &url, jobs));
        let mut peers = Self {
            graphile: said("graphile-worker", graphile),
            bullmq: said("BullMQ", bullmq),
            ..Self::default()
        };
        match build(house) {
            Ok(()) => {
                let awa = database("awa").and_then(|url| rust(house, "awa", &url, jobs));
                peers.awa = said("awa", awa);
                let apalis = database("apalis").and_then(|url| rust(house, "apalis-postgres", &url, jobs));
                peers.apalis_postgres = said("apalis-postgres", apalis);
                let jobs = jobs.min(APALIS_REDIS_JOBS);
                let apalis = emptied().and_then(|url| rust(house, "apalis-redis", &url, jobs));
                peers.apalis_redis = said("apalis-redis", apalis);
            }
            Err(error) => eprintln!("bench: awa and apalis could not be built: {error:#}"),
        }
        peers
    }
}

/// What could not be measured is said once, and its row stays empty.
fn said(name: &str, drain: Result<Drain>) -> Option<Drain> {
    drain.inspect_err(|error| eprintln!("bench: {name} could not be measured: {error:#}")).ok()
}

fn node(house: &House, (name, package): (&str, &str), script: &str, url: &str, jobs: usize) -> Result<Drain> {
    eprintln!("bench: {jobs} jobs with {package}");
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    let folder = node.tool(house, name, package)?;
    let mut peer = Command::new("timeout");
    peer.arg(PATIENCE).arg(node.path()).arg(house.root("tests/peers").join(script)).arg(folder);
    read(peer.arg(url).arg(jobs.to_string()), package)
}

fn rust(house: &House, name: &str, url: &str, jobs: usize) -> Result<Drain> {
    eprintln!("bench: {jobs} jobs with {name}");
    let mut peer = Command::new("timeout");
    peer.arg(PATIENCE).arg(house.target("tools/peers/release/hivesync-peers"));
    read(peer.args([name, url, &jobs.to_string()]), name)
}

fn read(peer: &mut Command, name: &str) -> Result<Drain> {
    let printed = command::read(peer)?;
    let line = printed.trim().lines().last().unwrap_or_default();
    serde_json::from_str(line).with_context(|| format!("{name} printed something else"))
}

/// Builds those that are crates, once: none of it is in the product's lock file, nor among its tools. What
/// a slow machine does not end in time it goes on with when it is asked again.
fn build(house: &House) -> Result<()> {
    let mut cargo = command::starting_cargo("timeout");
    cargo.args([BUILD_PATIENCE, "cargo"]);
    cargo.current_dir(house.root("")).args(["build", "--quiet", "--release", "--locked", "--manifest-path"]);
    cargo.arg(house.root("tests/peers/rust/Cargo.toml")).arg("--target-dir").arg(house.target("tools/peers"));
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo ended with {status}");
    }
    Ok(())
}
