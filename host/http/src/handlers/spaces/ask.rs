//! A run, and the pictures that are brought to it.

use axum::body::Bytes;
use axum::extract::Request;
use hivesync_storage::sql::pipeline_runs::{
    ArtifactKind, PipelineArtifact, PipelineRun, RETRIES_MAX, by_id, keep, keep_upload,
};
use hivesync_storage::{Body, ObjectKey, ServerId, Upload, Write};
use hivesync_types::{Code, Digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{Caller, kind_of, parse, read_body};
use crate::handlers::files::place;
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;

/// Bytes of a picture.
const PICTURE_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Pictures of a run: of some steps with as many as a step may have.
const UPLOADS_MAX: u32 = 100;
/// Characters of what the user wants.
const REQUEST_MAX: usize = 4000;

/// What is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Plan {
    /// Somebody lives there.
    #[default]
    Residential,
    /// Anything else.
    Other,
}

/// How large previews are from step 4 on; before it they are of 2K.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum Quality {
    /// 800 to 1200 pixels on the long side.
    #[serde(rename = "1K")]
    OneK,
    /// 1800 to 2400.
    #[default]
    #[serde(rename = "2K")]
    TwoK,
    /// 3600 to 4200.
    #[serde(rename = "4K")]
    FourK,
}

/// A run that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunAsk {
    /// What the user wants, in words.
    #[schema(max_length = 4000)]
    request: String,
    #[serde(default)]
    #[schema(inline)]
    plan: Plan,
    /// Width to height, such as `16:9`; locked once it is said.
    ratio: Option<String>,
    #[serde(default)]
    #[schema(inline)]
    quality_post_step4: Quality,
}

/// Keeps a run.
pub(super) async fn create(
    api: &Api,
    caller: &Caller,
    project_id: &str,
    body: Bytes,
) -> Result<PipelineRun, Problem> {
    let ask: RunAsk = parse(&body)?;
    if caller.limits(api).ai_at_once == 0 {
        return Err(Problem::new(Code::TierUpgradeRequired).detail("required_tier", "free"));
    }
    if ask.request.trim().is_empty() || ask.request.chars().count() > REQUEST_MAX {
        return Err(Problem::field("request", format!("request has 1 to {REQUEST_MAX} characters.")));
    }
    if ask.ratio.as_deref().is_some_and(|ratio| !is_ratio(ratio)) {
        return Err(Problem::field("ratio", "ratio is two whole numbers from 1 to 99, such as 16:9."));
    }
    let run = PipelineRun {
        id: new_id(api)?,
        project_id: project_id.to_owned(),
        user_id: caller.user.id.clone(),
        tier: caller.user.tier,
        is_blocked: false,
        ended_at: None,
        request: ask.request,
        plan: if ask.plan == Plan::Residential { "residential" } else { "other" }.to_owned(),
        ratio_locked: ask.ratio.is_some(),
        ratio: ask.ratio.unwrap_or_else(|| "1:1".to_owned()),
        quality_post_step4: match ask.quality_post_step4 {
            Quality::OneK => "1K",
            Quality::TwoK => "2K",
            Quality::FourK => "4K",
        }
        .to_owned(),
        payload_size_estimate: 0,
        current_step: 0,
        retries_left: RETRIES_MAX.into(),
        last_error: None,
        created_at: api.moment(),
    };
    keep(&api.db, &run).await?;
    by_id(&api.db, &run.id).await?.ok_or_else(|| Problem::new(Code::HostInternal))
}

fn is_ratio(ratio: &str) -> bool {
    let is_side = |side: &str| {
        side.parse::<u8>().is_ok_and(|number| (1..100).contains(&number) && !side.starts_with(['0', '+']))
    };
    ratio.split_once(':').is_some_and(|(width, height)| is_side(width) && is_side(height))
}

/// Keeps a picture as it comes.
pub(super) async fn upload(
    api: &Api,
    run: &PipelineRun,
    request: Request,
) -> Result<PipelineArtifact, Problem> {
    if kind_of(request.headers()).is_none() {
        let message = "An upload has a type, such as application/octet-stream.";
        return Err(Problem::with(Code::ContentTypeUnsupported, message));
    }
    if run.ended_at.is_some() {
        return Err(Problem::with(Code::Conflict, "The run has ended."));
    }
    let _place = place(api).await?;
    let bytes = read_body(request.into_body(), PICTURE_BYTES_MAX).await?;
    if bytes.is_empty() {
        return Err(Problem::with(Code::RequestInvalid, "A picture holds at least one byte."));
    }
    let (id, digest) = (new_id(api)?, Digest::of(&bytes));
    let key = ObjectKey::SpaceOriginal {
        run: ServerId(known_id(&run.id)?.0),
        artifact: ServerId(known_id(&id)?.0),
    };
    let upload = PipelineArtifact {
        id,
        run_id: run.id.clone(),
        step_id: None,
        kind: ArtifactKind::Original,
        storage_path: key.to_string(),
        metadata_json: "{}".to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        digest: digest.to_string(),
        signed_url: None,
        created_at: api.moment(),
    };
    // First the bytes: a row never names an object that is not there.
    api.objects.put(Upload { key, body: Body::Bytes(bytes), digest, write: Write::Once }).await?;
    let kept = keep_upload(&api.db, &upload, (api.objects.place(), UPLOADS_MAX)).await;
    if !matches!(kept, Ok(true)) {
        api.objects.remove(&key).await?;
    }
    if kept? {
        Ok(upload)
    } else {
        let message = format!("The run has {UPLOADS_MAX} uploads, or has ended meanwhile.");
        Err(Problem::with(Code::Conflict, message))
    }
}
