//! The image of a project, and what of it a next build may take over.
//!
//! **Invariant:** packages are taken over only for the same folder, and only when whoever
//! asks knows that none has changed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hivesync_image::pack::{Allows, LayerKind, PackOptions, PackedImage, PackedLayer, pack, repack};
use hivesync_sandbox::Module;

use crate::blocking::blocking;
use crate::error::BuildError;
use crate::known::{self, About};
use crate::preview::PreviewOptions;
use crate::report::ImageReport;
use crate::workspace::Workspace;

/// What is known of a project's packages.
#[derive(Debug)]
pub(crate) enum Packages {
    /// Nothing: they are listed.
    Listed,
    /// They are those of the last image.
    AsBefore,
    /// They are these.
    Kept(Vec<PackedLayer>),
}

/// What is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) workspace: Workspace,
    /// Where its packages were restored.
    pub(crate) restored: Option<PathBuf>,
    /// With what its image is kept for changes to come; none not to keep it.
    pub(crate) about: Option<About>,
}

impl Tree {
    fn is_same_place(&self, other: &Self) -> bool {
        (&self.workspace, &self.restored) == (&other.workspace, &other.restored)
    }
}

/// The layers of packages of the last image, with the tree they are of.
#[derive(Debug, Default)]
pub(crate) struct LastPacked(Arc<Last>);

type Last = Mutex<Option<(Tree, Vec<PackedLayer>)>>;

impl LastPacked {
    /// Packs a tree. `for_whom` is what the image is made for: its policy says what may be in it.
    pub(crate) async fn pack(
        &self,
        (for_whom, module): (&PreviewOptions, &Module),
        tree: Tree,
        packages: Packages,
    ) -> Result<PackedImage, BuildError> {
        let (cache, threads) = (for_whom.cache.clone(), for_whom.threads);
        let now = (for_whom.clock)();
        let (module, last) = (module.clone(), Arc::clone(&self.0));
        blocking(move |canceled| {
            let options = PackOptions {
                root: &tree.workspace.root,
                app: &tree.workspace.app,
                restored: tree.restored.as_deref(),
                cache: &cache,
                threads,
                now,
                canceled,
                allows: Allows(&|path| module.policy().allows_project_path(path)),
            };
            let kept = match packages {
                Packages::Listed => None,
                Packages::AsBefore => kept_of(&last, &tree)?,
                Packages::Kept(kept) => Some(kept),
            };
            let packed = match kept {
                Some(kept) => repack(options, &kept)?,
                None => pack(options)?,
            };
            // A build does not fail for want of it.
            let _ = tree.about.as_ref().map(|about| known::keep(&cache, &packed, about));
            // The lock is not held while packing: others pack other trees meanwhile.
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some((tree, packages_of(&packed.layers)?));
            Ok(packed)
        })
        .await
    }
}

/// What may be taken over for a tree.
fn kept_of(last: &Last, tree: &Tree) -> Result<Option<Vec<PackedLayer>>, BuildError> {
    let last = last.lock().unwrap_or_else(PoisonError::into_inner);
    last.as_ref().filter(|(of, _)| of.is_same_place(tree)).map(|(_, layers)| packages_of(layers)).transpose()
}

fn packages_of(layers: &[PackedLayer]) -> Result<Vec<PackedLayer>, BuildError> {
    let packages = layers.iter().filter(|layer| layer.kind == LayerKind::Packages);
    Ok(packages.map(PackedLayer::again).collect::<Result<_, _>>()?)
}

/// What a report says of an image.
pub(crate) fn image_report(packed: &PackedImage, packages_restored: bool) -> ImageReport {
    let mut packages = packed.layers.iter().filter(|layer| layer.kind == LayerKind::Packages).peekable();
    ImageReport {
        entries: packed.entries(),
        bytes: packed.bytes(),
        packages_from_cache: packages.peek().is_some() && packages.all(|layer| layer.from_cache),
        packages_restored,
    }
}
