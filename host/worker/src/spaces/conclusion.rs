//! What came of a step, as the tables keep it.

use hivesync_jobs::Moment;
use hivesync_steps::{RunRecord, RunReport, StepReport};
use hivesync_storage::sql::pipeline_jobs;
use hivesync_storage::sql::pipeline_runs::{ArtifactKind, PipelineDecision};
use hivesync_storage::{ObjectKey, ServerId};
use serde_json::{Map, Value, json};

use super::Step;
use crate::runs::{RunError, bytes_of};

/// The step that decides.
const SUPERVISE: &str = "supervise";

impl Step<'_> {
    /// Keeps what each part of the step made last.
    pub(super) async fn keep_result(&self, report: &RunReport) -> Result<(), RunError> {
        let made: Map<String, Value> =
            report.steps.iter().filter_map(|step| Some((step.step.clone(), step.result.clone()?))).collect();
        let run = self.run.id.parse::<ServerId>().map_err(|_| RunError::Nonsense)?;
        let artifact = self.id("result", "");
        let bytes = Value::Object(made).to_string().into_bytes();
        let told = json!({ "run": report.run.to_hex() });
        let key = ObjectKey::SpaceResult { run, artifact };
        self.keep(artifact, (ArtifactKind::Json, key), bytes, &told).await?;
        pipeline_jobs::refer(&self.worker.db, &self.queue_job, &artifact.to_string()).await?;
        Ok(())
    }

    /// Keeps what it takes to make the step again: its previews are artifacts of their own.
    pub(super) async fn keep_record(&self, record: &RunRecord) -> Result<(), RunError> {
        let run = self.run.id.parse::<ServerId>().map_err(|_| RunError::Nonsense)?;
        let artifact = self.id("record", "");
        let told = json!({ "record_of": record.run.to_hex() });
        let key = ObjectKey::SpaceResult { run, artifact };
        self.keep(artifact, (ArtifactKind::Metadata, key), bytes_of(record)?.to_vec(), &told).await
    }

    /// Every decision of the step, with what it rests on. What the engine did counts: a retry
    /// that it did not allow is a block.
    pub(super) fn decisions(&self, report: &RunReport, now: Moment) -> Vec<PipelineDecision> {
        let mut left = self.run.retries_left;
        let supervised = report.steps.iter().filter(|step| step.step == SUPERVISE);
        let mut decided: Vec<PipelineDecision> = supervised
            .map(|step| {
                let decision = word(step);
                if decision == "retry" {
                    left = left.saturating_sub(1);
                }
                self.decision(step, (decision, left), now)
            })
            .collect();
        if decided.is_empty() {
            decided.push(self.unsupervised(left, now));
        }
        decided
    }

    fn decision(&self, step: &StepReport, (decision, left): (&str, u64), now: Moment) -> PipelineDecision {
        let part = |key: &str| {
            step.result.as_ref().and_then(|result| result.get(key)).cloned().unwrap_or_default().to_string()
        };
        let said = step.result.as_ref().and_then(|result| result.get("block_reason"));
        let said = said.and_then(Value::as_str).map(str::to_owned);
        let reason = || step.trail.as_ref().and_then(|trail| trail.reason.clone()).unwrap_or_default();
        PipelineDecision {
            id: self.id("decision", &step.attempt.to_string()).to_string(),
            attempt: step.attempt.into(),
            decision: decision.to_owned(),
            schema_validations: part("schema_validations"),
            rule_checks: part("rule_checks"),
            llm_audit: part("llm_audit"),
            retry_budget_remaining: left,
            block_reason: (decision == "block").then(|| said.unwrap_or_else(reason)),
            ..self.unsupervised(left, now)
        }
    }

    /// The engine stopped the run before the supervisor was reached.
    fn unsupervised(&self, left: u64, now: Moment) -> PipelineDecision {
        PipelineDecision {
            id: self.id("decision", "0").to_string(),
            run_id: self.run.id.clone(),
            step_id: self.step_id,
            attempt: 0,
            decision: "block".to_owned(),
            schema_validations: "[]".to_owned(),
            rule_checks: "null".to_owned(),
            llm_audit: "null".to_owned(),
            retry_budget_remaining: left,
            block_reason: Some("The run was stopped before anything could be supervised.".to_owned()),
            decided_by: None,
            note: None,
            created_at: now,
        }
    }
}

fn word(step: &StepReport) -> &'static str {
    match step.trail.as_ref().map(|trail| trail.then.as_str()) {
        Some("end") => "proceed",
        Some("info") => "retry",
        _ => "block",
    }
}
