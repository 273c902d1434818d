//! JSON as a module.

use crate::Diagnostic;
use crate::api::{TransformInput, TransformOutput};
use crate::diagnose::{Fault, SourceText};
use crate::emit::{self, Frame};

pub(crate) fn transform(input: &TransformInput) -> Result<TransformOutput, Vec<Diagnostic>> {
    let source = SourceText::of(input)?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(source.text) {
        let said = error.to_string();
        // The place has fields of its own.
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        let fault = Fault {
            code: "bundle.json",
            message: format!("this is not JSON: {said}"),
            hint: Some("JSON has neither comments nor trailing commas"),
        };
        return Err(vec![source.error(fault, Some(offset_of(source.text, error.line(), error.column())))]);
    }
    let body = format!("module.exports = {};", source.text.trim());
    Ok(emit::plain(source, Frame::Module, &body, Vec::new()))
}

/// The byte that a one-based line and a one-based column in bytes stand for.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before + column.saturating_sub(1)
}
