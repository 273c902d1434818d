//! Evaluating modules where they are first used, as React Native's configuration of Metro asks.
//!
//! `var a = require("a")`, `var b = require("b").c` and `var {d} = require("d")` at the top of a
//! module disappear, and each use of a variable becomes the call. What nobody uses is therefore not required at all.
//! Interop calls stay at the top: Metro leaves them there too, and cycles depend on the order.

use std::collections::{HashMap, HashSet};

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::{QueryRef, RefRewriter, find_pat_ids};
use swc_core::ecma::visit::{Visit, VisitMutWith, VisitWith, noop_visit_type};

use crate::esm::Contexts;
use crate::snippet;

/// What Metro never evaluates late, because everything needs it anyway.
const EAGER: [&str; 6] = [
    "React",
    "react",
    "react/jsx-dev-runtime",
    "react/jsx-runtime",
    "react-compiler-runtime",
    "react-native",
];

pub(crate) fn inline(module: &mut Module, contexts: Contexts) {
    let requires = Requires { contexts };
    let mut candidates: HashMap<Id, Candidate> = HashMap::new();
    let mut declared_twice = HashSet::new();
    for item in &module.body {
        let ModuleItem::Stmt(Stmt::Decl(Decl::Var(variables))) = item else { continue };
        for declarator in &variables.decls {
            for (name, candidate) in requires.candidates(declarator) {
                if candidates.insert(name.clone(), candidate).is_some() {
                    declared_twice.insert(name);
                }
            }
        }
    }
    if candidates.is_empty() {
        return;
    }
    let mut uses = Uses::default();
    module.visit_with(&mut uses);
    let assigned_members: HashSet<(Atom, Atom)> = uses
        .assigned_members
        .iter()
        .filter_map(|(local, member)| Some((candidates.get(local)?.specifier.clone(), member.clone())))
        .collect();
    candidates.retain(|local, candidate| {
        let member_assigned = candidate
            .member
            .as_ref()
            .is_some_and(|member| assigned_members.contains(&(candidate.specifier.clone(), member.clone())));
        let declarations = uses.declarations.get(local).copied().unwrap_or_default();
        !uses.written.contains(local)
            && !declared_twice.contains(local)
            && declarations == 1
            && !member_assigned
    });
    remove_declarations(module, &candidates);
    module.visit_mut_with(&mut RefRewriter { query: Inlined { candidates } });
}

fn remove_declarations(module: &mut Module, candidates: &HashMap<Id, Candidate>) {
    module.body.retain_mut(|item| {
        let ModuleItem::Stmt(Stmt::Decl(Decl::Var(variables))) = item else { return true };
        variables.decls.retain_mut(|declarator| match &mut declarator.name {
            Pat::Ident(name) => !candidates.contains_key(&name.to_id()),
            Pat::Object(pattern) if !pattern.props.is_empty() => {
                pattern.props.retain(|prop| {
                    !simple_property(prop).is_some_and(|(local, _)| candidates.contains_key(&local))
                });
                !pattern.props.is_empty()
            }
            _ => true,
        });
        !variables.decls.is_empty()
    });
}

struct Candidate {
    init: Box<Expr>,
    specifier: Atom,
    member: Option<Atom>,
}

struct Requires {
    contexts: Contexts,
}

impl Requires {
    /// The variables of a declaration that can be replaced by a call.
    fn candidates(&self, declarator: &VarDeclarator) -> Vec<(Id, Candidate)> {
        let Some(init) = &declarator.init else { return Vec::new() };
        let Some((specifier, member)) = self.read(init) else { return Vec::new() };
        match &declarator.name {
            Pat::Ident(name) => {
                vec![(name.to_id(), Candidate { init: init.clone(), specifier, member })]
            }
            Pat::Object(pattern) if pattern.props.iter().all(|prop| simple_property(prop).is_some()) => {
                let properties = pattern.props.iter().filter_map(simple_property);
                let candidate = |(local, name): (Id, Atom)| {
                    let init = Expr::Member(snippet::member((**init).clone(), &name, DUMMY_SP));
                    let member = Some(member.clone().unwrap_or(name));
                    (local, Candidate { init: Box::new(init), specifier: specifier.clone(), member })
                };
                properties.map(candidate).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The specifier, and the member where `init` is `require("a").member`.
    fn read(&self, init: &Expr) -> Option<(Atom, Option<Atom>)> {
        match init {
            Expr::Call(call) => Some((self.specifier(call)?, None)),
            Expr::Member(member) => {
                let Expr::Call(call) = &*member.obj else { return None };
                Some((self.specifier(call)?, Some(member_name(&member.prop)?)))
            }
            _ => None,
        }
    }

    fn specifier(&self, call: &CallExpr) -> Option<Atom> {
        let Callee::Expr(callee) = &call.callee else { return None };
        let Expr::Ident(name) = &**callee else { return None };
        let plain =
            |context: SyntaxContext| context == self.contexts.unresolved || context == self.contexts.import;
        if name.sym != "require" || !plain(name.ctxt) {
            return None;
        }
        let Expr::Lit(Lit::Str(text)) = &*call.args.first()?.expr else { return None };
        let specifier = text.value.to_atom_lossy().into_owned();
        let eager = EAGER.contains(&&*specifier) || specifier.starts_with("@babel/runtime/");
        (!eager).then_some(specifier)
    }
}

/// The binding and the property of `{a}` or `{a: b}`.
fn simple_property(prop: &ObjectPatProp) -> Option<(Id, Atom)> {
    match prop {
        ObjectPatProp::Assign(AssignPatProp { key, value: None, .. }) => Some((key.to_id(), key.sym.clone())),
        ObjectPatProp::KeyValue(pair) => match (&pair.key, &*pair.value) {
            (PropName::Ident(name), Pat::Ident(local)) => Some((local.to_id(), name.sym.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn member_name(prop: &MemberProp) -> Option<Atom> {
    match prop {
        MemberProp::Ident(name) => Some(name.sym.clone()),
        MemberProp::Computed(computed) => match &*computed.expr {
            Expr::Lit(Lit::Str(text)) => Some(text.value.to_atom_lossy().into_owned()),
            _ => None,
        },
        MemberProp::PrivateName(_) => None,
    }
}

/// Which variables are written, and which of their members.
#[derive(Default)]
struct Uses {
    written: HashSet<Id>,
    declarations: HashMap<Id, usize>,
    assigned_members: Vec<(Id, Atom)>,
}

impl Visit for Uses {
    noop_visit_type!();

    fn visit_simple_assign_target(&mut self, node: &SimpleAssignTarget) {
        match node {
            SimpleAssignTarget::Ident(name) => {
                self.written.insert(name.to_id());
            }
            SimpleAssignTarget::Member(member) => {
                if let (Expr::Ident(object), Some(name)) = (&*member.obj, member_name(&member.prop)) {
                    self.assigned_members.push((object.to_id(), name));
                }
                node.visit_children_with(self);
            }
            _ => node.visit_children_with(self),
        }
    }

    fn visit_update_expr(&mut self, node: &UpdateExpr) {
        if let Expr::Ident(name) = &*node.arg {
            self.written.insert(name.to_id());
        }
        node.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        let declared: Vec<Id> = find_pat_ids(&node.name);
        for name in declared {
            *self.declarations.entry(name).or_default() += 1;
        }
        if let Pat::Object(pattern) = &node.name {
            // Defaults may hold expressions; the names themselves are declared, not written.
            for prop in &pattern.props {
                if simple_property(prop).is_none() {
                    prop.visit_with(self);
                }
            }
        } else if !node.name.is_ident() {
            node.name.visit_with(self);
        }
        node.init.visit_with(self);
    }

    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.written.insert(node.ident.to_id());
        node.visit_children_with(self);
    }

    /// Patterns outside simple declarations write what they name; parameters too, which only
    /// costs an inlining that could not happen anyway.
    fn visit_pat(&mut self, node: &Pat) {
        match node {
            Pat::Ident(name) => {
                self.written.insert(name.to_id());
            }
            Pat::Expr(expression) => {
                if let Expr::Ident(name) = &**expression {
                    self.written.insert(name.to_id());
                }
                node.visit_children_with(self);
            }
            _ => node.visit_children_with(self),
        }
    }

    fn visit_assign_pat_prop(&mut self, node: &AssignPatProp) {
        self.written.insert(node.key.to_id());
        node.visit_children_with(self);
    }
}

struct Inlined {
    candidates: HashMap<Id, Candidate>,
}

impl QueryRef for Inlined {
    fn query_ref(&self, local: &Ident) -> Option<Box<Expr>> {
        self.candidates.get(&local.to_id()).map(|candidate| candidate.init.clone())
    }

    fn should_fix_this(&self, local: &Ident) -> bool {
        self.candidates.get(&local.to_id()).is_some_and(|candidate| candidate.member.is_some())
    }
}
