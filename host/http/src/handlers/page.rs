//! Lists: a cursor that is not to be understood, and a limit.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hivesync_jobs::Moment;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Rows of a page when nothing is said.
const LIMIT: u32 = 20;
/// Most rows of a page.
const LIMIT_MAX: u32 = 100;
/// Says what a cursor is of, so that one of another kind is refused.
const CURSOR: &str = "after:";

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// Leads to the rows after these.
    pub(crate) next_cursor: Option<String>,
    /// Leads to this page again from the next one; lists go one way.
    pub(crate) prev_cursor: Option<String>,
    /// There are rows after these.
    pub(crate) has_next: bool,
    /// There are rows before these.
    pub(crate) has_prev: bool,
}

impl PageQuery {
    /// How many rows.
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(LIMIT);
        if (1..=LIMIT_MAX).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::field("limit", format!("limit is from 1 to {LIMIT_MAX}.")))
        }
    }

    /// The id of the row before the page.
    pub(crate) fn after(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let decoded = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let id = decoded.as_deref().and_then(|text| text.strip_prefix(CURSOR)).filter(|id| is_id(id));
        id.map(|id| Some(id.to_owned())).ok_or_else(|| Problem::field("cursor", "cursor is not one of ours."))
    }

    /// The page of rows, of which one more than the limit was asked for.
    pub(crate) fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        id: impl Fn(&R) -> &str,
        view: impl Fn(&R) -> T,
    ) -> Result<Page<T>, Problem> {
        let limit = usize::try_from(self.limit()?).unwrap_or(usize::MAX);
        let has_next = rows.len() > limit;
        rows.truncate(limit);
        let cursor = |row: &R| URL_SAFE_NO_PAD.encode(format!("{CURSOR}{}", id(row)));
        Ok(Page {
            next_cursor: rows.last().filter(|_| has_next).map(cursor),
            prev_cursor: None,
            has_next,
            has_prev: self.cursor.is_some(),
            items: rows.iter().map(view).collect(),
        })
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A time as clients see it.
pub(crate) fn rfc3339(moment: Moment) -> String {
    let millis = i64::try_from(moment.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_string()
}
