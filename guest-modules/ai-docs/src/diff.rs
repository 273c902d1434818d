//! A unified diff of two texts of which one was made from the other by few changes.

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// One stretch in which the texts differ: from which line on in each, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    old: usize,
    old_lines: usize,
    new: usize,
    new_lines: usize,
}

/// The diff, as `git apply` takes it; empty when the texts are equal. `path` stands in its head.
pub(crate) fn unified(path: &str, old: &str, new: &str) -> String {
    let (before, after) = (lines(old), lines(new));
    let changes = changes(&before, &after);
    if changes.is_empty() {
        return String::new();
    }
    let mut out = format!("--- a/{path}\n+++ b/{path}\n");
    let mut at = 0;
    while let Some(first) = changes.get(at) {
        let mut last = at;
        while let (Some(this), Some(next)) = (changes.get(last), changes.get(last + 1)) {
            if next.old > this.old + this.old_lines + 2 * CONTEXT {
                break;
            }
            last += 1;
        }
        hunk(&mut out, (&before, &after), changes.get(at..=last).unwrap_or_default(), *first);
        at = last + 1;
    }
    out
}

/// What `old` becomes by a diff of [`unified`]; none when the diff is not one of it.
pub(crate) fn apply(old: &str, diff: &str) -> Option<String> {
    let before = lines(old);
    let mut out = String::new();
    let mut at = 0;
    let mut rest = diff.split_inclusive('\n').skip(2).peekable();
    while let Some(head) = rest.next() {
        if head.starts_with('\\') {
            continue;
        }
        let range = head.strip_prefix("@@ -")?.split(' ').next()?;
        let (start, count) = range.split_once(',')?;
        let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
        let start = if count == 0 { start } else { start.checked_sub(1)? };
        out.extend(before.get(at..start)?.iter().copied());
        at = start;
        while let Some(line) = rest.next_if(|line| !line.starts_with("@@ ")) {
            let missing_end = rest.next_if(|next| next.starts_with('\\')).is_some();
            let text = line.get(1..)?;
            let text = if missing_end { text.strip_suffix('\n')? } else { text };
            match line.as_bytes().first()? {
                b' ' | b'-' if before.get(at) != Some(&text) => return None,
                b' ' => {
                    out.push_str(text);
                    at += 1;
                }
                b'-' => at += 1,
                b'+' => out.push_str(text),
                _ => return None,
            }
        }
    }
    out.extend(before.get(at..)?.iter().copied());
    Some(out)
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Line by line: what was added is looked for no further than the next line that is the same in
/// both, which is enough where lines were only added or exchanged.
fn changes(before: &[&str], after: &[&str]) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < before.len() || new < after.len() {
        if before.get(old) == after.get(new) {
            old += 1;
            new += 1;
            continue;
        }
        let added =
            (new..after.len()).position(|at| before.get(old).is_some_and(|line| after.get(at) == Some(line)));
        let same_length = before.len() - old == after.len() - new;
        let (old_lines, new_lines) = match added {
            Some(added) if !same_length => (0, added),
            _ if same_length => (1, 1),
            _ => (before.len() - old, after.len() - new),
        };
        found.push(Change { old, old_lines, new, new_lines });
        old += old_lines;
        new += new_lines;
    }
    found
}

fn hunk(out: &mut String, (before, after): (&[&str], &[&str]), changes: &[Change], first: Change) {
    let Some(last) = changes.last() else { return };
    let old_from = first.old.saturating_sub(CONTEXT);
    let new_from = first.new.saturating_sub(CONTEXT);
    let old_to = (last.old + last.old_lines + CONTEXT).min(before.len());
    let new_to = (last.new + last.new_lines + CONTEXT).min(after.len());
    let begin = |from: usize, count: usize| if count == 0 { from } else { from + 1 };
    let (old_count, new_count) = (old_to - old_from, new_to - new_from);
    let (old_begin, new_begin) = (begin(old_from, old_count), begin(new_from, new_count));
    out.push_str(&format!("@@ -{old_begin},{old_count} +{new_begin},{new_count} @@\n"));
    let mut old = old_from;
    for change in changes {
        before.get(old..change.old).unwrap_or_default().iter().for_each(|line| put(out, ' ', line));
        let gone = before.get(change.old..change.old + change.old_lines).unwrap_or_default();
        gone.iter().for_each(|line| put(out, '-', line));
        let come = after.get(change.new..change.new + change.new_lines).unwrap_or_default();
        come.iter().for_each(|line| put(out, '+', line));
        old = change.old + change.old_lines;
    }
    before.get(old..old_to).unwrap_or_default().iter().for_each(|line| put(out, ' ', line));
}

fn put(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_written_as_tools_read_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl";
        let new = "a\n// x\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n// y\nl";
        let diff = unified("src/a.js", old, new);
        let expected = "--- a/src/a.js\n+++ b/src/a.js\n@@ -1,4 +1,5 @@\n a\n+// x\n b\n c\n d\n@@ -9,4 +10,5 @@\n i\n j\n \
            k\n+// y\n l\n\\ No newline at end of file\n";
        assert_eq!(diff, expected);
        assert_eq!(apply(old, &diff).as_deref(), Some(new));
        assert_eq!(apply(&old.replace("k", "q"), &diff), None);
    }

    #[test]
    fn every_change_of_added_and_exchanged_lines_applies() {
        let old: Vec<String> = (0..40).map(|line| format!("line {}", line % 7)).collect();
        for step in 1..12 {
            for end in ["", "\n"] {
                let text = old.join("\n") + end;
                let added: Vec<String> = old
                    .iter()
                    .enumerate()
                    .flat_map(|(at, line)| [(at % step == 0).then(|| format!("// {at}")), Some(line.clone())])
                    .flatten()
                    .collect();
                let exchanged: Vec<String> = old
                    .iter()
                    .enumerate()
                    .map(|(at, line)| if at % step == 0 { format!("new {at}") } else { line.clone() })
                    .collect();
                for new in [added.join("\n") + end, exchanged.join("\n") + end] {
                    let diff = unified("a", &text, &new);
                    assert_eq!(apply(&text, &diff).as_deref(), Some(new.as_str()), "{diff}");
                }
                assert_eq!(unified("a", &text, &text), "");
            }
        }
    }
}
