//! Files and folders: platform extensions, scales of assets, index files, main files.

use super::redirect::{Redirect, main_file};
use super::{Resolver, Target, Unresolved};
use crate::image::Found;
use crate::paths::{basename, child, dirname, extension, join};

/// The scales an asset may have, as they are written in file names.
const SCALES: [&str; 5] = ["1", "1.5", "2", "3", "4"];

impl Resolver<'_> {
    /// The file `name` in `folder`: as it is written, then with each source extension, the
    /// platform's variant first. What was looked for goes to `tried`.
    pub(super) fn resolve_file(&self, folder: &str, name: &str, tried: &mut Vec<String>) -> Option<Target> {
        let path = child(folder, name);
        if self.settings.is_asset(name) {
            let target = self.resolve_asset(&path);
            if target.is_none() {
                tried.push(path);
            }
            return target;
        }
        if let Some(target) = self.resolve_exact(&path, tried) {
            return Some(target);
        }
        // Most packages replace nothing, and a candidate is in its folder's package.
        let redirects = self
            .packages
            .closest(folder)
            .is_some_and(|(package, _)| package.has_redirects(self.settings.main_fields));
        for source_extension in self.settings.source_extensions {
            for variant in self.settings.variants {
                let candidate = format!("{path}{variant}.{source_extension}");
                let candidate = match redirects.then(|| self.redirect_path(&candidate)) {
                    Some(Redirect::Empty) => return Some(Target::Empty),
                    Some(Redirect::To(redirected)) => redirected,
                    None => candidate,
                };
                if let Some(target) = self.resolve_exact(&candidate, tried) {
                    return Some(target);
                }
            }
        }
        None
    }

    fn resolve_exact(&self, path: &str, tried: &mut Vec<String>) -> Option<Target> {
        let target = self.image.file(path).map(Target::File);
        if target.is_none() {
            tried.push(path.to_owned());
        }
        target
    }

    /// Any scale of the asset at `path`; the lowest path stands for them all.
    pub(super) fn resolve_asset(&self, path: &str) -> Option<Target> {
        let ending = extension(path);
        let stem = basename(path).strip_suffix(ending)?.strip_suffix('.')?;
        if has_scale(stem) {
            return None;
        }
        let folder = dirname(path);
        let plain = std::iter::once(child(folder, &format!("{stem}.{ending}")));
        let scaled = SCALES.iter().map(|scale| child(folder, &format!("{stem}@{scale}x.{ending}")));
        let found = plain.chain(scaled).filter_map(|candidate| self.image.file(&candidate)).min();
        found.map(Target::File)
    }

    /// The folder at `path`: its manifest's main file, or its index file.
    pub(super) fn resolve_folder(
        &self,
        path: &str,
        tried: &mut Vec<String>,
    ) -> Result<Option<Target>, Unresolved> {
        let Some(Found::Directory(folder)) = self.image.lookup(path) else { return Ok(None) };
        let Some(package) = self.packages.at(&folder) else {
            return Ok(self.resolve_file(&folder, "index", tried));
        };
        let main = main_file(&package, &self.settings);
        let main_path = join(&package.root, &main).map_err(|_| Unresolved::Escapes)?;
        let found = self
            .resolve_file(dirname(&main_path), basename(&main_path), tried)
            .or_else(|| self.resolve_file(&main_path, "index", tried));
        match found {
            Some(target) => Ok(Some(target)),
            None => Err(Unresolved::InvalidPackage { manifest: child(&package.root, "package.json"), main }),
        }
    }
}

/// Whether a name without its extension ends in `@2x` or the like.
fn has_scale(stem: &str) -> bool {
    let Some((_, scale)) = stem.rsplit_once('@') else { return false };
    let Some(number) = scale.strip_suffix('x') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    }
}
