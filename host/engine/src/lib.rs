//! The engine's configuration, in one place: machine code made by the compiler loads
//! in the runner only because both ask here.
//!
//! It switches off what no guest of ours needs, so that the code behind it cannot be
//! reached: threads, garbage collection, exceptions, 64-bit memories, relaxed SIMD,
//! stack switching, and everything asynchronous.
//!
//! It does not decide what one run may use: that is [`hivesync_types::Limits`].
//!
//! **Invariant:** the same bytes and input cost the same fuel on every machine that
//! reports the same [`fuel_schedule`].

#[cfg(feature = "compiler")]
mod compatibility;
mod fuel;

#[cfg(feature = "compiler")]
pub use compatibility::compatibility;
pub use fuel::{fuel_schedule, prices};

use wasmtime::{Config, WasmBacktraceDetails, WasmFeatures};

/// The native stack for guest frames, in bytes, unless the policy says otherwise. It
/// belongs to the run and not to the compiled code.
pub const STACK_BYTES: usize = 512 * 1024;

/// Bytes of address space behind which an access needs no check: 32 bits' worth.
const MEMORY_RESERVATION_BYTES: u64 = 4 << 30;
/// Unmapped bytes behind a memory, which catch constant offsets.
const MEMORY_GUARD_BYTES: u64 = 32 << 20;

/// What a guest's instructions may not be. Each is named, because the engine's
/// defaults follow its cargo features and would differ between compiler and runner.
const FEATURES_OFF: &[WasmFeatures] = &[
    WasmFeatures::THREADS,
    WasmFeatures::SHARED_EVERYTHING_THREADS,
    WasmFeatures::GC,
    WasmFeatures::GC_TYPES,
    WasmFeatures::FUNCTION_REFERENCES,
    WasmFeatures::EXCEPTIONS,
    WasmFeatures::LEGACY_EXCEPTIONS,
    WasmFeatures::MEMORY64,
    WasmFeatures::RELAXED_SIMD,
    WasmFeatures::STACK_SWITCHING,
    WasmFeatures::CUSTOM_PAGE_SIZES,
    WasmFeatures::WIDE_ARITHMETIC,
    WasmFeatures::CM_ASYNC,
    WasmFeatures::CM_MORE_ASYNC_BUILTINS,
    WasmFeatures::CM_ASYNC_STACKFUL,
    WasmFeatures::CM_THREADING,
    WasmFeatures::CM_ERROR_CONTEXT,
    WasmFeatures::CM_GC,
    WasmFeatures::CM_MAP,
];

/// The strict configuration: fuel, epoch, canonical NaN. What compiled code depends
/// on is complete; the runner adds its allocator, which compiled code does not see.
pub fn config() -> Config {
    let mut config = Config::new();
    for feature in FEATURES_OFF {
        config.wasm_features(*feature, false);
    }
    config
        .concurrency_support(false)
        .shared_memory(false)
        .consume_fuel(true)
        .operator_cost(prices())
        .epoch_interruption(true)
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        .memory_guard_size(MEMORY_GUARD_BYTES)
        .memory_may_move(true)
        .guard_before_linear_memory(true)
        .memory_init_cow(true)
        .table_lazy_init(true)
        .signals_based_traps(true)
        .generate_address_map(true)
        // Never from the environment: the environment must not change what is compiled.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .max_wasm_stack(STACK_BYTES);
    #[cfg(feature = "compiler")]
    config.cranelift_nan_canonicalization(true);
    config
}

// The settings can only be read back from an engine, which needs the compiler here.
#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;

    use wasmtime::Engine;

    #[test]
    fn the_engine_meters_interrupts_and_bounds_the_stack() {
        let engine = Engine::new(&config()).unwrap();
        assert!(engine.get_consume_fuel());
        assert!(engine.get_epoch_interruption());
        assert_eq!(engine.get_cranelift_nan_canonicalization(), Some(true));
        assert!(!engine.get_concurrency_support());
        assert_eq!(engine.get_max_wasm_stack(), STACK_BYTES);
    }

    #[test]
    fn no_feature_that_is_switched_off_is_on() {
        let on = Engine::new(&config()).unwrap().get_wasm_features();
        for feature in FEATURES_OFF {
            assert!(!on.intersects(*feature), "{feature:?}");
        }
        assert!(on.contains(WasmFeatures::SIMD | WasmFeatures::BULK_MEMORY));
    }
}
