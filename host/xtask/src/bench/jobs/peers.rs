//! Other queues, draining as many jobs that do nothing, on the same servers.

use anyhow::{Context, Result};
use hivesync_testkit::{Postgres, Redis};
use serde::Deserialize;

use crate::command;
use crate::house::House;
use crate::setup::Node;

const GRAPHILE: &str = "graphile-worker@0.18.0";
const BULLMQ: &str = "bullmq@6.7.0 ioredis@5";

/// What a drain took: of the clock, and of the processors with the server's part.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Drain {
    pub(super) jobs: f64,
    pub(super) seconds: f64,
    pub(super) cpu: f64,
}

/// Each as far as it can be had here.
pub(super) struct Peers {
    pub(super) graphile: Option<Drain>,
    pub(super) bullmq: Option<Drain>,
    pub(super) awa: Option<Drain>,
}

impl Peers {
    /// One after the other.
    pub(super) fn measure(house: &House, (postgres, redis): (&Postgres, &Redis), jobs: usize) -> Self {
        let database = |name: &str| {
            postgres.say(&format!("CREATE DATABASE {name}"))?;
            Ok::<_, anyhow::Error>(postgres.url(name))
        };
        let graphile = database("graphile")
            .and_then(|url| node(house, ("graphile-worker", GRAPHILE), "graphile.mjs", &url, jobs));
        let bullmq = node(house, ("bullmq", BULLMQ), "bullmq.mjs", &redis.url(), jobs);
        Self { graphile: said("graphile-worker", graphile), bullmq: said("BullMQ", bullmq), awa: None }
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
    let mut peer = node.command();
    peer.arg(house.root("tests/peers").join(script)).arg(folder).arg(url).arg(jobs.to_string());
    let printed = command::read(&mut peer)?;
    serde_json::from_str(printed.trim()).with_context(|| format!("{package} printed something else"))
}
