//! What the host knows of the run while the module's code runs.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

use hivesync_protocol::{Start, Usage};
use hivesync_runner::channel::Channel;
use hivesync_runner::clock::{GuestClock, ThreadTime, micros};
use hivesync_runner::memory::MemoryLedger;
use hivesync_types::{Digest, Limits};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{Deterministic, FsPerms, WasiCtx, WasiCtxView, WasiView};

use crate::clocks::VirtualTime;
use crate::stdio::Output;

/// Bytes of seeded randomness before it repeats.
const RANDOM_BYTES: usize = 64 * 1024;
/// Most bytes of randomness a call.
const RANDOM_CALL_BYTES_MAX: u64 = 64 * 1024;
/// Most streams, descriptors and waiting points at a time.
const RESOURCES_MAX: usize = 1024;

/// The store's data.
pub(crate) struct State {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) time: VirtualTime,
    pub(crate) memory: MemoryLedger,
    pub(crate) clock: GuestClock,
    pub(crate) limits: Limits,
}

impl State {
    /// The world of one command: `/project` to read, `/out` to write, and nothing else
    /// that is not the same in every run with this id.
    pub(crate) fn new(
        start: &Start,
        channel: Channel,
        project: BorrowedFd<'_>,
        out: BorrowedFd<'_>,
    ) -> wasmtime::Result<Self> {
        let limits = start.limits;
        let time = VirtualTime::default();
        let output = Output::new(channel, &limits);
        let mut wasi = WasiCtx::builder();
        // There is one thread for files; most calls need not wait for it.
        wasi.allow_blocking_current_thread(true)
            .wall_clock(time.clone())
            .monotonic_clock(time.clone())
            .secure_random(Deterministic::new(randomness(&start.run_id, b"secure")))
            .insecure_random(Deterministic::new(randomness(&start.run_id, b"insecure")))
            .insecure_random_seed(seed(&start.run_id))
            .max_random_size(RANDOM_CALL_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false);
        let granted = |name: &str| start.grants.iter().any(|grant| grant == name);
        if granted("log") {
            wasi.stdout(output.stdout()).stderr(output.stderr());
        }
        if granted("project") {
            wasi.preopened_dir(reopenable(project), "/project", FsPerms::ReadOnly)?;
        }
        if granted("artifacts") {
            wasi.preopened_dir(reopenable(out), "/out", FsPerms::ReadWrite)?;
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        Ok(Self {
            wasi: wasi.build(),
            table,
            time,
            memory: MemoryLedger::new(&limits),
            clock: GuestClock::new(Duration::from_millis(limits.cpu_ms)),
            limits,
        })
    }

    /// The ledgers, `fuel` having been used.
    pub(crate) fn usage(&self, fuel: u64, now: ThreadTime) -> Usage {
        Usage {
            fuel,
            cpu_us: micros(self.clock.spent(now)),
            instantiate_us: 0,
            host_us: 0,
            memory_peak: self.memory.peak(),
            first_refusal: self.memory.first_refusal().cloned(),
            host_calls: Vec::new(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A path that leads to an open directory, for a library that wants a path.
fn reopenable(directory: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", directory.as_raw_fd())
}

/// What hash tables start from, which follows from the run's id.
fn seed(run_id: &Digest) -> u128 {
    let bytes = randomness(run_id, b"seed");
    bytes.first_chunk().map_or(0, |chunk| u128::from_le_bytes(*chunk))
}

/// Bytes that follow from the run's id.
fn randomness(run_id: &Digest, purpose: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RANDOM_BYTES);
    let mut counter = 0_u64;
    while bytes.len() < RANDOM_BYTES {
        let block =
            Digest::of_fields(&[b"hivesync-wasi-random", run_id.as_bytes(), purpose, &counter.to_le_bytes()]);
        bytes.extend_from_slice(block.as_bytes());
        counter = counter.saturating_add(1);
    }
    bytes
}
