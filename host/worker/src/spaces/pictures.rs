//! Pictures of a step: each is read from the store, measured in a process of its own, and its
//! preview is kept.

use bytes::Bytes;
use hivesync_models::Recorded;
use hivesync_protocol::wit::steps::Attachment;
use hivesync_steps::{Answers, End, Kept, RunInput, RunReport};
use hivesync_storage::sql::pipeline_runs::{self, ArtifactKind, PipelineArtifact};
use hivesync_storage::{Body, ObjectKey, ServerId, Upload, Write};
use hivesync_types::{Code, Digest, Fault};
use serde_json::{Value, json};

use super::Step;
use crate::build::moment;
use crate::patience;
use crate::runs::{RunError, tell};

/// The pipeline of one picture.
const IMAGE: &str = "space-image";
/// What it calls a preview.
const PREVIEW: &str = "preview.jpg";
/// Bytes of a picture as it came.
const ORIGINAL_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Before this step previews are of 2K, whatever the user prefers.
const PREFERENCE_FROM: u64 = 4;

/// A picture that can be handed on.
pub(super) struct Made {
    name: String,
    measured: Value,
    preview: Vec<u8>,
}

impl Made {
    /// What a model is told of it.
    pub(super) fn told(&self) -> Value {
        let side = |key: &str| self.measured.pointer(key).cloned().unwrap_or_default();
        json!({ "name": self.name, "width": side("/preview/width"), "height": side("/preview/height") })
    }

    /// What a model is shown.
    pub(super) fn attachment(self) -> Attachment {
        Attachment { name: self.name, bytes: self.preview }
    }
}

impl Step<'_> {
    /// Every picture of the step, one after the other: an original may be as large as a run's
    /// own bound.
    pub(super) async fn pictures(&self) -> Result<Vec<Made>, RunError> {
        let there = pipeline_runs::artifacts(&self.worker.db, &self.run.id).await?;
        let mut made = Vec::new();
        for (place, upload_id) in self.payload.upload_ids.iter().enumerate() {
            let upload = there.iter().find(|kept| kept.id == *upload_id).ok_or(RunError::Nonsense)?;
            let (measured, preview) = self.measure(upload).await?;
            self.keep_picture(upload, &measured, &preview).await?;
            made.push(Made { name: format!("picture-{}.jpg", place + 1), measured, preview });
        }
        Ok(made)
    }

    async fn measure(&self, upload: &PipelineArtifact) -> Result<(Value, Vec<u8>), RunError> {
        let key: ObjectKey = upload.storage_path.parse().map_err(|_| RunError::Nonsense)?;
        let object = patience::read(&self.worker.objects, &key).await?;
        let object = object.ok_or_else(|| refused(&upload.id, "The picture is no longer kept."))?;
        let bytes = object.whole(ORIGINAL_BYTES_MAX).await?.to_vec();
        let quality = if self.step_id < PREFERENCE_FROM { "2K" } else { &self.run.quality_post_step4 };
        let input = RunInput {
            input: json!({ "quality": quality }),
            attachments: vec![Attachment { name: "picture".to_owned(), bytes }],
            tokens_max: 0,
            who: format!("job {}", self.queue_job),
            name: self.queue_job.clone(),
        };
        // Its answers would come from an empty record: it can ask nobody.
        let ledger = Kept::replaying(Recorded::default());
        let answers = Answers { models: &self.worker.runs.models, ledger: &ledger };
        let report = self.worker.runs.shelf.run(IMAGE, input, &answers).await?;
        tell(self.worker, (IMAGE, &self.queue_job), &report).await;
        let RunReport { end, result, attachments, .. } = report;
        match end {
            End::Completed => {}
            End::Failed { code, evidence, .. } if code.fault() == Fault::Guest => {
                let why = if code == Code::GuestStepError { evidence } else { format!("{code}: {evidence}") };
                return Err(refused(&upload.id, &why));
            }
            End::Failed { code, evidence, .. } => {
                return Err(RunError::Ended { code, message: evidence });
            }
            End::Blocked { reason } => {
                return Err(RunError::Ended { code: Code::PipelineBlocked, message: reason });
            }
        }
        let preview = attachments.into_iter().find(|made| made.name == PREVIEW).ok_or(RunError::Nonsense)?;
        Ok((result, preview.bytes))
    }

    async fn keep_picture(
        &self,
        upload: &PipelineArtifact,
        measured: &Value,
        preview: &[u8],
    ) -> Result<(), RunError> {
        let run = self.run.id.parse::<ServerId>().map_err(|_| RunError::Nonsense)?;
        let artifact = self.id("preview", &upload.id);
        let told = json!({ "upload_id": upload.id, "picture": measured });
        let key = ObjectKey::SpacePreview { run, artifact };
        self.keep(artifact, (ArtifactKind::Preview, key), preview.to_vec(), &told).await?;
        let artifact = self.id("metadata", &upload.id);
        let key = ObjectKey::SpaceResult { run, artifact };
        self.keep(artifact, (ArtifactKind::Metadata, key), told.to_string().into_bytes(), &told).await
    }

    /// Stores something that the step made, once.
    pub(super) async fn keep(
        &self,
        id: ServerId,
        (kind, key): (ArtifactKind, ObjectKey),
        bytes: Vec<u8>,
        told: &Value,
    ) -> Result<(), RunError> {
        let digest = Digest::of(&bytes);
        let artifact = PipelineArtifact {
            id: id.to_string(),
            run_id: self.run.id.clone(),
            step_id: Some(self.step_id),
            kind,
            storage_path: key.to_string(),
            metadata_json: told.to_string(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            digest: digest.to_string(),
            signed_url: None,
            created_at: moment(self.worker),
        };
        let body = Body::Bytes(Bytes::from(bytes));
        // An earlier claim of the same step may have stored the same already.
        let upload = Upload { key, body, digest, write: Write::Replace };
        patience::put(&self.worker.objects, &upload).await?;
        pipeline_runs::keep_artifact(&self.worker.db, &artifact, self.worker.objects.place()).await?;
        Ok(())
    }
}

fn refused(upload_id: &str, why: &str) -> RunError {
    RunError::Ended { code: Code::ImageRefused, message: format!("Upload {upload_id}: {why}") }
}
