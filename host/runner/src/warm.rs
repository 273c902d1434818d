//! What is set up before a run is known: the engine and its ticker.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use hivesync_engine::STACK_BYTES;
use wasmtime::{Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often guest code looks at the clock.
const TICK: Duration = Duration::from_millis(2);

/// Most memories of one component; with the sum of the ledger this only bounds the
/// address space that is reserved.
const MEMORIES_MAX: u32 = 16;
/// Most tables of one component.
const TABLES_MAX: u32 = 16;
/// Most elements of one table: the ceiling of `table-elements`.
const TABLE_ELEMENTS_MAX: usize = 1_000_000;
/// Most core instances of one component.
const CORE_INSTANCES_MAX: u32 = 64;

/// An engine, and a thread that waits to make its epoch pass.
#[derive(Debug)]
pub struct Warm {
    engine: Engine,
    ticker: SyncSender<Engine>,
    tune: fn(&mut PoolingAllocationConfig),
}

/// The engine cannot be made: a mistake of ours, or no memory.
#[derive(Debug, thiserror::Error)]
pub enum WarmError {
    /// What the engine says.
    #[error("the engine cannot be set up: {0}")]
    Engine(String),
    /// What the system says.
    #[error("the ticker's thread cannot be started")]
    Ticker(#[source] std::io::Error),
}

impl Warm {
    /// Makes engine and ticker, and returns when the ticker's thread is running: what
    /// a thread does as it starts, no filter permits later.
    pub fn new() -> Result<Self, WarmError> {
        Self::tuned(|_| {})
    }

    /// As [`Warm::new`], for a build whose engine reserves more than ours unless told.
    pub fn tuned(tune: fn(&mut PoolingAllocationConfig)) -> Result<Self, WarmError> {
        let engine = engine(STACK_BYTES, tune)?;
        let (ticker, engines) = sync_channel(1);
        let (started, running) = sync_channel(1);
        thread::Builder::new()
            .name("ticker".to_owned())
            .stack_size(TICKER_STACK_BYTES)
            .spawn(move || tick(&started, &engines))
            .map_err(WarmError::Ticker)?;
        running.recv().map_err(|_| WarmError::Engine("the ticker ended".to_owned()))?;
        Ok(Self { engine, ticker, tune })
    }

    /// The engine for a run with this much stack, its epoch passing from now on.
    pub fn start(self, stack_bytes: u64) -> Result<Engine, WarmError> {
        let stack_bytes = usize::try_from(stack_bytes).unwrap_or(usize::MAX);
        let engine = if stack_bytes == STACK_BYTES { self.engine } else { engine(stack_bytes, self.tune)? };
        self.ticker.send(engine.clone()).map_err(|_| WarmError::Engine("the ticker ended".to_owned()))?;
        // The sender must live on: the ticker ends when it hangs up.
        std::mem::forget(self.ticker);
        Ok(engine)
    }
}

const TICKER_STACK_BYTES: usize = 64 * 1024;

fn tick(started: &SyncSender<()>, engines: &Receiver<Engine>) {
    if started.send(()).is_err() {
        return;
    }
    // Until the run starts nobody needs the time, and a pool of runners must not wake
    // the machine for nothing.
    let Ok(engine) = engines.recv() else { return };
    loop {
        thread::sleep(TICK);
        engine.increment_epoch();
    }
}

fn engine(stack_bytes: usize, tune: fn(&mut PoolingAllocationConfig)) -> Result<Engine, WarmError> {
    let mut config = hivesync_engine::config();
    let mut pool = pool();
    tune(&mut pool);
    // The engine refuses a stack beyond that of a fibre, although none is ever made.
    config
        .async_stack_size(stack_bytes)
        .max_wasm_stack(stack_bytes)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(|error| WarmError::Engine(format!("{error:#}")))
}

/// One component at a time, and nothing is kept from one instance to the next.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(1)
        .total_core_instances(CORE_INSTANCES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .total_memories(MEMORIES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_memories_per_module(MEMORIES_MAX)
        .total_tables(TABLES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_tables_per_module(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(0)
        .table_keep_resident(0)
        .pagemap_scan(Enabled::No);
    pool
}
