//! The escape hatch: where the app's Babel configuration names plugins that the transform does
//! not know, the app's own files go through them first, in the host's pure plugin module.
//!
//! Files of packages never do. What is decided here is only which programs and which files take
//! part; nothing of the project runs here.
//!
//! **Invariant:** a file is handed over at most once, and in an order that depends on the
//! sources alone.

mod node;
mod programs;
mod specifiers;
mod styles;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use hivesync_guest::info;

use crate::config::{babel_file, babel_known};
use crate::image::Image;
use crate::packages::Packages;
use crate::paths::in_package;
use crate::resolve::{Edge, Request, Resolver, Target};
use crate::source::kind_of;
use crate::wire::{PluginOptions, SourceKind};
use crate::{Diagnostic, Host, Platform};
pub(crate) use programs::is_installed;
pub(crate) use styles::Styles;

/// Files that one call may name.
const FILES_PER_CALL_MAX: usize = 4096;

/// The app's own plugins, and what became of the files they were run on.
pub(crate) struct Plugins {
    options: PluginOptions,
    asked: RefCell<BTreeMap<String, Vec<Diagnostic>>>,
}

impl Plugins {
    /// The plugins of the app's configuration; none when it names none that the transform does
    /// not know or, where it compiles decorators, none but theirs, or when the compiler that runs them is not installed.
    pub(crate) fn read(
        host: &dyn Host,
        image: &Image,
        packages: &Packages<'_>,
        build: (Platform, bool, &[(String, String)]),
        compiles_decorators: bool,
    ) -> Option<Self> {
        let file = babel_file(image)?;
        let programs = programs::collect(host, image, packages, &file, compiles_decorators)?;
        let (platform, dev, env) = build;
        let known = babel_known().map(str::to_owned).collect();
        let options = PluginOptions {
            programs: programs.list,
            compiler: programs.compiler,
            platform,
            dev,
            env: env.to_vec(),
            known,
        };
        info!(
            host,
            "build plugins of {file} run on the app's own files: {} programs",
            options.programs.len()
        );
        Some(Self { options, asked: RefCell::default() })
    }

    /// Has the plugins run on those of `paths` that are the app's own, and on every file of the
    /// app that they seem to lead to, so that one call does for many waves.
    pub(crate) fn rewrite<'p>(
        &self,
        host: &dyn Host,
        resolver: &Resolver<'_>,
        paths: impl Iterator<Item = &'p str>,
    ) -> Vec<Diagnostic> {
        let new = self.reached(host, resolver, paths);
        let mut faults = Vec::new();
        for chunk in new.chunks(FILES_PER_CALL_MAX) {
            let answers = match host.rewrite(chunk, &self.options) {
                Ok(answers) => answers,
                Err(whole) => {
                    faults.extend(whole);
                    continue;
                }
            };
            let mut asked = self.asked.borrow_mut();
            for (path, answer) in chunk.iter().zip(answers) {
                asked.insert(path.clone(), answer.err().unwrap_or_default());
            }
        }
        faults
    }

    /// What the plugins had against `path`, told once.
    pub(crate) fn take_faults(&self, path: &str) -> Vec<Diagnostic> {
        self.asked.borrow_mut().get_mut(path).map(std::mem::take).unwrap_or_default()
    }

    /// Files that were not handed over yet, in ascending order.
    fn reached<'p>(
        &self,
        host: &dyn Host,
        resolver: &Resolver<'_>,
        paths: impl Iterator<Item = &'p str>,
    ) -> Vec<String> {
        let mut asked = self.asked.borrow_mut();
        let mut waiting: Vec<String> = paths.map(str::to_owned).collect();
        let mut new = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            if asked.contains_key(&path) || !is_own_source(&path, resolver) {
                continue;
            }
            let Ok(bytes) = host.read(&path) else { continue };
            asked.insert(path.clone(), Vec::new());
            let text = String::from_utf8_lossy(&bytes);
            for specifier in specifiers::imported(&text) {
                let request = Request { origin: &path, specifier, edge: Edge::Import };
                if let Ok(Target::File(target)) = resolver.resolve(request) {
                    waiting.push(target.to_string());
                }
            }
            new.insert(path);
        }
        new.into_iter().collect()
    }
}

fn is_own_source(path: &str, resolver: &Resolver<'_>) -> bool {
    let kind = kind_of(path, resolver.settings());
    let is_script = matches!(kind, SourceKind::Script | SourceKind::Typescript | SourceKind::Tsx);
    is_script && !in_package(path) && !crate::virtual_modules::is_virtual(path)
}

#[cfg(test)]
mod tests;
