//! A person's word on a run that is blocked, and the end of a run.

use axum::body::Bytes;
use axum::extract::Request;
use hivesync_storage::sql::audit::AuditEvent;
use hivesync_storage::sql::pipeline_runs::{self, PipelineRun, Unblocking, WordOf};
use hivesync_types::Code;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{Caller, parse};
use crate::identifiers::new_id;
use crate::problem::Problem;
use crate::respond::RequestId;

use super::payload::read_ids;

/// Characters of what somebody says about a decision.
const NOTE_MAX: usize = 1000;

/// What a person decides about a run that is blocked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnblockAsk {
    #[schema(inline)]
    decision: Decided,
    /// Why, for whoever reads the decisions later.
    #[schema(min_length = 1, max_length = 1000)]
    note: String,
}

/// What follows.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Decided {
    /// What was found is good enough: the next step may begin.
    Proceed,
    /// The same step may begin again.
    Retry,
}

/// Opens a blocked run again, on record.
pub(super) async fn unblock(
    api: &Api,
    caller: &Caller,
    run: &PipelineRun,
    request: Request,
) -> Result<(), Problem> {
    let request_id = RequestId::of(request.extensions());
    let body: Bytes = read_ids(request).await?;
    let UnblockAsk { decision, note } = parse(&body)?;
    if note.trim().is_empty() || note.chars().count() > NOTE_MAX {
        return Err(Problem::field("note", format!("note has 1 to {NOTE_MAX} characters.")));
    }
    let (id, event_id, now) = (new_id(api)?, new_id(api)?, api.moment());
    let word = match decision {
        Decided::Proceed => Unblocking::Proceed,
        Decided::Retry => Unblocking::Retry,
    };
    let word = WordOf {
        id: &id,
        run_id: &run.id,
        user_id: &caller.user.id,
        word,
        note: &note,
        audit: AuditEvent {
            id: &event_id,
            at: now,
            actor: Some(&caller.user.id),
            action: "space_run.unblock",
            subject: Some(&run.id),
            code: None,
            request_id: &request_id,
        },
    };
    if pipeline_runs::unblock(&api.db, word, now).await? {
        Ok(())
    } else {
        Err(Problem::with(Code::Conflict, "The run is not blocked."))
    }
}

/// Ends a run, unless a step of it is under way.
pub(super) async fn end(api: &Api, run: &PipelineRun) -> Result<(), Problem> {
    if pipeline_runs::end(&api.db, &run.id, api.moment()).await? {
        Ok(())
    } else {
        Err(Problem::with(Code::Conflict, "A step of the run is under way."))
    }
}
