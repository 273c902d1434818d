//! The coordinator of a preview: reads the project image, resolves imports as Metro does, has
//! modules transformed and linked by the host's map, and hands over the artifacts.
//!
//! It transforms nothing itself and never holds a module's code: that stays with the host as
//! blobs. The whole of it runs natively over any [`Host`], which is how its tests and the
//! developer's tool in `examples/` use it.
//!
//! **Invariant:** equal images and requests give equal calls in equal order; nothing depends on
//! the order of a hash map.

mod app_config;
mod artifact_names;
mod assets;
mod bundle;
mod codes;
mod config;
mod context;
mod diagnose;
mod env;
mod graph;
mod hash;
mod host;
mod image;
mod linking;
mod missing;
mod packages;
mod page;
mod parts;
mod paths;
mod plugins;
mod prelude;
mod project;
mod resolve;
mod source;
mod virtual_modules;

#[cfg(test)]
mod testing;
#[cfg(target_arch = "wasm32")]
mod wit_host;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({
        world: "preview-bundler",
        path: "../../wit",
        additional_derives: [PartialEq, Eq],
    });
}

pub use bindings::exports::hivesync::build::bundler as api;
pub use bindings::hivesync::build::artifacts::WriteError;
pub use bindings::hivesync::build::mapper::{Job, Transformed};
pub use bindings::hivesync::build::module_types as wire;
pub use bindings::hivesync::build::progress::Stage;
pub use bindings::hivesync::build::project::{Entry, EntryKind, ReadError};
pub use bindings::hivesync::build::types::{Diagnostic, Piece, Platform, Severity};
pub use bundle::bundle;
pub use codes::CODES;
pub use host::Host;
