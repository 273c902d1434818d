//! What a map leaves for the next one of the same project: of every page its part of the map,
//! of every sheet what is said about it, of every file of code its outline.
//!
//! An entry names the content of the files that it was made of, and holds as long as all of
//! them are the same; a page depends on the sheets that its cascade asks for, also on those that
//! are not there. What depends on the whole project, such as where an import leads, is not kept.
//! A map that met a threshold leaves nothing, because a threshold counts what all files together
//! are.
//!
//! **Invariant:** a map that is made of what an earlier one left has the bytes of a whole one,
//! and leaves what a whole one leaves where all of that fits.

mod part;
#[cfg(test)]
mod tests;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::diagnostics::Diagnostic;
use super::files::Digests;
use super::id::Id;
use super::links;
use super::load::Read;
use super::nodes::Graph;
use super::{Depth, limits};
use crate::code::Outline;
use wire::{Reader, Writer};

pub(crate) use part::{PagePart, SheetPart};

/// The version of this form; one that another module left is nothing.
const FORM: &str = "archmap-kept/3";

/// What an entry is about. Small and often used ones come first, because not all may fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Code,
    Sheet,
    Page,
}

impl About {
    const ALL: [Self; 3] = [Self::Code, Self::Sheet, Self::Page];

    fn number(self) -> u64 {
        match self {
            Self::Code => 0,
            Self::Sheet => 1,
            Self::Page => 2,
        }
    }
}

/// What an earlier map left and what still holds of it.
#[derive(Debug, Default)]
pub(crate) struct Kept<'k> {
    pages: BTreeMap<&'k str, PagePart<'k>>,
    sheets: BTreeMap<&'k str, SheetPart>,
    outlines: BTreeMap<&'k str, Outline>,
}

impl<'k> Kept<'k> {
    /// Reads what was left by a map of this depth. Whatever it is not sure of is not there.
    pub(super) fn of(left: &'k [u8], depth: Depth, digests: &Digests<'_>) -> (Self, Leaves<'k>) {
        let (mut kept, mut leaves) = (Self::default(), Leaves::default());
        let mut reader = Reader(left);
        if reader.text() != Some(FORM) || reader.number() != Some(number(depth)) {
            return (kept, leaves);
        }
        while let Some((about, path, entry)) = entry(&mut reader) {
            if kept.add(about, path, Reader(entry), digests).is_some() {
                leaves.entries.insert((about, path.to_owned()), Cow::Borrowed(entry));
            }
        }
        (kept, leaves)
    }

    /// Keeps an entry that can be read and holds.
    fn add(
        &mut self,
        about: About,
        path: &'k str,
        mut reader: Reader<'k>,
        digests: &Digests<'_>,
    ) -> Option<()> {
        let files = reader.list(|reader| Some((reader.text()?, reader.maybe(Reader::id)?)))?;
        let holds = files.iter().all(|(path, digest)| digests.get(path) == digest.as_ref());
        // One that names no file would hold for ever.
        if !holds || files.first().is_none_or(|(first, _)| *first != path) {
            return None;
        }
        match about {
            About::Code => {
                let outline = part::outline(&mut reader).filter(|_| reader.is_done())?;
                self.outlines.insert(path, outline);
            }
            About::Sheet => {
                let part = SheetPart::read(&mut reader, path).filter(|_| reader.is_done())?;
                self.sheets.insert(path, part);
            }
            About::Page => {
                let part = PagePart::read(&mut reader, path).filter(|_| reader.is_done())?;
                self.pages.insert(path, part);
            }
        }
        Some(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.sheets.is_empty() && self.outlines.is_empty()
    }

    pub(super) fn page(&self, path: &str) -> Option<&PagePart<'k>> {
        self.pages.get(path)
    }

    pub(super) fn sheet(&self, path: &str) -> Option<&SheetPart> {
        self.sheets.get(path)
    }

    /// The outline of a file of code; it is asked for once.
    pub(super) fn take_outline(&mut self, path: &str) -> Option<Outline> {
        self.outlines.remove(path)
    }

    /// Elements of all pages.
    pub(super) fn elements(&self) -> usize {
        self.pages.values().map(|part| part.elements).sum()
    }

    /// What is said of pages and sheets.
    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let sheets = self.sheets.values().flat_map(|part| &part.diagnostics);
        self.pages.values().flat_map(|part| &part.diagnostics).chain(sheets)
    }
}

/// What a map leaves.
#[derive(Debug, Default)]
pub(crate) struct Leaves<'k> {
    entries: BTreeMap<(About, String), Cow<'k, [u8]>>,
    bytes: usize,
}

impl Leaves<'_> {
    /// A page whose part of the map is the last `marks` of the graph's nodes and edges.
    pub(super) fn page(
        &mut self,
        path: &str,
        (read, digests): (&Read, &Digests<'_>),
        (graph, nodes, edges): (&Graph, usize, usize),
        (tests, text): (u64, &str),
    ) {
        let Some(page) = read.pages.get(path) else { return };
        let part = PagePart {
            elements: page.document.elements.len(),
            tests,
            diagnostics: read.said_of(path).cloned().collect(),
            links: links::of_page(path, page),
            nodes: graph.nodes.since(nodes).collect(),
            edges: graph.edges.since(edges).collect(),
            text,
        };
        let asked = read.asked_by(path, page);
        self.add(About::Page, path, asked.iter().map(String::as_str), digests, |writer| part.write(writer));
    }

    /// Every sheet that was read for itself.
    pub(super) fn sheets(&mut self, read: &Read, digests: &Digests<'_>, kept: &Kept<'_>) {
        let fresh = read.sheets.iter().filter(|((path, quirks), _)| !quirks && kept.sheet(path).is_none());
        for ((path, _), (_, sheet)) in fresh {
            let part = SheetPart {
                declarations: sheet.declarations,
                selectors: sheet.selectors,
                diagnostics: read.said_of(path).cloned().collect(),
                links: links::of_sheet(path, sheet),
            };
            self.add(About::Sheet, path, std::iter::empty(), digests, |writer| part.write(writer));
        }
    }

    pub(super) fn outline(&mut self, path: &str, outline: &Outline, digests: &Digests<'_>) {
        self.add(About::Code, path, std::iter::empty(), digests, |writer| {
            part::write_outline(writer, outline)
        });
    }

    fn add<'a>(
        &mut self,
        about: About,
        path: &'a str,
        asked: impl Iterator<Item = &'a str>,
        digests: &Digests<'_>,
        write: impl FnOnce(&mut Writer),
    ) {
        let files: Vec<&str> = std::iter::once(path).chain(asked).collect();
        let mut writer = Writer::default();
        writer.list(files.into_iter(), |writer, path| {
            writer.text(path);
            writer.maybe(digests.get(path).copied(), |writer: &mut Writer, id: Id| writer.id(id));
        });
        write(&mut writer);
        // A large site must not need twice its memory for what cannot be left anyway.
        if self.bytes.saturating_add(writer.0.len()) <= limits::KEPT_BYTES_MAX {
            self.bytes = self.bytes.saturating_add(writer.0.len());
            self.entries.insert((about, path.to_owned()), Cow::Owned(writer.0));
        }
    }

    /// As many entries as fit beside a map of so many bytes, in their order.
    pub(super) fn whole(&self, depth: Depth, map_bytes: usize) -> Vec<u8> {
        let room = limits::ANSWER_BYTES_MAX.saturating_sub(map_bytes).min(limits::KEPT_BYTES_MAX);
        let mut writer = Writer::default();
        writer.text(FORM);
        writer.number(number(depth));
        for ((about, path), entry) in &self.entries {
            // Two numbers and two lengths take no more.
            let more = path.len().saturating_add(entry.len()).saturating_add(32);
            if writer.0.len().saturating_add(more) > room {
                break;
            }
            writer.number(about.number());
            writer.text(path);
            writer.bytes(entry);
        }
        writer.0
    }
}

/// The next entry.
fn entry<'k>(reader: &mut Reader<'k>) -> Option<(About, &'k str, &'k [u8])> {
    let about = reader.number()?;
    let about = About::ALL.into_iter().find(|one| one.number() == about)?;
    Some((about, reader.text()?, reader.bytes()?))
}

fn number(depth: Depth) -> u64 {
    match depth {
        Depth::Off => 0,
        Depth::Basic => 1,
        Depth::Deep => 2,
    }
}
