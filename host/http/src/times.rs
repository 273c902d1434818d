//! How long parts of pipelines took in the last day: what 95 of 100 do not exceed.

use std::collections::BTreeMap;

use hivesync_jobs::Moment;
use hivesync_storage::sql::pipeline_jobs::{self, Service};
use hivesync_storage::sql::step_runs;
use hivesync_storage::{Database, StorageError};

/// The time that is looked back over, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;
/// Of more than so many the newest count.
const MOST: u32 = 10_000;

/// How long tries of a step took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepP95 {
    pub(crate) sandbox_us: u64,
    /// With what models took.
    pub(crate) whole_us: u64,
}

/// What the tables tell.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Milliseconds of each service of spaces.
    pub(crate) services: BTreeMap<&'static str, u64>,
    /// By pipeline and step.
    pub(crate) steps: BTreeMap<(String, String), StepP95>,
}

impl Times {
    pub(crate) async fn look(db: &Database, now: Moment) -> Result<Self, StorageError> {
        let times = step_runs::times(db, day_before(now), MOST).await?;
        let mut of: BTreeMap<(String, String), (Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for time in times {
            let (sandbox, whole) = of.entry((time.pipeline, time.step)).or_default();
            sandbox.push(time.sandbox_us);
            whole.push(time.whole_us);
        }
        let step = |(sandbox, whole): (Vec<u64>, Vec<u64>)| {
            Some(StepP95 { sandbox_us: p95(sandbox)?, whole_us: p95(whole)? })
        };
        let steps = of.into_iter().filter_map(|(name, took)| Some((name, step(took)?))).collect();
        Ok(Self { services: services(db, now).await?, steps })
    }
}

/// Milliseconds of each service of spaces.
pub(crate) async fn services(
    db: &Database,
    now: Moment,
) -> Result<BTreeMap<&'static str, u64>, StorageError> {
    let durations = pipeline_jobs::durations(db, day_before(now), MOST).await?;
    let took =
        |service: Service| durations.iter().filter(move |(of, _)| *of == service).map(|(_, took)| *took);
    let of = |service: Service| Some((service.as_str(), p95(took(service).collect())?));
    Ok(Service::ALL.into_iter().filter_map(of).collect())
}

const fn day_before(now: Moment) -> Moment {
    Moment(now.0.saturating_sub(DAY_MS))
}

/// What 95 of 100 do not exceed; none of nothing.
fn p95(mut took: Vec<u64>) -> Option<u64> {
    took.sort_unstable();
    took.get((took.len() * 95).div_ceil(100).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_may_take_longer() {
        let of = |count: u64| p95((1..=count).rev().collect());
        assert_eq!((of(100), of(20), of(1), of(0)), (Some(95), Some(19), Some(1), None));
    }
}
