//! Replies of models as JSON.

use serde::de::DeserializeOwned;

/// Bytes of a reply that are looked at.
const REPLY_BYTES_MAX: usize = 128 * 1024;

/// The JSON of a reply, in a fence of Markdown or not; where it is none, why.
pub(crate) fn json<T: DeserializeOwned>(reply: &str) -> Result<T, String> {
    let reply = reply.trim();
    if reply.len() > REPLY_BYTES_MAX {
        return Err(format!("is over {REPLY_BYTES_MAX} bytes"));
    }
    let fenced = reply.strip_prefix("```json").or_else(|| reply.strip_prefix("```"));
    let inner = fenced.and_then(|rest| rest.strip_suffix("```")).unwrap_or(reply);
    serde_json::from_str(inner.trim()).map_err(|error| error.to_string())
}

/// Text that shows itself: no control characters but line ends, and nothing that turns the
/// direction of what follows.
pub(crate) fn is_visible(text: &str) -> bool {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !text.chars().any(hidden)
}
