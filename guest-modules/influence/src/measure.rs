//! The parts of a map one by one, so that each can be measured: for `examples/figures.rs`.
//!
//! It is no part of the module, which is built for another target.

use crate::ProjectFiles;
use crate::cascade::{Budget, Looking, Matched, walk};
use crate::map::{Mutes, Project, Read};

/// A project as it was read.
#[derive(Debug)]
pub struct Subject(Read);

impl Subject {
    /// Reads it.
    #[must_use]
    pub fn new(project: ProjectFiles) -> Self {
        let files = project.files.into_iter().map(|file| (file.path, file.bytes));
        Self(Read::new(&Project::new(files, project.names)))
    }

    /// How many selectors mean how many elements, looked up as a map does it.
    #[must_use]
    pub fn matches(&mut self) -> usize {
        self.pairs(Looking::Up)
    }

    /// The same by trying every selector on every element.
    #[must_use]
    pub fn matches_naively(&mut self) -> usize {
        self.pairs(Looking::Everywhere)
    }

    fn pairs(&mut self, looking: Looking) -> usize {
        self.0.budget = Budget::default();
        let of = |found: &Matched<'_>| {
            found.own.len() + found.pseudos.iter().map(|(_, all)| all.len()).sum::<usize>()
        };
        let mut pairs = 0;
        for path in self.0.pages.keys() {
            if let Some((page, _)) = self.0.assemble(path) {
                walk(&page, looking, |_, found| pairs += of(&found));
            }
        }
        pairs
    }

    /// Its pages, with rules that can be switched off.
    #[must_use]
    pub fn mutes(&self) -> Mutes<'_> {
        Mutes::new(&self.0)
    }
}
