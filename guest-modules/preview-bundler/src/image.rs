//! The project image as an index: one pass over its entries, then no call a probe.
//!
//! It knows names, not contents. Links are followed inside the image only, because the image
//! has no way to name anything outside.
//!
//! **Invariant:** a path that [`Image::lookup`] returns is the real one: no segment of it is a
//! link.

use std::borrow::Cow;
use std::rc::Rc;

use crate::hash::PathMap;
use crate::{EntryKind, Host};

/// Links followed for one path before it counts as a cycle.
const LINK_DEPTH_MAX: usize = 40;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A file, by its real path.
    File(Rc<str>),
    /// A folder, by its real path.
    Directory(Rc<str>),
}

#[derive(Debug, Clone)]
enum Node {
    File,
    Directory,
    Link(Rc<str>),
}

/// The names of the image.
#[derive(Debug)]
pub(crate) struct Image {
    nodes: PathMap<Rc<str>, Node>,
    /// Files in ascending byte order.
    files: Vec<Rc<str>>,
    has_links: bool,
    /// The app's own folder, by its real path; empty when it is the root.
    app: String,
}

impl Image {
    /// Reads all entries of the host's image.
    pub(crate) fn read(host: &dyn Host) -> Self {
        let mut image =
            Self { nodes: PathMap::default(), files: Vec::new(), has_links: false, app: String::new() };
        image.nodes.insert(Rc::from(""), Node::Directory);
        let mut start = 0_u32;
        loop {
            let page = host.entries(start);
            if page.is_empty() {
                break;
            }
            start = start.saturating_add(u32::try_from(page.len()).unwrap_or(u32::MAX));
            for entry in page {
                image.add(&entry.path, entry.kind);
            }
        }
        image.files.sort_unstable();
        image
    }

    fn add(&mut self, path: &str, kind: EntryKind) {
        let path: Rc<str> = Rc::from(path);
        match kind {
            EntryKind::File(_) => {
                self.files.push(Rc::clone(&path));
                self.nodes.insert(Rc::clone(&path), Node::File);
            }
            EntryKind::Link(target) => {
                self.has_links = true;
                self.nodes.insert(Rc::clone(&path), Node::Link(Rc::from(target)));
            }
        }
        let mut directory = crate::paths::dirname(&path);
        while !self.nodes.contains_key(directory) {
            self.nodes.insert(Rc::from(directory), Node::Directory);
            directory = crate::paths::dirname(directory);
        }
    }

    /// The same image with the app in the folder `app`, such as `apps/mobile`.
    pub(crate) fn with_app(mut self, app: &str) -> Self {
        self.app = self.canonical(app.trim_matches('/')).into_owned();
        self
    }

    /// The app's own folder; empty when it is the root.
    pub(crate) fn app(&self) -> &str {
        &self.app
    }

    /// The path of `name` in the app's own folder.
    pub(crate) fn in_app(&self, name: &str) -> String {
        crate::paths::child(&self.app, name)
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// What `path` leads to, links followed; none when it leads nowhere or in a circle.
    pub(crate) fn lookup(&self, path: &str) -> Option<Found> {
        self.follow(path, LINK_DEPTH_MAX)
    }

    /// The real path of the file at `path`.
    pub(crate) fn file(&self, path: &str) -> Option<Rc<str>> {
        match self.lookup(path)? {
            Found::File(real) => Some(real),
            Found::Directory(_) => None,
        }
    }

    /// The real path of the folder at `path`.
    pub(crate) fn directory(&self, path: &str) -> Option<Rc<str>> {
        match self.lookup(path)? {
            Found::Directory(real) => Some(real),
            Found::File(_) => None,
        }
    }

    /// Whether there is a file at `path`.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.file(path).is_some()
    }

    /// `path` with the links among its folders followed, whether or not it exists.
    pub(crate) fn canonical<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if !self.has_links {
            return Cow::Borrowed(path);
        }
        let mut known = path;
        loop {
            match self.lookup(known) {
                Some(Found::File(real) | Found::Directory(real)) => {
                    let rest = crate::paths::below(path, known).unwrap_or("");
                    let rest = if known == path { "" } else { rest };
                    return match (rest.is_empty(), real.as_ref() == known) {
                        (_, true) => Cow::Borrowed(path),
                        (true, false) => Cow::Owned(real.to_string()),
                        (false, false) => Cow::Owned(crate::paths::child(&real, rest)),
                    };
                }
                None if known.is_empty() => return Cow::Borrowed(path),
                None => known = crate::paths::dirname(known),
            }
        }
    }

    /// The files below `directory`, in ascending order of their paths.
    pub(crate) fn files_below<'a>(&'a self, directory: &str) -> impl Iterator<Item = &'a Rc<str>> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let start = self.files.partition_point(|file| file.as_ref() < prefix.as_str());
        let files = self.files.get(start..).unwrap_or_default();
        files.iter().take_while(move |file| file.starts_with(&prefix))
    }

    fn follow(&self, path: &str, depth: usize) -> Option<Found> {
        match self.nodes.get_key_value(path) {
            Some((real, Node::File)) => return Some(Found::File(Rc::clone(real))),
            Some((real, Node::Directory)) => return Some(Found::Directory(Rc::clone(real))),
            Some((_, Node::Link(target))) => return self.follow(target, depth.checked_sub(1)?),
            None if !self.has_links => return None,
            None => {}
        }
        let boundaries = path.match_indices('/').map(|(at, _)| at);
        for at in boundaries {
            let (head, rest) = path.split_at_checked(at)?;
            match self.nodes.get(head) {
                Some(Node::Directory) => {}
                Some(Node::Link(target)) => {
                    return self.follow(&format!("{target}{rest}"), depth.checked_sub(1)?);
                }
                Some(Node::File) | None => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    #[test]
    fn links_of_files_and_folders_are_followed_to_real_paths() {
        let project = Project::new()
            .file("store/react@19/node_modules/react/index.js", "")
            .link("node_modules/react", "store/react@19/node_modules/react")
            .link("alias", "node_modules/react/index.js");
        let image = Image::read(&project);
        let real = "store/react@19/node_modules/react/index.js";
        assert_eq!(image.file("node_modules/react/index.js").as_deref(), Some(real));
        assert_eq!(image.file("alias").as_deref(), Some(real));
        assert_eq!(
            image.canonical("node_modules/react/missing.js"),
            "store/react@19/node_modules/react/missing.js"
        );
    }

    #[test]
    fn a_circle_of_links_leads_nowhere() {
        let project = Project::new().link("a", "b").link("b", "a").link("c", "c/d");
        let image = Image::read(&project);
        assert_eq!(image.lookup("a"), None);
        assert_eq!(image.lookup("a/x"), None);
        assert_eq!(image.lookup("c"), None);
    }

    #[test]
    fn folders_exist_through_their_files() {
        let image = Image::read(&Project::new().file("src/ui/a.js", ""));
        assert_eq!(image.lookup("src/ui"), Some(Found::Directory(Rc::from("src/ui"))));
        assert_eq!(image.lookup("src/u"), None);
        assert_eq!(image.lookup("src/ui/a.js/b"), None);
    }
}
