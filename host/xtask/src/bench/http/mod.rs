//! The API, from outside: a server of its own with a file, and one with a PostgreSQL that knows
//! many previews that are over.

pub(super) mod client;
mod follow;
pub(super) mod node;
mod service;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hivesync_testkit::{Durability, Postgres};

use super::row::Row;
use super::seconds;
use crate::house::House;
use client::{Answer, Connection};
use node::{Node, Person, text};

/// Requests with one name at one time.
const EQUALS: usize = 1000;
/// Who asks without a pause, and for how long.
const CALLERS: usize = 64;
const READERS: usize = 8;
const WHILE: Duration = Duration::from_secs(4);
/// Previews that are over, and subscribers, unless somebody asks for more.
const FINISHED: usize = 200_000;
const SUBSCRIBERS: usize = 2_000;
/// Pages that are turned, and those of either end that are compared.
const PAGES: usize = 300;
const END: usize = 30;
/// How long nobody asks for anything.
const IDLE: Duration = Duration::from_secs(30);
const SETTLED: Duration = Duration::from_secs(5);
/// What the nodes of a fleet share.
const SECRETS: [(&str, &str); 3] = [
    ("JWT_SECRET", "one secret of a bench, 32 bytes long"),
    ("PREVIEW_TOKEN_SECRET", "another secret of it, 32 bytes long"),
    ("WORKER_CALLBACK_SECRET", "a third secret of it, 32 bytes long"),
];

/// The lines; `runs` are subscribers, and a hundred times as many previews that are over.
pub(crate) fn rows(house: &House, runs: Option<usize>) -> Result<Vec<Row>> {
    let folder = house.target("bench/http");
    let mut rows = Vec::new();
    let node = Node::start(house, &folder.join("file"), &[("CONTENT_API_SECRET", service::SECRET)])?;
    idle(&node, &mut rows)?;
    let person = Person::at(&node)?;
    equals(&node, &person, &mut rows)?;
    accepts(&node, &person, &mut rows)?;
    subscribers(&node, &person, runs.unwrap_or(SUBSCRIBERS), &mut rows)?;
    drop(node);
    let finished = runs.map_or(FINISHED, |runs| runs.saturating_mul(100));
    shared(house, &folder.join("shared"), finished, &mut rows)?;
    Ok(rows)
}

fn idle(node: &Node, rows: &mut Vec<Row>) -> Result<()> {
    let memory = node.memory()? / 1e6;
    rows.push(Row::at_most("idle process: memory", Some(memory), "MB", 60.0));
    rows.push(Row::at_most("idle process: start, embedded", Some(seconds(node.began) * 1e3), "ms", 200.0));
    Ok(())
}

/// Everybody at once, with one name.
fn equals(node: &Node, person: &Person, rows: &mut Vec<Row>) -> Result<()> {
    eprintln!("bench: {EQUALS} equal requests");
    let barrier = Barrier::new(EQUALS);
    let answers: Vec<Result<Answer>> = thread::scope(|scope| {
        let asking: Vec<_> = (0..EQUALS)
            .map(|_| {
                scope.spawn(|| {
                    let connection = node.connect();
                    barrier.wait();
                    person.ask(&mut connection?, "one-name")
                })
            })
            .collect();
        let gone = || anyhow::anyhow!("a caller is gone");
        asking.into_iter().map(|asked| asked.join().map_err(|_| gone())?).collect()
    });
    let answers: Vec<Answer> = answers.into_iter().collect::<Result<_>>()?;
    let different: BTreeSet<(u16, &[u8])> =
        answers.iter().map(|answer| (answer.status, answer.body.as_slice())).collect();
    let mut connection = node.connect()?;
    let made = person.get(&mut connection, &person.jobs())?.json()?;
    let made = made.get("items").and_then(|items| items.as_array()).context("no list")?.len();
    rows.push(Row::at_most("1,000 equal POSTs with one key: jobs", Some(real(made)?), "jobs", 1.0));
    let count = Some(real(different.len())?);
    rows.push(Row::at_most("1,000 equal POSTs with one key: different answers", count, "answers", 1.0));
    Ok(())
}

/// Jobs that services sign for, and previews that people ask for: each with a name of its own.
fn accepts(node: &Node, person: &Person, rows: &mut Vec<Row>) -> Result<()> {
    eprintln!("bench: signed requests with a name each");
    let ask = |connection: &mut Connection, caller: usize, number: usize| {
        service::ask(connection, &format!("{caller}-{number}"))?.json().map(drop)
    };
    accept_rows("signed accept path", repeat(node, CALLERS, ask)?, rows)?;
    eprintln!("bench: previews with a name each");
    let ask = |connection: &mut Connection, caller: usize, number: usize| {
        person.ask(connection, &format!("{caller}-{number}"))?.json().map(drop)
    };
    accept_rows("accept path of a preview, with a session", repeat(node, CALLERS, ask)?, rows)
}

fn accept_rows(line: &str, times: Vec<Duration>, rows: &mut Vec<Row>) -> Result<()> {
    let rate = real(times.len())? / seconds(WHILE);
    rows.push(Row::at_least(format!("{line}: rate"), Some(rate), "requests/s", 8_000.0));
    rows.push(Row::at_most(format!("{line}: P95"), percentile(times.clone(), 95), "ms", 200.0));
    rows.push(Row::at_most(format!("{line}: P99"), percentile(times, 99), "ms", 25.0));
    Ok(())
}

fn subscribers(node: &Node, person: &Person, count: usize, rows: &mut Vec<Row>) -> Result<()> {
    eprintln!("bench: {count} subscribers");
    let followed = follow::measure(node, person, count)?;
    rows.push(Row::at_least("SSE: subscribers", Some(real(count)?), "subscribers", 5_000.0));
    rows.push(Row::at_most("SSE: memory of each", Some(followed.bytes_each / 1024.0), "KiB", 30.0));
    rows.push(Row::at_most("SSE: P99 of an event", percentile(followed.news, 99), "ms", 50.0));
    let wrong = Some(real(followed.wrong)?);
    rows.push(Row::at_most("SSE: streams with an event lost or doubled", wrong, "streams", 0.0));
    Ok(())
}

/// What is the same with a server of tables: reading beside much that is over, and doing nothing.
fn shared(house: &House, folder: &std::path::Path, finished: usize, rows: &mut Vec<Row>) -> Result<()> {
    let mut postgres = Postgres::start(Durability::Full)?;
    // It counts statements only when it is started so.
    postgres.say("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")?;
    postgres.stop()?;
    postgres.start_again()?;
    postgres.say("CREATE EXTENSION pg_stat_statements")?;
    let url = postgres.url("postgres");
    let node = Node::start(house, folder, &[&SECRETS[..], &[("DATABASE_URL", &url)]].concat())?;
    let person = Person::at(&node)?;
    eprintln!("bench: {finished} previews that are over");
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
    let line = "status read with finished jobs";
    rows.push(Row::at_least(format!("{line}: jobs"), Some(real(finished)?), "jobs", 1_000_000.0));
    rows.push(Row::at_most(format!("{line}: P95"), percentile(times, 95), "ms", 5.0));
    rows.push(Row::at_most(
        "cursor pages: the last ones against the first",
        pages(&node, &person)?,
        "x",
        1.5,
    ));
    let rate = idle_statements(&postgres)?;
    rows.push(Row::at_most("idle process: SQL statements", Some(rate), "a second", 2.0));
    drop(node);
    let own = [("DATABASE_URL", url.as_str()), ("WORKER_CONCURRENCY", "2")];
    let _node = Node::start(house, folder, &[&SECRETS[..], &own].concat())?;
    let rate = idle_statements(&postgres)?;
    rows.push(Row::at_most("idle process with a worker: SQL statements", Some(rate), "a second", 2.0));
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
