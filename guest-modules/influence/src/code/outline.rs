//! What was found in a file.

use std::borrow::Cow;

use super::angular::Decorated;
use super::events::Event;

/// How another file is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ImportKind {
    /// `import … from`.
    Static,
    /// `export … from`.
    Reexport,
    /// `import type … from`, which is gone when the program runs.
    Type,
    /// `import(…)`.
    Dynamic,
    /// `require(…)`, `include`, `mod`.
    Require,
    /// A value that names a file, under a key that is known to do so.
    Reference,
}

impl ImportKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Reexport => "reexport",
            Self::Type => "type",
            Self::Dynamic => "dynamic",
            Self::Require => "require",
            Self::Reference => "reference",
        }
    }
}

/// Another file, by the words of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) specifier: String,
    pub(crate) kind: ImportKind,
    pub(crate) line: u32,
}

/// A name of this file that stands for something of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) local: String,
    /// The name over there; `*` for all of them.
    pub(crate) imported: String,
    /// The index into [`Outline::imports`].
    pub(crate) import: usize,
}

/// What a declaration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeclaredKind {
    Function,
    Class,
    /// A function or class whose name begins with a capital, in a file with markup.
    Component,
}

impl DeclaredKind {
    /// The type of its node.
    pub(crate) const fn node_type(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Class => "class",
            Self::Component => "component",
        }
    }
}

/// A function or a class at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) kind: DeclaredKind,
    /// The name under which others import it.
    pub(crate) exported: Option<String>,
    pub(crate) line: u32,
}

/// A name that is called, or that stands as an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The index into [`Outline::declared`] of what it stands in.
    pub(crate) within: Option<usize>,
    pub(crate) name: String,
    pub(crate) element: bool,
    pub(crate) line: u32,
}

/// An address that a program answers to, or a screen that it shows under one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: String,
    /// `GET`, or nothing for a screen.
    pub(crate) method: Option<Cow<'static, str>>,
    /// The component that is shown.
    pub(crate) shows: Option<String>,
    pub(crate) line: u32,
}

/// What was found in a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) imports: Vec<Import>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) uses: Vec<Use>,
    pub(crate) events: Vec<Event>,
    pub(crate) routes: Vec<Route>,
    pub(crate) decorated: Vec<Decorated>,
    /// Addresses outside of the project, with their lines.
    pub(crate) urls: Vec<(String, u32)>,
    /// There were more than are kept.
    pub(crate) cut: bool,
}

/// Findings of one kind in one file. Stops a file that is nothing but imports.
pub(crate) const FINDINGS_MAX: usize = 10_000;

impl Outline {
    /// Keeps `url` if it leads somewhere.
    pub(crate) fn url(&mut self, text: &str, line: u32) {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#', ':']).next()).unwrap_or_default();
        let named = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
        if named && self.urls.len() < FINDINGS_MAX {
            self.urls.push((text.to_owned(), line));
        }
    }

    pub(crate) fn use_of(&mut self, one: Use) {
        if self.uses.len() >= FINDINGS_MAX {
            self.cut = true;
            return;
        }
        self.uses.push(one);
    }

    pub(crate) fn import(&mut self, specifier: &str, kind: ImportKind, line: u32) -> Option<usize> {
        if self.imports.len() >= FINDINGS_MAX {
            self.cut = true;
            return None;
        }
        self.imports.push(Import { specifier: specifier.to_owned(), kind, line });
        Some(self.imports.len() - 1)
    }
}
