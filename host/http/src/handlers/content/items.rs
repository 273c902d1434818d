//! Services say what they know of clips.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use hivesync_storage::sql::content_items::{Intake, ItemObjects};
use hivesync_storage::{Body, ObjectKey, Upload, Write};
use hivesync_types::Digest;
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
    let said: Vec<Said> = ask.items.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut sorted: Vec<(usize, Said)> = said.into_iter().enumerate().collect();
    sorted.sort_by(|(_, one), (_, other)| one.content_item_id.cmp(&other.content_item_id));
    let mut intake = Intake::begin(&api.db).await?;
    let mut items = Vec::with_capacity(sorted.len());
    for (place, one) in sorted {
        items.push((place, keep(&api, &mut intake, one).await?));
    }
    intake.commit().await?;
    items.sort_by_key(|(place, _)| *place);
    Ok(Json(ItemsKept { items: items.into_iter().map(|(_, item)| item).collect() }))
}

/// Reads a clip, and refuses what cannot be one before anything is kept.
fn read(mut fields: Map<String, Value>) -> Result<Said, Problem> {
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
    Ok(Said { content_item_id, fields, transcript, github_context })
}

fn read_document(fields: Map<String, Value>) -> Result<ItemDocument, Problem> {
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Problem::field("items", format!("A clip cannot be read: {error}.")))
}

/// Lays what is said over what was, and keeps both it and its objects. The rows are held until all
/// objects are stored, so that none tells of one that is not there.
async fn keep(api: &Api, intake: &mut Intake, said: Said) -> Result<ItemKept, Problem> {
    let taken = intake.take(&new_id(api)?, &said.content_item_id, api.moment()).await?;
    let mut fields: Map<String, Value> = match &taken.document {
        None => Map::new(),
        Some(document) => {
            serde_json::from_str(document).map_err(|error| internal("a kept clip makes no sense", &error))?
        }
    };
    fields.extend(said.fields);
    let fields = read_document(fields)?.complete()?;
    let item = hivesync_storage::ServerId(known_id(&taken.id)?.0);
    let mut objects = ItemObjects::default();
    if let Some(text) = said.transcript {
        let words = u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
        objects.transcript = Some((put(api, ObjectKey::Transcript { item }, text).await?, words));
    }
    if let Some(text) = said.github_context {
        objects.github_context = Some(put(api, ObjectKey::RepositoryContext { item }, text).await?);
    }
    let result = if taken.document.is_some() { ItemResult::Updated } else { ItemResult::Created };
    intake.fill(&taken, &fields, objects).await?;
    Ok(ItemKept { content_item_id: said.content_item_id, result })
}

/// Stores an object and says how many bytes it has.
async fn put(api: &Api, key: ObjectKey, text: String) -> Result<u64, Problem> {
    let bytes = Bytes::from(text);
    let (digest, length) = (Digest::of(&bytes), bytes.len());
    api.objects.put(Upload { key, body: Body::Bytes(bytes), digest, write: Write::Replace }).await?;
    Ok(u64::try_from(length).unwrap_or(u64::MAX))
}
