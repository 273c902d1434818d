//! The pure half of the bundler: one source in, one module out; modules in, a bundle out.
//!
//! It knows nothing of files, resolution or other modules, and calls nothing of the host. The
//! same functions run natively for the tests and for the developer's tool in `examples/`.
//!
//! **Invariant:** the answer depends on the arguments alone, so the host may keep it by content.

mod asset;
mod asset_size;
mod complaints;
mod css;
mod decorators;
mod dependencies;
mod diagnose;
mod early_errors;
mod emit;
mod esm;
mod factory;
mod flow;
mod fold;
mod hermes;
mod inline_requires;
mod interop_elements;
mod json;
mod jsx;
mod link;
mod minify;
mod nesting;
mod object_super;
mod origin;
mod parse;
mod require_context;
mod restrictions;
mod script;
mod snippet;
mod substitute;
mod view_config;
mod worklets;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "transform", path: "../../wit" });
}

pub use bindings::hivesync::build::module_types as api;
pub use bindings::hivesync::build::types::{Diagnostic, Piece, Platform, Severity};

use api::{BundleGraph, LinkedBundle, SourceKind, TransformInput, TransformOptions, TransformOutput};

/// The exports of the world.
#[derive(Debug)]
pub struct Component;

impl bindings::exports::hivesync::build::modules::Guest for Component {
    fn transform(
        input: TransformInput,
        options: TransformOptions,
    ) -> Result<TransformOutput, Vec<Diagnostic>> {
        transform(&input, &options)
    }

    fn link(graph: BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>> {
        link::link(&graph)
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);

/// Makes one module.
///
/// # Errors
/// At least one diagnostic of severity `error`.
pub fn transform(
    input: &TransformInput,
    options: &TransformOptions,
) -> Result<TransformOutput, Vec<Diagnostic>> {
    match input.kind {
        SourceKind::Script | SourceKind::Typescript | SourceKind::Tsx | SourceKind::Polyfill => {
            let made = script::transform(input, options);
            match input.sources.get(1) {
                Some(earlier) => made.map(|made| led_back(made, earlier, &input.path)),
                None => made,
            }
        }
        SourceKind::Json => json::transform(input),
        SourceKind::Css => css::transform(input, options),
        SourceKind::Asset => asset::transform(input, options),
    }
}

fn led_back(made: TransformOutput, earlier: &[u8], path: &str) -> TransformOutput {
    TransformOutput { map: origin::led_back(made.map, earlier, path), ..made }
}

pub use link::link;
