//! Clips, what happened in repositories meanwhile, and the posts that are made of both.
//!
//! Services sign what they ask; nobody else sees any of it.

mod ask;
pub(crate) mod generate;
mod item;
pub(crate) mod items;
pub(crate) mod jobs;
pub(crate) mod upkeep;
pub(crate) mod webhook;

use axum::body::Bytes;
use axum::extract::Request;
use hivesync_access::{Party, Verified};
use hivesync_types::Code;

use crate::api::Api;
use crate::extract::{Signers, read_signed};
use crate::problem::Problem;

/// What the name of a key ends with that another has taken the place of.
const PREVIOUS: &str = "-previous";

/// Who asks, and what: there is nothing here where no service has a key.
async fn read(
    api: &Api,
    action: &'static str,
    request: Request,
    bytes_max: usize,
) -> Result<(String, Bytes), Problem> {
    let (verified, bytes) = read_signed(api, signers(api, action)?, request, bytes_max).await?;
    Ok((owner(&verified), bytes))
}

fn signers<'a>(api: &'a Api, action: &'static str) -> Result<Signers<'a>, Problem> {
    let keys = api.secrets.content.as_ref().ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Signers { keys, party: Party::Client, action })
}

/// Both keys of a rotation are one service's.
fn owner(verified: &Verified) -> String {
    verified.key_id.strip_suffix(PREVIOUS).unwrap_or(&verified.key_id).to_owned()
}
