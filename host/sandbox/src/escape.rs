//! Guest text becomes text for people, once, here.
//!
//! Control characters move a terminal's cursor, and characters that turn the
//! direction of writing show a line that is not the line. Both become visible. A
//! backslash stays as it is: paths and messages are full of them, and nothing
//! reads this text back.
//!
//! **Invariant:** what leaves this module is one line, or the lines of a code frame,
//! without a character that acts instead of being seen.

use std::fmt::Write as _;

use hivesync_protocol::wit::bundler::Report;
use hivesync_protocol::wit::types::Diagnostic;

/// One line of at most `bytes_max` bytes; a longer one is cut and says so.
pub(crate) fn escape_line(text: &str, bytes_max: usize) -> String {
    escape(text, bytes_max, |_| false)
}

/// Several lines, as a code frame has them.
fn escape_lines(text: &str, bytes_max: usize) -> String {
    escape(text, bytes_max, |c| matches!(c, '\n' | '\t'))
}

/// What stands at the end of a text that was cut.
const CUT: &str = " … (cut)";

fn escape(text: &str, bytes_max: usize, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        if out.len() >= bytes_max {
            out.push_str(CUT);
            break;
        }
        match c {
            c if keep(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing into a String cannot fail.
            c if acts(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The character does something to its surroundings instead of being seen.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Bytes of one field of a diagnostic that are kept.
const FIELD_BYTES_MAX: usize = 16 * 1024;
/// Diagnostics of one report that are kept; stops a report nobody could read.
const DIAGNOSTICS_MAX: usize = 2000;

/// Diagnostics for people.
pub(crate) fn escape_diagnostics(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().take(DIAGNOSTICS_MAX).map(escape_diagnostic).collect()
}

fn escape_diagnostic(diagnostic: Diagnostic) -> Diagnostic {
    let line = |text: String| escape_line(&text, FIELD_BYTES_MAX);
    Diagnostic {
        severity: diagnostic.severity,
        code: line(diagnostic.code),
        message: line(diagnostic.message),
        path: diagnostic.path.map(line),
        line: diagnostic.line,
        column: diagnostic.column,
        frame: diagnostic.frame.map(|text| escape_lines(&text, FIELD_BYTES_MAX)),
        hint: diagnostic.hint.map(line),
    }
}

/// A report for people.
pub(crate) fn escape_report(mut report: Report) -> Report {
    report.entry = escape_line(&report.entry, FIELD_BYTES_MAX);
    for module in &mut report.modules {
        module.path = escape_line(&module.path, FIELD_BYTES_MAX);
    }
    report.diagnostics = escape_diagnostics(report.diagnostics);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_or_turns_the_line_becomes_visible() {
        let shown = escape_line("a\u{1b}[2Jb\u{202e}c\u{2066}d\r\ne\u{85}\u{7f}", 999);
        assert_eq!(shown, "a\\u{1b}[2Jb\\u{202e}c\\u{2066}d\\r\\ne\\u{85}\\u{7f}");
    }

    #[test]
    fn ordinary_text_of_any_language_is_left_alone() {
        for text in ["C:\\path", "grüße", "日本語", "שלום", "👍 ok"] {
            assert_eq!(escape_line(text, 999), text);
        }
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let shown = escape_line(&"x".repeat(20), 10);
        assert_eq!(shown, format!("{}{CUT}", "x".repeat(10)));
        assert_eq!(escape_line(&"x".repeat(10), 10), "x".repeat(10));
    }

    #[test]
    fn a_code_frame_keeps_its_lines_and_nothing_else() {
        assert_eq!(escape_lines("1 | a\n\t^\u{7}", 999), "1 | a\n\t^\\u{7}");
    }
}
