//! Metro's resolution over the image: one specifier as one file asks for it.
//!
//! This file holds the order of the steps; the steps are in their own files. What frameworks
//! put around Metro is in `framework`.
//!
//! **Invariant:** a resolved file is a real path of the image; resolving reads manifests and
//! nothing else.

mod builtin;
mod exports;
mod file;
mod framework;
mod installed;
mod linked;
pub(crate) mod native_config;
mod redirect;
mod refusal;
mod settings;
mod specifier;
mod sticky;
#[cfg(test)]
mod tests;
mod tsconfig;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::hash::PathMap;
use crate::image::Image;
use crate::packages::{Package, Packages};
use crate::paths::{basename, child, dirname, is_relative, join};
pub(crate) use builtin::is_builtin;
use exports::{MapFault, MapKind};
use linked::Installed;
use redirect::Redirect;
pub(crate) use refusal::Refusal;
pub(crate) use settings::Settings;
use specifier::BareSpecifier;
pub(crate) use tsconfig::PathAliases;

/// Which condition an edge adds to `exports` and `imports`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Edge {
    /// `require(…)`.
    Require,
    /// `import` in every form.
    Import,
}

/// What a specifier leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file by its real path; of an asset the lowest of its files.
    File(Rc<str>),
    /// A module without content.
    Empty,
    /// A module that stands in no file, by its name.
    Virtual(&'static str),
}

/// Why a specifier leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// None of these paths is a file.
    NoFile(Vec<String>),
    /// None of these folders has the package.
    NoPackage(Vec<String>),
    /// The relative path leaves the project.
    Escapes,
    /// A URL of this scheme.
    Scheme(String),
    /// A module of Node.js.
    Builtin(String),
    /// The manifest at `manifest` names a main file that is not there.
    InvalidPackage { manifest: String, main: String },
    /// A web build reached a module that only exists on devices.
    NativeOnly,
}

/// A specifier as one file writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The file that asks, by its real path.
    pub(crate) origin: &'a str,
    pub(crate) specifier: &'a str,
    pub(crate) edge: Edge,
}

pub(crate) type Answer = Result<Target, Unresolved>;

/// How transformed code asks for the module behind `import()`.
const METRO_ASYNC_REQUIRE: &str = "metro-runtime/src/modules/asyncRequire";

type CacheKey = (Edge, String);

/// The resolver of one build.
pub(crate) struct Resolver<'a> {
    image: &'a Image,
    packages: &'a Packages<'a>,
    settings: Settings,
    aliases: Option<PathAliases>,
    /// Answers by folder of the origin, then by edge and specifier.
    answers: RefCell<PathMap<String, PathMap<CacheKey, Answer>>>,
    sticky: RefCell<PathMap<String, Option<Rc<str>>>>,
    installed: Installed,
    fallbacks: RefCell<BTreeSet<(String, String)>>,
    /// Fallbacks are remembered once the framework's trials are over.
    trials: Cell<u32>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        image: &'a Image,
        packages: &'a Packages<'a>,
        settings: Settings,
        aliases: Option<PathAliases>,
    ) -> Self {
        Self {
            image,
            packages,
            settings,
            aliases,
            answers: RefCell::default(),
            sticky: RefCell::default(),
            installed: Installed::default(),
            fallbacks: RefCell::default(),
            trials: Cell::new(0),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Packages whose `exports` or `imports` did not list what was asked of them, with the reason.
    pub(crate) fn take_fallbacks(&self) -> BTreeSet<(String, String)> {
        self.fallbacks.take()
    }

    /// Resolves with everything the framework adds.
    pub(crate) fn resolve(&self, request: Request<'_>) -> Answer {
        if request.specifier == METRO_ASYNC_REQUIRE {
            return Ok(self.async_require());
        }
        let folder = dirname(request.origin);
        let key = (request.edge, request.specifier.to_owned());
        if let Some(answer) = self.answers.borrow().get(folder).and_then(|known| known.get(&key)) {
            return answer.clone();
        }
        let answer = self.resolve_in_framework(request);
        let mut answers = self.answers.borrow_mut();
        answers.entry(folder.to_owned()).or_default().insert(key, answer.clone());
        answer
    }

    /// Metro's own module behind `import()` comes from where Metro is installed.
    fn async_require(&self) -> Target {
        if self.settings.splits() {
            return Target::Virtual(crate::virtual_modules::PARTS_LOADER);
        }
        match self.metro_runtime_file("src/modules/asyncRequire.js") {
            Some(path) => Target::File(Rc::from(path)),
            None => Target::Virtual(crate::virtual_modules::ASYNC_REQUIRE),
        }
    }

    /// Metro's own resolution, without what frameworks add.
    pub(crate) fn resolve_strictly(&self, request: Request<'_>) -> Answer {
        let Request { origin, specifier, .. } = request;
        if is_relative(specifier) {
            let joined = join(dirname(origin), specifier).map_err(|_| Unresolved::Escapes)?;
            return self.resolve_path(&joined, specifier.ends_with('/'));
        }
        if let Some(rooted) = specifier.strip_prefix('/') {
            return self.resolve_path(rooted, rooted.ends_with('/'));
        }
        let scheme = specifier::scheme(specifier);
        if specifier.starts_with('#') {
            if let Some(target) = self.resolve_import_map(request)? {
                return Ok(target);
            }
        } else if let Some(scheme) = scheme
            && scheme != "node"
        {
            return Err(Unresolved::Scheme(scheme.to_owned()));
        }
        self.resolve_bare(request)
    }

    fn resolve_bare(&self, request: Request<'_>) -> Answer {
        let Request { origin, specifier, .. } = request;
        let closest = self.packages.closest(origin).map(|(package, _)| package);
        let redirect =
            closest.as_ref().and_then(|package| redirect::replacement(package, &[specifier], &self.settings));
        let redirected = match redirect {
            Some(Redirect::Empty) => return Ok(Target::Empty),
            Some(Redirect::To(target)) => Some(target),
            None => None,
        };
        if let (Some(target), Some(package)) = (&redirected, &closest)
            && is_relative(target)
        {
            let joined = join(&package.root, target).map_err(|_| Unresolved::Escapes)?;
            return self.resolve_path(&joined, false);
        }
        let bare = BareSpecifier::parse(redirected.as_deref().unwrap_or(specifier));
        if let Some(target) = closest.and_then(|package| self.resolve_self(&package, &bare, request)) {
            return Ok(target);
        }
        self.resolve_in_ancestors(&bare, request)
    }

    /// A package that asks for itself by name is served by its own `exports`.
    fn resolve_self(&self, package: &Package, bare: &BareSpecifier, request: Request<'_>) -> Option<Target> {
        let exports = package.fields.get("exports").filter(|exports| !exports.is_null())?;
        if package.text("name") != Some(bare.package.as_str()) {
            return None;
        }
        match self.resolve_map(MapKind::Exports, exports, package, &bare.subpath, request.edge) {
            Ok(target) => Some(target),
            Err(fault) => {
                self.remember_fallback(package, fault);
                None
            }
        }
    }

    fn resolve_in_ancestors(&self, bare: &BareSpecifier, request: Request<'_>) -> Answer {
        let mut looked_in = Vec::new();
        let mut folder = dirname(request.origin);
        loop {
            let modules = child(folder, "node_modules");
            if self.image.directory(&modules).is_some() {
                if let Some(target) = self.resolve_in_modules(&modules, bare, request)? {
                    return Ok(target);
                }
                looked_in.push(modules);
            }
            if folder.is_empty() {
                return self.resolve_in_shared(bare, request, looked_in);
            }
            folder = dirname(folder);
        }
    }

    /// The folders that serve every module after those above it: in a workspace Expo lets a
    /// member use what the app alone has installed.
    fn resolve_in_shared(
        &self,
        bare: &BareSpecifier,
        request: Request<'_>,
        mut looked_in: Vec<String>,
    ) -> Answer {
        for modules in &self.settings.shared_modules {
            if looked_in.contains(modules) || self.image.directory(modules).is_none() {
                continue;
            }
            if let Some(target) = self.resolve_in_modules(modules, bare, request)? {
                return Ok(target);
            }
            looked_in.push(modules.clone());
        }
        Err(Unresolved::NoPackage(looked_in))
    }

    fn resolve_in_modules(
        &self,
        modules: &str,
        bare: &BareSpecifier,
        request: Request<'_>,
    ) -> Result<Option<Target>, Unresolved> {
        if bare.needs_folder() && self.image.directory(&child(modules, &bare.first)).is_none() {
            return Ok(None);
        }
        let Ok(path) = join(modules, &bare.whole) else { return Ok(None) };
        let path = match self.redirect_path(&path) {
            Redirect::Empty => return Ok(Some(Target::Empty)),
            Redirect::To(path) => path,
        };
        if let Some(target) = self.resolve_exported(&path, request) {
            return Ok(Some(target));
        }
        match self.resolve_path(&path, bare.whole.ends_with('/')) {
            Ok(target) => Ok(Some(target)),
            Err(Unresolved::NoFile(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// A path inside a package by the package's `exports`, when it has them and they match.
    fn resolve_exported(&self, path: &str, request: Request<'_>) -> Option<Target> {
        let (package, inside) = self.packages.closest(path)?;
        let exports = package.fields.get("exports").filter(|exports| !exports.is_null())?;
        let subpath = if inside.is_empty() { ".".to_owned() } else { format!("./{inside}") };
        match self.resolve_map(MapKind::Exports, exports, &package, &subpath, request.edge) {
            Ok(target) => Some(target),
            Err(fault) => {
                self.remember_fallback(&package, fault);
                None
            }
        }
    }

    fn resolve_import_map(&self, request: Request<'_>) -> Result<Option<Target>, Unresolved> {
        let closest = self.packages.closest(request.origin).map(|(package, _)| package);
        let Some(package) = closest else { return Err(Unresolved::NoPackage(Vec::new())) };
        let Some(imports) = package.fields.get("imports").filter(|imports| !imports.is_null()) else {
            return Err(Unresolved::NoPackage(Vec::new()));
        };
        match self.resolve_map(MapKind::Imports, imports, &package, request.specifier, request.edge) {
            Ok(target) => Ok(Some(target)),
            Err(fault) => {
                self.remember_fallback(&package, fault);
                Ok(None)
            }
        }
    }

    fn remember_fallback(&self, package: &Package, fault: MapFault) {
        if self.trials.get() == 0 {
            let manifest = child(&package.root, "package.json");
            self.fallbacks.borrow_mut().insert((manifest, fault.reason));
        }
    }

    /// Tries a resolution whose failure is expected.
    fn attempt(&self, request: Request<'_>) -> Option<Target> {
        self.trials.set(self.trials.get().saturating_add(1));
        let answer = self.resolve_strictly(request).ok();
        self.trials.set(self.trials.get().saturating_sub(1));
        answer
    }

    /// A path without a package in front: the file, then the folder.
    fn resolve_path(&self, path: &str, is_folder: bool) -> Answer {
        let path = match self.redirect_path(path) {
            Redirect::Empty => return Ok(Target::Empty),
            Redirect::To(path) => path,
        };
        let mut tried = Vec::new();
        if !is_folder && let Some(target) = self.resolve_file(dirname(&path), basename(&path), &mut tried) {
            return Ok(target);
        }
        match self.resolve_folder(&path, &mut tried)? {
            Some(target) => Ok(target),
            None => Err(Unresolved::NoFile(tried)),
        }
    }
}
