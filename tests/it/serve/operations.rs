//! What an operator sees: health, numbers, workers, queues, scaling.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::client::Ask;
use super::previews::Bench;
use super::scaled::Fleet;
use super::server::Server;
use super::workers::LoneWorker;
use crate::cli::project::{SMALL, copy_warm_data, hivesync};
use crate::patience::until;

const TOKEN: &str = "the token of an operator, 32 bytes";

fn health(fleet: &Fleet, arguments: &[&str]) -> Output {
    let mut command = Command::new(hivesync());
    command.arg("health").args(arguments).envs(fleet.places()).env_remove("LOG_LEVEL");
    command.env("DATA_DIR", "/nonexistent").output().unwrap()
}

#[test]
fn health_says_by_its_exit_code_whether_a_fleet_is_well_limps_or_is_broken() {
    let mut fleet = Fleet::start();
    let node = fleet.answering();
    let looked = |fleet: &Fleet, code: i32| {
        let output = health(fleet, &["--json"]);
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let said = looked(&fleet, 1);
    assert_eq!((&said["status"], &said["findings"][0]["part"]), (&json!("degraded"), &json!("workers")));
    let report_to = format!("http://{}/api/v1/workers/callback", node.address);
    let worker = LoneWorker::start(&fleet, &report_to);
    let said = looked(&fleet, 0);
    assert_eq!(said["checks"], json!({ "database": "ok", "redis": "ok", "objects": "ok" }));
    assert_eq!(
        (&said["workers"][0]["id"], &said["workers"][0]["status"]),
        (&json!(worker.id), &json!("healthy"))
    );
    assert_eq!(said["findings"], json!([]));
    let text = String::from_utf8(health(&fleet, &[]).stdout).unwrap();
    assert!(text.starts_with("ok\n") && text.contains("workers: 1"), "{text}");
    fleet.redis.kill().unwrap();
    assert_eq!(looked(&fleet, 1)["checks"]["redis"], "failed");
    assert_eq!(node.ask("GET", "/health/deep").send().expect(200)["status"], "degraded");
    fleet.s3.kill().unwrap();
    assert_eq!(looked(&fleet, 2)["checks"]["objects"], "failed");
    fleet.postgres.stop().unwrap();
    let said = looked(&fleet, 2);
    assert_eq!((&said["checks"]["database"], &said["status"]), (&json!("failed"), &json!("failed")));
}

#[test]
fn looking_at_the_health_of_a_server_that_was_never_started_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let look =
        || Command::new(hivesync()).args(["health", "--json"]).env("DATA_DIR", &data).output().unwrap();
    assert_eq!(look().status.code(), Some(2));
    assert!(!data.exists());
    let server = Server::start_in(folder, &[("WORKER_CONCURRENCY", "0")]);
    let output =
        Command::new(hivesync()).args(["health", "--json"]).env("DATA_DIR", server.data()).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["checks"]["redis"]), (Some(1), &Value::Null), "{said:#}");
}

#[test]
fn numbers_are_for_prometheus_and_the_rest_for_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    let bench = Bench::on(Server::start_in(folder, &[("ADMIN_TOKEN", TOKEN)]), SMALL);
    bench.built(&json!({ "platform": "web" }));
    bench.upload(&[("package.json", "{}"), ("index.js", "import './absent';")]);
    assert_eq!(bench.built(&json!({ "platform": "web" }))["state"], "failed");
    let operator = |target: &str| bench.server.ask("GET", target).bearer(TOKEN).send();
    // The queue's own word and the count of successes come a moment after the preview's end.
    let queue = || operator("/api/v1/admin/queues?queue=preview_build").expect(200)["queues"][0].clone();
    until("the queue has ended its jobs", || queue()["running"] == 0 && queue()["waiting"] == 0);
    let failures = "preview_build_failures_total{code=";
    until("the failure is counted", || {
        String::from_utf8_lossy(&operator("/metrics").body).contains(failures)
    });
    // Workers tell what their sandboxes did with a sign of life, and this node has cleaned up once.
    until("the sandbox is counted", || {
        let text = String::from_utf8(operator("/metrics").body).unwrap();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
            line.trim().parse::<f64>().unwrap()
        };
        value("sandbox_runs_total ") >= 2.0
            && value("sandbox_fuel_total ") > 1000.0
            && value("sandbox_instances_total ") >= 2.0
            && value("sandbox_instantiate_seconds_total ") > 0.0
            && value("cleanup_rounds_total{round=\"deep\"} ") >= 1.0
    });
    let answer = operator("/metrics");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.body).unwrap();
    for line in [
        "preview_build_success_total 1",
        "preview_build_failures_total{code=\"MISSING_DEPENDENCIES\"} 1",
        "preview_build_time_seconds_count 1",
        "queue_depth{queue=\"preview_build\"} 0",
        "workers{kind=\"cpu\",status=\"healthy\"} 1",
        "service_up{part=\"database\"} 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    let workers = |query: &str| {
        operator(&format!("/api/v1/admin/workers{query}")).expect(200)["workers"].as_array().unwrap().len()
    };
    assert_eq!((workers(""), workers("?kind=cpu&queue=preview_build&status=healthy")), (1, 1));
    for other in ["?kind=gpu", "?queue=of_nobody", "?status=stopped", "?min_failure_rate=0.9"] {
        assert_eq!(workers(other), 0, "{other}");
    }
    operator("/api/v1/admin/workers?colour=red").refused(400, "REQUEST_INVALID");
    let scaler = operator("/api/v1/admin/autoscaler").expect(200);
    assert_eq!((&scaler["advice"], &scaler["settings"]["enabled"]), (&json!("stay"), &json!(false)));
    let events = operator("/api/v1/admin/audit").expect(200);
    assert_eq!(events["events"][0]["action"], "worker.callback");
    for target in ["/metrics", "/api/v1/admin/workers", "/api/v1/admin/audit"] {
        bench.server.ask("GET", target).send().refused(401, "UNAUTHENTICATED");
        bench.server.get(target, &bench.person.token).send().refused(401, "UNAUTHENTICATED");
    }
}

#[test]
fn without_an_operator_there_is_nothing_to_see_but_numbers() {
    let server = Server::start();
    let person = server.login("ada");
    for target in ["workers", "queues", "autoscaler", "audit"] {
        server.get(&format!("/api/v1/admin/{target}"), &person.token).send().refused(404, "NOT_FOUND");
    }
    let answer = Ask::new(&server.address, "GET", "/metrics").send();
    assert_eq!(answer.status, 200);
    assert!(answer.body.ends_with(b"# EOF\n"));
}
