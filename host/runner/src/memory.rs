//! The memory ledger: what all memories and tables of a run hold together.

use hivesync_protocol::Refusal;
use hivesync_types::{Code, Limits};
use wasmtime::ResourceLimiter;

/// One kind of growing thing, summed.
#[derive(Debug)]
struct Sum {
    code: Code,
    limit: u64,
    now: u64,
    peak: u64,
    /// The growth that was allowed last, in case the engine cannot do it after all.
    last: u64,
}

impl Sum {
    const fn new(code: Code, limit: u64) -> Self {
        Self { code, limit, now: 0, peak: 0, last: 0 }
    }

    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<(), Refusal> {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The module's own maximum refuses; that is no limit of ours.
            return Ok(());
        }
        let growth = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        let wanted = self.now.saturating_add(growth);
        if wanted > self.limit {
            return Err(Refusal { code: self.code, wanted, limit: self.limit });
        }
        self.now = wanted;
        self.last = growth;
        self.peak = self.peak.max(wanted);
        Ok(())
    }

    fn take_back(&mut self) {
        self.now = self.now.saturating_sub(self.last);
        self.last = 0;
    }
}

/// Sums every memory and every table of a store, so that two memories cannot have
/// twice the limit, and remembers the first growth that was refused, so that an
/// exhausted memory is never told as something else.
#[derive(Debug)]
pub struct MemoryLedger {
    memories: Sum,
    tables: Sum,
    first_refusal: Option<Refusal>,
}

impl MemoryLedger {
    /// A ledger of nothing yet.
    pub const fn new(limits: &Limits) -> Self {
        Self {
            memories: Sum::new(Code::LimitMemory, limits.memory_bytes),
            tables: Sum::new(Code::LimitTables, limits.table_elements),
            first_refusal: None,
        }
    }

    /// Most bytes of linear memory at one time.
    pub fn peak(&self) -> u64 {
        self.memories.peak
    }

    /// The first growth that was refused.
    pub fn first_refusal(&self) -> Option<&Refusal> {
        self.first_refusal.as_ref()
    }

    fn settle(&mut self, growth: Result<(), Refusal>) -> bool {
        match growth {
            Ok(()) => true,
            Err(refusal) => {
                self.first_refusal.get_or_insert(refusal);
                false
            }
        }
    }
}

impl ResourceLimiter for MemoryLedger {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = self.memories.grow(current, desired, maximum);
        Ok(self.settle(growth))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memories.take_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = self.tables.grow(current, desired, maximum);
        Ok(self.settle(growth))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.tables.take_back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(memory_bytes: u64) -> MemoryLedger {
        MemoryLedger::new(&Limits { memory_bytes, table_elements: 10, ..crate::state::tests::limits() })
    }

    #[test]
    fn two_memories_share_one_limit() {
        let mut ledger = ledger(100);
        assert!(ledger.memory_growing(0, 60, None).unwrap());
        assert!(!ledger.memory_growing(0, 60, None).unwrap());
        assert!(ledger.memory_growing(0, 40, None).unwrap());
        assert_eq!(ledger.peak(), 100);
        let refusal = ledger.first_refusal().unwrap();
        assert_eq!((refusal.code, refusal.wanted, refusal.limit), (Code::LimitMemory, 120, 100));
    }

    #[test]
    fn the_modules_own_maximum_is_no_refusal_of_ours() {
        let mut ledger = ledger(100);
        assert!(ledger.memory_growing(10, 400, Some(20)).unwrap());
        assert!(ledger.first_refusal().is_none());
        assert!(ledger.memory_growing(0, 100, None).unwrap());
    }

    #[test]
    fn a_growth_the_engine_cannot_do_is_taken_back() {
        let mut ledger = ledger(100);
        assert!(ledger.memory_growing(0, 80, None).unwrap());
        ledger.memory_grow_failed(wasmtime::Error::msg("no memory")).unwrap();
        assert!(ledger.memory_growing(0, 100, None).unwrap());
    }

    #[test]
    fn the_first_refusal_is_the_one_that_is_told() {
        let mut ledger = ledger(100);
        assert!(!ledger.table_growing(0, 11, None).unwrap());
        assert!(!ledger.memory_growing(0, 101, None).unwrap());
        assert_eq!(ledger.first_refusal().unwrap().code, Code::LimitTables);
    }
}
