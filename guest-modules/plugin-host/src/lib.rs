//! The escape hatch of the bundler: a JavaScript engine in which a project's own build plugins
//! run on the project's own files.
//!
//! The compiler that runs the plugins (`@babel/core`) is the project's as well; nothing of it
//! comes with this module. What a program of Node expects of its surroundings is imitated in
//! `runtime/` as far as compilers need it: modules, paths, and an environment of given values.
//! There is no file system but the programs that were handed over, no process, no network, no
//! clock and no randomness, and a program that asks for one of them is told by name.
//!
//! It does not resolve names: what a `require` leads to comes with the programs.
//!
//! **Invariant:** the answer depends on the arguments alone.

mod digest;
mod engine;
mod fault;
mod style_sheet;

/// The interfaces of `wit/`, as types.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub)]
pub mod bindings {
    wit_bindgen::generate!({ world: "plugin-host", path: "../../wit" });
}

pub use bindings::hivesync::build::module_types as api;
pub use bindings::hivesync::build::types::{Diagnostic, Platform, Severity};

use api::{PluginOptions, Rewritten, SourceFile};

/// What the plugins made of one source; none when no plugin is meant for it.
pub type Answer = Result<Option<Rewritten>, Vec<Diagnostic>>;

/// The exports of the world.
#[derive(Debug)]
pub struct Component;

impl bindings::exports::hivesync::build::plugins::Guest for Component {
    fn rewrite(
        sources: Vec<SourceFile>,
        programs: Vec<Vec<u8>>,
        options: PluginOptions,
    ) -> Result<Vec<Answer>, Vec<Diagnostic>> {
        rewrite(&sources, programs, options)
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Component with_types_in bindings);

/// The engine asks for the time when it seeds its random numbers and for `Date`. It is always
/// the same time, so both are the same in every run.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    0.0
}

/// Tables of the style sheet parser ask for a random seed. It is always the same one, so that
/// every run is.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    start: *mut u8,
    length: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: the caller gives `length` bytes that are its own to write.
    unsafe { std::ptr::write_bytes(start, 0x5a, length) };
    Ok(())
}

/// Runs the plugins on each of `sources`.
///
/// # Errors
/// The configuration or a plugin cannot be loaded.
pub fn rewrite(
    sources: &[SourceFile],
    programs: Vec<Vec<u8>>,
    options: PluginOptions,
) -> Result<Vec<Answer>, Vec<Diagnostic>> {
    let engine = engine::Engine::new(programs, options).map_err(|fault| vec![*fault])?;
    if engine.prepare().map_err(|fault| vec![*fault])? == engine::Meant::ForNothing {
        return Ok(sources.iter().map(|_| Ok(None)).collect());
    }
    Ok(sources.iter().map(|source| engine.rewrite(source).map_err(|fault| vec![*fault])).collect())
}
