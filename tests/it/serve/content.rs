//! Clips and repositories: what services and the forge say is kept once, and nobody else is heard.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::client::Answer;
use super::server::{Server, text};
use super::service::{FORGE_SECRET, Signed, get, post, talking, talking_with};

const ITEMS: &str = "/api/content/items";
const GENERATE: &str = "/api/content/generate";
const WEBHOOK: &str = "/api/webhooks/github";

fn clip(id: &str, minute: u32, views: u64) -> Value {
    json!({
        "content_item_id": id, "clip_id": format!("clip-{id}"), "clip_title": format!("Clip {id}"),
        "clip_url": format!("https://clips.example/{id}"), "clip_duration": 60.5,
        "clip_view_count": views, "clip_created_at": format!("2026-03-01T12:{minute:02}:00Z"),
        "platform": "twitch", "content_category": "development", "content_score": 0.5,
    })
}

fn items(server: &Server, clips: &[Value]) -> Answer {
    post(server, ITEMS, &json!({ "items": clips }))
}

fn range() -> Value {
    json!({ "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z" })
}

/// What a listing of these clips counts.
fn total(server: &Server, filters: &Value) -> Value {
    let ask = json!({ "date_range": range(), "filters": filters });
    post(server, GENERATE, &ask).expect(202)["pagination"]["total_items"].clone()
}

#[test]
fn a_clip_is_kept_once_and_what_is_left_out_stays() {
    let server = talking();
    let first = items(&server, &[clip("a", 0, 10), clip("b", 1, 20)]).expect(200);
    assert_eq!(first["items"][0], json!({ "content_item_id": "a", "result": "created" }));
    assert_eq!(total(&server, &json!({})), 2);
    let more = json!({ "content_item_id": "a", "clip_view_count": 500, "content_tags": null });
    assert_eq!(items(&server, &[more]).expect(200)["items"][0]["result"], "updated");
    assert_eq!(total(&server, &json!({})), 2);
    assert_eq!(total(&server, &json!({ "min_views": 500, "platform": "twitch" })), 1);
    assert_eq!(total(&server, &json!({ "min_views": 501 })), 0);
}

#[test]
fn each_filter_leaves_out_what_it_says() {
    let server = talking();
    let mut other = clip("c", 2, 30);
    other["content_category"] = json!("gaming");
    other["processing_status"] = json!("ready_for_content");
    other["platform"] = json!("youtube");
    other["clip_duration"] = json!(10);
    other["content_score"] = json!(null);
    items(&server, &[clip("a", 0, 10), clip("b", 1, 20), other]).expect(200);
    for (filters, expected) in [
        (json!({}), 3),
        (json!({ "categories": ["gaming", "review"] }), 1),
        (json!({ "categories": ["development", "gaming", "gaming"] }), 3),
        (json!({ "processing_status": "ready_for_content" }), 1),
        (json!({ "platform": "youtube" }), 1),
        (json!({ "min_duration": 10, "max_duration": 60 }), 1),
        (json!({ "min_duration": 60.5 }), 2),
        (json!({ "min_confidence": 0.5 }), 2),
        (json!({ "min_confidence": 0.51 }), 0),
    ] {
        assert_eq!(total(&server, &filters), expected, "{filters}");
    }
}

#[test]
fn a_clip_that_cannot_be_one_is_refused_and_is_not_kept() {
    let server = talking();
    let bent = |field: &str, value: Value| {
        let mut clip = clip("b", 1, 2);
        clip[field] = value;
        clip
    };
    for (wrong, field) in [
        (bent("content_item_id", json!("../a")), "content_item_id"),
        (bent("schema_version", json!("2.0.0")), "schema_version"),
        (bent("clip_url", json!("javascript:alert(1)")), "clip_url"),
        (bent("clip_created_at", json!("yesterday")), "clip_created_at"),
        (bent("clip_duration", json!(-1)), "clip_duration"),
        (bent("content_score", json!(1.01)), "content_score"),
        (bent("clip_title", json!("")), "clip_title"),
        (bent("clip_id", Value::Null), "clip_id"),
        (bent("platform", json!("radio")), "items"),
        (bent("unheard_of", json!(1)), "items"),
        (bent("transcript", json!("a".repeat(1024 * 1024 + 1))), "transcript"),
    ] {
        let refused = items(&server, &[wrong]).refused(400, "REQUEST_INVALID");
        assert_eq!(refused["details"]["field"], field);
    }
    // Whether something is missing shows only beside what was said before: its words were stored by then.
    let half = json!({ "content_item_id": "b", "transcript": "words" });
    items(&server, &[half]).refused(400, "REQUEST_INVALID");
    let count = |folder| std::fs::read_dir(folder).map_or(0, Iterator::count);
    let stored = || {
        let clips = std::fs::read_dir(server.objects().join("content/items"));
        clips.map_or(0, |clips| clips.map(|clip| count(clip.unwrap().path())).sum())
    };
    assert_eq!(stored(), 0);
    assert_eq!(total(&server, &json!({})), 0);
    items(&server, &[]).refused(400, "REQUEST_INVALID");
    // The control.
    items(&server, &[bent("transcript", json!("a".repeat(1024 * 1024)))]).expect(200);
    assert_eq!((total(&server, &json!({})), stored()), (json!(1), 1));
}

/// A bucket that lets whoever stores an object of a clip first wait, and is gone for everybody else.
fn silent_bucket() -> (String, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (waiting, held) = channel();
    std::thread::spawn(move || {
        let mut waiting = Some(waiting);
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            if head.starts_with(b"PUT /hivesync-storage/content/items/")
                && let Some(waiting) = waiting.take()
            {
                // A test that has failed already does not listen.
                let _ = waiting.send(stream);
            }
        }
    });
    (address, held)
}

#[test]
fn nobody_who_writes_waits_for_the_objects_of_a_batch() {
    let (address, held) = silent_bucket();
    let server = talking_with(&[
        ("WORKER_CONCURRENCY", "0"),
        ("R2_ENDPOINT", &address),
        ("R2_ACCESS_KEY_ID", "id"),
        ("R2_SECRET_ACCESS_KEY", "secret"),
    ]);
    let mut said = clip("a", 0, 10);
    said["transcript"] = json!("words");
    std::thread::scope(|scope| {
        let batch = scope.spawn(|| items(&server, std::slice::from_ref(&said)));
        let stream = held.recv().unwrap();
        server.login("ada");
        drop(stream);
        batch.join().unwrap().refused(503, "STORAGE_UPLOAD_FAILED");
    });
    assert_eq!(total(&server, &json!({})), 0, "no row tells of what is not there");
}

#[test]
fn what_no_service_has_signed_is_not_heard() {
    let server = talking();
    let body = json!({ "items": [clip("a", 0, 10)] }).to_string();
    let good = Signed::new("POST", ITEMS, &body);
    server
        .ask("POST", ITEMS)
        .body("application/json", body.as_bytes())
        .send()
        .refused(400, "SIGNATURE_MISSING");
    let other = Signed { secret: "another secret".to_owned(), ..good.clone() };
    other.ask(&server).send().refused(401, "SIGNATURE_INVALID");
    let old = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(301);
    let old = Signed { timestamp: old.to_string(), ..good.clone() };
    old.ask(&server).send().refused(401, "CLOCK_SKEW");
    let elsewhere = Signed { path: GENERATE.to_owned(), ..good.clone() };
    let stolen = server.ask("POST", ITEMS).body("application/json", body.as_bytes());
    let stolen = stolen.header("x-signature", &elsewhere.signature());
    let stolen = stolen.header("x-timestamp", &good.timestamp).header("x-nonce", &good.nonce);
    stolen.send().refused(401, "SIGNATURE_INVALID");
    let unknown = good.ask(&server).header("x-key-id", "nobody");
    unknown.send().refused(401, "API_KEY_INVALID");
    assert_eq!(total(&server, &json!({})), 0);
    // The control, and the same once more.
    good.ask(&server).header("x-key-id", "content").send().expect(200);
    good.ask(&server).header("x-key-id", "content").send().refused(401, "NONCE_USED");
    assert_eq!(total(&server, &json!({})), 1);
    let silent = Server::start();
    good.ask(&silent).send().refused(404, "NOT_FOUND");
}

fn deliver(server: &Server, event: &str, delivery: &str, body: &str, secret: &str) -> Answer {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let tag: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let ask = server.ask("POST", WEBHOOK).header("x-hub-signature-256", &format!("sha256={tag}"));
    let ask = ask.header("x-github-event", event).header("x-github-delivery", delivery);
    ask.body("application/json", body.as_bytes()).send()
}

fn push(commits: u32) -> String {
    let commit = |n: u32| {
        json!({ "id": format!("{n:040x}"), "message": format!("Change {n}\n\nMore."),
            "timestamp": "2026-03-01T12:10:00+01:00", "url": "https://forge.example/c" })
    };
    let commits: Vec<Value> = (0..commits).map(commit).collect();
    json!({ "repository": { "full_name": "Owner/Name" }, "commits": commits }).to_string()
}

fn summary(server: &Server) -> Value {
    let ask = json!({ "date_range": range(), "repository": "owner/name" });
    post(server, GENERATE, &ask).expect(202)["summary"].clone()
}

#[test]
fn what_the_forge_tells_counts_once_under_whatever_name_it_comes_again() {
    let server = talking();
    let tell = |event: &str, delivery: &str, body: &str| {
        deliver(&server, event, delivery, body, FORGE_SECRET).expect(200)
    };
    assert_eq!(tell("push", "d-1", &push(3)), json!({ "result": "taken", "events": 3 }));
    assert_eq!(tell("push", "d-1", &push(3)), json!({ "result": "known", "events": 0 }));
    assert_eq!(tell("push", "d-2", &push(4)), json!({ "result": "taken", "events": 1 }));
    let numbered = |kind: &str, action: &str| {
        json!({ "action": action, "repository": { "full_name": "owner/name" },
            kind: { "number": 7, "title": "A title", "html_url": "https://forge.example/7",
                "updated_at": "2026-03-01T13:00:00Z" } })
        .to_string()
    };
    assert_eq!(tell("pull_request", "d-3", &numbered("pull_request", "opened"))["events"], 1);
    assert_eq!(tell("issues", "d-4", &numbered("issue", "closed"))["events"], 1);
    assert_eq!(tell("issues", "d-5", &numbered("issue", "labeled"))["result"], "ignored");
    assert_eq!(tell("ping", "d-6", r#"{"zen":"Calm."}"#)["result"], "ignored");
    let expected = json!({ "total_clips": 0, "total_prs": 1, "total_commits": 4, "total_issues": 1 });
    assert_eq!(summary(&server), expected);
}

#[test]
fn a_delivery_that_the_forge_did_not_sign_changes_nothing() {
    let server = talking();
    let body = push(1);
    let send = |headers: &[(&str, &str)]| {
        let ask = server.ask("POST", WEBHOOK).body("application/json", body.as_bytes());
        headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send()
    };
    send(&[]).refused(400, "SIGNATURE_MISSING");
    send(&[("x-hub-signature-256", "sha1=00")]).refused(400, "SIGNATURE_MALFORMED");
    let zeros = format!("sha256={}", "0".repeat(64));
    send(&[("x-hub-signature-256", &zeros)]).refused(401, "SIGNATURE_INVALID");
    deliver(&server, "push", "d-1", &body, "another").refused(401, "SIGNATURE_INVALID");
    deliver(&server, "push", "d-1", "{", FORGE_SECRET).refused(400, "REQUEST_INVALID");
    let large = format!("{{\"pad\":\"{}\"}}", "a".repeat(5 * 1024 * 1024));
    deliver(&server, "push", "d-1", &large, FORGE_SECRET).refused(413, "BODY_TOO_LARGE");
    assert_eq!(summary(&server)["total_commits"], 0);
    // The control.
    assert_eq!(deliver(&server, "push", "d-1", &body, FORGE_SECRET).expect(200)["events"], 1);
    assert_eq!(summary(&server)["total_commits"], 1);
}

#[test]
fn a_post_is_asked_for_once_a_key_and_found_in_lists_and_numbers() {
    let server = talking();
    items(&server, &[clip("a", 0, 10)]).expect(200);
    let ask = json!({ "date_range": range(), "content_type": "daily_recap", "idempotency_key": "k-1" });
    let first = post(&server, GENERATE, &ask).expect(202);
    let id = text(&first["job_id"]);
    assert_eq!(first["job_status"], "queued");
    assert_eq!(first["date_range"], range());
    assert_eq!(
        first["pagination"],
        json!({
            "total_items": 1, "total_pages": 1, "current_page": 1, "per_page": 20,
            "has_next": false, "has_prev": false,
        })
    );
    assert!(first.get("content_items").is_none(), "{first}");
    let url = text(&first["status_url"]);
    assert_eq!(url, format!("http://{}/api/jobs/{id}/status", server.address));
    assert_eq!(post(&server, GENERATE, &ask).expect(202)["job_id"], first["job_id"]);
    let mut other = ask.clone();
    other["limit"] = json!(5);
    post(&server, GENERATE, &other).refused(422, "IDEMPOTENCY_KEY_REUSED");
    let shown = get(&server, &format!("/api/jobs/{id}/status")).expect(200);
    assert_eq!(shown["progress"], json!({ "step": "queued", "current": 0, "total": 5 }));
    let stats = get(&server, "/api/jobs/stats").expect(200);
    assert_eq!((&stats["total"], &stats["queued"]), (&json!(1), &json!(1)));
    get(&server, "/api/jobs/01JDJ0000000000000000000AA/status").refused(404, "NOT_FOUND");
    get(&server, "/api/jobs/1/status").refused(404, "NOT_FOUND");
    server.ask("GET", "/api/jobs").send().refused(400, "SIGNATURE_MISSING");
    assert_eq!(post(&server, "/api/jobs/cleanup", &json!({})).expect(200)["removed"], 0);
}

#[test]
fn two_rapid_requests_under_one_key_are_one_job_that_is_kept_for_a_day() {
    let server = talking();
    items(&server, &[clip("a", 0, 10)]).expect(200);
    let ask = json!({ "date_range": range(), "idempotency_key": "raced" });
    let asked = std::thread::scope(|scope| {
        let ask = || post(&server, GENERATE, &ask).expect(202);
        [(); 4].map(|()| scope.spawn(ask)).map(|asked| asked.join().unwrap())
    });
    let id = text(&asked[0]["job_id"]);
    assert!(asked.iter().all(|one| one["job_id"] == asked[0]["job_id"]), "{asked:?}");
    assert_eq!(get(&server, "/api/jobs/stats").expect(200)["total"], 1);
    let shown = get(&server, &format!("/api/jobs/{id}/status")).expect(200);
    let at = |part: &str| text(&shown[part]).parse::<jiff::Timestamp>().unwrap();
    let kept = at("expires_at").duration_since(at("created_at"));
    assert_eq!(kept, jiff::SignedDuration::from_hours(24));
}

#[test]
fn jobs_are_listed_page_by_page_in_both_directions() {
    let server = talking();
    let ask = json!({ "date_range": range() });
    let made: Vec<String> =
        (0..5).map(|_| text(&post(&server, GENERATE, &ask).expect(202)["job_id"])).collect();
    let mut newest: Vec<&str> = made.iter().map(String::as_str).collect();
    newest.sort_unstable();
    newest.reverse();
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|job| text(&job["job_id"])).collect()
    };
    let first = get(&server, "/api/jobs?limit=2").expect(200);
    assert_eq!(ids(&first), newest[..2]);
    assert_eq!((&first["has_next"], &first["has_prev"]), (&json!(true), &json!(false)));
    let next = format!("/api/jobs?limit=2&cursor={}", text(&first["next_cursor"]));
    let second = get(&server, &next).expect(200);
    assert_eq!(ids(&second), newest[2..4]);
    let back = format!("/api/jobs?limit=2&cursor={}", text(&second["prev_cursor"]));
    assert_eq!(ids(&get(&server, &back).expect(200)), newest[..2]);
    assert_eq!(ids(&get(&server, "/api/jobs?status=completed").expect(200)), Vec::<String>::new());
    get(&server, "/api/jobs?status=gone").refused(400, "REQUEST_INVALID");
    get(&server, "/api/jobs?limit=101").refused(400, "REQUEST_INVALID");
}

#[test]
fn a_post_that_cannot_be_made_is_refused_with_the_field() {
    let server = talking();
    for (part, value, field) in [
        ("page", json!(0), "page"),
        ("limit", json!(101), "limit"),
        ("repository", json!("../x"), "repository"),
        ("idempotency_key", json!(""), "idempotency_key"),
        ("date_range", json!({ "start": "x", "end": "2026-03-02T00:00:00Z" }), "date_range.start"),
        (
            "date_range",
            json!({ "start": "2026-03-02T00:00:00Z", "end": "2026-03-02T00:00:00Z" }),
            "date_range",
        ),
        ("filters", json!({ "min_confidence": 2 }), "filters.min_confidence"),
    ] {
        let mut ask = json!({ "date_range": range() });
        ask[part] = value;
        let refused = post(&server, GENERATE, &ask).refused(400, "REQUEST_INVALID");
        assert_eq!(refused["details"]["field"], field);
    }
    for ask in [json!({}), json!({ "date_range": range(), "sort_by": "luck" })] {
        post(&server, GENERATE, &ask).refused(400, "REQUEST_INVALID");
    }
    assert_eq!(get(&server, "/api/jobs/stats").expect(200)["total"], 0);
}
