//! The folder a build reads: the project's own, or one that is made of a known image and
//! what changed.

use std::path::{Path, PathBuf};

use hivesync_image::pack::PackedLayer;
use tempfile::TempDir;

use crate::blocking::blocking;
use crate::delta::{apply, unfold};
use crate::error::BuildError;
use crate::known::{self, About};
use crate::project::Project;
use crate::request::{Delta, Source};
use crate::restore;
use crate::workspace::Workspace;

/// A project on this disk.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// The folder with its `package.json`.
    pub(crate) folder: PathBuf,
    base: Option<Base>,
    /// Goes with the build.
    _work: Option<TempDir>,
}

/// What is known of the image that changes were made to.
#[derive(Debug)]
struct Base {
    about: About,
    packages: Vec<PackedLayer>,
}

impl Checkout {
    pub(crate) async fn of(source: &Source, cache: &Path) -> Result<Self, BuildError> {
        match source {
            Source::Folder(folder) => Ok(Self { folder: folder.clone(), base: None, _work: None }),
            Source::Delta(delta) => {
                let (delta, cache) = (delta.clone(), cache.to_owned());
                blocking(move |_| Self::changed(&delta, &cache)).await
            }
        }
    }

    fn changed(delta: &Delta, cache: &Path) -> Result<Self, BuildError> {
        let known = known::open(cache, &delta.base).ok_or(BuildError::BaseUnknown { base: delta.base })?;
        let write = |source| BuildError::Write { path: "the changed project".to_owned(), source };
        let work = known::work_folder(cache).map_err(write)?;
        unfold(known.sources, &known.about.beside, work.path()).map_err(write)?;
        apply(&delta.changes, work.path())?;
        let folder = work.path().join(&known.about.app);
        let base = Base { about: known.about, packages: known.packages };
        Ok(Self { folder, base: Some(base), _work: Some(work) })
    }

    /// The packages of the base, and whether they were restored; none when they are to be found
    /// as those of any folder are.
    pub(crate) fn packages(
        &mut self,
        project: &Project,
        workspace: &Workspace,
    ) -> Result<Option<(Vec<PackedLayer>, bool)>, BuildError> {
        let Some(base) = self.base.take() else { return Ok(None) };
        if base.packages.is_empty() || base.about.app != workspace.app {
            return Ok(None);
        }
        if let Some(wanted) = base.about.restored_for {
            let root = workspace.installing(project)?;
            if restore::wanted(root.as_ref().unwrap_or(project))? != wanted {
                return Ok(None);
            }
        }
        Ok(Some((base.packages, base.about.restored_for.is_some())))
    }
}
