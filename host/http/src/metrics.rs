//! Numbers for Prometheus, as OpenMetrics text.
//!
//! What this process did is counted as it happens; how the fleet is, is looked at when somebody
//! asks. No name that a user chose becomes a label.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hivesync_storage::sql::counts::{
    CLEANUP_REMOVED, CLEANUP_ROUNDS, Count, SANDBOX_DENIALS, SANDBOX_FUEL, SANDBOX_INSTANCES,
    SANDBOX_INSTANTIATE_US, SANDBOX_LIMITS, SANDBOX_RUNS,
};
use hivesync_types::Code;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::times::Times;
use crate::vitals::{Vitals, WorkerStatus, worker_status};

/// Bounds of a preview's time, in seconds.
const BUILD_SECONDS: [f64; 9] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0];
/// Bounds of an answer's time, in seconds.
const ANSWER_SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    method: Method,
    status: u16,
}

/// The methods that are answered; a client could send any word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabel {
    queue: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkerLabels {
    kind: String,
    status: &'static str,
}

/// Pipelines and their steps are the installation's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    pipeline: String,
    step: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabel {
    service: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabel {
    part: &'static str,
}

/// The name of a label and its value.
type Label = [(&'static str, String); 1];

/// What this process counts.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    build_time: Histogram,
    successes: Counter,
    failures: Family<CodeLabel, Counter>,
    upload_failures: Counter,
    answers: Family<AnswerLabels, Counter>,
    answer_time: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            registry: Arc::default(),
            build_time: Histogram::new(BUILD_SECONDS),
            successes: Counter::default(),
            failures: Family::default(),
            upload_failures: Counter::default(),
            answers: Family::default(),
            answer_time: Histogram::new(ANSWER_SECONDS),
        };
        let (build, answer) = (metrics.build_time.clone(), metrics.answer_time.clone());
        let help = "From the start of a preview's first try to its accepted report";
        registry.register_with_unit("preview_build_time", help, Unit::Seconds, build);
        registry.register("preview_build_success", "Previews that were built", metrics.successes.clone());
        registry.register("preview_build_failures", "Previews that failed", metrics.failures.clone());
        let help = "Previews that failed because an artifact could not be stored";
        registry.register("preview_upload_failures", help, metrics.upload_failures.clone());
        registry.register("http_requests", "Requests that were answered", metrics.answers.clone());
        registry.register_with_unit("http_request_duration", "Until the answer began", Unit::Seconds, answer);
        Self { registry: Arc::new(registry), ..metrics }
    }
}

impl Metrics {
    /// A preview was built.
    pub(crate) fn built(&self, took: Option<Duration>) {
        self.successes.inc();
        if let Some(took) = took {
            self.build_time.observe(took.as_secs_f64());
        }
    }

    /// A preview failed.
    pub(crate) fn failed(&self, code: Code) {
        self.failures.get_or_create(&CodeLabel { code: code.as_str() }).inc();
        if code == Code::StorageUploadFailed {
            self.upload_failures.inc();
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &axum::http::Method, status: u16, took: Duration) {
        let method = match method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            _ => Method::Other,
        };
        self.answers.get_or_create(&AnswerLabels { method, status }).inc();
        self.answer_time.observe(took.as_secs_f64());
    }

    /// All of it, and how the fleet is now.
    pub(crate) fn render(&self, vitals: &Vitals, times: &Times, counts: &[Count]) -> String {
        let mut text = String::new();
        let mut fleet = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        let mut registry = fleet_registry(vitals);
        register_times(&mut registry, times);
        register_counts(&mut registry, counts);
        let _ = encode(&mut fleet, &registry);
        // One document has one end.
        text.truncate(text.len().saturating_sub(END.len()));
        text + &fleet
    }
}

const END: &str = "# EOF\n";

fn fleet_registry(vitals: &Vitals) -> Registry {
    let mut registry = Registry::default();
    let waiting = Family::<QueueLabel, Gauge<u64, AtomicU64>>::default();
    let running = Family::<QueueLabel, Gauge<u64, AtomicU64>>::default();
    let wait = Family::<QueueLabel, Gauge<f64, AtomicU64>>::default();
    let workers = Family::<WorkerLabels, Gauge<u64, AtomicU64>>::default();
    let up = Family::<PartLabel, Gauge<u64, AtomicU64>>::default();
    for queue in &vitals.queues {
        let label = QueueLabel { queue: queue.queue.clone() };
        waiting.get_or_create(&label).set(queue.waiting);
        running.get_or_create(&label).set(queue.running);
        let waits = queue.oldest.map_or(Duration::ZERO, |oldest| vitals.at.since(oldest));
        wait.get_or_create(&label).set(waits.as_secs_f64());
    }
    for worker in &vitals.workers {
        let status = match worker_status(worker, vitals.at) {
            WorkerStatus::Healthy => "healthy",
            WorkerStatus::Unhealthy => "unhealthy",
            WorkerStatus::Unresponsive => "unresponsive",
            WorkerStatus::Stopped => continue,
        };
        workers.get_or_create(&WorkerLabels { kind: worker.node.kind.clone(), status }).inc();
    }
    let parts = [
        ("database", Some(vitals.database.is_ok())),
        ("objects", Some(vitals.objects.is_ok())),
        ("redis", vitals.redis.as_ref().map(Result::is_ok)),
    ];
    for (part, is_up) in parts {
        if let Some(is_up) = is_up {
            up.get_or_create(&PartLabel { part }).set(u64::from(is_up));
        }
    }
    registry.register("queue_depth", "Jobs that wait", waiting);
    registry.register("queue_running", "Jobs that run", running);
    let help = "How long the oldest job that is ready waits";
    registry.register_with_unit("queue_oldest_wait", help, Unit::Seconds, wait);
    registry.register("workers", "Workers of the last day that did not leave", workers);
    registry.register("service_up", "Whether what the program needs answers", up);
    registry
}

fn register_times(registry: &mut Registry, times: &Times) {
    let whole = Family::<StepLabels, Gauge<f64, AtomicU64>>::default();
    let sandbox = Family::<StepLabels, Gauge<f64, AtomicU64>>::default();
    let services = Family::<ServiceLabel, Gauge<f64, AtomicU64>>::default();
    for ((pipeline, step), took) in &times.steps {
        let labels = StepLabels { pipeline: pipeline.clone(), step: step.clone() };
        whole.get_or_create(&labels).set(Duration::from_micros(took.whole_us).as_secs_f64());
        sandbox.get_or_create(&labels).set(Duration::from_micros(took.sandbox_us).as_secs_f64());
    }
    for (service, took) in &times.services {
        let took = Duration::from_millis(*took).as_secs_f64();
        services.get_or_create(&ServiceLabel { service }).set(took);
    }
    let help = "Within which 95 of 100 tries of a step ended in the last day, with what models took";
    registry.register_with_unit("pipeline_step_p95", help, Unit::Seconds, whole);
    let help = "The same of the sandboxed part of a step";
    registry.register_with_unit("pipeline_step_sandbox_p95", help, Unit::Seconds, sandbox);
    let help = "Within which 95 of 100 services of spaces ended in the last day";
    registry.register_with_unit("space_service_p95", help, Unit::Seconds, services);
}

/// What workers and the cleanup counted, all of the fleet together.
fn register_counts(registry: &mut Registry, counts: &[Count]) {
    let of = |name: &'static str| counts.iter().filter(move |count| count.name == name);
    let plain = |name: &'static str| {
        let counter: Counter = Counter::default();
        counter.inc_by(of(name).map(|count| count.value).sum());
        counter
    };
    let time: Counter<f64, AtomicU64> = Counter::default();
    let spent = of(SANDBOX_INSTANTIATE_US).map(|count| Duration::from_micros(count.value));
    time.inc_by(spent.sum::<Duration>().as_secs_f64());
    registry.register("sandbox_runs", "Runs in a sandbox, whatever came of them", plain(SANDBOX_RUNS));
    registry.register("sandbox_fuel", "Guest instructions of them", plain(SANDBOX_FUEL));
    registry.register("sandbox_instances", "Instances that were made for them", plain(SANDBOX_INSTANCES));
    let help = "Processor time that making them took";
    registry.register_with_unit("sandbox_instantiate", help, Unit::Seconds, time);
    let help = "Runs that a limit ended";
    registry.register("sandbox_limits_hit", help, labelled("limit", of(SANDBOX_LIMITS)));
    let help = "Modules and runs that a policy did not allow";
    registry.register("sandbox_denials", help, labelled("code", of(SANDBOX_DENIALS)));
    let help = "Rounds of the cleanup";
    registry.register("cleanup_rounds", help, labelled("round", of(CLEANUP_ROUNDS)));
    let help = "What the cleanup removed";
    registry.register("cleanup_removed", help, labelled("what", of(CLEANUP_REMOVED)));
}

/// What was counted under one name, by the one label that it has.
fn labelled<'a>(label: &'static str, counts: impl Iterator<Item = &'a Count>) -> Family<Label, Counter> {
    let family = Family::<Label, Counter>::default();
    for count in counts {
        family.get_or_create(&[(label, count.label.clone())]).inc_by(count.value);
    }
    family
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hivesync_jobs::Moment;
    use hivesync_storage::sql::queues::QueueDepth;

    use super::*;
    use crate::times::StepP95;

    #[test]
    fn numbers_have_the_names_that_dashboards_ask_for_and_one_end() {
        let metrics = Metrics::default();
        metrics.built(Some(Duration::from_millis(1500)));
        metrics.failed(Code::PreviewTimeout);
        metrics.failed(Code::StorageUploadFailed);
        metrics.answered(&axum::http::Method::GET, 200, Duration::from_millis(2));
        let queue = QueueDepth {
            queue: "preview_build".to_owned(),
            waiting: 3,
            running: 1,
            oldest: Some(Moment(8_000)),
        };
        let vitals = Vitals {
            database: Ok(()),
            redis: None,
            objects: Ok(()),
            queues: vec![queue],
            workers: Vec::new(),
            at: Moment(10_000),
        };
        let step = ("content-post".to_owned(), "write".to_owned());
        let times = Times {
            services: BTreeMap::from([("image_io", 1500)]),
            steps: BTreeMap::from([(step, StepP95 { sandbox_us: 250_000, whole_us: 2_000_000 })]),
        };
        let counts = [
            Count::new(SANDBOX_FUEL, "", 700),
            Count::new(SANDBOX_INSTANTIATE_US, "", 1_500_000),
            Count::new(SANDBOX_LIMITS, "limit.fuel", 2),
            Count::new(SANDBOX_LIMITS, "limit.wall", 3),
            Count::new(SANDBOX_DENIALS, "policy.denied", 4),
            Count::new(CLEANUP_ROUNDS, "light", 5),
            Count::new(CLEANUP_REMOVED, "orphans", 6),
        ];
        let text = metrics.render(&vitals, &times, &counts);
        for line in [
            "preview_build_success_total 1",
            "preview_build_failures_total{code=\"PREVIEW_TIMEOUT\"} 1",
            "preview_upload_failures_total 1",
            "preview_build_time_seconds_bucket{le=\"2.0\"} 1",
            "preview_build_time_seconds_sum 1.5",
            "http_requests_total{method=\"Get\",status=\"200\"} 1",
            "queue_depth{queue=\"preview_build\"} 3",
            "queue_running{queue=\"preview_build\"} 1",
            "queue_oldest_wait_seconds{queue=\"preview_build\"} 2.0",
            "service_up{part=\"database\"} 1",
            "pipeline_step_p95_seconds{pipeline=\"content-post\",step=\"write\"} 2.0",
            "pipeline_step_sandbox_p95_seconds{pipeline=\"content-post\",step=\"write\"} 0.25",
            "space_service_p95_seconds{service=\"image_io\"} 1.5",
            "sandbox_runs_total 0",
            "sandbox_fuel_total 700",
            "sandbox_instantiate_seconds_total 1.5",
            "sandbox_limits_hit_total{limit=\"limit.fuel\"} 2",
            "sandbox_limits_hit_total{limit=\"limit.wall\"} 3",
            "sandbox_denials_total{code=\"policy.denied\"} 4",
            "cleanup_rounds_total{round=\"light\"} 5",
            "cleanup_removed_total{what=\"orphans\"} 6",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
        assert!(!text.contains("part=\"redis\""));
        assert_eq!(text.matches(END).count(), 1);
        assert!(text.ends_with(END));
    }
}
