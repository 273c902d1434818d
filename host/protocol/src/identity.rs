//! Which engine the compiler writes for.

use serde::{Deserialize, Serialize};

use hivesync_types::Digest;

/// What `hivesync-compiler identify` prints on its standard output, as one frame. The
/// broker asks once: without linking the engine it could not know under which name
/// machine code is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompilerIdentity {
    /// The same as in `CompileAnswer::Compiled`: another engine refuses the code.
    pub engine: Digest,
    /// Names everything that decides what a run costs.
    pub fuel_schedule: Digest,
}
