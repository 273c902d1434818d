//! The same request under the same name is done once.

use std::thread;

use serde_json::{Value, json};

use super::client::{Answer, Ask};
use super::previews::Bench;
use super::server::{PASSWORD, Server, text};
use crate::cli::project::SMALL;

fn keyed(ask: Ask, key: &str) -> Answer {
    ask.header("idempotency-key", key).send()
}

#[test]
fn a_thousand_equal_requests_at_one_time_have_one_effect_and_one_answer() {
    let server = Server::start();
    let person = server.login("ada");
    let ask = server.post("/api/v1/projects", &person.token, &json!({ "name": "notes" }));
    let answers: Vec<(u16, Vec<u8>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn_scoped(scope, || {
                        // Whoever is turned away by a full queue of connections asks again.
                        loop {
                            let ask = ask.clone().header("idempotency-key", "create-notes");
                            if let Ok(answer) = ask.try_send() {
                                return answer;
                            }
                        }
                    })
                    .unwrap()
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).map(|a| (a.status, a.body)).collect()
    });
    assert_eq!(answers[0].0, 201, "{}", String::from_utf8_lossy(&answers[0].1));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let listed = server.get("/api/v1/projects", &person.token).send().expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn another_body_or_path_under_the_same_key_is_refused_and_another_user_has_keys_of_their_own() {
    let server = Server::start();
    let (ada, bob) = (server.login("ada"), server.login("bob"));
    let project = |token: &str, name: &str| {
        keyed(server.post("/api/v1/projects", token, &json!({ "name": name })), "one")
    };
    let first = project(&ada.token, "notes");
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = project(&ada.token, "notes");
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    project(&ada.token, "other").refused(422, "IDEMPOTENCY_KEY_REUSED");
    let elsewhere = server.post("/api/v1/api-keys", &ada.token, &json!({ "name": "notes" }));
    keyed(elsewhere, "one").refused(422, "IDEMPOTENCY_KEY_REUSED");
    let alias = server.post("/api/v1/projects", &ada.token, &json!({ "name": "notes" }));
    assert_eq!(alias.header("x-idempotency-key", "one").send().body, first.body);
    assert_ne!(project(&bob.token, "notes").expect(201), first.json());
    for bad in ["", "a b", &"x".repeat(256)] {
        let ask = server.post("/api/v1/projects", &ada.token, &json!({ "name": "bad" }));
        keyed(ask, bad).refused(400, "REQUEST_INVALID");
    }
    let listed = server.get("/api/v1/projects", &ada.token).send().expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_was_refused_is_tried_again_and_what_was_done_is_known_after_a_restart() {
    let server = Server::start();
    let person = server.login("ada");
    let project = |server: &Server, name: &str| {
        keyed(server.post("/api/v1/projects", &person.token, &json!({ "name": name })), "one")
    };
    project(&server, "").refused(400, "REQUEST_INVALID");
    let made = project(&server, "notes").expect(201);
    server.signal(rustix::process::Signal::TERM);
    let (code, folder) = server.ended();
    assert_eq!(code, Some(0));
    let server = Server::start_in(folder, &[("WORKER_CONCURRENCY", "0")]);
    assert_eq!(project(&server, "notes").expect(201), made);
}

#[test]
fn an_answer_with_secrets_is_given_again_and_not_kept_in_the_clear() {
    let server = Server::start();
    server.login("ada");
    let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
    let login = || keyed(server.ask("POST", "/api/v1/auth/login").json(&credentials), "login").expect(200);
    let first: Value = login();
    assert_eq!(login(), first);
    let mut bytes = Vec::new();
    for name in ["hivesync.db", "hivesync.db-wal"] {
        bytes.extend(std::fs::read(server.data().join(name)).unwrap_or_default());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // The row is there, and what was answered is not to be read in it.
    assert!(holds("from:127.0.0.1"));
    assert!(!holds(&text(&first["refresh_token"])) && !holds(&text(&first["access_token"])));
}

#[test]
fn an_upload_is_compared_by_what_it_holds() {
    let bench = Bench::idle(SMALL);
    let upload = |content: &str| {
        let files = json!({ "files": [{ "path": "package.json", "content": content }] });
        keyed(bench.server.post(&bench.path("files"), &bench.person.token, &files), "upload")
    };
    let first = upload("{}").expect(201);
    assert_eq!(upload("{}").expect(201), first);
    upload("[]").refused(422, "IDEMPOTENCY_KEY_REUSED");
    let project =
        bench.server.get(bench.path("").trim_end_matches('/'), &bench.person.token).send().expect(200);
    assert_eq!(project["image"], first["image"]);
}
