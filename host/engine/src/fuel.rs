//! What an instruction costs.

use hivesync_types::Digest;
use wasmtime::{OperatorCost, VariableOperatorCost};

/// The engine this schedule was written for; a test compares it with the lock file.
const ENGINE_VERSION: &str = "48.0.8";

/// Raised with every change of meaning that the price table does not show.
const SCHEDULE_VERSION: &str = "1";

/// One unit an instruction, one a byte or element moved in bulk. What enters the
/// runtime costs more, because it takes more: `memory.grow` in a loop is a system
/// call a turn, and a fresh page has to be cleared.
pub const fn prices() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = 200;
    cost.TableGrow = 200;
    cost.MemoryFill = 20;
    cost.MemoryCopy = 20;
    cost.MemoryInit = 20;
    cost.TableFill = 20;
    cost.TableCopy = 20;
    cost.TableInit = 20;
    cost.CallIndirect = 2;
    cost.variable = VariableOperatorCost { memory_grow_per_page: 255, ..VariableOperatorCost::new() };
    cost
}

/// Names everything that decides what a run costs: the price table, the engine's
/// version, the target, and how memories are set up.
pub fn fuel_schedule() -> Digest {
    Digest::of_fields(&[
        b"hivesync-fuel",
        SCHEDULE_VERSION.as_bytes(),
        ENGINE_VERSION.as_bytes(),
        std::env::consts::ARCH.as_bytes(),
        std::env::consts::OS.as_bytes(),
        b"memory-init-cow",
        format!("{:?}", prices()).as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_names_the_engine_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"wasmtime\"\nversion = \"{ENGINE_VERSION}\"\n");
        assert!(lock.contains(&entry));
    }

    #[test]
    fn growing_has_a_price() {
        assert!(prices().variable.memory_grow_per_page > 0);
        assert!(prices().MemoryGrow > prices().I32Add);
    }
}
