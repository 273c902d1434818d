//! What a build says while it runs, put where its user sees it.

use std::time::Duration;

use hivesync_jobs::Fence;
use hivesync_pipeline::{Event, Stage};
use hivesync_storage::sql::previews::{self, PreviewJob, PreviewState};
use serde_json::json;
use tokio::time::Instant;

use crate::Worker;
use crate::build::moment;

/// How often the number of modules is worth a row.
const EVERY: Duration = Duration::from_millis(250);

/// Records one build. What cannot be recorded is told to the log and stops nothing.
pub(crate) struct Recorder<'a> {
    worker: &'a Worker,
    job_id: &'a str,
    fence: Fence,
    /// Of several devices the first one's words are recorded: the others say the same again.
    records: bool,
    at: (PreviewState, &'static str, u16),
    modules_at: Option<Instant>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(worker: &'a Worker, job: &'a PreviewJob, fence: Fence, records: bool) -> Self {
        let at = (PreviewState::Building, "checkout", 0);
        Self { worker, job_id: &job.asked.id, fence, records, at, modules_at: None }
    }

    /// One word of the build.
    pub(crate) async fn hear(&mut self, event: Event) {
        if !self.records {
            return;
        }
        match &event {
            Event::Log(line) => {
                let level = format!("{:?}", line.level).to_lowercase();
                self.keep("log", &json!({ "level": level, "message": line.message })).await;
            }
            Event::Note(note) => self.keep("note", &json!({ "level": "info", "message": note })).await,
            // The job is ready when its artifacts are stored and its report is accepted.
            Event::Stage(Stage::Ready) => {}
            Event::Stage(stage) => {
                let state = match stage {
                    Stage::Checkout | Stage::Dependencies => PreviewState::Building,
                    _ => PreviewState::Bundling,
                };
                self.state(state, stage.as_str(), stage.permille()).await;
            }
            Event::Modules { .. } => {
                if self.modules_at.is_none_or(|at| at.elapsed() >= EVERY) {
                    self.modules_at = Some(Instant::now());
                    let permille = event.permille().unwrap_or_default().max(self.at.2);
                    self.state(self.at.0, self.at.1, permille).await;
                }
            }
        }
    }

    /// Where the job stands now.
    pub(crate) async fn state(&mut self, state: PreviewState, stage: &'static str, permille: u16) {
        self.at = (state, stage, permille);
        let reported =
            previews::report(&self.worker.db, self.job_id, self.fence, (state, stage), permille).await;
        match reported {
            Ok(true) => {
                let progress = f64::from(permille) / 1000.0;
                let data = json!({ "state": state.as_str(), "stage": stage, "progress": progress });
                self.keep("progress", &data).await;
            }
            // Somebody else has the job; the queue will say so.
            Ok(false) => {}
            Err(error) => tracing::warn!(job.id = %self.job_id, %error, "progress was not kept"),
        }
    }

    async fn keep(&self, kind: &str, data: &serde_json::Value) {
        let now = moment(self.worker);
        let kept = previews::append_event(&self.worker.db, self.job_id, kind, &data.to_string(), now).await;
        if let Err(error) = kept {
            tracing::warn!(job.id = %self.job_id, %error, "an event was not kept");
        }
        (self.worker.news)(self.job_id);
    }
}
