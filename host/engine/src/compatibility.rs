//! Which machine code an engine accepts.

use hivesync_types::Digest;
use wasmtime::{Engine, Error};

/// A component without anything in it.
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Names the engine for which code was compiled: another digest means that the code
/// must be compiled again. It covers the fuel schedule too, so a run id built from it
/// changes with the prices.
///
/// What an engine writes for an empty component is nothing but its own description:
/// version, target, settings and features, which the loading engine compares. (The
/// engine has a hash of that, but only for those who link its runtime.)
///
/// # Errors
///
/// The configuration has no code generator for this machine.
pub fn compatibility(engine: &Engine) -> Result<Digest, Error> {
    let description = engine.precompile_component(EMPTY_COMPONENT)?;
    Ok(Digest::of_fields(&[crate::fuel_schedule().as_bytes(), &description]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_configuration_is_another_engine() {
        let ours = Engine::new(&crate::config()).unwrap();
        let mut config = crate::config();
        config.epoch_interruption(false);
        let other = Engine::new(&config).unwrap();
        let again = Engine::new(&crate::config()).unwrap();
        assert_eq!(compatibility(&ours).unwrap(), compatibility(&again).unwrap());
        assert_ne!(compatibility(&ours).unwrap(), compatibility(&other).unwrap());
    }
}
