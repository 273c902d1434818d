//! Previews that are asked for before and while the object store is away: each is built once, and when
//! it is over the store holds what the tables point to and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hivesync_testkit::{Durability, Postgres, S3};

use super::node::{Node, Person};
use super::{SECRETS, real};
use crate::bench::figures::Figures;
use crate::build;
use crate::house::House;

/// Previews that are asked for before the store goes away, and while it is.
const BEFORE: usize = 6;
const MEANWHILE: usize = 6;
const LOOK: Duration = Duration::from_millis(20);
/// When a preview that is not over never will be; the first one waits for a compiler.
const PATIENCE: Duration = Duration::from_secs(300);
/// Something that nobody asked for, and that is looked at last: when it is gone, the sweep is over.
const ORPHAN: &str = "previews/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/default/metadata.json";

const OVER: &str = "SELECT COUNT(*) FROM preview_jobs WHERE state IN ('success', 'failed', 'canceled')";
const BEGUN: &str = "SELECT COUNT(*) FROM preview_jobs WHERE state IN ('bundling', 'uploading')";
const NOT_BUILT: &str = "SELECT COUNT(*) FROM preview_jobs WHERE state <> 'success'";
/// Each claim that has begun is a build; one of a preview is its own.
const REBUILDS: &str = "SELECT COALESCE(SUM(fence - 1), 0) FROM preview_jobs";
const KEPT: &str =
    "SELECT bundle_key FROM preview_artifacts UNION SELECT metadata_key FROM preview_artifacts";

pub(super) fn measure(house: &House, folder: &Path, away: Duration, figures: &mut Figures) -> Result<()> {
    build::s3_server(house)?;
    let (postgres, mut s3) = (Postgres::start(Durability::None)?, S3::start("id", "secret")?);
    let (url, endpoint) = (postgres.url("postgres"), s3.url());
    let places = [
        ("DATABASE_URL", url.as_str()),
        ("R2_ENDPOINT", endpoint.as_str()),
        ("R2_ACCESS_KEY_ID", "id"),
        ("R2_SECRET_ACCESS_KEY", "secret"),
    ];
    // Guests that were compiled here before are not compiled again: they lie in the folder.
    let node =
        Node::start_in(house, folder, &[&places[..], &SECRETS, &[("WORKER_CONCURRENCY", "2")]].concat())?;
    let person = Person::at(&node)?;
    let mut connection = node.connect()?;
    let mut asked = 0;
    let mut ask = |count: usize| -> Result<usize> {
        for number in asked..asked + count {
            person.ask(&mut connection, &format!("away-{number}"))?.json()?;
        }
        asked += count;
        Ok(asked)
    };
    let count = ask(1)?;
    wait(&postgres, OVER, count).context("the first preview")?;
    ask(BEFORE)?;
    wait(&postgres, BEGUN, 1).context("a build that has begun")?;
    s3.kill()?;
    let gone = Instant::now();
    let count = ask(MEANWHILE)?;
    thread::sleep(away.saturating_sub(gone.elapsed()));
    s3.start_again()?;
    wait(&postgres, OVER, count).context("previews that end when the store is back")?;
    figures.keep("away: not built", number(&postgres, NOT_BUILT)?);
    figures.keep("away: rebuilds", number(&postgres, REBUILDS)?);
    // The node has the turn to clean up, and gives it back.
    drop(node);
    s3.plant(ORPHAN, b"{}")?;
    let cleaner = Cleaner::start(house, folder, &places)?;
    let begun = Instant::now();
    while s3.names()?.iter().any(|name| name == ORPHAN) {
        ensure!(begun.elapsed() < PATIENCE, "nobody sweeps");
        thread::sleep(LOOK);
    }
    drop(cleaner);
    let kept: BTreeSet<String> = postgres.say(KEPT)?.lines().map(str::to_owned).collect();
    let stored = s3.names()?.into_iter().filter(|name| name.starts_with("previews/"));
    let stored: BTreeSet<String> = stored.collect();
    figures.keep("away: lost", real(kept.difference(&stored).count())?);
    figures.keep("away: orphans", real(stored.difference(&kept).count())?);
    Ok(())
}

/// Waits until so many are counted.
fn wait(postgres: &Postgres, sql: &str, count: usize) -> Result<()> {
    let (begun, count) = (Instant::now(), real(count)?);
    while number(postgres, sql)? < count {
        ensure!(begun.elapsed() < PATIENCE, "they do not come");
        thread::sleep(LOOK);
    }
    Ok(())
}

fn number(postgres: &Postgres, sql: &str) -> Result<f64> {
    Ok(postgres.say(sql)?.parse()?)
}

/// A worker that does nothing but clean up. It ends with this.
struct Cleaner(Child);

impl Cleaner {
    fn start(house: &House, folder: &Path, places: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(house.product("bin/hivesync"));
        command.args(["worker", "--kind", "cleanup"]).envs(places.iter().copied());
        command.env("HIVESYNC_HOME", house.product("")).env("DATA_DIR", folder.join("cleaner"));
        command.env("CLEANUP_GRACE_MINUTES", "0").env("LOG_LEVEL", "error");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.context("cannot start hivesync; run `cargo xtask build`")?))
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        // It may have ended by itself, and is reaped either way.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
