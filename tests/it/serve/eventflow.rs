//! What people do in a preview, recorded where its job says so.

use serde_json::{Value, json};

use super::previews::{Bench, device};
use super::server::text;
use crate::cli::project::SMALL;

fn tap(x: f64) -> Value {
    json!({ "kind": "tap", "payload": { "x": x, "y": 0.5 } })
}

#[test]
fn events_are_kept_once_among_the_newest_and_told_to_who_listens() {
    let bench = Bench::idle(SMALL);
    let devices = [device("laptop")];
    let asked = json!({ "platform": "web", "eventflow_enabled": true, "devices": devices });
    let id = text(&bench.ask(&asked).expect(202)["job_id"]);
    let path = format!("previews/jobs/{id}/events");
    let send = |events: Value| bench.post(&path, &json!({ "device_id": "laptop", "events": events }));
    let every = json!([
        tap(0.1),
        { "kind": "swipe", "payload": { "from": { "x": 0, "y": 0 }, "to": { "x": 1, "y": 1 } } },
        { "kind": "tilt", "payload": { "direction": "left" } },
        { "kind": "shake", "payload": {} },
        { "kind": "nav", "payload": { "route": "/home" } },
        tap(0.1),
    ]);
    let kept = send(every.clone()).expect(202);
    assert_eq!((&kept["accepted"], &kept["dropped"]), (&json!(5), &json!(1)));
    let again = send(every).expect(202);
    assert_eq!(again["accepted"], 0);
    // After twenty others it counts as new.
    send((0..20).map(|n| tap(f64::from(n) / 20.0 + 0.01)).collect()).expect(202);
    assert_eq!(send(json!([tap(0.1)])).expect(202)["accepted"], 1);
    let listed = bench.get(&path).expect(200);
    let told = listed["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "eventflow");
    assert_eq!(told.count(), 26);
    let alias = json!({ "job_id": id, "events": [{ "kind": "nav", "payload": { "route": "/alias" } }] });
    let sent = bench.server.post("/api/v1/events", &bench.person.token, &alias).send();
    assert_eq!(sent.expect(202)["accepted"], 1);
    let logs = bench.server.objects().join(format!("logs/preview/{id}/events"));
    assert_eq!(std::fs::read_dir(logs).unwrap().count(), 4);
    let last = bench.get(&format!("{path}?after={}", u64::MAX)).expect(200);
    assert_eq!((&last["events"], &last["next_after"]), (&json!([]), &json!(u64::MAX)));
}

#[test]
fn what_a_sensor_measured_has_no_place_and_other_jobs_record_nothing() {
    let bench = Bench::idle(SMALL);
    let asked = json!({ "platform": "web", "eventflow_enabled": true });
    let id = text(&bench.ask(&asked).expect(202)["job_id"]);
    let path = format!("previews/jobs/{id}/events");
    for bad in [
        json!([]),
        json!([{ "kind": "dance", "payload": {} }]),
        json!([{ "kind": "tap", "payload": { "x": 2, "y": 0 } }]),
        json!([{ "kind": "tap", "payload": { "x": 0.1 } }]),
        json!([{ "kind": "tilt", "payload": { "direction": "left", "alpha": 12.5 } }]),
        json!([{ "kind": "shake", "payload": { "accelerometer": [1, 2, 3] } }]),
        json!([{ "kind": "nav", "payload": { "route": "" } }]),
        (0..101).map(|n| tap(f64::from(n) / 200.0)).collect(),
    ] {
        bench.post(&path, &json!({ "events": bad })).refused(400, "REQUEST_INVALID");
    }
    let unknown = json!({ "device_id": "phone", "events": [tap(0.1)] });
    bench.post(&path, &unknown).refused(400, "REQUEST_INVALID");
    let stranger = bench.server.login("eve");
    let sent = json!({ "events": [tap(0.1)] });
    bench.server.post(&bench.path(&path), &stranger.token, &sent).send().refused(404, "NOT_FOUND");
    let listed = bench.get(&path).expect(200);
    assert!(listed["events"].as_array().unwrap().iter().all(|event| event["kind"] != "eventflow"));
    // The control.
    bench.post(&path, &sent).expect(202);
    let plain = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    bench.post(&format!("previews/jobs/{plain}/events"), &sent).refused(409, "EVENTFLOW_DISABLED");
}

#[test]
fn an_action_that_a_preview_was_kept_from_stands_in_its_events() {
    let bench = Bench::idle(SMALL);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let send =
        |body: &Value| bench.server.post("/api/v1/preview/sandbox-event", &bench.person.token, body).send();
    send(&json!({ "job_id": id, "action": "camera.open" })).expect(202);
    send(&json!({ "job_id": id, "action": "a\nb" })).refused(400, "REQUEST_INVALID");
    send(&json!({ "job_id": bench.project, "action": "camera.open" })).refused(404, "NOT_FOUND");
    let listed = bench.get(&format!("previews/jobs/{id}/events")).expect(200);
    let told: Vec<_> =
        listed["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "sandbox").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["action"], "camera.open");
}
