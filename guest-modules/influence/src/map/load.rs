//! Reading: every document and every sheet of a project, and which sheets a page loads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::address::{Target, resolve};
use super::diagnostics::Diagnostic;
use super::files::{Kind, Project};
use super::kept::Kept;
use super::limits::{ELEMENTS_MAX, Limits, NOTED_MAX};
use crate::cascade::Budget;
use crate::css::{self, Condition, ConditionId, Conditions, Declaration, Item, Properties, Reader, Sheet};
use crate::html::{self, Document, NodeId};
use html5ever::interface::QuirksMode;

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
    /// Reads everything.
    pub(crate) fn new(project: &Project) -> Self {
        Self::without(project, &Kept::default())
    }

    /// Reads what is not kept, and the sheets that it needs.
    pub(crate) fn without(project: &Project, kept: &Kept<'_>) -> Self {
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
                Kind::Css if kept.sheet(path).is_none() => {
                    let text = read.text(path, bytes);
                    read.sheet(path, text, false, Telling::All);
                }
                Kind::Html if kept.page(path).is_none() => {
                    let text = read.text(path, bytes);
                    read.page(path, &text);
                }
                Kind::Css | Kind::Html | Kind::Script | Kind::Data | Kind::Other => {}
            }
        }
        read.linked_sheets(project);
        if read.elements().saturating_add(kept.elements()) >= ELEMENTS_MAX && kept.elements() > 0 {
            read.limits.note("elements");
        }
        for diagnostic in kept.diagnostics() {
            read.note(diagnostic.clone());
        }
        read.diagnostics.sort();
        read
    }

    fn elements(&self) -> usize {
        self.pages.values().map(|page| page.document.elements.len()).sum()
    }

    /// What was said about a file while it was read; asked before anything else is said.
    pub(crate) fn said_of<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r Diagnostic> {
        let from = self.diagnostics.partition_point(|one| one.path.as_str() < path);
        let rest = self.diagnostics.get(from..).unwrap_or_default();
        rest.iter().take_while(move |one| one.path == path)
    }

    pub(crate) fn note(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() >= NOTED_MAX {
            self.limits.note("diagnostics");
            return;
        }
        self.diagnostics.push(diagnostic);
    }

    fn complain(&mut self, path: &str, line: u32, code: &'static str, message: &str) {
        self.note(Diagnostic::new(path, line, code, message.to_owned()));
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

    fn sheet(&mut self, path: &str, text: String, quirks: bool, telling: Telling) {
        let Some(base) = css::nowhere() else { return };
        let mut reader = Reader::new(&mut self.properties, &base, quirks);
        let sheet = css::parse(&text, &mut reader, &mut self.conditions);
        if telling == Telling::All {
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
        for fault in &sheet.faults.listed {
            let message = match fault.times {
                0 | 1 => fault.message.clone(),
                times => format!("{} It stands {times} times in this sheet, here first.", fault.message),
            };
            let (code, line) = (Cow::Borrowed(fault.code), fault.line.saturating_add(lines_before));
            self.note(Diagnostic { path: path.to_owned(), line, column: fault.column, code, message });
        }
        if sheet.faults.others > 0 {
            let message = format!(
                "{} more places of this sheet are not understood and not listed.",
                sheet.faults.others
            );
            self.complain(path, lines_before.saturating_add(1), "css.rule", &message);
        }
    }

    fn page(&mut self, path: &str, text: &str) {
        if self.elements() >= ELEMENTS_MAX {
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

    /// Sheets that pages load and that were not read yet: pages in quirks mode read lengths and
    /// colours differently, and of some sheets only what is said about them is known.
    fn linked_sheets(&mut self, project: &Project) {
        let mut wanted: Vec<(String, bool)> = Vec::new();
        for (path, page) in &self.pages {
            let quirks = page.document.quirks == QuirksMode::Quirks;
            wanted.extend(page.loads(path).into_iter().map(|sheet| (sheet, quirks)));
        }
        let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
        while let Some(key) = wanted.pop() {
            if !seen.insert(key.clone()) {
                continue;
            }
            let (path, quirks) = &key;
            if !self.sheets.contains_key(&key) && (*quirks || Kind::of(path) == Kind::Css) {
                let Some(bytes) = project.files.get(path) else { continue };
                // What is no text was said to be none when it was met first.
                let decoded = html::decode(bytes);
                let text = if decoded.binary { String::new() } else { decoded.text };
                self.sheet(path, text, *quirks, Telling::Nothing);
            }
            if let Some((_, sheet)) = self.sheets.get(&key) {
                wanted.extend(imports(path, None, sheet).into_iter().map(|sheet| (sheet, *quirks)));
            }
        }
    }

    /// Every sheet that the cascade of a page asks for, whether or not there is such a file.
    pub(crate) fn asked_by(&self, path: &str, page: &PageFile) -> BTreeSet<String> {
        let quirks = page.document.quirks == QuirksMode::Quirks;
        let mut wanted = page.loads(path);
        let mut asked = BTreeSet::new();
        while let Some(path) = wanted.pop() {
            if !asked.contains(&path) {
                if let Some((_, sheet)) = self.sheets.get(&(path.clone(), quirks)) {
                    wanted.extend(imports(&path, None, sheet));
                }
                asked.insert(path);
            }
        }
        asked
    }
}

impl PageFile {
    /// The sheets that its elements name, and those that its `style` elements import.
    fn loads(&self, path: &str) -> Vec<String> {
        let of = |sheet: &SheetOf| match &sheet.content {
            SheetContent::File(path) => vec![path.clone()],
            SheetContent::Text(content) => imports(path, self.base.as_deref(), &content.1),
        };
        self.sheets.iter().flat_map(of).collect()
    }
}

/// Whether what is wrong with a sheet is still to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    All,
    Nothing,
}

fn imports(path: &str, base: Option<&str>, sheet: &Sheet) -> Vec<String> {
    let targets = sheet.items.iter().filter_map(|item| match item {
        Item::Import(import) => match resolve(path, base, &import.url) {
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
