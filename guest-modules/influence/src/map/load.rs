//! Reading: every document and every sheet of a project, and which sheets a page loads.

use std::collections::BTreeMap;

use super::address::{Target, resolve};
use super::files::{Kind, Project};
use super::limits::{DIAGNOSTICS_MAX, ELEMENTS_MAX, IMPORT_DEPTH_MAX, Limits};
use crate::cascade::{Budget, Layers, Loaded, Page, Source, SourceKind};
use crate::css::{self, Condition, ConditionId, Conditions, Declaration, Item, Properties, Reader, Sheet};
use crate::html::{self, Document, NodeId};
use html5ever::interface::QuirksMode;

/// Something to tell the author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Diagnostic {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// A page as it was read.
#[derive(Debug)]
pub(crate) struct PageFile {
    pub(crate) document: Document,
    /// The sheets of `style` elements and of files, in order of the document.
    pub(crate) sheets: Vec<SheetOf>,
    pub(crate) base: Option<String>,
    pub(crate) inline: Vec<(NodeId, String, Vec<Declaration>)>,
}

/// A sheet that an element names or holds.
#[derive(Debug)]
pub(crate) struct SheetOf {
    pub(crate) element: NodeId,
    pub(crate) media: Option<ConditionId>,
    pub(crate) content: SheetContent,
}

#[derive(Debug)]
pub(crate) enum SheetContent {
    /// Of a `style` element.
    Text(Box<(String, Sheet)>),
    File(String),
}

/// A project as it was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) pages: BTreeMap<String, PageFile>,
    /// By path and whether the page is in quirks mode, in which colours may lack their `#`.
    pub(crate) sheets: BTreeMap<(String, bool), (String, Sheet)>,
    pub(crate) properties: Properties,
    pub(crate) conditions: Conditions,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
}

impl Read {
    pub(crate) fn new(project: &Project) -> Self {
        let mut read = Self {
            pages: BTreeMap::new(),
            sheets: BTreeMap::new(),
            properties: Properties::default(),
            conditions: Conditions::default(),
            diagnostics: Vec::new(),
            limits: project.limits.clone(),
            budget: Budget::default(),
        };
        for (path, bytes) in &project.files {
            match Kind::of(path) {
                Kind::Css => {
                    let text = read.text(path, bytes);
                    read.sheet(path, text, false);
                }
                Kind::Html => {
                    let text = read.text(path, bytes);
                    read.page(path, &text);
                }
                Kind::Script | Kind::Data | Kind::Other => {}
            }
        }
        read.quirky_sheets(project);
        read.diagnostics.sort();
        read
    }

    pub(crate) fn page_paths(&self) -> Vec<String> {
        self.pages.keys().cloned().collect()
    }

    pub(crate) fn note(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() >= DIAGNOSTICS_MAX {
            self.limits.note("diagnostics");
            return;
        }
        self.diagnostics.push(diagnostic);
    }

    fn complain(&mut self, path: &str, line: u32, code: &'static str, message: &str) {
        let (path, message) = (path.to_owned(), message.to_owned());
        self.note(Diagnostic { path, line, column: 0, code, message });
    }

    fn text(&mut self, path: &str, bytes: &[u8]) -> String {
        let decoded = html::decode(bytes);
        if decoded.binary {
            self.complain(path, 0, "map.binary", "This file is no text; nothing was read from it.");
            return String::new();
        }
        if decoded.lossy {
            self.complain(path, 0, "map.encoding", "This file is not UTF-8; other bytes were replaced.");
        }
        decoded.text
    }

    fn sheet(&mut self, path: &str, text: String, quirks: bool) {
        let Some(base) = css::nowhere() else { return };
        let mut reader = Reader::new(&mut self.properties, &base, quirks);
        let sheet = css::parse(&text, &mut reader, &mut self.conditions);
        if !quirks {
            self.faults(path, &sheet, 0);
        }
        self.sheets.insert((path.to_owned(), quirks), (text, sheet));
    }

    fn faults(&mut self, path: &str, sheet: &Sheet, lines_before: u32) {
        if let Some(limit) = sheet.limit {
            self.limits.note(limit);
        }
        if sheet.nested_too_far {
            self.limits.note("nesting");
        }
        for fault in &sheet.faults {
            self.note(Diagnostic {
                path: path.to_owned(),
                line: fault.line.saturating_add(lines_before),
                column: fault.column,
                code: fault.code,
                message: fault.message.clone(),
            });
        }
    }

    fn page(&mut self, path: &str, text: &str) {
        let known: usize = self.pages.values().map(|page| page.document.elements.len()).sum();
        if known >= ELEMENTS_MAX {
            self.limits.note("elements");
            return;
        }
        let document = html::parse(text);
        if document.cut {
            self.limits.note("page-elements");
        }
        if document.tired {
            self.limits.note("page-nesting");
        }
        if document.flattened {
            self.limits.note("dom-depth");
        }
        let mut page = PageFile { document, sheets: Vec::new(), base: None, inline: Vec::new() };
        self.collect(path, &mut page);
        self.pages.insert(path.to_owned(), page);
    }

    /// Finds what the elements of a page say about style.
    fn collect(&mut self, path: &str, page: &mut PageFile) {
        let quirks = page.document.quirks == QuirksMode::Quirks;
        let Some(nowhere) = css::nowhere() else { return };
        let mut preferred: Option<String> = None;
        for id in page.document.elements.clone() {
            let Some(element) = page.document.element(id) else { continue };
            let line = page.document.node(id).map_or(0, |node| node.line);
            if let Some(style) = element.attribute("style").map(str::to_owned) {
                let mut reader = Reader::new(&mut self.properties, &nowhere, quirks);
                let declarations = css::parse_attribute(&style, &mut reader);
                page.inline.push((id, style, declarations));
            }
            let tag = &**element.tag();
            if tag == "base" && page.base.is_none() && element.is_html() {
                page.base = element.attribute("href").map(str::to_owned);
            }
            let Some(wanted) = wanted(element) else { continue };
            let title = element.attribute("title").filter(|title| !title.is_empty()).map(str::to_owned);
            if let Some(title) = title
                && *preferred.get_or_insert(title.clone()) != title
            {
                // A sheet of another set than the first one named waits until it is chosen.
                continue;
            }
            let media = element.attribute("media").map(squeeze).filter(|media| !media.is_empty());
            let media = media.map(|media| self.conditions.intern(Condition::Media(media)));
            let content = match wanted {
                Wanted::Text => {
                    let text = page.document.text(id);
                    let mut reader = Reader::new(&mut self.properties, &nowhere, quirks);
                    let sheet = css::parse(&text, &mut reader, &mut self.conditions);
                    self.faults(path, &sheet, line.saturating_sub(1));
                    SheetContent::Text(Box::new((text, sheet)))
                }
                Wanted::File(address) => match resolve(path, page.base.as_deref(), &address) {
                    Target::Path(target) => SheetContent::File(target),
                    Target::External { .. } | Target::Nothing => continue,
                },
            };
            page.sheets.push(SheetOf { element: id, media, content });
        }
    }

    /// Sheets of pages in quirks mode, which read lengths and colours differently.
    fn quirky_sheets(&mut self, project: &Project) {
        let mut wanted: Vec<String> = Vec::new();
        for page in self.pages.values().filter(|page| page.document.quirks == QuirksMode::Quirks) {
            wanted.extend(page.sheets.iter().filter_map(|sheet| match &sheet.content {
                SheetContent::File(path) => Some(path.clone()),
                SheetContent::Text(_) => None,
            }));
        }
        while let Some(path) = wanted.pop() {
            if self.sheets.contains_key(&(path.clone(), true)) {
                continue;
            }
            let Some(bytes) = project.files.get(&path) else { continue };
            // What is no text was said to be none when it was met first.
            let decoded = html::decode(bytes);
            self.sheet(&path, if decoded.binary { String::new() } else { decoded.text }, true);
            if let Some((_, sheet)) = self.sheets.get(&(path.clone(), true)) {
                wanted.extend(imports(&path, sheet));
            }
        }
    }
}

fn imports(path: &str, sheet: &Sheet) -> Vec<String> {
    let targets = sheet.items.iter().filter_map(|item| match item {
        Item::Import(import) => match resolve(path, None, &import.url) {
            Target::Path(target) => Some(target),
            Target::External { .. } | Target::Nothing => None,
        },
        _ => None,
    });
    targets.collect()
}

enum Wanted {
    Text,
    File(String),
}

/// Whether an element brings a sheet that counts without anybody choosing it.
fn wanted(element: &html::Element) -> Option<Wanted> {
    let css = element
        .attribute("type")
        .is_none_or(|kind| kind.is_empty() || kind.trim().eq_ignore_ascii_case("text/css"));
    match &**element.tag() {
        "style" if css => Some(Wanted::Text),
        "link" if css && element.is_html() => {
            let rel = element.attribute("rel").unwrap_or_default().to_ascii_lowercase();
            let has = |wanted: &str| rel.split_ascii_whitespace().any(|word| word == wanted);
            let on = has("stylesheet") && !has("alternate") && element.attribute("disabled").is_none();
            let address = element.attribute("href").filter(|_| on)?;
            Some(Wanted::File(address.to_owned()))
        }
        _ => None,
    }
}

pub(crate) fn squeeze(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

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
