//! Cutting the missing jobs of a call into batches: what one process does in one go.
//!
//! Sources of installed packages and of the app itself never share a process: what is
//! kept of a package is given to other projects, and an app's own source should not
//! even sit beside it.
//!
//! **Invariant:** the cut is a function of the jobs, not of the moment.

use hivesync_protocol::wit::modules::TransformInput;

use crate::map::Step;

/// A first process costs about as much as transforming this many bytes; less is not worth one.
const BATCH_BYTES_MIN: usize = 96 * 1024;
/// Batches a core, so that a slow one does not hold up the call.
const BATCHES_PER_CORE: usize = 2;
/// Bytes of one batch, which must fit into a frame with room to spare.
const BATCH_BYTES_MAX: usize = 64 << 20;
/// What a job costs beyond its bytes, in bytes.
const JOB_OVERHEAD_BYTES: usize = 2 * 1024;

/// Jobs that one process does in one go.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// They are sources of packages.
    pub(crate) in_package: bool,
    /// Where the jobs stand in the call, ascending.
    pub(crate) positions: Vec<usize>,
    pub(crate) inputs: Vec<TransformInput>,
}

/// The batches, the heaviest first.
pub(crate) fn split(steps: &[Step], parallel: usize) -> Vec<Batch> {
    let mut plans = plan(steps, parallel, true);
    plans.extend(plan(steps, parallel, false));
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.bytes));
    plans.into_iter().map(|plan| fill(steps, plan.positions)).collect()
}

#[derive(Debug, Default)]
struct Plan {
    positions: Vec<usize>,
    bytes: usize,
}

/// The largest job goes to the lightest batch, again and again.
fn plan(steps: &[Step], parallel: usize, in_package: bool) -> Vec<Plan> {
    let mut jobs: Vec<(usize, usize)> = steps
        .iter()
        .enumerate()
        .filter_map(|(position, step)| match step {
            Step::Missing { job, sources, .. } if job.in_package == in_package => {
                let bytes: usize = sources.iter().map(bytes::Bytes::len).sum();
                Some((bytes.saturating_add(JOB_OVERHEAD_BYTES), position))
            }
            _ => None,
        })
        .collect();
    jobs.sort_by_key(|(bytes, position)| (std::cmp::Reverse(*bytes), *position));
    let total: usize = jobs.iter().map(|(bytes, _)| bytes).sum();
    let batches = (total / BATCH_BYTES_MIN).clamp(1, parallel.max(1).saturating_mul(BATCHES_PER_CORE));
    let mut plans: Vec<Plan> = (0..batches.min(jobs.len())).map(|_| Plan::default()).collect();
    for (bytes, position) in jobs {
        let fits = |plan: &&mut Plan| plan.bytes.saturating_add(bytes) <= BATCH_BYTES_MAX;
        match plans.iter_mut().filter(fits).min_by_key(|plan| plan.bytes) {
            Some(plan) => {
                plan.bytes = plan.bytes.saturating_add(bytes);
                plan.positions.push(position);
            }
            None => plans.push(Plan { positions: vec![position], bytes }),
        }
    }
    plans
}

fn fill(steps: &[Step], mut positions: Vec<usize>) -> Batch {
    positions.sort_unstable();
    let mut batch = Batch::default();
    for position in positions {
        if let Some(Step::Missing { job, sources, .. }) = steps.get(position) {
            batch.in_package = job.in_package;
            batch.positions.push(position);
            batch.inputs.push(TransformInput {
                path: job.path.clone(),
                kind: job.kind,
                sources: sources.iter().map(|source| source.to_vec()).collect(),
                asset: job.asset.clone(),
                in_package: job.in_package,
            });
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hivesync_protocol::wit::mapper::Job;
    use hivesync_protocol::wit::modules::SourceKind;
    use hivesync_types::Digest;

    use super::*;

    fn missing(bytes: usize, in_package: bool) -> Step {
        let job =
            Job { path: "a.js".to_owned(), kind: SourceKind::Script, asset: None, in_package, text: None };
        Step::Missing { key: Digest::of(b""), job, sources: vec![Bytes::from(vec![b' '; bytes])] }
    }

    fn positions(batches: &[Batch]) -> Vec<Vec<usize>> {
        batches.iter().map(|batch| batch.positions.clone()).collect()
    }

    #[test]
    fn a_few_small_jobs_share_one_process() {
        let steps: Vec<Step> = (0..5).map(|_| missing(1000, true)).collect();
        assert_eq!(positions(&split(&steps, 2)), [vec![0, 1, 2, 3, 4]]);
        assert!(split(&[], 2).is_empty());
    }

    #[test]
    fn large_jobs_are_balanced_by_bytes_and_each_batch_is_in_order() {
        let sizes = [900_000, 10_000, 500_000, 400_000, 10_000, 700_000];
        let steps: Vec<Step> = sizes.iter().map(|bytes| missing(*bytes, true)).collect();
        let batches = split(&steps, 1);
        assert_eq!(batches.len(), 2);
        let weights: Vec<usize> = batches
            .iter()
            .map(|batch| batch.positions.iter().map(|position| sizes[*position]).sum())
            .collect();
        assert!(weights[0].abs_diff(weights[1]) < 200_000, "{weights:?}");
        for batch in &batches {
            assert!(batch.positions.is_sorted());
        }
    }

    #[test]
    fn the_app_and_its_packages_never_share_a_process() {
        let steps: Vec<Step> = (0..8).map(|number| missing(100, number % 2 == 0)).collect();
        for batch in split(&steps, 4) {
            let first = batch.inputs[0].in_package;
            assert!(batch.inputs.iter().all(|input| input.in_package == first));
        }
    }

    #[test]
    fn no_batch_is_larger_than_a_frame() {
        let steps: Vec<Step> = (0..5).map(|_| missing(40 << 20, true)).collect();
        let batches = split(&steps, 1);
        assert_eq!(batches.len(), 5);
    }
}
