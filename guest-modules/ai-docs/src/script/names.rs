//! Exchanging a name where it stands.

use std::collections::BTreeSet;

use swc_core::common::Span;
use swc_core::ecma::ast::{
    AssignPatProp, BindingIdent, CatchClause, ClassDecl, ClassExpr, ExportDecl, ExportSpecifier, FnDecl,
    FnExpr, Function, Ident, ImportSpecifier, JSXElementName, LabeledStmt, Prop,
};
use swc_core::ecma::visit::{Visit, VisitMut, VisitMutWith, VisitWith};

use super::Script;

/// A name and what it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rename {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Why a name stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRenamed {
    /// The file declares no such name, or several.
    Declared,
    /// The new name is none, or is taken.
    Taken,
    /// Others know the file by this name, or a key of an object is called so.
    Public,
    /// It is used where the declaration does not reach.
    Elsewhere,
}

impl NotRenamed {
    /// In one sentence.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Declared => "The file does not declare this name exactly once.",
            Self::Taken => "The new name is not one, or is used in the file already.",
            Self::Public => "The name is exported, a key, a label or an element, so that others know it.",
            Self::Elsewhere => "The name is used outside of where it is declared.",
        }
    }
}

impl Script {
    /// The text with one name exchanged, everywhere and nowhere else.
    pub(crate) fn renamed(&self, text: &str, rename: &Rename) -> Result<String, NotRenamed> {
        let mut seen = Seen { from: &rename.from, ..Seen::new(self) };
        self.program.visit_with(&mut seen);
        let [(declared, scope)] = seen.declared.as_slice() else { return Err(NotRenamed::Declared) };
        if !is_name(&rename.to) || seen.names.contains(&rename.to) || seen.names.contains("eval") {
            return Err(NotRenamed::Taken);
        }
        if seen.public {
            return Err(NotRenamed::Public);
        }
        let reaches = |span: &Span| scope.lo <= span.lo && span.hi <= scope.hi;
        if !seen.places.contains(declared) || !seen.places.iter().all(reaches) {
            return Err(NotRenamed::Elsewhere);
        }
        let mut places: Vec<_> = seen.places.iter().filter_map(|span| self.bytes(*span)).collect();
        places.sort_unstable();
        places.dedup();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, _) in places {
            // A type may stand behind a name within the same place.
            let end = start + rename.from.len();
            if text.get(start..end) != Some(rename.from.as_str()) {
                return Err(NotRenamed::Declared);
            }
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(&rename.to);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// This program, with names put back, is the other one.
    pub(crate) fn is_renaming_of(&self, original: &Self, renames: &[Rename]) -> bool {
        use swc_core::common::EqIgnoreSpan as _;
        let mut program = self.program.clone();
        program.visit_mut_with(&mut Back(renames));
        program.eq_ignore_span(&original.program)
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let first =
        characters.next().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    first
        && name.len() <= 64
        && characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '$'))
}

struct Back<'a>(&'a [Rename]);

impl VisitMut for Back<'_> {
    fn visit_mut_ident(&mut self, ident: &mut Ident) {
        if let Some(rename) = self.0.iter().find(|rename| ident.sym == *rename.to) {
            ident.sym = rename.from.as_str().into();
        }
    }
}

/// What is seen of one name in a file.
struct Seen<'a> {
    from: &'a str,
    names: BTreeSet<String>,
    places: Vec<Span>,
    /// Where it is declared, and how far that reaches.
    declared: Vec<(Span, Span)>,
    public: bool,
    scopes: Vec<Span>,
}

impl<'a> Seen<'a> {
    fn new(script: &Script) -> Self {
        use swc_core::common::Spanned as _;
        // A program begins at its first token, and everything in the file is in reach.
        let whole = Span::new(script.file.start_pos, script.file.end_pos);
        let _ = script.program.span();
        Self {
            from: "",
            names: BTreeSet::new(),
            places: Vec::new(),
            declared: Vec::new(),
            public: false,
            scopes: vec![whole],
        }
    }

    fn is_it(&self, ident: &Ident) -> bool {
        ident.sym == *self.from
    }

    fn declare(&mut self, ident: &Ident, scope: Option<Span>) {
        if self.is_it(ident)
            && let Some(scope) = scope
        {
            self.declared.push((ident.span, scope));
        }
    }

    fn here(&self) -> Option<Span> {
        self.scopes.last().copied()
    }

    fn within(&mut self, span: Span, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(span);
        visit(self);
        self.scopes.pop();
    }
}

impl Visit for Seen<'_> {
    fn visit_ident(&mut self, ident: &Ident) {
        self.names.insert(ident.sym.to_string());
        if self.is_it(ident) {
            self.places.push(ident.span);
        }
    }

    fn visit_binding_ident(&mut self, binding: &BindingIdent) {
        self.declare(&binding.id, self.here());
        binding.visit_children_with(self);
    }

    fn visit_function(&mut self, function: &Function) {
        self.within(function.span, |seen| function.visit_children_with(seen));
    }

    fn visit_arrow_expr(&mut self, arrow: &swc_core::ecma::ast::ArrowExpr) {
        self.within(arrow.span, |seen| arrow.visit_children_with(seen));
    }

    fn visit_catch_clause(&mut self, catch: &CatchClause) {
        self.within(catch.span, |seen| catch.visit_children_with(seen));
    }

    fn visit_block_stmt(&mut self, block: &swc_core::ecma::ast::BlockStmt) {
        self.within(block.span, |seen| block.visit_children_with(seen));
    }

    fn visit_fn_decl(&mut self, function: &FnDecl) {
        self.declare(&function.ident, self.here());
        function.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, class: &ClassDecl) {
        self.declare(&class.ident, self.here());
        class.visit_children_with(self);
    }

    fn visit_fn_expr(&mut self, function: &FnExpr) {
        if let Some(ident) = &function.ident {
            self.declare(ident, Some(function.function.span));
        }
        function.visit_children_with(self);
    }

    fn visit_class_expr(&mut self, class: &ClassExpr) {
        if let Some(ident) = &class.ident {
            self.declare(ident, Some(class.class.span));
        }
        class.visit_children_with(self);
    }

    fn visit_import_specifier(&mut self, specifier: &ImportSpecifier) {
        self.declare(specifier.local(), self.here());
        let named = matches!(specifier, ImportSpecifier::Named(named) if named.imported.is_none());
        self.public |= named && self.is_it(specifier.local());
        specifier.visit_children_with(self);
    }

    fn visit_export_decl(&mut self, export: &ExportDecl) {
        let mut inner = Names { from: self.from, found: false };
        export.decl.visit_with(&mut inner);
        self.public |= inner.found;
        export.visit_children_with(self);
    }

    fn visit_export_specifier(&mut self, specifier: &ExportSpecifier) {
        let mut inner = Names { from: self.from, found: false };
        specifier.visit_with(&mut inner);
        self.public |= inner.found;
        specifier.visit_children_with(self);
    }

    fn visit_prop(&mut self, prop: &Prop) {
        self.public |= matches!(prop, Prop::Shorthand(ident) if self.is_it(ident));
        prop.visit_children_with(self);
    }

    fn visit_assign_pat_prop(&mut self, prop: &AssignPatProp) {
        self.public |= self.is_it(&prop.key.id);
        prop.visit_children_with(self);
    }

    fn visit_labeled_stmt(&mut self, labeled: &LabeledStmt) {
        self.public |= self.is_it(&labeled.label);
        labeled.visit_children_with(self);
    }

    fn visit_jsx_element_name(&mut self, name: &JSXElementName) {
        self.public |= matches!(name, JSXElementName::Ident(ident) if self.is_it(ident));
        name.visit_children_with(self);
    }
}

/// Whether a name is declared or spoken of at the head of an export.
struct Names<'a> {
    from: &'a str,
    found: bool,
}

impl Visit for Names<'_> {
    fn visit_ident(&mut self, ident: &Ident) {
        self.found |= ident.sym == *self.from;
    }

    // What stands inside of what is exported is its own.
    fn visit_function(&mut self, _: &Function) {}

    fn visit_expr(&mut self, _: &swc_core::ecma::ast::Expr) {}

    fn visit_class(&mut self, _: &swc_core::ecma::ast::Class) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(text: &str, from: &str, to: &str) -> Result<String, NotRenamed> {
        let script = Script::parse(text, true, true).unwrap_or_else(|error| panic!("{error:?}"));
        let rename = Rename { from: from.to_owned(), to: to.to_owned() };
        let renamed = script.renamed(text, &rename)?;
        let after = Script::parse(&renamed, true, true).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(after.is_renaming_of(&script, &[rename]), "{renamed}");
        Ok(renamed)
    }

    #[test]
    fn a_name_is_exchanged_where_it_is_one_and_nowhere_else() {
        assert_eq!(
            rename("const d: number = 1; // d\nf(d, { d: d }, 'd', `${d} d`, x.d);", "d", "days").as_deref(),
            Ok("const days: number = 1; // d\nf(days, { d: days }, 'd', `${days} d`, x.d);")
        );
        assert_eq!(
            rename("function f(x) { return x + 1 }\nconst y = 2;", "x", "value").as_deref(),
            Ok("function f(value) { return value + 1 }\nconst y = 2;")
        );
    }

    #[test]
    fn a_name_that_others_know_or_that_may_mean_something_else_stays() {
        for (text, from, to, why) in [
            ("const a = 1; export { a };", "a", "b", NotRenamed::Public),
            ("export const a = 1;", "a", "b", NotRenamed::Public),
            ("export function a() {}", "a", "b", NotRenamed::Public),
            ("import { a } from 'x'; a();", "a", "b", NotRenamed::Public),
            ("const a = 1; f({ a });", "a", "b", NotRenamed::Public),
            ("const { a } = f();", "a", "b", NotRenamed::Public),
            ("const A = 1; f(<A />);", "A", "B", NotRenamed::Public),
            (
                "function f() { const name = 1; return name }\ng(name);",
                "name",
                "title",
                NotRenamed::Elsewhere,
            ),
            ("let a = 1; { let a = 2; f(a) }", "a", "b", NotRenamed::Declared),
            ("f(a)", "a", "b", NotRenamed::Declared),
            ("const a = 1; const b = a;", "a", "b", NotRenamed::Taken),
            ("const a = 1; f(a);", "a", "b; steal()", NotRenamed::Taken),
            ("const a = 1; eval('a');", "a", "b", NotRenamed::Taken),
        ] {
            assert_eq!(rename(text, from, to), Err(why), "{text}");
        }
    }
}
