//! Documentation of files over HTTP: by a model that says what a test wants, within the tier.

use std::fs::File;

use serde_json::{Value, json};

use super::server::{Person, Server, text};
use crate::cli::models::Models;
use crate::cli::project::copy_warm_data;
use crate::patience::until;

/// A file with a secret, which is parted so that no scanner of repositories takes it for one.
pub(super) const SOURCE: &str = concat!(
    "const key = \"ghp",
    "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\";\n",
    "export function addUnmistakably(a, b) {\n  const s = a + b;\n  return s;\n}\n"
);
pub(super) const SUMMARY: &str =
    "{\"summary\":\"Adds two unheard-of numbers.\",\"points\":[\"It is pure.\"]}";
/// More than people of the lowest tier may.
const OFTEN: &str = "ai_docs_a_minute = 100\nai_at_once = 5";

/// A server whose worker has the steps compiled.
pub(super) fn documenting(limits: &str, environment: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    Server::allowing(folder, limits, &[&[("WORKER_CONCURRENCY", "1")], environment].concat())
}

/// A server that only takes requests in.
fn idle(limits: &str) -> Server {
    Server::allowing(tempfile::tempdir().unwrap(), limits, &[("WORKER_CONCURRENCY", "0")])
}

pub(super) fn summary() -> Value {
    json!({ "path": "add.js", "text": SOURCE })
}

/// Waits until a job is over.
pub(super) fn ended(server: &Server, person: &Person, job: &Value) -> Value {
    // Waits there: some servers here have the limits of the manual.
    let target = format!("/api/v1/ai/result/{}?wait=20", text(&job["job_id"]));
    let shown = || server.get(&target, &person.token).send().expect(200);
    until("the file is documented", || matches!(shown()["state"].as_str(), Some("success" | "failed")));
    shown()
}

#[test]
fn a_summary_is_asked_for_stored_and_shown_and_no_word_of_the_file_is_logged() {
    let models = Models::saying(&[SUMMARY]);
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    let log = folder.path().join("log");
    let mut command = Server::command(&folder);
    command.stderr(File::create(&log).unwrap()).env("LOG_LEVEL", "trace");
    let server = Server::run(folder, command, &models.environment());
    let ada = server.login("ada");
    let asked = server.post("/api/v1/ai/file-summary", &ada.token, &summary()).send().expect(202);
    assert_eq!((&asked["kind"], &asked["project_id"]), (&json!("summary"), &Value::Null));
    let shown = ended(&server, &ada, &asked);
    assert_eq!(shown["result"]["summary"], "Adds two unheard-of numbers.", "{shown:#}");
    let stored = server.objects().join(format!("ai-docs/{}.json", text(&asked["job_id"])));
    let stored: Value = serde_json::from_slice(&std::fs::read(stored).unwrap()).unwrap();
    assert_eq!(stored, shown["result"]);
    let heard = models.heard();
    assert!(!heard[0].1.to_string().contains("ghp_") && heard[0].1.to_string().contains("addUnmistakably"));
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(logged.contains("a step of a pipeline was done"), "the log is the server's: {logged}");
    for word in ["addUnmistakably", "unheard-of", "ghp_", "sk-of-this-test"] {
        assert!(!logged.contains(word), "{word} is in the log");
    }
    // Nobody else sees it, nor that it is there.
    let eve = server.login("eve");
    let target = format!("/api/v1/ai/result/{}", text(&asked["job_id"]));
    server.get(&target, &eve.token).send().refused(404, "NOT_FOUND");
    server.ask("GET", &target).send().refused(401, "UNAUTHENTICATED");
}

#[test]
fn a_file_of_a_project_is_documented_and_its_history_is_as_long_as_the_tier_shows() {
    let comments =
        json!({ "comments": [{ "line": 3, "text": "Kept in a name for the debugger." }] }).to_string();
    let models = Models::saying(&[&comments, SUMMARY]);
    let limits = format!("{OFTEN}\nhistory = 1");
    let server = documenting(&limits, &models.environment());
    let ada = server.login("ada");
    let project = server.project(&ada, "adder");
    let at = |rest: &str| format!("/api/v1/projects/{project}/{rest}");
    let files = json!({ "files": [{ "path": "src/add.js", "content": SOURCE }] });
    server.post(&at("files"), &ada.token, &files).send().expect(201);
    let ask = json!({ "kind": "comments", "path": "src/add.js", "range": { "start": 2, "end": 4 } });
    let asked = server.post(&at("ai-docs/request"), &ada.token, &ask).send().expect(202);
    let diff = text(&ended(&server, &ada, &asked)["result"]["diff"]);
    assert!(diff.contains("+  // Kept in a name for the debugger.\n"), "{diff}");
    let mut second = summary();
    second["project_id"] = json!(project);
    let second = server.post("/api/v1/ai/file-summary", &ada.token, &second).send().expect(202);
    assert_eq!(ended(&server, &ada, &second)["state"], "success");
    models.heard();

    for list in ["ai-docs/history", "ai-docs/jobs"] {
        let page = server.get(&at(list), &ada.token).send().expect(200);
        let ids: Vec<String> =
            page["items"].as_array().unwrap().iter().map(|item| text(&item["job_id"])).collect();
        assert_eq!(ids, [text(&second["job_id"])], "the newest of two: {page}");
    }
    let one = at(&format!("ai-docs/jobs/{}", text(&asked["job_id"])));
    assert_eq!(server.get(&one, &ada.token).send().expect(200)["result"]["diff"], diff);
    let eve = server.login("eve");
    for hidden in [one, at("ai-docs/history"), at("ai-docs/jobs")] {
        server.get(&hidden, &eve.token).send().refused(404, "NOT_FOUND");
    }
    server.post(&at("ai-docs/request"), &eve.token, &ask).send().refused(404, "NOT_FOUND");
    let mut absent = ask.clone();
    absent["path"] = json!("src/none.js");
    let refused =
        server.post(&at("ai-docs/request"), &ada.token, &absent).send().refused(400, "REQUEST_INVALID");
    assert_eq!(refused["details"]["field"], "path");
}

#[test]
fn what_a_tier_does_not_have_is_refused_before_anything_is_queued() {
    let post = |server: &Server, person: &Person, body: &Value| {
        server.post("/api/v1/ai/file-summary", &person.token, body).send()
    };
    let limited = |answer: super::client::Answer| {
        let refused = answer.refused(429, "LIMIT_REACHED");
        assert!(answer.header("retry-after").is_some());
        text(&refused["details"]["limit_type"])
    };
    let server = idle("");
    let ada = server.login("ada");
    let large = json!({ "path": "a.js", "text": "a".repeat(51_201) });
    let refused = post(&server, &ada, &large).refused(413, "BODY_TOO_LARGE");
    assert_eq!(refused["details"]["ai_file_bytes_max"], 51_200);
    for (bad, field) in
        [(json!({ "path": "", "text": "a" }), "path"), (json!({ "path": "a.js", "text": " " }), "text")]
    {
        assert_eq!(post(&server, &ada, &bad).refused(400, "REQUEST_INVALID")["details"]["field"], field);
    }
    let range = json!({ "path": "a.js", "text": "a", "range": { "start": 1, "end": 2 } });
    let refused = server.post("/api/v1/ai/inline-comment", &ada.token, &range).send();
    assert_eq!(refused.refused(400, "REQUEST_INVALID")["details"]["field"], "range");
    // The controls: one byte less, and nothing that was refused has counted.
    post(&server, &ada, &json!({ "path": "a.js", "text": "a".repeat(51_200) })).expect(202);
    assert_eq!(limited(post(&server, &ada, &summary())), "ai_docs_a_minute");

    let server = idle("ai_docs_a_minute = 100");
    let ada = server.login("ada");
    post(&server, &ada, &summary()).expect(202);
    assert_eq!(limited(post(&server, &ada, &summary())), "ai_at_once");
    let eve = server.login("eve");
    post(&server, &eve, &summary()).expect(202);

    let server = idle("ai_tokens_a_day = 99");
    let ada = server.login("ada");
    assert_eq!(limited(post(&server, &ada, &summary())), "ai_tokens_a_day");
    let server = idle("ai_output_tokens = 0");
    post(&server, &server.login("ada"), &summary()).refused(403, "TIER_UPGRADE_REQUIRED");
}

#[test]
fn a_tier_with_a_gpu_does_without_one_where_none_is_and_that_is_on_record() {
    const OPERATOR: &str = "the token of an operator, 32 bytes";
    let without = |limits: &str| {
        let environment = [("WORKER_CONCURRENCY", "0"), ("ADMIN_TOKEN", OPERATOR)];
        let server = Server::allowing(tempfile::tempdir().unwrap(), limits, &environment);
        let ada = server.login("ada");
        let asked = server.post("/api/v1/ai/file-summary", &ada.token, &summary()).send().expect(202);
        let events = server.ask("GET", "/api/v1/admin/audit").bearer(OPERATOR).send().expect(200);
        let events = events["events"].as_array().unwrap().clone().into_iter();
        let told: Vec<Value> = events.filter(|event| event["action"] == "job.no_gpu").collect();
        (asked["job_id"].clone(), told)
    };
    let (job, told) = without("gpu = true");
    assert_eq!((told.len(), &told[0]["subject"]), (1, &job), "it does not wait for one");
    assert_eq!(without("").1, Vec::<Value>::new(), "a tier without one misses none");
}

#[test]
fn a_file_that_is_not_documented_ends_with_its_code_and_what_it_was_is_forgotten() {
    let models = Models::saying(&["no", "{\"summary\":1}"]);
    let server = documenting(OFTEN, &models.environment());
    let ada = server.login("ada");
    let fails = |path: &str, text_of: &str, target: &str| {
        let ask = json!({ "path": path, "text": text_of });
        let asked = server.post(target, &ada.token, &ask).send().expect(202);
        let shown = ended(&server, &ada, &asked);
        assert_eq!((&shown["state"], shown.get("result")), (&json!("failed"), None));
        text(&shown["error"]["code"])
    };
    assert_eq!(fails("a.js", SOURCE, "/api/v1/ai/file-summary"), "AI_REPLY_UNREADABLE");
    models.heard();
    assert_eq!(fails("a.js", SOURCE, "/api/v1/ai/file-summary"), "AI_NO_REPLY");
    assert_eq!(fails("a.js", "const = ;", "/api/v1/ai/rename-suggestions"), "REQUEST_INVALID");
    assert!(!server.objects().join("ai-docs").exists());

    // More than what is left of the day: the question itself would take it.
    let models = Models::saying(&[SUMMARY]);
    let poor = documenting("ai_tokens_a_day = 200\nai_docs_a_minute = 100", &models.environment());
    let ada = poor.login("ada");
    let asked = poor.post("/api/v1/ai/file-summary", &ada.token, &summary()).send().expect(202);
    assert_eq!(ended(&poor, &ada, &asked)["error"]["code"], "AI_BUDGET_SPENT");
}
