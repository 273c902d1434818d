//! Where a tree holds what is packed, for whoever watches it.
//!
//! **Invariant:** what is packed and what is watched follows the same rules.

use std::path::{Path, PathBuf};

use super::error::PackError;
use super::{open_tree, select};

/// A file at this path of a project would be packed. Nothing is looked at but the path.
pub fn is_packed(path: &Path) -> bool {
    let mut place = select::Place::AppTop;
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        if segments.peek().is_none() {
            return place.keeps_file(segment.as_encoded_bytes());
        }
        match segment.to_str().and_then(|name| place.enter(name)) {
            Some(inside) => place = inside,
            None => return false,
        }
    }
    false
}

/// The folders of a tree whose files are packed, relative to it, its top included. For
/// watching; a folder that cannot be read is left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// Those of the project's own sources.
    pub sources: Vec<PathBuf>,
    /// Those of packages; none where they were not asked for, or are more than that many.
    pub packages: Option<Vec<PathBuf>>,
}

/// Lists the folders; those of packages only where at most `packages_max` of them are wanted.
pub fn folders(root: &Path, packages_max: usize) -> Result<Folders, PackError> {
    let tree = open_tree(root)?;
    let mut found = Folders { sources: Vec::new(), packages: (packages_max > 0).then(Vec::new) };
    let mut waiting = vec![(PathBuf::new(), select::Place::AppTop)];
    while let Some((folder, place)) = waiting.pop() {
        let entries = if folder.as_os_str().is_empty() { tree.entries() } else { tree.read_dir(&folder) };
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let inside = name.to_str().and_then(|name| place.enter(name));
            let inside = inside.filter(|inside| !inside.is_package() || found.packages.is_some());
            if let Some(inside) = inside
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
            {
                waiting.push((folder.join(name), inside));
            }
        }
        match &mut found.packages {
            Some(packages) if place.is_package() && packages.len() >= packages_max => found.packages = None,
            Some(packages) if place.is_package() => packages.push(folder),
            None if place.is_package() => {}
            _ => found.sources.push(folder),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_of_sources_and_of_packages_are_told_apart_and_bounded() {
        let tree = tempfile::tempdir().unwrap();
        for folder in ["src/deep", "ios", ".git", "node_modules/a/lib", "node_modules/.bin"] {
            fs::create_dir_all(tree.path().join(folder)).unwrap();
        }
        let sorted = |mut list: Vec<PathBuf>| {
            list.sort();
            list
        };
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        let all = folders(tree.path(), 3).unwrap();
        assert_eq!(sorted(all.sources), paths(&["", "src", "src/deep"]));
        let packages = paths(&["node_modules", "node_modules/a", "node_modules/a/lib"]);
        assert_eq!(all.packages.map(sorted), Some(packages));
        for packages_max in [0, 2] {
            let some = folders(tree.path(), packages_max).unwrap();
            assert_eq!(sorted(some.sources), paths(&["", "src", "src/deep"]));
            assert_eq!(some.packages, None);
        }
    }
}
