//! Building diagnostics: message, place, frame and what to do.

use hivesync_guest::{FrameStyle, code_frame};

use crate::{Diagnostic, Severity};

/// An error about the project as a whole.
pub(crate) fn error(code: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message: message.into(),
        path: None,
        line: 0,
        column: 0,
        frame: None,
        hint: None,
    }
}

/// An error about a file.
pub(crate) fn about(code: &str, message: impl Into<String>, path: &str) -> Diagnostic {
    Diagnostic { path: Some(path.to_owned()), ..error(code, message) }
}

/// An error at a place of `text`, which is the file at `path`.
pub(crate) fn at(
    code: &str,
    message: impl Into<String>,
    path: &str,
    (line, column): (u32, u32),
    text: &str,
) -> Diagnostic {
    let frame = code_frame(text, line, column, FrameStyle::default());
    Diagnostic { line, column, frame, ..about(code, message, path) }
}

/// The same diagnostic with something to do.
pub(crate) fn hint(diagnostic: Diagnostic, hint: impl Into<String>) -> Diagnostic {
    Diagnostic { hint: Some(hint.into()), ..diagnostic }
}

/// The same diagnostic, which keeps no bundle from being made.
pub(crate) fn warning(diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..diagnostic }
}

/// What a JSON parser says, without the place, which has fields of its own.
pub(crate) fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("the file is not valid JSON: {message}")
}
