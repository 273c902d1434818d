//! What `require.context` asks for: a folder, and a pattern its files' names must match.

use swc_core::ecma::ast::*;

use crate::api::ContextRequest;
use crate::snippet::constant_string;

/// The folder and the request; none when an argument cannot be known before the program runs.
pub(crate) fn read(arguments: &[ExprOrSpread]) -> Option<(String, ContextRequest)> {
    let mut arguments = arguments.iter().map(|argument| &*argument.expr);
    let directory = constant_string(arguments.next()?)?;
    let given = |argument: Option<&'_ Expr>| match argument {
        Some(Expr::Ident(name)) if name.sym == "undefined" => None,
        other => other.cloned(),
    };
    let recursive = match given(arguments.next()) {
        None => true,
        Some(Expr::Lit(Lit::Bool(recursive))) => recursive.value,
        Some(_) => return None,
    };
    let (pattern, flags) = match given(arguments.next()) {
        None => (".*".to_owned(), String::new()),
        Some(Expr::Lit(Lit::Regex(regex))) => (regex.exp.to_string(), regex.flags.to_string()),
        Some(_) => return None,
    };
    let mode = match given(arguments.next()) {
        None => "sync".to_owned(),
        Some(mode) => constant_string(&mode)?,
    };
    let known = matches!(mode.as_str(), "sync" | "eager" | "lazy" | "lazy-once");
    let request = ContextRequest { directory: directory.clone(), recursive, pattern, flags, mode };
    (known && arguments.next().is_none()).then_some((directory, request))
}
