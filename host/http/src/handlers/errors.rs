//! The pages that problems point at.

use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use hivesync_types::Code;

use crate::problem::Problem;

/// `GET /errors/{code}`.
#[utoipa::path(
    get,
    path = "/errors/{code}",
    tag = "service",
    operation_id = "errors_page",
    summary = "Explains an error code, in Markdown.",
    responses((status = 200, description = "The page.", body = String, content_type = "text/markdown")),
)]
pub(crate) async fn page(Path(code): Path<String>) -> Result<impl IntoResponse, Problem> {
    let page = hivesync_types::page(&code).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], page))
}
