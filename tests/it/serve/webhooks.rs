//! Addresses that owners want told; what is said to a real one is tested where it is said.

use serde_json::{Value, json};

use super::previews::Bench;
use super::server::text;
use crate::cli::project::SMALL;
use crate::patience::until;

/// Leads to this machine, which the rule of addresses learns only when it looks the name up.
const OWN: &str = "https://localhost/hook";

#[test]
fn an_owner_has_an_address_told_and_nobody_else_does() {
    let bench = Bench::idle(SMALL);
    let body =
        json!({ "url": "https://example.com/hook", "events": ["map.ready", "preview.failed", "map.ready"] });
    let made = bench.post("webhooks", &body).expect(201);
    let secret = text(&made["secret"]);
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    assert_eq!(made["events"], json!(["preview.failed", "map.ready"]));
    let listed = bench.get("webhooks").expect(200)["items"].clone();
    assert_eq!(listed[0]["id"], made["id"]);
    assert_eq!(listed[0].get("secret"), None, "it is shown once");

    let eve = bench.server.login("eve");
    let paths = ["webhooks".to_owned(), format!("webhooks/{}/deliveries", text(&made["id"]))];
    for path in &paths {
        bench.server.get(&bench.path(path), &eve.token).send().refused(404, "NOT_FOUND");
    }
    let member = json!({ "email": "eve@example.com", "role": "admin" });
    bench
        .server
        .ask("PUT", &bench.path("members"))
        .bearer(&bench.person.token)
        .json(&member)
        .send()
        .expect(200);
    for path in &paths {
        bench.server.get(&bench.path(path), &eve.token).send().refused(403, "FORBIDDEN");
    }
    bench.server.post(&bench.path("webhooks"), &eve.token, &body).send().refused(403, "FORBIDDEN");

    for url in [
        "http://example.com/",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://example.com:8443/",
        "https://user:secret@example.com/",
        "file:///etc/passwd",
        "what",
        "",
        &format!("https://example.com/{}", "a".repeat(2048)),
    ] {
        let body = json!({ "url": url, "events": ["map.ready"] });
        bench.post("webhooks", &body).refused(400, "REQUEST_INVALID");
    }
    for events in [json!([]), json!(["map.burnt"]), json!("map.ready"), Value::Null] {
        let body = json!({ "url": "https://example.com/", "events": events });
        bench.post("webhooks", &body).refused(400, "REQUEST_INVALID");
    }
    assert_eq!(bench.get("webhooks").expect(200)["items"].as_array().unwrap().len(), 1);
    for _ in 1..10 {
        bench.post("webhooks", &body).expect(201);
    }
    bench.post("webhooks", &body).refused(409, "CONFLICT");
    let path = bench.path(&format!("webhooks/{}", text(&made["id"])));
    let remove = || bench.server.ask("DELETE", &path).bearer(&bench.person.token).send();
    assert_eq!(remove().status, 204);
    remove().refused(404, "NOT_FOUND");
    bench.post("webhooks", &body).expect(201);
}

#[test]
fn a_test_and_the_end_of_a_preview_are_told_and_never_to_this_machine() {
    let bench = Bench::idle(SMALL);
    let events = json!({ "url": OWN, "events": ["preview.canceled"] });
    let id = text(&bench.post("webhooks", &events).expect(201)["id"]);
    let told = || bench.get(&format!("webhooks/{id}/deliveries")).expect(200)["items"].clone();
    let dead = |count: usize| {
        let told = told();
        told.as_array().unwrap().len() == count && told[0]["state"] == "dead"
    };

    let ping = bench.post(&format!("webhooks/{id}/ping"), &json!({})).expect(202);
    until("the test is over", || dead(1));
    assert_eq!(told()[0]["id"], ping["id"]);
    assert_eq!((&told()[0]["event"], &told()[0]["error"]), (&json!("ping"), &json!("blocked")));
    let webhook = || bench.get("webhooks").expect(200)["items"][0].clone();
    assert_eq!(webhook()["disabled_at"], Value::Null, "a test that fails turns nothing off");

    let preview = bench.ask(&json!({ "platform": "web" })).expect(202);
    bench.post(&format!("previews/jobs/{}/cancel", text(&preview["job_id"])), &json!({})).expect(202);
    until("the end of the preview is told", || told().as_array().unwrap().len() == 2);
    let is_told = |item: &Value| item["event"] == "preview.canceled" && item["error"] == "blocked";
    until("it is not told to this machine", || told().as_array().unwrap().iter().any(is_told));
    assert_ne!(webhook()["disabled_at"], Value::Null);
}
