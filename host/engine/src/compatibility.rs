//! Which machine code an engine accepts.

use std::hash::{Hash, Hasher};

use hivesync_types::Digest;
use wasmtime::Engine;

/// Names the engine for which code was compiled: another digest means that the code
/// must be compiled again. It covers the fuel schedule too, so a run id built from it
/// changes with the prices.
pub fn compatibility(engine: &Engine) -> Digest {
    let mut fields = Collector(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut fields);
    Digest::of_fields(&[crate::fuel_schedule().as_bytes(), &fields.0])
}

/// Keeps what is hashed, so that a digest of our own can be taken of it: the standard
/// hashers promise no stability between releases.
struct Collector(Vec<u8>);

impl Hasher for Collector {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Unused: the collected bytes are what is wanted.
    fn finish(&self) -> u64 {
        0
    }
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
        assert_eq!(compatibility(&ours), compatibility(&Engine::new(&crate::config()).unwrap()));
        assert_ne!(compatibility(&ours), compatibility(&other));
    }
}
