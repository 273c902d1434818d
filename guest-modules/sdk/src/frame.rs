//! The lines around a place in a source, with a marker under it.

/// How much of the source a frame shows.
#[derive(Debug, Clone, Copy)]
pub struct FrameStyle {
    /// Lines before and after the marked one.
    pub context_lines: usize,
    /// Characters of a line; one minified line must not fill a log.
    pub columns: usize,
}

impl Default for FrameStyle {
    fn default() -> Self {
        Self { context_lines: 2, columns: 160 }
    }
}

/// The frame of `text` around a one-based line and a one-based column in UTF-16 units, or
/// none when the line does not exist. A column of 0 marks no character.
#[must_use]
pub fn code_frame(text: &str, line: u32, column: u32, style: FrameStyle) -> Option<String> {
    let line = usize::try_from(line).ok().filter(|line| *line > 0)?;
    text.split('\n').nth(line - 1)?;
    let first = line.saturating_sub(style.context_lines).max(1);
    let last = line + style.context_lines;
    let width = last.to_string().len();
    let mut frame = String::new();
    for (number, shown) in (1..=last).zip(text.split('\n')).skip(first - 1) {
        let marked = number == line && column > 0;
        let (shown, marker) = cut(shown.trim_end_matches('\r'), marked.then_some(column), style.columns);
        let sign = if number == line { '>' } else { ' ' };
        frame.push_str(format!("{sign} {number:>width$} | {shown}").trim_end());
        frame.push('\n');
        if let Some(before) = marker {
            frame.push_str(&format!("  {:width$} | {}^\n", "", " ".repeat(before)));
        }
    }
    frame.pop();
    Some(frame)
}

/// The part of a line that is shown, and how many of its characters stand before the marker.
fn cut(line: &str, column: Option<u32>, columns: usize) -> (String, Option<usize>) {
    let before = column.map(|column| characters_before(line, column));
    let skipped = before.map_or(0, |before| before.saturating_sub(columns / 2));
    let shown = line.chars().skip(skipped).take(columns);
    let shown = shown.map(|character| if character.is_control() { ' ' } else { character });
    (shown.collect(), before.map(|before| before - skipped))
}

fn characters_before(line: &str, column: u32) -> usize {
    let units = usize::try_from(column).unwrap_or(usize::MAX);
    let mut seen = 0;
    let counted = line.chars().take_while(|character| {
        seen += character.len_utf16();
        seen < units
    });
    counted.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_stands_under_the_column_in_utf16_units() {
        let frame = code_frame("x\n\"😀\" + y\nz", 2, 8, FrameStyle::default());
        assert_eq!(frame.unwrap(), "  1 | x\n> 2 | \"😀\" + y\n    |       ^\n  3 | z");
    }

    #[test]
    fn a_long_line_is_cut_around_the_marker() {
        let text = format!("{}here{}", "a".repeat(1000), "b".repeat(1000));
        let style = FrameStyle { context_lines: 0, columns: 20 };
        let frame = code_frame(&text, 1, 1001, style).unwrap();
        assert_eq!(frame, "> 1 | aaaaaaaaaaherebbbbbb\n    |           ^");
    }

    #[test]
    fn a_line_that_does_not_exist_has_no_frame() {
        assert_eq!(code_frame("a", 2, 1, FrameStyle::default()), None);
        assert_eq!(code_frame("a", 0, 0, FrameStyle::default()), None);
    }
}
