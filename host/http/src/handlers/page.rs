//! Lists: cursors that are not to be understood, and a limit.
//!
//! A list is read in both directions. A cursor names a row and a side of it, so that a page
//! stays where it is while rows come and go.

use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hivesync_jobs::Moment;
use hivesync_storage::sql::slice::{Place, Slice};
use hivesync_storage::sql::time_of;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// Rows of a page when nothing is said.
const LIMIT: u32 = 20;
/// Most rows of a page.
const LIMIT_MAX: u32 = 100;
/// How the cursors of both directions begin, so that one of another kind is refused.
const AFTER: &str = "after:";
const BEFORE: &str = "before:";

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    #[param(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub(crate) cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// Leads to the rows after these.
    pub(crate) next_cursor: Option<String>,
    /// Leads to the rows before these.
    pub(crate) prev_cursor: Option<String>,
    /// There are rows after these.
    pub(crate) has_next: bool,
    /// There are rows before these.
    pub(crate) has_prev: bool,
}

/// The part of a list that is to be read: a row more than the page has.
pub(crate) struct Paging {
    slice: Slice,
    limit: usize,
}

impl Deref for Paging {
    type Target = Slice;

    fn deref(&self) -> &Slice {
        &self.slice
    }
}

impl PageQuery {
    /// What is to be read.
    pub(crate) fn slice(&self) -> Result<Paging, Problem> {
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::field("limit", format!("limit is from 1 to {LIMIT_MAX}.")));
        }
        let slice = Slice { place: self.place()?, count: limit.saturating_add(1) };
        Ok(Paging { slice, limit: usize::try_from(limit).unwrap_or(usize::MAX) })
    }

    fn place(&self) -> Result<Place, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(Place::First) };
        let refused = || Problem::field("cursor", "cursor is not one of ours.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let text = String::from_utf8(bytes).map_err(|_| refused())?;
        let id = |prefix: &str| text.strip_prefix(prefix).filter(|id| is_id(id)).map(str::to_owned);
        match (id(AFTER), id(BEFORE)) {
            (Some(id), _) => Ok(Place::After(id)),
            (_, Some(id)) => Ok(Place::Before(id)),
            (None, None) => Err(refused()),
        }
    }
}

impl Paging {
    /// The page of the rows that were read.
    pub(crate) fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        id: impl Fn(&R) -> &str,
        view: impl Fn(&R) -> T,
    ) -> Page<T> {
        let more = rows.len().saturating_sub(self.limit);
        let (is_more_before, is_more_after) = match self.slice.place {
            Place::First => (false, more > 0),
            // Whoever has a cursor comes from the other side of it.
            Place::After(_) => (true, more > 0),
            Place::Before(_) => (more > 0, true),
        };
        if matches!(self.slice.place, Place::Before(_)) {
            rows.drain(..more);
        } else {
            rows.truncate(self.limit);
        }
        let cursor = |side: &str, row: &R| URL_SAFE_NO_PAD.encode(format!("{side}{}", id(row)));
        let next_cursor = rows.last().filter(|_| is_more_after).map(|row| cursor(AFTER, row));
        let prev_cursor = rows.first().filter(|_| is_more_before).map(|row| cursor(BEFORE, row));
        Page {
            has_next: next_cursor.is_some(),
            has_prev: prev_cursor.is_some(),
            next_cursor,
            prev_cursor,
            items: rows.iter().map(view).collect(),
        }
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A time as clients see it.
pub(crate) fn rfc3339(moment: Moment) -> String {
    time_of(moment).to_string()
}
