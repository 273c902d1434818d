//! What this process counted, for those who ask the fleet: the sandbox counts since its start, the
//! tables since the fleet's.

use hivesync_pipeline::Totals;
use hivesync_storage::sql::counts::{
    CLEANUP_REMOVED, CLEANUP_ROUNDS, Count, SANDBOX_DENIALS, SANDBOX_FUEL, SANDBOX_INSTANCES,
    SANDBOX_INSTANTIATE_US, SANDBOX_LIMITS, SANDBOX_RUNS,
};

use crate::cleanup::Removed;

/// What came to the totals of a sandbox since they were told last.
pub(crate) fn since(told: &Totals, now: &Totals) -> Vec<Count> {
    let plain = [
        (SANDBOX_RUNS, now.runs, told.runs),
        (SANDBOX_FUEL, now.fuel, told.fuel),
        (SANDBOX_INSTANCES, now.instances, told.instances),
        (SANDBOX_INSTANTIATE_US, now.instantiate_us, told.instantiate_us),
    ];
    let plain = plain.map(|(name, now, told)| Count::new(name, "", now.saturating_sub(told)));
    let kinds = [(SANDBOX_LIMITS, &now.limits, &told.limits), (SANDBOX_DENIALS, &now.denials, &told.denials)];
    let by_code = kinds.into_iter().flat_map(|(name, now, told)| {
        now.iter().map(move |(code, count)| {
            let told = told.get(code).copied().unwrap_or_default();
            Count::new(name, code.as_str(), count.saturating_sub(told))
        })
    });
    plain.into_iter().chain(by_code).filter(|count| count.value > 0).collect()
}

/// A round of the cleanup.
pub(crate) fn of_round(round: &str, removed: Removed) -> Vec<Count> {
    let Removed { artifacts, orphans, logs, rows, folders } = removed;
    let removed = [
        ("artifacts", artifacts),
        ("orphans", orphans),
        ("logs", logs),
        ("rows", rows),
        ("folders", folders),
    ];
    let removed = removed.into_iter().filter(|(_, count)| *count > 0);
    let removed = removed.map(|(what, count)| Count::new(CLEANUP_REMOVED, what, count));
    std::iter::once(Count::new(CLEANUP_ROUNDS, round, 1)).chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use hivesync_types::Code;

    use super::*;

    #[test]
    fn only_what_is_new_is_told() {
        let mut totals = Totals { runs: 2, fuel: 700, ..Totals::default() };
        totals.limits.insert(Code::LimitFuel, 1);
        let first = since(&Totals::default(), &totals);
        let limit = Count::new(SANDBOX_LIMITS, "limit.fuel", 1);
        assert_eq!(first, [Count::new(SANDBOX_RUNS, "", 2), Count::new(SANDBOX_FUEL, "", 700), limit]);
        assert_eq!(since(&totals, &totals), []);
        let mut later = Totals { runs: 3, ..totals.clone() };
        later.denials.insert(Code::PolicyDenied, 4);
        let denied = Count::new(SANDBOX_DENIALS, "policy.denied", 4);
        assert_eq!(since(&totals, &later), [Count::new(SANDBOX_RUNS, "", 1), denied]);
    }
}
