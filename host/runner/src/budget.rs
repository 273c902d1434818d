//! The budget of host calls, and its ledger.

use std::time::Duration;

use hivesync_protocol::HostCallUse;
use hivesync_types::{Code, Limits};

use crate::clock::{micros, millis};
use crate::fault::Fault;

/// A function of the host, in order of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    ArtifactsWrite,
    LogWrite,
    MapperLink,
    MapperRewrite,
    MapperTransform,
    ProgressReport,
    ProjectEntries,
    ProjectRead,
}

impl Function {
    const ALL: [Self; 8] = [
        Self::ArtifactsWrite,
        Self::LogWrite,
        Self::MapperLink,
        Self::MapperRewrite,
        Self::MapperTransform,
        Self::ProgressReport,
        Self::ProjectEntries,
        Self::ProjectRead,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ArtifactsWrite => "artifacts.write",
            Self::LogWrite => "log.write",
            Self::MapperLink => "mapper.link",
            Self::MapperRewrite => "mapper.rewrite",
            Self::MapperTransform => "mapper.transform",
            Self::ProgressReport => "progress.report",
            Self::ProjectEntries => "project.entries",
            Self::ProjectRead => "project.read",
        }
    }
}

/// What one function was used for.
#[derive(Debug)]
struct Entry {
    function: Function,
    calls: u64,
    bytes: u64,
    time: Duration,
}

/// Counts calls, bytes and time, and ends the run at their limits.
#[derive(Debug)]
pub(crate) struct Budget {
    calls: u64,
    calls_max: u64,
    bytes: u64,
    bytes_max: u64,
    time: Duration,
    time_max: Duration,
    entries: [Entry; Function::ALL.len()],
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            calls: 0,
            calls_max: limits.host_calls,
            bytes: 0,
            bytes_max: limits.host_call_bytes,
            time: Duration::ZERO,
            time_max: Duration::from_millis(limits.host_call_ms),
            entries: Function::ALL.map(|function| Entry {
                function,
                calls: 0,
                bytes: 0,
                time: Duration::ZERO,
            }),
        }
    }

    /// One more call. Fails before anything is done for it.
    pub(crate) fn enter(&mut self, function: Function) -> Result<(), Fault> {
        if self.calls >= self.calls_max {
            return Err(Fault::beyond(
                Code::LimitHostCalls,
                "host-calls",
                self.calls.saturating_add(1),
                self.calls_max,
            ));
        }
        if self.time >= self.time_max {
            return Err(Fault::beyond(
                Code::LimitHostTime,
                "host-call-ms",
                millis(self.time),
                millis(self.time_max),
            ));
        }
        self.calls = self.calls.saturating_add(1);
        self.note(function, |entry| entry.calls = entry.calls.saturating_add(1));
        Ok(())
    }

    /// So many bytes cross the border. Called before they are copied.
    pub(crate) fn spend_bytes(&mut self, function: Function, bytes: u64) -> Result<(), Fault> {
        let total = self.bytes.saturating_add(bytes);
        if total > self.bytes_max {
            return Err(Fault::beyond(Code::LimitHostBytes, "host-call-bytes", total, self.bytes_max));
        }
        self.bytes = total;
        self.note(function, |entry| entry.bytes = entry.bytes.saturating_add(bytes));
        Ok(())
    }

    /// The call took so long, waiting for others not counted.
    pub(crate) fn spend_time(&mut self, function: Function, time: Duration) {
        self.time = self.time.saturating_add(time);
        self.note(function, |entry| entry.time = entry.time.saturating_add(time));
    }

    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    /// One entry a function that was called, in order of name.
    pub(crate) fn ledger(&self) -> Vec<HostCallUse> {
        self.entries
            .iter()
            .filter(|entry| entry.calls > 0)
            .map(|entry| HostCallUse {
                function: entry.function.name().to_owned(),
                calls: entry.calls,
                bytes: entry.bytes,
                us: micros(entry.time),
            })
            .collect()
    }

    fn note(&mut self, function: Function, note: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.function == function) {
            note(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::limits;

    #[test]
    fn the_last_permitted_call_is_made_and_the_next_is_not() {
        let mut budget = Budget::new(&Limits { host_calls: 2, ..limits() });
        budget.enter(Function::LogWrite).unwrap();
        budget.enter(Function::ProjectRead).unwrap();
        assert_eq!(budget.enter(Function::LogWrite).unwrap_err().code, Code::LimitHostCalls);
        let ledger = budget.ledger();
        assert_eq!(
            ledger.iter().map(|entry| (entry.function.as_str(), entry.calls)).collect::<Vec<_>>(),
            [("log.write", 1), ("project.read", 1)]
        );
    }

    #[test]
    fn bytes_are_refused_before_they_are_counted() {
        let mut budget = Budget::new(&Limits { host_call_bytes: 10, ..limits() });
        budget.spend_bytes(Function::ProjectRead, 10).unwrap();
        assert_eq!(budget.spend_bytes(Function::ProjectRead, 1).unwrap_err().code, Code::LimitHostBytes);
    }

    #[test]
    fn time_spent_by_the_host_refuses_the_next_call() {
        let mut budget = Budget::new(&Limits { host_call_ms: 5, ..limits() });
        budget.spend_time(Function::ProjectRead, Duration::from_millis(5));
        assert_eq!(budget.enter(Function::ProjectRead).unwrap_err().code, Code::LimitHostTime);
    }

    #[test]
    fn names_are_in_order_so_that_ledgers_compare() {
        assert!(Function::ALL.is_sorted_by_key(|function| function.name()));
    }
}
