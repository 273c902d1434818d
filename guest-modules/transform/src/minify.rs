//! Shrinking a module for the web.

use swc_core::common::sync::Lrc;
use swc_core::common::{Mark, SourceMap, util::take::Take};
use swc_core::ecma::ast::{EsVersion, Program};
use swc_core::ecma::minifier::optimize;
use swc_core::ecma::minifier::option::{
    CompressOptions, ExtraOptions, MangleOptions, MinifyOptions, TopLevelOptions,
};
use swc_core::ecma::transforms::base::fixer::paren_remover;

/// Whether a class is still called what it was, when it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassNames {
    /// Frameworks built on decorators go by them.
    Kept,
    Short,
}

/// Compresses and mangles. What the module declares at its top is the factory's own.
pub(crate) fn minify(
    program: &mut Program,
    map: &Lrc<SourceMap>,
    (unresolved, top_level): (Mark, Mark),
    names: ClassNames,
) {
    let keep_names = names == ClassNames::Kept;
    let options = MinifyOptions {
        compress: Some(CompressOptions {
            top_level: Some(TopLevelOptions { functions: true }),
            ecma: EsVersion::Es2020,
            passes: 1,
            keep_classnames: keep_names,
            ..CompressOptions::default()
        }),
        mangle: Some(MangleOptions {
            top_level: Some(true),
            keep_class_names: keep_names,
            ..MangleOptions::default()
        }),
        ..MinifyOptions::default()
    };
    let extra =
        ExtraOptions { unresolved_mark: unresolved, top_level_mark: top_level, mangle_name_cache: None };
    // The minifier does not look through parentheses: a call behind them would seem to have no
    // effect, and another be moved across it.
    program.mutate(paren_remover(None));
    let taken = program.take();
    *program = optimize(taken, map.clone(), None, None, &options, &extra);
}
