//! Answering `mapper.transform`: look each job up, spread the rest over processes,
//! and answer in the order of the jobs.
//!
//! **Invariant:** the answer, the numbers of the blobs and the fuel that is charged do
//! not depend on what was in the memo or on which process finished first.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use hivesync_protocol::wit::mapper::{Job, Transformed};
use hivesync_protocol::wit::modules::{BundleGraph, LinkedBundle, TransformOptions};
use hivesync_protocol::wit::types::{Diagnostic, Severity};
use hivesync_protocol::{RunFault, TransformResult};
use hivesync_types::bounds::MAP_JOBS_PER_CALL_MAX;
use hivesync_types::{Code, Digest, Limits};
use tokio::task::JoinSet;

use crate::batch::{Batch, split};
use crate::budget::Budget;
use crate::error::Error;
use crate::escape::escape_line;
use crate::image::Image;
use crate::memo::{Linked, Made, Memo, Question, link_key};
use crate::outputs::{Blobs, check};
use crate::plugins::{Plugins, Rewritten};
use crate::pure::PureRuns;
use crate::workers::{Kind, Workers};

/// What the coordinator is answered.
pub(crate) type Mapped = Vec<Result<Transformed, Vec<Diagnostic>>>;

/// Bytes of all sources of one job; an asset that is larger is refused by itself.
const SOURCE_BYTES_MAX: usize = 48 << 20;

/// Everything that is needed to answer.
#[derive(Debug)]
pub(crate) struct Mapper {
    pub(crate) pure: PureRuns,
    pub(crate) workers: Arc<Workers>,
    pub(crate) plugins: Plugins,
    pub(crate) memo: Arc<Memo>,
    pub(crate) image: Image,
    pub(crate) engine: Digest,
    pub(crate) parallel: usize,
    pub(crate) tally: Tally,
    /// Answers that were made in this run, to be stored after it.
    pub(crate) fresh: Fresh,
}

/// Answers by their keys.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    pub(crate) modules: Vec<(Digest, Arc<Made>)>,
    pub(crate) links: Vec<(Digest, Arc<Linked>)>,
    /// What maps left.
    pub(crate) left: Vec<(Digest, Vec<u8>)>,
}

/// What the audit record says about the pure runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// Processes.
    pub(crate) children: u64,
    pub(crate) memory_peak: u64,
}

/// One job on its way.
#[derive(Debug)]
pub(crate) enum Step {
    /// Answered already.
    Known(Arc<Made>),
    /// Not to be run: the diagnostics say why.
    Refused(Vec<Diagnostic>),
    /// To be run.
    Missing { key: Digest, job: Job, sources: Vec<Bytes> },
}

impl Mapper {
    /// Answers one call. The error is a limit or a loss that ends the run.
    pub(crate) async fn map(
        &mut self,
        jobs: Vec<Job>,
        options: TransformOptions,
        budget: &mut Budget,
        blobs: &mut Blobs,
    ) -> Result<Mapped, Error> {
        check(Code::LimitJobs, count(jobs.len()), count(MAP_JOBS_PER_CALL_MAX))?;
        budget.take_jobs(count(jobs.len()))?;
        let question = Question::new(self.pure.module.digest(), self.engine, &options)?;
        let (memo, image) = (Arc::clone(&self.memo), self.image.clone());
        let rewritten = Arc::clone(&self.plugins.rewritten);
        let looked_up =
            tokio::task::spawn_blocking(move || look_up(jobs, &question, &memo, &Files { image, rewritten }))
                .await;
        let mut steps = looked_up.map_err(|_| Error::Internal("looking up jobs failed"))??;
        self.tally.hits += count(steps.iter().filter(|step| matches!(step, Step::Known(_))).count());
        let limits = budget.child(&self.pure.module.policy().limits);
        self.run_missing(&mut steps, options, budget, limits).await?;
        steps.into_iter().map(|step| answer(step, limits.fuel, budget, blobs)).collect()
    }

    /// Links a graph, or knows what became of it. Fuel is charged either way.
    pub(crate) async fn link(
        &mut self,
        graph: BundleGraph,
        budget: &mut Budget,
    ) -> Result<Result<LinkedBundle, Vec<Diagnostic>>, Error> {
        let limits = budget.child(&self.pure.module.policy().limits);
        let key = link_key(self.pure.module.digest(), self.engine, &graph)?;
        let memo = Arc::clone(&self.memo);
        let found = tokio::task::spawn_blocking(move || memo.find_link(&key)).await;
        let linked = match found.map_err(|_| Error::Internal("looking up a link failed"))? {
            Some(linked) => linked,
            None => {
                self.tally.children += 1;
                let (answer, usage) = self.pure.link(graph, limits).await?;
                self.tally.memory_peak = self.tally.memory_peak.max(usage.memory_peak);
                budget.charge_cpu(usage.cpu_us)?;
                let linked = Arc::new(Linked { answer, fuel: usage.fuel });
                self.memo.remember_link(key, Arc::clone(&linked));
                self.fresh.links.push((key, Arc::clone(&linked)));
                linked
            }
        };
        check(Code::LimitFuel, linked.fuel, limits.fuel)?;
        budget.charge_fuel(linked.fuel)?;
        Ok(linked.answer.clone())
    }

    /// Runs what is missing; afterwards every step is known or refused.
    async fn run_missing(
        &mut self,
        steps: &mut [Step],
        options: TransformOptions,
        budget: &mut Budget,
        limits: Limits,
    ) -> Result<(), Error> {
        let batches = split(steps, self.parallel);
        let mut running = JoinSet::new();
        for batch in batches {
            self.tally.misses += count(batch.positions.len());
            let workers = Arc::clone(&self.workers);
            running.spawn(run_batch(self.pure.clone(), workers, batch, options.clone(), limits));
        }
        let mut first_fault: Option<(usize, Error)> = None;
        while let Some(finished) = running.join_next().await {
            let (positions, answers) = finished.map_err(|_| Error::Internal("a batch failed"))?;
            let (began, results) = answers?;
            self.tally.children += u64::from(began);
            budget.charge_cpu(results.iter().map(|result| result.cpu_us).sum())?;
            let peak = results.iter().map(|result| result.memory_peak).max();
            self.tally.memory_peak = self.tally.memory_peak.max(peak.unwrap_or(0));
            for (position, result) in positions.into_iter().zip(results) {
                if let Err(error) = self.accept(steps, position, result)
                    && first_fault.as_ref().is_none_or(|(first, _)| position < *first)
                {
                    first_fault = Some((position, error));
                }
            }
        }
        first_fault.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Turns one result into a known answer. A limit that ended a pure run ends the job.
    fn accept(&mut self, steps: &mut [Step], position: usize, result: TransformResult) -> Result<(), Error> {
        let Some(step) = steps.get_mut(position) else {
            return Err(Error::Internal("a result for a job that is not there"));
        };
        let Step::Missing { key, job, .. } = step else {
            return Err(Error::Internal("a result for a job that was answered"));
        };
        let (answer, keep) = match result.result {
            Ok(Ok(output)) => (Ok(output.into()), true),
            Ok(Err(diagnostics)) => (Err(diagnostics), true),
            Err(fault) if is_crash(fault.code) => (Err(vec![crashed(job, fault)]), false),
            Err(fault) => return Err(Error::from_fault(fault)),
        };
        let made = Arc::new(Made { answer, fuel: result.fuel });
        if keep {
            self.memo.remember(*key, Arc::clone(&made));
            self.fresh.modules.push((*key, Arc::clone(&made)));
        }
        *step = Step::Known(made);
        Ok(())
    }
}

pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

async fn run_batch(
    pure: PureRuns,
    workers: Arc<Workers>,
    batch: Batch,
    options: TransformOptions,
    limits: Limits,
) -> (Vec<usize>, Result<(bool, Vec<TransformResult>), Error>) {
    // The semaphore is never closed; a permit that cannot be had only means no waiting.
    let _slot = Arc::clone(&pure.slots).acquire_owned().await.ok();
    let Batch { in_package, positions, inputs } = batch;
    let answers = workers.transform(&pure, Kind { in_package, options }, inputs, limits).await;
    (positions, answers)
}

/// Reads the sources and asks the memo. Blocks.
fn look_up(jobs: Vec<Job>, question: &Question, memo: &Memo, files: &Files) -> Result<Vec<Step>, Error> {
    jobs.into_iter()
        .map(|job| {
            let sources = match sources(&job, files) {
                Ok(sources) => sources,
                Err(diagnostics) => return Ok(Step::Refused(diagnostics)),
            };
            let key = question.key(&job, &sources)?;
            Ok(match memo.find(&key) {
                Some(made) => Step::Known(made),
                None => Step::Missing { key, job, sources },
            })
        })
        .collect()
}

/// Where the bytes of jobs come from.
struct Files {
    image: Image,
    /// What the project's plugins made of some files.
    rewritten: Arc<HashMap<String, Rewritten>>,
}

/// The bytes of a job: its text, its file as plugins left it or as it is, or one file a
/// scale of an asset.
fn sources(job: &Job, files: &Files) -> Result<Vec<Bytes>, Vec<Diagnostic>> {
    let read = |path: &str| files.image.file(path).ok_or_else(|| vec![absent(path)]);
    if let (None, None, Some(rewritten)) = (&job.text, &job.asset, files.rewritten.get(&job.path)) {
        return Ok(rewritten.clone());
    }
    let sources = match (&job.text, &job.asset) {
        (Some(text), _) => vec![Bytes::from(text.clone())],
        (None, Some(asset)) => asset.files.iter().map(|file| read(&file.path)).collect::<Result<_, _>>()?,
        (None, None) => vec![read(&job.path)?],
    };
    let bytes: usize = sources.iter().map(Bytes::len).sum();
    if bytes > SOURCE_BYTES_MAX {
        let message =
            format!("The file has {bytes} bytes and at most {SOURCE_BYTES_MAX} can be transformed.");
        return Err(vec![diagnostic("bundle.too-large", message, &job.path)]);
    }
    Ok(sources)
}

pub(crate) fn absent(path: &str) -> Diagnostic {
    diagnostic("bundle.not-in-image", "The file is not in the project image.".to_owned(), path)
}

/// The guest itself failed on this one source; the others are not concerned.
pub(crate) const fn is_crash(code: Code) -> bool {
    matches!(code, Code::GuestTrap | Code::GuestPanic | Code::GuestBadValue)
}

fn crashed(job: &Job, fault: RunFault) -> Diagnostic {
    let detail = escape_line(&fault.detail, 1024);
    diagnostic("bundle.transform-crashed", format!("The transform gave up on this file: {detail}"), &job.path)
}

pub(crate) fn diagnostic(code: &str, message: String, path: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        path: Some(path.to_owned()),
        line: 0,
        column: 0,
        frame: None,
        hint: None,
    }
}

/// Charges a job and numbers its blobs. A kept answer that cost more than a run may
/// cost now ends the job, as the run itself would.
fn answer(
    step: Step,
    fuel_max: u64,
    budget: &mut Budget,
    blobs: &mut Blobs,
) -> Result<Result<Transformed, Vec<Diagnostic>>, Error> {
    let made = match step {
        Step::Known(made) => made,
        Step::Refused(diagnostics) => return Ok(Err(diagnostics)),
        Step::Missing { .. } => return Err(Error::Internal("a job was not answered")),
    };
    check(Code::LimitFuel, made.fuel, fuel_max)?;
    budget.charge_fuel(made.fuel)?;
    match &made.answer {
        Err(diagnostics) => Ok(Err(diagnostics.clone())),
        Ok(module) => {
            let code = blobs.keep(module.code.clone())?;
            let map = blobs.keep(module.map.clone())?;
            Ok(Ok(Transformed {
                code,
                code_bytes: u32::try_from(module.code.len()).unwrap_or(u32::MAX),
                code_lines: module.lines,
                map,
                dependencies: module.dependencies.clone(),
                is_esm: module.is_esm,
                diagnostics: module.diagnostics.clone(),
            }))
        }
    }
}
