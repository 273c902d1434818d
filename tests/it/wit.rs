//! The interfaces in `wit/`, against what is said about them elsewhere.

mod closure;

use wit_parser::{PackageId, Resolve, WorldId};

use crate::golden::repository;

/// The worlds of the package, by name.
const WORLDS: [&str; 2] = ["preview-bundler", "transform"];

/// The parsed package.
struct Wit {
    resolve: Resolve,
    package: PackageId,
}

impl Wit {
    fn read() -> Self {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(repository("wit")).unwrap();
        Self { resolve, package }
    }

    fn world(&self, name: &str) -> WorldId {
        self.resolve.select_world(&[self.package], Some(name)).unwrap()
    }
}
