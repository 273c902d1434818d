//! Asking for a preview: one statement for all who ask at one time, where there is one file to write to.
//!
//! **Invariant:** of previews that come at one time each counts those of its user before it.

use std::collections::BTreeSet;

use hivesync_jobs::Moment;

use super::{Asked, NewPreview, Quota, by_key, events};
use crate::crowd::Together;
use crate::database::{Database, Transaction, commit, list};
use crate::error::StorageError;
use crate::sql::{accounts, moment, text};

/// What happens to a preview first.
const FIRST: (&str, &str) = ("state", r#"{"state":"queued"}"#);

/// A preview and how many its user may ask for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    new: NewPreview,
    quota: Option<Quota>,
}

impl Together for Ask {
    type Answer = bool;

    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<bool>, StorageError> {
        let (mut rest, mut kept) = (parts, BTreeSet::new());
        while !rest.is_empty() {
            let (some, later) = rest.split_at(countable(rest));
            kept.append(&mut insert_all(some, transaction).await?);
            rest = later;
        }
        let first: Vec<_> = parts.iter().filter(|part| kept.contains(&part.new.id)).collect();
        begin_all(&first, transaction).await?;
        Ok(parts.iter().map(|part| kept.contains(&part.new.id)).collect())
    }
}

/// How many of them one statement can keep: it counts what was there before it.
fn countable(parts: &[Ask]) -> usize {
    let mut users = BTreeSet::new();
    let has_one_before = |part: &Ask| !users.insert(part.new.user_id.clone()) && part.quota.is_some();
    parts.iter().position(has_one_before).unwrap_or(parts.len())
}

/// Keeps previews, each once for its key and within the quota. Says which are new.
async fn insert_all(parts: &[Ask], transaction: &mut Transaction) -> Result<BTreeSet<String>, StorageError> {
    let mut rows = Vec::with_capacity(parts.len());
    for Ask { new, quota } in parts {
        rows.push((
            (&new.id, &new.project_id, &new.user_id, new.tier.as_str(), new.platform.as_str(), &new.image),
            (&new.options, &new.devices, i64::from(new.eventflow_enabled), new.token_version),
            (&new.idempotency_key, &new.body_digest, moment(new.created_at)?),
            (most(*quota), moment(since(new, *quota))?),
        ));
    }
    let inserted = sqlx::query(
        "INSERT INTO preview_jobs (id, project_id, user_id, tier, platform, image, options, devices,
           eventflow_enabled, token_version, idempotency_key, body_digest, state, stage, progress, fence,
           timeout, created_at)
         SELECT value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[0][3]',
           value ->> '$[0][4]', value ->> '$[0][5]', value ->> '$[1][0]', value ->> '$[1][1]',
           value ->> '$[1][2]', value ->> '$[1][3]', value ->> '$[2][0]', value ->> '$[2][1]', 'queued',
           'queued', 0, 0, 0, value ->> '$[2][2]'
         FROM json_each($1)
         WHERE value ->> '$[3][0]' < 0
           OR (SELECT COUNT(*) FROM preview_jobs
               WHERE user_id = value ->> '$[0][2]' AND created_at > value ->> '$[3][1]')
             < value ->> '$[3][0]'
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(list(&rows)?)
    .fetch_all(&mut **transaction)
    .await
    .map_err(StorageError::database("keeping previews"))?;
    inserted.iter().map(|row| text(row, "id")).collect()
}

/// Keeps the first event of previews that are new.
async fn begin_all(parts: &[&Ask], transaction: &mut Transaction) -> Result<(), StorageError> {
    let mut rows = Vec::with_capacity(parts.len());
    for part in parts {
        rows.push((&part.new.id, moment(part.new.created_at)?));
    }
    let (kind, data) = FIRST;
    sqlx::query(
        "INSERT INTO preview_events (job_id, seq, at, kind, data)
         SELECT value ->> 0, 1, value ->> 1, $2, $3 FROM json_each($1)",
    )
    .bind(list(&rows)?)
    .bind(kind)
    .bind(data)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(StorageError::database("keeping events"))
}

/// Keeps a new preview and its first event, once for each key and within the quota.
pub async fn ask(db: &Database, new: &NewPreview, quota: Option<Quota>) -> Result<Asked, StorageError> {
    let is_new = if db.is_shared {
        keep(db, new, quota).await?
    } else {
        db.crowds.previews.join(db, Ask { new: new.clone(), quota }).await?
    };
    if is_new {
        return Ok(Asked::New);
    }
    let Some(key) = new.idempotency_key.as_deref() else { return Ok(Asked::Full) };
    let Some(known) = by_key(db, &new.user_id, key).await? else { return Ok(Asked::Full) };
    let same = known.asked.body_digest == new.body_digest;
    Ok(if same { Asked::Known(Box::new(known)) } else { Asked::KeyReused })
}

async fn keep(db: &Database, new: &NewPreview, quota: Option<Quota>) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    // Of requests that come at one time each counts those before it.
    accounts::hold(&mut transaction, &new.user_id).await?;
    let inserted = sqlx::query(
        "INSERT INTO preview_jobs (id, project_id, user_id, tier, platform, image, options, devices,
           eventflow_enabled, token_version, idempotency_key, body_digest, state, stage, progress, fence,
           timeout, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', 'queued', 0, 0, 0, $13
         WHERE $14 < 0
           OR (SELECT COUNT(*) FROM preview_jobs WHERE user_id = $3 AND created_at > $15) < $14
         ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(&new.project_id)
    .bind(&new.user_id)
    .bind(new.tier.as_str())
    .bind(new.platform.as_str())
    .bind(&new.image)
    .bind(&new.options)
    .bind(&new.devices)
    .bind(i64::from(new.eventflow_enabled))
    .bind(i64::from(new.token_version))
    .bind(&new.idempotency_key)
    .bind(&new.body_digest)
    .bind(moment(new.created_at)?)
    .bind(most(quota))
    .bind(moment(since(new, quota))?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a preview"))?;
    let is_new = inserted.rows_affected() > 0;
    if is_new {
        let (kind, data) = FIRST;
        events::append(&mut transaction, &new.id, kind, data, new.created_at).await?;
    }
    commit(transaction).await?;
    Ok(is_new)
}

/// Below nothing where there is no quota.
fn most(quota: Option<Quota>) -> i64 {
    quota.map_or(-1, |quota| i64::from(quota.previews))
}

fn since(new: &NewPreview, quota: Option<Quota>) -> Moment {
    quota.map_or(new.created_at, |quota| quota.since)
}
