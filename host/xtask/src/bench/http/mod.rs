//! The API, from outside: a server of its own with a file, one with a PostgreSQL that knows many
//! previews that are over, and one that builds while its object store is away.

pub(super) mod client;
mod follow;
pub(super) mod node;
mod outage;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hivesync_testkit::{Durability, Postgres};
use serde_json::json;

use super::figures::Goal::{AtLeast, AtMost};
use super::figures::{Figures, Line};
use super::row::Row;
use super::seconds;
use crate::house::House;
use client::{Answer, Ask, Connection};
use node::{Node, Person, text};

/// Requests with one name at one time.
const EQUALS: usize = 1000;
/// Who asks without a pause, and for how long.
const CALLERS: usize = 64;
const READERS: usize = 8;
const WHILE: Duration = Duration::from_secs(4);
/// Subscribers unless somebody asks for more, and previews that are over for each.
const SUBSCRIBERS: usize = 5_000;
const FINISHED_EACH: usize = 200;
/// Pages that are turned, and those of either end that are compared.
const PAGES: usize = 300;
const END: usize = 30;
/// How long nobody asks for anything.
const IDLE: Duration = Duration::from_secs(20);
const SETTLED: Duration = Duration::from_secs(5);
/// With which a service signs.
const SECRET: &str = "a secret of one bench, 32 bytes long";
/// What the nodes of a fleet share.
const SECRETS: [(&str, &str); 3] = [
    ("JWT_SECRET", "one secret of a bench, 32 bytes long"),
    ("PREVIEW_TOKEN_SECRET", "another secret of it, 32 bytes long"),
    ("WORKER_CALLBACK_SECRET", "a third secret of it, 32 bytes long"),
];

const LINES: [Line; 24] = [
    ("equals: jobs", "1,000 equal POSTs with one key: jobs", "jobs", AtMost(1.0)),
    ("equals: answers", "1,000 equal POSTs with one key: different answers", "answers", AtMost(1.0)),
    (
        "accept: rate",
        "signed accept path (HMAC, nonce, idempotency, insert): rate",
        "requests/s",
        AtLeast(8_000.0),
    ),
    ("accept: P95, ms", "signed accept path: P95, as required", "ms", AtMost(200.0)),
    ("accept: P99, ms", "signed accept path: P99", "ms", AtMost(25.0)),
    // Two processors at 8,000 a second, with the callers on them.
    ("accept: us of CPU", "signed accept path: CPU of the server a request", "us", AtMost(250.0)),
    ("session: rate", "accept path of a preview, with a session: rate", "requests/s", AtLeast(8_000.0)),
    ("session: P95, ms", "accept path of a preview, with a session: P95", "ms", AtMost(200.0)),
    ("session: P99, ms", "accept path of a preview, with a session: P99", "ms", AtMost(25.0)),
    ("read: jobs", "status read with finished jobs: jobs", "jobs", AtLeast(1_000_000.0)),
    ("read: P95, ms", "status read with finished jobs: P95", "ms", AtMost(5.0)),
    (
        "read: pages, x",
        "status read with finished jobs: the last cursor pages against the first",
        "x",
        AtMost(1.5),
    ),
    ("follow: subscribers", "SSE: subscribers", "subscribers", AtLeast(5_000.0)),
    ("follow: KiB each", "SSE: memory of each", "KiB", AtMost(30.0)),
    ("follow: P99, ms", "SSE: P99 of an event", "ms", AtMost(50.0)),
    ("follow: wrong", "SSE: streams with an event lost or doubled", "streams", AtMost(0.0)),
    ("idle: MB", "idle process: memory", "MB", AtMost(60.0)),
    ("idle: start, ms", "idle process: start, embedded", "ms", AtMost(200.0)),
    ("idle: statements", "idle process: SQL statements", "a second", AtMost(2.0)),
    ("idle: statements with a worker", "idle process with a worker: SQL statements", "a second", AtMost(2.0)),
    (
        "away: not built",
        "object store down {away} s: previews of it that were not built",
        "previews",
        AtMost(0.0),
    ),
    ("away: rebuilds", "object store down {away} s: rebuilds", "builds", AtMost(0.0)),
    ("away: lost", "object store down {away} s: artifacts lost", "objects", AtMost(0.0)),
    ("away: orphans", "object store down {away} s: orphans after the sweep", "objects", AtMost(0.0)),
];

/// The lines; `runs` are subscribers, with as many times [`FINISHED_EACH`] previews that are over. The
/// object store is `away` for so long.
pub(crate) fn rows(
    house: &House,
    runs: Option<usize>,
    away: Duration,
    mut figures: Figures,
) -> Result<Vec<Row>> {
    let folder = house.target("bench/http");
    let subscribed = runs.unwrap_or(SUBSCRIBERS);
    // Each on a server of its own: one that falls takes no other figure along.
    figures.part("a server that nobody asks", |figures| idle(house, &folder.join("idle"), figures));
    figures.part("equal requests", |figures| equals(house, &folder.join("equals"), figures));
    figures.part("signed requests", |figures| accepts(house, &folder.join("accepts"), figures));
    figures.part("previews with a session", |figures| sessions(house, &folder.join("sessions"), figures));
    figures.part("subscribers", |figures| subscribers(house, &folder.join("follow"), subscribed, figures));
    let finished = subscribed.saturating_mul(FINISHED_EACH);
    figures
        .part("previews that are over", |figures| shared(house, &folder.join("shared"), finished, figures));
    figures.part("an object store that is away", |figures| {
        outage::measure(house, &folder.join("away"), away, figures)
    });
    Ok(figures.rows(&LINES, &[("{away}", away.as_secs().to_string())]))
}

fn idle(house: &House, folder: &Path, figures: &mut Figures) -> Result<()> {
    let node = Node::start(house, folder, &[])?;
    figures.keep("idle: MB", node.memory()? / 1e6);
    figures.keep("idle: start, ms", seconds(node.began) * 1e3);
    Ok(())
}

/// Everybody at once, with one name.
fn equals(house: &House, folder: &Path, figures: &mut Figures) -> Result<()> {
    let node = &Node::start(house, folder, &[])?;
    let person = &Person::at(node)?;
    let barrier = &Barrier::new(EQUALS);
    let answers: Vec<Result<Answer>> = thread::scope(|scope| {
        let ask = move || {
            let connection = node.connect();
            barrier.wait();
            person.ask(&mut connection?, "one-name")
        };
        let asking: Vec<_> = (0..EQUALS).map(|_| scope.spawn(ask)).collect();
        let gone = || anyhow::anyhow!("a caller is gone");
        asking.into_iter().map(|asked| asked.join().map_err(|_| gone())?).collect()
    });
    let answers: Vec<Answer> = answers.into_iter().collect::<Result<_>>()?;
    let different: BTreeSet<(u16, &[u8])> =
        answers.iter().map(|answer| (answer.status, answer.body.as_slice())).collect();
    let mut connection = node.connect()?;
    let made = person.get(&mut connection, &person.jobs())?.json()?;
    let made = made.get("items").and_then(|items| items.as_array()).context("no list")?.len();
    figures.keep("equals: jobs", real(made)?);
    figures.keep("equals: answers", real(different.len())?);
    Ok(())
}

/// Services that sign what they ask for, each request under a name of its own.
fn accepts(house: &House, folder: &Path, figures: &mut Figures) -> Result<()> {
    let node = Node::start(house, folder, &[("CONTENT_API_SECRET", SECRET)])?;
    let ask = |connection: &mut Connection, caller: usize, number: usize| {
        let key = format!("accept-{caller}-{number}");
        let range = json!({ "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z" });
        let body = json!({ "date_range": range, "mode": "async", "idempotency_key": key }).to_string();
        let ask = Ask { method: "POST", target: "/api/content/generate", token: "", key: "", body: &body };
        connection.ask_signed(ask, SECRET, &format!("nonce-{key}"))?.json().map(drop)
    };
    let before = node.processor()?;
    let times = repeat(&node, CALLERS, ask)?;
    let (count, spent) = (real(times.len())?, node.processor()? - before);
    figures.keep("accept: rate", count / seconds(WHILE));
    figures.keep("accept: us of CPU", spent / count * 1e6);
    figures.keep("accept: P95, ms", percentile(times.clone(), 95));
    figures.keep("accept: P99, ms", percentile(times, 99));
    Ok(())
}

/// Previews that somebody with a session asks for, each under a name of its own.
fn sessions(house: &House, folder: &Path, figures: &mut Figures) -> Result<()> {
    let node = Node::start(house, folder, &[])?;
    let person = Person::at(&node)?;
    let ask = |connection: &mut Connection, caller: usize, number: usize| {
        person.ask(connection, &format!("{caller}-{number}"))?.json().map(drop)
    };
    let times = repeat(&node, CALLERS, ask)?;
    figures.keep("session: rate", real(times.len())? / seconds(WHILE));
    figures.keep("session: P95, ms", percentile(times.clone(), 95));
    figures.keep("session: P99, ms", percentile(times, 99));
    Ok(())
}

fn subscribers(house: &House, folder: &Path, count: usize, figures: &mut Figures) -> Result<()> {
    let node = Node::start(house, folder, &[])?;
    let followed = follow::measure(&node, &Person::at(&node)?, count)?;
    figures.keep("follow: subscribers", real(count)?);
    figures.keep("follow: KiB each", followed.bytes_each / 1024.0);
    figures.keep("follow: P99, ms", percentile(followed.news, 99));
    figures.keep("follow: wrong", real(followed.wrong)?);
    Ok(())
}

/// What is the same with a server of tables: reading beside much that is over, and doing nothing.
fn shared(house: &House, folder: &Path, finished: usize, figures: &mut Figures) -> Result<()> {
    let mut postgres = Postgres::start(Durability::Full)?;
    // It counts statements only when it is started so.
    postgres.say("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")?;
    postgres.stop()?;
    postgres.start_again()?;
    postgres.say("CREATE EXTENSION pg_stat_statements")?;
    let url = postgres.url("postgres");
    let node = Node::start(house, folder, &[&SECRETS[..], &[("DATABASE_URL", &url)]].concat())?;
    let person = Person::at(&node)?;
    postgres.say(&format!(
        "INSERT INTO preview_jobs (id, project_id, user_id, tier, platform, image, options, devices,
           eventflow_enabled, token_version, body_digest, state, stage, progress, fence, timeout,
           created_at, finished_at)
         SELECT lpad(number::text, 26, '0'), '{}', '{}', 'free', 'web', repeat('0', 64), '{{}}', '[]', 0, 0,
           '', 'success', 'done', 1000, 1, 0, number, number FROM generate_series(1, {finished}) AS number",
        person.project, person.id
    ))?;
    postgres.say("ANALYZE preview_jobs")?;
    let read = |connection: &mut Connection, reader: usize, number: usize| {
        let job = (reader * 7919 + number * 104_729) % finished + 1;
        person.get(connection, &format!("{}/{job:026}", person.jobs()))?.json().map(drop)
    };
    let times = repeat(&node, READERS, read)?;
    figures.keep("read: jobs", real(finished)?);
    figures.keep("read: P95, ms", percentile(times, 95));
    figures.keep("read: pages, x", pages(&node, &person)?);
    figures.keep("idle: statements", idle_statements(&postgres)?);
    drop(node);
    let own = [("DATABASE_URL", url.as_str()), ("WORKER_CONCURRENCY", "2")];
    let _node = Node::start(house, folder, &[&SECRETS[..], &own].concat())?;
    figures.keep("idle: statements with a worker", idle_statements(&postgres)?);
    Ok(())
}

/// Statements a second while nobody asks for anything.
fn idle_statements(postgres: &Postgres) -> Result<f64> {
    let counted = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements";
    // What is done once, at the start, is not what an idle process does.
    thread::sleep(SETTLED);
    let before: f64 = postgres.say(counted)?.parse()?;
    thread::sleep(IDLE);
    let after: f64 = postgres.say(counted)?.parse()?;
    // The first of the two questions is counted by the second.
    Ok((after - before - 1.0).max(0.0) / seconds(IDLE))
}

/// How much longer the last pages take than the first ones.
fn pages(node: &Node, person: &Person) -> Result<Option<f64>> {
    let (mut connection, mut times) = (node.connect()?, Vec::new());
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let asked = Instant::now();
        let page = person.get(&mut connection, &format!("{}?limit=100{cursor}", person.jobs()))?.json()?;
        times.push(seconds(asked.elapsed()));
        // The last page leads nowhere.
        let Ok(next) = text(&page, "next_cursor") else { break };
        cursor = format!("&cursor={next}");
    }
    let last = times.split_off(times.len().saturating_sub(END));
    times.truncate(END);
    let (first, last) = (super::median(times), super::median(last));
    Ok(first.zip(last).map(|(first, last)| last / first))
}

/// The same again and again on connections of their own; how long each took.
fn repeat(
    node: &Node,
    callers: usize,
    ask: impl Fn(&mut Connection, usize, usize) -> Result<()> + Sync,
) -> Result<Vec<Duration>> {
    let (begun, ask) = (Instant::now(), &ask);
    let call = |caller: usize| -> Result<Vec<Duration>> {
        let (mut connection, mut times) = (node.connect()?, Vec::new());
        while begun.elapsed() < WHILE {
            let asked = Instant::now();
            ask(&mut connection, caller, times.len())?;
            times.push(asked.elapsed());
        }
        Ok(times)
    };
    let call = &call;
    thread::scope(|scope| {
        let calling: Vec<_> = (0..callers).map(|caller| scope.spawn(move || call(caller))).collect();
        let mut all = Vec::new();
        for called in calling {
            all.extend(called.join().map_err(|_| anyhow::anyhow!("a caller is gone"))??);
        }
        Ok(all)
    })
}

/// In milliseconds.
pub(super) fn percentile(mut times: Vec<Duration>, percent: usize) -> Option<f64> {
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map(|time| seconds(*time) * 1e3)
}

fn real(count: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(count)?))
}
