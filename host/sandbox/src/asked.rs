//! One call of a pure module on a caller's behalf: its name, its process, its record.
//!
//! **Invariant:** two calls have the same name only where module, policy, input and engine
//! are the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hivesync_policy::Keyed as _;
use hivesync_protocol::{Call, Return, Usage};
use hivesync_types::{Digest, Limits};

use crate::audit::{Failure, ModuleUse, PureRecord, Used};
use crate::budget::Budget;
use crate::error::Error;
use crate::escape::escape_line;
use crate::module::Module;
use crate::pure::PureRuns;
use crate::sandbox::Inner;

/// Bytes of the name of whoever asked.
const WHO_BYTES_MAX: usize = 256;

/// What is known of a call before it begins.
#[derive(Debug)]
pub(crate) struct Asked {
    module: Module,
    run_id: Digest,
    input: Digest,
    policy: Digest,
    limits: Limits,
    started_ms: u64,
    begun: Instant,
}

impl Asked {
    /// A call of `module` on what `input` names. `kind` keeps calls of different functions
    /// apart; `lower` may take from the policy's limits and adds nothing.
    pub(crate) fn new(
        inner: &Inner,
        kind: &'static str,
        module: Module,
        input: Digest,
        lower: Option<&Limits>,
    ) -> Self {
        let mut policy = module.policy().clone();
        if let Some(lower) = lower {
            policy.limits = policy.limits.lowered(lower);
        }
        let identity = module.identity();
        let run_id = Digest::of_fields(&[
            kind.as_bytes(),
            module.digest().as_bytes(),
            policy.digest().as_bytes(),
            input.as_bytes(),
            identity.engine.as_bytes(),
            identity.fuel_schedule.as_bytes(),
        ]);
        Self {
            module,
            run_id,
            input,
            policy: policy.digest(),
            limits: policy.limits,
            started_ms: inner.config.now_ms(),
            begun: Instant::now(),
        }
    }

    /// Makes the call in a process of its own.
    pub(crate) async fn run(&self, inner: &Inner, call: Call) -> Result<(Return, Usage), Error> {
        let budget = Budget::new(self.limits, Instant::now());
        let pure = PureRuns {
            pool: Arc::clone(&inner.pool),
            slots: Arc::clone(&inner.slots),
            module: self.module.clone(),
            run_id: self.run_id,
            deadline: budget.deadline(),
        };
        let _slot = Arc::clone(&pure.slots).acquire_owned().await.ok();
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(pure.deadline.into()) => Err(budget.wall_error()),
            answer = pure.answer(call, self.limits) => answer,
        }
    }

    /// The record of what came of it.
    pub(crate) fn record(
        &self,
        who: &str,
        usage: &Usage,
        output: Option<Digest>,
        error: Option<&Error>,
    ) -> PureRecord {
        let us = |ms: u64| ms.saturating_mul(1000);
        PureRecord {
            run: self.run_id,
            who: escape_line(who, WHO_BYTES_MAX),
            module: ModuleUse { digest: self.module.digest(), code: self.module.origin() },
            policy: self.policy,
            input: self.input,
            started_ms: self.started_ms,
            fuel: Used { used: usage.fuel, limit: self.limits.fuel },
            cpu_us: Used { used: usage.cpu_us, limit: us(self.limits.cpu_ms) },
            wall_us: Used { used: micros(self.begun.elapsed()), limit: us(self.limits.wall_ms) },
            memory: Used { used: usage.memory_peak, limit: self.limits.memory_bytes },
            output,
            limits: self.limits,
            error: error.map(Failure::from),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
