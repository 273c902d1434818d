//! Paths of the project image: relative to its root, `/` between segments, `""` is the root.

/// A relative path would leave the project root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Escapes;

/// Everything before the last segment; `""` for a path of one segment.
pub(crate) fn dirname(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The last segment.
pub(crate) fn basename(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The part of a name behind its last dot, as Node's `extname` without the dot: a name that
/// starts with its only dot has none.
pub(crate) fn extension(path: &str) -> &str {
    match basename(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

/// `directory` and a name in it.
pub(crate) fn child(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// `relative` as seen from `directory`, without `.` and `..` segments and without a slash at
/// the end.
pub(crate) fn join(directory: &str, relative: &str) -> Result<String, Escapes> {
    let mut segments: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for segment in relative.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop().ok_or(Escapes)?;
            }
            name => segments.push(name),
        }
    }
    Ok(segments.join("/"))
}

/// Whether a specifier starts with `./` or `../`, or is `.` or `..`.
pub(crate) fn is_relative(specifier: &str) -> bool {
    let rest = specifier.strip_prefix("..").or_else(|| specifier.strip_prefix('.'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether `path` lies in an installed package.
pub(crate) fn in_package(path: &str) -> bool {
    path.split('/').any(|segment| segment == "node_modules")
}

/// The part of `path` below `directory`; none when it is not below it.
pub(crate) fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    if directory.is_empty() {
        return Some(path);
    }
    path.strip_prefix(directory)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_normalises_and_never_leaves_the_root() {
        assert_eq!(join("a/b", "../c/./d/").unwrap(), "a/c/d");
        assert_eq!(join("", "./x").unwrap(), "x");
        assert_eq!(join("a", "..").unwrap(), "");
        assert_eq!(join("a", "../../x"), Err(Escapes));
    }

    #[test]
    fn only_dots_make_a_specifier_relative() {
        assert!(is_relative(".") && is_relative("..") && is_relative("./a") && is_relative("../a"));
        assert!(!is_relative(".a") && !is_relative("...") && !is_relative("a") && !is_relative("..a"));
    }

    #[test]
    fn extensions_follow_node() {
        assert_eq!(extension("a/b.tar.gz"), "gz");
        assert_eq!(extension("a/.env"), "");
        assert_eq!(extension("a.b/c"), "");
    }
}
