//! What of a file is sent.
//!
//! A file that is too long for the question loses the bodies of its innermost functions first,
//! whole: what is sent is always a file with its structure, never the first half of one.

use crate::request::Range;

/// Lines in front of and behind a range that are sent with it, whatever they hold.
const AROUND: usize = 12;
/// Bytes that a token stands for.
const TOKEN_BYTES: usize = 4;
/// Bytes of one line; what is longer was not written by a person.
const LINE_BYTES_MAX: usize = 400;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Numbered lines, with a note where some are left out.
    pub(crate) text: String,
    /// How many are left out.
    pub(crate) left_out: usize,
}

/// Chooses lines: `depths` says how deeply each one is nested.
pub(crate) fn select(text: &str, depths: &[usize], range: Option<Range>, tokens: usize) -> Selection {
    let lines: Vec<&str> = text.split('\n').collect();
    let deepest = depths.iter().copied().max().unwrap_or_default();
    let near = |line: usize| {
        range.is_some_and(|range| line + AROUND >= range.start && line <= range.end.saturating_add(AROUND))
    };
    let bytes = tokens.saturating_mul(TOKEN_BYTES);
    for depth in (0..=deepest).rev() {
        let keeps = |line: usize| near(line) || depths.get(line - 1).is_none_or(|found| *found <= depth);
        let selection = render(&lines, keeps);
        if selection.text.len() <= bytes {
            return selection;
        }
    }
    // Nothing is nested: what is near, or the beginning.
    let mut left = bytes;
    let keeps = |line: usize| {
        if range.is_some() && !near(line) {
            return false;
        }
        let cost = lines.get(line - 1).map_or(0, |line| line.len().min(LINE_BYTES_MAX)) + 8;
        let fits = cost <= left;
        left = if fits { left - cost } else { 0 };
        fits
    };
    render(&lines, keeps)
}

fn render(lines: &[&str], mut keeps: impl FnMut(usize) -> bool) -> Selection {
    let mut text = String::new();
    let (mut left_out, mut run) = (0, 0);
    for (number, line) in (1..).zip(lines) {
        if keeps(number) {
            note(&mut text, &mut run);
            let shown = shortened(line);
            text.push_str(&format!("{number} {shown}\n"));
        } else {
            run += 1;
            left_out += 1;
        }
    }
    note(&mut text, &mut run);
    Selection { text, left_out }
}

fn note(text: &mut String, run: &mut usize) {
    if *run > 0 {
        text.push_str(&format!("… {run} lines left out\n"));
        *run = 0;
    }
}

fn shortened(line: &str) -> String {
    if line.len() <= LINE_BYTES_MAX {
        return line.trim_end().to_owned();
    }
    let end = (0..=LINE_BYTES_MAX).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
    format!("{} …", line.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "fn a() {\n    one();\n    if b {\n        two(with, some, arguments);\n    }\n}\nfn c() {}\n";
    const DEPTHS: [usize; 8] = [0, 1, 1, 2, 2, 1, 0, 0];

    #[test]
    fn what_fits_is_sent_whole() {
        let all = select(TEXT, &DEPTHS, None, 1000);
        assert_eq!(all.left_out, 0);
        assert!(all.text.starts_with("1 fn a() {\n2     one();\n"), "{}", all.text);
    }

    #[test]
    fn the_innermost_lines_go_first_and_are_counted() {
        let some = select(TEXT, &DEPTHS, None, 22);
        assert_eq!(
            some.text,
            "1 fn a() {\n2     one();\n3     if b {\n… 2 lines left out\n6 }\n7 fn c() {}\n8 \n"
        );
        assert_eq!(some.left_out, 2);
        let few = select(TEXT, &DEPTHS, None, 15);
        assert_eq!(few.text, "1 fn a() {\n… 5 lines left out\n7 fn c() {}\n8 \n");
    }

    #[test]
    fn a_range_is_sent_however_deep_it_lies() {
        let lines: Vec<String> = (0..200).map(|line| format!("line{line}")).collect();
        let mut depths = vec![1; 200];
        depths[0] = 0;
        let some = select(&lines.join("\n"), &depths, Some(Range { start: 100, end: 101 }), 120);
        assert!(some.text.contains("\n100 line99\n101 line100\n"), "{}", some.text);
        assert!(some.text.starts_with("1 line0\n… 86 lines left out\n88 line87\n"), "{}", some.text);
        assert!(some.text.len() <= 480);
    }

    #[test]
    fn a_flat_file_is_cut_between_lines_and_says_so() {
        let text = "abcdefgh\n".repeat(100);
        let some = select(&text, &[0; 101], None, 40);
        assert!(some.text.ends_with("lines left out\n") && some.text.len() <= 200, "{}", some.text);
        assert!(some.left_out > 80);
    }
}
