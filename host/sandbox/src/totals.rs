//! What a sandbox has done since it was started, in numbers.
//!
//! **Invariant:** no name that a guest or a user chose is in them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hivesync_protocol::Usage;
use hivesync_types::Code;

use crate::audit::Event;

/// The numbers. They only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Runs that are on record, whatever came of them.
    pub runs: u64,
    /// Guest instructions of them.
    pub fuel: u64,
    /// Instances that were made for bundles, commands, questions and steps; those of single sources
    /// are not counted.
    pub instances: u64,
    /// Microseconds of processor time that making them took.
    pub instantiate_us: u64,
    /// Runs that a limit ended, by its code.
    pub limits: BTreeMap<Code, u64>,
    /// Modules and runs that were refused for what a policy does not allow, by their code.
    pub denials: BTreeMap<Code, u64>,
}

/// Of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<Totals>);

impl Counter {
    pub(crate) fn totals(&self) -> Totals {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something went on record.
    pub(crate) fn happened(&self, event: &Event) {
        let (fuel, code) = match event {
            Event::Run(run) => (Some(run.clocks.fuel.used), run.error.as_ref()),
            Event::Command(run) => (Some(run.fuel.used), run.error.as_ref()),
            Event::Influence(run) | Event::Step(run) => (Some(run.fuel.used), run.error.as_ref()),
            Event::Refused(refused) => (None, Some(&refused.error)),
        };
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fuel) = fuel {
            totals.runs = totals.runs.saturating_add(1);
            totals.fuel = totals.fuel.saturating_add(fuel);
        }
        let Some(code) = code.map(|failure| failure.code) else { return };
        let kind = code.as_str().split_once('.').map(|(kind, _)| kind);
        let counts = match kind {
            Some("limit") => &mut totals.limits,
            Some("policy" | "wit" | "module") => &mut totals.denials,
            _ => return,
        };
        let count = counts.entry(code).or_default();
        *count = count.saturating_add(1);
    }

    /// A process said what it used.
    pub(crate) fn used(&self, usage: &Usage) {
        if usage.instantiate_us == 0 {
            return;
        }
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.instances = totals.instances.saturating_add(1);
        totals.instantiate_us = totals.instantiate_us.saturating_add(usage.instantiate_us);
    }
}

#[cfg(test)]
mod tests {
    use hivesync_types::{Digest, Fault};

    use super::*;
    use crate::audit::{Failure, Refused};

    fn refused(code: Code) -> Event {
        Event::Refused(Refused {
            at_ms: 1,
            module: Digest::of(b""),
            world: "transform".to_owned(),
            policy: "p".to_owned(),
            error: Failure { code, fault: Fault::Caller, evidence: String::new() },
        })
    }

    #[test]
    fn limits_and_denials_are_told_apart_and_our_own_faults_are_neither() {
        let counter = Counter::default();
        for code in [Code::LimitFuel, Code::PolicyDenied, Code::WitImportNotGranted, Code::PolicyDenied] {
            counter.happened(&refused(code));
        }
        counter.happened(&refused(Code::HostStorage));
        counter.happened(&refused(Code::PreviewBuildFailed));
        counter.used(&Usage { instantiate_us: 70, ..Usage::default() });
        counter.used(&Usage::default());
        let denials = BTreeMap::from([(Code::WitImportNotGranted, 1), (Code::PolicyDenied, 2)]);
        let limits = BTreeMap::from([(Code::LimitFuel, 1)]);
        let expected = Totals { instances: 1, instantiate_us: 70, limits, denials, ..Totals::default() };
        assert_eq!(counter.totals(), expected);
    }
}
