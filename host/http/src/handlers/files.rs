//! A project's files: whole, or what changed.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hivesync_sources::{
    GitError, SourcesError, Tree, TreeLimits, read_ref, read_tar_gz, read_zip, write_zip,
};
use hivesync_storage::sql::projects::{self, Project, ProjectImage, Role};
use hivesync_storage::{Body, ObjectKey, Upload, Write};
use hivesync_types::{Code, Digest, Fault, Tier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, kind_of, parse, read_body};
use crate::problem::{Problem, internal};

/// Bytes of an archive that is sent.
const ARCHIVE_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Bytes of a kept image: what a project may hold, and the zip around it.
pub(crate) const IMAGE_BYTES_MAX: u64 = 60 * 1024 * 1024;

/// A list of files.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Listed {
    files: Vec<ListedFile>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListedFile {
    path: String,
    content: Option<String>,
    content_base64: Option<String>,
}

/// What a project shall hold, of which the content of what changed is sent along.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delta {
    #[schema(value_type = Option<String>)]
    base: Option<Digest>,
    files: Vec<DeltaFile>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeltaFile {
    path: String,
    #[schema(value_type = String)]
    digest: Digest,
    content_base64: Option<String>,
}

/// The image that an upload made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageView {
    image: String,
    files: u64,
    bytes: u64,
}

/// `POST /api/v1/projects/{project_id}/files`: a zip, a gzipped tar, or a list of files.
#[utoipa::path(
    method(post, put),
    path = "/projects/{project_id}/files",
    tag = "files",
    operation_id = "files_upload",
    summary = "Uploads the files of a project: a zip, a gzipped tar, or a list.",
    request_body(content((Listed = "application/json"), (Vec<u8> = "application/zip"), (Vec<u8> = "application/gzip"))),
    responses((status = 201, description = "The image that they are.", body = ImageView)),
)]
pub(crate) async fn upload(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<ImageView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let _place = place(&api).await?;
    let kind = kind_of(request.headers());
    let body = request.into_body();
    let tree = match kind.as_deref() {
        Some("application/zip") => {
            let bytes = read_body(body, ARCHIVE_BYTES_MAX).await?;
            off_thread(move || read_zip(&bytes, TreeLimits::PROJECT)).await??
        }
        Some("application/gzip" | "application/x-gzip" | "application/x-tar+gzip") => {
            let bytes = read_body(body, ARCHIVE_BYTES_MAX).await?;
            off_thread(move || read_tar_gz(&bytes, TreeLimits::PROJECT)).await??
        }
        Some("application/json") => {
            let bytes = read_body(body, sent_bytes_max(&api, &caller))
                .await
                .map_err(|problem| for_tier(problem, &api, &caller))?;
            off_thread(move || listed(&bytes)).await??
        }
        _ => {
            let message = "The body must be application/zip, application/gzip or application/json.";
            return Err(Problem::with(Code::ContentTypeUnsupported, message));
        }
    };
    keep(&api, &caller, &project, tree).await
}

/// `POST /api/v1/projects/{project_id}/files/delta`: every file by its digest, and the content
/// of those that the base does not hold.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/files/delta",
    tag = "files",
    operation_id = "files_delta",
    summary = "Uploads what changed: every file by its digest, and the content of those that the base does not hold.",
    request_body = Delta,
    responses((status = 201, description = "The image.", body = ImageView)),
)]
pub(crate) async fn delta(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<ImageView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let _place = place(&api).await?;
    if kind_of(request.headers()).as_deref() != Some("application/json") {
        return Err(Problem::with(Code::ContentTypeUnsupported, "The body must be application/json."));
    }
    let bytes = read_body(request.into_body(), sent_bytes_max(&api, &caller))
        .await
        .map_err(|problem| for_tier(problem, &api, &caller))?;
    let delta: Delta = parse(&bytes)?;
    let base = match &delta.base {
        Some(base) => Some(image_bytes(&api, &project.id, base).await?),
        None => None,
    };
    let tree = off_thread(move || {
        let base = base.map(|bytes| read_zip(&bytes, TreeLimits::PROJECT)).transpose().map_err(refused)?;
        apply(&delta, base.as_ref())
    })
    .await??;
    keep(&api, &caller, &project, tree).await
}

/// The image of a project's files as its repository has them at a ref. It is the project's newest then.
pub(crate) async fn of_ref(
    api: &Api,
    caller: &Caller,
    project: &Project,
    reference: &str,
) -> Result<String, Problem> {
    let _place = place(api).await?;
    let settings = &api.settings;
    // The id is one of ours, and a plain name.
    let folder = settings.repositories.join(&project.id);
    let tree = read_ref(&folder, reference, TreeLimits::PROJECT, &settings.scratch).await?;
    let (_, Json(view)) = keep(api, caller, project, tree).await?;
    Ok(view.image)
}

/// The bytes of an image of this project.
async fn image_bytes(api: &Api, project_id: &str, digest: &Digest) -> Result<Bytes, Problem> {
    let missing = || Problem::with(Code::NotFound, "The project has no such image.").detail("field", "base");
    let known = projects::image(&api.db, project_id, &digest.to_string()).await?;
    known.ok_or_else(missing)?;
    let object = api.objects.read(&ObjectKey::Image { digest: *digest }).await?.ok_or_else(missing)?;
    Ok(object.whole(IMAGE_BYTES_MAX).await?)
}

fn listed(bytes: &[u8]) -> Result<Tree, Problem> {
    let listed: Listed = parse(bytes)?;
    let mut tree = Tree::new(TreeLimits::PROJECT);
    for file in listed.files {
        let content = match (file.content, file.content_base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(text)) => decoded(&file.path, &text)?,
            _ => {
                return Err(Problem::field("files", "A file has either content or content_base64."));
            }
        };
        tree.add(&file.path, content.as_slice()).map_err(refused)?;
    }
    Ok(tree)
}

fn apply(delta: &Delta, base: Option<&Tree>) -> Result<Tree, Problem> {
    let mut tree = Tree::new(TreeLimits::PROJECT);
    let known: std::collections::HashMap<Digest, &[u8]> =
        base.into_iter().flat_map(Tree::files).map(|(_, bytes)| (Digest::of(bytes), bytes)).collect();
    let mut missing = Vec::new();
    for file in &delta.files {
        match (&file.content_base64, known.get(&file.digest)) {
            (Some(text), _) => {
                let content = decoded(&file.path, text)?;
                if Digest::of(&content) != file.digest {
                    let problem = Problem::field("files", "The content is not the one of the digest.");
                    return Err(problem.detail("path", file.path.as_str()));
                }
                tree.add(&file.path, content.as_slice()).map_err(refused)?;
            }
            (None, Some(content)) => tree.add(&file.path, *content).map_err(refused)?,
            (None, None) => missing.push(file.digest.to_string()),
        }
    }
    if missing.is_empty() {
        Ok(tree)
    } else {
        Err(Problem::new(Code::UploadIncomplete).detail("missing", missing))
    }
}

/// Stores a tree and makes it the project's newest.
async fn keep(
    api: &Api,
    caller: &Caller,
    project: &Project,
    tree: Tree,
) -> Result<(StatusCode, Json<ImageView>), Problem> {
    if tree.is_empty() {
        return Err(Problem::with(Code::UploadMalformed, "The upload holds no file."));
    }
    let (tree, zip) = off_thread(move || write_zip(&tree).map(|zip| (tree, zip)).map_err(refused)).await??;
    let digest = tree.digest();
    let upload = Upload {
        key: ObjectKey::Image { digest },
        digest: Digest::of(&zip),
        body: Body::Bytes(zip.into()),
        // The name says what is in it; only how it is packed may differ.
        write: Write::Replace,
    };
    api.objects.put(upload).await?;
    let files = u64::try_from(tree.len()).unwrap_or(u64::MAX);
    let image = ProjectImage { digest: digest.to_string(), files, bytes: tree.bytes() };
    projects::set_image(&api.db, &project.id, &image, &caller.user.id, api.moment()).await?;
    let view = ImageView { image: image.digest, files, bytes: image.bytes };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Bytes of a list or a delta: what the tier allows, in base 64, and the words around it.
fn sent_bytes_max(api: &Api, caller: &Caller) -> usize {
    let bytes = caller.limits(api).delta_bytes;
    usize::try_from(bytes / 3 * 4 + bytes / 8 + 64 * 1024).unwrap_or(usize::MAX)
}

fn for_tier(problem: Problem, api: &Api, caller: &Caller) -> Problem {
    if problem.code() != Code::BodyTooLarge {
        return problem;
    }
    let tier = caller.user.tier;
    let problem =
        problem.detail("tier", tier.as_str()).detail("delta_bytes_max", caller.limits(api).delta_bytes);
    problem.detail("recommended_tier", tier.above().map(Tier::as_str))
}

fn decoded(path: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let wrong = |_| Problem::field("files", "content_base64 is not base 64.").detail("path", path);
    STANDARD.decode(text).map_err(wrong)
}

/// A place among the uploads that are held in memory.
pub(crate) async fn place(api: &Api) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
    api.uploading.acquire().await.map_err(|error| internal("no upload is taken any more", &error))
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| internal("reading an upload was given up", &error))
}

fn refused(error: SourcesError) -> Problem {
    Problem::from(error)
}

impl From<SourcesError> for Problem {
    fn from(error: SourcesError) -> Self {
        let problem = Self::with(error.code(), error.to_string());
        match error.path() {
            Some(path) => problem.detail("path", path),
            None => problem,
        }
    }
}

impl From<GitError> for Problem {
    fn from(error: GitError) -> Self {
        if error.code().fault() == Fault::Host {
            tracing::error!(%error, "a repository could not be read");
            return Self::new(error.code());
        }
        let problem = Self::with(error.code(), error.to_string()).detail("field", "git_ref");
        match error.path() {
            Some(path) => problem.detail("path", path),
            None => problem,
        }
    }
}
