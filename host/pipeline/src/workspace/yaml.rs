//! One list of texts at the top of a YAML file, which is all that `pnpm-workspace.yaml` is asked.
//!
//! Both ways of writing it are read, `- item` a line and `[a, b]`; anchors and folded texts
//! are not, and no workspace file has been seen with them.

/// The items of the list called `key`; none when there is no such key.
pub(super) fn list(text: &str, key: &str) -> Option<Vec<String>> {
    let mut lines = text.lines();
    let head = lines.find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let head = without_comment(head).trim();
    if let Some(inner) = head.strip_prefix('[') {
        let mut flow = inner.to_owned();
        while !flow.contains(']') {
            flow.push_str(without_comment(lines.next()?));
        }
        let items = flow.split(']').next().unwrap_or_default();
        return Some(items.split(',').map(unquoted).filter(|item| !item.is_empty()).collect());
    }
    let mut items = Vec::new();
    for line in lines {
        let line = without_comment(line);
        if line.trim().is_empty() {
            continue;
        }
        let Some(item) = line.trim_start().strip_prefix("- ") else { break };
        items.push(unquoted(item));
    }
    Some(items)
}

/// A line up to a `#` that stands outside of quotes behind a space or at the beginning.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
        before = character;
    }
    line
}

fn unquoted(item: &str) -> String {
    let item = item.trim();
    let inner = ['"', '\''].iter().find_map(|quote| item.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(item).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_list_are_read() {
        let block =
            "a: 1\npackages:\n# all\n  - \"apps/*\"  # ours\n\n  - '!x#y'\n  - plain\ncatalog:\n  - no\n";
        assert_eq!(list(block, "packages").unwrap(), ["apps/*", "!x#y", "plain"]);
        assert_eq!(list("packages: ['a', b,\n  \"c\"] # end\n", "packages").unwrap(), ["a", "b", "c"]);
        assert_eq!(list("packages:\n- a\n- b\n", "packages").unwrap(), ["a", "b"]);
    }

    #[test]
    fn an_absent_or_torn_list_is_none() {
        assert_eq!(list("catalog:\n  packages: x\n", "packages"), None);
        assert_eq!(list("packages: [a,\n", "packages"), None);
        assert_eq!(list("packages:\n", "packages").unwrap(), [""; 0]);
    }
}
