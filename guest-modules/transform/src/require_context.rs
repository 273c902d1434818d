//! What `require.context` asks for: a folder, and a pattern its files' names must match.

use swc_core::common::{BytePos, Spanned};
use swc_core::ecma::ast::*;

use crate::api::ContextRequest;
use crate::snippet::constant_string;

/// The argument that cannot be used, if it is one, and what it should be.
pub(crate) type Refused = (Option<BytePos>, &'static str);

const FOLDER: &str = "the first argument of require.context must be the folder, as a string";
const RECURSIVE: &str = "the second argument of require.context must be `true` or `false`";
const PATTERN: &str = "the third argument of require.context must be a regular expression, written as one";
const MODE: &str =
    "the fourth argument of require.context must be one of \"sync\", \"eager\", \"lazy\" and \"lazy-once\"";
const MORE: &str = "require.context takes four arguments at most";

/// The folder and the request, or which argument cannot be known before the program runs.
pub(crate) fn read(arguments: &[ExprOrSpread]) -> Result<(String, ContextRequest), Refused> {
    let at = |argument: &Expr| Some(argument.span().lo).filter(|at| !at.is_dummy());
    let mut arguments = arguments.iter().map(|argument| &*argument.expr);
    let directory = arguments.next().ok_or((None, FOLDER))?;
    let directory = constant_string(directory).ok_or_else(|| (at(directory), FOLDER))?;
    let given = |argument: Option<&'_ Expr>| match argument {
        Some(Expr::Ident(name)) if name.sym == "undefined" => None,
        other => other.cloned(),
    };
    let recursive = match given(arguments.next()) {
        None => true,
        Some(Expr::Lit(Lit::Bool(recursive))) => recursive.value,
        Some(other) => return Err((at(&other), RECURSIVE)),
    };
    let (pattern, flags) = match given(arguments.next()) {
        None => (".*".to_owned(), String::new()),
        Some(Expr::Lit(Lit::Regex(regex))) => (regex.exp.to_string(), regex.flags.to_string()),
        Some(other) => return Err((at(&other), PATTERN)),
    };
    let mode = match given(arguments.next()) {
        None => "sync".to_owned(),
        Some(mode) => constant_string(&mode)
            .filter(|mode| matches!(mode.as_str(), "sync" | "eager" | "lazy" | "lazy-once"))
            .ok_or_else(|| (at(&mode), MODE))?,
    };
    if let Some(more) = arguments.next() {
        return Err((at(more), MORE));
    }
    let request = ContextRequest { directory: directory.clone(), recursive, pattern, flags, mode };
    Ok((directory, request))
}
