//! JSX: whether there is any, where what it compiles to goes, and how components are replaced
//! while an app runs.

use swc_core::common::comments::SingleThreadedComments;
use swc_core::common::sync::Lrc;
use swc_core::common::{Mark, SourceMap, Spanned};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::react::{self, RefreshOptions};

/// An element ends in a slash beside an angle bracket; the old way of making classes is given
/// names by the same pass.
pub(crate) fn may_have_jsx(text: &str) -> bool {
    let beside_bracket = |(at, _): (usize, &str)| {
        text.get(..at).is_some_and(|before| before.trim_end().ends_with('<'))
            || text.get(at + 1..).is_some_and(|after| after.trim_start().starts_with('>'))
    };
    text.contains("createReactClass")
        || text.contains("React.createClass")
        || text.match_indices('/').any(beside_bracket)
}

/// The JSX runtime is evaluated after what the module itself imports, as Babel has it.
pub(crate) fn move_added_imports(module: &mut Module) {
    let is_import = |item: &ModuleItem| matches!(item, ModuleItem::ModuleDecl(ModuleDecl::Import(_)));
    let first = module.body.iter().position(is_import).unwrap_or_default();
    let added =
        module.body.iter().skip(first).take_while(|item| is_import(item) && item.span().is_dummy()).count();
    if let Some(last) = module.body.iter().rposition(is_import)
        && let Some(imports) = module.body.get_mut(first..=last)
    {
        imports.rotate_left(added);
    }
}

/// Registers components and signs their hooks, as `react-refresh/babel` does, so that a changed
/// module can take the place of the one that runs.
pub(crate) fn refresh(
    program: &mut Program,
    map: &Lrc<SourceMap>,
    comments: &SingleThreadedComments,
    top_level: Mark,
) {
    let options = Some(RefreshOptions::default());
    program.mutate(react::refresh(true, options, map.clone(), Some(comments.clone()), top_level));
}
