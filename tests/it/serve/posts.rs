//! Posts over HTTP: from clips to Markdown and a patch, by a model that says what a test wants.

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::Ask;
use super::server::{Server, text};
use super::service::{SERVICE_SECRET, get, post};
use crate::cli::models::{self, Models};
use crate::cli::project::copy_warm_data;
use crate::patience::until;

const STORY: &str = r#"{"title":"A day with the cache","summary":"One fix and one stream.",
    "sections":[{"heading":"Cache","bullets":["It was wrong.","It is right."]}]}"#;
const GOOD: &str = r#"{"coherence":90,"correctness":90,"dev_signal":90,"narrative_flow":90}"#;
const BAD: &str = r#"{"coherence":90,"correctness":59,"dev_signal":90,"narrative_flow":90}"#;

/// A server that makes posts, with a clip.
fn writing(environment: &[(&str, &str)]) -> Server {
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
fn ask(mode: &str, day: u32) -> Value {
    let range = json!({ "start": format!("2026-03-{day:02}T00:00:00Z"), "end": format!("2026-03-{:02}T00:00:00Z", day + 1) });
    json!({ "date_range": range, "mode": mode })
}

fn status(server: &Server, id: &str) -> Value {
    get(server, &format!("/api/jobs/{id}/status")).expect(200)
}

/// Waits until a job is over.
fn ended(server: &Server, id: &str) -> Value {
    until("the post is over", || {
        matches!(status(server, id)["job_status"].as_str(), Some("completed" | "failed"))
    });
    status(server, id)
}

fn read(server: &Server, url: &Value) -> String {
    let target = text(url).split_once(&server.address).unwrap().1.to_owned();
    String::from_utf8(Ask::new(&server.address, "GET", &target).send().body).unwrap()
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
    let markdown = read(&server, &result["post_url"]);
    assert!(markdown.contains("# A day with the cache") || markdown.contains("title:"), "{markdown}");
    let patch = read(&server, &result["patch_url"]);
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
    assert!(!server.data().join("objects/content/posts").exists());
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
