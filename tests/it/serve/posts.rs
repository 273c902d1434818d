//! Posts over HTTP: from clips to Markdown and a patch, by a model that says what a test wants.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::mpsc;

use hivesync_testkit::Model;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::Ask;
use super::server::{Server, text};
use super::service::{SERVICE_SECRET, get, post};
use crate::cli::models::{self, Models};
use crate::cli::project::copy_warm_data;
use crate::cli::real_model::packages;
use crate::patience::until;

pub(super) const STORY: &str = r#"{"title":"A day with the cache","summary":"One fix and one stream.",
    "sections":[{"heading":"Cache","bullets":["It was wrong.","It is right."]}]}"#;
pub(super) const GOOD: &str = r#"{"coherence":90,"correctness":90,"dev_signal":90,"narrative_flow":90}"#;
const BAD: &str = r#"{"coherence":90,"correctness":59,"dev_signal":90,"narrative_flow":90}"#;

/// A server that makes posts, with a clip.
pub(super) fn writing(environment: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    let server = writing_in(folder, environment);
    let clip = json!({
        "content_item_id": "a", "clip_id": "clip-a", "clip_title": "The cache is mended",
        "clip_url": "https://clips.example/a", "clip_duration": 60.5, "clip_view_count": 10,
        "clip_created_at": "2026-03-01T12:00:00Z", "platform": "twitch",
    });
    post(&server, "/api/content/items", &json!({ "items": [clip] })).expect(200);
    server
}

fn writing_in(folder: tempfile::TempDir, environment: &[(&str, &str)]) -> Server {
    let own = [("CONTENT_API_SECRET", SERVICE_SECRET), ("WORKER_CONCURRENCY", "1")];
    Server::start_in(folder, &[&own, environment].concat())
}

/// A request for a post about the day of the clip, or one without any.
pub(super) fn ask(mode: &str, day: u32) -> Value {
    let range = json!({ "start": format!("2026-03-{day:02}T00:00:00Z"), "end": format!("2026-03-{:02}T00:00:00Z", day + 1) });
    json!({ "date_range": range, "mode": mode })
}

fn status(server: &Server, id: &str) -> Value {
    get(server, &format!("/api/jobs/{id}/status")).expect(200)
}

/// Waits until a job is over.
pub(super) fn ended(server: &Server, id: &str) -> Value {
    until("the post is over", || {
        matches!(status(server, id)["job_status"].as_str(), Some("completed" | "failed"))
    });
    status(server, id)
}

fn read(url: &Value) -> String {
    String::from_utf8(Ask::behind(url).send().body).unwrap()
}

#[test]
fn a_post_is_written_judged_and_handed_out_with_its_patch() {
    let models = Models::saying(&[STORY, GOOD]);
    let server = writing(&models.environment());
    let mut wanted = ask("sync", 1);
    wanted["idempotency_key"] = json!("once");
    // On a busy machine the answer may come before the post.
    let first = post(&server, "/api/content/generate", &wanted);
    assert!(matches!(first.status, 200 | 202), "{}", first.json());
    let id = text(&first.json()["job_id"]);
    let shown = ended(&server, &id);
    assert_eq!(shown["progress"], json!({ "step": "completed", "current": 5, "total": 5 }), "{shown:#}");
    let result = &shown["result"];
    assert_eq!(result["suggested_title"], "A day with the cache");
    assert_eq!(result["branch"], "post/2026-03-01-a-day-with-the-cache");
    assert_eq!(result["verdict"]["overall"], 90);
    let markdown = read(&result["post_url"]);
    assert!(markdown.contains("# A day with the cache") || markdown.contains("title:"), "{markdown}");
    let patch = read(&result["patch_url"]);
    assert!(patch.contains("+++ b/content/posts/2026-03-01-a-day-with-the-cache.md"), "{patch}");

    // The same once more is the same post, and nobody is asked: the model has said everything.
    let again = post(&server, "/api/content/generate", &wanted).expect(200);
    assert_eq!(text(&again["job_id"]), id);
    assert_eq!(again["suggested_title"], "A day with the cache");
    assert_eq!(again["content_items"][0]["content_item_id"], "a");
    let heard = models.heard();
    assert_eq!(heard.len(), 2);
    assert!(heard[0].0.contains("idempotency-key: sha256:"), "{}", heard[0].0);
}

#[test]
fn a_post_that_is_none_ends_with_its_code_and_leaves_nothing() {
    let models = Models::saying(&["I cannot.", "Still not.", STORY, BAD]);
    let server = writing(&models.environment());
    let fails = |day: u32| {
        let id = text(&post(&server, "/api/content/generate", &ask("async", day)).expect(202)["job_id"]);
        let shown = ended(&server, &id);
        assert!(shown.get("result").is_none(), "{shown:#}");
        text(&shown["error"]["code"])
    };
    assert_eq!(fails(1), "AI_REPLY_UNREADABLE");
    assert_eq!(fails(1), "PIPELINE_BLOCKED");
    assert_eq!(fails(2), "REQUEST_INVALID", "there is no clip of that day");
    models.heard();
    // Nobody is there any more.
    assert_eq!(fails(1), "AI_NO_REPLY");
    assert!(!server.objects().join("content/posts").exists());
    assert_eq!(get(&server, "/api/jobs/stats").expect(200)["failed"], 4);
}

#[test]
fn nobody_is_asked_beyond_what_a_service_may_spend_on_a_day() {
    let models = Models::saying(&[STORY, GOOD]);
    let poor = [&models.environment()[..], &[("CONTENT_TOKENS_A_DAY", "100")]].concat();
    let server = writing(&poor);
    let made = |server: &Server| {
        let id = text(&post(server, "/api/content/generate", &ask("async", 1)).expect(202)["job_id"]);
        ended(server, &id)
    };
    assert_eq!(made(&server)["error"]["code"], "AI_BUDGET_SPENT");
    // The control: the same with more to spend, and only then somebody is asked.
    server.signal(Signal::TERM);
    let server = writing_in(server.ended().1, &models.environment());
    assert_eq!(made(&server)["job_status"], "completed");
    assert_eq!(models.heard().len(), 2);
}

#[test]
fn a_worker_that_dies_between_question_and_answer_is_followed_by_one_that_asks_with_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = writing(&[("LOCAL_AI_ENABLED", "true"), ("LOCAL_AI_URL", &url)]);
    let id = text(&post(&server, "/api/content/generate", &ask("async", 1)).expect(202)["job_id"]);
    let (mut stream, _) = listener.accept().unwrap();
    let (first, body) = models::read(&mut stream);
    let shown = status(&server, &id);
    assert_eq!(shown["job_status"], "processing");
    assert_eq!(shown["progress"], json!({ "step": "write", "current": 2, "total": 5 }));
    server.signal(Signal::KILL);
    let folder = server.ended().1;

    let models = Models::saying(&[STORY, GOOD]);
    let server = writing_in(folder, &models.environment());
    // Another clip of that day comes in meanwhile, and changes nothing of what is under way.
    let clip = json!({
        "content_item_id": "b", "clip_id": "clip-b", "clip_title": "Another", "clip_duration": 6,
        "clip_url": "https://clips.example/b", "clip_view_count": 1000,
        "clip_created_at": "2026-03-01T13:00:00Z", "platform": "twitch",
    });
    post(&server, "/api/content/items", &json!({ "items": [clip] })).expect(200);
    assert_eq!(ended(&server, &id)["job_status"], "completed");
    let heard = models.heard();
    assert_eq!(heard.len(), 2, "the story once, and the marks");
    let key = |head: &str| head.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned();
    assert_eq!(key(&heard[0].0), key(&first), "a provider can know it again");
    assert_eq!(heard[0].1["messages"], body["messages"]);
}

/// A forge that has one repository, answers so many requests, and hands over what it was asked; or one
/// that refuses to take files.
fn forge(requests: usize, takes_files: bool) -> (String, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let (heard, hears) = mpsc::channel();
    std::thread::spawn(move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let (head, body) = models::read(&mut stream);
            let line = head.lines().next().unwrap().to_owned();
            let (status, answer) = match line.split(' ').next().unwrap() {
                "PUT" if !takes_files => ("403 Forbidden", json!({ "message": "no" })),
                "PUT" => ("201 Created", json!({ "content": {} })),
                "POST" if line.contains("/pulls") => {
                    ("201 Created", json!({ "html_url": "https://forge.example/owner/name/pull/7" }))
                }
                "POST" => ("201 Created", json!({ "ref": "refs/heads/x" })),
                _ if line.contains("/git/ref/") => ("200 OK", json!({ "object": { "sha": "abc123" } })),
                _ => ("200 OK", json!({ "default_branch": "main" })),
            };
            let answer = answer.to_string();
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()).unwrap();
            // Nobody may be there to hear it.
            let _ = heard.send((head, body));
        }
    });
    (url, hears)
}

fn proposed(server: &Server) -> Value {
    let mut wanted = ask("async", 1);
    wanted["repository"] = json!("owner/name");
    let id = text(&post(server, "/api/content/generate", &wanted).expect(202)["job_id"]);
    let shown = ended(server, &id);
    assert_eq!(shown["job_status"], "completed", "{shown:#}");
    shown["result"].clone()
}

#[test]
fn a_post_about_a_repository_is_proposed_there_and_kept_where_the_forge_will_not_take_it() {
    let models = Models::saying(&[STORY, GOOD, STORY, GOOD]);
    let (url, heard) = forge(5, true);
    let token = ("FORGE_TOKEN", "token-of-this-test");
    let server = writing(&[&models.environment()[..], &[("FORGE_URL", &url), token]].concat());
    let result = proposed(&server);
    assert_eq!(result["pull_request_url"], "https://forge.example/owner/name/pull/7");
    let asked: Vec<(String, Value)> = heard.iter().take(5).collect();
    let lines: Vec<&str> = asked.iter().map(|(head, _)| head.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/repos/owner/name HTTP/1.1",
            "GET /api/repos/owner/name/git/ref/heads/main HTTP/1.1",
            "POST /api/repos/owner/name/git/refs HTTP/1.1",
            "PUT /api/repos/owner/name/contents/content/posts/2026-03-01-a-day-with-the-cache.md HTTP/1.1",
            "POST /api/repos/owner/name/pulls HTTP/1.1",
        ]
    );
    assert!(asked.iter().all(|(head, _)| head.contains("authorization: Bearer token-of-this-test")));
    assert_eq!(
        asked[2].1,
        json!({ "ref": "refs/heads/post/2026-03-01-a-day-with-the-cache", "sha": "abc123" })
    );
    assert_eq!(asked[4].1["head"], "post/2026-03-01-a-day-with-the-cache");
    assert_eq!(asked[4].1["base"], "main");

    // One that lets nobody write: the post and its patch are there all the same.
    let (url, _heard) = forge(4, false);
    server.signal(Signal::TERM);
    let environment = [&models.environment()[..], &[("FORGE_URL", &url), token]].concat();
    let server = writing_in(server.ended().1, &environment);
    let result = proposed(&server);
    assert_eq!(result["pull_request_error"]["code"], "FORGE_FAILED");
    let said = text(&result["pull_request_error"]["message"]);
    assert_eq!(said, "the forge answered with status 403 when it was asked for the file");
    assert!(read(&result["patch_url"]).contains("+++ b/content/posts/"));
}

/// What a small model says is of no use: that the post, or the documentation, or the code of what it
/// said comes to whoever asked is what counts.
#[test]
fn a_real_model_is_asked_over_http_and_what_it_says_is_taken_or_refused_with_its_code() {
    let Some(packages) = packages() else {
        eprintln!("there is no model here; run `cargo xtask setup`");
        return;
    };
    let model = Model::start(&packages).unwrap();
    let url = model.url();
    let local = [("LOCAL_AI_ENABLED", "true"), ("LOCAL_AI_URL", url.as_str()), ("AI_TIMEOUT_MS", "30000")];
    let server = writing(&[&local[..], &[("AI_PRIMARY", "none")]].concat());
    let ada = server.login("ada");
    let file = json!({ "path": "add.js", "text": "export function add(a, b) {\n  return a + b;\n}\n" });
    let asked = server.post("/api/v1/ai/file-summary", &ada.token, &file).send().expect(202);
    let target = format!("/api/v1/ai/result/{}?wait=20", text(&asked["job_id"]));
    let shown = || server.get(&target, &ada.token).send().expect(200);
    until("the file is documented", || matches!(shown()["state"].as_str(), Some("success" | "failed")));
    let shown = shown();
    // On a busy machine it may not come to the end of what it says.
    let honest = ["AI_REPLY_UNREADABLE", "AI_NO_REPLY", "PIPELINE_BLOCKED"];
    if shown["state"] == "success" {
        assert!(!text(&shown["result"]["summary"]).is_empty());
    } else {
        assert!(honest.contains(&text(&shown["error"]["code"]).as_str()), "{shown:#}");
    }

    let id = text(&post(&server, "/api/content/generate", &ask("async", 1)).expect(202)["job_id"]);
    let shown = ended(&server, &id);
    if shown["job_status"] == "completed" {
        assert!(read(&shown["result"]["post_url"]).contains("title:"));
    } else {
        assert!(honest.contains(&text(&shown["error"]["code"]).as_str()), "{shown:#}");
    }
}
