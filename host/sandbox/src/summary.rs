//! From what a run left behind to its outcome and its audit record.

use std::sync::Arc;

use hivesync_policy::EffectivePolicy;
use hivesync_protocol::wit::bundler::{Report, Request};
use hivesync_protocol::{CompilerIdentity, HostCallUse};
use hivesync_types::{Code, Digest};
use sha2::{Digest as _, Sha256};

use crate::audit::{
    Clocks, Event, Failure, HostCall, Input, LogSummary, Memory, ModuleUse, Output, ProcessUse, PureRunsUse,
    RunRecord, Times, Used, Walls,
};
use crate::conversation::Conversation;
use crate::error::Error;
use crate::escape::escape_line;
use crate::journal::LogLine;
use crate::module::Module;
use crate::outputs::Artifact;
use crate::run::{BundleRun, Ending, Outcome, WIT};
use crate::sandbox::Inner;

/// What is known beside the conversation.
pub(crate) struct Facts {
    pub(crate) run_id: Digest,
    pub(crate) identity: CompilerIdentity,
    pub(crate) queued_ms: u64,
    pub(crate) started_ms: u64,
    pub(crate) ending: Ending,
}

/// Host functions of one ledger; there are about ten.
const HOST_FUNCTIONS_MAX: usize = 64;
/// Bytes of the name of whoever asked.
const WHO_BYTES_MAX: usize = 256;

/// The digest of a request.
pub(crate) fn options(request: &Request) -> Digest {
    // A request is plain data, and encoding plain data does not fail.
    Digest::of(&postcard::to_stdvec(request).unwrap_or_default())
}

/// Digests what was made, writes the audit record, and hands everything over.
pub(crate) async fn outcome(
    inner: &Arc<Inner>,
    run: &BundleRun,
    talk: Conversation,
    facts: Facts,
    result: Result<Report, Error>,
) -> Outcome {
    let mut record = record(inner, run, &talk, &facts, result.as_ref().err());
    inner.counter.used(&talk.usage);
    // Nothing that was written counts when there is no result.
    let artifacts = if result.is_ok() { talk.artifacts.into_kept() } else { Vec::new() };
    let log = talk.journal.into_lines();
    let (worker, unfinished) = (Arc::clone(inner), record.clone());
    let finished = tokio::task::spawn_blocking(move || {
        record.outputs = artifacts.iter().map(output).collect();
        record.log = log_summary(&log);
        record.times.ended_ms = worker.config.now_ms();
        let entry = worker.record(Event::Run(Box::new(record.clone())));
        (record, artifacts, log, entry)
    });
    match finished.await {
        Ok((record, artifacts, log, Ok(entry))) => {
            Outcome { result, artifacts, log, record: Box::new(record), entry: Some(entry) }
        }
        // A run that cannot be accounted for has no result.
        Ok((record, _, log, Err(error))) => Outcome {
            result: result.and(Err(error)),
            artifacts: Vec::new(),
            log,
            record: Box::new(record),
            entry: None,
        },
        Err(_) => Outcome {
            result: Err(Error::Internal("writing the audit record failed")),
            artifacts: Vec::new(),
            log: Vec::new(),
            record: Box::new(unfinished),
            entry: None,
        },
    }
}

pub(crate) fn output(artifact: &Artifact) -> Output {
    Output { name: artifact.name.clone(), bytes: artifact.bytes(), digest: artifact.digest() }
}

pub(crate) fn log_summary(log: &[LogLine]) -> LogSummary {
    let mut hasher = Sha256::new();
    for line in log {
        hasher.update(format!("{:?} {}\n", line.level, line.message));
    }
    let lines = u64::try_from(log.len()).unwrap_or(u64::MAX);
    LogSummary { lines, digest: Digest::from_bytes(hasher.finalize().into()) }
}

fn record(
    inner: &Inner,
    run: &BundleRun,
    talk: &Conversation,
    facts: &Facts,
    error: Option<&Error>,
) -> RunRecord {
    let (limits, usage, tally) = (talk.budget.limits(), &talk.usage, &talk.mapper.tally);
    let us = |ms: u64| ms.saturating_mul(1000);
    let process = facts.ending.process;
    RunRecord {
        run: facts.run_id,
        who: escape_line(&run.who, WHO_BYTES_MAX),
        input: input(run, &talk.policy, &facts.identity),
        times: Times {
            queued_ms: facts.queued_ms,
            started_ms: facts.started_ms,
            ended_ms: inner.config.now_ms(),
        },
        clocks: Clocks {
            fuel: Used { used: usage.fuel.saturating_add(talk.budget.children_fuel), limit: limits.fuel },
            cpu_us: Used {
                used: usage.cpu_us.saturating_add(talk.budget.children_cpu_us),
                limit: us(limits.cpu_ms),
            },
            host_us: Used { used: usage.host_us, limit: us(limits.host_call_ms) },
            wall_us: Used {
                used: u64::try_from(facts.ending.wall.as_micros()).unwrap_or(u64::MAX),
                limit: us(limits.wall_ms),
            },
        },
        memory: Memory {
            peak: usage.memory_peak,
            pure_peak: tally.memory_peak,
            limit: limits.memory_bytes,
            first_refusal: usage
                .first_refusal
                .as_ref()
                .map(|refusal| Used { used: refusal.wanted, limit: refusal.limit }),
        },
        host_calls: usage.host_calls.iter().take(HOST_FUNCTIONS_MAX).map(host_call).collect(),
        pure_runs: PureRunsUse {
            jobs: talk.budget.jobs,
            hits: tally.hits,
            misses: tally.misses,
            children: tally.children,
            fuel: talk.budget.children_fuel,
        },
        outputs: Vec::new(),
        log: log_summary(&[]),
        walls: Walls {
            standing: facts.ending.layer2.clone(),
            excused: facts.ending.excused.iter().map(ToString::to_string).collect(),
        },
        process: ProcessUse {
            end: process.map(|ended| ended.end),
            resident_max: process.map_or(0, |ended| ended.resources.resident_max),
        },
        limits: *limits,
        reproducible: error.is_none_or(is_reproducible),
        error: error.map(Failure::from),
    }
}

/// The same inputs end the same way again: neither a clock nor an accident decided.
pub(crate) fn is_reproducible(error: &Error) -> bool {
    match error {
        Error::Build { .. } => true,
        Error::Stopped { code, .. } | Error::Limit { code, .. } => {
            let by_clock = matches!(code, Code::LimitCpu | Code::LimitWall | Code::LimitHostTime);
            !by_clock && code.fault() == hivesync_types::Fault::Guest
        }
        _ => false,
    }
}

fn host_call(used: &HostCallUse) -> HostCall {
    HostCall { function: escape_line(&used.function, 64), calls: used.calls, bytes: used.bytes, us: used.us }
}

fn input(run: &BundleRun, policy: &EffectivePolicy, identity: &CompilerIdentity) -> Input {
    let of = |module: &Module| ModuleUse { digest: module.digest(), code: module.origin() };
    Input {
        module: of(&run.module),
        transform: of(&run.transform),
        policy: policy.digest(),
        transform_policy: run.transform.policy().digest(),
        image: run.image.digest(),
        options: options(&run.request),
        wit: WIT.to_owned(),
        engine: identity.engine,
        fuel_schedule: identity.fuel_schedule,
    }
}
