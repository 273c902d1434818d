//! The files of a project, and what they are by their names.

use std::collections::BTreeMap;

use super::id::Id;
use super::limits::{FILE_BYTES_MAX, FILES_MAX, Limits, PROJECT_BYTES_MAX};

/// What a file is, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Html,
    Css,
    Script,
    Data,
    Other,
}

impl Kind {
    pub(crate) fn of(path: &str) -> Self {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        match extension.as_str() {
            "html" | "htm" | "xhtml" => Self::Html,
            "css" => Self::Css,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => Self::Script,
            "json" | "yaml" | "yml" | "toml" => Self::Data,
            _ => Self::Other,
        }
    }

    /// The type of its node.
    pub(crate) const fn node_type(self) -> &'static str {
        match self {
            Self::Html => "html_file",
            Self::Css => "css_file",
            Self::Script | Self::Data | Self::Other => "file",
        }
    }
}

/// What names the content of each file, by path.
pub(crate) type Digests<'p> = BTreeMap<&'p str, Id>;

/// A project.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// By path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Files that are only known to be there.
    pub(crate) names: Vec<String>,
    pub(crate) limits: Limits,
}

impl Project {
    /// Takes as many files as a map may have, in ascending order of their paths.
    pub(crate) fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>, names: Vec<String>) -> Self {
        let mut project = Self { names, ..Self::default() };
        let sorted: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let mut bytes = 0_usize;
        for (path, content) in sorted {
            if project.files.len() >= FILES_MAX {
                project.limits.note("files");
                project.names.push(path);
                continue;
            }
            if content.len() > FILE_BYTES_MAX {
                project.limits.note("file-bytes");
                project.names.push(path);
                continue;
            }
            if bytes.saturating_add(content.len()) > PROJECT_BYTES_MAX {
                project.limits.note("project-bytes");
                project.names.push(path);
                continue;
            }
            bytes = bytes.saturating_add(content.len());
            project.files.insert(path, content);
        }
        project.names.sort();
        project.names.dedup();
        project
    }

    /// Names the content of its files.
    pub(crate) fn digests(&self) -> Digests<'_> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), Id::of_bytes(bytes))).collect()
    }

    /// There is a file of this path, read or not.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.names.binary_search_by(|name| name.as_str().cmp(path)).is_ok()
    }
}
