//! From text to a syntax tree, or to every syntax error at once.

use swc_core::common::sync::Lrc;
use swc_core::common::{BytePos, FileName, SourceFile, SourceMap, Spanned};
use swc_core::ecma::ast::{EsVersion, Module, ModuleItem, Program};
use swc_core::ecma::parser::{
    EsSyntax, Syntax, TsSyntax,
    error::{Error, SyntaxError},
    parse_file_as_program,
};
use swc_ecma_parser::FlowSyntax;

use swc_core::common::comments::{Comments, SingleThreadedComments};

use crate::Diagnostic;
use crate::api::{Decorators, SourceKind};
use crate::diagnose::{Fault, SourceText};
use crate::nesting;

/// More errors than this in one file say nothing new.
const ERRORS_MAX: usize = 20;

/// A parsed source.
pub(crate) struct Parsed {
    pub(crate) module: Module,
    pub(crate) dialect: Dialect,
    /// It was written with `import` or `export`.
    pub(crate) is_esm: bool,
}

/// Which types may stand in a tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Flow's, or none.
    Flow,
    TypeScript,
}

/// The file in the parser's own map, under the path that goes into source maps.
pub(crate) fn file(map: &SourceMap, source: SourceText<'_>) -> Lrc<SourceFile> {
    map.new_source_file(FileName::Custom(source.path.to_owned()).into(), source.text.to_owned())
}

/// Where a position of the parser lies in the text; none for what was made up.
pub(crate) fn offset(file: &SourceFile, position: BytePos) -> Option<usize> {
    (position >= file.start_pos && position <= file.end_pos)
        .then(|| usize::try_from(position.0 - file.start_pos.0).ok())
        .flatten()
}

pub(crate) fn parse(
    source: SourceText<'_>,
    kind: SourceKind,
    decorators: Option<Decorators>,
    file: &SourceFile,
    comments: Option<&SingleThreadedComments>,
) -> Result<Parsed, Vec<Diagnostic>> {
    if let Some(at) = nesting::too_deep_at(source.text) {
        let fault = Fault {
            code: "bundle.nesting",
            message: format!(
                "the code is nested more than {} levels deep here, or more than {} without brackets",
                nesting::NESTING_MAX,
                nesting::CHAIN_MAX
            ),
            hint: Some("split the expression, or load the data from a JSON file"),
        };
        return Err(vec![source.error(fault, Some(at))]);
    }
    match kind {
        SourceKind::Typescript => parse_as(typescript(false, decorators), file, comments),
        SourceKind::Tsx => parse_as(typescript(true, decorators), file, comments),
        _ => parse_as(flow(source.text, decorators), file, comments).or_else(|errors| {
            // A minified `a<b>(c)` is a comparison to everybody but Flow.
            parse_as(plain(decorators), file, comments).map_err(|_| errors)
        }),
    }
    .map_err(|errors| explain(source, kind, file, &errors))
}

fn parse_as(
    syntax: Syntax,
    file: &SourceFile,
    comments: Option<&SingleThreadedComments>,
) -> Result<Parsed, Vec<Error>> {
    let mut errors = Vec::new();
    let program = match parse_file_as_program(
        file,
        syntax,
        EsVersion::latest(),
        comments.map(as_comments),
        &mut errors,
    ) {
        Ok(program) if errors.iter().all(is_taken_by_babel) => program,
        Ok(_) => return Err(errors),
        Err(fatal) => {
            errors.push(fatal);
            return Err(errors);
        }
    };
    let dialect = if syntax.flow() || !syntax.typescript() { Dialect::Flow } else { Dialect::TypeScript };
    let module = match program {
        Program::Module(module) => module,
        // The passes are written for modules; what was a script stays CommonJS all the same.
        Program::Script(script) => Module {
            span: script.span,
            body: script.body.into_iter().map(ModuleItem::Stmt).collect(),
            shebang: None,
        },
    };
    let is_esm = module.body.iter().any(|item| matches!(item, ModuleItem::ModuleDecl(_)));
    Ok(Parsed { module, dialect, is_esm })
}

/// `>` and `}` between the tags of JSX are text to Babel 7, which Metro runs, and to nobody else.
fn is_taken_by_babel(error: &Error) -> bool {
    matches!(error.kind(), SyntaxError::UnexpectedTokenWithSuggestions { .. })
}

fn as_comments(comments: &SingleThreadedComments) -> &dyn Comments {
    comments
}

fn flow(text: &str, decorators: Option<Decorators>) -> Syntax {
    Syntax::Flow(FlowSyntax {
        jsx: true,
        all: has_flow_pragma(text),
        require_directive: false,
        enums: true,
        decorators: decorators.is_some(),
        components: true,
        pattern_matching: true,
    })
}

fn plain(decorators: Option<Decorators>) -> Syntax {
    Syntax::Es(EsSyntax {
        jsx: true,
        export_default_from: true,
        import_attributes: true,
        decorators: decorators.is_some(),
        decorators_before_export: true,
        auto_accessors: decorators == Some(Decorators::Standard),
        allow_return_outside_function: true,
        ..EsSyntax::default()
    })
}

fn typescript(tsx: bool, decorators: Option<Decorators>) -> Syntax {
    Syntax::Typescript(TsSyntax { tsx, decorators: decorators.is_some(), ..TsSyntax::default() })
}

/// Flow reads `f<T>(x)` as a call only in files that say `@flow`.
fn has_flow_pragma(text: &str) -> bool {
    text.get(..4096.min(text.len())).map_or_else(|| text.contains("@flow"), |head| head.contains("@flow"))
}

fn explain(source: SourceText<'_>, kind: SourceKind, file: &SourceFile, errors: &[Error]) -> Vec<Diagnostic> {
    let mut places = Vec::new();
    let mut diagnostics = Vec::new();
    for error in errors.iter().take(ERRORS_MAX) {
        let at = offset(file, error.span().lo);
        if places.contains(&at) {
            continue;
        }
        places.push(at);
        let message = error.kind().msg().into_owned();
        let is_decorator = at.and_then(|at| file.src.get(at..)).is_some_and(|rest| rest.starts_with('@'));
        let hint = hint_for(kind, is_decorator);
        diagnostics.push(source.error(Fault { code: "bundle.syntax", message, hint: Some(hint) }, at));
    }
    diagnostics
}

fn hint_for(kind: SourceKind, is_decorator: bool) -> &'static str {
    if is_decorator {
        return "name @babel/plugin-proposal-decorators in the Babel configuration of the app to use decorators";
    }
    match kind {
        SourceKind::Typescript => "a file with JSX needs the extension .tsx",
        SourceKind::Script => "a file with TypeScript types needs the extension .ts or .tsx",
        _ => "correct the syntax at the marked place",
    }
}
