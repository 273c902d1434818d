//! Queries.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use hivesync_types::Code;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A query. Unknown fields are for the type to refuse.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => {
                Err(Problem::with(Code::RequestInvalid, format!("The query cannot be read: {error}.")))
            }
        }
    }
}
