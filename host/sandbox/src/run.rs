//! One run from its turn in the queue to its outcome.

use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hivesync_policy::{EffectivePolicy, Keyed as _, Wall};
use hivesync_protocol::wit::bundler::{Report, Request};
use hivesync_protocol::{Call, CompilerIdentity, Layer2, Start, ToRunner, Usage};
use hivesync_types::{Code, Digest, Limits};
use tokio::sync::watch;

use crate::audit::RunRecord;
use crate::budget::Budget;
use crate::compiled::Compiled;
use crate::conversation::{Conversation, Observer};
use crate::error::Error;
use crate::image::Image;
use crate::journal::{Journal, LogLine};
use crate::map::{Fresh, Mapper, Tally};
use crate::module::{LateModule, Module, denied, world_of};
use crate::outputs::{Artifact, Artifacts, Blobs};
use crate::plugins::Plugins;
use crate::process::Ended;
use crate::pure::PureRuns;
use crate::sandbox::Inner;
use crate::session::Session;
use crate::summary::{self, Facts};

/// One preview to bundle.
#[derive(Debug, Clone)]
pub struct BundleRun {
    /// The coordinating module, registered for the world `preview-bundler`.
    pub module: Module,
    /// The pure module, registered for the world `transform`.
    pub transform: Module,
    /// The module that runs a project's own build plugins, for the world `plugin-host`; none
    /// where this is not offered.
    pub plugins: Option<LateModule>,
    /// The project.
    pub image: Image,
    /// What to build.
    pub request: Request,
    /// Lower limits for this run, such as a shorter deadline; higher values change nothing.
    pub limits: Option<Limits>,
    /// Whoever asked, for the audit record.
    pub who: String,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The report of a finished bundle, or why there is none.
    pub result: Result<Report, Error>,
    /// What was made, in order; empty when there is no result.
    pub artifacts: Vec<Artifact>,
    /// The log, escaped.
    pub log: Vec<LogLine>,
    /// The audit record.
    pub record: Box<RunRecord>,
    /// The record's place in the chain; none when it could not be written, which is
    /// then the result's error.
    pub entry: Option<Digest>,
}

/// The interfaces' package and version, a part of every run id.
pub(crate) const WIT: &str = "hivesync:build@0.1.0";

/// Bytes a coordinator may say beyond what its host calls may exchange: its report and
/// the framing.
const REPORT_BYTES_MAX: u64 = 96 << 20;
/// A run that took less is over before its process is.
const SHORT_RUN: Duration = Duration::from_millis(20);
/// How long a guest that passed a limit may take to say what it used.
const STOP_GRACE: Duration = Duration::from_millis(150);

/// What became of the process.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) layer2: Layer2,
    pub(crate) excused: Vec<Wall>,
    pub(crate) process: Option<Ended>,
    pub(crate) wall: Duration,
}

/// Runs one bundle. `canceled` turns true when whoever asked has gone.
pub(crate) async fn run(
    inner: Arc<Inner>,
    run: BundleRun,
    observer: Observer,
    mut canceled: watch::Receiver<bool>,
) -> Outcome {
    let queued_ms = inner.config.now_ms();
    let policy = effective(&run);
    let identity = run.module.identity();
    let run_id = run_id(&run, &policy, &identity);
    let mut ending = Ending::default();
    let turn = tokio::select! {
        biased;
        () = gone(&mut canceled) => Err(Error::Canceled),
        turn = inner.turn() => turn,
    };
    let started_ms = inner.config.now_ms();
    let mut talk = conversation(&inner, &run, policy, run_id, identity.engine, observer);
    let result = match turn {
        Ok(_turn) => attempt(&inner, &run, &mut talk, &mut ending, &mut canceled).await,
        Err(error) => Err(error),
    };
    let fresh = std::mem::take(&mut talk.mapper.fresh);
    inner.keep(fresh);
    let facts = Facts { run_id, identity, queued_ms, started_ms, ending };
    summary::outcome(&inner, &run, talk, facts, result).await
}

/// The policy with the lower limits of this run.
fn effective(run: &BundleRun) -> EffectivePolicy {
    let mut policy = run.module.policy().clone();
    if let Some(limits) = &run.limits {
        policy.limits = policy.limits.lowered(limits);
    }
    policy
}

fn run_id(run: &BundleRun, policy: &EffectivePolicy, identity: &CompilerIdentity) -> Digest {
    Digest::of_fields(&[
        b"hivesync-run/1",
        run.module.digest().as_bytes(),
        run.transform.digest().as_bytes(),
        run.plugins.as_ref().map(LateModule::digest).as_ref().map_or(&[], |digest| digest.as_bytes()),
        policy.digest().as_bytes(),
        run.transform.policy().digest().as_bytes(),
        run.image.digest().as_bytes(),
        summary::options(&run.request).as_bytes(),
        WIT.as_bytes(),
        identity.engine.as_bytes(),
        identity.fuel_schedule.as_bytes(),
    ])
}

fn conversation(
    inner: &Arc<Inner>,
    run: &BundleRun,
    policy: EffectivePolicy,
    run_id: Digest,
    engine: Digest,
    observer: Observer,
) -> Conversation {
    let budget = Budget::new(policy.limits, Instant::now());
    let pure = PureRuns {
        pool: Arc::clone(&inner.pool),
        slots: Arc::clone(&inner.slots),
        module: run.transform.clone(),
        run_id,
        deadline: budget.deadline(),
    };
    let mapper = Mapper {
        pure,
        workers: Arc::default(),
        plugins: Plugins { module: run.plugins.clone(), rewritten: Arc::default() },
        memo: Arc::clone(&inner.memo),
        image: run.image.clone(),
        engine,
        parallel: inner.config.parallel,
        tally: Tally::default(),
        fresh: Fresh::default(),
    };
    Conversation {
        run_id,
        policy,
        image: run.image.clone(),
        budget,
        mapper,
        blobs: Blobs::default(),
        artifacts: Artifacts::default(),
        journal: Journal::default(),
        observer,
        usage: Usage::default(),
    }
}

/// Takes a runner and talks with it until it ends or has to.
async fn attempt(
    inner: &Inner,
    run: &BundleRun,
    talk: &mut Conversation,
    ending: &mut Ending,
    canceled: &mut watch::Receiver<bool>,
) -> Result<Report, Error> {
    let found = async { tokio::try_join!(run.module.compiled(), inner.pool.take()) };
    let (compiled, runner) = tokio::select! {
        biased;
        () = gone(canceled) => return Err(Error::Canceled),
        found = found => found?,
    };
    // The clocks begin when there is a process, not when somebody began to wait for one.
    talk.budget = Budget::new(talk.policy.limits, Instant::now());
    let deadline = talk.budget.deadline();
    talk.mapper.pure.deadline = deadline;
    let received_max = talk.policy.limits.host_call_bytes.saturating_add(REPORT_BYTES_MAX);
    let mut session = Session::open(runner, deadline, received_max).await?;
    ending.layer2 = session.layer2().clone();
    let result = tokio::select! {
        biased;
        () = gone(canceled) => Err(Error::Canceled),
        () = tokio::time::sleep_until(deadline.into()) => Err(talk.budget.wall_error()),
        result = converse((run, &compiled), talk, ending, &mut session) => result,
    };
    ending.wall = talk.budget.elapsed();
    let result = result.map_err(|error| at_the_wall(error, &talk.budget));
    if let Err(Error::Limit { code, .. }) = &result
        && *code != Code::LimitWall
    {
        // It may be gone, or not listening: then there is nothing more to learn.
        let _ = session.send(&ToRunner::Stop(*code)).await;
        let _ = tokio::time::timeout(STOP_GRACE, talk.hear_usage(&mut session)).await;
    }
    ending.process = match &result {
        // The keeper reaps it; a run of microseconds does not wait as long again for that.
        Ok(_) if ending.wall < SHORT_RUN => {
            tokio::spawn(session.finish());
            None
        }
        Ok(_) | Err(Error::Stopped { .. } | Error::Build { .. }) => session.finish().await,
        Err(_) => session.kill().await,
    };
    result
}

async fn converse(
    (run, compiled): (&BundleRun, &Compiled),
    talk: &mut Conversation,
    ending: &mut Ending,
    session: &mut Session,
) -> Result<Report, Error> {
    ending.excused = talk.policy.layer2.judge(&Wall::standing(session.layer2())).map_err(denied)?;
    let layers: Vec<_> = run.image.descriptors().collect();
    let start = Start {
        run_id: talk.run_id,
        world: world_of(talk.policy.world),
        grants: talk.policy.granted_names(),
        limits: talk.policy.limits,
        image_layers: u32::try_from(layers.len()).unwrap_or(u32::MAX),
        call: Call::Bundle(run.request.clone()),
    };
    let mut descriptors = vec![compiled.code.as_fd()];
    descriptors.extend(layers);
    session.start(start, &descriptors).await?;
    talk.hold(session).await
}

/// A process that the keeper killed at the deadline is a run that took too long.
fn at_the_wall(error: Error, budget: &Budget) -> Error {
    match error {
        Error::Limit { code: Code::LimitWall, .. } => budget.wall_error(),
        Error::Lost { .. } if Instant::now() >= budget.deadline() => budget.wall_error(),
        other => other,
    }
}

/// Waits until whoever asked has gone.
async fn gone(canceled: &mut watch::Receiver<bool>) {
    // An error means that the other end was dropped, which says the same.
    let _ = canceled.wait_for(|canceled| *canceled).await;
}
