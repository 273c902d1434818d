//! Jobs that want a GPU: the worker that has one does them, and another only when it does not come.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::ai_docs::{SUMMARY, ended, summary};
use super::scaled::{Fleet, SECRETS};
use super::server::{Person, Server, text};
use super::workers::LoneWorker;
use crate::cli::models::Models;
use crate::patience::until;

const OPERATOR: &str = "the token of an operator, 32 bytes";
const OFTEN: &str = "gpu = true\nai_docs_a_minute = 100\nai_at_once = 5";

/// A node of a fleet where whoever pays nothing has a GPU, and whoever pays has none.
struct World {
    fleet: Fleet,
    node: Server,
}

impl World {
    fn new() -> Self {
        let fleet = Fleet::start();
        let own = [("WORKER_CONCURRENCY", "0"), ("ADMIN_TOKEN", OPERATOR)];
        let places = fleet.places();
        let places: Vec<_> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let environment = [&places[..], &SECRETS, &own].concat();
        let node = Server::allowing(tempfile::tempdir().unwrap(), OFTEN, &environment);
        Self { fleet, node }
    }

    fn worker(&self, kind_and_queues: (&str, &str), models: &Models) -> LoneWorker {
        LoneWorker::documenting(&self.fleet, kind_and_queues, &models.environment())
    }

    /// Asks, and says which job it is and in which queue it waits.
    fn asks(&self, person: &Person) -> (Value, String) {
        let asked = self.node.post("/api/v1/ai/file-summary", &person.token, &summary()).send().expect(202);
        let newest =
            "SELECT queue FROM (SELECT id, queue FROM jobs UNION ALL SELECT id, queue FROM ended_jobs)
            AS known ORDER BY id DESC LIMIT 1";
        (asked, self.fleet.postgres.say(newest).unwrap())
    }

    fn audited(&self, action: &str) -> Vec<Value> {
        let events = self.node.ask("GET", "/api/v1/admin/audit").bearer(OPERATOR).send().expect(200);
        let events = events["events"].as_array().unwrap().clone().into_iter();
        events.filter(|event| event["action"] == action).map(|event| event["subject"].clone()).collect()
    }

    fn state(&self, person: &Person, job: &Value) -> String {
        let target = format!("/api/v1/ai/result/{}", text(&job["job_id"]));
        text(&self.node.get(&target, &person.token).send().expect(200)["state"])
    }
}

#[test]
fn a_worker_of_gpu_ai_jobs_does_what_wants_a_gpu_alone_and_another_does_it_when_that_is_gone() {
    let world = World::new();
    let (ada, bob) = (world.node.login("ada"), world.node.login("bob"));
    let pays = format!("UPDATE users SET tier = 'pro' WHERE id = '{}'", bob.id);
    world.fleet.postgres.say(&pays).unwrap();
    let models = Models::saying(&[SUMMARY]);
    let gpu = world.worker(("gpu", "gpu_ai_jobs"), &models);
    let introduced = "SELECT COUNT(*) FROM worker_nodes WHERE kind = 'gpu' AND queues = 'gpu_ai_jobs'";
    until("the worker is known", || world.fleet.postgres.say(introduced).unwrap() == "1");

    let (others, queue) = world.asks(&bob);
    assert_eq!(queue, "ai_jobs");
    let (first, queue) = world.asks(&ada);
    assert_eq!(queue, "gpu_ai_jobs");
    assert_eq!(ended(&world.node, &ada, &first)["state"], "success");
    models.heard();
    assert_eq!(world.state(&bob, &others), "queued", "what wants no GPU is not this worker's");
    assert_eq!(world.audited("job.gpu_fallback"), Vec::<Value>::new());
    let queues = world.node.ask("GET", "/api/v1/admin/queues?queue=gpu_ai_jobs").bearer(OPERATOR).send();
    let queues = queues.expect(200);
    assert_eq!(
        (&queues["queues"][0]["queue"], &queues["queues"][0]["waiting"]),
        (&json!("gpu_ai_jobs"), &json!(0))
    );
    let metrics = world.node.ask("GET", "/metrics").bearer(OPERATOR).send();
    let line = "queue_depth{queue=\"gpu_ai_jobs\"} 0";
    let metrics = String::from_utf8(metrics.body).unwrap();
    assert!(metrics.lines().any(|known| known == line), "{metrics}");

    // It dies, and for a while nobody knows.
    gpu.signal(Signal::KILL);
    let (second, queue) = world.asks(&ada);
    assert_eq!(queue, "gpu_ai_jobs");
    let models = Models::saying(&[SUMMARY, SUMMARY]);
    let _cpu = world.worker(("cpu", "ai_jobs,gpu_ai_jobs"), &models);
    assert_eq!(ended(&world.node, &bob, &others)["state"], "success");
    assert_eq!(ended(&world.node, &ada, &second)["state"], "success");
    models.heard();
    assert_eq!(world.audited("job.gpu_fallback"), [second["job_id"].clone()]);
    assert_eq!(world.audited("job.no_gpu"), Vec::<Value>::new());
}
