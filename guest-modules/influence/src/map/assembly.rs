//! A page with its style sheets put together, in the order in which they count.

use super::address::{Target, resolve};
use super::limits::IMPORT_DEPTH_MAX;
use super::load::{Read, SheetContent};
use crate::cascade::{Layers, Loaded, Page, Source, SourceKind};
use crate::css::{ConditionId, Item};
use html5ever::interface::QuirksMode;

impl Read {
    /// The page with its sheets in order; none where there is no such page.
    pub(crate) fn assemble(&self, path: &str) -> Option<(Page<'_>, bool)> {
        let (path, file) = self.pages.get_key_value(path)?;
        let quirks = file.document.quirks == QuirksMode::Quirks;
        let mut assembly = Assembly {
            read: self,
            quirks,
            sources: Vec::new(),
            loaded: Vec::new(),
            layers: Layers::default(),
            cut: false,
        };
        for one in &file.sheets {
            let conditions: Vec<ConditionId> = one.media.into_iter().collect();
            match &one.content {
                SheetContent::Text(content) => {
                    let line = file.document.node(one.element).map_or(0, |node| node.line);
                    let source = Source {
                        path,
                        sheet: &content.1,
                        kind: SourceKind::Element(one.element),
                        text: &content.0,
                        lines_before: line.saturating_sub(1),
                    };
                    assembly.add(source, conditions, None, &mut Vec::new());
                }
                SheetContent::File(target) => assembly.file(target, conditions, None, &mut Vec::new()),
            }
        }
        let Assembly { sources, loaded, layers, cut, .. } = assembly;
        let mut page = Page::new(&file.document, sources, &loaded, layers, (&self.conditions, &self.budget));
        page.inline = &file.inline;
        Some((page, cut))
    }
}

struct Assembly<'a> {
    read: &'a Read,
    quirks: bool,
    sources: Vec<Source<'a>>,
    loaded: Vec<Loaded>,
    layers: Layers,
    cut: bool,
}

impl<'a> Assembly<'a> {
    fn file(
        &mut self,
        path: &str,
        conditions: Vec<ConditionId>,
        layer: Option<u32>,
        chain: &mut Vec<String>,
    ) {
        let found = self.read.sheets.get_key_value(&(path.to_owned(), self.quirks));
        let Some(((path, _), (text, sheet))) = found else { return };
        let source = Source { path, sheet, kind: SourceKind::File, text, lines_before: 0 };
        self.add(source, conditions, layer, chain);
    }

    /// What a sheet imports comes before what it says itself.
    fn add(
        &mut self,
        source: Source<'a>,
        conditions: Vec<ConditionId>,
        layer: Option<u32>,
        chain: &mut Vec<String>,
    ) {
        // A sheet that imports itself, over others or not, is not read again.
        if chain.iter().any(|path| path == source.path) && source.kind == SourceKind::File {
            return;
        }
        if u32::try_from(chain.len()).is_ok_and(|depth| depth >= IMPORT_DEPTH_MAX) {
            self.cut = true;
            return;
        }
        chain.push(source.path.to_owned());
        let at = self.sources.len();
        let (path, sheet) = (source.path, source.sheet);
        self.sources.push(source);
        let base = match self.sources.get(at).map(|source| &source.kind) {
            Some(SourceKind::Element(_)) => self.read.pages.get(path).and_then(|page| page.base.clone()),
            _ => None,
        };
        for item in &sheet.items {
            match item {
                Item::Layer(id) => {
                    self.layers.enter(layer, sheet.layers.get(crate::at(*id)), at);
                }
                Item::Import(import) => {
                    let inner = match import.layer {
                        Some(id) => self.layers.enter(layer, sheet.layers.get(crate::at(id)), at),
                        None => layer,
                    };
                    let mut all = conditions.clone();
                    all.extend(import.conditions.iter().filter(|id| !conditions.contains(id)));
                    if let Target::Path(target) = resolve(path, base.as_deref(), &import.url) {
                        self.file(&target, all, inner, chain);
                    }
                }
                // Layers behind it come before those of the next sheet all the same.
                Item::Rule(_) => {}
            }
        }
        chain.pop();
        self.loaded.push(Loaded { source: at, conditions, layer });
    }
}
