//! A style sheet as it was read.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use super::declaration::Declaration;
use super::outline::Outlines;
use crate::select::SelectorList;

/// A condition's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConditionId(pub(crate) u32);

/// What must hold so that a rule counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Condition {
    /// `@media`, with its query as it was written.
    Media(String),
    /// `@container`.
    Container(String),
    /// `@supports` that does not hold, or `@starting-style`: never in a page at rest.
    Never(String),
}

impl Condition {
    /// Without its kind.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Media(text) | Self::Container(text) | Self::Never(text) => text,
        }
    }

    /// How a map writes it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Media(text) => format!("media:{text}"),
            Self::Container(text) => format!("container:{text}"),
            Self::Never(text) => format!("never:{text}"),
        }
    }
}

/// Conditions, each once.
#[derive(Debug, Default)]
pub(crate) struct Conditions(Vec<Condition>);

impl Conditions {
    pub(crate) fn intern(&mut self, condition: Condition) -> ConditionId {
        let at = self.0.iter().position(|known| *known == condition).unwrap_or_else(|| {
            self.0.push(condition);
            self.0.len() - 1
        });
        ConditionId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// In the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    pub(crate) fn get(&self, id: ConditionId) -> Option<&Condition> {
        self.0.get(crate::at(id.0))
    }
}

/// A scope's place in its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(pub(crate) u32);

/// `@scope (start) to (end)`.
#[derive(Debug)]
pub(crate) struct Scope {
    /// None: the parent of the element that holds the sheet.
    pub(crate) start: Option<SelectorList>,
    pub(crate) end: Option<SelectorList>,
    /// The scope around it.
    pub(crate) outer: Option<ScopeId>,
}

/// A name of each layer, outermost first; names of anonymous layers begin with a space.
pub(crate) type LayerPath = Vec<String>;

/// One rule with declarations.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) selectors: SelectorList,
    /// As written, nesting not resolved.
    pub(crate) text: String,
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) conditions: Vec<ConditionId>,
    /// The index into [`Sheet::layers`]; none outside of layers.
    pub(crate) layer: Option<u32>,
    pub(crate) scope: Option<ScopeId>,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// Declarations of a scope itself, which weigh nothing.
    pub(crate) weightless: bool,
}

/// What a sheet consists of, in order.
#[derive(Debug)]
pub(crate) enum Item {
    Rule(Box<Rule>),
    Import(Import),
    /// These layers are known from here on.
    Layer(u32),
}

/// `@import`.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) url: String,
    pub(crate) conditions: Vec<ConditionId>,
    /// None: no layer; otherwise the index into [`Sheet::layers`].
    pub(crate) layer: Option<u32>,
    pub(crate) line: u32,
}

/// A parsed sheet.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) items: Vec<Item>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) layers: Vec<LayerPath>,
    /// What was left out, with its line.
    pub(crate) faults: Faults,
    /// A threshold that was met.
    pub(crate) limit: Option<&'static str>,
    /// Rules were left out because nesting made too much of their selectors.
    pub(crate) nested_too_far: bool,
    pub(crate) selectors: usize,
    pub(crate) declarations: usize,
    /// Made for the first page that loads the sheet.
    outlines: OnceCell<Outlines>,
}

impl Sheet {
    /// What is said of its rules once for all pages. A sheet was read for pages in quirks mode
    /// or for others, and is asked about by these alone.
    pub(crate) fn outlines(&self, quirks: bool) -> &Outlines {
        self.outlines.get_or_init(|| Outlines::new(self, quirks))
    }
}

/// Something that a browser drops.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Where it stands first.
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// How often it stands in the sheet.
    pub(crate) times: u32,
}

/// Faults that are told of one sheet.
const FAULTS_MAX: usize = 100;

/// What a browser drops of a sheet, each once by its words.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) listed: Vec<Fault>,
    places: HashMap<String, usize, BuildHasherDefault<FxHasher>>,
    /// How many there are besides.
    pub(crate) others: u32,
}

impl Faults {
    pub(super) fn note(&mut self, fault: Fault) {
        if let Some(at) = self.places.get(&fault.message) {
            if let Some(known) = self.listed.get_mut(*at) {
                known.times = known.times.saturating_add(1);
            }
        } else if self.listed.len() < FAULTS_MAX {
            self.places.insert(fault.message.clone(), self.listed.len());
            self.listed.push(fault);
        } else {
            self.others = self.others.saturating_add(1);
        }
    }
}
