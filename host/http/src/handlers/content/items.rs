//! Services say what they know of clips.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use hivesync_storage::sql::content_items::{Intake, ItemObjects};
use hivesync_storage::{Body, ObjectKey, ServerId, Upload, Write};
use hivesync_types::{Digest, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::item::{ItemDocument, is_name};
use crate::api::Api;
use crate::extract::parse;
use crate::identifiers::{known_id, new_id};
use crate::problem::{Problem, internal};

/// Bytes of a request.
const ASK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Clips of a request.
const ITEMS_MAX: usize = 50;
/// Bytes of a transcript.
const TRANSCRIPT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of what is known of a repository.
const CONTEXT_BYTES_MAX: usize = 256 * 1024;

/// Clips.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsAsk {
    #[schema(value_type = Vec<ItemAsk>, min_items = 1, max_items = 50)]
    items: Vec<Map<String, Value>>,
}

/// A clip that something is said of.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "the document names the fields; unknown ones are refused one by one")]
struct ItemAsk {
    /// The sender's name for it.
    content_item_id: String,
    #[serde(flatten)]
    said: ItemDocument,
    /// What is said in it.
    transcript: Option<String>,
    /// What is known of the repository at that time.
    github_context: Option<Value>,
}

/// What became of the clips, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemsKept {
    items: Vec<ItemKept>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ItemKept {
    content_item_id: String,
    result: ItemResult,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ItemResult {
    Created,
    Updated,
}

/// A clip that was read.
struct Said {
    /// Where it stands in the request.
    place: usize,
    content_item_id: String,
    fields: Map<String, Value>,
    transcript: Option<String>,
    github_context: Option<String>,
}

/// `POST /api/content/items`.
#[utoipa::path(
    post,
    path = "/api/content/items",
    tag = "content",
    operation_id = "content_items_upsert",
    summary = "Takes in what services know of clips; what is left out stays as it was. The request is signed.",
    request_body = ItemsAsk,
    responses((status = 200, description = "What became of each.", body = ItemsKept)),
)]
pub(crate) async fn upsert(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Json<ItemsKept>, Problem> {
    let (_, bytes) = super::read(&api, "content.items", request, ASK_BYTES_MAX).await?;
    let ask: ItemsAsk = parse(&bytes)?;
    if ask.items.is_empty() || ask.items.len() > ITEMS_MAX {
        return Err(Problem::field("items", format!("items holds 1 to {ITEMS_MAX} clips.")));
    }
    let mut said: Vec<Said> =
        ask.items.into_iter().enumerate().map(|(place, item)| read(place, item)).collect::<Result<_, _>>()?;
    // Rows are taken in one order by all, so that no two wait for each other.
    said.sort_by(|one, other| one.content_item_id.cmp(&other.content_item_id));
    // First the bytes: a row never names an object that is not there, and none is held meanwhile.
    let mut stored = Vec::with_capacity(said.len());
    let kept = match store(&api, &said, &mut stored).await {
        Ok(()) => keep_all(&api, said, &stored).await,
        Err(problem) => Err(problem),
    };
    if kept.as_ref().is_err_and(|problem| problem.code().fault() == Fault::Caller) {
        discard(&api, &stored).await;
    }
    // Where it is our fault, rows may be there nevertheless: what has none, the cleanup finds.
    let mut items = kept?;
    items.sort_by_key(|(place, _)| *place);
    Ok(Json(ItemsKept { items: items.into_iter().map(|(_, item)| item).collect() }))
}

/// Stores the objects of each clip under a new name.
async fn store(api: &Api, said: &[Said], stored: &mut Vec<ItemObjects>) -> Result<(), Problem> {
    for one in said {
        let name = new_id(api)?;
        let item = ServerId(known_id(&name)?.0);
        stored.push(ItemObjects { name, ..ItemObjects::default() });
        let Some(objects) = stored.last_mut() else { continue };
        if let Some(text) = &one.transcript {
            let words = u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
            objects.transcript = Some((put(api, ObjectKey::Transcript { item }, text).await?, words));
        }
        if let Some(text) = &one.github_context {
            objects.github_context = Some(put(api, ObjectKey::RepositoryContext { item }, text).await?);
        }
    }
    Ok(())
}

/// Removes objects that no row tells of.
async fn discard(api: &Api, stored: &[ItemObjects]) {
    for objects in stored {
        let Ok(name) = known_id(&objects.name) else { continue };
        let item = ServerId(name.0);
        let transcript = objects.transcript.map(|_| ObjectKey::Transcript { item });
        let context = objects.github_context.map(|_| ObjectKey::RepositoryContext { item });
        for key in transcript.into_iter().chain(context) {
            if let Err(error) = api.objects.remove(&key).await {
                tracing::debug!(%error, object.key = %key, "an object without a row is left to the cleanup");
            }
        }
    }
}

/// Keeps all clips, or none.
async fn keep_all(
    api: &Api,
    said: Vec<Said>,
    stored: &[ItemObjects],
) -> Result<Vec<(usize, ItemKept)>, Problem> {
    let mut intake = Intake::begin(&api.db).await?;
    let mut items = Vec::with_capacity(said.len());
    for (one, objects) in said.into_iter().zip(stored) {
        items.push((one.place, keep(api, &mut intake, one, objects).await?));
    }
    intake.commit().await?;
    Ok(items)
}

/// Reads a clip, and refuses what cannot be one before anything is kept.
fn read(place: usize, mut fields: Map<String, Value>) -> Result<Said, Problem> {
    let id = fields.remove("content_item_id");
    let id = id.as_ref().and_then(Value::as_str).filter(|id| is_name(id));
    let refused = "content_item_id has 1 to 128 letters, digits, dots, colons, hyphens and underlines.";
    let content_item_id = id.ok_or_else(|| Problem::field("content_item_id", refused))?.to_owned();
    let transcript = match fields.remove("transcript") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.len() <= TRANSCRIPT_BYTES_MAX => Some(text),
        Some(_) => {
            let message = format!("transcript is text of at most {TRANSCRIPT_BYTES_MAX} bytes.");
            return Err(Problem::field("transcript", message));
        }
    };
    let github_context = fields.remove("github_context").filter(|context| !context.is_null());
    let github_context = github_context.map(|context| context.to_string());
    if github_context.as_ref().is_some_and(|context| context.len() > CONTEXT_BYTES_MAX) {
        let message = format!("github_context has at most {CONTEXT_BYTES_MAX} bytes.");
        return Err(Problem::field("github_context", message));
    }
    fields.retain(|_, value| !value.is_null());
    read_document(fields.clone())?;
    Ok(Said { place, content_item_id, fields, transcript, github_context })
}

fn read_document(fields: Map<String, Value>) -> Result<ItemDocument, Problem> {
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Problem::field("items", format!("A clip cannot be read: {error}.")))
}

/// Lays what is said over what was, and keeps it with what its objects are called.
async fn keep(
    api: &Api,
    intake: &mut Intake,
    said: Said,
    objects: &ItemObjects,
) -> Result<ItemKept, Problem> {
    let taken = intake.take(&new_id(api)?, &said.content_item_id, api.moment()).await?;
    let mut fields: Map<String, Value> = match &taken.document {
        None => Map::new(),
        Some(document) => {
            serde_json::from_str(document).map_err(|error| internal("a kept clip makes no sense", &error))?
        }
    };
    fields.extend(said.fields);
    let fields = read_document(fields)?.complete()?;
    let result = if taken.document.is_some() { ItemResult::Updated } else { ItemResult::Created };
    intake.fill(&taken, &fields, objects).await?;
    Ok(ItemKept { content_item_id: said.content_item_id, result })
}

/// Stores an object and says how many bytes it has.
async fn put(api: &Api, key: ObjectKey, text: &str) -> Result<u64, Problem> {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let (digest, length) = (Digest::of(&bytes), bytes.len());
    api.objects.put(Upload { key, body: Body::Bytes(bytes), digest, write: Write::Once }).await?;
    Ok(u64::try_from(length).unwrap_or(u64::MAX))
}
