//! Putting values known while bundling in place of the expressions that ask for them.
//!
//! `Platform.OS` and `Platform.select` are replaced always, `process.env.NAME` for the names the
//! project declares, `__DEV__` and `process.env.NODE_ENV` in production only: a development
//! bundle asks its prelude, as Metro's does.

use swc_core::common::SyntaxContext;
use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::Platform;
use crate::api::{Flavour, TransformOptions};
use crate::esm::Contexts;
use crate::snippet;

pub(crate) struct Substitution<'a> {
    pub(crate) options: &'a TransformOptions,
    pub(crate) contexts: Contexts,
    /// The context of what the module declares at its top.
    pub(crate) top_level: SyntaxContext,
}

pub(crate) fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "ios",
        Platform::Android => "android",
        Platform::Web => "web",
    }
}

impl Substitution<'_> {
    /// Replaces what depends on the platform. In an eager module this runs while imports still
    /// carry their names, in a lazy one after they were inlined: both as Metro sees them.
    pub(crate) fn platform(&self, module: &mut Module) {
        module.visit_mut_with(&mut PlatformPass { of: self });
    }

    pub(crate) fn environment(&self, module: &mut Module) {
        module.visit_mut_with(&mut EnvironmentPass { of: self });
    }

    fn is_global(&self, ident: &Ident) -> bool {
        ident.ctxt == self.contexts.unresolved
    }

    fn is_top(&self, ident: &Ident) -> bool {
        self.is_global(ident) || ident.ctxt == self.top_level
    }

    /// `Platform`, `ReactNative.Platform`, `require("react-native").Platform`.
    fn is_platform(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Ident(name) => name.sym == "Platform" && self.is_top(name),
            Expr::Member(member) => {
                let named = matches!(&member.prop, MemberProp::Ident(name) if name.sym == "Platform");
                named && self.is_react_native(&member.obj)
            }
            Expr::Call(_) => self.requires(expression, "Platform"),
            _ => false,
        }
    }

    fn is_react_native(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Ident(name) => (name.sym == "ReactNative" || name.sym == "React") && self.is_top(name),
            _ => self.requires(expression, "react-native"),
        }
    }

    fn requires(&self, expression: &Expr, specifier: &str) -> bool {
        let Expr::Call(call) = expression else { return false };
        let Callee::Expr(callee) = &call.callee else { return false };
        let Expr::Ident(name) = &**callee else { return false };
        let Some(argument) = call.args.first() else { return false };
        name.sym == "require"
            && (self.is_global(name) || name.ctxt == self.contexts.import)
            && snippet::constant_string(&argument.expr).is_some_and(|text| text == specifier)
    }

    /// The name in `process.env.NAME`.
    fn environment_name(&self, expression: &Expr) -> Option<String> {
        let Expr::Member(member) = expression else { return None };
        let Expr::Member(env) = &*member.obj else { return None };
        let Expr::Ident(process) = &*env.obj else { return None };
        let is_env = matches!(&env.prop, MemberProp::Ident(name) if name.sym == "env");
        if !is_env || process.sym != "process" || !self.is_global(process) {
            return None;
        }
        match &member.prop {
            MemberProp::Ident(name) => Some(name.sym.to_string()),
            MemberProp::Computed(computed) => snippet::constant_string(&computed.expr),
            MemberProp::PrivateName(_) => None,
        }
    }

    fn environment_value(&self, name: &str) -> Option<&str> {
        if name == "NODE_ENV" && !self.options.dev {
            return Some("production");
        }
        let declared = self.options.env.iter().find(|(declared, _)| declared == name);
        declared.map(|(_, value)| value.as_str()).or_else(|| self.expo_value(name))
    }

    /// What Expo's preset knows without being told.
    fn expo_value(&self, name: &str) -> Option<&str> {
        match name {
            _ if self.options.flavour != Flavour::Expo => None,
            "EXPO_OS" => Some(platform_name(self.options.platform)),
            "EXPO_BASE_URL" => Some(""),
            _ => None,
        }
    }

    fn is_expo_server(&self, name: &str) -> bool {
        self.options.flavour == Flavour::Expo && name == "EXPO_SERVER"
    }
}

struct PlatformPass<'a> {
    of: &'a Substitution<'a>,
}

impl VisitMut for PlatformPass<'_> {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        if let Some(value) = self.value(node) {
            *node = value;
        }
        node.visit_mut_children_with(self);
    }

    /// What is written to is not replaced.
    fn visit_mut_simple_assign_target(&mut self, node: &mut SimpleAssignTarget) {
        visit_written(node, self);
    }
}

impl PlatformPass<'_> {
    fn value(&self, node: &mut Expr) -> Option<Expr> {
        match node {
            Expr::Member(member) => {
                let is_os = matches!(&member.prop, MemberProp::Ident(name) if name.sym == "OS");
                let os = is_os && self.of.is_platform(&member.obj);
                os.then(|| snippet::string(platform_name(self.of.options.platform)))
            }
            Expr::Call(call) => {
                let Callee::Expr(callee) = &call.callee else { return None };
                let Expr::Member(member) = &**callee else { return None };
                let is_select = matches!(&member.prop, MemberProp::Ident(name) if name.sym == "select");
                if !is_select || !self.of.is_platform(&member.obj) {
                    return None;
                }
                let Expr::Object(cases) = &mut *call.args.first_mut()?.expr else { return None };
                select(cases, platform_name(self.of.options.platform))
            }
            _ => None,
        }
    }
}

/// The value for `platform`, else `native`, else `default`; none when a case cannot be read.
fn select(cases: &mut ObjectLit, platform: &str) -> Option<Expr> {
    let readable = cases.props.iter().all(|prop| match prop {
        PropOrSpread::Prop(prop) => case_name(prop).is_some(),
        PropOrSpread::Spread(_) => false,
    });
    if !readable {
        return None;
    }
    for wanted in [platform, "native", "default"] {
        let found = cases.props.iter_mut().rev().find_map(|prop| match prop {
            PropOrSpread::Prop(prop) if case_name(prop).as_deref() == Some(wanted) => case_value(prop),
            _ => None,
        });
        if found.is_some() {
            return found;
        }
    }
    Some(snippet::undefined())
}

fn case_name(prop: &Prop) -> Option<String> {
    let key = match prop {
        Prop::KeyValue(pair) => &pair.key,
        Prop::Method(method) => &method.key,
        Prop::Shorthand(name) => return Some(name.sym.to_string()),
        Prop::Getter(_) | Prop::Setter(_) | Prop::Assign(_) => return None,
    };
    match key {
        PropName::Ident(name) => Some(name.sym.to_string()),
        PropName::Str(text) => Some(text.value.to_string_lossy().into_owned()),
        PropName::Num(_) | PropName::Computed(_) | PropName::BigInt(_) => None,
    }
}

fn case_value(prop: &mut Prop) -> Option<Expr> {
    match prop {
        Prop::KeyValue(pair) => Some((*pair.value).clone()),
        Prop::Method(method) => Some(Expr::Fn(FnExpr { ident: None, function: method.function.clone() })),
        Prop::Shorthand(name) => Some(Expr::Ident(name.clone())),
        Prop::Getter(_) | Prop::Setter(_) | Prop::Assign(_) => None,
    }
}

struct EnvironmentPass<'a> {
    of: &'a Substitution<'a>,
}

impl EnvironmentPass<'_> {
    fn is_dev_flag(&self, ident: &Ident) -> bool {
        !self.of.options.dev && ident.sym == "__DEV__" && self.of.is_global(ident)
    }
}

impl VisitMut for EnvironmentPass<'_> {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        if let Expr::Ident(name) = node
            && self.is_dev_flag(name)
        {
            *node = snippet::boolean(false);
            return;
        }
        if let Some(name) = self.of.environment_name(node) {
            if let Some(value) = self.of.environment_value(&name) {
                *node = snippet::string(value);
                return;
            }
            if self.of.is_expo_server(&name) {
                *node = snippet::boolean(false);
                return;
            }
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_prop(&mut self, node: &mut Prop) {
        if let Prop::Shorthand(name) = node
            && self.is_dev_flag(name)
        {
            let key = PropName::Ident(name.clone().into());
            let value = Box::new(snippet::boolean(false));
            *node = Prop::KeyValue(KeyValueProp { key, value });
            return;
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_simple_assign_target(&mut self, node: &mut SimpleAssignTarget) {
        visit_written(node, self);
    }

    fn visit_mut_unary_expr(&mut self, node: &mut UnaryExpr) {
        match (&mut *node.arg, node.op) {
            (Expr::Member(member), UnaryOp::Delete) => member.visit_mut_children_with(self),
            _ => node.visit_mut_children_with(self),
        }
    }

    fn visit_mut_update_expr(&mut self, node: &mut UpdateExpr) {
        node.arg.visit_mut_children_with(self);
    }
}

/// Visits what stands inside a written place, but not the place.
fn visit_written<V: VisitMut>(node: &mut SimpleAssignTarget, visitor: &mut V) {
    match node {
        SimpleAssignTarget::Member(member) => member.visit_mut_children_with(visitor),
        _ => node.visit_mut_children_with(visitor),
    }
}
