//! Steps of runs of spaces: pictures are made safe to hand on, described, compared and judged, and
//! what was decided is written down with everything that it rests on.
//!
//! Each service of a step has a lock in the tables, which is taken before anything of it is done.
//! What a service makes has a name of its own, so that a step that another worker takes over
//! writes the same things once.
//!
//! **Invariant:** no picture is decoded outside the sandbox, and no run goes on without a decision
//! that is written down.

mod conclusion;
mod pictures;

use std::collections::BTreeMap;
use std::sync::Arc;

use hivesync_jobs::{Claimed, Moment, Verdict};
use hivesync_steps::{RunRecord, RunReport};
use hivesync_storage::sql::model_asks::Payer;
use hivesync_storage::sql::pipeline_inputs;
use hivesync_storage::sql::pipeline_jobs::{self, Service, ServiceEnd, ServiceJob, ServiceStatus};
use hivesync_storage::sql::pipeline_runs::{self, Follows, PipelineRun};
use hivesync_storage::{ServerId, StorageError};
use hivesync_types::{Code, Digest};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::Worker;
use crate::build::moment;
use crate::runs::{Listener, Run, RunError, report};

/// The pipeline of what pictures show.
const ANALYSIS: &str = "space-analysis";

/// What a step works on, as the API kept it.
#[derive(Debug, Deserialize)]
struct Payload {
    upload_ids: Vec<String>,
}

/// A step under a claim.
struct Step<'a> {
    worker: &'a Worker,
    claim: Claimed,
    queue_job: String,
    run: PipelineRun,
    step_id: u64,
    payload: Payload,
    services: Vec<ServiceJob>,
    hours: Mutex<Hours>,
}

/// What is worked on, and for how long.
#[derive(Default)]
struct Hours {
    /// The service of now, and since when.
    now: Option<(Service, Moment)>,
    /// Milliseconds that each took before.
    before: BTreeMap<Service, u64>,
}

/// Does the work of one claim; none where it is of no step.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Option<Verdict> {
    let queue_job = ServerId(claim.job.0).to_string();
    match begin(worker, claim, &queue_job).await {
        Ok(None) => None,
        Ok(Some(step)) => Some(step.work().await),
        Err(error) => Some(Verdict::Broken(error.code())),
    }
}

async fn begin<'a>(
    worker: &'a Worker,
    claim: Claimed,
    queue_job: &str,
) -> Result<Option<Step<'a>>, StorageError> {
    // The queue has ended every claim before this one, and so their locks.
    pipeline_jobs::release(&worker.db, queue_job, claim.fence, moment(worker)).await?;
    let services = pipeline_jobs::of_queue(&worker.db, queue_job).await?;
    let Some(first) = services.first() else { return Ok(None) };
    let Some(run) = pipeline_runs::by_id(&worker.db, &first.run_id).await? else { return Ok(None) };
    let payload = serde_json::from_str(&first.payload_ref)
        .map_err(|_| StorageError::Nonsense("a payload that nobody of us wrote"))?;
    let (step_id, queue_job) = (first.step_id, queue_job.to_owned());
    Ok(Some(Step { worker, claim, queue_job, run, step_id, payload, services, hours: Mutex::default() }))
}

impl Step<'_> {
    async fn work(&self) -> Verdict {
        let error = match self.make().await {
            Ok(()) => return Verdict::Succeeded,
            Err(error) => error,
        };
        let code = error.code();
        tracing::warn!(job.id = %self.queue_job, code = %code, "a step of a run was not done");
        if error.is_passing() {
            return Verdict::Broken(code);
        }
        match self.fail(&format!("{code}: {}", error.shown())).await {
            Ok(()) => Verdict::Failed(code),
            Err(error) => Verdict::Broken(error.code()),
        }
    }

    async fn make(&self) -> Result<(), RunError> {
        if !self.enter(Service::ImageIo).await? {
            let message = "The step was begun as often as it may be.".to_owned();
            return Err(RunError::Ended { code: Code::Conflict, message });
        }
        let pictures = self.pictures().await?;
        let limits = self.worker.settings.tiers.of(self.run.tier);
        let shown: Vec<_> = pictures.iter().map(pictures::Made::told).collect();
        let wanted = Run {
            pipeline: ANALYSIS,
            job_id: &self.queue_job,
            input: json!({
                "request": self.run.request, "plan": self.run.plan, "images": shown,
                "retries_left": self.run.retries_left,
            }),
            attachments: pictures.into_iter().map(pictures::Made::attachment).collect(),
            tokens_max: limits.ai_output_tokens,
            payer: Payer {
                name: format!("user:{}", self.run.user_id),
                tier: self.run.tier.as_str().to_owned(),
                tokens_a_day: limits.ai_tokens_a_day.into(),
                tokens_of_all: self.worker.runs.tokens_of_all,
            },
        };
        let (report, record) = report(self.worker, wanted, self).await?;
        self.conclude(&report, &record).await
    }

    /// Takes a service, after the one before has ended. False where another worker has it.
    async fn enter(&self, service: Service) -> Result<bool, StorageError> {
        let (db, now, fence) = (&self.worker.db, moment(self.worker), self.claim.fence);
        let Some(job) = self.services.iter().find(|job| job.service == service) else { return Ok(false) };
        let is_again = self.hours.lock().await.before.contains_key(&service);
        if is_again || job.status == ServiceStatus::Completed {
            pipeline_jobs::reopen(db, &job.id, fence, now).await?;
        } else {
            let worker = ServerId(self.worker.id.0).to_string();
            if !pipeline_jobs::lock(db, &job.id, (&worker, fence), now).await? {
                return Ok(false);
            }
        }
        // The one before ends after this one has begun: a step is never seen without an open
        // service before it is over.
        self.leave(ServiceEnd::Completed).await?;
        self.hours.lock().await.now = Some((service, now));
        (self.worker.news)(&self.queue_job);
        Ok(true)
    }

    /// Ends the service that is being worked on.
    async fn leave(&self, end: ServiceEnd<'_>) -> Result<(), StorageError> {
        let now = moment(self.worker);
        let (service, took) = {
            let mut hours = self.hours.lock().await;
            let Some((service, since)) = hours.now.take() else { return Ok(()) };
            let took = hours.before.entry(service).or_default();
            *took = took.saturating_add(now.0.saturating_sub(since.0));
            (service, *took)
        };
        if let Some(job) = self.services.iter().find(|job| job.service == service) {
            pipeline_jobs::finish(&self.worker.db, &job.id, self.claim.fence, (end, took), now).await?;
        }
        Ok(())
    }

    async fn fail(&self, error: &str) -> Result<(), StorageError> {
        let (db, now) = (&self.worker.db, moment(self.worker));
        let place = self.hours.lock().await.now.map_or("queue", |(service, _)| service.as_str());
        let claim = (self.run.id.as_str(), self.queue_job.as_str(), self.claim.fence);
        pipeline_runs::conclude(db, claim, &[], (Follows::Failed(error), 0), now).await?;
        self.leave(ServiceEnd::Failed(error, place)).await?;
        pipeline_jobs::give_up(db, &self.queue_job, error, now).await?;
        (self.worker.news)(&self.queue_job);
        Ok(())
    }

    async fn conclude(&self, report: &RunReport, record: &RunRecord) -> Result<(), RunError> {
        if let hivesync_steps::End::Failed { .. } = report.end {
            let (code, message) = report.problem().unwrap_or((Code::HostInternal, ""));
            return Err(RunError::Ended { code, message: message.to_owned() });
        }
        self.keep_result(report).await?;
        self.keep_record(record).await?;
        let now = moment(self.worker);
        let decided = self.decisions(report, now);
        let retries = decided.iter().filter(|decided| decided.decision == "retry").count();
        let reason = decided.last().and_then(|last| last.block_reason.clone());
        let follows = reason.as_deref().map_or(Follows::Next, Follows::Block);
        let claim = (self.run.id.as_str(), self.queue_job.as_str(), self.claim.fence);
        let spent = u64::try_from(retries).unwrap_or(u64::MAX);
        pipeline_runs::conclude(&self.worker.db, claim, &decided, (follows, spent), now).await?;
        // The service ends last: whoever sees that it has, sees what followed.
        match &reason {
            Some(reason) => {
                let word = (self.claim.fence, reason.as_str());
                pipeline_jobs::stop(&self.worker.db, &self.queue_job, word, now).await?;
                self.leave(ServiceEnd::Blocked(reason)).await?;
            }
            None => self.leave(ServiceEnd::Completed).await?,
        }
        pipeline_inputs::forget(&self.worker.db, &self.queue_job).await?;
        (self.worker.news)(&self.queue_job);
        Ok(())
    }

    /// The id of something that this step makes: the same whoever makes it.
    fn id(&self, what: &str, of: &str) -> ServerId {
        let step = self.step_id.to_string();
        let fields = [&self.run.id, &step, &self.queue_job, what, of].map(str::as_bytes);
        let digest = Digest::of_fields(&fields);
        ServerId(u128::from_be_bytes(digest.as_bytes().first_chunk().copied().unwrap_or_default()))
    }
}

impl Listener for Step<'_> {
    async fn reached(&self, step: &str) -> Result<bool, StorageError> {
        let service = match step {
            "info" => Service::InfoWorker,
            "compare" => Service::Comparison,
            _ => Service::Supervisor,
        };
        self.enter(service).await
    }
}
