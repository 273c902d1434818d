//! What is asked of the step.

use serde::Deserialize;

use crate::{Diagnostic, refusal};

/// Tokens of a question where nothing else is said.
const PROMPT_TOKENS: usize = 6000;
const PATH_BYTES_MAX: usize = 1024;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Summary,
    Comments,
    Rename,
    Full,
}

/// Lines, the first and the last, both from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) range: Option<Range>,
    /// How many tokens the question may take.
    #[serde(default = "usual")]
    pub(crate) prompt_tokens: usize,
}

/// As the engine hands it over.
#[derive(Deserialize)]
struct Params {
    input: Request,
    tokens_max: u32,
}

const fn usual() -> usize {
    PROMPT_TOKENS
}

/// The request, and how long a reply may be.
pub(crate) fn read(params: &str) -> Result<(Request, u32), Vec<Diagnostic>> {
    let bad = |message: String| {
        refusal("ai.request", message, "Send path, text and kind, and for some lines only a range.", None)
    };
    let Params { input, tokens_max } =
        serde_json::from_str(params).map_err(|error| bad(format!("The request cannot be read: {error}.")))?;
    if input.path.is_empty() || input.path.len() > PATH_BYTES_MAX {
        return Err(bad(format!("A path has 1 to {PATH_BYTES_MAX} bytes.")));
    }
    let lines = input.text.split('\n').count();
    if input.text.trim().is_empty() {
        return Err(bad("The file is empty.".to_owned()));
    }
    if let Some(range) = input.range
        && (range.start == 0 || range.start > range.end || range.end > lines)
    {
        return Err(bad(format!(
            "The range {} to {} is not in the file's {lines} lines.",
            range.start, range.end
        )));
    }
    Ok((input, tokens_max))
}
