//! Shrinking a module for the web.

use swc_core::common::sync::Lrc;
use swc_core::common::{Mark, SourceMap, util::take::Take};
use swc_core::ecma::ast::{EsVersion, Program};
use swc_core::ecma::minifier::optimize;
use swc_core::ecma::minifier::option::{
    CompressOptions, ExtraOptions, MangleOptions, MinifyOptions, TopLevelOptions,
};

/// Compresses and mangles. What the module declares at its top is the factory's own.
pub(crate) fn minify(program: &mut Program, map: &Lrc<SourceMap>, unresolved: Mark, top_level: Mark) {
    let options = MinifyOptions {
        compress: Some(CompressOptions {
            top_level: Some(TopLevelOptions { functions: true }),
            ecma: EsVersion::Es2020,
            passes: 1,
            ..CompressOptions::default()
        }),
        mangle: Some(MangleOptions { top_level: Some(true), ..MangleOptions::default() }),
        ..MinifyOptions::default()
    };
    let extra =
        ExtraOptions { unresolved_mark: unresolved, top_level_mark: top_level, mangle_name_cache: None };
    let taken = program.take();
    *program = optimize(taken, map.clone(), None, None, &options, &extra);
}
