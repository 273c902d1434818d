//! Bodies that carry ids and words, and nothing that should have been an upload.

use axum::body::Bytes;
use axum::extract::Request;
use hivesync_types::Code;

use crate::extract::{kind_of, read_body};
use crate::problem::Problem;

/// Bytes of such a body.
const BYTES_MAX: usize = 50 * 1024;
/// Characters of base64 in a row; no id and no word is as long.
const ROW_MAX: usize = 1000;
/// How an address begins that is a picture itself.
const INLINE: &[u8] = b"data:image";

/// Reads such a body.
pub(super) async fn read_ids(request: Request) -> Result<Bytes, Problem> {
    if kind_of(request.headers()).as_deref() != Some("application/json") {
        return Err(Problem::with(Code::ContentTypeUnsupported, "The body must be application/json."));
    }
    let bytes = read_body(request.into_body(), BYTES_MAX).await?;
    if is_inline(&bytes) {
        return Err(Problem::new(Code::PayloadInline));
    }
    Ok(bytes)
}

fn is_inline(bytes: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
    bytes.windows(INLINE.len()).any(|part| part.eq_ignore_ascii_case(INLINE))
        || bytes.split(|byte| !is_base64(byte)).any(|row| row.len() > ROW_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_base64_is_one_longer_than_any_id_may_be() {
        let row = |length: usize| format!("{{\"request\":\"{}\"}}", "Ab1/".repeat(length / 4));
        assert!(!is_inline(row(1000).as_bytes()));
        assert!(is_inline(row(1004).as_bytes()));
        assert!(!is_inline("word and ".repeat(2000).as_bytes()), "words have spaces between them");
        assert!(is_inline(b"{\"upload_ids\":[\"DATA:image/png;base64,AA\"]}"));
        assert!(!is_inline(b"{\"upload_ids\":[\"01JC0000000000000000000000\"]}"));
    }
}
