//! The parts of a map that are functions of a few files, as they are kept.

use std::borrow::Cow;

use super::super::address::Target;
use super::super::diagnostics::Diagnostic;
use super::super::id::Id;
use super::super::links::Link;
use super::wire::{Reader, Writer};
use crate::code::{
    Binding, Declared, DeclaredKind, Decorated, Event, Import, ImportKind, Outline, Route, Use,
};

/// What a map says of a page: its elements, the rules that mean them, and its cascade.
#[derive(Debug)]
pub(crate) struct PagePart<'k> {
    pub(crate) elements: usize,
    /// What matching has cost.
    pub(crate) tests: u64,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) links: Vec<Link>,
    pub(crate) nodes: Vec<(Id, &'k str)>,
    pub(crate) edges: Vec<(Id, &'k str)>,
    /// Its own object among the pages.
    pub(crate) text: &'k str,
}

/// What a map says of a sheet beside the rules that pages use.
#[derive(Debug)]
pub(crate) struct SheetPart {
    pub(crate) declarations: usize,
    pub(crate) selectors: usize,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) links: Vec<Link>,
}

impl<'k> PagePart<'k> {
    pub(super) fn read(reader: &mut Reader<'k>, path: &str) -> Option<Self> {
        let pieces = |reader: &mut Reader<'k>| reader.list(|reader| Some((reader.id()?, reader.text()?)));
        Some(Self {
            elements: reader.count()?,
            tests: reader.number()?,
            diagnostics: diagnostics(reader, path)?,
            links: links(reader)?,
            nodes: pieces(reader)?,
            edges: pieces(reader)?,
            text: reader.text()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.count(self.elements);
        writer.number(self.tests);
        write_diagnostics(writer, &self.diagnostics);
        write_links(writer, &self.links);
        for pieces in [&self.nodes, &self.edges] {
            writer.list(pieces.iter(), |writer, (id, text)| {
                writer.id(*id);
                writer.text(text);
            });
        }
        writer.text(self.text);
    }
}

impl SheetPart {
    pub(super) fn read(reader: &mut Reader<'_>, path: &str) -> Option<Self> {
        Some(Self {
            declarations: reader.count()?,
            selectors: reader.count()?,
            diagnostics: diagnostics(reader, path)?,
            links: links(reader)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.count(self.declarations);
        writer.count(self.selectors);
        write_diagnostics(writer, &self.diagnostics);
        write_links(writer, &self.links);
    }
}

/// All about the file itself.
fn write_diagnostics(writer: &mut Writer, all: &[Diagnostic]) {
    writer.list(all.iter(), |writer, one| {
        writer.number(one.line);
        writer.number(one.column);
        writer.text(&one.code);
        writer.text(&one.message);
    });
}

fn diagnostics(reader: &mut Reader<'_>, path: &str) -> Option<Vec<Diagnostic>> {
    reader.list(|reader| {
        Some(Diagnostic {
            path: path.to_owned(),
            line: reader.small()?,
            column: reader.small()?,
            code: Cow::Owned(reader.owned()?),
            message: reader.owned()?,
        })
    })
}

fn write_links(writer: &mut Writer, all: &[Link]) {
    writer.list(all.iter(), |writer, link| {
        writer.number(link.line);
        writer.number(link.kind);
        writer.flag(link.css);
        match &link.target {
            Target::Nothing => writer.number(0_u64),
            Target::Path(path) => {
                writer.number(1_u64);
                writer.text(path);
            }
            Target::External { url, domain } => {
                writer.number(2_u64);
                writer.text(url);
                writer.text(domain);
            }
        }
    });
}

fn links(reader: &mut Reader<'_>) -> Option<Vec<Link>> {
    reader.list(|reader| {
        Some(Link {
            line: reader.small()?,
            kind: reader.small()?,
            css: reader.flag()?,
            target: match reader.number()? {
                0 => Target::Nothing,
                1 => Target::Path(reader.owned()?),
                2 => Target::External { url: reader.owned()?, domain: reader.owned()? },
                _ => return None,
            },
        })
    })
}

const IMPORTS: [ImportKind; 6] = [
    ImportKind::Static,
    ImportKind::Reexport,
    ImportKind::Type,
    ImportKind::Dynamic,
    ImportKind::Require,
    ImportKind::Reference,
];
const DECLARED: [DeclaredKind; 3] = [DeclaredKind::Function, DeclaredKind::Class, DeclaredKind::Component];

/// Writes what was found in a file of code. One that was cut is not kept.
pub(super) fn write_outline(writer: &mut Writer, outline: &Outline) {
    writer.list(outline.imports.iter(), |writer, import| {
        writer.text(&import.specifier);
        writer.count(IMPORTS.iter().position(|kind| *kind == import.kind).unwrap_or_default());
        writer.number(import.line);
    });
    writer.list(outline.bindings.iter(), |writer, binding| {
        writer.text(&binding.local);
        writer.text(&binding.imported);
        writer.count(binding.import);
    });
    writer.list(outline.declared.iter(), |writer, declared| {
        writer.text(&declared.name);
        writer.count(DECLARED.iter().position(|kind| *kind == declared.kind).unwrap_or_default());
        writer.maybe(declared.exported.as_deref(), Writer::text);
        writer.number(declared.line);
    });
    writer.list(outline.uses.iter(), |writer, one| {
        writer.maybe(one.within, Writer::count);
        writer.text(&one.name);
        writer.flag(one.element);
        writer.number(one.line);
    });
    writer.list(outline.events.iter(), |writer, event| {
        writer.maybe(event.within, Writer::count);
        writer.text(&event.name);
        writer.text(&event.handler);
        writer.number(event.line);
    });
    writer.list(outline.routes.iter(), |writer, route| {
        writer.text(&route.path);
        writer.maybe(route.method.as_deref(), Writer::text);
        writer.maybe(route.shows.as_deref(), Writer::text);
        writer.number(route.line);
    });
    writer.list(outline.decorated.iter(), |writer, one| {
        writer.count(one.class);
        writer.text(&one.selector);
        writer.maybe(one.template_url.as_deref(), Writer::text);
        writer.maybe(one.template.as_ref(), |writer, (text, line)| {
            writer.text(text);
            writer.number(*line);
        });
        writer.list(one.style_urls.iter(), |writer, url| writer.text(url));
        writer.number(one.line);
    });
    writer.list(outline.urls.iter(), |writer, (url, line)| {
        writer.text(url);
        writer.number(*line);
    });
}

pub(super) fn outline(reader: &mut Reader<'_>) -> Option<Outline> {
    let imports = reader.list(|reader| {
        let specifier = reader.owned()?;
        let kind = *IMPORTS.get(reader.count()?)?;
        Some(Import { specifier, kind, line: reader.small()? })
    })?;
    let bindings = reader.list(|reader| {
        Some(Binding { local: reader.owned()?, imported: reader.owned()?, import: reader.count()? })
    })?;
    let declared = reader.list(|reader| {
        let name = reader.owned()?;
        let kind = *DECLARED.get(reader.count()?)?;
        Some(Declared { name, kind, exported: reader.maybe(Reader::owned)?, line: reader.small()? })
    })?;
    let uses = reader.list(|reader| {
        let within = reader.maybe(Reader::count)?;
        Some(Use { within, name: reader.owned()?, element: reader.flag()?, line: reader.small()? })
    })?;
    let events = reader.list(|reader| {
        let within = reader.maybe(Reader::count)?;
        Some(Event { within, name: reader.owned()?, handler: reader.owned()?, line: reader.small()? })
    })?;
    let routes = reader.list(|reader| {
        let path = reader.owned()?;
        let method = reader.maybe(Reader::owned)?.map(Cow::Owned);
        Some(Route { path, method, shows: reader.maybe(Reader::owned)?, line: reader.small()? })
    })?;
    let decorated = reader.list(|reader| {
        Some(Decorated {
            class: reader.count()?,
            selector: reader.owned()?,
            template_url: reader.maybe(Reader::owned)?,
            template: reader.maybe(|reader| Some((reader.owned()?, reader.small()?)))?,
            style_urls: reader.list(Reader::owned)?,
            line: reader.small()?,
        })
    })?;
    let urls = reader.list(|reader| Some((reader.owned()?, reader.small()?)))?;
    Some(Outline { imports, bindings, declared, uses, events, routes, decorated, urls, cut: false })
}
