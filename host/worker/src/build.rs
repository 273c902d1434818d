//! One claim's work: from the kept files to stored artifacts and a report.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hivesync_jobs::{Claimed, Moment, Verdict};
use hivesync_pipeline::{BuildError, BuildReport, BuildRequest, Identity, METADATA_NAME, Observer, Source};
use hivesync_sources::{SourcesError, TreeLimits, read_zip, write_into};
use hivesync_storage::sql::moment_of;
use hivesync_storage::sql::previews::{self, PreviewJob, PreviewState};
use hivesync_storage::{Body, BundleVersion, DeviceKey, ObjectKey, ServerId, StorageError, Upload, Write};
use hivesync_types::{Code, Digest, Fault};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::Worker;
use crate::patience;
use crate::progress::Recorder;
use crate::report::{Report, ReportError, Stored, report};

/// Bytes of a kept image.
const IMAGE_BYTES_MAX: u64 = 60 * 1024 * 1024;
/// Words of a build that wait to be recorded; progress beyond it is not missed.
const WORDS: usize = 1024;

/// How a preview is built, as the API kept it.
#[derive(Debug, Deserialize)]
struct Options {
    dev: bool,
    minify: bool,
    entry: Option<String>,
}

/// A device as the API kept it.
#[derive(Debug, Deserialize)]
struct Device {
    key: String,
    device_context: DeviceName,
}

#[derive(Debug, Deserialize)]
struct DeviceName {
    device_id: String,
}

/// Why there are no artifacts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Sources(#[from] SourcesError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the bundle has {bytes} bytes and may have {bytes_max}")]
    BundleTooLarge { bytes: u64, bytes_max: u64 },
    #[error("the image of the project's files is gone")]
    NoImage,
    #[error("a file of the worker cannot be read or written: {0}")]
    File(std::io::ErrorKind),
    #[error("what was kept of the preview cannot be read")]
    Nonsense,
    #[error("a task of the worker ended early")]
    TaskLost,
    #[error("{0} is not part of the tier that this was asked for with")]
    Tier(&'static str),
    #[error("a map that was to be compared is no longer kept")]
    NoVersion,
}

impl WorkError {
    /// The stable code.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Build(error) => error.code(),
            Self::Sources(error) => error.code(),
            Self::Storage(error) => error.code(),
            Self::BundleTooLarge { .. } => Code::SandboxLimitExceeded,
            Self::NoImage | Self::File(_) => Code::HostStorage,
            Self::Tier(_) => Code::TierUpgradeRequired,
            Self::NoVersion => Code::NotInMap,
            Self::Nonsense | Self::TaskLost => Code::HostInternal,
        }
    }

    /// What the user is told. Of our own faults it is the code's sentence alone.
    pub(crate) fn shown(&self) -> Value {
        let code = self.code();
        let ours = code.fault() == Fault::Host;
        let message = if ours { code.sentence().to_owned() } else { self.to_string() };
        let mut shown = json!({ "code": code, "message": message, "retryable": code.is_retryable() });
        if let (Self::Build(error), Some(fields)) = (self, shown.as_object_mut().filter(|_| !ours)) {
            fields.insert("cause".to_owned(), json!(error.cause()));
            fields.insert("evidence".to_owned(), json!(error.evidence()));
            fields.insert("hint".to_owned(), json!(error.hint()));
            fields.insert("diagnostics".to_owned(), json!(error.diagnostics()));
        }
        shown
    }
}

/// Builds the preview of one claim and says what came of it.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Verdict {
    let job_id = ServerId(claim.job.0).to_string();
    let name = ServerId(worker.id.0).to_string();
    let job = match begin(worker, &job_id, &name, claim).await {
        Ok(Some(job)) => job,
        // It is over, or somebody else has begun it.
        Ok(None) => return Verdict::Succeeded,
        Err(error) => {
            tracing::warn!(job.id = %job_id, %error, "a job could not be begun");
            return Verdict::Broken(error.code());
        }
    };
    let result = artifacts(worker, &job, claim).await;
    let (words, verdict) = match result {
        Ok(stored) => (Report::success(&job, claim, stored), Verdict::Succeeded),
        Err(error) => {
            let code = error.code();
            tracing::warn!(job.id = %job_id, code = %code, %error, "a preview failed");
            if code.fault() == Fault::Host && code.is_retryable() {
                return Verdict::Broken(code);
            }
            (Report::failed(&job, claim, error.shown()), Verdict::Failed(code))
        }
    };
    match report(worker, &words, patience::AWAY_MAX).await {
        Ok(()) => verdict,
        Err(ReportError::LeaseLost) => Verdict::Succeeded,
        Err(error) => {
            tracing::error!(job.id = %job_id, %error, "a report was not accepted");
            Verdict::Broken(Code::HostStorage)
        }
    }
}

/// Takes the job in the tables; none when there is nothing to do.
async fn begin(
    worker: &Worker,
    job_id: &str,
    name: &str,
    claim: Claimed,
) -> Result<Option<PreviewJob>, StorageError> {
    if !previews::begin(&worker.db, job_id, claim.fence, name, moment(worker)).await? {
        return Ok(None);
    }
    let data = json!({ "state": "building", "worker": name, "attempt": claim.fence.0 }).to_string();
    previews::append_event(&worker.db, job_id, "state", &data, moment(worker)).await?;
    (worker.news)(job_id);
    previews::by_id(&worker.db, job_id).await
}

/// Builds and stores one artifact a device.
async fn artifacts(worker: &Arc<Worker>, job: &PreviewJob, claim: Claimed) -> Result<Vec<Stored>, WorkError> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("{}-", job.asked.id))
        .tempdir_in(&worker.settings.previews)
        .map_err(|error| WorkError::File(error.kind()))?;
    unpack(worker, &job.asked.image, folder.path()).await?;
    let options: Options = serde_json::from_str(&job.asked.options).map_err(|_| WorkError::Nonsense)?;
    let devices: Vec<Device> = serde_json::from_str(&job.asked.devices).map_err(|_| WorkError::Nonsense)?;
    let mut targets: Vec<(String, DeviceKey)> = Vec::new();
    for device in devices {
        let key = device.key.parse().map_err(|_| WorkError::Nonsense)?;
        targets.push((device.device_context.device_id, DeviceKey::Row(key)));
    }
    if targets.is_empty() {
        targets.push(("default".to_owned(), DeviceKey::Default));
    }
    let mut stored = Vec::with_capacity(targets.len());
    for (index, (device_id, key)) in targets.into_iter().enumerate() {
        let out = folder.path().join("bundle.zip");
        let request = request(worker, job, &options, (folder.path(), &out), &device_id);
        let mut recorder = Recorder::new(worker, job, claim.fence, index == 0);
        build(worker, &request, &mut recorder).await?;
        recorder.state(PreviewState::Uploading, "uploading", 900).await;
        stored.push(store(worker, job, (device_id, key), &out).await?);
    }
    Ok(stored)
}

/// Writes the project's files into a folder of the job.
pub(crate) async fn unpack(worker: &Worker, image: &str, folder: &Path) -> Result<(), WorkError> {
    let digest: Digest = image.parse().map_err(|_| WorkError::Nonsense)?;
    let object = patience::read(&worker.objects, &ObjectKey::Image { digest }).await?;
    let object = object.ok_or(WorkError::NoImage)?;
    let bytes: Bytes = object.whole(IMAGE_BYTES_MAX).await?;
    let project = folder.join("project");
    off_thread(move || {
        std::fs::create_dir(&project).map_err(|error| WorkError::File(error.kind()))?;
        let tree = read_zip(&bytes, TreeLimits::PROJECT)?;
        // Not what was uploaded under this name: then nothing of it is built.
        if tree.digest() != digest {
            return Err(WorkError::NoImage);
        }
        Ok(write_into(&tree, &project)?)
    })
    .await
}

fn request(
    worker: &Worker,
    job: &PreviewJob,
    options: &Options,
    (folder, out): (&Path, &Path),
    device_id: &str,
) -> BuildRequest {
    let id = job.asked.id.parse::<ServerId>().map_or(0, |id| id.0);
    BuildRequest {
        project: Source::Folder(folder.join("project")),
        platform: job.asked.platform,
        dev: options.dev,
        minify: options.minify,
        entry: options.entry.clone(),
        out: out.to_owned(),
        // The first start: the same in every attempt, so that equal inputs are equal bytes.
        identity: Identity::Named { seconds: job.started_at.unwrap_or(job.asked.created_at).0 / 1000, id },
        project_id: Some(job.asked.project_id.clone()),
        device_id: device_id.to_owned(),
        token_version: job.asked.token_version,
        restore: worker.settings.restore.clone(),
        step_deadline: Some(worker.settings.step_deadline),
    }
}

/// Builds, and records what is heard meanwhile.
async fn build(
    worker: &Worker,
    request: &BuildRequest,
    recorder: &mut Recorder<'_>,
) -> Result<BuildReport, WorkError> {
    let (words, mut heard) = mpsc::channel(WORDS);
    let observer: Observer = Arc::new(move |event| {
        // The observer must not block; a word that finds no place is one of very many.
        let _ = words.try_send(event);
    });
    let build = worker.preview.build(request, &observer);
    tokio::pin!(build);
    let result = loop {
        tokio::select! {
            result = &mut build => break result,
            Some(event) = heard.recv() => recorder.hear(event).await,
        }
    };
    while let Ok(event) = heard.try_recv() {
        recorder.hear(event).await;
    }
    Ok(result?)
}

/// Puts one device's artifact into the object store.
async fn store(
    worker: &Worker,
    job: &PreviewJob,
    (device_id, device): (String, DeviceKey),
    zip: &Path,
) -> Result<Stored, WorkError> {
    let id = hivesync_jobs::JobId(job.asked.id.parse::<ServerId>().map_err(|_| WorkError::Nonsense)?.0);
    let path = zip.to_owned();
    let (digest, bytes, metadata) = off_thread(move || read_bundle(&path)).await?;
    let bytes_max = worker.settings.tiers.of(job.asked.tier).bundle_bytes;
    if bytes > bytes_max {
        return Err(WorkError::BundleTooLarge { bytes, bytes_max });
    }
    let bundle = ObjectKey::Bundle { job: id, device, version: BundleVersion::from(&digest) };
    let body = Body::File(zip.to_owned());
    let upload = Upload { key: bundle, body, digest, write: Write::Once };
    patience::put(&worker.objects, &upload).await?;
    let key = ObjectKey::Metadata { job: id, device };
    let upload =
        Upload { key, digest: Digest::of(&metadata), body: Body::Bytes(metadata), write: Write::Replace };
    patience::put(&worker.objects, &upload).await?;
    Ok(Stored { device_id, bundle_key: bundle.to_string(), metadata_key: key.to_string(), digest, bytes })
}

/// Digest and size of a bundle, and the record in it.
fn read_bundle(path: &Path) -> Result<(Digest, u64, Bytes), WorkError> {
    let file = |error: std::io::Error| WorkError::File(error.kind());
    let bytes = std::fs::read(path).map_err(file)?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).map_err(|_| WorkError::Nonsense)?;
    let mut metadata = Vec::new();
    let mut entry = archive.by_name(METADATA_NAME).map_err(|_| WorkError::Nonsense)?;
    entry.read_to_end(&mut metadata).map_err(file)?;
    drop(entry);
    Ok((Digest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX), metadata.into()))
}

pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkError> + Send + 'static,
) -> Result<T, WorkError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| WorkError::TaskLost)?
}

/// The time as the tables count it.
pub(crate) fn moment(worker: &Worker) -> Moment {
    moment_of((worker.clock)())
}
