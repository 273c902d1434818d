//! Diagnostics with a place and the lines around it.
//!
//! Columns count UTF-16 units, as editors do; offsets count bytes, as the parser does.

use crate::api::TransformInput;
use crate::{Diagnostic, Severity};

/// Lines shown before and after the marked one.
const FRAME_LINES: usize = 2;
/// A line of a frame is cut here, so that one minified line cannot fill a log.
const FRAME_COLUMNS: usize = 160;

/// What is wrong, without where.
pub(crate) struct Fault<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: String,
    pub(crate) hint: Option<&'a str>,
}

/// A source text and the path it is known by.
#[derive(Clone, Copy)]
pub(crate) struct SourceText<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

/// One-based; 0 when unknown.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl<'a> SourceText<'a> {
    /// The only source of `input`, as text.
    pub(crate) fn of(input: &'a TransformInput) -> Result<Self, Vec<Diagnostic>> {
        let path = input.path.as_str();
        let bytes = input.sources.first().map(Vec::as_slice).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { path, text: text.strip_prefix('\u{feff}').unwrap_or(text) }),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let text = Self { path, text: std::str::from_utf8(good).unwrap_or_default() };
                let fault = Fault {
                    code: "bundle.encoding",
                    message: format!("the file is not UTF-8 from byte {} on", error.valid_up_to()),
                    hint: Some("save the file as UTF-8"),
                };
                Err(vec![text.error(fault, Some(good.len()))])
            }
        }
    }

    pub(crate) fn error(&self, fault: Fault<'_>, offset: Option<usize>) -> Diagnostic {
        self.diagnostic(Severity::Error, fault, offset)
    }

    pub(crate) fn warning(&self, fault: Fault<'_>, offset: Option<usize>) -> Diagnostic {
        self.diagnostic(Severity::Warning, fault, offset)
    }

    fn diagnostic(&self, severity: Severity, fault: Fault<'_>, offset: Option<usize>) -> Diagnostic {
        let place = offset.map_or(Place::default(), |offset| self.place(offset));
        Diagnostic {
            severity,
            code: fault.code.to_owned(),
            message: fault.message,
            path: Some(self.path.to_owned()),
            line: place.line,
            column: place.column,
            frame: (place.line > 0).then(|| self.frame(place)),
            hint: fault.hint.map(str::to_owned),
        }
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        Place { line: one_based(line), column: one_based(column) }
    }

    fn frame(&self, place: Place) -> String {
        let line = usize::try_from(place.line).unwrap_or(1);
        let column = usize::try_from(place.column).unwrap_or(1);
        let first = line.saturating_sub(FRAME_LINES).max(1);
        let width = (line + FRAME_LINES).to_string().len();
        let mut frame = String::new();
        for (number, text) in
            (1..).zip(self.text.split('\n')).skip(first - 1).take(line + FRAME_LINES + 1 - first)
        {
            let marked = number == line;
            let (shown, marker_column) = shown_part(text.trim_end_matches('\r'), marked.then_some(column));
            let sign = if marked { '>' } else { ' ' };
            frame.push_str(format!("{sign} {number:>width$} | {shown}").trim_end());
            frame.push('\n');
            if let Some(marker) = marker_column {
                frame.push_str(&format!("  {:width$} | {}^\n", "", " ".repeat(marker)));
            }
        }
        frame.pop();
        frame
    }
}

/// The part of a line that fits, and how many characters of it stand before the marker.
fn shown_part(line: &str, column: Option<usize>) -> (String, Option<usize>) {
    let before = column.map(|column| {
        let mut units = 0;
        line.chars()
            .take_while(|character| {
                units += character.len_utf16();
                units < column
            })
            .count()
    });
    let skip = before.map_or(0, |before| before.saturating_sub(FRAME_COLUMNS / 2));
    let shown = line.chars().skip(skip).take(FRAME_COLUMNS);
    let shown = shown.map(|character| if character.is_control() { ' ' } else { character }).collect();
    (shown, before.map(|before| before - skip))
}

/// The one-based `u32` of a zero-based count.
fn one_based(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX - 1).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units_and_the_marker_counts_characters() {
        let source = SourceText { path: "a.js", text: "x\n\"😀\" + y\nz" };
        let place = source.place(source.text.find('y').unwrap());
        assert_eq!((place.line, place.column), (2, 8));
        assert_eq!(source.frame(place), "  1 | x\n> 2 | \"😀\" + y\n    |       ^\n  3 | z");
    }
}
