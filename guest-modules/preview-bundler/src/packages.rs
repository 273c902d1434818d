//! The package manifests of the image, each read once and only when something asks for it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::hash::PathMap;
use crate::image::{Found, Image};
use crate::paths::{basename, below, child, dirname};
use crate::{Diagnostic, Host, codes, diagnose};

/// One `package.json`.
#[derive(Debug)]
pub(crate) struct Package {
    /// The folder it lies in, as a real path.
    pub(crate) root: String,
    /// Its fields; none of them when it could not be read.
    pub(crate) fields: Map<String, Value>,
}

impl Package {
    /// A field that is a non-empty string.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether one of `main_fields` is an object of replacements.
    pub(crate) fn has_redirects(&self, main_fields: &[&str]) -> bool {
        main_fields.iter().any(|field| self.fields.get(*field).is_some_and(Value::is_object))
    }

    /// Whether `name` stands in `dependencies`, `devDependencies` or `peerDependencies`.
    pub(crate) fn depends_on(&self, name: &str) -> bool {
        ["dependencies", "devDependencies", "peerDependencies"]
            .iter()
            .any(|field| self.fields.get(*field).is_some_and(|names| names.get(name).is_some()))
    }

    /// Major and minor number of `version`.
    pub(crate) fn version(&self) -> Option<(u32, u32)> {
        let mut parts = self.text("version")?.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some((major, minor))
    }
}

/// All manifests that were asked for.
pub(crate) struct Packages<'a> {
    host: &'a dyn Host,
    image: &'a Image,
    by_root: RefCell<PathMap<String, Rc<Package>>>,
    closest: RefCell<PathMap<String, Option<Rc<Package>>>>,
    faults: RefCell<Vec<Diagnostic>>,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(host: &'a dyn Host, image: &'a Image) -> Self {
        Self {
            host,
            image,
            by_root: RefCell::default(),
            closest: RefCell::default(),
            faults: RefCell::default(),
        }
    }

    /// What was wrong with the manifests read so far.
    pub(crate) fn take_faults(&self) -> Vec<Diagnostic> {
        self.faults.take()
    }

    /// The manifest in the folder `root`, if there is one.
    pub(crate) fn at(&self, root: &str) -> Option<Rc<Package>> {
        let real = self.image.file(&child(root, "package.json"))?;
        let root = dirname(&real);
        if let Some(package) = self.by_root.borrow().get(root) {
            return Some(Rc::clone(package));
        }
        let fields = self.read(&real);
        let package = Rc::new(Package { root: root.to_owned(), fields });
        self.by_root.borrow_mut().insert(root.to_owned(), Rc::clone(&package));
        Some(package)
    }

    /// The nearest folder of the package `name` in the `node_modules` of `from` or above.
    pub(crate) fn above(&self, from: &str, name: &str) -> Option<Rc<str>> {
        let mut folder = from;
        loop {
            let candidate = child(&child(folder, "node_modules"), name);
            if self.image.has_file(&child(&candidate, "package.json")) {
                return self.image.directory(&candidate);
            }
            if folder.is_empty() {
                return None;
            }
            folder = dirname(folder);
        }
    }

    /// The package `name` as the app finds it.
    pub(crate) fn of_app(&self, name: &str) -> Option<Rc<Package>> {
        self.at(&self.above(self.image.app(), name)?)
    }

    /// The package a path belongs to and the path inside it (`""` for its root folder). The
    /// search begins at the path itself, when it is a folder, and stops below `node_modules`.
    pub(crate) fn closest(&self, path: &str) -> Option<(Rc<Package>, String)> {
        let path = self.image.canonical(path);
        let start = match self.image.lookup(&path) {
            Some(Found::Directory(_)) => path.as_ref(),
            _ => dirname(&path),
        };
        let package = self.closest_of_directory(start)?;
        let inside = if path == package.root.as_str() { "" } else { below(&path, &package.root)? };
        let inside = inside.to_owned();
        Some((package, inside))
    }

    fn closest_of_directory(&self, start: &str) -> Option<Rc<Package>> {
        if let Some(known) = self.closest.borrow().get(start) {
            return known.clone();
        }
        let mut directory = start;
        let found = loop {
            if basename(directory) == "node_modules" {
                break None;
            }
            if let Some(package) = self.at(directory) {
                break Some(package);
            }
            if directory.is_empty() {
                break None;
            }
            directory = dirname(directory);
        };
        self.closest.borrow_mut().insert(start.to_owned(), found.clone());
        found
    }

    /// What stands at `path`, if it is there and is JSON.
    pub(crate) fn json(&self, path: &str) -> Option<Value> {
        let bytes = self.host.read(&self.image.file(path)?).ok()?;
        serde_json::from_slice(trim_bom(&bytes)).ok()
    }

    /// The text of any file.
    pub(crate) fn file_text(&self, path: &str) -> Option<String> {
        let bytes = self.host.read(&self.image.file(path)?).ok()?;
        Some(String::from_utf8_lossy(trim_bom(&bytes)).into_owned())
    }

    fn read(&self, path: &str) -> Map<String, Value> {
        let fault = match self.host.read(path) {
            Err(_) => diagnose::about(codes::INVALID_PACKAGE_JSON, "the file cannot be read", path),
            Ok(bytes) => match serde_json::from_slice::<Value>(trim_bom(&bytes)) {
                Ok(Value::Object(fields)) => return fields,
                Ok(_) => {
                    diagnose::about(codes::INVALID_PACKAGE_JSON, "the file is JSON, but not an object", path)
                }
                Err(error) => {
                    let text = String::from_utf8_lossy(&bytes);
                    let line = u32::try_from(error.line()).unwrap_or(0);
                    let column = u32::try_from(error.column()).unwrap_or(0);
                    let message = diagnose::json_message(&error);
                    diagnose::at(codes::INVALID_PACKAGE_JSON, message, path, (line, column), &text)
                }
            },
        };
        self.faults.borrow_mut().push(diagnose::hint(fault, "make it a JSON object"));
        Map::new()
    }
}

/// Editors of one platform put a byte order mark before JSON, which no JSON parser takes.
pub(crate) fn trim_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    #[test]
    fn the_closest_package_stops_below_node_modules() {
        let project = Project::new()
            .file("package.json", r#"{"name":"app"}"#)
            .file("node_modules/a/package.json", r#"{"name":"a"}"#)
            .file("node_modules/a/lib/x.js", "")
            .file("node_modules/b/x.js", "");
        let image = Image::read(&project);
        let packages = Packages::new(&project, &image);
        let (package, inside) = packages.closest("node_modules/a/lib/x.js").unwrap();
        assert_eq!((package.text("name"), inside.as_str()), (Some("a"), "lib/x.js"));
        assert_eq!(packages.closest("node_modules/a").unwrap().1, "");
        assert!(packages.closest("node_modules/b/x.js").is_none());
        assert_eq!(packages.closest("src/x.js").unwrap().0.text("name"), Some("app"));
    }

    #[test]
    fn a_broken_manifest_is_reported_once_with_its_place() {
        let project = Project::new().file("package.json", "{\n  \"name\": nope\n}");
        let image = Image::read(&project);
        let packages = Packages::new(&project, &image);
        assert!(packages.at("").unwrap().fields.is_empty());
        assert!(packages.at("").is_some());
        let faults = packages.take_faults();
        assert_eq!(faults.len(), 1);
        let fault = faults.first().unwrap();
        assert_eq!((fault.code.as_str(), fault.line), ("bundle.invalid-package-json", 2));
        assert!(fault.frame.as_deref().unwrap().contains("> 2 |   \"name\": nope"));
    }
}
