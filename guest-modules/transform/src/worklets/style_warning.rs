//! In development, a shared value that is read in an inline style says so: it will not animate.

use swc_core::common::{DUMMY_SP, Mark, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::snippet::{self, ident, member};

pub(super) fn warn(module: &mut Module, unresolved: Mark) {
    module.visit_mut_with(&mut Styles { unresolved: SyntaxContext::empty().apply_mark(unresolved) });
}

struct Styles {
    unresolved: SyntaxContext,
}

impl Styles {
    fn style(&self, value: &mut Expr) {
        match value {
            Expr::Paren(inner) => self.style(&mut inner.expr),
            Expr::Array(array) => self.objects(array),
            Expr::Object(object) => self.object(object),
            _ => {}
        }
    }

    fn objects(&self, array: &mut ArrayLit) {
        for element in array.elems.iter_mut().flatten() {
            if let Expr::Object(object) = &mut *element.expr {
                self.object(object);
            }
        }
    }

    fn object(&self, object: &mut ObjectLit) {
        for prop in &mut object.props {
            let PropOrSpread::Prop(prop) = prop else { continue };
            let Prop::KeyValue(pair) = &mut **prop else { continue };
            let is_transform = matches!(&pair.key, PropName::Ident(name) if name.sym == "transform");
            match &mut *pair.value {
                Expr::Array(array) if is_transform => self.objects(array),
                value if !is_transform && reads_value(value) => {
                    let read = std::mem::replace(value, snippet::undefined());
                    *value = self.warned(read);
                }
                _ => {}
            }
        }
    }

    /// `(() => { console.warn(require("react-native-reanimated").getUseOfValueInStyleWarning()); return value; })()`
    fn warned(&self, value: Expr) -> Expr {
        let global = |name: &str| Expr::Ident(ident(name, self.unresolved));
        let call = |object: Expr, name: &str, arguments: Vec<Expr>| {
            snippet::call(Expr::Member(member(object, &name.into(), DUMMY_SP)), arguments, DUMMY_SP)
        };
        let library =
            snippet::call(global("require"), vec![snippet::string("react-native-reanimated")], DUMMY_SP);
        let words = call(library, "getUseOfValueInStyleWarning", Vec::new());
        let warning = snippet::statement(call(global("console"), "warn", vec![words]));
        let give_back = Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(Box::new(value)) });
        let body = FunctionBody { span: DUMMY_SP, stmts: vec![warning, give_back] };
        let arrow =
            ArrowExpr { body: Box::new(ArrowFunctionBody::FunctionBody(body)), ..ArrowExpr::default() };
        let arrow = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(Expr::Arrow(arrow)) });
        snippet::call(arrow, Vec::new(), DUMMY_SP)
    }
}

fn reads_value(value: &Expr) -> bool {
    matches!(value, Expr::Member(MemberExpr { prop: MemberProp::Ident(name), .. }) if name.sym == "value")
}

impl VisitMut for Styles {
    noop_visit_mut_type!();

    fn visit_mut_jsx_attr(&mut self, node: &mut JSXAttr) {
        node.visit_mut_children_with(self);
        if matches!(&node.name, JSXAttrName::Ident(name) if name.sym == "style")
            && let Some(JSXAttrValue::JSXExprContainer(container)) = &mut node.value
            && let JSXExpr::Expr(value) = &mut container.expr
        {
            self.style(value);
        }
    }
}
