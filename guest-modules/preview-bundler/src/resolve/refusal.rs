//! Why a package does not give what is asked of it, for the message about an import that leads
//! nowhere. Resolving itself goes on with files where a map refuses, and forgets the reason.

use super::exports::MapKind;
use super::specifier::BareSpecifier;
use super::{Request, Resolver};
use crate::packages::Package;
use crate::paths::{child, dirname, is_relative, join};

/// What a manifest has against a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) manifest: String,
    pub(crate) reason: String,
}

impl Resolver<'_> {
    /// What the `exports` of the package that `request` names, or the `imports` of the one it
    /// comes from, has against it.
    pub(crate) fn refusal(&self, request: Request<'_>) -> Option<Refusal> {
        let specifier = request.specifier;
        if is_relative(specifier) || specifier.starts_with('/') {
            return None;
        }
        if specifier.starts_with('#') {
            let (package, _) = self.packages.closest(request.origin)?;
            return self.refused(MapKind::Imports, &package, specifier, request);
        }
        let bare = BareSpecifier::parse(specifier);
        let mut folder = dirname(request.origin);
        loop {
            let root = join(&child(folder, "node_modules"), &bare.package).ok()?;
            if let Some(package) = self.packages.at(&root) {
                return self.refused(MapKind::Exports, &package, &bare.subpath, request);
            }
            if folder.is_empty() {
                return None;
            }
            folder = dirname(folder);
        }
    }

    fn refused(
        &self,
        kind: MapKind,
        package: &Package,
        subpath: &str,
        request: Request<'_>,
    ) -> Option<Refusal> {
        let field = kind.name();
        let reason = match package.fields.get(field).filter(|map| !map.is_null()) {
            Some(map) => self.resolve_map(kind, map, package, subpath, request.edge).err()?.reason,
            // Without exports every file of a package may be asked for.
            None if kind == MapKind::Exports => return None,
            None => format!("\"{subpath}\" is a private name, and there are no {field}"),
        };
        Some(Refusal { manifest: child(&package.root, "package.json"), reason })
    }
}
