//! What the host knows of the run while a guest's code runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hivesync_image::ProjectImage;
use hivesync_protocol::{FromRunner, ToRunner, Usage};
use hivesync_types::{Code, Limits};
use memmap2::Mmap;

use crate::budget::{Budget, Function};
use crate::channel::{Channel, ChannelError};
use crate::clock::{GuestClock, ThreadTime, micros};
use crate::fault::Fault;
use crate::interfaces::LogLedger;
use crate::memory::MemoryLedger;

/// The store's data: limits, clocks, ledgers, and what the interfaces serve.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) limits: Limits,
    pub(crate) clock: GuestClock,
    pub(crate) budget: Budget,
    pub(crate) memory: MemoryLedger,
    pub(crate) log: LogLedger,
    pub(crate) image: Arc<ProjectImage<Mmap>>,
    /// The message of the guest's last panic.
    pub(crate) panic: Option<String>,
    pub(crate) channel: Channel,
    /// Within the current host call: time in which pure runs worked, which is theirs.
    waited: Duration,
}

impl Run {
    pub(crate) fn new(limits: Limits, image: Arc<ProjectImage<Mmap>>, channel: Channel) -> Self {
        Self {
            clock: GuestClock::new(Duration::from_millis(limits.cpu_ms)),
            budget: Budget::new(&limits),
            memory: MemoryLedger::new(&limits),
            log: LogLedger::new(&limits),
            image,
            panic: None,
            channel,
            waited: Duration::ZERO,
            limits,
        }
    }

    /// The gate of every host function: it is counted, its time is the host's, and the
    /// guest's clock stands still.
    pub(crate) fn serve<T>(
        &mut self,
        function: Function,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> wasmtime::Result<T> {
        let started = Instant::now();
        self.clock.pause(ThreadTime::now());
        self.waited = Duration::ZERO;
        self.budget.enter(function)?;
        let result = work(self);
        let worked = started.elapsed().saturating_sub(self.waited);
        self.budget.spend_time(function, worked);
        self.clock.resume(ThreadTime::now());
        Ok(result?)
    }

    /// Tells the broker something that needs no answer.
    pub(crate) fn tell(&mut self, message: &FromRunner) -> Result<(), Fault> {
        self.channel.send(message).map(drop).map_err(lost)
    }

    /// Asks the broker and waits. The bytes of both frames count.
    pub(crate) fn ask(&mut self, function: Function, message: &FromRunner) -> Result<ToRunner, Fault> {
        let sent = self.channel.send(message).map_err(lost)?;
        self.budget.spend_bytes(function, sent)?;
        let (answer, received) = self.channel.receive().map_err(lost)?;
        self.budget.spend_bytes(function, received)?;
        match answer {
            ToRunner::Stop(code) => Err(Fault::new(code, "stopped by the broker")),
            answer => Ok(answer),
        }
    }

    /// As [`Self::ask`], where the time until the answer is that of pure runs.
    pub(crate) fn ask_for_pure_runs(
        &mut self,
        function: Function,
        message: &FromRunner,
    ) -> Result<ToRunner, Fault> {
        let started = Instant::now();
        let answer = self.ask(function, message);
        self.waited = self.waited.saturating_add(started.elapsed());
        answer
    }

    /// The ledgers as they stand.
    pub(crate) fn usage(&self, fuel: u64, now: ThreadTime) -> Usage {
        Usage {
            fuel,
            cpu_us: micros(self.clock.spent(now)),
            instantiate_us: 0,
            host_us: micros(self.budget.time()),
            memory_peak: self.memory.peak(),
            first_refusal: self.memory.first_refusal().cloned(),
            host_calls: self.budget.ledger(),
        }
    }
}

/// An answer of another kind than the question.
pub(crate) fn wrong_answer() -> Fault {
    Fault::new(Code::HostProtocol, "the broker answered something else")
}

fn lost(error: ChannelError) -> Fault {
    Fault::new(Code::HostProtocol, error.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Limits that nothing small reaches.
    pub(crate) fn limits() -> Limits {
        Limits {
            wall_ms: 15_000,
            cpu_ms: 10_000,
            fuel: 1_000_000_000,
            memory_bytes: 64 << 20,
            table_elements: 10_000,
            stack_bytes: 512 << 10,
            host_calls: 10_000,
            host_call_bytes: 64 << 20,
            host_call_ms: 2_000,
            transfer_bytes: 4 << 20,
            jobs: 100,
            artifacts: 10,
            artifact_bytes: 1 << 20,
            log_lines: 100,
            log_bytes: 10_000,
        }
    }
}
