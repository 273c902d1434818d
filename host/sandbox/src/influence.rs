//! One question about a project, in a process of its own.
//!
//! The module is pure, so the project travels to it whole and nothing comes back but the
//! answer. It does not keep answers: whoever asks knows better what is worth keeping.
//!
//! **Invariant:** an answer is accounted for in the audit record, or there is none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hivesync_policy::{Keyed as _, World};
use hivesync_protocol::wit::influence::{ProjectFiles, Question};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{Call, InfluenceAnswer, Usage};
use hivesync_types::{Code, Digest, Limits};

use crate::audit::{Event, Failure, InfluenceRecord, ModuleUse, Used};
use crate::budget::Budget;
use crate::error::Error;
use crate::escape::escape_line;
use crate::module::Module;
use crate::pure::PureRuns;
use crate::sandbox::{Inner, Sandbox};

/// One question.
#[derive(Debug, Clone)]
pub struct InfluenceRun {
    /// Registered for the world `influence-map`.
    pub module: Module,
    /// What is asked.
    pub request: InfluenceRequest,
    /// Lower limits for this run; higher values change nothing.
    pub limits: Option<Limits>,
    /// Whoever asked, for the audit record.
    pub who: String,
}

/// A call of one of the module's functions.
#[derive(Debug, Clone)]
pub enum InfluenceRequest {
    /// `influence.ask`.
    Ask {
        /// What is read.
        project: ProjectFiles,
        /// What is asked.
        question: Question,
    },
    /// `influence.compare`.
    Compare {
        /// A map.
        before: Vec<u8>,
        /// A later one.
        after: Vec<u8>,
    },
}

/// What came of a question.
#[derive(Debug)]
pub struct InfluenceOutcome {
    /// The answer in canonical JSON, what the module says is wrong with the question, or why
    /// it did not answer.
    pub result: Result<Result<Vec<u8>, Vec<Diagnostic>>, Error>,
    /// The audit record.
    pub record: Box<InfluenceRecord>,
}

/// Bytes of the name of whoever asked.
const WHO_BYTES_MAX: usize = 256;

impl Sandbox {
    /// Asks about one project, or compares two maps.
    ///
    /// Fails with `policy.denied` for a module of another world, with `host.overloaded` when
    /// too many wait, and with `host.storage` when the audit record cannot be written;
    /// everything else is in the outcome. Dropping the future kills the process.
    pub async fn influence(&self, wanted: InfluenceRun) -> Result<InfluenceOutcome, Error> {
        if wanted.module.policy().world != World::InfluenceMap {
            let evidence = format!("{} is registered for another world", wanted.module.digest());
            return Err(Error::Denied { code: Code::PolicyDenied, evidence });
        }
        let inner = self.inner();
        let _turn = inner.turn().await?;
        let asked = Asked::new(inner, &wanted)?;
        let begun = Instant::now();
        let answer = asked.run(inner, wanted.module.clone(), wanted.request).await;
        let (result, usage) = match answer {
            Ok((answer, usage)) => (Ok(answer), usage),
            Err(error) => (Err(error), Usage::default()),
        };
        let module = ModuleUse { digest: wanted.module.digest(), code: wanted.module.origin() };
        let record = asked.record(&wanted.who, module, &usage, begun.elapsed(), &result);
        inner.audit.append(Event::Influence(Box::new(record.clone())))?;
        let result = result.map(|answer| match answer {
            InfluenceAnswer::Json(json) => Ok(json),
            InfluenceAnswer::Refused(diagnostics) => Err(diagnostics),
        });
        Ok(InfluenceOutcome { result, record: Box::new(record) })
    }
}

/// What is known of a run before it begins.
struct Asked {
    run_id: Digest,
    input: Digest,
    policy: Digest,
    limits: Limits,
    now_ms: u64,
}

impl Asked {
    fn new(inner: &Inner, wanted: &InfluenceRun) -> Result<Self, Error> {
        let mut policy = wanted.module.policy().clone();
        if let Some(limits) = &wanted.limits {
            policy.limits = policy.limits.lowered(limits);
        }
        let identity = wanted.module.identity();
        let input = digest(&wanted.request)?;
        let run_id = Digest::of_fields(&[
            b"hivesync-influence/1",
            wanted.module.digest().as_bytes(),
            policy.digest().as_bytes(),
            input.as_bytes(),
            identity.engine.as_bytes(),
            identity.fuel_schedule.as_bytes(),
        ]);
        let now_ms = inner.config.now_ms();
        Ok(Self { run_id, input, policy: policy.digest(), limits: policy.limits, now_ms })
    }

    async fn run(
        &self,
        inner: &Inner,
        module: Module,
        request: InfluenceRequest,
    ) -> Result<(InfluenceAnswer, Usage), Error> {
        let budget = Budget::new(self.limits, Instant::now());
        let pure = PureRuns {
            pool: Arc::clone(&inner.pool),
            slots: Arc::clone(&inner.slots),
            module,
            run_id: self.run_id,
            deadline: budget.deadline(),
        };
        let call = match request {
            InfluenceRequest::Ask { project, question } => Call::Ask { project, question },
            InfluenceRequest::Compare { before, after } => Call::Compare { before, after },
        };
        let _slot = Arc::clone(&pure.slots).acquire_owned().await.ok();
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(pure.deadline.into()) => Err(budget.wall_error()),
            answer = pure.influence(call, self.limits) => answer,
        }
    }

    fn record(
        &self,
        who: &str,
        module: ModuleUse,
        usage: &Usage,
        wall: Duration,
        result: &Result<InfluenceAnswer, Error>,
    ) -> InfluenceRecord {
        let us = |ms: u64| ms.saturating_mul(1000);
        let output = match result {
            Ok(InfluenceAnswer::Json(json)) => Some(Digest::of(json)),
            _ => None,
        };
        InfluenceRecord {
            run: self.run_id,
            who: escape_line(who, WHO_BYTES_MAX),
            module,
            policy: self.policy,
            input: self.input,
            started_ms: self.now_ms,
            fuel: Used { used: usage.fuel, limit: self.limits.fuel },
            cpu_us: Used { used: usage.cpu_us, limit: us(self.limits.cpu_ms) },
            wall_us: Used {
                used: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
                limit: us(self.limits.wall_ms),
            },
            memory: Used { used: usage.memory_peak, limit: self.limits.memory_bytes },
            output,
            limits: self.limits,
            error: result.as_ref().err().map(Failure::from),
        }
    }
}

/// Names everything that an answer is a function of, beside the module.
fn digest(request: &InfluenceRequest) -> Result<Digest, Error> {
    let question = match request {
        InfluenceRequest::Ask { question, .. } => {
            postcard::to_stdvec(question).map_err(|_| Error::Internal("a question that does not encode"))?
        }
        InfluenceRequest::Compare { .. } => Vec::new(),
    };
    let mut fields: Vec<&[u8]> = vec![&question];
    match request {
        InfluenceRequest::Ask { project, .. } => {
            for file in &project.files {
                fields.extend([file.path.as_bytes(), file.bytes.as_slice()]);
            }
            fields.push(b"names");
            fields.extend(project.names.iter().map(String::as_bytes));
        }
        InfluenceRequest::Compare { before, after } => fields.extend([before.as_slice(), after.as_slice()]),
    }
    Ok(Digest::of_fields(&fields))
}
