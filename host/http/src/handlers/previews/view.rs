//! A preview as clients see it.

use hivesync_storage::sql::previews::{self, PreviewArtifact, PreviewJob};
use hivesync_types::{Platform, Tier};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::rfc3339;
use crate::api::Api;
use crate::devices::{DeviceContext, KeptDevice, SensorFlags};
use crate::problem::Problem;
use crate::words;

/// A preview.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    job_id: String,
    project_id: String,
    #[schema(value_type = words::Platform)]
    platform: Platform,
    #[schema(value_type = words::Tier)]
    tier: Tier,
    image: String,
    state: &'static str,
    stage: String,
    progress: f64,
    timeout: bool,
    eventflow_enabled: bool,
    devices: Vec<DeviceView>,
    error: Option<Value>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    expires_at: Option<String>,
    status_url: String,
    events_url: String,
}

/// One device of a preview, with its artifact once there is one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceView {
    device_id: String,
    /// Nothing of a preview that named none.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_context: Option<DeviceContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor_flags: Option<SensorFlags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<ArtifactView>,
}

/// What a device fetches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactView {
    digest: String,
    bytes: u64,
}

/// A preview with these devices.
pub(crate) fn view(api: &Api, job: &PreviewJob, devices: Vec<DeviceView>) -> JobView {
    let asked = &job.asked;
    let own =
        format!("{}/api/v1/projects/{}/previews/jobs/{}", api.settings.base_url, asked.project_id, asked.id);
    JobView {
        job_id: asked.id.clone(),
        project_id: asked.project_id.clone(),
        platform: asked.platform,
        tier: asked.tier,
        image: asked.image.clone(),
        state: job.state.as_str(),
        stage: job.stage.clone(),
        progress: f64::from(u32::try_from(job.progress).unwrap_or_default()) / 1000.0,
        timeout: job.timeout,
        eventflow_enabled: asked.eventflow_enabled,
        devices,
        error: job.error.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        created_at: rfc3339(asked.created_at),
        started_at: job.started_at.map(rfc3339),
        finished_at: job.finished_at.map(rfc3339),
        expires_at: job.expires_at.map(rfc3339),
        events_url: format!("{own}/events"),
        status_url: own,
    }
}

/// The devices of a preview; one named `default` when it named none.
pub(crate) fn devices(job: &PreviewJob) -> Vec<DeviceView> {
    let kept: Vec<KeptDevice> = serde_json::from_str(&job.asked.devices).unwrap_or_default();
    if kept.is_empty() {
        let device_id = "default".to_owned();
        return vec![DeviceView { device_id, device_context: None, sensor_flags: None, artifact: None }];
    }
    let view = |kept: KeptDevice| DeviceView {
        device_id: kept.device.device_context.device_id.clone(),
        device_context: Some(kept.device.device_context),
        sensor_flags: Some(kept.device.sensor_flags),
        artifact: None,
    };
    kept.into_iter().map(view).collect()
}

/// The devices of a preview with their artifacts.
pub(crate) async fn with_artifacts(api: &Api, job: &PreviewJob) -> Result<Vec<DeviceView>, Problem> {
    let artifacts = previews::artifacts(&api.db, &job.asked.id).await?;
    let mut devices = devices(job);
    for device in &mut devices {
        let found = artifacts.iter().find(|artifact| artifact.device_id == device.device_id);
        let view = |artifact: &PreviewArtifact| ArtifactView {
            digest: artifact.digest.clone(),
            bytes: artifact.bytes,
        };
        device.artifact = found.map(view);
    }
    Ok(devices)
}
