//! Posts, from outside: a server with a worker, clips, and a model that answers at once, so that
//! what is measured is ours.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::http::client::{Ask, Connection};
use super::http::node::{Node, text};
use super::http::percentile;
use super::row::Row;
use crate::house::House;

const SECRET: &str = "a secret of one bench, 32 bytes long";
const GENERATE: &str = "/api/content/generate";
/// Clips that a listing looks through.
const CLIPS: usize = 2000;
/// Clips of one request.
const CLIPS_AT_ONCE: usize = 50;
/// When a post that did not come never will; the first one waits for a compiler.
const PATIENCE: Duration = Duration::from_secs(600);
const STORY: &str = r#"{"title":"A day","summary":"One fix.","sections":[{"heading":"Cache","bullets":["It was wrong.","It is right."]}]}"#;
const MARKS: &str = r#"{"coherence":90,"correctness":90,"dev_signal":90,"narrative_flow":90}"#;

/// The lines; `runs` posts of each kind are made.
pub(crate) fn rows(house: &House, runs: usize) -> Result<Vec<Row>> {
    let model = model()?;
    let environment = [
        ("WORKER_CONCURRENCY", "2"),
        ("CONTENT_API_SECRET", SECRET),
        ("CONTENT_TOKENS_A_DAY", "4000000000"),
        ("AI_TOKENS_A_DAY", "4000000000"),
        ("LOCAL_AI_ENABLED", "true"),
        ("LOCAL_AI_URL", &model),
        ("AI_PRIMARY", "none"),
    ];
    let node = Node::start(house, &house.target("bench/content"), &environment)?;
    let mut service = Service { connection: node.connect()?, nonce: 0 };
    clips(&mut service)?;
    eprintln!("bench: the first post, for which a step is compiled");
    service.posted("async", "first")?;
    let (mut acknowledged, mut generated, mut whole, mut found) = (vec![], vec![], vec![], vec![]);
    eprintln!("bench: {runs} posts that are waited for, and {runs} that are asked after");
    for number in 0..runs {
        let (first, all) = service.posted("async", &format!("async-{number}"))?;
        acknowledged.push(first);
        generated.push(all);
        whole.push(service.posted("sync", &format!("sync-{number}"))?.1);
        // The same once more is known: a page of the clips is looked up, and nothing is made.
        let begun = Instant::now();
        service.ask("POST", GENERATE, &wanted("sync", &format!("sync-{number}")).to_string())?;
        found.push(begun.elapsed());
    }
    let mut rows = Vec::new();
    for (line, times, goals) in [
        ("acknowledge", acknowledged, [200.0, 500.0]),
        ("asynchronous generation", generated, [3000.0, 6000.0]),
        ("index lookup", found, [50.0, 200.0]),
        ("end to end", whole, [2000.0, 5000.0]),
    ] {
        for (percent, goal) in [95, 99].into_iter().zip(goals) {
            let value = percentile(times.clone(), percent);
            rows.push(Row::at_most(format!("{line}: P{percent}"), value, "ms", goal));
        }
    }
    Ok(rows)
}

/// A service that signs what it asks.
struct Service {
    connection: Connection,
    nonce: u64,
}

impl Service {
    /// Asks for a post: how long the answer took, and the post.
    fn posted(&mut self, mode: &str, key: &str) -> Result<(Duration, Duration)> {
        let begun = Instant::now();
        let asked = self.ask("POST", GENERATE, &wanted(mode, key).to_string())?;
        let acknowledged = begun.elapsed();
        let target = format!("/api/jobs/{}/status", text(&asked, "job_id")?);
        let mut status = text(&asked, "job_status")?;
        while status == "queued" || status == "processing" {
            ensure!(begun.elapsed() < PATIENCE, "a post is not made");
            status = text(&self.ask("GET", &target, "")?, "job_status")?;
        }
        ensure!(status == "completed", "a post ended as {status}");
        Ok((acknowledged, begun.elapsed()))
    }

    fn ask(&mut self, method: &str, target: &str, body: &str) -> Result<Value> {
        self.nonce += 1;
        let nonce = format!("nonce-{:08}", self.nonce);
        let ask = Ask { method, target, token: "", key: "", body };
        self.connection.ask_signed(ask, SECRET, &nonce)?.json()
    }
}

fn wanted(mode: &str, key: &str) -> Value {
    let range = json!({ "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z" });
    json!({ "date_range": range, "mode": mode, "idempotency_key": key, "sort_by": "view_count" })
}

/// Clips of one day.
fn clips(service: &mut Service) -> Result<()> {
    let clip = |number: usize| {
        json!({
            "content_item_id": format!("clip-{number}"), "clip_id": format!("clip-{number}"),
            "clip_title": format!("Clip {number}"), "clip_url": format!("https://clips.example/{number}"),
            "clip_duration": 60, "clip_view_count": number, "platform": "twitch",
            "clip_created_at": format!("2026-03-01T{:02}:{:02}:00Z", number / 60 % 24, number % 60),
        })
    };
    let all: Vec<Value> = (0..CLIPS).map(clip).collect();
    for some in all.chunks(CLIPS_AT_ONCE) {
        service.ask("POST", "/api/content/items", &json!({ "items": some }).to_string())?;
    }
    Ok(())
}

/// A provider that answers everything at once; its address.
fn model() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever goes away in the middle is asked again by nobody.
            drop(answer(stream));
        }
    });
    Ok(url)
}

fn answer(mut stream: TcpStream) -> Result<()> {
    let mut bytes = Vec::new();
    let asked = loop {
        let mut part = [0; 16 * 1024];
        let count = stream.read(&mut part)?;
        ensure!(count > 0, "the question ended in the middle");
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.trim().parse::<usize>()? {
            break text;
        }
    };
    let said = if asked.contains("narrative_flow") { MARKS } else { STORY };
    let event = json!({ "choices": [{ "delta": { "content": said }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 20, "completion_tokens": 5 } });
    let body = format!("data: {event}\n\ndata: [DONE]\n\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length:";
    Ok(stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes())?)
}
