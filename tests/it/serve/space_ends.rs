//! How steps and runs of spaces end: with a real model, after a crash, by a person's word.

use std::net::TcpListener;

use hivesync_testkit::Model;
use serde_json::{Value, json};

use super::server::Server;
use super::spaces::Spaces;
use crate::cli::models::{self, Models};
use crate::cli::real_model::packages;
use crate::cli::spaces::{FINDS_NOTHING, SOUND, home, picture};
use crate::patience::until;

/// What a small model says of a picture that it cannot make out is of no use: that it is asked, that
/// what it says is judged, and that the decision is written down is what counts.
#[test]
fn a_real_model_is_shown_pictures_and_whatever_it_says_the_step_has_an_honest_end() {
    let Some(packages) = packages() else {
        eprintln!("there is no model here; run `cargo xtask setup`");
        return;
    };
    let model = Model::start(&packages).unwrap();
    let url = model.url();
    let local = [("LOCAL_AI_ENABLED", "true"), ("LOCAL_AI_URL", url.as_str()), ("AI_TIMEOUT_MS", "120000")];
    // Short replies: on a busy machine it says a few words a second.
    let spaces =
        Spaces::allowing("ai_output_tokens = 100", &[&local[..], &[("AI_PRIMARY", "none")]].concat());
    let upload = spaces.upload(&picture());
    spaces.start(0, &[&upload]).expect(202);
    let services = spaces.over();
    let run = spaces.get("");
    let decided = spaces.get("/decisions");
    let decided = decided.as_array().unwrap();
    let numbers = String::from_utf8(spaces.bench.server.ask("GET", "/metrics").send().body).unwrap();
    let asked = "pipeline_step_p95_seconds{pipeline=\"space-analysis\",step=\"info\"} ";
    let took = numbers.lines().find_map(|line| line.strip_prefix(asked)).unwrap();
    assert!(took.parse::<f64>().unwrap() > 0.0, "{took}");
    if services.contains(&"failed".to_owned()) {
        let error = text_of(&run["last_error"]);
        assert!(error.starts_with("AI_NO_REPLY: ") || error.starts_with("AI_REPLY_UNREADABLE: "), "{error}");
        assert_eq!((&run["status"], &run["current_step"], decided.len()), (&json!("open"), &json!(0), 0));
        return;
    }
    let words: Vec<String> = decided.iter().map(|decision| text_of(&decision["decision"])).collect();
    let (last, before) = words.split_last().unwrap();
    assert!(before.iter().all(|word| word == "retry"), "{words:?}");
    assert_eq!(run["retries_left"], json!(10 - before.len()));
    let decision = decided.last().unwrap();
    match last.as_str() {
        "proceed" => {
            assert_eq!((&run["status"], &run["current_step"]), (&json!("open"), &json!(1)));
            assert!(decision["llm_audit"]["consistency"].as_f64().unwrap() >= 0.7, "{decision:#}");
        }
        "block" => {
            assert_eq!((&run["status"], &run["current_step"]), (&json!("blocked"), &json!(0)));
            assert_eq!(decision["block_reason"], run["last_error"]);
            assert!(!text_of(&decision["block_reason"]).is_empty());
        }
        other => panic!("{other} is no end: {decided:#?}"),
    }
    let made = spaces.get("/artifacts");
    assert!(made.as_array().unwrap().iter().any(|artifact| artifact["kind"] == "json"), "{made:#}");
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

#[test]
fn a_server_that_is_killed_between_question_and_answer_goes_on_and_asks_once_more_under_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let primary =
        [("OPENAI_BASE_URL", url.as_str()), ("AI_MODEL", "m"), ("OPENAI_API_KEY", "sk-of-this-test")];
    let spaces = Spaces::with(&primary);
    let upload = spaces.upload(&picture());
    spaces.start(0, &[&upload]).expect(202);
    let (mut stream, _) = listener.accept().unwrap();
    let (first, body) = models::read(&mut stream);
    let service = |spaces: &Spaces, place: usize| {
        let run = spaces.get("");
        let service = &run["services"][place];
        (text_of(&service["service"]), text_of(&service["status"]), service["attempts"].clone())
    };
    assert_eq!(service(&spaces, 0), ("image_io".to_owned(), "completed".to_owned(), json!(1)));
    assert_eq!(service(&spaces, 1), ("info_worker".to_owned(), "running".to_owned(), json!(1)));

    let good = home(["a", "b", "c"]).to_string();
    let models = Models::saying(&[&good, FINDS_NOTHING, SOUND]);
    let spaces = spaces.after_kill(&models.environment());
    // The word of the worker that was killed counts for nothing; its lock is given back with its lease.
    until("the step is taken over", || service(&spaces, 1).1 == "completed");
    assert_eq!(spaces.over(), ["completed"; 4]);
    assert!(service(&spaces, 1).2.as_u64() >= Some(2), "it was taken once more");
    assert_eq!(spaces.decisions(), ["proceed"]);
    let run = spaces.get("");
    assert_eq!((&run["current_step"], &run["retries_left"]), (&json!(1), &json!(10)));
    let heard = models.heard();
    assert_eq!(heard.len(), 3, "what was asked before it was killed once, and the rest");
    let key = |head: &str| head.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned();
    assert_eq!(key(&heard[0].0), key(&first), "a provider can know it again");
    assert_eq!(heard[0].1["messages"], body["messages"], "the pictures are the same, byte by byte");
    let artifacts = spaces.get("/artifacts");
    let previews = artifacts.as_array().unwrap().iter().filter(|artifact| artifact["kind"] == "preview");
    assert_eq!(previews.count(), 1, "what was made twice is kept once");
}

const OPERATOR: &str = "the token of an operator, 32 bytes";

#[test]
fn a_person_lets_a_blocked_run_go_on_or_try_again_and_ends_it() {
    let good = home(["a", "b", "c"]).to_string();
    let garbage = "A lovely flat.";
    let models = Models::saying(&[garbage, garbage, &good, FINDS_NOTHING, SOUND, garbage, garbage]);
    let spaces = Spaces::with(&[&models.environment()[..], &[("ADMIN_TOKEN", OPERATOR)]].concat());
    let upload = spaces.upload(&picture());
    let word =
        |decision: &str, note: &str| spaces.post("unblock", &json!({ "decision": decision, "note": note }));
    word("retry", "Too early.").refused(409, "CONFLICT");
    spaces.start(0, &[&upload]).expect(202);
    assert!(spaces.over().contains(&"blocked".to_owned()));
    word("retry", " ").refused(400, "REQUEST_INVALID");
    word("perhaps", "Hm.").refused(400, "REQUEST_INVALID");
    let eve = spaces.bench.server.login("eve");
    let target = spaces.bench.path(&format!("space-runs/{}/unblock", text_of(&spaces.get("")["run_id"])));
    let ask = json!({ "decision": "proceed", "note": "Mine now." });
    spaces.bench.server.post(&target, &eve.token, &ask).send().refused(404, "NOT_FOUND");
    assert_eq!(spaces.get("")["status"], "blocked", "nothing of that has changed anything");

    let opened = word("retry", "The picture is good.").expect(200);
    assert_eq!((&opened["status"], &opened["current_step"]), (&json!("open"), &json!(0)));
    spaces.start(0, &[&upload]).expect(202);
    assert_eq!(spaces.over(), ["completed"; 4]);
    spaces.start(1, &[&upload]).expect(202);
    assert!(spaces.over().contains(&"blocked".to_owned()));
    let opened = word("proceed", "I have seen it.").expect(200);
    assert_eq!((&opened["status"], &opened["current_step"]), (&json!("open"), &json!(2)));
    assert_eq!(spaces.decisions(), ["block", "retry", "proceed", "block", "proceed"]);
    let decision = &spaces.get("/decisions")[4];
    assert_eq!(
        (&decision["decided_by"], &decision["note"], &decision["step_id"]),
        (&json!(spaces.bench.person.id), &json!("I have seen it."), &json!(1))
    );
    let events = spaces.bench.server.ask("GET", "/api/v1/admin/audit").bearer(OPERATOR).send().expect(200);
    let events = events["events"].as_array().unwrap().iter();
    assert_eq!(events.filter(|event| event["action"] == "space_run.unblock").count(), 2);

    let ended = spaces.post("end", &json!({})).expect(200);
    assert_eq!(ended["status"], "ended");
    spaces.start(2, &[&upload]).refused(409, "CONFLICT");
    spaces.bring(b"one more").refused(409, "CONFLICT");
    word("retry", "Once more.").refused(409, "CONFLICT");
    let again = spaces.post("end", &json!({})).expect(200);
    assert_eq!(again["ended_at"], ended["ended_at"], "it ends once");
    models.heard();
}

#[test]
fn a_picture_of_fifty_megabytes_is_taken_and_a_larger_one_is_not() {
    const MOST: usize = 50 * 1024 * 1024;
    let spaces = Spaces::on(Server::start());
    spaces.bring(&vec![0; MOST + 1]).refused(413, "BODY_TOO_LARGE");
    spaces.bring(b"").refused(400, "REQUEST_INVALID");
    assert_eq!(spaces.get("/artifacts"), json!([]), "what is refused leaves nothing");
    spaces.bring(&vec![0; MOST]).expect(201);
    assert_eq!(spaces.get("")["payload_size_estimate"], json!(MOST));
}
