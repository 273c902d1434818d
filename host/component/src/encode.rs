//! A core module becomes a component.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::offer::package;

/// A core module that is no guest of the world.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// `wit/` has no such world.
    #[error("there is no world `{world}` in wit/")]
    World {
        /// The name.
        world: String,
        /// What the parser says.
        #[source]
        source: anyhow::Error,
    },
    /// The module lacks an export, or imports what the world does not have.
    #[error("the core module is no guest of world `{world}`")]
    Module {
        /// The name.
        world: String,
        /// What the encoder says.
        #[source]
        source: anyhow::Error,
    },
}

/// Makes a component of `world` out of a core module, whether or not its bindings
/// left their description in it.
///
/// # Errors
///
/// [`EncodeError`] when there is no such world or the module does not fit it.
pub fn encode(core: &[u8], world: &str) -> Result<Vec<u8>, EncodeError> {
    let no_world = |source| EncodeError::World { world: world.to_owned(), source };
    let misfit = |source| EncodeError::Module { world: world.to_owned(), source };
    let package = package().map_err(no_world)?;
    let id = package.resolve.select_world(&[package.id], Some(world)).map_err(no_world)?;
    let mut core = core.to_vec();
    if !describes_itself(&core) {
        embed_component_metadata(&mut core, &package.resolve, id, StringEncoding::UTF8).map_err(misfit)?;
    }
    ComponentEncoder::default().validate(true).module(&core).map_err(misfit)?.encode().map_err(misfit)
}

/// Bindings leave a custom section of this name behind.
fn describes_itself(core: &[u8]) -> bool {
    wasmparser::Parser::new(0).parse_all(core).any(|payload| {
        matches!(payload, Ok(wasmparser::Payload::CustomSection(section)) if section.name().starts_with("component-type"))
    })
}
