//! Addresses of a project are asked where the operator wants it, and never those of the host's
//! own network.

use serde_json::{Value, json};

use super::previews::Bench;
use super::server::Server;
use crate::cli::project::SMALL;

#[test]
fn an_address_of_the_hosts_own_network_is_blocked_and_the_answer_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("WORKER_CONCURRENCY", "0"), ("REACHABILITY_ENABLED", "true")];
    let bench = Bench::on(Server::start_in(folder, &environment), SMALL);
    let urls = ["https://127.0.0.1/", "https://169.254.169.254/latest", "http://example.com/", "what"];
    let ask = |urls: &[String]| bench.post("reachability", &json!({ "urls": urls }));
    let asked = ask(&urls.map(str::to_owned)).expect(200);
    for url in urls {
        let known = &asked["reachability"][url];
        assert_eq!((&known["reachable"], &known["error"]), (&json!(false), &json!("blocked")), "{url}");
        assert_eq!(known["status_code"], Value::Null);
    }
    assert_eq!(ask(&urls.map(str::to_owned)).expect(200), asked, "asked once in ten minutes");
    // Thirty addresses a minute; what is known costs nothing.
    let more: Vec<_> = (0..20).map(|n| format!("https://127.0.0.1/{n}")).collect();
    ask(&more).expect(200);
    let others: Vec<_> = (20..40).map(|n| format!("https://127.0.0.1/{n}")).collect();
    let over = ask(&others).expect(200)["reachability"].clone();
    let unknown = others.iter().filter(|url| over[url.as_str()] == "unknown").count();
    assert!((12..=14).contains(&unknown), "{over:#}");
    assert_eq!(ask(&urls.map(str::to_owned)).expect(200), asked);
    for bad in [json!([]), json!(vec!["https://a.example/"; 21]), json!(["x".repeat(2049)])] {
        bench.post("reachability", &json!({ "urls": bad })).refused(400, "REQUEST_INVALID");
    }
    let stranger = bench.server.login("eve");
    let body = json!({ "urls": ["https://127.0.0.1/"] });
    let path = bench.path("reachability");
    bench.server.post(&path, &stranger.token, &body).send().refused(404, "NOT_FOUND");
}

#[test]
fn nothing_is_asked_where_nobody_switched_it_on() {
    let bench = Bench::idle(SMALL);
    bench.post("reachability", &json!({ "urls": ["https://127.0.0.1/"] })).refused(404, "NOT_FOUND");
}
