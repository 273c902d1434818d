//! What a path of an image may look like.

/// The longest path of an image, in bytes; also the promise of `project.entry` in WIT.
pub const PATH_BYTES_MAX: usize = 1024;

/// The path is relative and normalised: segments joined by `/`, none of them empty,
/// `.` or `..`, no backslash and no control character in any, at most
/// [`PATH_BYTES_MAX`] bytes.
pub fn is_plain_path(path: &str) -> bool {
    !path.is_empty() && path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain_segment)
}

/// One segment of such a path. A backslash is refused because tools of other systems
/// take it for a separator.
pub(crate) fn is_plain_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && !segment.contains(|c: char| c == '\\' || c == '/' || c.is_control())
}

/// The path of the image that a link at `link` with the text `target` means, or none
/// when it is absolute, leaves the tree, or is the tree itself.
pub fn resolve_link(link: &str, target: &str) -> Option<String> {
    if target.is_empty() || target.starts_with('/') {
        return None;
    }
    let mut segments: Vec<&str> = link.split('/').collect();
    segments.pop();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            plain if is_plain_segment(plain) => segments.push(plain),
            _ => return None,
        }
    }
    let path = segments.join("/");
    is_plain_path(&path).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_normalised_paths_are_plain() {
        for path in [
            "a",
            "a/b.js",
            "app/(tabs)/[id].tsx",
            "+not-found.tsx",
            "ä/ö",
            "...",
            &"x".repeat(PATH_BYTES_MAX),
        ] {
            assert!(is_plain_path(path), "{path}");
        }
        for path in
            ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\\b", "a\nb", "a\0", &"x".repeat(1025)]
        {
            assert!(!is_plain_path(path), "{path:?}");
        }
    }

    #[test]
    fn a_link_resolves_inside_the_tree_or_not_at_all() {
        let inside = resolve_link("node_modules/react", ".pnpm/react@19/node_modules/react");
        assert_eq!(inside.as_deref(), Some("node_modules/.pnpm/react@19/node_modules/react"));
        assert_eq!(resolve_link("a/b/c", "../../d/./e/").as_deref(), Some("d/e"));
        for target in ["/etc/passwd", "../../etc", "..", "", "x/../../..", "a\\b", "a\0b"] {
            assert_eq!(resolve_link("a/link", target), None, "{target:?}");
        }
    }
}
