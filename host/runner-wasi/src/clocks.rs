//! Time that passes only because somebody looks at it.
//!
//! Each look takes a microsecond, and whoever waits is woken at once at the time waited
//! for. The same module with the same input sees the same times on any machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// Nanoseconds that a look takes.
const LOOK_NS: u64 = 1_000;
/// The wall clock at the start of every run: the first second of 1980, before which
/// archives know no time.
const WALL_START: Duration = Duration::from_secs(315_532_800);

/// The time of one run, shared by its clocks.
#[derive(Debug, Clone, Default)]
pub(crate) struct VirtualTime(Arc<AtomicU64>);

impl VirtualTime {
    fn look(&self) -> u64 {
        self.0.fetch_add(LOOK_NS, Ordering::Relaxed).saturating_add(LOOK_NS)
    }

    fn pass_until(&self, when: u64) {
        self.0.fetch_max(when, Ordering::Relaxed);
    }
}

impl HostMonotonicClock for VirtualTime {
    fn resolution(&self) -> u64 {
        LOOK_NS
    }

    fn now(&self) -> u64 {
        self.look()
    }
}

impl HostWallClock for VirtualTime {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(LOOK_NS)
    }

    fn now(&self) -> Duration {
        WALL_START.saturating_add(Duration::from_nanos(self.look()))
    }
}

/// The monotonic clock as it is linked: the library's own would wait in real time.
pub(crate) struct Waiting;

impl HasData for Waiting {
    type Data<'a> = WaitingView<'a>;
}

/// The clock and the table its waiting points go into.
pub(crate) struct WaitingView<'a> {
    pub(crate) time: &'a VirtualTime,
    pub(crate) table: &'a mut ResourceTable,
}

impl WaitingView<'_> {
    fn wait(&mut self, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let moment = self.table.push(Moment { time: self.time.clone(), until })?;
        subscribe(self.table, moment)
    }
}

impl monotonic_clock::Host for WaitingView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.time.look())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(LOOK_NS)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.wait(when)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let until = self.time.look().saturating_add(duration);
        self.wait(until)
    }
}

/// A moment somebody waits for.
struct Moment {
    time: VirtualTime,
    until: u64,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Moment {
    async fn ready(&mut self) {
        self.time.pass_until(self.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_by_looking_and_by_waiting_only() {
        let time = VirtualTime::default();
        assert_eq!([time.look(), time.look()], [1_000, 2_000]);
        time.pass_until(1_000_000);
        assert_eq!(time.look(), 1_001_000);
        time.pass_until(5);
        assert_eq!(time.look(), 1_002_000);
    }
}
